"""How many people a target group has: from the survey with an interval, and from tables.

A size from a survey is a released share times the population that the sample is weighted
to; nothing else of the survey goes into it, so it tells no more than the share. A count from
the population tables is exact on its date. Where both exist they stand side by side and give
the range.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Issue, WorkbenchError
from analysis.study import Study
from analysis.study_definitions.rows import Indicator, PlanRow
from analysis.target_groups import TargetGroup

#: Counted in the population tables: the group now, and those who grow into it.
COUNTED = ("count", "entrants")
_SCALED = ("estimate", "standard_error", "ci_low", "ci_high")


def size_issues(study: Study) -> list[Issue]:
    """Rows of the plan whose sizes cannot be computed."""
    return [issue for row in study.plan for issue in _issues_of(study, row)]


def _issues_of(study: Study, row: PlanRow) -> Iterator[Issue]:
    indicator = study.indicator(row.indicator)[0]
    file = str(study.folder / "plan.csv")
    if indicator.statistic == "size":
        levels = {
            level
            for one in study.plan
            if (one.sample, one.indicator) == (row.sample, indicator.of)
            for level in one.levels
        }
        if not set(row.levels) <= levels:
            yield Issue(
                f"{row.indicator} is the size of {indicator.of}, which is not estimated there",
                file=file,
                column="levels",
                expected=f"a row {indicator.of} of the sample {row.sample} with the same levels",
            )
        totals = [one for one in study.margins if one.sample == row.sample and one.role == "total"]
        if not totals:
            yield Issue(
                f"{row.indicator} needs the size of the population, and the sample {row.sample}"
                " is not weighted to one",
                file=str(study.folder / "margins.csv"),
                column="role",
                expected="a margin with the role total",
            )
    if indicator.statistic in COUNTED and study.territory is None:
        yield Issue(
            f"{row.indicator} counts people in the population tables of a region",
            file=str(study.folder / "study.yaml"),
            column="region",
            expected="a region of the territory tables",
        )


def population_totals(
    study: Study, frame: pd.DataFrame, weights: NDArray[np.float64]
) -> dict[str, float]:
    """The population that the weights of each area, and of all of them, add up to."""
    by_area = pd.Series(weights).groupby(frame["area"].to_numpy()).sum()
    known = {code: float(by_area.get(code, 0.0)) for code in study.areas.index}
    return {**known, study.whole: sum(known.values())}


def size_rows(
    study: Study,
    plan: Iterable[PlanRow],
    shares: Sequence[pd.DataFrame],
    totals: dict[str, float],
) -> pd.DataFrame:
    """Sizes of groups: each share of the plan's indicator times the population.

    Parameters
    ----------
    study
        The study.
    plan
        The rows of the plan of one sample.
    shares
        The estimates of that sample.
    totals
        The population of each area and of the whole.

    Returns
    -------
    DataFrame
        A row for each share; ``base`` is the population it was multiplied by. Without a
        share the table is empty.
    """
    tables = []
    for row in plan:
        indicator = study.indicator(row.indicator)[0]
        if indicator.statistic != "size":
            continue
        for table in shares:
            found = table[
                table["indicator"].eq(indicator.of or "")
                & table["level"].isin(row.levels)
                & table["breakdown"].eq("")
                & table["comparison"].eq("")
            ]
            if len(found):
                tables.append(_scaled(found, indicator, totals))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _scaled(shares: pd.DataFrame, indicator: Indicator, totals: dict[str, float]) -> pd.DataFrame:
    population = shares["area"].map(totals).astype(float)
    scaled = {name: shares[name].astype(float) * population for name in _SCALED}
    return shares.assign(
        indicator=indicator.code,
        statistic="size",
        base=population,
        count=np.nan,
        **scaled,
    )


def population_rows(study: Study, plan: Iterable[PlanRow]) -> pd.DataFrame:
    """Counts of groups in the population tables, for the rows of a plan that ask for them.

    Raises
    ------
    WorkbenchError
        If the ages of a group are not those that the tables tell apart.
    """
    rows = [
        count
        for row in plan
        for indicator in study.indicator(row.indicator)
        if indicator.statistic in COUNTED
        for count in _counts(study, indicator, row.levels)
    ]
    return pd.DataFrame(rows)


def _counts(
    study: Study, indicator: Indicator, levels: Iterable[str]
) -> Iterator[dict[str, object]]:
    assert study.territory is not None
    for level in levels:
        place: Literal["region", "area"] = "region" if level == "region" else "area"
        people = study.territory.population(place, study.region)
        for group in study.target_groups:
            if not group.is_counted:
                continue
            low, high = _ages(indicator, group)
            if low is None and high is None:
                continue
            chosen = _people(people, group, low, high)
            for code, count in chosen.groupby("code")["count"].sum().items():
                yield {
                    "indicator": indicator.code,
                    "category": group.id,
                    "statistic": indicator.statistic,
                    "level": level,
                    "area": str(code),
                    "estimate": float(count),
                }


def _ages(indicator: Indicator, group: TargetGroup) -> tuple[int | None, int | None]:
    """The ages that are counted; none where nobody grows into a group without a lowest age."""
    if indicator.statistic == "count":
        return group.age_from, group.age_to
    if not group.age_from:
        return None, None
    return group.age_from - _years(indicator), group.age_from - 1


def _years(indicator: Indicator) -> int:
    """How many years ahead ``select`` says."""
    text = indicator.select.text if indicator.select is not None else ""
    if not text.strip().isdigit():
        raise WorkbenchError(
            f"the indicator {indicator.code} does not say how many years ahead it looks",
            file="indicators.csv",
            column="select",
            expected="a number of years",
            got=text or None,
        )
    return int(text)


def _people(
    people: pd.DataFrame, group: TargetGroup, low: int | None, high: int | None
) -> pd.DataFrame:
    starts, ends = people["age_from"].astype(float), people["age_to"].astype(float)
    for column, age, known in (
        ("age_from", low, set(starts)),
        ("age_to", None if high is None else high + 1, set(starts)),
    ):
        if age and age not in known:
            raise group.row.error(
                f"the population tables cannot count from the age {age}",
                column,
                expected=", ".join(f"{start:g}" for start in sorted(known)),
                hint="take ages at which an age group of the tables begins or ends",
            )
    inside = starts >= (low or 0)
    if high is not None:
        inside &= ends <= high
    if group.sex:
        inside &= people["sex"] == group.sex
    return people[inside]

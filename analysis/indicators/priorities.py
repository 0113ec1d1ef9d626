"""Priorities of target groups: the mean of the ranks that the released components give them.

The ranks rest on released rows alone and are computed after the release, so that they can
tell nothing that is not published. A group without a released component has no rank. What
chance leaves open is kept: the ranks that a value can have are those that the confidence
intervals allow; two values are told apart only where their intervals do not overlap, which
is stricter than a test of their difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimates import RELEASED_COLUMNS, row_ids
from analysis.study import Study
from analysis.study_definitions.rows import Indicator, PlanRow
from analysis.target_groups import MEMBER

#: The breakdown under which the rank by each component stands; the group is its indicator.
COMPONENT = "component"
STATISTIC = "mean_rank"
_SHOWN = ("ok", "low_precision", "true_zero")


def with_priorities(study: Study, released: pd.DataFrame) -> pd.DataFrame:
    """The released rows and, after them, the priorities that the plan asks for.

    Parameters
    ----------
    study
        The study; an indicator with the statistic ``mean_rank`` names its components in
        ``of``, each of which the plan breaks down by the membership in the groups.
    released
        The released rows.

    Returns
    -------
    DataFrame
        For each group in the region and each group in an area: the mean rank, with the means
        of the lowest and highest possible ranks as ``ci_low`` and ``ci_high``. For each
        component the rank with its limits, broken down by :data:`COMPONENT`. ``n`` is the
        smallest base of the components. In the region groups are ranked among one another, in
        areas every group of every area.
    """
    tables = [
        table
        for row in study.plan
        for indicator in study.indicator(row.indicator)
        if indicator.statistic == STATISTIC
        for table in _rankings(study, released, row, indicator)
    ]
    if not tables:
        return released
    return pd.concat([released, *tables], ignore_index=True)[list(released.columns)]


def _rankings(
    study: Study, released: pd.DataFrame, row: PlanRow, indicator: Indicator
) -> Iterator[pd.DataFrame]:
    for level in row.levels:
        values = _values(study, released, row.sample, indicator.sources, level)
        if len(values):
            yield _typed(study, released, row.sample, indicator, level, _ranked(values))


def _values(
    study: Study, released: pd.DataFrame, sample: str, components: Iterable[str], level: str
) -> pd.DataFrame:
    """Released values of the components: one row for each group, area and component.

    Only groups and areas of which all components are released.
    """
    components = list(components)
    groups = {group.variable: group.id for group in study.target_groups}
    rows = released[
        released["sample"].eq(sample)
        & released["indicator"].isin(components)
        & released["category"].eq("")
        & released["breakdown"].isin(list(groups))
        & released["group"].eq(MEMBER)
        & released["comparison"].eq("")
        & released["level"].eq(level)
        & released["release"].isin(_SHOWN)
        & released["estimate"].notna()
    ]
    rows = rows.assign(category=rows["breakdown"].map(groups))
    complete = rows.groupby(["category", "area"])["indicator"].transform("nunique")
    return rows[complete == len(components)]


def _ranked(values: pd.DataFrame) -> pd.DataFrame:
    """Ranks by each component, and their means under the component ``""``."""
    parts = []
    for _, rows in values.groupby("indicator", sort=False):
        rank, best, worst = possible_ranks(
            rows["estimate"].to_numpy(dtype=float),
            rows["ci_low"].to_numpy(dtype=float),
            rows["ci_high"].to_numpy(dtype=float),
        )
        parts.append(rows.assign(estimate=rank, ci_low=best, ci_high=worst))
    single = pd.concat(parts, ignore_index=True)
    means = (
        single.groupby(["category", "area"], sort=False)
        .agg(
            estimate=("estimate", "mean"),
            ci_low=("ci_low", "mean"),
            ci_high=("ci_high", "mean"),
            n=("n", "min"),
            data_origin=("data_origin", "max"),
            reference_date=("reference_date", "max"),
            input_hash=("input_hash", "first"),
            release=("release", _weaker),
        )
        .reset_index()
        .assign(group="", breakdown="")
    )
    by_component = single.assign(group=single["indicator"], breakdown=COMPONENT)
    return pd.concat([means, by_component], ignore_index=True)


def _weaker(states: pd.Series) -> str:
    """The release state of what rests on several values."""
    return "low_precision" if states.eq("low_precision").any() else "ok"


def possible_ranks(
    values: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Ranks from the highest value down, and the best and worst rank the intervals allow.

    Parameters
    ----------
    values, low, high
        The values and the limits of their intervals; a value without an interval is taken
        for exact.

    Returns
    -------
    rank, best, worst
        Equal values share the mean of their ranks. A value is surely higher than another
        where its interval lies wholly above the other's.
    """
    low, high = (np.where(np.isnan(limit), values, limit) for limit in (low, high))
    rank = np.asarray(pd.Series(-values).rank(method="average"), dtype=np.float64)
    above = (low[None, :] > high[:, None]).sum(axis=1)
    below = (high[None, :] < low[:, None]).sum(axis=1)
    return rank, 1.0 + above, float(len(values)) - below


def _typed(
    study: Study,
    released: pd.DataFrame,
    sample: str,
    indicator: Indicator,
    level: str,
    ranks: pd.DataFrame,
) -> pd.DataFrame:
    language = study.card.default_language
    known = ranks.assign(
        study=study.id,
        wave=study.wave,
        sample=sample,
        indicator=indicator.code,
        level=level,
        comparison="",
        statistic=STATISTIC,
        interval_method="",
        base_label=indicator.base_label.get(language, ""),
        source_kind="survey",
        precision="",
        comparability="",
        notes="",
        definition_version=indicator.version,
    )
    table = known.reindex(columns=RELEASED_COLUMNS)
    for column in (
        "standard_error", "confidence", "df", "n_effective", "deff", "p_value", "p_adjusted",
    ):  # fmt: skip
        table[column] = np.nan
    table = table.astype({name: released[name].dtype for name in RELEASED_COLUMNS})
    return table.assign(row_id=row_ids(table))

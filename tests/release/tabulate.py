"""Tables of estimates made from made-up respondents, for the tests of the release stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.estimates import typed

REGION = "R"


def respondents(
    areas: int, per_area: int, groups: Mapping[str, Sequence[float]], seed: int = 1
) -> pd.DataFrame:
    """People of several areas with a weight and a group of each breakdown."""
    draw = np.random.default_rng(seed)
    size = areas * per_area
    people = pd.DataFrame(
        {
            "area": np.repeat([f"A{number:02d}" for number in range(1, areas + 1)], per_area),
            "weight": np.repeat(draw.uniform(20, 300, areas), per_area)
            * draw.lognormal(0, 0.4, size),
        }
    )
    for name, shares in groups.items():
        people[name] = draw.choice([f"{name}{i}" for i in range(len(shares))], size, p=shares)
    return people


def estimates_of(
    people: pd.DataFrame,
    items: Mapping[tuple[str, str], str],
    breakdowns: Sequence[str],
    *,
    sensitive: Sequence[str] = (),
    comparisons: bool = False,
) -> pd.DataFrame:
    """Weighted shares of 0/1 columns (NaN: not in the base) for areas and the region.

    ``items`` maps (indicator, category) to a column of ``people``.
    """
    rows = [
        row
        for (indicator, category), column in items.items()
        for row in _item_rows(people, column, breakdowns)
        if row.update(indicator=indicator, category=category, sensitive=indicator in sensitive)
        is None
    ]
    table = pd.DataFrame(rows)
    if comparisons:
        table = pd.concat([table, _comparisons(table)], ignore_index=True)
    return typed(
        table.assign(
            study="study",
            wave="2020",
            sample="inhabitants",
            source_kind="survey",
            data_origin="modelled",
            confidence=0.95,
            interval_method=table.get("interval_method", "logit"),
        )
    )


def _item_rows(
    people: pd.DataFrame, column: str, breakdowns: Sequence[str]
) -> list[dict[str, object]]:
    known = people[people[column].notna()]
    rows = []
    for level, places in (("region", [(REGION, known)]), ("area", list(known.groupby("area")))):
        for area, here in places:
            rows.append(_row(here, column, level, str(area), "", ""))
            for breakdown in breakdowns:
                for group, some in here.groupby(breakdown):
                    rows.append(_row(some, column, level, str(area), breakdown, str(group)))
    return rows


def _row(
    some: pd.DataFrame, column: str, level: str, area: str, breakdown: str, group: str
) -> dict[str, object]:
    weight, yes = some["weight"].to_numpy(), some[column].to_numpy(dtype=float)
    base, n = weight.sum(), len(some)
    share = float((weight * yes).sum() / base)
    effective = base**2 / (weight**2).sum()
    error = float(np.sqrt(share * (1 - share) / effective))
    low, high = interval(share, error, effective)
    return {
        "level": level,
        "area": area,
        "breakdown": breakdown,
        "group": group,
        "comparison": "",
        "statistic": "share",
        "estimate": share,
        "standard_error": error,
        "ci_low": low,
        "ci_high": high,
        "interval_method": "korn-graubard" if share in (0.0, 1.0) else "logit",
        "df": n - 1,
        "n": n,
        "n_effective": effective,
        "count": yes.sum(),
        "base": base,
        "deff": n / effective,
    }


def interval(share: float, error: float, effective: float) -> tuple[float, float]:
    """A 95 % logit interval; the rule of three at 0 % and 100 %."""
    if share in (0.0, 1.0):
        width = min(1.0, 3.7 / effective)
        return (0.0, width) if share == 0 else (1 - width, 1.0)
    logit, half = np.log(share / (1 - share)), 1.96 * error / (share * (1 - share))
    return float(1 / (1 + np.exp(half - logit))), float(1 / (1 + np.exp(-half - logit)))


def _comparisons(table: pd.DataFrame) -> pd.DataFrame:
    keys = ["indicator", "category", "breakdown", "group"]
    region = table[table["level"] == "region"].set_index(keys)
    areas = table[table["level"] == "area"].copy()
    whole = region.loc[pd.MultiIndex.from_frame(areas[keys])]
    base, total = whole["base"].to_numpy(), (whole["base"] * whole["estimate"]).to_numpy()
    rest = (total - areas["base"] * areas["estimate"]) / (base - areas["base"])
    areas["estimate"] = areas["estimate"] - rest
    areas["comparison"] = "rest"
    return areas.assign(count=np.nan, base=np.nan, interval_method="wald", p_value=0.5)[
        np.isfinite(areas["estimate"])
    ]

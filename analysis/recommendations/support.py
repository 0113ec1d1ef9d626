"""Released rows as rules see them: which difference is supported, which limit counts.

A rule speaks through supported differences only, whatever its author has written: a
difference from all other areas counts where Holm's adjusted p-value is below 0.05 and the
interval at Holm's level lies on one side of zero; a difference of two shares of the same
people where its interval does; a place among the areas where its whole set of ranks is known.

Sources: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65–70: the difference with the
i-th smallest of m p-values is tested at the level α / (m − i + 1).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from analysis.recommendations.rules import Condition, Selection

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: A difference counts as supported below this adjusted p-value.
LEVEL: Final = 0.05
#: p-values are released with three decimals.
_STEP: Final = 0.0005
_SHOWN = ("ok", "true_zero")
_LOW, _HIGH = "low", "high"
#: What tells rows of one indicator apart that are about the same people.
_SAME = ["sample", "indicator", "breakdown", "group", "comparison"]


def seen_by_rules(released: pd.DataFrame) -> pd.DataFrame:
    """Released rows with the limits that count: columns ``low``, ``high``, ``deff`` filled.

    ``low`` and ``high`` are the released limits; of a difference from all other areas those
    at Holm's level, never narrower than a reader of the rounded p-values could compute them.
    A full count that has no interval is its own limit. A comparison has no design effect of
    its own and takes that of the value it compares.
    """
    rows = released.copy()
    rows[_LOW], rows[_HIGH] = rows["ci_low"], rows["ci_high"]
    counted = (rows["source_kind"] != "survey") & rows["ci_low"].isna() & rows["ci_high"].isna()
    rows.loc[counted, _LOW] = rows.loc[counted, _HIGH] = rows.loc[counted, "estimate"]
    rest = rows["comparison"] == "rest"
    if rest.any():
        low, high = _at_holms_level(rows[rest], _areas_compared(rows))
        rows.loc[rest, _LOW], rows.loc[rest, _HIGH] = low, high
    rows["deff"] = _design_effects(rows)
    return rows


def _areas_compared(rows: pd.DataFrame) -> int:
    return int(rows.loc[rows["comparison"] == "rest", "area"].nunique())


def _at_holms_level(rows: pd.DataFrame, areas: int) -> tuple[Floats, Floats]:
    """The limits widened from the level of one interval to the one at which Holm tests.

    The adjusted p-value over the p-value says by how much the level is divided; both are
    rounded, so the most that they allow is taken, and never more than the number of areas.
    """
    p, adjusted = rows["p_value"].to_numpy(float), rows["p_adjusted"].to_numpy(float)
    confidence, df = rows["confidence"].to_numpy(float), rows["df"].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        most = (adjusted + _STEP) / np.maximum(p - _STEP, 0.0)
        divisor = np.clip(np.where(np.isnan(most), np.nan, most), 1.0, max(areas, 1))
        tail = (1 - confidence) / 2
        wider = stdtrit(df, 1 - tail / divisor) / stdtrit(df, 1 - tail)
    estimate = rows["estimate"].to_numpy(float)
    low, high = rows["ci_low"].to_numpy(float), rows["ci_high"].to_numpy(float)
    return estimate - (estimate - low) * wider, estimate + (high - estimate) * wider


def _design_effects(rows: pd.DataFrame) -> Floats:
    key = ["sample", "indicator", "category", "area", "breakdown", "group"]
    values = rows[rows["comparison"] == ""].drop_duplicates(key).set_index(key)["deff"]
    own = rows["deff"].to_numpy(float)
    of_value = values.reindex(pd.MultiIndex.from_frame(rows[key])).to_numpy(float)
    return np.where(np.isnan(own), of_value, own)


# --- what may be spoken of ----------------------------------------------------------------------


def is_shown(rows: pd.DataFrame) -> pd.Series:
    """Rows whose value is released and not of low precision."""
    return rows["release"].isin(_SHOWN) & rows["estimate"].notna()


def is_reliable(rows: pd.DataFrame, minimum_n: float, maximum_deff: float) -> pd.Series:
    """Rows on enough answers and without too large a design effect.

    Rows that are no survey have neither.
    """
    counted = rows["source_kind"] != "survey"
    return counted | ((rows["n"] >= minimum_n) & ~(rows["deff"] > maximum_deff))


def is_unreliable(rows: pd.DataFrame, minimum_n: float, maximum_deff: float) -> pd.Series:
    """Rows of a survey that are known to rest on too little; not those that are hidden."""
    known = rows["n"].notna() & (rows["source_kind"] == "survey")
    return known & ~is_reliable(rows, minimum_n, maximum_deff)


def is_supported(rows: pd.DataFrame) -> pd.Series:
    """Rows that say something which chance does not explain; see the module."""
    clear = (rows[_LOW] > 0) & (rows["estimate"] > 0) | (rows[_HIGH] < 0) & (rows["estimate"] < 0)
    rest = clear & (rows["p_adjusted"] < LEVEL)
    rank = (rows[_LOW] >= 1) & (rows[_LOW] <= rows["estimate"]) & (rows["estimate"] <= rows[_HIGH])
    differences = rows["statistic"].str.contains("difference")
    plain = (rows["comparison"] == "") & (~differences | clear)
    return (
        plain
        | (rows["comparison"].isin(["rest", "earlier"]) & rest)
        | ((rows["comparison"] == "rank") & rank)
    )


# --- conditions -----------------------------------------------------------------------------------


def meet(rows: pd.DataFrame, one: Selection, everything: pd.DataFrame, whole: str) -> pd.Series:
    """Which rows meet all conditions of a selection, and are supported."""
    met = is_supported(rows)
    for condition in one.conditions:
        met &= holds(condition, rows, everything, whole)
    return met


def holds(
    condition: Condition, rows: pd.DataFrame, everything: pd.DataFrame, whole: str
) -> pd.Series:
    """Where a condition holds; never where the column or what bounds it has no value.

    Parameters
    ----------
    condition
        The condition.
    rows
        Rows as :func:`seen_by_rules` makes them.
    everything
        All such rows, where those of the whole and of other categories are found.
    whole
        The code of all areas together.
    """
    result = pd.Series(True, index=rows.index)
    for name, bound in condition.bounds.items():
        up = name in ("above", "at_least")
        value = _column(condition.column, rows, everything, up=up)
        if bound == "whole":
            limit = _limit_of_whole(rows, everything, whole, up=up)
            result &= _agrees_with_rest(rows, everything, up=up)
        else:
            limit = np.full(len(rows), float(bound))
        with np.errstate(invalid="ignore"):
            result &= _compared(name, value, limit)
    return result


def _compared(name: str, value: Floats, limit: Floats) -> Booleans:
    if name == "above":
        return value > limit
    if name == "at_least":
        return value >= limit
    return value < limit if name == "below" else value <= limit


def _column(name: str, rows: pd.DataFrame, everything: pd.DataFrame, *, up: bool) -> Floats:
    if name == "limit":
        return rows[_LOW if up else _HIGH].to_numpy(float)
    if name == "share_limit":
        return _share_limits(rows, everything)
    named = {"ci_low": _LOW, "ci_high": _HIGH}.get(name, name)
    return rows[named].to_numpy(float)


def _share_limits(rows: pd.DataFrame, everything: pd.DataFrame) -> Floats:
    """What each category surely makes up of its set: its lower limit, the others' upper ones.

    Unknown where a category of the set is not shown.
    """
    key = [*_SAME, "area"]
    shown = everything["estimate"].notna()
    high = everything[_HIGH].where(shown & everything[_HIGH].notna(), np.inf)
    of_set = high.groupby([everything[column] for column in key]).sum()
    together = of_set.reindex(pd.MultiIndex.from_frame(rows[key])).to_numpy(float)
    low = rows[_LOW].to_numpy(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.isfinite(together), low / (low + together - rows[_HIGH]), np.nan)


def _limit_of_whole(
    rows: pd.DataFrame, everything: pd.DataFrame, whole: str, *, up: bool
) -> Floats:
    """The limit of the whole that lies nearest: intervals that touch say nothing."""
    key = [*_SAME, "category"]
    of_whole = everything[everything["area"] == whole].drop_duplicates(key).set_index(key)
    column = of_whole[_HIGH if up else _LOW]
    return column.reindex(pd.MultiIndex.from_frame(rows[key])).to_numpy(float)


def _agrees_with_rest(rows: pd.DataFrame, everything: pd.DataFrame, *, up: bool) -> Booleans:
    """Where the difference from all other areas is supported too, or was not asked for."""
    key = ["sample", "indicator", "category", "area", "breakdown", "group"]
    rest = everything[everything["comparison"] == "rest"].drop_duplicates(key)
    side = rest["estimate"] > 0 if up else rest["estimate"] < 0
    supported = (is_supported(rest) & side).astype(float)
    supported.index = pd.MultiIndex.from_frame(rest[key])
    found = supported.reindex(pd.MultiIndex.from_frame(rows[key])).to_numpy(float)
    return np.isnan(found) | (found == 1)

"""Precision: estimates that rest on too few answers, or whose interval is too wide.

Nothing needs protecting here. An imprecise number is left out (``–``) or put in brackets
so that nobody reads chance as a fact.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.release.rules import PrecisionRules
from analysis.release.tables import Floats, comparison_sides

RELIABLE = "reliable"
LOW = "low"
INSUFFICIENT = "insufficient"

Minimum = Mapping[str, float] | int | None


def precision_of(
    estimates: pd.DataFrame,
    rules: PrecisionRules,
    *,
    minimum_n: Minimum = None,
    minimum_n_comparison: Minimum = None,
    sources: Mapping[str, Collection[str]] | None = None,
) -> pd.Series:
    """``reliable``, ``low`` or ``insufficient`` for each row; empty without an estimate.

    Parameters
    ----------
    estimates
        The table of estimates.
    rules
        The rule set's precision rules.
    minimum_n, minimum_n_comparison
        Smallest unweighted base, one for all or by indicator; the rule set's where absent.
    sources
        The indicators a derived indicator is computed from; see
        :func:`analysis.release.tables.comparison_sides`.

    Notes
    -----
    A comparison needs its minimum on both sides: in the area and in the rest. A full
    count (a row without an unweighted base) has no sampling error and is reliable.
    """
    least = _least_base(estimates, rules, minimum_n, minimum_n_comparison)
    base = _relevant_base(estimates, sources or {})
    insufficient = (
        (base < least) | _too_wide(estimates, rules) | _too_few_effective(estimates, rules)
    )
    low = (
        (base < rules.low_n)
        | _wide(estimates, rules)
        | _varies(estimates, rules)
        | _complement_too_wide(estimates, rules)
        | (estimates["df"].to_numpy(dtype=float) < rules.low_df)
    )
    state = np.select([insufficient, low], [INSUFFICIENT, LOW], RELIABLE)
    return pd.Series(state, index=estimates.index, dtype="str").where(
        estimates["estimate"].notna() | (base < least), ""
    )


def _least_base(
    estimates: pd.DataFrame, rules: PrecisionRules, minimum: Minimum, comparison: Minimum
) -> Floats:
    compared = estimates["comparison"].ne("").to_numpy()
    indicator = estimates["indicator"]
    return np.where(
        compared,
        _by_indicator(indicator, comparison, rules.minimum_n_comparison),
        _by_indicator(indicator, minimum, rules.minimum_n),
    )


def _by_indicator(indicator: pd.Series, minimum: Minimum, default: int) -> Floats:
    if minimum is None or isinstance(minimum, int):
        return np.full(len(indicator), float(default if minimum is None else minimum))
    known = indicator.map(minimum).astype(float).fillna(float(default))
    return np.asarray(known, dtype=np.float64)


def _relevant_base(estimates: pd.DataFrame, sources: Mapping[str, Collection[str]]) -> Floats:
    """The unweighted base; of a comparison the smaller of its two sides."""
    own = estimates["n"].to_numpy(dtype=float)
    area, region = comparison_sides(estimates, sources)
    area_n = np.where(area >= 0, own[area], np.nan)
    rest_n = np.where((area >= 0) & (region >= 0), own[region] - own[area], np.nan)
    return np.fmin(own, np.fmin(area_n, rest_n))


def _is_share(estimates: pd.DataFrame) -> NDArray[np.bool_]:
    return (estimates["count"].notna() & estimates["comparison"].eq("")).to_numpy()


def _smaller_side(estimates: pd.DataFrame) -> Floats:
    """min(p, 1 − p) of a share, the absolute value of a mean."""
    value = estimates["estimate"].to_numpy(dtype=float)
    return np.where(_is_share(estimates), np.minimum(value, 1 - value), np.abs(value))


def _width(estimates: pd.DataFrame) -> Floats:
    width = (estimates["ci_high"] - estimates["ci_low"]).to_numpy(dtype=float)
    return np.where(_is_share(estimates), width, np.nan)


def _ratio(over: Floats, under: Floats) -> Floats:
    """The ratio where the denominator is not 0, else NaN: 0 % and 100 % have no CV."""
    safe = np.where(under > 0, under, np.nan)
    return over / safe


def _exempt(estimates: pd.DataFrame, rules: PrecisionRules) -> NDArray[np.bool_]:
    return _width(estimates) <= rules.exempt_interval_width


def _varies(estimates: pd.DataFrame, rules: PrecisionRules) -> NDArray[np.bool_]:
    level = estimates["statistic"].isin(["share", "mean"]) & estimates["comparison"].eq("")
    error = estimates["standard_error"].to_numpy(dtype=float)
    limit = np.inf if rules.maximum_cv is None else rules.maximum_cv
    cv = _ratio(error, _smaller_side(estimates))
    return level.to_numpy() & (cv > limit) & ~_exempt(estimates, rules)


def _wide(estimates: pd.DataFrame, rules: PrecisionRules) -> NDArray[np.bool_]:
    limit = np.inf if rules.low_interval_width is None else rules.low_interval_width
    return _width(estimates) >= limit


def _too_wide(estimates: pd.DataFrame, rules: PrecisionRules) -> NDArray[np.bool_]:
    limit = np.inf if rules.maximum_interval_width is None else rules.maximum_interval_width
    value = estimates["estimate"].to_numpy(dtype=float)
    return (_width(estimates) >= limit) | _relatively_wide(estimates, rules, value)


def _complement_too_wide(estimates: pd.DataFrame, rules: PrecisionRules) -> NDArray[np.bool_]:
    value = estimates["estimate"].to_numpy(dtype=float)
    return _relatively_wide(estimates, rules, 1 - value)


def _relatively_wide(
    estimates: pd.DataFrame, rules: PrecisionRules, value: Floats
) -> NDArray[np.bool_]:
    relative = np.inf if rules.maximum_relative_width is None else rules.maximum_relative_width
    return (_ratio(_width(estimates), value) > relative) & ~_exempt(estimates, rules)


def _too_few_effective(estimates: pd.DataFrame, rules: PrecisionRules) -> NDArray[np.bool_]:
    return estimates["n_effective"].to_numpy(dtype=float) < rules.minimum_n_effective

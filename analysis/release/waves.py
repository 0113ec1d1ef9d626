"""Changes since an earlier wave, worked out from released rows of both waves alone.

A change is the difference of two published numbers, made after the gate: a reader could
compute it, so it adds nothing to what an attacker knows who holds both waves. It is shown
where both numbers are, in brackets where either is. The samples of two waves are independent;
the interval of a difference of shares is combined from the limits of both (Newcombe's method:
Zou and Donner, Statistics in Medicine 27, 2008), that of means is Student's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimates import NUMERIC, typed
from analysis.estimation.estimator import two_sided_p
from analysis.estimation.intervals import t_quantile
from analysis.estimation.multiplicity import adjusted_within
from analysis.release.audit import DISCLOSURE_STATES
from analysis.release.gate import HIDDEN
from analysis.release.ranks import CONFIDENCE, SHOWN

Floats = NDArray[np.float64]

EARLIER = "earlier"
COMPARED = ("share", "mean", "difference")
NOT_COMPARABLE = "no"
_KEYS = ["indicator", "category", "statistic", "level", "area"]


@dataclass(frozen=True)
class Waves:
    """A sample, the earlier one it is compared with, and what may be compared.

    Parameters
    ----------
    later, earlier
        Names of the samples.
    indicators
        Of which the plan asks for the change.
    comparability
        ``limited`` or ``no`` for indicators whose questions differ; others are comparable.
    minimum_n
        Smallest base on each side, by indicator.
    """

    later: str
    earlier: str
    indicators: Collection[str]
    comparability: Mapping[str, str] = field(default_factory=dict)
    minimum_n: Mapping[str, int] = field(default_factory=dict)


def change_rows(
    released: pd.DataFrame, waves: Waves, minimum_n: int, confidence: float = CONFIDENCE
) -> pd.DataFrame:
    """The later wave less the earlier one, for the totals of areas and the region.

    Parameters
    ----------
    released
        Released rows of both waves.
    waves
        What is compared.
    minimum_n
        Smallest base on each side of an indicator that names none.
    confidence
        Of each interval.

    Returns
    -------
    DataFrame
        Typed as the table of estimates, with the identity of the later row and ``comparison``
        ``earlier``; ``n`` is the smaller base, ``p_adjusted`` Holm's over the areas. What
        cannot be compared is ``not_applicable`` with ``comparability`` ``no``.
    """
    plain = released["comparison"].eq("") & released["breakdown"].eq("")
    asked = plain & released["indicator"].isin(list(waves.indicators))
    asked &= released["statistic"].isin(COMPARED)
    later = released[asked & released["sample"].eq(waves.later)].reset_index(drop=True)
    earlier = released[asked & released["sample"].eq(waves.earlier)]
    before = later[_KEYS].merge(earlier, how="left", on=_KEYS, validate="many_to_one")
    rows = later.assign(**dict.fromkeys(NUMERIC, np.nan)).assign(
        comparison=EARLIER,
        sensitive=False,
        interval_method="",
        comparability=[waves.comparability.get(code, "") for code in later["indicator"]],
    )
    rows["release"] = _states(later, before, rows, waves, minimum_n)
    concealed = rows["release"].isin([HIDDEN, "not_applicable", "missing"])
    rows["n"] = np.where(concealed, np.nan, np.fmin(later["n"], before["n"]))
    shown = rows["release"].isin(SHOWN).to_numpy()
    for name, values in _difference(later[shown], before[shown], confidence).items():
        rows.loc[shown, name] = values
    families = rows[["indicator", "category", "statistic", "level"]]
    rows["p_adjusted"] = adjusted_within(rows["p_value"].to_numpy(dtype=float), families)
    for name in ("p_value", "p_adjusted"):
        rows[name] = rows[name].round(3)
    return typed(rows)


def _states(
    later: pd.DataFrame,
    before: pd.DataFrame,
    rows: pd.DataFrame,
    waves: Waves,
    minimum_n: int,
) -> pd.Series:
    sides = [later["release"], before["release"].fillna("missing").astype("str")]
    least = np.array([waves.minimum_n.get(code, minimum_n) for code in rows["indicator"]])
    few = (later["n"] < least) | (before["n"] < least)

    def either(states: Collection[str]) -> pd.Series:
        return sides[0].isin(list(states)) | sides[1].isin(list(states))

    states = {
        "not_applicable": rows["comparability"].eq(NOT_COMPARABLE) | either(["not_applicable"]),
        "missing": either(["missing"]),
        HIDDEN: either(DISCLOSURE_STATES),
        "suppressed_precision": either(["suppressed_precision"]) | few,
        "low_precision": either(["low_precision"]),
    }
    found = np.select([state.to_numpy() for state in states.values()], list(states), "ok")
    return pd.Series(found, index=later.index, dtype="str")


def _difference(
    later: pd.DataFrame, before: pd.DataFrame, confidence: float
) -> dict[str, NDArray[np.generic]]:
    value, error, low, high, df = (
        [side[name].to_numpy(dtype=float) for side in (later, before)]
        for name in ("estimate", "standard_error", "ci_low", "ci_high", "df")
    )
    gap = value[0] - value[1]
    both = np.sqrt(error[0] ** 2 + error[1] ** 2)
    degrees = np.fmin(df[0], df[1])
    share = later["statistic"].eq("share").to_numpy()
    half = t_quantile(degrees, confidence) * both
    down = np.where(share, np.hypot(value[0] - low[0], high[1] - value[1]), half)
    up = np.where(share, np.hypot(high[0] - value[0], value[1] - low[1]), half)
    test = np.where(share, _test_error(later, before, both), both)
    return {
        "estimate": gap,
        "standard_error": both,
        "ci_low": gap - down,
        "ci_high": gap + up,
        "df": degrees,
        "confidence": np.full(len(gap), confidence),
        "p_value": two_sided_p(gap, test, degrees),
        "interval_method": np.where(share, "newcombe", "mean"),
    }


def _test_error(later: pd.DataFrame, before: pd.DataFrame, both: Floats) -> Floats:
    """Where a share is 0 % or 100 %, its own error is 0; then that of the joint share."""
    value = [side["estimate"].to_numpy(dtype=float) for side in (later, before)]
    size = [
        side["n_effective"].where(side["n_effective"] > 0, side["n"]).to_numpy(dtype=float)
        for side in (later, before)
    ]
    joint = (value[0] * size[0] + value[1] * size[1]) / (size[0] + size[1])
    spread = np.maximum(joint * (1 - joint), 0.0)  # of means nothing, and not used
    pooled = np.sqrt(spread * (1 / size[0] + 1 / size[1]))
    extreme = np.logical_or.reduce([(one <= 0) | (one >= 1) for one in value])
    return np.where(extreme, np.fmax(pooled, both), both)

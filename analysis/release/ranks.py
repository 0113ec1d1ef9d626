"""Places of areas among all, worked out from released rows alone.

A set of ranks is made after the gate, from the rounded numbers that leave it, so it says
nothing that a reader could not compute. A set is one of places among *all* areas: an area
whose own number is hidden may stand above or below any other, so it never shortens the set of
another area, whatever it is hidden for. How the sets hold together is described in
:mod:`analysis.estimation.ranks`; areas count as independent samples.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimates import NUMERIC, typed
from analysis.estimation.ranks import rank_sets
from analysis.estimation.small_areas import smoothed_variances
from analysis.release.tables import STRATUM, TABLE

Floats = NDArray[np.float64]

RANK = "rank"
CONFIDENCE = 0.95
#: States of rows whose number can be seen.
SHOWN = ("ok", "low_precision", "true_zero")
#: Statistics whose values are put in an order.
RANKED = ("share", "mean", "difference")

_KEPT = ("n",)


def rank_rows(
    released: pd.DataFrame,
    wanted: Collection[tuple[str, str]],
    confidence: float = CONFIDENCE,
) -> pd.DataFrame:
    """The place of every area in the tables that the plan ranks.

    Parameters
    ----------
    released
        Released rows.
    wanted
        Sample and indicator of what is ranked, by the totals of areas.
    confidence
        Of all sets of one table together.

    Returns
    -------
    DataFrame
        Typed as the table of estimates, one row for each area with ``statistic`` and
        ``comparison`` ``rank``: ``estimate`` is the place among the areas that are shown, 1
        the highest value; ``ci_low`` and ``ci_high`` are the limits of the set of places
        among all areas. A row is in the state of the area's own row: hidden where that is
        hidden, in brackets where that is.
    """
    asked = pd.MultiIndex.from_frame(released[["sample", "indicator"]]).isin(list(wanted))
    plain = released["comparison"].eq("") & released["statistic"].isin(RANKED)
    totals = released["level"].eq("area") & released["breakdown"].eq("")
    rows = released[np.asarray(asked) & plain & totals]
    tables = rows.groupby([*STRATUM, *TABLE], sort=False)
    ranked = [_ranked(table, confidence) for _, table in tables]
    return typed(pd.concat(ranked, ignore_index=True) if ranked else rows)


def _ranked(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    variance = _variances(table)
    shown = table["release"].isin(SHOWN).to_numpy() & np.isfinite(variance)
    shown &= table["estimate"].notna().to_numpy()
    state = table["release"].where(~table["release"].eq("true_zero"), "ok")
    rows = table.assign(
        **dict.fromkeys([name for name in NUMERIC if name not in _KEPT], np.nan),
        statistic=RANK,
        comparison=RANK,
        interval_method="",
        sensitive=False,
        release=np.where(shown | ~table["release"].isin(SHOWN), state, "missing"),
    )
    if shown.any():
        value = table["estimate"].to_numpy(dtype=float)[shown]
        sets = rank_sets(value, np.sqrt(variance[shown]), confidence=confidence)
        # Those whose number is not shown may all be below, or all above.
        beyond = len(table) - int(shown.sum())
        rows.loc[shown, "estimate"] = sets["rank"].to_numpy(dtype=float)
        rows.loc[shown, "ci_low"] = sets["rank_low"].to_numpy(dtype=float)
        rows.loc[shown, "ci_high"] = sets["rank_high"].to_numpy(dtype=float) + beyond
        rows.loc[shown, "confidence"] = confidence
        rows.loc[shown, "interval_method"] = "rank-set"
    return rows


def _variances(table: pd.DataFrame) -> Floats:
    """Squared errors; of 0 % and 100 %, whose own error is 0, those of the common share."""
    error = table["standard_error"].to_numpy(dtype=float)
    value = table["estimate"].to_numpy(dtype=float)
    size = np.where(table["n_effective"].notna(), table["n_effective"], table["n"]).astype(float)
    extreme = table["statistic"].eq("share").to_numpy() & ((value <= 0) | (value >= 1))
    known = np.isfinite(value) & (size > 0)
    if not known.any():
        return error**2
    common = smoothed_variances(np.where(known, value, np.nan), np.where(known, size, np.nan))
    return np.where(extreme, np.fmax(error**2, common), error**2)

"""Which place an area may have among all: a set of ranks in place of a rank.

Areas that a sample cannot tell apart must not be put in an order. Every pair of areas is
compared, the limits of all differences hold together, and an area's place is between one more
than the number of areas that are surely above it and the number of areas less those surely
below it. All sets hold at once with the stated confidence. Sources: M. Mogstad, J. P. Romano,
A. M. Shaikh, D. Wilhelm, Review of Economic Studies 91 (2024), 476–518; K. Klein, T. Wright,
J. Wieczorek, JRSS A 183 (2020), 2057–2079. R: package ``csranks``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import WorkbenchError

Floats = NDArray[np.float64]

#: Draws of the largest difference.
_DRAWS = 20_000


def rank_sets(
    estimates: Any,
    standard_errors: Any = None,
    covariance: Any = None,
    *,
    confidence: float = 0.95,
    names: Any = None,
    seed: int = 1,
) -> pd.DataFrame:
    """Sets of ranks that hold all true ranks at once; rank 1 is the highest value.

    Parameters
    ----------
    estimates
        One per area; NaN where there is none.
    standard_errors
        Their errors, where they are independent.
    covariance
        Their covariance matrix, where they are not.
    confidence
        Of all sets together.
    names
        Of the areas.
    seed
        Of the draws that give the largest difference its distribution.

    Returns
    -------
    DataFrame
        ``area``, ``estimate``, ``rank`` (of the estimate), ``rank_low`` and ``rank_high``
        (<NA> without an estimate).

    Raises
    ------
    WorkbenchError
        If neither errors nor covariances are given.
    """
    value = np.asarray(estimates, dtype=float)
    spread = _covariance(standard_errors, covariance)
    known = np.flatnonzero(np.isfinite(value) & np.isfinite(np.diag(spread)))
    low, high = _places(value[known], spread[np.ix_(known, known)], confidence, seed)
    table = pd.DataFrame(
        {
            "area": np.arange(len(value)) if names is None else list(names),
            "estimate": value,
            "rank": pd.Series(value).rank(ascending=False, method="min").astype("Int64"),
        }
    )
    for name, places in (("rank_low", low), ("rank_high", high)):
        column = pd.array([pd.NA] * len(value), dtype="Int64")
        column[known] = places
        table[name] = column
    return table


def _covariance(standard_errors: Any, covariance: Any) -> Floats:
    if covariance is not None:
        return np.asarray(covariance, dtype=float)
    if standard_errors is None:
        raise WorkbenchError("ranks need the errors of the estimates")
    return np.diag(np.asarray(standard_errors, dtype=float) ** 2)


def _places(
    value: Floats, covariance: Floats, confidence: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    variance = np.diag(covariance)
    error = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0.0))
    critical = _largest_difference(covariance, error, confidence, seed)
    surely_above = (value[None, :] - value[:, None]) > critical * error
    surely_below = (value[:, None] - value[None, :]) > critical * error
    count = len(value)
    return 1 + surely_above.sum(axis=1), count - surely_below.sum(axis=1)


def _largest_difference(covariance: Floats, error: Floats, confidence: float, seed: int) -> float:
    """Quantile of the largest standardised difference of any pair."""
    pairs = np.triu_indices(len(covariance), k=1)
    used = error[pairs] > 0
    if not used.any():
        return float(stats.norm.ppf((1 + confidence) / 2))
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    draws = np.ascontiguousarray((_normal_draws(len(covariance), seed) @ root.T).T)
    largest = np.zeros(_DRAWS)
    for a, b in zip(pairs[0][used], pairs[1][used], strict=True):
        np.maximum(largest, np.abs(draws[a] - draws[b]) / error[a, b], out=largest)
    return float(np.quantile(largest, confidence))


@lru_cache(maxsize=8)
def _normal_draws(count: int, seed: int) -> Floats:
    """Draws × areas. The tables of a study mostly have one number of areas, so they share them."""
    drawn = np.random.default_rng(np.random.SeedSequence(seed)).standard_normal((_DRAWS, count))
    drawn.flags.writeable = False
    return drawn

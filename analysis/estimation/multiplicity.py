"""p-values and intervals that are looked at together.

Sources: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65–70; Y. Benjamini,
Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995), 289–300. R: ``p.adjust``.
Intervals that hold together: Z. Šidák, JASA 62 (1967), 626–633; largest of correlated
estimates: T. Hothorn, F. Bretz, P. Westfall, Biometrical Journal 50 (2008), 346–363.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import WorkbenchError

Floats = NDArray[np.float64]
Adjustment = Literal["holm", "benjamini-hochberg"]
Simultaneous = Literal["bonferroni", "sidak", "max-t"]

#: Draws of the largest estimate.
_DRAWS = 40_000


def holm(p: Floats) -> Floats:
    """Holm's adjusted p-values: the chance of any false finding stays below the level.

    NaN is left out of the count and stays NaN.
    """
    return _adjusted(p, _holm_sorted)


def benjamini_hochberg(p: Floats) -> Floats:
    """Benjamini and Hochberg's: the expected part of false findings stays below the level.

    NaN is left out of the count and stays NaN.
    """
    return _adjusted(p, _benjamini_hochberg_sorted)


def adjusted_within(p: Floats, families: Any, method: Adjustment = "holm") -> Floats:
    """Adjusted p-values, each family of tests by itself.

    Parameters
    ----------
    p
        The p-values.
    families
        For each of them the family it belongs to: a series, or a frame whose columns
        together name it.
    """
    adjust = holm if method == "holm" else benjamini_hochberg
    frame = pd.DataFrame(families).reset_index(drop=True)
    family = frame.groupby(list(frame.columns), sort=False, dropna=False).ngroup().to_numpy()
    result = np.full(len(p), np.nan)
    order = np.argsort(family, kind="stable")
    sizes = np.bincount(family) if len(family) else np.zeros(0, dtype=int)
    for rows in np.split(order, np.cumsum(sizes)[:-1]):
        result[rows] = adjust(p[rows])
    return result


def _adjusted(p: Any, of_sorted: Any) -> Floats:
    values = np.asarray(p, dtype=float)
    result = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    result[order] = of_sorted(values[order])
    return result


def _holm_sorted(p: Floats) -> Floats:
    factors = len(p) - np.arange(len(p))
    return np.minimum(np.maximum.accumulate(p * factors), 1.0) if len(p) else p


def _benjamini_hochberg_sorted(p: Floats) -> Floats:
    factors = len(p) / (np.arange(len(p)) + 1)
    return np.minimum(np.minimum.accumulate((p * factors)[::-1])[::-1], 1.0) if len(p) else p


def simultaneous_quantile(
    count: int,
    df: float,
    confidence: float = 0.95,
    method: Simultaneous = "sidak",
    covariance: Floats | None = None,
    seed: int = 1,
) -> float:
    """The multiple of the standard error with which many intervals hold all at once.

    Parameters
    ----------
    count
        How many intervals.
    df
        Degrees of freedom of each.
    method
        ``bonferroni``, ``sidak``, or ``max-t``, which knows how estimates are correlated and
        is the narrowest.
    covariance
        Of the estimates, for ``max-t``.
    seed
        Of the draws that ``max-t`` makes.

    Raises
    ------
    WorkbenchError
        If ``max-t`` is asked for without a covariance.
    """
    if method == "bonferroni":
        return float(stats.t.isf((1 - confidence) / (2 * count), df))
    if method == "sidak":
        return float(stats.t.isf((1 - confidence ** (1 / count)) / 2, df))
    if covariance is None:
        raise WorkbenchError("the largest of correlated estimates needs their covariance")
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    size = np.sqrt(np.diag(covariance))
    used = size > 0
    correlation = covariance[np.ix_(used, used)] / np.outer(size[used], size[used])
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    draws = generator.standard_normal((_DRAWS, int(used.sum()))) @ root.T
    scale = np.sqrt(generator.chisquare(df, _DRAWS) / df)
    return float(np.quantile(np.abs(draws).max(axis=1) / scale, confidence))

"""p-values that were looked at together.

Sources: S. Holm, Scandinavian Journal of Statistics 6 (1979), 65–70; Y. Benjamini,
Y. Hochberg, Journal of the Royal Statistical Society B 57 (1995), 289–300. R: ``p.adjust``.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Adjustment = Literal["holm", "benjamini-hochberg"]


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

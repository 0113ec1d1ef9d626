"""Agreement of two coders: percent agreement, Cohen's kappa, Krippendorff's alpha of sets.

A coder gives each unit a set of codes, mostly of one. Kappa takes each distinct set for a
category, or asks of one code whether it was given; alpha weighs how far two sets are apart.

References
----------
Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and
Psychological Measurement 20, 37–46.

Fleiss, J. L., Cohen, J., Everitt, B. S. (1969). Large sample standard errors of kappa and
weighted kappa. Psychological Bulletin 72, 323–327.

Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability. University of
Pennsylvania.

Passonneau, R. (2006). Measuring agreement on set-valued items (MASI) for semantic and
pragmatic annotation. Proceedings of LREC 2006.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Codes = frozenset[str]
Distance = Literal["masi", "jaccard", "nominal"]
Matrix = NDArray[np.float64]

CONFIDENCE = 0.95
#: Bootstrap samples of an interval of alpha, and the seed that makes it the same each time.
BOOTSTRAP_SAMPLES, SEED = 1000, 1960


@dataclass(frozen=True)
class Agreement:
    """A coefficient of agreement with its interval; NaN where it is not defined.

    Parameters
    ----------
    value, low, high
        The coefficient (1 is full agreement, 0 that of chance) and its interval.
    observed, expected
        For kappa the shares agreed upon, observed and by chance; for alpha the mean
        distances.
    n
        Units.
    """

    value: float
    low: float
    high: float
    observed: float
    expected: float
    n: int


def percent_agreement(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """The share of units to which both gave the same; NaN without units."""
    pairs = list(zip(first, second, strict=True))
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else float("nan")


def cohen_kappa(
    first: Sequence[Hashable], second: Sequence[Hashable], confidence: float = CONFIDENCE
) -> Agreement:
    """Cohen's kappa with the interval of its large-sample standard error.

    Parameters
    ----------
    first, second
        What each coder gave each unit; equal values are one category.
    confidence
        Of the interval.

    Notes
    -----
    κ = (p_o − p_e) / (1 − p_e), with the variance of Fleiss, Cohen and Everitt (1969, eq. 13).
    Where both gave all units one and the same category, chance agreement is 1 and κ is not
    defined.
    """
    table = _pair_table(first, second)
    n = int(table.sum())
    nan = float("nan")
    if not n:
        return Agreement(nan, nan, nan, nan, nan, 0)
    shares = table / n
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float(np.trace(shares)), float(rows @ columns)
    if np.isclose(expected, 1.0):
        return Agreement(nan, nan, nan, observed, expected, n)
    kappa = (observed - expected) / (1 - expected)
    reach = float(norm.ppf((1 + confidence) / 2)) * _kappa_error(shares, kappa, expected, n)
    return Agreement(
        kappa, max(kappa - reach, -1.0), min(kappa + reach, 1.0), observed, expected, n
    )


def krippendorff_alpha(
    first: Sequence[Codes],
    second: Sequence[Codes],
    distance: Distance = "masi",
    confidence: float = CONFIDENCE,
) -> Agreement:
    """Krippendorff's alpha of two coders who give sets of codes, with a bootstrap interval.

    Parameters
    ----------
    first, second
        The set that each coder gave each unit.
    distance
        ``masi`` (Passonneau 2006), ``jaccard``, or ``nominal``: sets are equal or not.
    confidence
        Of the percentile interval over resampled units; the seed is fixed.

    Notes
    -----
    α = 1 − D_o / D_e. D_o is the mean distance of the two sets of a unit, D_e that of any two
    of the 2n sets given, whoever gave them and to whatever.
    """
    sets = list(dict.fromkeys([*first, *second]))
    place = {codes: number for number, codes in enumerate(sets)}
    n = len(first)
    nan = float("nan")
    if not n:
        return Agreement(nan, nan, nan, nan, nan, 0)
    apart = distances(sets, distance)
    pairs = np.array([(place[a], place[b]) for a, b in zip(first, second, strict=True)])
    kinds, counts = np.unique(pairs, axis=0, return_counts=True)
    value, observed, expected = _alpha(kinds, counts[None, :].astype(float), apart)
    drawn = np.random.default_rng(SEED).multinomial(n, counts / n, size=BOOTSTRAP_SAMPLES)
    repeated, _, _ = _alpha(kinds, drawn.astype(float), apart)
    known = repeated[~np.isnan(repeated)]
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(known, tails) if len(known) else (nan, nan)
    return Agreement(
        float(value[0]), float(low), float(high), float(observed[0]), float(expected[0]), n
    )


def distances(sets: Sequence[Codes], distance: Distance = "masi") -> Matrix:
    """How far each two of some sets are apart, from 0 (equal) to 1 (nothing in common).

    Notes
    -----
    Jaccard: 1 − |A∩B| / |A∪B|. MASI: 1 − M·|A∩B| / |A∪B| with M = 1 for equal sets, 2/3 where
    one holds the other, 1/3 where each has something of its own, 0 without a common code. Two
    empty sets are equal.
    """
    codes = sorted(set().union(*sets)) if sets else []
    held = np.array([[code in one for code in codes] for one in sets], dtype=float)
    held = held.reshape(len(sets), len(codes))
    sizes = held.sum(axis=1)
    common = held @ held.T
    both = sizes[:, None] + sizes[None, :] - common
    equal = (common == sizes[:, None]) & (common == sizes[None, :])
    if distance == "nominal":
        return np.where(equal, 0.0, 1.0)
    jaccard = np.divide(common, both, out=np.ones_like(common), where=both > 0)
    if distance == "jaccard":
        return np.asarray(1 - jaccard)
    within = np.minimum(sizes[:, None], sizes[None, :]) == common
    weight = np.select([equal, within & (common > 0), common > 0], [1.0, 2 / 3, 1 / 3], 0.0)
    return np.asarray(1 - weight * jaccard)


def _alpha(kinds: NDArray[np.int64], counts: Matrix, apart: Matrix) -> tuple[Matrix, ...]:
    """Alpha, D_o and D_e of several tables of pairs: samples × kinds of pair."""
    n = counts.sum(axis=1)
    observed = counts @ apart[kinds[:, 0], kinds[:, 1]] / n
    side = np.zeros((len(kinds), len(apart)))
    for place in (0, 1):
        side[np.arange(len(kinds)), kinds[:, place]] += 1
    given = counts @ side
    values = 2 * n
    # The distance of a value to itself is 0, so the pairs of equal values need no care.
    expected = np.einsum("ij,ij->i", given @ apart, given) / (values * (values - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        alpha = np.where(expected > 0, 1 - observed / expected, np.nan)
    return alpha, observed, expected


def _pair_table(first: Sequence[Hashable], second: Sequence[Hashable]) -> Matrix:
    names = list(dict.fromkeys([*first, *second]))
    place = {name: number for number, name in enumerate(names)}
    table = np.zeros((len(names), len(names)))
    for a, b in zip(first, second, strict=True):
        table[place[a], place[b]] += 1
    return table


def _kappa_error(shares: Matrix, kappa: float, expected: float, n: int) -> float:
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    # For category i the sum of its row and column, for a cell that of its column and row.
    agreed = np.diag(shares) * (1 - (rows + columns) * (1 - kappa)) ** 2
    crossed = shares * (columns[:, None] + rows[None, :]) ** 2
    np.fill_diagonal(crossed, 0)
    variance = (
        agreed.sum() + (1 - kappa) ** 2 * crossed.sum() - (kappa - expected * (1 - kappa)) ** 2
    ) / (n * (1 - expected) ** 2)
    return float(np.sqrt(max(variance, 0.0)))

"""The distribution of a weighted sum of chi-squares, as tests of weighted tables need it.

Under the hypothesis Pearson's X² of a weighted table is distributed as Σ λ χ²₁ with the
eigenvalues λ of a design effect matrix; with an estimated matrix on d degrees of freedom as
(Σ λ χ²₁) / (χ²_d / d). Exact: J. P. Imhof, Biometrika 48 (1961), 419–426, by numerical
integration. Saddlepoint: D. Kuonen, Biometrika 86 (1999), 929–935. R: ``pFsum`` of survey.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, stats

Floats = NDArray[np.float64]
TailMethod = Literal["integration", "saddlepoint"]

#: Nearer to its own mean than this the saddlepoint formula divides by zero.
_AT_THE_MEAN = 1e-4
_MARGIN = 0.99999


def upper_tail(
    statistic: float, weights: Floats, df: float, method: TailMethod = "integration"
) -> float:
    """Probability that (Σ λ χ²₁) / (χ²_df / df) exceeds a statistic.

    Parameters
    ----------
    statistic
        What was found.
    weights
        The eigenvalues λ.
    df
        Degrees of freedom of the denominator.
    method
        ``integration`` (exact to 10⁻⁸ or so) or ``saddlepoint`` (good in the far tail).
    """
    if statistic <= 0:
        return 1.0
    lambdas = np.append(np.asarray(weights, dtype=float), -statistic / df)
    counts = np.append(np.ones(len(weights)), df)
    if method == "saddlepoint":
        found = _saddlepoint(lambdas, counts)
        return _satterthwaite(statistic, weights, df) if found is None else found
    return _integrated(lambdas, counts)


def _integrated(lambdas: Floats, counts: Floats) -> float:
    """P(Σ λ χ² > 0) after Imhof."""
    scale = np.abs(lambdas).max()
    lambdas = lambdas / scale

    def integrand(u: float) -> float:
        angle = 0.5 * float(counts @ np.arctan(lambdas * u))
        log_size = 0.25 * float(counts @ np.log1p((lambdas * u) ** 2))
        return float(np.sin(angle) / u * np.exp(-log_size))

    total, _ = integrate.quad(integrand, 0, np.inf, limit=1000, epsabs=1e-11, epsrel=1e-10)
    return float(np.clip(0.5 + total / np.pi, 0.0, 1.0))


def _saddlepoint(lambdas: Floats, counts: Floats) -> float | None:
    """P(Σ λ χ² > 0); None at the mean."""
    scaled = lambdas / lambdas.max()
    low = _MARGIN * (1 / (2 * scaled[scaled < 0])).max()
    high = _MARGIN * (1 / (2 * scaled[scaled > 0])).min()

    def slope(z: float) -> float:
        return float((counts * scaled / (1 - 2 * z * scaled)).sum())

    z = float(optimize.brentq(slope, low, high, xtol=1e-14))
    if abs(z) < _AT_THE_MEAN:
        return None
    k = -0.5 * float(counts @ np.log(1 - 2 * z * scaled))
    curvature = 2 * float(counts @ (scaled**2 / (1 - 2 * z * scaled) ** 2))
    w = np.sign(z) * np.sqrt(-2 * k)
    return float(stats.norm.sf(w + np.log(z * np.sqrt(curvature) / w) / w))


def _satterthwaite(statistic: float, weights: Floats, df: float) -> float:
    mean, squares = np.mean(weights), np.mean(np.square(weights))
    numerator = len(weights) * mean**2 / squares
    return float(stats.f.sf(statistic / (numerator * squares / mean), numerator, df))

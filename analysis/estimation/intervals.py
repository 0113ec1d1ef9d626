"""Confidence intervals of means and shares, on arrays.

Sources: logit and Korn–Graubard: E. L. Korn, B. I. Graubard, Survey Methodology 24 (1998),
193–201; Wilson: E. B. Wilson, JASA 22 (1927), 209–212, with the effective sample size as in
C. Franco et al., Journal of Survey Statistics and Methodology 7 (2019), 334–364; likelihood:
J. N. K. Rao, A. J. Scott, Annals of Statistics 12 (1984), 46–60. R: ``svyciprop(method=)`` with
``mean``, ``logit`` (or ``xlogit``), ``beta``, ``wilson``, ``asin``, ``likelihood``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]
IntervalMethod = Literal["mean", "logit", "korn-graubard", "wilson", "asin", "likelihood"]

INTERVAL_METHODS: Final = get_args(IntervalMethod)

#: The interval of a difference of two shares.
NEWCOMBE: Final = "newcombe"


@dataclass(frozen=True)
class Uncertainty:
    """What an interval needs, arrays of one shape.

    Parameters
    ----------
    estimate, standard_error
        The estimate and its standard error.
    df
        Degrees of freedom; below 1 there is no interval.
    n
        Unweighted number of respondents.
    n_effective
        Their effective number by the spread of the weights alone, used where the standard
        error is 0 because all or none answered yes.
    """

    estimate: Floats
    standard_error: Floats
    df: Floats
    n: Floats
    n_effective: Floats

    def at(self, chosen: NDArray[np.bool_]) -> Uncertainty:
        """Some of it, as arrays of one dimension."""
        return Uncertainty(*(array[chosen] for array in vars(self).values()))

    def quantile(self, confidence: float) -> Floats:
        """Quantile of Student's t; NaN below 1 degree of freedom."""
        return t_quantile(self.df, confidence)

    @property
    def size(self) -> Floats:
        """Effective sample size: by the standard error, at 0 % and 100 % by the weights.

        Infinite where calibration fixes the share.
        """
        p, error = self.estimate, self.standard_error
        inner = (p > 0) & (p < 1)
        with np.errstate(divide="ignore"):
            by_error = p * (1 - p) / np.where(inner, error, 1.0) ** 2
        return np.where(inner, by_error, self.n_effective)

    def adjusted_size(self, confidence: float) -> Floats:
        """The effective sample size made smaller where degrees of freedom are few."""
        few = t_quantile(np.fmin(self.df, self.n - 1), confidence)
        ratio = t_quantile(self.n - 1, confidence) / few
        return self.size * ratio**2


def t_quantile(df: Floats, confidence: float) -> Floats:
    """Two-sided quantile of Student's t; NaN below 1 degree of freedom."""
    distinct, place = np.unique(np.where(df >= 1, df, np.nan), return_inverse=True)
    return stats.t.ppf((1 + confidence) / 2, distinct)[place].reshape(np.shape(df))


def _mean(data: Uncertainty, confidence: float) -> tuple[Floats, Floats]:
    half = data.quantile(confidence) * data.standard_error
    return data.estimate - half, data.estimate + half


def _logit(data: Uncertainty, confidence: float) -> tuple[Floats, Floats]:
    p = data.estimate
    with np.errstate(divide="ignore", invalid="ignore"):
        half = data.quantile(confidence) * data.standard_error / (p * (1 - p))
        centre = special.logit(p)
        return special.expit(centre - half), special.expit(centre + half)


def _asin(data: Uncertainty, confidence: float) -> tuple[Floats, Floats]:
    p = np.clip(data.estimate, 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        half = data.quantile(confidence) * data.standard_error / (2 * np.sqrt(p * (1 - p)))
    centre = np.arcsin(np.sqrt(p))
    low = np.maximum(centre - half, 0)
    high = np.minimum(centre + half, np.pi / 2)
    return np.sin(low) ** 2, np.sin(high) ** 2


def _korn_graubard(data: Uncertainty, confidence: float) -> tuple[Floats, Floats]:
    p, size = np.clip(data.estimate, 0, 1), data.adjusted_size(confidence)
    tail = (1 - confidence) / 2
    yes, no = size * p, size * (1 - p)
    with np.errstate(invalid="ignore", divide="ignore"):
        low = np.where(yes > 0, stats.beta.ppf(tail, yes, no + 1), 0.0)
        high = np.where(no > 0, stats.beta.ppf(1 - tail, yes + 1, no), 1.0)
    fixed, known = np.isinf(size), ~np.isnan(size) & ~np.isnan(p)
    low, high = np.where(fixed, p, low), np.where(fixed, p, high)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _wilson(data: Uncertainty, confidence: float) -> tuple[Floats, Floats]:
    p, size, t = data.estimate, data.size, data.quantile(confidence)
    centre = (p + t**2 / (2 * size)) / (1 + t**2 / size)
    half = t * np.sqrt(p * (1 - p) / size + t**2 / (4 * size**2)) / (1 + t**2 / size)
    return centre - half, centre + half


def _likelihood(data: Uncertainty, confidence: float) -> tuple[Floats, Floats]:
    """Where twice the loss of log likelihood of an effective sample reaches t²."""
    with np.errstate(divide="ignore", invalid="ignore"):
        allowed = data.quantile(confidence) ** 2 / (2 * data.size * (data.n - 1) / data.n)
    p = data.estimate
    return _reached(p, np.zeros_like(p), allowed), _reached(p, np.ones_like(p), allowed)


def _reached(p: Floats, end: Floats, allowed: Floats) -> Floats:
    """The share between p and an end whose divergence from p is as allowed, by bisection."""
    near, far = p.copy(), end.copy()
    for _ in range(_BISECTIONS):
        middle = (near + far) / 2
        lost = special.rel_entr(p, middle) + special.rel_entr(1 - p, 1 - middle)
        beyond = lost > allowed
        near, far = np.where(beyond, near, middle), np.where(beyond, middle, far)
    return np.where(np.isnan(allowed), np.nan, near)


_METHODS: Final[Mapping[str, Callable[[Uncertainty, float], tuple[Floats, Floats]]]] = {
    "mean": _mean,
    "logit": _logit,
    "asin": _asin,
    "korn-graubard": _korn_graubard,
    "wilson": _wilson,
    "likelihood": _likelihood,
}

#: Halvings after which a limit is exact.
_BISECTIONS: Final = 60


def interval(
    data: Uncertainty, method: IntervalMethod, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Lower and upper limits; NaN where they cannot be known."""
    return _METHODS[method](data, confidence)


def share_interval(
    data: Uncertainty, method: IntervalMethod, confidence: float = 0.95
) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """Limits of shares, and the method used for each.

    Where all or none answered yes the standard error is 0 and only Korn–Graubard still says
    something; it is used there whatever the method.
    """
    low, high = interval(data, method, confidence)
    extreme = (data.estimate <= 0) | (data.estimate >= 1)
    used = np.full(low.shape, method, dtype=object)
    if method != "korn-graubard" and extreme.any():
        low[extreme], high[extreme] = interval(data.at(extreme), "korn-graubard", confidence)
        used[extreme] = "korn-graubard"
    return low, high, used


def difference_interval(
    first: Uncertainty, second: Uncertainty, correlation: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """Limits of a difference of two shares from Wilson's limits of either.

    They hold near 0 % and 100 % too, where Student's t is too narrow. Source: R. G. Newcombe,
    Statistics in Medicine 17 (1998), 873–890, method 10; with a correlation: G. Y. Zou,
    A. Donner, Statistics in Medicine 27 (2008), 1693–1702.
    """
    p_low, p_high = interval(first, "wilson", confidence)
    q_low, q_high = interval(second, "wilson", confidence)
    p, q = first.estimate, second.estimate
    below = _combined(p - p_low, q_high - q, correlation)
    above = _combined(p_high - p, q - q_low, correlation)
    return p - q - below, p - q + above


def _combined(first: Floats, second: Floats, correlation: Floats) -> Floats:
    square = first**2 + second**2 - 2 * correlation * first * second
    return np.sqrt(np.maximum(square, 0.0))

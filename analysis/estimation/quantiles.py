"""Quantiles of weighted samples, and their intervals.

A quantile is where the weighted distribution function reaches q; between observations several
rules are in use. Its interval comes from that of the share of values not above it, turned back
into values. Sources: R. J. Hyndman, Y. Fan, American Statistician 50 (1996), 361–365 (rules 1
to 9); B. V. Shah, A. K. Vaish, Proceedings of the Survey Research Methods Section, American
Statistical Association (2006), 3648–3652; R. S. Woodruff, JASA 47 (1952), 635–646; score:
W. A. Fuller, Sampling Statistics (2009), section 4.4. R: ``svyquantile``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, domain_estimates
from analysis.estimation.intervals import IntervalMethod, interval, t_quantile

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
Rule = Callable[[Floats, Floats, Floats], Floats]
QuantileRule = Literal[
    "math", "school", "shah-vaish", "hf1", "hf2", "hf3", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9"
]
QuantileInterval = IntervalMethod | Literal["score"]

QUANTILE_RULES: Final = get_args(QuantileRule)

#: A share that is nearer to a step of the distribution function than this stands on it.
_TIE: Final = 1e-10


# --- rules: sorted values, their weights, shares → values ---------------------------------


def _step(values: Floats, weights: Floats, q: Floats) -> tuple[Codes, NDArray[np.bool_]]:
    """The first value where the distribution function reaches q, and where it is exactly q."""
    reached = np.cumsum(weights) / weights.sum()
    place = np.minimum(np.searchsorted(reached, q - _TIE), len(values) - 1)
    return place.astype(np.intp), np.abs(reached[place] - q) <= _TIE


def _math(values: Floats, weights: Floats, q: Floats) -> Floats:
    return values[_step(values, weights, q)[0]]


def _school(values: Floats, weights: Floats, q: Floats) -> Floats:
    place, tie = _step(values, weights, q)
    after = np.minimum(place + 1, len(values) - 1)
    return np.where(tie, (values[place] + values[after]) / 2, values[place])


def _nearest_even(values: Floats, weights: Floats, q: Floats) -> Floats:
    distinct, group = np.unique(values, return_inverse=True)
    place, tie = _step(distinct, np.bincount(group, weights).astype(float), q)
    after = np.minimum(place + 1, len(distinct) - 1)
    odd = (place + 1) % 2 == 1
    return np.where(tie & odd, distinct[after], distinct[place])


def _interpolated(position: Callable[[Floats], Floats]) -> Rule:
    """Straight lines between values put at some position of the distribution function."""

    def rule(values: Floats, weights: Floats, q: Floats) -> Floats:
        return np.interp(q, position(weights), values)

    return rule


def _between(before: float, last: float) -> Callable[[Floats], Floats]:
    """Positions a part of the way through each step; ``last`` of the last weight is added."""

    def position(weights: Floats) -> Floats:
        reached = np.cumsum(weights)
        start = reached - weights
        inside = start * before + reached * (1 - before)
        return np.asarray(inside / (reached[-1] + last * weights[-1]))

    return position


def _from_first(weights: Floats) -> Floats:
    """The first value at 0, the last at 1."""
    reached = np.cumsum(weights)
    return np.asarray(np.append(0, reached[:-1]) / reached[-2] if len(weights) > 1 else [0.0])


def _shah_vaish(values: Floats, weights: Floats, q: Floats) -> Floats:
    scaled = weights / weights.mean()
    position = (np.cumsum(scaled) + 0.5 - scaled / 2) / (len(values) + 1)
    place = np.searchsorted(position, q, side="right") - 1
    return values[np.clip(place, 0, len(values) - 1)]


_RULES: Final[Mapping[str, Rule]] = {
    "math": _math,
    "school": _school,
    "shah-vaish": _shah_vaish,
    "hf1": _math,
    "hf2": _school,
    "hf3": _nearest_even,
    "hf4": _interpolated(_between(0.0, 0.0)),
    "hf5": _interpolated(_between(0.5, 0.0)),
    "hf6": _interpolated(_between(0.0, 1.0)),
    "hf7": _interpolated(_from_first),
    "hf8": _interpolated(_between(1 / 3, 1 / 3)),
    "hf9": _interpolated(_between(3 / 8, 1 / 4)),
}


# --- quantiles ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Quantiles:
    """Quantiles of one variable in domains; arrays domains × quantiles."""

    value: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    df: Floats
    n: Floats
    n_effective: Floats


def quantiles(
    estimator: Estimator,
    values: Floats,
    q: Floats,
    domains: Domains,
    rule: QuantileRule | Rule = "math",
    method: QuantileInterval = "mean",
    confidence: float = 0.95,
) -> Quantiles:
    """Quantiles of a variable with intervals.

    Parameters
    ----------
    estimator
        The weights and the selection.
    values
        One number per respondent, NaN where not known.
    q
        The shares, between 0 and 1.
    domains
        The domains; they must not overlap.
    rule
        Which value stands between observations. ``math`` is the smallest value that at least
        q of the population do not exceed.
    method
        The interval of the share that is turned back (``mean`` is Woodruff's), or ``score``.

    Returns
    -------
    Quantiles
        The standard error is the width of the interval over twice the quantile of t. A limit
        beyond the distribution is NaN.

    Raises
    ------
    WorkbenchError
        If domains overlap, a share is not between 0 and 1, or there is no such rule.
    """
    q = np.atleast_1d(np.asarray(q, dtype=float))
    if not ((q > 0) & (q < 1)).all():
        raise WorkbenchError("a quantile is asked by a share between 0 and 1", got=str(q.tolist()))
    if len(domains.sizes) > 1:
        raise WorkbenchError("quantiles are estimated in domains that do not overlap")
    sorted_domains = _Sorted(estimator, values, domains, _rule(rule))
    found = sorted_domains.at(q)
    own = sorted_domains.domain_of_row
    thresholds = np.where(own[:, None] >= 0, found[own], np.nan)
    below = np.where(np.isnan(values)[:, None], np.nan, values[:, None] <= thresholds)
    shares = domain_estimates(
        estimator.with_values(below.astype(float), ["share"] * len(q)), domains
    )
    if method == "score":
        low, high = sorted_domains.score_limits(q, shares.df, confidence)
    else:
        p_low, p_high = interval(shares.uncertainty, method, confidence)
        low, high = sorted_domains.back(p_low), sorted_domains.back(p_high)
    error = (high - low) / (2 * t_quantile(shares.df, confidence))
    return Quantiles(found, error, low, high, shares.df, shares.sums.n, shares.n_effective)


def _rule(rule: QuantileRule | Rule) -> Rule:
    if callable(rule):
        return rule
    if rule not in _RULES:
        raise WorkbenchError(
            f"there is no rule of quantiles {rule}", expected=", ".join(QUANTILE_RULES)
        )
    return _RULES[rule]


class _Sorted:
    """The known values of every domain in order, with their weights."""

    def __init__(self, estimator: Estimator, values: Floats, domains: Domains, rule: Rule) -> None:
        self.estimator, self.values, self.domains, self.rule = estimator, values, domains, rule
        self.domain_of_row = _domain_of_row(domains)
        used = (self.domain_of_row >= 0) & ~np.isnan(values) & (estimator.weights != 0)
        rows = np.flatnonzero(used)
        order = rows[np.lexsort((values[rows], self.domain_of_row[rows]))]
        starts = np.searchsorted(self.domain_of_row[order], np.arange(len(domains) + 1))
        self.parts = [order[starts[d] : starts[d + 1]] for d in range(len(domains))]

    def at(self, q: Floats) -> Floats:
        """Domains × quantiles; NaN in an empty domain."""
        return np.array([self._one(part, q) for part in self.parts])

    def back(self, shares: Floats) -> Floats:
        """The values at shares, domains × quantiles."""
        return np.array(
            [self._one(part, own) for part, own in zip(self.parts, shares, strict=True)]
        )

    def _one(self, rows: Codes, q: Floats) -> Floats:
        found = np.full(len(q), np.nan)
        inside = (q >= 0) & (q <= 1)
        if len(rows):
            own = self.estimator.weights[rows]
            found[inside] = self.rule(self.values[rows], own, q[inside])
        return found

    def score_limits(self, q: Floats, df: Floats, confidence: float) -> tuple[Floats, Floats]:
        """The least and greatest value at which a test of the share q does not refuse."""
        critical = t_quantile(df, confidence)
        return (
            self._boundary(q, critical, upwards=False),
            self._boundary(q, critical, upwards=True),
        )

    def _boundary(self, q: Floats, critical: Floats, upwards: bool) -> Floats:
        """By halving the ordered values of all domains and quantiles at once."""
        distinct = [np.unique(self.values[part]) for part in self.parts]
        size = np.array([len(own) for own in distinct])
        low = np.full((len(distinct), len(q)), -1)
        high = np.repeat(size[:, None], len(q), axis=1)
        for _ in range(int(np.ceil(np.log2(size.max(initial=1) + 1))) + 1):
            middle = np.clip((low + high) // 2, 0, np.maximum(size - 1, 0)[:, None])
            score = self._score(distinct, middle, q)
            # Small values have a share below q: the score is negative and rises.
            beyond = score > critical if upwards else score >= -critical
            high = np.where(beyond, middle, high)
            low = np.where(beyond, low, middle)
        place = high if not upwards else high - 1
        return _picked(distinct, place)

    def _score(self, distinct: list[Floats], place: Codes, q: Floats) -> Floats:
        own = self.domain_of_row
        thresholds = np.where(own[:, None] >= 0, _picked(distinct, place)[own], np.nan)
        below = np.where(np.isnan(self.values)[:, None], np.nan, self.values[:, None] <= thresholds)
        found = domain_estimates(
            self.estimator.with_values(below.astype(float), ["share"] * len(q)), self.domains
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            score = (found.sums.mean - q) / found.standard_error
        certain = found.standard_error == 0
        return np.where(certain, np.sign(found.sums.mean - q) * np.inf, score)


def _domain_of_row(domains: Domains) -> Codes:
    codes: Codes = np.full(domains.respondents, -1, dtype=np.intp)
    domain, row = domains.members.nonzero()
    codes[row] = domain
    return codes


def _picked(distinct: list[Floats], place: Codes) -> Floats:
    """The values at some places of each domain; NaN beyond the last and in empty domains."""
    found = np.full(place.shape, np.nan)
    for domain, own in enumerate(distinct):
        inside = (place[domain] >= 0) & (place[domain] < len(own))
        found[domain, inside] = own[place[domain, inside]]
    return found

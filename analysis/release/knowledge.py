"""What a reader can work out from one published row alone.

A row says more than its estimate: the ends of an interval have the estimate between them
(and, for the logit interval, in the middle on the logit scale), a standard error and an
effective sample size give p(1 − p), a design effect and an effective size give the base.
Each piece narrows the share; all of them together are what the row gives away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from analysis.release.rules import Rounding
from analysis.release.tables import Booleans, Floats

#: Interval methods whose estimate lies in the middle, on which scale.
MIDDLE_ON_LOGIT = ("logit",)
MIDDLE = ("mean", "wald", "normal", "t")
#: Interval methods that are used for 0 % and 100 % alone.
ONLY_EXTREMES = ("korn-graubard", "korn_graubard")
EDGE = 1e-12


@dataclass(frozen=True)
class Knowledge:
    """Bounds that each released row gives.

    Parameters
    ----------
    value_low, value_high
        Between what the true estimate lies; −inf and inf where the row says nothing.
    n_low, n_high
        Between what the unweighted base lies; 0 and inf where the row says nothing.
    """

    value_low: Floats
    value_high: Floats
    n_low: Floats
    n_high: Floats

    @property
    def says_value(self) -> Booleans:
        """Which rows say anything about their estimate."""
        return np.asarray(np.isfinite(self.value_low) & np.isfinite(self.value_high))

    @property
    def says_n(self) -> Booleans:
        """Which rows say anything about their base."""
        return np.asarray(np.isfinite(self.n_high))


def knowledge(rows: pd.DataFrame, truth: Floats, n: Floats, rounding: Rounding) -> Knowledge:
    """What each released row gives away.

    Parameters
    ----------
    rows
        Released rows, rounded.
    truth
        The true estimate of each row. A standard error alone does not tell p from 1 − p;
        the reader is taken to guess the right side.
    n
        The true unweighted base of each row; a row that shows it, rounded or not, is taken
        to give it away.
    rounding
        The steps the rows were rounded to.

    Notes
    -----
    Bounds are widened to hold the truth, for an interval that an estimator shifted or
    truncated does not have its estimate exactly in the middle.
    """
    share = rows["statistic"].ne("mean").to_numpy()
    half = np.where(share, rounding.share, rounding.mean) / 2 + EDGE
    pieces = [
        _from_estimate(rows, half),
        _from_interval(rows, half),
        _from_middle(rows, half),
        _from_error(rows, truth, rounding),
    ]
    low = np.fmax.reduce([piece[0] for piece in pieces])
    high = np.fmin.reduce([piece[1] for piece in pieces])
    n_low, n_high = _base(rows, n, rounding)
    return Knowledge(np.fmin(low, truth), np.fmax(high, truth), n_low, n_high)


Bounds = tuple[Floats, Floats]


def _column(rows: pd.DataFrame, name: str) -> Floats:
    return rows[name].to_numpy(dtype=float)


def _known(low: Floats, high: Floats, where: Booleans) -> Bounds:
    known = where & np.isfinite(low) & np.isfinite(high)
    return np.where(known, low, -np.inf), np.where(known, high, np.inf)


def _from_estimate(rows: pd.DataFrame, half: Floats) -> Bounds:
    estimate = _column(rows, "estimate")
    return _known(estimate - half, estimate + half, np.isfinite(estimate))


def _from_interval(rows: pd.DataFrame, half: Floats) -> Bounds:
    """The estimate lies in its interval; an interval for extremes alone gives it away."""
    low, high = _column(rows, "ci_low") - half, _column(rows, "ci_high") + half
    extreme = rows["interval_method"].str.lower().isin(ONLY_EXTREMES).to_numpy()
    at_zero = extreme & (low <= 0)
    at_one = extreme & (high >= 1) & ~at_zero
    high = np.where(at_zero, 0.0, high)
    low = np.where(at_one, 1.0, low)
    return _known(low, high, np.isfinite(low) & np.isfinite(high))


def _from_middle(rows: pd.DataFrame, half: Floats) -> Bounds:
    method = rows["interval_method"].str.lower()
    low, high = _column(rows, "ci_low"), _column(rows, "ci_high")
    plain = method.isin(MIDDLE).to_numpy()
    middle = (low + high) / 2
    on_logit = method.isin(MIDDLE_ON_LOGIT).to_numpy()
    least = expit((_logit(low - half) + _logit(high - half)) / 2)
    most = expit((_logit(low + half) + _logit(high + half)) / 2)
    return _known(
        np.where(on_logit, least, middle - half),
        np.where(on_logit, most, middle + half),
        plain | on_logit,
    )


def _logit(share: Floats) -> Floats:
    return np.asarray(logit(np.clip(share, EDGE, 1 - EDGE)))


def _from_error(rows: pd.DataFrame, truth: Floats, rounding: Rounding) -> Bounds:
    """se² · n_effective = p(1 − p), with n_effective also as n / deff."""
    error, effective = _column(rows, "standard_error"), _column(rows, "n_effective")
    n, deff = _column(rows, "n"), _column(rows, "deff")
    by_deff = ~np.isfinite(effective) & np.isfinite(n) & np.isfinite(deff)
    least = np.where(by_deff, n / (deff + rounding.deff / 2), effective - rounding.n_effective / 2)
    most = np.where(
        by_deff,
        n / np.maximum(deff - rounding.deff / 2, EDGE),
        effective + rounding.n_effective / 2,
    )
    loose = 1 + 2 / np.maximum(least, 2)  # n or n − 1 in the divisor
    half = rounding.share / 2
    small = np.maximum(error - half, 0) ** 2 * np.maximum(least, 0) / loose
    large = (error + half) ** 2 * most * loose
    low, high = _smaller_root(small), _smaller_root(large)
    upper_side = truth > 0.5
    share = rows["statistic"].eq("share") & rows["comparison"].eq("")
    return _known(
        np.where(upper_side, 1 - high, low), np.where(upper_side, 1 - low, high), share.to_numpy()
    )


def _smaller_root(product: Floats) -> Floats:
    """The p up to 1/2 with p(1 − p) equal to the product."""
    return (1 - np.sqrt(np.maximum(1 - 4 * product, 0))) / 2


def _base(rows: pd.DataFrame, n: Floats, rounding: Rounding) -> Bounds:
    shown = np.isfinite(_column(rows, "n"))
    deff, effective = _column(rows, "deff"), _column(rows, "n_effective")
    low = np.maximum(deff - rounding.deff / 2, 0) * (effective - rounding.n_effective / 2)
    high = (deff + rounding.deff / 2) * (effective + rounding.n_effective / 2)
    low = np.where(shown, n, np.where(np.isfinite(low), low, 0.0))
    high = np.where(shown, n, np.where(np.isfinite(high), high, np.inf))
    return np.fmin(low, n), np.fmax(high, n)

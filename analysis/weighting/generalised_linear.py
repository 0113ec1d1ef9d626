"""Fitting of generalised linear models: for response propensities and for regressions.

Source: P. McCullagh, J. A. Nelder, Generalized Linear Models, 2nd ed. (1989), chapter 2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.errors import WorkbenchError

Floats = NDArray[np.float64]
FamilyName = Literal["gaussian", "binomial", "poisson"]

FAMILIES: Final = get_args(FamilyName)

_ITERATIONS: Final = 100
_CHANGE: Final = 1e-13
#: A fitted mean with less variance than this is decided: its coefficient runs away.
_DECIDED: Final = 1e-9


@dataclass(frozen=True)
class Family:
    """A distribution with its canonical link.

    Parameters
    ----------
    start
        Fitted values to begin with, from the outcome.
    link, mean
        The scale of the coefficients from the mean, and back.
    variance
        Variance as a function of the mean; with a canonical link also the slope of ``mean``.
    deviance
        Twice the loss of log likelihood of each respondent, from outcome and mean.
    """

    start: Callable[[Floats], Floats]
    link: Callable[[Floats], Floats]
    mean: Callable[[Floats], Floats]
    variance: Callable[[Floats], Floats]
    deviance: Callable[[Floats, Floats], Floats]


def _entropy(y: Floats, mean: Floats) -> Floats:
    return special.rel_entr(y, mean)


FAMILY_OF: Final[Mapping[str, Family]] = {
    "gaussian": Family(
        lambda y: y,
        lambda mean: mean,
        lambda eta: eta,
        np.ones_like,
        lambda y, mean: (y - mean) ** 2,
    ),
    "binomial": Family(
        lambda y: (y + 0.5) / 2,
        special.logit,
        special.expit,
        lambda mean: mean * (1 - mean),
        lambda y, mean: 2 * (_entropy(y, mean) + _entropy(1 - y, 1 - mean)),
    ),
    "poisson": Family(
        lambda y: y + 0.1,
        np.log,
        np.exp,
        lambda mean: mean,
        lambda y, mean: 2 * (_entropy(y, mean) - y + mean),
    ),
}


def fit(family: Family, x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Coefficients and fitted means by iteratively reweighted least squares.

    Raises
    ------
    WorkbenchError
        If the fit does not converge.
    """
    mean = family.start(y)
    eta = family.link(mean)
    before = np.inf
    for _ in range(_ITERATIONS):
        slope = family.variance(mean)
        working = weights * slope
        with np.errstate(invalid="ignore", divide="ignore"):
            target = eta + (y - mean) / slope
        gram = (x * working[:, None]).T @ x
        beta = np.linalg.solve(gram, x.T @ (working * target))
        beta = beta + np.linalg.solve(gram, x.T @ (working * (target - x @ beta)))
        eta = x @ beta
        mean = family.mean(eta)
        deviance = float(weights @ family.deviance(y, mean))
        if not np.isfinite(deviance) or family.variance(mean).min() < _DECIDED:
            break
        if abs(deviance - before) <= _CHANGE * (abs(deviance) + 0.1):
            return np.asarray(beta, dtype=float), mean
        before = deviance
    raise WorkbenchError(
        "the regression does not converge",
        hint="perhaps a group has no variation in the outcome, or a predictor decides it",
    )

"""Intercepts by which shares come out as they were stated, whatever else moves an answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]

# Intercepts are found on so many people, evenly spread over all.
SUBSAMPLE = 8000
# The logit of a share that nobody has.
NEVER = np.float32(-40.0)

_ROUNDS = 30
_ENOUGH = 1e-5


def spread_subsample(size: int) -> slice:
    """Every n-th person, so that about :data:`SUBSAMPLE` remain."""
    return slice(None, None, max(size // SUBSAMPLE, 1))


def single_intercepts(predictors: Values, rates: NDArray[np.float64]) -> Values:
    """Intercepts of a multinomial logit, one per choice.

    Parameters
    ----------
    predictors
        choices × people: the predictor without intercept.
    rates
        The share of each choice; they add up to 1.

    Notes
    -----
    Iterative scaling: each intercept moves by the logarithm of the share wanted over the share
    reached, which is the fixed point of the likelihood equations of the intercepts.
    """
    possible = rates > 0
    intercepts = np.where(possible, np.log(np.where(possible, rates, 1.0)), NEVER)
    for _ in range(_ROUNDS):
        reached = probabilities(predictors + intercepts[:, None].astype(np.float32)).mean(axis=1)
        step = np.log(rates[possible] / np.maximum(reached[possible], 1e-12))
        intercepts[possible] += step
        if np.abs(step).max() < _ENOUGH:
            break
    return intercepts.astype(np.float32)


def probabilities(utilities: Values) -> Values:
    """The multinomial logit: choices × people → probabilities, columns adding up to 1."""
    weights = np.exp(utilities - utilities.max(axis=0))
    return weights / weights.sum(axis=0)


def binary_intercepts(predictors: Values, rates: NDArray[np.float64]) -> Values:
    """Intercepts of separate logits, one per choice, by Newton's method.

    Parameters
    ----------
    predictors
        choices × people: the predictor without intercept.
    rates
        The share of each choice.
    """
    possible = (rates > 0) & (rates < 1)
    wanted = np.where(possible, rates, 0.5)
    intercepts = np.log(wanted / (1 - wanted)) - predictors.mean(axis=1)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-(predictors + intercepts[:, None].astype(np.float32))))
        slope = np.maximum((chance * (1 - chance)).mean(axis=1), 1e-9)
        step = np.clip((wanted - chance.mean(axis=1)) / slope, -2.0, 2.0)
        intercepts += step
        if np.max(np.abs(step[possible]), initial=0.0) < _ENOUGH:
            break
    return np.where(possible, intercepts, np.where(rates >= 1, -NEVER, NEVER)).astype(np.float32)

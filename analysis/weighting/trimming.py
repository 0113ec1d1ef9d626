"""Trimming: no weight far from the mean of its area, and the margins still met.

Weights outside the bounds are set to the bound and the sample is raked again, in turn, until
both hold. Where they cannot both hold the bounds win, and the margin that is missed is
reported. Source: F. Potter, Proceedings of the Survey Research Methods Section, American
Statistical Association (1990), 225–230. R: ``trimWeights`` (which breaks the margins).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.errors import Issue, WorkbenchError
from analysis.weighting.raking import rake
from analysis.weighting.targets import Codes, Floats, MarginTarget, weighted_counts

#: A weight may lie this far (as a part) beyond its bound after the last raking.
SLACK: Final = 1e-6
_ROUNDS: Final = 200


@dataclass(frozen=True)
class Trimmed:
    """Trimmed weights and what trimming did.

    ``outside_before`` and ``outside_after`` count weights beyond the bounds, ``met`` tells
    whether margins and bounds both hold.
    """

    weights: Floats
    low: float
    high: float
    rounds: int
    outside_before: int
    outside_after: int
    met: bool
    largest_before: float
    largest_after: float

    def record(self) -> dict[str, Any]:
        """The outcome as plain values."""
        return {
            "low": self.low,
            "high": self.high,
            "rounds": self.rounds,
            "before": self.outside_before,
            "after": self.outside_after,
            "met": self.met,
            "largest_ratio_before": self.largest_before,
            "largest_ratio_after": self.largest_after,
        }

    def warning(self) -> Issue:
        """What to tell where bounds and margins cannot both hold."""
        return Issue(
            "the bounds of the weights and the margins cannot both be met: the bounds hold, the "
            "margins are missed as the diagnostics say",
            severity="warning",
            expected=f"weights between {self.low:g} and {self.high:g} times the area's mean",
            hint="widen the bounds, or merge more levels",
        )


def trim(
    weights: Floats,
    targets: Sequence[MarginTarget],
    low: float,
    high: float,
    area: Codes | None = None,
    areas: Sequence[str] = ("",),
) -> Trimmed:
    """Weights between ``low`` and ``high`` times their area's mean that meet the margins.

    Parameters
    ----------
    weights
        Weights that meet the margins.
    targets
        The margins; none for plain trimming, which keeps the sum of each area's weights.
    low, high
        Bounds as multiples of the area's mean weight.
    """
    area = np.zeros(len(weights), dtype=np.intp) if area is None else area
    total = weighted_counts(area, weights, int(area.max(initial=0)) + 1)
    ratio = _ratios(weights, area)
    outside = _outside(ratio, low, high)
    rounds, current = 0, weights
    while _outside(_ratios(current, area), low, high).any() and rounds < _ROUNDS:
        current = _bounded(current, area, total, low, high)
        rounds += 1
        if targets:
            current = rake(current, targets, area, areas).weights
    left = _outside(_ratios(current, area), low, high)
    if left.any():
        current = _bounded(current, area, total, low, high)
    return Trimmed(
        weights=current,
        low=low,
        high=high,
        rounds=rounds,
        outside_before=int(outside.sum()),
        outside_after=int(_outside(_ratios(current, area), low, high).sum()),
        met=not left.any(),
        largest_before=float(ratio.max(initial=0.0)),
        largest_after=float(_ratios(current, area).max(initial=0.0)),
    )


def _ratios(weights: Floats, area: Codes) -> Floats:
    mean = np.bincount(area, weights) / np.maximum(np.bincount(area), 1)
    return weights / mean[area]


def _outside(ratio: Floats, low: float, high: float) -> NDArray[np.bool_]:
    return (ratio < low * (1 - SLACK)) | (ratio > high * (1 + SLACK))


def _bounded(weights: Floats, area: Codes, total: Floats, low: float, high: float) -> Floats:
    """Weights set to their bounds; what that takes or gives is spread over the others."""
    current = weights
    for _ in range(_ROUNDS):
        mean = (total / np.maximum(np.bincount(area), 1))[area]
        clipped = np.clip(current, low * mean, high * mean)
        free = (clipped > low * mean) & (clipped < high * mean)
        current = _rescaled(clipped, free, area, total)
        if not _outside(current / mean, low, high).any():
            break
    return current


def _rescaled(weights: Floats, free: NDArray[np.bool_], area: Codes, total: Floats) -> Floats:
    """The free weights of each area scaled so that the area's sum is its total."""
    size = len(total)
    fixed = weighted_counts(area, weights * ~free, size)
    loose = weighted_counts(area, weights * free, size)
    factor = np.divide(total - fixed, loose, out=np.ones(size), where=loose > 0)
    return np.where(free, weights * factor[area], weights)


def trim_plainly(weights: Floats, low: float, high: float, *, strictly: bool = False) -> Floats:
    """Weights cut at two absolute bounds, the excess spread evenly over the others.

    Margins that the weights met are broken; :func:`trim` keeps them.

    Parameters
    ----------
    weights
        The weights; their sum is kept.
    low, high
        Smallest and largest weight.
    strictly
        Repeat until no weight is beyond a bound; otherwise the spreading may push some over.

    Raises
    ------
    WorkbenchError
        If the mean weight is not between the bounds.

    Notes
    -----
    R: ``trimWeights(design, lower, upper, strict)``.
    """
    if not low < weights.mean() < high:
        raise WorkbenchError(
            "the mean weight is not between the bounds",
            expected=f"a number between {low:g} and {high:g}",
            got=f"{weights.mean():g}",
        )
    fixed = np.zeros(len(weights), dtype=bool)
    for _ in range(_ROUNDS):
        outside = (weights < low) | (weights > high)
        if not outside.any():
            break
        fixed |= outside
        cut = np.clip(weights, low, high)
        excess = (weights - cut).sum()
        weights = np.where(fixed, cut, cut + excess / max((~fixed).sum(), 1))
        if not strictly:
            break
    return weights

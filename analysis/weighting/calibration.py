"""Calibration: weights near the base weights that meet totals, by one of four distances.

The weights are w = d F(x'λ / q) with base weights d, auxiliaries x, and λ such that
Σ w x = T. F is 1 + u (``linear``), exp u (``raking``), the logistic curve between two bounds
(``logit``), or 1 + u cut at two bounds (``truncated``). λ is found by Newton's method.
Source: J.-C. Deville, C.-E. Särndal, JASA 87 (1992), 376–382, with the distances of its cases
1, 2, 6 and 7. R: ``calibrate(calfun = "linear" | "raking" | "logit", bounds = …)``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from scipy import sparse

from analysis.errors import WorkbenchError
from analysis.weighting.raking import checked_base
from analysis.weighting.targets import (
    Codes,
    Floats,
    MarginTarget,
    Miss,
    NumericTarget,
    Target,
    check_targets,
    shortened,
)

Distance = Literal["linear", "raking", "logit", "truncated"]
TOLERANCE: Final = 1e-10
_STEPS: Final = 500
_HALVINGS: Final = 30
_SINGULAR: Final = 1e-12


@dataclass(frozen=True)
class Bounds:
    """Lowest and highest ratio of a calibrated weight to its base weight."""

    low: float
    high: float


@dataclass(frozen=True)
class Calibrated:
    """Weights that meet their totals; ``steps`` of Newton's method, the largest miss left."""

    weights: Floats
    steps: int
    worst: float


@dataclass(frozen=True)
class _Curve:
    """F and its derivative."""

    value: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]


def calibrate(
    base: Floats,
    targets: Sequence[Target],
    area: Codes | None = None,
    areas: Sequence[str] = ("",),
    *,
    distance: Distance = "linear",
    bounds: Bounds | None = None,
    clusters: Any = None,
    model_variance: Floats | None = None,
    tolerance: float = TOLERANCE,
) -> Calibrated:
    """Weights that meet margins and totals of numbers, in every area by itself.

    Parameters
    ----------
    base
        Positive base weights.
    targets
        Margins and totals of numeric variables.
    area, areas
        Position of each row's area, and the areas' names; one area when not given.
    distance
        ``linear`` may give negative weights; ``logit`` and ``truncated`` need bounds.
    bounds
        Of the ratio of a weight to its base weight.
    clusters
        Each row's cluster: all rows of a cluster get the same ratio.
    model_variance
        q, each row's variance in the model behind a linear calibration; 1 when not given.
    tolerance
        Largest miss, as a part of the total.

    Raises
    ------
    WorkbenchError
        If the totals cannot be met (within the bounds): names the margin, its level, the
        area and the size of the miss.
    """
    base = checked_base(base)
    area = np.zeros(len(base), dtype=np.intp) if area is None else area
    curve = _curve(distance, bounds)
    check_targets([t for t in targets if isinstance(t, MarginTarget)], area, base, areas)
    weights, steps, worst = base.copy(), 0, 0.0
    for place in range(len(areas)):
        rows = np.flatnonzero(area == place)
        auxiliaries, totals, names = _system(targets, rows, place)
        q = np.ones(len(rows)) if model_variance is None else model_variance[rows]
        own = base[rows]
        if clusters is not None:
            auxiliaries, own = _averaged(auxiliaries, own, np.asarray(clusters)[rows])
        ratio, taken, miss = _solve(own, auxiliaries, totals, q, curve, tolerance)
        weights[rows] = base[rows] * ratio
        if miss > tolerance:
            raise _unmet(auxiliaries, own * ratio, totals, names, areas[place], bounds)
        steps, worst = max(steps, taken), max(worst, miss)
    return Calibrated(weights, steps, worst)


# --- distances ----------------------------------------------------------------------------


def _curve(distance: Distance, bounds: Bounds | None) -> _Curve:
    if distance in ("logit", "truncated"):
        if bounds is None:
            raise WorkbenchError(f"the method {distance} needs bounds", expected="LOW,HIGH")
        if not bounds.low < 1 < bounds.high:
            raise WorkbenchError(
                "the bounds do not hold the ratio 1 between them",
                expected="LOW below 1, HIGH above 1",
                got=f"{bounds.low:g},{bounds.high:g}",
            )
        return _logit(bounds) if distance == "logit" else _truncated(bounds)
    if bounds is not None:
        raise WorkbenchError(
            f"the method {distance} has no bounds", hint="choose logit or truncated"
        )
    return _UNBOUNDED[distance]


_UNBOUNDED: Final[Mapping[str, _Curve]] = {
    "linear": _Curve(lambda u: 1 + u, np.ones_like),
    "raking": _Curve(np.exp, np.exp),
}


def _truncated(bounds: Bounds) -> _Curve:
    def slope(u: Floats) -> Floats:
        return ((1 + u > bounds.low) & (1 + u < bounds.high)).astype(float)

    return _Curve(lambda u: np.clip(1 + u, bounds.low, bounds.high), slope)


def _logit(bounds: Bounds) -> _Curve:
    low, high = bounds.low, bounds.high
    scale = (high - low) / ((1 - low) * (high - 1))

    def value(u: Floats) -> Floats:
        growth = np.exp(np.clip(scale * u, -700, 700))
        return (low * (high - 1) + high * (1 - low) * growth) / (high - 1 + (1 - low) * growth)

    def slope(u: Floats) -> Floats:
        f = value(u)
        return scale * (f - low) * (high - f) / (high - low)

    return _Curve(value, slope)


# --- Newton's method ----------------------------------------------------------------------


def _solve(
    base: Floats,
    auxiliaries: sparse.csr_matrix,
    totals: Floats,
    q: Floats,
    curve: _Curve,
    tolerance: float,
) -> tuple[Floats, int, float]:
    """Ratios of the weights to ``base``, the steps taken and the largest miss left."""
    size = np.sqrt(np.asarray(auxiliaries.multiply(auxiliaries).T @ base))
    x = (auxiliaries @ sparse.diags(1 / np.where(size > 0, size, 1.0))).tocsr()
    goal = totals / np.where(size > 0, size, 1.0)
    multiplier = np.zeros(x.shape[1])
    ratio = curve.value(x @ multiplier / q)
    miss = _miss(x, base * ratio, goal)
    for step in range(_STEPS):
        if miss <= tolerance:
            # One more step costs little and brings the miss to rounding error.
            multiplier, ratio, miss = _step(x, base, goal, q, curve, multiplier, miss)
            return ratio, step, miss
        before = miss
        multiplier, ratio, miss = _step(x, base, goal, q, curve, multiplier, miss)
        if not miss < before:
            return ratio, step, miss
    return ratio, _STEPS, miss


def _step(
    x: sparse.csr_matrix,
    base: Floats,
    goal: Floats,
    q: Floats,
    curve: _Curve,
    multiplier: Floats,
    miss: float,
) -> tuple[Floats, Floats, float]:
    """One step, halved until it brings the totals nearer; none where none does."""
    u = x @ multiplier / q
    ratio = curve.value(u)
    slope = base * curve.slope(u) / q
    information = (x.T @ x.multiply(slope[:, None])).toarray()
    lack = goal - x.T @ (base * ratio)
    direction = np.linalg.pinv(information, rcond=_SINGULAR, hermitian=True) @ lack
    for halving in range(_HALVINGS):
        trial = multiplier + direction / 2**halving
        with np.errstate(over="ignore", invalid="ignore"):
            found = curve.value(x @ trial / q)
            trial_miss = _miss(x, base * found, goal)
        if trial_miss < miss:
            return trial, found, trial_miss
    return multiplier, ratio, miss


def _miss(x: sparse.csr_matrix, weights: Floats, goal: Floats) -> float:
    """The largest miss as a part of its total."""
    scale = np.where(goal != 0, np.abs(goal), 1.0)
    return float(np.max(np.abs(x.T @ weights - goal) / scale, initial=0.0))


# --- the system of an area ----------------------------------------------------------------


def _system(
    targets: Sequence[Target], rows: Codes, area: int
) -> tuple[sparse.csr_matrix, Floats, list[tuple[str, str]]]:
    """Auxiliaries of some rows, their totals and their names (margin, level)."""
    blocks, totals, names = [], [], []
    for target in targets:
        if isinstance(target, NumericTarget):
            blocks.append(sparse.csr_matrix(target.values[rows][:, None]))
            totals.append(target.totals[[area]])
            names.append((target.name, ""))
            continue
        used = np.flatnonzero(target.totals[area] > 0)
        place = np.full(len(target.levels), -1)
        place[used] = np.arange(len(used))
        entries = (np.ones(len(rows)), (np.arange(len(rows)), place[target.codes[rows]]))
        blocks.append(sparse.csr_matrix(entries, shape=(len(rows), len(used))))
        totals.append(target.totals[area, used])
        names.extend((target.name, target.levels[level]) for level in used)
    return sparse.hstack(blocks, format="csr"), np.concatenate(totals), names


def _averaged(
    auxiliaries: sparse.csr_matrix, base: Floats, clusters: Any
) -> tuple[sparse.csr_matrix, Floats]:
    """Auxiliaries and base weights, every row's replaced by the mean of its cluster."""
    averaging = cluster_averaging(clusters)
    return (averaging @ auxiliaries).tocsr(), averaging @ base


def cluster_averaging(clusters: Any) -> sparse.csr_matrix:
    """The matrix that replaces each row by the mean of its cluster."""
    code = np.unique(np.asarray(clusters), return_inverse=True)[1]
    entries = (np.ones(len(code)), (code, np.arange(len(code))))
    sums = sparse.csr_matrix(entries)
    return (sums.T @ sparse.diags(1 / np.bincount(code)) @ sums).tocsr()


def _unmet(
    auxiliaries: sparse.csr_matrix,
    weights: Floats,
    totals: Floats,
    names: Sequence[tuple[str, str]],
    area: str,
    bounds: Bounds | None,
) -> WorkbenchError:
    sums = auxiliaries.T @ weights
    misses = [
        Miss(margin, level or "(total)", area, float(total), float(got))
        for (margin, level), total, got in zip(names, totals, sums, strict=True)
        if abs(got - total) > TOLERANCE * max(abs(total), 1e-300)
    ]
    misses.sort(key=lambda miss: -miss.relative)
    hint = "merge levels or drop a margin" if bounds is None else "widen the bounds"
    place = f" in the area {area}" if area else ""
    within = f" within the bounds {bounds.low:g} and {bounds.high:g}" if bounds else ""
    return WorkbenchError(
        f"no weights meet the totals{within}{place}",
        issues=shortened([miss.issue(f"missed by {miss.relative:.3%}", hint) for miss in misses]),
    )

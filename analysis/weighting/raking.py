"""Raking (iterative proportional fitting), within all areas at once.

Source: W. E. Deming and F. F. Stephan, Annals of Mathematical Statistics 11 (1940), 427–444;
convergence: S. E. Fienberg, Annals of Mathematical Statistics 41 (1970), 907–917. R: ``rake``.

Respondents who share an area and all levels get the same factor, so the fitting runs over
such cells, of which there are few, and not over respondents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from analysis.errors import WorkbenchError
from analysis.weighting.numbering import count_of, numbered, numbered_jointly, one_row_of_each
from analysis.weighting.targets import (
    Codes,
    Floats,
    MarginTarget,
    check_targets,
    relative_miss,
    weighted_counts,
    worst_misses,
)

TOLERANCE: Final = 1e-10
MAXIMUM_ITERATIONS: Final = 20_000
_PATIENCE: Final = 200


@dataclass(frozen=True)
class Raked:
    """Weights that meet their margins, and how many sweeps that took."""

    weights: Floats
    iterations: int
    worst: float


def rake(
    base: Floats,
    targets: Sequence[MarginTarget],
    area: Codes | None = None,
    areas: Sequence[str] = ("",),
    *,
    tolerance: float = TOLERANCE,
    maximum_iterations: int = MAXIMUM_ITERATIONS,
) -> Raked:
    """Weights nearest to ``base`` (in entropy) that meet every margin in every area.

    Parameters
    ----------
    base
        Positive start weights, ``(rows,)``. Only their proportions within an area matter.
    targets
        The margins.
    area
        Position of each row's area, ``(rows,)``; one area when not given.
    areas
        Names of the areas, for messages.
    tolerance
        Largest miss of any level, as a part of its total.

    Returns
    -------
    Raked
        ``worst`` is the largest relative miss that is left.

    Raises
    ------
    WorkbenchError
        If the margins contradict each other: names the margin, its level, the area and the
        size of the miss. R's ``rake`` returns weights here.
    """
    base = checked_base(base)
    codes = [target.codes for target in targets]
    cell = numbered_jointly(*codes) if area is None else numbered_jointly(area, *codes)
    if len(codes) == 1 and area is None:
        cell, _ = numbered(cell, count_of(cell))
    row = one_row_of_each(cell)
    own_area = np.zeros(len(row), dtype=np.intp) if area is None else area[row]
    start = weighted_counts(cell, base, len(row))
    own = [replace(target, codes=target.codes[row]) for target in targets]
    check_targets(own, own_area, start, areas)
    fitted, iterations, worst = _fit(
        start,
        [target.cells(own_area) for target in own],
        [target.totals.ravel() for target in own],
        tolerance,
        maximum_iterations,
    )
    if worst > tolerance:
        raise _contradiction(own, own_area, fitted, areas, iterations)
    return Raked(base * (fitted / start)[cell], iterations, worst)


def checked_base(base: Floats) -> Floats:
    """Start weights as floats.

    Raises
    ------
    WorkbenchError
        If one of them is missing, infinite, zero or negative; gives its row.
    """
    values = np.asarray(base, dtype=float)
    wrong = np.flatnonzero(~np.isfinite(values) | (values <= 0))
    if len(wrong):
        raise WorkbenchError(
            "a start weight is not a positive number",
            row=int(wrong[0]) + 2,
            got=f"{values[wrong[0]]:g} ({len(wrong)} such rows)",
            expected="a number greater than 0",
        )
    return values


def _fit(
    start: Floats,
    places: Sequence[Codes],
    totals: Sequence[Floats],
    tolerance: float,
    maximum_iterations: int,
) -> tuple[Floats, int, float]:
    """Cell weights, sweeps and the largest relative miss; stops when it no longer improves."""
    fitted = start.copy()
    best_before = np.inf
    worst = _worst(fitted, places, totals)
    for iteration in range(maximum_iterations):
        if worst <= tolerance:
            return fitted, iteration, worst
        if iteration % _PATIENCE == _PATIENCE - 1:
            if worst > 0.99 * best_before:
                return fitted, iteration, worst
            best_before = worst
        for place, total in zip(places, totals, strict=True):
            sums = weighted_counts(place, fitted, len(total))
            fitted *= np.divide(total, sums, out=np.ones_like(total), where=sums > 0)[place]
        worst = _worst(fitted, places, totals)
    return fitted, maximum_iterations, worst


def _worst(fitted: Floats, places: Sequence[Codes], totals: Sequence[Floats]) -> float:
    return max(
        float(relative_miss(weighted_counts(place, fitted, len(total)), total).max())
        for place, total in zip(places, totals, strict=True)
    )


def _contradiction(
    targets: Sequence[MarginTarget],
    area: Codes,
    weights: Floats,
    areas: Sequence[str],
    iterations: int,
) -> WorkbenchError:
    hint = "some combination of levels has no respondent; merge levels or drop a margin"
    issues = [
        miss.issue(f"missed by {miss.relative:.3%}", hint)
        for miss in worst_misses(targets, area, weights, areas)
        if miss.relative > TOLERANCE
    ]
    return WorkbenchError(
        f"the margins contradict each other: raking stopped improving after {iterations} sweeps",
        issues=issues,
    )

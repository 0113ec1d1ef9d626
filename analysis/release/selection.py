"""The cell suppression problem for one secret.

Given what is hidden already, which further cells cost least to hide so that the secret can
move by a given width? The unknowns are two tables that satisfy all equations and shown
ranges, differ in the secret by the width, and may leave the shown range of a candidate only
where its switch is on (Fischetti and Salazar-González, Management Science 47, 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from analysis.release.programme import TOLERANCE, Booleans, Floats, Integers, System

#: How often the relaxation is solved, and how far a switch is on that hardly counts.
REWEIGHTINGS = 4
HARDLY_ON = 0.05


@dataclass(frozen=True)
class Selection:
    """The cells to hide, and the two tables that then differ in the secret."""

    cells: list[int]
    tables: tuple[Floats, Floats]


def select(
    system: System,
    secret: int,
    width: float,
    candidates: Booleans,
    cap: Floats,
    cost: Floats,
) -> Selection | None:
    """The cheapest candidates to hide so that the secret can move by ``width``.

    Parameters
    ----------
    system
        Shown ranges, ranges of what is hidden, and equations.
    secret
        Number of the unknown that must be able to move.
    candidates
        Which shown unknowns may be hidden.
    cap, cost
        The most each unknown can be once hidden, and the loss of hiding it.

    Returns
    -------
    Selection or None
        None when hiding all candidates would not do.
    """
    low = np.where(candidates, np.maximum(system.low - width, 0), system.low)
    high = np.where(candidates, np.minimum(system.high + width, cap), system.high)
    free = high - low > TOLERANCE
    moving = np.flatnonzero(free & (system.whole == system.whole[secret]))
    chosen = np.flatnonzero(candidates[moving])
    still = np.where(free, 0.0, system.low)
    rows = np.flatnonzero(np.diff(system.matrix[:, moving].indptr))
    sums = (system.row_low - system.matrix @ still)[rows]
    place = int(np.searchsorted(moving, secret))
    bounds = Bounds(
        np.concatenate([low[moving], low[moving], np.zeros(len(chosen))]),
        np.concatenate([high[moving], high[moving], np.ones(len(chosen))]),
    )
    constraints = [
        *_two_tables(system.matrix[rows][:, moving], sums, place, width, len(chosen)),
        *_shown_ranges(system, moving, chosen, low, high),
    ]
    answer = _cheapest(cost[moving[chosen]], bounds, constraints)
    if answer is None:
        return None
    first, second = (np.where(free, system.truth, system.low) for _ in range(2))
    first[moving], second[moving] = answer[: len(moving)], answer[len(moving) : 2 * len(moving)]
    switches = answer[2 * len(moving) :] > 0.5
    return Selection(moving[chosen[switches]].tolist(), (first, second))


def _cheapest(cost: Floats, bounds: Bounds, constraints: list[LinearConstraint]) -> Floats | None:
    """A cheap solution with few switches on; the last of the unknowns are switches with a cost.

    The relaxation is solved a few times, each time with the cost of a switch divided by how
    far it was on before, so that what is hardly used goes out (reweighted l1 minimisation:
    Candès, Wakin and Boyd, Journal of Fourier Analysis and Applications 14, 2008).
    """
    others = len(bounds.lb) - len(cost)
    factor = np.ones(len(cost))
    for _ in range(REWEIGHTINGS):
        answer = milp(
            np.concatenate([np.zeros(others), cost * factor]),
            bounds=bounds,
            constraints=constraints,
        )
        if answer.x is None:
            return None
        on = answer.x[others:]
        factor = 1 / (on + HARDLY_ON)
    return np.concatenate([answer.x[:others], on > TOLERANCE])


def _two_tables(
    block: sparse.csr_array, sums: Floats, secret: int, width: float, choices: int
) -> list[LinearConstraint]:
    """Both tables satisfy the equations, and the secret differs by the width."""
    rows, size = block.shape
    zero, blank = sparse.csr_array((rows, size)), sparse.csr_array((rows, choices))
    apart = sparse.csr_array(
        ([1.0, -1.0], ([0, 0], [secret, size + secret])), shape=(1, 2 * size + choices)
    )
    return [
        LinearConstraint(sparse.hstack([block, zero, blank]), sums, sums),
        LinearConstraint(sparse.hstack([zero, block, blank]), sums, sums),
        LinearConstraint(apart, width, np.inf),
    ]


def _shown_ranges(
    system: System, moving: Integers, chosen: Integers, low: Floats, high: Floats
) -> list[LinearConstraint]:
    """A candidate leaves its shown range only where it is hidden."""
    size, cells = (len(chosen), len(moving)), moving[chosen]
    if not len(chosen):
        return []
    pick = sparse.csr_array((np.ones(size[0]), (np.arange(size[0]), chosen)), shape=size)
    none = sparse.csr_array(size)
    above = sparse.diags_array(system.high[cells] - high[cells])
    below = sparse.diags_array(system.low[cells] - low[cells])
    return [
        LinearConstraint(sparse.hstack([*tables, above]), -np.inf, system.high[cells])
        for tables in ((pick, none), (none, pick))
    ] + [
        LinearConstraint(sparse.hstack([*tables, below]), system.low[cells], np.inf)
        for tables in ((pick, none), (none, pick))
    ]

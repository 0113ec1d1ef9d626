"""Between what values an unknown can lie when everything else is taken into account.

:func:`feasible_ranges` needs no optimum for most unknowns: each point it finds is a table
that could be the true one, and two such points that lie far enough apart settle the
question. What it says is exact for whole numbers, not only for their relaxation.

Points are found in two steps (Benders' decomposition): whole unknowns by branch and bound
under the constraints that hold them alone, then the others by a linear programme. Where the
second has no solution, its dual values give a constraint on the whole unknowns that every
true point satisfies and this one does not; it is added, and the first step repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from analysis.release.programme import TOLERANCE, Booleans, Floats, Integers, System

Ask = Literal["each", "first", "none"]

#: Limit of branch and bound, in nodes rather than seconds so that a run can be repeated.
NODE_LIMIT = 2_000
#: Limit of constraints added in the search for one point.
CUTS = 200
#: Rounds of joint pushing before unknowns are asked one by one.
PUSHES = 24
#: Pushes without success after which pushing ends.
IDLE_PUSHES = 3


class Solver:
    """Finds points of one system; constraints learnt for one point serve the next."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.whole = np.flatnonzero(system.whole)
        self.real = np.flatnonzero(~system.whole)
        mixed = np.diff(system.matrix[:, self.real].indptr) > 0
        self.mixed, pure = np.flatnonzero(mixed), np.flatnonzero(~mixed)
        self.pure_matrix = system.matrix[pure][:, self.whole]
        self.pure_low, self.pure_high = system.row_low[pure], system.row_high[pure]
        self.cuts: list[tuple[Floats, float]] = []

    def point(
        self, objective: Floats, low: Floats | None = None, high: Floats | None = None
    ) -> Floats | None:
        """A point that minimises an objective over the whole unknowns.

        ``low`` and ``high`` replace the bounds of whole unknowns. None when there is no
        such point or the limits came first.
        """
        low = self.system.low if low is None else low
        high = self.system.high if high is None else high
        for _ in range(CUTS):
            whole = self._whole_point(objective[self.whole], low[self.whole], high[self.whole])
            if whole is None or not len(self.real):
                return whole
            real = self._real_point(whole)
            if real is not None:
                point = np.empty(len(objective))
                point[self.whole], point[self.real] = whole, real
                return point
        return None

    def _whole_point(self, objective: Floats, low: Floats, high: Floats) -> Floats | None:
        constraints = [LinearConstraint(self.pure_matrix, self.pure_low, self.pure_high)]
        if self.cuts:
            factors, limits = zip(*self.cuts, strict=True)
            constraints.append(LinearConstraint(np.array(factors), -np.inf, np.array(limits)))
        answer = milp(
            objective,
            integrality=np.ones(len(objective)),
            bounds=Bounds(low, high),
            constraints=constraints,
            options={"node_limit": NODE_LIMIT, "mip_rel_gap": 0.0},
        )
        return None if answer.x is None else np.round(answer.x)

    @cached_property
    def _elastic(self) -> tuple[sparse.csr_array, Integers, Integers]:
        """The mixed constraints as ``matrix @ (real, slack) <= limits`` and which they are."""
        rows = self.system.matrix[self.mixed][:, self.real]
        upper = np.flatnonzero(np.isfinite(self.system.row_high[self.mixed]))
        lower = np.flatnonzero(np.isfinite(self.system.row_low[self.mixed]))
        both = sparse.vstack([rows[upper], -rows[lower]])
        return sparse.hstack([both, -sparse.eye_array(both.shape[0])]).tocsr(), upper, lower

    @cached_property
    def _mixed_whole(self) -> sparse.csr_array:
        return self.system.matrix[self.mixed][:, self.whole]

    def _real_point(self, whole: Floats) -> Floats | None:
        """The real unknowns that go with whole ones; None adds a cut instead."""
        matrix, upper, lower = self._elastic
        shift = self._mixed_whole @ whole
        limits = np.concatenate(
            [
                (self.system.row_high[self.mixed] - shift)[upper],
                (shift - self.system.row_low[self.mixed])[lower],
            ]
        )
        slacks = matrix.shape[0]
        answer = linprog(
            np.concatenate([np.zeros(len(self.real)), np.ones(slacks)]),
            A_ub=matrix,
            b_ub=limits,
            bounds=np.column_stack(
                [
                    np.concatenate([self.system.low[self.real], np.zeros(slacks)]),
                    np.concatenate([self.system.high[self.real], np.full(slacks, np.inf)]),
                ]
            ),
            method="highs",
        )
        if answer.fun <= TOLERANCE:
            return np.asarray(answer.x[: len(self.real)])
        self._learn(whole, float(answer.fun), np.asarray(answer.ineqlin.marginals), upper, lower)
        return None

    def _learn(
        self, whole: Floats, miss: float, marginals: Floats, upper: Integers, lower: Integers
    ) -> None:
        """The miss is convex in the whole unknowns; its tangent must not exceed 0."""
        dual = np.zeros(len(self.mixed))
        np.add.at(dual, upper, -marginals[: len(upper)])
        np.add.at(dual, lower, marginals[len(upper) :])
        slope = self._mixed_whole.T @ dual
        self.cuts.append((slope, float(slope @ whole) - miss + TOLERANCE / 2))


class Witnesses:
    """Points known to be feasible, and the range of each unknown over them."""

    def __init__(self, points: Sequence[Floats]) -> None:
        self.points = list(points)
        self.low: Floats = np.min(self.points, axis=0)
        self.high: Floats = np.max(self.points, axis=0)

    def add(self, point: Floats) -> None:
        """Remember one more feasible point."""
        self.points.append(point)
        self.low = np.minimum(self.low, point)
        self.high = np.maximum(self.high, point)


@dataclass(frozen=True)
class Ranges:
    """What is known of some unknowns.

    ``low`` and ``high`` are values that feasible points take; for an unknown that misses
    its required width they are the exact ends of its range. Unknowns whose range could not
    be settled within the node limit count as missing it (``low`` and ``high`` are then what
    was found).
    """

    low: Floats
    high: Floats

    def reach(self, required: Floats) -> Booleans:
        """Which of the unknowns have the width they need."""
        return np.asarray(self.high - self.low >= required - TOLERANCE)


def feasible_ranges(
    system: System, secrets: Integers, required: Floats, *, ask: Ask = "each"
) -> Ranges:
    """How far each secret can move while every constraint holds.

    Parameters
    ----------
    system
        One independent subsystem.
    secrets
        Numbers of the unknowns asked for.
    required
        The width each secret needs; the search for a secret stops when it is reached.
    ask
        What to do with secrets that joint pushing leaves open: ask for the exact ends of
        ``each``, stop at the ``first`` that misses its width, or leave ``none`` asked.

    Notes
    -----
    First all open secrets are pushed at once, each up or down by a fixed pattern of signs
    and no further than it needs, so that one point serves many. What remains open is then
    asked one by one, upwards and downwards, to the optimum.
    """
    found, solver = Witnesses([system.truth]), Solver(system)
    if len(secrets) > 1:
        _push(solver, secrets, required, found)
    for number, secret in enumerate(secrets):
        if ask == "none":
            break
        if not _settled(solver, int(secret), float(required[number]), found) and ask == "first":
            break
    return Ranges(found.low[secrets], found.high[secrets])


def _settled(solver: Solver, secret: int, required: float, found: Witnesses) -> bool:
    """Whether the secret can move far enough, by its exact ends if need be."""
    for sign in (-1.0, 1.0):
        if found.high[secret] - found.low[secret] < required - TOLERANCE:
            objective = np.zeros(len(solver.system.low))
            objective[secret] = sign
            _remember(solver.system, solver.point(objective), found)
    return bool(found.high[secret] - found.low[secret] >= required - TOLERANCE)


def _push(solver: Solver, secrets: Integers, required: Floats, found: Witnesses) -> None:
    system, signs = solver.system, _sign_patterns(len(secrets))
    idle = 0
    for pattern in range(PUSHES):
        open_ = found.high[secrets] - found.low[secrets] < required - TOLERANCE
        if not open_.any() or idle >= IDLE_PUSHES:
            return
        low, high = system.low.copy(), system.high.copy()
        objective = np.zeros(len(low))
        wanted, sign = secrets[open_], signs[pattern, open_]
        objective[wanted] = -sign
        reach = np.ceil(required[open_])
        high[wanted] = np.where(
            sign > 0, np.minimum(high[wanted], found.low[wanted] + reach), high[wanted]
        )
        low[wanted] = np.where(
            sign < 0, np.maximum(low[wanted], found.high[wanted] - reach), low[wanted]
        )
        _remember(system, solver.point(objective, low, high), found)
        still = found.high[secrets] - found.low[secrets] < required - TOLERANCE
        idle = idle + 1 if still.sum() == open_.sum() else 0


def _sign_patterns(size: int) -> Floats:
    """Fixed patterns of +1 and −1, the first two the same way for all."""
    draw = np.random.default_rng(20_110_905).integers(0, 2, (PUSHES, size)) * 2.0 - 1.0
    draw[:2] = [[1.0], [-1.0]]
    return draw[[*range(2, PUSHES // 2), 0, 1, *range(PUSHES // 2, PUSHES)]]


def _remember(system: System, point: Floats | None, found: Witnesses) -> None:
    if point is None:
        return
    point = np.where(system.whole, np.round(point), point)
    activity = system.matrix @ point
    slack = TOLERANCE * (1.0 + abs(system.matrix) @ np.abs(point))
    inside = (activity >= system.row_low - slack) & (activity <= system.row_high + slack)
    if inside.all():
        found.add(point)

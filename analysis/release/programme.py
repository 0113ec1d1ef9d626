"""Linear programmes with whole numbers, and what they say about single unknowns.

A :class:`Programme` collects bounded unknowns and linear constraints that the true numbers
satisfy. :func:`feasible_ranges` asks how far apart two values of an unknown can lie when
everything else is taken into account. It needs no optimum for most unknowns: each point it
finds is a table that could be the true one, and two such points that lie far enough apart
settle the question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Booleans = NDArray[np.bool_]

Ask = Literal["each", "first", "none"]

TOLERANCE = 1e-6
#: Limit of branch and bound, in nodes rather than seconds so that a run can be repeated.
NODE_LIMIT = 2_000
#: Rounds of joint pushing before unknowns are asked one by one.
PUSHES = 24
#: Pushes without success after which pushing ends.
IDLE_PUSHES = 8
PROPAGATIONS = 8


@dataclass
class Programme:
    """Unknowns with bounds and a true value, and constraints between them."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    _rows: list[int] = field(default_factory=list)
    _columns: list[int] = field(default_factory=list)
    _values: list[float] = field(default_factory=list)
    _row_low: list[float] = field(default_factory=list)
    _row_high: list[float] = field(default_factory=list)

    def unknown(self, low: float, high: float, truth: float, *, whole: bool) -> int:
        """Add an unknown and return its number; bounds are widened to hold the truth."""
        self.low.append(min(low, truth))
        self.high.append(max(high, truth))
        self.whole.append(whole)
        self.truth.append(truth)
        return len(self.low) - 1

    def constrain(
        self, unknowns: Sequence[int], factors: Sequence[float], low: float, high: float
    ) -> None:
        """Add ``low <= Σ factor · unknown <= high``."""
        self._rows.extend([len(self._row_low)] * len(unknowns))
        self._columns.extend(unknowns)
        self._values.extend(factors)
        self._row_low.append(low)
        self._row_high.append(high)

    def system(self) -> System:
        """The programme as arrays."""
        shape = (len(self._row_low), len(self.low))
        entries = (np.array(self._values, dtype=float), (self._rows, self._columns))
        return System(
            low=np.array(self.low, dtype=float),
            high=np.array(self.high, dtype=float),
            whole=np.array(self.whole, dtype=bool),
            truth=np.array(self.truth, dtype=float),
            matrix=sparse.coo_array(entries, shape=shape).tocsr(),
            row_low=np.array(self._row_low, dtype=float),
            row_high=np.array(self._row_high, dtype=float),
        )


@dataclass(frozen=True)
class System:
    """A programme as arrays: ``row_low <= matrix @ x <= row_high``, ``low <= x <= high``."""

    low: Floats
    high: Floats
    whole: Booleans
    truth: Floats
    matrix: sparse.csr_array
    row_low: Floats
    row_high: Floats

    def violation(self) -> float:
        """How far the true values miss the worst constraint (0 when they satisfy all)."""
        if not self.matrix.shape[0]:
            return 0.0
        activity = self.matrix @ self.truth
        scale = 1.0 + abs(self.matrix) @ np.abs(self.truth)
        miss = np.maximum(self.row_low - activity, activity - self.row_high) / scale
        return float(max(miss.max(), 0.0))

    def solve(
        self, objective: Floats, low: Floats | None = None, high: Floats | None = None
    ) -> Floats | None:
        """A point that minimises the objective; None when the node limit came first."""
        answer = milp(
            objective,
            integrality=self.whole.astype(int),
            bounds=Bounds(self.low if low is None else low, self.high if high is None else high),
            constraints=LinearConstraint(self.matrix, self.row_low, self.row_high),
            options={"node_limit": NODE_LIMIT, "mip_rel_gap": 0.0},
        )
        return None if answer.x is None else np.asarray(answer.x)

    def tightened(self) -> System:
        """The same system with the bounds that single constraints imply."""
        low, high = self.low.copy(), self.high.copy()
        entries = self.matrix.tocoo()
        for _ in range(PROPAGATIONS):
            before = float(np.sum(high - low))
            _propagate(self, entries, low, high)
            if before - float(np.sum(high - low)) <= TOLERANCE * (1.0 + before):
                break
        return System(
            low, high, self.whole, self.truth, self.matrix, self.row_low, self.row_high
        )

    def parts(self, wanted: Integers) -> Iterator[tuple[Integers, System]]:
        """The independent subsystems that hold the wanted unknowns.

        Two unknowns depend on each other when a constraint holds both and neither is
        fixed. Yields the numbers of a subsystem's unknowns and the subsystem.
        """
        free = self.high - self.low > TOLERANCE
        entries = self.matrix.tocoo()
        linked = free[entries.col]
        size = self.matrix.shape[0] + self.matrix.shape[1]
        graph = sparse.coo_array(
            (
                np.ones(int(linked.sum())),
                (entries.row[linked], self.matrix.shape[0] + entries.col[linked]),
            ),
            shape=(size, size),
        )
        _, labels = connected_components(graph, directed=False)
        row_labels, labels = labels[: self.matrix.shape[0]], labels[self.matrix.shape[0] :]
        for label in np.unique(labels[wanted]):
            yield self._part(np.flatnonzero(labels == label), np.flatnonzero(row_labels == label))

    def _part(self, columns: Integers, rows: Integers) -> tuple[Integers, System]:
        block = self.matrix[rows]
        outside = np.ones(self.matrix.shape[1], dtype=bool)
        outside[columns] = False
        fixed = block @ np.where(outside, self.low, 0.0)
        return columns, System(
            self.low[columns],
            self.high[columns],
            self.whole[columns],
            self.truth[columns],
            block[:, columns],
            self.row_low[rows] - fixed,
            self.row_high[rows] - fixed,
        )


def _propagate(system: System, entries: sparse.coo_array, low: Floats, high: Floats) -> None:
    """One round of bound propagation, in place."""
    row, column, factor = entries.row, entries.col, entries.data
    least = np.where(factor > 0, factor * low[column], factor * high[column])
    most = np.where(factor > 0, factor * high[column], factor * low[column])
    row_least = np.bincount(row, least, minlength=len(system.row_low))
    row_most = np.bincount(row, most, minlength=len(system.row_low))
    upper = (system.row_high[row] - (row_least[row] - least)) / factor
    lower = (system.row_low[row] - (row_most[row] - most)) / factor
    upper, lower = np.where(factor > 0, upper, lower), np.where(factor > 0, lower, upper)
    np.minimum.at(high, column, upper + TOLERANCE)
    np.maximum.at(low, column, lower - TOLERANCE)
    low[system.whole] = np.ceil(low[system.whole] - 2 * TOLERANCE)
    high[system.whole] = np.floor(high[system.whole] + 2 * TOLERANCE)
    np.minimum(low, system.truth, out=low)
    np.maximum(high, system.truth, out=high)


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
    found = Witnesses([system.truth])
    if len(secrets) > 1:
        _push(system, secrets, required, found)
    for number, secret in enumerate(secrets):
        if ask == "none":
            break
        if not _settled(system, int(secret), float(required[number]), found) and ask == "first":
            break
    return Ranges(found.low[secrets], found.high[secrets])


def _settled(system: System, secret: int, required: float, found: Witnesses) -> bool:
    """Whether the secret can move far enough, by its exact ends if need be."""
    for sign in (-1.0, 1.0):
        if found.high[secret] - found.low[secret] < required - TOLERANCE:
            objective = np.zeros(len(system.low))
            objective[secret] = sign
            _remember(system, system.solve(objective), found)
    return bool(found.high[secret] - found.low[secret] >= required - TOLERANCE)


def _push(system: System, secrets: Integers, required: Floats, found: Witnesses) -> None:
    signs = _sign_patterns(len(secrets))
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
        _remember(system, system.solve(objective, low, high), found)
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

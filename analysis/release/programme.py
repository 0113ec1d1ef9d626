"""Linear systems of unknowns, some of them whole, that the true numbers satisfy.

A :class:`Programme` collects bounded unknowns and constraints one by one; the
:class:`System` it becomes can be tightened and taken apart into independent parts.
:mod:`analysis.release.ranges` asks between what values an unknown can lie.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Booleans = NDArray[np.bool_]

TOLERANCE = 1e-6
#: Rounds of bound propagation.
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

    def holds(self, point: Floats) -> bool:
        """Whether a point satisfies every bound and constraint, to the solver's tolerance."""
        activity = self.matrix @ point
        slack = TOLERANCE * (1.0 + self._size @ np.abs(point))
        room = TOLERANCE * (1.0 + np.abs(point))
        return bool(
            (activity >= self.row_low - slack).all()
            and (activity <= self.row_high + slack).all()
            and (point >= self.low - room).all()
            and (point <= self.high + room).all()
            and (np.abs(point - np.round(point))[self.whole] <= TOLERANCE).all()
        )

    def arrays(self) -> tuple[NDArray[Any], ...]:
        """Everything that makes up the system."""
        entries = (self.matrix.data, self.matrix.indices, self.matrix.indptr)
        return (self.low, self.high, self.whole, *entries, self.row_low, self.row_high, self.truth)

    @cached_property
    def _size(self) -> sparse.csr_array:
        return abs(self.matrix)

    def only_whole(self) -> System:
        """The whole unknowns and the constraints between them; the others are fixed."""
        rows = np.diff(self.matrix[:, np.flatnonzero(~self.whole)].indptr) == 0
        kept = np.flatnonzero(rows)
        fixed = (
            np.where(self.whole, self.low, self.truth),
            np.where(self.whole, self.high, self.truth),
        )
        return replace(
            self,
            low=fixed[0],
            high=fixed[1],
            matrix=self.matrix[kept],
            row_low=self.row_low[kept],
            row_high=self.row_high[kept],
        )

    def relaxed(self) -> System:
        """The same constraints on unknowns of which none need be whole."""
        return replace(self, whole=np.zeros_like(self.whole))

    def tightened(self) -> System:
        """The same system with the bounds that single constraints imply."""
        low, high = self.low.copy(), self.high.copy()
        entries = self.matrix.tocoo()
        for _ in range(PROPAGATIONS):
            before = float(np.sum(high - low))
            _propagate(self, entries, low, high)
            if before - float(np.sum(high - low)) <= TOLERANCE * (1.0 + before):
                break
        return replace(self, low=low, high=high)

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

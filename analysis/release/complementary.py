"""Complementary suppression: what else to hide so that a secret cannot be worked out.

All tables of a sample are taken at once as one network of whole counts
(:mod:`analysis.release.network`). A hidden count is safe when two tables agree with
everything shown and differ in this count by the width the rule set asks for.

For each secret that is not yet safe, :mod:`analysis.release.selection` finds the cheapest
further cells to hide. Secrets are taken one after another, what is hidden already costs
nothing, and at the end each complement that turned out to be superfluous is shown again.
Everything is solved in a fixed order, so the same input gives the same pattern.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from analysis.release.network import CONSTANT, Key, Network, Quantity
from analysis.release.programme import TOLERANCE, System
from analysis.release.ranges import Ask, Ranges, feasible_ranges
from analysis.release.selection import select
from analysis.release.tables import Floats, Integers

#: How often a secret's width is raised before its neighbours are hidden without search.
RAISES = 2


@dataclass(frozen=True)
class Pattern:
    """Positions of the rows to hide.

    Parameters
    ----------
    primary
        Rows that are secret themselves.
    complementary
        Rows hidden to protect others.
    bases
        Those of either kind whose unweighted base is hidden everywhere.
    """

    primary: frozenset[int]
    complementary: frozenset[int]
    bases: frozenset[int]


def suppress(network: Network, width: int) -> frozenset[int]:
    """Numbers of the quantities to hide so that every secret of a network is safe.

    Parameters
    ----------
    network
        All counts of a sample and their equations.
    width
        How wide the feasible range of a hidden count has to be.
    """
    hidden = {i for i, quantity in enumerate(network.quantities) if quantity.primary}
    for search in _searches(network, width, frozenset(hidden)):
        search.protect()
        search.show_superfluous()
        hidden.update(search.suppressed())
    return frozenset(hidden)


def reinforce(
    network: Network, width: int, hidden: frozenset[int], found: Collection[Key]
) -> frozenset[int]:
    """Hide more around secrets that an audit could narrow all the same.

    Parameters
    ----------
    network, width
        As in :func:`suppress`.
    hidden
        What is hidden already; all of it stays hidden, so that what is safe stays safe.
    found
        Kind and row of each secret the audit found.
    """
    more = set(hidden)
    for search in _searches(network, width, hidden):
        if search.reinforce(found):
            search.protect()
            more.update(search.suppressed())
    return frozenset(more)


def pattern(network: Network, hidden: frozenset[int]) -> Pattern:
    """The rows in which hidden quantities stand.

    A value that is not shown for want of precision keeps that mark, which everybody can
    foresee from its base.
    """
    primary: set[int] = set()
    others: set[int] = set()
    bases: set[int] = set()
    for number in sorted(hidden):
        quantity = network.quantities[number]
        if quantity.key[0] == "base":
            bases.update(quantity.rows)
        elif not quantity.shown:
            continue
        (primary if quantity.primary else others).update(quantity.rows)
    return Pattern(frozenset(primary), frozenset(others - primary), frozenset(bases))


def _searches(network: Network, width: int, hidden: frozenset[int]) -> Iterator[_Search]:
    matrix = network.matrix()
    for numbers in _components(network, matrix):
        if any(network.quantities[number].primary for number in numbers):
            yield _Search(network.quantities, matrix, numbers, width, hidden)


def _components(network: Network, matrix: sparse.csr_array) -> list[Integers]:
    """Quantities tied by equations or by standing in one row; constants tie nothing."""
    constant = np.array([quantity.cost == CONSTANT for quantity in network.quantities], dtype=bool)
    entries = matrix.tocoo()
    linked = ~constant[entries.col]
    rows, columns = matrix.shape
    leaders = [
        (number, leader)
        for number, quantity in enumerate(network.quantities)
        for leader in quantity.leaders
    ]
    one = np.concatenate([entries.row[linked], [rows + number for number, _ in leaders]])
    other = np.concatenate([entries.col[linked], [leader for _, leader in leaders]]) + rows
    graph = sparse.coo_array(
        (np.ones(len(one)), (one.astype(int), other.astype(int))),
        shape=(rows + columns, rows + columns),
    )
    labels = connected_components(graph, directed=False)[1][rows:]
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order])) + 1
    return [numbers for numbers in np.split(order, starts) if not constant[numbers].all()]


class _Search:
    """The search for complements among quantities that are tied to each other.

    Feasible tables found on the way are kept: a secret is safe when two of them differ in
    it by its width, and hiding more never makes a table infeasible.
    """

    def __init__(
        self,
        quantities: list[Quantity],
        matrix: sparse.csr_array,
        numbers: Integers,
        width: int,
        hidden: frozenset[int],
    ) -> None:
        self.numbers, self.width = numbers, width
        self.quantities = [quantities[number] for number in numbers]
        inside = matrix[:, numbers]
        rows = np.flatnonzero(np.diff(inside.indptr))
        self.matrix = inside[rows]
        self.sums = _sums_of_constants(quantities, matrix[rows], numbers)
        self.low = np.array([quantity.low for quantity in self.quantities])
        self.high = np.array([quantity.high for quantity in self.quantities])
        self.cap = np.array([quantity.cap for quantity in self.quantities])
        self.cost = np.array([quantity.cost for quantity in self.quantities])
        self.truth = np.array([quantity.truth for quantity in self.quantities])
        self.primary = np.array([quantity.primary for quantity in self.quantities])
        self.guarded = np.array([quantity.guarded for quantity in self.quantities])
        self.person = np.array([quantity.person for quantity in self.quantities])
        self.whole = np.array([quantity.whole for quantity in self.quantities])
        self.unshown = np.array([not quantity.shown for quantity in self.quantities])
        self.hidden = self.primary | self.unshown
        self.given_up = np.zeros(len(numbers), dtype=bool)
        self.purpose: dict[int, int] = {}
        self.followers, self.leaders = self._ties()
        self.tables = Tables(self.truth)
        self.hide(np.flatnonzero(np.isin(numbers, sorted(hidden))).tolist())

    def _ties(self) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """What is hidden with a quantity, and the whole quantities that hide it."""
        place = {int(number): local for local, number in enumerate(self.numbers)}
        followers: dict[int, list[int]] = {}
        leaders: dict[int, list[int]] = {}
        for local, quantity in enumerate(self.quantities):
            leaders[local] = [place[leader] for leader in quantity.leaders]
            for leader in leaders[local]:
                followers.setdefault(leader, []).append(local)
            if not quantity.whole and leaders[local]:  # a total is shown with its count
                followers.setdefault(local, []).append(leaders[local][0])
        return followers, leaders

    def suppressed(self) -> list[int]:
        """The numbers, in the network, of all that is hidden for disclosure."""
        chosen = self.hidden & ~(self.unshown & ~self.primary)
        return self.numbers[chosen].tolist()

    def required(self) -> Floats:
        """The width each quantity needs: the rule's, or its whole range if that is less."""
        wanted = self.hidden & (self.guarded | self.primary) & ~self.given_up
        return np.where(wanted, np.minimum(self.width * self.person, self.cap), 0.0)

    def hide(self, numbers: Iterable[int]) -> bool:
        """Hide quantities and what stands or falls with them; False if none is new."""
        before = int(self.hidden.sum())
        for number in numbers:
            self.hidden[[number, *self.followers.get(number, [])]] = True
        return int(self.hidden.sum()) > before

    def system(self) -> System:
        """What a reader knows: shown ranges, caps of hidden counts, equations."""
        return System(
            low=np.where(self.hidden, 0.0, self.low),
            high=np.where(self.hidden, self.cap, self.high),
            whole=self.whole,
            truth=self.truth,
            matrix=self.matrix,
            row_low=self.sums,
            row_high=self.sums,
        )

    # -- protecting

    def protect(self) -> None:
        """Take the secrets in order until none is left open."""
        self.certify(self.open(), ask="none")
        while len(waiting := self.open()):
            for secret in waiting.tolist():
                self.secure(secret)

    def open(self) -> Integers:
        """Secrets that are not known to be safe, the costliest places first."""
        open_ = self.tables.high - self.tables.low < self.required() - TOLERANCE
        numbers = np.flatnonzero(open_).tolist()
        order = sorted(numbers, key=lambda number: (*self.quantities[number].rank, number))
        return np.array(order, dtype=np.intp)

    def certify(self, secrets: Integers, *, ask: Ask = "each") -> bool:
        """Look for tables in which the secrets move far enough; False if one cannot."""
        waiting = np.intersect1d(secrets, self.open())
        if not len(waiting):
            return True
        required = self.required()
        for columns, part in self.system().tightened().parts(waiting):
            inside = np.flatnonzero(np.isin(columns, waiting))
            asked = columns[inside]
            known = Ranges(self.tables.low[asked], self.tables.high[asked])
            found = feasible_ranges(
                part, inside, required[asked], ask=ask, exact=False, start=known
            )
            for point in found.points:
                self.tables.add(columns, point)
            if ask == "first" and not found.reach(required[asked]).all():
                return False
        return not len(np.intersect1d(waiting, self.open()))

    def secure(self, secret: int) -> None:
        """Hide the cheapest complements of one secret until it is safe.

        The programme works with fractions; where no whole table has the width it found,
        a little more is asked, and at last the nearest cells are hidden without search.
        """
        raised = 0.0
        while not self.certify(np.array([secret])):
            if self.hide_cheapest(secret, float(self.required()[secret]) + raised):
                continue
            raised += float(self.person[secret])
            if raised > RAISES * self.person[secret] and not self.hide(self.neighbours(secret)):
                self.given_up[secret] = True  # all is hidden: the audit judges what that means

    def hide_cheapest(self, secret: int, width: float) -> bool:
        """Hide the cheapest cells: near the secret if that is possible, else anywhere."""
        block = self.quantities[secret].block
        near = np.array([quantity.block == block for quantity in self.quantities])
        free = ~self.hidden & (self.whole == self.whole[secret])
        for candidates in (near & free, free):
            found = select(self.system(), secret, width, candidates, self.cap, self.cost)
            if found is not None:
                for number in found.cells:
                    for one in (number, *self.followers.get(number, [])):
                        self.purpose.setdefault(one, secret)
                new = self.hide(found.cells)
                self.tables.keep(self.system(), found.tables)
                return new
        return False

    def neighbours(self, secret: int) -> list[int]:
        """The cheapest shown cell among those that fewest equations part from the secret."""
        incidence = (self.matrix != 0).astype(float)
        reached = np.zeros(len(self.numbers))
        reached[secret] = 1.0
        while True:
            wider = (incidence.T @ (incidence @ reached) > 0).astype(float)
            shown = np.flatnonzero((wider > 0) & ~self.hidden)
            if len(shown):
                return [int(min(shown.tolist(), key=lambda number: (self.cost[number], number)))]
            if np.array_equal(wider, reached):
                return []
            reached = wider

    def reinforce(self, found: Collection[Key]) -> bool:
        """Hide a neighbour of each secret that was found; False when none is here."""
        new = False
        for secret, quantity in enumerate(self.quantities):
            kind = quantity.key[0]
            if any((kind, row) in found for row in quantity.rows):
                new |= self.hide(self.neighbours(secret))
        return new

    # -- showing again

    def show_superfluous(self) -> None:
        """Show each complement again without which all secrets are still safe."""
        chosen = np.flatnonzero(self.hidden & ~self.primary & ~self.unshown & self.whole)
        for number in sorted(chosen.tolist(), key=lambda one: (-self.cost[one], one)):
            if not self.hidden[self.leaders[number]].any():
                self.try_to_show(number)

    def try_to_show(self, number: int) -> None:
        """Show a complement, and hide it again if a secret is then not safe."""
        shown = [
            one
            for one in (number, *self.followers.get(number, []))
            if not (self.primary[one] or self.unshown[one])
        ]
        before = self.tables
        self.hidden[shown] = False
        self.tables = before.within(shown, self.low[shown], self.high[shown])
        first = np.array([self.purpose.get(number, number)])
        if not (self.certify(first, ask="first") and self.certify(self.open(), ask="first")):
            self.hidden[shown] = True
            self.tables = before


class Tables:
    """Tables in agreement with what is shown, the true one first."""

    def __init__(self, truth: Floats) -> None:
        self.points = truth[None, :]
        self.low, self.high = truth, truth

    def add(self, columns: Integers, values: Floats) -> None:
        """Add the true table with other values in some columns."""
        point = self.points[0].copy()
        point[columns] = values
        self.points = np.vstack([self.points, point])
        self.low, self.high = np.minimum(self.low, point), np.maximum(self.high, point)

    def keep(self, system: System, tables: Iterable[Floats]) -> None:
        """Add those of the tables that the system allows."""
        for table in tables:
            whole = np.where(system.whole, np.round(table), table)
            if np.abs(whole - table).max() <= TOLERANCE and system.holds(whole):
                self.add(np.arange(len(whole)), whole)

    def within(self, columns: list[int], low: Floats, high: Floats) -> Tables:
        """The tables whose values in these columns lie in these ranges."""
        values = self.points[:, columns]
        inside = (values >= low - TOLERANCE) & (values <= high + TOLERANCE)
        kept = Tables(self.points[0])
        kept.points = self.points[inside.all(axis=1)]
        kept.low, kept.high = kept.points.min(axis=0), kept.points.max(axis=0)
        return kept


def _sums_of_constants(
    quantities: list[Quantity], matrix: sparse.csr_array, numbers: Integers
) -> Floats:
    """What the constants in each equation leave for the other quantities to add up to."""
    values = np.array([quantity.truth for quantity in quantities])
    values[numbers] = 0.0
    return np.asarray(-(matrix @ values))

"""Complementary suppression: what else to hide so that a secret cannot be worked out.

All tables of a sample are taken at once as one network of whole counts
(:mod:`analysis.release.network`). A hidden count is safe when two tables agree with
everything shown and differ in this count by the width the rule set asks for.

For each secret that is not yet safe, a mixed-integer programme finds the cheapest further
cells to hide: two tables y⁺ and y⁻ that satisfy every equation, differ in the secret by the
asked width, and leave the shown range of a cell only where that cell is hidden (the cell
suppression problem of Fischetti and Salazar-González, Management Science 47, 2001, for one
secret). Secrets are taken one after another, what is hidden already costs nothing, and at
the end each complement that turned out to be superfluous is shown again. Everything is
solved in a fixed order, so the same input gives the same pattern.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import connected_components

from analysis.release.network import CONSTANT, Key, Network, Quantity
from analysis.release.programme import TOLERANCE, System
from analysis.release.ranges import Ask, feasible_ranges
from analysis.release.tables import Booleans, Floats, Integers

#: Limit of branch and bound for one secret; the best pattern found until then is used.
NODE_LIMIT = 200
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
    """The search for complements among quantities that are tied to each other."""

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
        self.sums = self._constants(quantities, matrix[rows], numbers)
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
        self.safe = np.zeros(len(numbers), dtype=bool)
        self.purpose: dict[int, int] = {}
        self.followers = self._followers()
        self.hide(np.flatnonzero(np.isin(numbers, sorted(hidden))).tolist())

    @staticmethod
    def _constants(
        quantities: list[Quantity], matrix: sparse.csr_array, numbers: Integers
    ) -> Floats:
        """What the constants in each equation leave for the quantities to add up to."""
        values = np.array([quantity.truth for quantity in quantities])
        values[numbers] = 0.0
        return np.asarray(-(matrix @ values))

    def _followers(self) -> dict[int, list[int]]:
        place = {int(number): local for local, number in enumerate(self.numbers)}
        followers: dict[int, list[int]] = {}
        for local, quantity in enumerate(self.quantities):
            for leader in quantity.leaders:
                followers.setdefault(place[leader], []).append(local)
            if not quantity.whole and quantity.leaders:  # a total is shown with its count
                followers.setdefault(local, []).append(place[quantity.leaders[0]])
        return followers

    def suppressed(self) -> list[int]:
        """The numbers, in the network, of all that is hidden for disclosure."""
        chosen = self.hidden & ~(self.unshown & ~self.primary)
        return self.numbers[chosen].tolist()

    def required(self) -> Floats:
        """The width each quantity needs: the rule's, or its whole range if that is less."""
        wanted = self.hidden & (self.guarded | self.primary)
        return np.where(wanted, np.minimum(self.width * self.person, self.cap), 0.0)

    def hide(self, numbers: Iterable[int]) -> bool:
        """Hide quantities and the counts that stand on a hidden base; False if none is new."""
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
                if not self.safe[secret]:
                    self.secure(secret)

    def open(self) -> Integers:
        """Secrets that are not known to be safe, the costliest places first."""
        numbers = np.flatnonzero((self.required() > 0) & ~self.safe).tolist()
        order = sorted(numbers, key=lambda number: (*self.quantities[number].rank, number))
        return np.array(order, dtype=np.intp)

    def certify(self, secrets: Integers, *, ask: Ask = "each") -> bool:
        """Mark the secrets that can move far enough; False when one of them cannot."""
        if not len(secrets):
            return True
        required, all_safe = self.required(), True
        for columns, part in self.system().tightened().parts(secrets):
            inside = np.flatnonzero(np.isin(columns, secrets))
            wanted = required[columns[inside]]
            reached = feasible_ranges(part, inside, wanted, ask=ask).reach(wanted)
            self.safe[columns[inside[reached]]] = True
            all_safe &= bool(reached.all())
            if ask == "first" and not all_safe:
                return False
        return all_safe

    def secure(self, secret: int) -> None:
        """Hide the cheapest complements of one secret until it is safe.

        The programme works with fractions; where no whole table has the width it found,
        a little more is asked, and at last the nearest cells are hidden without search.
        """
        required = float(self.required()[secret])
        raised = 0
        while not self.certify(np.array([secret])):
            chosen = self.cheapest(secret, required + raised)
            if self.hide(chosen):
                self.purpose.update(dict.fromkeys(chosen, secret))
                continue
            raised += 1
            if raised > RAISES and not self.hide(self.neighbours(secret)):
                break  # nothing is left to hide: the audit judges what that means
        self.safe[secret] = True

    def cheapest(self, secret: int, width: float) -> list[int]:
        """The cheapest cells to hide: near the secret if that is possible, else anywhere."""
        block = self.quantities[secret].block
        near = np.array([quantity.block == block for quantity in self.quantities])
        free = ~self.hidden & (self.whole == self.whole[secret])
        for candidates in (near & free, free):
            found = self.suppression_problem(secret, width, candidates)
            if found is not None:
                return found
        return []

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
        chosen = np.flatnonzero(self.hidden & ~self.primary & ~self.unshown).tolist()
        for number in sorted(chosen, key=lambda one: (-self.cost[one], one)):
            if not self.follows_hidden(number):
                self.try_to_show(number)

    def follows_hidden(self, number: int) -> bool:
        """Whether the count stands on a base that is hidden, or is a total."""
        leaders = [leader for leader, counts in self.followers.items() if number in counts]
        return not self.whole[number] or any(
            self.hidden[leader] and self.whole[leader] for leader in leaders
        )

    def try_to_show(self, number: int) -> None:
        """Show a complement, and hide it again if a secret is then not safe."""
        shown = [
            one
            for one in (number, *self.followers.get(number, []))
            if not (self.primary[one] or self.unshown[one])
        ]
        touched = self.depending(shown)
        self.hidden[shown] = False
        first = np.array([self.purpose[number]] if number in self.purpose else [], dtype=np.intp)
        secrets = np.intersect1d(touched, np.flatnonzero(self.required() > 0))
        if not (self.certify(first, ask="first") and self.certify(secrets, ask="first")):
            self.hidden[shown] = True

    def depending(self, numbers: list[int]) -> Integers:
        """Everything that can move together with one of these."""
        parts = self.system().tightened().parts(np.array(numbers))
        return np.concatenate([columns for columns, _ in parts])

    # -- the suppression problem of one secret

    def suppression_problem(
        self, secret: int, width: float, candidates: Booleans
    ) -> list[int] | None:
        """The cheapest candidates to hide so that the secret can move by ``width``.

        None when hiding all of them would not do.
        """
        system = self.system()
        low = np.where(candidates, np.maximum(system.low - width, 0), system.low)
        high = np.where(candidates, np.minimum(system.high + width, self.cap), system.high)
        moving = np.flatnonzero((high - low > TOLERANCE) & (self.whole == self.whole[secret]))
        chosen = np.flatnonzero(candidates[moving])
        still = np.where(high - low > TOLERANCE, 0.0, system.low)
        block = self.matrix[:, moving]
        rows = np.flatnonzero(np.diff(block.indptr))
        sums = (self.sums - self.matrix @ still)[rows]
        place = int(np.searchsorted(moving, secret))
        constraints = [
            *_two_tables(block[rows], sums, place, width, len(chosen)),
            *_shown_ranges(system, moving, chosen, low, high),
        ]
        bounds = Bounds(
            np.concatenate([low[moving], low[moving], np.zeros(len(chosen))]),
            np.concatenate([high[moving], high[moving], np.ones(len(chosen))]),
        )
        switches = _cheapest_switches(self.cost[moving[chosen]], bounds, constraints)
        return None if switches is None else moving[chosen[switches]].tolist()


def _cheapest_switches(
    cost: Floats, bounds: Bounds, constraints: list[LinearConstraint]
) -> Booleans | None:
    """Which binaries, the last of the unknowns, a cheapest solution sets.

    Where branch and bound gives none, those that the relaxation uses.
    """
    objective = np.zeros(len(bounds.lb))
    objective[len(objective) - len(cost) :] = cost
    binary = np.where(np.arange(len(objective)) < len(objective) - len(cost), 0, 1)
    for integrality, threshold in ((binary, 0.5), (np.zeros_like(binary), TOLERANCE)):
        answer = milp(
            objective,
            integrality=integrality,
            bounds=bounds,
            constraints=constraints,
            options={"node_limit": NODE_LIMIT},
        )
        if answer.x is not None:
            return np.asarray(answer.x[len(objective) - len(cost) :] > threshold)
        if answer.status == 2:  # there is no solution
            return None
    return None


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

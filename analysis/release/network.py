"""The counts of a sample as one network: quantities, and the equations between them.

Groups add up to their area, areas to the region, categories to their base, finer
breakdowns to coarser ones; and weighted totals do the same, for it is weighted shares that
are shown. A hidden neighbour in an area of small weights hides little of an area of large
ones, which unweighted counts alone would not see.

:mod:`analysis.release.complementary` searches this network for what to hide; the audit
builds its own model and does not use this one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from analysis.release.disclosure import secret_bases, secret_counts
from analysis.release.rules import RuleSet
from analysis.release.structure import NEARLY, Nesting, Structure, sensitive_base_cells
from analysis.release.tables import Booleans, Cell, Floats, Integers, Stratum

#: Cost of what nobody can hide: a constant.
CONSTANT: Final = np.inf

#: Relative noise of sums of weights.
NOISE: Final = 1e-7
EDGE: Final = 1e-6
HALF_A_PERSON: Final = 0.5

Key = tuple[str, int]


@dataclass(frozen=True)
class Shown:
    """What a stratum would show without suppression for disclosure (tables × cells).

    ``publishable``: the row has a value that precision allows to be shown; ``low``: in
    brackets; ``below``, ``above``: how far under and over the true share the row allows
    it to be (≤ 0 and ≥ 0).
    """

    publishable: Booleans
    low: Booleans
    below: Floats
    above: Floats


@dataclass(frozen=True)
class Quantity:
    """A yes-count, its weighted total, an unweighted base, a remainder or a constant.

    Parameters
    ----------
    truth
        Its true value.
    low, high
        Between what it lies while it is shown.
    cap
        The most it can be once hidden.
    cost
        The loss of hiding it; infinite for a constant, 0 for what is never shown.
    shown
        Whether it would be shown.
    primary
        Whether it is a secret.
    guarded
        Whether it must be safe once it is hidden, secret or not.
    person
        What one person is on its scale: 1 for a count, the mean weight for a total.
    whole
        Whether it is a whole number.
    rank
        The order in which secrets are protected.
    block
        Its neighbourhood, in which complements are sought first.
    rows
        The rows of the table of estimates that show it.
    leaders
        The quantities whose hiding hides this one.
    key
        ``("count" | "total" | "base", position of a row)``, or ``("", -1)``.
    """

    truth: float
    low: float
    high: float
    cap: float
    cost: float = CONSTANT
    shown: bool = True
    primary: bool = False
    guarded: bool = False
    rank: tuple[int, ...] = ()
    block: tuple[object, ...] = ()
    rows: tuple[int, ...] = ()
    person: float = 1.0
    whole: bool = True
    leaders: tuple[int, ...] = ()
    key: Key = ("", -1)


@dataclass
class Network:
    """Quantities and equations ``Σ factor · quantity = 0``."""

    quantities: list[Quantity] = field(default_factory=list)
    equations: list[tuple[list[int], list[float]]] = field(default_factory=list)

    def add(self, quantity: Quantity) -> int:
        """Add a quantity and return its number."""
        self.quantities.append(quantity)
        return len(self.quantities) - 1

    def constant(self, value: float) -> int:
        """Add a number that everybody knows."""
        return self.add(Quantity(value, value, value, value))

    def equate(self, whole: int, parts: Iterable[int], remainder: float = 0.0) -> None:
        """Add whole = Σ parts + an unpublished remainder between 0 and ``remainder``."""
        terms, first = list(parts), self.quantities[whole]
        rest = first.truth - sum(self.quantities[term].truth for term in terms)
        if remainder > 0 or rest > 0:
            low, high = min(0.0, rest), max(remainder, rest)
            terms.append(
                self.add(Quantity(rest, low, high, high, cost=0.0, shown=False, whole=first.whole))
            )
        self.equations.append(([whole, *terms], [1.0] + [-1.0] * len(terms)))

    def matrix(self) -> sparse.csr_array:
        """The equations as a matrix (equations × quantities)."""
        sizes = [len(columns) for columns, _ in self.equations]
        rows = np.repeat(np.arange(len(sizes)), sizes)
        columns = [column for columns, _ in self.equations for column in columns]
        factors = [factor for _, factors in self.equations for factor in factors]
        shape = (len(sizes), len(self.quantities))
        return sparse.coo_array((factors, (rows, columns)), shape=shape, dtype=float).tocsr()


@dataclass(frozen=True)
class Relation:
    """A cell of a table and the cells that add up to it."""

    whole: int
    parts: tuple[int, ...]

    @property
    def cells(self) -> list[int]:
        """The whole and its parts."""
        return [self.whole, *self.parts]


def relations(stratum: Stratum, nested: Sequence[Nesting]) -> list[Relation]:
    """The sums between the cells of any one table of the stratum."""
    number = stratum.cell_numbers
    groups: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    areas: dict[tuple[str, str], list[int]] = defaultdict(list)
    for cell, index in number.items():
        if cell.breakdown:
            groups[cell.level, cell.area, cell.breakdown].append(index)
        if cell.level == "area":
            areas[cell.breakdown, cell.group].append(index)
    by_group = [
        Relation(number[whole], tuple(parts))
        for (level, area, _), parts in groups.items()
        if (whole := Cell(level, area, "", "")) in number
    ]
    by_area = [
        Relation(index, tuple(areas[cell.breakdown, cell.group]))
        for cell, index in number.items()
        if cell.level == "region" and areas[cell.breakdown, cell.group]
    ]
    return [*by_group, *by_area, *_nested_relations(number, nested)]


def _nested_relations(number: dict[Cell, int], nested: Sequence[Nesting]) -> Iterator[Relation]:
    places = sorted({(cell.level, cell.area) for cell in number})
    for nesting in nested:
        for level, area in places:
            for coarse, fine in nesting.groups.items():
                whole = number.get(Cell(level, area, nesting.coarse, coarse))
                parts = [number.get(Cell(level, area, nesting.fine, part)) for part in fine]
                if whole is not None and None not in parts:
                    yield Relation(whole, tuple(part for part in parts if part is not None))


def network_of(
    stratum: Stratum,
    structure: Structure,
    breakdowns: frozenset[str],
    shown: Shown,
    rules: RuleSet,
) -> Network:
    """The network of all counts of a stratum that are secret or tied to a secret.

    Parameters
    ----------
    stratum, structure
        The tables and what is known about them.
    breakdowns
        Breakdowns whose membership is the secret.
    shown
        What would be shown without suppression for disclosure.
    rules
        The rule set.
    """
    builder = _Builder(stratum, structure, breakdowns, shown, rules)
    builder.add_bases()
    builder.add_counts()
    builder.link_tables()
    return builder.network


class _Builder:
    """Fills a network from the tables of a stratum."""

    def __init__(
        self,
        stratum: Stratum,
        structure: Structure,
        breakdowns: frozenset[str],
        shown: Shown,
        rules: RuleSet,
    ) -> None:
        self.network = Network()
        self.stratum, self.structure, self.shown = stratum, structure, shown
        self.breakdowns, self.rules = breakdowns, rules
        self.relations = relations(stratum, structure.nestings)
        self.counts = np.full(stratum.position.shape, -1, dtype=np.intp)
        self.bases = np.full(stratum.position.shape, -1, dtype=np.intp)
        self.totals = np.full(stratum.position.shape, -1, dtype=np.intp)
        self.scale = float(np.nansum(stratum.base) / max(np.nansum(stratum.n), 1.0))
        self.loss = self._losses()
        self.cluster = _clusters(structure, len(stratum.tables))
        self.family = _nested_families(structure.nestings)

    def _losses(self) -> Floats:
        loss = self.rules.loss
        by_place = {
            ("region", True): loss.region_total,
            ("region", False): loss.region_group,
            ("area", True): loss.area_total,
            ("area", False): loss.area_group,
        }
        cells = [by_place[cell.level, not cell.breakdown] for cell in self.stratum.cells]
        factor = np.where(self.shown.low, loss.low_precision, 1.0)
        return np.where(self.shown.publishable, np.array(cells) * factor, loss.base_only)

    def _rank(self, cell: int) -> tuple[int, ...]:
        """Totals are protected before groups, for they cost most."""
        place = self.stratum.cells[cell]
        return (int(bool(place.breakdown)), int(place.level == "area"), cell)

    def _block(self, cell: int) -> str:
        breakdown = self.stratum.cells[cell].breakdown
        return self.family.get(breakdown, breakdown)

    # -- unweighted bases that can be a secret

    def add_bases(self) -> None:
        """One quantity for each cell of each family of nearly equal bases."""
        sensitive = sensitive_base_cells(self.stratum, self.structure, self.breakdowns)
        secret = secret_bases(self.stratum, sensitive, self.rules.disclosure)
        within = {inner for inner, _ in self.structure.subsets}
        for members in _base_families(self.stratum, self.structure):
            if secret[members].any() or within & set(members):
                self._add_family(members, sensitive, np.asarray(secret[members].any(axis=0)))

    def _add_family(self, members: list[int], sensitive: Booleans, secret: Booleans) -> None:
        cells = self.stratum.cells
        own = members[0] in self.structure.sensitive_bases
        touched = {cells[cell].breakdown for cell in np.flatnonzero(secret)}
        for cell in np.flatnonzero(sensitive[members].any(axis=0)):
            if own or cells[cell].breakdown in touched:
                self._add_base(members, int(cell), primary=bool(secret[cell]))
        for relation in self.relations:
            self._equate_bases(members[0], relation)

    def _add_base(self, members: list[int], cell: int, *, primary: bool) -> None:
        stratum = self.stratum
        present = [table for table in members if stratum.present[table, cell]]
        truth = float(stratum.n[present[0], cell])
        quantity = Quantity(
            truth=truth,
            low=truth,
            high=truth,
            cap=max(truth, self._public_base(members[0], cell)),
            cost=float(self.loss[present, cell].sum()),
            primary=primary,
            rank=(*self._rank(cell), -1, 0),
            block=("base", members[0], self._block(cell)),
            rows=tuple(stratum.position[present, cell].tolist()),
            key=("base", int(stratum.position[present[0], cell])),
        )
        self.bases[[members[0], *present], cell] = self.network.add(quantity)

    def _public_base(self, table: int, cell: int) -> float:
        """The most people a hidden base can hold, by bases that are no secret."""
        stratum, place = self.stratum, self.stratum.cells[cell]
        public = cell
        if place.breakdown in self.breakdowns:
            public = stratum.cell_numbers.get(Cell(place.level, place.area, "", ""), cell)
        own = table in self.structure.sensitive_bases
        sizes = stratum.n[:, public] if own else stratum.n[table, [public]]
        return float(np.nanmax(sizes)) if np.isfinite(sizes).any() else 0.0

    def _equate_bases(self, table: int, relation: Relation) -> None:
        numbers, values = self.bases[table, relation.cells], self.stratum.n[table, relation.cells]
        if (numbers < 0).all() or not np.isfinite(values[numbers < 0]).all():
            return
        whole, *parts = [
            int(number) if number >= 0 else self.network.constant(float(value))
            for number, value in zip(numbers, values, strict=True)
        ]
        truth = [self.network.quantities[number].truth for number in (whole, *parts)]
        rest = truth[0] - sum(truth[1:])
        if rest >= 0:  # groups that overlap do not add up
            unstated = [self.network.constant(rest)] if rest else []
            self.network.equate(whole, [*parts, *unstated])

    # -- yes-counts of sensitive items

    def add_counts(self) -> None:
        """One quantity for each cell of each table that holds a secret or is tied to one."""
        secret = secret_counts(self.stratum, self.rules.disclosure)
        asked = secret.any(axis=1)
        asked |= (self.stratum.sensitive & (self.bases >= 0)).any(axis=1)
        wanted = set(self.cluster[asked].tolist())
        for table in range(len(self.stratum.tables)):
            if int(self.cluster[table]) in wanted:
                self._add_table(table, secret[table])

    def _add_table(self, table: int, secret: Booleans) -> None:
        stratum = self.stratum
        weighted = self.structure.weighted and bool(stratum.shares[table])
        for cell in np.flatnonzero(stratum.present[table] & np.isfinite(stratum.count[table])):
            self._add_count(table, int(cell), primary=bool(secret[cell]))
            if weighted and stratum.n[table, cell] > 0:
                self._add_total(table, int(cell))
        for relation in self.relations:
            self._equate_counts(table, relation)
            if weighted:
                self._equate_totals(table, relation)

    def _add_count(self, table: int, cell: int, *, primary: bool) -> None:
        stratum = self.stratum
        visible = bool(self.shown.publishable[table, cell])
        truth, base = float(stratum.count[table, cell]), int(self.bases[table, cell])
        cap = max(truth, self._largest_count(table, cell))
        low, high = self._shown_count(table, cell) if visible else (0.0, cap)
        self.counts[table, cell] = number = self.network.add(
            Quantity(
                truth=truth,
                low=low,
                high=min(high, cap),
                cap=cap,
                cost=float(self.loss[table, cell]),
                shown=visible,
                primary=primary,
                guarded=visible and bool(stratum.sensitive[table, cell]),
                rank=(*self._rank(cell), table, 0),
                block=("count", int(self.cluster[table]), self._block(cell)),
                rows=(int(stratum.position[table, cell]),),
                leaders=(base,) if base >= 0 else (),
                key=("count", int(stratum.position[table, cell])),
            )
        )
        if base >= 0 and stratum.shares[table]:
            self.network.equate(base, [number], self.network.quantities[base].cap)

    def _shown_count(self, table: int, cell: int) -> tuple[float, float]:
        """The counts whose share would be shown as the same number."""
        truth, n = self.stratum.count[table, cell], self.stratum.n[table, cell]
        below, above = self.shown.below[table, cell], self.shown.above[table, cell]
        if not (self.stratum.shares[table] and np.isfinite(n)):
            return float(truth), float(truth)
        low, high = np.ceil(truth + n * below - EDGE), np.floor(truth + n * above + EDGE)
        return float(max(low, 0.0)), float(high)

    def _add_total(self, table: int, cell: int) -> None:
        """The weighted total behind a share, in mean weights; it is shown with its count."""
        number = int(self.counts[table, cell])
        count = self.network.quantities[number]
        base = float(self.stratum.base[table, cell]) / self.scale
        truth = float(self.stratum.total[table, cell]) / self.scale
        below, above = -1.0, 1.0
        if count.shown:
            below, above = self._shown_share(table, cell, base)
        self.totals[table, cell] = self.network.add(
            replace(
                count,
                truth=truth,
                low=min(truth, max(0.0, truth + base * below)),
                high=max(truth, min(base, truth + base * above)),
                cap=max(truth, base),
                rank=(*count.rank[:-1], 1),
                block=("total", *count.block[1:]),
                person=base / float(self.stratum.n[table, cell]),
                whole=False,
                leaders=(number, *count.leaders),
                key=("total", count.key[1]),
            )
        )

    def _shown_share(self, table: int, cell: int, base: float) -> tuple[float, float]:
        """What rounding leaves open of a share; nothing when that is less than half a person."""
        below, above = float(self.shown.below[table, cell]), float(self.shown.above[table, cell])
        return (below, above) if base * (above - below) > HALF_A_PERSON else (0.0, 0.0)

    def _largest_count(self, table: int, cell: int) -> float:
        """The base of a share; of a sum the largest base of its table, of a tally no limit."""
        n = self.stratum.n[table]
        if not np.isfinite(n).any():
            return float(10 * np.nanmax(self.stratum.count[table]))
        return float(n[cell] if self.stratum.shares[table] else np.nanmax(n))

    def _equate_counts(self, table: int, relation: Relation) -> None:
        numbers, cells = self.counts[table, relation.cells], relation.cells
        if (numbers < 0).any():
            return
        people = self._remainder(self.stratum.n[table, cells])
        yes = self._remainder(self.stratum.count[table, cells])
        if not np.isfinite(people):
            people = yes
        if 0 <= yes <= people:  # groups that overlap do not add up
            self.network.equate(int(numbers[0]), numbers[1:].tolist(), people)

    def _equate_totals(self, table: int, relation: Relation) -> None:
        # Where nobody was asked there is nothing to add; the others still make up the whole.
        asked = [cell for cell in relation.parts if self.stratum.n[table, cell] != 0]
        cells = [relation.whole, *asked]
        numbers = self.totals[table, cells]
        if (numbers < 0).any():
            return
        people = self._remainder(self.stratum.base[table, cells]) / self.scale
        yes = self._remainder(self.stratum.total[table, cells]) / self.scale
        noise = NOISE * float(self.stratum.base[table, relation.whole]) / self.scale
        if -noise <= yes <= people + noise:
            self.network.equate(int(numbers[0]), numbers[1:].tolist(), max(people, 0.0))

    @staticmethod
    def _remainder(values: Floats) -> float:
        return float(values[0] - values[1:].sum())

    # -- equations between tables

    def link_tables(self) -> None:
        """Categories that add up to a base, sums of indicators, bases that are counts."""
        for partition in self.structure.partitions:
            for cell in self._common_cells(partition):
                self._equate_partition(list(partition), cell)
        for whole, parts in self.structure.identities:
            for cell in self._common_cells((whole, *parts)):
                self._equate_identity([whole, *parts], cell)
        for inner, outer in self.structure.subsets:
            for cell in self._common_cells((outer,)):
                if self.bases[inner, cell] >= 0:
                    self._equate_subset(int(self.bases[inner, cell]), int(self.counts[outer, cell]))

    def _common_cells(self, tables: tuple[int, ...]) -> list[int]:
        """Cells in which all of the tables are in the network."""
        return np.flatnonzero((self.counts[list(tables)] >= 0).all(axis=0)).tolist()

    def _equate_partition(self, tables: list[int], cell: int) -> None:
        base = int(self.bases[tables[0], cell])
        if base < 0:
            base = self.network.constant(float(self.stratum.n[tables[0], cell]))
        self._equate_all(base, self.counts[tables, cell])
        if (self.totals[tables, cell] >= 0).all():
            weight = float(self.stratum.base[tables[0], cell]) / self.scale
            self._equate_all(self.network.constant(weight), self.totals[tables, cell])

    def _equate_all(self, base: int, numbers: Integers) -> None:
        """The parts, and those who are in none of them, make up the base."""
        quantities = self.network.quantities
        rest = quantities[base].truth - sum(quantities[number].truth for number in numbers)
        if rest >= -NOISE * quantities[base].truth:
            self.network.equate(base, numbers.tolist(), max(rest, 0.0))

    def _equate_identity(self, tables: list[int], cell: int) -> None:
        if self._remainder(self.stratum.count[tables, cell]) == 0:
            for numbers in (self.counts[tables, cell].tolist(), self.totals[tables, cell].tolist()):
                if min(numbers) >= 0:
                    self.network.equate(numbers[0], numbers[1:])

    def _equate_subset(self, base: int, count: int) -> None:
        inner, outer = self.network.quantities[base], self.network.quantities[count]
        spare = outer.truth - inner.truth
        if spare >= 0:
            self.network.equate(count, [base], outer.cap if spare else 0.0)


def _clusters(structure: Structure, tables: int) -> Integers:
    """Tables that are tied by an equation share a number."""
    links = [
        *((partition[0], other) for partition in structure.partitions for other in partition[1:]),
        *((whole, part) for whole, parts in structure.identities for part in parts),
    ]
    return _components(links, tables)


def _components(links: Sequence[tuple[int, int]], size: int) -> Integers:
    ends = ([a for a, _ in links], [b for _, b in links])
    graph = sparse.coo_array((np.ones(len(links)), ends), shape=(size, size))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)


def _nested_families(nested: Sequence[Nesting]) -> dict[str, str]:
    """Nested breakdowns under one common name."""
    names = sorted({name for nesting in nested for name in (nesting.fine, nesting.coarse)})
    links = [(names.index(nesting.fine), names.index(nesting.coarse)) for nesting in nested]
    if not names:
        return {}
    labels = _components(links, len(names)).tolist()
    return {name: names[labels.index(label)] for name, label in zip(names, labels, strict=True)}


def _base_families(stratum: Stratum, structure: Structure) -> list[list[int]]:
    """Tables whose bases are nearly the same people, the largest base first.

    They are hidden together: a base shown in one table would give away its neighbour's,
    which differs by the few people who did not answer one question.
    """
    totals = [i for i, cell in enumerate(stratum.cells) if not cell.breakdown]
    size = np.nan_to_num(stratum.n[:, totals]).sum(axis=1)
    families: list[list[int]] = []
    for table in np.lexsort((np.arange(len(size)), -size)).tolist():
        for family in families:
            if _same_people(stratum, structure, family[0], table):
                family.append(table)
                break
        else:
            families.append([table])
    return families


def _same_people(stratum: Stratum, structure: Structure, first: int, second: int) -> bool:
    if (first in structure.sensitive_bases) != (second in structure.sensitive_bases):
        return False
    a, b = stratum.n[first], stratum.n[second]
    known = np.isfinite(a) & np.isfinite(b)
    return bool(known.any() and np.abs(a[known] - b[known]).sum() <= NEARLY * a[known].sum())

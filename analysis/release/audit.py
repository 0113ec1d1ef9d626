"""The audit: what an attacker can work out who knows every published number.

The audit plays the attacker against the rows as they will be released. It builds its own
model of what they say, apart from the one that chose what to hide, and asks of each secret
between what whole numbers it must lie. See ``docs/release.md`` for the attacker's knowledge
in words; in short, wherever it was unclear what an attacker may know, he is given it:

* every released number, rounded as released, of all tables of the sample at once;
* the unweighted bases that are no secret, also of rows that do not show theirs;
* of each shown share the unweighted share as well, to the same number of digits;
* the weighted base behind each known unweighted base, and the range of weights in each area;
* that counts are whole, that yes and no add up to the base, groups to their area, areas to
  the region, an area and the rest to the region, categories to their base, finer breakdowns
  to coarser ones, and that bases nest.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.release.knowledge import Knowledge, knowledge
from analysis.release.programme import Programme, System
from analysis.release.ranges import Ranges, feasible_ranges
from analysis.release.rules import DisclosureRules, RuleSet
from analysis.release.structure import Declared, Structure, sensitive_base_cells, structure_of
from analysis.release.tables import (
    Booleans,
    Floats,
    Integers,
    Stratum,
    comparison_sides,
    strata,
)

#: Columns of a suppressed row that must be blank.
BLANK = (
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "df",
    "n_effective",
    "deff",
    "p_value",
    "p_adjusted",
)
DISCLOSURE_STATES = ("suppressed_primary", "suppressed_complementary")
#: How much a width may miss by the tolerance of the solver, in people.
WIDTH_TOLERANCE = 1e-4
#: Relative noise of sums of weights.
NOISE = 1e-7


@dataclass(frozen=True)
class Audit:
    """What the attacker found.

    Parameters
    ----------
    secrets
        One row for each secret, confidential: position (in the table of estimates),
        row_id, kind (``count``, ``total``, ``base``), low, high (in people), the width
        required and the one asked by the rule, recoverable.
    unblanked
        Positions of suppressed rows that still show a number they must not.
    """

    secrets: pd.DataFrame
    unblanked: list[int]

    @property
    def recoverable(self) -> pd.DataFrame:
        """The secrets that are known too narrowly."""
        return self.secrets[self.secrets["recoverable"]]

    def keys(self) -> set[tuple[str, int]]:
        """Kind and position of each secret that is known too narrowly."""
        return set(zip(self.recoverable["kind"], self.recoverable["position"], strict=True))

    @property
    def clean(self) -> bool:
        """Whether nothing can be worked out."""
        return not len(self.recoverable) and not self.unblanked

    def summary(self) -> dict[str, Any]:
        """Numbers that may be published: how much was tried and found, not where."""
        width = self.secrets["high"] - self.secrets["low"]
        confined = self.secrets["required"] < self.secrets["asked"]
        wide = width[~confined]
        return {
            "secrets": len(self.secrets),
            "recoverable": int(self.secrets["recoverable"].sum()),
            "minimum_width": round(float(wide.min()), 2) if len(wide) else None,
            "confined_by_small_base": int(confined.sum()),
            "unblanked_rows": len(self.unblanked),
        }


Memory = dict[bytes, Ranges]


def audit(
    estimates: pd.DataFrame,
    released: pd.DataFrame,
    declared: Declared,
    rules: RuleSet,
    memory: Memory | None = None,
) -> Audit:
    """Attack released rows.

    Parameters
    ----------
    estimates
        The table of estimates, confidential.
    released
        The rows to be released, in the same order.
    declared
        What the study says about its tables.
    rules
        The rule set they were released by.
    memory
        What an earlier audit of the same estimates found; parts of the problem that did not
        change since are not solved again. Is filled.

    Returns
    -------
    Audit
        For each secret an interval: values that tables in agreement with everything
        published do take. It is as wide as required, or it is the exact range.

    Notes
    -----
    A hidden share must be safe twice: the unweighted count behind it, and its weighted
    total, since it is the weighted share that could be worked out by subtraction. The
    second must be as wide as the same number of people of mean weight.
    """
    said = knowledge(
        released,
        estimates["estimate"].to_numpy(dtype=float),
        estimates["n"].to_numpy(dtype=float),
        rules.rounding,
    )
    found = [
        secret
        for stratum in strata(estimates, declared.sources)
        for secret in _attack(
            stratum, estimates, released, said, declared, rules, {} if memory is None else memory
        )
    ]
    columns = ["position", "kind", "low", "high", "required", "asked"]
    secrets = pd.DataFrame(found, columns=columns)
    secrets.insert(1, "row_id", estimates["row_id"].to_numpy()[secrets["position"].astype(int)])
    width = secrets["high"] - secrets["low"]
    secrets["recoverable"] = width < secrets["required"] - WIDTH_TOLERANCE
    return Audit(secrets, _unblanked(released))


def _unblanked(released: pd.DataFrame) -> list[int]:
    """Suppressed rows with a number left, or with a base that disclosure hides."""
    disclosure = released["release"].isin(DISCLOSURE_STATES)
    suppressed = disclosure | released["release"].eq("suppressed_precision")
    left = suppressed & released[list(BLANK)].notna().any(axis=1)
    left |= suppressed & released["interval_method"].ne("")
    left |= disclosure & released["n"].notna()
    return np.flatnonzero(left.to_numpy()).tolist()


def _attack(
    stratum: Stratum,
    estimates: pd.DataFrame,
    released: pd.DataFrame,
    said: Knowledge,
    declared: Declared,
    rules: RuleSet,
    memory: Memory,
) -> Iterator[tuple[Any, ...]]:
    structure = structure_of(stratum, declared)
    model = _Model(stratum, structure, declared, released, said, rules)
    if not model.counted and not model.base_cells.any():
        return
    model.build(*comparison_sides(estimates, declared.sources))
    secrets = list(model.secrets())
    if not secrets:
        return
    system = model.programme.system().tightened()
    low, high = _narrowest(system, secrets, memory)
    asked = float(rules.disclosure.protection_width)
    for secret, least, most in zip(secrets, low, high, strict=True):
        yield secret.position, secret.kind, least, most, secret.required, asked


@dataclass(frozen=True)
class Secret:
    """An unknown that must not be known too narrowly.

    ``kind`` is ``count``, ``total`` (the weighted total behind a share, in mean weights of
    its cell) or ``base``; ``person`` is what one person is on the unknown's scale.
    """

    unknown: int
    position: int
    kind: str
    required: float
    person: float = 1.0


def _narrowest(system: System, secrets: list[Secret], memory: Memory) -> tuple[Floats, Floats]:
    """The narrower of what whole counts alone say and what they say with weighted totals.

    The counts are whole in the first; with the totals, which are not, they may be fractions,
    and only the whole numbers between the ends are counted.
    """
    unknowns = np.array([secret.unknown for secret in secrets])
    person = np.array([secret.person for secret in secrets])
    required = np.array([secret.required for secret in secrets]) * person
    counts = system.whole[unknowns]
    low, high = np.full(len(secrets), -np.inf), np.full(len(secrets), np.inf)
    relaxed = [] if system.whole.all() else [(system.relaxed(), np.arange(len(secrets)))]
    for model, asked in [(system.only_whole(), np.flatnonzero(counts)), *relaxed]:
        for numbers, part in model.parts(unknowns[asked]):
            members = asked[np.isin(unknowns[asked], numbers)]
            inside = np.searchsorted(numbers, unknowns[members])
            ranges = _remembered(part, inside, required[members], counts[members], memory)
            narrower = members[ranges.high - ranges.low < high[members] - low[members]]
            chosen = np.isin(members, narrower)
            low[narrower], high[narrower] = ranges.low[chosen], ranges.high[chosen]
    return low / person, high / person


def _remembered(
    part: System, secrets: Integers, required: Floats, counts: Booleans, memory: Memory
) -> Ranges:
    content = hashlib.sha256()
    for array in (*part.arrays(), secrets, required, counts):
        content.update(array.tobytes())
    key = content.digest()
    if key not in memory:
        found = feasible_ranges(part, secrets, required, counts=counts)
        memory[key] = Ranges(found.low, found.high)
    return memory[key]


@dataclass(frozen=True)
class Sum:
    """A cell that others add up to."""

    whole: int
    parts: list[int]


class _Model:
    """Everything an attacker knows about one stratum, as a programme."""

    def __init__(
        self,
        stratum: Stratum,
        structure: Structure,
        declared: Declared,
        released: pd.DataFrame,
        said: Knowledge,
        rules: RuleSet,
    ) -> None:
        self.stratum, self.structure, self.rules = stratum, structure, rules
        self.breakdowns, self.said = declared.sensitive_breakdowns, said
        self.programme = Programme()
        disclosed = released["release"].isin(DISCLOSURE_STATES).to_numpy()
        self.disclosed = np.asarray(stratum.spread(disclosed, False), dtype=bool)
        self.shows_value = np.asarray(stratum.spread(said.says_value, False), dtype=bool)
        self.people = np.nansum(stratum.base) / max(np.nansum(stratum.n), 1.0)
        self.weighted = structure.weighted
        self.sums = list(_sums(stratum, structure))
        self.base_cells = sensitive_base_cells(stratum, structure, self.breakdowns)
        self.same_base = _same_bases(stratum)
        self.count_secrets = _secret_counts(stratum, rules.disclosure)
        self.base_secrets = self.base_cells & _few(stratum.n, rules.disclosure)
        self.counted = self._sensitive_tables()
        self.n: dict[tuple[int, int], int] = {}
        self.base: dict[tuple[int, int], int] = {}
        self.count: dict[tuple[int, int], int] = {}
        self.total: dict[tuple[int, int], int] = {}

    def _sensitive_tables(self) -> set[int]:
        """Tables with a secret or a hidden sensitive row, and those tied to them."""
        hidden = self.disclosed & self.stratum.sensitive
        tables = set(np.flatnonzero((self.count_secrets | hidden).any(axis=1)).tolist())
        ties = [*self.structure.partitions, *((w, *p) for w, p in self.structure.identities)]
        grown = True
        while grown:
            tied = {table for tie in ties if tables & set(tie) for table in tie}
            grown = not tied <= tables
            tables |= tied
        return tables

    # -- building

    def build(self, area_side: np.ndarray, region_side: np.ndarray) -> None:
        """Add all unknowns and constraints."""
        compared = self._compared(area_side, region_side)
        self._add_bases(compared)
        for table in range(len(self.stratum.tables)):
            if table in self.counted or self._stands_on_unknown(table):
                self._add_table(table)
        self._add_ties()
        for row, area, region in compared:
            self._add_comparison(row, area, region)

    def _compared(
        self, area_side: np.ndarray, region_side: np.ndarray
    ) -> list[tuple[int, tuple[int, int], tuple[int, int]]]:
        """Comparison rows that say something, with the (table, cell) of both sides."""
        place = {
            int(self.stratum.position[table, cell]): (int(table), int(cell))
            for table, cell in zip(*np.nonzero(self.stratum.present), strict=True)
        }
        talking = np.flatnonzero((area_side >= 0) & (self.said.says_value | self.said.says_n))
        return [
            (int(row), place[int(area_side[row])], place[int(region_side[row])])
            for row in talking
            if int(area_side[row]) in place and int(region_side[row]) in place
        ]

    def _cell_n(self, table: int, cell: int) -> float:
        return float(self.stratum.n[table, cell])

    def _weights(self, cell: int) -> tuple[float, float]:
        """The smallest and largest weight of a cell, in mean weights."""
        place = self.stratum.cells[cell]
        low, high = self.structure.weights[place.area if place.level == "area" else ""]
        return low / self.people, high / self.people

    # -- unweighted and weighted bases

    def _add_bases(self, compared: list[tuple[int, tuple[int, int], tuple[int, int]]]) -> None:
        """Unknown bases: those that can be secret and that no row of the same base shows."""
        known = self._known_bases(compared)
        for table, cell in zip(*np.nonzero(self.base_cells), strict=True):
            first = self.same_base[table]
            if (first, cell) not in known:
                self._add_base(int(table), int(first), int(cell))
        for first in sorted({first for first, _ in self.n}):
            self._sum_bases(first)
        self._nest_bases()

    def _known_bases(
        self, compared: list[tuple[int, tuple[int, int], tuple[int, int]]]
    ) -> set[tuple[int, int]]:
        said_n = self.said.says_n & (self.said.n_high - self.said.n_low < 1)
        shows = np.asarray(self.stratum.spread(said_n, False), dtype=bool)
        known = {
            (int(self.same_base[table]), int(cell))
            for table, cell in zip(*np.nonzero(shows), strict=True)
        }
        for row, (table, cell), _ in compared:
            if said_n[row]:
                known.add((int(self.same_base[table]), cell))
        return known

    def _add_base(self, table: int, first: int, cell: int) -> None:
        if (first, cell) in self.n:
            return
        truth, base = self._cell_n(table, cell), self.stratum.base[table, cell] / self.people
        said_low, said_high = self._said_base(first, cell)
        high = min(self._public_base(table, cell), said_high)
        n = self.programme.unknown(said_low, high, truth, whole=True)
        self.n[first, cell] = n
        if self.weighted:
            low_weight, high_weight = self._weights(cell)
            b = self.programme.unknown(0.0, high * high_weight, base, whole=False)
            self.base[first, cell] = b
            self.programme.constrain([b, n], [1.0, -low_weight], 0.0, np.inf)
            self.programme.constrain([b, n], [1.0, -high_weight], -np.inf, 0.0)

    def _said_base(self, first: int, cell: int) -> tuple[float, float]:
        """What the rows of one base say of it together."""
        positions = self.stratum.position[self.same_base == first, cell]
        positions = positions[positions >= 0]
        return (
            float(self.said.n_low[positions].max(initial=0.0)),
            float(self.said.n_high[positions].min(initial=np.inf)),
        )

    def _public_base(self, table: int, cell: int) -> float:
        """The size of the smallest group known to hold a secret base."""
        stratum, place = self.stratum, self.stratum.cells[cell]
        public = cell
        if place.breakdown in self.breakdowns:
            public = stratum.cell_numbers.get(place._replace(breakdown="", group=""), cell)
        if table in self.structure.sensitive_bases:
            return float(np.nanmax(stratum.n[:, public]))
        return self._cell_n(table, public)

    def _sum_bases(self, first: int) -> None:
        """Unknown bases add up with the known ones; who states no group is known as well."""
        for relation in self.sums:
            cells = [relation.whole, *relation.parts]
            n = self.stratum.n[first, cells]
            unknown = np.array([(first, cell) in self.n for cell in cells])
            if unknown.any() and np.isfinite(n).all() and n[0] >= n[1:].sum():
                signs = np.where(np.arange(len(cells)) == 0, 1.0, -1.0)[unknown]
                numbers = [self.n[first, cell] for cell in np.array(cells)[unknown].tolist()]
                value = float(signs @ n[unknown])
                self.programme.constrain(numbers, signs.tolist(), value, value)

    def _nest_bases(self) -> None:
        """Each base lies within the sample; of a sensitive breakdown its groups may be secret."""
        for breakdown in sorted(self.breakdowns):
            cells = [i for i, c in enumerate(self.stratum.cells) if c.breakdown == breakdown]
            if any((first, cell) in self.n for first, cell in self.n if cell in set(cells)):
                self._nest_breakdown(cells)
        for _, outer in self.structure.subsets:
            self.counted.add(outer)

    def _nest_breakdown(self, cells: list[int]) -> None:
        """The groups of the whole sample, as small as the bases within them allow."""
        sample = self._sample_sizes(cells)
        hubs = {}
        for cell in cells:
            bases = self.stratum.n[:, cell]
            known = [
                value
                for table, value in enumerate(bases)
                if np.isfinite(value) and (int(self.same_base[table]), cell) not in self.n
            ]
            place = self.stratum.cells[cell]
            high = sum(sample[c] for c in cells if self.stratum.cells[c][:2] == place[:2])
            low = max(known, default=0.0)
            hubs[cell] = self.programme.unknown(low, high, sample[cell], whole=True)
        for first, cell in [key for key in self.n if key[1] in hubs]:
            self.programme.constrain([hubs[cell], self.n[first, cell]], [1.0, -1.0], 0.0, np.inf)
        self._sum_hubs(hubs, sample)

    def _sample_sizes(self, cells: list[int]) -> dict[int, float]:
        largest = {cell: float(np.nanmax(self.stratum.n[:, cell])) for cell in cells}
        for relation in self.sums:
            if relation.whole in largest and set(relation.parts) <= set(largest):
                parts = sum(largest[part] for part in relation.parts)
                largest[relation.whole] = max(largest[relation.whole], parts)
        return largest

    def _sum_hubs(self, hubs: dict[int, int], sample: dict[int, float]) -> None:
        by_place: dict[tuple[str, str], list[int]] = defaultdict(list)
        for cell in hubs:
            by_place[self.stratum.cells[cell][:2]].append(cell)
        for cells in by_place.values():
            size = sum(sample[cell] for cell in cells)
            self.programme.constrain([hubs[cell] for cell in cells], [1.0] * len(cells), size, size)
        for relation in self.sums:
            cells = [relation.whole, *relation.parts]
            if set(cells) <= set(hubs):
                rest = sample[cells[0]] - sum(sample[cell] for cell in cells[1:])
                factors = [1.0] + [-1.0] * len(relation.parts)
                self.programme.constrain([hubs[cell] for cell in cells], factors, rest, rest)

    def _stands_on_unknown(self, table: int) -> bool:
        first = int(self.same_base[table])
        return bool(self.stratum.shares[table]) and any(key[0] == first for key in self.n)

    # -- counts and weighted totals

    def _add_table(self, table: int) -> None:
        cells = self._cells_in_play(table)
        with_total = self.weighted and table in self.counted and bool(self.stratum.shares[table])
        for cell in cells:
            self._add_count(table, cell)
            if with_total:
                self._add_total(table, cell)
        wanted = set(cells)
        for relation in self.sums:
            if {relation.whole, *relation.parts} <= wanted:
                self._sum_counts(table, relation)
                if with_total:
                    self._sum_totals(table, relation)

    def _cells_in_play(self, table: int) -> list[int]:
        cells = np.flatnonzero(np.isfinite(self.stratum.count[table])).tolist()
        if table in self.counted:
            return cells
        first, places = int(self.same_base[table]), self.stratum.cells
        touched = {places[cell].breakdown for key, cell in self.n if key == first}
        return [cell for cell in cells if places[cell].breakdown in touched | {""}]

    def _add_count(self, table: int, cell: int) -> None:
        truth, n = float(self.stratum.count[table, cell]), self._cell_n(table, cell)
        unknown_n = self.n.get((int(self.same_base[table]), cell))
        limit = self._count_limit(table, cell, unknown_n)
        low, high = 0.0, limit
        if self.shows_value[table, cell]:
            low, high = self._shown_count(table, cell, truth, n)
        count = self.programme.unknown(max(low, 0.0), min(high, limit), truth, whole=True)
        self.count[table, cell] = count
        if unknown_n is not None and self.stratum.shares[table]:
            self.programme.constrain([unknown_n, count], [1.0, -1.0], 0.0, np.inf)

    def _count_limit(self, table: int, cell: int, unknown_n: int | None) -> float:
        if unknown_n is not None:
            return float(self.programme.high[unknown_n])
        n = self.stratum.n[table]
        if not np.isfinite(n).any():
            return float(10 * np.nanmax(self.stratum.count[table]))
        return float(n[cell] if self.stratum.shares[table] else np.nanmax(n))

    def _shown_count(self, table: int, cell: int, truth: float, n: float) -> tuple[float, float]:
        """The counts whose share would be shown as the same number."""
        if not self.stratum.shares[table] or not np.isfinite(n):
            return truth, truth
        below, above = self._shown_share(table, cell)
        return np.ceil(truth + n * below - 1e-6), np.floor(truth + n * above + 1e-6)

    def _shown_share(self, table: int, cell: int) -> tuple[float, float]:
        """How far under and over the true share the row allows it to be."""
        position = int(self.stratum.position[table, cell])
        share = self.stratum.total[table, cell] / self.stratum.base[table, cell]
        return (
            float(self.said.value_low[position] - share),
            float(self.said.value_high[position] - share),
        )

    def _add_total(self, table: int, cell: int) -> None:
        truth = self.stratum.total[table, cell] / self.people
        base, key = self.stratum.base[table, cell] / self.people, int(self.same_base[table])
        unknown_base = self.base.get((key, cell))
        limit = base if unknown_base is None else self.programme.high[unknown_base]
        total = self.programme.unknown(0.0, limit, truth, whole=False)
        self.total[table, cell] = total
        if self.shows_value[table, cell]:
            self._bound_total(table, cell, total, base, unknown_base)
        self._link_weights(table, cell, total, base, unknown_base)

    def _bound_total(
        self, table: int, cell: int, total: int, base: float, unknown_base: int | None
    ) -> None:
        position = int(self.stratum.position[table, cell])
        low, high = self.said.value_low[position], self.said.value_high[position]
        if unknown_base is None:
            self.programme.constrain([total], [1.0], low * base, high * base)
        else:
            self.programme.constrain([total, unknown_base], [1.0, -low], 0.0, np.inf)
            self.programme.constrain([total, unknown_base], [1.0, -high], -np.inf, 0.0)

    def _link_weights(
        self, table: int, cell: int, total: int, base: float, unknown_base: int | None
    ) -> None:
        """Yes and no each weigh between the smallest and the largest weight a person."""
        low, high = self._weights(cell)
        count, constrain = self.count[table, cell], self.programme.constrain
        constrain([total, count], [1.0, -low], 0.0, np.inf)
        constrain([total, count], [1.0, -high], -np.inf, 0.0)
        if unknown_base is None:
            n = self._cell_n(table, cell)
            constrain([total, count], [-1.0, low], low * n - base, np.inf)
            constrain([total, count], [-1.0, high], -np.inf, high * n - base)
        else:
            n_unknown = self.n[int(self.same_base[table]), cell]
            numbers = [unknown_base, total, n_unknown, count]
            constrain(numbers, [1.0, -1.0, -low, low], 0.0, np.inf)
            constrain(numbers, [1.0, -1.0, -high, high], -np.inf, 0.0)

    def _sum_counts(self, table: int, relation: Sum) -> None:
        n = self.stratum.n[table, [relation.whole, *relation.parts]]
        count = self.stratum.count[table, [relation.whole, *relation.parts]]
        people, yes = n[0] - n[1:].sum(), count[0] - count[1:].sum()
        people = people if np.isfinite(people) else yes
        if 0 <= yes <= people:
            numbers = [self.count[table, cell] for cell in (relation.whole, *relation.parts)]
            self._sum_with_rest(numbers, float(people), float(yes), whole=True)

    def _sum_totals(self, table: int, relation: Sum) -> None:
        cells = [relation.whole, *relation.parts]
        base = self.stratum.base[table, cells] / self.people
        total = self.stratum.total[table, cells] / self.people
        rest_base, rest = base[0] - base[1:].sum(), total[0] - total[1:].sum()
        noise = NOISE * base[0]
        if not -noise <= rest <= rest_base + noise:
            return
        numbers = [self.total[table, cell] for cell in cells]
        if rest_base <= noise:
            factors = [1.0] + [-1.0] * (len(numbers) - 1)
            self.programme.constrain(numbers, factors, float(rest), float(rest))
        else:
            self._sum_with_rest(numbers, float(rest_base), float(rest), whole=False)

    def _sum_with_rest(
        self, numbers: list[int], people: float, rest: float, *, whole: bool
    ) -> None:
        """First = Σ others + those whose group is not stated."""
        factors = [1.0] + [-1.0] * (len(numbers) - 1)
        if people > 0:
            numbers = [*numbers, self.programme.unknown(0.0, people, rest, whole=whole)]
            factors = [*factors, -1.0]
        self.programme.constrain(numbers, factors, 0.0, 0.0)

    # -- ties between tables

    def _add_ties(self) -> None:
        for partition in self.structure.partitions:
            for cell in self._cells_with(partition):
                self._add_partition(partition, cell)
        for whole, parts in self.structure.identities:
            for cell in self._cells_with((whole, *parts)):
                counts = self.stratum.count[[whole, *parts], cell]
                if counts[0] == counts[1:].sum():
                    numbers = [self.count[table, cell] for table in (whole, *parts)]
                    self._sum_with_rest(numbers, 0.0, 0.0, whole=True)
        for inner, outer in self.structure.subsets:
            self._add_subset(int(self.same_base[inner]), outer)

    def _cells_with(self, tables: tuple[int, ...]) -> list[int]:
        cells = range(len(self.stratum.cells))
        return [cell for cell in cells if all((table, cell) in self.count for table in tables)]

    def _add_partition(self, tables: tuple[int, ...], cell: int) -> None:
        """The yes-counts of all categories, and those who chose none, make up the base."""
        n = self._cell_n(tables[0], cell)
        rest = n - self.stratum.count[list(tables), cell].sum()
        if rest < 0:
            return
        numbers = [self.count[table, cell] for table in tables]
        unknown_n = self.n.get((int(self.same_base[tables[0]]), cell))
        if unknown_n is not None:
            self._sum_with_rest([unknown_n, *numbers], rest, rest, whole=True)
            return
        ones = [1.0] * len(numbers)
        self.programme.constrain(numbers, ones, n - rest, n - rest)
        if rest == 0 and all((table, cell) in self.total for table in tables):
            totals = [self.total[table, cell] for table in tables]
            base = self.stratum.total[list(tables), cell].sum() / self.people
            self.programme.constrain(totals, ones, float(base), float(base))

    def _add_subset(self, first: int, outer: int) -> None:
        """A base that lies within the yes of a sensitive table."""
        for cell in range(len(self.stratum.cells)):
            base, yes = self.stratum.n[first, cell], self.stratum.count[outer, cell]
            number, count = self.n.get((first, cell)), self.count.get((outer, cell))
            if count is None or not base <= yes:
                continue
            spare = 0.0 if self._same_everywhere(first, outer) else np.inf
            if number is None:
                self.programme.constrain([count], [1.0], float(base), float(base) + spare)
            else:
                self.programme.constrain([count, number], [1.0, -1.0], 0.0, spare)

    def _same_everywhere(self, first: int, outer: int) -> bool:
        base, yes = self.stratum.n[first], self.stratum.count[outer]
        known = np.isfinite(base) & np.isfinite(yes)
        return bool(np.array_equal(base[known], yes[known]))

    # -- an area against the rest of the region

    def _add_comparison(self, row: int, area: tuple[int, int], region: tuple[int, int]) -> None:
        """A shown difference ties the two sides when one of them is hidden."""
        if not self.said.says_value[row] or not {area, region} <= set(self.count):
            return
        if self.shows_value[area] and self.shows_value[region]:
            return
        if not self.stratum.shares[area[0]]:
            return
        totals, bases = self.stratum.total, self.stratum.base
        low, high = self._difference(row, totals, bases, area, region)
        self._tie(self.count, self.stratum.count, self.stratum.n, area, region, (low, high))
        if {area, region} <= set(self.total):
            scaled = (totals / self.people, bases / self.people)
            self._tie(self.total, *scaled, area, region, (low, high))

    def _difference(
        self,
        row: int,
        total: Floats,
        base: Floats,
        area: tuple[int, int],
        region: tuple[int, int],
    ) -> tuple[float, float]:
        """How far under and over the true difference the row allows it to be."""
        rest = (total[region] - total[area]) / (base[region] - base[area])
        truth = total[area] / base[area] - rest
        return self.said.value_low[row] - truth, self.said.value_high[row] - truth

    def _tie(
        self,
        unknowns: dict[tuple[int, int], int],
        truth: Floats,
        size: Floats,
        area: tuple[int, int],
        region: tuple[int, int],
        bounds: tuple[float, float],
    ) -> None:
        rest = size[region] - size[area]
        if not rest > 0 or not size[area] > 0:
            return
        factors = [1 / size[area] + 1 / rest, -1 / rest]
        value = factors[0] * truth[area] + factors[1] * truth[region]
        self.programme.constrain(
            [unknowns[area], unknowns[region]], factors, value + bounds[0], value + bounds[1]
        )

    # -- what is asked

    def secrets(self) -> Iterator[Secret]:
        """Everything that must not be known too narrowly."""
        width = float(self.rules.disclosure.protection_width)
        asked = self.count_secrets | (self.disclosed & self.stratum.sensitive)
        for (table, cell), number in sorted(self.count.items()):
            if asked[table, cell]:
                position = int(self.stratum.position[table, cell])
                required = min(width, self._widest(table, cell))
                yield Secret(number, position, "count", required)
                if (table, cell) in self.total:
                    n, base = self._cell_n(table, cell), self.stratum.base[table, cell]
                    person = float(base / n / self.people) if n > 0 else 1.0
                    required = min(width, n)
                    yield Secret(self.total[table, cell], position, "total", required, person)
        seen = set()
        for table, cell in zip(*np.nonzero(self.base_secrets), strict=True):
            first = int(self.same_base[table])
            if (first, int(cell)) not in seen:
                seen.add((first, int(cell)))
                position = int(self.stratum.position[table, cell])
                limit = self._public_base(int(table), int(cell))
                number = self._base_unknown(first, int(cell))
                yield Secret(number, position, "base", min(width, limit))

    def _widest(self, table: int, cell: int) -> float:
        """The widest range a count can have at all: 0 to its public base."""
        if (int(self.same_base[table]), cell) in self.n:
            return self._public_base(table, cell)
        n = self._cell_n(table, cell)
        return n if self.stratum.shares[table] and np.isfinite(n) else np.inf

    def _base_unknown(self, first: int, cell: int) -> int:
        """The unknown of a secret base; a constant when it is shown."""
        number = self.n.get((first, cell))
        if number is None:
            truth = self._cell_n(first, cell)
            number = self.programme.unknown(truth, truth, truth, whole=True)
        return number


def _few(people: Floats, rules: DisclosureRules) -> Booleans:
    return np.asarray(np.isin(people, np.arange(rules.smallest, rules.largest + 1)))


def _secret_counts(stratum: Stratum, rules: DisclosureRules) -> Booleans:
    """The secrets, from the rules (not from the suppression that is audited)."""
    yes, no = stratum.count, stratum.n - stratum.count
    shares = np.repeat(stratum.shares[:, None], len(stratum.cells), axis=1)
    kinds = [
        _few(yes, rules),
        shares & _few(no, rules) & rules.hide_complement,
        shares & (no == 0) & (yes > 0) & rules.hide_everybody,
        shares & (yes == 0) & (no > 0) & rules.hide_nobody,
    ]
    return np.asarray(np.logical_or.reduce(kinds) & stratum.sensitive)


def _same_bases(stratum: Stratum) -> np.ndarray:
    """For each table the first one whose base is the same in every cell."""
    first: dict[bytes, int] = {}
    rows = np.nan_to_num(stratum.n, nan=-1.0)
    return np.array([first.setdefault(row.tobytes(), table) for table, row in enumerate(rows)])


def _sums(stratum: Stratum, structure: Structure) -> Iterator[Sum]:
    """Groups to their place, areas to the region, finer to coarser groups."""
    cells = pd.DataFrame(stratum.cells).assign(number=np.arange(len(stratum.cells)))
    totals = cells[cells["breakdown"] == ""].set_index(["level", "area"])["number"]
    groups = cells[cells["breakdown"] != ""].groupby(["level", "area", "breakdown"])["number"]
    wholes = dict(zip(totals.index, totals, strict=True))
    for (level, area, _), numbers in groups:
        if (level, area) in wholes:
            yield Sum(int(wholes[level, area]), numbers.tolist())
    for _, same in cells.groupby(["breakdown", "group"]):
        areas = same.loc[same["level"] == "area", "number"].tolist()
        for region in same.loc[same["level"] == "region", "number"]:
            if areas:
                yield Sum(int(region), areas)
    for nesting in structure.nestings:
        finer = {part: whole for whole, parts in nesting.groups.items() for part in parts}
        for _, here in cells.groupby(["level", "area"]):
            fine = here[here["breakdown"] == nesting.fine]
            coarse = here[here["breakdown"] == nesting.coarse].set_index("group")["number"]
            for whole, numbers in fine.groupby(fine["group"].map(finer))["number"]:
                if whole in coarse.index and len(numbers) == len(nesting.groups[whole]):
                    yield Sum(int(coarse[whole]), numbers.tolist())

"""What everybody knows about the tables of a study beyond their numbers.

That the answers of a single-choice question add up to its base, that one breakdown is a
finer version of another, that the base of one indicator are the people another one counts,
between what weights lie. Part of it is declared by the study, the rest is seen in the data:
a regularity that holds in every cell is taken as known to a reader, because a reader can
notice it as well. Nothing here is ever published.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, permutations

import numpy as np

from analysis.release.tables import Booleans, Cell, Floats, Integers, Stratum, Table

#: How many people, relative to the larger of the two, may separate a base from the count
#: that it nearly is (people with an unknown answer).
NEARLY = 0.1
#: A breakdown with more groups than this is not tried as the finer of two.
FINEST = 12
#: Relative width under which a range of weights is one weight.
EQUAL_WEIGHTS = 1e-9
#: Relative difference under which two weighted totals are of the same people.
EQUAL_TOTALS = 1e-9

Item = tuple[str, str]


@dataclass(frozen=True)
class Identity:
    """The yes-counts of ``parts`` add up to that of ``whole``, in each cell."""

    whole: Item
    parts: tuple[Item, ...]


@dataclass(frozen=True)
class Nesting:
    """Each group of ``coarse`` is the union of groups of ``fine``."""

    fine: str
    coarse: str
    groups: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Declared:
    """What a study says about its tables.

    Parameters
    ----------
    sensitive_breakdowns
        Breakdowns whose membership itself is the secret.
    sensitive_bases
        Indicators (or one category of an indicator) whose base is chosen by a sensitive answer.
    exhaustive
        Indicators whose categories add up to the base.
    identities
        Sums between indicators that a reader knows (indicator, category).
    sources
        For an indicator computed from others: which.
    weight_ranges
        For each sample and area: smallest and largest weight.
    """

    sensitive_breakdowns: frozenset[str] = frozenset()
    sensitive_bases: frozenset[str | Item] = frozenset()
    exhaustive: frozenset[str] = frozenset()
    identities: tuple[Identity, ...] = ()
    sources: Mapping[str, Collection[str]] = field(default_factory=dict)
    weight_ranges: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)

    def has_sensitive_base(self, table: Table) -> bool:
        """Whether the base of a table is chosen by a sensitive answer."""
        return not self.sensitive_bases.isdisjoint(
            {table.indicator, (table.indicator, table.category)}
        )


@dataclass(frozen=True)
class Structure:
    """What is known about the tables of one stratum; tables by number.

    Parameters
    ----------
    partitions
        Tables whose yes-counts add up to the base.
    identities
        A table and the tables whose yes-counts add up to its own.
    subsets
        Pairs (a, b): the base of table a lies within the yes of table b.
    sensitive_bases
        Tables whose base is secret where it is small, in every cell.
    nestings
        Finer and coarser breakdowns.
    weights
        Smallest and largest weight by area, and of all under the empty name.
    """

    partitions: tuple[tuple[int, ...], ...]
    identities: tuple[tuple[int, tuple[int, ...]], ...]
    subsets: tuple[tuple[int, int], ...]
    sensitive_bases: frozenset[int]
    nestings: tuple[Nesting, ...]
    weights: dict[str, tuple[float, float]]

    @property
    def weighted(self) -> bool:
        """Whether weights differ at all."""
        low, high = self.weights[""]
        return high - low > EQUAL_WEIGHTS * high


def structure_of(stratum: Stratum, declared: Declared) -> Structure:
    """What is known about the tables of a stratum."""
    subsets, equal = _subsets(stratum, declared)
    bases = {
        number for number, table in enumerate(stratum.tables) if declared.has_sensitive_base(table)
    }
    return Structure(
        partitions=tuple(_partitions(stratum, declared)),
        identities=(*_declared_identities(stratum, declared), *_duplicates(stratum)),
        subsets=subsets,
        sensitive_bases=frozenset(bases | equal),
        nestings=tuple(nestings(stratum)),
        weights=_weights(stratum, declared),
    )


def guarded_tables(stratum: Stratum, structure: Structure) -> set[int]:
    """Tables that are sensitive, have a sensitive base, or are tied to such by what is known."""
    ties = [
        *structure.partitions,
        *((whole, *parts) for whole, parts in structure.identities),
        *structure.subsets,
    ]
    guarded = {*_sensitive_tables(stratum), *structure.sensitive_bases}
    grown = True
    while grown:
        tied = {table for tie in ties if guarded & set(tie) for table in tie}
        grown = not tied <= guarded
        guarded |= tied
    return guarded


def sensitive_base_cells(
    stratum: Stratum, structure: Structure, breakdowns: Collection[str]
) -> Booleans:
    """Where the unweighted base itself can be a secret (tables × cells)."""
    columns = np.array([cell.breakdown in breakdowns for cell in stratum.cells], dtype=bool)
    rows = np.zeros(len(stratum.tables), dtype=bool)
    rows[list(structure.sensitive_bases)] = True
    return np.asarray((rows[:, None] | columns[None, :]) & stratum.present)


def _partitions(stratum: Stratum, declared: Declared) -> Iterator[tuple[int, ...]]:
    by_indicator: dict[str, list[int]] = defaultdict(list)
    for number in np.flatnonzero(stratum.shares):
        by_indicator[stratum.tables[number].indicator].append(int(number))
    for indicator, numbers in by_indicator.items():
        if indicator in declared.exhaustive or (
            len(numbers) > 1 and _adds_up(stratum.n[numbers[0]], stratum.count[numbers])
        ):
            yield tuple(numbers)
    yield from _opposites(stratum)


def _adds_up(whole: Floats, parts: Floats, tolerance: float = 0.0) -> bool:
    """Whether the parts give the whole wherever all of them are known, and not only zeros."""
    total = parts.sum(axis=0)
    known = np.isfinite(whole) & np.isfinite(total)
    if not known.any() or not whole[known].any():
        return False
    return bool(np.allclose(whole[known], total[known], rtol=tolerance, atol=0.0))


def _totals(stratum: Stratum) -> Integers:
    return np.array([i for i, cell in enumerate(stratum.cells) if not cell.breakdown], dtype=int)


def _signatures(stratum: Stratum, values: Floats) -> dict[tuple[float, ...], list[int]]:
    """Share tables with a sensitive row or without, by their values in the totals."""
    found: dict[tuple[float, ...], list[int]] = defaultdict(list)
    totals = _totals(stratum)
    for number in np.flatnonzero(stratum.shares):
        if len(totals) and np.isfinite(values[number, totals]).any():
            key = np.concatenate([stratum.n[number, totals], values[number, totals]])
            found[tuple(np.nan_to_num(key, nan=-1.0))].append(int(number))
    return found


def _sensitive_tables(stratum: Stratum) -> set[int]:
    return set(np.flatnonzero(stratum.sensitive.any(axis=1)).tolist())


def _opposites(stratum: Stratum) -> Iterator[tuple[int, int]]:
    """Pairs of indicators of which one counts who the other does not."""
    sensitive = _sensitive_tables(stratum)
    yes = _signatures(stratum, stratum.count)
    no = _signatures(stratum, stratum.n - stratum.count)
    for key, numbers in yes.items():
        for a in numbers:
            for b in no.get(key, []):
                others = stratum.tables[a].indicator != stratum.tables[b].indicator
                wanted = a < b and others and sensitive & {a, b}
                if wanted and _same_people(stratum, a, (a, b), of_base=True):
                    yield a, b


def _duplicates(stratum: Stratum) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Tables that count the same people under two names."""
    sensitive = _sensitive_tables(stratum)
    for numbers in _signatures(stratum, stratum.count).values():
        for a, b in combinations(numbers, 2):
            if sensitive & {a, b} and _same_people(stratum, a, (b,), of_base=False):
                yield a, (b,)


def _same_people(stratum: Stratum, whole: int, parts: tuple[int, ...], of_base: bool) -> bool:
    """Whether tables add up to another in every cell, unweighted and weighted.

    Counts of a few areas agree by chance; weighted totals do not.
    """
    people, weight = (
        (stratum.n[whole], stratum.base[whole])
        if of_base
        else (stratum.count[whole], stratum.total[whole])
    )
    chosen = list(parts)
    return _adds_up(people, stratum.count[chosen]) and _adds_up(
        weight, stratum.total[chosen], EQUAL_TOTALS
    )


def _declared_identities(
    stratum: Stratum, declared: Declared
) -> Iterator[tuple[int, tuple[int, ...]]]:
    numbers = {
        (table.indicator, table.category): number
        for number, table in enumerate(stratum.tables)
        if stratum.shares[number]
    }
    for identity in declared.identities:
        if identity.whole in numbers and all(part in numbers for part in identity.parts):
            yield numbers[identity.whole], tuple(numbers[part] for part in identity.parts)


def _subsets(stratum: Stratum, declared: Declared) -> tuple[tuple[tuple[int, int], ...], set[int]]:
    """Bases that lie within a sensitive yes, and those that are just that yes."""
    counted = [t for t in sorted(_sensitive_tables(stratum)) if stratum.shares[t]]
    pairs: list[tuple[int, int]] = []
    equal: set[int] = set()
    # Neither can be where a base is larger than the yes in some cell; that is soon seen of all.
    larger = [(stratum.n > stratum.count[b]).any(axis=1) for b in counted]
    for a, table in enumerate(stratum.tables):
        for b in (b for b, too_large in zip(counted, larger, strict=True) if not too_large[a]):
            known = np.isfinite(stratum.n[a]) & np.isfinite(stratum.count[b])
            base, yes = stratum.n[a, known], stratum.count[b, known]
            if table.indicator == stratum.tables[b].indicator or known.sum() < 2 or not yes.any():
                continue
            if np.array_equal(base, yes):
                if _adds_up(stratum.base[a], stratum.total[[b]], EQUAL_TOTALS):
                    equal.add(a)
                    pairs.append((a, b))
            elif declared.has_sensitive_base(table) and _nearly(base, yes):
                pairs.append((a, b))
    return tuple(pairs), equal


def _nearly(base: Floats, yes: Floats) -> bool:
    return bool((base <= yes).all() and (yes - base).sum() <= NEARLY * yes.sum())


def nestings(stratum: Stratum) -> Iterator[Nesting]:
    """Pairs of breakdowns of which one is a finer version of the other.

    Seen in the data: in each area and table, unweighted and weighted, each group of the
    coarser breakdown is the sum of the same groups of the finer one.
    """
    people = {name: _people(stratum, name) for name in _breakdowns(stratum)}
    for fine, coarse in permutations(people, 2):
        if len(people[coarse]) < len(people[fine]) <= FINEST:
            groups = _nested_groups(people[fine], people[coarse])
            if groups is not None:
                yield Nesting(fine, coarse, groups)


def _breakdowns(stratum: Stratum) -> list[str]:
    return sorted({cell.breakdown for cell in stratum.cells} - {""})


def _people(stratum: Stratum, breakdown: str) -> dict[str, Floats]:
    """Unweighted bases and counts of each group, over areas and tables."""
    places = sorted({(cell.level, cell.area) for cell in stratum.cells})
    groups = sorted({cell.group for cell in stratum.cells if cell.breakdown == breakdown})
    absent = np.zeros(2 * len(stratum.tables))
    people = {}
    for group in groups:
        columns = [stratum.cell_numbers.get(Cell(*place, breakdown, group)) for place in places]
        blocks = [
            absent
            if column is None
            else np.concatenate([stratum.n[:, column], stratum.count[:, column]])
            for column in columns
        ]
        people[group] = np.nan_to_num(np.concatenate(blocks))
    return people


def _nested_groups(
    fine: Mapping[str, Floats], coarse: Mapping[str, Floats]
) -> dict[str, tuple[str, ...]] | None:
    """Which groups of the finer breakdown make up each group of the coarser one."""
    left = list(fine)
    groups: dict[str, tuple[str, ...]] = {}
    for name, whole in coarse.items():
        found = _parts_of(whole, {part: fine[part] for part in left})
        if not found:
            return None
        groups[name] = found
        left = [part for part in left if part not in found]
    return groups


def _parts_of(whole: Floats, fine: Mapping[str, Floats]) -> tuple[str, ...]:
    """The groups that add up to the whole everywhere; none when no choice does."""
    sums = {part: float(people.sum()) for part, people in fine.items()}
    people = float(whole.sum())
    for size in range(1, len(fine) + 1):
        for parts in combinations(fine, size):
            same_sum = people > 0 and sum(sums[part] for part in parts) == people
            if same_sum and np.array_equal(whole, np.sum([fine[part] for part in parts], axis=0)):
                return parts
    return ()


def _weights(stratum: Stratum, declared: Declared) -> dict[str, tuple[float, float]]:
    """The range of weights of each area, wide enough for every mean weight of a cell."""
    given = declared.weight_ranges.get(stratum.key[-1], {})
    areas = sorted({cell.area for cell in stratum.cells if cell.level == "area"})
    ranges = {area: _range([*_mean_weights(stratum, area), *given.get(area, ())]) for area in areas}
    everywhere = [*_mean_weights(stratum, None), *(w for pair in given.values() for w in pair)]
    return {**ranges, "": _range(everywhere)}


def _mean_weights(stratum: Stratum, area: str | None) -> Iterable[float]:
    columns = [
        number
        for number, cell in enumerate(stratum.cells)
        if area is None or (cell.level == "area" and cell.area == area)
    ]
    n, base = stratum.n[:, columns], stratum.base[:, columns]
    count, total = stratum.count[:, columns], stratum.total[:, columns]
    for weight, people in ((base, n), (total, count), (base - total, n - count)):
        known = np.isfinite(weight) & (people > 0)
        if known.any():
            ratio = weight[known] / people[known]
            yield float(ratio.min())
            yield float(ratio.max())


def _range(weights: Iterable[float]) -> tuple[float, float]:
    values = list(weights)
    return (min(values), max(values)) if values else (1.0, 1.0)

"""Weighted sums over cells: units crossed with the groups of several partitions, in one pass.

Everything that estimation needs of the respondents are sums over such cells. A respondent lies
in one cell of every partition, so the cells × respondents matrix has as many entries in every
column as there are partitions, and stands ready in compressed columns without any sorting;
its product with the table of values reads every value once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.estimation.domains import Domains, ranges
from analysis.weighting.numbering import count_of, numbered, numbered_jointly

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
Block = Callable[[slice], Floats]

#: Respondents whose values are read together; they and their sums fit a processor's cache.
_ROWS = 8192
#: Partitions are crossed while a combination has at least so many respondents of each unit.
_SHARED = 10
#: … and there are at most so many combinations, whose sums have to stay in the processor's cache.
_CROSSED = 200
#: Where respondents do not stand unit by unit, that goes for the combinations of all units.
_SCATTERED = 100_000


@dataclass(frozen=True)
class Units:
    """Groups of respondents, each within one place.

    Parameters
    ----------
    of_row
        Each respondent's unit.
    place
        Each unit's place; see :class:`analysis.estimation.domains.Domains`.
    """

    of_row: Codes
    place: Codes

    def __len__(self) -> int:
        return len(self.place)

    @cached_property
    def ordered(self) -> bool:
        """Whether respondents stand unit by unit."""
        return bool((np.diff(self.of_row) >= 0).all())

    def parents(self, coarser: Codes) -> Codes | None:
        """Each unit's coarser unit; None where a unit lies in several."""
        return function_of(self.of_row, len(self), coarser)


def units_within_places(*codes: Codes, domains: Domains) -> Units:
    """The groups of respondents alike in some codes and in their place."""
    joint = numbered_jointly(*codes)
    place = function_of(joint, count_of(joint), domains.places)
    if place is None:
        joint = numbered_jointly(joint, domains.places)
        place = function_of(joint, count_of(joint), domains.places)
    assert place is not None
    return Units(joint, place)


def function_of(units: Codes, count: int, values: Codes) -> Codes | None:
    """The value of each unit; None where respondents of a unit differ."""
    found = np.zeros(count, dtype=values.dtype)
    found[units] = values
    return found if np.array_equal(found[units], values) else None


@dataclass(frozen=True)
class Cells:
    """Units crossed with the slots (groups of all partitions) of domains.

    Parameters
    ----------
    units
        The units.
    index
        Respondents × crossings: a fine cell. A crossing is one partition, or several small
        ones crossed with each other, so that fewer sums run through the data.
    fine
        The number of fine cells.
    gather
        Cells × fine cells.
    unit, slot
        Of each cell; some cells may have no respondent.
    """

    units: Units
    index: NDArray[np.int32]
    fine: int
    gather: sparse.csr_matrix
    unit: Codes
    slot: Codes

    def __len__(self) -> int:
        return len(self.unit)

    @property
    def place(self) -> Codes:
        """The place of each cell."""
        return self.units.place[self.unit]

    def sums(self, block: Block, width: int, weights: Floats | None = None) -> Floats:
        """Weighted sums of some columns over the cells, cells × columns.

        Parameters
        ----------
        block
            Gives the columns of a slice of respondents, rows × ``width``, NaN nowhere.
        weights
            One per respondent; 1 when not given.
        """
        totals = np.zeros((self.fine, width))
        respondents, crossings = self.index.shape
        step = _ROWS if self.units.ordered else max(_ROWS, 2 * self.fine)
        for start in range(0, respondents if crossings else 0, step):
            rows = slice(start, min(start + step, respondents))
            index = self.index[rows]
            low, high = int(index.min()), int(index.max()) + 1
            each = np.ones(len(index)) if weights is None else weights[rows]
            ends = np.arange(0, index.size + 1, crossings, dtype=np.int32)
            entries = (np.repeat(each, crossings), (index - low).ravel(), ends)
            matrix = sparse.csc_matrix(entries, shape=(high - low, len(index)))
            totals[low:high] += matrix @ block(rows)
        return self.gather @ totals


def cells_of(units: Units, domains: Domains) -> Cells:
    """The cells of units and the groups of domains, numbered unit by unit."""
    levels = _levels(domains)
    limit = min(_CROSSED, domains.respondents // max(_SHARED * len(units), 1))
    if not units.ordered:
        limit = min(limit, _SCATTERED // max(len(units), 1))
    crossings = [_Crossing.of(domains, parts, levels) for parts in _together(levels, limit)]
    starts = np.cumsum([0, *(crossing.size for crossing in crossings)])
    width = int(starts[-1])
    keys = np.empty((domains.respondents, len(crossings)), dtype=np.int64)
    for place, crossing in enumerate(crossings):
        keys[:, place] = crossing.codes(domains) + starts[place]
    keys += (units.of_row * np.int64(width))[:, None]
    if len(units) * width <= 2 * keys.size + 1000:
        index, distinct = keys, np.arange(len(units) * width)
    else:
        index, distinct = numbered(keys, len(units) * width)
    fan = sparse.vstack([crossing.slots(domains) for crossing in crossings], format="csr")
    return _cells(units, index.astype(np.int32), distinct, fan)


def _cells(units: Units, index: NDArray[np.int32], fine: Codes, fan: sparse.csr_matrix) -> Cells:
    """Cells from fine cells, ``fan`` telling the slots of each crossing's groups."""
    width, slots = fan.shape
    unit, group = np.divmod(fine, max(width, 1))
    counts = np.diff(fan.indptr)[group]
    place = np.repeat(np.arange(len(fine)), counts)
    slot = fan.indices[ranges(fan.indptr[group], counts)]
    key = unit[place] * slots + slot
    if len(units) * slots <= 2 * index.size + 1000:
        cell, distinct = key, np.arange(len(units) * slots)
    else:
        cell, distinct = numbered(key, len(units) * slots)
    entries = (np.ones(len(cell)), (cell, place))
    gather = sparse.csr_matrix(entries, shape=(len(distinct), len(fine)))
    of_cell, of_slot = np.divmod(distinct, max(slots, 1))
    return Cells(units, index, len(fine), gather, of_cell, of_slot)


@dataclass(frozen=True)
class _Crossing:
    """Some partitions crossed; the group of none of a partition comes last.

    Parameters
    ----------
    partitions
        Their positions.
    levels, strides
        The number of groups of each, and how far apart they are numbered.
    """

    partitions: tuple[int, ...]
    levels: tuple[int, ...]
    strides: tuple[int, ...]

    @classmethod
    def of(cls, domains: Domains, partitions: tuple[int, ...], levels: Codes) -> _Crossing:
        own = tuple(int(levels[part]) for part in partitions)
        strides = tuple(int(np.prod(own[place + 1 :])) for place in range(len(own)))
        return cls(partitions, own, strides)

    @property
    def size(self) -> int:
        """The number of combinations."""
        return int(np.prod(self.levels))

    def codes(self, domains: Domains) -> NDArray[np.int32]:
        """Each respondent's combination."""
        found = np.zeros(domains.respondents, dtype=np.int32)
        for part, levels, stride in zip(self.partitions, self.levels, self.strides, strict=True):
            own = domains.partitions[part]
            own = own if levels == domains.sizes[part] else np.where(own < 0, levels - 1, own)
            found += own * np.int32(stride)
        return found

    def slots(self, domains: Domains) -> sparse.csr_matrix:
        """Combinations × slots, 1 where a combination is a part of a group."""
        starts = np.cumsum([0, *domains.sizes])
        rows, slots = [], []
        for part, levels, stride in zip(self.partitions, self.levels, self.strides, strict=True):
            group = np.arange(self.size) // stride % levels
            inside = np.flatnonzero(group < domains.sizes[part])
            rows.append(inside)
            slots.append(starts[part] + group[inside])
        row = np.concatenate(rows)
        entries = (np.ones(len(row)), (row, np.concatenate(slots)))
        return sparse.csr_matrix(entries, shape=(self.size, domains.slot_count))


def _levels(domains: Domains) -> Codes:
    """The groups of each partition, one more where respondents are in none."""
    lacking = [int(codes.min(initial=0)) < 0 for codes in domains.partitions]
    return np.maximum(np.array(domains.sizes, dtype=np.intp) + lacking, 1)


def _together(levels: Codes, limit: int) -> list[tuple[int, ...]]:
    """Which partitions to cross: the smallest, while all combinations are within a limit."""
    groups: list[tuple[tuple[int, ...], int]] = [
        ((part,), int(size)) for part, size in enumerate(levels)
    ]
    while len(groups) > 1:
        groups.sort(key=lambda group: group[1])
        (first, one), (second, two), *others = groups
        if one * two + sum(size for _, size in others) > limit:
            break
        groups = [(first + second, one * two), *others]
    return [parts for parts, _ in groups]

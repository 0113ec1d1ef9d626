"""Domains: the groups of respondents that estimates are made for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from analysis.errors import WorkbenchError

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Domains:
    """Groups of respondents, overlapping or not.

    A domain is one group of one partition of the respondents, in some places: the women in an
    area, and the women in all areas. So every respondent is looked up once for each partition,
    however many domains there are.

    Parameters
    ----------
    places
        Each respondent's place.
    partitions
        For each partition every respondent's group, −1 in none.
    sizes
        The number of groups of each partition.
    slots
        Each domain's group, numbered through all partitions.
    reach
        Domains × places: 1 where the domain reaches.
    labels
        One row per domain, its columns name it (``level``, ``area``, ``breakdown`` …).
    """

    places: Codes
    partitions: tuple[NDArray[np.int32], ...]
    sizes: tuple[int, ...]
    slots: Codes
    reach: sparse.csr_matrix
    labels: pd.DataFrame

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def respondents(self) -> int:
        """The number of respondents, in a domain or not."""
        return len(self.places)

    @property
    def slot_count(self) -> int:
        """The number of groups of all partitions together."""
        return sum(self.sizes)

    @cached_property
    def slots_of_rows(self) -> NDArray[np.int32]:
        """Respondents × partitions: the group, numbered through all partitions; −1 in none."""
        starts = np.cumsum([0, *self.sizes[:-1]], dtype=np.int32)
        parts = zip(self.partitions, starts, strict=True)
        return np.column_stack([np.where(codes >= 0, codes + start, -1) for codes, start in parts])

    @cached_property
    def members(self) -> sparse.csr_matrix:
        """Domains × respondents, 1 where the respondent belongs to the domain."""
        slots = max(self.slot_count, 1)
        row, part = np.nonzero(self.slots_of_rows >= 0)
        fine = self.places[row] * slots + self.slots_of_rows[row, part]
        shape = (self.reach.shape[1] * slots, self.respondents)
        of_fine = sparse.csr_matrix((np.ones(len(row)), (fine, row)), shape=shape)
        places = np.repeat(np.arange(self.reach.shape[1]), slots)
        groups = np.tile(np.arange(slots), self.reach.shape[1])
        found = self.owners(places, groups) @ of_fine
        found.sort_indices()
        return found

    def owners(self, place: Codes, slot: Codes) -> sparse.csr_matrix:
        """Domains × cells, 1 where a cell, given by its place and slot, belongs to a domain."""
        slots = max(self.slot_count, 1)
        key = place * slots + slot
        order = np.argsort(key, kind="stable")
        domain, reached = self.reach.nonzero()
        wanted = reached * slots + self.slots[domain]
        starts = np.searchsorted(key, wanted, sorter=order)
        counts = np.searchsorted(key, wanted, side="right", sorter=order) - starts
        cell = order[ranges(starts, counts)]
        entries = (np.ones(len(cell)), (np.repeat(domain, counts), cell))
        return sparse.csr_matrix(entries, shape=(len(self), len(place)))

    def at(self, chosen: Codes) -> Domains:
        """Some of the domains."""
        labels = self.labels.iloc[chosen].reset_index(drop=True)
        return replace(self, slots=self.slots[chosen], reach=self.reach[chosen], labels=labels)

    def rest(self, inner: Codes, outer: Codes) -> Domains:
        """What remains of the outer domains without the inner ones, pair by pair.

        Raises
        ------
        WorkbenchError
            If an inner domain is not the same group in fewer places.
        """
        remaining = (self.reach[outer] - self.reach[inner]).tocsr()
        remaining.eliminate_zeros()
        if (self.slots[inner] != self.slots[outer]).any() or remaining.data.min(initial=0) < 0:
            raise WorkbenchError("a domain is not a part of the one it is compared with")
        labels = self.labels.iloc[inner].reset_index(drop=True)
        return replace(self, slots=self.slots[inner], reach=remaining, labels=labels)

    def crossing(self, first: Codes, second: Codes) -> Codes:
        """Which pairs of domains are groups of two different partitions."""
        partition = np.repeat(np.arange(len(self.sizes)), self.sizes)
        return np.flatnonzero(partition[self.slots[first]] != partition[self.slots[second]]).astype(
            np.intp
        )

    def intersections(self, first: Codes, second: Codes) -> Domains:
        """What pairs of groups of two partitions have in common, a domain for each pair."""
        groups = np.unique(np.column_stack([self.slots[first], self.slots[second]]), axis=0)
        codes = []
        for pair in groups:
            first_in, second_in = ((self.slots_of_rows == slot).any(axis=1) for slot in pair)
            codes.append(np.where(first_in & second_in, 0, -1).astype(np.int32))
        key = groups[:, 0] * self.slot_count + groups[:, 1]
        slots = np.searchsorted(key, self.slots[first] * self.slot_count + self.slots[second])
        reach = self.reach[first].multiply(self.reach[second]).tocsr()
        labels = self.labels.iloc[first].reset_index(drop=True)
        return Domains(self.places, tuple(codes), (1,) * len(groups), slots, reach, labels)

    @classmethod
    def of_partitions(cls, partitions: Iterable[tuple[Codes, pd.DataFrame]]) -> Domains:
        """Domains of one or several partitions of the respondents.

        Parameters
        ----------
        partitions
            Each a pair: every respondent's position among the partition's domains (−1 in
            none), and the labels of these domains, in order. A domain may be empty.
        """
        parts = list(partitions)
        codes = tuple(np.asarray(part[0]).astype(np.int32) for part in parts)
        sizes = tuple(len(part[1]) for part in parts)
        labels = pd.concat([part[1] for part in parts], ignore_index=True)
        places: Codes = np.zeros(len(codes[0]), dtype=np.intp)
        reach = sparse.csr_matrix(np.ones((len(labels), 1)))
        return cls(places, codes, sizes, np.arange(len(labels)), reach, labels)

    @classmethod
    def of_members(cls, members: sparse.spmatrix, labels: pd.DataFrame) -> Domains:
        """Domains given by a matrix of domains × respondents, 1 for a member."""
        matrix = members.tocsr()
        parts: list[tuple[Codes, pd.DataFrame]] = []
        for domain in range(matrix.shape[0]):
            codes: Codes = np.full(matrix.shape[1], -1, dtype=np.intp)
            codes[matrix[[domain]].nonzero()[1]] = 0
            parts.append((codes, labels.iloc[[domain]]))
        return cls.of_partitions(parts)

    @classmethod
    def joined(cls, parts: Sequence[Domains]) -> Domains:
        """The domains of several, one after another."""
        labels = pd.concat([part.labels for part in parts], ignore_index=True)
        first = parts[0]
        if not all(part.places is first.places for part in parts):
            members = sparse.vstack([part.members for part in parts], format="csr")
            return cls.of_members(members, labels)
        reach = sparse.vstack([part.reach for part in parts], format="csr")
        if all(part.partitions is first.partitions for part in parts):
            slots = np.concatenate([part.slots for part in parts])
            return replace(first, slots=slots, reach=reach, labels=labels)
        starts = np.cumsum([0, *(part.slot_count for part in parts[:-1])])
        return cls(
            first.places,
            tuple(codes for part in parts for codes in part.partitions),
            tuple(size for part in parts for size in part.sizes),
            np.concatenate([p.slots + start for p, start in zip(parts, starts, strict=True)]),
            reach,
            labels,
        )

    @classmethod
    def by(cls, frame: pd.DataFrame, columns: Sequence[str]) -> Domains:
        """Every combination of values that occurs in some columns; all rows without columns.

        Rows in which one of the values is missing are in no domain. Categories come in their
        order, other values sorted.

        Raises
        ------
        WorkbenchError
            If the frame lacks a column.
        """
        if not columns:
            everyone: Codes = np.zeros(len(frame), dtype=np.intp)
            return cls.of_partitions([(everyone, pd.DataFrame(index=pd.RangeIndex(1)))])
        lacking = [column for column in columns if column not in frame]
        if lacking:
            raise WorkbenchError("there is no such column", got=", ".join(lacking))
        grouped = frame.groupby(list(columns), sort=True, observed=True, dropna=True)
        codes: Codes = grouped.ngroup().fillna(-1).to_numpy(dtype=np.intp).astype(np.intp)
        first = np.unique(codes, return_index=True)[1][int((codes < 0).any()) :]
        return cls.of_partitions([(codes, frame[list(columns)].iloc[first].reset_index(drop=True))])

    @classmethod
    def of_areas(
        cls,
        area: pd.Series,
        breakdowns: dict[str, pd.Series],
        whole: str,
        levels: Sequence[str] = ("area", "region"),
    ) -> Domains:
        """Areas and the region, whole and by every breakdown.

        Parameters
        ----------
        area
            Each respondent's area; a categorical keeps its order and its empty areas.
        breakdowns
            Variables by name, one value per respondent; missing is in no group.
        whole
            The code of the region.

        Returns
        -------
        Domains
            Labels ``level``, ``area``, ``breakdown`` and ``group``, the latter two empty for
            all respondents of an area.
        """
        coded, areas = _coded(area)
        places = np.where(coded < 0, len(areas), coded).astype(np.intp)
        groups = {name: _coded(values) for name, values in breakdowns.items()}
        parts = {"": (np.zeros(len(area), dtype=np.int32), [""]), **groups}
        names = {"area": areas, "region": [whole]}
        reach = {
            "area": sparse.eye_array(len(areas), len(areas) + 1, format="csr"),
            "region": sparse.csr_matrix(np.append(np.ones(len(areas)), 0.0)[None, :]),
        }
        crossed = [
            (_labels(level, names[level], name, parts[name][1]), reach[level], start)
            for level in levels
            for name, start in zip(parts, _starts(parts), strict=True)
        ]
        return cls(
            places,
            tuple(codes for codes, _ in parts.values()),
            tuple(len(of_part) for _, of_part in parts.values()),
            np.concatenate([_slots(labels, start) for labels, _, start in crossed]),
            sparse.vstack([_repeated(rows, labels) for labels, rows, _ in crossed], format="csr"),
            pd.concat([labels for labels, _, _ in crossed], ignore_index=True),
        )

    def wholes(self, inner: str = "area", outer: str = "region") -> Codes:
        """For each domain of the level ``inner`` the domain of ``outer`` it is a part of.

        The two have the same breakdown and group; −1 where there is none.
        """
        keys = self.labels[["breakdown", "group"]].astype("str").agg("\x1f".join, axis=1)
        outers = {
            key: place
            for place, (key, level) in enumerate(zip(keys, self.labels["level"], strict=True))
            if level == outer
        }
        found = keys.map(outers).fillna(-1).to_numpy(dtype=np.intp)
        return np.where(self.labels["level"] == inner, found, -1).astype(np.intp)


def ranges(starts: Codes, counts: Codes) -> Codes:
    """The numbers from each start on, so many as counted, one after another."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts)


def _starts(parts: dict[str, tuple[NDArray[np.int32], list[str]]]) -> Codes:
    sizes = [len(names) for _, names in parts.values()]
    return np.cumsum([0, *sizes[:-1]]).astype(np.intp)


def _labels(level: str, areas: Sequence[str], breakdown: str, groups: list[str]) -> pd.DataFrame:
    """One row for every group of a breakdown in every area, areas varying slowest."""
    return pd.DataFrame(
        {
            "level": level,
            "area": np.repeat(np.array(areas, dtype=object), len(groups)),
            "breakdown": breakdown,
            "group": list(groups) * len(areas),
        }
    )


def _slots(labels: pd.DataFrame, start: int) -> Codes:
    """The slots of a breakdown's groups, in each area."""
    groups = int((labels["area"] == labels["area"].iloc[0]).sum()) if len(labels) else 0
    return (start + np.arange(len(labels)) % max(groups, 1)).astype(np.intp)


def _repeated(rows: sparse.csr_matrix, labels: pd.DataFrame) -> sparse.csr_matrix:
    """Every area's row once for each of its groups."""
    return rows[np.repeat(np.arange(rows.shape[0]), len(labels) // rows.shape[0])]


def _coded(values: pd.Series) -> tuple[NDArray[np.int32], list[str]]:
    categories = values.astype("category").cat
    codes = np.asarray(categories.codes, dtype=np.int32)
    return codes, [str(name) for name in categories.categories]

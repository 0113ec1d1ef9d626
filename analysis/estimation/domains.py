"""Domains: the groups of respondents that estimates are made for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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

    Parameters
    ----------
    members
        Domains × respondents, 1 where the respondent belongs to the domain.
    labels
        One row per domain, its columns name it (``level``, ``area``, ``breakdown`` …).
    """

    members: sparse.csr_matrix
    labels: pd.DataFrame

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def respondents(self) -> int:
        """The number of respondents, in a domain or not."""
        return int(self.members.shape[1])

    @classmethod
    def of_partitions(cls, partitions: Iterable[tuple[Codes, pd.DataFrame]]) -> Domains:
        """Domains of one or several partitions of the respondents.

        Parameters
        ----------
        partitions
            Each a pair: every respondent's position among the partition's domains (−1 in
            none), and the labels of these domains, in order. A domain may be empty.
        """
        matrices, labels = [], []
        for codes, names in partitions:
            matrices.append(_indicator(np.asarray(codes), len(names)))
            labels.append(names)
        return cls(sparse.vstack(matrices, format="csr"), pd.concat(labels, ignore_index=True))

    @classmethod
    def joined(cls, parts: Sequence[Domains]) -> Domains:
        """The domains of several, one after another."""
        return cls(
            sparse.vstack([part.members for part in parts], format="csr"),
            pd.concat([part.labels for part in parts], ignore_index=True),
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
        places = {
            "area": _coded(area),
            "region": (np.where(area.isna(), -1, 0).astype(np.intp), [whole]),
        }
        everyone = (np.zeros(len(area), dtype=np.intp), [""])
        groups = {"": everyone, **{name: _coded(values) for name, values in breakdowns.items()}}
        return cls.of_partitions(
            _crossed(level, *places[level], name, *groups[name])
            for level in levels
            for name in groups
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


def _crossed(
    level: str,
    area_codes: Codes,
    areas: Sequence[str],
    breakdown: str,
    group_codes: Codes,
    groups: Sequence[str],
) -> tuple[Codes, pd.DataFrame]:
    absent = (area_codes < 0) | (group_codes < 0)
    codes = np.where(absent, -1, area_codes * len(groups) + group_codes)
    labels = pd.DataFrame(
        {
            "level": level,
            "area": np.repeat(np.array(areas, dtype=object), len(groups)),
            "breakdown": breakdown,
            "group": list(groups) * len(areas),
        }
    )
    return codes, labels


def _coded(values: pd.Series) -> tuple[Codes, list[str]]:
    categories = values.astype("category").cat
    return np.asarray(categories.codes, dtype=np.intp), [
        str(name) for name in categories.categories
    ]


def _indicator(codes: Codes, size: int) -> sparse.csr_matrix:
    inside = np.flatnonzero(codes >= 0)
    entries = (np.ones(len(inside)), (codes[inside], inside))
    return sparse.csr_matrix(entries, shape=(size, len(codes)))

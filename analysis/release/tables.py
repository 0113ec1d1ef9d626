"""The table of estimates as matrices: one row per table of counts, one column per cell.

A *table* is one category of one indicator of one sample and wave; a *cell* is a level,
area, breakdown and group. Rows that are computed from others (comparisons, differences)
are not counts of their own; they follow the rows they come from.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import WorkbenchError

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Booleans = NDArray[np.bool_]

STRATUM = ["study", "wave", "sample"]
TABLE = ["indicator", "category", "statistic"]
CELL = ["level", "area", "breakdown", "group"]

#: Statistics that are computed from other estimates, and counts of people in other tables.
DERIVED_STATISTICS = (
    "difference", "adjusted_difference", "comparison", "size", "count", "entrants",
)  # fmt: skip


class Table(NamedTuple):
    """One category of one indicator."""

    indicator: str
    category: str
    statistic: str


class Cell(NamedTuple):
    """One group of one breakdown in one area or the region; both empty for the total."""

    level: str
    area: str
    breakdown: str
    group: str


@dataclass(frozen=True)
class Stratum:
    """All tables of one sample in one wave.

    Parameters
    ----------
    key
        Study, wave and sample.
    tables, cells
        What the rows and columns of the matrices are.
    position
        Position of the row in the table of estimates, −1 where there is none.
    n, count, base, total
        Unweighted base, unweighted yes, weighted base and weighted yes; NaN where absent.
        For a statistic without a count (a mean) ``count`` is ``n``: everybody adds to the
        sum; its ``total`` is NaN.
    sensitive
        Whether the row uses a sensitive question.
    """

    key: tuple[str, ...]
    tables: list[Table]
    cells: list[Cell]
    position: Integers
    n: Floats
    count: Floats
    base: Floats
    total: Floats
    sensitive: Booleans

    @cached_property
    def cell_numbers(self) -> dict[Cell, int]:
        """The column of each cell."""
        return {cell: number for number, cell in enumerate(self.cells)}

    @cached_property
    def present(self) -> Booleans:
        """Where the table of estimates has a row."""
        return self.position >= 0

    @cached_property
    def shares(self) -> Booleans:
        """Which tables count a yes (the others are sums)."""
        return np.asarray(np.isfinite(self.total).any(axis=1))

    def spread(self, values: NDArray[Any], absent: Any) -> NDArray[Any]:
        """A column of the table of estimates as a matrix."""
        filled = np.asarray(values)[np.maximum(self.position, 0)]
        return np.where(self.present, filled, absent)


def is_derived(estimates: pd.DataFrame, sources: Collection[str] = ()) -> Booleans:
    """Which rows are computed from other rows of the table."""
    derived = (
        estimates["comparison"].ne("")
        | estimates["statistic"].isin(DERIVED_STATISTICS)
        | estimates["indicator"].isin(list(sources))
    )
    return derived.to_numpy(dtype=bool)


def strata(estimates: pd.DataFrame, sources: Collection[str] = ()) -> list[Stratum]:
    """The tables of counts of each sample and wave.

    Parameters
    ----------
    estimates
        The table of estimates (:mod:`analysis.estimates`).
    sources
        Indicators that are computed from others, besides those whose statistic says so.

    Raises
    ------
    WorkbenchError
        If an identity stands twice.
    """
    rows = estimates.reset_index(drop=True)
    rows = rows[~is_derived(rows, sources)]
    _refuse_repeated(rows)
    return [
        _stratum(tuple(str(part) for part in key), group)
        for key, group in rows.groupby(STRATUM, sort=True)
    ]


def comparison_sides(
    estimates: pd.DataFrame, sources: Mapping[str, Collection[str]]
) -> tuple[Integers, Integers]:
    """For each row of an area against the rest, where its area and its region stand.

    Returns
    -------
    area, region
        Positions in the table of estimates, one for each row of it; −1 for other rows and
        where the table has no such row. A comparison whose indicator names one source
        indicator compares that one.
    """
    keys = [*STRATUM, "indicator", "category", "breakdown", "group"]
    rows = estimates.reset_index(drop=True)
    plain = ~is_derived(rows, sources)
    one = {name: next(iter(names)) for name, names in sources.items() if len(names) == 1}
    wanted = rows[[*keys, "area"]].assign(
        indicator=rows["indicator"].map(lambda code: one.get(code, code))
    )
    areas, regions = plain & (rows["level"] == "area"), plain & (rows["level"] == "region")
    compared = rows["comparison"].ne("").to_numpy()
    return (
        np.where(compared, _positions(rows[areas], wanted, [*keys, "area"]), -1),
        np.where(compared, _positions(rows[regions], wanted, keys), -1),
    )


def _positions(rows: pd.DataFrame, wanted: pd.DataFrame, keys: list[str]) -> Integers:
    index = pd.MultiIndex.from_frame(rows[keys])
    if not index.is_unique:
        rows = rows.drop_duplicates(keys)
        index = pd.MultiIndex.from_frame(rows[keys])
    found = index.get_indexer(pd.MultiIndex.from_frame(wanted[keys]))
    places = rows.index.to_numpy(dtype=np.intp)
    if not len(places):
        return np.full(len(wanted), -1, dtype=np.intp)
    return np.where(found >= 0, places[np.maximum(found, 0)], -1)


def _refuse_repeated(rows: pd.DataFrame) -> None:
    repeated = rows.duplicated([*STRATUM, *TABLE, *CELL])
    if repeated.any():
        first = rows[repeated].iloc[0][[*STRATUM, *TABLE, *CELL]]
        raise WorkbenchError(
            "a row of the table of estimates stands twice",
            got=", ".join(str(value) for value in first if value != ""),
            hint="each indicator, category, area and group may be estimated once",
        )


def _stratum(key: tuple[str, ...], rows: pd.DataFrame) -> Stratum:
    table_numbers, tables = pd.MultiIndex.from_frame(rows[TABLE]).factorize(sort=True)
    cell_numbers, cells = pd.MultiIndex.from_frame(rows[CELL]).factorize(sort=True)
    shape = (len(tables), len(cells))
    position = np.full(shape, -1, dtype=np.intp)
    position[table_numbers, cell_numbers] = rows.index.to_numpy()
    count = rows["count"].where(rows["count"].notna(), rows["n"])
    # Nobody in the base: the total is 0, though there is no share.
    share = rows["estimate"].where(rows["n"] != 0, 0.0)
    total = (share * rows["base"]).where(rows["count"].notna())

    def matrix(values: pd.Series) -> Floats:
        filled = np.full(shape, np.nan)
        filled[table_numbers, cell_numbers] = values.to_numpy(dtype=float)
        return filled

    sensitive = np.zeros(shape, dtype=bool)
    sensitive[table_numbers, cell_numbers] = rows["sensitive"].to_numpy(dtype=bool)
    return Stratum(
        key=tuple(str(part) for part in key),
        tables=[Table(*map(str, table)) for table in tables],
        cells=[Cell(*map(str, cell)) for cell in cells],
        position=position,
        n=matrix(rows["n"]),
        count=matrix(count),
        base=matrix(rows["base"]),
        total=matrix(total),
        sensitive=sensitive,
    )

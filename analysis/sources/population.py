"""Population by age and sex, as the Czech Statistical Office gives it out.

A layout is recognised by its columns, never by the file's name. Rows and columns of totals
are compared with their parts and then left out, so that nothing is counted twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Issue
from analysis.sources.columns import Table, name_key
from analysis.sources.statistical_tables import (
    AREA_COLUMNS,
    LISTED_ISSUES,
    MUNICIPALITY_COLUMNS,
    columns_by_key,
    counts_of,
    first_column,
    folded,
    no_layout,
    place_codes,
    place_column,
    read_statistical_table,
    read_values,
)

POPULATION_COLUMNS = ("code", "level", "sex", "age_from", "age_to", "count")

# The names that columns have in the files of the Office and in tables made from them.
_SEX = ("pohlavi", "poh")
_AGE = ("vek_skupina", "vekova_skupina", "vek")
_COUNT = ("pocet", "pocet_obyvatel", "hodnota")
_TOTAL = ("celkem", "uhrn", "total")
_NUTS = re.compile(r"CZ0[0-9A-Z]{0,3}")
_NUTS_LEVELS = {3: "state", 4: "cohesion_region", 5: "region", 6: "district"}

_SEXES = {
    "male": ("muz", "muzi", "m", "male", "1"),
    "female": ("zena", "zeny", "z", "f", "female", "2"),
    "total": _TOTAL,
}


class _Age(NamedTuple):
    """Completed years, inclusive; ``last`` is infinite in an open group."""

    first: int
    last: float

    @property
    def is_total(self) -> bool:
        return self.first < 0


_ALL_AGES = _Age(-1, np.inf)


@dataclass(frozen=True)
class _Counts:
    """Counts of places by sex (rows) and age (columns), before totals are left out."""

    table: Table
    frame: pd.DataFrame  # code, level, sex, row: what each row of ``values`` is
    ages: tuple[_Age, ...]
    values: NDArray[np.float64]


def read_population(
    path: Path | str, *, sheet: str | None = None
) -> tuple[pd.DataFrame, list[Issue]]:
    """Inhabitants by place, sex and age.

    Read are the layouts (CSV of any usual encoding and delimiter, or ``.xlsx``):

    - a row for each area (``orp_kod``) or municipality (``obec_kod``), ``pohlavi``,
      ``vek_skupina``, with the count in ``pocet``;
    - a row for each year of age (``vek``), a column for each NUTS or LAU code;
    - the municipal workbooks: rows by ``POH`` and ``ZUJ``, columns of ages.

    Parameters
    ----------
    path
        The file. It is only read.
    sheet
        The sheet of a workbook; the one that has a known layout when not given.

    Returns
    -------
    population, issues
        code, level (``municipality``, ``area``, ``district``, ``region``,
        ``cohesion_region``, ``state``), sex (``male``, ``female``; ``total`` where the file
        does not tell them apart), age_from, age_to (completed years, inclusive; NA in the
        open group), count. Where a file has single years and groups of them, the groups
        are returned. Totals that differ from their parts, and unknown counts, are issues.

    Raises
    ------
    WorkbenchError
        If the file is missing or cannot be read, has none of the layouts, or holds a cell
        that cannot be meant.
    """
    names = (*MUNICIPALITY_COLUMNS, *AREA_COLUMNS, *_SEX, *_AGE, *_COUNT, *_TOTAL)
    table = read_statistical_table(Path(path), sheet, names)
    counts = _recognised(table)
    issues = list(table.issues)
    for leave_out in (
        _without_repeated_ages,
        _without_nested_ages,
        _without_age_totals,
        _without_sex_totals,
    ):
        counts, found = leave_out(counts)
        issues += found
    issues += [*_unknown_counts(counts), *_territorial_sums(counts)]
    return _population_frame(counts), issues


# --- sexes and ages ----------------------------------------------------------------------


def _sex(text: str) -> str | None:
    key = name_key(folded(text))
    return next((sex for sex, names in _SEXES.items() if key in names), None)


_CLOSED_AGE = re.compile(r"(\d{1,3})\s*(?:[-–—−]|az)\s*(\d{1,3})(?: let)?")
_OPEN_AGE = re.compile(r"(\d{1,3})\s*(?:\+|a vice)(?: let)?")
_SINGLE_AGE = re.compile(r"(\d{1,3})(?:\.0+)?(?: let| roky?)?")
_REPEATED = re.compile(r" \(\d+\)$")


def _age(text: str) -> _Age | None:
    """``15-19``, ``15–19 let``, ``85+``, ``85 a více let``, ``7`` or ``celkem``."""
    plain = " ".join(folded(_REPEATED.sub("", text)).split())
    if plain in _TOTAL:
        return _ALL_AGES
    if match := _CLOSED_AGE.fullmatch(plain):
        first, last = int(match[1]), int(match[2])
        return _Age(first, last) if first <= last else None
    if match := _OPEN_AGE.fullmatch(plain):
        return _Age(int(match[1]), np.inf)
    if match := _SINGLE_AGE.fullmatch(plain):
        return _Age(int(match[1]), int(match[1]))
    return None


_AGE_WORDS = "15-19, 85+, 7 or celkem (Excel may have turned 5-9 into a date)"

# --- layouts ----------------------------------------------------------------------


def _recognised(table: Table) -> _Counts:
    found = columns_by_key(table)
    place, sex, age = place_column(found), first_column(found, _SEX), first_column(found, _AGE)
    count = first_column(found, _COUNT)
    if not len(table):
        raise table.error("this table has a header and no rows", row=1)
    if place and sex and age and count:
        return _tidy(table, *place, sex, age, count)
    regions = [name for name in table.columns if _NUTS.fullmatch(name.upper())]
    if age and not place and regions:
        return _by_region(table, age, regions)
    ages = [name for name in table.columns if _age(name) is not None]
    if place and sex and len(ages) > 1:
        return _by_age(table, *place, sex, ages)
    raise no_layout(
        table,
        "population",
        "orp_kod or obec_kod, pohlavi, vek_skupina, pocet; or vek, CZ0…; or POH, ZUJ, ages",
    )


def _tidy(table: Table, place: str, level: str, sex: str, age: str, count: str) -> _Counts:
    long = pd.DataFrame(
        {
            "code": place_codes(table, place),
            "sex": read_values(table, sex, _sex, "muž, žena or celkem"),
            "age": read_values(table, age, _age, _AGE_WORDS),
            "row": table.rows,
        }
    )
    _refuse_doubled(table, long, place)
    labels = tuple(sorted(set(long["age"])))
    frame = long.drop_duplicates(["code", "sex"]).drop(columns="age").assign(level=level)
    keys = pd.MultiIndex.from_frame(frame[["code", "sex"]])
    values = np.full((len(frame), len(labels)), np.nan)
    places = keys.get_indexer(pd.MultiIndex.from_frame(long[["code", "sex"]]))
    values[places, long["age"].map(labels.index)] = counts_of(table, count)
    return _Counts(table, frame.reset_index(drop=True), labels, values)


def _refuse_doubled(table: Table, long: pd.DataFrame, column: str) -> None:
    doubled = long.duplicated(["code", "sex", "age"]).to_numpy()
    if doubled.any():
        first = long[doubled].iloc[0]
        raise table.error(
            "the same place, sex and age stand in two rows",
            row=int(first["row"]),
            column=column,
            got=f"{first['code']}, {first['sex']}, {_label(first['age'])}",
            hint="the file may have been put together twice",
        )


def _by_age(table: Table, place: str, level: str, sex: str, ages: Sequence[str]) -> _Counts:
    frame = pd.DataFrame(
        {
            "code": place_codes(table, place),
            "level": level,
            "sex": read_values(table, sex, _sex, "celkem, muži or ženy"),
            "row": table.rows,
        }
    )
    doubled = frame.duplicated(["code", "sex"])
    if doubled.any():
        first = frame[doubled].iloc[0]
        raise table.error(
            "the same place and sex stand in two rows",
            row=int(first["row"]),
            column=place,
            got=f"{first['code']}, {first['sex']}",
        )
    labels = tuple(age for name in ages if (age := _age(name)) is not None)
    values = np.column_stack([counts_of(table, name) for name in ages])
    return _Counts(table, frame, labels, values)


def _by_region(table: Table, age: str, regions: Sequence[str]) -> _Counts:
    labels = read_values(table, age, _age, _AGE_WORDS)
    values = np.vstack([counts_of(table, name) for name in regions])
    codes = [name.upper() for name in regions]
    frame = pd.DataFrame(
        {
            "code": codes,
            "level": [_NUTS_LEVELS[len(code)] for code in codes],
            "sex": "total",
            "row": int(table.rows[0]) - 1,
        }
    )
    return _Counts(table, frame, tuple(labels), values)


# --- totals and parts ------------------------------------------------------------


def _label(age: _Age) -> str:
    if age.is_total:
        return "all ages"
    if age.first == age.last:
        return str(age.first)
    return f"{age.first}+" if np.isinf(age.last) else f"{age.first}–{age.last:.0f}"


def _kept(counts: _Counts, positions: Sequence[int]) -> _Counts:
    ages = tuple(counts.ages[position] for position in positions)
    return replace(counts, ages=ages, values=counts.values[:, list(positions)])


def _differences(
    counts: _Counts, whole: NDArray[np.float64], parts: NDArray[np.float64], what: str
) -> Iterator[Issue]:
    """An issue for each row whose known total is not the sum of its known parts."""
    differs = np.flatnonzero((whole != parts) & ~np.isnan(whole) & ~np.isnan(parts))
    for position in differs[:LISTED_ISSUES]:
        row = counts.frame.iloc[position]
        yield counts.table.issue(
            f"{what} differs from the sum of its parts ({row['code']}, {row['sex']})",
            "error",
            where=counts.table.rows == row["row"],
            expected=f"{parts[position]:.0f}",
            got=f"{whole[position]:.0f}",
            hint="the parts are used; check which of the two is right",
        )
    if len(differs) > LISTED_ISSUES:
        rest = len(differs) - LISTED_ISSUES
        yield counts.table.issue(f"{what} differs in {rest} rows more", "error")


def _without_repeated_ages(counts: _Counts) -> tuple[_Counts, list[Issue]]:
    """The municipal workbooks repeat the open group beside the five-year groups."""
    first: dict[_Age, int] = {}
    issues: list[Issue] = []
    for position, age in enumerate(counts.ages):
        if first.setdefault(age, position) != position:
            original = counts.values[:, first[age]]
            what = f"the second column {_label(age)}"
            issues += _differences(counts, counts.values[:, position], original, what)
    return _kept(counts, list(first.values())), issues


def _without_nested_ages(counts: _Counts) -> tuple[_Counts, list[Issue]]:
    """The groups alone, where a file has single years and groups of them."""
    single = [index for index, age in enumerate(counts.ages) if age.first == age.last]
    groups = [
        index
        for index, age in enumerate(counts.ages)
        if not age.is_total and age.first < age.last < np.inf
    ]
    if not single or not groups:
        _refuse_overlaps(counts)
        return counts, []
    issues: list[Issue] = []
    for index in groups:
        age = counts.ages[index]
        inside = [i for i in single if age.first <= counts.ages[i].first <= age.last]
        if len(inside) == age.last - age.first + 1:
            parts = counts.values[:, inside].sum(axis=1)
            what = f"the group {_label(age)}"
            issues += _differences(counts, counts.values[:, index], parts, what)
    grouped = _kept(counts, [i for i in range(len(counts.ages)) if i not in single])
    _refuse_overlaps(grouped)
    return grouped, issues


def _refuse_overlaps(counts: _Counts) -> None:
    ages = sorted(age for age in counts.ages if not age.is_total)
    for age, following in pairwise(ages):
        if following.first != age.last + 1:
            raise counts.table.error(
                "the age groups overlap or leave a gap",
                expected="each group begins where the one before ends",
                got=f"{_label(age)}, then {_label(following)}",
            )


def _without_age_totals(counts: _Counts) -> tuple[_Counts, list[Issue]]:
    totals = [index for index, age in enumerate(counts.ages) if age.is_total]
    parts = [index for index, age in enumerate(counts.ages) if not age.is_total]
    if not parts:
        raise counts.table.error("the population is not told apart by age", got="totals only")
    if not totals:
        return counts, []
    sums = counts.values[:, parts].sum(axis=1)
    whole = counts.values[:, totals[0]]
    return _kept(counts, parts), list(_differences(counts, whole, sums, "the total of all ages"))


def _without_sex_totals(counts: _Counts) -> tuple[_Counts, list[Issue]]:
    frame = counts.frame
    is_total = (frame["sex"] == "total").to_numpy()
    if is_total.all():
        return counts, []
    issues = list(_single_sexes(counts))
    if is_total.any():
        issues += _sex_differences(counts, is_total)
    kept = np.flatnonzero(~is_total)
    values = counts.values[kept]
    return replace(counts, frame=frame.iloc[kept].reset_index(drop=True), values=values), issues


def _single_sexes(counts: _Counts) -> Iterator[Issue]:
    sexes = counts.frame.groupby("code")["sex"].agg(set)
    for code, found in sexes.items():
        missing = {"male", "female"} - found
        if missing:
            yield counts.table.issue(
                f"the place {code} has no row for a sex", "error", got=", ".join(sorted(found)),
                expected=" and ".join(sorted(missing)),
            )  # fmt: skip


def _sex_differences(counts: _Counts, is_total: NDArray[np.bool_]) -> Iterator[Issue]:
    values = pd.DataFrame(counts.values, index=counts.frame["code"])
    parts = values[~is_total].groupby(level=0).sum(min_count=2)
    totals = replace(
        counts, frame=counts.frame[is_total].reset_index(drop=True), values=counts.values[is_total]
    )
    sums = parts.reindex(totals.frame["code"]).to_numpy()
    different = np.nan_to_num(np.abs(totals.values - sums)).max(axis=0) > 0
    for position in np.flatnonzero(different):
        what = f"the total of both sexes, {_label(counts.ages[position])},"
        yield from _differences(totals, totals.values[:, position], sums[:, position], what)


def _unknown_counts(counts: _Counts) -> Iterator[Issue]:
    unknown = np.argwhere(np.isnan(counts.values))
    for row, column in unknown[:LISTED_ISSUES]:
        place = counts.frame.iloc[row]
        yield counts.table.issue(
            f"a count is missing or not known ({place['code']}, {place['sex']})",
            "error",
            where=counts.table.rows == place["row"],
            column=_label(counts.ages[column]),
            hint="it is left out; a total that holds it cannot be made",
        )


def _territorial_sums(counts: _Counts) -> Iterator[Issue]:
    """Where places contain each other by their NUTS codes, the parts make the whole."""
    frame = counts.frame
    if set(frame["level"]) <= {"municipality", "area"}:
        return
    codes = frame["code"].to_numpy()
    for position, code in enumerate(codes):
        parts = [i for i, part in enumerate(codes) if part[:-1] == code]
        if parts and (counts.values[parts].sum(axis=0) != counts.values[position]).any():
            yield counts.table.issue(
                f"{code} differs from the sum of its parts",
                "error",
                column=code,
                expected=f"{counts.values[parts].sum():.0f}",
                got=f"{counts.values[position].sum():.0f}",
            )


def _population_frame(counts: _Counts) -> pd.DataFrame:
    places, ages = counts.values.shape
    position = np.repeat(np.arange(places), ages)
    lasts = [pd.NA if np.isinf(age.last) else int(age.last) for age in counts.ages]
    frame = pd.DataFrame(
        {
            "code": counts.frame["code"].to_numpy(dtype=object)[position],
            "level": counts.frame["level"].to_numpy(dtype=object)[position],
            "sex": counts.frame["sex"].to_numpy(dtype=object)[position],
            "age_from": np.tile([age.first for age in counts.ages], places),
            "age_to": pd.array(lasts * places, dtype="Int64"),
            "count": counts.values.ravel(),
        }
    )
    known = frame.dropna(subset=["count"]).astype(
        {"code": "str", "level": "str", "sex": "str", "count": "int64"}
    )
    order = ["code", "sex", "age_from"]
    # Men before women, as in the tables of the territory.
    ordered = known.sort_values(order, ascending=[True, False, True], kind="stable")
    return ordered.reset_index(drop=True)[list(POPULATION_COLUMNS)]

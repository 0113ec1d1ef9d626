"""Reading the territory tables and refusing what cannot be meant, with file and row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.definitions import read_rows, suggestion
from analysis.errors import Issue, WorkbenchError

_LISTED_ISSUES = 10
_POPULATION_COLUMN = re.compile(r"population_(\d{8})")
_MUNICIPALITY_TYPES = ("I", "II", "III")
_SEXES = ("male", "female")


@dataclass(frozen=True, eq=False)
class Tables:
    """The territory tables, typed and checked against each other.

    Codes and names are text, blank where the table is; dates are ``datetime64`` (NaT where
    blank), counts ``int64``, coordinates degrees.
    """

    regions: pd.DataFrame
    areas: pd.DataFrame
    municipalities: pd.DataFrame
    population: pd.DataFrame
    education: pd.DataFrame
    education_levels: pd.DataFrame
    sources: pd.DataFrame
    population_date: date

    def valid_on(self, day: date) -> Tables:
        """Only what existed on a day; see :meth:`analysis.territory.Territory.valid_on`."""
        regions = _valid(self.regions, day)
        areas = _valid(self.areas, day)
        areas = areas[areas["region"].isin(regions["code"])].reset_index(drop=True)
        municipalities, population = _returned_to_predecessors(self, day)
        existing = municipalities["area"].isin(areas["code"])
        municipalities = municipalities[existing].reset_index(drop=True)
        kept = population["municipality"].isin(municipalities["code"])
        education = self.education[self.education["area"].isin(areas["code"])]
        return replace(
            self,
            regions=regions,
            areas=areas,
            municipalities=municipalities,
            population=population[kept].reset_index(drop=True),
            education=education.reset_index(drop=True),
        )


def table_paths(folder: Path) -> list[Path]:
    """The files that the territory is read from."""
    return [folder / f"{name}.csv" for name in _SPECIFICATIONS]


def read_tables(folder: Path) -> Tables:
    """The tables of a folder.

    Raises
    ------
    WorkbenchError
        If a table is missing or lacks a column; if a cell is blank, no number, no date or
        negative; if a code stands twice or refers to nothing; if parts do not add up.
    """
    raw = {
        name: _read(folder / f"{name}.csv", specification)
        for name, specification in _SPECIFICATIONS.items()
    }
    _refuse(folder, (issue for table in raw.values() for issue in _cell_issues(table)))
    typed = {name: _typed(table) for name, table in raw.items()}
    _refuse(folder, _cross_issues(raw, typed))
    column = raw["municipalities"].population_column
    return Tables(
        regions=typed["regions"],
        areas=typed["areas"],
        municipalities=typed["municipalities"].rename(columns={column: "population"}),
        population=typed["population_by_municipality"],
        education=typed["education_by_area"],
        education_levels=typed["education_levels"].assign(
            known=typed["education_levels"]["known"] == "yes"
        ),
        sources=typed["sources"],
        population_date=date.fromisoformat(column.removeprefix("population_")),
    )


# --- one table ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Specification:
    columns: str
    key: str
    optional: str = ""
    counts: str = ""
    degrees: str = ""
    dates: str = ""
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    large: bool = False


_SPECIFICATIONS = {
    "regions": _Specification(
        "code ruian_code czso_code name genitive locative name_en valid_from valid_to",
        key="code",
        optional="valid_from valid_to",
        dates="valid_from valid_to",
    ),
    "areas": _Specification(
        "code ruian_code region name genitive locative seat_municipality seat_latitude "
        "seat_longitude valid_from valid_to",
        key="code",
        optional="valid_from valid_to",
        degrees="seat_latitude seat_longitude",
        dates="valid_from valid_to",
    ),
    "municipalities": _Specification(
        "code name area region type latitude longitude population_YYYYMMDD valid_from valid_to "
        "predecessor",
        key="code",
        optional="valid_from valid_to predecessor",
        counts="population_YYYYMMDD",
        degrees="latitude longitude",
        dates="valid_from valid_to",
        choices={"type": _MUNICIPALITY_TYPES},
    ),
    "population_by_municipality": _Specification(
        "municipality sex age_from age_to count",
        key="municipality sex age_from",
        optional="age_to",
        counts="age_from age_to count",
        choices={"sex": _SEXES},
        large=True,
    ),
    "education_by_area": _Specification(
        "area education count", key="area education", counts="count"
    ),
    "education_levels": _Specification(
        "code label::cs label::en known census_codes census_column",
        key="code",
        choices={"known": ("yes", "no")},
    ),
    "sources": _Specification(
        "table column publisher title publisher::en title::en reference_date licence"
        " identifier note",
        key="table column",
        optional="publisher::en title::en reference_date identifier note",
    ),
}


@dataclass(frozen=True)
class _Table:
    """A table as text, with the row number of each of its rows."""

    path: Path
    specification: _Specification
    frame: pd.DataFrame
    rows: NDArray[np.int64]

    @property
    def population_column(self) -> str:
        """The column whose name ends with the day of the count."""
        names = map(str, self.frame.columns)
        return next((name for name in names if _POPULATION_COLUMN.fullmatch(name)), "")

    def named(self, words: str) -> list[str]:
        """Column names of the specification as this file spells them."""
        names = words.split()
        return [
            self.population_column or name if name == "population_YYYYMMDD" else name
            for name in names
        ]

    def issues(self, wrong: Any, column: str, what: str, **details: Any) -> Iterator[Issue]:
        """An issue for each row that is marked wrong."""
        positions = np.flatnonzero(np.asarray(wrong, dtype=bool))
        for position in positions[:_LISTED_ISSUES]:
            cell = str(self.frame[column].iloc[position]) if column in self.frame else None
            yield Issue(
                what,
                file=str(self.path),
                row=int(self.rows[position]),
                column=column,
                got=cell or None,
                **details,
            )
        if len(positions) > _LISTED_ISSUES:
            rest = len(positions) - _LISTED_ISSUES
            yield Issue(f"{what}: {rest} rows more", file=str(self.path), column=column)


def _read(path: Path, specification: _Specification) -> _Table:
    if specification.large and path.is_file():
        frame = _read_large(path)
        rows = np.arange(2, len(frame) + 2)
    else:
        read = read_rows(path)
        frame = pd.DataFrame([row.values for row in read], dtype="str")
        rows = np.array([row.number for row in read], dtype=np.int64)
    table = _Table(path, specification, frame, rows)
    expected = table.named(specification.columns)
    issues = list(_header_issues(path, list(frame.columns), expected))
    if issues:
        raise WorkbenchError(f"{path.name} cannot be used", file=path, row=1, issues=issues)
    return replace(table, frame=frame[expected])


def _read_large(path: Path) -> pd.DataFrame:
    try:
        frame = pd.read_csv(
            path, dtype="str", na_filter=False, skip_blank_lines=False, encoding="utf-8-sig"
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise WorkbenchError(
            "this table cannot be read",
            file=path,
            expected="CSV in UTF-8 with commas, each row as long as the header",
            got=str(error).strip().splitlines()[0],
        ) from None
    if not isinstance(frame.index, pd.RangeIndex):
        raise WorkbenchError("the rows have more cells than the header", file=path, row=2)
    return frame


def _header_issues(path: Path, columns: list[str], expected: list[str]) -> Iterator[Issue]:
    if not columns:
        yield Issue("the table has no rows", file=str(path), row=2)
        return
    for name in expected:
        if name not in columns:
            yield Issue(f"the column {name} is missing", file=str(path), row=1, column=name)
    for name in columns:
        if name not in expected:
            hint = suggestion(name, expected)
            yield Issue(f"unknown column {name}", file=str(path), row=1, column=name, hint=hint)


def _cell_issues(table: _Table) -> Iterator[Issue]:
    specification, frame = table.specification, table.frame
    optional = table.named(specification.optional)
    for column in frame.columns:
        if column not in optional:
            yield from table.issues(frame[column] == "", column, f"{column} is blank")
    for column in table.named(specification.counts):
        fits = frame[column].str.fullmatch(r"\d+") | (frame[column] == "")
        yield from table.issues(~fits, column, f"{column} is no count", expected="0, 1, 2, …")
    for column in table.named(specification.degrees):
        numbers = pd.to_numeric(frame[column], errors="coerce")
        outside = ~numbers.between(-180, 180) & (frame[column] != "")
        yield from table.issues(outside, column, f"{column} is no angle", expected="degrees")
    for column in table.named(specification.dates):
        wrong = _dates(frame[column]).isna() & (frame[column] != "")
        yield from table.issues(wrong, column, f"{column} is no date", expected="YYYY-MM-DD")
    for column, choices in specification.choices.items():
        unknown = ~frame[column].isin(choices) & (frame[column] != "")
        expected = ", ".join(choices)
        yield from table.issues(unknown, column, f"{column} is unknown", expected=expected)
    key = specification.key.split()
    doubled = frame.duplicated(key)
    yield from table.issues(doubled, key[0], f"{' and '.join(key)} stand in two rows")


def _dates(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, format="%Y-%m-%d", errors="coerce")


def _typed(table: _Table) -> pd.DataFrame:
    frame = table.frame.copy()
    for column in table.named(table.specification.counts):
        numbers = pd.to_numeric(frame[column])
        has_blanks = bool((frame[column] == "").any())
        frame[column] = numbers.astype("Int64") if has_blanks else numbers.astype("int64")
    for column in table.named(table.specification.degrees):
        frame[column] = frame[column].astype("float64")
    for column in table.named(table.specification.dates):
        frame[column] = _dates(frame[column])
    return frame


# --- the tables against each other --------------------------------------------------------


def _cross_issues(raw: dict[str, _Table], typed: dict[str, pd.DataFrame]) -> Iterator[Issue]:
    yield from _reference_issues(raw)
    yield from _ruian_issues(raw)
    yield from _membership_issues(raw)
    yield from _seat_issues(raw)
    yield from _validity_issues(raw, typed)
    yield from _age_issues(raw, typed)
    yield from _sum_issues(raw, typed)
    yield from _education_issues(raw)


_REFERENCES = (
    ("areas", "region", "regions"),
    ("areas", "seat_municipality", "municipalities"),
    ("municipalities", "area", "areas"),
    ("municipalities", "region", "regions"),
    ("municipalities", "predecessor", "municipalities"),
    ("population_by_municipality", "municipality", "municipalities"),
    ("education_by_area", "area", "areas"),
    ("education_by_area", "education", "education_levels"),
)


def _reference_issues(raw: dict[str, _Table]) -> Iterator[Issue]:
    for name, column, target in _REFERENCES:
        values = raw[name].frame[column]
        lost = ~values.isin(raw[target].frame["code"]) & (values != "")
        what = f"{column} is not in {target}.csv"
        yield from raw[name].issues(lost, column, what)


def _ruian_issues(raw: dict[str, _Table]) -> Iterator[Issue]:
    for name in ("regions", "areas"):
        doubled = raw[name].frame["ruian_code"].duplicated()
        yield from raw[name].issues(doubled, "ruian_code", "ruian_code stands in two rows")


def _membership_issues(raw: dict[str, _Table]) -> Iterator[Issue]:
    table = raw["municipalities"]
    region_of = raw["areas"].frame.drop_duplicates("code").set_index("code")["region"]
    expected = table.frame["area"].map(region_of)
    differs = expected.notna() & (expected != table.frame["region"])
    yield from table.issues(differs, "region", "the region is not that of the area")
    areas = raw["areas"]
    empty = ~areas.frame["code"].isin(table.frame["area"])
    yield from areas.issues(empty, "code", "no municipality belongs to this area")


def _seat_issues(raw: dict[str, _Table]) -> Iterator[Issue]:
    table, seats = raw["municipalities"], raw["areas"].frame["seat_municipality"]
    differs = (table.frame["type"] == "III") != table.frame["code"].isin(seats)
    what = "type III and seat_municipality in areas.csv disagree"
    yield from table.issues(differs, "type", what, expected="III for seats, only for them")


def _validity_issues(raw: dict[str, _Table], typed: dict[str, pd.DataFrame]) -> Iterator[Issue]:
    for name in ("regions", "areas", "municipalities"):
        backward = typed[name]["valid_from"] > typed[name]["valid_to"]
        yield from raw[name].issues(backward, "valid_to", "valid_to is before valid_from")


def _age_issues(raw: dict[str, _Table], typed: dict[str, pd.DataFrame]) -> Iterator[Issue]:
    """Each municipality and sex has the same age groups, without gap or overlap, from 0 up."""
    table, frame = raw["population_by_municipality"], typed["population_by_municipality"]
    following = frame.groupby(["municipality", "sex"])["age_from"].shift(-1)
    last = following.isna()
    wrong = frame["age_to"].isna() != last
    wrong |= (~last) & ((frame["age_to"] + 1).fillna(-1) != following.fillna(-1))
    first = ~frame.duplicated(["municipality", "sex"])
    wrong |= first & (frame["age_from"] != 0)
    what = "the age groups have a gap, overlap, or are not in order"
    expected = "age_to + 1 = the next age_from; blank in the last group"
    yield from table.issues(wrong.fillna(True), "age_to", what, expected=expected)
    groups = frame.groupby("municipality")["age_from"].size()
    complete = frame["municipality"].map(groups) == groups.mode().iloc[0]
    what = "this municipality has other age groups or sexes than most"
    yield from table.issues(first & ~complete, "municipality", what)


def _sum_issues(raw: dict[str, _Table], typed: dict[str, pd.DataFrame]) -> Iterator[Issue]:
    table = raw["municipalities"]
    column = table.population_column
    sums = typed["population_by_municipality"].groupby("municipality")["count"].sum()
    expected = typed["municipalities"]["code"].map(sums)
    differs = expected != typed["municipalities"][column]
    what = "the population is not the sum of population_by_municipality.csv"
    yield from table.issues(differs, column, what)


def _education_issues(raw: dict[str, _Table]) -> Iterator[Issue]:
    table, areas = raw["education_by_area"].frame, raw["areas"]
    levels = len(raw["education_levels"].frame)
    counted = areas.frame["code"].map(table.groupby("area").size()).fillna(0)
    what = "education_by_area.csv lacks a level of this area"
    yield from areas.issues(counted != levels, "code", what, expected=f"{levels} levels")


def _refuse(folder: Path, issues: Iterable[Issue]) -> None:
    found = list(issues)
    if found:
        raise WorkbenchError("the territory tables cannot be used", file=folder, issues=found)


# --- the tables of a day ------------------------------------------------------------------


def _valid(frame: pd.DataFrame, day: date) -> pd.DataFrame:
    return frame[_is_valid(frame, day)].reset_index(drop=True)


def _is_valid(frame: pd.DataFrame, day: date) -> pd.Series:
    moment = pd.Timestamp(day)
    begun = frame["valid_from"].isna() | (frame["valid_from"] <= moment)
    return begun & (frame["valid_to"].isna() | (frame["valid_to"] >= moment))


def _returned_to_predecessors(tables: Tables, day: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The municipalities of a day and their population, later ones counted to predecessors."""
    frame = tables.municipalities
    later = frame["valid_from"] > pd.Timestamp(day)
    mother = dict(zip(frame["code"], frame["predecessor"], strict=True))
    follow = _ancestor_finder(mother, set(frame.loc[later, "code"]))
    target = {code: follow(code) for code in frame["code"]}
    counts = tables.population.assign(municipality=tables.population["municipality"].map(target))
    keys = ["municipality", "sex", "age_from", "age_to"]
    counts = counts.groupby(keys, sort=False, dropna=False)["count"].sum().reset_index()
    totals = frame["population"].groupby(frame["code"].map(target)).sum()
    existing = frame[_is_valid(frame, day)]
    return existing.assign(population=existing["code"].map(totals)), counts


def _ancestor_finder(mother: dict[str, str], later: set[str]) -> Callable[[str], str]:
    def follow(code: str) -> str:
        seen = {code}
        while code in later and mother.get(code) and mother[code] not in seen:
            code = mother[code]
            seen.add(code)
        return code

    return follow

"""The territory as data: region → area → municipality, with codes, names in their cases, dates,
population, education and geometry.

An *area* is an administrative district for which reports are made; in the tables of
``studies/catalogues/territory`` it is a district of a municipality with extended powers (ORP),
whose code is CISORP. The registry RÚIAN numbers the same districts otherwise; both codes
stand side by side and are told apart here and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from analysis.errors import WorkbenchError
from analysis.territory_tables import Tables, read_tables, table_paths

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

Level = Literal["municipality", "area", "region"]
Case = Literal["nominative", "genitive", "locative", "english"]
CodeKind = Literal["region", "area", "municipality"]
CodeSystem = Literal["own", "ruian", "czso"]
#: A class of municipalities by population: its name, lowest and highest population (inclusive).
SizeBand = tuple[str, float, float]

_CASE_COLUMNS: Mapping[Case, str] = {
    "nominative": "name",
    "genitive": "genitive",
    "locative": "locative",
    "english": "name_en",
}


class Place(NamedTuple):
    """A region, area or municipality that a text or code may mean; ``score`` is 0–100."""

    code: str
    name: str
    score: float


class CodeIdentity(NamedTuple):
    """What a code is: of which level, in which system, and the code that is used here."""

    kind: CodeKind
    system: CodeSystem
    given: str
    code: str
    name: str


@dataclass(frozen=True, eq=False)
class Territory:
    """The regions, areas and municipalities of the tables. Nothing in it can be changed.

    Every frame handed out is the caller's own: changing it changes nothing here.
    """

    tables: Tables

    # --- the rows -------------------------------------------------------------------------

    @property
    def regions(self) -> pd.DataFrame:
        """Code (CZ-NUTS), ruian_code, czso_code (of census files), name, genitive, locative,
        name_en, valid_from, valid_to.
        """
        return self.tables.regions.copy(deep=False)

    @property
    def areas(self) -> pd.DataFrame:
        """code, ruian_code, region, name, genitive, locative, seat_municipality,
        seat_latitude, seat_longitude (degrees, WGS 84), valid_from, valid_to.
        """
        return self.tables.areas.copy(deep=False)

    @property
    def municipalities(self) -> pd.DataFrame:
        """code, name, area, region, type (I, II, III), latitude, longitude (degrees, WGS 84),
        population (on :attr:`population_date`), valid_from, valid_to, predecessor.
        """
        return self.tables.municipalities.copy(deep=False)

    @property
    def education_levels(self) -> pd.DataFrame:
        """code, label::cs, label::en, known (whether the level says what the education is),
        census_codes and census_column (what of the census files the level collects).
        """
        return self.tables.education_levels.copy(deep=False)

    @property
    def sources(self) -> pd.DataFrame:
        """table, column, publisher, title (and in English), date, licence, identifier, note."""
        return self.tables.sources.copy(deep=False)

    @property
    def population_date(self) -> date:
        """The day on which the population was counted."""
        return self.tables.population_date

    def areas_of(self, region: str) -> tuple[str, ...]:
        """The codes of a region's areas, in the order of the tables.

        Raises
        ------
        WorkbenchError
            If there is no such region.
        """
        code = self._region(region)
        areas = self.tables.areas
        return tuple(areas.loc[areas["region"] == code, "code"])

    def valid_on(self, day: date) -> Territory:
        """The territory as it stood on a day.

        The population of a municipality that came into being later is counted to the one it
        left, so that every area keeps its total.
        """
        return replace(self, tables=self.tables.valid_on(day))

    # --- figures --------------------------------------------------------------------------

    def population(self, level: Level = "area", region: str | None = None) -> pd.DataFrame:
        """Inhabitants by sex and five-year age group on :attr:`population_date`.

        Parameters
        ----------
        level
            What the rows are counted by.
        region
            Only this region; all regions when not given.

        Returns
        -------
        DataFrame
            code, sex (``male``, ``female``), age_from, age_to (completed years, inclusive;
            ``age_to`` is NA in the open group), count; in this order of rows.

        Raises
        ------
        WorkbenchError
            If there is no such region.
        """
        counts = self._population_with_places(region)
        keys = ["code", "sex", "age_from", "age_to"]
        counts = counts.assign(code=counts[_checked_level(level)])
        grouped = counts.groupby(keys, sort=False, dropna=False, observed=True)["count"].sum()
        return grouped.reset_index().sort_values("code", kind="stable", ignore_index=True)

    def education(self, region: str | None = None) -> pd.DataFrame:
        """Usual residents aged 15 and over by highest completed education.

        Returns
        -------
        DataFrame
            area, education (a code of :attr:`education_levels`), count.

        Raises
        ------
        WorkbenchError
            If there is no such region.
        """
        table = self.tables.education
        if region is not None:
            table = table[table["area"].isin(self.areas_of(region))]
        return table.reset_index(drop=True)

    def municipality_sizes(self, region: str | None = None, age_from: int = 0) -> pd.DataFrame:
        """The population of each municipality, and of it those of some age.

        Returns
        -------
        DataFrame
            code, name, area, region, population (all ages: what a size class goes by),
            count (inhabitants from the age group of ``age_from`` up).

        Raises
        ------
        WorkbenchError
            If there is no such region, or no age group begins at ``age_from``.
        """
        municipalities = self._municipalities_of(region)
        counts = self.population("municipality", region)
        if age_from not in set(counts["age_from"]):
            raise WorkbenchError(
                "no age group of the population begins at this age",
                expected=", ".join(str(age) for age in counts["age_from"].unique()),
                got=str(age_from),
            )
        old_enough = counts[counts["age_from"] >= age_from].groupby("code")["count"].sum()
        frame = municipalities[["code", "name", "area", "region", "population"]]
        return frame.assign(count=frame["code"].map(old_enough)).reset_index(drop=True)

    def size_classes(
        self,
        bands: Sequence[SizeBand],
        region: str | None = None,
        age_from: int = 0,
        level: Literal["area", "region"] = "area",
    ) -> pd.DataFrame:
        """Inhabitants by the size class of their municipality.

        Parameters
        ----------
        bands
            Each class: name, lowest and highest population of a municipality, inclusive and
            possibly infinite.
        region, age_from
            As in :meth:`municipality_sizes`.
        level
            What the rows are counted by.

        Returns
        -------
        DataFrame
            code, size_class, count; every class of every place, 0 where it has none.

        Raises
        ------
        WorkbenchError
            If a municipality falls into no class or into several.
        """
        sizes = self.municipality_sizes(region, age_from)
        names = [name for name, _, _ in bands]
        sizes = sizes.assign(size_class=_bands_of(sizes, bands), code=sizes[level])
        counts = sizes.groupby(["code", "size_class"])["count"].sum()
        places = sizes["code"].drop_duplicates().sort_values()
        cells = pd.MultiIndex.from_product([places, names], names=["code", "size_class"])
        return counts.reindex(cells, fill_value=0).reset_index()

    def area_of(self, municipalities: pd.Series) -> pd.Series:
        """The area of each municipality; missing where the code is unknown or missing."""
        return self._looked_up(municipalities, "area").astype("str")

    def population_of(self, municipalities: pd.Series) -> pd.Series:
        """The population of each municipality; NaN where the code is unknown or missing."""
        return self._looked_up(municipalities, "population").astype("float64")

    # --- names and codes ------------------------------------------------------------------

    def name(self, code: str, case: Case = "nominative") -> str:
        """A place in words.

        Parameters
        ----------
        code
            Of a region, an area or a municipality.
        case
            The Czech case; the locative stands with its preposition. ``english`` gives a
            region's English name and every other place's own.

        Raises
        ------
        WorkbenchError
            If there is no such place, or its name is not known in this case (municipalities
            that are not seats of an area).
        """
        row = self._names.get(str(code))
        if row is None:
            raise self._unknown(str(code), "place")
        name = row.get(_CASE_COLUMNS[case]) or (row["name"] if case == "english" else "")
        if not name:
            raise WorkbenchError(
                f"the name of the municipality {code} is known in the nominative only",
                got=case,
                hint="inflected names are in regions.csv and areas.csv",
            )
        return name

    def places(self, level: Level, region: str | None = None) -> pd.Series:
        """The names of a level's places, by code, in the order of the tables.

        Raises
        ------
        WorkbenchError
            If there is no such level or region.
        """
        frames = {
            "municipality": self.tables.municipalities,
            "area": self.tables.areas,
            "region": self.tables.regions,
        }
        frame = frames[_checked_level(level)]
        if region is not None:
            column = "code" if level == "region" else "region"
            frame = frame[frame[column] == self._region(region)]
        return frame.set_index("code")["name"]

    def slug(self, code: str) -> str:
        """A place's name in small letters, digits and hyphens, for file names and addresses.

        Raises
        ------
        WorkbenchError
            If there is no such place.
        """
        return re.sub(r"[^a-z0-9]+", "-", _folded(self.name(code))).strip("-")

    def identify_code(self, code: str) -> CodeIdentity | None:
        """What a code means, in whichever system; None where nothing has it.

        A code that both systems use means what it means in the tables' own.
        """
        return self._identities.get(_plain_code(code))

    def area_code(self, code: str) -> str:
        """The code of an area, when it is one.

        Raises
        ------
        WorkbenchError
            If it is not; where it is the RÚIAN code of an area, or a municipality's code,
            the message names the code that is meant.
        """
        found = self.identify_code(code)
        if found is None:
            raise self._unknown(str(code), "area")
        if (found.kind, found.system) == ("area", "own"):
            return found.code
        raise WorkbenchError(_mistaken(found), expected="a CISORP code", got=str(code),
                             hint=self._meant_area(found))  # fmt: skip

    def suggest(
        self,
        text: str,
        among: Literal["areas", "municipalities"] = "areas",
        limit: int = 3,
    ) -> tuple[Place, ...]:
        """The places nearest to a text or to a code, the nearest first.

        A text is compared with the names, without regard to diacritics and case; a code with
        the codes, and a RÚIAN code stands for its area.
        """
        frame = self.tables.areas if among == "areas" else self.tables.municipalities
        plain = _plain_code(text)
        found = self.identify_code(plain)
        if found is not None and found.code in set(frame["code"]):
            return (Place(found.code, found.name, 100.0),)
        choices = frame["code"] if plain.isdigit() else frame["name"].map(_folded)
        scorer = fuzz.ratio if plain.isdigit() else fuzz.WRatio
        best = process.extract(
            _folded(plain), list(choices), scorer=scorer, limit=limit, score_cutoff=60
        )
        places = tuple(
            Place(frame["code"].iloc[position], frame["name"].iloc[position], float(score))
            for _, score, position in best
        )
        return tuple(place for place in places if place.score == 100) or places

    # --- geometry -------------------------------------------------------------------------

    def geometry(
        self,
        level: Level = "area",
        region: str | None = None,
        boundaries: Path | None = None,
    ) -> GeoDataFrame:
        """Polygons of a region's places, official where they are at hand, else schematic.

        Parameters
        ----------
        level
            What each polygon is.
        region
            Only this region; all regions when not given.
        boundaries
            A file with official boundaries (GeoJSON, GeoPackage, TopoJSON), or a folder in
            which one may lie. Where nothing lies there, the polygons are schematic.

        Returns
        -------
        GeoDataFrame
            code, name, geometry in S-JTSK (EPSG:5514), metres. ``attrs["schematic"]`` tells
            whether the boundaries are schematic, ``attrs["source"]`` where they come from.

        Raises
        ------
        WorkbenchError
            If there is no such region, or the official boundaries cannot be used or lack a
            place.
        """
        from analysis import geometry

        places = self.places(level, region)
        file = geometry.boundary_file(boundaries, level) if boundaries is not None else None
        if file is not None:
            return geometry.official_boundaries(file, places, self.aliases(level))
        if level == "region":
            areas = self.geometry("area", region, boundaries)
            regions = areas["code"].map(self.tables.areas.set_index("code")["region"])
            return geometry.dissolved(areas, regions, places)
        points = self._municipalities_of(region)
        groups = points["code" if level == "municipality" else level]
        return geometry.schematic_boundaries(points, groups, places)

    def aliases(self, level: Level) -> dict[str, str]:
        """Every code by which the places of a level are known, with the code used here."""
        return {found.given: found.code for found in self._known_codes if found.kind == level}

    # --- inside ---------------------------------------------------------------------------

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        """The inflected names by code; a seat has those of its area."""
        tables = self.tables
        cases = ["name", "genitive", "locative"]
        frames = (
            tables.municipalities.set_index("code")[["name"]],
            tables.areas.set_index("seat_municipality")[cases],
            tables.areas.set_index("code")[cases],
            tables.regions.set_index("code")[[*cases, "name_en"]],
        )
        return {
            str(code): {str(case): str(form) for case, form in row.items()}
            for frame in frames
            for code, row in frame.to_dict("index").items()
        }

    @cached_property
    def _known_codes(self) -> tuple[CodeIdentity, ...]:
        """Every code with what it means, the tables' own codes last."""
        tables = self.tables
        columns: tuple[tuple[CodeKind, CodeSystem, pd.DataFrame, str], ...] = (
            ("region", "czso", tables.regions, "czso_code"),
            ("region", "ruian", tables.regions, "ruian_code"),
            ("area", "ruian", tables.areas, "ruian_code"),
            ("municipality", "own", tables.municipalities, "code"),
            ("region", "own", tables.regions, "code"),
            ("area", "own", tables.areas, "code"),
        )
        return tuple(
            CodeIdentity(kind, system, alias, code, name)
            for kind, system, frame, column in columns
            for alias, code, name in zip(frame[column], frame["code"], frame["name"], strict=True)
        )

    @cached_property
    def _identities(self) -> dict[str, CodeIdentity]:
        return {found.given: found for found in self._known_codes}

    @cached_property
    def _by_municipality(self) -> pd.DataFrame:
        return self.tables.municipalities.set_index("code")

    def _looked_up(self, codes: pd.Series, column: str) -> pd.Series:
        # Each distinct code is read once, whatever the number of respondents.
        positions, distinct = pd.factorize(codes)
        plain = pd.Index([_plain_code(code) for code in distinct], dtype="str")
        values = self._by_municipality[column].reindex(plain)
        found = values.to_numpy(dtype=object, na_value=np.nan)
        return pd.Series(np.append(found, np.nan)[positions], index=codes.index)

    def _population_with_places(self, region: str | None) -> pd.DataFrame:
        counts = self.tables.population
        places = self._by_municipality[["area", "region"]]
        counts = counts.join(places, on="municipality")
        if region is not None:
            counts = counts[counts["region"] == self._region(region)]
        return counts

    def _municipalities_of(self, region: str | None) -> pd.DataFrame:
        frame = self.tables.municipalities
        return frame if region is None else frame[frame["region"] == self._region(region)]

    def _region(self, code: str) -> str:
        if code not in set(self.tables.regions["code"]):
            raise self._unknown(code, "region")
        return code

    def _unknown(self, code: str, what: str) -> WorkbenchError:
        regions = ", ".join(self.tables.regions["code"])
        near = self.suggest(code, "areas", limit=1) if what != "region" else ()
        return WorkbenchError(
            f"the territory tables know no {what} {code}",
            expected=f"one of {regions}" if what == "region" else "a code of the territory tables",
            got=code,
            hint=f"did you mean {near[0].code} {near[0].name}?" if near else None,
        )

    def _meant_area(self, found: CodeIdentity) -> str | None:
        if found.kind == "municipality":
            code = str(self._by_municipality.loc[found.code, "area"])
            return f"its area is {code} {self.name(code)}"
        return f"use {found.code}" if found.kind == "area" else None


def load_territory(catalogues: Path) -> Territory:
    """The territory from the tables in the folder ``territory`` of the catalogues.

    The tables are read once and again only when one of them changes.

    Parameters
    ----------
    catalogues
        The folder of shared catalogues.

    Raises
    ------
    WorkbenchError
        If a table is missing or cannot be meant; each issue names file and row.
    """
    folder = catalogues / "territory"
    states = tuple(_state(path) for path in table_paths(folder))
    return _loaded(folder.resolve(), states)


@lru_cache(maxsize=8)
def _loaded(folder: Path, states: tuple[tuple[int, int], ...]) -> Territory:
    return Territory(read_tables(folder))


def _state(path: Path) -> tuple[int, int]:
    if not path.is_file():
        return 0, 0
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _checked_level(level: str) -> str:
    if level not in ("municipality", "area", "region"):
        raise WorkbenchError(
            "the territory has no such level", expected="municipality, area or region", got=level
        )
    return level


def _bands_of(sizes: pd.DataFrame, bands: Iterable[SizeBand]) -> pd.Series:
    population = sizes["population"].to_numpy()
    chosen = np.full(len(sizes), "", dtype=object)
    times = np.zeros(len(sizes), dtype=int)
    for name, low, high in bands:
        inside = (population >= low) & (population <= high)
        chosen[inside] = name
        times += inside
    if (times != 1).any():
        row = sizes.iloc[int(np.flatnonzero(times != 1)[0])]
        several = "several size classes" if times.max() > 1 else "no size class"
        raise WorkbenchError(
            f"the municipality {row['code']} {row['name']} falls into {several}",
            expected="bands that cover every population once",
            got=f"{row['population']} inhabitants",
        )
    return pd.Series(chosen, index=sizes.index, dtype="str")


def _plain_code(code: object) -> str:
    """A code as text: ``7.0`` and 7 are ``7``, spaces around it do not count."""
    return re.sub(r"\.0+$", "", str(code).strip())


def _folded(text: str) -> str:
    """A text in small letters without diacritics."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold()


def _mistaken(found: CodeIdentity) -> str:
    if (found.kind, found.system) == ("area", "ruian"):
        return f"this is the RÚIAN code of the area {found.name}, not its CISORP code"
    return f"this is the code of a {found.kind}, {found.name}, not of an area"

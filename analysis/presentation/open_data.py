"""The released rows as open data: CSV tables, a code book and CSV on the Web metadata.

One long table of released rows, the lists of its codes in both languages, a code book of
every column, and ``csv-metadata.json`` after the W3C's *Metadata Vocabulary for Tabular Data*
(2015), which any program for CSV on the Web reads and checks the tables by. Codes for "all"
and "does not apply" are those of SDMX (``_T``, ``_Z``), so that no key has an empty cell.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Literal

import pandas as pd

from analysis.definitions import Definition, parse_rows, read_rows, suggestion
from analysis.errors import WorkbenchError
from analysis.presentation.annex_definition import read_annex
from analysis.presentation.naming import Names
from analysis.presentation.rows import DIFFERENCES, RANK, read_released, read_run_record
from analysis.presentation.wording import filled
from analysis.questionnaire import Labels
from analysis.study import Study

#: SDMX: the total over a breakdown; a dimension that does not apply.
TOTAL: Final = "_T"
NOT_APPLICABLE: Final = "_Z"
#: The one state of all rows that are hidden to protect respondents.
HIDDEN: Final = "suppressed_disclosure"
DISCLOSURE_STATES: Final = ["suppressed_primary", "suppressed_complementary"]
METADATA_FILE: Final = "csv-metadata.json"

_FOLDER = Path(__file__).parent
_LANGUAGES = ("cs", "en")
_UNITS = {"percent": "share", "points": "points", "number": "number",
          "persons": "persons"}  # fmt: skip
_PRIMARY_KEYS = {
    "estimates": ("row_id",),
    "areas": ("area",),
    "samples": ("sample",),
    "indicators": ("indicator", "category"),
    "breakdowns": ("breakdown",),
    "groups": ("breakdown", "group"),
    "codebook": ("table", "column", "code"),
}
_FOREIGN_KEYS = {
    "estimates": ("areas", "samples", "indicators", "groups"),
    "groups": ("breakdowns",),
}
#: What the rows are sorted by, so that their order says nothing.
_ORDER = ["sample", "indicator", "category", "level", "area", "breakdown", "group",
          "comparison", "statistic", "wave"]  # fmt: skip


class _ColumnRow(Definition):
    table: str
    column: str
    datatype: Literal["string", "integer", "decimal", "date"]
    required: Literal["yes", "no"]
    minimum: str | None = None
    maximum: str | None = None
    title: dict[str, str]
    description: dict[str, str]


class _CodeRow(Definition):
    column: str
    code: str
    label: dict[str, str]


@cache
def column_definitions() -> tuple[_ColumnRow, ...]:
    """The documented columns of every table."""
    return tuple(parse_rows(_ColumnRow, read_rows(_FOLDER / "open_data_columns.csv")))


@cache
def code_definitions() -> tuple[_CodeRow, ...]:
    """The codes of columns whose codes are the same in every study."""
    return tuple(parse_rows(_CodeRow, read_rows(_FOLDER / "open_data_codes.csv")))


def open_data_files(study: Study) -> dict[str, bytes]:
    """The files of a study's open data by name; the same rows give the same bytes.

    Raises
    ------
    WorkbenchError
        If the study has not been run, or a row holds a code that no list explains.
    """
    tables = _Tables(study)
    files = {f"{name}.csv": _csv(frame, name) for name, frame in tables.all.items()}
    metadata = json.dumps(_metadata(tables), ensure_ascii=False, indent=1) + "\n"
    return {**files, METADATA_FILE: metadata.encode()}


# --- tables -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Tables:
    """The tables of a study's open data."""

    study: Study

    @cached_property
    def names(self) -> dict[str, Names]:
        """What things are called, by language."""
        return {language: Names(self.study, language) for language in _LANGUAGES}

    @cached_property
    def all(self) -> dict[str, pd.DataFrame]:
        """Every table by its name."""
        tables = {
            "estimates": self.estimates,
            "areas": pd.DataFrame(self._areas()),
            "samples": pd.DataFrame(self._samples()),
            "indicators": pd.DataFrame(self._indicators()),
            "breakdowns": pd.DataFrame(self._breakdowns()),
            "groups": pd.DataFrame(self._groups()),
            "codebook": pd.DataFrame(_codebook()),
        }
        return {name: frame[_columns_of(name)] for name, frame in tables.items()}

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """All released rows with explicit codes for "all" and "does not apply"."""
        frame = read_released(self.study).frame.copy()
        frame["breakdown"] = frame["breakdown"].replace("", TOTAL)
        frame["group"] = frame["group"].replace("", TOTAL)
        for column in ("category", "comparison"):
            frame[column] = frame[column].replace("", NOT_APPLICABLE)
        frame["unit"] = [
            self._unit(*key)
            for key in frame[["indicator", "category", "comparison"]].itertuples(index=False)
        ]
        # Which of the two it is must not be seen: "primary" would say that the count is small.
        frame["release"] = frame["release"].replace(DISCLOSURE_STATES, HIDDEN)
        for column in ("df", "n", "n_effective"):
            frame[column] = frame[column].round().astype("Int64")
        _refuse_unknown_codes(frame)
        return frame.sort_values(_ORDER, kind="stable", ignore_index=True)

    def _unit(self, indicator: str, category: str, comparison: str) -> str:
        own = "" if category == NOT_APPLICABLE else category
        unit = self.names[_LANGUAGES[0]].unit(indicator, own)
        if comparison == RANK:
            return RANK
        difference = comparison in DIFFERENCES and unit == "percent"
        return "points" if difference else _UNITS[unit]

    def _labels(self, name: str, texts: Mapping[str, str]) -> dict[str, str]:
        return {f"{name}_{language}": texts[language] for language in _LANGUAGES}

    def _texts(self, labels: Labels, otherwise: str = "") -> dict[str, str]:
        return {
            language: names.text(labels, otherwise) if labels or otherwise else ""
            for language, names in self.names.items()
        }

    def _areas(self) -> Iterator[dict[str, str]]:
        whole = self.study.whole
        for code in (whole, *(str(area) for area in self.study.areas.index if area != whole)):
            label = {language: names.area(code) for language, names in self.names.items()}
            level = "region" if code == whole else "area"
            yield {"area": code, "level": level, **self._labels("label", label)}

    def _samples(self) -> Iterator[dict[str, str]]:
        for name, sample in self.study.samples.items():
            yield {
                "sample": name,
                **self._labels("label", self._texts(sample.title)),
                **self._labels("population", self._texts(sample.population)),
                **self._labels("base", self._texts(sample.base)),
                **self._labels("note", self._texts(sample.note)),
            }

    def _indicators(self) -> Iterator[dict[str, Any]]:
        pairs = self.estimates[["indicator", "category"]].drop_duplicates()
        for code, category in pairs.itertuples(index=False):
            own = "" if category == NOT_APPLICABLE else category
            definition = self.names[_LANGUAGES[0]].definition(code, own)
            item = {
                language: names.category(code, own) for language, names in self.names.items()
            }  # fmt: skip
            yield {
                "indicator": code,
                "category": category,
                "family": definition.family,
                **self._labels("label", self._texts(definition.label, code)),
                **self._labels("category_label", item),
                **self._labels("definition", self._texts(definition.definition)),
                **self._labels("base", self._texts(definition.base_label)),
                "unit": _UNITS[definition.unit],
                "minimum_n": definition.minimum_n,
                "minimum_n_comparison": definition.minimum_n_comparison,
                "source": definition.source,
                "definition_version": definition.version,
            }

    def _breakdowns(self) -> Iterator[dict[str, str]]:
        for name in sorted(self.estimates["breakdown"].unique()):
            label = {
                language: names.words.say("table.total") if name == TOTAL else names.breakdown(name)
                for language, names in self.names.items()
            }
            yield {"breakdown": name, **self._labels("label", label)}

    def _groups(self) -> Iterator[dict[str, str]]:
        pairs = self.estimates[["breakdown", "group"]].drop_duplicates()
        for breakdown, group in sorted(pairs.itertuples(index=False, name=None)):
            label = {
                language: names.words.say("table.total")
                if breakdown == TOTAL
                else names.group(breakdown, group)
                for language, names in self.names.items()
            }
            yield {"breakdown": breakdown, "group": group, **self._labels("label", label)}


def _refuse_unknown_codes(frame: pd.DataFrame) -> None:
    for column, codes in _codes().items():
        used = set(frame[column].unique()) - {""} if column in frame else set()
        for code in sorted(used - codes.keys()):
            raise WorkbenchError(
                f"a released row holds a code of {column} that no list explains",
                file="open_data_codes.csv",
                column=column,
                got=code,
                expected=", ".join(codes),
                hint=suggestion(code, codes),
            )


@cache
def _codes() -> dict[str, dict[str, dict[str, str]]]:
    """Labels by language of each code, by column."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in code_definitions():
        found.setdefault(row.column, {})[row.code] = row.label
    return found


def _columns_of(table: str) -> list[str]:
    return [row.column for row in column_definitions() if row.table == table]


def _codebook() -> Iterator[dict[str, str]]:
    for row in column_definitions():
        yield {
            "table": f"{row.table}.csv",
            "column": row.column,
            "code": NOT_APPLICABLE,
            **{f"title_{language}": row.title[language] for language in _LANGUAGES},
            **{f"description_{language}": row.description[language] for language in _LANGUAGES},
            "datatype": row.datatype,
            "required": row.required,
        }
        for code, label in _codes().get(row.column, {}).items():
            if code != NOT_APPLICABLE:
                yield {
                    "table": f"{row.table}.csv",
                    "column": row.column,
                    "code": code,
                    **{f"title_{language}": label[language] for language in _LANGUAGES},
                    **{f"description_{language}": "" for language in _LANGUAGES},
                    "datatype": "",
                    "required": "",
                }


def _csv(frame: pd.DataFrame, table: str) -> bytes:
    """A table as RFC 4180 asks, in UTF-8: CR LF, quotes only where they are needed."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(frame.columns)
    types = {row.column: row.datatype for row in column_definitions() if row.table == table}
    columns = [_written(frame[column], types[str(column)]) for column in frame]
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue().encode()


def _written(values: pd.Series, datatype: str) -> list[str]:
    if datatype == "decimal":
        return ["" if value != value else _decimal(value) for value in values.tolist()]
    return ["" if pd.isna(value) else str(value) for value in values.tolist()]


def _decimal(value: float) -> str:
    """Without an exponent, which ``xsd:decimal`` does not know, and without a minus zero."""
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


# --- metadata ---------------------------------------------------------------------------------


def _metadata(tables: _Tables) -> dict[str, Any]:
    study, annex = tables.study, read_annex(tables.study)
    project = study.card.project
    places = {
        language: {**names.area_values(study.whole), "wave": study.wave}
        for language, names in tables.names.items()
    }

    def written(labels: Labels) -> dict[str, str]:
        texts = tables._texts(labels)
        return {key: filled(text, places[key]) for key, text in texts.items() if text}

    content: dict[str, Any] = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": study.card.default_language}],
        "dc:title": _tagged(written(annex.title)),
        "dc:description": _tagged(_described(tables, written(annex.description))),
        "dc:publisher": _tagged(written(project.client or project.name)),
        "dc:creator": _tagged(written(project.author)),
        "dc:language": list(_LANGUAGES),
        "dc:source": _tagged(written(study.title)),
        "dc:identifier": f"{study.id}:{study.wave}:{_input(study)}",
        "dc:modified": {"@value": _modified(study), "@type": "xsd:date"},
        **_rights(tables),
        "dialect": {"encoding": "utf-8", "delimiter": ",", "quoteChar": '"', "header": True},
        "tables": [_table(name, frame) for name, frame in tables.all.items()],
    }
    return {key: value for key, value in content.items() if value}


def _described(tables: _Tables, texts: Mapping[str, str]) -> dict[str, str]:
    """The description, with what modelled data are where there are any."""
    if "modelled" not in set(tables.estimates["data_origin"]):
        return dict(texts)
    notes = {
        language: names.words.say("title_page.watermark_note")
        for language, names in tables.names.items()
    }
    return {
        language: " ".join(part for part in (texts.get(language, ""), notes[language]) if part)
        for language in _LANGUAGES
    }


def _input(study: Study) -> str:
    """The beginning of the hash over all inputs of the run, as the reports show it."""
    return str(read_run_record(study).get("input_hash", ""))[:12]


def _modified(study: Study) -> str:
    """The day the data were published or, before that, the field work ended."""
    return (study.card.fieldwork.published or study.card.survey_period[1]).isoformat()


def _rights(tables: _Tables) -> dict[str, Any]:
    licence = tables.study.card.licence
    if licence:
        return {"dc:license": {"@id": licence}}
    undecided = {
        language: names.words.say("data_annex.licence_undecided")
        for language, names in tables.names.items()
    }
    return {"dc:rights": _tagged(undecided)}


def _tagged(texts: Mapping[str, str]) -> list[dict[str, str]]:
    """Texts with their language."""
    return [{"@value": text, "@language": language} for language, text in texts.items() if text]


def _table(name: str, frame: pd.DataFrame) -> dict[str, Any]:
    key: Sequence[str] = _PRIMARY_KEYS[name]
    schema: dict[str, Any] = {
        "columns": [_column(row) for row in column_definitions() if row.table == name],
        "primaryKey": list(key),
    }
    foreign = [_foreign_key(other) for other in _FOREIGN_KEYS.get(name, ())]
    if foreign:
        schema["foreignKeys"] = foreign
    if name == "estimates":
        schema["rowTitles"] = ["row_id"]
    return {"url": f"{name}.csv", "tableSchema": schema}


def _column(row: _ColumnRow) -> dict[str, Any]:
    return {
        "name": row.column,
        "titles": {"und": row.column, **row.title},
        "dc:description": _tagged(row.description),
        "datatype": _datatype(row),
        "required": row.required == "yes",
        "null": "",
    }


def _datatype(row: _ColumnRow) -> Any:
    """The type of a column; the codes it may hold as a pattern, where they are all known."""
    limits = {name: getattr(row, name) for name in ("minimum", "maximum")}
    given: dict[str, Any] = {
        name: (int(limit) if row.datatype == "integer" else float(limit))
        for name, limit in limits.items()
        if limit is not None
    }
    codes: Iterable[str] = _codes().get(row.column, {}) if row.datatype == "string" else ()
    if row.table != "codebook" and codes:
        given["format"] = "|".join(code.replace("-", "\\-") for code in codes)
    return {"base": row.datatype, **given} if given else row.datatype


def _foreign_key(other: str) -> dict[str, Any]:
    key = list(_PRIMARY_KEYS[other])
    return {
        "columnReference": key,
        "reference": {"resource": f"{other}.csv", "columnReference": key},
    }

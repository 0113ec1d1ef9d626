"""Raw survey files: CSV, XLSX and SPSS ``.sav`` of the same answers.

A file appears only when it is complete, and the same answers give the same bytes.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from analysis.errors import WorkbenchError
from analysis.questionnaire import Question, Questionnaire
from analysis.study_definitions.card import MissingCodes

# A fixed day in place of the day of writing, which the formats would record.
_WRITTEN = datetime(2000, 1, 1)
_SAV_DATE_POSITION = 92
_SAV_DATE = b"01 Jan 0000:00:00"
# Longest variable label of an .sav file, in bytes.
_LABEL_BYTES = 255
# Longest name of a variable of an .sav file, in bytes.
_NAME_BYTES = 64
_WHOLE_NUMBER = re.compile(r"-?\d+")


def write_survey(
    frame: pd.DataFrame,
    questionnaire: Questionnaire,
    path: Path | str,
    *,
    language: str = "cs",
    missing: MissingCodes | None = None,
    column_labels: Mapping[str, str] | None = None,
) -> Path:
    """Write answers as a raw file; the ending of the path says in which format.

    Parameters
    ----------
    frame
        A survey frame.
    questionnaire
        Its codebook.
    path
        ``.csv`` (UTF-8, comma), ``.xlsx`` (data, and a codebook on a second sheet) or ``.sav``
        (labels of variables and values, user-missing codes).
    language
        Of the labels.
    missing
        The study's missing codes.
    column_labels
        Labels of columns that are no questions.

    Raises
    ------
    WorkbenchError
        If the ending is none of these.
    """
    path = Path(path)
    writers: dict[str, Callable[[Contents, Path], None]] = {
        ".csv": _write_csv,
        ".xlsx": _write_xlsx,
        ".sav": _write_sav,
    }
    if path.suffix.lower() not in writers:
        raise WorkbenchError(
            "answers cannot be written in this format",
            file=path,
            expected=", ".join(writers),
            got=path.suffix,
        )
    contents = Contents(
        frame, questionnaire, language, missing or MissingCodes(), column_labels or {}
    )
    with replaced(path) as unfinished:
        writers[path.suffix.lower()](contents, unfinished)
    return path


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that takes its place when all went well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    unfinished = Path(name)
    try:
        yield unfinished
        unfinished.chmod(0o644)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


@cache
def words(language: str) -> Mapping[str, str]:
    """The words of raw files in a language; English where it has none."""
    texts = yaml.safe_load((Path(__file__).parent / "labels.yaml").read_text(encoding="utf-8"))
    return dict(texts.get(language, texts["en"]))


class Contents:
    """What a file holds: columns with their labels and the meaning of their codes."""

    def __init__(
        self,
        frame: pd.DataFrame,
        questionnaire: Questionnaire,
        language: str,
        missing: MissingCodes,
        column_labels: Mapping[str, str],
    ) -> None:
        self.frame = frame
        self.questionnaire = questionnaire
        self.language = language
        self.words = words(language)
        self.missing = missing
        self.column_labels = column_labels
        self.columns = {
            column: question
            for question in questionnaire.questions.values()
            for column in questionnaire.variables_of(question.name)
        }

    def question(self, column: str) -> Question | None:
        """The question whose answers a column holds."""
        return self.columns.get(column)

    def choice(self, column: str) -> str | None:
        """The choice that a dummy is about."""
        question = self.columns.get(column)
        if question is None or question.type != "select_multiple":
            return None
        return column.removeprefix(f"{question.name}.")

    def label(self, column: str) -> str:
        """A column in words."""
        question = self.question(column)
        if question is None:
            return self.column_labels.get(column, self.words.get(column, column))
        text = question.label.get(self.language) or next(iter(question.label.values()), column)
        choice = self.choice(column)
        return f"{text}: {self._choice_label(question, choice)}" if choice else text

    def _choice_label(self, question: Question, choice: str) -> str:
        return self.questionnaire.choice_label(question.list or "", choice, self.language)

    def meanings(self, column: str) -> dict[str, str]:
        """What the codes of a column mean, missing codes last; empty for free answers."""
        question = self.question(column)
        if question is None or question.type in ("text", "date", "calculate"):
            return {}
        meanings: dict[str, str] = {}
        if question.type == "select_one":
            names = self.questionnaire.choice_names(question.list or "")
            meanings = {name: self._choice_label(question, name) for name in names}
        elif question.type == "select_multiple":
            meanings = {"1": self.words["chosen"], "0": self.words["not_chosen"]}
        return meanings | self.missing_meanings

    @property
    def missing_meanings(self) -> dict[str, str]:
        """The missing codes in words."""
        codes = self.missing.model_dump()
        return {code: self.words[kind] for kind, code in codes.items()}

    def is_number(self, column: str) -> bool:
        """Whether all values of a column are numbers, codes included."""
        series = self.frame[column]
        if isinstance(series.dtype, pd.CategoricalDtype):
            return all(_WHOLE_NUMBER.fullmatch(str(name)) for name in series.cat.categories)
        return bool(pd.api.types.is_numeric_dtype(series.dtype))

    def numbers(self, column: str) -> pd.Series:
        """The values of a column as float64, NaN where blank."""
        series = self.frame[column]
        if isinstance(series.dtype, pd.CategoricalDtype):
            values = np.array([*(float(name) for name in series.cat.categories), np.nan])
            return pd.Series(values[series.cat.codes], index=series.index)
        return series.astype("float64")

    def texts(self, column: str) -> pd.Series:
        """The values of a column as they are written, empty where blank."""
        series = self.frame[column]
        if isinstance(series.dtype, pd.CategoricalDtype):
            names = np.array([*series.cat.categories.astype(str), ""], dtype=object)
            return pd.Series(names[series.cat.codes], index=series.index)
        if pd.api.types.is_float_dtype(series.dtype):
            distinct = {number: _written(number) for number in series.dropna().unique()}
            return series.map(distinct).fillna("")
        return series.astype(object).where(series.notna(), "").map(str)


def _written(number: float) -> str:
    """A number in the fewest signs that give it back."""
    return str(int(number)) if float(number).is_integer() else repr(float(number))


def _write_csv(contents: Contents, path: Path) -> None:
    table = pd.DataFrame({column: contents.texts(column) for column in contents.frame.columns})
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def _write_xlsx(contents: Contents, path: Path) -> None:
    import xlsxwriter

    # Texts that begin with = or look like an address must stay texts.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": _WRITTEN})
        bold = book.add_format({"bold": True})
        data = book.add_worksheet(contents.words["data_sheet"])
        data.write_row(0, 0, list(contents.frame.columns), bold)
        data.freeze_panes(1, 1)
        for place, column in enumerate(contents.frame.columns):
            data.write_column(1, place, _cells(contents, column))
        write_codebook(contents, book.add_worksheet(contents.words["codebook_sheet"]), bold)


def _cells(contents: Contents, column: str) -> list[Any]:
    if not contents.is_number(column):
        return [text or None for text in contents.texts(column)]
    return [None if np.isnan(number) else number for number in contents.numbers(column)]


def write_codebook(contents: Contents, sheet: Any, bold: Any) -> None:
    """The columns of a file in words, on a sheet of an xlsxwriter workbook."""
    header = [contents.words[name] for name in ("variable", "label", "code", "meaning")]
    sheet.write_row(0, 0, header, bold)
    sheet.freeze_panes(1, 0)
    row = 1
    for column in contents.frame.columns:
        meanings = contents.meanings(column) or {"": ""}
        for code, meaning in meanings.items():
            sheet.write_row(row, 0, [column, contents.label(column), code, meaning])
            row += 1
    for place, width in enumerate((18, 60, 16, 44)):
        sheet.set_column(place, place, width)


def _write_sav(contents: Contents, path: Path) -> None:
    import pyreadstat

    columns = list(contents.frame.columns)
    names = sav_names(columns)
    numeric = {column for column in columns if contents.is_number(column)}
    table = pd.DataFrame(
        {
            names[column]: contents.numbers(column) if column in numeric else contents.texts(column)
            for column in columns
        }
    )
    value_labels, user_missing = _value_labels(contents, numeric), _user_missing(contents, numeric)
    pyreadstat.write_sav(
        table,
        str(path),
        column_labels=[_shortened(contents.label(column)) for column in columns],
        variable_value_labels={names[column]: labels for column, labels in value_labels.items()},
        missing_ranges={names[column]: codes for column, codes in user_missing.items()},
        variable_format={names[column]: _sav_format(table[names[column]]) for column in numeric},
        row_compress=True,
    )
    _fix_sav_date(path)


def sav_names(columns: Iterable[str]) -> dict[str, str]:
    """Names that SPSS takes: up to 64 bytes of letters, digits and ``_ . @ # $``, each once.

    Other signs become ``_``, a ``v`` is put before what does not begin with a letter; capital
    and small letters are the same to SPSS.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for column in columns:
        name = re.sub(r"[^A-Za-z0-9_.@#$]", "_", column).rstrip(".")
        name = (name if name[:1].isalpha() else f"v{name}")[:_NAME_BYTES]
        number = 1
        unique = name
        while unique.lower() in taken:
            number += 1
            unique = f"{name[: _NAME_BYTES - 4]}_{number}"
        taken.add(unique.lower())
        names[column] = unique
    return names


def _sav_format(numbers: pd.Series) -> str:
    known = numbers.dropna()
    return "F8.0" if (known == known.round()).all() else "F10.3"


def _value_labels(contents: Contents, numeric: set[str]) -> dict[str, dict[Any, str]]:
    labels: dict[str, dict[Any, str]] = {}
    for column in contents.frame.columns:
        meanings = contents.meanings(column)
        if meanings:
            labels[column] = {
                float(code) if column in numeric else code: _shortened(meaning)
                for code, meaning in meanings.items()
            }
    return labels


def _user_missing(contents: Contents, numeric: set[str]) -> dict[str, list[Any]]:
    codes = contents.missing.model_dump().values()
    return {
        column: [float(code) if column in numeric else code for code in codes]
        for column in contents.frame.columns
        if contents.meanings(column)
    }


def _shortened(label: str) -> str:
    encoded = label.encode("utf-8")
    if len(encoded) <= _LABEL_BYTES:
        return label
    return encoded[: _LABEL_BYTES - 3].decode("utf-8", errors="ignore") + "…"


def _fix_sav_date(path: Path) -> None:
    """Put a fixed day into the header: SPSS keeps the day and time of writing there."""
    with path.open("r+b") as file:
        file.seek(_SAV_DATE_POSITION)
        file.write(_SAV_DATE)

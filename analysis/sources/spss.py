"""SPSS files: the data with their labels, declared missing values and response sets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
from numpy.typing import NDArray

from analysis.definitions import Row
from analysis.errors import WorkbenchError
from analysis.sources.columns import (
    Column,
    Options,
    ResponseSet,
    Table,
    TableOptions,
    cell_text,
    column_of_texts,
    column_of_values,
    number_text,
)

# SPSS counts seconds from the start of the Gregorian calendar.
_EPOCH = np.datetime64("1582-10-14T00:00:00", "s")
_DATE_FORMATS = ("DATE", "ADATE", "EDATE", "SDATE", "JDATE", "YMDHMS")


def read_sav(path: Path, options: Options | None = None) -> Table:
    """A table from a ``.sav`` or ``.zsav`` file; case *i* is counted as row *i* + 1.

    Values that the file declares missing stay in the columns and are named in
    ``user_missing``; system-missing cells are blank.

    Raises
    ------
    WorkbenchError
        If the file is no SPSS file, is damaged, or its texts cannot be decoded.
    """
    options = options or TableOptions()
    values, meta = _loaded(path, options.encoding)
    columns = {
        name: _column(cells, _format(meta, name), meta.readstat_variable_types[name])
        for name, cells in values.items()
    }
    rows = np.arange(2, 2 + int(meta.number_rows or 0), dtype=np.int64)
    return Table(
        columns,
        rows,
        "sav",
        str(path),
        titles={name: text for name, text in meta.column_names_to_labels.items() if text},
        labels={name: _texts(labels) for name, labels in meta.variable_value_labels.items()},
        user_missing={
            name: _declared_missing(columns[name], ranges)
            for name, ranges in meta.missing_ranges.items()
        },
        response_sets=tuple(_response_sets(meta.mr_sets or {})),
    )


def questionnaire_rows_from_sav(
    path: Path, encoding: str | None = None
) -> tuple[list[Row], list[Row]]:
    """A first codebook out of a file's own labels, as rows of an XLSForm.

    Returns
    -------
    survey, choices
        Rows of the two sheets. A variable with value labels becomes a ``select_one`` (lists
        with equal labels are shared), another one ``integer``, ``decimal``, ``date`` or
        ``text``. Values declared missing are left out of the choices.

    Raises
    ------
    WorkbenchError
        As :func:`read_sav`.
    """
    table = read_sav(path, TableOptions(encoding=encoding))
    _, meta = _loaded(path, encoding, metadata_only=True)
    lists: dict[tuple[tuple[str, str], ...], str] = {}
    survey: list[Row] = []
    for number, name in enumerate(table.columns, start=2):
        missing = table.user_missing.get(name, frozenset())
        labels = tuple(
            (code, label)
            for code, label in table.labels.get(name, {}).items()
            if code not in missing
        )
        kind = (
            f"select_one {lists.setdefault(labels, name)}" if labels else _kind(meta, table, name)
        )
        values = {"type": kind, "name": name, "label": table.titles.get(name, name)}
        survey.append(Row(values, str(path), number))
    choices = [
        Row({"list_name": list_name, "name": code, "label": label}, str(path), number)
        for list_name, labels in ((name, labels) for labels, name in lists.items())
        for number, (code, label) in enumerate(labels, start=2)
    ]
    return survey, choices


def _loaded(
    path: Path, encoding: str | None, metadata_only: bool = False
) -> tuple[dict[str, list[Any]], Any]:
    try:
        values, meta = pyreadstat.read_sav(
            str(path),
            encoding=encoding,
            user_missing=True,
            disable_datetime_conversion=True,
            output_format="dict",
            metadataonly=metadata_only,
        )
    except UnicodeDecodeError:
        raise _undecodable(path, encoding) from None
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError) as error:
        if "convert string" in str(error) or "encoding" in str(error):
            raise _undecodable(path, encoding) from None
        raise WorkbenchError(
            "this is not an SPSS file, or it is damaged",
            file=path,
            expected=".sav or .zsav",
            got=str(error),
            hint="save it again from SPSS or PSPP",
        ) from None
    return values, meta


def _undecodable(path: Path, encoding: str | None) -> WorkbenchError:
    return WorkbenchError(
        "the texts of this SPSS file cannot be decoded",
        file=path,
        expected=encoding or "the encoding that the file declares",
        hint="state the encoding in the study card, for example windows-1250",
    )


def _format(meta: Any, name: str) -> str:
    return str(meta.original_variable_types.get(name, ""))


def _column(values: Sequence[Any], format: str, type: str) -> Column:
    if type == "string":
        return column_of_texts(["" if value is None else value for value in values])
    numbers = np.array(values, dtype="float64")  # None, a system-missing value, becomes NaN
    if format.startswith(_DATE_FORMATS):
        return column_of_texts(_dates(numbers, "TIME" in format or format.startswith("YMDHMS")))
    return column_of_values(numbers)


def _dates(seconds: NDArray[np.float64], with_time: bool) -> list[str]:
    known = ~np.isnan(seconds)
    moments = _EPOCH + np.where(known, seconds, 0).astype("timedelta64[s]")
    texts = np.datetime_as_string(moments, unit="s" if with_time else "D")
    return [text.replace("T", " ") if ok else "" for text, ok in zip(texts, known, strict=True)]


def _texts(labels: Mapping[Any, str]) -> dict[str, str]:
    return {cell_text(code).strip(): label.strip() for code, label in labels.items()}


def _declared_missing(column: Column, ranges: Iterable[Any]) -> frozenset[str]:
    found: set[str] = set()
    for entry in ranges:
        low, high = (entry["lo"], entry["hi"]) if isinstance(entry, dict) else (entry, entry)
        if isinstance(low, str):
            found.add(low.strip())
        else:
            found.update(value for value in column.values if _between(value, low, high))
            if low == high:
                found.add(number_text(float(low)))
    return frozenset(found)


def _between(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text) <= high
    except ValueError:
        return False


def _response_sets(sets: Mapping[str, Any]) -> Iterable[ResponseSet]:
    for name, entry in sets.items():
        counted = entry.get("counted_value")
        yield ResponseSet(
            name=name.lstrip("$"),
            label=entry.get("label") or "",
            variables=tuple(entry.get("variable_list") or ()),
            counted=cell_text(counted).strip() if entry.get("is_dichotomy") else None,
        )


def _kind(meta: Any, table: Table, name: str) -> str:
    format = _format(meta, name)
    if format.startswith("A") and not format.startswith("ADATE"):
        return "text"
    if format.startswith(_DATE_FORMATS):
        return "date"
    whole = all(value.lstrip("-").isdigit() for value in table.columns[name].values)
    return "integer" if whole else "decimal"

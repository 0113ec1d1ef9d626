"""Delimited text of any usual encoding and delimiter."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.errors import WorkbenchError
from analysis.sources.columns import (
    HEADER_SEARCH_ROWS,
    Options,
    Table,
    TableOptions,
    name_key,
    table_of_cells,
)
from analysis.sources.text_encoding import decode

DELIMITERS = (",", ";", "\t", "|")
_SNIFFED_RECORDS = 200
_SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook or an encrypted one", None),
    (b"$FL", "an SPSS file", "sav"),
    (b"%PDF", "a PDF document", None),
    (b"PAR1", "a Parquet file", "parquet"),
)


def read_delimited(
    path: Path, options: Options | None = None, expected: Collection[str] = ()
) -> Table:
    """A table from a text file.

    Parameters
    ----------
    path
        The file.
    options
        ``encoding``, ``delimiter`` and ``header_row`` where the study card states them.
    expected
        Column names, as :func:`name_key` spells them, by which the header and the
        delimiter are recognised.

    Raises
    ------
    WorkbenchError
        If the file is no text table, cannot be decoded, a quote is not closed, or the
        table has no usable header.
    """
    options = options or TableOptions()
    content = _content(path)
    text, notes = decode(content, path, options.encoding)
    delimiter, text = _delimiter(text, options.delimiter, expected)
    records = _records(text, delimiter, path)
    table = table_of_cells(
        records, format="csv", file=path, expected=expected, header_row=options.header_row
    )
    return replace(table, issues=(*notes, *table.issues))


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.strip():
        raise WorkbenchError("this file is empty", file=path, expected="a table with a header")
    for signature, kind, format in _SIGNATURES:
        if content.startswith(signature):
            hint = f"format: {format} in the study card reads it" if format else "export it as CSV"
            raise WorkbenchError(
                "this is not a text table", file=path, expected="CSV", got=kind, hint=hint
            )
    if content[:200].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise WorkbenchError(
            "this is not a text table",
            file=path,
            expected="CSV",
            got="a web page or XML",
            hint="the download may have failed; open the file in an editor",
        )
    return content


# --- delimiter and records ----------------------------------------------------------------


def _delimiter(text: str, stated: str | None, expected: Collection[str]) -> tuple[str, str]:
    """The delimiter, and the text without the line in which Excel writes it."""
    first, _, rest = text.partition("\n")
    written = first.strip().strip('"')
    if written.lower().startswith("sep=") and len(written) == 5:
        return stated or written[4], rest
    if stated is not None:
        return {"tab": "\t", "\\t": "\t"}.get(stated, stated), text
    return max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter, expected)), text


def _fit(text: str, delimiter: str, expected: Collection[str]) -> tuple[int, float, int]:
    """How well a delimiter fits: names recognised, rows of the usual width, that width."""
    records = list(_first_records(text, delimiter))
    widths = [len(record) for record in records if record]
    if not widths or max(widths) == 1:
        return 0, 0.0, 0
    top = records[:HEADER_SEARCH_ROWS]
    known = max(sum(name_key(cell) in expected for cell in record) for record in top)
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    return known if usual > 1 else 0, widths.count(usual) / len(widths) * (usual > 1), usual


def _first_records(text: str, delimiter: str) -> Iterable[Sequence[str]]:
    reader = csv.reader(io.StringIO(text[:2_000_000], newline=""), delimiter=delimiter)
    try:
        for _, record in zip(range(_SNIFFED_RECORDS), reader, strict=False):
            yield record
    except csv.Error:
        return


def _records(text: str, delimiter: str, path: Path) -> list[list[str]]:
    if len(delimiter) != 1:
        raise WorkbenchError(
            "the delimiter is not one sign", file=path, expected=", ; tab or |", got=delimiter
        )
    csv.field_size_limit(max(csv.field_size_limit(), 10_000_000))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    try:
        records.extend(reader)
    except csv.Error as error:
        raise _broken_quotes(path, len(records), reader.line_num, error) from None
    return records


def _broken_quotes(path: Path, records: int, line: int, error: csv.Error) -> WorkbenchError:
    details: dict[str, Any] = {"file": path, "row": records + 1}
    if "unexpected end" in str(error):
        return WorkbenchError(
            "a quote is opened and never closed",
            **details,
            got=f"the file ends at line {line}",
            hint="close the quote, or double a quote that belongs to the text",
        )
    return WorkbenchError(
        "the quotes on this row cannot be read",
        **details,
        got=f"line {line}",
        hint="double a quote that belongs to the text",
    )

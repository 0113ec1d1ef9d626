"""A table as read, before anything in it is understood: columns of distinct texts.

Whatever the format, a cell arrives as text in one canonical spelling (``3``, ``2.5``,
``TRUE``, ``2011-09-05``) and a column as its distinct texts with a code for each row. What
a text means is then decided once per distinct text, not once per respondent.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Issue, Severity, WorkbenchError

Format = Literal["csv", "xlsx", "sav", "parquet"]
Codes = NDArray[np.int64]
Rows = NDArray[np.int64]

# A title, a date of export and a few blank rows may stand above the header.
HEADER_SEARCH_ROWS = 30
# How many rows, or runs of rows, a message lists; it always says how many there are.
LISTED_RUNS = 20


class Options(Protocol):
    """How a raw file is to be read; ``None`` leaves it to recognition."""

    @property
    def format(self) -> Format | None:
        """csv, xlsx, sav or parquet."""
        ...

    @property
    def encoding(self) -> str | None:
        """The encoding of a text file."""
        ...

    @property
    def delimiter(self) -> str | None:
        """What parts the cells of a text file."""
        ...

    @property
    def decimal(self) -> Literal[".", ","] | None:
        """The decimal sign of a text file."""
        ...

    @property
    def sheet(self) -> str | int | None:
        """The sheet of a workbook, by name or by number from 1."""
        ...

    @property
    def header_row(self) -> int | None:
        """The row of column names, counted from 1."""
        ...


@dataclass(frozen=True)
class TableOptions:
    """Options for a table that no study card describes."""

    format: Format | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    sheet: str | int | None = None
    header_row: int | None = None


@dataclass(frozen=True)
class Column:
    """Distinct texts, and for each row the position of its text; −1 is a blank cell."""

    codes: Codes
    values: tuple[str, ...]

    def spread(self, per_value: NDArray[Any], blank: Any) -> NDArray[Any]:
        """For each row what belongs to its text, ``blank`` where the cell is blank."""
        filled = np.append(per_value, np.array([blank], dtype=per_value.dtype))
        return filled[self.codes]

    def texts(self) -> pd.Series:
        """The texts of all rows as strings, missing where blank."""
        return pd.Series(self.spread(np.array(self.values, dtype=object), np.nan), dtype="str")


@dataclass(frozen=True)
class ResponseSet:
    """A multiple-response set that an SPSS file declares over its variables."""

    name: str
    label: str
    variables: tuple[str, ...]
    counted: str | None  # the value that means chosen; None where variables hold categories


@dataclass(frozen=True)
class Table:
    """The columns of a table by name, where each row stands, and what the file says of them.

    Parameters
    ----------
    columns
        By header, in the order of the file.
    rows
        Row numbers as a spreadsheet counts them.
    format, file, sheet
        Where the table comes from.
    titles, labels, user_missing, response_sets
        What an SPSS file knows: variable labels, value labels by canonical text, the texts
        declared missing, and multiple-response sets.
    issues
        What was noticed while reading.
    """

    columns: Mapping[str, Column]
    rows: Rows
    format: Format
    file: str
    sheet: str | None = None
    titles: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    user_missing: Mapping[str, frozenset[str]] = field(default_factory=dict)
    response_sets: tuple[ResponseSet, ...] = ()
    issues: tuple[Issue, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def issue(
        self,
        what: str,
        severity: Severity,
        *,
        column: str | None = None,
        where: NDArray[Any] | None = None,
        **details: Any,
    ) -> Issue:
        """An issue of this table; ``where`` marks its rows, which the message lists."""
        row = None
        if where is not None:
            rows = self.rows[where]
            row = int(rows[0]) if len(rows) else None
            what = f"{what} ({rows_in_words(rows)})"
        return Issue(
            what, severity, file=self.file, sheet=self.sheet, row=row, column=column, **details
        )

    def error(self, what: str, **details: Any) -> WorkbenchError:
        """An error that points at this table."""
        return WorkbenchError(what, file=self.file, sheet=self.sheet, **details)


def rows_in_words(rows: Rows) -> str:
    """``row 7`` or ``14 rows: 2–9, 12, 15``; a long list ends with the count of the rest."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    ordered = np.unique(rows)
    breaks = np.flatnonzero(np.diff(ordered) > 1)
    starts, ends = ordered[np.append(0, breaks + 1)], ordered[np.append(breaks, -1)]
    runs = list(zip(starts[:LISTED_RUNS], ends[:LISTED_RUNS], strict=True))
    shown = ", ".join(f"{start}–{end}" if end > start else f"{start}" for start, end in runs)
    return f"{len(rows)} rows: {shown}{', …' if len(starts) > LISTED_RUNS else ''}"


def name_key(name: str) -> str:
    """A name reduced to what spellings of it share: ``Use/No``, ``use.no`` → ``use_no``."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "_", plain).strip("_")


def label_key(label: str) -> str:
    """A label without differences of case, spaces, dashes and quotes."""
    plain = unicodedata.normalize("NFKC", label).casefold()
    plain = re.sub(r"[‐-―−]", "-", plain)
    plain = re.sub(r"[„“”‟\"‚‘’'`´]", "'", plain)
    return " ".join(plain.split())


def column_of_texts(texts: Sequence[str]) -> Column:
    """A column of cell texts: stripped, in Unicode's composed form, blanks marked."""
    codes, values = pd.factorize(np.array(texts, dtype=object))
    return _merged(codes, [_clean(value) for value in values])


def column_of_values(values: NDArray[Any]) -> Column:
    """A column of numbers or of texts, NaN and None counting as blank."""
    if values.dtype == object:
        return column_of_texts([cell_text(value) for value in values])
    codes, distinct = pd.factorize(values)
    return _merged(codes, [number_text(float(value)) for value in distinct])


def _clean(text: str) -> str:
    stripped = text.strip(" \t\r\n\f\v\u00a0\ufeff\u200b")
    return stripped if stripped.isascii() else unicodedata.normalize("NFC", stripped)


def _merged(codes: NDArray[Any], values: Sequence[str]) -> Column:
    positions: dict[str, int] = {}
    targets = [positions.setdefault(value, len(positions)) if value else -1 for value in values]
    lookup = np.array([*targets, -1], dtype=np.int64)
    return Column(lookup[codes], tuple(positions))


def number_text(number: float) -> str:
    """A number in its canonical spelling; blank for NaN."""
    if number != number:
        return ""
    if number.is_integer() and abs(number) < 1e15:
        return str(int(number))
    return repr(number)


def cell_text(value: Any) -> str:
    """A cell of a workbook or data frame in its canonical spelling."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, np.integer)):
        return str(value)
    if isinstance(value, (float, np.floating)):
        return number_text(float(value))
    if hasattr(value, "isoformat"):
        return str(
            value.isoformat(sep=" ")
            if hasattr(value, "hour") and hasattr(value, "year")
            else value.isoformat()
        ).removesuffix(" 00:00:00")
    return str(value)


# --- from rows of cells to columns --------------------------------------------------------


def find_header(
    cells: Sequence[Sequence[str]], expected: Collection[str], stated: int | None
) -> int | None:
    """The position of the header among rows of cells; None where there is none.

    The stated row counts from 1. Without it the header is the row with most of the
    ``expected`` names (as :func:`name_key` spells them), and where none is expected or
    found, the first row at least half as full as the fullest one: titles above a table
    fill one cell or two.
    """
    if stated is not None:
        usable = stated <= len(cells) and any(cell.strip() for cell in cells[stated - 1])
        return stated - 1 if usable else None
    top = cells[:HEADER_SEARCH_ROWS]
    if expected:
        known = [sum(name_key(cell) in expected for cell in row if cell) for row in top]
        if any(known):
            return known.index(max(known))
    filled = [sum(bool(cell.strip()) for cell in row) for row in top]
    if not any(filled):
        return None
    return next(index for index, count in enumerate(filled) if 2 * count >= max(filled))


def table_of_cells(
    cells: Sequence[Sequence[str]],
    *,
    format: Format,
    file: Path,
    sheet: str | None = None,
    expected: Collection[str] = (),
    header_row: int | None = None,
) -> Table:
    """A table from all its rows of cells, the first of which is row 1.

    Raises
    ------
    WorkbenchError
        If there is no header or it names a column twice, if a cell stands outside the
        named columns, or if a line break has torn a row in two.
    """
    place: dict[str, Any] = {"file": str(file), "sheet": sheet}
    top = find_header(cells, expected, header_row)
    if top is None:
        raise _no_header(cells, header_row, place)
    header = _trimmed([_clean(name) for name in cells[top]])
    _refuse_repeated(header, top + 1, place)
    filled = [index for index in range(top + 1, len(cells)) if any(map(str.strip, cells[index]))]
    _refuse_torn_rows(cells, filled, len(header), place)
    padded = _padded([cells[index] for index in filled], len(header))
    columns = dict(enumerate(map(column_of_texts, zip(*padded, strict=True)))) if padded else {}
    rows = np.array(filled, dtype=np.int64) + 1
    named, issues = _named_columns(header, columns, top + 1, place)
    short = np.array([len(cells[index]) < len(header) for index in filled], dtype=bool)
    table = Table(named, rows, format, str(file), sheet)
    notes = [*issues, *_shape_notes(table, short, top, header_row)]
    return Table(named, rows, format, str(file), sheet, issues=tuple(notes))


def _no_header(
    cells: Sequence[Sequence[str]], header_row: int | None, place: dict[str, Any]
) -> WorkbenchError:
    if header_row is None:
        return WorkbenchError("this table is empty", **place, expected="a row of column names")
    return WorkbenchError(
        "the header row is blank",
        **place,
        row=header_row,
        got=f"{len(cells)} rows",
        hint="correct header_row; rows are counted from 1",
    )


def _trimmed(header: list[str]) -> list[str]:
    while header and not header[-1]:
        header.pop()
    return header


def _refuse_repeated(header: Sequence[str], row: int, place: dict[str, Any]) -> None:
    seen: dict[str, int] = {}
    issues = []
    for position, name in enumerate(header, start=1):
        if name and name in seen:
            issues.append(
                Issue(
                    "a column stands twice in the header",
                    **place,
                    row=row,
                    column=name,
                    expected="each name once",
                    got=f"{name} in columns {letter(seen[name])} and {letter(position)}",
                    hint="rename or remove one of the two",
                )
            )
        seen.setdefault(name, position)
    if issues:
        raise WorkbenchError("the header of this table cannot be used", **place, issues=issues)


def _refuse_torn_rows(
    cells: Sequence[Sequence[str]], filled: Sequence[int], width: int, place: dict[str, Any]
) -> None:
    for index in filled:
        if any(map(str.strip, cells[index][width:])):
            raise WorkbenchError(
                "this row has more cells than the header",
                **place,
                row=index + 1,
                expected=f"{width} cells",
                got=f"{len(cells[index])} cells",
                hint="put a text that holds the delimiter into quotes",
            )
    for index in filled[:-1]:
        first, second = cells[index], cells[index + 1]
        if len(first) < width and second and len(first) + len(second) - 1 == width:
            raise WorkbenchError(
                "a line break has torn this row in two",
                **place,
                row=index + 1,
                expected=f"{width} cells",
                got=f"{len(first)} cells, then {len(second)}",
                hint="put a text that holds a line break into quotes",
            )


def _padded(rows: Iterable[Sequence[str]], width: int) -> list[Sequence[str]]:
    return [
        row if len(row) == width else [*row[:width], *[""] * (width - len(row))] for row in rows
    ]


def _named_columns(
    header: Sequence[str], columns: Mapping[int, Column], row: int, place: dict[str, Any]
) -> tuple[dict[str, Column], list[Issue]]:
    blank = Column(np.empty(0, dtype=np.int64), ())
    named: dict[str, Column] = {}
    issues: list[Issue] = []
    for position, name in enumerate(header):
        column = columns.get(position, blank)
        if name:
            named[name] = column
        elif column.values and position == 0:
            issues.append(
                Issue("the first column has no name; it is left out", "note", **place, row=row)
            )
        elif column.values:
            raise WorkbenchError(
                "a column with data has no name",
                **place,
                row=row,
                column=letter(position + 1),
                expected="a name in the header",
                hint="name the column or remove it",
            )
    return named, issues


def _shape_notes(
    table: Table, short: NDArray[np.bool_], top: int, header_row: int | None
) -> Iterable[Issue]:
    if table.format == "csv" and short.any():
        yield table.issue(
            "rows have fewer cells than the header; the rest counts as blank",
            "warning",
            where=short,
            expected=f"{len(table.columns)} cells",
        )
    if header_row is None and top > 0:
        yield Issue(
            f"row {top + 1} was taken as the header",
            "note",
            file=table.file,
            sheet=table.sheet,
            row=top + 1,
            hint="header_row in the study card states it",
        )


def letter(position: int) -> str:
    """A spreadsheet's letters for a column counted from 1: 1 → A, 28 → AB."""
    letters = ""
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters

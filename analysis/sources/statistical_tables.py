"""What the tables of the Czech Statistical Office have in common: codes, counts and their signs.

Columns are recognised by their names without regard to case and diacritics.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from numpy.typing import NDArray

from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.sources.columns import (
    HEADER_SEARCH_ROWS,
    Table,
    cell_text,
    find_header,
    name_key,
    table_of_cells,
)
from analysis.sources.numbers import read_numbers
from analysis.sources.tabular import read_table

#: Names of the columns with the codes of places, in the Office's files and in tables made of them.
MUNICIPALITY_COLUMNS = ("obec_kod", "kod_obce", "zuj", "kod_zuj")
AREA_COLUMNS = ("orp_kod", "kod_orp", "so_orp_kod", "cisorp")
#: How many single issues of one kind are told.
LISTED_ISSUES = 20

_EXCEL_SUFFIXES = (".xlsx", ".xlsm")
# Signs of the Office's tables: nothing occurred, and not known or not published.
_NONE_SIGNS = frozenset("-–−—")
_UNKNOWN_SIGNS = frozenset({".", "x", "X", "i.d.", "i. d.", "…", "..."})


def read_statistical_table(path: Path, sheet: str | None, names: Iterable[str]) -> Table:
    """A table whose sheet, header and delimiter are recognised by the names of its columns.

    A name that stands twice in the header of a workbook is told apart by its number:
    ``85+``, ``85+ (2)``.

    Raises
    ------
    WorkbenchError
        If the file is missing or cannot be read, or the sheet has to be chosen.
    """
    expected = frozenset(name_key(name) for name in names) | {"pohlaví", "věk", "počet", "úhrn"}
    if path.suffix.lower() in _EXCEL_SUFFIXES and path.is_file():
        return _read_workbook(path, sheet, expected)
    return read_table(path, expected=expected)


def _read_workbook(path: Path, sheet: str | None, expected: frozenset[str]) -> Table:
    """A sheet whose header may name a column twice, as the municipal workbooks do."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise WorkbenchError(
            "this is not an .xlsx workbook, or it is damaged or protected",
            file=path,
            expected=".xlsx",
            got=type(error).__name__,
            hint="open it in Excel or LibreOffice and save it again as .xlsx",
        ) from None
    try:
        name = _chosen_sheet(book, path, sheet, expected)
        cells = _cells(book[name])
    finally:
        book.close()
    header = find_header(cells, expected, None)
    if header is not None:
        cells[header] = _told_apart(cells[header])
    return table_of_cells(cells, format="xlsx", file=path, sheet=name, expected=expected)


def _cells(sheet: Any, rows: int | None = None) -> list[list[str]]:
    sheet.reset_dimensions()
    return [list(map(cell_text, row)) for row in sheet.iter_rows(max_row=rows, values_only=True)]


def _chosen_sheet(book: Any, path: Path, stated: str | None, expected: frozenset[str]) -> str:
    names = list(book.sheetnames)
    if stated is not None and stated not in names:
        raise WorkbenchError(
            "the workbook has no such sheet",
            file=path,
            sheet=stated,
            expected=", ".join(names),
            got=stated,
            hint=suggestion(stated, names),
        )
    if stated is not None:
        return stated
    tops = {name: _cells(book[name], HEADER_SEARCH_ROWS) for name in names}
    known = {name: _known_names(top, expected) for name, top in tops.items()}
    best = max(names, key=lambda name: known[name])
    rivals = [name for name in names if known[name] == known[best] and known[best] > 0]
    if len(rivals) > 1:
        raise WorkbenchError(
            "several sheets of this workbook could be meant",
            file=path,
            expected="the name of one sheet",
            got=", ".join(rivals),
        )
    return best


def _known_names(top: Sequence[Sequence[str]], expected: frozenset[str]) -> int:
    return max((sum(name_key(cell) in expected for cell in row) for row in top), default=0)


def _told_apart(header: Sequence[str]) -> list[str]:
    """A header in which a repeated name is followed by its number: ``85+ (2)``."""
    times: dict[str, int] = {}
    renamed = []
    for name in header:
        times[name] = times.get(name, 0) + 1
        renamed.append(f"{name} ({times[name]})" if name and times[name] > 1 else name)
    return renamed


def folded(text: str) -> str:
    """A text in small letters without diacritics."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold()


def columns_by_key(table: Table) -> dict[str, str]:
    """The table's own column names by their key without diacritics."""
    found: dict[str, str] = {}
    for name in table.columns:
        found.setdefault(name_key(folded(name)), name)
    return found


def first_column(found: Mapping[str, str], names: Iterable[str]) -> str | None:
    """The table's column that has the first of some names that it has at all."""
    return next((found[name] for name in names if name in found), None)


def place_column(found: Mapping[str, str]) -> tuple[str, str] | None:
    """The column with the codes of places, and their level; the finer one is meant."""
    for names, level in ((MUNICIPALITY_COLUMNS, "municipality"), (AREA_COLUMNS, "area")):
        column = first_column(found, names)
        if column is not None:
            return column, level
    return None


def no_layout(table: Table, what: str, expected: str) -> WorkbenchError:
    """The error that tells which columns were looked for and which there are."""
    columns = list(table.columns)
    return table.error(
        f"this is none of the layouts of {what} that are read",
        row=1,
        expected=f"the columns {expected}",
        got=", ".join(columns[:12]) + (", …" if len(columns) > 12 else ""),
        hint="check the file, the sheet and the delimiter",
    )


def place_codes(table: Table, column: str) -> NDArray[Any]:
    """Codes as text without spaces and without the ``.0`` of a code read as a number."""
    source = table.columns[column]
    plain = [re.sub(r"[.,]0+$", "", re.sub(r"\s", "", value)) for value in source.values]
    _refuse_blank(table, column)
    return source.spread(np.array(plain, dtype=object), "")


def _refuse_blank(table: Table, column: str) -> None:
    blank = np.flatnonzero(table.columns[column].codes < 0)
    if len(blank):
        raise table.error(
            f"{column} is blank", row=int(table.rows[blank[0]]), column=column,
            hint="each row needs the code of its place",
        )  # fmt: skip


def counts_of(table: Table, column: str) -> NDArray[np.float64]:
    """Counts; NaN where blank or marked as not known."""
    source = table.columns[column]
    texts = [
        "0" if value in _NONE_SIGNS else "" if value in _UNKNOWN_SIGNS else value
        for value in source.values
    ]
    numbers, bad = read_numbers(texts)
    known = np.array([bool(text) for text in texts], dtype=bool)
    wrong = known & (bad | (numbers < 0) | (numbers % 1 != 0))
    if wrong.any():
        value = source.values[int(np.flatnonzero(wrong)[0])]
        where = source.spread(wrong, False)
        raise table.error(
            "a count is no whole number that is not negative",
            row=int(table.rows[np.flatnonzero(where)[0]]),
            column=column,
            expected="0, 1, 2, …; - for none; . or i.d. for not known",
            got=value,
        )
    return source.spread(np.where(known, numbers, np.nan), np.nan)


def read_values(
    table: Table, column: str, read: Callable[[str], Any], expected: str
) -> NDArray[Any]:
    """What each cell of a column means, read once for each distinct text."""
    source = table.columns[column]
    meanings = np.empty(len(source.values), dtype=object)
    for position, value in enumerate(source.values):
        meanings[position] = read(value)
    unread = np.array([meaning is None for meaning in meanings], dtype=bool)
    where = source.spread(unread, True)
    if where.any():
        raise table.error(
            f"{column} has a value that cannot be read",
            row=int(table.rows[np.flatnonzero(where)[0]]),
            column=column,
            expected=expected,
            got=source.values[int(np.flatnonzero(unread)[0])] if unread.any() else "a blank cell",
        )
    return source.spread(meanings, None)

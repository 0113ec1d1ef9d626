"""Tables in ``.xlsx`` workbooks: which sheet, where the header is, what a cell says.

Formulas give the value that Excel stored last. A sheet with titles above its header, dates,
numbers kept as text and blank rows reads like the same table in CSV.

Workbooks of plain cells are read by calamine, which takes a tenth of the time; those with
formulas or error values by openpyxl, which tells an absent value from an empty one.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import python_calamine

from analysis.definitions import suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.sources.columns import (
    HEADER_SEARCH_ROWS,
    Options,
    Table,
    TableOptions,
    cell_text,
    letter,
    name_key,
    table_of_cells,
)

_ERROR_VALUES = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!")


# Marks in the XML of a sheet: a formula, a cell whose type is an error.
_NOT_PLAIN = re.compile(rb"<f[ >/]|\st=[\"']e[\"']")


@dataclass(frozen=True)
class _Sheet:
    name: str
    hidden: bool
    top: list[list[str]]

    @property
    def empty(self) -> bool:
        return not any(cell.strip() for row in self.top for cell in row)


def read_workbook(
    path: Path, options: Options | None = None, expected: Collection[str] = ()
) -> Table:
    """A table from a sheet of an ``.xlsx`` workbook.

    Parameters
    ----------
    path
        The workbook.
    options
        ``sheet`` (name, or number from 1) and ``header_row`` where the study card states
        them.
    expected
        Column names, as :func:`name_key` spells them, by which sheet and header are found.

    Raises
    ------
    WorkbenchError
        If it is no workbook, the sheet does not exist, several sheets could be meant (they
        are listed), a formula has no stored value, or the header cannot be used.
    """
    options = options or TableOptions()
    book = _opened(path)
    try:
        name = _chosen_sheet(book.sheets(), path, options.sheet, expected)
        cells = book.cells(name)
    finally:
        book.close()
    if isinstance(book, _CarefulBook):
        _refuse_uncalculated(path, name, cells)
    table = table_of_cells(
        cells,
        format="xlsx",
        file=path,
        sheet=name,
        expected=expected,
        header_row=options.header_row,
    )
    return _without_error_values(table)


class _PlainBook:
    """A workbook without formulas and error values."""

    def __init__(self, path: Path) -> None:
        self.book = python_calamine.load_workbook(path)
        self.opened: dict[str, python_calamine.CalamineSheet] = {}

    def sheets(self) -> list[_Sheet]:
        """The sheets with cells, and the first rows of each."""
        visible = python_calamine.SheetVisibleEnum.Visible
        return [
            _Sheet(sheet.name, sheet.visible != visible, self.cells(sheet.name, HEADER_SEARCH_ROWS))
            for sheet in self.book.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]

    def cells(self, name: str, rows: int | None = None) -> list[list[str]]:
        """The cells of a sheet as texts."""
        if name not in self.opened:
            self.opened[name] = self.book.get_sheet_by_name(name)
        cells = self.opened[name].to_python(skip_empty_area=False, nrows=rows)
        return _as_texts(cells)

    def close(self) -> None:
        """Let go of the file."""
        self.book.close()


class _CarefulBook:
    """A workbook with formulas or error values."""

    def __init__(self, path: Path) -> None:
        self.book = openpyxl.load_workbook(path, read_only=True, data_only=True)

    def sheets(self) -> list[_Sheet]:
        """The sheets with cells, and the first rows of each."""
        return [
            _Sheet(
                sheet.title,
                sheet.sheet_state != "visible",
                self.cells(sheet.title, HEADER_SEARCH_ROWS),
            )
            for sheet in self.book.worksheets
        ]

    def cells(self, name: str, rows: int | None = None) -> list[list[str]]:
        """The cells of a sheet as texts."""
        sheet = self.book[name]
        # Some writers store a wrong extent, and openpyxl would believe it.
        sheet.reset_dimensions()
        return _as_texts(sheet.iter_rows(max_row=rows, values_only=True))

    def close(self) -> None:
        """Let go of the file."""
        self.book.close()


def _as_texts(rows: Iterable[Sequence[Any]]) -> list[list[str]]:
    numbers: dict[float, str] = {}

    def text(value: Any) -> str:
        if type(value) is str:
            return value
        if type(value) is not float:
            return cell_text(value)
        # The same few codes stand in millions of cells.
        if value not in numbers:
            numbers[value] = cell_text(value)
        return numbers[value]

    return [[text(value) for value in row] for row in rows]


def _opened(path: Path) -> _PlainBook | _CarefulBook:
    start = path.read_bytes()[:8]
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise WorkbenchError(
            "this workbook is protected by a password or is of the old .xls format",
            file=path,
            expected=".xlsx",
            hint="save it in Excel as .xlsx without a password",
        )
    try:
        return _PlainBook(path) if _is_plain(path) else _CarefulBook(path)
    except (
        python_calamine.CalamineError,
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        OSError,
        EOFError,
    ) as error:
        raise WorkbenchError(
            "this is not an .xlsx workbook, or it is damaged",
            file=path,
            expected=".xlsx",
            got=type(error).__name__,
            hint="open it in Excel or LibreOffice and save it again as .xlsx",
        ) from None


def _is_plain(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return not any(
            _NOT_PLAIN.search(archive.read(name))
            for name in archive.namelist()
            if name.startswith("xl/worksheets/") and name.endswith(".xml")
        )


def _chosen_sheet(
    sheets: list[_Sheet], path: Path, stated: str | int | None, expected: Collection[str]
) -> str:
    names = [sheet.name for sheet in sheets]
    if stated is not None:
        return _stated_sheet(names, path, stated)
    candidates = [sheet.name for sheet in sheets if not sheet.hidden and not sheet.empty]
    if len(candidates) > 1:
        known = {sheet.name: _known_names(sheet, expected) for sheet in sheets}
        most = max(known[name] for name in candidates)
        # A codebook beside the data names a question or two in a row, never most of them.
        candidates = [name for name in candidates if 2 * known[name] >= most + (most > 0)]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise WorkbenchError(
            "no visible sheet of this workbook has data",
            file=path,
            got=", ".join(
                f"{sheet.name} (hidden)" if sheet.hidden else sheet.name for sheet in sheets
            ),
            hint="state the sheet in the study card",
        )
    raise WorkbenchError(
        "several sheets of this workbook could be meant",
        file=path,
        expected="one sheet with data, or sheet in the study card",
        got=", ".join(candidates),
        hint=f"for example sheet: {candidates[0]}",
    )


def _stated_sheet(names: list[str], path: Path, stated: str | int) -> str:
    if isinstance(stated, int) and 1 <= stated <= len(names):
        return names[stated - 1]
    if stated in names:
        return str(stated)
    raise WorkbenchError(
        "the workbook has no such sheet",
        file=path,
        sheet=str(stated),
        expected=", ".join(names),
        got=str(stated),
        hint=suggestion(str(stated), names),
    )


def _known_names(sheet: _Sheet, expected: Collection[str]) -> int:
    """The most expected names that a row has."""
    counts = [sum(name_key(cell) in expected for cell in row if cell) for row in sheet.top]
    return max(counts, default=0)


# --- cells that hold no value -------------------------------------------------------------


def _refuse_uncalculated(path: Path, name: str, cells: list[list[str]]) -> None:
    for row, column in _uncalculated(path, name, cells):
        raise WorkbenchError(
            "a formula has no stored value",
            file=path,
            sheet=name,
            row=row,
            column=letter(column),
            expected="the value that Excel stores with a formula",
            hint="open the workbook in Excel or LibreOffice and save it",
        )


def _uncalculated(path: Path, name: str, cells: list[list[str]]) -> Iterator[tuple[int, int]]:
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        sheet = book[name]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(values_only=True)):
            for position, value in enumerate(row):
                # A formula may have given an empty text; Excel stores then an empty value
                # of the type string, which reads as absent too. Only ="" is let pass.
                if str(value).startswith("=") and value != '=""' and not cells[number][position]:
                    yield number + 1, position + 1
    finally:
        book.close()


def _without_error_values(table: Table) -> Table:
    columns = dict(table.columns)
    issues: list[Issue] = []
    for name, column in table.columns.items():
        broken = np.isin(np.array(column.values, dtype=object), _ERROR_VALUES)
        if not broken.any():
            continue
        where = column.spread(broken, False)
        issues.append(
            table.issue(
                "Excel could not calculate these cells; they count as blank",
                "warning",
                column=name,
                where=where,
                got=", ".join(value for value in column.values if value in _ERROR_VALUES),
                hint="mend the formula in the workbook",
            )
        )
        columns[name] = replace(column, codes=np.where(where, -1, column.codes))
    return replace(table, columns=columns, issues=(*table.issues, *issues))

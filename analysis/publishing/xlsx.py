"""The Excel annex of a report: every table, and the data of every chart, on a sheet of its own.

Numbers are numbers with a format; a text is always a text, whatever it begins with. The same
content gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from io import BytesIO
from typing import Any, Final

import xlsxwriter

from analysis.presentation import theme
from analysis.presentation.blocks import Cell, Chart, Document, Table
from analysis.publishing.content import Content
from analysis.publishing.layout import header_rows, row_groups
from analysis.publishing.phrases import Phrases, phrases

#: The longest name Excel takes for a sheet.
SHEET_NAME_LENGTH: Final = 31

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
#: When no date is given: the first day Excel's own file format knows.
_NO_DATE: Final = datetime(1980, 1, 1)
_LABEL_WIDTH: Final = 44
_NUMBER_WIDTH: Final = 11
#: Relative width from which the texts of a data annex are wrapped.
_WRAPPED: Final = 2.0


@dataclass(frozen=True)
class Sheet:
    """A table on its way to a sheet: under which name, and called what in the report."""

    name: str
    caption: str
    table: Table


def render_xlsx(content: Content) -> bytes:
    """The tables of a report as one Excel workbook with a contents sheet."""
    stream = BytesIO()
    workbook = xlsxwriter.Workbook(stream, _OPTIONS)
    _Writer(workbook, content, sheets_of(content)).write()
    workbook.close()
    return stream.getvalue()


def render_tables(document: Document, tables: Sequence[Table]) -> bytes:
    """Tables as one Excel workbook with a contents sheet and filters in the header rows."""
    taken = {phrases(document.language).say("workbook.contents").casefold()}
    sheets = tuple(Sheet(sheet_name(one.name, taken), one.caption, one) for one in tables)
    stream = BytesIO()
    workbook = xlsxwriter.Workbook(stream, _OPTIONS)
    _Writer(workbook, Content(document, ()), sheets, filters=True).write()
    workbook.close()
    return stream.getvalue()


def sheets_of(content: Content) -> tuple[Sheet, ...]:
    """The sheets of a report in its order, with names that Excel takes, none twice."""
    taken = {content.phrases.say("workbook.contents").casefold()}
    return tuple(
        Sheet(sheet_name(table.name or caption, taken), caption, table)
        for caption, table in _tables(content)
    )


def _tables(content: Content) -> Iterator[tuple[str, Table]]:
    for element in content.elements:
        if isinstance(element.block, Table):
            yield content.caption(element), element.block
        elif isinstance(element.block, Chart) and element.block.data is not None:
            yield content.caption(element), element.block.data


def sheet_name(wanted: str, taken: set[str]) -> str:
    """A name that Excel takes: short, without its forbidden signs, not in ``taken``.

    The name is added to ``taken``, which compares without regard to case as Excel does.
    """
    clean = " ".join(_FORBIDDEN.sub(" ", wanted).split()).strip("'") or "–"
    # Excel keeps the name History for itself.
    candidate = clean[:SHEET_NAME_LENGTH].rstrip() if clean.casefold() != "history" else "–"
    count = 1
    while candidate.casefold() in taken:
        count += 1
        ending = f" ({count})"
        candidate = clean[: SHEET_NAME_LENGTH - len(ending)].rstrip() + ending
    taken.add(candidate.casefold())
    return candidate


class _Writer:
    """Writes one workbook; keeps its formats and the row it has come to."""

    def __init__(
        self, workbook: Any, content: Content, sheets: Sequence[Sheet], *, filters: bool = False
    ) -> None:
        self._workbook = workbook
        self._content = content
        self._sheets = sheets
        self._filters = filters
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    @property
    def _texts(self) -> Phrases:
        return self._content.phrases

    @cached_property
    def _contents_name(self) -> str:
        return self._texts.say("workbook.contents")

    def write(self) -> None:
        self._set_properties()
        self._write_contents(self._workbook.add_worksheet(self._contents_name))
        for sheet in self._sheets:
            self._write_sheet(self._workbook.add_worksheet(sheet.name), sheet)

    # --- the workbook -----------------------------------------------------------------------

    def _set_properties(self) -> None:
        document = self._content.document
        date = datetime.fromisoformat(document.date) if document.date else _NO_DATE
        properties = {
            "title": self._content.title,
            "subject": document.subtitle,
            "author": document.author,
            "keywords": ", ".join(part for part in (document.study, document.kind) if part),
            "comments": " ".join(filter(None, (document.stamp_note, document.watermark_note))),
            "status": ", ".join(document.header_marks),
            "created": date,
        }
        self._workbook.set_properties(properties)
        self._workbook.set_custom_property(self._texts.say("workbook.language"), document.language)
        self._workbook.set_size(1800, 1200)

    def _format(self, **properties: Any) -> Any:
        look = {"font_name": theme.FAMILY, "font_size": 10, "font_color": theme.INK, **properties}
        key = tuple(sorted(look.items()))
        if key not in self._formats:
            self._formats[key] = self._workbook.add_format(look)
        return self._formats[key]

    # --- the contents -----------------------------------------------------------------------

    def _write_contents(self, page: Any) -> None:
        document = self._content.document
        page.set_column(0, 0, 34)
        page.set_column(1, 1, 84)
        page.set_column(2, 2, 20)
        self._set_up(page, self._content.title)
        row = self._write_title(page, self._content.title, document.subtitle)
        facts = [
            (self._texts.say("workbook.area"), document.area_name),
            (self._texts.say("workbook.study"), document.study),
            *document.facts,
        ]
        for name, value in facts:
            if value:
                page.write_string(row, 0, name, self._format(font_color=theme.GREY))
                page.write_string(row, 1, value, self._format(text_wrap=True))
                row += 1
        self._write_list(page, row + 1)

    def _write_list(self, page: Any, row: int) -> None:
        if not self._sheets:
            page.write_string(row, 0, self._texts.say("workbook.no_tables"), self._format())
            return
        for column, key in enumerate(("sheet", "content", "origin")):
            page.write_string(row, column, self._texts.say(f"workbook.{key}"), self._head())
        for place, sheet in enumerate(self._sheets, start=row + 1):
            link = self._format(font_color=theme.BLUE, underline=1, valign="top")
            page.write_url(place, 0, _address(sheet.name), link, sheet.name)
            page.write_string(place, 1, sheet.caption, self._format(text_wrap=True, valign="top"))
            origin = self._texts.say(f"workbook.{sheet.table.data_origin}")
            page.write_string(place, 2, origin, self._format(valign="top"))
        note = row + len(self._sheets) + 2
        page.write_string(note, 0, self._texts.say("workbook.marks"), self._note())

    # --- one table --------------------------------------------------------------------------

    def _write_sheet(self, page: Any, sheet: Sheet) -> None:
        table = sheet.table
        self._set_up(page, sheet.caption)
        page.set_column(0, 0, _LABEL_WIDTH)
        for place, column in enumerate(table.columns[1:], start=1):
            page.set_column(place, place, max(_NUMBER_WIDTH, _NUMBER_WIDTH * column.width))
        row = self._write_title(page, sheet.caption, self._content.document.area_name)
        if table.data_origin == "modelled":
            page.write_string(row - 1, 0, self._modelled_note(), self._warning())
            row += 1
        first = self._write_header(page, row, table)
        page.freeze_panes(first, 1)
        page.repeat_rows(row, first - 1)
        last = self._write_rows(page, first, table)
        if self._filters and len(table.columns) > 1:
            page.autofilter(first - 1, 0, last - 1, len(table.columns) - 1)
        for note in table.notes:
            last += 1
            page.write_string(last, 0, note, self._note())
        back = self._format(font_color=theme.BLUE, underline=1)
        page.write_url(
            last + 2, 0, _address(self._contents_name), back, self._texts.say("workbook.back")
        )

    def _modelled_note(self) -> str:
        document = self._content.document
        word = self._texts.say("workbook.modelled")
        return f"{word}: {document.watermark_note}" if document.watermark_note else word

    def _write_header(self, page: Any, row: int, table: Table) -> int:
        rows = header_rows(table.columns)
        for place, cells in enumerate(rows, start=row):
            for cell in cells:
                look = self._head(align=cell.align)
                last_row, last_column = place + cell.rows - 1, cell.column + cell.columns - 1
                if (last_row, last_column) == (place, cell.column):
                    page.write_string(place, cell.column, cell.text, look)
                else:
                    page.merge_range(place, cell.column, last_row, last_column, "", look)
                    page.write_string(place, cell.column, cell.text, look)
        return row + len(rows)

    def _write_rows(self, page: Any, row: int, table: Table) -> int:
        for group in row_groups(table):
            if group.title:
                page.write_string(row, 0, group.title, self._format(bold=True, top=1))
                row += 1
            for cells in group.rows:
                for place, cell in enumerate(cells):
                    column = table.columns[place]
                    wraps = place == 0 or (self._filters and column.width >= _WRAPPED)
                    self._write_cell(page, row, place, cell, column.align, wraps=wraps)
                row += 1
                if any(cell.under for cell in cells):
                    self._write_under(page, row, cells, table)
                    row += 1
        return row

    def _write_under(self, page: Any, row: int, cells: Sequence[Cell], table: Table) -> None:
        """The second lines of a row of cells, in a row of their own."""
        for place, cell in enumerate(cells):
            if cell.under:
                look = self._format(
                    align=table.columns[place].align, valign="top", font_color=theme.GREY
                )
                page.write_string(row, place, cell.under, look)

    def _write_cell(
        self, page: Any, row: int, column: int, cell: Cell, align: str, *, wraps: bool
    ) -> None:
        if cell.value is not None and _is_finite(cell.value):
            look = self._format(num_format=_number_format(cell), align=align, valign="top")
            page.write_number(row, column, cell.value, look)
        else:
            look = self._format(align=align, valign="top", text_wrap=wraps)
            page.write_string(row, column, cell.text, look)

    # --- looks ------------------------------------------------------------------------------

    def _write_title(self, page: Any, title: str, subtitle: str) -> int:
        page.write_string(0, 0, title, self._format(bold=True, font_size=14, font_color=theme.BLUE))
        page.write_string(1, 0, subtitle, self._format(font_color=theme.GREY))
        return 3

    def _set_up(self, page: Any, title: str) -> None:
        """Paper, margins and what is printed at the head and foot of each page."""
        page.hide_gridlines(2)
        page.set_paper(9)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.7)
        page.set_header(_page_line(title[:120], ", ".join(self._content.document.header_marks)))
        page.set_footer("&R&P / &N")

    def _head(self, align: str = "left") -> Any:
        return self._format(
            bold=True,
            font_color=theme.BLUE,
            bottom=1,
            top=1,
            border_color=theme.BLUE,
            text_wrap=True,
            valign="bottom",
            align=align,
        )

    def _note(self) -> Any:
        return self._format(font_size=9, font_color=theme.GREY)

    def _warning(self) -> Any:
        return self._format(bold=True, font_color=theme.ACCENT)


def _number_format(cell: Cell) -> str:
    """The format of a number, with the brackets or the star that its text bears."""
    number = cell.number_format or "General"
    if cell.mark == "low_precision":
        return _each_section(number, '"["', '"]"')
    if cell.mark == "supported":
        return _each_section(number, "", '" *"')
    return number


def _each_section(number: str, before: str, after: str) -> str:
    return ";".join(f"{before}{section}{after}" for section in number.split(";"))


def _is_finite(value: float) -> bool:
    return value - value == 0


def _address(sheet: str) -> str:
    escaped = sheet.replace("'", "''")
    return f"internal:'{escaped}'!A1"


def _page_line(left: str, right: str) -> str:
    """Text at the head of printed pages, in which an ampersand would begin a code."""
    return f"&L{left.replace('&', '&&')}&R{right.replace('&', '&&')}"

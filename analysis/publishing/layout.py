"""How a table is laid out: its header rows, its row groups and its column widths.

The same for every writer, so that a spanner covers the same columns on paper and on screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, product
from math import ceil

from analysis.presentation.blocks import Cell, Column, Table
from analysis.presentation.numbers import NO_BREAK_SPACE
from analysis.presentation.theme import POINT, TEXT_HEIGHT, TEXT_WIDTH
from analysis.presentation.typeface import typeface

#: Points: from the size a table is set in when it fits to the smallest that is still read well.
TABLE_SIZES = (8.5, 8.0, 7.5)
#: Millimetres: the white left and right of the text in a cell.
CELL_PADDING = 1.6

#: Characters of a header that is not broken into lines while there is room.
_SHORT_HEADER = 14
#: Lines of text from which a row may be broken over two pages.
_TALL = 25
#: Lines of text up to which a table is kept on one page.
_SHORT = 18
#: Millimetres that the labels of rows get, where they can use them, before type gets smaller.
_LABELS = 24.0


@dataclass(frozen=True)
class HeaderCell:
    """A header cell: its text, where it begins and how many columns and rows it covers."""

    text: str
    column: int
    columns: int
    rows: int
    align: str


@dataclass(frozen=True)
class RowGroup:
    """Rows under one title; the title is empty for rows outside a group."""

    title: str
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Widths:
    """Column widths in millimetres, the size of type in points, and how the page lies."""

    columns: tuple[float, ...]
    size: float
    landscape: bool = False


def header_rows(columns: Sequence[Column]) -> tuple[tuple[HeaderCell, ...], ...]:
    """The header cells of a table, in one row, or in two when some have a spanner."""
    if not any(column.spanner for column in columns):
        return (tuple(_plain(place, column, 1) for place, column in enumerate(columns)),)
    upper: list[HeaderCell] = []
    lower: list[HeaderCell] = []
    for spanner, run in groupby(enumerate(columns), key=lambda item: item[1].spanner):
        covered = list(run)
        if spanner:
            first = covered[0][0]
            upper.append(HeaderCell(spanner, first, len(covered), 1, "center"))
            lower += [_plain(place, column, 1) for place, column in covered]
        else:
            upper += [_plain(place, column, 2) for place, column in covered]
    return tuple(upper), tuple(lower)


def _plain(place: int, column: Column, rows: int) -> HeaderCell:
    return HeaderCell(column.header, place, 1, rows, column.align)


def row_groups(table: Table) -> tuple[RowGroup, ...]:
    """The rows of a table in their groups."""
    if not table.groups:
        return (RowGroup("", table.rows),)
    starts = [(title, start) for title, start in table.groups]
    if starts[0][1] > 0:
        starts.insert(0, ("", 0))
    bounded = pairwise([*starts, ("", len(table.rows))])
    return tuple(RowGroup(title, table.rows[start:end]) for (title, start), (_, end) in bounded)


# --- widths ---------------------------------------------------------------------------------


def column_widths(table: Table) -> Widths:
    """Widths that let no word stick out: smaller type or a page on its side when need be."""
    pages = ((TEXT_WIDTH, False), (TEXT_HEIGHT, True))
    for (width, landscape), size, whole in product(pages, TABLE_SIZES, (True, False)):
        least = _least_widths(table, size, whole_headers=whole)
        if sum(least) <= width:
            return Widths(_shared_out(table.columns, least, width), size, landscape)
    scale = TEXT_HEIGHT / sum(least)
    return Widths(tuple(part * scale for part in least), TABLE_SIZES[-1] * scale, True)


def is_tall(table: Table, widths: Widths) -> bool:
    """Whether some row may be so high that it has to break over two pages."""
    return max(_row_lines(table, widths)) > _TALL


def is_short(table: Table, widths: Widths) -> bool:
    """Whether a table is so short that it is not broken over two pages."""
    return sum(_row_lines(table, widths)) + len(table.groups) <= _SHORT


def _row_lines(table: Table, widths: Widths) -> list[int]:
    """About how many lines of text each row takes: a letter is half as wide as it is high."""
    letter = widths.size * POINT / 2
    return [
        max(
            ceil(len(cell.text) * letter / width) + bool(cell.under)
            for cell, width in zip(row, widths.columns, strict=True)
        )
        for row in table.rows
    ]


def _least_widths(table: Table, size: float, *, whole_headers: bool) -> list[float]:
    """The width of the longest unbreakable text of each column, in millimetres.

    With ``whole_headers`` a short header is not broken either.
    """
    widths = []
    for place, column in enumerate(table.columns):
        texts = {row[place].text for row in table.rows}
        body = max(_word_width(text, size, bold=place == 0) for text in texts)
        unders = {row[place].under for row in table.rows}
        body = max(body, *(typeface("regular").width(text, size) * POINT for text in unders))
        if place == 0:
            longest = max(texts, key=len).replace(" ", NO_BREAK_SPACE)
            body = max(body, min(_LABELS, _word_width(longest, size, bold=True)))
        header = column.header
        if whole_headers and len(header) <= _SHORT_HEADER:
            header = header.replace(" ", NO_BREAK_SPACE)
        head = _word_width(header, size, bold=True)
        widths.append(max(body, head) + 2 * CELL_PADDING)
    return widths


def _word_width(text: str, size: float, *, bold: bool) -> float:
    face = typeface("semibold" if bold else "regular")
    # Typst may break a line after a hyphen or a dash; a word is what stands between.
    words = text.replace("-", "- ").replace("–", "– ").split(" ")
    return max(face.width(word, size) for word in words) * POINT


def _shared_out(
    columns: Sequence[Column], least: Sequence[float], width: float
) -> tuple[float, ...]:
    """The page width by the columns' relative widths, none narrower than its least."""
    free = set(range(len(columns)))
    widths = list(least)
    while free:
        left = width - sum(widths[place] for place in range(len(columns)) if place not in free)
        unit = left / sum(columns[place].width for place in free)
        tight = {place for place in free if columns[place].width * unit < least[place]}
        if not tight:
            for place in free:
                widths[place] = columns[place].width * unit
            break
        free -= tight
    return tuple(widths)

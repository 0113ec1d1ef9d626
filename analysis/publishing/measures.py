"""What a report holds, counted: pages, tables, figures, and how many values are not plain.

A value that is hidden or stands in brackets is of little use to a reader, so a region wants
to know how many there are. Values are the cells of value columns of tables and of the tables
behind charts; the main chapters end where the annexes begin.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields

import pikepdf

from analysis.presentation.blocks import Cell, Chart, Column, PageBreak, Table
from analysis.publishing.content import Content

ANNEX = "annex"
_BRACKETED = "low_precision"
_HIDDEN = ("disclosure", "precision")


@dataclass(frozen=True)
class Measures:
    """Counts of one report, or of several together.

    ``values`` are those of the main chapters, of them ``hidden`` and ``bracketed``; the
    same for the annexes.
    """

    pages: int = 0
    tables: int = 0
    figures: int = 0
    values: int = 0
    hidden: int = 0
    bracketed: int = 0
    annex_values: int = 0
    annex_hidden: int = 0
    annex_bracketed: int = 0

    @property
    def not_plain(self) -> float:
        """The share of values of the main chapters that are hidden or bracketed."""
        return (self.hidden + self.bracketed) / self.values if self.values else 0.0

    def __add__(self, other: Measures) -> Measures:
        return Measures(
            **{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)}
        )

    def as_record(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)


def measures_of(content: Content, pdf: bytes | None = None) -> Measures:
    """Count what a report holds.

    Parameters
    ----------
    content
        The report.
    pdf
        Its PDF, for the number of pages; 0 pages without it.
    """
    main, annex = _States(), _States()
    counted = main
    for element in content.elements:
        block = element.block
        if isinstance(block, PageBreak) and block.reason == ANNEX:
            counted = annex
        for mark in _marks(block):
            counted.add(mark)
    return Measures(
        _pages(pdf),
        len(content.tables),
        len(content.charts),
        main.values,
        main.hidden,
        main.bracketed,
        annex.values,
        annex.hidden,
        annex.bracketed,
    )


def measures_from(record: Mapping[str, int]) -> Measures:
    """The counts as they stand in a manifest."""
    return Measures(**{one.name: record.get(one.name, 0) for one in fields(Measures)})


@dataclass
class _States:
    values: int = 0
    hidden: int = 0
    bracketed: int = 0

    def add(self, mark: str) -> None:
        self.values += 1
        self.hidden += mark in _HIDDEN
        self.bracketed += mark == _BRACKETED


def _marks(block: object) -> Iterator[str]:
    """The release mark of each value of a table, or of the table behind a chart."""
    table = block.data if isinstance(block, Chart) else block
    if not isinstance(table, Table):
        return
    for row in table.rows:
        for cell, column in zip(row[1:], table.columns[1:], strict=True):
            if _is_value(cell, column):
                yield cell.mark


def _is_value(cell: Cell, column: Column) -> bool:
    """Whether a cell holds a value, or the mark of one; limits and bases are none."""
    if column.role:
        return column.role == "value" and bool(cell.text)
    return cell.value is not None or bool(cell.mark)


def _pages(pdf: bytes | None) -> int:
    if pdf is None:
        return 0
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return len(document.pages)

"""Blocks: what a report is made of, with their meaning kept.

A block is shown in JupyterLab through its HTML and travels in the executed notebook as
``application/vnd.needs.block+json``; the HTML, PDF and Excel writers read only that.
Texts are plain strings: a writer escapes them, so nothing in a label can become markup.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from html import escape
from itertools import groupby
from typing import Any, ClassVar, Literal

BLOCK_MIME = "application/vnd.needs.block+json"

DataOrigin = Literal["observed", "modelled"]


@dataclass(frozen=True)
class Block:
    """What all blocks share: a type name, a JSON form and a display in notebooks."""

    type: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """The block as JSON-ready values, with its ``type``."""
        return {"type": self.type, **_fields_of(self)}

    def to_html(self) -> str:
        """A plain HTML fragment for JupyterLab."""
        raise NotImplementedError

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {BLOCK_MIME: self.to_json(), "text/html": self.to_html()}


def _fields_of(value: Any) -> dict[str, Any]:
    """The fields of a dataclass; its values are never changed, so they are not copied."""
    return {name: _json_ready(getattr(value, name)) for name in value.__dataclass_fields__}


def _json_ready(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if dataclasses.is_dataclass(value):
        return _fields_of(value)
    if isinstance(value, list | tuple):
        return [_json_ready(item) for item in value]
    if isinstance(value, dict):
        return {key: _json_ready(item) for key, item in value.items()}
    return value


@dataclass(frozen=True)
class Document(Block):
    """The first block of a report: what stands on its title page and in its metadata.

    ``facts`` are label–value pairs of the title page (client, author, registration
    number, field work); ``publicity`` is the line that funders ask for; ``date`` is
    ISO 8601 and comes from the data, never from the clock; ``watermark`` is the word
    that marks modelled data (empty when all rows are observed); ``stamp`` is the word that
    marks a draft (empty in a release).
    """

    type: ClassVar[str] = "document"
    title: str
    subtitle: str
    study: str
    kind: str
    area: str
    area_name: str
    language: str
    data_origin: DataOrigin
    watermark: str = ""
    watermark_note: str = ""
    author: str = ""
    date: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    publicity: str = ""
    running_title: str = ""
    edition: str = "release"
    stamp: str = ""
    stamp_note: str = ""

    @property
    def header_marks(self) -> tuple[str, ...]:
        """The words that stand on every page: of a draft, of modelled data."""
        return tuple(word for word in (self.stamp, self.watermark) if word)

    def to_html(self) -> str:
        facts = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in self.facts)
        note = "".join(f"<p><strong>{escape(word)}</strong></p>" for word in self.header_marks)
        return f"<h1>{escape(self.title)}</h1><p>{escape(self.subtitle)}</p>{note}<dl>{facts}</dl>"


@dataclass(frozen=True)
class Heading(Block):
    """A heading; ``level`` 1 is a chapter, ``anchor`` is unique in the report."""

    type: ClassVar[str] = "heading"
    text: str
    level: int = 1
    anchor: str = ""

    def to_html(self) -> str:
        level = self.level + 1
        return f"<h{level}>{escape(self.text)}</h{level}>"


@dataclass(frozen=True)
class Paragraph(Block):
    """Running text. ``style``: ``body``, ``lead`` (first of a chapter) or ``note`` (small)."""

    type: ClassVar[str] = "paragraph"
    text: str
    style: Literal["body", "lead", "note"] = "body"

    def to_html(self) -> str:
        return f"<p>{escape(self.text)}</p>"


@dataclass(frozen=True)
class Callout(Block):
    """A short text set apart: a caveat or the mark of modelled data."""

    type: ClassVar[str] = "callout"
    title: str
    text: str
    tone: Literal["info", "warning"] = "info"

    def to_html(self) -> str:
        return f"<p><strong>{escape(self.title)}</strong> {escape(self.text)}</p>"


@dataclass(frozen=True)
class ItemList(Block):
    """A bulleted or numbered list of plain sentences."""

    type: ClassVar[str] = "list"
    items: tuple[str, ...]
    ordered: bool = False

    def to_html(self) -> str:
        tag = "ol" if self.ordered else "ul"
        return f"<{tag}>{''.join(f'<li>{escape(item)}</li>' for item in self.items)}</{tag}>"


@dataclass(frozen=True)
class Facts(Block):
    """Label–value pairs such as the technical parameters of a survey."""

    type: ClassVar[str] = "facts"
    caption: str
    items: tuple[tuple[str, str], ...]

    def to_html(self) -> str:
        rows = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in self.items)
        return f"<p>{escape(self.caption)}</p><dl>{rows}</dl>"


@dataclass(frozen=True)
class Figures(Block):
    """Three to six key figures: value, what it is, and its interval and base in small."""

    type: ClassVar[str] = "figures"
    items: tuple[tuple[str, str, str], ...]

    def to_html(self) -> str:
        return "".join(
            f"<p><strong>{escape(value)}</strong> {escape(label)} <small>{escape(base)}</small></p>"
            for value, label, base in self.items
        )


@dataclass(frozen=True)
class Cell:
    """One cell of a table: the text shown and, for Excel, the number behind it.

    ``value`` is filled only for released numbers, rounded as they are published;
    ``number_format`` is an Excel format for it. ``mark`` names a release mark
    (``disclosure``, ``precision``, ``low_precision``) that the legend explains. ``under`` is
    a second, smaller line, such as the interval of the value.
    """

    text: str
    value: float | None = None
    number_format: str = ""
    mark: str = ""
    under: str = ""


@dataclass(frozen=True)
class Column:
    """A column: header text, an optional spanner above it, alignment, relative width.

    ``role`` says which number of a released row it holds, ``unit`` what its numbers count
    (:data:`analysis.quantities.UNITS`); both are for the checks of arithmetic.
    """

    header: str
    spanner: str = ""
    align: Literal["left", "right", "center"] = "right"
    width: float = 1.0
    role: Literal["", "value", "low", "high", "base"] = ""
    unit: str = ""


@dataclass(frozen=True)
class Relation:
    """What must hold between the numbers of a table, checked before it is published.

    Parameters
    ----------
    kind
        ``rows``: the row ``whole`` is the sum of the rows ``parts``; ``rows_at_most``: it is
        no less. ``columns``: the column ``whole`` is the sum of the columns ``parts`` in each
        row. ``rate``: the column ``whole`` is the sum of ``parts`` over their base.
        ``hundred``: the shares in the rows ``parts`` add up to all; ``several``: they need
        not, and a note says why.
    whole, parts
        Positions of rows or columns.
    columns
        Of which columns the rows are meant.
    base_column, base
        For a rate: the base, where ``base_column`` names no column that holds it.
    """

    kind: Literal["rows", "rows_at_most", "columns", "rate", "hundred", "several"]
    whole: int = -1
    parts: tuple[int, ...] = ()
    columns: tuple[int, ...] = ()
    base_column: int = -1
    base: float = 0.0


@dataclass(frozen=True)
class Table(Block):
    """A table. The first cell of a row is its row header; ``notes`` stand under it.

    ``groups`` names row groups: (title, index of the first row). ``name`` is the name of
    the sheet in the Excel annex, at most 31 characters and unique in the report. ``relations``
    are what must hold between its numbers.
    """

    type: ClassVar[str] = "table"
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    name: str
    anchor: str = ""
    notes: tuple[str, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    data_origin: DataOrigin = "observed"
    relations: tuple[Relation, ...] = ()

    def to_html(self) -> str:
        aligned = [f'style="text-align: {column.align}"' for column in self.columns]
        others = aligned[1:]
        starts = {index: title for title, index in self.groups}
        body = []
        for number, row in enumerate(self.rows):
            if number in starts:
                body.append(
                    f'<tr><th scope="rowgroup" colspan="{len(self.columns)}"'
                    f' style="text-align: left">{escape(starts[number])}</th></tr>'
                )
            cells = zip(row[1:], others, strict=True)
            body.append(
                f'<tr><th scope="row" style="text-align: left; font-weight: normal">'
                f"{escape(row[0].text)}</th>"
                + "".join(f"<td {style}>{_lines(cell)}</td>" for cell, style in cells)
                + "</tr>"
            )
        head = "".join(
            f'<th scope="col" {style}>{escape(column.header)}</th>'
            for column, style in zip(self.columns, aligned, strict=True)
        )
        notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in self.notes)
        return (
            f'<table><caption style="text-align: left; font-weight: bold">{escape(self.caption)}'
            f"</caption><thead>{self._spanners()}<tr>{head}</tr></thead>"
            f"<tbody>{''.join(body)}</tbody></table>{notes}"
        )

    def _spanners(self) -> str:
        """The row of headers that span several columns; nothing where there are none."""
        if not any(column.spanner for column in self.columns):
            return ""
        spans = [(title, len(list(own))) for title, own in groupby(self.columns, _spanner)]
        cells = (
            f'<th scope="colgroup" colspan="{width}" style="text-align: center">'
            f"{escape(title)}</th>"
            for title, width in spans
        )
        return f"<tr>{''.join(cells)}</tr>"


def _lines(cell: Cell) -> str:
    under = f"<br><small>{escape(cell.under)}</small>" if cell.under else ""
    return escape(cell.text) + under


def _spanner(column: Column) -> str:
    return column.spanner


@dataclass(frozen=True)
class Chart(Block):
    """A chart or map as SVG, with the alternative text that states its finding.

    ``alt`` is 30–300 characters and unique in the report. ``data`` is the table of what
    the chart shows, released rows only, for Excel and for readers who do not see it.
    """

    type: ClassVar[str] = "chart"
    caption: str
    svg: str
    alt: str
    width_mm: float
    height_mm: float
    data: Table | None = None
    anchor: str = ""
    notes: tuple[str, ...] = ()
    data_origin: DataOrigin = "observed"

    def to_json(self) -> dict[str, Any]:
        content = super().to_json()
        if self.data is not None:
            content["data"] = self.data.to_json()
        return content

    def to_html(self) -> str:
        notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in self.notes)
        return (
            f'<figure role="img" aria-label="{escape(self.alt, quote=True)}">{self.svg}'
            f"<figcaption>{escape(self.caption)}</figcaption></figure>{notes}"
        )


@dataclass(frozen=True)
class PageBreak(Block):
    """A new page in PDF; nothing in HTML."""

    type: ClassVar[str] = "pagebreak"
    reason: str = field(default="")

    def to_html(self) -> str:
        return ""


_TYPES: dict[str, type[Block]] = {
    block.type: block
    for block in (
        Document,
        Heading,
        Paragraph,
        Callout,
        ItemList,
        Facts,
        Figures,
        Table,
        Chart,
        PageBreak,
    )
}


def _relation(content: dict[str, Any]) -> Relation:
    lists = {name: tuple(content[name]) for name in ("parts", "columns")}
    return Relation(**{**content, **lists})


def block_from_json(content: dict[str, Any]) -> Block:
    """The block that :meth:`Block.to_json` wrote.

    Raises
    ------
    KeyError
        If the type is none of the known ones.
    """
    values = {key: value for key, value in content.items() if key != "type"}
    block_type = _TYPES[content["type"]]
    if block_type is Table:
        values["columns"] = tuple(Column(**column) for column in values["columns"])
        values["rows"] = tuple(tuple(Cell(**cell) for cell in row) for row in values["rows"])
        values["groups"] = tuple((title, index) for title, index in values["groups"])
        values["notes"] = tuple(values["notes"])
        values["relations"] = tuple(map(_relation, values.get("relations", ())))
    if block_type is Chart:
        data = values.get("data")
        table = block_from_json(data) if data else None
        assert table is None or isinstance(table, Table)
        values["data"] = table
        values["notes"] = tuple(values["notes"])
    for name in ("facts", "items"):
        if name in values:
            values[name] = tuple(
                tuple(item) if isinstance(item, list) else item for item in values[name]
            )
    return block_type(**values)

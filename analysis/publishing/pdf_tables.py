"""Row headers in the tables of a tagged PDF, which typst cannot set.

ISO 32000-1, 14.8.5.7: a header cell has a scope, and a data cell may list the identifiers of
its headers. The first cell of each body row becomes a header with the scope of its row, and
every data cell lists the headers of its columns, of its row group and of its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from analysis.publishing.pdf_streams import saved


def tag_row_headers(pdf: bytes) -> bytes:
    """The same PDF with row headers in every table; the same input gives the same bytes."""
    with pikepdf.open(BytesIO(pdf)) as document:
        root = document.Root.StructTreeRoot
        headers: list[Any] = []
        for place, element in enumerate(list(structure_elements(root, "/Table"))):
            table = _Table(element, f"T{place}")
            table.tag()
            headers += table.headers
        _write_identifiers(document, headers)
        return saved(document)


def structure_elements(element: Any, tag: str) -> Iterator[Any]:
    """The structure elements below an element that have a tag, in reading order."""
    for child in _children(element):
        if child.get("/S") == tag:
            yield child
        else:
            yield from structure_elements(child, tag)


def _children(element: Any) -> list[Any]:
    kids = element.get("/K")
    if isinstance(kids, Dictionary):
        kids = [kids]
    if not isinstance(kids, list | Array):
        return []
    return [kid for kid in kids if isinstance(kid, Dictionary) and "/S" in kid]


class _Table:
    """The rows of one table, and who is whose header."""

    def __init__(self, table: Any, name: str) -> None:
        self._name = name
        self._rows = list(structure_elements(table, "/TR"))
        #: The header cells, which are the only elements with an identifier.
        self.headers: list[Any] = []
        #: Column number → identifiers of the headers above it.
        self._columns: dict[int, list[String]] = {}
        self._group: list[String] = []
        #: Header cells that reach into rows below: column → how many rows are left.
        self._reaching: dict[int, int] = {}

    def tag(self) -> None:
        for place, row in enumerate(self._rows):
            cells = _children(row)
            if all(cell.S == "/TH" for cell in cells):
                self._header_row(cells)
                self.headers += cells
            else:
                self._body_row(cells, String(f"{self._name}R{place}"))

    def _header_row(self, cells: list[Any]) -> None:
        if len(cells) == 1 and self._columns and _span(cells[0], "/ColSpan") == len(self._columns):
            # A row group's title: it heads the rows below it, not the columns.
            self._group = [cells[0].ID]
            _table_attributes(cells[0])["/Headers"] = Array()
            return
        column = 0
        for cell in cells:
            column = self._next_free(column)
            for covered in range(column, column + _span(cell, "/ColSpan")):
                self._columns.setdefault(covered, []).append(cell.ID)
                self._reaching[covered] = _span(cell, "/RowSpan") - 1
            column += _span(cell, "/ColSpan")
        self._reaching = {key: max(left, 0) for key, left in self._reaching.items()}

    def _next_free(self, column: int) -> int:
        while self._reaching.get(column, 0) > 0:
            self._reaching[column] -= 1
            column += 1
        return column

    def _body_row(self, cells: list[Any], identifier: String) -> None:
        head, *data = cells
        head.S = Name.TH
        head.ID = identifier
        self.headers.append(head)
        attributes = _table_attributes(head)
        attributes["/Scope"] = Name.Row
        attributes["/Headers"] = Array([*self._columns.get(0, ()), *self._group])
        for column, cell in enumerate(data, start=1):
            above = self._columns.get(column, [])
            _table_attributes(cell)["/Headers"] = Array([*above, *self._group, identifier])


def _span(cell: Any, name: str) -> int:
    return int(_table_attributes(cell).get(name, 1))


def _table_attributes(cell: Any) -> Any:
    """The attributes of a cell that belong to tables, made when it has none."""
    attributes = cell.get("/A")
    if isinstance(attributes, Dictionary):
        attributes = cell.A = Array([attributes])
    if attributes is None:
        attributes = cell.A = Array()
    for entry in attributes:
        if entry.get("/O") == "/Table":
            return entry
    attributes.append(Dictionary(O=Name.Table))
    return attributes[len(attributes) - 1]


def _write_identifiers(document: pikepdf.Pdf, headers: Iterable[Any]) -> None:
    """The tree of identifiers anew, so that it knows the row headers too."""
    known = {bytes(cell.ID): cell for cell in headers}
    names = Array()
    for key in sorted(known):
        names.append(String(key))
        names.append(known[key])
    if known:
        tree = document.make_indirect(Dictionary(Names=names))
        document.Root.StructTreeRoot["/IDTree"] = tree

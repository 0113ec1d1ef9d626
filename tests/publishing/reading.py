"""Reading back what the writers wrote: the elements of a page, the text and tags of a PDF."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pikepdf

_VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"))


@dataclass
class Node:
    """An element of a page with its attributes and what is in it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Node | str] = field(default_factory=list)

    def all(self, tag: str) -> list[Node]:
        """The elements of a tag below this one, in order."""
        return [node for node in self.walk() if node.tag == tag]

    def walk(self) -> Iterator[Node]:
        """All elements below this one, in order."""
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    @property
    def text(self) -> str:
        """The text in this element."""
        return "".join(c if isinstance(c, str) else c.text for c in self.children).strip()


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(node)
        if tag not in _VOID:
            self._open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"{tag} closes {self._open[-1].tag}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def page(text: str) -> Node:
    """The root of a page; fails when its elements are not properly nested."""
    tree = _Tree()
    tree.feed(text)
    tree.close()
    assert tree._open == [tree.root], "an element is not closed"
    return tree.root


# --- PDF ------------------------------------------------------------------------------------


def pdf_text(data: bytes) -> str:
    """The text of a PDF set by typst, without white space."""
    return "".join(pdf_pages(data))


def pdf_pages(data: bytes) -> list[str]:
    """The text of each page of a PDF set by typst, without white space."""
    with pikepdf.open(BytesIO(data)) as document:
        return ["".join(_page_text(page).split()) for page in document.pages]


def _page_text(page: pikepdf.Page) -> str:
    return "".join(text for _, text in text_runs(page))


def text_runs(page: pikepdf.Page) -> Iterator[tuple[float, str]]:
    """The runs of text of a page set by typst: where each begins, in points, and its text."""
    fonts = {name: _unicode_map(font) for name, font in page.resources.get("/Font", {}).items()}
    current: dict[int, str] = {}
    start = 0.0
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "cm":
            start = float(operands[4])
        elif str(operator) == "Tf":
            current = fonts[str(operands[0])]
        elif str(operator) in ("Tj", "TJ"):
            parts = operands[0] if str(operator) == "TJ" else [operands[0]]
            texts = [bytes(part) for part in parts if isinstance(part, pikepdf.String)]
            yield start, "".join(_decoded(text, current) for text in texts)


def _decoded(codes: bytes, table: dict[int, str]) -> str:
    pairs = (int.from_bytes(codes[place : place + 2], "big") for place in range(0, len(codes), 2))
    return "".join(table.get(code, "\ufffd") for code in pairs)


def _unicode_map(font: Any) -> dict[int, str]:
    source = font.ToUnicode.read_bytes().decode("latin-1")
    table = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", source, re.DOTALL):
        for code, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    return table


def tags(data: bytes, tag: str) -> list[Any]:
    """The structure elements of a PDF that have a tag, as plain Python values."""
    with pikepdf.open(BytesIO(data)) as document:
        return [_plain(element) for element in _elements(document.Root.StructTreeRoot, tag)]


def _elements(element: Any, tag: str) -> Iterator[Any]:
    for child in _kids(element):
        if child.get("/S") == tag:
            yield child
        yield from _elements(child, tag)


def _kids(element: Any) -> list[Any]:
    kids = element.get("/K")
    if isinstance(kids, pikepdf.Dictionary):
        kids = [kids]
    if not isinstance(kids, pikepdf.Array):
        return []
    return [kid for kid in kids if isinstance(kid, pikepdf.Dictionary) and "/S" in kid]


def _plain(element: Any) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for entry in element.get("/A", ()):
        if entry.get("/O") == "/Table":
            attributes = {
                "scope": str(entry.get("/Scope", "")),
                "headers": [str(name) for name in entry.get("/Headers", ())],
                "columns": int(entry.get("/ColSpan", 1)),
            }
    return {
        "tag": str(element.S),
        "id": str(element.get("/ID", "")),
        "alt": str(element.get("/Alt", "")),
        "kids": [_plain(kid) for kid in _kids(element)],
        **attributes,
    }

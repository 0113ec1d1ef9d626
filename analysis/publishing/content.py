"""The content of a report: its blocks checked, nested, numbered and anchored.

The writers of HTML, PDF and Excel read only this, so a table has one number, one label and
one anchor whatever it is written to.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from analysis.errors import Issue, WorkbenchError
from analysis.presentation.blocks import (
    BLOCK_MIME,
    Block,
    Chart,
    Document,
    Heading,
    Table,
    block_from_json,
)
from analysis.publishing.phrases import Phrases, phrases
from analysis.publishing.svg import svg_problem

Kind = Literal["", "heading", "table", "chart"]

#: Characters an alternative text may have: long enough to state a finding, short enough to hear.
ALTERNATIVE_LENGTH = (30, 300)
#: Headings down to this level bear a number.
NUMBERED_LEVELS = 2
_DEEPEST_LEVEL = 5

_ANCHOR = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Element:
    """A block in its place in the report.

    ``number`` is ``"3"`` for the third table or chart and ``"2.1"`` for a heading; ``label``
    is what it is called in the text, such as ``Table 3``; ``level`` is that of a heading.
    """

    block: Block
    kind: Kind = ""
    anchor: str = ""
    number: str = ""
    label: str = ""
    level: int = 0


@dataclass(frozen=True)
class Content:
    """A report: its title page and its elements in order."""

    document: Document
    elements: tuple[Element, ...]

    @property
    def phrases(self) -> Phrases:
        """The writers' phrases in the language of the report."""
        return phrases(self.document.language)

    @property
    def title(self) -> str:
        """The title with the name of the area, once."""
        title, area = self.document.title, self.document.area_name
        return title if not area or area in title else f"{title} – {area}"

    @cached_property
    def headings(self) -> tuple[Element, ...]:
        """The headings in order, for the contents."""
        return self._of("heading")

    @cached_property
    def tables(self) -> tuple[Element, ...]:
        """The numbered tables in order; the data of charts are not among them."""
        return self._of("table")

    @cached_property
    def charts(self) -> tuple[Element, ...]:
        """The numbered charts and maps in order."""
        return self._of("chart")

    def caption(self, element: Element) -> str:
        """Label and caption of a table or chart in one line."""
        block = element.block
        assert isinstance(block, Table | Chart)
        return f"{self.label(element)} {block.caption}"

    def label(self, element: Element) -> str:
        """What stands before the caption of a table or chart, such as ``Table 3:``."""
        return self.phrases.say("label.before_caption", label=element.label)

    def _of(self, kind: Kind) -> tuple[Element, ...]:
        return tuple(element for element in self.elements if element.kind == kind)


def notebook_content(notebook: Mapping[str, Any]) -> Content:
    """The content of an executed notebook.

    Parameters
    ----------
    notebook
        The notebook's JSON; blocks are outputs with the media type of blocks.

    Raises
    ------
    WorkbenchError
        With an issue for each block that cannot be published.
    """
    return _content(list(notebook_blocks(notebook)))


def report_content(blocks: Iterable[Block]) -> Content:
    """The content made of blocks, as :func:`notebook_content` makes it from a notebook."""
    return _content([block.to_json() for block in blocks])


def notebook_blocks(notebook: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The blocks of an executed notebook in order, as JSON."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            block = output.get("data", {}).get(BLOCK_MIME)
            if block is not None:
                yield block


def _content(raw: Sequence[Mapping[str, Any]]) -> Content:
    blocks = [_block(place, content) for place, content in enumerate(raw, start=1)]
    document, issues = _document(blocks)
    body = [block for block in blocks if not isinstance(block, Document)]
    issues += _anchor_issues(body)
    issues += _alternative_issues(body)
    issues += [issue for block in body for issue in _block_issues(block)]
    if issues or document is None:
        raise WorkbenchError("the blocks of the report cannot be published", issues=issues)
    return Content(document, tuple(_numbered(_nested(body), phrases(document.language))))


# --- reading --------------------------------------------------------------------------------


def _block(place: int, content: Mapping[str, Any]) -> Block:
    try:
        return block_from_json(_cleaned(content))
    except (KeyError, TypeError, ValueError) as error:
        raise WorkbenchError(
            f"block {place} of the report is not one the writers know",
            got=str(content.get("type")),
            hint=f"it does not have the fields of its type: {error}",
        ) from None


def _cleaned(value: Any) -> Any:
    """JSON values with clean texts; pictures are left alone, they have a check of their own."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {key: item if key == "svg" else _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def clean_text(text: str) -> str:
    """A text composed, on one line, without characters that steer instead of being read.

    Control characters break XML and PDF; marks that override the direction of writing can
    make a text read as something it is not.
    """
    if text.isascii() and text.isprintable():
        return text
    lines = " ".join(text.split("\n")) if "\n" in text else text
    composed = unicodedata.normalize("NFC", lines.replace("\t", " ").replace("\r", " "))
    return "".join(character for character in composed if not _steers(character))


def _steers(character: str) -> bool:
    # U+00AD, the soft hyphen, is a format character too, and a welcome one.
    if character == "\u00ad" or character.isprintable():
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}


# --- checks ---------------------------------------------------------------------------------


def _document(blocks: Sequence[Block]) -> tuple[Document | None, list[Issue]]:
    documents = [block for block in blocks if isinstance(block, Document)]
    if len(documents) != 1 or not isinstance(blocks[0], Document):
        what = "a report begins with its document block and has only one"
        got = f"{len(documents)} of {len(blocks)} blocks"
        return None, [Issue(what, got=got)]
    return documents[0], list(_document_issues(documents[0]))


def _document_issues(document: Document) -> Iterator[Issue]:
    phrases(document.language)
    if not document.title.strip():
        yield Issue("the document block has no title")
    if document.date and not _DATE.fullmatch(document.date):
        yield Issue("the date of the document is no date", expected="YYYY-MM-DD", got=document.date)
    if document.data_origin == "modelled" and not document.watermark.strip():
        yield Issue("a report of modelled data must say so", expected="a watermark", got="none")
    if document.edition != "release" and not document.stamp.strip():
        yield Issue("a report that is no release must say so", expected="a stamp", got="none")


def _anchor_issues(blocks: Sequence[Block]) -> Iterator[Issue]:
    anchors = [block.anchor for block in blocks if isinstance(block, Heading | Table | Chart)]
    for anchor, times in Counter(anchor for anchor in anchors if anchor).items():
        if times > 1:
            yield Issue("an anchor is used more than once", got=anchor)
        if not _ANCHOR.fullmatch(anchor):
            expected = "a letter, then letters, digits, - and _"
            yield Issue("an anchor cannot be used in a link", expected=expected, got=anchor)


def _alternative_issues(blocks: Sequence[Block]) -> Iterator[Issue]:
    texts = Counter(block.alt for block in blocks if isinstance(block, Chart))
    low, high = ALTERNATIVE_LENGTH
    for text, times in texts.items():
        if times > 1:
            yield Issue("two charts have the same alternative text", got=text)
        if not low <= len(text.strip()) <= high:
            yield Issue(
                "an alternative text is too short or too long",
                expected=f"{low} to {high} characters",
                got=f"{len(text)}: {text[:80]}",
            )


def _block_issues(block: Block) -> Iterator[Issue]:
    if isinstance(block, Heading) and not block.text.strip():
        yield Issue("a heading is empty")
    if isinstance(block, Table):
        yield from _table_issues(block)
    if isinstance(block, Chart):
        yield from _chart_issues(block)


def _chart_issues(chart: Chart) -> Iterator[Issue]:
    if not chart.caption.strip():
        yield Issue("a chart has no caption", got=chart.alt)
    if not (chart.width_mm > 0 and chart.height_mm > 0):
        yield Issue("a chart has no size", got=chart.caption)
    problem = svg_problem(chart.svg)
    if problem:
        yield Issue("the picture of a chart cannot be published", got=chart.caption, hint=problem)
    if chart.data is not None:
        yield from _table_issues(chart.data)


def _table_issues(table: Table) -> Iterator[Issue]:
    if not table.caption.strip():
        yield Issue("a table has no caption", got=table.name)
    if not table.columns or not table.rows:
        yield Issue("a table has no columns or no rows", got=table.caption)
    if any(len(row) != len(table.columns) for row in table.rows):
        expected = f"{len(table.columns)} cells in each row"
        yield Issue(
            "the rows of a table do not fit its columns", expected=expected, got=table.caption
        )
    starts = [start for _, start in table.groups]
    if starts != sorted(set(starts)) or any(not 0 <= start < len(table.rows) for start in starts):
        yield Issue("the row groups of a table are not in order", got=table.caption)


# --- nesting, numbers, anchors --------------------------------------------------------------


def _nested(blocks: Sequence[Block]) -> Iterator[Block]:
    """The blocks with heading levels that never skip one: a heading under a chapter is 2."""
    above: list[int] = []
    for block in blocks:
        if not isinstance(block, Heading):
            yield block
            continue
        while above and above[-1] >= block.level:
            above.pop()
        above.append(block.level)
        yield replace(block, level=min(len(above), _DEEPEST_LEVEL))


def _numbered(blocks: Iterable[Block], texts: Phrases) -> list[Element]:
    in_order = list(blocks)
    counter = _Counter(texts, _given_anchors(in_order))
    return [counter.element(block) for block in in_order]


def _given_anchors(blocks: Iterable[Block]) -> set[str]:
    return {block.anchor for block in blocks if isinstance(block, Heading | Table | Chart)}


class _Counter:
    """Gives out numbers and anchors in the order of the report."""

    def __init__(self, texts: Phrases, taken: set[str]) -> None:
        self._texts = texts
        self._taken = taken
        self._count: Counter[str] = Counter()
        self._chapters: list[int] = []

    def element(self, block: Block) -> Element:
        if isinstance(block, Heading):
            return self._heading(block)
        if isinstance(block, Table):
            return self._figure(block, "table")
        if isinstance(block, Chart):
            return self._figure(block, "chart")
        return Element(block)

    def _heading(self, block: Heading) -> Element:
        self._count["heading"] += 1
        self._chapters = [*self._chapters, *[0] * block.level][: block.level]
        self._chapters[-1] += 1
        number = ".".join(str(part) for part in self._chapters)
        return Element(
            block,
            "heading",
            block.anchor or self._anchor(f"section-{self._count['heading']}"),
            number if block.level <= NUMBERED_LEVELS else "",
            level=block.level,
        )

    def _figure(self, block: Table | Chart, kind: Literal["table", "chart"]) -> Element:
        self._count[kind] += 1
        number = str(self._count[kind])
        label = self._texts.say(f"label.{kind}", n=number)
        return Element(block, kind, block.anchor or self._anchor(f"{kind}-{number}"), number, label)

    def _anchor(self, wanted: str) -> str:
        while wanted in self._taken:
            wanted += "x"
        return wanted

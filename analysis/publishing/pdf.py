"""The PDF of a report: set by typst, its tables tagged to the end by pikepdf.

The file conforms to PDF/UA-1 and PDF/A-2a. Texts reach typst as data, never as markup.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from analysis.errors import WorkbenchError
from analysis.presentation import theme
from analysis.presentation.blocks import Cell, Chart, Table
from analysis.presentation.wording import capitalised
from analysis.publishing.content import NUMBERED_LEVELS, Content, Element
from analysis.publishing.layout import (
    CELL_PADDING,
    column_widths,
    header_rows,
    is_short,
    is_tall,
    row_groups,
)
from analysis.publishing.pdf_tables import tag_row_headers
from analysis.publishing.webfont import TEMPLATES

STANDARDS: Final[list[typst.PDFStandard]] = ["ua-1", "a-2a"]

#: What stands for a character that the type family does not have.
REPLACEMENT: Final = "?"
_EQUIVALENTS: Final = {"\u2009": "\u202f", "\u2010": "-", "\u2011": "-", "\u2007": "\u00a0"}
_UNBROKEN: Final = re.compile(r"[^\s\u00a0\u202f-]{45,}")
_BREAK: Final = "\u200b"
_PART: Final = 8
#: PDF/A asks for a date; no reader takes this one for that of a report.
_NO_DATE: Final = "1970-01-01"
_WATERMARK: Final = "#f2f4f6"
_WARNING: Final = "#fbf3ec"
_INTRODUCED: Final = {"table", "chart", "list", "figures", "facts", "callout"}
_REGIONS: Final = {"cs": "CZ", "en": "GB"}


def render_pdf(content: Content) -> bytes:
    """A report as one PDF file.

    The same content gives the same bytes: the only date is that of the document.

    Raises
    ------
    WorkbenchError
        If the report cannot be set, or not with the type family alone.
    """
    values = json.dumps(_printable(_report(content)), ensure_ascii=False)
    try:
        pdf, warnings = _compiler().compile_with_warnings(
            str(TEMPLATES / "report.typ"),
            format="pdf",
            sys_inputs={"report": values},
            pdf_standards=STANDARDS,
            timestamp=_timestamp(content.document.date),
        )
    except typst.TypstError as error:
        raise WorkbenchError(
            "the PDF cannot be set", got=error.message, hint="; ".join(error.hints) or None
        ) from error
    if warnings:
        raise WorkbenchError(
            "the PDF is not set as it should be", got="; ".join(str(item) for item in warnings)
        )
    assert isinstance(pdf, bytes)
    return tag_row_headers(pdf)


def prepare_fonts() -> None:
    """Read the fonts, so that processes forked from this one need not."""
    _compiler()
    _characters()


@cache
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[_font_folder().name],
    )
    return typst.Compiler(root=str(TEMPLATES), font_paths=fonts)


@cache
def _font_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder with the files in use and no others; it lives as long as the process.

    The package holds each weight twice, as TrueType and OpenType, and which of the two would
    be taken depends on the order in which a file system lists them.
    """
    folder: tempfile.TemporaryDirectory[str] = tempfile.TemporaryDirectory(prefix="needs-fonts-")
    for path in theme.font_files():
        shutil.copy(path, Path(folder.name))
    return folder


def _timestamp(date: str) -> datetime:
    return datetime.fromisoformat(date or _NO_DATE).replace(tzinfo=UTC)


# --- the report as data ---------------------------------------------------------------------


def _report(content: Content) -> dict[str, Any]:
    document = content.document
    return {
        "language": document.language,
        "region": _REGIONS.get(document.language),
        "title": content.title,
        "cover_title": document.title,
        "subtitle": document.subtitle,
        "area_name": "" if document.area_name in document.title else document.area_name,
        "author": [document.author] if document.author else [],
        "keywords": [document.study, document.kind, *document.header_marks],
        "date": _date_parts(document.date),
        "running_title": document.running_title or content.title,
        "header_marks": document.header_marks,
        "stamp_title": capitalised(document.stamp) + ".",
        "stamp_note": document.stamp_note,
        "watermark": document.watermark,
        "watermark_title": capitalised(document.watermark) + ".",
        "watermark_note": document.watermark_note,
        "facts": document.facts,
        "publicity": document.publicity,
        "numbered_levels": NUMBERED_LEVELS,
        "has_contents": bool(content.headings),
        "has_tables": bool(content.tables),
        "has_charts": bool(content.charts),
        "words": _words(content),
        "theme": _theme(),
        "elements": _turned(
            _kept_together([_element(content, element) for element in content.elements])
        ),
    }


def _words(content: Content) -> dict[str, str]:
    texts = content.phrases
    return {
        "contents": texts.say("contents.title"),
        "tables": texts.say("contents.tables"),
        "charts": texts.say("contents.charts"),
        "page": texts.say("page.number", page="{page}", pages="{pages}"),
    }


def _theme() -> dict[str, Any]:
    return {
        "family": theme.FAMILY,
        "body_size": theme.BODY_SIZE,
        "text_width": theme.TEXT_WIDTH,
        "text_height": theme.TEXT_HEIGHT,
        "cell_padding": CELL_PADDING,
        "ink": theme.INK,
        "blue": theme.BLUE,
        "pale": theme.SEQUENCE[0],
        "accent": theme.ACCENT,
        "grey": theme.GREY,
        "grey_middle": theme.GREY_MIDDLE,
        "grey_light": theme.GREY_LIGHT,
        "watermark": _WATERMARK,
        "warning": _WARNING,
    }


def _date_parts(date: str) -> dict[str, int]:
    year, month, day = (int(part) for part in (date or _NO_DATE).split("-"))
    return {"year": year, "month": month, "day": day}


def _element(content: Content, element: Element) -> dict[str, Any]:
    block = element.block
    if isinstance(block, Table):
        return {"label": content.label(element), **_table(block)}
    if isinstance(block, Chart):
        return {"label": content.label(element), **_chart(block)}
    values = block.to_json()
    return {**values, "anchor": element.anchor, "level": element.level}


def _kept_together(elements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The elements with each paragraph marked that must not end a page.

    That is one that introduces the table, chart or list after it, and one between such a
    paragraph and its heading. A heading never ends a page.
    """
    made: list[dict[str, Any]] = []
    following: dict[str, Any] = {"type": ""}
    types = ["", *(element["type"] for element in elements)]
    for element, before in zip(reversed(elements), reversed(types[:-1]), strict=True):
        if element["type"] == "paragraph":
            introduces = element["style"] != "note" and following["type"] in _INTRODUCED
            under_heading = before == "heading" and bool(following.get("sticky"))
            element = {**element, "sticky": introduces or under_heading}
        made.append(element)
        following = element
    return made[::-1]


def _turned(elements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The elements with wide tables on pages on their side, their headings with them.

    A heading that stays on the page before would stand alone at its foot.
    """
    made: list[dict[str, Any]] = []
    for element in elements:
        if not element.get("landscape"):
            made.append(element)
            continue
        together = [element]
        while made and made[-1]["type"] == "heading":
            together.insert(0, made.pop())
        if len(together) == 1 and made and made[-1]["type"] == "landscape":
            made[-1]["elements"].append(element)
        else:
            made.append({"type": "landscape", "elements": together})
    return made


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "type": "chart",
        "caption": chart.caption,
        "svg": chart.svg,
        "alt": chart.alt,
        "width_mm": chart.width_mm,
        "notes": chart.notes,
    }


def _table(table: Table) -> dict[str, Any]:
    widths = column_widths(table)
    rows = header_rows(table.columns)
    return {
        "type": "table",
        "caption": table.caption,
        "columns": widths.columns,
        "size": widths.size,
        "landscape": widths.landscape,
        "aligns": [column.align for column in table.columns],
        "head": [{**vars(cell), "row": y} for y, row in enumerate(rows) for cell in row],
        "head_rows": len(rows),
        "groups": [
            {"title": group.title, "rows": [_texts(row) for row in group.rows]}
            for group in row_groups(table)
        ],
        "tall_rows": is_tall(table, widths),
        "breakable": not is_short(table, widths),
        "notes": table.notes,
    }


def _texts(row: Sequence[Cell]) -> list[str | dict[str, str]]:
    return [{"text": cell.text, "under": cell.under} if cell.under else cell.text for cell in row]


# --- characters -----------------------------------------------------------------------------


def _printable(value: Any) -> Any:
    """The values with every character of every text replaced that the family lacks."""
    if isinstance(value, str):
        return printable_text(value)
    if isinstance(value, Mapping):
        return {key: item if key == "svg" else _printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(item) for item in value]
    return value


def printable_text(text: str) -> str:
    """A text in the characters of the type family; ``?`` stands for each one it lacks."""
    if not text.isascii():
        known = _characters()
        text = "".join(
            character if ord(character) in known else _EQUIVALENTS.get(character, REPLACEMENT)
            for character in text
        )
    return _UNBROKEN.sub(_with_breaks, text)


def _with_breaks(word: re.Match[str]) -> str:
    """A word longer than any line, such as a hash, with places where it may be broken."""
    parts = (word[0][place : place + _PART] for place in range(0, len(word[0]), _PART))
    return _BREAK.join(parts)


@cache
def _characters() -> frozenset[int]:
    """The characters that every weight in use has."""
    from fontTools.ttLib import TTFont

    tables = [TTFont(path, lazy=True).getBestCmap() for path in theme.font_files()]
    return frozenset.intersection(*(frozenset(table) for table in tables))

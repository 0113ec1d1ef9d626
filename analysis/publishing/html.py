"""The HTML of a report: one file, semantic, without script and without anything outside it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from analysis.presentation import theme
from analysis.presentation.blocks import Chart, Column
from analysis.presentation.wording import capitalised
from analysis.publishing.content import Content, Element
from analysis.publishing.layout import header_rows, row_groups
from analysis.publishing.phrases import Phrases
from analysis.publishing.webfont import TEMPLATES, page_style

#: CSS pixels in a millimetre.
_PIXELS = 96 / 25.4
#: Millimetres from which a chart takes the whole width of the text.
_WIDE = 0.9 * theme.TEXT_WIDTH

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" '
    f'rx="2" fill="{theme.BLUE}"/><path d="M3 4h10v2H3zm0 3h7v2H3zm0 3h4v2H3z" fill="#fff"/></svg>'
)


def render_html(content: Content) -> str:
    """A report as the text of one HTML file.

    The page names its language, holds no script, and its content security policy allows
    only its own style and what travels in it as data.
    """
    return _template("report.html.j2").render(
        page_frame(content.document.language, content.phrases),
        content=content,
        document=content.document,
        chapters=chapters(content.headings),
    )


def prepare_pages() -> None:
    """Make style and template ready, so that processes forked from this one need not."""
    page_style()
    _template("report.html.j2")


def page_frame(language: str, texts: Phrases) -> dict[str, Any]:
    """What every page of the workbench is given: its language, phrases, style and policy."""
    style = page_style()
    return {
        "language": language,
        "say": texts.say,
        "has_phrase": texts.has,
        "style": Markup(style.text),
        "policy": style.policy,
        "icon": svg_data(_ICON),
    }


def render_template(name: str, values: Mapping[str, Any]) -> str:
    """A page made from one of the templates; all values are escaped."""
    return _template(name).render(values)


def svg_data(svg: str) -> str:
    """A picture as the address of an ``img``."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@dataclass(frozen=True)
class Chapter:
    """A heading with the headings under it, for the contents."""

    heading: Element
    sections: tuple[Element, ...]


def chapters(headings: Sequence[Element]) -> tuple[Chapter, ...]:
    """Headings of the first two levels as a tree."""
    starts = [place for place, heading in enumerate(headings) if heading.level == 1]
    ends = [*starts, len(headings)][1:]
    return tuple(
        Chapter(headings[start], tuple(h for h in headings[start + 1 : end] if h.level == 2))
        for start, end in zip(starts, ends, strict=True)
    )


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        svg_data=svg_data,
        pixels=_pixels,
        capitalised=capitalised,
        header_rows=header_rows,
        row_groups=row_groups,
        column_groups=_column_groups,
    )
    environment.tests.update(
        chart_with_data=lambda block: isinstance(block, Chart) and block.data is not None,
        wide=lambda block: isinstance(block, Chart) and block.width_mm >= _WIDE,
    )
    return environment


def _pixels(millimetres: float) -> int:
    return round(millimetres * _PIXELS)


def _column_groups(columns: Sequence[Column]) -> list[int]:
    """How many columns stand under each spanner; none when no column has one."""
    rows = header_rows(columns)
    return [cell.columns for cell in rows[0]] if len(rows) > 1 else []

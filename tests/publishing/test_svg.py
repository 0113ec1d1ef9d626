"""Only harmless pictures pass."""

from __future__ import annotations

import pytest

from analysis.publishing.svg import svg_problem
from tests.publishing import sample_report

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def test_a_drawing_passes() -> None:
    inside = (
        '<style>.a{fill:url(#g)}</style><defs><linearGradient id="g"/><path id="p" d="M0 0"/>'
        '</defs><use xlink:href="#p"/><use href="#p" fill="url(#g)"/>'
    )
    assert svg_problem(f"{OPEN}>{inside}</svg>") is None
    assert svg_problem(sample_report.svg()) is None


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
        '<image href="http://example.org/x.png"/>',
        '<image href="/etc/passwd"/>',
        '<use href="other.svg#a"/>',
        '<use xlink:href="http://example.org/a.svg#a"/>',
        '<a href="javascript:alert(1)"><path d="M0 0"/></a>',
        '<path onclick="alert(1)" d="M0 0"/>',
        '<g onload="alert(1)"/>',
        '<path style="fill:url(http://example.org/a)" d="M0 0"/>',
        '<path fill="url( \'http://example.org/a\')" d="M0 0"/>',
        "<style>@import 'http://example.org/a.css';</style>",
        "<style>.a{fill:url(http://example.org)}</style>",
        "<text>letters of a font the reader may lack</text>",
        '<animate attributeName="x"/>',
        '<iframe xmlns="http://www.w3.org/1999/xhtml" src="x"/>',
    ],
)
def test_whatever_runs_or_loads_is_refused(inside: str) -> None:
    assert svg_problem(f"{OPEN}>{inside}</svg>") is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<svg",
        "<svg/>",
        "<html/>",
        f"{OPEN} onload='alert(1)'/>",
        f'<!DOCTYPE svg [<!ENTITY a "b">]>{OPEN}>&a;</svg>',
        f'<!DOCTYPE svg PUBLIC "x" "http://example.org/x.dtd">{OPEN}/>',
    ],
)
def test_what_is_no_plain_drawing_is_refused(text: str) -> None:
    assert svg_problem(text) is not None

"""The type family inside a web page: a subset of its letters as WOFF, and the page's style.

A page may load nothing, so letters and style travel in it; the content security policy names
the style by its hash.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from analysis.presentation import theme
from analysis.presentation.theme import Weight

TEMPLATES = Path(__file__).parent / "templates"

_WEIGHTS: Final[dict[Weight, int]] = {"regular": 400, "semibold": 600}
_FEATURES: Final = ["ccmp", "kern", "locl", "mark", "pnum"]
# Latin for Central Europe, punctuation, arrows and the signs of mathematics in use.
_RANGES: Final = ((0x20, 0x7E), (0xA0, 0x17F), (0x218, 0x21B), (0x2010, 0x2027), (0x2190, 0x2193))
_SINGLE: Final = (0x202F, 0x2030, 0x2039, 0x203A, 0x20AC, 0x2212, 0x2248, 0x2260, 0x2264, 0x2265)


@dataclass(frozen=True)
class Style:
    """A style sheet and the source expression that lets a page use it."""

    text: str
    source: str

    @property
    def policy(self) -> str:
        """The content security policy of a page with this style and nothing else."""
        return (
            f"default-src 'none'; img-src data:; font-src data:; style-src {self.source}; "
            "base-uri 'none'; form-action 'none'"
        )


@cache
def page_style() -> Style:
    """The style of all pages: colours of the theme, letters of the family, the sheet."""
    sheet = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    faces = "".join(_font_face(weight) for weight in _WEIGHTS)
    text = f"\n{_colours()}{faces}{sheet}"
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Style(text, f"'sha256-{digest}'")


def _colours() -> str:
    named = {
        "ink": theme.INK,
        "blue": theme.BLUE,
        "blue-middle": theme.BLUE_MIDDLE,
        "blue-light": theme.BLUE_LIGHT,
        "blue-pale": theme.SEQUENCE[0],
        "blue-pale-1": theme.SEQUENCE[1],
        "blue-pale-2": theme.SEQUENCE[2],
        "accent": theme.ACCENT,
        "grey": theme.GREY,
        "grey-light": theme.GREY_LIGHT,
        "paper": theme.PAPER,
    }
    return ":root{" + "".join(f"--{name}:{value};" for name, value in named.items()) + "}\n"


def _font_face(weight: Weight) -> str:
    data = base64.b64encode(font_subset(weight)).decode()
    return (
        f'@font-face{{font-family:"{theme.FAMILY}";font-weight:{_WEIGHTS[weight]};'
        f'font-style:normal;src:url(data:font/woff;base64,{data}) format("woff")}}\n'
    )


@cache
def font_subset(weight: Weight) -> bytes:
    """The letters that pages use, of one weight, as WOFF."""
    from fontTools import subset

    options = subset.Options()
    options.flavor = "woff"
    options.hinting = False
    options.layout_features = _FEATURES
    # The same bytes at any time: the subset keeps the family's own date.
    options.recalc_timestamp = False
    font: Any = subset.load_font(str(theme.font_file(weight)), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=_characters())
    subsetter.subset(font)
    stream = BytesIO()
    font.flavor = "woff"
    font.save(stream)
    return stream.getvalue()


def _characters() -> list[int]:
    ranges = (code for first, last in _RANGES for code in range(first, last + 1))
    return [*ranges, *_SINGLE]

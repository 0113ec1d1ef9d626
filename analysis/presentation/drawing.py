"""A small SVG canvas in millimetres: lines, boxes, circles, shapes and outlined text.

The result holds no script, no style sheet, no outside reference, no date and no random id:
the same drawing is the same bytes. Letters are defined once under ids that depend only on
the letter, so several drawings can stand in one page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from analysis.presentation import theme
from analysis.presentation.typeface import typeface

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


class Drawing:
    """An SVG in the making; ``y`` grows downwards, all lengths are millimetres."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self._letters: dict[str, str] = {}
        self._content: list[str] = []
        self._paths: list[str] = []
        self._style = ""

    def line(
        self, start: Point, end: Point, colour: str = theme.INK, thickness: float = 0.25
    ) -> None:
        """A straight line."""
        self.strokes([(start, end)], colour, thickness)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str = "none",
        edge: str = "",
        thickness: float = 0.25,
    ) -> None:
        """A rectangle, filled or outlined or both."""
        path = f"M{_n(x)} {_n(y)}h{_n(width)}v{_n(height)}h{_n(-width)}z"
        self._add(path, f'fill="{fill}"{_edge(edge, thickness)}')

    def circle(
        self, x: float, y: float, radius: float, fill: str = theme.INK, edge: str = ""
    ) -> None:
        """A dot, or a ring when ``fill`` is the colour of the paper."""
        arc = f"a{_n(radius)} {_n(radius)} 0 1 0"
        path = f"M{_n(x - radius)} {_n(y)}{arc} {_n(2 * radius)} 0{arc} {_n(-2 * radius)} 0z"
        self._add(path, f'fill="{fill}"{_edge(edge, 0.35)}')

    def diamond(
        self, x: float, y: float, radius: float, fill: str = theme.INK, edge: str = ""
    ) -> None:
        """A square on its corner."""
        corners = ((x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y))
        self._add(_ring(corners), f'fill="{fill}"{_edge(edge, 0.35)}')

    def shape(
        self,
        rings: Iterable[Sequence[Point]],
        fill: str = "none",
        edge: str = "",
        thickness: float = 0.25,
    ) -> None:
        """An area of one or more closed rings; inner rings are holes."""
        path = "".join(_ring(ring) for ring in rings)
        self._add(path, f'fill="{fill}" fill-rule="evenodd"{_edge(edge, thickness)}')

    def strokes(
        self, lines: Iterable[Sequence[Point]], colour: str, thickness: float = 0.25
    ) -> None:
        """Several open lines as one path, such as the hatching of an area."""
        path = "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in line) for line in lines)
        if path:
            self._add(path, f'fill="none"{_edge(colour, thickness)}')

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = theme.CHART_SIZE,
        weight: theme.Weight = "regular",
        colour: str = theme.INK,
        anchor: Anchor = "start",
    ) -> None:
        """One line of text on the baseline ``y``; ``size`` is in points."""
        face = typeface(weight)
        placed, width = face.place(text)
        scale = size * theme.POINT / face.units
        x -= {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width * scale
        uses = []
        for glyph in placed:
            outline = face.outline(glyph.name)
            if outline:
                identifier = face.identifier(glyph.name)
                self._letters[identifier] = outline
                place = f' x="{glyph.x}"' if glyph.x else ""
                uses.append(f'<use href="#{identifier}"{place}/>')
        self._close_path()
        self._content.append(
            f'<g transform="translate({_n(x)} {_n(y)})scale({scale:.5f})" fill="{colour}">'
            f"{''.join(uses)}</g>"
        )

    def svg(self) -> str:
        """The finished drawing."""
        self._close_path()
        letters = "".join(
            f'<path id="{identifier}" d="{outline}"/>'
            for identifier, outline in sorted(self._letters.items())
        )
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            f'width="{_n(self.width)}mm" height="{_n(self.height)}mm" '
            f'viewBox="0 0 {_n(self.width)} {_n(self.height)}">'
            f"<defs>{letters}</defs>{''.join(self._content)}</svg>"
        )

    def _add(self, path: str, style: str) -> None:
        # What follows in the same style goes into the same element; that halves a chart.
        if style != self._style:
            self._close_path()
            self._style = style
        self._paths.append(path)

    def _close_path(self) -> None:
        if self._paths:
            self._content.append(f'<path d="{"".join(self._paths)}" {self._style}/>')
        self._paths, self._style = [], ""


def text_width(text: str, size: float, weight: theme.Weight = "regular") -> float:
    """The width in millimetres of a text set in ``size`` points."""
    return typeface(weight).width(text, size * theme.POINT)


def wrapped(text: str, width: float, size: float, weight: theme.Weight = "regular") -> list[str]:
    """The text broken at ordinary spaces into lines no wider than ``width`` millimetres.

    A no-break space never breaks; a single word that is too wide stays whole.
    """
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _n(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    if text in ("-0", ""):
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _ring(ring: Sequence[Point]) -> str:
    """A closed ring in relative steps of hundredths, which add up without drift."""
    places = [(round(x * 100), round(y * 100)) for x, y in ring]
    (x, y), steps = places[0], []
    for next_x, next_y in places[1:]:
        steps += [_n((next_x - x) / 100), _n((next_y - y) / 100)]
        x, y = next_x, next_y
    text = "".join(step if step[0] == "-" else f" {step}" for step in steps).strip()
    return f"M{_n(places[0][0] / 100)} {_n(places[0][1] / 100)}l{text}z"


def _edge(colour: str, thickness: float) -> str:
    return f' stroke="{colour}" stroke-width="{_n(thickness)}"' if colour else ""

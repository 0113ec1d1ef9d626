"""Maps of a region's areas, shaded by released rows.

An area of low precision is hatched, one whose value is not shown bears a lattice, and one
without a row is left white; each pattern in use is explained beside the map. Classes are made
from the values that are shown. Schematic shapes are said to be so.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts import alt_of_extremes, draw_tag, fitting_alt, own_value
from analysis.presentation.drawing import Drawing, text_width, wrapped
from analysis.presentation.outlines import MAP_WIDTH, MARGIN, TOP, Outline, Shape, outline_of
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.tables import Label, bracketed, legend_of_rows, of_rows, sign_of
from analysis.study import Study

_LABEL_SIZE = 7.2
_LABEL_LINE = 2.9
_MOST_CLASSES = len(theme.SEQUENCE)


@dataclass(frozen=True)
class Classes:
    """The classes of a map: limits from low to high, one more than there are colours."""

    limits: tuple[float, ...]

    def place(self, value: float) -> int:
        """The class of a value, from 0."""
        inside = sum(value >= limit - 1e-9 for limit in self.limits[1:-1])
        return min(inside, len(self.limits) - 2)

    def colour(self, value: float) -> str:
        """The colour of a value."""
        count = len(self.limits) - 1
        first = (_MOST_CLASSES - count) // 2
        return theme.SEQUENCE[first + self.place(value)]


def choropleth(
    scene: Scene, label: Label, code: str, category: str = "", *, notes: Sequence[str] = ()
) -> Chart:
    """One indicator over the areas of the region, this area outlined.

    Raises
    ------
    WorkbenchError
        If the study has no region, so that there is nothing to draw.
    """
    outline = outline_of(scene.study)
    rows = scene.by_area(code, category)
    modelled = data_origin(rows) == "modelled"
    drawing = _draw(scene, outline, rows, modelled=modelled)
    names = [scene.names.area(row.area) for row in rows]
    alt = alt_of_extremes(
        scene, "alt.map", scene.subject(code, category),
        list(zip(names, rows, strict=True)),
        count=scene.names.areas_counted(len(rows)), own=own_value(scene, rows),
    )  # fmt: skip
    said = [*notes, scene.words.say("note.classes"), *legend_of_rows(scene, rows)]
    if outline.schematic:
        said.append(scene.words.say("note.schematic"))
    return Chart(
        caption=label.caption,
        svg=drawing.svg(),
        alt=fitting_alt(scene, alt, rows),
        width_mm=drawing.width,
        height_mm=drawing.height,
        data=of_rows(scene, Label(label.caption, label.name), rows, names),
        anchor=label.anchor,
        notes=tuple(said),
        data_origin=data_origin(rows),
    )


@dataclass(frozen=True)
class PlainArea:
    """One area of a plain map: its outline as an SVG path, and where its name stands."""

    path: str
    x: float
    y: float
    lines: tuple[str, ...]


@dataclass(frozen=True)
class PlainMap:
    """The areas of a region without any value, in millimetres, by code.

    ``top`` is where the map begins, ``height`` how far it reaches from there.
    """

    width: float
    height: float
    areas: Mapping[str, PlainArea]
    schematic: bool
    top: float = TOP
    size: float = _LABEL_SIZE * theme.POINT
    leading: float = _LABEL_LINE


def plain_map(study: Study, names: Mapping[str, str]) -> PlainMap | None:
    """The areas of a study's region, such as for an index; None for a study without a region.

    Parameters
    ----------
    names
        What stands on each area, by code.
    """
    if study.region is None or study.territory is None:
        return None
    outline = outline_of(study)
    areas = {
        code: _plain_area(shape, names.get(code, code)) for code, shape in outline.shapes.items()
    }
    return PlainMap(MAP_WIDTH, outline.height + MARGIN, areas, outline.schematic)


def _plain_area(shape: Shape, name: str) -> PlainArea:
    lines = tuple(wrapped(name, max(2 * shape.room - 3.0, 14.0), _LABEL_SIZE))
    x, y = shape.centre
    path = "".join(
        "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in ring) + "z" for ring in shape.rings
    )
    return PlainArea(path, x, y - (len(lines) - 1) * _LABEL_LINE / 2 + 0.9, lines)


# --- drawing ----------------------------------------------------------------------------------


def _draw(scene: Scene, outline: Outline, rows: Sequence[Estimate], *, modelled: bool) -> Drawing:
    drawing = Drawing(theme.TEXT_WIDTH, outline.height + TOP + 1.0)
    classes = classes_of(scene, rows)
    by_area = {row.area: row for row in rows}
    draw_areas(drawing, scene, outline, by_area, classes)
    for code, shape in outline.shapes.items():
        _draw_label(drawing, scene, code, shape, by_area.get(code), classes)
    entries = key_entries(scene, rows, classes, outline.shapes)
    draw_key(drawing, entries, MAP_WIDTH + 4.0, TOP + 6.0)
    if modelled:
        draw_tag(drawing, scene)
    return drawing


def draw_areas(
    drawing: Drawing,
    scene: Scene,
    outline: Outline,
    rows: Mapping[str, Estimate],
    classes: Classes | None,
    weight: float = 1.0,
) -> None:
    """The areas in the colours of their classes, with their patterns, this area outlined."""
    drawing.shape(outline.border, theme.PAPER, theme.GREY_MIDDLE, weight)
    for code, shape in outline.shapes.items():
        _draw_area(drawing, shape, rows.get(code), classes)
    if scene.area in outline.shapes:
        rings = outline.shapes[scene.area].rings
        drawing.shape(rings, "none", theme.PAPER, 1.6 * weight)
        drawing.shape(rings, "none", theme.ACCENT, 0.8 * weight)


def _draw_area(
    drawing: Drawing, shape: Shape, row: Estimate | None, classes: Classes | None
) -> None:
    if row is None or not row.shown or classes is None:
        drawing.shape(shape.rings, theme.PAPER, theme.GREY_MIDDLE, 0.3)
        if row is not None and not row.shown:
            drawing.strokes((*shape.hatching, *shape.counter), theme.GREY_LIGHT, 0.25)
        return
    colour = classes.colour(row.estimate)
    drawing.shape(shape.rings, colour, theme.PAPER, 0.5)
    if row.uncertain:
        drawing.strokes(shape.hatching, _hatch_colour(colour), 0.3)


def _hatch_colour(background: str) -> str:
    return theme.PAPER if theme.luminance(background) < 0.25 else theme.GREY_MIDDLE


def _draw_label(
    drawing: Drawing,
    scene: Scene,
    code: str,
    shape: Shape,
    row: Estimate | None,
    classes: Classes | None,
) -> None:
    background = theme.PAPER
    if row is not None and row.shown and classes is not None:
        background = classes.colour(row.estimate)
    colour = theme.text_on(background)
    lines = wrapped(scene.names.area(code), max(2 * shape.room - 3.0, 14.0), _LABEL_SIZE)
    x, y = shape.centre[0], shape.centre[1] - (len(lines) - 1) * _LABEL_LINE / 2
    value = _label_value(scene, row)
    if row is not None and row.uncertain:
        _draw_backing(drawing, x, y, [*lines, value], background)
    for place, line in enumerate([*lines, value]):
        drawing.text(
            x, y + place * _LABEL_LINE, line, size=_LABEL_SIZE, anchor="middle", colour=colour,
            weight="semibold" if place == len(lines) or code == scene.area else "regular",
        )  # fmt: skip


def _label_value(scene: Scene, row: Estimate | None) -> str:
    if row is None or not row.shown:
        return sign_of(row)
    text = scene.value(row)
    return bracketed(text) if row.uncertain else text


def _draw_backing(drawing: Drawing, x: float, y: float, lines: Sequence[str], colour: str) -> None:
    """A plain ground under a label, so that hatching does not run through its letters."""
    width = max(text_width(line, _LABEL_SIZE, "semibold") for line in lines) + 1.2
    height = len(lines) * _LABEL_LINE + 0.8
    drawing.box(x - width / 2, y - _LABEL_LINE + 0.2, width, height, colour)


@dataclass(frozen=True)
class KeyEntry:
    """One entry of a map's key: a colour, a pattern over it, and what it stands for."""

    fill: str
    text: str
    pattern: Literal["", "hatched", "lattice", "outline"] = ""


def key_entries(
    scene: Scene, rows: Sequence[Estimate], classes: Classes | None, areas: Iterable[str]
) -> list[KeyEntry]:
    """The classes from high to low, and the patterns that are in use."""
    entries: list[KeyEntry] = []
    if classes is not None:
        pairs = list(zip(classes.limits[:-1], classes.limits[1:], strict=True))
        entries = [
            KeyEntry(classes.colour(low), _range(scene, rows, low, high))
            for low, high in pairs[::-1]
        ]
    say = scene.words.say
    if any(row.uncertain for row in rows):
        entries.append(KeyEntry(theme.PAPER, say("map.uncertain"), "hatched"))
    if any(not row.shown for row in rows):
        entries.append(KeyEntry(theme.PAPER, say("map.hidden"), "lattice"))
    if {*areas} - {row.area for row in rows}:
        entries.append(KeyEntry(theme.PAPER, say("map.no_value")))
    if not scene.is_whole:
        entries.append(KeyEntry(theme.PAPER, scene.area_values["area"], "outline"))
    return entries


def draw_key(drawing: Drawing, entries: Iterable[KeyEntry], x: float, y: float) -> float:
    """Entries of a key below each other; the height where the next would stand."""
    for entry in entries:
        _draw_symbol(drawing, entry, x, y)
        y += _draw_key_text(drawing, x, y, entry.text)
    return y


def _draw_symbol(drawing: Drawing, entry: KeyEntry, x: float, y: float) -> None:
    if entry.pattern == "outline":
        drawing.box(x + 0.4, y + 0.4, 4.7, 2.6, entry.fill, theme.ACCENT, 0.8)
        return
    drawing.box(x, y, 5.5, 3.4, entry.fill, theme.GREY_MIDDLE, 0.2)
    rising = [[(x + step, y + 3.4), (x + step + 2.2, y)] for step in (0.2, 1.7, 3.2)]
    falling = [[(x + step, y), (x + step + 2.2, y + 3.4)] for step in (0.2, 1.7, 3.2)]
    if entry.pattern == "hatched":
        drawing.strokes(rising, theme.GREY_MIDDLE, 0.3)
    elif entry.pattern == "lattice":
        drawing.strokes([*rising, *falling], theme.GREY_LIGHT, 0.25)


def _draw_key_text(drawing: Drawing, x: float, y: float, text: str) -> float:
    """A text beside its symbol in the key; the height that the entry takes."""
    lines = wrapped(text, theme.TEXT_WIDTH - x - 7.0, theme.CHART_SMALL)
    for place, line in enumerate(lines):
        drawing.text(x + 7.0, y + 2.5 + place * 3.0, line, size=theme.CHART_SMALL)
    return 4.6 + 3.0 * (len(lines) - 1)


def _range(scene: Scene, rows: Sequence[Estimate], low: float, high: float) -> str:
    unit = scene.unit_of(rows[0])
    if unit == "percent":
        return scene.numbers.percent_range(low, high)
    if unit == "points":
        return scene.numbers.points_range(low, high, 0)
    return scene.numbers.span(low, high)


# --- classes ----------------------------------------------------------------------------------


def classes_of(scene: Scene, rows: Sequence[Estimate]) -> Classes | None:
    """Classes for the values of rows that are shown; None where there are none."""
    rows = [row for row in rows if row.shown]
    if not rows:
        return None
    least = {"percent": 0.01, "points": 0.01, "number": 0.1, "persons": 1}[scene.unit_of(rows[0])]
    return pretty_classes([row.estimate for row in rows], least)


def pretty_classes(values: Sequence[float], least_step: float) -> Classes:
    """Up to five classes of equal width with round limits that hold all values."""
    low, high = min(values), max(values)
    power = 10.0 ** math.floor(math.log10(max((high - low) / _MOST_CLASSES, least_step)))
    for step in (factor * power for factor in (1, 2, 2.5, 5, 10, 20, 25)):
        if step < least_step - 1e-12:
            continue
        first = math.floor(low / step + 1e-9)
        last = max(math.ceil(high / step - 1e-9), first + 1)
        if last - first <= _MOST_CLASSES:
            break
    return Classes(tuple(round(place * step, 10) for place in range(first, last + 1)))

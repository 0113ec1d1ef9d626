"""Maps of a region's areas, shaded by released rows.

Shapes come from the territory, official where they are at hand, else schematic and said to
be so. An area of low precision is hatched, one without a released value is left white.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.errors import WorkbenchError
from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts import alt_of_extremes, draw_tag, fitting_alt, own_value
from analysis.presentation.drawing import Drawing, Point, text_width, wrapped
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.tables import Label, bracketed, legend_of_rows, of_rows, sign_of
from analysis.study import Study
from analysis.territory import Territory

BOUNDARIES = "boundaries"
_MAP_WIDTH = 112.0
_TOP = 6.0
_LABEL_SIZE = 7.2
_LABEL_LINE = 2.9
_HATCH_STEP = 1.7
_WIDEST_LABEL = 24.0
_MARGIN = 0.7
_MOST_CLASSES = len(theme.SEQUENCE)


@dataclass(frozen=True)
class Shape:
    """One area on the map, in millimetres: its rings, where its label goes, its hatching."""

    rings: tuple[tuple[Point, ...], ...]
    centre: Point
    room: float
    hatching: tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class Outline:
    """The areas of a region fitted to the map."""

    shapes: Mapping[str, Shape]
    border: tuple[tuple[Point, ...], ...]
    height: float
    schematic: bool


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
    study = scene.study
    if study.region is None or study.territory is None:
        raise WorkbenchError(
            f"the study {study.id} has no region, so no map can be drawn",
            file=study.folder / "study.yaml",
            hint="name the region in study.yaml, or use a chart of the areas",
        )
    outline = _outline(study.territory, study.region, study.workspace.raw(BOUNDARIES))
    rows = scene.by_area(code, category)
    modelled = data_origin(rows) == "modelled"
    drawing = _draw(scene, outline, rows, modelled=modelled)
    names = [scene.names.area(row.area) for row in rows]
    alt = alt_of_extremes(
        scene, "alt.map", scene.subject(code, category),
        list(zip(names, rows, strict=True)),
        count=scene.names.areas_counted(len(rows)), own=own_value(scene, rows),
    )  # fmt: skip
    said = [*notes, *legend_of_rows(scene, rows)]
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
    top: float = _TOP
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
    outline = _outline(study.territory, study.region, study.workspace.raw(BOUNDARIES))
    areas = {
        code: _plain_area(shape, names.get(code, code)) for code, shape in outline.shapes.items()
    }
    return PlainMap(_MAP_WIDTH, outline.height + _MARGIN, areas, outline.schematic)


def _plain_area(shape: Shape, name: str) -> PlainArea:
    lines = tuple(wrapped(name, max(2 * shape.room - 3.0, 14.0), _LABEL_SIZE))
    x, y = shape.centre
    path = "".join(
        "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in ring) + "z" for ring in shape.rings
    )
    return PlainArea(path, x, y - (len(lines) - 1) * _LABEL_LINE / 2 + 0.9, lines)


# --- drawing ----------------------------------------------------------------------------------


def _draw(scene: Scene, outline: Outline, rows: Sequence[Estimate], *, modelled: bool) -> Drawing:
    drawing = Drawing(theme.TEXT_WIDTH, outline.height + _TOP + 1.0)
    shown = {row.area: row for row in rows if row.shown}
    classes = _classes(scene, list(shown.values()))
    drawing.shape(outline.border, theme.PAPER, theme.GREY_MIDDLE, 1.0)
    for code, shape in outline.shapes.items():
        _draw_area(drawing, shape, shown.get(code), classes)
    if scene.area in outline.shapes:
        rings = outline.shapes[scene.area].rings
        drawing.shape(rings, "none", theme.PAPER, 1.6)
        drawing.shape(rings, "none", theme.ACCENT, 0.8)
    by_area = {row.area: row for row in rows}
    for code, shape in outline.shapes.items():
        _draw_label(drawing, scene, code, shape, by_area.get(code), classes)
    _draw_key(drawing, scene, rows, classes)
    if modelled:
        draw_tag(drawing, scene)
    return drawing


def _draw_area(
    drawing: Drawing, shape: Shape, row: Estimate | None, classes: Classes | None
) -> None:
    if row is None or classes is None:
        drawing.shape(shape.rings, theme.PAPER, theme.GREY_MIDDLE, 0.3)
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


def _draw_key(
    drawing: Drawing, scene: Scene, rows: Sequence[Estimate], classes: Classes | None
) -> None:
    x, y = _MAP_WIDTH + 4.0, _TOP + 6.0
    entries: list[tuple[str, str, str]] = []
    if classes is not None:
        pairs = list(zip(classes.limits[:-1], classes.limits[1:], strict=True))
        entries = [
            (classes.colour(low), "", _range(scene, rows, low, high)) for low, high in pairs[::-1]
        ]
    if any(row.uncertain for row in rows):
        entries.append((theme.PAPER, "hatched", scene.words.say("map.uncertain")))
    if any(not row.shown for row in rows):
        entries.append((theme.PAPER, "", scene.words.say("map.no_value")))
    for fill, style, text in entries:
        drawing.box(x, y, 5.5, 3.4, fill, theme.GREY_MIDDLE, 0.2)
        if style:
            lines = [[(x + step, y + 3.4), (x + step + 2.2, y)] for step in (0.2, 1.7, 3.2)]
            drawing.strokes(lines, theme.GREY_MIDDLE, 0.3)
        y += _draw_key_text(drawing, x, y, text)
    if not scene.is_whole:
        drawing.box(x + 0.4, y + 0.4, 4.7, 2.6, theme.PAPER, theme.ACCENT, 0.8)
        _draw_key_text(drawing, x, y, scene.area_values["area"])


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


def _classes(scene: Scene, rows: Sequence[Estimate]) -> Classes | None:
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


# --- shapes -----------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _outline(territory: Territory, region: str, boundaries: Path) -> Outline:
    import shapely

    frame = territory.geometry("area", region, boundaries if boundaries.exists() else None)
    geometries = shapely.coverage_simplify(frame.geometry.to_numpy(), _tolerance(frame))
    left, _, right, top = shapely.total_bounds(geometries)
    scale = (_MAP_WIDTH - 2 * _MARGIN) / (right - left)
    fitted = shapely.transform(
        geometries, lambda points: (points - (left, top)) * (scale, -scale) + _MARGIN
    )
    height = float(shapely.total_bounds(fitted)[3])
    shapes = {str(code): _shape(one) for code, one in zip(frame["code"], fitted, strict=True)}
    border = _rings(shapely.coverage_union_all(fitted))
    return Outline(shapes, border, height, bool(frame.attrs.get("schematic", False)))


def _tolerance(frame: Any) -> float:
    """A seventh of a millimetre on the map, in metres."""
    left, _, right, _ = frame.total_bounds
    return float((right - left) / _MAP_WIDTH / 7)


def _shape(geometry: Any) -> Shape:
    import shapely

    largest = max(_polygons(geometry), key=lambda polygon: float(polygon.area))
    middle = shapely.Point(shapely.maximum_inscribed_circle(largest).coords[0])
    centroid = shapely.centroid(largest)
    halfway = shapely.centroid(shapely.MultiPoint([middle, centroid]))
    best = max((middle, centroid, halfway), key=lambda point: _label_room(largest, point))
    centre = (float(best.x), float(best.y) + _TOP)
    return Shape(_rings(geometry), centre, _chord(largest, best) / 2, _hatching(geometry))


def _label_room(polygon: Any, point: Any) -> float:
    """How well a label would stand at a point: the room beside it and to the border."""
    if not polygon.contains(point):
        return 0.0
    return min(_chord(polygon, point), _WIDEST_LABEL) + 3 * float(point.distance(polygon.exterior))


def _chord(polygon: Any, point: Any) -> float:
    """The length of the level line through a point that lies inside."""
    import shapely

    left, _, right, _ = polygon.bounds
    line = shapely.LineString([(left, point.y), (right, point.y)])
    parts = shapely.get_parts(shapely.intersection(line, polygon))
    return float(sum(part.length for part in parts if part.distance(point) < 1e-6))


def _polygons(geometry: Any) -> list[Any]:
    return list(getattr(geometry, "geoms", [geometry]))


def _rings(geometry: Any) -> tuple[tuple[Point, ...], ...]:
    return tuple(
        tuple((float(x), float(y) + _TOP) for x, y in ring.coords)
        for polygon in _polygons(geometry)
        for ring in (polygon.exterior, *polygon.interiors)
    )


def _hatching(geometry: Any) -> tuple[tuple[Point, ...], ...]:
    import shapely

    left, top, right, bottom = geometry.bounds
    height = bottom - top
    starts = [
        left - height + step * _HATCH_STEP
        for step in range(math.ceil((right - left + height) / _HATCH_STEP))
    ]
    lines = shapely.MultiLineString([[(start, bottom), (start + height, top)] for start in starts])
    inside = shapely.intersection(lines, geometry)
    return tuple(
        tuple((float(x), float(y) + _TOP) for x, y in part.coords)
        for part in getattr(inside, "geoms", [inside])
        if part.geom_type == "LineString"
    )

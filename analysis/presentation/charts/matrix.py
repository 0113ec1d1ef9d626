"""Two indicators over the same categories, as points with intervals in four quadrants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.presentation import figure_tables, theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import fitting_alt, qualified, some
from analysis.presentation.charts.frame import draw_tag, tick_label
from analysis.presentation.charts.labelling import Box, Placed, labelled
from analysis.presentation.charts.marks import Scale
from analysis.presentation.charts.scales import close_scale
from analysis.presentation.crossed import (
    Crossed,
    crossed,
    divided_at,
    in_quadrants,
    quadrant_names,
)
from analysis.presentation.drawing import Drawing, text_width, wrapped
from analysis.presentation.figure_specs import MatrixSpec
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.tables import Label, legend_of_rows
from analysis.presentation.wording import capitalised

_LEFT = 12.0
_HEIGHT = 92.0
_LEADING = 2.9
_DOT = 1.15
_NUMBERED = 1.75


def matrix(scene: Scene, label: Label, spec: MatrixSpec, *, notes: Sequence[str] = ()) -> Chart:
    """Categories by two indicators; named in a quadrant only where both intervals lie in it."""
    points = crossed(scene, spec)
    rows = [row for point in points for row in (point.upright, point.across)]
    drawing = _draw(scene, spec, [point for point in points if point.drawn],
                    modelled=data_origin(rows) == "modelled")  # fmt: skip
    return Chart(
        caption=label.caption,
        svg=drawing.svg(),
        alt=fitting_alt(scene, _alt(scene, spec, points), rows),
        width_mm=drawing.width,
        height_mm=drawing.height,
        data=figure_tables.matrix(scene, Label(label.caption, label.name), spec, points),
        anchor=label.anchor,
        notes=(*notes, divided_at(scene, spec), *legend_of_rows(scene, rows)),
        data_origin=data_origin(rows),
    )


def _alt(scene: Scene, spec: MatrixSpec, points: list[Crossed]) -> str:
    say, area = scene.words.say, scene.area_values["area"]
    drawn = [point for point in points if point.drawn]
    subject = say(
        "chart.crossed",
        upright=scene.names.indicator(spec.upright),
        across=scene.names.indicator(spec.across),
    )
    subject = qualified(scene, subject)
    if not drawn:
        return say("alt.nothing", chart=say("chart_kind.matrix"), area=area, indicator=subject)
    names = quadrant_names(scene, spec)
    told = [
        say(
            "alt.matrix_quadrant",
            quadrant=capitalised(names[name]),
            items=some(scene, [p.name for p in found]),
        )
        for name, found in in_quadrants(drawn).items()
    ]
    unsure = sum(point.quadrant is None for point in drawn)
    return say(
        "alt.matrix",
        area=area,
        indicator=subject,
        quadrants=" ".join(told) or say("alt.matrix_none"),
        others=unsure,
        all=len(drawn),
    )


@dataclass(frozen=True)
class _Plane:
    """The plotting area and its two scales."""

    across: Scale
    upright: Scale
    box: Box

    def x(self, value: float) -> float:
        return self.box[0] + _share(self.across, value) * (self.box[2] - self.box[0])

    def y(self, value: float) -> float:
        return self.box[3] - _share(self.upright, value) * (self.box[3] - self.box[1])


def _share(scale: Scale, value: float) -> float:
    return min(max((value - scale.low) / (scale.high - scale.low), 0.0), 1.0)


def _draw(scene: Scene, spec: MatrixSpec, points: list[Crossed], *, modelled: bool) -> Drawing:
    across = close_scale(scene, spec.across, spec.divide_across)
    upright = close_scale(scene, spec.upright, spec.divide_upright)
    plane = _Plane(across, upright, (_LEFT, 10.0, theme.TEXT_WIDTH - 4.0, 10.0 + _HEIGHT))
    corners = _corners(scene, spec, plane)
    spots = [(plane.x(p.across.estimate), plane.y(p.upright.estimate), p.name) for p in points]
    lines = [*_crosses(plane, points), *_dividing(spec, plane)]
    found = labelled(spots, plane.box, [box for _, box in corners], lines)
    legend = [points[place] for place in found.numbers]
    drawing = Drawing(theme.TEXT_WIDTH, plane.box[3] + 13.5 + _legend_height(legend))
    _draw_plane(drawing, scene, spec, plane)
    for words, box in corners:
        _draw_lines(drawing, words, box, theme.BLUE, "start" if box[0] < 60 else "end")
    for point in points:
        _draw_cross(drawing, plane, point)
    for number, (point, (x, y, _)) in enumerate(zip(points, spots, strict=True)):
        _draw_point(drawing, point, (x, y), found.places[number], found.numbers.get(number))
    _draw_key(drawing, scene, plane.box[3] + 11.2)
    _draw_legend(drawing, legend, plane.box[3] + 15.6)
    if modelled:
        draw_tag(drawing, scene)
    return drawing


def _draw_plane(drawing: Drawing, scene: Scene, spec: MatrixSpec, plane: _Plane) -> None:
    left, top, right, bottom = plane.box
    small = theme.CHART_SMALL
    for tick in plane.across.ticks:
        x = plane.x(tick)
        drawing.line((x, top), (x, bottom), theme.GREY_LIGHT, 0.2)
        text = tick_label(scene, tick, plane.across)
        drawing.text(x, bottom + 3.4, text, size=small, colour=theme.GREY, anchor="middle")
    for tick in plane.upright.ticks:
        y = plane.y(tick)
        drawing.line((left, y), (right, y), theme.GREY_LIGHT, 0.2)
        text = tick_label(scene, tick, plane.upright)
        drawing.text(left - 1.2, y + 0.9, text, size=small, colour=theme.GREY, anchor="end")
    x, y = plane.x(spec.divide_across), plane.y(spec.divide_upright)
    drawing.line((x, top), (x, bottom), theme.GREY, 0.4)
    drawing.line((left, y), (right, y), theme.GREY, 0.4)
    # Both titles lie level: an upright one would have to be read with the head tilted.
    up, along = (scene.names.indicator(code) for code in (spec.upright, spec.across))
    drawing.text(0, 5.6, f"↑ {up}", size=small, weight="semibold", colour=theme.GREY)
    drawing.text(
        right, bottom + 7.2, f"{along} →",
        size=small, weight="semibold", colour=theme.GREY, anchor="end",
    )  # fmt: skip


def _corners(scene: Scene, spec: MatrixSpec, plane: _Plane) -> list[tuple[list[str], Box]]:
    """The names of the quadrants in their outer corners, where there is room for them."""
    left, top, right, bottom = plane.box
    middle = (plane.x(spec.divide_across), plane.y(spec.divide_upright))
    found = []
    for name, text in quadrant_names(scene, spec).items():
        high, far = name.startswith("high"), name.endswith("high")
        room = (right - middle[0] if far else middle[0] - left) - 3.0
        lines = wrapped(text, min(room, 52.0), theme.CHART_SMALL)
        width = max(text_width(line, theme.CHART_SMALL) for line in lines)
        tall = (middle[1] - top if high else bottom - middle[1]) - 1.0
        height = len(lines) * _LEADING
        if width > room or height > tall:
            continue
        x = right - 1.5 - width if far else left + 1.5
        y = top + 1.2 if high else bottom - 1.2 - height
        found.append((lines, (x, y, x + width, y + height)))
    return found


def _crosses(plane: _Plane, points: Sequence[Crossed]) -> list[Box]:
    """The intervals as thin boxes, for labels to keep off them."""
    boxes = []
    for point in points:
        x, y = plane.x(point.across.estimate), plane.y(point.upright.estimate)
        if point.across.has_interval:
            boxes.append(
                (plane.x(point.across.ci_low), y - 0.1, plane.x(point.across.ci_high), y + 0.1)
            )
        if point.upright.has_interval:
            boxes.append(
                (x - 0.1, plane.y(point.upright.ci_high), x + 0.1, plane.y(point.upright.ci_low))
            )
    return boxes


def _dividing(spec: MatrixSpec, plane: _Plane) -> list[Box]:
    """The dividing lines as thin boxes."""
    left, top, right, bottom = plane.box
    x, y = plane.x(spec.divide_across), plane.y(spec.divide_upright)
    return [(x - 0.2, top, x + 0.2, bottom), (left, y - 0.2, right, y + 0.2)]


def _draw_cross(drawing: Drawing, plane: _Plane, point: Crossed) -> None:
    x, y = plane.x(point.across.estimate), plane.y(point.upright.estimate)
    colour = theme.BLUE_MIDDLE if point.quadrant else theme.GREY_MIDDLE
    if point.across.has_interval:
        ends = plane.x(point.across.ci_low), plane.x(point.across.ci_high)
        drawing.line((ends[0], y), (ends[1], y), colour, 0.2)
    if point.upright.has_interval:
        ends = plane.y(point.upright.ci_low), plane.y(point.upright.ci_high)
        drawing.line((x, ends[0]), (x, ends[1]), colour, 0.2)


def _draw_point(
    drawing: Drawing,
    point: Crossed,
    spot: tuple[float, float],
    place: Placed | None,
    number: int | None,
) -> None:
    x, y = spot
    edge = theme.BLUE if point.quadrant else theme.GREY
    fill = edge if point.quadrant else theme.PAPER
    if place is None:
        drawing.circle(x, y, _NUMBERED, fill, edge)
        colour = theme.PAPER if point.quadrant else theme.INK
        drawing.text(x, y + 0.75, str(number), size=6.0, colour=colour, anchor="middle")
        return
    drawing.circle(x, y, _DOT, fill, edge)
    left, top, right, bottom = place.box
    if place.distant:
        near = (min(max(x, left), right), min(max(y, top), bottom))
        drawing.line((x, y), near, theme.GREY_MIDDLE, 0.15)
    anchor = "start" if left > x else "end" if right < x else "middle"
    _draw_lines(drawing, place.lines, place.box, theme.INK, anchor)


def _draw_lines(drawing: Drawing, lines: Sequence[str], box: Box, colour: str, anchor: str) -> None:
    x = {"start": box[0], "end": box[2], "middle": (box[0] + box[2]) / 2}[anchor]
    for number, line in enumerate(lines):
        drawing.text(
            x, box[1] + 2.2 + number * _LEADING, line,
            size=theme.CHART_SMALL, colour=colour, anchor=anchor,  # type: ignore[arg-type]
        )  # fmt: skip


def _draw_key(drawing: Drawing, scene: Scene, y: float) -> None:
    x = 0.0
    for fill, edge, text in (
        (theme.BLUE, theme.BLUE, scene.words.say("chart.quadrant_sure")),
        (theme.PAPER, theme.GREY, scene.words.say("chart.quadrant_unsure")),
    ):
        drawing.circle(x + 1.5, y - 0.9, _DOT, fill, edge)
        drawing.text(x + 4.0, y, text, size=theme.CHART_SMALL, colour=theme.GREY)
        x += 9.0 + text_width(text, theme.CHART_SMALL)
    interval = scene.words.say("chart.interval", confidence=scene.confidence)
    drawing.line((x, y - 0.9), (x + 4.5, y - 0.9), theme.GREY_MIDDLE, 0.25)
    drawing.text(x + 6.0, y, interval, size=theme.CHART_SMALL, colour=theme.GREY)


# --- points that had to be numbered -----------------------------------------------------------

_LEGEND_COLUMNS = 2


def _legend_height(points: Sequence[Crossed]) -> float:
    return -(-len(points) // _LEGEND_COLUMNS) * 3.6


def _draw_legend(drawing: Drawing, points: Sequence[Crossed], y: float) -> None:
    width = theme.TEXT_WIDTH / _LEGEND_COLUMNS
    for place, point in enumerate(points):
        x = place % _LEGEND_COLUMNS * width
        line = y + place // _LEGEND_COLUMNS * 3.6
        drawing.text(x, line, f"{place + 1} – {point.name}", size=theme.CHART_SMALL)

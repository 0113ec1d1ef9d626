"""The same few indicators in each area, as small charts side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import (
    alt_of_extremes,
    fitting_alt,
    own_value,
    qualified,
)
from analysis.presentation.charts.frame import draw_tag, tick_label
from analysis.presentation.charts.marks import Scale
from analysis.presentation.charts.parts import value_text
from analysis.presentation.charts.scales import scale_over
from analysis.presentation.drawing import Drawing, text_width, wrapped
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.tables import Label, legend_of_rows, of_rows

_LABELS = 36.0
_GAP = 3.2
_ROW = 4.6
_LEADING = 3.0
_TOP = 7.0
_AXIS = 4.6
_PADDING = 1.2
_OWN_GROUND = "#eef3f8"

Pair = tuple[str, str]


@dataclass(frozen=True)
class _Grid:
    """Where the panels stand and how large they are, in millimetres."""

    columns: int
    labels: float
    panel: float
    values: float
    title: float
    rows: float

    @property
    def height(self) -> float:
        return self.title + self.rows + _AXIS

    def place(self, number: int) -> tuple[float, float]:
        """The upper left corner of a panel."""
        down, along = divmod(number, self.columns)
        return self.labels + along * (self.panel + _GAP), _TOP + down * (self.height + 2.0)


def small_multiples(
    scene: Scene,
    label: Label,
    pairs: Sequence[Pair],
    labels: Mapping[Pair, str],
    *,
    notes: Sequence[str] = (),
) -> Chart:
    """A small chart for each area, on one scale; the whole's value as a line in each row.

    Parameters
    ----------
    pairs
        Indicator and category of each row; all have one unit.
    labels
        What the rows are called.
    """
    areas = list(scene.study.areas.index)
    found = {(area, pair): scene.total(*pair, area) for area in areas for pair in pairs}
    wholes = {pair: scene.total(*pair, scene.whole) for pair in pairs}
    rows = [row for row in (*found.values(), *wholes.values()) if row is not None]
    modelled = data_origin(rows) == "modelled"
    scale = scale_over(scene, pairs, close=True)
    lines = {pair: wrapped(labels[pair], _LABELS - 2.0, theme.CHART_SMALL) for pair in pairs}
    grid = _grid(scene, areas, lines, rows)
    count = -(-len(areas) // grid.columns)
    drawing = Drawing(theme.TEXT_WIDTH, _TOP + count * (grid.height + 2.0))
    _draw_key(drawing, scene)
    for number, area in enumerate(areas):
        own = {pair: found[area, pair] for pair in pairs}
        panel = _Panel(drawing, scene, grid, scale, grid.place(number))
        panel.draw(area, own, wholes, lines)
        if number % grid.columns == 0:
            panel.draw_labels(lines)
    if modelled:
        draw_tag(drawing, scene)
    named = [
        (f"{scene.names.area(row.area)} – {labels[pair]}", row)
        for pair in pairs
        for row in [*(found[area, pair] for area in areas), wholes[pair]]
        if row is not None
    ]
    return Chart(
        caption=label.caption,
        svg=drawing.svg(),
        alt=fitting_alt(scene, _alt(scene, pairs, labels), rows),
        width_mm=drawing.width,
        height_mm=drawing.height,
        data=of_rows(
            scene, Label(label.caption, label.name),
            [row for _, row in named], [name for name, _ in named],
        ),
        anchor=label.anchor,
        notes=(*notes, scene.words.say("note.panels"), *legend_of_rows(scene, rows)),
        data_origin=data_origin(rows),
    )  # fmt: skip


def _alt(scene: Scene, pairs: Sequence[Pair], labels: Mapping[Pair, str]) -> str:
    """Where the first indicator is highest and lowest."""
    rows = scene.by_area(*pairs[0])
    named = [(scene.names.area(row.area), row) for row in rows]
    return alt_of_extremes(
        scene, "alt.multiples", qualified(scene, labels[pairs[0]]), named,
        count=scene.names.areas_counted(len(scene.study.areas)),
        indicators=scene.words.count("items", len(pairs)),
        own=own_value(scene, rows),
    )  # fmt: skip


def _grid(
    scene: Scene,
    areas: Sequence[str],
    lines: Mapping[Pair, Sequence[str]],
    rows: Sequence[Estimate],
) -> _Grid:
    columns = 3 if len(areas) <= 6 else 4 if len(areas) != 10 else 5
    widest = max(text_width(line, theme.CHART_SMALL) for own in lines.values() for line in own)
    left = widest + 2.5
    panel = (theme.TEXT_WIDTH - left - _GAP * (columns - 1)) / columns
    titles = [_title_lines(scene, area, panel) for area in areas]
    values = max(text_width(value_text(scene, row), theme.CHART_SMALL, "semibold") for row in rows)
    return _Grid(
        columns,
        left,
        panel,
        values + 0.6,
        max(len(title) for title in titles) * _LEADING + _LEADING + 1.6,
        sum(_height(own) for own in lines.values()),
    )


def _height(lines: Sequence[str]) -> float:
    return max(_ROW, len(lines) * _LEADING + 0.8)


def _title_lines(scene: Scene, area: str, width: float) -> list[str]:
    return wrapped(scene.names.area(area), width - 2 * _PADDING, theme.CHART_SMALL, "semibold")


@dataclass(frozen=True)
class _Panel:
    """The small chart of one area."""

    drawing: Drawing
    scene: Scene
    grid: _Grid
    scale: Scale
    corner: tuple[float, float]

    def draw(
        self,
        area: str,
        rows: Mapping[Pair, Estimate | None],
        wholes: Mapping[Pair, Estimate | None],
        lines: Mapping[Pair, Sequence[str]],
    ) -> None:
        own = area == self.scene.area
        x, y = self.corner
        if own:
            self.drawing.box(x, y, self.grid.panel, self.grid.height, _OWN_GROUND)
        self._draw_title(area, [row for row in rows.values() if row is not None], own=own)
        top = y + self.grid.title
        self._draw_ticks(top, top + self.grid.rows)
        for pair, row in rows.items():
            middle = top + _height(lines[pair]) / 2
            self._draw_row(row, wholes[pair], middle, own=own)
            top += _height(lines[pair])

    def draw_labels(self, lines: Mapping[Pair, Sequence[str]]) -> None:
        """The names of the rows, left of the first panel of a line."""
        top = self.corner[1] + self.grid.title
        for own in lines.values():
            height = _height(own)
            baseline = top + height / 2 + 0.9 - (len(own) - 1) * _LEADING / 2
            for place, line in enumerate(own):
                self.drawing.text(
                    self.grid.labels - 2.0, baseline + place * _LEADING, line,
                    size=theme.CHART_SMALL, anchor="end",
                )  # fmt: skip
            top += height

    def _x(self, value: float) -> float:
        left = self.corner[0] + _PADDING
        width = self.grid.panel - self.grid.values - 2 * _PADDING
        share = (value - self.scale.low) / (self.scale.high - self.scale.low)
        return left + min(max(share, 0.0), 1.0) * width

    def _draw_title(self, area: str, rows: Sequence[Estimate], *, own: bool) -> None:
        lines = _title_lines(self.scene, area, self.grid.panel)
        # Names end at one height, so that a short one is not cut off from its chart.
        x = self.corner[0] + _PADDING
        y = self.corner[1] + self.grid.title - 1.8 - len(lines) * _LEADING
        colour = theme.BLUE if own else theme.INK
        for line in lines:
            self.drawing.text(x, y, line, size=theme.CHART_SMALL, weight="semibold", colour=colour)
            y += _LEADING
        bases = [row.n for row in rows if row.n == row.n]
        if bases:
            low, high = (self.scene.numbers.whole(bound) for bound in (min(bases), max(bases)))
            text = (
                self.scene.words.say("sentence.base", n=high)
                if low == high
                else self.scene.words.say("table.n_range", low=low, high=high)
            )
            self.drawing.text(x, y, text, size=theme.CHART_SMALL, colour=theme.GREY)

    def _draw_ticks(self, top: float, bottom: float) -> None:
        ends = (self.scale.ticks[0], self.scale.ticks[-1])
        for tick in self.scale.ticks:
            x, zero = self._x(tick), abs(tick) < 1e-9
            colour = theme.GREY_MIDDLE if zero else theme.GREY_LIGHT
            self.drawing.line((x, top), (x, bottom), colour, 0.2)
        for tick, anchor in zip(ends, ("start", "end"), strict=True):
            shift = -0.8 if anchor == "start" else 0.8
            self.drawing.text(
                self._x(tick) + shift, bottom + 3.0, tick_label(self.scene, tick, self.scale),
                size=6.4, colour=theme.GREY, anchor=anchor,  # type: ignore[arg-type]
            )  # fmt: skip

    def _draw_row(
        self, row: Estimate | None, whole: Estimate | None, middle: float, *, own: bool
    ) -> None:
        if whole is not None and whole.shown:
            x = self._x(whole.estimate)
            self.drawing.line((x, middle - 1.9), (x, middle + 1.9), theme.ACCENT, 0.45)
        if row is None:
            return
        colour = theme.BLUE if own else theme.GREY
        if row.has_interval:
            ends = ((self._x(row.ci_low), middle), (self._x(row.ci_high), middle))
            self.drawing.line(*ends, colour, 0.55)
        if row.shown:
            ground = _OWN_GROUND if own else theme.PAPER
            fill = ground if row.uncertain else colour
            self.drawing.circle(self._x(row.estimate), middle, 0.7, fill, colour)
        self.drawing.text(
            self.corner[0] + self.grid.panel - _PADDING / 2, middle + 0.9,
            value_text(self.scene, row), size=theme.CHART_SMALL, anchor="end",
            weight="semibold" if own else "regular",
        )  # fmt: skip


def _draw_key(drawing: Drawing, scene: Scene) -> None:
    x, y = 0.0, 3.4
    say = scene.words.say
    drawing.line((x, y - 0.9), (x + 4.5, y - 0.9), theme.GREY, 0.55)
    drawing.circle(x + 2.2, y - 0.9, 0.7, theme.GREY, theme.GREY)
    text = say("chart.value_interval", confidence=scene.confidence)
    drawing.text(x + 6.0, y, text, size=theme.CHART_SMALL, colour=theme.GREY)
    x += 11.0 + text_width(text, theme.CHART_SMALL)
    drawing.line((x, y - 2.6), (x, y + 0.8), theme.ACCENT, 0.6)
    drawing.text(x + 2.0, y, scene.names.whole, size=theme.CHART_SMALL, colour=theme.GREY)

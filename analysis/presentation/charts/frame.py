"""Rows of marks on one scale: a label at the left, marks in the middle, values at the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis.presentation import theme
from analysis.presentation.charts.marks import Bar, Dot, Key, Mark, Row, Scale, Whisker
from analysis.presentation.drawing import Drawing, text_width, wrapped
from analysis.presentation.scene import Scene

WIDTH = theme.TEXT_WIDTH
_LABEL_WIDTH = 56.0
ROW_HEIGHT = 4.6
LINE_HEIGHT = 3.3
_COLUMN_GAP = 2.5
#: Room for the half of the last tick's number that stands beyond the scale.
_AXIS_OVERHANG = 2.5
#: Room for a dot before the title of a column.
_DOT_ROOM = 3.4
_TALL = 20


@dataclass(frozen=True)
class Plan:
    """All that one drawing needs."""

    scene: Scene
    scale: Scale
    rows: Sequence[Row]
    keys: Sequence[Key] = ()
    columns: tuple[str, ...] = ("",)
    modelled: bool = False
    reference: float | None = None
    column_dots: Mapping[int, Dot] = field(default_factory=dict)
    heights: list[float] = field(default_factory=list)


def draw(plan: Plan) -> Drawing:
    """The drawing of a plan, as high as its rows need."""
    labels = [_label_lines(row, _LABEL_WIDTH) for row in plan.rows]
    label_width = max(
        (text_width(line, theme.CHART_SIZE, _weight(row)) for row, lines in
         zip(plan.rows, labels, strict=True) if not row.heading for line in lines),
        default=0.0,
    )  # fmt: skip
    heights = [
        max(ROW_HEIGHT, row.height, len(lines) * LINE_HEIGHT + 1.3) + (1.2 if row.heading else 0.0)
        for row, lines in zip(plan.rows, labels, strict=True)
    ]
    widths = _column_widths(plan)
    left = label_width + 3.0
    right = WIDTH - sum(widths) - _COLUMN_GAP * len(widths) - _AXIS_OVERHANG
    keys, key_height = _place_keys(plan)
    top = key_height + (LINE_HEIGHT + 0.8 if any(plan.columns) or len(plan.rows) > _TALL else 1.0)
    bottom = top + sum(heights)
    drawing = Drawing(WIDTH, bottom + 6.0)
    frame = Frame(drawing, plan.scale, left, right, top, bottom)
    _draw_keys(drawing, plan, keys)
    frame.draw_axis(plan)
    _draw_column_titles(drawing, plan, widths, top)
    middles = [top + sum(heights[:place]) + height / 2 for place, height in enumerate(heights)]
    _draw_marks(frame, plan.rows, middles)
    for row, lines, middle in zip(plan.rows, labels, middles, strict=True):
        _draw_texts(frame, row, lines, middle, widths)
    return drawing


def _draw_marks(frame: Frame, rows: Sequence[Row], middles: Sequence[float]) -> None:
    """The marks of all rows, first marks first, so that like marks follow each other."""
    deepest = max((len(row.marks) for row in rows), default=0)
    for place in range(deepest):
        for row, middle in zip(rows, middles, strict=True):
            if place < len(row.marks):
                draw_mark(frame, row.marks[place], middle)


@dataclass(frozen=True)
class Frame:
    """The plotting area of a drawing."""

    drawing: Drawing
    scale: Scale
    left: float
    right: float
    top: float
    bottom: float

    def x(self, value: float) -> float:
        """The place of a value, kept within the frame."""
        share = (value - self.scale.low) / (self.scale.high - self.scale.low)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def draw_axis(self, plan: Plan) -> None:
        """Grid lines, the numbers of the scale and the line of zero or of a reference."""
        for tick in self.scale.ticks:
            zero = abs(tick) < 1e-9
            self.drawing.line(
                (self.x(tick), self.top),
                (self.x(tick), self.bottom),
                theme.GREY if zero else theme.GREY_LIGHT,
                0.3 if zero else 0.2,
            )
            self._tick_text(plan.scene, tick, self.bottom + 3.4)
            if len(plan.rows) > _TALL:
                self._tick_text(plan.scene, tick, self.top - 1.2)
        if plan.reference is not None:
            x = self.x(plan.reference)
            self.drawing.line((x, self.top), (x, self.bottom), theme.ACCENT, 0.35)

    def _tick_text(self, scene: Scene, tick: float, y: float) -> None:
        self.drawing.text(
            self.x(tick), y, tick_label(scene, tick, self.scale),
            size=theme.CHART_SMALL, colour=theme.GREY, anchor="middle",
        )  # fmt: skip


def tick_label(scene: Scene, tick: float, scale: Scale) -> str:
    """A number of a scale, with as many places as its steps need."""
    step = abs(scale.ticks[1] - scale.ticks[0]) if len(scale.ticks) > 1 else 1.0
    if scale.unit == "percent":
        return scene.numbers.percent(tick)
    factor = 100 if scale.unit == "points" else 1
    places = 0 if step * factor >= 1 else 1
    return scene.numbers.decimal(tick * factor, places, signed=scale.low < 0)


def _weight(row: Row) -> theme.Weight:
    return "semibold" if row.strong or row.heading else "regular"


def _label_lines(row: Row, width: float) -> list[str]:
    if row.heading:
        return [row.label]
    return wrapped(row.label, width, theme.CHART_SIZE, _weight(row))


def _column_widths(plan: Plan) -> list[float]:
    widths = []
    for place, title in enumerate(plan.columns):
        texts = [row.values[place] for row in plan.rows if place < len(row.values)]
        widest = max((text_width(t, theme.CHART_SIZE, "semibold") for t in texts), default=0.0)
        own = text_width(title, theme.CHART_SMALL)
        widths.append(max(widest, own + (_DOT_ROOM if place in plan.column_dots else 0.0)))
    return widths


def _draw_column_titles(drawing: Drawing, plan: Plan, widths: Sequence[float], top: float) -> None:
    x = WIDTH
    for place in reversed(range(len(plan.columns))):
        title, width = plan.columns[place], widths[place]
        if place in plan.column_dots:
            left = x - text_width(title, theme.CHART_SMALL) - _DOT_ROOM / 2
            _draw_dot(drawing, plan.column_dots[place], left, top - 2.1)
        if title:
            drawing.text(
                x, top - 1.2, title, size=theme.CHART_SMALL, colour=theme.GREY, anchor="end"
            )
        x -= width + _COLUMN_GAP


def _draw_texts(
    frame: Frame, row: Row, lines: Sequence[str], middle: float, widths: Sequence[float]
) -> None:
    drawing = frame.drawing
    if row.heading:
        drawing.text(0, middle + 1.7, row.label, weight="semibold", colour=theme.BLUE)
        return
    baseline = middle + 1.0 - (len(lines) - 1) * LINE_HEIGHT / 2
    for place, line in enumerate(lines):
        y = baseline + place * LINE_HEIGHT
        drawing.text(frame.left - 2.0, y, line, weight=_weight(row), anchor="end")
    for mark in row.marks:
        if isinstance(mark, Bar) and mark.text:
            _draw_bar_text(frame, mark, middle)
    x = WIDTH
    for text, width in zip(reversed(row.values), reversed(widths), strict=True):
        drawing.text(x, middle + 1.0, text, anchor="end", weight=_weight(row))
        x -= width + _COLUMN_GAP


def draw_mark(frame: Frame, mark: Mark, middle: float) -> None:
    """One mark of a row whose middle is at a height."""
    drawing = frame.drawing
    if isinstance(mark, Bar):
        _draw_bar(frame, mark, middle)
        return
    middle += mark.offset
    if isinstance(mark, Whisker):
        low, high = frame.x(mark.low), frame.x(mark.high)
        drawing.line((low, middle), (high, middle), mark.colour, mark.thickness)
    elif mark.shape == "tick":
        x = frame.x(mark.value)
        drawing.line((x, middle - 1.9), (x, middle + 1.9), mark.colour, 0.6)
    else:
        _draw_dot(drawing, mark, frame.x(mark.value), middle)


def _draw_bar(frame: Frame, mark: Bar, middle: float) -> None:
    start, end = frame.x(mark.start), frame.x(mark.end)
    fill = theme.PAPER if mark.hollow else mark.colour
    edge = mark.colour if mark.hollow else theme.PAPER if mark.text else ""
    top = middle - mark.thickness / 2
    frame.drawing.box(start, top, end - start, mark.thickness, fill, edge, 0.3)


def _draw_bar_text(frame: Frame, mark: Bar, middle: float) -> None:
    start, end = frame.x(mark.start), frame.x(mark.end)
    if text_width(mark.text, theme.CHART_SMALL) < end - start - 1.0:
        colour = theme.text_on(theme.PAPER if mark.hollow else mark.colour)
        frame.drawing.text(
            (start + end) / 2, middle + 0.9, mark.text,
            size=theme.CHART_SMALL, colour=colour, anchor="middle",
        )  # fmt: skip


def _draw_dot(drawing: Drawing, mark: Dot, x: float, y: float) -> None:
    fill = theme.PAPER if mark.hollow else mark.colour
    draw = drawing.diamond if mark.shape == "diamond" else drawing.circle
    draw(x, y, 1.25 if mark.shape == "diamond" else 1.05, fill, mark.colour)


# --- key and tag ------------------------------------------------------------------------------

_KEY_SYMBOL = 6.0
_KEY_LINE = 4.2


def _place_keys(plan: Plan) -> tuple[list[tuple[Key, float, float]], float]:
    """Where each entry of the key stands, and the height they take."""
    tag = _tag_width(plan)
    placed: list[tuple[Key, float, float]] = []
    x, y = 0.0, 3.4
    for key in plan.keys:
        width = _KEY_SYMBOL + text_width(key.text, theme.CHART_SMALL) + 5.0
        limit = WIDTH - (tag if y < _KEY_LINE else 0.0)
        if x and x + width > limit:
            x, y = 0.0, y + _KEY_LINE
        placed.append((key, x, y))
        x += width
    height = y + 2.4 if plan.keys or plan.modelled else 0.0
    return placed, height


def _tag_width(plan: Plan) -> float:
    if not plan.modelled:
        return 0.0
    return text_width(_tag(plan.scene), theme.CHART_SMALL, "semibold") + 4.0


def _tag(scene: Scene) -> str:
    return scene.words.say("chart.modelled")


def draw_tag(drawing: Drawing, scene: Scene) -> None:
    """The small tag of modelled data in the upper right corner."""
    text = _tag(scene)
    width = text_width(text, theme.CHART_SMALL, "semibold") + 3.0
    drawing.box(WIDTH - width - 0.2, 0.3, width, 4.2, theme.PAPER, theme.ACCENT, 0.3)
    drawing.text(
        WIDTH - 0.2 - width / 2, 3.3, text,
        size=theme.CHART_SMALL, weight="semibold", colour=theme.ACCENT, anchor="middle",
    )  # fmt: skip


def _draw_keys(drawing: Drawing, plan: Plan, placed: Sequence[tuple[Key, float, float]]) -> None:
    if plan.modelled:
        draw_tag(drawing, plan.scene)
    unit = Scale(0.0, 1.0, (), "number")
    for key, x, y in placed:
        frame = Frame(drawing, unit, x, x + _KEY_SYMBOL - 1.5, 0, 0)
        draw_mark(frame, key.mark, y - 0.9)
        drawing.text(x + _KEY_SYMBOL, y, key.text, size=theme.CHART_SMALL, colour=theme.GREY)

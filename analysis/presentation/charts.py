"""Charts of released rows, each with an alternative text that states its finding.

All charts are rows of marks on one scale: a label at the left, marks in the middle, values
at the right. The scale is the same in all areas of a study. What is not released is neither
drawn nor mentioned; its row carries the sign of release instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from analysis.presentation import stepping, theme
from analysis.presentation.blocks import Chart
from analysis.presentation.drawing import Drawing, text_width, wrapped
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, Unit, data_origin, ranked
from analysis.presentation.sentences import supported_differences
from analysis.presentation.stepping import Step, step_back
from analysis.presentation.tables import Label, bracketed, legend_of_rows, of_rows, sign_of

ALT_LONGEST = 300
_WIDTH = theme.TEXT_WIDTH
_LABEL_WIDTH = 56.0
_ROW_HEIGHT = 4.6
_LINE_HEIGHT = 3.3
_COLUMN_GAP = 2.5
#: Room for the half of the last tick's number that stands beyond the scale.
_AXIS_OVERHANG = 2.5
_TALL = 20

# --- marks: what can be drawn in a row --------------------------------------------------------


@dataclass(frozen=True)
class Bar:
    """A bar from ``start`` to ``end``; hollow where the precision is low."""

    start: float
    end: float
    colour: str
    thickness: float = 2.6
    hollow: bool = False
    text: str = ""


@dataclass(frozen=True)
class Whisker:
    """A thin line over an interval."""

    low: float
    high: float
    colour: str = theme.INK
    thickness: float = 0.3


@dataclass(frozen=True)
class Dot:
    """A dot, hollow where nothing is claimed; ``shape`` tells series apart in grey print."""

    value: float
    colour: str = theme.BLUE
    hollow: bool = False
    shape: Literal["circle", "diamond", "tick"] = "circle"


Mark = Bar | Whisker | Dot


@dataclass(frozen=True)
class Row:
    """One row: its label, its marks, its texts at the right, or a heading alone."""

    label: str
    marks: tuple[Mark, ...] = ()
    values: tuple[str, ...] = ()
    strong: bool = False
    heading: bool = False


@dataclass(frozen=True)
class Key:
    """One entry of the key above a chart."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Scale:
    """The horizontal scale: its ends and ticks, in the unit of the values."""

    low: float
    high: float
    ticks: tuple[float, ...]
    unit: Unit


@dataclass(frozen=True)
class _Plan:
    """All that one drawing needs."""

    scene: Scene
    scale: Scale
    rows: Sequence[Row]
    keys: Sequence[Key] = ()
    columns: tuple[str, ...] = ("",)
    modelled: bool = False
    reference: float | None = None
    heights: list[float] = field(default_factory=list)


# --- scales -----------------------------------------------------------------------------------

PERCENT = Scale(0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), "percent")


def scale_for(
    scene: Scene, code: str, category: str | None = None, among: Iterable[Estimate] = ()
) -> Scale:
    """The scale of an indicator, the same for every area of the study.

    Shares run from 0 to 100 %. Other values are scaled by the totals of all areas, and
    wider only where ``among``, the rows to be drawn, would not fit. All categories share
    one scale when none is named.
    """
    unit: Unit = scene.names.unit(code, category or "")  # type: ignore[assignment]
    if unit == "percent":
        return PERCENT
    everywhere = [
        row
        for area in (*scene.study.areas.index, scene.whole)
        for row in scene.totals(code, area)
        if category is None or row.category == category
    ]
    drawn = [row for row in (*everywhere, *among) if row.shown]
    limits = [limit for row in drawn for limit in _limits(row)]
    signed = any(row.is_difference for row in drawn)
    return _nice_scale(limits, unit, symmetric=signed)


def difference_scale(scene: Scene, code: str) -> Scale:
    """The scale of the differences of an indicator, the same for every area."""
    rows = [
        row
        for area in scene.study.areas.index
        for row in scene.differences(code, area).values()
        if row.shown
    ]
    limits = [limit for row in rows for limit in _limits(row)]
    unit = scene.unit_of(rows[0]) if rows else "points"
    return _nice_scale(limits, unit, symmetric=True)


def _limits(row: Estimate) -> tuple[float, ...]:
    return (row.estimate, row.ci_low, row.ci_high) if row.has_interval else (row.estimate,)


def _nice_scale(limits: Sequence[float], unit: Unit, *, symmetric: bool) -> Scale:
    farthest = max((abs(limit) for limit in limits), default=1.0) or 1.0
    step = _nice_step(farthest / (2 if symmetric else 4))
    high = math.ceil(round(farthest / step, 6)) * step
    low = -high if symmetric or any(limit < 0 for limit in limits) else 0.0
    count = round((high - low) / step)
    return Scale(low, high, tuple(low + place * step for place in range(count + 1)), unit)


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999)


# --- drawing ----------------------------------------------------------------------------------


def _draw(plan: _Plan) -> Drawing:
    labels = [_label_lines(row, _LABEL_WIDTH) for row in plan.rows]
    label_width = max(
        (text_width(line, theme.CHART_SIZE, _weight(row)) for row, lines in
         zip(plan.rows, labels, strict=True) if not row.heading for line in lines),
        default=0.0,
    )  # fmt: skip
    heights = [
        max(_ROW_HEIGHT, len(lines) * _LINE_HEIGHT + 1.3) + (1.2 if row.heading else 0.0)
        for row, lines in zip(plan.rows, labels, strict=True)
    ]
    widths = _column_widths(plan)
    left = label_width + 3.0
    right = _WIDTH - sum(widths) - _COLUMN_GAP * len(widths) - _AXIS_OVERHANG
    keys, key_height = _place_keys(plan)
    top = key_height + (_LINE_HEIGHT + 0.8 if any(plan.columns) or len(plan.rows) > _TALL else 1.0)
    bottom = top + sum(heights)
    drawing = Drawing(_WIDTH, bottom + 6.0)
    frame = _Frame(drawing, plan.scale, left, right, top, bottom)
    _draw_keys(drawing, plan, keys)
    frame.draw_axis(plan)
    _draw_column_titles(drawing, plan, widths, top)
    middles = [top + sum(heights[:place]) + height / 2 for place, height in enumerate(heights)]
    _draw_marks(frame, plan.rows, middles)
    for row, lines, middle in zip(plan.rows, labels, middles, strict=True):
        _draw_texts(frame, row, lines, middle, widths)
    return drawing


def _draw_marks(frame: _Frame, rows: Sequence[Row], middles: Sequence[float]) -> None:
    """The marks of all rows, first marks first, so that like marks follow each other."""
    deepest = max((len(row.marks) for row in rows), default=0)
    for place in range(deepest):
        for row, middle in zip(rows, middles, strict=True):
            if place < len(row.marks):
                _draw_mark(frame, row.marks[place], middle)


@dataclass(frozen=True)
class _Frame:
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

    def draw_axis(self, plan: _Plan) -> None:
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
            self.x(tick), y, _tick_label(scene, tick, self.scale),
            size=theme.CHART_SMALL, colour=theme.GREY, anchor="middle",
        )  # fmt: skip


def _tick_label(scene: Scene, tick: float, scale: Scale) -> str:
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


def _column_widths(plan: _Plan) -> list[float]:
    widths = []
    for place, title in enumerate(plan.columns):
        texts = [row.values[place] for row in plan.rows if place < len(row.values)]
        widest = max((text_width(t, theme.CHART_SIZE, "semibold") for t in texts), default=0.0)
        widths.append(max(widest, text_width(title, theme.CHART_SMALL)))
    return widths


def _draw_column_titles(drawing: Drawing, plan: _Plan, widths: Sequence[float], top: float) -> None:
    x = _WIDTH
    for title, width in zip(reversed(plan.columns), reversed(widths), strict=True):
        if title:
            drawing.text(
                x, top - 1.2, title, size=theme.CHART_SMALL, colour=theme.GREY, anchor="end"
            )
        x -= width + _COLUMN_GAP


def _draw_texts(
    frame: _Frame, row: Row, lines: Sequence[str], middle: float, widths: Sequence[float]
) -> None:
    drawing = frame.drawing
    if row.heading:
        drawing.text(0, middle + 1.7, row.label, weight="semibold", colour=theme.BLUE)
        return
    baseline = middle + 1.0 - (len(lines) - 1) * _LINE_HEIGHT / 2
    for place, line in enumerate(lines):
        y = baseline + place * _LINE_HEIGHT
        drawing.text(frame.left - 2.0, y, line, weight=_weight(row), anchor="end")
    for mark in row.marks:
        if isinstance(mark, Bar) and mark.text:
            _draw_bar_text(frame, mark, middle)
    x = _WIDTH
    for text, width in zip(reversed(row.values), reversed(widths), strict=True):
        drawing.text(x, middle + 1.0, text, anchor="end", weight=_weight(row))
        x -= width + _COLUMN_GAP


def _draw_mark(frame: _Frame, mark: Mark, middle: float) -> None:
    drawing = frame.drawing
    if isinstance(mark, Bar):
        _draw_bar(frame, mark, middle)
    elif isinstance(mark, Whisker):
        low, high = frame.x(mark.low), frame.x(mark.high)
        drawing.line((low, middle), (high, middle), mark.colour, mark.thickness)
    elif mark.shape == "tick":
        x = frame.x(mark.value)
        drawing.line((x, middle - 1.9), (x, middle + 1.9), mark.colour, 0.6)
    else:
        _draw_dot(drawing, mark, frame.x(mark.value), middle)


def _draw_bar(frame: _Frame, mark: Bar, middle: float) -> None:
    start, end = frame.x(mark.start), frame.x(mark.end)
    fill = theme.PAPER if mark.hollow else mark.colour
    edge = mark.colour if mark.hollow else theme.PAPER if mark.text else ""
    top = middle - mark.thickness / 2
    frame.drawing.box(start, top, end - start, mark.thickness, fill, edge, 0.3)


def _draw_bar_text(frame: _Frame, mark: Bar, middle: float) -> None:
    start, end = frame.x(mark.start), frame.x(mark.end)
    if text_width(mark.text, theme.CHART_SMALL) < end - start - 1.0:
        colour = theme.text_on(mark.colour)
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


def _place_keys(plan: _Plan) -> tuple[list[tuple[Key, float, float]], float]:
    """Where each entry of the key stands, and the height they take."""
    tag = _tag_width(plan)
    placed: list[tuple[Key, float, float]] = []
    x, y = 0.0, 3.4
    for key in plan.keys:
        width = _KEY_SYMBOL + text_width(key.text, theme.CHART_SMALL) + 5.0
        limit = _WIDTH - (tag if y < _KEY_LINE else 0.0)
        if x and x + width > limit:
            x, y = 0.0, y + _KEY_LINE
        placed.append((key, x, y))
        x += width
    height = y + 2.4 if plan.keys or plan.modelled else 0.0
    return placed, height


def _tag_width(plan: _Plan) -> float:
    if not plan.modelled:
        return 0.0
    return text_width(_tag(plan.scene), theme.CHART_SMALL, "semibold") + 4.0


def _tag(scene: Scene) -> str:
    return scene.words.say("chart.modelled")


def draw_tag(drawing: Drawing, scene: Scene) -> None:
    """The small tag of modelled data in the upper right corner."""
    text = _tag(scene)
    width = text_width(text, theme.CHART_SMALL, "semibold") + 3.0
    drawing.box(_WIDTH - width - 0.2, 0.3, width, 4.2, theme.PAPER, theme.ACCENT, 0.3)
    drawing.text(
        _WIDTH - 0.2 - width / 2, 3.3, text,
        size=theme.CHART_SMALL, weight="semibold", colour=theme.ACCENT, anchor="middle",
    )  # fmt: skip


def _draw_keys(drawing: Drawing, plan: _Plan, placed: Sequence[tuple[Key, float, float]]) -> None:
    if plan.modelled:
        draw_tag(drawing, plan.scene)
    unit = Scale(0.0, 1.0, (), "number")
    for key, x, y in placed:
        frame = _Frame(drawing, unit, x, x + _KEY_SYMBOL - 1.5, 0, 0)
        _draw_mark(frame, key.mark, y - 0.9)
        drawing.text(x + _KEY_SYMBOL, y, key.text, size=theme.CHART_SMALL, colour=theme.GREY)


# --- marks of a row ---------------------------------------------------------------------------


def _bar_marks(row: Estimate, colour: str = theme.BLUE_MIDDLE) -> tuple[Mark, ...]:
    if not row.shown:
        return ()
    bar = Bar(0.0, row.estimate, colour, hollow=row.uncertain)
    return (bar, Whisker(row.ci_low, row.ci_high)) if row.has_interval else (bar,)


def _dot_marks(
    row: Estimate, colour: str = theme.BLUE, *, hollow: bool = False
) -> tuple[Mark, ...]:
    if not row.shown:
        return ()
    dot = Dot(row.estimate, colour, hollow=hollow or row.uncertain)
    if not row.has_interval:
        return (dot,)
    return (Whisker(row.ci_low, row.ci_high, colour, 0.45), dot)


def _value_text(scene: Scene, row: Estimate) -> str:
    """The value of a row without its unit, which stands above the column."""
    if not row.shown:
        return sign_of(row)
    text = scene.bare(row)
    return bracketed(text) if row.uncertain else text


def _base_text(scene: Scene, row: Estimate) -> str:
    return scene.numbers.whole(row.n) if row.n == row.n else sign_of(row)


def _unit_title(scene: Scene, rows: Sequence[Estimate]) -> str:
    return scene.words.say(f"unit.{scene.unit_of(rows[0])}") if rows else ""


def _interval_key(scene: Scene) -> Key:
    text = scene.words.say("chart.interval", confidence=scene.confidence)
    return Key(Whisker(0.0, 1.0), text)


def _whole_key(scene: Scene) -> Key:
    return Key(Dot(0.5, theme.ACCENT, shape="tick"), scene.names.whole)


def _chart(
    plan: _Plan,
    label: Label,
    alt: str,
    rows: Sequence[Estimate],
    names: Sequence[str],
    notes: Sequence[str],
    steps: Sequence[Step] = (),
) -> Chart:
    drawing = _draw(plan)
    scene = plan.scene
    seen = [step.row for step in steps] or rows
    data_label = Label(label.caption, label.name, "")
    return Chart(
        caption=label.caption,
        svg=drawing.svg(),
        alt=_fitting(scene, alt, modelled=plan.modelled),
        width_mm=drawing.width,
        height_mm=drawing.height,
        data=of_rows(scene, data_label, rows, names, steps),
        anchor=label.anchor,
        notes=(*notes, *stepping.notes(scene, steps), *legend_of_rows(scene, seen)),
        data_origin=data_origin(rows),
    )


def _fitting(scene: Scene, alt: str, *, modelled: bool) -> str:
    """The alternative text with the word on modelled data, no longer than allowed."""
    ending = f" {scene.words.say('alt.modelled')}" if modelled else ""
    room = ALT_LONGEST - len(ending)
    if len(alt) > room:
        alt = alt[: room - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return alt + ending


def fitting_alt(scene: Scene, alt: str, rows: Sequence[Estimate]) -> str:
    """An alternative text of a chart of these rows."""
    return _fitting(scene, alt, modelled=data_origin(rows) == "modelled")


def alt_of_extremes(
    scene: Scene, key: str, subject: str, named: Sequence[tuple[str, Estimate]], **values: object
) -> str:
    """An alternative text that names the highest and the lowest value."""
    shown = sorted((pair for pair in named if pair[1].shown), key=lambda pair: -pair[1].estimate)
    area = scene.area_values["area"]
    if not shown:
        kind = scene.words.say(key.replace("alt.", "chart_kind.").removesuffix("_top"))
        return scene.words.say("alt.nothing", chart=kind, area=area, indicator=subject)
    (first, first_row), (last, last_row) = shown[0], shown[-1]
    return scene.words.say(
        key,
        **{"area": area, "indicator": subject, **values},
        first=first,
        first_value=scene.value(first_row, signed=first_row.is_difference),
        last=last,
        last_value=scene.value(last_row, signed=last_row.is_difference),
    )


# --- the charts -------------------------------------------------------------------------------


def ranked_bars(
    scene: Scene,
    label: Label,
    code: str,
    *,
    inner: str = "",
    sort: bool = True,
    top: int | None = None,
    notes: Sequence[str] = (),
) -> Chart:
    """The categories of an indicator as bars with intervals, ranked, beside the whole.

    Parameters
    ----------
    inner
        An indicator over the same categories whose bar stands inside, such as good
        knowledge within awareness.
    top
        Draw only so many categories, those with the highest values.
    """
    totals = scene.totals(code)
    rows = (ranked(totals) if sort or top else totals)[:top]
    inside = {row.category: row for row in scene.totals(inner)} if inner else {}
    wholes = {} if scene.is_whole else {r.category: r for r in scene.totals(code, scene.whole)}
    names = [scene.category(row) for row in rows]
    drawn = [
        _ranked_row(scene, row, name, inside.get(row.category), wholes.get(row.category))
        for row, name in zip(rows, names, strict=True)
    ]
    keys = _ranked_keys(scene, code, inner, bool(wholes))
    plan = _Plan(
        scene, scale_for(scene, code, among=rows), drawn, keys,
        columns=(_unit_title(scene, rows),), modelled=data_origin(rows) == "modelled",
    )  # fmt: skip
    subject = scene.subject(code)
    alt = alt_of_extremes(
        scene, "alt.ranked" if len(rows) == len(totals) else "alt.ranked_top", subject,
        list(zip(names, rows, strict=True)),
        count=scene.words.count("items", len(rows)), shown=len(rows),
    )  # fmt: skip
    said = [*notes, *([scene.words.say("note.order")] if sort else [])]
    if len(rows) < len(totals):
        said.append(scene.words.say("note.top", shown=len(rows), all=len(totals)))
    return _chart(plan, label, alt, rows, names, said)


def _ranked_row(
    scene: Scene, row: Estimate, name: str, inside: Estimate | None, whole: Estimate | None
) -> Row:
    marks = list(_bar_marks(row, theme.BLUE_LIGHT if inside else theme.BLUE_MIDDLE))
    if inside is not None and inside.shown and row.shown:
        marks.insert(1, Bar(0.0, inside.estimate, theme.BLUE, hollow=inside.uncertain))
    if whole is not None and whole.shown and row.shown:
        marks.append(Dot(whole.estimate, theme.ACCENT, shape="tick"))
    return Row(name, tuple(marks), (_value_text(scene, row),))


def _ranked_keys(scene: Scene, code: str, inner: str, with_whole: bool) -> list[Key]:
    outer_colour = theme.BLUE_LIGHT if inner else theme.BLUE_MIDDLE
    title = scene.names.indicator(code) if inner else scene.area_values["area"]
    keys = [Key(Bar(0.0, 1.0, outer_colour), title)]
    if inner:
        keys.append(Key(Bar(0.0, 1.0, theme.BLUE), scene.names.indicator(inner)))
    keys.append(_interval_key(scene))
    return [*keys, _whole_key(scene)] if with_whole else keys


def differences(scene: Scene, label: Label, code: str, *, notes: Sequence[str] = ()) -> Chart:
    """Area minus all others by category: dots with intervals around zero."""
    found = scene.differences(code)
    rows = ranked(found[name] for name in scene.names.categories(code) if name in found)
    names = [scene.category(row) for row in rows]
    drawn = [
        Row(
            name,
            _dot_marks(row, theme.BLUE if row.supported else theme.GREY_MIDDLE,
                       hollow=not row.supported),
            (_value_text(scene, row),),
            strong=row.supported,
        )
        for row, name in zip(rows, names, strict=True)
    ]  # fmt: skip
    keys = [
        Key(Dot(0.5, theme.BLUE), scene.words.say("chart.supported")),
        Key(Dot(0.5, theme.GREY_MIDDLE, hollow=True), scene.words.say("chart.not_supported")),
        _interval_key(scene),
    ]
    plan = _Plan(
        scene, difference_scale(scene, code), drawn, keys,
        columns=(_unit_title(scene, rows),), modelled=data_origin(rows) == "modelled",
    )  # fmt: skip
    rest = (scene.names.say("note.rest_mark"),)
    return _chart(plan, label, _difference_alt(scene, code, rows), rows, names, (*notes, *rest))


def _difference_alt(scene: Scene, code: str, rows: Sequence[Estimate]) -> str:
    above, below = supported_differences(rows)
    shown = sum(row.shown for row in rows)
    return scene.words.say(
        "alt.differences",
        **{**scene.area_values, "rest": scene.names.say("place.rest_short")},
        indicator=scene.subject(code),
        above=_some(scene, [scene.category(row) for row in above]),
        below=_some(scene, [scene.category(row) for row in below]),
        others=shown - len(above) - len(below),
    )


def _some(scene: Scene, names: Sequence[str]) -> str:
    """The first two of some names, with the number of the others; a word for none."""
    if not names:
        return scene.words.say("chart.none")
    listed = ", ".join(names[:2])
    return f"{listed} (+{len(names) - 2})" if len(names) > 2 else listed


def areas(
    scene: Scene, label: Label, code: str, category: str = "", *, notes: Sequence[str] = ()
) -> Chart:
    """One indicator in all areas, ranked, with intervals; this area and the whole marked."""
    rows = ranked(scene.by_area(code, category))
    whole = scene.total(code, category, scene.whole)
    names = [scene.names.area(row.area) for row in rows]
    drawn = [
        Row(
            name,
            _dot_marks(row, theme.BLUE if row.area == scene.area else theme.GREY_MIDDLE),
            (_value_text(scene, row), _base_text(scene, row)),
            strong=row.area == scene.area,
        )
        for row, name in zip(rows, names, strict=True)
    ]
    has_whole = whole is not None and whole.shown
    keys = [Key(Dot(0.5, theme.BLUE), scene.area_values["area"]), _interval_key(scene)]
    if has_whole and whole is not None:
        text = f"{scene.names.whole} ({scene.value(whole)})"
        keys.append(Key(Dot(0.5, theme.ACCENT, shape="tick"), text))
    plan = _Plan(
        scene,
        scale_for(scene, code, category, rows),
        drawn,
        keys[1:] if scene.is_whole else keys,
        columns=(_unit_title(scene, rows), scene.words.say("table.n")),
        modelled=data_origin(rows) == "modelled",
        reference=whole.estimate if whole is not None and has_whole else None,
    )
    subject = scene.subject(code, category)
    named = list(zip(names, rows, strict=True))
    alt = alt_of_extremes(
        scene, "alt.areas", subject, named,
        count=scene.names.areas_counted(len(rows)), own=own_value(scene, rows),
    )  # fmt: skip
    return _chart(plan, label, alt, rows, names, notes)


def own_value(scene: Scene, rows: Sequence[Estimate]) -> str:
    """Own area and its value, for an alternative text; empty when there is none to tell."""
    own = next((row for row in rows if row.area == scene.area and row.shown), None)
    if own is None:
        return ""
    return f" {scene.area_values['area']}: {scene.value(own)}."


def breakdown(
    scene: Scene,
    label: Label,
    code: str,
    breakdowns: Sequence[str],
    category: str = "",
    *,
    notes: Sequence[str] = (),
) -> Chart:
    """One indicator by the groups of several breakdowns; a line stands at the total."""
    total = scene.total(code, category)
    rows: list[Estimate] = []
    steps: list[Step] = []
    names: list[str] = []
    drawn: list[Row] = []
    for name in breakdowns:
        groups = scene.groups(code, name, category)
        if groups:
            drawn.append(Row(scene.names.breakdown(name), heading=True))
        for row in groups:
            group = scene.names.group(name, row.group)
            step = step_back(scene, row)
            drawn.append(_group_row(scene, step, group))
            steps.append(step)
            rows.append(row)
            names.append(f"{scene.names.breakdown(name)}: {group}")
    keys = [Key(Dot(0.5), scene.area_values["area"]), _interval_key(scene)]
    shown_total = total is not None and total.shown
    if total is not None and shown_total:
        text = scene.words.say("chart.total", value=scene.value(total))
        keys.append(Key(Dot(0.5, theme.ACCENT, shape="tick"), text))
    plan = _Plan(
        scene,
        scale_for(scene, code, category, rows),
        drawn,
        keys,
        columns=(_unit_title(scene, rows), scene.words.say("table.n")),
        modelled=data_origin(rows) == "modelled",
        reference=total.estimate if total is not None and shown_total else None,
    )
    drawn_by = ", ".join(scene.names.breakdown(name) for name in breakdowns)
    subject = f"{scene.subject(code, category)} ({drawn_by})"
    alt = alt_of_extremes(scene, "alt.breakdown", subject, list(zip(names, rows, strict=True)))
    return _chart(plan, label, alt, rows, names, notes, steps)


def _group_row(scene: Scene, step: Step, name: str) -> Row:
    """A group, or in grey what stands for it."""
    colour = theme.GREY if step.kind else theme.BLUE
    marks = _dot_marks(step.row, colour, hollow=bool(step.kind))
    value = step.signed(_value_text(scene, step.row))
    return Row(name, marks, (value, _base_text(scene, step.row)))


def channels(
    scene: Scene,
    label: Label,
    used: str,
    preferred: str,
    gap: str,
    *,
    notes: Sequence[str] = (),
) -> Chart:
    """Used and preferred sources as pairs of dots, ranked by their gap.

    Parameters
    ----------
    used, preferred, gap
        Indicators over the same categories; ``gap`` is preferred minus used.
    """
    gaps = ranked(scene.totals(gap))
    used_by = {row.category: row for row in scene.totals(used)}
    preferred_by = {row.category: row for row in scene.totals(preferred)}
    names = [scene.category(row) for row in gaps]
    drawn = [
        _channel_row(scene, row, name, used_by.get(row.category), preferred_by.get(row.category))
        for row, name in zip(gaps, names, strict=True)
    ]
    keys = [
        Key(Dot(0.5, theme.ACCENT, hollow=True, shape="diamond"), scene.names.indicator(used)),
        Key(Dot(0.5, theme.BLUE), scene.names.indicator(preferred)),
        _interval_key(scene),
    ]
    plan = _Plan(
        scene, PERCENT, drawn, keys,
        columns=(scene.words.say("chart.gap", unit=_unit_title(scene, gaps)),),
        modelled=data_origin(gaps) == "modelled",
    )  # fmt: skip
    alt = alt_of_extremes(
        scene, "alt.channels", scene.subject(gap), list(zip(names, gaps, strict=True))
    )
    return _chart(plan, label, alt, gaps, names, (*notes, scene.words.say("note.gap")))


def _channel_row(
    scene: Scene,
    gap: Estimate,
    name: str,
    used: Estimate | None,
    preferred: Estimate | None,
) -> Row:
    marks: list[Mark] = []
    if used is not None and preferred is not None and used.shown and preferred.shown:
        marks = [
            *_offset_whisker(used, theme.ACCENT),
            *_offset_whisker(preferred, theme.BLUE),
            Dot(used.estimate, theme.ACCENT, hollow=True, shape="diamond"),
            Dot(preferred.estimate, theme.BLUE),
        ]
    supported = gap.has_interval and (gap.ci_low > 0 or gap.ci_high < 0)
    return Row(name, tuple(marks), (_value_text(scene, gap),), strong=supported)


def _offset_whisker(row: Estimate, colour: str) -> tuple[Mark, ...]:
    return (Whisker(row.ci_low, row.ci_high, colour),) if row.has_interval else ()


def stack(
    scene: Scene,
    label: Label,
    code: str,
    breakdowns: Sequence[str] = (),
    *,
    notes: Sequence[str] = (),
) -> Chart:
    """All answers to one question as stacked bars: in total, in the whole, and by groups.

    A bar is drawn only when all its parts are released, because the parts of a whole give
    away the one that is left out.
    """
    lines = _stack_lines(scene, code, breakdowns)
    categories = scene.names.categories(code)
    colours = _colours(len(categories))
    drawn = [
        Row(name, heading=True) if not rows else _stack_row(scene, name, rows, colours)
        for name, rows in lines
    ]
    keys = [
        Key(Bar(0.0, 1.0, colour), scene.names.category(code, name, "short"))
        for colour, name in zip(colours, categories, strict=True)
    ]
    rows = [row for _, parts in lines for row in parts]
    names = [f"{name} – {scene.category(row)}" for name, parts in lines for row in parts]
    totals = scene.totals(code)
    plan = _Plan(
        scene, PERCENT, drawn, keys,
        columns=(scene.words.say("table.n"),), modelled=data_origin(rows) == "modelled",
    )  # fmt: skip
    complete = totals if all(row.shown for row in totals) else []
    named = [(scene.category(row), row) for row in complete]
    alt = alt_of_extremes(scene, "alt.stack", scene.subject(code), named)
    return _chart(plan, label, alt, rows, names, notes)


def _stack_lines(
    scene: Scene, code: str, breakdowns: Sequence[str]
) -> list[tuple[str, list[Estimate]]]:
    lines = [(scene.area_values["area"], scene.totals(code))]
    if not scene.is_whole:
        lines.append((scene.names.whole, scene.totals(code, scene.whole)))
    for name in breakdowns:
        by_group: dict[str, list[Estimate]] = {}
        for category in scene.names.categories(code):
            for row in scene.groups(code, name, category):
                by_group.setdefault(row.group, []).append(row)
        if by_group:
            lines.append((scene.names.breakdown(name), []))
        lines.extend(
            (scene.names.group(name, group), by_group[group])
            for group in scene.names.groups(name)
            if group in by_group
        )
    return lines


def _stack_row(scene: Scene, name: str, rows: Sequence[Estimate], colours: Sequence[str]) -> Row:
    bases = [row.n for row in rows if row.n == row.n]
    base = scene.numbers.whole(max(bases)) if bases else ""
    hidden = next((row for row in rows if not row.shown), None)
    if hidden is not None:
        return Row(name, values=(sign_of(hidden),))
    marks: list[Mark] = []
    start = 0.0
    for row, colour in zip(rows, colours, strict=True):
        end = start + row.estimate
        text = scene.numbers.decimal(row.estimate * 100, 0)
        marks.append(Bar(start, end, colour, thickness=3.4, text=text))
        start = end
    return Row(name, tuple(marks), (base,))


def _colours(count: int) -> list[str]:
    """So many colours from agreement to disagreement; a grey scale beyond five."""
    if count <= 5:
        picks = {1: (0,), 2: (0, 4), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
        return [theme.DIVERGING[place] for place in picks.get(count, ())]
    cycle = (*theme.SEQUENCE[::-1], theme.ACCENT_LIGHT, theme.ACCENT)
    return [cycle[place % len(cycle)] for place in range(count)]

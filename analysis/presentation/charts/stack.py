"""Answers to questions as stacked bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import alt_of_extremes
from analysis.presentation.charts.frame import Plan
from analysis.presentation.charts.marks import Bar, Key, Mark, Row
from analysis.presentation.charts.parts import row_chart, value_text
from analysis.presentation.charts.scales import PERCENT
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.tables import Label, bracketed, interval_cell, sign_of


def stack(
    scene: Scene,
    label: Label,
    code: str,
    breakdowns: Sequence[str] = (),
    *,
    more: Sequence[str] = (),
    top_two: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Chart:
    """All answers to a question as stacked bars: in total, in the whole, by groups, or by item.

    A bar is drawn only when all its parts are released, because the parts of a whole give
    away the one that is left out.

    Parameters
    ----------
    more
        Indicators with the same answers; each is one bar of the area, as in a grid of
        satisfaction.
    top_two
        For each indicator the one (with its category, after a slash) that holds the share
        of the best two answers, which stands beside the bar with its interval.
    """
    lines = _items(scene, (code, *more)) if more else _places_and_groups(scene, code, breakdowns)
    best = _best(scene, lines, (code, *more), top_two) if top_two else [None] * len(lines)
    categories = _categories(scene, code)
    colours = _colours(len(categories))
    drawn = [
        _row(scene, line, colours, row, bool(top_two))
        for line, row in zip(lines, best, strict=True)
    ]
    keys = [
        Key(Bar(0.0, 1.0, colour), scene.names.category(code, name, "short"))
        for colour, name in zip(colours, categories, strict=True)
    ]
    shown = [row for line in lines for row in line.rows]
    names = [f"{line.name} – {scene.category(row)}" for line in lines for row in line.rows]
    for line, row in zip(lines, best, strict=True):
        if row is not None:
            shown.append(row)
            names.append(f"{line.name} – {scene.words.say('chart.top_two')}")
    plan = Plan(
        scene, PERCENT, drawn, keys,
        columns=_columns(scene, bool(top_two)), modelled=data_origin(shown) == "modelled",
    )  # fmt: skip
    said = [*notes, *([_top_two_note(scene, top_two)] if top_two else [])]
    return row_chart(plan, label, _alt(scene, lines, best, code), shown, names, said)


@dataclass(frozen=True)
class _Line:
    """One bar: its name and the rows of its answers; a heading where it has no rows."""

    name: str
    rows: tuple[Estimate, ...]
    area: str = ""
    breakdown: str = ""
    group: str = ""
    place: int = 0

    @property
    def complete(self) -> bool:
        """Whether all parts may be shown."""
        return bool(self.rows) and all(row.shown for row in self.rows)


def _items(scene: Scene, codes: Sequence[str]) -> list[_Line]:
    return [
        _Line(scene.names.indicator(code), tuple(rows), scene.area, place=place)
        for place, code in enumerate(codes)
        if (rows := scene.totals(code))
    ]


def _places_and_groups(scene: Scene, code: str, breakdowns: Sequence[str]) -> list[_Line]:
    lines = [_Line(scene.area_values["area"], tuple(scene.totals(code)), scene.area)]
    whole = scene.totals(code, scene.whole)
    if not scene.is_whole and whole:
        lines.append(_Line(scene.names.whole, tuple(whole), scene.whole))
    for name in breakdowns:
        by_group: dict[str, list[Estimate]] = {}
        for category in _categories(scene, code):
            for row in scene.groups(code, name, category):
                by_group.setdefault(row.group, []).append(row)
        if by_group:
            lines.append(_Line(scene.names.breakdown(name), ()))
        lines.extend(
            _Line(scene.names.group(name, group), tuple(by_group[group]), scene.area, name, group)
            for group in scene.names.groups(name)
            if group in by_group
        )
    return lines


def _categories(scene: Scene, code: str) -> list[str]:
    return [name for name in scene.names.categories(code) if name not in scene.exclude]


def _best(
    scene: Scene, lines: Sequence[_Line], codes: Sequence[str], top_two: Sequence[str]
) -> list[Estimate | None]:
    """The share of the best two answers of each bar."""
    found: list[Estimate | None] = []
    for line in lines:
        code, _, category = top_two[line.place].partition("/")
        if not line.rows:
            found.append(None)
        elif line.breakdown:
            groups = scene.groups(code, line.breakdown, category, line.area)
            found.append(next((row for row in groups if row.group == line.group), None))
        else:
            found.append(scene.total(code, category, line.area))
    return found


def _columns(scene: Scene, with_best: bool) -> tuple[str, ...]:
    say = scene.words.say
    if not with_best:
        return (say("table.n"),)
    interval = say("table.interval", confidence=scene.confidence)
    return (say("chart.top_two_unit"), interval, say("table.n"))


def _row(
    scene: Scene, line: _Line, colours: Sequence[str], best: Estimate | None, with_best: bool
) -> Row:
    if not line.rows:
        return Row(line.name, heading=True)
    beside = _best_texts(scene, best) if with_best else ()
    hidden = next((row for row in line.rows if not row.shown), None)
    if hidden is not None:
        return Row(line.name, values=(*beside, sign_of(hidden)))
    marks: list[Mark] = []
    start = 0.0
    for row, colour in zip(line.rows, colours, strict=True):
        end = start + row.estimate
        text = scene.numbers.decimal(row.estimate * 100, 0)
        text = bracketed(text) if row.uncertain else text
        marks.append(Bar(start, end, colour, thickness=3.4, hollow=row.uncertain, text=text))
        start = end
    bases = [row.n for row in line.rows if row.n == row.n]
    base = scene.numbers.whole(max(bases)) if bases else ""
    return Row(line.name, tuple(marks), (*beside, base))


def _best_texts(scene: Scene, row: Estimate | None) -> tuple[str, str]:
    if row is None or not row.shown:
        return sign_of(row), ""
    limits = interval_cell(scene, row).text if row.has_interval else ""
    return value_text(scene, row), limits


def _top_two_note(scene: Scene, top_two: Sequence[str]) -> str:
    named = dict.fromkeys(scene.names.indicator(name.partition("/")[0]) for name in top_two)
    return scene.words.say("note.top_two", indicator="; ".join(named))


def _alt(scene: Scene, lines: Sequence[_Line], best: Sequence[Estimate | None], code: str) -> str:
    """The highest and lowest bar by its best two answers, or the answers of the only bar."""
    named = [
        (line.name, row)
        for line, row in zip(lines, best, strict=True)
        if row is not None and line.complete
    ]
    subject = scene.subject(code)
    if len(named) > 1 and len({line.place for line in lines}) > 1:
        count = scene.words.count("items", len(lines))
        return alt_of_extremes(scene, "alt.stack_items", subject, named, count=count)
    first = lines[0]
    parts = [(scene.category(row), row) for row in first.rows] if first.complete else []
    return alt_of_extremes(scene, "alt.stack", subject, parts)


def _colours(count: int) -> list[str]:
    """So many colours from agreement to disagreement; blues, browns and greys beyond five."""
    if count <= 5:
        picks = {1: (0,), 2: (0, 4), 3: (0, 2, 4), 4: (0, 1, 3, 4), 5: (0, 1, 2, 3, 4)}
        return [theme.DIVERGING[place] for place in picks.get(count, ())]
    greys = (theme.GREY, theme.GREY_MIDDLE, theme.GREY_LIGHT)
    cycle = (*theme.SEQUENCE[::-1], theme.ACCENT_LIGHT, theme.ACCENT, *greys)
    return [cycle[place % len(cycle)] for place in range(count)]

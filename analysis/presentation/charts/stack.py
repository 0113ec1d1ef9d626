"""Answers to questions as stacked bars."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import alt_of_extremes
from analysis.presentation.charts.frame import Plan
from analysis.presentation.charts.marks import Bar, Key, Mark, Row
from analysis.presentation.charts.parts import row_chart
from analysis.presentation.charts.scales import PERCENT
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.tables import Label, sign_of


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
    plan = Plan(
        scene, PERCENT, drawn, keys,
        columns=(scene.words.say("table.n"),), modelled=data_origin(rows) == "modelled",
    )  # fmt: skip
    complete = totals if all(row.shown for row in totals) else []
    named = [(scene.category(row), row) for row in complete]
    alt = alt_of_extremes(scene, "alt.stack", scene.subject(code), named)
    return row_chart(plan, label, alt, rows, names, notes)


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

"""Groups of people compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import alt_of_extremes, some
from analysis.presentation.charts.frame import Plan
from analysis.presentation.charts.marks import Dot, Key, Row, Whisker
from analysis.presentation.charts.parts import (
    base_text,
    dot_marks,
    interval_key,
    row_chart,
    unit_title,
    value_text,
)
from analysis.presentation.charts.scales import scale_for
from analysis.presentation.paired import Compared, in_pairs
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.stepping import Step, step_back
from analysis.presentation.tables import Label


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
    keys = [Key(Dot(0.5), scene.area_values["area"]), interval_key(scene)]
    shown_total = total is not None and total.shown
    if total is not None and shown_total:
        text = scene.words.say("chart.total", value=scene.value(total))
        keys.append(Key(Dot(0.5, theme.ACCENT, shape="tick"), text))
    plan = Plan(
        scene,
        scale_for(scene, code, category, rows, breakdowns),
        drawn,
        keys,
        columns=(unit_title(scene, rows), scene.words.say("table.n")),
        modelled=data_origin(rows) == "modelled",
        reference=total.estimate if total is not None and shown_total else None,
    )
    drawn_by = ", ".join(scene.names.breakdown(name) for name in breakdowns)
    subject = f"{scene.subject(code, category)} ({drawn_by})"
    alt = alt_of_extremes(scene, "alt.breakdown", subject, list(zip(names, rows, strict=True)))
    return row_chart(plan, label, alt, rows, names, notes, steps)


def _group_row(scene: Scene, step: Step, name: str) -> Row:
    """A group, or in grey what stands for it."""
    colour = theme.GREY if step.kind else theme.BLUE
    marks = dot_marks(step.row, colour, hollow=bool(step.kind))
    value = step.signed(value_text(scene, step.row))
    return Row(name, marks, (value, base_text(scene, step.row)))


def groups_compare(
    scene: Scene,
    label: Label,
    code: str,
    breakdown: str,
    compared: tuple[str, str],
    *,
    sort: bool = True,
    top: int | None = None,
    notes: Sequence[str] = (),
) -> Chart:
    """Two groups of a breakdown over the categories of an indicator, as pairs of dots.

    Parameters
    ----------
    compared
        The two groups; categories are ranked by the first.
    top
        Draw only so many categories, those where the first group has the highest values.
    """
    found = in_pairs(scene, code, breakdown, compared, sort=sort or top is not None)
    pairs = found[:top]
    names = [pair.name for pair in pairs]
    drawn = [_pair_row(scene, pair) for pair in pairs]
    titles = [scene.names.group(breakdown, group) for group in compared]
    keys = [
        Key(Dot(0.5, theme.BLUE, shape="diamond"), titles[0]),
        Key(Dot(0.5, theme.ACCENT, hollow=True, shape="diamond"), titles[1]),
        interval_key(scene),
    ]
    rows = [row for pair in pairs for row in (pair.first, pair.second)]
    n, unit = scene.words.say("table.n"), unit_title(scene, rows)
    plan = Plan(
        scene, scale_for(scene, code, None, rows, (breakdown,)), drawn, keys,
        columns=(unit, n, unit, n),
        column_dots={place: key.mark for place, key in ((0, keys[0]), (2, keys[1]))
                     if isinstance(key.mark, Dot)}, modelled=data_origin(rows) == "modelled",
    )  # fmt: skip
    data_names = [f"{name} – {title}" for name in names for title in titles]
    said = [*notes, scene.words.say("note.pairs")]
    if len(pairs) < len(found):
        said.append(scene.words.say("note.top", shown=len(pairs), all=len(found)))
    return row_chart(plan, label, _pairs_alt(scene, code, pairs, titles), rows, data_names, said)


def _pair_row(scene: Scene, pair: Compared) -> Row:
    marks = [
        *(replace(mark, offset=-0.75) for mark in _dot_only(pair.first, theme.BLUE)),
        *(replace(mark, offset=0.75) for mark in _dot_only(pair.second, theme.ACCENT)),
    ]
    texts = (
        value_text(scene, pair.first), base_text(scene, pair.first),
        value_text(scene, pair.second), base_text(scene, pair.second),
    )  # fmt: skip
    return Row(pair.name, tuple(marks), texts, strong=bool(pair.higher), height=6.0)


def _dot_only(row: Estimate, colour: str) -> list[Whisker | Dot]:
    if not row.shown:
        return []
    second = colour == theme.ACCENT
    dot = Dot(row.estimate, colour, hollow=second or row.uncertain, shape="diamond")
    return [Whisker(row.ci_low, row.ci_high, colour, 0.4), dot] if row.has_interval else [dot]


def _pairs_alt(scene: Scene, code: str, pairs: Sequence[Compared], titles: Sequence[str]) -> str:
    subject, area = scene.subject(code), scene.area_values["area"]
    both = [pair for pair in pairs if pair.first.shown and pair.second.shown]
    if not both:
        kind = scene.words.say("chart_kind.pairs")
        return scene.words.say("alt.nothing", chart=kind, area=area, indicator=subject)
    higher = [[pair.name for pair in both if pair.higher == side] for side in ("first", "second")]
    return scene.words.say(
        "alt.pairs",
        area=area,
        indicator=subject,
        first=titles[0],
        second=titles[1],
        first_items=some(scene, higher[0]),
        second_items=some(scene, higher[1]),
        others=len(both) - len(higher[0]) - len(higher[1]),
    )

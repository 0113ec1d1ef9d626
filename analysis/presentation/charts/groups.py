"""Groups of people compared."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import alt_of_extremes
from analysis.presentation.charts.frame import Plan
from analysis.presentation.charts.marks import Dot, Key, Row
from analysis.presentation.charts.parts import (
    base_text,
    dot_marks,
    interval_key,
    row_chart,
    unit_title,
    value_text,
)
from analysis.presentation.charts.scales import scale_for
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
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
    names: list[str] = []
    drawn: list[Row] = []
    for name in breakdowns:
        groups = scene.groups(code, name, category)
        if groups:
            drawn.append(Row(scene.names.breakdown(name), heading=True))
        for row in groups:
            group = scene.names.group(name, row.group)
            drawn.append(_group_row(scene, row, group))
            rows.append(row)
            names.append(f"{scene.names.breakdown(name)}: {group}")
    keys = [Key(Dot(0.5), scene.area_values["area"]), interval_key(scene)]
    shown_total = total is not None and total.shown
    if total is not None and shown_total:
        text = scene.words.say("chart.total", value=scene.value(total))
        keys.append(Key(Dot(0.5, theme.ACCENT, shape="tick"), text))
    plan = Plan(
        scene,
        scale_for(scene, code, category, rows),
        drawn,
        keys,
        columns=(unit_title(scene, rows), scene.words.say("table.n")),
        modelled=data_origin(rows) == "modelled",
        reference=total.estimate if total is not None and shown_total else None,
    )
    drawn_by = ", ".join(scene.names.breakdown(name) for name in breakdowns)
    subject = f"{scene.subject(code, category)} ({drawn_by})"
    alt = alt_of_extremes(scene, "alt.breakdown", subject, list(zip(names, rows, strict=True)))
    return row_chart(plan, label, alt, rows, names, notes)


def _group_row(scene: Scene, row: Estimate, name: str) -> Row:
    return Row(name, dot_marks(row), (value_text(scene, row), base_text(scene, row)))

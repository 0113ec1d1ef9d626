"""The categories of an indicator as ranked bars."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import alt_of_extremes
from analysis.presentation.charts.frame import Plan
from analysis.presentation.charts.marks import Bar, Dot, Key, Row
from analysis.presentation.charts.parts import (
    bar_marks,
    interval_key,
    row_chart,
    unit_title,
    value_text,
    whole_key,
)
from analysis.presentation.charts.scales import scale_for
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin, ranked
from analysis.presentation.tables import Label


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
    plan = Plan(
        scene, scale_for(scene, code, among=rows), drawn, keys,
        columns=(unit_title(scene, rows),), modelled=data_origin(rows) == "modelled",
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
    return row_chart(plan, label, alt, rows, names, said)


def _ranked_row(
    scene: Scene, row: Estimate, name: str, inside: Estimate | None, whole: Estimate | None
) -> Row:
    marks = list(bar_marks(row, theme.BLUE_LIGHT if inside else theme.BLUE_MIDDLE))
    if inside is not None and inside.shown and row.shown:
        marks.insert(1, Bar(0.0, inside.estimate, theme.BLUE, hollow=inside.uncertain))
    if whole is not None and whole.shown and row.shown:
        marks.append(Dot(whole.estimate, theme.ACCENT, shape="tick"))
    return Row(name, tuple(marks), (value_text(scene, row),))


def _ranked_keys(scene: Scene, code: str, inner: str, with_whole: bool) -> list[Key]:
    outer_colour = theme.BLUE_LIGHT if inner else theme.BLUE_MIDDLE
    title = scene.names.indicator(code) if inner else scene.area_values["area"]
    keys = [Key(Bar(0.0, 1.0, outer_colour), title)]
    if inner:
        keys.append(Key(Bar(0.0, 1.0, theme.BLUE), scene.names.indicator(inner)))
    keys.append(interval_key(scene))
    return [*keys, whole_key(scene)] if with_whole else keys

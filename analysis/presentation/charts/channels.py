"""Used and preferred sources of information as pairs of dots."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import alt_of_extremes
from analysis.presentation.charts.frame import Plan
from analysis.presentation.charts.marks import Dot, Key, Mark, Row, Whisker
from analysis.presentation.charts.parts import interval_key, row_chart, unit_title, value_text
from analysis.presentation.charts.scales import PERCENT
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin, ranked
from analysis.presentation.tables import Label


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
        interval_key(scene),
    ]
    plan = Plan(
        scene, PERCENT, drawn, keys,
        columns=(scene.words.say("chart.gap", unit=unit_title(scene, gaps)),),
        modelled=data_origin(gaps) == "modelled",
    )  # fmt: skip
    alt = alt_of_extremes(
        scene, "alt.channels", scene.subject(gap), list(zip(names, gaps, strict=True))
    )
    return row_chart(plan, label, alt, gaps, names, (*notes, scene.words.say("note.gap")))


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
    return Row(name, tuple(marks), (value_text(scene, gap),), strong=supported)


def _offset_whisker(row: Estimate, colour: str) -> tuple[Mark, ...]:
    return (Whisker(row.ci_low, row.ci_high, colour),) if row.has_interval else ()

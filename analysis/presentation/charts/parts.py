"""What all forms share: marks and texts of a row, entries of the key, the finished chart."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.presentation import stepping, theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import fitting_alt
from analysis.presentation.charts.frame import Plan, draw
from analysis.presentation.charts.marks import Bar, Dot, Key, Mark, Whisker
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.stepping import Step
from analysis.presentation.tables import Label, bracketed, legend_of_rows, of_rows, sign_of


def bar_marks(row: Estimate, colour: str = theme.BLUE_MIDDLE) -> tuple[Mark, ...]:
    """The value of a row as a bar with its interval; hollow where the precision is low."""
    if not row.shown:
        return ()
    bar = Bar(0.0, row.estimate, colour, hollow=row.uncertain)
    return (bar, Whisker(row.ci_low, row.ci_high)) if row.has_interval else (bar,)


def dot_marks(row: Estimate, colour: str = theme.BLUE, *, hollow: bool = False) -> tuple[Mark, ...]:
    """The value of a row as a dot on its interval; hollow where the precision is low."""
    if not row.shown:
        return ()
    dot = Dot(row.estimate, colour, hollow=hollow or row.uncertain)
    if not row.has_interval:
        return (dot,)
    return (Whisker(row.ci_low, row.ci_high, colour, 0.45), dot)


def value_text(scene: Scene, row: Estimate) -> str:
    """The value of a row without its unit, which stands above the column."""
    if not row.shown:
        return sign_of(row)
    text = scene.bare(row)
    return bracketed(text) if row.uncertain else text


def base_text(scene: Scene, row: Estimate) -> str:
    """The unweighted number of people behind a row."""
    return scene.numbers.whole(row.n) if row.n == row.n else sign_of(row)


def unit_title(scene: Scene, rows: Sequence[Estimate]) -> str:
    """The unit of rows, for the title of their column."""
    return scene.words.say(f"unit.{scene.unit_of(rows[0])}") if rows else ""


def interval_key(scene: Scene) -> Key:
    """The entry of the key that explains intervals."""
    text = scene.words.say("chart.interval", confidence=scene.confidence)
    return Key(Whisker(0.0, 1.0), text)


def whole_key(scene: Scene) -> Key:
    """The entry of the key that explains the mark of all areas together."""
    return Key(Dot(0.5, theme.ACCENT, shape="tick"), scene.names.whole)


def row_chart(
    plan: Plan,
    label: Label,
    alt: str,
    rows: Sequence[Estimate],
    names: Sequence[str],
    notes: Sequence[str],
    steps: Sequence[Step] = (),
) -> Chart:
    """A drawn plan with its alternative text, and the table of the rows behind it."""
    drawing = draw(plan)
    scene = plan.scene
    seen = [step.row for step in steps] or rows
    data_label = Label(label.caption, label.name, "")
    return Chart(
        caption=label.caption,
        svg=drawing.svg(),
        alt=fitting_alt(scene, alt, rows),
        width_mm=drawing.width,
        height_mm=drawing.height,
        data=of_rows(scene, data_label, rows, names, steps),
        anchor=label.anchor,
        notes=(*notes, *stepping.notes(scene, steps), *legend_of_rows(scene, seen)),
        data_origin=data_origin(rows),
    )

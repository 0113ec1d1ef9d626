"""Places compared: an area with all others, and all areas with each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.alternatives import alt_of_extremes, own_value, qualified, some
from analysis.presentation.charts.frame import Plan
from analysis.presentation.charts.marks import Dot, Key, Row, Whisker
from analysis.presentation.charts.parts import (
    base_text,
    dot_marks,
    interval_key,
    row_chart,
    unit_title,
    value_text,
    whole_key,
)
from analysis.presentation.charts.scales import difference_scale, scale_for, scale_over
from analysis.presentation.numbers import NO_BREAK_SPACE
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin, ranked
from analysis.presentation.sentences import ABOVE, BELOW, supported_differences, supported_sign
from analysis.presentation.tables import Label


def differences(scene: Scene, label: Label, code: str, *, notes: Sequence[str] = ()) -> Chart:
    """Area minus all others by category: dots with intervals around zero."""
    found = scene.differences(code)
    rows = ranked(found[name] for name in scene.names.categories(code) if name in found)
    names = [scene.category(row) for row in rows]
    drawn = [
        Row(
            name,
            dot_marks(row, theme.BLUE if row.supported else theme.GREY_MIDDLE,
                       hollow=not row.supported),
            (value_text(scene, row),),
            strong=row.supported,
        )
        for row, name in zip(rows, names, strict=True)
    ]  # fmt: skip
    keys = [
        Key(Dot(0.5, theme.BLUE), scene.words.say("chart.supported")),
        Key(Dot(0.5, theme.GREY_MIDDLE, hollow=True), scene.words.say("chart.not_supported")),
        interval_key(scene),
    ]
    plan = Plan(
        scene, difference_scale(scene, code), drawn, keys,
        columns=(unit_title(scene, rows),), modelled=data_origin(rows) == "modelled",
    )  # fmt: skip
    rest = (scene.names.say("note.rest_mark"),)
    return row_chart(plan, label, _difference_alt(scene, code, rows), rows, names, (*notes, *rest))


def _difference_alt(scene: Scene, code: str, rows: Sequence[Estimate]) -> str:
    above, below = supported_differences(rows)
    shown = sum(row.shown for row in rows)
    return scene.words.say(
        "alt.differences",
        **{**scene.area_values, "rest": scene.names.say("place.rest_short")},
        indicator=scene.subject(code),
        above=some(scene, [scene.category(row) for row in above]),
        below=some(scene, [scene.category(row) for row in below]),
        others=shown - len(above) - len(below),
    )


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
            dot_marks(row, theme.BLUE if row.area == scene.area else theme.GREY_MIDDLE),
            (value_text(scene, row), base_text(scene, row)),
            strong=row.area == scene.area,
        )
        for row, name in zip(rows, names, strict=True)
    ]
    has_whole = whole is not None and whole.shown
    keys = [Key(Dot(0.5, theme.BLUE), scene.area_values["area"]), interval_key(scene)]
    if has_whole and whole is not None:
        text = f"{scene.names.whole} ({scene.value(whole)})"
        keys.append(Key(Dot(0.5, theme.ACCENT, shape="tick"), text))
    plan = Plan(
        scene,
        scale_for(scene, code, category, rows),
        drawn,
        keys[1:] if scene.is_whole else keys,
        columns=(unit_title(scene, rows), scene.words.say("table.n")),
        modelled=data_origin(rows) == "modelled",
        reference=whole.estimate if whole is not None and has_whole else None,
    )
    subject = scene.subject(code, category)
    named = list(zip(names, rows, strict=True))
    alt = alt_of_extremes(
        scene, "alt.areas", subject, named,
        count=scene.names.areas_counted(len(rows)), own=own_value(scene, rows),
    )  # fmt: skip
    return row_chart(plan, label, alt, rows, names, notes)


def dots(
    scene: Scene,
    label: Label,
    pairs: Sequence[tuple[str, str]],
    labels: Mapping[tuple[str, str], str],
    *,
    sort: bool = False,
    notes: Sequence[str] = (),
) -> Chart:
    """Several indicators of one unit: the area with its interval beside the whole.

    Parameters
    ----------
    pairs
        Indicator and category of each row.
    labels
        What the rows are called.
    sort
        By falling value instead of the given order.
    """
    found = [row for pair in pairs if (row := scene.total(*pair)) is not None]
    rows = ranked(found) if sort else found
    drawn = [_dots_row(scene, row, labels[row.indicator, row.category]) for row in rows]
    keys = [Key(Dot(0.5, theme.BLUE), scene.area_values["area"]), interval_key(scene)]
    columns = [unit_title(scene, rows), scene.words.say("table.n")]
    if not scene.is_whole:
        keys.append(whole_key(scene))
        columns.append(scene.words.say("chart.in_whole", whole=scene.names.whole))
    plan = Plan(
        scene, scale_over(scene, pairs), drawn, keys,
        columns=tuple(columns), modelled=data_origin(rows) == "modelled",
    )  # fmt: skip
    names = [labels[row.indicator, row.category] for row in rows]
    compared = [scene.difference(row.indicator, row.category) for row in rows]
    said = [*notes]
    if any(row is not None for row in compared):
        said += [scene.names.say("note.arrows"), scene.names.say("note.rest_mark")]
    return row_chart(plan, label, _dots_alt(scene, rows, names), rows, names, said)


def _dots_row(scene: Scene, row: Estimate, name: str) -> Row:
    whole = None if scene.is_whole else scene.total(row.indicator, row.category, scene.whole)
    marks = list(dot_marks(row))
    if whole is not None and whole.shown:
        if whole.has_interval:
            marks.insert(0, Whisker(whole.ci_low, whole.ci_high, theme.ACCENT, 0.3, offset=1.3))
        marks.append(Dot(whole.estimate, theme.ACCENT, shape="tick"))
    sign = supported_sign(scene.difference(row.indicator, row.category), row)
    value = f"{sign}{NO_BREAK_SPACE}{value_text(scene, row)}" if sign else value_text(scene, row)
    texts = [value, base_text(scene, row)]
    if not scene.is_whole:
        texts.append(value_text(scene, whole) if whole is not None else "")
    return Row(name, tuple(marks), tuple(texts), strong=bool(sign), height=5.4)


def _dots_alt(scene: Scene, rows: Sequence[Estimate], names: Sequence[str]) -> str:
    signs = {
        name: supported_sign(scene.difference(row.indicator, row.category), row)
        for row, name in zip(rows, names, strict=True)
    }
    shown = [row for row in rows if row.shown]
    if not shown:
        kind, area = scene.words.say("chart_kind.dots"), scene.area_values["area"]
        subject = scene.words.say("chart.several")
        return scene.words.say("alt.nothing", chart=kind, area=area, indicator=subject)
    if scene.is_whole or not any(scene.differences(row.indicator) for row in rows):
        named = list(zip(names, rows, strict=True))
        count = scene.words.count("items", len(shown))
        return alt_of_extremes(
            scene, "alt.dots_alone", qualified(scene, names[0]), named, count=count
        )
    return scene.words.say(
        "alt.dots",
        **{**scene.area_values, "rest": scene.names.say("place.rest_short")},
        indicator=qualified(scene, names[0]),
        count=scene.words.count("items", len(shown)),
        above=some(scene, [name for name, sign in signs.items() if sign == ABOVE]),
        below=some(scene, [name for name, sign in signs.items() if sign == BELOW]),
    )

"""Alternative texts: each states the finding of its chart and mentions nothing that is hidden."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin

ALT_LONGEST = 300


def fitting_alt(scene: Scene, alt: str, rows: Sequence[Estimate]) -> str:
    """The alternative text of a chart of these rows, no longer than allowed.

    Where rows are modelled it ends with the word on that, which is never cut off.
    """
    modelled = data_origin(rows) == "modelled"
    ending = f" {scene.words.say('alt.modelled')}" if modelled else ""
    room = ALT_LONGEST - len(ending)
    if len(alt) > room:
        alt = alt[: room - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return alt + ending


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


def qualified(scene: Scene, subject: str) -> str:
    """What a chart is about, with a sample that is not the report's own."""
    return f"{subject}, {scene.qualifier}" if scene.qualifier else subject


def some(scene: Scene, names: Sequence[str]) -> str:
    """The first two of some names, with the number of the others; a word for none."""
    if not names:
        return scene.words.say("chart.none")
    listed = ", ".join(names[:2])
    return f"{listed} (+{len(names) - 2})" if len(names) > 2 else listed


def own_value(scene: Scene, rows: Sequence[Estimate]) -> str:
    """Own area and its value, for an alternative text; empty when there is none to tell."""
    own = next((row for row in rows if row.area == scene.area and row.shown), None)
    if own is None:
        return ""
    return f" {scene.area_values['area']}: {scene.value(own)}."

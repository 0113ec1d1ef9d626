"""Several small maps with the same classes, and a map of types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.presentation import theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts import (
    alt_of_extremes,
    draw_tag,
    fitting_alt,
    own_value,
    qualified,
)
from analysis.presentation.drawing import Drawing, text_width, wrapped
from analysis.presentation.figure_specs import TypologySpec
from analysis.presentation.maps import (
    Classes,
    KeyEntry,
    classes_of,
    draw_areas,
    draw_key,
    key_entries,
)
from analysis.presentation.outlines import MAP_WIDTH, TOP, Outline, outline_of
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.tables import Label, bracketed, legend_of_rows, of_rows, sign_of
from analysis.presentation.typology import UNKNOWN, Typed, kind_name, letter, members

_GAP = 4.0
_LEADING = 3.1
_VALUE_SIZE = 6.6
_KEY_COLUMN = 48.0
#: The colours of types: they differ in lightness, and letters tell them apart besides.
TYPE_COLOURS = (
    theme.BLUE, theme.ACCENT_LIGHT, theme.BLUE_MIDDLE, theme.GREY_LIGHT, theme.ACCENT,
    theme.BLUE_LIGHT,
)  # fmt: skip

Pair = tuple[str, str]


def choropleths(
    scene: Scene,
    label: Label,
    pairs: Sequence[Pair],
    labels: Mapping[Pair, str],
    *,
    notes: Sequence[str] = (),
) -> Chart:
    """Two to six small maps of indicators of one unit, with the same classes.

    Raises
    ------
    WorkbenchError
        If the study has no region, so that there is nothing to draw.
    """
    outline = outline_of(scene.study)
    by_pair = {pair: scene.by_area(*pair) for pair in pairs}
    by_pair = {pair: rows for pair, rows in by_pair.items() if rows}
    rows = [row for found in by_pair.values() for row in found]
    drawing = _draw(scene, outline, by_pair, labels)
    if data_origin(rows) == "modelled":
        draw_tag(drawing, scene)
    names = [
        f"{labels[pair]} – {scene.names.area(row.area)}"
        for pair, found in by_pair.items()
        for row in found
    ]
    said = [*notes, scene.words.say("note.classes_shared"), *legend_of_rows(scene, rows)]
    if outline.schematic:
        said.append(scene.words.say("note.schematic"))
    return Chart(
        caption=label.caption,
        svg=drawing.svg(),
        alt=fitting_alt(scene, _alt(scene, by_pair, labels), rows),
        width_mm=drawing.width,
        height_mm=drawing.height,
        data=of_rows(scene, Label(label.caption, label.name), rows, names),
        anchor=label.anchor,
        notes=tuple(said),
        data_origin=data_origin(rows),
    )


def _alt(
    scene: Scene, by_pair: Mapping[Pair, Sequence[Estimate]], labels: Mapping[Pair, str]
) -> str:
    """The highest and lowest area of the first map."""
    first, rows = next(iter(by_pair.items()))
    named = [(scene.names.area(row.area), row) for row in rows]
    return alt_of_extremes(
        scene, "alt.maps", qualified(scene, labels[first]), named,
        maps=scene.words.count("maps", len(by_pair)), own=own_value(scene, rows),
    )  # fmt: skip


def _draw(
    scene: Scene,
    outline: Outline,
    by_pair: Mapping[Pair, Sequence[Estimate]],
    labels: Mapping[Pair, str],
) -> Drawing:
    columns = 2 if len(by_pair) in (2, 4) else 3
    width = (theme.TEXT_WIDTH - _GAP * (columns - 1)) / columns
    scale = width / MAP_WIDTH
    titles = {
        pair: wrapped(labels[pair], width - 1.0, theme.CHART_SIZE, "semibold") for pair in by_pair
    }
    title = max(len(lines) for lines in titles.values()) * _LEADING + 2.0
    height = title + outline.height * scale + 5.0
    rows = [row for found in by_pair.values() for row in found]
    classes = classes_of(scene, rows)
    lines = -(-len(by_pair) // columns)
    entries = key_entries(scene, rows, classes, outline.shapes)
    key_lines = -(-len(entries) // 3)
    drawing = Drawing(theme.TEXT_WIDTH, TOP + lines * height + key_lines * 4.8 + 1.0)
    for number, (pair, found) in enumerate(by_pair.items()):
        down, along = divmod(number, columns)
        left, top = along * (width + _GAP), TOP + down * height
        for place, line in enumerate(titles[pair]):
            y = top + 2.6 + place * _LEADING
            drawing.text(left, y, line, weight="semibold")
        small = outline.moved(scale, left, top + title)
        shown = {row.area: row for row in found}
        draw_areas(drawing, scene, small, shown, classes, 0.6)
        _draw_values(drawing, scene, small, shown, classes)
    for number, entry in enumerate(entries):
        down, along = divmod(number, 3)
        draw_key(drawing, [entry], along * _KEY_COLUMN, TOP + lines * height + down * 4.8)
    return drawing


def _draw_values(
    drawing: Drawing,
    scene: Scene,
    outline: Outline,
    rows: Mapping[str, Estimate],
    classes: Classes | None,
) -> None:
    """The value or sign of each area; its name stands in the table behind the maps."""
    for code, shape in outline.shapes.items():
        row = rows.get(code)
        if row is None:
            continue
        ground = classes.colour(row.estimate) if row.shown and classes else theme.PAPER
        text = scene.bare(row) if row.shown else sign_of(row)
        text = bracketed(text) if row.uncertain else text
        x, y = shape.centre
        if row.uncertain:
            width = text_width(text, _VALUE_SIZE, "semibold") + 0.8
            drawing.box(x - width / 2, y - 1.2, width, 2.6, ground)
        drawing.text(
            x, y + 0.8, text, size=_VALUE_SIZE, anchor="middle", colour=theme.text_on(ground),
            weight="semibold" if code == scene.area else "regular",
        )  # fmt: skip


# --- types ------------------------------------------------------------------------------------


def type_map(
    scene: Scene,
    label: Label,
    spec: TypologySpec,
    areas: Sequence[Typed],
    rows: Sequence[Estimate],
    notes: Sequence[str] = (),
) -> Chart:
    """Areas in the colours of their types, with the letters of the types.

    Parameters
    ----------
    rows
        The rows that the types rest on, for the mark of modelled data.

    Raises
    ------
    WorkbenchError
        If the study has no region, so that there is nothing to draw.
    """
    outline = outline_of(scene.study)
    drawing = Drawing(theme.TEXT_WIDTH, outline.height + TOP + 1.0)
    drawing.shape(outline.border, theme.PAPER, theme.GREY_MIDDLE, 1.0)
    by_code = {one.area: one for one in areas}
    for code, shape in outline.shapes.items():
        one = by_code.get(code)
        drawing.shape(shape.rings, _colour(one), theme.GREY_MIDDLE, 0.3)
        if one is not None and one.kind == UNKNOWN:
            drawing.strokes((*shape.hatching, *shape.counter), theme.GREY_LIGHT, 0.25)
    if scene.area in outline.shapes:
        drawing.shape(outline.shapes[scene.area].rings, "none", theme.ACCENT, 0.8)
    for code, shape in outline.shapes.items():
        _draw_type(drawing, scene, code, by_code.get(code), shape.centre, shape.room)
    draw_key(drawing, _type_entries(scene, spec, areas), MAP_WIDTH + 4.0, TOP + 6.0)
    if data_origin(rows) == "modelled":
        draw_tag(drawing, scene)
    said = [*notes]
    if outline.schematic:
        said.append(scene.words.say("note.schematic"))
    return Chart(
        caption=label.caption,
        svg=drawing.svg(),
        alt=fitting_alt(scene, _type_alt(scene, spec, areas), rows),
        width_mm=drawing.width,
        height_mm=drawing.height,
        anchor=label.anchor,
        notes=tuple(said),
        data_origin=data_origin(rows),
    )


def _colour(one: Typed | None) -> str:
    if one is None or not isinstance(one.kind, int):
        return theme.PAPER
    return TYPE_COLOURS[one.kind % len(TYPE_COLOURS)]


def _draw_type(
    drawing: Drawing,
    scene: Scene,
    code: str,
    one: Typed | None,
    centre: tuple[float, float],
    room: float,
) -> None:
    lines = wrapped(scene.names.area(code), max(2 * room - 3.0, 14.0), theme.CHART_SMALL)
    sign = letter(one.kind) if one is not None else ""
    texts = [*lines, sign] if sign else lines
    x, y = centre[0], centre[1] - (len(texts) - 1) * 1.45 + 0.6
    ground = _colour(one)
    for place, line in enumerate(texts):
        drawing.text(
            x, y + place * 2.9, line, size=theme.CHART_SMALL, anchor="middle",
            colour=theme.text_on(ground),
            weight="semibold" if line == sign or code == scene.area else "regular",
        )  # fmt: skip


def _type_entries(scene: Scene, spec: TypologySpec, areas: Sequence[Typed]) -> list[KeyEntry]:
    entries = []
    for kind, codes in members(areas, spec):
        if not codes:
            continue
        name, sign = kind_name(scene, spec, kind), letter(kind)
        text = f"{sign} – {name}" if sign else name
        colour = _colour(Typed("", {}, kind))
        entries.append(KeyEntry(colour, text, "lattice" if kind == UNKNOWN else ""))
    if not scene.is_whole:
        entries.append(KeyEntry(theme.PAPER, scene.area_values["area"], "outline"))
    return entries


def _type_alt(scene: Scene, spec: TypologySpec, areas: Sequence[Typed]) -> str:
    counted = [
        scene.words.say("typology.counted", type=kind_name(scene, spec, kind), number=len(codes))
        for kind, codes in members(areas, spec)
        if codes
    ]
    return scene.words.say(
        "alt.types", count=scene.names.areas_counted(len(areas)), types="; ".join(counted)
    )

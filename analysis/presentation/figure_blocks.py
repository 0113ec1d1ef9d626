"""Builders of figures and tables that have keys of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from analysis.presentation import charts, figure_sentences, figure_tables, map_series
from analysis.presentation.blocks import Block, Paragraph
from analysis.presentation.composing import Composed, Slot, chart_notes, label_of, scene_of
from analysis.presentation.crossed import crossed
from analysis.presentation.figure_specs import (
    DotsSpec,
    GroupsCompareSpec,
    HeatSpec,
    MapsSpec,
    MatrixSpec,
    RankSetsSpec,
    SmallMultiplesSpec,
    SupplySpec,
    TypologySpec,
)
from analysis.presentation.makeup import conditions_of, split
from analysis.presentation.paired import in_pairs
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene
from analysis.presentation.typology import Typed, reference_name, typed_areas

Builder = Callable[[Composed, Any, Slot], Iterable[Block]]
_Pair = tuple[str, str]


def _matrix(report: Composed, spec: MatrixSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    if crossed(scene, spec):
        label = label_of(
            report, scene, slot, spec.upright, spec.caption, "matrix", across=spec.across
        )
        notes = chart_notes(scene, [spec.upright, spec.across], spec.form)
        yield charts.matrix(scene, label, spec, notes=notes)


def _small_multiples(report: Composed, spec: SmallMultiplesSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    pairs = _known(spec.indicators, lambda pair: scene.by_area(*pair))
    if pairs:
        label = label_of(report, scene, slot, spec.indicators[0], spec.caption, spec.form)
        notes = chart_notes(scene, spec.indicators, spec.form)
        names = _names(scene, pairs, spec.labels)
        yield charts.small_multiples(scene, label, pairs, names, notes=notes)


def _dots(report: Composed, spec: DotsSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    pairs = _known(spec.indicators, lambda pair: scene.total(*pair))
    if pairs:
        label = label_of(report, scene, slot, spec.indicators[0], spec.caption, "overview")
        notes = chart_notes(scene, spec.indicators, spec.form)
        names = _names(scene, pairs, spec.labels)
        yield charts.dots(scene, label, pairs, names, sort=spec.sort, notes=notes)


def _groups_compare(report: Composed, spec: GroupsCompareSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    code, compared = spec.indicator, spec.compared
    pairs = in_pairs(scene, code, spec.breakdown, compared, sort=spec.sort)
    if not pairs:
        return
    label = label_of(report, scene, slot, code, spec.caption, "by", spec.breakdown)
    if spec.block == "table":
        yield figure_tables.groups_compare(scene, label, pairs, spec.breakdown, compared)
    else:
        notes = chart_notes(scene, [code], spec.form)
        yield charts.groups_compare(
            scene,
            label,
            code,
            spec.breakdown,
            compared,
            sort=spec.sort,
            top=spec.top,
            notes=notes,
        )


def _maps(report: Composed, spec: MapsSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    pairs = _known(spec.indicators, lambda pair: scene.by_area(*pair))
    if pairs:
        label = label_of(report, scene, slot, spec.indicators[0], spec.caption, "maps")
        notes = chart_notes(scene, spec.indicators, spec.block)
        names = _names(scene, pairs, spec.labels)
        yield map_series.choropleths(scene, label, pairs, names, notes=notes)


def _heat(report: Composed, spec: HeatSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    if _known(spec.indicators, lambda pair: _anywhere(scene, pair[0])):
        label = label_of(report, scene, slot, spec.indicators[0], spec.caption, "heat")
        yield figure_tables.heat(scene, label, spec)


def _rank_sets(report: Composed, spec: RankSetsSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    code, category = split(spec.indicator)
    if scene.ranks(code, category):
        label = label_of(report, scene, slot, spec.indicator, spec.caption, "rank_sets")
        yield figure_tables.rank_sets(scene, label, code, category)


def _supply(report: Composed, spec: SupplySpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    if scene.totals(spec.need) or scene.totals(spec.unmet):
        label = label_of(report, scene, slot, spec.need, spec.caption, "supply")
        yield figure_tables.supply(scene, label, spec)


def _typology(report: Composed, spec: TypologySpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    rows = _type_rows(scene, spec)
    if not rows:
        return
    areas = typed_areas(scene, spec)
    for shown in spec.shown:
        if shown == "sentence":
            yield from _said(figure_sentences.typology(scene, spec))
        else:
            yield _type_figure(report, scene, spec, slot, shown, areas, rows)


def _type_figure(
    report: Composed,
    scene: Scene,
    spec: TypologySpec,
    slot: Slot,
    shown: str,
    areas: Sequence[Typed],
    rows: Sequence[Estimate],
) -> Block:
    caption = report.text(spec.caption) if spec.caption else scene.names.say("caption.typology")
    if shown == "table":
        label = slot.label(caption, "types")
        return figure_tables.types(scene, label, spec, areas, rows)
    caption = scene.words.say(
        "caption.types_map" if shown == "map" else "caption.types_each", caption=caption
    )
    if shown == "areas":
        label = slot.label(caption, "types by area")
        return figure_tables.patterns(scene, label, spec, areas, rows)
    label = slot.label(caption, "map of types")
    notes = chart_notes(scene, conditions_of(spec), "map")
    return map_series.type_map(scene, label, spec, areas, rows, notes)


def _type_rows(scene: Scene, spec: TypologySpec) -> list[Estimate]:
    """The differences that the types rest on."""
    return [
        row
        for reference in conditions_of(spec)
        for area in scene.study.areas.index
        if (row := scene.difference(*split(reference), area)) is not None
    ]


# --- sentences --------------------------------------------------------------------------------


def _matrix_sentence(report: Composed, spec: MatrixSpec, slot: Slot) -> Iterator[Block]:
    yield from _said(figure_sentences.matrix(scene_of(report, spec), spec))


def _groups_sentence(report: Composed, spec: GroupsCompareSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    about = f"{scene.subject(spec.indicator)}{report.place(scene)}"
    yield from _said(
        figure_sentences.groups_compare(scene, spec.indicator, spec.breakdown, spec.compared, about)
    )


def _rank_sentence(report: Composed, spec: RankSetsSpec, slot: Slot) -> Iterator[Block]:
    yield from _said(figure_sentences.rank_sets(scene_of(report, spec), *split(spec.indicator)))


def _said(said: Sequence[str]) -> Iterator[Block]:
    if said:
        yield Paragraph(" ".join(said))


# --- what the builders share ------------------------------------------------------------------


def _known(references: Iterable[str], rows_of: Callable[[_Pair], object]) -> list[_Pair]:
    """The indicators that have rows, as pairs of code and category."""
    return [pair for pair in map(split, references) if rows_of(pair)]


def _anywhere(scene: Scene, code: str) -> bool:
    return any(scene.totals(code, area) for area in (*scene.study.areas.index, scene.whole))


def _names(
    scene: Scene, pairs: Sequence[_Pair], labels: Mapping[str, Mapping[str, str]]
) -> dict[_Pair, str]:
    """What rows are called: as the make-up says, else category alone where all are of one."""
    one = len({code for code, _ in pairs}) == 1 and len(pairs) > 1
    found = {}
    for code, category in pairs:
        reference = f"{code}/{category}" if category else code
        if one and reference not in labels:
            found[code, category] = scene.names.category(code, category, "short")
        else:
            found[code, category] = reference_name(scene, labels, reference)
    return found


FORM_FIGURES: Mapping[tuple[str, str], Builder] = {
    ("chart", "matrix"): _matrix,
    ("chart", "small_multiples"): _small_multiples,
    ("chart", "dots"): _dots,
    ("chart", "groups_compare"): _groups_compare,
    ("table", "groups_compare"): _groups_compare,
    ("table", "heat"): _heat,
    ("table", "rank_sets"): _rank_sets,
    ("table", "supply"): _supply,
    ("sentence", "matrix"): _matrix_sentence,
    ("sentence", "groups_compare"): _groups_sentence,
    ("sentence", "rank_sets"): _rank_sentence,
}
FIGURES: Mapping[str, Builder] = {"maps": _maps, "typology": _typology}

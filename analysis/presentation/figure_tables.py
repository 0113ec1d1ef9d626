"""Tables that compare: two groups, two indicators, all areas, places, need and supply, types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.presentation.blocks import Cell, Column, Table
from analysis.presentation.crossed import Crossed, quadrant_names
from analysis.presentation.figure_specs import HeatSpec, MatrixSpec, SupplySpec, TypologySpec
from analysis.presentation.makeup import conditions_of, split
from analysis.presentation.numbers import NO_BREAK_SPACE, half_up
from analysis.presentation.paired import Compared
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.sentences import is_sure, supported_sign
from analysis.presentation.tables import (
    LABEL_WIDTH,
    Label,
    base_cell,
    finished,
    interval_cell,
    sign_cell,
    unit_of,
    value_cell,
    value_cells,
    value_columns,
)
from analysis.presentation.typology import (
    Typed,
    conditions,
    kind_name,
    letter,
    members,
    reference_name,
)
from analysis.presentation.wording import capitalised

# --- two groups, two indicators -----------------------------------------------------------------


def groups_compare(
    scene: Scene, label: Label, pairs: Sequence[Compared], breakdown: str, compared: Sequence[str]
) -> Table:
    """Two groups over the categories of an indicator, and which is surely higher."""
    titles = [scene.names.group(breakdown, group) for group in compared]
    rows = [_pair_cells(scene, pair, titles) for pair in pairs]
    used = [row for pair in pairs for row in (pair.first, pair.second)]
    unit = scene.unit_of(used[0]) if used else "percent"
    say = scene.words.say
    columns = [Column(say("table.item"), align="left", width=4.0)]
    for title in titles:
        columns += [*value_columns(scene, unit, title), Column(say("table.n"), title)]
    columns.append(Column(say("table.higher"), align="left", width=2.6))
    return finished(scene, label, columns, rows, used, (say("note.pairs_table"),))


def _pair_cells(scene: Scene, pair: Compared, titles: Sequence[str]) -> tuple[Cell, ...]:
    if not pair.comparable:
        verdict = scene.words.say("compared.unknown")
    elif pair.higher:
        verdict = titles[0 if pair.higher == "first" else 1]
    else:
        verdict = scene.words.say("compared.same")
    cells = [Cell(pair.name)]
    for row in (pair.first, pair.second):
        cells += [*value_cells(scene, row), base_cell(scene, row)]
    return (*cells, Cell(verdict))


def matrix(scene: Scene, label: Label, spec: MatrixSpec, points: Sequence[Crossed]) -> Table:
    """Two indicators over the same categories, and the quadrant where each surely stands."""
    names = quadrant_names(scene, spec)
    unsure = scene.words.say("chart.quadrant_unsure")
    rows = [
        (
            Cell(point.name),
            *value_cells(scene, point.upright), base_cell(scene, point.upright),
            *value_cells(scene, point.across), base_cell(scene, point.across),
            Cell(names[point.quadrant] if point.quadrant else unsure),
        )
        for point in points
    ]  # fmt: skip
    used = [row for point in points for row in (point.upright, point.across)]
    say = scene.words.say
    columns = [Column(say("table.item"), align="left", width=4.0)]
    for code in (spec.upright, spec.across):
        title = scene.names.indicator(code)
        columns += [
            *value_columns(scene, unit_of(scene, code), title),
            Column(say("table.n"), title),
        ]
    columns.append(Column(say("table.quadrant"), align="left", width=3.0))
    return finished(scene, label, columns, rows, used)


# --- all areas ----------------------------------------------------------------------------------


def heat(scene: Scene, label: Label, spec: HeatSpec) -> Table:
    """Indicators in rows, all areas in columns; ▲ ▼ stand beside supported differences."""
    areas = list(scene.study.areas.index)
    sections = [(reference, _pairs_of(scene, reference)) for reference in spec.indicators]
    sections = [(reference, pairs) for reference, pairs in sections if pairs]
    pairs = [pair for _, found in sections for pair in found]
    by_place = {
        (pair, area): scene.total(*pair, area) for pair in pairs for area in (*areas, scene.whole)
    }
    rows = [_heat_row(scene, spec, pair, areas, by_place) for pair in pairs]
    used = [row for row in by_place.values() if row is not None]
    rows.append(_bases_row(scene, pairs, areas, by_place))
    say = scene.words.say
    columns = [
        Column(say("table.indicator"), align="left", width=4.0),
        *(Column(scene.names.area(area)) for area in areas),
        Column(scene.names.whole),
    ]
    compared = any(scene.differences(code, area) for code, _ in pairs for area in areas)
    notes = [say("note.heat_cells", confidence=scene.confidence)] if spec.intervals else []
    if compared:
        notes += [scene.names.say("note.arrows"), scene.names.say("note.rest_mark")]
    starts = _heat_groups(scene, sections)
    base_start = [(say("table.bases"), len(pairs))] if starts else []
    return finished(scene, label, columns, rows, used, notes, [*starts, *base_start])


def _pairs_of(scene: Scene, reference: str) -> list[tuple[str, str]]:
    """The rows of one entry: a category, or all categories of an indicator."""
    code, category = split(reference)
    known = {
        row.category
        for area in (*scene.study.areas.index, scene.whole)
        for row in scene.totals(code, area)
    }
    if category:
        return [(code, category)] if category in known else []
    return [(code, name) for name in scene.names.categories(code) or [""] if name in known]


def _heat_groups(
    scene: Scene, sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]
) -> list[tuple[str, int]]:
    """Titles over indicators with several categories; none where all have one row."""
    if all(len(pairs) == 1 for _, pairs in sections):
        return []
    starts, place = [], 0
    for reference, pairs in sections:
        starts.append((scene.names.indicator(split(reference)[0]), place))
        place += len(pairs)
    return starts


def _heat_row(
    scene: Scene,
    spec: HeatSpec,
    pair: tuple[str, str],
    areas: Sequence[str],
    by_place: Mapping[tuple[tuple[str, str], str], Estimate | None],
) -> tuple[Cell, ...]:
    code, category = pair
    reference = f"{code}/{category}" if category else code
    several = len(_pairs_of(scene, code)) > 1
    if reference in spec.labels:
        name = scene.names.text(spec.labels[reference])
    elif several and code in spec.indicators:
        name = scene.names.category(code, category, "short")
    else:
        name = scene.names.full(code, category)
    unit = scene.names.unit(code, category)
    title = name if unit == "number" else f"{name} ({scene.words.say(f'unit.{unit}')})"
    cells = [Cell(title)]
    for area in areas:
        row = by_place[pair, area]
        sign = supported_sign(scene.difference(code, category, area), row)
        cells.append(_heat_cell(scene, row, sign, intervals=spec.intervals))
    whole = by_place[pair, scene.whole]
    return (*cells, _heat_cell(scene, whole, "", intervals=spec.intervals))


def _heat_cell(scene: Scene, row: Estimate | None, sign: str, *, intervals: bool) -> Cell:
    """Value and sign, with the interval under them."""
    plain = value_cell(scene, row)
    if row is None or not row.shown:
        return plain
    text = f"{plain.text}{NO_BREAK_SPACE}{sign}" if sign else plain.text
    under = interval_cell(scene, row).text if intervals and row.has_interval else ""
    return replace(plain, text=text, under=under)


def _bases_row(
    scene: Scene,
    pairs: Sequence[tuple[str, str]],
    areas: Sequence[str],
    by_place: Mapping[tuple[tuple[str, str], str], Estimate | None],
) -> tuple[Cell, ...]:
    """The unweighted bases of each place, as a range where the rows differ."""
    cells = [Cell(scene.words.say("table.n"))]
    for place in (*areas, scene.whole):
        found = [by_place[pair, place] for pair in pairs]
        bases = [row.n for row in found if row is not None and row.n == row.n]
        if not bases:
            cells.append(sign_cell(None))
            continue
        low, high = (scene.numbers.whole(bound) for bound in (min(bases), max(bases)))
        under = "" if low == high else scene.words.say("table.up_to", n=high)
        cells.append(Cell(low, min(bases), "0", under=under))
    return tuple(cells)


def rank_sets(scene: Scene, label: Label, code: str, category: str = "") -> Table:
    """Each area with its value and the places that it may have among all."""
    ranks = scene.ranks(code, category)
    rows = sorted(
        scene.by_area(code, category),
        key=lambda row: (not row.shown, -row.estimate if row.shown else 0.0),
    )
    cells = [
        (
            Cell(scene.names.area(row.area)),
            *value_cells(scene, row),
            base_cell(scene, row),
            place_cell(scene, row, ranks.get(row.area)),
        )
        for row in rows
    ]
    say = scene.words.say
    columns = [
        Column(say("table.area"), align="left", width=LABEL_WIDTH),
        *value_columns(scene, unit_of(scene, code, category), ""),
        Column(say("table.n")),
        Column(say("table.places"), width=1.6),
    ]
    note = say("note.places", confidence=scene.confidence, count=len(scene.study.areas))
    return finished(scene, label, columns, cells, rows, (note,))


def place_cell(scene: Scene, row: Estimate, rank: Estimate | None) -> Cell:
    """The places that an area may have; the sign of release where its value has none."""
    if not row.shown:
        return sign_cell(row)
    if rank is None or not rank.has_interval:
        return sign_cell(rank)
    return Cell(scene.places(rank))


# --- need and supply ----------------------------------------------------------------------------


def supply(scene: Scene, label: Label, spec: SupplySpec) -> Table:
    """Need, unmet need and capacity by category; a word only where it is supported.

    Without a register there are no columns for capacity and what follows from it.
    """
    need = {row.category: row for row in scene.totals(spec.need)}
    unmet = {row.category: row for row in scene.totals(spec.unmet)}
    capacity = {row.category: row for row in scene.register(spec.capacity)}
    whole = {row.category: row for row in scene.register(spec.capacity, scene.whole)}
    differences = scene.differences(spec.unmet)
    known = bool(capacity or whole)
    names = [*need, *(name for name in unmet if name not in need)]
    say = scene.words.say
    rows = []
    for name in sorted(names, key=lambda name: _falling(need.get(name))):
        row = need.get(name) or unmet[name]
        word = _supply_word(
            differences.get(name), unmet.get(name), capacity.get(name), whole.get(name)
        )
        cells = [
            Cell(scene.category(row, short=False)),
            *_two(scene, need.get(name)),
            *_two(scene, unmet.get(name), differences.get(name)),
        ]
        if known:
            cells.append(_capacity_cell(scene, capacity.get(name), bool(capacity)))
            if whole and not scene.is_whole:
                cells.append(_capacity_cell(scene, whole.get(name), bool(whole)))
            cells.append(Cell(say(f"supply.{word}") if word else say("compared.unsupported")))
        rows.append(tuple(cells))
    used = [*need.values(), *unmet.values()]
    notes = [say("note.supply", confidence=scene.confidence)] if known else []
    if not capacity:
        notes.append(say("note.no_register"))
    if differences:
        notes += [scene.names.say("note.arrows"), scene.names.say("note.rest_mark")]
    columns = _supply_columns(scene, spec, known, bool(whole) and not scene.is_whole)
    return finished(scene, label, columns, rows, used, notes)


def _falling(row: Estimate | None) -> float:
    """Puts rows by falling value, those without one last."""
    return -row.estimate if row is not None and row.shown else 1.0


def _two(
    scene: Scene, row: Estimate | None, difference: Estimate | None = None
) -> tuple[Cell, Cell, Cell]:
    """Value with its sign, interval and n."""
    value = value_cell(scene, row)
    sign = supported_sign(difference, row)
    if sign:
        value = replace(value, text=f"{value.text}{NO_BREAK_SPACE}{sign}")
    limits = sign_cell(None) if row is None else interval_cell(scene, row)
    return value, limits, base_cell(scene, row)


def _capacity_cell(scene: Scene, row: Estimate | None, known: bool) -> Cell:
    """A number of the register; that it was not at hand where it has none at all."""
    if row is not None and row.shown:
        return Cell(scene.numbers.decimal(row.estimate, 1), float(half_up(row.estimate, 1)), "0.0")
    return sign_cell(row) if known else Cell(scene.words.say("supply.no_register"))


def _supply_word(
    difference: Estimate | None,
    unmet: Estimate | None,
    capacity: Estimate | None,
    whole: Estimate | None,
) -> str:
    """A word only where unmet need differs with support and both capacities are known.

    Capacities are full counts of a register, so they need no interval to be compared.
    """
    sign = supported_sign(difference, unmet)
    known = (row is not None and row.shown for row in (capacity, whole))
    if not sign or not all(known):
        return ""
    assert capacity is not None
    assert whole is not None
    if capacity.estimate == whole.estimate or not is_sure(capacity):
        return ""
    more_need, more_capacity = sign == "▲", capacity.estimate > whole.estimate
    return {
        (True, False): "gap", (True, True): "mismatch",
        (False, False): "low_both", (False, True): "covered",
    }[more_need, more_capacity]  # fmt: skip


def _supply_columns(scene: Scene, spec: SupplySpec, known: bool, with_whole: bool) -> list[Column]:
    say = scene.words.say
    interval = say("table.interval", confidence=scene.confidence)
    columns = [Column(say("table.item"), align="left", width=4.0)]
    for code in (spec.need, spec.unmet):
        title = scene.names.indicator(code)
        columns += [
            Column(say(f"table.estimate_{unit_of(scene, code)}"), title),
            Column(interval, title, width=1.3),
            Column(say("table.n"), title),
        ]
    if not known:
        return columns
    spanner = scene.names.indicator(spec.capacity)
    columns.append(Column(scene.names.area(scene.area), spanner, width=1.8))
    if with_whole:
        columns.append(Column(scene.names.whole, spanner, width=1.4))
    return [*columns, Column(say("table.relation"), align="left", width=2.6)]


# --- types --------------------------------------------------------------------------------------


def types(
    scene: Scene, label: Label, spec: TypologySpec, areas: Sequence[Typed], rows: Sequence[Estimate]
) -> Table:
    """Each type with what has to hold and the areas it holds for."""
    say = scene.words.say
    cells = []
    for kind, codes in members(areas, spec):
        sign, name = letter(kind), capitalised(kind_name(scene, spec, kind))
        listed = ", ".join(scene.names.area(code) for code in codes) or say("typology.none")
        cells.append(
            (
                Cell(f"{sign} – {name}" if sign else name),
                Cell(conditions(scene, spec, kind)),
                Cell(listed),
                Cell(scene.numbers.whole(len(codes)), len(codes), "0"),
            )
        )
    columns = (
        Column(say("typology.type"), align="left", width=3.0),
        Column(say("typology.why"), align="left", width=4.5),
        Column(say("typology.areas"), align="left", width=4.0),
        Column(say("typology.number"), width=1.0),
    )
    return Table(
        label.caption, columns, tuple(cells), label.name, label.anchor,
        notes=(say("note.typology"), scene.names.say("note.rest_mark")),
        data_origin=data_origin(rows),
    )  # fmt: skip


def patterns(
    scene: Scene, label: Label, spec: TypologySpec, areas: Sequence[Typed], rows: Sequence[Estimate]
) -> Table:
    """On which side of all others each area lies, by indicator: what its type rests on."""
    say = scene.words.say
    references = conditions_of(spec)
    signs = {"above": "▲", "below": "▼", "same": "="}
    cells: list[tuple[Cell, ...]] = []
    starts: list[tuple[str, int]] = []
    by_code = {one.area: one for one in areas}
    for kind, codes in members(areas, spec):
        if codes:
            starts.append((capitalised(kind_name(scene, spec, kind)), len(cells)))
        for code in codes:
            sides = by_code[code].sides
            found = [signs[side] if (side := sides[ref]) else "?" for ref in references]
            cells.append((Cell(scene.names.area(code)), *map(Cell, found)))
    columns = (
        Column(say("table.area"), align="left", width=3.0),
        *(
            Column(reference_name(scene, spec.labels, reference), align="center", width=2.0)
            for reference in references
        ),
    )
    return Table(
        label.caption, columns, tuple(cells), label.name, label.anchor,
        notes=(say("note.patterns"), scene.names.say("note.rest_mark")),
        groups=tuple(starts), data_origin=data_origin(rows),
    )  # fmt: skip

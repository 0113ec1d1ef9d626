"""Tables of released rows: values, intervals, unweighted bases and the marks of release.

Numbers stand in cells twice: as the text that is read and, rounded alike, as the value for
Excel. A cell that is not released has neither value nor interval, only its mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from analysis.presentation import stepping
from analysis.presentation.blocks import Cell, Column, Relation, Table
from analysis.presentation.numbers import NO_BREAK_SPACE, half_up, share_value
from analysis.presentation.rows import (
    DISCLOSURE,
    LOW_PRECISION,
    MISSING,
    NOT_APPLICABLE,
    PRECISION,
    Estimate,
)
from analysis.presentation.scene import Scene, Unit, data_origin, ranked
from analysis.presentation.stepping import MODELLED, OWN, Step, step_back
from analysis.release.marks import legend as release_legend
from analysis.release.marks import marks
from analysis.release.rules import rule_set

SUPPORTED = "supported"
#: A release state that bears each mark, for its sign and its place in the legend.
_STATES = {
    DISCLOSURE: "suppressed_primary",
    PRECISION: "suppressed_precision",
    LOW_PRECISION: "low_precision",
    NOT_APPLICABLE: "not_applicable",
    MISSING: "missing",
}
_FORMATS = {"percent": "0.0%", "points": "+0.0;-0.0;0.0", "number": "0.0", "persons": "#,##0"}
#: By what an interval is multiplied, and its decimal places.
_SPANS = {"percent": (100, 1), "points": (100, 1), "number": (1, 1), "persons": (1, 0)}
LABEL_WIDTH = 5.0
#: How the text of a share begins that is not 0 and too small to be printed as more.
_BELOW = "<"


@dataclass(frozen=True)
class Label:
    """What stands on a table or chart besides its content."""

    caption: str
    name: str
    anchor: str = ""


@dataclass(frozen=True)
class Grouping:
    """Row groups of a table: an attribute of the choices, and the list that names it."""

    attribute: str
    list: str


# --- cells ----------------------------------------------------------------------------------


def sign_of(row: Estimate | None) -> str:
    """The sign in place of a value that is not shown."""
    return _sign(row.mark or MISSING if row is not None else MISSING)


def bracketed(text: str) -> str:
    """A value of low precision."""
    before, after = marks()[_STATES[LOW_PRECISION]].around
    return f"{before}{text}{after}"


def _sign(mark: str) -> str:
    return marks()[_STATES[mark]].instead


def value_cell(scene: Scene, row: Estimate | None) -> Cell:
    """The estimate of a row, in brackets where its precision is low."""
    if row is None or not row.shown:
        return sign_cell(row)
    unit = scene.unit_of(row)
    text = _bare(scene, row, row.estimate)
    if row.comparison and row.supported:
        return _number_cell(f"{text}{NO_BREAK_SPACE}*", row.estimate, unit, SUPPORTED)
    if row.uncertain:
        return _number_cell(bracketed(text), row.estimate, unit, LOW_PRECISION)
    return _number_cell(text, row.estimate, unit)


def limit_cells(scene: Scene, row: Estimate | None) -> tuple[Cell, Cell]:
    """The limits of a row's interval."""
    if row is None or not row.has_interval:
        sign = sign_cell(row) if row is None or not row.shown else _no_interval()
        return sign, sign
    unit = scene.unit_of(row)
    low, high = (
        _number_cell(_bare(scene, row, limit), limit, unit) for limit in (row.ci_low, row.ci_high)
    )
    return low, high


def interval_cell(scene: Scene, row: Estimate) -> Cell:
    """An interval as one short text, with as many places as the value beside it."""
    if not row.has_interval:
        return sign_cell(row) if not row.shown else _no_interval()
    unit = scene.unit_of(row)
    factor, places = _SPANS[unit]
    return Cell(scene.numbers.span(row.ci_low * factor, row.ci_high * factor, places))


def base_cell(scene: Scene, row: Estimate | None) -> Cell:
    """The unweighted number of people behind a row."""
    if row is None or row.n != row.n:
        return sign_cell(row)
    return Cell(scene.numbers.whole(row.n), row.n, "0")


def _bare(scene: Scene, row: Estimate, value: float) -> str:
    if row.below_rounding and value == row.estimate:
        return scene.words.say("table.below", value=scene.numbers.decimal(0.1, 1))
    unit = scene.unit_of(row)
    if unit == "persons":
        return scene.numbers.whole(value)
    factor = 1 if unit == "number" else 100
    return scene.numbers.decimal(value * factor, 1, signed=row.is_difference)


def _number_cell(text: str, value: float, unit: Unit, mark: str = "") -> Cell:
    if text.startswith(_BELOW):
        return Cell(text, mark=mark)
    shown = (
        share_value(value)
        if unit == "percent"
        else float(half_up(value * (100 if unit == "points" else 1), 1))
    )
    return Cell(text, shown, _FORMATS[unit], mark)


def sign_cell(row: Estimate | None) -> Cell:
    """The sign of a value that is not shown, as a cell."""
    mark = row.mark or MISSING if row is not None else MISSING
    return Cell(_sign(mark), mark=mark)


def missing_cell() -> Cell:
    """A cell whose number does not exist."""
    return sign_cell(None)


def hidden_cell() -> Cell:
    """A cell whose number is too small to be told."""
    return Cell(_sign(DISCLOSURE), mark=DISCLOSURE)


def _no_interval() -> Cell:
    return Cell(_sign(NOT_APPLICABLE))


# --- notes ----------------------------------------------------------------------------------


def legend(scene: Scene, rows: Iterable[Sequence[Cell]]) -> tuple[str, ...]:
    """One note that explains the marks in use; none when there are none."""
    used = {cell.mark for row in rows for cell in row if cell.mark}
    rules = rule_set(scene.study.card.release.rule_set).precision
    states = [_STATES[mark] for mark in used if mark in _STATES]
    said = release_legend(states, scene.names.language, rules)
    if SUPPORTED in used:
        said.append(scene.words.say("legend.supported"))
    return (" ".join(said),) if said else ()


def full_legend(scene: Scene) -> str:
    """What all marks mean."""
    cells = [Cell("", mark=mark) for mark in (*_STATES, SUPPORTED)]
    return legend(scene, [cells])[0]


def base_note(scene: Scene, rows: Iterable[Estimate]) -> tuple[str, ...]:
    """The bases of rows in words."""
    labels: dict[str, None] = {}
    for row in rows:
        definition = scene.names.definition(row.indicator, row.category)
        label = scene.names.text(definition.base_label, row.base_label)
        if label:
            labels.setdefault(label)
    return (scene.words.say("note.base", text="; ".join(labels)),) if labels else ()


def rest_note(scene: Scene, differences: Iterable[Estimate | None]) -> tuple[str, ...]:
    """What a difference is a difference from."""
    if any(row is not None for row in differences):
        return (scene.names.say("note.rest_mark"),)
    return ()


def finished(
    scene: Scene,
    label: Label,
    columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]],
    used: Sequence[Estimate],
    notes: Sequence[str] = (),
    groups: Sequence[tuple[str, int]] = (),
    relations: Sequence[Relation] = (),
) -> Table:
    """A table of these cells, with its bases, notes and the legend of its marks."""
    return Table(
        caption=label.caption,
        columns=tuple(columns),
        rows=tuple(rows),
        name=label.name,
        anchor=label.anchor,
        notes=(
            *base_note(scene, used),
            *_limits_note(scene, columns),
            *notes,
            *legend(scene, rows),
        ),
        groups=tuple(groups),
        data_origin=data_origin(used),
        relations=tuple(relations),
    )


def _answer_relations(
    scene: Scene, code: str, rows: Sequence[Sequence[Cell]], columns: Sequence[Column]
) -> tuple[Relation, ...]:
    """Whether the shares of answers add up to all, where all answers stand in the table."""
    places = tuple(
        place
        for place, column in enumerate(columns)
        if column.role == "value" and column.spanner != scene.names.say("table.against_rest")
    )
    parts = tuple(range(len(rows)))
    if scene.names.is_multiple(code) and unit_of(scene, code) == "percent" and len(rows) > 1:
        return (Relation("several", parts=parts, columns=places),)
    complete = len(rows) == len(scene.names.categories(code))
    if scene.names.is_single(code) and complete:
        return (Relation("hundred", parts=parts, columns=places),)
    return ()


def _several_note(scene: Scene, relations: Sequence[Relation]) -> tuple[str, ...]:
    several = any(relation.kind == "several" for relation in relations)
    return (scene.words.say("sentence.multiple"),) if several else ()


def _limits_note(scene: Scene, columns: Sequence[Column]) -> tuple[str, ...]:
    low = scene.words.say("table.low")
    if not any(column.header == low for column in columns):
        return ()
    return (scene.words.say("note.limits", confidence=scene.confidence),)


def value_columns(scene: Scene, unit: Unit, spanner: str) -> list[Column]:
    """The columns of a value and the limits of its interval."""
    say = scene.words.say
    return [
        Column(say(f"table.estimate_{unit}"), spanner, role="value"),
        Column(say("table.low"), spanner, role="low"),
        Column(say("table.high"), spanner, role="high"),
    ]


def base_column(scene: Scene, spanner: str = "") -> Column:
    """The column of the unweighted numbers of respondents."""
    return Column(scene.words.say("table.n"), spanner, role="base", unit="persons")


def unit_of(scene: Scene, code: str, category: str = "") -> Unit:
    """The unit of an indicator."""
    return scene.names.unit(code, category)  # type: ignore[return-value]


def _difference_columns(scene: Scene, unit: Unit) -> list[Column]:
    return value_columns(
        scene, "points" if unit == "percent" else unit, scene.names.say("table.against_rest")
    )


def value_cells(scene: Scene, row: Estimate | None) -> tuple[Cell, ...]:
    """The value of a row and the limits of its interval."""
    return (value_cell(scene, row), *limit_cells(scene, row))


# --- tables ---------------------------------------------------------------------------------


def _own_cells(scene: Scene, step: Step) -> tuple[Cell, ...]:
    """Value, interval and n of a row, or of the one that stands for it, with its sign."""
    value, *limits = value_cells(scene, step.row)
    return (_signed(value, step), *limits, _stepped_base(scene, step))


def _signed(cell: Cell, step: Step) -> Cell:
    """A cell with the sign of the step; as a text alone, so that nobody reckons with it."""
    return Cell(step.signed(cell.text), mark=step.kind) if step.kind else cell


def _stepped_base(scene: Scene, step: Step) -> Cell:
    return base_cell(scene, step.asked if step.kind == MODELLED else step.row)


def first_order(
    scene: Scene, label: Label, code: str, *, sort: bool = False, grouping: Grouping | None = None
) -> Table:
    """The categories of an indicator: value, interval and n, beside the whole and the rest."""
    totals = scene.totals(code)
    sections = _sections(scene, ranked(totals) if sort else totals, grouping)
    ordered = [row for _, rows in sections for row in rows]
    differences = scene.differences(code)
    wholes = {} if scene.is_whole else {r.category: r for r in scene.totals(code, scene.whole)}
    steps = [step_back(scene, row) for row in ordered]
    rows = [_first_order_row(scene, step, wholes, differences) for step in steps]
    unit = unit_of(scene, code)
    columns = _first_order_columns(scene, unit, bool(wholes), bool(differences))
    relations = _answer_relations(scene, code, rows, columns)
    if any(step.kind != OWN for step in steps):
        # A share shown by something wider does not add up with the others.
        relations = tuple(one for one in relations if one.kind != "hundred")
    notes = (
        *stepping.notes(scene, steps),
        *_several_note(scene, relations),
        *rest_note(scene, differences.values()),
    )
    return finished(scene, label, columns, rows, ordered, notes, group_starts(sections), relations)


def _first_order_row(
    scene: Scene,
    step: Step,
    wholes: dict[str, Estimate],
    differences: dict[str, Estimate],
) -> tuple[Cell, ...]:
    row = step.asked
    cells = [Cell(scene.category(row, short=False)), *_own_cells(scene, step)]
    if wholes:
        cells.append(value_cell(scene, wholes.get(row.category)))
    if differences:
        cells.extend(value_cells(scene, differences.get(row.category)))
    return tuple(cells)


def _first_order_columns(
    scene: Scene, unit: Unit, with_whole: bool, with_difference: bool
) -> list[Column]:
    say = scene.words.say
    columns = [
        Column(say("table.item"), align="left", width=LABEL_WIDTH),
        *value_columns(scene, unit, scene.names.area_titled(scene.area)),
        base_column(scene, scene.names.area_titled(scene.area)),
    ]
    if with_whole:
        name = say(f"table.estimate_{unit}")
        columns.append(Column(name, scene.names.whole, width=1.3, role="value"))
    if with_difference:
        columns.extend(_difference_columns(scene, unit))
    return columns


def _sections(
    scene: Scene, rows: Sequence[Estimate], grouping: Grouping | None
) -> list[tuple[str, list[Estimate]]]:
    if grouping is None:
        return [("", list(rows))]
    sections: dict[str, list[Estimate]] = {}
    for choice in scene.study.questionnaire.choices.get(grouping.list, ()):
        sections[choice.name] = []
    for row in rows:
        sections.setdefault(_attribute(scene, row, grouping.attribute), []).append(row)
    titles = {
        choice.name: scene.names.text(choice.label, choice.name)
        for choice in scene.study.questionnaire.choices.get(grouping.list, ())
    }
    return [(titles.get(name, name), members) for name, members in sections.items() if members]


def _attribute(scene: Scene, row: Estimate, attribute: str) -> str:
    list_name = scene.names.list_of(row.indicator)
    if list_name is None:
        return ""
    return scene.study.questionnaire.choice_attribute(list_name, row.category, attribute)


def group_starts(
    sections: Sequence[tuple[str, Sequence[Estimate]]],
) -> list[tuple[str, int]]:
    """The row groups of a table from its sections."""
    starts, place = [], 0
    for title, rows in sections:
        if title:
            starts.append((title, place))
        place += len(rows)
    return starts


def by_breakdown(
    scene: Scene, label: Label, code: str, breakdowns: Sequence[str], category: str = ""
) -> Table:
    """One indicator by the groups of several breakdowns, beside the whole."""
    total = scene.total(code, category)
    blocks = [("", [total] if total else [])]
    blocks += [(name, scene.groups(code, name, category)) for name in breakdowns]
    blocks = [(name, rows) for name, rows in blocks if rows]
    wholes = _whole_groups(scene, code, category, [name for name, _ in blocks])
    used = [row for _, rows in blocks for row in rows]
    steps = [step_back(scene, row) for row in used]
    rows = [_breakdown_row(scene, step, wholes) for step in steps]
    sections = [(scene.names.breakdown(name) if name else "", rows) for name, rows in blocks]
    columns = _breakdown_columns(scene, unit_of(scene, code, category))
    starts = group_starts(sections)
    relations = tuple(_base_relations(columns, starts, steps)) if total else ()
    notes = stepping.notes(scene, steps)
    return finished(scene, label, columns, rows, used, notes, starts, relations)


def _base_relations(
    columns: Sequence[Column], starts: Sequence[tuple[str, int]], steps: Sequence[Step]
) -> Iterator[Relation]:
    """The groups of a breakdown have no more respondents than the total in the first row.

    A group in whose place a wider one is shown bears the base of that one.
    """
    if steps[0].kind != OWN:
        return
    bases = tuple(place for place, column in enumerate(columns) if column.role == "base")
    borders = [*(start for _, start in starts), len(steps)]
    for start, end in pairwise(borders):
        own = tuple(place for place in range(start, end) if steps[place].kind == OWN)
        yield Relation("rows_at_most", 0, own, bases)


def _whole_groups(
    scene: Scene, code: str, category: str, breakdowns: Sequence[str]
) -> dict[tuple[str, str], Estimate]:
    if scene.is_whole:
        return {}
    found = {
        (name, row.group): row
        for name in breakdowns
        if name
        for row in scene.groups(code, name, category, scene.whole)
    }
    total = scene.total(code, category, scene.whole)
    return {**found, ("", ""): total} if total else found


def _breakdown_row(
    scene: Scene, step: Step, wholes: dict[tuple[str, str], Estimate]
) -> tuple[Cell, ...]:
    row = step.asked
    name = scene.names.group(row.breakdown, row.group) if row.breakdown else ""
    cells = [Cell(name or scene.words.say("table.total")), *_own_cells(scene, step)]
    if not scene.is_whole:
        whole = wholes.get((row.breakdown, row.group))
        cells += [*value_cells(scene, whole), base_cell(scene, whole)]
    return tuple(cells)


def _breakdown_columns(scene: Scene, unit: Unit) -> list[Column]:
    say = scene.words.say
    columns = [Column(say("table.group"), align="left", width=LABEL_WIDTH)]
    places = [scene.area] if scene.is_whole else [scene.area, scene.whole]
    for place in places:
        spanner = scene.names.area_titled(place)
        columns += [*value_columns(scene, unit, spanner), base_column(scene, spanner)]
    return columns


def crosstab(scene: Scene, label: Label, code: str, breakdown: str) -> Table:
    """The categories of an indicator by the groups of one breakdown, with intervals."""
    categories = [name for name in scene.names.categories(code) if name not in scene.exclude]
    by_category = {name: scene.groups(code, breakdown, name) for name in categories}
    by_category = {name: rows for name, rows in by_category.items() if rows}
    used = [row for rows in by_category.values() for row in rows]
    groups = [name for name in scene.names.groups(breakdown) if any(r.group == name for r in used)]
    rows = [
        _crosstab_row(scene, {row.group: row for row in rows}, groups)
        for rows in by_category.values()
    ]
    columns = [Column(scene.words.say("table.item"), align="left", width=3.2)]
    value = scene.words.say(f"table.estimate_{unit_of(scene, code)}")
    interval = scene.words.say("table.interval", confidence=scene.confidence)
    for group in groups:
        spanner = _group_spanner(scene, breakdown, group, used)
        columns += [Column(value, spanner, role="value"), Column(interval, spanner, width=1.4)]
    relations = _answer_relations(scene, code, rows, columns)
    note = _several_note(scene, relations)
    return finished(scene, label, columns, rows, used, note, (), relations)


def _crosstab_row(
    scene: Scene, by_group: dict[str, Estimate], groups: Sequence[str]
) -> tuple[Cell, ...]:
    any_row = next(iter(by_group.values()))
    cells = [Cell(scene.category(any_row))]
    for group in groups:
        row = by_group.get(group)
        cells.append(value_cell(scene, row))
        cells.append(sign_cell(None) if row is None else interval_cell(scene, row))
    return tuple(cells)


def _group_spanner(scene: Scene, breakdown: str, group: str, rows: Sequence[Estimate]) -> str:
    bases = [row.n for row in rows if row.group == group and row.n == row.n]
    name = scene.names.group(breakdown, group)
    if not bases:
        return name
    low, high = (scene.numbers.whole(bound) for bound in (min(bases), max(bases)))
    base = (
        scene.words.say("sentence.base", n=high)
        if low == high
        else scene.words.say("table.n_range", low=low, high=high)
    )
    return scene.words.say("table.spanner_n", group=name, base=base)


def by_area(scene: Scene, label: Label, code: str, category: str = "") -> Table:
    """One indicator in all areas and the whole, each area against all others."""
    used = scene.by_area(code, category)
    whole = scene.total(code, category, scene.whole)
    differences = {row.area: scene.difference(code, category, row.area) for row in used}
    with_difference = any(row is not None for row in differences.values())
    rows = [_area_row(scene, row, differences.get(row.area), with_difference) for row in used]
    if whole is not None:
        rows.append(_area_row(scene, whole, None, with_difference, whole=True))
    say = scene.words.say
    unit = unit_of(scene, code, category)
    columns = [
        Column(say("table.area"), align="left", width=LABEL_WIDTH),
        *value_columns(scene, unit, ""),
        base_column(scene),
        *(_difference_columns(scene, unit) if with_difference else ()),
    ]
    bases = tuple(place for place, column in enumerate(columns) if column.role == "base")
    complete = whole is not None and len(used) == len(scene.study.areas)
    relations = [Relation("rows", len(used), tuple(range(len(used))), bases)] if complete else []
    note = rest_note(scene, differences.values())
    return finished(scene, label, columns, rows, used, note, (), relations)


def _area_row(
    scene: Scene,
    row: Estimate,
    difference: Estimate | None,
    with_difference: bool,
    *,
    whole: bool = False,
) -> tuple[Cell, ...]:
    cells = (
        Cell(scene.names.area(row.area)),
        *value_cells(scene, row),
        base_cell(scene, row),
    )
    if not with_difference:
        return cells
    if whole:
        return (*cells, Cell(""), Cell(""), Cell(""))
    return (*cells, *value_cells(scene, difference))


def overview(scene: Scene, label: Label, pairs: Sequence[tuple[str, str]]) -> Table:
    """Several indicators in one table; each value has its unit, because they differ.

    Parameters
    ----------
    pairs
        Indicator and category of each row.
    """
    found = [(pair, scene.total(*pair)) for pair in pairs]
    used = [row for _, row in found if row is not None]
    differences = [scene.difference(*pair) for pair in pairs]
    with_difference = any(row is not None for row in differences)
    with_whole = not scene.is_whole and any(scene.total(*pair, scene.whole) for pair in pairs)
    rows, steps = [], []
    for (code, category), row in found:
        cells = [Cell(scene.names.full(code, category))]
        if row is None:
            cells += [*unit_cells(scene, row), base_cell(scene, row)]
        else:
            step = step_back(scene, row)
            value, limits = unit_cells(scene, step.row)
            cells += [_signed(value, step), limits, _stepped_base(scene, step)]
            steps.append(step)
        if with_whole:
            cells.append(unit_cells(scene, scene.total(code, category, scene.whole))[0])
        if with_difference:
            cells += unit_cells(scene, scene.difference(code, category))
        rows.append(tuple(cells))
    columns = _overview_columns(scene, with_whole, with_difference)
    notes = (*stepping.notes(scene, steps), *rest_note(scene, differences))
    return finished(scene, label, columns, rows, used, notes)


def _overview_columns(scene: Scene, with_whole: bool, with_difference: bool) -> list[Column]:
    say = scene.words.say
    own, rest = scene.names.area_titled(scene.area), scene.names.say("table.against_rest")
    interval = say("table.interval", confidence=scene.confidence)
    columns = [
        Column(say("table.indicator"), align="left", width=LABEL_WIDTH),
        Column(say("table.value"), own, width=1.2),
        Column(interval, own, width=1.8),
        base_column(scene, own),
    ]
    if with_whole:
        columns.append(Column(say("table.value"), scene.names.whole, width=1.3))
    if with_difference:
        columns += [Column(say("table.value"), rest, width=1.7), Column(interval, rest, width=2.4)]
    return columns


def side_by_side(scene: Scene, label: Label, pairs: Sequence[tuple[str, str]]) -> Table:
    """Several indicators in the samples of the study beside each other, each with its own base.

    Nothing is said of differences: samples that were drawn and weighted differently are shown
    together and not compared.
    """
    scenes = {name: scene.of_sample(name) for name in scene.study.samples}
    scenes = {name: one for name, one in scenes.items() if any(one.total(*pair) for pair in pairs)}
    titles = [scene.names.text(scene.study.samples[name].title) for name in scenes]
    interval = scene.words.say("table.interval", confidence=scene.confidence)
    columns = [Column(scene.words.say("table.indicator"), align="left", width=LABEL_WIDTH)]
    for title in titles:
        columns += [
            Column(scene.words.say("table.value"), title, width=1.2, role="value"),
            Column(interval, title, width=1.8),
            base_column(scene, title),
        ]
    rows, used = [], []
    for code, category in pairs:
        cells = [Cell(scene.names.full(code, category))]
        for one in scenes.values():
            row = one.total(code, category)
            cells += [*unit_cells(one, row), base_cell(one, row) if row else Cell("")]
            used += [row] if row else []
        rows.append(tuple(cells))
    notes = [scene.names.text(note) for name in scenes if (note := scene.study.samples[name].note)]
    return finished(scene, label, columns, rows, used, tuple(notes))


def unit_cells(scene: Scene, row: Estimate | None) -> tuple[Cell, Cell]:
    """Value and interval of a row with their unit."""
    plain = value_cell(scene, row)
    if row is None or not row.shown:
        return plain, plain
    text = scene.value(row, 1, signed=row.is_difference)
    if plain.mark == SUPPORTED:
        text = f"{text}{NO_BREAK_SPACE}*"
    value = replace(plain, text=bracketed(text) if row.uncertain else text)
    if not row.has_interval:
        return value, _no_interval()
    unit = scene.unit_of(row)
    places = 1 if unit == "percent" else None
    return value, Cell(scene.range_of(row.ci_low, row.ci_high, unit, places))


def of_rows(
    scene: Scene,
    label: Label,
    rows: Sequence[Estimate],
    names: Sequence[str],
    steps: Sequence[Step] = (),
) -> Table:
    """The table behind a chart: a name, value, interval and n for each row.

    ``steps`` are what is drawn where a row itself is not shown; without them only its mark.
    """
    steps = steps or [Step(row, row, OWN) for row in rows]
    cells = [
        (Cell(name), *_own_cells(scene, step)) for name, step in zip(names, steps, strict=True)
    ]
    unit = scene.unit_of(rows[0]) if rows else "percent"
    say = scene.words.say
    columns = [
        Column(say("table.item"), align="left", width=LABEL_WIDTH),
        *value_columns(scene, unit, ""),
        base_column(scene),
    ]
    return finished(scene, label, columns, cells, rows, stepping.notes(scene, steps))


def legend_of_rows(scene: Scene, rows: Iterable[Estimate]) -> tuple[str, ...]:
    """The legend of the marks that rows bear."""
    marks = [(Cell("", mark=row.mark),) for row in rows if row.mark]
    return legend(scene, marks)

"""Target groups in reports: who they are, how many, what they live with, what they lack.

Tables and sentences of released rows. A group is compared with those who do not belong to
it; a difference is said only where the two intervals do not overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analysis.errors import WorkbenchError
from analysis.presentation import group_proposals, sentences
from analysis.presentation.blocks import Block, Cell, Column, Facts, ItemList, Paragraph, Table
from analysis.presentation.makeup import TargetGroupSpec, split
from analysis.presentation.profile import source_note
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, data_origin, ranked
from analysis.presentation.tables import (
    Label,
    base_cell,
    base_note,
    interval_cell,
    legend,
    limit_cells,
    sign_of,
    value_cell,
)
from analysis.presentation.target_rows import apart, members, others
from analysis.presentation.wording import capitalised
from analysis.study import Study
from analysis.target_groups import MEMBER, OTHER, TargetGroup, register_groups

#: The table that counts inhabitants, for its source.
_POPULATION_TABLE = "population_by_municipality"
#: The breakdown of a priority by its components; see ``analysis.indicators.priorities``.
_COMPONENT = "component"
#: Widths of the first column, and from how many letters on it is the wide one.
_FIRST, _WIDE, _LONG = 3.2, 5.5, 45


def group_of(study: Study, identifier: str) -> TargetGroup:
    """A target group of the study.

    Raises
    ------
    WorkbenchError
        If there is none with this id.
    """
    for group in study.target_groups:
        if group.id == identifier:
            return group
    raise WorkbenchError(
        f"there is no target group {identifier}",
        expected=", ".join(group.id for group in study.target_groups),
    )


def code_of(study: Study, statistic: str) -> str:
    """The indicator of target groups with a statistic; empty where the study has none."""
    found = (one.code for one in study.indicators if one.statistic == statistic)
    return next(found, "")


def blocks(scene: Scene, spec: TargetGroupSpec, label: Label) -> Iterator[Block]:
    """What one block of the make-up becomes; nothing where its rows do not exist."""
    group = group_of(scene.study, spec.group) if spec.group else None
    if spec.form == "definition" and group is not None:
        yield definition(scene, label, group)
    elif spec.form == "sizes":
        yield from sizes(scene, label, group)
    elif spec.form == "size" and group is not None:
        yield from size_sentence(scene, group)
    elif spec.form == "comparison" and group is not None:
        yield from comparison(scene, group, spec.indicators)
    elif spec.form == "indicators":
        yield from indicators(scene, label, spec.indicators)
    elif spec.form == "areas" and group is not None:
        yield from by_area(scene, label, group, spec.indicators)
    elif spec.form == "items" and group is not None:
        yield from items(scene, label, group, spec)
    elif spec.form == "priority":
        yield from priority(scene, label, group)
    elif spec.form == "priorities":
        yield from most_urgent(scene, label, spec.top or 15)
    elif spec.form == "proposals" and group is not None:
        yield from group_proposals.blocks(scene, group, spec.proposals)


# --- who ------------------------------------------------------------------------------------


def definition(scene: Scene, label: Label, group: TargetGroup) -> Facts:
    """Who belongs to a group, its codes in the register, and where its size comes from."""
    say, text = scene.words.say, scene.names.text
    names = register_groups(scene.study.workspace.catalogues)
    register = "; ".join(
        say("target_group.register_entry", name=text(names[code]), code=code)
        for code in group.register_groups
        if code in names
    )
    sources = [say("target_group.source_survey")]
    if group.is_counted:
        sources.append(say("target_group.source_population"))
    facts = (
        ("who", capitalised(text(group.definition))),
        ("register", register or say("target_group.no_register")),
        ("planning", text(group.planning_group) if group.planning_group else ""),
        ("services", _service_names(scene, group)),
        ("sources", "; ".join(sources)),
    )
    known = tuple((say(f"target_group.{key}"), value) for key, value in facts if value)
    return Facts(label.caption, known)


def _service_names(scene: Scene, group: TargetGroup) -> str:
    names = _choice_names(scene, group.services)
    return ", ".join(names[code] for code in group.services if code in names)


def _choice_names(scene: Scene, codes: Sequence[str]) -> dict[str, str]:
    """Codes that are choices of some list of the questionnaire, in words."""
    found: dict[str, str] = {}
    for choices in scene.study.questionnaire.choices.values():
        for choice in choices:
            if choice.name in codes and choice.name not in found:
                found[choice.name] = scene.names.text(choice.label, choice.name)
    return found


# --- how many -------------------------------------------------------------------------------


def sizes(scene: Scene, label: Label, group: TargetGroup | None) -> Iterator[Table]:
    """Sizes by source: all groups here, or one group in each area."""
    if group is None:
        places = [(one.id, scene.area) for one in scene.study.target_groups]
        names = [scene.names.text(one.label) for one in scene.study.target_groups]
    else:
        areas = [*scene.study.areas.index, scene.whole]
        places = [(group.id, area) for area in areas]
        names = [scene.names.area(area) for area in areas]
    lines = [_Size.read(scene, identifier, area) for identifier, area in places]
    used = [row for line in lines for row in line.rows]
    if not used:
        return
    counted = any(line.count is not None for line in lines)
    rows = [
        (Cell(name), *line.cells(scene, counted)) for name, line in zip(names, lines, strict=True)
    ]
    say = scene.words.say
    first = "target_group.group" if group is None else "table.area"
    survey = say("target_group.survey")
    columns = [
        Column(say(first), align="left", width=_FIRST),
        Column(say("target_group.persons"), survey, width=1.3),
        Column(say("table.low"), survey, width=1.3),
        Column(say("table.high"), survey, width=1.3),
        Column(say("table.estimate_percent"), survey),
        Column(say("table.n"), survey),
    ]
    notes = [say("target_group.size_note", confidence=scene.confidence)]
    if any(line.is_margin for line in lines):
        notes.append(say("target_group.margin_note"))
    if counted:
        table = say("target_group.tables")
        columns += [
            Column(say("target_group.persons"), table, width=1.3),
            Column(say("target_group.entrants"), table, width=1.6),
        ]
        notes += [source_note(scene, _POPULATION_TABLE), say("target_group.entrants_note")]
    yield Table(
        label.caption, tuple(columns), tuple(rows), label.name, label.anchor,
        notes=(*base_note(scene, [line.share for line in lines if line.share is not None]),
               *notes, *legend(scene, rows)),
        data_origin=data_origin(used),
    )  # fmt: skip


class _Size:
    """All that is released of the size of one group in one place."""

    def __init__(
        self,
        size: Estimate | None,
        share: Estimate | None,
        count: Estimate | None,
        entrants: Estimate | None,
    ) -> None:
        self.size, self.share, self.count, self.entrants = size, share, count, entrants

    @classmethod
    def read(cls, scene: Scene, group: str, area: str) -> _Size:
        study = scene.study
        size = code_of(study, "size")
        share = study.indicator(size)[0].of if size else ""

        def total(code: str | None) -> Estimate | None:
            return scene.total(code, group, area) if code else None

        return cls(
            total(size), total(share), total(code_of(study, "count")),
            total(code_of(study, "entrants")),
        )  # fmt: skip

    @property
    def rows(self) -> list[Estimate]:
        found = (self.size, self.share, self.count, self.entrants)
        return [row for row in found if row is not None]

    @property
    def is_margin(self) -> bool:
        """Whether the survey is weighted to the size itself, so that it has no error."""
        size = self.size
        return size is not None and size.shown and size.ci_low == size.ci_high > 0

    def cells(self, scene: Scene, counted: bool) -> tuple[Cell, ...]:
        cells = [
            value_cell(scene, self.size),
            *limit_cells(scene, self.size),
            value_cell(scene, self.share),
            base_cell(scene, self.share),
        ]
        if counted:
            cells += [_count_cell(scene, self.count), _count_cell(scene, self.entrants)]
        return tuple(cells)


def _count_cell(scene: Scene, row: Estimate | None) -> Cell:
    if row is None or not row.shown:
        return Cell("–" if row is None else sign_of(row))
    return Cell(scene.numbers.whole(row.estimate), row.estimate, "#,##0")


def size_sentence(scene: Scene, group: TargetGroup) -> Iterator[Paragraph]:
    """How many people belong to a group, by each source, and how many grow into it."""
    line = _Size.read(scene, group.id, scene.area)
    say, numbers = scene.words.say, scene.numbers
    said = []
    if line.size is not None and line.share is not None:
        if line.size.shown:
            interval = ""
            if line.size.has_interval and not line.is_margin:
                interval = say("target_group.size_interval", interval=scene.interval(line.size))
            said.append(
                say(
                    "target_group.size_sentence",
                    group=scene.names.text(group.label),
                    size=sentences.figure(scene, line.size),
                    share=sentences.figure(scene, line.share),
                    base=scene.base(line.share),
                    interval=interval,
                    in_place=scene.area_values["in_whole" if scene.is_whole else "area_locative"],
                )
            )
        else:
            said.append(say("target_group.size_hidden", group=scene.names.text(group.label)))
    if line.count is not None and line.count.shown:
        said.append(say("target_group.count_sentence", count=numbers.whole(line.count.estimate)))
    if line.entrants is not None and line.entrants.shown:
        said.append(
            say(
                "target_group.entrants_sentence",
                age=group.age_from,
                entrants=numbers.whole(line.entrants.estimate),
            )
        )
    if said:
        yield Paragraph(" ".join(said), "lead")


# --- members and others -----------------------------------------------------------------------


def comparison(
    scene: Scene, group: TargetGroup, references: Sequence[str]
) -> Iterator[ItemList | Paragraph]:
    """A group against all others, one item for each indicator."""
    said = []
    for code, category in map(split, references):
        own = members(scene, code, group, category)
        rest = others(scene, code, group, category)
        if own is None:
            continue
        name = scene.names.full(code, category)
        if not own.shown:
            said.append(scene.words.say("target_group.not_shown", name=name))
            continue
        said.append(_compared(scene, group, name, own, rest))
    if said:
        yield ItemList(tuple(said))


_WORDS = {1: "higher", -1: "lower", 0: "same"}


def _compared(
    scene: Scene, group: TargetGroup, name: str, own: Estimate, rest: Estimate | None
) -> str:
    say = scene.words.say
    value = {
        "name": name,
        "value": sentences.figure(scene, own),
        "evidence": "; ".join(filter(None, (scene.interval(own), scene.base(own)))),
    }
    if rest is None or not rest.shown:
        return say("target_group.alone", **value)
    return say(
        f"target_group.{_WORDS[apart(own, rest)]}",
        **value,
        others=scene.names.text(group.others),
        other_value=sentences.figure(scene, rest),
    )


def indicators(scene: Scene, label: Label, references: Sequence[str]) -> Iterator[Table]:
    """All groups × several indicators, each with its interval."""
    pairs = [split(reference) for reference in references]
    lines = []
    for group in scene.study.target_groups:
        cells = [members(scene, code, group, category) for code, category in pairs]
        if any(row is not None for row in cells):
            lines.append((scene.names.text(group.label), cells))
    totals = [scene.total(code, category) for code, category in pairs]
    lines.append((scene.words.say("target_group.all"), totals))
    yield from _matrix(scene, label, scene.words.say("target_group.group"), lines, pairs)


def by_area(
    scene: Scene, label: Label, group: TargetGroup, references: Sequence[str]
) -> Iterator[Table | Paragraph]:
    """One group in all areas × several indicators, each with its interval.

    A sentence says so where no value of any area can be shown.
    """
    pairs = [split(reference) for reference in references]
    rows = [
        members(scene, code, group, category, area)
        for code, category in pairs
        for area in scene.study.areas.index
    ]
    if not any(row is not None and row.shown for row in rows):
        yield Paragraph(scene.names.say("target_group.no_areas"))
        return
    lines = [
        (
            scene.names.area(area),
            [members(scene, code, group, category, area) for code, category in pairs],
        )
        for area in (*scene.study.areas.index, scene.whole)
    ]
    yield from _matrix(scene, label, scene.words.say("table.area"), lines, pairs)


def _matrix(
    scene: Scene,
    label: Label,
    first: str,
    lines: Sequence[tuple[str, Sequence[Estimate | None]]],
    pairs: Sequence[tuple[str, str]],
) -> Iterator[Table]:
    used = [row for _, cells in lines for row in cells if row is not None]
    if not used:
        return
    say = scene.words.say
    columns = [Column(first, align="left", width=_FIRST)]
    for code, category in pairs:
        spanner = scene.names.full(code, category)
        unit = scene.names.unit(code, category)
        columns.append(Column(say(f"table.estimate_{unit}"), spanner))
        interval = say("table.interval", confidence=scene.confidence)
        columns.append(Column(interval, spanner, width=1.5))
    rows = [
        (Cell(name), *(cell for row in cells for cell in _pair(scene, row)))
        for name, cells in lines
    ]
    yield Table(
        label.caption, tuple(columns), tuple(rows), label.name, label.anchor,
        notes=(*base_note(scene, used), *legend(scene, rows)), data_origin=data_origin(used),
    )  # fmt: skip


def _pair(scene: Scene, row: Estimate | None) -> tuple[Cell, Cell]:
    value = value_cell(scene, row)
    return value, value if row is None else interval_cell(scene, row)


def items(scene: Scene, label: Label, group: TargetGroup, spec: TargetGroupSpec) -> Iterator[Table]:
    """The categories of an indicator among members and others, ranked by the members."""
    code = spec.indicators[0]
    rows = scene.rows.of(code, sample=scene.sample, area=scene.area, breakdown=group.variable)
    own = [row for row in rows if row.group == MEMBER and row.category not in spec.exclude]
    if spec.services:
        own = [row for row in own if row.category in group.services]
    chosen = ranked(own)[: spec.top]
    if not chosen:
        return
    rest = {row.category: row for row in rows if row.group == OTHER}
    say = scene.words.say
    lines = [
        (
            Cell(scene.category(row, short=False)),
            _marked(scene, row, rest.get(row.category)),
            *limit_cells(scene, row),
            base_cell(scene, row),
            value_cell(scene, rest.get(row.category)),
            *limit_cells(scene, rest.get(row.category)),
        )
        for row in chosen
    ]
    unit = scene.names.unit(code)
    names = scene.names.text(group.label), scene.names.text(group.others)
    columns = [Column(say("table.item"), align="left", width=5.0)]
    for place, name in enumerate(names):
        columns += [
            Column(say(f"table.estimate_{unit}"), name),
            Column(say("table.low"), name),
            Column(say("table.high"), name),
        ]
        if place == 0:
            columns.append(Column(say("table.n"), name))
    notes = [say("note.limits", confidence=scene.confidence), say("target_group.apart_note")]
    if spec.top and len(own) > spec.top:
        notes.append(say("target_group.top_note", shown=spec.top, all=len(own)))
    used = [*chosen, *(rest[row.category] for row in chosen if row.category in rest)]
    yield Table(
        label.caption, tuple(columns), tuple(lines), label.name, label.anchor,
        notes=(*base_note(scene, used), *notes, *legend(scene, lines)),
        data_origin=data_origin(used),
    )  # fmt: skip


_ARROWS = {1: " ↑", -1: " ↓", 0: ""}


def _marked(scene: Scene, own: Estimate, rest: Estimate | None) -> Cell:
    cell = value_cell(scene, own)
    sign = _ARROWS[apart(own, rest)]
    return Cell(f"{cell.text}{sign}", cell.value, cell.number_format, cell.mark)


# --- priorities -------------------------------------------------------------------------------


def priority(scene: Scene, label: Label, group: TargetGroup | None) -> Iterator[Table]:
    """Priorities with their components: all groups here, or one group in each area."""
    code = code_of(scene.study, "mean_rank")
    if not code:
        return
    if group is None:
        lines = [
            (scene.names.text(one.label), one, scene.area) for one in scene.study.target_groups
        ]
    else:
        lines = [(scene.names.area(area), group, area) for area in scene.study.areas.index]
    yield from _priority_table(scene, label, code, lines, group is None)


def most_urgent(scene: Scene, label: Label, top: int) -> Iterator[Table]:
    """The groups in areas with the highest priority, over all groups and areas."""
    code = code_of(scene.study, "mean_rank")
    if not code:
        return
    lines = [
        (f"{scene.names.text(group.label)}, {scene.names.area_titled(area)}", group, area)
        for area in scene.study.areas.index
        for group in scene.study.target_groups
    ]
    ranks = [(line, scene.total(code, line[1].id, line[2])) for line in lines]
    known = sorted(
        ((line, row) for line, row in ranks if row is not None and row.shown),
        key=lambda pair: pair[1].estimate,
    )
    chosen = [line for line, _ in known[:top]]
    notes = [scene.words.say("target_group.top_note", shown=len(chosen), all=len(known))]
    yield from _priority_table(scene, label, code, chosen, False, notes)


def _priority_table(
    scene: Scene,
    label: Label,
    code: str,
    lines: Sequence[tuple[str, TargetGroup, str]],
    among_groups: bool,
    notes: Sequence[str] = (),
) -> Iterator[Table]:
    components = scene.study.indicator(code)[0].sources
    say = scene.words.say
    used: list[Estimate] = []
    rows = []
    for name, group, area in lines:
        row = scene.total(code, group.id, area)
        known = [members(scene, component, group, "", area) for component in components]
        if row is None and not any(known):
            continue
        cells = [Cell(name)]
        for component in components:
            value = members(scene, component, group, "", area)
            rank = _component_rank(scene, code, component, group, area)
            ranks = _rank_cell(scene, rank, 0), _ranks_cell(scene, rank, 0)
            cells += [value_cell(scene, value), *ranks]
            used += [one for one in (value, rank) if one is not None]
        cells += [_rank_cell(scene, row, 1), _ranks_cell(scene, row, 1)]
        used += [row] if row is not None else []
        rows.append(tuple(cells))
    if not any(row.indicator == code for row in used):
        return
    first = "table.area" if len({group.id for _, group, _ in lines}) == 1 else "target_group.group"
    longest = max((len(name) for name, _, _ in lines), default=0)
    width = _FIRST if longest < _LONG else _WIDE
    columns = [Column(say(first), align="left", width=width)]
    for component in components:
        spanner = scene.names.indicator(component)
        columns += [
            Column(say(f"table.estimate_{scene.names.unit(component)}"), spanner),
            Column(say("target_group.rank"), spanner),
            Column(say("target_group.possible"), spanner, width=1.2),
        ]
    index = scene.names.indicator(code)
    columns += [
        Column(say("target_group.rank"), index),
        Column(say("target_group.possible"), index, width=1.3),
    ]
    among = say("target_group.among_groups" if among_groups else "target_group.among_pairs")
    yield Table(
        label.caption, tuple(columns), tuple(rows), label.name, label.anchor,
        notes=(among, say("target_group.rank_note"), *notes, *legend(scene, rows)),
        data_origin=data_origin(used),
    )  # fmt: skip


def _component_rank(
    scene: Scene, code: str, component: str, group: TargetGroup, area: str
) -> Estimate | None:
    rows = scene.groups(code, _COMPONENT, group.id, area)
    return next((row for row in rows if row.group == component), None)


def _rank_cell(scene: Scene, row: Estimate | None, places: int) -> Cell:
    """A rank; one that is shared by equal values has a decimal place."""
    if row is None or not row.shown:
        return Cell("–")
    shown = places if row.estimate.is_integer() else 1
    return Cell(scene.numbers.decimal(row.estimate, shown), row.estimate, "0.0" if shown else "0")


def _ranks_cell(scene: Scene, row: Estimate | None, places: int) -> Cell:
    if row is None or not row.has_interval:
        return Cell("–")
    return Cell(scene.numbers.span(row.ci_low, row.ci_high, places))

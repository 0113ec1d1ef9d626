"""Annexes: the indicators and their definitions, the questionnaire, the codes of open answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from analysis.presentation.blocks import Block, Cell, Column, Table
from analysis.presentation.makeup import (
    CodingAnnexSpec,
    IndicatorAnnexSpec,
    MakeUp,
    QuestionnaireAnnexSpec,
    TargetGroupSpec,
    references_of,
    split,
)
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.questionnaire import Choice, Group, Question

_SIZES = ("size", "count", "entrants")
#: The statistics of target groups that each form of their block shows.
_STATISTICS_OF = {
    "size": _SIZES,
    "sizes": _SIZES,
    "priority": ("mean_rank",),
    "priorities": ("mean_rank",),
}
_PLAIN_TYPES = {"text": "open", "integer": "number", "decimal": "number", "date": "date"}


def indicators(
    scene: Scene, label: Label, spec: IndicatorAnnexSpec, makeup: MakeUp
) -> Iterator[Block]:
    """The indicators of the report: code, name, definition, base, version."""
    codes = _indicators_of(makeup) | _of_target_groups(scene, makeup)
    rows = [
        (
            Cell(definition.code),
            Cell(_name(scene, definition.code, definition.category)),
            Cell(scene.names.text(definition.definition)),
            Cell(scene.names.text(definition.base_label)),
            Cell(definition.version),
        )
        for definition in scene.study.indicators
        if definition.code in codes and (not spec.families or definition.family in spec.families)
    ]
    say = scene.words.say
    columns = (
        Column(say("annex.code"), align="left", width=0.9),
        Column(say("annex.name"), align="left", width=2.6),
        Column(say("annex.definition"), align="left", width=4.4),
        Column(say("annex.base"), align="left", width=2.2),
        Column(say("annex.version"), align="left", width=0.8),
    )
    if rows:
        yield Table(label.caption, columns, tuple(rows), label.name, label.anchor)


def _name(scene: Scene, code: str, category: str) -> str:
    over = scene.names.list_of(code)
    return scene.names.indicator(code) if over else scene.names.full(code, category)


def _indicators_of(makeup: MakeUp) -> set[str]:
    return {split(reference)[0] for spec in makeup.specs() for reference in references_of(spec)}


def _of_target_groups(scene: Scene, makeup: MakeUp) -> set[str]:
    """Sizes and priorities, which the blocks on target groups show without naming them."""
    shown = {spec.form for spec in makeup.specs() if isinstance(spec, TargetGroupSpec)}
    wanted = {name for form in shown for name in _STATISTICS_OF.get(form, ())}
    found = [one for one in scene.study.indicators if one.statistic in wanted]
    return {one.code for one in found} | {source for one in found for source in one.sources}


def questions_of(scene: Scene, makeup: MakeUp) -> list[str]:
    """The codes of the questions and grids that the report rests on, in order."""
    study = scene.study
    names: set[str] = set()
    for code in _indicators_of(makeup):
        for definition in study.indicator(code):
            names |= set(definition.names)
            if definition.of:
                names |= {name for other in definition.sources
                          for one in study.indicator(other) for name in one.names}  # fmt: skip
    names |= {name for spec in makeup.specs() for name in getattr(spec, "breakdowns", ())}
    return _as_questions(scene, names)


def questions_behind(scene: Scene, code: str, category: str = "") -> list[str]:
    """The codes of the questions and grids behind one indicator, in order."""
    definition = scene.names.definition(code, category)
    names = set(definition.names)
    if definition.of:
        for other in definition.sources:
            names |= set(scene.names.definition(other).names)
    return _as_questions(scene, names)


def _as_questions(scene: Scene, names: Iterable[str]) -> list[str]:
    """Questions and grids; derived variables are traced back to what they are made of."""
    study, form = scene.study, scene.study.questionnaire
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        if name in study.variables:
            waiting |= set(study.variables[name].calculation.names) - found
        else:
            found.add(name)
    order = {question.name: question.order for question in form.questions.values()}
    first = {
        group.name: min(order[name] for name in group.questions)
        for group in form.groups.values()
        if group.questions
    }
    known = [name for name in found if name in order or name in first]
    return sorted(known, key=lambda name: order.get(name, first.get(name, 0)))


# --- questionnaire ----------------------------------------------------------------------------


def questionnaire(scene: Scene, label: Label, spec: QuestionnaireAnnexSpec) -> Iterator[Block]:
    """The questions of the sample with their answers and routing, by block."""
    entries = list(_entries(scene, spec))
    if not entries:
        return
    rows = [_entry_row(scene, entry, spec.longest_list) for entry in entries]
    groups: list[tuple[str, int]] = []
    for place, entry in enumerate(entries):
        block = _block(scene, entry)
        if block and (not place or block != _block(scene, entries[place - 1])):
            groups.append((scene.words.say("annex.block", block=block), place))
    say = scene.words.say
    columns = (
        Column(say("annex.code"), align="left", width=1.0),
        Column(say("annex.question"), align="left", width=4.6),
        Column(say("annex.answers"), align="left", width=4.4),
    )
    yield Table(label.caption, columns, tuple(rows), label.name, label.anchor, groups=tuple(groups))


def _entries(scene: Scene, spec: QuestionnaireAnnexSpec) -> Iterator[Question | Group]:
    """Single questions, and a grid once in the place of its first question."""
    form = scene.study.questionnaire
    given: set[str] = set()
    for question in form.asked_of(scene.sample):
        if question.type == "calculate" or (spec.blocks and question.block not in spec.blocks):
            continue
        group = form.groups.get(question.group or "")
        if group is None or not group.items:
            yield question
        elif group.name not in given:
            given.add(group.name)
            yield group


def _block(scene: Scene, entry: Question | Group) -> str:
    if isinstance(entry, Question):
        return entry.block
    return scene.study.questionnaire.questions[entry.questions[0]].block


def _entry_row(scene: Scene, entry: Question | Group, longest: int) -> tuple[Cell, ...]:
    form = scene.study.questionnaire
    text = scene.names.text(entry.label, entry.name)
    first = entry if isinstance(entry, Question) else form.questions[entry.questions[0]]
    needed = _needed(scene, entry, first)
    if needed:
        text += " " + scene.words.say("annex.filter", questions=", ".join(needed))
    return Cell(entry.name), Cell(text), Cell(_answers(scene, entry, first, longest))


def _needed(scene: Scene, entry: Question | Group, first: Question) -> list[str]:
    """The questions on whose answers it depends whether this one is asked."""
    routing = first.relevant if isinstance(entry, Question) else entry.relevant
    if routing is None:
        return []
    return _as_questions(scene, routing.names)


def _answers(scene: Scene, entry: Question | Group, first: Question, longest: int) -> str:
    say = scene.words.say
    if first.list is None:
        return say(f"annex.{_PLAIN_TYPES.get(first.type, 'open')}")
    labels = _labels(scene, first.list)
    kind = say("annex.multiple" if first.type == "select_multiple" else "annex.single")
    text = f"{_shortened(scene, labels, longest)} ({kind})"
    if isinstance(entry, Group) and entry.items:
        items = _shortened(scene, _labels(scene, entry.items), longest)
        text += f" {say('annex.items', items=items)}"
    return text


def _labels(scene: Scene, list_name: str) -> list[str]:
    choices = scene.study.questionnaire.choices[list_name]
    return [scene.names.text(choice.label, choice.name) for choice in choices]


def _shortened(scene: Scene, labels: Sequence[str], longest: int) -> str:
    if len(labels) <= longest:
        return "; ".join(labels)
    return scene.words.say(
        "annex.long_list", first="; ".join(labels[:2]), last=labels[-1], n=len(labels)
    )


# --- coding -----------------------------------------------------------------------------------


def coding(scene: Scene, label: Label, spec: CodingAnnexSpec) -> Iterator[Block]:
    """The codes of a list, with an attribute that sorts them."""
    form = scene.study.questionnaire
    rows = [
        (
            Cell(choice.attributes.get("code") or choice.name),
            Cell(scene.names.text(choice.label, choice.name)),
            *([Cell(_kind(scene, spec, choice))] if spec.attribute else []),
        )
        for choice in form.choices[spec.list]
    ]
    say = scene.words.say
    columns = [
        Column(say("annex.code"), align="left"),
        Column(say("annex.category"), align="left", width=5.0),
    ]
    if spec.attribute:
        columns.append(Column(say("annex.kind"), align="left", width=2.0))
    yield Table(label.caption, tuple(columns), tuple(rows), label.name, label.anchor)


def _kind(scene: Scene, spec: CodingAnnexSpec, choice: Choice) -> str:
    value = choice.attributes.get(spec.attribute, "")
    return scene.names.text(spec.labels[value]) if value in spec.labels else value

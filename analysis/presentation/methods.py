"""The methodology page, from the study card and from what the run wrote about itself.

A fact that must not be missing and is not known is said not to be stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from analysis.presentation.blocks import (
    Block,
    Cell,
    Column,
    Facts,
    ItemList,
    Paragraph,
    Relation,
    Table,
)
from analysis.presentation.numbers import half_up, share_value
from analysis.presentation.released_parts import data_version
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label, full_legend
from analysis.questionnaire import Question
from analysis.study_definitions.card import Sample

_HASH_SHOWN = 12
_MOST_OPEN_QUESTIONS = 8
_DISCLOSURE_STATES = ("suppressed_primary", "suppressed_complementary")


def sample_of(scene: Scene) -> Sample:
    """The sample of a scene as the study card describes it."""
    return scene.study.samples[scene.sample]


def sample_record(scene: Scene) -> Mapping[str, Any]:
    """What the run wrote about the sample of a scene."""
    found: Mapping[str, Any] = scene.record.get("samples", {}).get(scene.sample, {})
    return found


def weighting_record(scene: Scene) -> Mapping[str, Any]:
    """What the run wrote about the weighting of the sample."""
    found: Mapping[str, Any] = sample_record(scene).get("weighting") or {}
    return found


def area_record(scene: Scene) -> Mapping[str, Any]:
    """The weighting of the sample in the area; of all of it for the whole."""
    weighting = weighting_record(scene)
    if scene.is_whole:
        return weighting
    areas = weighting.get("areas", ())
    return next((one for one in areas if one["area"] == scene.area), {})


# --- technical parameters -----------------------------------------------------------------


def technical_parameters(scene: Scene, label: Label, questions: Sequence[str]) -> Facts:
    """The box of technical parameters.

    Parameters
    ----------
    questions
        The codes of the questions that the report uses.
    """
    items = [
        *_project_facts(scene),
        *_fieldwork_facts(scene),
        *_size_facts(scene),
        ("questions", ", ".join(questions)),
        *_weighting_facts(scene),
        *_rule_facts(scene, questions),
    ]
    return Facts(
        label.caption,
        tuple((_term(scene, key), text or _not_stated(scene)) for key, text in items),
    )


def _term(scene: Scene, key: str) -> str:
    return scene.words.say(f"method.{key}", **_place(scene))


def _not_stated(scene: Scene) -> str:
    return scene.words.say("method.not_stated")


def _place(scene: Scene) -> dict[str, str]:
    return {"area": scene.names.area_titled(scene.area)}


def _known(scene: Scene, value: Any) -> str:
    """A text of the card in the language; a number as it is written."""
    if isinstance(value, Mapping):
        return scene.names.text(value)
    if isinstance(value, int):
        return scene.numbers.whole(value)
    return scene.words.typeset(str(value or ""))


def _project_facts(scene: Scene) -> Iterator[tuple[str, str]]:
    study, project = scene.study, scene.study.card.project
    title = scene.names.text(study.title)
    yield "survey", scene.words.say("method.survey_value", title=title, wave=study.wave)
    for key, value in (
        ("client", project.client),
        ("contractor", project.contractor),
        ("author", project.author),
        ("project", project.name),
        ("registration_number", project.registration_number),
        ("programme", project.programme),
    ):
        yield key, _known(scene, value)


def fieldwork_period(scene: Scene) -> str:
    """From when to when people were asked; empty as long as it is not known."""
    fieldwork = scene.study.card.fieldwork
    if fieldwork.start is None or fieldwork.end is None:
        return ""
    return scene.numbers.period(fieldwork.start, fieldwork.end)


def _fieldwork_facts(scene: Scene) -> Iterator[tuple[str, str]]:
    fieldwork = scene.study.card.fieldwork
    period = fieldwork_period(scene)
    note = scene.names.text(fieldwork.note) if fieldwork.note else ""
    yield "fieldwork", f"{period}. {note}" if period and note else period or note
    yield "published", scene.numbers.date(fieldwork.published) if fieldwork.published else ""
    yield "selection", _known(scene, fieldwork.selection)
    yield "quotas", _known(scene, fieldwork.quotas)
    yield "quota_source", "; ".join(_margin_sources(scene))
    yield "population", scene.names.text(sample_of(scene).population)
    yield "mode", _known(scene, fieldwork.mode)
    yield "tool", _known(scene, fieldwork.tool)
    yield "interviewers", _known(scene, fieldwork.interviewers)


def _margin_sources(scene: Scene) -> list[str]:
    sources = [scene.names.text(margin["source"]) for margin in scene.record.get("margins", ())]
    return list(dict.fromkeys(sources))


def _size_facts(scene: Scene) -> Iterator[tuple[str, str]]:
    total = sample_record(scene).get("n")
    if not scene.is_whole:
        yield "n_area", _count(scene, area_record(scene).get("n") or largest_base(scene))
    yield "n_whole", _count(scene, total)
    yield "response_rate", _response_rate(scene)


def largest_base(scene: Scene) -> float | None:
    """The largest number of answers to anything asked in the area."""
    bases = [
        row.n
        for row in scene.rows
        if row.area == scene.area and row.sample == scene.sample and row.n == row.n
        and not row.comparison
    ]  # fmt: skip
    return max(bases, default=None)


def _count(scene: Scene, number: float | None) -> str:
    return "" if number is None else scene.numbers.whole(number)


def _response_rate(scene: Scene) -> str:
    kind = sample_of(scene).design.kind
    if kind in ("quota", "providers"):
        return scene.words.say(f"method.response_rate_{kind}")
    flow = {step["stage"]: step["count"] for step in sample_record(scene).get("response_flow", ())}
    if not flow.get("distributed") or "processed" not in flow:
        return ""
    rate = scene.numbers.percent(flow["processed"] / flow["distributed"], 1)
    return scene.words.say("method.response_rate_value", percent=rate)


def _weighting_facts(scene: Scene) -> Iterator[tuple[str, str]]:
    weighting, area = weighting_record(scene), area_record(scene)
    method = weighting.get("method") or sample_of(scene).weighting.method
    yield "weighting", scene.words.say(f"method.weighting_{method}", margins=_margins(scene))
    if method != "rake":
        return
    yield "convergence", _convergence(scene, weighting)
    yield "trimming", _trimming(scene, weighting.get("trim") or {})
    yield "weights", _weight_range(scene, area)
    yield "deff", _number(scene, area.get("deff_kish"), 2)
    yield "n_effective", _number(scene, area.get("n_effective"), 0)


def _margins(scene: Scene) -> str:
    margins = [margin for margin in scene.study.margins if margin.sample == scene.sample]
    return "; ".join(_variables(scene, margin.variables).lower() for margin in margins)


def _margin_variables(scene: Scene, name: str) -> tuple[str, ...]:
    """The variables of a margin of the sample; those in its name where there is none so called."""
    known = {
        margin.name: margin.variables
        for margin in scene.study.margins
        if margin.sample == scene.sample
    }
    return known.get(name, tuple(name.split("*")))


def _variables(scene: Scene, variables: Iterable[str]) -> str:
    return " × ".join(scene.names.breakdown(name) for name in variables)


def _level_name(scene: Scene, variables: Iterable[str], level: str) -> str:
    return ", ".join(
        scene.names.group(variable, part)
        for variable, part in zip(variables, level.split("*"), strict=False)
    )


def _convergence(scene: Scene, weighting: Mapping[str, Any]) -> str:
    worst = weighting.get("worst_margin") or {}
    values = {
        "iterations": scene.words.count("iterations", int(weighting.get("iterations") or 0)),
        "miss": scene.numbers.percent(abs(float(worst.get("relative", 0.0))), 2),
        "margin": _variables(scene, _margin_variables(scene, str(worst.get("margin", "")))),
    }
    return scene.words.say(
        "method.converged" if weighting.get("converged") else "method.not_converged", **values
    )


def _trimming(scene: Scene, trim: Mapping[str, Any]) -> str:
    if not trim:
        return scene.words.say("method.trimming_none")
    return scene.words.say(
        "method.trimming_value",
        low=_number(scene, trim["low"], 1),
        high=_number(scene, trim["high"], 1),
        before=scene.numbers.whole(trim["before"]),
        after=scene.numbers.whole(trim["after"]),
    )


def _weight_range(scene: Scene, area: Mapping[str, Any]) -> str:
    low, high = area.get("weight_min"), area.get("weight_max")
    return "" if low is None or high is None else scene.numbers.span(low, high, 1)


def _number(scene: Scene, value: Any, places: int) -> str:
    return "" if value is None else scene.numbers.decimal(float(value), places)


def _rule_facts(scene: Scene, questions: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield "interval", _interval(scene)
    yield "comparison", scene.names.say("method.comparison_value")
    yield "release", _release(scene)
    yield "coding", _coding(scene, questions)
    modelled = scene.rows.modelled
    yield "origin", scene.words.say(f"method.origin_{'modelled' if modelled else 'observed'}")
    software = scene.record.get("software", {})
    yield "software", ", ".join(f"{name} {version}" for name, version in software.items())
    yield "data_version", data_version(scene.study, scene.area)[:_HASH_SHOWN]


def _interval(scene: Scene) -> str:
    used = {
        row.interval_method
        for row in scene.rows
        if row.area == scene.area and row.sample == scene.sample and row.interval_method
    }
    named = [
        scene.words.say(f"interval_method.{method}")
        if scene.words.has(f"interval_method.{method}")
        else method
        for method in sorted(used)
    ]
    text = scene.words.say(
        "method.interval_value", confidence=scene.confidence, method=scene.words.listed(named)
    )
    if sample_of(scene).design.kind == "probability":
        return text
    return f"{text} {scene.words.say('method.interval_quota')}"


def _release(scene: Scene) -> str:
    release = scene.record.get("release") or {}
    counts: Mapping[str, int] = release.get("counts") or {}
    if not counts:
        return ""
    hidden = sum(counts.get(state, 0) for state in _DISCLOSURE_STATES)
    return scene.words.say(
        "method.release_value",
        rule_set=release.get("rule_set", scene.study.card.release.rule_set),
        disclosure=scene.numbers.whole(hidden),
        precision=scene.numbers.whole(counts.get("suppressed_precision", 0)),
        all=scene.numbers.whole(sum(counts.values())),
    )


def _coding(scene: Scene, questions: Sequence[str]) -> str:
    asked = scene.study.questionnaire.asked_of(scene.sample)
    texts = [question for question in asked if question.type == "text"]
    codes = [question.name for question in texts if _belongs_to(question, questions)]
    if not codes:
        return scene.words.say(f"method.coding_{'unused' if texts else 'none'}")
    named = codes[:_MOST_OPEN_QUESTIONS]
    if len(codes) > len(named):
        named.append(scene.words.count("others", len(codes) - len(named)))
    # Imported here: that module describes the same sample by the functions of this one.
    from analysis.presentation.coding import agreement_in_short

    agreement = agreement_in_short(scene, questions) or _not_stated(scene)
    return scene.words.say("method.coding_value", questions=", ".join(named), agreement=agreement)


def _belongs_to(question: Question, used: Sequence[str]) -> bool:
    """Whether an open question is used, specifies an answer to one used, or is named after it."""
    routing = question.relevant.names if question.relevant is not None else frozenset()
    return (
        question.name in used
        or bool(routing & set(used))
        or question.name.startswith(tuple(f"{name}_" for name in used))
    )


# --- tables of the run ----------------------------------------------------------------------


def response_flow(scene: Scene, label: Label) -> Iterator[Block]:
    """From those approached to those processed, with the reasons of what was lost."""
    steps = sample_record(scene).get("response_flow", ())
    if not steps:
        return
    rows = [(Cell(_step_name(scene, step)), _whole_cell(scene, step["count"])) for step in steps]
    columns = (
        Column(scene.words.say("method.flow_stage"), align="left", width=4.0),
        Column(scene.words.say("method.flow_count"), unit="documents"),
    )
    yield Table(
        label.caption, columns, tuple(rows), label.name, label.anchor,
        relations=_flow_relations([step["stage"] for step in steps]),
    )  # fmt: skip


def _flow_relations(stages: Sequence[str]) -> tuple[Relation, ...]:
    """What was returned is what was set aside and what was used."""
    if "returned" not in stages or "processed" not in stages:
        return ()
    rest = [place for place, stage in enumerate(stages) if stage in ("discarded", "processed")]
    return (Relation("rows", stages.index("returned"), tuple(rest), (1,)),)


def _step_name(scene: Scene, step: Mapping[str, Any]) -> str:
    """A step in the words of its file, or else in those of the phrases."""
    label = scene.names.text(step.get("label") or {})
    if step["stage"] != "discarded":
        return label or scene.words.say(f"flow.{step['stage']}")
    reason = str(step.get("reason", ""))
    if not label and scene.words.has(f"flow.{reason}"):
        label = scene.words.say(f"flow.{reason}")
    return scene.words.say("flow.discarded", reason=label or reason)


def sample_table(scene: Scene, label: Label) -> Iterator[Block]:
    """The sample beside the population, before and after weighting."""
    records = [
        one
        for one in weighting_record(scene).get("sample_against_population", ())
        if one["area"] == scene.area
    ]
    if not records:
        yield Paragraph(scene.words.say("method.sample_unavailable"), "note")
        return
    groups: list[tuple[str, int]] = []
    for place, one in enumerate(records):
        if not place or records[place - 1]["variable"] != one["variable"]:
            variables = _margin_variables(scene, str(one["variable"]))
            groups.append((_variables(scene, variables), place))
    rows = [
        (
            Cell(_level_name(scene, _margin_variables(scene, str(one["variable"])), one["level"])),
            *(_percent_cell(scene, one[key]) for key in ("population", "unweighted", "weighted")),
        )
        for one in records
    ]
    say = scene.words.say
    columns = (
        Column(say("method.sample_variable"), align="left", width=4.0),
        *(Column(say(f"method.sample_{key}"), width=1.3) for key in
          ("population", "unweighted", "weighted")),
    )  # fmt: skip
    yield Table(
        label.caption, columns, tuple(rows), label.name, label.anchor,
        groups=tuple(groups), notes=(say("method.sample_note"),), data_origin=_origin(scene),
    )  # fmt: skip


def weights(scene: Scene, label: Label) -> Iterator[Block]:
    """The weights of each area: n, population, range, design effect, effective n."""
    records = weighting_record(scene).get("areas", ())
    if not records:
        return
    rows = [
        (
            Cell(scene.names.area(one["area"])),
            _whole_cell(scene, one["n"]),
            _whole_cell(scene, one["population"]),
            _decimal_cell(scene, one["weight_min"], 1),
            _decimal_cell(scene, one["weight_max"], 1),
            _decimal_cell(scene, one["deff_kish"], 2),
            _whole_cell(scene, one["n_effective"]),
        )
        for one in records
    ]
    say = scene.words.say
    spanner = say("method.weights_spanner")
    columns = (
        Column(say("table.area"), align="left", width=3.0),
        Column(say("table.n")),
        Column(say(f"method.{_total_of_weights(scene)}"), width=1.3),
        Column(say("method.weights_min"), spanner),
        Column(say("method.weights_max"), spanner),
        Column(say("method.weights_deff"), width=1.3),
        Column(say("table.n_effective"), width=1.3),
    )
    collapsed = _collapsed(scene)
    yield Table(
        label.caption, columns, tuple(rows), label.name, label.anchor,
        notes=(collapsed,) if collapsed else (), data_origin=_origin(scene),
    )  # fmt: skip


def _total_of_weights(scene: Scene) -> str:
    """What the weights of an area sum to: a population only where they were made to."""
    raked = weighting_record(scene).get("method") == "rake"
    return "population_size" if raked else "weights_sum"


def _collapsed(scene: Scene) -> str:
    records = weighting_record(scene).get("collapsed") or ()
    names = [
        scene.words.say(
            "method.collapsed_item",
            area=scene.names.area(one["area"]),
            margin=_variables(scene, _margin_variables(scene, one["margin"])),
            levels=_collapsed_levels(scene, one),
        )
        for one in records
        if scene.is_whole or one["area"] == scene.area
    ]
    return scene.words.say("method.collapsed", items="; ".join(names)) if names else ""


def _collapsed_levels(scene: Scene, record: Mapping[str, Any]) -> str:
    levels = record["levels"]
    parts = levels.split(" + ") if isinstance(levels, str) else list(levels)
    variables = _margin_variables(scene, record["margin"])
    return " + ".join(_level_name(scene, variables, str(part)) for part in parts)


def margins(scene: Scene, label: Label) -> Iterator[Block]:
    """The margins used for weighting, their sources, dates and warnings."""
    records = scene.record.get("margins", ())
    if not records:
        return
    rows = [
        (
            Cell(_variables(scene, _margin_variables(scene, one["name"]))),
            Cell(scene.names.text(one["source"])),
            Cell(scene.numbers.date(date.fromisoformat(one["reference_date"]))),
        )
        for one in records
    ]
    say = scene.words.say
    columns = (
        Column(say("method.margin_name"), align="left", width=1.6),
        Column(say("method.margin_source"), align="left", width=4.4),
        Column(say("method.margin_date"), width=1.2),
    )
    warnings = [scene.names.text(one["warning"]) for one in records if one.get("warning")]
    notes = tuple(dict.fromkeys(warnings))
    yield Table(label.caption, columns, tuple(rows), label.name, label.anchor, notes=notes)


def missing_answers(scene: Scene, label: Label, threshold: float) -> Iterator[Block]:
    """The questions that many left unanswered."""
    records = [one for one in sample_record(scene).get("missing", ()) if one["share"] >= threshold]
    share = scene.numbers.percent(threshold)
    if not records:
        yield Paragraph(scene.words.say("method.missing_none", share=share), "note")
        return
    ordered = sorted(records, key=lambda one: -one["share"])
    rows = [
        (
            Cell(_question(scene, one["question"])),
            _whole_cell(scene, one["asked"]),
            _whole_cell(scene, one["dont_know"]),
            _whole_cell(scene, one["refused"]),
            _percent_cell(scene, one["share"]),
        )
        for one in ordered
    ]
    say = scene.words.say
    columns = (
        Column(say("method.missing_question"), align="left", width=6.0),
        Column(say("method.missing_asked"), width=1.2, unit="persons"),
        Column(say("method.missing_dont_know"), unit="persons"),
        Column(say("method.missing_refused"), width=1.2, unit="persons"),
        Column(say("method.missing_share"), width=1.2),
    )
    yield Table(
        label.caption, columns, tuple(rows), label.name, label.anchor,
        notes=(say("method.missing_note", share=share),), data_origin=_origin(scene),
        relations=(Relation("rate", 4, (2, 3), base_column=1),),
    )  # fmt: skip


def _question(scene: Scene, name: str) -> str:
    return f"{name}: {scene.names.breakdown(name)}"


# --- reading notes ----------------------------------------------------------------------------


def reading_notes(scene: Scene) -> ItemList:
    """How to read the numbers of the report."""
    say, names = scene.words.say, scene.names
    weighted = sample_of(scene).weighting.method != "none"
    scale = "; ".join(
        say("reading.scale_item", text=step["text"], **{"from": step["from"], "to": step["to"]})
        for step in scene.words.scale
    )
    return ItemList(
        (
            say("reading.n" if weighted else "reading.n_unweighted"),
            say("reading.interval", confidence=scene.confidence),
            names.say("reading.difference"),
            say("reading.groups"),
            say("reading.points"),
            say("reading.multiple"),
            say("reading.rounding"),
            say("reading.scale", scale=scale),
            say("reading.marks", marks=full_legend(scene)),
        )
    )


# --- cells ------------------------------------------------------------------------------------


def _origin(scene: Scene) -> Any:
    return "modelled" if scene.rows.modelled else "observed"


def _whole_cell(scene: Scene, value: float) -> Cell:
    return Cell(scene.numbers.whole(value), float(half_up(value, 0)), "#,##0")


def _decimal_cell(scene: Scene, value: float, places: int) -> Cell:
    return Cell(
        scene.numbers.decimal(value, places), float(half_up(value, places)), "0." + "0" * places
    )


def _percent_cell(scene: Scene, share: float) -> Cell:
    return Cell(scene.numbers.decimal(share * 100, 1), share_value(share), "0.0%")

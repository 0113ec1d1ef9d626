"""What the rules propose, in words, with what people have decided on it.

In a draft everything stands that nobody has rejected, marked where nobody has approved it; in
a release only what has been approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analysis.approvals import Approvals, Decision, Item, Kind, State, evidence_of, read_approvals
from analysis.presentation import sentences
from analysis.presentation.blocks import Block, Callout, Cell, Column, ItemList, Paragraph, Table
from analysis.presentation.makeup import RecommendationsSpec
from analysis.presentation.naming import Names
from analysis.presentation.rows import Estimate, Rows, read_released
from analysis.presentation.scene import RELEASE, Scene, data_origin
from analysis.presentation.tables import Label
from analysis.presentation.wording import filled, lowered
from analysis.recommendations import Proposal, Rule, missing_sources, read_rules
from analysis.recommendations.proposing import Value
from analysis.study import Study

KIND: Kind = "recommendation"
#: So many items are named in a text; those beyond are counted.
MOST_ITEMS = 6


@dataclass(frozen=True)
class Recommendation:
    """A proposal, what a person has said to it, and its text as it stands now."""

    proposal: Proposal
    text: Mapping[str, str]
    state: State
    decision: Decision | None = None


def recommendations(scene: Scene, spec: RecommendationsSpec | None = None) -> list[Recommendation]:
    """What may stand in a report of the scene's edition, the most urgent first."""
    approvals = read_approvals(scene.study)
    found = [_decided(scene.study, proposal, approvals) for proposal in _proposals(scene, spec)]
    if scene.edition == RELEASE:
        return [one for one in found if one.state == "approved"]
    return [one for one in found if one.state != "rejected"]


def waiting_items(study: Study) -> list[Item]:
    """Everything that the rules propose in a study that has been run, for people to decide on.

    Raises
    ------
    WorkbenchError
        If the study has rules and has not been run.
    """
    if not read_rules(study).rules:
        return []
    released = read_released(study).frame
    names = Names(study, study.card.default_language)
    items = []
    for area in [*study.areas.index, study.whole]:
        shown = released[released["area"].isin([area, study.whole]) | (released["breakdown"] == "")]
        scene = Scene(names, Rows(shown), area, next(iter(study.samples)))
        for proposal in scene.proposals:
            rests_on = f"{names.area_titled(area)}; {_evidence(scene, proposal)}"
            items.append(_item(study, proposal, rests_on))
    return items


# --- blocks ---------------------------------------------------------------------------------------


def blocks(scene: Scene, spec: RecommendationsSpec) -> Iterator[Block]:
    """The recommendations of a place: in full, or as one list for the summary."""
    found = recommendations(scene, spec)
    if not found:
        yield Paragraph(_none(scene, spec))
        return
    if spec.form == "short":
        yield ItemList(tuple(_short(scene, one) for one in found), ordered=True)
        return
    for number, one in enumerate(found, start=1):
        title = _title(scene, one, number)
        yield Callout(title, scene.names.text(one.text))
        yield Paragraph(_facts(scene, one), "note")
        evidence = _evidence(scene, one.proposal, spec.most_items)
        yield Paragraph(scene.words.say("recommendation.evidence", items=evidence), "note")
    if any(one.state == "proposed" for one in found):
        yield Paragraph(scene.words.say("recommendation.note"), "note")


def overview(scene: Scene, spec: RecommendationsSpec, label: Label) -> Iterator[Block]:
    """The recommendations as one table."""
    found = recommendations(scene, spec)
    if not found:
        return
    say = scene.words.say
    rows = tuple(
        (
            Cell(say("recommendation.title", number=_number(scene, number),
                     title=_titled(scene, one))),
            Cell(_addressees(scene, one.proposal)),
            Cell(say(f"recommendation.priority_{one.proposal.priority}")),
            Cell(_evidence(scene, one.proposal, spec.most_items)),
            Cell(say("recommendation.table_state_of", rule=one.proposal.advice.id,
                     status=status(scene, one.state, one.decision))),
        )
        for number, one in enumerate(found, start=1)
    )  # fmt: skip
    columns = (
        Column(say("recommendation.what"), align="left", width=2.3),
        Column(say("recommendation.table_addressee"), align="left", width=1.6),
        Column(say("recommendation.table_priority"), align="left", width=0.9),
        Column(say("recommendation.table_evidence"), align="left", width=3.4),
        Column(say("recommendation.table_state"), align="left", width=1.4),
    )
    shown = {row_id for one in found for row_id in one.proposal.row_ids}
    origin = data_origin(row for row in scene.rows if row.row_id in shown)
    yield Table(label.caption, columns, rows, label.name, label.anchor, data_origin=origin)


def rules_table(scene: Scene, spec: RecommendationsSpec, label: Label) -> Iterator[Block]:
    """The rules with the conditions under which they speak, and what became of them here."""
    rules = scene.rules
    spoken = [rule for rule in rules.rules if _is_asked(scene, rule, spec)]
    if not spoken:
        return
    outcomes = _outcomes(scene, spec)
    rows = [
        (
            Cell(rule.id),
            Cell(_title_of_rule(scene, rule)),
            Cell(_condition(scene, rule)),
            Cell(outcomes[rule.id]),
        )
        for rule in spoken
    ]
    advice = rules.reliability.advice
    if advice is not None:
        title, condition = scene.names.text(advice.title), scene.names.text(advice.condition)
        rows.append((Cell(advice.id), Cell(title), Cell(condition), Cell(outcomes[advice.id])))
    say = scene.words.say
    columns = (
        Column(say("recommendation.rule_id"), align="left", width=1.0),
        Column(say("recommendation.rule_title"), align="left", width=2.6),
        Column(say("recommendation.rule_condition"), align="left", width=4.4),
        Column(say("recommendation.rule_outcome"), align="left", width=1.6),
    )
    note = scene.names.say(
        "recommendation.reliability",
        n=rules.reliability.minimum_n,
        deff=scene.numbers.decimal(rules.reliability.maximum_deff, 1),
    )
    yield Table(label.caption, columns, tuple(rows), label.name, label.anchor, notes=(note,))


# --- which ----------------------------------------------------------------------------------------


def _proposals(scene: Scene, spec: RecommendationsSpec | None) -> list[Proposal]:
    if spec is None:
        return scene.proposals
    return [
        proposal
        for proposal in scene.proposals
        if (not spec.rules or proposal.advice.id in spec.rules)
        and (spec.topic is None or proposal.topic == spec.topic)
    ]


def _is_asked(scene: Scene, rule: Rule, spec: RecommendationsSpec) -> bool:
    return (
        rule.is_for(whole=scene.is_whole)
        and (not spec.rules or rule.id in spec.rules)
        and (spec.topic is None or rule.topic == spec.topic)
    )


def _decided(study: Study, proposal: Proposal, approvals: Approvals) -> Recommendation:
    item = _item(study, proposal)
    decision = approvals.of(item.kind, item.item, item.evidence)
    return Recommendation(proposal, approvals.text(item), approvals.state(item), decision)


def _item(study: Study, proposal: Proposal, rests_on: str = "") -> Item:
    """A proposal as something to approve: for its words and for the numbers it rests on."""
    texts = {
        language: _text(Names(study, language), proposal, proposal.advice.text)
        for language in study.languages
    }
    evidence = evidence_of(*proposal.evidence)
    return Item(KIND, proposal.id, evidence, texts, proposal.n, rests_on)


def _outcomes(scene: Scene, spec: RecommendationsSpec) -> dict[str, str]:
    """For each rule whether it spoke, and what it lacked where it could not."""
    say, rules = scene.words.say, scene.rules
    found = _proposals(scene, spec)
    spoke = {proposal.advice.id for proposal in found}
    advice = rules.reliability.advice
    unsure = {
        value.indicator
        for proposal in found
        if advice is not None and proposal.advice.id == advice.id
        for value in proposal.values
    }
    missing = missing_sources(rules, scene.rows.frame)
    known = set(scene.rows.frame["indicator"])
    outcomes = {} if advice is None else {advice.id: _outcome(scene, advice.id in spoke)}
    for rule in rules.rules:
        outcomes[rule.id] = _outcome(scene, rule.id in spoke)
        if rule.id in missing:
            source = scene.names.text(rule.requires) or ", ".join(missing[rule.id])
            outcomes[rule.id] = say("recommendation.outcome_missing", source=source)
        elif rule.id not in spoke and unsure and unsure >= known & _looked_at(rule):
            outcomes[rule.id] = say("recommendation.outcome_unsure")
    return outcomes


def _looked_at(rule: Rule) -> set[str]:
    return {way.indicator for way in rule.ways}


def _outcome(scene: Scene, spoke: bool) -> str:
    return scene.words.say(f"recommendation.outcome_{'proposes' if spoke else 'silent'}")


# --- in words -------------------------------------------------------------------------------------


def _none(scene: Scene, spec: RecommendationsSpec) -> str:
    """That there is nothing, and whether nothing was proposed or nothing approved."""
    waiting = scene.edition == RELEASE and _proposals(scene, spec)
    return scene.words.say("recommendation.none_approved" if waiting else "recommendation.none")


def _text(names: Names, proposal: Proposal, text: Mapping[str, str]) -> str:
    """A text of a rule with its placeholders filled."""
    chosen = names.text(text)
    breakdown = getattr(proposal.advice, "breakdown", "")
    values = {
        **names.area_values(proposal.area),
        "items": _listed(names, proposal),
        "group": names.group(breakdown, proposal.group) if proposal.group else "",
    }
    return names.words.typeset(filled(chosen, values))


def _listed(names: Names, proposal: Proposal) -> str:
    items = list(dict.fromkeys(_name(names, proposal, value) for value in proposal.values))
    named = items[:MOST_ITEMS]
    if len(items) > MOST_ITEMS:
        named.append(names.words.count("others", len(items) - MOST_ITEMS))
    # Names that have commas themselves would run into each other.
    return "; ".join(named) if any("," in name for name in named) else names.words.listed(named)


def _name(names: Names, proposal: Proposal, value: Value) -> str:
    """What an item is called: its category, its area, or its indicator."""
    rule = proposal.advice
    if not isinstance(rule, Rule):
        return lowered(names.indicator(value.indicator))
    if rule.rows == "areas":
        category = names.category(value.indicator, value.category)
        return f"{names.area(value.area)} ({category})" if category else names.area(value.area)
    category = names.category(value.indicator, value.category)
    return category or lowered(names.indicator(value.indicator))


def _number(scene: Scene, number: int) -> str:
    return scene.words.say("recommendation.number", n=number)


def _titled(scene: Scene, one: Recommendation) -> str:
    return _text(scene.names, one.proposal, one.proposal.advice.title)


def _title(scene: Scene, one: Recommendation, number: int) -> str:
    values = {"number": _number(scene, number), "title": _titled(scene, one)}
    if scene.edition == RELEASE:
        return scene.words.say("recommendation.title", **values)
    status = scene.words.say(f"recommendation.{one.state}")
    return scene.words.say("recommendation.title_marked", status=status, **values)


def _short(scene: Scene, one: Recommendation) -> str:
    say = scene.words.say
    values = {
        "title": _titled(scene, one),
        "rule": one.proposal.advice.id,
        "priority": say(f"recommendation.priority_{one.proposal.priority}"),
    }
    if scene.edition == RELEASE:
        return say("recommendation.short", **values)
    status = say(f"recommendation.{one.state}")
    return say("recommendation.short_marked", status=status, **values)


def _facts(scene: Scene, one: Recommendation) -> str:
    say = scene.words.say
    proposal = one.proposal
    known = {
        "priority": say(f"recommendation.priority_{proposal.priority}"),
        "addressee": _addressees(scene, proposal),
        "target": _target(scene, proposal),
        "rule": proposal.advice.id,
        "state": status(scene, one.state, one.decision) if one.state == "approved" else "",
    }
    parts = [
        say("recommendation.part", name=say(f"recommendation.{name}"), value=value)
        for name, value in known.items()
        if value
    ]
    text = say("recommendation.facts", parts="; ".join(parts))
    return text[:1].upper() + text[1:]


def status(scene: Scene, state: State, decision: Decision | None) -> str:
    """What a person has said to a proposal: nothing yet, or who approved it and when."""
    if decision is None or state != "approved":
        return scene.words.say(f"recommendation.{state}")
    day = scene.numbers.date(decision.date)
    return scene.words.say("recommendation.approved_by", role=decision.role, date=day)


def _addressees(scene: Scene, proposal: Proposal) -> str:
    return ", ".join(scene.names.text(name) for name in proposal.addressees)


def _target(scene: Scene, proposal: Proposal) -> str:
    """Whom or which services it concerns; the group, or the items, where nothing is said."""
    rule = proposal.advice
    if rule.target:
        return scene.names.text(rule.target)
    if proposal.group and isinstance(rule, Rule):
        return scene.names.group(rule.breakdown, proposal.group)
    return _listed(scene.names, proposal)


def _title_of_rule(scene: Scene, rule: Rule) -> str:
    """The title of a rule by itself: it stands for all the groups that it speaks of."""
    groups = [scene.names.group(rule.breakdown, group) for group in rule.groups]
    values = {**scene.area_values, "items": "…", "group": scene.words.listed(groups) or "…"}
    return scene.words.typeset(filled(scene.names.text(rule.title), values))


def _condition(scene: Scene, rule: Rule) -> str:
    condition = scene.names.text(rule.condition)
    if not rule.urgent_when:
        return condition
    urgent = scene.names.text(rule.urgent_when)
    return scene.words.say("recommendation.rule_urgent", condition=condition, urgent=urgent)


def _evidence(scene: Scene, proposal: Proposal, most: int = MOST_ITEMS) -> str:
    """The rows that a proposal rests on, by indicator, with value, interval and n."""
    by_id = {row.row_id: row for row in scene.rows}
    rows = [by_id[value.row_id] for value in (*proposal.values, *proposal.beside)]
    parts = []
    for code in dict.fromkeys(row.indicator for row in rows):
        own = [row for row in rows if row.indicator == code]
        items = [_item_text(scene, proposal, row) for row in own[:most]]
        if len(own) > most:
            items.append(scene.words.count("others", len(own) - most))
        parts.append(_of_indicator(scene, own, items))
    return "; ".join(parts)


def _of_indicator(scene: Scene, rows: Sequence[Estimate], items: Iterable[str]) -> str:
    """The items of one indicator; its name stands before them unless they are its name."""
    text = "; ".join(items)
    if not any(row.category for row in rows) or not any(row.shown for row in rows):
        return text
    name = scene.names.indicator(rows[0].indicator)
    return scene.words.say("recommendation.evidence_of", indicator=name, items=text)


def _item_text(scene: Scene, proposal: Proposal, row: Estimate) -> str:
    if not row.shown:
        name = scene.names.full(row.indicator, row.category)
        return scene.words.say("recommendation.too_few", name=name, base=scene.base(row))
    text = _rank(scene, row) if row.comparison == "rank" else sentences.item(scene, row, base=True)
    if row.area in (proposal.area, scene.whole):
        return text
    return scene.words.say("recommendation.of_area", area=scene.names.area(row.area), text=text)


def _rank(scene: Scene, row: Estimate) -> str:
    values = {
        "name": scene.words.say("recommendation.rank_name"),
        "low": scene.numbers.whole(row.ci_low),
        "high": scene.numbers.whole(row.ci_high),
        "areas": scene.names.areas_counted(len(scene.study.areas)),
    }
    if row.category:
        values["name"] = f"{scene.category(row)}, {values['name']}"
    key = "rank" if row.ci_low < row.ci_high else "rank_one"
    return scene.words.say(f"recommendation.{key}", **values)

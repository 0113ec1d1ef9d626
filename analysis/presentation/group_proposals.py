"""Proposals for target groups: what the make-up proposes where released rows support it.

As the recommendations of a study's rules they wait for a person: a draft marks what nobody has
approved, a release shows only what somebody has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.approvals import Decision, Item, State, evidence_of, read_approvals
from analysis.presentation import sentences
from analysis.presentation.blocks import ItemList, Paragraph
from analysis.presentation.makeup import (
    GroupProposalSpec,
    MakeUp,
    TargetGroupSpec,
    read_makeup,
    split,
)
from analysis.presentation.naming import Names
from analysis.presentation.proposals import KIND, status
from analysis.presentation.rows import Estimate, Rows, read_released
from analysis.presentation.scene import RELEASE, Scene
from analysis.presentation.target_rows import apart, members, others
from analysis.study import Study
from analysis.target_groups import TargetGroup


@dataclass(frozen=True)
class GroupProposal:
    """A proposal for a group, the row that supports it, and what a person has said to it."""

    rule: GroupProposalSpec
    own: Estimate
    item: Item
    state: State
    decision: Decision | None


def blocks(
    scene: Scene, group: TargetGroup, rules: Sequence[GroupProposalSpec]
) -> Iterator[ItemList | Paragraph]:
    """The proposals for a group that may stand in a report of the scene's edition."""
    say = scene.words.say
    found = list(proposals(scene, group, rules))
    release = scene.edition == RELEASE
    shown = [one for one in found if one.state == "approved" or not release]
    if shown:
        yield ItemList(tuple(_said(scene, one) for one in shown))
    elif found and release:
        yield Paragraph(say("recommendation.none_approved"))
    else:
        yield Paragraph(say("target_group.no_proposal"))
    yield Paragraph(say("target_group.proposal_note"), "note")


def proposals(
    scene: Scene, group: TargetGroup, rules: Sequence[GroupProposalSpec]
) -> Iterator[GroupProposal]:
    """What the rules propose for a group and nobody has rejected."""
    approvals = read_approvals(scene.study)
    for rule in rules:
        own = _supported(scene, group, rule)
        if own is None:
            continue
        item = _item(scene, group, rule, own)
        state = approvals.state(item)
        if state != "rejected":
            decision = approvals.of(item.kind, item.item, item.evidence)
            yield GroupProposal(rule, own, item, state, decision)


def waiting_items(study: Study) -> list[Item]:
    """All proposals for target groups of a study that has been run, for people to decide on."""
    specs = [pair for kind in study.reports for pair in _with_rules(read_makeup(study, kind))]
    if not specs:
        return []
    names = Names(study, study.card.default_language)
    rows = Rows(read_released(study).frame)
    items = {}
    for makeup_sample, spec in specs:
        scene = Scene(names, rows, study.whole, spec.sample or makeup_sample)
        group = next(one for one in study.target_groups if one.id == spec.group)
        for one in proposals(scene, group, spec.proposals):
            items[one.item.item] = one.item
    return list(items.values())


def _with_rules(makeup: MakeUp) -> Iterator[tuple[str, TargetGroupSpec]]:
    for spec in makeup.specs():
        if isinstance(spec, TargetGroupSpec) and spec.form == "proposals" and spec.group:
            yield makeup.sample, spec


def _supported(scene: Scene, group: TargetGroup, rule: GroupProposalSpec) -> Estimate | None:
    """The row of the group that supports a proposal; nothing where none does."""
    if rule.groups and group.id not in rule.groups:
        return None
    code, category = split(rule.indicator)
    own = members(scene, code, group, category)
    if own is None or not own.shown or own.uncertain or not own.has_interval:
        return None
    side = apart(own, others(scene, code, group, category))
    speaks = {
        "above_others": side > 0,
        "below_others": side < 0,
        "at_least": rule.value is not None and own.ci_low > rule.value,
    }
    return own if speaks[rule.when] else None


def _item(scene: Scene, group: TargetGroup, rule: GroupProposalSpec, own: Estimate) -> Item:
    numbers = (sentences.figure(scene, own), scene.interval(own), scene.base(own))
    language = scene.names.language
    place = group.label.get(language, group.id)
    name = scene.names.full(*split(rule.indicator))
    return Item(
        KIND,
        f"{rule.id}-{group.id}",
        evidence_of(rule.text, own.row_id, own.estimate, own.ci_low, own.ci_high, own.n),
        rule.text,
        own.n if own.n == own.n else None,
        f"{place}; {name} ({', '.join(filter(None, numbers))})",
    )


def _said(scene: Scene, one: GroupProposal) -> str:
    say = scene.words.say
    text = say(
        "target_group.proposal",
        rule=one.rule.id,
        text=scene.names.text(read_approvals(scene.study).text(one.item)),
        name=scene.names.full(*split(one.rule.indicator)),
        value=sentences.figure(scene, one.own),
        evidence="; ".join(filter(None, (scene.interval(one.own), scene.base(one.own)))),
    )
    if scene.edition == RELEASE:
        return text
    return say(
        "target_group.proposal_marked", text=text, status=status(scene, one.state, one.decision)
    )

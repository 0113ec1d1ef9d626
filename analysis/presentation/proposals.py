"""Proposals of the rules in words, marked as waiting for approval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analysis.presentation import sentences
from analysis.presentation.blocks import Block, Callout, Cell, Column, ItemList, Paragraph, Table
from analysis.presentation.makeup import RecommendationsSpec
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.presentation.wording import filled
from analysis.recommendations import Proposal, propose, read_rules


def blocks(scene: Scene, spec: RecommendationsSpec) -> Iterator[Block]:
    """The proposals of an area: in full, or as one list for the summary."""
    rules = read_rules(scene.study)
    found = [
        proposal
        for proposal in propose(rules, scene.rows.frame, scene.area)
        if not spec.rules or proposal.rule.id in spec.rules
    ]
    if not found:
        yield Paragraph(scene.words.say("recommendation.none"))
        return
    if spec.form == "short":
        yield ItemList(tuple(_short(scene, proposal) for proposal in found))
        return
    by_id = {row.row_id: row for row in scene.rows}
    for proposal in found:
        rows = [by_id[row_id] for row_id in proposal.row_ids]
        yield _full(scene, proposal, rows, spec.most_items)
        yield Paragraph(_evidence(scene, rows[: spec.most_items]), "note")
    yield Paragraph(scene.words.say("recommendation.note"), "note")


def rules_table(scene: Scene, label: Label) -> Iterator[Block]:
    """The rules with the conditions under which they speak."""
    rules = read_rules(scene.study)
    if not rules.rules:
        return
    rows = [
        (
            Cell(rule.id),
            Cell(scene.names.text(rule.title)),
            Cell(scene.names.text(rule.condition)),
        )
        for rule in rules.rules
    ]
    say = scene.words.say
    columns = (
        Column(say("recommendation.rule_id"), align="left", width=1.0),
        Column(say("recommendation.rule_title"), align="left", width=3.0),
        Column(say("recommendation.rule_condition"), align="left", width=5.0),
    )
    note = say(
        "recommendation.reliability",
        n=rules.reliability.minimum_n,
        deff=scene.numbers.decimal(rules.reliability.maximum_deff, 1),
    )
    yield Table(label.caption, columns, tuple(rows), label.name, label.anchor, notes=(note,))


def _short(scene: Scene, proposal: Proposal) -> str:
    return scene.words.say(
        "recommendation.short",
        rule=proposal.rule.id,
        title=scene.names.text(proposal.rule.title),
        status=scene.words.say("recommendation.status"),
    )


def _full(scene: Scene, proposal: Proposal, rows: list[Estimate], most: int) -> Callout:
    say = scene.words.say
    rule = proposal.rule
    title = say(
        "recommendation.title",
        rule=rule.id,
        title=scene.names.text(rule.title),
        status=say("recommendation.status"),
    )
    text = filled(scene.names.text(rule.text), _values(scene, rows, most))
    return Callout(title, scene.words.typeset(text))


def _values(scene: Scene, rows: list[Estimate], most: int) -> Mapping[str, str]:
    named = [scene.category(row, short=False) for row in rows[:most]]
    if len(rows) > most:
        named.append(scene.words.count("others", len(rows) - most))
    return {**scene.area_values, "items": scene.words.listed(named)}


def _evidence(scene: Scene, rows: list[Estimate]) -> str:
    items = "; ".join(sentences.item(scene, row, base=True) for row in rows)
    return scene.words.say("recommendation.evidence", items=items)

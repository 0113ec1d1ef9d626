"""What the rules propose for an area, from released rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.recommendations.rules import (
    Advice,
    Alternative,
    Companion,
    Priority,
    Rule,
    Rules,
    Selection,
    Texts,
    Topic,
)
from analysis.recommendations.support import (
    holds,
    is_reliable,
    is_shown,
    is_unreliable,
    meet,
    seen_by_rules,
)

_RANK = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True)
class Value:
    """A released row that a proposal rests on, as it is printed."""

    row_id: str
    indicator: str
    category: str
    area: str
    estimate: float
    ci_low: float
    ci_high: float
    n: float


@dataclass(frozen=True)
class Proposal:
    """What a rule proposes for one place, and the rows it rests on.

    Parameters
    ----------
    id
        The same for the same rule, place and items in every run.
    advice
        The rule, or what is proposed where no row is reliable.
    area, group
        The place, and the group of people where the rule asks group by group.
    topic, priority
        Of this proposal.
    addressees
        Their names by language.
    values
        The rows whose categories (or areas) are the items, the strongest first.
    beside
        Rows of companions that agree.
    """

    id: str
    advice: Advice
    area: str
    topic: Topic
    priority: Priority
    addressees: tuple[Texts, ...]
    values: tuple[Value, ...]
    beside: tuple[Value, ...] = ()
    group: str = ""

    @property
    def row_ids(self) -> tuple[str, ...]:
        """The ids of the rows that the proposal rests on."""
        return tuple(value.row_id for value in (*self.values, *self.beside))

    @property
    def n(self) -> float | None:
        """The smallest number of answers that a row rests on; None of a full count."""
        known = [value.n for value in (*self.values, *self.beside) if value.n == value.n]
        return min(known, default=None)

    @property
    def evidence(self) -> tuple[Any, ...]:
        """What an approval is given for: the words of the rule and the printed numbers."""
        advice = self.advice
        words = [advice.title, advice.condition, advice.text]
        numbers = [
            [one.row_id, *(f"{number:.4f}" for number in (one.estimate, one.ci_low, one.ci_high)),
             f"{one.n:.0f}"]
            for one in (*self.values, *self.beside)
        ]  # fmt: skip
        return (advice.id, words, numbers)


def propose(rules: Rules, released: pd.DataFrame, area: str, whole: str) -> list[Proposal]:
    """What the rules propose for an area or for the whole, the most urgent first.

    Parameters
    ----------
    rules
        The rules of the study.
    released
        Released rows: those of the place and of the whole, and the totals of all areas.
        Those of low precision and those not shown are passed over.
    area
        The code of the place.
    whole
        The code of all areas together.
    """
    rows = seen_by_rules(released)
    limits = rules.reliability
    enough = is_reliable(rows, limits.minimum_n, limits.maximum_deff)
    sure = rows[is_shown(rows) & enough]
    unsure = is_unreliable(rows, limits.minimum_n, limits.maximum_deff)
    spoken = [rule for rule in rules.rules if rule.is_for(whole=area == whole)]
    found: list[Proposal] = []
    for rule in spoken:
        found.extend(_of_rule(rules, rule, sure, rows, area, whole))
    if limits.advice is not None:
        to = rules.names_of(limits.advice)
        found.extend(_to_ask_again(limits.advice, to, spoken, rows, unsure, area, whole))
    order = [rule.id for rule in rules.rules]
    return sorted(found, key=lambda one: (_RANK[one.priority], _place(order, one.advice.id)))


def missing_sources(rules: Rules, released: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """The rules that cannot speak anywhere, by id, with the indicators that have no row."""
    known = set(released["indicator"])
    silent = {}
    for rule in rules.rules:
        lacking = [[code for code in way.indicators if code not in known] for way in rule.ways]
        if all(lacking):
            silent[rule.id] = tuple(dict.fromkeys(code for codes in lacking for code in codes))
    return silent


def _place(order: list[str], identifier: str) -> int:
    return order.index(identifier) if identifier in order else len(order)


# --- one rule -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """A row that meets a rule, and the rows of its companions."""

    row: Any
    beside: tuple[Any, ...]
    urgent: bool


def _of_rule(
    rules: Rules, rule: Rule, sure: pd.DataFrame, rows: pd.DataFrame, area: str, whole: str
) -> Iterator[Proposal]:
    found: dict[tuple[str, ...], list[_Found]] = {}
    for way in rule.ways:
        for one in _met(rule, way, sure, rows, area, whole):
            found.setdefault(_part(rule, one.row), []).append(one)
    for part in found.values():
        yield _proposal(rule, rules.names_of(rule), part, area)


def _part(rule: Rule, row: Any) -> tuple[str, ...]:
    """What a proposal of its own is made for."""
    if rule.each == "category":
        return (row.category,)
    return (row.group,) if rule.each == "group" else ()


def _met(
    rule: Rule,
    way: Alternative,
    sure: pd.DataFrame,
    rows: pd.DataFrame,
    area: str,
    whole: str,
) -> Iterator[_Found]:
    chosen = _chosen(rule, way, sure, area, whole)
    met = chosen[meet(chosen, way, rows, whole)]
    urgent = pd.Series(bool(rule.urgent), index=met.index)
    for condition in rule.urgent:
        urgent &= holds(condition, met, rows, whole)
    met = met.assign(urgent=urgent)
    met = met.sort_values([rule.order, "row_id"], ascending=[not rule.descending, True])
    for row in met.itertuples():
        beside = [_companions(one, row, way, sure, rows, whole) for one in way.companions]
        if all(beside):
            agreeing = tuple(other for others in beside for other in others)
            yield _Found(row, agreeing, bool(row.urgent))


def _chosen(
    rule: Rule, way: Alternative, rows: pd.DataFrame, area: str, whole: str
) -> pd.DataFrame:
    """The rows that a rule looks at in a place, whatever their values."""
    here = rows["area"] == area if rule.rows == "own" else rows["area"] != whole
    return _selected(way, rows[here & (rows["sample"] == way.sample)])


def _selected(one: Selection, rows: pd.DataFrame) -> pd.DataFrame:
    chosen = (
        (rows["indicator"] == one.indicator)
        & (rows["comparison"] == one.comparison)
        & (rows["breakdown"] == one.breakdown)
    )
    if one.groups:
        chosen &= rows["group"].isin(one.groups)
    found = rows[chosen]
    return found[found["category"].map(one.wants).astype(bool)]


def _companions(
    one: Companion,
    row: Any,
    way: Alternative,
    sure: pd.DataFrame,
    rows: pd.DataFrame,
    whole: str,
) -> list[Any]:
    """The companion's rows that agree with a row; none where too few of them do."""
    area = whole if one.area == "whole" else row.area
    samples = [one.sample] if one.sample is not None else [way.sample, ""]
    wanted = one.categories_for(row.category)
    found = sure[
        (sure["area"] == area) & sure["sample"].isin(samples) & sure["category"].isin(wanted)
    ]
    found = _selected(one, found)
    agreeing = found[meet(found, one, rows, whole)]
    if one.every and set(agreeing["category"]) != set(wanted):
        return []
    return list(agreeing.sort_values("row_id").itertuples())


def _proposal(
    rule: Rule, addressees: tuple[Texts, ...], found: list[_Found], area: str
) -> Proposal:
    group = found[0].row.group if rule.each == "group" else ""
    values = _values(one.row for one in found)
    beside = _values(row for one in found for row in one.beside)
    items = sorted({f"{one.row.area}/{one.row.category}/{one.row.group}" for one in found})
    priority: Priority = "high" if any(one.urgent for one in found) else rule.priority
    study = str(found[0].row.study)
    return Proposal(
        _identifier(study, area, rule, rule.topic, items),
        rule,
        area,
        rule.topic,
        priority,
        addressees,
        values,
        beside,
        group,
    )


def _values(rows: Iterable[Any]) -> tuple[Value, ...]:
    by_id = {
        row.row_id: Value(
            row.row_id,
            row.indicator,
            row.category,
            row.area,
            row.estimate,
            row.ci_low,
            row.ci_high,
            row.n,
        )
        for row in rows
    }
    return tuple(by_id.values())


def _identifier(study: str, area: str, advice: Advice, topic: str, items: list[str]) -> str:
    key = "\x1f".join([study, area, advice.id, topic, *items])
    return f"{advice.id}-{area}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


# --- where nothing is reliable --------------------------------------------------------------------


def _to_ask_again(
    advice: Advice,
    addressees: tuple[Texts, ...],
    spoken: Iterable[Rule],
    rows: pd.DataFrame,
    unsure: pd.Series,
    area: str,
    whole: str,
) -> Iterator[Proposal]:
    """One proposal for each topic in which a rule has rows and none of them is reliable."""
    silenced: dict[Topic, list[Any]] = {}
    for rule in spoken:
        chosen = [_chosen(rule, way, rows, area, whole) for way in rule.ways]
        candidates = pd.concat(chosen)
        if len(candidates) and unsure[candidates.index].all():
            # One row stands for its indicator: what is missing is people, not categories.
            fewest = candidates.sort_values(["n", "row_id"]).drop_duplicates("indicator")
            silenced.setdefault(rule.topic, []).extend(fewest.itertuples())
    for topic, found in silenced.items():
        values = _values(found)
        items = sorted({value.indicator for value in values})
        identifier = _identifier(str(found[0].study), area, advice, topic, items)
        yield Proposal(identifier, advice, area, topic, advice.priority, addressees, values)

"""Sentences about released rows.

A sentence never says *more* or *less* without support: a difference to the rest needs an
adjusted p-value below 0.05 and an interval without zero, a difference between groups needs
intervals that do not overlap. What is hidden is said to be hidden, and nothing more. A value
of low precision is called rough; it is neither put into words nor compared with anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from analysis.presentation.rows import DISCLOSURE, Estimate
from analysis.presentation.scene import Scene, ranked
from analysis.presentation.stepping import sentence, step_back
from analysis.presentation.tables import bracketed
from analysis.presentation.wording import capitalised, filled, lowered
from analysis.release.rules import rule_set

MOST_ITEMS = 3
#: Signs of a supported difference from all others.
ABOVE, BELOW = "▲", "▼"


class Extremes(NamedTuple):
    """The groups of a breakdown with the highest and the lowest value."""

    breakdown: str
    high: Estimate
    low: Estimate

    @property
    def distinct(self) -> bool:
        """Whether the two intervals do not overlap."""
        return self.low.ci_high < self.high.ci_low


def level(scene: Scene, row: Estimate, *, verbal: bool = False) -> str:
    """The value of a row with its interval and base.

    Parameters
    ----------
    verbal
        Say the share in words where the fixed scale has a word for it.
    """
    if not row.shown:
        step = step_back(scene, row)
        value = rough_figure(scene, step.row) if step.kind else ""
        return " ".join(filter(None, (hidden(scene, row), sentence(scene, step, value))))
    values = {
        "interval": scene.interval(row) or scene.words.say("sentence.no_interval"),
        "base": scene.base(row),
        "value": rough_figure(scene, row),
    }
    word, kind = _quantity(scene, row) if verbal and not row.uncertain else ("", "")
    subject = word if kind in ("majority", "part") else values["value"]
    key = {"majority": "level_verbal", "part": "level_verbal", "rare": "level_rare"}.get(
        kind, "level"
    )
    text = scene.words.say(
        f"sentence.{key}", statement=capitalised(statement(scene, row, subject)), **values
    )
    return f"{text} {caveat(scene, row)}" if row.uncertain else text


def figure(scene: Scene, row: Estimate) -> str:
    """The estimate of a row with its unit, in brackets where its precision is low."""
    text = scene.value(row, signed=row.is_difference)
    return bracketed(text) if row.uncertain else text


def rough_figure(scene: Scene, row: Estimate) -> str:
    """The estimate as a sentence says it: *roughly* where a table has brackets."""
    text = scene.value(row, signed=row.is_difference)
    return scene.words.say("sentence.roughly", value=text) if row.uncertain else text


def caveat(scene: Scene, row: Estimate) -> str:
    """Why a value is only indicative: too few answers, or an imprecise estimate."""
    if row.n < rule_set(scene.study.card.release.rule_set).precision.low_n:
        return scene.words.say("sentence.small_base", n=scene.numbers.whole(row.n))
    return scene.words.say("sentence.imprecise")


def statement(scene: Scene, row: Estimate, value: str) -> str:
    """What a row says, without interval, base and full stop."""
    texts = statement_of(scene.statements, row.indicator, row.category)
    if texts is None:
        name = scene.names.full(row.indicator, row.category)
        return scene.words.say("sentence.statement", name=name, value=value)
    forms = {
        "category": scene.names.category(row.indicator, row.category),
        "category_accusative": scene.names.category(row.indicator, row.category, "accusative"),
    }
    text = scene.names.text(texts)
    return scene.words.typeset(filled(text, {**scene.area_values, **forms, "value": value}))


def statement_of(
    statements: Mapping[str, Mapping[str, str]], code: str, category: str
) -> Mapping[str, str] | None:
    """The statement of a category, or else of its indicator."""
    return statements.get(f"{code}/{category}") or statements.get(code)


def hidden(scene: Scene, row: Estimate) -> str:
    """That a value is not given, and why."""
    kind = "disclosure" if row.mark == DISCLOSURE else "precision"
    label = scene.names.full(row.indicator, row.category)
    return scene.words.say(f"sentence.hidden_{kind}", label=label)


def compared(scene: Scene, row: Estimate) -> Estimate | None:
    """The difference of a sure value from all others; None where there is none that is sure."""
    difference = scene.difference(row.indicator, row.category)
    if difference is None or not is_sure(difference) or not is_sure(row):
        return None
    return difference


def comparison(scene: Scene, row: Estimate) -> str:
    """The area against all others; empty where there is no such row that is sure."""
    difference = compared(scene, row)
    if difference is None:
        return ""
    if not difference.supported:
        return scene.names.say("sentence.same")
    low, high = sorted(abs(limit) for limit in (difference.ci_low, difference.ci_high))
    unit = scene.unit_of(difference)
    return scene.words.say(
        "sentence.above" if difference.estimate > 0 else "sentence.below",
        difference=scene.amount(abs(difference.estimate), unit),
        rest=scene.names.say("place.rest"),
        confidence=scene.confidence,
        range=scene.range_of(low, high, unit),
    )


def is_sure(row: Estimate) -> bool:
    """Whether the value of a row may be shown and its precision is not low."""
    return row.shown and not row.uncertain


def level_and_comparison(scene: Scene, row: Estimate, *, verbal: bool = False) -> str:
    """A value and how it compares."""
    return " ".join(filter(None, (level(scene, row, verbal=verbal), comparison(scene, row))))


def ranking(scene: Scene, rows: Sequence[Estimate], text: str = "", most: int = MOST_ITEMS) -> str:
    """The highest and the lowest of several categories; empty when none is sure."""
    shown = [row for row in ranked(rows) if is_sure(row)]
    if not shown:
        return ""
    values = {"top": items(scene, shown[:most]), "bottom": items(scene, shown[: -most - 1 : -1])}
    if text:
        return scene.words.typeset(filled(text, {**scene.area_values, **values}))
    if len(shown) < 2 * most:
        return scene.words.say("sentence.ranking_top", top=items(scene, shown))
    return scene.words.say("sentence.ranking", **values)


def items(scene: Scene, rows: Iterable[Estimate], *, intervals: bool = False) -> str:
    """Categories with their values, and intervals if wanted, as a list in a sentence."""
    return scene.words.listed([item(scene, row, interval=intervals) for row in rows])


def item(scene: Scene, row: Estimate, *, interval: bool = False, base: bool = False) -> str:
    """A category with its value."""
    values = {
        "name": scene.category(row),
        "value": scene.value(row, signed=row.is_difference),
        "base": scene.base(row),
    }
    if not row.has_interval or not (interval or base):
        return scene.words.say("sentence.item", **values)
    values["range"] = scene.range_of(row.ci_low, row.ci_high, scene.unit_of(row))
    return scene.words.say("sentence.item_base" if base else "sentence.item_interval", **values)


def differences(scene: Scene, code: str) -> list[str]:
    """Which categories differ from all others, and that the rest do not."""
    rows = [row for row in scene.differences(code).values() if row.shown]
    if not rows:
        return []
    above, below = supported_differences(rows)
    if not above and not below:
        return [scene.names.say("sentence.no_difference")]
    said = [
        scene.words.say(
            key, rest=scene.names.say("place.rest"), items=difference_items(scene, found)
        )
        for key, found in (
            ("sentence.more_than_rest", above),
            ("sentence.less_than_rest", below),
        )
        if found
    ]
    counted = scene.words.say(
        "sentence.differences_counted",
        found=len(above) + len(below),
        all=scene.words.count("items_of", len(rows)),
    )
    return [*said, counted]


def supported_differences(rows: Iterable[Estimate]) -> tuple[list[Estimate], list[Estimate]]:
    """The supported differences above and below zero, the largest first."""
    supported = sorted(
        (row for row in rows if row.supported and is_sure(row)),
        key=lambda row: abs(row.estimate),
        reverse=True,
    )
    above = [row for row in supported if row.estimate > 0]
    return above, [row for row in supported if row.estimate < 0]


def supported_sign(difference: Estimate | None, row: Estimate | None) -> str:
    """▲ or ▼ where a sure value differs from all others with support; else empty."""
    if difference is None or row is None or not is_sure(row) or not is_sure(difference):
        return ""
    if not difference.supported:
        return ""
    return ABOVE if difference.estimate > 0 else BELOW


def difference_items(
    scene: Scene, rows: Sequence[Estimate], most: int = 5, *, intervals: bool = False
) -> str:
    """Categories with the size of their difference; those beyond ``most`` are counted."""
    named = [item(scene, row, interval=intervals) for row in rows[:most]]
    if len(rows) > most:
        named.append(scene.words.count("others", len(rows) - most))
    return scene.words.listed(named)


def extremes(scene: Scene, code: str, category: str, breakdowns: Iterable[str]) -> list[Extremes]:
    """The highest and lowest group of each breakdown that has two groups to compare.

    Groups of low precision are left out: they are not compared with anything.
    """
    found = []
    for name in breakdowns:
        rows = scene.groups(code, name, category)
        sure = [row for row in rows if row.has_interval and is_sure(row)]
        if len(sure) > 1:
            order = sorted(sure, key=lambda row: row.estimate)
            found.append(Extremes(name, order[-1], order[0]))
    return found


def groups(scene: Scene, code: str, category: str, breakdowns: Sequence[str]) -> list[str]:
    """By which breakdowns the groups differ, and by which they do not."""
    found = extremes(scene, code, category, breakdowns)
    if not found:
        return []
    said = [group_sentence(scene, "sentence.groups", pair) for pair in found if pair.distinct]
    others = [scene.names.breakdown(pair.breakdown) for pair in found if not pair.distinct]
    if others:
        quoted = [scene.words.say("sentence.quoted", text=other) for other in others]
        key = "sentence.groups_none_several" if len(others) > 1 else "sentence.groups_none"
        said.append(scene.words.say(key, breakdowns=scene.words.listed(quoted)))
    subject = _subject(scene, code, category)
    about = scene.words.say("sentence.about", indicator=subject, text=lowered(said[0]))
    return [about, *said[1:]]


def group_sentence(
    scene: Scene, key: str, pair: Extremes, *, intervals: bool = False, **values: object
) -> str:
    """A sentence on the highest and the lowest group."""
    return scene.words.say(
        key,
        breakdown=scene.names.breakdown(pair.breakdown),
        high=_group(scene, pair.high, interval=intervals),
        low=_group(scene, pair.low, interval=intervals),
        **values,
    )


def _group(scene: Scene, row: Estimate, *, interval: bool) -> str:
    return scene.words.say(
        "sentence.quoted_interval" if interval else "sentence.quoted_value",
        text=scene.names.group(row.breakdown, row.group),
        value=scene.value(row),
        range=scene.range_of(row.ci_low, row.ci_high, scene.unit_of(row)),
        base=scene.base(row),
    )


def gaps(scene: Scene, code: str) -> list[str]:
    """The largest gaps whose interval excludes zero, in both directions."""
    wanted, unwanted = supported_gaps(scene, code)
    said = [
        scene.words.say(key, items=items(scene, rows[:MOST_ITEMS]))
        for key, rows in (("sentence.gap_wanted", wanted), ("sentence.gap_unwanted", unwanted))
        if rows
    ]
    return said or [scene.words.say("sentence.gap_none")]


def supported_gaps(scene: Scene, code: str) -> tuple[list[Estimate], list[Estimate]]:
    """Gaps above and below zero whose interval excludes it, the largest first."""
    rows = [row for row in scene.totals(code) if row.has_interval and is_sure(row)]
    wanted = sorted((row for row in rows if row.ci_low > 0), key=lambda row: -row.estimate)
    return wanted, sorted((row for row in rows if row.ci_high < 0), key=lambda row: row.estimate)


def areas(scene: Scene, code: str, category: str = "") -> str:
    """The areas with the highest and the lowest value; empty when fewer than two are sure."""
    shown = [row for row in ranked(scene.by_area(code, category)) if is_sure(row)]
    if len(shown) < 2:
        return ""
    return scene.words.say(
        "sentence.areas",
        indicator=_subject(scene, code, category),
        first=scene.names.area(shown[0].area),
        first_value=scene.value(shown[0]),
        last=scene.names.area(shown[-1].area),
        last_value=scene.value(shown[-1]),
    )


def _subject(scene: Scene, code: str, category: str) -> str:
    """What a sentence is about, before a colon: with a dash where it has one itself."""
    return scene.words.typeset(scene.names.full(code, category).replace(": ", " – ", 1))


def _quantity(scene: Scene, row: Estimate) -> tuple[str, str]:
    if scene.unit_of(row) != "percent" or not row.has_interval:
        return "", ""
    return scene.words.quantity(row.estimate, row.ci_low)

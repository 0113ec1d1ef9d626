"""The findings of a summary, chosen by one rule that is the same for every area.

In this order: the standing indicators; the best and least known categories; the supported
differences to all others; the largest gaps; the groups whose intervals do not overlap. Where
these are too few, further indicators follow in a fixed order. Hidden values are passed over,
and so are values of low precision where something is ranked or compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from analysis.presentation import sentences
from analysis.presentation.makeup import FindingsSpec, split
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, ranked
from analysis.presentation.wording import filled

_MOST_IN_RANKING = 2
_MOST_DIFFERENCES = 2


def findings(scene: Scene, spec: FindingsSpec) -> list[str]:
    """The findings as sentences, each with figure, interval and base."""
    found = list(_first(scene, spec))[: spec.maximum]
    for reference in spec.more:
        if len(found) >= min(spec.minimum, spec.maximum):
            break
        found.extend(_standing(scene, reference))
    return found


def rule(scene: Scene, spec: FindingsSpec) -> str:
    """The rule in words."""
    return scene.names.say("finding.rule", minimum=spec.minimum, maximum=spec.maximum)


def _first(scene: Scene, spec: FindingsSpec) -> Iterator[str]:
    for reference in spec.always:
        yield from _standing(scene, reference)
    if spec.ranking:
        yield from _ranking(scene, spec)
    told = [text for code in spec.differences for text in _differences(scene, spec, code)]
    yield from told or _no_difference(scene, spec.differences)
    if spec.gap:
        yield from _gap(scene, spec, spec.gap)
    yield from _groups(scene, spec)


def _standing(scene: Scene, reference: str) -> Iterator[str]:
    code, category = split(reference)
    row = scene.total(code, category)
    if row is not None and row.shown:
        yield " ".join(filter(None, (sentences.level(scene, row, verbal=True), _apart(scene, row))))


def _apart(scene: Scene, row: Estimate) -> str:
    """How a value differs from all others; nothing without support, which is said once."""
    difference = sentences.compared(scene, row)
    return sentences.comparison(scene, row) if difference and difference.supported else ""


def unsupported(scene: Scene, spec: FindingsSpec) -> str:
    """That no difference is supported where none is told; empty where every one is told."""
    rows = (scene.total(*split(reference)) for reference in spec.always)
    found = [sentences.compared(scene, row) for row in rows if row is not None]
    if all(row is None or row.supported for row in found):
        return ""
    return scene.names.say("finding.unsupported")


def _ranking(scene: Scene, spec: FindingsSpec) -> Iterator[str]:
    assert spec.ranking is not None
    shown = [row for row in ranked(scene.totals(spec.ranking)) if sentences.is_sure(row)]
    if len(shown) < 2 * _MOST_IN_RANKING:
        return
    best, least = shown[:_MOST_IN_RANKING], shown[: -_MOST_IN_RANKING - 1 : -1]
    yield _said(
        scene,
        spec.ranking_text,
        "finding.ranking",
        indicator=scene.names.indicator(spec.ranking),
        top=sentences.items(scene, best, intervals=True),
        bottom=sentences.items(scene, least, intervals=True),
        base=scene.base(best[0]),
    )


def _differences(scene: Scene, spec: FindingsSpec, code: str) -> Iterator[str]:
    rows = [row for row in scene.differences(code).values() if row.shown]
    above, below = sentences.supported_differences(rows)
    name = scene.names.indicator(code)
    for key, text, supported in (
        ("finding.differences_above", spec.above_text, above),
        ("finding.differences_below", spec.below_text, below),
    ):
        if supported:
            items = sentences.difference_items(scene, supported, _MOST_DIFFERENCES, intervals=True)
            base = scene.base(supported[0])
            rest = scene.names.say("place.rest")
            yield _said(scene, text, key, indicator=name, rest=rest, items=items, base=base)


def _no_difference(scene: Scene, codes: Iterable[str]) -> Iterator[str]:
    """That nothing differs is said once, of the first indicator that is compared."""
    for code in codes:
        rows = [row for row in scene.differences(code).values() if row.shown]
        if rows:
            count = scene.words.count("items_of", len(rows))
            name = scene.names.indicator(code)
            yield scene.names.say("finding.differences_none", indicator=name, all=count)
            return


def _gap(scene: Scene, spec: FindingsSpec, code: str) -> Iterator[str]:
    wanted, _ = sentences.supported_gaps(scene, code)
    if wanted:
        yield _said(
            scene,
            spec.gap_text,
            "finding.gap",
            indicator=scene.names.indicator(code),
            items=sentences.items(scene, wanted[:_MOST_DIFFERENCES], intervals=True),
            base=scene.base(wanted[0]),
        )


def _said(scene: Scene, text: Mapping[str, str], key: str, **values: str) -> str:
    """The text of the make-up, or else the phrase, with the same values."""
    if not text:
        return scene.words.say(key, **values)
    chosen = scene.names.text(text)
    return scene.words.typeset(filled(chosen, {**scene.area_values, **values}))


def _groups(scene: Scene, spec: FindingsSpec) -> Iterator[str]:
    """For each indicator the breakdown with the widest gap between groups apart."""
    for reference in spec.groups:
        code, category = split(reference)
        pairs = sentences.extremes(scene, code, category, spec.breakdowns)
        distinct = [pair for pair in pairs if pair.distinct]
        if distinct:
            widest = max(distinct, key=lambda pair: pair.high.estimate - pair.low.estimate)
            name = scene.names.full(code, category)
            yield sentences.group_sentence(
                scene, "finding.groups", widest, intervals=True, indicator=name
            )

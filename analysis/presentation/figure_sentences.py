"""Sentences that go with figures: quadrants, two groups, places among areas, types."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.presentation.crossed import crossed, in_quadrants, quadrant_names
from analysis.presentation.figure_specs import MatrixSpec, TypologySpec
from analysis.presentation.paired import Compared, in_pairs
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene
from analysis.presentation.sentences import MOST_ITEMS
from analysis.presentation.tables import bracketed
from analysis.presentation.typology import kind_name, members, typed_areas
from analysis.presentation.wording import capitalised, lowered


def matrix(scene: Scene, spec: MatrixSpec) -> list[str]:
    """Which categories surely stand in which quadrant, and how many cannot be placed."""
    points = [point for point in crossed(scene, spec) if point.drawn]
    if not points:
        return []
    names = quadrant_names(scene, spec)
    told = [
        scene.words.say(
            "sentence.quadrant",
            quadrant=capitalised(names[name]),
            items=_counted(scene, [point.name for point in found]),
        )
        for name, found in in_quadrants(points).items()
    ]
    unsure = sum(point.quadrant is None for point in points)
    if not told:
        return [scene.words.say("sentence.quadrant_none")]
    if unsure:
        told.append(
            scene.words.say(
                "sentence.quadrant_rest",
                count=scene.words.count("items_of", len(points)),
                unsure=unsure,
            )
        )
    return told


def groups_compare(
    scene: Scene, code: str, breakdown: str, compared: tuple[str, str], about: str = ""
) -> list[str]:
    """In which categories one group is surely higher, with both values.

    Parameters
    ----------
    about
        What the values are and where, to begin with.
    """
    pairs = [pair for pair in in_pairs(scene, code, breakdown, compared) if pair.comparable]
    if not pairs:
        return []
    titles = [scene.names.group(breakdown, group) for group in compared]
    said = []
    for side, title, other in (("first", *titles), ("second", *titles[::-1])):
        found = [pair for pair in pairs if pair.higher == side]
        if found:
            said.append(
                scene.words.say(
                    "sentence.higher_group",
                    group=title,
                    other=other,
                    items=_pair_items(scene, found, side),
                )
            )
    if not said:
        alike_said = scene.words.say("sentence.groups_same", first=titles[0], second=titles[1])
        return [_beginning(scene, about, alike_said)]
    said[0] = _beginning(scene, about, said[0])
    alike = sum(not pair.higher for pair in pairs)
    if alike:
        counted = scene.words.count("items_of", len(pairs))
        said.append(scene.words.say("sentence.groups_others", alike=alike, all=counted))
    return said


def _beginning(scene: Scene, about: str, text: str) -> str:
    if not about:
        return text
    indicator = about.replace(": ", " – ", 1)
    return scene.words.say("sentence.about", indicator=indicator, text=lowered(text))


def _pair_items(scene: Scene, pairs: Sequence[Compared], side: str) -> str:
    ordered = sorted(pairs, key=lambda pair: -_distance(pair))
    named = [
        scene.words.say(
            "sentence.pair_item",
            name=pair.name,
            value=scene.value(pair.first if side == "first" else pair.second),
            other=scene.value(pair.second if side == "first" else pair.first),
        )
        for pair in ordered[:MOST_ITEMS]
    ]
    if len(ordered) > MOST_ITEMS:
        named.append(scene.words.count("others", len(ordered) - MOST_ITEMS))
    return scene.words.listed(named)


def _distance(pair: Compared) -> float:
    """How far apart the two intervals are; only puts items into an order."""
    return max(pair.first.ci_low - pair.second.ci_high, pair.second.ci_low - pair.first.ci_high)


def rank_sets(scene: Scene, code: str, category: str = "") -> list[str]:
    """The place of the area, or for the whole which areas are surely among the first or last."""
    ranks = {area: rank for area, rank in scene.ranks(code, category).items() if rank.has_interval}
    shown = {row.area: row for row in scene.by_area(code, category) if row.shown}
    ranks = {area: rank for area, rank in ranks.items() if area in shown}
    if not ranks:
        return []
    if not scene.is_whole:
        return _own_place(scene, ranks.get(scene.area), shown.get(scene.area), len(ranks))
    return _places(scene, ranks, _subject(scene, code, category))


def _own_place(scene: Scene, rank: Estimate | None, row: Estimate | None, count: int) -> list[str]:
    if rank is None or row is None:
        return []
    value = scene.value(row)
    key = "sentence.place_any" if _says_nothing(rank, count) else "sentence.place"
    return [
        scene.words.say(
            key,
            area=scene.area_values["area"],
            indicator=_subject(scene, row.indicator, row.category),
            value=bracketed(value) if row.uncertain else value,
            places=scene.places(rank),
            count=scene.names.areas_counted(count),
            confidence=scene.confidence,
        )
    ]


def _subject(scene: Scene, code: str, category: str) -> str:
    """What a sentence is about, before a colon: with a dash where it has one itself."""
    return scene.words.typeset(scene.names.full(code, category).replace(": ", " – ", 1))


def _says_nothing(rank: Estimate, count: int) -> bool:
    return rank.ci_low <= 1 and rank.ci_high >= count


def _places(scene: Scene, ranks: dict[str, Estimate], name: str) -> list[str]:
    """Areas surely in the upper or the lower third, and how many cannot be told apart."""
    third = max(1, len(ranks) // 3)
    first = [area for area, rank in ranks.items() if rank.ci_high <= third]
    last = [area for area, rank in ranks.items() if rank.ci_low > len(ranks) - third]
    said = [
        scene.words.say(
            key,
            indicator=name,
            number=third,
            count=scene.names.areas_counted(len(ranks)),
            items=scene.words.listed(
                [f"{scene.names.area(area)} ({scene.places(ranks[area])})" for area in found]
            ),
        )
        for key, found in (("sentence.places_first", first), ("sentence.places_last", last))
        if found
    ]
    if not said:
        return [scene.words.say("sentence.places_none", indicator=name, number=third)]
    return said


def typology(scene: Scene, spec: TypologySpec) -> list[str]:
    """The type of the area; for the whole, the areas of each type."""
    areas = typed_areas(scene, spec)
    if not scene.is_whole:
        own = next((one for one in areas if one.area == scene.area), None)
        if own is None or own.kind == "unknown":
            return []
        name = kind_name(scene, spec, own.kind)
        return [scene.words.say("sentence.type", area=scene.area_values["area"], type=name)]
    return [
        scene.words.say(
            "sentence.type_areas",
            type=capitalised(kind_name(scene, spec, kind)),
            items=scene.words.listed([scene.names.area(code) for code in codes]),
        )
        for kind, codes in members(areas, spec)
        if codes
    ]


def _counted(scene: Scene, names: Sequence[str], most: int = 4) -> str:
    listed = list(names[:most])
    if len(names) > most:
        listed.append(scene.words.count("others", len(names) - most))
    return scene.words.listed(listed)

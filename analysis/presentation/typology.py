"""Types of areas by stated rules over supported differences.

Of each indicator an area lies above all others, below them, or cannot be told from them.
The first type whose conditions all hold is the area's; where a value that is not shown could
decide, the area is not put into any type. No distances, no clusters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from analysis.presentation.figure_specs import Side, TypologySpec
from analysis.presentation.makeup import conditions_of, split
from analysis.presentation.scene import Scene
from analysis.presentation.sentences import is_sure

#: What has no type: no conditions hold, or a hidden or uncertain value could decide.
OTHERWISE: Final = "otherwise"
UNKNOWN: Final = "unknown"
Kind = int | Literal["otherwise", "unknown"]


@dataclass(frozen=True)
class Typed:
    """An area, on which side of the others it lies by indicator, and its type.

    ``kind`` is the place of its type in the make-up.
    """

    area: str
    sides: Mapping[str, Side | None]
    kind: Kind


def typed_areas(scene: Scene, spec: TypologySpec) -> list[Typed]:
    """All areas with their types, in the order of the areas."""
    references = conditions_of(spec)
    found = []
    for area in scene.study.areas.index:
        sides = {reference: _side(scene, reference, area) for reference in references}
        found.append(Typed(area, sides, _kind(spec, sides)))
    return found


def members(areas: Sequence[Typed], spec: TypologySpec) -> list[tuple[Kind, list[str]]]:
    """The areas of each type in the order of the types, then those that have none."""
    kinds: list[Kind] = [*range(len(spec.types)), OTHERWISE, UNKNOWN]
    by_kind = [(kind, [one.area for one in areas if one.kind == kind]) for kind in kinds]
    return [(kind, codes) for kind, codes in by_kind if codes or kind not in (OTHERWISE, UNKNOWN)]


def kind_name(scene: Scene, spec: TypologySpec, kind: Kind) -> str:
    """What a type is called."""
    if kind == UNKNOWN:
        return scene.words.say("typology.unknown")
    return scene.names.text(spec.otherwise if kind == OTHERWISE else spec.types[int(kind)].label)


def letter(kind: Kind) -> str:
    """The letter of a type on a map; empty for what has none."""
    return chr(ord("A") + kind) if isinstance(kind, int) else ""


def reference_name(scene: Scene, labels: Mapping[str, Mapping[str, str]], reference: str) -> str:
    """What an indicator is called: by the make-up, or by its definition."""
    if reference in labels:
        return scene.names.text(labels[reference])
    return scene.names.full(*split(reference))


def conditions(scene: Scene, spec: TypologySpec, kind: Kind) -> str:
    """What has to hold for a type, in words."""
    if kind == UNKNOWN:
        return scene.words.say("typology.unknown_why")
    if kind == OTHERWISE:
        return scene.words.say("typology.otherwise_why")
    said = [
        scene.words.say(
            f"typology.{side}",
            indicator=reference_name(scene, spec.labels, reference),
            rest=scene.names.say("place.rest"),
        )
        for reference, side in spec.types[int(kind)].when.items()
    ]
    return "; ".join(said)


def _side(scene: Scene, reference: str, area: str) -> Side | None:
    code, category = split(reference)
    row, difference = scene.total(code, category, area), scene.difference(code, category, area)
    if row is None or difference is None or not is_sure(row) or not is_sure(difference):
        return None
    if not difference.supported:
        return "same"
    return "above" if difference.estimate > 0 else "below"


def _kind(spec: TypologySpec, sides: Mapping[str, Side | None]) -> Kind:
    for place, kind in enumerate(spec.types):
        found = [(sides[reference], wanted) for reference, wanted in kind.when.items()]
        if any(side is not None and side != wanted for side, wanted in found):
            continue
        return place if all(side is not None for side, _ in found) else UNKNOWN
    return OTHERWISE

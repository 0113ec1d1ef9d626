"""Two indicators crossed: in which quadrant a category surely stands.

A category stands in a quadrant only where the intervals of both of its values lie on one
side of the dividing values, which the make-up states; so no word rests on chance alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.presentation.figure_specs import MatrixSpec, Quadrant
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene
from analysis.presentation.sentences import is_sure

#: In the order in which they are spoken of: what is important and lacks most first.
QUADRANTS: tuple[Quadrant, ...] = ("high_low", "high_high", "low_low", "low_high")


@dataclass(frozen=True)
class Crossed:
    """One category: its two values, and the quadrant where it surely stands."""

    name: str
    upright: Estimate
    across: Estimate
    quadrant: Quadrant | None

    @property
    def drawn(self) -> bool:
        """Whether both values may be shown."""
        return self.upright.shown and self.across.shown


def crossed(scene: Scene, spec: MatrixSpec) -> list[Crossed]:
    """The categories that both indicators have, in the order of the first."""
    across = {row.category: row for row in scene.totals(spec.across)}
    return [
        Crossed(
            scene.category(row), row, across[row.category],
            _quadrant(row, across[row.category], spec.divide_upright, spec.divide_across),
        )
        for row in scene.totals(spec.upright)
        if row.category in across
    ]  # fmt: skip


def in_quadrants(points: list[Crossed]) -> Mapping[Quadrant, list[Crossed]]:
    """The categories of each quadrant that surely has some."""
    found = {name: [point for point in points if point.quadrant == name] for name in QUADRANTS}
    return {name: members for name, members in found.items() if members}


def quadrant_names(scene: Scene, spec: MatrixSpec) -> dict[Quadrant, str]:
    """What the quadrants are called: by the make-up, or as importance and satisfaction."""
    return {
        name: scene.names.text(spec.quadrants[name])
        if name in spec.quadrants
        else scene.words.say(f"quadrant.{name}")
        for name in QUADRANTS
    }


def divided_at(scene: Scene, spec: MatrixSpec) -> str:
    """The dividing values in words, for a note."""
    upright, across = (
        scene.amount(value, scene.names.unit(code))  # type: ignore[arg-type]
        for code, value in ((spec.upright, spec.divide_upright), (spec.across, spec.divide_across))
    )
    return scene.words.say("note.matrix", upright=upright, across=across)


def _quadrant(up: Estimate, across: Estimate, at_up: float, at_across: float) -> Quadrant | None:
    sides = (_side(up, at_up), _side(across, at_across))
    known: dict[tuple[str, str], Quadrant] = {
        ("high", "high"): "high_high",
        ("high", "low"): "high_low",
        ("low", "high"): "low_high",
        ("low", "low"): "low_low",
    }
    return known.get(sides)


def _side(row: Estimate, limit: float) -> str:
    if not is_sure(row) or not row.has_interval:
        return ""
    if row.ci_low > limit:
        return "high"
    return "low" if row.ci_high < limit else ""

"""Rows of a target group: its members, all others, and which of the two is surely higher."""

from __future__ import annotations

from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene
from analysis.target_groups import MEMBER, OTHER, TargetGroup


def members(
    scene: Scene, code: str, group: TargetGroup, category: str = "", area: str | None = None
) -> Estimate | None:
    """The row of the members of a group."""
    return _side(scene, code, group, category, area, MEMBER)


def others(
    scene: Scene, code: str, group: TargetGroup, category: str = "", area: str | None = None
) -> Estimate | None:
    """The row of those who do not belong to a group."""
    return _side(scene, code, group, category, area, OTHER)


def _side(
    scene: Scene, code: str, group: TargetGroup, category: str, area: str | None, side: str
) -> Estimate | None:
    rows = scene.groups(code, group.variable, category, area)
    return next((row for row in rows if row.group == side), None)


def apart(first: Estimate | None, second: Estimate | None) -> int:
    """1 where the first value is surely higher, −1 where it is surely lower, else 0."""
    if first is None or second is None or not (first.has_interval and second.has_interval):
        return 0
    return int(first.ci_low > second.ci_high) - int(first.ci_high < second.ci_low)

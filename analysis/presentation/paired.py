"""Two groups of people side by side: which of them is surely higher, if any.

No difference is calculated here. One group is called higher only where both values are sure
and their intervals do not overlap, as everywhere between groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene
from analysis.presentation.sentences import is_sure


@dataclass(frozen=True)
class Compared:
    """One category of an indicator in both groups."""

    name: str
    first: Estimate
    second: Estimate

    @property
    def comparable(self) -> bool:
        """Whether both values are sure and have intervals."""
        return all(is_sure(row) and row.has_interval for row in (self.first, self.second))

    @property
    def higher(self) -> Literal["first", "second", ""]:
        """The group that is surely higher."""
        if not self.comparable:
            return ""
        if self.first.ci_low > self.second.ci_high:
            return "first"
        return "second" if self.second.ci_low > self.first.ci_high else ""


def in_pairs(
    scene: Scene, code: str, breakdown: str, compared: Sequence[str], *, sort: bool = True
) -> list[Compared]:
    """The categories of an indicator for which both groups have a row."""
    pairs = []
    for category in scene.names.categories(code) or [""]:
        if category in scene.exclude:
            continue
        by_group = {row.group: row for row in scene.groups(code, breakdown, category)}
        if all(group in by_group for group in compared):
            first, second = (by_group[group] for group in compared)
            pairs.append(Compared(scene.category(first), first, second))
    if not sort:
        return pairs
    shown = [pair for pair in pairs if pair.first.shown]
    ordered = sorted(shown, key=lambda pair: -pair.first.estimate)
    return ordered + [pair for pair in pairs if not pair.first.shown]

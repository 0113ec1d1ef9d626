"""Merging of levels that a sample cannot carry, by one stated rule.

In each area and margin a level needs mending when it has respondents but no population, a
population but no respondents, or fewer respondents than ``minimum_cell``. The level with the
fewest respondents goes first; it joins the neighbouring level in the order of the list, of
two neighbours the one with fewer respondents, of two equal ones the lower. In a joint margin
neighbours differ in the last variable only; where a whole row of them is too thin, it joins
the neighbouring row. Levels that are empty on both sides are passed over. The rule ends when
nothing needs mending or one level is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.weighting.diagnostics import COLLAPSED
from analysis.weighting.targets import Codes, Floats, MarginTarget

NO_POPULATION: Final = "no_population"
NO_RESPONDENTS: Final = "no_respondents"
THIN: Final = "thin"
_GRAVITY: Final = (NO_POPULATION, NO_RESPONDENTS, THIN)


@dataclass(frozen=True)
class _Slot:
    """Levels merged so far, with their respondents, population and why they were merged."""

    levels: tuple[int, ...]
    n: int
    population: float
    reasons: frozenset[str] = frozenset()

    def need(self, minimum: int) -> str:
        """Why the slot cannot stay alone; empty when it can."""
        if self.n and not self.population:
            return NO_POPULATION
        if not self.n and self.population:
            return NO_RESPONDENTS
        return THIN if self.n < minimum else ""

    def joined(self, other: _Slot, reason: str) -> _Slot:
        return _Slot(
            tuple(sorted(self.levels + other.levels)),
            self.n + other.n,
            self.population + other.population,
            self.reasons | other.reasons | {reason},
        )


def collapse(
    target: MarginTarget,
    area: Codes,
    areas: Sequence[str],
    minimum_cell: int,
    row_length: int | None = None,
    kept: int = 0,
) -> tuple[MarginTarget, pd.DataFrame]:
    """A margin in which every level of every area can be met.

    Parameters
    ----------
    target
        The margin as defined.
    area
        Position of each row's area.
    minimum_cell
        Fewest respondents of a level in an area.
    row_length
        Number of levels of the last variable of a joint margin; all when not given.
    kept
        So many levels at the end are no answers and are never merged.

    Returns
    -------
    MarginTarget
        Merged levels bear the place and name of the first of them.
    DataFrame
        area, margin, levels (joined by `` + ``) and reason of each merger.
    """
    size = len(target.levels) - kept
    counts = np.bincount(target.cells(area), minlength=target.totals.size)
    counts = counts.reshape(target.totals.shape)
    place = np.tile(np.arange(len(target.levels)), (len(areas), 1))
    merged: list[dict[str, str]] = []
    for position, name in enumerate(areas):
        own = counts[position, :size], target.totals[position, :size]
        slots = _merged_slots(*own, minimum_cell, row_length or size)
        for slot in slots:
            place[position, list(slot.levels)] = slot.levels[0]
        merged.extend(_row(target, name, slot) for slot in slots if slot.reasons)
    return _regrouped(target, area, place), pd.DataFrame(merged, columns=COLLAPSED)


def _merged_slots(
    n: NDArray[np.intp], population: Floats, minimum: int, row_length: int
) -> list[_Slot]:
    rows = []
    for start in range(0, len(n), row_length):
        levels = range(start, start + row_length)
        slots = [
            _Slot((level,), int(n[level]), float(population[level]))
            for level in levels
            if n[level] or population[level]
        ]
        if slots:
            rows.append(_merged(slots, minimum))
    return _merged_rows(rows, minimum)


def _merged(slots: list[_Slot], minimum: int) -> list[_Slot]:
    """The slots of one row, merged until none needs it or one is left."""
    slots = list(slots)
    while len(slots) > 1:
        needy = [place for place, slot in enumerate(slots) if slot.need(minimum)]
        if not needy:
            break
        place, other = _pair(slots, needy)
        joined = slots[place].joined(slots[other], slots[place].need(minimum))
        slots[min(place, other) : max(place, other) + 1] = [joined]
    return slots


def _merged_rows(rows: list[list[_Slot]], minimum: int) -> list[_Slot]:
    """Rows that are one needy slot are merged with a neighbouring row, whole."""
    while len(rows) > 1:
        needy = [place for place, row in enumerate(rows) if len(row) == 1 and row[0].need(minimum)]
        if not needy:
            break
        wholes = [_whole(row) for row in rows]
        place, other = _pair(wholes, needy)
        joined = wholes[place].joined(wholes[other], wholes[place].need(minimum))
        rows[min(place, other) : max(place, other) + 1] = [[joined]]
    return [slot for row in rows for slot in row]


def _pair(slots: Sequence[_Slot], needy: Sequence[int]) -> tuple[int, int]:
    """The slot to mend and the neighbour it joins, each the one with fewest respondents."""
    place = min(needy, key=lambda candidate: slots[candidate].n)
    neighbours = [other for other in (place - 1, place + 1) if 0 <= other < len(slots)]
    return place, min(neighbours, key=lambda candidate: slots[candidate].n)


def _whole(row: list[_Slot]) -> _Slot:
    first, *others = row
    for slot in others:
        first = first.joined(slot, "")
    return first


def _row(target: MarginTarget, area: str, slot: _Slot) -> dict[str, str]:
    reason = next(reason for reason in _GRAVITY if reason in slot.reasons)
    names = " + ".join(target.levels[level] for level in slot.levels)
    return {"area": area, "margin": target.name, "levels": names, "reason": reason}


def _regrouped(target: MarginTarget, area: Codes, place: NDArray[np.intp]) -> MarginTarget:
    totals = np.zeros_like(target.totals)
    np.add.at(totals, (np.arange(len(totals))[:, None], place), target.totals)
    return MarginTarget(target.name, target.levels, place[area, target.codes], totals)

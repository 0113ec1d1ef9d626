"""Scales of charts, the same in all areas of a study.

They are made from the released rows of all areas, so that every report shows an indicator on
the same one. Shares begin at 0 and end at a round percentage that holds them everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from analysis.presentation.charts.marks import Scale
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene, Unit

PERCENT = Scale(0.0, 1.0, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0), "percent")
SHARES = (
    Scale(0.0, 0.1, (0.0, 0.02, 0.04, 0.06, 0.08, 0.1), "percent"),
    Scale(0.0, 0.2, (0.0, 0.05, 0.1, 0.15, 0.2), "percent"),
    Scale(0.0, 0.4, (0.0, 0.1, 0.2, 0.3, 0.4), "percent"),
    Scale(0.0, 0.6, (0.0, 0.2, 0.4, 0.6), "percent"),
    PERCENT,
)


def scale_for(
    scene: Scene,
    code: str,
    category: str | None = None,
    among: Iterable[Estimate] = (),
    breakdowns: Sequence[str] = (),
) -> Scale:
    """The scale of an indicator, the same for every area of the study.

    It is made from the totals of all areas and from their groups by ``breakdowns``, and is
    wider only where ``among``, the rows to be drawn, would not fit. All categories share
    one scale when none is named; those that the scene leaves out do not count.
    """
    unit: Unit = scene.names.unit(code, category or "")  # type: ignore[assignment]
    drawn = [row for row in (*_everywhere(scene, code, category, breakdowns), *among) if row.shown]
    limits = [limit for row in drawn for limit in limits_of(row)]
    signed = any(row.is_difference for row in drawn)
    if unit == "percent" and not signed:
        return share_scale(limits)
    return nice_scale(limits, unit, symmetric=signed)


def _everywhere(
    scene: Scene, code: str, category: str | None, breakdowns: Sequence[str]
) -> Iterator[Estimate]:
    """The totals of an indicator in all areas, and its groups there."""
    for area in (*scene.study.areas.index, scene.whole):
        totals = scene.totals(code, area)
        yield from (row for row in totals if category is None or row.category == category)
        for name in breakdowns:
            yield from scene.by_groups(code, name, category, area)


def share_scale(limits: Sequence[float]) -> Scale:
    """The narrowest of a few scales for shares that holds all limits.

    Few, so that charts beside each other are seldom on different ones.
    """
    farthest = max(limits, default=1.0)
    return next((scale for scale in SHARES if farthest <= scale.high + 1e-9), PERCENT)


def difference_scale(scene: Scene, code: str) -> Scale:
    """The scale of the differences of an indicator, the same for every area."""
    rows = [
        row
        for area in scene.study.areas.index
        for row in scene.differences(code, area).values()
        if row.shown
    ]
    limits = [limit for row in rows for limit in limits_of(row)]
    unit = scene.unit_of(rows[0]) if rows else "points"
    return nice_scale(limits, unit, symmetric=True)


def scale_over(scene: Scene, pairs: Sequence[tuple[str, str]], *, close: bool = False) -> Scale:
    """The scale of several indicators of one unit, the same for every area.

    ``close`` lets shares end before 100 % where no interval in any area reaches farther, for
    charts that have little room.
    """
    if close and scene.names.unit(*pairs[0]) == "percent":
        rows = (
            row
            for area in (*scene.study.areas.index, scene.whole)
            for pair in pairs
            if (row := scene.total(*pair, area)) is not None and row.shown
        )
        farthest = max((limit for row in rows for limit in limits_of(row)), default=1.0)
        ticks = tuple(tick for tick in PERCENT.ticks if tick < farthest + 0.2 - 1e-9)
        return Scale(0.0, ticks[-1], ticks, "percent")
    scales = [scale_for(scene, code, category) for code, category in pairs]
    low, high = min(scale.low for scale in scales), max(scale.high for scale in scales)
    fitting = (scale for scale in scales if scale.low <= low and scale.high >= high)
    widest = next(fitting, None)
    return widest or nice_scale([low, high], scales[0].unit, symmetric=low < 0)


def close_scale(scene: Scene, code: str, inside: float) -> Scale:
    """A scale that need not begin at zero, the same for every area: for points, not for bars.

    ``inside`` lies within it, not at an end, unless shares go no farther.
    """
    unit: Unit = scene.names.unit(code)  # type: ignore[assignment]
    places = (*scene.study.areas.index, scene.whole)
    rows = [row for area in places for row in scene.totals(code, area) if row.shown]
    limits = [inside, *(limit for row in rows for limit in limits_of(row))]
    low, high = min(limits), max(limits)
    step = _nice_step(max(high - low, 1e-6) / 5)
    first = math.floor(min(low, inside - 0.5 * step) / step + 1e-9)
    last = math.ceil(max(high, inside + 0.5 * step) / step - 1e-9)
    if unit == "percent":
        first, last = max(first, 0), min(last, math.floor(1 / step + 1e-9))
    ticks = tuple(place * step for place in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks, unit)


def limits_of(row: Estimate) -> tuple[float, ...]:
    """What a scale has to hold of a row: its value and the limits of its interval."""
    return (row.estimate, row.ci_low, row.ci_high) if row.has_interval else (row.estimate,)


def nice_scale(limits: Sequence[float], unit: Unit, *, symmetric: bool) -> Scale:
    """A scale with round ticks that holds all limits and zero."""
    farthest = max((abs(limit) for limit in limits), default=1.0) or 1.0
    step = _nice_step(farthest / (2 if symmetric else 4))
    high = math.ceil(round(farthest / step, 6)) * step
    low = -high if symmetric or any(limit < 0 for limit in limits) else 0.0
    count = round((high - low) / step)
    return Scale(low, high, tuple(low + place * step for place in range(count + 1)), unit)


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999)

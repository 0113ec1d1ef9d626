"""What weights are to meet: margins of one or several areas, ready for computing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import Issue, WorkbenchError

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

#: Totals of two margins that differ by less than this part are the same number.
SAME_TOTAL = 1e-9
_SHOWN = 12


@dataclass(frozen=True)
class Miss:
    """By how much the weights miss one level of one margin in one area.

    ``difference`` is the weighted count less the target, ``relative`` its part of the target
    (of the area's total where the target is 0).
    """

    margin: str
    level: str
    area: str
    target: float
    weighted: float

    @property
    def difference(self) -> float:
        """Weighted count less the target."""
        return self.weighted - self.target

    @property
    def relative(self) -> float:
        """The difference as a part of the target; infinite where only the target is 0."""
        if self.difference == 0:
            return 0.0
        return abs(self.difference / self.target) if self.target else float("inf")

    def issue(self, what: str, hint: str | None = None) -> Issue:
        """The miss as an issue that names margin, level, area and size."""
        place = f" in the area {self.area}" if self.area else ""
        return Issue(
            f"margin {self.margin}, level {self.level}{place}: {what}",
            expected=f"{self.target:.10g}",
            got=f"{self.weighted:.10g} (off by {self.difference:+.4g})",
            hint=hint,
        )


@dataclass(frozen=True)
class MarginTarget:
    """One margin: each row's level and the total of every level in every area.

    Parameters
    ----------
    name
        The margin, as messages name it.
    levels
        Names of the levels, in order.
    codes
        Position of each row's level, ``(rows,)``.
    totals
        Population totals, ``(areas, levels)``.
    """

    name: str
    levels: tuple[str, ...]
    codes: Codes
    totals: Floats

    def cells(self, area: Codes) -> Codes:
        """Position of each row's level among all levels of all areas."""
        return area * len(self.levels) + self.codes

    def sums(self, area: Codes, weights: Floats) -> Floats:
        """Weighted counts, ``(areas, levels)``."""
        counts = weighted_counts(self.cells(area), weights, self.totals.size)
        return counts.reshape(self.totals.shape)

    def misses(self, area: Codes, weights: Floats) -> Floats:
        """Relative misses, ``(areas, levels)``; infinite where only the target is 0."""
        return relative_miss(self.sums(area, weights), self.totals)


@dataclass(frozen=True)
class NumericTarget:
    """A numeric variable whose total is known.

    Parameters
    ----------
    name
        The variable.
    values
        One per row.
    totals
        Population total of every area.
    """

    name: str
    values: Floats
    totals: Floats


Target = MarginTarget | NumericTarget


def weighted_counts(codes: Codes, weights: Floats, size: int) -> Floats:
    """Sum of the weights of every code from 0 to ``size`` − 1."""
    return np.asarray(np.bincount(codes, weights, minlength=size), dtype=float)


def relative_miss(sums: Floats, totals: Floats) -> Floats:
    """``|sums − totals| / totals``; 0 where both are 0, infinite where only the total is."""
    difference = np.abs(sums - totals)
    safe = np.where(totals > 0, totals, 1.0)
    return np.where(totals > 0, difference / safe, np.where(difference > 0, np.inf, 0.0))


def worst_misses(
    targets: Sequence[MarginTarget], area: Codes, weights: Floats, areas: Sequence[str]
) -> list[Miss]:
    """The largest miss of each margin, the worst of all first."""
    worst = []
    for target in targets:
        sums = target.sums(area, weights)
        place = np.unravel_index(relative_miss(sums, target.totals).argmax(), sums.shape)
        worst.append(_miss(target, sums, areas, int(place[0]), int(place[1])))
    return sorted(worst, key=lambda miss: -miss.relative)


def check_targets(
    targets: Sequence[MarginTarget], area: Codes, weights: Floats, areas: Sequence[str]
) -> None:
    """Refuse margins that no weights can meet for reasons seen without computing.

    Raises
    ------
    WorkbenchError
        If margins have unequal totals, a total is negative or not a number, or a level is
        on one side only: a total without respondents, respondents without a total.
    """
    if not targets:
        return
    issues = [*_number_issues(targets, areas)]
    if not issues:
        issues = [
            *_unequal_totals(targets, areas),
            *_one_sided_levels(targets, area, weights, areas),
        ]
    if issues:
        raise WorkbenchError("the margins cannot be met by any weights", issues=shortened(issues))


def shortened(issues: Sequence[Issue]) -> list[Issue]:
    """The first issues, and a note of how many more there are."""
    more = len(issues) - _SHOWN
    rest = [Issue(f"and {more} more of this kind")] if more > 0 else []
    return [*issues[:_SHOWN], *rest]


def _miss(target: MarginTarget, sums: Floats, areas: Sequence[str], area: int, level: int) -> Miss:
    return Miss(
        target.name,
        target.levels[level],
        areas[area],
        float(target.totals[area, level]),
        float(sums[area, level]),
    )


def _number_issues(targets: Sequence[MarginTarget], areas: Sequence[str]) -> Iterator[Issue]:
    for target in targets:
        wrong = ~np.isfinite(target.totals) | (target.totals < 0)
        for area, level in np.argwhere(wrong).tolist():
            yield Issue(
                f"margin {target.name}, level {target.levels[level]}{_of(areas[area])}: "
                "the total is not a number of people",
                expected="a finite number, 0 or more",
                got=f"{target.totals[area, level]:g}",
            )


def _unequal_totals(targets: Sequence[MarginTarget], areas: Sequence[str]) -> Iterator[Issue]:
    first, *others = targets
    expected = first.totals.sum(axis=1)
    for target in others:
        got = target.totals.sum(axis=1)
        for area in np.flatnonzero(np.abs(got - expected) > SAME_TOTAL * expected).tolist():
            yield Issue(
                f"margin {target.name}{_of(areas[area])} has another total than {first.name}",
                expected=f"{expected[area]:.10g}",
                got=f"{got[area]:.10g} (off by {got[area] - expected[area]:+.6g})",
                hint="rescale one of the margins to the total of the other",
            )


def _one_sided_levels(
    targets: Sequence[MarginTarget], area: Codes, weights: Floats, areas: Sequence[str]
) -> Iterator[Issue]:
    for target in targets:
        sums = target.sums(area, weights)
        for place, level in np.argwhere((sums > 0) != (target.totals > 0)).tolist():
            lacking = sums[place, level] == 0
            what = "no respondent" if lacking else "respondents, but a total of 0"
            yield _miss(target, sums, areas, place, level).issue(
                what, hint="merge it with a neighbouring level on both sides"
            )


def _of(area: str) -> str:
    return f" in the area {area}" if area else ""

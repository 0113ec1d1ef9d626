"""What a table, chart or sentence is made from: released rows, names and a place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from analysis.errors import WorkbenchError
from analysis.presentation.blocks import DataOrigin
from analysis.presentation.naming import Names
from analysis.presentation.numbers import Numbers
from analysis.presentation.rows import DIFFERENCES, EARLIER, RANK, Estimate, Rows
from analysis.presentation.wording import Words
from analysis.recommendations import Proposal, Rules, propose, read_rules
from analysis.study import Study

#: Stands for a share that rounding made 0, so that it is printed as less than the least.
_TINY = 1e-9

Unit = Literal["percent", "points", "number", "persons"]

#: A draft shows what nobody has approved yet, and says so; a release does not show it.
DRAFT, RELEASE = "draft", "release"
EDITIONS = (DRAFT, RELEASE)


def checked_edition(edition: str) -> str:
    """The edition, if there is such a one.

    Raises
    ------
    WorkbenchError
        If there is none.
    """
    if edition not in EDITIONS:
        raise WorkbenchError(
            f"there is no edition {edition}", expected=", ".join(EDITIONS), got=edition
        )
    return edition


@dataclass(frozen=True)
class Scene:
    """One area (or the whole) of a study in one language, seen through released rows."""

    names: Names
    rows: Rows
    area: str
    sample: str
    record: Mapping[str, Any] = field(default_factory=dict)
    statements: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    qualifier: str = ""
    edition: str = DRAFT

    @property
    def study(self) -> Study:
        """The study."""
        return self.names.study

    @property
    def words(self) -> Words:
        """The phrases of the language."""
        return self.names.words

    @property
    def numbers(self) -> Numbers:
        """How the language writes numbers."""
        return self.names.words.numbers

    @property
    def whole(self) -> str:
        """The code of all areas together."""
        return self.study.whole

    @property
    def is_whole(self) -> bool:
        """Whether the scene is about all areas together."""
        return self.area == self.whole

    @cached_property
    def area_values(self) -> dict[str, str]:
        """Placeholders that stand for the area and the whole."""
        return self.names.area_values(self.area)

    @cached_property
    def confidence(self) -> str:
        """The confidence of the intervals in percent, a bare number."""
        for row in self.rows:
            if row.confidence == row.confidence:
                return self.numbers.decimal(row.confidence * 100, 0)
        return "95"

    @cached_property
    def rules(self) -> Rules:
        """The rules of recommendations of the study."""
        return read_rules(self.study)

    @cached_property
    def proposals(self) -> list[Proposal]:
        """What the rules propose for the area, the most urgent first."""
        return propose(self.rules, self.rows.frame, self.area, self.whole)

    def at(self, area: str) -> Scene:
        """The same scene in another place."""
        return replace(self, area=area)

    def of_sample(self, sample: str) -> Scene:
        """The same scene of another sample, which is named wherever its rows are shown."""
        if sample == self.sample:
            return self
        title = self.names.text(self.study.samples[sample].title)
        return replace(self, sample=sample, qualifier=title)

    def without(self, categories: Sequence[str]) -> Scene:
        """The same scene with some categories left out."""
        return replace(self, exclude=tuple(categories)) if categories else self

    # --- rows -------------------------------------------------------------------------------

    def totals(self, code: str, area: str | None = None) -> list[Estimate]:
        """The totals of an indicator by category, in the order of the definition."""
        rows = self.rows.of(code, sample=self.sample, area=area or self.area)
        if not rows:
            rows = self.rows.of(code, sample=self.sample, area=area or self.area, comparison="rest")
        kept = (row for row in rows if row.category not in self.exclude)
        return in_order(kept, self.names.categories(code))

    def total(self, code: str, category: str = "", area: str | None = None) -> Estimate | None:
        """One total."""
        found = (row for row in self.totals(code, area) if row.category == category)
        return next(found, None)

    def differences(self, code: str, area: str | None = None) -> dict[str, Estimate]:
        """Area minus all others by category; from an indicator made of it, if need be."""
        area = area or self.area
        for other in (code, *self._comparisons_of(code)):
            rows = self.rows.of(other, sample=self.sample, area=area, comparison="rest")
            if rows:
                return {row.category: row for row in rows if row.category not in self.exclude}
        return {}

    def difference(self, code: str, category: str = "", area: str | None = None) -> Estimate | None:
        """One difference between the area and all others."""
        return self.differences(code, area).get(category)

    def rank(self, code: str, category: str = "", area: str | None = None) -> Estimate | None:
        """The set of places of an area among all: ``ci_low`` to ``ci_high``, 1 the highest."""
        area = area or self.area
        rows = self.rows.of(code, sample=self.sample, area=area, comparison=RANK, category=category)
        return rows[0] if rows else None

    def change(self, code: str, category: str = "") -> Estimate | None:
        """The difference of an area's total from that of the earlier wave."""
        rows = self.rows.of(
            code, sample=self.sample, area=self.area, comparison=EARLIER, category=category
        )
        return rows[0] if rows else None

    @property
    def earlier(self) -> Scene | None:
        """The same scene in the earlier wave of the sample; None where there is none."""
        sample = self.study.samples[self.sample].earlier
        return None if sample is None else replace(self, sample=sample)

    def groups(
        self, code: str, breakdown: str, category: str = "", area: str | None = None
    ) -> list[Estimate]:
        """An indicator by the groups of a breakdown, in the order of the groups."""
        rows = self.rows.of(
            code,
            sample=self.sample,
            area=area or self.area,
            breakdown=breakdown,
            category=category,
        )
        order = {name: place for place, name in enumerate(self.names.groups(breakdown))}
        return sorted(rows, key=lambda row: order.get(row.group, len(order)))

    def by_groups(
        self, code: str, breakdown: str, category: str | None, area: str
    ) -> list[Estimate]:
        """The groups of a breakdown, of one category or, when none is named, of all."""
        names = [category] if category is not None else self.names.categories(code) or [""]
        kept = (name for name in names if name not in self.exclude)
        return [row for name in kept for row in self.groups(code, breakdown, name, area)]

    def by_area(self, code: str, category: str = "") -> list[Estimate]:
        """The total of an indicator in each area, in the order of the areas."""
        rows = (self.total(code, category, area) for area in self.study.areas.index)
        return [row for row in rows if row is not None]

    def ranks(self, code: str, category: str = "") -> dict[str, Estimate]:
        """The set of places of each area, by area: point rank, and the limits of the set."""
        found = (
            row
            for area in self.study.areas.index
            for row in self.rows.of(
                code, sample=self.sample, area=area, comparison="rank", category=category
            )
        )
        return {row.area: row for row in found}

    def register(self, code: str, area: str | None = None) -> list[Estimate]:
        """The rows of an indicator that were counted in a register, not asked."""
        rows = self.rows.of_register(code, area=area or self.area)
        kept = (row for row in rows if row.category not in self.exclude)
        return in_order(kept, self.names.categories(code))

    def _comparisons_of(self, code: str) -> list[str]:
        return [
            indicator.code
            for indicator in self.study.indicators
            if indicator.statistic == "comparison" and indicator.of == code
        ]

    # --- numbers in words -------------------------------------------------------------------

    def unit_of(self, row: Estimate) -> Unit:
        """The unit of a row; differences of shares are in points."""
        unit = self.names.unit(row.indicator, row.category)
        if row.comparison == RANK:
            return "number"
        if row.comparison in DIFFERENCES and unit == "percent":
            return "points"
        return unit  # type: ignore[return-value]

    def value(self, row: Estimate, places: int | None = None, *, signed: bool = False) -> str:
        """The estimate of a row with its unit."""
        value = _TINY if row.below_rounding else row.estimate
        return self.amount(value, self.unit_of(row), places, signed=signed)

    def bare(self, row: Estimate) -> str:
        """The estimate of a row as in a chart, without its unit."""
        unit = self.unit_of(row)
        if unit == "percent":
            value = _TINY if row.below_rounding else row.estimate
            return self.numbers.percent(value).partition("%")[0].strip()
        factor = 100 if unit == "points" else 1
        return self.numbers.decimal(row.estimate * factor, 1, signed=row.is_difference)

    def amount(
        self, value: float, unit: Unit, places: int | None = None, *, signed: bool = False
    ) -> str:
        """A number with its unit: percent and persons whole, everything else with one place."""
        if unit == "persons":
            return self.numbers.whole(value)
        if unit == "percent":
            return self.numbers.percent(value, 0 if places is None else places)
        if unit == "points":
            return self.numbers.points(value, 1 if places is None else places, signed=signed)
        return self.numbers.decimal(value, 1 if places is None else places, signed=signed)

    def range_of(self, low: float, high: float, unit: Unit, places: int | None = None) -> str:
        """Two limits as a range with their unit; ``places`` of percent, else none."""
        if unit == "percent":
            return self.numbers.percent_range(low, high, places or 0)
        if unit == "points":
            return self.numbers.points_range(low, high)
        return self.numbers.span(low, high, 0 if unit == "persons" else 1)

    def places(self, rank: Estimate) -> str:
        """The places of a rank row, such as ``2.–9.``, or one where the set has only one."""
        low, high = (self.numbers.ordinal(round(limit)) for limit in (rank.ci_low, rank.ci_high))
        return low if low == high else f"{low}–{high}"

    def interval(self, row: Estimate) -> str:
        """``95% interval 84–90 %``; empty where the row has none."""
        if not row.has_interval:
            return ""
        limits = self.range_of(row.ci_low, row.ci_high, self.unit_of(row))
        return self.words.say("sentence.interval", confidence=self.confidence, range=limits)

    def base(self, row: Estimate) -> str:
        """``n = 398``."""
        return self.words.say("sentence.base", n=self.numbers.whole(row.n))

    def subject(self, code: str, category: str = "") -> str:
        """What a chart or table is about: indicator, category, and a sample not the main one."""
        name = self.names.full(code, category)
        return f"{name}, {self.qualifier}" if self.qualifier else name

    def category(self, row: Estimate, *, short: bool = True) -> str:
        """The category of a row in words, the indicator where it has only one."""
        name = self.names.category(row.indicator, row.category, "short" if short else "label")
        return name or self.names.indicator(row.indicator)


def in_order(rows: Iterable[Estimate], categories: Sequence[str]) -> list[Estimate]:
    """Rows in the order of their categories."""
    order = {name: place for place, name in enumerate(categories)}
    return sorted(rows, key=lambda row: order.get(row.category, len(order)))


def ranked(rows: Iterable[Estimate]) -> list[Estimate]:
    """Rows that may be shown by falling estimate, then the others in their order."""
    rows = list(rows)
    shown = sorted((row for row in rows if row.shown), key=lambda row: -row.estimate)
    return shown + [row for row in rows if not row.shown]


def data_origin(rows: Iterable[Estimate]) -> DataOrigin:
    """``modelled`` if any of the rows is."""
    return "modelled" if any(row.data_origin == "modelled" for row in rows) else "observed"

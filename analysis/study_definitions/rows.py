"""Rows of the flat lists of a study, and what is read from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from analysis.definitions import Definition
from analysis.expressions import Expression
from analysis.questionnaire import Labels


class VariableEntry(Definition):
    """A row of ``variables.csv`` as written."""

    name: str
    type: Literal["select_one", "integer", "decimal", "yes_no"]
    list: str | None = None
    label: dict[str, str]
    calculation: str
    wider: str | None = None
    sensitive: Literal["yes", "no", "auto"] = "auto"
    note: str = ""


class IndicatorEntry(Definition):
    """A row of ``indicators.csv`` as written."""

    code: str
    category: str = ""
    family: str
    label: dict[str, str]
    category_label: dict[str, str] = {}
    definition: dict[str, str]
    statistic: Literal[
        "share", "mean", "difference", "adjusted_difference", "comparison",
        "size", "count", "entrants", "mean_rank",
    ]  # fmt: skip
    over: str | None = None
    select: str | None = None
    base: str | None = None
    base_label: dict[str, str] = {}
    not_asked: Literal["exclude", "no"] = "exclude"
    of: str | None = None
    adjust: str = ""
    unit: Literal["percent", "points", "number", "persons"]
    minimum_n: int = 30
    minimum_n_comparison: int = 50
    need_type: str = ""
    sensitive: Literal["auto", "yes", "no"] = "auto"
    requires: str = ""
    source: str = ""
    version: str


class PlanEntry(Definition):
    """A row of ``plan.csv`` as written."""

    indicator: str
    sample: str
    breakdowns: str = ""
    levels: str = "area region"
    comparison: str = ""
    note: str = ""


#: What a plan may ask for beside an estimate: the area less the rest of the region, its place
#: among the areas, a model-based estimate, the change since the earlier wave.
COMPARISONS = ("rest", "rank", "model", "earlier")


class MarginEntry(Definition):
    """A row of ``margins.csv`` as written."""

    sample: str
    name: str
    variables: str
    table: str
    role: Literal["total", "share"]
    reference_date: date
    source: dict[str, str]


class ComparabilityEntry(Definition):
    """A row of ``comparability.csv`` as written."""

    sample: str
    question: str
    comparable: Literal["limited", "no"]
    reason: dict[str, str]


class AreaEntry(Definition):
    """A row of ``areas.csv`` as written."""

    code: str
    name: str
    genitive: str | None = None
    locative: str | None = None
    slug: str | None = None


@dataclass(frozen=True)
class Variable:
    """A derived variable.

    ``wider`` names the variable whose groups hold the groups of this one; into which of them
    a choice falls says its attribute ``wider``.
    """

    name: str
    type: str
    list: str | None
    label: Labels
    calculation: Expression
    sensitive: bool
    wider: str | None = None


@dataclass(frozen=True)
class Indicator:
    """What one row of ``indicators.csv`` defines; several rows may share a code."""

    code: str
    category: str
    family: str
    label: Labels
    category_label: Labels
    definition: Labels
    statistic: str
    over: str | None
    select: Expression | None
    base: Expression | None
    base_label: Labels
    not_asked: str
    of: str | None
    adjust: tuple[str, ...]
    unit: str
    minimum_n: int
    minimum_n_comparison: int
    need_type: str
    sensitive: bool
    requires: str
    source: str
    version: str
    sensitive_categories: frozenset[str] = frozenset()
    sensitive_base: bool = False
    sensitive_base_categories: frozenset[str] = frozenset()

    def reveals(self, category: str) -> bool:
        """Whether the value of a category reveals something sensitive."""
        return self.sensitive or category in self.sensitive_categories

    def has_sensitive_base(self, category: str) -> bool:
        """Whether it is sensitive in itself to belong to the base of a category."""
        return self.sensitive_base or category in self.sensitive_base_categories

    @property
    def sources(self) -> tuple[str, ...]:
        """The indicators it is computed from."""
        return tuple((self.of or "").split())

    @property
    def names(self) -> frozenset[str]:
        """The questions, variables and grids that the indicator is made of."""
        expressions = (self.select, self.base)
        used = [expression.names for expression in expressions if expression is not None]
        over = {self.over} if self.over else set()
        return frozenset().union(*used, over)


@dataclass(frozen=True)
class PlanRow:
    """One row of the analysis plan: an indicator in a sample by some breakdowns.

    ``comparisons`` are the rows that stand beside the estimates: :data:`COMPARISONS`.
    """

    indicator: str
    sample: str
    breakdowns: tuple[str, ...]
    levels: tuple[str, ...]
    comparisons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparability:
    """A question or variable whose answers differ from those of the earlier wave, and why."""

    sample: str
    question: str
    comparable: str
    reason: Labels


@dataclass(frozen=True)
class Margin:
    """A margin to weight to: variables, the table of its figures, its source and date."""

    sample: str
    name: str
    variables: tuple[str, ...]
    table: str
    role: str
    reference_date: date
    source: Labels

"""Rules that turn released rows into proposals, for a person to approve.

A rule is data: an indicator, conditions on the columns of its released rows, and a text. It
proposes nothing by itself; every proposal names the rule and the rows it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from pydantic import Field, model_validator

from analysis.definitions import Definition, Tree, parse_tree, read_tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.study import Study

RULES_FILE = "recommendations.yaml"
_SHOWN = ("ok", "true_zero")


class Condition(Definition):
    """One condition on a column; shares and their differences are proportions 0–1."""

    column: Literal["estimate", "ci_low", "ci_high", "p_adjusted", "n"]
    above: float | None = None
    below: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Condition:
        if all(bound is None for bound in (self.above, self.below, self.at_least, self.at_most)):
            raise ValueError("a condition needs above, below, at_least or at_most")
        return self

    def holds(self, rows: pd.DataFrame) -> pd.Series:
        """Where the condition holds; never where the column has no value."""
        values = rows[self.column]
        holds = values.notna()
        if self.above is not None:
            holds &= values > self.above
        if self.below is not None:
            holds &= values < self.below
        if self.at_least is not None:
            holds &= values >= self.at_least
        if self.at_most is not None:
            holds &= values <= self.at_most
        return holds


class Reliability(Definition):
    """Below this no rule speaks: the number of answers and the design effect of a row."""

    minimum_n: int = Field(default=30, ge=1)
    maximum_deff: float = Field(default=2.5, gt=0)


class Rule(Definition):
    """When something is proposed, and in what words.

    ``condition`` says in words what ``conditions`` say in numbers; ``order`` names the
    column that ranks the rows, the smallest first unless ``descending``.
    """

    id: str
    title: dict[str, str]
    condition: dict[str, str]
    text: dict[str, str]
    indicator: str
    category: str | None = None
    exclude: tuple[str, ...] = ()
    sample: str
    comparison: Literal["", "rest", "rank", "earlier"] = ""
    conditions: tuple[Condition, ...] = Field(min_length=1)
    order: Literal["estimate", "ci_low", "ci_high"] = "estimate"
    descending: bool = False


class Rules(Definition):
    """``recommendations.yaml``."""

    reliability: Reliability = Reliability()
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Proposal:
    """What a rule proposes for one area, and the ids of the rows it rests on, first first."""

    rule: Rule
    area: str
    row_ids: tuple[str, ...]


def read_rules(study: Study) -> Rules:
    """The rules of a study; none where it has no file of rules.

    Raises
    ------
    WorkbenchError
        With an issue for each rule that cannot be meant.
    """
    path = study.files / RULES_FILE
    if not path.exists():
        return Rules(rules=())
    tree = read_tree(path)
    rules = parse_tree(Rules, tree)
    issues = [
        issue
        for place, rule in enumerate(rules.rules)
        for issue in _issues(study, rule, tree, place)
    ]
    if issues:
        raise WorkbenchError(f"{RULES_FILE} cannot be used", issues=issues)
    return rules


def propose(rules: Rules, released: pd.DataFrame, area: str) -> list[Proposal]:
    """What the rules propose for an area.

    Parameters
    ----------
    rules
        The rules of the study.
    released
        Released rows; those of low precision and those not shown are passed over.
    area
        The code of the area.
    """
    totals = released[(released["area"] == area) & (released["breakdown"] == "")]
    sure = totals[totals["release"].isin(_SHOWN) & _is_reliable(totals, rules.reliability)]
    proposals = []
    for rule in rules.rules:
        found = _met(rule, sure)
        if len(found):
            proposals.append(Proposal(rule, area, tuple(found["row_id"])))
    return proposals


def _is_reliable(rows: pd.DataFrame, limits: Reliability) -> pd.Series:
    # A comparison has no design effect of its own, so only a known one counts against it.
    return (rows["n"] >= limits.minimum_n) & ~(rows["deff"] > limits.maximum_deff)


def _met(rule: Rule, rows: pd.DataFrame) -> pd.DataFrame:
    chosen = (
        (rows["indicator"] == rule.indicator)
        & (rows["sample"] == rule.sample)
        & (rows["comparison"] == rule.comparison)
        & ~rows["category"].isin(rule.exclude)
    )
    if rule.category is not None:
        chosen &= rows["category"] == rule.category
    found = rows[chosen]
    for condition in rule.conditions:
        found = found[condition.holds(found)]
    return found.sort_values([rule.order, "row_id"], ascending=[not rule.descending, True])


def _issues(study: Study, rule: Rule, tree: Tree, place: int) -> Iterable[Issue]:
    where = ("rules", place)
    codes = {indicator.code for indicator in study.indicators}
    if rule.indicator not in codes:
        yield tree.issue(
            f"there is no indicator {rule.indicator}",
            (*where, "indicator"),
            hint=suggestion(rule.indicator, codes),
        )
    if rule.sample not in study.samples:
        yield tree.issue(
            f"the study has no sample {rule.sample}",
            (*where, "sample"),
            expected=", ".join(study.samples),
            hint=suggestion(rule.sample, study.samples),
        )
    for name in ("title", "condition", "text"):
        for language in study.languages:
            if not getattr(rule, name).get(language):
                yield tree.issue(
                    f"a translation is missing: {language}", (*where, name), expected=language
                )

"""The named rule sets of the release stage, as typed data.

A rule set says when a number is too imprecise to be shown, when it tells too much about
few people, what it costs to hide a number, and how far released numbers are rounded.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, RootModel, model_validator

from analysis.definitions import Definition, parse_tree, read_tree, suggestion
from analysis.errors import WorkbenchError

RULE_SETS_FILE = Path(__file__).with_name("rule_sets.yaml")


class PrecisionRules(Definition):
    """When an estimate is not shown (``–``) or shown in brackets.

    Parameters
    ----------
    minimum_n, minimum_n_comparison
        Smallest unweighted base of an estimate and of each side of a comparison. An
        indicator's own minimum takes precedence.
    minimum_n_effective
        Smallest effective sample size.
    low_n
        Bases under this number are shown in brackets.
    maximum_cv
        Largest coefficient of variation shown without brackets. That of a share is the
        larger of those of the share and of its complement: se / min(p, 1 − p), because
        3 % yes and 97 % no are the same statement. Differences have no such rule, since
        a true difference may be 0.
    low_interval_width, maximum_interval_width
        Widths of the confidence interval of a share from which it is bracketed or hidden.
    maximum_relative_width
        Width over p above which a share is hidden; where it is only so over 1 − p, the share
        is bracketed, because its complement is not reliable.
    low_df
        Under so many degrees of freedom an estimate is bracketed.
    exempt_interval_width
        A share whose interval is at most this wide is exempt from the rules on the
        coefficient of variation and on the relative width.
    """

    minimum_n: int = Field(ge=0)
    minimum_n_comparison: int = Field(ge=0)
    minimum_n_effective: int = Field(default=0, ge=0)
    low_n: int = Field(default=0, ge=0)
    maximum_cv: float | None = Field(default=None, gt=0)
    low_interval_width: float | None = Field(default=None, gt=0, le=1)
    maximum_interval_width: float | None = Field(default=None, gt=0, le=1)
    maximum_relative_width: float | None = Field(default=None, gt=0)
    low_df: float = Field(default=0.0, ge=0)
    exempt_interval_width: float = Field(default=0.0, ge=0, le=1)


class DisclosureRules(Definition):
    """Which unweighted counts of a sensitive item may not be known.

    Parameters
    ----------
    smallest, largest
        Counts from ``smallest`` to ``largest`` are secret.
    protection_width
        What can be worked out about a hidden count must leave an interval at least this
        wide (or the whole of 0 … base, where the public base is smaller).
    hide_everybody
        100 % is secret: it says of each member of the group that the item is true.
    hide_nobody
        0 % is secret as well. By default it is shown: it says that the sensitive item is
        true of no one.
    hide_complement
        A count of "no" from ``smallest`` to ``largest`` is secret as well.
    """

    smallest: int = Field(ge=1)
    largest: int = Field(ge=1)
    protection_width: int = Field(ge=1)
    hide_everybody: bool
    hide_nobody: bool
    hide_complement: bool

    @model_validator(mode="after")
    def _ordered(self) -> DisclosureRules:
        if self.largest < self.smallest:
            raise ValueError("largest must not be less than smallest")
        return self


class Loss(Definition):
    """What hiding one number costs, by its place, in units of one group of one area.

    ``low_precision`` multiplies the cost of a bracketed number; ``base_only`` is the cost
    of hiding the base of a row whose value is not shown anyway.
    """

    region_total: float = Field(gt=0)
    region_group: float = Field(gt=0)
    area_total: float = Field(gt=0)
    area_group: float = Field(gt=0)
    low_precision: float = Field(gt=0, le=1)
    base_only: float = Field(gt=0)


class Rounding(Definition):
    """The steps to which released numbers are rounded; ``size`` is a number of inhabitants."""

    share: float = Field(gt=0)
    mean: float = Field(gt=0)
    n: int = Field(ge=1)
    n_effective: int = Field(ge=1)
    deff: float = Field(gt=0)
    p_value: float = Field(gt=0)
    size: int = Field(default=50, ge=1)


class RuleSet(Definition):
    """One named rule set."""

    name: str
    title: dict[str, str]
    source: str
    precision: PrecisionRules
    disclosure: DisclosureRules
    loss: Loss
    rounding: Rounding


class _RuleSets(RootModel[dict[str, RuleSet]]):
    @model_validator(mode="before")
    @classmethod
    def _named(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            raise ValueError("this file must map names to rule sets")
        return {
            name: {"name": name, **rules} if isinstance(rules, dict) else rules
            for name, rules in values.items()
        }


@cache
def rule_sets(path: Path = RULE_SETS_FILE) -> dict[str, RuleSet]:
    """The rule sets of a file by name.

    Raises
    ------
    WorkbenchError
        If the file is not YAML or a rule has a wrong value (with its line).
    """
    return parse_tree(_RuleSets, read_tree(path)).root


def rule_set(name: str, path: Path = RULE_SETS_FILE) -> RuleSet:
    """The rule set with this name.

    Raises
    ------
    WorkbenchError
        If there is none (with the nearest name).
    """
    known = rule_sets(path)
    if name not in known:
        raise WorkbenchError(
            "there is no such rule set",
            file=path.name,
            expected=", ".join(known),
            got=name,
            hint=suggestion(name, known),
        )
    return known[name]

"""What a rule is: conditions on released rows, and the words of what it proposes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from pydantic import Field, model_validator

from analysis.definitions import Definition, Path_, Tree, parse_tree, read_tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.study import Study

RULES_FILE = "recommendations.yaml"

#: What a text may ask for: the place in its cases, the items found, the group of a breakdown.
PLACEHOLDERS: Final = (
    "area", "area_genitive", "area_locative", "name", "name_genitive", "name_locative",
    "whole", "rest", "in_whole", "items", "group",
)  # fmt: skip

Texts = dict[str, str]
Topic = Literal["informing", "planning"]
Level = Literal["area", "whole", "both"]
Priority = Literal["high", "medium", "low"]
#: A number, or ``whole``: the limit of all areas together that lies nearest to the row.
Bound = float | Literal["whole"]

_BOUNDS = ("above", "at_least", "below", "at_most")
_UPWARDS = ("above", "at_least")
#: Columns that are limits; ``limit`` is the one that counts against the condition.
_LIMITS = {"ci_low": "up", "ci_high": "down", "limit": "", "share_limit": "up"}


class Condition(Definition):
    """One condition on a column; shares and their differences are proportions 0–1.

    ``limit`` is the limit of the interval that counts against the condition: the lower one
    for ``above`` and ``at_least``, the upper one for ``below`` and ``at_most``; of a full
    count, which has no interval, the value itself. ``share_limit`` is what a category surely
    makes up of all categories of its indicator together.
    """

    column: Literal["estimate", "ci_low", "ci_high", "limit", "share_limit", "p_adjusted", "n"]
    above: Bound | None = None
    below: Bound | None = None
    at_least: Bound | None = None
    at_most: Bound | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> Condition:
        if not self.bounds:
            raise ValueError("a condition needs above, below, at_least or at_most")
        if self.column == "share_limit" and self.directions != {"up"}:
            raise ValueError("share_limit is a lower limit: give above or at_least")
        return self

    @property
    def bounds(self) -> dict[str, Bound]:
        """The bounds that are given, by name."""
        given = {name: getattr(self, name) for name in _BOUNDS}
        return {name: bound for name, bound in given.items() if bound is not None}

    @property
    def directions(self) -> set[str]:
        """``up`` where a value has to be high, ``down`` where it has to be low."""
        return {"up" if name in _UPWARDS else "down" for name in self.bounds}

    @property
    def sure_of(self) -> set[str]:
        """The directions in which the condition leaves chance out."""
        if self.column not in _LIMITS:
            return set()
        side = _LIMITS[self.column]
        return self.directions if not side else self.directions & {side}


class Selection(Definition):
    """Which rows are looked at, and the conditions on them.

    ``comparison`` is empty for values, ``rest`` for the area less all others, ``rank`` for
    the set of places that the area may have among all, the highest value first, ``earlier``
    for the change since the earlier wave.
    """

    indicator: str
    category: str | None = None
    categories: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    breakdown: str = ""
    groups: tuple[str, ...] = ()
    comparison: Literal["", "rest", "rank", "earlier"] = ""
    conditions: tuple[Condition, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _leaves_chance_out(self) -> Selection:
        asked = {way for one in self.conditions if one.column == "estimate"
                 for way in one.directions}  # fmt: skip
        sure = {way for one in self.conditions for way in one.sure_of}
        if self.comparison not in ("rest", "earlier") and (not sure or asked - sure):
            raise ValueError(
                "conditions on the value alone let chance decide: add one on limit, on ci_low "
                "(above, at_least) or on ci_high (below, at_most)"
            )
        return self

    def wants(self, category: str) -> bool:
        """Whether rows of a category are looked at."""
        chosen = {*self.categories, *([self.category] if self.category is not None else [])}
        return category not in self.exclude and (not chosen or category in chosen)


class Companion(Selection):
    """Another indicator that has to agree, such as the capacity in the same area.

    Its category is the row's own unless ``category`` names one, or ``categories_of`` says for
    each category of the rule which ones of the companion belong to it; ``every`` asks that
    all of them agree, not only one.
    """

    sample: str | None = None
    area: Literal["own", "whole"] = "own"
    categories_of: dict[str, tuple[str, ...]] = {}
    every: bool = False

    def categories_for(self, category: str) -> tuple[str, ...]:
        """The companion's categories that belong to a category of the rule."""
        if self.categories_of:
            return self.categories_of.get(category, ())
        return (category if self.category is None else self.category,)


class Alternative(Selection):
    """Rows, conditions on them, and companions that have to agree."""

    sample: str
    companions: tuple[Companion, ...] = ()

    @property
    def indicators(self) -> tuple[str, ...]:
        """The indicators that have to be there for the rule to speak."""
        return (self.indicator, *(one.indicator for one in self.companions))


class Advice(Definition):
    """What is proposed, in words, to whom and how urgently.

    ``condition`` says in words what the conditions say in numbers, ``target`` whom or which
    service the proposal concerns where its items do not say it themselves.
    """

    id: str = Field(pattern=r"^[A-Za-z0-9.]+$")
    title: Texts
    condition: Texts
    text: Texts
    addressees: tuple[str, ...] = ()
    priority: Priority = "medium"
    target: Texts = {}


class Rule(Advice, Alternative):
    """When something is proposed, and in what words.

    Parameters
    ----------
    topic, level
        The set the proposal belongs to: informing or planning, of an area or of the whole.
    rows
        ``own`` rows of the place; ``areas``: those of all areas, which are the items then.
    alternatives
        Other rows and conditions that do as well as the rule's own.
    each
        One proposal for each category or group, not one for all.
    urgent
        Conditions that make the priority high where a row meets them too; ``urgent_when``
        says them in words.
    order, descending
        The column that ranks the rows, the smallest first unless ``descending``.
    requires
        The source without which the rule is silent, where the study has no such indicator.
    """

    topic: Topic = "informing"
    level: Level = "area"
    rows: Literal["own", "areas"] = "own"
    alternatives: tuple[Alternative, ...] = ()
    each: Literal["", "category", "group"] = ""
    urgent: tuple[Condition, ...] = ()
    urgent_when: Texts = {}
    order: Literal["estimate", "ci_low", "ci_high"] = "estimate"
    descending: bool = False
    requires: Texts = {}

    @property
    def ways(self) -> tuple[Alternative, ...]:
        """The rule's own rows and conditions, then the alternatives."""
        return (self, *self.alternatives)

    def is_for(self, *, whole: bool) -> bool:
        """Whether the rule speaks of a single area, or of all together."""
        return self.level in ("both", "whole" if whole else "area")


class Reliability(Definition):
    """Below this no rule speaks: the number of answers and the design effect of a row.

    ``advice`` is what is proposed instead where none of a rule's rows is reliable.
    """

    minimum_n: int = Field(default=30, ge=1)
    maximum_deff: float = Field(default=2.5, gt=0)
    advice: Advice | None = None


class Rules(Definition):
    """``recommendations.yaml``."""

    reliability: Reliability = Reliability()
    addressees: dict[str, Texts] = {}
    rules: tuple[Rule, ...]

    def names_of(self, advice: Advice) -> tuple[Texts, ...]:
        """The names of those whom something is proposed to."""
        return tuple(self.addressees[name] for name in advice.addressees)

    def advice(self) -> Iterator[tuple[Advice, Path_]]:
        """Everything that proposes, with its place in the file."""
        for place, rule in enumerate(self.rules):
            yield rule, ("rules", place)
        if self.reliability.advice is not None:
            yield self.reliability.advice, ("reliability", "advice")


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
    issues = list(_issues(study, rules, tree))
    if issues:
        raise WorkbenchError(f"{RULES_FILE} cannot be used", issues=issues)
    return rules


# --- checks -----------------------------------------------------------------------------------


def _issues(study: Study, rules: Rules, tree: Tree) -> Iterator[Issue]:
    for name, labels in rules.addressees.items():
        yield from _text_issues(study, labels, tree, ("addressees", name))
    seen: set[str] = set()
    for advice, path in rules.advice():
        if advice.id in seen:
            yield tree.issue(f"the id {advice.id} stands twice", (*path, "id"))
        seen.add(advice.id)
        yield from _advice_issues(study, advice, rules, tree, path)
    for place, rule in enumerate(rules.rules):
        yield from _rule_issues(study, rule, tree, ("rules", place))


def _advice_issues(
    study: Study, advice: Advice, rules: Rules, tree: Tree, path: Path_
) -> Iterator[Issue]:
    for field in ("title", "condition", "text"):
        yield from _text_issues(study, getattr(advice, field), tree, (*path, field))
    for field in ("target", "urgent_when", "requires"):
        labels = getattr(advice, field, {})
        if labels:
            yield from _text_issues(study, labels, tree, (*path, field))
    for name in advice.addressees:
        if name not in rules.addressees:
            yield tree.issue(
                f"there is no addressee {name}",
                (*path, "addressees"),
                expected=", ".join(rules.addressees) or "a key addressees with their names",
                hint=suggestion(name, rules.addressees),
            )


def _text_issues(study: Study, labels: Texts, tree: Tree, path: Path_) -> Iterator[Issue]:
    for language in study.languages:
        if not labels.get(language):
            yield tree.issue(f"a translation is missing: {language}", path, expected=language)
    asked = {name for text in labels.values() for name in re.findall(r"\{(\w+)\}", text)}
    for name in sorted(asked - set(PLACEHOLDERS)):
        yield tree.issue(
            f"there is no placeholder {{{name}}}",
            path,
            expected=", ".join(PLACEHOLDERS),
            hint=suggestion(name, PLACEHOLDERS),
        )


def _rule_issues(study: Study, rule: Rule, tree: Tree, path: Path_) -> Iterator[Issue]:
    if bool(rule.urgent) != bool(rule.urgent_when):
        yield tree.issue("urgent and urgent_when belong together", (*path, "urgent"))
    if rule.each == "group" and not rule.breakdown:
        yield tree.issue("a proposal for each group needs a breakdown", (*path, "each"))
    yield from _way_issues(study, rule, rule, tree, path)
    for place, way in enumerate(rule.alternatives):
        yield from _way_issues(study, rule, way, tree, (*path, "alternatives", place))


def _way_issues(
    study: Study, rule: Rule, way: Alternative, tree: Tree, path: Path_
) -> Iterator[Issue]:
    # A rule that says which source it needs may wait for an indicator that is not there yet.
    waits = bool(rule.requires)
    yield from _selection_issues(study, way, tree, path, waits=waits)
    yield from _sample_issues(study, way.sample, tree, path)
    for place, one in enumerate(way.companions):
        inner = (*path, "companions", place)
        yield from _selection_issues(study, one, tree, inner, waits=waits)
        yield from _sample_issues(study, one.sample, tree, inner)
        yield from _category_issues(
            study, way.indicator, one.categories_of, tree, (*inner, "categories_of")
        )
        named = dict.fromkeys(name for names in one.categories_of.values() for name in names)
        yield from _category_issues(study, one.indicator, named, tree, (*inner, "categories_of"))


def _sample_issues(study: Study, sample: str | None, tree: Tree, path: Path_) -> Iterator[Issue]:
    # What has no respondents, such as a register, has no sample: its name is empty.
    if sample and sample not in study.samples:
        yield tree.issue(
            f"the study has no sample {sample}",
            (*path, "sample"),
            expected=", ".join(study.samples),
            hint=suggestion(sample, study.samples),
        )


def _selection_issues(
    study: Study, one: Selection, tree: Tree, path: Path_, *, waits: bool
) -> Iterator[Issue]:
    codes = {indicator.code for indicator in study.indicators}
    if one.indicator not in codes and not waits:
        yield tree.issue(
            f"there is no indicator {one.indicator}",
            (*path, "indicator"),
            hint=suggestion(one.indicator, codes),
        )
    named = [one.category] if one.category else []
    for field, names in (
        ("category", named),
        ("categories", one.categories),
        ("exclude", one.exclude),
    ):
        yield from _category_issues(study, one.indicator, names, tree, (*path, field))
    if one.breakdown:
        yield from _breakdown_issues(study, one, tree, path)


def _category_issues(
    study: Study, code: str, names: Iterable[str], tree: Tree, path: Path_
) -> Iterator[Issue]:
    known = categories_of(study, code)
    for name in names:
        if known and name not in known:
            yield tree.issue(
                f"the indicator {code} has no category {name}",
                path,
                expected=", ".join(known),
                hint=suggestion(name, known),
            )


def _breakdown_issues(study: Study, one: Selection, tree: Tree, path: Path_) -> Iterator[Issue]:
    list_name = study.list_of(one.breakdown)
    if list_name is None:
        yield tree.issue(
            f"there is no breakdown {one.breakdown}",
            (*path, "breakdown"),
            hint=suggestion(one.breakdown, study.variables),
        )
        return
    known = study.questionnaire.choice_names(list_name)
    for name in one.groups:
        if name not in known:
            yield tree.issue(
                f"the breakdown {one.breakdown} has no group {name}",
                (*path, "groups"),
                expected=", ".join(known),
                hint=suggestion(name, known),
            )


def categories_of(study: Study, code: str) -> list[str]:
    """The categories of an indicator; none where the definitions do not name them."""
    found = [indicator for indicator in study.indicators if indicator.code == code]
    own = [indicator.category for indicator in found if indicator.category]
    if own or not found:
        return own
    first = found[0]
    if first.of:
        return categories_of(study, first.of)
    if first.over is None:
        return []
    form = study.questionnaire
    if first.over in form.groups:
        return [item for _, item in form.group_items(first.over)]
    list_name = study.list_of(first.over)
    return list(form.choice_names(list_name)) if list_name else []

"""The make-up of a report: its chapters and what stands in them, as data.

``studies/<id>/reports/<kind>.yaml`` is checked when it is read: an unknown key or type of
block, an indicator, breakdown or sample that the study does not have, a missing translation
or an unknown placeholder is an error with file and line. ``docs/report-makeup.md`` describes
all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

from pydantic import Field, ValidationError

from analysis.definitions import Definition, Path_, Tree, parse_tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.presentation.figure_specs import (
    FORM_SPECS,
    AreaType,
    DotsSpec,
    GroupsCompareSpec,
    HeatSpec,
    MapsSpec,
    MatrixSpec,
    SmallMultiplesSpec,
    TypologySpec,
)
from analysis.presentation.naming import PLACE_NAMES, Names
from analysis.presentation.specs import BlockSpec, Labels, Style
from analysis.presentation.wording import placeholders
from analysis.study import Study


class TextSpec(BlockSpec):
    """A paragraph written in the make-up."""

    block: Literal["text"]
    text: Labels
    style: Style = "body"


class HeadingSpec(BlockSpec):
    """A heading inside a chapter."""

    block: Literal["heading"]
    text: Labels
    level: int = Field(default=2, ge=2, le=3)


class ListSpec(BlockSpec):
    """A list written in the make-up."""

    block: Literal["list"]
    items: tuple[Labels, ...]
    ordered: bool = False


class CalloutSpec(BlockSpec):
    """A short text set apart."""

    block: Literal["callout"]
    title: Labels
    text: Labels
    tone: Literal["info", "warning"] = "info"


class SentenceSpec(BlockSpec):
    """Sentences written from released rows."""

    extra_placeholders: ClassVar[tuple[str, ...]] = ("top", "bottom")

    block: Literal["sentence"]
    form: Literal["level", "ranking", "differences", "groups", "gaps", "areas", "earlier"]
    indicator: str
    breakdowns: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    text: Labels = {}
    verbal: bool = False
    style: Style = "body"


class FindingsSpec(BlockSpec):
    """The findings of the summary, chosen by the rule that ``findings`` describes."""

    extra_placeholders: ClassVar[tuple[str, ...]] = (
        "indicator",
        "top",
        "bottom",
        "items",
        "base",
    )

    block: Literal["findings"]
    always: tuple[str, ...]
    ranking: str | None = None
    ranking_text: Labels = {}
    differences: tuple[str, ...] = ()
    above_text: Labels = {}
    below_text: Labels = {}
    gap: str | None = None
    gap_text: Labels = {}
    exclude: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    minimum: int = Field(default=5, ge=1)
    maximum: int = Field(default=8, ge=1)


class KeyFiguresSpec(BlockSpec):
    """Three to six figures set large."""

    block: Literal["key_figures"]
    indicators: tuple[str, ...] = Field(min_length=1, max_length=6)
    labels: dict[str, Labels] = {}


class GroupingSpec(Definition):
    """Row groups of a table by an attribute of the choices, named by a list."""

    attribute: str
    list: str


class TableSpec(BlockSpec):
    """A table of released rows."""

    block: Literal["table"]
    form: Literal["first_order", "breakdown", "crosstab", "areas", "overview", "samples", "earlier"]
    indicator: str = ""
    indicators: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sort: bool = False
    group_by: GroupingSpec | None = None
    level: Literal["area", "whole"] = "area"
    caption: Labels = {}


class TablesSpec(BlockSpec):
    """One table of the same form for each of several indicators."""

    block: Literal["tables"]
    form: Literal["first_order", "breakdown", "crosstab", "areas"]
    indicators: tuple[str, ...] = Field(min_length=1)
    breakdowns: tuple[str, ...] = ()
    level: Literal["area", "whole"] = "area"


class ChartSpec(BlockSpec):
    """A chart of released rows."""

    block: Literal["chart"]
    form: Literal["ranked", "differences", "areas", "breakdown", "channels", "stack"]
    indicator: str
    inner: str | None = None
    top: int | None = Field(default=None, ge=1)
    used: str | None = None
    preferred: str | None = None
    indicators: tuple[str, ...] = ()
    top_two: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    sort: bool = True
    level: Literal["area", "whole"] = "area"
    caption: Labels = {}


class MapSpec(BlockSpec):
    """A map of one indicator."""

    block: Literal["map"]
    indicator: str
    caption: Labels = {}


class MethodSpec(BlockSpec):
    """A part of the methodology that the run itself has written."""

    block: Literal[
        "technical_parameters",
        "response_flow",
        "sample_table",
        "weights",
        "margins",
        "missing_answers",
        "open_answers",
        "provenance",
    ]
    area: Literal["area", "whole"] = "area"
    threshold: float = Field(default=0.02, ge=0, le=1)


class ReadingNotesSpec(BlockSpec):
    """How to read the numbers: n, intervals, differences, marks, the scale of words."""

    block: Literal["reading_notes"]


class ProfileSpec(BlockSpec):
    """A part of the profile of the area, from the territory tables."""

    block: Literal["profile"]
    form: Literal["sentence", "population", "pyramid", "municipalities", "types"]
    size_list: str | None = None
    old_from: int = 65


class RecommendationsSpec(BlockSpec):
    """The proposals that the rules of the study make for the area."""

    block: Literal["recommendations"]
    form: Literal["full", "short", "table", "rules"] = "full"
    topic: Literal["informing", "planning"] | None = None
    rules: tuple[str, ...] = ()
    most_items: int = Field(default=6, ge=1)


class QuotationsSpec(BlockSpec):
    """Approved quotations from the answers to an open question."""

    block: Literal["quotations"]
    question: str
    most: int = Field(default=5, ge=1)


class IndicatorAnnexSpec(BlockSpec):
    """The indicators of the report with their definitions."""

    block: Literal["indicator_annex"]
    families: tuple[str, ...] = ()


class QuestionnaireAnnexSpec(BlockSpec):
    """The questionnaire of a sample."""

    block: Literal["questionnaire_annex"]
    blocks: tuple[str, ...] = ()
    longest_list: int = Field(default=16, ge=2)


class CodingAnnexSpec(BlockSpec):
    """The codes that open answers were given."""

    block: Literal["coding_annex"]
    list: str
    attribute: str = ""
    labels: dict[str, Labels] = {}


class GroupProposalSpec(Definition):
    """A proposal for a target group, made where its released rows support the condition.

    ``above_others`` and ``below_others`` ask for intervals of members and others that do not
    overlap; ``at_least`` for an interval above ``value``.
    """

    id: str
    indicator: str
    when: Literal["above_others", "below_others", "at_least"]
    value: float | None = None
    groups: tuple[str, ...] = ()
    text: Labels


class TargetGroupSpec(BlockSpec):
    """A part of the analysis of target groups; ``group`` names one of them."""

    block: Literal["target_group"]
    form: Literal[
        "definition", "sizes", "size", "comparison", "indicators", "areas", "items",
        "priority", "priorities", "proposals",
    ]  # fmt: skip
    group: str = ""
    indicators: tuple[str, ...] = ()
    services: bool = False
    exclude: tuple[str, ...] = ()
    top: int | None = Field(default=None, ge=1)
    proposals: tuple[GroupProposalSpec, ...] = ()
    caption: Labels = {}


class CodingAgreementSpec(BlockSpec):
    """How open answers were coded: agreement of the coders, and what is no service."""

    block: Literal["coding_agreement"]
    question: str
    form: Literal["agreement", "codes", "mistaken", "related"] = "agreement"


class PageBreakSpec(BlockSpec):
    """A new page in print."""

    block: Literal["page_break"]


_METHOD_BLOCKS = MethodSpec.model_fields["block"].annotation.__args__  # type: ignore[union-attr]
SPECS: Mapping[str, type[BlockSpec]] = {
    "text": TextSpec,
    "heading": HeadingSpec,
    "list": ListSpec,
    "callout": CalloutSpec,
    "sentence": SentenceSpec,
    "findings": FindingsSpec,
    "key_figures": KeyFiguresSpec,
    "table": TableSpec,
    "tables": TablesSpec,
    "chart": ChartSpec,
    "map": MapSpec,
    "maps": MapsSpec,
    "typology": TypologySpec,
    **dict.fromkeys(_METHOD_BLOCKS, MethodSpec),
    "reading_notes": ReadingNotesSpec,
    "profile": ProfileSpec,
    "recommendations": RecommendationsSpec,
    "quotations": QuotationsSpec,
    "indicator_annex": IndicatorAnnexSpec,
    "questionnaire_annex": QuestionnaireAnnexSpec,
    "coding_annex": CodingAnnexSpec,
    "target_group": TargetGroupSpec,
    "coding_agreement": CodingAgreementSpec,
    "page_break": PageBreakSpec,
}


class Chapter(Definition):
    """A chapter: its id, title and the blocks in it."""

    id: str
    title: Labels
    annex: bool = False
    blocks: tuple[Any, ...]


class MakeUp(Definition):
    """The make-up of one kind of report."""

    title: Labels
    subtitle: Labels = {}
    running_title: Labels = {}
    level: Literal["area", "whole", "both"] = "area"
    sample: str
    statements: dict[str, Labels] = {}
    chapters: tuple[Chapter, ...] = Field(min_length=1)

    def chapter(self, identifier: str) -> Chapter | None:
        """A chapter by its id."""
        return next((one for one in self.chapters if one.id == identifier), None)

    def specs(self) -> Iterator[BlockSpec]:
        """All blocks of all chapters."""
        for chapter in self.chapters:
            yield from chapter.blocks


def read_makeup(study: Study, kind: str) -> MakeUp:
    """The make-up of a kind of report, checked against the study.

    Raises
    ------
    WorkbenchError
        If the study does not make this kind of report, or with one issue for each thing in
        the make-up that cannot be meant.
    """
    tree = study.report(kind)
    makeup = parse_tree(MakeUp, tree)
    issues: list[Issue] = []
    chapters = []
    for place, chapter in enumerate(makeup.chapters):
        specs = []
        for number, values in enumerate(chapter.blocks):
            path = ("chapters", place, "blocks", number)
            spec = _parsed(values, tree, path, issues)
            if spec is not None:
                specs.append(spec)
                issues.extend(_issues_of(study, spec, tree, path))
        chapters.append(chapter.model_copy(update={"blocks": tuple(specs)}))
    makeup = makeup.model_copy(update={"chapters": tuple(chapters)})
    issues.extend(_issues_of_head(study, makeup, tree))
    if issues:
        raise WorkbenchError(f"the make-up of the report {kind} cannot be used", issues=issues)
    return makeup


def split(reference: str) -> tuple[str, str]:
    """``code/category`` as indicator and category."""
    code, _, category = reference.partition("/")
    return code, category


def references_of(spec: BlockSpec) -> Iterator[str]:
    """The indicators that a block refers to, as they are written."""
    for field in _REFERENCES:
        yield from filter(None, _strings(getattr(spec, field, None)))
    if isinstance(spec, TypologySpec):
        yield from conditions_of(spec)


def conditions_of(spec: TypologySpec) -> list[str]:
    """The indicators that the types of a typology speak of, in their order."""
    return list(dict.fromkeys(reference for kind in spec.types for reference in kind.when))


# --- checks -----------------------------------------------------------------------------------


def _parsed(values: Any, tree: Tree, path: Path_, issues: list[Issue]) -> BlockSpec | None:
    name = str(values.get("block", "")) if isinstance(values, dict) else ""
    form = str(values.get("form", "")) if isinstance(values, dict) else ""
    if name not in SPECS:
        issues.append(
            tree.issue(
                f"there is no block of the type {name or '(none named)'}",
                path,
                expected=", ".join(SPECS),
                hint=suggestion(name, SPECS),
            )
        )
        return None
    spec = FORM_SPECS.get((name, form), SPECS[name])
    try:
        return spec.model_validate(values)
    except ValidationError:
        sub_tree = Tree(values, tree.file, _below(tree, path))
        try:
            return parse_tree(spec, sub_tree)
        except WorkbenchError as error:
            issues.extend(replace(issue, hint=_form_hint(issue, name)) for issue in error.issues)
            return None


def _form_hint(issue: Issue, name: str) -> str | None:
    """For a wrong form: the forms that have keys of their own, which their type cannot list."""
    others = [form for block, form in FORM_SPECS if block == name]
    if issue.hint or not others or not issue.what.startswith("form "):
        return issue.hint
    return f"there are also the forms {', '.join(others)}"


def _below(tree: Tree, path: Path_) -> dict[Path_, int]:
    depth = len(path)
    return {key[depth:]: line for key, line in tree.lines.items() if key[:depth] == path}


_REFERENCES = (
    "indicator", "inner", "used", "preferred", "gap", "ranking", "always", "differences",
    "groups", "more", "indicators", "upright", "across", "top_two", "need", "unmet", "capacity",
)  # fmt: skip


def _issues_of(study: Study, spec: BlockSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    for field in _REFERENCES:
        for reference in _strings(getattr(spec, field, None)):
            yield from _reference_issues(study, reference, tree, (*path, field))
    for name in getattr(spec, "breakdowns", ()):
        if study.list_of(name) is None:
            yield tree.issue(
                f"there is no breakdown {name}",
                (*path, "breakdowns"),
                hint=suggestion(name, study.variables),
            )
    yield from _figure_issues(study, spec, tree, path)
    yield from _sample_issues(study, spec.sample, tree, path)
    yield from _label_issues(study, spec, tree, path)
    yield from _form_issues(study, spec, tree, path)


def _reference_issues(study: Study, reference: str, tree: Tree, path: Path_) -> Iterator[Issue]:
    if not reference:
        return
    codes = {indicator.code for indicator in study.indicators}
    code, category = split(reference)
    if code not in codes:
        yield tree.issue(f"there is no indicator {code}", path, hint=suggestion(code, codes))
        return
    own = {indicator.category for indicator in study.indicator(code) if indicator.category}
    if category and own and category not in own:
        yield tree.issue(
            f"the indicator {code} has no category {category}",
            path,
            expected=", ".join(sorted(own)),
            hint=suggestion(category, own),
        )


def _sample_issues(study: Study, sample: str | None, tree: Tree, path: Path_) -> Iterator[Issue]:
    if sample is not None and sample not in study.samples:
        yield tree.issue(
            f"the study has no sample {sample}",
            (*path, "sample"),
            expected=", ".join(study.samples),
            hint=suggestion(sample, study.samples),
        )


def _label_issues(study: Study, spec: BlockSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    for field, value in spec:
        for labels in _labels(value):
            yield from _text_issues(study, labels, tree, (*path, field), spec.extra_placeholders)


def _text_issues(
    study: Study, labels: Labels, tree: Tree, path: Path_, extra: Iterable[str] = ()
) -> Iterator[Issue]:
    for language in study.languages:
        if labels and not labels.get(language):
            yield tree.issue(f"a translation is missing: {language}", path, expected=language)
    known = {*PLACE_NAMES, "wave", *extra}
    for name in sorted(set().union(*(placeholders(text) for text in labels.values())) - known):
        yield tree.issue(
            f"there is no placeholder {{{name}}}",
            path,
            expected=", ".join(sorted(known)),
            hint=suggestion(name, known),
        )


_FORM_NEEDS = {
    ("chart", "channels"): ("used", "preferred"),
    ("chart", "breakdown"): ("breakdowns",),
    ("table", "first_order"): ("indicator",),
    ("table", "breakdown"): ("indicator", "breakdowns"),
    ("table", "crosstab"): ("indicator", "breakdowns"),
    ("table", "areas"): ("indicator",),
    ("table", "overview"): ("indicators",),
    ("table", "samples"): ("indicators",),
    ("table", "earlier"): ("indicators",),
    ("tables", "breakdown"): ("breakdowns",),
    ("tables", "crosstab"): ("breakdowns",),
    ("sentence", "groups"): ("breakdowns",),
    ("profile", "municipalities"): ("size_list",),
    ("target_group", "definition"): ("group",),
    ("target_group", "size"): ("group",),
    ("target_group", "comparison"): ("group", "indicators"),
    ("target_group", "indicators"): ("indicators",),
    ("target_group", "areas"): ("group", "indicators"),
    ("target_group", "items"): ("group", "indicators"),
    ("target_group", "proposals"): ("group", "proposals"),
}


def _form_issues(study: Study, spec: BlockSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    for need in _FORM_NEEDS.get((spec.block, getattr(spec, "form", "")), ()):
        if not getattr(spec, need):
            yield tree.issue(
                f"this {spec.block} needs {need}", (*path, "form"), expected=f"a key {need}"
            )
    if isinstance(spec, CodingAgreementSpec) and not study.questionnaire.is_multiple(spec.question):
        multiple = [n for n in study.questionnaire.questions if study.questionnaire.is_multiple(n)]
        yield tree.issue(
            f"{spec.question} is no question with several choices",
            (*path, "question"),
            hint=suggestion(spec.question, multiple),
        )
    chosen = isinstance(spec, FindingsSpec) and "minimum" in spec.model_fields_set
    if isinstance(spec, FindingsSpec) and chosen and spec.minimum > spec.maximum:
        yield tree.issue(
            "minimum is more than maximum",
            (*path, "minimum"),
            expected=f"at most {spec.maximum}",
            got=str(spec.minimum),
        )
    if isinstance(spec, TargetGroupSpec):
        yield from _target_group_issues(study, spec, tree, path)
    if isinstance(spec, QuotationsSpec):
        yield from _quoted_issues(study, spec, tree, path)
    drawn = isinstance(spec, TypologySpec) and "map" in spec.shown
    if (spec.block in ("map", "maps", "profile") or drawn) and study.region is None:
        yield tree.issue(
            f"a {spec.block} needs a region, and the study has none",
            path,
            hint="name the region in study.yaml, or leave this block out",
        )
    for list_name in filter(None, (getattr(spec, "list", None), getattr(spec, "size_list", None))):
        if list_name not in study.questionnaire.choices:
            yield tree.issue(
                f"the choices have no list {list_name}",
                path,
                hint=suggestion(list_name, study.questionnaire.choices),
            )


def _target_group_issues(
    study: Study, spec: TargetGroupSpec, tree: Tree, path: Path_
) -> Iterator[Issue]:
    known = [group.id for group in study.target_groups]
    named = [(spec.group, "group")] if spec.group else []
    for rule in spec.proposals:
        yield from _reference_issues(study, rule.indicator, tree, (*path, "proposals"))
        yield from _text_issues(study, rule.text, tree, (*path, "proposals"))
        named += [(group, "proposals") for group in rule.groups]
        if rule.when == "at_least" and rule.value is None:
            yield tree.issue(
                f"the proposal {rule.id} names no value",
                (*path, "proposals"),
                expected="a key value beside at_least",
            )
    for group, key in named:
        if group not in known:
            yield tree.issue(
                f"there is no target group {group}",
                (*path, key),
                expected=", ".join(known),
                hint=suggestion(group, known),
            )


def _quoted_issues(study: Study, spec: QuotationsSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    texts = [
        question.name
        for question in study.questionnaire.questions.values()
        if question.type == "text" and not question.sensitive
    ]
    if spec.question not in texts:
        yield tree.issue(
            f"there is no open question {spec.question} that may be quoted from",
            (*path, "question"),
            expected=", ".join(texts),
            hint=suggestion(spec.question, texts),
        )


def _figure_issues(study: Study, spec: BlockSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    """What figures of several indicators or groups ask for beyond the names of their parts."""
    if isinstance(spec, TypologySpec):
        for place, kind in enumerate(spec.types):
            for reference in kind.when:
                where = (*path, "types", place, "when", reference)
                yield from _reference_issues(study, reference, tree, where)
    if isinstance(spec, MatrixSpec):
        both = [_categories(study, code) for code in (spec.upright, spec.across)]
        if all(both) and not set(both[0]) & set(both[1]):
            yield tree.issue(
                f"{spec.upright} and {spec.across} have no categories in common",
                (*path, "across"),
                hint="both are shown over the same categories",
            )
    if isinstance(spec, GroupsCompareSpec):
        yield from _compared_issues(study, spec, tree, path)
    if isinstance(spec, ChartSpec):
        yield from _stack_issues(study, spec, tree, path)
    if isinstance(spec, _LABELLED):
        shown = list(references_of(spec))
        codes = {split(reference)[0] for reference in shown}
        for name in spec.labels:
            if name not in shown and not (isinstance(spec, HeatSpec) and split(name)[0] in codes):
                yield tree.issue(
                    f"labels names {name}, which the {spec.block} does not show",
                    (*path, "labels", name),
                    hint=suggestion(name, shown),
                )
    yield from _unit_issues(study, spec, tree, path)


def _stack_issues(study: Study, spec: ChartSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    bars = 1 + len(spec.indicators)
    if spec.top_two and len(spec.top_two) != bars:
        yield tree.issue(
            "top_two does not fit the indicators",
            (*path, "top_two"),
            expected=f"{bars} entries, one for each indicator",
            got=str(len(spec.top_two)),
        )
    for code in spec.indicators:
        answers = _categories(study, code)
        if answers and answers != _categories(study, spec.indicator):
            yield tree.issue(
                f"{code} does not have the answers of {spec.indicator}",
                (*path, "indicators"),
                expected="indicators of questions with the same answers",
            )
    if spec.indicators and spec.breakdowns:
        yield tree.issue(
            "a stack of several indicators has no breakdowns",
            (*path, "breakdowns"),
            hint="make a chart of one indicator for each breakdown",
        )


def _categories(study: Study, code: str) -> list[str]:
    """The categories of an indicator; none where there is no such indicator."""
    if code not in {indicator.code for indicator in study.indicators}:
        return []
    return Names(study, study.card.default_language).categories(code)


def _compared_issues(
    study: Study, spec: GroupsCompareSpec, tree: Tree, path: Path_
) -> Iterator[Issue]:
    name = study.list_of(spec.breakdown)
    if name is None:
        yield tree.issue(
            f"there is no breakdown {spec.breakdown}",
            (*path, "breakdown"),
            hint=suggestion(spec.breakdown, study.variables),
        )
        return
    groups = list(study.questionnaire.choice_names(name))
    for group in spec.compared:
        if group not in groups:
            yield tree.issue(
                f"the breakdown {spec.breakdown} has no group {group}",
                (*path, "compared"),
                expected=", ".join(groups),
                hint=suggestion(group, groups),
            )


_LABELLED = (DotsSpec, HeatSpec, MapsSpec, SmallMultiplesSpec, TypologySpec)
_ONE_SCALE = ("small_multiples", "dots", "maps")


def _unit_issues(study: Study, spec: BlockSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    """Indicators on one scale must have one unit."""
    if getattr(spec, "form", spec.block) not in _ONE_SCALE:
        return
    known = {indicator.code for indicator in study.indicators}
    units = {
        reference: _unit_of(study, reference)
        for reference in references_of(spec)
        if split(reference)[0] in known
    }
    if len(set(units.values())) > 1:
        yield tree.issue(
            "the indicators do not have the same unit, so they cannot share a scale",
            (*path, "indicators"),
            expected="indicators of one unit",
            got=", ".join(f"{name}: {unit}" for name, unit in units.items()),
        )


def _unit_of(study: Study, reference: str) -> str:
    code, category = split(reference)
    found = study.indicator(code)
    return next((one.unit for one in found if one.category == category), found[0].unit)


def _issues_of_head(study: Study, makeup: MakeUp, tree: Tree) -> Iterator[Issue]:
    yield from _sample_issues(study, makeup.sample, tree, ())
    for field in ("title", "subtitle", "running_title"):
        yield from _text_issues(study, getattr(makeup, field), tree, (field,))
    for reference, labels in makeup.statements.items():
        path = ("statements", reference)
        yield from _reference_issues(study, reference, tree, path)
        extra = ("value", "category", "category_accusative")
        yield from _text_issues(study, labels, tree, path, extra)
    seen: set[str] = set()
    for place, chapter in enumerate(makeup.chapters):
        yield from _text_issues(study, chapter.title, tree, ("chapters", place, "title"))
        if chapter.id in seen or not re.fullmatch(r"[a-z][a-z0-9_-]*", chapter.id):
            yield tree.issue(
                f"the id of the chapter cannot be used: {chapter.id}",
                ("chapters", place, "id"),
                expected="small letters, digits, - and _, each id only once",
            )
        seen.add(chapter.id)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        yield from (item for item in value if isinstance(item, str))


def _labels(value: object) -> Iterator[Labels]:
    """The texts by language in a field, however deep."""
    if isinstance(value, dict):
        if value and all(isinstance(text, str) for text in value.values()):
            yield value
        else:
            for inner in value.values():
                yield from _labels(inner)
    elif isinstance(value, AreaType):
        yield value.label
    elif isinstance(value, tuple):
        for inner in value:
            yield from _labels(inner)

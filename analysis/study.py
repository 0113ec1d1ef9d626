"""A study: a folder of definitions, opened, checked and typed.

Everything that makes one survey or region differ from another stands in the folder; this
module only reads it and refuses what cannot be meant, with file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BeforeValidator, Field

from analysis.card_texts import known_part
from analysis.definitions import (
    Definition,
    Row,
    Tree,
    parse_rows,
    parse_tree,
    read_rows,
    read_tree,
    suggestion,
)
from analysis.errors import Issue, WorkbenchError
from analysis.expressions import Expression, parse
from analysis.questionnaire import Choice, Labels, Questionnaire, read_questionnaire
from analysis.sensitivity import Sensitivity
from analysis.study_files import SharedFiles, StudyFiles, study_files
from analysis.target_groups import (
    TARGET_GROUPS,
    TARGET_GROUPS_FILE,
    TargetGroup,
    group_issues,
    group_lists,
    read_target_groups,
)
from analysis.territory import Territory, load_territory
from analysis.workspace import Workspace, find_workspace

# --- the study card -----------------------------------------------------------------------


class FileOptions(Definition):
    """One raw file of a sample and how it is to be read."""

    path: str
    format: Literal["csv", "xlsx", "sav", "parquet"] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    sheet: str | int | None = None
    header_row: int | None = Field(default=None, ge=1)
    multiple_separator: str | None = None


class SampleDesign(Definition):
    """How the respondents were chosen."""

    kind: Literal["quota", "probability", "census", "providers"] = "probability"
    weight: str | None = None
    strata: str | None = None
    clusters: str | None = None
    fpc: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the answers that the design names."""
        named = (self.weight, self.strata, self.clusters, self.fpc)
        return tuple(name for name in named if name is not None)


class Trim(Definition):
    """Bounds of a weight as multiples of its area's mean weight."""

    low: float = Field(gt=0)
    high: float = Field(gt=1)


class Weighting(Definition):
    """How a sample is weighted."""

    method: Literal["rake", "given", "none"] = "none"
    by: str | None = None
    trim: Trim | None = None
    minimum_cell: int = Field(default=5, ge=1)


class Sample(Definition):
    """One sample of a study: whom it stands for, its files, design and weighting.

    ``earlier`` names the sample of an earlier wave that this one is compared with; that one
    names its own ``wave`` and ``reference_date``, others are of the study's.
    """

    title: dict[str, str]
    population: dict[str, str]
    base: dict[str, str]
    files: tuple[FileOptions, ...]
    identifier: str | None = None
    design: SampleDesign = SampleDesign()
    weighting: Weighting = Weighting()
    target_size: int | None = Field(default=None, ge=1)
    pooled: bool = True
    wave: Annotated[str | None, BeforeValidator(lambda wave: wave and str(wave))] = None
    reference_date: date | None = None
    earlier: str | None = None
    note: dict[str, str] = {}


class Project(Definition):
    """The project that pays for the study and the people behind it."""

    name: dict[str, str]
    registration_number: str | dict[str, str] = ""
    programme: dict[str, str] = {}
    period: str = ""
    client: dict[str, str] = {}
    contractor: dict[str, str] = {}
    author: dict[str, str] = {}
    publicity: dict[str, str] = {}


class Fieldwork(Definition):
    """When and how the answers were collected; what is not known yet is absent."""

    start: date | None = None
    end: date | None = None
    published: date | None = None
    mode: dict[str, str] = {}
    selection: dict[str, str] = {}
    quotas: dict[str, str] = {}
    tool: dict[str, str] = {}
    interviewers: int | dict[str, str] | None = None
    note: dict[str, str] = {}


class MissingCodes(Definition):
    """The three kinds of missing, told apart everywhere."""

    not_applicable: str = "-1"
    dont_know: str = "-8"
    refused: str = "-9"

    @property
    def codes(self) -> tuple[str, str, str]:
        """The three codes."""
        return self.not_applicable, self.dont_know, self.refused


class QuestionnaireFiles(Definition):
    """Where the form is: a workbook, or two CSV files.

    ``sensitive`` names questions of a form that came with the data and has no such column.
    """

    survey: str | None = None
    choices: str | None = None
    workbook: str | None = None
    encoding: str = "utf-8-sig"
    sensitive: tuple[str, ...] = ()


class CaseForms(Definition):
    """A plural in the cases that sentences need, in a language that inflects."""

    nominative: str
    genitive: str
    dative: str
    locative: str


class DiscardRule(Definition):
    """A questionnaire for which ``when`` is true is set aside before anything is computed."""

    when: str
    reason: dict[str, str]


class ReleaseChoice(Definition):
    """The named set of release rules a study publishes under."""

    rule_set: str = "default"


class Auxiliary(Definition):
    """A number known of every area: the share of some choices in a margin."""

    title: dict[str, str]
    margin: str
    variable: str
    choices: tuple[str, ...] = Field(min_length=1)


class SmallAreas(Definition):
    """What model-based estimates of areas rest on besides the answers.

    ``sample`` names the sample whose margins the auxiliaries are taken from.
    """

    sample: str
    auxiliaries: tuple[Auxiliary, ...] = ()


class Card(Definition):
    """``study.yaml``.

    ``licence`` is the address of the licence of the published data, empty while nobody has
    decided it.
    """

    id: str
    title: dict[str, str]
    region: str | None = None
    wave: Annotated[str, BeforeValidator(str)]
    languages: tuple[str, ...] = ("cs", "en")
    default_language: str = "cs"
    missing: MissingCodes = MissingCodes()
    questionnaire: QuestionnaireFiles
    shared: SharedFiles | None = None
    area_variable: str
    area_title: dict[str, str] = {}
    area_title_plural: dict[str, str | CaseForms] = {}
    project: Project
    fieldwork: Fieldwork
    samples: dict[str, Sample]
    discard: tuple[DiscardRule, ...] = ()
    release: ReleaseChoice = ReleaseChoice()
    licence: str = ""
    small_areas: SmallAreas | None = None
    seed: int = 1

    @property
    def survey_year(self) -> int:
        """The year of the survey: that of the first day in the field, else of the wave."""
        start = self.fieldwork.start
        return start.year if start is not None else int(_year_of(self.wave))

    @property
    def survey_period(self) -> tuple[date, date]:
        """First and last day of the field work; of the year, as far as they are not known."""
        year = self.survey_year
        return (
            self.fieldwork.start or date(year, 1, 1),
            self.fieldwork.end or date(year, 12, 31),
        )


def _year_of(wave: str) -> str:
    """The year in the name of a wave; empty where there is none."""
    found = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", wave)
    return found.group() if found else ""


# --- the flat lists -----------------------------------------------------------------------


class _VariableRow(Definition):
    name: str
    type: Literal["select_one", "integer", "decimal", "yes_no"]
    list: str | None = None
    label: dict[str, str]
    calculation: str
    wider: str | None = None
    sensitive: Literal["yes", "no", "auto"] = "auto"
    note: str = ""


class _IndicatorRow(Definition):
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


class _PlanRow(Definition):
    indicator: str
    sample: str
    breakdowns: str = ""
    levels: str = "area region"
    comparison: str = ""
    note: str = ""


#: What a plan may ask for beside an estimate: the area less the rest of the region, its place
#: among the areas, a model-based estimate, the change since the earlier wave.
COMPARISONS = ("rest", "rank", "model", "earlier")


class _MarginRow(Definition):
    sample: str
    name: str
    variables: str
    table: str
    role: Literal["total", "share"]
    reference_date: date
    source: dict[str, str]


class _ComparabilityRow(Definition):
    sample: str
    question: str
    comparable: Literal["limited", "no"]
    reason: dict[str, str]


class _AreaRow(Definition):
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


# --- the study ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Study:
    """An opened study. Everything in it is checked; nothing in it can be changed."""

    folder: Path
    workspace: Workspace
    card: Card
    questionnaire: Questionnaire
    variables: Mapping[str, Variable]
    indicators: tuple[Indicator, ...]
    plan: tuple[PlanRow, ...]
    margins: tuple[Margin, ...]
    territory: Territory | None
    target_groups: tuple[TargetGroup, ...] = ()
    comparability: tuple[Comparability, ...] = ()

    @property
    def id(self) -> str:
        """The name of the study's folder."""
        return self.card.id

    @property
    def title(self) -> Labels:
        """The title by language."""
        return self.card.title

    @property
    def wave(self) -> str:
        """The wave of the survey."""
        return self.card.wave

    @property
    def region(self) -> str | None:
        """The code of the region, where the study has a territory."""
        return self.card.region

    @property
    def samples(self) -> Mapping[str, Sample]:
        """The samples by name."""
        return self.card.samples

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that every label exists in."""
        return self.card.languages

    @property
    def raw(self) -> Path:
        """The folder of the files as received."""
        return self.workspace.raw(self.id)

    @property
    def processed(self) -> Path:
        """The folder of what was computed."""
        return self.workspace.processed(self.id)

    @cached_property
    def areas(self) -> pd.DataFrame:
        """The areas by code: name, genitive, locative, slug, region."""
        own = self.files / "areas.csv"
        return _own_areas(own) if own.exists() else _territory_areas(self)

    def wave_of(self, sample: str) -> str:
        """The wave of a sample: its own, or the study's."""
        return self.samples[sample].wave or self.wave

    def differences_between_waves(self, sample: str, code: str) -> tuple[Comparability, ...]:
        """What keeps an indicator from being compared with the sample's earlier wave.

        That is what ``comparability.csv`` says of the questions and variables it rests on;
        what the earlier sample was not asked stands there as well.
        """
        names = set().union(*(one.names for one in self.indicator(code)))
        return _differing(
            sample, names, self.card, self.questionnaire, self.variables, self.comparability
        )

    @property
    def whole(self) -> str:
        """The code that stands for all areas together: the region's, else the study's id."""
        return self.region or self.id

    @cached_property
    def files(self) -> StudyFiles:
        """Where its definition files are."""
        shared = self.card.shared
        if shared is None:
            return StudyFiles(self.folder)
        return StudyFiles(self.folder, self.workspace.studies / shared.study, shared.files)

    @property
    def reports(self) -> list[str]:
        """The kinds of report that the study makes."""
        return sorted(path.stem for path in self.files.inside("reports") if path.suffix == ".yaml")

    def report(self, kind: str) -> Tree:
        """The make-up of a kind of report.

        Raises
        ------
        WorkbenchError
            If the study does not make this kind.
        """
        if kind not in self.reports:
            raise WorkbenchError(
                f"the study {self.id} makes no report of the kind {kind}",
                expected=", ".join(self.reports) or "a file in reports/",
                hint=suggestion(kind, self.reports),
            )
        return read_tree(self.files / f"reports/{kind}.yaml")

    def indicator(self, code: str) -> tuple[Indicator, ...]:
        """The definitions that share a code.

        Raises
        ------
        WorkbenchError
            If the study has no such indicator.
        """
        found = self._indicators.get(code, ())
        if not found:
            codes = [indicator.code for indicator in self.indicators]
            raise WorkbenchError(f"no indicator {code}", hint=suggestion(code, codes))
        return found

    @cached_property
    def _indicators(self) -> dict[str, tuple[Indicator, ...]]:
        by_code: dict[str, list[Indicator]] = {}
        for indicator in self.indicators:
            by_code.setdefault(indicator.code, []).append(indicator)
        return {code: tuple(found) for code, found in by_code.items()}

    def definition_of(self, code: str, category: str) -> Indicator:
        """The row that defines a category: its own, else the last of the code.

        Raises
        ------
        WorkbenchError
            If the study has no such indicator.
        """
        found = self.indicator(code)
        return next((row for row in found if row.category == category), found[-1])

    def list_of(self, name: str) -> str | None:
        """The list of choices of a question or a derived variable."""
        if name in self.variables:
            return self.variables[name].list
        if name == TARGET_GROUPS and self.target_groups:
            return TARGET_GROUPS
        return self.questionnaire.list_of(name)

    def label_of(self, name: str, language: str) -> str:
        """A question, derived variable or grid in words."""
        for source in (self.variables, self.questionnaire.questions, self.questionnaire.groups):
            if name in source:
                return source[name].label.get(language, name)
        return name

    @cached_property
    def sensitivity(self) -> Sensitivity:
        """What reveals something sensitive of a person."""
        return Sensitivity(self.questionnaire, self.variables)

    def is_sensitive(self, name: str) -> bool:
        """Whether a question, grid or derived variable reveals something sensitive."""
        return self.sensitivity.of_name(name)

    def definition_files(self) -> list[Path]:
        """All files that define the study, in a fixed order."""
        patterns = ("*.yaml", "*.csv", "*.xlsx", "questionnaire/*", "coding/*", "reports/*")
        own = (path for pattern in patterns for path in self.folder.glob(pattern))
        return sorted({*(path for path in own if path.is_file()), *self.files.taken_over()})


def open_study(study: str | Path, workspace: Workspace | None = None) -> Study:
    """Open a study by its id or its folder, and check all its definitions.

    Raises
    ------
    WorkbenchError
        With one issue for every definition that cannot be meant.
    """
    place = workspace or find_workspace()
    folder = _folder(study, place)
    written = read_tree(folder / "study.yaml")
    territory = _territory(written, place)
    card_tree = known_part(written, territory)
    card = parse_tree(Card, card_tree)
    _check_card(card, card_tree, folder)
    files = study_files(folder, card.shared, card_tree, place)
    questionnaire, form_issues = _checked_form(card, files, place)
    questionnaire = _of_the_study(questionnaire, card, files, territory)
    variables, variable_issues = _read_variables(files, questionnaire)
    groups, questionnaire, membership, target_group_issues = _read_groups(
        files, place, questionnaire, variables
    )
    variables = {**variables, **membership}
    indicators, indicator_issues = _read_indicators(files, questionnaire, variables)
    comparability, wave_issues = _read_comparability(files, card, questionnaire, variables)
    plan, plan_issues = _read_plan(files, card, indicators, questionnaire, variables)
    plan = _with_earlier(plan, card, indicators, questionnaire, variables, comparability)
    margins, margin_issues = _read_margins(files, card, variables, questionnaire)
    issues = [
        *form_issues,
        *variable_issues,
        *target_group_issues,
        *indicator_issues,
        *plan_issues,
        *margin_issues,
        *wave_issues,
        *_wave_issues(card, card_tree),
        *_area_issues(card, card_tree, questionnaire, variables),
        *_sensitive_issues(card, card_tree, questionnaire),
        *_discard_issues(card, card_tree, questionnaire),
        *_small_area_issues(card, card_tree, margins, questionnaire, variables),
        *_translation_issues(card, questionnaire, files),
    ]
    if issues:
        raise WorkbenchError(f"the definitions of {card.id} cannot be used", issues=issues)
    return Study(
        folder,
        place,
        card,
        questionnaire,
        variables,
        tuple(indicators),
        tuple(plan),
        tuple(margins),
        territory,
        tuple(groups),
        tuple(comparability),
    )


def _territory(card: Tree, workspace: Workspace) -> Territory | None:
    has_region = isinstance(card.values, Mapping) and bool(card.values.get("region"))
    return load_territory(workspace.catalogues) if has_region else None


def _folder(study: str | Path, workspace: Workspace) -> Path:
    as_path = Path(study)
    for folder in (workspace.studies / str(study), as_path):
        if (folder / "study.yaml").is_file():
            return folder.resolve()
    raise WorkbenchError(
        f"there is no study {study}",
        file=workspace.studies / str(study) / "study.yaml",
        expected=", ".join(workspace.study_ids()) or "a folder with study.yaml",
        hint=suggestion(str(study), workspace.study_ids()),
    )


def _check_card(card: Card, tree: Tree, folder: Path) -> None:
    if card.id != folder.name:
        raise tree.error(
            "the id is not the name of the folder", ("id",), expected=folder.name, got=card.id
        )
    if card.default_language not in card.languages:
        raise tree.error(
            "the default language is none of the languages",
            ("default_language",),
            expected=", ".join(card.languages),
            got=card.default_language,
        )
    form = card.questionnaire
    if bool(form.workbook) == bool(form.survey and form.choices):
        raise tree.error(
            "the questionnaire is not named",
            ("questionnaire",),
            expected="either workbook, or survey and choices",
        )
    if card.fieldwork.start is None and not _year_of(card.wave):
        raise tree.error(
            "nothing says in which year people were asked",
            ("fieldwork", "start"),
            expected="the first day of the field work, or a wave that names a year",
        )
    if card.survey_period[1] < card.survey_period[0]:
        raise tree.error("the field work ends before it starts", ("fieldwork", "end"))


def _checked_form(
    card: Card, files: StudyFiles, workspace: Workspace
) -> tuple[Questionnaire, list[Issue]]:
    """The questionnaire and what is wrong with it.

    A form that came with the data cannot be corrected any more: what is wrong in it is a
    warning that stays with the questionnaire. In a form of our own it is an error.
    """
    questionnaire = _with_sensitive(
        _open_questionnaire(card, files, workspace), card.questionnaire.sensitive
    )
    issues = list(_questionnaire_issues(questionnaire, card))
    form = card.questionnaire
    if (files / (form.workbook or form.survey or "")).exists():
        return questionnaire, issues
    warnings = (replace(issue, severity="warning") for issue in issues)
    received = replace(questionnaire, issues=(*questionnaire.issues, *warnings))
    return received, []


def _open_questionnaire(card: Card, files: StudyFiles, workspace: Workspace) -> Questionnaire:
    form = card.questionnaire

    def located(name: str) -> Path:
        own = files / name
        return own if own.exists() else workspace.raw(card.id) / name

    if form.workbook:
        return read_questionnaire(located(form.workbook), languages=card.languages)
    assert form.survey is not None and form.choices is not None
    return read_questionnaire(
        located(form.survey),
        located(form.choices),
        languages=card.languages,
        encoding=form.encoding,
    )


def _of_the_study(
    questionnaire: Questionnaire, card: Card, files: StudyFiles, territory: Territory | None
) -> Questionnaire:
    """The form with the year it was used in, and the areas of the study where it leaves them out.

    The list of the area variable need not stand among the choices: its choices are then the
    areas of the region, so that the same form serves every region.
    """
    dated = replace(questionnaire, survey_year=card.survey_year)
    rows = _optional_rows(files / "variables.csv")
    lists = [row.values.get("list") for row in rows if row.values["name"] == card.area_variable]
    if territory is None or card.region is None or (files / "areas.csv").exists():
        return dated
    names = territory.places("area", card.region)
    areas = tuple(
        Choice(str(code), dict.fromkeys(card.languages, str(name))) for code, name in names.items()
    )
    missing = {name: areas for name in lists if name and name not in questionnaire.choices}
    return replace(dated, choices={**questionnaire.choices, **missing})


def _with_sensitive(questionnaire: Questionnaire, names: Iterable[str]) -> Questionnaire:
    questions = dict(questionnaire.questions)
    for name in names:
        if name in questions:
            questions[name] = replace(questions[name], sensitive=True)
    return replace(questionnaire, questions=questions)


# --- checks -------------------------------------------------------------------------------


def _questionnaire_issues(questionnaire: Questionnaire, card: Card) -> Iterator[Issue]:
    for question in questionnaire.questions.values():
        assert question.row is not None
        for column in ("relevant", "constraint"):
            expression = getattr(question, column)
            if expression is not None:
                yield from _expression_issues(
                    expression, question.row, column, questionnaire, {}, dot=True
                )
        for sample in question.samples:
            if sample not in card.samples:
                yield question.row.issue(
                    f"the study has no sample {sample}",
                    "samples",
                    expected=", ".join(card.samples),
                    hint=suggestion(sample, card.samples),
                )
        if question.item and question.group:
            items = questionnaire.items_list(question.group)
            if items and question.item not in questionnaire.choice_names(items):
                yield question.row.issue(
                    f"the list {items} has no entry {question.item}",
                    "item",
                    hint=suggestion(question.item, questionnaire.choice_names(items)),
                )


def _expression_issues(
    expression: Expression,
    row: Row | Tree,
    column: Any,
    questionnaire: Questionnaire,
    variables: Mapping[str, Any],
    *,
    dot: bool,
) -> Iterator[Issue]:
    known = questionnaire.names | set(variables) | questionnaire.repeated
    for name in sorted(expression.names - known):
        yield row.issue(
            f"there is no question or variable {name}",
            column,
            got=expression.text,
            hint=suggestion(name, known),
        )
    for name, literal in expression.literals:
        list_name = questionnaire.list_of(name) or getattr(variables.get(name), "list", None)
        if list_name and literal not in questionnaire.choice_names(list_name):
            yield row.issue(
                f"the list {list_name} of {name} has no choice {literal}",
                column,
                got=expression.text,
                expected=", ".join(questionnaire.choice_names(list_name)[:12]),
                hint=suggestion(literal, questionnaire.choice_names(list_name)),
            )
    if expression.uses_current and not dot:
        yield row.issue(
            "a dot stands where nothing is current",
            column,
            got=expression.text,
            hint="name a grid or a question in the column over",
        )


def _parsed(
    text: str | None, row: Row | Tree, column: Any, issues: list[Issue]
) -> Expression | None:
    if not text:
        return None
    try:
        return parse(text)
    except WorkbenchError as error:
        found = error.issue
        issues.append(
            row.issue(found.what, column, got=found.got, expected=found.expected, hint=found.hint)
        )
        return None


def _optional_rows(path: Path) -> list[Row]:
    return read_rows(path) if path.exists() else []


def _read_variables(
    files: StudyFiles, questionnaire: Questionnaire
) -> tuple[dict[str, Variable], list[Issue]]:
    rows = _optional_rows(files / "variables.csv")
    models = parse_rows(_VariableRow, rows)
    issues: list[Issue] = []
    parsed: dict[str, tuple[_VariableRow, Expression, Row]] = {}
    for row, model in zip(rows, models, strict=True):
        expression = _parsed(model.calculation, row, "calculation", issues)
        if model.name in parsed or model.name in questionnaire.names:
            issues.append(row.issue(f"the name {model.name} stands twice", "name"))
        elif expression is not None:
            parsed[model.name] = (model, expression, row)
    for model, expression, row in parsed.values():
        issues.extend(
            _expression_issues(
                expression, row, "calculation", questionnaire,
                {name: entry[0] for name, entry in parsed.items()}, dot=False,
            )
        )  # fmt: skip
        issues.extend(_list_issues(model, row, questionnaire))
    issues.extend(_wider_issues(parsed, questionnaire))
    cycle = _cycle({name: entry[1].names for name, entry in parsed.items()})
    if cycle:
        row = parsed[cycle[0]][2]
        issues.append(
            row.issue(
                "a derived variable rests on itself",
                "calculation",
                got=" → ".join(cycle),
                hint="define one of them from questions only",
            )
        )
        return {}, issues
    return _ordered_variables(parsed, questionnaire), issues


def _list_issues(model: _VariableRow, row: Row, questionnaire: Questionnaire) -> Iterator[Issue]:
    if model.type == "select_one" and model.list not in questionnaire.choices:
        yield row.issue(
            f"the choices have no list {model.list or '(none named)'}",
            "list",
            hint=suggestion(model.list or "", questionnaire.choices),
        )


def _cycle(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """A circle of names, closed; empty when there is none."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(set(needs[name]) & set(needs)):
            found = visit(other, (*path, name))
            if found:
                return found
        done.add(name)
        return []

    for name in needs:
        found = visit(name, ())
        if found:
            return found
    return []


def _ordered_variables(
    parsed: Mapping[str, tuple[_VariableRow, Expression, Row]], questionnaire: Questionnaire
) -> dict[str, Variable]:
    ordered: dict[str, Variable] = {}
    waiting = dict(parsed)
    while waiting:
        for name, (model, expression, _) in list(waiting.items()):
            if not expression.names & set(waiting):
                ordered[name] = _variable(model, expression, ordered, questionnaire)
                del waiting[name]
    return ordered


def _variable(
    model: _VariableRow,
    expression: Expression,
    earlier: Mapping[str, Variable],
    questionnaire: Questionnaire,
) -> Variable:
    inherited = Sensitivity(questionnaire, earlier).of_expression(expression)
    return Variable(
        name=model.name,
        type="select_one" if model.type == "yes_no" else model.type,
        list=model.list or ("yes_no" if model.type == "yes_no" else None),
        label=model.label,
        calculation=expression,
        sensitive=inherited if model.sensitive == "auto" else model.sensitive == "yes",
        wider=model.wider,
    )


def _read_groups(
    files: StudyFiles,
    workspace: Workspace,
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> tuple[list[TargetGroup], Questionnaire, dict[str, Variable], list[Issue]]:
    """The target groups, their lists of choices among the others, and who is a member."""
    groups = read_target_groups(files / TARGET_GROUPS_FILE)
    issues = list(group_issues(groups, workspace.catalogues))
    membership: dict[str, Variable] = {}
    for group in groups:
        expression = _parsed(group.membership, group.row, "membership", issues)
        if expression is None:
            continue
        issues.extend(
            _expression_issues(
                expression, group.row, "membership", questionnaire, variables, dot=False
            )
        )
        if group.variable in questionnaire.names | set(variables):
            issues.append(group.row.issue(f"the name {group.variable} is taken", "id"))
        membership[group.variable] = Variable(
            group.variable,
            "select_one",
            group.variable,
            group.label,
            expression,
            Sensitivity(questionnaire, variables).of_expression(expression),
        )
    choices = {**questionnaire.choices, **group_lists(groups)}
    return groups, replace(questionnaire, choices=choices), membership, issues


def _wider_issues(
    parsed: Mapping[str, tuple[_VariableRow, Expression, Row]], questionnaire: Questionnaire
) -> Iterator[Issue]:
    """Wider variables that do not exist, run in a circle, or lack the group of a choice."""
    wider = {name: model.wider for name, (model, _, _) in parsed.items() if model.wider}
    circle = _cycle({name: {other} for name, other in wider.items()})
    for name, other in wider.items():
        model, _, row = parsed[name]
        found = parsed.get(other)
        if found is None or not (found[0].list and model.list):
            yield row.issue(
                f"there is no variable with choices {other}",
                "wider",
                expected="a derived variable with choices, of one that has choices itself",
                hint=suggestion(other, parsed),
            )
        elif name in circle:
            yield row.issue("a variable is wider than itself", "wider", got=" → ".join(circle))
        else:
            yield from _wider_choice_issues(model, found[0], row, questionnaire)


def _wider_choice_issues(
    model: _VariableRow, other: _VariableRow, row: Row, questionnaire: Questionnaire
) -> Iterator[Issue]:
    known = questionnaire.choice_names(other.list or "")
    for choice in questionnaire.choices.get(model.list or "", ()):
        group = choice.attributes.get("wider", "")
        if group not in known:
            yield row.issue(
                f"the list {other.list} has no choice {group or '(none named)'}, into which"
                f" {choice.name} of {model.list} falls",
                "wider",
                expected=f"a column wider of the choices with one of {', '.join(known)}",
            )


def _read_indicators(
    files: StudyFiles, questionnaire: Questionnaire, variables: Mapping[str, Variable]
) -> tuple[list[Indicator], list[Issue]]:
    rows = _optional_rows(files / "indicators.csv")
    models = parse_rows(_IndicatorRow, rows)
    codes = {model.code for model in models}
    issues: list[Issue] = []
    indicators: list[Indicator] = []
    seen: set[tuple[str, str]] = set()
    for row, model in zip(rows, models, strict=True):
        if (model.code, model.category) in seen:
            issues.append(
                row.issue(f"the indicator {model.code} {model.category} stands twice", "code")
            )
        seen.add((model.code, model.category))
        select = _parsed(model.select, row, "select", issues)
        base = _parsed(model.base, row, "base", issues)
        for column, expression in (("select", select), ("base", base)):
            if expression is not None:
                issues.extend(
                    _expression_issues(
                        expression, row, column, questionnaire, variables, dot=bool(model.over)
                    )
                )
        issues.extend(_indicator_issues(model, row, codes, questionnaire, variables))
        indicators.append(_indicator(model, select, base, questionnaire, variables))
    return indicators, issues


#: Statistics that are computed from other indicators, and those that target groups have.
_OF_OTHERS = ("comparison", "adjusted_difference", "size", "mean_rank")
_OF_GROUPS = ("size", "count", "entrants", "mean_rank")


def _indicator_issues(
    model: _IndicatorRow,
    row: Row,
    codes: set[str],
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> Iterator[Issue]:
    known = questionnaire.names | set(variables)
    if TARGET_GROUPS in questionnaire.choices:
        known |= {TARGET_GROUPS}
    if model.over and model.over not in known:
        yield row.issue(
            f"there is no question or grid {model.over}", "over", hint=suggestion(model.over, known)
        )
    needs_other = model.statistic in _OF_OTHERS
    several = model.statistic == "mean_rank"
    named = (model.of or "").split() if several else [model.of or ""]
    for other in named or [""]:
        if needs_other and other not in codes:
            yield row.issue(
                f"there is no indicator {other or '(none named)'}",
                "of",
                hint=suggestion(other, codes),
            )
    if model.statistic in _OF_GROUPS and model.over != TARGET_GROUPS:
        yield row.issue(
            f"the statistic {model.statistic} is of target groups",
            "over",
            expected=TARGET_GROUPS,
            got=model.over,
        )
    if model.statistic != "comparison" and not model.select and not model.over:
        yield row.issue("nothing is selected", "select", expected="an expression, or over")
    for name in model.adjust.split():
        if name not in known:
            yield row.issue(f"there is no variable {name}", "adjust", hint=suggestion(name, known))


def _indicator(
    model: _IndicatorRow,
    select: Expression | None,
    base: Expression | None,
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> Indicator:
    values = model.model_dump()
    values.update(select=select, base=base, adjust=tuple(model.adjust.split()), sensitive=False)
    if model.sensitive != "auto":
        return Indicator(**{**values, "sensitive": model.sensitive == "yes"})
    known = Sensitivity(questionnaire, variables)
    over = model.over is not None and model.over not in questionnaire.groups
    whole = (over and known.of_name(model.over or "")) or known.of_expression(select)
    asked, asked_categories = False, frozenset[str]()
    if model.not_asked != "no":
        names = select.names if select is not None else frozenset[str]()
        asked, asked_categories = known.asked_of_few(model.over, names)
    own = known.categories(model.over)
    chosen = own if base is not None and base.uses_current else frozenset[str]()
    values.update(
        sensitive=whole or known.of_expression(base) or asked,
        sensitive_categories=own | asked_categories,
        sensitive_base=known.of_expression(base) or asked,
        sensitive_base_categories=asked_categories | chosen,
    )
    return Indicator(**values)


def _read_plan(
    files: StudyFiles,
    card: Card,
    indicators: Iterable[Indicator],
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> tuple[list[PlanRow], list[Issue]]:
    rows = _optional_rows(files / "plan.csv")
    models = parse_rows(_PlanRow, rows)
    codes = {indicator.code for indicator in indicators}
    issues: list[Issue] = []
    for row, model in zip(rows, models, strict=True):
        checks = (
            ("indicator", (model.indicator,), codes),
            ("sample", (model.sample,), set(card.samples)),
            ("breakdowns", tuple(model.breakdowns.split()), _breakdowns(questionnaire, variables)),
            ("levels", tuple(model.levels.split()), {"area", "region"}),
            ("comparison", tuple(model.comparison.split()), set(COMPARISONS)),
        )
        issues.extend(
            row.issue(
                f"there is no {column.rstrip('s')} {name}",
                column,
                expected=", ".join(sorted(known)[:12]),
                hint=suggestion(name, known),
            )
            for column, names, known in checks
            for name in names
            if name not in known
        )
        earlier = card.samples[model.sample].earlier if model.sample in card.samples else None
        if "earlier" in model.comparison.split() and earlier is None:
            issues.append(
                row.issue(
                    f"the sample {model.sample} has no earlier wave",
                    "comparison",
                    expected="earlier of the sample in study.yaml",
                )
            )
        if "area" not in model.levels.split() and model.comparison:
            issues.append(
                row.issue(
                    f"{model.indicator} has a comparison of areas, but no areas",
                    "levels",
                    got=model.levels,
                    expected="area among the levels",
                )
            )
    plan = [
        PlanRow(
            model.indicator,
            model.sample,
            _with_wider(model.breakdowns.split(), variables),
            tuple(model.levels.split()),
            tuple(model.comparison.split()),
        )
        for model in models
    ]
    return plan, issues


def _with_wider(names: Iterable[str], variables: Mapping[str, Variable]) -> tuple[str, ...]:
    """Breakdowns with the wider ones that stand in where their groups are too small."""
    found: dict[str, None] = {}
    for name in names:
        found.setdefault(name)
        wider = variables[name].wider if name in variables else None
        while wider and wider in variables and wider not in found:
            found.setdefault(wider)
            wider = variables[wider].wider
    return tuple(found)


# --- an earlier wave ----------------------------------------------------------------------


def _wave_issues(card: Card, tree: Tree) -> Iterator[Issue]:
    """Earlier samples that do not exist, have no wave of their own or no date."""
    for name, sample in card.samples.items():
        if sample.earlier is None:
            continue
        path = ("samples", name, "earlier")
        other = card.samples.get(sample.earlier)
        if other is None or sample.earlier == name:
            yield tree.issue(
                f"there is no earlier sample {sample.earlier}",
                path,
                expected=", ".join(set(card.samples) - {name}) or "another sample",
                hint=suggestion(sample.earlier, set(card.samples) - {name}),
            )
        elif other.wave is None or other.reference_date is None or other.wave == card.wave:
            yield tree.issue(
                f"the earlier sample {sample.earlier} is not told from the study's own wave",
                path,
                expected=f"wave (other than {card.wave}) and reference_date of the sample",
            )


def _read_comparability(
    folder: StudyFiles, card: Card, questionnaire: Questionnaire, variables: Mapping[str, Variable]
) -> tuple[list[Comparability], list[Issue]]:
    rows = _optional_rows(folder / "comparability.csv")
    models = parse_rows(_ComparabilityRow, rows)
    known = questionnaire.names | set(variables)
    issues: list[Issue] = []
    for row, model in zip(rows, models, strict=True):
        with_earlier = [name for name, sample in card.samples.items() if sample.earlier]
        if model.sample not in with_earlier:
            issues.append(
                row.issue(
                    f"there is no sample {model.sample} with an earlier wave",
                    "sample",
                    expected=", ".join(with_earlier) or "earlier of a sample in study.yaml",
                )
            )
        if model.question not in known:
            issues.append(
                row.issue(
                    f"there is no question or variable {model.question}",
                    "question",
                    hint=suggestion(model.question, known),
                )
            )
        issues.extend(_missing_labels(model.reason, card.languages, row, "reason"))
    found = [
        Comparability(model.sample, model.question, model.comparable, model.reason)
        for model in models
    ]
    return found, issues


def _differing(
    sample: str,
    names: Iterable[str],
    card: Card,
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
    comparability: Iterable[Comparability],
) -> tuple[Comparability, ...]:
    earlier = card.samples[sample].earlier
    used = _used_names(names, questionnaire, variables)
    stated = tuple(one for one in comparability if one.sample == sample and one.question in used)
    asked = {question.name for question in questionnaire.asked_of(earlier or sample)}
    absent = sorted((used & set(questionnaire.questions)) - asked)
    unstated = set(absent) - {one.question for one in stated if one.comparable == "no"}
    return (*stated, *(Comparability(sample, name, "no", {}) for name in sorted(unstated)))


def _used_names(
    names: Iterable[str], questionnaire: Questionnaire, variables: Mapping[str, Variable]
) -> set[str]:
    """Names with the questions of their grids and all that variables are computed from."""
    used: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in used:
            continue
        used.add(name)
        if name in variables:
            waiting.extend(variables[name].calculation.names)
        elif name in questionnaire.groups:
            waiting.extend(questionnaire.groups[name].questions)
    return used


def _with_earlier(
    plan: list[PlanRow],
    card: Card,
    indicators: Iterable[Indicator],
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
    comparability: Iterable[Comparability],
) -> list[PlanRow]:
    """The plan, with the totals of the earlier wave where a change is asked for."""
    names: dict[str, set[str]] = {}
    for indicator in indicators:
        names.setdefault(indicator.code, set()).update(indicator.names)
    known = tuple(comparability)
    more: dict[PlanRow, None] = {}
    for row in plan:
        earlier = card.samples[row.sample].earlier if row.sample in card.samples else None
        if "earlier" not in row.comparisons or earlier not in card.samples:
            continue
        differing = _differing(
            row.sample, names.get(row.indicator, ()), card, questionnaire, variables, known
        )
        if not any(one.comparable == "no" for one in differing):
            more.setdefault(PlanRow(row.indicator, str(earlier), (), row.levels))
    return [*plan, *(row for row in more if row not in plan)]


def _breakdowns(questionnaire: Questionnaire, variables: Mapping[str, Variable]) -> set[str]:
    single = {
        question.name
        for question in questionnaire.questions.values()
        if question.type == "select_one"
    }
    return single | {variable.name for variable in variables.values() if variable.list}


def _read_margins(
    files: StudyFiles,
    card: Card,
    variables: Mapping[str, Variable],
    questionnaire: Questionnaire,
) -> tuple[list[Margin], list[Issue]]:
    rows = _optional_rows(files / "margins.csv")
    models = parse_rows(_MarginRow, rows)
    known = _breakdowns(questionnaire, variables)
    issues: list[Issue] = []
    for row, model in zip(rows, models, strict=True):
        if model.sample not in card.samples:
            issues.append(
                row.issue(
                    f"there is no sample {model.sample}",
                    "sample",
                    hint=suggestion(model.sample, card.samples),
                )
            )
        issues.extend(
            row.issue(
                f"there is no variable with choices {name}",
                "variables",
                hint=suggestion(name, known),
            )
            for name in model.variables.split("*")
            if name not in known
        )
    margins = [
        Margin(
            model.sample,
            model.name,
            tuple(model.variables.split("*")),
            model.table,
            model.role,
            model.reference_date,
            model.source,
        )
        for model in models
    ]
    return margins, issues


def _area_issues(
    card: Card,
    tree: Tree,
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> Iterator[Issue]:
    known = set(questionnaire.questions) | set(variables)
    if card.area_variable not in known:
        yield tree.issue(
            f"there is no question or variable {card.area_variable}",
            ("area_variable",),
            hint=suggestion(card.area_variable, known),
        )


def _sensitive_issues(card: Card, tree: Tree, questionnaire: Questionnaire) -> Iterator[Issue]:
    for name in card.questionnaire.sensitive:
        if name not in questionnaire.questions:
            yield tree.issue(
                f"there is no question {name}",
                ("questionnaire", "sensitive"),
                hint=suggestion(name, questionnaire.questions),
            )


def _discard_issues(card: Card, tree: Tree, questionnaire: Questionnaire) -> Iterator[Issue]:
    for number, rule in enumerate(card.discard):
        path = ("discard", number, "when")
        issues: list[Issue] = []
        expression = _parsed(rule.when, tree, path, issues)
        yield from issues
        if expression is not None:
            yield from _expression_issues(expression, tree, path, questionnaire, {}, dot=False)
        for language in card.languages:
            if not rule.reason.get(language):
                yield tree.issue(
                    f"a translation is missing: {language}",
                    ("discard", number, "reason"),
                    expected=f"a text in {language}",
                )


def _small_area_issues(
    card: Card,
    tree: Tree,
    margins: Iterable[Margin],
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> Iterator[Issue]:
    """Auxiliaries that no margin has."""
    if card.small_areas is None:
        return
    own = {one.name: one for one in margins if one.sample == card.small_areas.sample}
    for number, auxiliary in enumerate(card.small_areas.auxiliaries):
        path = ("small_areas", "auxiliaries", number)
        margin = own.get(auxiliary.margin)
        if margin is None:
            yield tree.issue(
                f"the sample {card.small_areas.sample} has no margin {auxiliary.margin}",
                (*path, "margin"),
                expected=", ".join(own) or "a row in margins.csv",
                hint=suggestion(auxiliary.margin, own),
            )
            continue
        if auxiliary.variable not in margin.variables:
            yield tree.issue(
                f"the margin {margin.name} has no variable {auxiliary.variable}",
                (*path, "variable"),
                expected=", ".join(margin.variables),
            )
            continue
        found = variables.get(auxiliary.variable)
        list_name = found.list if found else questionnaire.list_of(auxiliary.variable)
        known = questionnaire.choice_names(list_name or "")
        for choice in auxiliary.choices:
            if choice not in known:
                yield tree.issue(
                    f"the list {list_name} has no choice {choice}",
                    (*path, "choices"),
                    expected=", ".join(known),
                )


def _translation_issues(
    card: Card, questionnaire: Questionnaire, files: StudyFiles
) -> Iterator[Issue]:
    for question in questionnaire.questions.values():
        if question.type != "calculate" and question.row is not None:
            yield from _missing_labels(question.label, card.languages, question.row)
    if card.questionnaire.survey and (files / (card.questionnaire.choices or "")).exists():
        yield from _choice_translation_issues(card, files)
    for name in ("variables.csv", "indicators.csv", TARGET_GROUPS_FILE):
        for row in _optional_rows(files / name):
            for column in ("label", "others", "definition"):
                texts = _texts_of(row, column)
                if texts is not None:
                    yield from _missing_labels(texts, card.languages, row, column)


def _choice_translation_issues(card: Card, files: StudyFiles) -> Iterator[Issue]:
    form = card.questionnaire
    for row in read_rows(files / str(form.choices), encoding=form.encoding):
        texts = _texts_of(row, "label")
        if texts is not None and row.values.get("name"):
            yield from _missing_labels(texts, card.languages, row)


def _texts_of(row: Row, column: str) -> dict[str, str] | None:
    from analysis.definitions import nest_languages

    texts = nest_languages(row.values).get(column)
    return texts if isinstance(texts, dict) else None


def _missing_labels(
    texts: Labels, languages: Iterable[str], row: Row, column: str = "label"
) -> Iterator[Issue]:
    for language in languages:
        if not texts.get(language):
            yield row.issue(
                f"a translation is missing: {language}",
                f"{column}::{language}",
                expected=f"a text in {language}",
            )


def _own_areas(path: Path) -> pd.DataFrame:
    models = parse_rows(_AreaRow, read_rows(path))
    return pd.DataFrame(
        {
            "name": [model.name for model in models],
            "genitive": [model.genitive or model.name for model in models],
            "locative": [model.locative or model.name for model in models],
            "slug": [model.slug or model.code for model in models],
            "region": "",
        },
        index=pd.Index([model.code for model in models], name="code"),
    )


def _territory_areas(study: Study) -> pd.DataFrame:
    if study.region is None or study.territory is None:
        raise WorkbenchError(
            f"the study {study.id} has neither a region nor areas",
            file=study.folder / "study.yaml",
            expected="region in study.yaml, or a file areas.csv",
        )
    territory = study.territory
    codes = territory.areas_of(study.region)
    frame = territory.areas.set_index("code").loc[list(codes)]
    frame["slug"] = [territory.slug(code) for code in frame.index]
    return frame[["name", "genitive", "locative", "slug", "region"]]

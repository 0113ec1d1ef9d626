"""A study: a folder of definitions, opened, checked and typed.

Everything that makes one survey or region differ from another stands in the folder; this
module only reads it and refuses what cannot be meant, with file and line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.card_texts import known_part
from analysis.definitions import Tree, parse_tree, read_tree, suggestion
from analysis.errors import WorkbenchError
from analysis.questionnaire import Labels, Questionnaire
from analysis.sensitivity import Sensitivity
from analysis.study_definitions.areas import own_areas
from analysis.study_definitions.card import Card, Sample
from analysis.study_definitions.card_checks import (
    area_variable_issues,
    check_card,
    discard_issues,
    sensitive_issues,
    small_area_issues,
)
from analysis.study_definitions.checks import translation_issues
from analysis.study_definitions.form import checked_form, of_the_study
from analysis.study_definitions.indicators import read_indicators
from analysis.study_definitions.plan import read_margins, read_plan
from analysis.study_definitions.rows import Comparability, Indicator, Margin, PlanRow, Variable
from analysis.study_definitions.variables import read_groups, read_variables
from analysis.study_definitions.waves import (
    differences_between,
    issues_of_waves,
    read_comparability,
    with_earlier,
)
from analysis.study_files import StudyFiles, study_files
from analysis.target_groups import TARGET_GROUPS, TargetGroup
from analysis.territory import Territory, load_territory
from analysis.workspace import Workspace, find_workspace


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
        return own_areas(own) if own.exists() else _territory_areas(self)

    def wave_of(self, sample: str) -> str:
        """The wave of a sample: its own, or the study's."""
        return self.samples[sample].wave or self.wave

    def differences_between_waves(self, sample: str, code: str) -> tuple[Comparability, ...]:
        """What keeps an indicator from being compared with the sample's earlier wave.

        That is what ``comparability.csv`` says of the questions and variables it rests on;
        what the earlier sample was not asked stands there as well.
        """
        names = set().union(*(one.names for one in self.indicator(code)))
        return differences_between(
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
    check_card(card, card_tree, folder)
    files = study_files(folder, card.shared, card_tree, place)
    questionnaire, form_issues = checked_form(card, files, place)
    questionnaire = of_the_study(questionnaire, card, files, territory)
    variables, variable_issues = read_variables(files, questionnaire)
    groups, questionnaire, membership, target_group_issues = read_groups(
        files, place, questionnaire, variables
    )
    variables = {**variables, **membership}
    indicators, indicator_issues = read_indicators(files, questionnaire, variables)
    comparability, wave_issues = read_comparability(files, card, questionnaire, variables)
    plan, plan_issues = read_plan(files, card, indicators, questionnaire, variables)
    plan = with_earlier(plan, card, indicators, questionnaire, variables, comparability)
    margins, margin_issues = read_margins(files, card, variables, questionnaire)
    issues = [
        *form_issues,
        *variable_issues,
        *target_group_issues,
        *indicator_issues,
        *plan_issues,
        *margin_issues,
        *wave_issues,
        *issues_of_waves(card, card_tree),
        *area_variable_issues(card, card_tree, questionnaire, variables),
        *sensitive_issues(card, card_tree, questionnaire),
        *discard_issues(card, card_tree, questionnaire),
        *small_area_issues(card, card_tree, margins, questionnaire, variables),
        *translation_issues(card, questionnaire, files),
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

"""The analysis plan, with wider groups, and margins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analysis.definitions import parse_rows, suggestion
from analysis.errors import Issue
from analysis.questionnaire import Questionnaire
from analysis.study_definitions.card import Card
from analysis.study_definitions.checks import optional_rows
from analysis.study_definitions.rows import (
    COMPARISONS,
    Indicator,
    Margin,
    MarginEntry,
    PlanEntry,
    PlanRow,
    Variable,
)
from analysis.study_files import StudyFiles


def read_plan(
    files: StudyFiles,
    card: Card,
    indicators: Iterable[Indicator],
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> tuple[list[PlanRow], list[Issue]]:
    """The rows of ``plan.csv`` with the wider breakdowns, and what is wrong in it."""
    rows = optional_rows(files / "plan.csv")
    models = parse_rows(PlanEntry, rows)
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


def _breakdowns(questionnaire: Questionnaire, variables: Mapping[str, Variable]) -> set[str]:
    single = {
        question.name
        for question in questionnaire.questions.values()
        if question.type == "select_one"
    }
    return single | {variable.name for variable in variables.values() if variable.list}


def read_margins(
    files: StudyFiles,
    card: Card,
    variables: Mapping[str, Variable],
    questionnaire: Questionnaire,
) -> tuple[list[Margin], list[Issue]]:
    """The margins of ``margins.csv``, and what is wrong in it."""
    rows = optional_rows(files / "margins.csv")
    models = parse_rows(MarginEntry, rows)
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

"""The questionnaire of a study as its card names it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from analysis.errors import Issue
from analysis.questionnaire import Choice, Questionnaire, read_questionnaire
from analysis.study_definitions.card import Card
from analysis.study_definitions.card_checks import questionnaire_issues
from analysis.study_definitions.checks import optional_rows
from analysis.study_files import StudyFiles
from analysis.territory import Territory
from analysis.workspace import Workspace


def checked_form(
    card: Card, files: StudyFiles, workspace: Workspace
) -> tuple[Questionnaire, list[Issue]]:
    """The questionnaire and what is wrong with it.

    A form that came with the data cannot be corrected any more: what is wrong in it is a
    warning that stays with the questionnaire. In a form of our own it is an error.
    """
    questionnaire = _with_sensitive(
        _open_questionnaire(card, files, workspace), card.questionnaire.sensitive
    )
    issues = list(questionnaire_issues(questionnaire, card))
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


def of_the_study(
    questionnaire: Questionnaire, card: Card, files: StudyFiles, territory: Territory | None
) -> Questionnaire:
    """The form with the year it was used in, and the areas of the study where it leaves them out.

    The list of the area variable need not stand among the choices: its choices are then the
    areas of the region, so that the same form serves every region.
    """
    dated = replace(questionnaire, survey_year=card.survey_year)
    rows = optional_rows(files / "variables.csv")
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

"""Checks of the card and the questionnaire against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from analysis.definitions import Tree, suggestion
from analysis.errors import Issue
from analysis.questionnaire import Questionnaire
from analysis.study_definitions.card import Card, year_of
from analysis.study_definitions.checks import expression_issues, parsed_expression
from analysis.study_definitions.rows import Margin, Variable


def check_card(card: Card, tree: Tree, folder: Path) -> None:
    """Refuse a card that does not fit its folder or itself."""
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
    if card.fieldwork.start is None and not year_of(card.wave):
        raise tree.error(
            "nothing says in which year people were asked",
            ("fieldwork", "start"),
            expected="the first day of the field work, or a wave that names a year",
        )
    if card.survey_period[1] < card.survey_period[0]:
        raise tree.error("the field work ends before it starts", ("fieldwork", "end"))


def questionnaire_issues(questionnaire: Questionnaire, card: Card) -> Iterator[Issue]:
    """Routing, constraints and samples of questions that cannot be meant."""
    for question in questionnaire.questions.values():
        assert question.row is not None
        for column in ("relevant", "constraint"):
            expression = getattr(question, column)
            if expression is not None:
                yield from expression_issues(
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


def area_variable_issues(
    card: Card,
    tree: Tree,
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> Iterator[Issue]:
    """The variable of areas has to exist."""
    known = set(questionnaire.questions) | set(variables)
    if card.area_variable not in known:
        yield tree.issue(
            f"there is no question or variable {card.area_variable}",
            ("area_variable",),
            hint=suggestion(card.area_variable, known),
        )


def sensitive_issues(card: Card, tree: Tree, questionnaire: Questionnaire) -> Iterator[Issue]:
    """Sensitive questions that the card names have to exist."""
    for name in card.questionnaire.sensitive:
        if name not in questionnaire.questions:
            yield tree.issue(
                f"there is no question {name}",
                ("questionnaire", "sensitive"),
                hint=suggestion(name, questionnaire.questions),
            )


def discard_issues(card: Card, tree: Tree, questionnaire: Questionnaire) -> Iterator[Issue]:
    """Rules of discarding have to be conditions on questions."""
    for number, rule in enumerate(card.discard):
        path = ("discard", number, "when")
        issues: list[Issue] = []
        expression = parsed_expression(rule.when, tree, path, issues)
        yield from issues
        if expression is not None:
            yield from expression_issues(expression, tree, path, questionnaire, {}, dot=False)
        for language in card.languages:
            if not rule.reason.get(language):
                yield tree.issue(
                    f"a translation is missing: {language}",
                    ("discard", number, "reason"),
                    expected=f"a text in {language}",
                )


def small_area_issues(
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

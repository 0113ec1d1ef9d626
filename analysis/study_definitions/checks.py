"""Checks that the readers of all lists share: expressions, translations, labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from analysis.definitions import Row, Tree, read_rows, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.expressions import Expression, parse
from analysis.questionnaire import Labels, Questionnaire
from analysis.study_definitions.card import Card
from analysis.study_files import StudyFiles
from analysis.target_groups import TARGET_GROUPS_FILE


def expression_issues(
    expression: Expression,
    row: Row | Tree,
    column: Any,
    questionnaire: Questionnaire,
    variables: Mapping[str, Any],
    *,
    dot: bool,
) -> Iterator[Issue]:
    """Names, grids and choices in an expression that the study does not have."""
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


def parsed_expression(
    text: str | None, row: Row | Tree, column: Any, issues: list[Issue]
) -> Expression | None:
    """A parsed expression; nothing, and an issue, where it cannot be read."""
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


def optional_rows(path: Path) -> list[Row]:
    """The rows of a list that a study need not have."""
    return read_rows(path) if path.exists() else []


def translation_issues(
    card: Card, questionnaire: Questionnaire, files: StudyFiles
) -> Iterator[Issue]:
    """Labels that are missing in a language of the study."""
    for question in questionnaire.questions.values():
        if question.type != "calculate" and question.row is not None:
            yield from missing_labels(question.label, card.languages, question.row)
    if card.questionnaire.survey and (files / (card.questionnaire.choices or "")).exists():
        yield from _choice_translation_issues(card, files)
    for name in ("variables.csv", "indicators.csv", TARGET_GROUPS_FILE):
        for row in optional_rows(files / name):
            for column in ("label", "others", "definition"):
                texts = _texts_of(row, column)
                if texts is not None:
                    yield from missing_labels(texts, card.languages, row, column)


def _choice_translation_issues(card: Card, files: StudyFiles) -> Iterator[Issue]:
    form = card.questionnaire
    for row in read_rows(files / str(form.choices), encoding=form.encoding):
        texts = _texts_of(row, "label")
        if texts is not None and row.values.get("name"):
            yield from missing_labels(texts, card.languages, row)


def _texts_of(row: Row, column: str) -> dict[str, str] | None:
    from analysis.definitions import nest_languages

    texts = nest_languages(row.values).get(column)
    return texts if isinstance(texts, dict) else None


def missing_labels(
    texts: Labels, languages: Iterable[str], row: Row, column: str = "label"
) -> Iterator[Issue]:
    """Languages in which a text is missing."""
    for language in languages:
        if not texts.get(language):
            yield row.issue(
                f"a translation is missing: {language}",
                f"{column}::{language}",
                expected=f"a text in {language}",
            )

"""What reveals something sensitive of a person: questions, choices, and all made from them.

A question is sensitive as a whole (``yes`` in the questionnaire) or in some of its choices
(``choices``; the choices are marked in their list). What is made from a question inherits:
from a whole one always, from one with sensitive choices where such a choice is named. A
condition over all choices together, such as any life situation, names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from analysis.expressions import Expression
from analysis.questionnaire import Questionnaire
from analysis.target_groups import MEMBERSHIP, TARGET_GROUPS


class Derived(Protocol):
    """A derived variable."""

    @property
    def sensitive(self) -> bool:
        """Whether it reveals something sensitive."""


class Sensitivity:
    """Answers what is sensitive in one questionnaire and its derived variables."""

    def __init__(self, questionnaire: Questionnaire, variables: Mapping[str, Derived]) -> None:
        self.questionnaire = questionnaire
        self.variables = variables

    def of_name(self, name: str) -> bool:
        """Whether a question, grid or derived variable is sensitive as a whole.

        A grid is when all its questions are.
        """
        if name in self.variables:
            return self.variables[name].sensitive
        if name in self.questionnaire.questions:
            return self.questionnaire.questions[name].sensitive
        if name in self.questionnaire.groups:
            members = self.questionnaire.groups[name].questions
            return bool(members) and all(map(self.of_name, members))
        return False

    def of_expression(self, expression: Expression | None) -> bool:
        """Whether a condition is made of something sensitive."""
        if expression is None:
            return False
        return any(map(self.of_name, expression.names)) or any(
            self.of_choice(name, choice) for name, choice in expression.literals
        )

    def of_choice(self, name: str, choice: str) -> bool:
        """Whether one choice of a question is sensitive by itself."""
        question = self.questionnaire.questions.get(name)
        if question is None or not question.sensitive_choices or question.list is None:
            return False
        return choice in self._marked(question.list)

    def categories(self, over: str | None) -> frozenset[str]:
        """The sensitive categories of an indicator over a grid, a question or target groups."""
        if over is None:
            return frozenset()
        if over == TARGET_GROUPS:
            groups = self.questionnaire.choice_names(TARGET_GROUPS)
            return frozenset(group for group in groups if self.of_name(MEMBERSHIP + group))
        if over in self.questionnaire.groups:
            items = self.questionnaire.group_items(over)
            return frozenset(item for question, item in items if self.of_name(question))
        list_name = self.questionnaire.list_of(over)
        names = self.questionnaire.choice_names(list_name) if list_name else ()
        return frozenset(name for name in names if self.of_choice(over, name))

    def asked_of_few(self, over: str | None, names: Iterable[str]) -> tuple[bool, frozenset[str]]:
        """Whether being asked is sensitive: as a whole, and in which categories of a grid.

        Whoever was asked a question that is routed by a sensitive answer gave that answer.
        """
        questions = self.questionnaire.questions
        whole = any(
            self.of_expression(questions[name].relevant)
            for name in names
            if name in questions and name != over
        )
        if over is None:
            return whole, frozenset()
        if over in self.questionnaire.groups:
            items = self.questionnaire.group_items(over)
            routed = {i for q, i in items if self.of_expression(questions[q].relevant)}
            return whole, frozenset(routed)
        routed_whole = over in questions and self.of_expression(questions[over].relevant)
        return whole or routed_whole, frozenset()

    def _marked(self, list_name: str) -> frozenset[str]:
        return frozenset(
            choice.name
            for choice in self.questionnaire.choices.get(list_name, ())
            if choice.attributes.get("sensitive") == "yes"
        )

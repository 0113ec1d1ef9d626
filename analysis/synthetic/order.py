"""In which order questions are drawn: as in the questionnaire, what they depend on first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analysis.errors import WorkbenchError
from analysis.questionnaire import Question
from analysis.study import Study
from analysis.synthetic.parameters import FILE_NAME, Generator, ItemParameters, Predictor
from analysis.synthetic.people import answerable_questions, questions_of

# What stands in a name where a rule has a placeholder.
ANY = "*"

_REFERENCE = re.compile(r"\$\{\s*([^}\s]+?)\s*\}")
_FUNCTION_OF_GRID = re.compile(
    r"\b(?:count-in(?:-where|-asked)?|any-in(?:-asked)?|same-item)\(\s*(\w+)"
)


def drawing_order(study: Study, generator: Generator) -> tuple[str, ...]:
    """All questions, each after those that it depends on.

    Raises
    ------
    WorkbenchError
        If questions depend on each other in a circle.
    """
    questions = list(answerable_questions(study))
    roles = [name for name in generator.roles.questions.values() if name in questions]
    needs = {name: needed_questions(study, generator, name) for name in questions}
    needs.update({name: set() for name in roles})
    order: dict[str, None] = {}
    for name in (*roles, *questions):
        _visit(name, needs, order, ())
    return tuple(order)


def _visit(
    name: str, needs: dict[str, set[str]], order: dict[str, None], path: tuple[str, ...]
) -> None:
    if name in order:
        return
    if name in path:
        circle = " → ".join([*path[path.index(name) :], name])
        raise WorkbenchError(
            "the generator cannot draw questions that depend on each other",
            file=FILE_NAME,
            got=circle,
            hint="leave out one of the effects, rules or conditions in this circle",
        )
    for needed in sorted(needs[name], key=list(needs).index):
        _visit(needed, needs, order, (*path, name))
    order[name] = None


def needed_questions(study: Study, generator: Generator, name: str) -> set[str]:
    """The questions whose answers are needed before a question can be drawn."""
    question = study.questionnaire.questions[name]
    names = set(_names_of(study, generator, question))
    found = expanded(study, names)
    if is_joint(generator, question):
        found -= set(questions_of(study, question.group or ""))
    return (found & set(answerable_questions(study))) - {name}


def is_joint(generator: Generator, question: Question) -> bool:
    """Whether a question stands in a constant-sum grid, which is drawn at once."""
    grid = generator.questions.get(question.group or "")
    return grid is not None and grid.total is not None


def _names_of(study: Study, generator: Generator, question: Question) -> Iterator[str]:
    for expression in (question.relevant, question.constraint):
        if expression is not None:
            yield from expression.names
    if question.samples:
        for sample in question.samples:
            yield from names_in(getattr(generator.samples.get(sample), "members", None) or "")
    for parameters in _parameters_of(generator, question):
        yield from _predictor_names(parameters)
        for factor in parameters.factors:
            if factor in generator.factors:
                yield from _predictor_names(generator.factors[factor])


def _parameters_of(generator: Generator, question: Question) -> Iterator[ItemParameters]:
    if question.name in generator.questions:
        yield generator.questions[question.name]
    elif question.group in generator.questions:
        grid = generator.questions[question.group]
        yield grid
        if (question.item or question.name) in grid.items:
            yield grid.items[question.item or question.name]


def _predictor_names(predictor: Predictor) -> Iterator[str]:
    yield from predictor.effects
    for rule in predictor.rules:
        yield from names_in(rule.when)


def names_in(text: str) -> set[str]:
    """The questions, variables and grids that a condition mentions.

    A placeholder becomes :data:`ANY`: such a name stands for all that begin and end like it.
    """
    text = text.replace("{choice}", ANY).replace("{item}", ANY)
    return {*_REFERENCE.findall(text), *_FUNCTION_OF_GRID.findall(text)}


def expanded(study: Study, names: Iterable[str]) -> set[str]:
    """Names as questions: grids by their questions, variables by what they are made of."""
    found: set[str] = set()
    for name in names:
        if name in study.variables:
            found |= expanded(study, study.variables[name].calculation.names)
        elif ANY in name:
            found |= _matching(study, name)
        else:
            found |= set(questions_of(study, name))
    return found


def _matching(study: Study, name: str) -> set[str]:
    pattern = re.compile(".+".join(re.escape(part) for part in name.split(ANY)))
    return {question for question in study.questionnaire.questions if pattern.fullmatch(question)}

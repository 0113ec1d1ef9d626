"""Checks of ``generator.yaml`` against the study: every name, level, choice and condition."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from math import prod

from analysis.code_book import coded_questions
from analysis.definitions import Tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.expressions import parse
from analysis.questionnaire import Question
from analysis.study import Study
from analysis.synthetic.base import known_roles
from analysis.synthetic.models import GENERAL_FACTOR, by_name
from analysis.synthetic.order import ANY, names_in
from analysis.synthetic.parameters import (
    ByChoice,
    Effects,
    Generator,
    ItemParameters,
    Predictor,
    QuestionParameters,
    Rates,
    Rule,
    Slope,
)
from analysis.synthetic.people import answer_names, answerable_questions, questions_of
from analysis.synthetic.phrases import slots

Path = tuple[int | str, ...]

_ROLE_TYPES = {
    "municipality": "integer",
    "year_of_birth": "integer",
    "age": "integer",
    "sex": "select_one",
    "education": "select_one",
    "area": "select_one",
}
_ROUNDING = 0.005
_LISTED = 12
_MOST_PHRASES = 20_000


def check_generator(study: Study, generator: Generator, tree: Tree) -> None:
    """Refuse parameters that cannot be meant.

    Raises
    ------
    WorkbenchError
        With one issue for each.
    """
    issues = list(_Checks(study, generator, tree).issues())
    if issues:
        raise WorkbenchError("the parameters of the generator cannot be used", issues=issues)


class _Checks:
    def __init__(self, study: Study, generator: Generator, tree: Tree) -> None:
        self.study = study
        self.generator = generator
        self.tree = tree
        self.questions = frozenset(answerable_questions(study))
        self.variables = self.questions | frozenset(study.variables)
        self.factors = {*generator.factors, GENERAL_FACTOR}

    def issues(self) -> Iterator[Issue]:
        generator = self.generator
        yield from self.roles()
        yield from self.education()
        for name, factor in generator.factors.items():
            yield from self.predictor(factor, ("factors", name), ())
        for name, parameters in generator.questions.items():
            yield from self.parameters(name, parameters, ("questions", name))
        for name, sample in generator.samples.items():
            yield from self.known(name, self.study.samples, "sample", ("samples", name))
            if sample.members:
                yield from self.condition(sample.members, ("samples", name, "members"))
            if sample.providers and sample.providers.question:
                path: Path = ("samples", name, "providers", "question")
                yield from self.known(sample.providers.question, self.questions, "question", path)
            yield from self.effects(sample.response.effects, ("samples", name, "response"))
        yield from self.refusals()
        yield from self.coders()

    def coders(self) -> Iterator[Issue]:
        """Who codes open answers: the questions of ``coding.yaml`` and their choices."""
        coded = {question.name: question for question in coded_questions(self.study)}
        for name, parameters in self.generator.coders.items():
            path: Path = ("coders", name)
            yield from self.known(name, coded, "coded question", path)
            for code, others in parameters.confused.items() if name in coded else ():
                place = (*path, "confused", code)
                yield from self.known(code, coded[name].codes, "choice", place)
                for other in others:
                    yield from self.known(other, coded[name].codes, "choice", place)
                if code in others or not others:
                    yield self.tree.issue(
                        "a code is confused with other codes", place, expected="at least one other"
                    )

    def education(self) -> Iterator[Issue]:
        """The association of education with age and sex."""
        role = known_roles(self.study, self.generator.roles).education or ""
        choices = self.study.questionnaire.choice_names(self.study.list_of(role) or "")
        parameters = Predictor(
            effects=self.generator.education.effects, rules=self.generator.education.rules
        )
        yield from self.predictor(parameters, ("education",), choices)

    def refusals(self) -> Iterator[Issue]:
        path: Path = ("item_nonresponse",)
        yield from self.effects(self.generator.item_nonresponse.effects, (*path, "effects"))
        names = self.questions | frozenset(self.study.questionnaire.groups)
        for name in self.generator.item_nonresponse.questions:
            yield from self.known(name, names, "question", (*path, "questions", name))

    # --- names ----------------------------------------------------------------------------

    def known(self, name: str, names: Collection[str], what: str, path: Path) -> Iterator[Issue]:
        """An issue if there is no such thing."""
        if name in names:
            return
        yield self.tree.issue(
            f"there is no {what} {name}",
            path,
            expected=", ".join(names) if len(names) <= _LISTED else None,
            hint=suggestion(name, names),
        )

    def roles(self) -> Iterator[Issue]:
        for role, name in self.generator.roles.questions.items():
            path = ("roles", role)
            yield from self.known(name, self.questions, "question", path)
            question = self.study.questionnaire.questions.get(name)
            if question is not None and question.type != _ROLE_TYPES[role]:
                yield self.tree.issue(
                    f"the question {name} cannot hold this",
                    path,
                    expected=_ROLE_TYPES[role],
                    got=question.type,
                )

    # --- predictors -----------------------------------------------------------------------

    def predictor(
        self, predictor: Predictor, path: Path, choices: tuple[str, ...]
    ) -> Iterator[Issue]:
        yield from self.effects(predictor.effects, (*path, "effects"), choices)
        for place, rule in enumerate(predictor.rules):
            yield from self.rule(rule, (*path, "rules", place), choices)

    def effects(
        self, effects: Effects, path: Path, choices: tuple[str, ...] | None = None
    ) -> Iterator[Issue]:
        for variable, effect in effects.items():
            place = (*path, variable)
            yield from self.known(variable, self.variables, "question or variable", place)
            if isinstance(effect, Slope) or variable not in self.variables:
                continue
            levels = self.study.questionnaire.choice_names(self.study.list_of(variable) or "")
            for level, value in effect.items():
                if levels:
                    yield from self.known(level, levels, f"level of {variable}", (*place, level))
                if choices is not None:
                    yield from self.by_choice(value, choices, (*place, level))

    def by_choice(
        self, value: ByChoice | None, choices: tuple[str, ...], path: Path
    ) -> Iterator[Issue]:
        if isinstance(value, dict):
            for choice in value:
                yield from self.known(choice, choices, "choice", (*path, choice))

    def rule(self, rule: Rule, path: Path, choices: tuple[str, ...]) -> Iterator[Issue]:
        yield from self.condition(rule.when, (*path, "when"))
        if rule.add is None and rule.forbid is None and rule.only is None:
            yield self.tree.issue("this rule does nothing", path, expected="add, forbid or only")
        yield from self.by_choice(rule.add, choices, (*path, "add"))
        named = [*(rule.only or ()), *(rule.forbid if isinstance(rule.forbid, list) else ())]
        for choice in named:
            yield from self.known(choice, choices, "choice", path)

    def condition(self, text: str, path: Path) -> Iterator[Issue]:
        # Any name does in place of a choice; which questions it makes is seen when it is drawn.
        try:
            parse(text.replace("{choice}", "x").replace("{item}", "x"))
        except WorkbenchError as error:
            details = error.issue
            yield self.tree.issue(
                details.what, path, got=details.got, expected=details.expected, hint=details.hint
            )
            return
        names = self.variables | frozenset(self.study.questionnaire.groups)
        for name in sorted(names_in(text)):
            if ANY not in name:
                yield from self.known(name, names, "question, variable or grid", path)

    # --- questions ------------------------------------------------------------------------

    def parameters(self, name: str, parameters: QuestionParameters, path: Path) -> Iterator[Issue]:
        names = self.questions | frozenset(self.study.questionnaire.groups)
        if name not in names:
            yield from self.known(name, names, "question or grid", path)
            return
        members = [self.study.questionnaire.questions[n] for n in questions_of(self.study, name)]
        if not members:
            return
        items = {question.item or question.name: question for question in members}
        yield from self.item(parameters, members[0], path, joint=bool(parameters.total))
        if parameters.total and parameters.rates is not None:
            yield from self.shares(parameters.rates, tuple(items), (*path, "rates"))
        for item, values in parameters.items.items():
            place = (*path, "items", item)
            yield from self.known(item, items, f"item of {name}", place)
            if item in items:
                yield from self.item(values, items[item], place, joint=bool(parameters.total))

    def item(
        self, item: ItemParameters, question: Question, path: Path, joint: bool = False
    ) -> Iterator[Issue]:
        choices = answer_names(self.study, question)
        names = choices or tuple(item.values or ())
        yield from self.predictor(item, path, names)
        for factor, loading in item.factors.items():
            place = (*path, "factors", factor)
            yield from self.known(factor, self.factors, "factor", place)
            yield from self.by_choice(loading, names, place)
        if item.rates is not None and not joint:
            yield from self.rates(item.rates, question, choices, (*path, "rates"))
        if item.values is not None:
            yield from self.sum(item.values, (*path, "values"))
        for choice in item.scale or ():
            yield from self.known(choice, names, "choice", (*path, "scale"))
        if item.choices_of is not None:
            multiple = [n for n in self.questions if self.study.questionnaire.is_multiple(n)]
            place = (*path, "choices_of")
            yield from self.known(item.choices_of, multiple, "select_multiple question", place)
            if item.choices_of in multiple:
                source = self.study.questionnaire.questions[item.choices_of]
                for name in item.phrases:
                    codes = self.study.questionnaire.choice_names(source.list or "")
                    yield from self.known(name, codes, "choice", (*path, "phrases", name))

        yield from self.texts(item, question, path)

    def texts(self, item: ItemParameters, question: Question, path: Path) -> Iterator[Issue]:
        """Phrases: every place to be filled has something to fill it, and the other way round."""
        for key in ("texts", "planted"):
            if getattr(item, key) is not None and question.type != "text":
                yield self.tree.issue(f"{question.name} is not answered by a text", (*path, key))
        used = set()
        for place, text in enumerate(item.texts or ()):
            used |= set(slots(text))
            for name in slots(text):
                yield from self.known(name, item.fill, "filling", (*path, "texts", place))
        for name, values in item.fill.items():
            if name not in used or not values:
                yield self.tree.issue(f"nothing is filled by {name}", (*path, "fill", name))
        if self.combinations(item) > _MOST_PHRASES:
            yield self.tree.issue(
                "the phrases with their fillings are too many",
                (*path, "texts"),
                expected=f"at most {_MOST_PHRASES}",
            )

    def combinations(self, item: ItemParameters) -> int:
        """How many texts the phrases make."""
        return sum(
            prod(len(item.fill.get(name, ())) for name in slots(text)) for text in item.texts or ()
        )

    def rates(
        self, rates: Rates, question: Question, choices: tuple[str, ...], path: Path
    ) -> Iterator[Issue]:
        if not choices:
            yield self.tree.issue(
                f"the question {question.name} has no choices",
                path,
                expected="values or distribution for a number, texts for a text",
            )
            return
        yield from self.shares(rates, choices, path, question.type == "select_one")

    def shares(
        self, rates: Rates, names: tuple[str, ...], path: Path, whole: bool = True
    ) -> Iterator[Issue]:
        """Rates of some names; with ``whole`` they are shares of 1."""
        if isinstance(rates, list) and len(rates) != len(names):
            yield self.tree.issue(
                "there are not as many rates as choices",
                path,
                expected=f"{len(names)} rates, for {', '.join(names[:12])}",
                got=str(len(rates)),
            )
            return
        named = by_name(rates, names)
        for name in named:
            yield from self.known(name, names, "choice", (*path, name))
        if whole:
            yield from self.sum(named, path, complete=len(named) == len(names))

    def sum(self, rates: Mapping[str, float], path: Path, complete: bool = True) -> Iterator[Issue]:
        total = sum(rates.values())
        too_little = complete and total < 1 - _ROUNDING
        if total > 1 + _ROUNDING or too_little:
            yield self.tree.issue(
                "the shares of the answers do not add up to 1", path, got=f"{total:.3f}"
            )

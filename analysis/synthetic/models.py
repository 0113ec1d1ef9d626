"""The parameters that apply to one question: its own, its grid's, or defaults from the seed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.expressions import Answers, Context, Value
from analysis.questionnaire import Question
from analysis.study import Study
from analysis.synthetic.parameters import (
    ByChoice,
    Distribution,
    Generator,
    ItemParameters,
    QuestionParameters,
    Rates,
)
from analysis.synthetic.people import answer_names, form_truth
from analysis.synthetic.streams import Stream

GENERAL_FACTOR = "general"

_DEFAULT_DONT_KNOW = 0.01
_DEFAULT_AREA_SD = 0.15


@dataclass(frozen=True)
class Model:
    """How one question is drawn.

    Parameters
    ----------
    question
        The question.
    item
        What is stated for this question alone.
    grid
        What holds for all questions of its grid, where it stands in one.
    rates
        The share of each choice that is named; choices that are not named are not in it.
    dont_know
        The share of people who do not know; in a grid, of those who miss some items.
    """

    question: Question
    item: ItemParameters
    grid: QuestionParameters | None
    rates: Mapping[str, float]
    dont_know: float

    @property
    def parts(self) -> tuple[ItemParameters, ...]:
        """The predictors that add up: the grid's and the question's own."""
        return (self.item,) if self.grid is None else (self.grid, self.item)

    @property
    def factors(self) -> list[tuple[str, ByChoice]]:
        """Trait → loading, the grid's and the question's own."""
        return [pair for part in self.parts for pair in part.factors.items()]

    @property
    def area_sd(self) -> float | None:
        """The difference between areas, the question's own before the grid's."""
        stated = [part.area_sd for part in reversed(self.parts) if part.area_sd is not None]
        return stated[0] if stated else None

    @property
    def scale(self) -> list[str] | None:
        """The choices that form the scale, where they are named."""
        stated = [part.scale for part in reversed(self.parts) if part.scale is not None]
        return stated[0] if stated else None

    @property
    def is_joint(self) -> bool:
        """Whether the grid's numbers add up to a constant and are drawn together."""
        return self.grid is not None and self.grid.total is not None


def model_of(study: Study, generator: Generator, question: Question, streams: Stream) -> Model:
    """The parameters by which a question is drawn."""
    stated = generator.questions.get(question.name)
    grid = generator.questions.get(question.group or "") if stated is None else None
    item = stated or _item_of(grid, question) or _defaults(study, question, streams)
    rates = _rates(study, question, item, grid)
    if rates is None:
        rates = default_rates(study, question, streams)
    dont_know = (grid or stated or QuestionParameters()).dont_know
    if dont_know is None:
        dont_know = 0.0 if question.required else _DEFAULT_DONT_KNOW
    return Model(question, item, grid, rates, dont_know)


def _item_of(grid: QuestionParameters | None, question: Question) -> ItemParameters | None:
    if grid is None:
        return None
    return grid.items.get(question.item or question.name, ItemParameters())


def _rates(
    study: Study, question: Question, item: ItemParameters, grid: QuestionParameters | None
) -> Mapping[str, float] | None:
    for part in (item, grid):
        if part is not None and part.values is not None:
            return completed(part.values, tuple(part.values))
        if part is not None and part.rates is not None:
            names = answer_names(study, question)
            named = by_name(part.rates, names)
            return named if question.type == "select_multiple" else completed(named, names)
    return None


def by_name(rates: Rates, names: tuple[str, ...]) -> dict[str, float]:
    """Rates by choice, whichever way they were written."""
    return dict(rates) if isinstance(rates, dict) else dict(zip(names, rates, strict=False))


def completed(rates: Mapping[str, float], names: tuple[str, ...]) -> dict[str, float]:
    """Rates of all choices, adding up to 1: those not named share evenly what is left."""
    left = max(1.0 - sum(rates.values()), 0.0)
    absent = [name for name in names if name not in rates]
    shares = {**rates, **{name: left / len(absent) for name in absent}}
    total = sum(shares.values()) or 1.0
    return {name: shares[name] / total for name in names}


def default_rates(study: Study, question: Question, streams: Stream) -> dict[str, float]:
    """Plausible shares from the seed, where a study states none."""
    names = answer_names(study, question)
    if not names:
        return {}
    stream = streams("rates", question.name)
    if question.type == "select_multiple":
        average = float(np.clip(2.5 / len(names), 0.05, 0.4))
        exclusive = {
            choice.name for choice in study.questionnaire.choices[question.list or ""]
            if choice.exclusive
        }  # fmt: skip
        shares = average * stream.uniform(0.4, 1.6, size=len(names))
        return {n: float(s) for n, s in zip(names, shares, strict=True) if n not in exclusive}
    shares = stream.dirichlet(np.full(len(names), 3.0))
    return {name: float(share) for name, share in zip(names, shares, strict=True)}


def _defaults(study: Study, question: Question, streams: Stream) -> ItemParameters:
    stream = streams("defaults", question.name)
    loading = float(stream.choice([-0.5, 0.0, 0.5]))
    distribution = None
    if question.type in ("integer", "decimal"):
        distribution = _default_distribution(study, question)
    texts = ["text"] if question.type == "text" and question.required else None
    return ItemParameters(
        factors={GENERAL_FACTOR: loading} if loading else {},
        area_sd=_DEFAULT_AREA_SD,
        distribution=distribution,
        texts=texts,
    )


def _default_distribution(study: Study, question: Question) -> Distribution:
    step = 1.0 if question.type == "integer" else 0.1
    low, high = feasible_range(study, question)
    if low > 0 or (np.isfinite(high) and high <= 10):
        if not np.isfinite(high):
            high = low * 2 + 10
        return Distribution(kind="uniform", minimum=low, maximum=high, step=step)
    return Distribution(
        kind="lognormal", mean=5, sd=4, minimum=low, maximum=min(high, 1e6), step=step
    )


def feasible_range(study: Study, question: Question) -> tuple[float, float]:
    """The lowest and highest number that a constraint lets through, as far as can be told.

    The numbers that stand in the constraint are tried, and those just beside and between
    them; a constraint that asks for other questions is not understood and lets 0 to ∞.
    """
    constraint = question.constraint
    if constraint is None or constraint.names:
        return 0.0, float("inf")
    stated = sorted({float(text) for text in re.findall(r"\d+(?:\.\d+)?", constraint.text)})
    middle = [(a + b) / 2 for a, b in pairwise(stated)]
    beside = [number + step for number in stated for step in (-1.0, 0.0, 1.0)]
    tried = np.array(sorted({0.0, *beside, *middle, 1e9}))
    tried = np.unique(np.round(tried)) if question.type == "integer" else tried
    context = Context({}, study.questionnaire, rows=len(tried))
    truth = form_truth(constraint, at_answer(context, question, tried))
    passed = tried[(tried >= 0) if truth is None else (truth == 1) & (tried >= 0)]
    if not len(passed):
        return 0.0, float("inf")
    return float(passed.min()), float("inf") if passed.max() == 1e9 else float(passed.max())


def allowed_alone(study: Study, question: Question, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which choices a constraint lets through that asks for nothing but the answer itself."""
    constraint = question.constraint
    if constraint is None or constraint.names:
        return np.ones(len(names), dtype=bool)
    every = Answers(np.arange(len(names)), names)
    context = Context({}, study.questionnaire, rows=len(names))
    truth = form_truth(constraint, at_answer(context, question, every))
    return np.ones(len(names), dtype=bool) if truth is None else np.asarray(truth != 0)


def at_answer(context: Context, question: Question, answer: Value) -> Context:
    """A context in which a question has an answer that is being tried."""
    here = context.at(answer, question.name)
    here.derived = {**context.derived, question.name: answer}
    return here

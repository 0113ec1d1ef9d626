"""Drawing the answers to one question for everybody who is asked it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.expressions import Answers, Context, Value
from analysis.questionnaire import Question
from analysis.synthetic.calibration import (
    binary_intercepts,
    probabilities,
    single_intercepts,
    spread_subsample,
)
from analysis.synthetic.models import Model, allowed_alone, at_answer
from analysis.synthetic.parameters import Distribution
from analysis.synthetic.people import DONT_KNOW, Codes, Mask, People, Rows, form_truth
from analysis.synthetic.predictors import Contributions

Values = NDArray[np.float32]
Generator = np.random.Generator

# What an answer is that cannot be given: everything is forbidden.
NOTHING = -1
IMPOSSIBLE = np.float32(-1e9)

_REDRAWS = 40


# --- one choice of several ----------------------------------------------------------------


def draw_single(
    people: People, model: Model, rows: Rows, predictor: Contributions, stream: Generator
) -> Codes:
    """Positions of the choices given; :data:`NOTHING` where none can be."""
    names = tuple(model.rates)
    utilities = single_predictors(model, names, predictor)
    shares = np.array([model.rates[name] for name in names], dtype=np.float64)
    utilities += single_intercepts(utilities[:, spread_subsample(len(rows))], shares)[:, None]
    forbidden = list(_forbidden(people, model.question, names, rows, predictor))
    for position, where in forbidden:
        utilities[position, where] = IMPOSSIBLE
    chosen = _draw_categories(utilities, stream)
    if forbidden:
        chosen[utilities.max(axis=0) <= IMPOSSIBLE / 2] = NOTHING
    return chosen


def single_predictors(model: Model, names: Sequence[str], predictor: Contributions) -> Values:
    """Choices × people: the common part spread over the scale, and the choices' own parts."""
    utilities = np.multiply.outer(_scores(names, model.scale), predictor.common)
    for position, name in enumerate(names):
        if name in predictor.by_choice:
            utilities[position] += predictor.by_choice[name]
    return utilities


def _scores(names: Sequence[str], scale: Sequence[str] | None) -> Values:
    """One half for the first choice of the scale, minus one half for the last, others 0."""
    steps = list(scale or names)
    evenly = np.linspace(0.5, -0.5, len(steps)) if len(steps) > 1 else np.zeros(1)
    score = dict(zip(steps, evenly, strict=True))
    return np.array([score.get(name, 0.0) for name in names], dtype=np.float32)


def _draw_categories(utilities: Values, stream: Generator) -> Codes:
    chances = probabilities(utilities)
    drawn = stream.random(utilities.shape[1], dtype=np.float32)
    chosen = np.zeros(utilities.shape[1], dtype=np.int32)
    reached = np.zeros(utilities.shape[1], dtype=np.float32)
    last_possible = len(utilities) - 1 - np.argmax(utilities[::-1] > IMPOSSIBLE / 2, axis=0)
    for chance in chances[:-1]:
        reached += chance
        chosen += drawn >= reached
    return np.minimum(chosen, last_possible)


def _forbidden(
    people: People,
    question: Question,
    names: tuple[str, ...],
    rows: Rows,
    predictor: Contributions,
) -> Iterator[tuple[int, Mask]]:
    position = {name: place for place, name in enumerate(names)}
    for name, where in predictor.forbidden.items():
        if name in position:
            yield position[name], where
    alone = allowed_alone(people.study, question, names)
    everybody = np.ones(len(rows), dtype=bool)
    yield from ((int(place), everybody) for place in np.flatnonzero(~alone))
    constraint = question.constraint
    if constraint is None or not constraint.names:
        return
    for place, current in enumerate(_each_answer(question, names, people.size)):
        truth = form_truth(constraint, at_answer(people.context, question, current))
        if truth is not None:
            yield place, truth[rows] == 0


def _each_answer(question: Question, names: tuple[str, ...], size: int) -> Iterator[Value]:
    for place, name in enumerate(names):
        if question.type in ("integer", "decimal"):
            yield np.full(size, float(name))
        else:
            yield Answers(np.full(size, place, dtype=np.int16), names)


# --- several choices ----------------------------------------------------------------------


def draw_multiple(
    people: People, model: Model, rows: Rows, predictor: Contributions, stream: Generator
) -> tuple[tuple[str, ...], Mask, Mask]:
    """Names of the choices, choices × people whether each was given, and who can give none."""
    choices = people.study.questionnaire.choices[model.question.list or ""]
    exclusive = [choice.name for choice in choices if choice.exclusive]
    stated = [name for name in exclusive if model.rates.get(name, 0.0) > 0]
    rest = next((name for name in exclusive if name not in stated), None)
    others = tuple(choice.name for choice in choices if not choice.exclusive)

    alone = _draw_exclusive(model, stated, predictor, stream, len(rows))
    utilities = _utilities(people, model, others, rows, predictor, stream, alone)
    given = utilities > 0
    given[:, alone >= 0] = False
    nothing = ~given.any(axis=0) & (alone < 0)
    unable = np.zeros(len(rows), dtype=bool)
    if rest is None:
        unable = _give_likeliest(given, utilities, nothing)
        nothing = np.zeros(len(rows), dtype=bool)
    unable |= _obey_count(people, model.question, others, rows, given, utilities)
    table = {name: given[place] for place, name in enumerate(others)}
    table.update({name: alone == place for place, name in enumerate(stated)})
    if rest is not None:
        table[rest] = nothing
    names = tuple(choice.name for choice in choices)
    never = np.zeros(len(rows), dtype=bool)
    return names, np.stack([table.get(name, never) for name in names]), unable


def _draw_exclusive(
    model: Model, stated: Sequence[str], predictor: Contributions, stream: Generator, size: int
) -> Codes:
    """Which exclusive choice each person gives, −1 for none."""
    if not stated:
        return np.full(size, -1)
    utilities = np.zeros((len(stated) + 1, size), dtype=np.float32)
    for place, name in enumerate(stated):
        utilities[place] += predictor.by_choice.get(name, np.float32(0))
    shares = np.array([model.rates[name] for name in stated])
    shares = np.append(shares, max(1 - shares.sum(), 0.0))
    utilities += single_intercepts(utilities[:, spread_subsample(size)], shares)[:, None]
    chosen = _draw_categories(utilities, stream)
    return np.where(chosen == len(stated), -1, chosen)


def _utilities(
    people: People,
    model: Model,
    names: tuple[str, ...],
    rows: Rows,
    predictor: Contributions,
    stream: Generator,
    alone: Codes,
) -> Values:
    """Choices × people: positive where the choice is given, the larger the likelier."""
    utilities = np.empty((len(names), len(rows)), dtype=np.float32)
    utilities[:] = predictor.common
    for place, name in enumerate(names):
        utilities[place] += predictor.by_choice.get(name, np.float32(0))
    free = np.flatnonzero(alone < 0)
    some = free[spread_subsample(len(free))]
    # Rates are shares of everybody; only those without an exclusive choice can reach them.
    remaining = len(free) / max(len(rows), 1)
    shares = np.array([model.rates.get(name, 0.0) for name in names])
    shares = np.minimum(shares / max(remaining, 1e-9), 1.0)
    intercepts = binary_intercepts(utilities[:, some], shares)
    for place, intercept in enumerate(intercepts):
        utilities[place] += intercept + _logistic(stream, len(rows))
    for place, where in _forbidden_choices(names, predictor):
        utilities[place, where] = IMPOSSIBLE
    utilities[shares <= 0] = IMPOSSIBLE
    return utilities


def _forbidden_choices(
    names: tuple[str, ...], predictor: Contributions
) -> Iterator[tuple[int, Mask]]:
    for place, name in enumerate(names):
        if name in predictor.forbidden:
            yield place, predictor.forbidden[name]


def _logistic(stream: Generator, size: int) -> Values:
    drawn = stream.random(size, dtype=np.float32)
    # 2⁻²⁵ in place of 0, which the generator can give.
    drawn = np.maximum(drawn, np.float32(2.0**-25))
    return np.log(drawn / (1 - drawn))


def _give_likeliest(given: Mask, utilities: Values, nothing: Mask) -> Mask:
    """Let those who gave nothing give their likeliest choice; who cannot is returned."""
    where = np.flatnonzero(nothing)
    likeliest = utilities[:, where].argmax(axis=0)
    possible = utilities[likeliest, where] > IMPOSSIBLE / 2
    given[likeliest[possible], where[possible]] = True
    unable = np.zeros(given.shape[1], dtype=bool)
    unable[where[~possible]] = True
    return unable


def _obey_count(
    people: People,
    question: Question,
    names: tuple[str, ...],
    rows: Rows,
    given: Mask,
    utilities: Values,
) -> Mask:
    """Drop the least likely choices, or add likely ones, until the constraint is kept."""
    unable = np.zeros(given.shape[1], dtype=bool)
    if question.constraint is None:
        return unable
    broken = _breaking(people, question, names, rows, given)
    order = np.argsort(-utilities[:, broken], axis=0, kind="stable")
    rank = np.argsort(order, axis=0, kind="stable")
    counts = given[:, broken].sum(axis=0)
    most = int(counts.max(initial=0))
    for number in (*range(most - 1, 0, -1), *range(2, len(names) + 1)):
        if not len(broken):
            break
        fitting = rank < (np.minimum(counts, number) if number < most else number)
        given[:, broken] = fitting & (utilities[:, broken] > IMPOSSIBLE / 2)
        still = np.isin(broken, broken[_breaking(people, question, names, rows[broken],
                                                 given[:, broken])])  # fmt: skip
        broken, rank, counts = broken[still], rank[:, still], counts[still]
    given[:, broken] = False
    unable[broken] = True
    return unable


def _breaking(
    people: People, question: Question, names: tuple[str, ...], rows: Rows, given: Mask
) -> Rows:
    """Who breaks the constraint with the choices given, as positions in ``rows``."""
    assert question.constraint is not None
    every = people.study.questionnaire.choice_names(question.list or "")
    position = {name: place for place, name in enumerate(names)}
    none = np.zeros(given.shape[1], dtype=np.int8)
    dummies = {
        f"{question.name}.{name}": given[position[name]].astype(np.int8)
        if name in position
        else none
        for name in every
    }
    context = context_of(people, rows, dummies).at(None, question.name)
    truth = form_truth(question.constraint, context)
    return np.flatnonzero(truth == 0) if truth is not None else np.empty(0, dtype=np.int64)


class _Part(Mapping[str, Any]):
    """Some of the people, a few columns replaced."""

    def __init__(self, people: People, rows: Rows, replaced: Mapping[str, Codes]) -> None:
        self.people = people
        self.rows = rows
        self.replaced = replaced

    def __getitem__(self, column: str) -> pd.Series:
        if column in self.replaced:
            return pd.Series(self.replaced[column], copy=False)
        return self.people[column].iloc[self.rows]

    def __iter__(self) -> Iterator[str]:
        return iter(self.people)

    def __len__(self) -> int:
        return len(self.people)

    def __contains__(self, column: object) -> bool:
        return column in self.replaced or column in self.people


def context_of(people: People, rows: Rows, replaced: Mapping[str, Codes]) -> Context:
    """The context of some of the people, a few columns replaced."""
    territory = people.context.territory
    part = _Part(people, rows, replaced)
    missing = people.study.card.missing.codes
    return Context(part, people.study.questionnaire, territory, rows=len(rows), missing=missing)


# --- numbers ------------------------------------------------------------------------------


def draw_number(
    people: People, model: Model, rows: Rows, predictor: Contributions, stream: Generator
) -> Values:
    """Numbers; a missing code where none keeps the constraint."""
    names = tuple(model.rates)
    missing = people.missing_code(model.question.name, DONT_KNOW)
    if names:
        chosen = draw_single(people, model, rows, predictor, stream)
        return np.array([*(float(name) for name in names), missing], dtype=np.float32)[chosen]
    distribution = next(part.distribution for part in reversed(model.parts) if part.distribution)
    numbers = np.empty(len(rows), dtype=np.float64)
    open_rows = np.arange(len(rows))
    for _ in range(_REDRAWS):
        drawn = draw_distribution(distribution, predictor.common[open_rows], stream)
        numbers[open_rows] = drawn
        open_rows = open_rows[_broken(people, model.question, rows[open_rows], drawn)]
        if not len(open_rows):
            break
    numbers[open_rows] = missing
    return numbers.astype(np.float32)


def _broken(people: People, question: Question, rows: Rows, numbers: NDArray[Any]) -> Mask:
    constraint = question.constraint
    context = at_answer(context_of(people, rows, {}), question, numbers)
    truth = form_truth(constraint, context) if constraint is not None else None
    return np.zeros(len(rows), dtype=bool) if truth is None else np.asarray(truth == 0)


def draw_distribution(
    distribution: Distribution, predictor: Values, stream: Generator
) -> NDArray[np.float64]:
    """Numbers of a distribution; the predictor moves the mean or its logarithm."""
    size, mean, sd = len(predictor), distribution.mean, distribution.sd
    low = -np.inf if distribution.minimum is None else distribution.minimum
    high = np.inf if distribution.maximum is None else distribution.maximum
    moved = predictor - predictor.mean() if size else predictor
    if distribution.kind == "normal":
        numbers = mean + moved + sd * stream.standard_normal(size)
    elif distribution.kind == "lognormal":
        spread = np.log1p((sd / mean) ** 2)
        normal = stream.standard_normal(size)
        numbers = mean * np.exp(moved + np.sqrt(spread) * normal - spread / 2)
    elif distribution.kind == "poisson":
        numbers = stream.poisson(mean * np.exp(moved.astype(np.float64))).astype(np.float64)
    else:
        numbers = stream.uniform(max(low, 0.0), high + (distribution.step or 0.0), size)
    if distribution.step:
        round_down = distribution.kind == "uniform"
        steps = numbers / distribution.step
        numbers = (np.floor(steps) if round_down else np.round(steps)) * distribution.step
    return np.clip(numbers, low, high)


def draw_constant_sum(
    weights: NDArray[np.float64], total: float, step: float, stream: Generator
) -> NDArray[np.float64]:
    """Numbers of each person that add up to a constant, in whole steps.

    Parameters
    ----------
    weights
        items × people: what each item weighs for each person.
    total, step
        The constant and the steps in which people share it out.

    Notes
    -----
    Steps are given by the largest remainder, so that each person's add up.
    """
    noise = np.exp(0.7 * stream.standard_normal(weights.shape))
    shares = weights * noise
    steps = shares / shares.sum(axis=0) * (total / step)
    whole = np.floor(steps)
    rank = np.argsort(np.argsort(-(steps - whole), axis=0, kind="stable"), axis=0, kind="stable")
    whole += rank < np.round(total / step - whole.sum(axis=0))
    return np.asarray(whole * step)

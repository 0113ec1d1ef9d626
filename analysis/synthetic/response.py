"""Samples from a population: who is approached, who answers, whose answers are used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.synthetic.parameters import FILE_NAME, Providers, SampleParameters
from analysis.synthetic.people import Rows
from analysis.synthetic.population import Population
from analysis.synthetic.predictors import Contributions, add_effects
from analysis.synthetic.streams import stream

Floats = NDArray[np.float64]

DEFAULT_TARGET = 100

RETURNED, USED = "returned", "used"


@dataclass(frozen=True)
class DrawnSample:
    """Respondents as rows of the population, and what became of those approached.

    Parameters
    ----------
    rows
        The respondents whose answers are used, area by area in the order of their return.
    flow
        Stage → count: ``distributed``, ``returned``, one stage for each reason to discard,
        ``used``.
    providers
        Which provider each respondent was reached through; −1 where there is none.
    """

    rows: Rows
    flow: Mapping[str, int]
    providers: NDArray[np.int64]


@dataclass(frozen=True)
class ResponseModel:
    """What is the same for all samples drawn from one population.

    Parameters
    ----------
    chances
        The probability that each person answers when approached; 0 outside the sample's
        population.
    rows_by_area
        The sample's population in each area.
    target
        How many respondents each area gets.
    discard
        The share of the returned questionnaires discarded for each reason.
    providers
        The provider through which each person is reached, −1 for none; empty without them.
    take
        How many questionnaires a provider hands over at most.
    """

    chances: NDArray[np.float32]
    rows_by_area: tuple[Rows, ...]
    target: int
    discard: Mapping[str, float]
    providers: NDArray[np.int64]
    take: int


def response_model(
    population: Population, sample: str, tilt: NDArray[np.floating] | None = None
) -> ResponseModel:
    """The response model of a sample.

    Parameters
    ----------
    population
        The population.
    sample
        The name of the sample.
    tilt
        An addition to the log probability of each person, such as a multiple of an answer:
        response that depends on the outcome, which no weighting can mend.

    Raises
    ------
    WorkbenchError
        If somebody would answer with a probability above 1.
    """
    parameters = population.generator.samples.get(sample, SampleParameters())
    inside = population.members(sample)
    chances = np.where(inside, _chances(population, sample, parameters, inside, tilt), 0.0)
    providers = np.empty(0, dtype=np.int64)
    if parameters.providers is not None:
        providers = assign_providers(population, sample, parameters.providers, inside)
    return ResponseModel(
        chances.astype(np.float32),
        tuple(rows[inside[rows]] for rows in population.rows_by_area),
        population.study.samples[sample].target_size or DEFAULT_TARGET,
        {discard.stage: discard.rate for discard in parameters.discard},
        providers,
        parameters.providers.take if parameters.providers else 0,
    )


def _chances(
    population: Population,
    sample: str,
    parameters: SampleParameters,
    inside: NDArray[np.bool_],
    tilt: NDArray[np.floating] | None,
) -> Floats:
    contributions = Contributions(population.size)
    add_effects(contributions, parameters.response.effects, population.people, slice(None))
    logarithm = contributions.common.astype(np.float64)
    if tilt is not None:
        logarithm = logarithm + tilt
    factor = np.exp(logarithm)
    average = factor[inside].mean() if inside.any() else 1.0
    chances = parameters.response.rate * factor / average
    if inside.any() and chances[inside].max() > 1:
        raise WorkbenchError(
            f"somebody of the sample {sample} would answer with a probability above 1",
            file=FILE_NAME,
            column=f"samples.{sample}.response",
            got=f"{chances[inside].max():.2f}",
            hint="lower the rate, or the effects",
        )
    return chances


def assign_providers(
    population: Population, sample: str, parameters: Providers, inside: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The provider of each member: members of an area and a service, parted at random."""
    rows = np.flatnonzero(inside & (population.people.area >= 0))
    group = population.people.area[rows].astype(np.int64)
    if parameters.question is not None:
        levels = population.people.levels(parameters.question, rows)
        group = group * (len(levels.names) + 1) + levels.codes + 1
    chance = stream(population.seed, "providers", sample).random(len(rows))
    order = np.lexsort((chance, group))
    place = _place_in_group(group[order])
    provider = np.full(population.size, -1, dtype=np.int64)
    _, number = np.unique(
        np.stack([group[order], place // parameters.size]), axis=1, return_inverse=True
    )
    provider[rows[order]] = number
    return provider


def _place_in_group(sorted_groups: NDArray[np.integer]) -> NDArray[np.int64]:
    """0, 1, 2 … within each run of equal values."""
    start = np.flatnonzero(np.r_[True, sorted_groups[1:] != sorted_groups[:-1]])
    lengths = np.diff(np.r_[start, len(sorted_groups)])
    return np.arange(len(sorted_groups)) - np.repeat(start, lengths)


def draw_sample(model: ResponseModel, stream: np.random.Generator) -> DrawnSample:
    """One sample.

    People are approached in random order within each area until the target is reached, so the
    chance to be in the sample is proportional to the chance to answer.
    """
    draw = _through_providers if len(model.providers) else _from_inhabitants
    drawn = [draw(model, rows, stream) for rows in model.rows_by_area]
    return DrawnSample(
        np.concatenate([rows for rows, _ in drawn]),
        _added([flow for _, flow in drawn]),
        model.providers[np.concatenate([rows for rows, _ in drawn])]
        if len(model.providers)
        else np.full(sum(len(rows) for rows, _ in drawn), -1, dtype=np.int64),
    )


def _added(flows: list[dict[str, int]]) -> dict[str, int]:
    return {stage: sum(flow[stage] for flow in flows) for stage in flows[0]}


def _from_inhabitants(
    model: ResponseModel, rows: Rows, stream: np.random.Generator
) -> tuple[Rows, dict[str, int]]:
    average = float(model.chances[rows].mean()) if len(rows) else 1.0
    kept = max(1.0 - sum(model.discard.values()), 0.01)
    # A quarter more than are needed on average; everybody where that does not suffice.
    first = int(1.25 * model.target / max(average * kept, 1e-6)) + 50
    for number in (first, len(rows)):
        number = min(number, len(rows))
        approached = rows[stream.choice(len(rows), size=number, replace=False)]
        outcome = _outcomes(model, approached, stream)
        if (outcome == 0).sum() >= model.target or number == len(rows):
            break
    used = np.flatnonzero(outcome == 0)[: model.target]
    last = used[-1] + 1 if len(used) == model.target else len(outcome)
    return approached[used], _flow(model, outcome[:last])


def _outcomes(
    model: ResponseModel, approached: Rows, stream: np.random.Generator
) -> NDArray[np.int64]:
    """−1 no answer, 0 used, 1, 2 … discarded for the first, second … reason."""
    answered = stream.random(len(approached)) < model.chances[approached]
    limits = np.cumsum([*model.discard.values()])
    place = np.searchsorted(limits, stream.random(len(approached)), side="right")
    reason = np.where(place < len(limits), place + 1, 0)
    return np.where(answered, reason, -1)


def _flow(model: ResponseModel, outcome: NDArray[np.int64]) -> dict[str, int]:
    reasons = {
        stage: int((outcome == place).sum()) for place, stage in enumerate(model.discard, start=1)
    }
    return {
        "distributed": len(outcome),
        RETURNED: int((outcome >= 0).sum()),
        **reasons,
        USED: int((outcome == 0).sum()),
    }


def _through_providers(
    model: ResponseModel, rows: Rows, stream: np.random.Generator
) -> tuple[Rows, dict[str, int]]:
    """Providers in random order, each with at most ``take`` questionnaires, until enough.

    When all have been visited and there are too few, they are visited again.
    """
    rows = stream.permutation(rows)
    outcome = _outcomes(model, rows, stream)
    provider = model.providers[rows]
    turn = stream.random(int(provider.max(initial=0)) + 1)[provider]
    returned_before = _earlier_in_group(outcome >= 0, provider)
    visit_round = returned_before // model.take
    order = np.lexsort((turn, visit_round))
    last = _end_of_visit(outcome[order] == 0, turn[order], visit_round[order], model.target)
    visited = order[:last]
    return rows[visited[outcome[visited] == 0]], _flow(model, outcome[visited])


def _earlier_in_group(counted: NDArray[np.bool_], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each entry, how many of its group were counted before it."""
    order = np.argsort(group, kind="stable")
    running: NDArray[np.int64] = np.cumsum(counted[order]) - counted[order]
    start = np.flatnonzero(np.diff(group[order], prepend=-1))
    lengths = np.diff(np.append(start, len(group)))
    earlier = np.empty(len(group), dtype=np.int64)
    earlier[order] = running - np.repeat(running[start], lengths)
    return earlier


def _end_of_visit(
    used: NDArray[np.bool_],
    turn: Floats,
    visit_round: NDArray[np.int64],
    target: int,
) -> int:
    """How many are approached until the target is reached and the visit is over."""
    enough = np.cumsum(used) >= target
    if not enough.any():
        return len(used)
    last = int(np.argmax(enough))
    same = (turn == turn[last]) & (visit_round == visit_round[last])
    return int(np.flatnonzero(same)[-1]) + 1

"""Refusals of single questions, put in after sampling; the routing is followed again."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.questionnaire import Question
from analysis.synthetic.parameters import ItemNonresponse
from analysis.synthetic.people import NOT_ASKED, REFUSED, People, Rows
from analysis.synthetic.population import Population, missing_some
from analysis.synthetic.predictors import Contributions, add_effects
from analysis.synthetic.streams import Stream


def refuse(population: Population, rows: Rows, sample: str, streams: Stream) -> People:
    """Respondents with what they refuse to answer.

    Parameters
    ----------
    population, rows
        Whom the respondents are.
    sample
        Whose questionnaire they answer.
    streams
        Where the random numbers come from.

    Returns
    -------
    People
        The respondents' answers with −9. Who refused a filter question is not asked what
        depends on it (−1).
    """
    parameters = population.generator.item_nonresponse
    given = population.people.take(rows)
    people = given.take(np.arange(given.size))
    inclination = _inclination(parameters, given)
    roles = set(population.generator.roles.questions.values())
    for name in population.order:
        question = population.study.questionnaire.questions[name]
        if not question.asked_of(sample):
            continue
        _follow_routing(people, question)
        rate = refusal_rate(parameters, question)
        if rate and not question.required and name not in roles:
            _put_in(people, question, rate * inclination, streams)
    return people


def refusal_rate(parameters: ItemNonresponse, question: Question) -> float:
    """The share of those asked who refuse a question, or some items of its grid."""
    for name in (question.name, question.group or ""):
        if name in parameters.questions:
            return parameters.questions[name]
    return 0.0 if question.type == "date" else parameters.rate


def _inclination(parameters: ItemNonresponse, people: People) -> NDArray[np.float32]:
    """How much more than the average each respondent refuses, as a factor."""
    contributions = Contributions(people.size)
    add_effects(contributions, parameters.effects, people, slice(None))
    factor = np.exp(contributions.common)
    return factor / factor.mean() if people.size else factor


def _follow_routing(people: People, question: Question) -> None:
    routed = people.routed(question)
    if routed is not None:
        people.set_missing(question.name, NOT_ASKED, ~routed)


def _put_in(
    people: People, question: Question, rates: NDArray[np.float32], streams: Stream
) -> None:
    asked = np.flatnonzero(~people.is_missing(question.name, NOT_ASKED))
    if not len(asked):
        return
    where = missing_some(
        people.study, question, rates[asked], people.size, asked, streams, "refused"
    )
    people.set_missing(question.name, REFUSED, asked[where])

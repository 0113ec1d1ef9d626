"""Item non-response: −9 where somebody was asked, and the routing followed again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.synthetic.people import DONT_KNOW, NOT_ASKED, REFUSED, People
from analysis.synthetic.population import Population, build_population
from analysis.synthetic.refusals import refuse
from analysis.synthetic.streams import streams
from tests.synthetic.conftest import open_mini

GENERATOR = """\
population: {size: 10000}
questions:
  helped: {rates: [0.5, 0.5], dont_know: 0.05}
item_nonresponse:
  rate: 0.02
  effects: {sex: {"2": 1.0}}
  questions: {helped: 0.2, known: 0.3, remark: 0}
"""


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Population:
    return build_population(open_mini(tmp_path_factory.mktemp("mini"), GENERATOR))


@pytest.fixture(scope="module")
def people(population: Population) -> People:
    return refuse(population, np.arange(population.size), "people", streams(5))


def test_the_three_kinds_are_kept_apart(population: Population, people: People) -> None:
    before = population.people
    unknown = before.is_missing("helped", DONT_KNOW)
    refused = people.is_missing("helped", REFUSED)
    assert refused.mean() == pytest.approx(0.2, abs=0.01)
    assert not before.is_missing("helped", REFUSED).any()
    same = ~refused
    assert np.array_equal(people.columns["helped"][same], before.columns["helped"][same])
    assert np.array_equal(people.is_missing("helped", DONT_KNOW), unknown & ~refused)


def test_who_refused_a_filter_is_not_asked_further(people: People) -> None:
    refused = people.is_missing("helped", REFUSED)
    assert people.is_missing("enough", NOT_ASKED)[refused].all()
    asked = ~people.is_missing("enough", NOT_ASKED)
    assert np.array_equal(asked, people.columns["helped"] == 0)
    assert people.is_missing("enough", REFUSED)[asked].mean() == pytest.approx(0.02, abs=0.01)


def test_refusal_depends_on_what_is_stated(people: People) -> None:
    refused, sex = people.is_missing("helped", REFUSED), people.columns["sex"]
    ratio = refused[sex == 1].mean() / refused[sex == 0].mean()
    assert ratio == pytest.approx(np.e, rel=0.1)


def test_required_questions_and_roles_are_answered(people: People) -> None:
    for name in ("district", "sex", "age"):
        assert not people.is_missing(name, REFUSED).any()


def test_zero_switches_it_off(people: People) -> None:
    assert not people.is_missing("remark", REFUSED).any()


def test_in_a_grid_the_same_people_miss_some_items(people: People) -> None:
    missing = [people.is_missing(name, REFUSED) for name in ("known_a", "known_b")]
    # 0.3 of the people miss each item with 0.3: 0.09 of all, and 0.3 of those who miss another.
    assert missing[0].mean() == pytest.approx(0.09, abs=0.01)
    assert missing[1][missing[0]].mean() > 2 * missing[1].mean()


def test_all_columns_of_a_multiple_question_are_refused_together(people: People) -> None:
    dummies = np.stack([people.columns[f"used.{name}"] == -9 for name in ("web", "doctor", "none")])
    assert dummies.any()
    assert (dummies.all(axis=0) == dummies.any(axis=0)).all()


def test_the_population_is_left_as_it_was(population: Population, people: People) -> None:
    assert people is not population.people
    assert not any((codes == -9).any() for codes in population.people.columns.values())


def test_nobody_refuses_where_nothing_is_stated(tmp_path: Path) -> None:
    population = build_population(open_mini(tmp_path, "item_nonresponse: {rate: 0}\n"))
    people = refuse(population, np.arange(500), "people", streams(1))
    for column, codes in people.columns.items():
        assert np.array_equal(codes, population.people.columns[column][:500]), column

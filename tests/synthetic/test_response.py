"""Samples: sizes, unequal response as designed, providers, the flow of questionnaires."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import WorkbenchError
from analysis.synthetic.population import Population, build_population
from analysis.synthetic.response import draw_sample, response_model
from tests.mini_study import CARD
from tests.synthetic.conftest import open_mini

GENERATOR = """\
population: {size: 4000}
questions:
  sex: {rates: [0.5, 0.5]}
samples:
  people:
    response: {rate: 0.3, effects: {sex: {"2": 0.6931472}}}
    discard:
      - {stage: incomplete, label: {cs: neúplné, en: incomplete}, rate: 0.1}
      - {stage: duplicate, label: {cs: dvojí, en: twice}, rate: 0.05}
"""
SIZED = CARD.replace("identifier: respondent", "identifier: respondent\n    target_size: 150")


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Population:
    folder = tmp_path_factory.mktemp("mini")
    return build_population(open_mini(folder, GENERATOR, study=SIZED))


def test_every_area_gets_its_number_of_different_people(population: Population) -> None:
    drawn = draw_sample(response_model(population, "people"), np.random.default_rng(1))
    assert list(np.bincount(population.people.area[drawn.rows])) == [150, 150]
    assert len(np.unique(drawn.rows)) == 300


def test_an_area_that_is_too_small_gives_all_who_answer(population: Population) -> None:
    model = response_model(population, "people")
    model = replace(model, target=100_000, discard={}, chances=np.ones_like(model.chances))
    drawn = draw_sample(model, np.random.default_rng(1))
    assert np.array_equal(np.sort(drawn.rows), np.arange(population.size))


def test_the_chance_to_be_in_is_that_to_answer(population: Population) -> None:
    model = response_model(population, "people")
    stream = np.random.default_rng(2)
    rows = np.concatenate([draw_sample(model, stream).rows for _ in range(60)])
    sex = population.people.columns["sex"]
    inside = np.bincount(sex[rows]) / np.bincount(sex)
    # Log effect ln 2: twice the chance. 18,000 respondents: standard error below 2 %.
    assert inside[1] / inside[0] == pytest.approx(2.0, rel=0.06)


def test_the_mean_chance_is_the_rate(population: Population) -> None:
    model = response_model(population, "people")
    assert model.chances.mean() == pytest.approx(0.3, abs=1e-4)


def test_the_flow_adds_up(population: Population) -> None:
    drawn = draw_sample(response_model(population, "people"), np.random.default_rng(3))
    flow = drawn.flow
    assert flow["used"] == len(drawn.rows) == 300
    assert flow["returned"] == flow["used"] + flow["incomplete"] + flow["duplicate"]
    assert flow["distributed"] > flow["returned"]
    assert flow["returned"] / flow["distributed"] == pytest.approx(0.3, abs=0.06)
    assert flow["incomplete"] / flow["returned"] == pytest.approx(0.1, abs=0.05)


def test_response_can_depend_on_an_answer(population: Population) -> None:
    helped = population.people.columns["helped"] == 0
    tilted = response_model(population, "people", tilt=0.5 * helped)
    stream = np.random.default_rng(4)
    rows = np.concatenate([draw_sample(tilted, stream).rows for _ in range(40)])
    share, true = helped[rows].mean(), helped.mean()
    factor = np.exp(0.5)
    assert share == pytest.approx(true * factor / (true * factor + 1 - true), abs=0.02)
    assert share > true + 0.05


def test_a_probability_above_one_is_refused(population: Population) -> None:
    with pytest.raises(WorkbenchError, match="probability above 1") as caught:
        response_model(population, "people", tilt=np.where(np.arange(population.size) == 0, 9, 0))
    assert "lower the rate" in str(caught.value)


def test_the_same_stream_draws_the_same_sample(population: Population) -> None:
    model = response_model(population, "people")
    first, again = (draw_sample(model, np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(first.rows, again.rows)
    assert first.flow == again.flow


# --- through providers ----------------------------------------------------------------------

PROVIDERS = """\
population: {size: 4000}
samples:
  people:
    members: "${helped} = '1'"
    providers: {question: sex, size: 50, take: 7}
    response: {rate: 0.5}
"""


@pytest.fixture(scope="module")
def users(tmp_path_factory: pytest.TempPathFactory) -> Population:
    folder = tmp_path_factory.mktemp("users")
    return build_population(open_mini(folder, PROVIDERS, study=SIZED))


def test_only_members_are_reached_and_enough_of_them(users: Population) -> None:
    drawn = draw_sample(response_model(users, "people"), np.random.default_rng(1))
    assert (users.people.columns["helped"][drawn.rows] == 0).all()
    counts = np.bincount(users.people.area[drawn.rows])
    # The provider whose visit reaches the target hands over all it has.
    assert (counts >= 150).all()
    assert (counts < 150 + 7).all()
    assert len(np.unique(drawn.rows)) == len(drawn.rows)


def test_a_provider_serves_one_area_and_one_kind(users: Population) -> None:
    model = response_model(users, "people")
    members = np.flatnonzero(model.providers >= 0)
    provider = model.providers[members]
    for codes in (users.people.area, users.people.columns["sex"]):
        pairs = np.unique(np.stack([provider, codes[members]]), axis=1)
        assert pairs.shape[1] == provider.max() + 1
    sizes = np.bincount(provider)
    assert sizes.max() <= 50
    assert np.array_equal(members, np.flatnonzero(users.members("people")))


def test_nobody_hands_over_more_than_agreed(users: Population) -> None:
    model = response_model(users, "people")
    drawn = draw_sample(model, np.random.default_rng(5))
    counts = np.bincount(drawn.providers)
    assert counts.max() <= 7
    assert np.array_equal(model.providers[drawn.rows], drawn.providers)


def test_providers_are_visited_again_when_they_do_not_suffice(users: Population) -> None:
    model = replace(response_model(users, "people"), target=500)
    counts = np.bincount(draw_sample(model, np.random.default_rng(6)).providers)
    assert counts.max() > 7


def test_a_sample_whose_population_is_empty_in_an_area(tmp_path: Path) -> None:
    generator = PROVIDERS.replace("${helped} = '1'", "${district} = 'd1'")
    population = build_population(open_mini(tmp_path, generator, study=SIZED))
    drawn = draw_sample(response_model(population, "people"), np.random.default_rng(1))
    assert set(population.people.area[drawn.rows]) == {0}

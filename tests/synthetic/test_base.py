"""People before they answer: the margins of the population are those of the territory."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.study import Study
from analysis.synthetic.base import (
    _open_ages,
    education_shares,
    known_roles,
    largest_remainder,
    raked_education,
    rounded_education,
    start_people,
)
from analysis.synthetic.parameters import Roles, Rule, read_generator
from analysis.synthetic.population import Population
from analysis.synthetic.streams import streams


def test_largest_remainder_by_hand() -> None:
    # 10 × (0.25, 0.35, 0.4) = 2.5, 3.5, 4: floors 2, 3, 4 leave 1 for the first of the halves.
    assert list(largest_remainder(np.array([0.25, 0.35, 0.4]) * 10, 10)) == [3, 3, 4]


@given(
    st.lists(st.floats(0.0, 50.0), min_size=1, max_size=8).filter(lambda x: sum(x) > 0.1),
    st.integers(0, 300),
)
def test_largest_remainder_adds_up_and_is_near(expected: list[float], total: int) -> None:
    numbers = largest_remainder(np.array(expected), total)
    assert numbers.sum() == total
    scaled = np.array(expected) * total / sum(expected)
    assert (np.abs(numbers - scaled) < 1 + 1e-6).all()


def test_the_open_age_group_thins_out_and_ends() -> None:
    ages = _open_ages(np.linspace(0, 1, 10_000, endpoint=False), np.full(10_000, 85), 100)
    counts = np.bincount(ages)[85:]
    assert len(counts) == 16
    assert (np.diff(counts) < 0).all()
    assert counts[1] / counts[0] == pytest.approx(0.82, abs=0.01)


@given(st.integers(0, 500))
def test_rounded_education_keeps_both_margins(seed: int) -> None:
    stream = np.random.default_rng(seed)
    cells = np.sort(stream.integers(0, 12, 900))
    area = (cells >= 6).astype(int)
    chances = stream.dirichlet(np.ones(4), 900)
    shares = stream.dirichlet(np.full(4, 3.0), 2)
    table, area_of_cell, wanted = raked_education(cells, area, chances, shares)
    counts = rounded_education((table, area_of_cell, wanted))
    assert (counts >= 0).all()
    assert np.array_equal(counts.sum(axis=1), np.bincount(cells, minlength=len(counts)))
    reached = np.stack([counts[area_of_cell == place].sum(axis=0) for place in (0, 1)])
    assert np.array_equal(reached, wanted)


def test_roles_are_betrayed_by_the_definitions(zlin: Study) -> None:
    found = known_roles(zlin, Roles())
    assert (found.municipality, found.sex, found.education) == ("D1", "D2", "D4")


def test_roles_of_a_form_without_territory(mini: Study) -> None:
    assert known_roles(mini, Roles()).questions == {"area": "district"}


def test_sex_and_age_are_those_of_the_territory(zlin_population: Population) -> None:
    study, people = zlin_population.study, zlin_population.people
    assert study.territory is not None
    expected = study.territory.population("area", study.region)
    expected = expected[expected["age_from"] >= 15]
    age = people.numbers("age").astype(int)
    frame = pd.DataFrame(
        {
            "code": np.array(study.areas.index)[people.area],
            "sex": np.array(["male", "female"])[people.columns["D2"]],
            "age_from": np.minimum(age // 5 * 5, 85),
        }
    )
    counts = frame.value_counts(["code", "sex", "age_from"])
    for row in expected.itertuples():
        assert counts.get((row.code, row.sex, row.age_from), 0) == row.count


def test_municipalities_are_those_of_the_territory(zlin_population: Population) -> None:
    study = zlin_population.study
    assert study.territory is not None
    sizes = study.territory.municipality_sizes(study.region, 15).set_index("code")["count"]
    codes, counts = np.unique(zlin_population.people.columns["D1"], return_counts=True)
    assert dict(zip(codes.astype(int).astype(str), counts, strict=True)) == sizes.to_dict()


def test_education_is_that_of_the_census_in_each_area(zlin_population: Population) -> None:
    study, people = zlin_population.study, zlin_population.people
    shares = education_shares(study, study.questionnaire.questions["D4"])
    for place in range(len(study.areas)):
        levels = people.columns["D4"][people.area == place]
        counts = np.bincount(levels, minlength=4)
        assert np.abs(counts - shares[place] * len(levels)).max() < 1


def test_education_goes_with_age(zlin_population: Population) -> None:
    people = zlin_population.people
    age, education = people.numbers("age"), people.columns["D4"]
    primary = [(education[(age >= a) & (age < b)] == 0).mean() for a, b in ((30, 45), (80, 120))]
    assert primary[1] > 2 * primary[0]


def test_nobody_under_18_has_finished_a_secondary_school_with_an_examination(
    zlin_population: Population,
) -> None:
    people = zlin_population.people
    young = people.columns["D4"][people.numbers("age") < 18]
    assert len(young) > 10_000
    assert set(np.unique(young)) == {0, 1}


def test_rules_of_education_hold_within_the_margins(zlin: Study) -> None:
    generator = read_generator(zlin)
    rule = Rule(when="${age} < 18", only=["1", "2"])
    education = generator.education.model_copy(update={"rules": (rule,)})
    streams_of_seed = streams(1)
    changed = generator.model_copy(update={"education": education})
    people = start_people(zlin, changed, streams_of_seed, {})
    levels = people.columns["D4"]
    assert set(np.unique(levels[people.numbers("age") < 18])) == {0, 1}
    shares = education_shares(zlin, zlin.questionnaire.questions["D4"])
    for place in range(len(zlin.areas)):
        counts = np.bincount(levels[people.area == place], minlength=4)
        assert np.abs(counts - shares[place] * counts.sum()).max() < 1

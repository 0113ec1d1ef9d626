"""Answers to single questions: shares, constraints, exclusive choices, constant sums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.synthetic.answers import draw_constant_sum, draw_distribution
from analysis.synthetic.parameters import Distribution
from analysis.synthetic.population import Population, build_population
from tests.synthetic.conftest import open_mini

GENERATOR = """\
population: {size: 20000}
factors:
  openness: {sd: 1.0, area_sd: 0.3}
questions:
  helped: {rates: [0.3, 0.7], factors: {openness: 1.5}, dont_know: 0.1}
  known:
    factors: {openness: 1.2}
    items:
      a: [0.2, 0.3, 0.5]
      b: {rates: {"1": 0.6}, effects: {sex: {"2": 2.0}}}
  used: {rates: {web: 0.4, doctor: 0.2}, dont_know: 0}
  wanted: {rates: {web: 0.9, doctor: 0.8, none: 0.05}, dont_know: 0}
  age: {distribution: {kind: normal, mean: 40, sd: 30, step: 1}}
  remark: {texts: [ano, ne], answered: 0.25}
"""


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Population:
    return build_population(open_mini(tmp_path_factory.mktemp("mini"), GENERATOR))


def shares(population: Population, question: str) -> np.ndarray:
    people = population.people
    names = people.names(population.study.questionnaire.questions[question])
    codes = people.columns[question]
    return np.bincount(codes[codes < len(names)], minlength=len(names)) / (codes < len(names)).sum()


def test_shares_come_out_as_stated(population: Population) -> None:
    assert shares(population, "helped") == pytest.approx([0.3, 0.7], abs=0.01)
    assert shares(population, "known_a") == pytest.approx([0.2, 0.3, 0.5], abs=0.01)


def test_choices_that_are_not_named_share_what_is_left(population: Population) -> None:
    assert shares(population, "known_b") == pytest.approx([0.6, 0.2, 0.2], abs=0.01)


def test_effects_move_log_odds_of_first_against_last(population: Population) -> None:
    people = population.people
    sex, known = people.columns["sex"], people.columns["known_b"]
    odds = [
        ((known == 0) & (sex == group)).sum() / ((known == 2) & (sex == group)).sum()
        for group in (0, 1)
    ]
    # The trait, of variance 1.2², flattens the marginal log odds ratio somewhat below 2.
    assert 1.2 < np.log(odds[1] / odds[0]) < 2.0


def test_a_trait_makes_answers_of_a_person_alike(population: Population) -> None:
    people = population.people
    both = [people.columns[name] for name in ("known_a", "known_b")]
    known = (both[0] < 3) & (both[1] < 3)
    assert np.corrcoef(both[0][known], both[1][known])[0, 1] > 0.1


def test_not_knowing_is_a_part_of_the_person(population: Population) -> None:
    people = population.people
    assert people.is_missing("helped", 1).mean() == pytest.approx(0.1, abs=0.01)
    assert not people.is_missing("helped", 2).any()


def test_an_exclusive_choice_is_the_rest(population: Population) -> None:
    columns = population.people.columns
    used = columns["used.web"] + columns["used.doctor"]
    assert np.array_equal(columns["used.none"] == 1, used == 0)
    assert columns["used.web"].mean() == pytest.approx(0.4, abs=0.015)


def test_a_stated_exclusive_choice_has_its_share(population: Population) -> None:
    columns = population.people.columns
    alone = columns["wanted.none"] == 1
    assert alone.mean() == pytest.approx(0.05, abs=0.01)
    assert not ((columns["wanted.web"] == 1) & alone).any()
    assert ((columns["wanted.web"] + columns["wanted.doctor"])[~alone] >= 1).all()


def test_numbers_keep_the_constraint(population: Population) -> None:
    age = population.people.columns["age"]
    assert age.min() >= 15
    assert age.max() <= 110
    assert (age < 25).sum() > 1000, "not only the middle is drawn"


def test_only_a_part_writes_texts(population: Population) -> None:
    text = population.people.frame(["remark"])["remark"]
    assert text.notna().mean() == pytest.approx(0.25, abs=0.02)
    assert set(text.dropna()) == {"ano", "ne"}


def test_the_least_likely_choices_are_dropped(tmp_path: Path) -> None:
    survey = (
        "type,name,label::cs,label::en,relevant,constraint\n"
        "select_one district,district,Okres,District,,\n"
        "select_multiple many,q,Otázka,Question,,count-selected(.) <= 2\n"
        "select_multiple many,r,Otázka,Question,,count-selected(.) >= 3\n"
    )
    choices = "list_name,name,label::cs,label::en\ndistrict,d1,1,1\ndistrict,d2,2,2\n" + "".join(
        f"many,{name},{name},{name}\n" for name in "abcde"
    )
    study = open_mini(
        tmp_path,
        "population: {size: 3000}\n"
        "questions:\n"
        "  q: {rates: {a: 0.9, b: 0.9, c: 0.9, d: 0.05}, dont_know: 0}\n"
        "  r: {rates: {a: 0.2, b: 0.2, c: 0.2, d: 0.2, e: 0.2}, dont_know: 0}\n",
        survey=survey,
        choices=choices,
        variables="name,type,list,label::cs,label::en,calculation\n",
        indicators="code\n",
        plan="indicator,sample\n",
    )
    columns = build_population(study).people.columns
    given = np.stack([columns[f"q.{name}"] for name in "abcde"]).sum(axis=0)
    assert given.max() == 2
    assert given.min() == 1
    assert columns["q.d"].mean() < 0.05
    assert (columns["q.e"] == 0).all(), "a choice with rate 0 is never given"
    added = np.stack([columns[f"r.{name}"] for name in "abcde"]).sum(axis=0)
    assert added.min() == 3


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    items=st.integers(2, 8),
    step=st.sampled_from([1.0, 5.0, 10.0]),
)
def test_constant_sums_add_up(seed: int, items: int, step: float) -> None:
    stream = np.random.default_rng(seed)
    numbers = draw_constant_sum(stream.uniform(0.05, 1, (items, 50)), 100.0, step, stream)
    assert (numbers.sum(axis=0) == 100).all()
    assert (numbers >= 0).all()
    assert (numbers % step == 0).all()


@pytest.mark.parametrize(
    ("kind", "mean", "sd"), [("normal", 40, 9), ("lognormal", 13, 15), ("poisson", 4, 2)]
)
def test_distributions_have_their_moments(kind: str, mean: float, sd: float) -> None:
    distribution = Distribution(kind=kind, mean=mean, sd=sd)  # type: ignore[arg-type]
    drawn = draw_distribution(
        distribution, np.zeros(200_000, dtype=np.float32), np.random.default_rng(1)
    )
    assert drawn.mean() == pytest.approx(mean, rel=0.02)
    assert drawn.std() == pytest.approx(sd, rel=0.06)


def test_a_uniform_whole_number_reaches_both_ends() -> None:
    distribution = Distribution(kind="uniform", minimum=1, maximum=3, step=1)
    drawn = draw_distribution(
        distribution, np.zeros(3000, dtype=np.float32), np.random.default_rng(1)
    )
    counts = np.bincount(drawn.astype(int))
    assert len(counts) == 4
    assert counts[1:].min() > 850

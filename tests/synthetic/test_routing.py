"""Routing: who is asked, on any questionnaire."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.expressions import Context
from analysis.study import Study
from analysis.synthetic.order import drawing_order, needed_questions
from analysis.synthetic.parameters import read_generator
from analysis.synthetic.people import NOT_ASKED
from analysis.synthetic.population import Population, build_population
from analysis.synthetic.refusals import refuse
from analysis.synthetic.streams import streams
from tests.mini_study import CHOICES
from tests.synthetic.conftest import open_mini

LISTS = {"yn": ("1", "2"), "abc": ("a", "b", "c"), "none": ("a", "b", "none")}
EMPTY = {
    "variables": "name,type,list,label::cs,label::en,calculation\n",
    "indicators": "code\n",
    "plan": "indicator,sample\n",
}


@dataclass(frozen=True)
class Asked:
    """A question of a made-up form and the answers on which it depends."""

    kind: str
    list_name: str
    conditions: tuple[tuple[int, str, bool], ...]
    joined_by: str


@st.composite
def forms(draw: st.DrawFn) -> list[Asked]:
    """Forms whose questions depend on earlier ones."""
    form: list[Asked] = []
    for number in range(draw(st.integers(3, 8))):
        earlier = st.integers(0, number - 1) if number else st.nothing()
        parts = draw(st.lists(earlier, max_size=min(number, 3))) if number else []
        conditions = tuple(
            (part, draw(st.sampled_from(LISTS[form[part].list_name])), draw(st.booleans()))
            for part in parts
        )
        form.append(
            Asked(
                draw(st.sampled_from(["select_one", "select_multiple"])),
                draw(st.sampled_from(list(LISTS))),
                conditions,
                draw(st.sampled_from([" and ", " or "])),
            )
        )
    return form


def written(form: list[Asked]) -> dict[str, str]:
    """The form as the files of a study."""
    survey = io.StringIO()
    table = csv.writer(survey, lineterminator="\n")
    table.writerow(["type", "name", "label::cs", "label::en", "relevant"])
    table.writerow(["select_one district", "district", "Okres", "District", ""])
    for number, question in enumerate(form):
        texts = []
        for part, choice, negated in question.conditions:
            text = f"selected(${{q{part}}}, '{choice}')"
            texts.append(f"not({text})" if negated else text)
        relevant = question.joined_by.join(texts)
        kind = f"{question.kind} {question.list_name}"
        table.writerow([kind, f"q{number}", "Otázka", "Question", relevant])
    choices = "list_name,name,label::cs,label::en,exclusive\n"
    choices += "district,d1,1,1,\ndistrict,d2,2,2,\n"
    for list_name, names in LISTS.items():
        for name in names:
            exclusive = "yes" if name == "none" else ""
            choices += f"{list_name},{name},{name},{name},{exclusive}\n"
    return {"survey": survey.getvalue(), "choices": choices, **EMPTY}


def known_and_given(columns: dict, form: list[Asked], part: int, choice: str) -> tuple:
    """By plain rules: whether an answer is known, and whether it holds the choice."""
    question, names = form[part], LISTS[form[part].list_name]
    if question.kind == "select_one":
        codes = columns[f"q{part}"]
        return codes < len(names), codes == names.index(choice)
    dummy = columns[f"q{part}.{choice}"]
    return dummy >= 0, dummy == 1


def expected_to_be_asked(columns: dict, form: list[Asked], number: int, size: int) -> np.ndarray:
    question = form[number]
    if not question.conditions:
        return np.ones(size, dtype=bool)
    truths = []
    for part, choice, negated in question.conditions:
        known, given_ = known_and_given(columns, form, part, choice)
        truths.append(known & (given_ != negated))
    # Only a true condition asks; "and" needs all of them true, "or" one.
    combine = np.logical_and if question.joined_by == " and " else np.logical_or
    return combine.reduce(truths)


def answered_or_unknown(columns: dict, form: list[Asked], number: int) -> np.ndarray:
    question = form[number]
    if question.kind == "select_one":
        return columns[f"q{number}"] != len(LISTS[question.list_name]) + NOT_ASKED
    return columns[f"q{number}.{LISTS[question.list_name][0]}"] != -1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(form=forms(), seed=st.integers(0, 100))
def test_nobody_is_asked_what_the_routing_forbids(form: list[Asked], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        generator = "population: {size: 120}\nitem_nonresponse: {rate: 0.2}\n"
        study = open_mini(Path(folder), generator, **written(form))
        population = build_population(study, seed)
        sampled = refuse(population, np.arange(0, 240, 2), "people", streams(seed))
        for people in (population.people, sampled):
            columns = people.columns
            for number in range(len(form)):
                asked = expected_to_be_asked(columns, form, number, people.size)
                assert np.array_equal(answered_or_unknown(columns, form, number), asked)


def test_every_row_of_the_shipped_study_obeys_its_form(zlin_population: Population) -> None:
    people, study = zlin_population.people, zlin_population.study
    sample = people.take(np.arange(0, people.size, 97))
    context = Context(sample.frame(), study.questionnaire, study.territory)
    for question in study.questionnaire.questions.values():
        if question.samples or question.relevant is None:
            continue
        asked = ~sample.is_missing(question.name, NOT_ASKED)
        assert np.array_equal(asked, question.relevant.truth(context) == 1), question.name


def test_every_row_keeps_the_constraints(zlin_population: Population) -> None:
    people, study = zlin_population.people, zlin_population.study
    sample = people.take(np.arange(0, people.size, 97))
    context = Context(sample.frame(), study.questionnaire, study.territory)
    checked = 0
    for question in study.questionnaire.questions.values():
        if question.constraint is None:
            continue
        multiple = question.type == "select_multiple"
        current = None if multiple else context.value(question.name)
        truth = question.constraint.truth(context.at(current, question.name))
        broken = (truth == 0) & ~sample.is_missing(question.name, NOT_ASKED)
        assert not broken.any(), question.name
        checked += 1
    assert checked > 40


def test_exclusive_choices_stand_alone(zlin_population: Population) -> None:
    people, study = zlin_population.people, zlin_population.study
    checked = 0
    for question in study.questionnaire.questions.values():
        choices = study.questionnaire.choices.get(question.list or "", ())
        exclusive = [choice.name for choice in choices if choice.exclusive]
        if question.type != "select_multiple" or not exclusive:
            continue
        given_ = np.stack([people.columns[f"{question.name}.{c.name}"] == 1 for c in choices])
        alone = np.stack([people.columns[f"{question.name}.{name}"] == 1 for name in exclusive])
        assert (given_.sum(axis=0)[alone.any(axis=0)] == 1).all()
        known = people.columns[f"{question.name}.{choices[0].name}"] >= 0
        assert (given_.sum(axis=0)[known] >= 1).all(), "who answers gives something"
        checked += 1
    assert checked >= 4


def test_an_unknown_service_is_not_used(zlin_population: Population) -> None:
    people, study = zlin_population.people, zlin_population.study
    for question, item in study.questionnaire.group_items("A2"):
        used = people.columns[f"U1.{item}"] == 1
        assert not (people.columns[question][used] == 2).any()


# --- the order of drawing -------------------------------------------------------------------


def test_what_a_question_depends_on_is_drawn_first(zlin: Study) -> None:
    generator = read_generator(zlin)
    order = drawing_order(zlin, generator)
    place = {name: number for number, name in enumerate(order)}
    assert set(order) == {
        name for name, q in zlin.questionnaire.questions.items() if q.type != "calculate"
    }
    roles = set(generator.roles.questions.values())
    dependent = 0
    for name in set(order) - roles:
        needed = needed_questions(zlin, generator, name)
        assert all(place[other] < place[name] for other in needed), name
        dependent += bool(needed)
    assert dependent > 50


def test_dependencies_reach_through_traits_rules_grids_and_variables(tmp_path: Path) -> None:
    study = open_mini(
        tmp_path,
        "factors: {trait: {rules: [{when: \"${informed} = '1'\", add: 1}]}}\n"
        "questions:\n"
        "  district: {factors: {trait: 1}}\n"
        "  used: {rules: [{when: \"${known_{choice}} = '3'\", forbid: true}]}\n"
        "  wanted: {rules: [{when: \"any-in(known, '1')\", add: 1}]}\n",
        choices=CHOICES.replace("channels,web", "channels,a"),
    )
    generator = read_generator(study)
    grid = {"known_a", "known_b"}
    assert needed_questions(study, generator, "district") == grid
    assert needed_questions(study, generator, "wanted") == grid
    assert needed_questions(study, generator, "used") == grid
    assert needed_questions(study, generator, "enough") == {"helped"}
    order = drawing_order(study, generator)
    assert order.index("known_b") < order.index("district") < order.index("sex")


def test_a_circle_is_refused(tmp_path: Path) -> None:
    study = open_mini(
        tmp_path,
        "questions:\n"
        "  known: {effects: {helped: {'1': 0.5}}}\n"
        "  helped: {effects: {informed: {'1': 0.5}}}\n",
    )
    with pytest.raises(WorkbenchError, match="depend on each other") as caught:
        build_population(study)
    assert "helped" in str(caught.value)

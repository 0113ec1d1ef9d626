"""The content of the main study: what its definitions say, not how they are read."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.definitions import Row, read_rows
from analysis.expressions import Context, parse
from analysis.indicators.compiling import compile_indicators
from analysis.study import Study, open_study
from analysis.synthetic import read_generator
from analysis.variables import derive_variables

NO_BREAK = "\u00a0"
BLOCKS = ["A", "I", "U", "N", "Q", "M", "C", "E", "D", "X"]
QUESTION_BANK = {
    "A": ["A1_text", "A1", "A2", "A3", "A3_text", "A4", "A5", "A6"],
    "I": ["I1", "I2", "I3", "I4", "I4_text", "I5"],
    "U": ["U1", "U2", "U3", "U4", "U5", "U6"],
    "N": ["N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N8_text", "N9", "N10", "N11", "N12"],
    "Q": ["Q1_overall", "Q1", "Q2"],
    "M": ["M1", "M1_text", "M2", "M3"],
    "C": ["C1", "C1_hours", "C1_respite"],
    "E": ["E1"],
    "D": ["D1", "D2", "D3", "D4", "D5", "D6", "D6_type", "D7", "D8", "D9", "D10", "D11", "D12"],
    "X": ["X1_consent", "X1_mode", "X1_interviewer", "X1_date", "X1_duration", "X2", "X3"],
}
STANDARD_BREAKDOWNS = {
    "sex",
    "age_group",
    "education",
    "size_class",
    "household_type",
    "care_allowance",
    "user_status",
}


@pytest.fixture(scope="module")
def study() -> Study:
    return open_study("zlin-2010")


@pytest.fixture(scope="module")
def catalogue(study: Study) -> list[Row]:
    return read_rows(study.workspace.catalogues / "services.csv")


def respondents(study: Study, *answers: Mapping[str, object]) -> pd.DataFrame:
    """A survey frame with a row for each dict; what a dict does not say is blank."""
    count, questionnaire = len(answers), study.questionnaire
    columns: dict[str, object] = {}
    for question in questionnaire.questions.values():
        given: list[Any] = [answer.get(question.name) for answer in answers]
        if question.type == "select_multiple":
            for choice in questionnaire.choice_names(question.list or ""):
                values = [dummy(value, choice) for value in given]
                columns[f"{question.name}.{choice}"] = pd.array(values, dtype="Int8")
        elif question.type == "select_one":
            names = [*questionnaire.choice_names(question.list or ""), "-1", "-8", "-9"]
            columns[question.name] = pd.Categorical(given, categories=names)
        elif question.type in ("integer", "decimal"):
            columns[question.name] = pd.array(given, dtype="float64")
        else:
            columns[question.name] = pd.array(given, dtype="str")
    return pd.DataFrame(columns, index=range(count))


def dummy(value: object, choice: str) -> int | None:
    """What a 0/1 column holds for an answer ``"a b"``, a missing code, or nothing."""
    if value is None:
        return None
    return int(str(value)) if value in ("-1", "-8", "-9") else int(choice in str(value).split())


def whole_grid(study: Study, grid: str, default: str, **items: str) -> dict[str, object]:
    """One answer to every row of a grid."""
    pairs = study.questionnaire.group_items(grid)
    return {question: items.get(item, default) for question, item in pairs}


def is_asked(study: Study, question: str, **answers: object) -> float:
    """Whether the routing of a question is open: 1, 0, or NaN where it cannot be known."""
    relevant = study.questionnaire.questions[question].relevant
    assert relevant is not None
    frame = respondents(study, dict(answers))
    return float(relevant.truth(Context(frame, study.questionnaire))[0])


def is_allowed(study: Study, question: str, value: object, **answers: object) -> float:
    """Whether an answer keeps the constraint of a question: 1, 0, or NaN."""
    constraint = study.questionnaire.questions[question].constraint
    assert constraint is not None
    frame = respondents(study, {**answers, question: value})
    context = Context(frame, study.questionnaire)
    multiple = study.questionnaire.is_multiple(question)
    current = context.at(None if multiple else context.value(question), question)
    return float(constraint.truth(current)[0])


# --- the question bank --------------------------------------------------------------------


@pytest.mark.parametrize("block", BLOCKS)
def test_every_question_of_the_bank_stands_in_its_block(study: Study, block: str) -> None:
    questionnaire = study.questionnaire
    standing = {
        question.name if not question.item else question.group
        for question in questionnaire.questions.values()
        if question.block == block
    }
    assert standing == set(QUESTION_BANK[block])


def test_what_routing_needs_is_asked_before_it_is_needed(study: Study) -> None:
    order = {name: place for place, name in enumerate(study.questionnaire.questions)}
    groups = study.questionnaire.groups
    for question in study.questionnaire.questions.values():
        for expression in (question.relevant, question.constraint):
            for name in expression.names if expression else ():
                last = groups[name].questions[-1] if name in groups else name
                assert order[last] < order[question.name], (question.name, name)


def test_the_spontaneous_question_comes_before_any_name_of_a_service_is_read_out(
    study: Study,
) -> None:
    inhabitants = [question.name for question in study.questionnaire.asked_of("inhabitants")]
    naming = [
        name
        for name in inhabitants
        if study.questionnaire.questions[name].list in ("services", "services_or_none")
        or study.questionnaire.questions[name].group == "A2"
    ]
    assert inhabitants.index("A1_text") < min(inhabitants.index(name) for name in naming)


def test_consent_comes_first_and_is_needed(study: Study) -> None:
    first = next(iter(study.questionnaire.questions.values()))
    assert first.name == "X1_consent" and first.required
    assert is_allowed(study, "X1_consent", "1") == 1
    assert is_allowed(study, "X1_consent", "2") == 0


def test_a_questionnaire_without_consent_is_discarded(study: Study) -> None:
    (rule,) = study.card.discard
    for answer, discarded in (("1", 0), ("2", 1)):
        context = Context({"X1_consent": pd.Series([answer])}, study.questionnaire)
        assert parse(rule.when).truth(context) == discarded


@pytest.mark.parametrize(
    ("grid", "items", "size"),
    [
        ("A2", "services", 33),
        ("U2", "services", 33),
        ("U6", "services", 33),
        ("N2", "activities", 10),
        ("N3", "life_situations", 19),
        ("Q1", "aspects", 6),
        ("Q2", "aspects", 6),
        ("M3", "planning_groups", 5),
    ],
)
def test_a_grid_asks_about_every_entry_of_its_list_in_order(
    study: Study, grid: str, items: str, size: int
) -> None:
    questionnaire = study.questionnaire
    asked = [item for _, item in questionnaire.group_items(grid)]
    assert asked == list(questionnaire.choice_names(items)) and len(asked) == size
    assert questionnaire.items_list(grid) == items
    for question, item in questionnaire.group_items(grid):
        for language in study.languages:
            expected = questionnaire.choice_label(items, item, language)
            assert questionnaire.questions[question].label[language] == expected


def test_exclusive_options_are_marked(study: Study) -> None:
    exclusive = {
        (name, choice.name)
        for name, choices in study.questionnaire.choices.items()
        for choice in choices
        if choice.exclusive
    }
    assert exclusive == {
        ("spontaneous", "unknown"),
        ("channels", "none"),
        ("services_or_none", "none"),
        ("life_situations_or_none", "none"),
        ("helpers", "nobody"),
    }


def test_users_alone_say_how_they_were_reached(study: Study) -> None:
    inhabitants = {question.name for question in study.questionnaire.asked_of("inhabitants")}
    users = {question.name for question in study.questionnaire.asked_of("users")}
    points = set(study.questionnaire.groups["M3"].questions)
    assert users - inhabitants == {"X2", "X3"}
    assert inhabitants - users == points


def test_what_could_harm_a_person_is_sensitive(study: Study) -> None:
    whole = {"N2", "D5", "D8", "D9", "D10", "X2", "care_allowance", "N3_addiction", "U2_s59"}
    mixed = {"U1", "N1", "N7", "U2", "N3", "user_status", "in_need"}
    harmless = {"A1", "A2", "A3", "I1", "I3", "M1", "N6", "E1", "D2", "D4", "education", "orp"}
    assert all(study.is_sensitive(name) for name in whole)
    assert not any(study.is_sensitive(name) for name in harmless | mixed)
    for question, choice in (("N1", "domestic_violence"), ("N1", "minority"), ("U1", "s59")):
        assert study.sensitivity.of_choice(question, choice)
    for question, choice in (("N1", "caring"), ("N1", "none"), ("U1", "s40"), ("A1", "s59")):
        assert not study.sensitivity.of_choice(question, choice)


def test_indicators_inherit_the_sensitivity_of_choices(study: Study) -> None:
    situations = study.definition_of("ND01", "addiction")
    assert situations.reveals("addiction") and not situations.reveals("caring")
    assert not situations.has_sensitive_base("addiction")
    for code in ("UN01Z", "UN02Z", "UN05Z"):
        by_situation = study.definition_of(code, "addiction")
        assert by_situation.reveals("addiction") and by_situation.has_sensitive_base("addiction")
        assert not by_situation.reveals("debts")
        assert not by_situation.has_sensitive_base("debts")
    assert not study.definition_of("UN03", "").reveals("")


# --- routing ------------------------------------------------------------------------------


def test_a_provider_is_asked_for_when_any_service_is_known(study: Study) -> None:
    nothing = whole_grid(study, "A2", "3")
    assert is_asked(study, "A3", **nothing) == 0
    assert is_asked(study, "A3", **{**nothing, "A2_s60a": "2"}) == 1
    assert np.isnan(is_asked(study, "A3", **{**nothing, "A2_s60a": "-9"}))


@pytest.mark.parametrize(("answer", "expected"), [("1", 0), ("2", 0), ("3", 1), ("4", 1)])
def test_missing_information_is_asked_of_those_who_lack_it(
    study: Study, answer: str, expected: int
) -> None:
    assert is_asked(study, "I4", I3=answer) == expected


@pytest.mark.parametrize(
    ("now", "past", "expected"),
    [
        ("none", {}, 0),
        ("none", {"s40": "1"}, 1),
        ("none", {"s40": "2"}, 0),
        ("s40", {"s40": "1"}, 0),
        ("s40", {"s40": "3", "s44": "1"}, 1),
        ("s40 s44", {"s40": "1", "s44": "1"}, 0),
    ],
)
def test_the_reason_for_ending_is_asked_of_past_users_only(
    study: Study, now: str, past: dict[str, str], expected: int
) -> None:
    grid = whole_grid(study, "U2", "4", **past)
    assert is_asked(study, "U3", U1=now, **grid) == expected


@pytest.mark.parametrize(
    ("now", "past", "expected"),
    [("none", "4", 0), ("none", "2", 0), ("none", "1", 1), ("none", "3", 1), ("s40", "4", 1)],
)
@pytest.mark.parametrize("question", ["U4", "U5", "Q1_overall", "Q1_staff", "Q2_price"])
def test_only_own_use_opens_the_questions_on_a_service_used(
    study: Study, question: str, now: str, past: str, expected: int
) -> None:
    assert is_asked(study, question, U1=now, **whole_grid(study, "U2", "4", s40=past)) == expected


@pytest.mark.parametrize(
    ("situations", "born", "expected"),
    [
        ("debts", 1970, 0),
        ("none", 1947, 0),
        ("none", 1946, 1),
        ("dementia", 1990, 1),
        ("debts illness", 1990, 1),
    ],
)
def test_activities_are_asked_of_the_dependent_and_of_people_from_65(
    study: Study, situations: str, born: int, expected: int
) -> None:
    assert is_asked(study, "N2_eating", N1=situations, D3=born) == expected


def test_help_is_asked_for_each_situation_that_was_named(study: Study) -> None:
    assert is_asked(study, "N3_debts", N1="debts loneliness") == 1
    assert is_asked(study, "N3_addiction", N1="debts loneliness") == 0
    assert is_asked(study, "N4", N1="none") == 0
    assert is_asked(study, "N4", N1="debts") == 1
    assert is_asked(study, "N5", N4="family office") == 1
    assert is_asked(study, "N5", N4="nobody") == 0


@pytest.mark.parametrize(("unmet", "barriers"), [("1", 1), ("2", 0), ("3", 0)])
def test_barriers_are_asked_of_those_who_did_not_get_a_service(
    study: Study, unmet: str, barriers: int
) -> None:
    assert is_asked(study, "N7", N6=unmet) == is_asked(study, "N8", N6=unmet) == barriers


@pytest.mark.parametrize("question", ["N9", "N10", "N11"])
def test_urgency_form_and_price_are_asked_of_those_who_want_a_service(
    study: Study, question: str
) -> None:
    unwanted = whole_grid(study, "U6", "4")
    assert is_asked(study, question, N6="2", **unwanted) == 0
    assert is_asked(study, question, N6="1", **unwanted) == 1
    assert is_asked(study, question, N6="2", **{**unwanted, "U6_s49": "2"}) == 1
    assert is_asked(study, question, N6="2", **{**unwanted, "U6_s49": "5"}) == 0


@pytest.mark.parametrize(("born", "expected"), [(1961, 1), (1962, 0)])
def test_preferred_care_is_asked_from_fifty(study: Study, born: int, expected: int) -> None:
    assert is_asked(study, "N12", D3=born) == expected


# --- constraints --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "most", "choices"),
    [
        ("A1", 5, "s37 s39 s40 s41 s42 s43"),
        ("I2", 3, "internet press doctor school"),
        ("M1", 5, "s37 s39 s40 s41 s42 s43"),
        ("M2", 2, "seniors disabled families"),
    ],
)
def test_no_more_answers_than_the_question_allows(
    study: Study, question: str, most: int, choices: str
) -> None:
    names = choices.split()
    assert is_allowed(study, question, " ".join(names[:most])) == 1
    assert is_allowed(study, question, " ".join(names[: most + 1])) == 0


@pytest.mark.parametrize(
    ("question", "low", "high"),
    [("D1", 500000, 599999), ("D3", 1901, 1996), ("N5", 0, 168), ("C1_hours", 0, 168)],
)
def test_numbers_stay_within_their_range(study: Study, question: str, low: int, high: int) -> None:
    assert is_allowed(study, question, low) == is_allowed(study, question, high) == 1
    # One below zero is the code of "not applicable", not a number.
    assert is_allowed(study, question, low - 2) == is_allowed(study, question, high + 1) == 0


def test_children_are_fewer_than_the_household(study: Study) -> None:
    assert is_allowed(study, "D7", 2, D6=3) == 1
    assert is_allowed(study, "D7", 3, D6=3) == 0


@pytest.mark.parametrize(
    ("known", "now", "used", "expected"),
    [
        ("3", "none", "4", 1),
        ("3", "none", "1", 0),
        ("3", "none", "2", 0),
        ("2", "none", "2", 1),
        ("1", "s40", "1", 1),
        ("1", "s40", "4", 0),
        ("1", "s40", "2", 0),
    ],
)
def test_use_of_an_unknown_service_and_use_now_but_not_lately_are_contradictions(
    study: Study, known: str, now: str, used: str, expected: int
) -> None:
    assert is_allowed(study, "U2_s40", used, A2_s40=known, U1=now) == expected


@pytest.mark.parametrize(("last", "expected"), [(10, 1), (11, 0), (9, 0)])
def test_the_points_of_the_budget_add_up(study: Study, last: int, expected: int) -> None:
    points = {"M3_seniors": 40, "M3_disabled": 30, "M3_families": 20, "M3_excluded": 0}
    assert is_allowed(study, "M3_minorities", last, **points) == expected


# --- derived variables --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "group"),
    [(1996, "1"), (1982, "1"), (1981, "2"), (1967, "2"), (1966, "3"), (1947, "3"), (1946, "4"),
     (1932, "4"), (1931, "5"), (1901, "5")],
)  # fmt: skip
def test_age_groups_meet_without_gap(study: Study, born: int, group: str) -> None:
    derived = derive_variables(study, respondents(study, {"D3": born}))
    assert derived["age_group"][0] == group
    assert derived["age"][0] == 2011 - born


@pytest.mark.parametrize("name", ["age_group", "size_class"])
def test_bands_cover_every_whole_number_once(study: Study, name: str) -> None:
    bands = study.questionnaire.bands(name)
    for (_, _, high), (_, low, _) in itertools.pairwise(bands):
        assert low == high + 1
    assert bands[-1][2] == np.inf


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"D6": 1, "D6_type": "-1"}, "1"),
        ({"D6": 4, "D6_type": "5"}, "5"),
        ({"D6": 4, "D6_type": "-9"}, None),
    ],
)
def test_household_type(study: Study, answers: dict[str, object], expected: str | None) -> None:
    value = derive_variables(study, respondents(study, answers))["household_type"][0]
    assert value == expected if expected else pd.isna(value)


@pytest.mark.parametrize(("degree", "expected"), [("0", "2"), ("1", "1"), ("4", "1")])
def test_care_allowance(study: Study, degree: str, expected: str) -> None:
    derived = derive_variables(study, respondents(study, {"D8": degree}))
    assert derived["care_allowance"][0] == expected


@pytest.mark.parametrize(
    ("now", "intended", "expected"),
    [("s40", "4", "1"), ("s40", "1", "1"), ("none", "2", "2"), ("none", "5", "3")],
)
def test_user_status(study: Study, now: str, intended: str, expected: str) -> None:
    answers = {"U1": now, **whole_grid(study, "U6", "4", s49=intended)}
    assert derive_variables(study, respondents(study, answers))["user_status"][0] == expected


def test_municipality_gives_area_and_size(study: Study) -> None:
    zlin, holesov, rusava, vizovice, unknown = 585068, 588458, 588962, 585939, 599998
    answers = [{"D1": code} for code in (zlin, holesov, rusava, vizovice, unknown)]
    derived = derive_variables(study, respondents(study, *answers))
    assert list(derived["orp"][:4]) == ["7213", "7202", "7201", "7211"]
    assert list(derived["size_class"][:4]) == ["6", "6", "2", "4"]
    assert derived["orp"][4:].isna().all() and derived["size_class"][4:].isna().all()


# --- indicators ---------------------------------------------------------------------------


def values(study: Study, code: str, *answers: Mapping[str, object]) -> pd.DataFrame:
    """The values of an indicator: respondents × categories."""
    compiled = compile_indicators(study, respondents(study, *answers), {code})
    categories = [column.category for column in compiled.columns]
    return pd.DataFrame(compiled.values, columns=categories)


def test_the_catalogue_of_indicators_is_complete(study: Study) -> None:
    codes = {indicator.code for indicator in study.indicators}
    of_awareness = {f"AW{n:02}" for n in range(1, 13)} | {f"IC{n:02}" for n in range(1, 7)}
    of_needs = {f"UN{n:02}" for n in range(1, 10)} | {f"ND{n:02}" for n in range(1, 8)}
    assert codes >= of_awareness | of_needs | {"US01", "US02S", "US02F", "US03", "US04", "US05"}
    assert codes >= {"US06", "BR01", "BR02", "ST01", "ST02", "ST03", "ST04", "UN01Z", "UN05Z"}
    for indicator in study.indicators:
        assert (indicator.minimum_n, indicator.minimum_n_comparison) == (30, 50)
        assert indicator.source and indicator.version == "1.0"
        assert set(indicator.base_label) == {"cs", "en"}
        assert indicator.code[:2] == indicator.family
    whole = {indicator.code for indicator in study.indicators if indicator.sensitive}
    assert whole == {"ND03", "ND04"}


def test_spontaneous_awareness_and_misclassification(study: Study) -> None:
    answers = [{"A1": a} for a in ("s40", "benefit", "benefit s40", "unknown", "other", "-9")]
    assert list(values(study, "AW01", *answers)[""][:5]) == [1, 0, 1, 0, 0]
    assert list(values(study, "AW06", *answers)[""][:5]) == [0, 1, 0, 0, 0]
    assert values(study, "AW01", *answers)[""].isna().tolist() == [False] * 5 + [True]
    named = values(study, "AW02", *answers)
    assert list(named["s40"][:5]) == [1, 0, 1, 0, 0] and list(named["unknown"][:4]) == [0, 0, 0, 1]


def test_aided_awareness_and_its_breadth(study: Study) -> None:
    answers = whole_grid(study, "A2", "3", s37="1", s39="2", s40="1", s70="2")
    assert values(study, "AW03", answers).loc[0, ["s37", "s39", "s41"]].tolist() == [1, 1, 0]
    assert values(study, "AW04", answers).loc[0, ["s37", "s39", "s41"]].tolist() == [1, 0, 0]
    breadth = values(study, "AW05", answers).loc[0]
    assert breadth[""] == 4
    assert breadth["index"] == pytest.approx(400 / 33)
    assert breadth["index_poradenstvi"] == 100
    assert breadth["index_pece"] == pytest.approx(200 / 14)
    assert breadth["index_prevence"] == pytest.approx(100 / 18)
    assert np.isnan(values(study, "AW05", {**answers, "A2_s41": "-8"}).loc[0, ""])


def test_who_was_not_asked_for_a_provider_does_not_know_one(study: Study) -> None:
    answers = [{"A3": a} for a in ("1", "2", "-1", "-9")]
    known = values(study, "AW07", *answers)[""]
    assert list(known[:3]) == [1, 0, 0] and np.isnan(known[3])


def test_where_to_turn(study: Study) -> None:
    answers = [{"A4": a, "A5": "10"} for a in ("1", "2", "3", "4")]
    assert list(values(study, "AW08", *answers)[""]) == [0, 0, 1, 1]
    first = values(study, "AW09", *answers)
    assert list(first["10"]) == [1, 1, 1, 1] and (first.sum(axis=1) == 1).all()


def test_knowledge_of_catalogue_and_plan(study: Study) -> None:
    answers = [{"I5": "2", "E1": "3"}, {"I5": "3", "E1": "1"}]
    known = values(study, "AW12", *answers)
    assert list(known["catalogue"]) == [1, 0] and list(known["plan"]) == [0, 1]


def test_channels_and_their_gap(study: Study) -> None:
    answers = [
        {"I1": "doctor press", "I2": "doctor internet"},
        {"I1": "none", "I2": "internet"},
        {"I1": "doctor", "I2": "-9"},
    ]
    gap = values(study, "IC03", *answers)
    assert gap.loc[0, ["doctor", "press", "internet"]].tolist() == [0, -1, 1]
    assert gap.loc[1, "internet"] == 1 and gap.loc[2].isna().all()
    assert list(values(study, "IC04", *answers)[""]) == [0, 1, 0]


def test_sufficiency_of_information_and_its_balance(study: Study) -> None:
    answers = [{"I3": a} for a in ("1", "2", "3", "4", "-8", "-9")]
    frame = values(study, "IC05", *answers)
    assert list(frame["enough"][:4]) == [1, 1, 0, 0] and frame["enough"][4:].isna().all()
    assert list(frame["net"][:4]) == [1, 1, -1, -1] and frame["net"][4:].isna().all()
    assert list(frame["dont_know"][:5]) == [0, 0, 0, 0, 1] and np.isnan(frame["dont_know"][5])


def test_what_needs_a_register_or_another_indicator_says_so(study: Study) -> None:
    by_code = {indicator.code: indicator for indicator in study.indicators}
    assert by_code["AW11"].requires == "services_register"
    assert (by_code["AW10"].statistic, by_code["AW10"].of) == ("comparison", "AW03")
    assert (by_code["IC06"].statistic, by_code["IC06"].of) == ("adjusted_difference", "AW05")
    assert by_code["IC06"].adjust == ("age_group", "education")


def test_the_plan_names_every_indicator_and_the_headlines_by_all_breakdowns(
    study: Study,
) -> None:
    planned = {row.indicator for row in study.plan}
    assert planned == {indicator.code for indicator in study.indicators}
    # Target groups are broken down by in rows of their own: they are compared with no other area.
    plan = [row for row in study.plan if not row.breakdowns or row.breakdowns[0][:3] != "tg_"]
    assert len({(row.indicator, row.sample, row.levels) for row in plan}) == len(plan)
    groups = {group.variable for group in study.target_groups} - {"tg_minorities"}
    assert all(set(row.breakdowns) == groups for row in study.plan if row not in plan)
    for code in ("AW01", "AW05", "AW06", "AW07", "AW08", "AW12", "IC04", "IC05"):
        rows = [row for row in plan if row.indicator == code]
        by_sample = {row.sample: row for row in rows}
        assert set(by_sample["inhabitants"].breakdowns) == STANDARD_BREAKDOWNS | {"age_group_wide"}
        assert set(by_sample["inhabitants"].levels) == {"area", "region"}
        assert by_sample["users"].comparisons == ()


# --- catalogues ---------------------------------------------------------------------------


def test_the_33_service_types_of_the_act(study: Study, catalogue: list[Row]) -> None:
    codes = [row.values["code"] for row in catalogue]
    assert codes == list(study.questionnaire.choice_names("services")) and len(codes) == 33
    assert [row.values["code"] for row in catalogue] == [
        f"s{row.values['section']}" for row in catalogue
    ]
    categories = pd.Series([row.values["category"] for row in catalogue]).value_counts()
    assert categories.to_dict() == {"poradenstvi": 1, "pece": 14, "prevence": 18}
    numbers = sorted(int(row.values["mpsv"]) for row in catalogue)
    assert numbers == list(range(3836, 3869))


def test_the_form_and_the_catalogue_say_the_same_of_a_service(
    study: Study, catalogue: list[Row]
) -> None:
    for row in catalogue:
        choice = study.questionnaire.choice("services", row.values["code"])
        assert choice.label == {"cs": row.values["name::cs"], "en": row.values["name::en"]}
        for attribute in ("category", "section", "forms"):
            assert choice.attributes[attribute] == row.values[attribute]
        for attribute in ("short_cs", "short_en", "accusative_cs"):
            assert choice.attributes[attribute] == row.values[attribute.replace("_", "::")]


def test_services_stand_alike_in_all_lists(study: Study) -> None:
    services = study.questionnaire.choices["services"]
    for name in ("services_or_none", "spontaneous"):
        assert study.questionnaire.choices[name][:33] == services
    situations = study.questionnaire.choices["life_situations"]
    assert study.questionnaire.choices["life_situations_or_none"][:-1] == situations


def test_every_type_existed_when_people_were_asked(study: Study, catalogue: list[Row]) -> None:
    asked = study.card.fieldwork.start
    for row in catalogue:
        assert date.fromisoformat(row.values["valid_from"]) <= asked
        ends = row.values["valid_to"]
        assert not ends or date.fromisoformat(ends) > asked


def test_names_and_numbers_of_the_ministry(shared: Path, catalogue: list[Row]) -> None:
    path = shared / "data/services/mpsv_ciselnik_druhy_socialni_sluzby.csv"
    with path.open(encoding="utf-8") as file:
        official = {row["id_portal_api"]: row["nazev"] for row in csv.DictReader(file)}
    for row in catalogue:
        assert official[row.values["mpsv"]] == row.values["name::cs"].replace(NO_BREAK, " ")


def test_target_groups_map_to_planning_groups(study: Study) -> None:
    rows = read_rows(study.workspace.catalogues / "target_groups.csv")
    groups = [row for row in rows if row.values["kind"] == "group"]
    planning = set(study.questionnaire.choice_names("planning_groups"))
    assert len(groups) == 28 and len({row.values["code"] for row in rows}) == len(rows)
    mapped = [set(row.values["planning_groups"].split()) for row in groups]
    assert all(groups_of and groups_of <= planning for groups_of in mapped)
    assert set().union(*mapped) == planning


def test_related_items_are_coded_as_something_else_than_a_service(study: Study) -> None:
    rows = read_rows(study.workspace.catalogues / "related_items.csv")
    for row in rows:
        choice = study.questionnaire.choice("spontaneous", row.values["coded_as"])
        assert choice.attributes["kind"] == "other"
    assert len(rows) == 9


# --- territory and margins ----------------------------------------------------------------


def test_the_list_of_areas_is_the_territory(study: Study) -> None:
    names = {c.name: c.label["cs"] for c in study.questionnaire.choices["orp"]}
    assert {code: name.replace(NO_BREAK, " ") for code, name in names.items()} == {
        code: name.replace(NO_BREAK, " ") for code, name in study.areas["name"].items()
    }


def test_education_collects_every_level_of_the_census_once(study: Study) -> None:
    rows = read_rows(study.workspace.catalogues / "territory" / "education_levels.csv")
    collected = [
        code
        for choice in study.questionnaire.choices["education"]
        for code in choice.attributes["territory"].split()
    ]
    unknown = {row.values["code"] for row in rows} - set(collected)
    assert len(collected) == len(set(collected))
    assert set(collected) <= {row.values["code"] for row in rows}
    assert len(unknown) == 1, "only those whose education the census does not know are left"


def test_margins_are_of_known_tables_and_their_source_is_named(study: Study) -> None:
    margins = {margin.name: margin for margin in study.margins}
    assert {name: margin.table for name, margin in margins.items()} == {
        "sex_age": "population",
        "education": "education",
        "size_class": "municipalities",
    }
    assert [margin.role for margin in study.margins] == ["total", "share", "share"]
    assert margins["sex_age"].variables == ("age_group", "sex")
    assert {margin.reference_date for margin in study.margins} == {
        date(2020, 12, 31),
        date(2021, 3, 26),
    }
    for margin in study.margins:
        assert "Český statistický úřad" in margin.source["cs"]


# --- facts and words ----------------------------------------------------------------------


def test_the_card_states_the_facts_and_admits_the_gaps(study: Study) -> None:
    project, fieldwork = study.card.project, study.card.fieldwork
    assert project.period.replace(NO_BREAK, " ") == "1. 7. 2010 – 30. 6. 2012"
    assert f"85{NO_BREAK}%" in project.publicity["cs"]
    assert f"15{NO_BREAK}%" in project.publicity["cs"]
    assert "Factum Invenio" in project.contractor["cs"]
    assert "není jejím dílem" in project.contractor["cs"]
    assert project.registration_number == {
        "cs": "neuvedeno ve zdroji",
        "en": "not stated in the source",
    }
    assert fieldwork.interviewers == project.registration_number
    assert "Model předpokládá" in fieldwork.note["cs"]
    for text in (fieldwork.mode, fieldwork.selection, fieldwork.quotas):
        assert text["cs"].endswith("modelový předpoklad")


def test_users_are_never_pooled(study: Study) -> None:
    users = study.samples["users"]
    assert not users.pooled and users.weighting.method == "none"
    assert study.samples["inhabitants"].target_size == 400 and users.target_size == 100


def czech_texts(file: Path) -> Iterator[tuple[str, str]]:
    for row in read_rows(file):
        for column, text in row.values.items():
            if text and ("::cs" in column or "(cs)" in column or column.endswith("_cs")):
                yield f"{file.name}, row {row.number}, {column}", text


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("straight quotes", r"[\"']"),
        ("a one-letter word before a plain space", r"(?<!\w)[KkSsVvZzOoUuAaIi] "),
        ("a plain space within a number", r"\d \d{3}\b"),
        ("a plain space between a number and its unit", r"\d (?:let|Kč|měsíc|%|bod|obyvatel)"),
        ("a hyphen for a range", r"\d-\d"),
        ("a doubled space", r"  "),
        ("an untyped dash", r" - "),
        ("three dots", r"\.\.\."),
    ],
)
def test_czech_typography(study: Study, fault: str, pattern: str) -> None:
    files = [*study.folder.rglob("*.csv"), *study.workspace.catalogues.glob("*.csv")]
    texts = [pair for file in sorted(files) for pair in czech_texts(file)]
    assert len(texts) > 500
    faulty = [(where, text) for where, text in texts if re.search(pattern, text)]
    assert not faulty, (fault, faulty[:3])


def test_answers_of_one_question_never_share_a_label(study: Study) -> None:
    for name, choices in study.questionnaire.choices.items():
        for language in study.languages:
            labels = [choice.label[language] for choice in choices]
            assert len(set(labels)) == len(labels), (name, language)


# --- generated respondents ----------------------------------------------------------------


def test_the_model_is_accepted_and_keeps_rare_things_rare(study: Study) -> None:
    questions = read_generator(study).questions
    known = {}
    for name, item in questions["A2"].items.items():
        assert isinstance(item.rates, list)
        known[name] = item.rates[0] + item.rates[1]
    situations = questions["N1"].rates
    assert isinstance(situations, dict)
    assert set(known) == set(study.questionnaire.choice_names("services"))
    assert min(known["s40"], known["s49"]) > 0.9 > max(known["s57"], known["s48"])
    assert known["s65"] == pytest.approx(0.25)
    assert 0.01 <= situations["domestic_violence"] <= 0.02 == situations["addiction"]
    assert situations["crime"] < 0.02 and situations["leaving_care"] < 0.005

"""The language of definitions: values, unknowns, functions and complaints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.expressions import Answers, Context, parse
from analysis.questionnaire import Questionnaire, read_questionnaire
from analysis.study import open_study
from analysis.variables import derive_variables
from tests.mini_study import CARD, CHOICES, SURVEY, write_mini_study


@pytest.fixture(scope="module")
def questionnaire(tmp_path_factory: pytest.TempPathFactory) -> Questionnaire:
    folder = tmp_path_factory.mktemp("form")
    survey, choices = folder / "survey.csv", folder / "choices.csv"
    survey.write_text(SURVEY, encoding="utf-8")
    choices.write_text(CHOICES, encoding="utf-8")
    return read_questionnaire(survey, choices)


@pytest.fixture
def context(questionnaire: Questionnaire) -> Context:
    return Context(frame(), questionnaire)


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sex": pd.Categorical(["1", "2", "-9", None], categories=["1", "2", "-9"]),
            "age": [20.0, 50.0, -8.0, np.nan],
            "known_a": pd.Categorical(["1", "3", "2", "-9"], categories=["1", "2", "3", "-9"]),
            "known_b": pd.Categorical(["3", "3", "1", "1"], categories=["1", "2", "3", "-9"]),
            "used.web": pd.array([1, 0, -9, None], dtype="Int8"),
            "used.doctor": pd.array([1, 0, -9, None], dtype="Int8"),
            "used.none": pd.array([0, 1, -9, None], dtype="Int8"),
            "remark": pd.array(["a", "", None, "bb"], dtype="str"),
        }
    )


NAN = np.nan


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${sex} = '1'", [1, 0, NAN, NAN]),
        ("${sex} != '1'", [0, 1, NAN, NAN]),
        ("${age} >= 50", [0, 1, NAN, NAN]),
        ("${age} < 21 or ${sex} = '2'", [1, 1, NAN, NAN]),
        ("${age} < 21 or ${known_b} = '1'", [1, 0, 1, 1]),
        ("${sex} = '1' and ${known_b} = '3'", [1, 0, 0, 0]),
        ("not(${sex} = '1')", [0, 1, NAN, NAN]),
        ("${age} + 1 - 2 * 3", [15, 45, NAN, NAN]),
        ("${age} div 2", [10, 25, NAN, NAN]),
        ("${age} div 0", [NAN, NAN, NAN, NAN]),
        ("-${age} + 1", [-19, -49, NAN, NAN]),
        ("selected(${used}, 'web')", [1, 0, NAN, NAN]),
        ('selected(${sex}, "2")', [0, 1, NAN, NAN]),
        ("count-selected(${used})", [2, 1, NAN, NAN]),
        ("selected-where(${used}, 'kind', 'public')", [1, 0, NAN, NAN]),
        ("count-in(known, '1', '2')", [1, 0, 2, NAN]),
        ("any-in(known, '1')", [1, 0, 1, 1]),
        ("count-in-where(known, 'kind', 'care', '1', '2')", [1, 0, 1, NAN]),
        ("count-in-asked(known, '1', '2')", [1, 0, 2, NAN]),
        ("missing(${sex})", [0, 0, 1, 1]),
        ("${sex} = ''", [0, 0, 1, 1]),
        ("${sex} != ''", [1, 1, 0, 0]),
        ("is-code(${sex}, '-9')", [0, 0, 1, 0]),
        ("is-code(${age}, '-8')", [0, 0, 1, 0]),
        ("is-code(${used}, '-9')", [0, 0, 1, 0]),
        ("coalesce(${age}, 1)", [20, 50, 1, 1]),
        ("if(${sex} = '1', 7, 8)", [7, 8, NAN, NAN]),
        ("regex(${remark}, '^b+$')", [0, 0, NAN, 1]),
        ("string-length(${remark})", [1, 0, NAN, 2]),
        ("1 = 1 and ${sex} = '1'", [1, 0, NAN, NAN]),
    ],
)
def test_values(context: Context, text: str, expected: list[float]) -> None:
    value = parse(text).evaluate(context)
    assert isinstance(value, np.ndarray)
    np.testing.assert_array_equal(np.broadcast_to(value, 4), expected)


def test_band_names_the_band_that_holds_the_number(context: Context) -> None:
    answers = parse("band(${age}, 'age_group')").evaluate(context)
    assert isinstance(answers, Answers)
    names = [answers.names[code] if code >= 0 else None for code in answers.codes]
    assert names == ["15-39", "40+", None, None]


def test_if_chooses_between_answers(context: Context) -> None:
    answers = parse("if(${age} > 30, 'old', 'young')").evaluate(context)
    assert isinstance(answers, Answers)
    names = [answers.names[code] if code >= 0 else None for code in answers.codes]
    assert names == ["young", "old", None, None]


def test_the_dot_is_the_current_answer(context: Context) -> None:
    place = context.at(context.value("known_a"), "known_a")
    np.testing.assert_array_equal(parse(". = '1' or . = '2'").truth(place), [1, 0, 1, NAN])


def test_selected_with_a_dot_asks_for_the_same_choice(context: Context) -> None:
    place = context.at(context.chosen("used", "web"), "used", "web")
    np.testing.assert_array_equal(parse("selected(${used}, .)").truth(place), [1, 0, NAN, NAN])


def test_names_and_dot_are_known_without_evaluation() -> None:
    expression = parse("any-in(known, '1') and ${sex} = '2' and . > 1")
    assert expression.names == {"known", "sex"}
    assert expression.uses_current
    assert ("sex", "2") in expression.literals


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("${sex} =", "cannot be read"),
        ("${sex} = '1' ${age}", "cannot be read"),
        ("(${sex} = '1'", "cannot be read"),
        ("${sex} ~ 1", "cannot be read"),
        ("selectd(${sex}, '1')", "no function selectd"),
        ("band(${age})", "wrong number of arguments"),
        ("today()", "no function today"),
    ],
)
def test_unreadable(text: str, what: str) -> None:
    with pytest.raises(WorkbenchError, match=what):
        parse(text)


def test_a_misspelt_function_is_suggested() -> None:
    with pytest.raises(WorkbenchError) as caught:
        parse("count-selcted(${used})")
    assert caught.value.issue.hint == "did you mean count-selected?"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("${nobody} = 1", "no column nobody"),
        ("count-in(nothing, '1')", "no grid nothing"),
        (". = 1", "a dot stands"),
        ("band(${age}, 'sex')", "no bands"),
        ("selected-where(${used}, 'kind', 'moon')", "no choice of channels"),
        ("area-of(${age})", "needs a study with a territory"),
    ],
)
def test_unusable(context: Context, text: str, what: str) -> None:
    with pytest.raises(WorkbenchError, match=what):
        parse(text).evaluate(context)


truths = st.sampled_from([0.0, 1.0, NAN])


@given(st.lists(st.tuples(truths, truths), min_size=1))
def test_de_morgan_holds_with_unknowns(pairs: list[tuple[float, float]]) -> None:
    left, right = (np.array(side) for side in zip(*pairs, strict=True))
    columns = {"p": left, "q": right}
    lists = Questionnaire({}, {}, {})
    either = parse("not(${p} = 1 or ${q} = 1)").truth(Context(columns, lists))
    both = parse("not(${p} = 1) and not(${q} = 1)").truth(Context(columns, lists))
    np.testing.assert_array_equal(either, both)


@pytest.mark.parametrize(
    ("a", "b", "found", "number"),
    [
        ("1", "-1", 1, NAN),  # one holds already; how many do is not known
        ("-1", "1", 1, NAN),
        ("3", "-1", NAN, NAN),  # the one that was not asked might hold
        ("-1", "-1", NAN, NAN),
        ("-8", "-9", NAN, NAN),
        ("3", "3", 0, 0),
        ("1", "3", 1, 1),
    ],
)
def test_a_grid_with_an_item_that_was_not_asked(
    questionnaire: Questionnaire, a: str, b: str, found: float, number: float
) -> None:
    names = ["1", "2", "3", "-1", "-8", "-9"]
    columns = {
        name: pd.Series(pd.Categorical([code], categories=names))
        for name, code in (("known_a", a), ("known_b", b))
    }
    grid = Context(columns, questionnaire)
    np.testing.assert_equal(parse("any-in(known, '1')").evaluate(grid), [found])
    np.testing.assert_equal(parse("count-in(known, '1')").evaluate(grid), [number])


OTHER_CODES = ("97", "98", "99")


def test_the_missing_codes_are_those_of_the_study(questionnaire: Questionnaire) -> None:
    columns = pd.DataFrame(
        {
            "sex": pd.Categorical(["1", "97", "-1"], categories=["1", "2", "97", "-1"]),
            "age": [20.0, 98.0, -8.0],
            "used.web": pd.array([1, 99, 0], dtype="Int8"),
        }
    )
    context = Context(columns, questionnaire, missing=OTHER_CODES)
    for text, expected in (
        ("${sex} = '1'", [1, NAN, 0]),
        ("${age} > 0", [1, NAN, 0]),
        ("selected(${used}, 'web')", [1, NAN, 0]),
    ):
        np.testing.assert_equal(parse(text).truth(context), expected)
        np.testing.assert_equal(parse(text).truth(context.at("x")), expected)


def test_a_computed_number_is_no_missing_code(context: Context) -> None:
    difference = parse("string-length(${age} - 21)").evaluate(context)
    np.testing.assert_equal(difference, [2.0, 2.0, NAN, NAN])


def test_derived_variables_know_the_missing_codes_of_the_study_card(tmp_path: Path) -> None:
    card = CARD.replace(
        "area_variable",
        "missing: {not_applicable: '97', dont_know: '98', refused: '99'}\narea_variable",
    )
    study = open_study("mini", write_mini_study(tmp_path, study=card))
    columns = {
        "age": pd.Series([20.0, 99.0]),
        "known_a": pd.Series(["3", "3"]),
        "known_b": pd.Series(["3", "97"]),
    }
    derived = derive_variables(study, columns)
    assert derived["age_group"].isna().tolist() == [False, True]
    assert derived["informed"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("a", "b", "found", "number"),
    [
        ("1", "-1", 1, 1),
        ("3", "-1", 0, 0),  # what was not asked does not hold
        ("-1", "-1", NAN, NAN),  # but somebody who was asked nothing is no answer
        ("-9", "-1", NAN, NAN),
        ("1", "-9", 1, NAN),
    ],
)
def test_only_the_items_that_were_asked(
    questionnaire: Questionnaire, a: str, b: str, found: float, number: float
) -> None:
    names = ["1", "2", "3", "-1", "-8", "-9"]
    columns = {
        name: pd.Series(pd.Categorical([code], categories=names))
        for name, code in (("known_a", a), ("known_b", b))
    }
    grid = Context(columns, questionnaire)
    np.testing.assert_equal(parse("any-in-asked(known, '1')").evaluate(grid), [found])
    np.testing.assert_equal(parse("count-in-asked(known, '1')").evaluate(grid), [number])


def test_the_same_item_of_another_grid(questionnaire: Questionnaire) -> None:
    columns = {
        name: pd.Series(pd.Categorical(["1", "3"], categories=["1", "2", "3"]))
        for name in ("known_a", "known_b")
    }
    grid = Context(columns, questionnaire)
    here = grid.at(grid.value("known_a"), "known_a")
    np.testing.assert_equal(parse("same-item(known) = '1'").evaluate(here), [1, 0])
    with pytest.raises(WorkbenchError, match="no item"):
        parse("same-item(known) = '1'").evaluate(grid)

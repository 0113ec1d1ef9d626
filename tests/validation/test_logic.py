"""Routing, exclusive choices, constraints and identity, by hand-made answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.study import Study
from analysis.validation.clean import Validated, validate
from tests.validation.small_study import (
    GOOD,
    LIBEREC,
    SURVEY,
    VSETIN,
    ZLIN,
    answers,
    cells,
    small_study,
)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return small_study(tmp_path)


def checked(study: Study, *rows: str) -> Validated:
    return validate(study, "inhabitants", answers(study, *rows))


def issue(clean: Validated, words: str) -> dict[str, Any]:
    (found,) = clean.issues[clean.issues["what"].str.contains(words, regex=False)].to_dict(
        "records"
    )
    return found


# --- routing ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "words", "column", "changed"),
    [
        pytest.param(
            f"e,{ZLIN},40,2,1,0,0,0,0,,,,,1",
            "was not to be asked",
            "used",
            {"used.home": -1, "used.day": -1},
            id="several choices though the filter says no",
        ),
        pytest.param(
            f"e,{ZLIN},40,1,0,0,0,1,0,1,,,,1",
            "was not to be asked",
            "content",
            {"content": "-1"},
            id="one choice though the filter says no",
        ),
        pytest.param(
            f"e,{ZLIN},40,1,1,0,0,0,0,1,nothing to say,,,1",
            "was not to be asked",
            "why",
            {"why": "-1"},
            id="a text though the filter says no",
        ),
        pytest.param(
            f"e,{ZLIN},40,1,1,0,0,0,0,1,,2,,1",
            "was not to be asked",
            "later_home",
            {"later_home": "-1", "later_hours": -1.0},
            id="an answer in a group that was not to be asked",
        ),
        pytest.param(
            f"e,{ZLIN},40,1,-1,-1,-1,-1,-1,1,,,,1",
            "says not applicable",
            "used",
            {"used.home": -9, "used.none": -9},
            id="not applicable though asked",
        ),
        pytest.param(
            f"e,{ZLIN},-1,1,1,0,0,0,0,1,,,,1",
            "says not applicable",
            "age",
            {"age": -9.0},
            id="not applicable though always asked",
        ),
    ],
)
def test_contradictions_of_routing_are_mended_and_logged(
    study: Study, row: str, words: str, column: str, changed: dict[str, Any]
) -> None:
    clean = checked(study, *GOOD, row)
    found = issue(clean, words)
    assert (found["severity"], found["column"], found["row"]) == ("repair", column, 6)
    assert {name: clean.frame[name].iloc[4] for name in changed} == changed


def test_a_blank_where_asked_becomes_no_answer(study: Study) -> None:
    clean = checked(study, *GOOD, f"e,{ZLIN},61,1,,,,,,,,,,1")
    last = clean.frame.iloc[4]
    assert (last["used.home"], last["used.none"], last["later_home"]) == (-9, -9, "-9")
    assert "used (1)" in issue(clean, "were set to no answer")["got"]


def test_a_repair_reaches_the_questions_behind_it(study: Study) -> None:
    # Too young to be asked about later, hence not about the hours either.
    clean = checked(study, *GOOD, f"e,{ZLIN},40,2,,,,,,,,1,25,1")
    last = clean.frame.iloc[4]
    assert (last["later_home"], last["later_hours"]) == ("-1", -1.0)
    mended = clean.issues[clean.issues["what"].str.contains("was not to be asked")]
    assert mended["column"].tolist() == ["later_home", "later_hours"]


def test_an_answer_that_a_form_would_have_taken_is_kept_with_a_warning(study: Study) -> None:
    # "Not the choice none" holds for a form where the choices were never shown.
    clean = checked(study, *GOOD, f"e,{ZLIN},40,2,,,,,,2,bad food,,,1")
    last = clean.frame.iloc[4]
    assert (last["used.home"], last["content"], last["why"]) == (-1, "2", "bad food")
    found = issue(clean, "hangs on one that was not to be asked")
    assert (found["severity"], found["column"], found["row"]) == ("warning", "content", 6)


def test_routing_that_the_language_lacks_is_left_alone(tmp_path: Path) -> None:
    survey = SURVEY.replace("yes,${help} = '1',count", "yes,once(${help}),count")
    study = small_study(tmp_path, survey__csv=survey)
    clean = validate(study, "inhabitants", answers(study, *GOOD))
    assert cells(clean.frame, "used.home") == [1, None, 0, 0]


def test_a_constraint_that_cannot_be_computed_is_noted(tmp_path: Path) -> None:
    survey = SURVEY.replace("count-selected(.) <= 2", '"selected(., ${age})"')
    study = small_study(tmp_path, survey__csv=survey)
    clean = validate(study, "inhabitants", answers(study, *GOOD))
    assert issue(clean, "the constraint of used could not be checked")["severity"] == "note"


def test_an_unknown_filter_changes_nothing(study: Study) -> None:
    clean = checked(study, *GOOD, f"e,{ZLIN},40,-9,1,0,0,0,0,1,,,,1", f"f,{ZLIN},40,-8,,,,,,,,,,1")
    assert cells(clean.frame, "used.home")[4:] == [1, None]


def test_a_number_out_of_range_does_not_route(study: Study) -> None:
    clean = checked(study, *GOOD, f"e,{ZLIN},500,2,,,,,,,,1,10,1")
    assert clean.frame["age"].iloc[4] == -9.0
    assert clean.frame["later_home"].iloc[4] == "1"


def test_routing_by_an_absent_column_is_left_alone_and_noted(study: Study) -> None:
    table = answers(study, *(row.replace(f",{ZLIN}", f",{ZLIN}") for row in GOOD))
    without = type(table)(table.frame.drop(columns="help"), table.places, ())
    clean = validate(study, "inhabitants", without)
    assert cells(clean.frame, "used.home") == [1, None, 0, 0]
    assert issue(clean, "the routing of used could not be checked")["severity"] == "note"


def test_routing_agrees_with_a_computation_row_by_row(study: Study) -> None:
    rows = [
        f"r{number},{ZLIN},{age},{help_},{used},{none},{none and 0},{none and 0},{none and 0},"
        f"{content},,{later},,1"
        for number, (age, help_, used, none, content, later) in enumerate(
            (age, help_, used, none, content, later)
            for age in (20, 60)
            for help_ in ("1", "2")
            for used, none in (("1", "0"), ("0", "1"), ("", ""))
            for content in ("1", "2", "")
            for later in ("1", "")
        )
    ]
    frame = checked(study, *rows).frame
    for number, row in enumerate(rows):
        _, _, age, help_, home, *_rest, content, _, later, _, _ = row.split(",")
        got = frame.iloc[number]
        expected_home = {"2": -1}.get(help_, -9 if home == "" else int(home))
        filled = "-1" if help_ == "2" else "-9" if home else None
        expected_content = content or filled
        expected_later = "-1" if age == "20" else later or "-9"
        assert got["used.home"] == expected_home
        assert got["later_home"] == expected_later
        if expected_content is not None:
            assert got["content"] == expected_content


# --- exclusive choices and constraints ----------------------------------------------------


def test_an_exclusive_choice_beside_others_is_taken_back(study: Study) -> None:
    clean = checked(study, *GOOD, f"e,{ZLIN},40,1,1,0,0,1,0,1,,,,1")
    assert (clean.frame["used.home"].iloc[4], clean.frame["used.none"].iloc[4]) == (1, 0)
    found = issue(clean, "excludes all others")
    assert (found["severity"], found["column"], found["row"]) == ("repair", "used", 6)


def test_two_exclusive_choices_alone_count_as_no_answer(study: Study) -> None:
    clean = checked(study, *GOOD, f"e,{ZLIN},40,1,0,0,0,1,1,1,,,,1")
    assert clean.frame["used.none"].iloc[4] == -9
    assert issue(clean, "exclude each other")["row"] == 6


def test_a_number_outside_its_constraint_counts_as_no_answer(study: Study) -> None:
    clean = checked(study, *GOOD, f"e,{ZLIN},14,2,,,,,,,,,,1", f"f,{ZLIN},15,2,,,,,,,,,,1")
    assert cells(clean.frame, "age")[4:] == [-9.0, 15.0]
    found = issue(clean, "out of range")
    assert (found["row"], found["expected"]) == (6, ". >= 15 and . <= 110")
    assert pd.isna(found["got"])


def test_too_many_choices_stay_and_are_a_warning(study: Study) -> None:
    clean = checked(study, *GOOD, f"e,{ZLIN},40,1,1,1,1,0,0,1,,,,1")
    assert clean.frame["used.night"].iloc[4] == 1
    assert issue(clean, "break the constraint")["severity"] == "warning"


def test_missing_codes_break_no_constraint(study: Study) -> None:
    clean = checked(study, *GOOD, f"e,{ZLIN},-8,2,,,,,,,,,,1")
    assert clean.frame["age"].iloc[4] == -8.0
    assert not clean.issues["what"].str.contains("out of range").any()


# --- identity -----------------------------------------------------------------------------


def test_the_same_questionnaire_twice_is_taken_once(study: Study) -> None:
    clean = checked(study, *GOOD, GOOD[1])
    assert cells(clean.frame, "respondent") == ["a", "b", "c", "d"]
    assert issue(clean, "stands twice")["row"] == 6
    assert [(stage.stage, stage.reason, stage.count) for stage in clean.response_flow] == [
        ("returned", "", 5),
        ("discarded", "duplicate", 1),
        ("processed", "", 4),
    ]


def test_one_identifier_with_two_sets_of_answers_is_an_error(study: Study) -> None:
    clean = checked(study, *GOOD, GOOD[1].replace("70", "71"))
    assert len(clean.frame) == 5
    found = issue(clean, "different answers")
    assert (found["severity"], found["row"]) == ("error", 3)
    assert "2 rows: 3, 6" in found["what"]
    assert not clean.usable


def test_the_same_long_answers_under_two_identifiers_are_a_warning(tmp_path: Path) -> None:
    more = "".join(f"integer,n{i},Číslo {i},Number {i},,,,\n" for i in range(12))
    study = small_study(tmp_path, survey__csv=SURVEY + more)
    header = ["respondent", "place", "weight_given", *(f"n{i}" for i in range(12))]
    numbers = ",".join(str(i) for i in range(12))
    table = answers(
        study,
        *(f"{name},{ZLIN},1,{numbers}" for name in "ab"),
        f"c,{ZLIN},1,{numbers[:-1]}2",
        header=",".join(header),
    )
    clean = validate(study, "inhabitants", table)
    found = issue(clean, "same answers throughout")
    assert (found["severity"], found["row"]) == ("warning", 2)
    assert "2 rows: 2–3" in found["what"]
    assert len(clean.frame) == 3


def test_the_same_short_answers_are_no_coincidence_to_speak_of(study: Study) -> None:
    clean = checked(study, *GOOD, GOOD[1].replace("b,", "z,"))
    assert not clean.issues["what"].str.contains("same answers").any()


# --- places -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "code"),
    [("Vsetín", VSETIN), ("vsetin", VSETIN), (" VSETÍN ", VSETIN), (f"{VSETIN}.0", VSETIN)],
)
def test_a_municipality_by_its_name_is_mapped(study: Study, written: str, code: str) -> None:
    clean = checked(study, *GOOD, f"e,{written},40,2,,,,,,,,,,1")
    assert clean.frame["place"].iloc[4] == float(code)


@pytest.mark.parametrize(
    ("written", "words", "hint"),
    [
        ("Vsetýn", "there is no such place", f"did you mean Vsetín ({VSETIN})?"),
        ("999999", "there is no such place", "correct the code in corrections.csv"),
        (LIBEREC, "outside the study's region", "correct the code in corrections.csv"),
    ],
)
def test_an_unknown_municipality_counts_as_no_answer(
    study: Study, written: str, words: str, hint: str
) -> None:
    clean = checked(study, *GOOD, f"e,{written},40,2,,,,,,,,,,1")
    found = issue(clean, words)
    assert (found["column"], found["row"], found["hint"]) == ("place", 6, hint)
    assert clean.frame["place"].iloc[4] == -9.0
    assert "Vsetýn" not in clean.issues.to_csv()
    assert issue(clean, "gave no place")["row"] == 6


def study_of_areas(root: Path) -> Study:
    survey = SURVEY.replace("integer,place", "text,area_code")
    return small_study(
        root, survey__csv=survey, variables__csv="name,type,label::cs,label::en,calculation\n"
    )


def test_codes_of_the_register_are_told_apart_and_mapped(tmp_path: Path) -> None:
    study = study_of_areas(tmp_path)
    areas = study.territory.areas.set_index("code")
    header = "respondent,area_code,age,weight_given"
    rows = (
        "a,7212,40,1",
        f"b,{areas.loc['7212', 'ruian_code']},40,1",
        "c,Vsetín,40,1",
        "d,7299,40,1",
    )
    clean = validate(study, "inhabitants", answers(study, *rows, header=header))
    assert cells(clean.frame, "area_code") == ["7212", "7212", "7212", "-9"]
    assert issue(clean, "register RÚIAN")["row"] == 3
    assert issue(clean, "given by their name")["row"] == 4
    assert issue(clean, "there is no such place")["row"] == 5


def test_codes_of_the_register_that_come_by_correction_are_told_apart(tmp_path: Path) -> None:
    study = study_of_areas(tmp_path)
    ruian = study.territory.areas.set_index("code").loc["7212", "ruian_code"]
    (study.folder / "corrections.csv").write_text(
        "sample,respondent,column,old,new,reason,author,date\n"
        f"inhabitants,a,area_code,7212,{ruian},mistyped,AB,2012-01-05\n"
    )
    table = answers(study, "a,7212,40,1", header="respondent,area_code,age,weight_given")
    clean = validate(study, "inhabitants", table)
    assert issue(clean, "another system")["row"] == 2
    assert cells(clean.frame, "area_code") == ["-9"]

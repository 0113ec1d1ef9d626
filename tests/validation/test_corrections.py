"""The log of corrections: replayed exactly, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analysis.errors import WorkbenchError
from analysis.study import Study
from analysis.validation.clean import Validated, validate
from tests.validation.small_study import GOOD, ZLIN, answers, cells, small_study

HEADER = "sample,respondent,row,column,old,new,reason,author,date"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return small_study(tmp_path)


def corrected(study: Study, *lines: str, header: str = HEADER) -> Validated:
    (study.folder / "corrections.csv").write_text("\n".join([header, *lines]), encoding="utf-8")
    return validate(study, "inhabitants", answers(study, *GOOD))


@pytest.mark.parametrize(
    ("line", "column", "position", "value"),
    [
        ("inhabitants,a,,age,40,41,mistyped,AB,2012-01-05", "age", 0, 41.0),
        ("inhabitants,,2,age,40,41,mistyped,AB,2012-01-05", "age", 0, 41.0),
        ("inhabitants,a,,age,40.0,41,mistyped,AB,2012-01-05", "age", 0, 41.0),
        ("inhabitants,a,,age,40,-8,mistyped,AB,2012-01-05", "age", 0, -8.0),
        ("inhabitants,a,,content,1,2,mistyped,AB,2012-01-05", "content", 0, "2"),
        ("inhabitants,a,,used.day,0,1,mistyped,AB,2012-01-05", "used.day", 0, 1),
        ("inhabitants,d,,why,because,no staff,mistyped,AB,2012-01-05", "why", 3, "no staff"),
        ('inhabitants,b,,later_hours,20,"20,5",mistyped,AB,2012-01-05', "later_hours", 1, 20.5),
        ('inhabitants,c,,weight_given,"0,5",0.75,mistyped,AB,2012-01-05', "weight_given", 2, 0.75),
    ],
)
def test_a_correction_is_applied_and_logged(
    study: Study, line: str, column: str, position: int, value: Any
) -> None:
    clean = corrected(study, line)
    assert clean.frame[column].iloc[position] == value
    (issue,) = clean.issues[clean.issues["what"].str.contains("corrected")].to_dict("records")
    assert issue["severity"] == "repair"
    assert (issue["column"], issue["row"]) == (column, position + 2)
    assert issue["hint"] == "mistyped (AB, 2012-01-05; row 2 of the log)"
    assert clean.usable


def test_a_cell_can_be_emptied_and_its_kind_of_missing_follows(study: Study) -> None:
    clean = corrected(study, "inhabitants,a,,content,1,,illegible,AB,2012-01-05")
    assert clean.frame["content"].iloc[0] == "-9"


def test_corrections_come_before_the_rules(study: Study) -> None:
    # With help = 1 the answers of b are asked for; without the correction they are not.
    clean = corrected(study, "inhabitants,b,,help,2,1,mistyped,AB,2012-01-05")
    assert cells(clean.frame, "used.home") == [1, -9, 0, 0]


def test_a_later_line_sees_what_an_earlier_one_wrote(study: Study) -> None:
    clean = corrected(
        study,
        "inhabitants,a,,age,40,41,mistyped,AB,2012-01-05",
        "inhabitants,a,,age,41,42,mistyped again,AB,2012-01-06",
    )
    assert clean.frame["age"].iloc[0] == 42.0
    assert clean.usable


def test_a_questionnaire_can_be_discarded(study: Study) -> None:
    clean = corrected(study, "inhabitants,b,,discard,,yes,interviewer at fault,AB,2012-01-05")
    assert cells(clean.frame, "respondent") == ["a", "c", "d"]
    flow = {(stage.stage, stage.reason): stage.count for stage in clean.response_flow}
    assert flow == {("returned", ""): 4, ("discarded", "correction"): 1, ("processed", ""): 3}


def test_lines_of_another_sample_are_passed_over(study: Study) -> None:
    clean = corrected(study, "users,zzz,,age,40,41,mistyped,AB,2012-01-05")
    assert clean.usable
    assert clean.frame["age"].iloc[0] == 40.0


@pytest.mark.parametrize(
    ("line", "what", "column", "hint"),
    [
        (
            "inhabitants,a,,age,39,41,x,AB,2012-01-05",
            "old value is not",
            "old",
            "check the original",
        ),
        ("inhabitants,a,,age,,41,x,AB,2012-01-05", "old value is not", "old", "check the original"),
        (
            "inhabitants,d,,why,other,y,x,AB,2012-01-05",
            "old value is not",
            "old",
            "check the original",
        ),
        (
            "inhabitants,q,,age,40,41,x,AB,2012-01-05",
            "no questionnaire fits",
            "respondent",
            "identifier",
        ),
        ("inhabitants,,99,age,40,41,x,AB,2012-01-05", "no questionnaire fits", "row", "identifier"),
        (
            "inhabitants,a,,agee,40,41,x,AB,2012-01-05",
            "no such column",
            "column",
            "did you mean age?",
        ),
        ("inhabitants,a,,content,1,3,x,AB,2012-01-05", "cannot stand", "new", None),
        ("inhabitants,a,,age,40,old,x,AB,2012-01-05", "cannot stand", "new", None),
        ("inhabitants,a,,used.day,0,maybe,x,AB,2012-01-05", "cannot stand", "new", None),
    ],
)
def test_a_line_that_does_not_fit_is_an_error_and_changes_nothing(
    study: Study, line: str, what: str, column: str, hint: str | None
) -> None:
    plain = validate(study, "inhabitants", answers(study, *GOOD))
    clean = corrected(study, line)
    (error,) = clean.issues[clean.issues["severity"] == "error"].to_dict("records")
    assert what in error["what"]
    assert (error["column"], error["row"]) == (column, 2)
    assert str(error["file"]).endswith("corrections.csv")
    assert hint is None or hint in error["hint"]
    assert "because" not in str(error)
    assert clean.frame.equals(plain.frame)


def test_a_repeated_identifier_takes_no_correction(study: Study) -> None:
    (study.folder / "corrections.csv").write_text(
        f"{HEADER}\ninhabitants,a,,age,40,41,x,AB,2012-01-05\n"
    )
    table = answers(study, *GOOD, f"a,{ZLIN},33,2,,,,,,,,,,1")
    clean = validate(study, "inhabitants", table)
    assert clean.issues["what"].str.contains("several questionnaires fit").any()
    assert cells(clean.frame, "age")[0] == 40.0


@pytest.mark.parametrize(
    ("line", "what", "column"),
    [
        ("inhabitants,a,2,age,40,41,x,AB,2012-01-05", "names one questionnaire", "respondent"),
        ("inhabitants,,,age,40,41,x,AB,2012-01-05", "names one questionnaire", "respondent"),
        ("guests,a,,age,40,41,x,AB,2012-01-05", "no such sample", "sample"),
        (",a,,age,40,41,x,AB,2012-01-05", "names its sample", "sample"),
        ("inhabitants,a,,age,40,40,x,AB,2012-01-05", "changes nothing", "new"),
        ("inhabitants,a,,age,40,41,,AB,2012-01-05", "reason is missing", "reason"),
        ("inhabitants,a,,age,40,41,x,,2012-01-05", "author is missing", "author"),
        ("inhabitants,a,,age,40,41,x,AB,yesterday", "date has a wrong value", "date"),
        ("inhabitants,,1,age,40,41,x,AB,2012-01-05", "row has a wrong value", "row"),
    ],
)
def test_a_log_that_cannot_be_meant_is_refused(
    study: Study, line: str, what: str, column: str
) -> None:
    with pytest.raises(WorkbenchError) as raised:
        corrected(study, line)
    (issue,) = raised.value.issues
    assert what in issue.what
    assert (issue.column, issue.row) == (column, 2)


def test_an_unknown_column_of_the_log_is_refused(study: Study) -> None:
    with pytest.raises(WorkbenchError, match="unknown key"):
        corrected(study, "inhabitants,a,,age,40,41,x,AB,2012-01-05,?", header=f"{HEADER},note")


def test_the_same_line_twice_is_refused(study: Study) -> None:
    line = "inhabitants,a,,age,40,41,x,AB,2012-01-05"
    with pytest.raises(WorkbenchError) as raised:
        corrected(study, line, line)
    assert raised.value.issues[0].row == 3

"""From answers as read to answers as analysed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.sources.survey import read_sample
from analysis.study import Study
from analysis.validation.clean import validate
from tests.validation.small_study import CARD, GOOD, HEADER, ZLIN, answers, cells, small_study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return small_study(tmp_path)


def test_good_answers_come_through_with_the_kind_of_every_missing(study: Study) -> None:
    clean = validate(study, "inhabitants", answers(study, *GOOD))
    frame = clean.frame
    assert clean.usable
    assert set(clean.issues["severity"]) <= {"note", "warning"}
    assert frame.columns[:4].tolist() == ["respondent", "sample", "wave", "data_origin"]
    assert set(frame["sample"]) == {"inhabitants"}
    assert set(frame["wave"]) == {"2011"}
    assert set(frame["data_origin"]) == {"observed"}
    assert cells(frame, "used.home") == [1, -1, 0, 0]
    assert cells(frame, "content") == ["1", "-1", "-1", "2"]
    assert cells(frame, "later_home") == ["-1", "1", "2", "-1"]
    assert cells(frame, "later_hours") == [-1.0, 20.0, -1.0, -1.0]
    assert cells(frame, "why") == [None, None, None, "because"]


def test_the_types_of_the_columns_stay(study: Study) -> None:
    table = answers(study, *GOOD)
    frame = validate(study, "inhabitants", table).frame
    for name in table.frame.columns:
        assert frame[name].dtype == table.frame[name].dtype, name


def test_the_table_as_read_is_left_as_it_was(study: Study) -> None:
    table = answers(study, *GOOD)
    before = table.frame.copy(deep=True)
    validate(study, "inhabitants", table)
    pd.testing.assert_frame_equal(table.frame, before)


def test_a_second_validation_changes_nothing(study: Study) -> None:
    table = answers(study, *GOOD, "e,1,200,1,1,1,1,1,0,,,1,500,1")
    first = validate(study, "inhabitants", table)
    again = validate(study, "inhabitants", type(table)(first.frame, table.places, ()))
    pd.testing.assert_frame_equal(again.frame, first.frame)
    assert "repair" not in set(again.issues["severity"])


def test_every_changed_cell_is_in_an_issue_or_a_note(study: Study) -> None:
    table = answers(study, *GOOD, "e,1,200,1,1,1,1,1,0,,,1,500,1")
    clean = validate(study, "inhabitants", table)
    named = " ".join(clean.issues["column"].fillna("") + " " + clean.issues["got"].fillna(""))
    for name in table.frame.columns:
        before, after = table.frame[name].astype("str"), clean.frame[name].astype("str")
        if not before.equals(after):
            assert name.partition(".")[0] in named, name


def test_rows_of_another_sample_are_set_aside(study: Study) -> None:
    header = f"{HEADER},sample"
    rows = [
        f"{row},{sample}" for row, sample in zip(GOOD, ["inhabitants", "users"] * 2, strict=True)
    ]
    clean = validate(study, "inhabitants", answers(study, *rows, header=header))
    assert cells(clean.frame, "respondent") == ["a", "c"]
    (issue,) = clean.issues[clean.issues["what"].str.contains("another sample")].to_dict("records")
    assert (issue["severity"], issue["row"]) == ("note", 3)


def test_several_files_of_a_sample_stand_one_under_the_other(study: Study) -> None:
    (study.raw / "users_1.csv").write_text(f"respondent,place,member\na,{ZLIN},1\nb,,2\n")
    pd.DataFrame({"respondent": ["c"], "place": [int(ZLIN)], "member": ["Ano"]}).to_excel(
        study.raw / "users_2.xlsx", index=False
    )
    clean = validate(study, "users", read_sample(study, "users"))
    assert cells(clean.frame, "member") == ["1", "2", "1"]
    no_place = clean.issues[clean.issues["what"].str.contains("gave no place")]
    assert no_place["file"].str.endswith("users_1.csv").all()
    assert no_place["row"].tolist() == [3]


def test_raw_files_are_not_touched_and_nothing_is_written(study: Study) -> None:
    table = answers(study, *GOOD)
    before = {path: path.read_bytes() for path in study.workspace.root.rglob("*.csv")}
    validate(study, "inhabitants", table)
    after = {path: path.read_bytes() for path in study.workspace.root.rglob("*.csv")}
    assert after == before


@pytest.mark.parametrize(
    ("column", "values", "what", "expected"),
    [
        ("sample", ["inhabitants", "guests", "inhabitants", "inhabitants"], "no such sample", 3),
        ("wave", ["2011", "2011", "2013", "2011"], "not allowed", 4),
        ("data_origin", ["observed", "observed", "observed", "made up"], "not allowed", 5),
        ("respondent", ["a", "b", "", "d"], "value is missing", 4),
        ("weight_given", ["1", "0", "1", "1"], "too small", 3),
        ("weight_given", ["1", "", "1", "1"], "value is missing", 3),
        ("weight_given", ["1", "a lot", "1", "1"], "no number", 3),
    ],
)
def test_breaches_of_the_contract_are_errors(
    study: Study, column: str, values: list[str], what: str, expected: int
) -> None:
    names = HEADER.split(",")
    table = pd.DataFrame([row.split(",") for row in GOOD], columns=names)
    table[column] = values
    rows = [",".join(row) for row in table.itertuples(index=False)]
    clean = validate(study, "inhabitants", answers(study, *rows, header=",".join(table.columns)))
    errors = clean.issues[clean.issues["severity"] == "error"]
    assert not clean.usable
    assert errors["what"].str.contains(what).tolist() == [True]
    assert (errors["column"].item(), errors["row"].item()) == (column, expected)


def test_an_absent_weight_is_an_error(tmp_path: Path) -> None:
    study = small_study(tmp_path, study__yaml=CARD.replace("weight_given", "weight_giver"))
    clean = validate(study, "inhabitants", answers(study, *GOOD))
    (error,) = clean.issues[clean.issues["severity"] == "error"].to_dict("records")
    assert (error["column"], error["hint"]) == ("weight_giver", "did you mean weight_given?")

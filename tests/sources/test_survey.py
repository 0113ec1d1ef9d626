"""Survey files: one frame whatever the format, and the right complaint about a wrong file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from analysis.errors import WorkbenchError
from analysis.questionnaire import Questionnaire, read_questionnaire
from analysis.sources.survey import SurveyTable, read_survey
from analysis.study_definitions.card import FileOptions, SampleDesign
from tests.sources import survey_files as files


@pytest.fixture
def form(tmp_path: Path) -> Questionnaire:
    return files.questionnaire(tmp_path / "form")


@pytest.fixture
def frame() -> pd.DataFrame:
    return files.answers()


def options(**stated: Any) -> FileOptions:
    return FileOptions(path="data", **stated)


def read_text(tmp_path: Path, form: Questionnaire, text: str, **stated: Any) -> SurveyTable:
    path = tmp_path / "data.csv"
    path.write_bytes(text.encode("utf-8"))
    return read_survey(path, form, options=options(**stated))


def found(table: SurveyTable, words: str) -> list[Any]:
    return [issue for issue in table.issues if words in issue.what]


def assert_same(table: SurveyTable, frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(table.frame, frame)


# --- the same frame from every format -----------------------------------------------------


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1250", "iso8859-2"]
)
def test_csv_reads_back_whatever_its_shape(
    tmp_path: Path,
    form: Questionnaire,
    frame: pd.DataFrame,
    encoding: str,
    decimal: str,
    delimiter: str,
    newline: str,
) -> None:
    if encoding == "iso8859-2":  # it has no typographic quotes
        frame["remark"] = frame["remark"].str.replace("[„“]", "'", regex=True)
    path = files.write_csv(
        tmp_path / "data.csv", files.as_texts(frame, decimal), encoding, delimiter, newline
    )
    assert_same(read_survey(path, form), frame)


def test_workbook_reads_back(tmp_path: Path, form: Questionnaire, frame: pd.DataFrame) -> None:
    assert_same(read_survey(files.write_xlsx(tmp_path / "data.xlsx", frame), form), frame)


def test_spss_reads_back(tmp_path: Path, form: Questionnaire, frame: pd.DataFrame) -> None:
    assert_same(read_survey(files.write_sav(tmp_path / "data.sav", frame), form), frame)


def test_parquet_reads_back(tmp_path: Path, form: Questionnaire, frame: pd.DataFrame) -> None:
    frame.to_parquet(tmp_path / "data.parquet")
    assert_same(read_survey(tmp_path / "data.parquet", form), frame)


def test_numbers_kept_as_text_in_a_workbook_read_back(
    tmp_path: Path, form: Questionnaire, frame: pd.DataFrame
) -> None:
    with pd.ExcelWriter(tmp_path / "data.xlsx", engine="openpyxl") as writer:
        files.as_texts(frame, ",").to_excel(writer, sheet_name="data", index=False)
    assert_same(read_survey(tmp_path / "data.xlsx", form), frame)


@pytest.mark.parametrize("path", ["data.csv", "data.xlsx", "data.sav"])
def test_the_raw_file_is_left_as_it_was(
    tmp_path: Path, form: Questionnaire, frame: pd.DataFrame, path: str
) -> None:
    writers: dict[str, Callable[[Path], Path]] = {
        ".csv": lambda path: files.write_csv(path, files.as_texts(frame)),
        ".xlsx": lambda path: files.write_xlsx(path, frame),
        ".sav": lambda path: files.write_sav(path, frame),
    }
    raw = tmp_path / "raw" / path
    raw.parent.mkdir()
    writers[raw.suffix](raw)
    before = raw.read_bytes()
    read_survey(raw, form)
    assert raw.read_bytes() == before
    assert [entry.name for entry in raw.parent.iterdir()] == [path]


# --- multiple-response questions ----------------------------------------------------------

CHOSEN = {"home_care": [1, 0, 1], "day-centre": [0, 1, 1], "none": [0, 0, 0]}


def assert_chosen(table: SurveyTable) -> None:
    for choice, expected in CHOSEN.items():
        assert table.frame[f"used.{choice}"].tolist() == expected
        assert table.frame[f"used.{choice}"].dtype == "Int8"


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("sex,used\n1,home_care\n1,day-centre\n2,home_care day-centre\n", {}),
        ("sex,used\n1,home_care\n1,day-centre\n2,home_care;day-centre\n", {}),
        ("sex,used\n1,home_care\n1,day-centre\n2,home_care; day-centre\n", {}),
        ('sex,used\n1,home_care\n1,day-centre\n2,"home_care, day-centre"\n', {}),
        ("sex,used\n1,home_care\n1,day-centre\n2,home_care|day-centre\n", {}),
        (
            "sex,used\n1,home_care\n1,day-centre\n2,home_care+day-centre\n",
            {"multiple_separator": "+"},
        ),
        (
            "sex,used\n1,Pečovatelská služba\n1,Day centre\n2,Home care;Denní stacionář\n",
            {},
        ),
        (
            "sex,used.home_care,used.day-centre,used.none\n1,1,0,0\n1,0,1,0\n2,1,1,0\n",
            {},
        ),
        (
            "sex,used/home_care,used/day-centre,used/none\n1,TRUE,FALSE,FALSE\n"
            "1,FALSE,TRUE,FALSE\n2,TRUE,TRUE,FALSE\n",
            {},
        ),
        (
            "sex,used_home_care,used_day_centre,used_none\n1,Yes,No,No\n1,No,Yes,No\n2,Yes,Yes,No\n",
            {},
        ),
        (
            "sex,used: Home care,used: Day centre,used: None\n1,1.0,0.0,0.0\n1,0.0,1.0,0.0\n"
            "2,1.0,1.0,0.0\n",
            {},
        ),
        (
            "sex,Které služby využíváte?/Pečovatelská služba,Které služby využíváte?/Denní "
            "stacionář,Které služby využíváte?/Žádnou\n1,Ano,Ne,Ne\n1,Ne,Ano,Ne\n2,Ano,Ano,Ne\n",
            {},
        ),
        (
            "block/sex,block/used/home_care,block/used/day-centre,block/used/none\n1,1,0,0\n"
            "1,0,1,0\n2,1,1,0\n",
            {},
        ),
        ("sex,used[home_care],used[day-centre],used[none]\n1,x,,\n1,,x,\n2,x,x,\n", {}),
        (
            "sex,used.home_care,used.day-centre,used.none\n1,Home care,,\n1,,Day centre,\n"
            "2,Home care,Day centre,\n",
            {},
        ),
        (
            "sex,used,used.home_care,used.day-centre,used.none\n1,home_care,1,0,0\n"
            "1,day-centre,0,1,0\n2,home_care day-centre,1,1,0\n",
            {},
        ),
    ],
)
def test_multiple_response_in_every_shape(
    tmp_path: Path, form: Questionnaire, text: str, stated: dict[str, Any]
) -> None:
    assert_chosen(read_text(tmp_path, form, text, **stated))


def test_text_and_columns_that_disagree_are_an_issue_and_the_columns_count(
    tmp_path: Path, form: Questionnaire
) -> None:
    text = (
        "sex,used,used.home_care,used.day-centre,used.none\n"
        "1,home_care,1,0,0\n1,home_care,0,1,0\n2,home_care day-centre,1,1,0\n"
    )
    table = read_text(tmp_path, form, text)
    assert_chosen(table)
    (issue,) = found(table, "disagree")
    assert (issue.column, issue.row, issue.severity) == ("used", 3, "warning")


def test_text_fills_what_the_columns_leave_blank(tmp_path: Path, form: Questionnaire) -> None:
    text = (
        "sex,used,used.home_care,used.day-centre,used.none\n"
        "1,home_care,,,\n1,,0,1,0\n2,home_care day-centre,1,1,0\n"
    )
    table = read_text(tmp_path, form, text)
    assert_chosen(table)
    assert found(table, "text of all choices is blank")[0].got == "used"


def test_a_missing_code_fills_all_columns_of_the_question(
    tmp_path: Path, form: Questionnaire
) -> None:
    text = "sex,used.home_care,used.day-centre,used.none\n1,-8,,\n1,0,-9,-9\n1,1,0,-1\n1,-8,-9,0\n"
    table = read_text(tmp_path, form, text)
    assert table.frame["used.home_care"].tolist()[:3] == [-8, -9, 1]
    assert table.frame["used.day-centre"].tolist()[:3] == [-8, -9, 0]
    assert pd.isna(table.frame["used.none"].iloc[2])
    assert pd.isna(table.frame["used.home_care"].iloc[3])
    assert found(table, "stands beside a choice")[0].row == 4


def test_choices_without_a_column_are_not_known(tmp_path: Path, form: Questionnaire) -> None:
    table = read_text(tmp_path, form, "sex,used.home_care,used.none\n1,1,0\n2,0,1\n")
    assert table.frame["used.day-centre"].isna().all()
    assert found(table, "have no column")[0].expected == "used.day-centre"


def test_dichotomies_declared_by_spss(tmp_path: Path, form: Questionnaire) -> None:
    path = tmp_path / "data.sav"
    values = pd.DataFrame(
        {"sex": [1.0, 1, 2], "v1": [2.0, 1, 2], "v2": [1.0, 2, 2], "v3": [1.0, 1, 1]}
    )
    titles = {"v1": "Home care", "v2": "Denní stacionář", "v3": "None"}
    pyreadstat.write_sav(values, str(path), column_labels=titles)
    files.add_response_set(path, "$used=D1 2 26 Which services do you use? v1 v2 v3\n")
    assert_chosen(read_survey(path, form))


def test_categories_declared_by_spss(tmp_path: Path, form: Questionnaire) -> None:
    path = tmp_path / "data.sav"
    labels = {1: "Home care", 2: "Day centre", 3: "None"}
    values = pd.DataFrame({"sex": [1.0, 1, 2], "m1": [1.0, 2, 2], "m2": [np.nan, np.nan, 1]})
    pyreadstat.write_sav(values, str(path), variable_value_labels={"m1": labels, "m2": labels})
    files.add_response_set(path, "$used=C 26 Which services do you use? m1 m2\n")
    table = read_survey(path, form)
    chosen = {name: (table.frame[f"used.{name}"] == 1).tolist() for name in CHOSEN}
    assert chosen == {name: [bool(cell) for cell in cells] for name, cells in CHOSEN.items()}


def test_spss_dummies_coded_one_and_two_follow_their_labels(
    tmp_path: Path, form: Questionnaire
) -> None:
    path = tmp_path / "data.sav"
    values = pd.DataFrame({"sex": [1.0, 1, 2]})
    for choice, cells in CHOSEN.items():
        values[f"used.{choice}".replace("-", "_")] = [1.0 if cell else 2.0 for cell in cells]
    labels = {name: {1: "Ano", 2: "Ne"} for name in values.columns[1:]}
    pyreadstat.write_sav(values, str(path), variable_value_labels=labels)
    assert_chosen(read_survey(path, form))


# --- answers that need reading ------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (["Muž", "Žena"], "labels"),
        (["Man", "woman "], "labels"),
        (["1.0", "2.0"], "other numbers"),
        (["01", "2"], "other numbers"),
        (["1", "odmítl odpovědět"], "in words"),
        (["1", "Neví"], "in words"),
        (["1", "nehodí se"], "in words"),
    ],
)
def test_answers_in_other_words_are_mapped_and_logged(
    tmp_path: Path, form: Questionnaire, cells: list[str], rule: str
) -> None:
    table = read_text(tmp_path, form, "sex,age\n" + "".join(f"{cell},30\n" for cell in cells))
    expected = {"odmítl odpovědět": "-9", "Neví": "-8", "nehodí se": "-1"}.get(cells[1], "2")
    assert table.frame["sex"].tolist() == ["1", expected]
    (issue,) = found(table, rule)
    assert (issue.severity, issue.column) == ("repair", "sex")


@pytest.mark.parametrize(
    ("texts", "stated", "expected"),
    [
        (["1 234,5", "2"], {}, [1234.5, 2.0]),
        (["1\u00a0234,5", "−8"], {}, [1234.5, -8.0]),
        (["1.234,5", "2"], {}, [1234.5, 2.0]),
        (["1,234.5", "2"], {}, [1234.5, 2.0]),
        (["2,5", "2"], {"decimal": ","}, [2.5, 2.0]),
        (["9.00E+02", "NA"], {}, [900.0, np.nan]),
    ],
)
def test_numbers_as_people_write_them(
    tmp_path: Path,
    form: Questionnaire,
    texts: list[str],
    stated: dict[str, Any],
    expected: list[float],
) -> None:
    text = "sex;hours\n" + "".join(f"1;{number}\n" for number in texts)
    np.testing.assert_array_equal(
        read_text(tmp_path, form, text, **stated).frame["hours"], expected
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["5. 9. 2011", "6.9.2011"], ["2011-09-05", "2011-09-06"]),
        (["05/09/2011", "22/09/2011"], ["2011-09-05", "2011-09-22"]),
        (["09/05/2011", "09/22/2011"], ["2011-09-05", "2011-09-22"]),
        (["2011-09-05T10:30:00", "-8"], ["2011-09-05", "-8"]),
    ],
)
def test_dates_as_people_write_them(
    tmp_path: Path, form: Questionnaire, texts: list[str], expected: list[str]
) -> None:
    table = read_text(tmp_path, form, "sex,visited\n" + "".join(f"1,{date}\n" for date in texts))
    assert table.frame["visited"].tolist() == expected


def test_spss_values_declared_missing_become_missing_codes(
    tmp_path: Path, form: Questionnaire
) -> None:
    path = tmp_path / "data.sav"
    values = pd.DataFrame({"sex": [1.0, 97, 98, 99, np.nan], "age": [20.0, 997, 998, 30, np.nan]})
    pyreadstat.write_sav(
        values,
        str(path),
        variable_value_labels={"sex": {97: "Nehodí se", 98: "Neví", 99: "—"}},
        missing_ranges={"sex": [{"lo": 97, "hi": 99}], "age": [{"lo": 990, "hi": 999}]},
    )
    table = read_survey(path, form)
    assert table.frame["sex"].tolist()[:4] == ["1", "-1", "-8", "-9"]
    assert table.frame["age"].tolist()[:4] == [20.0, -9.0, -9.0, 30.0]
    assert table.frame.iloc[4][["sex", "age"]].isna().all()
    assert {issue.column for issue in found(table, "missing")} >= {"sex", "age"}


def test_spss_codes_find_their_choice_by_the_files_labels(
    tmp_path: Path, form: Questionnaire
) -> None:
    path = tmp_path / "data.sav"
    labels = {"sex": {10: "Man", 20: "Woman"}}
    values = pd.DataFrame({"sex": [10.0, 20, 10]})
    pyreadstat.write_sav(values, str(path), variable_value_labels=labels)
    table = read_survey(path, form)
    assert table.frame["sex"].tolist() == ["1", "2", "1"]
    assert found(table, "by their labels")[0].severity == "repair"


def test_meta_columns_and_columns_of_no_question_stay(tmp_path: Path, form: Questionnaire) -> None:
    text = "respondent,sample,sex,weight_given,code,zip\nr1,users,1,0.5,7,076\nr2,users,2,1,8,001\n"
    table = read_text(tmp_path, form, text)
    assert table.frame.columns.tolist() == [
        "respondent", "sample", "sex", "weight_given", "code", "zip",
    ]  # fmt: skip
    assert table.frame["weight_given"].tolist() == [0.5, 1.0]
    assert table.frame["code"].astype("str").tolist() == ["7", "8"]
    assert table.frame["zip"].tolist() == ["076", "001"]
    assert "weight_given" in found(table, "no questions")[0].got


def test_only_the_columns_asked_for_stay(tmp_path: Path, form: Questionnaire) -> None:
    path = tmp_path / "data.csv"
    path.write_text("sex,phone,stratum\n1,123,a\n")
    table = read_survey(path, form, keep=["stratum"])
    assert table.frame.columns.tolist() == ["respondent", "sex", "stratum"]


def test_absent_questions_are_told_by_sample(tmp_path: Path, form: Questionnaire) -> None:
    path = tmp_path / "data.csv"
    path.write_text("sex,age\n1,20\n")
    all_questions = read_survey(path, form)
    inhabitants = read_survey(path, form, sample="inhabitants")
    assert found(all_questions, "required questions")[0].expected == "help"
    assert "member" in found(all_questions, "optional questions")[0].expected
    assert "member" not in found(inhabitants, "optional questions")[0].expected


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path, form: Questionnaire) -> None:
    text = 'sex,remark\n1,"two\nlines"\n,\n7,\n'
    table = read_text(tmp_path, form, text)
    assert table.places["row"].tolist() == [2, 4]
    assert found(table, "not in the list")[0].row == 4


def test_blank_rows_and_trailing_columns_do_not_count(tmp_path: Path, form: Questionnaire) -> None:
    table = read_text(tmp_path, form, "sex;age;;\n1;20;;\n;;;\n2;30;;\n\n")
    assert table.frame["sex"].tolist() == ["1", "2"]
    assert table.frame.columns.tolist() == ["respondent", "sex", "age"]


# --- wrong content: the right issue -------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("sex,age\n7,20\n1,20\n1,20\n", "not in the list", {"column": "sex", "row": 2, "got": "7"}),
        (
            "sex,used\n1,home_car\n1,none\n1,none\n",
            "not in the list",
            {"column": "used", "got": "home_car", "hint": "did you mean home_care?"},
        ),
        (
            "sex,age\nŽenská,20\n1,20\n1,20\n",
            "not in the list",
            {"got": "a text of 6 characters", "hint": "did you mean 2?"},
        ),
        ("sex,age\n1,twenty\n", "no number", {"column": "age", "row": 2, "got": None}),
        ("sex,age\n1,20.5\n", "not whole", {"column": "age", "row": 2}),
        (
            "sex;hours\n1;2,5\n1;2.5\n",
            "decimal comma and",
            {"hint": "state decimal in the study card"},
        ),
        ("sex,visited\n1,yesterday\n", "no date", {"column": "visited", "row": 2, "got": None}),
        ("sex,visited\n1,31. 2. 2011\n", "no date", {"column": "visited", "row": 2}),
        ("sex,visited\n1,01/02/2011\n", "cannot be told apart", {"column": "visited"}),
        (
            "sex,used.home_care,used.day-centre,used.none\n1,2,0,0\n1,1,0,0\n",
            "neither chosen",
            {"column": "used.home_care", "row": 2, "got": "2"},
        ),
        ("sex,age,answers\n1,20,3\n", "no questions", {"got": "answers"}),
        ("sex,Sex\n1,1\n", "left out", {"column": "sex", "got": "Sex"}),
        ("sex,age,help\n1,20\n1,30,2\n", "fewer cells", {"row": 2, "expected": "3 cells"}),
        (
            "sex,age\n2011-02-01,20\n1,20\n1,20\n",
            "not in the list",
            {"hint": "Excel may have made a date of an answer such as 1-2"},
        ),
        ("sex,used\n1,none -9\n1,none\n", "beside a choice", {"column": "used", "row": 2}),
    ],
)
def test_wrong_answers_are_issues(
    tmp_path: Path, form: Questionnaire, text: str, words: str, expected: dict[str, Any]
) -> None:
    issue = found(read_text(tmp_path, form, text), words)[0]
    assert issue.severity == "warning"
    assert {name: getattr(issue, name) for name in expected} == expected


def test_spss_labels_that_contradict_the_questionnaire_are_an_error(
    tmp_path: Path, form: Questionnaire
) -> None:
    path = tmp_path / "data.sav"
    values = pd.DataFrame({"sex": [1.0, 2]})
    pyreadstat.write_sav(values, str(path), variable_value_labels={"sex": {1: "Žena", 2: "Muž"}})
    issues = found(read_survey(path, form), "disagree what the code")
    assert [(issue.severity, issue.column) for issue in issues] == [("error", "sex")] * 2


def test_spss_labels_in_other_words_are_a_warning(tmp_path: Path, form: Questionnaire) -> None:
    path = tmp_path / "data.sav"
    labels = {"sex": {1: "a male person", 2: "Žena"}}
    pyreadstat.write_sav(pd.DataFrame({"sex": [1.0, 2]}), str(path), variable_value_labels=labels)
    (issue,) = found(read_survey(path, form), "labels of the file differ")
    assert (issue.severity, issue.column) == ("warning", "sex")


def test_spss_labels_cut_at_their_longest_are_no_difference(tmp_path: Path) -> None:
    long = (
        "služba, která je příliš daleko a do které se nedá dojet veřejnou dopravou ani jinak " * 2
    )
    choices = files.CHOICES.replace("sex,1,Muž,", f'sex,1,"{long}",')
    form = files.questionnaire(tmp_path / "form", choices=choices)
    path = tmp_path / "data.sav"
    cut = long.encode()[:119].decode(errors="ignore")
    pyreadstat.write_sav(
        pd.DataFrame({"sex": [1.0, 2]}),
        str(path),
        variable_value_labels={"sex": {1: cut, 2: "Žena"}},
    )
    assert not found(read_survey(path, form), "labels of the file differ")


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("sex", "sex"),
        ("SEX", "sex"),
        (" sex ", "sex"),
        ("Pohlaví", "sex"),
        ("How old are you?", "age"),
        ("kolik je vám let", "age"),
        ("block/part/age", "age"),
        ("block/part/used/none", "used.none"),
        ("used - Home care", "used.home_care"),
        ("Used.Day.Centre", "used.day-centre"),
        ("age_group", None),
        ("group/age/other", None),
        ("used.other", None),
    ],
)
def test_headers_are_matched_by_what_they_mean(
    tmp_path: Path, form: Questionnaire, header: str, column: str | None
) -> None:
    table = read_text(tmp_path, form, f"help,{header}\n1,1\n")
    new = [name for name in table.frame.columns if name not in ("respondent", "help")]
    held = [name for name in new if table.frame[name].notna().any()]
    assert held == [column or header]


def test_a_header_that_could_mean_two_questions_means_none(tmp_path: Path) -> None:
    survey = files.SURVEY.replace("Potřebujete pomoc?", "Jste členem?")
    form = files.questionnaire(tmp_path / "form", survey=survey)
    table = read_text(tmp_path, form, "sex,Jste členem?\n1,1\n")
    assert table.frame.columns.tolist() == ["respondent", "sex", "Jste členem?"]


def test_a_question_goes_before_a_choice_of_the_same_spelling(tmp_path: Path) -> None:
    survey = files.SURVEY + "integer,used_none,Kolik?,How many?,,,,\n"
    form = files.questionnaire(tmp_path / "form", survey=survey)
    table = read_text(tmp_path, form, "sex,used_none\n1,5\n")
    assert table.frame["used_none"].tolist() == [5.0]
    assert "used.none" not in table.frame


def test_no_message_holds_a_respondents_own_words_or_identifier(
    tmp_path: Path, form: Questionnaire
) -> None:
    secret = "Jan Novák z Dolní"
    text = (
        "respondent,sex,age,used,hours,visited,remark\n"
        f"r-secret,{secret},{secret},{secret};{secret} x,{secret},{secret},{secret}\n"
        + "r2,1,20,none,1,2011-01-31,\n"
        * 6
    )
    messages = "\n".join(map(str, read_text(tmp_path, form, text).issues))
    assert "not in the list" in messages
    assert "Novák" not in messages
    assert "r-secret" not in messages


# --- wrong files: the right error ---------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "stated", "what", "fields"),
    [
        ("", {}, "empty", {}),
        ("sex,age\n", {}, "no respondents", {}),
        ("a,b\n1,2\n", {}, "no column of this file", {"row": 1, "got": "a, b"}),
        ("sex,age,sex\n1,20,1\n", {}, "stands twice", {"row": 1, "column": "sex"}),
        ("Sex,Pohlaví\n1,1\n", {}, "two columns hold the same question", {"got": "Sex, Pohlaví"}),
        ("sex,age\n1,20,5\n", {}, "more cells", {"row": 2, "expected": "2 cells"}),
        ('sex,remark\n1,"open\n2,x\n', {}, "never closed", {"row": 2}),
        ('sex,remark\n1,"a"b"\n', {}, "quotes", {"row": 2}),
        ("sex,age,remark\n1,20,first\nsecond\n", {}, "fewer cells", None),
        ("sex,remark,age\n1,first\nsecond,20\n", {}, "torn", {"row": 2, "expected": "3 cells"}),
        ("sex,,age\n1,x,20\n", {}, "no name", {"row": 1, "column": "B"}),
        ("sex,age\n1,20\n", {"encoding": "klingon"}, "encoding is unknown", {"got": "klingon"}),
        ("sex,age\n1,20\n", {"header_row": 9}, "header row is blank", {"row": 9}),
        ("sex,age\n1,20\n", {"delimiter": "::"}, "delimiter", {"got": "::"}),
        ("<html><body>404</body></html>", {}, "not a text table", {"got": "a web page or XML"}),
        ("sex,help\n7,8\n9,9\n1,8\n", {}, "cannot be used", None),
        ("sex;age\n1;20\n", {"delimiter": ","}, "no column of this file", {"got": "sex;age"}),
    ],
)
def test_wrong_text_files(
    tmp_path: Path,
    form: Questionnaire,
    text: str,
    stated: dict[str, Any],
    what: str,
    fields: dict[str, Any] | None,
) -> None:
    if what == "fewer cells":
        assert found(read_text(tmp_path, form, text, **stated), what)[0].row == 3
        return
    with pytest.raises(WorkbenchError) as raised:
        read_text(tmp_path, form, text, **stated)
    issue = raised.value.issue if raised.value.issue.column else raised.value.issues[0]
    assert what in str(raised.value)
    assert str(raised.value.issue.file).endswith("data.csv")
    for name, value in (fields or {}).items():
        assert getattr(issue, name) == value, issue
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data.csv", "form"]


def test_a_wrong_identifier_is_an_error(tmp_path: Path, form: Questionnaire) -> None:
    path = tmp_path / "data.csv"
    path.write_text("sex,age\n1,20\n")
    with pytest.raises(WorkbenchError) as raised:
        read_survey(path, form, identifier="id")
    assert (raised.value.issue.column, raised.value.issue.row) == ("id", 1)


# --- real files ---------------------------------------------------------------------------


def test_real_needs_assessment_reads_by_its_own_form(shared: Path) -> None:
    folder = shared / "data" / "surveys" / "msna_somalia_2018"
    form = read_questionnaire(
        folder / "kobo_survey.csv",
        folder / "kobo_choices.csv",
        languages=("en",),
        encoding="latin-1",
    )
    table = read_survey(folder / "data.csv", form, options=options(encoding="latin-1"))
    raw = pd.read_csv(folder / "data.csv", encoding="latin-1", low_memory=False)
    assert len(table.frame) == 190
    assert not [issue for issue in table.issues if issue.severity == "error"]
    multiple = [q for q in form.questions.values() if q.type == "select_multiple"]
    checked = 0
    for question in multiple:
        for column in form.variables_of(question.name):
            header = column.replace("-", ".")
            if header in raw:
                truth = (
                    raw[header]
                    .astype("str")
                    .str.upper()
                    .map({"TRUE": 1.0, "FALSE": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0})
                )
                read = table.frame[column].astype("float64")
                np.testing.assert_array_equal(read.to_numpy(), truth.to_numpy())
                checked += 1
    assert checked > 400
    assert table.frame["weights_"].to_numpy() == pytest.approx(raw["weights_"].to_numpy())


def test_real_spss_file_reads_by_its_own_labels(shared: Path, tmp_path: Path) -> None:
    from analysis.sources.spss import questionnaire_rows_from_sav

    path = shared / "data" / "surveys" / "efc" / "efc.sav"
    survey, choices = questionnaire_rows_from_sav(path)
    pd.DataFrame([row.values for row in survey]).to_csv(tmp_path / "survey.csv", index=False)
    pd.DataFrame([row.values for row in choices]).to_csv(tmp_path / "choices.csv", index=False)
    form = read_questionnaire(tmp_path / "survey.csv", tmp_path / "choices.csv", languages=("en",))
    table = read_survey(path, form)
    raw = pd.read_csv(path.with_suffix(".csv"))
    codebook = pd.read_csv(path.with_name("efc_codebook.csv")).set_index("variable")
    for name in raw.columns:
        read = pd.to_numeric(table.frame[name].astype(object)).astype("float64")
        np.testing.assert_allclose(read.to_numpy(), raw[name].to_numpy(dtype=float))
        question = form.questions[name]
        assert question.label["en"] == codebook.loc[name, "label"]
        labels = codebook.loc[name, "labels"]
        listed = form.choices.get(question.list or "", ())
        text = "; ".join(f"{choice.name}={choice.label['en']}" for choice in listed)
        assert text == ("" if pd.isna(labels) else labels)


# --- what the workbench writes itself -----------------------------------------------------


def random_answers(form: Questionnaire, rows: int) -> pd.DataFrame:
    random = np.random.default_rng(20110905)
    codes = ["-1", "-8", "-9"]
    columns: dict[str, Any] = {
        "respondent": pd.Series([f"{number:05d}" for number in range(rows)], dtype="str")
    }
    for question in form.questions.values():
        names = form.choice_names(question.list or "")
        if question.type == "select_one":
            drawn = random.integers(-1, len(names) + 3, rows)
            columns[question.name] = pd.Categorical.from_codes(drawn, categories=[*names, *codes])
        elif question.type == "select_multiple":
            whole = random.choice([0, -1, -8, -9, -2], rows, p=[0.6, 0.1, 0.1, 0.1, 0.1])
            for name in names:
                cells = np.where(whole < 0, whole, random.integers(0, 2, rows)).astype("int8")
                columns[f"{question.name}.{name}"] = pd.arrays.IntegerArray(cells, whole == -2)
        elif question.type in ("integer", "decimal"):
            numbers = random.integers(1, 3000, rows) / (1 if question.type == "integer" else 8)
            missing = random.choice([0, -1, -8, -9, np.nan], rows, p=[0.6, 0.1, 0.1, 0.1, 0.1])
            columns[question.name] = np.where(missing == 0, numbers, missing)
        elif question.type == "date":
            days = pd.Timestamp("2011-09-05") + pd.to_timedelta(random.integers(0, 50, rows), "D")
            dates = pd.Series(days.strftime("%Y-%m-%d"), dtype="str")
            columns[question.name] = dates.where(random.random(rows) > 0.2)
        else:
            texts = pd.Series(random.choice(["řádek; „první“, druhý", "x"], rows), dtype="str")
            columns[question.name] = texts.where(random.random(rows) > 0.5)
    columns["data_origin"] = pd.Series("modelled", index=range(rows), dtype="str")
    return pd.DataFrame(columns)


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".sav"])
def test_a_whole_questionnaire_reads_back_from_what_the_workbench_writes(
    tmp_path: Path, suffix: str
) -> None:
    from analysis.study import open_study
    from analysis.synthetic.writers import write_survey

    form = open_study("zlin-2010").questionnaire
    frame = random_answers(form, 60)
    path = write_survey(frame, form, tmp_path / f"answers{suffix}")
    table = read_survey(path, form, identifier="respondent")
    assert not [issue for issue in table.issues if issue.severity in ("error", "repair")]
    read = table.frame[frame.columns]
    assert sorted(table.frame.columns) == sorted(frame.columns)
    pd.testing.assert_frame_equal(read, frame)


def test_columns_of_the_design_are_known_though_no_questions(
    tmp_path: Path, form: Questionnaire, frame: pd.DataFrame
) -> None:
    wide = frame.assign(w=1.5, stratum="a", provider="7", size=900.0, office="x")
    path = files.write_csv(tmp_path / "data.csv", wide)
    design = SampleDesign(weight="w", strata="stratum", clusters="provider", fpc="size")
    told, untold = (
        read_survey(path, form, options=options(), design=known) for known in (design, None)
    )
    (issue,) = found(told, "no questions of the questionnaire")
    assert issue.got == "office"
    assert "provider" in found(untold, "no questions of the questionnaire")[0].got
    assert set(design.columns) <= set(told.frame.columns)

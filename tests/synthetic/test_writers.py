"""Raw files: the three formats hold the same answers, and the same answers the same bytes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from analysis.errors import WorkbenchError
from analysis.questionnaire import Questionnaire
from analysis.sources.survey import read_survey
from analysis.study import Study
from analysis.synthetic.respondents import SyntheticData
from analysis.synthetic.writers import replaced, sav_names, write_survey

FORMATS = (".csv", ".xlsx", ".sav")


def small_frame() -> pd.DataFrame:
    """Two respondents of the small study."""
    categories = ["1", "2", "-1", "-8", "-9"]
    return pd.DataFrame(
        {
            "respondent": pd.Series(["p-1", "p-2"], dtype="str"),
            "helped": pd.Categorical(["2", "-9"], categories=categories),
            "used.web": pd.array([1, -8], dtype="Int8"),
            "age": [40.0, -8.0],
            "remark": pd.Series(["=1+1; „ano“, víc", None], dtype="str"),
        }
    )


def test_csv_by_hand(mini: Study, tmp_path: Path) -> None:
    path = write_survey(small_frame(), mini.questionnaire, tmp_path / "people.csv")
    assert path.read_text(encoding="utf-8") == (
        'respondent,helped,used.web,age,remark\np-1,2,1,40,"=1+1; „ano“, víc"\np-2,-9,-8,-8,\n'
    )


def test_a_text_never_becomes_a_formula(mini: Study, tmp_path: Path) -> None:
    path = write_survey(small_frame(), mini.questionnaire, tmp_path / "people.xlsx")
    cell = openpyxl.load_workbook(path).worksheets[0]["E2"]
    assert (cell.value, cell.data_type) == ("=1+1; „ano“, víc", "s")


def test_the_workbook_has_a_codebook(mini: Study, tmp_path: Path) -> None:
    path = write_survey(small_frame(), mini.questionnaire, tmp_path / "people.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["data", "číselník"]
    rows = list(book["číselník"].iter_rows(values_only=True))
    assert ("helped", "Pomoc", "1", "ano") in rows
    assert ("helped", "Pomoc", "-9", "bez odpovědi") in rows
    assert ("used.web", "Zdroje: web", "1", "vybráno") in rows


def test_sav_has_labels_and_user_missing(mini: Study, tmp_path: Path) -> None:
    path = write_survey(small_frame(), mini.questionnaire, tmp_path / "people.sav")
    frame, meta = pyreadstat.read_sav(path, user_missing=True)
    assert meta.column_names_to_labels["helped"] == "Pomoc"
    assert meta.variable_value_labels["helped"] == {
        1.0: "ano",
        2.0: "ne",
        -1.0: "otázka se netýká",
        -8.0: "neví",
        -9.0: "bez odpovědi",
    }
    declared = {part["lo"] for part in meta.missing_ranges["age"]}
    assert declared == {-1.0, -8.0, -9.0}
    assert frame["helped"].tolist() == [2.0, -9.0]


def test_labels_in_the_language_of_the_study(mini: Study, tmp_path: Path) -> None:
    path = write_survey(small_frame(), mini.questionnaire, tmp_path / "p.sav", language="en")
    _, meta = pyreadstat.read_sav(path)
    assert meta.column_names_to_labels["helped"] == "Help"
    assert meta.variable_value_labels["helped"][-8.0] == "does not know"


def test_all_formats_read_back_to_one_frame(zlin_data: SyntheticData, tmp_path: Path) -> None:
    study = zlin_data.population.study
    for sample, frame in zlin_data.samples.items():
        some = frame.iloc[:: max(len(frame) // 100, 1)].reset_index(drop=True)
        read = {}
        for ending in FORMATS:
            path = write_survey(some, study.questionnaire, tmp_path / f"{sample}{ending}")
            table = read_survey(
                path,
                study.questionnaire,
                identifier="respondent",
                sample=sample,
                design=study.samples[sample].design,
            )
            assert [issue.what for issue in table.issues] == [], ending
            read[ending] = table.frame
        for ending in FORMATS[1:]:
            pd.testing.assert_frame_equal(read[".csv"], read[ending])
        pd.testing.assert_frame_equal(some, read[".csv"][list(some.columns)])


@pytest.mark.parametrize("ending", FORMATS)
def test_the_same_answers_give_the_same_bytes(mini: Study, tmp_path: Path, ending: str) -> None:
    first = write_survey(small_frame(), mini.questionnaire, tmp_path / f"a{ending}")
    time.sleep(1.1)  # the formats would record the second of writing
    again = write_survey(small_frame(), mini.questionnaire, tmp_path / f"b{ending}")
    assert first.read_bytes() == again.read_bytes()


def test_another_format_is_refused(mini: Study, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="cannot be written in this format") as caught:
        write_survey(small_frame(), mini.questionnaire, tmp_path / "people.dta")
    assert ".csv, .xlsx, .sav" in str(caught.value)
    assert not list(tmp_path.glob("*.dta"))


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("old")

    def interrupted() -> None:
        with replaced(path) as unfinished:
            unfinished.write_text("half of the n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        interrupted()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".csv"] == ["people.csv"]


def test_names_that_spss_takes() -> None:
    columns = ["q.a-b", "Q.A_B", "1st", "x" * 70, "x" * 70 + "y", "ends."]
    names = sav_names(columns)
    assert names["q.a-b"] == "q.a_b"
    assert names["Q.A_B"] == "Q.A_B_2"
    assert names["1st"] == "v1st"
    assert names["ends."] == "ends"
    assert len({name.lower() for name in names.values()}) == len(columns)
    assert max(len(name) for name in names.values()) <= 64


def test_a_long_label_is_cut_between_letters(mini: Study, tmp_path: Path) -> None:
    question = mini.questionnaire.questions["helped"]
    long = type(question)(**{**question.__dict__, "label": {"cs": "ě" * 200}})
    questionnaire = Questionnaire({"helped": long}, {}, mini.questionnaire.choices)
    path = write_survey(small_frame()[["helped"]], questionnaire, tmp_path / "long.sav")
    _, meta = pyreadstat.read_sav(path)
    label = meta.column_names_to_labels["helped"]
    assert label.endswith("…")
    assert set(label[:-1]) == {"ě"}
    assert 100 < len(label) < 128


def test_blank_stays_blank_in_every_format(mini: Study, tmp_path: Path) -> None:
    frame = small_frame()
    frame["helped"] = pd.Categorical([None, "1"], categories=frame["helped"].cat.categories)
    frame["age"] = [np.nan, 2.0]
    frame["used.web"] = pd.array([None, 0], dtype="Int8")
    for ending in FORMATS:
        path = write_survey(frame, mini.questionnaire, tmp_path / f"blank{ending}")
        read = read_survey(path, mini.questionnaire, identifier="respondent").frame
        for column in ("helped", "age", "used.web"):
            assert read[column].isna().tolist() == [True, False], (ending, column)

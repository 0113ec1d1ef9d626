"""SPSS files: labels, declared missing values, dates, and a first codebook."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from analysis.errors import WorkbenchError
from analysis.sources.columns import TableOptions
from analysis.sources.spss import questionnaire_rows_from_sav, read_sav
from tests.sources import survey_files as files


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.sav"


def test_labels_missing_values_and_dates_are_read(path: Path) -> None:
    frame = pd.DataFrame(
        {
            "q": [1.0, 2.5, 98.0, np.nan],
            "day": [date(2011, 9, 5), None, date(1899, 12, 31), None],
            "text": ["žluťoučký", "", "kůň  ", "x"],
        }
    )
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels={"q": "Otázka č. 1"},
        variable_value_labels={"q": {1: "Ano", 98: "Neví"}},
        missing_ranges={"q": [{"lo": 97, "hi": 99}]},
    )
    table = read_sav(path)
    assert table.rows.tolist() == [2, 3, 4, 5]
    assert table.columns["q"].texts().tolist()[:3] == ["1", "2.5", "98"]
    assert table.columns["q"].codes[3] == -1
    assert table.columns["day"].values == ("2011-09-05", "1899-12-31")
    assert table.columns["text"].values == ("žluťoučký", "kůň", "x")
    assert table.titles["q"] == "Otázka č. 1"
    assert table.labels["q"] == {"1": "Ano", "98": "Neví"}
    assert table.user_missing["q"] == {"98"}


def test_single_declared_missing_values_are_kept_even_where_unused(path: Path) -> None:
    frame = pd.DataFrame({"q": [1.0, -9.0], "t": ["a", "z"]})
    pyreadstat.write_sav(frame, str(path), missing_ranges={"q": [-9, -8], "t": ["z"]})
    table = read_sav(path)
    assert table.user_missing == {"q": {"-9", "-8"}, "t": {"z"}}


def test_response_sets_are_read(path: Path) -> None:
    frame = pd.DataFrame({"a": [1.0], "b": [0.0], "m1": [1.0], "m2": [2.0]})
    pyreadstat.write_sav(frame, str(path))
    files.add_response_set(path, "$used=D1 1 4 Used a b\n$named=C 5 Named m1 m2\n")
    used, named = read_sav(path).response_sets
    assert (used.name, used.label, used.variables, used.counted) == (
        "used",
        "Used",
        ("a", "b"),
        "1",
    )
    assert (named.name, named.variables, named.counted) == ("named", ("m1", "m2"), None)


def test_a_first_codebook_comes_from_the_labels(path: Path) -> None:
    frame = pd.DataFrame(
        {
            "sex": [1.0, 2.0],
            "wife": [1.0, 2.0],
            "age": [20.0, 30.0],
            "hours": [2.5, 1.0],
            "day": [date(2011, 9, 5), None],
            "text": ["a", "b"],
        }
    )
    labels = {1: "muž", 2: "žena", 9: "bez odpovědi"}
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels={"sex": "Pohlaví"},
        variable_value_labels={"sex": labels, "wife": {1: "muž", 2: "žena"}},
        missing_ranges={"sex": [9]},
    )
    survey, choices = questionnaire_rows_from_sav(path)
    assert [(row.values["type"], row.values["name"]) for row in survey] == [
        ("select_one sex", "sex"),
        ("select_one sex", "wife"),
        ("integer", "age"),
        ("decimal", "hours"),
        ("date", "day"),
        ("text", "text"),
    ]
    assert survey[0].values["label"] == "Pohlaví"
    assert survey[1].values["label"] == "wife"
    assert [(row.values["name"], row.values["label"]) for row in choices] == [
        ("1", "muž"),
        ("2", "žena"),
    ]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"sex,age\n1,20\n", "not an SPSS file"),
        (b"", "not an SPSS file"),
        (b"$FL2" + bytes(60), "damaged"),
    ],
)
def test_files_that_are_none_of_spss(path: Path, content: bytes, what: str) -> None:
    path.write_bytes(content)
    with pytest.raises(WorkbenchError, match=what) as raised:
        read_sav(path)
    assert raised.value.issue.file == str(path)
    assert path.read_bytes() == content


def test_a_cut_file_is_damaged(path: Path) -> None:
    pyreadstat.write_sav(pd.DataFrame({"q": np.arange(1000.0)}), str(path))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(WorkbenchError, match="damaged"):
        read_sav(path)


def test_a_wrong_encoding_is_told(path: Path) -> None:
    pyreadstat.write_sav(pd.DataFrame({"t": ["žluťoučký"]}), str(path))
    with pytest.raises(WorkbenchError, match=r"cannot be decoded|damaged") as raised:
        read_sav(path, TableOptions(encoding="klingon"))
    assert raised.value.issue.file == str(path)

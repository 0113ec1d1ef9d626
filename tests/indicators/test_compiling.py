"""Definitions of indicators as columns of numbers, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.indicators.compiling import compile_indicators, is_exhaustive
from analysis.study import Study, open_study
from analysis.variables import derive_variables, with_derived_variables
from tests.mini_study import INDICATORS, VARIABLES, write_mini_study

NAN = np.nan


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return open_study("mini", write_mini_study(tmp_path_factory.mktemp("mini")))


def choices(values: list[str | None], names: list[str]) -> pd.Categorical:
    return pd.Categorical(values, categories=[*names, "-1", "-8", "-9"])


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "district": choices(["d1", "d1", "d2", "d2"], ["d1", "d2"]),
            "sex": choices(["1", "2", "2", "-9"], ["1", "2"]),
            "age": [20.0, 40.0, -8.0, 80.0],
            "known_a": choices(["1", "2", "3", "-9"], ["1", "2", "3"]),
            "known_b": choices(["3", "1", "3", "1"], ["1", "2", "3"]),
            "used.web": pd.array([1, 0, -9, 0], dtype="Int8"),
            "used.doctor": pd.array([1, 0, -9, 1], dtype="Int8"),
            "used.none": pd.array([0, 1, -9, 0], dtype="Int8"),
            "wanted.web": pd.array([0, 1, 1, -8], dtype="Int8"),
            "wanted.doctor": pd.array([1, 0, 0, -8], dtype="Int8"),
            "wanted.none": pd.array([0, 0, 0, -8], dtype="Int8"),
            "helped": choices(["1", "2", "1", "-9"], ["1", "2"]),
            "enough": choices(["1", "-1", "2", "-1"], ["1", "2"]),
        }
    )


def column(study: Study, frame: pd.DataFrame, code: str, category: str = "") -> list[float]:
    compiled = compile_indicators(study, with_derived_variables(study, frame))
    place = [column.key for column in compiled.columns].index((code, category))
    return list(compiled.values[:, place])


@pytest.mark.parametrize(
    ("code", "category", "expected"),
    [
        ("K1", "a", [1, 1, 0, NAN]),
        ("K1", "b", [0, 1, 0, 1]),
        ("K2", "", [1, 2, 0, NAN]),
        ("C1", "web", [1, 0, NAN, 0]),
        ("C3", "web", [-1, 1, NAN, NAN]),
        ("C3", "doctor", [0, 0, NAN, NAN]),
        ("H1", "", [1, 0, 0, 0]),  # not asked counts as no
        ("H2", "", [1, NAN, 0, NAN]),  # of those who were helped
        ("S1", "2", [0, 1, 1, NAN]),
    ],
)
def test_columns(
    study: Study, frame: pd.DataFrame, code: str, category: str, expected: list[float]
) -> None:
    np.testing.assert_array_equal(column(study, frame, code, category), expected)


def test_derived_variables(study: Study, frame: pd.DataFrame) -> None:
    derived = derive_variables(study, frame)
    assert derived["age_group"].tolist() == ["15-39", "40+", NAN, "40+"]
    assert list(derived["age_group"].cat.categories) == ["15-39", "40+"]
    # any-in: the first is known well; whether the third is cannot be told from its grid
    assert derived["informed"].tolist() == ["1", "1", "2", "1"]


def test_the_area_is_text(study: Study, frame: pd.DataFrame) -> None:
    assert with_derived_variables(study, frame)["area"].tolist() == ["d1", "d1", "d2", "d2"]


def test_only_single_choice_categories_are_exhaustive(study: Study) -> None:
    assert is_exhaustive(study, "S1")
    assert not is_exhaustive(study, "C1")
    assert not is_exhaustive(study, "K1")


def test_an_indicator_that_cannot_be_computed_is_named(study: Study, frame: pd.DataFrame) -> None:
    with pytest.raises(WorkbenchError, match="K1 cannot be computed: the data have no column"):
        compile_indicators(study, with_derived_variables(study, frame).drop(columns="known_b"))


def test_a_value_outside_the_list_is_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    variables = VARIABLES.replace("band(${age}, 'age_group')", "if(${age} > 30, 'old', 'young')")
    study = open_study("mini", write_mini_study(tmp_path, variables=variables))
    with pytest.raises(WorkbenchError, match="takes values that its list lacks"):
        derive_variables(study, frame)


def test_an_answer_where_a_number_is_needed_is_refused(tmp_path: Path, frame: pd.DataFrame) -> None:
    indicators = INDICATORS.replace("\"count-in(known, '1', '2')\"", "${sex}")
    study = open_study("mini", write_mini_study(tmp_path, indicators=indicators))
    with pytest.raises(WorkbenchError, match="K2 cannot be computed: a number is expected"):
        compile_indicators(study, with_derived_variables(study, frame))

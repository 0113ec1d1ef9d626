"""Answers that are missing, counted question by question by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from analysis.study import Study, open_study
from analysis.validation.missing import missing_by_question
from tests.mini_study import CARD, SURVEY, write_mini_study

NAN = np.nan


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return open_study("mini", write_mini_study(tmp_path_factory.mktemp("missing")))


def choices(*values: object) -> pd.Categorical:
    return pd.Categorical(values, categories=["1", "2", "3", "-1", "-8", "-9"])


def dummies(*values: int | None) -> Any:
    return pd.array(values, dtype="Int8")


@pytest.fixture
def frame() -> pd.DataFrame:
    """Ten people."""
    return pd.DataFrame(
        {
            "sex": choices(*["1", "2"] * 4, "-9", NAN),
            "age": [30.0] * 6 + [-8.0, -8.0, -9.0, NAN],
            "known_a": choices("1", "2", "3", "-8", "-8", "-8", "-9", "1", "1", "1"),
            "used.web": dummies(1, 0, 1, 0, -1, -1, -8, -9, -9, None),
            "used.doctor": dummies(0, 0, 1, 1, -1, -1, -8, -9, -9, None),
            "used.none": dummies(0, 1, 0, 0, -1, -1, -8, -9, -9, None),
            "helped": choices(*["1"] * 4, *["2"] * 5, "-9"),
            "enough": choices(*["1"] * 4, *["-1"] * 6),
            "remark": pd.Series([NAN] * 10, dtype="str"),
        }
    )


def counts(study: Study, frame: pd.DataFrame, question: str) -> dict[str, Any]:
    return next(
        row for row in missing_by_question(study, "people", frame) if row["question"] == question
    )


@pytest.mark.parametrize(
    ("question", "asked", "dont_know", "refused"),
    [
        ("sex", 10, 0, 2),  # a blank is an answer not given
        ("age", 10, 2, 2),
        ("known_a", 10, 3, 1),
        ("used", 8, 1, 3),  # two were not asked
        ("helped", 10, 0, 1),
    ],
)
def test_the_kinds_of_missing_are_told_apart(
    study: Study, frame: pd.DataFrame, question: str, asked: int, dont_know: int, refused: int
) -> None:
    missing = dont_know + refused
    assert counts(study, frame, question) == {
        "question": question,
        "asked": asked,
        "n_missing": missing,
        "dont_know": dont_know,
        "refused": refused,
        "share": missing / asked,
    }


def test_the_order_is_that_of_the_questionnaire(study: Study, frame: pd.DataFrame) -> None:
    """Without texts, without questions that the data lack (district, known_b, wanted)."""
    found = [row["question"] for row in missing_by_question(study, "people", frame)]
    assert found == ["sex", "age", "known_a", "used", "helped"]


def test_how_many_gave_a_sensitive_answer_cannot_be_read_from_those_asked_next(
    study: Study, frame: pd.DataFrame
) -> None:
    assert study.is_sensitive("helped")  # `enough` is asked of those who were helped
    assert "enough" not in str(missing_by_question(study, "people", frame))


def test_routing_by_an_ordinary_answer_is_counted(tmp_path: Path, frame: pd.DataFrame) -> None:
    survey = SURVEY.replace("Help,,,,yes,,,", "Help,,,,,,,")
    study = open_study("mini", write_mini_study(tmp_path, survey=survey))
    assert counts(study, frame, "enough")["asked"] == 4


def test_a_question_that_nobody_was_asked_is_left_out(study: Study, frame: pd.DataFrame) -> None:
    nobody = frame.assign(sex=choices(*["-1"] * 10))
    found = [row["question"] for row in missing_by_question(study, "people", nobody)]
    assert found == ["age", "known_a", "used", "helped"]


def test_a_sample_without_respondents(study: Study, frame: pd.DataFrame) -> None:
    assert missing_by_question(study, "people", frame.head(0)) == []


def test_questions_of_other_samples_are_left_out(tmp_path: Path, frame: pd.DataFrame) -> None:
    lines = CARD.splitlines()
    start = lines.index("  people:")
    card = "\n".join([*lines, "  others:", *lines[start + 1 :]]) + "\n"
    survey = SURVEY.replace("Pohlaví,Sex,,,yes,,,,", "Pohlaví,Sex,,,yes,,,,others")
    study = open_study("mini", write_mini_study(tmp_path, study=card, survey=survey))
    assert "sex" not in {row["question"] for row in missing_by_question(study, "people", frame)}
    assert "sex" in {row["question"] for row in missing_by_question(study, "others", frame)}


def test_the_codes_are_those_of_the_card(tmp_path: Path) -> None:
    card = CARD + 'missing: {not_applicable: "97", dont_know: "98", refused: "99"}\n'
    study = open_study("mini", write_mini_study(tmp_path, study=card))
    frame = pd.DataFrame(
        {
            "sex": pd.Categorical(["1", "97", "98", "99"], categories=["1", "97", "98", "99"]),
            "age": [97.0, 98.0, 99.0, -8.0],
        }
    )
    assert [counts(study, frame, name)["n_missing"] for name in ("sex", "age")] == [2, 2]
    assert [counts(study, frame, name)["asked"] for name in ("sex", "age")] == [3, 3]

"""Released rows that cannot all be true are refused, with the row."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.release.arithmetic import check_arithmetic

BASE = {
    "sample": "people",
    "indicator": "K",
    "category": "",
    "level": "area",
    "area": "a",
    "breakdown": "",
    "group": "",
    "comparison": "",
    "statistic": "share",
    "estimate": 0.4,
    "standard_error": 0.02,
    "ci_low": 0.36,
    "ci_high": 0.44,
    "confidence": 0.95,
    "p_value": float("nan"),
    "p_adjusted": float("nan"),
    "n": 100.0,
    "release": "ok",
}


def rows(*changes: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{**BASE, **change} for change in changes])


def check(table: pd.DataFrame, **more: Any) -> None:
    check_arithmetic(table, share_step=0.001, mean_step=0.01, **more)


def region(**more: Any) -> dict[str, Any]:
    return {"level": "region", "area": "r", "n": 200.0, **more}


GOOD = ({}, {"area": "b", "estimate": 0.42}, region(estimate=0.41))


def test_rows_that_hold_pass() -> None:
    check(rows(*GOOD))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"estimate": 1.2, "ci_high": 1.3}, ["outside its range", "estimate", "1.2"]),
        ({"ci_low": -0.01}, ["outside its range", "ci_low", "0 to 1"]),
        ({"confidence": 95.0}, ["outside its range", "confidence", "95"]),
        ({"standard_error": -0.1}, ["outside its range", "standard_error"]),
        ({"p_adjusted": 1.5}, ["outside its range", "p_adjusted"]),
        ({"estimate": 0.45}, ["does not contain", "0.36 to 0.44", "0.45", "area a"]),
    ],
)
def test_a_number_outside_its_range(change: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(WorkbenchError) as caught:
        check(rows(change))
    for word in words:
        assert word in str(caught.value)


def test_hidden_rows_and_differences_are_let_be() -> None:
    check(rows({"estimate": 7.0, "release": "suppressed_primary"}))
    check(rows({"estimate": -0.1, "ci_low": -0.2, "ci_high": 0.0, "comparison": "rest"}))
    check(rows({"estimate": 15.2, "ci_low": 14.0, "ci_high": 16.0, "statistic": "mean"}))


def answers(*shares: float) -> pd.DataFrame:
    changes = [
        {"category": str(place), "estimate": share, "ci_low": 0.0, "ci_high": 1.0}
        for place, share in enumerate(shares)
    ]
    return rows(*changes)


def test_answers_to_a_single_choice_question_add_up_to_all() -> None:
    check(answers(0.333, 0.333, 0.333), exhaustive_indicators={"K"})
    with pytest.raises(WorkbenchError, match="do not add up to all"):
        check(answers(0.333, 0.333, 0.33), exhaustive_indicators={"K"})
    check(answers(0.6, 0.7))
    hidden = answers(0.3, 0.3, 0.3)
    hidden.loc[2, "release"] = "suppressed_primary"
    more = pd.concat([hidden, answers(0.3, 0.3, 0.4).assign(area="b")])
    check(more, exhaustive_indicators={"K"})


def test_groups_have_no_more_respondents_than_the_whole() -> None:
    parts = [{"breakdown": "sex", "group": str(sex), "n": n} for sex, n in ((1, 48.0), (2, 50.0))]
    check(rows({}, *parts))
    parts[0]["n"] = 52.0
    with pytest.raises(WorkbenchError, match="more respondents than the whole"):
        check(rows({}, *parts))
    check(rows({}, *parts), n_step=5)
    check(rows({}, *parts), overlapping_breakdowns={"sex"})


def test_areas_add_up_to_the_region() -> None:
    with pytest.raises(WorkbenchError) as caught:
        check(rows({}, {"area": "b"}, region(n=201.0)))
    assert "areas do not add up to the region" in str(caught.value)
    assert "expected: 201" in str(caught.value)


def test_the_region_lies_between_its_areas() -> None:
    with pytest.raises(WorkbenchError, match="the region lies outside its areas"):
        check(rows({}, {"area": "b", "estimate": 0.42}, region(estimate=0.43)))

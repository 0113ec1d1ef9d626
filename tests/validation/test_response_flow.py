"""The response flow must add up."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import WorkbenchError
from analysis.study import Study
from analysis.validation.clean import Validated, validate
from tests.validation.small_study import GOOD, answers, small_study

HEADER = "sample,stage,reason,count,label::cs,label::en"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return small_study(tmp_path)


def with_flow(study: Study, *lines: str, raw: bool = True) -> Validated:
    folder = study.raw if raw else study.folder
    (folder / "response_flow.csv").write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return validate(study, "inhabitants", answers(study, *GOOD))


@pytest.mark.parametrize("raw", [True, False])
def test_stages_follow_each_other(study: Study, raw: bool) -> None:
    clean = with_flow(
        study,
        "inhabitants,distributed,,10,,",
        "inhabitants,returned,,6,,",
        "inhabitants,discarded,illegible,2,nečitelné,illegible",
        "users,returned,,3,,",
        raw=raw,
    )
    stages = [(stage.stage, stage.reason, stage.count) for stage in clean.response_flow]
    assert stages == [
        ("distributed", "", 10),
        ("returned", "", 6),
        ("discarded", "illegible", 2),
        ("processed", "", 4),
    ]
    assert clean.response_flow[2].as_record() == {
        "stage": "discarded",
        "count": 2,
        "reason": "illegible",
        "label": {"cs": "nečitelné", "en": "illegible"},
    }
    assert clean.usable


@pytest.mark.parametrize(
    ("lines", "what", "expected", "got"),
    [
        (
            ("inhabitants,returned,,6,,", "inhabitants,discarded,illegible,1,,"),
            "does not add up",
            "6 returned − 1 discarded = 5 questionnaires in the data",
            "4 questionnaires",
        ),
        (
            ("inhabitants,distributed,,3,,", "inhabitants,returned,,4,,"),
            "more questionnaires were returned",
            "at most 3",
            "4",
        ),
    ],
)
def test_counts_that_do_not_add_up_are_an_error(
    study: Study, lines: tuple[str, ...], what: str, expected: str, got: str
) -> None:
    clean = with_flow(study, *lines)
    (error,) = clean.issues[clean.issues["severity"] == "error"].to_dict("records")
    assert what in error["what"]
    assert (error["expected"], error["got"], error["row"]) == (expected, got, 2)


@pytest.mark.parametrize(
    ("line", "what", "column"),
    [
        ("guests,returned,,3,,", "no such sample", "sample"),
        ("inhabitants,discarded,,3,,", "need a reason", "reason"),
        ("inhabitants,lost,,3,,", "wrong value", "stage"),
        ("inhabitants,returned,,-3,,", "wrong value", "count"),
        ("inhabitants,returned,,many,,", "wrong value", "count"),
    ],
)
def test_a_flow_that_cannot_be_meant_is_refused(
    study: Study, line: str, what: str, column: str
) -> None:
    with pytest.raises(WorkbenchError) as raised:
        with_flow(study, line)
    assert what in raised.value.issues[0].what
    assert (raised.value.issues[0].column, raised.value.issues[0].row) == (column, 2)


def test_a_stage_twice_is_refused(study: Study) -> None:
    with pytest.raises(WorkbenchError) as raised:
        with_flow(study, "inhabitants,returned,,4,,", "inhabitants,returned,,5,,")
    assert raised.value.issues[0].row == 3

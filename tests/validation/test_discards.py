"""Questionnaires that the study card discards."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.run import read_run_record, run_study
from analysis.study import Study, open_study
from analysis.validation.clean import validate
from tests.mini_results import answers as answers_of_mini
from tests.mini_results import write_answers
from tests.mini_study import CARD as MINI_CARD
from tests.mini_study import write_mini_study
from tests.validation.small_study import CARD, GOOD, SURVEY, answers, cells, small_study

RULE = """discard:
  - when: "${agreed} = '2'"
    reason: {cs: bez souhlasu, en: no consent}
"""
AGREED = "select_one yes_no,agreed,Souhlasíte?,Do you agree?,yes,,. = '1',\n"
HEADER = (
    "respondent,agreed,place,age,help,used.home,used.day,used.night,used.none,used.unknown,"
    "content,why,later_home,later_hours,weight_given"
)


def study_with(root: Path, rule: str = RULE, question: str = AGREED) -> Study:
    lines = SURVEY.splitlines(keepends=True)
    survey = "".join([lines[0], question, *lines[1:]])
    return small_study(root, study__yaml=CARD + rule, survey__csv=survey)


def with_consent(*given: str) -> list[str]:
    rows = (row.split(",", 1) for row in GOOD)
    return [f"{name},{code},{rest}" for code, (name, rest) in zip(given, rows, strict=True)]


def test_a_questionnaire_without_consent_is_discarded_with_its_reason(tmp_path: Path) -> None:
    study = study_with(tmp_path)
    blank = "e,2,,,,,,,,,,,,,"
    table = answers(study, *with_consent("1", "2", "-9", ""), blank, header=HEADER)
    clean = validate(study, "inhabitants", table)
    assert cells(clean.frame, "respondent") == ["a", "c", "d"]
    stages = [(stage.stage, stage.count) for stage in clean.response_flow]
    assert stages == [("returned", 5), ("discarded", 2), ("processed", 3)]
    assert clean.response_flow[1].label == {"cs": "bez souhlasu", "en": "no consent"}
    (note,) = clean.issues[clean.issues["what"].str.contains("bez souhlasu")].to_dict("records")
    assert (note["severity"], note["row"]) == ("note", 3)


def test_what_is_discarded_is_not_checked_any_more(tmp_path: Path) -> None:
    study = study_with(tmp_path)
    refused = "e,2,,999,1,1,1,1,1,0,,,1,500,-3"
    clean = validate(
        study, "inhabitants", answers(study, *with_consent(*"1111"), refused, header=HEADER)
    )
    assert clean.usable
    assert "repair" not in set(clean.issues["severity"])


def test_the_first_rule_that_is_true_counts(tmp_path: Path) -> None:
    second = """  - when: "${agreed} = '2' or ${age} > 65"
    reason: {cs: jiný, en: other}
"""
    study = study_with(tmp_path, RULE + second)
    clean = validate(
        study, "inhabitants", answers(study, *with_consent("2", "1", "1", "1"), header=HEADER)
    )
    discarded = [stage for stage in clean.response_flow if stage.stage == "discarded"]
    assert [(stage.label["en"], stage.count) for stage in discarded] == [
        ("no consent", 1),
        ("other", 1),
    ]


def test_a_rule_on_a_question_of_another_sample_does_not_concern_this_one(tmp_path: Path) -> None:
    study = small_study(tmp_path, study__yaml=CARD + RULE.replace("agreed", "member"))
    clean = validate(study, "inhabitants", answers(study, *GOOD))
    assert clean.usable
    assert len(clean.frame) == len(GOOD)


def test_without_the_question_in_the_data_the_answers_cannot_be_used(tmp_path: Path) -> None:
    study = study_with(tmp_path)
    clean = validate(study, "inhabitants", answers(study, *GOOD))
    assert not clean.usable
    (error,) = clean.issues[clean.issues["severity"] == "error"].to_dict("records")
    assert error["column"] == "agreed"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("${agreed}", "${agred}", "no question or variable agred"),
        ("= '2'", "= '7'", "has no choice 7"),
        ("= '2'", "= =", "cannot be read"),
        (", en: no consent", "", "translation is missing: en"),
        ("when:", "wenn:", "wenn"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    with pytest.raises(WorkbenchError) as raised:
        study_with(tmp_path, RULE.replace(old, new))
    issue = next(issue for issue in raised.value.issues if what in issue.what + str(issue.got))
    first = CARD.count("\n") + 1
    assert issue.file is not None and Path(issue.file).name == "study.yaml"
    assert issue.row is not None and issue.row >= first


def test_what_is_discarded_reaches_no_estimate(tmp_path: Path) -> None:
    rule = RULE.replace("agreed", "sex")
    workspace = write_mini_study(tmp_path, study=MINI_CARD + rule)
    frame = answers_of_mini()
    write_answers(workspace, frame)
    study = open_study("mini", workspace)
    run_study(study)
    kept = int((frame["sex"] == "1").sum())
    estimates = pd.read_parquet(study.processed / "estimates.parquet")
    assert estimates["n"].max() == kept < len(frame)
    stages = read_run_record(study)["samples"]["people"]["response_flow"]
    assert [(stage["stage"], stage["count"]) for stage in stages] == [
        ("returned", len(frame)),
        ("discarded", len(frame) - kept),
        ("processed", kept),
    ]

"""``annex.yaml``: what cannot be meant is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import Issue, WorkbenchError
from analysis.presentation.annex_definition import (
    SheetSpec,
    has_annex,
    indicators_of,
    read_annex,
)
from analysis.study import Study, open_study
from tests.mini_annex import ANNEX, write_annex
from tests.mini_results import write_report
from tests.mini_study import write_mini_study


def opened(folder: Path, text: str = ANNEX) -> Study:
    workspace = write_mini_study(folder)
    write_annex(workspace, text)
    return open_study("mini", workspace)


def issues_of(folder: Path, text: str) -> tuple[Issue, ...]:
    with pytest.raises(WorkbenchError) as caught:
        read_annex(opened(folder, text))
    return caught.value.issues


WRONG = {
    "an unknown key": ("families: [K]", "family: [K]", "unknown key family", None),
    "an unknown family": ("families: [K]", "families: [KN]", "no family KN", None),
    "an unknown indicator": (
        "families: [K]", "indicators: [K11]", "no indicator K11", "did you mean K1?",
    ),
    "an unknown breakdown": (
        "breakdowns: [all]", "breakdowns: [age_groups]", "no breakdown in plan.csv age_groups",
        "did you mean age_group?",
    ),
    "an unknown sample": (
        "breakdowns: [all]", "samples: [peoples]", "no sample peoples", "did you mean people?",
    ),
    "an unknown content": ("content: methods", "content: method", "content", None),
    "a sheet that takes in nothing": (
        "families: [K]", "samples: [people]", "takes in nothing", None,
    ),
    "a sheet of methods with families": (
        "content: methods", "content: methods\n    families: [K]", "takes in no indicators", None,
    ),
    "a territory where there is no region": (
        "content: methods", "content: territory", "the study has none", "name the region",
    ),
    "a sheet that stands twice": ("id: supply", "id: knowledge", "stands twice", None),
    "a missing translation": (
        "title: {cs: Metodika, en: Methods}", "title: {cs: Metodika}", "translation is missing: en",
        None,
    ),
    "an unknown placeholder": (
        "{area}\", en", "{place}\", en", "no placeholder {place}", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_is_told_with_file_and_line(tmp_path: Path, case: str) -> None:
    old, new, what, hint = WRONG[case]
    assert ANNEX.count(old) == 1
    found = issues_of(tmp_path, ANNEX.replace(old, new))
    issue = next(issue for issue in found if what in issue.what)
    assert issue.file is not None and issue.file.endswith("annex.yaml")
    assert issue.row is not None
    if hint:
        assert issue.hint is not None and hint in issue.hint


def test_a_report_must_not_bear_the_name_of_the_annex(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path)
    write_annex(workspace)
    write_report(workspace, kind="annex")
    with pytest.raises(WorkbenchError, match="kind annex"):
        read_annex(open_study("mini", workspace))


def test_a_family_that_is_not_there_yet_needs_a_statement(tmp_path: Path) -> None:
    assert read_annex(opened(tmp_path)).sheets[1].families == ("NW",)
    statement = "    statement: {cs: Registr není připojen., en: No register is attached.}\n"
    (issue,) = issues_of(tmp_path / "other", ANNEX.replace(statement, ""))
    assert "no family NW" in issue.what


def test_families_and_indicators_come_in_the_order_of_the_definitions(zlin: Study) -> None:
    sheet = SheetSpec(id="x", title={}, families=("IC",), indicators=("AW12/plan", "AW03/s40"))
    found = indicators_of(zlin, sheet)
    assert found[:2] == [("AW03", "s40"), ("AW12", "plan")]
    assert [code for code, category in found[2:] if not category] == [
        "IC01", "IC02", "IC03", "IC04", "IC05", "IC06",
    ]  # fmt: skip


def test_the_shipped_annex_can_be_meant(zlin: Study) -> None:
    assert has_annex(zlin)
    assert [sheet.id for sheet in read_annex(zlin).sheets][-3:] == [
        "supply", "definitions", "methods",
    ]  # fmt: skip


def test_a_study_need_not_have_an_annex(tmp_path: Path) -> None:
    study = open_study("mini", write_mini_study(tmp_path))
    assert not has_annex(study)

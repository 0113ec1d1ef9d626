"""Definition files that a study takes over from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import WorkbenchError
from analysis.ingredients import definition_ingredients
from analysis.study import open_study
from analysis.workspace import Workspace
from tests.mini_results import mini_workspace
from tests.mini_study import CARD, CHOICES, INDICATORS

SHARED = """\
shared:
  study: mini
  files: [questionnaire/survey.csv, questionnaire/choices.csv, variables.csv, indicators.csv,
          areas.csv, reports/brief.yaml]
"""


def second(root: Path, card: str = SHARED) -> Workspace:
    """A workspace with the small study, and another one that has only a card."""
    workspace = mini_workspace(root)
    folder = workspace.studies / "second"
    folder.mkdir()
    text = CARD.replace("id: mini", "id: second").replace("area_variable", f"{card}area_variable")
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return workspace


def test_definitions_are_read_where_the_other_study_keeps_them(tmp_path: Path) -> None:
    workspace = second(tmp_path)
    first, study = open_study("mini", workspace), open_study("second", workspace)
    assert study.questionnaire.questions.keys() == first.questionnaire.questions.keys()
    assert study.indicators == first.indicators
    assert study.plan == ()  # a plan is taken over only when it is named
    assert study.areas.equals(first.areas)
    assert study.reports == ["brief"]
    assert study.report("brief").values == first.report("brief").values


def test_an_own_file_goes_first(tmp_path: Path) -> None:
    workspace = second(tmp_path)
    own = workspace.studies / "second" / "indicators.csv"
    own.write_text("\n".join(INDICATORS.splitlines()[:2]) + "\n", encoding="utf-8")
    assert [one.code for one in open_study("second", workspace).indicators] == ["K1"]
    assert len(open_study("mini", workspace).indicators) > 1


def test_a_change_of_the_other_study_is_a_change_of_this_one(tmp_path: Path) -> None:
    workspace = second(tmp_path)
    before = definition_ingredients(open_study("second", workspace))
    path = workspace.studies / "mini" / "questionnaire" / "choices.csv"
    path.write_text(CHOICES.replace("web,web,web", "web,síť,net"), encoding="utf-8")
    after = definition_ingredients(open_study("second", workspace))
    assert [name for name in before if before[name] != after[name]] == ["definitions/choices.csv"]


@pytest.mark.parametrize(
    ("card", "told"),
    [
        (SHARED.replace("study: mini", "study: minni"), "there is no other study minni"),
        (SHARED.replace("study: mini", "study: second"), "there is no other study second"),
        (SHARED.replace("areas.csv", "arreas.csv"), "has no file arreas.csv"),
    ],
)
def test_what_cannot_be_taken_over_is_told(tmp_path: Path, card: str, told: str) -> None:
    workspace = second(tmp_path, card)
    with pytest.raises(WorkbenchError, match=told) as caught:
        open_study("second", workspace)
    (issue,) = caught.value.issues
    assert str(issue.file).endswith("study.yaml")
    assert issue.row is not None

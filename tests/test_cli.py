"""The command as a process: exit statuses, messages, no traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analysis.workspace import Workspace
from tests.mini_results import PROJECT, mini_workspace
from tests.mini_results import needs as command
from tests.mini_study import write_mini_study


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = mini_workspace(tmp_path_factory.mktemp("finished"))
    assert command(workspace.root, "run", "mini").returncode == 0
    return workspace.root


@pytest.fixture
def workspace(finished: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(finished, tmp_path / "work", symlinks=True)
    return Workspace(tmp_path / "work")


def test_help_names_every_verb(workspace: Workspace) -> None:
    result = command(workspace.root, "--help")
    assert result.returncode == 0
    for verb in (
        "studies",
        "check",
        "run",
        "report",
        "build",
        "why",
        "explain",
        "approve",
        "weight",
    ):
        assert verb in result.stdout


def test_a_second_run_says_so(workspace: Workspace) -> None:
    result = command(workspace.root, "run", "mini")
    assert (result.returncode, result.stdout.strip()) == (0, "mini: up to date")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "mimi"), "did you mean mini?"),
        (("check", "mimi"), "there is no study mimi"),
        (("report", "mini", "--area", "d9"), "the study has no area d9"),
        (("report", "mini", "--kind", "breif"), "did you mean brief?"),
        (("report", "mini", "--lang", "de"), "the study has no language de"),
        (("explain", "mini", "K9"), "K9"),
        (("weight", "none.csv", "--margins", "none.csv", "--out", "w.csv"), "none.csv"),
    ],
)
def test_a_request_that_cannot_be_met(
    workspace: Workspace, arguments: tuple[str, ...], message: str
) -> None:
    result = command(workspace.root, *arguments)
    assert result.returncode == 2
    assert message in result.stderr + result.stdout
    assert "Traceback" not in result.stderr
    assert not (workspace.root / "w.csv").exists()


def test_debug_shows_the_traceback(workspace: Workspace) -> None:
    assert "Traceback" in command(workspace.root, "--debug", "run", "mimi").stderr


def test_a_study_without_answers_says_what_to_do(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path)
    result = command(workspace.root, "run", "mini")
    assert result.returncode == 2
    assert "--synthetic" in result.stderr


def test_a_sound_study_is_checked(workspace: Workspace) -> None:
    assert command(workspace.root, "check", "--definitions", "mini").returncode == 0


def test_why_names_what_changed(workspace: Workspace) -> None:
    path = workspace.studies / "mini" / "plan.csv"
    path.write_text(
        path.read_text(encoding="utf-8") + "C1,people,,area region,\n", encoding="utf-8"
    )
    result = command(workspace.root, "why", "mini")
    assert result.returncode == 0
    assert "plan.csv" in result.stdout


def test_the_studies_of_the_project_are_listed() -> None:
    result = command(PROJECT, "studies")
    assert result.returncode == 0
    assert "zlin-2010" in result.stdout

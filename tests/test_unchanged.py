"""A build with nothing to do ends at once, and only then."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from analysis import build
from analysis.build import build_study
from analysis.study import open_study
from analysis.unchanged import STATE, build_request, inputs_hash, keep_state, nothing_to_do
from analysis.workspace import ENVIRONMENT_VARIABLE, Workspace
from tests.mini_results import mini_workspace
from tests.test_build import Renderer

REQUEST = build_request(synthetic=False, kinds=None, areas=None, languages=None, edition="draft")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace in which everything has been built."""
    monkeypatch.setattr(build, "render", Renderer())
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    workspace = mini_workspace(tmp_path)
    build_study("mini")
    return workspace


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def test_it_says_what_the_build_itself_says(workspace: Workspace) -> None:
    assert nothing_to_do("mini", REQUEST) == build_study("mini").lines()


@pytest.mark.parametrize(
    "name",
    [
        "studies/mini/study.yaml",
        "studies/mini/reports/brief.yaml",
        "studies/mini/notebooks/brief.ipynb",
        "data/raw/mini/people.csv",
        "data/processed/mini/released.parquet",
        "data/processed/mini/run_key.json",
        "data/processed/mini/build_state.json",
        "reports/mini/manifest.json",
        "reports/mini/index.html",
        "reports/mini/cs/brief/d1-prvni.pdf",
    ],
)
@pytest.mark.parametrize("change", [append, Path.unlink])
def test_any_file_that_counts_lets_the_build_look(
    workspace: Workspace, name: str, change: Callable[[Path], None]
) -> None:
    path = workspace.root / name
    if name.endswith(STATE) and change is append:
        path.write_text(path.read_text()[:-20])
    else:
        change(path)
    assert nothing_to_do("mini", REQUEST) is None


def test_a_new_file_or_another_request_lets_the_build_look(workspace: Workspace) -> None:
    for other in ({"edition": "release"}, {"languages": ["en"]}, {"areas": ["d1"]}):
        assert nothing_to_do("mini", {**REQUEST, **other}) is None
    assert nothing_to_do("no-such-study", REQUEST) is None
    assert nothing_to_do(str(workspace.studies / "mini"), REQUEST) is None
    (workspace.studies / "mini" / "approvals.csv").write_text("kind,item\n")
    assert nothing_to_do("mini", REQUEST) is None


def test_nothing_is_kept_of_a_build_during_which_a_file_changed(workspace: Workspace) -> None:
    study = open_study("mini")
    before = inputs_hash(workspace, "mini", ())
    (study.processed / STATE).unlink()
    append(study.folder / "study.yaml")
    keep_state(study, REQUEST, before, ["done"])
    assert not (study.processed / STATE).exists()
    keep_state(study, REQUEST, inputs_hash(workspace, "mini", ()), ["done"])
    assert json.loads((study.processed / STATE).read_text())["lines"] == ["done"]


def test_a_failed_report_is_tried_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.root / "broken-d1").touch()
    append(workspace.studies / "mini" / "reports" / "brief.yaml")
    assert build_study("mini").failed
    assert nothing_to_do("mini", REQUEST) is None


def test_the_answer_needs_no_library() -> None:
    code = (
        "import sys, analysis.unchanged;"
        "print([name for name in ('pandas', 'numpy', 'pydantic') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

"""Two releases compared: each row that differs, with what explains it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from analysis import build
from analysis.build import build_study
from analysis.errors import WorkbenchError
from analysis.release_changes import Differences, compare_releases
from analysis.run import run_study
from analysis.workspace import ENVIRONMENT_VARIABLE, Workspace
from tests.mini_results import answers, mini_workspace, needs, write_answers
from tests.test_build import Renderer


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = mini_workspace(tmp_path_factory.mktemp("released"))
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(build, "render", Renderer())
        patching.setenv(ENVIRONMENT_VARIABLE, str(workspace.root))
        result = build_study("mini", edition="release", name="first")
        assert "release first kept in" in " ".join(result.lines())
    return workspace.root


@pytest.fixture
def workspace(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    monkeypatch.setattr(build, "render", Renderer())
    return Workspace(tmp_path)


def one_area_changed(workspace: Workspace) -> Differences:
    frame = answers()
    chosen = frame["district"] == "d1"
    frame.loc[chosen, "known_a"] = "1"
    write_answers(workspace, frame)
    build_study("mini", edition="release")
    return compare_releases("mini", "first", "1")


def test_a_release_is_the_same_as_itself(workspace: Workspace) -> None:
    for other in ("first", "current", str(workspace.reports("mini") / "releases" / "first")):
        found = compare_releases("mini", "first", other)
        assert found.changes == () and found.ingredients == ()
    again = build_study("mini", edition="release")
    assert "release first holds the same already" in again.lines()


def test_changed_answers_of_one_area_explain_its_rows_and_those_of_the_whole(
    workspace: Workspace,
) -> None:
    found = one_area_changed(workspace)
    assert found.changes and found.ingredients == ()
    causes = {one.explained_by for one in found.changes}
    assert causes == {"data of d1", "data of d1, through the whole or a comparison"}
    own = [one for one in found.changes if one.explained_by == "data of d1"]
    assert {one.area for one in own} == {"První"}
    assert all(one.before != one.after or one.also for one in found.changes)
    known = next(one for one in own if not one.breakdown and one.after == "1")
    assert float(known.before) < 1 and known.indicator.startswith("K1")
    back = compare_releases("mini", "1", "first")
    assert {(one.row_id, one.before, one.after) for one in back.changes} == {
        (one.row_id, one.after, one.before) for one in found.changes
    }


def test_a_changed_definition_explains_the_rows_that_are_gone(workspace: Workspace) -> None:
    plan = workspace.studies / "mini" / "plan.csv"
    rows = plan.read_text(encoding="utf-8").splitlines(keepends=True)
    plan.write_text("".join(row for row in rows if "K1" not in row), encoding="utf-8")
    run_study("mini")
    found = compare_releases("mini", "first", "current")
    assert found.ingredients == ("definitions/plan.csv",)
    assert found.changes and {one.state for one in found.changes} <= {"gone", "changed"}
    assert {one.explained_by for one in found.changes} == {"definitions/plan.csv"}


def test_all_rows_are_written_and_no_answer_is(workspace: Workspace, tmp_path: Path) -> None:
    found = one_area_changed(workspace)
    run = needs(workspace.root, "diff", "mini", "first", "1", "--out", str(tmp_path / "d.csv"))
    assert run.returncode == 0 and found.summary().partition(";")[0] in run.stdout
    with (tmp_path / "d.csv").open(encoding="utf-8") as stream:
        written = list(csv.DictReader(stream))
    assert len(written) == len(found.changes)
    assert {row["state"] for row in written} == {"changed"}


def test_there_must_be_such_releases(workspace: Workspace) -> None:
    with pytest.raises(WorkbenchError, match="no release second") as caught:
        compare_releases("mini", "first", "second")
    assert "first, current" in str(caught.value)

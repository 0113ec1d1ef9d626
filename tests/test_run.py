"""A run: only when something changed, all of it or nothing, and never over received answers."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis import generated, run
from analysis.errors import WorkbenchError
from analysis.estimates import COLUMNS, RELEASED_COLUMNS
from analysis.run import (
    read_run_record,
    reasons_to_run,
    run_study,
    stored_ingredients,
)
from analysis.study import Study, open_study
from analysis.workspace import Workspace
from tests.mini_results import answers, contents, mini_workspace, write_answers
from tests.mini_study import CARD, write_mini_study

RESULTS = {
    "estimates.parquet",
    "released.parquet",
    "waiting_texts.json",
    "run_record.json",
    "issues.csv",
    "weights_people.parquet",
    "run_key.json",
}
#: A second sample with a file of its own.
TWO_SAMPLES = CARD + CARD[CARD.index("  people:") :].replace("people", "others")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the small study has been run."""
    workspace = mini_workspace(tmp_path_factory.mktemp("finished"))
    run_study(open_study("mini", workspace))
    return workspace.root


@pytest.fixture
def workspace(finished: Path, tmp_path: Path) -> Workspace:
    """A copy of it for one test."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    return Workspace(tmp_path)


def opened(workspace: Workspace) -> Study:
    return open_study("mini", workspace)


def append_line(path: Path) -> None:
    """A change that means nothing: the content counts, not what it says."""
    path.write_bytes(path.read_bytes() + b"\n")


def leftovers(workspace: Workspace) -> list[str]:
    """Temporary files and folders."""
    return [path.name for path in (workspace.root / "data").rglob(".*")]


# --- what a run leaves --------------------------------------------------------------------


def test_a_run_leaves_its_results_and_nothing_else(workspace: Workspace) -> None:
    assert set(contents(workspace.processed("mini"))) == RESULTS | {"released_texts.json"}
    assert leftovers(workspace) == []


def test_released_rows_hold_nothing_confidential(workspace: Workspace) -> None:
    released = pd.read_parquet(workspace.processed("mini") / "released.parquet")
    estimates = pd.read_parquet(workspace.processed("mini") / "estimates.parquet")
    assert list(released.columns) == RELEASED_COLUMNS
    assert list(estimates.columns) == COLUMNS
    assert len(released) == len(estimates) > 0
    assert (released["release"] != "").all()


def test_the_record_tells_what_was_done(workspace: Workspace) -> None:
    study = opened(workspace)
    record = read_run_record(study)
    assert (record["study"], record["wave"], record["data_origin"]) == ("mini", "2020", "observed")
    assert record["samples"]["people"]["n"] == 240
    assert record["seed"] == study.card.seed
    released = pd.read_parquet(study.processed / "released.parquet")
    assert sum(record["release"]["counts"].values()) == len(released)
    assert set(released["input_hash"]) == {record["input_hash"]}
    assert record["software"].keys() == {"python", "analysis", "numpy", "pandas", "scipy"}


def test_results_tell_of_no_folder_of_this_machine(workspace: Workspace, finished: Path) -> None:
    for name, data in contents(workspace.processed("mini")).items():
        assert str(finished).encode() not in data, name


def test_the_same_inputs_give_the_same_bytes(workspace: Workspace) -> None:
    before = contents(workspace.processed("mini"))
    assert run_study(opened(workspace), force=True).done
    assert contents(workspace.processed("mini")) == before


def test_the_outcome_in_words(workspace: Workspace) -> None:
    assert run_study(opened(workspace)).lines() == ["mini: up to date"]
    first, second, third = run_study(opened(workspace), force=True).lines()
    assert "59 estimates, of them released" in first
    assert "recoverable 0" in second
    assert third.startswith("issues noted: 0")


def test_each_stage_is_told(workspace: Workspace) -> None:
    told: list[str] = []
    run_study(opened(workspace), force=True, step=told.append)
    stages = ["reading and checking people", "weighting people", "estimating",
              "releasing and auditing", "writing"]  # fmt: skip
    assert told == [f"mini: {stage}" for stage in stages]


# --- only when something changed ----------------------------------------------------------


def test_a_second_run_does_nothing(workspace: Workspace) -> None:
    before = {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")}
    assert not run_study(opened(workspace)).done
    assert reasons_to_run(opened(workspace)) == []
    assert {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")} == before


def test_touched_files_are_not_changed_files(workspace: Workspace) -> None:
    for path in workspace.root.rglob("*"):
        os.utime(path, (1, 1))
    assert reasons_to_run(opened(workspace)) == []
    assert not run_study(opened(workspace)).done


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("data/raw/mini/people.csv", "raw/people.csv changed"),
        ("studies/mini/study.yaml", "definitions/study.yaml changed"),
        ("studies/mini/plan.csv", "definitions/plan.csv changed"),
        ("studies/mini/questionnaire/choices.csv", "definitions/questionnaire/choices.csv changed"),
    ],
)
def test_a_changed_ingredient_is_named_and_the_run_happens(
    workspace: Workspace, name: str, reason: str
) -> None:
    append_line(workspace.root / name)
    assert reasons_to_run(opened(workspace)) == [reason]
    assert run_study(opened(workspace)).done
    assert reasons_to_run(opened(workspace)) == []


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("studies/catalogues/services.csv", "code\n", "catalogues/services.csv is new"),
        ("data/raw/mini/response_flow.csv", "sample,stage,reason,count\n",
         "raw/response_flow.csv is new"),
        ("studies/mini/corrections.csv",
         "respondent,row,column,old,new,reason,author,date\n", "definitions/corrections.csv is new"),
        ("requirements.lock", "", "requirements.lock changed"),
    ],
)  # fmt: skip
def test_a_new_ingredient_is_named_and_the_run_happens(
    workspace: Workspace, name: str, text: str, reason: str
) -> None:
    (workspace.root / name).write_text(text)
    assert reasons_to_run(opened(workspace)) == [reason]
    assert run_study(opened(workspace)).done
    (workspace.root / name).unlink()
    assert reasons_to_run(opened(workspace)) == [reason.replace("is new", "is gone")]


def test_how_reports_look_is_no_reason(workspace: Workspace) -> None:
    folder = workspace.studies / "mini"
    append_line(folder / "reports" / "brief.yaml")
    append_line(folder / "notebooks" / "brief.ipynb")
    assert reasons_to_run(opened(workspace)) == []


def make_other(path: Path) -> None:
    path.write_text("[1]")


@pytest.mark.parametrize("name", sorted(RESULTS))
@pytest.mark.parametrize("damage", [Path.unlink, make_other])
def test_results_that_are_not_as_written_are_not_taken_for_done(
    workspace: Workspace, name: str, damage: Callable[[Path], None]
) -> None:
    damage(workspace.processed("mini") / name)
    assert stored_ingredients(opened(workspace)) is None
    assert reasons_to_run(opened(workspace)) == ["nothing has been computed yet"]


def test_damaged_results_are_made_again(workspace: Workspace) -> None:
    before = contents(workspace.processed("mini"))
    (workspace.processed("mini") / "run_record.json").write_text("{")
    assert run_study(opened(workspace)).done
    assert contents(workspace.processed("mini")) == before


def test_results_of_a_sample_that_is_no_more_go(tmp_path: Path) -> None:
    workspace = mini_workspace(tmp_path, study=TWO_SAMPLES)
    write_answers(workspace).rename(workspace.raw("mini") / "others.csv")
    write_answers(workspace)
    run_study(opened(workspace))
    assert set(contents(workspace.processed("mini"))) == RESULTS | {
        "weights_others.parquet",
        "released_texts.json",
    }
    write_mini_study(tmp_path)
    run_study(opened(workspace))
    assert set(contents(workspace.processed("mini"))) == RESULTS | {"released_texts.json"}


# --- a run that fails ---------------------------------------------------------------------


def fails(workspace: Workspace, message: str, **options: Any) -> WorkbenchError:
    with pytest.raises(WorkbenchError, match=message) as caught:
        run_study(opened(workspace), **options)
    return caught.value


def test_answers_that_cannot_be_used_leave_the_former_results(workspace: Workspace) -> None:
    before = contents(workspace.processed("mini"))
    twice = answers()
    twice.loc[1, "respondent"] = "p0"
    write_answers(workspace, twice)
    error = fails(workspace, "the answers of the sample people cannot be used")
    assert error.issue.hint == "1 errors in all: needs check mini"
    assert contents(workspace.processed("mini")) == before
    assert leftovers(workspace) == []
    # What is stored is of other answers, and is not taken for theirs.
    assert reasons_to_run(opened(workspace)) == ["raw/people.csv changed"]


def test_a_file_that_cannot_be_read_leaves_nothing(tmp_path: Path) -> None:
    workspace = mini_workspace(tmp_path)
    (workspace.raw("mini") / "people.csv").write_text("nothing\n")
    fails(workspace, "a header but no respondents")
    assert not workspace.processed("mini").exists()
    assert leftovers(workspace) == []


@pytest.mark.parametrize("stage", ["weight_sample", "estimate_study", "release", "_run_record"])
def test_a_fault_in_any_stage_leaves_the_former_results(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    before = contents(workspace.root)

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(run, stage, broken)
    with pytest.raises(ZeroDivisionError):
        run_study(opened(workspace), force=True)
    assert contents(workspace.root) == before


class _Crash:
    """``os.replace`` that gives out after some calls."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self, source: Path, target: Path) -> None:
        if not self.left:
            raise OSError(28, "No space left on device")
        self.left -= 1
        os.rename(source, target)


@pytest.mark.parametrize("calls", range(len(RESULTS)))
def test_a_run_cut_off_between_files_is_never_taken_for_done(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    append_line(workspace.raw("mini") / "people.csv")
    with monkeypatch.context() as crashing:
        crashing.setattr(run.os, "replace", _Crash(calls))
        with pytest.raises(OSError, match="No space left"):
            run_study(opened(workspace))
    assert reasons_to_run(opened(workspace)) == ["nothing has been computed yet"]
    assert leftovers(workspace) == []
    assert run_study(opened(workspace)).done
    assert reasons_to_run(opened(workspace)) == []


# --- answers that are missing -------------------------------------------------------------


def test_a_study_without_answers(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path)
    assert reasons_to_run(opened(workspace)) == ["there are no answers yet"]
    error = fails(workspace, "the study mini has no answers yet")
    assert error.issue.file == str(workspace.raw("mini") / "people.csv")
    assert "--synthetic" in str(error.issue.hint)
    assert not (tmp_path / "data").exists()


def test_a_study_that_lacks_some_of_its_answers(tmp_path: Path) -> None:
    workspace = mini_workspace(tmp_path, study=TWO_SAMPLES)
    error = fails(workspace, "the study mini lacks some of its answers")
    assert error.issue.file == str(workspace.raw("mini") / "others.csv")


# --- received answers are only read -------------------------------------------------------


def test_raw_files_are_never_written(tmp_path: Path) -> None:
    workspace = mini_workspace(tmp_path)
    raw = workspace.root / "data" / "raw"
    before = contents(raw), {path: path.stat().st_mtime_ns for path in raw.rglob("*")}
    run_study(opened(workspace), synthetic=True)
    assert (contents(raw), {path: path.stat().st_mtime_ns for path in raw.rglob("*")}) == before
    assert read_run_record(opened(workspace))["data_origin"] == "observed"


# --- generated answers --------------------------------------------------------------------

GENERATED = {
    "people.csv", "people.xlsx", "people.sav", "response_flow.csv", "generated.json",
    "truth/truth.parquet", "truth/README.md",
}  # fmt: skip


@pytest.fixture(scope="module")
def generated_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with generated answers, not run yet."""
    workspace = write_mini_study(tmp_path_factory.mktemp("generated"))
    generated.make_synthetic(open_study("mini", workspace))
    return workspace.root


@pytest.fixture
def modelled(generated_once: Path, tmp_path: Path) -> Workspace:
    shutil.copytree(generated_once, tmp_path, dirs_exist_ok=True)
    return Workspace(tmp_path)


def test_generated_answers_are_marked_all_the_way(modelled: Workspace) -> None:
    assert set(contents(modelled.raw("mini"))) == GENERATED
    assert leftovers(modelled) == []
    run_study(opened(modelled), synthetic=True)
    assert read_run_record(opened(modelled))["data_origin"] == "modelled"
    released = pd.read_parquet(modelled.processed("mini") / "released.parquet")
    assert set(released["data_origin"]) == {"modelled"}


def test_generated_answers_are_made_once(modelled: Workspace) -> None:
    before = {path: path.stat().st_mtime_ns for path in modelled.root.rglob("*")}
    generated.make_synthetic(opened(modelled))
    assert {path: path.stat().st_mtime_ns for path in modelled.root.rglob("*")} == before


def test_the_same_study_generates_the_same_bytes(modelled: Workspace, tmp_path: Path) -> None:
    again = write_mini_study(tmp_path / "again")
    generated.make_synthetic(opened(again))
    assert contents(again.raw("mini")) == contents(modelled.raw("mini"))


def test_generated_answers_follow_the_definitions(modelled: Workspace) -> None:
    before = contents(modelled.raw("mini"))
    card = modelled.studies / "mini" / "study.yaml"
    card.write_text(card.read_text(encoding="utf-8") + "seed: 2\n", encoding="utf-8")
    generated.make_synthetic(opened(modelled))
    after = contents(modelled.raw("mini"))
    assert set(after) == GENERATED
    assert after["people.csv"] != before["people.csv"]


@pytest.mark.parametrize("name", ["people.csv", "people.sav", "response_flow.csv"])
def test_what_was_taken_away_is_made_again(modelled: Workspace, name: str) -> None:
    before = contents(modelled.raw("mini"))
    (modelled.raw("mini") / name).unlink()
    generated.make_synthetic(opened(modelled))
    assert contents(modelled.raw("mini")) == before


def test_without_the_record_generated_answers_count_as_received(modelled: Workspace) -> None:
    (modelled.raw("mini") / "generated.json").unlink()
    append_line(modelled.studies / "mini" / "study.yaml")
    before = contents(modelled.raw("mini"))
    generated.make_synthetic(opened(modelled))
    assert contents(modelled.raw("mini")) == before


def test_edited_answers_count_as_received(modelled: Workspace) -> None:
    append_line(modelled.raw("mini") / "people.csv")
    append_line(modelled.studies / "mini" / "study.yaml")
    before = contents(modelled.raw("mini"))
    generated.make_synthetic(opened(modelled))
    assert contents(modelled.raw("mini")) == before
    # They still say of themselves that they are modelled.
    run_study(opened(modelled), synthetic=True)
    assert read_run_record(opened(modelled))["data_origin"] == "modelled"


@pytest.mark.parametrize("name", ["people.sav", "people.xlsx", "people.tsv", "response_flow.csv"])
def test_generated_answers_never_overwrite_or_join_received_ones(tmp_path: Path, name: str) -> None:
    workspace = write_mini_study(tmp_path)
    raw = workspace.raw("mini")
    raw.mkdir(parents=True)
    (raw / name).write_text("received")
    error = fails(workspace, "some raw files are there and others are not", synthetic=True)
    assert error.issue.got == f"received: {name}"
    assert contents(tmp_path / "data") == {f"raw/mini/{name}": b"received"}


def test_generated_answers_are_refused_beside_some_received_ones(tmp_path: Path) -> None:
    workspace = mini_workspace(tmp_path, study=TWO_SAMPLES)
    before = contents(tmp_path)
    error = fails(workspace, "some raw files are there and others are not", synthetic=True)
    assert error.issue.file == str(workspace.raw("mini") / "others.csv")
    assert contents(tmp_path) == before


def test_other_files_do_not_stand_in_the_way(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path)
    raw = workspace.raw("mini")
    raw.mkdir(parents=True)
    (raw / "codebook.pdf").write_text("how it was asked")
    generated.make_synthetic(opened(workspace))
    assert set(contents(raw)) == GENERATED | {"codebook.pdf"}
    assert (raw / "codebook.pdf").read_text() == "how it was asked"


def test_received_answers_of_one_sample_and_generated_ones_of_another_are_refused(
    tmp_path: Path,
) -> None:
    workspace = mini_workspace(tmp_path, study=TWO_SAMPLES)
    made = answers().assign(data_origin="modelled")
    write_answers(workspace, made).rename(workspace.raw("mini") / "others.csv")
    write_answers(workspace)
    error = fails(workspace, "generated answers stand beside received ones")
    assert error.issue.got == "people: observed, others: modelled"
    assert not workspace.processed("mini").exists()


@pytest.mark.parametrize("files", ["{path: people.parquet}", "{path: a.csv}, {path: b.csv}"])
def test_files_that_cannot_be_generated_are_named(tmp_path: Path, files: str) -> None:
    workspace = write_mini_study(tmp_path, study=CARD.replace("{path: people.csv}", files))
    fails(workspace, "answers of the sample people cannot be generated", synthetic=True)
    assert not (tmp_path / "data").exists()


def test_a_generator_that_fails_leaves_what_there_was(
    modelled: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    append_line(modelled.studies / "mini" / "study.yaml")
    before = contents(modelled.root)
    monkeypatch.setattr("analysis.synthetic.respondents.write_synthetic", broken)
    with pytest.raises(ZeroDivisionError):
        generated.make_synthetic(opened(modelled))
    assert contents(modelled.root) == before


@pytest.mark.parametrize("calls", range(len(GENERATED)))
def test_generating_cut_off_anywhere_is_completed_the_next_time(
    modelled: Workspace, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    before = contents(modelled.raw("mini"))
    (modelled.raw("mini") / "people.csv").unlink()
    staged = modelled.root / "staged"
    shutil.copytree(modelled.raw("mini"), staged)
    (staged / "people.csv").write_bytes(before["people.csv"])
    (staged / "generated.json").unlink()

    def made_before(_: Study, folder: Path) -> list[Path]:
        shutil.copytree(staged, folder, dirs_exist_ok=True)
        return [path for path in sorted(folder.rglob("*")) if path.is_file()]

    monkeypatch.setattr("analysis.synthetic.respondents.write_synthetic", made_before)
    with monkeypatch.context() as crashing:
        crashing.setattr(generated.os, "replace", _Crash(calls))
        with pytest.raises(OSError, match="No space left"):
            generated.make_synthetic(opened(modelled))
    assert leftovers(modelled) == []
    generated.make_synthetic(opened(modelled))
    assert contents(modelled.raw("mini")) == before


def test_a_record_that_cannot_be_read_protects_the_files(modelled: Workspace) -> None:
    (modelled.raw("mini") / "generated.json").write_text("{")
    (modelled.raw("mini") / "people.csv").unlink()
    before = contents(modelled.raw("mini"))
    fails(modelled, "some raw files are there and others are not", synthetic=True)
    assert contents(modelled.raw("mini")) == before


def test_the_record_names_every_generated_file(modelled: Workspace) -> None:
    record = json.loads((modelled.raw("mini") / "generated.json").read_text(encoding="utf-8"))
    assert set(record["files"]) == GENERATED - {"generated.json"}

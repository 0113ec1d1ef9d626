"""What results are made from: contents, never times; everything that is read, nothing else."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from analysis import ingredients
from analysis.ingredients import (
    answer_files,
    changed_ingredients,
    combined_hash,
    content_hash,
    definition_ingredients,
    has_content,
    raw_files,
    report_ingredients,
    run_ingredients,
)
from analysis.study import Study, open_study
from analysis.workspace import Workspace
from tests.mini_results import mini_workspace
from tests.mini_study import CARD, CHOICES, SURVEY

MARGINS = """\
sample,name,variables,table,role,reference_date,source::cs,source::en
people,age,age_group,tables/age.csv,total,2020-01-01,odhad,estimate
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return mini_workspace(tmp_path)


def opened(workspace: Workspace) -> Study:
    return open_study("mini", workspace)


def template(workspace: Workspace) -> Path:
    return workspace.studies / "mini" / "notebooks" / "brief.ipynb"


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert content_hash(path) == digest
    assert has_content(path, digest)
    path.write_bytes(b"abd")
    assert not has_content(path, digest)
    assert not has_content(tmp_path, digest) and not has_content(tmp_path / "none", digest)


def test_a_combined_hash_depends_on_names_and_contents_but_not_on_their_order() -> None:
    first = combined_hash({"a": "1", "b": "2"})
    assert first == combined_hash({"b": "2", "a": "1"})
    assert len({first, combined_hash({"a": "2", "b": "1"}), combined_hash({"a": "1"})}) == 3


def test_changes_are_named() -> None:
    before, after = {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"}
    assert changed_ingredients(before, after) == ["b changed", "c is gone", "d is new"]
    assert changed_ingredients(after, after) == []


def test_a_run_is_made_from_definitions_answers_and_package(workspace: Workspace) -> None:
    (workspace.catalogues / "territory").mkdir()
    (workspace.catalogues / "territory" / "regions.csv").write_text("code\n")
    (workspace.raw("mini") / "notes.txt").write_text("no answers")
    assert set(run_ingredients(opened(workspace))) == {
        "definitions/study.yaml",
        "definitions/questionnaire/survey.csv",
        "definitions/questionnaire/choices.csv",
        "definitions/variables.csv",
        "definitions/indicators.csv",
        "definitions/plan.csv",
        "definitions/areas.csv",
        "catalogues/territory/regions.csv",
        "raw/people.csv",
        "package, computing",
        "requirements.lock",
    }


def test_definitions_are_a_run_without_its_answers(workspace: Workspace) -> None:
    study = opened(workspace)
    run, definitions = run_ingredients(study), definition_ingredients(study)
    assert run.items() - definitions.items() == {("raw/people.csv", run["raw/people.csv"])}
    assert definitions.items() <= run.items()


def test_touching_files_changes_nothing(workspace: Workspace) -> None:
    before = run_ingredients(opened(workspace))
    for path in workspace.root.rglob("*"):
        os.utime(path, (1, 1))
    assert run_ingredients(opened(workspace)) == before


def test_a_response_flow_beside_the_answers_counts(workspace: Workspace) -> None:
    flow = workspace.raw("mini") / "response_flow.csv"
    flow.write_text("sample,stage,reason,count\n")
    study = opened(workspace)
    assert raw_files(study) == [workspace.raw("mini") / "people.csv", flow]
    assert "raw/response_flow.csv" in run_ingredients(study)


def test_files_that_are_not_there_are_named_but_not_hashed(workspace: Workspace) -> None:
    path = workspace.raw("mini") / "people.csv"
    path.unlink()
    study = opened(workspace)
    assert answer_files(study) == [path]
    assert raw_files(study) == []
    assert "raw/people.csv" not in run_ingredients(study)


def test_a_form_that_came_with_the_answers_counts(tmp_path: Path) -> None:
    card = CARD.replace("questionnaire/survey.csv", "form.csv").replace(
        "questionnaire/choices.csv", "lists/choices.csv"
    )
    workspace = Workspace(tmp_path)
    raw = workspace.raw("mini")
    (raw / "lists").mkdir(parents=True)
    (raw / "form.csv").write_text(SURVEY, encoding="utf-8")
    (raw / "lists" / "choices.csv").write_text(CHOICES, encoding="utf-8")
    mini_workspace(tmp_path, study=card)
    study = opened(workspace)
    form = {"raw/form.csv", "raw/lists/choices.csv"}
    assert form <= set(definition_ingredients(study))
    assert form <= set(report_ingredients(study, "brief", template(workspace)))


def test_a_form_anywhere_in_the_folder_of_the_study_counts(tmp_path: Path) -> None:
    card = CARD.replace("questionnaire/survey.csv", "form/survey.csv")
    workspace = mini_workspace(tmp_path, study=card)
    form = workspace.studies / "mini" / "form"
    form.mkdir()
    (form / "survey.csv").write_text(SURVEY, encoding="utf-8")
    assert "definitions/form/survey.csv" in run_ingredients(opened(workspace))


def test_an_own_table_of_a_margin_counts(workspace: Workspace) -> None:
    folder = workspace.studies / "mini"
    (folder / "margins.csv").write_text(MARGINS, encoding="utf-8")
    (folder / "tables").mkdir()
    (folder / "tables" / "age.csv").write_text("area,level,total\n")
    assert "definitions/tables/age.csv" in run_ingredients(opened(workspace))


def test_a_report_is_made_from_what_was_released(workspace: Workspace) -> None:
    study = opened(workspace)
    found = report_ingredients(study, "brief", template(workspace))
    assert {
        "template brief", "package, presentation", "package, build.py",
        "definitions/reports/brief.yaml",
    } <= set(found)  # fmt: skip
    assert not any(name.startswith(("released/", "raw/")) for name in found)
    study.processed.mkdir(parents=True)
    for name in ("released.parquet", "released_texts.json", "estimates.parquet"):
        (study.processed / name).write_text("x")
    names = set(report_ingredients(study, "brief", template(workspace)))
    # Which released rows a report reads depends on its area: they are added by the build.
    assert {name for name in names if name.startswith("released/")} == {
        "released/released_texts.json"
    }


def test_files_that_reports_show_beside_count(workspace: Workspace) -> None:
    boundaries = workspace.raw("boundaries") / "area.geojson"
    boundaries.parent.mkdir(parents=True)
    boundaries.write_text("{}")
    found = report_ingredients(opened(workspace), "brief", template(workspace), [boundaries])
    assert found["raw/boundaries/area.geojson"] == content_hash(boundaries)


def test_answers_outside_the_workspace_are_named_without_their_folder(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "people.csv"
    elsewhere.write_text("respondent\n")
    study = opened(workspace)
    sample = study.card.samples["people"]
    file = sample.files[0].model_copy(update={"path": str(elsewhere)})
    samples = {"people": sample.model_copy(update={"files": (file,)})}
    moved = replace(study, card=study.card.model_copy(update={"samples": samples}))
    assert run_ingredients(moved)["raw/people.csv"] == content_hash(elsewhere)


@pytest.mark.parametrize(
    ("name", "recomputes"),
    [("run.py", True), ("release/rules.yaml", True), ("presentation/charts/stack.py", False),
     ("publishing/templates/report.css", False), ("cli.py", False)],
)  # fmt: skip
def test_how_results_are_shown_does_not_recompute_them(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str,
    recomputes: bool,
) -> None:  # fmt: skip
    package = tmp_path / "package"
    (package / name).parent.mkdir(parents=True)
    (package / name).write_text("1")
    monkeypatch.setattr(ingredients, "PACKAGE", package)
    study, shape = opened(workspace), template(workspace)
    run, report = run_ingredients(study), report_ingredients(study, "brief", shape)
    (package / name).write_text("2")
    (package / "__pycache__").mkdir()
    assert (run_ingredients(study) != run) == recomputes
    assert report_ingredients(study, "brief", shape) != report


def test_compiled_files_do_not_count(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    (package / "__pycache__").mkdir(parents=True)
    monkeypatch.setattr(ingredients, "PACKAGE", package)
    before = run_ingredients(opened(workspace))
    (package / "__pycache__" / "run.cpython-311.pyc").write_bytes(b"1")
    assert run_ingredients(opened(workspace)) == before

"""A build makes the data annex too: workbooks and open data, when their ingredients changed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest

from analysis.build import build_study, reasons_to_build, render_reports
from analysis.errors import WorkbenchError
from analysis.publishing.manifest import check_manifest
from analysis.run import run_study
from analysis.study import open_study
from analysis.workspace import ENVIRONMENT_VARIABLE, Workspace
from tests.mini_annex import ANNEX, write_annex
from tests.mini_results import answers, contents, mini_workspace, needs, write_answers
from tests.publishing.reading import page

KINDS = ["annex", "open_data"]
WORKBOOKS = {f"cs/annex/{name}.xlsx" for name in ("d1-prvni", "d2-druhy", "mini")}
TABLES = {
    f"open_data/{name}"
    for name in ("estimates.csv", "areas.csv", "samples.csv", "indicators.csv", "breakdowns.csv",
                 "groups.csv", "codebook.csv", "csv-metadata.json")
}  # fmt: skip
SITE = {"index.html", "manifest.json", "sbom.cdx.json"}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the annex of the small study has been made."""
    workspace = mini_workspace(tmp_path_factory.mktemp("finished"))
    write_annex(workspace)
    with pytest.MonkeyPatch.context() as patching:
        patching.setenv(ENVIRONMENT_VARIABLE, str(workspace.root))
        run_study(open_study("mini", workspace))
        assert render_reports("mini", kinds=KINDS, workers=1).made == 4
    return workspace.root


@pytest.fixture
def workspace(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    return Workspace(tmp_path)


def test_the_files_are_where_they_should_be(workspace: Workspace) -> None:
    folder = workspace.reports("mini")
    assert set(contents(folder)) == WORKBOOKS | TABLES | SITE
    manifest = check_manifest(folder)
    assert {record.key for record in manifest.reports} == {
        ("annex", "d1", "cs"), ("annex", "d2", "cs"), ("annex", "mini", "cs"),
        ("open_data", "mini", ""),
    }  # fmt: skip


def test_nothing_is_made_again_when_nothing_changed(workspace: Workspace) -> None:
    before = {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")}
    result = render_reports("mini", kinds=KINDS, workers=1)
    assert (result.made, result.current) == (0, 4)
    assert {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")} == before


def test_a_changed_annex_is_made_again_without_a_run(workspace: Workspace) -> None:
    write_annex(workspace, ANNEX.replace("cs: Znalost služeb", "cs: Znalost"))
    reasons = reasons_to_build("mini")
    (workbook,) = [text for text in reasons if text.startswith("report annex d1 cs would be made")]
    assert "definitions/annex.yaml changed" in workbook
    assert not any(reason.startswith("run:") for reason in reasons)
    assert render_reports("mini", kinds=KINDS, workers=1).made == 4
    book = openpyxl.load_workbook(workspace.reports("mini") / "cs" / "annex" / "d1-prvni.xlsx")
    assert "Znalost" in book.sheetnames


def test_made_anew_the_files_have_the_same_bytes(workspace: Workspace) -> None:
    before = contents(workspace.reports("mini"))
    assert render_reports("mini", kinds=KINDS, workers=2, force=True).made == 4
    assert contents(workspace.reports("mini")) == before


@pytest.mark.parametrize("name", ["cs/annex/d1-prvni.xlsx", "open_data/areas.csv"])
def test_a_damaged_file_is_made_again(workspace: Workspace, name: str) -> None:
    path = workspace.reports("mini") / name
    before = path.read_bytes()
    path.write_bytes(before + b" ")
    assert render_reports("mini", kinds=KINDS, workers=1).made == 1
    assert path.read_bytes() == before


def test_an_annex_that_is_given_up_is_withdrawn(workspace: Workspace) -> None:
    (workspace.studies / "mini" / "annex.yaml").unlink()
    build_study("mini", workers=1)
    assert not set(contents(workspace.reports("mini"))) & (WORKBOOKS | TABLES)
    index = (workspace.reports("mini") / "index.html").read_text(encoding="utf-8")
    assert "open_data" not in index and "annex" not in index


def test_one_area_and_one_language_can_be_asked_for(workspace: Workspace) -> None:
    result = needs(
        workspace.root, "report", "mini", "--kind", "annex", "--area", "d1", "--lang", "en",
        "--workers", "1",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "reports made 1" in result.stdout
    assert (workspace.reports("mini") / "en" / "annex" / "d1-prvni.xlsx").exists()


def test_a_study_without_an_annex_has_no_such_kind(workspace: Workspace) -> None:
    (workspace.studies / "mini" / "annex.yaml").unlink()
    with pytest.raises(WorkbenchError, match="no kind of report annex"):
        render_reports("mini", kinds=["annex"])


def test_a_mistake_in_the_annex_is_told_before_the_long_work(workspace: Workspace) -> None:
    write_annex(workspace, ANNEX.replace("families: [K]", "families: [KK]"))
    write_answers(workspace, answers(seed=3))
    with pytest.raises(WorkbenchError, match="data annex"):
        build_study("mini", workers=1)
    result = needs(workspace.root, "check", "--definitions", "mini")
    assert result.returncode == 2 and "annex.yaml" in result.stderr


def test_the_index_lists_workbooks_and_tables_with_their_size(workspace: Workspace) -> None:
    root = page((workspace.reports("mini") / "index.html").read_text(encoding="utf-8"))
    links = {node.attributes["href"] for node in root.all("a")}
    assert links >= WORKBOOKS | TABLES
    headers = [[cell.text for cell in one.all("th")][:2] for one in root.all("thead")]
    assert ["Oblast", "Excel"] in headers
    item = next(node for node in root.all("li") if "estimates.csv" in node.text)
    assert "kB" in item.text


def test_no_file_holds_a_path_of_this_machine(workspace: Workspace, finished: Path) -> None:
    for name, data in contents(workspace.reports("mini")).items():
        assert str(finished).encode() not in data, name


def test_workbooks_are_for_reading(workspace: Workspace) -> None:
    """Frozen header rows, filters, no merged cell, no formula, a title and a language."""
    for name in WORKBOOKS:
        path = workspace.reports("mini") / name
        book = openpyxl.load_workbook(path)
        assert book.properties.title.startswith("Datová příloha")
        for one in book.worksheets[1:]:
            assert one.freeze_panes and not one.merged_cells.ranges
            assert one.max_column == 1 or one.auto_filter.ref
            assert all(cell.data_type != "f" for row in one.iter_rows() for cell in row)
            assert one.column_dimensions["A"].width > 30
        with ZipFile(path) as archive:
            assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"cs" in archive.read("docProps/custom.xml")


def test_a_name_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    workspace = mini_workspace(tmp_path)
    write_annex(workspace)
    path = workspace.studies / "mini" / "areas.csv"
    path.write_text('code,name,slug\nd1,"=1+1",prvni\nd2,"@SUM(1)",druhy\n', encoding="utf-8")
    study = open_study("mini", workspace)
    run_study(study)
    render_reports(study, kinds=KINDS, workers=1)
    for name in WORKBOOKS:
        book = openpyxl.load_workbook(workspace.reports("mini") / name)
        for one in book:
            assert all(cell.data_type != "f" for row in one.iter_rows() for cell in row)


def test_the_metadata_name_every_table_of_the_folder(workspace: Workspace) -> None:
    folder = workspace.reports("mini") / "open_data"
    description = json.loads((folder / "csv-metadata.json").read_text(encoding="utf-8"))
    assert {one["url"] for one in description["tables"]} == {
        path.name for path in folder.glob("*.csv")
    }
    for one in description["tables"]:
        text = (folder / one["url"]).read_bytes().decode()
        header = next(csv.reader(io.StringIO(text, newline="")))
        assert header == [column["name"] for column in one["tableSchema"]["columns"]]
    manifest = check_manifest(workspace.reports("mini"))
    record = manifest.report("open_data", "mini", "")
    assert record is not None
    digest = hashlib.sha256((folder / "estimates.csv").read_bytes()).hexdigest()
    assert record.files["estimates.csv"].sha256 == digest

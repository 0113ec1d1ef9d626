"""The manifest: written whole, read back, compared with the files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.errors import WorkbenchError
from analysis.publishing.batch import Job, OutputFile, RenderResult
from analysis.publishing.manifest import (
    Manifest,
    ReportRecord,
    check_manifest,
    is_intact,
    merged_records,
    output_file,
    read_manifest,
    record_of,
    run_summary,
    write_manifest,
    write_whole,
)


def record(folder: Path, area: str = "0001", ingredients: str = "abc") -> ReportRecord:
    path = write_whole(folder / "cs" / "awareness" / f"{area}.html", f"<p>{area}".encode())
    files = {"html": output_file(folder, path)}
    return ReportRecord("awareness", area, "cs", "Zpráva", "modelled", ingredients, files)


def manifest(folder: Path) -> Manifest:
    return Manifest(
        "vzor",
        {"definitions/study.yaml": "00"},
        {"seed": 7, "release": {"audit": {"recoverable": 0}}},
        (record(folder, "0001"), record(folder, "0002")),
        (output_file(folder, write_whole(folder / "index.html", b"<p>")),),
    )


def test_a_manifest_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    written = manifest(tmp_path)
    path = write_manifest(tmp_path, written)
    assert path.name == "manifest.json"
    assert read_manifest(tmp_path) == written
    assert check_manifest(tmp_path) == written
    content = json.loads(path.read_text(encoding="utf-8"))
    assert content["package_version"] and content["run"]["release"]["audit"] == {"recoverable": 0}


def test_the_same_manifest_gives_the_same_bytes_and_leaves_no_other_file(tmp_path: Path) -> None:
    written = manifest(tmp_path)
    first = write_manifest(tmp_path, written).read_bytes()
    assert write_manifest(tmp_path, written).read_bytes() == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cs", "index.html", "manifest.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 0}', '{"format": 1}', "7"])
def test_a_damaged_manifest_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    assert read_manifest(tmp_path) is None
    with pytest.raises(WorkbenchError, match="no usable manifest"):
        check_manifest(tmp_path)


@pytest.mark.parametrize("change", ["absent", "shorter", "other"])
def test_a_changed_file_is_found(tmp_path: Path, change: str) -> None:
    written = manifest(tmp_path)
    write_manifest(tmp_path, written)
    path = tmp_path / "cs" / "awareness" / "0002.html"
    data = path.read_bytes()
    if change == "absent":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if change == "shorter" else data[:-1] + b"X")
    assert is_intact(tmp_path, written.reports[0])
    assert not is_intact(tmp_path, written.reports[1])
    with pytest.raises(WorkbenchError) as caught:
        check_manifest(tmp_path)
    assert [issue.file for issue in caught.value.issues] == ["cs/awareness/0002.html"]


def test_new_records_take_the_place_of_old_ones(tmp_path: Path) -> None:
    old = [record(tmp_path, "0002", "old"), record(tmp_path, "0001", "old")]
    made = merged_records(old, [record(tmp_path, "0002", "new")])
    assert [(item.area, item.ingredients) for item in made] == [("0001", "old"), ("0002", "new")]


def test_a_report_is_found_by_its_key(tmp_path: Path) -> None:
    written = manifest(tmp_path)
    assert written.report("awareness", "0002", "cs") == written.reports[1]
    assert written.report("awareness", "0002", "en") is None


def test_a_result_becomes_a_record(tmp_path: Path) -> None:
    job = Job("s", "awareness", "0001", "x", "cs", tmp_path, {}, tmp_path, tmp_path)
    files = {"html": OutputFile("cs/awareness/0001-x.html", 3, "ff")}
    result = RenderResult(job, files, "Zpráva", "observed", seconds=3.2)
    made = record_of(result, "abc")
    assert made.key == ("awareness", "0001", "cs")
    assert made.files == files and made.data_origin == "observed" and made.ingredients == "abc"


def test_of_a_run_only_what_belongs_to_the_inputs_is_repeated() -> None:
    run = {"seed": 1, "input_hash": "ab", "release": {}, "samples": {"x": 1}, "finished": "now"}
    assert run_summary(run) == {"seed": 1, "input_hash": "ab", "release": {}}


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_whole(tmp_path / "a.txt", b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("analysis.publishing.manifest.os.replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]

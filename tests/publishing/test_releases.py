"""Releases kept: whole or not at all, and never changed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.publishing import releases
from analysis.publishing.batch import OutputFile
from analysis.publishing.manifest import Manifest, ReportRecord, write_manifest
from analysis.publishing.releases import (
    checked_name,
    keep_release,
    latest_release,
    read_release,
    release_names,
    same_as_kept,
)

ROWS = pd.DataFrame({"row_id": ["a"], "estimate": [0.5]})


def published(folder: Path, text: str = "page", edition: str = "release") -> None:
    """A report as a batch leaves it: replaced by renaming, named by the manifest."""
    page = folder / "cs" / "brief" / "d1.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    aside = folder / "aside"
    aside.write_text(text)
    os.replace(aside, page)
    digest = hashlib.sha256(text.encode()).hexdigest()
    file = OutputFile("cs/brief/d1.html", len(text), digest)
    record = ReportRecord("brief", "d1", "cs", "T", "observed", "ab", {"html": file}, edition)
    write_manifest(folder, Manifest("mini", reports=(record,)))


def test_a_release_stays_as_it_was(tmp_path: Path) -> None:
    published(tmp_path)
    folder = keep_release(tmp_path, ROWS, checked_name(tmp_path, None))
    assert folder == tmp_path / "releases" / "1" and same_as_kept(tmp_path) == "1"
    published(tmp_path, "another page")
    assert (folder / "cs" / "brief" / "d1.html").read_text() == "page"
    assert same_as_kept(tmp_path) is None
    manifest, rows = read_release(folder)
    assert manifest.study == "mini" and rows.equals(ROWS)


def test_releases_have_the_next_number_or_a_name(tmp_path: Path) -> None:
    assert release_names(tmp_path) == [] and latest_release(tmp_path) is None
    for number in range(1, 12):
        published(tmp_path, str(number))
        keep_release(tmp_path, ROWS, checked_name(tmp_path, None))
    assert release_names(tmp_path) == [str(number) for number in range(1, 12)]
    assert latest_release(tmp_path) == "11"
    keep_release(tmp_path, ROWS, checked_name(tmp_path, "2011-spring"))
    assert release_names(tmp_path)[-1] == "2011-spring"
    for name in ("11", "../x", "a/b", "current", ".hidden"):
        with pytest.raises(WorkbenchError, match="release"):
            checked_name(tmp_path, name)


def test_nothing_half_made_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published(tmp_path)

    def full(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(releases, "_copy", full)
    with pytest.raises(OSError, match="No space"):
        keep_release(tmp_path, ROWS, "1")
    assert list((tmp_path / "releases").iterdir()) == []


def test_drafts_and_damaged_files_are_no_release(tmp_path: Path) -> None:
    published(tmp_path, edition="draft")
    with pytest.raises(WorkbenchError, match="draft"):
        keep_release(tmp_path, ROWS, "1")
    published(tmp_path)
    (tmp_path / "cs" / "brief" / "d1.html").write_text("damaged")
    with pytest.raises(WorkbenchError, match="not what the manifest tells"):
        keep_release(tmp_path, ROWS, "1")
    assert release_names(tmp_path) == []


def test_a_disk_without_links_gets_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(source: Path, target: Path) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    published(tmp_path)
    folder = keep_release(tmp_path, ROWS, "1")
    assert (folder / "cs" / "brief" / "d1.html").read_text() == "page"


def test_another_folder_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="this is no release"):
        read_release(tmp_path)

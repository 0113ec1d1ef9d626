"""Releases kept: a folder with all that was published at once, its manifest and its rows.

``reports/<study>/releases/<name>/`` is written beside its place and renamed, so it is there
whole or not at all, and it is never written again.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

import pandas as pd

from analysis.errors import WorkbenchError
from analysis.publishing.manifest import NAME as MANIFEST
from analysis.publishing.manifest import Manifest, check_manifest, read_manifest

FOLDER: Final = "releases"
ROWS: Final = "released.parquet"
_NAME: Final = re.compile(r"[\w][\w.-]{0,60}")


def release_names(reports: Path) -> list[str]:
    """The names of the releases kept, numbers in their order first."""
    folder = reports / FOLDER
    found = [path.name for path in folder.glob("*") if (path / MANIFEST).is_file()]
    return sorted(found, key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0,
                                           name))  # fmt: skip


def checked_name(reports: Path, name: str | None) -> str:
    """The name of a new release: the next number when none is given.

    Raises
    ------
    WorkbenchError
        If it cannot be the name of a folder, or there is a release of that name.
    """
    taken = release_names(reports)
    if name is None:
        return str(max((int(one) for one in taken if one.isdigit()), default=0) + 1)
    if not _NAME.fullmatch(name) or name == "current":
        raise WorkbenchError(
            "a release cannot have this name",
            expected="letters, digits, dots, dashes; not “current”",
            got=name,
        )
    if name in taken:
        raise WorkbenchError(
            f"there is a release {name} already",
            file=reports / FOLDER / name,
            hint="give another --name; a release is never changed",
        )
    return name


def latest_release(reports: Path) -> str | None:
    """The release whose manifest is the last one written; None where there is none."""
    numbered = [name for name in release_names(reports) if name.isdigit()]
    return numbered[-1] if numbered else next(reversed(release_names(reports)), None)


def same_as_kept(reports: Path) -> str | None:
    """The name of a release that holds exactly what is published now."""
    now = (reports / MANIFEST).read_bytes()
    for name in release_names(reports):
        if (reports / FOLDER / name / MANIFEST).read_bytes() == now:
            return name
    return None


def keep_release(reports: Path, rows: pd.DataFrame, name: str) -> Path:
    """Keep what is published as a release.

    Parameters
    ----------
    reports
        The folder of a study's reports.
    rows
        The released rows that the reports were made from.
    name
        Of the release, by :func:`checked_name`.

    Raises
    ------
    WorkbenchError
        If a published file is not as the manifest tells, or a report is a draft.
    """
    manifest = check_manifest(reports)
    drafts = [record for record in manifest.reports if record.edition != "release"]
    if drafts:
        raise WorkbenchError(
            "a release cannot hold a draft",
            file=reports / MANIFEST,
            got=", ".join(f"{one.kind} {one.area} {one.language}" for one in drafts[:5]),
            hint="needs build --release for all kinds and languages",
        )
    parent = reports / FOLDER
    parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=parent))
    try:
        for path in _published(manifest):
            _copy(reports / path, staging / path)
        rows.to_parquet(staging / ROWS, index=False)
        # Copied last, and the folder gets its name after that.
        shutil.copyfile(reports / MANIFEST, staging / MANIFEST)
        staging.chmod(0o755)
        staging.rename(parent / name)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return parent / name


def read_release(folder: Path) -> tuple[Manifest, pd.DataFrame]:
    """The manifest and the released rows of a release.

    Raises
    ------
    WorkbenchError
        If the folder is no release.
    """
    manifest = read_manifest(folder)
    if manifest is None or not (folder / ROWS).is_file():
        raise WorkbenchError(
            "this is no release",
            file=folder,
            expected=f"a folder with {MANIFEST} and {ROWS}",
            hint="needs build --release keeps one",
        )
    return manifest, pd.read_parquet(folder / ROWS)


def _published(manifest: Manifest) -> list[str]:
    reports = [file.path for one in manifest.reports for file in one.files.values()]
    return [*reports, *(file.path for file in manifest.files)]


def _copy(source: Path, target: Path) -> None:
    """A second name of the same file where the disk can do that, else a copy.

    Published files are replaced by renaming, never written into, so the first name may go its
    own way.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)

"""The manifest of a study's reports: what was made, from what, and the hash of every file.

Written last and at once, so a manifest that is there tells of a batch that was finished. No
time of the clock stands in it: the same inputs give the same manifest.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from analysis.errors import Issue, WorkbenchError
from analysis.publishing.batch import OutputFile, RenderResult

NAME: Final = "manifest.json"
FORMAT: Final = 1
_HASH_KEPT: Final = 16


@dataclass(frozen=True)
class ReportRecord:
    """One report in the manifest; ``ingredients`` is the hash of what it was made from.

    ``made_from`` has the same by name, each hash shortened: enough to tell which changed.
    ``edition`` is ``draft`` or ``release``; ``measures`` counts what the report holds
    (:class:`analysis.publishing.measures.Measures`).
    """

    kind: str
    area: str
    language: str
    title: str
    data_origin: str
    ingredients: str
    files: Mapping[str, OutputFile]
    edition: str = "draft"
    measures: Mapping[str, int] = field(default_factory=dict)
    made_from: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells reports of a study apart."""
        return self.kind, self.area, self.language


@dataclass(frozen=True)
class Manifest:
    """The reports of a study and what they come from.

    Parameters
    ----------
    study
        Its id.
    ingredients
        Name and hash of each input of the run: definitions, raw data, package, lock file.
    run
        What the run says of itself: seed, input hash, rules of release and their audit.
    reports
        The reports, in the order of their keys.
    files
        Other published files of the study, such as its index page.
    approved
        What people decided: role, kind of item, state and how many items.
    """

    study: str
    ingredients: Mapping[str, str] = field(default_factory=dict)
    run: Mapping[str, Any] = field(default_factory=dict)
    reports: tuple[ReportRecord, ...] = ()
    files: tuple[OutputFile, ...] = ()
    approved: tuple[Mapping[str, Any], ...] = ()

    def report(self, kind: str, area: str, language: str) -> ReportRecord | None:
        """One report of the manifest; nothing when it is not there."""
        wanted = (kind, area, language)
        return next((record for record in self.reports if record.key == wanted), None)


def record_of(
    result: RenderResult, ingredients: str, made_from: Mapping[str, str] | None = None
) -> ReportRecord:
    """A rendered report as it stands in the manifest."""
    job = result.job
    return ReportRecord(
        job.kind,
        job.area,
        job.language,
        result.title,
        result.data_origin,
        ingredients,
        result.files,
        result.edition,
        result.measures,
        shortened(made_from or {}),
    )


def shortened(ingredients: Mapping[str, str]) -> dict[str, str]:
    """Ingredients with the beginnings of their hashes."""
    return {name: value[:_HASH_KEPT] for name, value in sorted(ingredients.items())}


def run_summary(run_record: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest repeats of a run record: origin, seed, input hash, release, software."""
    names = ("wave", "data_origin", "seed", "input_hash", "release", "software")
    return {name: run_record[name] for name in names if name in run_record}


def merged_records(
    before: Iterable[ReportRecord], made: Iterable[ReportRecord]
) -> tuple[ReportRecord, ...]:
    """Records with those just made in place of older ones, in the order of their keys."""
    by_key = {record.key: record for record in (*before, *made)}
    return tuple(by_key[key] for key in sorted(by_key))


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write the manifest of a folder of reports, whole or not at all."""
    content = {"format": FORMAT, "package_version": version("analysis"), **asdict(manifest)}
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return write_whole(folder / NAME, text.encode())


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file beside its place and rename it, so that no reader sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder of reports; nothing when there is none that can be used.

    A manifest of another format or a damaged one only means that reports are made again.
    """
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
        if content.get("format") != FORMAT:
            return None
        return Manifest(
            content["study"],
            content["ingredients"],
            content["run"],
            tuple(record_from(values) for values in content["reports"]),
            tuple(OutputFile(**values) for values in content["files"]),
            tuple(content.get("approved", ())),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def record_from(values: Mapping[str, Any]) -> ReportRecord:
    """A report as it stands in the JSON of the manifest."""
    files = {name: OutputFile(**entry) for name, entry in values["files"].items()}
    return ReportRecord(**{**values, "files": files})


def output_file(folder: Path, path: Path) -> OutputFile:
    """A file in a folder of reports as it stands in the manifest."""
    data = path.read_bytes()
    name = path.relative_to(folder).as_posix()
    return OutputFile(name, len(data), hashlib.sha256(data).hexdigest())


def is_intact(folder: Path, record: ReportRecord) -> bool:
    """Whether all files of a report are there with the content that the manifest tells."""
    return not _damaged(folder, record.files.values())


def check_manifest(folder: Path) -> Manifest:
    """The manifest of a folder, every file of it compared with its hash.

    Raises
    ------
    WorkbenchError
        If there is no manifest, or with an issue for each file that is absent or changed.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise WorkbenchError("there is no usable manifest", file=folder / NAME)
    files = [file for record in manifest.reports for file in record.files.values()]
    damaged = _damaged(folder, [*files, *manifest.files])
    if damaged:
        raise WorkbenchError(
            "published files are not what the manifest tells",
            file=folder / NAME,
            issues=[Issue("the file is absent or changed", file=file.path) for file in damaged],
        )
    return manifest


def _damaged(folder: Path, files: Iterable[OutputFile]) -> Sequence[OutputFile]:
    return [file for file in files if not _is_same(folder / file.path, file)]


def _is_same(path: Path, file: OutputFile) -> bool:
    try:
        if path.stat().st_size != file.size:
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except OSError:
        return False

"""Whether a build has nothing to do, told without reading what any file means.

After a build of everything that was asked for, the hash of every file that it may have read is
kept, with those of its manifest and of the results. As long as all of them are the same, and
all that was published is as the manifest tells, there is nothing to do. Whatever differs, the
build itself finds out what that means: more files count here than it reads, never fewer.

Nothing but the standard library is imported, so that the answer comes at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analysis.workspace import PACKAGE, Workspace, find_workspace, shipped_workspace

if TYPE_CHECKING:
    from analysis.study import Study

STATE: Final = "build_state.json"
MANIFEST: Final = "manifest.json"
RUN_KEY: Final = "run_key.json"
_FORMAT: Final = 1
#: What a build reads of the results beside those whose hashes the key of the run has.
_TEXTS: Final = "released_texts.json"
_BOUNDARIES: Final = "boundaries"
_PASSED_OVER: Final = frozenset(("__pycache__", ".ipynb_checkpoints"))

Request = Mapping[str, Any]


def build_request(
    *,
    synthetic: bool,
    kinds: Sequence[str] | None,
    areas: Sequence[str] | None,
    languages: Sequence[str] | None,
    edition: str,
) -> Request:
    """What a build is asked for, as far as it decides what is made."""
    return {
        "synthetic": synthetic,
        "kinds": list(kinds or ()),
        "areas": list(areas or ()),
        "languages": list(languages or ()),
        "edition": edition,
    }


def nothing_to_do(study_id: str, request: Request) -> list[str] | None:
    """What a build would say that has nothing to do; None where it may have something to do.

    Parameters
    ----------
    study_id
        The id of a study of the workspace; for any other text the answer is None.
    request
        What the build is asked for.
    """
    workspace = find_workspace()
    if Path(study_id).name != study_id or not (workspace.studies / study_id).is_dir():
        return None
    state = _read(workspace.processed(study_id) / STATE)
    same = (
        state.get("format") == _FORMAT
        and state.get("request") == _plain(request)
        and state.get("inputs") == inputs_hash(workspace, study_id, state.get("beside", ()))
        and state.get("outputs") == _outputs(workspace, study_id)
        and _is_published(workspace.reports(study_id))
        and _has_results(workspace.processed(study_id))
    )
    return [*state["lines"], *opening(workspace.reports(study_id))] if same else None


def opening(reports: Path) -> list[str]:
    """Where to begin to read, where there is anything."""
    index = reports / "index.html"
    return [f"open {index}"] if index.exists() else []


def keep_state(study: Study, request: Request, inputs: str, lines: Sequence[str]) -> None:
    """Keep that a build of a request is done.

    Parameters
    ----------
    inputs
        The hash of the inputs before the build began; if it is another one now, somebody
        changed a file meanwhile and nothing is kept.
    lines
        What is to be said as long as nothing changes.
    """
    workspace, beside = study.workspace, [str(path) for path in files_beside(study)]
    if study.folder != (workspace.studies / study.id).resolve():
        return
    if inputs != inputs_hash(workspace, study.id, beside):
        return
    state = {
        "format": _FORMAT,
        "request": _plain(request),
        "inputs": inputs,
        "beside": beside,
        "outputs": _outputs(workspace, study.id),
        "lines": list(lines),
    }
    if _read(study.processed / STATE) != state:
        _write(study.processed / STATE, json.dumps(state, ensure_ascii=False, indent=1))


def files_beside(study: Study) -> list[Path]:
    """Files of answers that lie outside the workspace."""
    named = {study.raw / file.path for sample in study.samples.values() for file in sample.files}
    return sorted(path for path in named if not path.is_relative_to(study.raw))


def inputs_hash(workspace: Workspace, study_id: str, beside: Iterable[str | Path]) -> str:
    """One hash over all files that a build of a study may read, their names and contents."""
    digest = hashlib.sha256()
    for name, root in _inputs(workspace, study_id, beside):
        for inner, path in _files(root):
            digest.update(f"{name}/{inner}\0{_content_hash(path)}\n".encode())
    return digest.hexdigest()


def _inputs(
    workspace: Workspace, study_id: str, beside: Iterable[str | Path]
) -> Iterator[tuple[str, Path]]:
    yield "package", PACKAGE
    yield "shipped", shipped_workspace().notebooks / "reports"
    yield "notebooks", workspace.notebooks / "reports"
    # All of them: a study may take definitions over from another.
    yield "definitions", workspace.studies
    yield "raw", workspace.raw(study_id)
    yield "boundaries", workspace.raw(_BOUNDARIES)
    yield "lock", workspace.root / "requirements.lock"
    for number, path in enumerate(beside):
        yield f"beside {number}", Path(path)


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """The files under a folder by their names in it; the file itself where it is one."""
    if root.is_file():
        yield root.name, root
        return
    for folder, folders, names in os.walk(root, followlinks=True):
        folders[:] = sorted(set(folders) - _PASSED_OVER)
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_file():
                yield path.relative_to(root).as_posix(), path


def _outputs(workspace: Workspace, study_id: str) -> dict[str, str]:
    results = workspace.processed(study_id)
    paths = [workspace.reports(study_id) / MANIFEST, results / RUN_KEY, results / _TEXTS]
    return {path.name: _content_hash(path) for path in paths}


def _is_published(folder: Path) -> bool:
    """Whether every file that the manifest names is as it tells."""
    manifest = _read(folder / MANIFEST)
    reports = manifest.get("reports", ())
    files = [file for report in reports for file in report["files"].values()]
    files += manifest.get("files", ())
    return all(_content_hash(folder / file["path"]) == file["sha256"] for file in files)


def _has_results(folder: Path) -> bool:
    results = _read(folder / RUN_KEY).get("results", {})
    return all(_content_hash(folder / name) == digest for name, digest in results.items())


def _content_hash(path: Path) -> str:
    """The hash of a file; nothing for one that cannot be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _plain(request: Request) -> Any:
    """A request as it comes back from a file."""
    return json.loads(json.dumps(dict(request)))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write(path: Path, text: str) -> None:
    # Where it cannot be kept, the next build looks at everything again.
    with suppress(OSError):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text + "\n")
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

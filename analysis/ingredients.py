"""What a result was made from: the content of every input, so that only what changed is made.

An ingredient is a name and the hash of a content, never a time stamp: a file that is
touched but not changed rebuilds nothing, and a clock set back hides nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from analysis.study import Study

PACKAGE = Path(__file__).resolve().parent
Ingredients = dict[str, str]

#: Rooms that shape what is shown but not what is computed.
SHOWING_ROOMS = ("presentation", "publishing", "explore", "recommendations.py", "cli.py")


def content_hash(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def combined_hash(ingredients: Mapping[str, str]) -> str:
    """One hash over several ingredients."""
    return hashlib.sha256(json.dumps(dict(sorted(ingredients.items()))).encode()).hexdigest()


def run_ingredients(study: Study) -> Ingredients:
    """What the released rows of a study are made from."""
    definitions = [path for path in study.definition_files() if path.parent.name != "reports"]
    return {
        **_files(definitions, study.folder, "definitions"),
        **_files(sorted(study.workspace.catalogues.rglob("*.csv")), study.workspace.studies, ""),
        **_files(raw_files(study), study.raw, "raw"),
        "package": _package_hash(showing=False),
        "requirements.lock": _lock_hash(study),
    }


def report_ingredients(study: Study, kind: str, template: Path) -> Ingredients:
    """What a kind of report is made from, beside the parameters of one report."""
    released = [study.processed / name for name in ("released.parquet", "run_record.json")]
    catalogues = sorted(study.workspace.catalogues.rglob("*.csv"))
    return {
        **_files(study.definition_files(), study.folder, "definitions"),
        **_files(catalogues, study.workspace.studies, ""),
        **_files([path for path in released if path.exists()], study.processed, "released"),
        f"template {kind}": content_hash(template),
        "package": _package_hash(showing=True),
        "requirements.lock": _lock_hash(study),
    }


def raw_files(study: Study) -> list[Path]:
    """The files that the study card names, as far as they are there."""
    named = {study.raw / file.path for sample in study.samples.values() for file in sample.files}
    beside = {study.raw / "response_flow.csv"}
    return sorted(path for path in named | beside if path.is_file())


def changed_ingredients(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """In words: which ingredients are new, gone or different."""
    words = []
    for name in sorted(set(before) | set(after)):
        if name not in before:
            words.append(f"{name} is new")
        elif name not in after:
            words.append(f"{name} is gone")
        elif before[name] != after[name]:
            words.append(f"{name} changed")
    return words


def _files(paths: Iterable[Path], root: Path, prefix: str) -> Ingredients:
    return {
        "/".join(
            part for part in (prefix, path.relative_to(root).as_posix()) if part
        ): content_hash(path)
        for path in paths
    }


def _package_hash(*, showing: bool) -> str:
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        inner = path.relative_to(PACKAGE)
        if not path.is_file() or path.suffix == ".pyc":
            continue
        if showing or inner.parts[0] not in SHOWING_ROOMS:
            digest.update(inner.as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _lock_hash(study: Study) -> str:
    lock = study.workspace.root / "requirements.lock"
    return content_hash(lock) if lock.exists() else ""

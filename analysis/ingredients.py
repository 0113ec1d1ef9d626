"""What a result was made from: the content of every input, so that only what changed is made.

An ingredient is a name and the hash of a content, never a time stamp: a file that is
touched but not changed rebuilds nothing, and a clock set back hides nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.approvals import APPROVALS_FILE
from analysis.study import Study

PACKAGE = Path(__file__).resolve().parent
Ingredients = dict[str, str]
#: The rules of recommendations; read above this package part, so its name stands here too.
RULES_FILE = "recommendations.yaml"

#: Texts that reports quote, in the folder of results.
TEXTS_FILE = "released_texts.json"

#: Parts of the package that shape what is shown but not what is computed.
SHOWING_PARTS = (
    "presentation",
    "publishing",
    "explore",
    "recommendations",
    "approving.py",
    "build.py",
    "unchanged.py",
    "release_changes.py",
    "checking.py",
    "coding_desk.py",
    "table_check.py",
    "cli.py",
    "console.py",
    "new_study.py",
    "new_study_readme",
    "answer_template.py",
    "named_places.py",
    "core_on_tables.py",
    "__main__.py",
)

#: Definitions that say what is shown, beside the make-ups of reports.
SHOWING_DEFINITIONS = ("annex.yaml", APPROVALS_FILE, RULES_FILE)

#: Files of a study's folder that hold answers of respondents.
OF_ANSWERS = ("corrections.csv",)
#: What stands in place of a hash that must not be published.
WITHHELD = "not published"


def content_hash(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def has_content(path: Path, digest: str) -> bool:
    """Whether a file is there with the content of this hash."""
    return path.is_file() and content_hash(path) == digest


def combined_hash(ingredients: Mapping[str, str]) -> str:
    """One hash over several ingredients."""
    return hashlib.sha256(json.dumps(dict(sorted(ingredients.items()))).encode()).hexdigest()


def definition_ingredients(study: Study) -> Ingredients:
    """What a study means: its definitions, the catalogues, and the package that reads them."""
    definitions = [path for path in _definitions(study) if _is_computed_from(path)]
    return {
        **_files(definitions, study.folder, "definitions"),
        **_files(_catalogues(study), study.workspace.studies, ""),
        **_files(_received_form(study), study.raw, "raw"),
        "package, computing": _computing_hash(),
        "requirements.lock": _lock_hash(study),
    }


def run_ingredients(study: Study) -> Ingredients:
    """What the released rows of a study are made from."""
    return {**definition_ingredients(study), **_files(raw_files(study), study.raw, "raw")}


def report_ingredients(
    study: Study, kind: str, template: Path, beside: Iterable[Path] = ()
) -> Ingredients:
    """What a kind of report is made from, beside its parameters and its released rows.

    ``beside`` are files of the workspace's raw data that reports show, such as boundaries.
    Which released rows a report reads depends on its area
    (:func:`analysis.presentation.released_parts.parts_read`).
    """
    texts = study.processed / TEXTS_FILE
    # Corrections are answers; what they change is in the released rows.
    shown = [path for path in _definitions(study) if path.name not in OF_ANSWERS]
    return {
        **_files(shown, study.folder, "definitions"),
        **_files(_catalogues(study), study.workspace.studies, ""),
        **_files(_received_form(study), study.raw, "raw"),
        **_files(sorted(beside), study.raw.parent, "raw"),
        **_files([texts] if texts.exists() else [], study.processed, "released"),
        f"template {kind}": content_hash(template),
        **_package_parts(),
        "requirements.lock": _lock_hash(study),
    }


def answer_files(study: Study) -> list[Path]:
    """The files of answers that the study card names, whether they are there or not."""
    return sorted(
        {study.raw / file.path for sample in study.samples.values() for file in sample.files}
    )


def raw_files(study: Study) -> list[Path]:
    """The answers, their response flow and coding sheets, as far as they are there."""
    beside = [study.raw / "response_flow.csv", *sorted((study.raw / "coding").glob("*"))]
    return [path for path in [*answer_files(study), *beside] if path.is_file()]


def public_ingredients(study: Study, ingredients: Mapping[str, str]) -> Ingredients:
    """The ingredients without the hashes of files that hold answers.

    Whoever knows the form of a small file and most of what is in it can try what the rest may
    be until the hash is right, so those hashes stay with the results of the run.
    """
    secret = {
        *_files(raw_files(study), study.raw, "raw"),
        *(f"definitions/{name}" for name in OF_ANSWERS),
    }
    return {name: WITHHELD if name in secret else value for name, value in ingredients.items()}


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
        "/".join(part for part in (prefix, _name(path, root)) if part): content_hash(path)
        for path in paths
    }


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _definitions(study: Study) -> list[Path]:
    """The files in the study's folder, also those that other definitions name."""
    named = [*_form_files(study), *(margin.table for margin in study.margins)]
    own = {study.files / name for name in named}
    return sorted({*study.definition_files(), *(path for path in own if path.is_file())})


def _is_computed_from(path: Path) -> bool:
    """What is recommended and approved, and how reports are made up, changes no number."""
    return path.parent.name != "reports" and path.name not in SHOWING_DEFINITIONS


def _catalogues(study: Study) -> list[Path]:
    return sorted(study.workspace.catalogues.rglob("*.csv"))


def _received_form(study: Study) -> list[Path]:
    """The files of a questionnaire that came with the answers."""
    return sorted(
        study.raw / name
        for name in _form_files(study)
        if not (study.files / name).exists() and (study.raw / name).is_file()
    )


def _form_files(study: Study) -> list[str]:
    form = study.card.questionnaire
    return [name for name in (form.workbook, form.survey, form.choices) if name]


def _computing_hash() -> str:
    """One hash over all of the package that is not only for showing."""
    computing = {part: digest for part, digest in _package().items() if part not in SHOWING_PARTS}
    return combined_hash(computing)


def _package_parts() -> Ingredients:
    """The parts of the package by name: a notebook may use any of them."""
    return {f"package, {part}": digest for part, digest in _package().items()}


def _package() -> Ingredients:
    """The hash of each part of the package: its folders, and the files beside them."""
    parts: dict[str, Any] = {}
    for path in sorted(PACKAGE.rglob("*")):
        inner = path.relative_to(PACKAGE)
        if "__pycache__" in inner.parts or not path.is_file():
            continue
        digest = parts.setdefault(inner.parts[0], hashlib.sha256())
        digest.update(inner.as_posix().encode())
        digest.update(path.read_bytes())
    return {part: digest.hexdigest() for part, digest in parts.items()}


def _lock_hash(study: Study) -> str:
    lock = study.workspace.root / "requirements.lock"
    return content_hash(lock) if lock.exists() else ""

"""Generated answers among the raw files of a study.

Received files are never written. Generated ones come only where nothing was received, all of
them at once, and a record beside them keeps their hashes: by it they are known again, and
made anew when what they are made from has changed. One that somebody has edited counts as
received.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from analysis.errors import WorkbenchError
from analysis.ingredients import (
    Ingredients,
    answer_files,
    content_hash,
    definition_ingredients,
    has_content,
    raw_files,
)
from analysis.study import Study

Step = Callable[..., None]

RECORD: Final = "generated.json"


@dataclass(frozen=True)
class _Record:
    """The generated files of a study with their hashes, and what they were made from."""

    files: Mapping[str, str] = field(default_factory=dict)
    ingredients: Ingredients = field(default_factory=dict)

    def untouched(self, study: Study) -> set[Path]:
        """The generated files that are still as they were made."""
        places = ((study.raw / name, digest) for name, digest in self.files.items())
        return {path for path, digest in places if has_content(path, digest)}


def make_synthetic(study: Study, step: Step = lambda *_: None) -> None:
    """Generated answers for a study that has received none; nothing when they are up to date.

    Raises
    ------
    WorkbenchError
        If some of the study's files were received and others are missing, or the study card
        names files that cannot be generated.
    """
    record = _read_record(study)
    ours = record.untouched(study)
    named = answer_files(study)
    received = [path for path in _in_the_way(study) if path not in ours]
    complete = all(path.exists() for path in named)
    if received:
        if not complete:
            raise _mixture(study, received)
        return
    ingredients = definition_ingredients(study)
    if complete and len(ours) == len(record.files) and record.ingredients == ingredients:
        return
    _require_writable_formats(study)
    step(f"{study.id}: generating answers")
    _generate(study, ours, ingredients)


def refuse_mixture(origins: Mapping[str, str]) -> None:
    """Refuse samples of which some were received and others generated.

    Parameters
    ----------
    origins
        Sample → ``observed`` or ``modelled``.

    Raises
    ------
    WorkbenchError
        If both occur.
    """
    if len(set(origins.values())) > 1:
        raise WorkbenchError(
            "generated answers stand beside received ones",
            expected="received answers of all samples, or generated ones",
            got=", ".join(f"{sample}: {origin}" for sample, origin in origins.items()),
            hint="add the received files that are missing, or take all of them away",
        )


def _in_the_way(study: Study) -> list[Path]:
    """Files that the generator would write over, or that would stand beside its files."""
    named = answer_files(study)
    stems = {path.with_suffix("") for path in named}
    folders = {path.parent for path in named if path.parent.is_dir()}
    there = (path for folder in folders for path in folder.iterdir() if path.is_file())
    beside = {path for path in there if path.with_suffix("") in stems}
    return sorted({*raw_files(study), *beside})


def _mixture(study: Study, received: Iterable[Path]) -> WorkbenchError:
    missing = [path for path in answer_files(study) if not path.exists()]
    return WorkbenchError(
        "some raw files are there and others are not",
        file=missing[0],
        expected="all files of the study card, or none",
        got=f"received: {', '.join(path.name for path in received)}",
        hint="add the missing file; generated answers are never mixed with received ones",
    )


def _require_writable_formats(study: Study) -> None:
    from analysis.synthetic.respondents import FORMATS

    for name, sample in study.samples.items():
        paths = [file.path for file in sample.files]
        if len(paths) != 1 or Path(paths[0]).suffix.lower() not in FORMATS:
            raise WorkbenchError(
                f"answers of the sample {name} cannot be generated",
                file=study.folder / "study.yaml",
                expected=f"one file in one of the formats {', '.join(FORMATS)}",
                got=", ".join(paths),
            )


# --- writing ------------------------------------------------------------------------------


def _generate(study: Study, ours: Iterable[Path], ingredients: Ingredients) -> None:
    """Make the files aside; then those before go, the record comes, and the files after it.

    Cut off anywhere, what is there is known as generated, and is completed the next time.
    """
    # Imported here: a study with received answers needs none of the generator.
    from analysis.synthetic.respondents import write_synthetic

    study.raw.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=study.raw.parent, prefix=f".{study.id}-"))
    try:
        made = [path.relative_to(staging) for path in write_synthetic(study, staging)]
        hashes = {path.as_posix(): content_hash(staging / path) for path in made}
        study.raw.mkdir(exist_ok=True)
        for path in ours:
            path.unlink()
        _write_record(study, staging, _Record(hashes, ingredients))
        for path in made:
            (study.raw / path).parent.mkdir(parents=True, exist_ok=True)
            os.replace(staging / path, study.raw / path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_record(study: Study, staging: Path, record: _Record) -> None:
    content = {"files": dict(record.files), "ingredients": record.ingredients}
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (staging / RECORD).write_text(text, encoding="utf-8")
    os.replace(staging / RECORD, study.raw / RECORD)


def _read_record(study: Study) -> _Record:
    try:
        content = json.loads((study.raw / RECORD).read_text(encoding="utf-8"))
        return _Record(dict(content["files"]), dict(content["ingredients"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _Record()

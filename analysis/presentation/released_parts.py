"""The released rows in the parts that reports read, each known by the hash of its content.

A report of one area reads the rows of that area and of all areas together, and the totals of
the others (:func:`analysis.presentation.rows.read_released`). As long as these parts are the
same, the report is the same, whatever else was computed anew. Released rows are rounded, so a
change that is too small to be shown changes no part.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pandas as pd

from analysis.presentation.rows import (
    RELEASED_FILE,
    RUN_RECORD_FILE,
    read_released,
    read_run_record,
)
from analysis.study import Study

Parts = dict[str, str]

#: The parts are kept beside the rows, with the hash of what they were made from.
KEPT_FILE: Final = "released_parts.json"
ROWS: Final = "released rows of {area}"
TOTALS: Final = "released totals of {area}"
RECORD: Final = "record of the run"
#: What the run wrote about itself and no report shows; the rest of its record is a part.
_NOT_SHOWN: Final = ("input_hash", "small_areas")
#: Names all inputs of a run, so it tells nothing about a row of its own.
_OF_THE_RUN: Final = "input_hash"


def released_parts(study: Study) -> Parts:
    """The hash of every part of a study's released rows, and of the record of the run.

    They are read from beside the rows where they were made from the same rows.

    Raises
    ------
    WorkbenchError
        If the study has not been run.
    """
    made_from = {
        name: _file_hash(study.processed / name) for name in (RELEASED_FILE, RUN_RECORD_FILE)
    }
    kept = study.processed / KEPT_FILE
    found = _kept(kept, made_from)
    if found is None:
        found = {**_row_parts(study), RECORD: _record_part(study)}
        _keep(kept, made_from, found)
    return found


def parts_read(study: Study, area: str) -> Parts:
    """The parts that a report of an area reads; all rows for that of all areas together."""
    parts = released_parts(study)
    if area == study.whole:
        return {name: value for name, value in parts.items() if not _is_totals(name)}
    own = {ROWS.format(area=area), ROWS.format(area=study.whole), RECORD}
    other = {TOTALS.format(area=code) for code in study.areas.index if code != area}
    return {name: value for name, value in parts.items() if name in own | other}


def data_version(study: Study, area: str) -> str:
    """One hash over what a report of an area reads of the results."""
    text = json.dumps(dict(sorted(parts_read(study, area).items())))
    return hashlib.sha256(text.encode()).hexdigest()


def _is_totals(name: str) -> bool:
    return name.startswith(TOTALS.partition("{")[0])


def _row_parts(study: Study) -> Parts:
    """Hashes of rows as reports read them, so that none tells of what is hidden."""
    frame = read_released(study).frame
    frame = frame.drop(columns=_OF_THE_RUN, errors="ignore")
    parts = {}
    for area, rows in frame.groupby("area", sort=True):
        parts[ROWS.format(area=area)] = _table_hash(rows)
        parts[TOTALS.format(area=area)] = _table_hash(rows[rows["breakdown"] == ""])
    return parts


def _table_hash(rows: pd.DataFrame) -> str:
    return hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest()


def _record_part(study: Study) -> str:
    record = {name: value for name, value in read_run_record(study).items()
              if name not in _NOT_SHOWN}  # fmt: skip
    return hashlib.sha256(_canonical(record)).hexdigest()


def _canonical(content: Any) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False).encode()


def _file_hash(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def _kept(path: Path, made_from: Mapping[str, str]) -> Parts | None:
    """The parts as they were kept; None where they are of other rows or not as written."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        parts: Parts = content["parts"]
        whole = hashlib.sha256(_canonical([content["made_from"], parts])).hexdigest()
        if content["made_from"] == made_from and content["sha256"] == whole:
            return parts
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return None


def _keep(path: Path, made_from: Mapping[str, str], parts: Parts) -> None:
    """Keep the parts; where that is not possible they are made again each time."""
    digest = hashlib.sha256(_canonical([made_from, parts])).hexdigest()
    data = _canonical({"made_from": made_from, "parts": parts, "sha256": digest})
    with suppress(OSError):
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

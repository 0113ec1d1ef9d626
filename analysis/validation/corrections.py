"""The log of corrections: what was changed by hand in the answers, by whom and why.

The raw file is never edited. ``corrections.csv`` in the study's folder says cell by cell
what stood there and what should, and is replayed whenever the answers are read. A
correction whose old value is not what stands in the file does not apply: the file or the
log has changed since, and a person must look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from analysis.definitions import Definition, Row, parse_rows, read_rows, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.validation.cells import canonical, typed_value
from analysis.validation.findings import Findings

Mask = NDArray[np.bool_]

COLUMNS = ("sample", "respondent", "row", "column", "old", "new", "reason", "author", "date")
# Instead of a column: the whole questionnaire is set aside and counted as discarded.
DISCARD = "discard"


class _CorrectionRow(Definition):
    sample: str | None = None
    respondent: str | None = None
    row: int | None = Field(default=None, ge=2)
    column: str
    old: str = ""
    new: str = ""
    reason: str
    author: str
    date: date


@dataclass(frozen=True)
class Correction:
    """One line of the log: who, which cell, from what to what, why, by whom and when."""

    sample: str | None
    respondent: str | None
    row: int | None
    column: str
    old: str
    new: str
    reason: str
    author: str
    date: date
    place: Row

    def issue(self, what: str, **details: Any) -> Issue:
        """An issue that points at this line of the log."""
        return self.place.issue(what, details.pop("at", None), **details)


@dataclass(frozen=True)
class Corrected:
    """The corrected frame, and where a questionnaire is discarded, with the reason."""

    frame: pd.DataFrame
    discarded: pd.Series


def read_corrections(path: Path, samples: Sequence[str]) -> list[Correction]:
    """The log of a study; empty when there is no such file.

    Parameters
    ----------
    path
        ``corrections.csv`` with the columns ``respondent`` or ``row``, ``column``, ``old``,
        ``new``, ``reason``, ``author``, ``date``, and ``sample`` where a study has several.
    samples
        The names of the study's samples.

    Raises
    ------
    WorkbenchError
        With one issue for every line that cannot be meant.
    """
    if not path.is_file():
        return []
    rows = read_rows(path)
    models = parse_rows(_CorrectionRow, rows)
    corrections = [
        Correction(**model.model_dump(), place=row) for row, model in zip(rows, models, strict=True)
    ]
    issues = [issue for line in corrections for issue in _line_issues(line, samples)]
    issues.extend(_repeated_lines(corrections))
    if issues:
        raise WorkbenchError(f"{path.name} cannot be used", issues=issues)
    return corrections


def _line_issues(line: Correction, samples: Sequence[str]) -> list[Issue]:
    issues = []
    if (line.respondent is None) == (line.row is None):
        issues.append(
            line.issue(
                "a correction names one questionnaire",
                at="respondent",
                expected="either respondent or row",
            )
        )
    if line.sample is not None and line.sample not in samples:
        issues.append(
            line.issue(
                "there is no such sample",
                at="sample",
                expected=", ".join(samples),
                got=line.sample,
                hint=suggestion(line.sample, samples),
            )
        )
    if line.sample is None and len(samples) > 1:
        issues.append(
            line.issue(
                "a correction names its sample where a study has several",
                at="sample",
                expected=", ".join(samples),
            )
        )
    if line.column != DISCARD and line.old == line.new:
        issues.append(line.issue("a correction that changes nothing", at="new"))
    return issues


def _repeated_lines(corrections: Sequence[Correction]) -> list[Issue]:
    seen: dict[tuple[Any, ...], Correction] = {}
    issues = []
    for line in corrections:
        key = (line.sample, line.respondent, line.row, line.column, line.old)
        if key in seen:
            issues.append(
                line.issue(
                    "the same correction stands twice",
                    at="column",
                    got=f"it is also in row {seen[key].place.number}",
                )
            )
        seen.setdefault(key, line)
    return issues


def apply_corrections(
    frame: pd.DataFrame, sample: str, corrections: Sequence[Correction], findings: Findings
) -> Corrected:
    """Replay the log on the answers of a sample.

    Every application is a ``repair`` in the findings; a line that does not fit is an
    ``error`` there and changes nothing.

    Parameters
    ----------
    frame
        The survey frame; left as it is.
    sample
        Lines of other samples are passed over.
    corrections
        In the order of the log; a later line sees what an earlier one wrote.
    findings
        Where issues go.
    """
    columns = {name: frame[name] for name in frame.columns}
    discarded = pd.Series(np.full(len(frame), None, dtype=object), index=frame.index)
    for line in corrections:
        if line.sample not in (None, sample):
            continue
        position = _position(line, frame, findings)
        if position is None:
            continue
        if line.column == DISCARD:
            discarded.iloc[position] = line.reason
            _log(line, position, findings, "a questionnaire was discarded")
        elif _fits(line, columns, position, findings):
            columns[line.column] = _changed(line, columns[line.column], position)
            _log(line, position, findings, "an answer was corrected")
    return Corrected(pd.DataFrame(columns, index=frame.index), discarded)


def _position(line: Correction, frame: pd.DataFrame, findings: Findings) -> int | None:
    if line.respondent is not None:
        found = np.flatnonzero((frame["respondent"] == line.respondent).to_numpy(dtype=bool))
    else:
        found = np.flatnonzero((findings.places["row"] == line.row).to_numpy(dtype=bool))
    if len(found) == 1:
        return int(found[0])
    what = "several questionnaires fit" if len(found) else "no questionnaire fits"
    at = "respondent" if line.respondent is not None else "row"
    findings.issues.append(
        line.issue(
            f"{what} this correction",
            at=at,
            expected="one questionnaire of the sample",
            got=str(len(found)),
            hint="check the identifier, or name the row of the file",
        )
    )
    return None


def _fits(
    line: Correction, columns: dict[str, pd.Series], position: int, findings: Findings
) -> bool:
    if line.column not in columns:
        findings.issues.append(
            line.issue(
                "the answers have no such column",
                at="column",
                got=line.column,
                hint=suggestion(line.column, columns),
            )
        )
        return False
    column = columns[line.column]
    if not _same(column, canonical(column.iloc[position]), line.old):
        findings.issues.append(
            line.issue(
                "the old value is not what stands in the answers; the correction was not applied",
                at="old",
                expected=f"the value in column {line.column}"
                f" of row {findings.places['row'].iloc[position]}",
                hint="the file or the log has changed; check the original questionnaire",
            )
        )
        return False
    return _can_hold(line, column, findings)


def _same(column: pd.Series, standing: str, old: str) -> bool:
    if standing == old:
        return True
    try:
        # 2,5 in the log is 2.5 in the answers.
        return column.dtype != "str" and float(standing) == float(old.replace(",", "."))
    except ValueError:
        return False


def _can_hold(line: Correction, column: pd.Series, findings: Findings) -> bool:
    try:
        typed_value(column, line.new or None)
    except ValueError:
        categories = (
            list(column.cat.categories) if isinstance(column.dtype, pd.CategoricalDtype) else []
        )
        findings.issues.append(
            line.issue(
                "the new value cannot stand in this column",
                at="new",
                expected=", ".join(categories[:12]) or "a number",
                hint=suggestion(line.new, categories),
            )
        )
        return False
    return True


def _changed(line: Correction, column: pd.Series, position: int) -> pd.Series:
    changed = column.copy()
    changed.iloc[position] = typed_value(column, line.new or None)
    return changed


def _log(line: Correction, position: int, findings: Findings, what: str) -> None:
    place = findings.places.iloc[position]
    findings.issues.append(
        Issue(
            f"{what} by the log of corrections",
            "repair",
            file=str(place["file"]),
            sheet=None if pd.isna(place["sheet"]) else str(place["sheet"]),
            row=int(place["row"]),
            column=None if line.column == DISCARD else line.column,
            hint=f"{line.reason} ({line.author}, {line.date.isoformat()}; "
            f"row {line.place.number} of the log)",
        )
    )

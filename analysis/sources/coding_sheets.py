"""Coders' sheets: which codes a coder gave each thing that was named in an answer.

A sheet is CSV or XLSX with a row for each mention: ``respondent``, ``mention`` (its number in
the answer, from 1) and ``code`` (one or several codes); ``text``, where it is kept, is compared
with the answer. ``data/raw/<study>/coding/A1-inhabitants-K1.csv`` is the sheet of the coder K1;
that of ``decisions`` holds what was decided where two coders disagreed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.definitions import suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.sources.columns import Table, name_key
from analysis.sources.tabular import read_table
from analysis.study import Study

FOLDER = "coding"
DECISIONS = "decisions"
COLUMNS = ("respondent", "mention", "text", "suggestion", "code", "note")
_NEEDED = ("respondent", "mention", "code")
_FORMATS = (".csv", ".xlsx")
_MOST_ISSUES = 20

Codes = frozenset[str]
Mention = tuple[str, int]


@dataclass(frozen=True)
class CodingSheet:
    """What one coder gave: mention → codes (none where the cell is blank), and their texts."""

    coder: str
    file: str
    codes: Mapping[Mention, Codes]
    texts: Mapping[Mention, str]
    rows: Mapping[Mention, int]


def sheet_paths(study: Study, question: str, sample: str) -> dict[str, Path]:
    """Coder → sheet, in alphabetical order; decisions among them.

    Raises
    ------
    WorkbenchError
        If a coder has two sheets of one sample.
    """
    found: dict[str, Path] = {}
    beginning = f"{question}-{sample}-"
    folder = study.raw / FOLDER
    for path in sorted(folder.glob(f"{beginning}*")) if folder.is_dir() else ():
        coder = path.stem.removeprefix(beginning)
        if path.suffix.lower() not in _FORMATS or not coder:
            continue
        if coder in found:
            raise WorkbenchError(
                f"the coder {coder} has two sheets",
                file=path,
                got=f"also {found[coder].name}",
                hint="keep the one that holds",
            )
        found[coder] = path
    return found


def read_sheet(path: Path, coder: str, known: Collection[str]) -> CodingSheet:
    """A coder's sheet.

    Parameters
    ----------
    path, coder
        The file and whose it is.
    known
        The codes that may be given.

    Raises
    ------
    WorkbenchError
        If a column is missing, or with an issue for each row that cannot be meant.
    """
    table = read_table(path, expected=frozenset(COLUMNS))
    frame = _frame(table)
    issues: list[Issue] = []
    codes: dict[Mention, Codes] = {}
    texts: dict[Mention, str] = {}
    rows: dict[Mention, int] = {}
    records = frame.to_dict("records")
    for row, values in zip(table.rows, records, strict=True):
        mention = _mention(values, int(row), table, issues)
        if mention is None:
            continue
        if mention in codes:
            issues.append(_issue(table, int(row), "a mention stands twice in the sheet"))
        codes[mention] = _codes(values["code"], known, int(row), table, issues)
        rows[mention] = int(row)
        if values["text"]:
            texts[mention] = values["text"]
    if issues:
        raise WorkbenchError(
            "a coding sheet cannot be used", file=path, issues=issues[:_MOST_ISSUES]
        )
    return CodingSheet(coder, str(path), codes, texts, rows)


def _frame(table: Table) -> pd.DataFrame:
    headers = {name_key(header): header for header in table.columns}
    missing = [name for name in _NEEDED if name not in headers]
    if missing:
        raise table.error(
            f"a coding sheet lacks the column {missing[0]}",
            row=1,
            expected=", ".join(_NEEDED),
            got=", ".join(table.columns),
            hint=suggestion(missing[0], table.columns),
        )
    size = len(table)
    columns = {
        name: table.columns[headers[name]].texts().fillna("").str.strip()
        if name in headers
        else pd.Series([""] * size)
        for name in ("respondent", "mention", "text", "code")
    }
    return pd.DataFrame(columns)


def _mention(
    values: Mapping[Any, str], row: int, table: Table, issues: list[Issue]
) -> Mention | None:
    respondent, number = values["respondent"], values["mention"]
    if not respondent and not number:
        return None
    if not respondent or not re.fullmatch(r"[1-9]\d*", number):
        what = "a row does not say which mention it is about"
        expected = "a respondent, and the number of the mention from 1"
        issues.append(_issue(table, row, what, expected=expected))
        return None
    return respondent, int(number)


def _codes(text: str, known: Collection[str], row: int, table: Table, issues: list[Issue]) -> Codes:
    given = [part for part in re.split(r"[\s,;+]+", text) if part]
    for code in given:
        if code not in known:
            issues.append(
                _issue(
                    table,
                    row,
                    f"there is no code {code}",
                    column="code",
                    expected=", ".join(known),
                    hint=suggestion(code, known),
                )
            )
    return frozenset(given)


def _issue(table: Table, row: int, what: str, **details: str | None) -> Issue:
    return Issue(what, file=table.file, sheet=table.sheet, row=row, **details)  # type: ignore[arg-type]


def stale_rows(sheet: CodingSheet, answers: Mapping[Mention, str]) -> Iterator[Issue]:
    """Rows whose text is not what the respondent said; the texts themselves are not told."""
    for mention, text in sheet.texts.items():
        if mention in answers and " ".join(answers[mention].split()) != " ".join(text.split()):
            yield Issue(
                "the text in a coding sheet is not that of the answer",
                file=sheet.file,
                row=sheet.rows[mention],
                column="text",
                hint="the answers have changed since the sheet was made; make it anew",
            )

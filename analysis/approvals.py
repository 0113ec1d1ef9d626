"""What people have decided: recommendations and quotations approved or rejected.

``studies/<id>/approvals.csv`` holds one row for each decision. A decision is about an item
*and* the evidence it was made on, so that when the text or a number behind it changes, the
old decision says nothing and the item is proposed again. The file holds no answer of a
respondent: the texts that wait are elsewhere, only a text that a person has edited is here.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from analysis.definitions import Definition, Row, parse_rows, read_rows
from analysis.errors import Issue, WorkbenchError
from analysis.study import Study

APPROVALS_FILE = "approvals.csv"

Kind = Literal["recommendation", "quotation"]
State = Literal["proposed", "approved", "rejected"]


@dataclass(frozen=True)
class Item:
    """Something that a person has to approve before it is published.

    Parameters
    ----------
    kind
        What it is.
    item
        Its id: the same for the same thing in every run.
    evidence
        Hash of what is to be approved, by :func:`evidence_of`.
    text
        The text by language; of a quotation only the language it was said in.
    n
        How many answers it rests on; None where that is not one number.
    rests_on
        In a few words, what it rests on: a place, a question, the ids of rows.
    """

    kind: Kind
    item: str
    evidence: str
    text: Mapping[str, str]
    n: float | None = None
    rests_on: str = ""


class Decision(Definition):
    """A row of ``approvals.csv``; ``text`` is an edited text by language, or empty."""

    kind: Kind
    item: str
    evidence: str = Field(pattern=r"^[0-9a-f]{16}$")
    state: State
    role: str = ""
    date: date
    text: dict[str, str] = {}
    note: str = ""

    @model_validator(mode="after")
    def _says_who_decided(self) -> Decision:
        if self.state != "proposed" and not self.role:
            raise ValueError("a decision needs the role of the person who made it")
        return self

    @property
    def key(self) -> tuple[str, str, str]:
        """What the decision is about: kind, item, evidence."""
        return self.kind, self.item, self.evidence


@dataclass(frozen=True)
class Approvals:
    """The decisions of a study."""

    decisions: tuple[Decision, ...] = ()

    def of(self, kind: str, item: str, evidence: str) -> Decision | None:
        """The decision on an item as it is now; None when nobody has decided on it yet."""
        key = (kind, item, evidence)
        return next((one for one in self.decisions if one.key == key), None)

    def state(self, item: Item) -> State:
        """``proposed`` until somebody has decided on the item as it is now."""
        decision = self.of(item.kind, item.item, item.evidence)
        return decision.state if decision is not None else "proposed"

    def text(self, item: Item) -> Mapping[str, str]:
        """The item's text, in each language the edited one where there is one."""
        decision = self.of(item.kind, item.item, item.evidence)
        return {**item.text, **(decision.text if decision is not None else {})}

    def earlier(self, item: Item) -> Decision | None:
        """The latest decision on the item when it rested on something else."""
        others = [
            one
            for one in self.decisions
            if (one.kind, one.item) == (item.kind, item.item) and one.evidence != item.evidence
        ]
        return max(others, key=lambda one: one.date, default=None)

    def waiting(self, items: Iterable[Item]) -> list[Item]:
        """Those of the items that nobody has decided on."""
        return [item for item in items if self.state(item) == "proposed"]

    def with_decisions(self, decisions: Iterable[Decision]) -> Approvals:
        """These decisions and the given ones, which take the place of those they repeat."""
        merged = {one.key: one for one in (*self.decisions, *decisions)}
        return Approvals(tuple(merged.values()))


def evidence_of(*parts: Any) -> str:
    """A hash of what is approved: its text and the numbers it rests on.

    Parameters
    ----------
    parts
        Anything that JSON can write. Give numbers as they are printed, so that noise in the
        last digit of a float does not ask a person to decide again.
    """
    written = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def read_approvals(study: Study) -> Approvals:
    """The decisions of a study; none where it has no file of them.

    Raises
    ------
    WorkbenchError
        With file, row and column for each cell that cannot be meant, and for a decision
        that stands twice.
    """
    path = study.folder / APPROVALS_FILE
    if not path.exists():
        return Approvals()
    rows = read_rows(path)
    decisions = parse_rows(Decision, rows)
    issues = [*_repeated(rows, decisions), *_unknown_languages(rows, decisions, study)]
    if issues:
        raise WorkbenchError(f"{APPROVALS_FILE} cannot be used", issues=issues)
    return Approvals(tuple(decisions))


def record(study: Study, decisions: Iterable[Decision]) -> Approvals:
    """Write decisions into the study's file, beside and then renamed; all are returned.

    Raises
    ------
    WorkbenchError
        If what is in the file cannot be read; it stays as it is then.
    """
    approvals = read_approvals(study).with_decisions(decisions)
    content = _written(approvals.decisions, study.languages)
    _replace(study.folder / APPROVALS_FILE, content.encode())
    return approvals


def _repeated(rows: Iterable[Row], decisions: Iterable[Decision]) -> Iterator[Issue]:
    seen: dict[tuple[str, str, str], int] = {}
    for row, decision in zip(rows, decisions, strict=True):
        first = seen.setdefault(decision.key, row.number)
        if first != row.number:
            yield row.issue(
                "a decision on the same item and evidence stands twice",
                "item",
                got=decision.item,
                hint=f"the other one is in row {first}; keep one of the two",
            )


def _unknown_languages(
    rows: Iterable[Row], decisions: Iterable[Decision], study: Study
) -> Iterator[Issue]:
    for row, decision in zip(rows, decisions, strict=True):
        for language in sorted(set(decision.text) - set(study.languages)):
            yield row.issue(
                f"the study has no language {language}",
                f"text::{language}",
                expected=", ".join(study.languages),
            )


def _written(decisions: Iterable[Decision], languages: Iterable[str]) -> str:
    texts = {f"text::{language}": language for language in languages}
    columns = ["kind", "item", "evidence", "state", "role", "date", *texts, "note"]
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for one in decisions:
        values = {**one.model_dump(exclude={"text"}), "date": one.date.isoformat()}
        values |= {column: one.text.get(language, "") for column, language in texts.items()}
        writer.writerow([values[column] for column in columns])
    return stream.getvalue()


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        beside.chmod(0o644)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)

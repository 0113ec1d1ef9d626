"""The one error of the workbench, and the row that tells of a problem found in an input.

Both carry the same fields, so that a message on the terminal, a row of ``needs check``
and an exception in a notebook say the same: what is wrong, where, what was expected,
what was got, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning", "repair", "note"]


@dataclass(frozen=True)
class Issue:
    """One problem in one place of an input.

    Parameters
    ----------
    what
        The problem in one sentence. Never holds an answer of a respondent.
    severity
        ``error`` stops the run, ``warning`` is printed, ``repair`` was mended by a rule
        and is logged, ``note`` is for the record.
    file, sheet, row, column
        Where: rows are counted as a spreadsheet counts them (the header is row 1).
    expected, got
        What should stand there and what does.
    hint
        What the user can do.
    """

    what: str
    severity: Severity = "error"
    file: str | None = None
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    expected: str | None = None
    got: str | None = None
    hint: str | None = None

    @property
    def where(self) -> str:
        """The place in words, ``file.csv, row 7, column age``; empty when unknown."""
        parts = [
            self.file or "",
            f"sheet {self.sheet}" if self.sheet else "",
            f"row {self.row}" if self.row is not None else "",
            f"column {self.column}" if self.column else "",
        ]
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        lines = [self.what]
        for name, text in (
            ("where", self.where),
            ("expected", self.expected),
            ("got", self.got),
            ("hint", self.hint),
        ):
            if text:
                lines.append(f"  {name + ':':<10}{text}")
        return "\n".join(lines)


ISSUE_COLUMNS = [field.name for field in fields(Issue)]


def issues_table(issues: Iterable[Issue]) -> pd.DataFrame:
    """Issues as a frame, one row each, with the columns of :class:`Issue`."""
    # Imported here: whoever only raises an error does without half a second of imports.
    import pandas as pd

    table = pd.DataFrame([asdict(issue) for issue in issues], columns=ISSUE_COLUMNS, dtype=object)
    return table.astype({"row": "Int64"})


class WorkbenchError(Exception):
    """A request or an input that cannot be used, with the issues that say why.

    Parameters
    ----------
    what
        The problem in one sentence, or the headline over several ``issues``.
    file, sheet, row, column, expected, got, hint
        As in :class:`Issue`.
    issues
        Several problems of one input, when more than one was found.
    """

    def __init__(
        self,
        what: str,
        *,
        file: str | Path | None = None,
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
        expected: str | None = None,
        got: str | None = None,
        hint: str | None = None,
        issues: Iterable[Issue] = (),
    ) -> None:
        self.issue = Issue(
            what=what,
            file=str(file) if file is not None else None,
            sheet=sheet,
            row=row,
            column=column,
            expected=expected,
            got=got,
            hint=hint,
        )
        self.issues = tuple(issues) or (self.issue,)
        super().__init__(str(self))

    def __str__(self) -> str:
        if self.issues == (self.issue,):
            return str(self.issue)
        return "\n".join([str(self.issue), *(str(issue) for issue in self.issues)])

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows in place of a traceback."""
        return str(self).splitlines()

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.issue, self.issues)


def _rebuild(issue: Issue, issues: tuple[Issue, ...]) -> WorkbenchError:
    details = asdict(issue)
    details.pop("severity")
    return WorkbenchError(**details, issues=issues)

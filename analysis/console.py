"""What the command says: tables, errors and progress, on a terminal and in a log."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from analysis.errors import WorkbenchError

if TYPE_CHECKING:
    import pandas as pd

Step = Callable[..., None]

#: How many issues are printed; the rest are counted.
SHOWN_ISSUES = 40
_SERIOUS_FIRST = {"error": 0, "warning": 1, "repair": 2, "note": 3}


class _Console(Console):
    """A console that falls silent when nobody reads it any more (``needs check x | head``).

    The work goes on and the exit status tells how it ended.
    """

    def on_broken_pipe(self) -> None:
        self.quiet = True
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, self.file.fileno())
        os.close(devnull)


_PLAIN = {"highlight": False, "soft_wrap": True, "markup": False, "emoji": False}
_out = _Console(**_PLAIN)  # type: ignore[arg-type]
_err = _Console(stderr=True, **_PLAIN)  # type: ignore[arg-type]


def say(text: str) -> None:
    """A line on standard output."""
    _out.print(text)


def tell(text: str) -> None:
    """A line on standard error."""
    _err.print(text)


def show_error(error: WorkbenchError) -> None:
    """An error with all its issues on standard error."""
    _err.print(Text.assemble(("error:", "bold red"), f" {error}"))


def show_table(title: str, rows: pd.DataFrame) -> None:
    """A small table, on a terminal with its title and framed."""
    if not _out.is_terminal:
        for line in _lined_up(rows):
            say(line)
        return
    table = Table(title=title)
    for column in rows.columns:
        table.add_column(str(column))
    for values in rows.itertuples(index=False):
        table.add_row(*(Text(str(value)) for value in values))
    _out.print(table)


def show_issues(issues: pd.DataFrame) -> None:
    """Issues, the serious ones first; what is over the limit is counted."""
    ordered = issues.sort_values(
        "severity", key=lambda column: column.map(_SERIOUS_FIRST), kind="stable"
    )
    for values in ordered.head(SHOWN_ISSUES).itertuples(index=False, name=None):
        say(_issue_text(dict(zip(issues.columns, values, strict=True))))
    if len(ordered) > SHOWN_ISSUES:
        say(f"… and {len(ordered) - SHOWN_ISSUES} more: write them all with --out issues.csv")


def show_failures(failures: Iterable[str]) -> None:
    """What failed: the report, the cell of its notebook, the message."""
    for failure in failures:
        _err.print(Text.assemble(("failed:", "bold red"), f" {failure}"))


def show_facts(caption: str, items: Iterable[tuple[str, str]]) -> None:
    """Labels with their values under a caption."""
    say(caption)
    for label, value in items:
        say(f"{label}: {value}")


@contextmanager
def progress() -> Iterator[Step]:
    """A progress bar on a terminal, plain lines elsewhere; how long it took at the end.

    The function handed out is called with a text, and optionally how much is ``done`` of
    ``total``; on a terminal each report that is done stays as a line above the bar.
    """
    started = time.monotonic()
    if not _err.is_terminal:
        yield _PlainSteps()
    else:
        yield from _bars()
    tell(f"took {_duration(time.monotonic() - started)}")


def _bars() -> Iterator[Step]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_err, transient=True) as bars:
        # A task of its own for the reports: the time left is told from their pace alone.
        stage = bars.add_task("starting", total=1)
        counted: list[TaskID] = []

        def step(text: str, done: int = 0, total: int = 1) -> None:
            if total > 1 and not counted:
                bars.update(stage, visible=False)
                counted.append(bars.add_task(escape(text), total=total))
            if counted and done:
                bars.print(Text(text))
            bars.update(
                counted[0] if counted else stage,
                description=escape(text), completed=done, total=total,
            )  # fmt: skip

        yield step


class _PlainSteps:
    """Steps as lines of a log; with the time left, as soon as something is done."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, text: str, done: int = 0, total: int = 1) -> None:
        if total <= 1:
            tell(text)
            return
        if not done:
            self._began = time.monotonic()
        left = (time.monotonic() - self._began) / done * (total - done) if done else 0.0
        ending = f", about {_duration(left)} left" if 0 < done < total else ""
        tell(f"{text} ({done}/{total}{ending})")


def _duration(seconds: float) -> str:
    """Seconds as people tell them."""
    if seconds < 100:
        return f"{max(seconds, 0):.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def _lined_up(rows: pd.DataFrame) -> Iterator[str]:
    """The header and the rows as lines, their columns one under the other."""
    lines = [[str(name) for name in rows.columns]]
    lines += [[str(value) for value in values] for values in rows.itertuples(index=False)]
    widths = [max(cell_len(text) for text in column) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = (
            text + " " * (width - cell_len(text)) for text, width in zip(line, widths, strict=True)
        )
        yield "  ".join(padded).rstrip()


def _issue_text(values: dict[str, Any]) -> str:
    place = [
        str(values["file"]) if _given(values["file"]) else "",
        f"sheet {values['sheet']}" if _given(values["sheet"]) else "",
        f"row {int(values['row'])}" if _given(values["row"]) else "",
        f"column {values['column']}" if _given(values["column"]) else "",
    ]
    where = ", ".join(filter(None, place))
    head = f"{values['severity']}: {values['what']}"
    details = [
        f"{name}: {values[name]}" for name in ("expected", "got", "hint") if _given(values[name])
    ]
    return " | ".join([f"{head} [{where}]" if where else head, *details])


def _given(value: Any) -> bool:
    # What is absent in a table of issues is None, or not equal to itself.
    return value is not None and value == value and value != ""

"""What the command says: tables, errors and progress, on a terminal and in a log."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from analysis.errors import WorkbenchError

Step = Callable[..., None]

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)

#: How many issues of one kind are printed; the rest are counted.
SHOWN_ISSUES = 40


def say(text: str) -> None:
    """A line on standard output."""
    _out.print(escape(text))


def show_error(error: WorkbenchError) -> None:
    """An error with all its issues on standard error."""
    _err.print(f"[bold red]error:[/] {escape(str(error))}")


def show_table(title: str, rows: pd.DataFrame) -> None:
    """A small table."""
    table = Table(title=title if _out.is_terminal else None)
    for column in rows.columns:
        table.add_column(str(column))
    for values in rows.itertuples(index=False):
        table.add_row(*(escape(str(value)) for value in values))
    _out.print(table)


def show_issues(issues: pd.DataFrame) -> None:
    """Issues, the serious ones first; repeated ones are cut and counted."""
    order = {"error": 0, "warning": 1, "repair": 2, "note": 3}
    ordered = issues.sort_values("severity", key=lambda column: column.map(order), kind="stable")
    for values in ordered.head(SHOWN_ISSUES).to_dict("records"):
        _out.print(escape(_issue_text(values)))
    if len(ordered) > SHOWN_ISSUES:
        say(f"… and {len(ordered) - SHOWN_ISSUES} more: write them all with --out issues.csv")


def show_failures(failures: Iterable[Any]) -> None:
    """The reports that failed: area, notebook cell, message."""
    for failure in failures:
        _err.print(f"[bold red]failed:[/] {escape(str(failure))}")


@contextmanager
def progress() -> Iterator[Step]:
    """A progress bar on a terminal, plain lines elsewhere.

    The function handed out is called with a text, and optionally how much is ``done`` of
    ``total``.
    """
    if not _err.is_terminal:
        yield _plain_step
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_err, transient=True) as bars:
        task = bars.add_task("starting", total=1)

        def step(text: str, done: int = 0, total: int = 1) -> None:
            bars.update(task, description=escape(text), completed=done, total=total)

        yield step


def _plain_step(text: str, done: int = 0, total: int = 1) -> None:
    counter = f" ({done}/{total})" if total > 1 else ""
    print(f"{text}{counter}", file=sys.stderr, flush=True)


def _issue_text(values: dict[str, Any]) -> str:
    place = [
        str(values["file"] or ""),
        f"sheet {values['sheet']}" if _given(values["sheet"]) else "",
        f"row {int(values['row'])}" if _given(values["row"]) else "",
        f"column {values['column']}" if _given(values["column"]) else "",
    ]
    details = [
        f"{name}: {values[name]}" for name in ("expected", "got", "hint") if _given(values[name])
    ]
    text = f"{values['severity']}: {values['what']} [{', '.join(filter(None, place))}]"
    return " | ".join([text, *details])


def _given(value: Any) -> bool:
    return value is not None and not pd.isna(value) and value != ""

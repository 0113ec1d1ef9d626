"""Progress: bars on a terminal, plain lines in a log, a summary at the end."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from analysis import console
from analysis.console import progress


def shown(monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> io.StringIO:
    stream = io.StringIO()
    made = Console(
        file=stream, force_terminal=terminal, width=200, highlight=False, markup=False, emoji=False
    )
    monkeypatch.setattr(console, "_err", made)
    return stream


def do_work() -> None:
    with progress() as step:
        step("mini: weighting people")
        step("rendering reports", 0, 2)
        step("brief d1 [cs]: made in 1.0 s", 1, 2)
        step("brief d2 [cs]: FAILED in 0.2 s", 2, 2)


def test_a_log_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = shown(monkeypatch, terminal=False)
    do_work()
    lines = stream.getvalue().splitlines()
    assert lines[:2] == ["mini: weighting people", "rendering reports (0/2)"]
    assert lines[2] == "brief d1 [cs]: made in 1.0 s (1/2, about 0 s left)"
    assert lines[3] == "brief d2 [cs]: FAILED in 0.2 s (2/2)"
    assert re.fullmatch(r"took \d+ s", lines[4]) and len(lines) == 5
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_keeps_a_line_for_each_report(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = shown(monkeypatch, terminal=True)
    do_work()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "brief d1 [cs]: made in 1.0 s" in plain and "brief d2 [cs]: FAILED" in plain
    assert "left" in plain and re.search(r"took \d+ s", plain)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (99, "99 s"), (125, "2 min 5 s"), (3600, "60 min 0 s")]
)
def test_durations_are_told_for_people(seconds: float, text: str) -> None:
    assert console._duration(seconds) == text

"""The marks that stand for what is not shown, and the sentences that explain them."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from pathlib import Path

from pydantic import model_validator

from analysis.definitions import Definition, parse_tree, read_tree
from analysis.release.rules import PrecisionRules

MARKS_FILE = Path(__file__).with_name("marks.yaml")


class Mark(Definition):
    """One mark: what takes the place of a number, or is put around it.

    Parameters
    ----------
    instead
        The sign in place of a number; empty when the number stays.
    around
        Signs before and after a number that stays.
    spoken, legend
        The mark in words, by language: in place of the sign, and under a table.
    """

    instead: str = ""
    around: tuple[str, str] = ("", "")
    spoken: dict[str, str]
    legend: dict[str, str]


class _Marks(Definition):
    states: dict[str, str]
    marks: dict[str, Mark]

    @model_validator(mode="after")
    def _known(self) -> _Marks:
        unknown = sorted(set(self.states.values()) - set(self.marks))
        if unknown:
            raise ValueError(f"no such mark: {', '.join(unknown)}")
        return self


@cache
def marks() -> dict[str, Mark]:
    """The mark of each release state that has one."""
    known = _read()
    return {state: known.marks[name] for state, name in known.states.items()}


def legend(states: Collection[str], language: str, rules: PrecisionRules) -> list[str]:
    """The sentences that explain the marks of these states, each once, in a fixed order.

    Raises
    ------
    KeyError
        If the marks have no texts in this language.
    """
    known = _read()
    used = {known.states[state] for state in states if state in known.states}
    cv = 0.0 if rules.maximum_cv is None else 100 * rules.maximum_cv
    return [
        mark.legend[language].format(
            minimum_n=rules.minimum_n,
            minimum_n_comparison=rules.minimum_n_comparison,
            low_n=rules.low_n,
            maximum_cv=f"{cv:.0f}",
        )
        for name, mark in known.marks.items()
        if name in used
    ]


@cache
def _read() -> _Marks:
    return parse_tree(_Marks, read_tree(MARKS_FILE))

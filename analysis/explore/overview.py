"""What a study has to show: its indicators with released rows."""

from __future__ import annotations

import pandas as pd

from analysis.explore.phrases import phrases
from analysis.presentation.blocks import Cell, Column, Table
from analysis.presentation.naming import Names
from analysis.presentation.study_results import Shown, StudyResults

_COLUMNS = ("code", "name", "base", "breakdowns", "samples")


def indicators(results: StudyResults) -> Shown:
    """The indicators that were released, with what they can be broken down by.

    Returns
    -------
    Shown
        A table that displays itself; its ``frame`` has the columns ``code``, ``name``,
        ``base``, ``breakdowns`` and ``samples`` (names as they are typed).
    """
    say = phrases(results.language)
    frame = _frame(results)
    columns = tuple(Column(say[name], align="left") for name in _COLUMNS)
    rows = tuple(tuple(Cell(text) for text in row) for row in frame.to_numpy())
    return Shown(Table(say["indicators"], columns, rows, "indicators"), frame)


def _frame(results: StudyResults) -> pd.DataFrame:
    names = Names(results.study, results.language)
    found = [
        (
            str(code),
            names.indicator(str(code)),
            names.text(names.definition(str(code)).base_label),
            ", ".join(name for name in rows["breakdown"].unique() if name),
            ", ".join(rows["sample"].unique()),
        )
        for code, rows in results.results.groupby("indicator", sort=True)
    ]
    return pd.DataFrame(found, columns=list(_COLUMNS))

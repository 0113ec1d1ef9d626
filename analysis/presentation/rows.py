"""Released rows and how they are asked for.

Nothing in this package sees any other number of a survey than these rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from analysis.errors import WorkbenchError
from analysis.study import Study

RELEASED_FILE = "released.parquet"
RUN_RECORD_FILE = "run_record.json"

DISCLOSURE = "disclosure"
PRECISION = "precision"
LOW_PRECISION = "low_precision"
NOT_APPLICABLE = "not_applicable"
MISSING = "missing"

_MARKS = {
    "suppressed_primary": DISCLOSURE,
    "suppressed_complementary": DISCLOSURE,
    "suppressed_precision": PRECISION,
    "low_precision": LOW_PRECISION,
    "not_applicable": NOT_APPLICABLE,
    "missing": MISSING,
}
_FIGURES = ["estimate", "standard_error", "ci_low", "ci_high", "df", "n_effective", "deff",
            "p_value", "p_adjusted"]  # fmt: skip
_TELLING_TEXTS = ["precision", "notes"]
_SHOWN = ("ok", "low_precision", "true_zero")
#: The source of rows that were counted, not asked.
REGISTER = "register"
RANK = "rank"
EARLIER = "earlier"
MODEL = "model"
#: Comparisons whose value is a difference.
DIFFERENCES = ("rest", "earlier")
#: A difference counts as supported below this adjusted p-value.
LEVEL = 0.05


class Estimate(NamedTuple):
    """One released row: the part of its columns that is shown."""

    sample: str
    indicator: str
    category: str
    level: str
    area: str
    breakdown: str
    group: str
    comparison: str
    statistic: str
    estimate: float
    standard_error: float
    ci_low: float
    ci_high: float
    interval_method: str
    confidence: float
    n: float
    n_effective: float
    p_adjusted: float
    base_label: str
    source_kind: str
    data_origin: str
    reference_date: str
    release: str
    row_id: str

    @property
    def shown(self) -> bool:
        """Whether the row has a value that may be shown."""
        return self.release in _SHOWN and self.estimate == self.estimate

    @property
    def below_rounding(self) -> bool:
        """Whether a share is released as 0 only by rounding: a true 0 has its own state."""
        return (
            self.release == "ok"
            and self.statistic == "share"
            and not self.is_difference
            and self.estimate == 0
        )

    @property
    def uncertain(self) -> bool:
        """Whether the value is of low precision."""
        return self.release == "low_precision"

    @property
    def mark(self) -> str:
        """The release mark of the row; empty when nothing has to be said."""
        if self.release in _MARKS:
            return _MARKS[self.release]
        return "" if self.shown else MISSING

    @property
    def supported(self) -> bool:
        """Whether a difference is supported: adjusted p below 0.05, interval without 0."""
        return self.shown and self.p_adjusted < LEVEL and (self.ci_low > 0 or self.ci_high < 0)

    @property
    def is_difference(self) -> bool:
        """Whether the value is a difference, shown with its sign."""
        return self.comparison in DIFFERENCES or "difference" in self.statistic

    @property
    def has_interval(self) -> bool:
        """Whether the row has both limits of an interval that may be shown."""
        return self.shown and self.ci_low == self.ci_low and self.ci_high == self.ci_high


_Key = tuple[str, str, str, str, str]
COLUMNS = list(Estimate._fields)


@dataclass(frozen=True)
class Rows:
    """Released rows of one study, found by what they are about."""

    frame: pd.DataFrame

    @cached_property
    def _found(self) -> Mapping[_Key, tuple[Estimate, ...]]:
        found: dict[_Key, list[Estimate]] = {}
        columns = [self.frame[column].tolist() for column in COLUMNS]
        for values in zip(*columns, strict=True):
            row = Estimate(*values)
            key = (row.sample, row.indicator, row.area, row.breakdown, row.comparison)
            found.setdefault(key, []).append(row)
        return {key: tuple(rows) for key, rows in found.items()}

    def of(
        self,
        indicator: str,
        *,
        sample: str,
        area: str,
        breakdown: str = "",
        comparison: str = "",
        category: str | None = None,
    ) -> tuple[Estimate, ...]:
        """The rows of one indicator in one place, in the order of the table.

        Parameters
        ----------
        indicator, sample, area
            Codes; the region's or study's code stands for all areas together.
        breakdown
            A variable, or empty for the total.
        comparison
            ``rest`` for the area minus all others, ``rank`` for its set of places, or empty.
        category
            One category; all of them when not given.
        """
        rows = self._found.get((sample, indicator, area, breakdown, comparison), ())
        if category is None:
            return rows
        return tuple(row for row in rows if row.category == category)

    def of_register(self, indicator: str, *, area: str) -> tuple[Estimate, ...]:
        """The totals of one indicator in one place that come from a register."""
        return tuple(
            row
            for (_, code, place, breakdown, comparison), rows in self._found.items()
            if (code, place, breakdown, comparison) == (indicator, area, "", "")
            for row in rows
            if row.source_kind == REGISTER
        )

    def breakdowns(self, indicator: str, *, sample: str, area: str) -> list[str]:
        """The variables that an indicator is broken down by in one place."""
        return [
            key[3]
            for key in self._found
            if key[:3] == (sample, indicator, area) and key[3] and not key[4]
        ]

    @property
    def modelled(self) -> bool:
        """Whether any of the rows rests on modelled data."""
        return bool((self.frame["data_origin"] == "modelled").any())

    def __iter__(self) -> Iterator[Estimate]:
        for rows in self._found.values():
            yield from rows


def read_released(study: Study, area: str | None = None) -> Rows:
    """The released rows of a study; with ``area``, those a report of that area needs.

    Those are the rows of the area and of all areas together, and the totals of the others; a
    report of all areas together needs all rows.

    Raises
    ------
    WorkbenchError
        If the study has not been run.
    """
    path = study.processed / RELEASED_FILE
    if not path.exists():
        raise _not_run(study, path)
    frame = pd.read_parquet(path, filters=_filters(study, area))
    missing = [column for column in COLUMNS if column not in frame]
    if missing:
        raise WorkbenchError(
            "the released rows lack columns",
            file=path,
            expected=", ".join(missing),
            hint=f"run the study again: needs run {study.id}",
        )
    return Rows(emptied(frame))


def emptied(frame: pd.DataFrame) -> pd.DataFrame:
    """Released rows, the hidden ones without any figure.

    The gate empties them; this lock behind it makes sure that nothing drawn, ranked, worded or
    written could depend on a figure that a row is not to show.
    """
    disclosure = frame["release"].isin([s for s, mark in _MARKS.items() if mark == DISCLOSURE])
    hidden = disclosure | frame["release"].eq("suppressed_precision")
    figures = frame.columns.intersection(_FIGURES)
    texts = frame.columns.intersection(_TELLING_TEXTS)
    if not hidden.any():
        return frame
    frame = frame.copy()
    frame.loc[hidden, figures] = float("nan")
    frame.loc[hidden, "interval_method"] = ""
    frame.loc[disclosure, "n"] = float("nan")
    frame.loc[disclosure, texts] = ""
    return frame


def read_run_record(study: Study) -> dict[str, Any]:
    """What the run wrote about itself.

    Raises
    ------
    WorkbenchError
        If the study has not been run, or the record is not JSON.
    """
    path = study.processed / RUN_RECORD_FILE
    if not path.exists():
        raise _not_run(study, path)
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise WorkbenchError(
            "the record of the run cannot be read",
            file=path,
            row=error.lineno,
            hint=f"run the study again: needs run {study.id}",
        ) from None
    return record


def _filters(study: Study, area: str | None) -> list[list[tuple[str, str, Any]]] | None:
    if area is None or area == study.whole:
        return None
    return [[("area", "in", [area, study.whole])], [("breakdown", "==", "")]]


def _not_run(study: Study, path: Path) -> WorkbenchError:
    return WorkbenchError(
        f"the study {study.id} has no results yet",
        file=path,
        hint=f"run it first: needs run {study.id}",
    )

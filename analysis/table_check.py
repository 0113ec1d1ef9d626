"""Arithmetic of a table that somebody typed: totals, rounding, sums to 100, counts and shares.

For the report maker's own numbers, before they go into a plan or an annex. Nothing needs to be
declared: a row or column called a total is one, a column of percentages is known by its header
or its cells, and the counts it belongs to are looked for.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import Issue
from analysis.sources.columns import Table
from analysis.sources.tabular import TableOptions, read_table

_TOTAL = re.compile(
    r"^\W*(?:celkem|součet|souhrn|úhrn|úhrnem|celkový počet|dohromady|kraj celkem|total|sum"
    r"|overall|all)\b",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"%|procent|podíl|percent|share", re.IGNORECASE)
_NUMBER = re.compile(r"([-−+]?)(\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)(?:[.,](\d+))?\s*%?")
_MOST_ISSUES = 50


@dataclass(frozen=True)
class _Number:
    value: float
    places: int
    percent: bool

    @property
    def step(self) -> float:
        return 10.0**-self.places


def check_table(
    path: Path | str, *, sheet: str | None = None, several: bool = False
) -> tuple[Issue, ...]:
    """What does not hold in a table.

    Parameters
    ----------
    path
        CSV or XLSX with a header and the names of the rows in its first column.
    sheet
        Of a workbook with several.
    several
        Several answers were allowed, so percentages need not add up to 100.

    Returns
    -------
    tuple of Issue
        With the row and column as a spreadsheet counts them, what was expected and got.

    Raises
    ------
    WorkbenchError
        If the file cannot be read as a table.
    """
    table = read_table(path, TableOptions(sheet=sheet))
    checked = _TypedTable(table, several)
    return tuple(checked.issues())[:_MOST_ISSUES]


class _TypedTable:
    """The cells of a table as numbers, and which rows and columns are totals."""

    def __init__(self, table: Table, several: bool) -> None:
        self.table = table
        self.several = several
        self.headers = list(table.columns)
        texts = [table.columns[name].texts().fillna("").tolist() for name in self.headers]
        self.names = texts[0]
        self.cells = [[_number(text) for text in column] for column in texts]
        self.texts = texts
        self.total_rows = [n for n, name in enumerate(self.names) if _TOTAL.match(name)]
        self.total_columns = [
            place for place, name in enumerate(self.headers) if place and _TOTAL.match(name)
        ]

    def issues(self) -> Iterator[Issue]:
        for column in range(1, len(self.headers)):
            yield from self.signs(column)
            if self.is_percent(column):
                yield from self.percentages(column)
            else:
                yield from self.total_of_rows(column)
        yield from self.total_of_columns()
        yield from self.shares_of_counts()

    def is_percent(self, column: int) -> bool:
        """Whether a column holds percentages: by its header, or by the signs in its cells."""
        known = [cell for cell in self.cells[column] if cell is not None]
        signed = bool(known) and all(cell.percent for cell in known)
        return signed or bool(_PERCENT.search(self.headers[column]))

    def issue(self, what: str, row: int, column: int, expected: str, got: str) -> Issue:
        name = self.names[row] if row < len(self.names) else ""
        return Issue(
            f"{what} (row “{name}”)" if name else what,
            file=self.table.file,
            sheet=self.table.sheet,
            row=int(self.table.rows[row]),
            column=self.headers[column],
            expected=expected,
            got=got,
        )

    # --- the rules ------------------------------------------------------------------------

    def signs(self, column: int) -> Iterator[Issue]:
        for row, text in enumerate(self.texts[column]):
            if re.fullmatch(r"[-−]0(?:[.,]0+)?\s*%?", text.strip()):
                yield self.issue("a zero has a sign", row, column, "0", text)

    def total_of_rows(self, column: int) -> Iterator[Issue]:
        """A total is the sum of the rows above it, back to the total before."""
        start = 0
        for total in self.total_rows:
            parts = self.cells[column][start:total]
            # A total above its parts, as some tables have it.
            if total == 0:
                end = self.total_rows[1] if len(self.total_rows) > 1 else len(self.names)
                parts = self.cells[column][1:end]
            start = total + 1
            yield from self.sum_of(parts, total, column)

    def sum_of(self, parts: Sequence[_Number | None], row: int, column: int) -> Iterator[Issue]:
        whole = self.cells[column][row]
        known = [part for part in parts if part is not None]
        if whole is None or len(known) < 2 or len(known) < len(parts):
            return
        total = sum(part.value for part in known)
        if abs(total - whole.value) > _slack([whole, *known]):
            yield self.issue(
                "a total is not the sum of its parts", row, column,
                _plain(total, max(part.places for part in known)),
                _plain(whole.value, whole.places),
            )  # fmt: skip

    def total_of_columns(self) -> Iterator[Issue]:
        for total in self.total_columns:
            parts = [
                column
                for column in range(1, len(self.headers))
                if column not in self.total_columns and not self.is_percent(column)
            ]
            if len(parts) < 2 or self.is_percent(total):
                continue
            for row in range(len(self.names)):
                cells = [self.cells[column][row] for column in parts]
                yield from self._across(cells, row, total)

    def _across(self, parts: Sequence[_Number | None], row: int, column: int) -> Iterator[Issue]:
        whole = self.cells[column][row]
        known = [part for part in parts if part is not None]
        if whole is None or len(known) < len(parts):
            return
        total = sum(part.value for part in known)
        if abs(total - whole.value) > _slack([whole, *known]):
            yield self.issue(
                "a total is not the sum of its columns", row, column,
                _plain(total, max(part.places for part in known)),
                _plain(whole.value, whole.places),
            )  # fmt: skip

    def percentages(self, column: int) -> Iterator[Issue]:
        parts = [cell for row, cell in enumerate(self.cells[column]) if row not in self.total_rows]
        known = [part for part in parts if part is not None]
        for row, cell in enumerate(self.cells[column]):
            if cell is not None and not 0 <= cell.value <= 100 and not self.several:
                yield self.issue(
                    "a percentage is none", row, column, "0 to 100", _plain(cell.value, cell.places)
                )
        if self.several or len(known) < 2 or len(known) < len(parts):
            return
        total = sum(part.value for part in known)
        slack = sum(part.step / 2 for part in known) + 1e-9
        # Percentages of something else than of this column's whole are not near 100 at all.
        if slack < abs(total - 100) and (self.total_rows or abs(total - 100) < 5):
            row = self.total_rows[-1] if self.total_rows else len(self.names) - 1
            yield self.issue(
                "percentages do not add up to 100", row, column,
                f"100 within {slack:.2g}", _plain(total, max(part.places for part in known)),
            )  # fmt: skip

    def shares_of_counts(self) -> Iterator[Issue]:
        """A column of percentages behind one of counts with a total is its share of it."""
        for column in range(2, len(self.headers)):
            counts = column - 1
            if not self.is_percent(column) or self.is_percent(counts) or not self.total_rows:
                continue
            whole = self.cells[counts][self.total_rows[-1]]
            if whole is None or not whole.value:
                continue
            yield from self._shares(counts, column, whole.value)

    def _shares(self, counts: int, column: int, whole: float) -> Iterator[Issue]:
        for row in range(len(self.names)):
            count, share = self.cells[counts][row], self.cells[column][row]
            if count is None or share is None:
                continue
            exact = 100 * count.value / whole
            if abs(share.value - exact) <= share.step / 2 + 1e-9:
                if count.value and not share.value and "<" not in self.texts[column][row]:
                    yield self.issue(
                        "a count that is not 0 is 0 percent", row, column,
                        f"less than {_plain(share.step, share.places)}", _plain(0, share.places),
                    )  # fmt: skip
                continue
            cut = math.isclose(math.trunc(exact / share.step + 1e-9) * share.step, share.value)
            what = (
                "a percentage is cut off, not rounded" if cut else "a percentage is not its count"
            )
            yield self.issue(
                what, row, column, _plain(exact, share.places), _plain(share.value, share.places)
            )


def _number(text: str) -> _Number | None:
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return None
    sign, whole, fraction = match.groups()
    digits = re.sub(r"\D", "", whole)
    value = float(f"{digits}.{fraction or '0'}")
    negative = sign in ("-", "−")
    return _Number(-value if negative else value, len(fraction or ""), text.strip().endswith("%"))


def _slack(numbers: Sequence[_Number]) -> float:
    """How far a sum of rounded numbers may be off; whole numbers not at all."""
    rounded = [number for number in numbers if number.places]
    return sum(number.step / 2 for number in rounded) + 1e-9 if rounded else 1e-9


def _plain(value: float, places: int) -> str:
    return f"{value:.{places}f}"

"""The table of variables that sums run over: values, and beside them who has a known value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.estimation.cells import Cells

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
#: A column, or the product of two.
Column = tuple[int, int] | int

#: Values looked at together; they fit a processor's cache.
_ROWS = 4096


class ValueTable:
    """Respondents × columns: the variables, then who has a known value.

    Variables whose missing values fall on the same respondents share a column of the second
    kind (a pattern), 1 where the values are known. Unknown values read as 0. Variables are
    stored less their centre, a number near their mean, so that sums of squares keep their
    digits; those of −1, 0 and 1 keep 0 as centre, so that their sums stay whole.

    Parameters
    ----------
    values
        Respondents × variables, NaN where not known; whole numbers are not copied.
    weights
        One per respondent; with a weight of 0 nothing is known.
    """

    def __init__(self, values: NDArray[Any], weights: Floats) -> None:
        self.values = values
        self.weights = weights
        self.binary, self.small, self.complete = _kinds_of_columns(values)

    @classmethod
    def plain(cls, values: Floats) -> ValueTable:
        """Columns as they are: nothing is unknown, nothing centred."""
        table = cls(values, np.ones(len(values)))
        table.small = table.complete = np.ones(table.variables, dtype=bool)
        return table

    @cached_property
    def as_they_are(self) -> bool:
        """Whether values can be read without filling or centring anything."""
        return self.values.dtype == float and bool((self.complete & self.small).all())

    @property
    def variables(self) -> int:
        """The number of variables."""
        return int(self.values.shape[1])

    @property
    def respondents(self) -> int:
        """The number of respondents."""
        return len(self.weights)

    @cached_property
    def known(self) -> Booleans:
        """Respondents × patterns: who has known values."""
        return self._patterns[0]

    @cached_property
    def pattern(self) -> Codes:
        """The pattern of each variable."""
        return self._patterns[1]

    @property
    def bases(self) -> Codes:
        """The column of each variable's pattern."""
        return self.variables + self.pattern

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.variables + self.known.shape[1]

    @cached_property
    def _patterns(self) -> tuple[Booleans, Codes]:
        used = self.weights != 0
        gaps = np.flatnonzero(~self.complete)
        missing = np.isnan(self.values[:, gaps]) if len(gaps) else np.zeros((len(used), 0), bool)
        known = np.column_stack([used, used[:, None] & ~missing])
        places: dict[bytes, int] = {}
        own = [places.setdefault(column.tobytes(), len(places)) for column in known.T]
        pattern = np.full(self.variables, own[0], dtype=np.intp)
        pattern[gaps] = own[1:]
        distinct, pattern = np.unique(pattern, return_inverse=True)
        first = [own.index(number) for number in distinct]
        return known[:, first], pattern.astype(np.intp)

    @cached_property
    def centres(self) -> Floats:
        """A number near each variable's mean; 0 for variables of −1, 0 and 1."""
        centres = np.zeros(self.variables)
        wide = np.flatnonzero(~self.small)
        if len(wide):
            base = self.weights @ self.known[:, self.pattern[wide]]
            filled = np.nan_to_num(self.values[:, wide].astype(float))
            with np.errstate(invalid="ignore", divide="ignore"):
                centres[wide] = np.nan_to_num(self.weights @ filled / base)
        return centres

    def reader(self, columns: Sequence[Column] | Codes) -> Callable[[slice], Floats]:
        """What reads some columns, or products of two, of a slice of respondents."""
        parts = [_parts(column) for column in columns]
        singles = sorted({one for part in parts for one in part})
        chosen = np.array(singles, dtype=np.intp)
        if parts == [(one,) for one in singles]:
            return partial(self._singles, columns=chosen)
        place = {column: number for number, column in enumerate(singles)}
        first = np.array([place[part[0]] for part in parts], dtype=np.intp)
        both = np.flatnonzero([len(part) > 1 for part in parts])
        second = np.array([place[parts[number][1]] for number in both], dtype=np.intp)

        def read(rows: slice) -> Floats:
            block = self._singles(rows, chosen)
            found = block[:, first]
            found[:, both] *= block[:, second]
            return found

        return read

    def is_base(self, column: Column) -> bool:
        """Whether a column tells who has a known value."""
        return not isinstance(column, tuple) and column >= self.variables

    def _singles(self, rows: slice, columns: Codes) -> Floats:
        if self.as_they_are and len(columns) == self.variables == columns[-1] + 1:
            return self.values[rows]
        variables = columns[columns < self.variables]
        patterns = columns[len(variables) :] - self.variables
        block = np.empty((len(self.weights[rows]), len(columns)))
        values = self.values[rows]
        everything = len(variables) == self.variables
        block[:, : len(variables)] = values if everything else values[:, variables]
        block[:, len(variables) :] = self.known[rows][:, patterns]
        odd = np.flatnonzero(~(self.complete & self.small)[variables])
        if len(odd):
            known = self.known[rows][:, self.pattern[variables[odd]]]
            block[:, odd] = np.where(known, block[:, odd] - self.centres[variables[odd]], 0.0)
        return block

    def product(self, first: int, second: int) -> Column:
        """The product of two columns, as a single column where it is one of them."""
        first, second = sorted((int(first), int(second)))
        if first == second and self._idempotent(first):
            return first
        if first < self.variables and second == self.variables + self.pattern[first]:
            return first
        return (first, second)

    def _idempotent(self, column: int) -> bool:
        return column >= self.variables or bool(self.binary[column])


def table_sums(
    cells: Cells,
    table: ValueTable,
    columns: Sequence[Column] | Codes,
    weights: Floats,
    bases: Floats | None = None,
) -> Floats:
    """Weighted sums of columns over cells, cells × columns.

    The values are read where they lie if they can be, so who has known values is summed apart.

    Parameters
    ----------
    cells, table, columns, weights
        The cells, the columns of the table, and one weight per respondent.
    bases
        The sums of who has known values, cells × patterns, where they are at hand.
    """
    is_base = np.array([table.is_base(column) for column in columns], dtype=bool)
    if not is_base.any() or (bases is None and not table.as_they_are):
        return cells.sums(table.reader(columns), len(columns), weights)
    found = np.empty((len(cells), len(columns)))
    values = [column for column, base in zip(columns, is_base, strict=True) if not base]
    found[:, ~is_base] = cells.sums(table.reader(values), len(values), weights)
    wanted = np.array([column for column in columns if table.is_base(column)], dtype=np.intp)
    if bases is None:
        found[:, is_base] = cells.sums(table.reader(wanted), len(wanted), weights)
    else:
        found[:, is_base] = bases[:, wanted - table.variables]
    return found


def _parts(column: Column) -> tuple[int, ...]:
    return column if isinstance(column, tuple) else (int(column),)


def _kinds_of_columns(values: NDArray[Any]) -> tuple[Booleans, Booleans, Booleans]:
    """Which columns hold only 0 and 1, only −1, 0 and 1, and no NaN; missing values apart.

    Raises
    ------
    WorkbenchError
        If a value is infinite.
    """
    columns = values.shape[1]
    plain = np.ones(columns, dtype=bool)
    if values.dtype.kind in "bu":
        plain = values.max(axis=0, initial=0) <= 1
    else:
        for part in _row_blocks(values):
            plain &= (part * (1 - part) == 0).all(axis=0)
    binary, small, complete = plain.copy(), plain.copy(), plain.copy()
    for column in np.flatnonzero(~plain):
        own = values[:, column].astype(float)
        if np.isinf(own).any():
            raise WorkbenchError("a value is infinite", expected="a number, or NaN where not known")
        gap = np.isnan(own)
        complete[column] = not gap.any()
        binary[column] = bool(((own == 0) | (own == 1) | gap).all())
        small[column] = bool(((np.abs(own) == 1) | (own == 0) | gap).all())
    return binary, small, complete


def _row_blocks(values: NDArray[Any]) -> Iterator[NDArray[Any]]:
    return (values[start : start + _ROWS] for start in range(0, len(values), _ROWS))

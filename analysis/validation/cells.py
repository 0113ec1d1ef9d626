"""Reading and setting the cells of a survey frame, whatever the type of their column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.questionnaire import Questionnaire
from analysis.sources.columns import cell_text

Mask = NDArray[np.bool_]


def columns_of(frame: pd.DataFrame, questionnaire: Questionnaire, question: str) -> list[str]:
    """The columns of a question that the frame has."""
    return [name for name in questionnaire.variables_of(question) if name in frame.columns]


def blank(column: pd.Series) -> Mask:
    """Where a cell is blank."""
    return column.isna().to_numpy(dtype=bool)


def holds_code(column: pd.Series, code: str) -> Mask:
    """Where a cell holds a missing code."""
    if isinstance(column.dtype, pd.CategoricalDtype) or column.dtype == "str":
        return (column == code).to_numpy(dtype=bool, na_value=False)
    return (column == float(code)).to_numpy(dtype=bool, na_value=False)


def known(column: pd.Series, codes: tuple[str, ...]) -> Mask:
    """Where a cell holds an answer: neither blank nor a missing code."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        positions = column.cat.categories.get_indexer(pd.Index(codes, dtype="str"))
        held = column.cat.codes.to_numpy()
        return (held >= 0) & ~np.isin(held, positions[positions >= 0])
    if column.dtype == "str":
        return (column.notna() & ~column.isin(codes)).to_numpy(dtype=bool)
    numbers = column.to_numpy(dtype="float64", na_value=np.nan)
    return ~np.isnan(numbers) & ~np.isin(numbers, [float(code) for code in codes])


def with_value(column: pd.Series, where: Mask, value: str | None) -> pd.Series:
    """The column with a canonical value (or blank, for ``None``) in the marked cells."""
    changed = column.copy()
    changed[where] = typed_value(column, value)
    return changed


def typed_value(column: pd.Series, value: str | None) -> Any:
    """A canonical text as a value of the column's type.

    Raises
    ------
    ValueError
        If the column cannot hold it.
    """
    if value is None:
        return pd.NA if column.dtype == "Int8" or column.dtype == "Int64" else np.nan
    if isinstance(column.dtype, pd.CategoricalDtype):
        if value not in column.cat.categories:
            raise ValueError(value)
        return value
    if column.dtype == "str":
        return value
    number = float(value.replace(",", "."))
    return int(number) if str(column.dtype).startswith("Int") and number.is_integer() else number


def canonical(value: Any) -> str:
    """A cell in its canonical spelling, blank for a missing one."""
    return "" if pd.isna(value) else cell_text(value)

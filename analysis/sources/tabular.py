"""Any table that a user may hand over: CSV, XLSX, SPSS or Parquet, read the same way."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.sources.columns import (
    Column,
    Format,
    Options,
    Table,
    TableOptions,
    column_of_values,
    rows_in_words,
)
from analysis.sources.delimited import read_delimited
from analysis.sources.numbers import read_numbers
from analysis.sources.spss import read_sav
from analysis.sources.workbooks import read_workbook

__all__ = ["Column", "Table", "TableOptions", "frame_of", "read_table", "rows_in_words"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".tab": "csv",
    ".xlsx": "xlsx", ".xlsm": "xlsx",
    ".sav": "sav", ".zsav": "sav",
    ".parquet": "parquet",
}  # fmt: skip


def read_table(
    path: Path | str, options: Options | None = None, expected: Collection[str] = ()
) -> Table:
    """A table from a file of any format that the workbench reads.

    Parameters
    ----------
    path
        The file. It is only read.
    options
        Format, encoding, delimiter, sheet and header row where they are stated; what is
        not stated is recognised.
    expected
        Column names, as :func:`analysis.sources.columns.name_key` spells them, that help to
        find sheet, header and delimiter.

    Raises
    ------
    WorkbenchError
        If the file is absent, of an unknown format, or cannot be used (see the readers).
    """
    options = options or TableOptions()
    path = Path(path)
    format = options.format or _format_of(path)
    if not path.is_file():
        raise _absent(path)
    try:
        return _read(path, format, options, expected)
    except PermissionError as error:
        raise WorkbenchError(
            "this file cannot be read",
            file=path,
            got=error.strerror,
            hint="close it in other programs and check its permissions",
        ) from None


def frame_of(table: Table, decimal: str | None = None) -> pd.DataFrame:
    """The table as a frame: a column of numbers as ``float64``, another as text.

    A column counts as numbers when every cell that is not blank reads as one.
    """
    columns = {name: _typed(column, decimal) for name, column in table.columns.items()}
    return pd.DataFrame(columns, index=pd.RangeIndex(len(table)))


def _typed(column: Column, decimal: str | None) -> pd.Series:
    numbers, bad = read_numbers(column.values, decimal)
    if bad.any() or not column.values:
        return column.texts()
    return pd.Series(column.spread(numbers, float("nan")))


def _read(path: Path, format: Format, options: Options, expected: Collection[str]) -> Table:
    if format == "csv":
        return read_delimited(path, options, expected)
    if format == "xlsx":
        return read_workbook(path, options, expected)
    if format == "sav":
        return read_sav(path, options)
    return _read_parquet(path)


def _format_of(path: Path) -> Format:
    suffix = path.suffix.lower()
    if suffix in _FORMATS:
        return _FORMATS[suffix]
    raise WorkbenchError(
        "this kind of file is not read",
        file=path,
        expected=", ".join(sorted(set(_FORMATS.values()))),
        got=suffix or "a name without an ending",
        hint="save it as .xlsx" if suffix in (".xls", ".ods") else "state format in the study card",
    )


def _absent(path: Path) -> WorkbenchError:
    beside = [other.name for other in path.parent.glob("*")] if path.parent.is_dir() else []
    return WorkbenchError("this file is missing", file=path, hint=suggestion(path.name, beside))


def _read_parquet(path: Path) -> Table:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise WorkbenchError(
            "this is not a Parquet file, or it is damaged",
            file=path,
            expected=".parquet",
            got=type(error).__name__,
        ) from None
    columns = {str(name): _parquet_column(frame[name]) for name in frame.columns}
    rows = pd.RangeIndex(2, 2 + len(frame)).to_numpy()
    return Table(columns, rows, "parquet", str(path))


def _parquet_column(series: pd.Series) -> Column:
    if pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        return column_of_values(series.to_numpy(dtype="float64", na_value=float("nan")))
    return column_of_values(series.astype(object).where(series.notna(), None).to_numpy())

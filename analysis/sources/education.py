"""Education of the census, as the Czech Statistical Office gives it out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Issue
from analysis.sources.columns import Table
from analysis.sources.statistical_tables import (
    AREA_COLUMNS,
    LISTED_ISSUES,
    MUNICIPALITY_COLUMNS,
    columns_by_key,
    counts_of,
    no_layout,
    place_codes,
    place_column,
    read_statistical_table,
    read_values,
)

EDUCATION_COLUMNS = ("code", "level", "education", "count")

_CENSUS_COLUMNS = ("uzemi_kod", "uzemi_cis", "vzdelani_kod", "hodnota")
_CENSUS_DIMENSIONS = ("vzdelani_kod", "vek_kod", "pohlavi_kod")
# The Office's code lists, by their numbers, of the places that a census file counts.
_CODE_LISTS = {"97": "state", "100": "region", "101": "district", "65": "area",
               "43": "municipality"}  # fmt: skip


def read_education(
    path: Path | str, levels: pd.DataFrame, *, sheet: str | None = None
) -> tuple[pd.DataFrame, list[Issue]]:
    """Inhabitants aged 15 and over by place and highest completed education.

    Read are the layouts: a row for each area (``orp_kod``) with a column for each category;
    and the census's own CSV (``uzemi_kod``, ``vzdelani_kod``, ``hodnota``, …), whose total
    rows leave the code of what they sum over blank.

    Parameters
    ----------
    path
        The file. It is only read.
    levels
        The levels of education with what they collect: columns ``code``, ``census_codes``
        and ``census_column`` (see :attr:`analysis.territory.Territory.education_levels`).
    sheet
        The sheet of a workbook; the one that has a known layout when not given.

    Returns
    -------
    education, issues
        code (as the file has it), level (as in :func:`read_population`), education (a code
        of ``levels``), count.

    Raises
    ------
    WorkbenchError
        If the file is missing or cannot be read, has none of the layouts, holds a category
        that ``levels`` does not collect, or a cell that cannot be meant.
    """
    names = (*AREA_COLUMNS, *MUNICIPALITY_COLUMNS, *levels["census_column"], *_CENSUS_COLUMNS)
    table = read_statistical_table(Path(path), sheet, names)
    found = columns_by_key(table)
    if set(_CENSUS_COLUMNS) <= set(found):
        frame, issues = _census_rows(table, found, levels)
    elif set(levels["census_column"]) <= set(found) and place_column(found):
        frame, issues = _census_columns(table, found, levels)
    else:
        raise no_layout(
            table,
            "education",
            f"orp_kod and {', '.join(levels['census_column'])}; or {', '.join(_CENSUS_COLUMNS)}",
        )
    return frame, [*table.issues, *issues]


def _census_columns(
    table: Table, found: Mapping[str, str], levels: pd.DataFrame
) -> tuple[pd.DataFrame, list[Issue]]:
    place, level = place_column(found) or ("", "")
    codes = place_codes(table, place)
    _refuse_doubled_places(table, codes, place)
    columns = [found[name] for name in levels["census_column"]]
    values = np.column_stack([counts_of(table, column) for column in columns])
    frame = _education_frame(codes, [level] * len(codes), list(levels["code"]), values)
    return frame, list(_age_differences(table, found, codes, values))


def _refuse_doubled_places(table: Table, codes: NDArray[Any], column: str) -> None:
    doubled = np.flatnonzero(pd.Series(codes).duplicated())
    if len(doubled):
        raise table.error(
            "the same place stands in two rows",
            row=int(table.rows[doubled[0]]),
            column=column,
            got=str(codes[doubled[0]]),
        )


def _age_differences(
    table: Table, found: Mapping[str, str], codes: NDArray[Any], values: NDArray[np.float64]
) -> Iterator[Issue]:
    """The levels make up those aged 15 and over, where the file counts these too."""
    unknown = np.flatnonzero(np.isnan(values).any(axis=1))
    for position in unknown[:LISTED_ISSUES]:
        yield table.issue(f"a count is not known ({codes[position]})", "error",
                          where=np.arange(len(codes)) == position)  # fmt: skip
    ages = ("poc_obyv_15_64", "poc_obyv_nad_65")
    if not set(ages) <= set(found):
        return
    adults = sum(counts_of(table, found[name]) for name in ages)
    for position in np.flatnonzero(adults != values.sum(axis=1))[:LISTED_ISSUES]:
        if position not in unknown:
            yield table.issue(
                f"the levels of education do not add up to those aged 15 and over "
                f"({codes[position]})",
                "error",
                where=np.arange(len(codes)) == position,
                expected=f"{np.asarray(adults)[position]:.0f}",
                got=f"{values[position].sum():.0f}",
            )


def _education_frame(
    codes: Sequence[str] | NDArray[Any],
    levels: Sequence[str],
    education: Sequence[str],
    values: NDArray[np.float64],
) -> pd.DataFrame:
    places = len(codes)
    position = np.repeat(np.arange(places), len(education))
    frame = pd.DataFrame(
        {
            "code": np.asarray(codes, dtype=object)[position],
            "level": np.asarray(levels, dtype=object)[position],
            "education": list(education) * places,
            "count": values.ravel(),
        }
    ).dropna(subset=["count"])
    frame = frame.astype({"code": "str", "level": "str", "education": "str", "count": "int64"})
    return frame.reset_index(drop=True)[list(EDUCATION_COLUMNS)]


def _census_rows(
    table: Table, found: Mapping[str, str], levels: pd.DataFrame
) -> tuple[pd.DataFrame, list[Issue]]:
    _refuse_several_indicators(table, found)
    used = [found[name] for name in _CENSUS_DIMENSIONS if name in found]
    # A dimension whose code is blank in all rows is summed over throughout.
    dimensions = [name for name in used if table.columns[name].values or name == used[0]]
    blank = np.column_stack([table.columns[name].codes < 0 for name in dimensions])
    long = pd.DataFrame(
        {
            "code": place_codes(table, found["uzemi_kod"]),
            "level": _levels(table, found["uzemi_cis"]),
            "education": _census_levels(table, found["vzdelani_kod"], levels),
            "count": counts_of(table, found["hodnota"]),
        }
    )
    parts = long[~np.any(blank, axis=1)]
    if parts.empty:
        raise table.error("this census file holds totals only", column=found["vzdelani_kod"])
    wide = parts.pivot_table(
        index=["level", "code"], columns="education", values="count", aggfunc="sum", fill_value=0
    ).reindex(columns=levels["code"], fill_value=0)
    issues = list(_census_differences(table, long[np.all(blank, axis=1)], wide))
    places = wide.index.to_frame(index=False)
    values = wide.to_numpy(dtype=float)
    return _education_frame(
        places["code"].to_numpy(), list(places["level"]), list(levels["code"]), values
    ), issues


def _refuse_several_indicators(table: Table, found: Mapping[str, str]) -> None:
    column = found.get("ukaz_kod")
    if column is not None and len(table.columns[column].values) > 1:
        raise table.error(
            "this file holds several indicators",
            column=column,
            expected="one: inhabitants aged 15 and over by education",
            got=", ".join(table.columns[column].values[:5]),
        )


def _levels(table: Table, column: str) -> NDArray[Any]:
    def level(text: str) -> str | None:
        return _CODE_LISTS.get(re.sub(r"[.,]0+$", "", text))

    return read_values(table, column, level, ", ".join(_CODE_LISTS))


def _census_levels(table: Table, column: str, levels: pd.DataFrame) -> NDArray[Any]:
    """The level that collects each category; blank in rows of totals."""
    collected = {
        category: code
        for code, categories in zip(levels["code"], levels["census_codes"], strict=True)
        for category in categories.split()
    }
    source = table.columns[column]
    plain = [re.sub(r"[.,]0+$", "", value) for value in source.values]
    for position, category in enumerate(plain):
        if category not in collected:
            row = int(table.rows[np.flatnonzero(source.codes == position)[0]])
            raise table.error(
                "no level of education collects this category of the census",
                row=row,
                column=column,
                expected=", ".join(collected),
                got=category,
                hint="add it to census_codes in education_levels.csv",
            )
    found = np.array([collected[category] for category in plain], dtype=object)
    return source.spread(found, "")


def _census_differences(table: Table, totals: pd.DataFrame, wide: pd.DataFrame) -> Iterator[Issue]:
    sums = wide.sum(axis=1)
    for position, total in totals.iterrows():
        parts = sums.get((total["level"], total["code"]))
        if parts is not None and parts != total["count"]:
            yield table.issue(
                f"the total differs from the sum of its parts ({total['code']})",
                "error",
                where=np.arange(len(table)) == position,
                expected=f"{parts:.0f}",
                got=f"{total['count']:.0f}",
            )

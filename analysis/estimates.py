"""The one long table of estimates: its columns, its types and the identity of a row.

Everything that is shown, compared or recommended is a query over this table. A released
table has the same columns less :data:`CONFIDENTIAL`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

import pandas as pd

IDENTITY: Final = [
    "study",
    "wave",
    "sample",
    "indicator",
    "category",
    "level",
    "area",
    "breakdown",
    "group",
    "comparison",
    "statistic",
]
VALUES: Final = [
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "interval_method",
    "confidence",
    "df",
    "n",
    "n_effective",
    "count",
    "base",
    "base_label",
    "deff",
    "p_value",
    "p_adjusted",
]
SOURCE: Final = ["source_kind", "data_origin", "reference_date"]
QUALITY: Final = ["precision", "comparability", "notes"]
RELEASE: Final = ["release", "sensitive"]
TRACE: Final = ["row_id", "input_hash", "definition_version"]

COLUMNS: Final = [*IDENTITY, *VALUES, *SOURCE, *QUALITY, *RELEASE, *TRACE]
CONFIDENTIAL: Final = ["count", "base", "sensitive"]
RELEASED_COLUMNS: Final = [column for column in COLUMNS if column not in CONFIDENTIAL]

NUMERIC: Final = [
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "confidence",
    "df",
    "n",
    "n_effective",
    "count",
    "base",
    "deff",
    "p_value",
    "p_adjusted",
]

#: States a row can be in once it has passed the release stage.
RELEASE_STATES: Final = (
    "ok",
    "low_precision",
    "suppressed_precision",
    "suppressed_primary",
    "suppressed_complementary",
    "not_applicable",
    "missing",
    "true_zero",
)


def empty_estimates() -> pd.DataFrame:
    """A table of estimates with no row and every column typed."""
    return typed(pd.DataFrame({column: [] for column in COLUMNS}))


def typed(estimates: pd.DataFrame) -> pd.DataFrame:
    """The table with its columns in order, typed, and ``row_id`` filled.

    Absent text columns become empty, absent numbers NaN; ``row_id`` is the hash of the
    identity, so a row keeps its id from one release to the next.
    """
    table = estimates.reindex(columns=COLUMNS)
    for column in COLUMNS:
        if column in NUMERIC:
            table[column] = table[column].astype("float64")
        elif column == "sensitive":
            table[column] = table[column].fillna(False).astype(bool)
        else:
            table[column] = table[column].astype("string").fillna("").astype("str")
    table["row_id"] = row_ids(table)
    return table


def row_ids(table: pd.DataFrame) -> pd.Series:
    """Twelve hexadecimal digits of SHA-256 over the identity columns of each row."""
    keys: Iterable[str] = ()
    if len(table):
        columns = (table[name].astype("str").tolist() for name in IDENTITY)
        keys = map("\x1f".join, zip(*columns, strict=True))
    return pd.Series(
        [hashlib.sha256(key.encode()).hexdigest()[:12] for key in keys],
        index=table.index,
        dtype="str",
    )

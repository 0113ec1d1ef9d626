"""Made-up released rows, as the release stage writes them."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

_PLAIN: dict[str, Any] = {
    "study": "made-up", "sample": "inhabitants", "indicator": "AW08", "category": "",
    "area": "7212", "breakdown": "", "group": "", "comparison": "", "statistic": "share",
    "estimate": 0.4, "standard_error": 0.03, "ci_low": 0.35, "ci_high": 0.45,
    "confidence": 0.95, "df": 400.0, "n": 400.0, "deff": 1.2, "p_value": math.nan,
    "p_adjusted": math.nan, "source_kind": "survey", "release": "ok",
}  # fmt: skip


def row(**changed: Any) -> dict[str, Any]:
    """A row that is shown; its id tells what it is about."""
    values = {**_PLAIN, **changed}
    keys = ("sample", "indicator", "category", "area", "breakdown", "group", "comparison")
    return {"row_id": "/".join(str(values[key]) for key in keys), **values}


def difference(estimate: float, width: float, **changed: Any) -> dict[str, Any]:
    """A difference from all other areas, with its interval and p-values of a clear one."""
    values = {
        "comparison": "rest", "estimate": estimate, "ci_low": estimate - width,
        "ci_high": estimate + width, "p_value": 0.001, "p_adjusted": 0.013, "deff": math.nan,
    }  # fmt: skip
    return row(**{**values, **changed})


def rank(place: float, low: float, high: float, **changed: Any) -> dict[str, Any]:
    """A set of places among all areas."""
    values = {
        "comparison": "rank", "statistic": "rank", "estimate": place, "ci_low": low,
        "ci_high": high, "deff": math.nan, "df": math.nan, "standard_error": math.nan,
    }  # fmt: skip
    return row(**{**values, **changed})


def counted(indicator: str, estimate: float, **changed: Any) -> dict[str, Any]:
    """A number from a register: no sample, no interval, no respondents."""
    values = {
        "sample": "", "source_kind": "register", "indicator": indicator, "estimate": estimate,
        "ci_low": math.nan, "ci_high": math.nan, "n": math.nan, "deff": math.nan,
        "df": math.nan, "confidence": math.nan, "statistic": "ratio",
    }  # fmt: skip
    return row(**{**values, **changed})


def frame(*rows: dict[str, Any]) -> pd.DataFrame:
    """The rows as a released table."""
    return pd.DataFrame(list(rows) or [row()])[list(row())].iloc[: len(rows)]

"""Arithmetic of released rows: what must hold of the table before anything is made from it.

Intervals contain their estimates, shares lie between 0 and 1, the answers to a single-choice
question add up to all, groups have no more respondents than the whole, areas add up to the
region, and the whole lies between its areas. A row that breaks a rule is a fault of the
workbench or of a definition, so the run fails and names it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd

from analysis.errors import Issue, WorkbenchError

SHOWN = ("ok", "low_precision", "true_zero")
_FILE = "released.parquet"
_MOST_ISSUES = 20
_KEY = ["sample", "indicator", "category", "area", "breakdown", "group"]


def check_arithmetic(
    rows: pd.DataFrame,
    *,
    share_step: float,
    mean_step: float,
    n_step: float = 1.0,
    exhaustive_indicators: Collection[str] = (),
    overlapping_breakdowns: Collection[str] = (),
) -> None:
    """Refuse released rows that cannot all be true.

    Parameters
    ----------
    rows
        Released rows.
    share_step, mean_step, n_step
        To what shares (and differences), means and counts of respondents were rounded.
    exhaustive_indicators
        Indicators whose categories are all answers of a single-choice question.
    overlapping_breakdowns
        Breakdowns of which a respondent can be in several groups.

    Raises
    ------
    WorkbenchError
        With an issue for each of the first rows at fault.
    """
    shown = rows[rows["release"].isin(SHOWN) & rows["estimate"].notna()]
    issues = [
        *_ranges(shown),
        *_intervals(shown),
        *_sums_to_one(shown, exhaustive_indicators, share_step),
        *_bases_of_groups(rows[~rows["breakdown"].isin(list(overlapping_breakdowns))], n_step),
        *_bases_of_areas(rows, n_step),
        *_whole_between_areas(shown, share_step, mean_step),
    ]
    if issues:
        raise WorkbenchError(
            f"the released rows do not add up: {len(issues)} faults",
            file=_FILE,
            issues=issues[:_MOST_ISSUES],
        )


def _place(row: pd.Series) -> str:
    return " ".join(f"{name} {row[name]}" for name in _KEY if name in row and str(row[name]))


def _issue(what: str, row: pd.Series, column: str, expected: str, got: str) -> Issue:
    return Issue(f"{what}: {_place(row)}", file=_FILE, column=column, expected=expected, got=got)


def _ranges(shown: pd.DataFrame) -> Iterator[Issue]:
    plain = (shown["comparison"] == "") & (shown["statistic"] == "share")
    for name, low, high, where in (
        ("estimate", 0.0, 1.0, plain),
        ("ci_low", 0.0, 1.0, plain),
        ("ci_high", 0.0, 1.0, plain),
        ("standard_error", 0.0, np.inf, shown["estimate"].notna()),
        ("confidence", 0.0, 1.0, shown["estimate"].notna()),
        ("p_value", 0.0, 1.0, shown["estimate"].notna()),
        ("p_adjusted", 0.0, 1.0, shown["estimate"].notna()),
    ):
        part = shown[where & shown[name].notna()]
        for _, row in part[(part[name] < low) | (part[name] > high)].iterrows():
            yield _issue(
                "a number lies outside its range", row, name, f"{low:g} to {high:g}",
                f"{row[name]:g}",
            )  # fmt: skip


def _intervals(shown: pd.DataFrame) -> Iterator[Issue]:
    bad = (shown["ci_low"] > shown["estimate"]) | (shown["estimate"] > shown["ci_high"])
    for _, row in shown[bad].iterrows():
        yield _issue(
            "an interval does not contain its estimate", row, "estimate",
            f"{row['ci_low']:g} to {row['ci_high']:g}", f"{row['estimate']:g}",
        )  # fmt: skip


def _sums_to_one(shown: pd.DataFrame, exhaustive: Collection[str], step: float) -> Iterator[Issue]:
    part = shown[
        shown["indicator"].isin(list(exhaustive))
        & (shown["comparison"] == "")
        & (shown["statistic"] == "share")
    ]
    key = [name for name in _KEY if name != "category"]
    known = part.groupby("indicator")["category"].nunique()
    for _, group in part.groupby(key, sort=False):
        # Where an answer is hidden the others need not add up.
        if len(group) < known[group["indicator"].iloc[0]]:
            continue
        total = group["estimate"].sum()
        if abs(total - 1) > step / 2 * len(group) + 1e-9:
            row = group.iloc[0].drop("category")
            yield _issue(
                "the answers to a single-choice question do not add up to all", row, "estimate",
                f"1 within the rounding of {len(group)} shares", f"{total:.4f}",
            )  # fmt: skip


def _bases_of_groups(rows: pd.DataFrame, step: float) -> Iterator[Issue]:
    plain = rows[(rows["comparison"] == "") & rows["n"].notna()]
    whole = plain[plain["breakdown"] == ""]
    key = ["sample", "indicator", "category", "area"]
    bases = whole.drop_duplicates(key).set_index(key)["n"]
    parts = plain[plain["breakdown"] != ""].groupby([*key, "breakdown"], sort=False)["n"]
    sums = parts.agg(["sum", "size"]).reset_index().join(bases, on=key)
    slack = step / 2 * (sums["size"] + 1) if step > 1 else 1e-9
    for _, row in sums[sums["sum"] > sums["n"] + slack].iterrows():
        yield _issue(
            "groups have more respondents than the whole", row, "n",
            f"at most {row['n']:g}", f"{row['sum']:g}",
        )  # fmt: skip


def _bases_of_areas(rows: pd.DataFrame, step: float) -> Iterator[Issue]:
    plain = rows[(rows["comparison"] == "") & (rows["breakdown"] == "") & rows["n"].notna()]
    key = ["sample", "indicator", "category"]
    areas = plain[plain["level"] == "area"]
    whole = plain[plain["level"] == "region"].drop_duplicates(key).set_index(key)["n"]
    sums = areas.groupby(key, sort=False)["n"].agg(["sum", "size"])
    sums = sums.join(whole, how="inner").reset_index()
    # An area without a row has nobody who was asked, or was not estimated by itself.
    everywhere = sums.groupby("sample")["size"].transform("max") == sums["size"]
    slack = step / 2 * (sums["size"] + 1) if step > 1 else 1e-9
    for _, row in sums[everywhere & ((sums["sum"] - sums["n"]).abs() > slack)].iterrows():
        yield _issue(
            "the areas do not add up to the region", row, "n", f"{row['n']:g}", f"{row['sum']:g}"
        )


def _whole_between_areas(
    shown: pd.DataFrame, share_step: float, mean_step: float
) -> Iterator[Issue]:
    plain = shown[
        (shown["comparison"] == "")
        & (shown["breakdown"] == "")
        & shown["statistic"].isin(("share", "mean"))
    ]
    key = ["sample", "indicator", "category"]
    areas = plain[plain["level"] == "area"].groupby(key)["estimate"]
    spread = areas.agg(["min", "max", "size"])
    wholes = plain[plain["level"] == "region"]
    count = plain.loc[plain["level"] == "area", "area"].nunique()
    joined = wholes.join(spread[spread["size"] == count], on=key, how="inner")
    slack = np.where(joined["statistic"] == "mean", mean_step, share_step)
    outside = (joined["estimate"] < joined["min"] - slack) | (
        joined["estimate"] > joined["max"] + slack
    )
    for _, row in joined[outside].iterrows():
        yield _issue(
            "the region lies outside its areas", row, "estimate",
            f"{row['min']:g} to {row['max']:g}", f"{row['estimate']:g}",
        )  # fmt: skip

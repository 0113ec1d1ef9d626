"""Attackers who know all that is published, each with a method of his own.

The audit of the release stage solves programmes; these attackers do not use it. They try every
table of whole numbers that agrees with what was published.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.release.gate import Released, release
from analysis.release.rules import RuleSet, rule_set
from tests.release.tabulate import REGION, estimates_of

#: What can be worked out of a hidden count must leave so many values between the ends.
WIDTH = 5


def everything_is_precise() -> RuleSet:
    """The default rules of disclosure, without those of precision."""
    rules = rule_set("default")
    nothing = {"minimum_n": 0, "minimum_n_comparison": 0, "low_n": 0, "maximum_cv": None}
    return rules.model_copy(update={"precision": rules.precision.model_copy(update=nothing)})


def people(counts: list[list[int]], sizes: list[list[int]]) -> pd.DataFrame:
    """So many with the secret of so many people, by area and sex; all weigh 1."""
    rows = []
    for area, (own, size) in enumerate(zip(counts, sizes, strict=True)):
        for sex, (count, n) in enumerate(zip(own, size, strict=True)):
            rows += [
                {
                    "area": f"A{area:02d}",
                    "sex": f"sex{sex}",
                    "weight": 1.0,
                    "secret": float(i < count),
                }
                for i in range(n)
            ]
    return pd.DataFrame(rows)


def shown_and_hidden(released: Released) -> tuple[dict, dict]:
    """Counts that follow from what is published, and the bases of what is not; by cell."""
    shown, hidden = {}, {}
    rows = released.rows[released.rows["comparison"] == ""]
    for row in rows.to_dict("records"):
        cell = (row["area"], row["group"])
        if np.isnan(row["estimate"]):
            hidden[cell] = row["n"]
        else:
            shown[cell] = round(row["estimate"] * row["n"])
    return shown, hidden


def tables_that_agree(sizes: np.ndarray, shown: dict) -> np.ndarray:
    """Every table of counts, area × sex, that agrees with what is published."""
    areas, sexes = sizes.shape
    atoms = [range(n + 1) for n in sizes.ravel()]
    all_tables = np.array(list(product(*atoms)), dtype=np.int16).reshape(-1, areas, sexes)
    agrees = np.ones(len(all_tables), dtype=bool)
    for cell, count in shown.items():
        agrees &= _count(all_tables, cell) == count
    return all_tables[agrees]


def _count(tables: np.ndarray, cell: tuple[str, str]) -> np.ndarray:
    area, group = cell
    chosen = tables if area == REGION else tables[:, [int(area[1:])]]
    chosen = chosen if group == "" else chosen[:, :, [int(group[3:])]]
    return chosen.sum(axis=(1, 2))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 2**32 - 1), st.integers(2, 3))
def test_every_hidden_count_may_be_one_of_many(seed: int, areas: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(6, 14 if areas == 2 else 10, (areas, 2))
    counts = rng.binomial(sizes, rng.choice([0.15, 0.3, 0.6]))
    estimates = estimates_of(
        people(counts.tolist(), sizes.tolist()), {("S", ""): "secret"}, ("sex",), sensitive=["S"]
    )
    released = release(estimates, rule_set=everything_is_precise())
    shown, hidden = shown_and_hidden(released)
    possible = tables_that_agree(sizes, shown)
    assert len(possible), "the truth itself must agree"
    for cell, base in hidden.items():
        found = _count(possible, cell)
        assert found.max() - found.min() >= min(WIDTH, base), (cell, shown)


def test_small_counts_are_hidden_somewhere() -> None:
    """The attackers have something to attack: one small count in each of three areas."""
    sizes = [[12, 12], [12, 12], [12, 12]]
    estimates = estimates_of(
        people([[2, 6], [7, 8], [6, 7]], sizes), {("S", ""): "secret"}, ("sex",), sensitive=["S"]
    )
    _, hidden = shown_and_hidden(release(estimates, rule_set=everything_is_precise()))
    assert ("A00", "sex0") in hidden and len(hidden) >= 4


@pytest.mark.parametrize("column", ["standard_error", "ci_low", "ci_high", "n_effective", "deff"])
def test_what_a_count_can_be_derived_from_is_hidden_with_it(column: str) -> None:
    """With p(1 − p) = se² (n − 1) an error gives the count away, and so do limits and deff."""
    sizes = [[40, 40], [40, 40]]
    estimates = estimates_of(
        people([[2, 20], [15, 18]], sizes), {("S", ""): "secret"}, ("sex",), sensitive=["S"]
    )
    rows = release(estimates, rule_set=everything_is_precise()).rows
    hidden = rows[rows["release"].str.startswith("suppressed_")]
    assert len(hidden) and hidden[column].isna().all()


def test_a_difference_from_the_rest_gives_nothing_away() -> None:
    """Area less rest and the region together would give the area's share."""
    sizes = [[40, 40]] * 4
    counts = [[1, 2], [20, 15], [18, 22], [25, 12]]
    estimates = estimates_of(
        people(counts, sizes), {("S", ""): "secret"}, (), sensitive=["S"], comparisons=True
    )
    rows = release(estimates, rule_set=everything_is_precise()).rows
    small = rows[rows["area"] == "A00"]
    assert small["estimate"].isna().all()
    hidden = set(rows.loc[rows["comparison"].eq("") & rows["estimate"].isna(), "area"])
    compared = rows[rows["comparison"].ne("") & rows["area"].isin(hidden)]
    assert compared["estimate"].isna().all()


def test_answers_that_add_up_to_all_hide_each_other() -> None:
    """Three answers add up to 100 %: a small one cannot be the only one that is hidden."""
    table = people([[0, 0], [0, 0]], [[40, 40], [40, 40]])
    place = table.groupby("area").cumcount()
    table["one"] = (place < 3).astype(float)
    table["two"] = ((place >= 3) & (place < 40)).astype(float)
    table["three"] = (place >= 40).astype(float)
    items = {("Q", name): name for name in ("one", "two", "three")}
    estimates = estimates_of(table, items, (), sensitive=["Q"])
    rows = release(estimates, rule_set=everything_is_precise()).rows
    own = rows[rows["area"] == "A00"].set_index("category")["estimate"]
    assert np.isnan(own["one"]) and own.isna().sum() >= 2

"""The gate by hand-made tables: what is hidden, what follows it, what is never released."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.estimates import CONFIDENTIAL, RELEASED_COLUMNS
from analysis.release.audit import audit
from analysis.release.gate import Released, release
from analysis.release.rules import rule_set
from analysis.release.structure import Declared
from tests.release.tabulate import REGION, estimates_of, respondents

HIDDEN = ("suppressed_primary", "suppressed_complementary")
BLANK = ["estimate", "standard_error", "ci_low", "ci_high", "deff", "n_effective"]


def people(counts: dict[str, int], per_area: int = 100, seed: int = 1) -> pd.DataFrame:
    """So many people of each area have the secret; the others of the area do not."""
    table = respondents(len(counts), per_area, {"sex": (0.5, 0.5)}, seed)
    place = table.groupby("area").cumcount()
    table["secret"] = (place < table["area"].map(counts)).astype(float)
    return table


def tables(
    counts: dict[str, int], breakdowns: tuple[str, ...] = (), **options: bool
) -> pd.DataFrame:
    return estimates_of(
        people(counts), {("S", ""): "secret"}, breakdowns, sensitive=["S"], **options
    )


def hidden_areas(released: Released) -> set[str]:
    rows = released.rows
    whole = rows[(rows["breakdown"] == "") & rows["release"].isin(HIDDEN)]
    return set(whole["area"])


def test_a_small_count_is_hidden_and_never_alone() -> None:
    released = release(tables({"A01": 3, "A02": 40, "A03": 30, "A04": 50}))
    hidden = hidden_areas(released)
    assert "A01" in hidden
    assert len(hidden) >= 2  # alone it would be the region less the others
    assert released.report["audit"]["recoverable"] == 0
    assert released.report["audit"]["minimum_width"] >= 5


def test_nothing_is_hidden_where_no_count_is_small() -> None:
    released = release(tables({"A01": 20, "A02": 40, "A03": 30}))
    assert not hidden_areas(released)


def test_a_small_count_of_something_that_is_not_sensitive_is_shown() -> None:
    estimates = estimates_of(people({"A01": 3, "A02": 40}), {("S", ""): "secret"}, ())
    assert not hidden_areas(release(estimates))


def test_a_hidden_row_shows_no_number() -> None:
    rows = release(tables({"A01": 3, "A02": 40, "A03": 30}, ("sex",))).rows
    hidden = rows[rows["release"].isin(HIDDEN)]
    assert len(hidden)
    assert hidden[[*BLANK, "n"]].isna().all().all()


def test_confidential_columns_do_not_leave() -> None:
    rows = release(tables({"A01": 3, "A02": 40, "A03": 30})).rows
    assert list(rows.columns) == RELEASED_COLUMNS
    assert not set(CONFIDENTIAL) & set(rows.columns)


def test_primary_and_complement_look_alike() -> None:
    rows = release(tables({"A01": 3, "A02": 40, "A03": 30, "A04": 50})).rows
    assert set(rows.loc[rows["release"].isin(HIDDEN), "release"]) == {"suppressed_primary"}


def test_the_comparison_of_a_hidden_area_is_hidden() -> None:
    estimates = tables({"A01": 3, "A02": 40, "A03": 30, "A04": 50}, comparisons=True)
    rows = release(estimates).rows
    hidden = set(rows.loc[(rows["comparison"] == "") & rows["release"].isin(HIDDEN), "area"])
    compared = rows[(rows["comparison"] == "rest") & rows["area"].isin(hidden)]
    assert len(compared)
    assert compared["estimate"].isna().all()


def test_a_small_group_of_a_sensitive_breakdown_is_hidden() -> None:
    table = respondents(4, 100, {"allowance": (1.0,)})
    place = table.groupby("area").cumcount()
    small = table["area"].map({"A01": 3, "A02": 30, "A03": 25, "A04": 40})
    table["allowance"] = np.where(place < small, "yes", "no")
    table["knows"] = np.random.default_rng(2).integers(0, 2, len(table)).astype(float)
    estimates = estimates_of(table, {("K", ""): "knows"}, ("allowance",))
    rows = release(estimates, sensitive_breakdowns={"allowance"}).rows
    own = rows[(rows["area"] == "A01") & (rows["breakdown"] == "allowance")]
    assert own["release"].isin(HIDDEN).all()
    assert own["n"].isna().all()


def test_released_numbers_are_rounded_as_printed() -> None:
    rows = release(tables({"A01": 20, "A02": 40, "A03": 33})).rows
    shares = rows["estimate"].dropna().to_numpy()
    np.testing.assert_allclose(shares, np.round(shares, 3), atol=1e-12)


def test_the_same_tables_are_released_the_same() -> None:
    estimates = tables({"A01": 3, "A02": 40, "A03": 30, "A04": 4}, ("sex",))
    pd.testing.assert_frame_equal(release(estimates).rows, release(estimates).rows)


@pytest.mark.parametrize(
    ("n", "state"),
    [(29, "suppressed_precision"), (40, "low_precision"), (60, "ok")],
)
def test_precision_by_the_base(n: int, state: str) -> None:
    table = respondents(2, n, {"sex": (1.0,)})
    table["half"] = (table.groupby("area").cumcount() % 2).astype(float)
    rows = release(estimates_of(table, {("P", ""): "half"}, ())).rows
    area = rows[rows["area"] == "A01"].iloc[0]
    assert area["release"] == state
    assert area["n"] == n  # too few answers need no protecting
    assert np.isnan(area["estimate"]) == (state == "suppressed_precision")


def test_an_unknown_rule_set_names_the_nearest() -> None:
    with pytest.raises(WorkbenchError, match="defalt"):
        release(tables({"A01": 20, "A02": 40}), rule_set="defalt")


def test_a_row_that_stands_twice_is_refused() -> None:
    estimates = tables({"A01": 20, "A02": 40})
    with pytest.raises(WorkbenchError, match="stands twice"):
        release(pd.concat([estimates, estimates.iloc[:1]], ignore_index=True))


# --- the attacker finds what is planted -----------------------------------------------------


def planted(estimates: pd.DataFrame, leak: pd.Series) -> int:
    """How many secrets the audit can recover once some hidden rows are shown again."""
    released = release(estimates)
    rows = released.rows.copy()
    for column in [*BLANK, "n", "interval_method"]:
        rows.loc[leak, column] = estimates.loc[leak, column]
    rows.loc[leak, "release"] = "ok"
    found = audit(estimates, rows, Declared(), rule_set("default"))
    return len(found.recoverable)


def leak_where(estimates: pd.DataFrame, **where: str) -> pd.Series:
    chosen = pd.Series(True, index=estimates.index)
    for column, value in where.items():
        chosen &= estimates[column] == value
    return chosen


def test_a_complement_shown_again_gives_the_secret_away() -> None:
    estimates = tables({"A01": 3, "A02": 40, "A03": 30, "A04": 50})
    others = hidden_areas(release(estimates)) - {"A01"}
    leak = estimates["area"].isin(others)
    assert planted(estimates, leak) >= 1


def test_the_secret_itself_shown_is_found() -> None:
    estimates = tables({"A01": 3, "A02": 40, "A03": 30, "A04": 50})
    assert planted(estimates, leak_where(estimates, area="A01")) >= 1


def test_groups_that_add_up_give_the_secret_away() -> None:
    estimates = tables({"A01": 3, "A02": 40, "A03": 30, "A04": 50}, ("sex",))
    assert planted(estimates, leak_where(estimates, area="A01", breakdown="sex")) >= 1


def test_nothing_is_found_where_nothing_is_planted() -> None:
    estimates = tables({"A01": 3, "A02": 40, "A03": 30, "A04": 50}, ("sex",))
    released = release(estimates)
    assert audit(estimates, released.rows, Declared(), rule_set("default")).clean


# --- whatever the tables ---------------------------------------------------------------------


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 60), min_size=3, max_size=5), st.integers(1, 100))
def test_no_secret_can_be_worked_out(counts: list[int], seed: int) -> None:
    named = {f"A{place:02}": count for place, count in enumerate(counts, start=1)}
    estimates = estimates_of(
        people(named, seed=seed), {("S", ""): "secret"}, ("sex",), sensitive=["S"]
    )
    released = release(estimates)
    assert released.report["audit"]["recoverable"] == 0
    small = (estimates["count"] >= 1) & (estimates["count"] <= 4)
    assert released.rows.loc[small, "release"].isin(HIDDEN).all()
    whole = released.rows[(released.rows["area"] == REGION) & (released.rows["breakdown"] == "")]
    assert len(whole) == 1


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.integers(0, 12), min_size=3, max_size=4), st.integers(1, 50))
def test_every_hidden_count_has_five_possible_values(counts: list[int], seed: int) -> None:
    """An oracle of its own: all whole counts that agree with the sum of the region."""
    named = {f"A{place:02}": count for place, count in enumerate(counts, start=1)}
    estimates = estimates_of(people(named, seed=seed), {("S", ""): "secret"}, (), sensitive=["S"])
    rows = release(estimates).rows
    hidden = rows["release"].isin(HIDDEN).to_numpy()
    region = (rows["level"] == "region").to_numpy()
    if not hidden.any() or hidden[region].any():
        return
    # The region's count is known at best; a hidden area may hold all that is not shown.
    unknown = float(estimates.loc[hidden, "count"].sum())
    for place in np.flatnonzero(hidden):
        if 1 <= estimates.loc[place, "count"] <= 4:
            assert min(unknown, 100) >= 5

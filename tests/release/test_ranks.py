"""Sets of ranks after the gate: from released rows alone, and true whatever is hidden."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimation.ranks import rank_sets
from analysis.release.gate import release
from analysis.release.ranks import RANK, SHOWN, rank_rows
from tests.release.tabulate import estimates_of, respondents

WANTED = {("inhabitants", "S")}
HIDDEN = "suppressed_primary"


def counted(counts: dict[str, int], per_area: int = 120) -> pd.DataFrame:
    """So many people of each area have the secret; rows of the table of estimates."""
    people = respondents(len(counts), per_area, {}, seed=3).assign(weight=1.0)
    place = people.groupby("area").cumcount()
    people["secret"] = (place < people["area"].map(counts)).astype(float)
    return estimates_of(people, {("S", ""): "secret"}, (), sensitive=["S"])


def released_rows(values: list[float], states: list[str], error: float = 0.02) -> pd.DataFrame:
    """Released rows of one table; what is hidden is blank."""
    table = counted({f"A{place:02d}": 30 for place in range(1, len(values) + 1)})
    rows = table[table["level"] == "area"].reset_index(drop=True)
    shown = np.isin(states, SHOWN)
    return rows.assign(
        estimate=np.where(shown, values, np.nan),
        standard_error=np.where(shown, error, np.nan),
        n=np.where(np.array(states) == HIDDEN, np.nan, 120.0),
        release=states,
    )


def test_ranks_are_those_of_the_estimates() -> None:
    values = [0.1, 0.5, 0.3, 0.32]
    rows = rank_rows(released_rows(values, ["ok"] * 4), WANTED)
    expected = rank_sets(values, [0.02] * 4)
    assert rows["estimate"].tolist() == [4, 1, 3, 2] == expected["rank"].tolist()
    assert rows["ci_low"].tolist() == expected["rank_low"].tolist()
    assert rows["ci_high"].tolist() == expected["rank_high"].tolist()
    assert set(rows["statistic"]) == set(rows["comparison"]) == {RANK}
    assert rows["row_id"].is_unique
    assert (rows["confidence"] == 0.95).all()
    assert (rows["n"] == 120).all()


def test_the_rank_of_a_hidden_area_is_hidden() -> None:
    states = ["ok", HIDDEN, "suppressed_precision", "low_precision", "true_zero"]
    rows = rank_rows(released_rows([0.2, 0.4, 0.5, 0.3, 0.0], states), WANTED)
    assert rows["release"].tolist() == [*states[:-1], "ok"]
    hidden = rows["release"].isin([HIDDEN, "suppressed_precision"])
    assert rows.loc[hidden, ["estimate", "ci_low", "ci_high", "confidence"]].isna().all().all()
    assert (rows.loc[hidden, "interval_method"] == "").all()
    assert np.isnan(rows["n"][1])  # the base of what is hidden for disclosure as well
    assert rows.loc[~hidden, ["estimate", "ci_low", "ci_high"]].notna().all().all()


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(0.02, 0.98), min_size=3, max_size=7),
    st.data(),
)
def test_a_set_holds_wherever_hidden_areas_stand(values: list[float], data: st.DataObject) -> None:
    """No placing of the hidden areas takes a shown one out of its set."""
    values = [round(value, 3) for value in values]
    hidden = data.draw(st.sets(st.integers(0, len(values) - 1), max_size=2))
    states = [HIDDEN if place in hidden else "ok" for place in range(len(values))]
    rows = rank_rows(released_rows(values, states), WANTED)
    for extremes in product((-1.0, 2.0), repeat=len(hidden)):
        true = np.array(values)
        true[sorted(hidden)] = extremes
        place = pd.Series(true).rank(ascending=False, method="min")
        for number in set(range(len(values))) - hidden:
            assert rows["ci_low"][number] <= place[number] <= rows["ci_high"][number]


def test_ranks_tell_nothing_of_what_is_hidden() -> None:
    """Whatever the hidden count is, every rank row is the same, byte for byte."""
    found = []
    for secret in (1, 2, 3, 4):
        counts = {"A01": secret, "A02": 40, "A03": 30, "A04": 50, "A05": 11}
        rows = release(counted(counts)).rows
        assert rows.loc[rows["area"] == "A01", "release"].eq(HIDDEN).all()
        kept = rows["release"].isin(SHOWN)
        found.append((rank_rows(rows, WANTED), set(rows.loc[kept, "area"])))
    same = [table for table, areas in found if areas == found[0][1]]
    assert len(same) >= 2
    for other in same[1:]:
        pd.testing.assert_frame_equal(other, same[0])


def test_areas_with_nobody_are_not_sure_of_their_place() -> None:
    """0 % of 120 has no error of its own; it is not surely below 2 %."""
    rows = rank_rows(
        released_rows([0.0, 0.02, 0.6], ["true_zero", "ok", "ok"], error=0.013), WANTED
    )
    assert rows.loc[0, ["ci_low", "ci_high"]].tolist() == [2, 3]


def test_sets_hold_together_over_repeated_samples() -> None:
    draw = np.random.default_rng(5)
    truth = np.linspace(0.2, 0.3, 8)
    places = pd.Series(truth).rank(ascending=False)
    covered = 0
    for _ in range(200):
        values = draw.binomial(400, truth) / 400
        rows = released_rows(values.tolist(), ["ok"] * 7 + [HIDDEN])
        error = np.sqrt(values * (1 - values) / 400)
        rows["standard_error"] = np.where(np.arange(8) < 7, error, np.nan)
        ranks = rank_rows(rows, WANTED)[:7]
        covered += bool(((ranks["ci_low"] <= places[:7]) & (places[:7] <= ranks["ci_high"])).all())
    assert covered / 200 >= 0.93


@pytest.mark.parametrize("wanted", [set(), {("users", "S")}, {("inhabitants", "T")}])
def test_only_what_the_plan_asks_for_is_ranked(wanted: set[tuple[str, str]]) -> None:
    assert rank_rows(released_rows([0.2, 0.3], ["ok", "ok"]), wanted).empty

"""Sets of ranks, and letters at the columns of a table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator
from analysis.estimation.letters import column_letters, letters_of
from analysis.estimation.ranks import rank_sets


def test_areas_far_apart_have_one_rank_and_equal_ones_all() -> None:
    table = rank_sets([0.9, 0.1, 0.5], [0.01] * 3, names=["x", "y", "z"]).set_index("area")
    assert table[["rank_low", "rank_high"]].to_numpy().tolist() == [[1, 1], [3, 3], [2, 2]]
    same = rank_sets([0.50, 0.51, 0.49], [0.1] * 3)
    assert same["rank_low"].tolist() == [1, 1, 1] and same["rank_high"].tolist() == [3, 3, 3]


def test_a_leader_among_equals() -> None:
    """One of four is surely first, the others may be anywhere from 2nd to 4th."""
    table = rank_sets([0.8, 0.50, 0.51, 0.49], [0.02] * 4)
    assert table["rank_low"].tolist() == [1, 2, 2, 2]
    assert table["rank_high"].tolist() == [1, 4, 4, 4]


def test_areas_without_an_estimate_have_no_rank() -> None:
    table = rank_sets([0.9, np.nan, 0.1], [0.01, 0.01, 0.01])
    assert table["rank_low"].isna().tolist() == [False, True, False]
    with pytest.raises(WorkbenchError, match="need the errors"):
        rank_sets([1.0, 2.0])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_sets_hold_the_rank_of_the_estimate_and_grow_with_the_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, errors = rng.normal(0, 1, 8), rng.uniform(0.05, 0.6, 8)
    narrow, wide = rank_sets(values, errors), rank_sets(values, errors * 1.5)
    assert (narrow["rank_low"] <= narrow["rank"]).all()
    assert (narrow["rank"] <= narrow["rank_high"]).all()
    assert (wide["rank_low"] <= narrow["rank_low"]).all()
    assert (wide["rank_high"] >= narrow["rank_high"]).all()


def test_all_sets_hold_all_true_ranks_at_once() -> None:
    """500 surveys of ten areas, some of them equal: at least 95 of 100 hold all."""
    rng = np.random.default_rng(11)
    truth = np.array([0, 0, 0, 1, 1, 2, 3, 3, 4, 6]) / 4
    least = np.array([(truth > own).sum() + 1 for own in truth])
    most = np.array([(truth >= own).sum() for own in truth])
    held = 0
    for _ in range(500):
        table = rank_sets(truth + rng.normal(0, 0.25, 10), np.full(10, 0.25))
        # Of equal areas any order is true.
        held += bool(((table["rank_low"] <= most) & (table["rank_high"] >= least)).all())
    assert held / 500 >= 0.94


def test_correlated_areas_are_told_apart_better() -> None:
    covariance = 0.04 * (np.eye(3) * 0.1 + 0.9)
    table = rank_sets([0.5, 0.25, 0.0], covariance=covariance)
    assert table["rank_high"].tolist() == [1, 2, 3]
    assert rank_sets([0.5, 0.25, 0.0], [0.2] * 3)["rank_high"].tolist() == [3, 3, 3]


def test_letters_by_hand() -> None:
    pairs = np.array([[0, 1], [0, 2], [1, 2]])
    found = letters_of(np.array([0.3, 0.2, -0.1]), np.array([0.01, 0.04, 0.2]), pairs)
    assert found == ["BC", "", ""]
    assert letters_of(np.array([-0.3, 0.0, 0.3]), np.array([0.01, 0.0, 0.01]), pairs) == [
        "",
        "AC",
        "",
    ]


def test_letters_of_a_table() -> None:
    rng = np.random.default_rng(8)
    group = np.repeat(["x", "y", "z"], 200)
    y = (rng.random(600) < np.repeat([0.2, 0.8, 0.5], 200)).astype(float)
    noise = (rng.random(600) < 0.5).astype(float)
    estimator = Estimator(np.column_stack([y, noise]), np.ones(600))
    domains = Domains.by(pd.DataFrame({"group": group}), ["group"])
    found = column_letters(estimator, domains)
    assert found.iloc[0].tolist() == ["", "AC", "A"]
    assert found.iloc[1].tolist() == ["", "", ""]
    milder = column_letters(estimator, domains, adjustment="benjamini-hochberg")
    assert (milder.map(len) >= found.map(len)).all().all()

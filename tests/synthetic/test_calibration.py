"""Intercepts: hand-computed, and the stated shares reached whatever moves an answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.synthetic.calibration import (
    binary_intercepts,
    probabilities,
    single_intercepts,
    spread_subsample,
)


def test_without_predictors_intercepts_are_the_logarithms() -> None:
    rates = np.array([0.2, 0.3, 0.5])
    intercepts = single_intercepts(np.zeros((3, 4), dtype=np.float32), rates)
    assert intercepts - intercepts[2] == pytest.approx(np.log(rates / 0.5), abs=1e-5)


def test_binary_intercept_of_two_people_by_hand() -> None:
    # Predictors ±1 are symmetric around 0, so a share of one half needs the intercept 0.
    found = binary_intercepts(np.array([[1.0, -1.0]], dtype=np.float32), np.array([0.5]))
    assert found[0] == pytest.approx(0.0, abs=1e-5)


def test_nobody_and_everybody() -> None:
    intercepts = binary_intercepts(np.zeros((2, 3), dtype=np.float32), np.array([0.0, 1.0]))
    assert intercepts[0] < -30
    assert intercepts[1] > 30


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rates=st.lists(st.floats(0.01, 1.0), min_size=2, max_size=6),
)
def test_single_shares_are_reached(seed: int, rates: list[float]) -> None:
    shares = np.array(rates) / np.sum(rates)
    stream = np.random.default_rng(seed)
    predictors = stream.normal(0, 1.5, (len(rates), 400)).astype(np.float32)
    intercepts = single_intercepts(predictors, shares)
    reached = probabilities(predictors + intercepts[:, None]).mean(axis=1)
    assert reached == pytest.approx(shares, abs=2e-3)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), rate=st.floats(0.001, 0.999))
def test_binary_shares_are_reached(seed: int, rate: float) -> None:
    stream = np.random.default_rng(seed)
    predictors = stream.normal(0, 1.5, (1, 400)).astype(np.float32)
    intercept = binary_intercepts(predictors, np.array([rate]))
    reached = (1 / (1 + np.exp(-(predictors + intercept[:, None])))).mean()
    assert reached == pytest.approx(rate, abs=1e-3)


@pytest.mark.parametrize("size", [1, 5, 7999, 8000, 100_000])
def test_the_subsample_is_spread_and_bounded(size: int) -> None:
    chosen = np.arange(size)[spread_subsample(size)]
    assert 1 <= len(chosen) < 16_000
    assert chosen[0] == 0

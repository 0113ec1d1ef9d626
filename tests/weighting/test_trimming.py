"""Trimming: bounds and margins together, or the miss said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.weighting import MarginTarget, rake, trim, trim_plainly


def _margins(rng: np.random.Generator, n: int, spread: float) -> list[MarginTarget]:
    truth = np.exp(rng.normal(0, spread, n))
    targets = []
    for name, size in (("a", 3), ("b", 4)):
        codes = np.concatenate([np.arange(size), rng.integers(0, size, n - size)])
        totals = np.bincount(codes, truth)[None]
        targets.append(MarginTarget(name, tuple(map(str, range(size))), codes, totals))
    return targets


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_margins_and_bounds_both_hold_where_they_can(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets = _margins(rng, 150, 0.2)
    base = np.exp(rng.normal(0, 0.5, 150))
    raked = rake(base, targets).weights
    trimmed = trim(raked, targets, 0.3, 2.5)
    ratio = trimmed.weights / trimmed.weights.mean()
    assert trimmed.met and trimmed.outside_after == 0
    assert ratio.min() >= 0.3 * (1 - 1e-5) and ratio.max() <= 2.5 * (1 + 1e-5)
    area = np.zeros(150, dtype=np.intp)
    assert max(target.misses(area, trimmed.weights).max() for target in targets) < 1e-8


def test_weights_within_the_bounds_are_left_alone() -> None:
    weights = np.array([1.0, 2.0, 3.0])
    trimmed = trim(weights, [], 0.1, 5)
    np.testing.assert_array_equal(trimmed.weights, weights)
    assert (trimmed.rounds, trimmed.outside_before, trimmed.met) == (0, 0, True)


def test_bounds_win_where_margins_cannot_be_met() -> None:
    """One of ten stands for half of the population: its weight must be five times the mean."""
    codes = np.array([0] + [1] * 9)
    target = MarginTarget("sex", ("m", "f"), codes, np.array([[50.0, 50.0]]))
    raked = rake(np.ones(10), [target]).weights
    trimmed = trim(raked, [target], 0.2, 3)
    assert not trimmed.met
    assert trimmed.weights.max() == pytest.approx(30)
    assert trimmed.weights.sum() == pytest.approx(100)
    assert trimmed.outside_before == 1 and trimmed.outside_after == 0
    assert "cannot both be met" in trimmed.warning().what


def test_every_area_keeps_its_total() -> None:
    area = np.repeat([0, 1], 10)
    weights = np.concatenate([[90.0], np.full(9, 1.0), np.full(10, 7.0)])
    trimmed = trim(weights, [], 0.1, 2, area, ["first", "second"])
    np.testing.assert_allclose(np.bincount(area, trimmed.weights), [99, 70])
    assert trimmed.weights[0] == pytest.approx(2 * 9.9)
    np.testing.assert_array_equal(trimmed.weights[10:], 7.0)


def test_plain_trimming_by_hand() -> None:
    """9 is cut to 5, the 4 are spread over the other four, one each."""
    weights = np.array([9.0, 1, 2, 3, 4.5])
    np.testing.assert_allclose(trim_plainly(weights, 0.5, 5), [5, 2, 3, 4, 5.5])
    # Strictly 5.5 is cut too, its 0.5 spread over the three that are free.
    expected = [5, 2 + 1 / 6, 3 + 1 / 6, 4 + 1 / 6, 5]
    np.testing.assert_allclose(trim_plainly(weights, 0.5, 5, strictly=True), expected)


def test_plain_trimming_needs_the_mean_between_the_bounds() -> None:
    with pytest.raises(WorkbenchError, match="mean weight is not between"):
        trim_plainly(np.array([1.0, 2.0]), 5, 9)

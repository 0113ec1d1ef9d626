"""Calibration: by hand, and what must hold for any distance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.weighting import Bounds, MarginTarget, NumericTarget, calibrate
from analysis.weighting.calibration import Distance

X = np.array([1.0, 2.0, 3.0, 4.0])
COUNT = MarginTarget("all", ("yes",), np.zeros(4, dtype=np.intp), np.array([[8.0]]))


def test_ratio_estimator_by_hand() -> None:
    """One total with the model's variance proportional to it: every weight times T / Σ d x."""
    found = calibrate(np.full(4, 2.0), [NumericTarget("x", X, np.array([30.0]))], model_variance=X)
    np.testing.assert_allclose(found.weights, 2 * 30 / 20)


def test_regression_estimator_by_hand() -> None:
    """Σd = 8 and Σdx = 20 are to become 8 and 24: w = d (1 + 4 (x − 2.5) / Σ d (x − 2.5)²)."""
    found = calibrate(np.full(4, 2.0), [COUNT, NumericTarget("x", X, np.array([24.0]))])
    np.testing.assert_allclose(found.weights, 2 * (1 + 4 * (X - 2.5) / 10))


def test_raking_distance_by_hand() -> None:
    """Two rows, x = 0 and 1: the weight of the second is the total, the first keeps its own."""
    target = NumericTarget("x", np.array([0.0, 1.0]), np.array([5.0]))
    np.testing.assert_allclose(calibrate(np.ones(2), [target], distance="raking").weights, [1, 5])


def test_truncated_weights_stop_at_the_bound() -> None:
    """Linear ratios would be 0.4, 0.8, 1.2, 1.6; at most 1.5 the others must take the rest."""
    targets = [COUNT, NumericTarget("x", X, np.array([24.0]))]
    found = calibrate(np.full(4, 2.0), targets, distance="truncated", bounds=Bounds(0.3, 1.5))
    ratio = found.weights / 2
    assert ratio.max() == pytest.approx(1.5)
    # The free three stay on one line: 1 + a + bx, with Σ = 2.5 and Σ x ratio = 6.
    assert ratio[:3].sum() == pytest.approx(2.5)
    assert ratio[1] - ratio[0] == pytest.approx(ratio[2] - ratio[1])
    assert (ratio * X).sum() == pytest.approx(12)


@pytest.mark.parametrize("distance", ["logit", "truncated"])
def test_bounds_that_cannot_be_met_are_refused(distance: Distance) -> None:
    target = NumericTarget("income", X, np.array([60.0]))
    with pytest.raises(WorkbenchError, match="no weights meet the totals within") as caught:
        calibrate(np.full(4, 2.0), [target], distance=distance, bounds=Bounds(0.5, 1.5))
    issue = caught.value.issues[0]
    assert "margin income" in issue.what and "missed by" in issue.what
    assert issue.expected == "60"


def test_totals_that_contradict_are_refused() -> None:
    twice = NumericTarget("twice", 2 * X, np.array([50.0]))
    with pytest.raises(WorkbenchError, match="no weights meet the totals"):
        calibrate(np.full(4, 2.0), [NumericTarget("x", X, np.array([24.0])), twice])


@pytest.mark.parametrize(
    ("distance", "bounds", "message"),
    [
        ("logit", None, "needs bounds"),
        ("truncated", None, "needs bounds"),
        ("logit", Bounds(1.1, 2), "do not hold the ratio 1"),
        ("linear", Bounds(0.5, 2), "has no bounds"),
    ],
)
def test_bounds_belong_to_their_methods(
    distance: Distance, bounds: Bounds | None, message: str
) -> None:
    with pytest.raises(WorkbenchError, match=message):
        calibrate(np.full(4, 2.0), [COUNT], distance=distance, bounds=bounds)


def test_rows_of_a_cluster_share_their_ratio() -> None:
    clusters = np.array(["a", "a", "b", "b"])
    targets = [COUNT, NumericTarget("x", X, np.array([24.0]))]
    found = calibrate(np.full(4, 2.0), targets, clusters=clusters)
    ratio = found.weights / 2
    assert ratio[0] == pytest.approx(ratio[1]) and ratio[2] == pytest.approx(ratio[3])
    assert found.weights @ X == pytest.approx(24)


def test_areas_are_calibrated_each_by_itself() -> None:
    area = np.repeat([0, 1], 4)
    x = NumericTarget("x", np.tile(X, 2), np.array([24.0, 30.0]))
    found = calibrate(np.full(8, 2.0), [x], area, ["first", "second"])
    np.testing.assert_allclose(np.bincount(area, found.weights * x.values), [24, 30])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([("linear", None), ("raking", None), ("logit", Bounds(0.2, 5)), ("truncated", Bounds(0.2, 5))]),
)  # fmt: skip
def test_totals_are_met_and_calibrated_weights_stay(
    seed: int, how: tuple[Distance, Bounds | None]
) -> None:
    rng = np.random.default_rng(seed)
    n, (distance, bounds) = 120, how
    base = np.exp(rng.normal(3, 0.2, n))
    truth = base * np.exp(rng.normal(0, 0.2, n))
    codes = np.concatenate([[0, 1, 2], rng.integers(0, 3, n - 3)])
    x = rng.normal(50, 10, n)
    targets = [
        MarginTarget("group", ("a", "b", "c"), codes, np.bincount(codes, truth)[None]),
        NumericTarget("x", x, np.array([truth @ x])),
    ]
    found = calibrate(base, targets, distance=distance, bounds=bounds)
    np.testing.assert_allclose(np.bincount(codes, found.weights), targets[0].totals[0], rtol=1e-8)
    assert found.weights @ x == pytest.approx(truth @ x, rel=1e-8)
    again = calibrate(found.weights, targets, distance=distance, bounds=bounds)
    np.testing.assert_allclose(again.weights, found.weights, rtol=1e-8)

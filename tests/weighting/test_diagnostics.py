"""Diagnostics by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.weighting import MarginTarget, kish_deff, kish_n_effective
from analysis.weighting.diagnostics import Diagnostics, compare_with_population, spread_by_area


def test_kish_by_hand() -> None:
    """Weights 1, 1, 4: Σ = 6, Σ² = 18, so 3·18/36 = 1.5 and 36/18 = 2."""
    weights = np.array([1.0, 1.0, 4.0])
    assert kish_deff(weights) == pytest.approx(1.5)
    assert kish_n_effective(weights) == pytest.approx(2)


def test_equal_weights_cost_nothing() -> None:
    assert kish_deff(np.full(7, 3.0)) == pytest.approx(1)
    assert kish_n_effective(np.full(7, 3.0)) == pytest.approx(7)


def test_nobody_has_no_effective_size() -> None:
    assert np.isnan(kish_n_effective(np.zeros(0)))


def test_spread_by_area() -> None:
    rows = spread_by_area(np.array([1.0, 1, 4, 2, 2]), np.array([0, 0, 0, 1, 1]), ["a", "b"])
    assert rows.to_dict("records") == [
        pytest.approx(
            {"area": "a", "n": 3, "population": 6.0, "weight_min": 1.0, "weight_max": 4.0,
             "deff_kish": 1.5, "n_effective": 2.0}
        ),
        pytest.approx(
            {"area": "b", "n": 2, "population": 4.0, "weight_min": 2.0, "weight_max": 2.0,
             "deff_kish": 1.0, "n_effective": 2.0}
        ),
    ]  # fmt: skip


def test_sample_against_population() -> None:
    area = np.array([0, 0, 0, 1])
    target = MarginTarget("sex", ("m", "f"), np.array([0, 1, 1, 0]), np.array([[5.0, 5], [3, 0]]))
    weights = np.array([5.0, 2, 3, 3])
    rows = compare_with_population([target], weights, area, ["a", "b"], [2])
    whole = rows[rows["area"] == ""].set_index("level")
    assert whole.loc["m", "population"] == pytest.approx(8 / 13)
    assert whole.loc["m", "unweighted"] == pytest.approx(2 / 4)
    assert whole.loc["m", "weighted"] == pytest.approx(8 / 13)
    own = rows[(rows["area"] == "a") & (rows["level"] == "f")].iloc[0]
    assert tuple(own[["population", "unweighted", "weighted"]]) == pytest.approx((0.5, 2 / 3, 0.5))


def test_unknown_answers_are_left_out_of_the_shares() -> None:
    codes = np.array([0, 1, 2, 2])
    target = MarginTarget("sex", ("m", "f", "unknown"), codes, np.array([[1.0, 3.0, 4.0]]))
    rows = compare_with_population([target], np.ones(4), np.zeros(4, int), ["a"], [2])
    assert list(rows["level"]) == ["m", "f"]
    assert list(rows["population"]) == pytest.approx([0.25, 0.75])
    assert list(rows["unweighted"]) == pytest.approx([0.5, 0.5])


def test_the_record_holds_plain_values() -> None:
    import json

    weights = np.array([1.0, 3.0])
    record = Diagnostics("given", weights=weights).record()
    json.dumps(record)
    assert (record["weight_min"], record["weight_max"]) == (1, 3)
    assert record["n_effective"] == pytest.approx(1.6)

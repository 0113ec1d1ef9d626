"""Weights raised for those who did not answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.weighting import adjust_by_classes, adjust_by_propensity


def test_classes_by_hand() -> None:
    """Of three with 10 each one answers, of two with 20 both: 30 and 20, 20."""
    found = adjust_by_classes(
        [10, 10, 10, 20, 20], [True, False, False, True, True], ["a", "a", "a", "b", "b"]
    )
    assert found.weights.tolist() == [30, 0, 0, 20, 20]
    assert found.classes["response_rate"].tolist() == pytest.approx([1 / 3, 1])
    assert found.classes["factor"].tolist() == [3, 1]


def test_a_class_without_answers_is_named() -> None:
    with pytest.raises(WorkbenchError) as caught:
        adjust_by_classes([1, 1, 1], [True, False, False], ["a", "b", None])
    text = str(caught.value)
    assert "class b: 0 of 1" in text and "(missing): 0 of 1" in text
    with pytest.raises(WorkbenchError, match="too few answers"):
        adjust_by_classes([1, 1, 1], [True, True, True], ["a", "a", "b"], least=2)


def test_a_propensity_by_one_category_is_the_class() -> None:
    """A saturated logit gives the response rate of each category."""
    rng = np.random.default_rng(1)
    kind = rng.choice(list("abc"), 300)
    said = rng.random(300) < np.select([kind == "a", kind == "b"], [0.3, 0.6], 0.9)
    weights = rng.uniform(1, 3, 300)
    by_class = adjust_by_classes(weights, said, kind)
    inverse = adjust_by_propensity(weights, said, pd.DataFrame({"kind": kind}), "inverse")
    np.testing.assert_allclose(inverse.weights, by_class.weights, rtol=1e-7)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["classes", "inverse"]))
def test_weights_sum_to_what_they_summed_to(seed: int, use: str) -> None:
    rng = np.random.default_rng(seed)
    age = rng.normal(50, 15, 400)
    said = rng.random(400) < 1 / (1 + np.exp(-(age - 40) / 20))
    weights = rng.uniform(1, 5, 400)
    found = adjust_by_propensity(weights, said, pd.DataFrame({"age": age}), use)
    assert found.weights.sum() == pytest.approx(weights.sum())
    assert (found.weights[~said] == 0).all()
    # The mean age of all comes nearer to the truth than that of those who answered.
    before = abs(np.average(age[said], weights=weights[said]) - np.average(age, weights=weights))
    after = abs(np.average(age, weights=found.weights) - np.average(age, weights=weights))
    assert after < before + 0.5


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (([1, 1], [True], ["a", "b"]), "as many weights"),
        (([1, np.nan], [True, True], ["a", "b"]), "not a number of people"),
        (([1, 1], [True, None], ["a", "b"]), "not known"),
        (([1, 1], [1, 2], ["a", "b"]), "not known"),
    ],
)
def test_what_is_refused(arguments: tuple, what: str) -> None:
    with pytest.raises(WorkbenchError, match=what):
        adjust_by_classes(*arguments)
    with pytest.raises(WorkbenchError, match="not known of everybody"):
        adjust_by_propensity([1, 1], [1, 0], pd.DataFrame({"x": [1.0, None]}))

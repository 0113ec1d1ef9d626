"""Linear regression on survey data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.estimation import (
    Domains,
    Estimator,
    LinearRegression,
    adjusted_difference,
    compare_domains,
    design_matrix,
)
from analysis.estimation.regression import INTERCEPT

RNG = np.random.default_rng(7)
N = 240
FRAME = pd.DataFrame(
    {
        "y": (RNG.random(N) < 0.4).astype(float),
        "exposed": (RNG.random(N) < 0.5).astype(float),
        "age": pd.Categorical(RNG.choice(["old", "young"], N), categories=["young", "old"]),
        "area": np.repeat(["a", "b"], N // 2),
    }
)
WEIGHTS = RNG.uniform(1, 3, N)


def test_the_slope_of_one_exposure_is_the_difference_of_two_means() -> None:
    regression = LinearRegression(WEIGHTS, strata=FRAME["area"])
    matrix = design_matrix(FRAME[["exposed"]])
    row = regression.fit(FRAME["y"], matrix).set_index("term").loc["exposed"]
    estimator = Estimator(FRAME[["y"]].to_numpy(), WEIGHTS, strata=FRAME["area"])
    domains = Domains.by(FRAME, ["exposed"])
    expected = compare_domains(estimator, domains, np.array([1]), np.array([0])).iloc[0]
    assert row["estimate"] == pytest.approx(expected["estimate"])
    assert row["standard_error"] == pytest.approx(expected["standard_error"])
    assert row["df"] == N - 2 - 1


def test_a_line_by_hand() -> None:
    """Values 1, 2, 4 on x = 0, 1, 2: slope 1.5, intercept 5/6, residuals 1/6, −1/3, 1/6.

    Scores of the slope (x − 1) e = −1/6, 0, 1/6, over Σ (x − 1)² = 2: V = 3/2 · (2/36) / 4.
    """
    regression = LinearRegression(np.ones(3))
    x = design_matrix(pd.DataFrame({"x": [0.0, 1, 2]}))
    found = regression.fit(np.array([1.0, 2, 4]), x).set_index("term")
    assert list(found["estimate"]) == pytest.approx([5 / 6, 1.5])
    assert found.loc["x", "standard_error"] == pytest.approx(np.sqrt(1.5 * (2 / 36) / 4))


def test_levels_become_columns_but_the_first() -> None:
    frame = pd.DataFrame({"g": ["b", "a", None], "x": [1, 2, 3]})
    matrix = design_matrix(frame)
    assert list(matrix) == [INTERCEPT, "gb", "x"]
    np.testing.assert_array_equal(matrix["gb"], [1, 0, np.nan])


def test_rows_with_missing_values_are_left_out() -> None:
    frame = FRAME.copy()
    frame.loc[3, "y"], frame.loc[5, "age"] = np.nan, None
    regression = LinearRegression(WEIGHTS)
    found = regression.fit(frame["y"], design_matrix(frame[["exposed", "age"]]))
    assert set(found["n"]) == {N - 2}


def test_a_predictor_that_others_determine_is_nan() -> None:
    matrix = design_matrix(FRAME[["exposed"]]).assign(twice=2 * FRAME["exposed"])
    found = LinearRegression(WEIGHTS).fit(FRAME["y"], matrix).set_index("term")
    assert np.isnan(found.loc["twice", "estimate"])
    assert np.isfinite(found.loc["exposed", "estimate"])


def test_nobody_left_is_refused() -> None:
    with pytest.raises(WorkbenchError, match="no respondent is left"):
        LinearRegression(np.ones(2)).fit(
            [np.nan, np.nan], design_matrix(pd.DataFrame({"x": [1, 2]}))
        )


def test_adjustment_takes_off_what_the_covariate_explains() -> None:
    """The old are exposed more and answer yes more; within an age there is no difference."""
    counts = [("young", 0, 40, 10), ("young", 1, 20, 5), ("old", 0, 20, 15), ("old", 1, 40, 30)]
    rows = [(age, exposed, float(i < yes)) for age, exposed, n, yes in counts for i in range(n)]
    frame = pd.DataFrame(rows, columns=["age", "exposed", "y"])
    regression = LinearRegression(np.ones(len(frame)))
    domains = Domains.by(frame, [])
    crude = adjusted_difference(regression, frame["y"], frame["exposed"], frame[[]], domains)
    adjusted = adjusted_difference(
        regression, frame["y"], frame["exposed"], frame[["age"]], domains
    )
    assert crude["estimate"][0] == pytest.approx(35 / 60 - 25 / 60)
    assert adjusted["estimate"][0] == pytest.approx(0, abs=1e-12)
    assert adjusted["ci_low"][0] < 0 < adjusted["ci_high"][0]


def test_every_domain_has_its_own_regression() -> None:
    regression = LinearRegression(WEIGHTS, strata=FRAME["area"])
    domains = Domains.of_areas(FRAME["area"], {}, "R")
    found = adjusted_difference(regression, FRAME["y"], FRAME["exposed"], FRAME[["age"]], domains)
    assert list(found["area"]) == ["a", "b", "R"]
    assert list(found["n"]) == [N / 2, N / 2, N]
    matrix = design_matrix(FRAME[["exposed", "age"]])
    alone = regression.fit(FRAME["y"], matrix, (FRAME["area"] == "a").to_numpy())
    expected = alone.set_index("term").loc["exposed", "standard_error"]
    assert found["standard_error"][0] == pytest.approx(expected)


def test_a_domain_of_exposed_only_has_no_difference() -> None:
    exposed = FRAME["exposed"].where(FRAME["area"] == "b", 1.0)
    regression = LinearRegression(WEIGHTS)
    domains = Domains.by(FRAME, ["area"])
    found = adjusted_difference(regression, FRAME["y"], exposed, FRAME[["age"]], domains)
    assert np.isnan(found["estimate"][0]) and np.isfinite(found["estimate"][1])
    nobody = exposed.where(FRAME["area"] == "b", np.nan)
    found = adjusted_difference(regression, FRAME["y"], nobody, FRAME[["age"]], domains)
    assert np.isnan(found["estimate"][0])

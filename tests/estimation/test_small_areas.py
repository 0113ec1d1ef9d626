"""Model-based estimates of areas against R, by hand, and by simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.estimation.small_areas import (
    benchmarked,
    fay_herriot,
    fay_herriot_shares,
    smoothed_variances,
)
from tests.estimation.r_reference import Comparison, read


def test_the_milk_of_r(shared: Path) -> None:
    folder = shared / "reference"
    milk = pd.read_csv(folder / "data" / "milk.csv")
    dummies = pd.get_dummies(milk["MajorArea"], drop_first=True).to_numpy(float)
    reference = read(folder, "small_area.csv")
    seen = Comparison()
    for method in ("REML", "ML", "FH"):
        model = fay_herriot(milk["yi"], milk["SD"] ** 2, dummies, method.lower())
        own = reference[reference["domain"] == method]
        values = {
            stat: own.loc[own["stat"] == stat, "value"].to_numpy() for stat in set(own["stat"])
        }
        # R stops when the variance moves by less than 10⁻¹⁰ of it.
        seen.add(f"{method} variance", model.variance, values["refvar"], 1e-7)
        seen.add(f"{method} beta", model.coefficients, values["beta"], 1e-8)
        seen.add(f"{method} se", np.sqrt(np.diag(model.covariance)), values["beta_se"], 1e-7)
        seen.add(f"{method} eblup", model.estimate, values["eblup"], 1e-8)
        seen.add(f"{method} mse", model.mean_squared_error, values["mse"], 1e-7)
    seen.check(285)


def test_two_thirds_of_the_way_by_hand() -> None:
    """Variance 1 of each, S² = 3: moments give 2 between areas, so 2/3 of the own value counts."""
    model = fay_herriot([1.0, 4.0, 2.0, 6.0, 2.0], [4 / 3] * 5, method="fh")
    spread = np.var([1, 4, 2, 6, 2], ddof=1)
    assert model.variance == pytest.approx(spread - 4 / 3)
    gamma = model.variance / spread
    assert model.estimate[0] == pytest.approx(3 + gamma * (1 - 3))
    assert model.shrinkage[0] == pytest.approx(gamma)


def test_areas_that_differ_by_chance_only_get_one_value() -> None:
    model = fay_herriot([0.50, 0.51, 0.49, 0.50], [0.01] * 4)
    assert model.variance == 0 and model.diagnostics["variance_is_zero"] == 1
    np.testing.assert_allclose(model.estimate, 0.5)


def test_an_area_without_a_sample_gets_what_the_regression_says() -> None:
    x = np.array([1.0, 2, 3, 4, 5, 6])
    y = np.array([2.1, 3.9, 6.2, np.nan, 9.8, 12.1])
    model = fay_herriot(y, [0.1] * 6, x)
    table = model.table(list("abcdef"))
    row = table.set_index("area").loc["d"]
    assert row["estimate"] == row["synthetic"] == pytest.approx(8, abs=0.2)
    assert row["shrinkage"] == 0 and row["se"] > 0 and row["model_based"]


def test_shares_stay_between_0_and_1() -> None:
    shares = [0.0, 0.02, 0.05, 0.01, 0.9, 1.0, np.nan]
    table = fay_herriot_shares(shares, [20, 60, 80, 40, 30, 25, 0], replicates=50)
    assert table["estimate"].between(0, 1).all()
    assert (table["ci_low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["ci_high"]).all()
    assert table["estimate"][0] > 0 and table["estimate"][5] < 1
    assert np.isnan(table["direct"][6]) and table["se"][6] > table["se"][2]
    variances = smoothed_variances([0.0, 1.0, 0.5], [10, 10, 20])
    np.testing.assert_allclose(variances, [0.025, 0.025, 0.0125])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["ratio", "difference"]))
def test_areas_agree_with_the_region(seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    estimates, sizes = rng.uniform(0.1, 0.9, 13), rng.uniform(1, 9, 13)
    found = benchmarked(estimates, sizes, 0.42, method, rng.uniform(0.1, 1, 13))
    assert np.average(found, weights=sizes) == pytest.approx(0.42)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["reml", "ml", "fh"]))
def test_results_lie_between_direct_and_synthetic(seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, 15)
    y = 1 + x + rng.normal(0, 1, 15)
    model = fay_herriot(y, rng.uniform(0.2, 2, 15), x, method)
    low, high = np.minimum(y, model.synthetic), np.maximum(y, model.synthetic)
    assert ((low - 1e-9 <= model.estimate) & (model.estimate <= high + 1e-9)).all()


def test_the_error_is_that_of_simulated_areas() -> None:
    """400 regions of 30 areas: mean squared error as estimated, within a tenth."""
    rng = np.random.default_rng(5)
    psi = np.linspace(0.3, 1.5, 30)
    seen, claimed = np.zeros(30), np.zeros(30)
    for _ in range(400):
        truth = 2 + rng.normal(0, 1, 30)
        model = fay_herriot(truth + rng.normal(0, np.sqrt(psi)), psi)
        seen += (model.estimate - truth) ** 2 / 400
        claimed += model.mean_squared_error / 400
    assert claimed.mean() == pytest.approx(seen.mean(), rel=0.1)
    assert (seen < psi).all()


def test_what_is_refused() -> None:
    with pytest.raises(WorkbenchError, match="no variance"):
        fay_herriot([1.0, 2.0, 3.0, 4.0], [0.1, 0.0, 0.1, 0.1])
    with pytest.raises(WorkbenchError, match="too few areas"):
        fay_herriot([1.0, 2.0], [0.1, 0.1])
    with pytest.raises(WorkbenchError, match="all auxiliaries"):
        fay_herriot([1.0, 2.0, 3.0], [0.1] * 3, [1.0, np.nan, 2.0])

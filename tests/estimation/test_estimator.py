"""Estimates in domains: by hand, and what must hold for any sample."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.estimation import Domains, Estimator, estimate_domains
from analysis.estimation.estimator import ESTIMATE_COLUMNS
from analysis.weighting import MarginTarget, kish_n_effective, rake
from analysis.weighting.calibration_model import CalibrationModel, model_of_targets

EVERYBODY = pd.DataFrame(index=range(6))
Y = np.array([1.0, 1, 0, 0, 1, np.nan])
W = np.array([1.0, 2, 3, 1, 1, 5])


def one(values: np.ndarray, weights: np.ndarray, **details: object) -> pd.Series:
    frame = pd.DataFrame(index=range(len(weights)))
    return estimate_domains(values, weights, Domains.by(frame, []), **details).iloc[0]  # type: ignore[arg-type]


# --- by hand ------------------------------------------------------------------------------


def test_a_share_by_hand() -> None:
    """Σ w y = 4 of Σ w = 8; w (y − ½) = ½, 1, −3/2, −½, ½, 0: Σ² = 4, n = 6 drawn, mean 0."""
    row = one(Y, W)
    assert row["estimate"] == 0.5
    assert row["standard_error"] == pytest.approx(np.sqrt(6 / 5 * 4) / 8)
    assert (row["n"], row["count"], row["base"], row["df"]) == (5, 3, 8, 4)
    # S² / n of a simple sample: Σ w (y − ½)² / 8 · 5/4 / 5 = ¼ / 4.
    assert row["deff"] == pytest.approx(6 / 5 * 4 / 64 / (0.25 / 4))
    assert row["n_effective"] == pytest.approx(5 / row["deff"])
    assert row["interval_method"] == "logit"


def test_a_mean_by_hand() -> None:
    """Weights 1, 1, 2 on 2, 4, 9: mean 6; w (y − 6) = −4, −2, 6; V = 3/2 · 56 / 16."""
    row = one(np.array([2.0, 4, 9]), np.array([1.0, 1, 2]))
    assert row["estimate"] == 6
    assert row["standard_error"] == pytest.approx(np.sqrt(1.5 * 56 / 16))
    assert np.isnan(row["count"])
    assert row["interval_method"] == "mean"


def test_strata_and_a_domain_by_hand() -> None:
    """In the domain 1, 0 | 1, 1 with p = 3/4; deviations ¼, −¾, 0 | ¼, ¼, 0 over N = 4.

    Stratum 1: Σ = −½, Σ² = 10/16, so 3/2 (10/16 − ¼/3); stratum 2: Σ = ½, Σ² = 2/16.
    """
    values = np.array([1.0, 0, 1, 1, 1, 0])
    frame = pd.DataFrame({"inside": [1, 1, 0, 1, 1, 0]})
    found = estimate_domains(
        values, np.ones(6), Domains.by(frame, ["inside"]), strata=[1, 1, 1, 2, 2, 2]
    )
    row = found[found["inside"] == 1].iloc[0]
    variance = (1.5 * (10 / 16 - 1 / 12) + 1.5 * (2 / 16 - 1 / 12)) / 16
    assert row["estimate"] == 0.75
    assert row["standard_error"] == pytest.approx(np.sqrt(variance))
    assert row["df"] == 4 - 2


def test_post_stratified_variance_by_hand() -> None:
    """Two post-strata of the same weight; residuals are deviations from their own means."""
    values = np.array([1.0, 0, 1, 1, 0, 0])
    codes = np.array([0, 0, 0, 1, 1, 1])
    target = MarginTarget("sex", ("m", "f"), codes, np.array([[60.0, 60.0]]))
    zero = np.zeros(6, dtype=np.intp)
    model = model_of_targets([target], zero, np.ones(6), "post-stratify")
    row = one(values, np.full(6, 20.0), calibration=model)
    # Means ⅔ and ⅓: Σ of squared residuals is ⅔ + ⅔, each times 20 / 120.
    assert row["standard_error"] == pytest.approx(np.sqrt(6 / 5 * (4 / 3)) / 6)


def test_what_calibration_fixes_has_no_error() -> None:
    codes = np.array([0, 0, 0, 1, 1, 1])
    target = MarginTarget("sex", ("m", "f"), codes, np.array([[60.0, 90.0]]))
    zero = np.zeros(6, dtype=np.intp)
    weights = np.repeat([20.0, 30.0], 3)
    model = model_of_targets([target], zero, np.ones(6), "post-stratify")
    row = one(codes.astype(float), weights, calibration=model)
    assert row["estimate"] == pytest.approx(0.6)
    assert row["standard_error"] == 0 and row["deff"] == 0
    assert row["n_effective"] == pytest.approx(kish_n_effective(weights))


def test_clusters_by_hand() -> None:
    """Three clusters of two: deviations from ½ sum to 1, −1 and 0; V = 3/2 · 2 / 36."""
    values = np.array([1.0, 1, 0, 0, 1, 0])
    row = one(values, np.ones(6), clusters=[[1, 1, 2, 2, 3, 3]])
    assert row["standard_error"] == pytest.approx(np.sqrt(1.5 * 2 / 36))
    assert row["df"] == 2


# --- edges --------------------------------------------------------------------------------


def test_nobody_and_everybody() -> None:
    values = np.column_stack([np.zeros(50), np.ones(50)])
    frame = pd.DataFrame(index=range(50))
    found = estimate_domains(values, np.full(50, 3.0), Domains.by(frame, []))
    assert list(found["estimate"]) == [0, 1]
    assert list(found["standard_error"]) == [0, 0]
    assert set(found["interval_method"]) == {"korn-graubard"}
    assert found["ci_low"].iloc[0] == 0 and found["ci_high"].iloc[1] == 1
    assert found["ci_high"].iloc[0] == pytest.approx(1 - 0.025 ** (1 / 50))
    assert list(found["n_effective"]) == [50, 50]


def test_an_empty_domain_is_a_row_without_numbers() -> None:
    area = pd.Series(pd.Categorical(["a", "a", "a"], categories=["a", "b"]))
    found = estimate_domains(np.array([1.0, 0, 1]), np.ones(3), Domains.of_areas(area, {}, "R"))
    empty = found[found["area"] == "b"].iloc[0]
    assert empty["n"] == 0
    assert empty[["estimate", "standard_error", "ci_low", "ci_high"]].isna().all()
    assert empty["interval_method"] == ""


def test_a_single_respondent_has_an_estimate_without_error() -> None:
    frame = pd.DataFrame({"g": [1, 2, 2, 2]})
    found = estimate_domains(np.array([1.0, 0, 1, 1]), np.ones(4), Domains.by(frame, ["g"]))
    assert found["estimate"].iloc[0] == 1
    assert found.loc[0, ["standard_error", "ci_low", "ci_high"]].isna().all()


def test_every_variable_has_its_own_missing_values() -> None:
    rng = np.random.default_rng(1)
    values = (rng.random((80, 5)) < 0.4).astype(float)
    values[rng.random(values.shape) < 0.2] = np.nan
    weights = rng.uniform(1, 3, 80)
    frame = pd.DataFrame({"g": rng.integers(0, 3, 80)})
    together = estimate_domains(values, weights, Domains.by(frame, ["g"]))
    for place in range(5):
        alone = estimate_domains(values[:, place], weights, Domains.by(frame, ["g"]))
        own = together[together["variable"] == place].reset_index(drop=True)
        pd.testing.assert_frame_equal(own.drop(columns="variable"), alone.drop(columns="variable"))


def test_a_difference_is_a_mean() -> None:
    row = one(np.array([1.0, -1, 0, 1, 1]), np.ones(5), kinds=["difference"])
    assert row["estimate"] == pytest.approx(0.4)
    assert row["ci_low"] < 0.4 < row["ci_high"]
    assert row["interval_method"] == "newcombe" and np.isnan(row["count"])


def test_labels_of_variables() -> None:
    names = pd.DataFrame({"indicator": ["A", "A"], "category": ["x", "y"]})
    frame = pd.DataFrame({"g": [1, 1, 2, 2]})
    values = np.array([[1.0, 0], [0, 1], [1, 1], [0, 0]])
    found = estimate_domains(values, np.ones(4), Domains.by(frame, ["g"]), columns=names)
    assert list(found.columns) == ["g", "indicator", "category", *ESTIMATE_COLUMNS]
    assert list(found["g"]) == [1, 1, 2, 2]
    assert list(found["category"]) == ["x", "y", "x", "y"]


@pytest.mark.parametrize(
    ("values", "weights", "details", "message"),
    [
        (np.array([1.0, np.inf]), np.ones(2), {}, "a value is infinite"),
        (np.ones(2), np.ones(3), {}, "not as many weights"),
        (np.ones(2), np.array([1, np.nan]), {}, "a weight is not a number"),
        (np.ones(2), np.ones(2), {"columns": ["a", "b"]}, "not as many names"),
    ],
)
def test_what_is_refused(
    values: np.ndarray, weights: np.ndarray, details: dict[str, object], message: str
) -> None:
    with pytest.raises(WorkbenchError, match=message):
        one(values, weights, **details)


# --- properties ---------------------------------------------------------------------------


class Sample:
    """A random sample in areas, raked within them, with shares, means and missing values."""

    def __init__(self, seed: int, each: int = 40) -> None:
        rng = np.random.default_rng(seed)
        self.area = np.repeat([0, 1, 2], each)
        n = len(self.area)
        self.values = np.column_stack(
            [rng.random(n) < 0.3, rng.random(n) < 0.7, rng.normal(40, 9, n)]
        ).astype(float)
        self.values[rng.random((n, 3)) < 0.1] = np.nan
        self.group = rng.integers(0, 3, n)
        # Totals that some weights have, so that raking can meet them.
        truth = rng.uniform(1, 3, n)
        truth *= (np.array([300.0, 500, 900]) / np.bincount(self.area, truth))[self.area]
        targets = []
        for name, size in (("sex", 2), ("age", 3)):
            codes = np.concatenate([rng.permutation(np.arange(each) % size) for _ in range(3)])
            totals = np.bincount(self.area * size + codes, truth).reshape(3, size)
            targets.append(MarginTarget(name, tuple("abc"[:size]), codes, totals))
        self.base = rng.uniform(0.5, 2, n)
        self.targets = targets
        self.weights = rake(self.base, targets, self.area, list("xyz")).weights

    def calibration(self) -> CalibrationModel:
        return model_of_targets(self.targets, self.area, self.base, "rake")

    def estimates(self, order: np.ndarray | None = None) -> pd.DataFrame:
        order = np.arange(len(self.area)) if order is None else order
        model = self.calibration()
        own = CalibrationModel(
            model.auxiliaries[order], model.groups[order], model.base_weights[order], "rake",
            tuple(codes[order] for codes in model.margins),
        )  # fmt: skip
        area = pd.Series(pd.Categorical.from_codes(self.area[order], categories=list("xyz")))
        groups = {"group": pd.Series(self.group[order])}
        return estimate_domains(
            self.values[order], self.weights[order], Domains.of_areas(area, groups, "R"),
            calibration=own, strata=self.area[order],
        )  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_order_of_rows_does_not_matter(seed: int) -> None:
    sample = Sample(seed)
    order = np.random.default_rng(seed).permutation(len(sample.area))
    numbers = ["estimate", "standard_error", "ci_low", "ci_high", "n", "df", "base"]
    np.testing.assert_allclose(
        sample.estimates(order)[numbers], sample.estimates()[numbers], rtol=1e-8, atol=1e-12
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_region_is_the_mean_of_its_areas(seed: int) -> None:
    found = Sample(seed).estimates()
    keys = ["breakdown", "group", "variable"]
    areas = found[(found["level"] == "area") & (found["n"] > 0)]
    region = found[found["level"] == "region"].set_index(keys)["estimate"]
    weighted = (areas["estimate"] * areas["base"]).groupby([areas[key] for key in keys]).sum()
    mean = weighted / areas.groupby(keys)["base"].sum()
    np.testing.assert_allclose(mean[region.index], region, rtol=1e-10)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(1e-6, 1e6))
def test_scale_of_the_weights_does_not_matter(seed: int, factor: float) -> None:
    sample = Sample(seed)
    first = sample.estimates()
    sample.weights = sample.weights * factor
    second = sample.estimates()
    numbers = ["estimate", "standard_error", "deff", "n_effective"]
    np.testing.assert_allclose(second[numbers], first[numbers], rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(second["base"], first["base"] * factor, rtol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_rows_doubled_with_weights_halved_give_the_same_estimates(seed: int) -> None:
    sample = Sample(seed)
    once = sample.estimates()
    order = np.tile(np.arange(len(sample.area)), 2)
    sample.weights = sample.weights / 2
    twice = sample.estimates(order)
    for column in ("estimate", "base"):
        np.testing.assert_allclose(twice[column], once[column], rtol=1e-10)
    np.testing.assert_array_equal(twice["n"], 2 * once["n"])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_intervals_hold_their_estimates(seed: int) -> None:
    found = Sample(seed, each=12).estimates().dropna(subset=["ci_low"])
    assert (found["ci_low"] <= found["estimate"] + 1e-12).all()
    assert (found["estimate"] <= found["ci_high"] + 1e-12).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_numbers_of_the_margins_have_no_error(seed: int) -> None:
    sample = Sample(seed)
    sample.values = (sample.targets[1].codes[:, None] == np.arange(3)).astype(float)
    found = sample.estimates()
    whole = found[found["breakdown"] == ""]
    assert (whole["standard_error"] < 1e-8).all()


def test_calibration_lowers_the_error_of_what_it_explains() -> None:
    sample = Sample(3, each=300)
    age = sample.targets[1].codes
    rng = np.random.default_rng(3)
    sample.values[:, 0] = rng.random(len(age)) < 0.15 + 0.35 * age
    plain = estimate_domains(
        sample.values, sample.weights, Domains.by(pd.DataFrame({"a": sample.area}), ["a"]),
        strata=sample.area,
    )  # fmt: skip
    model = sample.calibration()
    calibrated = estimate_domains(
        sample.values, sample.weights, Domains.by(pd.DataFrame({"a": sample.area}), ["a"]),
        strata=sample.area, calibration=model,
    )  # fmt: skip
    first = calibrated["variable"] == 0
    ratio = calibrated["standard_error"][first] / plain["standard_error"][first]
    assert (ratio < 0.9).all()


# --- covariances, speed -------------------------------------------------------------------


def test_covariance_matrix_of_means() -> None:
    """Its diagonal is the variances; the variance of a difference of two means is its sum."""
    sample = Sample(8)
    both = np.column_stack([sample.values[:, 0], sample.values[:, 1]])
    both = both[~np.isnan(both).any(axis=1)]
    weights = sample.weights[: len(both)]
    domains = Domains.by(pd.DataFrame(index=range(len(both))), [])
    estimator = Estimator(both, weights)
    matrix = estimator.covariance_of_means(domains)[0]
    variances = estimator.variances(domains)[0]
    np.testing.assert_allclose(np.diag(matrix), variances, rtol=1e-10)
    difference = Estimator((both[:, :1] - both[:, 1:]), weights)
    expected = difference.variances(domains)[0, 0]
    got = matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1]
    assert got == pytest.approx(expected)


def test_a_study_of_usual_size_takes_less_than_two_seconds() -> None:
    """5,200 respondents, 150 variables, 14 areas by 35 groups, calibrated: 73,500 estimates."""
    rng = np.random.default_rng(1)
    n = 13 * 400
    area = np.repeat(np.arange(13), 400)
    values = (rng.random((n, 150)) < rng.random(150)).astype(float)
    for block in range(10):
        values[np.ix_(rng.random(n) < 0.3, range(block * 15, block * 15 + 15))] = np.nan
    targets = []
    for name, size in (("sex_age", 10), ("education", 4), ("size", 6)):
        codes = np.concatenate([rng.permutation(np.arange(400) % size) for _ in range(13)])
        totals = rng.uniform(1, 2, (13, size))
        totals *= 30_000 / totals.sum(axis=1, keepdims=True)
        targets.append(MarginTarget(name, tuple(map(str, range(size))), codes, totals))
    names = [f"area {place}" for place in range(13)]
    weights = rake(np.ones(n), targets, area, names).weights
    model = model_of_targets(targets, area, np.ones(n), "rake")
    groups = {
        f"b{i}": pd.Series(rng.integers(0, size, n)) for i, size in enumerate((2, 5, 4, 6, 6, 5, 6))
    }
    domains = Domains.of_areas(pd.Series(area), groups, "R")
    assert len(domains) == 14 * 35
    start = time.process_time()
    found = estimate_domains(values, weights, domains, calibration=model, strata=area)
    assert time.process_time() - start < 2
    assert len(found) == 73_500

"""Differences between domains."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimation import Domains, Estimator, compare_domains, compare_with_rest, holm
from analysis.estimation.intervals import Uncertainty, difference_interval
from tests.estimation.test_estimator import Sample

AREAS = np.repeat(["a", "b", "c"], [4, 6, 10])


def compared(values: np.ndarray, **details: object) -> pd.DataFrame:
    domains = Domains.of_areas(pd.Series(AREAS), {}, "R")
    return compare_with_rest(values, np.ones(20), domains, strata=AREAS, **details)  # type: ignore[arg-type]


def _values(*yes: int) -> np.ndarray:
    return np.concatenate(
        [np.repeat([1.0, 0.0], [k, n - k]) for k, n in zip(yes, (4, 6, 10), strict=True)]
    )


def test_area_against_rest_by_hand() -> None:
    """Area a has 2 of 4, the rest 5 of 16, in b 3 of 6 and in c 2 of 10."""
    row = compared(_values(2, 3, 2)).iloc[0]
    assert row["estimate"] == pytest.approx(2 / 4 - 5 / 16)
    own = 4 / 3 * (4 * 0.25) / 16
    p = 5 / 16
    deviations = {"b": (3, 6), "c": (2, 10)}
    rest = 0.0
    for k, n in deviations.values():
        squares = k * (1 - p) ** 2 + (n - k) * p**2
        rest += n / (n - 1) * (squares - (k - n * p) ** 2 / n) / 16**2
    assert row["standard_error"] == pytest.approx(np.sqrt(own + rest))
    assert row["df"] == pytest.approx((own + rest) ** 2 / (own**2 / 3 + rest**2 / 14))
    assert (row["n"], row["n_second"]) == (4, 16)
    assert (row["estimate_first"], row["estimate_second"]) == (0.5, 5 / 16)


def test_newcombes_interval_by_hand() -> None:
    """Newcombe's example (a): 56 of 70 against 48 of 80 gives 0.0524 to 0.3339 with z = 1.96.

    With large samples behind the same effective sizes t is z.
    """

    def side(k: float, n: float) -> Uncertainty:
        p = k / n
        return Uncertainty(
            *(np.array([value]) for value in (p, (p * (1 - p) / n) ** 0.5, 1e9, n, n))
        )

    low, high = difference_interval(side(56, 70), side(48, 80), np.zeros(1), 0.95)
    assert (low[0], high[0]) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_p_values_are_adjusted_over_the_areas() -> None:
    values = np.column_stack([_values(2, 3, 2), _values(1, 5, 3)])
    means = compared(values, kinds=["mean", "mean"])
    for _, own in means.groupby("variable"):
        np.testing.assert_allclose(own["p_adjusted"], holm(own["p_value"].to_numpy()))
    shares = compared(values)
    for _, own in shares.groupby("variable"):
        assert (own["p_adjusted"] >= holm(own["p_value"].to_numpy()) - 1e-12).all()


def test_alike_areas_with_a_small_share_are_seldom_called_different() -> None:
    """Thirteen areas of 400 that all have a share of 2 %: own errors fail in 23 of 100 samples."""
    stream = np.random.default_rng(5)
    area = pd.Series(np.repeat([f"{number:02}" for number in range(13)], 400)).astype("category")
    values = (stream.random((len(area), 400)) < 0.02).astype(float)
    found = compare_with_rest(
        values, np.ones(len(area)), Domains.of_areas(area, {}, "all"), strata=area.astype(str),
        kinds=["share"] * values.shape[1],
    )  # fmt: skip
    least = found.groupby("variable")["p_adjusted"].min()
    by_own = found.groupby("variable")["p_value"].min() * 13
    assert (by_own < 0.05).mean() > 0.15
    assert (least < 0.05).mean() < 0.05


def test_nobody_in_the_area_has_a_true_width() -> None:
    """0 of 4 against 7 of 16: the area's own error is 0, its interval is not."""
    row = compared(_values(0, 4, 3)).iloc[0]
    assert row["interval_method"] == "newcombe"
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    # Zero of four may be as many as 60 %: the difference may be above zero.
    assert row["ci_high"] > 0
    assert row["p_value"] > 0.05


def test_nobody_anywhere_is_no_difference() -> None:
    row = compared(_values(0, 0, 0)).iloc[0]
    assert row["estimate"] == 0
    assert row["ci_low"] < 0 < row["ci_high"]
    assert np.isnan(row["p_value"])


def test_paired_differences_are_compared_like_means() -> None:
    values = np.tile([1.0, -1, 0, 1], 5)
    row = compared(values, kinds=["difference"]).iloc[1]
    assert row["interval_method"] == "mean"
    assert row["estimate"] == pytest.approx(
        values[4:10].mean() - np.delete(values, np.s_[4:10]).mean()
    )


def test_a_domain_against_itself_differs_by_nothing() -> None:
    estimator = Estimator(_values(2, 3, 2), np.ones(20))
    domains = Domains.by(pd.DataFrame({"area": AREAS}), ["area"])
    same = np.array([1])
    row = compare_domains(estimator, domains, same, same.copy()).iloc[0]
    assert (row["estimate"], row["standard_error"]) == (0, 0)


def test_differences_change_sign_with_the_order() -> None:
    estimator = Estimator(_values(2, 3, 2), np.ones(20))
    domains = Domains.by(pd.DataFrame({"area": AREAS}), ["area"])
    one = compare_domains(estimator, domains, np.array([0]), np.array([2])).iloc[0]
    two = compare_domains(estimator, domains, np.array([2]), np.array([0])).iloc[0]
    assert one["estimate"] == -two["estimate"]
    assert one["standard_error"] == pytest.approx(two["standard_error"])
    assert one["ci_low"] == pytest.approx(-two["ci_high"])
    assert one["ci_low"] < one["estimate"] < one["ci_high"]
    assert list(one[["area", "area_second"]]) == ["a", "c"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_areas_that_are_strata_are_independent_of_the_rest(seed: int) -> None:
    """Calibrated within areas, drawn within areas: variances add up."""
    sample = Sample(seed)
    area = pd.Series(pd.Categorical.from_codes(sample.area, categories=list("xyz")))
    groups = {"group": pd.Series(sample.group)}
    details = {"calibration": sample.calibration(), "strata": sample.area}
    found = compare_with_rest(
        sample.values, sample.weights, Domains.of_areas(area, groups, "R"), **details
    )
    for place, name in enumerate("xyz"):
        inside = sample.area == place
        rest = Domains.by(pd.DataFrame({"rest": ~inside}), ["rest"])
        estimator = Estimator(sample.values, sample.weights, **details)
        sums = estimator.sums(rest)
        variances = estimator.variances(rest)
        own = found[(found["area"] == name) & (found["breakdown"] == "")]
        np.testing.assert_allclose(own["estimate"], sums.mean[0] - sums.mean[1], rtol=1e-9)
        np.testing.assert_allclose(own["standard_error"], np.sqrt(variances.sum(axis=0)), rtol=1e-7)

"""Intervals by hand and by what they must do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimation.domains import Domains
from analysis.estimation.estimator import estimate_domains
from analysis.estimation.intervals import (
    INTERVAL_METHODS,
    IntervalMethod,
    Uncertainty,
    interval,
    share_interval,
    t_quantile,
)

METHODS: list[IntervalMethod] = list(INTERVAL_METHODS)


def _share(p: float, error: float, df: float = 99, n: float = 100) -> Uncertainty:
    return Uncertainty(*(np.array([value]) for value in (p, error, df, n, n)))


def test_mean_by_hand() -> None:
    """Student's t with 9 degrees of freedom is 2.2622."""
    low, high = interval(_share(0.4, 0.05, 9), "mean")
    assert (low[0], high[0]) == pytest.approx((0.4 - 2.262157 * 0.05, 0.4 + 2.262157 * 0.05))


def test_logit_by_hand() -> None:
    """The logit of 0.2 is −1.386294, half width 1.984217 · 0.04 / 0.16 = 0.496054."""
    low, high = interval(_share(0.2, 0.04), "logit")
    assert low[0] == pytest.approx(1 / (1 + np.exp(1.386294 + 0.496054)), abs=1e-6)
    assert high[0] == pytest.approx(1 / (1 + np.exp(1.386294 - 0.496054)), abs=1e-6)


def test_arcsine_by_hand() -> None:
    """The arcsine of √0.5 is π/4; half width 1.984217 · 0.05 / (2 · 0.5)."""
    low, high = interval(_share(0.5, 0.05), "asin")
    half = 1.984217 * 0.05
    assert low[0] == pytest.approx(np.sin(np.pi / 4 - half) ** 2, abs=1e-6)
    assert high[0] == pytest.approx(np.sin(np.pi / 4 + half) ** 2, abs=1e-6)


def test_korn_graubard_of_a_simple_sample_is_clopper_pearson() -> None:
    """30 of 100 with the binomial error: the beta limits with 30 and 70."""
    low, high = interval(_share(0.3, np.sqrt(0.3 * 0.7 / 100)), "korn-graubard")
    assert low[0] == pytest.approx(stats.beta.ppf(0.025, 30, 71))
    assert high[0] == pytest.approx(stats.beta.ppf(0.975, 31, 70))


def test_wilson_by_hand() -> None:
    """With n = 100 and t = 1.984217: (0.3 + t²/200 ± t √(0.21/100 + t²/40000)) / (1 + t²/100)."""
    low, high = interval(_share(0.3, np.sqrt(0.3 * 0.7 / 100)), "wilson")
    t = 1.984217
    half = t * np.sqrt(0.0021 + t**2 / 40_000)
    assert low[0] == pytest.approx((0.3 + t**2 / 200 - half) / (1 + t**2 / 100), abs=1e-6)
    assert high[0] == pytest.approx((0.3 + t**2 / 200 + half) / (1 + t**2 / 100), abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_nobody_and_everybody_have_the_limits_of_korn_graubard(method: IntervalMethod) -> None:
    """0 of 100: the upper limit solves (1 − p)¹⁰⁰ = 0.025."""
    low, high, used = share_interval(_share(0.0, 0.0), method)
    assert low[0] == 0
    assert high[0] == pytest.approx(1 - 0.025 ** (1 / 100))
    assert used[0] == "korn-graubard"
    low, high, _ = share_interval(_share(1.0, 0.0), method)
    assert (low[0], high[0]) == pytest.approx((0.025 ** (1 / 100), 1))


def test_other_shares_keep_the_method_asked_for() -> None:
    data = Uncertainty(
        np.array([0.0, 0.5]), np.array([0.0, 0.05]), np.full(2, 99.0), np.full(2, 100.0),
        np.full(2, 100.0),
    )  # fmt: skip
    low, high, used = share_interval(data, "logit")
    assert list(used) == ["korn-graubard", "logit"]
    alone = interval(_share(0.5, 0.05), "logit")
    assert (low[1], high[1]) == pytest.approx((alone[0][0], alone[1][0]))


@pytest.mark.parametrize("method", METHODS)
def test_without_a_degree_of_freedom_there_is_no_interval(method: IntervalMethod) -> None:
    for p in (0.0, 0.4, 1.0):
        low, high, _ = share_interval(_share(p, 0.1, df=0, n=1), method)
        assert np.isnan(low[0]) and np.isnan(high[0])


def test_quantiles_keep_their_shape() -> None:
    df = np.array([[9.0, 0.0], [9.0, np.nan]])
    found = t_quantile(df, 0.95)
    assert found.shape == (2, 2)
    np.testing.assert_allclose(found[:, 0], stats.t.ppf(0.975, 9))
    assert np.isnan(found[:, 1]).all()


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.001, 0.999),
    st.floats(0.05, 3),
    st.integers(2, 5000),
    st.sampled_from(METHODS),
    st.sampled_from([0.8, 0.95, 0.99]),
)
def test_the_interval_holds_the_estimate(
    p: float, spread: float, n: int, method: IntervalMethod, confidence: float
) -> None:
    data = _share(p, spread * np.sqrt(p * (1 - p) / n), df=n - 1, n=n)
    low, high, _ = share_interval(data, method, confidence)
    # Wilson's limits are about a centre nearer to a half.
    assert low[0] <= p + 1e-12 and p <= high[0] + 1e-12
    if method != "mean":
        assert low[0] >= -1e-12 and high[0] <= 1 + 1e-12
    wider = share_interval(data, method, (1 + confidence) / 2)
    assert wider[0][0] <= low[0] + 1e-12 and wider[1][0] >= high[0] - 1e-12


def test_where_nobody_differs_the_difference_still_has_a_width() -> None:
    """None of 40 has +1, none −1: both shares may be as much as t² / (n + t²)."""
    frame = estimate_domains(
        np.zeros((40, 1)), np.ones(40), Domains.by(pd.DataFrame(index=range(40)), []),
        kinds=["difference"],
    ).iloc[0]  # fmt: skip
    t = stats.t.ppf(0.975, 39)
    assert frame["ci_high"] == pytest.approx(t**2 / (40 + t**2))
    assert frame["ci_low"] == pytest.approx(-frame["ci_high"])
    assert (frame["estimate"], frame["interval_method"]) == (0, "newcombe")


def test_difference_of_opposite_answers_by_hand() -> None:
    """8 of 40 have +1 and 2 have −1: Wilson's limits of both, negatively correlated."""
    values = np.array([1] * 8 + [-1] * 2 + [0] * 30, dtype=float)[:, None]
    frame = estimate_domains(
        values, np.ones(40), Domains.by(pd.DataFrame(index=range(40)), []), kinds=["difference"]
    ).iloc[0]
    p, q, n, t = 0.2, 0.05, 39, stats.t.ppf(0.975, 39)
    # The variance of a share is p(1−p)/(n−1), so that is the size that Wilson's formula sees.

    def wilson(share: float) -> tuple[float, float]:
        half = t * np.sqrt(share * (1 - share) / n + t**2 / (4 * n**2))
        centre = share + t**2 / (2 * n)
        return (centre - half) / (1 + t**2 / n), (centre + half) / (1 + t**2 / n)

    r = -p * q / np.sqrt(p * (1 - p) * q * (1 - q))
    (l1, u1), (l2, u2) = wilson(p), wilson(q)
    below = np.sqrt((p - l1) ** 2 + (u2 - q) ** 2 - 2 * r * (p - l1) * (u2 - q))
    above = np.sqrt((u1 - p) ** 2 + (q - l2) ** 2 - 2 * r * (u1 - p) * (q - l2))
    assert frame["ci_low"] == pytest.approx(p - q - below)
    assert frame["ci_high"] == pytest.approx(p - q + above)


def test_likelihood_interval_by_hand() -> None:
    """Of 101 respondents 30 %: at both limits 2 · 100 · divergence is t²."""
    p, n = 0.3, 101.0
    error = np.sqrt(p * (1 - p) / n)
    data = Uncertainty(*(np.array([value]) for value in (p, error, n - 1, n, n)))
    t = stats.t.ppf(0.975, n - 1)
    for limit in interval(data, "likelihood"):
        loss = p * np.log(p / limit[0]) + (1 - p) * np.log((1 - p) / (1 - limit[0]))
        assert 2 * 100 * loss == pytest.approx(t**2)

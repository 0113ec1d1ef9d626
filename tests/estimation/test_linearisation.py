"""The sparse sums against the definition, computed respondent by respondent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from analysis.estimation.covariances import LinearRatio, Pairs, Ratios
from analysis.estimation.domains import Domains
from analysis.estimation.linearisation import covariances
from analysis.estimation.residuals import VARIANCE_RULES, Residuals, VarianceRule, residuals
from analysis.estimation.sampling import Sampling, sampling
from analysis.weighting import MarginTarget, rake
from analysis.weighting.calibration_model import model_of_targets
from tests.estimation.test_sampling import variance


def _quadratic(selected: Sampling, first: np.ndarray, second: np.ndarray) -> float:
    """Covariance of two totals by polarisation."""
    return (variance(selected, first + second) - variance(selected, first - second)) / 4


def _residual(z: np.ndarray, weights: np.ndarray, found: Residuals | None) -> np.ndarray:
    """Weighted residual of a variable, by least squares in the plainest way."""
    if found is None:
        return weights * z
    x = found.auxiliaries.toarray()
    if found.margins is not None:
        return weights * _swept(z, x, found.margins)
    root = np.sqrt(found.weights)[:, None]
    b = np.linalg.lstsq(root * x, root[:, 0] * z, rcond=None)[0]
    inflation = 1.0 if found.inflation is None else found.inflation
    return weights * inflation * (z - x @ b)


def _swept(z: np.ndarray, x: np.ndarray, margins: np.ndarray) -> np.ndarray:
    for _ in range(10):
        for margin in np.unique(margins):
            own = x[:, margins == margin]
            z = z - own @ ((own.T @ z) / own.sum(axis=0))
    return z


class Case:
    """A sample with clusters, strata, calibrated weights, missing values and odd domains."""

    def __init__(self, seed: int, kind: str, rule: VarianceRule) -> None:
        rng = np.random.default_rng(seed)
        n = 60
        area = np.repeat([0, 1, 2], 20)
        strata = {"areas": area, "crossing": rng.integers(0, 3, n), "none": None}[kind]
        clusters = [] if seed % 2 else [np.arange(n) // 3]
        strata = strata if seed % 2 or kind != "crossing" else np.arange(n) // 3 % 4
        self.sampling = sampling(n, strata, clusters)
        targets = []
        for name, size in (("sex", 2), ("age", 3)):
            codes = np.concatenate([np.arange(20) % size] * 3)
            totals = np.array(
                [np.bincount(codes[area == a], rng.uniform(5, 15, 20)) for a in range(3)]
            )
            totals *= 200 / totals.sum(axis=1, keepdims=True)
            targets.append(MarginTarget(name, tuple("abc"[:size]), codes, totals))
        base = np.exp(rng.normal(0, 0.3, n))
        self.weights = rake(base, targets, area, list("xyz")).weights
        model = model_of_targets(targets, area, base, "rake")
        self.residuals = residuals(model, self.weights, rule, self.sampling.strata)
        self.table = rng.normal(2, 1, (n, 4))
        members = rng.random((5, n)) < 0.5
        members[0], members[1] = area == 1, True
        labels = pd.DataFrame(index=range(5))
        self.domains = Domains.of_members(sparse.csr_matrix(members.astype(float)), labels)
        self.ratios = Ratios(np.array([0, 1, 2]), np.array([3, 3, 1]))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(["areas", "crossing", "none"]),
    st.sampled_from(VARIANCE_RULES),
    st.booleans(),
)
def test_covariances_of_any_pair_of_domains(
    seed: int, kind: str, rule: VarianceRule, calibrated: bool
) -> None:
    case = Case(seed, kind, rule)
    found = case.residuals if calibrated else None
    first, second = np.array([0, 0, 2, 3, 4]), np.array([1, 2, 3, 3, 0])
    ours = covariances(
        case.table, case.ratios, case.weights, case.domains, Pairs(first, second),
        case.sampling, found,
    )  # fmt: skip
    inside = case.domains.members.toarray()
    for pair in range(len(first)):
        for place in range(len(case.ratios)):
            n, d = case.ratios.numerators[place], case.ratios.denominators[place]
            for name, own, other in (("nn", n, n), ("nd", n, d), ("dn", d, n), ("dd", d, d)):
                left = _residual(case.table[:, own] * inside[first[pair]], case.weights, found)
                right = _residual(case.table[:, other] * inside[second[pair]], case.weights, found)
                expected = _quadratic(case.sampling, left, right)
                scale = np.sqrt(variance(case.sampling, left) * variance(case.sampling, right))
                got = getattr(ours, name)[pair, place]
                assert abs(got - expected) <= 1e-9 * scale + 1e-9


def test_variances_are_covariances_of_a_domain_with_itself() -> None:
    case = Case(4, "areas", "calibrated")
    everyone = np.arange(5)
    same = covariances(
        case.table, case.ratios, case.weights, case.domains, Pairs.of_each(5),
        case.sampling, case.residuals,
    )  # fmt: skip
    twice = covariances(
        case.table, case.ratios, case.weights, case.domains, Pairs(everyone, everyone.copy()),
        case.sampling, case.residuals,
    )  # fmt: skip
    for name in ("nn", "nd", "dn", "dd"):
        np.testing.assert_allclose(getattr(same, name), getattr(twice, name), rtol=1e-10)


def test_many_columns_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(5, "areas", "calibrated")
    arguments = (
        case.table, case.ratios, case.weights, case.domains, Pairs.of_each(5),
        case.sampling, case.residuals,
    )  # fmt: skip
    together = covariances(*arguments)
    monkeypatch.setattr("analysis.estimation.linearisation._BUDGET", 1)
    np.testing.assert_allclose(covariances(*arguments).nn, together.nn, rtol=1e-12)


def test_ratio_by_the_delta_method() -> None:
    """R = 3/2 with var(n) = 4, cov = 1, var(d) = 1: (4 − 2·1.5·1 + 2.25·1) / 4."""
    from analysis.estimation.linearisation import Covariances

    one = np.ones((1, 1))
    found = Covariances(4 * one, one, one, one)
    ratio = LinearRatio(1.5 * one, 2 * one)
    np.testing.assert_allclose(found.of_ratios(ratio, ratio), (4 - 3 + 2.25) / 4)
    np.testing.assert_allclose(found.variances_of_ratios(ratio), (4 - 3 + 2.25) / 4)


def test_what_is_only_rounding_is_zero() -> None:
    from analysis.estimation.linearisation import Covariances

    one = np.ones((1, 1))
    found = Covariances(one, one, one, one * (1 + 4e-16))
    ratio = LinearRatio(one, one)
    assert found.variances_of_ratios(ratio)[0, 0] == 0

"""Contrasts of domains, changes between waves, sets of answers, and intervals that hold together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import WorkbenchError
from analysis.estimation import Design
from analysis.estimation.comparisons import compare_domains
from analysis.estimation.contrasts import change, contrast, covariance_of_domains
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator
from analysis.estimation.multiplicity import simultaneous_quantile


def _survey(seed: int, n: int = 90) -> tuple[Estimator, Domains]:
    rng = np.random.default_rng(seed)
    values = rng.normal(5, 2, (n, 2))
    estimator = Estimator(values, rng.uniform(1, 3, n), clusters=[np.arange(n) // 5])
    domains = Domains.by(pd.DataFrame({"g": rng.choice(list("abc"), n)}), ["g"])
    return estimator, domains


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_difference_is_a_contrast(seed: int) -> None:
    estimator, domains = _survey(seed)
    ours = contrast(estimator, domains, [1, -1, 0])
    theirs = compare_domains(estimator, domains, np.array([0]), np.array([1]))
    np.testing.assert_allclose(ours["estimate"], theirs["estimate"])
    np.testing.assert_allclose(ours["se"], theirs["standard_error"], rtol=1e-9)
    alone = contrast(estimator, domains, [0.0, 0.0, 1.0])
    matrix = covariance_of_domains(estimator, domains)
    np.testing.assert_allclose(alone["se"], np.sqrt(matrix[:, 2, 2]))
    np.testing.assert_allclose(matrix, matrix.transpose(0, 2, 1), atol=1e-12)


def test_a_domain_less_itself_is_nothing() -> None:
    estimator, domains = _survey(1)
    twice = Domains.joined([domains, domains])
    found = contrast(estimator, twice, [1, 0, 0, -1, 0, 0])
    assert found["estimate"].abs().max() == 0 and found["se"].max() == 0
    with pytest.raises(WorkbenchError, match="as many coefficients"):
        contrast(estimator, domains, [1, -1])


def test_independent_waves_add_their_variances() -> None:
    rng = np.random.default_rng(2)
    waves = [Design(pd.DataFrame({"y": rng.normal(m, 1, 50)})) for m in (0, 1)]
    found = change(*waves, "y").iloc[0]
    errors = [wave.mean("y")["se"][0] for wave in waves]
    assert found["se"] == pytest.approx(np.hypot(*errors))
    assert found["estimate"] == pytest.approx(found["second"] - found["first"])


def test_people_asked_twice_by_hand() -> None:
    """The change is the mean of their differences, its error that of this mean."""
    first = np.array([1.0, 2, 3, 4, 6])
    second = np.array([2.0, 2, 5, 5, 6])
    waves = [Design(pd.DataFrame({"y": values, "id": range(5)})) for values in (first, second)]
    found = change(*waves, "y", person="id").iloc[0]
    difference = second - first
    assert found["estimate"] == pytest.approx(difference.mean())
    assert found["se"] == pytest.approx(difference.std(ddof=1) / np.sqrt(5))
    apart = change(*waves, "y").iloc[0]
    assert found["se"] < apart["se"]


def test_three_denominators_of_a_set_by_hand() -> None:
    """Four people; one is asked nothing, one gives no answer, two give three answers."""
    frame = pd.DataFrame({"a_x": [1, 1, 0, np.nan], "a_y": [0, 1, 0, 1], "b": [1, 1, 1, 1]})
    found = Design(frame).select_all("a_").set_index(["statistic", "category"])["estimate"]
    assert found["share-of-respondents", "x"] == pytest.approx(2 / 3)
    assert found["share-of-answering", "y"] == pytest.approx(1 / 2)
    assert found["share-of-answers", "x"] == pytest.approx(2 / 3)
    by = Design(frame.assign(g=["m", "f", "m", "f"])).select_all("a_", by="g")
    assert list(by.columns[:4]) == ["statistic", "variable", "category", "g"]
    assert (Design(frame).select_all("a_")["variable"] == "a_").all()
    with pytest.raises(WorkbenchError, match="several answers"):
        Design(frame).select_all("c_")
    with pytest.raises(WorkbenchError, match="several answers"):
        Design(frame.assign(c_1=[1, 2, 3, 4])).select_all("c_")


def test_quantiles_of_many_intervals() -> None:
    one = stats.t.ppf(0.975, 30)
    assert simultaneous_quantile(1, 30) == pytest.approx(one)
    sidak, bonferroni = (simultaneous_quantile(10, 30, method=m) for m in ("sidak", "bonferroni"))
    assert one < sidak < bonferroni == pytest.approx(stats.t.ppf(1 - 0.0025, 30))
    apart = simultaneous_quantile(10, 30, method="max-t", covariance=np.eye(10))
    assert apart == pytest.approx(sidak, abs=0.05)
    together = simultaneous_quantile(10, 30, method="max-t", covariance=np.ones((10, 10)))
    assert together == pytest.approx(one, abs=0.05)
    with pytest.raises(WorkbenchError, match="covariance"):
        simultaneous_quantile(3, 30, method="max-t")

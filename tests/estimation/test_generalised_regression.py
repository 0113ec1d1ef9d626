"""Regressions of shares and counts against R, by hand, and by what must hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, domain_estimates
from analysis.estimation.generalised_regression import regress
from tests.estimation.r_reference import ApiReference, Comparison, cells, read
from tests.estimation.test_reference import api  # noqa: F401 (a fixture)

METHODS = {"Wald": "wald", "LRT": "likelihood-ratio", "WorkingWald": "working-wald"}
#: R's errors rest on the weights of the last iteration but one: exact for the linear model.
STALE = {"gaussian": 1e-8, "binomial": 5e-6, "poisson": 5e-6}
#: R looks for the saddlepoint to 10⁻⁸ of its argument only.
SADDLEPOINT = 1e-5


def _asked(formula: str, frame: pd.DataFrame) -> tuple[str, np.ndarray, list[str]]:
    """Family, outcome and predictors of ``family|y ~ a + b``."""
    family, _, rest = formula.partition("|")
    outcome, _, predictors = rest.partition(" ~ ")
    name, _, level = outcome.removeprefix("I(").removesuffix(")").partition("==")
    values = frame[name] == level.strip("'") if level else frame[name]
    return family.removeprefix("quasi"), values.to_numpy(float), predictors.split(" + ")


def test_models_and_terms_of_r(api: ApiReference) -> None:  # noqa: F811
    reference = read(api.folder, "regression.csv")
    seen = Comparison()
    for name in reference["design"].unique():
        design = api.design(name)
        estimator = design.estimator(np.zeros((len(design.frame), 0)))
        own = reference[reference["design"] == name]
        models = own[own["id"] == "svyglm"]
        for formula in models["domain"].unique():
            family, outcome, predictors = _asked(formula, design.frame)
            model = regress(estimator, outcome, design.frame[predictors], family)
            table = model.table().set_index("term")
            for (_, term), theirs in cells(models[models["domain"] == formula]):
                where = f"{name} {formula} {term}"
                if not term:
                    ours = [model.fitted.df, model.dispersion, model.dispersion_error]
                    seen.add(where, ours, theirs[["df_resid", "dispersion", "dispersion_se"]])
                    continue
                row = table.loc[term]
                floor = 1e-8 * row["standard_error"]
                seen.add(where, row["estimate"], theirs["estimate"], floor=floor)
                stale = STALE[family]
                seen.add(where, row["standard_error"], theirs["se"], stale)
                limits = row[["ci_low", "ci_high"]]
                wide = stale * 3 * row["standard_error"]
                seen.add(where, limits, theirs[["ci_l", "ci_u"]], stale, wide)
                seen.add(where, row["statistic"], theirs["t"], stale, stale)
                seen.add(where, row["p_value"], theirs["p_value"], 1e-4)
            tests = own[(own["id"] == "regTermTest") & own["domain"].str.startswith(formula + " ")]
            for (domain, _), theirs in cells(tests):
                method = domain.rsplit(" ", 1)[1]
                found = model.test(_tested(predictors), METHODS[method])
                where = f"{name} {domain}"
                seen.add(where, found["statistic"], theirs["statistic"], 2 * STALE[family])
                seen.add(where, found[["df", "df_denominator"]], theirs[["df", "ddf"]])
                tolerance = 1e-4 if method == "Wald" else SADDLEPOINT
                seen.add(f"{where} p", found["p_value"], theirs["p_value"], tolerance)
    seen.check(1700)


def _tested(predictors: list[str]) -> str:
    """The term that the reference tests: the school type where it is there, else the meals."""
    return "stype" if "stype" in predictors else "meals"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_saturated_logit_gives_the_shares_of_the_groups(seed: int) -> None:
    rng = np.random.default_rng(seed)
    group = pd.Series(np.arange(90) % 3).map({0: "a", 1: "b", 2: "c"})
    y = (rng.random(90) < 0.5).astype(float)
    y[:6] = [0, 0, 0, 1, 1, 1]
    estimator = Estimator(y, rng.uniform(1, 3, 90), clusters=[np.arange(90) // 3])
    model = regress(estimator, y, pd.DataFrame({"group": group}), "binomial")
    beta = model.fitted.coefficients
    shares = 1 / (1 + np.exp(-(beta + np.where(np.arange(3) > 0, beta[0], 0))))
    frame = pd.DataFrame({"group": group})
    found = domain_estimates(estimator, Domains.by(frame, ["group"]))
    np.testing.assert_allclose(shares, found.sums.mean[:, 0], rtol=1e-9)


def test_a_count_by_hand() -> None:
    """Means 2 and 6: the log ratio is ln 3, its variance Σ (y − m)² / (Σ m)² in each group."""
    y, group = np.array([1.0, 2, 3, 4, 6, 8]), pd.DataFrame({"g": list("aaabbb")})
    model = regress(Estimator(y, np.ones(6)), y, group, "poisson")
    assert model.fitted.coefficients == pytest.approx([np.log(2), np.log(3)])
    variance = 6 / 5 * (2 / 36 + 8 / 324)
    assert model.fitted.covariance[1, 1] == pytest.approx(variance)


def test_what_is_refused() -> None:
    estimator = Estimator(np.zeros((6, 0)), np.ones(6))
    group = pd.DataFrame({"g": list("aaabbb")})
    with pytest.raises(WorkbenchError, match="does not fit the family binomial"):
        regress(estimator, np.arange(6.0), group, "binomial")
    with pytest.raises(WorkbenchError, match="does not converge"):
        regress(estimator, np.array([0.0, 0, 0, 1, 1, 1]), group, "binomial")
    model = regress(estimator, np.arange(6.0), group)
    with pytest.raises(WorkbenchError, match="no such predictor"):
        model.test("height")


def test_the_linear_model_is_the_linear_regression() -> None:
    from analysis.estimation.regression import LinearRegression, design_matrix

    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(0, 1, 50), "g": rng.choice(list("abc"), 50)})
    y, weights = rng.normal(0, 1, 50), rng.uniform(1, 2, 50)
    ours = regress(Estimator(np.zeros((50, 0)), weights), y, frame).table()
    plain = LinearRegression(weights).fit(y, design_matrix(frame))
    pd.testing.assert_frame_equal(ours, plain, rtol=1e-9)

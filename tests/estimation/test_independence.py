"""Tests of tables and of groups against R, by hand, and by what must hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.errors import WorkbenchError
from analysis.estimation import Design, chi_square_sums
from analysis.estimation import independence as independence_module
from analysis.estimation.chi_square_sums import upper_tail
from analysis.estimation.estimator import Estimator
from analysis.estimation.independence import goodness_of_fit, independence
from analysis.estimation.two_samples import rank_test, t_test
from tests.estimation.r_reference import ApiReference, Comparison, cells, read
from tests.estimation.test_reference import api  # noqa: F401 (a fixture)

NAMES = {
    "F": "F",
    "Chisq": "chi-square",
    "Wald": "wald",
    "adjWald": "adjusted-wald",
    "lincom": "integration",
    "saddlepoint": "saddlepoint",
}
#: Below this R's numerical integration is noise (README of the reference).
NOISE = 1e-6
#: What R asks of its integration is 10⁻⁷; it gives a little more.
DAVIES = 5e-9
#: R stops its root finding and its integration early.
APPROXIMATE = {"lincom": 2e-5, "saddlepoint": 1e-4}


def test_tables_of_r(api: ApiReference) -> None:  # noqa: F811
    reference = read(api.folder, "tables_tests.csv")
    reference = reference[reference["id"] == "svychisq"]
    seen = Comparison()
    for name in reference["design"].unique():
        design = api.design(name)
        estimator = design.estimator(np.zeros((len(design.frame), 0)))
        own = reference[reference["design"] == name]
        for formula in own["term"].unique():
            rows, columns = formula.removeprefix("~").split("+")
            found = independence(estimator, design.frame[rows], design.frame[columns])
            found = found.set_index("test")
            for (domain, _), theirs in cells(own[own["term"] == formula]):
                statistic = domain.removeprefix("statistic=")
                if statistic == "wls-score":
                    _compare_wls_score(seen, found, theirs, f"{name} {formula}")
                    continue
                ours = found.loc[NAMES[statistic]]
                where = f"{name} {formula} {statistic}"
                seen.add(where, ours["statistic"], theirs["statistic"])
                if statistic not in APPROXIMATE:
                    seen.add(f"{where} p", ours["p_value"], theirs["p_value"], 1e-7)
                    seen.add(f"{where} df", ours["df"], theirs["param1"])
                    if "param2" in theirs.index and statistic != "Chisq":
                        seen.add(f"{where} ddf", ours["df_denominator"], theirs["param2"])
                elif theirs["p_value"] > NOISE:
                    p_value = _with_whole_multiplicity(found, statistic, design, formula)
                    tolerance = APPROXIMATE[statistic]
                    seen.add(f"{where} p", p_value, theirs["p_value"], tolerance, DAVIES)
    seen.check(440)


def _compare_wls_score(
    seen: Comparison, found: pd.DataFrame, theirs: pd.Series, where: str
) -> None:
    """R's ``wls-score`` is Wald's statistic over (k + 1)² in place of k; it is not offered here."""
    wald = found.loc["wald"]
    k, df = wald["df"], wald["df_denominator"]
    statistic = wald["statistic"] * k / (k + 1) ** 2
    seen.add(f"{where} wls-score", statistic, theirs["statistic"], 1e-7)
    seen.add(f"{where} wls-score", [k, df - k - 1], theirs[["param1", "param2"]])
    p_value = stats.f.sf(theirs["statistic"], k, df - k - 1)
    seen.add(f"{where} wls-score p", p_value, theirs["p_value"], 1e-7)


def _with_whole_multiplicity(
    found: pd.DataFrame, statistic: str, design: Design, formula: str
) -> float:
    """The p-value as R computes it.

    R hands d₀ν, the degrees of freedom of the denominator, to routines that take whole
    multiplicities, so −x/(d₀ν) occurs ⌊d₀ν⌋ times; here it counts d₀ν times, as it should.
    The p-values differ by up to 13 % (one-stage cluster sample, ν = 14).
    """
    rows, columns = formula.removeprefix("~").split("+")
    table = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "analysis.estimation.independence._tested",
            lambda test, made, wald: table.setdefault("made", made) and found_row,
        )
        found_row = independence_module.Tested("", 0.0, 0.0, 0.0, 0.0)
        independence(
            design.estimator(np.zeros((len(design.frame), 0))),
            design.frame[rows],
            design.frame[columns],
            ("F",),
        )
    made = table["made"]
    df = found.loc["F", "df_denominator"]
    lambdas = np.append(made.design_effects, -made.pearson / df)
    counts = np.append(np.ones(len(lambdas) - 1), np.floor(df + 1e-9))
    if statistic == "lincom":
        return chi_square_sums._integrated(lambdas, counts)
    return chi_square_sums._saddlepoint(lambdas, counts) or np.nan


def test_groups_of_r(api: ApiReference) -> None:  # noqa: F811
    reference = read(api.folder, "tables_tests.csv")
    tests = {"KruskalWallis": "kruskal-wallis", "vanderWaerden": "van-der-waerden"}
    seen = Comparison()
    for name in reference["design"].unique():
        design = api.design(name)
        estimator = design.estimator(np.zeros((len(design.frame), 0)))
        y = design.frame["api00"]
        own = reference[reference["design"] == name]
        for _, theirs in cells(own, id="ttest"):
            found, difference = t_test(estimator, y, design.frame["awards"])
            seen.add(f"{name} t", found.statistic, theirs["statistic"])
            seen.add(f"{name} t", [found.df, difference], theirs[["df", "estimate"]])
            seen.add(f"{name} t p", found.p_value, theirs["p_value"], 1e-6)
        for (domain, _), theirs in cells(own, id="ranktest"):
            test = domain.removeprefix("test=")
            group = "stype" if test == "KruskalWallis" else "awards"
            ranked = rank_test(estimator, y, design.frame[group], tests.get(test, test))
            where = f"{name} {test}"
            seen.add(f"{where} p", ranked.p_value, theirs["p_value"], 1e-6)
            seen.add(where, _rank_statistic(ranked, test), theirs["statistic"])
            if test != "KruskalWallis":
                seen.add(f"{where} df", ranked.df_denominator, theirs["df"])
        for _, theirs in cells(own, id="gof"):
            fit = goodness_of_fit(
                estimator, design.frame["stype"], {"E": 4421, "H": 755, "M": 1018}
            )
            if abs(theirs["statistic"]) > 1e-6:
                seen.add(f"{name} gof", fit.statistic, theirs["statistic"])
                seen.add(f"{name} gof p", fit.p_value, theirs["p_value"], 1e-7)
    seen.check(90)


def _rank_statistic(ranked: object, test: str) -> float:
    """R gives t for two groups; for several it puts the degrees of freedom in this place."""
    if test == "KruskalWallis":
        return float(ranked.df)  # type: ignore[attr-defined]
    return float(np.sqrt(ranked.statistic))  # type: ignore[attr-defined]


# --- by hand, and what must hold ----------------------------------------------------------


def _estimator(n: int, **details: object) -> Estimator:
    return Estimator(np.zeros((n, 0)), np.ones(n), **details)


def test_with_equal_weights_it_is_nearly_pearsons() -> None:
    """A simple random sample with replacement: the design effects are n / (n − 1)."""
    rows = np.repeat([0, 0, 1, 1], [30, 20, 10, 40])
    columns = np.repeat([0, 1, 0, 1], [30, 20, 10, 40])
    found = independence(_estimator(100), rows, columns).set_index("test")
    pearson = 100 * (30 * 40 - 20 * 10) ** 2 / (50 * 50 * 40 * 60)
    assert found.loc["chi-square", "statistic"] == pytest.approx(pearson)
    assert found.loc["F", "df"] == pytest.approx(1)
    assert found.loc["F", "df_denominator"] == pytest.approx(99)
    # By hand: the variance of the interaction is estimated, not that under independence.
    residual = (found.loc["F", "statistic"] / pearson) ** -1
    assert 0.8 < residual < 1.2


def test_the_exact_distribution_of_one_chi_square_is_f() -> None:
    for statistic, weight, df in ((3.2, 1.0, 7.5), (10.0, 2.5, 40.0), (0.3, 0.5, 12.0)):
        expected = stats.f.sf(statistic / weight, 1, df)
        assert upper_tail(statistic, np.array([weight]), df) == pytest.approx(expected, rel=1e-6)
        near = upper_tail(statistic, np.array([weight]), df, "saddlepoint")
        assert near == pytest.approx(expected, rel=0.2)


def test_a_table_without_any_relation_has_p_1() -> None:
    rows, columns = np.tile([0, 0, 1, 1], 5), np.tile([0, 1, 0, 1], 5)
    found = independence(_estimator(20), rows, columns)
    np.testing.assert_allclose(found["p_value"], 1)


def test_the_exact_distribution_by_simulation() -> None:
    rng = np.random.default_rng(7)
    weights = np.array([2.0, 0.7, 0.4])
    sums = rng.chisquare(1, (400_000, 3)) @ weights / (rng.chisquare(9, 400_000) / 9)
    for statistic in (2.0, 6.0, 15.0):
        share = float((sums > statistic).mean())
        exact = upper_tail(statistic, weights, 9)
        assert exact == pytest.approx(share, abs=4 * np.sqrt(share / 400_000) + 1e-4)
        assert upper_tail(statistic, weights, 9, "saddlepoint") == pytest.approx(exact, rel=0.15)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_rows_and_columns_may_change_places(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, columns = rng.integers(0, 3, 120), rng.integers(0, 2, 120)
    estimator = Estimator(
        np.zeros((120, 0)), rng.uniform(1, 3, 120), clusters=[np.arange(120) // 4]
    )
    one = independence(estimator, rows, columns)
    two = independence(estimator, columns, np.array(["c", "a", "b"])[rows])
    np.testing.assert_allclose(one["statistic"], two["statistic"], rtol=1e-7)
    np.testing.assert_allclose(one["p_value"], two["p_value"], rtol=1e-5, atol=1e-9)


def test_those_without_an_answer_are_left_out() -> None:
    rng = np.random.default_rng(2)
    rows, columns = rng.integers(0, 2, 80).astype(float), rng.integers(0, 2, 80).astype(float)
    weights = rng.uniform(1, 2, 80)
    rows[:10] = np.nan
    estimator = Estimator(np.zeros((80, 0)), weights)
    found = independence(estimator, rows, columns)
    assert found["p_value"].between(0, 1).all()
    with pytest.raises(WorkbenchError, match="two rows and two columns"):
        independence(estimator, np.zeros(80), columns)


def test_t_test_by_hand() -> None:
    """Means 2 and 5; the variance is that of a regression on the group, n / (n − 1) Σ e²."""
    y, group = np.array([1.0, 3, 2, 4, 6, 5]), np.array(list("aaabbb"))
    found, difference = t_test(_estimator(6), y, group)
    error = np.sqrt(6 / 5 * (2 / 9 + 2 / 9))
    assert difference == 3 and found.df == 4
    assert found.statistic == pytest.approx(3 / error)
    with pytest.raises(WorkbenchError, match="two groups"):
        t_test(_estimator(6), y, np.array(list("aabbcc")))


def test_ranks_do_not_see_a_monotone_change() -> None:
    rng = np.random.default_rng(3)
    y, group = rng.normal(0, 1, 60), rng.integers(0, 2, 60)
    estimator = Estimator(np.zeros((60, 0)), rng.uniform(1, 2, 60))
    for test in ("wilcoxon", "van-der-waerden", "median"):
        plain, changed = (rank_test(estimator, z, group, test) for z in (y, np.exp(3 * y)))
        assert plain.p_value == pytest.approx(changed.p_value)


def test_shares_that_fit_exactly_are_not_refused() -> None:
    classes = np.repeat(["x", "y"], [30, 70])
    found = goodness_of_fit(_estimator(100), classes, {"x": 3, "y": 7})
    assert found.statistic == pytest.approx(0, abs=1e-12) and found.p_value == pytest.approx(1)

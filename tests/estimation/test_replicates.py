"""Replicate weights and the errors they give, against R, by hand, and by what must hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as example
from hypothesis import settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.estimation import Design, LinearRegression, design_matrix
from analysis.estimation.replicate_weights import ReplicateWeights, given
from analysis.estimation.replicates import ReplicateDesign, replicated
from tests.estimation.r_reference import ApiReference, Comparison, cells, read
from tests.estimation.test_reference import api  # noqa: F401 (a fixture)

#: The table of each replicate design, and how its weights can be made here.
BASES = {
    "jk1_clus1": ("clus1", "jk1"),
    "jk1_clus1_nofpc": ("clus1_nofpc", "jk1"),
    "jkn_strat": ("strat", "jkn"),
    "jkn_strat_nofpc": ("strat_nofpc", "jkn"),
    "boot_clus1": ("clus1_nofpc", None),
    "subboot_clus1": ("clus1_nofpc", None),
    "subboot_strat": ("strat_nofpc", None),
    "mrb_clus2": ("clus2", None),
    "jk1_clus1_rake": ("clus1_rake", "jk1"),
    "jk1_clus1_ps": ("clus1_ps", "jk1"),
    "jk1_clus1_cal": ("clus1_cal_lin", "jk1"),
}


def _read(api: ApiReference, name: str) -> tuple[np.ndarray, ReplicateWeights]:  # noqa: F811
    table = pd.read_csv(api.folder / f"repweights_{name}.csv")
    scales = pd.read_csv(api.folder / "repweights_scales.csv")
    own = scales[scales["design"] == name]
    weights = table.filter(regex=r"^r\d+$").to_numpy()
    made = given(weights, own["scale"].iloc[0], own["rscale"].to_numpy())
    return table["full"].to_numpy(), made


def _design(api: ApiReference, name: str, mse: bool) -> ReplicateDesign:  # noqa: F811
    full, made = _read(api, name)
    frame = api.design(BASES[name][0]).frame
    return ReplicateDesign(Design(frame, weights=full), made, mse)


def test_estimates_of_r(api: ApiReference) -> None:  # noqa: F811
    reference = read(api.folder, "replicates.csv")
    variables = ["api00", "meals", "awardsYes"]
    seen = Comparison()
    for name in reference["design"].unique():
        for mse in (False, True):
            design = _design(api, name, mse)
            own = reference[reference["design"] == name]
            own = own[own["domain"].str.endswith(f"mse={str(mse).upper()}")]
            found = {
                "rep_mean": design.mean(variables).set_index("variable"),
                "rep_total": design.total(variables).set_index("variable"),
                "rep_ratio": design.ratio("api.stu", "enroll").set_index("variable"),
            }
            for kind, table in found.items():
                for (_, term), theirs in cells(own, id=kind):
                    row = table.loc[term]
                    floor = 1e-8 * abs(row["estimate"])
                    seen.add(f"{name} {kind} {term}", row["estimate"], theirs["estimate"])
                    seen.add(f"{name} {kind} {term}", row["se"], theirs["se"], floor=floor)
            by = design.mean("api00", by="stype").set_index("stype")
            for (domain, _), theirs in cells(own, id="rep_by"):
                row = by.loc[domain.split(";")[0].removeprefix("stype=")]
                seen.add(f"{name} {domain}", row[["estimate", "se"]], theirs[["estimate", "se"]])
            _compare_regression(seen, design, own, name)
    seen.check(560)


def _compare_regression(
    seen: Comparison, design: ReplicateDesign, own: pd.DataFrame, name: str
) -> None:
    frame = design.design.frame
    matrix = design_matrix(frame[["ell", "meals"]])

    def coefficients(weights: np.ndarray) -> np.ndarray:
        return LinearRegression(weights).fitted(frame["api00"], matrix).coefficients

    error = np.sqrt(design.variance(coefficients))
    full = coefficients(design.design.weight_values)
    for (_, term), theirs in cells(own, id="rep_glm"):
        place = list(matrix.columns).index(term)
        seen.add(f"{name} glm {term}", full[place], theirs["estimate"])
        seen.add(f"{name} glm {term}", error[place], theirs["se"], 1e-7)


def test_degrees_of_freedom_of_r(api: ApiReference) -> None:  # noqa: F811
    theirs = pd.read_csv(api.folder / "repweights_designs.csv").set_index("design")["degf"]
    ours = {name: _read(api, name)[1].degrees_of_freedom for name in theirs.index}
    assert ours == theirs.to_dict()


def test_weights_made_and_adjusted_as_r_does(api: ApiReference) -> None:  # noqa: F811
    seen = Comparison()
    for name, (base, kind) in BASES.items():
        if kind is None:
            continue  # drawn at random
        full, theirs = _read(api, name)
        ours = api.design(base).replicated(kind)
        floor = 1e-7 * full.mean()
        seen.add(f"{name} full", ours.design.weight_values, full, 1e-7)
        seen.add(f"{name} scale", ours.replicates.scale, theirs.scale)
        order = _order_of_replicates(ours.replicates.weights, theirs.weights)
        seen.add(f"{name} rscales", ours.replicates.rscales[order], theirs.rscales)
        made = ours.replicates.weights[:, order]
        seen.add(f"{name} weights", made.ravel(), theirs.weights.ravel(), 1e-7, floor)
    seen.check(90_000)


def _order_of_replicates(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """A replicate is known by the rows that it leaves out."""
    places = {(column == 0).tobytes(): place for place, column in enumerate(ours.T)}
    return np.array([places[(column == 0).tobytes()] for column in theirs.T])


# --- by hand and by what must hold --------------------------------------------------------


def test_leaving_out_one_of_three() -> None:
    """Means without one of 1, 2, 6 are 4, 3.5 and 1.5 around 3."""
    design = Design(pd.DataFrame({"y": [1.0, 2, 6]})).replicated("jk1")
    variance = 2 / 3 * ((4 - 3) ** 2 + (3.5 - 3) ** 2 + (1.5 - 3) ** 2)
    row = design.mean("y").iloc[0]
    assert row["se"] == pytest.approx(np.sqrt(variance))
    assert row["df"] == 2


@settings(max_examples=20, deadline=None)
@example(st.integers(0, 2**32 - 1))
def test_of_a_total_every_kind_is_the_linearised_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "y": rng.normal(10, 3, 48),
            "stratum": np.repeat(np.arange(4), 12),
            "cluster": np.repeat(np.arange(8), 6),
            "w": rng.uniform(1, 3, 48),
        }
    )
    design = Design(frame, "w", strata="stratum", clusters="cluster")
    expected = design.total("y")["se"][0]
    for kind in ("jkn", "brr", "fay"):
        found = design.replicated(kind).total("y")["se"][0]
        assert found == pytest.approx(expected, rel=1e-9)
    for kind, rho in (("rao-wu", None), ("canty-davison", None), ("rao-wu", 0.5)):
        made = design.replicated(kind, replicates=2000, seed=seed % 1000, rho=rho)
        found = made.total("y")["se"][0]
        # The error of an error from 2,000 replicates is 1 / √4000.
        assert found == pytest.approx(expected, rel=0.12)


def test_the_whole_raking_is_done_in_every_replicate() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "area": np.repeat(["a", "b"], 120),
            "cluster": np.arange(240) // 6,
            "sex": rng.choice(["m", "f"], 240),
            "age": rng.choice(["1", "2", "3"], 240),
            "y": (rng.random(240) < 0.4).astype(int),
        }
    )
    margins = pd.DataFrame(
        [
            {"area": area, "var": var, "level": level, "total": total}
            for area in "ab"
            for var, levels in (
                ("sex", {"m": 480, "f": 520}),
                ("age", {"1": 300, "2": 400, "3": 300}),
            )
            for level, total in levels.items()
        ]
    )
    design = Design(frame, strata="area", clusters="cluster").rake(margins, by="area")
    made = design.replicated("rao-wu", replicates=200)
    for column, totals in (("sex", [520, 480]), ("age", [300, 400, 300])):
        dummies = pd.get_dummies(frame["area"] + frame[column]).to_numpy(float)
        sums = dummies.T @ made.replicates.weights
        np.testing.assert_allclose(sums, np.tile(np.array(totals * 2)[:, None], 200), rtol=1e-8)
    assert made.share("sex", by="area")["se"].max() == 0
    linearised = design.share("y")["se"][0]
    assert made.share("y")["se"][0] == pytest.approx(linearised, rel=0.25)
    with ThreadPoolExecutor(2) as pool:
        other = design.replicated("rao-wu", replicates=200, executor=pool)
    np.testing.assert_array_equal(other.replicates.weights, made.replicates.weights)


@pytest.mark.parametrize("how", ["logit", "trimmed"])
def test_weightings_without_a_short_way_are_done_one_by_one(how: str) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"sex": rng.choice(["m", "f"], 60), "age": rng.choice(["1", "2"], 60), "y": rng.random(60)}
    )
    margins = pd.DataFrame(
        [("sex", "m", 300), ("sex", "f", 320), ("age", "1", 310), ("age", "2", 310)],
        columns=["var", "level", "total"],
    )
    plain = Design(frame, np.full(60, 10.0))
    design = (
        plain.calibrate(margins, "logit", bounds=(0.5, 2))
        if how == "logit"
        else plain.rake(margins, trim=(0.4, 2.5))
    )
    made = design.replicated("jk1")
    dummies = pd.get_dummies(frame["sex"]).to_numpy(float)
    sums = dummies.T @ made.replicates.weights
    np.testing.assert_allclose(sums, np.tile([[320.0], [300.0]], 60), rtol=1e-6)
    assert made.mean("y")["se"][0] == pytest.approx(design.mean("y")["se"][0], rel=0.1)


def test_any_statistic() -> None:
    frame = pd.DataFrame({"y": [1.0, 4, 2, 8, 5, 7]})
    made = Design(frame).replicated("jk1")
    y = frame["y"].to_numpy()
    variance = made.variance(lambda w: np.array([w @ y / w.sum()]))
    assert np.sqrt(variance[0]) == pytest.approx(made.mean("y")["se"][0])


def test_what_is_refused() -> None:
    frame = pd.DataFrame({"y": [1.0, 2, 3], "s": ["a", "a", "b"]})
    with pytest.raises(WorkbenchError, match="two sampling units in every stratum"):
        Design(frame, strata="s", lonely_psu="remove").replicated("jkn")
    with pytest.raises(WorkbenchError, match="exactly two"):
        Design(frame).replicated("brr")
    with pytest.raises(WorkbenchError, match="jkn is for strata"):
        Design(pd.concat([frame, frame]), strata="s").replicated("jk1")
    with pytest.raises(WorkbenchError, match="as many scales"):
        given(np.ones((3, 4)), 1.0, [1.0])
    design = Design(frame)
    assert replicated(design, given(np.ones((3, 2)), 1.0)).design.weights is not None
    assert replace(design).replicated("jk1").replicates.weights.shape == (3, 3)

"""The project's own reference: an invented survey, weighted and estimated by R and by us."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimation import Design, Domains, LinearRegression, compare_with_rest, design_matrix
from analysis.estimation.estimator import domain_estimates, mixed_interval
from tests.estimation.r_reference import FLOOR, Comparison

FOLDER = Path(__file__).resolve().parent.parent / "reference"
ANSWERS = ["knows", "used", "rare", "minutes"]
DOMAINS = {
    "mean": [],
    "area": ["area"],
    "sex": ["sex"],
    "age": ["age"],
    "area+sex": ["area", "sex"],
}


@cache
def designs() -> dict[str, Design]:
    frame = pd.read_csv(FOLDER / "survey.csv")
    margins = pd.read_csv(FOLDER / "margins.csv")
    population = margins[margins["var"] == "sex"].groupby("area")["total"].sum()
    scale = population / frame.groupby("area")["w0"].sum()
    frame["w"] = frame["w0"] * frame["area"].map(scale)
    simple = Design(frame, "w", strata="area")
    groups = replace(simple, clusters="psu")
    raked, raked_groups = simple.rake(margins, by="area"), groups.rake(margins, by="area")
    sex = margins[margins["var"] == "sex"]
    logit = simple.calibrate(margins, "logit", by="area", bounds=(0.3, 4))
    return {
        "simple": simple,
        "groups": groups,
        "stratified": simple.post_stratify(sex, by="area"),
        "raked": replace(raked, variance="r-rake"),
        "linear": replace(simple.calibrate(margins, by="area"), variance="r-calibrate"),
        "logit": replace(logit, variance="r-calibrate"),
        "calibrated": raked,
        "calibrated_groups": raked_groups,
    }


def compare(weights: pd.DataFrame, numbers: pd.DataFrame) -> Comparison:
    seen = Comparison()
    for name, design in designs().items():
        seen.add(f"{name} weights", design.weight_values, weights[name])
        own = numbers[numbers["design"] == name]
        _compare_means(seen, design, own, name)
        _compare_intervals(seen, design, own, name)
        _compare_rest(seen, design, own, name)
        _compare_regression(seen, design, own, name)
        seen.add(f"{name} df", design.degrees_of_freedom, own[own["what"] == "degf"]["value"])
    return seen


def _wide(own: pd.DataFrame, what: str) -> pd.DataFrame:
    chosen = own[own["what"] == what]
    return chosen.pivot_table(index=["domain", "term"], columns="stat", values="value")


def _compare_means(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    for what, columns in DOMAINS.items():
        ours = design.mean(ANSWERS, columns)
        label = ours[columns].agg("|".join, axis=1) if columns else ""
        ours = ours.assign(domain=label).set_index(["domain", "variable"])
        theirs = _wide(own, what).rename_axis(ours.index.names)
        ours = ours.loc[theirs.index]
        floor = FLOOR * ours["estimate"].abs()
        seen.add(f"{name} {what}", ours["estimate"], theirs["estimate"], floor=1e-15)
        seen.add(f"{name} {what} se", ours["se"], theirs["se"], floor=floor)
        if what == "mean":
            seen.add(f"{name} deff", ours["deff"], theirs["deff"])
    totals = design.total(ANSWERS).set_index("variable")
    theirs = _wide(own, "total").droplevel("domain")
    seen.add(f"{name} total", totals.loc[theirs.index, "estimate"], theirs["estimate"])
    seen.add(f"{name} total se", totals.loc[theirs.index, "se"], theirs["se"])
    ratio = design.ratio("used", "knows")
    seen.add(f"{name} ratio", ratio["estimate"], _wide(own, "ratio")["estimate"])
    seen.add(f"{name} ratio se", ratio["se"], _wide(own, "ratio")["se"])


def _compare_intervals(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    theirs = _wide(own, "interval").iloc[0]
    estimator = design.estimator(design.frame[["knows"]].to_numpy(float))
    found = domain_estimates(estimator, Domains.by(design.frame, []))
    names = {"xlogit": "logit", "beta": "korn-graubard", "asin": "asin", "mean": "mean"}
    for kind, method in names.items():
        low, high, _ = mixed_interval(found.uncertainty, estimator.is_share(), method, 0.95)
        seen.add(f"{name} {kind}", low[0], theirs[f"low_{kind}"])
        seen.add(f"{name} {kind}", high[0], theirs[f"high_{kind}"])


def _compare_rest(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    ours = compare_with_rest(
        design.frame[["knows", "used"]].to_numpy(float),
        design.weight_values,
        Domains.of_areas(design.frame["area"], {}, "region"),
        columns=["knows", "used"],
        calibration=design.calibration,
        strata=design.frame["area"],
        clusters=design._clusters,
        variance=design.variance,
    ).set_index(["area", "variable"])
    theirs = _wide(own, "rest").rename_axis(ours.index.names)
    ours = ours.loc[theirs.index]
    seen.add(f"{name} rest", ours["estimate"], theirs["estimate"], floor=1e-10)
    seen.add(f"{name} rest se", ours["standard_error"], theirs["se"])


def _compare_regression(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    regression = LinearRegression(
        design.weight_values,
        calibration=design.calibration,
        strata=design.frame["area"],
        clusters=design._clusters,
        variance=design.variance,
    )
    matrix = design_matrix(design.frame[["used", "age", "sex"]])
    ours = regression.fit(design.frame["knows"], matrix).set_index("term")
    theirs = _wide(own, "regression").droplevel("domain")
    ours = ours.loc[theirs.index]
    seen.add(f"{name} regression", ours["estimate"], theirs["estimate"], floor=1e-11)
    seen.add(f"{name} regression se", ours["standard_error"], theirs["se"])


def _read(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    numbers = pd.read_csv(folder / "numbers.csv", keep_default_na=False, na_values={"value": [""]})
    return pd.read_csv(folder / "weights.csv"), numbers


def test_numbers_of_r() -> None:
    compare(*_read(FOLDER)).check(5848)


def test_margins_are_met_by_every_adjusted_design() -> None:
    margins = pd.read_csv(FOLDER / "margins.csv")
    for name in ("raked", "linear", "logit", "calibrated_groups"):
        design = designs()[name]
        frame = design.frame.assign(weight=design.weight_values)
        for variable, own in margins.groupby("var"):
            sums = frame.groupby(["area", variable])["weight"].sum()
            targets = own.set_index(["area", "level"])["total"]
            np.testing.assert_allclose(sums, targets.loc[sums.index], rtol=1e-8, err_msg=name)


def _has_survey() -> bool:
    program = shutil.which("Rscript")
    if program is None:
        return False
    command = [program, "-e", "quit(status = !requireNamespace('survey', quietly = TRUE))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_r_computes_the_same_numbers_today(tmp_path: Path) -> None:
    if not _has_survey():
        pytest.skip("Rscript with the package survey is not installed")
    program = str(shutil.which("Rscript"))
    command = [program, str(FOLDER / "make_numbers.R"), str(FOLDER), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    compare(*_read(tmp_path)).check(5848)

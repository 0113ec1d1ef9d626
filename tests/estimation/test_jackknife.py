"""Errors of raked weights against a jackknife that repeats the raking without each unit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.estimation import Design
from analysis.estimation.residuals import VarianceRule
from analysis.weighting import MarginTarget, rake
from analysis.weighting.table import table_targets
from tests.estimation.test_own_reference import FOLDER, designs
from tests.estimation.test_reference import QUESTIONS, OrpReference


def jackknife(
    design: Design, margins: pd.DataFrame, raked_by: str | None, answers: list[str], by: str
) -> pd.DataFrame:
    """Standard errors, domains × answers. R: ``rake(as.svrepdesign(design, "JKn"), …)``."""
    frame, base = design.frame, design.weight_values
    prepared = table_targets(frame, margins, raked_by)
    strata, units = frame[str(design.strata)], frame[str(design.clusters)]
    values = frame[answers].to_numpy(float)
    inside = pd.get_dummies(frame[by].astype("str"))

    def means(kept: np.ndarray, weights: np.ndarray) -> np.ndarray:
        targets = [
            MarginTarget(one.name, one.levels, one.codes[kept], one.totals)
            for one in prepared.margins
        ]
        raked = np.zeros(len(frame))
        area = prepared.area[kept]
        raked[kept] = rake(weights[kept], targets, area, prepared.areas, tolerance=1e-8).weights
        own = inside.to_numpy(float) * raked[:, None]
        return (own.T @ values) / own.sum(axis=0)[:, None]

    full = means(np.ones(len(frame), dtype=bool), base)
    variance = np.zeros_like(full)
    for stratum in strata.unique():
        of_stratum = (strata == stratum).to_numpy()
        n = units[of_stratum].nunique()
        for unit in units[of_stratum].unique():
            kept = ~(of_stratum & (units == unit).to_numpy())
            changed = means(kept, np.where(of_stratum, base * n / (n - 1), base))
            variance += (n - 1) / n * (changed - full) ** 2
    return pd.DataFrame(np.sqrt(variance), index=inside.columns, columns=answers)


def ratios(
    design: Design, rule: VarianceRule, errors: pd.DataFrame, answers: list[str], by: str
) -> np.ndarray:
    """Our errors as parts of the jackknife's."""
    ours = replace(design, variance=rule).mean(answers, by)
    wide = ours.pivot_table(index=by, columns="variable", values="se")
    wide.index = wide.index.astype("str")
    return (wide.loc[errors.index, answers] / errors).to_numpy()


def test_the_default_rule_follows_the_jackknife_most_closely(shared: Path) -> None:
    """Thirteen districts of twelve units, five margins over the region."""
    reference = OrpReference(shared / "reference")
    errors = jackknife(reference.design("base"), reference.margins, None, QUESTIONS, "orp")
    raked = reference.design("rake5")
    found = {
        rule: ratios(raked, rule, errors, QUESTIONS, "orp")
        for rule in ("calibrated", "r-calibrate", "r-rake")
    }
    assert found["calibrated"].min() > 0.93 and found["calibrated"].max() < 1.01
    spread = {rule: np.ptp(values) for rule, values in found.items()}
    assert spread["calibrated"] < spread["r-calibrate"] < spread["r-rake"]
    assert found["r-rake"].max() > 1.2


@pytest.mark.parametrize("rule", ["calibrated", "r-calibrate", "r-rake"])
def test_many_margins_on_few_units_leave_errors_too_small(rule: VarianceRule) -> None:
    """Ten to forty units an area, seven free levels: linearisation does not see them spent."""
    margins = pd.read_csv(FOLDER / "margins.csv")
    errors = jackknife(designs()["groups"], margins, "area", ["knows", "used"], "area")
    found = ratios(designs()["calibrated_groups"], rule, errors, ["knows", "used"], "area")
    assert found.min() > 0.8 and found.max() < 1.0
    assert 0.88 < np.median(found) < 0.95

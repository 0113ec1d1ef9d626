"""The benchmark of coverage: its counting by hand, and a short run of the whole."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from analysis.synthetic.population import Population
from analysis.synthetic.response import response_model

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "coverage.py"


@pytest.fixture(scope="module")
def coverage() -> ModuleType:
    """The benchmark as a module."""
    specification = importlib.util.spec_from_file_location("benchmark_coverage", PATH)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


def test_a_tally_counts_by_hand(coverage: ModuleType) -> None:
    tally = coverage.Tally.empty(2)
    for low, estimate in ((0.1, 0.2), (0.4, 0.5)):
        table = pd.DataFrame(
            {
                "estimate": [estimate, np.nan],
                "standard_error": [0.1, np.nan],
                "ci_low": [low, np.nan],
                "ci_high": [low + 0.2, np.nan],
                "n": [50.0, 0.0],
                "plain": [estimate + 0.1, np.nan],
            }
        )
        tally.add(table, np.array([0.25, 0.5]))
    cells = pd.DataFrame({"true": [0.25, 0.5]})
    found = coverage.results(cells, tally)
    assert found["coverage"].tolist()[0] == 0.5
    assert found["bias"].tolist()[0] == pytest.approx(0.1)
    assert found["bias_unweighted"].tolist()[0] == pytest.approx(0.2)
    assert found["root_mean_square_error"].tolist()[0] == pytest.approx(
        np.sqrt((0.05**2 + 0.25**2) / 2)
    )
    assert found["intervals"].tolist() == [2, 0]
    assert np.isnan(found["coverage"][1])


def test_tallies_of_processes_add_up(coverage: ModuleType) -> None:
    first, second = coverage.Tally.empty(3), coverage.Tally.empty(3)
    second.samples, second.covered = 4, np.array([1.0, 2.0, 3.0])
    first.merge(second)
    first.merge(second)
    assert first.samples == 8
    assert first.covered.tolist() == [2.0, 4.0, 6.0]


def test_an_area_less_the_rest_by_hand(coverage: ModuleType) -> None:
    table = pd.DataFrame(
        {
            "level": ["area", "area", "area", "region"],
            "breakdown": "",
            "group": "",
        }
    )
    means, bases = np.array([[0.1], [0.4], [0.6], [0.42]]), np.array([[10], [20], [20], [50]])
    differences = coverage._less_rest(table, means, bases.astype(float))
    # The rest of the first: (20 × 0.4 + 20 × 0.6) / 40 = 0.5.
    assert differences[0, 0] == pytest.approx(0.1 - 0.5)
    assert differences[1, 0] == pytest.approx(0.4 - (1 + 12) / 30)


def test_dependent_response_lowers_the_outcome(
    coverage: ModuleType, zlin_population: Population
) -> None:
    setting = coverage.Setting(
        zlin_population,
        "inhabitants",
        response_model(zlin_population, "inhabitants"),
        coverage.planned_tasks(zlin_population.study, "inhabitants"),
    )
    changed = coverage.dependent_setting(setting, "AW08", 0.5).model.chances
    lost = zlin_population.people.columns["A4"]
    lost, found = np.isin(lost, [2, 3]), np.isin(lost, [0, 1])
    before = setting.model.chances
    ratio = (changed[lost] / before[lost]).mean() / (changed[found] / before[found]).mean()
    assert ratio == pytest.approx(0.5, rel=1e-3)
    assert changed.max() <= 1


@pytest.mark.full
def test_intervals_hold_the_truth(coverage: ModuleType, tmp_path: Path) -> None:
    out = tmp_path / "cells.csv"
    coverage.main(["--samples", "20", "--seed", "4", "--biased-samples", "0", "--out", str(out)])
    texts = ["category", "breakdown", "group", "comparison"]
    table = pd.read_csv(out, dtype=dict.fromkeys(texts, "str")).fillna(dict.fromkeys(texts, ""))
    middle = coverage.of_middle_shares(table, 30)
    assert len(middle) > 3000
    assert 0.935 < middle["coverage"].mean() < 0.965
    areas = middle[(middle["level"] == "area") & (middle["breakdown"] == "")]
    assert 0.935 < areas["coverage"].mean() < 0.965
    biases = pd.read_csv(out.with_suffix(".families.csv"), index_col="family")
    of_shares = biases[biases.index.str.contains(" share, (?:area|region)$")]
    # The oldest lose a level of the margins where too few answered (docs/methods.md).
    of_shares = of_shares[~of_shares.index.str.startswith("TG")]
    assert len(of_shares) > 15
    # Among so many families the largest t with 19 degrees of freedom exceeds 3 now and then.
    assert (of_shares["bias"].abs() / of_shares["error"]).max() < 5
    assert (of_shares["bias"].abs() < 0.005).all()
    checks = pd.read_csv(out.with_suffix(".checks.csv"))
    mean = checks.groupby("check")["value"].mean()
    assert mean["rank sets"] > 0.95
    assert mean["model"] < mean["direct"]
    assert mean["equal, any differs"] < 0.06
    assert mean["rest, wrong sign"] < 0.01
    # A size class that an area lacks has no truth, and no respondent either.
    assert table.loc[table["n"] > 0, "true"].notna().all()

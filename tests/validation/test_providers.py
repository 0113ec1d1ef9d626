"""A sample reached through providers: the provider's column is known and groups its clients."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.run import run_study
from analysis.study import open_study
from tests.mini_results import answers, write_answers
from tests.mini_study import CARD, write_mini_study

REACHED = "    design: {kind: providers, strata: district, clusters: provider}\n    weighting:"


def estimates(root: Path, card: str) -> pd.DataFrame:
    workspace = write_mini_study(root, study=card)
    frame = answers()
    provider = np.arange(len(frame)) // 20
    # Clients of one provider answer alike, and providers work within one district.
    frame["district"] = np.where(provider < 6, "d1", "d2")
    frame["known_a"] = np.where(provider % 2 == 0, "1", "3")
    frame["provider"] = [f"{number:04d}" for number in provider]
    write_answers(workspace, frame)
    study = open_study("mini", workspace)
    run_study(study)
    issues = pd.read_csv(study.processed / "issues.csv")
    assert ("provider" in " ".join(issues["got"].fillna(""))) == ("clusters" not in card)
    table = pd.read_parquet(study.processed / "estimates.parquet")
    return table[(table["indicator"] == "K1") & (table["breakdown"] == "")]


def test_clients_of_a_provider_are_a_cluster(tmp_path: Path) -> None:
    single = estimates(tmp_path / "single", CARD)
    grouped = estimates(tmp_path / "grouped", CARD.replace("    weighting:", REACHED))
    total = (single["category"] == "a").to_numpy() & (single["level"] == "region").to_numpy()
    np.testing.assert_allclose(single["estimate"], grouped["estimate"])
    # Twelve providers of 20 clients who all answer alike: the error of 12 answers, not of 240.
    ratio = grouped["standard_error"].to_numpy()[total] / single["standard_error"].to_numpy()[total]
    assert 3.5 < ratio.item() < 5.5

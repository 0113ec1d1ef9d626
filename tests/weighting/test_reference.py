"""Weights that R computed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.weighting import trim_plainly
from tests.estimation.r_reference import DESIGNS, ApiReference, Comparison
from tests.estimation.test_reference import OrpReference


@pytest.fixture(scope="module")
def api(shared: Path) -> ApiReference:
    return ApiReference(shared / "reference")


@pytest.fixture(scope="module")
def orp(shared: Path) -> OrpReference:
    return OrpReference(shared / "reference")


def test_weights_of_the_api_designs(api: ApiReference) -> None:
    seen = Comparison()
    for name in DESIGNS:
        seen.add(name, api.design(name).weight_values, api.weights(name))
    raked = api.design("clus1_rake").weight_values
    trimmed = trim_plainly(raked, 25, 40)
    seen.add("trimmed", trimmed, api.weights("clus1_rake_trim"))
    strictly = trim_plainly(raked, 25, 40, strictly=True)
    seen.add("trimmed strictly", strictly, api.weights("clus1_rake_trimstrict"))
    seen.check(5174)


def test_weights_of_the_survey_of_districts(orp: OrpReference) -> None:
    names = {
        "base": "base",
        "poststrat_orp": "poststrat_orp",
        "rake5": "rake5",
        "cal_linear": "cal_linear",
        "cal_raking": "cal_raking",
        "cal_logit": "cal_logit_0.2_3",
    }
    seen = Comparison()
    for name, column in names.items():
        # R's own raking stops at 1e-8 of the total.
        tolerance = 1e-7 if name == "rake5" else 1e-8
        seen.add(name, orp.design(name).weight_values, orp.weights[column], tolerance)
    seen.check(31_200)


def test_raking_is_calibration_with_the_raking_distance(orp: OrpReference) -> None:
    raked = pd.Series(orp.design("rake5").weight_values)
    calibrated = orp.design("cal_raking").weight_values
    assert (raked / calibrated - 1).abs().max() < 1e-9

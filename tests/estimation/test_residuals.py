"""Rules of the variance of calibrated weights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.estimation.design import Design
from analysis.estimation.residuals import VarianceRule


def _design(rule: VarianceRule) -> Design:
    """Two areas of six and eight, post-stratified to two and three levels."""
    frame = pd.DataFrame(
        {
            "area": ["a"] * 6 + ["b"] * 8,
            "level": list("xxxyyy") + list("xxyyyzzz"),
            "answer": [0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 1],
        }
    )
    margins = pd.DataFrame(
        {
            "area": ["a", "a", "b", "b", "b"],
            "var": "level",
            "level": list("xyxyz"),
            "total": [30, 60, 20, 40, 20],
        }
    )
    design = Design(frame, strata="area", variance=rule)
    return design.post_stratify(margins, by="area")


def test_a_regression_on_p_columns_is_paid_for_in_every_group() -> None:
    plain = _design("calibrated").mean("answer", by="area").set_index("area")["se"]
    corrected = _design("calibrated-corrected").mean("answer", by="area").set_index("area")["se"]
    # By hand: (n − strata) / (n − levels) is 5/4 in the first area and 7/5 in the second.
    assert corrected["a"] / plain["a"] == pytest.approx(np.sqrt(5 / 4), rel=1e-12)
    assert corrected["b"] / plain["b"] == pytest.approx(np.sqrt(7 / 5), rel=1e-12)


def test_the_region_adds_up_what_its_areas_paid() -> None:
    areas = _design("calibrated-corrected").total("answer", by="area")["se"]
    region = _design("calibrated-corrected").total("answer")["se"]
    assert region[0] == pytest.approx(np.sqrt((areas**2).sum()), rel=1e-12)


def test_what_the_margins_fix_stays_certain() -> None:
    design = _design("calibrated-corrected")
    shares = design.share("level", by="area")
    assert shares["se"].max() == 0


def test_the_rule_of_raking_is_refused_where_nothing_was_raked() -> None:
    margins = pd.DataFrame({"var": ["size"], "level": [""], "total": [100.0]})
    frame = pd.DataFrame({"size": [1.0, 2.0, 3.0], "answer": [0, 1, 1]})
    design = Design(frame, variance="r-rake").calibrate(margins, "linear")
    with pytest.raises(WorkbenchError, match="raked"):
        design.mean("answer")


def test_degrees_of_freedom_are_those_of_the_groups_that_a_domain_reaches_into() -> None:
    design = _design("calibrated-corrected")
    by_level = design.mean("answer", by="level").set_index("level")["df"]
    # By hand: 6 − 2 left in the first area, 8 − 3 in the second, where alone someone is z.
    assert by_level.to_dict() == {"x": 9, "y": 9, "z": 5}
    by_area = design.mean("answer", by=["area", "level"])["df"]
    assert by_area.tolist() == [4, 4, 5, 5, 5]


def test_one_respondent_has_no_degree_of_freedom_all_the_same() -> None:
    design = _design("calibrated-corrected")
    frame = design.frame.assign(alone=["one"] + ["other"] * 13)
    alone = replace(design, frame=frame).mean("answer", by="alone").set_index("alone")
    assert alone["df"]["one"] == 0
    assert np.isnan(alone["ci_low"]["one"])

"""The design an analyst works with."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.estimation import Design
from analysis.estimation.design import MEASURES

FRAME = pd.DataFrame(
    {
        "w": [1.0, 2, 3, 1, 1, 2],
        "orp": ["a", "a", "a", "b", "b", "b"],
        "sex": pd.Categorical(["m", "f", "f", "m", "f", None], categories=["m", "f", "x"]),
        "q": [1, 0, 1, 1, 0, 1],
        "minutes": [10.0, 20, np.nan, 30, 40, 50],
        "words": list("uvwxyz"),
    }
)
DESIGN = Design(FRAME, weights="w", strata="orp")
MARGINS = pd.DataFrame({"var": "q", "level": [0, 1], "total": [40, 60]})


def test_columns_of_an_estimate() -> None:
    found = DESIGN.mean(["q", "minutes"], by=["orp"])
    assert list(found) == ["statistic", "variable", "category", "orp", *MEASURES]
    assert list(found["variable"]) == ["q", "q", "minutes", "minutes"]
    assert list(found["orp"]) == ["a", "b", "a", "b"]
    assert found.loc[2, "estimate"] == pytest.approx((10 + 40) / 3)
    assert found.loc[2, "n"] == 2


def test_shares_of_all_values() -> None:
    found = DESIGN.share("sex")
    assert list(found["category"]) == ["m", "f"]
    assert list(found["estimate"]) == pytest.approx([2 / 8, 6 / 8])
    assert set(found["n"]) == {5}
    numbers = DESIGN.share("q")
    assert list(numbers["category"]) == ["0", "1"]
    assert numbers["se"].iloc[0] == pytest.approx(numbers["se"].iloc[1])


def test_the_interval_of_a_share_can_be_chosen() -> None:
    logit = DESIGN.share("q").iloc[1]
    plain = DESIGN.share("q", interval_method="mean").iloc[1]
    assert plain["estimate"] - plain["ci_low"] == pytest.approx(
        plain["ci_high"] - plain["estimate"]
    )
    assert logit["ci_high"] < 1 < plain["ci_high"]


def test_totals_and_ratios() -> None:
    totals = DESIGN.total(["q", "minutes"])
    assert list(totals["estimate"]) == [7, 220]
    ratio = DESIGN.ratio("minutes", "q").iloc[0]
    # The row without minutes is left out of both.
    assert ratio["estimate"] == pytest.approx(220 / 4)
    assert ratio["variable"] == "minutes/q"
    assert DESIGN.ratio(["q", "minutes"], "w")["variable"].tolist() == ["q/w", "minutes/w"]


def test_a_total_by_hand() -> None:
    """Σ w q in strata 1, 0, 3 and 1, 0, 2: V = 3/2 (10 − 16/3) + 3/2 (5 − 3)."""
    found = DESIGN.total("q").iloc[0]
    assert found["se"] == pytest.approx(np.sqrt(1.5 * (10 - 16 / 3) + 1.5 * (5 - 3)))
    assert found["df"] == 4


def test_every_change_is_a_new_design() -> None:
    raked = DESIGN.rake(MARGINS)
    assert DESIGN.calibration is None
    assert raked.calibration is not None and raked.diagnostics is not None
    assert raked.weight_values.sum() == pytest.approx(100)
    assert raked.mean("q")["estimate"].iloc[0] == pytest.approx(0.6)
    assert raked.mean("q")["se"].iloc[0] < 1e-8
    with pytest.raises(dataclasses.FrozenInstanceError):
        DESIGN.strata = None  # type: ignore[misc]


@pytest.mark.parametrize("method", ["linear", "raking", "logit", "truncated"])
def test_calibration_with_every_distance(method: str) -> None:
    scaled = dataclasses.replace(DESIGN, weights=DESIGN.weight_values * 10)
    bounds = (0.2, 4) if method in ("logit", "truncated") else None
    found = scaled.calibrate(MARGINS, method, bounds=bounds)  # type: ignore[arg-type]
    assert found.mean("q")["estimate"].iloc[0] == pytest.approx(0.6)


def test_post_stratification_in_areas() -> None:
    own = pd.DataFrame(
        {"var": "q", "level": [0, 1, 0, 1], "total": [1, 9, 2, 8], "orp": list("aabb")}
    )
    found = DESIGN.post_stratify(own, by="orp").mean("q", by="orp")
    assert list(found["estimate"]) == pytest.approx([0.9, 0.8])


def test_weights_from_populations() -> None:
    frame = FRAME.assign(size=[30, 30, 30, 6, 6, 6])
    design = Design(frame, strata="orp", fpc="size")
    np.testing.assert_allclose(design.weight_values, [10, 10, 10, 2, 2, 2])
    assert Design(frame).weight_values.tolist() == [1] * 6


def test_degrees_of_freedom() -> None:
    assert DESIGN.degrees_of_freedom == 4
    assert Design(FRAME, clusters="orp").degrees_of_freedom == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: DESIGN.mean("nothing"), "no column nothing"),
        (lambda: DESIGN.mean("minuts"), "no column minuts"),
        (lambda: DESIGN.mean("q", by="nothing"), "no column nothing"),
        (lambda: DESIGN.mean("words"), "something that is not a number"),
        (lambda: DESIGN.ratio(["q", "w"], ["q", "w", "minutes"]), "not as many denominators"),
        (lambda: Design(FRAME, "weight").mean("q"), "no column weight"),
        (lambda: Design(FRAME, "w", strata="words").mean("q"), "only one sampling unit"),
    ],
)
def test_what_is_refused(call: object, message: str) -> None:
    with pytest.raises(WorkbenchError, match=message):
        call()  # type: ignore[operator]


def test_an_answer_is_never_shown_in_an_error() -> None:
    with pytest.raises(WorkbenchError) as caught:
        DESIGN.mean("words")
    issue = caught.value.issue
    assert (issue.row, issue.column, issue.got) == (2, "words", None)

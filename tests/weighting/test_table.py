"""Weights of any table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.weighting import weight_table
from analysis.weighting.table import level_texts, read_bounds

FRAME = pd.DataFrame(
    {
        "sex": [1, 1, 2, 2, 2, 1],
        "age": ["young", "old", "young", "old", "old", "young"],
        "income": [10.0, 20, 30, 40, 50, 60],
        "district": ["a", "a", "a", "b", "b", "b"],
        "d": [1.0, 2, 1, 2, 1, 2],
    },
    index=[10, 11, 12, 13, 14, 15],
)


def margins(*rows: tuple[object, ...], **more: list[object]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["var", "level", "total"]).assign(**more)


SEX = (("sex", 1, 40), ("sex", 2, 60))
AGE = (("age", "young", 50), ("age", "old", 50))


def _sums(weights: pd.Series, column: str) -> list[float]:
    return list(weights.groupby(FRAME[column]).sum())


@pytest.mark.parametrize("method", ["rake", "linear", "raking"])
def test_two_margins(method: str) -> None:
    weighted = weight_table(FRAME, margins(*SEX, *AGE), method)  # type: ignore[arg-type]
    assert _sums(weighted.weights, "sex") == pytest.approx([40, 60])
    assert _sums(weighted.weights, "age") == pytest.approx([50, 50])
    assert list(weighted.weights.index) == list(FRAME.index)


@pytest.mark.parametrize("method", ["logit", "truncated"])
def test_methods_with_bounds(method: str) -> None:
    base = FRAME["d"].to_numpy() * 100 / FRAME["d"].sum()
    weighted = weight_table(
        FRAME,
        margins(*SEX, *AGE),
        method,
        base=base,
        bounds=(0.3, 3),  # type: ignore[arg-type]
    )
    assert _sums(weighted.weights, "sex") == pytest.approx([40, 60])
    ratio = weighted.weights / base
    assert ratio.min() >= 0.3 and ratio.max() <= 3


def test_post_stratification_to_a_joint_margin() -> None:
    joint = margins(
        ("sex*age", "1*young", 10), ("sex*age", "1*old", 20),
        ("sex*age", "2*young", 30), ("sex*age", "2*old", 40),
    )  # fmt: skip
    weighted = weight_table(FRAME, joint, "post-stratify")
    assert list(weighted.weights) == pytest.approx([5, 20, 30, 20, 20, 5])


def test_base_weights_keep_their_proportions() -> None:
    weighted = weight_table(FRAME, margins(*SEX), "post-stratify", base="d")
    assert list(weighted.weights) == pytest.approx([8, 16, 15, 30, 15, 16])


def test_by_areas() -> None:
    own = margins(
        ("sex", 1, 10), ("sex", 2, 20), ("sex", 1, 30), ("sex", 2, 40),
        district=["a", "a", "b", "b"],
    )  # fmt: skip
    weighted = weight_table(FRAME, own, "rake", by="district")
    assert list(weighted.weights) == pytest.approx([5, 5, 20, 20, 20, 30])
    assert list(weighted.diagnostics.by_area["area"]) == ["a", "b"]


def test_a_total_of_a_number() -> None:
    own = margins(*SEX, ("income", None, 4000))
    weighted = weight_table(FRAME, own, "linear")
    assert (weighted.weights * FRAME["income"]).sum() == pytest.approx(4000)
    assert _sums(weighted.weights, "sex") == pytest.approx([40, 60])


def test_trimming() -> None:
    frame = pd.DataFrame({"sex": ["m"] * 5 + ["f"] * 45, "age": ["y", "o"] * 25})
    own = margins(("sex", "m", 25), ("sex", "f", 75), ("age", "y", 50), ("age", "o", 50))
    weighted = weight_table(frame, own, "rake", trim=(0.3, 2))
    ratio = weighted.weights / weighted.weights.mean()
    assert ratio.max() == pytest.approx(2)
    assert not weighted.diagnostics.converged
    assert weighted.diagnostics.worst_miss is not None
    assert weighted.diagnostics.worst_miss.difference < -1


def test_negative_weights_are_warned_of() -> None:
    own = margins(("income", None, 5500), *SEX)
    weighted = weight_table(FRAME, own, "linear")
    assert (weighted.weights < 0).any()
    assert any("zero or negative" in issue.what for issue in weighted.log)


@pytest.mark.parametrize(
    ("own", "method", "details", "message"),
    [
        (margins(*SEX, ("age", "young", 50), ("age", "old", 51)), "rake", {}, "margin age has another total"),
        (margins(*SEX, ("sex", 3, 5)), "rake", {}, "margin sex, level 3: no respondent"),
        (margins(("sex", 1, 40)), "rake", {}, "margin sex, level 2: 3 rows, no total"),
        (margins(*SEX, *SEX), "rake", {}, "a level stands twice"),
        (margins(("sex", 1, "many"), ("sex", 2, 3)), "rake", {}, "the total is not a number"),
        (margins(("sx", 1, 40)), "rake", {}, "no column sx"),
        (margins(*SEX, *AGE), "post-stratify", {}, "to one margin"),
        (margins(*SEX, ("income", None, 9)), "rake", {}, "total of a numeric variable"),
        (margins(*SEX), "logit", {}, "needs bounds"),
        (margins(*SEX), "rake", {"bounds": (0.5, 2)}, "has no bounds"),
        (margins(*SEX), "rake", {"trim": (1.5, 2)}, "do not hold the mean weight"),
        (margins(*SEX), "rake", {"base": "w"}, "no column w"),
        (margins(*SEX), "rake", {"by": "district"}, "the margins lack a column"),
        (margins(*SEX), "rake", {"clusters": "district"}, "knows neither clusters"),
        (margins(*SEX), "magic", {}, "no method magic"),
        (margins(), "rake", {}, "there are no margins"),
    ],
)  # fmt: skip
def test_what_is_refused(own: pd.DataFrame, method: str, details: dict, message: str) -> None:
    with pytest.raises(WorkbenchError, match=message):
        weight_table(FRAME, own, method, **details)  # type: ignore[arg-type]


def test_an_area_on_one_side_only() -> None:
    own = margins(*SEX, *SEX, district=["a", "a", "c", "c"])
    with pytest.raises(WorkbenchError) as caught:
        weight_table(FRAME, own, "rake", by="district")
    texts = [issue.what for issue in caught.value.issues]
    assert texts == ["district c has margins but no rows", "district b has rows but no margins"]


def test_a_blank_level_is_refused_with_its_row() -> None:
    frame = FRAME.assign(age=["young", None, "young", "old", "old", "young"])
    with pytest.raises(WorkbenchError, match="1 rows have no level of age") as caught:
        weight_table(frame, margins(*AGE), "rake")
    assert (caught.value.issue.row, caught.value.issue.column) == (3, "age")


def test_levels_as_text() -> None:
    assert list(level_texts(pd.Series([1.0, 2.5, np.nan]))) == ["1", "2.5", None]
    assert list(level_texts(pd.Series([1, 2], dtype="Int8"))) == ["1", "2"]
    assert list(level_texts(pd.Series(pd.Categorical([" a", "b"])))) == ["a", "b"]
    assert list(level_texts(pd.Series([True, False]))) == ["True", "False"]


def test_bounds_as_text() -> None:
    assert read_bounds("0.3,3") == (0.3, 3)
    with pytest.raises(WorkbenchError, match="not two bounds"):
        read_bounds("0.3;3")

"""Domains made from partitions, columns and areas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.estimation import Domains

FRAME = pd.DataFrame(
    {
        "area": ["b", "a", "b", None],
        "sex": pd.Categorical(["m", "f", "f", "m"], categories=["m", "f", "x"]),
    }
)


def _rows(domains: Domains) -> dict[tuple[str, ...], list[int]]:
    return {
        tuple(str(value) for value in label): domains.members[place].indices.tolist()
        for place, label in enumerate(domains.labels.itertuples(index=False, name=None))
    }


def test_by_columns() -> None:
    assert _rows(Domains.by(FRAME, ["area", "sex"])) == {
        ("a", "f"): [1], ("b", "m"): [0], ("b", "f"): [2],
    }  # fmt: skip


def test_without_columns_everybody_is_one_domain() -> None:
    domains = Domains.by(FRAME, [])
    assert len(domains) == 1
    assert domains.members.toarray().tolist() == [[1, 1, 1, 1]]


def test_by_a_column_that_is_not_there() -> None:
    with pytest.raises(WorkbenchError, match="no such column"):
        Domains.by(FRAME, ["area", "shoe"])


def test_areas_and_the_region_by_breakdown() -> None:
    domains = Domains.of_areas(FRAME["area"], {"sex": FRAME["sex"]}, "R")
    rows = _rows(domains)
    assert rows[("area", "a", "", "")] == [1]
    assert rows[("area", "b", "sex", "m")] == [0]
    assert rows[("area", "a", "sex", "x")] == []
    assert rows[("region", "R", "", "")] == [0, 1, 2]
    assert rows[("region", "R", "sex", "f")] == [1, 2]
    assert len(rows) == 2 * 4 + 4


def test_the_whole_of_each_area() -> None:
    domains = Domains.of_areas(FRAME["area"], {"sex": FRAME["sex"]}, "R")
    wholes = domains.wholes()
    for place, whole in enumerate(wholes):
        label = domains.labels.iloc[place]
        if label["level"] == "region":
            assert whole == -1
            continue
        other = domains.labels.iloc[whole]
        assert (other["level"], other["breakdown"], other["group"]) == (
            "region", label["breakdown"], label["group"],
        )  # fmt: skip


def test_partitions_may_hold_empty_domains_and_rows_in_none() -> None:
    labels = pd.DataFrame({"name": ["p", "q", "r"]})
    domains = Domains.of_partitions([(np.array([2, -1, 0]), labels)])
    assert _rows(domains) == {("p",): [2], ("q",): [], ("r",): [0]}

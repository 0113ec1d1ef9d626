"""Sizes at the gate: they tell what their share tells, and nothing where it tells nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimates import typed
from analysis.release.gate import release
from analysis.release.rules import rule_set
from analysis.release.sizes import sizes_of
from tests.release.tabulate import estimates_of, respondents

SOURCES = {"SIZE": {"SHARE"}}
POPULATION = {"A01": 20_010.0, "A02": 31_333.0, "A03": 47_777.0, "A04": 12_345.0}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """A sensitive group with 3 people in one area, and one of which everybody may know."""
    people = respondents(4, 100, {})
    place = people.groupby("area").cumcount()
    few = people["area"].map({"A01": 3, "A02": 40, "A03": 30, "A04": 50})
    people["few"] = (place < few).astype(float)
    people["many"] = (place % 3 == 0).astype(float)
    shares = estimates_of(people, {("SHARE", "few"): "few", ("SHARE", "many"): "many"}, ())
    shares["sensitive"] = shares["category"] == "few"
    whole = sum(POPULATION.values())
    people_of = shares["area"].map(POPULATION).fillna(whole)
    scaled = {
        name: shares[name] * people_of
        for name in ("estimate", "standard_error", "ci_low", "ci_high")
    }
    sizes = shares.assign(
        indicator="SIZE", statistic="size", base=people_of, count=np.nan, **scaled
    )
    return typed(pd.concat([shares, sizes], ignore_index=True))


@pytest.fixture(scope="module")
def rows(table: pd.DataFrame) -> pd.DataFrame:
    return release(table, derived_from=SOURCES).rows


def test_a_size_is_hidden_exactly_where_its_share_is(rows: pd.DataFrame) -> None:
    keys = ["category", "area"]
    state = rows.pivot_table(index=keys, columns="indicator", values="release", aggfunc="first")
    assert (state["SIZE"] == state["SHARE"]).all()
    hidden = rows[rows["release"] == "suppressed_primary"]
    assert "A01" in set(hidden["area"])
    assert set(hidden["category"]) == {"few"}  # the other group keeps its sizes
    assert hidden[["estimate", "standard_error", "ci_low", "ci_high", "n"]].isna().all(axis=None)


def test_a_size_follows_from_the_share_as_it_is_printed(rows: pd.DataFrame) -> None:
    step = rule_set("default").rounding.size
    shown = rows[rows["estimate"].notna()].set_index(["category", "area"])
    sizes, shares = (shown[shown["indicator"] == code] for code in ("SIZE", "SHARE"))
    whole = sum(POPULATION.values())
    for key, size in sizes.iterrows():
        people = POPULATION.get(key[1], whole)
        for column in ("estimate", "ci_low", "ci_high"):
            share = shares.loc[key, column]
            assert size[column] == round(share * people / step) * step


def test_precision_is_that_of_the_share(table: pd.DataFrame) -> None:
    bare = table[table["category"] == "many"].copy()
    bare["sensitive"] = False
    low = bare["area"].eq("A02") & bare["indicator"].eq("SHARE")
    bare.loc[low, "n"] = 40.0  # under 50: in brackets
    rows = release(bare, derived_from=SOURCES).rows
    state = rows[rows["area"] == "A02"].set_index("indicator")["release"]
    assert state.to_dict() == {"SHARE": "low_precision", "SIZE": "low_precision"}


def test_a_size_without_its_share_is_not_released(table: pd.DataFrame) -> None:
    alone = table[(table["indicator"] == "SIZE") | (table["area"] != "A02")].reset_index(drop=True)
    rows = release(alone, derived_from=SOURCES).rows
    found = rows[(rows["area"] == "A02") & (rows["indicator"] == "SIZE")]
    assert len(found) == 2
    assert found["estimate"].isna().all()


def test_a_count_of_the_population_passes_as_it_is(table: pd.DataFrame) -> None:
    count = pd.DataFrame(
        {
            "study": ["study"], "wave": ["2020"], "sample": ["inhabitants"],
            "indicator": ["COUNT"], "category": ["few"], "statistic": ["count"],
            "level": ["area"], "area": ["A01"], "estimate": [3351.0], "source_kind": ["population"],
        }
    )  # fmt: skip
    both = typed(pd.concat([table, count], ignore_index=True))
    rows = release(both, derived_from=SOURCES).rows
    found = rows[rows["indicator"] == "COUNT"].iloc[0]
    assert (found["estimate"], found["release"]) == (3351.0, "ok")


def test_sizes_know_where_their_share_stands(table: pd.DataFrame) -> None:
    sizes = sizes_of(table, SOURCES)
    assert len(sizes.rows) == (table["indicator"] == "SIZE").sum()
    for row, share in zip(sizes.rows, sizes.shares, strict=True):
        columns = ["category", "level", "area"]
        assert table.loc[row, columns].equals(table.loc[share, columns])
        assert table.loc[share, "indicator"] == "SHARE"

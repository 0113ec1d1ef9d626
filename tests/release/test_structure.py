"""What is taken for a regularity that everybody can see, and what for chance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.release.gate import release
from analysis.release.structure import Declared, structure_of
from analysis.release.tables import strata
from tests.release.tabulate import estimates_of, respondents


def _people(seed: int = 1) -> pd.DataFrame:
    people = respondents(2, 100, {"sex": (0.5, 0.5)}, seed)
    place = people.groupby("area").cumcount()
    people["a"] = (place < people["area"].map({"A01": 30, "A02": 12})).astype(float)
    # As many people in both areas, but others.
    people["b"] = (place >= 100 - people["area"].map({"A01": 30, "A02": 12})).astype(float)
    people["same"] = people["a"]
    people["not_a"] = 1 - people["a"]
    return people


def _structure(items: dict[tuple[str, str], str], sensitive: list[str]) -> object:
    (stratum,) = strata(estimates_of(_people(), items, ("sex",), sensitive=sensitive))
    return stratum, structure_of(stratum, Declared())


def test_equal_counts_of_other_people_are_chance() -> None:
    stratum, found = _structure({("A", ""): "a", ("B", ""): "b"}, ["A"])
    totals = [number for number, cell in enumerate(stratum.cells) if not cell.breakdown]
    assert np.array_equal(stratum.count[0, totals], stratum.count[1, totals])
    assert found.identities == ()


def test_the_same_people_under_two_names_are_seen() -> None:
    _, found = _structure({("A", ""): "a", ("B", ""): "same"}, ["A"])
    assert found.identities == ((0, (1,)),)


def test_an_indicator_and_its_opposite_are_seen() -> None:
    _, found = _structure({("A", ""): "a", ("B", ""): "not_a"}, ["A"])
    assert (0, 1) in found.partitions


def test_what_everybody_can_see_protects_the_other_name_too() -> None:
    """Three people have the secret; the same count under another name must not tell."""
    people = _people()
    people["a"] = people.groupby("area").cumcount() < people["area"].map({"A01": 3, "A02": 40})
    people["a"] = people["a"].astype(float)
    people["same"], people["not_a"] = people["a"], 1 - people["a"]
    items = {("A", ""): "a", ("B", ""): "same", ("C", ""): "not_a"}
    released = release(estimates_of(people, items, (), sensitive=["A"]))
    rows = released.rows[released.rows["area"] == "A01"].set_index("indicator")["estimate"]
    assert rows.isna().all()
    assert released.report["audit"]["recoverable"] == 0

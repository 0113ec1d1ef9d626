"""Changes between waves after the gate: from released rows alone, equal to the known methods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimation.contrasts import change
from analysis.estimation.design import Design
from analysis.estimation.intervals import Uncertainty, difference_interval
from analysis.estimation.multiplicity import holm
from analysis.release.gate import release
from analysis.release.waves import Waves, change_rows
from tests.release.tabulate import estimates_of, respondents

WAVES = Waves("later", "earlier", ("S",))
STATES = ["ok", "low_precision", "true_zero", "suppressed_precision", "suppressed_primary"]


def wave(name: str, counts: dict[str, int], per_area: int = 300, *sensitive: str) -> pd.DataFrame:
    people = respondents(len(counts), per_area, {}, seed=4).assign(weight=1.0)
    place = people.groupby("area").cumcount()
    people["secret"] = (place < people["area"].map(counts)).astype(float)
    table = estimates_of(people, {("S", ""): "secret"}, (), sensitive=sensitive)
    return table.assign(sample=name, wave="2020" if name == "later" else "2015")


LATER = {"A01": 90, "A02": 120, "A03": 150}
EARLIER = {"A01": 60, "A02": 121, "A03": 180}


def both(
    later: dict[str, int] = LATER, earlier: dict[str, int] = EARLIER, *sensitive: str
) -> pd.DataFrame:
    tables = [wave("later", later, 300, *sensitive), wave("earlier", earlier, 300, *sensitive)]
    return pd.concat(tables, ignore_index=True)


def test_a_change_is_the_difference_of_published_values() -> None:
    rows = release(both()).rows
    found = change_rows(rows, WAVES, 50).set_index("area")
    assert set(found["comparison"]) == {"earlier"}
    assert set(found["sample"]) == {"later"}
    assert set(found["level"]) == {"area", "region"}
    assert found["estimate"].round(9).to_dict() == {
        "A01": 0.1, "A02": -0.003, "A03": -0.1, "R": -0.001
    }  # fmt: skip
    areas = found[found["level"] == "area"]
    np.testing.assert_allclose(areas["p_adjusted"], holm(areas["p_value"].to_numpy()), atol=1e-3)


def test_intervals_of_shares_are_newcombes() -> None:
    estimates = both()
    found = change_rows(release(estimates).rows, WAVES, 50).set_index("area")
    sides = [
        estimates[estimates["sample"] == name].set_index("area") for name in ("later", "earlier")
    ]
    own = [
        Uncertainty(*(side[name].to_numpy(dtype=float)
                      for name in ("estimate", "standard_error", "df", "n", "n_effective")))
        for side in sides
    ]  # fmt: skip
    low, high = difference_interval(own[0], own[1], np.zeros(len(sides[0])), 0.95)
    found = found.loc[sides[0].index]
    np.testing.assert_allclose(found["ci_low"], low, atol=0.003)
    np.testing.assert_allclose(found["ci_high"], high, atol=0.003)


def test_means_change_as_by_contrasts() -> None:
    draw = np.random.default_rng(3)
    frames = [pd.DataFrame({"x": draw.normal(mean, 2, 200), "w": 1.0}) for mean in (5.0, 5.6)]
    designs = [Design(frame, "w") for frame in frames]
    expected = change(designs[0], designs[1], "x").iloc[0]
    rows = []
    for name, design in zip(("earlier", "later"), designs, strict=True):
        mean = design.mean("x").iloc[0]
        row = wave(name, {"A01": 5, "A02": 5}).iloc[[1]]
        rows.append(row.assign(
            statistic="mean", estimate=mean["estimate"], standard_error=mean["se"],
            ci_low=mean["ci_low"], ci_high=mean["ci_high"], df=mean["df"], n=200.0, release="ok",
        ))  # fmt: skip
    found = change_rows(pd.concat(rows, ignore_index=True), WAVES, 50).iloc[0]
    for own, other in (("estimate", "estimate"), ("standard_error", "se"), ("ci_low", "ci_low"),
                       ("ci_high", "ci_high"), ("df", "df")):  # fmt: skip
        assert found[own] == pytest.approx(expected[other])
    assert found["p_value"] == pytest.approx(expected["p_value"], abs=5e-4)


@pytest.mark.parametrize("later", STATES)
@pytest.mark.parametrize("earlier", STATES)
def test_a_change_is_shown_where_both_sides_are(later: str, earlier: str) -> None:
    rows = both().assign(release="ok")
    for name, state in (("later", later), ("earlier", earlier)):
        place = (rows["sample"] == name) & (rows["area"] == "A01")
        rows.loc[place, "release"] = state
        if "suppressed" in state:
            rows.loc[place, ["estimate", "standard_error", "ci_low", "ci_high"]] = np.nan
        if state == "suppressed_primary":
            rows.loc[place, "n"] = np.nan
    found = change_rows(rows, WAVES, 50).set_index("area").loc["A01"]
    states = {later, earlier}
    expected = next(
        (state for state in ("suppressed_primary", "suppressed_precision", "low_precision")
         if state in states), "ok",
    )  # fmt: skip
    assert found["release"] == expected
    hidden = expected.startswith("suppressed")
    assert np.isnan(found["estimate"]) == np.isnan(found["ci_low"]) == hidden
    assert np.isnan(found["n"]) == (expected == "suppressed_primary")


def test_a_small_side_suppresses_the_change() -> None:
    tables = [wave("later", LATER), wave("earlier", dict.fromkeys(LATER, 12), 40)]
    rows = release(pd.concat(tables, ignore_index=True)).rows
    found = change_rows(rows, WAVES, 50).set_index("area")
    assert set(found.loc[["A01", "A02", "A03"], "release"]) == {"suppressed_precision"}
    assert found.loc["R", "release"] != "suppressed_precision"


def test_what_is_not_comparable_has_no_value() -> None:
    rows = release(both()).rows
    none = Waves("later", "earlier", ("S",), {"S": "no"})
    found = change_rows(rows, none, 50)
    assert set(found["release"]) == {"not_applicable"}
    assert set(found["comparability"]) == {"no"}
    assert found[["estimate", "ci_low", "n", "p_value"]].isna().all().all()
    limited = Waves("later", "earlier", ("S",), {"S": "limited"})
    found = change_rows(rows, limited, 50)
    assert set(found["comparability"]) == {"limited"}
    assert found["estimate"].notna().all()


def test_an_attacker_with_both_waves_learns_nothing_from_changes() -> None:
    """Whatever the secret is, changes follow from the rows of both waves that are shown."""
    found = []
    for secret in (1, 2, 3, 4):
        estimates = both({"A01": secret, "A02": 40, "A03": 30, "A04": 50, "A05": 70},
                         {"A01": 33, "A02": 41, "A03": 33, "A04": 52, "A05": 61}, "S")  # fmt: skip
        released = release(estimates)
        assert released.report["audit"]["recoverable"] == 0
        changes = change_rows(released.rows, WAVES, 50).set_index("area")
        assert changes.loc["A01", "release"] == "suppressed_primary"
        hidden = set(released.rows.query("sample == 'later' and n != n")["area"])
        assert changes.loc[sorted(hidden), "estimate"].isna().all()
        found.append(changes.drop(index="R"))
    same = [table for table in found if table["release"].equals(found[0]["release"])]
    assert len(same) >= 2
    for other in same[1:]:
        pd.testing.assert_frame_equal(other, same[0])


def test_the_truth_is_recovered_over_repeated_samples() -> None:
    draw = np.random.default_rng(9)
    truth = {"A01": (0.4, 0.3), "A02": (0.2, 0.2), "A03": (0.1, 0.25)}
    covered, false, bias = [], 0, []
    for _ in range(100):
        sides = [
            {area: int(draw.binomial(300, shares[place])) for area, shares in truth.items()}
            for place in (0, 1)
        ]
        rows = both(*sides).assign(release="ok")
        found = change_rows(rows, WAVES, 50).set_index("area")
        for area, (later, earlier) in truth.items():
            row = found.loc[area]
            covered.append(row["ci_low"] <= later - earlier <= row["ci_high"])
            bias.append(row["estimate"] - (later - earlier))
        false += int(found.loc["A02", "p_adjusted"] < 0.05)
    assert np.mean(covered) >= 0.93
    assert abs(np.mean(bias)) < 0.006
    assert false / 100 <= 0.08

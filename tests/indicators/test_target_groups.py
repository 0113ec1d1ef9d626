"""Sizes of target groups, counts in tables and priorities, against the same by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.estimates import RELEASED_COLUMNS
from analysis.indicators.compiling import is_exhaustive
from analysis.indicators.estimating import SampleResult, check_plan, estimate_study
from analysis.indicators.group_sizes import population_rows, population_totals, size_rows
from analysis.indicators.priorities import possible_ranks, with_priorities
from analysis.run import read_and_check
from analysis.study import Study, open_study
from analysis.study_definitions.rows import PlanRow
from analysis.variables import with_derived_variables
from analysis.weighting.sample import weight_sample
from tests.mini_results import answers, write_answers
from tests.mini_study import INDICATORS, write_mini_study

GROUPS = """\
id,label::cs,label::en,others::cs,others::en,definition::cs,definition::en,membership
old,starší,older,mladší,younger,lidé od 40 let,people aged 40 and over,${age} >= 40
helped,s pomocí,helped,bez pomoci,not helped,kdo dostal pomoc,who was helped,${helped} = '1'
"""
MORE = """\
T1,,T,Podíl,Share,Podíl,Share,share,target_groups,. = '1',,,,percent,1.0
T2,,T,Velikost,Size,Počet,Number,size,target_groups,,,,T1,persons,1.0
T3,,T,Priorita,Priority,Pořadí,Rank,mean_rank,target_groups,,,,K2 H1,number,1.0
"""
PLAN = """\
indicator,sample,breakdowns,levels,comparison
T1,people,,area region,
K2,people,tg_old tg_helped,area region,
H1,people,tg_old tg_helped,area region,
T3,people,,area region,
"""


def mini(root: Path, plan: str = PLAN, groups: str = GROUPS, more: str = MORE) -> Study:
    workspace = write_mini_study(root, indicators=INDICATORS + more, plan=plan)
    folder = workspace.studies / "mini"
    (folder / "target_groups.csv").write_text(groups, encoding="utf-8")
    write_answers(workspace)
    return open_study("mini", workspace)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return mini(tmp_path_factory.mktemp("groups"))


@pytest.fixture(scope="module")
def result(study: Study) -> SampleResult:
    validated = read_and_check(study, "people")
    frame = with_derived_variables(study, validated.frame)
    return SampleResult("people", frame, validated, weight_sample(study, "people", frame))


@pytest.fixture(scope="module")
def estimates(study: Study, result: SampleResult) -> pd.DataFrame:
    return estimate_study(study, [result])


def test_membership_is_a_variable_of_every_group_and_people_may_be_in_several(
    study: Study, result: SampleResult
) -> None:
    raw = answers()
    assert (result.frame["tg_old"] == "1").sum() == (raw["age"] >= 40).sum()
    both = (result.frame["tg_old"] == "1") & (result.frame["tg_helped"] == "1")
    assert both.sum() == ((raw["age"] >= 40) & (raw["helped"] == "1")).sum() > 0
    assert study.list_of("tg_old") == "tg_old"
    assert study.label_of("tg_old", "en") == "older"


def test_the_share_of_each_group_is_a_category(estimates: pd.DataFrame) -> None:
    raw = answers()
    rows = estimates[(estimates["indicator"] == "T1") & (estimates["level"] == "region")]
    found = rows.set_index("category")["estimate"]
    assert found["old"] == pytest.approx((raw["age"] >= 40).mean())
    assert found["helped"] == pytest.approx((raw["helped"] == "1").mean())


def test_an_indicator_among_the_members_is_its_breakdown(estimates: pd.DataFrame) -> None:
    raw = answers()
    known = raw[["known_a", "known_b"]].isin(["1", "2"]).sum(axis=1)
    rows = estimates[
        (estimates["indicator"] == "K2")
        & (estimates["level"] == "region")
        & (estimates["breakdown"] == "tg_old")
    ].set_index("group")["estimate"]
    assert rows["1"] == pytest.approx(known[raw["age"] >= 40].mean())
    assert rows["2"] == pytest.approx(known[raw["age"] < 40].mean())


def test_only_a_group_made_of_something_sensitive_is_sensitive(
    study: Study, estimates: pd.DataFrame
) -> None:
    assert not study.is_sensitive("tg_old")
    assert study.is_sensitive("tg_helped")
    rows = estimates[estimates["indicator"] == "T1"].groupby("category")["sensitive"]
    assert rows.all().to_dict() == {"old": False, "helped": True}
    assert not rows.any()["old"]


def test_groups_do_not_add_up_to_everybody(study: Study) -> None:
    assert not is_exhaustive(study, "T1")


def test_a_size_is_the_share_times_the_population(
    study: Study, result: SampleResult, estimates: pd.DataFrame
) -> None:
    plan = [row for row in study.plan if row.indicator == "T1"]
    sizes = size_rows(study, [_row(plan[0], "T2")], [estimates], {"d1": 1000.0, "d2": 3000.0})
    shares = estimates[(estimates["indicator"] == "T1") & (estimates["level"] == "area")]
    merged = sizes[sizes["level"] == "area"].merge(
        shares, on=["area", "category"], suffixes=("", "_of")
    )
    people = merged["area"].map({"d1": 1000.0, "d2": 3000.0})
    assert len(merged) == 4
    for column in ("estimate", "standard_error", "ci_low", "ci_high"):
        np.testing.assert_allclose(merged[column], merged[f"{column}_of"] * people)
    np.testing.assert_allclose(merged["base"], people)
    assert merged["n"].equals(merged["n_of"])
    assert set(sizes["statistic"]) == {"size"}


def _row(row: PlanRow, indicator: str) -> PlanRow:
    return replace(row, indicator=indicator)


def test_the_population_is_what_the_weights_add_up_to(study: Study, result: SampleResult) -> None:
    weights = np.arange(len(result.frame), dtype=float)
    totals = population_totals(study, result.frame, weights)
    first = weights[(result.frame["area"] == "d1").to_numpy()].sum()
    assert totals["d1"] == first
    assert totals[study.whole] == weights.sum()


def test_a_size_needs_a_population_and_its_share(tmp_path: Path) -> None:
    plan = PLAN + "T2,people,,area region,\n"
    study = mini(tmp_path, plan=plan.replace("T1,people,,area region,\n", ""))
    with pytest.raises(WorkbenchError) as caught:
        check_plan(study)
    told = [issue.what for issue in caught.value.issues]
    assert any("the size of T1, which is not estimated there" in text for text in told)
    assert any("is not weighted to one" in text for text in told)


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        (GROUPS.replace("helped,s", "old,s"), "stands twice"),
        (GROUPS.replace("${age}", "${agee}"), "no question or variable agee"),
        (GROUPS.replace("${helped} = '1'", "${helped} = '7'"), "no choice 7"),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_line(tmp_path: Path, groups: str, told: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        mini(tmp_path, groups=groups)
    (issue,) = [one for one in caught.value.issues if told in one.what]
    assert str(issue.file).endswith("target_groups.csv")
    assert issue.row in (2, 3)


def test_sizes_are_of_target_groups_only(tmp_path: Path) -> None:
    more = MORE.replace("size,target_groups", "size,known")
    with pytest.raises(WorkbenchError) as caught:
        mini(tmp_path, more=more)
    assert any("is of target groups" in issue.what for issue in caught.value.issues)


# --- counts in the population tables ------------------------------------------------------


def test_groups_of_an_age_are_counted_in_the_tables(zlin: Study) -> None:
    table = pd.read_csv(zlin.workspace.catalogues / "territory" / "population_by_municipality.csv")
    places = pd.read_csv(zlin.workspace.catalogues / "territory" / "municipalities.csv")
    table = table.merge(places[["code", "area", "region"]], left_on="municipality", right_on="code")
    table = table[table["region"] == zlin.region]
    rows = population_rows(zlin, [row for row in zlin.plan if row.sample == "inhabitants"])
    counts = rows[rows["statistic"] == "count"].set_index(["category", "area"])["estimate"]
    old = table[table["age_from"] >= 65].groupby("area")["count"].sum()
    assert counts["seniors"][zlin.whole] == old.sum()
    for area in zlin.areas.index:
        assert counts["seniors"][area] == old[int(area)]
    grown = rows[rows["statistic"] == "entrants"].set_index(["category", "area"])["estimate"]
    assert grown["seniors"][zlin.whole] == table.loc[table["age_from"] == 60, "count"].sum()
    assert grown["seniors_80"][zlin.whole] == table.loc[table["age_from"] == 75, "count"].sum()
    assert "disabled" not in set(rows["category"])  # not known by age


def test_an_age_within_a_group_of_the_tables_is_refused(zlin: Study) -> None:
    odd = replace(zlin.target_groups[0], age_from=63)
    study = replace(zlin, target_groups=(odd,))
    with pytest.raises(WorkbenchError, match="cannot count from the age 63") as caught:
        population_rows(study, [row for row in zlin.plan if row.indicator == "TG01N"])
    assert caught.value.issue.column == "age_from"


# --- priorities ---------------------------------------------------------------------------


def test_possible_ranks_are_those_that_the_intervals_allow() -> None:
    values = np.array([5.0, 4.0, 1.0, 1.0])
    low = np.array([4.5, 3.0, 0.5, np.nan])
    high = np.array([5.5, 4.6, 1.5, np.nan])
    rank, best, worst = possible_ranks(values, low, high)
    # 5 and 4 overlap; both lie above the two ones, which share ranks 3 and 4.
    assert rank.tolist() == [1.0, 2.0, 3.5, 3.5]
    assert best.tolist() == [1.0, 1.0, 3.0, 3.0]
    assert worst.tolist() == [2.0, 2.0, 4.0, 4.0]


def _released(estimates: pd.DataFrame) -> pd.DataFrame:
    return estimates.assign(release="ok")[RELEASED_COLUMNS]


def test_a_priority_is_the_mean_of_ranks(study: Study, estimates: pd.DataFrame) -> None:
    released = _released(estimates)
    found = with_priorities(study, released)
    added = found.iloc[len(released) :]
    region = added[(added["level"] == "region") & (added["breakdown"] == "")]
    values = released[(released["level"] == "region") & (released["group"] == "1")].pivot_table(
        index="breakdown", columns="indicator", values="estimate"
    )
    ranks = values[["K2", "H1"]].rank(ascending=False).mean(axis=1)
    assert region.set_index("category")["estimate"].to_dict() == {
        name.removeprefix("tg_"): rank for name, rank in ranks.items()
    }
    # In areas every group of every area is ranked: 2 groups × 2 areas.
    by_area = added[(added["level"] == "area") & (added["breakdown"] == "component")]
    assert by_area.groupby("group")["estimate"].sum().to_dict() == {"K2": 10.0, "H1": 10.0}
    assert (added["ci_low"] <= added["estimate"]).all()
    assert (added["ci_high"] >= added["estimate"]).all()
    assert found["row_id"].is_unique


def test_a_group_with_a_hidden_component_has_no_priority(
    study: Study, estimates: pd.DataFrame
) -> None:
    released = _released(estimates)
    hidden = (released["indicator"] == "H1") & (released["breakdown"] == "tg_helped")
    released.loc[hidden, "release"] = "suppressed_primary"
    released.loc[hidden, ["estimate", "ci_low", "ci_high"]] = np.nan
    found = with_priorities(study, released).iloc[len(released) :]
    assert set(found["category"]) == {"old"}


def test_without_a_priority_in_the_plan_nothing_is_added(tmp_path: Path) -> None:
    study = mini(tmp_path, plan=PLAN.replace("T3,people,,area region,\n", ""))
    table = pd.DataFrame({"row_id": ["a"]})
    assert with_priorities(study, table) is table

"""The analysis plan carried out, against the same numbers by plain pandas and statsmodels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import WorkbenchError
from analysis.estimates import COLUMNS, IDENTITY
from analysis.indicators.estimating import SampleResult, check_plan, estimate_study
from analysis.run import read_and_check
from analysis.study import Study, open_study
from analysis.variables import with_derived_variables
from analysis.weighting.sample import weight_sample
from tests.mini_results import answers, write_answers
from tests.mini_study import AREAS, CARD, CHOICES, INDICATORS, write_mini_study

WEIGHTED = CARD.replace(
    "    weighting: {method: none}\n",
    "    weighting: {method: given}\n    design: {weight: w, strata: layer, clusters: town}\n",
)
MORE = """\
D1,,D,Rozdíl,Difference,Rozdíl,Difference,comparison,,,,,K1,points,1.0
D2,,D,Souvislost,Association,Rozdíl,Difference,adjusted_difference,used,,,,K2,number,1.0
R1,,R,Z registru,From a register,Podíl,Share,share,known,,,,,percent,1.0
"""
PLAN = """\
indicator,sample,breakdowns,levels,comparison
K1,people,age_group sex,area region,rest
K2,people,age_group,area region,
C3,people,sex,area region,
H1,people,,area region,
H2,people,,region,
S1,people,,area region,
D1,people,sex,area,rest
D2,people,,area region,
"""


def indicators(more: str = MORE) -> str:
    lines = (INDICATORS + more).splitlines()
    adjust = {"D2": "age_group sex"}
    requires = {"R1": "a_register"}
    header = f"{lines[0]},adjust,requires"
    rows = [
        f"{line},{adjust.get(line.split(',')[0], '')},{requires.get(line.split(',')[0], '')}"
        for line in lines[1:]
    ]
    return "\n".join([header, *rows]) + "\n"


def survey(n: int = 600) -> pd.DataFrame:
    """Answers of three districts, in the last of them nobody; with some kinds of missing."""
    draw = np.random.default_rng(7)
    frame = answers(n, seed=3)
    frame.loc[draw.random(n) < 0.1, "known_a"] = "-8"
    frame.loc[draw.random(n) < 0.1, ["used.web", "used.doctor", "used.none"]] = -9
    frame.loc[draw.random(n) < 0.05, "sex"] = "-9"
    town = draw.integers(0, 12, n)
    return frame.assign(
        w=draw.uniform(0.5, 4, n), town=frame["district"] + "-" + town.astype(str),
        layer=frame["district"] + "/" + (town % 3).astype(str),
    )  # fmt: skip


def opened(root: Path, plan: str = PLAN, **changed: str) -> Study:
    texts = {
        "study": WEIGHTED,
        "plan": plan,
        "indicators": indicators(),
        "areas": AREAS + "d3,Třetí,treti\n",
        "choices": CHOICES.replace("sex,1", "district,d3,Třetí,Third,,,,\nsex,1"),
    }
    workspace = write_mini_study(root, **{**texts, **changed})
    write_answers(workspace, survey())
    return open_study("mini", workspace)


def weighted(study: Study) -> SampleResult:
    validated = read_and_check(study, "people")
    frame = with_derived_variables(study, validated.frame)
    return SampleResult("people", frame, validated, weight_sample(study, "people", frame))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return opened(tmp_path_factory.mktemp("estimating"))


@pytest.fixture(scope="module")
def result(study: Study) -> SampleResult:
    return weighted(study)


@pytest.fixture(scope="module")
def estimates(study: Study, result: SampleResult) -> pd.DataFrame:
    return estimate_study(study, [result], input_hash="abc")


@pytest.fixture(scope="module")
def plain() -> pd.DataFrame:
    """The answers once more, every value of an indicator worked out by hand."""
    raw = survey()
    known = {item: raw[f"known_{item}"] for item in "ab"}
    yes = {item: ("K1", item, known[item].isin(["1", "2"]).where(known[item] != "-8"))
           for item in "ab"}  # fmt: skip
    columns = {(code, item): values.astype(float) for code, item, values in yes.values()}
    columns["K2", ""] = columns["K1", "a"] + columns["K1", "b"]
    for choice in ("web", "doctor", "none"):
        difference = (raw[f"wanted.{choice}"] - raw[f"used.{choice}"]).astype(float)
        columns["C3", choice] = difference.where(raw[f"used.{choice}"] >= 0)
    columns["H1", ""] = (raw["enough"] == "1").astype(float)
    columns["H2", ""] = columns["H1", ""].where(raw["helped"] == "1")
    for sex in "12":
        columns["S1", sex] = (raw["sex"] == sex).astype(float).where(raw["sex"] != "-9")
    values = pd.DataFrame({f"{code} {category}": column
                           for (code, category), column in columns.items()})  # fmt: skip
    return values.assign(
        weight=raw["w"],
        area=raw["district"],
        sex=raw["sex"].where(raw["sex"] != "-9"),
        age_group=np.where(raw["age"] >= 40, "40+", "15-39"),
        web=raw["used.web"].where(raw["used.web"] >= 0),
        doctor=raw["used.doctor"].where(raw["used.doctor"] >= 0),
    )


def rows(table: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    chosen = pd.Series(True, index=table.index)
    for column, value in wanted.items():
        chosen &= table[column] == value
    return table[chosen]


def one(table: pd.DataFrame, **wanted: str) -> pd.Series:
    found = rows(table, **{"breakdown": "", "group": "", "comparison": "", **wanted})
    assert len(found) == 1, wanted
    return found.iloc[0]


def mean(values: pd.Series, weights: pd.Series) -> float:
    known = values.notna()
    return float((values[known] * weights[known]).sum() / weights[known].sum())


# --- shares, means and differences --------------------------------------------------------


def test_every_estimate_equals_plain_pandas(estimates: pd.DataFrame, plain: pd.DataFrame) -> None:
    of_values = estimates[estimates["statistic"].isin(["share", "mean", "difference"])]
    of_values = of_values[of_values["comparison"] == ""]
    compared = 0
    for row in of_values.itertuples():
        inside = pd.Series(True, index=plain.index)
        if row.level == "area":
            inside &= plain["area"] == row.area
        if row.breakdown:
            inside &= plain[row.breakdown] == row.group
        values = plain.loc[inside, f"{row.indicator} {row.category}"]
        assert row.n == values.notna().sum(), row
        if row.n == 0:
            assert np.isnan(row.estimate), row
            continue
        weights = plain.loc[inside, "weight"]
        assert row.estimate == pytest.approx(mean(values, weights), abs=1e-12), row
        assert row.base == pytest.approx(weights[values.notna()].sum(), rel=1e-12)
        if row.statistic == "share":
            assert row.count == (values == 1).sum()
        compared += 1
    assert compared == 76


def test_the_plan_says_which_rows_there_are(estimates: pd.DataFrame) -> None:
    def domains(code: str) -> set[tuple[str, str]]:
        found = rows(estimates, indicator=code, comparison="")
        return set(zip(found["level"], found["breakdown"], strict=True))

    assert domains("K1") == {
        (level, by) for level in ("area", "region") for by in ("", "age_group", "sex")
    }
    assert domains("H1") == {("area", ""), ("region", "")}
    assert domains("H2") == {("region", "")}
    assert not estimates["indicator"].eq("C1").any()  # not in the plan


def test_groups_stand_in_the_order_of_their_list_and_missing_is_none(
    estimates: pd.DataFrame,
) -> None:
    found = rows(estimates, indicator="K2", level="region", breakdown="age_group")
    assert found["group"].tolist() == ["15-39", "40+"]
    by_sex = rows(estimates, indicator="K1", category="a", level="region", breakdown="sex")
    assert set(by_sex["group"]) == {"1", "2"}


def test_a_district_without_respondents_has_rows_without_numbers(estimates: pd.DataFrame) -> None:
    empty = rows(estimates, area="d3")
    assert set(empty["indicator"]) == {"K1", "K2", "C3", "H1", "S1", "D1", "D2"}
    numbers = ["estimate", "standard_error", "ci_low", "ci_high", "deff", "p_value", "p_adjusted"]
    assert empty[numbers].isna().all(axis=None)
    assert (empty.loc[empty["statistic"] != "adjusted_difference", "n"] == 0).all()


def test_the_region_holds_all_respondents_of_known_area(
    estimates: pd.DataFrame, plain: pd.DataFrame
) -> None:
    assert one(estimates, indicator="H1", area="mini")["n"] == len(plain)
    parts = [one(estimates, indicator="H1", area=area)["n"] for area in ("d1", "d2", "d3")]
    assert sum(parts) == len(plain)


def test_errors_follow_the_design_of_the_card(
    study: Study, result: SampleResult, estimates: pd.DataFrame, plain: pd.DataFrame
) -> None:
    """By hand: the variance of a mean over clusters within strata, with replacement."""
    raw = survey()
    values, weights = plain["H1 "], plain["weight"]
    scores = weights * (values - mean(values, weights)) / weights.sum()
    totals = scores.groupby([raw["layer"], raw["town"]]).sum()
    by_layer = totals.groupby(level=0)
    variance = (
        by_layer.size() / (by_layer.size() - 1) * by_layer.var(ddof=0) * by_layer.size()
    ).sum()
    row = one(estimates, indicator="H1", area="mini")
    assert row["standard_error"] == pytest.approx(np.sqrt(variance), rel=1e-9)
    assert row["df"] == raw["town"].nunique() - raw["layer"].nunique()


def test_quota_samples_are_taken_as_drawn_within_the_areas(tmp_path: Path) -> None:
    card = CARD.replace("    weighting:", "    design: {kind: quota}\n    weighting:")
    study = opened(tmp_path, study=card, plan="indicator,sample\nH1,people\n")
    row = one(estimate_study(study, [weighted(study)]), indicator="H1", area="mini")
    assert row["df"] == 600 - 2


# --- an area against the rest -------------------------------------------------------------


@pytest.mark.parametrize("by", ["", "sex"])
def test_an_area_less_the_rest(estimates: pd.DataFrame, plain: pd.DataFrame, by: str) -> None:
    found = rows(estimates, indicator="K1", comparison="rest", breakdown=by)
    found = found[found["area"] != "d3"]
    assert len(found) == 4 * (2 if by else 1)
    for row in found.itertuples():
        group = (plain[by] == row.group) if by else pd.Series(True, index=plain.index)
        inside = plain[group & (plain["area"] == row.area)]
        rest = plain[group & (plain["area"] != row.area)]
        column = f"K1 {row.category}"
        difference = mean(inside[column], inside["weight"]) - mean(rest[column], rest["weight"])
        assert row.estimate == pytest.approx(difference, abs=1e-12)
        assert (row.level, row.n) == ("area", inside[column].notna().sum())
        assert 0 <= row.p_value <= row.p_adjusted <= 1


def test_only_what_the_plan_compares_is_compared(estimates: pd.DataFrame) -> None:
    assert set(rows(estimates, comparison="rest")["indicator"]) == {"K1", "D1"}


def test_a_comparison_repeats_its_indicator_under_its_own_code(estimates: pd.DataFrame) -> None:
    own = rows(estimates, indicator="D1")
    assert set(own["statistic"]) == {"comparison"}
    # The comparison is broken down by sex alone, what it compares also by age.
    assert set(own["breakdown"]) == {"", "sex"}
    compared = rows(estimates, indicator="K1", comparison="rest")
    compared = compared[compared["breakdown"].isin(["", "sex"])]
    keys = ["category", "area", "breakdown", "group"]
    numbers = ["estimate", "standard_error", "ci_low", "ci_high", "p_value", "p_adjusted", "n"]
    pd.testing.assert_frame_equal(
        own.set_index(keys)[numbers].sort_index(),
        compared.set_index(keys)[numbers].sort_index(),
    )


def test_a_comparison_needs_no_comparison_of_the_indicator_itself(tmp_path: Path) -> None:
    plan = "indicator,sample,breakdowns,levels,comparison\nK1,people,,area region,\nD1,people,,area,rest\n"
    study = opened(tmp_path, plan=plan)
    table = estimate_study(study, [weighted(study)])
    assert set(rows(table, comparison="rest")["indicator"]) == {"D1"}
    assert rows(table, indicator="D1")["estimate"].notna().sum() == 4


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        ("K1,people,,area,rest\n", "K1 is compared with the rest of the region, but K1 is not"),
        ("D1,people,,area,rest\n", "but K1 is not estimated for the areas and the region"),
        ("K1,people,,area region,\nD1,people,sex,area,rest\n", "but K1 is not estimated by sex"),
    ],
)
def test_a_comparison_of_what_is_not_estimated_is_refused(
    tmp_path: Path, plan: str, sentence: str
) -> None:
    header = "indicator,sample,breakdowns,levels,comparison\n"
    study = opened(tmp_path, plan=header + plan)
    with pytest.raises(WorkbenchError, match=sentence) as caught:
        check_plan(study)
    assert Path(caught.value.issues[0].file or "").name == "plan.csv"


# --- adjusted differences -----------------------------------------------------------------


def regression(plain: pd.DataFrame, exposure: str) -> pd.Series:
    """The difference with other variables held equal, by statsmodels."""
    columns = {
        "exposure": plain[exposure],
        "old": (plain["age_group"] == "40+").astype(float),
        "woman": (plain["sex"] == "2").astype(float).where(plain["sex"].notna()),
    }
    matrix = sm.add_constant(pd.DataFrame(columns))
    known = matrix.notna().all(axis=1) & plain["K2 "].notna()
    model = sm.WLS(plain.loc[known, "K2 "], matrix[known], weights=plain.loc[known, "weight"])
    return pd.Series({"estimate": model.fit().params["exposure"], "n": known.sum()})


@pytest.mark.parametrize("area", ["d1", "d2", "mini"])
@pytest.mark.parametrize("exposure", ["web", "doctor"])
def test_adjusted_differences_equal_weighted_least_squares(
    estimates: pd.DataFrame, plain: pd.DataFrame, area: str, exposure: str
) -> None:
    inside = plain if area == "mini" else plain[plain["area"] == area]
    expected = regression(inside, exposure)
    row = one(estimates, indicator="D2", category=exposure, area=area)
    assert row["estimate"] == pytest.approx(expected["estimate"], abs=1e-10)
    assert row["n"] == expected["n"]
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert (row["statistic"], row["interval_method"]) == ("adjusted_difference", "mean")


# --- what belongs to every row ------------------------------------------------------------


def test_every_row_is_described(estimates: pd.DataFrame) -> None:
    assert list(estimates.columns) == COLUMNS
    assert not estimates.duplicated(IDENTITY).any() and estimates["row_id"].is_unique
    fixed = ["study", "wave", "sample", "source_kind", "data_origin", "reference_date",
             "input_hash", "definition_version", "confidence", "release"]  # fmt: skip
    values = ["mini", "2020", "people", "survey", "observed", "2020-02-01", "abc", "1.0", 0.95, ""]
    assert (estimates[fixed] == values).all(axis=None)
    sensitive = estimates.loc[estimates["sensitive"], "indicator"]
    assert set(sensitive) == {"H2"}


def test_one_modelled_respondent_marks_the_sample(study: Study, result: SampleResult) -> None:
    origin = ["modelled", *result.frame["data_origin"][1:]]
    table = estimate_study(study, [replace(result, frame=result.frame.assign(data_origin=origin))])
    assert set(table["data_origin"]) == {"modelled"}


def test_indicators_that_need_another_source_are_passed_over(tmp_path: Path) -> None:
    study = opened(tmp_path, plan=PLAN + "R1,people,,area region,\n")
    assert "R1" not in set(estimate_study(study, [weighted(study)])["indicator"])


def test_a_plan_may_ask_for_one_indicator_in_two_rows(tmp_path: Path) -> None:
    plan = "indicator,sample,breakdowns\nH1,people,sex\nH1,people,age_group\n"
    study = opened(tmp_path, plan=plan)
    table = estimate_study(study, [weighted(study)])
    assert table["row_id"].is_unique
    assert set(table["breakdown"]) == {"", "sex", "age_group"}


def test_a_study_without_a_plan_has_a_typed_table_without_rows(tmp_path: Path) -> None:
    study = opened(tmp_path, plan="indicator,sample\n")
    table = estimate_study(study, [weighted(study)])
    assert list(table.columns) == COLUMNS and table.empty


def test_weights_are_kept_without_answers(result: SampleResult) -> None:
    weights = result.weights_by_respondent()
    assert list(weights.columns) == ["respondent", "weight"]
    np.testing.assert_allclose(weights["weight"], survey()["w"])

"""Model-based estimates: the model's own numbers, agreement with the region, no secret in them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimation.small_areas import fay_herriot_shares
from analysis.release.gate import Released, release
from analysis.release.models import MODEL, REPLICATES, Known, model_rows
from analysis.release.rules import rule_set
from tests.release.tabulate import estimates_of, respondents

RULES = rule_set("default")
WANTED = {("inhabitants", "S")}
#: Shares far apart and many answers: nearly all of each estimate is the area's own.
COUNTS = {"A01": 3, "A02": 200, "A03": 90, "A04": 350, "A05": 260, "A06": 30, "A07": 150}


def people(counts: dict[str, int], per_area: int = 400) -> pd.DataFrame:
    table = respondents(len(counts), per_area, {}, seed=2).assign(weight=1.0)
    place = table.groupby("area").cumcount()
    table["secret"] = (place < table["area"].map(counts)).astype(float)
    table["opposite"] = 1 - table["secret"]
    return table


def passed(counts: dict[str, int], *sensitive: str, columns: tuple[str, ...] = ("S",)) -> Released:
    names = {("S", ""): "secret", ("O", ""): "opposite"}
    items = {key: column for key, column in names.items() if key[0] in columns}
    return release(estimates_of(people(counts), items, (), sensitive=sensitive))


def public(counts: dict[str, int]) -> Known:
    areas = pd.Index(list(counts))
    draw = np.random.default_rng(1)
    auxiliaries = pd.DataFrame({0: draw.uniform(0.1, 0.3, len(areas))}, index=areas)
    return Known(auxiliaries, pd.Series(1000.0, index=areas))


def areas(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["level"] == "area") & (rows["comparison"] == "")]


def test_rows_are_the_estimates_of_the_model_in_agreement_with_the_region() -> None:
    released = passed(COUNTS)
    known = public(COUNTS)
    found = model_rows(released, WANTED, known, RULES)
    direct = areas(released.estimates)
    expected = fay_herriot_shares(
        direct["estimate"], direct["n_effective"], known.auxiliaries, replicates=REPLICATES
    )
    rows = found.rows
    assert set(rows["comparison"]) == set(rows["source_kind"]) == {MODEL}
    assert set(rows["statistic"]) == {"share"}
    np.testing.assert_allclose(rows["standard_error"], expected["se"], atol=0.0006)
    np.testing.assert_allclose(rows["estimate"], expected["estimate"], atol=0.01)
    region = released.estimates.query("level == 'region'")["estimate"].iloc[0]
    assert np.average(rows["estimate"], weights=direct["base"]) == pytest.approx(region, abs=6e-4)
    (said,) = found.diagnostics
    assert said["fitted"] and not said["released_only"]
    assert {"variance", "aic", "shapiro_p", "gain", "beyond", "moved"} <= set(said)


def test_an_area_with_few_answers_is_drawn_towards_the_others() -> None:
    """Not shown itself for want of answers, it still counts for what it is worth."""
    counts = {f"A{place:02d}": 120 + 4 * place for place in range(1, 9)}
    table = people(counts)
    few = table[(table["area"] != "A08") | (table.groupby("area").cumcount() % 20 == 0)]
    released = release(estimates_of(few, {("S", ""): "secret"}, ()))
    direct = areas(released.rows).set_index("area")
    assert direct.loc["A08", "release"] == "suppressed_precision"
    rows = model_rows(released, WANTED, None, RULES).rows.set_index("area")
    own = released.estimates.set_index(["area", "comparison"])["estimate"]["A08", ""]
    others = direct["estimate"].mean()
    assert min(own, others) - 0.02 <= rows.loc["A08", "estimate"] <= max(own, others) + 0.02
    assert rows.loc["A08", "release"] in ("ok", "low_precision")
    assert rows.loc["A08", "n"] == direct.loc["A08", "n"]


# --- what may not be given away -----------------------------------------------------------


def same_pattern(*sensitive: str, columns: tuple[str, ...]) -> list[Released]:
    found = [passed({**COUNTS, "A01": secret}, *sensitive, columns=columns) for secret in (1, 2, 4)]
    patterns = [tuple(one.rows["release"]) for one in found]
    assert len(set(patterns)) == 1
    assert "suppressed_primary" in patterns[0]
    return found


def test_a_model_gives_a_hidden_value_nowhere_away() -> None:
    """With the shrinkage near 1 the model would say the secret; it has never seen it."""
    known = public(COUNTS)
    found = [model_rows(one, WANTED, known, RULES) for one in same_pattern("S", columns=("S",))]
    direct = [areas(one.estimates) for one in same_pattern("S", columns=("S",))]
    plain = fay_herriot_shares(direct[0]["estimate"], direct[0]["n_effective"])
    assert plain["shrinkage"].min() > 0.95
    hidden = found[0].rows["n"].isna()
    assert hidden.any()
    assert all(one.diagnostics[0]["released_only"] for one in found)
    for one, true in zip(found, direct, strict=True):
        # The base of the region's complement may differ by what is shown of the others; what
        # is hidden does not enter: all rows follow from those that are shown.
        gap = np.abs(one.rows["estimate"].to_numpy() - true["estimate"].to_numpy())[hidden]
        assert gap.min() > 0.05
    shown = [one.rows["estimate"].to_numpy() for one in found]
    np.testing.assert_allclose(shown[0], shown[1], atol=0.006)


def test_a_model_of_something_guarded_is_a_function_of_released_rows() -> None:
    """Other confidential numbers behind the same released rows: the same model."""
    released = same_pattern("S", columns=("S",))[0]
    changed = released.estimates.assign(
        estimate=lambda table: table["estimate"].where(released.rows["estimate"].notna(), 0.9),
        base=lambda table: table["base"] * 3,
        count=lambda table: table["count"] + 1,
    )
    other = Released(released.rows, changed, released.report, released.audit, released.guarded)
    known = public(COUNTS)
    first, second = (model_rows(one, WANTED, known, RULES) for one in (released, other))
    pd.testing.assert_frame_equal(first.rows, second.rows)
    assert first.diagnostics == second.diagnostics


def test_what_says_the_same_as_something_sensitive_is_guarded() -> None:
    released = passed(COUNTS, "S", columns=("S", "O"))
    assert released.guarded == {("inhabitants", "S", ""), ("inhabitants", "O", "")}
    assert not passed(COUNTS, columns=("S", "O")).guarded


# --- models that cannot be believed -------------------------------------------------------


def test_a_model_that_sees_no_difference_is_in_brackets() -> None:
    released = passed(dict.fromkeys(COUNTS, 100))
    rows = model_rows(released, WANTED, None, RULES).rows
    assert set(rows["release"]) == {"low_precision"}


def test_too_few_areas_for_a_model_are_said_so() -> None:
    counts = {"A01": 200, "A02": 90}
    found = model_rows(passed(counts), WANTED, public(counts), RULES)
    assert found.rows.empty
    assert found.diagnostics[0]["fitted"] is False
    assert "too few areas" in found.diagnostics[0]["reason"]


def test_only_shares_of_the_plan_are_modelled() -> None:
    assert model_rows(passed(COUNTS), {("inhabitants", "T")}, None, RULES).rows.empty

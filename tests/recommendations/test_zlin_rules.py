"""Each rule that ships fires and does not fire at its border."""

from __future__ import annotations

from typing import Any

import pytest

from analysis.recommendations import Proposal, Rules, missing_sources, propose, read_rules
from analysis.study import Study
from tests.recommendations.made_up import counted, difference, frame, rank, row

WHOLE = "CZ072"
HERE = "7212"


@pytest.fixture(scope="module")
def rules(zlin: Study) -> Rules:
    return read_rules(zlin)


def found(rules: Rules, *rows: dict[str, Any], area: str = HERE) -> list[Proposal]:
    return propose(rules, frame(*rows), area, WHOLE)


def ids(rules: Rules, *rows: dict[str, Any], area: str = HERE) -> list[str]:
    return [proposal.advice.id for proposal in found(rules, *rows, area=area)]


def test_the_rules_that_ship(rules: Rules) -> None:
    expected = ["R1", "R2", "R3", "R3.1", "R4", "R4.1", "R5", "R6", "R7", "R8", "R9"]
    assert [rule.id for rule in rules.rules] == expected
    assert rules.reliability.advice is not None and rules.reliability.advice.id == "R10"


# --- R1: a difference from the rest after Holm ----------------------------------------------------


def aware(estimate: float, width: float, **changed: Any) -> dict[str, Any]:
    return difference(estimate, width, indicator="AW03", category="s40", **changed)


def test_r1_needs_the_interval_at_holms_level_below_zero(rules: Rules) -> None:
    others = [aware(0.0, 0.05, area=f"72{place:02}", p_value=0.9, p_adjusted=1.0)
              for place in range(1, 12)]  # fmt: skip
    # Alone the interval of 95 % reaches −0.01; at 0.05 / 12 it is 1.47 times as wide.
    assert ids(rules, aware(-0.06, 0.05, p_value=0.0186, p_adjusted=0.223), *others) == []
    assert ids(rules, aware(-0.06, 0.05, p_value=0.004, p_adjusted=0.048), *others) == []
    assert ids(rules, aware(-0.10, 0.05, p_value=0.001, p_adjusted=0.012), *others) == ["R1"]


@pytest.mark.parametrize(
    "changed",
    [
        {"p_adjusted": 0.05},
        {"p_adjusted": float("nan")},
        {"p_value": float("nan")},
        {"estimate": 0.1, "ci_low": 0.05, "ci_high": 0.15},
        {"n": 29.0},
        {"release": "low_precision"},
        {"release": "suppressed_primary", "estimate": float("nan")},
        {"breakdown": "sex", "group": "1"},
        {"sample": "users"},
        {"area": "7201"},
    ],
)
def test_r1_is_silent_on_anything_less(rules: Rules, changed: dict[str, Any]) -> None:
    assert "R1" in ids(rules, aware(-0.1, 0.05))
    assert "R1" not in ids(rules, {**aware(-0.1, 0.05), **changed})


def test_r1_is_silent_where_the_compared_value_has_a_large_design_effect(rules: Rules) -> None:
    value = {"indicator": "AW03", "category": "s40"}
    assert ids(rules, aware(-0.1, 0.05), row(**value, deff=2.5)) == ["R1"]
    assert "R1" not in ids(rules, aware(-0.1, 0.05), row(**value, deff=2.6))


def test_r1_is_urgent_where_the_whole_interval_is_far_from_zero(rules: Rules) -> None:
    assert [one.priority for one in found(rules, aware(-0.1, 0.05))] == ["medium"]
    assert [one.priority for one in found(rules, aware(-0.15, 0.05))] == ["high"]


# --- R2, R3 -----------------------------------------------------------------------------------------


def test_r2_asks_for_the_lower_limit(rules: Rules) -> None:
    assert ids(rules, row(estimate=0.4, ci_low=0.30)) == []
    assert ids(rules, row(estimate=0.4, ci_low=0.301)) == ["R2"]
    assert ids(rules, row(estimate=0.4, ci_low=0.301, area=WHOLE), area=WHOLE) == ["R2"]


def gap(estimate: float, low: float, **changed: Any) -> dict[str, Any]:
    values = {"indicator": "IC03", "category": "doctor", "statistic": "difference",
              "estimate": estimate, "ci_low": low, "ci_high": 2 * estimate - low}  # fmt: skip
    return row(**{**values, **changed})


def test_r3_asks_for_ten_points_and_an_interval_without_zero(rules: Rules) -> None:
    assert ids(rules, gap(0.099, 0.05)) == []
    assert ids(rules, gap(0.10, 0.0)) == []
    assert ids(rules, gap(0.10, 0.05, category="none")) == []
    assert ids(rules, gap(0.10, 0.001)) == ["R3"]


def test_r3_1_speaks_of_each_kind_of_user_in_the_region(rules: Rules) -> None:
    users = [gap(0.2, 0.1, breakdown="user_status", group=group, area=WHOLE) for group in "123"]
    proposals = found(rules, *users, area=WHOLE)
    assert [one.advice.id for one in proposals] == ["R3.1", "R3.1"]
    assert sorted(one.group for one in proposals) == ["1", "2"]
    assert ids(rules, gap(0.2, 0.1, breakdown="user_status", group="1")) == []


# --- R4, R5: a set of ranks and the capacity ----------------------------------------------------------


def need(low: float, high: float, **changed: Any) -> dict[str, Any]:
    return rank(low, low, high, indicator="UN05Z", **{"category": "illness", **changed})


def capacity(value: float, category: str = "s40", **changed: Any) -> dict[str, Any]:
    return counted("NW02", value, category=category, **changed)


def test_r4_asks_for_the_whole_set_of_ranks_within_three(rules: Rules) -> None:
    assert ids(rules, need(1, 3), capacity(79.9)) == ["R4"]
    assert ids(rules, need(1, 4), capacity(79.9)) == []
    assert ids(rules, need(1, 13), capacity(79.9)) == []
    assert ids(rules, need(1, 3), capacity(80)) == []
    assert ids(rules, need(1, 3)) == []
    assert ids(rules, need(1, 3), capacity(10, area="7201")) == []
    assert ids(rules, need(1, 3), capacity(10, category="s70")) == []
    # The point estimate among the first three is not enough, nor is a value in place of a rank.
    assert ids(rules, row(indicator="UN05Z", category="illness"), capacity(10)) == []


def test_r4_1_names_the_areas_to_the_region(rules: Rules) -> None:
    low, enough = capacity(79.9), capacity(90, area="7201")
    (proposal,) = found(rules, need(1, 3), need(1, 2, area="7201"), low, enough, area=WHOLE)
    assert proposal.advice.id == "R4.1"
    assert [value.area for value in proposal.values] == [HERE]


def test_r4_keeps_the_rows_of_both(rules: Rules) -> None:
    (proposal,) = found(rules, need(1, 2), capacity(70), capacity(75, category="s39"))
    assert [value.indicator for value in proposal.values] == ["UN05Z"]
    assert [value.category for value in proposal.beside] == ["s39", "s40"]
    assert len(proposal.row_ids) == 3
    assert proposal.n == 400
    assert proposal.priority == "high"


def test_r5_asks_that_no_capacity_is_lacking(rules: Rules) -> None:
    both = [capacity(100), capacity(130, category="s39")]
    assert ids(rules, need(1, 3), *both) == ["R5"]
    assert ids(rules, need(1, 3), both[0]) == []
    assert ids(rules, need(1, 3), both[0], capacity(99.9, category="s39")) == []
    assert ids(rules, need(2, 4), *both) == []


# --- R6 to R9 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "category", "border"), [("R6", "1", 0.25), ("R7", "6", 0.20)])
def test_barriers_count_by_their_lower_limit(
    rules: Rules, rule: str, category: str, border: float
) -> None:
    def barrier(low: float, **changed: Any) -> dict[str, Any]:
        return row(indicator="BR01", estimate=0.5, ci_low=low, **{"category": category, **changed})

    assert ids(rules, barrier(border)) == [rule]
    assert ids(rules, barrier(border - 0.001)) == []
    assert ids(rules, barrier(border, category="5")) == []
    assert ids(rules, barrier(border, area=WHOLE), area=WHOLE) == [rule]


def test_r7_knows_people_beyond_the_time_limit_too(rules: Rules) -> None:
    assert ids(rules, counted("AC02", 0.849)) == ["R7"]
    assert ids(rules, counted("AC02", 0.85)) == []


def test_r8_waits_for_the_register_and_says_so(rules: Rules) -> None:
    assert ids(rules, counted("NW06", 0.5, category="s49")) == ["R8"]
    assert ids(rules, counted("NW06", 0.499, category="s49")) == []
    survey = frame(row(), row(indicator="BR01", category="1"), need(1, 3))
    assert missing_sources(rules, survey)["R8"] == ("NW06",)
    assert missing_sources(rules, survey)["R4"] == ("NW02",)
    assert "R6" not in missing_sources(rules, survey)
    assert "R8" not in missing_sources(rules, frame(counted("NW06", 0.1)))


def test_r9_asks_for_less_satisfaction_than_elsewhere_or_a_fifth_dissatisfied(
    rules: Rules,
) -> None:
    less = difference(-0.2, 0.1, sample="users", indicator="ST01A")
    assert ids(rules, less) == ["R9"]
    assert ids(rules, {**less, "ci_high": 0.01}) == []
    # A low share alone is no less than elsewhere.
    assert ids(rules, row(sample="users", indicator="ST01A", estimate=0.2, ci_high=0.3)) == []
    aspect = {"sample": "users", "indicator": "ST04", "category": "price", "estimate": 0.3}
    assert ids(rules, row(**aspect, ci_low=0.20)) == ["R9"]
    assert ids(rules, row(**aspect, ci_low=0.199)) == []


# --- R10 ----------------------------------------------------------------------------------------------


def test_r10_speaks_where_no_row_of_a_rule_is_reliable(rules: Rules) -> None:
    few = row(indicator="BR01", category="1", n=29.0, release="suppressed_precision",
              estimate=float("nan"), ci_low=float("nan"), ci_high=float("nan"))  # fmt: skip
    (proposal,) = found(rules, few)
    assert (proposal.advice.id, proposal.topic, proposal.n) == ("R10", "planning", 29.0)
    assert ids(rules, {**few, "n": 30.0}) == []
    assert ids(rules, row(ci_low=0.31, deff=2.6)) == ["R10"]
    assert ids(rules, row(ci_low=0.31, deff=2.5)) == ["R2"]


def test_r10_says_nothing_of_what_is_hidden_for_disclosure(rules: Rules) -> None:
    hidden = row(n=float("nan"), estimate=float("nan"), release="suppressed_primary")
    assert ids(rules, hidden) == []


def test_one_reliable_row_is_enough_not_to_ask_again(rules: Rules) -> None:
    few = aware(-0.1, 0.05, n=20.0)
    enough = difference(0.0, 0.05, indicator="AW03", category="s41", p_adjusted=1.0)
    assert ids(rules, few) == ["R10"]
    assert ids(rules, few, enough) == []


# --- ids and evidence ---------------------------------------------------------------------------------


def test_an_id_stays_while_the_items_do_and_evidence_follows_the_numbers(rules: Rules) -> None:
    (before,) = found(rules, aware(-0.1, 0.05))
    (after,) = found(rules, aware(-0.12, 0.05))
    (again,) = found(rules, aware(-0.1, 0.05))
    assert before.id == after.id == again.id
    assert before.evidence == again.evidence != after.evidence
    more = {**aware(-0.1, 0.05), "category": "s41", "row_id": "other"}
    (both,) = found(rules, aware(-0.1, 0.05), more)
    assert both.id != before.id
    assert both.id.startswith("R1-7212-")


def test_the_most_urgent_comes_first(rules: Rules) -> None:
    proposals = found(rules, row(ci_low=0.31), aware(-0.2, 0.05), gap(0.2, 0.1))
    assert [(one.advice.id, one.priority) for one in proposals] == [
        ("R1", "high"),
        ("R2", "medium"),
        ("R3", "medium"),
    ]
    assert proposals[0].addressees[0]["cs"] == "obec s rozšířenou působností"

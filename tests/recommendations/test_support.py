"""A rule never speaks of a difference that is not supported, whatever its author wrote."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from analysis.estimation.multiplicity import holm
from analysis.recommendations import Rules, propose
from analysis.recommendations.rules import Condition, Rule
from analysis.recommendations.support import holds, is_supported, seen_by_rules
from tests.recommendations.made_up import counted, difference, frame, rank, row

WORDS: dict[str, Any] = {
    "title": {"en": "T"}, "condition": {"en": "C"}, "text": {"en": "X"},
    "sample": "inhabitants", "indicator": "K1",
}  # fmt: skip
#: As permissive as a rule can be written: any difference below zero, any value at all.
CARELESS = Rules(
    rules=(
        Rule(id="less", comparison="rest", conditions=(Condition(column="estimate", below=0),),
             **WORDS),
        Rule(id="more", comparison="rest", conditions=(Condition(column="n", above=0),), **WORDS),
        Rule(id="gap", conditions=(Condition(column="ci_high", below=1.0),), **WORDS),
        Rule(id="rank", comparison="rank", conditions=(Condition(column="ci_high", at_most=3),),
             **WORDS),
    )
)  # fmt: skip


def compared(effects: list[float], errors: list[float], df: float) -> pd.DataFrame:
    """Areas less the rest as the engine and the gate would write them: rounded."""
    estimate, error = np.array(effects), np.array(errors)
    p = 2 * stats.t.sf(np.abs(estimate / error), df)
    half = stats.t.ppf(0.975, df) * error
    adjusted = holm(p)
    return frame(
        *(
            difference(
                round(estimate[i], 3), 0.0, indicator="K1", area=f"d{i}", df=df,
                ci_low=round(estimate[i] - half[i], 3), ci_high=round(estimate[i] + half[i], 3),
                p_value=round(p[i], 3), p_adjusted=round(adjusted[i], 3),
            )
            for i in range(len(effects))
        )
    )  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    effects=st.lists(st.floats(-0.3, 0.3), min_size=1, max_size=13),
    error=st.floats(0.005, 0.2),
    df=st.sampled_from([8.0, 30.0, 400.0]),
)
def test_what_fires_on_a_difference_is_significant_after_holm(
    effects: list[float], error: float, df: float
) -> None:
    errors = [error * (1 + place / 10) for place in range(len(effects))]
    rows = compared(effects, errors, df)
    p = 2 * stats.t.sf(np.abs(np.array(effects) / errors), df)
    adjusted, order = holm(p), np.argsort(np.argsort(p, kind="stable"))
    for place in range(len(effects)):
        fired = {one.advice.id for one in propose(CARELESS, rows, f"d{place}", "whole")}
        if not fired:
            continue
        assert adjusted[place] < 0.05
        # Its interval at the level of its own step lies on one side of zero.
        level = 0.05 / (len(effects) - order[place])
        half = stats.t.ppf(1 - level / 2, df) * errors[place]
        assert abs(effects[place]) > half - 0.001
        assert ("less" in fired) == (effects[place] < 0)


_NUMBERS = st.one_of(st.just(float("nan")), st.floats(-1, 1))


@settings(max_examples=100, deadline=None)
@given(
    values=st.tuples(_NUMBERS, _NUMBERS, _NUMBERS),
    p=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    comparison=st.sampled_from(["", "rest", "rank", "earlier"]),
    statistic=st.sampled_from(["share", "difference", "adjusted_difference", "rank", "mean"]),
    release=st.sampled_from(["ok", "low_precision", "suppressed_primary", "true_zero", "missing"]),
    n=st.sampled_from([29.0, 30.0, 400.0, float("nan")]),
)
def test_rows_of_any_kind_fire_only_where_supported(
    values: tuple[float, float, float],
    p: tuple[float, float],
    comparison: str,
    statistic: str,
    release: str,
    n: float,
) -> None:
    estimate, low, high = values
    made = row(
        indicator="K1", comparison=comparison, statistic=statistic, release=release, n=n,
        estimate=estimate, ci_low=low, ci_high=high, p_value=p[0], p_adjusted=p[1],
    )  # fmt: skip
    for proposal in propose(CARELESS, frame(made), "7212", "whole"):
        assert release in ("ok", "true_zero") and n >= 30
        if comparison == "rest":
            assert p[1] < 0.05
            assert (low > 0 and estimate > 0) or (high < 0 and estimate < 0)
        if comparison == "" and "difference" in statistic:
            assert low > 0 or high < 0
        if proposal.advice.id == "rank":
            assert 1 <= low <= estimate <= high <= 3


def test_the_interval_at_holms_level_by_hand() -> None:
    rows = frame(
        *(
            difference(-0.10, 0.05, indicator="K1", area=f"d{i}", df=1e6, p_value=0.010,
                       p_adjusted=0.040)
            for i in range(10)
        )
    )  # fmt: skip
    seen = seen_by_rules(rows)
    # Rounded to three decimals, the p-values allow a divisor up to 0.0405 / 0.0095.
    wider = stats.norm.ppf(1 - 0.025 / (0.0405 / 0.0095)) / stats.norm.ppf(0.975)
    assert seen["high"].to_numpy() == pytest.approx(-0.10 + 0.05 * wider, abs=1e-6)
    assert seen["low"].to_numpy() == pytest.approx(-0.10 - 0.05 * wider, abs=1e-6)
    assert seen["ci_high"].to_numpy() == pytest.approx(-0.05)


def test_a_p_value_of_zero_divides_by_the_number_of_areas() -> None:
    rows = frame(*(difference(-0.2, 0.05, indicator="K1", area=f"d{i}", df=1e6, p_value=0.0,
                              p_adjusted=0.0) for i in range(4)))  # fmt: skip
    wider = stats.norm.ppf(1 - 0.025 / 4) / stats.norm.ppf(0.975)
    assert seen_by_rules(rows)["high"].iloc[0] == pytest.approx(-0.2 + 0.05 * wider, abs=1e-6)


def test_a_place_is_known_by_its_whole_set() -> None:
    known = frame(rank(2, 1, 3), rank(2, float("nan"), 3), rank(1, 2, 3), rank(0, 0, 3))
    assert list(is_supported(seen_by_rules(known))) == [True, False, False, False]


# --- columns of conditions ------------------------------------------------------------------------


def holding(condition: Condition, rows: pd.DataFrame) -> list[bool]:
    seen = seen_by_rules(rows)
    return list(holds(condition, seen[seen["area"] != "whole"], seen, "whole"))


def test_bounds_by_hand() -> None:
    rows = frame(*(row(estimate=value) for value in (0.09, 0.10, 0.11, float("nan"))))
    assert holding(Condition(column="estimate", at_least=0.10), rows) == [False, True, True, False]
    assert holding(Condition(column="estimate", above=0.10), rows) == [False, False, True, False]
    assert holding(Condition(column="estimate", at_most=0.10), rows) == [True, True, False, False]
    both = Condition(column="estimate", below=0.10, above=0)
    assert holding(both, rows) == [True, False, False, False]


def test_the_limit_is_the_one_that_counts_against_the_condition() -> None:
    rows = frame(row(ci_low=0.2, ci_high=0.4), counted("NW02", 0.3))
    assert holding(Condition(column="limit", at_least=0.25), rows) == [False, True]
    assert holding(Condition(column="limit", below=0.35), rows) == [False, True]


def test_the_whole_as_a_bound_is_its_nearest_limit() -> None:
    whole = row(area="whole", ci_low=0.5, ci_high=0.6)
    below, touching = row(area="a", ci_high=0.49), row(area="b", ci_high=0.5)
    condition = Condition(column="limit", below="whole")
    assert holding(condition, frame(below, touching, whole)) == [True, False]
    # Where the difference from the rest is there, it has to be supported as well.
    rest = difference(-0.1, 0.2, area="a", p_adjusted=0.5)
    assert holding(condition, frame(below, whole, rest))[0] is False
    clear = difference(-0.1, 0.01, area="a")
    assert holding(condition, frame(below, whole, clear))[0] is True


def test_a_share_within_a_set_takes_the_limits_that_count_against_it() -> None:
    rows = frame(
        row(category="a", estimate=0.6, ci_low=0.5, ci_high=0.7),
        row(category="b", estimate=0.3, ci_low=0.2, ci_high=0.5),
    )
    # 0.5 / (0.5 + 0.5) of the first, 0.2 / (0.2 + 0.7) of the second.
    assert holding(Condition(column="share_limit", at_least=0.5), rows) == [True, False]
    assert holding(Condition(column="share_limit", above=0.22), rows) == [True, True]
    hidden = frame(*rows.to_dict("records"), row(category="c", estimate=float("nan")))
    assert holding(Condition(column="share_limit", above=0.0), hidden) == [False, False, False]

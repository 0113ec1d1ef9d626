"""When an estimate is shown, bracketed or left out: the rule sets, line by line."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.release.precision import precision_of
from analysis.release.rules import rule_set


def table(**values: object) -> pd.DataFrame:
    """One estimate of a share, with what is not said put in."""
    row = {
        "indicator": "S", "category": "", "level": "area", "area": "A", "breakdown": "", "group": "",
        "study": "s", "wave": "w", "sample": "p", "statistic": "share", "comparison": "",
        "estimate": 0.4, "standard_error": 0.02, "ci_low": 0.36, "ci_high": 0.44, "n": 400,
        "n_effective": 380, "count": 160, "df": 399,
    }  # fmt: skip
    return pd.DataFrame([row | values])


def state(rules: str, **values: object) -> str:
    return str(precision_of(table(**values), rule_set(rules).precision).iloc[0])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "reliable"),
        ({"n": 29}, "insufficient"),
        ({"n": 30}, "low"),
        ({"n": 49}, "low"),
        ({"n": 50}, "reliable"),
        # A coefficient of variation over a quarter, of the share or of its complement.
        ({"standard_error": 0.101}, "low"),
        ({"standard_error": 0.099}, "reliable"),
        ({"estimate": 0.96, "standard_error": 0.011}, "low"),
        # Nobody among 400: no coefficient of variation, and nothing unreliable.
        ({"estimate": 0.0, "standard_error": 0.0, "ci_low": 0, "ci_high": 0.01}, "reliable"),
        ({"estimate": np.nan, "standard_error": np.nan, "n": 0}, "insufficient"),
    ],
)
def test_the_default_rules(values: dict[str, object], expected: str) -> None:
    assert state("default", **values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "reliable"),
        ({"n": 29}, "insufficient"),
        ({"n_effective": 29}, "insufficient"),
        # An interval of 30 points or more is never shown, one of 5 or less always.
        ({"ci_low": 0.25, "ci_high": 0.551}, "insufficient"),
        ({"estimate": 0.02, "ci_low": 0.002, "ci_high": 0.051}, "reliable"),
        # Between them: not more than 130 % of the share.
        ({"estimate": 0.06, "ci_low": 0.03, "ci_high": 0.107}, "reliable"),
        ({"estimate": 0.06, "ci_low": 0.03, "ci_high": 0.109}, "insufficient"),
        # Only the complement is unreliable: shown, and marked.
        ({"estimate": 0.94, "ci_low": 0.88, "ci_high": 0.97}, "low"),
        # Fewer than 8 degrees of freedom are for a statistician to look at.
        ({"df": 7}, "low"),
        ({"df": 8}, "reliable"),
    ],
)
def test_the_rules_of_nchs(values: dict[str, object], expected: str) -> None:
    """Parker et al. (2017), table 1."""
    assert state("nchs", **values) == expected


def test_a_comparison_needs_both_sides() -> None:
    area = table(n=60)
    region = table(level="region", area="R", n=105)
    compared = table(comparison="rest", estimate=0.1, n=60, count=np.nan)
    rows = pd.concat([area, region, compared], ignore_index=True)
    found = precision_of(rows, rule_set("default").precision)
    # The rest of the region has 45 respondents, fewer than the 50 of a comparison.
    assert found.tolist() == ["reliable", "reliable", "insufficient"]
    enough = pd.concat([area, region.assign(n=110), compared], ignore_index=True)
    assert precision_of(enough, rule_set("default").precision).iloc[2] == "reliable"


def test_an_indicator_has_its_own_minimum() -> None:
    rules = rule_set("default").precision
    found = precision_of(table(n=80), rules, minimum_n={"S": 100.0})
    assert found.iloc[0] == "insufficient"


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.01, 0.99), st.floats(0.001, 0.2), st.integers(10, 900),
    st.sampled_from(["default", "nchs", "nhs"]),
)  # fmt: skip
def test_less_precise_is_never_better(p: float, error: float, n: int, rules: str) -> None:
    order = {"reliable": 2, "low": 1, "insufficient": 0}

    def graded(scale: float, size: int) -> int:
        low, high = max(p - 2 * scale * error, 0), min(p + 2 * scale * error, 1)
        values = {"estimate": p, "standard_error": scale * error, "ci_low": low, "ci_high": high}
        return order[state(rules, n=size, n_effective=size, **values)]

    assert graded(1.5, n) <= graded(1.0, n)
    assert graded(1.0, n // 2) <= graded(1.0, n)

"""Sample sizes by hand, by trying all, and by what must hold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.estimation.planning import (
    allocate,
    detectable_difference,
    half_width,
    plan,
    sample_size,
)


def test_sizes_that_everybody_knows() -> None:
    """1.96² / 4 / 0.05² = 384.1; of 1,000 people 278; at 60 % response 463 addresses."""
    assert sample_size(0.05) == 385
    assert sample_size(0.05, 1000) == 278
    assert sample_size(0.05, 1000, response_rate=0.6) == 464
    assert sample_size(0.05, deff=2) == 769
    assert sample_size(0.03, share=0.1) == 385
    assert sample_size(0.001, 500) == 500


def test_widths_by_hand() -> None:
    assert half_width(400) == pytest.approx(1.959964 * 0.5 / 20, rel=1e-6)
    assert half_width(500, 500) == 0
    assert np.isnan(half_width(0))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(50, 90_000), min_size=2, max_size=15),
    st.sampled_from(["equal", "proportional", "square-root", "kish", 0.3]),
    st.floats(0.01, 0.99),
    st.integers(0, 20),
)
def test_interviews_are_shared_out(sizes: list[int], how: str, part: float, least: int) -> None:
    n = max(int(part * sum(sizes)), least * len(sizes))
    found = allocate(n, sizes, how, least)
    assert found.sum() == n
    assert (found <= np.array(sizes)).all() and (found >= min(least, min(sizes))).all()
    larger = np.argsort(sizes, kind="stable")
    assert (np.diff(found[larger]) >= -1).all()


def test_equal_and_proportional_are_what_they_say() -> None:
    assert allocate(90, [1000, 2000, 3000], "equal").tolist() == [30, 30, 30]
    assert allocate(60, [1000, 2000, 3000], "proportional").tolist() == [10, 20, 30]
    assert allocate(30, [100, 400, 900], "square-root").tolist() == [5, 10, 15]


def test_the_fewest_interviews_are_the_fewest() -> None:
    areas = pd.DataFrame({"area": ["a", "b", "c"], "population": [300, 900, 2500]})
    found = plan(areas, area_half_width=0.1, region_half_width=0.06, how="square-root")
    n = int(found["interviews"].iloc[-1])
    assert found["half_width"][:3].max() <= 0.1 and found["half_width"].iloc[-1] <= 0.06
    less = plan(areas, n=n - 1, how="square-root")
    assert less["half_width"][:3].max() > 0.1 or less["half_width"].iloc[-1] > 0.06
    assert found["interviews"][:3].sum() == n and (found["area"] == ["a", "b", "c", ""]).all()


def test_equal_areas_cost_the_region_precision() -> None:
    areas = pd.DataFrame({"area": ["a", "b"], "population": [1000, 9000]})
    equal, proportional = (plan(areas, n=500, how=how) for how in ("equal", "proportional"))
    assert equal["half_width"].iloc[-1] > proportional["half_width"].iloc[-1]
    # Kish: 2 (0.1² + 0.9²) with equal sizes.
    assert equal["deff"].iloc[-1] == pytest.approx(1.64)
    assert proportional["deff"].iloc[-1] == pytest.approx(1.0)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 0.2), st.floats(0.01, 0.2), st.integers(100, 10**6))
def test_more_precision_needs_more_interviews(one: float, two: float, population: int) -> None:
    narrow, wide = min(one, two), max(one, two)
    n = sample_size(narrow, population)
    assert n >= sample_size(wide, population)
    assert half_width(n, population) <= narrow + 1e-9


def test_what_change_can_be_seen() -> None:
    """(1.96 + 0.84) √(2 · 0.25 / 400)."""
    assert detectable_difference(400, 400) == pytest.approx(0.09906, abs=1e-4)
    assert detectable_difference(400, 400, overlap_correlation=0.5) < 0.08


def test_what_is_refused() -> None:
    areas = pd.DataFrame({"area": ["a"], "population": [10]})
    with pytest.raises(WorkbenchError, match="cannot be shared out"):
        allocate(11, [10])
    with pytest.raises(WorkbenchError, match="how precise"):
        plan(areas)
    with pytest.raises(WorkbenchError, match="no allocation"):
        allocate(5, [10], "best")
    with pytest.raises(WorkbenchError, match="cannot be planned"):
        sample_size(5)
    with pytest.raises(WorkbenchError, match="lacks a column"):
        plan(areas[["area"]], n=3)

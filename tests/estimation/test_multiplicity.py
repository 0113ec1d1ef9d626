"""Adjusted p-values by hand; the numbers are those of R's p.adjust."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimation import adjusted_within, benjamini_hochberg, holm

P = np.array([0.01, 0.04, 0.03, 0.005])


def test_holm() -> None:
    """Sorted 0.005·4, 0.01·3, 0.03·2, 0.04·1, then never falling."""
    np.testing.assert_allclose(holm(P), [0.03, 0.06, 0.06, 0.02])


def test_benjamini_hochberg() -> None:
    """Sorted 0.005·4, 0.01·2, 0.03·4/3, 0.04·1, then never rising from the end."""
    np.testing.assert_allclose(benjamini_hochberg(P), [0.02, 0.04, 0.04, 0.02])


def test_unknown_values_do_not_count() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, np.nan, 0.2])), [0.02, np.nan, 0.2])
    assert len(holm(np.zeros(0))) == 0


def test_families_are_adjusted_each_by_itself() -> None:
    families = pd.DataFrame({"a": ["x", "y", "x", "y"], "b": [1, 1, 1, 2]})
    found = adjusted_within(P, families)
    np.testing.assert_allclose(found, [0.02, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(
        adjusted_within(P, families, "benjamini-hochberg"), [0.02, 0.04, 0.03, 0.005]
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_never_smaller_never_above_one_and_in_the_same_order(values: list[float]) -> None:
    p = np.array(values)
    for adjusted in (holm(p), benjamini_hochberg(p)):
        assert (adjusted >= p - 1e-15).all() and (adjusted <= 1).all()
        order = np.argsort(p, kind="stable")
        assert (np.diff(adjusted[order]) >= -1e-15).all()
    assert (holm(p) >= benjamini_hochberg(p) - 1e-12).all()

"""Post-stratification by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import WorkbenchError
from analysis.weighting import MarginTarget, post_stratify

CODES = np.array([0, 0, 1, 1, 1])


def test_weights_keep_their_proportions_within_a_level() -> None:
    target = MarginTarget("sex", ("m", "f"), CODES, np.array([[30.0, 70.0]]))
    found = post_stratify(np.array([1.0, 2, 1, 1, 5]), target)
    np.testing.assert_allclose(found.weights, [10, 20, 10, 10, 50])
    assert found.worst == 0


def test_areas() -> None:
    area = np.array([0, 1, 0, 1, 1])
    totals = np.array([[3.0, 4.0], [5.0, 6.0]])
    found = post_stratify(np.ones(5), MarginTarget("sex", ("m", "f"), CODES, totals), area, "ab")
    np.testing.assert_allclose(found.weights, [3, 5, 4, 3, 3])


def test_a_level_without_respondents_is_refused() -> None:
    target = MarginTarget("sex", ("m", "f", "x"), CODES, np.array([[30.0, 70.0, 1.0]]))
    with pytest.raises(WorkbenchError, match="margin sex, level x: no respondent"):
        post_stratify(np.ones(5), target)

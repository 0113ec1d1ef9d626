"""Do two or more groups differ in a number? The t test and tests by ranks.

Source of the rank tests: T. Lumley, A. J. Scott, Biometrika 100 (2013), 831–842. R:
``svyttest``, ``svyranktest``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import WorkbenchError
from analysis.estimation.estimator import Estimator
from analysis.estimation.independence import Tested
from analysis.estimation.regression import LinearRegression, design_matrix

Floats = NDArray[np.float64]
RankTest = Literal["wilcoxon", "kruskal-wallis", "van-der-waerden", "median"]

RANK_TESTS: Final = get_args(RankTest)

#: What is made of a rank as a part of the population.
_SCORES: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "wilcoxon": lambda part: part,
    "kruskal-wallis": lambda part: part,
    "van-der-waerden": stats.norm.ppf,
    "median": lambda part: (part > 0.5).astype(float),
}


def t_test(estimator: Estimator, outcome: Any, group: Any) -> tuple[Tested, float]:
    """Test that two groups have the same mean, and the difference, second less first.

    Raises
    ------
    WorkbenchError
        If there are not two groups.
    """
    matrix = _groups(group)
    if matrix.shape[1] != 2:
        raise WorkbenchError("a t test compares two groups", got=f"{matrix.shape[1]} groups")
    fitted = _regression(estimator).fitted(outcome, matrix)
    value, error = fitted.coefficients[1], np.sqrt(fitted.covariance[1, 1])
    df = fitted.df
    p_value = 2 * float(stats.t.sf(abs(value / error), df))
    return Tested("t", float(value / error), df, np.nan, p_value), float(value)


def rank_test(
    estimator: Estimator, outcome: Any, group: Any, test: RankTest = "wilcoxon"
) -> Tested:
    """Test that groups have the same distribution, by estimated ranks in the population.

    Parameters
    ----------
    estimator
        The weights and the selection.
    outcome
        One number per respondent.
    group
        Each respondent's group, two or more.
    test
        ``wilcoxon`` (``kruskal-wallis`` for several groups is the same), ``van-der-waerden``
        (normal scores) or ``median``.
    """
    y, matrix = np.asarray(outcome, dtype=float), _groups(group)
    known = ~np.isnan(y) & ~matrix.isna().any(axis=1).to_numpy() & (estimator.weights != 0)
    scores = np.full(len(y), np.nan)
    scores[known] = _SCORES[test](_ranks(y[known], estimator.weights[known]))
    fitted = _regression(estimator).fitted(scores, matrix)
    own = fitted.coefficients[1:]
    statistic = float(own @ np.linalg.solve(fitted.covariance[1:, 1:], own))
    k = len(own)
    # The scores rest on all units, so no degree of freedom is lost but those tested.
    df = fitted.df
    return Tested(test, statistic, k, df, float(stats.f.sf(statistic / k, k, df)))


def _ranks(values: Floats, weights: Floats) -> Floats:
    """Mid-ranks in the population as a part of its size; equal values share theirs."""
    order = np.argsort(values, kind="stable")
    middle = np.cumsum(weights[order]) - weights[order] / 2
    _, tie = np.unique(values[order], return_inverse=True)
    shared = (np.bincount(tie, middle) / np.bincount(tie))[tie]
    ranks = np.empty(len(values))
    ranks[order] = shared / weights.sum()
    return ranks


def _groups(group: Any) -> pd.DataFrame:
    values = pd.Series(group).astype("category")
    return design_matrix(pd.DataFrame({"group": values}).reset_index(drop=True))


def _regression(estimator: Estimator) -> LinearRegression:
    return LinearRegression.of(estimator)

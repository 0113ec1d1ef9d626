"""Letters at the columns of a table: which column is surely higher than which.

Every column has a letter. A value bears the letters of the columns that it exceeds by more
than chance explains, after adjustment for the number of comparisons, as tables of market
research do.
"""

from __future__ import annotations

from itertools import combinations
from string import ascii_uppercase
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.estimation.comparisons import compare_domains
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator
from analysis.estimation.multiplicity import benjamini_hochberg, holm

Floats = NDArray[np.float64]
Adjustment = Literal["holm", "benjamini-hochberg", "none"]


def column_letters(
    estimator: Estimator,
    domains: Domains,
    *,
    level: float = 0.05,
    adjustment: Adjustment = "holm",
) -> pd.DataFrame:
    """Letters for each variable in each column (domain).

    Parameters
    ----------
    estimator
        The variables, weights and selection.
    domains
        The columns; they may overlap. At most 26.
    level
        Below this p-value a difference is beyond chance.
    adjustment
        Over all pairs of columns of a variable.

    Returns
    -------
    DataFrame
        Variables × columns: the letters, in order; empty where nothing is surely lower.

    Raises
    ------
    WorkbenchError
        If there are more columns than letters.
    """
    count = len(domains)
    if count > len(ascii_uppercase):
        raise WorkbenchError("there are more columns than letters", got=str(count))
    pairs = np.array(list(combinations(range(count), 2)), dtype=np.intp).reshape(-1, 2)
    found = compare_domains(estimator, domains, pairs[:, 0], pairs[:, 1])
    shape = (len(pairs), estimator.variables)
    differences = found["estimate"].to_numpy(dtype=float).reshape(shape)
    p_values = found["p_value"].to_numpy(dtype=float).reshape(shape)
    letters = [
        letters_of(differences[:, column], _adjusted(p_values[:, column], adjustment), pairs, level)
        for column in range(estimator.variables)
    ]
    return pd.DataFrame(letters, columns=list(ascii_uppercase[:count]))


def letters_of(
    differences: Floats, p_values: Floats, pairs: NDArray[np.intp], level: float = 0.05
) -> list[str]:
    """Letters of every column from the differences (first less second) of pairs of columns."""
    letters: list[set[str]] = [set() for _ in range(int(pairs.max(initial=-1)) + 1)]
    for difference, p_value, (first, second) in zip(differences, p_values, pairs, strict=True):
        if not p_value < level or difference == 0:
            continue
        high, low = (first, second) if difference > 0 else (second, first)
        letters[high].add(ascii_uppercase[low])
    return ["".join(sorted(own)) for own in letters]


def _adjusted(p_values: Floats, adjustment: Adjustment) -> Floats:
    if adjustment == "holm":
        return holm(p_values)
    return benjamini_hochberg(p_values) if adjustment == "benjamini-hochberg" else p_values

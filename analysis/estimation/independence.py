"""Are two questions related? Tests of a table from a weighted sample.

Source: J. N. K. Rao, A. J. Scott, Annals of Statistics 12 (1984), 46–60 (first and second
order corrections of Pearson's X²); R. F. Potthoff, M. A. Woodbury, K. G. Manton, JASA 87
(1992), 383–396, and G. G. Koch, D. H. Freeman, J. L. Freeman, International Statistical Review
43 (1975), 59–78 (Wald). R: ``svychisq``, ``svygofchisq``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import WorkbenchError
from analysis.estimation.chi_square_sums import upper_tail
from analysis.estimation.covariances import Pairs, Ratios
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator
from analysis.estimation.linearisation import covariances

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
TableTest = Literal["F", "chi-square", "wald", "adjusted-wald", "integration", "saddlepoint"]

TABLE_TESTS: Final = get_args(TableTest)

#: A variance below this part of the population is rounding.
_FIXED: Final = 1e-12


@dataclass(frozen=True)
class Tested:
    """A statistic, its degrees of freedom (NaN where the distribution has none) and p-value."""

    test: str
    statistic: float
    df: float
    df_denominator: float
    p_value: float


@dataclass(frozen=True)
class _Table:
    """Cells of a table as 0/1 variables, and their weighted shares with covariance."""

    rows: int
    columns: int
    n: int
    df: float
    share: Floats
    covariance: Floats

    @property
    def expected(self) -> Floats:
        cells = self.share.reshape(self.rows, self.columns)
        return np.outer(cells.sum(axis=1), cells.sum(axis=0)).ravel()

    @property
    def pearson(self) -> float:
        """Pearson's X² of the table scaled to n respondents."""
        return float(self.n * ((self.share - self.expected) ** 2 / self.expected).sum())

    @property
    def design_effects(self) -> Floats:
        """Eigenvalues of the matrix of generalised design effects."""
        contrast = _interactions(self.rows, self.columns)
        inverse = np.where(self.share > 0, 1 / np.where(self.share > 0, self.share, 1), 0)
        simple = contrast.T @ (inverse[:, None] / self.n * contrast)
        scaled = inverse[:, None] * contrast
        effects = np.linalg.solve(simple, scaled.T @ self.covariance @ scaled)
        return np.linalg.eigvals(effects).real


def independence(
    estimator: Estimator, rows: Any, columns: Any, tests: tuple[TableTest, ...] = TABLE_TESTS
) -> pd.DataFrame:
    """Tests of the hypothesis that two classifications are independent.

    Parameters
    ----------
    estimator
        The weights and the selection.
    rows, columns
        Each respondent's class; respondents without one of them are left out.
    tests
        ``F`` (Rao and Scott's second order correction, the one to use), ``chi-square`` (first
        order), ``wald``, ``adjusted-wald``, ``integration`` and ``saddlepoint`` (the exact
        distribution of X²).

    Returns
    -------
    DataFrame
        One row per test: ``test``, ``statistic``, ``df``, ``df_denominator``, ``p_value``.

    Raises
    ------
    WorkbenchError
        If a classification has fewer than two classes among those who have both.
    """
    first, second = _codes(rows), _codes(columns)
    known = (first >= 0) & (second >= 0) & (estimator.weights != 0)
    first, second = _compacted(first, known), _compacted(second, known)
    sizes = (int(first.max(initial=-1)) + 1, int(second.max(initial=-1)) + 1)
    if min(sizes) < 2:
        raise WorkbenchError(
            "a table needs two rows and two columns", got=f"{sizes[0]} × {sizes[1]}"
        )
    cell = first * sizes[1] + second
    inside = (cell[:, None] == np.arange(sizes[0] * sizes[1])) & known[:, None]
    prepared = estimator.with_values(np.where(known[:, None], inside, np.nan))
    whole = _whole(len(known))
    covariance = prepared.covariance_of_means(whole)[0]
    table = _Table(
        *sizes,
        len(known),
        _degrees_of_freedom(estimator),
        prepared.sums(whole).mean[0],
        covariance,
    )
    wald = {"wald", "adjusted-wald"} & set(tests)
    statistic = _wald(estimator, inside, sizes) if wald else np.nan
    return pd.DataFrame([vars(_tested(test, table, statistic)) for test in tests])


def goodness_of_fit(estimator: Estimator, classes: Any, shares: dict[Any, float]) -> Tested:
    """Test of the hypothesis that classes have given shares in the population.

    Parameters
    ----------
    estimator
        The weights and the selection.
    classes
        Each respondent's class.
    shares
        The share of each class, in any unit.

    Notes
    -----
    Pearson's X² of the estimated totals against the shares; its distribution is that of the
    sum with the eigenvalues of the covariance of (total − expected) / √expected,
    approximated by one chi-square (Satterthwaite). R: ``svygofchisq``.
    """
    values = pd.Series(classes)
    expected = np.array(list(shares.values()), dtype=float)
    expected = expected / expected.sum()
    inside = np.column_stack([(values == name).to_numpy() for name in shares]).astype(float)
    total = estimator.weights @ inside
    size = total.sum()
    statistic = float(((total - size * expected) ** 2 / (size * expected)).sum())
    # d/dt of (t − E) / √E with E = p Σt.
    root = np.sqrt(size * expected)
    slope = np.diag(1 / root) - 0.5 * ((total / (size * expected) + 1) / root * expected)[:, None]
    variance = slope @ _covariance_of_totals(estimator, inside) @ slope.T
    lambdas = np.linalg.eigvalsh(variance)
    if lambdas.max() <= _FIXED * size:
        # Calibration fixes the shares: they are the given ones, or they are not.
        return Tested(
            "goodness-of-fit", statistic, np.nan, np.nan, float(statistic < _FIXED * size)
        )
    mean, squares = lambdas.mean(), (lambdas**2).mean()
    df = len(lambdas) * mean**2 / squares
    p_value = float(stats.chi2.sf(statistic / (squares / mean), df))
    return Tested("goodness-of-fit", statistic, float(df), np.nan, p_value)


def _tested(test: TableTest, table: _Table, wald: float) -> Tested:
    k = (table.rows - 1) * (table.columns - 1)
    if test == "wald":
        return Tested(test, wald / k, k, table.df, float(stats.f.sf(wald / k, k, table.df)))
    if test == "adjusted-wald":
        left = table.df - k + 1
        statistic = wald * left / (k * table.df)
        return Tested(test, statistic, k, left, float(stats.f.sf(statistic, k, left)))
    effects = table.design_effects
    df = float(effects.sum() ** 2 / (effects**2).sum())
    if test == "F":
        statistic = table.pearson / effects.sum()
        p_value = float(stats.f.sf(statistic, df, df * table.df))
        return Tested(test, statistic, df, df * table.df, p_value)
    if test == "chi-square":
        p_value = float(stats.chi2.sf(table.pearson / effects.mean(), k))
        return Tested(test, table.pearson, k, np.nan, p_value)
    p_value = upper_tail(table.pearson, effects, df * table.df, test)
    return Tested(test, table.pearson, np.nan, np.nan, p_value)


def _wald(estimator: Estimator, inside: NDArray[np.bool_], sizes: tuple[int, int]) -> float:
    """Wald's statistic of cell totals less their expectation, for all cells but first ones."""
    values = inside.astype(float)
    total = (estimator.weights @ values).reshape(sizes)
    row, column, size = total.sum(axis=1), total.sum(axis=0), total.sum()
    residual = total - np.outer(row, column) / size
    place_row, place_column = np.divmod(np.arange(values.shape[1]), sizes[1])
    # d/dt of t_rc − t_r t_c / t.
    slope = np.eye(values.shape[1])
    slope -= (place_row[:, None] == place_row) * (column / size)[place_column][:, None]
    slope -= (place_column[:, None] == place_column) * (row / size)[place_row][:, None]
    slope += (np.outer(row, column) / size**2).ravel()[:, None]
    variance = slope @ _covariance_of_totals(estimator, values) @ slope.T
    used = np.flatnonzero((place_row > 0) & (place_column > 0))
    own = residual.ravel()[used]
    return float(own @ np.linalg.solve(variance[np.ix_(used, used)], own))


def _covariance_of_totals(estimator: Estimator, values: Floats) -> Floats:
    """Covariance matrix of Σ w z of some columns."""
    upper = np.triu_indices(values.shape[1])
    found = covariances(
        values,
        Ratios(*upper),
        estimator.weights,
        _whole(len(values)),
        Pairs.of_each(1),
        estimator.sampling,
        estimator.residuals,
    ).nd[0]
    matrix = np.zeros((values.shape[1],) * 2)
    matrix[upper] = found
    matrix.T[upper] = found
    return matrix


def _interactions(rows: int, columns: int) -> Floats:
    """A basis of the contrasts of a table that no row and no column effect explains."""
    own = [np.eye(size)[:, 1:] - 1 / size for size in (rows, columns)]
    return np.kron(own[0], own[1]).astype(float)


def _degrees_of_freedom(estimator: Estimator) -> float:
    units, strata = estimator.sampling.units, estimator.sampling.strata
    return float(len(np.unique(units)) - len(np.unique(strata)))


def _whole(respondents: int) -> Domains:
    return Domains.by(pd.DataFrame(index=range(respondents)), [])


def _codes(values: Any) -> Codes:
    return np.asarray(pd.factorize(pd.Series(values), sort=True)[0], dtype=np.intp)


def _compacted(codes: Codes, known: NDArray[np.bool_]) -> Codes:
    found = np.full(len(codes), -1, dtype=np.intp)
    found[known] = np.unique(codes[known], return_inverse=True)[1]
    return found

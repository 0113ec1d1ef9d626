"""Regressions of shares (logit) and of counts (log) beside the linear one, and tests of terms.

Fitted by iteratively reweighted least squares; errors come from the weighted totals of the
scores w x (y − μ), as for every other estimate. Sources: P. McCullagh, J. A. Nelder,
Generalized Linear Models, 2nd ed. (1989); D. A. Binder, International Statistical Review 51
(1983), 279–292; tests of terms: J. N. K. Rao, A. J. Scott, Annals of Statistics 12 (1984),
46–60, and T. Lumley, A. J. Scott, Australian & New Zealand Journal of Statistics 56 (2014),
1–14. R: ``svyglm`` with ``gaussian``, ``quasibinomial``, ``quasipoisson``; ``regTermTest``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import WorkbenchError
from analysis.estimation.chi_square_sums import upper_tail
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, domain_estimates
from analysis.estimation.regression import (
    INTERCEPT,
    Fitted,
    LinearRegression,
    design_matrix,
    independent_columns,
)
from analysis.weighting.generalised_linear import FAMILIES, FAMILY_OF, FamilyName, fit

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
TermTest = Literal["wald", "likelihood-ratio", "working-wald"]

TERM_TESTS: Final = get_args(TermTest)


@dataclass(frozen=True)
class Model:
    """A fitted generalised linear model.

    Parameters
    ----------
    fitted
        Coefficients with their design-based covariance.
    variables
        The variable behind each term.
    information
        Inverse of the information, weights scaled to a mean of 1; what the covariance would
        be in a simple random sample of a model with dispersion 1.
    deviance
        Σ w d, weights scaled to a mean of 1.
    dispersion, dispersion_error
        Weighted variance of Pearson residuals and its standard error.
    """

    fitted: Fitted
    variables: tuple[str, ...]
    information: Floats
    deviance: float
    dispersion: float
    dispersion_error: float
    refit: Callable[[frozenset[str]], Model]

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Coefficients on the scale of the link, one row per term."""
        return self.fitted.table(confidence)

    def test(self, variables: str | Sequence[str], method: TermTest = "wald") -> pd.Series:
        """Test that variables have no effect.

        Parameters
        ----------
        variables
            One or several predictors; all terms of a categorical one are tested together.
        method
            ``wald``, ``likelihood-ratio`` or ``working-wald``.

        Returns
        -------
        Series
            ``statistic``, ``df``, ``df_denominator``, ``p_value``.

        Raises
        ------
        WorkbenchError
            If a variable is not a predictor.
        """
        asked = frozenset([variables] if isinstance(variables, str) else variables)
        unknown = asked - set(self.variables)
        if unknown or not asked:
            raise WorkbenchError(
                "there is no such predictor",
                got=", ".join(sorted(unknown)) or "none",
                expected=", ".join(dict.fromkeys(v for v in self.variables if v != INTERCEPT)),
            )
        own = self.fitted.own
        tested = np.flatnonzero([self.variables[place] in asked for place in own])
        statistic, p_value = self._tested(tested, asked, method)
        return pd.Series(
            {
                "statistic": statistic,
                "df": float(len(tested)),
                "df_denominator": float(self.fitted.df),
                "p_value": p_value,
            }
        )

    def _tested(
        self, tested: Codes, asked: frozenset[str], method: TermTest
    ) -> tuple[float, float]:
        part = np.ix_(tested, tested)
        beta, covariance = self.fitted.coefficients[tested], self.fitted.covariance[part]
        df, k = self.fitted.df, len(tested)
        if method == "wald":
            statistic = float(beta @ np.linalg.solve(covariance, beta)) / k
            return statistic, float(stats.f.sf(statistic, k, df))
        information = self.information[part]
        if method == "working-wald":
            statistic = float(beta @ np.linalg.solve(information, beta))
        else:
            statistic = self.refit(asked).deviance - self.deviance
        effects = np.linalg.eigvals(np.linalg.solve(information, covariance)).real
        return statistic, upper_tail(statistic, effects, df, "saddlepoint")


def regress(
    estimator: Estimator,
    outcome: Any,
    predictors: pd.DataFrame,
    family: FamilyName = "gaussian",
    within: NDArray[np.bool_] | None = None,
) -> Model:
    """Fit a generalised linear model to a weighted sample.

    Parameters
    ----------
    estimator
        The weights and the selection.
    outcome
        One number per respondent: any for ``gaussian``, 0 to 1 for ``binomial`` (logit),
        0 or more for ``poisson`` (log).
    predictors
        Numbers and categories; of a category the first level is the reference.
    family
        The distribution, which only gives the weights of the fit: errors are design based.
    within
        Which respondents belong to the domain; all when not given.

    Raises
    ------
    WorkbenchError
        If an outcome does not fit the family, nobody is left, or the fit does not converge
        (a group in which all or none have the outcome).
    """
    y = np.asarray(outcome, dtype=float)
    _check_outcome(y, family)
    matrix, variables = _matrix(predictors)
    regression = LinearRegression.of(estimator)
    used = regression.used(y, matrix.to_numpy(dtype=float), within)

    def refit(without: frozenset[str]) -> Model:
        kept = [name for name in predictors if str(name) not in without]
        return regress(estimator, y, predictors[kept], family, used)

    rows = np.flatnonzero(used)
    x, weights = matrix.to_numpy(dtype=float)[rows], estimator.weights[rows]
    own = independent_columns(x, weights)
    scaled = weights / weights.mean()
    beta, mean = fit(FAMILY_OF[family], x[:, own], y[rows], scaled)
    variance = FAMILY_OF[family].variance(mean)
    information = np.linalg.inv((x[:, own] * (scaled * variance)[:, None]).T @ x[:, own])
    scores = np.zeros((len(y), len(own)))
    scores[rows] = x[:, own] * (y[rows] - mean)[:, None]
    bread = information / weights.mean()
    covariance = bread @ regression.covariance_of_scores(scores, used) @ bread
    df = regression.degrees_of_freedom(rows) + 1 - len(own)
    fitted = Fitted(tuple(matrix.columns), own, beta, covariance, df, len(rows))
    pearson = np.full(len(y), np.nan)
    pearson[rows] = (y[rows] - mean) / np.sqrt(variance)
    deviance = float(scaled @ FAMILY_OF[family].deviance(y[rows], mean))
    return Model(fitted, variables, information, deviance, *_spread(estimator, pearson), refit)


def _check_outcome(y: Floats, family: FamilyName) -> None:
    limits = {"gaussian": (-np.inf, np.inf), "binomial": (0.0, 1.0), "poisson": (0.0, np.inf)}
    if family not in limits:
        raise WorkbenchError(f"there is no family {family}", expected=", ".join(FAMILIES))
    low, high = limits[family]
    if (y < low).any() or (y > high).any():
        raise WorkbenchError(
            f"an outcome does not fit the family {family}",
            expected=f"numbers from {low:g} to {high:g}",
            got=f"{int(((y < low) | (y > high)).sum())} others",
        )


def _matrix(predictors: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The design matrix and the variable behind each column."""
    parts = {str(name): design_matrix(predictors[[name]]) for name in predictors}
    columns = {INTERCEPT: pd.Series(1.0, index=predictors.index)}
    variables = [INTERCEPT]
    for name, part in parts.items():
        own = part.drop(columns=INTERCEPT)
        columns |= {str(column): own[column] for column in own}
        variables += [name] * own.shape[1]
    return pd.DataFrame(columns), tuple(variables)


def _spread(estimator: Estimator, residuals: Floats) -> tuple[float, float]:
    """Weighted variance of residuals and its standard error. R: ``svyvar``."""
    whole = Domains.by(pd.DataFrame(index=range(len(residuals))), [])
    mean = estimator.with_values(residuals).sums(whole).mean[0, 0]
    n = np.isfinite(residuals).sum()
    squares = estimator.with_values((residuals - mean) ** 2 * n / (n - 1))
    found = domain_estimates(squares, whole)
    return float(found.sums.mean[0, 0]), float(found.standard_error[0, 0])

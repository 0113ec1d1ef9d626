"""Linear regression on survey data, for differences adjusted for who the respondents are.

Source: D. A. Binder, International Statistical Review 51 (1983), 279–292; W. A. Fuller,
Sankhyā C 37 (1975), 117–132. R: ``svyglm(y ~ x, design)`` with its default family.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.estimation.covariances import Pairs, Ratios
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, two_sided_p
from analysis.estimation.intervals import t_quantile
from analysis.estimation.linearisation import covariances
from analysis.estimation.residuals import VarianceRule, residuals
from analysis.estimation.sampling import LonelyPsu, Sampling, sampling
from analysis.weighting.calibration_model import CalibrationModel

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

INTERCEPT: Final = "(Intercept)"
REGRESSION_COLUMNS: Final = [
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "statistic",
    "p_value",
    "df",
    "n",
]
_RELATIVE_RANK: Final = 1e-10


@dataclass(frozen=True)
class Fitted:
    """A fitted regression.

    Parameters
    ----------
    terms
        Names of all predictors.
    own
        Which of them have a coefficient: those that others do not determine.
    coefficients, covariance
        Of these.
    df
        Degrees of freedom of the domain less the number of coefficients but one.
    n
        Respondents.
    """

    terms: tuple[str, ...]
    own: Codes
    coefficients: Floats
    covariance: Floats
    df: int
    n: int

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """One row per predictor: ``term`` and :data:`REGRESSION_COLUMNS`."""
        error = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return _coefficients(
            list(self.terms), self.own, self.coefficients, error, self.df, self.n, confidence
        )


class LinearRegression:
    """Weights and selection of a sample, ready for regressions in parts of it.

    Parameters
    ----------
    weights, calibration, strata, clusters, populations, lonely_psu, variance
        As in :class:`analysis.estimation.estimator.Estimator`.
    """

    def __init__(
        self,
        weights: Any,
        *,
        calibration: CalibrationModel | None = None,
        strata: Any = None,
        clusters: Sequence[Any] = (),
        populations: Sequence[Any] = (),
        lonely_psu: LonelyPsu = "fail",
        variance: VarianceRule = "calibrated",
    ) -> None:
        self.weights = np.asarray(weights, dtype=float)
        self.sampling: Sampling = sampling(
            len(self.weights), strata, clusters, populations, lonely_psu
        )
        self.residuals = (
            residuals(calibration, self.weights, variance, self.sampling.strata)
            if calibration
            else None
        )

    @classmethod
    def of(cls, estimator: Estimator) -> LinearRegression:
        """With the weights and the selection of an estimator."""
        found = cls.__new__(cls)
        found.weights, found.sampling = estimator.weights, estimator.sampling
        found.residuals = estimator.residuals
        return found

    def fit(
        self,
        outcome: Any,
        predictors: pd.DataFrame,
        within: NDArray[np.bool_] | None = None,
        confidence: float = 0.95,
    ) -> pd.DataFrame:
        """Coefficients of a linear regression, one row per predictor.

        Parameters
        ----------
        outcome
            One number per respondent.
        predictors
            One column each, the intercept among them; see :func:`design_matrix`.
        within
            Which respondents belong to the domain; all when not given. Rows with a missing
            value are left out.

        Returns
        -------
        DataFrame
            ``term`` and :data:`REGRESSION_COLUMNS`; df are those of the domain less the
            number of coefficients but one. A predictor that the others determine is NaN.

        Raises
        ------
        WorkbenchError
            If no respondent is left.
        """
        found = self.fitted(outcome, predictors, within)
        return found.table(confidence)

    def fitted(
        self, outcome: Any, predictors: pd.DataFrame, within: NDArray[np.bool_] | None = None
    ) -> Fitted:
        """The regression with its covariance matrix; see :meth:`fit`."""
        x, y = predictors.to_numpy(dtype=float), np.asarray(outcome, dtype=float)
        used = self.used(y, x, within)
        rows = np.flatnonzero(used)
        own = independent_columns(x[rows], self.weights[rows])
        beta, bread = _solve(x[np.ix_(rows, own)], y[rows], self.weights[rows])
        scores = np.zeros((len(y), len(own)))
        scores[rows] = x[np.ix_(rows, own)] * (y[rows] - x[np.ix_(rows, own)] @ beta)[:, None]
        covariance = bread @ self.covariance_of_scores(scores, used) @ bread
        df = self.degrees_of_freedom(rows) + 1 - len(own)
        return Fitted(tuple(predictors.columns), own, beta, covariance, df, len(rows))

    def used(self, y: Floats, x: Floats, within: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        """Who takes part: all values known, a weight, in the domain.

        Raises
        ------
        WorkbenchError
            If nobody does.
        """
        used = ~np.isnan(y) & ~np.isnan(x).any(axis=1) & (self.weights != 0)
        used &= True if within is None else within
        if not used.any():
            raise WorkbenchError("no respondent is left for the regression")
        return np.asarray(used)

    def covariance_of_scores(self, scores: Floats, used: NDArray[np.bool_]) -> Floats:
        """Covariance matrix of the weighted totals of scores."""
        size = scores.shape[1]
        first, second = np.tril_indices(size)
        inside = np.where(used, 0, -1).astype(np.intp)
        domains = Domains.of_partitions([(inside, pd.DataFrame(index=range(1)))])
        found = covariances(
            scores,
            Ratios(first, second),
            self.weights,
            domains,
            Pairs.of_each(1),
            self.sampling,
            self.residuals,
        )
        matrix = np.zeros((size, size))
        matrix[first, second] = matrix[second, first] = found.nd[0]
        return matrix

    def degrees_of_freedom(self, rows: Codes) -> int:
        """Primary sampling units less strata among some rows."""
        units = len(np.unique(self.sampling.units[rows]))
        return units - len(np.unique(self.sampling.strata[rows]))


def design_matrix(covariates: pd.DataFrame) -> pd.DataFrame:
    """An intercept, numbers as they are, and a 0/1 column for every level but the first.

    Levels of a categorical keep their order; those that do not occur are left out. A row
    with a missing covariate is missing in all its columns.
    """
    columns: dict[str, Any] = {INTERCEPT: np.ones(len(covariates))}
    for name in covariates:
        values = covariates[name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            columns[str(name)] = values.to_numpy(dtype=float, na_value=np.nan)
            continue
        category = values.astype("category").cat.remove_unused_categories()
        missing = category.isna().to_numpy()
        for level in category.cat.categories[1:]:
            chosen = (category == level).to_numpy(dtype=float)
            columns[f"{name}{level}"] = np.where(missing, np.nan, chosen)
    return pd.DataFrame(columns, index=covariates.index)


def adjusted_difference(
    regression: LinearRegression,
    outcome: Any,
    exposure: Any,
    covariates: pd.DataFrame,
    domains: Domains,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Difference of an outcome between those exposed and others, at equal covariates.

    Parameters
    ----------
    outcome
        One number per respondent; of a share 1 and 0.
    exposure
        1 exposed, 0 not, NaN not known.
    covariates
        What to adjust for: categories or numbers.
    domains
        The domains; the regression is fitted in each by itself.

    Returns
    -------
    DataFrame
        Labels of the domains and :data:`REGRESSION_COLUMNS`. NaN where a domain has only
        exposed or only unexposed respondents, or too few for its covariates.

    Notes
    -----
    A linear model is fitted to shares too: its coefficient is a difference of shares in
    percentage points, averaged over the covariates.
    """
    matrix = design_matrix(covariates)
    matrix.insert(1, "exposure", np.asarray(exposure, dtype=float))
    rows = list(_adjusted(regression, outcome, matrix, domains, confidence))
    labels = domains.labels.reset_index(drop=True)
    found = pd.DataFrame(rows, columns=REGRESSION_COLUMNS).reset_index(drop=True)
    return pd.concat([labels, found], axis=1)


def _adjusted(
    regression: LinearRegression,
    outcome: Any,
    matrix: pd.DataFrame,
    domains: Domains,
    confidence: float,
) -> Iterator[pd.Series]:
    for place in range(len(domains)):
        within = np.zeros(len(matrix), dtype=bool)
        within[domains.members[place].indices] = True
        try:
            found = regression.fit(outcome, matrix, within, confidence)
        except WorkbenchError:
            yield pd.Series(np.nan, index=REGRESSION_COLUMNS)
            continue
        yield found.loc[found["term"] == "exposure", REGRESSION_COLUMNS].iloc[0]


def _solve(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted least squares: coefficients and (X'WX)⁻¹."""
    root = np.sqrt(np.abs(weights))[:, None]
    sign = np.sign(weights)[:, None]
    gram = (root * x).T @ (sign * root * x)
    inverse: Floats = np.linalg.inv(gram).astype(float)
    beta = inverse @ (x.T @ (weights * y))
    # One step of refinement brings the residuals to rounding error.
    return beta + inverse @ (x.T @ (weights * (y - x @ beta))), inverse


def independent_columns(x: Floats, weights: Floats) -> Codes:
    """Columns that those before them do not determine, in order."""
    rest = x * np.sqrt(np.abs(weights))[:, None]
    size = np.linalg.norm(rest, axis=0)
    kept: list[int] = []
    for column in range(x.shape[1]):
        if np.linalg.norm(rest[:, column]) <= _RELATIVE_RANK * size[column] or size[column] == 0:
            continue
        kept.append(column)
        unit = rest[:, column] / np.linalg.norm(rest[:, column])
        later = slice(column + 1, None)
        rest[:, later] -= np.outer(unit, unit @ rest[:, later])
    return np.array(kept, dtype=np.intp)


def _coefficients(
    names: Any,
    own: Codes,
    beta: Floats,
    error: Floats,
    df: int,
    n: int,
    confidence: float,
) -> pd.DataFrame:
    degrees = np.full(len(own), float(df))
    half = t_quantile(degrees, confidence) * error
    with np.errstate(invalid="ignore", divide="ignore"):
        values = {
            "estimate": beta,
            "standard_error": error,
            "ci_low": beta - half,
            "ci_high": beta + half,
            "statistic": beta / error,
            "p_value": two_sided_p(beta, error, degrees),
        }
    frame = pd.DataFrame(np.nan, index=range(len(names)), columns=list(values))
    frame.iloc[own] = np.column_stack(list(values.values()))
    return frame.assign(df=float(df), n=float(n)).set_axis(names).rename_axis("term").reset_index()

"""Sums and differences of several domains, and changes between two waves of a survey.

R: ``svycontrast`` on ``svyby(…, covmat = TRUE)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.estimation.covariances import Pairs
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, two_sided_p, without_noise
from analysis.estimation.intervals import t_quantile

if TYPE_CHECKING:
    from analysis.estimation.design import Design

Floats = NDArray[np.float64]


def covariance_of_domains(estimator: Estimator, domains: Domains) -> Floats:
    """Covariance matrices of the means of domains, variables × domains × domains."""
    count = len(domains)
    first, second = (side.ravel() for side in np.indices((count, count)))
    sums, _, found = estimator.moments(domains, Pairs(first, second))
    linear = estimator.linear(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        own = found.of_ratios(linear.at(first), linear.at(second))
    return own.T.reshape(-1, count, count)


def contrast(
    estimator: Estimator, domains: Domains, coefficients: Any, confidence: float = 0.95
) -> pd.DataFrame:
    """A linear combination of the means of domains, for every variable.

    Parameters
    ----------
    estimator
        The variables, weights and selection.
    domains
        The domains; they may overlap.
    coefficients
        One per domain.

    Returns
    -------
    DataFrame
        One row per variable: ``estimate``, ``se``, ``ci_low``, ``ci_high``, ``df`` (the
        least of the domains that count), ``p_value``.

    Raises
    ------
    WorkbenchError
        If there are not as many coefficients as domains.
    """
    weights = np.asarray(coefficients, dtype=float)
    if weights.shape != (len(domains),):
        raise WorkbenchError(
            "there are not as many coefficients as domains",
            expected=str(len(domains)),
            got=str(weights.size),
        )
    used = weights != 0
    mean = estimator.sums(domains).mean
    estimate = weights[used] @ mean[used]
    matrices = covariance_of_domains(estimator, domains)[:, used][:, :, used]
    variance = np.einsum("i,vij,j->v", weights[used], matrices, weights[used])
    scale = np.abs(weights[used]) @ np.abs(mean[used])
    error = np.sqrt(without_noise(np.maximum(variance, 0.0), scale))
    df = estimator.degrees_of_freedom(domains)[used].min(axis=0)
    return _rows(estimate, error, df, confidence)


def change(
    first: Design,
    second: Design,
    variables: str | Sequence[str],
    person: str | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Second wave less the first.

    Parameters
    ----------
    first, second
        The designs of the two waves.
    variables
        Columns of numbers that both have.
    person
        The column that names a respondent, where some were asked in both waves; they are
        sampling units of the two waves together. Weights count as fixed then. Without it the
        waves are independent.

    Returns
    -------
    DataFrame
        ``variable``, ``first``, ``second`` and the columns of :func:`contrast`.
    """
    names = [variables] if isinstance(variables, str) else list(variables)
    waves = [first.mean(names), second.mean(names)]
    means = np.array([wave["estimate"].to_numpy() for wave in waves])
    if person is None:
        errors, degrees = (
            np.array([wave[name].to_numpy(dtype=float) for wave in waves]) for name in ("se", "df")
        )
        error, df = np.sqrt((errors**2).sum(axis=0)), degrees.min(axis=0)
        rows = _rows(means[1] - means[0], error, df, confidence)
    else:
        rows = _overlapping(first, second, names, person, confidence)
    rows.insert(0, "variable", names)
    rows.insert(1, "first", means[0])
    rows.insert(2, "second", means[1])
    return rows


def _overlapping(
    first: Design, second: Design, names: Sequence[str], person: str, confidence: float
) -> pd.DataFrame:
    values = np.vstack([wave.numbers(list(names)).astype(float) for wave in (first, second)])
    people = np.concatenate([wave.frame[person].to_numpy() for wave in (first, second)])
    weights = np.concatenate([first.weight_values, second.weight_values])
    estimator = Estimator(values, weights, clusters=[people])
    wave = np.repeat([0, 1], [len(first.frame), len(second.frame)])
    domains = Domains.by(pd.DataFrame({"wave": wave}), ["wave"])
    return contrast(estimator, domains, [-1, 1], confidence)


def _rows(estimate: Floats, error: Floats, df: Floats, confidence: float) -> pd.DataFrame:
    half = t_quantile(df, confidence) * error
    return pd.DataFrame(
        {
            "estimate": estimate,
            "se": error,
            "ci_low": estimate - half,
            "ci_high": estimate + half,
            "df": df,
            "p_value": two_sided_p(estimate, error, df),
        }
    )

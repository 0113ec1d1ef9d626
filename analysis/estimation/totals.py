"""Totals, and ratios of two totals.

Source: W. G. Cochran, Sampling Techniques, 3rd ed. (1977), chapters 2 and 6.
R: ``svytotal``, ``svyratio``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.estimation.covariances import LinearRatio, Pairs, Ratios
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, Sums, without_noise
from analysis.estimation.linearisation import Linearisation, covariances
from analysis.estimation.value_table import ValueTable

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TotalEstimates:
    """Totals or ratios; arrays domains × variables. ``deff`` is NaN for ratios."""

    value: Floats
    variance: Floats
    df: Floats
    sums: Sums
    deff: Floats

    @property
    def n_effective(self) -> Floats:
        """Respondents divided by the design effect; Kish's where there is none."""
        usable = self.deff > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            by_deff = self.sums.n / np.where(usable, self.deff, np.nan)
        return np.where(usable, by_deff, self.sums.n_effective_of_weights)


def total_estimates(estimator: Estimator, domains: Domains) -> TotalEstimates:
    """Σ w y of every variable in every domain, over the respondents whose value is known."""
    sums = estimator.sums(domains)
    gaps = ~estimator.table.complete.all()
    filled = np.nan_to_num(estimator.values) if gaps else estimator.values
    each = np.arange(estimator.variables)
    found = covariances(
        filled,
        Ratios(each, each),
        estimator.weights,
        domains,
        Pairs.of_each(len(domains)),
        estimator.sampling,
        estimator.residuals,
    )
    variance = without_noise(found.nn, sums.total)
    with np.errstate(invalid="ignore", divide="ignore"):
        reference = sums.base**2 * sums.variance_of_simple_sample()
        deff = np.where(reference > 0, variance / reference, np.nan)
    return TotalEstimates(sums.total, variance, estimator.degrees_of_freedom(domains), sums, deff)


def ratio_estimates(
    estimator: Estimator, domains: Domains, numerators: Codes, denominators: Codes
) -> TotalEstimates:
    """Ratios of totals, over the respondents of whom both values are known.

    Parameters
    ----------
    estimator
        The prepared variables.
    domains
        The domains.
    numerators, denominators
        Positions of the variables that each ratio divides.
    """
    pairs = len(numerators)
    top, bottom = estimator.values[:, numerators], estimator.values[:, denominators]
    known = ~np.isnan(top) & ~np.isnan(bottom)
    table = np.hstack([np.where(known, top, 0.0), np.where(known, bottom, 0.0)])
    each = np.arange(pairs)
    found = covariances(
        table,
        Ratios(each, pairs + each),
        estimator.weights,
        domains,
        Pairs.of_each(len(domains)),
        estimator.sampling,
        estimator.residuals,
    )
    prepared = Linearisation(estimator.weights, domains, estimator.sampling)
    totals = prepared.totals(ValueTable.plain(table))[:, : 2 * pairs]
    both = estimator.with_values(np.where(known, top, np.nan))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = LinearRatio(totals[:, :pairs] / totals[:, pairs:], totals[:, pairs:])
        variance = without_noise(found.variances_of_ratios(ratio), ratio.value)
    unknown = np.full_like(variance, np.nan)
    df = both.degrees_of_freedom(domains)
    return TotalEstimates(ratio.value, variance, df, both.sums(domains), unknown)

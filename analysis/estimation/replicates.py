"""Estimates with errors from replicate weights.

R: ``svrepdesign`` and the functions on it (``svymean``, ``svytotal``, ``svyratio``, ``svyby``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimation.domains import Domains
from analysis.estimation.estimator import without_noise
from analysis.estimation.intervals import IntervalMethod, Uncertainty, interval, share_interval
from analysis.estimation.replicate_weights import ReplicateWeights

if TYPE_CHECKING:
    from analysis.estimation.design import Design

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ReplicateDesign:
    """A design whose variances come from replicate weights.

    Parameters
    ----------
    design
        The table and its full weights; its selection is not used.
    replicates
        The replicate weights.
    mse
        Whether deviations are from the full estimate and not from the replicates' mean.
        R: ``mse=``.
    """

    design: Design
    replicates: ReplicateWeights
    mse: bool = True

    @cached_property
    def degrees_of_freedom(self) -> int:
        """Independent replicates less one."""
        return self.replicates.degrees_of_freedom

    def mean(self, variables: Any, by: Any = None, level: float = 0.95) -> pd.DataFrame:
        """Means; as :meth:`analysis.estimation.design.Design.mean`."""
        table = self.design.mean(variables, by, level)
        values = self.design.numbers(variables)
        return self._with_errors(table, values, by, level, self._ratio)

    def share(
        self,
        variables: Any,
        by: Any = None,
        level: float = 0.95,
        interval_method: IntervalMethod = "logit",
    ) -> pd.DataFrame:
        """Shares; as :meth:`analysis.estimation.design.Design.share`."""
        table = self.design.share(variables, by, level, interval_method)
        values, _ = self.design.indicators(variables)
        return self._with_errors(table, values, by, level, self._ratio, interval_method)

    def total(self, variables: Any, by: Any = None, level: float = 0.95) -> pd.DataFrame:
        """Totals; as :meth:`analysis.estimation.design.Design.total`."""
        table = self.design.total(variables, by, level)
        return self._with_errors(
            table, self.design.numbers(variables), by, level, lambda tops, _: tops
        )

    def ratio(self, numerator: str, denominator: str, by: Any = None, level: float = 0.95) -> Any:
        """A ratio of two totals; as :meth:`analysis.estimation.design.Design.ratio`."""
        table = self.design.ratio(numerator, denominator, by, level)
        both = self.design.numbers([numerator, denominator]).astype(float)
        both[np.isnan(both).any(axis=1)] = np.nan
        return self._with_errors(table, both, by, level, lambda tops, _: tops[:, :1] / tops[:, 1:])

    def variance(self, statistic: Callable[[Floats], Any]) -> Floats:
        """Variance of any statistic, computed anew from each replicate's weights.

        Parameters
        ----------
        statistic
            Gives an array from weights, one per respondent.
        """
        full = np.asarray(statistic(self.design.weight_values), dtype=float)
        own = np.array([statistic(column) for column in self.replicates.weights.T], dtype=float)
        return self._spread(full, own)

    # --- inside -----------------------------------------------------------------------------

    def _ratio(self, tops: Floats, bottoms: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return tops / bottoms

    def _with_errors(
        self,
        table: pd.DataFrame,
        values: NDArray[Any],
        by: Any,
        level: float,
        statistic: Callable[[Floats, Floats], Floats],
        method: IntervalMethod = "mean",
    ) -> pd.DataFrame:
        """A table of the linearised design with errors and what follows from them replaced."""
        domains = self.design.domains(by)
        error = np.sqrt(self._variances(values, domains, statistic)).T.ravel()
        before = table["se"].to_numpy(dtype=float)
        df = np.full(len(table), float(self.degrees_of_freedom))
        with np.errstate(invalid="ignore", divide="ignore"):
            deff = table["deff"].to_numpy(dtype=float) * (error / before) ** 2
            n = table["n"].to_numpy(dtype=float)
            n_effective = np.where(deff > 0, n / deff, table["n_effective"])
        data = Uncertainty(table["estimate"].to_numpy(dtype=float), error, df, n, n_effective)
        if method == "mean":
            low, high = interval(data, method, level)
        else:
            low, high, _ = share_interval(data, method, level)
        return table.assign(
            se=error, ci_low=low, ci_high=high, df=df, n_effective=n_effective, deff=deff
        )

    def _variances(
        self, values: NDArray[Any], domains: Domains, statistic: Callable[[Floats, Floats], Floats]
    ) -> Floats:
        """Variances of statistics of weighted totals, domains × statistics."""
        known = ~np.isnan(values.astype(float))
        filled = np.where(known, values, 0.0)
        weights = np.column_stack([self.design.weight_values, self.replicates.weights])
        found = []
        for rows in _members(domains):
            tops = weights[rows].T @ filled[rows]
            bottoms = weights[rows].T @ known[rows].astype(float)
            own = statistic(tops, bottoms)
            found.append(without_noise(self._spread(own[0], own[1:]), own[0]))
        return np.array(found)

    def _spread(self, full: Floats, own: Floats) -> Floats:
        replicates = self.replicates
        used = replicates.rscales > 0
        centre = full if self.mse else own[used].mean(axis=0)
        scaled = replicates.rscales.reshape(-1, *([1] * full.ndim)) * (own - centre) ** 2
        return np.asarray(replicates.scale * scaled.sum(axis=0))


def replicated(design: Design, replicates: ReplicateWeights, mse: bool = True) -> ReplicateDesign:
    """A design with replicate weights in place of its selection."""
    plain = replace(design, strata=None, clusters=None, fpc=None, calibration=None)
    return ReplicateDesign(replace(plain, weights=design.weight_values), replicates, mse)


def _members(domains: Domains) -> Sequence[NDArray[np.intp]]:
    members = domains.members
    return [members[[place]].indices for place in range(len(domains))]

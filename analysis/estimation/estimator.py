"""Means and shares of many variables in many domains, with all that makes them trustworthy."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import WorkbenchError
from analysis.estimation.covariances import Covariances, LinearRatio, Pairs, Ratios
from analysis.estimation.domains import Domains
from analysis.estimation.intervals import (
    NEWCOMBE,
    IntervalMethod,
    Uncertainty,
    difference_interval,
    interval,
    share_interval,
)
from analysis.estimation.linearisation import Linearisation, covariances
from analysis.estimation.residuals import Residuals, VarianceRule, residuals
from analysis.estimation.sampling import LonelyPsu, Sampling, sampling
from analysis.estimation.value_table import ValueTable
from analysis.weighting.calibration_model import CalibrationModel

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
Kind = Literal["share", "mean", "difference"]

ESTIMATE_COLUMNS: Final = [
    "estimate",
    "standard_error",
    "ci_low",
    "ci_high",
    "interval_method",
    "confidence",
    "df",
    "n",
    "n_effective",
    "count",
    "base",
    "deff",
]
#: An error below this part of the estimate is rounding.
_NOISE = 1e-8
#: A sum of squares about the mean below this part of that about 0 is rounding.
_ROUNDING = 1e-13


@dataclass(frozen=True)
class Sums:
    """Weighted and unweighted sums in domains; domains × variables.

    Parameters
    ----------
    total, base
        Σ w y and Σ w over respondents whose value is known.
    n
        Unweighted respondents with a known value.
    squared_weights
        Σ w².
    spread
        Σ w (y − mean)².
    """

    total: Floats
    base: Floats
    n: Floats
    squared_weights: Floats
    spread: Floats

    @property
    def mean(self) -> Floats:
        """Weighted means; NaN without respondents, exact where all values are 0 or 1."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.n > 0, self.total / self.base, np.nan)

    @property
    def n_effective_of_weights(self) -> Floats:
        """Kish's effective sample size."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.n > 0, self.base**2 / self.squared_weights, np.nan)

    def variance_of_simple_sample(self, finite: bool = False) -> Floats:
        """Variance of the mean in a simple random sample of n, with or without replacement."""
        with np.errstate(invalid="ignore", divide="ignore"):
            variance = self.spread / self.base / np.where(self.n > 1, self.n - 1, np.nan)
            return variance * (1 - self.n / self.base) if finite else variance


class Estimator:
    """Variables and weights of a sample, ready to be estimated in any domains.

    Parameters
    ----------
    values
        Respondents × variables, NaN where not known; a share is the mean of 1 and 0.
    weights
        One per respondent.
    kinds
        What each variable is: ``share`` (0/1), ``mean``, or ``difference`` (a respondent's
        difference, −1, 0 or 1). Found out from the values when not given: 0/1 is a share.
    calibration
        The margins that the weights meet; None for weights that meet none.
    strata, clusters, populations, lonely_psu, lonely_in_domains
        As in :func:`analysis.estimation.sampling.sampling`. Quota samples are treated as
        drawn at random within the strata, with replacement.
    variance
        The rule of :mod:`analysis.estimation.residuals`.

    Raises
    ------
    WorkbenchError
        If shapes do not match, a weight is not a number, a value is infinite, or a stratum
        has a lonely unit.
    """

    def __init__(
        self,
        values: Floats,
        weights: Any,
        *,
        kinds: Sequence[Kind] | None = None,
        calibration: CalibrationModel | None = None,
        strata: Any = None,
        clusters: Sequence[Any] = (),
        populations: Sequence[Any] = (),
        lonely_psu: LonelyPsu = "fail",
        lonely_in_domains: bool = False,
        variance: VarianceRule = "calibrated",
    ) -> None:
        self.values = _checked_values(values)
        self.weights = _checked_weights(weights, len(self.values))
        self.table = ValueTable(self.values, self.weights)
        self.kinds = _kinds(self.table) if kinds is None else tuple(kinds)
        self.sampling: Sampling = sampling(
            len(self.weights), strata, clusters, populations, lonely_psu, lonely_in_domains
        )
        self.residuals: Residuals | None = (
            residuals(calibration, self.weights, variance, self.sampling.strata)
            if calibration
            else None
        )

    def with_values(self, values: Any, kinds: Sequence[Kind] | None = None) -> Estimator:
        """The same weights and selection with other variables."""
        other = copy(self)
        other.values = _checked_values(values)
        other.table = ValueTable(other.values, self.weights)
        other.kinds = _kinds(other.table) if kinds is None else tuple(kinds)
        return other

    @property
    def variables(self) -> int:
        """The number of variables."""
        return int(self.values.shape[1])

    @property
    def _ratios(self) -> Ratios:
        return Ratios(np.arange(self.variables), self.table.bases)

    def linearisation(self, domains: Domains) -> Linearisation:
        """The sums that the domains need."""
        return Linearisation(self.weights, domains, self.sampling, self.residuals)

    def moments(self, domains: Domains, pairs: Pairs) -> tuple[Sums, Floats, Covariances]:
        """Sums, degrees of freedom, and covariances of totals of (centred) variables and bases.

        Parameters
        ----------
        domains
            The domains.
        pairs
            The pairs of domains whose covariances are wanted.
        """
        prepared = self.linearisation(domains)
        found = prepared.moments(self.table, self._ratios, pairs, squares=True)
        sums = self._sums(prepared, found.totals, found.squares)
        return sums, self._degrees_of_freedom(prepared), found.covariances

    def sums(self, domains: Domains) -> Sums:
        """Sums in every domain."""
        return self.moments(domains, Pairs.of_none())[0]

    def _sums(self, prepared: Linearisation, totals: Floats, squares: Floats) -> Sums:
        pattern, bases = self.table.pattern, self.table.bases
        n, squared_weights = prepared.counts(self.table.known)
        base, total = totals[:, bases], totals[:, : self.variables]
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = squares - np.where(base != 0, total**2 / base, 0.0)
        return Sums(
            total=total + self.table.centres * base,
            base=base,
            n=n[:, pattern],
            squared_weights=squared_weights[:, pattern],
            spread=np.where(spread <= _ROUNDING * np.abs(squares), 0.0, spread),
        )

    def counts(self, domains: Domains) -> Floats:
        """Unweighted respondents whose value is known and not 0, domains × variables."""
        chosen = ValueTable((self.values != 0) & ~np.isnan(self.values), self.weights)
        used = (self.weights != 0).astype(float)
        return Linearisation(used, domains, self.sampling).totals(chosen)[:, : self.variables]

    def degrees_of_freedom(self, domains: Domains) -> Floats:
        """How well variances in domains are known.

        Primary sampling units less strata among a domain's known values. Under the rule
        ``calibrated-corrected`` those of all calibration groups that the domain reaches into,
        less what the regression spends: outside the domain the residuals are not 0.
        """
        return self._degrees_of_freedom(self.linearisation(domains))

    def _degrees_of_freedom(self, prepared: Linearisation) -> Floats:
        known = self.table.known
        units = prepared.distinct(known, self.sampling.units)
        own = units - prepared.distinct(known, self.sampling.strata)
        if self.residuals is not None and self.residuals.inflation is not None:
            left = self._degrees_left(self.residuals.groups, self.residuals.inflation)
            reached = prepared.distinct(known, self.residuals.groups, left)
            own = np.where(own >= 1, np.maximum(own, reached), own)
        return own[:, self.table.pattern]

    def _degrees_left(self, groups: Codes, inflation: Floats) -> Floats:
        """Degrees of freedom of each calibration group, whole numbers."""
        used = self.weights != 0
        left = np.zeros(groups.max(initial=-1) + 1)
        for group in np.unique(groups[used]):
            rows = used & (groups == group)
            units = len(np.unique(self.sampling.units[rows]))
            strata = len(np.unique(self.sampling.strata[rows]))
            left[group] = np.round((units - strata) / inflation[rows][0] ** 2)
        return left

    def covariances(self, domains: Domains, pairs: Pairs) -> Covariances:
        """Covariances of the totals of (centred) variables and bases in pairs of domains."""
        return self.linearisation(domains).moments(self.table, self._ratios, pairs).covariances

    def variances(self, domains: Domains) -> Floats:
        """Variances of the means, domains × variables."""
        return domain_estimates(self, domains).variance

    def linear(self, sums: Sums) -> LinearRatio:
        """Means less the centres, and their bases, for the delta method."""
        return LinearRatio(sums.mean - self.table.centres, sums.base)

    def covariance_of_means(self, domains: Domains) -> Floats:
        """Covariance matrices of all means of a domain, domains × variables × variables.

        R: ``vcov(svymean(…))``.
        """
        sums = self.sums(domains)
        linear = self.linear(sums)
        size, first = self.variables, len(domains)
        upper = np.triu_indices(size)
        matrices = np.empty((first, size, size))
        table = self.table.reader(np.arange(self.table.width))(slice(None))
        with np.errstate(invalid="ignore", divide="ignore"):
            for place in range(first):
                domain = domains.at(np.array([place]))
                inside = domain.members.toarray()[0][:, None]
                base = table[:, self.table.bases]
                scores = inside * (table[:, :size] - linear.value[place] * base)
                scores = scores / linear.denominator[place]
                found = covariances(
                    scores,
                    Ratios(*upper),
                    self.weights,
                    domain,
                    Pairs.of_each(1),
                    self.sampling,
                    self.residuals,
                ).nd[0]
                matrices[place][upper] = found
                matrices[place].T[upper] = found
        return matrices

    def is_share(self) -> NDArray[np.bool_]:
        """Which variables are shares."""
        return np.array([kind == "share" for kind in self.kinds], dtype=bool)


@dataclass(frozen=True)
class DomainEstimates:
    """Estimates of every variable in every domain; arrays domains × variables."""

    sums: Sums
    variance: Floats
    df: Floats

    @property
    def standard_error(self) -> Floats:
        """Standard errors."""
        return np.sqrt(self.variance)

    def deff(self, finite: bool = False) -> Floats:
        """Design effect against a simple random sample with (or without) replacement."""
        with np.errstate(invalid="ignore", divide="ignore"):
            reference = self.sums.variance_of_simple_sample(finite)
            return np.where(reference > 0, self.variance / reference, np.nan)

    @property
    def n_effective(self) -> Floats:
        """Respondents divided by the design effect; Kish's where the latter says nothing."""
        deff = self.deff()
        usable = deff > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            by_deff = self.sums.n / np.where(usable, deff, np.nan)
        return np.where(usable, by_deff, self.sums.n_effective_of_weights)

    @property
    def uncertainty(self) -> Uncertainty:
        """What intervals are made of."""
        return Uncertainty(
            self.sums.mean,
            self.standard_error,
            self.df,
            self.sums.n,
            self.sums.n_effective_of_weights,
        )


def domain_estimates(estimator: Estimator, domains: Domains) -> DomainEstimates:
    """Means of all variables in all domains with variances and degrees of freedom."""
    sums, df, found = estimator.moments(domains, Pairs.of_each(len(domains)))
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = found.variances_of_ratios(estimator.linear(sums))
    return DomainEstimates(sums, without_noise(variance, sums.mean), df)


def mixed_interval(
    data: Uncertainty, shares: NDArray[np.bool_], method: IntervalMethod, confidence: float
) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """Intervals of shares by a method, of everything else by Student's t."""
    low, high = interval(data, "mean", confidence)
    used = np.full(low.shape, "mean", dtype=object)
    if shares.any():
        part = Uncertainty(*(array[:, shares] for array in vars(data).values()))
        low[:, shares], high[:, shares], used[:, shares] = share_interval(part, method, confidence)
    return low, high, used


def estimate_domains(
    values: Floats,
    weights: Any,
    domains: Domains,
    *,
    columns: pd.DataFrame | Sequence[str] | None = None,
    kinds: Sequence[Kind] | None = None,
    calibration: CalibrationModel | None = None,
    strata: Any = None,
    clusters: Sequence[Any] = (),
    populations: Sequence[Any] = (),
    lonely_psu: LonelyPsu = "fail",
    variance: VarianceRule = "calibrated",
    interval_method: IntervalMethod = "logit",
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Every variable in every domain, one row each.

    Parameters
    ----------
    values
        Respondents × variables, NaN where not known; a share is the mean of 1 and 0.
    weights
        One per respondent.
    domains
        The domains.
    columns
        Names of the variables, or a frame with one row per variable whose columns name it;
        numbers from 0 when not given.
    kinds, calibration, strata, clusters, populations, lonely_psu, variance
        As in :class:`Estimator`.
    interval_method
        For shares; means and differences have Student's t. Where all or none answered yes
        Korn–Graubard is used.

    Returns
    -------
    DataFrame
        The labels of domain and variable and :data:`ESTIMATE_COLUMNS`: ``count`` (unweighted
        number of yes, NaN for other than shares), ``base`` (sum of weights), ``deff``
        (against a simple random sample with replacement). Domains vary slowest. A domain
        without respondents has n = 0 and NaN; one without a degree of freedom has no error.

    Notes
    -----
    R: ``svyby(~y, ~domain, design, svymean)`` and ``svyciprop``.
    """
    estimator = Estimator(
        values,
        weights,
        kinds=kinds,
        calibration=calibration,
        strata=strata,
        clusters=clusters,
        populations=populations,
        lonely_psu=lonely_psu,
        variance=variance,
    )
    found = domain_estimates(estimator, domains)
    return estimates_frame(estimator, domains, found, columns, interval_method, confidence)


def estimates_frame(
    estimator: Estimator,
    domains: Domains,
    found: DomainEstimates,
    columns: pd.DataFrame | Sequence[str] | None,
    interval_method: IntervalMethod,
    confidence: float,
) -> pd.DataFrame:
    """Estimates as a long frame; see :func:`estimate_domains`."""
    shares = estimator.is_share()
    low, high, used = mixed_interval(found.uncertainty, shares, interval_method, confidence)
    paired = np.array([kind == "difference" for kind in estimator.kinds], dtype=bool)
    if paired.any():
        low[:, paired], high[:, paired] = _paired_interval(
            estimator, domains, found, paired, confidence
        )
        used[:, paired] = np.where(np.isnan(low[:, paired]), "", NEWCOMBE)
    error = np.where(found.df >= 1, found.standard_error, np.nan)
    sums = found.sums
    arrays = {
        "estimate": sums.mean,
        "standard_error": error,
        "ci_low": low,
        "ci_high": high,
        "interval_method": np.where(np.isnan(low), "", used),
        "confidence": np.full(low.shape, confidence),
        "df": found.df,
        "n": sums.n,
        "n_effective": found.n_effective,
        "count": np.where(shares, estimator.counts(domains), np.nan),
        "base": sums.base,
        "deff": found.deff(),
    }
    labels = labelled_rows(domains.labels, variable_labels(columns, estimator.variables))
    numbers = pd.DataFrame({name: array.ravel() for name, array in arrays.items()})
    return pd.concat([labels, numbers], axis=1)


def _paired_interval(
    estimator: Estimator,
    domains: Domains,
    found: DomainEstimates,
    paired: NDArray[np.bool_],
    confidence: float,
) -> tuple[Floats, Floats]:
    """Limits of the mean of −1, 0 and 1: the share of 1 less the share of −1.

    Student's interval has no width where nobody differs, which says too much.
    """
    own = estimator.values[:, paired].astype(float)
    known = ~np.isnan(own)
    sides = [
        domain_estimates(estimator.with_values(np.where(known, side, np.nan)), domains)
        for side in (own > 0, own < 0)
    ]
    product = np.sqrt(sides[0].variance * sides[1].variance)
    covariance = (sides[0].variance + sides[1].variance - found.variance[:, paired]) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.where(product > 0, np.clip(covariance / product, -1, 1), 0.0)
    more, less = (side.uncertainty for side in sides)
    return difference_interval(more, less, correlation, confidence)


def variable_labels(columns: pd.DataFrame | Sequence[str] | None, variables: int) -> pd.DataFrame:
    """Labels of the variables, one row each."""
    if isinstance(columns, pd.DataFrame):
        labels = columns.reset_index(drop=True)
    else:
        labels = pd.DataFrame({"variable": range(variables) if columns is None else list(columns)})
    if len(labels) != variables:
        raise WorkbenchError(
            "there are not as many names as variables",
            expected=str(variables),
            got=str(len(labels)),
        )
    return labels


def labelled_rows(domains: pd.DataFrame, variables: pd.DataFrame) -> pd.DataFrame:
    """Labels of every domain with every variable, domains varying slowest."""
    outer = domains.loc[domains.index.repeat(len(variables))].reset_index(drop=True)
    inner = pd.concat([variables] * len(domains), ignore_index=True)
    return pd.concat([outer, inner], axis=1)


def two_sided_p(estimate: Floats, error: Floats, df: Floats) -> Floats:
    """p-value of the hypothesis that the estimand is 0; NaN without an error."""
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.abs(estimate) / np.where(error > 0, error, np.nan)
        return 2 * stats.t.sf(statistic, np.where(df >= 1, df, np.nan))


def _checked_values(values: Any) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        array = array.astype(float)
    return array[:, None] if array.ndim == 1 else array


def _checked_weights(weights: Any, respondents: int) -> Floats:
    array = np.asarray(weights, dtype=float)
    if array.shape != (respondents,):
        raise WorkbenchError(
            "there are not as many weights as respondents",
            expected=str(respondents),
            got=str(array.size),
        )
    if not np.isfinite(array).all():
        raise WorkbenchError(
            "a weight is not a number", got=f"{(~np.isfinite(array)).sum()} such rows"
        )
    return array


def _kinds(table: ValueTable) -> tuple[Kind, ...]:
    return tuple("share" if is_binary else "mean" for is_binary in table.binary)


def without_noise(variance: Floats, estimate: Floats) -> Floats:
    """Variances, 0 where rounding is all that is left: calibration fixes the estimate."""
    noise = (_NOISE * np.abs(np.nan_to_num(estimate))) ** 2
    return np.where(variance <= noise, np.where(np.isnan(variance), np.nan, 0.0), variance)

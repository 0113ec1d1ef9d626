"""Small-area estimation: what a model can add where a sample is thin.

The direct estimate of an area is drawn towards what a regression on known auxiliaries (and, by
it, the other areas) says, the more so the less certain it is. Such figures rest on a model and
are always marked so. Sources: R. E. Fay, R. A. Herriot, JASA 74 (1979), 269–277; mean squared
errors: N. G. N. Prasad, J. N. K. Rao, JASA 85 (1990), 163–171; G. S. Datta, P. Lahiri,
Statistica Sinica 10 (2000), 613–627; J. N. K. Rao, I. Molina, Small Area Estimation, 2nd ed.
(2015), chapters 6 and 7; shares: S. Hadam, N. Würz, A.-K. Kreutzmann, T. Schmid, Statistical
Methods & Applications 33 (2024), 209–233; agreement with the region: W. R. Bell, G. S. Datta,
M. Ghosh, Biometrika 100 (2013), 189–202. R: ``sae::eblupFH``, ``sae::mseFH``, ``emdi::fh``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.errors import WorkbenchError

Floats = NDArray[np.float64]
FitMethod = Literal["reml", "ml", "fh"]

FIT_METHODS: Final = get_args(FitMethod)

_CONVERGED: Final = 1e-14
_BOUNDARY: Final = 1e-12


@dataclass(frozen=True)
class AreaModel:
    """A fitted Fay–Herriot model; arrays by area.

    Parameters
    ----------
    direct, variances
        The direct estimates and their variances, NaN in an area without a sample.
    auxiliaries
        Areas × auxiliaries, an intercept among them.
    method
        How the variance between areas was estimated.
    variance
        The variance between areas that the auxiliaries do not explain; 0 where the sample
        shows none.
    coefficients, covariance
        Of the regression.
    """

    direct: Floats
    variances: Floats
    auxiliaries: Floats
    method: FitMethod
    variance: float
    coefficients: Floats
    covariance: Floats

    @property
    def sampled(self) -> NDArray[np.bool_]:
        """Areas with a direct estimate."""
        return np.isfinite(self.direct) & np.isfinite(self.variances)

    @property
    def synthetic(self) -> Floats:
        """What the regression alone says."""
        return np.asarray(self.auxiliaries @ self.coefficients)

    @property
    def shrinkage(self) -> Floats:
        """The share of the direct estimate in the result; 0 without a sample."""
        with np.errstate(invalid="ignore"):
            gamma = self.variance / (self.variance + self.variances)
        return np.where(self.sampled, gamma, 0.0)

    @property
    def estimate(self) -> Floats:
        """The empirical best linear unbiased predictor."""
        gap = np.where(self.sampled, self.direct - self.synthetic, 0.0)
        return self.synthetic + self.shrinkage * gap

    @property
    def mean_squared_error(self) -> Floats:
        """Its mean squared error, with what estimating the model adds."""
        own = self.sampled
        total = self.variance + self.variances[own]
        left = 1 - self.shrinkage
        regression = np.einsum("ij,jk,ik->i", self.auxiliaries, self.covariance, self.auxiliaries)
        found = self.variance + regression
        of_variance, bias = _of_variance(self, total)
        g1 = self.shrinkage[own] * self.variances[own]
        g3 = self.variances[own] ** 2 / total**3 * of_variance
        found[own] = g1 + left[own] ** 2 * regression[own] + 2 * g3 - bias * left[own] ** 2
        return np.asarray(found)

    @property
    def random_part(self) -> Floats:
        """Variance of the area's true value given its direct estimate and the model."""
        return np.where(self.sampled, self.shrinkage * np.nan_to_num(self.variances), self.variance)

    def table(self, names: Any = None) -> pd.DataFrame:
        """One row per area, the model-based estimate beside the direct one."""
        error = np.sqrt(self.variances)
        return pd.DataFrame(
            {
                "area": np.arange(len(self.direct)) if names is None else list(names),
                "direct": self.direct,
                "direct_se": error,
                "estimate": self.estimate,
                "se": np.sqrt(np.maximum(self.mean_squared_error, 0.0)),
                "synthetic": self.synthetic,
                "shrinkage": self.shrinkage,
                "model_based": True,
            }
        )

    @property
    def diagnostics(self) -> Mapping[str, float]:
        """How far the model can be believed.

        ``variance`` between areas and whether it is 0; ``log_likelihood``, ``aic``, ``bic``;
        Shapiro and Wilk's p-value of standardised residuals (small: not normal); ``gain``,
        the median of 1 − error / direct error; ``beyond``, how many direct estimates are more
        than 1.96 of their errors away from the result.
        """
        own = self.sampled
        total = self.variance + self.variances[own]
        residual = (self.direct - self.synthetic)[own]
        log_likelihood = float(stats.norm.logpdf(residual, 0, np.sqrt(total)).sum())
        parameters = len(self.coefficients) + 1
        with np.errstate(invalid="ignore", divide="ignore"):
            gain = 1 - np.sqrt(self.mean_squared_error[own] / self.variances[own])
            distance = np.abs(self.direct - self.estimate)[own] / np.sqrt(self.variances[own])
        return {
            "variance": self.variance,
            "variance_is_zero": float(self.variance == 0),
            "log_likelihood": log_likelihood,
            "aic": 2 * parameters - 2 * log_likelihood,
            "bic": parameters * np.log(own.sum()) - 2 * log_likelihood,
            "shapiro_p": float(stats.shapiro(residual / np.sqrt(total)).pvalue),
            "gain": float(np.median(gain)),
            "beyond": float((distance > stats.norm.ppf(0.975)).sum()),
        }


def fay_herriot(
    direct: Any, variances: Any, auxiliaries: Any = None, method: FitMethod = "reml"
) -> AreaModel:
    """Fit a Fay–Herriot model to direct estimates of areas.

    Parameters
    ----------
    direct
        Direct estimates, NaN where an area has no sample.
    variances
        Their (smoothed) variances, taken as known.
    auxiliaries
        Areas × auxiliaries known without error, without an intercept; a table or an array.
        With none all areas are drawn towards their common mean.
    method
        ``reml``, ``ml``, or ``fh`` (Fay and Herriot's moments).

    Raises
    ------
    WorkbenchError
        If a variance is not positive, there are too few areas for the auxiliaries, or these
        determine each other.
    """
    y, psi = np.asarray(direct, dtype=float), np.asarray(variances, dtype=float)
    x = _with_intercept(auxiliaries, len(y))
    if method not in FIT_METHODS:
        raise WorkbenchError(f"there is no method {method}", expected=", ".join(FIT_METHODS))
    used = np.isfinite(y) & np.isfinite(psi)
    if (psi[used] <= 0).any():
        raise WorkbenchError(
            "a direct estimate has no variance",
            got=f"{int((psi[used] <= 0).sum())} areas",
            hint="smooth the variances first: smoothed_variances",
        )
    if used.sum() <= x.shape[1] + 1 or np.linalg.matrix_rank(x[used]) < x.shape[1]:
        raise WorkbenchError(
            "there are too few areas for these auxiliaries",
            got=f"{int(used.sum())} areas, {x.shape[1]} coefficients",
        )
    variance = _FITS[method](y[used], psi[used], x[used])
    weights = 1 / (variance + psi[used])
    covariance = np.linalg.inv((x[used] * weights[:, None]).T @ x[used])
    coefficients = covariance @ (x[used].T @ (weights * y[used]))
    return AreaModel(y, psi, x, method, variance, coefficients, covariance)


def smoothed_variances(shares: Any, n_effective: Any) -> Floats:
    """Variances of shares from a common share, so that 0 % and 100 % have one too.

    Parameters
    ----------
    shares
        Direct shares.
    n_effective
        Effective sample sizes.
    """
    p, n = np.asarray(shares, dtype=float), np.asarray(n_effective, dtype=float)
    known = np.isfinite(p) & np.isfinite(n)
    common = float((p[known] * n[known]).sum() / n[known].sum())
    return common * (1 - common) / n


def share_model(
    shares: Any, n_effective: Any, auxiliaries: Any = None, method: FitMethod = "reml"
) -> AreaModel:
    """The model behind :func:`fay_herriot_shares`, on the scale of arcsin √p."""
    p, n = np.asarray(shares, dtype=float), np.asarray(n_effective, dtype=float)
    usable = np.isfinite(p) & (n > 0)
    z = np.where(usable, np.arcsin(np.sqrt(np.clip(p, 0, 1))), np.nan)
    psi = np.where(usable, 1 / (4 * np.where(usable, n, 1)), np.nan)
    return fay_herriot(z, psi, auxiliaries, method)


def fay_herriot_shares(
    shares: Any,
    n_effective: Any,
    auxiliaries: Any = None,
    method: FitMethod = "reml",
    *,
    replicates: int = 500,
    confidence: float = 0.95,
    seed: int = 1,
    names: Any = None,
) -> pd.DataFrame:
    """Model-based shares of areas, always between 0 and 1.

    The model is fitted to arcsin √p, whose variance is 1 / (4 n) whatever the share; results
    are turned back with the bias that this makes taken off, and their errors come from a
    parametric bootstrap.

    Parameters
    ----------
    shares, n_effective
        Direct shares and effective sample sizes; NaN or 0 where there is no sample.
    auxiliaries, method
        As in :func:`fay_herriot`.
    replicates, seed
        Of the bootstrap.

    Returns
    -------
    DataFrame
        As :meth:`AreaModel.table`, with ``ci_low`` and ``ci_high``.
    """
    p, n = np.asarray(shares, dtype=float), np.asarray(n_effective, dtype=float)
    usable = np.isfinite(p) & (n > 0)
    model = share_model(p, n, auxiliaries, method)
    estimate = _turned_back(model.estimate, model.random_part)
    error = _bootstrap_error(model, replicates, seed)
    half = stats.norm.ppf((1 + confidence) / 2) * np.sqrt(model.mean_squared_error)
    limits = [np.clip(model.estimate + side * half, 0, np.pi / 2) for side in (-1, 1)]
    return model.table(names).assign(
        direct=np.where(usable, p, np.nan),
        direct_se=np.where(usable, np.sqrt(p * (1 - p) / np.where(usable, n, 1)), np.nan),
        estimate=estimate,
        se=error,
        synthetic=np.sin(np.clip(model.synthetic, 0, np.pi / 2)) ** 2,
        ci_low=np.sin(limits[0]) ** 2,
        ci_high=np.sin(limits[1]) ** 2,
    )


def benchmarked(
    estimates: Any,
    sizes: Any,
    total: float,
    method: Literal["ratio", "difference"] = "difference",
    mean_squared_errors: Any = None,
) -> Floats:
    """Estimates of areas moved so that their mean over the region is the direct one.

    Parameters
    ----------
    estimates
        Model-based estimates.
    sizes
        What the areas weigh in the region, such as their populations.
    total
        The region's direct estimate.
    method
        ``ratio`` multiplies all by one factor; ``difference`` moves an area the further, the
        larger it is and the less certain.
    mean_squared_errors
        Of the estimates, for ``difference``; equal when not given.
    """
    found, weight = np.asarray(estimates, dtype=float), np.asarray(sizes, dtype=float)
    weight = weight / weight.sum()
    gap = total - float(weight @ found)
    if method == "ratio":
        return found * total / (total - gap)
    error = np.ones(len(found)) if mean_squared_errors is None else np.asarray(mean_squared_errors)
    share = weight * error / float(weight**2 @ error)
    return np.asarray(found + share * gap)


# --- the variance between areas -----------------------------------------------------------


def _reml(y: Floats, psi: Floats, x: Floats) -> float:
    def score(variance: float) -> tuple[float, float]:
        projector = _projector(variance + psi, x)
        fitted = projector @ y
        return float(fitted @ fitted - np.trace(projector)), float((projector**2).sum())

    return _scored(score, y, psi, x)


def _ml(y: Floats, psi: Floats, x: Floats) -> float:
    def score(variance: float) -> tuple[float, float]:
        total = variance + psi
        fitted = _projector(total, x) @ y
        return float(fitted @ fitted - (1 / total).sum()), float((1 / total**2).sum())

    return _scored(score, y, psi, x)


def _moments(y: Floats, psi: Floats, x: Floats) -> float:
    def gap(variance: float) -> float:
        return float(y @ _projector(variance + psi, x) @ y) - (len(y) - x.shape[1])

    if gap(0.0) <= 0:
        return 0.0
    high = _beyond(gap, y)
    return float(optimize.brentq(gap, 0.0, high, xtol=_CONVERGED, rtol=8.9e-16))


_FITS: Final[Mapping[str, Callable[[Floats, Floats, Floats], float]]] = {
    "reml": _reml,
    "ml": _ml,
    "fh": _moments,
}


def _scored(
    score: Callable[[float], tuple[float, float]], y: Floats, psi: Floats, x: Floats
) -> float:
    """Where the score is 0; 0 where it falls from the beginning."""
    if score(0.0)[0] <= 0 and score(_BOUNDARY * float(psi.mean()))[0] <= 0:
        return 0.0
    high = _beyond(lambda v: score(v)[0], y)
    return float(optimize.brentq(lambda v: score(v)[0], 0.0, high, xtol=_CONVERGED, rtol=8.9e-16))


def _beyond(function: Callable[[float], float], y: Floats) -> float:
    high = max(float(y.var()), _BOUNDARY)
    while function(high) > 0:
        high *= 2
    return high


def _projector(total: Floats, x: Floats) -> Floats:
    """V⁻¹ − V⁻¹X(X'V⁻¹X)⁻¹X'V⁻¹."""
    scaled = x / total[:, None]
    found = np.diag(1 / total) - scaled @ np.linalg.solve(x.T @ scaled, scaled.T)
    return np.asarray(found)


def _of_variance(model: AreaModel, total: Floats) -> tuple[float, float]:
    """Variance of the estimated variance between areas, and its bias."""
    squares = (1 / total**2).sum()
    if model.method == "reml":
        return float(2 / squares), 0.0
    if model.method == "ml":
        x = model.auxiliaries[model.sampled]
        cross = (x / (total**2)[:, None]).T @ x
        return float(2 / squares), -float(np.trace(model.covariance @ cross) / squares)
    count, once = len(total), (1 / total).sum()
    return float(2 * count / once**2), float(2 * (count * squares - once**2) / once**3)


# --- shares -------------------------------------------------------------------------------


def _turned_back(z: Floats, variance: Floats) -> Floats:
    """Mean of sin² of a normal variable."""
    inside = np.clip(z, 0, np.pi / 2)
    return np.asarray((1 - np.cos(2 * inside) * np.exp(-2 * variance)) / 2)


def _bootstrap_error(model: AreaModel, replicates: int, seed: int) -> Floats:
    """Root mean squared error over samples drawn from the fitted model."""
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    squares = np.zeros(len(model.direct))
    noise = np.sqrt(np.where(model.sampled, model.variances, np.nan))
    for _ in range(replicates):
        truth = model.synthetic + generator.normal(0, np.sqrt(model.variance), len(squares))
        drawn = truth + noise * generator.normal(0, 1, len(squares))
        again = fay_herriot(drawn, model.variances, model.auxiliaries[:, 1:], model.method)
        estimate = _turned_back(again.estimate, again.random_part)
        squares += (estimate - np.sin(np.clip(truth, 0, np.pi / 2)) ** 2) ** 2
    return np.sqrt(squares / replicates)


def _with_intercept(auxiliaries: Any, areas: int) -> Floats:
    ones = np.ones((areas, 1))
    if auxiliaries is None:
        return ones
    own = np.asarray(auxiliaries, dtype=float)
    own = own[:, None] if own.ndim == 1 else own
    if len(own) != areas or not np.isfinite(own).all():
        raise WorkbenchError(
            "every area needs all auxiliaries", expected=f"{areas} rows of numbers"
        )
    return np.hstack([ones, own])

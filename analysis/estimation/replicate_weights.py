"""Replicate weights: the sample taken again and again, each time a little different.

Sources: jackknife: K. M. Wolter, Introduction to Variance Estimation, 2nd ed. (2007),
chapter 4; balanced repeated replication: P. J. McCarthy, Review of the International
Statistical Institute 37 (1969), 239–264; Fay: D. R. Judkins, Journal of Official Statistics 6
(1990), 223–239; bootstrap: J. N. K. Rao, C. F. J. Wu, JASA 83 (1988), 231–241; A. J. Canty,
A. C. Davison, The Statistician 48 (1999), 379–391. R: ``as.svrepdesign``.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from analysis.errors import WorkbenchError
from analysis.estimation.sampling import Sampling
from analysis.weighting.calibration_model import CalibrationModel

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
ReplicateKind = Literal["jk1", "jkn", "brr", "fay", "rao-wu", "canty-davison"]

REPLICATE_KINDS: Final = get_args(ReplicateKind)

_SWEEPS: Final = 10_000
_MET: Final = 1e-11
#: Replicates that one process adjusts together.
_TOGETHER: Final = 50


@dataclass(frozen=True)
class ReplicateWeights:
    """Weights of every replicate and how their spread becomes a variance.

    Parameters
    ----------
    weights
        Respondents × replicates.
    scale, rscales
        The variance is ``scale Σ rscales (θ_r − centre)²``.
    """

    weights: Floats
    scale: float
    rscales: Floats

    def __post_init__(self) -> None:
        if self.weights.ndim != 2 or len(self.rscales) != self.weights.shape[1]:
            raise WorkbenchError(
                "there are not as many scales as replicates",
                expected=str(self.weights.shape[-1]),
                got=str(len(self.rscales)),
            )

    @property
    def degrees_of_freedom(self) -> int:
        """Independent replicates less one. R: ``degf``."""
        return int(np.linalg.matrix_rank(self.weights, tol=_rank_tolerance(self.weights))) - 1


def replicate_weights(
    weights: Floats,
    sampling: Sampling,
    kind: ReplicateKind,
    *,
    fractions: Floats | None = None,
    replicates: int = 500,
    rho: float | None = None,
    seed: int = 1,
) -> ReplicateWeights:
    """Replicate weights for a design.

    Parameters
    ----------
    weights
        One per respondent, before any adjustment.
    sampling
        How respondents were selected; only the first stage is looked at.
    kind
        ``jk1`` (one unit left out, no strata), ``jkn`` (within strata), ``brr`` and ``fay``
        (half samples of two units a stratum), ``rao-wu`` (n − 1 of n units drawn again),
        ``canty-davison`` (n of n).
    fractions
        Sampling fraction of each respondent's stratum, for the jackknife.
    replicates
        How many, for the bootstrap.
    rho
        Damping: a unit that is left out keeps that part of its weight, so that no small group
        is empty in a replicate. Fay's is 0.5 when not given; the bootstrap has none then.
    seed
        Of the bootstrap.

    Raises
    ------
    WorkbenchError
        If the design does not fit the kind.
    """
    units = _Units(sampling, fractions)
    if kind in ("jk1", "jkn"):
        multipliers, scale, rscales = _jackknife(units, stratified=kind == "jkn")
    elif kind in ("brr", "fay"):
        own = 0.5 if rho is None else rho
        multipliers, scale, rscales = _half_samples(units, own if kind == "fay" else 0.0)
    elif kind in ("rao-wu", "canty-davison"):
        multipliers, scale, rscales = _bootstrap(units, kind, replicates, seed, rho or 0.0)
    else:
        raise WorkbenchError(f"there are no replicates {kind}", expected=", ".join(REPLICATE_KINDS))
    return ReplicateWeights(weights[:, None] * multipliers[units.of_row], scale, rscales)


class _Units:
    """Primary sampling units with their strata."""

    def __init__(self, sampling: Sampling, fractions: Floats | None) -> None:
        names, first, self.of_row = np.unique(
            sampling.units, return_index=True, return_inverse=True
        )
        self.count = len(names)
        self.stratum = np.unique(sampling.strata[first], return_inverse=True)[1]
        self.n = np.bincount(self.stratum)
        left = 1.0 - (np.zeros(len(sampling.units)) if fractions is None else fractions)
        self.left = left[first]


def _jackknife(units: _Units, stratified: bool) -> tuple[Floats, float, Floats]:
    strata = units.stratum if stratified else np.zeros(units.count, dtype=np.intp)
    n = np.bincount(strata)
    if (n < 2).any():
        raise WorkbenchError(
            "the jackknife needs two sampling units in every stratum",
            got=f"{int((n < 2).sum())} strata with one",
        )
    if not stratified and len(units.n) > 1:
        raise WorkbenchError("jk1 is for samples without strata", hint="jkn is for strata")
    own = n[strata].astype(float)
    same = strata[:, None] == strata
    multipliers = np.where(same, (own / (own - 1))[:, None], 1.0)
    np.fill_diagonal(multipliers, 0.0)
    part = (own - 1) / own * units.left
    return (
        (multipliers, 1.0, part) if stratified else (multipliers, float(part[0]), np.ones(len(own)))
    )


def _half_samples(units: _Units, rho: float) -> tuple[Floats, float, Floats]:
    if (units.n != 2).any():
        raise WorkbenchError(
            "half samples need exactly two sampling units in every stratum",
            got=f"{int((units.n != 2).sum())} strata with another number",
        )
    size = 1 << int(np.ceil(np.log2(len(units.n) + 1)))
    signs = linalg.hadamard(size)[1 : len(units.n) + 1]
    order = np.argsort(units.stratum, kind="stable")
    side = np.empty(units.count)
    side[order] = np.tile([1.0, -1.0], len(units.n))
    multipliers = 1 + (1 - rho) * side[:, None] * signs[units.stratum]
    return multipliers, 1 / (size * (1 - rho) ** 2), np.ones(size)


def _bootstrap(
    units: _Units, kind: str, replicates: int, seed: int, rho: float
) -> tuple[Floats, float, Floats]:
    if (units.n < 2).any():
        raise WorkbenchError("the bootstrap needs two sampling units in every stratum")
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    multipliers = np.empty((units.count, replicates))
    for stratum, n in enumerate(units.n):
        own = np.flatnonzero(units.stratum == stratum)
        drawn = n - 1 if kind == "rao-wu" else n
        counts = generator.multinomial(drawn, np.full(n, 1 / n), size=replicates).T
        multipliers[own] = counts * (n / drawn)
    multipliers = rho + (1 - rho) * multipliers
    scale = 1 / (replicates - 1) / (1 - rho) ** 2
    if kind == "canty-davison":
        mean = len(units.n) / (1 / units.n).sum()
        scale *= mean / (mean - 1)
    return multipliers, float(scale), np.ones(replicates)


# --- the whole weighting once more in every replicate -------------------------------------


def readjusted(
    replicates: ReplicateWeights,
    model: CalibrationModel,
    weights: Floats,
    executor: Executor | None = None,
    again: Callable[[Floats], Floats] | None = None,
) -> ReplicateWeights:
    """Replicates of the base weights adjusted to what the full weights meet.

    Parameters
    ----------
    replicates
        Made from ``model.base_weights``.
    model
        What the full weights meet: post-stratified, raked, or calibrated with the linear or
        the raking distance.
    weights
        The full weights.
    executor
        Where parts of the replicates are adjusted; here when not given.
    again
        Does the whole weighting for one set of base weights; for methods that have no way of
        adjusting many at once (bounded, trimmed, within clusters).

    Raises
    ------
    WorkbenchError
        If the weights were made in another way, or a replicate cannot meet the totals.
    """
    adjust = _adjustment(model, weights) if again is None else partial(_one_by_one, again=again)
    count = replicates.weights.shape[1]
    parts = [replicates.weights[:, a : a + _TOGETHER] for a in range(0, count, _TOGETHER)]
    done = (executor.map if executor else map)(adjust, parts)
    return ReplicateWeights(np.hstack(list(done)), replicates.scale, replicates.rscales)


def _adjustment(model: CalibrationModel, weights: Floats) -> Callable[[Floats], Floats]:
    if model.kind in ("rake", "post-stratify") and model.margins:
        return partial(_raked, margins=model.margins, weights=weights)
    if model.kind == "linear":
        variance = np.ones(len(weights)) if model.model_variance is None else model.model_variance
        return partial(_regressed, auxiliaries=model.auxiliaries, weights=weights, q=1 / variance)
    if model.kind == "raking" and model.margins:
        return partial(_raked, margins=model.margins, weights=weights)
    raise WorkbenchError(
        f"replicates are not adjusted by the method {model.kind}",
        expected="post-stratify, rake or linear",
        hint="or give replicate weights that were adjusted elsewhere",
    )


def _one_by_one(base: Floats, again: Callable[[Floats], Floats]) -> Floats:
    return np.column_stack([again(column) for column in base.T])


def _raked(base: Floats, margins: tuple[Codes, ...], weights: Floats) -> Floats:
    """All replicates raked at once, over the cells of the margins."""
    cell = np.unique(np.column_stack(margins), axis=0, return_inverse=True)[1].reshape(-1)
    first = np.unique(cell, return_index=True)[1]
    size = len(first)
    rows = np.arange(len(cell))
    collapse = sparse.csr_matrix((np.ones(len(cell)), (cell, rows)), shape=(size, len(cell)))
    before = collapse @ base
    now = before.copy()
    levels = [margin[first] for margin in margins]
    sums = [sparse.csr_matrix((np.ones(size), (level, np.arange(size)))) for level in levels]
    totals = [np.bincount(margin, weights)[:, None] for margin in margins]
    for _ in range(_SWEEPS):
        worst = 0.0
        for level, add_up, total in zip(levels, sums, totals, strict=True):
            reached = add_up @ now
            if (reached[total[:, 0] > 0] <= 0).any():
                raise WorkbenchError(
                    "a replicate has nobody left in a level of a margin",
                    hint="give rho (0.5, say), so that nobody loses all weight, or merge levels",
                )
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = np.where(reached > 0, total / reached, 1.0)
            now *= ratio[level]
            worst = max(worst, float(np.abs(ratio - 1).max()))
        if worst <= _MET:
            break
    else:
        raise WorkbenchError("a replicate does not meet its margins", got=f"off by {worst:.2g}")
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(base * np.where(before > 0, now / before, 0.0)[cell])


def _regressed(base: Floats, auxiliaries: sparse.csr_matrix, weights: Floats, q: Floats) -> Floats:
    """Linear calibration of each replicate."""
    total = auxiliaries.T @ weights
    found = np.empty_like(base)
    for replicate in range(base.shape[1]):
        own = base[:, replicate]
        gram = (auxiliaries.T @ auxiliaries.multiply((own * q)[:, None])).toarray()
        shift = np.linalg.lstsq(gram, total - auxiliaries.T @ own, rcond=1e-12)[0]
        found[:, replicate] = own * (1 + q * (auxiliaries @ shift))
    return found


def _rank_tolerance(weights: Floats) -> float:
    """R counts what a pivoted column adds beyond 10⁻⁵ of it."""
    return float(1e-5 * np.linalg.norm(weights, axis=0).max())


def given(weights: Any, scale: float, rscales: Any = None) -> ReplicateWeights:
    """Replicate weights that came with the data.

    Parameters
    ----------
    weights
        Respondents × replicates, complete weights (not multipliers).
    scale, rscales
        As the documentation of the data says; ``rscales`` are 1 when not given.
    """
    values = np.asarray(weights, dtype=float)
    each = np.ones(values.shape[1]) if rscales is None else np.asarray(rscales, dtype=float)
    return ReplicateWeights(values, float(scale), each)

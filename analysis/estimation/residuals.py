"""What calibrated weights take off the variance: residuals from a regression on the auxiliaries.

An estimate from weights that meet known totals of ``x`` varies as the residuals
``z − x'B`` do. Four rules are at hand:

``calibrated``
    B = (Σ w x x')⁻¹ Σ w x z with the calibrated weights w. Source: C.-E. Särndal,
    B. Swensson, J. Wretman, Model Assisted Survey Sampling (1992), section 6.6; J.-C. Deville,
    C.-E. Särndal, Journal of the American Statistical Association 87 (1992), 376–382.
``calibrated-corrected``
    the same, and the variance times (n − s) / (n − p) in every group of n respondents in s
    strata, p being the rank of auxiliaries and strata together: a regression on p columns
    makes residuals that much too small. Source: the correction CR1 of J. G. MacKinnon,
    H. White, Journal of Econometrics 29 (1985), 305–325, within groups.
``r-calibrate``
    the same as ``calibrated`` with the weights before calibration, as R's ``calibrate`` does.
``r-rake``
    unweighted means of the levels taken off margin by margin, ten times over, as R's
    ``rake`` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.errors import WorkbenchError
from analysis.weighting.calibration_model import CalibrationModel
from analysis.weighting.numbering import numbered_jointly

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
VarianceRule = Literal["calibrated", "calibrated-corrected", "r-calibrate", "r-rake"]

VARIANCE_RULES: Final = get_args(VarianceRule)

_SWEEPS = 10
_SINGULAR = 1e-11


@dataclass(frozen=True)
class Residuals:
    """A regression that is linear in z: ``B = solution @ Σ weights x z``.

    Parameters
    ----------
    auxiliaries
        Rows × auxiliaries.
    groups
        The group within which each row was calibrated; no auxiliary is in two groups.
    weights
        Weights of the rows in the regression.
    margins
        For the rule ``r-rake``: the margin of each auxiliary; None otherwise.
    inflation
        What residuals are multiplied by because the regression made them too small, by row.
    """

    auxiliaries: sparse.csr_matrix
    groups: Codes
    weights: Floats
    margins: Codes | None = None
    inflation: Floats | None = None

    @property
    def _sorted(self) -> sparse.csr_matrix:
        done = self.auxiliaries.has_sorted_indices
        return self.auxiliaries if done else self.auxiliaries.sorted_indices()

    def alike(self) -> tuple[Codes, Residuals]:
        """Rows with the same auxiliaries taken together: each row's kind, and one row of each.

        The weights of a kind are the sum of its rows' weights. Where auxiliaries are not all
        levels of margins, every row is a kind of its own.
        """
        filled = np.diff(self.auxiliaries.indptr)
        each = int(filled.max(initial=0))
        if each == 0 or (filled != each).any() or (self.auxiliaries.data != 1).any():
            return np.arange(len(self.weights)), self
        levels = self._sorted.indices.reshape(-1, each)
        kind = numbered_jointly(*levels.T)
        first = np.zeros(int(kind.max()) + 1, dtype=np.intp)
        first[kind] = np.arange(len(kind))
        weights = np.bincount(kind, self.weights).astype(float)
        return kind, Residuals(self.auxiliaries[first], self.groups[first], weights, self.margins)

    def solution(self, rows: Codes, columns: Codes) -> Floats:
        """The matrix that turns ``Σ weights x z`` of some rows into B."""
        block = self.auxiliaries[rows][:, columns]
        gram = (block.T @ block.multiply(self.weights[rows][:, None])).toarray()
        if self.margins is None:
            return _inverse(gram)
        return _swept(gram, self.margins[columns])


def residuals(
    model: CalibrationModel, weights: Floats, rule: VarianceRule, strata: Codes
) -> Residuals:
    """The regression of a rule for weights that were calibrated.

    Parameters
    ----------
    model
        What the weights meet.
    weights
        The calibrated weights.
    rule
        One of :data:`VARIANCE_RULES`.
    strata
        Each row's stratum of the first stage.

    Raises
    ------
    WorkbenchError
        If the rule ``r-rake`` is asked for weights that were not raked.
    """
    if rule == "calibrated":
        return Residuals(model.auxiliaries, model.groups, _modelled(weights, model))
    if rule == "calibrated-corrected":
        inflation = _inflation(model, weights != 0, strata)
        return Residuals(
            model.auxiliaries, model.groups, _modelled(weights, model), inflation=inflation
        )
    if rule == "r-calibrate":
        return Residuals(model.auxiliaries, model.groups, _modelled(model.base_weights, model))
    if not model.margins:
        raise WorkbenchError(
            "the variance rule r-rake is for weights that were raked to margins",
            got=model.kind,
            expected="calibrated or r-calibrate",
        )
    sizes = [int(codes.max(initial=-1)) + 1 for codes in model.margins]
    margin = np.repeat(np.arange(len(sizes)), sizes).astype(np.intp)
    return Residuals(model.auxiliaries, model.groups, np.ones(len(weights)), margin)


def _modelled(weights: Floats, model: CalibrationModel) -> Floats:
    return weights if model.model_variance is None else weights / model.model_variance


def _inflation(model: CalibrationModel, used: NDArray[np.bool_], strata: Codes) -> Floats:
    """√((n − s) / (n − p)) of each row's group; a group needs a respondent more than columns."""
    inflation = np.ones(len(strata))
    for group in np.unique(model.groups[used]):
        rows = np.flatnonzero(used & (model.groups == group))
        names, place = np.unique(strata[rows], return_inverse=True)
        entries = (np.ones(len(rows)), (np.arange(len(rows)), place))
        dummies = sparse.csr_matrix(entries, shape=(len(rows), len(names)))
        columns = sparse.hstack([model.auxiliaries[rows], dummies], format="csc")
        columns = columns[:, np.flatnonzero(np.diff(columns.indptr))]
        left = max(len(rows) - _rank((columns.T @ columns).toarray()), 1)
        inflation[rows] = np.sqrt(max(len(rows) - len(names), 1) / left)
    return inflation


def _rank(gram: Floats) -> int:
    """Rank of columns by their Gram matrix, scaled first so that units do not matter."""
    size = np.sqrt(np.diag(gram))
    return int(np.linalg.matrix_rank(gram / np.outer(size, size), tol=1e-9, hermitian=True))


def _inverse(gram: Floats) -> Floats:
    """Generalised inverse of a Gram matrix, scaled first so that units do not matter."""
    size = np.sqrt(np.diag(gram))
    size = np.where(size > 0, size, 1.0)
    inverse = np.linalg.pinv(gram / np.outer(size, size), rcond=_SINGULAR, hermitian=True)
    return inverse / np.outer(size, size)


def _swept(gram: Floats, margins: Codes) -> Floats:
    """The coefficients that ten sweeps over the margins give, as a matrix."""
    solution = np.zeros_like(gram)
    counts = np.diag(gram)
    for _ in range(_SWEEPS):
        for margin in np.unique(margins):
            own = np.flatnonzero(margins == margin)
            left = -gram[own] @ solution
            left[np.arange(len(own)), own] += 1
            solution[own] += left / counts[own, None]
    return solution

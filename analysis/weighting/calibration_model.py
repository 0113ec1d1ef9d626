"""What an estimator must know about weights that were adjusted: the auxiliaries they meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy import sparse

from analysis.weighting.calibration import cluster_averaging
from analysis.weighting.targets import Codes, Floats, NumericTarget, Target

AdjustmentKind = Literal["post-stratify", "rake", "linear", "raking", "logit", "truncated"]


@dataclass(frozen=True)
class CalibrationModel:
    """The auxiliary variables whose totals the weights meet.

    Parameters
    ----------
    auxiliaries
        Rows × auxiliaries: 0/1 for the levels of margins, numbers for other totals.
    groups
        Position of the group (area) within which each row was calibrated.
    base_weights
        Weights before the adjustment.
    kind
        The method, on which R's rule for the variance depends.
    margins
        For raked weights the cell of each row in each margin, in the order of raking.
    model_variance
        Rows' variance in the working model of a linear calibration; 1 when not given.
    """

    auxiliaries: sparse.csr_matrix
    groups: Codes
    base_weights: Floats
    kind: AdjustmentKind
    margins: tuple[Codes, ...] = ()
    model_variance: Floats | None = field(default=None)


def model_of_targets(
    targets: Sequence[Target],
    area: Codes,
    base_weights: Floats,
    kind: AdjustmentKind,
    *,
    clusters: Any = None,
    model_variance: Floats | None = None,
) -> CalibrationModel:
    """The model of weights that meet targets within areas.

    Every level of a margin that occurs in an area is one auxiliary, and every numeric
    variable in every area is one.

    Parameters
    ----------
    clusters
        Each row's cluster, where all rows of a cluster were to get the same ratio.
    """
    blocks, cells = [], []
    for target in targets:
        if isinstance(target, NumericTarget):
            entries = (target.values, (np.arange(len(area)), area))
            blocks.append(sparse.csr_matrix(entries, shape=(len(area), len(target.totals))))
            continue
        used, cell = np.unique(target.cells(area), return_inverse=True)
        ones = (np.ones(len(cell)), (np.arange(len(cell)), cell))
        blocks.append(sparse.csr_matrix(ones, shape=(len(cell), len(used))))
        cells.append(cell.astype(np.intp))
    auxiliaries = sparse.hstack(blocks, format="csr")
    if clusters is not None:
        auxiliaries = (cluster_averaging(clusters) @ auxiliaries).tocsr()
    margins = tuple(cells) if len(cells) == len(targets) else ()
    return CalibrationModel(auxiliaries, area, base_weights, kind, margins, model_variance)

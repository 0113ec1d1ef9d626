"""What an estimator must know about weights that were adjusted: the auxiliaries they meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from scipy import sparse

from analysis.weighting.targets import Codes, Floats, MarginTarget

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


def model_of_margins(
    targets: Sequence[MarginTarget],
    area: Codes,
    base_weights: Floats,
    kind: AdjustmentKind,
) -> CalibrationModel:
    """The model of weights that meet margins within areas.

    Every level of a margin that occurs in an area is one auxiliary.
    """
    blocks, cells = [], []
    for target in targets:
        used, cell = np.unique(target.cells(area), return_inverse=True)
        ones = (np.ones(len(cell)), (np.arange(len(cell)), cell))
        blocks.append(sparse.csr_matrix(ones, shape=(len(cell), len(used))))
        cells.append(cell.astype(np.intp))
    return CalibrationModel(
        sparse.hstack(blocks, format="csr"), area, base_weights, kind, tuple(cells)
    )

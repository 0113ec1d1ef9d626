"""Weights in two layers: margins of every area, and margins of the region above them.

What is known only of the region (the use of the internet, say) is met by all weights together,
what is known of each area by the weights of that area; both hold at once.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import WorkbenchError
from analysis.weighting.calibration_model import CalibrationModel, model_of_targets
from analysis.weighting.raking import Raked, rake
from analysis.weighting.table import TableTargets, table_targets
from analysis.weighting.targets import Codes, Floats, MarginTarget


def rake_in_layers(
    frame: pd.DataFrame, margins: pd.DataFrame, by: str, base: Floats | None = None
) -> tuple[Raked, CalibrationModel]:
    """Weights that meet the margins of areas and of the region.

    Parameters
    ----------
    frame
        One row per respondent.
    margins
        Columns ``var``, ``level``, ``total`` and ``by``; where the area is blank, a margin is
        the region's.
    by
        The column of the areas.
    base
        Start weights; 1 when not given.

    Returns
    -------
    Raked, CalibrationModel
        The weights, and what the variance has to know of them (one group: a margin of the
        region ties the areas together).

    Raises
    ------
    WorkbenchError
        If there is no margin of the region or of the areas, their totals differ, or they
        contradict each other.
    """
    area = margins[by].astype("object").where(margins[by].notna(), "").astype("str").str.strip()
    upper, lower = margins[area == ""].drop(columns=by), margins[area != ""]
    if not len(upper) or not len(lower):
        raise WorkbenchError(
            "two layers need margins of areas and of the region",
            expected=f"rows with a value in {by}, and rows without",
        )
    areas, region = table_targets(frame, lower, by), table_targets(frame, upper)
    targets = [*_joint(areas), *region.margins]
    one: Codes = np.zeros(len(frame), dtype=np.intp)
    start = np.ones(len(frame)) if base is None else np.asarray(base, dtype=float)
    return rake(start, targets), model_of_targets(targets, one, start, "rake")


def _joint(prepared: TableTargets) -> list[MarginTarget]:
    """Margins of areas as margins of area × level."""
    return [
        MarginTarget(
            target.name,
            tuple(f"{level} in {area}" for area in prepared.areas for level in target.levels),
            target.cells(prepared.area),
            target.totals.reshape(1, -1),
        )
        for target in prepared.margins
    ]

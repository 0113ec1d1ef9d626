"""A survey design: a table, its weights, and how its rows were selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import (
    DomainEstimates,
    Estimator,
    Kind,
    domain_estimates,
    labelled_rows,
    mixed_interval,
)
from analysis.estimation.intervals import IntervalMethod, Uncertainty, interval
from analysis.estimation.residuals import VarianceRule
from analysis.estimation.sampling import LonelyPsu, _Counts
from analysis.estimation.totals import ratio_estimates, total_estimates
from analysis.weighting.calibration_model import CalibrationModel
from analysis.weighting.diagnostics import Diagnostics
from analysis.weighting.sample import Weighted
from analysis.weighting.table import Method, level_texts, weight_table

Floats = NDArray[np.float64]
Names = str | Sequence[str]

#: The columns of an estimate behind those of ``by``; see ``docs/methods.md``.
MEASURES: Final = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff"]

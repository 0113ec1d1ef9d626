"""Weighting: margins, raking, calibration, trimming and diagnostics."""

from analysis.weighting.calibration import Bounds, Calibrated, calibrate
from analysis.weighting.calibration_model import CalibrationModel
from analysis.weighting.diagnostics import Diagnostics, kish_deff, kish_n_effective
from analysis.weighting.layers import rake_in_layers
from analysis.weighting.margins import MarginTable, MarginTables, margins_from_territory
from analysis.weighting.nonresponse import Responding, adjust_by_classes, adjust_by_propensity
from analysis.weighting.poststratify import post_stratify
from analysis.weighting.raking import Raked, rake
from analysis.weighting.sample import Weighted, weight_sample
from analysis.weighting.table import METHODS, weight_table
from analysis.weighting.targets import MarginTarget, Miss, NumericTarget
from analysis.weighting.trimming import Trimmed, trim, trim_plainly

__all__ = [
    "METHODS",
    "Bounds",
    "Calibrated",
    "CalibrationModel",
    "Diagnostics",
    "MarginTable",
    "MarginTables",
    "MarginTarget",
    "Miss",
    "NumericTarget",
    "Raked",
    "Responding",
    "Trimmed",
    "Weighted",
    "adjust_by_classes",
    "adjust_by_propensity",
    "calibrate",
    "kish_deff",
    "kish_n_effective",
    "margins_from_territory",
    "post_stratify",
    "rake",
    "rake_in_layers",
    "trim",
    "trim_plainly",
    "weight_sample",
    "weight_table",
]

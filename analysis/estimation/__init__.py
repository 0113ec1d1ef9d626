"""Estimation: designs, variances, intervals and tests."""

from analysis.estimation.comparisons import compare_domains, compare_with_rest
from analysis.estimation.design import Design
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, estimate_domains
from analysis.estimation.intervals import interval, share_interval
from analysis.estimation.multiplicity import adjusted_within, benjamini_hochberg, holm
from analysis.estimation.regression import LinearRegression, adjusted_difference, design_matrix

__all__ = [
    "Design",
    "Domains",
    "Estimator",
    "LinearRegression",
    "adjusted_difference",
    "adjusted_within",
    "benjamini_hochberg",
    "compare_domains",
    "compare_with_rest",
    "design_matrix",
    "estimate_domains",
    "holm",
    "interval",
    "share_interval",
]

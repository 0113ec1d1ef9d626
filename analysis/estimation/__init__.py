"""Estimation: designs, variances, intervals and tests."""

from analysis.estimation.comparisons import compare_domains, compare_with_rest
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, estimate_domains
from analysis.estimation.multiplicity import adjusted_within, benjamini_hochberg, holm

__all__ = [
    "Domains",
    "Estimator",
    "adjusted_within",
    "benjamini_hochberg",
    "compare_domains",
    "compare_with_rest",
    "estimate_domains",
    "holm",
]

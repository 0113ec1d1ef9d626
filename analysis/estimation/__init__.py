"""Estimation: designs, variances, intervals and tests."""

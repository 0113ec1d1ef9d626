"""Weighting: margins, raking, calibration, trimming and diagnostics."""

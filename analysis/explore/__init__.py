"""Exploring the released results of a study in JupyterLab."""

from analysis.explore.explorer import Explorer, explorer
from analysis.explore.overview import indicators

__all__ = ["Explorer", "explorer", "indicators"]

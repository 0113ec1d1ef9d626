"""What weighting did to a sample: spread of the weights, effective size, margins before and after.

Source of the design effect of unequal weights: L. Kish, Survey Sampling (1965), section 11.7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd

from analysis.weighting.targets import Codes, Floats, MarginTarget, Miss, weighted_counts

COLLAPSED: Final = ["area", "margin", "levels", "reason"]
COMPARED: Final = ["area", "variable", "level", "population", "unweighted", "weighted"]


def kish_deff(weights: Floats) -> float:
    """Kish's design effect of unequal weights, ``n Σw² / (Σw)²``. NaN without respondents."""
    total = weights.sum()
    return float(len(weights) * (weights**2).sum() / total**2) if total > 0 else float("nan")


def kish_n_effective(weights: Floats) -> float:
    """Kish's effective sample size, ``(Σw)² / Σw²``. NaN without respondents."""
    squares = (weights**2).sum()
    return float(weights.sum() ** 2 / squares) if squares > 0 else float("nan")


@dataclass(frozen=True)
class Diagnostics:
    """How a sample was weighted.

    Parameters
    ----------
    method, by
        The method, and the variable within whose values it was used.
    iterations
        Sweeps of raking, or steps of calibration.
    worst_miss
        The level that the weights miss most, and by how much.
    trim
        Bounds of the weights as multiples of their area's mean, rounds of trimming, weights
        outside before and after; None without trimming.
    collapsed
        Levels that were merged: area, margin, levels, reason.
    by_area
        One row per area: area, n, population, weight_min, weight_max, deff_kish, n_effective.
    sample_against_population
        area, variable, level, and the shares population, unweighted, weighted (0–1); the
        last rows of a variable hold all areas together.
    """

    method: str
    by: str | None = None
    iterations: int = 0
    converged: bool = True
    worst_miss: Miss | None = None
    trim: dict[str, Any] | None = None
    collapsed: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=COLLAPSED))
    weights: Floats = field(default_factory=lambda: np.zeros(0))
    by_area: pd.DataFrame = field(default_factory=pd.DataFrame)
    sample_against_population: pd.DataFrame = field(default_factory=pd.DataFrame)

    def record(self) -> dict[str, Any]:
        """The diagnostics as plain values, for the record of a run."""
        return {
            "method": self.method,
            "by": self.by,
            "iterations": self.iterations,
            "converged": self.converged,
            "worst_margin": _miss_record(self.worst_miss),
            "trim": self.trim,
            "collapsed": self.collapsed.to_dict("records"),
            "weight_min": float(self.weights.min(initial=np.inf)),
            "weight_max": float(self.weights.max(initial=0.0)),
            "deff_kish": kish_deff(self.weights),
            "n_effective": kish_n_effective(self.weights),
            "areas": self.by_area.to_dict("records"),
            "sample_against_population": self.sample_against_population.to_dict("records"),
        }


def _miss_record(miss: Miss | None) -> dict[str, Any] | None:
    if miss is None:
        return None
    return {
        "margin": miss.margin,
        "level": miss.level,
        "area": miss.area,
        "miss": miss.difference,
        "relative": miss.relative,
    }


def spread_by_area(weights: Floats, area: Codes, areas: Sequence[str]) -> pd.DataFrame:
    """Spread of the weights in each area: the rows of :attr:`Diagnostics.by_area`."""
    size = len(areas)
    n = np.bincount(area, minlength=size)
    total = weighted_counts(area, weights, size)
    squares = weighted_counts(area, weights**2, size)
    low, high = np.full(size, np.nan), np.full(size, np.nan)
    np.fmin.at(low, area, weights)
    np.fmax.at(high, area, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = total**2 / squares
        return pd.DataFrame(
            {
                "area": list(areas),
                "n": n,
                "population": total,
                "weight_min": low,
                "weight_max": high,
                "deff_kish": n / effective,
                "n_effective": effective,
            }
        )


def compare_with_population(
    targets: Sequence[MarginTarget],
    weights: Floats,
    area: Codes,
    areas: Sequence[str],
    known: Sequence[int],
    whole: str = "",
) -> pd.DataFrame:
    """Shares of each level in the population and in the sample, before and after weighting.

    Parameters
    ----------
    targets
        The margins before levels were merged.
    known
        For each margin the number of its levels that are answers; a level behind them holds
        those whose answer is not known, and is left out of the shares.
    whole
        What stands for all areas together in the column ``area``.
    """
    frames = []
    ones = np.ones_like(weights)
    for target, levels in zip(targets, known, strict=True):
        tables = [target.totals, target.sums(area, ones), target.sums(area, weights)]
        known_tables = [table[:, :levels] for table in tables]
        frames.append(_shares(target, known_tables, areas, whole))
    empty = pd.DataFrame(columns=COMPARED)
    return pd.concat(frames, ignore_index=True)[COMPARED] if frames else empty


def _shares(
    target: MarginTarget, tables: Sequence[Floats], areas: Sequence[str], whole: str
) -> pd.DataFrame:
    levels = tables[0].shape[1]
    with_sums = [np.vstack([table, table.sum(axis=0, keepdims=True)]) for table in tables]
    with np.errstate(invalid="ignore"):
        shares = [table / table.sum(axis=1, keepdims=True) for table in with_sums]
    names = [*areas, whole]
    if len(areas) == 1:
        shares, names = [share[:1] for share in shares], list(areas)
    return pd.DataFrame(
        {
            "area": np.repeat(names, levels),
            "variable": target.name,
            "level": list(target.levels[:levels]) * len(names),
            "population": shares[0].ravel(),
            "unweighted": shares[1].ravel(),
            "weighted": shares[2].ravel(),
        }
    )

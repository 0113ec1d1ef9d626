"""The domains that a plan asks for: every area and the region, whole and by group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.study import Study


@dataclass(frozen=True)
class Partition:
    """A division of the respondents into domains that do not overlap.

    ``codes`` gives each respondent's domain, −1 where none; ``areas`` and ``groups`` name
    the domains in order. At the level of the region ``areas`` repeats the region's code.
    """

    level: str
    breakdown: str
    codes: NDArray[np.intp]
    areas: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def count(self) -> int:
        """The number of domains, empty ones included."""
        return len(self.areas)


def partition(study: Study, frame: pd.DataFrame, level: str, breakdown: str) -> Partition:
    """The domains of one level and one breakdown.

    Parameters
    ----------
    study
        The opened study; its areas and the choices of the breakdown fix the order.
    frame
        A survey frame with the derived variables and ``area``.
    level
        ``area`` or ``region``.
    breakdown
        A variable with choices; empty for the whole area or region.
    """
    areas = list(study.areas.index) if level == "area" else [study.whole]
    groups, group_codes = _groups(study, frame, breakdown)
    area_codes = _area_codes(frame, areas, level)
    codes = np.where(
        (area_codes < 0) | (group_codes < 0), -1, area_codes * len(groups) + group_codes
    )
    return Partition(
        level,
        breakdown,
        codes,
        tuple(area for area in areas for _ in groups),
        tuple(groups) * len(areas),
    )


def _groups(
    study: Study, frame: pd.DataFrame, breakdown: str
) -> tuple[list[str], NDArray[np.intp]]:
    if not breakdown:
        return [""], np.zeros(len(frame), dtype=np.intp)
    groups = list(study.questionnaire.choice_names(study.list_of(breakdown) or ""))
    return groups, _positions(frame[breakdown].astype("str"), groups)


def _area_codes(frame: pd.DataFrame, areas: list[str], level: str) -> NDArray[np.intp]:
    if level == "region":
        return np.where(frame["area"].isna(), -1, 0)
    return _positions(frame["area"].astype("str"), areas)


def _positions(values: pd.Series, names: list[str]) -> NDArray[np.intp]:
    return pd.Index(names).get_indexer(values)

"""Weights of a study's sample, as its card says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analysis.definitions import suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.study import Study
from analysis.study_definitions.card import Sample
from analysis.weighting.calibration_model import CalibrationModel, model_of_targets
from analysis.weighting.collapse import collapse
from analysis.weighting.diagnostics import (
    COLLAPSED,
    Diagnostics,
    compare_with_population,
    spread_by_area,
)
from analysis.weighting.margins import MarginTable, MarginTables, margins_from_territory
from analysis.weighting.raking import Raked, checked_base, rake
from analysis.weighting.targets import Codes, Floats, MarginTarget, worst_misses
from analysis.weighting.trimming import Trimmed, trim

#: The level of those whose answer is not known; it keeps its share of the sample.
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Weighted:
    """Weights of a sample and what belongs to them.

    Parameters
    ----------
    weights
        One weight per row, under the frame's index. After weighting to margins they sum to
        the population of each area.
    calibration
        The merged margins that the weights meet, for the variance; None without margins.
    diagnostics
        See :class:`analysis.weighting.diagnostics.Diagnostics`.
    log
        What was rescaled, merged, trimmed or set aside.
    margins
        The margins as defined; None without.
    """

    weights: pd.Series
    calibration: CalibrationModel | None
    diagnostics: Diagnostics
    log: tuple[Issue, ...] = ()
    margins: MarginTables | None = None


@dataclass(frozen=True)
class _Prepared:
    """Margins as the sample can carry them."""

    defined: list[MarginTarget]
    merged: list[MarginTarget]
    collapsed: pd.DataFrame
    log: list[Issue]


def weight_sample(study: Study, sample_name: str, frame: pd.DataFrame) -> Weighted:
    """The weights of a sample: raked, given, or none.

    Parameters
    ----------
    study
        The opened study.
    sample_name
        One of its samples; the card's ``weighting`` and ``design`` say how.
    frame
        The clean survey frame of that sample with the derived variables and ``area``.

    Raises
    ------
    WorkbenchError
        If margins contradict each other or the sample; a respondent has no known area, or
        an area no respondent; a given weight is not a positive number.
    """
    sample = _sample(study, sample_name)
    base = _base(sample, frame)
    if sample.weighting.method == "rake":
        return _raked(study, sample_name, frame, base)
    area, areas = _areas(study, sample, frame) if _has_areas(frame) else _no_areas(frame)
    diagnostics = Diagnostics(
        sample.weighting.method, weights=base, by_area=spread_by_area(base, area, areas)
    )
    return Weighted(_series(base, frame), None, diagnostics)


def _raked(study: Study, name: str, frame: pd.DataFrame, base: Floats) -> Weighted:
    weighting = study.samples[name].weighting
    _refuse_other_than_areas(study, weighting.by)
    tables = margins_from_territory(study, name)
    area, areas = _areas(study, study.samples[name], frame)
    tables = tables if weighting.by else _whole(tables, study.whole)
    _refuse_empty_areas(area, areas)
    prepared = _prepare(study, tables, frame, area, areas, weighting.minimum_cell)
    base = _scaled(base, area, tables.population.to_numpy())
    raked = rake(base, prepared.merged, area, areas)
    trimmed = None
    if weighting.trim is not None:
        bounds = weighting.trim
        trimmed = trim(raked.weights, prepared.merged, bounds.low, bounds.high, area, areas)
    weights = raked.weights if trimmed is None else trimmed.weights
    return Weighted(
        _series(weights, frame),
        model_of_targets(prepared.merged, area, base, "rake"),
        _diagnostics(prepared, tables, raked, trimmed, weights, area, weighting.by, study.whole),
        (*tables.log, *prepared.log, *([trimmed.warning()] if trimmed and not trimmed.met else [])),
        tables,
    )


# --- preparation --------------------------------------------------------------------------


def _sample(study: Study, name: str) -> Sample:
    if name not in study.samples:
        raise WorkbenchError(f"the study has no sample {name}", expected=", ".join(study.samples))
    return study.samples[name]


def _base(sample: Sample, frame: pd.DataFrame) -> Floats:
    column = sample.design.weight
    if column is None:
        if sample.weighting.method == "given":
            raise WorkbenchError(
                "the weights are to be given, but the card names no column for them",
                file="study.yaml",
                expected="samples, design, weight",
            )
        return np.ones(len(frame))
    if column not in frame:
        raise WorkbenchError(f"the sample has no column {column}", expected="the column of weights")
    return checked_base(frame[column].to_numpy(dtype=float, na_value=np.nan))


def _has_areas(frame: pd.DataFrame) -> bool:
    return "area" in frame and bool(frame["area"].notna().all())


def _no_areas(frame: pd.DataFrame) -> tuple[Codes, list[str]]:
    return np.zeros(len(frame), dtype=np.intp), [""]


def _areas(study: Study, sample: Sample, frame: pd.DataFrame) -> tuple[Codes, list[str]]:
    """Position of each respondent's area, and the areas."""
    if sample.weighting.method == "rake" and sample.weighting.by is None:
        return np.zeros(len(frame), dtype=np.intp), [study.whole]
    areas = [str(area) for area in study.areas.index]
    code = pd.Index(areas).get_indexer(pd.Index(frame["area"].astype("str")))
    lost = np.flatnonzero(code < 0)
    if len(lost):
        raise WorkbenchError(
            f"{len(lost)} respondents have no area of the study and cannot be weighted",
            column=study.card.area_variable,
            got=f"the first is row {lost[0] + 1} of the clean sample",
            hint="correct the area, or discard these answers in corrections.csv",
        )
    return code.astype(np.intp), areas


def _refuse_other_than_areas(study: Study, by: str | None) -> None:
    known = (study.card.area_variable, "area")
    if by is not None and by not in known:
        raise WorkbenchError(
            "weighting is within the areas of the study or over all of them",
            file=study.folder / "study.yaml",
            column="by",
            expected=f"{known[0]}, or nothing",
            got=by,
            hint=suggestion(by, known),
        )


def _refuse_empty_areas(area: Codes, areas: Sequence[str]) -> None:
    n = np.bincount(area, minlength=len(areas))
    if (n == 0).any():
        raise WorkbenchError(
            "an area has no respondent, so no weights can stand for its population",
            got=", ".join(areas[place] for place in np.flatnonzero(n == 0).tolist()),
        )


def _whole(tables: MarginTables, name: str) -> MarginTables:
    """The margins of all areas together."""
    summed = tuple(
        MarginTable(
            table.margin,
            table.totals.sum().to_frame(name).T,
            table.shape,
            table.warning,
        )
        for table in tables.tables
    )
    population = pd.Series({name: tables.population.sum()}, name="population")
    return MarginTables(summed, population, tables.rescaling, tables.log)


def _scaled(base: Floats, area: Codes, population: Floats) -> Floats:
    """Base weights that sum to the population of each area."""
    return base * (population / np.bincount(area, base))[area]


def _prepare(
    study: Study,
    tables: MarginTables,
    frame: pd.DataFrame,
    area: Codes,
    areas: Sequence[str],
    minimum_cell: int,
) -> _Prepared:
    prepared = _Prepared([], [], pd.DataFrame(columns=COLLAPSED), [])
    collapsed = []
    for table in tables.tables:
        defined = _target(study, table, frame, area)
        kept = len(defined.levels) - len(table.levels)
        merged, rows = collapse(defined, area, areas, minimum_cell, table.shape[-1], kept)
        prepared.defined.append(defined)
        prepared.merged.append(merged)
        collapsed.append(rows)
        if kept:
            prepared.log.append(_unknown_note(defined))
    together = pd.concat(collapsed, ignore_index=True)
    prepared.log.extend(_collapse_notes(together, minimum_cell))
    return _Prepared(prepared.defined, prepared.merged, together, prepared.log)


def _target(study: Study, table: MarginTable, frame: pd.DataFrame, area: Codes) -> MarginTarget:
    """A margin with each respondent's level; those unknown keep their share of the sample."""
    code = np.zeros(len(frame), dtype=np.intp)
    unknown = np.zeros(len(frame), dtype=bool)
    for variable, size in zip(table.margin.variables, table.shape, strict=True):
        names = study.questionnaire.choice_names(study.list_of(variable) or "")
        level = pd.Index(names).get_indexer(pd.Index(frame[variable].astype("str")))
        unknown |= level < 0
        code = code * size + level
    totals = table.totals.to_numpy(dtype=float)
    levels = table.levels
    if unknown.any():
        share = np.bincount(area, unknown, minlength=len(totals)) / np.bincount(area)
        population = totals.sum(axis=1)
        totals = np.column_stack([totals * (1 - share)[:, None], population * share])
        levels = (*levels, UNKNOWN)
        code = np.where(unknown, len(levels) - 1, code)
    return MarginTarget(table.margin.name, levels, code, totals)


# --- the record ---------------------------------------------------------------------------


def _diagnostics(
    prepared: _Prepared,
    tables: MarginTables,
    raked: Raked,
    trimmed: Trimmed | None,
    weights: Floats,
    area: Codes,
    by: str | None,
    whole: str,
) -> Diagnostics:
    areas = tables.areas
    misses = worst_misses(prepared.merged, area, weights, areas)
    known = [len(table.levels) for table in tables.tables]
    return Diagnostics(
        method="rake",
        by=by,
        iterations=raked.iterations,
        converged=trimmed is None or trimmed.met,
        worst_miss=misses[0],
        trim=trimmed.record() if trimmed else None,
        collapsed=prepared.collapsed,
        weights=weights,
        by_area=spread_by_area(weights, area, areas),
        sample_against_population=compare_with_population(
            prepared.defined, weights, area, areas, known, whole
        ),
    )


def _series(weights: Floats, frame: pd.DataFrame) -> pd.Series:
    return pd.Series(weights, index=frame.index, name="weight", dtype="float64")


def _unknown_note(target: MarginTarget) -> Issue:
    count = int((target.codes == len(target.levels) - 1).sum())
    return Issue(
        f"{count} respondents have no known level in the margin {target.name}; in each area they "
        "keep their share of the sample and the known levels share the rest",
        severity="note",
    )


def _collapse_notes(collapsed: pd.DataFrame, minimum_cell: int) -> list[Issue]:
    what = {
        "thin": f"fewer than {minimum_cell} respondents",
        "no_population": "respondents but no population",
        "no_respondents": "a population but no respondents",
    }
    return [
        Issue(
            f"area {row['area']}, margin {row['margin']}: levels {row['levels']} were merged, one "
            f"of them has {what[row['reason']]}",
            severity="repair",
        )
        for row in collapsed.to_dict("records")
    ]

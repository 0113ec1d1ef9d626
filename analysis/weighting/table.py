"""Weights for any table: its margins in a second table, without a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from analysis.definitions import suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.weighting.calibration import Bounds, calibrate
from analysis.weighting.calibration_model import model_of_targets
from analysis.weighting.diagnostics import Diagnostics, compare_with_population, spread_by_area
from analysis.weighting.poststratify import post_stratify
from analysis.weighting.raking import checked_base, rake
from analysis.weighting.sample import Weighted
from analysis.weighting.targets import (
    Codes,
    Floats,
    MarginTarget,
    NumericTarget,
    Target,
    shortened,
    worst_misses,
)
from analysis.weighting.trimming import Trimmed, trim

Method = Literal["post-stratify", "rake", "linear", "raking", "logit", "truncated"]
METHODS: Final[tuple[Method, ...]] = (
    "post-stratify",
    "rake",
    "linear",
    "raking",
    "logit",
    "truncated",
)
JOINT: Final = "*"


@dataclass(frozen=True)
class TableTargets:
    """The margins of a table, and the area of each of its rows."""

    targets: tuple[Target, ...]
    area: Codes
    areas: tuple[str, ...]

    @property
    def margins(self) -> tuple[MarginTarget, ...]:
        """The margins among the targets."""
        return tuple(target for target in self.targets if isinstance(target, MarginTarget))


def weight_table(
    frame: pd.DataFrame,
    margins: pd.DataFrame,
    method: Method = "rake",
    *,
    by: str | None = None,
    bounds: tuple[float, float] | None = None,
    base: str | Floats | None = None,
    trim: tuple[float, float] | None = None,
    clusters: str | None = None,
    model_variance: str | None = None,
) -> Weighted:
    """Weights of a table that meet margins.

    Parameters
    ----------
    frame
        One row per respondent.
    margins
        Columns ``var``, ``level``, ``total`` and, with ``by``, that column too. A joint
        margin writes ``sex*age`` and ``1*30-39``. Without a level the total is that of a
        numeric variable (calibration only).
    method
        ``post-stratify`` (one margin), ``rake`` (iterative proportional fitting), or a
        distance of calibration: ``linear``, ``raking``, ``logit``, ``truncated``.
    by
        Weight within the values of this column.
    bounds
        Of the ratio of a weight to its base weight (``logit`` and ``truncated``).
    base
        Base weights, or the column that holds them; 1 when not given.
    trim
        Bounds of a weight as multiples of the mean weight (of its area).
    clusters
        Column of clusters whose rows are to get the same ratio (calibration only).
    model_variance
        Column with each row's variance in the model behind a linear calibration.

    Raises
    ------
    WorkbenchError
        If the margins have unequal totals or contradict each other, bounds cannot be met, or
        one side lacks a level; names the margin, its level and the size of the miss.

    Notes
    -----
    R: ``postStratify``, ``rake``, ``calibrate``, ``trimWeights`` of the package survey.
    """
    prepared = table_targets(frame, margins, by)
    start = _base(frame, base)
    limits = None if bounds is None else Bounds(*bounds)
    options = _options(frame, method, clusters, model_variance)
    weights, iterations = _weights(prepared, start, method, limits, options)
    trimmed = _trimmed(prepared, weights, trim)
    if trimmed is not None:
        weights = trimmed.weights
    return Weighted(
        pd.Series(weights, index=frame.index, name="weight"),
        model_of_targets(prepared.targets, prepared.area, start, method, **options),
        _diagnostics(prepared, weights, method, by, iterations, trimmed),
        tuple(_notes(weights, trimmed)),
    )


def table_targets(
    frame: pd.DataFrame, margins: pd.DataFrame, by: str | None = None
) -> TableTargets:
    """The margins of a table as targets for its rows.

    Raises
    ------
    WorkbenchError
        If a column is lacking, a total is not a number, a level or area is on one side only,
        or a row has no level.
    """
    table = _checked_margins(margins, by)
    area, areas = _areas(frame, table, by)
    targets: list[Target] = []
    for variable in dict.fromkeys(table["var"]):
        own = table[table["var"] == variable]
        if (own["level"] == "").all():
            targets.append(_numeric(frame, own, variable, areas))
        else:
            targets.append(_margin(frame, own, variable, areas))
    return TableTargets(tuple(targets), area, areas)


def level_texts(values: pd.Series) -> pd.Series:
    """Values as the names of levels: whole numbers without a decimal part; missing stays."""
    known = values.notna()
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        numbers = values.astype("float64")
        whole = known & (numbers == numbers.round())
        texts = numbers.map(repr, na_action="ignore").astype("object")
        texts[whole] = numbers[whole].astype("int64").astype("str")
    else:
        texts = values.astype("object").map(str, na_action="ignore")
    return texts.where(known, None).str.strip()


# --- reading ------------------------------------------------------------------------------


def _checked_margins(margins: pd.DataFrame, by: str | None) -> pd.DataFrame:
    needed = ["var", "level", "total", *([by] if by else [])]
    lacking = [column for column in needed if column not in margins]
    if lacking:
        raise WorkbenchError(
            "the margins lack a column",
            expected=", ".join(needed),
            got=", ".join(map(str, margins.columns)),
        )
    table = pd.DataFrame(
        {
            "var": level_texts(margins["var"]).fillna(""),
            "level": level_texts(margins["level"]).fillna(""),
            "total": pd.to_numeric(margins["total"], errors="coerce").astype("float64"),
            "area": level_texts(margins[by]).fillna("") if by else "",
        }
    ).reset_index(drop=True)
    _refuse_rows(table["total"].isna(), "the total is not a number", "total")
    _refuse_rows(table.duplicated(["var", "level", "area"]), "a level stands twice", "level")
    if table.empty:
        raise WorkbenchError("there are no margins", expected="at least one row")
    return table


def _refuse_rows(wrong: pd.Series, what: str, column: str) -> None:
    if wrong.any():
        raise WorkbenchError(what, row=int(np.flatnonzero(wrong)[0]) + 2, column=column)


def _areas(
    frame: pd.DataFrame, table: pd.DataFrame, by: str | None
) -> tuple[Codes, tuple[str, ...]]:
    if by is None:
        return np.zeros(len(frame), dtype=np.intp), ("",)
    own = _column(frame, by)
    areas = tuple(dict.fromkeys(table["area"]))
    found = set(own)
    one_sided = [
        *(f"{area} has margins but no rows" for area in areas if area not in found),
        *(f"{area} has rows but no margins" for area in sorted(found - set(areas))),
    ]
    if one_sided:
        raise WorkbenchError(
            f"the values of {by} are not the same in the table and in the margins",
            issues=shortened([Issue(f"{by} {text}") for text in one_sided]),
        )
    return pd.Index(areas).get_indexer(pd.Index(own)).astype(np.intp), areas


def _margin(
    frame: pd.DataFrame, own: pd.DataFrame, variable: str, areas: Sequence[str]
) -> MarginTarget:
    parts = [_column(frame, name) for name in variable.split(JOINT)]
    values = pd.Index(parts[0])
    for part in parts[1:]:
        values = values + JOINT + pd.Index(part)
    levels = tuple(dict.fromkeys(own["level"]))
    codes = pd.Index(levels).get_indexer(values)
    strange = sorted(set(values[codes < 0]))
    if strange:
        counts = pd.Series(values[codes < 0]).value_counts()
        raise WorkbenchError(
            f"the table has levels of {variable} that the margins lack",
            issues=shortened(
                [
                    Issue(
                        f"margin {variable}, level {level}: {counts[level]} rows, no total",
                        expected=", ".join(levels[:12]),
                        hint=suggestion(level, levels),
                    )
                    for level in strange
                ]
            ),
        )
    totals = np.zeros((len(areas), len(levels)))
    places = (
        pd.Index(areas).get_indexer(pd.Index(own["area"])),
        pd.Index(levels).get_indexer(pd.Index(own["level"])),
    )
    totals[places] = own["total"]
    return MarginTarget(variable, levels, codes.astype(np.intp), totals)


def _numeric(
    frame: pd.DataFrame, own: pd.DataFrame, variable: str, areas: Sequence[str]
) -> NumericTarget:
    if variable not in frame:
        raise _no_column(frame, variable)
    values = pd.to_numeric(frame[variable], errors="coerce").to_numpy(dtype=float)
    if np.isnan(values).any():
        raise WorkbenchError(
            f"{variable} has a total, but some rows have no number in it",
            row=int(np.flatnonzero(np.isnan(values))[0]) + 2,
            column=variable,
            hint="a margin of levels names the level in the column level",
        )
    totals = own.set_index("area")["total"].reindex(list(areas)).to_numpy(dtype=float)
    if np.isnan(totals).any():
        raise WorkbenchError(
            f"the total of {variable} is lacking in an area",
            got=areas[int(np.flatnonzero(np.isnan(totals))[0])],
        )
    return NumericTarget(variable, values, totals)


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    """A column as names of levels.

    Raises
    ------
    WorkbenchError
        If there is no such column, or a row is blank in it.
    """
    if name not in frame:
        raise _no_column(frame, name)
    texts = level_texts(frame[name]).reset_index(drop=True)
    blank = np.flatnonzero(texts.isna())
    if len(blank):
        raise WorkbenchError(
            f"{len(blank)} rows have no level of {name}",
            row=int(blank[0]) + 2,
            column=name,
            hint="fill them in, or give those who are not known a level with its own total",
        )
    return texts


def _no_column(frame: pd.DataFrame, name: str) -> WorkbenchError:
    return WorkbenchError(
        f"the table has no column {name}",
        expected=", ".join(map(str, frame.columns[:20])),
        hint=suggestion(name, list(frame.columns)),
    )


def _base(frame: pd.DataFrame, base: str | Floats | None) -> Floats:
    if base is None:
        return np.ones(len(frame))
    if not isinstance(base, str):
        return checked_base(base)
    if base not in frame:
        raise _no_column(frame, base)
    values = pd.to_numeric(frame[base], errors="coerce")
    return checked_base(values.to_numpy(dtype=float, na_value=np.nan))


# --- weighting ----------------------------------------------------------------------------


def _weights(
    prepared: TableTargets,
    base: Floats,
    method: Method,
    bounds: Bounds | None,
    options: Mapping[str, Any],
) -> tuple[Floats, int]:
    area, areas = prepared.area, prepared.areas
    if method == "rake" or method == "post-stratify":
        _refuse_numeric(prepared, method)
        if bounds is not None:
            raise WorkbenchError(
                f"the method {method} has no bounds", hint="choose logit or truncated, or trim"
            )
        if method == "rake":
            raked = rake(base, prepared.margins, area, areas)
        elif len(prepared.margins) == 1:
            raked = post_stratify(base, prepared.margins[0], area, areas)
        else:
            raise WorkbenchError(
                "post-stratification is to one margin",
                got=", ".join(target.name for target in prepared.targets),
                hint="write a joint margin such as sex*age, or use rake",
            )
        return raked.weights, raked.iterations
    if method not in METHODS:
        raise WorkbenchError(f"there is no method {method}", expected=", ".join(METHODS))
    found = calibrate(
        base, prepared.targets, area, areas, distance=method, bounds=bounds, **options
    )
    return found.weights, found.steps


def _options(
    frame: pd.DataFrame, method: Method, clusters: str | None, model_variance: str | None
) -> dict[str, Any]:
    """What only calibration knows: clusters and the model's variance."""
    options: dict[str, Any] = {}
    if clusters is not None:
        options["clusters"] = _column(frame, clusters).to_numpy()
    if model_variance is not None:
        values = _base(frame, model_variance)
        options["model_variance"] = values
    if options and method in ("rake", "post-stratify"):
        raise WorkbenchError(
            f"the method {method} knows neither clusters nor a model's variance",
            hint="use one of linear, raking, logit, truncated",
        )
    return options


def _refuse_numeric(prepared: TableTargets, method: str) -> None:
    numeric = [target.name for target in prepared.targets if isinstance(target, NumericTarget)]
    if numeric:
        raise WorkbenchError(
            f"the method {method} cannot meet the total of a numeric variable",
            got=", ".join(numeric),
            hint="use one of linear, raking, logit, truncated",
        )


def _trimmed(
    prepared: TableTargets, weights: Floats, bounds: tuple[float, float] | None
) -> Trimmed | None:
    if bounds is None:
        return None
    _refuse_numeric(prepared, "trim")
    if not 0 < bounds[0] < 1 < bounds[1]:
        raise WorkbenchError(
            "the bounds of trimming do not hold the mean weight between them",
            expected="LOW between 0 and 1, HIGH above 1",
            got=f"{bounds[0]:g},{bounds[1]:g}",
        )
    return trim(weights, prepared.margins, *bounds, prepared.area, prepared.areas)


def _diagnostics(
    prepared: TableTargets,
    weights: Floats,
    method: str,
    by: str | None,
    iterations: int,
    trimmed: Trimmed | None,
) -> Diagnostics:
    area, areas, margins = prepared.area, prepared.areas, prepared.margins
    misses = worst_misses(margins, area, weights, areas)
    known = [len(target.levels) for target in margins]
    return Diagnostics(
        method=method,
        by=by,
        iterations=iterations,
        converged=trimmed is None or trimmed.met,
        worst_miss=misses[0] if misses else None,
        trim=trimmed.record() if trimmed else None,
        weights=weights,
        by_area=spread_by_area(weights, area, areas),
        sample_against_population=compare_with_population(margins, weights, area, areas, known),
    )


def _notes(weights: Floats, trimmed: Trimmed | None) -> list[Issue]:
    notes = []
    negative = int((weights <= 0).sum())
    if negative:
        notes.append(
            Issue(
                f"{negative} weights are zero or negative",
                severity="warning",
                hint="choose raking, logit or truncated, or merge levels",
            )
        )
    if trimmed is not None and not trimmed.met:
        notes.append(trimmed.warning())
    return notes


def read_bounds(text: Any) -> tuple[float, float]:
    """``LOW,HIGH`` as two numbers.

    Raises
    ------
    WorkbenchError
        If the text is anything else.
    """
    try:
        low, high = (float(part) for part in str(text).split(","))
    except ValueError:
        raise WorkbenchError(
            "these are not two bounds", expected="LOW,HIGH", got=str(text)
        ) from None
    return low, high

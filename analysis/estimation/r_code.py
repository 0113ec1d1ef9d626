"""A design written out as R code, for those who want the same numbers from R ``survey``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import WorkbenchError

if TYPE_CHECKING:
    from analysis.estimation.design import Design

#: The columns of the written table that hold what the design adds to it.
WEIGHT, BASE = "needs_weight", "needs_base_weight"

_RULES = {"r-calibrate": "calibrate", "r-rake": "rake"}


def r_code(design: Design, data: str | Path = "data.csv") -> str:
    """R code that reads a table written by :func:`write_for_r` and builds the design.

    Parameters
    ----------
    design
        The design; its variance rule should be one that R has: ``r-rake`` for raked weights,
        ``r-calibrate`` for calibrated ones; post-stratified weights have the same rule.
    data
        The file that the code reads.

    Raises
    ------
    WorkbenchError
        If R has no such rule or method, so that errors would differ.
    """
    lines = [
        "library(survey)",
        f"options(survey.lonely.psu = {_lonely(design)})",
        f"frame <- read.csv({_text(str(data))}, check.names = FALSE)",
        f"design <- {_svydesign(design)}",
        *_adjustment(design),
    ]
    return "\n".join(lines) + "\n"


def write_for_r(design: Design, data: Path) -> None:
    """The table of a design with its weights and, for each margin, the level of every row."""
    frame = design.frame.copy()
    frame[WEIGHT] = design.weight_values
    model = design.calibration
    frame[BASE] = design.weight_values if model is None else model.base_weights
    for number, codes in enumerate(() if model is None else model.margins, start=1):
        frame[f"needs_margin_{number}"] = codes
    frame.to_csv(data, index=False, float_format="%.17g")


def _svydesign(design: Design) -> str:
    clusters = _formula(design.clusters, "+") or "~1"
    parts = [f"id = {clusters}"]
    if design.strata is not None:
        parts.append(f"strata = {_formula(design.strata, '+')}")
    parts.append(f"weights = ~{BASE}")
    if design.fpc is not None:
        parts.append(f"fpc = {_formula(design.fpc, '+')}")
    nest = ", nest = TRUE" if design.strata is not None and design.clusters is not None else ""
    return f"svydesign({', '.join(parts)}, data = frame{nest})"


def _adjustment(design: Design) -> list[str]:
    model = design.calibration
    if model is None:
        return []
    if not model.margins:
        raise WorkbenchError(
            "weights calibrated to totals of numbers are not written as R code",
            hint="write the weights with write_for_r and use them as they are",
        )
    names = [f"needs_margin_{number}" for number in range(1, len(model.margins) + 1)]
    if model.kind == "post-stratify" and len(names) == 1:
        return [f"design <- postStratify(design, ~{names[0]}, {_totals(design, 0, names[0])})"]
    if model.kind == "rake" and design.variance == "r-rake":
        formulas = ", ".join(f"~{name}" for name in names)
        totals = ",\n  ".join(_totals(design, place, name) for place, name in enumerate(names))
        control = "control = list(maxit = 5000, epsilon = 1e-9)"
        return [f"design <- rake(design, list({formulas}), list(\n  {totals}), {control})"]
    if model.kind == "linear" and design.variance == "r-calibrate":
        return _calibrate(design, names)
    raise WorkbenchError(
        f"R has no rule for weights made by {model.kind} with the variance {design.variance}",
        expected=", ".join(f"{rule} ({name})" for rule, name in _RULES.items()),
        hint="replace(design, variance='r-rake') gives R's numbers for raked weights",
    )


def _calibrate(design: Design, names: list[str]) -> list[str]:
    """Linear calibration to the levels of margins."""
    model = design.calibration
    assert model is not None
    levels = [np.bincount(codes, design.weight_values) for codes in model.margins]
    values = [float(levels[0].sum())]
    for own in levels:
        values += own[1:].tolist()
    numbers = ", ".join(f"{value:.17g}" for value in values)
    formula = " + ".join(f"factor({name})" for name in names)
    return [
        f"formula <- ~{formula}",
        f"totals <- c({numbers})",
        "names(totals) <- colnames(model.matrix(formula, frame))",
        'design <- calibrate(design, formula, totals, calfun = "linear", epsilon = 1e-10)',
    ]


def _totals(design: Design, place: int, name: str) -> str:
    model = design.calibration
    assert model is not None
    totals = pd.Series(np.bincount(model.margins[place], design.weight_values))
    levels = ", ".join(str(level) for level in totals.index)
    numbers = ", ".join(f"{value:.17g}" for value in totals)
    return f"data.frame({name} = c({levels}), Freq = c({numbers}))"


def _lonely(design: Design) -> str:
    return _text(design.lonely_psu)


def _formula(names: object, joint: str) -> str:
    if names is None:
        return ""
    columns = [names] if isinstance(names, str) else list(names)  # type: ignore[call-overload]
    return "~" + f" {joint} ".join(f"`{column}`" for column in columns)


def _text(value: str) -> str:
    return '"' + value.replace("\\", "/").replace('"', '\\"') + '"'

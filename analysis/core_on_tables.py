"""The statistical core on any table: ``needs weight`` and ``needs estimate``."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.definitions import read_rows, suggestion
from analysis.errors import WorkbenchError
from analysis.estimation.design import Design
from analysis.estimation.intervals import INTERVAL_METHODS
from analysis.estimation.residuals import VARIANCE_RULES
from analysis.sources.tabular import frame_of, read_table
from analysis.weighting.table import METHODS, read_bounds, weight_table

LONELY_PSU = ("fail", "remove", "adjust", "average", "certainty")


def weight_file(
    data: Path,
    margins: Path,
    out: Path,
    *,
    method: str,
    bounds: str | None = None,
    base: str | None = None,
    by: str | None = None,
    trim: str | None = None,
) -> str:
    """Weight a table to margins and write the weights; returns a line on the outcome.

    Parameters
    ----------
    data
        CSV, XLSX, Parquet or SAV.
    margins
        CSV with ``var``, ``level``, ``total`` and, with ``by``, that column.
    out
        CSV with every column of an ``id`` if there is one, and ``weight``, rows in order.
    method, bounds, base, by, trim
        As :func:`analysis.weighting.table.weight_table`; bounds as ``LOW,HIGH``.

    Raises
    ------
    WorkbenchError
        If the inputs cannot be used or the margins cannot be met; no file is written then.
    """
    frame = _frame(data)
    weighted = weight_table(
        frame,
        _margins(margins),
        _one_of(method, METHODS, "method"),
        by=by,
        bounds=read_bounds(bounds) if bounds else None,
        base=base,
        trim=read_bounds(trim) if trim else None,
    )
    identifiers = [column for column in frame.columns if column.lower() == "id"]
    _write(frame[identifiers].assign(weight=weighted.weights), out)
    record = weighted.diagnostics.record()
    worst = record["worst_margin"]
    miss = f"{worst['margin']} {worst['level']} off by {worst['miss']:.3g}" if worst else "none"
    return (
        f"{out}: {len(frame)} weights from {record['weight_min']:.6g} to "
        f"{record['weight_max']:.6g}, design effect {record['deff_kish']:.3f}, "
        f"{record['iterations']} iterations, worst margin {miss}"
    )


def estimate_file(
    data: Path,
    out: Path,
    *,
    design: Mapping[str, Any],
    statistics: Mapping[str, Sequence[str] | None],
    by: str | None = None,
    level: float = 0.95,
    interval: str = "logit",
    margins: Path | None = None,
    method: str = "rake",
    bounds: str | None = None,
) -> str:
    """Estimate from a table and write the estimates; returns a line on the outcome.

    Parameters
    ----------
    data
        CSV, XLSX, Parquet or SAV.
    out
        CSV with the columns ``statistic, variable, category``, those of ``by``, and
        ``estimate, se, ci_low, ci_high, df, n, n_effective, deff``, 17 significant digits.
    design
        ``weights``, ``strata``, ``clusters``, ``fpc``, ``lonely_psu``, ``variance``.
    statistics
        ``mean``, ``total``, ``share``: lists of variables; ``ratio``: ``A/B``.
    by
        Columns of the domains, separated by commas.
    margins, method, bounds
        Margins that the weights are adjusted to first.

    Raises
    ------
    WorkbenchError
        If the inputs cannot be used; no file is written then.
    """
    chosen = {name: _names(values) for name, values in statistics.items() if values}
    if not chosen:
        raise WorkbenchError("nothing is to be estimated", expected="--mean, --total, --share …")
    survey = _design(_frame(data), design)
    if margins is not None:
        survey = _adjusted(survey, _margins(margins), method, bounds)
    domains = _names([by]) if by else None
    kind = _one_of(interval, INTERVAL_METHODS, "interval")
    tables = list(_estimates(survey, chosen, domains, level, kind))
    table = pd.concat(tables, ignore_index=True)
    _write(table, out)
    return f"{out}: {len(table)} estimates from {len(survey.frame)} rows"


def _estimates(
    survey: Design,
    chosen: Mapping[str, Sequence[str]],
    by: Sequence[str] | None,
    level: float,
    interval: Any,
) -> Iterable[pd.DataFrame]:
    for name, variables in chosen.items():
        if name == "ratio":
            for pair in variables:
                numerator, _, denominator = pair.partition("/")
                yield survey.ratio(numerator, denominator, by=by, level=level)
        elif name == "share":
            yield survey.share(list(variables), by=by, level=level, interval_method=interval)
        elif name == "total":
            yield survey.total(list(variables), by=by, level=level)
        else:
            yield survey.mean(list(variables), by=by, level=level)


def _design(frame: pd.DataFrame, options: Mapping[str, Any]) -> Design:
    return Design(
        frame,
        weights=options.get("weights"),
        strata=options.get("strata"),
        clusters=_names([options["clusters"]]) if options.get("clusters") else None,
        fpc=_names([options["fpc"]]) if options.get("fpc") else None,
        lonely_psu=_one_of(options.get("lonely_psu") or "fail", LONELY_PSU, "lonely-psu"),
        variance=_one_of(options.get("variance") or "calibrated", VARIANCE_RULES, "variance"),
    )


def _adjusted(survey: Design, margins: pd.DataFrame, method: str, bounds: str | None) -> Design:
    name = _one_of(method, METHODS, "method")
    if name == "rake":
        return survey.rake(margins)
    if name == "post-stratify":
        return survey.post_stratify(margins)
    limits = read_bounds(bounds) if bounds else None
    return survey.calibrate(margins, method=name, bounds=limits)


def _frame(path: Path) -> pd.DataFrame:
    return frame_of(read_table(path))


def _margins(path: Path) -> pd.DataFrame:
    return pd.DataFrame([row.values for row in read_rows(path)])


def _names(values: Iterable[str]) -> list[str]:
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def _one_of(value: str, known: Sequence[str], what: str) -> Any:
    if value not in known:
        raise WorkbenchError(
            f"there is no {what} {value}",
            expected=", ".join(known),
            got=value,
            hint=suggestion(value, known),
        )
    return value


def _write(table: pd.DataFrame, out: Path) -> None:
    if not out.parent.is_dir():
        raise WorkbenchError("the folder to write to is missing", file=out.parent)
    beside = out.with_name(f".{out.name}.part")
    try:
        table.to_csv(beside, index=False, float_format="%.17g", lineterminator="\n")
        os.replace(beside, out)
    finally:
        beside.unlink(missing_ok=True)

"""The statistical core on any table: ``needs weight``, ``needs estimate``, ``needs test``."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.definitions import read_rows, suggestion
from analysis.errors import WorkbenchError
from analysis.estimation.design import Design
from analysis.estimation.intervals import INTERVAL_METHODS
from analysis.estimation.replicates import ReplicateDesign
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
        ``weights``, ``strata``, ``clusters``, ``fpc``, ``lonely_psu``, ``variance``,
        ``replicates``, ``scale``, ``rscales``.
    statistics
        ``mean``, ``total``, ``share``: lists of variables; ``ratio``: ``A/B``; ``quantile``:
        ``Q:VAR``; ``select-all``: the beginning of the names of 0/1 columns.
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
    survey: Design | ReplicateDesign = _design(_frame(data), design)
    if margins is not None:
        survey = _adjusted(_plain(survey), _margins(margins), method, bounds)
    if design.get("replicates"):
        survey = _replicated(_plain(survey), design, chosen)
    domains = _names([by]) if by else None
    kind = _one_of(interval, INTERVAL_METHODS, "interval")
    tables = list(_estimates(survey, chosen, domains, level, kind))
    table = pd.concat(tables, ignore_index=True)
    _write(table, out)
    return f"{out}: {len(table)} estimates"


def independence_file(
    data: Path,
    *,
    design: Mapping[str, Any],
    rows: str,
    columns: str,
    margins: Path | None = None,
    method: str = "rake",
    bounds: str | None = None,
    out: Path | None = None,
) -> str:
    """Test whether two columns of a table are independent; returns what was found.

    Parameters
    ----------
    rows, columns
        The columns.
    out
        CSV with the columns ``test, statistic, df, df_denominator, p_value``, if wanted.
    data, design, margins, method, bounds
        As in :func:`estimate_file`.

    Raises
    ------
    WorkbenchError
        If the inputs cannot be used; no file is written then.
    """
    survey = _design(_frame(data), design)
    if margins is not None:
        survey = _adjusted(survey, _margins(margins), method, bounds)
    table = survey.test_independence(rows, columns)
    if out is not None:
        _write(table, out)
    lines = [
        f"{row['test']}: {row['statistic']:.6g}{_degrees(row['df'], row['df_denominator'])},"
        f" p = {row['p_value']:.4g}"
        for row in table.to_dict("records")
    ]
    return "\n".join([f"{rows} by {columns}, {len(survey.frame)} rows", *lines])


def _degrees(df: float, denominator: float) -> str:
    known = [f"{value:.5g}" for value in (df, denominator) if not math.isnan(value)]
    return f" ({'; '.join(known)} df)" if known else ""


def _plain(survey: Design | ReplicateDesign) -> Design:
    return survey.design if isinstance(survey, ReplicateDesign) else survey


def _replicated(
    survey: Design, options: Mapping[str, Any], chosen: Mapping[str, Sequence[str]]
) -> ReplicateDesign:
    """Replicate weights from columns: their names, or the beginning of their names."""
    unable = {"quantile", "select-all"} & set(chosen)
    if unable:
        raise WorkbenchError(
            "replicate weights give errors of means, totals, shares and ratios",
            got=", ".join(f"--{name}" for name in sorted(unable)),
        )
    if options.get("scale") is None:
        raise WorkbenchError(
            "replicate weights need a scale", expected="--scale S, as the data's documentation says"
        )
    asked = _names([options["replicates"]])
    columns = asked
    if len(asked) == 1 and asked[0] not in survey.frame:
        columns = [name for name in map(str, survey.frame) if name.startswith(asked[0])]
    if not columns:
        raise WorkbenchError("there are no columns of replicate weights", got=asked[0])
    rscales = None
    if options.get("rscales") is not None:
        table = frame_of(read_table(options["rscales"]))
        rscales = pd.to_numeric(table.iloc[:, -1]).to_numpy()
    return survey.with_replicates(columns, float(options["scale"]), rscales)


def _estimates(
    survey: Design | ReplicateDesign,
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
        elif name == "quantile":
            yield from (_quantile(_plain(survey), asked, by, level) for asked in variables)
        elif name == "select-all":
            for prefix in variables:
                yield _plain(survey).select_all(prefix, by, level, interval)
        else:
            yield survey.mean(list(variables), by=by, level=level)


def _quantile(survey: Design, asked: str, by: Sequence[str] | None, level: float) -> pd.DataFrame:
    """``Q:VAR``."""
    share, _, variable = asked.partition(":")
    try:
        q = float(share)
    except ValueError:
        raise WorkbenchError(
            "a quantile is asked as Q:VAR", got=asked, expected="0.5:income"
        ) from None
    return survey.quantile(variable, q, by=by, level=level)


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

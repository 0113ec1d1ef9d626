"""Model-based estimates of areas beside the direct ones, and what they may be made from.

A Fay–Herriot model (:mod:`analysis.estimation.small_areas`) draws each area's share towards
what known facts of the areas and the other areas say. It is made after the gate:

* Of what is sensitive, or tied to something sensitive by sums that a reader knows, or hidden
  for disclosure in any area, the model sees released numbers only, rounded as they are. A
  hidden area has no sample then, its estimate rests on the other areas alone, and the rows
  are what a reader could compute: they give nothing away, whatever the shrinkage.
* Of everything else it sees the direct estimate of every area at full precision, also where
  that is not shown for want of answers. There the model is meant to help, and nothing needs
  protecting.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.estimates import NUMERIC, typed
from analysis.estimation.small_areas import benchmarked, fay_herriot_shares, share_model
from analysis.release.audit import DISCLOSURE_STATES
from analysis.release.gate import Released, rounded
from analysis.release.ranks import CONFIDENCE, SHOWN
from analysis.release.rules import PrecisionRules, RuleSet
from analysis.release.tables import STRATUM, TABLE

Floats = NDArray[np.float64]

MODEL = "model"
METHOD = "fay-herriot"
REPLICATES = 200


@dataclass(frozen=True)
class Known:
    """What is public of the areas, by code.

    Parameters
    ----------
    auxiliaries
        Areas × auxiliaries; none when it has no column.
    population
        Of each area.
    """

    auxiliaries: pd.DataFrame
    population: pd.Series


@dataclass(frozen=True)
class Modelled:
    """Rows made by models, and how far each model can be believed."""

    rows: pd.DataFrame
    diagnostics: list[dict[str, Any]]


@dataclass(frozen=True)
class _Input:
    """What a model of one table sees, by area."""

    shares: Floats
    n_effective: Floats
    sizes: Floats | None
    total: float


def model_rows(
    released: Released,
    wanted: Collection[tuple[str, str]],
    known: Known | None,
    rules: RuleSet,
    confidence: float = CONFIDENCE,
) -> Modelled:
    """Model-based shares of areas in the tables that the plan asks for.

    Parameters
    ----------
    released
        What came through the gate.
    wanted
        Sample and indicator; of them those that are shares.
    known
        What is known of the areas; without it all are drawn towards their common mean.
    rules
        By which precision is judged and numbers are rounded.
    confidence
        Of each interval.

    Returns
    -------
    Modelled
        Rows typed as the table of estimates, with ``comparison`` ``model`` and
        ``source_kind`` ``model``; ``standard_error`` is the root mean squared error. Areas
        are brought into agreement with the region. In brackets are those that vary more than
        the rules allow, and all of a model that sees no difference between areas beyond the
        auxiliaries, because it is surer of itself than it can be.
    """
    estimates = released.estimates
    asked = pd.MultiIndex.from_frame(estimates[["sample", "indicator"]]).isin(list(wanted))
    plain = estimates["comparison"].eq("") & estimates["statistic"].eq("share")
    totals = np.asarray(asked) & plain & estimates["breakdown"].eq("")
    rows, diagnostics = [], []
    for key, table in estimates[totals].groupby([*STRATUM, *TABLE], sort=False):
        areas = table[table["level"] == "area"]
        shown = released.rows.loc[table.index]
        guarded = key[2:5] in released.guarded or shown["release"].isin(DISCLOSURE_STATES).any()
        model_input = _seen(table, shown, known) if guarded else _all_of(table)
        auxiliaries = None if known is None else known.auxiliaries.reindex(areas["area"])
        name = dict(zip(("sample", "indicator", "category"), key[2:5], strict=True))
        try:
            found, said = _estimated(areas, model_input, auxiliaries, rules, confidence)
        except WorkbenchError as error:
            diagnostics.append({**name, "fitted": False, "reason": error.issue.what})
            continue
        rows.append(found.assign(n=shown.loc[areas.index, "n"].to_numpy()))
        diagnostics.append({**name, "fitted": True, "released_only": bool(guarded), **said})
    table = pd.concat(rows, ignore_index=True) if rows else estimates.iloc[:0]
    return Modelled(rounded(typed(table), rules.rounding), diagnostics)


# --- what a model sees --------------------------------------------------------------------


def _all_of(table: pd.DataFrame) -> _Input:
    areas, region = table[table["level"] == "area"], table[table["level"] == "region"]
    total = float(region["estimate"].iloc[0]) if len(region) else np.nan
    sizes = np.nan_to_num(areas["base"].to_numpy(dtype=float))
    return _Input(areas["estimate"].to_numpy(dtype=float), _effective(areas), sizes, total)


def _seen(table: pd.DataFrame, shown: pd.DataFrame, known: Known | None) -> _Input:
    """Only what is shown, and public sizes of the areas."""
    area, region = shown[table["level"] == "area"], shown[table["level"] == "region"]
    visible = area["release"].isin(SHOWN).to_numpy()
    total = region.loc[region["release"].isin(SHOWN), "estimate"]
    return _Input(
        np.where(visible, area["estimate"], np.nan).astype(float),
        np.where(visible, _effective(area), np.nan),
        None if known is None else known.population.reindex(area["area"]).to_numpy(dtype=float),
        float(total.iloc[0]) if len(total) else np.nan,
    )


def _effective(rows: pd.DataFrame) -> Floats:
    effective = rows["n_effective"].where(rows["n_effective"] > 0, rows["n"])
    return effective.to_numpy(dtype=float)


# --- estimates ----------------------------------------------------------------------------


def _estimated(
    areas: pd.DataFrame,
    seen: _Input,
    auxiliaries: pd.DataFrame | None,
    rules: RuleSet,
    confidence: float,
) -> tuple[pd.DataFrame, Mapping[str, Any]]:
    matrix = None
    if auxiliaries is not None and auxiliaries.shape[1]:
        matrix = auxiliaries.to_numpy(dtype=float)
    found = fay_herriot_shares(
        seen.shares, seen.n_effective, matrix, replicates=REPLICATES, confidence=confidence
    )
    with warnings.catch_warnings():  # alike residuals have no test of their shape
        warnings.simplefilter("ignore")
        diagnostics = share_model(seen.shares, seen.n_effective, matrix).diagnostics
    estimate, low, high = (
        found[name].to_numpy(dtype=float) for name in ("estimate", "ci_low", "ci_high")
    )
    moved = _in_agreement(estimate, found["se"].to_numpy(dtype=float), seen)
    low, high = (np.clip(limit + moved - estimate, 0, 1) for limit in (low, high))
    precision = _precision(moved, found["se"].to_numpy(), high - low, rules.precision)
    zero = bool(diagnostics["variance_is_zero"])
    state = np.where((precision == "low_precision") | zero, "low_precision", "ok")
    rows = areas.assign(**dict.fromkeys(NUMERIC, np.nan)).assign(
        comparison=MODEL,
        source_kind=MODEL,
        sensitive=False,
        estimate=moved,
        standard_error=found["se"].to_numpy(),
        ci_low=low,
        ci_high=high,
        interval_method=METHOD,
        confidence=confidence,
        release=np.where(precision == "suppressed_precision", precision, state),
        precision=np.where(state == "ok", "reliable", "low"),
    )
    hidden = rows["release"].eq("suppressed_precision")
    rows.loc[hidden, ["estimate", "standard_error", "ci_low", "ci_high", "confidence"]] = np.nan
    rows.loc[hidden, "interval_method"] = ""
    said = {name: round(float(value), 6) for name, value in diagnostics.items()}
    return rows, {**said, "moved": round(float(np.abs(moved - estimate).max()), 6)}


def _in_agreement(estimate: Floats, error: Floats, seen: _Input) -> Floats:
    """Estimates whose mean over the region is the direct one, where that may be known."""
    sizes = seen.sizes
    if sizes is None or not np.isfinite(seen.total) or not np.isfinite(sizes).all():
        return estimate
    if not sizes.sum() > 0 or not (error > 0).all():
        return estimate
    moved = benchmarked(estimate, sizes, seen.total, mean_squared_errors=error**2)
    return np.asarray(np.clip(moved, 0, 1))


def _precision(
    estimate: Floats, error: Floats, width: Floats, rules: PrecisionRules
) -> NDArray[np.str_]:
    """By the rules for a direct share, but without a least base: the model has more to go by."""
    smaller = np.minimum(estimate, 1 - estimate)
    limit = np.inf if rules.maximum_cv is None else rules.maximum_cv
    varies = (error > limit * smaller) & (width > rules.exempt_interval_width)
    widest = np.inf if rules.maximum_interval_width is None else rules.maximum_interval_width
    return np.select([width >= widest, varies], ["suppressed_precision", "low_precision"], "ok")

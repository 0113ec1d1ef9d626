"""Made-up released rows and run record of any study, for tests of what is shown.

They have the shape of real ones and plausible values, every kind of release among them.
They follow the study's plan, so a change of its definitions needs no change here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.estimates import IDENTITY, RELEASED_COLUMNS, row_ids
from analysis.presentation.naming import Names
from analysis.study import Study
from analysis.study_definitions.rows import PlanRow

_Z = 1.959964


def released_rows(study: Study, origin: str = "modelled", seed: int = 7) -> pd.DataFrame:
    """A released table that follows the plan of a study."""
    random = np.random.default_rng(seed)
    names = Names(study, study.card.default_language)
    effects = dict(zip(study.areas.index, random.normal(0, 0.5, len(study.areas)), strict=True))
    rows = [
        row
        for plan in study.plan
        if not names.definition(plan.indicator).requires
        for row in _plan_rows(study, names, plan, effects, random)
    ]
    table = pd.DataFrame(rows)
    table = table.drop_duplicates([c for c in IDENTITY if c in table], ignore_index=True)
    table = _exhausted(study, table)
    table["data_origin"] = origin
    table = _adjusted(_released(table))
    table["row_id"] = row_ids(table)
    return table.reindex(columns=RELEASED_COLUMNS)


def write_results(study: Study, folder: Path, origin: str = "modelled") -> None:
    """Released rows and a run record where the workbench would put them."""
    folder.mkdir(parents=True, exist_ok=True)
    released_rows(study, origin).to_parquet(folder / "released.parquet")
    (folder / "run_record.json").write_text(json.dumps(run_record(study, origin)))


def _plan_rows(
    study: Study,
    names: Names,
    plan: PlanRow,
    effects: dict[str, float],
    random: np.random.Generator,
) -> Iterator[dict[str, Any]]:
    size = study.samples[plan.sample].target_size or 200
    places = [(code, "area") for code in study.areas.index if "area" in plan.levels]
    if "region" in plan.levels:
        places.append((study.whole, "region"))
    for category in names.categories(plan.indicator):
        definition = names.definition(plan.indicator, category)
        centre = random.normal(0.2, 1.3)
        for area, level in places:
            n = size if level == "area" else size * len(study.areas)
            base = {
                "study": study.id, "wave": study.wave, "sample": plan.sample,
                "indicator": plan.indicator, "category": category, "level": level, "area": area,
                "breakdown": "", "group": "", "comparison": "", "statistic": definition.statistic,
                "confidence": 0.95, "df": n - 1.0, "interval_method": "logit",
                "base_label": names.text(definition.base_label), "source_kind": "survey",
                "reference_date": study.card.fieldwork.end.isoformat(), "precision": "",
                "comparability": "", "notes": "", "input_hash": "0" * 12,
                "definition_version": definition.version,
            }  # fmt: skip
            value = centre + effects.get(area, 0.0)
            compared = definition.statistic == "comparison"
            if not compared:
                yield base | _values(definition, value, n * 0.98, random)
            if "rest" in plan.comparisons and level == "area":
                yield base | {"comparison": "rest"} | _difference(definition, value, n, random)
            for breakdown in () if compared else plan.breakdowns:
                for group, share in _shares(names, breakdown):
                    spread = random.normal(0, 0.5)
                    yield (
                        base
                        | {"breakdown": breakdown, "group": group}
                        | _values(definition, value + spread, n * share, random)
                    )


def _exhausted(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    """Shares of the answers to a single-choice question made to add up to one."""
    single = [
        indicator.code
        for indicator in study.indicators
        if indicator.over in study.questionnaire.questions
        and not study.questionnaire.is_multiple(indicator.over or "")
    ]
    keys = ["sample", "indicator", "area", "breakdown", "group"]
    rows = table["indicator"].isin(single) & (table["comparison"] == "")
    total = table[rows].groupby(keys)["estimate"].transform("sum")
    for column in ("estimate", "standard_error", "ci_low", "ci_high"):
        table.loc[rows, column] = table.loc[rows, column] / total
    return table


def _shares(names: Names, breakdown: str) -> list[tuple[str, float]]:
    groups = names.groups(breakdown)
    weights = np.linspace(3, 0.4, len(groups))
    return list(zip(groups, weights / weights.sum(), strict=True))


def _values(definition: Any, value: float, n: float, random: np.random.Generator) -> dict[str, Any]:
    n = float(max(3, round(n * random.uniform(0.9, 1.0))))
    effective = n / 1.4
    if definition.statistic == "share":
        share = 1 / (1 + np.exp(-value))
        error = np.sqrt(share * (1 - share) / effective)
        logit, width = np.log(share / (1 - share)), _Z * error / (share * (1 - share))
        low, high = (1 / (1 + np.exp(-(logit + sign * width))) for sign in (-1, 1))
        return _numbers(share, error, low, high, n, effective)
    if definition.unit == "points":
        gap, error = 0.12 * value, 0.6 / np.sqrt(effective)
    else:
        gap, error = 14 + 3 * value, 8 / np.sqrt(effective)
        if definition.statistic == "adjusted_difference":
            gap -= 14
    return _numbers(gap, error, gap - _Z * error, gap + _Z * error, n, effective)


def _difference(
    definition: Any, value: float, n: float, random: np.random.Generator
) -> dict[str, Any]:
    scale = 1.0 if definition.unit == "number" else 0.1
    error = scale * 6.5 / np.sqrt(n)
    gap = scale * 0.6 * random.normal(0, 1) + 0.02 * scale * value
    numbers = _numbers(gap, error, gap - _Z * error, gap + _Z * error, n * 0.98, n / 1.4)
    return numbers | {"p_value": float(2 * stats.norm.sf(abs(gap / error)))}


def _numbers(
    estimate: float, error: float, low: float, high: float, n: float, effective: float
) -> dict[str, Any]:
    return {
        "estimate": float(estimate), "standard_error": float(error), "ci_low": float(low),
        "ci_high": float(high), "n": float(round(n)), "n_effective": float(effective),
        "deff": 1.4, "p_value": np.nan, "p_adjusted": np.nan,
    }  # fmt: skip


def _adjusted(table: pd.DataFrame) -> pd.DataFrame:
    keys = ["sample", "indicator", "category"]
    compared = table["comparison"] == "rest"
    table.loc[compared, "p_adjusted"] = (
        table[compared].groupby(keys)["p_value"].transform(lambda p: _holm(p.to_numpy()))
    )
    return table


def _holm(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p)
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def _released(table: pd.DataFrame) -> pd.DataFrame:
    n, place = table["n"], np.arange(len(table))
    release = np.select(
        [n < 30, (place % 89 == 5) & (table["breakdown"] != ""), place % 177 == 11, n < 50],
        ["suppressed_precision", "suppressed_primary", "suppressed_complementary", "low_precision"],
        "ok",
    )
    table["release"] = release
    hidden = table["release"].str.startswith("suppressed")
    numbers = ["estimate", "standard_error", "ci_low", "ci_high", "deff", "n_effective", "p_value"]
    table.loc[hidden, numbers] = np.nan
    table.loc[hidden & (table["release"] != "suppressed_precision"), "n"] = np.nan
    return table


def run_record(study: Study, origin: str = "modelled") -> dict[str, Any]:
    """A run record in the shape the run writes it."""
    return {
        "study": study.id,
        "wave": study.wave,
        "data_origin": origin,
        "samples": {name: _sample_record(study, name) for name in study.samples},
        "margins": [
            {
                "name": margin.name,
                "source": dict(margin.source),
                "reference_date": margin.reference_date.isoformat(),
                "warning": {"cs": "Stav se od dotazování liší o více než dva roky.",
                            "en": "More than two years from the field work."},
            }
            for margin in study.margins
        ],
        "release": {
            "rule_set": "default",
            "counts": {"ok": 9120, "low_precision": 410, "suppressed_precision": 612,
                       "suppressed_primary": 31, "suppressed_complementary": 44},
            "audit": {"cells_hidden": 75, "recoverable": 0, "minimum_width": 6},
        },
        "software": {"analysis": "0.1.0", "numpy": "2.4.6"},
        "seed": study.card.seed,
        "input_hash": "3f6d0a9b77c1",
    }  # fmt: skip


def _sample_record(study: Study, name: str) -> dict[str, Any]:
    sample = study.samples[name]
    size = sample.target_size or 200
    per_area = {code: size - place for place, code in enumerate(study.areas.index)}
    questions = [question.name for question in study.questionnaire.asked_of(name)][:12]
    total = sum(per_area.values())
    weighted = sample.weighting.method == "rake"
    return {
        "n": total,
        "response_flow": [
            {"stage": "distributed", "count": int(total * 1.5), "reason": "", "label": {}},
            {"stage": "returned", "count": total + 42, "reason": "", "label": {}},
            {
                "stage": "discarded",
                "count": 30,
                "reason": "incomplete",
                "label": {"cs": "neúplné dotazníky", "en": "incomplete questionnaires"},
            },
            {"stage": "discarded", "count": 12, "reason": "duplicate", "label": {}},
            {"stage": "processed", "count": total, "reason": "", "label": {}},
        ],
        "missing": [
            {
                "question": question,
                "asked": 2750,
                "dont_know": 6 * place,
                "refused": 5 * place,
                "n_missing": 11 * place,
                "share": 0.004 * place,
            }
            for place, question in enumerate(questions)
        ],
        "weighting": {
            "method": sample.weighting.method,
            "by": sample.weighting.by,
            "iterations": 14,
            "converged": True,
            "worst_margin": {
                "margin": "sex_age", "level": "1*1", "area": "", "miss": 1e-7, "relative": 1e-11,
            },
            "trim": {"low": 0.2, "high": 5.0, "before": 7, "after": 0},
            "collapsed": [],
            "weight_min": 18.2,
            "weight_max": 412.0,
            "deff_kish": 1.62,
            "n_effective": total / 1.62,
            "areas": [
                {"area": code, "n": n, "population": 100.0 * n, "weight_min": 20.1,
                 "weight_max": 310.5, "deff_kish": 1.31, "n_effective": n / 1.31}
                for code, n in per_area.items()
            ],
            "sample_against_population": [
                {"area": code, "variable": variable, "level": level, "population": 0.2,
                 "unweighted": 0.18, "weighted": 0.2}
                for code in study.areas.index
                for variable, levels in (
                    ("sex_age", ["1*1", "1*2", "5*1", "5*2"]), ("education", ["1", "2", "3", "4"])
                )
                for level in levels
            ],
        } if weighted else {"method": sample.weighting.method},
    }  # fmt: skip

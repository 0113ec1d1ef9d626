"""The analysis plan carried out: all estimates of a study as one typed table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.estimates import empty_estimates, typed
from analysis.estimation.comparisons import compare_with_rest
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import estimate_domains
from analysis.estimation.regression import LinearRegression, adjusted_difference
from analysis.indicators.compiling import (
    CompiledIndicators,
    compile_indicators,
    compiled_columns,
)
from analysis.study import Indicator, PlanRow, Study
from analysis.validation.clean import Validated
from analysis.weighting.sample import Weighted

CONFIDENCE = 0.95

#: Statistics that one engine estimates as means of the respondents' values.
_OF_VALUES = ("share", "mean", "difference")


@dataclass(frozen=True)
class SampleResult:
    """One sample, checked and weighted."""

    sample: str
    frame: pd.DataFrame
    validated: Validated
    weighted: Weighted

    def weights_by_respondent(self) -> pd.DataFrame:
        """Weights beside the identifiers, and nothing else of a respondent."""
        return pd.DataFrame(
            {"respondent": self.frame["respondent"], "weight": self.weighted.weights}
        )


@dataclass(frozen=True)
class _Task:
    """Indicators of one sample that the plan asks for in the same domains."""

    codes: tuple[str, ...]
    breakdowns: tuple[str, ...]
    levels: tuple[str, ...]
    compared: frozenset[str]


def estimate_study(
    study: Study, results: Iterable[SampleResult], *, input_hash: str = ""
) -> pd.DataFrame:
    """The table of estimates of a study.

    Parameters
    ----------
    study
        The opened study; its plan says what is estimated.
    results
        The weighted samples.
    input_hash
        Of everything the estimates are made from; stands in every row.

    Returns
    -------
    DataFrame
        Columns of :data:`analysis.estimates.COLUMNS`; ``release`` is not decided yet.
    """
    tables = [table for result in results for table in _sample_estimates(study, result)]
    if not tables:
        return empty_estimates()
    return typed(pd.concat(tables, ignore_index=True).assign(input_hash=input_hash))


# --- one sample ---------------------------------------------------------------------------


def _sample_estimates(study: Study, result: SampleResult) -> Iterator[pd.DataFrame]:
    plan = [row for row in study.plan if row.sample == result.sample]
    compiled = compile_indicators(study, result.frame, _needed(study, plan))
    for task in _tasks(study, plan):
        for table in _task_estimates(study, result, compiled, task):
            yield _described(study, result, table)
    for row in plan:
        for table in _adjusted_estimates(study, result, compiled, row):
            yield _described(study, result, table)


def _needed(study: Study, plan: Iterable[PlanRow]) -> set[str]:
    """The indicators of a plan and those they are made of."""
    codes = {row.indicator for row in plan}
    return codes | {
        indicator.of for indicator in study.indicators if indicator.code in codes and indicator.of
    }


def _tasks(study: Study, plan: Iterable[PlanRow]) -> Iterator[_Task]:
    grouped: dict[tuple[tuple[str, ...], tuple[str, ...]], list[PlanRow]] = defaultdict(list)
    for row in plan:
        indicator = study.indicator(row.indicator)[0]
        if indicator.statistic in _OF_VALUES and not indicator.requires:
            grouped[(row.breakdowns, row.levels)].append(row)
    renamed = _comparison_codes(study, plan)
    for (breakdowns, levels), rows in grouped.items():
        compared = {
            row.indicator for row in rows if row.comparison == "rest" or row.indicator in renamed
        }
        yield _Task(tuple(row.indicator for row in rows), breakdowns, levels, frozenset(compared))


def _comparison_codes(study: Study, plan: Iterable[PlanRow]) -> dict[str, str]:
    """Indicators that the plan compares under another code: their code → that other."""
    return {
        indicator.of: indicator.code
        for row in plan
        for indicator in study.indicator(row.indicator)
        if indicator.statistic == "comparison" and indicator.of
    }


def _task_estimates(
    study: Study, result: SampleResult, compiled: CompiledIndicators, task: _Task
) -> Iterator[pd.DataFrame]:
    places = [place for code in task.codes for place in compiled.places(code)]
    if not places:
        return
    domains = _domains(study, result.frame, task.breakdowns, task.levels)
    yield estimate_domains(
        compiled.values[:, places], _weights(result), domains, confidence=CONFIDENCE,
        **_variables(compiled, places), **_design(study, result),
    ).assign(comparison="")  # fmt: skip
    compared = [place for place in places if compiled.columns[place].key[0] in task.compared]
    if compared and {"area", "region"} <= set(task.levels):
        yield from _compared(study, result, compiled, compared, domains)


def _compared(
    study: Study,
    result: SampleResult,
    compiled: CompiledIndicators,
    places: list[int],
    domains: Domains,
) -> Iterator[pd.DataFrame]:
    """Area less the rest of the region, also under the code of a comparison."""
    plan = [row for row in study.plan if row.sample == result.sample]
    rows = compare_with_rest(
        compiled.values[:, places], _weights(result), domains, confidence=CONFIDENCE,
        **_variables(compiled, places), **_design(study, result),
    ).assign(comparison="rest")  # fmt: skip
    own = {row.indicator for row in plan if row.comparison == "rest"}
    yield rows[rows["indicator"].isin(own)]
    for code, comparison_code in _comparison_codes(study, plan).items():
        found = rows[rows["indicator"] == code]
        yield found.assign(indicator=comparison_code, statistic="comparison")


def _weights(result: SampleResult) -> Any:
    return result.weighted.weights.to_numpy()


def _variables(compiled: CompiledIndicators, places: Iterable[int]) -> dict[str, Any]:
    """Names and kinds of some columns of values."""
    columns = [compiled.columns[place] for place in places]
    names = pd.DataFrame([column.key for column in columns], columns=["indicator", "category"])
    kinds = [column.indicator.statistic for column in columns]
    return {"columns": names.assign(statistic=kinds), "kinds": kinds}


def _domains(
    study: Study, frame: pd.DataFrame, breakdowns: Iterable[str], levels: Iterable[str]
) -> Domains:
    area = frame["area"].astype(pd.CategoricalDtype(list(study.areas.index)))
    groups = {name: _groups(study, frame, name) for name in breakdowns}
    return Domains.of_areas(area, groups, study.whole, tuple(levels))


def _groups(study: Study, frame: pd.DataFrame, name: str) -> pd.Series:
    """A breakdown with its choices in order; the kinds of missing are no group."""
    names = study.questionnaire.choice_names(study.list_of(name) or "")
    return frame[name].astype(pd.CategoricalDtype(list(names)))


def _design(study: Study, result: SampleResult) -> dict[str, Any]:
    """Strata, clusters and population sizes as the study card names them.

    Quota samples and samples through providers are taken as drawn within the areas.
    """
    design = study.samples[result.sample].design
    frame = result.frame
    strata = design.strata or ("area" if design.kind in ("quota", "providers") else None)
    return {
        "calibration": result.weighted.calibration,
        "strata": None if strata is None else frame[strata].astype("str"),
        "clusters": [frame[design.clusters].astype("str")] if design.clusters else (),
        "populations": [frame[design.fpc]] if design.fpc else (),
        "lonely_psu": "adjust",
    }


# --- differences adjusted for other variables ---------------------------------------------


def _adjusted_estimates(
    study: Study, result: SampleResult, compiled: CompiledIndicators, row: PlanRow
) -> Iterator[pd.DataFrame]:
    """Mean of an indicator with an exposure less without it, other variables held equal."""
    for indicator in study.indicator(row.indicator):
        if indicator.statistic != "adjusted_difference" or indicator.of is None:
            continue
        outcome = compiled.values[:, compiled.places(indicator.of)[0]]
        covariates = pd.DataFrame(
            {name: _groups(study, result.frame, name) for name in indicator.adjust}
        )
        regression = LinearRegression(_weights(result), **_design(study, result))
        domains = _domains(study, result.frame, (), row.levels)
        for category, exposure in _exposures(study, indicator, result.frame):
            yield adjusted_difference(
                regression, outcome, exposure, covariates, domains, CONFIDENCE
            ).assign(
                indicator=indicator.code, category=category,
                statistic=indicator.statistic, comparison="",
            )  # fmt: skip


def _exposures(
    study: Study, indicator: Indicator, frame: pd.DataFrame
) -> Iterator[tuple[str, Any]]:
    as_share = replace(indicator, statistic="share", of=None)
    yield from compiled_columns(study, as_share, frame)


# --- what belongs to every row ------------------------------------------------------------


def _described(study: Study, result: SampleResult, table: pd.DataFrame) -> pd.DataFrame:
    by_key = {(indicator.code, indicator.category): indicator for indicator in study.indicators}
    by_code = {indicator.code: indicator for indicator in study.indicators}
    keys = zip(table["indicator"], table["category"], strict=True)
    indicators = [by_key.get(key, by_code[key[0]]) for key in keys]
    language = study.card.default_language
    return table.assign(
        study=study.id,
        wave=study.wave,
        sample=result.sample,
        base_label=[indicator.base_label.get(language, "") for indicator in indicators],
        source_kind="survey",
        data_origin=_origin(result.frame),
        reference_date=study.card.fieldwork.end.isoformat(),
        sensitive=[indicator.sensitive for indicator in indicators],
        definition_version=[indicator.version for indicator in indicators],
    )


def _origin(frame: pd.DataFrame) -> str:
    return "modelled" if (frame["data_origin"] == "modelled").any() else "observed"

"""The analysis plan carried out: all estimates of a study as one typed table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import Issue, WorkbenchError
from analysis.estimates import IDENTITY, empty_estimates, typed
from analysis.estimation.comparisons import compare_with_rest
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import estimate_domains
from analysis.estimation.regression import LinearRegression, adjusted_difference
from analysis.indicators.compiling import (
    OF_VALUES,
    CompiledIndicators,
    compile_indicators,
    compiled_columns,
)
from analysis.indicators.group_sizes import (
    population_rows,
    population_totals,
    size_issues,
    size_rows,
)
from analysis.study import Study
from analysis.study_definitions.rows import Indicator, PlanRow
from analysis.validation.clean import Validated
from analysis.weighting.sample import Weighted

CONFIDENCE = 0.95


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
    """Indicators of one sample that the plan asks for in the same domains.

    ``compared`` maps those that are compared with the rest of the region to the rows of the
    plan that ask for it: their own, and those of comparisons under another code.
    """

    codes: tuple[str, ...]
    breakdowns: tuple[str, ...]
    levels: tuple[str, ...]
    compared: Mapping[str, tuple[PlanRow, ...]]


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

    Raises
    ------
    WorkbenchError
        If the plan compares what it does not estimate (:func:`check_plan`), or an indicator
        cannot be computed.
    """
    check_plan(study)
    tables = [table for result in results for table in _sample_estimates(study, result)]
    if not tables:
        return empty_estimates()
    estimates = pd.concat(tables, ignore_index=True)
    # Two rows of a plan may ask for the same total.
    return typed(estimates.drop_duplicates(IDENTITY).assign(input_hash=input_hash))


def check_plan(study: Study) -> None:
    """Refuse comparisons of what the plan does not estimate.

    An area less the rest of the region follows from what is published of both, so both have
    to be estimated for it to be released.

    Raises
    ------
    WorkbenchError
        With an issue for each row of the plan.
    """
    issues = [issue for row in study.plan for issue in _plan_issues(study, row)]
    issues += size_issues(study)
    if issues:
        raise WorkbenchError("the analysis plan cannot be carried out", issues=issues)


def _plan_issues(study: Study, row: PlanRow) -> Iterator[Issue]:
    code = _compared_code(study, row)
    if code is None:
        return
    rows = [one for one in study.plan if (one.sample, one.indicator) == (row.sample, code)]
    for breakdown in ("", *row.breakdowns):
        if not any(
            {"area", "region"} <= set(one.levels) and breakdown in ("", *one.breakdowns)
            for one in rows
        ):
            by = f" by {breakdown}" if breakdown else ""
            yield Issue(
                f"{row.indicator} is compared with the rest of the region, but {code} is not"
                f" estimated{by} for the areas and the region",
                file=str(study.folder / "plan.csv"),
                column="comparison",
                expected=f"a row {code} of the sample {row.sample} with the levels area region",
            )


# --- one sample ---------------------------------------------------------------------------


def _sample_estimates(study: Study, result: SampleResult) -> Iterator[pd.DataFrame]:
    plan = [row for row in study.plan if row.sample == result.sample]
    compiled = compile_indicators(study, result.frame, _needed(study, plan))
    found: list[pd.DataFrame] = []
    for task in _tasks(study, plan):
        for table in _task_estimates(study, result, compiled, task):
            found.append(_described(study, result, table))
    yield from found
    sizes = size_rows(study, plan, found, population_totals(study, result.frame, _weights(result)))
    if len(sizes):
        yield _described(study, result, sizes)
    counts = population_rows(study, plan)
    if len(counts):
        yield _described(study, result, counts).assign(
            source_kind="population",
            data_origin="observed",
            reference_date=_population_date(study),
            sensitive=False,
        )
    for row in plan:
        for table in _adjusted_estimates(study, result, compiled, row):
            yield _described(study, result, table)


def _needed(study: Study, plan: Iterable[PlanRow]) -> set[str]:
    """The indicators of a plan and those they are made of."""
    codes = {row.indicator for row in plan}
    return codes | {
        source
        for indicator in study.indicators
        if indicator.code in codes
        for source in indicator.sources
    }


def _tasks(study: Study, plan: Iterable[PlanRow]) -> Iterator[_Task]:
    grouped: dict[tuple[tuple[str, ...], tuple[str, ...]], list[PlanRow]] = defaultdict(list)
    for row in plan:
        indicator = study.indicator(row.indicator)[0]
        if indicator.statistic in OF_VALUES and not indicator.requires:
            grouped[(row.breakdowns, row.levels)].append(row)
    for (breakdowns, levels), rows in grouped.items():
        codes = tuple(row.indicator for row in rows)
        both = {"area", "region"} <= set(levels)
        wanted = {code: tuple(_comparing(study, plan, code)) for code in codes if both}
        compared = {code: found for code, found in wanted.items() if found}
        yield _Task(codes, breakdowns, levels, compared)


def _comparing(study: Study, plan: Iterable[PlanRow], code: str) -> Iterator[PlanRow]:
    """The rows of the plan that compare an indicator with the rest of the region."""
    return (row for row in plan if _compared_code(study, row) == code)


def _compared_code(study: Study, row: PlanRow) -> str | None:
    """The indicator that a row of the plan compares: its own, or that of a comparison."""
    indicator = study.indicator(row.indicator)[0]
    if indicator.statistic == "comparison":
        return indicator.of
    return row.indicator if "rest" in row.comparisons else None


def _task_estimates(
    study: Study, result: SampleResult, compiled: CompiledIndicators, task: _Task
) -> Iterator[pd.DataFrame]:
    places = _places(compiled, task.codes)
    if not places:
        return
    domains = _domains(study, result.frame, task.breakdowns, task.levels)
    yield estimate_domains(
        compiled.values[:, places], _weights(result), domains, confidence=CONFIDENCE,
        **_variables(compiled, places), **_design(study, result),
    ).assign(comparison="")  # fmt: skip
    if _places(compiled, task.compared):
        yield from _compared(study, result, compiled, task, domains)


def _compared(
    study: Study,
    result: SampleResult,
    compiled: CompiledIndicators,
    task: _Task,
    domains: Domains,
) -> Iterator[pd.DataFrame]:
    """Area less the rest of the region, also under the code of a comparison."""
    places = _places(compiled, task.compared)
    differences = compare_with_rest(
        compiled.values[:, places], _weights(result), domains, confidence=CONFIDENCE,
        **_variables(compiled, places), **_design(study, result),
    ).assign(comparison="rest")  # fmt: skip
    for code, rows in task.compared.items():
        of_code = differences[differences["indicator"] == code]
        for row in rows:
            found = of_code[of_code["breakdown"].isin(["", *row.breakdowns])]
            if row.indicator != code:
                found = found.assign(indicator=row.indicator, statistic="comparison")
            yield found


def _places(compiled: CompiledIndicators, codes: Iterable[str]) -> list[int]:
    return [place for code in codes for place in compiled.places(code)]


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
    codes = list(study.areas.index)
    area = frame["area"].where(frame["area"].isin(codes)).astype(pd.CategoricalDtype(codes))
    groups = {name: _groups(study, frame, name) for name in breakdowns}
    return Domains.of_areas(area, groups, study.whole, tuple(levels))


def _groups(study: Study, frame: pd.DataFrame, name: str) -> pd.Series:
    """A breakdown with its choices in order; the kinds of missing are no group."""
    names = study.questionnaire.choice_names(study.list_of(name) or "")
    return frame[name].cat.set_categories(list(names))


def design_arguments(
    study: Study, sample: str, frame: pd.DataFrame, weighted: Weighted
) -> dict[str, Any]:
    """Strata, clusters and population sizes as the study card names them.

    Quota samples and samples through providers are taken as drawn within the areas.

    Parameters
    ----------
    study, sample
        The study, and which of its samples.
    frame, weighted
        Its respondents and their weights.

    Returns
    -------
    dict
        Arguments of :func:`analysis.estimation.estimator.estimate_domains`.
    """
    design = study.samples[sample].design
    strata = design.strata or ("area" if design.kind in ("quota", "providers") else None)
    return {
        "calibration": weighted.calibration,
        "strata": None if strata is None else frame[strata].astype("str"),
        "clusters": [frame[design.clusters].astype("str")] if design.clusters else (),
        "populations": [frame[design.fpc]] if design.fpc else (),
        "lonely_psu": "adjust",
        "variance": "calibrated-corrected",
    }


def _design(study: Study, result: SampleResult) -> dict[str, Any]:
    return design_arguments(study, result.sample, result.frame, result.weighted)


# --- differences adjusted for other variables ---------------------------------------------


def _adjusted_estimates(
    study: Study, result: SampleResult, compiled: CompiledIndicators, row: PlanRow
) -> Iterator[pd.DataFrame]:
    """Mean of an indicator with an exposure less without it, other variables held equal."""
    for indicator in study.indicator(row.indicator):
        if indicator.statistic != "adjusted_difference" or indicator.of is None:
            continue
        places = compiled.places(indicator.of)
        if not places:
            continue
        outcome = compiled.values[:, places[0]]
        covariates = pd.DataFrame(
            {name: _groups(study, result.frame, name) for name in indicator.adjust}
        )
        regression = LinearRegression(_weights(result), **_design(study, result))
        domains = _domains(study, result.frame, (), row.levels)
        for category, exposure in _exposures(study, indicator, result.frame):
            found = adjusted_difference(
                regression, outcome, exposure, covariates, domains, CONFIDENCE
            )
            yield found.assign(
                indicator=indicator.code,
                category=category,
                statistic=indicator.statistic,
                comparison="",
                confidence=CONFIDENCE,
                interval_method=np.where(found["ci_low"].isna(), "", "mean"),
            )


def _exposures(
    study: Study, indicator: Indicator, frame: pd.DataFrame
) -> Iterator[tuple[str, Any]]:
    as_share = replace(indicator, statistic="share", of=None)
    yield from compiled_columns(study, as_share, frame)


# --- what belongs to every row ------------------------------------------------------------


def _described(study: Study, result: SampleResult, table: pd.DataFrame) -> pd.DataFrame:
    keys = list(zip(table["indicator"], table["category"], strict=True))
    defined = {key: study.definition_of(*key) for key in dict.fromkeys(keys)}
    indicators = [defined[key] for key in keys]
    language = study.card.default_language
    return table.assign(
        study=study.id,
        wave=study.wave_of(result.sample),
        sample=result.sample,
        base_label=[indicator.base_label.get(language, "") for indicator in indicators],
        source_kind="survey",
        data_origin=_origin(result.frame),
        reference_date=(
            study.samples[result.sample].reference_date or study.card.survey_period[1]
        ).isoformat(),
        sensitive=[defined[key].reveals(key[1]) for key in keys],
        definition_version=[indicator.version for indicator in indicators],
    )


def _population_date(study: Study) -> str:
    return study.territory.population_date.isoformat() if study.territory else ""


def _origin(frame: pd.DataFrame) -> str:
    return "modelled" if (frame["data_origin"] == "modelled").any() else "observed"

"""Do 95 % intervals hold the true value in 95 % of samples?

A population with known truth is generated once. Samples are drawn from it as the study draws
them, with unequal response and item non-response, each is weighted and estimated by the code
that makes the reports, and every interval is held against the truth. A second set of samples
has response that depends on an outcome, which weighting cannot mend: its bias is measured.

    python benchmarks/coverage.py                      1,000 samples, all processors
    python benchmarks/coverage.py --samples 100        quicker, rougher
"""

# ruff: noqa: E402 (the number of threads is read when numpy is imported)
from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    # Samples are shared out among processes; threads inside one would only get in the way.
    os.environ.setdefault(_variable, "1")

import argparse
import multiprocessing
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimation.comparisons import compare_with_rest
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, estimate_domains
from analysis.indicators.compiling import CompiledIndicators, compile_indicators
from analysis.study import Study, open_study
from analysis.synthetic import (
    Population,
    ResponseModel,
    build_population,
    domains,
    draw_sample,
    refuse,
    response_model,
    streams,
    true_values,
)
from analysis.variables import with_derived_variables
from analysis.weighting.sample import Weighted, weight_sample

Floats = NDArray[np.float64]

CONFIDENCE = 0.95
# What the project asks of shares between 10 % and 90 %.
MEAN_COVERAGE = (0.94, 0.96)
CELL_COVERAGE = (0.93, 0.97)
TOLERATED_CELLS = 0.01
SHARES = (0.1, 0.9)

KEYS = ["indicator", "category", "statistic", "level", "area", "breakdown", "group", "comparison"]
_OF_VALUES = ("share", "mean", "difference")


# --- what is estimated --------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """Indicators that the plan wants in the same domains."""

    codes: tuple[str, ...]
    breakdowns: tuple[str, ...]
    levels: tuple[str, ...]
    compared: frozenset[str]


@dataclass(frozen=True)
class Setting:
    """All that the samples have in common."""

    population: Population
    sample: str
    model: ResponseModel
    tasks: tuple[Task, ...]

    @property
    def study(self) -> Study:
        """The study."""
        return self.population.study


def planned_tasks(study: Study, sample: str) -> tuple[Task, ...]:
    """The plan of a sample, without what rests on other sources or on a regression."""
    grouped: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Any]] = defaultdict(list)
    for row in study.plan:
        indicator = study.indicator(row.indicator)[0]
        if row.sample == sample and indicator.statistic in _OF_VALUES and not indicator.requires:
            grouped[row.breakdowns, row.levels].append(row)
    return tuple(
        Task(
            tuple(row.indicator for row in rows),
            breakdowns,
            levels,
            frozenset(row.indicator for row in rows if row.comparison == "rest"),
        )
        for (breakdowns, levels), rows in grouped.items()
    )


def task_domains(study: Study, frame: pd.DataFrame, task: Task) -> Domains:
    """The domains of a task, the same and in the same order for every sample."""
    area = frame["area"].astype(pd.CategoricalDtype([str(code) for code in study.areas.index]))
    groups = {
        name: frame[name].astype(
            pd.CategoricalDtype(list(study.questionnaire.choice_names(study.list_of(name) or "")))
        )
        for name in task.breakdowns
    }
    return Domains.of_areas(area, groups, study.whole, task.levels)


def estimates(setting: Setting, frame: pd.DataFrame, weighted: Weighted) -> pd.DataFrame:
    """Every estimate that the plan asks of a weighted sample, with its interval.

    ``plain`` is the estimate without weights; NaN for a comparison.
    """
    codes = {code for task in setting.tasks for code in task.codes}
    compiled = compile_indicators(setting.study, frame, codes)
    tables = [
        table
        for task in setting.tasks
        for table in _task_estimates(setting.study, frame, weighted, compiled, task)
    ]
    return pd.concat(tables, ignore_index=True)


def _task_estimates(
    study: Study,
    frame: pd.DataFrame,
    weighted: Weighted,
    compiled: CompiledIndicators,
    task: Task,
) -> Iterator[pd.DataFrame]:
    parts = task_domains(study, frame, task)
    places = [place for code in task.codes for place in compiled.places(code)]
    if places:
        plain = Estimator(compiled.values[:, places], np.ones(len(frame))).sums(parts).mean
        table = _estimated(estimate_domains, frame, weighted, compiled, places, parts)
        yield table.assign(comparison="", plain=plain.ravel())
    compared = [place for place in places if compiled.columns[place].key[0] in task.compared]
    if compared and {"area", "region"} <= set(task.levels):
        table = _estimated(compare_with_rest, frame, weighted, compiled, compared, parts)
        yield table.assign(comparison="rest", plain=np.nan)


def _estimated(
    estimate: Any,
    frame: pd.DataFrame,
    weighted: Weighted,
    compiled: CompiledIndicators,
    places: list[int],
    parts: Domains,
) -> pd.DataFrame:
    """Some columns of values in some domains, as the study estimates them."""
    columns = [compiled.columns[place] for place in places]
    names = pd.DataFrame([column.key for column in columns], columns=["indicator", "category"])
    kinds = [column.indicator.statistic for column in columns]
    return estimate(
        compiled.values[:, places],
        weighted.weights.to_numpy(),
        parts,
        columns=names.assign(statistic=kinds),
        kinds=kinds,
        calibration=weighted.calibration,
        strata=frame["area"].astype("str"),
        lonely_psu="adjust",
        variance="calibrated-corrected",
        confidence=CONFIDENCE,
    )


# --- the truth ----------------------------------------------------------------------------


def true_cells(setting: Setting) -> pd.DataFrame:
    """The true value of every cell of the plan, by :data:`KEYS`."""
    codes = {code for task in setting.tasks for code in task.codes}
    population, study = setting.population, setting.study
    rows = np.flatnonzero(population.members(setting.sample))
    _, some = next(population.frames(rows[:50]))
    compiled = compile_indicators(study, some, codes)
    values = population.evaluate(lambda f: compile_indicators(study, f, codes).values, rows)
    breakdowns = dict.fromkeys(name for task in setting.tasks for name in task.breakdowns)
    parts = domains(population, breakdowns, rows)
    means, bases = true_values(parts, values)
    tables = []
    for comparison, truth in (("", means), ("rest", _less_rest(parts.table, means, bases))):
        table = parts.table.loc[parts.table.index.repeat(len(compiled.columns))]
        table = table.reset_index(drop=True).assign(comparison=comparison, true=truth.ravel())
        table["indicator"] = [column.key[0] for column in compiled.columns] * len(parts.table)
        table["category"] = [column.key[1] for column in compiled.columns] * len(parts.table)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _less_rest(table: pd.DataFrame, means: Floats, bases: Floats) -> Floats:
    """Each area less all other areas together, in the same group."""
    keys = [table["breakdown"], table["group"]]
    totals = pd.DataFrame(np.nan_to_num(means) * bases)
    region = (table["level"] == "region").to_numpy()
    place = pd.MultiIndex.from_arrays(keys)
    whole = pd.Series(np.flatnonzero(region), index=place[region])
    outer = whole.reindex(place).to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (totals.to_numpy()[outer] - totals.to_numpy()) / (bases[outer] - bases)
    return means - rest


# --- samples ------------------------------------------------------------------------------


@dataclass
class Tally:
    """What happened to each cell over the samples so far."""

    samples: int
    intervals: Floats
    covered: Floats
    respondents: Floats
    total: Floats
    squares: Floats
    variance: Floats
    unweighted: Floats

    @classmethod
    def empty(cls, cells: int) -> Tally:
        """Nothing seen yet."""
        return cls(0, *(np.zeros(cells) for _ in range(len(fields(cls)) - 1)))

    def add(self, table: pd.DataFrame, true: Floats) -> None:
        """One more sample; cells without an estimate or interval do not count."""
        estimate, error = (table[name].to_numpy() for name in ("estimate", "standard_error"))
        low, high = (table[name].to_numpy() for name in ("ci_low", "ci_high"))
        given = np.isfinite(low) & np.isfinite(high)
        self.samples += 1
        self.intervals += given
        self.covered += given & (low <= true) & (true <= high)
        self.respondents += table["n"].to_numpy()
        self.total += np.where(given, estimate, 0.0)
        self.squares += np.where(given, (estimate - true) ** 2, 0.0)
        self.variance += np.where(given, error**2, 0.0)
        self.unweighted += np.where(given, table["plain"].to_numpy(), 0.0)

    def merge(self, other: Tally) -> None:
        """Add what another process has seen."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def sample_estimates(setting: Setting, seed: int) -> pd.DataFrame:
    """The estimates of one sample."""
    named = streams(seed)
    drawn = draw_sample(setting.model, named("sample", setting.sample))
    people = refuse(setting.population, drawn.rows, setting.sample, named)
    frame = with_derived_variables(setting.study, people.frame())
    return estimates(setting, frame, weight_sample(setting.study, setting.sample, frame))


_SHARED: dict[str, Any] = {}


def _run_seeds(seeds: list[int]) -> Tally:
    setting, cells = _SHARED["setting"], _SHARED["cells"]
    tally = Tally.empty(len(cells))
    for seed in seeds:
        tally.add(sample_estimates(setting, seed), cells["true"].to_numpy())
    return tally


def run_samples(setting: Setting, cells: pd.DataFrame, seeds: range, workers: int) -> Tally:
    """All samples, shared out among forked processes, which share the population's memory."""
    _SHARED.update(setting=setting, cells=cells)
    parts = [list(seeds[start : start + 10]) for start in range(0, len(seeds), 10)]
    tally = Tally.empty(len(cells))
    if workers > 1 and "fork" in multiprocessing.get_all_start_methods():
        with multiprocessing.get_context("fork").Pool(workers) as pool:
            for number, part in enumerate(pool.imap_unordered(_run_seeds, parts), start=1):
                tally.merge(part)
                _show_progress(number, len(parts))
    else:
        for number, seeds_of_part in enumerate(parts, start=1):
            tally.merge(_run_seeds(seeds_of_part))
            _show_progress(number, len(parts))
    return tally


def _show_progress(number: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{number}/{of}", end="\n" if number == of else "", file=sys.stderr, flush=True)


def matched_cells(setting: Setting, truth: pd.DataFrame) -> pd.DataFrame:
    """The cells in the order in which a sample estimates them, each with its true value."""
    table = sample_estimates(setting, 0)
    keys = [name for name in KEYS if name != "statistic"]
    cells = table[KEYS].merge(truth[[*keys, "true"]], how="left", on=keys, validate="m:1")
    assert len(cells) == len(table)
    return cells.astype(dict.fromkeys(keys, "str"))


def results(cells: pd.DataFrame, tally: Tally) -> pd.DataFrame:
    """One row per cell: coverage, bias and errors."""
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = tally.total / tally.intervals
        return cells.assign(
            n=tally.respondents / tally.samples,
            intervals=tally.intervals,
            coverage=tally.covered / tally.intervals,
            bias=mean - cells["true"],
            bias_unweighted=tally.unweighted / tally.intervals - cells["true"],
            root_mean_square_error=np.sqrt(tally.squares / tally.intervals),
            mean_standard_error=np.sqrt(tally.variance / tally.intervals),
        )


# --- what is said about it ----------------------------------------------------------------


def family_of(row: pd.Series) -> str:
    """Which family of statistics a cell belongs to."""
    kind = "share" if row["statistic"] == "share" else row["statistic"]
    place = "area − rest" if row["comparison"] else row["level"]
    by = "by groups" if row["breakdown"] else "total"
    return f"{row['indicator'][:2]} {kind}, {place}, {by}"


def summary(table: pd.DataFrame, minimum_n: int) -> pd.DataFrame:
    """Coverage by family, of cells with enough respondents."""
    shown = table[table["n"] >= minimum_n].copy()
    shown["family"] = shown.apply(family_of, axis=1)
    outside = ~shown["coverage"].between(*CELL_COVERAGE)
    grouped = shown.assign(outside=outside).groupby("family")
    return pd.DataFrame(
        {
            "cells": grouped.size(),
            "mean coverage": grouped["coverage"].mean(),
            "least": grouped["coverage"].min(),
            "outside 93–97 %": grouped["outside"].mean(),
            "bias / s. e.": grouped.apply(_relative_bias),
            "s. e. / true s. e.": grouped.apply(_relative_error),
        }
    )


def _relative_bias(table: pd.DataFrame) -> float:
    known = table[table["mean_standard_error"] > 0]
    return float((known["bias"].abs() / known["mean_standard_error"]).mean())


def _relative_error(table: pd.DataFrame) -> float:
    variance = table["root_mean_square_error"] ** 2 - table["bias"] ** 2
    known = variance > 0
    return float((table["mean_standard_error"][known] / np.sqrt(variance[known])).mean())


def of_middle_shares(table: pd.DataFrame, minimum_n: int) -> pd.DataFrame:
    """The cells for which the project has a target: shares between 10 % and 90 %."""
    middle = table["true"].between(*SHARES) & (table["statistic"] == "share")
    return table[middle & (table["comparison"] == "") & (table["n"] >= minimum_n)]


def verdict(table: pd.DataFrame) -> tuple[float, float, bool]:
    """Mean coverage, share of cells outside the limits, and whether that is good enough."""
    mean = float(table["coverage"].mean())
    outside = float((~table["coverage"].between(*CELL_COVERAGE)).mean())
    good = MEAN_COVERAGE[0] <= mean <= MEAN_COVERAGE[1] and outside <= TOLERATED_CELLS
    return mean, outside, good


def print_table(table: pd.DataFrame) -> None:
    """A table in Markdown."""
    shown = table.reset_index() if table.index.name else table
    print("| " + " | ".join(map(str, shown.columns)) + " |")
    print("|" + "---|" * len(shown.columns))
    for row in shown.itertuples(index=False):
        print("| " + " | ".join(_cell(value) for value in row) + " |")
    print()


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def worst(table: pd.DataFrame, number: int = 12) -> pd.DataFrame:
    """The cells whose coverage is furthest from what was promised."""
    away = (table["coverage"] - CONFIDENCE).abs().sort_values(ascending=False)
    columns = ["indicator", "category", "level", "area", "breakdown", "group", "n", "true",
               "coverage", "bias"]  # fmt: skip
    return table.loc[away.index[:number], columns]


# --- response that depends on the outcome ---------------------------------------------------


def dependent_setting(setting: Setting, code: str, factor: float) -> Setting:
    """The same population, where those with an outcome answer ``factor`` times as often."""
    study = setting.study
    outcome = setting.population.evaluate(
        lambda frame: compile_indicators(study, frame, {code}).values[:, :1]
    )[:, 0]
    tilt = np.log(factor) * np.nan_to_num(outcome)
    model = response_model(_with_lower_rate(setting, factor), setting.sample, tilt)
    return replace(setting, model=model)


def _with_lower_rate(setting: Setting, factor: float) -> Population:
    """A rate at which nobody would answer with a probability above 1."""
    generator = setting.population.generator
    sample = generator.samples[setting.sample]
    rate = sample.response.rate * min(factor, 1 / factor)
    response = sample.response.model_copy(update={"rate": rate})
    samples = {
        **generator.samples,
        setting.sample: sample.model_copy(update={"response": response}),
    }
    changed = generator.model_copy(update={"samples": samples})
    return replace(setting.population, generator=changed)


def bias_of(table: pd.DataFrame, codes: Iterable[str]) -> pd.DataFrame:
    """Bias of totals by indicator, weighted and not, and the coverage that is left."""
    totals = table[(table["breakdown"] == "") & (table["comparison"] == "")]
    totals = totals[totals["indicator"].isin(list(codes))]
    grouped = totals.groupby(["indicator", "category", "level"], sort=False)
    return grouped[["true", "bias_unweighted", "bias", "coverage"]].mean().reset_index()


# --- command ------------------------------------------------------------------------------


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--study", default="zlin-2010")
    parser.add_argument("--sample", default="inhabitants")
    parser.add_argument("--samples", type=int, default=1000, help="how many are drawn")
    parser.add_argument("--biased-samples", type=int, default=200, help="with dependent response")
    parser.add_argument("--outcome", default="AW08", help="the outcome that response depends on")
    parser.add_argument("--factor", type=float, default=0.6, help="how often they answer")
    parser.add_argument("--minimum-n", type=int, default=30, help="respondents of a cell")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="CSV with every cell")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Run the benchmark and print what came out; 1 if the target is missed."""
    asked = arguments(given)
    study = open_study(asked.study)
    start = time.perf_counter()
    population = build_population(study)
    model = response_model(population, asked.sample)
    setting = Setting(population, asked.sample, model, planned_tasks(study, asked.sample))
    cells = matched_cells(setting, true_cells(setting))
    first = asked.seed * 1_000_000
    seeds = range(first, first + asked.samples)
    tally = run_samples(setting, cells, seeds, asked.workers)
    table = results(cells, tally)
    good = report_coverage(table, asked, time.perf_counter() - start)
    if asked.out:
        table.to_csv(asked.out, index=False)
    if asked.biased_samples:
        dependent = dependent_setting(setting, asked.outcome, asked.factor)
        seeds = range(2 * first, 2 * first + asked.biased_samples)
        biased = results(cells, run_samples(dependent, cells, seeds, asked.workers))
        report_bias(biased, asked)
    print(f"{time.perf_counter() - start:.0f} s in all")
    return 0 if good else 1


def report_coverage(table: pd.DataFrame, asked: argparse.Namespace, seconds: float) -> bool:
    """Print coverage by family, the target, and the worst cells."""
    print(f"# Coverage of {CONFIDENCE:.0%} intervals, {asked.samples} samples ({seconds:.0f} s)\n")
    print(f"Cells with at least {asked.minimum_n} respondents on average:\n")
    print_table(summary(table, asked.minimum_n))
    middle = of_middle_shares(table, asked.minimum_n)
    mean, outside, good = verdict(middle)
    print(
        f"Shares between 10 % and 90 %: {len(middle)} cells, mean coverage {mean:.2%}, outside"
        f" 93–97 %: {outside:.2%} ({'as' if good else 'NOT as'} wanted)\n"
    )
    print("The worst of them:\n")
    print_table(worst(middle))
    return good


def report_bias(table: pd.DataFrame, asked: argparse.Namespace) -> None:
    """Print what weighting cannot mend."""
    print(
        f"# Bias when people with {asked.outcome} answer {asked.factor} times as often,"
        f" {asked.biased_samples} samples\n"
    )
    print_table(bias_of(table, [asked.outcome, *_others(table, asked.outcome)]))


def _others(table: pd.DataFrame, outcome: str, number: int = 5) -> list[str]:
    """Indicators with one category, to show how far the bias spreads."""
    single = table[table["category"] == ""]["indicator"].unique()
    return [code for code in single if code != outcome][:number]


if __name__ == "__main__":
    raise SystemExit(main())

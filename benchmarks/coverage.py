"""Do 95 % intervals hold the true value in 95 % of samples?

A population with known truth is generated once. Samples are drawn from it as the study draws
them, with unequal response and item non-response, each is weighted and estimated by the code
that makes the reports, and every interval is held against the truth. A second set of samples
has response that depends on an outcome, which weighting cannot mend: its bias is measured.

    python benchmarks/coverage.py                      1,000 samples, all processors
    python benchmarks/coverage.py --samples 100        quicker, rougher
    python benchmarks/coverage.py --sample users       those whom providers reached

What counts is what the reports show: cells with at least 30 respondents in a sample, differences
with at least 50 on both sides. Beside coverage and bias by family of indicators it counts how often
sets of ranks hold all true ranks, how far model-based shares of areas are from the truth, and how
often areas that do not differ from the rest are said to.
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
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.estimates import typed
from analysis.estimation.comparisons import compare_with_rest
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import Estimator, estimate_domains
from analysis.indicators.compiling import CompiledIndicators, compile_indicators
from analysis.indicators.estimating import design_arguments
from analysis.indicators.group_sizes import population_totals, size_rows
from analysis.release.audit import Audit
from analysis.release.gate import Released
from analysis.release.models import Known, model_rows
from analysis.release.ranks import rank_rows
from analysis.release.rules import rule_set
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
from analysis.weighting.auxiliaries import auxiliary_shares
from analysis.weighting.sample import Weighted, weight_sample

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Places = NDArray[np.intp]

CONFIDENCE = 0.95
# What the project asks of shares between 10 % and 90 %.
MEAN_COVERAGE = (0.94, 0.96)
CELL_COVERAGE = (0.93, 0.97)
TOLERATED_CELLS = 0.01
SHARES = (0.1, 0.9)
# Narrower intervals are those of numbers that the weights are made to meet.
FIXED = 1e-9
# Below the first limit a share is called rare, below the second small.
RARE, SMALL = 0.02, 0.1
SIGNIFICANCE = 0.05
MINIMUM_N_COMPARISON = 50
# Sets of ranks and models take as long as all the rest, so only some samples have them.
RANKS_EVERY = 4

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
            frozenset(row.indicator for row in rows if "rest" in row.comparisons),
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


def estimates(
    setting: Setting, frame: pd.DataFrame, weighted: Weighted, order: Places
) -> pd.DataFrame:
    """Every estimate that the plan asks of a weighted sample, with its interval.

    ``plain`` is the estimate without weights; NaN for a comparison or a size. Areas are compared
    with the rest by their totals; once more as ``comparison`` *equal* with the answers dealt out
    anew in ``order`` to all respondents, after which no area differs from the rest.
    """
    study = setting.study
    codes = {code for task in setting.tasks for code in task.codes}
    compiled = compile_indicators(study, frame, codes)
    tables = [
        table
        for task in setting.tasks
        for table in _task_estimates(setting, frame, weighted, compiled, task, order)
    ]
    plan = [row for row in study.plan if row.sample == setting.sample]
    if any(study.indicator(row.indicator)[0].statistic == "size" for row in plan):
        totals = population_totals(study, frame, weighted.weights.to_numpy())
        tables.append(size_rows(study, plan, tables, totals).assign(plain=np.nan))
    # Rows of the plan may ask for the same total.
    return pd.concat(tables, ignore_index=True).drop_duplicates(KEYS, ignore_index=True)


def _task_estimates(
    setting: Setting,
    frame: pd.DataFrame,
    weighted: Weighted,
    compiled: CompiledIndicators,
    task: Task,
    order: Places,
) -> Iterator[pd.DataFrame]:
    parts = task_domains(setting.study, frame, task)
    places = [place for code in task.codes for place in compiled.places(code)]
    if places:
        plain = Estimator(compiled.values[:, places], np.ones(len(frame))).sums(parts).mean
        table = _estimated(estimate_domains, setting, frame, weighted, compiled, places, parts)
        yield table.assign(comparison="", plain=plain.ravel())
    compared = [place for place in places if compiled.columns[place].key[0] in task.compared]
    if compared and {"area", "region"} <= set(task.levels):
        totals = task_domains(setting.study, frame, replace(task, breakdowns=()))
        dealt = replace(compiled, values=compiled.values[order])
        for name, values in (("rest", compiled), ("equal", dealt)):
            table = _estimated(
                compare_with_rest, setting, frame, weighted, values, compared, totals
            )
            yield table.assign(comparison=name, plain=np.nan)


def _estimated(
    estimate: Any,
    setting: Setting,
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
        confidence=CONFIDENCE,
        **design_arguments(setting.study, setting.sample, frame, weighted),
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
    tables.append(tables[-1].assign(comparison="equal", true=0.0))
    truth = pd.concat(tables, ignore_index=True)
    return pd.concat([truth, *_true_sizes(setting, truth)], ignore_index=True)


def _true_sizes(setting: Setting, truth: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Shares times the people of each area who belong to the sample's population."""
    population, study = setting.population, setting.study
    inside = population.people.area[population.members(setting.sample)]
    codes = [str(code) for code in study.areas.index]
    people = dict(zip(codes, np.bincount(inside[inside >= 0], minlength=len(codes)), strict=True))
    people[study.whole] = sum(people.values())
    for row in study.plan:
        indicator = study.indicator(row.indicator)[0]
        if row.sample == setting.sample and indicator.statistic == "size":
            plain = truth["breakdown"].eq("") & truth["comparison"].eq("")
            shares = truth[plain & truth["indicator"].eq(indicator.of or "")]
            sizes = shares["true"] * shares["area"].map(people)
            yield shares.assign(indicator=indicator.code, true=sizes)


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

    def add(self, table: pd.DataFrame, true: Floats, shown: Bools | None = None) -> None:
        """One more sample; cells not shown, or without an interval, do not count."""
        estimate, error = (table[name].to_numpy() for name in ("estimate", "standard_error"))
        low, high = (table[name].to_numpy() for name in ("ci_low", "ci_high"))
        # What weighting fixes has no error, and nothing to be wrong.
        given = (high - low > FIXED) & (True if shown is None else shown)
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


def weighted_sample(setting: Setting, seed: int) -> tuple[pd.DataFrame, Weighted]:
    """The respondents of one sample and their weights."""
    named = streams(seed)
    drawn = draw_sample(setting.model, named("sample", setting.sample))
    people = refuse(setting.population, drawn.rows, setting.sample, named)
    frame = with_derived_variables(setting.study, people.frame())
    clusters = setting.study.samples[setting.sample].design.clusters
    if clusters and clusters not in frame:
        frame[clusters] = drawn.providers
    return frame, weight_sample(setting.study, setting.sample, frame)


def sample_estimates(setting: Setting, seed: int) -> tuple[pd.DataFrame, Weighted]:
    """The estimates of one sample, and its weights."""
    frame, weighted = weighted_sample(setting, seed)
    order = streams(seed)("dealt out anew", setting.sample).permutation(len(frame))
    return estimates(setting, frame, weighted, order), weighted


@dataclass
class Outcome:
    """What is counted over the samples: cells, and what is made from many of them.

    ``deviations`` has for each sample the mean error of each family, as :func:`family_numbers`
    orders them; ``checks`` a frame for each sample of what :func:`checks_of` found.
    """

    tally: Tally
    deviations: list[Floats]
    checks: list[pd.DataFrame]

    def merge(self, other: Outcome) -> None:
        """Add what another process has seen."""
        self.tally.merge(other.tally)
        self.deviations += other.deviations
        self.checks += other.checks


_SHARED: dict[str, Any] = {}


def _run_seeds(seeds: list[int]) -> Outcome:
    setting, cells, minimum = (_SHARED[name] for name in ("setting", "cells", "minimum_n"))
    outcome = Outcome(Tally.empty(len(cells)), [], [])
    true, family = cells["true"].to_numpy(), family_numbers(cells)
    for seed in seeds:
        table, weighted = sample_estimates(setting, seed)
        shown = is_shown(table, minimum)
        outcome.tally.add(table, true, shown)
        error = np.where(shown, table["estimate"].to_numpy() - true, np.nan)
        outcome.deviations.append(_means_of(family, error))
        whole = seed % RANKS_EVERY == 0
        checks = checks_of(setting, table.assign(true=true, shown=shown), weighted, whole)
        outcome.checks.append(checks.assign(seed=seed))
    return outcome


def is_shown(table: pd.DataFrame, minimum_n: int) -> Bools:
    """Cells with enough respondents; of a difference, on both sides."""
    least = np.where(table["comparison"] != "", MINIMUM_N_COMPARISON, minimum_n)
    other = table["n_second"].fillna(np.inf) if "n_second" in table else np.inf
    return np.asarray(np.minimum(table["n"], other) >= least)


def _means_of(family: NDArray[np.int64], error: Floats) -> Floats:
    known = np.isfinite(error)
    count = np.bincount(family[known], minlength=family.max() + 1)
    total = np.bincount(family[known], error[known], minlength=family.max() + 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / count


def run_samples(
    setting: Setting,
    cells: pd.DataFrame,
    seeds: range,
    workers: int,
    minimum_n: int = 30,
    until: float | None = None,
) -> Outcome:
    """All samples, shared out among forked processes, which share the population's memory.

    A single process may be told a time after which it begins no more.
    """
    _SHARED.update(setting=setting, cells=cells, minimum_n=minimum_n)
    parts = [list(seeds[start : start + 10]) for start in range(0, len(seeds), 10)]
    outcome = Outcome(Tally.empty(len(cells)), [], [])
    if workers > 1 and "fork" in multiprocessing.get_all_start_methods():
        with multiprocessing.get_context("fork").Pool(workers) as pool:
            for number, part in enumerate(pool.imap_unordered(_run_seeds, parts), start=1):
                outcome.merge(part)
                _show_progress(number, len(parts))
    else:
        for number, seeds_of_part in enumerate(parts, start=1):
            outcome.merge(_run_seeds(seeds_of_part))
            _show_progress(number, len(parts))
            if until is not None and time.perf_counter() > until:
                break
    return outcome


def _show_progress(number: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{number}/{of}", end="\n" if number == of else "", file=sys.stderr, flush=True)


def matched_cells(setting: Setting, truth: pd.DataFrame) -> pd.DataFrame:
    """The cells in the order in which a sample estimates them, each with its true value."""
    table, _ = sample_estimates(setting, 0)
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


# --- what is made from many cells of one sample -----------------------------------------------


def checks_of(
    setting: Setting, table: pd.DataFrame, weighted: Weighted, whole: bool
) -> pd.DataFrame:
    """Sets of ranks, models and differences of one sample, held against the truth.

    Returns
    -------
    DataFrame
        ``check``, ``indicator``, ``category``, and ``value``, whose meaning is the check's:
        *rank sets*: 1 where all true ranks lie in their sets; *ranks set*: mean number of ranks
        in a set; *direct*, *model*: mean squared error over the areas of shares; *model
        coverage*: share of areas whose model interval holds the truth; *equal, any differs*: 1
        where any area is said to differ though all are as the rest; *rest, differs*, *rest,
        wrong sign*: the share of areas said to differ, and in the wrong direction. Ranks and
        models only if ``whole``.
    """
    totals = table[(table["breakdown"] == "") & (table["level"] != "")]
    plain = totals[totals["comparison"] == ""]
    found = list(_difference_checks(totals[(totals["comparison"] != "") & totals["shown"]]))
    if whole:
        found += [*_rank_checks(setting, plain), *_model_checks(setting, plain, weighted)]
    return pd.DataFrame(found, columns=["check", "indicator", "category", "value"])


def _asked(setting: Setting, comparison: str) -> set[tuple[str, str]]:
    rows = (row for row in setting.study.plan if comparison in row.comparisons)
    return {(row.sample, row.indicator) for row in rows if row.sample == setting.sample}


def _as_released(setting: Setting, table: pd.DataFrame) -> pd.DataFrame:
    """The cells of some indicators as the release passes them on, not rounded."""
    state = np.where(table["shown"], "ok", "suppressed_precision")
    study, sample = setting.study, setting.sample
    return typed(table.assign(study=study.id, wave=study.wave, sample=sample, release=state))


_ROWS = ["indicator", "category", "area"]
_OF_ONE = ["indicator", "category"]


def _rank_checks(setting: Setting, table: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    wanted = _asked(setting, "rank")
    some = table[table["indicator"].isin([code for _, code in wanted])]
    if not len(some):
        return
    sets = rank_rows(_as_released(setting, some), wanted)
    areas = some[some["level"] == "area"]
    place = areas.groupby(_OF_ONE)["true"].rank(ascending=False, method="min")
    sets = sets.merge(areas[_ROWS].assign(place=place), on=_ROWS)
    # Where no number is shown there is no set to be wrong.
    sets = sets[sets["ci_low"].notna()]
    sets = sets.assign(
        held=sets["place"].between(sets["ci_low"], sets["ci_high"]),
        width=sets["ci_high"] - sets["ci_low"] + 1,
    )
    grouped = sets.groupby(_OF_ONE)
    for key, held, width in zip(
        grouped.groups, grouped["held"].all(), grouped["width"].mean(), strict=True
    ):
        yield "rank sets", *key, float(held)
        yield "ranks in a set", *key, float(width)


def _model_checks(
    setting: Setting, table: pd.DataFrame, weighted: Weighted
) -> Iterator[tuple[Any, ...]]:
    wanted = _asked(setting, "model")
    some = table[table["indicator"].isin([code for _, code in wanted])]
    if not len(some) or weighted.margins is None:
        return
    rows = _as_released(setting, some)
    auxiliaries = auxiliary_shares(setting.study, weighted.margins)
    known = Known(auxiliaries, weighted.margins.population)
    rules = rule_set(setting.study.card.release.rule_set)
    released = Released(rows, rows, {}, Audit(rows.iloc[:0], []))
    modelled = model_rows(released, wanted, known, rules).rows
    found = modelled.merge(
        some[[*_ROWS, "true", "estimate"]], on=_ROWS, suffixes=("", "_direct")
    ).dropna(subset=["estimate", "estimate_direct", "true"])
    found = found.assign(
        model=(found["estimate"] - found["true"]) ** 2,
        direct=(found["estimate_direct"] - found["true"]) ** 2,
        held=found["true"].between(found["ci_low"], found["ci_high"]),
    )
    for check, column in (("model", "model"), ("direct", "direct"), ("model coverage", "held")):
        for key, value in found.groupby(_OF_ONE)[column].mean().items():
            yield check, *key, float(value)


def _difference_checks(table: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Holm's test at 5 %, of the differences as found and where there are none."""
    differs = table["p_adjusted"] < SIGNIFICANCE
    wrong = differs & (np.sign(table["estimate"]) != np.sign(table["true"]))
    said = table[["comparison", *_OF_ONE]].assign(differs=differs, wrong=wrong)
    grouped = said.groupby(["comparison", *_OF_ONE])
    found = {
        "any differs": grouped["differs"].max(),
        "differs": grouped["differs"].mean(),
        "wrong sign": grouped["wrong"].mean(),
    }
    for check, values in found.items():
        for (comparison, *key), value in values.items():
            if comparison == "rest" or check == "any differs":
                yield f"{comparison}, {check}", *key, float(value)


# --- what is said about it ----------------------------------------------------------------


def families(cells: pd.DataFrame) -> pd.Series:
    """The family of each cell: code, kind, and whether region, areas, groups or differences."""
    kind = cells["statistic"].where(cells["statistic"] != "difference", "difference of shares")
    place = np.select(
        [cells["comparison"] == "rest", cells["comparison"] != "", cells["breakdown"] != ""],
        ["area − rest", "area − rest, equal", cells["level"] + ", groups"],
        cells["level"],
    )
    return cells["indicator"].str[:2] + " " + kind + ", " + place


def family_numbers(cells: pd.DataFrame) -> NDArray[np.int64]:
    """The number of each cell's family, in alphabetical order of the families."""
    return families(cells).astype("category").cat.codes.to_numpy(dtype=np.int64)


def sizes_of_shares(cells: pd.DataFrame) -> pd.Series:
    """How large the true share is; other statistics by what they are."""
    smaller = np.minimum(cells["true"], 1 - cells["true"])
    size = np.select([smaller < RARE, smaller < SMALL], ["< 2 %", "2–10 %"], "10–90 %")
    return pd.Series(size, cells.index).where(cells["statistic"] == "share", cells["statistic"])


def summary(shown: pd.DataFrame, by: pd.Series) -> pd.DataFrame:
    """Coverage and bias of some cells by a family.

    ``typical bias`` is the root of the mean squared bias less what the simulation itself makes of
    it; ``by chance`` is the share of cells outside the limits if all intervals held exactly.
    """
    outside = ~shown["coverage"].between(*CELL_COVERAGE)
    variance = shown["root_mean_square_error"] ** 2 - shown["bias"] ** 2
    excess = shown["bias"] ** 2 - variance / shown["intervals"]
    table = shown.assign(
        family=by, outside=outside, excess=excess, chance=outside_by_chance(shown["intervals"])
    )
    grouped = table.groupby("family", sort=True)
    return pd.DataFrame(
        {
            "cells": grouped.size(),
            "mean value": grouped["true"].mean(),
            "mean bias": grouped["bias"].mean(),
            "typical bias": np.sqrt(grouped["excess"].mean().clip(lower=0)),
            "bias / value": grouped["bias"].sum() / grouped["true"].sum(),
            "coverage": grouped["coverage"].mean(),
            "least": grouped["coverage"].min(),
            "outside 93–97 %": grouped["outside"].mean(),
            "by chance": grouped["chance"].mean(),
            "s. e. / true s. e.": grouped.apply(_relative_error, include_groups=False),
        }
    )


def outside_by_chance(intervals: pd.Series) -> Floats:
    """How likely exact intervals lie outside the limits when so many were counted."""
    low, high = CELL_COVERAGE
    count = intervals.to_numpy()
    inside = stats.binom.cdf(np.floor(high * count + 1e-9), count, CONFIDENCE)
    return np.asarray(
        1 - inside + stats.binom.cdf(np.ceil(low * count - 1e-9) - 1, count, CONFIDENCE)
    )


def family_biases(cells: pd.DataFrame, deviations: list[Floats]) -> pd.DataFrame:
    """Mean error of each family over the samples, and the simulation's own error of it."""
    found = np.array(deviations)
    with warnings.catch_warnings():  # families that are never shown
        warnings.simplefilter("ignore", RuntimeWarning)
        spread = np.nanstd(found, axis=0, ddof=1) / np.sqrt(np.isfinite(found).sum(axis=0))
        mean = np.nanmean(found, axis=0)
    names = families(cells).astype("category").cat.categories
    return pd.DataFrame({"bias": mean, "error": spread}, index=pd.Index(names, name="family"))


def check_summary(checks: pd.DataFrame) -> pd.DataFrame:
    """Mean of every check by family over tables and samples."""
    family = checks["indicator"].str[:2]
    return checks.groupby(["check", family])["value"].agg(["mean", "size"]).reset_index()


def _relative_error(table: pd.DataFrame) -> float:
    variance = table["root_mean_square_error"] ** 2 - table["bias"] ** 2
    known = variance > 0
    return float((table["mean_standard_error"][known] / np.sqrt(variance[known])).mean())


def of_middle_shares(table: pd.DataFrame, minimum_n: int) -> pd.DataFrame:
    """The cells for which the project has a target: shares between 10 % and 90 %."""
    middle = table["true"].between(*SHARES) & (table["statistic"] == "share")
    return table[middle & (table["comparison"] == "") & (table["n"] >= minimum_n)]


def often_shown(table: pd.DataFrame) -> pd.DataFrame:
    """The cells that at least half of the samples show."""
    return table[table["intervals"] >= table["intervals"].max() / 2]


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
    parser.add_argument("--minutes", type=float, help="begin no sample later; with --workers 1")
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
    until = None if asked.minutes is None else start + 60 * asked.minutes
    outcome = run_samples(setting, cells, seeds, asked.workers, asked.minimum_n, until)
    table = results(cells, outcome.tally)
    good = report_coverage(table, asked, outcome.tally.samples, time.perf_counter() - start)
    biases = family_biases(cells, outcome.deviations)
    report_families(table, biases)
    checks = pd.concat(outcome.checks, ignore_index=True)
    report_checks(checks)
    if asked.out:
        table.to_csv(asked.out, index=False)
        checks.to_csv(asked.out.with_suffix(".checks.csv"), index=False)
        biases.to_csv(asked.out.with_suffix(".families.csv"))
    if asked.biased_samples:
        dependent = dependent_setting(setting, asked.outcome, asked.factor)
        seeds = range(2 * first, 2 * first + asked.biased_samples)
        biased = results(cells, run_samples(dependent, cells, seeds, asked.workers).tally)
        report_bias(biased, asked)
    print(f"{time.perf_counter() - start:.0f} s in all")
    return 0 if good else 1


def report_coverage(
    table: pd.DataFrame, asked: argparse.Namespace, samples: int, seconds: float
) -> bool:
    """Print coverage by family, the target, and the worst cells."""
    print(f"# Coverage of {CONFIDENCE:.0%} intervals, {samples} samples ({seconds:.0f} s)\n")
    middle = of_middle_shares(table, asked.minimum_n)
    mean, outside, good = verdict(middle)
    print(
        f"Shares between 10 % and 90 %: {len(middle)} cells, mean coverage {mean:.2%}, outside"
        f" 93–97 %: {outside:.2%} ({'as' if good else 'NOT as'} wanted)\n"
    )
    print("The worst of them:\n")
    print_table(worst(middle))
    return good


def report_families(table: pd.DataFrame, biases: pd.DataFrame) -> None:
    """Print coverage and bias by family and by size of the share."""
    shown = often_shown(table)
    print(f"# Cells that at least half of the samples show: {len(shown)}\n")
    by_family = summary(shown, families(shown))
    print_table(by_family.join(biases.rename(columns={"error": "simulation s. e."})))
    print("By size of the share:\n")
    plain = shown[shown["comparison"] == ""]
    place = plain["level"] + np.where(plain["breakdown"] != "", ", groups", "")
    print_table(summary(plain, sizes_of_shares(plain) + ", " + place))
    print("By family and size of the share, areas and region:\n")
    totals = plain[plain["breakdown"] == ""]
    print_table(summary(totals, totals["indicator"].str[:2] + " " + sizes_of_shares(totals)))


def report_checks(checks: pd.DataFrame) -> None:
    """Print what was found of ranks, models and differences."""
    print("# Ranks, models, differences (mean over tables and samples)\n")
    print_table(check_summary(checks))


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

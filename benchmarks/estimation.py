"""How long 22,500 estimates with standard errors take, beside R in the same session.

Invented surveys of 60 yes/no questions in 13 areas with 29 levels of six breakdowns. Estimated
are all questions in all areas and levels, with the region's beside them: shares, standard
errors, degrees of freedom, effective sizes. Every case runs in a process of its own, three
times; the shortest is shown. Timed are the estimates; what is prepared once for all of them
(codes of the design and of the domains) is shown beside.

    python benchmarks/estimation.py                      10,000 to 1,000,000 respondents
    python benchmarks/estimation.py --largest 10000000   and ten million
    python benchmarks/estimation.py --r-up-to 1000000    R there too (a minute and more)
"""

# ruff: noqa: E402 (the number of threads is read when numpy is imported)
from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.estimation import Domains, Estimator
from analysis.estimation.estimator import domain_estimates
from analysis.weighting import MarginTarget, rake
from analysis.weighting.calibration_model import model_of_targets

AREAS, QUESTIONS = 13, 60
UNITS_OF_AREA = 80
BREAKDOWNS = {"sex": 2, "age": 6, "education": 4, "size": 4, "household": 5, "work": 8}
MARGINS = ("sex", "age", "education", "size")
DESIGNS = ("clustered", "unclustered", "clustered, calibrated", "unclustered, calibrated")
REPEATS = 3


@dataclass(frozen=True)
class Case:
    """What one process estimates; ``storage`` is the type of the answers in memory."""

    respondents: int
    design: str
    storage: str


@dataclass(frozen=True)
class Timing:
    """CPU seconds, and megabytes of the data and beyond them at the peak."""

    preparing: float
    estimating: float
    data: float
    beyond: float


@dataclass(frozen=True)
class Invented:
    """An invented survey, clusters in order."""

    answers: NDArray[Any]
    weights: NDArray[np.float64]
    area: NDArray[np.intp]
    cluster: NDArray[np.intp]
    groups: dict[str, NDArray[np.intp]]


def invented(case: Case, seed: int = 1) -> Invented:
    """The survey of a case."""
    rng = np.random.default_rng(seed)
    n = case.respondents
    cluster = np.sort(rng.integers(0, AREAS * UNITS_OF_AREA, n))
    groups = {name: rng.integers(0, size, n) for name, size in BREAKDOWNS.items()}
    answers = np.empty((n, QUESTIONS), dtype=case.storage)
    for start in range(0, n, 100_000):
        part = answers[start : start + 100_000]
        part[:] = rng.random(part.shape, dtype=np.float32) < 0.4
    return Invented(answers, rng.uniform(0.5, 2, n), cluster // UNITS_OF_AREA, cluster, groups)


# --- ours ---------------------------------------------------------------------------------


def measure(case: Case) -> Timing:
    """Time a case in this process."""
    survey = invented(case)
    weights, calibration = survey.weights, None
    if "calibrated" in case.design:
        weights, calibration = _calibrated(survey)
    area = pd.Series(pd.Categorical.from_codes(survey.area, [str(a) for a in range(AREAS)]))
    groups = {
        name: pd.Series(pd.Categorical.from_codes(codes, [str(g) for g in range(BREAKDOWNS[name])]))
        for name, codes in survey.groups.items()
    }
    clusters = () if "unclustered" in case.design else [survey.cluster]
    before = _peak()
    preparing, estimating = [], []
    for _ in range(REPEATS):
        start = time.process_time()
        domains = Domains.of_areas(area, groups, "region")
        estimator = Estimator(
            survey.answers, weights, kinds=["share"] * QUESTIONS, calibration=calibration,
            strata=survey.area, clusters=clusters,
        )  # fmt: skip
        prepared = time.process_time()
        found = domain_estimates(estimator, domains)
        assert np.isfinite(found.standard_error).all() and np.isfinite(found.n_effective).all()
        preparing.append(prepared - start)
        estimating.append(time.process_time() - prepared)
    size = survey.answers.nbytes / 1e6
    return Timing(min(preparing), min(estimating), size, _peak() - before)


def _calibrated(survey: Invented) -> tuple[NDArray[np.float64], Any]:
    areas = [str(area) for area in range(AREAS)]
    targets = []
    for name in MARGINS:
        size, codes = BREAKDOWNS[name], survey.groups[name]
        key = survey.area * size + codes
        totals = np.bincount(key, minlength=AREAS * size).reshape(AREAS, size).astype(float)
        targets.append(MarginTarget(name, tuple(str(g) for g in range(size)), codes, totals))
    weights = rake(survey.weights, targets, survey.area, areas).weights
    return weights, model_of_targets(targets, survey.area, survey.weights, "rake")


def _peak() -> float:
    """Megabytes that the process has taken at most."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (1e6 if sys.platform == "darwin" else 1e3)


def in_own_process(case: Case) -> Timing:
    """Time a case in a process of its own."""
    command = [sys.executable, __file__, "--case", json.dumps(asdict(case))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Timing(**json.loads(done.stdout))


# --- R ------------------------------------------------------------------------------------

R_SCRIPT = """
suppressMessages(library(survey))
path <- commandArgs(TRUE)[1]
frame <- read.csv(path)
design <- svydesign(id = ~cluster, strata = ~area, weights = ~weight, data = frame, nest = TRUE)
questions <- make.formula(grep("^q", names(frame), value = TRUE))
start <- proc.time()
for (group in c({groups})) {{
  by <- make.formula(c("area", group))
  invisible(svyby(questions, by, design, svymean))
}}
cat(sum((proc.time() - start)[c("user.self", "sys.self")]))
"""


def r_seconds(respondents: int) -> float | None:
    """CPU seconds of ``svyby`` over the same areas and levels; None without R and survey."""
    if shutil.which("Rscript") is None:
        return None
    survey = invented(Case(respondents, "clustered", "uint8"))
    frame = pd.DataFrame(survey.answers, columns=[f"q{k}" for k in range(QUESTIONS)])
    frame = frame.assign(
        cluster=survey.cluster, area=survey.area, weight=survey.weights, **survey.groups
    )
    with tempfile.TemporaryDirectory() as folder:
        data, script = Path(folder) / "survey.csv", Path(folder) / "estimate.R"
        frame.to_csv(data, index=False)
        groups = ", ".join(f'"{name}"' for name in BREAKDOWNS)
        script.write_text(R_SCRIPT.format(groups=groups), encoding="utf-8")
        done = subprocess.run(
            ["Rscript", str(script), str(data)], capture_output=True, text=True, check=False
        )
    return float(done.stdout) if done.returncode == 0 else None


# --- command ------------------------------------------------------------------------------


def sizes(largest: int) -> list[int]:
    """10,000, 100,000 … up to the largest."""
    return [10**power for power in range(4, 9) if 10**power <= largest]


def report(largest: int, r_up_to: int, say: Callable[[str], None] = print) -> None:
    """Run all cases and print tables in Markdown."""
    say("| respondents | design | answers | data, MB | beyond, MB | preparing, s | estimating, s |")
    say("|---|---|---|---|---|---|---|")
    ours: dict[int, float] = {}
    for respondents in sizes(largest):
        for design in DESIGNS:
            for storage in ("float64", "uint8"):
                if storage == "float64" and respondents > 1_000_000:
                    continue
                case = Case(respondents, design, storage)
                took = in_own_process(case)
                if (design, storage) == ("clustered", "uint8"):
                    ours[respondents] = took.preparing + took.estimating
                say(
                    f"| {respondents:,} | {design} | {storage} | {took.data:.0f} |"
                    f" {took.beyond:.0f} | {took.preparing:.3f} | {took.estimating:.3f} |"
                )
    say("\n| respondents, clustered | R svyby, s | ours with preparing, s | ratio |")
    say("|---|---|---|---|")
    for respondents in (size for size in sizes(min(largest, r_up_to))):
        theirs = r_seconds(respondents)
        if theirs is None:
            say("| R with the package survey is not installed | | | |")
            return
        ratio = theirs / ours[respondents]
        say(f"| {respondents:,} | {theirs:.1f} | {ours[respondents]:.3f} | {ratio:.0f} |")


def main(given: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--r-up-to", type=int, default=100_000, help="respondents R is tried with")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    asked = parser.parse_args(given)
    if asked.case:
        print(json.dumps(asdict(measure(Case(**json.loads(asked.case))))))
        return 0
    report(asked.largest, asked.r_up_to)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

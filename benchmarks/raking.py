"""How long raking to five margins takes, beside other programs in the same session.

Margins of 13, 2, 6, 4 and 4 levels, met to 10⁻¹⁰ of every total. Ours runs over the cells of
the margins, of which there are at most 2,496; a plain numpy version runs over respondents, and R
``survey`` is asked where it is installed. Levels are whole-number codes for ours and numpy;
coding names takes the time given beside.

    python benchmarks/raking.py                       10,000 to 1,000,000 respondents
    python benchmarks/raking.py --largest 10000000
"""

# ruff: noqa: E402 (the number of threads is read when numpy is imported)
from __future__ import annotations

import os

for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import argparse
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.weighting import MarginTarget, rake

LEVELS = {"area": 13, "sex": 2, "age": 6, "education": 4, "size": 4}
REPEATS = 3
R_SCRIPT = """
suppressMessages(library(survey))
folder <- commandArgs(TRUE)[1]
frame <- read.csv(file.path(folder, "survey.csv"))
margins <- read.csv(file.path(folder, "margins.csv"))
names <- c({names})
totals <- lapply(names, function(name) {{
  own <- margins[margins$var == name, ]
  setNames(data.frame(own$level, own$total), c(name, "Freq"))
}})
design <- svydesign(id = ~1, weights = ~weight, data = frame)
start <- proc.time()
raked <- rake(design, lapply(names, function(name) reformulate(name)), totals,
              control = list(maxit = 200, epsilon = 1e-8 * sum(totals[[1]]$Freq)))
cat(sum((proc.time() - start)[c("user.self", "sys.self")]))
"""

Codes = dict[str, NDArray[np.intp]]


def invented(respondents: int) -> tuple[Codes, NDArray[np.float64], list[MarginTarget]]:
    """Levels of every respondent, start weights, and margins that some weights meet."""
    rng = np.random.default_rng(1)
    codes = {name: rng.integers(0, size, respondents) for name, size in LEVELS.items()}
    hidden = rng.uniform(0.6, 1.6, respondents)
    targets = [
        MarginTarget(
            name,
            tuple(str(level) for level in range(size)),
            codes[name],
            np.bincount(codes[name], hidden, minlength=size)[None, :].astype(float),
        )
        for name, size in LEVELS.items()
    ]
    return codes, rng.uniform(0.5, 2, respondents), targets


def over_respondents(weights: NDArray[np.float64], targets: list[MarginTarget]) -> None:
    """Raking in the plainest numpy."""
    now = weights.copy()
    for _ in range(200):
        worst = 0.0
        for target in targets:
            sums = np.bincount(target.codes, now, minlength=len(target.levels))
            ratio = target.totals[0] / sums
            worst = max(worst, float(np.abs(ratio - 1).max()))
            now *= ratio[target.codes]
        if worst < 1e-10:
            return


def seconds(run: Callable[[], object]) -> float:
    """Shortest CPU time of some runs."""
    best = np.inf
    for _ in range(REPEATS):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return best


def r_seconds(codes: Codes, weights: NDArray[np.float64], targets: list[MarginTarget]) -> float:
    """CPU seconds of R's ``rake``; NaN without R and the package survey."""
    if shutil.which("Rscript") is None:
        return float("nan")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pd.DataFrame(codes).assign(weight=weights).to_csv(folder / "survey.csv", index=False)
        rows = [
            {"var": target.name, "level": level, "total": total}
            for target in targets
            for level, total in zip(target.levels, target.totals[0], strict=True)
        ]
        pd.DataFrame(rows).to_csv(folder / "margins.csv", index=False)
        script = folder / "rake.R"
        quoted = ", ".join(f'"{name}"' for name in LEVELS)
        script.write_text(R_SCRIPT.format(names=quoted), encoding="utf-8")
        done = subprocess.run(
            ["Rscript", str(script), str(folder)], capture_output=True, text=True, check=False
        )
    return float(done.stdout) if done.returncode == 0 else float("nan")


def svy_seconds(codes: Codes, weights: NDArray[np.float64], targets: list[MarginTarget]) -> float:
    """CPU seconds of svy's raking to 10⁻¹⁰; NaN where it is not installed."""
    try:
        import polars
        import svy
    except ImportError:
        return float("nan")
    frame = polars.DataFrame({name: own.astype("str") for name, own in codes.items()})
    sample = svy.Sample(frame.with_columns(weight=weights), svy.Design(wgt="weight"))
    controls = {
        target.name: dict(zip(target.levels, target.totals[0].tolist(), strict=True))
        for target in targets
    }
    return seconds(lambda: sample.weighting.rake(controls=controls, tol=1e-10, max_iter=500))


def main(given: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--largest", type=int, default=1_000_000)
    parser.add_argument("--r-up-to", type=int, default=100_000, help="respondents R is tried with")
    asked = parser.parse_args(given)
    print("| respondents | ours, s | coding names, s | numpy by row, s | svy, s | R rake, s |")
    print("|---|---|---|---|---|---|")
    for respondents in (10**power for power in range(4, 9)):
        if respondents > asked.largest:
            break
        codes, weights, targets = invented(respondents)
        names = pd.Series(codes["age"]).astype("str").to_numpy()
        ours = seconds(lambda w=weights, t=targets: rake(w, t))  # type: ignore[misc]
        coding = 5 * seconds(lambda n=names: pd.factorize(n))  # type: ignore[misc]
        plain = seconds(lambda w=weights, t=targets: over_respondents(w, t))  # type: ignore[misc]
        theirs = float("nan")
        if respondents <= asked.r_up_to:
            theirs = r_seconds(codes, weights, targets)
        other = svy_seconds(codes, weights, targets)
        shown = ["–" if np.isnan(value) else f"{value:.2f}" for value in (other, theirs)]
        print(
            f"| {respondents:,} | {ours:.4f} | {coding:.3f} | {plain:.4f} |"
            f" {shown[0]} | {shown[1]} |"
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"\nLargest memory of the process: {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

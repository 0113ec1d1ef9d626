"""500 bootstrap replicates of a survey of 13 areas, raked anew each time.

The generated answers of a study are weighted as the study is; then every replicate is drawn and
raked to the same margins, and all its indicators are estimated in all areas. Needs a study that
was run (``needs run zlin-2010 --synthetic``).

    python benchmarks/replicates.py                   in this process, then in two
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.estimation import Design
from analysis.indicators.compiling import compile_indicators
from analysis.run import read_and_check
from analysis.study import Study, open_study
from analysis.variables import with_derived_variables
from analysis.weighting.sample import weight_sample


def _codes(study: Study) -> set[str]:
    """Indicators that are shares, means or differences of the survey alone."""
    own = ("share", "mean", "difference")
    return {row.code for row in study.indicators if row.statistic in own and not row.requires}


def main(given: list[str] | None = None) -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--study", default="zlin-2010")
    parser.add_argument("--sample", default="inhabitants")
    parser.add_argument("--replicates", type=int, default=500)
    asked = parser.parse_args(given)
    study = open_study(asked.study)
    frame = with_derived_variables(study, read_and_check(study, asked.sample).frame)
    weighted = weight_sample(study, asked.sample, frame)
    columns = compile_indicators(study, frame, _codes(study))
    table = pd.DataFrame(columns.values).add_prefix("i").assign(area=frame["area"].astype("str"))
    design = Design(table, weighted.weights.to_numpy(), strata="area")
    design = replace(design, calibration=weighted.calibration)
    names = [name for name in table if name != "area"]
    print(f"{len(table)} respondents, {len(names)} indicators, {asked.replicates} replicates\n")
    print("| processes | weights, s | estimates, s | CPU here, s | median ratio to linearised |")
    print("|---|---|---|---|---|")
    linearised = design.mean(names, by="area")["se"].to_numpy()
    for processes in (1, 2):
        start, cpu = time.perf_counter(), time.process_time()
        with ProcessPoolExecutor(processes) as pool:
            made = design.replicated(
                "rao-wu", replicates=asked.replicates, rho=0.5,
                executor=pool if processes > 1 else None,
            )  # fmt: skip
        between = time.perf_counter()
        found = made.mean(names, by="area")["se"].to_numpy()
        end = time.perf_counter()
        ratio = np.nanmedian(found[linearised > 0] / linearised[linearised > 0])
        print(
            f"| {processes} | {between - start:.1f} | {end - between:.1f} |"
            f" {time.process_time() - cpu:.1f} | {ratio:.3f} |"
        )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

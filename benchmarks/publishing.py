"""What does a report cost? CPU seconds for HTML, PDF, XLSX and notebook, ours and other ways.

Pure work is what no way can do without: cells, writers and checks in one process that has made
a report before. Against it stand the batch with one and two workers, the same batch with a
kernel and a pool worker for each (plain papermill in a process pool), and papermill with
nbconvert to HTML alone. CPU seconds count all processes, so other work on the machine hardly
matters; the seconds of the clock do depend on it.

    python benchmarks/publishing.py                       9 reports of the shipped study
    python benchmarks/publishing.py --reports 27          as many as a region needs
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", PYTHONHASHSEED="0")

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from multiprocessing import forkserver
from pathlib import Path

from analysis.publishing.batch import Job, render
from analysis.publishing.forks import CHOICE
from analysis.study import Study, open_study

#: What a batch may cost at most, as a multiple of pure work, without its one start.
ALLOWED = 1.35


@dataclass(frozen=True)
class Cost:
    """CPU seconds of all processes and seconds of the clock, for a number of reports."""

    cpu: float
    wall: float
    reports: int

    @property
    def each(self) -> float:
        return self.cpu / self.reports


def jobs_of(study: Study, kinds: list[str], count: int, folder: Path) -> list[Job]:
    """Reports of the kinds in turn, each for another area."""
    root = study.workspace.root
    areas = cycle(study.areas.itertuples())
    language = study.card.default_language
    return [
        Job(
            study.id, kind, str(area.Index), str(area.slug), language,
            root / "notebooks" / "reports" / f"{kind}.ipynb",
            {"study": study.id, "area": str(area.Index), "language": language},
            root, folder,
        )
        for kind, area in islice(zip(cycle(kinds), areas, strict=False), count)
    ]  # fmt: skip


def cpu_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def in_own_process(way: str, arguments: argparse.Namespace, count: int) -> Cost:
    """One way in a process of its own, so that each begins cold and all it starts is counted."""
    command = [
        sys.executable, __file__, "--study", arguments.study, "--reports", str(count),
        "--way", way, "--kinds", *arguments.kinds,
    ]  # fmt: skip
    started, before = time.perf_counter(), cpu_seconds()
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall, cpu = time.perf_counter() - started, cpu_seconds() - before
    if way == "pure":
        return Cost(*(float(part) for part in said.split()), count)
    return Cost(cpu, wall, count)


def pure(jobs: list[Job]) -> None:
    """Prints CPU and clock seconds of all reports but the first, which warms the process."""
    from analysis.presentation.report import open_report
    from analysis.publishing.arithmetic import check_arithmetic
    from analysis.publishing.batch import _written
    from analysis.publishing.content import report_content
    from analysis.workspace import Workspace

    def make(job: Job) -> None:
        place = Workspace(job.workspace)
        report = open_report(job.kind, job.study, job.area, job.language, workspace=place)
        content = report_content(report.blocks())
        check_arithmetic(content, job.stem)
        for format in ("html", "pdf", "xlsx"):
            _written(format, content, job.stem)

    make(jobs[-1])
    started, before = time.perf_counter(), cpu_seconds()
    for job in jobs:
        make(job)
    print(cpu_seconds() - before, time.perf_counter() - started)


def batch(workers: int, choice: str) -> Callable[[list[Job]], None]:
    def run(jobs: list[Job]) -> None:
        os.environ[CHOICE] = choice
        failed = [str(result.error) for result in render(jobs, workers=workers) if not result.ok]
        # Its time and that of the reports count only once somebody has waited for its end.
        if choice == "fork":
            forkserver._forkserver._stop()
        if failed:
            sys.exit("; ".join(failed))

    return run


def chain(jobs: list[Job]) -> None:
    """papermill, then nbconvert to HTML, as two commands for each report; no PDF, no XLSX."""
    for job in jobs:
        made = job.reports / f"{job.kind}-{job.area}.ipynb"
        given = [part for name, value in job.parameters.items() for part in ("-p", name, value)]
        run = [sys.executable, "-m", "papermill", "--no-progress-bar", "--cwd", job.workspace]
        subprocess.run([*run, *given, job.template, made], check=True, capture_output=True)
        convert = [sys.executable, "-m", "nbconvert", "--to", "html", made]
        subprocess.run(convert, check=True, capture_output=True)


WAYS: dict[str, tuple[str, Callable[[list[Job]], None]]] = {
    "pure": ("pure work, one warm process", pure),
    "fork1": ("this batch, 1 worker", batch(1, "fork")),
    "fork2": ("this batch, 2 workers", batch(2, "fork")),
    "pool2": ("papermill in a process pool, 2 workers", batch(2, "pool")),
    "chain": ("papermill + nbconvert to HTML only", chain),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--study", default="zlin-2010")
    parser.add_argument("--kinds", nargs="+", default=["awareness", "needs"])
    parser.add_argument("--reports", type=int, default=9)
    parser.add_argument("--peers", type=int, default=2, help="reports by the slower ways")
    parser.add_argument("--way", choices=WAYS)
    arguments = parser.parse_args()
    if arguments.way:
        with tempfile.TemporaryDirectory(prefix="needs-bench-") as folder:
            study = open_study(arguments.study)
            WAYS[arguments.way][1](jobs_of(study, arguments.kinds, arguments.reports, Path(folder)))
        return
    counts = {"pool2": arguments.peers, "chain": arguments.peers}
    costs = {
        way: in_own_process(way, arguments, counts.get(way, arguments.reports)) for way in WAYS
    }
    start = in_own_process("fork1", arguments, 1)
    print(f"{'':42}{'reports':>8}{'CPU s':>8}{'each':>7}{'wall s':>8}")
    for way, cost in costs.items():
        print(f"{WAYS[way][0]:42}{cost.reports:8}{cost.cpu:8.1f}{cost.each:7.2f}{cost.wall:8.1f}")
    many = costs["fork1"]
    following = (many.cpu - start.cpu) / max(many.reports - 1, 1)
    ratio = following / costs["pure"].each
    print(f"one report cold: {start.cpu:.1f} CPU s, {start.wall:.1f} s of the clock")
    print(f"each further report: {following:.2f} CPU s, {ratio:.2f} times the pure work")
    print(f"with its share of the start: {many.each / costs['pure'].each:.2f} times")
    if ratio > ALLOWED:
        sys.exit(f"a report costs more than {ALLOWED} times its pure work")


if __name__ == "__main__":
    main()

"""The batch: many reports over a ``concurrent.futures`` executor, each on its own.

A report is made in a staging folder, checked, and put in its place by renaming. One that
fails leaves what was published before untouched and stops no other.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    as_completed,
)
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from analysis.errors import WorkbenchError
from analysis.publishing import forks
from analysis.publishing.forks import DEFAULT_LIMITS, ForkExecutor, Limits, Lost, forks_are_used
from analysis.publishing.notebook import NotebookError, notebook_text, run_notebook
from analysis.workspace import ENVIRONMENT_VARIABLE

FORMATS: Final = ("html", "pdf", "xlsx", "ipynb")

#: What a process that renders runs under. One thread each: several run beside each other.
#: A fixed hash seed: the order of a set must not differ from one run to the next.
WORKER_ENVIRONMENT: Final = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    **forks.ENVIRONMENT,
}

_STAGING = ".staging"


@dataclass(frozen=True)
class Job:
    """One report to be made.

    Parameters
    ----------
    study, kind, area, language
        What is reported on: ids and codes, as the notebook takes them; no language for what
        holds all of them at once.
    slug
        The area's name in file names.
    template
        The notebook with the ``parameters`` cell.
    parameters
        Their values.
    workspace
        The folder in which the notebook runs.
    reports
        The folder of the study's reports.
    formats
        Which of ``html``, ``pdf``, ``xlsx``, ``ipynb`` to write.
    data
        ``workbook`` or ``tables`` for the data annex, which is made from released rows
        without a notebook; its template is the annex's definition.
    edition
        ``release`` where what is made must be one; else it may be a draft.
    cell_timeout
        Seconds after which a cell is given up; never when not given.
    """

    study: str
    kind: str
    area: str
    slug: str
    language: str
    template: Path
    parameters: Mapping[str, Any]
    workspace: Path
    reports: Path
    formats: tuple[str, ...] = FORMATS
    data: Literal["", "workbook", "tables"] = ""
    cell_timeout: int | None = None
    edition: str = "draft"

    @property
    def folder(self) -> Path:
        """Where the report is published."""
        return self.reports / self.language / self.kind

    @property
    def stem(self) -> str:
        """The name of its files without ending."""
        return f"{self.area}-{self.slug}" if self.slug else self.area

    def path(self, format: str) -> Path:
        """Where one format of the report is published; tables have names of their own."""
        return self.folder / (format if self.data == "tables" else f"{self.stem}.{format}")


@dataclass(frozen=True)
class OutputFile:
    """A published file: its path within the reports of the study, its size and its hash."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True)
class RenderError:
    """Why a report failed: the area, the cell of the template (from 1) and the message."""

    area: str
    cell: int | None
    message: str

    def __str__(self) -> str:
        place = f"{self.area}, cell {self.cell}" if self.cell else self.area
        return f"{place}: {self.message}"


@dataclass(frozen=True)
class RenderResult:
    """What became of a job: its files by format and title, or its error.

    ``seconds`` is for the summary on the terminal; no output holds it.
    """

    job: Job
    files: Mapping[str, OutputFile] = field(default_factory=dict)
    title: str = ""
    data_origin: str = ""
    warnings: tuple[str, ...] = ()
    error: RenderError | None = None
    seconds: float = 0.0
    edition: str = "draft"
    measures: Mapping[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the report was published."""
        return self.error is None


#: Called after each report with its result, how many are done and how many there are.
Progress = Callable[[RenderResult, int, int], None]


def render(
    jobs: Iterable[Job],
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[RenderResult]:
    """Make reports, several at a time.

    Parameters
    ----------
    jobs
        The reports; the results come in the same order.
    workers
        Processes on this machine; as many as there are cores when not given. What is made
        does not depend on it.
    executor
        Anything that keeps the contract of ``concurrent.futures``, such as that of a
        cluster with the workspace on a shared folder, instead of a pool of processes.
    progress
        Called as reports get done.
    limits
        The time and memory that a report may take where reports are forked.

    Returns
    -------
    list of RenderResult
        One for each job. A failed report is a result with an error, not an exception.
    """
    ordered = list(jobs)
    teller = _Teller(len(ordered), progress)
    if executor is not None:
        done = _run(ordered, range(len(ordered)), executor, teller)
        results = {place: done.get(place) or _lost(job) for place, job in enumerate(ordered)}
    else:
        results = _run_in_processes(ordered, workers or os.cpu_count() or 1, teller, limits)
    for folder in {job.reports / _STAGING for job in ordered}:
        _remove_if_empty(folder)
    return [results[place] for place in range(len(ordered))]


def render_report(job: Job) -> RenderResult:
    """Make one report: run the notebook, write, check and publish all its formats.

    Runs in a worker process. Whatever goes wrong is the result's error.
    """
    started = time.perf_counter()
    try:
        result = _render(job)
    except Exception as error:
        result = RenderResult(job, error=_render_error(job, error))
    return replace(result, seconds=time.perf_counter() - started)


def _render_error(job: Job, error: Exception) -> RenderError:
    if isinstance(error, NotebookError | Lost):
        return RenderError(job.area, error.cell, error.message)
    if isinstance(error, WorkbenchError):
        return RenderError(job.area, None, str(error))
    return RenderError(job.area, None, f"{type(error).__name__}: {error}")


# --- one report -----------------------------------------------------------------------------


def _render(job: Job) -> RenderResult:
    if job.data:
        return _render_data(job)
    # Imported here: the process that only hands out work needs none of it.
    from analysis.publishing.arithmetic import check_arithmetic
    from analysis.publishing.content import notebook_content
    from analysis.publishing.measures import measures_of

    with _environment(_kernel_environment(job)):
        executed = run_notebook(
            job.template, job.parameters, folder=job.workspace, cell_timeout=job.cell_timeout
        )
    content = notebook_content(executed.notebook)
    _require_edition(job, content.document.edition)
    check_arithmetic(content, job.path("html").name)
    written = {
        format: _written(format, content, job.path(format).name)
        for format in job.formats
        if format != "ipynb"
    }
    if "ipynb" in job.formats:
        written["ipynb"] = notebook_text(executed.notebook).encode()
    _publish(job, written)
    return RenderResult(
        job,
        {format: _output_file(job, format, data) for format, data in written.items()},
        content.title,
        content.document.data_origin,
        executed.warnings,
        edition=content.document.edition,
        measures=measures_of(content, written.get("pdf")).as_record(),
    )


def _render_data(job: Job) -> RenderResult:
    """Write one part of the data annex."""
    from analysis.publishing.data_files import open_data, workbook_of

    made = open_data(job) if job.data == "tables" else workbook_of(job)
    _publish(job, made.written)
    files = {name: _output_file(job, name, data) for name, data in made.written.items()}
    return RenderResult(job, files, made.title, made.data_origin, edition="release")


def _require_edition(job: Job, edition: str) -> None:
    if job.edition == "release" and edition != "release":
        raise WorkbenchError(
            "the notebook made a draft where a release is asked for",
            file=job.template,
            expected="open_report(..., edition=edition)",
        )


def _written(format: str, content: Any, name: str) -> bytes:
    """One format of a report, checked."""
    from analysis.publishing import checks
    from analysis.publishing.html import render_html
    from analysis.publishing.pdf import render_pdf
    from analysis.publishing.xlsx import render_xlsx

    if format == "html":
        text = render_html(content)
        checks.check_html(text, name)
        return text.encode()
    if format == "pdf":
        pdf = render_pdf(content)
        checks.check_pdf(pdf, name)
        return pdf
    workbook = render_xlsx(content)
    checks.check_xlsx(workbook, name)
    return workbook


def _output_file(job: Job, format: str, data: bytes) -> OutputFile:
    path = job.path(format).relative_to(job.reports).as_posix()
    return OutputFile(path, len(data), hashlib.sha256(data).hexdigest())


def _publish(job: Job, written: Mapping[str, bytes]) -> None:
    """Write all files aside, then rename them into place."""
    with _staging(job) as folder:
        for format, data in written.items():
            (folder / job.path(format).name).write_bytes(data)
        job.folder.mkdir(parents=True, exist_ok=True)
        for format in written:
            os.replace(folder / job.path(format).name, job.path(format))


@contextmanager
def _staging(job: Job) -> Iterator[Path]:
    """A folder on the same file system as the published ones, gone afterwards."""
    parent = job.reports / _STAGING
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{job.kind}-{job.stem}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


# --- many reports ---------------------------------------------------------------------------


class _Teller:
    """Counts what is done and tells it."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self._total = total
        self._progress = progress
        self._done = 0

    def tell(self, result: RenderResult) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(result, self._done, self._total)


Results = dict[int, RenderResult]


def _run_in_processes(
    jobs: Sequence[Job], workers: int, teller: _Teller, limits: Limits
) -> Results:
    """The results of all jobs, each in a process forked for it or else in a pool."""
    with _environment(WORKER_ENVIRONMENT):
        if not forks_are_used():
            return _run_in_pools(jobs, workers, teller)
        with ForkExecutor(max(min(workers, len(jobs)), 1), limits) as executor:
            return _run(jobs, range(len(jobs)), executor, teller)


def _run_in_pools(jobs: Sequence[Job], workers: int, teller: _Teller) -> Results:
    """The results of all jobs, whatever becomes of the worker processes.

    A worker that is killed takes the whole pool with it. The jobs that it may have been at
    (executors hand out twice as many as they have workers, and one) run again each in a
    pool of its own, so that only the one at fault is lost; the others go on together.
    """
    results: Results = {}
    waiting = list(range(len(jobs)))
    while waiting:
        with _pool(min(workers, len(waiting))) as pool:
            results.update(_run(jobs, waiting, pool, teller))
        left = [place for place in waiting if place not in results]
        for place in left[: 2 * workers + 1]:
            results[place] = _run_alone(jobs[place])
            teller.tell(results[place])
        waiting = left[2 * workers + 1 :]
    return results


def _run(
    jobs: Sequence[Job], places: Sequence[int], executor: Executor, teller: _Teller
) -> Results:
    """The results of the jobs that an executor could finish, by their place."""
    futures: dict[Future[RenderResult], int] = {}
    results: Results = {}
    try:
        for place in places:
            futures[executor.submit(render_report, jobs[place])] = place
        for future in as_completed(futures):
            result = _outcome(future, jobs[futures[future]])
            if result is not None:
                results[futures[future]] = result
                teller.tell(result)
    except BrokenExecutor:
        pass
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return results


def _outcome(future: Future[RenderResult], job: Job) -> RenderResult | None:
    """The result of a future; nothing when it was lost with its executor."""
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except Exception as error:
        return RenderResult(job, error=_render_error(job, error))


def _run_alone(job: Job) -> RenderResult:
    try:
        with _pool(1) as pool:
            return pool.submit(render_report, job).result()
    except BrokenExecutor:
        return _lost(job)


def _lost(job: Job) -> RenderResult:
    message = "the process that made the report was killed; it may have run out of memory"
    return RenderResult(job, error=RenderError(job.area, None, message))


def _pool(workers: int) -> ProcessPoolExecutor:
    # Started anew rather than forked: a fork of a process with threads may hang.
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


# --- the environment ------------------------------------------------------------------------


def _kernel_environment(job: Job) -> dict[str, str]:
    """What a kernel inherits: the workspace of its job, and nothing of the user's profile."""
    return {
        **WORKER_ENVIRONMENT,
        ENVIRONMENT_VARIABLE: str(job.workspace),
        "IPYTHONDIR": _ipython_folder().name,
    }


def prepare_folders() -> None:
    """Make the folder of IPython, which processes forked from this one then share."""
    _ipython_folder()


@cache
def _ipython_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for IPython's files; it lives as long as the process.

    A profile of the user's would change what notebooks do, and several kernels would wait
    for one history.
    """
    return tempfile.TemporaryDirectory(prefix="needs-ipython-")


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables that processes started meanwhile inherit."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

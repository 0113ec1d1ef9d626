"""The batch: results in order, failures that cost only themselves, nothing half-written."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from analysis.publishing import batch
from analysis.publishing.batch import FORMATS, Job, RenderResult, render, render_report
from analysis.publishing.forks import CHOICE, forks_are_used
from tests.publishing.notebooks import PROJECT, write_notebook, write_report_notebook

forks = pytest.mark.skipif(not forks_are_used(), reason="processes are not forked here")

FAULTS = """
import os, signal, sys
if area == "0002": raise ValueError("broken")
if area == "0003": os._exit(1)
if area == "0004": os.kill(os.getppid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    return write_report_notebook(folder / "awareness.ipynb", FAULTS)


def job(template: Path, reports: Path, area: str = "0001", **changes: Any) -> Job:
    values: dict[str, Any] = {
        "study": "vzor",
        "kind": "awareness",
        "area": area,
        "slug": f"oblast-{area[-1]}",
        "language": "cs",
        "template": template,
        "parameters": {"area": area},
        "workspace": template.parent,
        "reports": reports,
    }
    return Job(**{**values, **changes})


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def names(*areas: str) -> set[str]:
    return {f"cs/awareness/{a}-oblast-{a[-1]}.{ending}" for a in areas for ending in FORMATS}


@pytest.mark.skipif(os.name != "posix", reason="kills a process by a signal")
def test_failures_in_a_pool_cost_only_themselves(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHOICE, "pool")
    areas = ["0001", "0002", "0003", "0004", "0005", "0006"]
    told: list[tuple[str, int, int]] = []
    results = render(
        [job(template, tmp_path, area) for area in areas],
        workers=2,
        progress=lambda result, done, total: told.append((result.job.area, done, total)),
    )
    assert [result.job.area for result in results] == areas
    assert [result.ok for result in results] == [True, False, False, False, True, True]
    assert files(tmp_path) == names("0001", "0005", "0006")
    assert not (tmp_path / ".staging").exists()
    assert sorted(area for area, _, _ in told) == areas
    assert [(done, total) for _, done, total in told] == [(n, 6) for n in range(1, 7)]
    errors = [result.error for result in results[1:4]]
    assert [(error.area, error.cell) for error in errors if error] == [
        ("0002", 3),
        ("0003", 3),
        ("0004", None),
    ]
    assert str(errors[0]) == "0002, cell 3: ValueError: broken"
    assert errors[2] is not None and "killed" in errors[2].message


@forks
def test_failures_in_forks_cost_only_themselves(template: Path, tmp_path: Path) -> None:
    areas = ["0001", "0002", "0003", "0004", "0005", "0006"]
    results = render([job(template, tmp_path, area) for area in areas], workers=2)
    # The fourth kills the server that forks; the work that was forked goes on.
    assert [result.ok for result in results] == [True, False, False, True, True, True]
    assert files(tmp_path) == names("0001", "0004", "0005", "0006")
    assert not (tmp_path / ".staging").exists()
    assert [str(result.error) for result in results[1:3]] == [
        "0002, cell 3: ValueError: broken",
        "0003, cell 3: its process ended before the report was done (exit status 1)",
    ]


def test_results_tell_of_the_files_and_do_not_depend_on_workers(
    template: Path, tmp_path: Path
) -> None:
    areas = ["0001", "0005"]
    alone = render([job(template, tmp_path / "a", area) for area in areas], workers=1)
    together = render([job(template, tmp_path / "b", area) for area in areas], workers=2)
    assert [result.files for result in alone] == [result.files for result in together]
    first = alone[0]
    assert set(first.files) == set(FORMATS) and first.data_origin == "modelled"
    assert first.title == "Znalost sociálních služeb – ORP Žďár u Říčky"
    assert first.seconds > 0
    for file in first.files.values():
        data = (tmp_path / "a" / file.path).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file.size, file.sha256)
    for path in files(tmp_path / "a"):
        assert (tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes()


def test_a_failed_report_leaves_the_published_one(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = job(template, tmp_path)
    assert render_report(good).ok
    before = {path: (tmp_path / path).read_bytes() for path in files(tmp_path)}
    monkeypatch.setattr("analysis.publishing.pdf.render_pdf", _fail)
    result = render_report(good)
    assert result.error is not None and result.error.message == "ZeroDivisionError: no PDF"
    assert {path: (tmp_path / path).read_bytes() for path in files(tmp_path)} == before


def _fail(*_: object) -> bytes:
    raise ZeroDivisionError("no PDF")


def test_a_disk_that_fails_leaves_nothing_half_written(
    template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch.os, "replace", _no_space)
    result = render_report(job(template, tmp_path))
    assert result.error is not None and "No space left" in result.error.message
    assert files(tmp_path) == set()


def _no_space(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_only_the_formats_asked_for_are_written(template: Path, tmp_path: Path) -> None:
    result = render_report(job(template, tmp_path, formats=("xlsx",), slug=""))
    assert result.ok and files(tmp_path) == {"cs/awareness/0001.xlsx"}


def test_an_absent_template_is_the_error_of_its_report(tmp_path: Path) -> None:
    result = render_report(job(tmp_path / "none.ipynb", tmp_path / "reports"))
    assert result.error is not None and "absent" in result.error.message


# --- other executors ------------------------------------------------------------------------


class _Losing(Executor):
    """An executor that loses one job with an exception of its own, as clusters do."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if args[0].area == "0002":
            future.set_exception(RuntimeError("the worker is gone"))
        else:
            future.set_result(RenderResult(args[0]))
        return future


def test_any_executor_serves_and_may_lose_a_job(tmp_path: Path) -> None:
    jobs = [job(tmp_path / "t.ipynb", tmp_path, area) for area in ("0001", "0002", "0003")]
    results = render(jobs, executor=_Losing())
    assert [result.ok for result in results] == [True, False, True]
    assert str(results[1].error) == "0002: RuntimeError: the worker is gone"


def test_an_executor_of_threads_renders(template: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        (result,) = render([job(template, tmp_path)], executor=executor)
    assert result.ok and files(tmp_path) == names("0001")


def test_no_jobs_give_no_results() -> None:
    assert render([]) == []


def test_the_environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with batch._environment(batch.WORKER_ENVIRONMENT):
        assert os.environ["OMP_NUM_THREADS"] == "1" and os.environ["PYTHONHASHSEED"] == "0"
    assert os.environ["OMP_NUM_THREADS"] == "7" and "PYTHONHASHSEED" not in os.environ


def test_a_draft_does_not_pass_for_a_release(tmp_path: Path) -> None:
    draft = "\n".join([
        "from dataclasses import replace",
        "import sys",
        f"sys.path.insert(0, {str(PROJECT)!r})",
        "from tests.publishing import sample_report",
        "first, *others = sample_report.blocks()",
        "display(replace(first, edition='draft', stamp='pracovní verze'))",
        "for block in others:",
        "    display(block)",
    ])  # fmt: skip
    path = write_notebook(tmp_path / "awareness.ipynb", draft)
    made = render_report(job(path, tmp_path / "out", formats=("html",)))
    assert made.ok and made.edition == "draft"
    refused = render_report(job(path, tmp_path / "out", formats=("html",), edition="release"))
    assert refused.error is not None
    assert "a draft where a release is asked for" in refused.error.message

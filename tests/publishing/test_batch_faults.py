"""Whole builds of the small study: the same bytes however they are made, and whatever befalls them."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from analysis.errors import WorkbenchError
from analysis.publishing.forks import CHOICE, forks_are_used
from analysis.publishing.manifest import NAME, check_manifest
from analysis.publishing.one_batch import FINISHED, one_batch
from analysis.workspace import Workspace
from tests.mini_results import PROJECT, contents, mini_workspace, needs

pytestmark = pytest.mark.skipif(os.name != "posix", reason="ends processes by signals")


def reports(root: Path) -> Path:
    return Workspace(root).reports("mini")


def run_of(root: Path) -> Workspace:
    workspace = mini_workspace(root)
    done = needs(root, "run", "mini")
    assert done.returncode == 0, done.stderr
    return workspace


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study with its results and without reports."""
    root = tmp_path_factory.mktemp("ready")
    run_of(root)
    return root


@pytest.fixture(scope="module")
def expected(ready: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The reports of one plain build."""
    root = copied(ready, tmp_path_factory.mktemp("expected") / "w")
    done = needs(root, "build", "mini", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert not (root / "reports" / ".mini.lock").exists()
    return contents(reports(root))


def copied(root: Path, to: Path) -> Path:
    shutil.copytree(root, to)
    return to


def start(root: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "analysis", *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )


def wait_until(process: subprocess.Popen[str], condition: object, seconds: float = 90) -> None:
    ends = time.monotonic() + seconds
    while process.poll() is None and not condition() and time.monotonic() < ends:  # type: ignore[operator]
        time.sleep(0.02)


# --- the same bytes -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workers", "environment"),
    [
        ("4", {"LC_ALL": "C", "TZ": "Pacific/Kiritimati"}),
        ("2", {CHOICE: "pool", "LC_ALL": "C.UTF-8", "TZ": "America/Los_Angeles"}),
    ],
)
def test_the_same_bytes_in_another_folder_locale_zone_and_number_of_workers(
    ready: Path,
    expected: dict[str, bytes],
    tmp_path: Path,
    workers: str,
    environment: dict[str, str],
) -> None:
    root = copied(ready, tmp_path / "ohnivý kůň")
    done = needs(root, "build", "mini", "--workers", workers, **environment)
    assert done.returncode == 0, done.stderr
    assert contents(reports(root)) == expected


# --- killed, interrupted --------------------------------------------------------------------


def killed_and_resumed(ready: Path, root: Path, expected: dict[str, bytes], moment: float) -> None:
    """Kill a batch and all that belongs to it by signal 9, some time after it has begun."""
    copied(ready, root)
    process = start(root, "build", "mini", "--workers", "2")
    wait_until(process, (reports(root) / ".staging").exists)
    time.sleep(moment)
    process.kill()
    process.communicate()
    seen = contents(reports(root)) if reports(root).exists() else {}
    whole = {name: data for name, data in seen.items() if not name.startswith(".")}
    assert all(expected[name] == data for name, data in whole.items())
    done = needs(root, "build", "mini", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert contents(reports(root)) == expected


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_batch_is_resumed(
    ready: Path, expected: dict[str, bytes], tmp_path: Path, seed: int
) -> None:
    moment = random.Random(seed).uniform(0, 0.4)
    killed_and_resumed(ready, tmp_path / "w", expected, moment)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10))
def test_a_batch_killed_at_any_moment_is_resumed(
    ready: Path, expected: dict[str, bytes], tmp_path: Path, seed: int
) -> None:
    moment = random.Random(100 + seed).uniform(0, 2)
    killed_and_resumed(ready, tmp_path / "w", expected, moment)


@pytest.mark.skipif(not forks_are_used(), reason="processes are not forked here")
def test_an_interruption_leaves_nothing_half_done_and_what_is_done_is_kept(
    ready: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    root = copied(ready, tmp_path / "w")
    # The second report hangs until the file is gone.
    template = root / "studies" / "mini" / "notebooks" / "brief.ipynb"
    text = template.read_text(encoding="utf-8")
    waits = text.replace("raise ValueError", "__import__('time').sleep(600); raise ValueError")
    assert waits != text
    template.write_text(waits, encoding="utf-8")
    (root / "broken-d2").touch()
    process = start(root, "build", "mini", "--workers", "2")
    finished = reports(root) / FINISHED
    wait_until(process, lambda: finished.exists() and finished.stat().st_size > 0)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and "interrupted" in said
    left = contents(reports(root))
    assert not [name for name in left if name.startswith(".")]
    assert not (root / "reports" / ".mini.lock").exists()
    manifest = check_manifest(reports(root))
    assert [record.area for record in manifest.reports] == ["d1"]
    (root / "broken-d2").unlink()
    done = needs(root, "build", "mini", "--workers", "1")
    assert "reports made 1, up to date 1, failed 0" in done.stdout
    shown = {name for name in expected if name != NAME}
    assert set(contents(reports(root))) == shown | {NAME}


# --- two at once, damaged, read-only, another time ------------------------------------------


def test_two_batches_at_once_take_turns(
    ready: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    root = copied(ready, tmp_path / "w")
    both = [start(root, "build", "mini", "--workers", "1") for _ in range(2)]
    said = [process.communicate(timeout=180) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert contents(reports(root)) == expected


def test_who_waits_is_told_for_whom(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "mini"
    told: list[str] = []
    with one_batch(folder):
        assert f"process {os.getpid()} on" in folder.with_name(".mini.lock").read_text()
        with (
            pytest.raises(WorkbenchError, match="another batch"),
            one_batch(folder, told.append, patience=0),
        ):
            pass
    assert len(told) == 1 and f"process {os.getpid()} on" in told[0]
    with one_batch(folder, told.append, patience=0):
        pass
    assert len(told) == 1 and list((tmp_path / "reports").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "damage"),
    [(NAME, b"{"), (FINISHED, b'{"kind": 1}\n[]\n{"ki')],
)
def test_a_damaged_list_only_means_work(
    ready: Path, expected: dict[str, bytes], tmp_path: Path, name: str, damage: bytes
) -> None:
    root = copied(ready, tmp_path / "w")
    folder = reports(root)
    for path, data in expected.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / name).write_bytes(damage)
    if name == FINISHED:
        (folder / NAME).unlink()
    done = needs(root, "build", "mini", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert contents(folder) == expected


def test_a_folder_that_cannot_be_written_is_told_in_one_line(ready: Path, tmp_path: Path) -> None:
    root = copied(ready, tmp_path / "w")
    shutil.rmtree(root / "reports", ignore_errors=True)
    (root / "reports").write_text("a file where the folder should be", encoding="utf-8")
    done = needs(root, "build", "mini", "--workers", "1")
    assert done.returncode == 2
    assert "the folder of reports cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_clock_set_back_changes_nothing(
    ready: Path, expected: dict[str, bytes], tmp_path: Path
) -> None:
    root = copied(ready, tmp_path / "w")
    later = time.time() + 400 * 86400
    for path in root.rglob("*"):
        os.utime(path, (later, later))
    done = needs(root, "build", "mini", "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert contents(reports(root)) == expected
    again = needs(root, "build", "mini", "--workers", "1")
    assert "reports made 0, up to date 2" in again.stdout

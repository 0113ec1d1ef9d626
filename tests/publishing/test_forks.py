"""Forked processes: what is killed, hangs or takes too much costs only itself."""

from __future__ import annotations

import os
import random
import signal
import time
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest

from analysis.publishing import forks
from analysis.publishing.forks import CHOICE, ForkExecutor, Limits, Lost, forks_are_used

pytestmark = pytest.mark.skipif(not forks_are_used(), reason="processes are not forked here")


def add(one: int, other: int) -> int:
    return one + other


def draw() -> tuple[float, float]:
    return random.random(), float(np.random.random())  # noqa: NPY002


def die(number: int) -> None:
    os.kill(os.getpid(), number)


def leave(status: int) -> None:
    os._exit(status)


def refuse() -> None:
    raise ValueError("no rows")


def hang(seconds: float) -> None:
    time.sleep(seconds)


def begin_and_hang(cell: int, seconds: float | None) -> None:
    forks.tell_cell(cell, seconds)
    time.sleep(60)


def fill(size: int) -> int:
    return len(bytearray(size))


def write_later(path: str) -> None:
    time.sleep(1.5)
    Path(path).write_text("late", encoding="utf-8")


def threads_of_parent() -> int:
    return len(os.listdir(f"/proc/{os.getppid()}/task"))


def address_space() -> tuple[int, int]:
    import resource

    return resource.getrlimit(resource.RLIMIT_AS)


def test_calls_give_what_they_return_and_what_they_raise() -> None:
    with ForkExecutor(2) as executor:
        futures = [executor.submit(add, number, other=1) for number in range(5)]
        refused = executor.submit(refuse)
        assert [future.result() for future in futures] == [1, 2, 3, 4, 5]
        with pytest.raises(ValueError, match="no rows"):
            refused.result()
        assert executor.submit(threads_of_parent).result() == 1


@pytest.mark.parametrize(
    ("work", "argument", "said"),
    [(die, signal.SIGKILL, "killed (SIGKILL)"), (die, signal.SIGSEGV, "killed (SIGSEGV)"),
     (leave, 3, "exit status 3")],
)  # fmt: skip
def test_a_process_that_dies_is_told_of_and_the_next_is_fine(
    work: object, argument: int, said: str
) -> None:
    with ForkExecutor(1) as executor:
        lost: Future[None] = executor.submit(work, argument)  # type: ignore[arg-type]
        with pytest.raises(Lost) as caught:
            lost.result()
        assert said in caught.value.message and caught.value.cell is None
        assert executor.submit(add, 1, 1).result() == 2


def test_what_takes_too_long_is_ended_and_its_cell_named() -> None:
    with ForkExecutor(2, Limits(seconds=8)) as executor:
        started = time.monotonic()
        lost = [executor.submit(begin_and_hang, 4, None), executor.submit(begin_and_hang, 5, 0.3)]
        for future, cell in zip(lost, (4, 5), strict=True):
            with pytest.raises(Lost) as caught:
                future.result()
            assert caught.value.cell == cell and "too long" in caught.value.message
        assert time.monotonic() - started < 50
        assert executor.submit(add, 1, 1).result() == 2


def test_memory_is_limited() -> None:
    with ForkExecutor(1, Limits(memory=256 * 2**20)) as executor:
        with pytest.raises(MemoryError):
            executor.submit(fill, 2 * 2**30).result()
        assert executor.submit(fill, 2**20).result() == 2**20


def test_an_exception_ends_what_is_running(tmp_path: Path) -> None:
    path = tmp_path / "late"
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), ForkExecutor(1) as executor:  # noqa: PT012
        executor.submit(add, 1, 1).result()
        executor.submit(write_later, str(path))
        time.sleep(0.3)
        raise KeyboardInterrupt
    assert time.monotonic() - started < 60
    time.sleep(2)
    assert not path.exists()


def test_processes_are_forked_where_they_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOICE, "pool")
    assert not forks_are_used()
    monkeypatch.setenv(CHOICE, "fork")
    assert forks_are_used()
    monkeypatch.setattr(forks.multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert not forks_are_used()

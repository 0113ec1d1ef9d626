"""An executor that forks a process for each piece of work from one that has imported everything.

A process of ``multiprocessing``'s fork server is ready in milliseconds. What becomes of it
costs its own work only: it is ended when it takes too long or when whoever asked for it is
gone, and it may not take more memory than its share.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, TypeVar

#: ``fork`` or ``pool`` where the choice is not to be made by the system.
CHOICE: Final = "NEEDS_ENGINE"
PRELOADED: Final = ["analysis.publishing.preloaded"]

#: The parent of forks has one thread. Arrow's allocator would start another.
ENVIRONMENT: Final = {
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}

_ENDING: Final = 5.0
_T = TypeVar("_T")


@dataclass(frozen=True)
class Limits:
    """What one piece of work may take.

    Parameters
    ----------
    seconds
        Of the clock on the wall, from its start to its end.
    memory
        Bytes of address space on top of what the imports take; a report takes a tenth.
    """

    seconds: float = 600.0
    memory: int = 4 * 2**30


DEFAULT_LIMITS: Final = Limits()


class Lost(Exception):
    """Work whose process was killed or took too long: the cell of the notebook, what happened."""

    def __init__(self, cell: int | None, message: str) -> None:
        super().__init__(cell, message)
        self.cell = cell
        self.message = message


def forks_are_used() -> bool:
    """Whether work is forked here; macOS can fork, but its system libraries do not bear it."""
    choice = os.environ.get(CHOICE, "")
    possible = "forkserver" in multiprocessing.get_all_start_methods()
    return possible and (choice == "fork" or (choice != "pool" and sys.platform != "darwin"))


class ForkExecutor(ThreadPoolExecutor):
    """``concurrent.futures`` over forked processes, one for each call.

    Parameters
    ----------
    workers
        Processes at a time; each has a thread here that watches it.
    limits
        What each may take; ten minutes and 4 GiB when not given.
    """

    def __init__(self, workers: int, limits: Limits = DEFAULT_LIMITS) -> None:
        super().__init__(workers, thread_name_prefix="needs-report")
        self._limits = limits
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(PRELOADED)
        self._running: set[Any] = set()
        self._killed = False

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        """Call a function in a process of its own; it and what it gives must be picklable."""
        return super().submit(self._call, partial(fn, *args, **kwargs))

    def __exit__(self, kind: Any, value: Any, trace: Any) -> bool | None:
        if kind is not None:
            self.kill()
        return super().__exit__(kind, value, trace)

    def kill(self) -> None:
        """End all processes at once and begin no more."""
        self._killed = True
        self.shutdown(wait=False, cancel_futures=True)
        for process in list(self._running):
            process.kill()

    def _call(self, work: Callable[[], _T]) -> _T:
        receiver, sender = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_child, args=(sender, self._limits.memory, work))
        with receiver:
            _start(process)
            sender.close()
            self._running.add(process)
            try:
                if self._killed:
                    raise Lost(None, "the batch was ended")
                return self._outcome(process, receiver)
            finally:
                self._running.discard(process)
                _end(process)

    def _outcome(self, process: Any, receiver: Connection) -> Any:
        """What the process gives; its messages before that tell which cell it is at."""
        ends = time.monotonic() + self._limits.seconds
        cell, cell_ends = None, ends
        while True:
            if not receiver.poll(max(min(ends, cell_ends) - time.monotonic(), 0.0)):
                process.kill()
                raise Lost(cell, "it took too long and was ended")
            try:
                kind, value = receiver.recv()
            except (EOFError, OSError):
                raise Lost(cell, _manner_of_death(process)) from None
            if kind == "result":
                return value
            if kind == "error":
                raise value
            cell, seconds = value
            cell_ends = ends if seconds is None else time.monotonic() + seconds


def _start(process: Any) -> None:
    try:
        process.start()
    except (OSError, EOFError):
        # The fork server was killed meanwhile; the next start begins with a new one.
        process.start()


def _end(process: Any) -> None:
    process.join(_ENDING)
    if process.exitcode is None:
        process.kill()
        process.join(_ENDING)


def _manner_of_death(process: Any) -> str:
    process.join(_ENDING)
    code = process.exitcode
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"its process was killed ({name}); it may have run out of memory"
    return f"its process ended before the report was done (exit status {code})"


# --- in the forked process ------------------------------------------------------------------


@dataclass
class _Here:
    """What this process knows of itself when it was forked for one piece of work."""

    line: Connection | None = None
    memory: int = 0


_here = _Here()


def is_fork() -> bool:
    """Whether this process was forked for one piece of work and ends after it."""
    return _here.line is not None


def memory_limit() -> int:
    """Bytes that this process may take on top of its imports; 0 without a limit."""
    return _here.memory


def tell_cell(number: int | None, seconds: float | None) -> None:
    """Tell which cell of a notebook begins and how long it may take; None after the last."""
    if _here.line is not None:
        _here.line.send(("cell", (number, seconds)))


def _child(sender: Connection, memory: int, work: Callable[[], Any]) -> None:
    # An interruption at the keyboard reaches all processes; the parent ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _silence()
    _here.line, _here.memory = sender, _limit_memory(memory)
    message: tuple[str, Any]
    try:
        message = ("result", work())
    except BaseException as error:
        message = ("error", error)
    try:
        sender.send(message)
    except Exception as error:
        sender.send(("error", Lost(None, f"what it gave cannot be sent: {error}")))


def _end_with_parent() -> None:
    """A batch that was killed must not go on writing behind the next one's back."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _silence() -> None:
    """What libraries write past Python would stand between the lines of the batch."""
    sink = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(sink, stream)
    os.close(sink)


def _limit_memory(memory: int) -> int:
    """Let allocations fail above a limit; the bytes allowed, 0 where no limit can be set."""
    import resource

    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * os.sysconf("SC_PAGE_SIZE") + memory
        hardest = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (most, hardest))
        # Where the machine's own memory ends, a report goes first and not the batch.
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    except (OSError, ValueError):
        return 0
    return memory

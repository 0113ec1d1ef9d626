"""One batch at a time for a folder of reports, which finds what an earlier one had finished.

A batch that dies leaves a lock that the system has let go of, reports that are whole, and a
list of them: the next batch takes them over if they still are what they should be.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from analysis.errors import WorkbenchError
from analysis.publishing.batch import STAGING
from analysis.publishing.manifest import ReportRecord, record_from

FINISHED: Final = ".finished.jsonl"

_POLL: Final = 0.2
#: Where Windows locks a byte; it lies behind what stands in the file.
_BYTE: Final = 1 << 20


@contextmanager
def one_batch(
    folder: Path, tell: Callable[[str], None] = lambda _: None, patience: float | None = None
) -> Iterator[None]:
    """Hold a folder of reports alone; wait for the batch that holds it now.

    Parameters
    ----------
    folder
        The reports of a study; the lock lies beside it.
    tell
        Is told once for whom one waits.
    patience
        Seconds to wait; for as long as it takes when not given.

    Raises
    ------
    WorkbenchError
        If the folder cannot be written, or the other batch does not end in time.
    """
    path = folder.with_name(f".{folder.name}.lock")
    handle = _acquired(path, tell, patience)
    try:
        # Whoever held the folder before is gone; what it had not published is worth nothing.
        shutil.rmtree(folder / STAGING, ignore_errors=True)
        yield
    finally:
        shutil.rmtree(folder / STAGING, ignore_errors=True)
        with suppress(OSError):
            path.unlink()
        os.close(handle)


def _acquired(path: Path, tell: Callable[[str], None], patience: float | None) -> int:
    started, told = time.monotonic(), False
    while True:
        handle = _opened(path)
        if _lock(handle) and _is_same(handle, path):
            os.truncate(handle, 0)
            os.write(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
            return handle
        os.close(handle)
        if not told and (holder := _holder(path)):
            tell(f"waiting for another batch that makes these reports: {holder}")
            told = True
        if patience is not None and time.monotonic() - started > patience:
            raise WorkbenchError(
                "another batch makes these reports", file=path, got=_holder(path) or None,
                hint="wait for it, or end that process",
            )  # fmt: skip
        time.sleep(_POLL)


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise WorkbenchError(
            "the folder of reports cannot be written", file=path.parent, got=error.strerror,
            hint="make it writable, or work in another workspace",
        ) from None  # fmt: skip


def _lock(handle: int) -> bool:
    """Lock an open file if nobody else has; the system undoes it when the process ends."""
    try:
        import fcntl
    except ImportError:
        return _lock_on_windows(handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _lock_on_windows(handle: int) -> bool:
    import msvcrt

    locking: Any = vars(msvcrt)
    try:
        os.lseek(handle, _BYTE, os.SEEK_SET)
        locking["locking"](handle, locking["LK_NBLCK"], 1)
        os.lseek(handle, 0, os.SEEK_SET)
    except OSError:
        return False
    return True


def _is_same(handle: int, path: Path) -> bool:
    """Whether the locked file still is the one of that name: its holder removes it."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return ""


# --- what is finished -----------------------------------------------------------------------


def note_finished(folder: Path, record: ReportRecord) -> None:
    """Add a published report to the list of those that no manifest tells of yet."""
    line = json.dumps(asdict(record), ensure_ascii=False, sort_keys=True)
    with suppress(OSError), (folder / FINISHED).open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")


def finished_reports(folder: Path) -> tuple[ReportRecord, ...]:
    """The reports of that list; a line that was cut short is passed over."""
    try:
        lines = (folder / FINISHED).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(record for line in lines if (record := _record(line)) is not None)


def forget_finished(folder: Path) -> None:
    """Remove the list, once the manifest tells of all reports."""
    with suppress(OSError):
        (folder / FINISHED).unlink()


def _record(line: str) -> ReportRecord | None:
    try:
        return record_from(json.loads(line))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None

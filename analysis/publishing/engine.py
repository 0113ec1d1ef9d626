"""papermill's engine of the batch: the cells run in the process that makes the report.

A kernel of its own costs each report a start of Python, the imports and messages over sockets.
Here IPython's shell runs in a process forked from one that has imported everything
(:mod:`analysis.publishing.forks`), and what the cells show is what a kernel would have sent.
Plain papermill stays the contract: the canonical notebooks of both are the same byte by byte.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from io import TextIOBase
from typing import Any, Final

import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from papermill.engines import Engine, papermill_engines
from traitlets import Type
from traitlets.config import Config

from analysis.publishing.forks import memory_limit, tell_cell

IN_PROCESS: Final = "needs-in-process"

_INJECTED: Final = "injected-parameters"
_MAY_FAIL: Final = "raises-exception"
_SKIPPED: Final = "skip-execution"


class InProcessEngine(Engine):  # type: ignore[misc]
    """Runs the cells of a notebook in this process, in a shell that it has to itself.

    For processes that make one report and end: modules, random state and files that the cells
    leave behind are theirs to the end.
    """

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, execution_timeout: float | None = None, **_: Any
    ) -> Any:
        """Run the cells up to the first that fails, whose error is its last output."""
        cells = nb_man.nb.cells
        shell = _shell()
        _reseed("".join(cell.source for cell in cells))
        with _module_path():
            for index, cell in enumerate(cells):
                tell_cell(_place_in_template(cells, index), execution_timeout)
                nb_man.cell_start(cell, index)
                failed = _is_run(cell) and not shell.run(cell)
                if failed:
                    nb_man.cell_exception(cell, cell_index=index)
                nb_man.cell_complete(cell, cell_index=index)
                if failed:
                    break
        tell_cell(None, None)
        return nb_man.nb


def register_engine() -> None:
    """Make the engine known to papermill by its name."""
    papermill_engines.register(IN_PROCESS, InProcessEngine)


def _is_run(cell: Any) -> bool:
    """Whether a cell is run at all; the same are as by papermill's own engine."""
    skipped = _SKIPPED in cell.metadata.get("tags", ())
    return bool(cell.cell_type == "code" and cell.source.strip() and not skipped)


def _place_in_template(cells: Any, index: int) -> int:
    """The number of a cell from 1, without the one that papermill has put in."""
    own = [cell for cell in cells[: index + 1] if _INJECTED not in cell.metadata.get("tags", ())]
    return max(len(own), 1)


def _reseed(sources: str) -> None:
    """Give each report random numbers of its own, the same at each run.

    Forked processes share the state of the one they come from.
    """
    digest = hashlib.sha256(sources.encode()).digest()
    random.seed(digest)
    np.random.seed(int.from_bytes(digest[:4], "big"))  # noqa: NPY002 (what notebooks may use)


@contextmanager
def _module_path() -> Iterator[None]:
    """Modules beside the notebook's working folder can be imported, as in a kernel."""
    sys.path.insert(0, "")
    try:
        yield
    finally:
        sys.path.remove("")


# --- the shell ------------------------------------------------------------------------------


def _output(kind: str, **values: Any) -> NotebookNode:
    return NotebookNode(output_type=kind, **values)  # type: ignore[no-untyped-call]


class _Publisher(DisplayPublisher):
    """Puts what is displayed among the outputs of the cell."""

    shell: Any

    def publish(  # type: ignore[override]
        self, data: Any, metadata: Any = None, *, transient: Any = None, update: bool = False,
        **_: Any,
    ) -> None:  # fmt: skip
        name = (transient or {}).get("display_id")
        values = {"data": _sealed(data), "metadata": _sealed(metadata or {})}
        if update:
            for output in self.shell.named.get(name, ()):
                output.update(values)
            return
        output = _output("display_data", **values)
        self.shell.outputs.append(output)
        if name is not None:
            self.shell.named.setdefault(name, []).append(output)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.outputs.clear()


class _Hook(DisplayHook):
    """Puts the value of a cell's last expression among its outputs."""

    shell: Any

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.shell.outputs.append(
            _output(
                "execute_result", data=_sealed(format_dict), metadata=_sealed(md_dict or {}),
                execution_count=self.prompt_count,
            )
        )  # fmt: skip

    def log_output(self, format_dict: Any) -> None:
        pass

    def finish_displayhook(self) -> None:
        self._is_active = False


class _Stream(TextIOBase):
    """Standard output or error of the cells; what is written in one go is one output."""

    def __init__(self, name: str, outputs: Callable[[], list[Any]]) -> None:
        super().__init__()
        self._name = name
        self._outputs = outputs

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        outputs = self._outputs()
        if outputs and outputs[-1].get("name") == self._name:
            outputs[-1]["text"] += text
        else:
            outputs.append(_output("stream", name=self._name, text=text))
        return len(text)


class _Shell(InteractiveShell):
    """IPython's shell with the outputs of a kernel and without its terminal and history."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)

    def __init__(self, **options: Any) -> None:
        self.outputs: list[Any] = []
        self.named: dict[str, list[Any]] = {}
        super().__init__(**options)  # type: ignore[no-untyped-call]

    def run(self, cell: Any) -> bool:
        """Run a cell into its outputs; whether the notebook goes on after it."""
        self.outputs = cell.outputs
        cell.execution_count = self.execution_count
        with self._streams():
            result = self.run_cell(cell.source, store_history=True)  # type: ignore[no-untyped-call]
        return result.success or _MAY_FAIL in cell.metadata.get("tags", ())

    @contextmanager
    def _streams(self) -> Iterator[None]:
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = (
            _Stream(name, lambda: self.outputs) for name in ("stdout", "stderr")
        )
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        text = str(evalue)
        if issubclass(etype, MemoryError) and not text and memory_limit():
            text = f"a report may take {memory_limit() / 2**30:.1f} GiB"
        self.outputs.append(
            _output("error", ename=etype.__name__, evalue=text, traceback=list(stb))
        )

    def init_io(self) -> None:
        pass

    def enable_gui(self, gui: Any = None) -> None:
        pass


@cache
def _shell() -> _Shell:
    config = Config()
    # No file: reports that are made at the same time would wait for one history.
    config.HistoryManager = Config(enabled=False, hist_file=":memory:")
    config.InteractiveShell.colors = "nocolor"
    folder = os.environ.get("IPYTHONDIR", "")
    options = {"ipython_dir": folder} if folder else {}
    asyncio.set_event_loop(asyncio.new_event_loop())
    shell = _Shell.instance(config=config, **options)
    assert isinstance(shell, _Shell) and isinstance(shell.history_manager, HistoryManager)
    return shell


def _sealed(bundle: Any) -> dict[str, Any]:
    """A bundle as a message would carry it, with values other than text as their JSON.

    papermill copies, checks and writes a notebook several times; a text costs it nothing.
    :func:`opened` makes values of them again.
    """
    return {
        mime: value if isinstance(value, str) else _Sealed(json.dumps(value, default=_encoded))
        for mime, value in bundle.items()
    }


class _Sealed(str):
    """The JSON of a value in a bundle."""

    __slots__ = ()


def opened(notebook: NotebookNode) -> NotebookNode:
    """An executed notebook with the values that the engine had sealed."""
    bundles = (
        bundle
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        for bundle in (output.get("data"), output.get("metadata"))
        if bundle
    )
    for bundle in bundles:
        for mime, value in bundle.items():
            if isinstance(value, _Sealed):
                bundle[mime] = json.loads(value)
    return notebook


def _encoded(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)

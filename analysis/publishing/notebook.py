"""Report notebooks: parameters checked, run by papermill, brought into canonical form.

papermill is the contract: a cell tagged ``parameters``, an executed notebook as the result.
It writes parameter *names* into code, so only names declared in that cell get through.
"""

from __future__ import annotations

import ast
import json
import logging
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from analysis.errors import Issue, WorkbenchError
from analysis.presentation.blocks import BLOCK_MIME
from analysis.publishing.forks import is_fork

ENGINE: Final = "needs-kernel"
KERNEL: Final = "python3"

#: The name of a socket has at most 103 bytes on some systems.
_LONGEST_SOCKET: Final = 95
_PARAMETERS: Final = "parameters"
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

Notebook = dict[str, Any]
Parameters = Mapping[str, Any]


class NotebookError(WorkbenchError):
    """A notebook that failed: the number of the cell in its template (from 1), what it said."""

    def __init__(self, template: Path, cell: int, message: str) -> None:
        super().__init__(f"cell {cell} of the notebook failed: {message}", file=template.name)
        self.cell = cell
        self.message = message

    def __reduce__(self) -> tuple[object, ...]:
        return NotebookError, (Path(str(self.issue.file)), self.cell, self.message)


@dataclass(frozen=True)
class ExecutedNotebook:
    """A notebook in canonical form, and what its cells printed on standard error."""

    notebook: Notebook
    warnings: tuple[str, ...] = ()


def run_notebook(
    template: Path,
    parameters: Parameters,
    *,
    folder: Path,
    cell_timeout: int | None = None,
    engine: str | None = None,
) -> ExecutedNotebook:
    """Run a report notebook with parameters.

    Parameters
    ----------
    template
        The notebook with a cell tagged ``parameters``.
    parameters
        Values for names that this cell declares; the others keep what stands there.
    folder
        The working directory of the run.
    cell_timeout
        Seconds after which a cell is given up; never when not given.
    engine
        The name under which papermill knows what executes the cells. When not given, they
        run in this process if it was forked for them, and in a kernel otherwise.

    Raises
    ------
    WorkbenchError
        If the template or a parameter cannot be used.
    NotebookError
        If a cell fails, takes too long or loses its kernel.
    """
    # papermill takes a third of a second to import, which `needs check` need not pay.
    import nbformat
    import papermill

    open_outputs: Callable[[Any], Any] = _unchanged
    name = engine or ENGINE
    if engine is None and is_fork():
        name, open_outputs = _in_process()
    _register_engine()
    source = read_notebook(template)
    values = checked_parameters(declared_parameters(source, template), parameters, template)
    try:
        with _kernel_options(name) as options:
            executed = papermill.execute_notebook(
                nbformat.from_dict(source),  # type: ignore[no-untyped-call]
                None,
                parameters=values,
                engine_name=name,
                kernel_name=KERNEL,
                progress_bar=False,
                cwd=str(folder),
                execution_timeout=cell_timeout,
                **options,
            )
    except papermill.PapermillExecutionError as error:
        raise _failed_cell(template, source, error) from None
    executed = open_outputs(executed)
    return ExecutedNotebook(canonical_notebook(executed), _printed_warnings(executed))


def read_notebook(path: Path) -> Notebook:
    """A notebook's JSON.

    Raises
    ------
    WorkbenchError
        If the file is absent or is no notebook.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WorkbenchError("the notebook of a report is absent", file=path) from None
    except ValueError as error:
        raise WorkbenchError("this is no notebook", file=path, got=str(error)) from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise WorkbenchError("this is no notebook", file=path, expected="JSON with cells")
    return notebook


def notebook_text(notebook: Notebook) -> str:
    """The text of a notebook's file: the same notebook, the same text."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


# --- parameters -----------------------------------------------------------------------------


def declared_parameters(notebook: Notebook, template: Path) -> dict[str, Any]:
    """Names and default values that the cell ``parameters`` declares.

    Raises
    ------
    WorkbenchError
        If there is no such cell, or it does more than give names literal values.
    """
    cells = [cell for cell in notebook["cells"] if _PARAMETERS in _tags(cell)]
    if len(cells) != 1:
        raise WorkbenchError(
            f"a report notebook has one cell tagged {_PARAMETERS}",
            file=template,
            got=str(len(cells)),
        )
    source = _source(cells[0])
    try:
        return dict(_declaration(statement) for statement in ast.parse(source).body)
    except (SyntaxError, ValueError):
        raise WorkbenchError(
            f"the cell {_PARAMETERS} may only give names literal values",
            file=template,
            expected='lines such as area = "0001"',
        ) from None


def _declaration(statement: ast.stmt) -> tuple[str, Any]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
        value: ast.expr | None = statement.value
    elif isinstance(statement, ast.AnnAssign):
        target, value = statement.target, statement.value
    else:
        raise ValueError
    if not isinstance(target, ast.Name) or value is None:
        raise ValueError
    return target.id, ast.literal_eval(value)


def checked_parameters(
    declared: Mapping[str, Any], given: Parameters, template: Path
) -> dict[str, Any]:
    """The given parameters, each declared and of the type of its default.

    Raises
    ------
    WorkbenchError
        With an issue for each parameter that is not declared or has another type.
    """
    issues = [_parameter_issue(name, value, declared) for name, value in given.items()]
    found = [issue for issue in issues if issue is not None]
    if found:
        raise WorkbenchError("the parameters do not fit the notebook", file=template, issues=found)
    return dict(given)


def _parameter_issue(name: str, value: Any, declared: Mapping[str, Any]) -> Issue | None:
    if name not in declared:
        known = ", ".join(sorted(declared))
        return Issue("the notebook does not declare this parameter", expected=known, got=name)
    default = declared[name]
    if not _is_plain(value):
        return Issue("a parameter is a text, a number, yes or no, or a list of them", column=name)
    if default is None or value is None or type(value) is type(default):
        return None
    if isinstance(default, float) and type(value) is int:
        return None
    expected, got = type(default).__name__, type(value).__name__
    return Issue(
        "a parameter has another type than its default", column=name, expected=expected, got=got
    )


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return value is None or type(value) in (str, int, float, bool)


# --- canonical form -------------------------------------------------------------------------


def canonical_notebook(executed: Mapping[str, Any]) -> Notebook:
    """An executed notebook without anything that differs from run to run.

    Timings, paths, versions of the machine and random ids go; of the outputs only blocks
    stay, which are what the HTML shows. The cell ids count the cells.
    """
    cells = [_canonical_cell(cell, place) for place, cell in enumerate(executed["cells"], start=1)]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": KERNEL},
        "language_info": {"name": "python"},
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _canonical_cell(cell: Mapping[str, Any], place: int) -> dict[str, Any]:
    tags = _tags(cell)
    made: dict[str, Any] = {
        "cell_type": cell["cell_type"],
        "id": f"cell-{place}",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": _source(cell),
    }
    if cell["cell_type"] == "code":
        made["execution_count"] = cell.get("execution_count")
        made["outputs"] = [
            _canonical_output(output) for output in cell["outputs"] if _is_block(output)
        ]
    return made


def _canonical_output(output: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: output["data"][key] for key in (BLOCK_MIME, "text/html") if key in output["data"]}
    return {"output_type": "display_data", "data": kept, "metadata": {}}


def _is_block(output: Mapping[str, Any]) -> bool:
    return BLOCK_MIME in output.get("data", {})


def _tags(cell: Mapping[str, Any]) -> Sequence[str]:
    return tuple(cell.get("metadata", {}).get("tags", ()))


def _source(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _printed_warnings(executed: Mapping[str, Any]) -> tuple[str, ...]:
    texts = (
        _plain(output["text"])
        for cell in executed["cells"]
        for output in cell.get("outputs", ())
        if output.get("output_type") == "stream" and output.get("name") == "stderr"
    )
    return tuple(text for text in texts if text)


def _plain(text: str) -> str:
    return _COLOURS.sub("", text).strip()


# --- failures -------------------------------------------------------------------------------


def _failed_cell(template: Path, source: Notebook, error: Any) -> NotebookError:
    message = _plain(error.evalue)
    if error.ename != WorkbenchError.__name__:
        message = f"{error.ename}: {message}" if message else error.ename
    return NotebookError(template, _place_in_template(source, error.cell_index), message)


def _place_in_template(source: Notebook, index: int) -> int:
    """The number of a cell as the template counts: papermill puts one more cell in."""
    cells = source["cells"]
    tagged = next(place for place, cell in enumerate(cells) if _PARAMETERS in _tags(cell))
    return index + 1 if index <= tagged else index


@contextmanager
def _kernel_options(engine: str) -> Iterator[dict[str, Any]]:
    """How a kernel is reached: by sockets in a folder of its own where there are any.

    Kernels that start at the same time can then not take each other's network ports. The
    name has to be given: Jupyter's own for sockets of files is the same for all kernels.
    """
    if engine != ENGINE:
        yield {}
        return
    from traitlets.config import Config

    quiet = {"extra_arguments": ["--log-level=CRITICAL"]}
    with tempfile.TemporaryDirectory(prefix="needs-") as sockets:
        if os.name != "posix" or len(sockets) > _LONGEST_SOCKET:
            yield quiet
            return
        manager = {"transport": "ipc", "ip": os.path.join(sockets, "k")}
        yield {**quiet, "config": Config(KernelManager=manager)}


def _in_process() -> tuple[str, Callable[[Any], Any]]:
    """The name of the engine for this process, and what opens the outputs that it seals."""
    from analysis.publishing.engine import IN_PROCESS, opened, register_engine

    register_engine()
    return IN_PROCESS, opened


def _unchanged(executed: Any) -> Any:
    return executed


def _register_engine() -> None:
    """Make our engine known to papermill: its own, which also tells where a kernel died."""
    from papermill.engines import NBClientEngine, papermill_engines
    from papermill.exceptions import PapermillExecutionError

    if ENGINE in papermill_engines._engines:
        return
    # What goes wrong is raised; without a handler it would be printed a second time.
    logging.getLogger("papermill").addHandler(logging.NullHandler())

    class KernelEngine(NBClientEngine):  # type: ignore[misc]
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            try:
                return super().execute_managed_notebook(nb_man, kernel_name, **options)
            except Exception as error:
                index = _last_begun(nb_man.nb)
                raise PapermillExecutionError(
                    cell_index=index,
                    exec_count=None,
                    source="",
                    ename=type(error).__name__,
                    evalue=str(error).strip().split("\n")[0],
                    traceback=[],
                ) from error

    papermill_engines.register(ENGINE, KernelEngine)


def _last_begun(notebook: Any) -> int:
    """The last cell that had begun; papermill calls it completed whatever became of it."""
    states = [cell.metadata.get("papermill", {}).get("status") for cell in notebook.cells]
    return max((place for place, state in enumerate(states) if state != "pending"), default=0)

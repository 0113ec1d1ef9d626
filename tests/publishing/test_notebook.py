"""Report notebooks: parameters, canonical form, failures."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import WorkbenchError
from analysis.presentation.blocks import BLOCK_MIME
from analysis.publishing.content import notebook_content
from analysis.publishing.notebook import (
    NotebookError,
    checked_parameters,
    declared_parameters,
    notebook_text,
    read_notebook,
    run_notebook,
)
from tests.publishing.notebooks import write_notebook, write_report_notebook


def declared(path: Path, parameters: str) -> dict[str, Any]:
    template = write_notebook(path / "t.ipynb", parameters=parameters)
    return declared_parameters(read_notebook(template), template)


# --- parameters -----------------------------------------------------------------------------


def test_the_parameters_cell_is_read(tmp_path: Path) -> None:
    source = '# The area\narea: str = "0001"\nkinds = ["a", "b"]\nlimit = -1.5\nnothing = None'
    assert declared(tmp_path, source) == {
        "area": "0001",
        "kinds": ["a", "b"],
        "limit": -1.5,
        "nothing": None,
    }


@pytest.mark.parametrize(
    "source",
    ["import os", "area = open('x')", "a, b = 1, 2", "a.b = 1", "area: str", "print(1)", "a ="],
)
def test_the_parameters_cell_does_nothing_else(tmp_path: Path, source: str) -> None:
    with pytest.raises(WorkbenchError, match="may only give names literal values"):
        declared(tmp_path, source)


def test_a_notebook_without_the_cell_is_refused(tmp_path: Path) -> None:
    notebook = {"cells": [{"cell_type": "code", "metadata": {}, "source": "a = 1"}]}
    with pytest.raises(WorkbenchError, match="one cell tagged parameters"):
        declared_parameters(notebook, tmp_path)


DECLARED = {"area": "0001", "count": 1, "share": 0.5, "draft": False, "kinds": ["a"], "any": None}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"area": "0002", "count": 3},
        {"share": 1},
        {"draft": True},
        {"kinds": []},
        {"any": "x"},
        {"any": ["a", 1]},
        {"area": '"; import os; os.remove("x")'},
    ],
)
def test_parameters_that_fit_are_taken(given: dict[str, Any]) -> None:
    assert checked_parameters(DECLARED, given, Path("t.ipynb")) == given


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"aera": "x"}, "does not declare this parameter"),
        ({"area = 1; x": "y"}, "does not declare this parameter"),
        ({"area": 2}, "expected: str"),
        ({"count": True}, "expected: int"),
        ({"count": 1.5}, "expected: int"),
        ({"draft": 1}, "expected: bool"),
        ({"kinds": "a"}, "expected: list"),
        ({"area": {"a": 1}}, "a text, a number"),
        ({"any": object()}, "a text, a number"),
    ],
)
def test_parameters_that_do_not_fit_are_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        checked_parameters(DECLARED, given, Path("t.ipynb"))
    assert said in re.sub(r" +", " ", str(caught.value))


def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="absent"):
        read_notebook(tmp_path / "none.ipynb")
    for text in ("{", "[]", '{"cells": 1}'):
        (tmp_path / "t.ipynb").write_text(text, encoding="utf-8")
        with pytest.raises(WorkbenchError, match="no notebook"):
            read_notebook(tmp_path / "t.ipynb")


# --- runs -----------------------------------------------------------------------------------


def test_a_run_gives_a_canonical_notebook(tmp_path: Path) -> None:
    template = write_report_notebook(
        tmp_path / "t.ipynb",
        "import os, sys\nprint('seen', os.getcwd())\nprint('careful', file=sys.stderr)\n{1, 2}",
    )
    parameters = {"area": 'x"\n\\ #{7*7}'}
    runs = [run_notebook(template, parameters, folder=tmp_path) for _ in range(2)]
    first, second = (notebook_text(run.notebook) for run in runs)
    assert first == second
    assert runs[0].warnings == ("careful",)
    assert str(tmp_path) not in first and "papermill" not in first
    notebook = json.loads(first)
    assert [cell["id"] for cell in notebook["cells"]] == [f"cell-{n}" for n in range(1, 6)]
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", ())]
    assert all(BLOCK_MIME in output["data"] for output in outputs)
    document = notebook_content(notebook).document
    assert document.area == 'x" \\ #{7*7}'


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise ValueError('not \\x1b[31mthis\\x1b[0m')", "ValueError: not this"),
        ("import os; os._exit(1)", "DeadKernelError"),
        ("import time; time.sleep(60)", "CellTimeoutError"),
        (
            "from analysis.errors import WorkbenchError\nraise WorkbenchError('no rows', got='0')",
            "no rows",
        ),
    ],
)
def test_a_failure_names_the_cell_of_the_template(
    tmp_path: Path, source: str, message: str
) -> None:
    template = write_notebook(tmp_path / "t.ipynb", "1", source, "2")
    with pytest.raises(NotebookError) as caught:
        run_notebook(template, {"area": "0002"}, folder=tmp_path, cell_timeout=3)
    # Markdown, parameters, "1", and then the one that fails.
    assert caught.value.cell == 4
    assert caught.value.message.startswith(message)
    assert "Traceback" not in str(caught.value)


def test_a_notebook_error_survives_the_way_between_processes() -> None:
    error = NotebookError(Path("t.ipynb"), 3, "ValueError: x")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.cell, copy.message, str(copy)) == (3, "ValueError: x", str(error))

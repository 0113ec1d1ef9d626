"""The template of the awareness report: a contract with papermill, and nothing but requests."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest

from analysis.presentation.makeup import read_makeup
from analysis.study import Study

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "reports" / "awareness.ipynb"


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def test_it_is_valid_with_fixed_ids(notebook: nbformat.NotebookNode) -> None:
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    # Ids that nobody chose are eight hexadecimal digits.
    assert not any(re.fullmatch(r"[0-9a-f]{8}", identifier) for identifier in ids)


def test_it_holds_no_outputs(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_its_parameters_have_the_defaults_of_the_shipped_study(
    notebook: nbformat.NotebookNode,
) -> None:
    (cell,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    values: dict[str, str] = {}
    exec(cell.source, {}, values)
    assert values == {
        "study": "zlin-2010", "area": "7212", "language": "cs", "edition": "draft",
    }  # fmt: skip


def test_it_computes_nothing_itself(notebook: nbformat.NotebookNode) -> None:
    for source in code_of(notebook):
        for node in ast.walk(ast.parse(source)):
            assert not isinstance(node, ast.FunctionDef | ast.Lambda | ast.BinOp | ast.For)


def test_it_asks_for_every_chapter_of_the_makeup_in_order(
    notebook: nbformat.NotebookNode, zlin: Study
) -> None:
    asked = re.findall(r'report\.chapter\("([^"]+)"\)', "\n".join(code_of(notebook)))
    makeup = read_makeup(zlin, "awareness")
    assert asked == [chapter.id for chapter in makeup.chapters]

"""Small report notebooks for the tests of running and rendering."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]

PARAMETERS = 'study = "vzor"\narea = "0001"\nlanguage = "cs"'
#: Shows the sample report of the tests for the area of the parameter.
REPORT = """
import sys
sys.path.insert(0, {project!r})
from dataclasses import replace
from tests.publishing import sample_report
first, *others = sample_report.blocks()
display(replace(first, area=area))
for block in others:
    display(block)
"""


def write_notebook(path: Path, *sources: str, parameters: str = PARAMETERS) -> Path:
    """Write a notebook: a heading, the cell of parameters, and one cell for each source."""
    cells = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Zpráva"}]
    cells += [code(parameters, "parameters"), *(code(source) for source in sources)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    for place, cell in enumerate(cells):
        cell["id"] = f"template-{place}"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path


def code(source: str, *tags: str) -> dict[str, Any]:
    """A code cell."""
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def write_report_notebook(path: Path, *before: str) -> Path:
    """A notebook that shows the sample report, after the cells given."""
    return write_notebook(path, *before, REPORT.format(project=str(PROJECT)))

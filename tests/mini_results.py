"""Answers and a report for the small study, so that all of it can be run in seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.workspace import Workspace
from tests.mini_study import write_mini_study

PROJECT = Path(__file__).resolve().parent.parent

#: A report of three blocks, for each area and in both languages.
MAKEUP = """\
title: {cs: Znalost služeb, en: Knowledge of services}
level: area
sample: people
chapters:
  - id: main
    title: {cs: Hlavní část, en: Main part}
    blocks:
      - block: text
        text: {cs: "Oblast: {area}.", en: "Area: {area}."}
      - block: table
        form: first_order
        indicator: K1
"""
#: The report fails for an area as long as the workspace has a file that names it.
TRAP = """\
from pathlib import Path
if Path(f"broken-{area}").exists():
    raise ValueError("this area is broken")
"""
OPEN = """\
from analysis.presentation.report import open_report
report = open_report("brief", study=study, area=area, language=language)
"""


def answers(n: int = 240, seed: int = 1) -> pd.DataFrame:
    """Answers as a raw file holds them: codes as text, blanks where nothing was asked."""
    draw = np.random.default_rng(seed)

    def pick(*codes: str) -> np.ndarray:
        return draw.choice(codes, n)

    helped = pick("1", "2")
    used = draw.integers(0, 2, (n, 2))
    return pd.DataFrame(
        {
            "respondent": [f"p{number}" for number in range(n)],
            "district": np.resize(["d1", "d2"], n),
            "sex": pick("1", "2"),
            "age": draw.integers(15, 90, n),
            "known_a": pick("1", "2", "3"),
            "known_b": pick("1", "2", "3"),
            "used.web": used[:, 0],
            "used.doctor": used[:, 1],
            "used.none": (used.sum(axis=1) == 0).astype(int),
            "wanted.web": draw.integers(0, 2, n),
            "wanted.doctor": draw.integers(0, 2, n),
            "wanted.none": 0,
            "helped": helped,
            "enough": np.where(helped == "1", pick("1", "2"), "-1"),
            "remark": "",
        }
    )


def write_answers(workspace: Workspace, frame: pd.DataFrame | None = None) -> Path:
    """Answers of the small study where it looks for them."""
    path = workspace.raw("mini") / "people.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    (answers() if frame is None else frame).to_csv(path, index=False)
    return path


def write_report(
    workspace: Workspace,
    makeup: str = MAKEUP,
    kind: str = "brief",
    chapters: tuple[str, ...] = ("main",),
) -> None:
    """The make-up of a report and its template, in the study's own folder."""
    folder = workspace.studies / "mini"
    for name in ("reports", "notebooks"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "reports" / f"{kind}.yaml").write_text(makeup, encoding="utf-8")
    shown = [f'report.chapter("{chapter}")' for chapter in chapters]
    sources = (TRAP, OPEN.replace("brief", kind), "report.title_page()", *shown)
    cells = [_cell('study = "mini"\narea = "d1"\nlanguage = "cs"', "parameters")]
    cells += [_cell(source) for source in sources]
    for place, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{place}"
    kernel = {"kernelspec": {"name": "python3", "display_name": "P", "language": "python"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path = folder / "notebooks" / f"{kind}.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")


def _cell(source: str, *tags: str) -> dict[str, Any]:
    metadata = {"tags": list(tags)} if tags else {}
    return {"cell_type": "code", "metadata": metadata, "source": source, "outputs": [],
            "execution_count": None}  # fmt: skip


def mini_workspace(root: Path, **changed: str) -> Workspace:
    """A workspace with the small study, its answers and its report."""
    workspace = write_mini_study(root, **changed)
    write_answers(workspace)
    write_report(workspace)
    return workspace


def needs(
    root: Path, *arguments: str, timeout: float = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own, in a folder."""
    command = [sys.executable, "-m", "analysis", *arguments]
    variables = {**os.environ, "PYTHONPATH": str(PROJECT), **environment}
    return subprocess.run(
        command, cwd=root, env=variables, capture_output=True, encoding="utf-8", timeout=timeout
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

"""A data annex for the small study."""

from __future__ import annotations

from pathlib import Path

from analysis.run import run_study
from analysis.study import Study, open_study
from analysis.workspace import Workspace
from tests.mini_results import mini_workspace

ANNEX = """\
title: {cs: Datová příloha, en: Data annex}
subtitle: {cs: "Údaje, {area}", en: "Figures, {area}"}
sheets:
  - id: knowledge
    title: {cs: Znalost služeb, en: Knowledge of services}
    families: [K]
    breakdowns: [all]
    note: {cs: Poznámka k listu., en: A note on the sheet.}
  - id: supply
    title: {cs: Nabídka, en: Supply}
    families: [NW]
    statement: {cs: Registr není připojen., en: No register is attached.}
  - id: definitions
    title: {cs: Definice, en: Definitions}
    content: definitions
  - id: methods
    title: {cs: Metodika, en: Methods}
    content: methods
"""


def write_annex(workspace: Workspace, text: str = ANNEX) -> None:
    """The definition of the annex in the study's folder."""
    path = workspace.studies / "mini" / "annex.yaml"
    path.write_text(text, encoding="utf-8")


def annexed_study(root: Path) -> Study:
    """The small study with a data annex, in a workspace of its own, run."""
    workspace = mini_workspace(root)
    write_annex(workspace)
    study = open_study("mini", workspace)
    run_study(study)
    return study

"""A data annex for the small study."""

from __future__ import annotations

from analysis.workspace import Workspace

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

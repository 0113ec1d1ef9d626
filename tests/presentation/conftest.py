"""A study with made-up results, opened in several places and languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from analysis.presentation.makeup import read_makeup
from analysis.presentation.naming import Names
from analysis.presentation.report import Report, open_report
from analysis.presentation.rows import read_released, read_run_record
from analysis.presentation.scene import Scene
from analysis.study import Study, open_study
from analysis.workspace import Workspace
from tests.mini_study import write_mini_study
from tests.presentation.made_up import write_results

AREA = "7212"
SMALL_AREA = "7201"


@pytest.fixture(scope="session")
def study(zlin: Study, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The study that ships, with made-up results in a workspace of its own."""
    root = tmp_path_factory.mktemp("presentation")
    (root / "studies" / "catalogues").mkdir(parents=True)
    moved = replace(zlin, workspace=Workspace(root))
    write_results(moved, moved.processed)
    return moved


@pytest.fixture(scope="session")
def shipped(zlin: Study, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The shipped study with made-up rows that follow its whole plan, as its id opens it."""
    root = tmp_path_factory.mktemp("shipped")
    (root / "studies").symlink_to(zlin.workspace.studies)
    study = open_study(zlin.id, Workspace(root))
    write_results(study, study.processed)
    return study


@pytest.fixture(scope="session")
def scene_of(study: Study) -> Callable[..., Scene]:
    """Scenes of the study by area, language and sample."""
    statements = read_makeup(study, "awareness").statements

    @cache
    def scene(area: str = AREA, language: str = "cs", sample: str = "inhabitants") -> Scene:
        names = Names(study, language)
        rows = read_released(study, area)
        return Scene(names, rows, area, sample, read_run_record(study), statements)

    return scene


@pytest.fixture(scope="session")
def scene(scene_of: Callable[..., Scene]) -> Scene:
    """One area in Czech."""
    return scene_of()


@pytest.fixture(scope="session")
def report_of(study: Study) -> Callable[..., Report]:
    """Reports of the study by area and language."""

    @cache
    def report(area: str = AREA, language: str = "cs") -> Report:
        return open_report("awareness", study, area, language)

    return report


MINI_MAKEUP = """\
title: {cs: Potřeby, en: Needs}
subtitle: {cs: "Zpráva – {area}", en: "Report – {area}"}
level: both
sample: people
chapters:
  - id: main
    title: {cs: Výsledky, en: Results}
    blocks:
      - {block: technical_parameters}
      - {block: findings, always: [K2], ranking: K1, differences: [K1], more: [H1], maximum: 3}
      - {block: chart, form: ranked, indicator: K1}
      - {block: chart, form: differences, indicator: K1, only: area}
      - {block: chart, form: areas, indicator: K2}
      - {block: chart, form: stack, indicator: S1, breakdowns: [age_group]}
      - {block: table, form: crosstab, indicator: K1, breakdowns: [age_group, sex]}
      - {block: sentence, form: groups, indicator: K2, breakdowns: [age_group]}
      - {block: reading_notes}
      - {block: questionnaire_annex}
      - {block: indicator_annex}
"""

MINI_PLAN = """\
indicator,sample,breakdowns,levels,comparison
K1,people,age_group sex,area region,rest
K2,people,age_group,area region,rest
C1,people,,area region,
H1,people,age_group,area region,
S1,people,age_group,area region,
"""


def write_mini(root: Path, makeup: str = MINI_MAKEUP) -> Study:
    """The small study without a region, with a make-up and made-up observed results."""
    workspace = write_mini_study(root, plan=MINI_PLAN)
    folder = root / "studies" / "mini" / "reports"
    folder.mkdir(exist_ok=True)
    (folder / "needs.yaml").write_text(makeup, encoding="utf-8")
    study = open_study("mini", workspace)
    write_results(study, study.processed, origin="observed")
    return study


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study without a territory, its answers observed."""
    return write_mini(tmp_path_factory.mktemp("mini"))

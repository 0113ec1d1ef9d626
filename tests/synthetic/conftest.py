"""Populations that several test modules share."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.study import Study, open_study
from analysis.synthetic.population import Population, build_population
from analysis.synthetic.respondents import SyntheticData, make_respondents
from tests.mini_study import write_mini_study


@pytest.fixture(scope="session")
def zlin_data(zlin: Study) -> SyntheticData:
    """Respondents of the study that ships with the project."""
    return make_respondents(zlin)


@pytest.fixture(scope="session")
def zlin_population(zlin_data: SyntheticData) -> Population:
    """The half million people they come from."""
    return zlin_data.population


@pytest.fixture
def mini(tmp_path: Path) -> Study:
    """A small study without generator.yaml, as it could come from KoboToolbox."""
    return open_study("mini", write_mini_study(tmp_path))


@pytest.fixture
def mini_population(mini: Study) -> Population:
    """Its population."""
    return build_population(mini)


def open_mini(root: Path, generator: str = "", **changed: str) -> Study:
    """The small study with parameters of the generator and changed definitions."""
    workspace = write_mini_study(root, **changed)
    if generator:
        path = workspace.studies / "mini" / "generator.yaml"
        path.write_text(generator, encoding="utf-8")
    return open_study("mini", workspace)

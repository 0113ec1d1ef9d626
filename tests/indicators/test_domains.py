"""Domains by area and group."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.indicators.domains import partition
from analysis.study import Study, open_study
from tests.mini_study import write_mini_study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return open_study("mini", write_mini_study(tmp_path))


@pytest.fixture
def frame() -> pd.DataFrame:
    sexes = pd.Categorical(["2", "1", "-9", "1"], categories=["1", "2", "-9"])
    return pd.DataFrame({"area": ["d2", "d1", "d1", None], "sex": sexes})


def test_areas_by_group(study: Study, frame: pd.DataFrame) -> None:
    by_sex = partition(study, frame, "area", "sex")
    assert by_sex.areas == ("d1", "d1", "d2", "d2")
    assert by_sex.groups == ("1", "2", "1", "2")
    assert by_sex.codes.tolist() == [3, 0, -1, -1]


def test_whole_areas_and_region(study: Study, frame: pd.DataFrame) -> None:
    assert partition(study, frame, "area", "").codes.tolist() == [1, 0, 0, -1]
    region = partition(study, frame, "region", "sex")
    assert region.areas == ("mini", "mini")
    assert region.codes.tolist() == [1, 0, -1, -1]
    assert region.count == 2

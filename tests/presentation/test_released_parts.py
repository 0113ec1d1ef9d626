"""Parts of released rows: a report is known by the rows that it reads, and by no other."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.presentation.released_parts import (
    KEPT_FILE,
    data_version,
    parts_read,
    released_parts,
)
from analysis.presentation.rows import read_released
from analysis.study import Study
from analysis.workspace import Workspace

AREA, OTHER = "7212", "7201"


@pytest.fixture
def own(study: Study, tmp_path: Path) -> Study:
    """The study with results of its own, which a test may change."""
    moved = replace(study, workspace=Workspace(tmp_path))
    shutil.copytree(study.processed, moved.processed)
    return moved


def change(study: Study, area: str, *, broken_down: bool, column: str = "estimate") -> None:
    """Another value in one row of an area."""
    path = study.processed / "released.parquet"
    frame = pd.read_parquet(path)
    chosen = (frame["area"] == area) & ((frame["breakdown"] != "") == broken_down)
    place = frame.index[chosen][0]
    frame.loc[place, column] = 0.123 if column == "estimate" else "changed"
    frame.to_parquet(path)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_a_change_inside_one_area_is_of_that_area_only(own: Study) -> None:
    before = {area: parts_read(own, area) for area in (AREA, OTHER, own.whole)}
    change(own, AREA, broken_down=True)
    assert changed(before[AREA], parts_read(own, AREA)) == {f"released rows of {AREA}"}
    assert changed(before[OTHER], parts_read(own, OTHER)) == set()
    assert changed(before[own.whole], parts_read(own, own.whole)) == {f"released rows of {AREA}"}


def test_a_changed_total_is_of_every_report_that_may_name_it(own: Study) -> None:
    before = {area: parts_read(own, area) for area in (AREA, OTHER)}
    change(own, AREA, broken_down=False)
    assert changed(before[AREA], parts_read(own, AREA)) == {f"released rows of {AREA}"}
    assert changed(before[OTHER], parts_read(own, OTHER)) == {f"released totals of {AREA}"}


@pytest.mark.parametrize("area", [AREA, OTHER, "whole"])
@pytest.mark.parametrize("broken_down", [True, False])
def test_parts_change_exactly_where_the_rows_read_change(
    own: Study, area: str, broken_down: bool
) -> None:
    place = own.whole if area == "whole" else area
    before, rows = parts_read(own, place), read_released(own, place).frame
    change(own, AREA, broken_down=broken_down)
    same = rows.equals(read_released(own, place).frame)
    assert same == (parts_read(own, place) == before)


def test_the_inputs_of_a_run_alone_change_nothing(own: Study) -> None:
    before = released_parts(own)
    path = own.processed / "released.parquet"
    pd.read_parquet(path).assign(input_hash="f" * 12).to_parquet(path)
    record = own.processed / "run_record.json"
    content = {**json.loads(record.read_text()), "input_hash": "ff"}
    record.write_text(json.dumps(content))
    assert released_parts(own) == before
    record.write_text(json.dumps({**content, "seed": 7}))
    assert changed(before, released_parts(own)) == {"record of the run"}


def test_a_version_is_of_what_the_report_of_the_area_reads(own: Study) -> None:
    before = {area: data_version(own, area) for area in (AREA, OTHER)}
    change(own, AREA, broken_down=True)
    assert data_version(own, AREA) != before[AREA] and data_version(own, OTHER) == before[OTHER]


@pytest.mark.parametrize("damage", ["{", "{}", "other rows", "other hash"])
def test_kept_parts_that_are_damaged_are_not_believed(own: Study, damage: str) -> None:
    right = released_parts(own)
    kept = own.processed / KEPT_FILE
    content = json.loads(kept.read_text())
    if damage == "other rows":
        content["made_from"]["released.parquet"] = "00"
    if damage == "other hash":
        content["parts"]["record of the run"] = "00"
    kept.write_text(json.dumps(content) if damage.startswith("other") else damage)
    assert released_parts(own) == right
    assert json.loads(kept.read_text())["parts"] == right

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.presentation.rows import Estimate, Rows, read_released, read_run_record
from analysis.study import Study
from analysis.workspace import Workspace
from tests.presentation.estimates import estimate


def test_rows_are_found_by_what_they_are_about(study: Study) -> None:
    rows = read_released(study)
    found = rows.of("AW03", sample="inhabitants", area="7212", category="s40")
    assert [(row.indicator, row.category, row.area) for row in found] == [("AW03", "s40", "7212")]
    assert len(rows.of("AW03", sample="inhabitants", area="7212")) == 33
    groups = rows.of("AW08", sample="inhabitants", area="7212", breakdown="sex")
    assert {row.group for row in groups} == {"1", "2"}
    assert rows.of("AW08", sample="inhabitants", area="nowhere") == ()


def test_breakdowns_of_an_indicator(study: Study) -> None:
    rows = read_released(study)
    assert set(rows.breakdowns("AW09", sample="inhabitants", area="7212")) == {
        "age_group",
        "age_group_wide",
    }


def test_a_report_reads_its_area_the_whole_and_the_totals_of_the_others(study: Study) -> None:
    rows = read_released(study, "7212")
    broken_down = rows.frame[rows.frame["breakdown"] != ""]
    assert set(broken_down["area"]) == {"7212", "CZ072"}
    assert set(rows.frame["area"]) == {*study.areas.index, "CZ072"}


@pytest.mark.parametrize(
    ("release", "mark", "shown"),
    [
        ("ok", "", True),
        ("true_zero", "", True),
        ("low_precision", "low_precision", True),
        ("suppressed_precision", "precision", False),
        ("suppressed_primary", "disclosure", False),
        ("suppressed_complementary", "disclosure", False),
        ("not_applicable", "not_applicable", False),
        ("missing", "missing", False),
    ],
)
def test_marks(release: str, mark: str, shown: bool) -> None:
    row = estimate(release=release)
    assert (row.mark, row.shown) == (mark, shown)


def test_a_value_that_is_absent_is_not_shown_whatever_its_state() -> None:
    row = estimate(estimate=math.nan)
    assert not row.shown
    assert row.mark == "missing"


@pytest.mark.parametrize(
    ("p", "low", "high", "supported"),
    [
        (0.01, 0.02, 0.10, True),
        (0.01, -0.10, -0.02, True),
        (0.01, -0.01, 0.10, False),
        (0.05, 0.02, 0.10, False),
        (math.nan, 0.02, 0.10, False),
        (0.01, math.nan, math.nan, False),
    ],
)
def test_a_difference_needs_both_its_p_value_and_its_interval(
    p: float, low: float, high: float, supported: bool
) -> None:
    row = estimate(comparison="rest", estimate=0.05, p_adjusted=p, ci_low=low, ci_high=high)
    assert row.supported is supported


def test_a_hidden_difference_is_never_supported() -> None:
    row = estimate(
        comparison="rest", release="suppressed_precision", p_adjusted=0.001, ci_low=0.02,
        ci_high=0.1,
    )  # fmt: skip
    assert not row.supported


def test_modelled_if_any_row_is() -> None:
    rows = [estimate(), estimate(data_origin="modelled")]
    assert Rows(pd.DataFrame(rows)).modelled
    assert not Rows(pd.DataFrame(rows[:1])).modelled


def test_a_study_that_was_not_run_says_how_to_run_it(zlin: Study, tmp_path: Path) -> None:
    moved = replace(zlin, workspace=Workspace(tmp_path))
    for read in (read_released, read_run_record):
        with pytest.raises(WorkbenchError) as caught:
            read(moved)
        assert "needs run zlin-2010" in str(caught.value)


def test_a_broken_record_names_its_line(zlin: Study, tmp_path: Path) -> None:
    moved = replace(zlin, workspace=Workspace(tmp_path))
    moved.processed.mkdir(parents=True)
    (moved.processed / "run_record.json").write_text('{"study": "a",\n "n": }')
    with pytest.raises(WorkbenchError) as caught:
        read_run_record(moved)
    assert caught.value.issue.row == 2


def test_released_rows_of_an_older_shape_are_refused(zlin: Study, tmp_path: Path) -> None:
    moved = replace(zlin, workspace=Workspace(tmp_path))
    moved.processed.mkdir(parents=True)
    frame = pd.DataFrame([estimate()], columns=list(Estimate._fields)).drop(columns="release")
    frame.to_parquet(moved.processed / "released.parquet")
    with pytest.raises(WorkbenchError, match="release"):
        read_released(moved)

from __future__ import annotations

import pytest

from analysis.errors import WorkbenchError
from analysis.presentation.blocks import BLOCK_MIME, Chart, Table
from analysis.presentation.study_results import StudyResults
from analysis.study import Study


@pytest.fixture(scope="module")
def results(study: Study) -> StudyResults:
    return StudyResults(study)


def test_results_are_the_released_rows(results: StudyResults) -> None:
    frame = results.results
    assert "release" in frame
    assert "count" not in frame
    assert set(frame["area"]) == {*results.study.areas.index, "CZ072"}


def test_what_a_study_has_can_be_asked(results: StudyResults) -> None:
    assert results.title["en"] == results.study.title["en"]
    with pytest.raises(AttributeError):
        _ = results.unheard_of


def test_a_table_displays_itself_and_has_its_rows(results: StudyResults) -> None:
    shown = results.table("AW03", area="7212")
    assert isinstance(shown.block, Table)
    assert len(shown.frame) == 33
    assert set(shown._repr_mimebundle_()) == {BLOCK_MIME, "text/html"}


def test_a_breakdown_may_be_named_by_its_beginning(results: StudyResults) -> None:
    shown = results.table("AW08", by="age", area="7212")
    assert list(shown.frame["group"]) == ["1", "2", "3", "4", "5"]
    assert set(shown.frame["breakdown"]) == {"age_group"}


def test_categories_by_groups_are_a_cross_tabulation(results: StudyResults) -> None:
    shown = results.table("IC02", by="education", area="7212")
    assert isinstance(shown.block, Table)
    assert len(shown.block.rows) == 13
    assert len(shown.block.columns) == 1 + 2 * 4


def test_one_category_of_an_indicator(results: StudyResults) -> None:
    shown = results.table("AW12/plan", by="sex")
    assert set(shown.frame["category"]) == {"plan"}


@pytest.mark.parametrize(
    ("indicator", "by", "rows"),
    [("AW03", None, 33), ("AW08", None, 13), ("AW12/plan", None, 13), ("AW08", "education", 4)],
)
def test_charts(results: StudyResults, indicator: str, by: str | None, rows: int) -> None:
    shown = results.chart(indicator, by=by, area="7212")
    assert isinstance(shown.block, Chart)
    assert len(shown.frame) == rows


def test_a_map_has_a_row_for_each_area(results: StudyResults) -> None:
    shown = results.map("AW08")
    assert list(shown.frame["area"]) == list(results.study.areas.index)


def test_an_explanation_tells_all_about_one_number(results: StudyResults) -> None:
    known = dict(results.explain("AW08", area="7212").items)
    assert set(known) >= {"Definice", "Základ", "Hodnota", "Srovnání", "Metoda", "Spolehlivost",
                          "Otázky", "Zdroj", "Stopa"}  # fmt: skip
    assert "interval" in known["Hodnota"]
    assert known["Otázky"].startswith("A4: ")


def test_english(study: Study) -> None:
    known = dict(StudyResults(study, language="en").explain("AW08", area="7212").items)
    assert known["Value"].endswith(").")


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r: r.table("AW99"), "no indicator AW99"),
        (lambda r: r.table("AW08", area="7299"), "no area 7299"),
        (lambda r: r.table("AW08", by="colour", area="7212"), "no breakdown colour"),
        (lambda r: r.table("AW09", by="sex", area="7212"), "no breakdown sex"),
        (lambda r: r.explain("AW12", area="7212"), "no released rows of AW12"),
        (lambda r: r.table("AW11", area="7212"), "no released rows of AW11"),
    ],
)
def test_what_does_not_exist_is_named(results: StudyResults, ask, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(WorkbenchError, match=message):
        ask(results)


def test_a_sample_that_does_not_exist(study: Study) -> None:
    with pytest.raises(WorkbenchError) as caught:
        StudyResults(study, sample="user")
    assert caught.value.issue.hint == "did you mean users?"


def test_another_sample(study: Study) -> None:
    users = StudyResults(study, sample="users").table("AW03", area="7212")
    assert set(users.frame["sample"]) == {"users"}

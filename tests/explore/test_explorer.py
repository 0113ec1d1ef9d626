"""The panel shows what was asked for, and only what was released."""

from __future__ import annotations

import pytest

from analysis.errors import WorkbenchError
from analysis.explore import Explorer, explorer, indicators
from analysis.explore.phrases import phrases
from analysis.presentation.study_results import StudyResults
from analysis.study import Study
from tests.presentation.conftest import AREA, study  # noqa: F401 (a fixture)


@pytest.fixture
def panel(study: Study) -> Explorer:  # noqa: F811
    return explorer(study, "cs")


def test_a_panel_opens_with_the_table_of_the_first_indicator(panel: Explorer) -> None:
    assert panel.view.value == "table"
    assert "<table>" in panel.shown.value and "modelová data" in panel.shown.value
    assert panel.indicator.value in panel._results.results["indicator"].to_numpy()


def test_views_change_what_is_shown(panel: Explorer) -> None:
    panel.indicator.value = "AW08"
    panel.area.value = AREA
    seen = {}
    for view, mark in (
        ("table", "<table>"),
        ("chart", "<svg"),
        ("map", "<svg"),
        ("explanation", "<dl>"),
    ):
        panel.view.value = view
        assert mark in panel.shown.value
        seen[view] = panel.shown.value
    assert len(set(seen.values())) == 4


def test_a_breakdown_is_offered_where_the_plan_has_it(panel: Explorer) -> None:
    panel.indicator.value = "AW08"
    offered = dict(panel.breakdown.options)
    assert "age_group" in offered.values()
    panel.breakdown.value = "age_group"
    groups = panel._results.table("AW08", by="age_group").frame["group"]
    # A row for each group and one for all together.
    assert len(groups) and panel.shown.value.count('scope="row"') == len(groups) + 1


def test_search_narrows_the_indicators(panel: Explorer) -> None:
    panel.search.value = "aw08"
    assert list(dict(panel.indicator.options).values()) == ["AW08"]
    panel.search.value = "takový tu není"
    assert panel.indicator.value is None
    assert phrases("cs")["nothing_found"] in panel.shown.value
    panel.search.value = ""
    assert panel.indicator.value is not None


def test_what_is_chosen_stays_when_the_language_changes(panel: Explorer) -> None:
    panel.indicator.value = "AW08"
    panel.area.value = AREA
    panel.view.value = "explanation"
    panel.language.value = "en"
    assert (panel.indicator.value, panel.area.value) == ("AW08", AREA)
    assert panel.view.value == "explanation"
    assert panel.indicator.description == phrases("en")["indicator"]


def test_an_error_is_a_sentence_and_no_traceback(
    panel: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: StudyResults, *_: object, **__: object) -> None:
        raise WorkbenchError("there is no map", hint="put in <boundaries>")

    monkeypatch.setattr(StudyResults, "map", refuse)
    panel.view.value = "map"
    assert "there is no map" in panel.shown.value and 'role="alert"' in panel.shown.value
    assert "&lt;boundaries&gt;" in panel.shown.value
    assert "Traceback" not in panel.shown.value


def test_hidden_values_stay_hidden(panel: Explorer) -> None:
    """A hidden row has no value to begin with, and its cell is a mark."""
    rows = panel._results.results
    hidden = rows[rows["release"].isin(["suppressed_primary", "suppressed_complementary"])]
    assert len(hidden) and hidden["estimate"].isna().all()
    row = hidden[(hidden["breakdown"] == "") & (hidden["sample"] == panel.sample.value)].iloc[0]
    panel.indicator.value = row["indicator"]
    panel.area.value = row["area"]
    panel.view.value = "table"
    assert "•" in panel.shown.value


def test_overview_lists_what_was_released(study: Study) -> None:  # noqa: F811
    results = StudyResults(study, "cs")
    shown = indicators(results)
    assert set(shown.frame["code"]) == set(results.results["indicator"])
    row = shown.frame.set_index("code").loc["AW08"]
    assert row["name"] == "Neví, kam se obrátit" and "age_group" in row["breakdowns"]
    assert shown.block.to_html().count("<tr>") == len(shown.frame) + 1


def test_a_study_that_was_not_run_says_what_to_type(zlin: Study, tmp_path: object) -> None:
    from dataclasses import replace
    from pathlib import Path

    from analysis.workspace import Workspace

    elsewhere = replace(zlin, workspace=Workspace(Path(str(tmp_path))))
    with pytest.raises(WorkbenchError, match="needs run"):
        explorer(elsewhere)


def test_errors_show_no_traceback_in_a_notebook() -> None:
    error = WorkbenchError("no such area", got="9999", hint="one of 7201, 7202")
    assert error._render_traceback_() == str(error).splitlines()

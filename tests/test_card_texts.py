"""Facts that are not known yet, and placeholders of the study card."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.card_texts import facts, known_part, unknown_facts
from analysis.checking import check_study
from analysis.definitions import read_tree
from analysis.errors import WorkbenchError
from analysis.study import Study, open_study
from analysis.workspace import Workspace
from tests.mini_study import CARD, write_mini_study


def with_card(folder: Path, *changes: tuple[str, str]) -> Workspace:
    workspace = write_mini_study(folder)
    text = CARD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (workspace.studies / "mini" / "study.yaml").write_text(text, encoding="utf-8")
    return workspace


def test_an_unknown_fact_counts_as_absent(tmp_path: Path) -> None:
    workspace = with_card(
        tmp_path,
        ("name: {cs: Projekt, en: Project}", 'name: {cs: "?", en: Project}\n  period: "?"'),
        ("start: 2020-01-01, end: 2020-02-01", 'start: "?", end: "?", interviewers: "?"'),
    )
    study = open_study("mini", workspace)
    assert study.card.project.name == {"en": "Project"}
    assert study.card.project.period == ""
    assert study.card.fieldwork.start is None
    assert study.card.fieldwork.interviewers is None
    # The wave says the year as long as the days are not known.
    first, last = study.card.survey_period
    assert (first.isoformat(), last.isoformat()) == ("2020-01-01", "2020-12-31")


def test_each_unknown_fact_is_a_warning_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = with_card(
        tmp_path,
        ("name: {cs: Projekt, en: Project}", 'name: {cs: "?", en: Project}'),
        ("start: 2020-01-01", 'start: "?"'),
    )
    card = workspace.studies / "mini" / "study.yaml"
    issues = list(unknown_facts(read_tree(card)))
    lines = card.read_text(encoding="utf-8").splitlines()
    assert [issue.column for issue in issues] == ["project.name.cs", "fieldwork.start"]
    assert all('"?"' in lines[(issue.row or 0) - 1] for issue in issues)
    assert issues[1].expected == "the first day of the interviews, such as 2026-09-01"
    monkeypatch.setenv("NEEDS_WORKSPACE", str(workspace.root))
    checked = check_study("mini", definitions_only=True)
    assert (len(checked.issues), checked.status) == (2, 1)


def test_a_wave_without_a_year_needs_the_days(tmp_path: Path) -> None:
    workspace = with_card(tmp_path, ('wave: "2020"', "wave: spring"), ("start: 2020-01-01, ", ""))
    with pytest.raises(WorkbenchError, match="nothing says in which year"):
        open_study("mini", workspace)


def test_field_work_cannot_end_before_it_starts(tmp_path: Path) -> None:
    workspace = with_card(tmp_path, ("end: 2020-02-01", "end: 2019-02-01"))
    with pytest.raises(WorkbenchError, match="ends before it starts"):
        open_study("mini", workspace)


def test_placeholders_name_the_region_in_each_language(zlin: Study) -> None:
    tree = read_tree(zlin.folder / "study.yaml")
    values = known_part(tree, zlin.territory).values
    assert tree.values["title"]["cs"].endswith("{whole_locative}")
    assert values["title"] == zlin.title
    assert values["samples"]["inhabitants"]["population"]["en"].startswith(
        "inhabitants of the Zlín Region"
    )


def test_a_placeholder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    workspace = with_card(tmp_path, ("en: Small study", 'en: "Study of {whole}"'))
    with pytest.raises(WorkbenchError, match=r"no placeholder \{whole\}") as error:
        open_study("mini", workspace)
    assert "the study has no region" in str(error.value)


def test_every_fact_stands_in_the_card_and_is_explained_in_both_languages() -> None:
    from analysis.study_definitions.card import Fieldwork, Project

    models = {"project": Project, "fieldwork": Fieldwork}
    for fact in facts():
        assert fact.path[1] in models[fact.path[0]].model_fields
        assert set(fact.meaning) == {"cs", "en"}
    assert {fact.path[1] for fact in facts() if fact.path[0] == "project"} == set(
        Project.model_fields
    )

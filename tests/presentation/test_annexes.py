from __future__ import annotations

from analysis.presentation import annexes
from analysis.presentation.blocks import Table
from analysis.presentation.makeup import (
    CodingAnnexSpec,
    IndicatorAnnexSpec,
    QuestionnaireAnnexSpec,
    read_makeup,
)
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.study import Study

LABEL = Label("Caption", "name")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_questions_behind_an_indicator_are_traced_through_derived_variables(
    scene: Scene,
) -> None:
    assert annexes.questions_behind(scene, "AW08") == ["A4"]
    assert annexes.questions_behind(scene, "AW03") == ["A2"]
    assert annexes.questions_behind(scene, "AW10") == ["A2"]
    assert annexes.questions_behind(scene, "IC03") == ["I1", "I2"]


def test_a_report_names_the_questions_it_uses_in_order(scene: Scene, study: Study) -> None:
    used = annexes.questions_of(scene, read_makeup(study, "awareness"))
    assert {"A1", "A2", "A4", "I1", "D2", "D4"} <= set(used)
    assert "age_group" not in used
    questions = study.questionnaire.questions
    orders = [questions[name].order for name in used if name in questions]
    assert orders == sorted(orders)


def test_indicators_of_the_report_and_no_others(scene: Scene, study: Study) -> None:
    makeup = read_makeup(study, "awareness")
    spec = IndicatorAnnexSpec(block="indicator_annex")
    (table,) = annexes.indicators(scene, LABEL, spec, makeup)
    assert isinstance(table, Table)
    codes = [row[0].text for row in table.rows]
    assert "AW08" in codes
    assert "AW11" not in codes
    only = IndicatorAnnexSpec(block="indicator_annex", families=("IC",))
    (table,) = annexes.indicators(scene, LABEL, only, makeup)
    assert isinstance(table, Table)
    assert {row[0].text[:2] for row in table.rows} == {"IC"}


def test_the_questionnaire_shows_a_grid_once_with_its_items(scene: Scene) -> None:
    spec = QuestionnaireAnnexSpec(block="questionnaire_annex", blocks=("A", "I"))
    (table,) = annexes.questionnaire(scene, LABEL, spec)
    assert isinstance(table, Table)
    codes = [row[0].text for row in table.rows]
    assert codes.count("A2") == 1
    assert not any(code.startswith("A2_") for code in codes)
    grid = table.rows[codes.index("A2")]
    assert "znám dobře; jen jsem o" in grid[2].text
    assert "celkem 33" in grid[2].text
    assert [title for title, _ in table.groups] == ["Blok A", "Blok I"]


def test_routing_names_the_question_it_depends_on(scene: Scene) -> None:
    spec = QuestionnaireAnnexSpec(block="questionnaire_annex", blocks=("I",))
    (table,) = annexes.questionnaire(scene, LABEL, spec)
    assert isinstance(table, Table)
    by_code = {row[0].text: plain(row[1].text) for row in table.rows}
    assert by_code["I4"].endswith("[Podle odpovědi na: I3]")
    assert "Podle odpovědi" not in by_code["I1"]


def test_only_the_questions_of_the_sample(scene: Scene) -> None:
    spec = QuestionnaireAnnexSpec(block="questionnaire_annex", blocks=("X",))
    (people,) = annexes.questionnaire(scene, LABEL, spec)
    (users,) = annexes.questionnaire(scene.of_sample("users"), LABEL, spec)
    assert isinstance(people, Table)
    assert isinstance(users, Table)
    assert "X2" in [row[0].text for row in users.rows]
    assert "X2" not in [row[0].text for row in people.rows]


def test_long_lists_are_shortened_and_counted(scene: Scene) -> None:
    spec = QuestionnaireAnnexSpec(block="questionnaire_annex", blocks=("I",), longest_list=3)
    (table,) = annexes.questionnaire(scene, LABEL, spec)
    assert isinstance(table, Table)
    sources = next(row[2].text for row in table.rows if row[0].text == "I1")
    assert "celkem 13" in plain(sources)


def test_codes_with_the_words_of_the_makeup(scene: Scene) -> None:
    spec = CodingAnnexSpec(
        block="coding_annex", list="spontaneous", attribute="kind",
        labels={"service": {"cs": "služba", "en": "service"}},
    )  # fmt: skip
    (table,) = annexes.coding(scene, LABEL, spec)
    assert isinstance(table, Table)
    rows = {row[1].text: (row[0].text, row[2].text) for row in table.rows}
    assert rows["sociální dávka"] == ("90", "other")
    assert rows["noclehárny"] == ("s63", "služba")

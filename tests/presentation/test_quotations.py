"""Quotations in a report: only approved ones, in the report's language, with their base."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from analysis.errors import WorkbenchError
from analysis.presentation import quotations
from analysis.presentation.blocks import Block, ItemList, Paragraph, Table
from analysis.presentation.makeup import QuotationsSpec, read_makeup
from analysis.presentation.naming import Names
from analysis.presentation.rows import read_released
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.release.released_texts import RELEASED_TEXTS_FILE, Quotation
from analysis.study import Study, open_study
from tests.mini_results import MAKEUP
from tests.mini_study import write_mini_study
from tests.presentation.made_up import write_results

SPEC = QuotationsSpec(block="quotations", question="remark", most=3)
ONE = Quotation(
    "remark-d1-1", "remark", "people", "d1", {"cs": 'chybí "dobrý" lékař'}, 25, False,
    {"sex": "2"}, "head", "2020-03-01", "observed",
)  # fmt: skip


@pytest.fixture
def study(tmp_path: Path) -> Study:
    study = open_study("mini", write_mini_study(tmp_path))
    write_results(study, study.processed)
    return study


def write(study: Study, *texts: Quotation) -> None:
    content = json.dumps([asdict(one) for one in texts])
    (study.processed / RELEASED_TEXTS_FILE).write_text(content)


def scene(study: Study, area: str = "d1", language: str = "cs") -> Scene:
    return Scene(Names(study, language), read_released(study), area, "people")


def shown(study: Study, area: str = "d1", language: str = "cs") -> list[Block]:
    return list(quotations.blocks(scene(study, area, language), SPEC))


def items(blocks: list[Block]) -> tuple[str, ...]:
    (found,) = (block for block in blocks if isinstance(block, ItemList))
    return tuple(item.replace("\u00a0", " ") for item in found.items)


def test_without_approved_texts_there_is_no_block(study: Study) -> None:
    assert shown(study) == []
    write(study)
    assert shown(study) == []


def test_a_quotation_stands_in_czech_quotes_with_its_base(study: Study) -> None:
    write(study, ONE)
    question, _, note = shown(study)
    assert isinstance(question, Paragraph) and isinstance(note, Paragraph)
    assert question.text.replace("\u00a0", " ") == "Otázka: „Poznámka“ (První, n = 25)"
    assert items(shown(study)) == ("„chybí ‚dobrý‘ lékař“ (žena)",)


def test_an_area_without_its_own_shows_those_of_the_whole(study: Study) -> None:
    whole = replace(ONE, id="w", area="mini", group={}, text={"cs": "ze všech míst"})
    write(study, ONE, whole)
    assert items(shown(study, "d2")) == ("„ze všech míst“",)
    assert items(shown(study, "d1")) == ("„chybí ‚dobrý‘ lékař“ (žena)",)


def test_the_whole_names_the_place_of_each(study: Study) -> None:
    second = replace(ONE, id="2", area="d2", n=30, group={}, text={"cs": "odjinud"})
    third = replace(ONE, id="3", text={"cs": "zase první"})
    write(study, ONE, third, second)
    found = items(shown(study, "mini"))
    assert found[0] == "„chybí ‚dobrý‘ lékař“ (žena, První, n = 25)"
    assert found[1] == "„odjinud“ (Druhý, n = 30)"
    assert len(found) == 3


def test_no_more_than_asked_for(study: Study) -> None:
    write(study, *(replace(ONE, id=str(n), text={"cs": f"text {n}"}) for n in range(9)))
    assert len(items(shown(study))) == 3


def test_another_sample_or_question_is_not_mixed_in(study: Study) -> None:
    write(study, replace(ONE, sample="others"), replace(ONE, question="other"))
    assert shown(study) == []


def test_a_text_without_translation_is_left_out_in_english(study: Study) -> None:
    write(study, ONE, replace(ONE, id="2", text={"cs": "jinak", "en": "it is otherwise"}))
    assert items(shown(study, language="en")) == ("“it is otherwise” (woman)",)


def test_a_number_that_may_not_be_told_is_a_lower_bound(study: Study) -> None:
    write(study, replace(ONE, n=20, n_at_least=True))
    question = shown(study)[0]
    assert isinstance(question, Paragraph) and "n = 20 nebo více" in question.text.replace(
        "\u00a0", " "
    )


def test_the_method_tells_how_many_answered(study: Study) -> None:
    write(study, ONE)
    record = {"samples": {"people": {"open_answers": [
        {"question": "remark", "answered": 55, "offered": 3, "removed": {}},
        {"question": "other", "answered": None, "offered": 0, "removed": {}},
    ]}}}  # fmt: skip
    (table,) = quotations.open_answers(replace(scene(study), record=record), Label("C", "n"))
    assert isinstance(table, Table)
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["remark: Poznámka", "55", "1"], ["other: other", "neuvádíme", "0"],
    ]  # fmt: skip
    assert list(quotations.open_answers(replace(scene(study), record={}), Label("C", "n"))) == []


@pytest.mark.parametrize("name", ["remarks", "sex"])
def test_a_make_up_that_quotes_from_no_open_question_is_refused(study: Study, name: str) -> None:
    folder = study.folder / "reports"
    folder.mkdir()
    text = f"{MAKEUP}      - {{block: quotations, question: {name}}}\n"
    (folder / "brief.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(WorkbenchError) as caught:
        read_makeup(open_study("mini", study.workspace), "brief")
    issue = caught.value.issues[0]
    assert name in issue.what and issue.row == len(text.splitlines())

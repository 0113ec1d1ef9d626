from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from analysis.errors import WorkbenchError
from analysis.presentation import coding, methods
from analysis.presentation.blocks import Paragraph, Table
from analysis.presentation.makeup import CodingAgreementSpec
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label

LABEL = Label("Caption", "name")

RECORD: dict[str, Any] = {
    "question": "A1",
    "coders": 2,
    "answers": 400,
    "mentions": 900,
    "suggested": 810,
    "suggestion_taken": 0.972,
    "uncoded": 3,
    "disagreements": 80,
    "decided": 77,
    "mistaken": [
        {"code": "benefit", "answers": 120, "only": 22, "mentions": 125},
        {"code": "health", "answers": 30, "only": None, "mentions": 30},
    ],
    "related": [
        {"item": "r05", "label": {"cs": "senior taxi", "en": "senior taxi"}, "mentions": 0},
        {"item": "r02", "label": {"cs": "hospic", "en": "hospice"}, "mentions": 8},
        {"item": "r09", "label": {"cs": "dávky", "en": "benefits"}, "mentions": 120},
    ],
    "agreement": [
        {"measure": "percent_mentions", "value": 0.911, "n": 900},
        {"measure": "percent_answers", "value": 0.846, "n": 400},
        {"measure": "kappa", "value": 0.894, "low": 0.871, "high": 0.917, "n": 900},
        {"measure": "alpha_masi", "value": 0.818, "low": 0.79, "high": 0.85, "n": 400},
        {"measure": "alpha_jaccard", "value": None, "low": None, "high": None, "n": 400},
    ],
    "codes": [
        {"code": "s40", "first": 200, "second": 210, "both": 190, "value": 0.93, "low": 0.9,
         "high": 0.95, "n": 900},
        {"code": "s50", "first": 20, "second": 25, "both": 12, "value": 0.52, "low": 0.4,
         "high": 0.6, "n": 900},
        {"code": "", "first": 15, "second": 16, "both": 14, "value": 0.7, "low": 0.5,
         "high": 0.9, "n": 900},
    ],
}  # fmt: skip


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.fixture
def coded(scene_of: Callable[..., Scene]) -> Callable[..., Scene]:
    def scene(language: str = "cs", **changed: Any) -> Scene:
        found = scene_of(language=language)
        samples = dict(found.record.get("samples", {}))
        samples["inhabitants"] = {
            **samples.get("inhabitants", {}),
            "coding": [{**RECORD, **changed}],
        }
        return replace(found, record={**found.record, "samples": samples})

    return scene


def blocks(scene: Scene, form: str) -> tuple[list[str], list[Table]]:
    spec = CodingAgreementSpec(block="coding_agreement", question="A1", form=form)  # type: ignore[arg-type]
    found = list(coding.blocks(scene, LABEL, spec))
    texts = [plain(one.text) for one in found if isinstance(one, Paragraph)]
    return texts, [one for one in found if isinstance(one, Table)]


def rows(table: Table) -> list[list[str]]:
    return [[plain(cell.text) for cell in row] for row in table.rows]


def test_agreement_is_told_with_its_interval_and_units(coded: Callable[..., Scene]) -> None:
    texts, (table,) = blocks(coded(), "agreement")
    assert "odpovědělo 400 lidí a jmenovali 900 věcí" in texts[0]
    assert (
        "kód pro 90 % z nich; z těchto návrhů nakonec platí 97 %. Bez kódu zůstalo: 3." in texts[0]
    )
    assert "neshodli: 80; z toho rozhodnuto třetím člověkem: 77." in texts[1]
    assert rows(table)[0] == ["Shodný kód jmenované věci", "91,1 %", "", "900"]
    assert rows(table)[2] == ["Cohenova kappa, jmenované věci", "0,89", "0,87–0,92", "900"]
    assert rows(table)[4][1:] == [".", "", "400"]
    assert "alespoň 0,80; pod 0,667" in plain(table.notes[0])


def test_categories_that_coders_confuse_are_named(coded: Callable[..., Scene]) -> None:
    _, (table,) = blocks(coded(), "codes")
    assert rows(table)[1] == ["domovy se zvláštním režimem", "20", "25", "12", "0,52", "0,40–0,60"]
    assert rows(table)[2][0] == "ostatní kategorie dohromady"
    assert plain(table.notes[1]).endswith("s opatrností: domovy se zvláštním režimem.")
    kept = [one for one in RECORD["codes"] if one["code"] == "s40"]
    _, (table,) = blocks(coded(codes=kept), "codes")
    assert len(table.notes) == 1


def test_mistakes_are_counted_by_kind_and_small_counts_hidden(
    coded: Callable[..., Scene],
) -> None:
    _, (table,) = blocks(coded(), "mistaken")
    assert rows(table)[0] == ["sociální dávka", "125", "120", "30,0 %", "22", "5,5 %"]
    assert rows(table)[1] == ["zdravotní péče", "30", "30", "7,5 %", "•", "•"]
    assert table.rows[1][4].value is None
    assert "menší než 5" in plain(table.notes[-1])


def test_related_items_are_ranked_and_absent_ones_left_out(coded: Callable[..., Scene]) -> None:
    _, (table,) = blocks(coded("en"), "related")
    assert rows(table) == [["benefits", "120"], ["hospice", "8"]]


def test_one_coder_has_no_agreement(coded: Callable[..., Scene]) -> None:
    texts, found = blocks(coded(agreement=[], codes=[]), "agreement")
    assert texts[-1] == "Odpovědi kódoval jeden člověk; shodu kodérů proto nelze spočítat."
    assert not found


def test_answers_that_arrived_coded_say_so(scene: Scene) -> None:
    texts, found = blocks(scene, "agreement")
    assert texts == ["Odpovědi na otázku A1 přišly již kódované; shodu kodérů nelze uvést."]
    assert not found


def facts(scene: Scene, questions: list[str]) -> dict[str, str]:
    items = methods.technical_parameters(scene, LABEL, questions).items
    return {plain(key): value for key, value in items}


def test_the_method_box_names_the_agreement(coded: Callable[..., Scene]) -> None:
    box = facts(coded(), ["A1", "A2"])
    told = plain(box["Otevřené otázky a jejich kódování"])
    assert told == "A1_text; shoda kodérů: A1 kappa = 0,89, alfa = 0,82"
    box = facts(coded(), ["A3"])
    assert plain(box["Otevřené otázky a jejich kódování"]).endswith("neuvedeno")


def test_a_question_that_is_not_coded_is_refused(mini_refused: Callable[[str], str]) -> None:
    told = mini_refused("{block: coding_agreement, question: helpd}")
    assert "helpd is no question with several choices" in told


@pytest.fixture
def mini_refused(tmp_path: Any) -> Callable[[str], str]:
    from analysis.presentation.makeup import read_makeup
    from analysis.study import open_study
    from tests.mini_study import write_mini_study

    def refused(block: str) -> str:
        workspace = write_mini_study(tmp_path)
        reports = workspace.studies / "mini" / "reports"
        reports.mkdir()
        (reports / "needs.yaml").write_text(
            "title: {cs: A, en: A}\nsample: people\nchapters:\n  - id: a\n"
            f"    title: {{cs: A, en: A}}\n    blocks:\n      - {block}\n",
            encoding="utf-8",
        )
        with pytest.raises(WorkbenchError) as caught:
            read_makeup(open_study("mini", workspace), "needs")
        return str(caught.value)

    return refused

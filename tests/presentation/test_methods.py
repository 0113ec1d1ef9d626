from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from analysis.presentation import methods
from analysis.presentation.blocks import Paragraph, Table
from analysis.presentation.naming import Names
from analysis.presentation.rows import read_released
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.study import Study

LABEL = Label("Caption", "name")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def facts(scene: Scene, questions: tuple[str, ...] = ("A1", "A2")) -> dict[str, str]:
    items = methods.technical_parameters(scene, LABEL, questions).items
    return {plain(term): text for term, text in items}


#: Fields of a methodology page that must never be missing.
NEVER_MISSING = (
    "Název šetření a vlna", "Zpracovatel", "Projekt", "Termín dotazování", "Výběr respondentů",
    "Kvótní znaky", "Zdroj údajů pro kvóty a vážení", "Reprezentovaná populace",
    "Počet respondentů celkem", "Počet tazatelů", "Způsob dotazování", "Nástroj",
    "Otázky užité ve zprávě", "Datum zveřejnění", "Autor zprávy", "Míra návratnosti", "Vážení",
    "Průběh vážení", "Ořez vah", "Intervaly spolehlivosti", "Pravidla zveřejnění",
    "Otevřené otázky a jejich kódování", "Původ dat",
)  # fmt: skip


@pytest.mark.parametrize("field", NEVER_MISSING)
def test_a_field_is_always_there_and_never_empty(scene: Scene, field: str) -> None:
    assert facts(scene)[field].strip()


def test_what_is_not_known_is_said_not_to_be_stated(scene: Scene, mini: Study) -> None:
    assert facts(scene)["Datum zveřejnění"] == "neuvedeno"
    english = Scene(Names(mini, "en"), read_released(mini), "d1", "people")
    known = dict(methods.technical_parameters(english, LABEL, ["sex"]).items)
    assert known["Number of interviewers"] == "not stated"
    assert known["Number of respondents in all"] == "not stated"


def test_facts_of_the_run(scene: Scene) -> None:
    known = {term: plain(text) for term, text in facts(scene).items()}
    assert known["Počet respondentů, ORP Vsetín"] == "389"
    assert known["Otázky užité ve zprávě"] == "A1, A2"
    assert known["Průběh vážení"].startswith("14 kroků, všech okrajů dosaženo")
    assert known["Návrhový efekt vah (Kish), ORP Vsetín"] == "1,31"
    assert "ze všech 10 217 údajů studie" in known["Pravidla zveřejnění"]
    assert "věk × pohlaví" in known["Vážení"]
    assert "modelová data" in known["Původ dat"]


def test_weighting_that_misses_its_margins_says_which(scene: Scene) -> None:
    record = {
        "samples": {
            "inhabitants": {
                "weighting": {
                    "method": "rake", "converged": False, "iterations": 3,
                    "worst_margin": {"margin": "education", "miss": 91.0, "relative": 0.034},
                }
            }
        }
    }  # fmt: skip
    known = facts(replace(scene, record=record))
    assert plain(known["Průběh vážení"]) == (
        "3 kroky, všech okrajů nedosaženo; největší odchylka 3,40 % (okraj Vzdělání)"
    )


def test_a_quota_sample_has_no_response_rate_and_a_random_one_does(
    scene: Scene, mini: Study
) -> None:
    assert "nelze vypočítat" in facts(scene)["Míra návratnosti"]
    record = {"samples": {"people": {"response_flow": [
        {"stage": "distributed", "label": {}, "count": 503},
        {"stage": "processed", "label": {}, "count": 499},
    ]}}}  # fmt: skip
    english = Scene(Names(mini, "en"), read_released(mini), "d1", "people", record)
    known = dict(methods.technical_parameters(english, LABEL, ["sex"]).items)
    assert known["Response rate"].startswith("99.2%")


def test_quota_intervals_state_their_assumption(scene: Scene, mini: Study) -> None:
    assert "nelze ověřit" in facts(scene)["Intervaly spolehlivosti"]
    english = Scene(Names(mini, "en"), read_released(mini), "d1", "people")
    known = dict(methods.technical_parameters(english, LABEL, ["sex"]).items)
    assert "cannot be verified" not in known["Confidence intervals"]


def test_the_sample_stands_beside_the_population(scene: Scene) -> None:
    (table,) = methods.sample_table(scene, LABEL)
    assert isinstance(table, Table)
    assert table.groups == (("Věk × Pohlaví", 0), ("Vzdělání", 4))
    assert plain(table.rows[3][0].text) == "80 a více let, ženy"
    assert [cell.value for cell in table.rows[0][1:]] == [0.2, 0.18, 0.2]


def test_without_a_comparison_a_note_stands_instead(scene: Scene) -> None:
    (note,) = methods.sample_table(replace(scene, record={}), LABEL)
    assert isinstance(note, Paragraph)


def test_the_flow_names_every_step(scene: Scene) -> None:
    (table,) = methods.response_flow(scene, LABEL)
    assert isinstance(table, Table)
    said = [plain(row[0].text) for row in table.rows]
    assert said[0].startswith("oslovené")
    assert said[2] == "z toho vyřazeno: neúplné dotazníky"
    assert said[3] == "z toho vyřazeno: opakované záznamy"
    counts = [row[1].value or 0 for row in table.rows]
    assert counts[1] - counts[2] - counts[3] == counts[4]
    assert list(methods.response_flow(replace(scene, record={}), LABEL)) == []


def test_margins_print_their_dates_and_warnings(scene: Scene) -> None:
    (table,) = methods.margins(scene, LABEL)
    assert isinstance(table, Table)
    assert plain(table.rows[0][2].text) == "31. 12. 2020"
    assert table.notes == ("Stav se od dotazování liší o\u00a0více než dva roky.",)


def test_missing_answers_above_a_threshold_worst_first(scene: Scene) -> None:
    (table,) = methods.missing_answers(scene, LABEL, 0.02)
    assert isinstance(table, Table)
    shares = [row[4].value for row in table.rows]
    assert shares == sorted(shares, reverse=True)
    assert min(share for share in shares if share is not None) >= 0.02
    (note,) = methods.missing_answers(scene, LABEL, 0.9)
    assert isinstance(note, Paragraph)


def test_collapsed_margins_of_the_area_are_noted(scene: Scene) -> None:
    record = {"samples": {"inhabitants": {"weighting": {
        "areas": [{"area": "7212", "n": 389, "population": 55000, "weight_min": 20.0,
                   "weight_max": 310.0, "deff_kish": 1.3, "n_effective": 299}],
        "collapsed": [
            {"area": "7212", "margin": "sex_age", "levels": "4*1 + 5*1", "reason": "thin"},
            {"area": "7203", "margin": "size_class", "levels": ["5", "6"], "reason": "thin"},
        ],
    }}}}  # fmt: skip
    (table,) = methods.weights(replace(scene, record=record), LABEL)
    assert isinstance(table, Table)
    (note,) = table.notes
    assert plain(note) == (
        "Sloučené skupiny okrajů: Vsetín – Věk × Pohlaví: 65–79 let, muži + 80 a více let, muži."
    )


def test_reading_notes_explain_every_mark_and_the_scale(scene_of: Callable[..., Scene]) -> None:
    for language, word in (("cs", "naprostá většina"), ("en", "a large majority")):
        text = " ".join(methods.reading_notes(scene_of(language=language)).items)
        assert word in text
        assert all(sign in text for sign in ("•", "–\u00a0", "(\u00a0)", "*", "×"))


def test_an_unweighted_sample_is_not_said_to_be_weighted(scene: Scene) -> None:
    users = scene.of_sample("users")
    assert "nejsou vážená" in methods.reading_notes(users).items[0]


def test_only_open_questions_behind_the_report_are_named(scene: Scene, mini: Study) -> None:
    asked = scene.study.questionnaire.asked_of("inhabitants")
    assert sum(question.type == "text" for question in asked) > 2
    coding = plain(facts(scene, ("A1", "A3"))["Otevřené otázky a jejich kódování"])
    assert coding == "A1_text, A3_text; shoda kodérů: neuvedeno"
    unused = facts(scene, ("D2",))["Otevřené otázky a jejich kódování"]
    assert plain(unused) == "zpráva nevychází z otevřených otázek"


@pytest.mark.parametrize(
    ("method", "header"), [("rake", "populace"), ("given", "součet vah"), ("none", "součet vah")]
)
def test_only_calibrated_weights_sum_to_a_population(
    scene: Scene, method: str, header: str
) -> None:
    sample = dict(methods.sample_record(scene))
    sample["weighting"] = {**sample["weighting"], "method": method}
    record = {**scene.record, "samples": {"inhabitants": sample}}
    (table,) = methods.weights(replace(scene, record=record), LABEL)
    assert isinstance(table, Table)
    assert [plain(column.header) for column in table.columns][2] == header

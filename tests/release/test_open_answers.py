"""Open answers on their way from a respondent to a person who may approve them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.approvals import APPROVALS_FILE, Decision, read_approvals, record
from analysis.errors import WorkbenchError
from analysis.release.open_answers import (
    LEAST_ANSWERED,
    QUOTATIONS_FILE,
    OpenAnswer,
    offer_answers,
    read_quotation_rules,
)
from analysis.release.released_texts import read_released_texts
from analysis.release.texts import (
    WAITING_FILE,
    quotations_to_approve,
    refresh_released_texts,
    release_texts,
    write_waiting,
)
from analysis.study import Study, open_study
from tests.mini_study import SURVEY, write_mini_study

DAY = date(2020, 3, 1)
RULES = "attributes: [sex]\n"
ROUTED = SURVEY.replace(
    "text,remark,Poznámka,Remark,,,,,,,", "text,remark,Poznámka,Remark,${helped} = '1',,,,,,"
)
WORDS = [
    "lékař",
    "doprava",
    "poradna",
    "hlídání",
    "obědy",
    "odvoz",
    "pomoc",
    "úklid",
    "nákup",
    "výlet",
]

Open = Callable[..., Study]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    def open_it(rules: str = RULES, **changed: str) -> Study:
        workspace = write_mini_study(tmp_path, **changed)
        (workspace.studies / "mini" / QUOTATIONS_FILE).write_text(rules, encoding="utf-8")
        study = open_study("mini", workspace)
        study.processed.mkdir(parents=True, exist_ok=True)
        return study

    return open_it


def said(*numbers: int, **texts: str) -> pd.DataFrame:
    """So many different answers in each area, both sexes in turn."""
    rows = [
        {"district": f"d{place}", "sex": str(1 + number % 2), "data_origin": "observed",
         "remark": f"chybí nám {WORDS[number % 10]} a {WORDS[number // 10 % 10]} v místě"}
        for place, count in enumerate(numbers, start=1)
        for number in range(count)
    ]  # fmt: skip
    frame = pd.DataFrame(rows).astype("str")
    return frame.assign(**texts) if texts else frame


def offered(study: Study, frame: pd.DataFrame) -> list[OpenAnswer]:
    return offer_answers(study, {"people": frame})[0]


def test_under_twenty_answers_nothing_is_offered(opened: Open) -> None:
    study = opened()
    assert offered(study, said(LEAST_ANSWERED - 1)) == []
    assert {one.area for one in offered(study, said(LEAST_ANSWERED))} == {"d1"}


def test_a_place_with_few_answers_is_quoted_under_the_whole(opened: Open) -> None:
    study = opened()
    found = offered(study, said(25, 10))
    assert {(one.area, one.n) for one in found} == {("d1", 25), ("mini", 35)}


def test_blank_and_missing_answers_do_not_count(opened: Open) -> None:
    study = opened()
    frame = said(25)
    frame.loc[:10, "remark"] = ["-1", "-8", "-9", None, "", " ", "-", "?", "...", None, "-9"]
    assert offered(study, frame) == []


def test_no_study_may_quote_from_fewer(opened: Open) -> None:
    with pytest.raises(WorkbenchError) as caught:
        read_quotation_rules(opened("minimum_answered: 19\n"))
    assert caught.value.issues[0].column == "minimum_answered"


def test_what_is_told_of_a_person_is_shared_by_twenty(opened: Open) -> None:
    study = opened()
    assert {one.group.get("sex") for one in offered(study, said(40))} <= {"1", "2"}
    assert all(one.group for one in offered(study, said(40)))
    # Of 39, 19 are women: men are many enough, but naming them alone would tell it.
    assert [one.group for one in offered(study, said(39)) if one.group] == []


def test_answers_that_say_the_same_are_offered_once(opened: Open) -> None:
    study = opened()
    frame = said(25)
    frame["remark"] = ["Chybí tu lékař.", "chybí tu lékař", "CHYBÍ TU LÉKAŘ!"] * 8 + [None]
    assert len(offered(study, frame)) == 1


@pytest.mark.parametrize(
    "text", ["málo lékařů", "a b c d e", "x" * 10 + " dlouhý text" * 30, "[jméno] [telefon]"]
)
def test_too_short_and_too_long_texts_are_not_offered(opened: Open, text: str) -> None:
    assert offered(opened(), said(25, remark=text)) == []


def test_what_nobody_can_vouch_for_is_not_offered(opened: Open) -> None:
    study = opened()
    assert offered(study, said(25, remark="chybí nám tu Paprsek jako dřív")) == []
    known = opened("harmless: [Paprsek]\n")
    assert len(offered(known, said(25, remark="chybí nám tu Paprsek jako dřív"))) == 1


def test_the_offer_is_drawn_by_the_seed_and_limited(opened: Open) -> None:
    study = opened("most: 4\n")
    frame = said(60)
    assert len(offered(study, frame)) == 4
    again = offered(study, frame.sample(frac=1, random_state=3).reset_index(drop=True))
    assert again == offered(study, frame)


def test_a_routed_question_tells_no_number_of_a_sensitive_answer(opened: Open) -> None:
    study = opened(survey=ROUTED)
    found, records = offer_answers(study, {"people": said(37)})
    assert {(one.n, one.n_at_least) for one in found} == {(LEAST_ANSWERED, True)}
    assert records["people"][0]["answered"] is None


def test_the_record_tells_how_many_answered_and_what_was_removed(opened: Open) -> None:
    frame = said(30)
    frame.loc[0, "remark"] = "Volejte paní Novákové na 777 123 456."
    _, records = offer_answers(opened(), {"people": frame})
    (one,) = records["people"]
    assert (one["question"], one["answered"]) == ("remark", 30)
    assert one["removed"] == {"name": 1, "phone": 1}
    _, few = offer_answers(opened(), {"people": said(5)})
    assert few["people"][0]["answered"] is None


def test_no_answer_of_a_respondent_is_offered_with_personal_data(opened: Open) -> None:
    secrets = ["Horáková", "777123456", "855412/1234", "jana@example.cz", "Polní 1234"]
    frame = said(40)
    frame["remark"] = [f"{text}, zavolejte {secrets[n % 5]}" for n, text in
                       enumerate(frame["remark"])]  # fmt: skip
    written = json.dumps([str(one) for one in offered(opened(), frame)], ensure_ascii=False)
    assert "zavolejte" in written
    assert not [secret for secret in secrets if secret in written]


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        ("questions: [remarks]\n", "no open question remarks"),
        ("questions: [sex]\n", "no open question sex"),
        ("attributes: [sexx]\n", "no question or variable with choices sexx"),
        ("attributes: [helped]\n", "helped is sensitive"),
        ("mosts: 3\n", "unknown key mosts"),
    ],
)
def test_rules_that_cannot_be_meant_are_told_with_their_line(
    opened: Open, rules: str, what: str
) -> None:
    with pytest.raises(WorkbenchError) as caught:
        read_quotation_rules(opened(rules))
    (issue,) = caught.value.issues
    assert what in issue.what and issue.row == 1


# --- the gate -----------------------------------------------------------------------------


def approve(study: Study, one: OpenAnswer, **changed: object) -> None:
    values: dict[str, object] = {
        "kind": "quotation", "item": one.item, "evidence": one.evidence, "state": "approved",
        "role": "head", "date": DAY,
    }  # fmt: skip
    record(study, [Decision.model_validate({**values, **changed})])


def waiting(study: Study, frame: pd.DataFrame) -> list[OpenAnswer]:
    found = offered(study, frame)
    write_waiting(study.processed / WAITING_FILE, found)
    return found


def test_nothing_is_released_that_nobody_approved(opened: Open) -> None:
    study = opened()
    found = waiting(study, said(30))
    approve(study, found[0])
    approve(study, found[1], state="rejected")
    approve(study, found[2], state="proposed")
    (released,) = refresh_released_texts(study)
    assert (released.id, released.text) == (found[0].item, {"cs": found[0].text})
    assert (released.n, released.role, released.date) == (30, "head", "2020-03-01")
    assert read_released_texts(study) == [released]
    written = (study.processed / "released_texts.json").read_text("utf-8")
    assert not [one.text for one in found[1:] if one.text in written]


def test_an_approval_ends_when_the_number_behind_it_changes(opened: Open) -> None:
    study = opened()
    approve(study, waiting(study, said(30))[0])
    assert len(refresh_released_texts(study)) == 1
    waiting(study, said(31))
    assert refresh_released_texts(study) == []
    assert read_released_texts(study) == []


def test_an_edited_text_is_published_in_its_languages(opened: Open) -> None:
    study = opened()
    one = waiting(study, said(30))[0]
    approve(study, one, text={"en": "there is no doctor here"})
    (released,) = refresh_released_texts(study)
    assert released.text == {"cs": one.text, "en": "there is no doctor here"}


@pytest.mark.parametrize(
    ("text", "what"),
    [("Volejte 777 123 456.", "phone"), ("paní Nováková nepřišla", "name"), ("a" * 301, "long")],
)
def test_an_edited_text_passes_the_gate_too(opened: Open, text: str, what: str) -> None:
    study = opened()
    one = waiting(study, said(30))[0]
    approve(study, one)
    before = refresh_released_texts(study)
    approve(study, one, text={"cs": text})
    with pytest.raises(WorkbenchError) as caught:
        refresh_released_texts(study)
    issue = caught.value.issues[0]
    assert what in issue.what and (issue.file or "").endswith(APPROVALS_FILE)
    assert text not in str(caught.value)
    assert read_released_texts(study) == before


def test_what_waits_is_shown_to_the_person_with_its_place_and_number(opened: Open) -> None:
    study = opened()
    found = waiting(study, said(40))
    items = list(quotations_to_approve(study))
    assert [one.item for one in items] == [one.item for one in found]
    assert items[0].n == 40
    assert items[0].rests_on.startswith("Poznámka (remark, d1); ")


def test_without_a_run_nothing_waits(opened: Open) -> None:
    study = opened()
    assert list(quotations_to_approve(study)) == []
    assert release_texts(study, [], read_approvals(study)) == []

"""Open answers of a small study made into codes from sheets of one or two coders."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from analysis.code_book import coded_questions
from analysis.errors import WorkbenchError
from analysis.sources.survey import SurveyTable
from analysis.study import Study
from analysis.validation.clean import Validated, validate
from analysis.validation.coding import coding_record, mentions_of, read_codes
from tests.test_code_book import BOOK, CODING
from tests.validation.small_study import VSETIN, answers, cells, small_study

HEADER = "respondent,place,age,help,content,why,weight_given"
SECRET = "Canary paní Nováková z Dolní 7"
ROWS = (
    f"a,{VSETIN},40,1,2,pečovatelka; {SECRET},1",
    f"b,{VSETIN},50,1,2,týdenní stacionář,1",
    f"c,{VSETIN},51,1,2,-8,1",
    f"d,{VSETIN},52,1,2,-9,1",
    f"e,{VSETIN},53,1,2,nic,1",
)
FIRST = "respondent,mention,code\na,1,home\na,2,day\nb,1,night\ne,1,none\n"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    survey = (
        "type,name,label::cs,label::en,required,relevant,constraint,samples\n"
        "integer,place,Obec,Municipality,yes,,,\n"
        "integer,age,Věk,Age,yes,,,\n"
        "select_one yes_no,help,Pomoc?,Help?,yes,,,\n"
        "select_one yes_no,content,Jste spokojeni?,Are you content?,yes,,,\n"
        "text,why,Proč?,Why?,,,,\n"
        "select_multiple service,used,Které služby?,Which services?,,,count-selected(.) <= 2,\n"
    )
    return small_study(tmp_path, survey__csv=survey, coding__yaml=CODING, book__csv=BOOK)


def put(study: Study, coder: str, text: str) -> None:
    folder = study.raw / "coding"
    folder.mkdir(exist_ok=True)
    (folder / f"used-inhabitants-{coder}.csv").write_text(text, encoding="utf-8")


def validated(study: Study, table: SurveyTable | None = None) -> Validated:
    return validate(study, "inhabitants", table or answers(study, *ROWS, header=HEADER))


def chosen(frame: pd.DataFrame) -> list[object]:
    """For each respondent the codes, or the missing code, or None."""
    names = ("home", "day", "night", "none", "unknown")
    columns = [cells(frame, f"used.{name}") for name in names]
    result: list[object] = []
    for values in zip(*columns, strict=True):
        if values[0] in (None, -1, -8, -9):
            result.append(values[0])
        else:
            result.append({name for name, value in zip(names, values, strict=True) if value == 1})
    return result


def test_codes_of_one_coder_make_the_question(study: Study) -> None:
    put(study, "K1", FIRST)
    found = validated(study)
    assert chosen(found.frame) == [{"home", "day"}, {"night"}, {"unknown"}, -9, {"none"}]
    notes = found.issues[found.issues["severity"] == "note"]
    assert notes["what"].str.contains("coded by one person").any()
    (record,) = found.coding
    assert record["coders"] == 1
    assert "agreement" not in record


def test_where_two_agree_or_a_decision_is_there_it_holds(study: Study) -> None:
    put(study, "K1", FIRST)
    put(study, "K2", "respondent,mention,code\na,1,home\na,2,night\nb,1,day\ne,1,none\n")
    put(study, "decisions", "respondent,mention,code\na,2,night\n")
    found = validated(study)
    # a: decided; b: nobody decided and nothing in common, so it counts as no answer.
    assert chosen(found.frame)[:2] == [{"home", "night"}, -9]
    what = " ".join(found.issues["what"])
    assert "answers hold something without a code: 1 things named" in what
    assert "the coders disagree and nobody decided: 1 things named" in what
    (record,) = found.coding
    assert record["disagreements"] == 2
    assert record["decided"] == 1
    assert record["uncoded"] == 1
    percent = {one["measure"]: one["value"] for one in record["agreement"]}
    assert percent["percent_mentions"] == 0.5
    assert percent["percent_answers"] == pytest.approx(1 / 3, abs=0.001)


def test_without_a_decision_the_codes_that_both_gave_count(study: Study) -> None:
    put(study, "K1", FIRST.replace("a,1,home", "a,1,home day"))
    put(study, "K2", FIRST.replace("a,2,day", "a,2,"))
    assert chosen(validated(study).frame)[0] == {"home"}


def test_answers_wait_for_their_sheets(study: Study) -> None:
    found = validated(study)
    assert "used.home" not in found.frame
    warning = found.issues[found.issues["severity"] == "warning"].iloc[0]
    assert "not coded yet: 4 things named" in warning["what"]
    assert "needs code small" in warning["hint"]
    assert found.coding == ()


def test_a_question_that_arrives_coded_needs_no_sheets(study: Study) -> None:
    header = f"{HEADER},used"
    table = answers(study, *(f"{row},home" for row in ROWS), header=header)
    found = validated(study, table)
    assert chosen(found.frame)[0] == {"home"}
    assert not found.issues["what"].str.contains("not coded").any()
    put(study, "K1", FIRST)
    with pytest.raises(WorkbenchError, match="arrives coded"):
        validated(study, answers(study, *(f"{row},home" for row in ROWS), header=header))


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (FIRST.replace("b,1,night", "b,1,nigth"), ["no code nigth", "row 4", "night"]),
        (FIRST.replace("b,1,night", "b,x,night"), ["which mention", "row 4"]),
        (FIRST.replace("b,1,night", ",1,night"), ["which mention", "row 4"]),
        (FIRST + "a,1,day\n", ["stands twice", "row 6"]),
        (FIRST.replace("mention", "mentoin"), ["lacks the column mention", "mentoin"]),
        (
            "respondent,mention,text,code\na,1,pečovatel,home\n",
            ["is not that of the answer", "row 2", "make it anew"],
        ),
    ],
)
def test_a_sheet_that_cannot_be_meant_is_refused(
    study: Study, sheet: str, words: list[str]
) -> None:
    put(study, "K1", sheet)
    with pytest.raises(WorkbenchError) as caught:
        validated(study)
    for word in words:
        assert word in str(caught.value)
    assert "pečovatelka" not in str(caught.value)


def test_three_coders_and_two_sheets_of_one_are_refused(study: Study) -> None:
    for coder in ("K1", "K2", "K3"):
        put(study, coder, FIRST)
    with pytest.raises(WorkbenchError, match="3 coders"):
        validated(study)
    (study.raw / "coding" / "used-inhabitants-K3.csv").rename(
        study.raw / "coding" / "used-inhabitants-K2.xlsx"
    )
    with pytest.raises(WorkbenchError, match="two sheets"):
        validated(study)


def test_rows_of_no_answer_are_told(study: Study) -> None:
    put(study, "K1", FIRST + "z,1,day\n")
    issues = validated(study).issues
    found = issues[issues["what"].str.contains("belong to no answer")].iloc[0]
    assert found["row"] == 6
    assert "1 of them" in found["got"]


def test_no_text_leaves_the_answers(study: Study) -> None:
    put(study, "K1", FIRST)
    put(study, "K2", FIRST.replace("a,2,day", "a,2,night"))
    found = validated(study)
    told = json.dumps(found.coding, ensure_ascii=False) + found.issues.to_csv()
    for word in ("Canary", "Nováková", "Dolní", "pečovatelka"):
        assert word not in told


def test_small_counts_and_rare_codes_are_not_told(study: Study) -> None:
    texts = ["noc"] * 12 + ["péče doma"] * 3 + ["stacionář"] * 15
    rows = [f"r{number},{VSETIN},40,1,2,{text},1" for number, text in enumerate(texts)]
    table = answers(study, *rows, header=HEADER)
    codes = {"noc": "night", "péče doma": "home", "stacionář": "day"}
    lines = [f"r{number},1,{codes[text]}" for number, text in enumerate(texts)]
    for coder in ("K1", "K2"):
        put(study, coder, "\n".join(["respondent,mention,code", *lines]))
    (question,) = coded_questions(study)
    coded = read_codes(study, question, "inhabitants", mentions_of(question, table.frame))
    assert coded is not None
    record = coding_record(study, coded)
    assert [one["code"] for one in record["codes"]] == ["day", "night"]
    assert record["mistaken"] == [{"code": "night", "answers": 12, "only": 12, "mentions": 12}]
    assert record["suggested"] == 30
    assert record["suggestion_taken"] == 1.0
    few = {"code": "night", "answers": None, "only": None, "mentions": None}
    fewer = {mention: codes for mention, codes in coded.final.items() if int(mention[0][1:]) > 8}
    texts_left = {mention: coded.texts[mention] for mention in fewer}
    from dataclasses import replace

    small = coding_record(study, replace(coded, final=fewer, texts=texts_left))
    assert small["mistaken"] == [few]

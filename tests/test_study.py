"""Opening a study: what is read, and what is refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import WorkbenchError
from analysis.questionnaire import read_questionnaire
from analysis.study import open_study
from tests.mini_study import (
    CARD,
    CHOICES,
    FILES,
    INDICATORS,
    PLAN,
    SURVEY,
    VARIABLES,
    write_mini_study,
)


def test_a_sound_study_opens(tmp_path: Path) -> None:
    study = open_study("mini", write_mini_study(tmp_path))
    assert list(study.questionnaire.questions) == [
        "district", "sex", "age", "known_a", "known_b", "used", "wanted", "helped", "enough",
        "remark",
    ]  # fmt: skip
    assert list(study.variables) == ["age_group", "informed"]
    assert study.plan[0].breakdowns == ("age_group", "sex")
    assert list(study.areas["name"]) == ["První", "Druhý"]
    assert study.whole == "mini"


def test_a_study_opens_by_its_folder(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path)
    assert open_study(workspace.studies / "mini", workspace).id == "mini"


def test_sensitivity_is_inherited(tmp_path: Path) -> None:
    study = open_study("mini", write_mini_study(tmp_path))
    sensitive = {indicator.code for indicator in study.indicators if indicator.sensitive}
    assert sensitive == {"H2"}  # its base asks who was helped
    assert study.is_sensitive("helped")
    assert not study.is_sensitive("age_group")


def test_grid_items_and_bands(tmp_path: Path) -> None:
    questionnaire = open_study("mini", write_mini_study(tmp_path)).questionnaire
    assert questionnaire.group_items("known") == (("known_a", "a"), ("known_b", "b"))
    assert questionnaire.bands("age_group") == (("15-39", 15, 39), ("40+", 40, float("inf")))
    assert questionnaire.variables_of("used") == ["used.web", "used.doctor", "used.none"]
    assert questionnaire.choice("channels", "none").exclusive
    assert questionnaire.choice_label("sex", "2", "cs") == "žena"


REFUSED = [
    # file, text, its replacement, sentence, row, column
    ("study", "wave:", "wawe:", "unknown key wawe", 3, "wawe"),
    ("study", 'wave: "2020"\n', "", "wave is missing", 1, "wave"),
    ("study", "id: mini", "id: maxi", "the id is not the name of the folder", 1, "id"),
    ("study", "start: 2020-01-01", "start: soon", "start has a wrong value", 9, None),
    ("study", "end: 2020-02-01", "end: 2019-02-01", "ends before it starts", 9, None),
    ("study", "languages: [cs, en]", "languages: [en]", "default language is none", None, None),
    ("study", "area_variable: district", "area_variable: distrikt", "distrikt", 6, "area_variable"),
    ("study", "method: none", "method: guess", "method has a wrong value", 17, None),
    ("study", "identifier: respondent", "identifier: [a, b]", "identifier has a wrong", 16, None),
    ("study", "area_variable: district\n", "area_variable: district\nid: mini\n", "twice", 7, "id"),
    ("study", "title: {cs", "title: [cs", "not valid YAML", 2, None),
    ("survey", "${helped} = '1'", "${helpd} = '1'", "no question or variable helpd", 12, "relevant"),
    ("survey", "${helped} = '1'", "${helped} = '7'", "has no choice 7", 12, "relevant"),
    ("survey", "select_one sex,", "select_one sexes,", "no list sexes", 3, "type"),
    ("survey", "select_one sex,", "select_two sex,", "question type select_two is", 3, "type"),
    ("survey", "integer,age,Věk", "integer,sex,Věk", "the question sex stands twice", 4, "name"),
    ("survey", "integer,age,Věk,Age", "integer,age,Věk,", "translation is missing: en", 4, "label::en"),
    ("survey", "end_group,,,,,,,,,,\n", "", "group known is not closed", 5, "type"),
    ("survey", "begin_group,known,Znalost,Knowledge,,,,,services,,\n", "", "did not begin", 7, "type"),
    ("survey", ",a,\n", ",z,\n", "has no entry z", 6, "item"),
    ("survey", "type,name", "typ,name", "no column type", 2, "type"),
    ("survey", "type,name,label", "type,type,label", "stands twice in the header", 1, None),
    ("choices", "sex,2,žena,woman", "sex,2,žena,", "translation is missing: en", 5, "label::en"),
    ("choices", "list_name,name", "list_name,title", "no column name", 2, "name"),
    ("variables", "band(${age}", "band(${agge}", "no question or variable agge", 2, "calculation"),
    ("variables", "any-in(known, '1')", "any-of(known)", "no function any-of", 3, "calculation"),
    ("variables", "band(${age}, 'age_group')", "${age_group}", "rests on itself", 2, "calculation"),
    ("variables", "select_one,age_group,", "select_one,ages,", "no list ages", 2, "list"),
    ("variables", "age_group,select_one", "sex,select_one", "the name sex stands twice", 2, "name"),
    ("variables", "select_one,age_group", "select_none,age_group", "type has a wrong", 2, "type"),
    ("indicators", "share,known,", "share,knwon,", "no question or grid knwon", 2, "over"),
    ("indicators", "share,known,", "rate,known,", "statistic has a wrong value", 2, "statistic"),
    ("indicators", "mean,,\"count", "mean,,\"cnt", "no function cnt-in", 3, "select"),
    ("indicators", "K2,,K,", "K1,,K,", "indicator K1  stands twice", 3, "code"),
    ("indicators", "Podíl,Share,share,,${enough} = '1',,no", "Podíl,,share,,${enough} = '1',,no",
     "definition", 6, "definition::en"),
    ("indicators", "share,,${enough} = '1',,no", "share,,. = '1',,no", "a dot stands", 6, "select"),
    ("indicators", "share,,${enough} = '1',,no", "share,,,,no", "nothing is selected", 6, "select"),
    ("indicators", "share,,${enough} = '1',,no", "comparison,,,,no", "no indicator (none", 6, "of"),
    ("plan", "K2,people", "K9,people", "no indicator K9", 3, "indicator"),
    ("plan", "K2,people", "K2,peple", "no sample peple", 3, "sample"),
    ("plan", "age_group sex,", "age_group age,", "no breakdown age", 2, "breakdowns"),
    ("plan", "area region,rest", "area country,rest", "no level country", 2, "levels"),
    ("plan", "region,rest", "region,best", "there is no comparison best", 2, "comparison"),
    ("plan", "K2,people,age_group,area region,", "K2,people,age_group,area region,,,x", "more cells", 3,
     None),
    ("areas", "code,name", "kod,name", "code is missing", None, None),
]  # fmt: skip

TEXTS = {
    "study": CARD,
    "survey": SURVEY,
    "choices": CHOICES,
    "variables": VARIABLES,
    "indicators": INDICATORS,
    "plan": PLAN,
    "areas": FILES["areas.csv"],
}


@pytest.mark.parametrize(("stem", "old", "new", "sentence", "row", "column"), REFUSED)
def test_refused_with_file_and_line(
    tmp_path: Path,
    stem: str,
    old: str,
    new: str,
    sentence: str,
    row: int | None,
    column: str | None,
) -> None:
    assert old in TEXTS[stem], "the case does not bend what it means to bend"
    workspace = write_mini_study(tmp_path, **{stem: TEXTS[stem].replace(old, new, 1)})
    with pytest.raises(WorkbenchError) as caught:
        _ = open_study("mini", workspace).areas
    text = str(caught.value)
    assert sentence in text
    found = [issue for issue in caught.value.issues if stem in Path(issue.file or "").stem]
    assert found, text
    if row is not None:
        assert row in {issue.row for issue in found}, text
    if column is not None:
        assert column in {issue.column for issue in found}, text


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    survey = SURVEY.replace("${helped}", "${helpd}")
    plan = PLAN.replace("K2", "K9")
    with pytest.raises(WorkbenchError) as caught:
        open_study("mini", write_mini_study(tmp_path, survey=survey, plan=plan))
    assert {Path(issue.file or "").name for issue in caught.value.issues} == {
        "survey.csv",
        "plan.csv",
    }


def test_an_unknown_study_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError) as caught:
        open_study("mimi", write_mini_study(tmp_path))
    assert caught.value.issue.hint == "did you mean mini?"


def test_definitions_in_another_encoding_are_refused(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path)
    path = workspace.studies / "mini" / "variables.csv"
    path.write_bytes(VARIABLES.encode("cp1250"))
    with pytest.raises(WorkbenchError, match="not in the expected encoding"):
        open_study("mini", workspace)


FORM = "{survey: questionnaire/survey.csv, choices: questionnaire/choices.csv"


def test_latin_1_means_windows_1252(tmp_path: Path) -> None:
    folder = tmp_path / "form"
    folder.mkdir()
    (folder / "survey.csv").write_bytes("type,name,label\ntext,a,Don’t\n".encode("cp1252"))
    (folder / "choices.csv").write_text("list_name,name,label\n", encoding="utf-8")
    form = read_questionnaire(
        folder / "survey.csv", folder / "choices.csv", languages=("en",), encoding="latin-1"
    )
    assert form.questions["a"].label["en"] == "Don’t"


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    card = CARD.replace(FORM, FORM + ", encoding: latin-99")
    with pytest.raises(WorkbenchError) as caught:
        open_study("mini", write_mini_study(tmp_path, study=card))
    assert caught.value.issue.got == "latin-99"
    assert str(caught.value.issue.file).endswith("survey.csv")


def test_the_card_names_sensitive_questions_of_a_form(tmp_path: Path) -> None:
    card = CARD.replace(FORM, FORM + ", sensitive: [known_a, known_b]")
    study = open_study("mini", write_mini_study(tmp_path, study=card))
    assert study.is_sensitive("known") and study.is_sensitive("informed")
    assert {one.code for one in study.indicators if one.sensitive} == {"K2", "H2"}
    assert study.definition_of("K1", "a").reveals("a")
    assert not study.is_sensitive("used")


def test_one_sensitive_question_of_a_grid_marks_its_category_only(tmp_path: Path) -> None:
    card = CARD.replace(FORM, FORM + ", sensitive: [known_a]")
    study = open_study("mini", write_mini_study(tmp_path, study=card))
    assert not study.is_sensitive("known") and not study.is_sensitive("informed")
    over = study.definition_of("K1", "a")
    assert over.reveals("a") and not over.reveals("b")


def test_a_sensitive_question_that_is_not_there_is_refused(tmp_path: Path) -> None:
    card = CARD.replace(FORM, FORM + ", sensitive: [known_b, hlped]")
    with pytest.raises(WorkbenchError) as caught:
        open_study("mini", write_mini_study(tmp_path, study=card))
    (issue,) = caught.value.issues
    assert (issue.what, issue.row, issue.hint) == (
        "there is no question hlped",
        5,
        "did you mean helped?",
    )


def test_a_form_in_a_workbook_reads_the_same(tmp_path: Path) -> None:
    import openpyxl

    card = CARD.replace(
        "{survey: questionnaire/survey.csv, choices: questionnaire/choices.csv}",
        "{workbook: form.xlsx}",
    )
    workspace = write_mini_study(tmp_path, study=card)
    book = openpyxl.Workbook()
    for name, text in (("survey", SURVEY), ("choices", CHOICES)):
        import csv
        import io

        sheet = book.create_sheet(name)
        for row in csv.reader(io.StringIO(text)):
            sheet.append(row)
    book.save(workspace.studies / "mini" / "form.xlsx")
    from_workbook = open_study("mini", workspace).questionnaire
    from_csv = open_study("mini", write_mini_study(tmp_path / "csv")).questionnaire
    assert from_workbook.questions == from_csv.questions
    assert from_workbook.choices == from_csv.choices


# --- wider groups -------------------------------------------------------------------------

WIDER_CHOICES = (
    CHOICES.replace("from,to,kind", "from,to,kind,wider")
    .replace("15-39,15–39 let,15–39,,15,39,", "15-39,15–39 let,15–39,,15,39,,all")
    .replace("40+,40 a více let,40 and over,,40,,", "40+,40 a více let,40 and over,,40,,,all")
    + "everyone,all,všichni,all,,15,,,\n"
)
WIDER_VARIABLES = VARIABLES.replace("en,calculation", "en,calculation,wider").replace(
    "'age_group')\"", "'age_group')\",everyone"
) + ("everyone,select_one,everyone,Věk,Age,\"band(${age}, 'everyone')\"\n")


def test_a_breakdown_brings_its_wider_one(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path, choices=WIDER_CHOICES, variables=WIDER_VARIABLES)
    study = open_study("mini", workspace)
    assert study.variables["age_group"].wider == "everyone"
    assert study.plan[0].breakdowns == ("age_group", "everyone", "sex")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("')\",everyone", "')\",anyone", "there is no variable with choices anyone"),
        ("')\",everyone", "')\",age", "there is no variable with choices age"),
        ("')\",everyone", "')\",age_group", "a variable is wider than itself"),
        ("15,39,,all", "15,39,,none", "the list everyone has no choice none"),
        ("15,39,,all", "15,39,,", "the list everyone has no choice (none named)"),
    ],
)
def test_a_wider_group_that_is_none_is_refused(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    texts = {"choices": WIDER_CHOICES, "variables": WIDER_VARIABLES}
    changed = {stem: text.replace(old, new) for stem, text in texts.items()}
    assert changed != texts
    with pytest.raises(WorkbenchError, match="mini") as caught:
        open_study("mini", write_mini_study(tmp_path, **changed))
    assert sentence in str(caught.value)
    assert "variables.csv, row 2, column wider" in str(caught.value)


# --- auxiliaries of small areas -----------------------------------------------------------


@pytest.mark.parametrize(
    ("auxiliary", "sentence"),
    [
        ("margin: sexes, variable: sex, choices: ['1']", "the sample people has no margin sexes"),
        ("margin: sex, variable: age, choices: ['1']", "the margin sex has no variable age"),
        ("margin: sex, variable: sex, choices: ['3']", "the list sex has no choice 3"),
    ],
)
def test_an_auxiliary_that_no_margin_has_is_refused(
    tmp_path: Path, auxiliary: str, sentence: str
) -> None:
    title = "title: {cs: podíl, en: share}"
    card = f"{CARD}small_areas: {{sample: people, auxiliaries: [{{{title}, {auxiliary}}}]}}\n"
    workspace = write_mini_study(tmp_path, study=card)
    margins = "sample,name,variables,table,role,reference_date,source::cs,source::en\n"
    path = workspace.studies / "mini" / "margins.csv"
    path.write_text(f"{margins}people,sex,sex,people,total,2020-01-01,zdroj,source\n")
    with pytest.raises(WorkbenchError) as caught:
        open_study("mini", workspace)
    assert sentence in str(caught.value)

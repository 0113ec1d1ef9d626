from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from analysis.code_book import CodeBook, CodedQuestion, coded_questions, normalised
from analysis.errors import WorkbenchError
from analysis.study import Study
from tests.validation.small_study import small_study

CODING = "used: {text: [why], book: book.csv, unknown: unknown, mistaken: [night]}\n"
BOOK = """code,patterns,except,item,examples,note::cs,note::en
home,pečovat* | péč* doma,dům,,pečovatelka | péče doma,,
day,stacionář* | denn* stacionář*,,,stacionář,,
night,týden* stacionář* | noc*,,,týdenní stacionář,,
none,nic,,,nic,,
unknown,nevím,,,nevím,,
"""


@pytest.fixture(scope="module")
def question(zlin: Study) -> CodedQuestion:
    (question,) = coded_questions(zlin)
    return question


@pytest.fixture
def book(tmp_path: Path) -> CodeBook:
    (question,) = coded_questions(small_study(tmp_path, coding__yaml=CODING, book__csv=BOOK))
    return question.book


# --- the book that ships ----------------------------------------------------------------------


def test_the_book_knows_every_choice_and_every_related_item(
    zlin: Study, question: CodedQuestion
) -> None:
    choices = zlin.questionnaire.choice_names("spontaneous")
    assert {entry.code for entry in question.book.entries} == set(choices)
    assert len([code for code in choices if code.startswith("s")]) == 33
    items = {entry.item for entry in question.book.entries if entry.item}
    assert items == {f"r0{number}" for number in range(1, 10)}


def test_every_example_of_the_book_gets_its_code_and_no_other(question: CodedQuestion) -> None:
    wrong = [
        (entry.code, example, question.book.suggest(example))
        for entry in question.book.entries
        for example in entry.examples
        if question.book.suggest(example) != (entry.code,)
    ]
    assert not wrong
    assert min(Counter(e.code for e in question.book.entries for _ in e.examples).values()) >= 1


@pytest.mark.parametrize(
    ("mention", "codes"),
    [
        ("DOMOVY DŮCHODCŮ", ("s49",)),
        ("v domově důchodců", ("s49",)),
        ("domov pro seniory se zvláštním režimem", ("s50",)),
        ("domy s pečovatelskou službou", ("other",)),
        ("v domě s pečovatelskou službou", ("other",)),
        ("pečovatelka dochází domů", ("s40",)),
        ("s pečovatelskou službou", ("s40",)),
        ("týdenní stacionář pro děti", ("s47",)),
        ("důchod", ("benefit",)),
        ("klub důchodců", ("other",)),
        ("pečovatelská služba a domov důchodců", ("s40", "s49")),
        ("domácí ošetřovatelská péče", ("health",)),
        ("nízkoprahové denní centrum", ("s61",)),
        ("nízkoprah", ("s62",)),
        ("asistent pedagoga", ("other",)),
        ("útulek pro psy", ()),
        ("modrý autobus", ()),
    ],
)
def test_endings_word_order_and_exceptions(
    question: CodedQuestion, mention: str, codes: tuple[str, ...]
) -> None:
    assert question.book.suggest(mention) == codes


def test_a_misspelt_mention_is_taken_for_the_example_it_is_most_like(
    question: CodedQuestion,
) -> None:
    assert question.book.suggest("domv důchodců") == ("s49",)
    assert question.book.suggest("azlový dům") == ("s57",)


# --- how the book works -----------------------------------------------------------------------


def test_the_most_particular_entry_holds(book: CodeBook) -> None:
    assert book.suggest("Týdenní stacionáře") == ("night",)
    assert book.suggest("stacionáře") == ("day",)
    assert book.suggest("péče u nás doma") == ("home",)
    assert book.suggest("dům a pečovatelka") == ()
    assert book.suggest("") == ()


def test_words_count_once() -> None:
    # A pattern of two words must not find one word of the answer twice.
    from analysis.code_book import Pattern

    pattern = Pattern((("domov", True), ("domov", True)))
    assert pattern.places(["domov"]) is None
    assert pattern.places(["domova", "domovy"]) == {0, 1}


def test_normalised_leaves_words() -> None:
    assert normalised("  Péče, o SENIORY (doma)!") == "pece o seniory doma"


def test_mentions_are_parted_by_the_separator_and_by_lines(question: CodedQuestion) -> None:
    assert question.mentions(["a; b\nc ;; ", "d"]) == ("a", "b", "c", "d")


def test_a_study_without_coding_codes_nothing(tmp_path: Path) -> None:
    assert coded_questions(small_study(tmp_path)) == ()


@pytest.mark.parametrize(
    ("coding", "book", "words"),
    [
        (CODING.replace("used:", "usde:"), BOOK, ["usde", "did you mean used?", "coding.yaml"]),
        (
            CODING.replace("[why]", "[whyy]"),
            BOOK,
            ["whyy is no open question", "did you mean why?"],
        ),
        (CODING.replace("[night]", "[nigth]"), BOOK, ["no choice nigth", "night"]),
        (CODING.replace("unknown: u", "unknwon: u"), BOOK, ["unknwon", "unknown"]),
        (CODING, BOOK.replace("day,", "dya,"), ["no choice dya", "row 3", "column code"]),
        (CODING, BOOK.replace("none,nic,,,nic,,\n", ""), ["leaves out", "none for none"]),
        (CODING, BOOK.replace("noc*", "n*c"), ["a pattern cannot be meant", "row 4", "n*c"]),
        (CODING, BOOK.replace("nic,,,nic", "nic,,r99,nic"), ["no related item r99", "row 5"]),
        (CODING, BOOK.replace("patterns", "paterns"), ["paterns", "patterns"]),
        (CODING.replace("book.csv", "bok.csv"), BOOK, ["the code book is missing", "bok.csv"]),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(
    tmp_path: Path, coding: str, book: str, words: list[str]
) -> None:
    study = small_study(tmp_path, coding__yaml=coding, book__csv=book)
    with pytest.raises(WorkbenchError) as caught:
        coded_questions(study)
    for word in words:
        assert word in str(caught.value)


def test_a_related_item_keeps_the_code_of_its_catalogue(tmp_path: Path) -> None:
    coding = CODING.replace("}", ", related: ../catalogues/related_items.csv}")
    study = small_study(
        tmp_path, coding__yaml=coding, book__csv=BOOK.replace("nic,,,nic", "nic,,r05,nic")
    )
    with pytest.raises(WorkbenchError, match="another code than in its catalogue"):
        coded_questions(study)

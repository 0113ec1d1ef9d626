from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis import presentation
from analysis.errors import WorkbenchError
from analysis.presentation.wording import FOLDER, capitalised, checked_tables, words

CODE = Path(presentation.__file__).parent


@pytest.mark.parametrize(
    ("plain", "typeset"),
    [
        ("a v obci s k tomu o i u z", "a~v~obci s~k~tomu o~i~u~z"),
        ("V Praze", "V~Praze"),
        ("mají 5 % a 3 p. b.", "mají 5~% a~3~p.~b."),
        ("n = 400", "n~=~400"),
        ("od 1. 7. 2010", "od 1.~7.~2010"),
        ("5. září", "5.~září"),
        ("zákon č. 108/2006", "zákon č.~108/2006"),
        ("péče – služba", "péče~– služba"),
        ("80 a více let", "80 a~více let"),
        ("15–29 let", "15–29~let"),
        ("rozdíl u 3 z 4 položek a z 33", "rozdíl u~3 ze~4 položek a~ze~33"),
        ("z 7, z 16 a z 130, ale z 5, z 19, z 95", "ze~7, ze~16 a~ze~130, ale z~5, z~19, z~95"),
        ("v 3 obcích, v 14 a v 6 ze 7", "ve~3 obcích, ve~14 a~v~6 ze 7"),
        ("k 31. 12. 2020, z 3 500", "k~31.~12.~2020, ze~3 500"),
    ],
)
def test_czech_typography(plain: str, typeset: str) -> None:
    assert words("cs").typeset(plain) == typeset.replace("~", "\u00a0")


def test_typesetting_twice_changes_nothing() -> None:
    text = "a v obci n = 12 – 5 % ze 3 p. b. k 31. 12. 2020"
    once = words("cs").typeset(text)
    assert words("cs").typeset(once) == once


def test_counts_take_their_plural() -> None:
    said = [words("cs").count("areas", number) for number in (1, 3, 13)]
    assert [text.replace("\u00a0", " ") for text in said] == ["1 oblast", "3 oblasti", "13 oblastí"]
    assert words("en").count("areas", 1) == "1 area"


def test_lists() -> None:
    assert words("cs").listed(["péče", "rada", "ubytování"]).replace("\u00a0", " ") == (
        "péče, rada a ubytování"
    )
    assert words("en").listed(["care"]) == "care"
    assert words("en").listed([]) == ""


@pytest.mark.parametrize(
    ("share", "low", "word"),
    [
        (0.87, 0.84, "naprostá většina"),
        (0.79, 0.75, "většina"),
        (0.52, 0.51, "většina"),
        (0.52, 0.47, ""),
        (0.47, 0.42, "téměř polovina"),
        (0.33, 0.29, "třetina"),
        (0.20, 0.16, "pětina"),
        (0.10, 0.07, "desetina"),
        (0.03, 0.01, "jen ojediněle"),
        (0.40, 0.35, ""),
        (0.06, 0.04, ""),
    ],
)
def test_the_verbal_scale_is_fixed_and_a_majority_needs_its_interval(
    share: float, low: float, word: str
) -> None:
    assert words("cs").quantity(share, low)[0] == word


def test_only_the_first_letter_is_capitalised() -> None:
    assert capitalised("zná službu ABC") == "Zná službu ABC"
    assert capitalised("") == ""


def test_an_unknown_language_says_which_there_are() -> None:
    with pytest.raises(WorkbenchError) as caught:
        words("xx")
    assert caught.value.issue.expected == "cs, en"


# --- the tables -------------------------------------------------------------------------------


def test_the_tables_agree() -> None:
    assert set(checked_tables()) == {"cs", "en"}


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('  total: "total"\n', "", "table.total is missing"),
        ('"n = {n}"', '"n = {number}"', "other placeholders"),
        ('many: "{n} areas"', 'few: "{n} areas"', "plural forms of areas"),
        ('  less_than: "less than {value}"\n', "", "locale.less_than is missing"),
    ],
)
def test_a_disagreement_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    for path in FOLDER.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if path.stem == "en":
            assert old in text
            text = text.replace(old, new)
        (tmp_path / path.name).write_text(text, encoding="utf-8")
    with pytest.raises(WorkbenchError) as caught:
        checked_tables(tmp_path)
    issue = next(issue for issue in caught.value.issues if what in issue.what)
    assert issue.row is not None
    assert issue.file is not None


def code_of_the_package() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(CODE.rglob("*.py")))


def test_no_phrase_is_unused() -> None:
    code = code_of_the_package()
    built = set(re.findall(r"f[\"'](\w+)\.", code)) | {"chart_kind"}
    unused = [
        key
        for key in words("cs").phrases
        if not any(f"{form}{quote}" in code for form in forms(key) for quote in "\"'")
        and key.split(".")[0] not in built
    ]
    assert unused == []


def forms(key: str) -> tuple[str, str]:
    return key, key.removesuffix("_areas")


def test_no_phrase_is_missing() -> None:
    pattern = f'"((?:{"|".join(sections())})\\.\\w+)"'
    asked = set(re.findall(pattern, code_of_the_package()))
    assert len(asked) > 100
    files = {name for name in asked if name.endswith(".yaml")}
    assert asked - files - set(words("cs").phrases) == set()


def sections() -> set[str]:
    return {key.split(".")[0] for key in words("cs").phrases}

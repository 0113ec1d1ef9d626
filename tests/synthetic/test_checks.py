"""``generator.yaml``: what cannot be meant is refused with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import WorkbenchError
from analysis.study import Study
from analysis.synthetic.parameters import read_generator
from tests.synthetic.conftest import open_mini

WRONG = {
    "questions: {helpd: {rates: [0.5, 0.5]}}": ("no question or grid helpd", "helped"),
    "questions: {helped: {rates: [0.5, 0.3, 0.2]}}": ("not as many rates as choices", "2 rates"),
    "questions: {helped: {rates: [0.5, 0.3]}}": ("do not add up to 1", "0.800"),
    "questions: {helped: {rates: {'7': 0.3}}}": ("no choice 7", "questions.helped.rates"),
    "questions: {age: {rates: [0.5, 0.5]}}": ("has no choices", "values or distribution"),
    "questions: {age: {values: {'20': 0.5, '30': 0.7}}}": ("do not add up to 1", "1.200"),
    "questions: {known: {items: {c: [0.2, 0.3, 0.5]}}}": ("no item of known c", "known.items.c"),
    "questions: {helped: {effects: {sexx: {'1': 1}}}}": ("no question or variable sexx", "sex"),
    "questions: {helped: {effects: {sex: {'3': 1}}}}": ("no level of sex 3", "effects.sex.3"),
    "questions: {used: {effects: {sex: {'1': {wbe: 1}}}}}": ("no choice wbe", "web"),
    "questions: {helped: {factors: {mood: 1}}}": ("no factor mood", "factors.mood"),
    "questions: {helped: {rules: [{when: '${sex} =', add: 1}]}}": ("cannot be read", "⟂"),
    "questions: {helped: {rules: [{when: '${sx} = 1', add: 1}]}}": ("grid sx", "did you mean sex"),
    "questions: {helped: {rules: [{when: '${sex} = 1'}]}}": ("does nothing", "forbid or only"),
    "questions: {helped: {rules: [{when: '${sex} = 1', only: ['3']}]}}": ("no choice 3", "rules"),
    "questions: {helped: {scale: ['1', '9']}}": ("no choice 9", "scale"),
    "questions: {remark: {choices_of: helped}}": ("no select_multiple question", "choices_of"),
    "questions: {remark: {texts: ['{what} here']}}": ("no filling what", "remark.texts.0"),
    "questions: {remark: {texts: [here], fill: {what: [a]}}}": ("nothing is filled", "fill.what"),
    "questions: {remark: {texts: ['{a}{a}'], fill: {a: []}}}": ("nothing is filled", "fill.a"),
    "questions: {helped: {texts: [here]}}": ("not answered by a text", "helped.texts"),
    "questions: {helped: {planted: {rate: 0.1, texts: [a]}}}": ("by a text", "helped.planted"),
    "questions: {remark: {planted: {rate: 0.1, texts: []}}}": ("wrong value", "planted.texts"),
    "questions: {helped: {rate: [0.5, 0.5]}}": ("unknown key rate", "helped.rate"),
    "questions: {helped: {rates: [0.5, 1.5]}}": ("wrong value", "less than or equal to 1"),
    "roles: {sex: age}": ("cannot hold this", "select_one"),
    "roles: {sex: gender}": ("no question gender", "roles.sex"),
    "samples: {peple: {response: {rate: 0.5}}}": ("no sample peple", "people"),
    "samples: {people: {members: '${none} = 1'}}": ("variable or grid none", "members"),
    "samples: {people: {providers: {question: x}}}": ("no question x", "providers.question"),
    "item_nonresponse: {questions: {helpe: 0.1}}": ("no question helpe", "helped"),
    "factors: {mood: {effects: {age: {'1': 0.5}, old: {slope: 1}}}}": ("variable old", "factors"),
}


@pytest.mark.parametrize("text", list(WRONG))
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str) -> None:
    study = open_mini(tmp_path, "\n" + text + "\n")
    with pytest.raises(WorkbenchError) as caught:
        read_generator(study)
    message = str(caught.value)
    for part in WRONG[text]:
        assert part in message
    assert "generator.yaml, row 2" in message


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    study = open_mini(tmp_path, "roles: {sex: gender}\nquestions: {helped: {rates: [0.1]}}\n")
    with pytest.raises(WorkbenchError) as caught:
        read_generator(study)
    assert [issue.row for issue in caught.value.issues] == [1, 2]


def test_codes_may_stand_without_quotes(tmp_path: Path) -> None:
    study = open_mini(tmp_path, "questions: {helped: {rates: {1: 0.4, 2: 0.6}}}\n")
    assert read_generator(study).questions["helped"].rates == {"1": 0.4, "2": 0.6}


def test_an_empty_file_is_no_file(tmp_path: Path, mini: Study) -> None:
    study = open_mini(tmp_path / "empty", "# nothing yet\n")
    assert read_generator(study) == read_generator(mini)


def test_the_shipped_parameters_are_fine(zlin: Study) -> None:
    generator = read_generator(zlin)
    assert generator.roles.municipality == "D1"
    assert set(generator.samples) == set(zlin.samples)

"""Open answers: phrases with their places filled, and personal data planted in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.synthetic.parameters import Planted, read_generator
from analysis.synthetic.phrases import expanded, plant
from analysis.synthetic.respondents import make_respondents
from tests.synthetic.conftest import open_mini

GENERATOR = """\
population: {size: 3000}
questions:
  remark:
    texts: ["more {what} {when}", nothing is missing]
    fill: {what: [doctors, buses], when: [at night, in winter, on Sunday]}
    answered: 0.5
    planted: {rate: 0.2, texts: ["Call 777 123 456.", "{answer}, says Mr Doe"]}
"""


def test_every_place_is_filled_in_every_way() -> None:
    fill = {"what": ["a", "b"], "when": ["x", "y"]}
    assert expanded(["{what} {when} {what}", "c", "c"], fill) == (
        "a x a", "a y a", "b x b", "b y b", "c",
    )  # fmt: skip


def test_a_share_of_the_answers_is_planted_and_no_blank() -> None:
    answers = pd.Series(["one"] * 4000 + [None] * 1000, dtype="str")
    planted = Planted(rate=0.25, texts=["Call.", "{answer}, he said"])
    found = plant(answers, planted, np.random.default_rng(1))
    assert set(found.dropna()) == {"one", "one. Call.", "one, he said"}
    assert (found != "one")[:4000].mean() == pytest.approx(0.25, abs=0.02)
    assert found[4000:].isna().all()


def test_respondents_write_phrases_and_what_is_planted(tmp_path: Path) -> None:
    data = make_respondents(open_mini(tmp_path, GENERATOR))
    remarks = data.samples["people"]["remark"].dropna()
    remarks = remarks[~remarks.isin(["-1", "-8", "-9", ""])]
    bare = remarks[~remarks.str.contains("777|Doe")]
    assert set(bare) == {"nothing is missing", *(
        f"more {what} {when}" for what in ("doctors", "buses")
        for when in ("at night", "in winter", "on Sunday")
    )}  # fmt: skip
    assert 1 - len(bare) / len(remarks) == pytest.approx(0.2, abs=0.05)


def test_too_many_phrases_are_refused(tmp_path: Path) -> None:
    values = ", ".join(f"w{number}" for number in range(30))
    text = (
        "questions: {remark: {texts: ['{a}{b}{c}'],"
        f" fill: {{a: [{values}], b: [{values}], c: [{values}]}}}}}}"
    )
    with pytest.raises(WorkbenchError) as caught:
        read_generator(open_mini(tmp_path, text))
    assert "too many" in caught.value.issues[0].what

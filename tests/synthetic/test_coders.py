"""Generated coders err as often as stated, and the truth comes back within stated bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.code_book import coded_questions
from analysis.errors import WorkbenchError
from analysis.study import Study
from analysis.synthetic.coders import DECISIONS, CodingSheets, coding_sheets, write_sheets
from analysis.synthetic.parameters import read_generator
from analysis.synthetic.respondents import SyntheticData
from analysis.synthetic.streams import streams
from analysis.validation.agreement import cohen_kappa, percent_agreement
from analysis.validation.coding import mentions_of, read_codes
from analysis.workspace import Workspace
from tests.synthetic.conftest import open_mini


@pytest.fixture(scope="module")
def sheets(zlin_data: SyntheticData) -> CodingSheets:
    population = zlin_data.population
    made = coding_sheets(
        population.study, population.generator, zlin_data.samples, streams(zlin_data.seed)
    )
    return next(one for one in made if one.sample == "inhabitants")


def test_each_coder_errs_as_often_as_stated(sheets: CodingSheets, zlin_data: SyntheticData) -> None:
    stated = zlin_data.population.generator.coders["A1"]
    n = len(sheets.truth)
    assert n > 10_000
    for coder, rate in stated.errors.items():
        wrong = (sheets.sheets[coder]["code"] != sheets.truth["code"]).mean()
        expected = stated.alike + (1 - stated.alike) * rate
        assert abs(wrong - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


def test_agreement_is_what_the_stated_errors_make_it(
    sheets: CodingSheets, zlin_data: SyntheticData
) -> None:
    stated = zlin_data.population.generator.coders["A1"]
    one, two = (sheets.sheets[coder]["code"].tolist() for coder in stated.errors)
    first, second = stated.errors.values()
    # Both right or alike wrong; that two single errors are the same one adds at most e1·e2.
    least = stated.alike + (1 - stated.alike) * (1 - first) * (1 - second)
    found = percent_agreement(one, two)
    margin = 4 * np.sqrt(least * (1 - least) / len(one))
    assert least - margin < found < least + first * second + margin
    kappa = cohen_kappa(one, two)
    assert kappa.value == pytest.approx((found - kappa.expected) / (1 - kappa.expected))
    assert 0.85 < kappa.value < found


def test_the_truth_comes_back_within_the_stated_error(
    sheets: CodingSheets, zlin_data: SyntheticData, zlin: Study, tmp_path: Path
) -> None:
    """After decisions at most ``alike`` + (disagreed × wrongly decided) + e1·e2 is wrong."""
    moved = replace(zlin, workspace=Workspace(tmp_path))
    write_sheets(sheets, moved.raw, tmp_path / "truth")
    (question,) = coded_questions(zlin)
    frame = zlin_data.samples["inhabitants"]
    coded = read_codes(moved, question, "inhabitants", mentions_of(question, frame))
    assert coded is not None
    assert not coded.uncoded
    stated = zlin_data.population.generator.coders["A1"]
    truth = {
        (row.respondent, row.mention): row.code for row in sheets.truth.itertuples(index=False)
    }
    assert set(truth) == set(coded.final)
    n = len(truth)
    wrong = sum(coded.final[mention] != {code} for mention, code in truth.items()) / n
    first, second = stated.errors.values()
    disagreed = len(coded.disagreements) / n
    bound = stated.alike + disagreed * (1 - stated.decided_rightly) + first * second
    assert wrong < bound + 4 * np.sqrt(bound / n)
    assert wrong > stated.alike / 2
    # The share that names each service moves by less than one percentage point.
    dummies = frame[[f"A1.{code}" for code in question.codes]].to_numpy(float, na_value=np.nan) == 1
    by_code = pd.Series(dummies.mean(axis=0), index=list(question.codes))
    answers: dict[str, set[str]] = {}
    for (respondent, _), codes in coded.final.items():
        answers.setdefault(respondent, set()).update(codes)
    found = pd.Series(
        {code: sum(code in one for one in answers.values()) / len(frame) for code in question.codes}
    )
    assert (found - by_code).abs().max() < 0.01


def test_decisions_are_asked_for_where_coders_differ_only(sheets: CodingSheets) -> None:
    one, two = (sheets.sheets[coder] for coder in ("K1", "K2"))
    differ = one["code"] != two["code"]
    assert len(sheets.sheets[DECISIONS]) == differ.sum() > 100
    given = sheets.sheets[DECISIONS]["code"].to_numpy()
    either = (given == one["code"][differ].to_numpy()) | (given == two["code"][differ].to_numpy())
    truth = given == sheets.truth["code"][differ].to_numpy()
    assert (either | truth).all()


def test_what_coders_are_said_to_confuse_is_checked(zlin: Study, tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="coded question"):
        read_generator(open_mini(tmp_path, "coders: {used: {errors: {K1: 0.1}}}"))

"""Empty files for answers: what they offer, and that they come back as answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analysis.answer_template import FOLDER, template_columns, write_templates
from analysis.sources.survey import read_survey
from analysis.study import Study
from analysis.validation.response_flow import read_response_flow
from analysis.workspace import Workspace


@pytest.fixture(scope="module")
def study(zlin: Study, tmp_path_factory: pytest.TempPathFactory) -> Study:
    return replace(zlin, workspace=Workspace(tmp_path_factory.mktemp("work")))


@pytest.fixture(scope="module")
def files(study: Study) -> dict[str, Path]:
    return {path.name: path for path in write_templates(study)}


def test_each_sample_has_its_two_files_apart_from_answers(
    study: Study, files: dict[str, Path]
) -> None:
    assert set(files) == {
        "inhabitants.csv", "inhabitants.xlsx", "users.csv", "users.xlsx", "response_flow.csv",
    }  # fmt: skip
    assert {path.parent for path in files.values()} == {study.raw / FOLDER}


def test_columns_are_the_respondent_the_design_and_the_questions(study: Study) -> None:
    columns = template_columns(study, "users")
    assert columns[:2] == ["respondent", "provider"]
    assert {"X2", "D1", "A1.s37", "A2_s40"} <= set(columns)
    assert "M3_seniors" not in columns
    assert "M3_seniors" in template_columns(study, "inhabitants")
    assert "orp" not in columns and "data_origin" not in columns


def test_the_header_is_that_of_a_file_of_answers(study: Study, files: dict[str, Path]) -> None:
    header = list(pd.read_csv(files["inhabitants.csv"]).columns)
    sheet = openpyxl.load_workbook(files["inhabitants.xlsx"]).worksheets[0]
    assert header == [cell.value for cell in sheet[1]] == template_columns(study, "inhabitants")


def offered(path: Path, column: str) -> list[str]:
    """The codes that the cells of a column take."""
    book = openpyxl.load_workbook(path)
    data = book.worksheets[0]
    place = next(cell.column_letter for cell in data[1] if cell.value == column)
    (rule,) = (
        rule
        for rule in data.data_validations.dataValidation
        if str(rule.sqref).startswith(f"{place}2:")
    )
    assert rule.type == "list"
    name, _, cells = rule.formula1.partition("!")
    listed = book[name.strip("='")][cells.replace("$", "")]
    return [str(row[0].value) for row in listed]


def test_cells_offer_the_codes_of_their_question(study: Study, files: dict[str, Path]) -> None:
    assert offered(files["inhabitants.xlsx"], "D2") == ["1", "2", "-1", "-8", "-9"]
    assert offered(files["inhabitants.xlsx"], "A1.s40") == ["1", "0", "-1", "-8", "-9"]
    assert offered(files["users.xlsx"], "X2")[:2] == ["s37", "s39"]
    assert study.territory is not None
    municipalities = study.territory.places("municipality", study.region)
    assert offered(files["users.xlsx"], "D1") == list(municipalities.index)


def test_a_filled_workbook_is_read_as_answers(
    study: Study, files: dict[str, Path], tmp_path: Path
) -> None:
    book = openpyxl.load_workbook(files["inhabitants.xlsx"])
    sheet = book.worksheets[0]
    place = {cell.value: cell.column for cell in sheet[1]}
    given = {"respondent": "a1", "X1_consent": 1, "D1": 585068, "D2": 2, "D3": 1975, "D4": 3,
             "A1.s40": 1, "A1.s49": 0, "A2_s40": 1, "A4": -8, "I1.press": 1}  # fmt: skip
    for row, number in ((2, 1), (3, 2)):
        for column, value in given.items():
            sheet.cell(row, place[column], value if column != "respondent" else f"a{number}")
    book.save(tmp_path / "inhabitants.xlsx")
    table = read_survey(
        tmp_path / "inhabitants.xlsx",
        study.questionnaire,
        missing=study.card.missing,
        identifier="respondent",
        sample="inhabitants",
        design=study.samples["inhabitants"].design,
    )
    assert not [issue for issue in table.issues if issue.severity in ("error", "warning")]
    frame = table.frame
    assert list(frame["respondent"]) == ["a1", "a2"]
    assert list(frame["D1"]) == [585068, 585068]
    assert list(frame["A1.s40"]) == [1, 1]
    assert list(frame["A4"].astype(str)) == ["-8", "-8"]


def test_the_flow_has_a_row_for_every_stage(study: Study, files: dict[str, Path]) -> None:
    path = files["response_flow.csv"]
    table = pd.read_csv(path, dtype=str).assign(count="5", reason="incomplete")
    table["reason"] = table["reason"].where(table["stage"] == "discarded", "")
    table.to_csv(path, index=False)
    rows = read_response_flow([path.parent], list(study.samples))
    assert len(rows) == 6

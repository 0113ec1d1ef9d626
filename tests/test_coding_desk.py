from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from analysis.coding_desk import code_study
from analysis.errors import WorkbenchError
from analysis.study import Study
from tests.validation.small_study import answers
from tests.validation.test_coding import FIRST, HEADER, ROWS, SECRET, put, study

__all__ = ["study"]


def desk(study: Study, **options: object) -> str:
    found = code_study(study, sample="inhabitants", **options)  # type: ignore[arg-type]
    return "\n".join(line for one in found for line in one.lines)


def test_blank_sheets_hold_the_answers_and_what_the_book_suggests(study: Study) -> None:
    answers(study, *ROWS, header=HEADER)
    said = desk(study, coders=["K1"])
    assert "4 things named" in said
    assert "Canary" not in said
    book = openpyxl.load_workbook(study.processed / "coding" / "used-inhabitants-K1.xlsx")
    rows = list(book["used"].iter_rows(values_only=True))
    assert rows[0] == ("respondent", "mention", "text", "suggestion", "code", "note")
    assert rows[1][:4] == ("a", 1, "pečovatelka", "home")
    assert rows[2][:4] == ("a", 2, SECRET, None)
    assert rows[3][3] == "night"
    codes = [row[0] for row in book["codes"].iter_rows(values_only=True)]
    assert codes == ["code", "home", "day", "night", "none", "unknown"]


def test_a_sheet_that_lies_there_is_left_alone(study: Study) -> None:
    answers(study, *ROWS, header=HEADER)
    desk(study, coders=["K1"], format="csv")
    path = study.processed / "coding" / "used-inhabitants-K1.csv"
    path.write_text("half filled in", encoding="utf-8")
    assert "left alone" in desk(study, coders=["K1"], format="csv")
    assert path.read_text(encoding="utf-8") == "half filled in"
    desk(study, coders=["K1"], format="csv", again=True)
    assert "pečovatelka" in path.read_text(encoding="utf-8")


def test_the_sheet_as_written_can_be_filled_in_and_put_back(study: Study) -> None:
    answers(study, *ROWS, header=HEADER)
    desk(study)
    (study.raw / "coding").mkdir()
    for coder in ("K1", "K2"):
        book = openpyxl.load_workbook(study.processed / "coding" / f"used-inhabitants-{coder}.xlsx")
        for row in book["used"].iter_rows(min_row=2):
            row[4].value = row[3].value or "day"
        # A workbook with two tables: the sheet of the answers is found by its columns.
        book.save(study.raw / "coding" / f"used-inhabitants-{coder}.xlsx")
    said = desk(study)
    assert "coded by K1 and K2; 0 without a code" in said
    assert "the same codes of a thing named: 100.0 %" in said
    assert "0 disagreements" in said


def test_disagreements_are_listed_and_decisions_begun_are_kept(study: Study) -> None:
    answers(study, *ROWS, header=HEADER)
    put(study, "K1", FIRST)
    put(study, "K2", FIRST.replace("a,2,day", "a,2,night"))
    (found,) = code_study(study, sample="inhabitants", format="csv")
    assert found.waits
    assert "1 disagreements, 0 decided" in "\n".join(found.lines)
    path = study.processed / "coding" / "used-inhabitants-decisions.csv"
    rows = pd.read_csv(path, dtype=str).fillna("")
    assert rows[["respondent", "mention", "K1", "K2", "code"]].values.tolist() == [
        ["a", "2", "day", "night", ""]
    ]
    rows["code"] = "home"
    rows.to_csv(path, index=False)
    code_study(study, sample="inhabitants", format="csv")
    assert pd.read_csv(path, dtype=str)["code"].tolist() == ["home"]
    put(study, "decisions", path.read_text(encoding="utf-8"))
    (found,) = code_study(study, sample="inhabitants", format="csv")
    assert not found.waits


def test_a_study_that_codes_nothing_says_so(tmp_path: Path) -> None:
    from tests.validation.small_study import small_study

    with pytest.raises(WorkbenchError, match="codes no open question"):
        code_study(small_study(tmp_path))

"""Workbooks: the sheet and the header that are meant, and what no cell says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from analysis.errors import WorkbenchError
from analysis.sources.columns import Table, TableOptions
from analysis.sources.workbooks import read_workbook

ROWS = (("sex", "age"), (1, 20), (2, 30))
EXPECTED = frozenset(("sex", "age"))


def workbook(path: Path, **sheets: Iterable[Iterable[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def changed(path: Path, change: Callable[[Any], None]) -> Path:
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(path)
    return path


def texts(table: Table, column: str) -> list[str | None]:
    values = [*table.columns[column].values, None]
    return [values[code] for code in table.columns[column].codes]


def read(path: Path, expected: frozenset[str] = EXPECTED, **stated: Any) -> Table:
    return read_workbook(path, TableOptions(**stated), expected)


def test_cells_come_in_one_spelling(tmp_path: Path) -> None:
    cells = [
        (1, "1"),
        (2.5, "2.5"),
        (3.0, "3"),
        (True, "TRUE"),
        (False, "FALSE"),
        (date(2011, 9, 5), "2011-09-05"),
        (datetime(2011, 9, 5, 10, 30), "2011-09-05 10:30:00"),
        (time(10, 30), "10:30:00"),
        ("  text ", "text"),
        ("007", "007"),
        (" ", None),
    ]
    rows = [("value", "row"), *((value, number) for number, (value, _) in enumerate(cells))]
    table = read(workbook(tmp_path / "a.xlsx", data=rows), frozenset())
    assert texts(table, "value") == [text for _, text in cells]


def test_the_only_sheet_with_data_is_meant(tmp_path: Path) -> None:
    table = read(workbook(tmp_path / "a.xlsx", Empty=[], answers=ROWS))
    assert (table.sheet, texts(table, "age")) == ("answers", ["20", "30"])


def test_the_only_sheet_that_knows_the_questions_is_meant(tmp_path: Path) -> None:
    notes = [("variable", "label"), ("sex", "sex of the person"), ("age", "age in years")]
    assert read(workbook(tmp_path / "a.xlsx", codebook=notes, answers=ROWS)).sheet == "answers"


def test_hidden_sheets_are_not_meant(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", old=ROWS, answers=ROWS)

    def hide(book: Any) -> None:
        book["old"].sheet_state = "hidden"
        book.active = 1

    assert read(changed(path, hide)).sheet == "answers"


@pytest.mark.parametrize("stated", ["second", 2])
def test_a_stated_sheet_is_taken_by_name_or_number(tmp_path: Path, stated: str | int) -> None:
    path = workbook(tmp_path / "a.xlsx", first=ROWS, second=ROWS)
    assert read(path, sheet=stated).sheet == "second"


def test_titles_above_the_header_are_passed_over_and_noted(tmp_path: Path) -> None:
    rows = [("Survey of the region",), ("exported", "5. 9. 2011"), (), *ROWS]
    path = workbook(tmp_path / "a.xlsx", answers=rows)
    path = changed(path, lambda book: book["answers"].merge_cells("A1:B1"))
    table = read(path)
    assert table.rows.tolist() == [5, 6]
    assert table.issues[0].row == 4


def test_titles_above_an_unknown_header_are_passed_over(tmp_path: Path) -> None:
    rows = [("A long title",), (), ("a", "b", "c"), (1, 2, 3)]
    table = read(workbook(tmp_path / "a.xlsx", answers=rows), frozenset())
    assert list(table.columns) == ["a", "b", "c"]


def test_a_stated_header_row_is_taken(tmp_path: Path) -> None:
    rows = [("sex", "age"), ("sex", "age"), (1, 20)]
    table = read(workbook(tmp_path / "a.xlsx", answers=rows), header_row=2)
    assert table.rows.tolist() == [3]
    assert table.issues == ()


def test_a_wrong_extent_is_not_believed(tmp_path: Path) -> None:
    import zipfile

    path = workbook(tmp_path / "a.xlsx", answers=ROWS)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'ref="A1:B3"', b'ref="A1"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert texts(read(path), "age") == ["20", "30"]


def test_the_stored_value_of_a_formula_is_read(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("answers")
        sheet.write_row(0, 0, ["sex", "age"])
        sheet.write_number(1, 0, 1)
        sheet.write_formula(1, 1, "=10+10", None, 20)
    assert texts(read(path), "age") == ["20"]


def test_excels_error_values_are_blank_and_an_issue(tmp_path: Path) -> None:
    table = read(workbook(tmp_path / "a.xlsx", answers=[*ROWS, (1, "#N/A"), (2, "#REF!")]))
    assert texts(table, "age") == ["20", "30", None, None]
    (issue,) = table.issues
    assert (issue.severity, issue.column, issue.row) == ("warning", "age", 4)


def not_a_workbook(path: Path) -> Path:
    path.write_text("sex,age\n1,20\n")
    return path


def encrypted(path: Path) -> Path:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    return path


def cut(path: Path) -> Path:
    content = workbook(path, answers=ROWS).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def without_visible_data(path: Path) -> Path:
    workbook(path, empty=[], answers=ROWS)
    return changed(path, lambda book: setattr(book["answers"], "sheet_state", "hidden"))


def with_a_new_formula(path: Path) -> Path:
    return workbook(path, answers=[("sex", "age"), (1, "=2011-1991")])


@pytest.mark.parametrize(
    ("make", "stated", "what", "fields"),
    [
        (not_a_workbook, {}, "not an .xlsx workbook", {"expected": ".xlsx"}),
        (encrypted, {}, "protected by a password", {"expected": ".xlsx"}),
        (cut, {}, "not an .xlsx workbook", {"expected": ".xlsx"}),
        (without_visible_data, {}, "no visible sheet", {"got": "empty, answers (hidden)"}),
        (
            lambda path: workbook(path, first=ROWS, second=ROWS, third=[("x", "y")]),
            {},
            "several sheets",
            {"got": "first, second", "hint": "for example sheet: first"},
        ),
        (
            lambda path: workbook(path, first=ROWS),
            {"sheet": "frist"},
            "no such sheet",
            {"sheet": "frist", "expected": "first", "hint": "did you mean first?"},
        ),
        (lambda path: workbook(path, first=ROWS), {"sheet": 2}, "no such sheet", {"got": "2"}),
        (
            lambda path: workbook(path, first=ROWS),
            {"header_row": 7},
            "header row is blank",
            {"row": 7},
        ),
        (
            lambda path: workbook(path, first=[("sex", "age", "sex"), (1, 2, 3)]),
            {},
            "cannot be used",
            {"sheet": "first"},
        ),
        (
            lambda path: workbook(path, first=[("sex", None, "age"), (1, 2, 3)]),
            {},
            "no name",
            {"row": 1, "column": "B"},
        ),
        (
            lambda path: workbook(path, first=[("sex", "age"), (1, 2, 3)]),
            {},
            "more cells",
            {"row": 2, "sheet": "first"},
        ),
        (with_a_new_formula, {}, "no stored value", {"row": 2, "column": "B", "sheet": "answers"}),
    ],
)
def test_wrong_workbooks(
    tmp_path: Path,
    make: Callable[[Path], Path],
    stated: dict[str, Any],
    what: str,
    fields: dict[str, Any],
) -> None:
    path = make(tmp_path / "a.xlsx")
    before = path.read_bytes()
    with pytest.raises(WorkbenchError, match=what) as raised:
        read(path, **stated)
    assert raised.value.issue.file == str(path)
    assert {name: getattr(raised.value.issue, name) for name in fields} == fields
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


PLAIN = (
    ("place", "age", "when", "at", "share", "agreed", "note"),
    (541630, 20, date(2011, 9, 5), time(10, 30), 0.125, True, " text "),
    (585068, 30.5, datetime(2011, 9, 5, 12, 1), None, 1e-9, False, "1 \u2009a\nb"),
    (None, None, None, None, None, None, None),
    (12, -1, date(1999, 12, 31), time(0, 0), 12345678.9, True, "&amp; <x>"),
)


def test_plain_cells_are_read_fast_and_as_the_careful_reader_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = workbook(tmp_path / "plain.xlsx", data=PLAIN)
    careful = workbook(tmp_path / "careful.xlsx", data=PLAIN)
    slow = changed(careful, lambda book: book.create_sheet("x").append(["=1+1"]))
    expected = read_workbook(slow, TableOptions(sheet="data"))

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("openpyxl takes ten times as long")

    monkeypatch.setattr(openpyxl, "load_workbook", refused)
    table = read_workbook(plain)
    for name in PLAIN[0]:
        assert texts(table, name) == texts(expected, name), name


def test_an_error_value_is_told_from_a_blank(tmp_path: Path) -> None:
    def broken(book: Any) -> None:
        cell = book["data"]["B3"]
        cell.value, cell.data_type = "#DIV/0!", "e"

    table = read_workbook(changed(workbook(tmp_path / "a.xlsx", data=ROWS), broken))
    (issue,) = table.issues
    assert issue.got == "#DIV/0!"

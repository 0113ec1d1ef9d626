"""Excel: sheets, numbers, and texts that stay texts; read back by another library."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from analysis.presentation.blocks import Block, Cell, Column, Paragraph, Table
from analysis.publishing.checks import check_xlsx
from analysis.publishing.content import report_content
from analysis.publishing.xlsx import SHEET_NAME_LENGTH, render_xlsx, sheet_name, sheets_of
from tests.publishing import sample_report


def book(*blocks: Block, **changes: object) -> openpyxl.Workbook:
    content = report_content([sample_report.document(**changes), *blocks])
    return openpyxl.load_workbook(BytesIO(render_xlsx(content)))


def values(sheet: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def table_of(cells: tuple[Cell, ...]) -> Table:
    return Table("T", tuple(Column(f"c{place}") for place in range(len(cells))), (cells,), "T")


@pytest.fixture(scope="module")
def data() -> bytes:
    return render_xlsx(report_content(sample_report.blocks()))


@pytest.fixture(scope="module")
def workbook(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(data))


def test_a_sheet_for_each_table_and_chart_after_the_contents(workbook: openpyxl.Workbook) -> None:
    assert workbook.sheetnames == [
        "Obsah",
        "Graf Nejznámější služby",
        "Znalost služeb",
        "Znalost podle pohlaví",
        "Graf Méně známé služby",
        "Okrsky široká tabulka s příliš",
        "=1+1",
    ]


def test_the_contents_lead_to_every_sheet(workbook: openpyxl.Workbook) -> None:
    contents = workbook["Obsah"]
    links = {
        cell.value: cell.hyperlink.location
        for row in contents.iter_rows()
        for cell in row
        if cell.hyperlink
    }
    assert set(links) == set(workbook.sheetnames) - {"Obsah"}
    assert links["Znalost služeb"] == "'Znalost služeb'!A1"
    text = {value for row in values(contents) for value in row}
    assert "Tabulka 1: Znalost vybraných služeb" in text and "modelová data" in text


def test_numbers_are_numbers_with_the_marks_in_their_format(workbook: openpyxl.Workbook) -> None:
    sheet = workbook["Znalost služeb"]
    rows = list(sheet.iter_rows(min_row=6, max_row=12))
    assert [cell.value for cell in rows[0]] == ["Pečovatelská služba", 0.843, "79–88", 1234]
    assert rows[0][1].number_format == "0.0%"
    assert rows[1][1].value == 0.125 and rows[1][1].number_format == '"["0.0%"]"'
    assert [row[1].value for row in rows[2:6]] == ["•", "–", "×", "…"]
    assert rows[6][1].number_format == '+0.0" *";-0.0" *";0.0" *"'


def test_header_rows_are_frozen_and_repeated(workbook: openpyxl.Workbook) -> None:
    simple, spanned = workbook["Znalost služeb"], workbook["Znalost podle pohlaví"]
    assert simple.freeze_panes == "B6" and simple.print_title_rows == "$5:$5"
    assert spanned.freeze_panes == "B7" and spanned.print_title_rows == "$5:$6"
    assert sorted(str(area) for area in spanned.merged_cells.ranges) == [
        "A5:A6",
        "B5:B6",
        "C5:E5",
        "F5:H5",
    ]


def test_row_groups_and_notes_are_there(workbook: openpyxl.Workbook) -> None:
    column = [row[0] for row in values(workbook["Znalost podle pohlaví"])]
    assert column.index("Služby sociální péče") < column.index("Služby sociální prevence")
    assert "Hodnoty jsou vážené, n je nevážené." in column
    assert column[-1] == "← zpět na obsah"
    assert len([text for text in column if text and str(text).endswith(")")]) == 60


def test_every_sheet_of_modelled_data_says_so(workbook: openpyxl.Workbook) -> None:
    for sheet in workbook.worksheets[1:-1]:
        assert str(sheet["A3"].value).startswith("modelová data: ")
        assert sheet.oddHeader.right.text == "modelová data"
    observed = book(sample_report.small_table(data_origin="observed"), watermark="x")
    assert observed.worksheets[1]["A3"].value is None


def test_the_properties_name_title_author_date_and_language(workbook: openpyxl.Workbook) -> None:
    properties = workbook.properties
    assert properties.title == "Znalost sociálních služeb – ORP Žďár u Říčky"
    assert properties.creator == "Oddělení sociálních věcí"
    assert properties.created.isoformat().startswith("2012-03-30")
    custom = {item.name: item.value for item in workbook.custom_doc_props.props}
    assert custom == {"Jazyk": "cs"}


@pytest.mark.parametrize("hostile", sample_report.HOSTILE)
def test_hostile_texts_stay_texts(hostile: str) -> None:
    table = Table(
        hostile,
        (Column(hostile), Column(hostile, hostile)),
        ((Cell(hostile), Cell(hostile)),),
        hostile,
        notes=(hostile,),
        groups=((hostile, 0),),
    )
    content = report_content([sample_report.document(title=hostile, subtitle=hostile), table])
    data = render_xlsx(content)
    check_xlsx(data, "hostile.xlsx")
    made = openpyxl.load_workbook(BytesIO(data))
    cells = [cell for sheet in made.worksheets for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert not [cell for cell in cells if cell.hyperlink and not cell.hyperlink.location]
    body = [cell.value for row in made.worksheets[1].iter_rows() for cell in row]
    assert body.count(hostile) >= 7
    with ZipFile(BytesIO(data)) as archive:
        assert not [name for name in archive.namelist() if "externalLink" in name or "vba" in name]


def test_values_that_are_no_numbers_are_written_as_text() -> None:
    sheet = book(
        table_of((Cell("a"), Cell("?", float("nan")), Cell("!", float("inf"))))
    ).worksheets[1]
    assert [row for row in values(sheet) if row[0] == "a"] == [["a", "?", "!"]]


def test_a_text_too_long_for_a_cell_is_cut() -> None:
    sheet = book(table_of((Cell("a"), Cell("x" * 40_000)))).worksheets[1]
    (row,) = [row for row in values(sheet) if row[0] == "a"]
    assert isinstance(row[1], str) and 32_000 < len(row[1]) <= 32_767


def test_a_report_without_tables_has_a_contents_sheet() -> None:
    made = book(Paragraph("x"))
    assert made.sheetnames == ["Obsah"]
    assert "Zpráva neobsahuje žádnou tabulku." in [row[0] for row in values(made["Obsah"])]


def test_an_english_workbook_is_english() -> None:
    assert book(sample_report.small_table(), language="en").sheetnames[0] == "Contents"


@given(st.lists(st.text(max_size=60), max_size=12))
def test_sheet_names_are_what_excel_takes(wanted: list[str]) -> None:
    taken: set[str] = set()
    names = [sheet_name(name, taken) for name in wanted]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert 0 < len(name) <= SHEET_NAME_LENGTH
        assert not set(name) & set("[]:*?/\\")
        assert name[0] != "'" and name[-1] != "'"


def test_equal_names_get_numbers() -> None:
    taken = {"obsah"}
    long = "Znalost sociálních služeb podle věku a vzdělání"
    assert sheet_name("Obsah", taken) == "Obsah (2)"
    assert sheet_name(long, taken) == "Znalost sociálních služeb podle"
    assert sheet_name(long.upper(), taken) == "ZNALOST SOCIÁLNÍCH SLUŽEB P (2)"
    assert sheet_name("History", taken) == "–"


def test_the_sheets_are_those_of_the_report() -> None:
    content = report_content(sample_report.blocks())
    captions = [sheet.caption for sheet in sheets_of(content)]
    assert captions[:2] == ["Graf 1: Nejznámější služby", "Tabulka 1: Znalost vybraných služeb"]


def test_the_same_content_gives_the_same_bytes(data: bytes) -> None:
    assert render_xlsx(report_content(sample_report.blocks())) == data

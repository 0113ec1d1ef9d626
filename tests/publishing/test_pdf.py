"""PDF: its standards, its tags, its text, and that nothing in it is taken for markup."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import page as validation
import pikepdf
import pytest

from analysis.errors import WorkbenchError
from analysis.presentation.blocks import Block, Cell, Facts, Heading, PageBreak, Paragraph
from analysis.presentation.drawing import text_width
from analysis.publishing.checks import check_pdf
from analysis.publishing.content import report_content
from analysis.publishing.pdf import printable_text, render_pdf
from tests.publishing import sample_report
from tests.publishing.reading import pdf_pages, pdf_text, tags, text_runs

PROFILES = [validation.ValidationProfile.PDF_UA_1, validation.ValidationProfile.PDF_A_2A]


def rendered(*blocks: Block, **changes: object) -> bytes:
    return render_pdf(report_content([sample_report.document(**changes), *blocks]))


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return render_pdf(report_content(sample_report.blocks()))


@pytest.mark.parametrize("profile", PROFILES, ids=["ua-1", "a-2a"])
def test_a_report_conforms(pdf: bytes, profile: validation.ValidationProfile) -> None:
    report = validation.validate_pdf_bytes(pdf, profile=profile)
    assert [str(failure) for failure in report.failures] == []
    assert report.is_compliant


@pytest.mark.parametrize("profile", PROFILES, ids=["ua-1", "a-2a"])
@pytest.mark.parametrize(
    "blocks",
    [[], [sample_report.small_table()], [sample_report.chart()], [Heading("A"), PageBreak()]],
    ids=["title page", "table", "chart", "heading"],
)
def test_parts_of_a_report_conform(
    blocks: list[Block], profile: validation.ValidationProfile
) -> None:
    assert validation.validate_pdf_bytes(rendered(*blocks), profile=profile).is_compliant


def test_the_validator_does_see_faults(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        del document.Root["/Lang"]
        del document.Root["/StructTreeRoot"]
        stream = BytesIO()
        document.save(stream)
    for profile in PROFILES:
        assert not validation.validate_pdf_bytes(stream.getvalue(), profile=profile).is_compliant


def test_the_document_names_its_title_language_and_date(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        assert str(document.Root.Lang) == "cs-CZ"
        assert str(document.docinfo["/Title"]) == "Znalost sociálních služeb – ORP Žďár u Říčky"
        assert str(document.docinfo["/Author"]) == "Oddělení sociálních věcí"
        assert str(document.docinfo["/CreationDate"]).startswith("D:20120330000000")
        assert document.Root.ViewerPreferences.DisplayDocTitle
        metadata = document.open_metadata()
        assert metadata["dc:title"] == "Znalost sociálních služeb – ORP Žďár u Říčky"
        assert metadata["pdfuaid:part"] == "1" and metadata["pdfaid:part"] == "2"


def test_a_report_without_a_date_states_none() -> None:
    with pikepdf.open(BytesIO(rendered(Paragraph("x"), date=""))) as document:
        stated = str(document.docinfo.get("/CreationDate", ""))
    # PDF/A asks for a date; this one no reader takes for that of a report.
    assert stated.startswith("D:19700101")


def test_bookmarks_are_the_headings(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document, document.open_outline() as outline:
        titles = [item.title for item in outline.root]
        below = [child.title for item in outline.root for child in item.children]
    assert [title.split(" ", 1)[-1] for title in titles][-3:] == [
        "Manažerské shrnutí",
        "Metodika",
        "Podpořená znalost",
    ]
    assert len(below) == 4


def test_contents_lists_and_page_numbers_are_there(pdf: bytes) -> None:
    text = pdf_text(pdf)
    for words in ("Obsah", "Seznam tabulek", "Seznam grafů a map", "Tabulka 3: Věkové skupiny"):
        assert squeezed(words) in text
    with pikepdf.open(BytesIO(pdf)) as document:
        count = len(document.pages)
    for number in range(2, count + 1):
        assert f"strana{number}z{count}" in text


def test_every_page_of_modelled_data_says_so(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        count = len(document.pages)
    # The watermark on every page, and the running header on all but the first.
    assert pdf_text(pdf).count("modelovádata") >= 2 * count - 1
    observed = rendered(
        Paragraph("x"), data_origin="observed", watermark="", watermark_note="", facts=()
    )
    assert "modelov" not in pdf_text(observed)


def test_charts_carry_their_alternative_text(pdf: bytes) -> None:
    content = report_content(sample_report.blocks())
    wanted = [element.block.alt for element in content.charts]  # type: ignore[attr-defined]
    assert [figure["alt"] for figure in tags(pdf, "/Figure")] == wanted


# --- tables ---------------------------------------------------------------------------------


def test_every_row_of_every_table_begins_with_its_header(pdf: bytes) -> None:
    tables = tags(pdf, "/Table")
    assert len(tables) == 6
    for table in tables:
        for body in (kid for kid in table["kids"] if kid["tag"] == "/TBody"):
            for row in body["kids"]:
                first, *others = row["kids"]
                assert first["tag"] == "/TH"
                assert all(cell["tag"] == "/TD" for cell in others)


def test_cells_list_the_headers_of_column_group_and_row() -> None:
    (table,) = tags(rendered(sample_report.long_table(6), facts=()), "/Table")
    rows = [row for part in table["kids"] for row in part["kids"]]
    upper, lower, first_group, *body = rows
    assert [cell["scope"] for cell in upper["kids"]] == ["/Column"] * 4
    assert [cell["columns"] for cell in upper["kids"]] == [1, 1, 3, 3]
    label, total, men, women = [cell["id"] for cell in upper["kids"]]
    heads = [cell["id"] for cell in lower["kids"]]
    assert len(first_group["kids"]) == 1
    group = first_group["kids"][0]["id"]
    row = body[0]["kids"]
    assert row[0]["scope"] == "/Row" and row[0]["headers"] == [label, group]
    assert row[1]["headers"] == [total, group, row[0]["id"]]
    assert row[2]["headers"] == [men, heads[0], group, row[0]["id"]]
    assert row[7]["headers"] == [women, heads[5], group, row[0]["id"]]
    second_group = next(row["kids"][0]["id"] for row in body if len(row["kids"]) == 1)
    assert body[-1]["kids"][3]["headers"][2] == second_group


def test_every_header_that_a_cell_names_is_in_the_tree_of_identifiers(pdf: bytes) -> None:
    named = {
        name
        for tag in ("/TD", "/TH")
        for cell in tags(pdf, tag)
        for name in cell.get("headers", ())
    }
    with pikepdf.open(BytesIO(pdf)) as document:
        names = document.Root.StructTreeRoot.IDTree.Names
        known = [str(names[place]) for place in range(0, len(names), 2)]
        assert [str(names[place + 1].ID) for place in range(0, len(names), 2)] == known
    assert known == sorted(known) and len(set(known)) == len(known)
    assert named and named <= set(known)


def test_a_long_table_repeats_its_header(pdf: bytes) -> None:
    long = rendered(sample_report.long_table(120), facts=())
    with pikepdf.open(BytesIO(long)) as document:
        pages = len(document.pages)
    # All pages but that of the title.
    assert pdf_text(long).count("Celkem") == pages - 1 >= 3


def test_the_lists_of_tables_and_charts_come_last(pdf: bytes) -> None:
    pages = pdf_pages(pdf)
    contents, lists = (
        next(place for place, text in enumerate(pages) if title in text)
        for title in ("Obsah", "Seznamtabulek")
    )
    assert contents == 1
    assert all("Seznamtabulek" not in text for text in pages[:lists])
    assert any("Seznamgrafů" in text for text in pages[lists:])
    assert lists > 2 and len(pages) - lists <= 2


def test_a_wide_table_lies_on_its_side_with_its_heading() -> None:
    wide = rendered(Heading("Okrsky"), sample_report.wide_table(), Paragraph("Dál."))
    with pikepdf.open(BytesIO(wide)) as document:
        turned = [page.mediabox[2] > page.mediabox[3] for page in document.pages]
    # Title, contents, the heading with its table, the paragraph, the list of tables.
    assert turned == [False, False, True, False, False]


@pytest.mark.parametrize("lines", range(30, 56, 4))
def test_a_heading_and_what_introduces_a_block_stand_with_it(lines: int) -> None:
    report = rendered(
        *(Paragraph(f"Výplň {place}.") for place in range(lines)),
        Heading("Kapitola"), Paragraph("Úvodní věta.", "lead"), Paragraph("Závěr z grafu."),
        sample_report.chart("Poslední", height_mm=100.0, svg=sample_report.svg()),
    )  # fmt: skip
    pages = pdf_pages(report)[2:]
    (page,) = (text for text in pages if "Úvodnívěta." in text)
    assert "Kapitola" in page
    assert "Závěrzgrafu." in page
    assert "Graf1:Poslední" in page


def test_paragraphs_that_introduce_nothing_may_end_a_page() -> None:
    lines = [Paragraph(f"Řádek {place}.") for place in range(60)]
    first = pdf_pages(rendered(*lines))[1]
    assert "Řádek30." in first and "Řádek59." not in first


@pytest.mark.parametrize("tables", range(24, 40, 2))
def test_the_heading_of_a_list_stands_with_its_first_entry(tables: int) -> None:
    report = rendered(
        Heading("Kapitola"),
        *(sample_report.small_table(f"Tabulka {place}") for place in range(tables)),
        sample_report.chart(),
    )
    (page,) = (text for text in pdf_pages(report) if "Seznamgrafů" in text)
    assert "Graf1" in page.partition("Seznamgrafů")[2]


@pytest.mark.parametrize("letters", range(14, 21))
def test_a_term_of_the_facts_keeps_clear_of_its_value(letters: int) -> None:
    term = f"Registrační {'o' * letters}"
    with pikepdf.open(BytesIO(rendered(Facts("", ((term, "hodnota"),)), facts=()))) as document:
        runs = list(text_runs(document.pages[1]))
    (value,) = (start for start, text in runs if text == "hodnota")
    start, line = next((start, text) for start, text in runs if "Registrační" in text)
    end = start + text_width(line, 9.5) / 25.4 * 72
    assert value - end > 10


def test_a_report_without_headings_has_no_contents() -> None:
    with pikepdf.open(BytesIO(rendered(Paragraph("Text.")))) as document:
        assert len(document.pages) == 2


def test_a_row_taller_than_a_page_is_shown_to_its_end() -> None:
    text = " ".join(f"slovo{place}" for place in range(3000))
    table = sample_report.small_table(rows=((Cell("a"), Cell(text), Cell(""), Cell("")),))
    assert "slovo2999" in pdf_text(rendered(table))


# --- safety ---------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", sample_report.HOSTILE)
def test_hostile_texts_stay_texts(hostile: str) -> None:
    table = sample_report.small_table(hostile, notes=(hostile,))
    table = replace(table, rows=(tuple(Cell(hostile) for _ in table.columns),))
    made = rendered(
        Heading(hostile), Paragraph(hostile), table, title=hostile, running_title=hostile
    )
    # Title, heading, paragraph, caption, cell and note, however lines are broken.
    assert pdf_text(made).count(squeezed(hostile)) >= 6
    check_pdf(made, "hostile.pdf")


def test_characters_the_family_lacks_are_replaced() -> None:
    assert printable_text("Žluťoučký kůň – 12\u00a0%") == "Žluťoučký kůň – 12\u00a0%"
    assert printable_text("a\u2009b\u2011c 漢 😀") == "a\u202fb-c ? ?"
    made = rendered(Paragraph("漢字 😀 \u202e zpět"), title="漢")
    assert validation.validate_pdf_bytes(made, profile=PROFILES[0]).is_compliant


def test_a_word_longer_than_a_line_is_broken() -> None:
    broken = printable_text("0123456789abcdef" * 4)
    assert broken.replace("\u200b", "") == "0123456789abcdef" * 4
    assert max(len(part) for part in broken.split("\u200b")) == 8
    usual = "nejneobhospodařovávatelnějšího registračního čísla CZ.1.04/4.1.00/47.00001"
    assert printable_text(usual) == usual
    made = rendered(Facts("F", (("Otisk", "0123456789abcdef" * 4),)))
    assert pdf_text(made).replace("\u200b", "").count("0123456789abcdef" * 4) == 1


def test_what_typst_refuses_is_an_error_of_the_workbench(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.publishing.pdf._REGIONS", {"cs": 7})
    with pytest.raises(WorkbenchError, match="cannot be set"):
        rendered(Paragraph("x"))


def test_only_the_one_family_is_in_the_file(pdf: bytes) -> None:
    with pikepdf.open(BytesIO(pdf)) as document:
        names = {
            str(font.BaseFont).split("+")[1]
            for page in document.pages
            for font in page.resources.get("/Font", {}).values()
        }
    assert names and all(name.startswith("SourceSansPro") for name in names)


# --- determinism ----------------------------------------------------------------------------


def test_the_same_content_gives_the_same_bytes(pdf: bytes) -> None:
    assert render_pdf(report_content(sample_report.blocks())) == pdf


_OTHER_PROCESS = """
import hashlib
from analysis.publishing.content import report_content
from analysis.publishing.html import render_html
from analysis.publishing.pdf import render_pdf
from analysis.publishing.xlsx import render_xlsx
from tests.publishing import sample_report
content = report_content(sample_report.blocks())
for data in (render_html(content).encode(), render_pdf(content), render_xlsx(content)):
    print(hashlib.sha256(data).hexdigest())
"""


def test_all_formats_are_the_same_elsewhere(tmp_path: Path) -> None:
    """Another process, folder, time zone, locale and hash seed: the same bytes."""
    project = Path(__file__).resolve().parents[2]
    seen = set()
    for place, zone, seed in (("a", "UTC", "1"), ("b", "Pacific/Kiritimati", "2")):
        folder = tmp_path / place
        folder.mkdir()
        environment = {
            **os.environ,
            "TZ": zone,
            "PYTHONHASHSEED": seed,
            "LC_ALL": "C",
            "PYTHONPATH": str(project),
            "TMPDIR": str(folder),
        }
        command = [sys.executable, "-c", _OTHER_PROCESS]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        seen.add(done.stdout)
    assert len(seen) == 1 and len(seen.pop().split()) == 3

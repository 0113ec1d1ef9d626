"""What the checks before publishing refuse."""

from __future__ import annotations

from io import BytesIO

import pikepdf
import pytest
import xlsxwriter

from analysis.errors import WorkbenchError
from analysis.presentation.blocks import Heading
from analysis.publishing.checks import check_html, check_pdf, check_xlsx
from analysis.publishing.content import report_content
from analysis.publishing.html import render_html
from analysis.publishing.pdf import render_pdf
from analysis.publishing.pdf_tables import structure_elements
from tests.publishing import sample_report


@pytest.fixture(scope="module")
def text() -> str:
    return render_html(report_content([sample_report.document(), Heading("A", 1, "a")]))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("</main>", "<script>1</script></main>", "runs or loads something"),
        ("</main>", "<iframe></iframe></main>", "runs or loads something"),
        ("</main>", '<img alt="x" src="http://example.org/a.png"></main>', "from outside"),
        ("</main>", '<img alt="x" src="//example.org/a.png"></main>', "from outside"),
        ("</main>", '<a href="javascript:alert(1)">x</a></main>', "from outside"),
        ("</main>", '<a href="#nowhere">x</a></main>', "leads nowhere"),
        ("</main>", '<p id="a">x</p></main>', "more than once"),
        ("</main>", '<img src="data:,"></main>', "no alternative text"),
        ("</main>", '<p onclick="x()">x</p></main>', "its policy forbids"),
        ("</main>", '<p style="color:red">x</p></main>', "its policy forbids"),
        ("</main>", "<h1>x</h1></main>", "one main heading"),
        ('<html lang="cs">', "<html>", "does not name its language"),
        ("default-src &#39;none&#39;", "default-src *", "no content security policy"),
    ],
)
def test_a_faulty_page_is_refused(text: str, before: str, after: str, said: str) -> None:
    check_html(text, "page.html")
    assert before in text
    with pytest.raises(WorkbenchError, match=said):
        check_html(text.replace(before, after, 1), "page.html")


def test_a_relative_link_is_none_of_the_faults(text: str) -> None:
    check_html(text.replace("</main>", '<a href="cs/a.pdf">x</a></main>'), "page.html")


def test_a_faulty_pdf_is_refused() -> None:
    good = render_pdf(report_content([sample_report.document(), sample_report.small_table()]))
    check_pdf(good, "report.pdf")
    with pytest.raises(WorkbenchError, match="cannot be read back"):
        check_pdf(good[:200], "report.pdf")
    with pikepdf.open(BytesIO(good)) as document:
        for cell in structure_elements(document.Root.StructTreeRoot, "/TH"):
            cell.S = pikepdf.Name.TD
        del document.Root["/Lang"]
        stream = BytesIO()
        document.save(stream)
    with pytest.raises(WorkbenchError) as caught:
        check_pdf(stream.getvalue(), "report.pdf")
    assert "no header cell" in str(caught.value) and "its language" in str(caught.value)


def test_a_faulty_workbook_is_refused() -> None:
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream)
    book.add_worksheet().write_formula(0, 0, "=1+1")
    book.close()
    with pytest.raises(WorkbenchError, match="holds a formula"):
        check_xlsx(stream.getvalue(), "book.xlsx")
    with pytest.raises(WorkbenchError, match="cannot be read back"):
        check_xlsx(stream.getvalue()[:100], "book.xlsx")

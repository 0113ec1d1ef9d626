"""HTML: its structure, its policy, its safety, and what a browser says of it."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.presentation import theme
from analysis.presentation.blocks import Callout, Chart, Document
from analysis.publishing.checks import check_html
from analysis.publishing.content import Content, report_content
from analysis.publishing.html import chapters, render_html
from analysis.publishing.webfont import TEMPLATES, font_subset, page_style
from tests.publishing import sample_report
from tests.publishing.browsing import inspect
from tests.publishing.reading import Node, page


@pytest.fixture(scope="module")
def content() -> Content:
    return report_content(sample_report.blocks())


@pytest.fixture(scope="module")
def text(content: Content) -> str:
    return render_html(content)


@pytest.fixture(scope="module")
def root(text: str) -> Node:
    return page(text)


def test_the_checks_of_publishing_pass(text: str) -> None:
    check_html(text, "sample.html")


def test_the_page_names_its_language_and_title(root: Node) -> None:
    assert root.all("html")[0].attributes["lang"] == "cs"
    assert root.all("title")[0].text == "Znalost sociálních služeb – ORP Žďár u Říčky"


def test_english_reports_say_so() -> None:
    english = page(render_html(report_content([sample_report.document(language="en")])))
    assert english.all("html")[0].attributes["lang"] == "en"
    assert "Contents" in [node.text for node in english.all("h2")]


def test_the_policy_allows_only_this_style(root: Node, text: str) -> None:
    policy = next(n for n in root.all("meta") if "http-equiv" in n.attributes).attributes["content"]
    style = text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(
        "default-src 'none'; img-src data:; font-src data:; style-src 'sha256-"
    )
    assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not [node for node in root.walk() if "style" in node.attributes]


def test_nothing_comes_from_outside(root: Node) -> None:
    assert not root.all("script")
    for node in root.walk():
        for name in ("src", "href"):
            assert node.attributes.get(name, "#")[:5] in ("data:",) or (
                node.attributes.get(name, "#")[0] == "#"
            )


def test_headings_nest_and_there_is_one_main_heading(root: Node) -> None:
    levels = [int(node.tag[1]) for node in root.walk() if re.fullmatch(r"h[1-6]", node.tag)]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_contents_lead_to_every_chapter(root: Node, content: Content) -> None:
    (nav,) = root.all("nav")
    targets = [node.attributes["href"][1:] for node in nav.all("a")]
    identifiers = [n.attributes["id"] for n in root.walk() if "id" in n.attributes]
    assert set(targets) <= set(identifiers)
    wanted = [*content.headings, *content.tables, *content.charts]
    assert targets == [element.anchor for element in wanted]


def test_the_skip_link_comes_first_and_leads_to_the_text(root: Node) -> None:
    first = root.all("a")[0]
    assert first.attributes["href"] == "#text"
    assert root.all("main")[0].attributes["id"] == "text"


def test_chapters_hold_their_sections(content: Content) -> None:
    made = [(c.heading.number, [s.number for s in c.sections]) for c in chapters(content.headings)]
    assert made == [("1", []), ("2", ["2.1"]), ("3", ["3.1", "3.2", "3.3"])]


def test_every_table_has_caption_and_header_cells(root: Node) -> None:
    tables = root.all("table")
    assert len(tables) == 6
    for table in tables:
        assert len(table.all("caption")) == 1 and table.all("caption")[0].text
        assert all(node.attributes.get("scope") for node in table.all("th"))
        for body in table.all("tbody"):
            for row in body.all("tr"):
                cells = [n for n in row.children if isinstance(n, Node)]
                assert cells[0].tag == "th" and cells[0].attributes["scope"] in ("row", "rowgroup")


def test_cells_add_up_in_every_row(root: Node) -> None:
    for table in root.all("table"):
        spans = [int(n.attributes.get("span", 1)) for n in table.all("colgroup")]
        places: dict[int, int] = {}
        for y, row in enumerate(table.all("tr")):
            for cell in (node for node in row.children if isinstance(node, Node)):
                for down in range(int(cell.attributes.get("rowspan", 1))):
                    places[y + down] = places.get(y + down, 0) + int(
                        cell.attributes.get("colspan", 1)
                    )
        assert len(set(places.values())) == 1
        assert not spans or sum(spans) == places[0]


def test_tables_and_charts_scroll_by_keyboard_under_their_caption(root: Node) -> None:
    captions = {
        node.attributes["id"]: node.text
        for node in root.walk()
        if node.tag in ("caption", "figcaption")
    }
    scrolled = [node for node in root.walk() if node.attributes.get("class") == "scroll"]
    assert len(scrolled) == len(captions) == 8
    for node in scrolled:
        assert node.attributes["tabindex"] == "0" and node.attributes["role"] == "group"
        assert captions[node.attributes["aria-labelledby"]]


def test_a_narrow_chart_is_not_stretched() -> None:
    blocks = [sample_report.document(), sample_report.chart(width_mm=80)]
    (picture,) = page(render_html(report_content(blocks))).all("img")
    assert "class" not in picture.attributes
    blocks = [sample_report.document(), sample_report.chart(width_mm=150)]
    (picture,) = page(render_html(report_content(blocks))).all("img")
    assert picture.attributes["class"] == "wide"


def test_the_title_of_a_note_stands_alone_unless_it_ends_a_sentence() -> None:
    blocks = [sample_report.document(), Callout("Návrh 1", "Text."), Callout("Pozor.", "Text.")]
    alone, inline = page(render_html(report_content(blocks))).all("main")[0].all("strong")
    assert alone.attributes == {"class": "line"} and inline.attributes == {}


def test_marks_are_told_to_those_who_do_not_see_them(root: Node) -> None:
    table = root.all("table")[1]
    told = [node.text for node in table.all("span") if node.attributes.get("class") == "unseen"]
    assert told == [
        "(nižší spolehlivost)",
        "(údaj se nezveřejňuje kvůli ochraně dotázaných)",
        "(hodnota se neuvádí, je málo přesná)",
        "(údaj nemá smysl nebo se nezjišťoval)",
        "(údaj není k\u00a0dispozici)",
        "(průkazný rozdíl)",
    ]


def test_charts_are_pictures_with_text_and_data(root: Node, content: Content) -> None:
    pictures = list(root.all("img"))
    blocks = [item.block for item in content.charts]
    for node, block in zip(pictures, blocks, strict=True):
        assert isinstance(block, Chart)
        assert node.attributes["alt"] == block.alt
        kind, _, data = node.attributes["src"].partition(",")
        assert kind == "data:image/svg+xml;base64"
        assert base64.b64decode(data).decode() == block.svg
        assert int(node.attributes["width"]) == round(block.width_mm * 96 / 25.4)
    assert all(figure.all("details") for figure in root.all("figure"))


def test_a_chart_without_data_has_no_details() -> None:
    blocks = [sample_report.document(), sample_report.chart(data=None)]
    (figure,) = page(render_html(report_content(blocks))).all("figure")
    assert not figure.all("details")


def test_modelled_data_say_so_at_the_head(root: Node) -> None:
    header = root.all("header")[0]
    assert "modelová data" in [node.text for node in header.all("strong")]
    marked = [node for node in root.walk() if "data-origin" in node.attributes]
    assert {node.attributes["data-origin"] for node in marked} == {"modelled", "observed"}
    observed = sample_report.document(data_origin="observed", watermark="", watermark_note="")
    assert "modelová" not in render_html(report_content([observed]))


@pytest.mark.parametrize("hostile", sample_report.HOSTILE)
def test_hostile_texts_stay_texts(hostile: str) -> None:
    table = sample_report.small_table(hostile, name=hostile, notes=(hostile,))
    document = sample_report.document(
        title=hostile, subtitle=hostile, area_name=hostile, author=hostile, publicity=hostile,
        watermark=hostile, running_title=hostile, facts=((hostile, hostile),),
    )  # fmt: skip
    blocks = [document, sample_report.chart(hostile, notes=(hostile,)), table]
    harmless = [
        replace(document, **dict.fromkeys(_texts(document), "x"), facts=(("x", "x"),)),
        sample_report.chart("x", notes=("x",)),
        replace(table, caption="x", notes=("x",)),
    ]
    text = render_html(report_content(blocks))
    check_html(text, "hostile.html")
    made, plain = page(text), page(render_html(report_content(harmless)))
    assert [n.tag for n in made.walk()] == [n.tag for n in plain.walk()]
    assert made.all("h1")[0].text == hostile.strip()


def _texts(document: Document) -> list[str]:
    return ["title", "subtitle", "author", "publicity", "watermark", "running_title", "area_name"]


def test_the_same_content_gives_the_same_bytes(content: Content, text: str) -> None:
    assert render_html(content) == text


def test_the_letters_are_few_and_carry_czech() -> None:
    from io import BytesIO

    from fontTools.ttLib import TTFont

    for weight in ("regular", "semibold"):
        data = font_subset(weight)
        assert len(data) < 25_000
        known = TTFont(BytesIO(data)).getBestCmap()
        assert {ord(c) for c in "ěščřžýáíéůúňťďóĚŠČŘŽÝÁÍÉŮÚŇŤĎÓ„“–…•×\u00a0−≤→"} <= known.keys()


def test_colours_of_text_have_contrast() -> None:
    sheet = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    for colour in ("#8f3d08",):
        assert colour in sheet and theme.contrast(colour, "#fbf3ec") >= 4.5
    for colour in (theme.INK, theme.BLUE, theme.GREY, theme.ACCENT):
        assert theme.contrast(colour, theme.PAPER) >= 4.5
    assert theme.contrast(theme.BLUE, theme.SEQUENCE[0]) >= 4.5
    # Names on the areas of the map of the index, also when one is pointed at.
    assert min(theme.contrast(theme.INK, theme.SEQUENCE[place]) for place in (1, 2)) >= 4.5
    assert theme.contrast(theme.PAPER, theme.BLUE) >= 4.5


def test_only_theme_colours_and_known_tints_are_in_the_sheet() -> None:
    sheet = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    assert set(re.findall(r"#[0-9a-f]{6}\b", sheet)) == {"#fbf3ec", "#8f3d08"}
    assert "http" not in page_style().text.replace("data:font", "")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 320])
def test_a_browser_finds_nothing_wrong(
    text: str, tmp_path: Path, chromium: str, width: int
) -> None:
    path = tmp_path / "report.html"
    path.write_text(text, encoding="utf-8")
    seen = inspect(path, chromium, width)
    assert seen.violations == []
    assert seen.requests == []
    assert seen.messages == []
    assert seen.scroll_width <= width
    assert seen.fonts == {"400 loaded", "600 loaded"}

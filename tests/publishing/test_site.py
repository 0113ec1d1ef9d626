"""The index page: every report in each format, from a memory stick, without script."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from analysis.errors import WorkbenchError
from analysis.presentation.maps import PlainArea, PlainMap, plain_map
from analysis.publishing.batch import OutputFile
from analysis.publishing.checks import check_html
from analysis.publishing.manifest import ReportRecord
from analysis.publishing.phrases import phrases
from analysis.publishing.site import (
    Site,
    glossary,
    render_site,
    search_script,
    size_text,
    write_site,
)
from analysis.study import Study
from tests.publishing import sample_report
from tests.publishing.browsing import ARGUMENTS, inspect
from tests.publishing.reading import Node, page

AREAS = {"0003": "Žďár u Říčky", "0001": "Bílá", "0002": "Česká"}


MAP = PlainMap(
    60.0,
    20.0,
    {
        code: PlainArea(f"M{x} 0L{x + 20} 0L{x + 20} 20L{x} 20z", x + 10.0, 9.0, (name,))
        for x, (code, name) in zip((40, 0, 20), AREAS.items(), strict=True)
    },
    schematic=True,
)


def record(area: str, language: str = "cs", kind: str = "awareness") -> ReportRecord:
    files = {
        ending: OutputFile(f"{language}/{kind}/{area}-x.{ending}", 97_400, "00")
        for ending in ("html", "pdf", "xlsx", "ipynb")
    }
    return ReportRecord(kind, area, language, "Zpráva", "modelled", "ab", files)


def site(**changes: object) -> Site:
    made = Site(
        title="Povědomí obyvatel o sociálních službách",
        language="cs",
        areas=AREAS,
        kinds={"awareness": "Znalost sociálních služeb"},
        reports=[record("0001"), record("0003"), record("0003", "en")],
        languages=("cs", "en"),
        subtitle="Šetření 2011",
        expected=[("awareness", code, "cs") for code in AREAS],
        watermark="modelová data",
        watermark_note="Odpovědi vytvořil generátor.",
        map=MAP,
        publicity="Projekt je spolufinancován z fondu.",
    )
    return replace(made, **changes)


def rows(root: Node) -> list[list[str]]:
    (first, *_) = root.all("table")
    (body,) = first.all("tbody")
    return [[c.text for c in row.children if isinstance(c, Node)] for row in body.all("tr")]


def test_areas_come_in_their_order_with_links_and_sizes() -> None:
    root = page(render_site(site()))
    listed = rows(root)
    assert [row[0] for row in listed] == ["Žďár u Říčky", "Bílá", "Česká"]
    assert listed[0][1:] == [
        f"{name}– Žďár u Říčky 97\u00a0kB" for name in ("zpráva", "PDF", "Excel")
    ]
    assert listed[2][1] == "zpráva není k\u00a0dispozici"
    links = [node.attributes["href"] for node in root.all("tbody")[0].all("a")]
    assert links[:3] == [f"cs/awareness/0003-x.{ending}" for ending in ("html", "pdf", "xlsx")]


def test_other_languages_have_a_section_of_their_own() -> None:
    root = page(render_site(site()))
    titles = [node.text for node in root.all("h2")]
    assert titles == [
        "Oblasti",
        "Znalost sociálních služeb",
        "Znalost sociálních služeb (anglicky)",
        "Co je nového",
        "Metodika",
        "Slovník pojmů",
        "Prohlášení o\u00a0přístupnosti",
        "O\u00a0výstupech",
    ]
    english = root.all("table")[1].all("a")
    assert {node.attributes["hreflang"] for node in english} == {"en"}


def test_a_report_on_no_listed_area_comes_last() -> None:
    root = page(render_site(site(reports=[record("CZ0"), record("0001")])))
    assert [row[0] for row in rows(root)][-1] == "CZ0"


def test_the_page_is_whole_without_anything_beside_it(tmp_path: Path) -> None:
    file = write_site(tmp_path, site())
    text = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert file.path == "index.html" and file.size == len(text.encode())
    root = page(text)
    assert len(root.all("script")) == 1 and root.all("html")[0].attributes["lang"] == "cs"
    addresses = [n.attributes["href"] for n in root.all("a")]
    assert all(":" not in address and not address.startswith("/") for address in addresses)
    assert "modelová data" in [node.text for node in root.all("header")[0].all("strong")]


def test_each_area_of_the_map_leads_to_its_report() -> None:
    (drawing,) = page(render_site(site())).all("svg")
    assert drawing.attributes["aria-label"].startswith("Mapa oblastí s\u00a0odkazy")
    links = {node.attributes["aria-label"]: node.attributes["href"] for node in drawing.all("a")}
    # In the order of the list; there is no report on the third area.
    assert list(links.items()) == [
        ("Žďár u Říčky", "cs/awareness/0003-x.html"),
        ("Bílá", "cs/awareness/0001-x.html"),
    ]
    assert [node.text for node in drawing.all("text")] == ["Žďár u Říčky", "Bílá", "Česká"]
    shown = [node.attributes.get("class") for node in drawing.all("path")]
    assert shown == [None, None, "absent"]
    assert not page(render_site(site(map=None))).all("svg")


def test_the_map_says_whether_its_boundaries_are_real() -> None:
    def said(schematic: bool) -> str:
        made = site(map=replace(MAP, schematic=schematic))
        return page(render_site(made)).all("figcaption")[0].text

    assert said(True).startswith("Schematická mapa")
    assert said(False).startswith("Mapa oblastí.")


def test_the_map_of_a_region_has_all_its_areas(zlin: Study) -> None:
    drawn = plain_map(zlin, {"7201": "Bystřice pod Hostýnem"})
    assert drawn is not None
    assert set(drawn.areas) == set(zlin.areas.index)
    area = drawn.areas["7201"]
    assert " ".join(area.lines) == "Bystřice pod Hostýnem"
    assert 0 < area.x < drawn.width and drawn.top < area.y < drawn.top + drawn.height


def test_a_study_without_a_region_has_no_map(zlin: Study) -> None:
    card = zlin.card.model_copy(update={"region": None})
    assert plain_map(replace(zlin, card=card), {}) is None


def test_methods_are_linked_when_there_are_some() -> None:
    texts = [node.text for node in page(render_site(site(methods="m.html"))).all("a")]
    assert "Metodika a\u00a0definice ukazatelů" in texts
    assert "m.html" not in render_site(site())


@pytest.mark.parametrize("hostile", sample_report.HOSTILE)
def test_hostile_names_stay_texts(hostile: str) -> None:
    file = OutputFile(f"cs/a/{hostile}.html", 1, "00")
    made = replace(record("0001"), files={"html": file})
    text = render_site(
        site(title=hostile, areas={"0001": hostile}, kinds={"awareness": hostile}, reports=[made])
    )
    check_html(text, "index.html", search_script())
    root = page(text)
    link = root.all("tbody")[0].all("a")[0]
    assert unquote(link.attributes["href"]) == file.path
    assert [node.tag for node in root.walk()].count("img") == 0


@pytest.mark.parametrize(
    ("size", "text"),
    [(1, "1 kB"), (97_400, "97 kB"), (999_400, "999 kB"), (1_240_000, "1,2 MB")],
)
def test_sizes_are_told_for_people(size: int, text: str) -> None:
    assert size_text(size, phrases("cs")).replace("\u00a0", " ") == text


def test_the_same_site_gives_the_same_bytes() -> None:
    assert render_site(site()) == render_site(site())


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 320])
def test_a_browser_finds_nothing_wrong(tmp_path: Path, chromium: str, width: int) -> None:
    write_site(tmp_path, site())
    seen = inspect(tmp_path / "index.html", chromium, width)
    assert seen.violations == [] and seen.requests == [] and seen.messages == []
    assert seen.scroll_width <= width


def test_drafts_are_marked_and_releases_are_not() -> None:
    marks = {"stamp": "pracovní verze", "stamp_note": "Návrhy čekají na schválení."}
    released = [replace(record(area), edition="release") for area in AREAS]
    mixed = [*released[:2], record("0002")]
    assert render_site(site(reports=mixed, **marks)).count(">pracovní verze<") == 2
    assert "<small>pracovní verze</small>" in render_site(site(reports=mixed, **marks))
    assert "Pracovní verze.</strong> Návrhy čekají" in render_site(site(reports=mixed, **marks))
    assert ">pracovní verze<" not in render_site(site(reports=released, **marks))
    assert "Pracovní verze." not in render_site(site(reports=released, **marks))


def test_every_area_is_listed_with_its_reports() -> None:
    (listed,) = [node for node in page(render_site(site())).all("ul")
                 if node.attributes.get("class") == "areas"]  # fmt: skip
    assert [node.text for node in listed.all("strong")] == ["Žďár u Říčky", "Bílá"]
    assert [node.attributes["href"] for node in listed.all("a")] == [
        "cs/awareness/0003-x.html",
        "cs/awareness/0001-x.html",
    ]


def test_what_is_new_since_the_last_release_is_marked() -> None:
    key = ("awareness", "0001", "cs")
    text = render_site(site(since="2", new=frozenset((key,))))
    assert text.count("<small>nové</small>") == 1
    told = page(text).all("p")
    assert any(
        "od vydání\u00a02: 1." in node.text or "od vydání 2: 1." in node.text for node in told
    )
    assert "<small>nové</small>" not in render_site(site(new=frozenset((key,))))


def test_what_the_statement_does_not_know_is_to_be_filled_in() -> None:
    empty = render_site(site())
    for name in ("keeper", "contact", "status", "exceptions", "prepared", "reviewed"):
        assert f"accessibility.{name} v" in empty
    known = {
        "keeper": "Kraj", "contact": "kraj@example.org", "status": "full", "prepared": "1. 2. 2026",
        "reviewed": "1. 3. 2026",
    }  # fmt: skip
    text = render_site(site(statement=known))
    assert "accessibility." not in text and "kraj@example.org" in text
    assert "99/2019" in text and "plně v" in text


@pytest.mark.parametrize("language", ["cs", "en"])
def test_the_glossary_is_in_order_and_names_each_term_once(language: str) -> None:
    names = [term.name for term in glossary(language)]
    assert len(names) >= 20 and len(set(names)) == len(names)
    assert all(term.means and term.other for term in glossary(language))
    if language == "en":
        assert names == sorted(names, key=str.casefold)


def test_no_other_script_passes(tmp_path: Path) -> None:
    text = render_site(site())
    check_html(text, "index.html", search_script())
    for wrong in (
        text.replace('"use strict"', '"use  strict"'),
        text.replace("</body>", "<script>1</script></body>"),
        text.replace("script-src &#39;sha256-", "script-src &#39;sha512-"),
    ):
        assert wrong != text
        with pytest.raises(WorkbenchError, match="checks"):
            check_html(wrong, "index.html", search_script())
    with pytest.raises(WorkbenchError, match="checks"):
        check_html(text, "index.html")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 320])
def test_a_keyboard_alone_searches_and_reaches_every_link(
    tmp_path: Path, chromium: str, width: int
) -> None:
    write_site(tmp_path, site())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        shown = browser.new_page(viewport={"width": width, "height": 900})
        shown.goto((tmp_path / "index.html").as_uri())
        links = shown.evaluate("document.querySelectorAll('a[href]').length")
        reached, searched = set(), False
        for _ in range(links + 20):
            shown.keyboard.press("Tab")
            focus = shown.evaluate(
                "[document.activeElement.tagName.toLowerCase(),"
                " [...document.querySelectorAll('a')].indexOf(document.activeElement)]"
            )
            if focus[0] == "a":
                reached.add(focus[1])
            if focus[0] == "input" and not searched:
                searched = True
                shown.keyboard.type("zdar angl")
                rows = shown.evaluate(
                    "[...document.querySelectorAll('tr[data-about]')].map(r => r.offsetParent !== null)"
                )
                assert sum(rows) == 1
                assert shown.inner_text("[role=status]").endswith("1")
                result = Axe().run(shown)
                assert result.response["violations"] == []
                for _ in "zdar angl":
                    shown.keyboard.press("Backspace")
        browser.close()
    assert searched and len(reached) == links


@pytest.mark.browser
def test_without_script_everything_is_there(tmp_path: Path, chromium: str) -> None:
    write_site(tmp_path, site())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        shown = browser.new_context(java_script_enabled=False).new_page()
        shown.goto((tmp_path / "index.html").as_uri())
        assert shown.locator("tr[data-about]").count() == 4
        assert all(row.is_visible() for row in shown.locator("tr[data-about]").all())
        assert shown.locator("input").count() == 0 and not shown.locator("#search").is_visible()
        browser.close()

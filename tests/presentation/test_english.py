"""English reports hold no Czech word but names."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from analysis.presentation.report import open_report
from analysis.publishing.content import report_content
from analysis.publishing.html import render_html
from analysis.study import Study
from tests.presentation.conftest import AREA

#: Letters that no English word has; names of places and organisations have them too.
_CZECH_LETTERS = re.compile(r"[ěščřžýůťďňáíéúó]", re.IGNORECASE)
#: Czech words without such letters that stand in any Czech report.
_CZECH_WORDS = frozenset(
    [
        "nebo",
        "podle",
        "obyvatel",
        "obyvatelstva",
        "celkem",
        "soubor",
        "kraj",
        "kraje",
        "kraji",
        "ukazatel",
        "hodnota",
        "skupina",
        "tabulka",
        "graf",
        "mapa",
        "zdroj",
        "obsah",
        "strana",
        "osob",
        "lidem",
        "ale",
        "jako",
        "pokud",
        "jsou",
        "jen",
        "pouze",
        "proto",
        "oproti",
        "rozsah",
        "pravidlo",
        "neuvedeno",
        "ano",
        "ne",
    ]
)
_WORD = re.compile(r"[^\W\d_]+")


def words_of(page: str) -> list[str]:
    """The words that a reader or a screen reader gets, charts and alternative texts included."""
    page = re.sub(r"<(style|script)\b.*?</\1>", " ", page, flags=re.DOTALL)
    page = re.sub(r"<meta http-equiv[^>]*>", " ", page)
    spoken = " ".join(re.findall(r'(?:alt|aria-label|title|content)="([^"]*)"', page))
    text = html.unescape(f"{re.sub(r'<[^>]*>', ' ', page)} {spoken}").replace("\u00ad", "")
    return _WORD.findall(text)


def names_of(study: Study) -> Iterator[str]:
    """Names that stay Czech: of places, of the project and of those who made it."""
    territory = study.territory
    assert territory is not None
    for table in (
        territory.tables.regions,
        territory.tables.areas,
        territory.tables.municipalities,
    ):
        yield from table["name"]
    project = study.card.project
    for texts in (project.name, project.client, project.contractor, project.author):
        yield from (texts or {}).values()


@pytest.mark.parametrize("kind", ["awareness", "needs", "regional_summary", "target_groups"])
def test_no_czech_word_is_left_but_names(study: Study, kind: str) -> None:
    area = AREA if kind in ("awareness", "needs") else study.whole
    report = open_report(kind, study, area, "en")
    words = words_of(render_html(report_content(report.blocks())))
    assert len(words) > 2000
    known = {word for name in names_of(study) for word in _WORD.findall(name)}
    czech = {word for word in words if _CZECH_LETTERS.search(word) or word.lower() in _CZECH_WORDS}
    assert sorted(czech - known - {"RÚIAN"}) == []

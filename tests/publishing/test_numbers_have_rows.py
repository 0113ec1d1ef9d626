"""No sentence without a row behind it: every number of a page has its evidence.

A value with its interval must be one released row with all three numbers; a number by itself
must be a base, a total of the place, a figure of the territory or of the run, or stand in the
words of the study. ``released_numbers`` says which numbers need none, and why.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from analysis.presentation.report import open_report
from analysis.publishing.content import report_content
from analysis.publishing.html import render_html
from tests.publishing.released_numbers import (
    Evidence,
    Segment,
    evidence,
    numbers_of,
    segments,
    spelt,
)

if TYPE_CHECKING:
    from analysis.study import Study

#: Two areas of unlike size, and the kinds of report on one area.
PAGES = [("awareness", "7212"), ("awareness", "7201"), ("needs", "7212"), ("needs", "7201")]


def tokens_of(segment: Segment) -> list[str]:
    cells = segment.cells[1:] if len(segment.cells) > 1 else segment.cells
    return [token for cell in cells for token in numbers_of(cell)]


@pytest.fixture(scope="module", params=PAGES, ids=lambda page: "-".join(page))
def page(request: pytest.FixtureRequest, zlin: Study) -> tuple[list[Segment], Evidence]:
    kind, area = request.param
    if not (zlin.processed / "released.parquet").exists():
        message = "the shipped study has not been run: make data"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    report = open_report(kind, zlin.id, area, "cs", workspace=zlin.workspace)
    html = render_html(report_content(report.blocks()))
    return segments(html), evidence(zlin, area, kind)


def test_every_number_of_a_page_has_its_evidence(page: tuple[list[Segment], Evidence]) -> None:
    read, known = page
    missing = [
        f"{', '.join(numbers)} in: {segment.text[:200]}"
        for segment in read
        if (numbers := known.unmatched(segment))
    ]
    assert not missing, f"{len(missing)} segments\n" + "\n".join(missing[:30])


def test_most_numbers_stand_with_their_interval(page: tuple[list[Segment], Evidence]) -> None:
    read, known = page
    total = triples = 0
    for segment in read:
        tokens = tokens_of(segment)
        total += len(tokens)
        triples += sum(known.is_triple(tokens, place) for place in range(len(tokens)))
    assert total > 5000
    # Three or, with the base, four numbers each.
    assert 3 * triples > 0.6 * total


@pytest.mark.parametrize(("steps", "share"), [(1, 0.5), (40, 0.9)])
def test_a_changed_value_is_noticed(
    page: tuple[list[Segment], Evidence], steps: int, share: float
) -> None:
    """How often a wrong value is no row of the study any more.

    A slip in the last digit of a small share with a short interval, 1.1 (0 to 3), is often
    another row; a larger one is not. Rounding itself is checked cell by cell when a report is
    made (``analysis.publishing.arithmetic``).
    """
    read, known = page
    chance = random.Random(1)
    places = [
        (segment, place)
        for segment in read
        for place in range(len(tokens_of(segment)))
        if known.is_triple(tokens_of(segment), place)
    ]
    sample = chance.sample(places, 200)
    noticed = 0
    for segment, place in sample:
        tokens = tokens_of(segment)
        digits = len(tokens[place].partition(".")[2])
        tokens[place] = f"{float(tokens[place]) + steps * 10**-digits:.{digits}f}"
        noticed += not known.is_triple(tokens, place)
    assert noticed > share * len(sample)


def test_numbers_are_read_as_they_are_written() -> None:
    assert spelt("−1\u00a0234,5") == "-1234.5"
    assert spelt("+3,2") == "3.2"
    assert numbers_of("AW05, R1 a\u00a0§\u00a039: 12,5\u00a0% (95%\u00a0interval 10,0–15,1; n = 1\u00a0204)") == [
        "12.5", "10.0", "15.1", "1204",
    ]  # fmt: skip
    assert numbers_of("Tabulka 3: Znalost") == []
    assert numbers_of("(−16,3 až −6,8 p. b.)") == ["-16.3", "-6.8"]

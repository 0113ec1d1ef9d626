from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.presentation.blocks import (
    BLOCK_MIME,
    Block,
    Chart,
    Document,
    Figures,
    Heading,
    Paragraph,
    Table,
)
from analysis.presentation.report import Blocks, Report, open_report
from analysis.presentation.rows import Rows
from analysis.publishing.content import report_content
from analysis.study import Study
from tests.presentation.conftest import AREA, MINI_MAKEUP, SMALL_AREA, write_mini

HIDDEN = ["suppressed_precision", "suppressed_primary", "suppressed_complementary"]


def tables_of(blocks: Blocks) -> list[Table]:
    own = [block for block in blocks if isinstance(block, Table)]
    behind = [block.data for block in blocks if isinstance(block, Chart) and block.data]
    return [*own, *behind]


@pytest.mark.parametrize("language", ["cs", "en"])
@pytest.mark.parametrize("area", [SMALL_AREA, "7207", AREA])
def test_a_whole_report_can_be_published(
    report_of: Callable[..., Report], area: str, language: str
) -> None:
    blocks = report_of(area, language).blocks()
    content = report_content(blocks)
    assert len(content.tables) >= 30
    assert len(content.charts) >= 12
    assert len(content.headings) >= 17


def test_the_document_comes_from_the_card_and_the_data(report_of: Callable[..., Report]) -> None:
    (document,) = report_of().title_page()
    assert isinstance(document, Document)
    assert document.title == "Informovanost obyvatel o\u00a0sociálních službách"
    assert document.area_name.replace("\u00a0", " ") == "ORP Vsetín"
    assert (document.data_origin, document.watermark) == ("modelled", "modelová data")
    assert document.date == "2011-10-28"
    assert dict(document.facts)["Zadavatel"] == "Zlínský kraj"
    assert "Evropského sociálního fondu" in document.publicity


def test_chapters_begin_with_their_heading_and_all_anchors_are_unique(
    report_of: Callable[..., Report],
) -> None:
    report = report_of()
    for name in report.chapters:
        chapter = report.chapter(name)
        first = next(block for block in chapter if isinstance(block, Heading))
        assert (first.level, first.anchor) == (1, name)
    anchors = [
        block.anchor
        for block in report.blocks()
        if isinstance(block, Heading | Table | Chart) and block.anchor
    ]
    assert len(anchors) == len(set(anchors))


def test_a_chapter_that_the_makeup_does_not_have_shows_nothing(
    report_of: Callable[..., Report],
) -> None:
    assert report_of().chapter("swot") == ()


def test_sheet_names_are_short_plain_and_unique(report_of: Callable[..., Report]) -> None:
    names = [table.name for table in tables_of(report_of().blocks())]
    assert len(names) == len(set(names))
    assert all(0 < len(name) <= 31 for name in names)
    assert not any(re.search(r"[\[\]:*?/\\']", name) for name in names)


def test_asking_for_a_chapter_twice_gives_the_same(report_of: Callable[..., Report]) -> None:
    report = report_of()
    assert report.chapter("comparison") == report.chapter("comparison")


def test_alternative_texts_are_unique_in_the_report(report_of: Callable[..., Report]) -> None:
    texts = [block.alt for block in report_of().blocks() if isinstance(block, Chart)]
    assert len(texts) == len(set(texts)) >= 12


# --- nothing hidden leaks -----------------------------------------------------------------------


def with_frame(report: Report, frame: pd.DataFrame) -> Report:
    return replace(report, scene=replace(report.scene, rows=Rows(frame)))


def shown(report: Report) -> str:
    return json.dumps([block.to_json() for block in report.blocks()], ensure_ascii=False)


def test_no_number_of_a_hidden_row_reaches_a_report(report_of: Callable[..., Report]) -> None:
    """Numbers put into the hidden rows change not one byte of the report."""
    report = report_of()
    planted = report.scene.rows.frame.copy()
    hidden = planted["release"].isin(HIDDEN)
    assert hidden.sum() > 50
    for column, value in (("estimate", 0.987654), ("ci_low", 0.9654), ("ci_high", 0.9987),
                          ("standard_error", 0.0123), ("p_adjusted", 1e-9)):  # fmt: skip
        planted.loc[hidden, column] = value
    assert shown(with_frame(report, planted)) == shown(report)


def test_every_hidden_row_can_be_hidden_at_once(report_of: Callable[..., Report]) -> None:
    report = report_of()
    frame = report.scene.rows.frame.copy()
    frame["release"] = "suppressed_primary"
    frame[["estimate", "ci_low", "ci_high", "n", "p_adjusted"]] = math.nan
    bare = with_frame(report, frame)
    content = report_content(bare.blocks())
    assert content.charts
    text = json.dumps([block.to_json() for block in bare.chapter("summary")], ensure_ascii=False)
    assert not re.search(r"\d+\u00a0%", text.replace("100\u00a0%", ""))


def test_no_sentence_says_more_than_the_rows_support(report_of: Callable[..., Report]) -> None:
    report = report_of()
    frame = report.scene.rows.frame.copy()
    frame.loc[frame["comparison"] == "rest", "p_adjusted"] = 0.9
    text = shown(with_frame(report, frame))
    assert "To je o" not in text
    assert "Více než ve zbytku kraje" not in text
    assert "supported" not in text


# --- marks of modelled data ---------------------------------------------------------------------


def test_modelled_rows_are_marked_everywhere_and_observed_ones_nowhere(
    report_of: Callable[..., Report],
) -> None:
    report = report_of()
    origins = {table.data_origin for table in tables_of(report.chapter("channels"))}
    assert origins == {"modelled"}
    frame = report.scene.rows.frame.copy()
    frame["data_origin"] = "observed"
    observed = with_frame(report, frame)
    (document,) = observed.title_page()
    assert isinstance(document, Document)
    assert (document.data_origin, document.watermark) == ("observed", "")
    for block in observed.chapter("channels"):
        if isinstance(block, Chart | Table):
            assert block.data_origin == "observed"
        if isinstance(block, Chart):
            assert not block.alt.endswith("Modelová data.")


# --- typography -----------------------------------------------------------------------------------


def texts_of(blocks: tuple[Block, ...]) -> list[str]:
    found: list[str] = []

    def collect(value: object, key: str = "") -> None:
        if isinstance(value, str) and key not in ("svg", "name", "anchor", "type", "mark",
                                                  "number_format", "study", "kind", "language",
                                                  "area", "date", "data_origin"):  # fmt: skip
            found.append(value)
        elif isinstance(value, dict):
            for inner, content in value.items():
                collect(content, inner)
        elif isinstance(value, list | tuple):
            for content in value:
                collect(content, key)

    for block in blocks:
        collect(block.to_json())
    return found


def test_czech_typography_throughout(report_of: Callable[..., Report]) -> None:
    texts = texts_of(report_of().blocks())
    assert len(texts) > 3000
    for text in texts:
        assert not re.search(r"\d %", text), text
        assert not re.search(r"(?<!\w)[kKsSvVzZoOuUaAiI] \S", text), text
        assert not re.search(r"\d\.\d+\s?%", text), text
        assert '"' not in text, text
        assert "{" not in text, text
        assert "p. b." not in text, text


def test_english_has_no_czech_left(report_of: Callable[..., Report]) -> None:
    report = report_of(AREA, "en")
    main = report.makeup.chapters[0].id, "channels", "comparison"
    for text in texts_of(tuple(block for name in main for block in report.chapter(name))):
        assert not re.search(r"\b(obyvatel|podle|rozdíl|služb\w+)\b", text), text
        assert "nan" not in text.lower().split()


# --- opening --------------------------------------------------------------------------------------


def test_an_unknown_area_suggests_the_nearest(study: Study) -> None:
    with pytest.raises(WorkbenchError) as caught:
        open_report("awareness", study, "7221")
    assert "7212 Vsetín" in (caught.value.issue.expected or "")


def test_an_unknown_language_is_refused(study: Study) -> None:
    with pytest.raises(WorkbenchError, match="not written in the language de"):
        open_report("awareness", study, AREA, "de")


def test_a_report_of_areas_is_not_made_for_the_whole(study: Study) -> None:
    with pytest.raises(WorkbenchError, match="not made for all areas together"):
        open_report("awareness", study)


def test_an_unknown_kind_is_refused(study: Study) -> None:
    with pytest.raises(WorkbenchError, match="no report of the kind awarenes"):
        open_report("awarenes", study, AREA)


def test_a_study_that_was_not_run_says_so(zlin: Study, tmp_path: Path) -> None:
    from analysis.workspace import Workspace

    with pytest.raises(WorkbenchError, match="needs run"):
        open_report("awareness", replace(zlin, workspace=Workspace(tmp_path)), AREA)


# --- another study --------------------------------------------------------------------------------


@pytest.mark.parametrize(("area", "language"), [("d1", "en"), ("d2", "cs"), (None, "en")])
def test_a_study_without_a_region_uses_the_same_mechanism(
    mini: Study, area: str | None, language: str
) -> None:
    blocks = open_report("needs", mini, area, language).blocks()
    content = report_content(blocks)
    assert content.document.data_origin == "observed"
    text = " ".join(texts_of(blocks))
    assert "region" not in text
    assert "kraj" not in text


def test_blocks_for_areas_only_are_left_out_of_the_whole(mini: Study) -> None:
    of_area = open_report("needs", mini, "d1").blocks()
    of_whole = open_report("needs", mini).blocks()
    assert len(of_area) == len(of_whole) + 1


# --- display and speed ----------------------------------------------------------------------------


def test_each_block_is_an_output_of_its_own(
    report_of: Callable[..., Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    displayed: list[Block] = []
    monkeypatch.setattr("IPython.display.display", displayed.append)
    blocks = report_of().chapter("summary")
    blocks._ipython_display_()
    assert tuple(displayed) == blocks
    bundle = displayed[0]._repr_mimebundle_()
    assert set(bundle) == {BLOCK_MIME, "text/html"}


def test_a_report_takes_little_time(report_of: Callable[..., Report], study: Study) -> None:
    report_of().blocks()
    begin = time.process_time()
    open_report("awareness", study, SMALL_AREA).blocks()
    assert time.process_time() - begin < 1.5


def test_chapters_stand_in_the_order_of_the_makeup(report_of: Callable[..., Report]) -> None:
    report = report_of()
    anchors = [block.anchor for block in report.blocks()
               if isinstance(block, Heading) and block.level == 1]  # fmt: skip
    places = [report.chapters.index(anchor) for anchor in anchors]
    assert all(one < other for one, other in pairwise(places))


def test_key_figures_of_low_precision_stand_in_brackets(report_of: Callable[..., Report]) -> None:
    report = report_of()
    frame = report.scene.rows.frame.copy()
    frame["release"] = frame["release"].replace("ok", "low_precision")
    for shown, start in ((report, ""), (with_frame(report, frame), "(")):
        blocks = (block for block in shown.blocks() if isinstance(block, Figures))
        values = [value for block in blocks for value, *_ in block.items]
        assert values
        assert all(value.startswith("(") == bool(start) for value in values), values


FIGURES = """\
      - {block: chart, form: matrix, upright: K1, across: K1, divide_upright: 0.4, divide_across: 0.6}
      - {block: sentence, form: matrix, upright: K1, across: K1, divide_upright: 0.4, divide_across: 0.6}
      - {block: chart, form: small_multiples, indicators: [K2]}
      - {block: chart, form: dots, indicators: [K2, K2], only: area}
      - {block: chart, form: groups_compare, indicator: K1, breakdown: sex, compared: ["1", "2"]}
      - {block: table, form: groups_compare, indicator: K1, breakdown: sex, compared: ["1", "2"]}
      - {block: sentence, form: groups_compare, indicator: K1, breakdown: sex, compared: ["1", "2"]}
      - {block: chart, form: stack, indicator: S1, indicators: [S1], top_two: [K2, K2]}
      - {block: table, form: heat, indicators: [K1, K2]}
      - {block: table, form: rank_sets, indicator: K2}
      - {block: sentence, form: rank_sets, indicator: K2}
      - {block: table, form: supply, need: K1, unmet: K1, capacity: K1}
      - block: typology
        shown: [sentence, table, areas]
        types:
          - {label: {cs: Vyšší, en: Higher}, when: {K2: above}}
          - {label: {cs: Stejné, en: Alike}, when: {K2: same}}
        otherwise: {cs: Ostatní, en: Others}
        labels: {K2: {cs: zkratka, en: shorter}}
"""


@pytest.mark.parametrize("language", ["cs", "en"])
@pytest.mark.parametrize("area", ["d1", None])
def test_figures_of_a_study_without_a_region(
    tmp_path: Path, area: str | None, language: str
) -> None:
    head = MINI_MAKEUP[: MINI_MAKEUP.index("      - {block: technical")]
    study = write_mini(tmp_path, head + FIGURES)
    blocks = open_report("needs", study, area, language).blocks()
    content = report_content(blocks)
    assert len(content.charts) == (5 if area else 4)
    # The table of places is left out: no row of this study says any.
    assert len(content.tables) == 5
    assert [block for block in blocks if isinstance(block, Paragraph)]
    for element in content.tables:
        assert isinstance(element.block, Table)
        assert element.block.notes
    if language == "en":
        assert not any("průkazně" in str(block.to_json()) for block in blocks)

"""Blocks become content: checked, nested, numbered, anchored."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.presentation.blocks import (
    BLOCK_MIME,
    Block,
    Cell,
    Chart,
    Column,
    Heading,
    Paragraph,
    Table,
)
from analysis.publishing.content import (
    clean_text,
    notebook_blocks,
    notebook_content,
    report_content,
)
from tests.publishing import sample_report


def messages(blocks: list[Block]) -> str:
    with pytest.raises(WorkbenchError) as caught:
        report_content(blocks)
    return str(caught.value)


def headings(*levels: int) -> list[tuple[str, int]]:
    blocks = [sample_report.document(), *(Heading(f"H{level}", level) for level in levels)]
    return [(item.number, item.level) for item in report_content(blocks).headings]


def test_tables_and_charts_are_numbered_in_order() -> None:
    content = report_content(sample_report.blocks())
    assert [item.label for item in content.tables] == [f"Tabulka {n}" for n in (1, 2, 3, 4)]
    assert [item.label for item in content.charts] == ["Graf 1", "Graf 2"]
    assert content.caption(content.tables[0]) == "Tabulka 1: Znalost vybraných služeb"


def test_the_words_are_those_of_the_report() -> None:
    blocks = [sample_report.document(language="en"), sample_report.small_table()]
    assert report_content(blocks).tables[0].label == "Table 1"


def test_a_notebook_and_its_blocks_give_the_same_content() -> None:
    blocks = sample_report.blocks()
    outputs = [
        {"output_type": "display_data", "data": json.loads(json.dumps({BLOCK_MIME: b.to_json()}))}
        for b in blocks
    ]
    cells = [
        {"cell_type": "markdown", "source": "text"},
        {"cell_type": "code", "outputs": [{"output_type": "stream", "text": "x"}, *outputs[:3]]},
        {"cell_type": "code", "outputs": outputs[3:]},
    ]
    assert len(list(notebook_blocks({"cells": cells}))) == len(blocks)
    assert notebook_content({"cells": cells}) == report_content(blocks)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((1, 2, 3, 1), [("1", 1), ("1.1", 2), ("", 3), ("2", 1)]),
        ((1, 3, 3, 2), [("1", 1), ("1.1", 2), ("1.2", 2), ("1.3", 2)]),
        ((2, 2, 1), [("1", 1), ("2", 1), ("3", 1)]),
        ((4, 1, 4, 5), [("1", 1), ("2", 1), ("2.1", 2), ("", 3)]),
    ],
)
def test_headings_never_skip_a_level(
    levels: tuple[int, ...], expected: list[tuple[str, int]]
) -> None:
    assert headings(*levels) == expected


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12))
def test_any_headings_nest(levels: list[int]) -> None:
    made = [level for _, level in headings(*levels)]
    assert made[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(made))


def test_anchors_are_given_and_never_twice() -> None:
    blocks = [
        sample_report.document(),
        Heading("A", 1, "section-2"),
        Heading("B", 1),
        Heading("C", 1),
        sample_report.small_table(anchor="table-2"),
        sample_report.small_table(),
    ]
    anchors = [item.anchor for item in report_content(blocks).elements]
    assert len(set(anchors)) == len(anchors)
    assert anchors[0] == "section-2" and anchors[3] == "table-2"


def test_the_title_names_the_area_once() -> None:
    blocks: list[Block] = [sample_report.document(title="Zpráva", area_name="Říčka")]
    assert report_content(blocks).title == "Zpráva – Říčka"
    blocks = [sample_report.document(title="Zpráva: Říčka", area_name="Říčka")]
    assert report_content(blocks).title == "Zpráva: Říčka"


# --- what is refused ------------------------------------------------------------------------


def test_a_report_begins_with_its_document() -> None:
    assert "begins with its document" in messages([Paragraph("x"), sample_report.document()])
    assert "begins with its document" in messages([])
    twice: list[Block] = [sample_report.document(), sample_report.document()]
    assert "2 of 2 blocks" in messages(twice)


@pytest.mark.parametrize("length", [29, 301])
def test_alternative_texts_have_a_length(length: int) -> None:
    chart = sample_report.chart(alt="x" * length)
    assert "30 to 300" in messages([sample_report.document(), chart])
    fitting = sample_report.chart(alt="x" * (length + (1 if length < 30 else -1)))
    assert report_content([sample_report.document(), fitting]).charts


def test_alternative_texts_are_unique() -> None:
    chart = sample_report.chart()
    text = messages([sample_report.document(), chart, replace(chart, caption="Jiný")])
    assert "same alternative text" in text


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (Heading(" ", 1), "heading is empty"),
        (Heading("A", 1, "a b"), "cannot be used in a link"),
        (sample_report.small_table(rows=()), "no columns or no rows"),
        (sample_report.small_table(caption=" "), "no caption"),
        (sample_report.small_table(rows=((Cell("a"),),)), "4 cells in each row"),
        (sample_report.small_table(groups=(("a", 3), ("b", 1))), "not in order"),
        (sample_report.small_table(groups=(("a", 99),)), "not in order"),
        (sample_report.chart(caption=""), "chart has no caption"),
        (sample_report.chart(width_mm=0), "no size"),
        (sample_report.chart(svg="<svg"), "not well-formed"),
        (sample_report.chart(data=sample_report.small_table(rows=())), "no rows"),
    ],
)
def test_a_faulty_block_is_refused(block: Block, said: str) -> None:
    assert said in messages([sample_report.document(), block])


def test_an_anchor_twice_is_refused() -> None:
    blocks = [sample_report.document(), Heading("A", 1, "a"), Heading("B", 1, "a")]
    assert "more than once" in messages(blocks)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"date": "30. 3. 2012"}, "YYYY-MM-DD"),
        ({"title": ""}, "no title"),
        ({"watermark": ""}, "must say so"),
        ({"language": "xx"}, "does not write reports in this language"),
    ],
)
def test_a_faulty_document_is_refused(changes: dict[str, str], said: str) -> None:
    assert said in messages([sample_report.document(**changes)])


def test_all_faults_are_told_at_once() -> None:
    text = messages([sample_report.document(title=""), Heading(""), sample_report.chart(alt="x")])
    assert "no title" in text and "heading is empty" in text and "30 to 300" in text


def test_an_unknown_block_is_refused() -> None:
    block = {"type": "widget", "text": "x"}
    cells = [{"cell_type": "code", "outputs": [{"data": {BLOCK_MIME: block}}]}]
    with pytest.raises(WorkbenchError, match="not one the writers know"):
        notebook_content({"cells": cells})


# --- texts ----------------------------------------------------------------------------------


def test_texts_are_cleaned_everywhere_but_in_pictures() -> None:
    table = Table("a\x00b", (Column("c\u202ed"),), ((Cell("e\nf\u200b"),),), "g\x07")
    chart: Chart = sample_report.chart()
    content = report_content([sample_report.document(), table, chart])
    cleaned = content.tables[0].block
    assert isinstance(cleaned, Table)
    assert cleaned == Table("ab", (Column("cd"),), ((Cell("e f"),),), "g")
    picture = content.charts[0].block
    assert isinstance(picture, Chart) and picture.svg == chart.svg


def test_typography_survives_cleaning() -> None:
    text = "„Žluťoučký“ kůň – 12\u00a0%, 3\u202f000 slo\u00advo"
    assert clean_text(text) == text
    assert clean_text("z\u030c") == "ž"


@given(st.text())
def test_a_clean_text_stays_as_it_is(text: str) -> None:
    clean = clean_text(text)
    assert clean_text(clean) == clean
    assert "\n" not in clean and "\x00" not in clean

from __future__ import annotations

import math
import re

import pandas as pd
import pytest

from analysis.presentation import tables
from analysis.presentation.blocks import Table
from analysis.presentation.rows import Rows
from analysis.presentation.scene import Scene
from analysis.presentation.stepping import SIGNS
from analysis.presentation.tables import Grouping, Label
from tests.presentation.estimates import estimate

LABEL = Label("Caption", "name", "anchor")
BREAKDOWNS = ["sex", "age_group", "education", "size_class"]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def with_rows(scene: Scene, *rows: object) -> Scene:
    return Scene(scene.names, Rows(pd.DataFrame(rows)), scene.area, scene.sample)


# --- cells ------------------------------------------------------------------------------------


def test_a_share_has_one_decimal_as_text_and_as_value(scene: Scene) -> None:
    cell = tables.value_cell(scene, estimate(estimate=0.61749))
    assert (cell.text, cell.value, cell.number_format) == ("61,7", 0.617, "0.0%")


def test_low_precision_stands_in_brackets(scene: Scene) -> None:
    cell = tables.value_cell(scene, estimate(release="low_precision"))
    assert (cell.text, cell.mark) == ("(62,0)", "low_precision")


@pytest.mark.parametrize(
    ("release", "sign"),
    [("suppressed_precision", "–"), ("suppressed_primary", "•"), ("not_applicable", "×")],
)
def test_what_is_hidden_has_a_sign_and_nothing_else(scene: Scene, release: str, sign: str) -> None:
    # The numbers are still in the row, to prove that none of them comes through.
    row = estimate(release=release)
    cells = [tables.value_cell(scene, row), *tables.limit_cells(scene, row),
             tables.interval_cell(scene, row)]  # fmt: skip
    assert {cell.text for cell in cells} == {sign}
    assert all(cell.value is None for cell in cells)


def test_a_hidden_base_is_hidden(scene: Scene) -> None:
    cell = tables.base_cell(scene, estimate(release="suppressed_primary", n=math.nan))
    assert (cell.text, cell.value) == ("•", None)


def test_differences_bear_their_sign_and_their_support(scene: Scene) -> None:
    supported = estimate(
        comparison="rest", estimate=0.083, p_adjusted=0.001, ci_low=0.02, ci_high=0.14
    )
    cell = tables.value_cell(scene, supported)
    assert (plain(cell.text), cell.value, cell.mark) == ("+8,3 *", 8.3, "supported")
    cell = tables.value_cell(scene, supported._replace(p_adjusted=0.2))
    assert (cell.text, cell.mark) == ("+8,3", "")


def test_rows_that_do_not_exist_are_said_to_be_missing(scene: Scene) -> None:
    assert tables.value_cell(scene, None).mark == "missing"
    assert tables.value_cell(scene, None).text == "."


# --- tables -----------------------------------------------------------------------------------


def all_tables(scene: Scene) -> list[Table]:
    return [
        tables.first_order(scene, LABEL, "AW03", sort=True),
        tables.first_order(scene, LABEL, "AW03", grouping=Grouping("category", "service_category")),
        tables.by_breakdown(scene, LABEL, "AW08", BREAKDOWNS),
        tables.by_breakdown(scene, LABEL, "AW12", BREAKDOWNS, "plan"),
        tables.crosstab(scene, LABEL, "IC02", "age_group"),
        tables.by_area(scene, LABEL, "AW05"),
        tables.overview(scene, LABEL, [("AW05", ""), ("AW08", ""), ("IC05", "enough")]),
    ]


def test_every_row_has_a_cell_for_every_column(scene: Scene) -> None:
    for table in all_tables(scene):
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)


def test_every_mark_in_use_is_explained_under_the_table(scene: Scene) -> None:
    signs = {"disclosure": "•", "precision": "–", "low_precision": "(", "supported": "*", **SIGNS}
    seen = set()
    for table in all_tables(scene):
        marks = {cell.mark for row in table.rows for cell in row if cell.mark}
        seen |= marks
        for mark in marks:
            assert any(note.startswith(signs[mark]) or f" {signs[mark]}" in note
                       for note in table.notes), (mark, table.notes)  # fmt: skip
    assert {"precision", "low_precision"} <= seen


def test_a_table_without_marks_has_no_legend(scene: Scene) -> None:
    table = tables.first_order(with_rows(scene, estimate()), LABEL, "AW08")
    assert not any("•" in note or "–\u00a0" in note for note in table.notes)


def test_the_base_is_always_shown(scene: Scene) -> None:
    for table in all_tables(scene):
        headers = [column.header for column in table.columns]
        spanners = " ".join(column.spanner for column in table.columns)
        assert "n" in headers or re.search(r"n\s=\s\d", spanners)


def test_row_groups_follow_the_list_that_names_them(scene: Scene) -> None:
    table = all_tables(scene)[1]
    titles = [title for title, _ in table.groups]
    choices = scene.study.questionnaire.choices["service_category"]
    assert titles == [scene.names.text(choice.label) for choice in choices]
    starts = [start for _, start in table.groups]
    assert starts[0] == 0
    assert starts == sorted(starts)


def test_ranking_puts_hidden_rows_last_in_their_order(scene: Scene) -> None:
    rows = [
        estimate(indicator="AW03", category="s37", estimate=0.2),
        estimate(indicator="AW03", category="s39", release="suppressed_primary", estimate=0.9),
        estimate(indicator="AW03", category="s40", estimate=0.7),
        estimate(indicator="AW03", category="s41", release="suppressed_precision", estimate=0.8),
    ]
    table = tables.first_order(with_rows(scene, *rows), LABEL, "AW03", sort=True)
    assert [row[1].text for row in table.rows] == ["70,0", "20,0", "•", "–"]
    names = [row[0].text for row in table.rows]
    assert [plain(name) for name in names] == [
        "pečovatelská služba", "odborné sociální poradenství", "osobní asistence", "tísňová péče",
    ]  # fmt: skip


def test_areas_stand_beside_the_whole_which_has_no_difference(scene: Scene) -> None:
    table = tables.by_area(scene, LABEL, "AW05")
    assert len(table.rows) == 14
    assert plain(table.rows[-1][0].text) == "Zlínský kraj"
    assert [cell.text for cell in table.rows[-1][-3:]] == ["", "", ""]


def test_values_of_an_overview_bear_their_units(scene: Scene) -> None:
    table = all_tables(scene)[-1]
    texts = [plain(row[1].text) for row in table.rows]
    assert re.fullmatch(r"\d+,\d", texts[0])
    assert re.fullmatch(r"\d+,\d %", texts[1])


def test_modelled_rows_mark_the_table(scene: Scene) -> None:
    assert tables.first_order(scene, LABEL, "AW08").data_origin == "modelled"
    observed = with_rows(scene, estimate())
    assert tables.first_order(observed, LABEL, "AW08").data_origin == "observed"


def test_samples_stand_beside_each_other_with_their_own_bases(scene: Scene) -> None:
    table = tables.side_by_side(scene, LABEL, [("AW05", ""), ("AW08", "")])
    titles = [scene.names.text(sample.title) for sample in scene.study.samples.values()]
    assert list(dict.fromkeys(column.spanner for column in table.columns[1:])) == titles
    for row, (code, category) in zip(table.rows, [("AW05", ""), ("AW08", "")], strict=True):
        for place, name in enumerate(scene.study.samples):
            shown = scene.of_sample(name).total(code, category)
            assert shown is not None
            assert row[1 + 3 * place].value == pytest.approx(
                tables.unit_cells(scene.of_sample(name), shown)[0].value
            )
            assert row[3 + 3 * place].text == scene.numbers.whole(shown.n)
    assert any(scene.names.text(scene.study.samples["users"].note) == note for note in table.notes)


def test_a_crosstab_leaves_out_what_the_scene_leaves_out(scene: Scene) -> None:
    rows = [
        estimate(indicator="AW03", category=name, breakdown="sex", group="1")
        for name in ("s40", "s41")
    ]
    shown = with_rows(scene, *rows)
    assert len(tables.crosstab(shown, LABEL, "AW03", "sex").rows) == 2
    (row,) = tables.crosstab(shown.without(["s41"]), LABEL, "AW03", "sex").rows
    assert row[0].text == scene.names.category("AW03", "s40", "short")
    # The interval has as many places as the value beside it.
    assert plain(row[2].text) == "56,0–68,0"

"""The workbooks of the data annex: every number a released row, every mark explained."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.presentation.annex_definition import read_annex
from analysis.presentation.blocks import Cell, Table
from analysis.presentation.data_annex import Workbook, workbook
from analysis.presentation.territory_rows import items
from analysis.publishing.xlsx import render_tables
from analysis.release.marks import marks
from analysis.study import Study, open_study
from tests.mini_annex import annexed_study, write_annex
from tests.mini_study import write_mini_study

LANGUAGES = ("cs", "en")


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The small study with a data annex, run."""
    return annexed_study(tmp_path_factory.mktemp("mini"))


@pytest.fixture(scope="module")
def area(shipped: Study) -> Workbook:
    return workbook(shipped, "7212", "cs")


@pytest.fixture(scope="module")
def whole(shipped: Study) -> Workbook:
    return workbook(shipped, shipped.whole, "cs")


def sheet(made: Workbook, anchor: str) -> Table:
    return next(table for table in made.tables if table.anchor == anchor)


def column(table: Table, header: str) -> list[Cell]:
    place = [one.header for one in table.columns].index(header)
    return [row[place] for row in table.rows]


# --- one area -----------------------------------------------------------------------------


def test_the_sheets_are_those_of_the_definition(shipped: Study, area: Workbook) -> None:
    wanted = [spec.id for spec in read_annex(shipped).sheets]
    assert [table.anchor for table in area.tables] == wanted
    assert area.document.title.startswith("Datová příloha")
    assert area.document.watermark == "modelová data"


def test_every_row_of_a_sheet_is_a_released_row(shipped: Study, area: Workbook) -> None:
    released = pd.read_parquet(shipped.processed / "released.parquet").set_index("row_id")
    table = sheet(area, "awareness")
    values, bases = column(table, "hodnota"), column(table, "n")
    identities = [cell.text for cell in column(table, "Číslo řádku")]
    assert len(identities) > 1000 and len(set(identities)) == len(identities)
    for identity, value, base in zip(identities, values, bases, strict=True):
        row = released.loc[identity]
        assert row["area"] == "7212"
        shown = row["release"] in ("ok", "low_precision", "true_zero")
        assert (value.value is not None) == (shown and not math.isnan(row["estimate"]))
        if value.value is not None:
            unit = 100 if row["statistic"] in ("difference", "comparison") else 1
            assert abs(value.value - row["estimate"] * unit) <= 0.0501
        assert base.value is None or base.value == row["n"]


def test_all_released_rows_of_the_family_are_in_the_sheet(shipped: Study, area: Workbook) -> None:
    released = pd.read_parquet(shipped.processed / "released.parquet")
    families = {one.code: one.family for one in shipped.indicators}
    own = released[
        released["area"].eq("7212")
        & released["indicator"].map(families).isin(["AW", "IC"])
        & (released["comparison"].eq("") | released["statistic"].eq("comparison"))
    ]
    identities = {cell.text for cell in column(sheet(area, "awareness"), "Číslo řádku")}
    assert set(own["row_id"]) == identities


def test_a_hidden_value_has_its_sign_and_the_sign_in_words(shipped: Study, area: Workbook) -> None:
    released = pd.read_parquet(shipped.processed / "released.parquet").set_index("row_id")
    table = sheet(area, "awareness")
    limits = [one.header for one in table.columns if "mez" in one.header][:2]
    hidden = 0
    for cells in table.rows:
        named = dict(zip([one.header for one in table.columns], cells, strict=True))
        state = released.loc[named["Číslo řádku"].text, "release"]
        if state in ("suppressed_primary", "suppressed_complementary"):
            hidden += 1
            numbers = [named[name] for name in ("hodnota", *limits, "n")]
            assert all(cell.value is None and cell.text == "•" for cell in numbers)
            assert "ochran" in named["Značka slovy"].text
    assert hidden


def test_marks_are_explained_under_the_table_and_in_the_methods(area: Workbook) -> None:
    notes = " ".join(sheet(area, "awareness").notes)
    signs = {cell.text for row in sheet(area, "awareness").rows for cell in row if cell.mark}
    assert {"•", "–"} <= signs
    assert "•\u00a0" in notes and "–\u00a0" in notes and "(\u00a0)" in notes
    explained = [cell.text for cell in column(sheet(area, "methods"), "Pojem")]
    for mark in marks().values():
        assert (mark.instead or " ".join(mark.around)) in explained


def test_a_difference_is_spoken_of_only_where_it_is_supported(area: Workbook) -> None:
    table = sheet(area, "awareness")
    found = set()
    for difference, text in zip(
        column(table, "rozdíl oproti zbytku kraje"), column(table, "Rozdíl slovy"), strict=True
    ):
        supported = text.text == "rozdíl přesahuje statistickou chybu"
        assert supported == (difference.mark == "supported")
        found.add(text.text)
    assert {"rozdíl přesahuje statistickou chybu", "rozdíl není průkazný"} <= found


def test_what_the_study_does_not_have_is_said(area: Workbook) -> None:
    ((statement,),) = sheet(area, "supply").rows
    assert "neznamená, že" in statement.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_workbook_in_english_has_no_czech_word(shipped: Study, language: str) -> None:
    made = workbook(shipped, "7212", language)
    headers = " ".join(one.header for table in made.tables for one in table.columns)
    assert ("Ukazatel" in headers) == (language == "cs")
    assert ("Indicator" in headers) == (language == "en")
    origins = {cell.text for cell in column(sheet(made, "awareness"),
               "Původ dat" if language == "cs" else "Origin of data")}  # fmt: skip
    assert origins == {"modelová data" if language == "cs" else "modelled data"}


# --- all areas ----------------------------------------------------------------------------


def test_the_workbook_of_the_region_has_the_areas_as_columns(
    shipped: Study, whole: Workbook
) -> None:
    headers = [one.header for one in sheet(whole, "awareness").columns]
    assert headers[7 : 7 + 14] == ["Zlínský kraj", *shipped.areas["name"]]


def test_a_column_of_the_region_says_what_the_workbook_of_the_area_says(
    area: Workbook, whole: Workbook
) -> None:
    own, together = sheet(area, "awareness"), sheet(whole, "awareness")
    key = ("Kód", "Položka", "Třídění", "Skupina", "Soubor")
    places = [[one.header for one in table.columns] for table in (own, together)]
    values = {
        tuple(row[places[0].index(name)].text for name in key): row[places[0].index("hodnota")]
        for row in own.rows
    }
    compared = 0
    for row in together.rows:
        if row[places[1].index("Údaj")].text == "hodnota":
            identity = tuple(row[places[1].index(name)].text for name in key)
            if identity in values:
                assert row[places[1].index("Vsetín")] == values[identity]
                compared += 1
    assert compared == len(values)


def test_an_indicator_of_areas_only_is_in_the_workbook_of_the_region(whole: Workbook) -> None:
    codes = {cell.text for cell in column(sheet(whole, "awareness"), "Kód")}
    assert "AW10" in codes


# --- the territory ------------------------------------------------------------------------


def test_the_profile_adds_up(shipped: Study, whole: Workbook) -> None:
    table = sheet(whole, "profile")
    for row in table.rows:
        if row[2].text == "počet":
            figures = [cell.value for cell in row[3:17]]
            assert figures[0] == sum(figures[1:])
    by_age = [row[3].value for row in table.rows if row[0].text == "Věk" and row[2].text == "počet"]
    everybody = next(row[3].value for row in table.rows if row[0].text == "obyvatelé")
    # The last row repeats the old as one group.
    assert sum(by_age[:-1]) == everybody and by_age[-1] == by_age[-2] + by_age[-3]


def test_each_figure_of_the_profile_has_its_source_and_date(area: Workbook) -> None:
    table = sheet(area, "profile")
    sources = {cell.text for cell in column(table, "Zdroj")}
    assert all("Český statistický úřad" in source for source in sources)
    assert {"31.\u00a012.\u00a02020", "26.\u00a03.\u00a02021"} <= {
        cell.text for cell in column(table, "Stav k")
    }


def test_a_study_without_a_region_has_no_profile(mini: Study) -> None:
    from analysis.presentation.naming import Names
    from analysis.presentation.rows import read_released
    from analysis.presentation.scene import Scene

    scene = Scene(Names(mini, "cs"), read_released(mini), "d1", "people")
    assert list(items(scene, None)) == []


# --- files --------------------------------------------------------------------------------


def test_a_study_without_a_region_has_its_workbooks(mini: Study) -> None:
    for place in ("d1", mini.whole):
        made = workbook(mini, place, "en")
        assert sheet(made, "knowledge").rows and made.document.watermark == ""
        assert sheet(made, "knowledge").notes[-1] == "A note on the sheet."


def test_the_same_rows_give_the_same_bytes(mini: Study) -> None:
    first, second = (workbook(mini, "d1", "cs") for _ in range(2))
    assert render_tables(first.document, first.tables) == render_tables(
        second.document, second.tables
    )


def test_a_study_that_was_not_run_is_told_so(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path)
    write_annex(workspace)
    with pytest.raises(WorkbenchError, match="has no results yet"):
        workbook(open_study("mini", workspace), "d1", "cs")

"""Tables that compare areas, groups and indicators, and the sentences beside them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from analysis.presentation import figure_sentences, figure_tables
from analysis.presentation.blocks import Table
from analysis.presentation.figure_specs import HeatSpec, SupplySpec
from analysis.presentation.paired import in_pairs
from analysis.presentation.rows import Estimate, Rows
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.presentation.typology import typed_areas
from analysis.publishing.layout import column_widths
from tests.presentation.estimates import estimate
from tests.presentation.test_figures import GROUPS, MATRIX, TYPES, several

LABEL = Label("Caption", "name", "anchor")
HEAT = HeatSpec(block="table", form="heat", indicators=("AW03", "AW08"))
SUPPLY = SupplySpec(block="table", form="supply", need="AW03", unmet="AW04", capacity="AW02")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def with_rows(scene: Scene, *rows: object) -> Scene:
    return Scene(scene.names, Rows(pd.DataFrame(rows)), scene.area, scene.sample)


def ranked(scene: Scene, **changed: object) -> Scene:
    """Values of all areas, with made-up sets of places."""
    rows: list[Estimate] = []
    count = len(scene.study.areas)
    for place, area in enumerate(scene.study.areas.index, start=1):
        value = 0.9 - 0.05 * place
        own = changed if area == scene.area else {}
        rows.append(estimate(area=area, estimate=value, **own))
        rows.append(
            estimate(
                area=area, comparison="rank", statistic="rank", estimate=float(place),
                ci_low=float(max(1, place - 2)), ci_high=float(min(count, place + 1)), **own,
            )
        )  # fmt: skip
    return with_rows(scene, *rows)


# --- all areas ----------------------------------------------------------------------------------


def test_a_heat_table_has_a_column_for_each_area_and_the_whole(scene: Scene) -> None:
    table = figure_tables.heat(scene, LABEL, HEAT)
    headers = [column.header for column in table.columns]
    assert headers[1:-1] == list(scene.study.areas["name"])
    assert plain(headers[-1]) == "Zlínský kraj"
    assert len(table.rows) == len(scene.names.categories("AW03")) + 1 + 1
    assert all(len(row) == len(headers) for row in table.rows)
    assert [start for _, start in table.groups] == [0, 33, 34]
    assert column_widths(table).landscape
    assert sum(column_widths(table).columns) <= 240.001


def test_support_is_a_sign_beside_the_value_not_a_colour(scene: Scene) -> None:
    def cell(**changed: object) -> str:
        low = {"estimate": -0.1, "ci_low": -0.2, "ci_high": -0.05, "p_adjusted": 0.01}
        rows = [estimate(), estimate(**{"comparison": "rest", **low, **changed})]
        spec = HeatSpec(block="table", form="heat", indicators=("AW08",))
        table = figure_tables.heat(with_rows(scene, *rows), LABEL, spec)
        own = list(scene.study.areas.index).index(scene.area) + 1
        assert table.rows[0][own].under == "56,0–68,0"
        return plain(table.rows[0][own].text)

    assert cell() == "62,0 ▼"
    assert cell(estimate=0.1, ci_low=0.05, ci_high=0.2) == "62,0 ▲"
    assert cell(p_adjusted=0.3) == "62,0"
    assert cell(ci_high=0.01) == "62,0"
    assert cell(release="low_precision") == "62,0"


def test_hidden_values_are_signs_in_every_table(scene: Scene) -> None:
    def all_tables(value: float) -> list[Table]:
        shown = several(scene, value, "suppressed_primary")
        heat = HeatSpec(block="table", form="heat", indicators=("AW07", "IC02"))
        supply = SupplySpec(
            block="table", form="supply", need="IC02", unmet="IC01", capacity="AW02"
        )
        typed = typed_areas(shown, TYPES)
        pairs = in_pairs(shown, "IC02", "age_group", GROUPS)
        return [
            figure_tables.heat(shown, LABEL, heat),
            figure_tables.supply(shown, LABEL, supply),
            figure_tables.groups_compare(shown, LABEL, pairs, "age_group", GROUPS),
            figure_tables.patterns(shown, LABEL, TYPES, typed, []),
            figure_tables.types(shown, LABEL, TYPES, typed, []),
        ]

    low, high = all_tables(0.02), all_tables(0.98)
    assert low == high
    for table in low[:3]:
        assert "•" in {cell.text for row in table.rows for cell in row}
        assert any(note.startswith("•") or " •" in note for note in table.notes)
    assert "?" in {cell.text for row in low[3].rows for cell in row}


def test_places_stand_as_sets(scene: Scene) -> None:
    table = figure_tables.rank_sets(ranked(scene), LABEL, "AW08")
    places = [row[-1].text for row in table.rows]
    assert places[0] == "1.–2."
    assert places[4] == "3.–6."
    assert places[-1] == "11.–13."
    hidden = figure_tables.rank_sets(ranked(scene, release="suppressed_primary"), LABEL, "AW08")
    assert hidden.rows[-1][0].text == "Vsetín"
    assert {cell.text for cell in hidden.rows[-1][1:4]} == {"•"}
    assert hidden.rows[-1][-1].text == "•"


def test_a_set_that_is_one_place_and_english_ordinals(scene_of: Callable[..., Scene]) -> None:
    scene = scene_of(language="en")
    rank = estimate(comparison="rank", ci_low=1.0, ci_high=3.0)
    assert scene.places(rank) == "1st–3rd"
    assert scene.places(rank._replace(ci_high=1.0)) == "1st"


# --- need and supply ----------------------------------------------------------------------------


def supply_of(scene: Scene, *capacities: float, **difference: object) -> Table:
    same = {"indicator": "AW04", "category": "s40"}
    above = {"estimate": 0.1, "ci_low": 0.05, "ci_high": 0.15, "p_adjusted": 0.01}
    rows = [
        estimate(indicator="AW03", category="s40"),
        estimate(**same),
        estimate(**{**same, "comparison": "rest", **above, **difference}),
    ]
    for area, value in zip((scene.area, scene.whole), capacities, strict=False):
        rows.append(
            estimate(
                indicator="AW02", category="s40", area=area, estimate=value, sample="",
                source_kind="register",
            )
        )  # fmt: skip
    return figure_tables.supply(with_rows(scene, *rows), LABEL, SUPPLY)


def test_without_a_register_there_is_no_column_of_capacity(scene: Scene) -> None:
    table, known = supply_of(scene), supply_of(scene, 2.0, 5.0)
    assert len(table.columns) == len(table.rows[0]) == 7
    assert len(known.columns) == len(known.rows[0]) == 10
    assert any("Registr služeb nebyl k dispozici" in plain(note) for note in table.notes)


def test_the_relation_is_named_only_where_it_is_supported(scene: Scene) -> None:
    assert supply_of(scene, 2.0, 5.0).rows[0][-1].text == "vyšší potřeba, nižší kapacita"
    assert supply_of(scene, 7.0, 5.0).rows[0][-1].text == "vyšší potřeba, vyšší kapacita"
    unsupported = supply_of(scene, 2.0, 5.0, p_adjusted=0.4)
    assert unsupported.rows[0][-1].text == "neprůkazné"
    assert supply_of(scene, 2.0).rows[0][-1].text == "neprůkazné"
    assert supply_of(scene, 2.0, 5.0, release="low_precision").rows[0][-1].text == "neprůkazné"


# --- sentences ----------------------------------------------------------------------------------


def test_the_own_place_is_a_set_with_its_confidence(scene: Scene) -> None:
    (said,) = figure_sentences.rank_sets(ranked(scene), "AW08")
    assert plain(said) == (
        "Neví, kam se obrátit: ORP Vsetín (30 %) je při 95% spolehlivosti na 10.–13. místě "
        "ze 13 ORP, počítáno od nejvyšší hodnoty."
    )
    assert figure_sentences.rank_sets(ranked(scene, release="suppressed_primary"), "AW08") == []


def test_a_set_of_all_places_says_that_any_is_possible(scene: Scene) -> None:
    rows = [
        row._replace(ci_low=1.0, ci_high=13.0) if row.comparison else row
        for row in ranked(scene).rows
    ]
    (said,) = figure_sentences.rank_sets(with_rows(scene, *rows), "AW08")
    assert "na kterémkoli místě" in plain(said)


def test_of_the_whole_only_sure_thirds_are_named(scene_of: Callable[..., Scene]) -> None:
    first, last = figure_sentences.rank_sets(ranked(scene_of("CZ072")), "AW08")
    assert "Bystřice pod Hostýnem (1.–2.)" in plain(first)
    assert "Kroměříž (1.–4.)" in plain(first)
    assert "Luhačovice" not in first
    assert "Zlín" in last


def test_sentences_on_quadrants_and_groups_count_what_is_not_sure(scene: Scene) -> None:
    made = several(scene, 0.9, "suppressed_primary")
    said = " ".join(figure_sentences.matrix(made, MATRIX))
    count = len(scene.names.categories("IC02"))
    assert "průkazně" not in said or str(count - 1) in said
    about = "Zdroj: nový, kraj"
    (alike,) = figure_sentences.groups_compare(made, "IC02", "age_group", GROUPS, about)
    assert plain(alike).startswith("Zdroj – nový, kraj: skupiny")
    assert "průkazně neliší" in plain(alike)


@pytest.mark.parametrize("language", ["cs", "en"])
def test_types_are_said_for_an_area_and_for_the_whole(
    scene_of: Callable[..., Scene], language: str
) -> None:
    own = figure_sentences.typology(scene_of("7212", language), TYPES)
    everywhere = figure_sentences.typology(scene_of("CZ072", language), TYPES)
    assert len(own) <= 1
    joined = " ".join(everywhere)
    assert all(name in joined for name in scene_of("7212").study.areas["name"])

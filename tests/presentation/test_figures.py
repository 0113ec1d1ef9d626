"""Charts and maps of several indicators, groups and areas."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.presentation import charts, map_series, theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.labelling import boxes_touch, labelled, placed_labels
from analysis.presentation.charts.scales import close_scale, scale_over
from analysis.presentation.crossed import crossed
from analysis.presentation.figure_specs import MatrixSpec, TypologySpec
from analysis.presentation.paired import Compared, in_pairs
from analysis.presentation.rows import Estimate, Rows
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.presentation.typology import UNKNOWN, typed_areas
from analysis.publishing.svg import svg_problem
from tests.presentation.estimates import estimate

LABEL = Label("Caption", "name", "anchor")
PAIRS = [("AW01", ""), ("AW07", ""), ("AW08", ""), ("IC05", "enough")]
MATRIX = MatrixSpec(
    block="chart", form="matrix", upright="IC02", across="IC01",
    divide_upright=0.5, divide_across=0.5,
)  # fmt: skip
TYPES = TypologySpec.model_validate(
    {
        "block": "typology",
        "types": [
            {"label": {"cs": "Vědí", "en": "Know"}, "when": {"AW07": "above", "AW08": "below"}},
            {"label": {"cs": "Nevědí", "en": "Do not"}, "when": {"AW08": "above"}},
            {"label": {"cs": "Stejní", "en": "Alike"}, "when": {"AW07": "same", "AW08": "same"}},
        ],
        "otherwise": {"cs": "Ostatní", "en": "Others"},
    }
)
GROUPS = ("1", "2")


def names(scene: Scene) -> Mapping[tuple[str, str], str]:
    return {pair: scene.names.full(*pair) for pair in PAIRS}


def drawings(scene: Scene) -> dict[str, Chart]:
    typed = typed_areas(scene, TYPES)
    found = (scene.difference("AW08", "", area) for area in scene.study.areas.index)
    rows = [row for row in found if row is not None]
    return {
        "matrix": charts.matrix(scene, LABEL, MATRIX),
        "multiples": charts.small_multiples(scene, LABEL, PAIRS, names(scene)),
        "dots": charts.dots(scene, LABEL, PAIRS, names(scene)),
        "sorted dots": charts.dots(scene, LABEL, PAIRS[:0:-1], names(scene), sort=True),
        "pairs": charts.groups_compare(scene, LABEL, "IC02", "age_group", GROUPS),
        "grid": charts.stack(scene, LABEL, "AW09", more=["AW09"], top_two=["AW08", "AW07"]),
        "maps": map_series.choropleths(scene, LABEL, PAIRS[:3], names(scene)),
        "types": map_series.type_map(scene, LABEL, TYPES, typed, rows),
    }


def with_rows(scene: Scene, *rows: object) -> Scene:
    return Scene(scene.names, Rows(pd.DataFrame(rows)), scene.area, scene.sample)


@pytest.mark.parametrize("area", ["7212", "CZ072"])
def test_pictures_are_harmless_and_reproducible(scene_of: Callable[..., Scene], area: str) -> None:
    first, second = drawings(scene_of(area)), drawings(scene_of(area))
    for name, chart in first.items():
        assert svg_problem(chart.svg) is None, name
        assert chart.svg == second[name].svg, name
        assert chart.width_mm == theme.TEXT_WIDTH
        assert chart.height_mm < theme.TEXT_HEIGHT, name
        assert len(chart.svg) < 130_000, (name, len(chart.svg))


@pytest.mark.parametrize("language", ["cs", "en"])
@pytest.mark.parametrize("area", ["7212", "CZ072"])
def test_alternative_texts_state_a_finding(
    scene_of: Callable[..., Scene], area: str, language: str
) -> None:
    drawn = drawings(scene_of(area, language))
    texts = [chart.alt for chart in drawn.values()]
    assert len(set(texts)) == len(texts)
    for name, chart in drawn.items():
        assert 30 <= len(chart.alt) <= 300, name
        assert re.search(r"\d", chart.alt), name
        assert chart.data_origin == "modelled"


def test_another_sample_is_named(scene: Scene) -> None:
    own, other = drawings(scene), drawings(scene.of_sample("users"))
    for name in ("matrix", "multiples", "grid", "maps"):
        assert own[name].alt != other[name].alt, name
        assert "Stávající uživatelé" in other[name].alt, name


def test_every_interval_and_base_stands_in_the_table_behind(scene: Scene) -> None:
    for name, chart in drawings(scene).items():
        if name == "types":
            continue
        assert chart.data is not None
        headers = [column.header for column in chart.data.columns]
        assert {"n", "od", "do"} <= set(headers), name


HIDDEN = ("suppressed_precision", "suppressed_primary", "suppressed_complementary")


def several(scene: Scene, value: float, release: str) -> Scene:
    """Rows of all that the figures show, with one value in each that may not be shown."""
    hidden = {
        "release": release, "estimate": value, "ci_low": value - 0.01, "ci_high": value + 0.01,
        "p_adjusted": 0.001,
    }  # fmt: skip
    rows: list[Estimate] = []
    for area in (*scene.study.areas.index, scene.whole):
        for code, category in PAIRS:
            changed = hidden if area in ("7205", scene.area) and code == "AW07" else {}
            same = {"indicator": code, "category": category, "area": area}
            rows.append(estimate(**{**same, **changed}))
            low = {"estimate": 0.1, "ci_low": 0.05, "ci_high": 0.15, "p_adjusted": 0.01}
            rows.append(estimate(**{**same, "comparison": "rest", **low, **changed}))
    for code in ("IC01", "IC02"):
        for place, category in enumerate(scene.names.categories(code)):
            changed = hidden if place == 3 else {}
            rows.append(estimate(**{"indicator": code, "category": category, **changed}))
            for group in GROUPS:
                same = {"indicator": code, "category": category, "breakdown": "age_group",
                        "group": group}  # fmt: skip
                rows.append(estimate(**{**same, **changed}))
    for place, category in enumerate(scene.names.categories("AW09")):
        same = {"indicator": "AW09", "category": category, "estimate": 0.1}
        rows.append(estimate(**{**same, **(hidden if place == 1 else {})}))
    return with_rows(scene, *rows)


@pytest.mark.parametrize("release", HIDDEN)
def test_what_is_hidden_changes_nothing_and_is_not_named(scene: Scene, release: str) -> None:
    low, high = (drawings(several(scene, value, release)) for value in (0.02, 0.98))
    for name in low:
        assert low[name].svg == high[name].svg, name
        assert low[name].alt == high[name].alt, name
        assert low[name].data == high[name].data, name
        assert low[name].notes == high[name].notes, name
    hidden = scene.names.category("IC02", scene.names.categories("IC02")[3], "short")
    assert hidden not in low["matrix"].alt
    assert hidden not in low["pairs"].alt
    assert "Otrokovice" not in low["maps"].alt


def test_where_nothing_can_be_shown_the_text_says_only_that(scene: Scene) -> None:
    shown = several(scene, 0.5, "ok")
    rows = [row._replace(release="suppressed_primary") for row in shown.rows]
    for name, chart in drawings(with_rows(scene, *rows)).items():
        assert 30 <= len(chart.alt) <= 300
        if name != "types":
            assert not re.search(r"\d\s?%", chart.alt), name


def test_scales_are_the_same_in_every_area(scene_of: Callable[..., Scene]) -> None:
    scenes = [scene_of(area) for area in ("7201", "7207", "7212")]
    assert len({close_scale(scene, "IC02", 0.5) for scene in scenes}) == 1
    assert len({scale_over(scene, PAIRS, close=True) for scene in scenes}) == 1
    for scene in scenes:
        scale = close_scale(scene, "IC02", 0.5)
        assert scale.low < 0.5 < scale.high
        for row in scene.totals("IC02"):
            if row.has_interval:
                assert scale.low <= row.ci_low <= row.ci_high <= scale.high


# --- importance and satisfaction ----------------------------------------------------------------


def quadrants_of(scene: Scene, **up: object) -> str | None:
    rows = [
        estimate(**{"indicator": "IC02", "category": "web", "estimate": 0.7, "ci_low": 0.6,
                    "ci_high": 0.8, **up}),
        estimate(indicator="IC01", category="web", estimate=0.2, ci_low=0.1, ci_high=0.3),
    ]  # fmt: skip
    (point,) = crossed(with_rows(scene, *rows), MATRIX)
    return point.quadrant


def test_a_quadrant_is_only_spoken_of_where_both_intervals_lie_in_it(scene: Scene) -> None:
    assert quadrants_of(scene) == "high_low"
    assert quadrants_of(scene, estimate=0.3, ci_low=0.2, ci_high=0.4) == "low_low"
    assert quadrants_of(scene, ci_low=0.49) is None
    assert quadrants_of(scene, release="low_precision") is None
    assert quadrants_of(scene, release="suppressed_primary") is None


POINTS = st.lists(
    st.tuples(
        st.floats(15, 140), st.floats(15, 95), st.sampled_from(["krátký", "delší název položky"])
    ),
    min_size=1,
    max_size=20,
)


@given(POINTS)
def test_labels_cover_neither_each_other_nor_a_point(
    points: list[tuple[float, float, str]],
) -> None:
    frame = (10.0, 10.0, 146.0, 102.0)
    found = labelled(points, frame)
    boxes = [place.box for place in found.places if place is not None]
    for place, box in enumerate(boxes):
        assert frame[0] <= box[0] <= box[2] <= frame[2]
        assert frame[1] <= box[1] <= box[3] <= frame[3]
        assert not any(boxes_touch(box, other) for other in boxes[place + 1 :])
        for x, y, _ in points:
            assert not boxes_touch(box, (x - 1, y - 1, x + 1, y + 1))
    assert sorted(found.numbers.values()) == list(range(1, len(found.numbers) + 1))


def test_a_label_without_room_gives_way_to_a_number() -> None:
    crowd = [(50.0 + place % 5, 50.0 + place // 5, f"dlouhý název číslo {place}")
             for place in range(25)]  # fmt: skip
    found = labelled(crowd, (40.0, 40.0, 75.0, 75.0))
    assert found.numbers
    assert placed_labels(crowd, (40.0, 40.0, 75.0, 75.0)).count(None) == len(found.numbers)


# --- two groups ---------------------------------------------------------------------------------


def test_a_group_is_higher_only_where_intervals_do_not_overlap() -> None:
    low = estimate(estimate=0.2, ci_low=0.15, ci_high=0.25)
    high = estimate(estimate=0.4, ci_low=0.3, ci_high=0.5)
    assert Compared("", high, low).higher == "first"
    assert Compared("", low, high).higher == "second"
    assert Compared("", low, high._replace(ci_low=0.25)).higher == ""
    assert Compared("", low, high._replace(release="low_precision")).higher == ""


def test_pairs_are_ranked_by_the_first_group_and_hidden_ones_stand_last(scene: Scene) -> None:
    pairs = in_pairs(several(scene, 0.99, "suppressed_primary"), "IC02", "age_group", GROUPS)
    assert len(pairs) == len(scene.names.categories("IC02"))
    assert not pairs[-1].first.shown
    values = [pair.first.estimate for pair in pairs[:-1]]
    assert values == sorted(values, reverse=True)


def test_only_the_highest_pairs_are_drawn_and_that_is_said(scene: Scene) -> None:
    chart = charts.groups_compare(scene, LABEL, "IC02", "age_group", GROUPS, top=4)
    assert chart.data is not None
    assert len(chart.data.rows) == 8
    assert any("Zobrazeno 4 nejvyšších hodnot" in note for note in chart.notes)


# --- stacks and maps ----------------------------------------------------------------------------


def test_the_best_two_answers_stand_beside_their_bar(scene: Scene) -> None:
    grid = drawings(scene)["grid"]
    total = scene.total("AW08")
    assert total is not None
    assert grid.data is not None
    added = [row for row in grid.data.rows if row[0].text.endswith("horní dvě odpovědi")]
    assert len(added) == 2
    assert added[0][1].value == round(total.estimate, 3)


def test_small_maps_share_their_classes_and_mark_hidden_areas(scene: Scene) -> None:
    shown = several(scene, 0.9, "suppressed_primary")
    chart = map_series.choropleths(shown, LABEL, PAIRS[:2], names(scene))
    plain = map_series.choropleths(several(scene, 0.62, "ok"), LABEL, PAIRS[:2], names(scene))
    lattice = f'fill="none" stroke="{theme.GREY_LIGHT}"'
    assert chart.svg.count(lattice) > plain.svg.count(lattice)
    assert any("stejné třídy" in note for note in chart.notes)


# --- types --------------------------------------------------------------------------------------


def test_the_first_type_whose_conditions_hold_counts(scene: Scene) -> None:
    def kind(**sides: Mapping[str, object]) -> object:
        rows = []
        for code, changed in sides.items():
            rows.append(estimate(indicator=code))
            same = {"indicator": code, "comparison": "rest", "p_adjusted": 0.01}
            rows.append(estimate(**{**same, **changed}))
        typed = typed_areas(with_rows(scene, *rows), TYPES)
        return next(one.kind for one in typed if one.area == scene.area)

    above = {"estimate": 0.1, "ci_low": 0.05, "ci_high": 0.15}
    below = {"estimate": -0.1, "ci_low": -0.15, "ci_high": -0.05}
    same = {"estimate": 0.01, "ci_low": -0.05, "ci_high": 0.06, "p_adjusted": 0.7}
    hidden = {**above, "release": "suppressed_primary"}
    assert kind(AW07=above, AW08=below) == 0
    assert kind(AW07=above, AW08=above) == 1
    assert kind(AW07=same, AW08=same) == 2
    assert kind(AW07=above, AW08=same) == "otherwise"
    # Without support there is no side: the interval alone is not enough.
    assert kind(AW07={**above, "p_adjusted": 0.2}, AW08=same) == 2
    # A hidden value that could decide leaves the area without a type, one that could not does not.
    assert kind(AW07=hidden, AW08=below) == UNKNOWN
    assert kind(AW07=hidden, AW08=above) == 1

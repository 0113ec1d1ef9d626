from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import pytest

from analysis.presentation import charts, theme
from analysis.presentation.blocks import Chart
from analysis.presentation.charts.scales import SHARES, share_scale
from analysis.presentation.rows import Rows
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.publishing.svg import svg_problem
from tests.presentation.estimates import estimate

LABEL = Label("Caption", "name", "anchor")
BREAKDOWNS = ["sex", "age_group", "education", "size_class"]


def with_rows(scene: Scene, *rows: object) -> Scene:
    return Scene(scene.names, Rows(pd.DataFrame(rows)), scene.area, scene.sample)


def all_charts(scene: Scene) -> dict[str, Chart]:
    return {
        "ranked": charts.ranked_bars(scene, LABEL, "AW03", inner="AW04"),
        "top": charts.ranked_bars(scene, LABEL, "AW02", top=15),
        "differences": charts.differences(scene, LABEL, "AW03"),
        "areas": charts.areas(scene, LABEL, "AW08"),
        "means": charts.areas(scene, LABEL, "AW05"),
        "breakdown": charts.breakdown(scene, LABEL, "AW08", BREAKDOWNS),
        "channels": charts.channels(scene, LABEL, "IC01", "IC02", "IC03"),
        "stack": charts.stack(scene, LABEL, "AW09", ["age_group"]),
    }


def test_pictures_are_harmless_small_and_reproducible(scene: Scene) -> None:
    first, second = all_charts(scene), all_charts(scene)
    for name, chart in first.items():
        assert svg_problem(chart.svg) is None
        assert chart.svg == second[name].svg
        rows = chart.svg.count("<g ")
        assert len(chart.svg) < 20_000 + 450 * rows, name
        assert chart.width_mm == theme.TEXT_WIDTH
        assert chart.height_mm < theme.TEXT_HEIGHT


@pytest.mark.parametrize("language", ["cs", "en"])
def test_alternative_texts_state_a_finding(scene_of: Callable[..., Scene], language: str) -> None:
    drawn = all_charts(scene_of(language=language))
    texts = [chart.alt for chart in drawn.values()]
    assert len(set(texts)) == len(texts)
    for name, chart in drawn.items():
        assert 30 <= len(chart.alt) <= 300
        if name != "differences":
            assert re.search(r"\d", chart.alt)


def test_modelled_rows_are_marked_in_picture_and_alternative_text(scene: Scene) -> None:
    for chart in all_charts(scene).values():
        assert chart.data_origin == "modelled"
        assert chart.alt.endswith("Modelová data.")
        assert chart.data is not None
        assert chart.data.data_origin == "modelled"
    modelled = charts.areas(with_rows(scene, estimate(data_origin="modelled")), LABEL, "AW08")
    observed = charts.areas(with_rows(scene, estimate()), LABEL, "AW08")
    assert len(modelled.svg) > len(observed.svg)
    assert not observed.alt.endswith("Modelová data.")


def test_a_long_alternative_text_is_cut_at_a_word_and_keeps_its_mark(scene: Scene) -> None:
    rows = [
        estimate(
            indicator="AW03", category=category, comparison="rest", p_adjusted=0.001,
            estimate=0.1, ci_low=0.05, ci_high=0.15, data_origin="modelled",
        )
        for category in scene.names.categories("AW03")
    ]  # fmt: skip
    chart = charts.differences(with_rows(scene, *rows), LABEL, "AW03")
    assert len(chart.alt) <= 300
    assert chart.alt.endswith("Modelová data.")


# --- nothing hidden -----------------------------------------------------------------------------

HIDDEN = ("suppressed_precision", "suppressed_primary", "suppressed_complementary")


@pytest.mark.parametrize("release", HIDDEN)
def test_a_hidden_row_is_neither_drawn_nor_named(scene: Scene, release: str) -> None:
    shown = [
        estimate(indicator="AW03", category="s37", estimate=0.3, ci_low=0.25, ci_high=0.35),
        estimate(indicator="AW03", category="s40", estimate=0.5, ci_low=0.45, ci_high=0.55),
    ]
    charts_of = [
        charts.ranked_bars(
            with_rows(scene, *shown, estimate(
                indicator="AW03", category="s49", release=release, estimate=value,
                ci_low=value - 0.01, ci_high=value + 0.01,
            )), LABEL, "AW03",
        )
        for value in (0.02, 0.98)
    ]  # fmt: skip
    assert charts_of[0].svg == charts_of[1].svg
    assert charts_of[0].data == charts_of[1].data
    assert "domovy pro seniory" not in charts_of[0].alt


def test_where_nothing_can_be_shown_the_text_says_only_that(scene: Scene) -> None:
    rows = [estimate(area=code, release="suppressed_primary") for code in scene.study.areas.index]
    chart = charts.areas(with_rows(scene, *rows), LABEL, "AW08")
    assert not re.search(r"\d\d", chart.alt)
    assert 30 <= len(chart.alt) <= 300


def test_a_stack_with_a_hidden_part_is_not_drawn(scene: Scene) -> None:
    categories = scene.names.categories("AW09")
    whole = [estimate(indicator="AW09", category=c, estimate=0.1, ci_low=0.05, ci_high=0.2)
             for c in categories]  # fmt: skip
    with_gap = [*whole[:-1], whole[-1]._replace(release="suppressed_primary")]
    complete = charts.stack(with_rows(scene, *whole), LABEL, "AW09")
    broken = charts.stack(with_rows(scene, *with_gap), LABEL, "AW09")
    colour = theme.SEQUENCE[-2]
    # One use of each colour is left: the key.
    assert broken.svg.count(colour) < complete.svg.count(colour)
    assert not re.search(r"10\s?%", broken.alt)


# --- scales -------------------------------------------------------------------------------------


def test_shares_begin_at_nought_and_hold_every_interval(scene: Scene) -> None:
    scale = charts.scale_for(scene, "AW08")
    rows = [row for row in scene.by_area("AW08") if row.has_interval]
    assert scale in SHARES and scale.low == 0.0
    assert all(row.ci_high <= scale.high for row in rows)


@pytest.mark.parametrize(
    ("farthest", "high"), [(0.07, 0.1), (0.1, 0.1), (0.11, 0.2), (0.35, 0.4), (0.41, 0.6), (0.9, 1)]
)
def test_small_shares_are_not_drawn_on_a_hundred_percent(farthest: float, high: float) -> None:
    assert share_scale([0.01, farthest]).high == pytest.approx(high)


def test_what_is_left_out_does_not_widen_a_scale(scene: Scene) -> None:
    rows = [
        estimate(indicator="AW03", category=name, estimate=value, ci_low=value, ci_high=value)
        for name, value in (("s40", 0.05), ("s41", 0.9))
    ]
    shown = with_rows(scene, *rows)
    assert charts.scale_for(shown, "AW03") == charts.PERCENT
    assert charts.scale_for(shown.without(["s41"]), "AW03").high == pytest.approx(0.1)


def test_groups_widen_the_scale_of_every_area(scene_of: Callable[..., Scene]) -> None:
    far = {"breakdown": "sex", "group": "1", "estimate": 0.9, "ci_low": 0.8, "ci_high": 0.95}
    low = {"estimate": 0.05, "ci_low": 0.04, "ci_high": 0.06}
    rows = [estimate(area="7201", **far)]
    rows += [estimate(area=area, **low) for area in ("7201", "7207")]
    scales = [
        charts.scale_for(with_rows(scene_of(area), *rows), "AW08", "", breakdowns=["sex"])
        for area in ("7201", "7207")
    ]
    assert scales == [charts.PERCENT] * 2


def test_scales_are_the_same_in_every_area(scene_of: Callable[..., Scene]) -> None:
    scenes = [scene_of(area) for area in ("7201", "7207", "7212")]
    for code in ("AW03", "AW05", "IC03", "IC06"):
        assert len({charts.scale_for(scene, code) for scene in scenes}) == 1
    assert len({charts.difference_scale(scene, "AW03") for scene in scenes}) == 1


def test_a_scale_of_differences_is_symmetrical_and_holds_all(scene: Scene) -> None:
    scale = charts.difference_scale(scene, "AW03")
    assert scale.low == -scale.high
    assert 0.0 in [round(tick, 9) for tick in scale.ticks]
    rows = [
        row
        for area in scene.study.areas.index
        for row in scene.differences("AW03", area).values()
        if row.has_interval
    ]
    assert all(scale.low <= row.ci_low and row.ci_high <= scale.high for row in rows)


def test_a_scale_widens_for_what_would_not_fit(scene: Scene) -> None:
    far = estimate(indicator="AW05", statistic="mean", estimate=70.0, ci_low=60.0, ci_high=82.0)
    narrow = charts.scale_for(scene, "AW05")
    wide = charts.scale_for(scene, "AW05", among=[far])
    assert narrow.high < 82.0 <= wide.high


def test_the_table_behind_a_chart_has_its_rows_and_limits(scene: Scene) -> None:
    chart = charts.areas(scene, LABEL, "AW08")
    assert chart.data is not None
    assert len(chart.data.rows) == 13
    values = [row[1].value for row in chart.data.rows if row[1].value is not None]
    assert values == sorted(values, reverse=True)
    for row in chart.data.rows:
        if row[1].value is not None:
            assert row[2].value is not None
            assert row[3].value is not None
            assert row[2].value <= row[1].value <= row[3].value


def test_leaving_categories_out(scene: Scene) -> None:
    chart = charts.channels(scene.without(["none"]), LABEL, "IC01", "IC02", "IC03")
    assert chart.data is not None
    assert len(chart.data.rows) == len(scene.names.categories("IC03")) - 1

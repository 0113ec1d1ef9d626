from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.presentation import maps, theme
from analysis.presentation.maps import pretty_classes
from analysis.presentation.naming import Names
from analysis.presentation.rows import Rows, read_released
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.publishing.svg import svg_problem
from analysis.study import Study
from tests.presentation.estimates import estimate

LABEL = Label("Caption", "name", "anchor")


def map_of(scene: Scene, **release: str) -> str:
    rows = [
        estimate(area=code, estimate=0.4 + 0.02 * place, release=release.get(f"a{code}", "ok"))
        for place, code in enumerate(scene.study.areas.index)
    ]
    drawn = Scene(scene.names, Rows(pd.DataFrame(rows)), scene.area, scene.sample)
    return maps.choropleth(drawn, LABEL, "AW08").svg


def test_the_map_is_harmless_reproducible_and_said_to_be_schematic(scene: Scene) -> None:
    chart = maps.choropleth(scene, LABEL, "AW08")
    assert svg_problem(chart.svg) is None
    assert chart.svg == maps.choropleth(scene, LABEL, "AW08").svg
    assert any("schematické" in note for note in chart.notes)
    assert 30 <= len(chart.alt) <= 300
    assert chart.alt.endswith("Modelová data.")
    assert len(chart.svg) < 45_000


def test_every_area_has_a_row_behind_the_map(scene: Scene) -> None:
    chart = maps.choropleth(scene, LABEL, "AW08")
    assert chart.data is not None
    names = [row[0].text for row in chart.data.rows]
    assert names == list(scene.study.areas["name"])


def test_an_area_of_low_precision_is_hatched(scene: Scene) -> None:
    plain, hatched = map_of(scene), map_of(scene, a7203="low_precision")
    assert hatched.count('fill="none" stroke="#8b95a0"') > plain.count(
        'fill="none" stroke="#8b95a0"'
    )


def test_a_hidden_area_is_left_white_whatever_its_value(scene: Scene) -> None:
    def drawn(value: float) -> str:
        rows = [
            estimate(area=code, estimate=0.5) for code in scene.study.areas.index if code != "7205"
        ]
        rows.append(estimate(area="7205", estimate=value, release="suppressed_primary"))
        chart = maps.choropleth(
            Scene(scene.names, Rows(pd.DataFrame(rows)), scene.area, scene.sample), LABEL, "AW08"
        )
        return chart.svg + chart.alt

    assert drawn(0.01) == drawn(0.99)


def test_a_study_without_a_region_has_no_map(mini: Study) -> None:
    scene = Scene(Names(mini, "en"), read_released(mini), "d1", "people")
    with pytest.raises(WorkbenchError, match="no region"):
        maps.choropleth(scene, LABEL, "K2")


def test_pretty_classes_by_hand() -> None:
    assert pretty_classes([0.41, 0.58, 0.73], 0.01).limits == (0.4, 0.5, 0.6, 0.7, 0.8)
    assert pretty_classes([0.5, 0.5], 0.01).limits == (0.5, 0.51)
    classes = pretty_classes([0.41, 0.58, 0.73], 0.01)
    assert [classes.place(value) for value in (0.41, 0.5, 0.73, 0.8)] == [0, 1, 3, 3]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_classes_are_few_equal_and_hold_all_values(values: list[float]) -> None:
    classes = pretty_classes(values, 0.01)
    limits = classes.limits
    assert 2 <= len(limits) <= len(theme.SEQUENCE) + 1
    assert limits[0] <= min(values) + 1e-9
    assert max(values) <= limits[-1] + 1e-9
    steps = {round(high - low, 9) for low, high in pairwise(limits)}
    assert len(steps) == 1
    for value in values:
        place = classes.place(value)
        assert limits[place] - 1e-9 <= value <= limits[place + 1] + 1e-9

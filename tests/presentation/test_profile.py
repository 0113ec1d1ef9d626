from __future__ import annotations

from collections.abc import Callable

import pytest

from analysis.errors import WorkbenchError
from analysis.presentation import profile
from analysis.presentation.naming import Names
from analysis.presentation.rows import read_released
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.publishing.svg import svg_problem
from analysis.study import Study

LABEL = Label("Caption", "name")


def people_of(scene: Scene) -> int:
    territory = scene.study.territory
    assert territory is not None
    frame = territory.population("area", scene.study.region)
    return int(frame.loc[frame["code"] == scene.area, "count"].sum())


def test_population_adds_up_to_the_total_of_the_territory(scene: Scene) -> None:
    table = profile.population(scene, LABEL)
    totals = [row[3].value or 0 for row in table.rows]
    assert totals[-1] == sum(totals[:-1]) == people_of(scene)
    for row in table.rows:
        assert (row[1].value or 0) + (row[2].value or 0) == row[3].value
    assert sum(row[4].value or 0 for row in table.rows[:-1]) == pytest.approx(1.0, abs=0.004)


def test_municipalities_add_up(scene: Scene) -> None:
    table = profile.municipalities(scene, LABEL, "size_class")
    counts = [row[1].value or 0 for row in table.rows]
    people = [row[2].value or 0 for row in table.rows]
    assert counts[-1] == sum(counts[:-1]) == 32
    assert people[-1] == sum(people[:-1]) == people_of(scene)


def test_seats_are_named(scene: Scene) -> None:
    table = profile.types(scene, LABEL)
    assert [row[1].value for row in table.rows] == [29, 2, 1]
    assert table.rows[2][2].text == "Vsetín"


def test_the_sentence_agrees_with_the_table(scene: Scene) -> None:
    said = profile.sentence(scene, 65).replace("\u00a0", " ")
    total = scene.numbers.whole(people_of(scene)).replace("\u00a0", " ")
    assert said.startswith(f"ORP Vsetín má 32 obcí a {total} obyvatel.")
    assert "v kraji" in said


def test_the_whole_is_not_compared_with_itself(scene_of: Callable[..., Scene]) -> None:
    whole = scene_of("CZ072")
    assert "v\u00a0kraji je to" not in profile.sentence(whole, 65)
    assert len(profile.population(whole, LABEL).columns) == 5
    assert len(profile.municipalities(whole, LABEL, "size_class").columns) == 4


def test_the_pyramid(scene: Scene) -> None:
    chart = profile.pyramid(scene, LABEL, 65)
    assert svg_problem(chart.svg) is None
    assert chart.data_origin == "observed"
    assert chart.data is not None
    assert len(chart.data.rows) == 18
    assert sum(cell.value or 0 for row in chart.data.rows for cell in row[1:]) == people_of(scene)
    assert 30 <= len(chart.alt) <= 300


def test_every_table_names_source_and_date(scene: Scene) -> None:
    note = profile.population(scene, LABEL).notes[0].replace("\u00a0", " ")
    assert note.startswith("Zdroj: Český statistický úřad")
    assert note.count("31. 12. 2020") == 1
    assert "2023" in profile.types(scene, LABEL).notes[0]


def test_a_study_without_a_region_has_no_profile(mini: Study) -> None:
    scene = Scene(Names(mini, "en"), read_released(mini), "d1", "people")
    with pytest.raises(WorkbenchError, match="no region"):
        profile.population(scene, LABEL)

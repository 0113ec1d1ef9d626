"""Margins from the territory tables and from a study's own table."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import WorkbenchError
from analysis.study import Study, open_study
from analysis.weighting import MarginTables, margins_from_territory
from analysis.weighting.margins import is_distant
from tests.mini_study import write_mini_study


@pytest.fixture(scope="module")
def zlin_margins(zlin: Study) -> MarginTables:
    return margins_from_territory(zlin, "inhabitants")


# --- the territory's tables ---------------------------------------------------------------


def test_the_total_margin_fixes_the_population_15_and_over(
    zlin: Study, zlin_margins: MarginTables
) -> None:
    assert zlin.territory is not None
    counts = zlin.territory.population("area", zlin.region)
    expected = counts[counts["age_from"] >= 15].groupby("code")["count"].sum()
    np.testing.assert_array_equal(zlin_margins.population, expected[zlin_margins.population.index])
    assert list(zlin_margins.areas) == list(zlin.areas.index)


def test_every_margin_has_the_same_total(zlin_margins: MarginTables) -> None:
    for table in zlin_margins.tables:
        np.testing.assert_allclose(table.totals.sum(axis=1), zlin_margins.population, rtol=1e-12)


def test_a_joint_margin_is_collected_from_five_year_groups(
    zlin: Study, zlin_margins: MarginTables
) -> None:
    assert zlin.territory is not None
    table = zlin_margins.tables[0]
    assert table.levels[:6] == ("1*1", "1*2", "2*1", "2*2", "3*1", "3*2")
    counts = zlin.territory.population("area", zlin.region)
    area = zlin_margins.areas[0]
    women = counts[(counts["code"] == area) & (counts["sex"] == "female")]
    assert table.totals.loc[area, "5*2"] == women[women["age_from"] >= 80]["count"].sum()
    assert table.totals.loc[area, "1*2"] == women[women["age_from"].between(15, 25)]["count"].sum()


def test_unknown_education_is_spread_over_the_known_levels(
    zlin: Study, zlin_margins: MarginTables
) -> None:
    assert zlin.territory is not None
    table = next(table for table in zlin_margins.tables if table.margin.name == "education")
    counts = zlin.territory.education(zlin.region)
    area = zlin_margins.areas[0]
    own = counts[counts["area"] == area].set_index("education")["count"]
    known = own.drop("unknown")
    share = (known["no_education"] + known["primary"]) / known.sum()
    got = table.totals.loc[area, "1"] / zlin_margins.population[area]
    assert got == pytest.approx(share)
    row = zlin_margins.rescaling.query("margin == 'education' and area == @area").iloc[0]
    assert row["unknown"] == own["unknown"]
    assert row["counted"] == own.sum()
    assert row["factor"] == pytest.approx(zlin_margins.population[area] / known.sum())


def test_rescaling_is_logged_only_where_there_was_some(zlin_margins: MarginTables) -> None:
    assert len(zlin_margins.log) == 1
    note = zlin_margins.log[0]
    assert note.severity == "note" and "margin education was rescaled in 13 areas" in note.what


def test_size_classes_count_those_15_and_over(zlin: Study, zlin_margins: MarginTables) -> None:
    assert zlin.territory is not None
    table = next(table for table in zlin_margins.tables if table.margin.name == "size_class")
    bands = zlin.questionnaire.bands("size_class")
    sizes = zlin.territory.size_classes(bands, zlin.region, age_from=15)
    expected = sizes.pivot_table(index="code", columns="size_class", values="count")
    np.testing.assert_allclose(table.totals, expected.loc[table.totals.index, list(table.levels)])


def test_a_distant_reference_date_is_warned_of(zlin_margins: MarginTables) -> None:
    warning = zlin_margins.record()[0]["warning"]
    assert "31.\u00a012.\u00a02020" in warning["cs"] and "více než dva roky" in warning["cs"]
    assert "31\u00a0December\u00a02020" in warning["en"]


@pytest.mark.parametrize(
    ("reference", "distant"),
    [
        (date(2018, 1, 1), False),
        (date(2017, 12, 31), True),
        (date(2022, 2, 1), False),
        (date(2022, 2, 2), True),
        (date(2020, 1, 15), False),
    ],
)
def test_two_years_either_side_of_the_field_work(reference: date, distant: bool) -> None:
    fieldwork = (date(2020, 1, 1), date(2020, 2, 1))
    assert is_distant(reference, fieldwork) is distant


# --- a study's own table ------------------------------------------------------------------

MARGINS = """\
sample,name,variables,table,role,reference_date,source::cs,source::en
people,sex,sex,sex.csv,total,2020-01-01,Zdroj,Source
people,age,age_group,age.csv,share,2020-01-01,Zdroj,Source
"""
SEX = "area,level,total\nd1,1,40\nd1,2,60\nd2,1,100\nd2,2,100\n"
AGE = "area,level,total\nd1,15-39,1\nd1,40+,3\nd2,15-39,5\nd2,40+,5\n"


def _study(
    folder: Path, margins: str = MARGINS, sex: str = SEX, age: str = AGE, **changed: str
) -> Study:
    workspace = write_mini_study(folder, **changed)
    own = folder / "studies" / "mini"
    for name, text in (("margins.csv", margins), ("sex.csv", sex), ("age.csv", age)):
        (own / name).write_text(text, encoding="utf-8")
    return open_study("mini", workspace)


def test_own_tables(tmp_path: Path) -> None:
    found = margins_from_territory(_study(tmp_path), "people")
    assert dict(found.population) == {"d1": 100, "d2": 200}
    sex, age = found.tables
    assert dict(sex.totals.loc["d1"]) == {"1": 40, "2": 60}
    assert dict(age.totals.loc["d1"]) == {"15-39": 25, "40+": 75}
    assert dict(age.totals.loc["d2"]) == {"15-39": 100, "40+": 100}
    assert sex.warning is None
    assert list(found.rescaling["factor"]) == [25, 20]


def test_a_sample_needs_a_margin_that_fixes_the_total(tmp_path: Path) -> None:
    study = _study(tmp_path, margins=MARGINS.replace(",total,2020", ",share,2020"))
    with pytest.raises(WorkbenchError, match="fixes the population") as caught:
        margins_from_territory(study, "people")
    assert str(caught.value.issue.file).endswith("margins.csv")


def test_two_totals_must_agree(tmp_path: Path) -> None:
    study = _study(tmp_path, margins=MARGINS.replace("share", "total"))
    with pytest.raises(WorkbenchError, match="population of the area d1 differently"):
        margins_from_territory(study, "people")


def test_a_table_that_lacks_an_area(tmp_path: Path) -> None:
    study = _study(tmp_path, sex="area,level,total\nd1,1,40\nd1,2,60\n")
    with pytest.raises(WorkbenchError, match="lacks an area") as caught:
        margins_from_territory(study, "people")
    assert caught.value.issue.got == "d2"


def test_a_level_that_no_choice_has(tmp_path: Path) -> None:
    study = _study(tmp_path, sex=SEX + "d2,3,5\n")
    with pytest.raises(WorkbenchError) as caught:
        margins_from_territory(study, "people")
    issue = caught.value.issues[0]
    assert (issue.row, issue.column) == (6, "level")
    assert "no level 3" in issue.what


def test_a_total_that_is_no_number(tmp_path: Path) -> None:
    study = _study(tmp_path, sex=SEX.replace("d2,1,100", "d2,1,sto"))
    with pytest.raises(WorkbenchError) as caught:
        margins_from_territory(study, "people")
    assert (caught.value.issues[0].row, caught.value.issues[0].got) == (4, "sto")


def test_the_territory_tables_need_a_region(tmp_path: Path) -> None:
    study = _study(tmp_path, margins=MARGINS.replace("sex.csv", "population"))
    with pytest.raises(WorkbenchError, match="the study has no region"):
        margins_from_territory(study, "people")


# --- choices that do not fit the territory's tables ---------------------------------------


def _bent(zlin: Study, folder: Path, old: str, new: str) -> Study:
    """The shipped study with one text of its choices replaced."""
    target = folder / "zlin-2010"
    shutil.copytree(zlin.folder, target)
    choices = target / "questionnaire" / "choices.csv"
    text = choices.read_text(encoding="utf-8")
    assert text.count(old) == 1
    choices.write_text(text.replace(old, new), encoding="utf-8")
    return open_study(target, zlin.workspace)


def test_a_band_that_cuts_a_group_of_the_table(zlin: Study, tmp_path: Path) -> None:
    rows = (zlin.folder / "questionnaire" / "choices.csv").read_text(encoding="utf-8").splitlines()
    band = next(row for row in rows if row.startswith("age_group,1,"))
    bent = _bent(zlin, tmp_path, band, band.replace(",15,29", ",15,27"))
    with pytest.raises(WorkbenchError, match="lies in two choices") as caught:
        margins_from_territory(bent, "inhabitants")
    assert "25 to 29" in str(caught.value.issue.got)


def test_a_level_of_the_table_that_no_choice_collects(zlin: Study, tmp_path: Path) -> None:
    bent = _bent(zlin, tmp_path, "tertiary_professional university", "university")
    with pytest.raises(WorkbenchError, match="no choice of education collects") as caught:
        margins_from_territory(bent, "inhabitants")
    assert caught.value.issue.got == "tertiary_professional"

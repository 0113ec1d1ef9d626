"""The committed territory tables, the look-ups over them, and the maps made of them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from analysis.errors import WorkbenchError
from analysis.sources.education import read_education
from analysis.sources.population import read_population
from analysis.territory import Territory, load_territory
from analysis.workspace import Workspace

PROJECT = Path(__file__).resolve().parent.parent
CATALOGUES = Workspace(PROJECT).catalogues
BANDS = [
    ("under 500", 0, 499),
    ("500–999", 500, 999),
    ("1,000–1,999", 1_000, 1_999),
    ("2,000–4,999", 2_000, 4_999),
    ("5,000–9,999", 5_000, 9_999),
    ("10,000 and more", 10_000, np.inf),
]
NO_BREAK = "\u00a0"

LOCATIVES = {
    "5101": "v České Lípě", "5102": "ve Frýdlantu", "5103": "v Jablonci nad Nisou",
    "5104": "v Jilemnici", "5105": "v Liberci", "5106": "v Novém Boru", "5107": "v Semilech",
    "5108": "v Tanvaldě", "5109": "v Turnově", "5110": "v Železném Brodě",
    "5301": "v České Třebové", "5302": "v Hlinsku", "5303": "v Holicích", "5304": "v Chrudimi",
    "5305": "v Králíkách", "5306": "v Lanškrouně", "5307": "v Litomyšli",
    "5308": "v Moravské Třebové", "5309": "v Pardubicích", "5310": "v Poličce",
    "5311": "v Přelouči", "5312": "ve Svitavách", "5313": "v Ústí nad Orlicí",
    "5314": "ve Vysokém Mýtě", "5315": "v Žamberku",
    "7201": "v Bystřici pod Hostýnem", "7202": "v Holešově", "7203": "v Kroměříži",
    "7204": "v Luhačovicích", "7205": "v Otrokovicích", "7206": "v Rožnově pod Radhoštěm",
    "7207": "v Uherském Hradišti", "7208": "v Uherském Brodě",
    "7209": "ve Valašských Kloboukách", "7210": "ve Valašském Meziříčí",
    "7211": "ve Vizovicích", "7212": "ve Vsetíně", "7213": "ve Zlíně",
}  # fmt: skip
GENITIVES = {
    "5102": "Frýdlantu", "5107": "Semil", "5303": "Holic", "5305": "Králík",
    "5306": "Lanškrouna", "5307": "Litomyšle", "5311": "Přelouče", "5315": "Žamberka",
    "7201": "Bystřice pod Hostýnem", "7203": "Kroměříže", "7204": "Luhačovic",
    "7207": "Uherského Hradiště", "7208": "Uherského Brodu", "7209": "Valašských Klobouk",
    "7212": "Vsetína", "7213": "Zlína",
}  # fmt: skip


@pytest.fixture(scope="module")
def territory() -> Territory:
    return load_territory(CATALOGUES)


# --- the committed figures ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "areas", "municipalities", "second_type", "population"),
    [
        ("CZ072", 13, 307, 12, 580_119),
        ("CZ051", 10, 215, 11, 442_476),
        ("CZ053", 15, 451, 11, 522_856),
    ],
)
def test_published_totals_of_regions(
    territory: Territory,
    region: str,
    areas: int,
    municipalities: int,
    second_type: int,
    population: int,
) -> None:
    frame = territory.municipalities.query("region == @region")
    assert len(territory.areas_of(region)) == areas
    assert len(frame) == municipalities
    assert frame["type"].value_counts().to_dict() == {
        "III": areas,
        "II": second_type,
        "I": municipalities - areas - second_type,
    }
    assert frame["population"].sum() == population
    for level in ("municipality", "area", "region"):
        assert territory.population(level, region)["count"].sum() == population


def test_published_population_of_areas(territory: Territory) -> None:
    counts = territory.population("area", "CZ072").groupby("code")["count"].sum()
    assert counts.to_dict() == {
        "7201": 15_225, "7202": 21_519, "7203": 68_082, "7204": 18_567, "7205": 33_972,
        "7206": 35_043, "7207": 89_670, "7208": 51_960, "7209": 23_053, "7210": 41_727,
        "7211": 17_212, "7212": 65_126, "7213": 98_963,
    }  # fmt: skip


def test_education_is_of_those_aged_15_and_over(territory: Territory) -> None:
    assert territory.education("CZ072")["count"].sum() == 477_032
    assert len(territory.education()) == 38 * len(territory.education_levels)
    unknown = territory.education_levels.query("~known")
    assert unknown["code"].tolist() == ["unknown"]


def test_population_has_one_row_for_each_sex_and_group(territory: Territory) -> None:
    counts = territory.population("area", "CZ072")
    assert len(counts) == 13 * 2 * 18
    assert not counts.duplicated(["code", "sex", "age_from"]).any()
    assert (counts["age_to"] - counts["age_from"]).dropna().eq(4).all()
    assert counts.loc[counts["age_to"].isna(), "age_from"].eq(85).all()


def test_population_was_counted_on_the_day_that_the_table_says(territory: Territory) -> None:
    assert territory.population_date == date(2020, 12, 31)


def test_every_column_of_every_table_has_a_source(territory: Territory) -> None:
    told = {
        (row.table, column)
        for row in territory.sources.itertuples()
        for column in row.column.split()
    }
    for path in (CATALOGUES / "territory").glob("*.csv"):
        if path.stem != "sources":
            header = path.read_text("utf-8").partition("\n")[0].split(",")
            assert {(path.stem, column) for column in header} <= told, path.name
    assert territory.sources["licence"].ne("").all()


def test_tables_are_small() -> None:
    for path in (CATALOGUES / "territory").glob("*.csv"):
        assert path.stat().st_size < 1_000_000


def test_committed_population_is_that_of_the_workbooks(territory: Territory, shared: Path) -> None:
    parts = [
        read_population(shared / "data/population" / f"csu_vek_obce_20201231_{size}.xlsx")
        for size in ("nad1000", "do999")
    ]
    assert [issues for _, issues in parts] == [[], []]
    official = pd.concat([frame for frame, _ in parts])
    assert official["count"].sum() == 10_701_777
    committed = territory.population("municipality")
    official = official[official["code"].isin(committed["code"])]
    keys = ["code", "sex", "age_from", "age_to", "count"]
    expected = official.sort_values(["code", "age_from", "sex"])[keys].reset_index(drop=True)
    actual = committed.sort_values(["code", "age_from", "sex"])[keys].reset_index(drop=True)
    pd.testing.assert_frame_equal(actual, expected)


def test_committed_population_is_that_of_the_table_by_area(
    territory: Territory, shared: Path
) -> None:
    official, issues = read_population(shared / "data/population/orp_vek5_pohlavi_20201231.csv")
    assert issues == []
    keys = ["code", "sex", "age_from"]
    committed = territory.population("area").set_index(keys)["count"]
    assert official.set_index(keys)["count"].loc[committed.index].equals(committed)


def test_committed_education_is_that_of_both_census_files(
    territory: Territory, shared: Path
) -> None:
    folder = shared / "data/population"
    levels = territory.education_levels
    by_area, issues = read_education(folder / "orp_sldb2021.csv", levels)
    assert [issue.severity for issue in issues if issue.severity == "error"] == []
    committed = territory.education().set_index(["area", "education"])["count"]
    official = by_area.set_index(["code", "education"])["count"]
    assert (official.loc[committed.index] == committed).all()

    by_region, _ = read_education(folder / "csu_sldb2021_vzdelani_vek2_pohlavi_kraje.csv", levels)
    own = territory.areas.set_index("code")["region"]
    sums = (
        territory.education()
        .groupby([territory.education()["area"].map(own), "education"])["count"]
        .sum()
    )
    names = territory.regions.set_index("code")["czso_code"]
    official = by_region.set_index(["code", "education"])["count"]
    for (region, level), count in sums.items():
        assert official[names[region], level] == count, (region, level)


def test_codes_names_and_seats_are_those_of_the_registers(
    territory: Territory, shared: Path
) -> None:
    crosswalk = pd.read_csv(
        shared / "data/geo/orp_prevodnik_kodu.csv", sep=";", dtype="str"
    ).set_index("kod_obce_orp")
    code_list = pd.read_csv(shared / "data/geo/obce_orp_ciselnik_2023.csv", dtype="str")
    code_list = code_list.set_index("obec_kod")
    for row in territory.areas.itertuples():
        assert crosswalk.loc[row.code, "ruian_kod"] == row.ruian_code
        assert crosswalk.loc[row.code, "nazev_obce"] == row.name
        assert crosswalk.loc[row.code, "kraj_nuts"] == row.region
        assert code_list.loc[row.seat_municipality, "obec_nazev"] == row.name
    frame = territory.municipalities.set_index("code")
    listed = code_list.loc[frame.index]
    assert (frame["name"] == listed["obec_nazev"]).all()
    assert (frame["area"] == listed["orp_kod"]).all()
    offices = code_list["pou_nazev"].loc[frame.index] == frame["name"]
    assert offices[frame["type"] != "I"].all()


def test_every_municipality_lies_in_the_official_polygon_of_its_area(
    territory: Territory, shared: Path
) -> None:
    official = territory.geometry(
        "area", boundaries=shared / "data/geo/orp_cz_ruian_sldb2021.geojson"
    )
    frame = territory.municipalities
    points = geopandas.GeoDataFrame(
        {"area": frame["area"]},
        geometry=geopandas.points_from_xy(frame["longitude"], frame["latitude"], crs=4326),
    ).to_crs(5514)
    joined = points.sjoin(official, how="left", predicate="within")
    assert (joined["area"] == joined["code"]).all()


def test_size_classes_have_the_structural_zeros_and_the_total(territory: Territory) -> None:
    classes = territory.size_classes(BANDS, "CZ072", age_from=15)
    assert len(classes) == 13 * 6
    assert classes["count"].sum() == territory.municipality_sizes("CZ072", 15)["count"].sum()
    wide = classes.set_index(["code", "size_class"])["count"]
    assert wide["7206", "under 500"] == wide["7206", "500–999"] == 0
    assert wide["7201", "10,000 and more"] == 0 < wide["7213", "10,000 and more"]
    region = territory.size_classes(BANDS, "CZ072", age_from=15, level="region")
    assert region["count"].tolist() == (
        classes.groupby("size_class")["count"].sum().loc[[name for name, _, _ in BANDS]].tolist()
    )


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        ([("small", 0, 999)], "no size class"),
        ([("small", 0, 1_000), ("large", 900, np.inf)], "several size classes"),
    ],
)
def test_size_classes_must_hold_each_municipality_once(
    territory: Territory, bands: list[tuple[str, float, float]], message: str
) -> None:
    with pytest.raises(WorkbenchError, match=message):
        territory.size_classes(bands, "CZ072")


def test_population_from_an_age_inside_a_group_is_refused(territory: Territory) -> None:
    with pytest.raises(WorkbenchError, match="no age group"):
        territory.municipality_sizes("CZ072", 18)


# --- time -----------------------------------------------------------------------------------


def test_municipalities_that_came_later_are_counted_to_the_one_they_left(
    territory: Territory,
) -> None:
    earlier = territory.valid_on(date(2011, 9, 5))
    frame = earlier.municipalities.query("region == 'CZ072'")
    assert len(frame) == 305
    assert not {"500062", "500071"} & set(frame["code"])
    now = territory.municipalities.set_index("code")["population"]
    then = frame.set_index("code")["population"]
    assert then["545058"] == now["545058"] + now["500062"] + now["500071"]
    assert earlier.population(region="CZ072").equals(territory.population(region="CZ072"))
    assert len(territory.valid_on(date(2001, 3, 1)).areas) == 0


def test_on_the_day_of_the_count_nothing_differs(territory: Territory) -> None:
    same = territory.valid_on(territory.population_date)
    assert same.municipalities.equals(territory.municipalities)
    assert same.population("municipality").equals(territory.population("municipality"))


# --- names ----------------------------------------------------------------------------------


def test_all_areas_are_inflected(territory: Territory) -> None:
    locatives = {code: territory.name(code, "locative") for code in territory.areas["code"]}
    assert {code: text.replace(NO_BREAK, " ") for code, text in locatives.items()} == LOCATIVES
    genitives = {code: territory.name(code, "genitive") for code in GENITIVES}
    assert genitives == GENITIVES
    assert territory.areas["genitive"].str.strip().ne("").all()


def test_prepositions_are_vocalised_and_bound(territory: Territory) -> None:
    phrases = [*territory.areas["locative"], *territory.regions["locative"]]
    assert len(phrases) == 41
    for phrase in phrases:
        assert re.match(rf"(v{NO_BREAK}|ve )[A-ZÁČĎÉÍŇÓŘŠŤÚŽ]", phrase), phrase
    # Before V and F, and before S, Z or Š with a consonant, the preposition has its vowel.
    vocalised = {phrase[3:5] for phrase in phrases if phrase.startswith("ve ")}
    assert vocalised == {"Fr", "Sv", "Va", "Vi", "Vs", "Vy", "Zl"}


def test_names_in_other_languages_and_of_other_levels(territory: Territory) -> None:
    assert territory.name("CZ072", "locative") == "ve Zlínském kraji"
    assert territory.name("CZ051", "genitive") == "Libereckého kraje"
    assert territory.name("CZ072", "english") == "Zlín Region"
    assert territory.name("7212", "english") == "Vsetín"
    assert territory.name("500062") == "Krhová"
    assert territory.name("541630", "locative") == "ve Vsetíně"
    with pytest.raises(WorkbenchError, match="nominative only"):
        territory.name("500062", "locative")
    with pytest.raises(WorkbenchError, match="know no place 999999"):
        territory.name("999999")


def test_slugs_are_ascii_and_unique(territory: Territory) -> None:
    slugs = [territory.slug(code) for code in territory.areas["code"]]
    assert territory.slug("7201") == "bystrice-pod-hostynem"
    assert territory.slug("7212") == "vsetin"
    assert len(set(slugs)) == 38
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", slug) for slug in slugs)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Vsetin", "7212"),
        ("ROŽNOV P. RADHOŠTĚM", "7206"),
        ("Uh. Hradiště", "7207"),
        ("bystrice", "7201"),
        ("Valašské Meziřičí", "7210"),
        ("2054", "7212"),
        ("7212", "7212"),
    ],
)
def test_the_nearest_area_is_suggested(territory: Territory, text: str, code: str) -> None:
    assert territory.suggest(text)[0].code == code


def test_suggestions_among_municipalities_and_for_nothing(territory: Territory) -> None:
    assert territory.suggest("policna", "municipalities")[0].code == "500071"
    assert territory.suggest("", "areas") == ()
    assert territory.suggest("qqqq", "areas") == ()


# --- codes ----------------------------------------------------------------------------------


def test_both_systems_of_codes_are_told_apart(territory: Territory) -> None:
    found = territory.identify_code("2054")
    assert found is not None
    assert (found.kind, found.system, found.code, found.name) == (
        "area", "ruian", "7212", "Vsetín",
    )  # fmt: skip
    own = territory.identify_code("7212.0")
    assert own is not None and own.system == "own"
    region = territory.identify_code("141")
    assert region is not None and region.code == "CZ072"
    assert territory.identify_code("9999") is None


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("2054", ["RÚIAN", "use 7212"]),
        ("500062", ["municipality", "7210 Valašské Meziříčí"]),
        ("CZ072", ["region"]),
        ("7214", ["know no area 7214", "did you mean"]),
    ],
)
def test_a_code_that_is_no_area_names_the_one_that_is_meant(
    territory: Territory, code: str, told: list[str]
) -> None:
    with pytest.raises(WorkbenchError) as caught:
        territory.area_code(code)
    for text in told:
        assert text in str(caught.value)


def test_area_code_takes_numbers(territory: Territory) -> None:
    assert territory.area_code(7212) == "7212"  # type: ignore[arg-type]


def test_look_ups_are_vectorised_and_keep_the_index(territory: Territory) -> None:
    codes = pd.Series(["500062", "-8", None, "585068"], index=[5, 3, 2, 9])
    areas, population = territory.area_of(codes), territory.population_of(codes)
    assert areas.index.tolist() == population.index.tolist() == [5, 3, 2, 9]
    assert areas.iloc[[0, 3]].tolist() == ["7210", "7213"]
    assert areas.iloc[[1, 2]].isna().all() and population.iloc[[1, 2]].isna().all()
    assert population.iloc[0] == 2037 and population.dtype == "float64"
    as_numbers = territory.area_of(pd.Series([500062.0, np.nan]))
    assert as_numbers.iloc[0] == "7210" and pd.isna(as_numbers.iloc[1])
    as_categories = territory.area_of(pd.Series(["500062", None], dtype="category"))
    assert as_categories.iloc[0] == "7210" and pd.isna(as_categories.iloc[1])


def test_an_unknown_region_is_refused(territory: Territory) -> None:
    for call in (territory.areas_of, territory.education, territory.municipality_sizes):
        with pytest.raises(WorkbenchError, match="know no region CZ999"):
            call("CZ999")


def test_what_is_handed_out_can_be_changed_without_harm(territory: Territory) -> None:
    frame = territory.areas
    frame.loc[0, "name"] = "changed"
    frame["extra"] = 1
    assert "changed" not in set(territory.areas["name"])
    assert "extra" not in territory.areas


# --- loading --------------------------------------------------------------------------------


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    shutil.copytree(CATALOGUES / "territory", tmp_path / "territory")
    return tmp_path


def test_tables_are_read_again_only_when_one_changes(copied: Path) -> None:
    first = load_territory(copied)
    assert load_territory(copied) is first
    table = copied / "territory" / "areas.csv"
    table.write_text(table.read_text("utf-8").replace("Vsetín,Vsetína", "Vsetín,Wsetína"), "utf-8")
    assert load_territory(copied).name("7212", "genitive") == "Wsetína"


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("areas", replaced("ruian_code", "ruian"), "ruian_code is missing"),
        ("areas", replaced("code,", "code,colour,"), "colour"),
        ("areas", replaced("7212,2054", "7213,2054"), "code stand"),
        ("areas", replaced("7212,2054", "7212,1465"), "ruian_code stands in two rows"),
        ("areas", replaced("7212,2054,CZ072", "7212,2054,CZ099"), "region is not in regions.csv"),
        ("areas", replaced(",Vsetína,", ",,"), "genitive is blank"),
        ("areas", replaced("2003-01-01", "1. 1. 2003"), "valid_from is no date"),
        ("areas", replaced("2003-01-01,", "2003-01-01,2001-01-01"), "before valid_from"),
        ("regions", replaced("141", ""), "ruian_code is blank"),
        ("municipalities", replaced(",7210,CZ072", ",7299,CZ072"), "area is not in areas.csv"),
        ("municipalities", replaced(",7210,CZ072", ",,CZ072"), "area is blank"),
        ("municipalities", replaced(",7210,CZ072", ",7210,CZ051"), "not that of the area"),
        ("municipalities", replaced(",I,49.48430", ",IV,49.48430"), "type is unknown"),
        ("municipalities", replaced(",I,49.48430", ",III,49.48430"), "type III"),
        ("municipalities", replaced(",2037,", ",2038,"), "is not the sum"),
        ("municipalities", replaced(",2037,", ",-2037,"), "no count"),
        ("municipalities", replaced("49.48430", "4948430"), "no angle"),
        ("municipalities", replaced("population_20201231", "population"), "is missing"),
        ("population_by_municipality", replaced("500011,male,0,4,64", "500011,male,0,4,-64"), "no count"),
        ("population_by_municipality", replaced("500011,male,0,4,64", "500011,man,0,4,64"), "sex is unknown"),
        ("population_by_municipality", replaced("500011,male,0,4,", "500011,male,0,5,"), "age groups"),
        ("population_by_municipality", replaced("500011,male,5,9,34\n", ""), "age groups"),
        ("population_by_municipality", replaced("500011,male,0,4,64", "500011,male,0,4,64,1"), "more cells"),
        ("population_by_municipality", replaced("500011,male,0", "599999,male,0"), "is not in municipalities.csv"),
        ("education_by_area", replaced("5101,primary", "5101,elementary"), "is not in education_levels.csv"),
        ("education_by_area", replaced("5101,primary,9978\n", ""), "lacks a level"),
        ("education_levels", replaced(",yes,", ",maybe,"), "known is unknown"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_with_file_and_row(
    copied: Path, table: str, change: Callable[[str], str], told: str
) -> None:
    path = copied / "territory" / f"{table}.csv"
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    with pytest.raises(WorkbenchError) as caught:
        load_territory(copied)
    issue = next(issue for issue in caught.value.issues if told in issue.what)
    assert issue.row is not None and issue.file is not None


def test_a_missing_table_is_named(copied: Path) -> None:
    (copied / "territory" / "regions.csv").unlink()
    with pytest.raises(WorkbenchError, match=r"regions\.csv"):
        load_territory(copied)


def test_the_row_is_the_one_that_is_wrong(copied: Path) -> None:
    path = copied / "territory" / "population_by_municipality.csv"
    lines = path.read_text("utf-8").splitlines()
    lines[99] = re.sub(r"\d+$", "many", lines[99])
    path.write_text("\n".join(lines) + "\n", "utf-8")
    with pytest.raises(WorkbenchError) as caught:
        load_territory(copied)
    assert [issue.row for issue in caught.value.issues] == [100]


# --- geometry -------------------------------------------------------------------------------


@pytest.mark.parametrize(("region", "areas"), [("CZ072", 13), ("CZ051", 10), ("CZ053", 15)])
def test_schematic_areas_cover_the_region_without_overlap(
    territory: Territory, region: str, areas: int
) -> None:
    frame = territory.geometry("area", region)
    assert frame["code"].tolist() == list(territory.areas_of(region))
    assert len(frame) == areas
    assert frame.crs.to_epsg() == 5514
    assert frame.attrs["schematic"] is True and frame.attrs["source"]
    assert set(frame.geom_type) == {"Polygon"} and frame.is_valid.all()
    shapes = frame.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(frame.area.sum(), rel=1e-9)
    assert len(shapely.get_parts(shapely.union_all(shapes))) == 1
    assert shapely.union_all(shapes).equals(territory.geometry("region", region).geometry.iloc[0])


def test_municipalities_lie_in_the_schematic_polygon_of_their_area(territory: Territory) -> None:
    for region in territory.regions["code"]:
        areas = territory.geometry("area", region)
        frame = territory.municipalities.query("region == @region")
        points = geopandas.GeoDataFrame(
            {"area": frame["area"]},
            geometry=geopandas.points_from_xy(frame["longitude"], frame["latitude"], crs=4326),
        ).to_crs(5514)
        joined = points.sjoin(areas, how="left", predicate="within")
        assert (joined["area"] == joined["code"]).all()


def test_schematic_municipalities(territory: Territory) -> None:
    frame = territory.geometry("municipality", "CZ072")
    assert len(frame) == 307 and set(frame.geom_type) == {"Polygon"}
    assert shapely.coverage_is_valid(frame.geometry.to_numpy())


def test_schematic_boundaries_are_the_same_each_time(territory: Territory) -> None:
    first, second = (territory.geometry("area", "CZ072") for _ in range(2))
    assert shapely.to_wkb(first.geometry.to_numpy()).tolist() == (
        shapely.to_wkb(second.geometry.to_numpy()).tolist()
    )


def test_the_schematic_shape_is_near_the_official_one(territory: Territory, shared: Path) -> None:
    file = shared / "data/geo/orp_cz_ruian_sldb2021.geojson"
    for region in territory.regions["code"]:
        schematic, official = (
            territory.geometry("area", region, place).union_all() for place in (None, file)
        )
        common = schematic.intersection(official).area / schematic.union(official).area
        assert common > 0.87


def test_boundaries_of_another_level_are_not_taken_for_the_wanted_one(
    territory: Territory, shared: Path
) -> None:
    file = shared / "data/geo/orp_cz_ruian_sldb2021.geojson"
    with pytest.raises(WorkbenchError, match="same code"):
        territory.geometry("region", boundaries=file)


def test_official_boundaries_are_used_when_they_are_there(
    territory: Territory, tmp_path: Path
) -> None:
    assert territory.geometry("area", "CZ072", tmp_path).attrs["schematic"] is True
    drawn = territory.geometry("area", "CZ072")
    drawn.to_file(tmp_path / "areas.geojson", driver="GeoJSON")
    official = territory.geometry("area", "CZ072", tmp_path)
    assert official.attrs == {"schematic": False, "source": "areas.geojson"}
    assert official["code"].tolist() == drawn["code"].tolist()
    assert np.allclose(official.area, drawn.area, rtol=1e-6)
    region = territory.geometry("region", "CZ072", tmp_path)
    assert region.attrs["schematic"] is False and len(region) == 1
    with pytest.raises(WorkbenchError, match="lack places"):
        territory.geometry("area", "CZ051", tmp_path)


def test_one_municipality_makes_a_map_too(territory: Territory) -> None:
    from analysis.geometry import schematic_boundaries

    alone = territory.municipalities.head(1)
    frame = schematic_boundaries(alone, alone["area"], pd.Series({alone["area"].iloc[0]: "one"}))
    assert len(frame) == 1 and frame.area.iloc[0] > 0

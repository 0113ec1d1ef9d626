"""Population and census files in every layout that is read, whole, messy and wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import Issue, WorkbenchError
from analysis.sources.education import read_education
from analysis.sources.population import read_population
from analysis.territory import load_territory
from analysis.workspace import Workspace

PROJECT = Path(__file__).resolve().parents[2]
LEVELS = load_territory(Workspace(PROJECT).catalogues).education_levels

BY_AREA = """\
orp_kod,orp_nazev,kraj_kod,pohlavi,vek_skupina,pocet
1001,První,CZ099,muž,0-4,10
1001,První,CZ099,muž,5-9,20
1001,První,CZ099,muž,10+,1300
1001,První,CZ099,žena,0-4,11
1001,První,CZ099,žena,5-9,21
1001,První,CZ099,žena,10+,1301
"""
EXPECTED = [
    ("1001", "male", 0, 4, 10),
    ("1001", "male", 5, 9, 20),
    ("1001", "male", 10, None, 1300),
    ("1001", "female", 0, 4, 11),
    ("1001", "female", 5, 9, 21),
    ("1001", "female", 10, None, 1301),
]


def rows_of(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    columns = frame[["code", "sex", "age_from", "age_to", "count"]].astype(object)
    return list(columns.where(columns.notna(), None).itertuples(index=False, name=None))


def errors_of(issues: Iterable[Issue]) -> list[Issue]:
    return [issue for issue in issues if issue.severity == "error"]


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str, name: str = "population.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


# --- the real files -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows", "total", "levels"),
    [
        ("orp_vek5_pohlavi_20201231.csv", 206 * 36, 10_701_777, {"area"}),
        ("zk_obce_vek5_pohlavi_20201231.csv", 307 * 36, 580_119, {"municipality"}),
        ("csu_vek_obce_20201231_nad1000.xlsx", 1_495 * 36, 8_900_746, {"municipality"}),
        ("csu_vek_obce_20201231_do999.xlsx", 4_763 * 36, 1_801_031, {"municipality"}),
        (
            "csu_vek1_nuts_lau_20201231.csv", 101 * 100, 4 * 10_701_777,
            {"state", "cohesion_region", "region", "district"},
        ),
    ],
)  # fmt: skip
def test_real_files_give_the_published_totals(
    shared: Path, name: str, rows: int, total: int, levels: set[str]
) -> None:
    frame, issues = read_population(shared / "data/population" / name)
    assert (len(frame), frame["count"].sum(), set(frame["level"])) == (rows, total, levels)
    assert issues == []
    assert not frame.duplicated(["code", "sex", "age_from"]).any()
    assert frame.dtypes.astype(str).to_dict() == {
        "code": "str", "level": "str", "sex": "str",
        "age_from": "int64", "age_to": "Int64", "count": "int64",
    }  # fmt: skip


def test_single_years_of_regions_agree_with_the_groups_of_areas(shared: Path) -> None:
    folder = shared / "data/population"
    years, _ = read_population(folder / "csu_vek1_nuts_lau_20201231.csv")
    groups, _ = read_population(folder / "zk_obce_vek5_pohlavi_20201231.csv")
    region = years.query("code == 'CZ072'")
    assert region["count"].sum() == 580_119
    by_group = region.groupby(region["age_from"].clip(upper=85) // 5 * 5)["count"].sum()
    assert by_group.equals(groups.groupby("age_from")["count"].sum())


def test_real_census_files_agree_to_the_person(shared: Path) -> None:
    folder = shared / "data/population"
    areas, issues = read_education(folder / "orp_sldb2021.csv", LEVELS)
    assert issues == [] and len(areas) == 206 * 7
    regions, _ = read_education(folder / "csu_sldb2021_vzdelani_vek2_pohlavi_kraje.csv", LEVELS)
    assert len(regions) == 15 * 7
    zlin = areas[areas["code"].between("7201", "7213")].groupby("education")["count"].sum()
    official = regions.query("code == '3131'").set_index("education")["count"]
    assert zlin.sum() == 477_032
    assert zlin.to_dict() == official.to_dict()
    state = regions.query("level == 'state'").set_index("education")["count"]
    assert state.to_dict() == areas.groupby("education")["count"].sum().to_dict()


# --- messy files of the same meaning --------------------------------------------------------


def by_area_in_capitals(text: str) -> str:
    return text.replace("orp_kod", "ORP_Kod").replace("pohlavi", "Pohlaví").replace(
        "vek_skupina", "Věk skupina").replace("pocet", "Počet")  # fmt: skip


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (str, "utf-8"),
        (str, "utf-8-sig"),
        (str, "cp1250"),
        (str, "iso8859-2"),
        (str, "utf-16"),
        (lambda text: text.replace(",", ";"), "cp1250"),
        (lambda text: text.replace(",", "\t"), "utf-8"),
        (lambda text: text.replace("1300", "1 300").replace("1301", "1\u00a0301"), "utf-8"),
        (lambda text: text.replace("1001,", "1001.0,"), "utf-8"),
        (lambda text: text.replace(",", ";").replace(";10\n", ";10,0\n"), "utf-8"),
        (lambda text: text.replace(",10\n", ",10.0\n"), "utf-8"),
        (lambda text: text.replace("0-4", "0–4 let").replace("10+", "10 a více let"), "utf-8"),
        (lambda text: text.replace("muž", "Muži").replace("žena", "ženy"), "utf-8"),
        (lambda text: text.replace("muž", "1").replace("žena", "2"), "utf-8"),
        (by_area_in_capitals, "cp1250"),
        (lambda text: "Věkové složení\n\n" + text, "utf-8"),
        (lambda text: text.replace("\n", "\r\n") + "\r\n\r\n", "utf-8"),
        (lambda text: "\n".join([*text.splitlines()[:1], *text.splitlines()[:0:-1]]), "utf-8"),
        (lambda text: text + "1001,První,CZ099,celkem,0-4,21\n1001,První,CZ099,celkem,5-9,41\n"
                             "1001,První,CZ099,celkem,10+,2601\n", "utf-8"),
        (lambda text: text + "1001,První,CZ099,muž,celkem,1330\n"
                             "1001,První,CZ099,žena,celkem,1333\n", "utf-8"),
    ],
)  # fmt: skip
def test_spellings_of_one_table_read_the_same(
    written: Callable[..., Path], change: Callable[[str], str], encoding: str
) -> None:
    frame, issues = read_population(written(change(BY_AREA), encoding=encoding))
    assert rows_of(frame) == EXPECTED
    assert set(frame["level"]) == {"area"}
    assert errors_of(issues) == []


def test_a_table_that_names_both_levels_is_of_the_finer_one(written: Callable[..., Path]) -> None:
    text = BY_AREA.replace("orp_kod", "obec_kod").replace("kraj_kod", "orp_kod")
    frame, _ = read_population(written(text))
    assert set(frame["level"]) == {"municipality"} and set(frame["code"]) == {"1001"}


def test_the_sign_for_none_is_zero(written: Callable[..., Path]) -> None:
    frame, issues = read_population(written(BY_AREA.replace("0-4,11", "0-4,-")))
    assert frame.query("sex == 'female' and age_from == 0")["count"].tolist() == [0]
    assert errors_of(issues) == []


@pytest.mark.parametrize("sign", [".", "i.d.", "i. d.", "x", ""])
def test_a_count_that_is_not_known_is_left_out_and_told(
    written: Callable[..., Path], sign: str
) -> None:
    frame, issues = read_population(written(BY_AREA.replace("0-4,11", f"0-4,{sign}")))
    assert rows_of(frame) == [row for row in EXPECTED if row[-1] != 11]
    assert ["not known" in issue.what for issue in errors_of(issues)] == [True]


def test_a_row_that_is_absent_is_told(written: Callable[..., Path]) -> None:
    frame, issues = read_population(written(BY_AREA.replace("1001,První,CZ099,muž,5-9,20\n", "")))
    assert len(frame) == 5
    told = errors_of(issues)
    assert len(told) == 1 and "1001, male" in told[0].what and told[0].column == "5–9"


# --- totals and parts -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("added", "told"),
    [
        ("1001,První,CZ099,muž,celkem,1331\n1001,První,CZ099,žena,celkem,1333\n", "all ages"),
        (
            "1001,První,CZ099,celkem,0-4,22\n1001,První,CZ099,celkem,5-9,41\n"
            "1001,První,CZ099,celkem,10+,2601\n",
            "both sexes",
        ),
    ],
)
def test_totals_that_differ_from_their_parts_are_told_and_never_counted(
    written: Callable[..., Path], added: str, told: str
) -> None:
    frame, issues = read_population(written(BY_AREA + added))
    assert rows_of(frame) == EXPECTED
    assert [told in issue.what for issue in errors_of(issues)] == [True]
    issue = errors_of(issues)[0]
    assert issue.row is not None and int(issue.got or 0) == int(issue.expected or 0) + 1


HEADER = ["POH", "ZUJ", "Obec", "Celkem", *range(10), "10+", "X", "0-4", "5-9", "10+"]
MEN = ["muži", 100001, "Ves", 35, *[1] * 10, 25, None, 5, 5, 25]
WOMEN = ["ženy", 100001, "Ves", 50, *[2] * 10, 30, None, 10, 10, 30]
BOTH = ["celkem", 100001, "Ves", 85, *[3] * 10, 55, None, 15, 15, 55]
MUNICIPAL = [HEADER, BOTH, MEN, WOMEN]


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., Path]:
    def write(rows: list[list[object]], *other: str) -> Path:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = "data"
        for row in rows:
            sheet.append(row)
        for name in other:
            book.create_sheet(name).append(["note"])
        path = tmp_path / "workbook.xlsx"
        book.save(path)
        return path

    return write


def changed(rows: list[list[object]], row: int, column: int, value: object) -> list[list[object]]:
    copies = [list(cells) for cells in rows]
    copies[row][column] = value
    return copies


MUNICIPAL_ROWS = [
    ("100001", "male", 0, 4, 5), ("100001", "male", 5, 9, 5), ("100001", "male", 10, None, 25),
    ("100001", "female", 0, 4, 10), ("100001", "female", 5, 9, 10),
    ("100001", "female", 10, None, 30),
]  # fmt: skip


def test_a_municipal_workbook_gives_its_groups_once(workbook: Callable[..., Path]) -> None:
    frame, issues = read_population(workbook(MUNICIPAL, "notes"))
    assert rows_of(frame) == MUNICIPAL_ROWS and issues == []
    titled = [["Věkové složení"], [], *MUNICIPAL]
    frame, issues = read_population(workbook(titled))
    assert rows_of(frame) == MUNICIPAL_ROWS and errors_of(issues) == []


@pytest.mark.parametrize(
    ("row", "column", "value", "told"),
    [
        (2, HEADER.index("Celkem"), 36, "total of all ages"),
        (2, HEADER.index("0-4"), 6, "group 0–4"),
        (2, len(HEADER) - 1, 26, "second column 10+"),
        (2, 4, 2, "group 0–4"),
        (1, HEADER.index("5-9"), 16, "total of both sexes"),
    ],
)
def test_parts_of_a_workbook_must_make_its_totals(
    workbook: Callable[..., Path], row: int, column: int, value: int, told: str
) -> None:
    _, issues = read_population(workbook(changed(MUNICIPAL, row, column, value)))
    assert any(told in issue.what and issue.row == row + 1 for issue in errors_of(issues))


def test_a_workbook_with_both_sexes_together_only(workbook: Callable[..., Path]) -> None:
    frame, issues = read_population(workbook([HEADER, BOTH]))
    assert set(frame["sex"]) == {"total"} and frame["count"].sum() == 85 and issues == []


def test_a_missing_sex_is_told(workbook: Callable[..., Path]) -> None:
    frame, issues = read_population(workbook([HEADER, BOTH, MEN]))
    assert frame["count"].sum() == 35
    assert ["no row for a sex" in issue.what for issue in errors_of(issues)] == [True]


def test_parts_of_a_country_must_make_the_whole(written: Callable[..., Path]) -> None:
    text = "vek;CZ0;CZ01;CZ02\n0;30;10;20\n1+;70;30;40\n"
    frame, issues = read_population(written(text))
    assert issues == []
    assert rows_of(frame)[:2] == [("CZ0", "total", 0, 0, 30), ("CZ0", "total", 1, None, 70)]
    _, issues = read_population(written(text.replace("30;10", "31;10")))
    assert [issue.column for issue in errors_of(issues)] == ["CZ0"]


@given(
    counts=st.lists(st.integers(0, 10_000), min_size=36, max_size=36),
    code=st.from_regex(r"[1-9]\d{3}", fullmatch=True),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], code: str
) -> None:
    groups = [*(f"{age}-{age + 4}" for age in range(0, 85, 5)), "85+"]
    keys = [(sex, group) for sex in ("muž", "žena") for group in groups]
    lines = [f"{code};{sex};{group};{n}" for (sex, group), n in zip(keys, counts, strict=True)]
    path = tmp_path_factory.mktemp("population") / "population.csv"
    path.write_text("\n".join(["orp_kod;pohlavi;vek_skupina;pocet", *lines]), "utf-8")
    frame, issues = read_population(path)
    assert frame["count"].tolist() == counts and errors_of(issues) == []
    assert frame["age_from"].tolist() == [*range(0, 90, 5)] * 2


# --- wrong files ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("orp_kod,pohlavi,vek_skupina,pocet\n", "no rows"),
        ("a,b,c\n1,2,3\n", "none of the layouts"),
        (BY_AREA.replace("pocet", "kolik"), "none of the layouts"),
        (BY_AREA.replace("orp_kod", "kod"), "none of the layouts"),
        (BY_AREA.replace("pohlavi", "orp_kod"), "twice in the header"),
        (BY_AREA.replace("1001,První,CZ099,muž,0-4", ",První,CZ099,muž,0-4"), "orp_kod is blank"),
        (BY_AREA.replace(",10\n", ",ten\n"), "no whole number"),
        (BY_AREA.replace(",10\n", ",-10\n"), "no whole number"),
        (BY_AREA.replace(",10\n", ",10.5\n"), "no whole number"),
        (BY_AREA.replace("5-9,20", "05.IX,20"), "cannot be read"),
        (BY_AREA.replace("5-9,20", "9-5,20"), "cannot be read"),
        (BY_AREA.replace("žena,5-9", "dívka,5-9"), "cannot be read"),
        (BY_AREA.replace("žena,5-9", ",5-9"), "cannot be read"),
        (BY_AREA + "1001,První,CZ099,muž,0-4,10\n", "two rows"),
        (BY_AREA.replace("5-9", "4-9"), "overlap or leave a gap"),
        (BY_AREA.replace("5-9", "6-9"), "overlap or leave a gap"),
        (BY_AREA.replace("0-4", "celkem").replace("5-9", "celkem").replace("10+", "celkem"), "two rows"),
        ("orp_kod,pohlavi,vek,pocet\n1001,muž,celkem,3\n1001,žena,celkem,4\n", "not told apart by age"),
        ("<!doctype html><html></html>", "web page"),
        ('orp_kod,pohlavi,vek_skupina,pocet\n1001,"muž,0-4,1\n', "never closed"),
    ],
)  # fmt: skip
def test_a_wrong_population_file_is_refused(
    written: Callable[..., Path], text: str, told: str
) -> None:
    path = written(text)
    before = path.read_bytes()
    with pytest.raises(WorkbenchError) as caught:
        read_population(path)
    assert told in str(caught.value)
    assert path.name in str(caught.value)
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


def test_a_wrong_layout_is_told_with_the_columns_that_were_found(
    written: Callable[..., Path],
) -> None:
    with pytest.raises(WorkbenchError) as caught:
        read_population(written("kód SOORP;název SO ORP;věk\n1;a;5\n"))
    assert "kód SOORP" in str(caught.value.issue.got)
    assert "vek_skupina" in str(caught.value.issue.expected)


def test_a_file_that_is_missing_or_no_workbook(
    tmp_path: Path, workbook: Callable[..., Path]
) -> None:
    with pytest.raises(WorkbenchError, match="missing"):
        read_population(tmp_path / "absent.csv")
    with pytest.raises(WorkbenchError, match="missing"):
        read_population(tmp_path / "absent.xlsx")
    (tmp_path / "broken.xlsx").write_text("no workbook", "utf-8")
    with pytest.raises(WorkbenchError, match="this is not an"):
        read_population(tmp_path / "broken.xlsx")
    path = workbook(MUNICIPAL, "notes")
    with pytest.raises(WorkbenchError, match="no such sheet"):
        read_population(path, sheet="date")
    with pytest.raises(WorkbenchError, match="no rows"):
        read_population(path, sheet="notes")


def test_a_sheet_has_to_be_chosen_when_two_could_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "two.xlsx"
    with pd.ExcelWriter(path) as writer:
        for name in ("2019", "2020"):
            frame = pd.DataFrame(MUNICIPAL[1:], columns=[str(cell) for cell in HEADER[:-1]] + ["y"])
            frame.drop(columns=["X", "y"]).to_excel(writer, sheet_name=name, index=False)
    with pytest.raises(WorkbenchError, match="several sheets"):
        read_population(path)
    frame, _ = read_population(path, sheet="2020")
    assert frame["count"].sum() == 85


def test_the_same_municipality_twice_is_refused(workbook: Callable[..., Path]) -> None:
    with pytest.raises(WorkbenchError, match="two rows"):
        read_population(workbook([*MUNICIPAL, MEN]))


def test_real_files_of_another_kind_are_refused(shared: Path) -> None:
    folder = shared / "data/population"
    others = (
        "orp_sldb2021.csv", "csu_ukazatele_so_orp_2019.csv",
        "csu_sldb2021_vzdelani_vek2_pohlavi_kraje.csv",
    )  # fmt: skip
    for name in others:
        with pytest.raises(WorkbenchError, match="none of the layouts"):
            read_population(folder / name)
    for name in ("csu_ukazatele_so_orp_2019.csv", "orp_vek5_pohlavi_20201231.csv"):
        with pytest.raises(WorkbenchError, match="none of the layouts"):
            read_education(folder / name, LEVELS)


# --- education ------------------------------------------------------------------------------

CENSUS_COLUMNS = ",".join(
    ["orp_kod", "poc_obyv_15_64", "poc_obyv_nad_65", *LEVELS["census_column"]]
)
BY_COLUMN = f"{CENSUS_COLUMNS}\n1001,80,26,1,2,3,40,5,50,5\n"
BY_ROW = """\
hodnota,ukaz_kod,vzdelani_kod,vek_kod,pohlavi_kod,uzemi_cis,uzemi_kod
3,3162,1,10,1,100,3131
4,3162,2,10,1,100,3131
5,3162,3,10,2,100,3131
6,3162,900,20,2,100,3131
18,3162,,,,100,3131
7,3162,,10,1,100,3131
"""


def test_a_census_table_by_columns(written: Callable[..., Path]) -> None:
    frame, issues = read_education(written(BY_COLUMN), LEVELS)
    assert issues == []
    assert frame["education"].tolist() == LEVELS["code"].tolist()
    assert frame["count"].tolist() == [1, 2, 3, 40, 5, 50, 5]
    assert set(frame["level"]) == {"area"} and set(frame["code"]) == {"1001"}


@pytest.mark.parametrize(
    "change",
    [
        str,
        lambda text: text.replace(",1,100", ",1.0,100.0").replace(",2,100", ",2.0,100.0"),
        lambda text: text.replace(",3162,1,", ",3162,1.0,"),
        lambda text: text.replace(",", ";"),
        lambda text: "\n".join(line for line in text.splitlines() if ",,," not in line),
    ],
)
def test_a_census_table_by_rows_leaves_totals_out(
    written: Callable[..., Path], change: Callable[[str], str]
) -> None:
    frame, issues = read_education(written(change(BY_ROW)), LEVELS)
    assert errors_of(issues) == []
    counts = frame.set_index("education")["count"]
    assert counts.sum() == 18 and counts["primary"] == 9 and counts["unknown"] == 6
    assert counts["university"] == 0
    assert set(frame["code"]) == {"3131"} and set(frame["level"]) == {"region"}


def test_totals_of_education_that_differ_are_told(written: Callable[..., Path]) -> None:
    _, issues = read_education(written(BY_ROW.replace("18,", "19,")), LEVELS)
    assert [(issue.row, issue.expected, issue.got) for issue in errors_of(issues)] == [
        (6, "18", "19")
    ]
    _, issues = read_education(written(BY_COLUMN.replace("80,26", "80,27")), LEVELS)
    assert [(issue.row, issue.expected, issue.got) for issue in errors_of(issues)] == [
        (2, "107", "106")
    ]


def test_unknown_counts_of_education_are_told(written: Callable[..., Path]) -> None:
    frame, issues = read_education(written(BY_COLUMN.replace(",40,", ",i.d.,")), LEVELS)
    assert len(frame) == 6 and ["not known" in issue.what for issue in issues] == [True]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BY_COLUMN.replace("vzdelani_nezjisteno", "neznamo"), "none of the layouts"),
        (BY_COLUMN.replace("orp_kod", "kod"), "none of the layouts"),
        (BY_COLUMN + "1001,80,26,1,2,3,40,5,50,5\n", "two rows"),
        (BY_COLUMN.replace("1001", ""), "orp_kod is blank"),
        (BY_COLUMN.replace(",40,", ",forty,"), "no whole number"),
        (BY_ROW.replace("3162,900", "3162,999"), "no level of education collects"),
        (BY_ROW.replace(",100,3131", ",12,3131"), "cannot be read"),
        (BY_ROW.replace("6,3162", "6,3163"), "several indicators"),
        (BY_ROW.replace("hodnota", "pocet"), "none of the layouts"),
        ("hodnota,vzdelani_kod,uzemi_cis,uzemi_kod\n5,,100,3131\n", "totals only"),
    ],
)
def test_a_wrong_census_file_is_refused(written: Callable[..., Path], text: str, told: str) -> None:
    with pytest.raises(WorkbenchError) as caught:
        read_education(written(text), LEVELS)
    assert told in str(caught.value)


def test_levels_are_those_that_the_table_of_levels_collects(written: Callable[..., Path]) -> None:
    merged = pd.DataFrame(
        {
            "code": ["low", "other"],
            "census_codes": ["1 2 3", "8 11 12 13 14 15 105 121 202 203 900"],
            "census_column": ["bez_vzdelani", "vzdelani_nezjisteno"],
        }
    )
    frame, _ = read_education(written(BY_ROW), merged)
    assert dict(zip(frame["education"], frame["count"], strict=True)) == {"low": 12, "other": 6}
    assert np.isin(frame["count"], [12, 6]).all()

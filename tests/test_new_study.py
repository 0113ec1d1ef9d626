"""A second region without code: from an empty folder to its reports."""

from __future__ import annotations

import csv
import html
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from analysis.definitions import read_tree
from analysis.errors import WorkbenchError
from analysis.new_study import NOT_TAKEN_OVER, NewStudy, find_region, new_study
from analysis.study import Study, open_study
from analysis.territory import load_territory
from analysis.workspace import Workspace, find_workspace
from tests.mini_results import PROJECT
from tests.mini_results import needs as command

SHIPPED = Workspace(PROJECT)
ORIGIN = "zlin-2010"
#: Small areas next to each other; few people are generated in seconds.
FEW_AREAS = ("5302", "5303", "5305", "5310")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that one is in."""
    monkeypatch.delenv("NEEDS_WORKSPACE", raising=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    return empty


@pytest.fixture
def made(folder: Path) -> NewStudy:
    return new_study("pardubice-2026", "CZ053")


def relative(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


# --- what is made -------------------------------------------------------------------------


def test_an_empty_folder_becomes_a_workspace(made: NewStudy, folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["data", "reports", "studies"]
    assert find_workspace().root == folder.resolve()
    assert find_workspace().study_ids() == ["pardubice-2026"]
    shipped, copied = SHIPPED.catalogues, folder / "studies" / "catalogues"
    assert relative(copied) == relative(shipped)


def test_every_kind_of_report_and_all_definitions_are_taken_over(made: NewStudy) -> None:
    origin, study = open_study(ORIGIN, SHIPPED), made.study
    assert study.reports == origin.reports
    own = {name for name in relative(origin.folder) if name not in NOT_TAKEN_OVER}
    assert relative(study.folder) == own | {"study.yaml", "README.md"}
    assert [indicator.code for indicator in study.indicators] == [
        indicator.code for indicator in origin.indicators
    ]


def test_the_areas_are_those_of_the_region(made: NewStudy) -> None:
    study = made.study
    assert len(study.areas) == 15
    assert study.areas.loc["5314", "locative"] == "ve Vysokém Mýtě"
    choices = study.questionnaire.choices[study.list_of(study.card.area_variable) or ""]
    assert [choice.name for choice in choices] == list(study.areas.index)
    assert {choice.label["en"] for choice in choices} == set(study.areas["name"])


def test_texts_of_the_card_speak_of_the_new_region(made: NewStudy) -> None:
    card = made.study.card
    assert card.title["cs"].replace("\u00a0", " ").endswith("v Pardubickém kraji")
    assert card.title["en"].endswith("of the Pardubice Region")
    assert "Pardubického kraje" in card.samples["inhabitants"].population["cs"]
    assert (card.wave, card.survey_year) == ("2026", 2026)


def test_nothing_of_the_old_region_or_wave_is_left(made: NewStudy) -> None:
    assert made.leftovers == ()
    territory = load_territory(SHIPPED.catalogues)
    old = [*territory.places("area", "CZ072"), "Zlín Region", "Zlínský", "Zlínského", "CZ072"]
    for path in made.study.definition_files():
        text = path.read_text(encoding="utf-8-sig")
        assert not [name for name in [*old, ORIGIN] if name in text], path.name


def test_no_fact_of_the_project_is_invented(made: NewStudy) -> None:
    card = made.study.card
    assert card.project.name == card.project.client == card.project.publicity == {}
    assert card.project.registration_number == card.project.period == ""
    assert card.fieldwork.start is card.fieldwork.end is card.fieldwork.interviewers is None
    assert made.study.card.seed != open_study(ORIGIN, SHIPPED).card.seed


def test_the_readme_names_what_to_do(made: NewStudy) -> None:
    text = (made.study.folder / "README.md").read_text(encoding="utf-8")
    for words in (
        "needs check pardubice-2026", "needs build pardubice-2026 --synthetic",
        "data/raw/pardubice-2026/templates", "`fieldwork.start`", "inhabitants.csv", "15 správních",
    ):  # fmt: skip
        assert words in text


def test_a_title_and_a_wave_can_be_given(folder: Path) -> None:
    made = new_study("druhe", "Liberecký kraj", title="Potřeby 2024", wave="jaro 2024")
    assert made.study.title["cs"] == "Potřeby 2024"
    assert (made.study.wave, made.study.card.survey_year) == ("jaro 2024", 2024)
    assert len(made.study.areas) == 10


def test_a_study_is_made_from_another_new_one_in_the_workspace_one_is_in(
    made: NewStudy, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choices = made.study.folder / "questionnaire" / "choices.csv"
    with choices.open("a", encoding="utf-8", newline="") as stream:
        width = len(next(csv.reader(choices.open(encoding="utf-8-sig"))))
        csv.writer(stream).writerow(
            ["place", "1", "Pardubický kraj", "Choceň a Chrudim", *[""] * (width - 4)]
        )
    (made.study.folder / "corrections.csv").write_text("x\n", encoding="utf-8")
    (made.study.folder / "reports").joinpath("note.yaml").write_text("a: 2026\n", encoding="utf-8")
    monkeypatch.chdir(folder / "data")
    second = new_study("liberec-2027", "CZ051", "pardubice-2026")
    text = (second.study.folder / "questionnaire" / "choices.csv").read_text(encoding="utf-8-sig")
    assert "Liberecký kraj,Choceň a Chrudim" in text
    assert not (second.study.folder / "corrections.csv").exists()
    assert [(Path(issue.file or "").name, issue.got) for issue in second.leftovers] == [
        ("choices.csv", "Chrudim"),
        ("note.yaml", "2026"),
    ]


def test_files_that_the_source_takes_from_another_study_come_along(folder: Path) -> None:
    sharing = [name for name in SHIPPED.study_ids() if open_study(name, SHIPPED).card.shared]
    made = new_study("second-2026", "CZ053", sharing[0])
    assert made.study.card.shared is None
    origin = open_study(sharing[0], SHIPPED)
    assert made.study.reports == origin.reports
    assert set(origin.files.shared) <= relative(made.study.folder)
    assert find_workspace().study_ids() == ["second-2026"]


@pytest.mark.parametrize("name", ["CZ053", "94", "Pardubický kraj", " pardubický KRAJ ",
                                  "Pardubice Region", "Pardubického kraje"])  # fmt: skip
def test_a_region_is_found_by_code_and_name(name: str) -> None:
    assert find_region(load_territory(SHIPPED.catalogues), name) == "CZ053"


# --- what is refused ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("study_id", "region", "source", "message"),
    [
        ("x-1", "CZ064", None, "the territory tables know no region CZ064"),
        ("x-1", "Pardubicky", None, "did you mean CZ053 Pardubický kraj?"),
        ("x-1", "5314", None, "the territory tables know no region 5314"),
        ("x-1", "CZ053", "zlin-2011", "did you mean zlin-2010?"),
        ("x-1", "CZ053", str(PROJECT / "tests/studies/msna-somalia-2018"), "no region"),
        ("X 1", "CZ053", None, "cannot be the id of a study"),
        ("catalogues", "CZ053", None, "cannot be the id of a study"),
        ("../x", "CZ053", None, "cannot be the id of a study"),
    ],
)
def test_what_cannot_be_made_leaves_nothing_behind(
    folder: Path, study_id: str, region: str, source: str | None, message: str
) -> None:
    with pytest.raises(WorkbenchError, match=re.escape(message)):
        new_study(study_id, region, source)
    assert list(folder.iterdir()) == []


def test_an_existing_study_stays_as_it_is(made: NewStudy) -> None:
    before = (made.study.folder / "study.yaml").read_bytes()
    with pytest.raises(WorkbenchError, match="there is a study pardubice-2026 already"):
        new_study("pardubice-2026", "CZ051")
    assert (made.study.folder / "study.yaml").read_bytes() == before


def test_a_folder_with_other_things_does_not_become_a_workspace(folder: Path) -> None:
    (folder / "letters.txt").write_text("x", encoding="utf-8")
    with pytest.raises(WorkbenchError, match="no workspace and is not empty"):
        new_study("x-1", "CZ053")
    assert [path.name for path in folder.iterdir()] == ["letters.txt"]


def test_tables_that_lack_a_part_of_the_region_say_which(made: NewStudy, folder: Path) -> None:
    keep_rows(
        folder / "studies/catalogues/territory/education_by_area.csv", "area", ("5101",), "!="
    )
    with pytest.raises(WorkbenchError, match=r"education_by_area.csv lacks a level of this area"):
        new_study("x-1", "CZ051")
    assert not (folder / "studies/x-1").exists()


# --- through the command ------------------------------------------------------------------


def keep_rows(path: Path, column: str, values: tuple[str, ...], how: str = "==") -> None:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    kept = table[column].isin(values) if how == "==" else ~table[column].isin(values)
    table[kept].to_csv(path, index=False)


def keep_areas(catalogues: Path, codes: tuple[str, ...]) -> None:
    """Territory tables that know a few areas only."""
    tables = catalogues / "territory"
    keep_rows(tables / "regions.csv", "code", ("CZ053",))
    keep_rows(tables / "areas.csv", "code", codes)
    keep_rows(tables / "municipalities.csv", "area", codes)
    municipalities = pd.read_csv(tables / "municipalities.csv", dtype=str)["code"]
    keep_rows(tables / "population_by_municipality.csv", "municipality", tuple(municipalities))
    keep_rows(tables / "education_by_area.csv", "area", codes)


def text_of(page: Path) -> str:
    bare = re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8"))
    return re.sub(r"\s+", " ", html.unescape(bare))


def test_from_an_empty_folder_to_reports_of_two_areas(folder: Path) -> None:
    first = command(folder, "new", "pardubice-2026", "--region", "CZ053")
    assert first.returncode == 0, first.stderr
    assert "Pardubický kraj, 15 areas" in first.stdout
    checked = command(folder, "check", "--definitions", "pardubice-2026")
    assert checked.returncode == 1
    assert checked.stdout.count("a fact is not filled in") == 25
    assert "column project.client.cs" in checked.stdout
    keep_areas(folder / "studies" / "catalogues", FEW_AREAS)
    wanted = ("--kind", "awareness", "--area", "5302", "--area", "5310", "--workers", "1")
    built = command(folder, "build", "pardubice-2026", "--synthetic", *wanted, timeout=1500)
    assert built.returncode == 0, built.stderr
    reports = folder / "reports" / "pardubice-2026" / "cs" / "awareness"
    assert sorted(path.name for path in reports.glob("*.pdf")) == [
        "5302-hlinsko.pdf", "5310-policka.pdf",
    ]  # fmt: skip
    text = text_of(reports / "5310-policka.html")
    assert "Závěrečná zpráva za správní obvod obce s rozšířenou působností Polička" in text
    assert "Termín dotazování neuvedeno" in text
    assert "obyvatelé Pardubického kraje" in text
    assert "průzkum je z roku 2026" in text
    assert not re.search(r"Zlín|Vsetín|ORP Kroměříž|\b2011\b", text)


@pytest.mark.full
def test_all_awareness_reports_of_the_second_region(folder: Path) -> None:
    assert command(folder, "new", "pardubice-2026", "--region", "Pardubický kraj").returncode == 0
    wanted = ("--kind", "awareness", "--workers", "2")
    built = command(folder, "build", "pardubice-2026", "--synthetic", *wanted, timeout=1500)
    assert built.returncode == 0, built.stderr
    assert "reports made 15, up to date 0, failed 0" in built.stdout
    study = open_study("pardubice-2026", Workspace(folder))
    territory = study.territory
    assert territory is not None
    sizes = territory.municipality_sizes(study.region).groupby("area")["population"]
    for code, area in study.areas.iterrows():
        page = folder / "reports/pardubice-2026/cs/awareness" / f"{code}-{area['slug']}.html"
        text = text_of(page)
        assert f"v ORP {area['name']}" in text
        number, people = sizes.count()[code], f"{sizes.sum()[code]:,}".replace(",", " ")
        assert re.search(rf"má {number} obcí a {people} obyvatel", text), code
        assert not re.search(r"Zlínsk|Vsetín|Kroměříž", text)
    index = text_of(folder / "reports/pardubice-2026/index.html")
    assert all(name in index for name in study.areas["name"])


def test_an_error_of_the_command_is_a_message(folder: Path) -> None:
    result = command(folder, "new", "x-1", "--region", "CZ999")
    assert result.returncode == 2
    assert "the territory tables know no region CZ999" in result.stderr
    assert "Traceback" not in result.stderr
    assert list(folder.iterdir()) == []


def test_a_fact_that_is_filled_in_is_asked_for_no_more(made: NewStudy, folder: Path) -> None:
    card = made.study.folder / "study.yaml"
    text = card.read_text(encoding="utf-8")
    card.write_text(
        text.replace("start: '?'", "start: 2026-03-02").replace("end: '?'", "end: 2026-04-30"),
        encoding="utf-8",
    )
    study: Study = open_study("pardubice-2026")
    assert study.card.survey_period[0].isoformat() == "2026-03-02"
    result = command(folder, "check", "--definitions", "pardubice-2026")
    assert result.stdout.count("a fact is not filled in") == 23
    assert read_tree(card).values["fieldwork"]["interviewers"] == "?"


def test_the_wheel_is_enough(made: NewStudy, tmp_path: Path) -> None:
    """Where the package lies without the project around it, it brings what it copies from."""
    from analysis import workspace

    alone = tmp_path / "site" / "analysis"
    for part in ("studies/catalogues", f"studies/{ORIGIN}", "notebooks/reports"):
        shutil.copytree(PROJECT / part, alone / "shipped" / part)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workspace, "PACKAGE", alone)
        assert workspace.shipped_workspace().study_ids() == [ORIGIN]
        patch.setattr(workspace, "PACKAGE", tmp_path / "nowhere" / "analysis")
        with pytest.raises(WorkbenchError, match="installed without its studies"):
            workspace.shipped_workspace()

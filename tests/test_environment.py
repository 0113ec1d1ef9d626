"""What holds the project together: dependencies, notebooks, and a package without places."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.mini_results import PROJECT

NOTEBOOKS = sorted(
    path
    for folder in ("notebooks", "tests")
    for path in (PROJECT / folder).rglob("*.ipynb")
    if ".ipynb_checkpoints" not in path.parts
)


def column(name: str, key: str) -> list[str]:
    with (PROJECT / "studies" / name).open(encoding="utf-8", newline="") as stream:
        return [row[key] for row in csv.DictReader(stream) if row[key]]


def test_environment_follows_the_project_file() -> None:
    command = [sys.executable, str(PROJECT / "tools" / "environment.py"), "--check"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_lock_pins_every_dependency_with_hashes_and_names_no_address() -> None:
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    pinned = set(re.findall(r"^([A-Za-z0-9_.-]+)==", lock, flags=re.MULTILINE))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[<>=\[ ]", one)[0].lower().replace("_", "-") for one in wanted}
    assert names <= {name.lower().replace("_", "-") for name in pinned}
    assert len(re.findall(r"--hash=sha256:", lock)) > len(pinned)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_clean(path: object) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]  # type: ignore[attr-defined]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert sum("parameters" in cell["metadata"].get("tags", []) for cell in code) == 1
    assert not any("def " in "".join(cell["source"]) for cell in code)
    assert all(len("".join(cell["source"]).splitlines()) <= 8 for cell in code)


#: Everything that the package is made of and that can name something.
#: Tables of people's names, some of which villages bear too.
NAMES_OF_PEOPLE = {"given_names.csv", "family_names.csv"}
PACKAGE_TEXTS = sorted(
    path
    for path in (PROJECT / "analysis").rglob("*")
    if path.is_file()
    and not {"__pycache__", "shipped"} & set(path.parts)
    and path.name not in NAMES_OF_PEOPLE
)
#: What a question may be called without being an ordinary word: A2, N6_other, X1_consent.
QUESTION_LIKE = re.compile(r"[A-Z]+[0-9]\w*")
#: The first cell of a sheet and a size of paper are called so too.
OTHERWISE_ORDINARY = {"A1", "A4"}


def place_names() -> set[str]:
    """Names of regions and areas in every case; of municipalities those that are no plain words."""
    names = set()
    for table in ("regions", "areas"):
        for case in ("name", "genitive", "locative"):
            given = column(f"catalogues/territory/{table}.csv", case)
            names |= {re.sub(r"^v(e )?[\u00a0 ]?", "", one) for one in given}
    names |= set(column("catalogues/territory/regions.csv", "name_en"))
    municipalities = column("catalogues/territory/municipalities.csv", "name")
    return names | {name for name in municipalities if " " in name or len(name) >= 6}


def place_codes() -> set[str]:
    territory = ("regions", "areas", "municipalities")
    return {
        code for table in territory for code in column(f"catalogues/territory/{table}.csv", "code")
    }


def question_names() -> set[str]:
    """Questions of all shipped studies that cannot be words, and the codes of their indicators."""
    studies = sorted(path.parent.name for path in (PROJECT / "studies").glob("*/study.yaml"))
    files = [(study, "questionnaire/survey.csv", "name") for study in studies]
    files += [(study, "indicators.csv", "code") for study in studies]
    names = {
        name
        for study, file, key in files
        if (PROJECT / "studies" / study / file).exists()
        for name in column(f"{study}/{file}", key)
    }
    return {name for name in names if QUESTION_LIKE.fullmatch(name)} - OTHERWISE_ORDINARY


def named_in(text: str, names: set[str]) -> set[str]:
    """Which of the names stand in a text as whole words, a blank being of any kind."""
    # The path of a drawing (d="M3 4h10") is no text.
    plain = re.sub(r'\bd="[^"]*"', "", text).replace("\u00a0", " ")
    wanted = {name.replace("\u00a0", " ") for name in names}
    first = {name.split(" ")[0].split("-")[0] for name in wanted}
    # One word at a time is looked up; the whole name only where its first word is met.
    met = first & set(re.findall(r"\w+", plain))
    near = [name for name in wanted if name.split(" ")[0].split("-")[0] in met]
    return {name for name in near if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", plain)}


@pytest.mark.parametrize("names", [place_names, place_codes, question_names])
def test_the_package_names_no_place_and_no_question(names: Callable[[], set[str]]) -> None:
    forbidden = names()
    found = {
        path.relative_to(PROJECT).as_posix(): named
        for path in PACKAGE_TEXTS
        if (named := named_in(path.read_text(encoding="utf-8"), forbidden))
    }
    assert not found


def test_what_is_looked_for_would_be_found() -> None:
    assert len(place_names()) > 700
    assert len(place_codes()) == 3 + 38 + 973
    assert {"A2", "N6", "IC03", "AW08"} <= question_names()
    for name in ("Vysoké\u00a0Mýto", "Mýto"):
        assert named_in(f"# v ORP {name}.", {"Vysoké Mýto", "Mýto"})
    assert named_in('x = "5314"', place_codes()) == {"5314"}
    assert named_in("${A2} = '1'", question_names()) == {"A2"}
    assert not named_in("A25 and 53140", place_codes() | question_names())


def test_imports_go_one_way() -> None:
    result = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout


def test_a_built_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if name.startswith("analysis/")}
    shipped = {name for name in names if name.startswith("analysis/shipped/")}
    held = names - shipped
    files = (path for path in (PROJECT / "analysis").rglob("*") if path.is_file())
    there = {
        path.relative_to(PROJECT).as_posix() for path in files if "__pycache__" not in path.parts
    }
    assert held == there
    assert {Path(name).suffix for name in held} >= {".yaml", ".typ", ".j2", ".css"}
    # What needs new copies from, and what reports of a workspace of its own are made by.
    assert "analysis/shipped/studies/catalogues/new_study.yaml" in shipped
    assert "analysis/shipped/notebooks/reports/awareness.ipynb" in shipped
    assert any(name.endswith("/study.yaml") for name in shipped)

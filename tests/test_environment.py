"""What holds the project together: dependencies, notebooks, and a package without places."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.mini_results import PROJECT

PACKAGE = sorted((PROJECT / "analysis").rglob("*.py"))
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


def test_no_place_and_no_question_is_named_in_the_package() -> None:
    names = [
        *column("catalogues/territory/regions.csv", "name"),
        *column("catalogues/territory/areas.csv", "name"),
        *column("catalogues/territory/areas.csv", "code"),
        *column("zlin-2010/questionnaire/survey.csv", "name"),
    ]
    # Short names such as D2 are looked for as quoted texts; longer ones anywhere.
    patterns = [
        rf"['\"]{re.escape(name)}['\"]" if len(name) < 4 else rf"\b{re.escape(name)}\b"
        for name in dict.fromkeys(names)
    ]
    forbidden = re.compile("|".join(patterns))
    found = [
        (path.name, match.group())
        for path in PACKAGE
        for match in forbidden.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


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
        held = {name for name in archive.namelist() if name.startswith("analysis/")}
    files = (path for path in (PROJECT / "analysis").rglob("*") if path.is_file())
    there = {
        path.relative_to(PROJECT).as_posix() for path in files if "__pycache__" not in path.parts
    }
    assert held == there
    assert {Path(name).suffix for name in held} >= {".yaml", ".typ", ".j2", ".css"}

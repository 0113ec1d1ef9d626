"""Open data: released rows only, every code explained, valid by two readers of CSV on the Web."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest
from csvw import TableGroup

from analysis.errors import WorkbenchError
from analysis.estimates import CONFIDENTIAL
from analysis.presentation.open_data import (
    DISCLOSURE_STATES,
    HIDDEN,
    METADATA_FILE,
    code_definitions,
    open_data_files,
)
from analysis.run import run_study
from analysis.study import Study, open_study
from analysis.study_definitions.rows import COMPARISONS, IndicatorEntry
from tests.mini_annex import annexed_study, write_annex
from tests.mini_results import mini_workspace
from tests.mini_study import CARD

FIGURES = ("estimate", "standard_error", "ci_low", "ci_high", "df", "n_effective", "deff",
           "p_value", "p_adjusted")  # fmt: skip


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The small study with a data annex, run."""
    return annexed_study(tmp_path_factory.mktemp("mini"))


def table(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[name].decode(), newline="")))


def metadata(files: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files[METADATA_FILE])
    return found


# --- rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mini", "shipped"])
def test_every_released_row_is_there_and_nothing_else(
    name: str, request: pytest.FixtureRequest
) -> None:
    study: Study = request.getfixturevalue(name)
    rows = table(open_data_files(study), "estimates.csv")
    released = pd.read_parquet(study.processed / "released.parquet").set_index("row_id")
    assert {row["row_id"] for row in rows} == set(released.index) and len(rows) == len(released)
    assert not set(rows[0]) & set(CONFIDENTIAL)
    for row in rows:
        original = released.loc[row["row_id"]]
        disclosure = original["release"] in DISCLOSURE_STATES
        assert row["release"] == (HIDDEN if disclosure else original["release"])
        if "suppressed" in original["release"]:
            # What they do not say is tested below; made-up rows are not emptied by a gate.
            continue
        for column in (*FIGURES, "n"):
            shown, value = row[column], original[column]
            assert (shown == "") == pd.isna(value)
            whole = column in ("df", "n", "n_effective")
            assert not shown or float(shown) == pytest.approx(value, abs=0.5 if whole else 1e-9)


def test_what_is_hidden_keeps_its_row_and_says_why(shipped: Study) -> None:
    rows = table(open_data_files(shipped), "estimates.csv")
    hidden = [row for row in rows if row["release"] == HIDDEN]
    assert hidden and "complementary" not in open_data_files(shipped)["estimates.csv"].decode()
    for row in hidden:
        assert not any(row[column] for column in (*FIGURES, "n"))


def test_the_order_of_the_rows_follows_from_what_they_are_about(shipped: Study) -> None:
    rows = table(open_data_files(shipped), "estimates.csv")
    keys = [
        tuple(row[name] for name in ("sample", "indicator", "category", "level", "area",
                                     "breakdown", "group", "comparison", "statistic"))
        for row in rows
    ]  # fmt: skip
    assert keys == sorted(keys) and len(set(keys)) == len(keys)


def test_the_same_rows_give_the_same_bytes(mini: Study) -> None:
    assert open_data_files(mini) == open_data_files(open_study("mini", mini.workspace))


def test_a_code_that_no_list_explains_is_refused(mini: Study, tmp_path: Path) -> None:
    moved = mini_workspace(tmp_path)
    write_annex(moved)
    study = open_study("mini", moved)
    study.processed.mkdir(parents=True)
    frame = pd.read_parquet(mini.processed / "released.parquet").assign(release="okay")
    frame.to_parquet(study.processed / "released.parquet")
    with pytest.raises(WorkbenchError, match="code of release"):
        open_data_files(study)


# --- labels -------------------------------------------------------------------------------


def test_every_code_has_a_label_in_both_languages(shipped: Study) -> None:
    files = open_data_files(shipped)
    for name in ("areas", "samples", "indicators", "breakdowns", "groups"):
        for row in table(files, f"{name}.csv"):
            assert row["label_cs"] and row["label_en"], row
    categories = [row for row in table(files, "indicators.csv") if row["category"] != "_Z"]
    assert all(row["category_label_cs"] and row["category_label_en"] for row in categories)
    areas = {row["area"]: row for row in table(files, "areas.csv")}
    assert areas["CZ072"]["label_cs"] == "Zlínský kraj"
    assert areas["CZ072"]["label_en"] == "Zlín Region"
    assert areas["7212"]["label_cs"] == "Vsetín"


def test_the_code_book_explains_every_column_and_every_short_list(shipped: Study) -> None:
    files = open_data_files(shipped)
    book = table(files, "codebook.csv")
    explained = {(row["table"], row["column"]) for row in book if row["code"] == "_Z"}
    for name, data in files.items():
        if name.endswith(".csv"):
            header = data.decode().split("\r\n", 1)[0].split(",")
            assert {(name, column) for column in header} <= explained
    codes = {(row["column"], row["code"]) for row in book}
    for row in table(files, "estimates.csv"):
        for column in ("release", "statistic", "unit", "level", "data_origin"):
            assert (column, row[column]) in codes
    assert all(row["title_cs"] and row["title_en"] for row in book)


def test_every_statistic_and_comparison_that_a_study_may_ask_for_has_a_label() -> None:
    codes = {(row.column, row.code) for row in code_definitions()}
    (statistics,) = [field.annotation for name, field in IndicatorEntry.model_fields.items()
                     if name == "statistic"]  # fmt: skip
    assert {("statistic", name) for name in get_args(statistics)} <= codes
    assert {("comparison", name) for name in COMPARISONS} <= codes


# --- metadata -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["mini", "shipped"])
def test_another_program_reads_and_checks_the_tables(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """By the package csvw: types, required cells, primary and foreign keys."""
    files = open_data_files(request.getfixturevalue(name))
    if name == "shipped":
        # That reader takes minutes for tens of thousands of rows; every tenth will do here.
        lines = files["estimates.csv"].split(b"\r\n")
        files["estimates.csv"] = b"\r\n".join([lines[0], *lines[1:-1:10], b""])
    write(files, tmp_path)
    group = TableGroup.from_file(tmp_path / METADATA_FILE)
    for one in group.tables:
        rows = list(one.iterdicts(strict=True))
        assert rows and one.check_primary_key()
    assert group.check_referential_integrity(strict=True)


WRONG = {
    "a letter in a number": ("estimates.csv", 1, "n", "mnoho"),
    "a decimal comma": ("estimates.csv", 1, "estimate", "0,5"),
    "an unknown state": ("estimates.csv", 1, "release", "okay"),
    "an unknown area": ("estimates.csv", 1, "area", "d9"),
    "an unknown item": ("estimates.csv", 1, "category", "z"),
    "an empty key": ("estimates.csv", 1, "row_id", ""),
    "a date that is none": ("estimates.csv", 1, "reference_date", "2020-02-31"),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_metadata_say_enough_to_find_a_wrong_cell(
    mini: Study, tmp_path: Path, case: str
) -> None:
    """Both readers refuse a table in which one cell is wrong."""
    name, number, column, wrong = WRONG[case]
    files = open_data_files(mini)
    rows = list(csv.reader(io.StringIO(files[name].decode(), newline="")))
    assert rows[number][rows[0].index(column)] != wrong
    assert faults(files) == []
    rows[number][rows[0].index(column)] = wrong
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows(rows)
    files[name] = stream.getvalue().encode()
    assert faults(files) != []
    write(files, tmp_path)
    assert not accepted(tmp_path)


def accepted(folder: Path) -> bool:
    """Whether the package csvw finds nothing wrong."""
    group = TableGroup.from_file(folder / METADATA_FILE)
    try:
        for one in group.tables:
            list(one.iterdicts(strict=True))
            if not one.check_primary_key():
                return False
        return bool(group.check_referential_integrity(strict=True))
    except (ValueError, AssertionError):
        return False


@pytest.mark.parametrize("name", ["mini", "shipped"])
def test_every_cell_is_of_its_type_and_every_key_is_found(
    name: str, request: pytest.FixtureRequest
) -> None:
    assert faults(open_data_files(request.getfixturevalue(name))) == []


def test_the_metadata_tell_whose_the_data_are_and_from_when(shipped: Study) -> None:
    found = metadata(open_data_files(shipped))
    assert found["@context"][0] == "http://www.w3.org/ns/csvw"
    texts = {item["@language"]: item["@value"] for item in found["dc:publisher"]}
    assert texts == {"cs": "Zlínský kraj", "en": "Zlín Region"}
    assert found["dc:modified"] == {"@value": "2011-10-28", "@type": "xsd:date"}
    assert "dc:license" not in found
    assert "licence nebyla stanovena" in found["dc:rights"][0]["@value"]
    assert "generátor" in found["dc:description"][0]["@value"]
    for one in found["tables"]:
        for column in one["tableSchema"]["columns"]:
            assert column["titles"]["cs"] and column["titles"]["en"]


def test_a_licence_is_named_where_one_was_decided(tmp_path: Path) -> None:
    address = "https://creativecommons.org/licenses/by/4.0/"
    workspace = mini_workspace(tmp_path, study=f"{CARD}licence: {address}\n")
    write_annex(workspace)
    study = open_study("mini", workspace)
    run_study(study)
    found = metadata(open_data_files(study))
    assert found["dc:license"] == {"@id": address} and "dc:rights" not in found


# --- a second reader ----------------------------------------------------------------------


def write(files: dict[str, bytes], folder: Path) -> None:
    for name, data in files.items():
        (folder / name).write_bytes(data)


def faults(files: dict[str, bytes]) -> list[str]:
    """What contradicts the metadata, read by the W3C's recommendation and nothing of ours."""
    description = metadata(files)
    tables = {one["url"]: table(files, one["url"]) for one in description["tables"]}
    found = []
    for one in description["tables"]:
        schema, rows = one["tableSchema"], tables[one["url"]]
        found += [
            f"{one['url']} {column['name']}: {row[column['name']]!r}"
            for column in schema["columns"]
            for row in rows
            if not fits(row[column["name"]], column)
        ]
        own = [tuple(row[name] for name in schema["primaryKey"]) for row in rows]
        if len(set(own)) != len(own) or any("" in key for key in own):
            found.append(f"{one['url']}: primary key")
        for foreign in schema.get("foreignKeys", ()):
            reference = foreign["reference"]
            known = {
                tuple(row[name] for name in reference["columnReference"])
                for row in tables[reference["resource"]]
            }
            used = {tuple(row[name] for name in foreign["columnReference"]) for row in rows}
            found += [f"{one['url']}: {key} not in {reference['resource']}" for key in used - known]
    return found


def fits(text: str, column: dict[str, Any]) -> bool:
    if text == column["null"]:
        return not column["required"]
    datatype = column["datatype"]
    base = datatype if isinstance(datatype, str) else datatype["base"]
    details = {} if isinstance(datatype, str) else datatype
    try:
        value: Any = {"string": str, "integer": int, "decimal": decimal, "date": day}[base](text)
    except ValueError:
        return False
    if "format" in details and not re.fullmatch(details["format"], text):
        return False
    low, high = details.get("minimum"), details.get("maximum")
    return (low is None or value >= low) and (high is None or value <= high)


def decimal(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        raise ValueError(text)
    return Decimal(text)


def day(text: str) -> date:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(text)
    return date.fromisoformat(text)

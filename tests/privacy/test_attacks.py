"""Attacks on every published byte of a study, each by somebody with a method of his own.

The attacker has all that is published (reports in every format and language, workbooks, open
data, index, manifest) and what the workbench prints, and knows the questionnaire, the number
of people in each group and how the workbench works. Each test says what he tries; it fails
when he succeeds.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import openpyxl
import pandas as pd
import pikepdf
import pytest
from scipy.optimize import linprog

from analysis.estimates import IDENTITY
from analysis.presentation.data_annex import workbook
from analysis.presentation.open_data import open_data_files
from analysis.presentation.report import open_report
from analysis.publishing.content import report_content
from analysis.publishing.html import render_html
from analysis.publishing.pdf import render_pdf
from analysis.publishing.xlsx import render_tables, render_xlsx
from analysis.study import open_study
from analysis.workspace import Workspace
from tests.mini_results import needs
from tests.privacy.canaries import (
    AGES,
    BIRTH_NUMBER,
    CANARIES,
    CORRECTION,
    DISTRICTS,
    E_MAIL,
    INTERVIEWER,
    NAME,
    OPEN_ANSWER,
    PHONE,
    RESPONDENT,
    SEXES,
    SIZE,
    WEIGHT,
    canary_answers,
)
from tests.privacy.conftest import Published
from tests.privacy.unpacking import layers
from tests.publishing.reading import page

#: What can be worked out of a hidden count must leave at least so many values.
WIDTH = 5
FIGURES = ["estimate", "standard_error", "ci_low", "ci_high", "df", "n_effective", "deff",
           "p_value", "p_adjusted", "n"]  # fmt: skip
STATES = ("suppressed_primary", "suppressed_complementary")
LANGUAGES = ("cs", "en")
REPORT = "help"


def found_in(published: Published, wanted: str) -> list[str]:
    """The layers in which a text is found, whatever its case."""
    return [where for where, text in published.small if wanted.casefold() in text]


def test_there_is_something_to_attack(published: Published) -> None:
    """The planted secrets are in the raw answers, and something is hidden because of them."""
    raw = (published.workspace.raw("mini") / "people.csv").read_text(encoding="utf-8")
    for canary in (NAME, BIRTH_NUMBER, E_MAIL, PHONE, OPEN_ANSWER, str(WEIGHT), RESPONDENT,
                   INTERVIEWER):  # fmt: skip
        assert canary in raw
    secrets = published.truth[
        published.truth["indicator"].eq("V1")
        & published.truth["comparison"].eq("")
        & (
            published.truth["count"].between(1, 4)
            | published.truth["count"].eq(published.truth["n"])
        )
    ]
    assert len(secrets) >= 3
    assert set(secrets["row_id"]) <= set(published.hidden["row_id"])
    formats = {path.suffix for path in published.folder.rglob("*") if path.is_file()}
    assert formats == {".html", ".pdf", ".xlsx", ".ipynb", ".csv", ".json"}
    assert len(published.layers) > 10_000


@pytest.mark.parametrize("canary", ["Dostává pomoc", "Gets help", "d4-ctvrty"])
def test_the_searcher_finds_what_is_there(published: Published, canary: str) -> None:
    """In each format, down to the text of a PDF: else his finding nothing would say nothing."""
    where = {re.split(r"[!#@ .]", place.rpartition("/")[2])[0] for place in
             found_in(published, canary)}  # fmt: skip
    assert where
    if canary == "Dostává pomoc":
        # PDF layers hold their text without spaces.
        formats = {suffix for suffix in (".html", ".xlsx", ".ipynb", ".csv")
                   for place in found_in(published, canary) if suffix in place}  # fmt: skip
        assert formats == {".html", ".xlsx", ".ipynb", ".csv"}
        assert any(".pdf#page" in place for place in found_in(published, "Dostávápomoc"))


# --- searching for what was planted -------------------------------------------------------


@pytest.mark.parametrize("canary", CANARIES)
def test_searches_every_layer_of_every_file_for(published: Published, canary: str) -> None:
    assert found_in(published, CANARIES[canary]) == []


def test_searches_for_the_planted_texts_written_otherwise(published: Published) -> None:
    """Without spaces and diacritics, backwards, in hexadecimal, Base64 and escapes."""
    wanted: dict[str, str] = {}
    for name, text in CANARIES.items():
        bare = "".join(text.split())
        folded = unicodedata.normalize("NFKD", bare).encode("ascii", "ignore").decode()
        data = text.encode()
        others = {
            "bare": bare, "folded": folded, "backwards": bare[::-1], "hexadecimal": data.hex(),
            "escaped": text.encode("unicode_escape").decode(),
            "JSON": json.dumps(text)[1:-1],
        }  # fmt: skip
        for shift in range(3):
            # The digits of Base64 that do not depend on what stands beside.
            coded = base64.b64encode(b" " * shift + data).decode()
            others[f"Base64 {shift}"] = coded[4:-4] if len(data) > 9 else coded
        wanted |= {f"{name}, {how}": other for how, other in others.items() if len(other) > 5}
    everything = "\x00".join(text for _, text in published.small)
    without_spaces = "".join(everything.split())
    plain = unicodedata.normalize("NFKD", without_spaces).encode("ascii", "ignore").decode()
    hits = [
        name
        for name, text in wanted.items()
        if any(text.casefold() in place for place in (everything, without_spaces, plain))
    ]
    assert hits == []


def test_looks_for_folders_of_the_machine(published: Published) -> None:
    for path in (published.root, Path.home(), Path(__file__).parents[2]):
        if len(str(path)) > len("/root"):
            assert found_in(published, str(path)) == []
    assert found_in(published, "geheim-kanarek") == []


def test_looks_for_birth_numbers_e_mails_and_phones_by_their_form(published: Published) -> None:
    """Not only for those he knows."""
    forms = {
        "birth number": r"(?<!\d)\d{2}[0156]\d[0-3]\d/\d{3,4}(?!\d)",
        "e-mail": r"(?<![\w.+-])[\w.+-]{2,64}@[\w-]{1,64}\.[a-z]{2,8}",
        "phone": r"\+420[\s\u00a0]?\d{3}[\s\u00a0]?\d{3}[\s\u00a0]?\d{3}",
    }
    hits = [
        (kind, where, match)
        for kind, form in forms.items()
        for where, text in published.layers
        # Letters of a font in Base64 are no text; what they hold is a layer of its own.
        if "latin-1" not in where and "(stream)" not in where
        for match in re.findall(form, text)
    ]
    assert hits == []


# --- hashes -------------------------------------------------------------------------------


def hexadecimal(published: Published) -> set[str]:
    """Every run of at least 12 hexadecimal digits that is published."""
    return {
        run.lower()
        for where, text in published.layers
        if "(stream)" not in where
        for run in re.findall(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{12,64}(?![0-9A-Fa-f])", text)
    }


def hashes_of(guess: bytes) -> Iterator[str]:
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(algorithm, guess).hexdigest()
        yield from (digest[:length] for length in (12, 16, 20, 32, 40, 64))


def test_hashes_guesses_of_a_person_and_compares(published: Published) -> None:
    known = hexadecimal(published)
    assert len(known) > 500
    answers = canary_answers().astype("str")
    own = answers[answers["respondent"].eq(RESPONDENT)].iloc[0]
    guesses = {*CANARIES.values(), RESPONDENT, own["remark"], str(WEIGHT)}
    guesses |= {separator.join(own) for separator in (",", ";", "\t", "|", "\x1f", "")}
    guesses |= {f"{RESPONDENT}{sep}{part}" for sep in (",", "|", ":") for part in own}
    for guess in guesses:
        for end in ("", "\n"):
            assert not known & set(hashes_of(f"{guess}{end}".encode()))


def test_hashes_every_answer_that_a_correction_may_hold(published: Published) -> None:
    """A small file of known form: its hash would tell which of the guesses is right."""
    known = hexadecimal(published)
    assert (
        CORRECTION.encode()
        == (published.workspace.studies / "mini" / "corrections.csv").read_bytes()
    )
    for old, new in product(("1", "2", "-9"), repeat=2):
        guess = CORRECTION.replace("helped,2,1", f"helped,{old},{new}").encode()
        assert not known & set(hashes_of(guess))


def test_compares_the_hashes_of_the_manifest_with_the_raw_files(published: Published) -> None:
    known = hexadecimal(published)
    for path in published.workspace.raw("mini").rglob("*"):
        assert not known & set(hashes_of(path.read_bytes()))
    for name in ("estimates.parquet", "weights_people.parquet", "issues.csv"):
        data = (published.study.processed / name).read_bytes()
        assert not known & set(hashes_of(data))


def test_hashes_the_identity_of_a_row_with_each_value_it_may_have(published: Published) -> None:
    """A row's id follows from what the row is about and from nothing else."""
    for row in published.hidden.to_dict("records"):
        own = dict(row)
        for column, code in (("breakdown", "_T"), ("group", "_T"), ("category", "_Z"),
                             ("comparison", "_Z")):  # fmt: skip
            own[column] = "" if own[column] == code else own[column]
        identity = "\x1f".join(own[column] for column in IDENTITY)
        assert hashlib.sha256(identity.encode()).hexdigest()[:12] == row["row_id"]
        for count in range(2 * SIZE + 1):
            for part in (str(count), f"{count / (2 * SIZE):.3f}"):
                guess = f"{identity}\x1f{part}".encode()
                assert hashlib.sha256(guess).hexdigest()[:12] != row["row_id"]


# --- what hidden rows say ----------------------------------------------------------------


def test_reads_standard_errors_sizes_and_design_effects_of_hidden_rows(
    published: Published,
) -> None:
    """Back to the share from its error, interval, effective size or p-value."""
    assert len(published.hidden) > 50
    assert published.hidden[FIGURES].isna().all(axis=None)
    assert published.hidden[["interval_method", "precision", "notes"]].eq("").all(axis=None)


def test_tells_small_counts_from_those_that_only_hide_them(published: Published) -> None:
    """By a state, a mark, a word or an empty cell that only one of the two kinds has."""
    truth = published.truth.set_index("row_id")
    count, n = truth["count"], truth["n"]
    small = set(truth.index[count.between(1, 4) | count.eq(n)]) & set(published.hidden["row_id"])
    others = set(published.hidden["row_id"]) - small
    assert small and others
    said = [column for column in published.hidden if column not in ("row_id", *IDENTITY, "unit",
            "base_label")]  # fmt: skip
    by_id = published.hidden.set_index("row_id")[[c for c in said if c != "row_id"]].fillna("")
    kinds = [set(by_id.loc[sorted(ids)].itertuples(index=False, name=None))
             for ids in (small, others)]  # fmt: skip
    assert kinds[0] == kinds[1]
    for word in ("suppressed_complementary", "complementary"):
        assert found_in(published, word) == []


def test_tells_everybody_from_few(published: Published) -> None:
    """All of a group gave the sensitive answer: its row says what a row of three people says."""
    truth = published.truth
    all_of = truth[truth["indicator"].eq("V1") & truth["comparison"].eq("")
                   & truth["count"].eq(truth["n"])]  # fmt: skip
    assert len(all_of) == 2
    assert set(all_of["row_id"]) <= set(published.hidden["row_id"])


def test_looks_which_rows_are_absent_rather_than_empty(published: Published) -> None:
    """What rows there are follows from the plan: every indicator has the same groups everywhere."""
    by_area: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for row in published.rows.to_dict("records"):
        key = tuple(row[name] for name in ("indicator", "category", "breakdown", "group",
                                           "comparison", "statistic"))  # fmt: skip
        by_area[row["area"]].add(key)
    areas = [by_area[district] for district in DISTRICTS]
    assert all(own == areas[0] for own in areas)
    # The whole has all but the comparisons with the rest of itself.
    assert by_area["mini"] == {key for key in areas[0] if key[4] == "_Z"}


def test_reads_the_order_of_rows(published: Published) -> None:
    """Rows and sheets are sorted by what they are about, never by what they hide."""
    keys = ["sample", "indicator", "category", "level", "area", "breakdown", "group",
            "comparison", "statistic"]  # fmt: skip
    rows = published.rows[keys].apply(tuple, axis=1).tolist()
    assert rows == sorted(rows)
    for language in LANGUAGES:
        orders = [_sheet_order(published, language, stem) for stem in
                  ("d1-prvni", "d2-druhy", "d3-treti", "d4-ctvrty")]  # fmt: skip
        assert len(orders[0]) > 50 and all(order == orders[0] for order in orders)


def _sheet_order(published: Published, language: str, stem: str) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(published.folder / language / "annex" / f"{stem}.xlsx")
    return [row[:4] for row in book.worksheets[1].iter_rows(min_row=5, values_only=True)
            if row[3]]  # fmt: skip


# --- arithmetic ---------------------------------------------------------------------------

Cell = tuple[str, str, str]


def shares(published: Published, indicator: str = "V1") -> dict[Cell, float]:
    """Published shares of an indicator by area, breakdown and group; NaN where hidden."""
    rows = published.rows[
        published.rows["indicator"].eq(indicator)
        & published.rows["category"].isin(["_Z", "1"])
        & published.rows["comparison"].eq("_Z")
    ]
    return {
        (area, breakdown, group): estimate
        for area, breakdown, group, estimate in rows[
            ["area", "breakdown", "group", "estimate"]
        ].itertuples(index=False)
    }


def hidden_cells(cells: dict[Cell, float]) -> set[Cell]:
    return {cell for cell, share in cells.items() if np.isnan(share)}


def alone(cells: dict[Cell, float], relation: Iterable[Cell]) -> list[Cell]:
    """The only hidden cell of a sum; it could be worked out from the others."""
    hidden = [cell for cell in relation if np.isnan(cells[cell])]
    return hidden if len(hidden) == 1 else []


@pytest.mark.parametrize("indicator", ["V1", "V2", "V5"])
def test_subtracts_the_shown_areas_from_the_region(published: Published, indicator: str) -> None:
    cells = shares(published, indicator)
    assert hidden_cells(cells)
    groups = {(breakdown, group) for _, breakdown, group in cells}
    for breakdown, group in groups:
        places = [(area, breakdown, group) for area in ("mini", *DISTRICTS)]
        assert alone(cells, places) == []


@pytest.mark.parametrize("indicator", ["V1", "V2", "V5"])
def test_subtracts_the_shown_groups_from_the_total(published: Published, indicator: str) -> None:
    cells = shares(published, indicator)
    by_breakdown: dict[str, set[str]] = defaultdict(set)
    for _, breakdown, group in cells:
        by_breakdown[breakdown].add(group)
    for area in ("mini", *DISTRICTS):
        for breakdown, groups in by_breakdown.items():
            if breakdown != "_T":
                relation = [(area, "_T", "_T"), *((area, breakdown, one) for one in groups)]
                assert alone(cells, relation) == []


def test_subtracts_narrow_age_groups_from_wide_ones(published: Published) -> None:
    cells = shares(published)
    for area in ("mini", *DISTRICTS):
        narrow = [(area, "age_group", group) for group in ("15-39", "40-64")]
        assert alone(cells, [(area, "age_wide", "15-64"), *narrow]) == []
        assert alone(cells, [(area, "age_group", "65+"), (area, "age_wide", "65+")]) == []


def test_reads_the_hidden_share_from_its_complement(published: Published) -> None:
    """Yes from no, and the answer from the question's own distribution."""
    yes, no, own = (shares(published, indicator) for indicator in ("V1", "V2", "V5"))
    assert hidden_cells(yes) == hidden_cells(no) == hidden_cells(own)


def test_reads_the_hidden_share_from_its_difference_to_the_rest(published: Published) -> None:
    """The area less the others, where the region is shown, gives the area."""
    rest = published.rows[published.rows["comparison"].eq("rest")]
    differences = {
        (row["indicator"], row["area"], row["breakdown"], row["group"]): row["estimate"]
        for row in rest.to_dict("records")
        if row["indicator"] in ("V1", "V2")
    }
    assert differences
    for (indicator, area, breakdown, group), difference in differences.items():
        if np.isnan(shares(published, indicator)[area, breakdown, group]):
            assert np.isnan(difference)


def test_reads_a_hidden_count_from_the_base_of_those_concerned(published: Published) -> None:
    """The base of an indicator of those who get help is the count of those who do."""
    counts = published.rows[published.rows["indicator"].eq("V4")]
    cells = shares(published)
    shown = counts[counts["n"].notna()]
    assert len(shown)
    for row in shown.to_dict("records"):
        assert not np.isnan(cells[row["area"], row["breakdown"], row["group"]])


def test_solves_all_published_sums_together(published: Published) -> None:
    """A linear programme of counts by area, sex and age over every shown share.

    He knows that forty people are in each cell, that whoever finds the help enough gets
    help, and takes a weight of 1 for everybody, with the slack that the one other weight
    leaves.
    """
    cells, enough = shares(published), shares(published, "V3")
    assert hidden_cells(cells)
    for cell in sorted(hidden_cells(cells)):
        low, high = _range_of(cell, cells, enough)
        true = _true_count(published, cell)
        assert low - 1e-6 <= true <= high + 1e-6, (cell, low, high)
        values = np.floor(high + 1e-6) - np.ceil(low - 1e-6) + 1
        assert values >= WIDTH, (cell, low, high, true)


ATOMS = list(product(DISTRICTS, SEXES, AGES))


def _members(cell: Cell) -> np.ndarray:
    area, breakdown, group = cell
    return np.array(
        [
            area in (district, "mini")
            and (
                breakdown == "_T"
                or (breakdown == "sex" and group == sex)
                or (breakdown == "age_group" and group == ages)
                or (breakdown == "age_wide" and (group == "65+") == (ages == "65+"))
            )
            for district, sex, ages in ATOMS
        ],
        dtype=float,
    )


def _range_of(
    cell: Cell, cells: dict[Cell, float], enough: dict[Cell, float]
) -> tuple[float, float]:
    """The least and the greatest count of a cell that agree with everything shown.

    The unknowns are those who get help and those who find it enough, in each cell of forty.
    """
    size = len(ATOMS)
    rows, bounds = [], []
    for block, shown in enumerate((cells, enough)):
        for place, share in shown.items():
            if np.isnan(share):
                continue
            members = _members(place)
            people = members.sum() * SIZE
            slack = people * 0.0005 + 1.0
            row = np.zeros(2 * size)
            row[block * size : (block + 1) * size] = members
            rows += [row, -row]
            bounds += [share * people + slack, -(share * people - slack)]
    for place in range(size):
        row = np.zeros(2 * size)
        row[place], row[size + place] = -1.0, 1.0
        rows.append(row)
        bounds.append(0.0)
    target = np.concatenate([_members(cell), np.zeros(size)])
    limits = []
    for sign in (1.0, -1.0):
        found = linprog(sign * target, A_ub=np.array(rows), b_ub=np.array(bounds),
                        bounds=(0, SIZE))  # fmt: skip
        assert found.status == 0
        limits.append(sign * found.fun)
    return limits[0], limits[1]


def _true_count(published: Published, cell: Cell) -> float:
    area, breakdown, group = ("" if part == "_T" else part for part in cell)
    truth = published.truth
    found = truth[
        truth["indicator"].eq("V1") & truth["comparison"].eq("") & truth["area"].eq(area)
        & truth["breakdown"].eq(breakdown) & truth["group"].eq(group)
    ]  # fmt: skip
    return float(found["count"].iloc[0])


def test_works_out_a_weight_from_effective_sizes(published: Published) -> None:
    """Two bases that differ by the person with the odd weight: what is left is her weight.

    n² / n_effective is the sum of squared weights when their mean is 1; rounded as published,
    the sums leave room for many weights between 1 and 5.
    """
    rows = published.rows[published.rows["n_effective"].notna() & published.rows["n"].notna()]
    own = rows[rows["area"].eq("d1")]
    assert len(own)
    found = []
    for n, effective in own[["n", "n_effective"]].drop_duplicates().itertuples(index=False):
        low, high = (n**2 / (effective + end) for end in (0.5, -0.5))
        # All others weigh 1: the square of the one weight, before the mean is taken out.
        found.append((low - (n - 1), high - (n - 1)))
    narrowest = min(high - low for low, high in found)
    assert narrowest > 0.9
    digits = re.compile(r"1[.,]739")
    hits = [where for where, text in published.layers
            if "(stream)" not in where and "latin-1" not in where and "font" not in where
            and digits.search(re.sub(r"[dD]=\"[^\"]*\"", "", text))]  # fmt: skip
    assert hits == []


# --- what is drawn, spoken and computed from hidden rows ----------------------------------


@pytest.fixture(scope="module")
def forgetful(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The study as if the gate had marked hidden rows but forgotten to empty them."""
    root = tmp_path_factory.mktemp("forgetful")
    shutil.copytree(published.workspace.studies, root / "studies")
    shutil.copytree(published.root / "data", root / "data")
    path = root / "data" / "processed" / "mini" / "released.parquet"
    released = pd.read_parquet(path)
    truth = published.truth.set_index("row_id")
    for column in (*FIGURES, "interval_method", "notes"):
        hidden = released["release"].isin(STATES)
        released.loc[hidden, column] = released.loc[hidden, "row_id"].map(truth[column])
    assert released.loc[released["release"].isin(STATES), "estimate"].notna().all()
    released.to_parquet(path)
    return Workspace(root)


def _written(workspace: Workspace, area: str, language: str) -> dict[str, bytes]:
    study = open_study("mini", workspace)
    content = report_content(open_report(REPORT, study, area, language).blocks())
    annex = workbook(study, area, language)
    return {
        "html": render_html(content).encode(),
        "xlsx": render_xlsx(content),
        "pdf": render_pdf(content),
        "annex": render_tables(annex.document, annex.tables),
        "blocks": json.dumps([one.block.to_json() for one in content.elements]).encode(),
    }


@pytest.mark.parametrize(("area", "language"), [("d1", "cs"), ("d3", "en"), ("mini", "cs")])
def test_measures_bars_dots_axes_ranks_and_alternative_texts(
    published: Published, forgetful: Workspace, area: str, language: str
) -> None:
    """Nothing drawn, ranked, worded or spoken depends on a hidden value, not even its scale.

    With the hidden values in the rows, every byte of every format is the same as without.
    """
    without = _written(published.workspace, area, language)
    with_values = _written(forgetful, area, language)
    differing = [name for name, data in without.items() if with_values[name] != data]
    assert differing == []


def test_reads_open_data_that_the_gate_did_not_empty(
    published: Published, forgetful: Workspace
) -> None:
    """The open data of rows that are marked but not emptied are the same."""
    before = open_data_files(published.study)
    assert open_data_files(open_study("mini", forgetful)) == before


@pytest.mark.parametrize("language", LANGUAGES)
def test_listens_to_what_a_screen_reader_says(published: Published, language: str) -> None:
    """Alternative texts and unseen texts name no number that no shown row has."""
    shown = published.rows[published.rows["estimate"].notna()]
    numbers = {
        f"{value * scale:.0f}"
        for column in ("estimate", "ci_low", "ci_high")
        for value in shown[column].abs()
        for scale in (1, 100)
    }
    for path in (published.folder / language / REPORT).glob("*.html"):
        root = page(path.read_text(encoding="utf-8"))
        texts = [node.attributes["alt"] for node in root.all("img")]
        assert texts
        for text in texts:
            percent = re.findall(r"(\d+)[\u00a0 ]?%", text)
            assert set(percent) <= numbers


# --- workbooks ----------------------------------------------------------------------------


def workbooks(published: Published) -> list[Path]:
    found = sorted(published.folder.rglob("*.xlsx"))
    assert len(found) == 16
    return found


def test_unhides_sheets_rows_and_columns(published: Published) -> None:
    for path in workbooks(published):
        book = openpyxl.load_workbook(path)
        assert not book.defined_names or all("_FilterDatabase" in n for n in book.defined_names)
        for one in book:
            assert one.sheet_state == "visible"
            assert not any(dimension.hidden for dimension in one.column_dimensions.values())
            assert not any(dimension.hidden for dimension in one.row_dimensions.values())


def test_opens_comments_formulas_links_and_caches_of_a_workbook(published: Published) -> None:
    parts = ("comments", "externalLink", "pivot", "calcChain", "queryTable", "connections",
             "vbaProject", "printerSettings", "persons", "threadedComments")  # fmt: skip
    for path in workbooks(published):
        with ZipFile(path) as archive:
            names = archive.namelist()
            assert not [name for name in names for part in parts if part in name]
            assert archive.comment == b""
            for name in names:
                data = archive.read(name)
                assert b"<f>" not in data and b"<!--" not in data


def test_reads_number_formats_and_styles_of_hidden_cells(published: Published) -> None:
    """All hidden cells of a column look alike, and no format holds a number of its own."""
    for path in workbooks(published):
        book = openpyxl.load_workbook(path)
        for one in book:
            looks: dict[int, set[int]] = defaultdict(set)
            for row in one.iter_rows():
                for cell in row:
                    if cell.value == "•":
                        looks[cell.column].add(cell.style_id)
                        assert cell.number_format == "General"
                    assert not re.search(r"[1-9]", cell.number_format)
            assert all(len(styles) == 1 for styles in looks.values())


def test_takes_every_number_of_the_annex_for_a_hidden_one(published: Published) -> None:
    """A row of a sheet whose row id is hidden holds no number of its own."""
    hidden = set(published.hidden["row_id"])
    seen = 0
    for language in LANGUAGES:
        for path in (published.folder / language / "annex").glob("d*.xlsx"):
            sheet = openpyxl.load_workbook(path).worksheets[1]
            rows = list(sheet.iter_rows(values_only=True))
            head = next(place for place, row in enumerate(rows) if row[0] in
                        ("Ukazatel", "Indicator"))  # fmt: skip
            for row in rows[head + 1 :]:
                if row[-1] in hidden:
                    seen += 1
                    assert row[6:10] == ("•", "•", "•", "•")
                    # The difference from the rest would tell as much as the value.
                    assert not isinstance(row[12], int | float)
    assert seen > 50


# --- files, their dates and what surrounds them -------------------------------------------


def test_reads_dates_and_names_in_the_files(published: Published) -> None:
    """No clock, no user, no machine: in zip entries, properties, PDF and notebooks."""
    for path in workbooks(published):
        with ZipFile(path) as archive:
            assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            core = archive.read("docProps/core.xml").decode()
            assert set(re.findall(r"\d{4}-\d{2}-\d{2}", core)) == {"2020-02-01"}
            assert (
                "lastModifiedBy></" in core
                or "lastModifiedBy/>" in core
                or ("lastModifiedBy" not in core)
            )
    for path in published.folder.rglob("*.pdf"):
        with pikepdf.open(path) as document:
            dates = {str(value) for key, value in document.docinfo.items() if "Date" in key}
            assert all(date.startswith("D:20200201") for date in dates)


def test_recovers_earlier_versions_from_a_pdf(published: Published) -> None:
    """One version only, without attachments, layers, scripts or notes."""
    for path in published.folder.rglob("*.pdf"):
        data = path.read_bytes()
        assert data.count(b"%%EOF") == 1
        with pikepdf.open(path) as document:
            assert not document.attachments
            for key in ("/OCProperties", "/AA", "/OpenAction", "/AcroForm", "/Collection"):
                assert key not in document.Root
            names = document.Root.get("/Names", pikepdf.Dictionary())
            assert "/JavaScript" not in names and "/EmbeddedFiles" not in names
            kinds = {str(note.get("/Subtype")) for one in document.pages
                     for note in one.get("/Annots", ())}  # fmt: skip
            assert kinds <= {"/Link"}


def test_reads_metadata_parameters_and_outputs_of_notebooks(published: Published) -> None:
    found = sorted(published.folder.rglob("*.ipynb"))
    assert len(found) == 6
    for path in found:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        assert notebook["metadata"].keys() == {"kernelspec", "language_info"}
        for cell in notebook["cells"]:
            assert set(cell["metadata"]) <= {"tags"}
            assert not cell.get("attachments")
            for output in cell.get("outputs", ()):
                assert output["output_type"] == "display_data" and not output["metadata"]
            if "injected-parameters" in cell["metadata"].get("tags", ()):
                names = set(re.findall(r"^(\w+) =", cell["source"], re.MULTILINE))
                assert names == {"study", "area", "language"}


def test_looks_for_comments_and_hidden_elements_in_pages(published: Published) -> None:
    for path in published.folder.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert "<!--" not in text.replace("<!doctype", "")
        root = page(text)
        for node in root.walk():
            if node.attributes.get("id") == "search":
                # The search of the index, which its script shows; it holds words only.
                assert path.name == "index.html" and not node.text.strip(" \n0123456789")
                continue
            assert "hidden" not in node.attributes and not any(
                name.startswith("data-") and name not in ("data-origin", "data-about")
                for name in node.attributes
            )


def test_looks_for_leftovers_beside_the_reports(published: Published) -> None:
    """Staging folders, caches, checkpoints, logs, editor files."""
    names = {path.name for path in published.workspace.root.joinpath("reports").rglob("*")}
    assert not [name for name in names if name.startswith((".", "~", "_"))]
    assert not [name for name in names
                if name.endswith((".pyc", ".log", ".tmp", ".parquet", ".bak"))]  # fmt: skip
    confidential = {path.read_bytes() for path in published.study.processed.iterdir()}
    assert not [path for path in published.folder.rglob("*")
                if path.is_file() and path.read_bytes() in confidential]  # fmt: skip


def test_reads_the_manifest_for_more_than_sizes_and_hashes(published: Published) -> None:
    manifest = json.loads((published.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["ingredients"]["raw/people.csv"] == "not published"
    assert manifest["ingredients"]["definitions/corrections.csv"] == "not published"
    assert manifest["run"]["release"]["audit"]["recoverable"] == 0
    assert "weights" not in json.dumps(manifest) and "respondent" not in json.dumps(manifest)


def test_compares_the_sizes_of_files(published: Published, forgetful: Workspace) -> None:
    """A page is as long whatever it hides."""
    for area in ("d2", "d4"):
        sizes = [
            {name: len(data) for name, data in _written(place, area, "cs").items()}
            for place in (published.workspace, forgetful)
        ]
        assert sizes[0] == sizes[1]


def test_finds_small_groups_of_refusals_in_the_methods(published: Published) -> None:
    """No table of the methods counts one to four people who kept a sensitive answer back."""
    record = json.loads((published.study.processed / "run_record.json").read_text())
    missing = {one["question"]: one for one in record["samples"]["people"]["missing"]}
    shown = missing.get("helped", {"dont_know": 0, "refused": 0})
    assert not 1 <= shown["dont_know"] <= 4 and not 1 <= shown["refused"] <= 4


# --- what the workbench prints ------------------------------------------------------------


def said(text: str) -> list[str]:
    """The canaries that a printed text holds."""
    return [name for name, canary in CANARIES.items() if canary.casefold() in text.casefold()]


def test_reads_the_log_of_the_build(published: Published) -> None:
    assert "reports made" in published.printed
    assert said(published.printed) == []


def test_asks_needs_explain_for_a_hidden_number(published: Published) -> None:
    for indicator, area in (("V1", "d1"), ("V5/1", "d1"), ("V4", "d2"), ("K1/a", "d3")):
        result = needs(published.root, "explain", "mini", indicator, "--area", area)
        assert said(result.stdout + result.stderr) == []
    study = open_study("mini", published.workspace)
    from analysis.presentation.study_results import StudyResults

    results = StudyResults(study)
    table = results.table("V1", by="age_group", area="d1")
    hidden = set(published.hidden["row_id"])
    own = table.frame[table.frame["row_id"].isin(hidden)]
    assert len(own) == 3 and own[["estimate", "ci_low", "ci_high", "n"]].isna().all(axis=None)
    texts = {cell.text for row in table.block.rows for cell in row}
    for row in own.to_dict("records"):
        true = published.truth.set_index("row_id").loc[row["row_id"], "estimate"]
        assert f"{100 * true:.1f}".replace(".", ",") not in texts


@pytest.fixture
def copy(published: Published, tmp_path: Path) -> Workspace:
    """The whole workspace, for attacks that break something."""
    shutil.copytree(published.root, tmp_path, dirs_exist_ok=True)
    return Workspace(tmp_path)


def test_makes_a_report_fail_and_reads_why(copy: Workspace) -> None:
    (copy.root / "broken-d2").touch()
    before = (copy.reports("mini") / "cs" / REPORT / "d2-druhy.html").read_bytes()
    result = needs(copy.root, "report", "mini", "--kind", REPORT, "--area", "d2", "--workers", "1")
    assert result.returncode == 1 and "this area is broken" in result.stderr
    printed = result.stdout + result.stderr
    assert said(printed) == [] and "Traceback" not in printed
    assert (copy.reports("mini") / "cs" / REPORT / "d2-druhy.html").read_bytes() == before


def _spoil_sex(frame: pd.DataFrame, place: int) -> None:
    frame.loc[place, "sex"] = NAME


def _spoil_age(frame: pd.DataFrame, place: int) -> None:
    frame["age"] = frame["age"].astype("str")
    frame.loc[place, "age"] = BIRTH_NUMBER


def _spoil_weight(frame: pd.DataFrame, place: int) -> None:
    frame.loc[place, "weight"] = E_MAIL


def _spoil_district(frame: pd.DataFrame, place: int) -> None:
    frame.loc[place, "district"] = PHONE


def _double(frame: pd.DataFrame, place: int) -> None:
    frame.loc[(place + 1) % len(frame), "respondent"] = RESPONDENT


@pytest.mark.parametrize("spoil", [_spoil_sex, _spoil_age, _spoil_weight, _spoil_district, _double])
def test_reads_published_files_after_answers_that_cannot_be_read(
    copy: Workspace, spoil: Callable[[pd.DataFrame, int], None]
) -> None:
    """Whatever stands in the wrong column reaches no log of a run and no published file."""
    frame = canary_answers()
    place = int(frame.index[frame["respondent"].eq(RESPONDENT)][0])
    spoil(frame, place)
    frame.to_csv(copy.raw("mini") / "people.csv", index=False)
    result = needs(copy.root, "run", "mini")
    assert said(result.stdout + result.stderr) == []
    if result.returncode == 0:
        study = open_study("mini", copy)
        annex = workbook(study, "d1", "cs")
        files = {**open_data_files(study), "d1": render_tables(annex.document, annex.tables)}
        for name, data in files.items():
            for where, text in layers(name, data):
                assert said(text) == [], where

"""A household survey that knows nothing of this workbench, from its files to its reports.

`studies/msna-somalia-2018` beside this file holds definitions only. The answers, the KoBo form
and the sampling frame are open data of REACH / IMPACT that may lie beside the project.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.build import BuildResult, render_reports
from analysis.errors import WorkbenchError
from analysis.indicators.estimating import SampleResult, estimate_study
from analysis.run import RunOutcome, run_study
from analysis.sources.survey import read_sample
from analysis.study import Study, open_study
from analysis.validation.clean import validate
from analysis.variables import with_derived_variables
from analysis.weighting.sample import weight_sample
from analysis.workspace import Workspace

STUDY = "msna-somalia-2018"
DEFINITIONS = Path(__file__).parent / "studies" / STUDY
PACKAGE = Path(__file__).parent.parent / "analysis"
DATA = Path("data") / "surveys" / "msna_somalia_2018"
GROUPS = ("host", "IDP")
NAMES = {"host": "Host community", "IDP": "Internally displaced people"}


# --- the study, run once --------------------------------------------------------------------


def workspace_at(root: Path, shared: Path, answers: pd.DataFrame | None = None) -> Workspace:
    """A workspace with the study; other answers beside the same form where some are given."""
    shutil.copytree(DEFINITIONS, root / "studies" / STUDY)
    (root / "studies" / "catalogues").mkdir()
    raw = root / "data" / "raw" / STUDY
    raw.mkdir(parents=True)
    for path in (shared / DATA).glob("*.csv"):
        if answers is None or path.name != "data.csv":
            (raw / path.name).symlink_to(path)
    if answers is not None:
        answers.to_csv(raw / "data.csv", index=False, encoding="cp1252")
    return Workspace(root)


@dataclass(frozen=True)
class Made:
    """What a run and a build left behind."""

    study: Study
    run: RunOutcome
    build: BuildResult

    @property
    def estimates(self) -> pd.DataFrame:
        return pd.read_parquet(self.study.processed / "estimates.parquet")

    @property
    def released(self) -> pd.DataFrame:
        return pd.read_parquet(self.study.processed / "released.parquet")

    @property
    def issues(self) -> pd.DataFrame:
        return pd.read_csv(self.study.processed / "issues.csv", keep_default_na=False)

    def published(self, ending: str) -> list[Path]:
        folder = self.study.workspace.reports(STUDY)
        return sorted((folder / "en" / "needs").glob(f"*.{ending}"))


@pytest.fixture(scope="module")
def made(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    workspace = workspace_at(tmp_path_factory.mktemp("msna"), shared)
    run = run_study(open_study(STUDY, workspace))
    return Made(run.study, run, render_reports(run.study, workers=2))


@pytest.fixture(scope="module")
def raw(shared: Path) -> pd.DataFrame:
    """The answers as they stand in the file."""
    return pd.read_csv(
        shared / DATA / "data.csv", dtype=str, keep_default_na=False, encoding="cp1252"
    )


@pytest.fixture(scope="module")
def form(shared: Path) -> pd.DataFrame:
    """The questions of the form as they stand in the file."""
    return pd.read_csv(
        shared / DATA / "kobo_survey.csv", dtype=str, keep_default_na=False, encoding="cp1252"
    )


# --- the same indicators by pandas alone ----------------------------------------------------

Values = dict[str, pd.Series]
_BLANK = ("", "NA")


def is_one_of(
    raw: pd.DataFrame, question: str, *answers: str, without: Iterable[str] = ()
) -> Values:
    """1 or 0 for all who gave an answer other than those left out."""
    given = raw[question]
    known = ~given.isin([*_BLANK, *without])
    return {"": given.isin(answers).astype(float).where(known)}


def each_answer(raw: pd.DataFrame, question: str) -> Values:
    given = raw[question]
    known = ~given.isin(_BLANK)
    return {
        answer: (given == answer).astype(float).where(known) for answer in given[known].unique()
    }


def each_choice(raw: pd.DataFrame, question: str, *, some: bool = True) -> Values:
    """The 0/1 columns of a question; ``some``: only of those who chose something."""
    columns = [name for name in raw if name.startswith(question + ".")]
    meaning = {"TRUE": 1.0, "1": 1.0, "FALSE": 0.0, "0": 0.0}
    chosen = raw[columns].apply(lambda column: column.map(meaning))
    if some:
        chosen = chosen.where(chosen.sum(axis=1) > 0)
    # R made a full stop of the hyphen of one name.
    names = [name[len(question) + 1 :].replace("not.f", "not-f") for name in columns]
    return dict(zip(names, (chosen[column] for column in columns), strict=True))


def members(raw: pd.DataFrame) -> Values:
    columns = [name for name in raw if re.match(r"(fe)?males_\d", name)]
    assert len(columns) == 16
    return {"": raw[columns].apply(pd.to_numeric, errors="coerce").sum(axis=1)}


BY_PANDAS: dict[str, Callable[[pd.DataFrame], Values]] = {
    "HH01": members,
    "HH02": lambda raw: each_answer(raw, "primary_source"),
    "HH03": lambda raw: is_one_of(raw, "lost_sources", "yes"),
    "HH04": lambda raw: each_choice(raw, "livelihood_coping", some=False),
    "FS01": lambda raw: is_one_of(raw, "food_now", "yes", without=["dontknow"]),
    "FS02": lambda raw: each_answer(raw, "FCS_ranking"),
    "FS03": lambda raw: each_answer(raw, "HHS_ranking"),
    "WS01": lambda raw: is_one_of(raw, "adequate_water", "yes"),
    "WS02": lambda raw: is_one_of(raw, "water_dist", "under_30_minutes", without=["dontknow"]),
    "WS03": lambda raw: is_one_of(raw, "water_treat", "yes"),
    "WS04": lambda raw: is_one_of(raw, "soap_access", "yes_saw", "yes_no_evidence"),
    "WS05": lambda raw: each_answer(raw, "latrine_access"),
    "HS01": lambda raw: is_one_of(raw, "health_access", "yes"),
    "HS02": lambda raw: each_choice(raw, "no_health_access", some=False),
    "HS03": lambda raw: is_one_of(raw, "chw_visit", "yes", without=["dontknow"]),
    "SH01": lambda raw: each_answer(raw, "type_shelter"),
    "SH02": lambda raw: is_one_of(raw, "shelter_damage", "yes"),
    "SH03": lambda raw: is_one_of(raw, "shelter_lock", "yes"),
    "SH04": lambda raw: is_one_of(raw, "light_night", "yes"),
    "ND01": lambda raw: each_choice(raw, "priority_needs"),
    "AS01": lambda raw: is_one_of(raw, "received_assistance", "yes"),
    "IN01": lambda raw: is_one_of(raw, "info_received", "yes"),
    "IN02": lambda raw: each_choice(raw, "info_channels"),
    "IN03": lambda raw: each_choice(raw, "trusted_info_sources"),
    "IN04": lambda raw: each_choice(raw, "information_needs"),
    "IN05": lambda raw: is_one_of(raw, "access_radio", "yes"),
    "IN06": lambda raw: is_one_of(raw, "access_phone", "yes"),
    "PR01": lambda raw: is_one_of(raw, "hh_insecurity", "yes", without=["dontknow"]),
    "PR02": lambda raw: is_one_of(raw, "not_safe_women_girls", "yes", without=["dontknow"]),
    "PR03": lambda raw: is_one_of(raw, "not_safe_men_boys", "yes", without=["dontknow"]),
    "PR04": lambda raw: is_one_of(
        raw, "relations_host", "very_good", "good", without=["dnk", "no_answer"]
    ),
}


def weighted_means(raw: pd.DataFrame) -> pd.DataFrame:
    """Every indicator in every group and in both together, with n: pandas and nothing else."""
    weight = raw["weights_"].astype(float)
    places = {STUDY: weight > 0, **{group: raw["population_group"] == group for group in GROUPS}}
    rows = []
    for code, values_of in BY_PANDAS.items():
        for category, values in values_of(raw).items():
            for area, inside in places.items():
                value, own = values[inside & values.notna()], weight[inside & values.notna()]
                mean = (value * own).sum() / own.sum()
                rows.append((code, category, area, mean, len(value), value.sum()))
    columns = ["indicator", "category", "area", "mean", "people", "yes"]
    return pd.DataFrame(rows, columns=columns)


def compared(estimates: pd.DataFrame, raw: pd.DataFrame) -> pd.DataFrame:
    """Own estimates beside those of pandas; an answer that nobody gave has none there."""
    levels = estimates[estimates["comparison"] == ""]
    both = levels.merge(weighted_means(raw), on=["indicator", "category", "area"], how="left")
    given = both.groupby("indicator")["people"].transform("max")
    assert given.notna().all(), "an indicator is not computed by pandas"
    never_given = both["people"].isna()
    assert (both.loc[never_given, "estimate"] == 0).all(), "a category is not computed by pandas"
    return both[~never_given]


def test_weighted_shares_and_means_are_those_of_pandas(made: Made, raw: pd.DataFrame) -> None:
    estimates = made.estimates
    assert set(estimates["indicator"]) == set(BY_PANDAS)
    both = compared(estimates, raw)
    np.testing.assert_allclose(both["estimate"], both["mean"], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(both["n"], both["people"])
    shares = both[both["statistic"] == "share"]
    np.testing.assert_array_equal(shares["count"], shares["yes"])
    assert len(shares) == 340 and len(both) == 343
    assert set(both["area"]) == {*GROUPS, STUDY}


def test_differences_between_the_groups_are_those_of_pandas(made: Made, raw: pd.DataFrame) -> None:
    estimates = made.estimates
    differences = estimates[estimates["comparison"] == "rest"]
    means = weighted_means(raw).pivot_table(
        index=["indicator", "category"], columns="area", values="mean"
    )
    own = differences.join(means, on=["indicator", "category"]).dropna(subset=["host"])
    expected = np.where(own["area"] == "host", 1, -1) * (own["host"] - own["IDP"])
    np.testing.assert_allclose(own["estimate"], expected, rtol=0, atol=1e-9)
    assert len(own) > 150


# --- variance with strata, clusters and the weights as given --------------------------------

R_SURVEY = """
suppressMessages(library(survey))
options(survey.lonely.psu = "adjust", digits = 17)
d <- read.csv(commandArgs(TRUE)[1])
design <- svydesign(ids = ~cluster, strata = ~stratum, weights = ~weight, data = d)
for (y in grep("^y_", names(d), value = TRUE)) {
  known <- subset(design, !is.na(d[[y]]))
  formula <- as.formula(paste0("~", y))
  say <- function(area, value, error, df)
    cat(y, area, format(value), format(error), format(df), sep = ",", fill = TRUE)
  for (area in c("", "host", "IDP")) {
    domain <- if (area == "") known else subset(known, group == area)
    mean <- svymean(formula, domain)
    say(area, coef(mean), SE(mean), degf(domain))
  }
  both <- svyby(formula, ~group, known, svymean, covmat = TRUE)
  difference <- svycontrast(both, c(host = 1, IDP = -1))
  say("difference", coef(difference), SE(difference), NA)
}
"""


def r_results(raw: pd.DataFrame, codes: Iterable[tuple[str, str]], folder: Path) -> pd.DataFrame:
    """Means and standard errors by R's survey package; skips where there is none."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("needs R with the package survey")
    columns = {f"y_{code}_{category}": BY_PANDAS[code](raw)[category] for code, category in codes}
    design = {
        "group": raw["population_group"],
        "weight": raw["weights_"].astype(float),
        "stratum": raw["unidstrata"],
        "cluster": raw["unidcluster"],
    }
    pd.DataFrame({**design, **columns}).to_csv(folder / "values.csv", index=False)
    (folder / "survey.R").write_text(R_SURVEY, encoding="utf-8")
    command = [program, "--vanilla", str(folder / "survey.R"), str(folder / "values.csv")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if "there is no package" in done.stderr:
        pytest.skip("needs R's package survey")
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in done.stdout.split()]
    table = pd.DataFrame(rows, columns=["column", "area", "estimate", "standard_error", "df"])
    return table.replace("NA", np.nan).astype(
        {"estimate": float, "standard_error": float, "df": float}
    )


def test_standard_errors_are_those_of_r_survey(
    made: Made, raw: pd.DataFrame, tmp_path: Path
) -> None:
    codes = [("HH01", ""), ("FS01", ""), ("WS01", ""), ("SH03", ""), ("IN01", ""),
             ("ND01", "food"), ("IN02", "radio"), ("HH02", "day_labour")]  # fmt: skip
    theirs = r_results(raw, codes, tmp_path)
    assert len(theirs) == 4 * len(codes)
    estimates = made.estimates.set_index(["indicator", "category", "area", "comparison"])
    for row in theirs.itertuples():
        _, code, category = str(row.column).split("_", 2)
        place = ("host", "rest") if row.area == "difference" else (row.area or STUDY, "")
        own = estimates.loc[(code, category, *place)]
        assert own["estimate"] == pytest.approx(row.estimate, rel=1e-9)
        assert own["standard_error"] == pytest.approx(row.standard_error, rel=1e-9)
        if row.area != "difference":
            assert own["df"] == row.df


# --- reading --------------------------------------------------------------------------------


def estimated(workspace: Workspace) -> pd.DataFrame:
    """The estimates of the study in a workspace, nothing written."""
    study = open_study(STUDY, workspace)
    validated = validate(study, "households", read_sample(study, "households"))
    frame = with_derived_variables(study, validated.frame)
    weighted = weight_sample(study, "households", frame)
    return estimate_study(study, [SampleResult("households", frame, validated, weighted)])


def test_both_shapes_of_several_answers_give_the_same(
    shared: Path, raw: pd.DataFrame, form: pd.DataFrame, tmp_path: Path
) -> None:
    questions = form.loc[form["type"].str.startswith("select_multiple"), "name"]
    single = {name: [c for c in raw if c.startswith(name + ".")] for name in questions}
    # The one text is blank in 55 rows whose columns are filled: only the others can agree.
    with_texts = raw[raw["priority_needs"] != ""]
    assert len(with_texts) == 135
    as_texts = with_texts.drop(columns=[c for columns in single.values() for c in columns])
    as_columns = with_texts.drop(columns=[name for name in questions if name in with_texts])
    results = [
        estimated(workspace_at(tmp_path / name, shared, answers))
        for name, answers in (("texts", as_texts), ("columns", as_columns))
    ]
    pd.testing.assert_frame_equal(*results, check_exact=True)
    needs = results[0][results[0]["indicator"] == "ND01"]
    assert (needs["n"] > 0).all() and needs["estimate"].gt(0).sum() > 30
    both = compared(results[0], with_texts)
    np.testing.assert_allclose(both["estimate"], both["mean"], rtol=0, atol=1e-9)


def test_latin_1_is_read_as_it_was_meant(made: Made) -> None:
    questionnaire = made.study.questionnaire
    assert questionnaire.choice_label("latrine_access", "dontknow", "en") == (
        "I don't know or don’t want to answer"
    )
    assert questionnaire.choice_label("population_status", "IDP", "en") == "IDP"


def test_what_is_odd_in_the_form_is_a_warning_with_its_row(made: Made, form: pd.DataFrame) -> None:
    issues = made.issues
    ours = issues[issues["file"].str.endswith("kobo_survey.csv")]
    warnings = ours[ours["severity"] == "warning"]
    assert len(warnings) > 10
    assert set(ours["severity"]) == {"warning", "note"}
    assert (warnings["row"] != "").all() and set(warnings["column"]) == {"relevant", "constraint"}
    today = warnings[warnings["what"].str.contains("today")].iloc[0]
    # A spreadsheet counts the header as its first row.
    assert "today()" in form["constraint"].iloc[int(float(today["row"])) - 2]
    assert not (issues["severity"] == "error").any()


def test_a_question_renamed_in_the_data_is_named(
    shared: Path, raw: pd.DataFrame, tmp_path: Path
) -> None:
    answers = raw.rename(columns={"received_assistance": "received_assist"})
    workspace = workspace_at(tmp_path / "renamed", shared, answers)
    with pytest.raises(WorkbenchError) as caught:
        run_study(open_study(STUDY, workspace))
    (issue,) = caught.value.issues
    assert "AS01" in issue.what and "no column received_assistance" in issue.what
    assert Path(str(issue.file)).name == "indicators.csv"
    assert issue.hint == "did you mean received_assist?"
    assert not workspace.processed(STUDY).exists()


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence", "row", "column"),
    [
        ("indicators.csv", "${food_now} = 'yes'", "${food_nov} = 'yes'",
         "there is no question or variable food_nov", 6, "select"),
        ("indicators.csv", "${food_now} = 'yes'", "${food_now} = 'ano'",
         "the list y_n_dk of food_now has no choice ano", 6, "select"),
        ("variables.csv", "'yes_saw'", "'yes_seen'", "has no choice yes_seen", 3, "calculation"),
        ("study.yaml", "- hh_insecurity", "- hh_security", "no question hh_security", None,
         "questionnaire.sensitive"),
        ("study.yaml", "encoding: latin-1\n  #", "encoding: utf-8\n  #",
         "not in the expected encoding", None, None),
    ],
)  # fmt: skip
def test_a_wrong_definition_is_refused_with_its_place(
    shared: Path,
    tmp_path: Path,
    file: str,
    old: str,
    new: str,
    sentence: str,
    row: int | None,
    column: str | None,
) -> None:
    workspace = workspace_at(tmp_path / "wrong", shared)
    path = workspace.studies / STUDY / file
    text = path.read_text(encoding="utf-8")
    assert old in text, "the case does not bend what it means to bend"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WorkbenchError) as caught:
        open_study(STUDY, workspace)
    issue = caught.value.issues[0]
    assert sentence in issue.what
    assert row is None or issue.row == row
    assert column is None or issue.column == column


# --- what is published ----------------------------------------------------------------------


def without_fonts(text: str) -> str:
    """A text without embedded files, in which any letters may stand by chance."""
    return re.sub(r"data:[^\"')\s]{100,}", "", text)


def text_of(path: Path) -> str:
    """All that can be read in a published file."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            return "\n".join(book.read(name).decode(errors="replace") for name in book.namelist())
    if path.suffix == ".pdf":
        # The PDF is written from the same blocks; where poppler is absent the others stand for it.
        if shutil.which("pdftotext") is None:
            return ""
        command = ["pdftotext", str(path), "-"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return without_fonts(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def texts(made: Made) -> dict[Path, str]:
    """The published files and what can be read in them."""
    paths = [path for ending in ("html", "pdf", "xlsx", "ipynb") for path in made.published(ending)]
    index = made.study.workspace.reports(STUDY)
    return {path: text_of(path) for path in [*paths, index / "index.html", index / "manifest.json"]}


def test_each_group_has_a_report(made: Made, texts: dict[Path, str]) -> None:
    assert not made.build.failures
    assert made.build.made == len(GROUPS)
    stems = {"host-host-community", "IDP-displaced-people"}
    for ending in ("html", "pdf", "xlsx", "ipynb"):
        assert {path.stem for path in made.published(ending)} == stems
    for path, text in texts.items():
        own = [name for group, name in NAMES.items() if path.stem.startswith(f"{group}-")]
        if path.suffix != ".pdf" or text:
            assert all(name in text for name in own), path.name


def test_every_row_is_observed_and_no_page_says_modelled(
    made: Made, texts: dict[Path, str]
) -> None:
    assert set(made.released["data_origin"]) == {"observed"}
    assert made.run.record["data_origin"] == "observed"
    manifest = json.loads((made.study.workspace.reports(STUDY) / "manifest.json").read_text())
    assert {report["data_origin"] for report in manifest["reports"]} == {"observed"}
    for path, text in texts.items():
        assert "modelov" not in text.lower() and "modelled" not in text.lower(), path.name
        if path.suffix == ".html" and path.stem != "index":
            assert set(re.findall(r'data-origin="(\w*)"', text)) == {"observed"}


def test_reports_speak_english_only(made: Made, texts: dict[Path, str], shared: Path) -> None:
    choices = pd.read_csv(
        shared / DATA / "kobo_choices.csv", dtype=str, keep_default_na=False, encoding="cp1252"
    )
    english = " ".join(choices["label::English"])
    somali = {text for text in choices["label::Somali"] if len(text) > 8 and text not in english}
    assert len(somali) > 300
    for path, text in texts.items():
        if path.suffix == ".html":
            assert '<html lang="en">' in text
        if path.suffix != ".json":
            assert not re.search("[ěščřžůťďňĚŠČŘŽŮŤĎŇ]", text), path.name
            assert not [label for label in somali if label in text], path.name


def identifying(raw: pd.DataFrame, form: pd.DataFrame) -> set[str]:
    """What belongs to one household: identifiers, times, places, sites, free texts."""
    columns = ["X_uuid", "X_id", "X_submission_time", "start", "end", "today", "settlement",
               "settlement_idp", "Target.Site", "unidcluster", "unidstrata"]  # fmt: skip
    columns += [name for name in form.loc[form["type"] == "text", "name"] if name in raw]
    values = {value.strip() for column in columns for value in raw[column]}
    said = " ".join(form["label"]).casefold()
    return {value for value in values if len(value) > 4 and value.casefold() not in said}


def test_nothing_of_a_single_household_is_published(
    made: Made, raw: pd.DataFrame, form: pd.DataFrame, texts: dict[Path, str]
) -> None:
    canaries = identifying(raw, form)
    assert {"abroone camp", "Cannot afford adequate water", "25167374"} <= canaries
    assert len(canaries) > 900
    for name in ("issues.csv", "run_record.json"):
        path = made.study.processed / name
        texts = {**texts, path: path.read_text(encoding="utf-8")}
    for path, text in texts.items():
        assert sorted(canary for canary in canaries if canary in text) == [], path.name


def test_nothing_below_the_groups_is_released(made: Made) -> None:
    released = made.released
    assert set(released["area"]) == {*GROUPS, STUDY}
    assert set(released["breakdown"]) == {""} and set(released["group"]) == {""}


def test_unweighted_bases(made: Made) -> None:
    released = made.released[made.released["comparison"] == ""]
    n = released.pivot_table(index="indicator", columns="area", values="n", aggfunc="max")
    assert n.loc["ND01", ["host", "IDP", STUDY]].tolist() == [128, 62, 190]
    assert n.loc["SH03", ["host", "IDP", STUDY]].tolist() == [128, 59, 187]
    assert n.loc["HS02", ["host", "IDP"]].tolist() == [54, 1]
    assert np.isnan(n.loc["HS02", STUDY])


def test_small_counts_of_sensitive_answers_are_hidden(made: Made, texts: dict[Path, str]) -> None:
    both = made.estimates.merge(made.released, on="row_id", suffixes=("", "_released"))
    sensitive = both[both["sensitive"]]
    assert set(sensitive["indicator"]) == {"PR01", "PR02", "PR03", "PR04"}
    small = sensitive[sensitive["count"].between(1, 4)]
    assert set(small["indicator"]) == {"PR02", "PR03"} and set(small["area"]) == {"IDP"}
    # Both groups together are shown, so the other group would tell the first by subtraction.
    hidden = sensitive[sensitive["indicator"].isin(["PR02", "PR03"]) & (sensitive["area"] != STUDY)]
    for column in ("estimate", "standard_error", "ci_low", "ci_high", "n"):
        assert hidden[f"{column}_released"].isna().all()
    assert (hidden["release_released"] == "suppressed_primary").all()
    assert made.run.record["release"]["audit"]["recoverable"] == 0
    others = both[~both["sensitive"]]
    assert not others["release_released"].str.startswith("suppressed_prim").any()
    for path, text in texts.items():
        if path.suffix == ".html" and path.stem != "index":
            assert text.count("is not published, to protect the respondents") == 2


def test_what_the_method_says_of_the_data_is_so(
    made: Made, raw: pd.DataFrame, form: pd.DataFrame
) -> None:
    assert raw["unidcluster"].nunique() == 19
    clusters = raw[["unidstrata", "unidcluster"]].drop_duplicates()["unidstrata"].value_counts()
    assert clusters.eq(1).sum() > 2
    assert raw["district_localadmin"].nunique() == 9
    assert set(raw["X7states"].str.replace("\xa0", " ")) == {"South West State"}
    assert (members(raw)[""] != raw["total_hh"].astype(float)).sum() == 76
    days = pd.to_datetime(raw["today"], format="%d/%m/%Y")
    fieldwork = made.study.card.fieldwork
    assert (days.min().date(), days.max().date()) == (fieldwork.start, fieldwork.end)


def test_no_question_behind_an_indicator_has_missing_answers(made: Made) -> None:
    study = made.study
    used = set().union(*(indicator.names for indicator in study.indicators))
    variables = used & set(study.variables)
    used |= set().union(*(study.variables[name].calculation.names for name in variables))
    missing = made.run.record["samples"]["households"]["missing"]
    counted = {one["question"]: one["n_missing"] for one in missing if one["question"] in used}
    assert len(counted) > 40
    assert {name for name, count in counted.items() if count} == set()


def test_the_notebook_asks_for_every_chapter(made: Made) -> None:
    template = json.loads((DEFINITIONS / "notebooks" / "needs.ipynb").read_text(encoding="utf-8"))
    source = "".join("".join(cell["source"]) for cell in template["cells"])
    chapters = made.study.report("needs").values["chapters"]
    assert re.findall(r'report\.chapter\("([\w-]+)"\)', source) == [one["id"] for one in chapters]


def test_the_package_knows_nothing_of_this_study(made: Made, form: pd.DataFrame) -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    names = {name for name in form["name"] if "_" in name and len(name) > 8}
    assert "priority_needs" in names and len(names) > 200
    of_this_study = {*names, "somalia", "msna", "unidstrata", "unidcluster", "X_uuid", "IDP"}
    assert sorted(of_this_study & set(re.findall(r"\w+", code))) == []

"""Respondents of a study as a whole: sizes, truth, determinism, files, acceptance."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.sources.survey import read_survey
from analysis.study import Study, open_study
from analysis.synthetic.respondents import (
    SyntheticData,
    make_respondents,
    planned_breakdowns,
    write_synthetic,
)
from analysis.synthetic.truth import answer_truth, domains, true_values
from analysis.synthetic.writers import write_survey
from analysis.validation.clean import validate
from analysis.variables import with_derived_variables
from analysis.workspace import Workspace
from tests.mini_study import CARD, SURVEY, write_mini_study
from tests.synthetic.conftest import open_mini


def test_sizes_are_those_of_the_study_card(zlin_data: SyntheticData) -> None:
    study = zlin_data.population.study
    for sample, card in study.samples.items():
        frame = with_derived_variables(study, zlin_data.samples[sample])
        counts = frame["area"].value_counts()
        assert set(counts.index) == set(study.areas.index)
        if card.design.kind == "providers":
            assert counts.min() >= (card.target_size or 0)
        else:
            assert set(counts) == {card.target_size}


def test_every_row_says_that_it_is_modelled(zlin_data: SyntheticData) -> None:
    for sample, frame in zlin_data.samples.items():
        assert set(frame["data_origin"]) == {"modelled"}
        assert set(frame["sample"]) == {sample}
        assert frame["respondent"].is_unique


def test_the_workbench_finds_nothing_to_mend(zlin_data: SyntheticData, tmp_path: Path) -> None:
    # Elsewhere than the study's own raw files, whose response flow may be of another day.
    study = replace(zlin_data.population.study, workspace=Workspace(tmp_path))
    for sample, frame in zlin_data.samples.items():
        path = write_survey(frame, study.questionnaire, tmp_path / f"{sample}.csv")
        design = study.samples[sample].design
        table = read_survey(
            path, study.questionnaire, identifier="respondent", sample=sample, design=design
        )
        validated = validate(study, sample, table)
        assert validated.issues["what"].tolist() == []
        assert len(validated.frame) == len(frame)


def test_a_sample_has_the_columns_of_its_questionnaire(zlin_data: SyntheticData) -> None:
    study = zlin_data.population.study
    questionnaire = study.questionnaire
    for sample, frame in zlin_data.samples.items():
        asked = {
            c for q in questionnaire.asked_of(sample) for c in questionnaire.variables_of(q.name)
        }
        others = set(frame.columns) - asked - {"respondent", "sample", "wave", "data_origin"}
        assert asked <= set(frame.columns)
        assert others == set(study.samples[sample].design.columns) - set(study.variables)


def test_users_of_one_provider_live_in_one_area(
    zlin_data: SyntheticData,
) -> None:
    study, users = zlin_data.population.study, zlin_data.samples["users"]
    by_provider = with_derived_variables(study, users).groupby("provider")
    assert len(by_provider) > 5 * len(study.areas)
    assert by_provider.size().between(2, 16).mean() > 0.9
    assert (by_provider["area"].min() == by_provider["area"].max()).all()


def test_users_use_a_service_and_say_through_which_they_were_reached(
    zlin_data: SyntheticData,
) -> None:
    users = zlin_data.samples["users"]
    assert (users["U1.none"] != 1).all()
    known = users[users["X2"].isin([f"s{number}" for number in range(37, 71)])]
    assert len(known) > 0.9 * len(users)
    refused = known["U1.s37"].lt(0)
    for service, part in known[~refused].groupby("X2", observed=True):
        assert (part[f"U1.{service}"] == 1).all()


def test_men_the_young_and_the_little_educated_answer_less(zlin_data: SyntheticData) -> None:
    population = zlin_data.population
    sample = with_derived_variables(population.study, zlin_data.samples["inhabitants"])
    people = population.people
    # Areas weigh the same in the sample, so the population is looked at in the same way.
    weight = 1 / np.bincount(people.area)[people.area]
    for variable, level in (("sex", "1"), ("age_group", "1"), ("education", "1")):
        levels = people.levels(variable)
        inside = levels.codes == levels.names.index(level)
        share = weight[inside].sum() / weight.sum()
        assert (sample[variable] == level).mean() < 0.95 * share


def test_missing_codes_are_there_and_apart(zlin_data: SyntheticData) -> None:
    frame = zlin_data.samples["inhabitants"]
    assert {"-8", "-9"} <= set(frame["I3"].unique())
    assert {-1, -9} <= set(frame["I4.price"].unique())
    assert (frame["A4"] == "-1").sum() == 0


def test_the_flow_ends_with_the_rows_of_the_file(zlin_data: SyntheticData) -> None:
    flow = zlin_data.response_flow
    for sample, frame in zlin_data.samples.items():
        counts = flow[flow["sample"] == sample]
        returned = counts.loc[counts["stage"] == "returned", "count"].sum()
        discarded = counts.loc[counts["stage"] == "discarded", "count"].sum()
        assert returned - discarded == len(frame)
        assert counts.loc[counts["stage"] == "distributed", "count"].sum() > returned
        assert counts.loc[counts["stage"] == "discarded", "label::cs"].ne("").all()


def test_texts_tell_what_was_chosen_in_phrases(zlin_data: SyntheticData) -> None:
    frame = zlin_data.samples["inhabitants"]
    named = frame[frame["A1.s40"] == 1]
    assert len(named) > 1000
    known = named["A1_text"].str.contains("pečovatel|obědů|obědy|nákupy")
    # Of the phrases 3 in 100 are misspelt, and not always in one of these words.
    assert 0.96 < known.mean() < 1
    chosen = (frame.filter(regex=r"^A1\.") == 1).sum(axis=1)
    told = frame["A1_text"].str.split("; ").str.len()
    assert (told[chosen > 0] == chosen[chosen > 0]).all()
    assert (frame.loc[frame["A1.s40"] == -9, "A1_text"] == "-9").all()


def test_texts_repeat_labels_where_no_phrases_are_stated(tmp_path: Path) -> None:
    study = open_mini(tmp_path, "questions: {remark: {choices_of: used}}")
    frame = make_respondents(study).samples["people"]
    written = frame["remark"] != "-9"
    named = frame[(frame["used.doctor"] == 1) & written]
    assert len(named) > 10
    assert named["remark"].str.contains("lékař").all()
    nothing = frame.loc[(frame["used.none"] == 1) & written, "remark"]
    assert len(nothing) > 10
    assert nothing.isna().all()


# --- seeds --------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_respondents(mini: Study) -> None:
    first, again, other = (make_respondents(mini, seed) for seed in (4, 4, 5))
    pd.testing.assert_frame_equal(first.samples["people"], again.samples["people"])
    pd.testing.assert_frame_equal(first.response_flow, again.response_flow)
    assert not first.samples["people"].equals(other.samples["people"])


def test_a_new_question_changes_no_other(mini: Study, tmp_path: Path) -> None:
    added = SURVEY.replace("text,remark", "select_one yes_no,added,Nová,New,,,,,,,\ntext,remark")
    more = open_mini(tmp_path / "more", survey=added)
    before = make_respondents(mini).samples["people"]
    after = make_respondents(more).samples["people"]
    assert "added" in after
    pd.testing.assert_frame_equal(before, after.drop(columns="added"))


# --- without parameters, as from KoboToolbox ------------------------------------------------


def test_a_form_without_parameters(mini: Study) -> None:
    data = make_respondents(mini)
    frame = data.samples["people"]
    assert frame["district"].value_counts().to_dict() == {"d1": 100, "d2": 100} | dict.fromkeys(
        ("-1", "-8", "-9"), 0
    )
    assert frame["age"].between(15, 110).all()
    used = frame[frame["used.none"] >= 0]
    assert (used[["used.web", "used.doctor"]].max(axis=1) != used["used.none"]).all()
    wanted = frame[["wanted.web", "wanted.doctor", "wanted.none"]]
    assert (wanted.where(wanted >= 0, 0).sum(axis=1) <= 2).all()
    assert frame["remark"].isna().all()


KOBO = """\
type,name,label,relevant,constraint,required,calculation
start,start,,,,,
select_one district,district,District,,,yes,
note,hello,Hello,,,,
calculate,doubled,,,,,${people} * 2
integer,people,How many people?,,. > 0 and . <= 20,yes,
begin group,more,More,${people} > 1,,,
select_multiple needs,needs,Needs,,"not(selected(., 'none') and count-selected(.) > 1)",,
select_one yes_no,ok,Ok?,"selected(${needs}, 'food')","selected(., '1') or ${people} > 3",,
end group,,,,,,
begin repeat,members,Members,,,,
integer,member_age,Age,,,,
end repeat,,,,,,
decimal,income,Income,jr:choice-name(1) = 'x',,,
date,visit,Visit,,,,
text,who,Who?,,,yes,
"""
KOBO_CHOICES = """\
list_name,name,label
district,d1,First
district,d2,Second
needs,food,Food
needs,clean-water,Clean water
needs,none,None
yes_no,1,Yes
yes_no,2,No
"""


@pytest.fixture
def kobo(tmp_path: Path) -> Study:
    """A form with the habits of KoboToolbox: groups, repeats, notes, unknown functions."""
    english = CARD.replace("languages: [cs, en]", "languages: [en]\ndefault_language: en")
    workspace = write_mini_study(
        tmp_path,
        study=english.replace("identifier: respondent", "identifier: _uuid"),
        survey=KOBO,
        choices=KOBO_CHOICES,
        variables="name,type,list,label::en,calculation\n",
        indicators="code\n",
        plan="indicator,sample\n",
    )
    return open_study("mini", workspace)


def test_a_kobo_form(kobo: Study, tmp_path: Path) -> None:
    data = make_respondents(kobo)
    frame = data.samples["people"]
    assert "_uuid" in frame
    assert not {"doubled", "member_age", "hello"} & set(frame.columns)
    alone = frame["people"] == 1
    assert alone.any()
    assert (frame.loc[alone, "needs.food"] == -1).all()
    assert (frame.loc[~alone, "needs.food"] != -1).all()
    asked = frame["needs.food"] == 1
    assert (frame.loc[asked, "ok"] != "-1").all()
    assert (frame.loc[~asked, "ok"] == "-1").all()
    few = asked & (frame["people"] <= 3)
    assert not (frame.loc[few, "ok"] == "2").any(), "the constraint asks for another question"
    both = (frame["needs.none"] == 1) & (frame["needs.food"] == 1)
    assert not both.any(), "a constraint makes a choice exclusive"
    assert (frame["income"] != -1).all(), "a routing that cannot be told asks everybody"
    assert frame["visit"].between("2020-01-01", "2020-02-01").all()
    identifiers = {".csv": "_uuid", ".xlsx": "_uuid", ".sav": "v_uuid"}
    read = {}
    for path in write_synthetic(kobo, tmp_path / "raw"):
        if path.suffix in (".csv", ".xlsx", ".sav") and path.stem == "people":
            table = read_survey(path, kobo.questionnaire, identifier=identifiers[path.suffix])
            read[path.suffix] = table.frame.drop(columns=identifiers[path.suffix], errors="ignore")
    pd.testing.assert_frame_equal(read[".csv"], read[".xlsx"])
    pd.testing.assert_frame_equal(read[".csv"], read[".sav"])


def test_design_columns_are_written(tmp_path: Path) -> None:
    card = CARD.replace(
        "weighting: {method: none}",
        "weighting: {method: given}\n"
        "    design: {weight: w, strata: stratum, clusters: cluster, fpc: size}",
    )
    study = open_mini(tmp_path, "population: {sizes: {d1: 3000, d2: 1000}}\n", study=card)
    frame = make_respondents(study).samples["people"]
    assert frame.groupby("stratum")["w"].sum().to_dict() == {"d1": 3000.0, "d2": 1000.0}
    assert frame.groupby("stratum")["size"].first().to_dict() == {"d1": 3000.0, "d2": 1000.0}
    assert frame["stratum"].tolist() == frame["district"].astype("str").tolist()
    assert frame["cluster"].notna().all()


def test_areas_that_follow_from_an_answer(tmp_path: Path) -> None:
    variables = (
        "name,type,list,label::cs,label::en,calculation\n"
        "place,select_one,district,Místo,Place,\"if(${sex} = '1', 'd1', 'd2')\"\n"
    )
    card = CARD.replace("area_variable: district", "area_variable: place")
    study = open_mini(
        tmp_path, study=card, variables=variables, indicators="code\n", plan="indicator,sample\n"
    )
    data = make_respondents(study)
    frame = data.samples["people"]
    assert (frame["sex"] == "1").sum() == 100
    assert (frame["sex"] == "2").sum() == 100


# --- files --------------------------------------------------------------------------------


def test_what_is_written_and_that_truth_is_recomputed(mini: Study, tmp_path: Path) -> None:
    written = write_synthetic(mini, tmp_path / "raw", seed=3)
    names = {path.relative_to(tmp_path / "raw").as_posix() for path in written}
    assert names == {
        "people.csv",
        "people.xlsx",
        "people.sav",
        "response_flow.csv",
        "truth/truth.parquet",
        "truth/README.md",
    }
    stored = pd.read_parquet(tmp_path / "raw" / "truth" / "truth.parquet")
    data = make_respondents(mini, 3)
    truth = answer_truth(data.population, planned_breakdowns(mini))
    pd.testing.assert_frame_equal(stored, truth)
    assert "seed 3" in (tmp_path / "raw" / "truth" / "README.md").read_text(encoding="utf-8")
    assert not list((tmp_path / "raw").glob(".*"))


def test_only_what_the_card_names_when_no_other_format_is_wanted(
    mini: Study, tmp_path: Path
) -> None:
    written = write_synthetic(mini, tmp_path, formats=())
    assert {path.name for path in written if path.parent == tmp_path} == {
        "people.csv",
        "response_flow.csv",
    }


def test_the_shipped_study_is_estimated_near_its_truth(zlin_data: SyntheticData) -> None:
    population = zlin_data.population
    codes = population.people.columns["A4"]
    values = np.where((codes < 4)[:, None], codes[:, None] == np.arange(4), np.nan)
    means, _ = true_values(domains(population), values)
    frame = with_derived_variables(population.study, zlin_data.samples["inhabitants"])
    errors = []
    for place, area in enumerate(population.study.areas.index):
        answers = frame.loc[frame["area"] == area, "A4"]
        answers = answers[answers.isin(["1", "2", "3", "4"])]
        for level, true in enumerate(means[place], start=1):
            spread = np.sqrt(true * (1 - true) / len(answers))
            errors.append(((answers == str(level)).mean() - true) / spread)
    # Unweighted, so not exactly standard normal; far from it would mean another population.
    assert 0.6 < np.std(errors) < 1.6

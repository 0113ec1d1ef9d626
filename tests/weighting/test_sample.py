"""Weights of a study's sample."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.study import Study
from analysis.study_definitions.card import SampleDesign, Trim
from analysis.weighting import MarginTables, margins_from_territory, weight_sample
from analysis.weighting.sample import UNKNOWN

SAMPLE = "inhabitants"


def respondents(study: Study, tables: MarginTables, each: int, seed: int = 1) -> pd.DataFrame:
    """A sample that leans away from the population; every area has ``each`` respondents."""
    rng = np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {}
    for table in tables.tables:
        shares = table.totals.to_numpy() ** 0.7
        shares /= shares.sum(axis=1, keepdims=True)
        codes = np.concatenate([rng.choice(len(share), each, p=share) for share in shares])
        for place, name in enumerate(reversed(table.margin.variables)):
            size = table.shape[::-1][place]
            columns[name], codes = codes % size, codes // size
    frame = pd.DataFrame({"area": np.repeat(tables.areas, each)})
    for name, codes in columns.items():
        choices = list(study.questionnaire.choice_names(study.list_of(name) or ""))
        frame[name] = pd.Categorical.from_codes(codes, categories=[*choices, "-1", "-8", "-9"])
    return frame


def bent(study: Study, design: SampleDesign | None = None, **weighting: object) -> Study:
    """The study with the sample's card changed."""
    sample = study.samples[SAMPLE]
    changes: dict[str, object] = {"weighting": sample.weighting.model_copy(update=weighting)}
    if design is not None:
        changes["design"] = design
    samples = {**study.card.samples, SAMPLE: sample.model_copy(update=changes)}
    return replace(study, card=study.card.model_copy(update={"samples": samples}))


@pytest.fixture(scope="module")
def tables(zlin: Study) -> MarginTables:
    return margins_from_territory(zlin, SAMPLE)


@pytest.fixture(scope="module")
def frame(zlin: Study, tables: MarginTables) -> pd.DataFrame:
    return respondents(zlin, tables, 200)


def test_weights_sum_to_the_population_of_every_area(
    zlin: Study, tables: MarginTables, frame: pd.DataFrame
) -> None:
    weighted = weight_sample(zlin, SAMPLE, frame)
    sums = weighted.weights.groupby(frame["area"]).sum()
    np.testing.assert_allclose(sums[list(tables.areas)], tables.population, rtol=1e-9)
    assert weighted.weights.index.equals(frame.index)
    assert weighted.weights.name == "weight"


def test_margins_are_met_where_nothing_was_merged(
    zlin: Study, tables: MarginTables, frame: pd.DataFrame
) -> None:
    weighted = weight_sample(bent(zlin, minimum_cell=1, trim=None), SAMPLE, frame)
    merged = set(weighted.diagnostics.collapsed["area"])
    education = next(table for table in tables.tables if table.margin.name == "education")
    sums = weighted.weights.groupby([frame["area"], frame["education"]], observed=True).sum()
    for area in set(tables.areas) - merged:
        np.testing.assert_allclose(
            sums[area][list(education.levels)], education.totals.loc[area], rtol=1e-8
        )
    assert len(set(tables.areas) - merged) > 0


def test_merged_levels_meet_the_sum_of_their_totals(
    zlin: Study, tables: MarginTables, frame: pd.DataFrame
) -> None:
    weighted = weight_sample(bent(zlin, minimum_cell=15), SAMPLE, frame)
    collapsed = weighted.diagnostics.collapsed
    assert len(collapsed)
    by_name = {table.margin.name: table for table in tables.tables}
    for row in collapsed.to_dict("records"):
        table, levels = by_name[row["margin"]], row["levels"].split(" + ")
        own = frame[frame["area"] == row["area"]]
        code = own[list(table.margin.variables)].astype("str").agg("*".join, axis=1)
        sum_ = weighted.weights[own.index][code.isin(levels)].sum()
        assert sum_ == pytest.approx(table.totals.loc[row["area"], levels].sum(), rel=1e-8)
    repairs = [issue for issue in weighted.log if issue.severity == "repair"]
    assert len(repairs) == len(collapsed)


def test_trimmed_weights_keep_margins_and_bounds(zlin: Study, frame: pd.DataFrame) -> None:
    tight = bent(zlin, trim=Trim(low=0.3, high=2.5))
    weighted = weight_sample(tight, SAMPLE, frame)
    mean = weighted.weights.groupby(frame["area"]).transform("mean")
    ratio = weighted.weights / mean
    assert weighted.diagnostics.trim is not None and weighted.diagnostics.trim["before"] > 0
    assert ratio.min() >= 0.3 * (1 - 1e-5) and ratio.max() <= 2.5 * (1 + 1e-5)
    assert weighted.diagnostics.converged
    assert weighted.diagnostics.worst_miss is not None
    assert weighted.diagnostics.worst_miss.relative < 1e-8


def test_impossible_bounds_are_reported_with_the_miss(zlin: Study, frame: pd.DataFrame) -> None:
    weighted = weight_sample(bent(zlin, trim=Trim(low=0.97, high=1.03)), SAMPLE, frame)
    assert not weighted.diagnostics.converged
    assert weighted.diagnostics.worst_miss is not None
    assert weighted.diagnostics.worst_miss.relative > 1e-3
    assert any(issue.severity == "warning" for issue in weighted.log)


def test_unknown_answers_keep_their_share(zlin: Study, frame: pd.DataFrame) -> None:
    lost = frame.copy()
    lost.loc[lost.index[::20], "education"] = "-9"
    weighted = weight_sample(zlin, SAMPLE, lost)
    unknown = weighted.weights[lost["education"] == "-9"].groupby(lost["area"]).sum()
    total = weighted.weights.groupby(lost["area"]).sum()
    np.testing.assert_allclose(unknown / total, 10 / 200, rtol=1e-8)
    assert any("have no known level in the margin education" in i.what for i in weighted.log)
    shares = weighted.diagnostics.sample_against_population
    assert UNKNOWN not in set(shares["level"])
    assert set(shares["area"]) == {*zlin.areas.index, zlin.whole}
    education = shares[shares["variable"] == "education"]
    sums = education.groupby("area")[["population", "unweighted", "weighted"]].sum()
    np.testing.assert_allclose(sums, 1, rtol=1e-9)


def test_the_record_is_plain_and_complete(zlin: Study, frame: pd.DataFrame) -> None:
    weighted = weight_sample(zlin, SAMPLE, frame)
    record = weighted.diagnostics.record()
    assert json.loads(json.dumps(record)) == record
    assert set(record) == {
        "method", "by", "iterations", "converged", "worst_margin", "trim", "collapsed",
        "weight_min", "weight_max", "deff_kish", "n_effective", "areas",
        "sample_against_population",
    }  # fmt: skip
    assert len(record["areas"]) == 13
    assert record["weight_min"] == weighted.weights.min()


def test_the_calibration_is_what_the_weights_meet(zlin: Study, frame: pd.DataFrame) -> None:
    weighted = weight_sample(zlin, SAMPLE, frame)
    model = weighted.calibration
    assert model is not None and model.kind == "rake"
    # Every row has one level of every margin, in columns of its own area only.
    np.testing.assert_array_equal(model.auxiliaries.sum(axis=1), 3)
    areas_of_columns = model.auxiliaries.T @ np.eye(13)[model.groups]
    assert ((areas_of_columns > 0).sum(axis=1) == 1).all()


def test_weighting_the_whole_region_at_once(
    zlin: Study, tables: MarginTables, frame: pd.DataFrame
) -> None:
    weighted = weight_sample(bent(zlin, by=None), SAMPLE, frame)
    assert weighted.weights.sum() == pytest.approx(tables.population.sum())
    assert list(weighted.diagnostics.by_area["area"]) == [zlin.whole]


def test_order_of_rows_does_not_matter(zlin: Study, frame: pd.DataFrame) -> None:
    weights = weight_sample(zlin, SAMPLE, frame).weights
    shuffled = frame.sample(frac=1, random_state=3)
    np.testing.assert_allclose(
        weight_sample(zlin, SAMPLE, shuffled).weights.loc[frame.index], weights, rtol=1e-8
    )


# --- other methods ------------------------------------------------------------------------


def test_given_weights_are_taken_as_they_are(zlin: Study, frame: pd.DataFrame) -> None:
    given = bent(zlin, SampleDesign(weight="w"), method="given")
    own = frame.assign(w=np.arange(1.0, len(frame) + 1))
    weighted = weight_sample(given, SAMPLE, own)
    np.testing.assert_array_equal(weighted.weights, own["w"])
    assert weighted.calibration is None
    assert weighted.diagnostics.method == "given"


def test_given_weights_must_be_named_and_positive(zlin: Study, frame: pd.DataFrame) -> None:
    with pytest.raises(WorkbenchError, match="names no column"):
        weight_sample(bent(zlin, method="given"), SAMPLE, frame)
    given = bent(zlin, SampleDesign(weight="w"), method="given")
    with pytest.raises(WorkbenchError, match="has no column w"):
        weight_sample(given, SAMPLE, frame)
    with pytest.raises(WorkbenchError, match="not a positive number"):
        weight_sample(given, SAMPLE, frame.assign(w=0.0))


def test_no_weighting_gives_ones(zlin: Study, frame: pd.DataFrame) -> None:
    weighted = weight_sample(bent(zlin, method="none"), SAMPLE, frame)
    assert (weighted.weights == 1).all() and weighted.calibration is None
    assert weighted.diagnostics.by_area["n"].sum() == len(frame)


def test_design_weights_are_where_raking_starts(zlin: Study, frame: pd.DataFrame) -> None:
    own = frame.assign(w=np.random.default_rng(5).uniform(0.5, 2, len(frame)))
    started = bent(zlin, SampleDesign(weight="w"), trim=None)
    weights = weight_sample(started, SAMPLE, own).weights
    plain = weight_sample(bent(zlin, trim=None), SAMPLE, own).weights
    assert np.corrcoef(np.log(weights / plain), np.log(own["w"]))[0, 1] > 0.95


# --- what is refused ----------------------------------------------------------------------


def test_a_respondent_without_area_is_refused(zlin: Study, frame: pd.DataFrame) -> None:
    lost = frame.copy()
    lost.loc[lost.index[4], "area"] = None
    with pytest.raises(WorkbenchError, match="1 respondents have no area"):
        weight_sample(zlin, SAMPLE, lost)


def test_an_area_without_respondents_is_refused(zlin: Study, frame: pd.DataFrame) -> None:
    gone = str(zlin.areas.index[3])
    with pytest.raises(WorkbenchError, match="has no respondent") as caught:
        weight_sample(zlin, SAMPLE, frame[frame["area"] != gone])
    assert caught.value.issue.got == gone


def test_weighting_within_something_else_is_refused(zlin: Study, frame: pd.DataFrame) -> None:
    with pytest.raises(WorkbenchError, match="within the areas of the study") as caught:
        weight_sample(bent(zlin, by="education"), SAMPLE, frame)
    assert caught.value.issue.expected == "orp, or nothing"


def test_an_unknown_sample_is_refused(zlin: Study, frame: pd.DataFrame) -> None:
    with pytest.raises(WorkbenchError, match="has no sample nobody"):
        weight_sample(zlin, "nobody", frame)

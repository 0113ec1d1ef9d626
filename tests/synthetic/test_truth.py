"""True values: equal to a plain computation on the whole population."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.indicators.compiling import compile_indicators
from analysis.synthetic.population import Population
from analysis.synthetic.truth import (
    TRUTH_COLUMNS,
    answer_truth,
    domains,
    true_table,
    true_values,
)


def test_means_and_bases_by_hand(mini_population: Population) -> None:
    people = mini_population.people
    values = np.zeros((people.size, 2), dtype=np.float32)
    values[:, 0] = people.area  # 0 in the first area, 1 in the second
    values[:, 1] = 1.0
    values[people.area == 0, 1] = np.nan
    means, bases = true_values(domains(mini_population), values)
    assert means[:, 0] == pytest.approx([0.0, 1.0, 0.5])
    assert np.isnan(means[0, 1])
    assert means[1:, 1] == pytest.approx([1.0, 1.0])
    assert bases.tolist() == [[2000, 0], [2000, 2000], [4000, 2000]]


def test_domains_name_their_areas_and_groups(mini_population: Population) -> None:
    table = domains(mini_population, ["sex"]).table
    total = table[table["breakdown"] == ""]
    assert total["area"].tolist() == ["d1", "d2", "mini"]
    assert total["level"].tolist() == ["area", "area", "region"]
    by_sex = table[table["breakdown"] == "sex"]
    assert by_sex[by_sex["area"] == "d2"]["group"].tolist()[:2] == ["1", "2"]


def test_truth_of_answers_equals_a_plain_computation(mini_population: Population) -> None:
    truth = answer_truth(mini_population, ["sex", "age_group"])
    assert list(truth.columns) == TRUTH_COLUMNS
    (_, frame) = next(mini_population.frames(step=10**6))
    keys = ["level", "area", "breakdown", "group", "question", "category"]
    stored = truth.set_index(keys)
    known = frame[frame["helped"].isin(["1", "2"])]
    for (area, group), part in known.groupby(["area", "age_group"], observed=True):
        row = stored.loc[("area", area, "age_group", group, "helped", "1")]
        assert row["true_value"] == pytest.approx((part["helped"] == "1").mean())
        assert row["base"] == len(part)
    numbers = frame["age"].where(frame["age"] >= 0).groupby(frame["sex"], observed=True).mean()
    row = stored.loc[("region", "mini", "sex", "2", "age", "")]
    assert row["true_value"] == pytest.approx(numbers["2"])
    dummy = frame["used.web"].astype(float)
    row = stored.loc[("region", "mini", "", "", "used", "web")]
    assert row["true_value"] == pytest.approx((dummy[dummy >= 0] == 1).mean())


def test_not_knowing_is_outside_the_base(mini_population: Population) -> None:
    people = mini_population.people
    unknown = people.is_missing("helped", 1).sum()
    truth = answer_truth(mini_population)
    row = truth[(truth["question"] == "helped") & (truth["level"] == "region")].iloc[0]
    assert unknown > 0
    assert row["base"] == people.size - unknown


def test_truth_of_indicators_equals_a_plain_computation(zlin_population: Population) -> None:
    study = zlin_population.study
    rows = np.arange(0, zlin_population.size, 61)
    compiled = compile_indicators(study, next(zlin_population.frames(rows[:10]))[1])
    names = [column.key for column in compiled.columns]
    values = zlin_population.evaluate(lambda frame: compile_indicators(study, frame).values, rows)
    parts = domains(zlin_population, ["sex", "user_status"], rows)
    table = true_table(parts, values, names)
    (_, frame) = next(zlin_population.frames(rows, step=10**6))
    expected = pd.DataFrame(values.astype(np.float64)).groupby(
        [frame["area"], frame["user_status"]], observed=True
    )
    means, counts = expected.mean(), expected.count()
    wanted = table[(table["breakdown"] == "user_status") & (table["level"] == "area")]
    wanted = wanted.set_index(["area", "group", "question", "category"])
    assert len(names) > 100
    for key, row in means.iterrows():
        got = wanted.loc[key]
        assert [tuple(index) for index in got.index] == names
        assert got["true_value"].to_numpy() == pytest.approx(row.to_numpy(), nan_ok=True)
        assert np.array_equal(got["base"], counts.loc[key])


def test_evaluation_in_parts_is_evaluation_at_once(mini_population: Population) -> None:
    study = mini_population.study

    def compiled(frame: pd.DataFrame) -> np.ndarray:
        return compile_indicators(study, frame).values

    (_, frame) = next(mini_population.frames(step=10**6))
    whole = compiled(frame).astype(np.float32)
    parts = np.concatenate([compiled(part) for _, part in mini_population.frames(step=700)])
    assert np.array_equal(whole, parts.astype(np.float32), equal_nan=True)
    assert np.array_equal(whole, mini_population.evaluate(compiled), equal_nan=True)

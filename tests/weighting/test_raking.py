"""Raking: hand-computed tables, contradictions, and what must hold for any table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.weighting import MarginTarget, numbering, rake, weight_table
from analysis.weighting.numbering import numbered_jointly, one_row_of_each

# Two by two: 10, 20 / 30, 40 to rows 50, 50 and columns 30, 70.
SEX = np.repeat([0, 0, 1, 1], [10, 20, 30, 40])
AGE = np.repeat([0, 1, 0, 1], [10, 20, 30, 40])


def _target(name: str, codes: np.ndarray, *totals: float) -> MarginTarget:
    levels = tuple(f"{name}{place}" for place in range(len(totals)))
    return MarginTarget(name, levels, codes, np.array([totals], dtype=float))


def test_two_by_two_by_hand() -> None:
    """Raking keeps the cross ratio: 10·40/(20·30) = 2/3 = x(20+x)/((50−x)(30−x))."""
    raked = rake(np.ones(100), [_target("sex", SEX, 50, 50), _target("age", AGE, 30, 70)])
    cell = np.bincount(SEX * 2 + AGE, raked.weights)
    # x² + 20x = 2/3 (1500 − 80x + x²), so x² + 220x − 3000 = 0.
    x = -110 + np.sqrt(110**2 + 3000)
    np.testing.assert_allclose(cell, [x, 50 - x, 30 - x, 20 + x], rtol=1e-9)
    assert raked.worst <= 1e-10


def test_one_margin_is_post_stratification() -> None:
    raked = rake(np.ones(100), [_target("sex", SEX, 60, 40)])
    np.testing.assert_allclose(np.unique(raked.weights), [40 / 70, 60 / 30])


def test_areas_are_raked_each_by_itself() -> None:
    area = np.repeat([0, 1], 100)
    sex, age = np.tile(SEX, 2), np.tile(AGE, 2)
    both = [
        MarginTarget("sex", ("a", "b"), sex, np.array([[50.0, 50], [9, 1]])),
        MarginTarget("age", ("a", "b"), age, np.array([[30.0, 70], [4, 6]])),
    ]
    together = rake(np.ones(200), both, area, ["first", "second"]).weights
    first = rake(np.ones(100), [_target("sex", SEX, 50, 50), _target("age", AGE, 30, 70)])
    second = rake(np.ones(100), [_target("sex", SEX, 9, 1), _target("age", AGE, 4, 6)])
    np.testing.assert_allclose(together, [*first.weights, *second.weights], rtol=1e-9)


def test_contradictory_margins_are_refused_with_margin_level_and_size() -> None:
    """All women are old and all men young: sex and age cannot have different totals."""
    sex, age = np.repeat([0, 1], 50), np.repeat([1, 0], 50)
    with pytest.raises(WorkbenchError) as caught:
        rake(np.ones(100), [_target("sex", sex, 60, 40), _target("age", age, 50, 50)])
    message = str(caught.value)
    assert "contradict" in message
    assert "margin sex" in message or "margin age" in message
    assert "off by" in message and "level" in message


def test_unequal_totals_are_refused() -> None:
    with pytest.raises(WorkbenchError, match=r"margin age.*another total than sex") as caught:
        rake(np.ones(100), [_target("sex", SEX, 50, 50), _target("age", AGE, 30, 71)])
    assert caught.value.issues[0].expected == "100"
    assert "off by +1" in str(caught.value.issues[0].got)


def test_a_level_without_respondents_is_refused() -> None:
    lonely = _target("age", np.zeros(100, dtype=int), 30, 70)
    with pytest.raises(WorkbenchError, match="level age1: no respondent"):
        rake(np.ones(100), [_target("sex", SEX, 50, 50), lonely])


def test_a_level_without_population_is_refused() -> None:
    with pytest.raises(WorkbenchError, match="level age1: respondents, but a total of 0"):
        rake(np.ones(100), [_target("sex", SEX, 50, 50), _target("age", AGE, 100, 0)])


def test_the_area_of_a_miss_is_named() -> None:
    area = np.repeat([0, 1], 50)
    target = MarginTarget("sex", ("a", "b"), np.tile([0, 1], 50), np.array([[1.0, 1], [2, 0]]))
    with pytest.raises(WorkbenchError, match="margin sex, level b in the area second"):
        rake(np.ones(100), [target], area, ["first", "second"])


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_a_start_weight_must_be_positive(wrong: float) -> None:
    base = np.ones(100)
    base[7] = wrong
    with pytest.raises(WorkbenchError, match="start weight") as caught:
        rake(base, [_target("sex", SEX, 50, 50)])
    assert caught.value.issue.row == 9


@pytest.mark.parametrize("wrong", [-1.0, np.nan])
def test_a_total_must_be_a_count(wrong: float) -> None:
    with pytest.raises(WorkbenchError, match="not a number of people"):
        rake(np.ones(100), [_target("sex", SEX, 50, wrong)])


@pytest.mark.parametrize("small", [1, 1_000_000])
def test_cells_are_the_combinations_that_occur(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "_SMALL", small)
    cell = numbered_jointly(np.array([0, 1, 0, 1]), np.array([2, 2, 2, 0]), np.array([0, 0, 0, 5]))
    assert cell[0] == cell[2] and sorted(set(cell.tolist())) == [0, 1, 2]
    assert [cell[row] for row in one_row_of_each(cell)] == [0, 1, 2]


# --- properties ---------------------------------------------------------------------------


@st.composite
def tables(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A table in which every combination occurs, and margins that some weights meet."""
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    sizes = draw(st.lists(st.integers(2, 4), min_size=2, max_size=3))
    grid = np.stack(np.meshgrid(*(range(size) for size in sizes), indexing="ij"), -1)
    cells = grid.reshape(-1, len(sizes))
    rows = np.concatenate([cells, cells[rng.integers(0, len(cells), draw(st.integers(0, 60)))]])
    names = [f"v{place}" for place in range(len(sizes))]
    frame = pd.DataFrame(rows, columns=names).astype("str")
    frame["base"] = np.exp(rng.normal(0, 0.4, len(frame)))
    truth = np.exp(rng.normal(0, 0.6, len(frame))) * 37
    margins = pd.concat(
        [
            pd.DataFrame({"w": truth, "level": frame[name]}).groupby("level")["w"].sum()
            .rename("total").reset_index().assign(var=name)
            for name in names
        ]
    )  # fmt: skip
    return frame, margins


@settings(max_examples=60, deadline=None)
@given(tables())
def test_margins_are_met(drawn: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    frame, margins = drawn
    weights = weight_table(frame, margins, "rake", base="base").weights
    for name, own in margins.groupby("var"):
        sums = weights.groupby(frame[name]).sum()
        np.testing.assert_allclose(sums[own["level"]], own["total"], rtol=1e-8)
    assert (weights > 0).all()


@settings(max_examples=40, deadline=None)
@given(tables(), st.floats(1e-6, 1e6), st.randoms(use_true_random=False))
def test_scale_of_start_weights_and_order_of_rows_do_not_matter(
    drawn: tuple[pd.DataFrame, pd.DataFrame], factor: float, random: object
) -> None:
    frame, margins = drawn
    weights = weight_table(frame, margins, "rake", base="base").weights
    scaled = frame.assign(base=frame["base"] * factor)
    shuffled = scaled.sample(frac=1, random_state=random.randint(0, 2**31))  # type: ignore[attr-defined]
    other = weight_table(shuffled, margins, "rake", base="base").weights
    np.testing.assert_allclose(other.loc[weights.index], weights, rtol=1e-8)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_names_of_levels_do_not_matter(drawn: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    frame, margins = drawn
    renamed = frame.replace({name: {"0": "zz", "1": "aa"} for name in frame if name != "base"})
    new = margins.assign(level=margins["level"].replace({"0": "zz", "1": "aa"}))
    new = new.sample(frac=1, random_state=1).sort_values("var", kind="stable")
    weights = weight_table(frame, margins, "rake", base="base").weights
    other = weight_table(renamed, new, "rake", base="base").weights
    np.testing.assert_allclose(other, weights, rtol=1e-8)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_weights_that_meet_the_margins_stay(drawn: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    frame, margins = drawn
    done = weight_table(frame, margins, "rake", base="base").weights
    again = weight_table(frame.assign(done=done), margins, "rake", base="done").weights
    np.testing.assert_allclose(again, done, rtol=1e-8)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_rows_doubled_with_weights_halved(drawn: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    frame, margins = drawn
    once = weight_table(frame, margins, "rake", base="base").weights
    halved = frame.assign(base=frame["base"] / 2)
    twice = weight_table(
        pd.concat([halved, halved], ignore_index=True), margins, "rake", base="base"
    ).weights.to_numpy()
    np.testing.assert_allclose(twice[: len(frame)] + twice[len(frame) :], once, rtol=1e-8)

"""Sums over cells against the plainest computation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.estimation import cells as module
from analysis.estimation.cells import cells_of, units_within_places
from analysis.estimation.domains import Domains
from analysis.estimation.value_table import ValueTable, table_sums


class Survey:
    """Respondents in areas and units, with breakdowns of which some answers are missing."""

    def __init__(self, seed: int, n: int = 60) -> None:
        rng = np.random.default_rng(seed)
        self.weights = rng.uniform(0.5, 2, n)
        self.unit = rng.integers(0, 7, n)
        area = pd.Series(rng.choice(["a", "b", None], n, p=[0.45, 0.45, 0.1]))
        groups = {
            name: pd.Series(rng.choice([*map(str, range(size)), None], n))
            for name, size in (("two", 2), ("three", 3), ("five", 5))
        }
        self.domains = Domains.of_areas(area, groups, "R")
        self.values = rng.normal(3, 1, (n, 4))
        self.values[rng.random((n, 4)) < 0.2] = np.nan


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 4, 1000]), st.sampled_from([7, 8192]))
def test_sums_by_domain_are_those_of_the_members(seed: int, shared: int, rows: int) -> None:
    """However partitions are crossed and however many rows are read together."""
    survey = Survey(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_SHARED", shared / 1000)
        patch.setattr(module, "_ROWS", rows)
        units = units_within_places(survey.unit, domains=survey.domains)
        found = cells_of(units, survey.domains)
        table = ValueTable(survey.values, survey.weights)
        columns = [*range(table.width), (0, 1)]
        sums = table_sums(found, table, columns, survey.weights)
    by_domain = survey.domains.owners(found.place, found.slot) @ sums
    known = ~np.isnan(survey.values)
    centred = np.where(known, survey.values - table.centres, 0)
    expected = np.hstack([centred, table.known, (centred[:, 0] * centred[:, 1])[:, None]])
    members = survey.domains.members
    np.testing.assert_allclose(by_domain, members @ (expected * survey.weights[:, None]), atol=1e-9)
    assert (known == table.known[:, table.pattern]).all()


def test_few_units_of_many_groups_are_numbered_without_gaps() -> None:
    """Six respondents, each a unit of its own, in 1 of 50 groups: six cells and no more."""
    labels = pd.DataFrame({"group": range(50)})
    domains = Domains.of_partitions([(np.array([0, 9, 9, 20, 20, 49]), labels)] * 20)
    found = cells_of(units_within_places(np.arange(6), domains=domains), domains)
    assert len(found) == 6 * 20
    n = domains.owners(found.place, found.slot) @ found.sums(lambda rows: np.ones((6, 1))[rows], 1)
    assert n[:50].sum() == 6 and n[[0, 9, 20, 49], 0].tolist() == [1, 2, 2, 1]


def test_a_unit_in_two_places_becomes_two() -> None:
    area = pd.Series(["a", "a", "b"])
    domains = Domains.of_areas(area, {}, "R")
    units = units_within_places(np.zeros(3, dtype=np.intp), domains=domains)
    assert len(units) == 2
    assert units.place.tolist() == [0, 1]
    assert units.parents(np.zeros(3, dtype=np.intp)).tolist() == [0, 0]


def test_the_rest_is_the_region_without_the_area() -> None:
    survey = Survey(3)
    domains = survey.domains
    inner = np.flatnonzero(domains.wholes() >= 0)
    outer = domains.wholes()[inner]
    rest = domains.rest(inner, outer)
    expected = domains.members[outer] - domains.members[inner]
    assert (rest.members != expected).nnz == 0
    with pytest.raises(WorkbenchError, match="not a part"):
        domains.rest(outer, inner)


def test_what_two_groups_of_different_breakdowns_share() -> None:
    survey = Survey(4)
    domains = survey.domains
    first = np.array([1, 3, 8])
    second = np.array([4, 12, 20])
    crossing = domains.crossing(first, second)
    shared = domains.intersections(first, second)
    expected = domains.members[first].multiply(domains.members[second])
    assert (shared.members != expected).nnz == 0
    same = domains.crossing(np.array([1]), np.array([1]))
    assert len(same) == 0 and len(crossing) == 3


def test_whole_numbers_are_not_copied_and_0_1_is_found_out() -> None:
    values = np.array([[0, 1, 2], [1, 0, 255]], dtype=np.uint8)
    table = ValueTable(values, np.ones(2))
    assert table.values is values
    assert table.binary.tolist() == [True, True, False]
    signed = ValueTable(np.array([[-1.0, 0.0], [1.0, np.nan]]), np.ones(2))
    assert signed.small.tolist() == [True, True]
    assert signed.complete.tolist() == [True, False]

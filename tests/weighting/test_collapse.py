"""Merging of levels, by hand."""

from __future__ import annotations

import numpy as np

from analysis.weighting.collapse import collapse
from analysis.weighting.targets import MarginTarget


def _collapsed(
    n: list[int], totals: list[float], minimum: int, row_length: int | None = None, kept: int = 0
) -> tuple[list[list[int]], list[tuple[str, str]]]:
    """The groups of levels, and what was recorded (levels, reason)."""
    codes = np.repeat(np.arange(len(n)), n)
    levels = tuple("abcdefghij"[: len(n)])
    target = MarginTarget("margin", levels, codes, np.array([totals], dtype=float))
    area = np.zeros(len(codes), dtype=np.intp)
    merged, rows = collapse(target, area, ["area"], minimum, row_length, kept)
    assert merged.totals.sum() == sum(totals)
    place = {level: int(merged.codes[codes == level][0]) for level in np.unique(codes)}
    groups: dict[int, list[int]] = {}
    for level, group in place.items():
        groups.setdefault(group, []).append(int(level))
    return list(groups.values()), list(zip(rows["levels"], rows["reason"], strict=True))


def test_enough_respondents_everywhere_changes_nothing() -> None:
    assert _collapsed([5, 9, 7], [10, 10, 10], 5) == ([[0], [1], [2]], [])


def test_a_thin_level_joins_the_neighbour_with_fewer_respondents() -> None:
    assert _collapsed([20, 3, 10], [10, 10, 10], 5) == ([[0], [1, 2]], [("b + c", "thin")])


def test_of_equal_neighbours_the_lower_is_taken() -> None:
    assert _collapsed([10, 3, 10], [10, 10, 10], 5) == ([[0, 1], [2]], [("a + b", "thin")])


def test_the_thinnest_goes_first_and_may_be_enough() -> None:
    groups, _ = _collapsed([30, 4, 1, 30], [10, 10, 10, 10], 5)
    assert groups == [[0], [1, 2], [3]]


def test_merging_goes_on_until_there_are_enough() -> None:
    groups, rows = _collapsed([1, 1, 1, 1, 30], [1, 1, 1, 1, 30], 4)
    assert groups == [[0, 1, 2, 3], [4]]
    assert rows == [("a + b + c + d", "thin")]


def test_population_without_respondents_is_merged() -> None:
    groups, rows = _collapsed([10, 0, 12], [10, 5, 10], 5)
    assert groups == [[0], [2]]
    assert rows == [("a + b", "no_respondents")]


def test_respondents_without_population_are_merged() -> None:
    groups, rows = _collapsed([10, 8, 12], [10, 0, 10], 5)
    assert groups == [[0, 1], [2]]
    assert rows == [("a + b", "no_population")]


def test_levels_empty_on_both_sides_are_passed_over() -> None:
    """The neighbour of a thin level is the next one that exists."""
    groups, rows = _collapsed([10, 0, 3], [10, 0, 4], 5)
    assert groups == [[0, 2]]
    assert rows == [("a + c", "thin")]


def test_an_area_too_small_for_anything_keeps_one_level() -> None:
    assert _collapsed([1, 1], [3, 4], 5)[0] == [[0, 1]]


def test_joint_margins_merge_within_a_row_of_the_last_variable() -> None:
    """Levels c and d are of different rows: c joins b although d has fewer respondents."""
    groups, _ = _collapsed([9, 9, 2, 6, 9, 9], [1] * 6, 5, row_length=3)
    assert groups == [[0], [1, 2], [3], [4], [5]]


def test_a_row_too_thin_joins_the_next_row_whole() -> None:
    groups, rows = _collapsed([1, 1, 9, 9], [1] * 4, 5, row_length=2)
    assert groups == [[0, 1, 2, 3]]
    assert rows == [("a + b + c + d", "thin")]


def test_the_level_of_unknown_answers_is_never_merged() -> None:
    groups, rows = _collapsed([9, 9, 1], [9, 9, 1], 5, kept=1)
    assert (groups, rows) == ([[0], [1], [2]], [])


def test_areas_are_merged_each_by_itself() -> None:
    codes = np.repeat([0, 1, 0, 1], [9, 1, 9, 9])
    area = np.repeat([0, 0, 1, 1], [9, 1, 9, 9])
    target = MarginTarget("sex", ("m", "f"), codes, np.array([[5.0, 5], [6, 4]]))
    merged, rows = collapse(target, area, ["first", "second"], 5)
    np.testing.assert_array_equal(merged.totals, [[10, 0], [6, 4]])
    assert rows.to_dict("records") == [
        {"area": "first", "margin": "sex", "levels": "m + f", "reason": "thin"}
    ]

"""Streams: the same name gives the same numbers, another name others."""

from __future__ import annotations

import numpy as np

from analysis.synthetic.streams import stream, streams


def test_a_name_gives_the_same_numbers_again() -> None:
    assert np.array_equal(stream(7, "a", "b").random(5), stream(7, "a", "b").random(5))


def test_names_and_seeds_are_told_apart() -> None:
    first = stream(7, "ab", "c").random(5)
    for other in (stream(7, "a", "bc"), stream(8, "ab", "c"), stream(7, "abc")):
        assert not np.array_equal(first, other.random(5))


def test_a_family_of_streams_is_that_of_its_seed() -> None:
    assert streams(3)("x").random() == stream(3, "x").random()

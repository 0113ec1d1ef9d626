"""The variance of a total as sums of squares, by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.estimation.design import Design
from analysis.estimation.sampling import LonelyPsu, Sampling, sampling, selection_weights

Z = np.array([3.0, 5.0, 4.0, 10.0, 14.0, 12.0])
STRATA = np.array(["a", "a", "a", "b", "b", "b"])


def variance(selected: Sampling, z: np.ndarray) -> float:
    """Σ over terms Σ over units c (Σ z)², in the plainest way."""
    value = 0.0
    for term in selected.terms:
        units = np.arange(len(z)) if term.units is None else term.units
        totals = np.bincount(units, z, minlength=len(term.coefficients))
        value += float((term.coefficients * totals**2).sum())
    return value


def test_simple_random_sample() -> None:
    """N · S² with S² = Σ (z − 8)² / 5 = (25 + 9 + 16 + 4 + 36 + 16) / 5."""
    assert variance(sampling(6), Z) == pytest.approx(6 * 106 / 5)


def test_strata() -> None:
    """In a Σ (z − 4)² = 2, in b Σ (z − 12)² = 8; each times n / (n − 1)."""
    assert variance(sampling(6, STRATA), Z) == pytest.approx(3 / 2 * 2 + 3 / 2 * 8)


def test_finite_population() -> None:
    """Three of six and three of thirty: corrections 1/2 and 9/10."""
    population = np.array([6, 6, 6, 30, 30, 30])
    expected = 3 / 2 * 2 / 2 + 3 / 2 * 8 * 9 / 10
    assert variance(sampling(6, STRATA, (), [population]), Z) == pytest.approx(expected)
    fraction = np.array([0.5, 0.5, 0.5, 0.1, 0.1, 0.1])
    assert variance(sampling(6, STRATA, (), [fraction]), Z) == pytest.approx(expected)


def test_clusters_may_repeat_their_names_in_other_strata() -> None:
    """Totals 8, 4 in a and 24, 12 in b: 2 · (4 + 4) and 2 · (36 + 36)."""
    clusters = [1, 1, 2, 1, 1, 2]
    assert variance(sampling(6, STRATA, [clusters]), Z) == pytest.approx(2 * 8 + 2 * 72)


def test_two_stages() -> None:
    """Two of ten clusters, in each three of nine rows.

    The first stage: 0.8 · 2 · ((12 − 24)² + (36 − 24)²); the second 2/10 of 2/3 · 3/2 · (2 + 8).
    """
    clusters = [[1, 1, 1, 2, 2, 2], np.arange(6)]
    found = sampling(6, None, clusters, [np.full(6, 10), np.full(6, 9)])
    assert variance(found, Z) == pytest.approx(0.8 * 2 * 288 + 0.2 * (2 / 3) * (3 / 2) * 10)


def test_without_populations_later_stages_do_not_count() -> None:
    clusters = [[1, 1, 1, 2, 2, 2], np.arange(6)]
    assert variance(sampling(6, None, clusters), Z) == pytest.approx(2 * 288)


LONELY = np.array(["a", "a", "a", "b", "b", "c"])


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        # a: 3/2 · 2, b: 2 · 8; c has 12 alone, the mean of all is 8.
        ("remove", 3 + 16),
        ("certainty", 3 + 16),
        ("average", (3 + 16) * 3 / 2),
        ("adjust", 3 + 16 + (12 - 8) ** 2),
    ],
)
def test_a_stratum_of_one(rule: LonelyPsu, expected: float) -> None:
    assert variance(sampling(6, LONELY, lonely_psu=rule), Z) == pytest.approx(expected)


def test_a_stratum_of_one_is_refused_and_named() -> None:
    with pytest.raises(WorkbenchError, match="1 strata have only one sampling unit") as caught:
        sampling(6, LONELY)
    assert caught.value.issues[0].what == "stratum c has one sampling unit"
    assert "adjust" in str(caught.value.issue.hint)


def test_a_stratum_taken_whole_is_not_lonely() -> None:
    population = np.array([30, 30, 30, 20, 20, 1])
    found = sampling(6, LONELY, (), [population])
    assert variance(found, Z) == pytest.approx(3 * 0.9 + 16 * 0.9)


def test_populations_must_fit() -> None:
    with pytest.raises(WorkbenchError, match="more sampled units than its population"):
        sampling(6, STRATA, (), [np.array([2, 2, 2, 30, 30, 30])])
    with pytest.raises(WorkbenchError, match="differs from row to row"):
        sampling(6, STRATA, (), [np.array([6, 7, 6, 30, 30, 30])])


def test_every_row_needs_a_stratum() -> None:
    with pytest.raises(WorkbenchError, match="1 rows have no stratum"):
        sampling(2, np.array(["a", None], dtype=object))


def test_weights_from_two_stages() -> None:
    clusters = [[1, 1, 1, 2, 2, 2], np.arange(6)]
    populations = [np.full(6, 10), np.array([9, 9, 9, 6, 6, 6])]
    found = selection_weights(6, None, clusters, populations)
    np.testing.assert_allclose(found, np.repeat([5 * 3, 5 * 2], 3))


def test_one_unit_of_a_stratum_in_a_domain_is_compared_with_zero() -> None:
    """Two strata of two clusters; of the second the domain has one cluster only.

    By hand, with totals t of w (y − mean): the first stratum gives 2/1 Σ (t − mean t)², the
    second 2/1 (t − mean t)² summed over t and 0, or 2 t² where it counts as lonely.
    """
    frame = pd.DataFrame(
        {
            "stratum": ["a", "a", "a", "b", "b", "b"],
            "cluster": [1, 1, 2, 3, 3, 4],
            "inside": ["yes", "yes", "yes", "yes", "yes", "no"],
            "y": [1.0, 2.0, 6.0, 3.0, 8.0, 5.0],
        }
    )
    design = Design(frame, strata="stratum", clusters="cluster", lonely_psu="adjust")
    z = frame["y"][:5] - 4
    first = np.array([z[0] + z[1], z[2]])
    alone = z[3] + z[4]
    of_first = 2 * ((first - first.mean()) ** 2).sum()
    plain = of_first + 2 * ((alone / 2) ** 2 + (alone / 2) ** 2)
    own = design.mean("y", by="inside").set_index("inside")["se"]["yes"]
    assert own == pytest.approx(np.sqrt(plain) / 5)
    lonely = replace(design, lonely_in_domains=True).mean("y", by="inside")
    expected = np.sqrt(of_first + 2 * alone**2) / 5
    assert lonely.set_index("inside")["se"]["yes"] == pytest.approx(expected)

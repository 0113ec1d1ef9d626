from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa

from analysis.validation.agreement import (
    Codes,
    cohen_kappa,
    distances,
    krippendorff_alpha,
    percent_agreement,
)


def sets(*texts: str) -> list[Codes]:
    return [frozenset(text.split()) for text in texts]


def from_table(table: Sequence[Sequence[int]]) -> tuple[list[int], list[int]]:
    cells = [
        (i, j) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)
    ]
    return [i for i, _ in cells], [j for _, j in cells]


def test_percent_agreement_counts_equal_values() -> None:
    assert percent_agreement("abcd", "abca") == 0.75
    assert math.isnan(percent_agreement([], []))


def test_kappa_of_a_table_worked_out_by_hand() -> None:
    # 20 + 15 of 50 agreed; by chance 0.5·0.6 + 0.5·0.4 = 0.5; kappa (0.7 − 0.5) / 0.5.
    found = cohen_kappa(*from_table([[20, 5], [10, 15]]))
    assert found.observed == pytest.approx(0.7)
    assert found.expected == pytest.approx(0.5)
    assert found.value == pytest.approx(0.4)
    assert found.n == 50


@pytest.mark.parametrize(
    "table",
    [
        [[20, 5], [10, 15]],
        [[88, 14, 18], [10, 40, 10], [2, 6, 12]],
        [[5, 0, 0, 1], [0, 7, 2, 0], [0, 0, 3, 0], [1, 1, 0, 9]],
    ],
)
def test_kappa_and_its_interval_are_those_of_statsmodels(table: list[list[int]]) -> None:
    witness = cohens_kappa(np.array(table))
    found = cohen_kappa(*from_table(table))
    assert found.value == pytest.approx(witness.kappa, abs=1e-12)
    assert found.low == pytest.approx(witness.kappa_low, abs=1e-12)
    assert found.high == pytest.approx(witness.kappa_upp, abs=1e-12)


def test_kappa_of_full_agreement_is_1_and_without_choice_not_defined() -> None:
    assert cohen_kappa("aabb", "aabb").value == 1
    assert math.isnan(cohen_kappa("aaaa", "aaaa").value)
    assert math.isnan(cohen_kappa([], []).value)
    assert cohen_kappa("ab", "ba").value == -1


def test_distances_of_sets_by_hand() -> None:
    some = sets("a b", "a b", "a", "b c", "c", "")
    masi = distances(some, "masi")
    assert masi[0, 1] == 0
    assert masi[0, 2] == pytest.approx(1 - (2 / 3) * (1 / 2))
    assert masi[0, 3] == pytest.approx(1 - (1 / 3) * (1 / 3))
    assert masi[0, 4] == 1
    assert masi[5, 5] == 0
    assert masi[0, 5] == 1
    jaccard = distances(some, "jaccard")
    assert jaccard[0, 3] == pytest.approx(2 / 3)
    assert distances(some, "nominal")[0, 2] == 1
    assert (masi == masi.T).all()


def test_alpha_of_four_units_worked_out_by_hand() -> None:
    # Values a a b b / a b b b: one of four units differs, D_o = 1/4. Of the 8 values 3 are a and
    # 5 are b: D_e = 2·3·5 / (8·7) = 30/56. Alpha = 1 − (1/4)·(56/30) = 8/15.
    found = krippendorff_alpha(sets("a", "a", "b", "b"), sets("a", "b", "b", "b"), "nominal")
    assert found.observed == pytest.approx(1 / 4)
    assert found.expected == pytest.approx(30 / 56)
    assert found.value == pytest.approx(8 / 15)


def test_alpha_with_masi_worked_out_by_hand() -> None:
    # Units {a,b}|{a} and {c}|{c}. MASI of {a,b} and {a} is 2/3, every other pair 1 or 0.
    # D_o = (2/3)/2 = 1/3. Of the 12 ordered pairs of the four values: {a,b}-{a} twice 2/3,
    # {a,b}-{c} four times 1, {a}-{c} four times 1: D_e = (4/3 + 8)/12 = 7/9.
    found = krippendorff_alpha(sets("a b", "c"), sets("a", "c"), "masi")
    assert found.observed == pytest.approx(1 / 3)
    assert found.expected == pytest.approx(7 / 9)
    assert found.value == pytest.approx(1 - (1 / 3) / (7 / 9))


def test_alpha_is_not_defined_without_difference_or_units() -> None:
    assert math.isnan(krippendorff_alpha(sets("a", "a"), sets("a", "a")).value)
    assert math.isnan(krippendorff_alpha([], []).value)


def drawn(size: int, seed: int) -> tuple[list[Codes], list[Codes]]:
    stream = np.random.default_rng(seed)
    first, second = [], []
    for _ in range(size):
        given = frozenset(stream.choice(list("abcdef"), size=stream.integers(1, 4), replace=False))
        first.append(given)
        other = frozenset(stream.choice(list("abcdef"), size=stream.integers(1, 4), replace=False))
        second.append(given if stream.random() < 0.6 else other)
    return first, second


def test_the_interval_of_alpha_is_the_same_each_time_and_holds_alpha() -> None:
    first, second = drawn(200, 1)
    found = krippendorff_alpha(first, second)
    assert found == krippendorff_alpha(first, second)
    assert found.low < found.value < found.high
    small = krippendorff_alpha(first[:50], second[:50])
    assert small.high - small.low > 1.5 * (found.high - found.low)


def test_the_interval_of_alpha_covers_that_of_many_answers() -> None:
    whole = krippendorff_alpha(*drawn(20000, 7)).value
    covered = 0
    for seed in range(60):
        found = krippendorff_alpha(*drawn(150, 100 + seed))
        covered += found.low <= whole <= found.high
    # 57 of 60 are expected; 51 or fewer happen once in a hundred times.
    assert covered >= 51


def test_alpha_is_that_of_the_krippendorff_package() -> None:
    witness = pytest.importorskip("krippendorff")
    first, second = drawn(120, 3)
    names = list(dict.fromkeys([*first, *second]))
    for distance in ("nominal", "masi", "jaccard"):
        apart = distances(names, distance)  # type: ignore[arg-type]

        def metric(
            v1: np.ndarray, v2: np.ndarray, *rest: object, apart: np.ndarray = apart, **more: object
        ) -> np.ndarray:
            return apart[v1.astype(int), v2.astype(int)]

        data = np.array([[names.index(one) for one in first], [names.index(one) for one in second]])
        expected = witness.alpha(
            reliability_data=data.astype(float),
            value_domain=list(range(len(names))),
            level_of_measurement=metric if distance != "nominal" else "nominal",
        )
        found = krippendorff_alpha(first, second, distance)  # type: ignore[arg-type]
        assert found.value == pytest.approx(expected, abs=1e-10)


def test_masi_and_alpha_are_those_of_nltk() -> None:
    pytest.importorskip("nltk")
    from nltk.metrics import masi_distance
    from nltk.metrics.agreement import AnnotationTask

    first, second = drawn(60, 5)
    # NLTK rounds the weights 2/3 and 1/3 to 0.67 and 0.33.
    apart = distances([*first, *second], "masi")
    for i, j in ((0, 60), (3, 64), (10, 71), (20, 20)):
        every = [*first, *second]
        assert apart[i, j] == pytest.approx(masi_distance(every[i], every[j]), abs=0.004)
    rows = [("1", str(unit), given) for unit, given in enumerate(first)]
    rows += [("2", str(unit), given) for unit, given in enumerate(second)]
    task = AnnotationTask(data=rows, distance=masi_distance)
    assert krippendorff_alpha(first, second).value == pytest.approx(task.alpha(), abs=0.004)

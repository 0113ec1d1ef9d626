"""Numbers and dates as people write them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.sources.numbers import read_dates, read_numbers


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("12", None, 12.0),
        ("-8", None, -8.0),
        ("−8", None, -8.0),
        ("2,5", None, 2.5),
        ("2.5", None, 2.5),
        ("1 234", None, 1234.0),
        ("1\u00a0234\u00a0567,8", None, 1234567.8),
        ("1\u202f234", None, 1234.0),
        ("1.234.567,8", None, 1234567.8),
        ("1,234,567.8", None, 1234567.8),
        ("1.5e3", None, 1500.0),
        (".5", None, 0.5),
        ("5.", None, 5.0),
        ("2,5", ",", 2.5),
        ("2.5", ",", None),
        ("2,5", ".", None),
        ("1.234,5", ",", 1234.5),
        ("1.234,5", ".", None),
        ("12 34", None, None),
        ("1 2", None, None),
        ("5 %", None, None),
        ("inf", None, None),
        ("nan", None, None),
        ("1_000", None, None),
        ("٣", None, 3.0),
        ("", None, None),
    ],
)
def test_numbers(text: str, decimal: str | None, number: float | None) -> None:
    numbers, bad = read_numbers([text], decimal)
    assert bad.tolist() == [number is None]
    np.testing.assert_array_equal(numbers, [np.nan if number is None else number])


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([".", ","]))
def test_every_number_reads_back(number: float, mark: str) -> None:
    numbers, bad = read_numbers([repr(number).replace(".", mark)], mark)
    assert not bad.any()
    assert numbers[0] == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2011-09-05", "2011-09-05"),
        ("2011-9-5", "2011-09-05"),
        ("5. 9. 2011", "2011-09-05"),
        ("5.9.2011 10:30", "2011-09-05"),
        ("2011-09-05 10:30:00", "2011-09-05"),
        ("2012-02-29", "2012-02-29"),
        ("2011-02-29", None),
        ("2011-13-01", None),
        ("40791", None),
        ("5. září 2011", None),
    ],
)
def test_dates(text: str, expected: str | None) -> None:
    dates, bad, ambiguous = read_dates([text])
    assert bad.tolist() == [expected is None]
    assert dates[0] == (expected or "")
    assert not ambiguous


@given(st.lists(st.dates(date(1900, 1, 1), date(2100, 12, 31)), min_size=1, max_size=5))
def test_slashed_dates_with_the_day_first_read_back(days: list[date]) -> None:
    texts = [f"{day.day:02d}/{day.month:02d}/{day.year}" for day in days]
    dates, bad, ambiguous = read_dates(texts)
    assert not bad.any()
    assert ambiguous == all(day.day <= 12 for day in days)
    assert dates.tolist() == [day.isoformat() for day in days]

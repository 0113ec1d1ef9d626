from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.presentation.numbers import MINUS, NO_BREAK_SPACE, Numbers
from analysis.presentation.wording import words

CS: Numbers = words("cs").numbers
EN: Numbers = words("en").numbers


@pytest.mark.parametrize(
    ("value", "places", "czech", "english"),
    [
        (1234567.891, 1, "1~234~567,9", "1,234,567.9"),
        (-0.04, 1, "0,0", "0.0"),
        (-12.25, 2, "−12,25", "−12.25"),
        (999.96, 1, "1~000,0", "1,000.0"),
        (0, 0, "0", "0"),
    ],
)
def test_decimals(value: float, places: int, czech: str, english: str) -> None:
    assert CS.decimal(value, places) == czech.replace("~", NO_BREAK_SPACE)
    assert EN.decimal(value, places) == english


def test_signs() -> None:
    assert CS.decimal(3.21, 1, signed=True) == "+3,2"
    assert CS.decimal(-3.21, 1, signed=True) == f"{MINUS}3,2"
    assert CS.decimal(0.01, 1, signed=True) == "0,0"


@pytest.mark.parametrize(
    ("share", "places", "czech"),
    [
        (0.1234, 1, "12,3~%"),
        (0.5, 0, "50~%"),
        (0.0, 0, "0~%"),
        (1.0, 0, "100~%"),
        (0.004, 0, "méně než 1~%"),
        (0.996, 0, "více než 99~%"),
        (0.0004, 1, "méně než 0,1~%"),
    ],
)
def test_percent(share: float, places: int, czech: str) -> None:
    assert CS.percent(share, places) == czech.replace("~", NO_BREAK_SPACE)


def test_points_and_ranges() -> None:
    assert CS.points(0.083) == "8,3~p.~b.".replace("~", NO_BREAK_SPACE)
    assert EN.points(-0.083, signed=True) == f"{MINUS}8.3{NO_BREAK_SPACE}pp"
    assert CS.percent_range(0.84, 0.9) == f"84–90{NO_BREAK_SPACE}%"
    # A dash between numbers of which one is negative would read as a second minus.
    assert CS.span(-2.1, 3.0) == f"{MINUS}2,1{NO_BREAK_SPACE}až 3,0"
    assert EN.span(-2.1, 3.0) == f"{MINUS}2.1 to 3.0"
    assert CS.span(2.1, 3.0) == "2,1–3,0"


def test_dates_and_periods() -> None:
    assert CS.date(date(2010, 7, 1)) == "1.~7.~2010".replace("~", NO_BREAK_SPACE)
    assert EN.date(date(2010, 7, 1)).replace(NO_BREAK_SPACE, " ") == "1 July 2010"
    same_year = CS.period(date(2011, 9, 5), date(2011, 10, 28)).replace(NO_BREAK_SPACE, " ")
    assert same_year == "5. 9. – 28. 10. 2011"
    two_years = CS.period(date(2011, 12, 5), date(2012, 1, 8)).replace(NO_BREAK_SPACE, " ")
    assert two_years == "5. 12. 2011 – 8. 1. 2012"


@pytest.mark.parametrize(
    ("count", "czech", "english"),
    [(0, "many", "many"), (1, "one", "one"), (2, "few", "many"), (4, "few", "many"),
     (5, "many", "many"), (22, "many", "many"), (101, "many", "many")],
)  # fmt: skip
def test_plural_forms(count: int, czech: str, english: str) -> None:
    assert CS.plural(count) == czech
    assert EN.plural(count) == english


@pytest.mark.parametrize(
    ("number", "english"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")],
)
def test_ordinals(number: int, english: str) -> None:
    assert EN.ordinal(number) == english
    assert CS.ordinal(number) == f"{number}."


@given(st.floats(-1e9, 1e9), st.integers(0, 3))
def test_what_is_written_can_be_read_back(value: float, places: int) -> None:
    text = CS.decimal(value, places)
    plain = text.replace(NO_BREAK_SPACE, "").replace(",", ".").replace(MINUS, "-")
    assert float(plain) == pytest.approx(value, abs=0.5 * 10**-places + 1e-6)
    assert float(plain) == round(float(plain), places)


@pytest.mark.parametrize("share", [0.004, 0.005, 0.995, 0.996])
def test_a_share_that_is_not_0_or_1_is_never_printed_as_such(share: float) -> None:
    text = words("en").numbers.percent(share)
    assert text not in ("0%", "100%")

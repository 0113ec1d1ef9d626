"""Numbers, shares, differences, ranges and dates as a language writes them."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"
#: Decimal places beyond which a number is noise of binary arithmetic.
_DIGITS = 9


@dataclass(frozen=True)
class Numbers:
    """How one language writes numbers; made from the ``locale`` of its phrases."""

    locale: Mapping[str, Any]
    language: str

    def decimal(self, value: float, places: int = 1, *, signed: bool = False) -> str:
        """A number with a fixed count of decimal places, such as ``1 234,5``."""
        text = f"{half_up(abs(value), places):,.{places}f}"
        whole, _, fraction = text.partition(".")
        is_zero = not any(digit in "123456789" for digit in text)
        sign = "" if is_zero else (MINUS if value < 0 else "+" if signed else "")
        grouped = whole.replace(",", self._thousands)
        return sign + grouped + (f"{self.locale['decimal']}{fraction}" if fraction else "")

    def whole(self, value: float) -> str:
        """A count, such as ``58 021``."""
        return self.decimal(value, 0)

    def percent(self, share: float, places: int = 0) -> str:
        """A share 0–1 in percent; a share that is not 0 or 1 is never rounded to it."""
        step = 10.0**-places
        if 0 < share * 100 <= step / 2:
            return self._bounded("less_than", step, places)
        if 100 - step / 2 <= share * 100 < 100:
            return self._bounded("more_than", 100 - step, places)
        return self._percent(self.decimal(share * 100, places))

    def percent_range(self, low: float, high: float, places: int = 0) -> str:
        """Two shares as a range, such as ``84–90 %``."""
        low_text = self.decimal(low * 100, places)
        return self._percent(f"{low_text}–{self.decimal(high * 100, places)}")

    def points(self, difference: float, places: int = 1, *, signed: bool = False) -> str:
        """A difference of shares in percentage points, such as ``8,3 p. b.``."""
        return self._points(self.decimal(difference * 100, places, signed=signed))

    def points_range(self, low: float, high: float, places: int = 1) -> str:
        """Two differences of shares as a range in percentage points."""
        return self._points(self.span(low * 100, high * 100, places))

    def span(self, low: float, high: float, places: int = 1) -> str:
        """Two numbers as a range; with a word between them where one is negative."""
        low_text, high_text = self.decimal(low, places), self.decimal(high, places)
        if MINUS in low_text + high_text:
            return str(self.locale["span"]).format(low=low_text, high=high_text)
        return f"{low_text}–{high_text}"

    def ordinal(self, number: int) -> str:
        """A place in a ranking."""
        return str(self.locale["ordinal"]).format(n=number, suffix=_english_suffix(number))

    def date(self, day: datetime.date) -> str:
        """A date, such as ``1. 7. 2010``."""
        return self._date(day, "date")

    def period(self, start: datetime.date, end: datetime.date) -> str:
        """Two dates as a period; a year that is the same stands once."""
        first = self._date(start, "date" if start.year != end.year else "day")
        return f"{first}{NO_BREAK_SPACE}– {self.date(end)}"

    def plural(self, number: float) -> str:
        """Which plural form a count takes: ``one``, ``few`` or ``many``."""
        if number == 1:
            return "one"
        if self.language == "cs" and number in (2, 3, 4):
            return "few"
        return "many"

    def _date(self, day: datetime.date, key: str) -> str:
        month = self.locale["months"][day.month - 1]
        text = str(self.locale[key]).format(
            day=day.day, month=day.month, month_name=month, year=day.year
        )
        return text.replace(" ", NO_BREAK_SPACE)

    @property
    def _thousands(self) -> str:
        return str(self.locale["thousands"])

    def _percent(self, number: str) -> str:
        return str(self.locale["percent"]).format(number=number)

    def _points(self, number: str) -> str:
        return str(self.locale["points"]).format(number=number)

    def _bounded(self, key: str, share: float, places: int) -> str:
        value = self._percent(self.decimal(share, places))
        return str(self.locale[key]).format(value=value)


def half_up(value: float, places: int) -> Decimal:
    """A number rounded as people round: a half goes away from 0.

    Binary fractions are first taken for the decimal number they stand for, so that a table,
    its sheet and a sentence never show two roundings of one number.
    """
    if not math.isfinite(value):
        return Decimal(value)
    exact = Decimal(repr(round(float(value), _DIGITS)))
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def share_value(share: float, places: int = 1) -> float:
    """A share 0–1 as it stands in a sheet: rounded to places of its percentage."""
    return float(half_up(share * 100, places).scaleb(-2))


def _english_suffix(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")

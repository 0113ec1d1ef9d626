"""Numbers and dates as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SPACES = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
_GROUPED_EUROPEAN = re.compile(r"[-+]?\d{1,3}(\.\d{3})+,\d+")
_GROUPED_ENGLISH = re.compile(r"[-+]?\d{1,3}(,\d{3})+\.\d+")

_ISO_DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_DOTTED_DATE = re.compile(r"(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})(?:\s.*)?")
_SLASHED_DATE = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4})(?:\s.*)?")


def read_numbers(
    texts: Sequence[str], decimal: str | None = None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Texts as numbers.

    Parameters
    ----------
    texts
        One number each, with a decimal point or comma; spaces may part thousands.
    decimal
        The decimal sign where it is stated; the other sign then makes no number.

    Returns
    -------
    numbers, bad
        NaN and True where a text is no number.
    """
    plain = [_plain_number(text, decimal) for text in texts]
    numbers = np.array([np.nan if text is None else float(text) for text in plain], dtype=float)
    return numbers, np.array([text is None for text in plain], dtype=bool)


def _plain_number(text: str, decimal: str | None) -> str | None:
    plain = _SPACES.sub("", text.replace("−", "-"))
    if decimal != "." and _GROUPED_EUROPEAN.fullmatch(plain):
        return plain.replace(".", "").replace(",", ".")
    if decimal != "," and _GROUPED_ENGLISH.fullmatch(plain):
        return plain.replace(",", "")
    if not _NUMBER.fullmatch(plain):
        return None
    if decimal is not None and {".": ",", ",": "."}[decimal] in plain:
        return None
    return plain.replace(",", ".")


def read_dates(texts: Sequence[str]) -> tuple[NDArray[Any], NDArray[np.bool_], bool]:
    """Texts as ISO dates.

    ``2011-09-05``, ``5. 9. 2011`` and ``05/09/2011`` are read, a time of day is left off.
    With slashes, the texts of one column decide together whether the day stands first.

    Returns
    -------
    dates, bad, ambiguous
        ISO texts, True where a text is no date, and whether the order of day and month was
        assumed (day first) rather than seen.
    """
    slashed = [match for text in texts if (match := _SLASHED_DATE.fullmatch(text))]
    day_first = any(int(match[1]) > 12 for match in slashed)
    month_first = any(int(match[2]) > 12 for match in slashed)
    dates = [_iso_date(text, month_first and not day_first) for text in texts]
    bad = np.array([date is None for date in dates], dtype=bool)
    ambiguous = bool(slashed) and not day_first and not month_first
    return np.array([date or "" for date in dates], dtype=object), bad, ambiguous


def _iso_date(text: str, month_first: bool) -> str | None:
    if match := _ISO_DATE.fullmatch(text):
        year, month, day = match.groups()
    elif match := _DOTTED_DATE.fullmatch(text):
        day, month, year = match.groups()
    elif match := _SLASHED_DATE.fullmatch(text):
        day, month, year = match.groups()
        if month_first:
            day, month = month, day
    else:
        return None
    iso = f"{year}-{int(month):02d}-{int(day):02d}"
    try:
        np.datetime64(iso)
    except ValueError:
        return None
    return iso

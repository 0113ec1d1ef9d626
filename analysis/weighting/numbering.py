"""Combinations of codes numbered without sorting the rows."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]

#: Keys are numbered through a table of at most this many entries, otherwise by sorting.
_TABLE: Final = 20_000_000
#: Codes are combined without being numbered anew while there are at most so many keys.
_SMALL: Final = 1_000_000


def numbered(keys: Codes, size: int) -> tuple[Codes, Codes]:
    """Keys below ``size`` numbered in their order, and the keys that occur."""
    if size > _TABLE:
        distinct, number = np.unique(keys, return_inverse=True)
        return number.reshape(keys.shape).astype(np.int32), distinct
    present = np.zeros(size, dtype=bool)
    present[keys] = True
    distinct = np.flatnonzero(present)
    number = np.zeros(size, dtype=np.int32)
    number[distinct] = np.arange(len(distinct), dtype=np.int32)
    return number[keys], distinct


def numbered_jointly(*codes: Codes) -> Codes:
    """A number for every combination of codes that occurs; one array of codes stays as it is."""
    joint, size = codes[0], count_of(codes[0])
    if len(codes) == 1:
        return joint
    for code in codes[1:]:
        own = count_of(code)
        if size * own > _SMALL:
            joint, distinct = numbered(joint, size)
            size = len(distinct)
        joint = joint.astype(np.int64) * own + code
        size *= own
    return numbered(joint, size)[0]


def count_of(codes: Codes) -> int:
    """One more than the largest code."""
    return int(codes.max(initial=-1)) + 1


def one_row_of_each(codes: Codes) -> Codes:
    """Some row of every code; codes are numbered without gaps."""
    found = np.zeros(count_of(codes), dtype=np.intp)
    found[codes] = np.arange(len(codes))
    return found

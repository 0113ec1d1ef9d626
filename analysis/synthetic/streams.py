"""Streams of random numbers that do not disturb each other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

Stream = Callable[..., np.random.Generator]


def stream(seed: int, *names: str) -> np.random.Generator:
    """The stream of random numbers that a seed and a name stand for.

    Streams of different names are independent, so that a question added to a questionnaire
    changes no answer to another.
    """
    digest = hashlib.sha256("\x1f".join(names).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:16], "little")])


def streams(seed: int) -> Stream:
    """A function that gives the stream of a name under one seed."""

    def named(*names: str) -> np.random.Generator:
        return stream(seed, *names)

    return named

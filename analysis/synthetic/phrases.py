"""What people write in open answers: phrases, and phrases with places to be filled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from analysis.synthetic.parameters import Planted

ANSWER = "{answer}"
_SLOT = re.compile(r"\{(\w+)\}")


def slots(text: str) -> list[str]:
    """The places of a phrase that are to be filled, each once."""
    return list(dict.fromkeys(_SLOT.findall(text)))


def expanded(texts: Iterable[str], fill: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Every phrase with every filling of its places, each once.

    Parameters
    ----------
    texts
        Phrases such as ``more {who} in the evening``.
    fill
        Place → what may stand there.
    """
    return tuple(dict.fromkeys(phrase for text in texts for phrase in _filled(text, fill)))


def plant(answers: pd.Series, planted: Planted, stream: np.random.Generator) -> pd.Series:
    """Answers, of which a share holds a planted text as well.

    A planted text stands behind the answer, or around it where it says ``{answer}``.
    """
    given = answers.notna() & (answers != "")
    chosen = given & (stream.random(len(answers)) < planted.rate)
    which = stream.integers(len(planted.texts), size=len(answers))
    joined = [
        _around(planted.texts[number], str(answer)) if take else answer
        for answer, take, number in zip(answers, chosen, which, strict=True)
    ]
    return pd.Series(joined, index=answers.index, dtype="str")


def _around(text: str, answer: str) -> str:
    return text.replace(ANSWER, answer) if ANSWER in text else f"{answer}. {text}"


def _filled(text: str, fill: Mapping[str, Sequence[str]]) -> Iterator[str]:
    names = slots(text)
    for values in product(*(fill[name] for name in names)):
        phrase = text
        for name, value in zip(names, values, strict=True):
            phrase = phrase.replace(f"{{{name}}}", value)
        yield phrase

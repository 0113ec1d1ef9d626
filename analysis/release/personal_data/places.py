"""Names of small places: where few people live, the place itself tells who is speaking."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from analysis.release.personal_data.inflection import place_forms
from analysis.release.personal_data.numbers import Found

_WORD = re.compile(r"\[[^\[\]]*\]|[^\W\d_]+")
_OPENS = re.compile(r"(?:^|[.!?…:;\n])\s*[\"„(]*\s*$")
_SMALL_WORDS = {"nad", "pod", "u", "v", "ve", "na", "při", "za", "a", "pri"}


class Places:
    """Places to be recognised in any case.

    Parameters
    ----------
    names
        The names in the nominative, of one word or several.
    opening
        Whether a name of one word counts where it opens a sentence; many a village is called
        by an ordinary word.
    """

    def __init__(self, names: Iterable[str], *, opening: bool = False) -> None:
        self._opening = opening
        self._by_first: dict[str, list[tuple[frozenset[str], ...]]] = defaultdict(list)
        for name in sorted(set(names), key=lambda one: -len(one)):
            parts = tuple(_forms(word) for word in _WORD.findall(name))
            for form in parts[0] if parts else ():
                self._by_first[form].append(parts)

    def found(self, text: str) -> Iterator[Found]:
        """The places named in a text, the longer name before the shorter."""
        words = list(_WORD.finditer(text))
        place = 0
        while place < len(words):
            length = self._length(text, words, place)
            if length:
                yield Found(words[place].start(), words[place + length - 1].end(), "place")
            place += max(length, 1)

    def _length(self, text: str, words: list[re.Match[str]], place: int) -> int:
        """How many words from here are the name of a place; 0 when it is none."""
        first = words[place]
        if not first.group()[0].isupper():
            return 0
        for parts in self._by_first.get(first.group().casefold(), ()):
            following = words[place : place + len(parts)]
            if len(following) < len(parts) or not _adjoin(text, following):
                continue
            if not all(
                word.group().casefold() in forms
                for word, forms in zip(following, parts, strict=True)
            ):
                continue
            if len(parts) == 1 and not self._opening and _OPENS.search(text[: first.start()]):
                continue
            return len(parts)
        return 0


def _forms(word: str) -> frozenset[str]:
    if word.casefold() in _SMALL_WORDS:
        return frozenset({word.casefold()})
    forms = {form.casefold() for form in place_forms(word) if len(form) > 2}
    return frozenset({word.casefold(), *forms})


def _adjoin(text: str, words: list[re.Match[str]]) -> bool:
    gaps = (text[one.end() : other.start()] for one, other in pairwise(words))
    return all(gap.strip() in ("", "-", ".") for gap in gaps)

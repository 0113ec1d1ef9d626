"""Czech personal data taken out of open answers.

:class:`Scrubber` replaces what may tell who a person is by a typed marker, ``[jméno]`` or
``[telefon]``, and counts what it replaced by kind. What was removed is kept nowhere. The
methods and their limits are in ``docs/methods.md``.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from analysis.release.personal_data.addresses import addresses
from analysis.release.personal_data.inflection import place_forms
from analysis.release.personal_data.names import names, opening_names, unknown_capitals
from analysis.release.personal_data.numbers import DETECTORS, Found, long_numbers
from analysis.release.personal_data.places import Places
from analysis.release.personal_data.words import vocabulary

__all__ = ["KINDS", "Scrubbed", "Scrubber"]

#: What is told apart, in the order of ``words.yaml``.
KINDS = tuple(vocabulary().markers)

_INVISIBLE = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff\u00ad]")
_REPEATED = re.compile(r"(\[[^\[\]]+\])(?:[ ,]*\1)+")
_MOST_PASSES = 6
_Detector = Callable[[str], Iterator[Found]]


@dataclass(frozen=True)
class Scrubbed:
    """A text without personal data.

    Parameters
    ----------
    text
        The text with markers in place of what was removed.
    removed
        Kind → how many times something of it was removed; see :data:`KINDS`.
    """

    text: str
    removed: Mapping[str, int]


class Scrubber:
    """Removes personal data from Czech texts.

    Parameters
    ----------
    small_places
        Names of places that are removed in any case, in the nominative.
    harmless
        Names that a study knows to be no person's: large towns, services, institutions.
    """

    def __init__(self, small_places: Iterable[str] = (), harmless: Iterable[str] = ()) -> None:
        known = tuple(harmless)
        self._places = Places(small_places)
        self._harmless = vocabulary().harmless.and_also(_all_forms(known))
        several = [name for name in known if " " in name]
        self._institutions = Places(
            [*several, *vocabulary().institution_names], opening=True
        )  # fmt: skip

    def scrub(self, text: str) -> Scrubbed:
        """A text without personal data; what is scrubbed once more stays as it is."""
        removed: Counter[str] = Counter()
        current = _normal(text)
        for _ in range(_MOST_PASSES):
            before = current
            for detector in self._detectors():
                current = _replaced(current, detector, removed)
            current = _REPEATED.sub(r"\1", current)
            if current == before:
                break
        return Scrubbed(current, dict(sorted(removed.items())))

    def doubts(self, text: str) -> bool:
        """Whether a scrubbed text still holds something that nobody can vouch for.

        A word with a capital inside a sentence that is no known institution or town, a noun
        that opens a sentence and is a family name too, a sign of an address, or a number of
        six digits and more.
        """
        bare = re.sub(r"\[[^\[\]]*\]", "", text)
        return bool(
            unknown_capitals(text, self._harmless, self._institutions.found(text))
            or opening_names(text)
            or "@" in bare
            or long_numbers(bare)
        )

    def _detectors(self) -> Iterator[_Detector]:
        yield from DETECTORS
        yield lambda text: addresses(text, self._harmless)
        yield lambda text: names(text, self._harmless, self._institutions.found(text))
        yield self._places.found


def _all_forms(known: Iterable[str]) -> Iterator[str]:
    """The forms of names of one word; a word of a longer name is harmless only within it."""
    for name in known:
        if " " not in name:
            yield from (form for form in place_forms(name) if len(form) > 2)


def _normal(text: str) -> str:
    """One way of writing the same letters; nothing invisible, blanks single."""
    composed = unicodedata.normalize("NFKC", text)
    return re.sub(r"\s+", " ", _INVISIBLE.sub("", composed)).strip()


def _replaced(text: str, detector: _Detector, removed: Counter[str]) -> str:
    """The text with a marker for each thing found; of two that overlap the longer counts."""
    markers = [(match.start(), match.end()) for match in re.finditer(r"\[[^\[\]]*\]", text)]
    own = {f"[{marker}]" for marker in vocabulary().markers.values()}
    markers = [(start, end) for start, end in markers if text[start:end] in own]
    result, end = [], 0
    for found in _apart(detector(text)):
        if any(start < found.end and found.start < stop for start, stop in markers):
            continue
        result += [text[end : found.start], f"[{vocabulary().markers[found.kind]}]"]
        removed[found.kind] += 1
        end = found.end
    return "".join([*result, text[end:]])


def _apart(found: Iterable[Found]) -> list[Found]:
    chosen: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, one.start)):
        if one.end > one.start and all(
            one.end <= other.start or other.end <= one.start for other in chosen
        ):
            chosen.append(one)
    return sorted(chosen)

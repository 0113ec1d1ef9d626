"""Names of people in Czech sentences, in whatever case, with titles or without.

What is a name is told by tables of names in all their forms, by the words before it (titles,
*paní*, *soused*, *jmenuji se*) and by its place: a capital inside a sentence. A word that is a
name and an ordinary word too counts as a name only where it does not open a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from analysis.release.personal_data.numbers import Found
from analysis.release.personal_data.words import (
    Words,
    family_names,
    given_names,
    vocabulary,
    without_diacritics,
)

_WORD = re.compile(r"\[[^\[\]]*\]|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_WOMAN = re.compile(r"\w{3,}ov(?:á|é|ou)")
_WOMAN_PLAIN = re.compile(r"\w{3,}ov(?:a|e|ou)")
_OPENS = re.compile(r"(?:^|[.!?…:;•]|\n|[–—]|[\"„“‚(])\s*[\"„“‚(–—-]*\s*$")
_ADJECTIVE_ENDINGS = ("ý", "á", "é", "í", "ého", "ému", "ým", "ém", "ou", "ých", "ými")
_LONGEST_NAME = 3


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int
    opens: bool
    #: What stands between this word and the one before.
    gap: str

    @property
    def marker(self) -> bool:
        return self.text.startswith("[")

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def initial(self) -> bool:
        return len(self.text) == 1 and self.capital


class _Sentence:
    """A text as words, some of which are taken for names."""

    def __init__(self, text: str, harmless: Words, protected: Iterable[Found] = ()) -> None:
        self.text = text
        self.harmless = harmless
        self.protected = list(protected)
        self.words = list(_words(text))
        self.taken: set[int] = set()

    @cached_property
    def plain(self) -> bool:
        """Whether the text was typed without diacritics."""
        return without_diacritics(self.text) == self.text

    @cached_property
    def shouted(self) -> bool:
        """Whether the text is written in capitals, which then tell nothing."""
        letters = [letter for letter in self.text if letter.isalpha()]
        return len(letters) > 3 and sum(map(str.isupper, letters)) > 0.7 * len(letters)

    # --- what a word is -------------------------------------------------------------------

    def capital(self, place: int) -> bool:
        word = self.words[place]
        return word.capital and not self.shouted and not word.marker

    def given(self, place: int) -> bool:
        word = self.words[place].text
        return any(given_names().known(part, plain=self.plain) for part in word.split("-"))

    def family(self, place: int) -> bool:
        word = self.words[place].text
        return any(
            family_names().known(part, plain=self.plain) or self.like_woman(part)
            for part in word.split("-")
        )

    def like_woman(self, word: str) -> bool:
        """Whether a word ends as the family names of women do."""
        pattern = _WOMAN_PLAIN if self.plain else _WOMAN
        lower = word.casefold()
        return bool(pattern.fullmatch(lower)) and lower not in vocabulary().not_a_name

    def harmless_word(self, place: int) -> bool:
        word = self.words[place]
        return word.text in self.harmless or self.is_protected(place)

    def is_protected(self, place: int) -> bool:
        word = self.words[place]
        return any(one.start <= word.start and word.end <= one.end for one in self.protected)

    def follows(self, place: int, *, comma: bool = False) -> bool:
        """Whether a word follows the one before with nothing but blanks between."""
        if place >= len(self.words):
            return False
        gap = self.words[place].gap.strip()
        return gap in (("", ".", ",") if comma else ("", "."))

    def nameable(self, place: int, *, trusted: bool = False) -> bool:
        """Whether a word may be a part of a name that something before it announces."""
        word = self.words[place]
        if word.marker:
            return word.text == f"[{vocabulary().markers['name']}]"
        if word.initial:
            return not self.shouted or self.text[word.end :].startswith(".")
        if self.capital(place):
            return not self.harmless_word(place) or (trusted and self.family(place))
        if word.text.casefold() in vocabulary().not_in_a_name and not self.given(place):
            return False
        named = self.given(place) or self.family(place)
        return named or (trusted and self.shouted and not self.harmless_word(place))


def names(text: str, harmless: Words, protected: Iterable[Found] = ()) -> Iterator[Found]:
    """Names of people; neighbouring parts of a name are one.

    Parameters
    ----------
    text
        The text, in which what was found before is marked.
    harmless
        Words with a capital that name no person.
    protected
        Stretches of the text that are the name of an institution.
    """
    sentence = _Sentence(text, harmless, protected)
    for place in range(len(sentence.words)):
        _after_title(sentence, place)
        _after_person(sentence, place)
        _given(sentence, place)
        _family(sentence, place)
        _initial(sentence, place)
        _lower_pair(sentence, place)
    _introduced(sentence)
    yield from _joined(sentence)


def unknown_capitals(text: str, harmless: Words, protected: Iterable[Found] = ()) -> list[str]:
    """Words with a capital inside a sentence of which nobody knows what they are."""
    sentence = _Sentence(text, harmless, protected)
    return [
        word.text
        for place, word in enumerate(sentence.words)
        if sentence.capital(place)
        and not word.opens
        and not sentence.harmless_word(place)
        and not _is_acronym(word.text)
        and word.text not in vocabulary().not_a_name
        and word.text not in vocabulary().titles
        and word.text not in vocabulary().titles_behind
        and not _is_patron(sentence, place)
    ]


def opening_names(text: str) -> list[str]:
    """Words that open a sentence and may be a family name or a noun: Beran, Král, Svoboda."""
    sentence = _Sentence(text, Words(()))
    return [
        word.text
        for place, word in enumerate(sentence.words)
        if word.opens
        and sentence.capital(place)
        and word.text.casefold() in family_names().ordinary
        and not word.text.casefold().endswith(_ADJECTIVE_ENDINGS)
    ]


def _is_acronym(word: str) -> bool:
    return 1 < len(word) <= 6 and word.isupper()


# --- the rules ----------------------------------------------------------------------------


def _after_title(sentence: _Sentence, place: int) -> None:
    """MUDr. Novák, paní Mgr. Jana Nováková, Novák, CSc."""
    word = sentence.words[place]
    lower = word.text.casefold()
    if lower in vocabulary().titles and (word.text != lower or _dotted(sentence, place)):
        _take_name(sentence, place + 1)
    if lower in vocabulary().titles_behind and word.gap.strip() == "," and place:
        before = sentence.words[place - 1]
        if sentence.capital(place - 1) and not before.marker:
            sentence.taken.add(place - 1)


def _dotted(sentence: _Sentence, place: int) -> bool:
    return sentence.text[sentence.words[place].end :].startswith(".")


def _after_person(sentence: _Sentence, place: int) -> None:
    """Pan Novák, sousedka Nováková, u doktora Nováka, pí. Nováková."""
    word = sentence.words[place]
    if word.marker or word.text not in vocabulary().persons:
        return
    if len(word.text) == 1 and not _dotted(sentence, place):
        return
    plainly = word.text.casefold() in vocabulary().persons.whole
    _take_name(sentence, place + 1, trusted=plainly or not sentence.shouted)


def _take_name(sentence: _Sentence, place: int, *, trusted: bool = True) -> None:
    """Take the words from here that may be a name, over further titles."""
    left = _LONGEST_NAME
    while left and sentence.follows(place):
        word = sentence.words[place]
        lower = word.text.casefold()
        if lower in vocabulary().titles or (lower in vocabulary().persons and not word.initial):
            if sentence.capital(place) and lower not in vocabulary().titles:
                return
            place += 1
            continue
        if _ends_sentence(sentence, place) or not sentence.nameable(place, trusted=trusted):
            return
        sentence.taken.add(place)
        # In a text of capitals only the first word behind is sure to belong to the name.
        trusted = trusted and not sentence.shouted
        place, left = place + 1, left - 1


def _ends_sentence(sentence: _Sentence, place: int) -> bool:
    """Whether a full stop between this word and the one before ends a sentence."""
    if "." not in sentence.words[place].gap or place == 0:
        return False
    before = sentence.words[place - 1]
    known = before.initial or before.text in vocabulary().titles
    short = before.text in vocabulary().persons and len(before.text) < 5
    return not (known or short)


def _given(sentence: _Sentence, place: int) -> None:
    """Jana, Jana Nováková, Nováková Jana, Jana N."""
    word = sentence.words[place]
    if word.marker or not (sentence.capital(place) or sentence.shouted):
        return
    if not sentence.given(place) or _is_patron(sentence, place):
        return
    certain = all(given_names().certain(part) for part in word.text.split("-"))
    paired = _family_next_to(sentence, place)
    if (word.opens or sentence.shouted) and not certain and not paired:
        return
    if sentence.shouted and not paired and not certain:
        return
    if sentence.plain and not certain and not paired and word.opens:
        return
    sentence.taken.add(place)
    if not sentence.shouted:
        _take_behind(sentence, place + 1)
        _take_before(sentence, place - 1)


def _family_next_to(sentence: _Sentence, place: int) -> bool:
    behind = sentence.follows(place + 1) and not sentence.words[place + 1].opens
    if behind and (sentence.family(place + 1) or _unknown(sentence, place + 1)):
        return True
    before = place > 0 and sentence.follows(place)
    return before and not sentence.words[place].opens and sentence.family(place - 1)


def _unknown(sentence: _Sentence, place: int) -> bool:
    return sentence.capital(place) and not sentence.harmless_word(place)


def _take_behind(sentence: _Sentence, place: int) -> None:
    for _ in range(2):
        if not sentence.follows(place) or _ends_sentence(sentence, place):
            return
        if not _unknown(sentence, place) and not (
            sentence.family(place) and not sentence.harmless_word(place)
            and family_names().certain(sentence.words[place].text)
        ):  # fmt: skip
            return
        sentence.taken.add(place)
        place += 1


def _take_before(sentence: _Sentence, place: int) -> None:
    if place < 0 or not sentence.follows(place + 1, comma=True):
        return
    word = sentence.words[place]
    if _ends_sentence(sentence, place + 1) or not _unknown(sentence, place):
        return
    if word.text in vocabulary().persons or word.text in vocabulary().titles:
        return
    if not word.opens or sentence.family(place):
        sentence.taken.add(place)


def _is_patron(sentence: _Sentence, place: int) -> bool:
    """Whether a given name belongs to a saint or to an institution."""
    if place == 0 or not sentence.follows(place):
        return False
    before = sentence.words[place - 1].text
    if before in vocabulary().patrons:
        return True
    alone = not sentence.follows(place + 1) or not sentence.capital(place + 1)
    return before in vocabulary().institutions and alone


def _family(sentence: _Sentence, place: int) -> None:
    """Nováková, Novákem: a family name that stands alone."""
    word = sentence.words[place]
    if word.marker or sentence.harmless_word(place) or not sentence.family(place):
        return
    certain = all(
        family_names().certain(part) or sentence.like_woman(part)
        for part in word.text.split("-")
    )  # fmt: skip
    if sentence.shouted:
        if all(family_names().certain(part) for part in word.text.split("-")):
            sentence.taken.add(place)
        return
    if not sentence.capital(place):
        return
    if word.opens and (not certain or (sentence.plain and not _known_exactly(word.text))):
        return
    sentence.taken.add(place)
    if certain and place and not sentence.words[place - 1].opens:
        _take_before(sentence, place - 1)


def _known_exactly(word: str) -> bool:
    return family_names().certain(word)


def _initial(sentence: _Sentence, place: int) -> None:
    """J. Nováková, Nováková J."""
    word = sentence.words[place]
    if not word.initial or sentence.shouted or not _dotted(sentence, place):
        return
    behind = place + 1
    if sentence.follows(behind) and sentence.words[behind].gap.strip() == ".":
        other = sentence.words[behind]
        if other.initial or _unknown(sentence, behind):
            if place and sentence.words[place - 1].text.casefold() in ("č", "čl", "odst"):
                return
            sentence.taken.update({place, behind})
    if place and place - 1 in sentence.taken and sentence.follows(place):
        sentence.taken.add(place)


def _lower_pair(sentence: _Sentence, place: int) -> None:
    """Jan novák, nováková jana: written without capitals, both known names."""
    if not sentence.follows(place + 1) or sentence.words[place + 1].gap.strip():
        return
    first, second = sentence.words[place], sentence.words[place + 1]
    if first.marker or second.marker:
        return
    one, other = sentence.given(place), sentence.given(place + 1)
    pair = (one and sentence.family(place + 1)) or (other and sentence.family(place))
    if not pair:
        return
    given = place if one and sentence.family(place + 1) else place + 1
    if _is_patron(sentence, given):
        return
    ordinary = [
        not given_names().certain(sentence.words[given].text),
        not _certain_family(sentence, place + place + 1 - given),
    ]
    if not all(ordinary) or (first.capital and second.capital and not sentence.shouted):
        sentence.taken.update({place, place + 1})


def _certain_family(sentence: _Sentence, place: int) -> bool:
    word = sentence.words[place].text
    plain = sentence.plain and word.casefold() in family_names().plain
    return family_names().certain(word) or sentence.like_woman(word) or plain


def _introduced(sentence: _Sentence) -> None:
    """Jmenuji se …: the next words, however they are written."""
    lower = sentence.text.casefold()
    for phrase in vocabulary().introductions:
        for match in re.finditer(rf"(?<!\[)\b{re.escape(phrase)}\b", lower):
            place = next(
                (p for p, word in enumerate(sentence.words) if word.start >= match.end()), None
            )
            if place is not None:
                _take_introduced(sentence, place)


def _take_introduced(sentence: _Sentence, place: int) -> None:
    for number in range(_LONGEST_NAME):
        if place >= len(sentence.words):
            return
        word = sentence.words[place]
        gap = word.gap.strip(" :–-,") if number == 0 else word.gap.strip()
        if gap.strip(".") or (number and "." in gap and not sentence.words[place - 1].initial):
            return
        if word.text.casefold() in vocabulary().titles:
            place += 1
            continue
        if word.marker or (word.text in vocabulary().not_in_a_name and not word.initial):
            return
        if number and not (_unknown(sentence, place) or sentence.family(place)
                           or (number == 1 and not sentence.capital(place - 1))):  # fmt: skip
            return
        if sentence.harmless_word(place) and not sentence.given(place):
            return
        sentence.taken.add(place)
        place += 1


# --- words and stretches ------------------------------------------------------------------


def _words(text: str) -> Iterator[_Word]:
    end = 0
    before = ""
    for match in _WORD.finditer(text):
        gap = text[end : match.start()]
        opens = bool(_OPENS.search(text[: match.start()])) and not _abbreviated(before, gap)
        yield _Word(match.group(), match.start(), match.end(), opens, gap)
        end, before = match.end(), match.group()


def _abbreviated(before: str, gap: str) -> bool:
    """Whether the full stop in the gap belongs to an abbreviation and ends no sentence."""
    if gap.strip() != "." or not before:
        return False
    words = vocabulary()
    short = before in words.abbreviations or before in words.titles
    return short or (len(before) == 1 and before.isupper())


def _joined(sentence: _Sentence) -> Iterator[Found]:
    """The taken words; those with nothing but blanks or an initial's stop between as one."""
    start = end = None
    last = -2
    for place in sorted(sentence.taken):
        word = sentence.words[place]
        if word.marker or sentence.is_protected(place):
            continue
        if start is not None and place == last + 1 and word.gap.strip() in ("", "."):
            end = word.end
        else:
            if start is not None and end is not None:
                yield _stretch(sentence, start, end)
            start, end = word.start, word.end
        last = place
    if start is not None and end is not None:
        yield _stretch(sentence, start, end)


def _stretch(sentence: _Sentence, start: int, end: int) -> Found:
    # The full stop of an initial at the end belongs to the name.
    single = end - start == 1 or not sentence.text[end - 2].isalpha()
    dot = single and sentence.text[end : end + 1] == "."
    return Found(start, end + dot, "name")

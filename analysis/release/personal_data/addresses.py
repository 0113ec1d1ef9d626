"""Where somebody lives: streets with house numbers, postcodes with towns, numbers of houses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis.release.personal_data.numbers import Found
from analysis.release.personal_data.words import Words, vocabulary

# A capital even where the pattern around it ignores case.
_CAPITAL = r"(?-i:[A-ZÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ])"
_NAME = rf"(?:{_CAPITAL}[\w’'-]*\.?|\d{{1,2}}\.)"
_NAMES = rf"{_NAME}(?:\s+(?:{_NAME}|(?:nad|pod|na|u|v|za|od|při|a|\w{{5,}}(?=\s+\d)))){{0,4}}"
_NUMBER = r"\d{1,4}(?:\s?/\s?\d{1,4}(?:\s?[a-z]\b)?|[a-z])?(?![\w/.,]*\d)\b"
_STREET_WORD = r"(?:ulic[eií]|ulicí|ul\.?)"
_SQUARE_WORD = (
    r"(?:n[aá]m\.?|nám[eě]stí|namesti|třída|třídě|třídu|tř\.?|nábř\.?|nábřeží|sídlišt\w+|sídl\.?)"
)
_HOUSE_WORD = r"(?:č\.?\s?p\.?|čp\.?|čísl\w+\s+popisn\w+|č\.?\s?ev\.?|č\.?\s?d\.?|dům\s+č\.?)"
_HOME_WORD = r"(?:bydl[ií]\w*|bydel\w*|bydliště\w*|bytem|adres[auy]|na\s+adrese|trvale)"

_PATTERNS = (
    # ulice Dlouhá 12, ul. 28. října, Na Výsluní
    re.compile(rf"\b{_STREET_WORD}\s*(?P<own>{_NAMES}(?:\s+(?:č\.?\s?)?{_NUMBER})?)", re.I),
    # nám. Míru 12
    re.compile(rf"\b(?P<own>{_SQUARE_WORD}\s+{_NAMES}\s+(?:č\.?\s?)?{_NUMBER})", re.I),
    # Ves č. p. 12, č. p. 12
    re.compile(rf"(?P<own>(?:{_NAMES}[\s,]+)?\b{_HOUSE_WORD}\s*:?\s*\d+\w?)", re.I),
    # 760 01 Město, PSČ 76001
    re.compile(rf"\b(?P<own>\d{{3}}\s?\d{{2}}\s+{_CAPITAL}\w+(?:\s+{_CAPITAL}\w+)*"
               rf"(?:\s+\d{{1,2}}\b)?)", re.I),
    re.compile(r"\b(?P<own>psč\s*:?\s*\d{3}\s?\d{2})", re.I),
)  # fmt: skip
_HOME = re.compile(
    rf"\b{_HOME_WORD}\s*:?\s*(?:jsem\s+|je\s+)?(?:(?:na|v|ve|u|pod|nad)\s+)?(?:[a-z]+\s+)?"
    rf"(?P<own>{_NAMES}[\s,]+(?:č\.?\s?)?{_NUMBER})",
    re.IGNORECASE,
)
_LOWER_HOME = re.compile(
    rf"\b(?:{_HOME_WORD}|{_STREET_WORD})\s*:?\s*(?:(?:na|v|ve|u)\s+)?"
    rf"(?P<own>[^\W\d_]{{4,}}(?:\s+[^\W\d_]{{3,}})?\s+(?:č\.?\s?)?{_NUMBER})",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(?P<own>(?P<name>{_NAMES})\s+(?:č\.\s?)?(?P<number>{_NUMBER}))")
_YEAR = re.compile(r"(?:19|20)\d{2}")
_LAW = re.compile(r"\d{1,3}\s?/\s?(?:19|20)\d{2}")
_POSTCODE_SHAPED = re.compile(r"(?<![\d  ])\d{3}[  ]\d{2}(?![  ]?\d)")
_NEXT_WORD = re.compile(r"[  ]*([^\W\d_]+|%)")
_LAST_WORD = re.compile(r"\w+\.?\s*$")
_STREET_ENDINGS = ("ova", "ově", "ovou", "ovu", "ská", "ské", "skou", "cká", "cké", "ckou", "ého")
_BEFORE_STREET = {"na", "v", "ve", "do", "u", "z", "ze", "pod", "nad", "za", "k", "ke", "od"}


def addresses(text: str, harmless: Words) -> Iterator[Found]:
    """Addresses, with the words that tell them from other numbers left where they are.

    Parameters
    ----------
    text
        The text.
    harmless
        Words with a capital that name no street: institutions and the like.
    """
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            yield _found(match)
    for pattern in (_HOME, _LOWER_HOME):
        for match in pattern.finditer(text):
            if not _counts(text, match.end("own")):
                yield _found(match)
    for match in _BARE.finditer(text):
        if _is_street(text, match, harmless):
            yield _found(match)
    for match in _POSTCODE_SHAPED.finditer(text):
        if not _counts(text, match.end()):
            yield Found(match.start(), match.end(), "address")


def _found(match: re.Match[str]) -> Found:
    return Found(match.start("own"), match.end("own"), "address")


def _is_street(text: str, match: re.Match[str], harmless: Words) -> bool:
    """Whether words with a capital before a number are a street and the number a house."""
    number, words = match.group("number"), match.group("name").split()
    if any(word.strip(".") in harmless for word in words):
        return False
    if _LAW.fullmatch(number):
        return False
    if "/" in number:
        return True
    if _counts(text, match.end()) or (_YEAR.fullmatch(number) and len(number) == 4):
        return False
    before = _LAST_WORD.search(text[: match.start()])
    if before is not None and before.group().strip().casefold() in _BEFORE_STREET:
        return True
    if len(words) > 1 and words[0].casefold() in _BEFORE_STREET:
        return True
    if words[0].casefold().endswith(_STREET_ENDINGS):
        return True
    return before is not None and not before.group().strip().endswith((".", "!", "?", ":"))


def _counts(text: str, place: int) -> bool:
    """Whether the word behind tells that the number counts something."""
    word = _NEXT_WORD.match(text, place)
    return word is not None and (word.group(1) == "%" or word.group(1) in vocabulary().units)

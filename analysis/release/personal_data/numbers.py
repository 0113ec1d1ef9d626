"""Numbers and signs that identify: telephones, birth numbers, accounts, plates, addresses of mail.

A run of digits is judged as a whole, whatever separates its groups, so that a number written
``60 2 / 12-34.56`` is found as well as one written plainly. A long run that is neither money
nor years is removed even where nobody knows what it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import phonenumbers
from stdnum import iban
from stdnum.cz import bankaccount, rc

from analysis.release.personal_data.words import vocabulary


class Found(NamedTuple):
    """A stretch of a text and the kind of what stands there."""

    start: int
    end: int
    kind: str


_MAIL = re.compile(
    r"[\w.+-]+\s*(?:@|[(\[{]\s*(?:at|zavináč|zavinac)\s*[)\]}]|\s(?:zavináč|zavinac)\s)\s*"
    r"[\w-]+(?:\s*(?:\.|[(\[{]\s*(?:dot|tečka|tecka)\s*[)\]}]|\s(?:tečka|tecka)\s)\s*[\w-]+)+",
    re.IGNORECASE,
)
_DOMAINS = "cz|sk|com|eu|org|net|info|de|pl|at|uk"
_LINK = re.compile(
    rf"(?:https?://|ftp://|www\.)[^\s\]]+|\b[\w-]+(?:\.[\w-]+)*\.(?:{_DOMAINS})\b(?:/[^\s\]]*)?",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w.])@\w[\w.]*")
_NETWORK = re.compile(
    r"\b(?:facebook\w*|fb|instagram\w*|insta|ig|twitter\w*|skype\w*|icq|messenger\w*|whatsapp\w*"
    r"|tiktok\w*)\s*[:=]\s*(?P<own>[\w.@-]+(?:\s+(?-i:[A-ZÁ-Ž])[\w.-]*)*)",
    re.IGNORECASE,
)
_IBAN = re.compile(r"\b[A-Z]{2}\s?\d{2}(?:[ -]?[A-Z0-9]{2,4}){3,8}\b", re.IGNORECASE)
_PLATE = re.compile(
    r"\b[1-9][A-Z][0-9A-Z][ -]?\d{4}\b"
    r"|\b[A-Z]{2,3} ?\d{2}-\d{2}\b"
    r"|(?<=spz )[A-Z0-9]{5,8}\b|(?<=spz: )[A-Z0-9]{5,8}\b"
)
_PLATE_WORD = re.compile(
    r"\b(?:spz|rz|poznávací značk\w+|značk\w+)\s*:?\s*(?P<own>[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5}"
    r"(?:-\d{2})?)\b",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(
    r"\b(?:č(?:íslo|\.)?\s*)?(?:občansk\w+(?:\s+průkaz\w*)?|op|pas\w{0,2}|průkaz\w*|řidičák\w*"
    r"|ztp(?:/p)?|ičo?|dič|pojištěn\w+|rodné\s+č\w*|rč|r\.\s?č\.|spis\w*|č\.\s?j\.|variabiln\w+"
    r"|vs)\s*(?:č(?:íslo|ísla|\.)?)?\s*:?\s*(?:je\s+)?"
    r"(?P<own>(?:(?-i:[A-Z]{1,4})\s?)?\d[\d /-]{3,}\d)",
    re.IGNORECASE,
)
_MONTHS = (
    "ledna|února|března|dubna|května|června|července|srpna|září|října|listopadu|prosince"
    "|leden|únor|březen|duben|květen|červen|červenec|srpen|říjen|listopad|prosinec"
)
_YEAR = r"(?:1[89]|20)\d{2}"
_DAY, _MONTH = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE = re.compile(
    rf"\b{_DAY}\s?([./-])\s?{_MONTH}\s?\1\s?(?:{_YEAR}|\d{{2}})(?![\d/])"
    rf"|\b{_YEAR}-\d{{1,2}}-\d{{1,2}}\b"
    rf"|\b\d{{1,2}}\.?\s?(?:{_MONTHS})\s{_YEAR}\b",
    re.IGNORECASE,
)
_BORN = re.compile(
    rf"\b(?:nar(?:\.|oz\w*)|ročník\w*|datum\s+narození)\s*:?\s*(?:v\s+roce\s+|roku\s+)?(?P<own>"
    rf"\d{{1,2}}\s?[./]\s?\d{{1,2}}\s?[./]?(?:\s?\d{{2,4}})?|{_YEAR}|\d{{2}}\b)",
    re.IGNORECASE,
)
_RUN = re.compile(r"(?<![\w])(?:\+\s?|\(\s?\+?)?\d(?:[ ./()–-]{0,3}\d|(?<=\d),(?=\d)\d)*")
_YEARS = re.compile(rf"{_YEAR}(?:\s?[-–/ ,]\s?(?:{_YEAR}|\d{{2}}))*\.?")
_THOUSANDS = re.compile(r"\d{1,3}(?:[ .]\d{3})+(?:\s?[-–]\s?\d{1,3}(?:[ .]\d{3})+)?")
_LAW = re.compile(rf"\d{{1,3}}\s?/\s?{_YEAR}")
_HOURS = re.compile(r"\d{1,2}[.:]\d{2}\s?[-–]\s?\d{1,2}[.:]\d{2}")
_NEXT_WORD = re.compile(r"\s*([^\W\d_]+)")
_LONGEST_NUMBER = 6


def mails(text: str) -> Iterator[Found]:
    """Addresses of electronic mail, also those that hide their ``@``."""
    yield from _all(_MAIL, text, "email")


def links(text: str) -> Iterator[Found]:
    """Addresses of pages and names of people on networks."""
    yield from _all(_LINK, text, "link")
    yield from _all(_HANDLE, text, "link")
    yield from _all(_NETWORK, text, "link")


def accounts(text: str) -> Iterator[Found]:
    """International account numbers, those with a slip too."""
    for match in _IBAN.finditer(text):
        digits = sum(letter.isdigit() for letter in match.group())
        if iban.is_valid(match.group()) or digits >= 12:
            yield Found(match.start(), match.end(), "account")


def plates(text: str) -> Iterator[Found]:
    """Plates of cars."""
    yield from _all(_PLATE_WORD, text, "plate")
    yield from _all(_PLATE, text, "plate")


def documents(text: str) -> Iterator[Found]:
    """Numbers that a word calls those of a document."""
    for found in _all(_DOCUMENT, text, "document"):
        kind = _kind_of(text[found.start : found.end])
        kind = "birth_number" if kind == "birth_number" else "document"
        yield Found(found.start, found.end, kind)


def dates(text: str) -> Iterator[Found]:
    """Full dates, and years that somebody was born in."""
    yield from _all(_BORN, text, "date")
    yield from _all(_DATE, text, "date")


def long_numbers(text: str) -> bool:
    """Whether a text holds a number of six digits and more that counts nothing."""
    return any(
        sum(letter.isdigit() for letter in match.group()) >= _LONGEST_NUMBER
        and not _counts_something(match.group(), text[match.end() :])
        for match in _RUN.finditer(text)
    )


def digit_runs(text: str) -> Iterator[Found]:
    """Telephones, birth numbers, accounts and other long numbers."""
    for match in _RUN.finditer(text):
        run = match.group()
        if sum(letter.isdigit() for letter in run) <= _LONGEST_NUMBER:
            continue
        if _counts_something(run, text[match.end() :]):
            continue
        # A bracket that closes behind the number is no part of it.
        start = match.start() + (run.startswith("(") and ")" not in run)
        yield Found(start, match.end(), _kind_of(run))


def _counts_something(run: str, behind: str) -> bool:
    """Years, hours, laws, and thousands with a word for what is counted."""
    if any(pattern.fullmatch(run) for pattern in (_YEARS, _HOURS, _LAW)):
        return True
    if not _THOUSANDS.fullmatch(run):
        return False
    word = _NEXT_WORD.match(behind)
    return word is not None and word.group(1) in vocabulary().units


def _kind_of(run: str) -> str:
    digits = re.sub(r"\D", "", run)
    compact = re.sub(r"[ .()]", "", run)
    if rc.is_valid(digits) or re.fullmatch(r"\d{6}[/-]\d{3,4}", compact):
        return "birth_number"
    if bankaccount.is_valid(compact) or re.fullmatch(r"(?:\d{1,6}-)?\d{6,10}/\d{4}", compact):
        return "account"
    if _is_telephone(run, digits):
        return "phone"
    return "number"


def _is_telephone(run: str, digits: str) -> bool:
    international = run.lstrip(" (").startswith("+") or digits.startswith("00")
    if len(digits) == 9 or (international and 9 <= len(digits) <= 16):
        return True
    return any(True for _ in phonenumbers.PhoneNumberMatcher(run, "CZ"))


def _all(pattern: re.Pattern[str], text: str, kind: str) -> Iterator[Found]:
    """Each match, of a pattern with the group ``own`` only that."""
    named = "own" if "own" in pattern.groupindex else 0
    for match in pattern.finditer(text):
        yield Found(match.start(named), match.end(named), kind)


#: In this order: what an earlier one has taken, a later one does not see.
DETECTORS: tuple[Callable[[str], Iterator[Found]], ...] = (
    mails, links, accounts, plates, documents, dates, digit_runs,
)  # fmt: skip

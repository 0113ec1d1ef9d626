"""The lists of words in ``words.yaml`` and the tables of names, ready to be asked."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from analysis.definitions import Definition, parse_tree, read_rows, read_tree
from analysis.release.personal_data.inflection import family_forms, given_forms

_HERE = Path(__file__).parent


class Words:
    """A list of words, some of which stand for all that begin so."""

    def __init__(self, entries: Iterable[str]) -> None:
        listed = [entry.casefold() for entry in entries]
        self.whole = frozenset(entry for entry in listed if not entry.endswith("*"))
        self.beginnings = tuple(entry[:-1] for entry in listed if entry.endswith("*"))

    def __contains__(self, word: object) -> bool:
        plain = str(word).casefold()
        return plain in self.whole or (bool(self.beginnings) and plain.startswith(self.beginnings))

    def and_also(self, entries: Iterable[str]) -> Words:
        """These words and others."""
        more = Words(entries)
        joined = Words(())
        joined.whole = self.whole | more.whole
        joined.beginnings = self.beginnings + more.beginnings
        return joined


class _Lists(Definition):
    markers: dict[str, str]
    titles: tuple[str, ...]
    titles_behind: tuple[str, ...]
    persons: tuple[str, ...]
    introductions: tuple[str, ...]
    not_in_a_name: tuple[str, ...]
    not_a_name: tuple[str, ...]
    harmless: tuple[str, ...]
    institution_names: tuple[str, ...]
    ordinary_forms: tuple[str, ...]
    abbreviations: tuple[str, ...]
    patrons: tuple[str, ...]
    institutions: tuple[str, ...]
    units: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All lists, by their names in ``words.yaml``."""

    markers: Mapping[str, str]
    introductions: tuple[str, ...]
    institution_names: tuple[str, ...]
    ordinary_forms: tuple[str, ...]
    titles: Words
    titles_behind: Words
    persons: Words
    not_in_a_name: Words
    not_a_name: Words
    harmless: Words
    abbreviations: Words
    patrons: Words
    institutions: Words
    units: Words


@dataclass(frozen=True)
class NameForms:
    """Forms of names in lower case; ``ordinary`` are those that are ordinary words too."""

    all: frozenset[str]
    ordinary: frozenset[str]
    plain: frozenset[str]

    def known(self, word: str, *, plain: bool = False) -> bool:
        """Whether a word is one of the forms; ``plain``: written without diacritics."""
        lower = word.casefold()
        return lower in self.all or (plain and lower in self.plain)

    def certain(self, word: str) -> bool:
        """Whether a word is one of the forms and nothing else."""
        lower = word.casefold()
        return lower in self.all and lower not in self.ordinary


@cache
def vocabulary() -> Vocabulary:
    """The lists of ``words.yaml``."""
    lists = parse_tree(_Lists, read_tree(_HERE / "words.yaml"))
    values: dict[str, Any] = lists.model_dump()
    as_they_are = ("markers", "introductions", "institution_names", "ordinary_forms")
    ready: dict[str, Any] = {
        name: entries if name in as_they_are else Words(entries) for name, entries in values.items()
    }
    return Vocabulary(**ready)


@cache
def given_names() -> NameForms:
    """The given names of ``given_names.csv`` in all their forms."""
    rows = [row.values for row in read_rows(_HERE / "given_names.csv")]
    forms = _forms((given_forms(row["name"], row["sex"]), False) for row in rows)
    return replace(forms, ordinary=frozenset(vocabulary().ordinary_forms))


@cache
def family_names() -> NameForms:
    """The family names of ``family_names.csv`` in all their forms."""
    rows = [row.values for row in read_rows(_HERE / "family_names.csv")]
    return _forms((family_forms(row["name"]), row["ordinary_word"] == "yes") for row in rows)


def without_diacritics(text: str) -> str:
    """The text as it is typed on a keyboard that has no Czech letters."""
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize(
        "NFC", "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    )


def _forms(groups: Iterable[tuple[frozenset[str], bool]]) -> NameForms:
    every: set[str] = set()
    ordinary: set[str] = set()
    for forms, is_word in groups:
        # A single letter or two are no form that could be told from a word.
        lower = {form.casefold() for form in forms if len(form) > 2}
        every |= lower
        ordinary |= lower if is_word else set()
    plain = frozenset(without_diacritics(form) for form in every)
    return NameForms(frozenset(every), frozenset(ordinary), plain)

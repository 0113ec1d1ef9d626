"""The choices of a list, and every text that may stand for one of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from rapidfuzz import process

from analysis.questionnaire import Choice
from analysis.sources.columns import label_key, name_key
from analysis.study_definitions.card import MissingCodes

# A label of this length may have been cut at the 120 bytes that SPSS allows.
_CUT_LABEL_BYTES = 110
BLANK_WORDS = frozenset(
    ("NA", "N/A", "n/a", "#N/A", "NaN", "nan", "<NA>", "NULL", "null", "#NULL!", ".")
)
CHOSEN_WORDS = frozenset(
    [
        "true",
        "yes",
        "y",
        "ano",
        "a",
        "x",
        "✓",
        "✔",
        "checked",
        "selected",
        "chosen",
        "vybráno",
        "zaškrtnuto",
        "áno",
        "tak",
        "ja",
        "wahr",
    ]
)
NOT_CHOSEN_WORDS = frozenset(
    ["false", "no", "n", "ne", "unchecked", "nevybráno", "nezaškrtnuto", "nie", "nein", "falsch"]
) | {"not selected", "not chosen", "not mentioned", "nezmíněno"}
_DONT_KNOW_WORDS = ("neví", "nevím", "nedokáže", "don't know", "dont know", "do not know")
_NOT_APPLICABLE_WORDS = ("nehodí se", "netýká se", "not applicable", "not asked")
_REFUSED_WORDS = ("odmítl", "odmítla", "odmítnuto", "bez odpovědi", "refused", "no answer")


@dataclass(frozen=True)
class ChoiceBook:
    """The choices of a list and all the texts that mean one of them, by position."""

    names: tuple[str, ...]
    categories: tuple[str, ...]
    exact: Mapping[str, int]
    numbers: Mapping[float, int]
    spellings: Mapping[str, int]
    labels: Mapping[str, int]
    missing_words: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, choices: Sequence[Choice], missing: MissingCodes) -> ChoiceBook:
        """The book of a list; texts that would mean two choices are left out."""
        names = tuple(choice.name for choice in choices)
        categories = (*names, missing.not_applicable, missing.dont_know, missing.refused)
        position = {name: index for index, name in enumerate(categories)}
        numbers = [(float(name), index) for name, index in position.items() if is_number(name)]
        labels = [
            (label_key(label), position[choice.name])
            for choice in choices
            for label in set(choice.label.values())
        ]
        words = (
            *((word, position[missing.dont_know]) for word in _DONT_KNOW_WORDS),
            *((word, position[missing.not_applicable]) for word in _NOT_APPLICABLE_WORDS),
            *((word, position[missing.refused]) for word in _REFUSED_WORDS),
        )
        return cls(
            names=names,
            categories=categories,
            exact=position,
            numbers=_single(numbers),
            spellings=_single((name_key(name), position[name]) for name in names),
            labels=_single(labels),
            missing_words=words,
        )

    def by_label(self, text: str) -> int:
        """The position of the choice with this label, −1 if there is none."""
        return self.labels.get(label_key(text), -1)

    def is_cut_label(self, position: int, label: str) -> bool:
        """Whether a label is the beginning of a choice's: an SPSS file keeps 120 bytes."""
        start = label_key(label)[:-1]
        return len(label.encode()) > _CUT_LABEL_BYTES and any(
            own == position and key.startswith(start) for key, own in self.labels.items()
        )

    def missing_by_word(self, text: str) -> int:
        """The position of the missing code that a text names in words, −1 if none."""
        plain = label_key(text)
        return next(
            (
                index
                for word, index in self.missing_words
                if re.match(rf"{re.escape(word)}(?!\w)", plain)
            ),
            -1,
        )

    def find(self, text: str) -> tuple[int, str]:
        """The position of what a text means and by which rule; −1 if nothing."""
        if text in self.exact:
            return self.exact[text], "name"
        if is_number(text) and float(text) in self.numbers:
            return self.numbers[float(text)], "number"
        for rule, position in (
            ("label", self.by_label(text)),
            ("spelling", self.spellings.get(name_key(text), -1)),
        ):
            if position >= 0:
                return position, rule
        if text in BLANK_WORDS:
            return -1, "blank"
        word = self.missing_by_word(text)
        return word, "word" if word >= 0 else "unknown"


def _single(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    found: dict[Any, set[int]] = defaultdict(set)
    for key, position in pairs:
        found[key].add(position)
    single = {key: found[key] for key in found if len(found[key]) == 1 and key != ""}
    return {key: min(positions) for key, positions in single.items()}


@cache
def is_number(text: str) -> bool:
    """Whether a text is a plain number, such as the name of a choice may be."""
    return re.fullmatch(r"[-+]?\d+(\.\d+)?", text) is not None


def shown_code(text: str) -> str:
    """A code as a message may show it; what may be somebody's own words only by length."""
    code_like = re.fullmatch(r"[A-Za-z0-9_.\-]{1,32}", text) and (
        len(text) <= 3 or any(sign.isdigit() or sign == "_" for sign in text) or text.islower()
    )
    return text if code_like else f"a text of {len(text)} characters"


def meaning(
    value: str, book: ChoiceBook, labels: Mapping[str, str], declared: frozenset[str]
) -> tuple[int, str]:
    """The position of what a text means and by which rule, with what an SPSS file says of it.

    Parameters
    ----------
    value
        The text.
    book
        The choices.
    labels, declared
        The file's value labels and the values it declares missing.
    """
    position, rule = book.find(value)
    label = labels.get(value, "")
    if rule == "name" or not (label or value in declared):
        return position, rule
    by_label = book.by_label(label) if label else -1
    if by_label >= 0:
        return by_label, "file label"
    if value in declared:
        return declared_position(book, label), "declared"
    return position, rule


def declared_position(book: ChoiceBook, label: str) -> int:
    """The missing code for a value declared missing; without telling words: no answer."""
    position = book.missing_by_word(label)
    return position if position >= 0 else len(book.categories) - 1


def nearest(code: str, book: ChoiceBook) -> str:
    """A hint with the choice whose name or label is nearest to an unknown code."""
    candidates = {name: name for name in book.names}
    candidates.update({label: book.categories[index] for label, index in book.labels.items()})
    best = process.extractOne(label_key(code), list(candidates), score_cutoff=70)
    if best is None:
        return "add it to the choices or correct it"
    return f"did you mean {candidates[best[0]]}?"


def listed(names: Sequence[str], limit: int = 12) -> str:
    """The first names, and a sign that there are more."""
    return ", ".join(names[:limit]) + (", …" if len(names) > limit else "")

"""Phrases of a language, filled in and set by its typographic rules.

The texts are data (``phrases/*.yaml``). All languages have the same keys, and a phrase asks
for the same placeholders in each of them; loading checks that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from analysis.definitions import Tree, read_tree
from analysis.errors import Issue, WorkbenchError
from analysis.presentation.numbers import NO_BREAK_SPACE, Numbers, half_up

FOLDER = Path(__file__).parent / "phrases"
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_UNCHECKED = ("locale", "scale", "counts")
_PLURALS = {"cs": {"one", "few", "many"}}
_PLURALS_ELSEWHERE = {"one", "many"}


@dataclass(frozen=True)
class Words:
    """The phrases of a language with the numbers it writes."""

    language: str
    phrases: Mapping[str, str]
    counts: Mapping[str, Mapping[str, str]]
    scale: Sequence[Mapping[str, Any]]
    numbers: Numbers

    def say(self, key: str, **values: object) -> str:
        """A phrase with its placeholders filled, set by the language's rules.

        Raises
        ------
        KeyError
            If there is no such phrase or a placeholder has no value.
        """
        return self.typeset(filled(self.phrases[key], values))

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in self.phrases

    def count(self, key: str, number: int) -> str:
        """A count with its noun in the right form, such as ``5 obcí``."""
        form = self.counts[key][self.numbers.plural(number)]
        return self.typeset(form.format(n=self.numbers.whole(number)))

    def listed(self, items: Sequence[str]) -> str:
        """Items as a list in a sentence: ``a, b a c``."""
        if len(items) < 2:
            return "".join(items)
        joined = f"{', '.join(items[:-1])} {self.numbers.locale['and']} {items[-1]}"
        return self.typeset(joined)

    def quantity(self, share: float, low: float) -> tuple[str, str]:
        """A share in words and its kind; empty where the fixed scale has no word.

        A majority is only spoken of when the lower limit of the interval exceeds one half.
        """
        percent = int(half_up(share * 100, 0))
        for step in self.scale:
            if step["from"] <= percent <= step["to"]:
                if step["kind"] == "majority" and not low > 0.5:
                    break
                return str(step["text"]), str(step["kind"])
        return "", ""

    def typeset(self, text: str) -> str:
        """The text with the no-break spaces that its language asks for; works twice."""
        for pattern, replacement in _RULES.get(self.language, _COMMON_RULES):
            text = pattern.sub(replacement, text)
        return text


def filled(text: str, values: Mapping[str, object]) -> str:
    """The text with ``{name}`` replaced by ``values["name"]``.

    Raises
    ------
    KeyError
        If a placeholder has no value.
    """
    return _PLACEHOLDER.sub(lambda match: str(values[match.group(1)]), text)


def placeholders(text: str) -> frozenset[str]:
    """The names of the placeholders in a text."""
    return frozenset(_PLACEHOLDER.findall(text))


def capitalised(text: str) -> str:
    """The text with its first letter in upper case and the rest as it was."""
    return text[:1].upper() + text[1:]


def lowered(text: str) -> str:
    """The text with its first letter in lower case, for what follows a colon."""
    return text[:1].lower() + text[1:]


@cache
def words(language: str) -> Words:
    """The phrases of a language.

    Raises
    ------
    WorkbenchError
        If the workbench has no phrases in that language, or the tables do not agree.
    """
    tables = checked_tables()
    if language not in tables:
        raise WorkbenchError(
            f"there are no phrases in the language {language}",
            expected=", ".join(sorted(tables)),
            hint=f"add {language}.yaml beside the others in analysis/presentation/phrases",
        )
    values = tables[language].values
    return Words(
        language,
        dict(_flat(values)),
        values["counts"],
        values["scale"],
        Numbers(values["locale"], language),
    )


@cache
def checked_tables(folder: Path = FOLDER) -> Mapping[str, Tree]:
    """The phrase tables of a folder by language, checked against each other.

    Raises
    ------
    WorkbenchError
        With an issue for each key or placeholder that one language lacks.
    """
    tables = {path.stem: read_tree(path) for path in sorted(folder.glob("*.yaml"))}
    pairs = ((mine, other) for mine in tables.values() for other in tables.values())
    issues = [issue for mine, other in pairs for issue in _disagreements(mine, other)]
    issues += [issue for language, tree in tables.items() for issue in _plurals(language, tree)]
    if issues:
        raise WorkbenchError("the phrases of the languages do not agree", issues=issues)
    return tables


def _flat(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for section, entries in values.items():
        if section not in _UNCHECKED:
            for key, text in entries.items():
                yield f"{section}.{key}", str(text)


def _disagreements(tree: Tree, other: Tree) -> Iterator[Issue]:
    """What ``tree`` lacks that ``other`` has, and placeholders that differ."""
    mine, theirs = dict(_flat(tree.values)), dict(_flat(other.values))
    for key, text in theirs.items():
        path = tuple(key.split(".", 1))
        if key not in mine:
            yield tree.issue(f"the phrase {key} is missing", path, expected=text)
        elif placeholders(mine[key]) != placeholders(text):
            yield tree.issue(
                f"the phrase {key} has other placeholders than in {Path(other.file).name}",
                path,
                expected=", ".join(sorted(placeholders(text))) or "none",
                got=", ".join(sorted(placeholders(mine[key]))) or "none",
            )
    for section in ("locale", "counts"):
        missing = set(other.values[section]) - set(tree.values[section])
        for key in sorted(missing):
            yield tree.issue(f"the phrase {section}.{key} is missing", (section,))


def _plurals(language: str, tree: Tree) -> Iterator[Issue]:
    expected = _PLURALS.get(language, _PLURALS_ELSEWHERE)
    for key, forms in tree.values["counts"].items():
        if set(forms) != expected:
            yield tree.issue(
                f"the plural forms of {key} are not complete",
                ("counts", key),
                expected=", ".join(sorted(expected)),
                got=", ".join(sorted(forms)),
            )


def _rules(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(pattern), replacement.replace("~", NO_BREAK_SPACE))
        for pattern, replacement in pairs
    )


_COMMON = (
    (r"\bn = (?=[\d(•–])", "n~=~"),
    (r"(?<=§) (?=\d)", "~"),
    (r" – ", "~– "),
)
_COMMON_RULES = _rules(_COMMON)
#: Numbers before which Czech says *ve* and *ke*: dvě, tři, čtyři, třináct, čtyřicet, sto …;
#: and those before which it says only *ze* and *se*: šest, sedm, šestnáct, sedmdesát …
_NUMBER_ENDS = r"(?![\d.])"
_DVE_TRI_STO = rf"(?:[234]|1[34]|[34]\d|[1-4]\d\d){_NUMBER_ENDS}"
_SEST_SEDM = rf"(?:[67]|1[67]|[67]\d|[67]\d\d){_NUMBER_ENDS}"
_RULES = {
    "cs": _rules(
        (
            (rf"(?<!\w)([KkVv])\s(?={_DVE_TRI_STO})", r"\1e~"),
            (rf"(?<!\w)([SsZz])\s(?={_DVE_TRI_STO}|{_SEST_SEDM})", r"\1e~"),
            (r"(?<!\w)([KkSsVvZzOoUuAaIi]) (?=\S)", r"\1~"),
            (r"(?<=\d) (?=(?:%|Kč|let\b|obyvatel|dalš|tis\.|mil\.))", "~"),
            (r"(?<=\d) (?=p\.)", "~"),
            (r"\bp\. b\.", "p.~b."),
            (r"\b(č|str|tab|čl|tzv|např|tj|odst|písm)\. (?=\w)", r"\1.~"),
            (r"\b(\d{1,2})\. (\d{1,2})\. (\d{4})\b", r"\1.~\2.~\3"),
            (r"\b(\d{1,2})\. (?=(?:ledna|února|března|dubna|května|června|července|srpna|"
             r"září|října|listopadu|prosince)\b)", r"\1.~"),
            *_COMMON,
        )
    )
}  # fmt: skip

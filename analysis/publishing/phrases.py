"""The few words the writers add themselves: labels, contents, page numbers.

The texts are data (``phrases/*.yaml``). All languages have the same keys, and a phrase asks
for the same placeholders in each of them; loading checks that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from analysis.definitions import Tree, read_tree
from analysis.errors import Issue, WorkbenchError
from analysis.presentation.numbers import Numbers
from analysis.presentation.wording import filled, placeholders, words

FOLDER = Path(__file__).parent / "phrases"


@dataclass(frozen=True)
class Phrases:
    """The writers' phrases in one language, with the numbers it writes."""

    language: str
    texts: Mapping[str, str]
    numbers: Numbers

    def say(self, key: str, **values: object) -> str:
        """A phrase with its placeholders filled.

        Raises
        ------
        KeyError
            If there is no such phrase or a placeholder has no value.
        """
        return self.typeset(filled(self.texts[key], values))

    def typeset(self, text: str) -> str:
        """The text with the no-break spaces that its language asks for."""
        return words(self.language).typeset(text)

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in self.texts


@cache
def phrases(language: str) -> Phrases:
    """The writers' phrases in a language.

    Raises
    ------
    WorkbenchError
        If the workbench does not write in that language, or the tables do not agree.
    """
    tables = phrase_tables()
    if language not in tables:
        raise WorkbenchError(
            "the workbench does not write reports in this language",
            expected=", ".join(sorted(tables)),
            got=language,
            hint="add a file of phrases beside the others in analysis/publishing/phrases",
        )
    return Phrases(language, tables[language], words(language).numbers)


@cache
def phrase_tables(folder: Path = FOLDER) -> Mapping[str, Mapping[str, str]]:
    """The phrase tables of a folder by language, checked against each other.

    Raises
    ------
    WorkbenchError
        With an issue for each key or placeholder that one language lacks.
    """
    trees = {path.stem: read_tree(path) for path in sorted(folder.glob("*.yaml"))}
    tables = {language: _flat(tree) for language, tree in trees.items()}
    issues = [
        issue
        for language, tree in trees.items()
        for other in tables.values()
        for issue in _lacking(tree, tables[language], other)
    ]
    if issues:
        raise WorkbenchError("the writers' phrases do not agree", issues=issues)
    return tables


def _flat(tree: Tree) -> dict[str, str]:
    return {
        f"{section}.{key}": str(text)
        for section, entries in tree.values.items()
        for key, text in entries.items()
    }


def _lacking(tree: Tree, mine: Mapping[str, str], other: Mapping[str, str]) -> list[Issue]:
    issues = []
    for key, text in other.items():
        place = key.split(".", 1)
        if key not in mine:
            issues.append(tree.issue(f"the phrase {key} is missing", place))
        elif placeholders(mine[key]) != placeholders(text):
            asked = ", ".join(sorted(placeholders(text)))
            issues.append(tree.issue(f"the placeholders of {key} differ", place, expected=asked))
    return issues

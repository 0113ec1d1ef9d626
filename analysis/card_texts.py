"""What a study card leaves open: facts that are not known yet, and names of its own territory.

A fact that nobody knows yet is written ``"?"``. It counts as absent wherever the card is
read, so that reports say *not stated*, and ``needs check`` lists it until it is filled in.
Texts may name the region by a placeholder, so that another region can take them over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from analysis.definitions import Path_, Tree, read_tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.territory import Territory

#: What stands in the study card in place of a fact that is not known yet.
UNKNOWN = "?"
_FACTS_FILE = Path(__file__).with_name("facts.yaml")
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class Fact:
    """A fact of the study card that every study has to find out.

    Parameters
    ----------
    path
        Where it stands in the card.
    by_language
        Whether it is written once per language.
    meaning
        What it is, by language.
    """

    path: tuple[str, ...]
    by_language: bool
    meaning: Mapping[str, str]

    @property
    def name(self) -> str:
        """The path with dots."""
        return ".".join(self.path)


@cache
def facts() -> tuple[Fact, ...]:
    """All facts, in the order in which they stand in a study card."""
    entries = read_tree(_FACTS_FILE).values.items()
    return tuple(
        Fact(tuple(name.split(".")), bool(entry.pop("by_language")), entry)
        for name, entry in ((name, dict(entry)) for name, entry in entries)
    )


def known_part(tree: Tree, territory: Territory | None) -> Tree:
    """The card without the facts that are not known, its placeholders filled.

    Parameters
    ----------
    tree
        The study card as it is written.
    territory
        The territory of its region. A text in Czech may name the region as ``{whole}``,
        ``{whole_genitive}`` and ``{whole_locative}`` (with its preposition), a text in
        another language as ``{whole}``.

    Raises
    ------
    WorkbenchError
        With an issue for each placeholder that does not exist.
    """
    if not isinstance(tree.values, Mapping):
        return tree
    languages = tuple(tree.values.get("languages") or ("cs", "en"))
    names = {language: _names(tree, territory, language) for language in languages}
    issues: list[Issue] = []

    def read(value: Any, path: Path_) -> Any:
        if isinstance(value, Mapping):
            kept = {key: part for key, part in value.items() if part != UNKNOWN}
            return {key: read(part, (*path, key)) for key, part in kept.items()}
        if isinstance(value, list):
            return [read(part, (*path, place)) for place, part in enumerate(value)]
        if isinstance(value, str) and path[-1] in names:
            issues.extend(_placeholder_issues(tree, value, path, names[path[-1]]))
            return _filled(value, names[path[-1]])
        return value

    values = read(tree.values, ())
    if issues:
        raise WorkbenchError("study.yaml cannot be used", issues=issues)
    return replace(tree, values=values)


def unknown_facts(tree: Tree) -> Iterator[Issue]:
    """A warning for every fact of a study card that is marked as not known."""
    known = {fact.path: fact for fact in facts()}
    for path in _unknown(tree.values, ()):
        fact = known.get(_strings(path)) or known.get(_strings(path[:-1]))
        yield replace(
            tree.issue(
                "a fact is not filled in",
                path,
                got=f'"{UNKNOWN}"',
                expected=fact.meaning["en"] if fact else None,
                hint="write the fact in place of the mark; until then reports say it is not stated",
            ),
            severity="warning",
        )


def _strings(path: Path_) -> tuple[str, ...]:
    return tuple(str(part) for part in path)


def _unknown(value: Any, path: Path_) -> Iterator[Path_]:
    if value == UNKNOWN:
        yield path
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _unknown(part, (*path, key))
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _unknown(part, (*path, place))


def _names(tree: Tree, territory: Territory | None, language: str) -> dict[str, str]:
    """What the placeholders stand for; nothing where the region is not known."""
    region = str(tree.values.get("region") or "")
    if territory is None or region not in set(territory.regions["code"]):
        return {}
    if language != "cs":
        return {"whole": territory.name(region, "english")}
    return {
        "whole": territory.name(region),
        "whole_genitive": territory.name(region, "genitive"),
        "whole_locative": territory.name(region, "locative"),
    }


def _placeholder_issues(
    tree: Tree, text: str, path: Path_, names: Mapping[str, str]
) -> Iterator[Issue]:
    for name in _PLACEHOLDER.findall(text):
        if name not in names:
            yield tree.issue(
                f"there is no placeholder {{{name}}}",
                path,
                expected=", ".join(names) or "none: the study has no region",
                hint=suggestion(name, names),
            )


def _filled(text: str, names: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: names.get(match.group(1), match.group()), text)

"""What a study card leaves open: facts that are not known yet, and names of its own territory.

A fact that nobody knows yet is written ``"?"``. It counts as absent wherever the card is
read, so that reports say *not stated*, and ``needs check`` lists it until it is filled in.
Texts may name the region by a placeholder, so that another region can take them over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from analysis.definitions import Path_, Tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.territory import Territory

#: What stands in the study card in place of a fact that is not known yet.
UNKNOWN = "?"
#: Where the facts of a study card stand; each has to be found out for every study.
FACTS: Mapping[Path_, str] = {
    ("project", "name"): "the name of the project that pays for the study",
    (
        "project",
        "registration_number",
    ): "its registration number, as the decision on the grant says",
    ("project", "programme"): "the programme, its axis and area of support",
    ("project", "period"): "from when to when the project runs",
    ("project", "client"): "who commissioned the study",
    ("project", "contractor"): "who collected and analysed the answers",
    ("project", "author"): "who wrote the reports",
    ("project", "publicity"): "the sentence on financing that the programme prescribes",
    ("fieldwork", "start"): "the first day of the interviews, as 2026-09-01",
    ("fieldwork", "end"): "their last day",
    ("fieldwork", "mode"): "how people were asked: on paper, in person, on the web",
    ("fieldwork", "selection"): "how the respondents were chosen in each sample",
    ("fieldwork", "quotas"): "which quotas were set",
    ("fieldwork", "tool"): "the questionnaire or other tool",
    ("fieldwork", "interviewers"): "how many interviewers there were",
}
_PLACEHOLDER = re.compile(r"\{(\w*)\}")


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
    for path in _unknown(tree.values, ()):
        named = path[:-1] if path[:-1] in FACTS else path
        yield replace(
            tree.issue(
                f"a fact is not filled in: {'.'.join(str(part) for part in named)}",
                path,
                got=f'"{UNKNOWN}"',
                expected=FACTS.get(named),
                hint="write the fact in place of the mark; until then reports say it is not stated",
            ),
            severity="warning",
        )


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

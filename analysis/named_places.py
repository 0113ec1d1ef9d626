"""Places that a study's definitions name although they lie in another region.

Definitions are taken over from region to region; a text that names a place of the old one
would be published about the new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from analysis.errors import Issue
from analysis.study import Study
from analysis.territory import Territory

#: Definitions that are texts; a workbook is looked through when it is read.
_TEXT_FILES = (".csv", ".yaml", ".ipynb")
_BLANKS = re.compile(r"[ \u00a0]")


def foreign_places(study: Study) -> list[Issue]:
    """A warning for each line of a definition that names a region or area of elsewhere."""
    if study.territory is None or study.region is None:
        return []
    others = [code for code in study.territory.regions["code"] if code != study.region]
    pattern = _pattern(study.territory, tuple(others))
    files = (path for path in study.definition_files() if path.suffix in _TEXT_FILES)
    return [issue for path in files for issue in _named_in(path, pattern)]


def forms_of(territory: Territory, code: str) -> Iterator[str]:
    """The names of a region or area in all its cases, those with a preposition first."""
    frame = territory.regions if code in set(territory.regions["code"]) else territory.areas
    row = frame.set_index("code").loc[code]
    for column in ("locative", "genitive", "name", "name_en"):
        if row.get(column):
            yield str(row[column])


def any_of(names: Iterable[str]) -> re.Pattern[str]:
    """A pattern of whole words; a blank in a name may be a no-break space."""
    ordered = sorted(set(names), key=len, reverse=True)
    alternatives = (
        _BLANKS.sub("[ \u00a0]", re.escape(name).replace("\\ ", " ")) for name in ordered
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})(?!\w)")


@cache
def _pattern(territory: Territory, regions: tuple[str, ...]) -> re.Pattern[str]:
    areas = [area for region in regions for area in territory.areas_of(region)]
    names = [name for code in (*regions, *areas) for name in forms_of(territory, code)]
    # In a locative the name is what follows the preposition.
    bare = (name.split("\u00a0", 1)[-1].removeprefix("ve ").removeprefix("v ") for name in names)
    return any_of([*bare, *regions])


def _named_in(path: Path, pattern: re.Pattern[str]) -> Iterator[Issue]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
        found = pattern.search(line)
        if found and not line.lstrip().startswith("#"):
            yield Issue(
                "this definition names a place of another region",
                severity="warning",
                file=str(path),
                row=number,
                got=found.group(),
                hint="in texts of reports write {area}, {whole} or {in_whole} in its place",
            )

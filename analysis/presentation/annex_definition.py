"""What the data annex of a study holds: ``annex.yaml``, read and checked.

The annex is what the analytical part of a plan asks for: a workbook for each area and one for
all areas together, and the released rows as open data. Each sheet names the families or
indicators it takes in; what a study does not have yet is told by the sheet's statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import Field

from analysis.definitions import Definition, Path_, Tree, parse_tree, read_tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.presentation.makeup import split
from analysis.presentation.naming import PLACE_NAMES
from analysis.presentation.wording import placeholders
from analysis.questionnaire import Labels
from analysis.study import Study
from analysis.study_definitions.rows import Indicator

#: Its name, as the kind of report that it defines.
ANNEX_FILE = "annex.yaml"
#: The kinds that an annex adds to the kinds of report of a study.
WORKBOOKS = "annex"
OPEN_DATA = "open_data"
ALL = "all"


class SheetSpec(Definition):
    """One sheet.

    Parameters
    ----------
    content
        ``estimates`` (released rows), ``territory`` (the territory tables), ``definitions``
        (of the indicators of all sheets) or ``methods`` (survey, reading, marks, rules).
    families, indicators
        What a sheet of estimates takes in; an indicator may name one category after a stroke.
    samples
        Only these; all that have rows when not given.
    breakdowns
        By which the rows are broken down beside their totals; ``all`` for every one that
        has been computed.
    size_list
        The list of size classes of municipalities, for a sheet of the territory.
    statement
        What the sheet says when it has no row. A family or indicator that the study does
        not define is a mistake unless the sheet has a statement.
    note
        Stands under the rows.
    """

    id: str
    title: Labels
    content: Literal["estimates", "territory", "definitions", "methods"] = "estimates"
    families: tuple[str, ...] = ()
    indicators: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    breakdowns: tuple[str, ...] = ()
    size_list: str | None = None
    statement: Labels = {}
    note: Labels = {}


class AnnexDefinition(Definition):
    """``annex.yaml``: the title of the workbooks and their sheets in order."""

    title: Labels
    subtitle: Labels = {}
    description: Labels = {}
    sheets: tuple[SheetSpec, ...] = Field(min_length=1)


def has_annex(study: Study) -> bool:
    """Whether the study says what its data annex holds."""
    return annex_file(study).is_file()


def annex_file(study: Study) -> Path:
    """Where the study says what its data annex holds."""
    return study.folder / ANNEX_FILE


def read_annex(study: Study) -> AnnexDefinition:
    """The definition of a study's data annex, checked against the study.

    Raises
    ------
    WorkbenchError
        If there is none, or with one issue for each thing in it that cannot be meant.
    """
    tree = read_tree(annex_file(study))
    annex = parse_tree(AnnexDefinition, tree)
    issues = [*_head_issues(study, annex, tree)]
    seen: set[str] = set()
    for place, sheet in enumerate(annex.sheets):
        path: Path_ = ("sheets", place)
        if sheet.id in seen:
            issues.append(tree.issue(f"the sheet {sheet.id} stands twice", (*path, "id")))
        seen.add(sheet.id)
        issues.extend(_sheet_issues(study, sheet, tree, path))
    if issues:
        raise WorkbenchError("the data annex cannot be used", issues=issues)
    return annex


def indicators_of(study: Study, sheet: SheetSpec) -> list[tuple[str, str]]:
    """Codes and the one category asked for (empty for all), in the order of the definitions."""
    found: dict[tuple[str, str], None] = {}
    for indicator in study.indicators:
        if indicator.family in sheet.families:
            found[indicator.code, ""] = None
        for reference in sheet.indicators:
            code, category = split(reference)
            # The categories of an indicator over a list have no definitions of their own.
            if indicator.code == code and (
                not indicator.category or category in ("", indicator.category)
            ):
                found[code, category] = None
    return list(found)


def _head_issues(study: Study, annex: AnnexDefinition, tree: Tree) -> Iterator[Issue]:
    for kind in (WORKBOOKS, OPEN_DATA):
        if kind in study.reports:
            yield tree.issue(
                f"the study makes a report of the kind {kind} as well",
                hint=f"give reports/{kind}.yaml another name",
            )
    for name in ("title", "subtitle", "description"):
        yield from _text_issues(study, getattr(annex, name), tree, (name,))


def _sheet_issues(study: Study, sheet: SheetSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    for name in ("title", "statement", "note"):
        yield from _text_issues(study, getattr(sheet, name), tree, (*path, name))
    if not sheet.statement:
        yield from _absent(study, sheet, tree, path)
    yield from _unknown(sheet.samples, study.samples, "sample", tree, (*path, "samples"))
    known = {ALL, *(name for row in study.plan for name in row.breakdowns)}
    yield from _unknown(sheet.breakdowns, known, "breakdown in plan.csv", tree,
                        (*path, "breakdowns"))  # fmt: skip
    yield from _content_issues(study, sheet, tree, path)


def _absent(study: Study, sheet: SheetSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    families = {indicator.family for indicator in study.indicators}
    yield from _unknown(sheet.families, families, "family", tree, (*path, "families"))
    for reference in sheet.indicators:
        yield from _reference_issues(study.indicators, reference, tree, (*path, "indicators"))


def _reference_issues(
    indicators: Iterable[Indicator], reference: str, tree: Tree, path: Path_
) -> Iterator[Issue]:
    code, category = split(reference)
    own = [indicator for indicator in indicators if indicator.code == code]
    yield from _unknown([code], {one.code for one in indicators}, "indicator", tree, path)
    categories = {one.category for one in own if one.category}
    if category and categories:
        yield from _unknown([category], categories, f"category of {code}", tree, path)


def _content_issues(study: Study, sheet: SheetSpec, tree: Tree, path: Path_) -> Iterator[Issue]:
    if sheet.content == "estimates" and not (sheet.families or sheet.indicators):
        yield tree.issue(
            f"the sheet {sheet.id} takes in nothing", path, expected="families or indicators"
        )
    if sheet.content != "estimates" and (sheet.families or sheet.indicators):
        yield tree.issue(f"a sheet of {sheet.content} takes in no indicators", path)
    if sheet.content == "territory" and study.region is None:
        yield tree.issue(
            "a sheet of the territory needs a region, and the study has none",
            path,
            hint="name the region in study.yaml, or leave this sheet out",
        )
    if sheet.size_list is not None:
        lists = study.questionnaire.choices
        yield from _unknown([sheet.size_list], lists, "list", tree, (*path, "size_list"))


def _unknown(
    names: Iterable[str], known: Iterable[str], what: str, tree: Tree, path: Path_
) -> Iterator[Issue]:
    names_known = sorted(set(known))
    for name in names:
        if name not in names_known:
            yield tree.issue(
                f"there is no {what} {name}",
                path,
                expected=", ".join(names_known[:12]),
                hint=suggestion(name, names_known),
            )


def _text_issues(study: Study, labels: Labels, tree: Tree, path: Path_) -> Iterator[Issue]:
    known = {*PLACE_NAMES, "wave"}
    for language in study.languages:
        if labels and not labels.get(language):
            yield tree.issue(f"a translation is missing: {language}", path, expected=language)
    for name in sorted(set().union(*(placeholders(text) for text in labels.values())) - known):
        yield tree.issue(
            f"there is no placeholder {{{name}}}",
            path,
            expected=", ".join(sorted(known)),
            hint=suggestion(name, known),
        )

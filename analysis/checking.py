"""Everything that can be told about a study before it is run: definitions and raw data.

One thing that cannot be used hides none of the others: each is checked by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd

from analysis.approvals import read_approvals
from analysis.card_texts import unknown_facts
from analysis.code_book import coded_questions
from analysis.definitions import read_tree
from analysis.errors import WorkbenchError, issues_table
from analysis.indicators.estimating import check_plan
from analysis.ingredients import answer_files
from analysis.named_places import foreign_places
from analysis.presentation.annex_definition import has_annex, read_annex
from analysis.presentation.makeup import read_makeup
from analysis.publishing.manifest import write_whole
from analysis.recommendations import read_rules
from analysis.release.open_answers import read_quotation_rules
from analysis.release.rules import rule_set
from analysis.run import read_and_check, require_answers
from analysis.study import Study, open_study
from analysis.synthetic.parameters import read_generator
from analysis.validation.corrections import read_corrections
from analysis.weighting.margins import margins_from_territory

#: Issues of these severities want somebody to look at them.
SERIOUS = ("error", "warning")


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Parameters
    ----------
    noted
        Issues of what can be used, with the columns of :class:`analysis.errors.Issue`.
    unusable
        The definitions and files that cannot be used at all.
    """

    noted: pd.DataFrame
    unusable: tuple[WorkbenchError, ...] = ()

    @property
    def issues(self) -> pd.DataFrame:
        """All issues, those of what cannot be used first."""
        return _joined([*(issues_table(error.issues) for error in self.unusable), self.noted])

    @property
    def status(self) -> int:
        """2 when something cannot be used, 1 when something must be looked at, else 0."""
        if self.unusable:
            return 2
        return int(self.noted["severity"].isin(SERIOUS).any())


def check_study(study_id: str | Path, *, definitions_only: bool = False) -> Checked:
    """Check the definitions of a study and, unless told otherwise, its raw data.

    Parameters
    ----------
    study_id
        Id or folder.
    definitions_only
        Leave the raw data aside; they need not be there.
    """
    try:
        study = open_study(study_id)
    except WorkbenchError as error:
        return Checked(issues_table([]), (error,))
    card = read_tree(study.folder / "study.yaml")
    noted = [*study.questionnaire.issues, *unknown_facts(card), *foreign_places(study)]
    tables = [issues_table(noted)]
    unusable: dict[str, WorkbenchError] = {}
    for check in _checks(study, definitions_only):
        try:
            tables.append(check())
        except WorkbenchError as error:
            unusable[str(error)] = error
    return Checked(_joined(tables), tuple(unusable.values()))


def write_issues(checked: Checked, path: Path) -> None:
    """Write all issues as CSV, whole or not at all."""
    write_whole(path, checked.issues.to_csv(index=False).encode())


def _joined(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else issues_table([])


# --- the checks ---------------------------------------------------------------------------

#: Returns the issues of what can be used, raises what cannot.
_Check = Callable[[], pd.DataFrame]


def _checks(study: Study, definitions_only: bool) -> Iterator[_Check]:
    for read in _definitions(study):
        yield partial(_read, read)
    if definitions_only:
        return
    if any(not path.exists() for path in answer_files(study)):
        yield partial(_read, partial(require_answers, study))
        return
    for name in study.samples:
        yield partial(_issues_of_answers, study, name)


def _definitions(study: Study) -> Iterator[Callable[[], object]]:
    """What reads the definitions that opening the study does not read."""
    yield lambda: study.areas
    yield partial(rule_set, study.card.release.rule_set)
    yield partial(read_corrections, study.folder / "corrections.csv", list(study.samples))
    yield partial(check_plan, study)
    yield partial(coded_questions, study)
    yield partial(read_rules, study)
    yield partial(read_approvals, study)
    yield partial(read_quotation_rules, study)
    yield partial(read_generator, study)
    for kind in study.reports:
        yield partial(read_makeup, study, kind)
    if has_annex(study):
        yield partial(read_annex, study)
    for name, sample in study.samples.items():
        if sample.weighting.method == "rake":
            yield partial(margins_from_territory, study, name)


def _read(read: Callable[[], object]) -> pd.DataFrame:
    read()
    return issues_table([])


def _issues_of_answers(study: Study, sample: str) -> pd.DataFrame:
    return read_and_check(study, sample).issues

"""Open answers made into codes from the sheets of one or two coders.

What both gave holds. Where they differ, the sheet of decisions holds; without a decision the
codes that both gave, and a mention with none in common stays uncoded. How far the coders
agreed goes into the run record as counts and coefficients: no text of an answer does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analysis.code_book import CodedQuestion, coded_questions
from analysis.definitions import read_rows
from analysis.errors import Issue, WorkbenchError
from analysis.sources.coding_sheets import (
    DECISIONS,
    FOLDER,
    Codes,
    CodingSheet,
    Mention,
    read_sheet,
    sheet_paths,
    stale_rows,
)
from analysis.sources.survey import SurveyTable
from analysis.study import Study
from analysis.validation.agreement import (
    Agreement,
    cohen_kappa,
    krippendorff_alpha,
    percent_agreement,
)
from analysis.validation.findings import Findings

#: Codes that either coder gave less often stand together: their kappa would be chance, and
#: rare answers are nobody's business.
MINIMUM_MENTIONS = 10
#: Smaller counts of answers are not told.
MINIMUM_COUNT = 5
_MOST_CODERS = 2
_MOST_ISSUES = 20
_NOTHING: Codes = frozenset()


@dataclass(frozen=True)
class Disagreement:
    """A mention that two coders gave different codes, and what was decided."""

    mention: Mention
    text: str
    given: tuple[Codes, Codes]
    decided: Codes | None


@dataclass(frozen=True)
class CodedAnswers:
    """The mentions of a sample with their final codes.

    Parameters
    ----------
    question, sample
        What was coded.
    texts
        Every mention with its text, in the order of the answers.
    final
        The codes that hold; empty where a mention is uncoded.
    sheets
        The coders' sheets, one or two.
    disagreements
        Where they differ.
    """

    question: CodedQuestion
    sample: str
    texts: Mapping[Mention, str]
    final: Mapping[Mention, Codes]
    sheets: tuple[CodingSheet, ...]
    disagreements: tuple[Disagreement, ...]

    @property
    def uncoded(self) -> list[Mention]:
        """The mentions without a code."""
        return [mention for mention in self.texts if not self.final[mention]]

    @property
    def coders(self) -> list[str]:
        """The coders in the order of their sheets."""
        return [sheet.coder for sheet in self.sheets]


@dataclass(frozen=True)
class CodedTable:
    """The answers of a sample with the columns of its coded questions, and their record."""

    table: SurveyTable
    records: tuple[dict[str, Any], ...] = field(default=())


def code_answers(study: Study, sample: str, table: SurveyTable) -> CodedTable:
    """The answers of a sample, coded questions put in from the coders' sheets.

    Raises
    ------
    WorkbenchError
        If ``coding.yaml``, a code book or a sheet cannot be meant, a sheet belongs to other
        answers, or a question arrives coded and with sheets.
    """
    records = []
    for question in coded_questions(study):
        if not study.questionnaire.questions[question.name].asked_of(sample):
            continue
        mentions = mentions_of(question, table.frame)
        coded = read_codes(study, question, sample, mentions)
        columns = study.questionnaire.variables_of(question.name)
        arrived = [name for name in columns if name in table.frame]
        if coded is None:
            if mentions and not arrived:
                table = _noted(table, [_not_coded(study, question, sample, len(mentions))])
            continue
        if arrived:
            raise _coded_twice(study, question, sample)
        findings = Findings(table.places)
        frame = pd.concat([table.frame, _columns(study, coded, table.frame)], axis=1)
        _add_findings(coded, table.frame, findings)
        table = SurveyTable(frame, table.places, (*table.issues, *findings.issues))
        records.append(coding_record(study, coded))
    return CodedTable(table, tuple(records))


def mentions_of(question: CodedQuestion, frame: pd.DataFrame) -> dict[Mention, str]:
    """What was named in each answer, with the text; answers of a missing code name nothing."""
    columns = [name for name in question.text if name in frame]
    if not columns:
        return {}
    texts = zip(*(frame[name].fillna("").astype(str) for name in columns), strict=True)
    return {
        (str(respondent), number): mention
        for respondent, answer in zip(frame["respondent"], texts, strict=True)
        for number, mention in enumerate(question.mentions(answer), start=1)
        if not _is_code(mention)
    }


def _is_code(text: str) -> bool:
    """Whether a text is one of the codes for missing, −1, −8, −9 or what the card says."""
    return text.lstrip("-−").isdigit()


def read_codes(
    study: Study, question: CodedQuestion, sample: str, mentions: Mapping[Mention, str]
) -> CodedAnswers | None:
    """The final codes of a sample's mentions from the sheets; None where there is no sheet.

    Raises
    ------
    WorkbenchError
        If a sheet cannot be used, more than two coders have one, or its texts are not those
        of the answers.
    """
    paths = sheet_paths(study, question.name, sample)
    decisions_path = paths.pop(DECISIONS, None)
    if not paths:
        return None
    if len(paths) > _MOST_CODERS:
        raise WorkbenchError(
            f"{len(paths)} coders have coded {question.name} of the sample {sample}",
            file=study.raw / FOLDER,
            expected="the sheets of one coder or two",
            got=", ".join(paths),
        )
    sheets = tuple(read_sheet(path, coder, question.codes) for coder, path in paths.items())
    decisions = read_sheet(decisions_path, DECISIONS, question.codes) if decisions_path else None
    stale = [one for sheet in (*sheets, decisions) if sheet for one in stale_rows(sheet, mentions)]
    if stale:
        raise WorkbenchError("a coding sheet is out of date", issues=stale[:_MOST_ISSUES])
    return _decided(question, sample, mentions, sheets, decisions)


def _decided(
    question: CodedQuestion,
    sample: str,
    mentions: Mapping[Mention, str],
    sheets: tuple[CodingSheet, ...],
    decisions: CodingSheet | None,
) -> CodedAnswers:
    final: dict[Mention, Codes] = {}
    disagreements = []
    for mention, text in mentions.items():
        given = [sheet.codes.get(mention, _NOTHING) for sheet in sheets]
        first, second = given[0], given[-1]
        if first == second:
            final[mention] = first
            continue
        decided = (decisions.codes.get(mention) if decisions else None) or None
        final[mention] = first & second if decided is None else decided
        disagreements.append(Disagreement(mention, text, (first, second), decided))
    return CodedAnswers(question, sample, mentions, final, sheets, tuple(disagreements))


# --- columns ------------------------------------------------------------------------------


def _columns(study: Study, coded: CodedAnswers, frame: pd.DataFrame) -> pd.DataFrame:
    """The dummies of a coded question: codes, missing codes of the text, blank if uncoded."""
    question, codes = coded.question, study.card.missing
    given: dict[str, set[str]] = {}
    for (respondent, _), one in coded.final.items():
        given.setdefault(respondent, set()).update(one)
    names = list(question.codes)
    cells = np.full((len(frame), len(names)), np.nan)
    for row, respondent in enumerate(frame["respondent"].astype(str)):
        if given.get(respondent):
            cells[row] = [float(name in given[respondent]) for name in names]
    texts = frame[[name for name in question.text if name in frame]]
    for code in codes.codes:
        cells[(texts == code).any(axis=1).to_numpy(dtype=bool)] = float(code)
    if question.parameters.unknown:
        unknown = (texts == codes.dont_know).any(axis=1).to_numpy(dtype=bool)
        cells[unknown] = [float(name == question.parameters.unknown) for name in names]
    return pd.DataFrame(
        {
            f"{question.name}.{name}": pd.Series(cells[:, place], index=frame.index, dtype="Int8")
            for place, name in enumerate(names)
        }
    )


# --- what is said -------------------------------------------------------------------------


def _noted(table: SurveyTable, issues: Iterable[Issue]) -> SurveyTable:
    return SurveyTable(table.frame, table.places, (*table.issues, *issues))


def _not_coded(study: Study, question: CodedQuestion, sample: str, mentions: int) -> Issue:
    return Issue(
        f"the answers to {question.text[0]} are not coded yet: {mentions} things named",
        "warning",
        file=str(study.raw / FOLDER),
        column=question.name,
        expected=f"the coders' sheets {question.name}-{sample}-….csv or .xlsx",
        hint=f"needs code {study.id} writes them",
    )


def _coded_twice(study: Study, question: CodedQuestion, sample: str) -> WorkbenchError:
    return WorkbenchError(
        f"{question.name} arrives coded in the answers, and coding sheets are there too",
        file=study.raw / FOLDER,
        column=question.name,
        expected="codes from one of the two",
        hint=f"take the columns of {question.name} or the sheets of {sample} away",
    )


def _add_findings(coded: CodedAnswers, frame: pd.DataFrame, findings: Findings) -> None:
    name = coded.question.name
    respondents = frame["respondent"].astype(str)

    def rows(mentions: Iterable[Mention]) -> Any:
        return respondents.isin({respondent for respondent, _ in mentions}).to_numpy(dtype=bool)

    findings.add_rows(
        f"answers hold something without a code: {len(coded.uncoded)} things named",
        "warning",
        rows(coded.uncoded),
        column=name,
        hint="fill in the code in the coders' sheets, or decide where they disagree",
    )
    open_ = [one.mention for one in coded.disagreements if one.decided is None]
    findings.add_rows(
        f"the coders disagree and nobody decided: {len(open_)} things named",
        "warning",
        rows(open_),
        column=name,
        expected=f"{name}-{coded.sample}-{DECISIONS}.csv or .xlsx",
        hint="needs code lists them; until then the codes that both gave count",
    )
    known = {respondent for respondent, _ in coded.texts}
    for sheet in coded.sheets:
        others = sorted({mention for mention in sheet.codes if mention not in coded.texts})
        if others:
            strangers = sum(respondent not in known for respondent, _ in others)
            findings.add(
                f"rows of a coding sheet belong to no answer: {len(others)}",
                "warning",
                file=sheet.file,
                row=sheet.rows[others[0]],
                got=f"{strangers} of them with a respondent who named nothing",
            )
    if len(coded.sheets) == 1:
        findings.add(
            f"{name} was coded by one person; agreement cannot be computed", "note",
            file=coded.sheets[0].file, column=name,
        )  # fmt: skip


# --- the record ---------------------------------------------------------------------------


def coding_record(study: Study, coded: CodedAnswers) -> dict[str, Any]:
    """Counts and agreement of a coded question, fit to be published: no text, no small count."""
    question = coded.question
    final = coded.final
    suggested = {mention: frozenset(question.book.suggest(text)) for mention, text in
                 coded.texts.items()}  # fmt: skip
    with_suggestion = [mention for mention, codes in suggested.items() if codes]
    taken = sum(suggested[mention] == final[mention] for mention in with_suggestion)
    decided = sum(one.decided is not None for one in coded.disagreements)
    record: dict[str, Any] = {
        "question": question.name,
        "coders": len(coded.sheets),
        "answers": len({respondent for respondent, _ in coded.texts}),
        "mentions": len(coded.texts),
        "suggested": len(with_suggestion),
        "suggestion_taken": _share(taken, len(with_suggestion)),
        "uncoded": len(coded.uncoded),
        "mistaken": _mistaken(coded),
        "related": _related(study, coded),
    }
    if len(coded.sheets) == _MOST_CODERS:
        record |= {
            "disagreements": len(coded.disagreements),
            "decided": decided,
            "agreement": agreement_record(coded),
            "codes": code_agreement(coded),
        }
    return record


def agreement_record(coded: CodedAnswers) -> list[dict[str, Any]]:
    """Percent agreement, kappa and alpha: of mentions and of whole answers."""
    by_mention = _both(coded, list(coded.texts))
    by_answer = _answer_sets(coded)
    kappa = cohen_kappa(*by_mention)
    masi = krippendorff_alpha(*by_answer, distance="masi")
    jaccard = krippendorff_alpha(*by_answer, distance="jaccard")
    return [
        {"measure": "percent_mentions", "value": _rounded(percent_agreement(*by_mention)),
         "n": len(by_mention[0])},
        {"measure": "percent_answers", "value": _rounded(percent_agreement(*by_answer)),
         "n": len(by_answer[0])},
        {"measure": "kappa", **_coefficient(kappa)},
        {"measure": "alpha_masi", **_coefficient(masi)},
        {"measure": "alpha_jaccard", **_coefficient(jaccard)},
    ]  # fmt: skip


def code_agreement(coded: CodedAnswers) -> list[dict[str, Any]]:
    """For each code that both coders gave often enough: how often, and kappa.

    The codes given less often stand together under the name ``""``.
    """
    first, second = _both(coded, list(coded.texts))
    counts = {
        code: (sum(code in one for one in first), sum(code in one for one in second))
        for code in coded.question.codes
    }
    rare = {code for code, both in counts.items() if min(both) < MINIMUM_MENTIONS}
    rows = [
        _code_row(code, {code}, first, second) for code in coded.question.codes if code not in rare
    ]
    together = _code_row("", rare, first, second)
    if min(together["first"], together["second"]) >= MINIMUM_MENTIONS:
        rows.append(together)
    return rows


def _code_row(
    name: str, codes: set[str], first: Sequence[Codes], second: Sequence[Codes]
) -> dict[str, Any]:
    one, other = ([bool(codes & given) for given in side] for side in (first, second))
    both = sum(a and b for a, b in zip(one, other, strict=True))
    kappa = cohen_kappa(one, other)
    return {
        "code": name,
        "first": sum(one),
        "second": sum(other),
        "both": both,
        **_coefficient(kappa),
    }


def _both(coded: CodedAnswers, mentions: Sequence[Mention]) -> tuple[list[Codes], list[Codes]]:
    """What each coder gave the mentions that both have coded."""
    first, second = coded.sheets[0].codes, coded.sheets[1].codes
    pairs = [(first.get(one, _NOTHING), second.get(one, _NOTHING)) for one in mentions]
    kept = [pair for pair in pairs if pair[0] and pair[1]]
    return [pair[0] for pair in kept], [pair[1] for pair in kept]


def _answer_sets(coded: CodedAnswers) -> tuple[list[Codes], list[Codes]]:
    """All codes that each coder gave each answer, of answers that both have coded."""
    sets: tuple[dict[str, set[str]], dict[str, set[str]]] = ({}, {})
    for side, sheet in zip(sets, coded.sheets, strict=True):
        for mention in coded.texts:
            side.setdefault(mention[0], set()).update(sheet.codes.get(mention, _NOTHING))
    kept = [name for name in sets[0] if sets[0][name] and sets[1][name]]
    return (
        [frozenset(sets[0][name]) for name in kept],
        [frozenset(sets[1][name]) for name in kept],
    )


def _mistaken(coded: CodedAnswers) -> list[dict[str, Any]]:
    """For each kind of misclassification: answers that name it, and those that name only it."""
    answers: dict[str, set[str]] = {}
    for (respondent, _), codes in coded.final.items():
        answers.setdefault(respondent, set()).update(codes)
    kinds = set(coded.question.parameters.mistaken)
    rows = []
    for kind in coded.question.parameters.mistaken:
        naming = [codes for codes in answers.values() if kind in codes]
        rows.append(
            {
                "code": kind,
                "answers": _told(len(naming)),
                "only": _told(sum(codes <= kinds for codes in naming)),
                "mentions": _told(sum(kind in codes for codes in coded.final.values())),
            }
        )
    return rows


def _related(study: Study, coded: CodedAnswers) -> list[dict[str, Any]]:
    """How often each item of the catalogue of related items was named."""
    parameters = coded.question.parameters
    if not parameters.related:
        return []
    counts: dict[str, int] = {}
    for mention, text in coded.texts.items():
        for entry in coded.question.book.matches(text):
            if entry.item and entry.code in coded.final[mention]:
                counts[entry.item] = counts.get(entry.item, 0) + 1
    return [
        {
            "item": row.values["code"],
            "label": {
                name.removeprefix("name::"): value
                for name, value in row.values.items()
                if name.startswith("name::")
            },
            "mentions": _told(counts.get(row.values["code"], 0)),
        }
        for row in read_rows(study.files / parameters.related)
    ]


def _told(count: int) -> int | None:
    """A count that may be told: 0, or not a small one."""
    return None if 0 < count < MINIMUM_COUNT else count


def _coefficient(found: Agreement) -> dict[str, Any]:
    return {
        "value": _rounded(found.value),
        "low": _rounded(found.low),
        "high": _rounded(found.high),
        "n": found.n,
    }


def _share(part: int, whole: int) -> float | None:
    return _rounded(part / whole) if whole else None


def _rounded(value: float) -> float | None:
    return None if value != value else round(float(value), 3)

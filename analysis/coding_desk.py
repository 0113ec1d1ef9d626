"""The coders' desk: sheets to fill in, agreement of what came back, and what is to be decided.

Everything written here holds answers word for word. It stays among the processed data, which
are confidential, and nothing of it is told on the terminal but counts and coefficients.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from analysis.code_book import CodedQuestion, coded_questions
from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.publishing.manifest import write_whole
from analysis.sources.coding_sheets import (
    COLUMNS,
    DECISIONS,
    FOLDER,
    Codes,
    Mention,
    read_sheet,
)
from analysis.sources.survey import read_sample
from analysis.study import Study, open_study
from analysis.validation.clean import of_sample
from analysis.validation.coding import (
    CodedAnswers,
    agreement_record,
    coding_record,
    mentions_of,
    read_codes,
)

Format = Literal["xlsx", "csv"]
FORMATS: tuple[Format, ...] = ("xlsx", "csv")
CODERS = ("K1", "K2")

_WRITTEN = datetime(2000, 1, 1)
_WIDTHS = {"respondent": 18, "mention": 9, "text": 60, "suggestion": 16, "code": 16, "note": 30}


@dataclass(frozen=True)
class Desk:
    """What became of one question in one sample, in words; whether it waits for a person."""

    lines: tuple[str, ...]
    waits: bool


def code_study(
    study_id: str | Path | Study,
    *,
    question: str | None = None,
    sample: str | None = None,
    coders: Sequence[str] = CODERS,
    format: Format = "xlsx",
    again: bool = False,
) -> list[Desk]:
    """Write coding sheets, or say how far the coders of the sheets that are there agree.

    Parameters
    ----------
    study_id
        Id, folder, or the opened study.
    question, sample
        Only this one; all coded questions and all samples when not given.
    coders
        For whom blank sheets are written.
    format
        ``xlsx`` (with the code book on a second sheet) or ``csv``.
    again
        Write over sheets that lie there; they are left alone otherwise, for they may be
        half filled in.

    Raises
    ------
    WorkbenchError
        If the study codes no question, or answers or sheets cannot be used.
    """
    study = study_id if isinstance(study_id, Study) else open_study(study_id)
    if format not in FORMATS:
        raise WorkbenchError(
            "coding sheets are not written in this format",
            expected=", ".join(FORMATS),
            got=format,
        )
    questions = _chosen(study, question)
    samples = list(study.samples) if sample is None else [_known(sample, study.samples, "sample")]
    return [
        _desk(study, one, name, coders, format, again)
        for name in samples
        for one in questions
        if study.questionnaire.questions[one.name].asked_of(name)
    ]


def _chosen(study: Study, name: str | None) -> list[CodedQuestion]:
    questions = {question.name: question for question in coded_questions(study)}
    if not questions:
        raise WorkbenchError(
            f"the study {study.id} codes no open question",
            file=study.folder / "coding.yaml",
            hint="name the question and its code book there",
        )
    return [questions[_known(name, questions, "coded question")]] if name else [*questions.values()]


def _known(name: str, names: Mapping[str, object], what: str) -> str:
    if name not in names:
        raise WorkbenchError(
            f"there is no {what} {name}", expected=", ".join(names), hint=suggestion(name, names)
        )
    return name


def _desk(
    study: Study,
    question: CodedQuestion,
    sample: str,
    coders: Sequence[str],
    format: Format,
    again: bool,
) -> Desk:
    table = of_sample(study, sample, read_sample(study, sample))
    mentions = mentions_of(question, table.frame)
    coded = read_codes(study, question, sample, mentions)
    begin = f"{question.name}, {sample}:"
    if coded is not None:
        return _returned(study, coded, format, begin)
    if not mentions:
        return Desk((f"{begin} no answers to code",), False)
    lines = [f"{begin} {len(mentions)} things named; fill in the column code and put the sheets"
             f" into {study.raw / FOLDER}"]  # fmt: skip
    for coder in coders:
        path = _path(study, question, sample, coder, format)
        if path.exists() and not again:
            lines.append(f"  {path} is there already and was left alone (--again writes it anew)")
            continue
        _write(path, _blank_rows(question, mentions), question, study)
        lines.append(f"  {path}")
    return Desk(tuple(lines), False)


def _path(study: Study, question: CodedQuestion, sample: str, coder: str, format: str) -> Path:
    return study.processed / FOLDER / f"{question.name}-{sample}-{coder}.{format}"


def _blank_rows(question: CodedQuestion, mentions: Mapping[tuple[str, int], str]) -> pd.DataFrame:
    """A row for each mention, with what the code book suggests."""
    suggested = {text: " ".join(question.book.suggest(text)) for text in set(mentions.values())}
    rows = [
        (respondent, number, text, suggested[text], "", "")
        for (respondent, number), text in mentions.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


# --- sheets that came back ----------------------------------------------------------------


def _returned(study: Study, coded: CodedAnswers, format: Format, begin: str) -> Desk:
    record = coding_record(study, coded)
    lines = [
        f"{begin} {record['mentions']} things named in {record['answers']} answers, coded by "
        f"{' and '.join(coded.coders)}; {record['uncoded']} without a code"
    ]
    waiting = [one for one in coded.disagreements if one.decided is None]
    if len(coded.sheets) > 1:
        lines += [f"  {line}" for line in _agreement_lines(agreement_record(coded))]
        lines.append(f"  {record['disagreements']} disagreements, {record['decided']} decided")
    if coded.disagreements:
        path = _path(study, coded.question, coded.sample, DECISIONS, format)
        _write(path, _decision_rows(coded, _begun(path, coded.question)), coded.question, study)
        lines.append(f"  {path}")
    return Desk(tuple(lines), bool(waiting or coded.uncoded))


_MEASURES = {
    "percent_mentions": "the same codes of a thing named",
    "percent_answers": "the same codes of a whole answer",
    "kappa": "Cohen's kappa of things named",
    "alpha_masi": "Krippendorff's alpha of answers, MASI",
    "alpha_jaccard": "Krippendorff's alpha of answers, Jaccard",
}


def _agreement_lines(record: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for one in record:
        if one["value"] is None:
            yield f"{_MEASURES[one['measure']]}: not defined"
        elif "low" in one:
            yield (
                f"{_MEASURES[one['measure']]}: {one['value']:.3f} "
                f"({one['low']:.3f}–{one['high']:.3f})"
            )
        else:
            yield f"{_MEASURES[one['measure']]}: {100 * one['value']:.1f} %"


def _begun(path: Path, question: CodedQuestion) -> Mapping[Mention, Codes]:
    """What somebody has decided in the sheet that lies on the desk."""
    return read_sheet(path, DECISIONS, question.codes).codes if path.exists() else {}


def _decision_rows(coded: CodedAnswers, begun: Mapping[Mention, Codes]) -> pd.DataFrame:
    """The disagreements, those that wait for a decision first."""
    rows = [
        {
            "respondent": one.mention[0],
            "mention": one.mention[1],
            "text": one.text,
            **dict(zip(coded.coders, map(_joined, one.given), strict=True)),
            "suggestion": " ".join(coded.question.book.suggest(one.text)),
            "code": _joined(one.decided or begun.get(one.mention, frozenset())),
            "note": "",
        }
        for one in sorted(coded.disagreements, key=lambda one: one.decided is not None)
    ]
    return pd.DataFrame(rows)


def _joined(codes: Codes) -> str:
    return " ".join(sorted(codes))


# --- writing ------------------------------------------------------------------------------


def _write(path: Path, rows: pd.DataFrame, question: CodedQuestion, study: Study) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        text = StringIO()
        rows.to_csv(text, index=False, lineterminator="\n")
        # Excel takes a CSV file for UTF-8 only by this mark.
        write_whole(path, text.getvalue().encode("utf-8-sig"))
        return
    write_whole(path, _workbook(rows, question, study))


def _workbook(rows: pd.DataFrame, question: CodedQuestion, study: Study) -> bytes:
    import xlsxwriter

    data = BytesIO()
    # An answer that begins with = must stay a text.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(data, options) as book:
        book.set_properties({"created": _WRITTEN})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(question.name[:31])
        sheet.write_row(0, 0, list(rows.columns), bold)
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(rows.columns):
            sheet.write_column(1, place, rows[column].tolist())
            sheet.set_column(place, place, _WIDTHS.get(column, 16))
        sheet.autofilter(0, 0, len(rows), len(rows.columns) - 1)
        codes = book.add_worksheet("codes")
        table = list(_book_rows(question, study))
        for number, values in enumerate(table):
            codes.write_row(number, 0, values, bold if number == 0 else None)
        codes.set_column(0, 1, 14)
        codes.set_column(2, 4, 50)
        place = list(rows.columns).index("code")
        # Several codes in a cell are allowed, so the list offers and does not forbid.
        sheet.data_validation(
            1, place, max(len(rows), 1), place,
            {"validate": "list", "source": f"=codes!$A$2:$A${len(question.codes) + 1}",
             "error_type": "information"},
        )  # fmt: skip
    return data.getvalue()


def _book_rows(question: CodedQuestion, study: Study) -> Iterator[tuple[str, ...]]:
    """The code book for the coders: each code with its label, examples and notes."""
    language, form = study.card.default_language, study.questionnaire
    list_name = form.list_of(question.name) or ""
    yield "code", "number", "label", "examples", "note"
    for code in question.codes:
        entries = [entry for entry in question.book.entries if entry.code == code]
        choice = form.choice(list_name, code)
        notes = [(entry.note or {}).get(language, "") for entry in entries]
        yield (
            code,
            choice.attributes.get("code", ""),
            choice.label.get(language, code),
            "; ".join(example for entry in entries for example in entry.examples),
            " ".join(filter(None, notes)),
        )

"""The answers of a survey: any raw file → one typed frame, the same for every format.

One row is one respondent. ``select_one`` is a categorical of the list's choice names
followed by the missing codes, ``select_multiple`` an ``Int8`` column ``q.c`` for each choice,
numbers are ``float64``, dates ISO texts. Blank stays blank; the missing codes stay apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.code_book import coded_questions
from analysis.errors import Issue, Severity
from analysis.questionnaire import Question, Questionnaire
from analysis.sources.answers import AnswerReader
from analysis.sources.columns import Table
from analysis.sources.headers import META_COLUMNS, Matching, expected_names, match_columns
from analysis.sources.multiple_response import MultipleResponse
from analysis.sources.places import PlaceNames, place_names
from analysis.sources.tabular import read_table
from analysis.study import Study
from analysis.study_definitions.card import FileOptions, MissingCodes, SampleDesign

# A file with more unknown answers than known ones belongs to another questionnaire.
_UNKNOWN_SHARE = 0.5


@dataclass(frozen=True)
class SurveyTable:
    """Answers, where each row came from, and what was noticed while reading.

    Parameters
    ----------
    frame
        One row per respondent; columns as the module says, first ``respondent``.
    places
        For each row of the frame ``file``, ``sheet`` and ``row`` (as a spreadsheet counts).
    issues
        In the order of the columns.
    """

    frame: pd.DataFrame
    places: pd.DataFrame
    issues: tuple[Issue, ...]


def read_survey(
    path: Path | str,
    questionnaire: Questionnaire,
    *,
    options: FileOptions | None = None,
    missing: MissingCodes | None = None,
    identifier: str | None = None,
    sample: str | None = None,
    keep: Iterable[str] | None = None,
    places: Mapping[str, PlaceNames] | None = None,
    design: SampleDesign | None = None,
    coded: Container[str] = (),
) -> SurveyTable:
    """Read a raw file by its questionnaire.

    Parameters
    ----------
    path, questionnaire
        The raw file (CSV, XLSX, SAV or Parquet), which is only read, and its codebook.
    options, missing
        What the study card states of the file, and the study's missing codes.
    identifier
        The column that tells respondents apart; else ``respondent``, else the row number.
    sample
        The sample whose questions are looked for; without it all questions.
    keep
        Columns of no question that stay in the frame; all of them when not given.
    places
        The questions that ask for a place, with the places they may be answered with.
    design
        The design of the sample; the columns it names are known though no questions.
    coded
        Questions that may be absent because they are coded from open answers.

    Raises
    ------
    WorkbenchError
        If the file cannot be read (see :func:`analysis.sources.tabular.read_table`), has no
        respondent, lacks the identifier or all questions, has two columns of one question,
        or mostly answers that the questionnaire does not know.
    """
    options = options or FileOptions(path=str(path))
    table = read_table(path, options, expected_names(questionnaire))
    if not len(table):
        raise table.error("this file has a header but no respondents", expected="rows of answers")
    decimal, separator = options.decimal, options.multiple_separator
    missing = missing or MissingCodes()
    reader = AnswerReader(table, questionnaire, missing, decimal, separator, places)
    matching = match_columns(table, questionnaire)
    columns = _columns(reader, matching, identifier, keep)
    _refuse_foreign_answers(table, reader)
    reader.closing_notes()
    issues = [*table.issues, *matching.issues, *reader.issues]
    issues.extend(_absent_questions(table, questionnaire, columns, sample, coded))
    known = {*META_COLUMNS, *(design.columns if design is not None else ())}
    issues.extend(_left_over(table, matching, known))
    return SurveyTable(pd.DataFrame(columns), _places(table), tuple(issues))


def read_sample(study: Study, sample: str) -> SurveyTable:
    """All raw files of a sample, one under the other.

    Raises
    ------
    WorkbenchError
        As :func:`read_survey`, for the first file that cannot be used.
    """
    card = study.samples[sample]
    coded = {question.name for question in coded_questions(study)}
    tables = [
        read_survey(
            study.raw / options.path,
            study.questionnaire,
            options=options,
            missing=study.card.missing,
            identifier=card.identifier,
            sample=sample,
            places=place_names(study),
            design=card.design,
            coded=coded,
        )
        for options in card.files
    ]
    if len(tables) == 1:
        return tables[0]
    return _stacked(tables)


def _stacked(tables: Sequence[SurveyTable]) -> SurveyTable:
    return SurveyTable(
        pd.concat(_with_equal_categories([table.frame for table in tables]), ignore_index=True),
        pd.concat([table.places for table in tables], ignore_index=True),
        tuple(issue for table in tables for issue in table.issues),
    )


def _with_equal_categories(frames: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """Questions without a list of choices have in each file the categories seen there."""
    seen: dict[str, dict[str, None]] = defaultdict(dict)
    for frame in frames:
        for name in frame.select_dtypes("category"):
            seen[str(name)].update(dict.fromkeys(frame[name].cat.categories))
    return [
        frame.assign(
            **{
                name: frame[name].cat.set_categories(list(categories))
                for name, categories in seen.items()
                if name in frame
            }
        )
        for frame in frames
    ]


# --- columns ------------------------------------------------------------------------------


def _columns(
    reader: AnswerReader, matching: Matching, identifier: str | None, keep: Iterable[str] | None
) -> dict[str, Any]:
    columns = dict(_meta_columns(reader.table, reader, identifier))
    for question in reader.questionnaire.questions.values():
        columns.update(_answers(question, matching, reader))
    columns.update(_other_columns(matching, reader, columns, keep))
    return columns


def _meta_columns(
    table: Table, reader: AnswerReader, identifier: str | None
) -> Iterator[tuple[str, Any]]:
    yield "respondent", _respondents(table, reader, identifier)
    for name in META_COLUMNS[1:]:
        if name in table.columns:
            yield name, reader.text(name)


def _respondents(table: Table, reader: AnswerReader, identifier: str | None) -> pd.Series:
    if identifier is not None and identifier not in table.columns:
        raise table.error(
            "the column of the respondents' identifier is missing",
            row=1,
            column=identifier,
            expected=identifier,
            got=", ".join(list(table.columns)[:12]),
            hint="correct identifier in the study card",
        )
    name = identifier or ("respondent" if "respondent" in table.columns else None)
    if name is None:
        return pd.Series(table.rows, dtype="int64").astype("str")
    return reader.text(name)


def _answers(question: Question, matching: Matching, reader: AnswerReader) -> dict[str, Any]:
    name = question.name
    if question.type == "select_multiple":
        held = (matching.questions, matching.dummies, matching.category_columns)
        found = any(name in columns for columns in held)
        return MultipleResponse(reader, question, matching).columns() if found else {}
    header = matching.questions.get(name)
    if header is None:
        return {}
    if question.type == "select_one":
        return {name: reader.single(question, header)}
    if question.type in ("integer", "decimal"):
        return {name: reader.number(question, header)}
    if question.type == "date":
        return {name: reader.date(header)}
    if question.type == "text":
        return {name: reader.written(question, header)}
    return {name: _calculated(reader, header)}


def _calculated(reader: AnswerReader, header: str) -> pd.Series:
    column = reader.other(header)
    return column.astype("float64") if pd.api.types.is_numeric_dtype(column.dtype) else column


def _other_columns(
    matching: Matching, reader: AnswerReader, taken: dict[str, Any], keep: Iterable[str] | None
) -> Iterator[tuple[str, Any]]:
    kept = None if keep is None else set(keep)
    for header in matching.others:
        if header not in taken and (kept is None or header in kept):
            yield header, reader.other(header)


def _places(table: Table) -> pd.DataFrame:
    return pd.DataFrame({"file": table.file, "sheet": table.sheet, "row": table.rows})


# --- what is said about the whole file ------------------------------------------------------


def _refuse_foreign_answers(table: Table, reader: AnswerReader) -> None:
    if reader.unknown_answers <= _UNKNOWN_SHARE * max(reader.read_answers, 1):
        return
    share = 100 * reader.unknown_answers / reader.read_answers
    headline = table.issue(
        "most answers are not in the lists of choices",
        "error",
        expected="answers of this questionnaire",
        got=f"{share:.0f} % unknown",
        hint="the file and the questionnaire do not belong together, or the codes need a column",
    )
    warnings = [issue for issue in reader.issues if issue.severity == "warning"]
    raise table.error("this file cannot be used", issues=[headline, *warnings[:10]])


def _absent_questions(
    table: Table,
    questionnaire: Questionnaire,
    columns: dict[str, Any],
    sample: str | None,
    coded: Container[str],
) -> Iterator[Issue]:
    asked = questionnaire.questions.values() if sample is None else questionnaire.asked_of(sample)
    absent = [
        question
        for question in asked
        if question.type != "calculate"
        and question.name not in coded
        and not any(name in columns for name in questionnaire.variables_of(question.name))
    ]
    required = [question.name for question in absent if question.required]
    optional = [question.name for question in absent if not question.required]
    kinds: tuple[tuple[str, Severity, list[str]], ...] = (
        ("required", "warning", required),
        ("optional", "note", optional),
    )
    for kind, severity, names in kinds:
        if names:
            yield table.issue(
                f"{kind} questions have no column in this file: {len(names)}",
                severity,
                expected=", ".join(names),
                hint="indicators that need them cannot be computed",
            )


def _left_over(table: Table, matching: Matching, known: Container[str]) -> Iterator[Issue]:
    others = [name for name in matching.others if name not in known]
    if others:
        yield table.issue(
            f"columns are no questions of the questionnaire: {len(others)}",
            "warning",
            got=", ".join(others),
            hint="rename them if they are, or leave them as columns of the file",
        )

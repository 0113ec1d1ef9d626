"""Coders' sheets of generated answers: two coders with stated rates of error, and decisions.

What a respondent meant is known, so a sheet can err as often as ``generator.yaml`` says and no
more. Nothing here looks at the code book: the sheets do not know what it would suggest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.code_book import CodedQuestion, coded_questions
from analysis.study import Study
from analysis.synthetic.parameters import CoderParameters, Generator
from analysis.synthetic.streams import Stream
from analysis.synthetic.writers import replaced

FOLDER = "coding"
DECISIONS = "decisions"

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CodingSheets:
    """The sheets of one question and sample, and the truth they err from.

    Parameters
    ----------
    question, sample
        What was coded.
    sheets
        Coder → respondent, mention, text, code; the decisions among them.
    truth
        respondent, mention, code: what was meant.
    """

    question: str
    sample: str
    sheets: Mapping[str, pd.DataFrame]
    truth: pd.DataFrame


def coding_sheets(
    study: Study,
    generator: Generator,
    frames: Mapping[str, pd.DataFrame],
    streams: Stream,
) -> Iterator[CodingSheets]:
    """Sheets for each coded question that has coders in ``generator.yaml``.

    Parameters
    ----------
    study, generator
        The study and the parameters of its generator.
    frames
        Sample → survey frame with the texts, and with the true codes of the question.
    streams
        Where the random numbers come from.
    """
    for question in coded_questions(study):
        parameters = generator.coders.get(question.name)
        for sample, frame in frames.items():
            if parameters is not None and question.text[0] in frame:
                truth = true_mentions(question, frame)
                yield _sheets(question, sample, truth, parameters, streams)


def written_coded(study: Study, generator: Generator) -> set[str]:
    """The columns that raw files leave to the coders' sheets."""
    return {
        column
        for question in coded_questions(study)
        if question.name in generator.coders
        for column in study.questionnaire.variables_of(question.name)
    }


def true_mentions(question: CodedQuestion, frame: pd.DataFrame) -> pd.DataFrame:
    """Every mention with its text and what was meant: the choices in the order of their list."""
    texts = frame[question.text[0]].fillna("").astype(str).tolist()
    dummies = frame[[f"{question.name}.{code}" for code in question.codes]]
    chosen = dummies.to_numpy(dtype=float, na_value=np.nan) == 1
    rows = [
        (str(respondent), number, mention, question.codes[place])
        for respondent, text, given in zip(frame["respondent"], texts, chosen, strict=True)
        for number, (mention, place) in enumerate(
            zip(question.mentions([text]), np.flatnonzero(given), strict=False), start=1
        )
    ]
    return pd.DataFrame(rows, columns=["respondent", "mention", "text", "code"])


def _sheets(
    question: CodedQuestion,
    sample: str,
    truth: pd.DataFrame,
    parameters: CoderParameters,
    streams: Stream,
) -> CodingSheets:
    place = {code: number for number, code in enumerate(question.codes)}
    meant: Positions = np.array([place[code] for code in truth["code"]], dtype=np.int64)
    named = ("coding", question.name, sample)
    alike = streams(*named, "alike")
    shared = alike.random(len(meant)) < parameters.alike
    mistake = _mistakes(meant, question.codes, parameters, alike)
    given = []
    for coder, rate in parameters.errors.items():
        stream = streams(*named, coder)
        wrong = stream.random(len(meant)) < rate
        own = _mistakes(meant, question.codes, parameters, stream)
        given.append(np.where(shared, mistake, np.where(wrong, own, meant)))
    sheets = {
        coder: _sheet(truth, codes, question.codes)
        for coder, codes in zip(parameters.errors, given, strict=True)
    }
    if len(given) == 2:
        decided = _decisions(meant, given, parameters, streams(*named, DECISIONS))
        open_ = given[0] != given[1]
        sheets[DECISIONS] = _sheet(truth[open_], decided[open_], question.codes)
    return CodingSheets(question.name, sample, sheets, truth[["respondent", "mention", "code"]])


def _sheet(truth: pd.DataFrame, codes: Positions, names: Sequence[str]) -> pd.DataFrame:
    given = np.array(["", *names], dtype=object)[codes + 1]
    return truth[["respondent", "mention", "text"]].assign(code=given)


def _mistakes(
    meant: Positions, codes: Sequence[str], parameters: CoderParameters, stream: np.random.Generator
) -> Positions:
    """For each mention a code that is wrong: one it is taken for, else any other."""
    place = {code: number for number, code in enumerate(codes)}
    wrong = (meant + stream.integers(1, len(codes), size=len(meant))) % len(codes)
    drawn = stream.random(len(meant))
    for code, others in parameters.confused.items():
        where = meant == place[code]
        chosen = np.array([place[other] for other in others])
        wrong[where] = chosen[(drawn[where] * len(chosen)).astype(np.int64)]
    return np.asarray(wrong)


def _decisions(
    meant: Positions,
    given: Sequence[Positions],
    parameters: CoderParameters,
    stream: np.random.Generator,
) -> Positions:
    """What is decided where the coders differ; −1 where nobody has decided yet."""
    drawn = stream.random(len(meant))
    other = np.where(given[0] == meant, given[1], given[0])
    decided = np.where(drawn < parameters.decided_rightly, meant, other)
    return np.where(stream.random(len(meant)) < parameters.undecided, -1, decided)


def write_sheets(sheets: CodingSheets, raw: Path, truth: Path) -> list[Path]:
    """Write the sheets among the raw files, and what was meant among the truth."""
    stem = f"{sheets.question}-{sheets.sample}"
    tables = {raw / FOLDER / f"{stem}-{coder}.csv": sheet for coder, sheet in sheets.sheets.items()}
    tables[truth / f"{FOLDER}-{stem}.csv"] = sheets.truth
    for path, table in tables.items():
        with replaced(path) as unfinished:
            table.to_csv(unfinished, index=False, lineterminator="\n")
    return list(tables)

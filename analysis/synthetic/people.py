"""People with their answers, column by column: a whole population or a sample of it.

Answers are kept as small integers, so that half a million people with four hundred columns
fit into a quarter of a gigabyte, and are handed to expressions as the columns of a survey
frame.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.expressions import Answers, Context, Expression
from analysis.questionnaire import Question
from analysis.study import Study
from analysis.variables import derive_variables

Codes = NDArray[Any]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

# The three kinds of missing, as they stand after the choices of a list.
NOT_ASKED, DONT_KNOW, REFUSED = 0, 1, 2
BLANK = -1

_NUMERIC = ("integer", "decimal")
_REMEMBERED_CONDITIONS = 64


class People(Mapping[str, Any]):
    """A mapping from column to answers, one row per person.

    Parameters
    ----------
    study
        The study whose questionnaire they answer.
    size
        How many they are.
    phrases
        For each text question what people may write; coded like choices.

    Attributes
    ----------
    columns
        Column of a survey frame → codes. A question with one answer: the position of the
        choice (text: phrase, date: day of the field work), after them the three missing
        codes, −1 is blank. A dummy: 1, 0 or a missing code. A number: float32, missing codes as
        they are, NaN is blank.
    area
        Position of each person's area in ``study.areas``; −1 where it is not known.
    """

    def __init__(self, study: Study, size: int, phrases: Mapping[str, tuple[str, ...]]) -> None:
        self.study = study
        self.size = size
        self.phrases = phrases
        self.columns: dict[str, Codes] = {}
        self.area: Codes = np.full(size, -1, dtype=np.int16)
        self._derived: dict[str, pd.Series] = {}
        self._conditions: OrderedDict[str, Mask] = OrderedDict()
        self._not_understood: set[str] = set()
        self._context: Context | None = None

    # --- as columns of a frame ------------------------------------------------------------

    def __getitem__(self, column: str) -> pd.Series:
        if column not in self.columns:
            if column in self.study.variables:
                return self.derived(column)
            raise KeyError(column)
        return self._series(column, self.columns[column])

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, column: object) -> bool:
        return column in self.columns or column in self.study.variables

    def _series(self, column: str, codes: Codes) -> pd.Series:
        question = self.study.questionnaire.questions.get(column)
        if question is None or question.type in _NUMERIC:
            return pd.Series(codes, copy=False)
        categories = pd.Index([*self.names(question), *missing_codes(self.study)])
        return pd.Series(pd.Categorical.from_codes(codes, categories=categories), copy=False)

    def names(self, question: Question) -> tuple[str, ...]:
        """What the codes of a question with one answer stand for, without the missing codes."""
        if question.list is not None:
            return answer_names(self.study, question)
        if question.type == "date":
            return field_days(self.study)
        return self.phrases.get(question.name, ())

    # --- what follows from the answers ----------------------------------------------------

    def derived(self, variable: str) -> pd.Series:
        """A derived variable of the study, from the answers there are."""
        if variable not in self._derived:
            definition = self.study.variables[variable]
            needed = {column: self[column] for column in self._columns_of(definition.calculation)}
            part = replace(self.study, variables={variable: definition})
            self._derived[variable] = derive_variables(part, needed)[variable]
        return self._derived[variable]

    def _columns_of(self, expression: Expression) -> Iterator[str]:
        questionnaire = self.study.questionnaire
        for name in sorted(expression.names):
            if name in self.study.variables:
                yield name
            for question in questions_of(self.study, name):
                yield from questionnaire.variables_of(question)

    @property
    def context(self) -> Context:
        """The context in which expressions are evaluated on these people."""
        if self._context is None:
            self._context = Context(
                self,
                self.study.questionnaire,
                self.study.territory,
                rows=self.size,
                missing=self.study.card.missing.codes,
            )
        return self._context

    def holds(self, condition: Expression) -> Mask:
        """Where a condition is true; not where it is false or unknown."""
        if condition.text not in self._conditions:
            self._conditions[condition.text] = condition.truth(self.context) == 1
        self._conditions.move_to_end(condition.text)
        if len(self._conditions) > _REMEMBERED_CONDITIONS:
            self._conditions.popitem(last=False)
        return self._conditions[condition.text]

    def routed(self, question: Question) -> Mask | None:
        """Who is asked a question by its routing; None where there is none to follow."""
        if question.relevant is None or question.relevant.text in self._not_understood:
            return None
        try:
            return self.holds(question.relevant)
        except WorkbenchError:
            self._not_understood.add(question.relevant.text)
            return None

    @cached_property
    def known_names(self) -> frozenset[str]:
        """The questions in the table of respondents, the derived variables and the grids."""
        return frozenset(
            (
                *answerable_questions(self.study),
                *self.study.variables,
                *self.study.questionnaire.groups,
            )
        )

    def levels(self, variable: str, rows: Rows | slice = slice(None)) -> Answers:
        """A question with choices or a derived variable as answers; missing codes are −1."""
        value = self.context.value(variable)
        if isinstance(value, Answers):
            return Answers(value.codes[rows], value.names)
        series = pd.Series(np.asarray(value)[rows]).astype("category")
        names = tuple(f"{number:g}" for number in series.cat.categories)
        return Answers(series.cat.codes.to_numpy(), names)

    def numbers(self, variable: str, rows: Rows | slice = slice(None)) -> NDArray[np.float64]:
        """A variable as numbers, NaN where it is missing or no number."""
        value = self.context.value(variable)
        numbers = value.numbers() if isinstance(value, Answers) else value
        return np.asarray(numbers, dtype=np.float64)[rows]

    def forget(self) -> None:
        """Give back the memory of what was worked out from the answers."""
        self._conditions.clear()
        self._context = None

    # --- answers --------------------------------------------------------------------------

    def missing_code(self, column: str, kind: int) -> int:
        """How a kind of missing is coded in a column."""
        question = self.study.questionnaire.questions.get(column)
        if question is None or question.type in _NUMERIC:
            return int(float(missing_codes(self.study)[kind]))
        return len(self.names(question)) + kind

    def set_missing(self, question: str, kind: int, where: Mask | Rows) -> None:
        """Put one kind of missing into all columns of a question."""
        for column in self.study.questionnaire.variables_of(question):
            self.columns[column][where] = self.missing_code(column, kind)

    def is_missing(self, question: str, kind: int) -> Mask:
        """Where a question has this kind of missing."""
        column = self.study.questionnaire.variables_of(question)[0]
        return np.asarray(self.columns[column] == self.missing_code(column, kind))

    def start(self, question: Question) -> None:
        """Columns for a question that nobody has been asked yet."""
        for column in self.study.questionnaire.variables_of(question.name):
            code = self.missing_code(column, NOT_ASKED)
            self.columns[column] = np.full(self.size, code, dtype=self._dtype(column, question))

    def _dtype(self, column: str, question: Question) -> type[np.generic]:
        if question.type in _NUMERIC:
            return np.float32
        if column != question.name:
            return np.int8
        return np.int8 if len(self.names(question)) < 120 else np.int32

    def take(self, rows: Rows) -> People:
        """Some of the people, in the order of ``rows``."""
        people = People(self.study, len(rows), self.phrases)
        people.columns = {column: codes[rows] for column, codes in self.columns.items()}
        people.area = self.area[rows]
        return people

    def frame(self, columns: Iterable[str] | None = None) -> pd.DataFrame:
        """The answers as a survey frame, columns in the order of the questionnaire."""
        wanted = list(self.columns if columns is None else columns)
        return pd.DataFrame({column: self._frame_column(column) for column in wanted})

    def _frame_column(self, column: str) -> pd.Series:
        question = self.study.questionnaire.questions.get(column)
        codes = self.columns[column]
        if question is None:
            return pd.Series(codes, dtype="Int8")
        if question.type in _NUMERIC:
            # As it was drawn, 0.1, and not what float32 makes of it, 0.10000000149.
            return pd.Series(np.round(codes.astype(np.float64), 3))
        series = self._series(column, codes)
        return series if question.type == "select_one" else series.astype("str")


def form_truth(expression: Expression, context: Context) -> NDArray[np.float64] | None:
    """The truth of a condition that stands in the form.

    None where it asks for what the table of respondents lacks or the language cannot tell: a
    form from elsewhere may. Nobody is held to such a condition.
    """
    try:
        return expression.truth(context)
    except WorkbenchError:
        return None


def missing_codes(study: Study) -> tuple[str, str, str]:
    """The study's codes for not asked, does not know, refused."""
    missing = study.card.missing
    return missing.not_applicable, missing.dont_know, missing.refused


def answer_names(study: Study, question: Question) -> tuple[str, ...]:
    """The choices of a question, without those by which a form writes a missing code."""
    names = study.questionnaire.choice_names(question.list or "")
    return tuple(name for name in names if name not in missing_codes(study))


def field_days(study: Study) -> tuple[str, ...]:
    """The days of the field work, ISO."""
    start, end = study.card.survey_period
    return tuple((start + timedelta(days=day)).isoformat() for day in range((end - start).days + 1))


def answerable_questions(study: Study) -> Iterator[str]:
    """The questions whose answers stand in the table of respondents."""
    for question in study.questionnaire.questions.values():
        if question.type != "calculate" and not _without_list(question):
            yield question.name


def _without_list(question: Question) -> bool:
    return question.type.startswith("select") and question.list is None


def questions_of(study: Study, name: str) -> tuple[str, ...]:
    """The questions that a name stands for: itself, or those of a grid."""
    if name in study.questionnaire.questions:
        return (name,)
    group = study.questionnaire.groups.get(name)
    return group.questions if group else ()

"""Definitions of indicators made into columns of numbers, one value per respondent.

A share is the mean of 1 and 0, a paired difference the mean of each respondent's
difference, so that one engine estimates them all. NaN stands outside the base.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.expressions import Context, Expression
from analysis.study import Study
from analysis.study_definitions.rows import Indicator
from analysis.target_groups import TARGET_GROUPS
from analysis.variables import study_context

Floats = NDArray[np.float64]

#: Statistics that one engine estimates as means of the respondents' values.
OF_VALUES = ("share", "mean", "difference")


@dataclass(frozen=True)
class IndicatorColumn:
    """What one column of values stands for."""

    indicator: Indicator
    category: str

    @property
    def key(self) -> tuple[str, str]:
        """Code and category."""
        return self.indicator.code, self.category


@dataclass(frozen=True)
class CompiledIndicators:
    """The values of all indicators of a sample: respondents × columns, float64."""

    columns: tuple[IndicatorColumn, ...]
    values: Floats

    def of(self, code: str) -> Floats:
        """The columns of one indicator, in the order of its categories."""
        chosen = [place for place, column in enumerate(self.columns) if column.key[0] == code]
        return self.values[:, chosen]

    def places(self, code: str) -> list[int]:
        """Where the columns of one indicator stand."""
        return [place for place, column in enumerate(self.columns) if column.key[0] == code]


def compile_indicators(
    study: Study, frame: pd.DataFrame, codes: set[str] | None = None
) -> CompiledIndicators:
    """The values of the study's indicators for every respondent of a frame.

    Parameters
    ----------
    study
        The opened study.
    frame
        A clean survey frame with the derived variables.
    codes
        Which indicators; all that need no other source when not given. What an indicator
        is made of (``of``) is compiled with it.

    Raises
    ------
    WorkbenchError
        If an expression cannot be evaluated; names the indicator.
    """
    context = study_context(study, frame)
    columns: list[IndicatorColumn] = []
    values: list[Floats] = []
    for indicator in _wanted(study, codes):
        for category, column in _compiled(study, indicator, context):
            columns.append(IndicatorColumn(indicator, category))
            values.append(column)
    matrix = np.column_stack(values) if values else np.empty((len(frame), 0))
    return CompiledIndicators(tuple(columns), matrix)


def compiled_columns(
    study: Study, indicator: Indicator, frame: pd.DataFrame
) -> Iterator[tuple[str, Floats]]:
    """Each category of one indicator with its values."""
    yield from _compiled(study, indicator, study_context(study, frame))


def is_exhaustive(study: Study, code: str) -> bool:
    """Whether the categories of an indicator are all answers of a single-choice question."""
    indicator = study.indicator(code)[0]
    over = indicator.over
    return bool(
        over
        and over != TARGET_GROUPS
        and indicator.select is None
        and indicator.statistic == "share"
        and study.list_of(over)
        and not study.questionnaire.is_multiple(over)
    )


def _wanted(study: Study, codes: set[str] | None) -> Iterator[Indicator]:
    for indicator in study.indicators:
        if indicator.statistic not in OF_VALUES or indicator.requires:
            continue
        if codes is None or indicator.code in codes:
            yield indicator


def _compiled(study: Study, indicator: Indicator, context: Context) -> Iterator[tuple[str, Floats]]:
    try:
        for category, place in _places(study, indicator, context):
            value = _value(study, indicator, place)
            yield category, _within_base(indicator, value, place)
    except WorkbenchError as error:
        raise WorkbenchError(
            f"the indicator {indicator.code} cannot be computed: {error.issue.what}",
            file="indicators.csv",
            expected=error.issue.expected,
            got=error.issue.got,
            hint=error.issue.hint,
        ) from None


def _places(study: Study, indicator: Indicator, context: Context) -> Iterator[tuple[str, Context]]:
    """Each category of an indicator with the context in which ``.`` is its answer."""
    over = indicator.over
    if over is None:
        yield indicator.category, context
    elif over == TARGET_GROUPS:
        for group in study.target_groups:
            yield group.id, context.at(context.value(group.variable), group.variable)
    elif over in study.questionnaire.groups:
        for question, item in study.questionnaire.group_items(over):
            yield item, context.at(context.value(question), question)
    else:
        for name in study.questionnaire.choice_names(study.list_of(over) or ""):
            yield name, context.at(context.chosen(over, name), over, name)


def _value(study: Study, indicator: Indicator, place: Context) -> Floats:
    if indicator.select is None:
        value = _as_floats(place.current)
    elif indicator.statistic == "share":
        value = indicator.select.truth(place)
    else:
        value = _as_floats(indicator.select.evaluate(place))
    if indicator.not_asked == "no":
        value = np.where(np.isnan(value) & _not_asked(study, indicator, place), 0.0, value)
    return value


def _as_floats(value: object) -> Floats:
    if not isinstance(value, np.ndarray):
        raise WorkbenchError("a number is expected", got="an answer")
    return value


def _not_asked(study: Study, indicator: Indicator, place: Context) -> NDArray[np.bool_]:
    """Where a question the value rests on was skipped by its routing."""
    code = float(study.card.missing.not_applicable)
    names = set(indicator.select.names) if indicator.select else set()
    if place.current_question:
        names.add(place.current_question)
    skipped = np.zeros(place.rows, dtype=bool)
    for name in names & set(study.questionnaire.questions):
        column = place.raw(study.questionnaire.variables_of(name)[0])
        skipped |= _equals_code(column, code)
    return skipped


def _equals_code(column: pd.Series, code: float) -> NDArray[np.bool_]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return (column == f"{code:g}").to_numpy(dtype=bool)
    return column.to_numpy(dtype=float, na_value=np.nan) == code


def _within_base(indicator: Indicator, value: Floats, place: Context) -> Floats:
    base: Expression | None = indicator.base
    if base is None:
        return value
    return np.where(base.truth(place) == 1, value, np.nan)

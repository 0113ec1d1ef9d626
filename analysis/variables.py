"""Derived variables of a study, computed on a survey frame or on any set of columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import WorkbenchError
from analysis.expressions import Answers, Context, Value
from analysis.study import Study
from analysis.study_definitions.rows import Variable


def study_context(study: Study, columns: Mapping[str, Any] | pd.DataFrame) -> Context:
    """The context in which a study's expressions are evaluated on some columns."""
    missing = study.card.missing.codes
    return Context(columns, study.questionnaire, study.territory, missing=missing)


def derive_variables(
    study: Study, columns: Mapping[str, Any] | pd.DataFrame
) -> dict[str, pd.Series]:
    """Every derived variable of the study, by name, in the order they rest on each other.

    Parameters
    ----------
    study
        The opened study.
    columns
        A survey frame, or columns of one length such as a generated population's.

    Returns
    -------
    dict
        Variables with choices as ``category`` in list order, numbers as ``float64``;
        what is not known is NaN.
    """
    available: dict[str, Any] = {str(name): columns[str(name)] for name in columns}
    derived: dict[str, pd.Series] = {}
    for variable in study.variables.values():
        value = variable.calculation.evaluate(study_context(study, available))
        derived[variable.name] = _series(study, variable, value)
        available[variable.name] = derived[variable.name]
    return derived


def with_derived_variables(study: Study, frame: pd.DataFrame) -> pd.DataFrame:
    """The survey frame with the derived variables and the column ``area`` (text)."""
    derived = {
        name: values.set_axis(frame.index)
        for name, values in derive_variables(study, frame).items()
    }
    extended = pd.concat([frame, pd.DataFrame(derived, index=frame.index)], axis=1)
    extended["area"] = area_codes(study, extended)
    return extended


def area_codes(study: Study, frame: pd.DataFrame) -> pd.Series:
    """The area of each respondent as text; NaN where it is not known."""
    area = frame[study.card.area_variable]
    codes = area.astype("str").where(area.notna())
    return codes.where(~codes.isin(list(study.card.missing.model_dump().values())))


def _series(study: Study, variable: Variable, value: Value) -> pd.Series:
    if variable.list is None:
        if not isinstance(value, np.ndarray):
            raise _wrong_result(variable, "a number")
        return pd.Series(value, dtype="float64")
    names = study.questionnaire.choice_names(variable.list)
    if isinstance(value, Answers):
        return _categorical(variable, value, names)
    if isinstance(value, np.ndarray):
        # A condition: the first choice of the list is yes, the second no.
        codes = np.where(np.isnan(value), -1, np.where(value == 1, 0, 1))
        return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(names)))
    raise _wrong_result(variable, "an answer")


def _categorical(variable: Variable, value: Answers, names: tuple[str, ...]) -> pd.Series:
    position = {name: code for code, name in enumerate(names)}
    present = np.unique(value.codes[value.codes >= 0])
    strange = [value.names[code] for code in present if value.names[code] not in position]
    if strange and variable.type == "select_one":
        raise WorkbenchError(
            f"the variable {variable.name} takes values that its list lacks",
            expected=", ".join(names[:12]),
            got=", ".join(sorted(strange)[:5]),
            hint="add them to the choices or correct the calculation",
        )
    codes = np.array([*(position.get(name, -1) for name in value.names), -1])[value.codes]
    return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(names)))


def _wrong_result(variable: Variable, expected: str) -> WorkbenchError:
    return WorkbenchError(
        f"the calculation of {variable.name} does not give {expected}",
        file="variables.csv",
        column="calculation",
        got=variable.calculation.text,
    )

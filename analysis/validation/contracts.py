"""What columns a table must have and what may stand in them, said once as data.

A contract is a list of :class:`ColumnRule`; :func:`check_contract` turns every breach into
an issue that names the rows. The contract of a sample follows from the study card.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.definitions import suggestion
from analysis.errors import Severity
from analysis.study import Study
from analysis.validation.findings import Findings

Mask = NDArray[np.bool_]

DATA_ORIGINS = ("observed", "modelled")
_DESIGN = "see design in study.yaml"


@dataclass(frozen=True)
class ColumnRule:
    """What one column must be.

    Parameters
    ----------
    name
        The column.
    kind
        ``text`` takes anything, ``number`` needs numbers.
    required
        Whether an absent column is an error.
    complete
        Whether every row must have a value.
    unique
        Whether no value may stand twice.
    values
        The only values allowed, where they are few.
    above, up_to
        Bounds of a number: strictly above the first, at most the second.
    severity
        Of a breach in the cells.
    hint
        What the user can do.
    """

    name: str
    kind: Literal["text", "number"] = "text"
    required: bool = True
    complete: bool = True
    unique: bool = False
    values: Collection[str] | None = None
    above: float | None = None
    up_to: float | None = None
    severity: Severity = "error"
    hint: str | None = None


def survey_contract(study: Study, sample: str) -> tuple[ColumnRule, ...]:
    """What the answers of a sample must have beyond the questionnaire's columns."""
    design = study.samples[sample].design
    derived = study.variables
    rules = [
        ColumnRule("respondent", hint="every questionnaire needs an identifier"),
        ColumnRule("wave", values=(study.wave,), hint="this file may belong to another wave"),
        ColumnRule("data_origin", values=DATA_ORIGINS),
    ]
    if design.weight is not None:
        rules.append(ColumnRule(design.weight, "number", above=0.0, hint=_DESIGN))
    if design.fpc is not None:
        rules.append(ColumnRule(design.fpc, "number", above=0.0, hint=_DESIGN))
    for name in (design.strata, design.clusters):
        if name is not None and name not in derived:
            rules.append(ColumnRule(name, hint=_DESIGN))
    return tuple(rules)


def check_contract(frame: pd.DataFrame, rules: Iterable[ColumnRule], findings: Findings) -> None:
    """An issue for every breach of a contract.

    Parameters
    ----------
    frame
        The table; its rows are those of the findings' places.
    rules
        The contract.
    findings
        Where issues go.
    """
    for rule in rules:
        if rule.name not in frame.columns:
            if rule.required:
                findings.add(
                    "a column is missing",
                    "error",
                    column=rule.name,
                    expected=rule.name,
                    hint=suggestion(rule.name, frame.columns) or rule.hint,
                )
            continue
        _check_cells(frame[rule.name], rule, findings)


def _check_cells(column: pd.Series, rule: ColumnRule, findings: Findings) -> None:
    blank = column.isna().to_numpy(dtype=bool)
    breaches: list[tuple[str, Mask, str | None]] = []
    if rule.complete:
        breaches.append(("a value is missing", blank, "a value in every row"))
    if rule.kind == "number":
        breaches.extend(_number_breaches(column, blank, rule))
    if rule.values is not None:
        strange = ~blank & ~column.isin(list(rule.values)).to_numpy(dtype=bool)
        breaches.append(("a value is not allowed", strange, ", ".join(rule.values)))
    if rule.unique:
        repeated = ~blank & column.duplicated(keep=False).to_numpy(dtype=bool)
        breaches.append(("a value stands twice", repeated, "each value once"))
    for what, where, expected in breaches:
        findings.add_rows(
            what, rule.severity, where, column=rule.name, expected=expected, hint=rule.hint
        )


def _number_breaches(
    column: pd.Series, blank: Mask, rule: ColumnRule
) -> Iterable[tuple[str, Mask, str]]:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    yield "a value is no number", np.isnan(numbers) & ~blank, "a number"
    if rule.above is not None:
        yield "a number is too small", numbers <= rule.above, f"above {rule.above:g}"
    if rule.up_to is not None:
        yield "a number is too large", numbers > rule.up_to, f"at most {rule.up_to:g}"

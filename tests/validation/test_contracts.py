"""Contracts: every breach an issue with its rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from analysis.validation.contracts import ColumnRule, check_contract
from analysis.validation.findings import Findings


def issues_of(column: list[Any], rule: ColumnRule) -> list[Any]:
    frame = pd.DataFrame({"value": column})
    places = pd.DataFrame({"file": "a.csv", "sheet": None, "row": range(2, 2 + len(column))})
    findings = Findings(places)
    check_contract(frame, [rule], findings)
    return findings.issues


@pytest.mark.parametrize(
    ("column", "rule", "what", "row"),
    [
        (["a", None, "b"], {}, "missing", 3),
        (["a", "b", "a"], {"unique": True}, "stands twice", 2),
        (["a", "b", "c"], {"values": ("a", "b")}, "not allowed", 4),
        (["1", "x", "2"], {"kind": "number"}, "no number", 3),
        ([1.0, 0.0, 2.0], {"kind": "number", "above": 0.0}, "too small", 3),
        ([1.0, 2.0, 9.0], {"kind": "number", "up_to": 5.0}, "too large", 4),
    ],
)
def test_a_breach_is_an_issue_with_its_row(
    column: list[Any], rule: dict[str, Any], what: str, row: int
) -> None:
    (issue,) = issues_of(column, ColumnRule("value", **rule))
    assert what in issue.what
    assert (issue.severity, issue.file, issue.row, issue.column) == ("error", "a.csv", row, "value")


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        (["a", "b"], {"unique": True, "values": ("a", "b", "c")}),
        (["a", None, None], {"complete": False, "unique": True}),
        ([0.5, 5.0], {"kind": "number", "above": 0.0, "up_to": 5.0}),
        (["1", None], {"kind": "number", "complete": False, "above": 0.0}),
    ],
)
def test_what_keeps_the_contract_is_no_issue(column: list[Any], rule: dict[str, Any]) -> None:
    assert issues_of(column, ColumnRule("value", **rule)) == []


def test_an_absent_column_is_an_issue_unless_optional() -> None:
    (issue,) = issues_of(["a"], ColumnRule("values"))
    assert (issue.severity, issue.column, issue.hint) == ("error", "values", "did you mean value?")
    assert issues_of(["a"], ColumnRule("values", required=False)) == []


def test_the_severity_of_a_rule_is_that_of_its_issues() -> None:
    (issue,) = issues_of([None], ColumnRule("value", severity="warning"))
    assert issue.severity == "warning"

"""What an error says, and that it survives a journey between processes."""

from __future__ import annotations

import pickle

from analysis.errors import ISSUE_COLUMNS, Issue, WorkbenchError, issues_table


def test_an_error_tells_where_and_what_to_do() -> None:
    error = WorkbenchError(
        "unknown code", file="a.csv", row=7, column="sex", expected="1, 2", got="3", hint="see list"
    )
    assert str(error) == (
        "unknown code\n"
        "  where:    a.csv, row 7, column sex\n"
        "  expected: 1, 2\n"
        "  got:      3\n"
        "  hint:     see list"
    )


def test_an_error_of_several_issues_shows_them_all() -> None:
    error = WorkbenchError("two problems", issues=[Issue("first"), Issue("second", sheet="s")])
    assert str(error) == "two problems\nfirst\nsecond\n  where:    sheet s"


def test_an_error_can_be_pickled() -> None:
    error = WorkbenchError("broken", file="a", issues=[Issue("one", row=1)])
    copy = pickle.loads(pickle.dumps(error))
    assert str(copy) == str(error)
    assert copy.issues == error.issues


def test_issues_make_a_table() -> None:
    table = issues_table([Issue("a", severity="repair", row=3)])
    assert list(table.columns) == ISSUE_COLUMNS
    assert table.loc[0, "row"] == 3
    assert list(issues_table([]).columns) == ISSUE_COLUMNS

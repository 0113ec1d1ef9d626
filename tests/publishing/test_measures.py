"""Values of a report counted by what can be read of them."""

from __future__ import annotations

import pytest

from analysis.presentation.blocks import Cell, Column, Heading, PageBreak, Table
from analysis.publishing.content import report_content
from analysis.publishing.measures import ANNEX, Measures, measures_from, measures_of
from tests.publishing.sample_report import document


def table(name: str, marks: list[str]) -> Table:
    rows = tuple(
        (Cell(f"row {place}"), Cell("1,0 %", 0.01, mark=mark), Cell("100", 100.0))
        for place, mark in enumerate(marks)
    )
    columns = (Column("", align="left"), Column("%", role="value"), Column("n", role="base"))
    return Table(f"Table {name}", columns, rows, name)


def test_main_chapters_end_where_the_annexes_begin() -> None:
    content = report_content(
        [
            document(),
            Heading("Main", 1, "main"),
            table("main", ["", "low_precision", "disclosure", "precision"]),
            PageBreak(ANNEX),
            Heading("Annex", 1, "annex"),
            table("annex", ["", "low_precision"]),
        ]
    )
    found = measures_of(content)
    assert (found.values, found.hidden, found.bracketed) == (4, 2, 1)
    assert (found.annex_values, found.annex_hidden, found.annex_bracketed) == (2, 0, 1)
    assert (found.tables, found.figures, found.pages) == (2, 0, 0)
    assert found.not_plain == 0.75


def test_limits_and_bases_are_no_values() -> None:
    shown = table("only", ["", ""])
    assert measures_of(report_content([document(), Heading("A", 1, "a"), shown])).values == 2


def test_a_column_without_a_role_counts_its_numbers() -> None:
    columns = (Column("", align="left"), Column("value"), Column("interval"))
    rows = (
        (Cell("a"), Cell("5", 5.0), Cell("4–6")),
        (Cell("b"), Cell("–", mark="precision"), Cell("")),
    )
    plain = Table("Overview", columns, rows, "overview")
    found = measures_of(report_content([document(), Heading("A", 1, "a"), plain]))
    assert (found.values, found.hidden) == (2, 1)


def test_a_report_without_values_is_not_divided_by_them() -> None:
    assert Measures().not_plain == 0.0


def test_counts_add_up_and_come_back_from_a_manifest() -> None:
    one = Measures(pages=3, values=10, hidden=1)
    assert one + Measures(pages=2, values=5) == Measures(pages=5, values=15, hidden=1)
    assert measures_from(one.as_record()) == one
    assert measures_from({}) == Measures()


@pytest.mark.parametrize("name", ["hidden", "bracketed"])
def test_either_makes_a_value_less_than_plain(name: str) -> None:
    assert Measures(values=4, **{name: 1}).not_plain == 0.25

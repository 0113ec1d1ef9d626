"""Faults of arithmetic that a report maker would want to hear of before the readers do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.errors import Issue, WorkbenchError
from analysis.presentation.blocks import Cell, Column, Document, Paragraph, Relation, Table
from analysis.presentation.wording import words
from analysis.publishing.arithmetic import (
    Printed,
    check_arithmetic,
    printed,
    table_issues,
    text_issues,
)
from analysis.publishing.content import report_content

SHARE, COUNT = "0.0%", "#,##0"


def cell(text: str, value: float | None = None, number_format: str = SHARE) -> Cell:
    return Cell(text, value, number_format)


def table(
    rows: list[list[Cell]],
    columns: list[Column] | None = None,
    *relations: Relation,
    **more: object,
) -> Table:
    names = [Cell(f"řádek {number}") for number in range(1, len(rows) + 1)]
    heads = columns or [Column("%") for _ in rows[0]]
    return Table(
        "Titulek", (Column("Název"), *heads),
        tuple((name, *row) for name, row in zip(names, rows, strict=True)),
        "t", relations=relations, **more,  # type: ignore[arg-type]
    )  # fmt: skip


def found(one: Table, language: str = "cs") -> list[Issue]:
    return list(table_issues(one, language, "7212-vsetin.html", "Tabulka 3"))


def only(one: Table) -> Issue:
    (issue,) = found(one)
    return issue


# --- reading what is printed ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("12,5", "cs", Printed(12.5, 1)),
        ("1\u00a0234", "cs", Printed(1234, 0)),
        ("[17,8]", "cs", Printed(17.8, 1)),
        ("+3,2\u00a0*", "cs", Printed(3.2, 1)),
        ("\u22120,4", "cs", Printed(-0.4, 1)),
        ("17,8\u00a0%", "cs", Printed(17.8, 1)),
        ("8,3\u00a0p.\u00a0b.", "cs", Printed(8.3, 1)),
        ("1,234.5", "en", Printed(1234.5, 1)),
        ("3.2\u00a0pp", "en", Printed(3.2, 1)),
        ("–", "cs", None),
        ("84–90", "cs", None),
        ("", "cs", None),
    ],
)
def test_a_cell_is_read_as_a_reader_reads_it(
    text: str, language: str, expected: Printed | None
) -> None:
    assert printed(text, language) == expected


# --- rounding ---------------------------------------------------------------------------------


def test_rounded_is_right_and_cut_off_is_not() -> None:
    assert not found(table([[cell("17,8", 0.178)], [cell("17,8", 0.17751)]]))
    issue = only(table([[cell("17,7", 0.17791)]]))
    assert issue.what == "a number is cut off, not rounded (row “řádek 1”)"
    assert issue.file == "7212-vsetin.html"
    assert issue.sheet == "Tabulka 3 Titulek"
    assert (issue.row, issue.column) == (1, "%")
    assert (issue.expected, issue.got) == ("17,8", "17,7")


def test_a_number_that_is_not_the_released_one() -> None:
    assert "not the one released" in only(table([[cell("18,4", 0.178)]])).what


def test_a_half_may_go_either_way_but_not_further() -> None:
    assert not found(table([[cell("17,8", 0.1775)], [cell("17,7", 0.1775)]]))
    assert found(table([[cell("17,7", 0.17752)]]))


def test_a_number_that_is_not_0_is_not_printed_as_0() -> None:
    assert "printed as 0" in only(table([[cell("0,0", 0.0004)]])).what
    assert not found(table([[cell("0,0", 0.0)], [cell("<\u00a00,1", None)]]))


def test_a_zero_has_no_sign() -> None:
    assert "a zero has a sign" in only(table([[cell("\u22120,0", 0.0)]])).what


def test_a_share_lies_between_0_and_100() -> None:
    value = [Column("%", role="value")]
    assert "a share is none" in only(table([[cell("100,4", 1.004)]], value)).what
    assert not found(table([[cell("100,0", 1.0)]], value))


def test_a_difference_is_in_percentage_points() -> None:
    points = "+0.0;-0.0;0.0"
    assert "written in percent" in only(table([[cell("+3,2\u00a0%", 3.2, points)]])).what
    assert not found(table([[cell("+3,2\u00a0p.\u00a0b.", 3.2, points)]]))


# --- intervals --------------------------------------------------------------------------------


def test_an_interval_contains_its_estimate() -> None:
    columns = [Column("%", role="value"), Column("od", role="low"), Column("do", role="high")]
    good = [cell("40,0", 0.4), cell("35,0", 0.35), cell("45,0", 0.45)]
    bad = [cell("46,0", 0.46), cell("35,0", 0.35), cell("45,0", 0.45)]
    issue = only(table([good, bad], columns))
    assert "does not contain" in issue.what
    assert (issue.row, issue.expected, issue.got) == (2, "35 to 45", "46")
    hidden = [cell("–"), cell("–"), cell("–")]
    assert not found(table([hidden], columns))


# --- sums -------------------------------------------------------------------------------------


def counts(*numbers: int) -> list[list[Cell]]:
    return [[cell(str(number), float(number), COUNT)] for number in numbers]


def test_a_total_is_the_sum_of_its_parts() -> None:
    relation = Relation("rows", 2, (0, 1), (1,))
    assert not found(table(counts(10, 20, 30), None, relation))
    issue = only(table(counts(10, 20, 31), None, relation))
    assert "a total is not its sum" in issue.what
    assert (issue.row, issue.expected, issue.got) == (3, "30", "31")


def test_a_total_with_a_hidden_part_is_let_be() -> None:
    rows = [*counts(10), [cell("•")], *counts(30)]
    assert not found(table(rows, None, Relation("rows", 2, (0, 1), (1,))))


def test_rounded_parts_have_the_slack_of_their_rounding() -> None:
    rows = [[cell("33,3", 0.333)], [cell("33,3", 0.333)], [cell("33,3", 0.333)], [cell("100,0", 1)]]
    relation = Relation("rows", 3, (0, 1, 2), (1,))
    assert not found(table(rows, None, relation))
    rows[0] = [cell("33,0", 0.33)]
    assert found(table(rows, None, relation))


def test_groups_have_no_more_respondents_than_the_whole() -> None:
    relation = Relation("rows_at_most", 0, (1, 2), (1,))
    assert not found(table(counts(400, 190, 205), None, relation))
    issue = only(table(counts(400, 190, 215), None, relation))
    assert "parts are more than their whole" in issue.what
    assert issue.expected == "at least 405"


def test_columns_add_up_row_by_row() -> None:
    persons = [Column(name, unit="persons") for name in ("muži", "ženy", "celkem")]
    row = [cell(text, float(text), COUNT) for text in ("10", "12", "23")]
    issue = only(table([row], persons, Relation("columns", 3, (1, 2))))
    assert (issue.column, issue.expected, issue.got) == ("celkem", "22", "23")


def test_places_are_not_added_to_persons() -> None:
    columns = [
        Column("místa", unit="places"),
        Column("klienti", unit="persons"),
        Column("celkem", unit="persons"),
    ]
    row = [cell(text, float(text), COUNT) for text in ("10", "12", "22")]
    issue = only(table([row], columns, Relation("columns", 3, (1, 2))))
    assert issue.what == "different things are added"
    assert issue.got == "persons, places"


def test_a_share_is_of_the_same_things() -> None:
    columns = [Column("osoby", unit="persons"), Column("účasti", unit="attendances"), Column("%")]
    row = [cell("10", 10.0, COUNT), cell("20", 20.0, COUNT), cell("50,0", 0.5)]
    issue = only(table([row], columns, Relation("rate", 3, (1,), base_column=2)))
    assert issue.what == "a share is of different things"


def test_a_unit_that_does_not_exist() -> None:
    assert "no such unit" in only(table(counts(1), [Column("x", unit="person")])).what


def test_shares_of_a_single_answer_add_up_to_100_within_rounding() -> None:
    relation = Relation("hundred", parts=(0, 1, 2), columns=(1,))
    rows = [[cell("33,3", 0.333)], [cell("33,3", 0.333)], [cell("33,3", 0.333)]]
    assert not found(table(rows, None, relation))
    issue = only(table([*rows[:2], [cell("33,0", 0.33)]], None, relation))
    assert issue.what == "shares do not add up to 100 %"
    assert (issue.expected, issue.got) == ("100 within 0.15", "99.6")
    assert not found(table([*rows[:2], [cell("•")]], None, relation))


def test_several_answers_are_said_to_be_allowed() -> None:
    relation = Relation("several", parts=(0, 1), columns=(1,))
    rows = [[cell("60,0", 0.6)], [cell("70,0", 0.7)]]
    assert "several answers were allowed" in only(table(rows, None, relation)).what
    note = words("cs").say("sentence.multiple")
    assert not found(table(rows, None, relation, notes=(note,)))


def test_a_share_is_its_count_over_its_base() -> None:
    columns = [Column("n"), Column("počet"), Column("%")]
    relation = Relation("rate", 3, (2,), base_column=1)

    def row(base: int, count: int, text: str) -> list[Cell]:
        return [*counts(base)[0], *counts(count)[0], cell(text)]

    assert not found(table([row(300, 67, "22,3")], columns, relation))
    issue = only(table([row(300, 80, "26,6")], columns, relation))
    assert "a share is cut off, not rounded" in issue.what
    assert (issue.expected, issue.got) == ("26,7", "26,6")
    assert "a share is not its count" in only(table([row(300, 67, "25,0")], columns, relation)).what
    assert "printed as 0" in only(table([row(9000, 1, "0,0")], columns, relation)).what
    assert not found(table([row(9000, 1, "<\u00a00,1")], columns, relation))


# --- sentences --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "what"),
    [
        ("Znalost je o 5,2\u00a0% vyšší než v kraji.", "cs", "difference"),
        ("Lidé ji znají o 8 % méně.", "cs", "difference"),
        ("Rozdíl činí 4\u00a0%.", "cs", "difference"),
        ("ORP je 4 % nad krajským průměrem.", "cs", "difference"),
        ("It is 5.2% higher than in the region.", "en", "difference"),
        ("It fell by 3%.", "en", "difference"),
        ("Rozdíl je \u22120,0 p. b.", "cs", "sign"),
        ("120% interval spolehlivosti", "cs", "confidence"),
    ],
)
def test_a_sentence_with_a_fault(text: str, language: str, what: str) -> None:
    (issue,) = text_issues([text], language, "report.html")
    assert what in issue.what
    assert issue.file == "report.html"
    assert issue.got


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ORP je o 5,2\u00a0p.\u00a0b. nad krajským průměrem.", "cs"),
        ("Zprávu o službách zná 40 % obyvatel.", "cs"),
        ("Rozdíl je \u22120,4 p. b.", "cs"),
        ("Interval 84–90 %, o šest měsíců později 3 %.", "cs"),
        ("95% interval spolehlivosti", "cs"),
        ("In 2010–0 of them, 40% of people know more services.", "en"),
    ],
)
def test_a_sentence_without_one(text: str, language: str) -> None:
    assert not list(text_issues([text], language))


# --- a report ---------------------------------------------------------------------------------


def document() -> Document:
    return Document("Zpráva", "", "s", "k", "7212", "Vsetín", "cs", "observed")


def test_a_report_with_a_fault_is_refused_by_name() -> None:
    wrong = table(counts(10, 20, 31), None, Relation("rows", 2, (0, 1), (1,)))
    content = report_content([document(), wrong, Paragraph("Je jich o 4 % více.")])
    with pytest.raises(WorkbenchError) as caught:
        check_arithmetic(content, "7212-vsetin.html")
    told = str(caught.value)
    assert "2 faults" in told
    assert "Tabulka 1 Titulek" in told
    assert "row “řádek 3”" in told
    right = replace(wrong, rows=(*wrong.rows[:2], (Cell("celkem"), *counts(30)[0])))
    check_arithmetic(report_content([document(), right]), "7212-vsetin.html")


def test_relations_travel_with_the_block() -> None:
    from analysis.presentation.blocks import block_from_json

    one = table(
        counts(10, 20, 30),
        [Column("x", role="base", unit="persons")],
        Relation("rows", 2, (0, 1), (1,)),
    )
    assert block_from_json(one.to_json()) == one

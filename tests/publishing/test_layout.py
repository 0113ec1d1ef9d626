"""Header rows, row groups and column widths of tables."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analysis.presentation.blocks import Cell, Column, Table
from analysis.presentation.theme import TEXT_HEIGHT, TEXT_WIDTH
from analysis.publishing.layout import (
    TABLE_SIZES,
    column_widths,
    header_rows,
    is_short,
    is_tall,
    row_groups,
)
from tests.publishing import sample_report


def table(columns: int, text: str = "12,5", header: str = "%", rows: int = 3) -> Table:
    return Table(
        "Tabulka",
        (Column("Položka", align="left", width=5), *(Column(header) for _ in range(columns))),
        tuple((Cell("Služba"), *(Cell(text) for _ in range(columns))) for _ in range(rows)),
        "Tabulka",
    )


def test_one_row_of_headers_without_spanners() -> None:
    (row,) = header_rows(table(2).columns)
    assert [(cell.text, cell.column, cell.columns, cell.rows) for cell in row] == [
        ("Položka", 0, 1, 1),
        ("%", 1, 1, 1),
        ("%", 2, 1, 1),
    ]


def test_a_spanner_covers_its_neighbours_only() -> None:
    columns = (Column("a"), Column("b", "X"), Column("c", "X"), Column("d"), Column("e", "X"))
    upper, lower = header_rows(columns)
    assert [(c.text, c.column, c.columns, c.rows) for c in upper] == [
        ("a", 0, 1, 2),
        ("X", 1, 2, 1),
        ("d", 3, 1, 2),
        ("X", 4, 1, 1),
    ]
    assert [(c.text, c.column) for c in lower] == [("b", 1), ("c", 2), ("e", 4)]


@given(st.lists(st.sampled_from(["", "A", "B"]), min_size=1, max_size=9))
def test_header_cells_cover_every_place_once(spanners: list[str]) -> None:
    columns = [Column(f"c{place}", spanner) for place, spanner in enumerate(spanners)]
    rows = header_rows(columns)
    covered = [
        (y + down, cell.column + across)
        for y, row in enumerate(rows)
        for cell in row
        for down in range(cell.rows)
        for across in range(cell.columns)
    ]
    assert sorted(covered) == [(y, x) for y in range(len(rows)) for x in range(len(columns))]


def test_rows_fall_into_their_groups() -> None:
    grouped = table(1, rows=5)
    assert [len(group.rows) for group in row_groups(grouped)] == [5]
    late = Table("T", grouped.columns, grouped.rows, "T", groups=(("A", 1), ("B", 3)))
    assert [(g.title, len(g.rows)) for g in row_groups(late)] == [("", 1), ("A", 2), ("B", 2)]
    assert sum((group.rows for group in row_groups(late)), ()) == late.rows


def test_a_table_that_fits_keeps_its_relative_widths() -> None:
    widths = column_widths(table(3))
    assert not widths.landscape and widths.size == TABLE_SIZES[0]
    assert abs(sum(widths.columns) - TEXT_WIDTH) < 1e-9
    assert abs(widths.columns[0] - 5 * widths.columns[1]) < 1e-9


def test_a_long_word_widens_its_column() -> None:
    plain, long = table(3), table(3, header="Nejneobhospodařovávatelnějšího")
    assert column_widths(long).columns[1] > 2 * column_widths(plain).columns[1]


def test_type_gets_smaller_before_the_page_is_turned() -> None:
    turned = [column_widths(table(count, "12\u00a0345")) for count in range(1, 16)]
    sizes = [widths.size for widths in turned if not widths.landscape]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) > 1
    assert turned[0].landscape is False and turned[-1].landscape is True


@given(st.integers(1, 30), st.text("abcčř ", min_size=1, max_size=30))
def test_no_table_is_wider_than_its_page(columns: int, text: str) -> None:
    widths = column_widths(table(columns, text))
    page = TEXT_HEIGHT if widths.landscape else TEXT_WIDTH
    assert sum(widths.columns) <= page + 1e-6
    assert min(widths.columns) > 0


def test_short_tables_stay_on_one_page() -> None:
    for rows, short in ((5, True), (18, True), (19, False)):
        made = table(2, rows=rows)
        assert is_short(made, column_widths(made)) is short
    wordy = table(2, "slovo " * 60, rows=5)
    assert not is_short(wordy, column_widths(wordy))


def test_row_labels_get_room_before_type_gets_smaller() -> None:
    labels = Table(
        "T",
        (Column("Položka", align="left", width=1), *(Column("%") for _ in range(9))),
        (
            (
                Cell("letáky a katalogy v čekárnách"),
                *(Cell("100,0–100,0") for _ in range(9)),
            ),
        ),
        "T",
    )
    assert column_widths(labels).columns[0] >= 24


def test_only_long_texts_make_tall_rows() -> None:
    short, long = table(2), table(2, "slovo " * 400)
    assert not is_tall(short, column_widths(short))
    assert is_tall(long, column_widths(long))
    assert not is_tall(sample_report.long_table(), column_widths(sample_report.long_table()))

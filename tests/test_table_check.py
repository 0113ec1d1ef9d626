from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from analysis.errors import Issue, WorkbenchError
from analysis.table_check import check_table


def found(tmp_path: Path, text: str, **options: bool) -> list[Issue]:
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return list(check_table(path, **options))


def test_a_table_that_holds(tmp_path: Path) -> None:
    text = "Služba;Klienti;%\nDomov;30;33,3\nStacionář;60;66,7\nCelkem;90;100,0\n"
    assert found(tmp_path, text) == []


def test_a_list_that_does_not_add_up_to_its_total(tmp_path: Path) -> None:
    (issue,) = found(tmp_path, "Služba;Klienti\nDomov;1 030\nStacionář;60\nCelkem;1 100\n")
    assert issue.what == "a total is not the sum of its parts (row “Celkem”)"
    assert (issue.row, issue.column) == (4, "Klienti")
    assert (issue.expected, issue.got) == ("1090", "1100")


def test_percentages_cut_off_instead_of_rounded(tmp_path: Path) -> None:
    text = "Služba;Klienti;Podíl\nDomov;20;66,6\nStacionář;10;33,3\nCelkem;30;100,0\n"
    (cut,) = [one for one in found(tmp_path, text) if "cut off" in one.what]
    assert (cut.row, cut.column, cut.expected, cut.got) == (2, "Podíl", "66.7", "66.6")


def test_a_percentage_of_another_count(tmp_path: Path) -> None:
    text = "Služba;Klienti;%\nDomov;20;60,0\nStacionář;10;40,0\nCelkem;30;100,0\n"
    assert [one.row for one in found(tmp_path, text) if "not its count" in one.what] == [2, 3]


def test_percentages_that_do_not_add_up_to_100(tmp_path: Path) -> None:
    text = "Odpověď;%\nano;60,0\nne;30,0\nneví;8,0\n"
    (issue,) = found(tmp_path, text)
    assert issue.what.startswith("percentages do not add up to 100")
    assert (issue.expected, issue.got) == ("100 within 0.15", "98.0")
    assert found(tmp_path, text, several=True) == []


def test_percentages_of_several_things_are_not_summed(tmp_path: Path) -> None:
    assert found(tmp_path, "Služba;Znalost (%)\nDomov;91\nRaná péče;24\n") == []


def test_columns_that_do_not_add_up(tmp_path: Path) -> None:
    (issue,) = found(tmp_path, "ORP;muži;ženy;celkem\nVsetín;10;12;22\nZlín;20;25;44\n")
    assert issue.what == "a total is not the sum of its columns (row “Zlín”)"
    assert (issue.expected, issue.got) == ("45", "44")


def test_subtotals_are_of_the_rows_since_the_last_one(tmp_path: Path) -> None:
    text = "x;n\na;1\nb;2\nCelkem A;3\nc;4\nd;5\nCelkem B;9\n"
    assert found(tmp_path, text) == []
    assert found(tmp_path, text.replace("Celkem B;9", "Celkem B;12"))[0].expected == "9"


def test_a_total_above_its_parts(tmp_path: Path) -> None:
    assert found(tmp_path, "x;n\nCelkem;3\na;1\nb;2\n") == []
    assert found(tmp_path, "x;n\nCelkem;4\na;1\nb;2\n")[0].row == 2


def test_signs_and_zeros(tmp_path: Path) -> None:
    text = "x;n;%\na;1;0\nb;9999;100\nCelkem;10000;100\n"
    assert "0 percent" in found(tmp_path, text)[0].what
    assert "a zero has a sign" in found(tmp_path, "x;n\na;-0,0\nb;1,2\n")[0].what
    assert "a percentage is none" in found(tmp_path, "x;%\na;104\nb;3\n")[0].what


def test_a_part_that_is_hidden_lets_the_total_be(tmp_path: Path) -> None:
    assert found(tmp_path, "x;n\na;10\nb;•\nCelkem;14\n") == []


def test_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["x", "n"], ["a", 1], ["b", 2], ["Total", 4]):
        book.active.append(row)
    book.save(tmp_path / "table.xlsx")
    (issue,) = check_table(tmp_path / "table.xlsx")
    assert (issue.row, issue.expected, issue.got) == (4, "3", "4")


def test_the_command_says_where_and_ends_with_1(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from analysis.cli import app

    path = tmp_path / "table.csv"
    path.write_text("x;n\na;1\nb;2\nTotal;4\n", encoding="utf-8")
    outcome = CliRunner().invoke(app, ["check-table", str(path)])
    assert outcome.exit_code == 1
    assert "a total is not the sum of its parts" in outcome.output
    path.write_text("x;n\na;1\nb;2\nTotal;3\n", encoding="utf-8")
    outcome = CliRunner().invoke(app, ["check-table", str(path)])
    assert outcome.exit_code == 0


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError):
        check_table(tmp_path / "absent.csv")

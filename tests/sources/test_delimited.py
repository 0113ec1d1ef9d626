"""Text files: encoding, delimiter, quotes."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import WorkbenchError
from analysis.sources.columns import TableOptions, name_key
from analysis.sources.delimited import read_delimited

CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy; náměstí Šaldy, Ťapov, Žďár nad Sázavou"
FRENCH = "élève, près de la forêt où naît le garçon; déjà, à côté"
GERMAN = "Größe, Öl, Übung, schöne Straße"
SLOVAK = "Ľudia, kôň, mäkčeň, ťažký, päť vĺn"


def read(path: Path, content: bytes, **stated: str) -> tuple[str, list[str]]:
    path.write_bytes(content)
    table = read_delimited(path, TableOptions(**stated))  # type: ignore[arg-type]
    return table.columns["text"].values[0], [issue.severity for issue in table.issues]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CZECH, "utf-8"),
        (CZECH, "utf-8-sig"),
        (CZECH, "utf-16"),
        (CZECH, "utf-16-le"),
        (CZECH, "utf-16-be"),
        (CZECH, "utf-32"),
        (CZECH, "cp1250"),
        (CZECH, "iso8859-2"),
        (CZECH, "cp852"),
        (SLOVAK, "cp1250"),
        (SLOVAK, "iso8859-2"),
        (FRENCH, "latin-1"),
        (GERMAN, "latin-1"),
        ("don’t – “quoted”", "cp1252"),
        ("South\u00a0West", "latin-1"),
        ("Здравствуйте, как поживаете? Это проверка распознавания кодировки.", "cp1251"),
    ],
)
def test_the_encoding_is_recognised(tmp_path: Path, text: str, encoding: str) -> None:
    content = f'id|text\n1|"{text}"\n'.encode(encoding)
    found, severities = read(tmp_path / "a.csv", content)
    assert found == text
    assert severities in ([], ["note"])


@pytest.mark.parametrize("encoding", ["windows-1250", "ISO-8859-2", "utf-8", "UTF-16"])
def test_a_stated_encoding_wins(tmp_path: Path, encoding: str) -> None:
    content = f'id|text\n1|"{CZECH}"\n'.encode(encoding)
    assert read(tmp_path / "a.csv", content, encoding=encoding) == (CZECH, [])


def test_latin_1_with_windows_signs_is_windows_1252(tmp_path: Path) -> None:
    content = "id|text\n1|don’t\n".encode("cp1252")
    assert read(tmp_path / "a.csv", content, encoding="latin-1")[0] == "don’t"


def test_a_stated_encoding_that_looks_wrong_is_a_warning(tmp_path: Path) -> None:
    content = f"id|text\n1|{CZECH}\n".encode()
    found, severities = read(tmp_path / "a.csv", content, encoding="iso-8859-2")
    assert found != CZECH
    assert severities == ["warning"]


def test_lost_letters_are_a_warning_with_their_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,text\n1,ok\n2,P\ufffd\ufffdli\ufffd\n", encoding="utf-8")
    (issue,) = read_delimited(path).issues
    assert (issue.severity, issue.row) == ("warning", 3)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_seen_though_others_stand_in_texts(tmp_path: Path, delimiter: str) -> None:
    cell = f'"a{delimiter} b, c; d | e\t{delimiter}{delimiter}"'
    lines = [delimiter.join(row) for row in (["id", "text", "n"], *[["1", cell, "2"]] * 5)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines))
    assert list(read_delimited(path).columns) == ["id", "text", "n"]


def test_decimal_commas_are_no_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1,5;2,5\n3,5;4,5\n")
    assert list(read_delimited(path).columns) == ["a", "b"]


def test_known_names_settle_the_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a, or one;b, or two\n1,2;3,4\n")
    expected = {name_key("a, or one"), name_key("b, or two")}
    assert list(read_delimited(path, expected=expected).columns) == ["a, or one", "b, or two"]


def test_excels_line_with_the_delimiter_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=;\na;b\n1;2\n")
    table = read_delimited(path)
    assert (list(table.columns), table.rows.tolist()) == (["a", "b"], [2])


def test_one_column_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("name\nfirst\nsecond\n")
    assert read_delimited(path).columns["name"].values == ("first", "second")


def test_an_index_without_a_name_is_left_out_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",a\n0,x\n1,y\n")
    table = read_delimited(path)
    assert list(table.columns) == ["a"]
    assert table.issues[0].severity == "note"


def test_decomposed_letters_are_composed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\nc\u030c\n\u010d\n", encoding="utf-8")
    assert read_delimited(path).columns["a"].values == ("\u010d",)


@pytest.mark.parametrize(
    ("content", "stated", "what", "row"),
    [
        (f"a\n{CZECH}\n".encode("cp1250"), {"encoding": "utf-8"}, "not in the stated encoding", 2),
        (f"a\n{CZECH}\n".encode(), {"encoding": "ascii"}, "not in the stated encoding", 2),
        (f"a\n{CZECH}\n".encode(), {"encoding": "cp1250"}, "looks like UTF-8", 2),
        (b"a\nb\n", {"encoding": "hex"}, "encoding is unknown", None),
        (codecs.BOM_UTF8 + b"a\n\xff\n", {}, "damaged or was cut", None),
        ("a\nb\n".encode("utf-16-le"), {"encoding": "utf-8"}, "zero bytes", None),
        (b"PK\x03\x04" + bytes(50), {}, "not a text table", None),
        (b"\xd0\xcf\x11\xe0" + bytes(50), {}, "not a text table", None),
        (b"$FL2@(#) SPSS", {}, "not a text table", None),
        (b"%PDF-1.7", {}, "not a text table", None),
        (b"  \n\n", {}, "empty", None),
        (b'a,b\n"1",2\n"3"x,4\n', {}, "quotes on this row", 3),
        (b'a,b\n1,"2\n3,4\n', {}, "never closed", 2),
        (b",,\n,,\n", {}, "empty", None),
    ],
)
def test_wrong_texts(
    tmp_path: Path, content: bytes, stated: dict[str, str], what: str, row: int | None
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(WorkbenchError) as raised:
        read_delimited(path, TableOptions(**stated))  # type: ignore[arg-type]
    assert what in str(raised.value.issue.what) or what in str(raised.value.issue.got)
    assert raised.value.issue.row == row
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


CELLS = st.text(
    st.characters(
        codec="utf-8",
        exclude_characters="\x00\r\ufeff\u200b\ufffd",
        exclude_categories=["Cs", "Cc"],
    )
    | st.sampled_from('\n",;|\t'),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
)
def test_whatever_is_written_with_quotes_reads_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str
) -> None:
    import csv
    import unicodedata

    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([("id", "left", "right"), *((str(i), *row) for i, row in enumerate(rows))])
    table = read_delimited(path, expected={"id", "left", "right"})
    for name, position in (("left", 0), ("right", 1)):
        expected = [
            unicodedata.normalize("NFC", row[position].strip(" \t\r\n\f\v\u00a0\ufeff\u200b"))
            for row in rows
        ]
        values = [*table.columns[name].values, ""]
        assert [values[code] for code in table.columns[name].codes] == expected

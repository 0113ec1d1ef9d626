"""One entry for every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from analysis.errors import WorkbenchError
from analysis.sources.columns import TableOptions
from analysis.sources.tabular import frame_of, read_table, rows_in_words

FRAME = pd.DataFrame({"area": ["a", "b", "b"], "count": [1.0, 2.5, np.nan], "code": [7.0, 8, 9]})


def write(folder: Path, suffix: str) -> Path:
    path = folder / f"table{suffix}"
    if suffix in (".csv", ".txt"):
        FRAME.to_csv(path, index=False)
    elif suffix == ".xlsx":
        FRAME.to_excel(path, index=False)
    elif suffix == ".sav":
        pyreadstat.write_sav(FRAME, str(path))
    else:
        FRAME.to_parquet(path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".xlsx", ".sav", ".parquet"])
def test_every_format_gives_the_same_frame(tmp_path: Path, suffix: str) -> None:
    frame = frame_of(read_table(write(tmp_path, suffix)))
    pd.testing.assert_frame_equal(frame, FRAME.astype({"area": "str"}))


def test_a_stated_format_wins_over_the_name(tmp_path: Path) -> None:
    path = write(tmp_path, ".csv").rename(tmp_path / "table.dat")
    assert len(read_table(path, TableOptions(format="csv"))) == 3


def test_a_decimal_comma_makes_numbers(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1,5;x\n2;y\n")
    assert frame_of(read_table(path))["a"].tolist() == [1.5, 2.0]


@pytest.mark.parametrize(
    ("name", "what", "hint"),
    [
        ("tabel.csv", "missing", "did you mean table.csv?"),
        ("table.xls", "not read", "save it as .xlsx"),
        ("table.ods", "not read", "save it as .xlsx"),
        ("table", "not read", "state format in the study card"),
    ],
)
def test_files_that_cannot_be_meant(tmp_path: Path, name: str, what: str, hint: str) -> None:
    write(tmp_path, ".csv")
    with pytest.raises(WorkbenchError, match=what) as raised:
        read_table(tmp_path / name)
    assert (raised.value.issue.file, raised.value.issue.hint) == (str(tmp_path / name), hint)


def test_a_damaged_parquet_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(WorkbenchError, match="Parquet"):
        read_table(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([7], "row 7"),
        ([2, 3, 4, 9], "4 rows: 2–4, 9"),
        ([9, 2, 4], "3 rows: 2, 4, 9"),
        (
            list(range(2, 80, 2)),
            "39 rows: 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, …",
        ),
    ],
)
def test_rows_in_words(rows: list[int], words: str) -> None:
    assert rows_in_words(np.array(rows)) == words

"""A small questionnaire, its answers, and the files that hold them in every format."""

from __future__ import annotations

import csv
import struct
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat

from analysis.questionnaire import Questionnaire, read_questionnaire

SURVEY = """type,name,label::cs,label::en,required,relevant,constraint,samples
select_one sex,sex,Pohlaví,Sex,yes,,,
integer,age,Kolik je vám let?,How old are you?,yes,,. >= 15 and . <= 110,
select_one yes_no,help,Potřebujete pomoc?,Do you need help?,yes,,,
select_multiple service,used,Které služby využíváte?,Which services do you use?,,${help} = '1',,
decimal,hours,Kolik hodin týdně?,How many hours a week?,,${help} = '1',,
date,visited,Kdy jste byli naposledy?,When were you there last?,,,,
text,remark,Co byste dodali?,Anything else?,,,,
select_one yes_no,member,Jste členem?,Are you a member?,,,,members
"""
CHOICES = """list_name,name,label::cs,label::en,exclusive
sex,1,Muž,Man,
sex,2,Žena,Woman,
yes_no,1,Ano,Yes,
yes_no,2,Ne,No,
service,home_care,Pečovatelská služba,Home care,
service,day-centre,Denní stacionář,Day centre,
service,none,Žádnou,None,yes
"""
TYPED = ("respondent", "sex", "age", "help", "used", "hours", "visited", "remark")


def questionnaire(folder: Path, survey: str = SURVEY, choices: str = CHOICES) -> Questionnaire:
    """The questionnaire, read from CSV as a study does."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "form_survey.csv").write_text(survey, encoding="utf-8")
    (folder / "form_choices.csv").write_text(choices, encoding="utf-8")
    return read_questionnaire(folder / "form_survey.csv", folder / "form_choices.csv")


def answers(rows: int = 40, seed: int = 7) -> pd.DataFrame:
    """Answers as a survey frame, with every kind of missing."""
    random = np.random.default_rng(seed)
    codes = ["-1", "-8", "-9"]
    chosen = random.integers(0, 2, (rows, 3)).astype("int8")
    whole = random.choice([0, -1, -8, -9], rows, p=[0.7, 0.1, 0.1, 0.1]).astype("int8")
    chosen[whole < 0] = whole[whole < 0, None]
    blank = np.repeat((random.random(rows) < 0.1)[:, None], 3, axis=1)
    days = pd.Timestamp("2011-09-05") + pd.to_timedelta(random.integers(0, 50, rows), unit="D")
    frame = {
        "respondent": pd.Series([f"r{number:03d}" for number in range(rows)], dtype="str"),
        "sex": _single(random, ["1", "2", *codes], rows),
        "age": _numbers(random, rows, 15, 90, 0),
        "help": _single(random, ["1", "2", *codes], rows),
    }
    for index, choice in enumerate(("home_care", "day-centre", "none")):
        frame[f"used.{choice}"] = pd.arrays.IntegerArray(
            np.where(blank[:, index], 0, chosen[:, index]).astype("int8"), blank[:, index]
        )
    frame["hours"] = _numbers(random, rows, 0, 40, 1)
    frame["visited"] = pd.Series(days.strftime("%Y-%m-%d"), dtype="str").where(
        random.random(rows) > 0.2
    )
    frame["remark"] = pd.Series(
        random.choice(["Příliš žluťoučký kůň", "řádek\ns novou; „větou“, a čárkou"], rows),
        dtype="str",
    ).where(random.random(rows) > 0.3)
    return pd.DataFrame(frame)


def _single(random: np.random.Generator, names: list[str], rows: int) -> pd.Categorical:
    return pd.Categorical.from_codes(random.integers(-1, len(names), rows), categories=names)


def _numbers(
    random: np.random.Generator, rows: int, low: int, high: int, places: int
) -> np.ndarray:
    numbers = np.round(random.uniform(low, high, rows), places)
    missing = random.choice([0.0, np.nan, -8.0, -9.0], rows, p=[0.7, 0.1, 0.1, 0.1])
    return np.where(missing == 0, numbers, missing)


def as_texts(frame: pd.DataFrame, decimal: str = ".") -> pd.DataFrame:
    """The frame as the texts of a CSV file."""
    return pd.DataFrame({name: _texts(frame[name], decimal) for name in frame.columns})


def _texts(column: pd.Series, decimal: str) -> list[str]:
    return [
        ""
        if pd.isna(value)
        else _text(value).replace(".", decimal)
        if isinstance(value, float)
        else _text(value)
        for value in column
    ]


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def write_csv(
    path: Path,
    table: pd.DataFrame,
    encoding: str = "utf-8",
    delimiter: str = ",",
    newline: str = "\r\n",
) -> Path:
    """A CSV file of texts, as another program would write it."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator=newline)
        writer.writerow(table.columns)
        writer.writerows(table.itertuples(index=False))
    return path


def write_xlsx(path: Path, frame: pd.DataFrame, sheet: str = "data", startrow: int = 0) -> Path:
    """A workbook with true numbers and dates."""
    cells = pd.DataFrame(
        {
            name: pd.to_datetime(frame[name])
            if name == "visited"
            else frame[name].astype(object).where(frame[name].notna(), None)
            for name in frame.columns
        }
    )
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        cells.to_excel(writer, sheet_name=sheet, index=False, startrow=startrow)
    return path


def write_sav(path: Path, frame: pd.DataFrame) -> Path:
    """An SPSS file with numeric codes, labels and declared missing values."""
    values = {}
    for name in frame.columns:
        column = frame[name]
        if name == "visited":
            values[name] = pd.to_datetime(column).dt.date
        elif name in ("respondent", "remark"):
            values[name] = column.astype(object).where(column.notna(), "")
        else:
            values[name] = pd.to_numeric(column.astype(object)).astype("float64")
    renamed = {name: name.replace("-", "_") for name in values}
    table = pd.DataFrame(values).rename(columns=renamed)
    labels = {
        "sex": {1: "Muž", 2: "Žena", -1: "nehodí se", -8: "neví", -9: "odmítl"},
        "help": {1: "Ano", 2: "Ne"},
    }
    coded = [name for name in table.columns if name not in ("respondent", "remark", "visited")]
    pyreadstat.write_sav(
        table,
        str(path),
        column_labels={"sex": "Pohlaví"},
        variable_value_labels=labels,
        missing_ranges={name: [-1, -8, -9] for name in coded},
    )
    return path


def add_response_set(path: Path, definition: str) -> None:
    """Put a multiple-response-sets record (type 7, subtype 7) into an SPSS file.

    The layout is that of the PSPP developers' description of the system file format.
    """
    content = path.read_bytes()
    end = content.index(struct.pack("<ii", 999, 0))
    text = definition.encode("ascii")
    record = struct.pack("<iiii", 7, 7, 1, len(text)) + text
    path.write_bytes(content[:end] + record + content[end:])

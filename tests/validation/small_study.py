"""A small study in a workspace of its own, and its answers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.sources.survey import SurveyTable, read_sample
from analysis.study import Study, open_study
from analysis.workspace import Workspace

CATALOGUES = Path(__file__).resolve().parents[2] / "studies" / "catalogues"

CARD = """id: small
title: {cs: Malá studie, en: Small study}
region: CZ072
wave: "2011"
questionnaire: {survey: survey.csv, choices: choices.csv}
area_variable: area_code
project: {name: {cs: Projekt, en: Project}}
fieldwork: {start: 2011-09-05, end: 2011-10-28}
samples:
  inhabitants:
    title: {cs: Obyvatelé, en: Inhabitants}
    population: {cs: obyvatelé, en: inhabitants}
    base: {cs: dotázaní, en: respondents}
    files: [{path: inhabitants.csv}]
    identifier: respondent
    design: {kind: quota, weight: weight_given}
  users:
    title: {cs: Uživatelé, en: Users}
    population: {cs: uživatelé, en: users}
    base: {cs: uživatelé, en: users}
    files: [{path: users_1.csv}, {path: users_2.xlsx}]
    identifier: respondent
"""
SURVEY = """type,name,label::cs,label::en,required,relevant,constraint,samples
integer,place,Obec,Municipality,yes,,,
integer,age,Věk,Age,yes,,. >= 15 and . <= 110,
select_one yes_no,help,Potřebujete pomoc?,Do you need help?,yes,,,
select_multiple service,used,Které služby?,Which services?,yes,${help} = '1',count-selected(.) <= 2,
select_one yes_no,content,Jste spokojeni?,Are you content?,yes,"not(selected(${used}, 'none'))",,
text,why,Proč?,Why?,yes,${content} = '2',,
begin_group,later,Později,Later,,${age} >= 60,,
select_one yes_no,later_home,Doma?,At home?,,,,
integer,later_hours,Hodin?,Hours?,,${later_home} = '1',. <= 168,
end_group,,,,,,,
select_one yes_no,member,Jste členem?,Are you a member?,,,,users
"""
CHOICES = """list_name,name,label::cs,label::en,exclusive
yes_no,1,Ano,Yes,
yes_no,2,Ne,No,
service,home,Doma,At home,
service,day,Přes den,By day,
service,night,Přes noc,By night,
service,none,Žádnou,None,yes
service,unknown,Neví,Does not know,yes
"""
VARIABLES = """name,type,list,label::cs,label::en,calculation
area_code,select_one,areas,ORP,ORP,area-of(${place})
"""
AREAS = "".join(f"areas,{code},ORP {code},ORP {code},\n" for code in range(7201, 7214))

# Two municipalities of the region and one of another, by their statistical codes.
VSETIN, ZLIN, LIBEREC = "541630", "585068", "563889"

HEADER = (
    "respondent,place,age,help,used.home,used.day,used.night,used.none,used.unknown,"
    "content,why,later_home,later_hours,weight_given"
)
GOOD = (
    f"a,{VSETIN},40,1,1,0,0,0,0,1,,,,1.5",
    f"b,{ZLIN},70,2,,,,,,,,1,20,1",
    f"c,{ZLIN},62,1,0,0,0,1,0,,,2,,0.5",
    f"d,{VSETIN},30,1,0,1,1,0,0,2,because,,,1",
)


def small_study(root: Path, **files: str) -> Study:
    """The study; ``files`` replace or add files of its folder, a double underscore is a dot."""
    folder = root / "studies" / "small"
    folder.mkdir(parents=True)
    (root / "studies" / "catalogues").symlink_to(CATALOGUES)
    texts = {
        "study.yaml": CARD,
        "survey.csv": SURVEY,
        "choices.csv": CHOICES + AREAS,
        "variables.csv": VARIABLES,
        **{name.replace("__", "."): text for name, text in files.items()},
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (root / "data" / "raw" / "small").mkdir(parents=True)
    return open_study("small", Workspace(root))


def answers(study: Study, *rows: str, header: str = HEADER) -> SurveyTable:
    """The answers of the inhabitants, through the file as received."""
    text = "\n".join([header, *rows])
    (study.raw / "inhabitants.csv").write_text(text, encoding="utf-8")
    return read_sample(study, "inhabitants")


def cells(frame: pd.DataFrame, column: str) -> list[object]:
    """A column as plain values, ``None`` where blank."""
    return [None if pd.isna(value) else value for value in frame[column]]

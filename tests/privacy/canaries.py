"""A study whose raw answers hold planted canaries, and every published byte of it taken apart.

The people are made up. What is planted must not be found in anything that is published: a name,
a birth number, an e-mail, a phone, an open answer, a weight, ids of a respondent and an
interviewer, a folder, and small counts of a sensitive answer.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.workspace import Workspace
from tests.mini_annex import write_annex
from tests.mini_results import write_answers, write_report
from tests.mini_study import CARD, CHOICES, SURVEY, VARIABLES, write_mini_study

NAME = "Květoslava Zapletalíková"
BIRTH_NUMBER = "855123/4567"
E_MAIL = "k.zapletalikova@kanarek-posta.cz"
PHONE = "+420 603 917 482"
OPEN_ANSWER = "žlutý parník kotví za mlýnem"
WEIGHT = 1.7391846
RESPONDENT = "kanarek-7741"
INTERVIEWER = "tazatel-90313"
ADDRESS = "Pod Borovičkami 1847"

CANARIES = {
    "a name": NAME,
    "a surname": NAME.split()[1],
    "a birth number": BIRTH_NUMBER,
    "a birth number without its stroke": BIRTH_NUMBER.replace("/", ""),
    "an e-mail": E_MAIL,
    "a phone number": PHONE,
    "a phone number without spaces": PHONE.replace(" ", "")[4:],
    "a unique open answer": OPEN_ANSWER,
    "a unique weight": str(WEIGHT),
    "a unique weight with a decimal comma": str(WEIGHT)[:6].replace(".", ","),
    "a respondent id": RESPONDENT,
    "an interviewer number": INTERVIEWER,
    "an address": ADDRESS,
}

DISTRICTS = ("d1", "d2", "d3", "d4")
SEXES = ("1", "2")
AGES = {"15-39": (15, 39), "40-64": (40, 64), "65+": (65, 89)}
SIZE = 40
#: People who gave the sensitive answer, by district, sex and age; SIZE people in each cell.
COUNTS = {
    ("d1", "1"): (1, 9, 14), ("d1", "2"): (2, 16, 12),
    ("d2", "1"): (15, 1, 11), ("d2", "2"): (17, 1, 13),
    ("d3", "1"): (10, 14, 40), ("d3", "2"): (13, 19, 40),
    ("d4", "1"): (0, 12, 18), ("d4", "2"): (0, 17, 12),
}  # fmt: skip

_CARD = CARD.replace(
    "    weighting: {method: none}",
    "    design: {weight: weight}\n    weighting: {method: given}",
)
_SURVEY = SURVEY.replace(
    "text,remark", "text,interviewer,Tazatel,Interviewer,,,,,,,\ntext,remark"
).replace("integer,age,Věk,Age", "decimal,weight,Váha,Weight,,,,,,,\ninteger,age,Věk,Age")
_CHOICES = (
    CHOICES.replace("district,d2,Druhý,Second,,,,\n",
                    "district,d2,Druhý,Second,,,,\ndistrict,d3,Třetí,Third,,,,\n"
                    "district,d4,Čtvrtý,Fourth,,,,\n")
    .replace("age_group,15-39,15–39 let,15–39,,15,39,\nage_group,40+,40 a více let,40 and over,,40,,\n",
             "age_group,15-39,15–39 let,15–39,,15,39,\nage_group,40-64,40–64 let,40–64,,40,64,\n"
             "age_group,65+,65 a více let,65 and over,,65,,\n"
             "age_wide,15-64,15–64 let,15–64,,15,64,\nage_wide,65+,65 a více let,65 and over,,65,,\n"
             "helped_group,1,s pomocí,helped,,,,\nhelped_group,2,bez pomoci,not helped,,,,\n")
)  # fmt: skip
_VARIABLES = VARIABLES + (
    "age_wide,select_one,age_wide,Věk široce,Wide age,\"band(${age}, 'age_wide')\"\n"
)
_INDICATORS = """\
code,category,family,label::cs,label::en,definition::cs,definition::en,statistic,over,select,base,not_asked,of,unit,version
K1,,K,Znalost,Knowledge,Podíl,Share,share,known,. = '1' or . = '2',,,,percent,1.0
K2,,K,Šíře,Breadth,Počet,Number,mean,,"count-in(known, '1', '2')",,,,number,1.0
V1,,V,Dostává pomoc,Gets help,Podíl,Share,share,,${helped} = '1',,,,percent,1.0
V2,,V,Nedostává pomoc,Gets no help,Podíl,Share,share,,${helped} = '2',,,,percent,1.0
V3,,V,Pomoc stačí,Help is enough,Podíl,Share,share,,${enough} = '1',,no,,percent,1.0
V4,,V,Pomoc stačí těm s pomocí,Enough of the helped,Podíl,Share,share,,${enough} = '1',${helped} = '1',,,percent,1.0
V5,,V,Odpověď na pomoc,Answer on help,Podíl,Share,share,helped,,,,,percent,1.0
"""
_BREAKDOWNS = "age_group age_wide sex"
_PLAN = f"""\
indicator,sample,breakdowns,levels,comparison
K1,people,{_BREAKDOWNS},area region,rest
K2,people,{_BREAKDOWNS},area region,rest
V1,people,{_BREAKDOWNS},area region,rest
V2,people,{_BREAKDOWNS},area region,rest
V3,people,{_BREAKDOWNS},area region,rest
V4,people,sex,area region,
V5,people,{_BREAKDOWNS},area region,
"""
_AREAS = """\
code,name,slug
d1,První,prvni
d2,Druhý,druhy
d3,Třetí,treti
d4,Čtvrtý,ctvrty
"""
#: Reports with every kind of block that shows released rows.
_MAKEUP = """\
title: {cs: Pomoc, en: Help}
level: both
sample: people
chapters:
  - id: main
    title: {cs: Hlavní část, en: Main part}
    blocks:
      - {block: key_figures, indicators: [V1, K2]}
      - {block: findings, always: [K2, V1, V3], ranking: V5, differences: [V1], more: [V4],
         groups: [V1], breakdowns: [age_group], maximum: 5}
      - {block: chart, form: ranked, indicator: V5}
      - {block: chart, form: areas, indicator: V1}
      - {block: chart, form: areas, indicator: V3}
      - {block: chart, form: breakdown, indicator: V1, breakdowns: [age_group, age_wide, sex]}
      - {block: chart, form: differences, indicator: K1, only: area}
      - {block: table, form: first_order, indicator: V5}
      - {block: table, form: areas, indicator: V1}
      - {block: table, form: breakdown, indicator: V1, breakdowns: [age_group, age_wide, sex]}
      - {block: table, form: crosstab, indicator: V5, breakdowns: [age_group, sex]}
      - {block: table, form: overview, indicators: [V1, V2, V3, V4, K2]}
      - {block: sentence, form: groups, indicator: V1, breakdowns: [age_group]}
  - id: method
    title: {cs: Metodika, en: Methods}
    blocks:
      - {block: technical_parameters}
      - {block: sample_table}
      - {block: weights, area: whole}
      - {block: missing_answers, threshold: 0.0}
      - {block: response_flow, area: whole}
      - {block: reading_notes}
      - {block: questionnaire_annex}
      - {block: indicator_annex}
"""
_ANNEX = """\
title: {cs: Datová příloha, en: Data annex}
sheets:
  - id: all
    title: {cs: Všechny údaje, en: All figures}
    families: [K, V]
    breakdowns: [all]
  - id: definitions
    title: {cs: Definice, en: Definitions}
    content: definitions
  - id: methods
    title: {cs: Metodika, en: Methods}
    content: methods
"""
#: A correction is a small file: whoever knows its form could try all answers it may hold.
CORRECTION = (
    "sample,respondent,column,old,new,reason,author,date\n"
    f"people,{RESPONDENT},helped,2,1,přepis,N,2020-03-01\n"
    f"people,{RESPONDENT},enough,-1,1,přepis,N,2020-03-01\n"
)


def canary_answers() -> pd.DataFrame:
    """The raw answers; all weigh 1 but one person, who has every canary."""
    draw = np.random.default_rng(5)
    cells = [
        (district, sex, ages, place < count)
        for (district, sex), counts in COUNTS.items()
        for ages, count in zip(AGES.values(), counts, strict=True)
        for place in range(SIZE)
    ]
    n = len(cells)
    helped = np.array([cell[3] for cell in cells])
    frame = pd.DataFrame(
        {
            "respondent": [f"osoba-{number:04d}" for number in range(n)],
            "interviewer": [f"taz-{number % 17}" for number in range(n)],
            "district": [cell[0] for cell in cells],
            "sex": [cell[1] for cell in cells],
            "age": [draw.integers(cell[2][0], cell[2][1] + 1) for cell in cells],
            "weight": "1",
            "known_a": draw.choice(["1", "2", "3"], n),
            "known_b": draw.choice(["1", "2", "3"], n),
            "used.web": draw.integers(0, 2, n),
            "used.doctor": 1,
            "used.none": 0,
            "wanted.web": draw.integers(0, 2, n),
            "wanted.doctor": 1,
            "wanted.none": 0,
            "helped": np.where(helped, "1", "2"),
            "enough": np.where(helped, draw.choice(["1", "2"], n), "-1"),
            "remark": "",
        }
    )
    one = frame.index[(frame["district"] == "d1") & (frame["sex"] == "1")][0]
    frame.loc[one, "respondent"] = RESPONDENT
    frame.loc[one, "interviewer"] = INTERVIEWER
    frame.loc[one, "weight"] = str(WEIGHT)
    frame.loc[one, "remark"] = (
        f"{NAME}, {ADDRESS}, {BIRTH_NUMBER}, {E_MAIL}, {PHONE}: {OPEN_ANSWER}"
    )
    # The correction below makes one answer what the table of counts says.
    frame.loc[one, ["helped", "enough"]] = ["2", "-1"]
    return frame.sample(frac=1.0, random_state=1, ignore_index=True)


def write_canary_study(root: Path) -> Workspace:
    """A workspace with the study, its answers, a report and a data annex."""
    workspace = write_mini_study(
        root, study=_CARD, survey=_SURVEY, choices=_CHOICES, variables=_VARIABLES,
        indicators=_INDICATORS, plan=_PLAN, areas=_AREAS,
    )  # fmt: skip
    write_answers(workspace, canary_answers())
    write_report(workspace, _MAKEUP, "help", ("main", "method"))
    write_annex(workspace, _ANNEX)
    path = workspace.studies / "mini" / "corrections.csv"
    path.write_text(CORRECTION, encoding="utf-8")
    return workspace

"""A small study written to a folder, for tests that bend one definition at a time."""

from __future__ import annotations

from pathlib import Path

from analysis.workspace import Workspace

CARD = """\
id: mini
title: {cs: Malá studie, en: Small study}
wave: "2020"
languages: [cs, en]
questionnaire: {survey: questionnaire/survey.csv, choices: questionnaire/choices.csv}
area_variable: district
project:
  name: {cs: Projekt, en: Project}
fieldwork: {start: 2020-01-01, end: 2020-02-01}
samples:
  people:
    title: {cs: Lidé, en: People}
    population: {cs: obyvatelé, en: inhabitants}
    base: {cs: všichni, en: all}
    files: [{path: people.csv}]
    identifier: respondent
    weighting: {method: none}
"""

SURVEY = """\
type,name,label::Čeština (cs),label::English (en),relevant,constraint,required,sensitive,items,item,samples
select_one district,district,Okres,District,,,yes,,,,
select_one sex,sex,Pohlaví,Sex,,,yes,,,,
integer,age,Věk,Age,,. >= 15 and . <= 110,yes,,,,
begin_group,known,Znalost,Knowledge,,,,,services,,
select_one knowledge,known_a,Služba A,Service A,,,,,,a,
select_one knowledge,known_b,Služba B,Service B,,,,,,b,
end_group,,,,,,,,,,
select_multiple channels,used,Zdroje,Sources,,,,,,,
select_multiple channels,wanted,Chtěné zdroje,Wanted sources,,count-selected(.) <= 2,,,,,
select_one yes_no,helped,Pomoc,Help,,,,yes,,,
select_one yes_no,enough,Stačila?,Enough?,${helped} = '1',,,,,,
text,remark,Poznámka,Remark,,,,,,,
"""

CHOICES = """\
list_name,name,label::Čeština (cs),label::English (en),exclusive,from,to,kind
district,d1,První,First,,,,
district,d2,Druhý,Second,,,,
sex,1,muž,man,,,,
sex,2,žena,woman,,,,
knowledge,1,zná,knows,,,,
knowledge,2,slyšel,heard,,,,
knowledge,3,nezná,does not know,,,,
services,a,Služba A,Service A,,,,care
services,b,Služba B,Service B,,,,help
channels,web,web,web,,,,public
channels,doctor,lékař,doctor,,,,public
channels,none,žádné,none,yes,,,
yes_no,1,ano,yes,,,,
yes_no,2,ne,no,,,,
age_group,15-39,15–39 let,15–39,,15,39,
age_group,40+,40 a více let,40 and over,,40,,
"""

VARIABLES = """\
name,type,list,label::cs,label::en,calculation
age_group,select_one,age_group,Věk,Age,"band(${age}, 'age_group')"
informed,yes_no,yes_no,Informovaný,Informed,"any-in(known, '1')"
"""

INDICATORS = """\
code,category,family,label::cs,label::en,definition::cs,definition::en,statistic,over,select,base,not_asked,of,unit,version
K1,,K,Znalost,Knowledge,Podíl,Share,share,known,. = '1' or . = '2',,,,percent,1.0
K2,,K,Šíře,Breadth,Počet,Number,mean,,"count-in(known, '1', '2')",,,,number,1.0
C1,,C,Používané,Used,Podíl,Share,share,used,,,,,percent,1.0
C3,,C,Mezera,Gap,Rozdíl,Difference,difference,used,"selected(${wanted}, .) - selected(${used}, .)",,,,points,1.0
H1,,H,Stačila,Enough,Podíl,Share,share,,${enough} = '1',,no,,percent,1.0
H2,,H,Stačila z těch,Enough of those,Podíl,Share,share,,${enough} = '1',${helped} = '1',,,percent,1.0
S1,,S,Pohlaví,Sex,Podíl,Share,share,sex,,,,,percent,1.0
"""

PLAN = """\
indicator,sample,breakdowns,levels,comparison
K1,people,age_group sex,area region,rest
K2,people,age_group,area region,
"""

AREAS = """\
code,name,slug
d1,První,prvni
d2,Druhý,druhy
"""

FILES = {
    "study.yaml": CARD,
    "questionnaire/survey.csv": SURVEY,
    "questionnaire/choices.csv": CHOICES,
    "variables.csv": VARIABLES,
    "indicators.csv": INDICATORS,
    "plan.csv": PLAN,
    "areas.csv": AREAS,
}


def write_mini_study(root: Path, **changed: str) -> Workspace:
    """A workspace with the study; ``changed`` replaces files by their stem."""
    (root / "studies" / "catalogues").mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        path = root / "studies" / "mini" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(changed.get(path.stem, content), encoding="utf-8")
    return Workspace(root)

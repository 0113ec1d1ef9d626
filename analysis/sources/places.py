"""Names and codes of the places that a question may ask for.

Respondents and interviewers write a municipality as its code, its name, or a name near it;
data from elsewhere may bear the codes of the register RÚIAN instead of the statistical ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pandas as pd
from rapidfuzz import process

from analysis.sources.columns import label_key
from analysis.study import Study
from analysis.territory import Territory

_LOOK_UP = re.compile(r"(?:area|population)-of\(\s*\$\{\s*([^}\s]+)\s*\}")


@dataclass(frozen=True)
class PlaceNames:
    """The places of a study that a question may be answered with.

    Parameters
    ----------
    names
        Name by code.
    other_codes
        The study's code by the code of another system, where no code is in both.
    elsewhere
        Codes of places that exist outside the study.
    expected
        What should stand in the column, in words.
    """

    names: Mapping[str, str]
    other_codes: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Collection[str] = frozenset()
    expected: str = "the code of a place of the study"

    def by_name(self) -> dict[str, str]:
        """The code by the name, for names that only one place bears."""
        keys = pd.Series({code: place_key(name) for code, name in self.names.items()}, dtype="str")
        single = keys[~keys.duplicated(keep=False)]
        return {str(key): str(code) for code, key in single.items()}

    def nearest(self, text: str) -> str | None:
        """``did you mean …?`` for a name that no place bears."""
        keys = {place_key(name): f"{name} ({code})" for code, name in self.names.items()}
        best = process.extractOne(place_key(text), list(keys), score_cutoff=70)
        return f"did you mean {keys[best[0]]}?" if best else None


def place_key(name: str) -> str:
    """A name without case and diacritics, as people type it on a foreign keyboard."""
    parts = unicodedata.normalize("NFKD", label_key(name))
    return "".join(sign for sign in parts if not unicodedata.combining(sign))


def place_names(study: Study) -> dict[str, PlaceNames]:
    """The questions that ask for a place, each with the places it may be answered with.

    Municipalities are asked for where a derived variable looks them up; areas where the
    study's area variable is itself a question.
    """
    questions = study.questionnaire.questions
    found: dict[str, PlaceNames] = {}
    if study.territory is not None:
        texts = " ".join(variable.calculation.text for variable in study.variables.values())
        asked = [name for name in _LOOK_UP.findall(texts) if name in questions]
        found.update(dict.fromkeys(asked, _municipalities(study, study.territory)) if asked else {})
    if study.card.area_variable in questions:
        found[study.card.area_variable] = _areas(study, study.territory)
    return found


def _municipalities(study: Study, territory: Territory) -> PlaceNames:
    table = territory.municipalities
    own = table[table["region"] == study.region]
    elsewhere = table.loc[table["region"] != study.region, "code"]
    return PlaceNames(
        names=dict(zip(own["code"].astype("str"), own["name"], strict=True)),
        elsewhere=frozenset(elsewhere.astype("str")),
        expected="the six-digit code of a municipality of the region",
    )


def _areas(study: Study, territory: Territory | None) -> PlaceNames:
    names = {str(code): str(name) for code, name in study.areas["name"].items()}
    if territory is None:
        return PlaceNames(names, expected="the code of an area of the study")
    table = territory.areas
    own = table[table["code"].isin(list(names))]
    other = dict(zip(own["ruian_code"].astype("str"), own["code"].astype("str"), strict=True))
    return PlaceNames(
        names=names,
        other_codes={} if set(other) & set(names) else other,
        elsewhere=frozenset(table["code"].astype("str")) - set(names),
        expected="the code (CISORP) of an area of the region",
    )

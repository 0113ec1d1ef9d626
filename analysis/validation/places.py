"""Whether municipalities and areas that respondents gave exist and lie in the study."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.sources.places import PlaceNames, place_names
from analysis.study import Study
from analysis.validation.cells import canonical, known, with_value
from analysis.validation.findings import Findings

Mask = NDArray[np.bool_]


def check_places(study: Study, frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    """The frame with places outside the study counted as not answered.

    A code that the territory does not know, one of another region and one of another code
    system are told apart in the message (repair). Respondents without a place are a
    warning: they belong to no area.
    """
    missing = study.card.missing
    codes = tuple(missing.model_dump().values())
    checked = {}
    for question, names in place_names(study).items():
        if question not in frame.columns:
            continue
        column = frame[question]
        texts = column.map(canonical).astype("str")
        strange = known(column, codes) & ~texts.isin(names.names).to_numpy(dtype=bool)
        _report(question, texts, strange, names, findings)
        checked[question] = with_value(column, strange, missing.refused)
        findings.add_rows(
            "respondents gave no place and belong to no area",
            "warning",
            ~known(checked[question], codes),
            column=question,
            hint="complete the place in corrections.csv if the questionnaire has it",
        )
    return frame.assign(**checked)


def _report(
    question: str, texts: pd.Series, strange: Mask, names: PlaceNames, findings: Findings
) -> None:
    other_system = strange & texts.isin(names.other_codes).to_numpy(dtype=bool)
    outside = strange & ~other_system & texts.isin(names.elsewhere).to_numpy(dtype=bool)
    for what, where in (
        ("codes are of another system (RÚIAN) than the study's (CISORP)", other_system),
        ("places lie outside the study's region", outside),
        ("there is no such place", strange & ~other_system & ~outside),
    ):
        findings.add_rows(
            f"{what}; they count as not answered",
            "repair",
            where,
            column=question,
            expected=names.expected,
            hint="correct the code in corrections.csv",
        )

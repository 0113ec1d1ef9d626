"""How many of those asked gave no answer, question by question."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.questionnaire import Question
from analysis.study import Study


def missing_by_question(study: Study, sample: str, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """For each question of a sample: asked, does not know, no answer.

    Questions that only some people are asked because of a sensitive answer are left out:
    how many were asked would tell how many gave that answer. So are those that nobody was
    asked.

    Returns
    -------
    list of dict
        ``question``, ``asked``, ``n_missing`` (of them ``dont_know`` and ``refused``) and
        ``share`` of those asked without an answer (0–1), in the order of the questionnaire.
    """
    counts = (
        _counts(study, question, frame)
        for question in study.questionnaire.asked_of(sample)
        if question.type in ("select_one", "select_multiple", "integer", "decimal")
        and not reveals(study, question)
        and set(study.questionnaire.variables_of(question.name)) <= set(frame.columns)
    )
    return [one for one in counts if one["asked"]]


def reveals(study: Study, question: Question) -> bool:
    """Whether who is asked a question depends on a sensitive answer."""
    routing = question.relevant
    return study.sensitivity.of_expression(routing)


def _counts(study: Study, question: Question, frame: pd.DataFrame) -> dict[str, Any]:
    codes = study.card.missing
    column = frame[study.questionnaire.variables_of(question.name)[0]]
    asked = len(column) - _count(column, codes.not_applicable)
    dont_know = _count(column, codes.dont_know)
    refused = _count(column, codes.refused) + int(column.isna().sum())
    return {
        "question": question.name,
        "asked": asked,
        "n_missing": dont_know + refused,
        "dont_know": dont_know,
        "refused": refused,
        "share": round((dont_know + refused) / max(asked, 1), 3),
    }


def _count(column: pd.Series, code: str) -> int:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return int((column == code).sum())
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    return int((numbers == float(code)).sum())

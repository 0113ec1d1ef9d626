"""Questionnaires that the study card discards, such as those without consent.

The rules are definitions: a condition in the language of the questionnaire and a reason in
words. A questionnaire is discarded by the first rule that is true for it; where a rule
cannot be decided, because its question was not answered, the questionnaire stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.expressions import Expression, parse
from analysis.study import Study
from analysis.study_definitions.card import DiscardRule
from analysis.validation.cells import columns_of
from analysis.validation.findings import Findings
from analysis.variables import study_context

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Discarded:
    """How many questionnaires a rule set aside."""

    rule: DiscardRule
    count: int


def apply_discard_rules(
    study: Study, sample: str, frame: pd.DataFrame, findings: Findings
) -> tuple[Mask, tuple[Discarded, ...]]:
    """Where a questionnaire is discarded by a rule of the study card, and how many by each.

    Parameters
    ----------
    study, sample
        Whose rules apply; a rule on questions that the sample is not asked does not.
    frame
        The answers with corrections replayed.
    findings
        Gets a note on each rule that discards something, and an error where a rule cannot be
        applied because the answers lack its question.
    """
    gone = np.zeros(len(frame), dtype=bool)
    counts = []
    for rule in study.card.discard:
        expression = parse(rule.when)
        if not _concerns(study, sample, expression) or not _answered(
            study, frame, expression, findings
        ):
            continue
        found = (expression.truth(study_context(study, frame)) == 1) & ~gone
        reason = rule.reason[study.card.default_language]
        findings.add_rows(f"questionnaires were discarded: {reason}", "note", found)
        counts.append(Discarded(rule, int(found.sum())))
        gone |= found
    return gone, tuple(counts)


def _concerns(study: Study, sample: str, expression: Expression) -> bool:
    asked = {question.name for question in study.questionnaire.asked_of(sample)}
    return _questions(study, expression) <= asked


def _answered(
    study: Study, frame: pd.DataFrame, expression: Expression, findings: Findings
) -> bool:
    """Whether the answers have every question of a rule; an error where one is absent."""
    absent = sorted(
        name
        for name in _questions(study, expression)
        if not columns_of(frame, study.questionnaire, name)
    )
    for name in absent:
        findings.add(
            "a rule of the study card to discard questionnaires cannot be applied",
            "error",
            column=name,
            expected=f"the column {name}",
            hint="add the column to the data, or take the rule out of discard in study.yaml",
        )
    return not absent


def _questions(study: Study, expression: Expression) -> set[str]:
    """The questions of a condition, those of its grids among them."""
    groups = study.questionnaire.groups
    return {
        question
        for name in expression.names
        for question in (groups[name].questions if name in groups else (name,))
    }

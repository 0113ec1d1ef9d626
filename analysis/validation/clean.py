"""From the answers as read to the answers as analysed.

What each severity does:

``error``
    stays in the issues and stops a run: a person must decide (an identifier with two sets of
    answers, a correction that does not fit, a weight that is missing).
``warning``
    the answers stay as they are; printed for a person to look at.
``repair``
    a rule mended the answers; every cell that changed is in an issue by its column and rows.
``note``
    for the record: blanks that were given their kind of missing.

Order: rows of other samples set aside, open answers coded, corrections replayed,
questionnaires discarded that the study card discards, contract, places, duplicates, exclusive
choices, constraints, routing, response flow. Corrections come first, so a person's
decision wins over every rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import issues_table
from analysis.sources.headers import META_COLUMNS
from analysis.sources.survey import SurveyTable
from analysis.study import Study
from analysis.validation.coding import code_answers
from analysis.validation.contracts import check_contract, survey_contract
from analysis.validation.corrections import apply_corrections, read_corrections
from analysis.validation.discards import apply_discard_rules
from analysis.validation.findings import Findings
from analysis.validation.logic import AnswerLogic, duplicates_to_drop
from analysis.validation.places import check_places
from analysis.validation.response_flow import FlowStage, read_response_flow, response_flow

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Validated:
    """The clean frame of a sample, all issues of reading and checking, the response flow.

    ``coding`` is the record of each question that was coded from open answers.
    """

    frame: pd.DataFrame
    issues: pd.DataFrame
    response_flow: tuple[FlowStage, ...]
    coding: tuple[dict[str, Any], ...] = ()

    @property
    def usable(self) -> bool:
        """Whether no issue is an error."""
        return not (self.issues["severity"] == "error").any()


def validate(study: Study, sample: str, table: SurveyTable) -> Validated:
    """Check the answers of a sample and mend what rules can mend.

    Parameters
    ----------
    study
        The study.
    sample
        The name of the sample.
    table
        Its answers as read; left as they are.

    Returns
    -------
    Validated
        ``frame`` with ``respondent``, ``sample``, ``wave``, ``data_origin`` first.

    Raises
    ------
    WorkbenchError
        If ``corrections.csv``, ``response_flow.csv`` or the coding of open answers cannot be
        read.
    """
    corrections = read_corrections(study.folder / "corrections.csv", list(study.samples))
    flow_rows = read_response_flow((study.raw, study.folder), list(study.samples))
    coded = code_answers(study, sample, of_sample(study, sample, table))
    table = coded.table
    received = len(table.frame)
    findings = Findings(table.places, list(table.issues))
    corrected = apply_corrections(table.frame, sample, corrections, findings)
    discarded = corrected.discarded.notna().to_numpy(dtype=bool)
    frame, findings = _kept(corrected.frame, ~discarded, findings)
    refused, by_rule = apply_discard_rules(study, sample, frame, findings)
    frame, findings = _kept(frame, ~refused, findings)
    check_contract(frame, survey_contract(study, sample), findings)
    copies = _copies(study, frame, findings)
    frame, findings = _kept(frame, ~copies, findings)
    frame = _mended(study, sample, frame, findings)
    left_out = [
        FlowStage("discarded", int(discarded.sum()), "correction"),
        *(FlowStage("discarded", one.count, one.rule.when, one.rule.reason) for one in by_rule),
        FlowStage("discarded", int(copies.sum()), "duplicate"),
    ]
    stages, flow_issues = response_flow(flow_rows, sample, received, left_out)
    issues = issues_table([*findings.issues, *flow_issues])
    return Validated(frame, issues, tuple(stages), coded.records)


def of_sample(study: Study, sample: str, table: SurveyTable) -> SurveyTable:
    """The rows of the sample, with all meta columns."""
    findings = Findings(table.places, list(table.issues))
    frame = table.frame
    mine = np.ones(len(frame), dtype=bool)
    if "sample" in frame.columns:
        named = frame["sample"].fillna(sample)
        mine = (named == sample).to_numpy(dtype=bool)
        known = named.isin(list(study.samples)).to_numpy(dtype=bool)
        findings.add_rows(
            "rows of another sample were set aside", "note", ~mine & known, column="sample"
        )
        findings.add_rows(
            "there is no such sample",
            "error",
            ~known,
            column="sample",
            expected=", ".join(study.samples),
        )
    kept = frame[mine].reset_index(drop=True)
    meta = {
        "respondent": kept["respondent"],
        "sample": pd.Series(sample, index=kept.index, dtype="str"),
        "wave": _filled(kept, "wave", study.wave),
        "data_origin": _filled(kept, "data_origin", "observed"),
    }
    rest = kept.drop(columns=[name for name in META_COLUMNS if name in kept.columns])
    complete = pd.concat([pd.DataFrame(meta, index=kept.index), rest], axis=1)
    places = table.places[mine].reset_index(drop=True)
    return SurveyTable(complete, places, tuple(findings.issues))


def _filled(frame: pd.DataFrame, name: str, value: str) -> pd.Series:
    if name in frame.columns:
        return frame[name].astype("str")
    return pd.Series(value, index=frame.index, dtype="str")


def _kept(frame: pd.DataFrame, where: Mask, findings: Findings) -> tuple[pd.DataFrame, Findings]:
    if where.all():
        return frame, findings
    places = findings.places[where].reset_index(drop=True)
    return frame[where].reset_index(drop=True), Findings(places, findings.issues)


def _copies(study: Study, frame: pd.DataFrame, findings: Findings) -> Mask:
    questionnaire = study.questionnaire
    columns = [
        name
        for question in questionnaire.questions
        for name in questionnaire.variables_of(question)
        if name in frame.columns
    ]
    codes = tuple(study.card.missing.model_dump().values())
    return duplicates_to_drop(frame, columns, codes, findings)


def _mended(study: Study, sample: str, frame: pd.DataFrame, findings: Findings) -> pd.DataFrame:
    logic = AnswerLogic(study, sample, check_places(study, frame, findings), findings)
    logic.check_exclusive_choices()
    logic.check_constraints()
    logic.check_routing()
    return logic.frame

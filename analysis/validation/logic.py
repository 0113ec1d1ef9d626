"""What answers must obey: routing, exclusive choices, constraints, identity.

Each check mends what a rule can mend, and says so; what only a person can decide stays and
is an issue. Missing codes: not applicable (the question was not asked), don't know, refused
or no answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Severity, WorkbenchError
from analysis.expressions import Context, Expression, Value
from analysis.questionnaire import Group, Question
from analysis.study import Study
from analysis.validation.cells import blank, columns_of, holds_code, known, with_value
from analysis.validation.findings import Findings
from analysis.variables import study_context

Mask = NDArray[np.bool_]
Truth = NDArray[np.float64]

# Two questionnaires with the same answers throughout are no coincidence from so many on.
_ANSWERS_FOR_A_COPY = 12

_BROKEN_CONSTRAINT: dict[bool, tuple[str, Severity]] = {
    True: ("numbers out of range count as not answered", "repair"),
    False: ("answers break the constraint of the question", "warning"),
}


class AnswerLogic:
    """Checks a sample's frame question by question and mends it.

    Parameters
    ----------
    study, sample
        Whose questionnaire is applied.
    frame
        The survey frame; it is left as it is, :attr:`frame` is the mended one.
    findings
        Where issues go.
    """

    def __init__(self, study: Study, sample: str, frame: pd.DataFrame, findings: Findings) -> None:
        self.study = study
        self.questionnaire = study.questionnaire
        self.questions = [
            question
            for question in study.questionnaire.asked_of(sample)
            if columns_of(frame, study.questionnaire, question.name)
        ]
        self.findings = findings
        missing = study.card.missing
        self.not_applicable, self.refused = missing.not_applicable, missing.refused
        self.codes = (missing.not_applicable, missing.dont_know, missing.refused)
        self.columns: dict[str, pd.Series] = {name: frame[name] for name in frame.columns}
        self.context = study_context(study, self.columns)
        self.truths: dict[str, tuple[frozenset[str], _Relevance]] = {}
        self.unchecked: set[tuple[str, str]] = set()

    @property
    def frame(self) -> pd.DataFrame:
        """The answers with what was mended."""
        return pd.DataFrame(self.columns)

    def columns_of(self, question: str) -> list[str]:
        """The columns of a question that the sample has."""
        return [name for name in self.questionnaire.variables_of(question) if name in self.columns]

    def set_code(self, question: Question, where: Mask, code: str) -> None:
        """Put a missing code into all columns of a question."""
        for name in self.columns_of(question.name):
            self.columns[name] = with_value(self.columns[name], where, code)
        self.forget(question.name)

    def forget(self, question: str) -> None:
        """Forget what was computed from a question that has changed."""
        self.context.derived.pop(question, None)
        self.truths = {
            text: (names, relevance)
            for text, (names, relevance) in self.truths.items()
            if question not in names and not self._grids_of(question) & names
        }

    def _grids_of(self, question: str) -> set[str]:
        groups = self.questionnaire.groups
        return {name for name, group in groups.items() if question in group.questions}

    def known(self, question: Question) -> Mask:
        """Where a question has an answer in one of its columns."""
        return np.any(
            [known(self.columns[name], self.codes) for name in self.columns_of(question.name)],
            axis=0,
        )

    def blank(self, question: Question) -> Mask:
        """Where all columns of a question are blank."""
        return np.all(
            [blank(self.columns[name]) for name in self.columns_of(question.name)], axis=0
        )

    def holds(self, question: Question, code: str) -> Mask:
        """Where a question holds a missing code."""
        return np.any(
            [holds_code(self.columns[name], code) for name in self.columns_of(question.name)],
            axis=0,
        )

    # --- exclusive choices ------------------------------------------------------------------

    def check_exclusive_choices(self) -> None:
        """A choice such as “none” beside another one.

        The other choices count and the exclusive one is taken back (repair). Where two
        exclusive choices contradict each other and nothing else was chosen, the question
        counts as not answered (repair).
        """
        for question in self.questions:
            if question.type != "select_multiple":
                continue
            names = self.columns_of(question.name)
            exclusive = [name for name in names if self._is_exclusive(question, name)]
            if not exclusive:
                continue
            chosen = {name: holds_code(self.columns[name], "1") for name in names}
            alone = np.sum([chosen[name] for name in exclusive], axis=0)
            others = np.sum([chosen[name] for name in names if name not in exclusive], axis=0)
            self._take_back(question, exclusive, (alone > 0) & (others > 0))
            undecided = (alone > 1) & (others == 0)
            if undecided.any():
                self.set_code(question, undecided, self.refused)
                self.findings.add_rows(
                    "choices that exclude each other were both given; the question counts as "
                    "not answered",
                    "repair",
                    undecided,
                    column=question.name,
                )

    def _is_exclusive(self, question: Question, column: str) -> bool:
        name = column.removeprefix(f"{question.name}.")
        return self.questionnaire.choice(question.list or "", name).exclusive

    def _take_back(self, question: Question, exclusive: Iterable[str], where: Mask) -> None:
        if not where.any():
            return
        for name in exclusive:
            self.columns[name] = with_value(self.columns[name], where, "0")
        self.forget(question.name)
        self.findings.add_rows(
            "a choice that excludes all others was given beside others; the others count",
            "repair",
            where,
            column=question.name,
            got=", ".join(name.removeprefix(f"{question.name}.") for name in exclusive),
        )

    # --- constraints ------------------------------------------------------------------------

    def check_constraints(self) -> None:
        """Answers outside the question's constraint.

        A number outside counts as not answered (repair); choices and texts stay and are a
        warning, because which part of them is wrong cannot be known.
        """
        for question in self.questions:
            if question.constraint is None:
                continue
            truth = self._constraint_truth(question, question.constraint)
            outside = self.known(question) & (truth == 0)
            if not outside.any():
                continue
            what, severity = _BROKEN_CONSTRAINT[question.type in ("integer", "decimal")]
            if severity == "repair":
                self.set_code(question, outside, self.refused)
            self.findings.add_rows(
                what, severity, outside, column=question.name, expected=question.constraint.text
            )

    def _constraint_truth(self, question: Question, constraint: Expression) -> Truth:
        if question.type == "select_multiple":
            current: Value = self.known(question).astype(float)
        else:
            current = self.context.value(question.name)
        here = self.context.at(current, question.name)
        return self._evaluated(constraint, here, question, "constraint")

    def _evaluated(
        self, expression: Expression, context: Context, question: Question, column: str
    ) -> Truth:
        """The truth of an expression; unknown throughout where it cannot be computed."""
        absent = sorted(name for name in expression.names if not self._held(name))
        reason = f"columns are absent: {', '.join(absent)}" if absent else None
        if reason is None:
            try:
                return expression.truth(context)
            except WorkbenchError as error:
                reason = error.issue.what
        key = (question.name, column)
        if key not in self.unchecked:
            self.unchecked.add(key)
            self.findings.add(
                f"the {column} of {question.name} could not be checked: {reason}",
                "note",
                column=question.name,
                got=expression.text,
            )
        return np.full(self.context.rows, np.nan)

    def _held(self, name: str) -> bool:
        group = self.questionnaire.groups.get(name)
        if group is not None:
            return all(self._held(question) for question in group.questions)
        return (
            bool(self.columns_of(name))
            if name in self.questionnaire.questions
            else (name in self.columns)
        )

    # --- routing ----------------------------------------------------------------------------

    def check_routing(self) -> None:
        """Whether the questions that should have been asked, and only they, have answers.

        In the order of the questionnaire, so that a repair reaches the questions behind it:

        - not to be asked, but answered: the answer becomes "not applicable" (repair);
        - not to be asked and without an answer: "not applicable" (note);
        - to be asked, but "not applicable": "no answer" (repair);
        - to be asked and blank: "no answer" (note); texts and dates may stay blank.

        Where a condition is not known, because its question was not answered, nothing is
        changed. A condition on a question that was itself not applicable counts as not met:
        what is blank behind it becomes "not applicable" too. An answer there is kept with a
        warning if a form, to which a question not asked is an empty one, would have asked
        for it (``not(selected(…))``).
        """
        filled: dict[str, list[str]] = defaultdict(list)
        for question in self.questions:
            relevance = self._relevance(question)
            self._mend_not_asked(question, relevance, filled)
            self._mend_asked(question, relevance.truth == 1, filled)
        self._note_filled(filled)

    def _relevance(self, question: Question) -> _Relevance:
        rows = self.context.rows
        relevance = _Relevance(np.ones(rows), np.zeros(rows, dtype=bool))
        for asked in self._routed_by(question):
            if asked.relevant is not None:
                relevance = relevance.and_also(self._condition(asked.relevant, question))
            elif _unreadable_relevance(asked):
                relevance = relevance.and_also(
                    _Relevance(np.full(rows, np.nan), np.zeros(rows, dtype=bool))
                )
        return relevance

    def _routed_by(self, question: Question) -> list[Group | Question]:
        """The groups that a question stands in, and itself."""
        groups = self.questionnaire.groups.values()
        return [*(group for group in groups if question.name in group.questions), question]

    def _condition(self, expression: Expression, question: Question) -> _Relevance:
        if expression.text not in self.truths:
            truth = self._evaluated(expression, self.context, question, "routing")
            behind = np.isnan(truth) & self._not_applicable(expression.names)
            if behind.any():
                as_form = self._evaluated(
                    expression, self._as_form(expression.names), question, "routing"
                )
                truth = np.where(behind & (as_form == 0), 0.0, truth)
            relevance = _Relevance(truth, behind & np.isnan(truth))
            self.truths[expression.text] = (expression.names, relevance)
        return self.truths[expression.text][1]

    def _members(self, names: Iterable[str]) -> Iterator[Question]:
        """The questions that names of an expression stand for, those of grids included."""
        questions = self.questionnaire.questions
        for name in names:
            group = self.questionnaire.groups.get(name)
            members = (name,) if group is None else group.questions
            yield from (questions[member] for member in members if member in questions)

    def _not_applicable(self, names: Iterable[str]) -> Mask:
        where = np.zeros(self.context.rows, dtype=bool)
        for question in self._members(names):
            if self.columns_of(question.name):
                where |= self.holds(question, self.not_applicable)
        return where

    def _as_form(self, names: Iterable[str]) -> Context:
        """The answers as a form sees them: a choice question not asked has nothing chosen."""
        columns = dict(self.columns)
        for question in self._members(names):
            for name in self.columns_of(question.name):
                columns[name] = _nothing_chosen(columns[name], self.not_applicable)
        return study_context(self.study, columns)

    def _mend_not_asked(
        self, question: Question, relevance: _Relevance, filled: dict[str, list[str]]
    ) -> None:
        not_asked, answered = relevance.truth == 0, self.known(question)
        self._contradiction(
            "answers to a question that was not to be asked were set to not applicable",
            question,
            not_asked & answered,
        )
        self.findings.add_rows(
            "a question was answered that hangs on one that was not to be asked",
            "warning",
            relevance.behind & answered,
            column=question.name,
            expected=self._routing_text(question),
        )
        empty = (not_asked | relevance.behind) & ~answered
        empty &= ~self.holds(question, self.not_applicable)
        if question.type in ("text", "date"):
            empty &= ~self.blank(question)
        changed = (not_asked & answered) | empty
        if changed.any():
            self.set_code(question, changed, self.not_applicable)
        if empty.any():
            filled[self.not_applicable].append(f"{question.name} ({int(empty.sum())})")

    def _mend_asked(self, question: Question, asked: Mask, filled: dict[str, list[str]]) -> None:
        if question.type == "calculate":
            return
        skipped = asked & self.holds(question, self.not_applicable)
        self._contradiction(
            "a question that was to be asked says not applicable; it counts as not answered",
            question,
            skipped,
        )
        empty = asked & self.blank(question)
        if question.type in ("text", "date"):
            self._note_empty_text(question, empty)
            empty &= False
        if skipped.any() or empty.any():
            self.set_code(question, skipped | empty, self.refused)
        if empty.any():
            filled[self.refused].append(f"{question.name} ({int(empty.sum())})")

    def _note_empty_text(self, question: Question, empty: Mask) -> None:
        if question.required:
            self.findings.add_rows("a required text is blank", "note", empty, column=question.name)

    def _contradiction(self, what: str, question: Question, where: Mask) -> None:
        self.findings.add_rows(
            what, "repair", where, column=question.name, expected=self._routing_text(question)
        )

    def _routing_text(self, question: Question) -> str | None:
        # A question's condition holds those of the groups it stands in.
        return question.relevant.text if question.relevant else None

    def _note_filled(self, filled: dict[str, list[str]]) -> None:
        words = {
            self.not_applicable: "questions that were not to be asked and have no answer were set "
            "to not applicable",
            self.refused: "questions that were asked and are blank were set to no answer",
        }
        for code, names in filled.items():
            self.findings.add(words[code], "note", got=f"{code} in " + ", ".join(names))


@dataclass(frozen=True)
class _Relevance:
    """Whether a question was to be asked: 1, 0 or unknown; ``behind`` marks what is unknown
    because a question before it was not to be asked.
    """

    truth: Truth
    behind: Mask

    def and_also(self, other: _Relevance) -> _Relevance:
        """Both conditions met."""
        known = np.fmin(self.truth, other.truth)
        unknown = np.isnan(self.truth) | np.isnan(other.truth)
        truth = np.where((known == 0) | ~unknown, known, np.nan)
        return _Relevance(truth, (self.behind | other.behind) & np.isnan(truth))


def _unreadable_relevance(asked: Question | Group) -> bool:
    """Whether the form routes by something that the language does not have."""
    text = asked.row.values.get("relevant", "") if asked.row is not None else ""
    return asked.relevant is None and text not in ("", "yes", "true()")


def _nothing_chosen(column: pd.Series, not_applicable: str) -> pd.Series:
    where = holds_code(column, not_applicable)
    if isinstance(column.dtype, pd.CategoricalDtype):
        return with_value(column.cat.add_categories([""]), where, "")
    return with_value(column, where, "0") if column.dtype == "Int8" else column


# --- identity -----------------------------------------------------------------------------


def duplicates_to_drop(
    frame: pd.DataFrame, questions: Iterable[str], codes: tuple[str, ...], findings: Findings
) -> Mask:
    """Rows that repeat another one, and issues about rows that only seem to.

    The same identifier with the same answers is the same questionnaire twice: the later row
    is dropped (repair). The same identifier with other answers is an error. The same
    answers under another identifier are a warning where enough was answered for chance to
    be out of the question.

    Parameters
    ----------
    frame
        The survey frame.
    questions
        The columns of answers.
    codes
        The missing codes.
    findings
        Where issues go.
    """
    columns = list(questions)
    answers = pd.util.hash_pandas_object(frame[columns], index=False)
    identifier = frame["respondent"]
    named = identifier.notna()
    repeated = named & identifier.duplicated(keep="first")
    same = pd.DataFrame({"identifier": identifier, "answers": answers})
    copies = (repeated & same.duplicated(keep="first")).to_numpy(dtype=bool)
    findings.add_rows("a questionnaire stands twice; the later row was left out", "repair", copies)
    ambiguous = (named & identifier.duplicated(keep=False)).to_numpy(dtype=bool) & ~copies
    ambiguous &= identifier.map(identifier[~copies].value_counts()).fillna(0).to_numpy() > 1
    findings.add_rows(
        "an identifier stands at questionnaires with different answers",
        "error",
        ambiguous,
        column="respondent",
        expected="each identifier once",
        hint="discard or rename one of them in corrections.csv",
    )
    _warn_of_equal_answers(frame[columns], answers, identifier, codes, findings)
    return copies


def _warn_of_equal_answers(
    frame: pd.DataFrame,
    answers: pd.Series,
    identifier: pd.Series,
    codes: tuple[str, ...],
    findings: Findings,
) -> None:
    equal = answers.duplicated(keep=False).to_numpy(dtype=bool)
    if not equal.any():
        return
    enough = np.sum([known(frame[name], codes) for name in frame.columns], axis=0)
    distinct = identifier.groupby(answers).transform("nunique").to_numpy() > 1
    findings.add_rows(
        "questionnaires under different identifiers have the same answers throughout",
        "warning",
        equal & distinct & (enough >= _ANSWERS_FOR_A_COPY),
        hint="one may be a copy; if so, discard it in corrections.csv",
    )

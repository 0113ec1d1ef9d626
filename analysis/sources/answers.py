"""From the texts of a file to answers: what each distinct text of a column means.

A text that is a choice's name stands as it is. A label in any language, another spelling or
``1.0`` for ``1`` is mapped and logged as a repair. What no rule explains counts as not
answered and is an issue with the nearest choice; nothing is guessed in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Issue, Severity
from analysis.questionnaire import Question, Questionnaire
from analysis.sources.choice_book import (
    BLANK_WORDS,
    ChoiceBook,
    declared_position,
    is_number,
    listed,
    meaning,
    nearest,
    shown_code,
)
from analysis.sources.columns import Column, Table
from analysis.sources.numbers import read_dates, read_numbers
from analysis.sources.places import PlaceNames, place_key
from analysis.study_definitions.card import MissingCodes

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]
RowsOf = Callable[[Mask], Mask]

# Unknown codes of one column that get an issue each before the rest share one.
_LISTED_CODES = 10


_RULES_IN_WORDS = {
    "number": "answers written as other numbers were mapped to the choices' names",
    "label": "answers given as labels were mapped to the choices' names",
    "spelling": "answers in another spelling were mapped to the choices' names",
    "word": "answers in words were mapped to a missing code",
    "file label": "codes of the file were mapped to the choices by their labels",
    "declared": "values that the file declares missing were mapped to a missing code",
}


_PLACES_IN_WORDS = {
    "name": "places given by their name were mapped to their code",
    "other": "codes of the register RÚIAN were mapped to the study's codes",
}


class AnswerReader:
    """Reads the columns of one table by one questionnaire and keeps what it noticed.

    Parameters
    ----------
    table, questionnaire, missing
        What is read, by which codebook, and the study's missing codes.
    decimal
        The decimal sign where it is stated.
    separator
        What parts the choices in a text column of a multiple-response question, where it
        is stated.
    places
        The questions that ask for a place, with the places they may be answered with.
    """

    def __init__(
        self,
        table: Table,
        questionnaire: Questionnaire,
        missing: MissingCodes,
        decimal: str | None = None,
        separator: str | None = None,
        places: Mapping[str, PlaceNames] | None = None,
    ) -> None:
        self.table = table
        self.questionnaire = questionnaire
        self.missing = missing
        # Workbooks and SPSS hold true numbers, which come with a point whatever is stated.
        self.decimal = decimal if table.format == "csv" else None
        self.separator = separator
        self.places = places or {}
        self.issues: list[Issue] = []
        self.blank_words: Counter[str] = Counter()
        self.read_answers = 0
        self.unknown_answers = 0
        self.marks: Counter[str] = Counter()
        self.blank_texts: list[str] = []
        self._books: dict[str, ChoiceBook] = {}

    def note(self, what: str, severity: Severity, **details: Any) -> None:
        """Keep an issue of the table."""
        self.issues.append(self.table.issue(what, severity, **details))

    def book(self, list_name: str) -> ChoiceBook:
        """The book of a list of choices."""
        if list_name not in self._books:
            choices = self.questionnaire.choices[list_name]
            self._books[list_name] = ChoiceBook.of(choices, self.missing)
        return self._books[list_name]

    def located(self, question: Question, header: str) -> Column:
        """The column of a question; where it asks for a place, names become codes."""
        column = self.table.columns[header]
        if question.name not in self.places:
            return column
        names = self.places[question.name]
        by_name = names.by_name()
        texts = [_place(value, names, by_name) for value in column.values]
        rules = np.array([rule for _, rule in texts], dtype=object)
        for rule, words in _PLACES_IN_WORDS.items():
            if (rules == rule).any():
                where = column.spread(rules == rule, False)
                self.note(words, "repair", column=header, where=where, expected=names.expected)
        self._log_unknown_places(column, header, rules == "unknown", names)
        return replace(column, values=tuple(text for text, _ in texts))

    def _log_unknown_places(
        self, column: Column, header: str, unknown: Mask, names: PlaceNames
    ) -> None:
        for position in np.flatnonzero(unknown)[:_LISTED_CODES]:
            self.note(
                "there is no such place; it counts as not answered",
                "warning",
                column=header,
                where=column.codes == position,
                expected=names.expected,
                hint=names.nearest(column.values[position]) or "correct it in corrections.csv",
            )

    # --- one choice -----------------------------------------------------------------------

    def single(self, question: Question, header: str) -> pd.Series:
        """The answers to a ``select_one``; blank and unknown ones are missing."""
        column = self.located(question, header)
        if question.list is None:
            return self._observed(column)
        book = self.book(question.list)
        codes = column.spread(self.positions(column, header, book), -1)
        return _categorical(codes, book.categories)

    def _observed(self, column: Column) -> pd.Series:
        missing = list(self.missing.model_dump().values())
        seen = sorted(set(column.values) - set(missing) - BLANK_WORDS)
        position = {name: index for index, name in enumerate([*seen, *missing])}
        self.count_blank_words(column)
        per_value = np.array([position.get(value, -1) for value in column.values], dtype=np.int64)
        return _categorical(column.spread(per_value, -1), position)

    def positions(
        self, column: Column, header: str, book: ChoiceBook, rows_of: RowsOf | None = None
    ) -> Positions:
        """What each distinct text means; ``rows_of`` finds the rows of marked texts."""
        rows_of = rows_of or (lambda marked: column.spread(marked, False))
        labels = self.table.labels.get(header, {})
        declared = self.table.user_missing.get(header, frozenset())
        self._compare_labels(header, labels, book)
        found = [meaning(value, book, labels, declared) for value in column.values]
        rules = np.array([rule for _, rule in found], dtype=object)
        self.count_blank_words(column)
        self._log_rules(header, rules, rows_of)
        self._log_unknown(column, header, rules == "unknown", book, rows_of)
        return np.array([position for position, _ in found], dtype=np.int64)

    def _log_rules(self, header: str, rules: NDArray[Any], rows_of: RowsOf) -> None:
        for rule, words in _RULES_IN_WORDS.items():
            if (rules == rule).any():
                self.note(words, "repair", column=header, where=rows_of(rules == rule))

    def count_answers(self, column: Column, unknown: Mask) -> None:
        """Count the answers of a column and those that nothing explains."""
        self.count_blank_words(column)
        self.read_answers += int((column.codes >= 0).sum())
        self.unknown_answers += int(column.spread(unknown, False).sum())

    def count_blank_words(self, column: Column) -> None:
        """Count the words of a column that stand for a blank."""
        self.blank_words.update(BLANK_WORDS.intersection(column.values))

    def _log_unknown(
        self, column: Column, header: str, unknown: Mask, book: ChoiceBook, rows_of: RowsOf
    ) -> None:
        self.read_answers += int(rows_of(np.ones(len(unknown), dtype=bool)).sum())
        if not unknown.any():
            return
        self.unknown_answers += int(rows_of(unknown).sum())
        positions = np.flatnonzero(unknown)
        every = np.arange(len(unknown))
        for position in positions[:_LISTED_CODES]:
            where = rows_of(every == position)
            self._log_unknown_code(header, column.values[position], where, book)
        rest = positions[_LISTED_CODES:]
        if len(rest):
            self.note(
                f"{len(rest)} more codes are not in the list; they count as not answered",
                "warning",
                column=header,
                where=rows_of(np.isin(every, rest)),
            )

    def _log_unknown_code(self, header: str, code: str, where: Mask, book: ChoiceBook) -> None:
        dated = re.match(r"\d{4}-\d\d-\d\d", code)
        self.note(
            "an answer is not in the list of choices; it counts as not answered",
            "warning",
            column=header,
            where=where,
            expected=listed(book.names),
            got=shown_code(code),
            hint="Excel may have made a date of an answer such as 1-2"
            if dated
            else nearest(code, book),
        )

    def _compare_labels(self, header: str, labels: Mapping[str, str], book: ChoiceBook) -> None:
        """What an SPSS file says its codes mean, against the questionnaire."""
        different: list[str] = []
        for code, label in labels.items():
            own = book.exact.get(code, -1)
            meant = book.by_label(label)
            if own < 0 or own == meant or own >= len(book.names):
                continue
            if meant >= 0:
                self.note(
                    f"the file and the questionnaire disagree what the code {code} means",
                    "error",
                    column=header,
                    expected=f"{book.names[meant]} for “{label}”, as in the questionnaire",
                    got=f"{code} = “{label}” in the file",
                    hint="correct the choices of the questionnaire or the labels of the file",
                )
            elif label and not book.is_cut_label(own, label):
                different.append(f"{code} = “{label}”")
        if different:
            self.note(
                "value labels of the file differ from the questionnaire; the codes were used",
                "warning",
                column=header,
                got=listed(different, 4),
            )

    # --- numbers, dates, texts --------------------------------------------------------------

    def number(self, question: Question, header: str) -> NDArray[np.float64]:
        """The answers to an ``integer`` or ``decimal``; missing codes stay numbers."""
        column = self.located(question, header)
        numbers, bad = read_numbers(column.values, self.decimal)
        self._count_marks(column.values)
        self.count_blank_words(column)
        bad &= ~np.isin(np.array(column.values, dtype=object), list(BLANK_WORDS))
        self._words_as_missing(column, header, numbers, bad)
        if bad.any() and question.name not in self.places:
            self._log_no_number(column, header, bad)
        fraction = ~np.isnan(numbers) & (numbers != np.round(numbers))
        if question.type == "integer" and fraction.any():
            self.note(
                "numbers are not whole",
                "warning",
                column=header,
                where=column.spread(fraction, False),
                expected="whole numbers",
                hint="check the decimal sign of the file, or make the question decimal",
            )
        return column.spread(numbers, np.nan)

    def _log_no_number(self, column: Column, header: str, bad: Mask) -> None:
        sign = f" with the decimal sign {self.decimal}" if self.decimal else ""
        self.note(
            "an answer is no number; it counts as not answered",
            "warning",
            column=header,
            where=column.spread(bad, False),
            expected="a number" + sign,
            hint="correct it in corrections.csv",
        )

    def _words_as_missing(
        self, column: Column, header: str, numbers: NDArray[np.float64], bad: Mask
    ) -> None:
        book = ChoiceBook.of((), self.missing)
        labels = self.table.labels.get(header, {})
        declared = self.table.user_missing.get(header, frozenset()) - set(book.exact)
        repaired = np.zeros(len(bad), dtype=bool)
        for index, value in enumerate(column.values):
            position = -1
            if value in declared:
                position = declared_position(book, labels.get(value, ""))
            elif bad[index]:
                position = book.missing_by_word(value)
            if position >= 0:
                numbers[index], bad[index] = float(book.categories[position]), False
                repaired[index] = True
        if repaired.any():
            self.note(
                "values that mean no answer were mapped to a missing code",
                "repair",
                column=header,
                where=column.spread(repaired, False),
            )

    def _count_marks(self, values: Sequence[str]) -> None:
        for value in values:
            if re.search(r"\d,\d", value):
                self.marks[","] += 1
            elif re.search(r"\d\.\d", value):
                self.marks["."] += 1

    def date(self, header: str) -> pd.Series:
        """The answers to a ``date`` as ISO texts."""
        column = self.table.columns[header]
        missing = [*self.missing.model_dump().values()]
        kept = np.isin(np.array(column.values, dtype=object), missing)
        dates, bad, ambiguous = read_dates(column.values)
        bad &= ~kept & ~np.isin(np.array(column.values, dtype=object), list(BLANK_WORDS))
        self.count_blank_words(column)
        if bad.any():
            self.note(
                "an answer is no date; it counts as not answered",
                "warning",
                column=header,
                where=column.spread(bad, False),
                expected="a date such as 2011-09-05, 5. 9. 2011 or 05/09/2011",
            )
        if ambiguous:
            self.note(
                "day and month cannot be told apart; the day was read first",
                "warning",
                column=header,
                hint="write dates as year-month-day",
            )
        values = np.where(kept, np.array(column.values, dtype=object), dates)
        texts = column.spread(values.astype(object), "")
        return pd.Series(texts, dtype="str").where(texts != "")

    def written(self, question: Question, header: str) -> pd.Series:
        """The answers to a ``text`` as they stand, names of places made codes."""
        return self._texts(self.located(question, header))

    def text(self, header: str) -> pd.Series:
        """A column of no question as texts."""
        return self._texts(self.table.columns[header])

    def _texts(self, column: Column) -> pd.Series:
        self.count_blank_words(column)
        values = np.array([None if v in BLANK_WORDS else v for v in column.values], dtype=object)
        return pd.Series(column.spread(values, None), dtype="str")

    def other(self, header: str) -> pd.Series:
        """A column of no question: whole numbers as ``Int64``, numbers, or texts."""
        column = self.table.columns[header]
        values = np.array(column.values, dtype=object)
        blank = np.isin(values, list(BLANK_WORDS))
        leading_zeros = any(re.match(r"[-+]?0\d", value) for value in column.values)
        numbers, bad = read_numbers(column.values, self.decimal)
        if leading_zeros or (bad & ~blank).any() or blank.all():
            return self.text(header)
        spread = pd.Series(column.spread(numbers, np.nan))
        known = numbers[~blank]
        whole = bool((known == np.round(known)).all() and (np.abs(known) < 2**53).all())
        return spread.astype("Int64") if whole else spread

    # --- at the end -------------------------------------------------------------------------

    def closing_notes(self) -> None:
        """What can be said only when all columns are read."""
        if self.blank_texts:
            self.note(
                "the text of all choices is blank where their columns are not; the columns count",
                "note",
                got=listed(self.blank_texts),
            )
        if self.blank_words:
            self.note(
                "words that stand for a blank cell were read as blank",
                "note",
                got=", ".join(
                    f"{word} in {count} columns" for word, count in sorted(self.blank_words.items())
                ),
            )
        if self.table.format == "csv" and len(self.marks) == 2:
            self.note(
                "numbers are written with a decimal comma and with a decimal point",
                "warning",
                got=", ".join(
                    f"{count} values with “{mark}”" for mark, count in sorted(self.marks.items())
                ),
                hint="state decimal in the study card",
            )


# --- helpers ------------------------------------------------------------------------------


def _place(value: str, names: PlaceNames, by_name: Mapping[str, str]) -> tuple[str, str]:
    """The code that a text means and by which rule; numbers are checked with the answers."""
    if value in names.names or value in BLANK_WORDS:
        return value, "code"
    if value in names.other_codes:
        return names.other_codes[value], "other"
    code = by_name.get(place_key(value))
    if code is not None:
        return code, "name"
    return value, "code" if is_number(value) else "unknown"


def _categorical(codes: Positions, categories: Iterable[str]) -> pd.Series:
    names = pd.Index(list(categories), dtype="str")
    return pd.Series(pd.Categorical.from_codes(codes.astype(np.int64), categories=names))

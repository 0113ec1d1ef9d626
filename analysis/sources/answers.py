"""From the texts of a file to answers: what each distinct text of a column means.

A text that is a choice's name stands as it is. A label in any language, another spelling or
``1.0`` for ``1`` is mapped and logged as a repair. What no rule explains counts as not
answered and is an issue with the nearest choice; nothing is guessed in silence.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rapidfuzz import process

from analysis.errors import Issue
from analysis.questionnaire import Choice, Question, Questionnaire
from analysis.sources.columns import Column, Table, label_key, name_key, number_text
from analysis.sources.headers import Matching
from analysis.sources.numbers import read_dates, read_numbers
from analysis.study import MissingCodes

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]
Dummies = NDArray[np.int16]

BLANK_WORDS = frozenset(
    ("NA", "N/A", "n/a", "#N/A", "NaN", "nan", "<NA>", "NULL", "null", "#NULL!", ".")
)
_CHOSEN_WORDS = frozenset(
    "true yes y ano a x ✓ ✔ checked selected chosen vybráno zaškrtnuto áno tak ja wahr".split()
)
_NOT_CHOSEN_WORDS = frozenset(
    "false no n ne unchecked nevybráno nezaškrtnuto nie nein falsch".split()
) | {"not selected", "not chosen", "not mentioned", "neuvedeno", "nezmíněno"}
_DONT_KNOW_WORDS = ("neví", "nevím", "nedokáže", "don't know", "dont know", "do not know")
_NOT_APPLICABLE_WORDS = ("nehodí se", "netýká se", "nedotazován", "not applicable", "not asked")
_REFUSED_WORDS = ("odmítl", "odmítnuto", "bez odpovědi", "neodpověděl", "refused", "no answer")

# Cells of a dummy matrix that hold neither 1 nor 0 nor a missing code.
_BLANK, _UNKNOWN = -1000, -1001
_SEPARATORS = (";", "|", "\n", ",", " ")
# Unknown codes of one column that get an issue each before the rest share one.
_LISTED_CODES = 10


@dataclass(frozen=True)
class ChoiceBook:
    """The choices of a list and all the texts that mean one of them, by position."""

    names: tuple[str, ...]
    categories: tuple[str, ...]
    exact: Mapping[str, int]
    numbers: Mapping[float, int]
    spellings: Mapping[str, int]
    labels: Mapping[str, int]
    missing_words: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, choices: Sequence[Choice], missing: MissingCodes) -> ChoiceBook:
        """The book of a list; texts that would mean two choices are left out."""
        names = tuple(choice.name for choice in choices)
        categories = (*names, missing.not_applicable, missing.dont_know, missing.refused)
        position = {name: index for index, name in enumerate(categories)}
        numbers = [(float(name), index) for name, index in position.items() if _is_number(name)]
        labels = [
            (label_key(label), position[choice.name])
            for choice in choices
            for label in set(choice.label.values())
        ]
        words = (
            *((word, position[missing.dont_know]) for word in _DONT_KNOW_WORDS),
            *((word, position[missing.not_applicable]) for word in _NOT_APPLICABLE_WORDS),
            *((word, position[missing.refused]) for word in _REFUSED_WORDS),
        )
        return cls(
            names=names,
            categories=categories,
            exact=position,
            numbers=_single(numbers),
            spellings=_single((name_key(name), position[name]) for name in names),
            labels=_single(labels),
            missing_words=words,
        )

    def by_label(self, text: str) -> int:
        """The position of the choice with this label, −1 if there is none."""
        return self.labels.get(label_key(text), -1)

    def missing_by_word(self, text: str) -> int:
        """The position of the missing code that a text names in words, −1 if none."""
        plain = label_key(text)
        return next((index for word, index in self.missing_words if plain.startswith(word)), -1)

    def find(self, text: str) -> tuple[int, str]:
        """The position of what a text means and by which rule; −1 if nothing."""
        if text in self.exact:
            return self.exact[text], "name"
        if _is_number(text) and float(text) in self.numbers:
            return self.numbers[float(text)], "number"
        for rule, position in (
            ("label", self.by_label(text)),
            ("spelling", self.spellings.get(name_key(text), -1)),
        ):
            if position >= 0:
                return position, rule
        if text in BLANK_WORDS:
            return -1, "blank"
        word = self.missing_by_word(text)
        return word, "word" if word >= 0 else "unknown"


def _single(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    found: dict[Any, set[int]] = defaultdict(set)
    for key, position in pairs:
        found[key].add(position)
    return {key: min(positions) for key, positions in found.items() if len(positions) == 1 and key != ""}


@cache
def _is_number(text: str) -> bool:
    return re.fullmatch(r"[-+]?\d+(\.\d+)?", text) is not None


def shown_code(text: str) -> str:
    """A code as a message may show it; what may be somebody's own words only by length."""
    code_like = re.fullmatch(r"[A-Za-z0-9_.\-]{1,32}", text) and (
        len(text) <= 3 or any(sign.isdigit() or sign == "_" for sign in text) or text.islower()
    )
    return text if code_like else f"a text of {len(text)} characters"


_RULES_IN_WORDS = {
    "number": "answers written as other numbers were mapped to the choices' names",
    "label": "answers given as labels were mapped to the choices' names",
    "spelling": "answers in another spelling were mapped to the choices' names",
    "word": "answers in words were mapped to a missing code",
    "file label": "codes of the file were mapped to the choices by their labels",
    "declared": "values that the file declares missing were mapped to a missing code",
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
    """

    def __init__(
        self,
        table: Table,
        questionnaire: Questionnaire,
        missing: MissingCodes,
        decimal: str | None = None,
        separator: str | None = None,
    ) -> None:
        self.table = table
        self.questionnaire = questionnaire
        self.missing = missing
        # Workbooks and SPSS hold true numbers, which come with a point whatever is stated.
        self.decimal = decimal if table.format == "csv" else None
        self.separator = separator
        self.issues: list[Issue] = []
        self.blank_words: Counter[str] = Counter()
        self.read_answers = 0
        self.unknown_answers = 0
        self.marks: Counter[str] = Counter()
        self._books: dict[str, ChoiceBook] = {}

    def note(self, what: str, severity: Any, **details: Any) -> None:
        """Keep an issue of the table."""
        self.issues.append(self.table.issue(what, severity, **details))

    def book(self, list_name: str) -> ChoiceBook:
        """The book of a list of choices."""
        if list_name not in self._books:
            choices = self.questionnaire.choices[list_name]
            self._books[list_name] = ChoiceBook.of(choices, self.missing)
        return self._books[list_name]

    # --- one choice -----------------------------------------------------------------------

    def single(self, question: Question, header: str) -> pd.Categorical:
        """The answers to a ``select_one``; blank and unknown ones are missing."""
        if question.list is None:
            return self._observed(header)
        book = self.book(question.list)
        column = self.table.columns[header]
        codes = column.spread(self._positions(column, header, book), -1)
        return pd.Categorical.from_codes(codes, categories=list(book.categories))

    def _observed(self, header: str) -> pd.Categorical:
        column = self.table.columns[header]
        missing = list(self.missing.model_dump().values())
        seen = sorted(set(column.values) - set(missing) - BLANK_WORDS)
        position = {name: index for index, name in enumerate([*seen, *missing])}
        self._count_blank_words(column)
        per_value = np.array([position.get(value, -1) for value in column.values], dtype=np.int64)
        return pd.Categorical.from_codes(column.spread(per_value, -1), categories=list(position))

    def _positions(self, column: Column, header: str, book: ChoiceBook) -> Positions:
        labels = self.table.labels.get(header, {})
        declared = self.table.user_missing.get(header, frozenset())
        self._compare_labels(header, labels, book)
        found = [_meaning(value, book, labels, declared) for value in column.values]
        rules = np.array([rule for _, rule in found], dtype=object)
        self._log_rules(column, header, rules)
        self._log_unknown(column, header, rules == "unknown", book)
        return np.array([position for position, _ in found], dtype=np.int64)

    def _log_rules(self, column: Column, header: str, rules: NDArray[Any]) -> None:
        for rule, words in _RULES_IN_WORDS.items():
            if (rules == rule).any():
                self.note(words, "repair", column=header, where=column.spread(rules == rule, False))
        self._count_blank_words(column)

    def _count_blank_words(self, column: Column) -> None:
        self.blank_words.update(BLANK_WORDS.intersection(column.values))

    def _log_unknown(
        self, column: Column, header: str, unknown: Mask, book: ChoiceBook
    ) -> None:
        self.read_answers += int((column.codes >= 0).sum())
        self.unknown_answers += int(column.spread(unknown, False).sum())
        positions = np.flatnonzero(unknown)
        for position in positions[:_LISTED_CODES]:
            self._log_unknown_code(
                header, column.values[position], column.codes == position, book
            )
        rest = np.isin(column.codes, positions[_LISTED_CODES:])
        if rest.any():
            self.note(
                f"{len(positions) - _LISTED_CODES} more codes are not in the list",
                "warning",
                column=header,
                where=rest,
            )

    def _log_unknown_code(
        self, header: str, code: str, where: Mask, book: ChoiceBook
    ) -> None:
        dated = re.match(r"\d{4}-\d\d-\d\d", code)
        self.note(
            "an answer is not in the list of choices; it counts as not answered",
            "warning",
            column=header,
            where=where,
            expected=_listed(book.names),
            got=shown_code(code),
            hint="Excel may have made a date of an answer such as 1-2"
            if dated
            else _nearest(code, book),
        )

    def _compare_labels(
        self, header: str, labels: Mapping[str, str], book: ChoiceBook
    ) -> None:
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
            elif label:
                different.append(f"{code} = “{label}”")
        if different:
            self.note(
                "value labels of the file differ from the questionnaire; the codes were used",
                "warning",
                column=header,
                got=_listed(different, 4),
            )

    # --- several choices ------------------------------------------------------------------

    def multiple(self, question: Question, matching: Matching) -> dict[str, Any]:
        """The answers to a ``select_multiple``: an ``Int8`` column for each choice."""
        book = self.book(question.list or "")
        dummies = self._from_dummies(question, matching, book)
        header = matching.questions.get(question.name)
        if header is not None:
            dummies = self._checked_against_text(question, header, dummies, book)
        self._note_absent_choices(question, dummies, matching, book)
        return {
            f"{question.name}.{name}": _int8(dummies[:, index])
            for index, name in enumerate(book.names)
        }

    def _from_dummies(
        self, question: Question, matching: Matching, book: ChoiceBook
    ) -> Dummies:
        cells = np.full((len(self.table), len(book.names)), _BLANK, dtype=np.int16)
        for choice, header in matching.dummies.get(question.name, {}).items():
            counted = matching.counted.get(header)
            cells[:, book.exact[choice]] = self._dummy(header, choice, counted, book)
        if question.name in matching.category_columns:
            self._add_categories(cells, matching.category_columns[question.name], book)
        self._blank_as_not_chosen(question, cells)
        return self._one_missing_code(question, cells)

    def _dummy(
        self, header: str, choice: str, counted: str | None, book: ChoiceBook
    ) -> Dummies:
        column = self.table.columns[header]
        labels = self.table.labels.get(header, {})
        missing = {code: int(code) for code in self.missing.model_dump().values()}
        declared = self.table.user_missing.get(header, frozenset())
        per_value = np.array(
            [
                _dummy_value(value, labels.get(value), choice, counted, book, missing, declared)
                for value in column.values
            ],
            dtype=np.int16,
        )
        unknown = per_value == _UNKNOWN
        self._count_blank_words(column)
        self.read_answers += int((column.codes >= 0).sum())
        self.unknown_answers += int(column.spread(unknown, False).sum())
        if unknown.any():
            self.note(
                "a cell says neither chosen nor not chosen; it counts as not answered",
                "warning",
                column=header,
                where=column.spread(unknown, False),
                expected="1 or 0, TRUE or FALSE, yes or no",
                got=_listed([shown_code(column.values[i]) for i in np.flatnonzero(unknown)], 5),
            )
        per_value[unknown] = _BLANK
        return column.spread(per_value, _BLANK)

    def _add_categories(
        self, cells: Dummies, headers: Sequence[str], book: ChoiceBook
    ) -> None:
        for header in headers:
            column = self.table.columns[header]
            positions = column.spread(self._positions(column, header, book), -1)
            rows = np.flatnonzero((positions >= 0) & (positions < len(book.names)))
            cells[rows, positions[rows]] = 1
            for position in range(len(book.names), len(book.categories)):
                cells[positions == position] = int(book.categories[position])

    def _blank_as_not_chosen(self, question: Question, cells: Dummies) -> None:
        """Files that mark only what was chosen: a blank beside a mark means not chosen."""
        marked = (cells == 1).any(axis=1)
        if (cells == 0).any() or not marked.any():
            return
        blank = (cells == _BLANK) & marked[:, None]
        cells[blank] = 0
        if blank.any():
            self.note(
                "the file marks only what was chosen; blanks beside a mark count as not chosen",
                "repair",
                column=question.name,
                where=blank.any(axis=1),
            )

    def _one_missing_code(self, question: Question, cells: Dummies) -> Dummies:
        """A missing code belongs to the whole question: in all its columns or in none."""
        missing = np.isin(cells, [int(code) for code in self.missing.model_dump().values()])
        lowest = np.where(missing, cells, 0).min(axis=1, initial=0)
        highest = np.where(missing, cells, _BLANK).max(axis=1, initial=_BLANK)
        affected = missing.any(axis=1)
        chosen = (cells == 1).any(axis=1)
        contradictory = affected & (chosen | (lowest != highest))
        if contradictory.any():
            self.note(
                "a missing code stands beside a choice or another missing code; "
                "only what was chosen counts",
                "warning",
                column=question.name,
                where=contradictory,
            )
        cells[affected & ~contradictory] = lowest[affected & ~contradictory, None]
        cells[missing & contradictory[:, None]] = _BLANK
        return cells

    def _checked_against_text(
        self, question: Question, header: str, dummies: Dummies, book: ChoiceBook
    ) -> Dummies:
        text = self._from_text(header, book)
        known_text = text[:, 0] != _BLANK if text.shape[1] else np.zeros(len(text), dtype=bool)
        both = (dummies != _BLANK) & (text != _BLANK)
        differing = (both & (dummies != text)).any(axis=1)
        if differing.any():
            self.note(
                "the text and the columns of the choices disagree; the columns count",
                "warning",
                column=question.name,
                where=differing,
                hint="see in the original which of the two is right",
            )
        only_columns = ~known_text & (dummies == 1).any(axis=1)
        if only_columns.any():
            self.note(
                "the text is blank where the columns of the choices are not; the columns count",
                "note",
                column=question.name,
                where=only_columns,
            )
        filled = dummies == _BLANK
        return np.where(filled, text, dummies).astype(np.int16)

    def _from_text(self, header: str, book: ChoiceBook) -> Dummies:
        column = self.table.columns[header]
        per_value = np.full((len(column.values) + 1, len(book.names)), _BLANK, dtype=np.int16)
        whole, tokens, owners = self._tokens(column, book)
        positions = np.concatenate([whole, self._positions(tokens, header, book)[tokens.codes]])
        rows = np.concatenate([np.arange(len(whole)), owners])
        known = positions >= 0
        positions, rows = positions[known], rows[known]
        is_code = positions >= len(book.names)
        answered = np.unique(rows[~is_code])
        per_value[answered] = 0
        per_value[rows[~is_code], positions[~is_code]] = 1
        codes = np.array([int(code) for code in book.categories[len(book.names) :]])
        alone = is_code & ~np.isin(rows, answered)
        per_value[rows[alone]] = codes[positions[alone] - len(book.names), None]
        mixed = np.isin(np.arange(len(column.values)), rows[is_code & ~alone])
        if mixed.any():
            self.note(
                "a missing code stands beside a choice; only what was chosen counts",
                "warning",
                column=header,
                where=column.spread(mixed, False),
            )
        return per_value[column.codes]

    def _tokens(self, column: Column, book: ChoiceBook) -> tuple[Positions, Column, Positions]:
        """Texts that are one choice as a whole, and the parts of the others.

        Returns the position of each whole text (−1 where it has parts), the parts as a
        column of their own, and for each part the text that it belongs to. The parts'
        column is laid out like rows, so that messages about a part can name its rows.
        """
        whole = np.array([book.find(value)[0] for value in column.values], dtype=np.int64)
        blank = np.isin(np.array(column.values, dtype=object), list(BLANK_WORDS))
        rest = np.flatnonzero((whole < 0) & ~blank)
        self._count_blank_words(column)
        texts = pd.Series([column.values[index] for index in rest], dtype=object)
        separator = self.separator or _best_separator(texts, book)
        parts = texts.str.split(separator, regex=False).explode()
        codes, values = pd.factorize(parts.str.strip().to_numpy(dtype=object))
        used = codes >= 0
        filled = np.array([value != "" for value in values] + [False])[codes] & used
        return whole, Column(codes[filled], tuple(values)), rest[parts.index.to_numpy()[filled]]

    def _note_absent_choices(
        self, question: Question, dummies: Dummies, matching: Matching, book: ChoiceBook
    ) -> None:
        if not len(dummies) or question.name in matching.questions:
            return
        held = matching.dummies.get(question.name, {})
        absent = [name for name in book.names if name not in held]
        if absent and question.name not in matching.category_columns:
            self.note(
                "choices have no column; whether they were chosen is not known",
                "warning",
                column=question.name,
                expected=_listed([f"{question.name}.{name}" for name in absent]),
            )

    # --- numbers, dates, texts --------------------------------------------------------------

    def number(self, question: Question, header: str) -> NDArray[np.float64]:
        """The answers to an ``integer`` or ``decimal``; missing codes stay numbers."""
        column = self.table.columns[header]
        numbers, bad = read_numbers(column.values, self.decimal)
        self._count_marks(column.values)
        self._count_blank_words(column)
        bad &= ~np.isin(np.array(column.values, dtype=object), list(BLANK_WORDS))
        self._words_as_missing(column, header, numbers, bad)
        if bad.any():
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
        self.note(
            "an answer is no number; it counts as not answered",
            "warning",
            column=header,
            where=column.spread(bad, False),
            expected="a number" + (f" with the decimal sign {self.decimal}" if self.decimal else ""),
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
                position = _declared_position(book, labels.get(value, ""))
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
        self._count_blank_words(column)
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

    def text(self, header: str) -> pd.Series:
        """A column of texts as they stand, words for blank made missing."""
        column = self.table.columns[header]
        self._count_blank_words(column)
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
                got=", ".join(f"{count} values with “{mark}”" for mark, count in sorted(self.marks.items())),
                hint="state decimal in the study card",
            )


# --- helpers ------------------------------------------------------------------------------


def _meaning(
    value: str, book: ChoiceBook, labels: Mapping[str, str], declared: frozenset[str]
) -> tuple[int, str]:
    position, rule = book.find(value)
    label = labels.get(value, "")
    if rule == "name" or not (label or value in declared):
        return position, rule
    by_label = book.by_label(label) if label else -1
    if by_label >= 0:
        return by_label, "file label"
    if value in declared:
        return _declared_position(book, label), "declared"
    return position, rule


def _declared_position(book: ChoiceBook, label: str) -> int:
    """The missing code for a value declared missing; without telling words: no answer."""
    position = book.missing_by_word(label)
    return position if position >= 0 else len(book.categories) - 1


def _dummy_value(
    value: str,
    label: str | None,
    choice: str,
    counted: str | None,
    book: ChoiceBook,
    missing: Mapping[str, int],
    declared: frozenset[str],
) -> int:
    if value in missing:
        return missing[value]
    if value in declared:
        return int(book.categories[_declared_position(book, label or "")])
    if counted is not None:
        return int(value == counted)
    if label is not None and (said := _said(label, choice, book)) is not None:
        return said
    if _is_number(value) and float(value) in (0.0, 1.0):
        return int(float(value))
    if number_text(float(value)) in missing if _is_number(value) else False:
        return missing[number_text(float(value))]
    if (said := _said(value, choice, book)) is not None:
        return said
    return _BLANK if value in BLANK_WORDS else _UNKNOWN


def _said(text: str, choice: str, book: ChoiceBook) -> int | None:
    """1 where a text says chosen (in words, or by the choice itself), 0 not chosen."""
    plain = label_key(text)
    if plain in _CHOSEN_WORDS or text == choice or book.by_label(text) == book.exact[choice]:
        return 1
    return 0 if plain in _NOT_CHOSEN_WORDS else None


def _best_separator(texts: pd.Series, book: ChoiceBook) -> str:
    """The separator after which fewest parts are unknown; no text needs it when all fit."""
    unknown = {}
    for separator in _SEPARATORS:
        parts = texts.str.split(separator, regex=False).explode().str.strip()
        counts = parts.value_counts()
        unknown[separator] = sum(
            count for part, count in counts.items() if part and book.find(str(part))[0] < 0
        )
    return min(_SEPARATORS, key=lambda separator: unknown[separator])


def _int8(cells: Dummies) -> Any:
    blank = cells == _BLANK
    return pd.arrays.IntegerArray(np.where(blank, 0, cells).astype(np.int8), blank)


def _nearest(code: str, book: ChoiceBook) -> str | None:
    candidates = {name: name for name in book.names}
    candidates.update({label: book.categories[index] for label, index in book.labels.items()})
    best = process.extractOne(label_key(code), list(candidates), score_cutoff=70)
    return f"did you mean {candidates[best[0]]}?" if best else "add it to the choices or correct it"


def _listed(names: Sequence[str], limit: int = 12) -> str:
    return ", ".join(names[:limit]) + (", …" if len(names) > limit else "")

"""Answers to questions with several choices, in the shapes in which they are exported.

A text that lists what was chosen, columns of 1 and 0, of TRUE and FALSE, of yes and no,
columns that mark only what was chosen, and the response sets of SPSS all become one ``Int8``
column for each choice. Where text and columns stand side by side, they are checked against
each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.questionnaire import Question
from analysis.sources.answers import AnswerReader, Mask, Positions
from analysis.sources.choice_book import (
    BLANK_WORDS,
    CHOSEN_WORDS,
    NOT_CHOSEN_WORDS,
    ChoiceBook,
    declared_position,
    is_number,
    listed,
    shown_code,
)
from analysis.sources.columns import Column, label_key, number_text
from analysis.sources.headers import Matching

Dummies = NDArray[np.int16]

# Cells of a dummy matrix that hold neither 1 nor 0 nor a missing code.
_BLANK, _UNKNOWN = -1000, -1001
_SEPARATORS = (";", "|", "\n", ",", " ")
# Distinct texts that are enough to see what parts the choices in them.
_TEXTS_FOR_SEPARATOR = 500


class MultipleResponse:
    """Reads one ``select_multiple``.

    Parameters
    ----------
    reader
        Of the table that holds the answers; it keeps the issues.
    question
        The question.
    matching
        Which columns hold it.
    """

    def __init__(self, reader: AnswerReader, question: Question, matching: Matching) -> None:
        self.reader = reader
        self.question = question
        self.book = reader.book(question.list or "")
        self.text_header = matching.questions.get(question.name)
        self.dummies = matching.dummies.get(question.name, {})
        self.counted = matching.counted
        self.categories = matching.category_columns.get(question.name)
        self.codes = {code: int(code) for code in self.book.categories[len(self.book.names) :]}

    def columns(self) -> dict[str, Any]:
        """An ``Int8`` column ``q.c`` for each choice: 1, 0, or a missing code in all."""
        cells = self._from_dummies()
        if self.text_header is not None:
            cells = self._checked_against_text(self.text_header, cells)
        self._note_absent_choices()
        return {
            f"{self.question.name}.{name}": _int8(cells[:, index])
            for index, name in enumerate(self.book.names)
        }

    def _from_dummies(self) -> Dummies:
        shape = (len(self.reader.table), len(self.book.names))
        cells = np.full(shape, _BLANK, dtype=np.int16)
        for choice, header in self.dummies.items():
            cells[:, self.book.exact[choice]] = self._dummy(header, choice)
        for header in self.categories or ():
            self._add_categories(cells, header)
        self._blank_as_not_chosen(cells)
        return self._one_missing_code(cells)

    def _dummy(self, header: str, choice: str) -> Dummies:
        column = self.reader.table.columns[header]
        meaning = _DummyMeaning(
            book=self.book,
            choice=choice,
            codes=self.codes,
            counted=self.counted.get(header),
            labels=self.reader.table.labels.get(header, {}),
            declared=self.reader.table.user_missing.get(header, frozenset()),
        )
        per_value = np.array([meaning.of(value) for value in column.values], dtype=np.int16)
        unknown = per_value == _UNKNOWN
        self.reader.count_answers(column, unknown)
        if unknown.any():
            self.reader.note(
                "a cell says neither chosen nor not chosen; it counts as not answered",
                "warning",
                column=header,
                where=column.spread(unknown, False),
                expected="1 or 0, TRUE or FALSE, yes or no",
                got=listed([shown_code(column.values[i]) for i in np.flatnonzero(unknown)], 5),
            )
        per_value[unknown] = _BLANK
        return column.spread(per_value, _BLANK)

    def _add_categories(self, cells: Dummies, header: str) -> None:
        column = self.reader.table.columns[header]
        positions = column.spread(self.reader.positions(column, header, self.book), -1)
        chosen = (positions >= 0) & (positions < len(self.book.names))
        cells[chosen, positions[chosen]] = 1
        for code, number in self.codes.items():
            cells[positions == self.book.exact[code]] = number

    def _blank_as_not_chosen(self, cells: Dummies) -> None:
        """Files that mark only what was chosen: a blank beside a mark means not chosen."""
        marked = (cells == 1).any(axis=1)
        if (cells == 0).any() or not marked.any():
            return
        held = [self.categories is not None or name in self.dummies for name in self.book.names]
        blank = (cells == _BLANK) & marked[:, None] & np.array(held)
        cells[blank] = 0
        if blank.any():
            self.reader.note(
                "the file marks only what was chosen; blanks beside a mark count as not chosen",
                "repair",
                column=self.question.name,
                where=blank.any(axis=1),
            )

    def _one_missing_code(self, cells: Dummies) -> Dummies:
        """A missing code belongs to the whole question: in all its columns or in none."""
        missing = np.isin(cells, list(self.codes.values()))
        lowest = np.where(missing, cells, 0).min(axis=1, initial=0)
        highest = np.where(missing, cells, _BLANK).max(axis=1, initial=_BLANK)
        affected = missing.any(axis=1)
        chosen = (cells == 1).any(axis=1)
        contradictory = affected & (chosen | (lowest != highest))
        if contradictory.any():
            self.reader.note(
                "a missing code stands beside a choice or another missing code; "
                "only what was chosen counts",
                "warning",
                column=self.question.name,
                where=contradictory,
            )
        cells[affected & ~contradictory] = lowest[affected & ~contradictory, None]
        cells[missing & contradictory[:, None]] = _BLANK
        return cells

    def _checked_against_text(self, header: str, dummies: Dummies) -> Dummies:
        text = self._from_text(header)
        known_text = text[:, 0] != _BLANK if text.shape[1] else np.zeros(len(text), dtype=bool)
        both = (dummies != _BLANK) & (text != _BLANK)
        differing = (both & (dummies != text)).any(axis=1)
        if differing.any():
            self.reader.note(
                "the text and the columns of the choices disagree; the columns count",
                "warning",
                column=self.question.name,
                where=differing,
                hint="see in the original which of the two is right",
            )
        if (~known_text & (dummies == 1).any(axis=1)).any():
            self.reader.blank_texts.append(self.question.name)
        filled = dummies == _BLANK
        return np.where(filled, text, dummies).astype(np.int16)

    def _from_text(self, header: str) -> Dummies:
        column, book = self.reader.table.columns[header], self.book
        per_value = np.full((len(column.values) + 1, len(book.names)), _BLANK, dtype=np.int16)
        whole, tokens, owners = self._tokens(column)

        def rows_of(marked: Mask) -> Mask:
            holders = np.isin(np.arange(len(whole)), owners[marked[tokens.codes]])
            return column.spread(holders, False)

        meant = self.reader.positions(tokens, header, book, rows_of)
        positions = np.concatenate([whole, meant[tokens.codes]])
        rows = np.concatenate([np.arange(len(whole)), owners])
        known = positions >= 0
        positions, rows = positions[known], rows[known]
        is_code = positions >= len(book.names)
        answered = np.unique(rows[~is_code])
        per_value[answered] = 0
        per_value[rows[~is_code], positions[~is_code]] = 1
        codes = np.array(list(self.codes.values()))
        alone = is_code & ~np.isin(rows, answered)
        per_value[rows[alone]] = codes[positions[alone] - len(book.names), None]
        mixed = np.isin(np.arange(len(column.values)), rows[is_code & ~alone])
        if mixed.any():
            self.reader.note(
                "a missing code stands beside a choice; only what was chosen counts",
                "warning",
                column=header,
                where=column.spread(mixed, False),
            )
        return per_value[column.codes]

    def _tokens(self, column: Column) -> tuple[Positions, Column, Positions]:
        """Texts that are one choice as a whole, and the parts of the others.

        Returns the position of each whole text (−1 where it has parts), the parts as a
        column of their own, and for each part the text that it belongs to.
        """
        whole = np.array([_as_a_whole(value, self.book) for value in column.values], dtype=np.int64)
        blank = np.isin(np.array(column.values, dtype=object), list(BLANK_WORDS))
        rest = np.flatnonzero((whole < 0) & ~blank)
        self.reader.count_blank_words(column)
        texts = pd.Series([column.values[index] for index in rest], dtype=object)
        separator = self.reader.separator or _best_separator(texts, self.book)
        parts = texts.str.split(separator, regex=False).explode()
        codes, values = pd.factorize(parts.str.strip().to_numpy(dtype=object))
        used = codes >= 0
        filled = np.array([value != "" for value in values] + [False])[codes] & used
        return whole, Column(codes[filled], tuple(values)), rest[parts.index.to_numpy()[filled]]

    def _note_absent_choices(self) -> None:
        if self.text_header is not None or self.categories is not None:
            return
        absent = [name for name in self.book.names if name not in self.dummies]
        if absent:
            self.reader.note(
                "choices have no column; whether they were chosen is not known",
                "warning",
                column=self.question.name,
                expected=listed([f"{self.question.name}.{name}" for name in absent]),
            )


@dataclass(frozen=True)
class _DummyMeaning:
    """What the cells of one choice's column mean."""

    book: ChoiceBook
    choice: str
    codes: Mapping[str, int]
    counted: str | None
    labels: Mapping[str, str]
    declared: frozenset[str]

    def of(self, value: str) -> int:
        """1, 0, a missing code, or that the cell is blank or unknown."""
        plain = number_text(float(value)) if is_number(value) else value
        if plain in self.codes:
            return self.codes[plain]
        if value in self.declared:
            position = declared_position(self.book, self.labels.get(value, ""))
            return int(self.book.categories[position])
        if self.counted is not None:
            return int(value == self.counted)
        # The label goes first: 1 and 2 may stand for yes and no.
        said = self._said(self.labels.get(value, ""))
        if said is None:
            said = int(plain) if plain in ("0", "1") else self._said(value)
        if said is None:
            return _BLANK if value in BLANK_WORDS else _UNKNOWN
        return said

    def _said(self, text: str) -> int | None:
        """1 where a text says chosen, in words or by the choice itself, 0 not chosen."""
        plain = label_key(text)
        own = text == self.choice or self.book.by_label(text) == self.book.exact[self.choice]
        if plain in CHOSEN_WORDS or own:
            return 1
        return 0 if plain in NOT_CHOSEN_WORDS else None


def _as_a_whole(value: str, book: ChoiceBook) -> int:
    position, rule = book.find(value)
    # Another spelling may be two choices: "a b" is a and b sooner than a_b.
    return position if rule in ("name", "number", "label") else -1


def _best_separator(texts: pd.Series, book: ChoiceBook) -> str:
    """The separator after which fewest parts are unknown; no text needs it when all fit."""
    texts = texts.head(_TEXTS_FOR_SEPARATOR)
    unknown: dict[str, int] = {}
    for separator in _SEPARATORS:
        parts = texts.str.split(separator, regex=False).explode().str.strip()
        counts = parts.value_counts()
        strange = [part != "" and book.find(str(part))[0] < 0 for part in counts.index]
        unknown[separator] = int(counts[strange].sum())
    return min(_SEPARATORS, key=lambda separator: unknown[separator])


def _int8(cells: Dummies) -> Any:
    blank = cells == _BLANK
    return pd.arrays.IntegerArray(np.where(blank, 0, cells).astype(np.int8), blank)

"""Open questions that are coded after the interview: what is coded, and the code book.

``coding.yaml`` of a study names the questions with several choices whose answers come from
coders, and the texts they are coded from. The code book of a question is a CSV file of words
by which answers are known; it suggests codes and never decides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field
from rapidfuzz import fuzz, process

from analysis.definitions import (
    Definition,
    Row,
    Tree,
    parse_rows,
    parse_tree,
    read_rows,
    read_tree,
    suggestion,
)
from analysis.errors import Issue, WorkbenchError
from analysis.questionnaire import Labels, Questionnaire
from analysis.study import Study

FILE_NAME = "coding.yaml"
#: How like an example of the book a misspelt mention must be to be taken for it (0–100).
LIKENESS = 88
_ALTERNATIVE = "|"
_STEM = "*"


class CodingParameters(Definition):
    """One coded question as ``coding.yaml`` states it."""

    text: tuple[str, ...] = Field(min_length=1)
    separator: str = ";"
    book: str = ""
    unknown: str = ""
    mistaken: tuple[str, ...] = ()
    related: str = ""


class _Coding(Definition):
    """``coding.yaml``: the coded questions by name."""

    questions: dict[str, CodingParameters]


class _BookRow(Definition):
    code: str
    patterns: str
    unless: str = Field(default="", alias="except")
    item: str = ""
    examples: str = ""
    note: dict[str, str] = {}


@dataclass(frozen=True)
class Pattern:
    """Words that must all stand in a mention, in any order; a stem stands for its endings."""

    words: tuple[tuple[str, bool], ...]

    def places(self, tokens: Sequence[str]) -> frozenset[int] | None:
        """Which words of a mention it matches, each by another one; None where it does not."""
        taken: list[int] = []
        for word, is_stem in self.words:
            place = next(
                (
                    number
                    for number, token in enumerate(tokens)
                    if number not in taken
                    and (token.startswith(word) if is_stem else token == word)
                ),
                None,
            )
            if place is None:
                return None
            taken.append(place)
        return frozenset(taken)


@dataclass(frozen=True)
class Entry:
    """A row of the code book: a code and the words by which it is known.

    ``item`` names the entry of the catalogue of related items that the words are about.
    """

    code: str
    patterns: tuple[Pattern, ...]
    unless: tuple[Pattern, ...] = ()
    item: str = ""
    examples: tuple[str, ...] = ()
    note: Labels | None = None

    def places(self, tokens: Sequence[str]) -> frozenset[int] | None:
        """The words of a mention that the entry matches; None where it does not apply."""
        if any(pattern.places(tokens) is not None for pattern in self.unless):
            return None
        found = [places for pattern in self.patterns if (places := pattern.places(tokens))]
        return max(found, key=len) if found else None


@dataclass(frozen=True)
class CodeBook:
    """The entries of a code book, in their order."""

    entries: tuple[Entry, ...]

    def matches(self, mention: str) -> tuple[Entry, ...]:
        """The entries that a mention fits, the most particular ones only.

        An entry whose words are some of those that another entry matches gives way to it:
        "týdenní stacionář" is not a "stacionář" too.
        """
        # Many people name the same thing in the same words, and each is looked up repeatedly.
        text = normalised(mention)
        if text not in self._known:
            self._known[text] = self._fitting(text)
        return self._known[text]

    def _fitting(self, text: str) -> tuple[Entry, ...]:
        tokens = text.split()
        found = [(entry, places) for entry in self.entries if (places := entry.places(tokens))]
        kept = [entry for entry, places in found if not any(places < other for _, other in found)]
        return tuple(kept) or self._alike(text)

    def suggest(self, mention: str) -> tuple[str, ...]:
        """The codes that the book suggests for a mention, in the order of the book."""
        return tuple(dict.fromkeys(entry.code for entry in self.matches(mention)))

    def _alike(self, text: str) -> tuple[Entry, ...]:
        """The entry of the example that a misspelt mention is most like, if one is like it."""
        best = process.extractOne(
            text, list(self._examples), scorer=fuzz.ratio, score_cutoff=LIKENESS
        )
        return (self._examples[best[0]],) if best else ()

    @cached_property
    def _known(self) -> dict[str, tuple[Entry, ...]]:
        return {}

    @cached_property
    def _examples(self) -> Mapping[str, Entry]:
        return {normalised(example): entry for entry in self.entries for example in entry.examples}


@dataclass(frozen=True)
class CodedQuestion:
    """A question with several choices whose answers are coded from texts."""

    name: str
    parameters: CodingParameters
    codes: tuple[str, ...]
    book: CodeBook

    @property
    def text(self) -> tuple[str, ...]:
        """The columns that hold the answers word for word."""
        return self.parameters.text

    def mentions(self, texts: Iterable[str]) -> tuple[str, ...]:
        """The single things named in an answer: parted by the separator and by lines."""
        parts = re.escape(self.parameters.separator)
        found = (part.strip() for text in texts for part in re.split(rf"{parts}|\r?\n", text))
        return tuple(mention for mention in found if mention)


def normalised(text: str) -> str:
    """Small letters without diacritics, words parted by one space."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in parts if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", bare))


def coded_questions(study: Study) -> tuple[CodedQuestion, ...]:
    """The coded questions of a study with their code books; none without ``coding.yaml``.

    Raises
    ------
    WorkbenchError
        One issue, with its file and line, for each thing that cannot be meant.
    """
    path = study.files / FILE_NAME
    if not path.exists():
        return ()
    tree = read_tree(path)
    values = tree.values or {}
    wrapped = Tree(
        {"questions": values}, tree.file, {("questions", *key): n for key, n in tree.lines.items()}
    )
    stated = parse_tree(_Coding, wrapped).questions
    issues: list[Issue] = []
    questions = []
    for name, parameters in stated.items():
        issues.extend(_question_issues(study, name, parameters, tree))
        if study.questionnaire.is_multiple(name):
            questions.append(_coded_question(study, name, parameters, issues))
    if issues:
        raise WorkbenchError("the coding of open answers cannot be used", issues=issues)
    return tuple(questions)


def _question_issues(
    study: Study, name: str, parameters: CodingParameters, tree: Tree
) -> Iterator[Issue]:
    form = study.questionnaire
    if not form.is_multiple(name):
        yield tree.issue(
            f"{name} is no question with several choices",
            (name,),
            expected="a select_multiple of the questionnaire",
            hint=suggestion(name, [one for one in form.questions if form.is_multiple(one)]),
        )
        return
    texts = [one.name for one in form.questions.values() if one.type == "text"]
    for column in parameters.text:
        if column not in texts:
            yield tree.issue(
                f"{column} is no open question", (name, "text"), hint=suggestion(column, texts)
            )
    codes = form.choice_names(form.list_of(name) or "")
    named = {"unknown": (parameters.unknown,), "mistaken": parameters.mistaken}
    for key, stated in named.items():
        for code in filter(None, stated):
            if code not in codes:
                yield tree.issue(
                    f"{name} has no choice {code}", (name, key), hint=suggestion(code, codes)
                )


def _coded_question(
    study: Study, name: str, parameters: CodingParameters, issues: list[Issue]
) -> CodedQuestion:
    form = study.questionnaire
    codes = form.choice_names(form.list_of(name) or "")
    path = study.files / (parameters.book or f"coding/{name}.csv")
    if parameters.book and not path.exists():
        raise WorkbenchError("the code book is missing", file=path, hint="see coding.yaml")
    items = _related_items(study, parameters)
    rows = read_rows(path)
    entries = []
    for row, stated in zip(rows, parse_rows(_BookRow, rows), strict=True):
        issues.extend(_row_issues(form, name, row, stated, codes, items))
        entries.append(_entry(stated))
    without = [code for code in codes if code not in {entry.code for entry in entries}]
    if without:
        issues.append(
            Issue(
                "the code book leaves out choices of the question",
                file=str(path),
                column="code",
                expected="a row for each choice",
                got=f"none for {', '.join(without)}",
            )
        )
    return CodedQuestion(name, parameters, codes, CodeBook(tuple(entries)))


def _related_items(study: Study, parameters: CodingParameters) -> dict[str, str]:
    """Items that adjoin the services → the choice they are coded as."""
    if not parameters.related:
        return {}
    rows = read_rows(study.files / parameters.related)
    return {row.values["code"]: row.values["coded_as"] for row in rows}


def _row_issues(
    form: Questionnaire,
    name: str,
    row: Row,
    stated: _BookRow,
    codes: Sequence[str],
    items: Mapping[str, str],
) -> Iterator[Issue]:
    if stated.code not in codes:
        yield row.issue(
            f"{name} has no choice {stated.code}", "code", hint=suggestion(stated.code, codes)
        )
    if stated.item and stated.item not in items:
        yield row.issue(
            f"there is no related item {stated.item}", "item",
            expected=", ".join(items), hint=suggestion(stated.item, items),
        )  # fmt: skip
    elif stated.item and items[stated.item] != stated.code:
        yield row.issue(
            "a related item has another code than in its catalogue", "code",
            expected=items[stated.item], got=stated.code,
        )  # fmt: skip
    for column, text in (("patterns", stated.patterns), ("except", stated.unless)):
        for part in filter(str.strip, text.split(_ALTERNATIVE)):
            if not all(normalised(word) for word in part.split()) or re.search(r"\*\w", part):
                yield row.issue(
                    "a pattern cannot be meant", column,
                    expected="words, and stems that end with *, between signs |",
                    got=part.strip(),
                )  # fmt: skip


def _entry(stated: _BookRow) -> Entry:
    return Entry(
        stated.code,
        tuple(_patterns(stated.patterns)),
        tuple(_patterns(stated.unless)),
        stated.item,
        tuple(part.strip() for part in stated.examples.split(_ALTERNATIVE) if part.strip()),
        stated.note,
    )


def _patterns(text: str) -> Iterator[Pattern]:
    for part in text.split(_ALTERNATIVE):
        words = tuple((normalised(word), word.endswith(_STEM)) for word in part.split())
        if words:
            yield Pattern(words)

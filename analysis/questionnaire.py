"""A questionnaire: its questions, choices, grids and routing, read from an XLSForm.

The columns are those of ODK and KoboToolbox, as CSV in git or as the ``.xlsx`` the form
came in. Columns beyond the standard mark sensitive questions, grids over a list, samples,
exclusive choices and the attributes that definitions ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.definitions import Row, nest_languages, read_rows, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.expressions import Expression, parse

ANSWER_TYPES = (
    "select_one",
    "select_multiple",
    "integer",
    "decimal",
    "text",
    "date",
    "calculate",
)
_TYPE_ALIASES = {
    "select_one_external": "select_one",
    "select_one_from_file": "text",
    "string": "text",
    "int": "integer",
    "select one": "select_one",
    "select multiple": "select_multiple",
}
_IGNORED_TYPES = (
    "note", "start", "end", "today", "deviceid", "geopoint", "geotrace", "geoshape", "image",
    "audio", "video", "file", "barcode", "username", "phonenumber", "email", "simserial",
    "subscriberid", "time", "datetime", "dateTime", "acknowledge", "hidden", "rank", "range",
    "start-geopoint", "audit", "background-audio", "xml-external",
)  # fmt: skip
_STANDARD_CHOICE_COLUMNS = ("list_name", "list name", "name", "exclusive", "open", "label")

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Choice:
    """One answer that a question offers."""

    name: str
    label: Labels
    exclusive: bool = False
    open: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Question:
    """One question; ``list`` names its choices, ``group`` the grid or block it stands in."""

    name: str
    type: str
    label: Labels
    list: str | None = None
    hint: Labels = field(default_factory=dict)
    relevant: Expression | None = None
    constraint: Expression | None = None
    required: bool = False
    sensitive: bool = False
    sensitive_choices: bool = False
    group: str | None = None
    item: str | None = None
    samples: tuple[str, ...] = ()
    block: str = ""
    order: int = 0
    row: Row | None = field(default=None, compare=False, repr=False)

    def asked_of(self, sample: str) -> bool:
        """Whether the question stands in the questionnaire of this sample."""
        return not self.samples or sample in self.samples


@dataclass(frozen=True)
class Group:
    """A group of questions; with ``items`` it is a grid over the entries of that list."""

    name: str
    label: Labels
    questions: tuple[str, ...]
    items: str | None = None
    relevant: Expression | None = None
    row: Row | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Questionnaire:
    """The questions in their order, the grids, the choices, and what was odd in the form.

    ``repeated`` names the questions that are asked once per member of a household or the
    like; their answers are not in the table of respondents. ``survey_year`` is the year in
    which the study that uses the form asked people.
    """

    questions: Mapping[str, Question]
    groups: Mapping[str, Group]
    choices: Mapping[str, tuple[Choice, ...]]
    issues: tuple[Issue, ...] = ()
    repeated: frozenset[str] = frozenset()
    survey_year: int | None = None

    def choice_names(self, list_name: str) -> tuple[str, ...]:
        """The names of a list's choices, in order; none for an unknown list."""
        return tuple(choice.name for choice in self.choices.get(list_name, ()))

    def group_of(self, question: str) -> str | None:
        """The innermost grid or block that a question stands in."""
        found = self.questions.get(question)
        return found.group if found else None

    def choice(self, list_name: str, name: str) -> Choice:
        """One choice of a list.

        Raises
        ------
        WorkbenchError
            If the list or the choice does not exist.
        """
        for choice in self.choices.get(list_name, ()):
            if choice.name == name:
                return choice
        raise WorkbenchError(
            f"the list {list_name} has no choice {name}",
            hint=suggestion(name, self.choice_names(list_name)),
        )

    def choice_label(self, list_name: str, name: str, language: str) -> str:
        """A choice in words, its name where it has no label in this language."""
        return self.choice(list_name, name).label.get(language, name)

    def choice_attribute(self, list_name: str, name: str, attribute: str) -> str:
        """The value of an extra column of the choices; empty where there is none."""
        return self.choice(list_name, name).attributes.get(attribute, "")

    def list_of(self, question: str) -> str | None:
        """The list of a question's choices."""
        found = self.questions.get(question)
        return found.list if found else None

    def is_multiple(self, question: str) -> bool:
        """Whether several choices can be given."""
        found = self.questions.get(question)
        return found is not None and found.type == "select_multiple"

    def group_items(self, group: str) -> tuple[tuple[str, str], ...]:
        """The questions of a grid, each with the item it is about."""
        found = self.groups.get(group)
        if found is None:
            raise WorkbenchError(
                f"the questionnaire has no grid {group}", hint=suggestion(group, self.groups)
            )
        questions = (self.questions[name] for name in found.questions)
        return tuple((question.name, question.item or question.name) for question in questions)

    def items_list(self, group: str) -> str | None:
        """The list whose entries are the items of a grid."""
        found = self.groups.get(group)
        return found.items if found else None

    def bands(self, list_name: str) -> tuple[tuple[str, float, float], ...]:
        """The bands of a list with ``from`` and ``to``: name, lowest, highest value.

        Raises
        ------
        WorkbenchError
            If a choice of the list has neither limit.
        """
        bands = []
        for choice in self.choices.get(list_name, ()):
            low, high = choice.attributes.get("from", ""), choice.attributes.get("to", "")
            if low or high:
                bands.append((choice.name, float(low or "-inf"), float(high or "inf")))
        if not bands:
            raise WorkbenchError(
                f"the list {list_name} has no bands", expected="columns from and to in the choices"
            )
        return tuple(bands)

    def variables_of(self, question: str) -> list[str]:
        """The columns of a survey frame that hold a question's answers."""
        if not self.is_multiple(question):
            return [question]
        names = self.choice_names(self.questions[question].list or "")
        return [f"{question}.{name}" for name in names]

    def asked_of(self, sample: str) -> Iterator[Question]:
        """The questions of a sample's questionnaire, in order."""
        return (question for question in self.questions.values() if question.asked_of(sample))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that an expression may use: questions and grids."""
        return frozenset(self.questions) | frozenset(self.groups)


def read_questionnaire(
    survey: Path,
    choices: Path | None = None,
    *,
    languages: Iterable[str] = ("cs", "en"),
    encoding: str = "utf-8-sig",
) -> Questionnaire:
    """Read an XLSForm: a workbook with its sheets, or a pair of CSV files.

    Parameters
    ----------
    survey
        The ``.xlsx`` with the sheets ``survey`` and ``choices``, or the CSV of the survey.
    choices
        The CSV of the choices.
    languages
        Languages in order; a label without a language belongs to the first.
    encoding
        Of the CSV files.

    Raises
    ------
    WorkbenchError
        If the form cannot be used: no such column or list, a name twice, a group that is
        not closed. What can be read around (a routing in functions that the language lacks)
        is in :attr:`Questionnaire.issues`.
    """
    first = next(iter(languages), "cs")
    if choices is None:
        survey_rows = read_rows(survey, "survey")
        choice_rows = read_rows(survey, "choices")
    else:
        survey_rows = read_rows(survey, encoding=encoding)
        choice_rows = read_rows(choices, encoding=encoding)
    _require_columns(survey_rows, ("type", "name"))
    _require_columns(choice_rows, ("name",))
    reader = _Reader(_read_choices(choice_rows, first), first)
    for row in survey_rows:
        reader.read(row)
    return reader.questionnaire()


def _require_columns(rows: list[Row], columns: tuple[str, ...]) -> None:
    for column in columns:
        if rows and column not in rows[0].values:
            raise rows[0].error(
                f"the form has no column {column}",
                column,
                expected=", ".join(columns),
                got=", ".join(rows[0].values),
            )


def _read_choices(rows: list[Row], first: str) -> dict[str, tuple[Choice, ...]]:
    lists: dict[str, dict[str, Choice]] = {}
    for row in rows:
        list_name = row.values.get("list_name") or row.values.get("list name") or ""
        name = row.values["name"]
        if not list_name or not name:
            continue
        # Cascading lists repeat a name once per parent; the first entry carries the label.
        lists.setdefault(list_name, {}).setdefault(name, _choice(row, name, first))
    return {list_name: tuple(choices.values()) for list_name, choices in lists.items()}


def _choice(row: Row, name: str, first: str) -> Choice:
    attributes = {
        key: value
        for key, value in row.values.items()
        if value and key not in _STANDARD_CHOICE_COLUMNS and "::" not in key
    }
    return Choice(
        name=name,
        label=_labels(row, "label", first),
        exclusive=_yes(row, "exclusive"),
        open=_yes(row, "open"),
        attributes=attributes,
    )


def _labels(row: Row, column: str, first: str) -> dict[str, str]:
    nested = nest_languages(row.values).get(column, {})
    texts = nested if isinstance(nested, dict) else {first: nested}
    plain = row.values.get(column, "")
    if plain:
        texts = {first: plain, **texts}
    return {language: text for language, text in texts.items() if text}


def _yes(row: Row, column: str) -> bool:
    return row.values.get(column, "").lower() in ("yes", "true", "true()", "1", "ano")


class _Reader:
    """Goes down the rows of the sheet ``survey`` and remembers the open groups."""

    def __init__(self, choices: dict[str, tuple[Choice, ...]], first: str) -> None:
        self.choices = choices
        self.first = first
        self.questions: dict[str, Question] = {}
        self.groups: dict[str, dict[str, Any]] = {}
        self.open: list[str] = []
        self.opened_by: list[Row] = []
        self.repeats: list[bool] = []
        self.issues: list[Issue] = []
        self.repeated: set[str] = set()

    def read(self, row: Row) -> None:
        kind, _, rest = row.values["type"].partition(" ")
        if kind.startswith("begin"):
            self.begin(row, "repeat" in f"{kind} {rest}")
        elif kind.startswith("end") and (kind != "end" or rest):
            self.finish(row)
        else:
            self.question(row)

    def begin(self, row: Row, repeat: bool) -> None:
        name = row.values["name"] or f"group_{row.number}"
        self.open.append(name)
        self.opened_by.append(row)
        self.repeats.append(repeat)
        self.groups[name] = {
            "label": _labels(row, "label", self.first),
            "questions": [],
            "items": row.values.get("items") or None,
            "relevant": self.expression(row, "relevant"),
            "row": row,
        }

    def finish(self, row: Row) -> None:
        if not self.open:
            raise row.error("a group ends that did not begin", "type")
        self.open.pop()
        self.opened_by.pop()
        self.repeats.pop()

    def question(self, row: Row) -> None:
        kind, _, rest = _plain_type(row.values["type"]).partition(" ")
        name = row.values["name"]
        if kind in _IGNORED_TYPES or (not kind and not name):
            return
        if any(self.repeats):
            self.repeated.add(name)
            self.issues.append(
                row.issue(f"{name} is asked repeatedly and is left out", "name", severity="note")
            )
            return
        if kind not in ANSWER_TYPES:
            raise row.error(
                f"the question type {kind} is unknown",
                "type",
                got=row.values["type"],
                expected=", ".join(ANSWER_TYPES),
                hint=suggestion(kind, ANSWER_TYPES),
            )
        self.add(row, kind, name, rest)

    def add(self, row: Row, kind: str, name: str, rest: str) -> None:
        if not name:
            raise row.error("this question has no name", "name")
        if name in self.questions:
            raise row.error(
                f"the question {name} stands twice",
                "name",
                hint=f"it is also in row {_row_number(self.questions[name])}",
            )
        group = self.open[-1] if self.open else None
        self.questions[name] = Question(
            name=name,
            type=kind,
            label=_labels(row, "label", self.first),
            hint=_labels(row, "hint", self.first),
            list=self.list_name(row, kind, rest),
            relevant=self.routing(row),
            constraint=self.expression(row, "constraint"),
            required=_yes(row, "required"),
            sensitive=_yes(row, "sensitive"),
            sensitive_choices=row.values.get("sensitive", "").strip() == "choices",
            group=group,
            item=row.values.get("item") or None,
            samples=tuple(row.values.get("samples", "").split()),
            block=row.values.get("block", ""),
            order=len(self.questions),
            row=row,
        )
        for opened in self.open:
            self.groups[opened]["questions"].append(name)

    def list_name(self, row: Row, kind: str, rest: str) -> str | None:
        if not kind.startswith("select"):
            return None
        list_name = rest.split()[0] if rest else ""
        if list_name not in self.choices:
            if row.values["type"].startswith("select_one_external"):
                return None
            raise row.error(
                f"the choices have no list {list_name or '(none named)'}",
                "type",
                got=row.values["type"],
                hint=suggestion(list_name, self.choices),
            )
        return list_name

    def routing(self, row: Row) -> Expression | None:
        """The question's own condition and those of all groups it stands in."""
        own = self.expression(row, "relevant")
        conditions = [self.groups[group]["relevant"] for group in self.open]
        texts = [condition.text for condition in (*conditions, own) if condition is not None]
        if len(texts) < 2:
            return parse(texts[0]) if texts else None
        return parse(" and ".join(f"({text})" for text in texts))

    def expression(self, row: Row, column: str) -> Expression | None:
        text = row.values.get(column, "")
        if not text or text in ("yes", "true()"):
            return None
        try:
            return parse(text)
        except WorkbenchError as error:
            self.issues.append(
                row.issue(
                    f"{error.issue.what}; answers are not checked against it",
                    column,
                    severity="warning",
                    got=error.issue.got,
                    expected=error.issue.expected,
                    hint=error.issue.hint,
                )
            )
            return None

    def questionnaire(self) -> Questionnaire:
        if self.open:
            raise self.opened_by[-1].error(
                f"the group {self.open[-1]} is not closed", "type", expected="end_group"
            )
        groups = {
            name: Group(name=name, **{**parts, "questions": tuple(parts["questions"])})
            for name, parts in self.groups.items()
        }
        return Questionnaire(
            self.questions, groups, self.choices, tuple(self.issues), frozenset(self.repeated)
        )


def _plain_type(text: str) -> str:
    for alias, plain in _TYPE_ALIASES.items():
        if text.startswith(alias + " ") or text == alias:
            return plain + text[len(alias) :]
    return text


def _row_number(question: Question) -> int | None:
    return question.row.number if question.row else None

"""The language of definitions: XLSForm's own expressions, evaluated on whole columns.

``relevant`` and ``constraint`` of a form, the calculation of a derived variable and the
condition of an indicator are all written in it, so whoever can build a form can define an
indicator. Every value can be unknown (not asked, not answered); unknown propagates as in
SQL: ``unknown or true`` is true, ``unknown and true`` is unknown.

Truth values and numbers are float64 arrays with NaN for unknown; answers are
:class:`Answers`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.definitions import suggestion
from analysis.errors import WorkbenchError

Floats = NDArray[Any]

MISSING_CODES = ("-1", "-8", "-9")


@dataclass(frozen=True)
class Answers:
    """A column of named answers: ``codes`` point into ``names``, −1 is unknown."""

    codes: NDArray[np.integer[Any]]
    names: tuple[str, ...]

    def equals(self, name: str) -> Floats:
        """1 where the answer is ``name``, 0 where it is another, NaN where unknown."""
        code = self.names.index(name) if name in self.names else -2
        return np.where(self.codes < 0, np.nan, (self.codes == code).astype(float))

    def numbers(self) -> Floats:
        """The names read as numbers, NaN where a name is none."""
        values = np.array([*(_number(name) for name in self.names), np.nan])
        return values[self.codes]

    @property
    def unknown(self) -> NDArray[np.bool_]:
        """Where nothing is known."""
        return self.codes < 0


Value = Answers | Floats | str | float


class ChoiceLists(Protocol):
    """What the language needs to know of a questionnaire."""

    def choice_names(self, list_name: str) -> tuple[str, ...]:
        """The names of a list's choices."""

    def choice_attribute(self, list_name: str, name: str, attribute: str) -> str:
        """An extra column of a choice."""

    def list_of(self, question: str) -> str | None:
        """The list of a question's choices."""

    def group_items(self, group: str) -> tuple[tuple[str, str], ...]:
        """The questions of a grid, each with its item."""

    def items_list(self, group: str) -> str | None:
        """The list whose entries are the items of a grid."""

    def group_of(self, question: str) -> str | None:
        """The grid or block that a question stands in."""

    def is_multiple(self, question: str) -> bool:
        """Whether several choices can be given."""

    def bands(self, list_name: str) -> tuple[tuple[str, float, float], ...]:
        """The bands of a list: name, lowest, highest."""

    @property
    def survey_year(self) -> int | None:
        """The year in which people were asked."""


class Lookups(Protocol):
    """What the language needs to know of a territory."""

    def area_of(self, municipalities: pd.Series) -> pd.Series:
        """The area of each municipality."""

    def population_of(self, municipalities: pd.Series) -> pd.Series:
        """The population of each municipality."""


class Context:
    """The columns an expression is evaluated on, read as answers, numbers or dummies.

    Parameters
    ----------
    columns
        Column name → pandas Series or numpy array, all of one length: a survey frame, or
        the columns of a generated population.
    lists
        The questionnaire (choices, grids, bands).
    territory
        Look-ups for ``area-of`` and ``population-of``, where the study has them.
    current
        What ``.`` stands for.
    missing
        The codes that mean no answer, that of "not asked" first; a study card may name others.
    """

    def __init__(
        self,
        columns: Mapping[str, Any] | pd.DataFrame,
        lists: ChoiceLists,
        territory: Lookups | None = None,
        current: Value | None = None,
        current_question: str | None = None,
        derived: dict[str, Value] | None = None,
        rows: int | None = None,
        current_choice: str | None = None,
        missing: tuple[str, ...] = MISSING_CODES,
    ) -> None:
        self.columns = columns
        self.lists = lists
        self.territory = territory
        self.current = current
        self.current_question = current_question
        self.derived = derived if derived is not None else {}
        self.rows = rows if rows is not None else _length(columns)
        self.current_choice = current_choice
        self.missing = missing

    def at(
        self, current: Value | None, question: str | None = None, choice: str | None = None
    ) -> Context:
        """The same columns with another meaning of ``.``.

        With ``choice`` the dot is whether that choice was given, and ``selected(${q}, .)``
        asks for the same choice of another question.
        """
        return Context(
            self.columns,
            self.lists,
            self.territory,
            current,
            question,
            self.derived,
            self.rows,
            choice,
            self.missing,
        )

    def raw(self, name: str) -> Any:
        """The column as it stands, missing codes included."""
        if name not in self.columns:
            raise WorkbenchError(
                f"the data have no column {name}",
                expected=name,
                hint=suggestion(name, list(self.columns)),
            )
        return self.columns[name]

    def value(self, name: str) -> Value:
        """The column as answers or numbers with the missing codes made unknown."""
        if name not in self.derived:
            self.derived[name] = _readable(self.raw(name), self.missing)
        return self.derived[name]

    def chosen(self, question: str, choice: str) -> Floats:
        """1 where the choice of a select question was chosen, 0 where not, NaN unknown."""
        if self.lists.is_multiple(question):
            return _masked_numbers(self.raw(f"{question}.{choice}"), self.missing)
        value = self.value(question)
        return _as_answers(value).equals(choice)


@dataclass(frozen=True)
class Expression:
    """A parsed expression. ``names`` are the questions, variables and grids it needs."""

    text: str
    root: _Node
    names: frozenset[str]
    uses_current: bool
    literals: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def evaluate(self, context: Context) -> Value:
        """The value for every row: truth values and numbers as float64, else answers."""
        value = self.root.evaluate(context)
        if isinstance(value, float):
            return np.full(context.rows, value)
        if isinstance(value, str):
            return Answers(np.zeros(context.rows, dtype=np.int64), (value,))
        return value

    def truth(self, context: Context) -> Floats:
        """The value as truth: 1, 0 or NaN for every row."""
        return _truth(self.evaluate(context))


def parse(text: str) -> Expression:
    """Parse an expression.

    Raises
    ------
    WorkbenchError
        If the text is not of the language; ``got`` shows where the reading stopped.
    """
    parser = _Parser(text)
    root = parser.whole()
    return Expression(
        text,
        root,
        frozenset(parser.names),
        parser.uses_current,
        tuple(parser.literals),
    )


FUNCTION_NAMES: frozenset[str]


# --- reading the text -------------------------------------------------------------------

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<reference>\$\{\s*[^}\s]+\s*\})
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<text>'[^']*'|"[^"]*"|‘[^’]*’|“[^”]*”)
    | (?P<operator>!=|<=|>=|=|<|>|\+|-|\*|\(|\)|,)
    | (?P<current>\.)
    | (?P<word>[A-Za-z_][\w\-:]*)
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int


def _tokens(text: str) -> Iterator[_Token]:
    position = 0
    while position < len(text.rstrip()):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _unreadable(text, position)
        kind = match.lastgroup or ""
        yield _Token(kind, match.group(kind), match.start(kind))
        position = match.end()
    yield _Token("end", "", len(text))


def _unreadable(text: str, position: int, expected: str | None = None) -> WorkbenchError:
    return WorkbenchError(
        "this expression cannot be read",
        got=f"{text[:position]}⟂{text[position:]}",
        expected=expected,
        hint="the sign ⟂ shows where the reading stopped; the language is that of XLSForm",
    )


_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_tokens(text))
        self.index = 0
        self.names: set[str] = set()
        self.literals: list[tuple[str, str]] = []
        self.uses_current = False

    def whole(self) -> _Node:
        node = self.either()
        if self.token.kind != "end":
            raise self.error()
        return node

    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def error(self, expected: str | None = None) -> WorkbenchError:
        return _unreadable(self.text, self.token.start, expected)

    def take(self, *texts: str) -> str | None:
        token = self.token
        if token.kind in ("operator", "word") and token.text in texts:
            self.index += 1
            return token.text
        return None

    def require(self, text: str) -> None:
        if self.take(text) is None:
            raise self.error(text)

    def either(self) -> _Node:
        node = self.both()
        while self.take("or"):
            node = _Or(node, self.both())
        return node

    def both(self) -> _Node:
        node = self.comparison()
        while self.take("and"):
            node = _And(node, self.comparison())
        return node

    def comparison(self) -> _Node:
        node = self.sum()
        operator = self.take(*_COMPARISONS)
        if operator is None:
            return node
        other = self.sum()
        self._remember(node, other)
        return _Comparison(operator, node, other)

    def _remember(self, node: _Node, other: _Node) -> None:
        for left, right in ((node, other), (other, node)):
            self.note_literal(left, right)

    def note_literal(self, question: _Node, literal: _Node) -> None:
        if not isinstance(question, _Reference) or not isinstance(literal, _Literal):
            return
        if isinstance(literal.value, str) and literal.value:
            self.literals.append((question.name, literal.value))

    def sum(self) -> _Node:
        node = self.product()
        while operator := self.take("+", "-"):
            node = _Arithmetic(operator, node, self.product())
        return node

    def product(self) -> _Node:
        node = self.unary()
        while operator := self.take("*", "div"):
            node = _Arithmetic(operator, node, self.unary())
        return node

    def unary(self) -> _Node:
        if self.take("-"):
            return _Arithmetic("-", _Literal(0.0), self.unary())
        return self.primary()

    def primary(self) -> _Node:
        token = self.token
        self.index += 1
        if token.kind == "reference":
            name = token.text[2:-1].strip()
            self.names.add(name)
            return _Reference(name)
        if token.kind == "number":
            return _Literal(float(token.text))
        if token.kind == "text":
            return _Literal(token.text[1:-1])
        if token.kind == "current":
            self.uses_current = True
            return _Current()
        if token.kind == "word":
            return self.call(token)
        if token.text == "(":
            node = self.either()
            self.require(")")
            return node
        self.index -= 1
        raise self.error("a value")

    def call(self, token: _Token) -> _Node:
        if token.text not in _FUNCTIONS:
            self.index -= 1
            raise WorkbenchError(
                f"the language has no function {token.text}",
                got=self.text,
                expected=", ".join(sorted(_FUNCTIONS)),
                hint=suggestion(token.text, _FUNCTIONS),
            )
        self.require("(")
        arguments = self.arguments(token.text)
        function = _FUNCTIONS[token.text]
        if len(arguments) < function.minimum or len(arguments) > function.maximum:
            raise WorkbenchError(
                f"{token.text} has a wrong number of arguments",
                got=self.text,
                expected=function.usage,
            )
        if token.text == "selected":
            self.note_literal(arguments[0], arguments[1])
        return _Call(token.text, tuple(arguments))

    def arguments(self, function: str) -> list[_Node]:
        arguments: list[_Node] = []
        if self.take(")"):
            return arguments
        if function in _GROUP_FUNCTIONS and self.token.kind == "word":
            name = self.token.text
            self.index += 1
            self.names.add(name)
            arguments.append(_Literal(name))
            if self.take(")"):
                return arguments
            self.require(",")
        while True:
            arguments.append(self.either())
            if self.take(")"):
                return arguments
            self.require(",")


# --- nodes --------------------------------------------------------------------------------


class _Node(Protocol):
    def evaluate(self, context: Context) -> Value: ...


@dataclass(frozen=True)
class _Literal:
    value: str | float

    def evaluate(self, context: Context) -> Value:
        return self.value


@dataclass(frozen=True)
class _Reference:
    name: str

    def evaluate(self, context: Context) -> Value:
        return context.value(self.name)


@dataclass(frozen=True)
class _Current:
    def evaluate(self, context: Context) -> Value:
        if context.current is None:
            raise WorkbenchError("a dot stands where nothing is current", expected="a question")
        return context.current


@dataclass(frozen=True)
class _Or:
    left: _Node
    right: _Node

    def evaluate(self, context: Context) -> Value:
        left, right = _truth(self.left.evaluate(context)), _truth(self.right.evaluate(context))
        known = np.fmax(left, right)
        return np.where((known == 1) | ~(np.isnan(left) | np.isnan(right)), known, np.nan)


@dataclass(frozen=True)
class _And:
    left: _Node
    right: _Node

    def evaluate(self, context: Context) -> Value:
        left, right = _truth(self.left.evaluate(context)), _truth(self.right.evaluate(context))
        known = np.fmin(left, right)
        return np.where((known == 0) | ~(np.isnan(left) | np.isnan(right)), known, np.nan)


@dataclass(frozen=True)
class _Comparison:
    operator: str
    left: _Node
    right: _Node

    def evaluate(self, context: Context) -> Value:
        left, right = self.left.evaluate(context), self.right.evaluate(context)
        if self.operator in ("=", "!="):
            equal = _equality(left, right)
            return equal if self.operator == "=" else 1.0 - equal
        first, second = _numbers(left), _numbers(right)
        result = _ORDERINGS[self.operator](first, second)
        unknown = np.isnan(first) | np.isnan(second)
        return np.where(unknown, np.nan, result.astype(float))


_ORDERINGS: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True)
class _Arithmetic:
    operator: str
    left: _Node
    right: _Node

    def evaluate(self, context: Context) -> Value:
        left, right = _numbers(self.left.evaluate(context)), _numbers(self.right.evaluate(context))
        if self.operator == "+":
            return left + right
        if self.operator == "-":
            return left - right
        if self.operator == "*":
            return left * right
        return np.divide(left, right, out=np.full_like(left, np.nan), where=right != 0)


@dataclass(frozen=True)
class _Call:
    name: str
    arguments: tuple[_Node, ...]

    def evaluate(self, context: Context) -> Value:
        return _FUNCTIONS[self.name].evaluate(context, self.arguments)


# --- functions ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Function:
    usage: str
    minimum: int
    maximum: int
    evaluate: Callable[[Context, tuple[_Node, ...]], Value]


def _not(context: Context, arguments: tuple[_Node, ...]) -> Value:
    return 1.0 - _truth(arguments[0].evaluate(context))


def _if(context: Context, arguments: tuple[_Node, ...]) -> Value:
    condition = _truth(arguments[0].evaluate(context))
    chosen, other = arguments[1].evaluate(context), arguments[2].evaluate(context)
    if _is_numeric(chosen) and _is_numeric(other):
        value = np.where(condition == 1, _numbers(chosen), _numbers(other))
        return np.where(np.isnan(condition), np.nan, value)
    left, right = _spread(chosen, context.rows), _spread(other, context.rows)
    merged = _merge(left, right, condition == 1)
    return Answers(np.where(np.isnan(condition), -1, merged.codes), merged.names)


def _coalesce(context: Context, arguments: tuple[_Node, ...]) -> Value:
    first, second = arguments[0].evaluate(context), arguments[1].evaluate(context)
    if _is_numeric(first) and _is_numeric(second):
        numbers = _numbers(first)
        return np.where(np.isnan(numbers), _numbers(second), numbers)
    left, right = _spread(first, context.rows), _spread(second, context.rows)
    return _merge(left, right, ~left.unknown)


def _selected(context: Context, arguments: tuple[_Node, ...]) -> Value:
    if isinstance(arguments[1], _Current) and context.current_choice is not None:
        choice = context.current_choice
    else:
        choice = _literal_text(arguments[1], context)
    question = _question(arguments[0], context)
    if question is not None:
        return context.chosen(question, choice)
    value = arguments[0].evaluate(context)
    return _as_answers(value).equals(choice)


def _count_selected(context: Context, arguments: tuple[_Node, ...]) -> Value:
    question = _required_question(arguments[0], context, "count-selected")
    return _count([context.chosen(question, name) for name in _choices(question, context)])


def _selected_where(context: Context, arguments: tuple[_Node, ...]) -> Value:
    question = _required_question(arguments[0], context, "selected-where")
    attribute, wanted = (_literal_text(argument, context) for argument in arguments[1:])
    list_name = context.lists.list_of(question) or ""
    names = _names_where(context, list_name, _choices(question, context), attribute, wanted)
    return _any([context.chosen(question, name) for name in names])


def _count_in(context: Context, arguments: tuple[_Node, ...]) -> Value:
    group, answers = _group(arguments[0]), _texts(arguments[1:], context)
    questions = [question for question, _ in context.lists.group_items(group)]
    return _count([_among(context, question, answers) for question in questions])


def _any_in(context: Context, arguments: tuple[_Node, ...]) -> Value:
    group, answers = _group(arguments[0]), _texts(arguments[1:], context)
    questions = [question for question, _ in context.lists.group_items(group)]
    return _any([_among(context, question, answers) for question in questions])


def _count_in_asked(context: Context, arguments: tuple[_Node, ...]) -> Value:
    return _count(_of_asked(context, arguments))


def _any_in_asked(context: Context, arguments: tuple[_Node, ...]) -> Value:
    return _any(_of_asked(context, arguments))


def _of_asked(context: Context, arguments: tuple[_Node, ...]) -> list[Floats]:
    """Whether each item of a grid holds, no where it was not asked; unknown where none was."""
    group, answers = _group(arguments[0]), _texts(arguments[1:], context)
    questions = [question for question, _ in context.lists.group_items(group)]
    skipped = np.stack([_not_asked(context, question) for question in questions])
    nothing = np.where(skipped.all(axis=0), np.nan, 0.0)
    return [
        np.where(away, nothing, _among(context, question, answers))
        for question, away in zip(questions, skipped, strict=True)
    ]


def _same_item(context: Context, arguments: tuple[_Node, ...]) -> Value:
    group = _group(arguments[0])
    items = dict(_all_items(context))
    current = context.current_choice or items.get(context.current_question or "")
    for question, item in context.lists.group_items(group):
        if item == current:
            return context.value(question)
    raise WorkbenchError(
        f"the grid {group} has no item {current or '(no current item)'}",
        hint="same-item(grid) needs over: a grid or question with the same items",
    )


def _all_items(context: Context) -> Iterator[tuple[str, str]]:
    question = context.current_question
    group = context.lists.group_of(question) if question else None
    return iter(context.lists.group_items(group) if group else ())


def _count_in_where(context: Context, arguments: tuple[_Node, ...]) -> Value:
    group = _group(arguments[0])
    attribute, wanted, *answers = _texts(arguments[1:], context)
    list_name = context.lists.items_list(group) or ""
    items = {item: question for question, item in context.lists.group_items(group)}
    names = _names_where(context, list_name, tuple(items), attribute, wanted)
    return _count([_among(context, items[name], answers) for name in names])


def _band(context: Context, arguments: tuple[_Node, ...]) -> Value:
    numbers = _numbers(arguments[0].evaluate(context))
    list_name = _literal_text(arguments[1], context)
    bands = context.lists.bands(list_name)
    codes = np.full(context.rows, -1)
    for code, (_, low, high) in enumerate(bands):
        codes[(numbers >= low) & (numbers <= high)] = code
    return Answers(codes, tuple(name for name, _, _ in bands))


def _area_of(context: Context, arguments: tuple[_Node, ...]) -> Value:
    codes = _territory(context, "area-of").area_of(_code_series(arguments[0], context))
    return _as_answers(_readable(codes, ()))


def _population_of(context: Context, arguments: tuple[_Node, ...]) -> Value:
    series = _code_series(arguments[0], context)
    return _masked_numbers(_territory(context, "population-of").population_of(series))


def _survey_year(context: Context, arguments: tuple[_Node, ...]) -> Value:
    if context.lists.survey_year is None:
        raise WorkbenchError("survey-year needs the form of a study, which has a year")
    return float(context.lists.survey_year)


def _missing(context: Context, arguments: tuple[_Node, ...]) -> Value:
    return _unknown(arguments[0].evaluate(context)).astype(float)


def _is_code(context: Context, arguments: tuple[_Node, ...]) -> Value:
    question = _required_question(arguments[0], context, "is-code")
    code = _literal_text(arguments[1], context)
    if context.lists.is_multiple(question):
        question = f"{question}.{_choices(question, context)[0]}"
    raw = context.raw(question)
    series = raw if isinstance(raw, pd.Series) else pd.Series(raw)
    if pd.api.types.is_numeric_dtype(series.dtype):
        return (series.astype("float64") == float(code)).to_numpy(dtype=float)
    return (series.astype("str") == code).to_numpy(dtype=float)


def _regex(context: Context, arguments: tuple[_Node, ...]) -> Value:
    answers = _as_answers(arguments[0].evaluate(context))
    pattern = re.compile(_literal_text(arguments[1], context))
    fits = np.array([*(float(bool(pattern.search(name))) for name in answers.names), np.nan])
    return fits[answers.codes]


def _string_length(context: Context, arguments: tuple[_Node, ...]) -> Value:
    answers = _as_answers(arguments[0].evaluate(context))
    return np.array([*(float(len(name)) for name in answers.names), np.nan])[answers.codes]


_FUNCTIONS: dict[str, _Function] = {
    "not": _Function("not(condition)", 1, 1, _not),
    "if": _Function("if(condition, value, otherwise)", 3, 3, _if),
    "coalesce": _Function("coalesce(value, otherwise)", 2, 2, _coalesce),
    "selected": _Function("selected(${question}, 'choice')", 2, 2, _selected),
    "count-selected": _Function("count-selected(${question})", 1, 1, _count_selected),
    "selected-where": _Function(
        "selected-where(${question}, 'column', 'value')", 3, 3, _selected_where
    ),
    "count-in": _Function("count-in(grid, 'answer', …)", 2, 99, _count_in),
    "any-in": _Function("any-in(grid, 'answer', …)", 2, 99, _any_in),
    "count-in-where": _Function(
        "count-in-where(grid, 'column', 'value', 'answer', …)", 4, 99, _count_in_where
    ),
    "count-in-asked": _Function("count-in-asked(grid, 'answer', …)", 2, 99, _count_in_asked),
    "any-in-asked": _Function("any-in-asked(grid, 'answer', …)", 2, 99, _any_in_asked),
    "same-item": _Function("same-item(grid)", 1, 1, _same_item),
    "band": _Function("band(number, 'list')", 2, 2, _band),
    "area-of": _Function("area-of(${municipality})", 1, 1, _area_of),
    "population-of": _Function("population-of(${municipality})", 1, 1, _population_of),
    "survey-year": _Function("survey-year()", 0, 0, _survey_year),
    "missing": _Function("missing(${question})", 1, 1, _missing),
    "is-code": _Function("is-code(${question}, '-8')", 2, 2, _is_code),
    "regex": _Function("regex(${question}, 'pattern')", 2, 2, _regex),
    "string-length": _Function("string-length(${question})", 1, 1, _string_length),
}
_GROUP_FUNCTIONS = (
    "count-in", "any-in", "count-in-where", "count-in-asked", "any-in-asked", "same-item",
)  # fmt: skip
FUNCTION_NAMES = frozenset(_FUNCTIONS)


# --- helpers ------------------------------------------------------------------------------


def _length(columns: Mapping[str, Any] | pd.DataFrame) -> int:
    if isinstance(columns, pd.DataFrame):
        return len(columns)
    return len(next(iter(columns.values()))) if columns else 0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def _readable(column: Any, missing: tuple[str, ...]) -> Value:
    series = column if isinstance(column, pd.Series) else pd.Series(column)
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _from_categorical(series, missing)
    if pd.api.types.is_bool_dtype(series.dtype):
        return series.astype("float64").to_numpy()
    if pd.api.types.is_numeric_dtype(series.dtype):
        return _masked_numbers(series, missing)
    return _from_categorical(series.astype("category"), missing)


def _from_categorical(series: pd.Series, missing: tuple[str, ...] = ()) -> Answers:
    names = tuple(str(name) for name in series.cat.categories)
    codes = series.cat.codes.to_numpy()
    unknown = [index for index, name in enumerate(names) if name in missing]
    if unknown:
        codes = np.where(np.isin(codes, unknown), -1, codes)
    return Answers(codes, names)


def _masked_numbers(column: Any, missing: tuple[str, ...] = ()) -> Floats:
    if isinstance(column, pd.Series):
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        numbers = np.asarray(column, dtype=np.float64)
    unknown = np.isin(numbers, [_number(code) for code in missing])
    return np.where(unknown, np.nan, numbers)


def _is_numeric(value: Value) -> bool:
    return isinstance(value, (float, np.ndarray))


def _numbers(value: Value) -> Floats:
    if isinstance(value, Answers):
        return value.numbers()
    if isinstance(value, str):
        return np.float64(_number(value))  # type: ignore[return-value]
    return np.asarray(value, dtype=np.float64)


def _truth(value: Value) -> Floats:
    numbers = _numbers(value)
    return np.where(np.isnan(numbers), np.nan, (numbers != 0).astype(float))


def _unknown(value: Value) -> NDArray[np.bool_]:
    if isinstance(value, Answers):
        return value.unknown
    return np.isnan(_numbers(value))


def _as_answers(value: Value) -> Answers:
    if isinstance(value, Answers):
        return value
    series = pd.Series(_numbers(value))
    text = series.map(lambda number: f"{number:g}", na_action="ignore")
    return _from_categorical(text.astype("category"))


def _spread(value: Value, rows: int) -> Answers:
    if isinstance(value, str):
        return Answers(np.zeros(rows, dtype=np.int64), (value,))
    answers = _as_answers(value)
    if len(answers.codes) == rows:
        return answers
    return Answers(np.full(rows, answers.codes[0]), answers.names)


def _merge(left: Answers, right: Answers, take_left: NDArray[np.bool_]) -> Answers:
    names = tuple(dict.fromkeys([*left.names, *right.names]))
    left_map = np.array([*(names.index(name) for name in left.names), -1])
    right_map = np.array([*(names.index(name) for name in right.names), -1])
    return Answers(np.where(take_left, left_map[left.codes], right_map[right.codes]), names)


def _equality(left: Value, right: Value) -> Floats:
    if isinstance(left, str):
        left, right = right, left
    if isinstance(right, str) and right == "":
        return _unknown(left).astype(float)
    if isinstance(left, Answers) and isinstance(right, str):
        return left.equals(right)
    if isinstance(left, Answers) and isinstance(right, Answers):
        merged = {name: code for code, name in enumerate(right.names)}
        codes = np.array([*(merged.get(name, -2) for name in left.names), -1])[left.codes]
        equal = (codes == right.codes).astype(float)
        return np.where(left.unknown | right.unknown, np.nan, equal)
    first, second = _numbers(left), _numbers(right)
    equal = (first == second).astype(float)
    return np.where(np.isnan(first) | np.isnan(second), np.nan, equal)


def _question(node: _Node, context: Context) -> str | None:
    if isinstance(node, _Reference):
        return node.name
    if isinstance(node, _Current):
        return context.current_question
    return None


def _required_question(node: _Node, context: Context, function: str) -> str:
    question = _question(node, context)
    if question is None:
        raise WorkbenchError(f"{function} needs a question", expected="${question} or a dot")
    return question


def _literal_text(node: _Node, context: Context) -> str:
    value = node.evaluate(context)
    if isinstance(value, float):
        return f"{value:g}"
    if not isinstance(value, str):
        raise WorkbenchError("a text in quotes is expected here")
    return value


def _texts(nodes: Iterable[_Node], context: Context) -> list[str]:
    return [_literal_text(node, context) for node in nodes]


def _group(node: _Node) -> str:
    if isinstance(node, _Reference):
        return node.name
    assert isinstance(node, _Literal)
    return str(node.value)


def _choices(question: str, context: Context) -> tuple[str, ...]:
    return context.lists.choice_names(context.lists.list_of(question) or "")


def _names_where(
    context: Context, list_name: str, names: Iterable[str], attribute: str, wanted: str
) -> list[str]:
    found = [
        name
        for name in names
        if context.lists.choice_attribute(list_name, name, attribute) == wanted
    ]
    if not found:
        raise WorkbenchError(
            f"no choice of {list_name} has {attribute} = {wanted}",
            hint="check the column of the choices and its value",
        )
    return found


def _among(context: Context, question: str, answers: Iterable[str]) -> Floats:
    value = _as_answers(context.value(question))
    wanted = [value.names.index(name) for name in answers if name in value.names]
    fits = np.isin(value.codes, wanted).astype(float)
    return np.where(value.unknown, np.nan, fits)


def _not_asked(context: Context, question: str) -> NDArray[np.bool_]:
    """Where the routing left a question out; the first code of ``missing`` says so."""
    column = pd.Series(context.raw(question)).astype("str")
    return (column == context.missing[0]).to_numpy(dtype=bool)


def _count(columns: list[Floats]) -> Floats:
    """How many hold; unknown where one of them is, because the number might be larger."""
    return np.sum(columns, axis=0)


def _any(columns: list[Floats]) -> Floats:
    """Whether one holds; it is known to as soon as one does, and not to when all are known."""
    stacked = np.stack(columns)
    found = np.any(stacked == 1, axis=0)
    return np.where(found, 1.0, np.where(np.isnan(stacked).any(axis=0), np.nan, 0.0))


def _territory(context: Context, function: str) -> Lookups:
    if context.territory is None:
        raise WorkbenchError(f"{function} needs a study with a territory")
    return context.territory


def _code_series(node: _Node, context: Context) -> pd.Series:
    value = node.evaluate(context)
    if isinstance(value, Answers):
        names = np.array([*value.names, None], dtype=object)
        return pd.Series(names[value.codes], dtype="str")
    numbers = pd.Series(_numbers(value))
    return numbers.map(lambda number: f"{number:.0f}", na_action="ignore").astype("str")

"""Arithmetic of a report, checked before it is published.

Published tables fail in ordinary ways: lists that do not add up to their stated total,
percentages cut off instead of rounded, places added to persons, differences in % where
percentage points are meant. Every block of a report is read again here as a reader reads it,
and a report with such a fault is not published.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.errors import Issue, WorkbenchError
from analysis.presentation.blocks import (
    Block,
    Callout,
    Cell,
    Chart,
    Facts,
    Figures,
    Heading,
    ItemList,
    Paragraph,
    Relation,
    Table,
)
from analysis.presentation.wording import words
from analysis.publishing.content import Content
from analysis.quantities import UNITS

_MOST_ISSUES = 20
_EXACT = 1e-9
_MINUS = "\u2212"
_SPACES = "\u00a0\u202f\u2009 "
_SIGNS = re.compile(r"[\[\]()*•†]")

#: Differences of shares in percent, and the words by which they are known, by language.
_DIFFERENCE_IN_PERCENT = {
    "cs": (
        re.compile(
            r"\bo\s*[+−-]?\d[\d\s,]*%\s+(?:více|víc|méně|míň|vyšší|nižší|větší|menší|lepší|horší"
            r"|častěji|nad\b|pod\b)"
        ),
        re.compile(r"\brozdíl\w*\s+(?:je|činí|byl|o|dosahuje)?\s*[+−-]?\d[\d\s,]*%"),
        re.compile(r"\d[\d\s,]*%\s+(?:nad|pod)\s+(?:krajským\s+)?průměrem"),
    ),
    "en": (
        re.compile(r"\d[\d.,]*%\s+(?:more|fewer|less|higher|lower|above|below)\b"),
        re.compile(r"\bby\s+[+−-]?\d[\d.,]*%"),
        re.compile(r"\bdifference\s+(?:of|is)\s+[+−-]?\d[\d.,]*%"),
    ),
}
_NEGATIVE_ZERO = re.compile(rf"(?<![\d.,–])[{_MINUS}-]0(?:[.,]0+)?(?![\d.,])")
_CONFIDENCE = re.compile(r"(\d+(?:[.,]\d+)?)\s*%?\s*(?:interval\w* spolehlivosti|confidence)")


@dataclass(frozen=True)
class Printed:
    """A number as it is printed: its value and how many decimal places it has."""

    value: float
    places: int

    @property
    def step(self) -> float:
        """The least difference that the places show."""
        return 10.0**-self.places


def check_arithmetic(content: Content, name: str) -> None:
    """Refuse a report whose numbers contradict each other or are written wrongly.

    Parameters
    ----------
    content
        The report.
    name
        What it is called in messages.

    Raises
    ------
    WorkbenchError
        With an issue that names table, row and column for each fault.
    """
    language = content.document.language
    blocks = [element.block for element in content.elements]
    labels = {id(element.block): element.label for element in content.elements}
    issues = []
    for block in blocks:
        for table in _tables(block):
            label = labels.get(id(block), "") or table.name
            issues += list(table_issues(table, language, name, label))
        issues += list(text_issues(_texts(block), language, name))
    if issues:
        raise WorkbenchError(
            f"the numbers of a report do not hold: {len(issues)} faults",
            file=name,
            issues=issues[:_MOST_ISSUES],
        )


def table_issues(table: Table, language: str, report: str = "", label: str = "") -> Iterator[Issue]:
    """What is wrong with the numbers of one table."""
    checker = _Checker(table, language, report, label or table.name)
    yield from checker.issues()


def text_issues(texts: Iterable[str], language: str, report: str = "") -> Iterator[Issue]:
    """What is wrong with the numbers of sentences."""
    for text in texts:
        plain = text.translate({ord(space): " " for space in _SPACES})
        for match in _NEGATIVE_ZERO.finditer(plain):
            yield Issue("a zero has a sign", file=report, expected="0", got=_around(plain, match))
        for pattern in _DIFFERENCE_IN_PERCENT.get(language, ()):
            for match in pattern.finditer(plain.lower()):
                yield Issue(
                    "a difference of shares is written in percent",
                    file=report,
                    expected=words(language).numbers.points(0.05).replace("\u00a0", " "),
                    got=_around(plain, match),
                    hint="a difference of two percentages is in percentage points",
                )
        for match in _CONFIDENCE.finditer(plain):
            level = float(match.group(1).replace(",", "."))
            if not 0 < level < 100:
                yield Issue(
                    "a confidence is none", file=report, expected="above 0 and below 100 %",
                    got=_around(plain, match),
                )  # fmt: skip


def printed(text: str, language: str) -> Printed | None:
    """The number that a cell shows, in the signs of the language; None where it is no number."""
    locale = words(language).numbers.locale
    bare = _SIGNS.sub("", text)
    for sign in (str(locale["thousands"]), *_SPACES):
        bare = bare.replace(sign, "")
    bare = re.sub(r"(%|p\.b\.|pp|p\.p\.)$", "", bare.replace(_MINUS, "-").replace("+", ""))
    decimal = re.escape(str(locale["decimal"]))
    match = re.fullmatch(rf"(-?\d+)(?:{decimal}(\d+))?", bare)
    if match is None:
        return None
    fraction = match.group(2) or ""
    return Printed(float(f"{match.group(1)}.{fraction or '0'}"), len(fraction))


class _Checker:
    """Reads a table and says what does not hold in it."""

    def __init__(self, table: Table, language: str, report: str, label: str) -> None:
        self.table = table
        self.language = language
        self.report = report
        self.label = label
        self.numbers = [[printed(cell.text, language) for cell in row] for row in table.rows]

    def issues(self) -> Iterator[Issue]:
        yield from self.units()
        for number, row in enumerate(self.table.rows):
            for place, cell in enumerate(row):
                if place:
                    yield from self.cell(number, place, cell)
            yield from self.intervals(number)
        for relation in self.table.relations:
            yield from self.relation(relation)

    def issue(self, what: str, row: int, column: int, expected: str, got: str) -> Issue:
        """An issue about a cell, named by the words at its row and column."""
        head = self.table.columns[column]
        title = f"{head.spanner}, {head.header}" if head.spanner else head.header
        named = self.table.rows[row][0].text if 0 <= row < len(self.table.rows) else ""
        return Issue(
            f"{what} (row “{named}”)" if named else what,
            file=self.report or None,
            sheet=f"{self.label} {self.table.caption}".strip(),
            row=row + 1,
            column=title,
            expected=expected,
            got=got,
        )

    # --- single cells ---------------------------------------------------------------------

    def cell(self, row: int, place: int, cell: Cell) -> Iterator[Issue]:
        if _NEGATIVE_ZERO.search(cell.text):
            yield self.issue("a zero has a sign", row, place, "0", cell.text)
        shown = self.numbers[row][place]
        if shown is None or cell.value is None:
            return
        is_share = "%" in cell.number_format
        exact = cell.value * 100 if is_share else cell.value
        yield from self.rounding(row, place, shown, exact, cell)
        role = self.table.columns[place].role
        if is_share and role != "" and not -_EXACT <= exact <= 100 + _EXACT:
            yield self.issue("a share is none", row, place, "0 to 100 %", cell.text)
        if cell.number_format.startswith("+") and "%" in cell.text:
            yield self.issue(
                "a difference of shares is written in percent", row, place,
                "percentage points", cell.text,
            )  # fmt: skip

    def rounding(
        self, row: int, place: int, shown: Printed, exact: float, cell: Cell
    ) -> Iterator[Issue]:
        """Printed is rounded: within half of the last place, never merely cut off."""
        apart = abs(shown.value - exact)
        if apart <= shown.step / 2 + _EXACT * max(1.0, abs(exact)):
            if shown.value == 0 and exact and "<" not in cell.text:
                yield self.issue(
                    "a number that is not 0 is printed as 0", row, place,
                    f"less than {shown.step:g}", cell.text,
                )  # fmt: skip
            return
        cut = math.isclose(math.trunc(exact / shown.step) * shown.step, shown.value)
        what = "a number is cut off, not rounded" if cut else "a number is not the one released"
        expected = words(self.language).numbers.decimal(exact, shown.places)
        yield self.issue(what, row, place, expected, cell.text)

    def intervals(self, row: int) -> Iterator[Issue]:
        """Low ≤ value ≤ high, for the three columns that follow each other."""
        columns, numbers = self.table.columns, self.numbers[row]
        for place in range(len(columns) - 2):
            roles = tuple(column.role for column in columns[place : place + 3])
            found = numbers[place : place + 3]
            if roles != ("value", "low", "high") or None in found:
                continue
            value, low, high = (one.value for one in found if one is not None)
            if not low <= value <= high:
                yield self.issue(
                    "an interval does not contain its estimate", row, place,
                    f"{low:g} to {high:g}", f"{value:g}",
                )  # fmt: skip

    def units(self) -> Iterator[Issue]:
        for place, column in enumerate(self.table.columns):
            if column.unit and column.unit not in UNITS:
                yield self.issue("there is no such unit", -1, place, ", ".join(UNITS), column.unit)

    # --- relations ------------------------------------------------------------------------

    def relation(self, relation: Relation) -> Iterator[Issue]:
        kinds: dict[str, Any] = {
            "rows": self.row_sums,
            "rows_at_most": self.row_sums,
            "columns": self.column_sums,
            "rate": self.rates,
            "hundred": self.hundred,
            "several": self.several,
        }
        yield from kinds[relation.kind](relation)

    def row_sums(self, relation: Relation) -> Iterator[Issue]:
        for column in relation.columns:
            whole = self.numbers[relation.whole][column]
            parts = [self.numbers[row][column] for row in relation.parts]
            known = [part for part in parts if part is not None]
            # A part that is hidden may be anything from nothing to all the rest.
            hidden = len(known) < len(parts)
            if whole is None or (hidden and relation.kind == "rows"):
                continue
            total = sum(part.value for part in known)
            slack = _slack([whole, *known])
            most_only = relation.kind == "rows_at_most"
            if total > whole.value + slack or (not most_only and total < whole.value - slack):
                what = "parts are more than their whole" if most_only else "a total is not its sum"
                yield self.issue(
                    what, relation.whole, column,
                    f"{'at least ' if most_only else ''}{total:g}", f"{whole.value:g}",
                )  # fmt: skip

    def column_sums(self, relation: Relation) -> Iterator[Issue]:
        columns = self.table.columns
        units = {columns[place].unit for place in (relation.whole, *relation.parts)}
        if len(units) > 1:
            yield self.issue(
                "different things are added", -1, relation.whole,
                columns[relation.whole].unit or "a unit", ", ".join(sorted(units - {""})),
            )  # fmt: skip
            return
        for row, numbers in enumerate(self.numbers):
            whole = numbers[relation.whole]
            parts = [numbers[place] for place in relation.parts]
            if whole is None or None in parts:
                continue
            known = [part for part in parts if part is not None]
            total = sum(part.value for part in known)
            if abs(total - whole.value) > _slack([whole, *known]):
                yield self.issue(
                    "a total is not its sum", row, relation.whole, f"{total:g}",
                    f"{whole.value:g}",
                )  # fmt: skip

    def rates(self, relation: Relation) -> Iterator[Issue]:
        columns = self.table.columns
        used = [*relation.parts, *([relation.base_column] if relation.base_column >= 0 else [])]
        units = {columns[place].unit for place in used}
        if len(units) > 1:
            yield self.issue(
                "a share is of different things", -1, relation.whole,
                "one unit", ", ".join(sorted(units)),
            )  # fmt: skip
            return
        for row, numbers in enumerate(self.numbers):
            share = numbers[relation.whole]
            parts = [numbers[place] for place in relation.parts]
            base = (
                numbers[relation.base_column]
                if relation.base_column >= 0
                else Printed(relation.base, 0)
            )
            if share is None or base is None or None in parts or not base.value:
                continue
            count = sum(part.value for part in parts if part is not None)
            exact = 100 * count / base.value
            if abs(share.value - exact) > share.step / 2 + _EXACT * 100:
                cut = math.isclose(math.trunc(exact / share.step) * share.step, share.value)
                what = "a share is cut off, not rounded" if cut else "a share is not its count"
                expected = words(self.language).numbers.decimal(exact, share.places)
                got = self.table.rows[row][relation.whole].text
                yield self.issue(what, row, relation.whole, expected, got)
            elif count and not share.value and "<" not in self.table.rows[row][relation.whole].text:
                got = self.table.rows[row][relation.whole].text
                yield self.issue(
                    "a share of a count that is not 0 is printed as 0", row, relation.whole,
                    f"less than {share.step:g} %", got,
                )  # fmt: skip

    def hundred(self, relation: Relation) -> Iterator[Issue]:
        for column in relation.columns:
            parts = [self.numbers[row][column] for row in relation.parts]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts) or not known:
                continue
            total = sum(part.value for part in known)
            slack = sum(part.step / 2 for part in known) + _EXACT
            if abs(total - 100) > slack:
                yield self.issue(
                    "shares do not add up to 100 %", -1, column,
                    f"100 within {slack:.2g}", f"{total:.{known[0].places}f}",
                )  # fmt: skip

    def several(self, relation: Relation) -> Iterator[Issue]:
        note = words(self.language).say("sentence.multiple")
        if note not in self.table.notes:
            yield self.issue(
                "several answers were allowed and no note says so", -1,
                relation.columns[0] if relation.columns else 0, note, "no such note",
            )  # fmt: skip


def _slack(numbers: Sequence[Printed]) -> float:
    """How far a sum of rounded numbers may be from its whole: whole numbers not at all."""
    rounded = [number for number in numbers if number.places]
    return sum(number.step / 2 for number in rounded) + _EXACT if rounded else _EXACT


def _around(text: str, match: re.Match[str]) -> str:
    start, end = max(match.start() - 20, 0), min(match.end() + 20, len(text))
    return text[start:end].strip()


def _tables(block: Block) -> Iterator[Table]:
    if isinstance(block, Table):
        yield block
    if isinstance(block, Chart) and block.data is not None:
        yield block.data


def _texts(block: Block) -> Iterator[str]:
    """The sentences of a block."""
    if isinstance(block, Paragraph | Heading):
        yield block.text
    elif isinstance(block, Callout):
        yield from (block.title, block.text)
    elif isinstance(block, ItemList):
        yield from block.items
    elif isinstance(block, Facts):
        yield from (value for _, value in block.items)
    elif isinstance(block, Figures):
        yield from (part for item in block.items for part in item)
    elif isinstance(block, Table):
        yield from (block.caption, *block.notes)
    elif isinstance(block, Chart):
        yield from (block.caption, block.alt, *block.notes)

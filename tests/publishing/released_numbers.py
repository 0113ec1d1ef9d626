"""Every number of a published page, and where it may come from.

A page is read as its reader gets it: sentences, list items, captions, alternative texts and
rows of tables. A value that stands with its interval must be one released row, all three
numbers at once; only what has no interval may come from anywhere in the evidence.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.presentation.coding import RELIABLE, TENTATIVE
from analysis.presentation.numbers import half_up
from analysis.study import Study

PROJECT = Path(__file__).resolve().parents[2]
SHOWN = ("ok", "low_precision", "true_zero")

#: A number that no letter, point or comma stands before: A1, R3, AW05 and s37 are names.
_NUMBER = re.compile(
    r"(?<![\w.,])[−+-]?\d{1,3}(?:\u00a0\d{3})+(?:,\d+)?|(?<![\w.,/])[−+-]?\d+(?:,\d+)?"
)

#: Numbers that are no results, with the reason why they need no row.
ALLOWED = (
    (r"^(?:Tabulka|Graf|Mapa|Obrázek)\u00a0?\s*\d+:", "the number of a table or figure"),
    (r"^\d+(?:\.\d+)* ", "the number of a heading"),
    (r"\ba\u00a0\d+\s(?:dalš\w+|jin\w+)", "how many items a list leaves out"),
    (r"\d+%\u00a0interval|\d+%\sinterval", "the confidence of an interval"),
    (r"\b[0-9a-f]{12}\b", "the fingerprint of the input data"),
    (r"\bze?\u00a0\d+\sdruhů", "how many services the questionnaire lists"),
    (r"make env; needs run [^;]+; needs report [\w -]+", "the commands that make the report again"),
    (r"§+\u00a0\d+\w?(?:–\d+)?|č\.\u00a0\d+/\d{4}", "a section of an Act"),
    (r"\d{1,2}\.\u00a0\d{1,2}\.\u00a0\d{4}|\d{1,2}\.\u00a0\w+\u00a0\d{4}", "a date"),
)  # fmt: skip

_TEXT_TAGS = {"p", "li", "h1", "h2", "h3", "h4", "h5", "caption", "figcaption", "dt", "dd"}
_SKIPPED = {"style", "nav", "head", "footer"}


@dataclass(frozen=True)
class Segment:
    """A sentence, or a row of a table as its cells."""

    cells: tuple[str, ...]

    @property
    def text(self) -> str:
        return " | ".join(self.cells)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.segments: list[Segment] = []
        self._skipped = 0
        self._text: list[str] = []
        self._cells: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipped += 1
        if tag == "img" and not self._skipped:
            self.segments.append(Segment((dict(attrs).get("alt") or "",)))
        if tag == "tr":
            self._cells = []
        if tag in _TEXT_TAGS or tag in ("td", "th"):
            self._text = []
        elif tag in ("span", "strong", "small", "br"):
            self._text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped -= 1
        if tag in ("td", "th") and self._cells is not None:
            self._cells.append(self._taken())
        elif tag == "tr" and self._cells is not None:
            self.segments.append(Segment(tuple(self._cells)))
            self._cells = None
        elif tag in _TEXT_TAGS and not self._skipped:
            text = self._taken()
            if text:
                self.segments.append(Segment((text,)))

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._text.append(data)

    def _taken(self) -> str:
        text = re.sub(r"[ \n]+", " ", "".join(self._text)).strip()
        self._text = []
        return text


def segments(html: str) -> list[Segment]:
    """The texts and table rows of a page, in order."""
    reader = _Reader()
    reader.feed(html)
    return reader.segments


def numbers_of(text: str) -> list[str]:
    """The numbers of a text in one spelling, without those that the list above allows."""
    for pattern, _ in ALLOWED:
        text = re.sub(pattern, " ", text)
    return [spelt(found) for found in _NUMBER.findall(text)]


def spelt(number: str) -> str:
    """A number as digits with a decimal point, a minus and no plus."""
    plain = number.replace("\u00a0", "").replace(" ", "").replace("−", "-").replace(",", ".")
    plain = plain.lstrip("+")
    return "0" if plain in ("-0",) else plain


def printings(value: float, places: Iterable[int]) -> set[str]:
    """How a number may be printed."""
    if not np.isfinite(value):
        return set()
    return {f"{half_up(value, place) + 0:f}" for place in places}


@dataclass
class Evidence:
    """Where numbers may come from: released rows as triples, and single numbers."""

    triples: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    singles: set[str] = field(default_factory=set)

    def unmatched(self, segment: Segment) -> list[str]:
        """The numbers of a segment without evidence."""
        label, *others = segment.cells if len(segment.cells) > 1 else ("", *segment.cells)
        tokens = [token for cell in others for token in numbers_of(cell)]
        left = [token for token in numbers_of(label) if token not in self.singles]
        place = 0
        while place < len(tokens):
            triple = tuple(tokens[place : place + 3])
            bases = self.triples.get(triple) if len(triple) == 3 else None  # type: ignore[call-overload]
            if bases is not None:
                place += 3
                if place < len(tokens) and tokens[place] in bases:
                    place += 1
                continue
            if tokens[place] not in self.singles:
                left.append(tokens[place])
            place += 1
        return left

    def is_triple(self, tokens: Sequence[str], place: int) -> bool:
        """Whether a released row is printed at a place."""
        return tuple(tokens[place : place + 3]) in self.triples


def evidence(study: Study, area: str, kind: str) -> Evidence:
    """All that the report on an area may draw from."""
    found = Evidence()
    rows = pd.read_parquet(study.processed / "released.parquet")
    rows = rows[rows["release"].isin(SHOWN)]
    own = rows["area"].isin([area, study.whole]) | (rows["breakdown"] == "")
    for row in rows[own].itertuples(index=False):
        _add_row(found, row, row.area in (area, study.whole) and not row.breakdown)
    record = pd.read_json(study.processed / "run_record.json", typ="series").to_dict()
    for number in _numbers_in(record):
        found.singles |= printings(number, (0, 1, 2, 3)) | printings(100 * number, (0, 1, 2))
    found.singles |= set(_territory_numbers(study, area))
    found.singles |= set(_stated_numbers(study, kind))
    return found


def _add_row(found: Evidence, row: Any, is_total: bool) -> None:
    bases = printings(row.n, (0,))
    if is_total or not row.comparison:
        found.singles |= bases
    for scale in (1, 100):
        values = printings(scale * row.estimate, (0, 1))
        if scale == 100 and 0 < row.estimate < 0.005:
            values.add("1")
        if is_total:
            found.singles |= values
        for place in (0, 1):
            low, high = (printings(scale * one, (place,)) for one in (row.ci_low, row.ci_high))
            for value in values:
                for bounds in ((a, b) for a in low for b in high):
                    found.triples.setdefault((value, *bounds), set()).update(bases)


def _numbers_in(content: Any) -> Iterator[float]:
    if isinstance(content, dict):
        for value in content.values():
            yield from _numbers_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from _numbers_in(value)
    elif isinstance(content, int | float) and not isinstance(content, bool):
        yield float(content)


def _territory_numbers(study: Study, area: str) -> Iterator[str]:
    """Inhabitants by age and sex, municipalities by size and kind, and their shares."""
    assert study.territory is not None
    for level, place in (("area", area), ("region", study.whole)):
        people = study.territory.population(level, study.region)  # type: ignore[arg-type]
        people = people[people["code"] == place]
        total = float(people["count"].sum())
        five = people["age_from"].clip(upper=85) // 5
        bands = pd.cut(people["age_from"], [-1, 14, 29, 44, 64, 79, 200])
        parts = [
            *people.groupby(bands, observed=False)["count"].sum(),
            *people.groupby([bands, "sex"], observed=False)["count"].sum(),
            *people.groupby("sex")["count"].sum(),
            *people.groupby(five)["count"].sum(),
            *people.groupby([five, "sex"])["count"].sum(),
            people.loc[people["age_from"] >= 65, "count"].sum(),
            total,
        ]
        sizes = study.territory.municipality_sizes(study.region)
        sizes = sizes if level == "region" else sizes[sizes["area"] == area]
        classes = pd.cut(sizes["population"], [-1, 499, 999, 1999, 4999, 9999, 10**7])
        by_class = sizes.groupby(classes, observed=False)["population"]
        small = sizes.loc[sizes["population"] < 1000, "population"]
        counts = [*by_class.size(), len(sizes), len(small)]
        types = study.territory.municipalities
        types = types[types["region"] == study.region]
        types = types if level == "region" else types[types["area"] == area]
        counts += list(types.groupby("type").size())
        for number in [*parts, *by_class.sum(), small.sum()]:
            yield from printings(float(number), (0,))
            yield from printings(100 * float(number) / total, (0, 1))
        for number in counts:
            yield str(int(number))
    yield str(len(study.areas))


def _stated_numbers(study: Study, kind: str) -> Iterator[str]:
    """Numbers that stand in words: phrases, definitions, questionnaire, sources, rules."""
    folder, catalogues = study.folder, PROJECT / "studies" / "catalogues"
    files = [
        *(folder / name for name in ("study.yaml", "indicators.csv", "recommendations.yaml")),
        *sorted((folder / "questionnaire").glob("*.csv")),
        folder / "reports" / f"{kind}.yaml",
        *sorted((PROJECT / "analysis" / "presentation" / "phrases").glob("*.yaml")),
        *sorted((PROJECT / "analysis" / "release").glob("*.yaml")),
        catalogues / "territory" / "sources.csv",
    ]
    yield from (f"{limit:g}" for limit in (TENTATIVE, RELIABLE))
    for path in files:
        if path.exists():
            text = path.read_text(encoding="utf-8").replace("\\u00a0", "\u00a0")
            if path.suffix == ".csv":
                text = "\n".join(cell for row in csv.reader(text.splitlines()) for cell in row)
            pattern = r"\d{1,3}(?:[ \u00a0]\d{3})+|\d+(?:[.,]\d+)?"
            yield from (spelt(found) for found in re.findall(pattern, text))

"""Text as outlines: its width, its kerning and its letters as SVG paths.

A chart travels as a picture, and a picture cannot count on a font of the reader's machine;
so its letters are drawn. Each letter is defined once in a chart and placed by reference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from analysis.presentation.theme import Weight, font_file

_CODES = {"regular": "r", "semibold": "s", "bold": "b"}
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class PlacedGlyph:
    """A letter and where it begins, in font units from the start of the text."""

    name: str
    x: int


class Typeface:
    """One weight of the family, measured in font units (``units`` to the em)."""

    def __init__(self, weight: Weight = "regular") -> None:
        from fontTools.ttLib import TTFont

        self.weight = weight
        # The cubic outlines need fewer points than those of the TrueType file.
        self._font = TTFont(font_file(weight).with_suffix(".otf"), lazy=True)
        self.units: int = self._font["head"].unitsPerEm
        self._characters: dict[int, str] = self._font.getBestCmap()
        self._advances: dict[str, tuple[int, int]] = self._font["hmtx"].metrics
        self._glyphs = self._font.getGlyphSet()
        self._pairs = _PairTables(self._font)
        self._outlines: dict[str, str] = {}

    def place(self, text: str) -> tuple[list[PlacedGlyph], int]:
        """The letters of a text with their places, and the width of it all."""
        placed: list[PlacedGlyph] = []
        x, previous = 0, ""
        for character in text:
            name = self._characters.get(ord(character), ".notdef")
            if previous:
                x += self._pairs.kern(previous, name)
            placed.append(PlacedGlyph(name, x))
            x += self._advances[name][0]
            previous = name
        return placed, x

    def width(self, text: str, size: float) -> float:
        """The width of a text set in ``size``, in the unit of ``size``."""
        return _width(self.weight, text) * size / self.units

    def outline(self, name: str) -> str:
        """The path of a letter with the y axis pointing down; empty for a space."""
        if name not in self._outlines:
            self._outlines[name] = _relative_path(self._glyphs, name)
        return self._outlines[name]

    def identifier(self, name: str) -> str:
        """A short id of a letter, the same in every chart."""
        return _CODES.get(self.weight, "x") + _base36(self._font.getGlyphID(name))


@cache
def typeface(weight: Weight = "regular") -> Typeface:
    """The one typeface of a weight."""
    return Typeface(weight)


@cache
def _width(weight: Weight, text: str) -> int:
    return typeface(weight).place(text)[1]


def _relative_path(glyphs: Any, name: str) -> str:
    """An outline in relative commands, which take about half the room of absolute ones."""
    from fontTools.pens.recordingPen import DecomposingRecordingPen

    recording = DecomposingRecordingPen(glyphs)
    glyphs[name].draw(recording)
    path = _RelativePath()
    for command, points in recording.value:
        if command == "closePath":
            path.close()
        else:
            path.add({"moveTo": "m", "lineTo": "l", "curveTo": "c"}[command], points)
    return path.text


class _RelativePath:
    """SVG path data in the making, with the y axis turned downwards."""

    def __init__(self) -> None:
        self.text = ""
        self._here = self._start = (0, 0)

    def add(self, command: str, points: Iterable[tuple[float, float]]) -> None:
        ends = [(round(x), -round(y)) for x, y in points]
        steps = [number for x, y in ends for number in (x - self._here[0], y - self._here[1])]
        first, *others = (str(step) for step in steps)
        self.text += command + first + "".join(o if o[0] == "-" else f" {o}" for o in others)
        self._here = ends[-1]
        if command == "m":
            self._start = self._here

    def close(self) -> None:
        self.text += "z"
        self._here = self._start


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, place = divmod(number, 36)
        digits = _DIGITS[place] + digits
        if not number:
            return digits


class _PairTables:
    """The kerning of a font: the pair adjustments of its feature ``kern``."""

    def __init__(self, font: Any) -> None:
        self._tables = _kerning_tables(font)
        self._known: dict[tuple[str, str], int] = {}

    def kern(self, left: str, right: str) -> int:
        pair = (left, right)
        if pair not in self._known:
            self._known[pair] = self._look_up(left, right)
        return self._known[pair]

    def _look_up(self, left: str, right: str) -> int:
        for table in self._tables:
            if left not in table.covered:
                continue
            found = table.adjustment(left, right)
            if found is not None:
                return found
        return 0


class _PairTable:
    """One subtable of OpenType's pair adjustment, by glyph (1) or by class (2)."""

    def __init__(self, subtable: Any) -> None:
        self._subtable = subtable
        glyphs = subtable.Coverage.glyphs
        self.covered = frozenset(glyphs)
        self._order = {name: place for place, name in enumerate(glyphs)}

    def adjustment(self, left: str, right: str) -> int | None:
        if self._subtable.Format == 1:
            records = self._subtable.PairSet[self._order[left]].PairValueRecord
            values = (record.Value1 for record in records if record.SecondGlyph == right)
            value = next(values, None)
            return None if value is None else getattr(value, "XAdvance", 0)
        first = self._subtable.ClassDef1.classDefs.get(left, 0)
        second = self._subtable.ClassDef2.classDefs.get(right, 0)
        record = self._subtable.Class1Record[first].Class2Record[second]
        return getattr(record.Value1, "XAdvance", 0) if record.Value1 else 0


def _kerning_tables(font: Any) -> list[_PairTable]:
    if "GPOS" not in font:
        return []
    positioning = font["GPOS"].table
    places = sorted(
        {
            place
            for record in positioning.FeatureList.FeatureRecord
            if record.FeatureTag == "kern"
            for place in record.Feature.LookupListIndex
        }
    )
    subtables = (
        getattr(subtable, "ExtSubTable", subtable)
        for place in places
        for subtable in positioning.LookupList.Lookup[place].SubTable
    )
    return [_PairTable(subtable) for subtable in subtables if subtable.LookupType == 2]

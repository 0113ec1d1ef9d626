"""What stands in a chart of rows: marks, rows, the entries of its key, its scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analysis.presentation import theme
from analysis.presentation.scene import Unit


@dataclass(frozen=True)
class Bar:
    """A bar from ``start`` to ``end``; hollow where the precision is low."""

    start: float
    end: float
    colour: str
    thickness: float = 2.6
    hollow: bool = False
    text: str = ""


@dataclass(frozen=True)
class Whisker:
    """A thin line over an interval; ``offset`` is millimetres below the middle of the row."""

    low: float
    high: float
    colour: str = theme.INK
    thickness: float = 0.3
    offset: float = 0.0


@dataclass(frozen=True)
class Dot:
    """A dot, hollow where nothing is claimed; ``shape`` tells series apart in grey print."""

    value: float
    colour: str = theme.BLUE
    hollow: bool = False
    shape: Literal["circle", "diamond", "tick"] = "circle"
    offset: float = 0.0


Mark = Bar | Whisker | Dot


@dataclass(frozen=True)
class Row:
    """One row: its label, its marks, its texts at the right, or a heading alone."""

    label: str
    marks: tuple[Mark, ...] = ()
    values: tuple[str, ...] = ()
    strong: bool = False
    heading: bool = False
    height: float = 0.0


@dataclass(frozen=True)
class Key:
    """One entry of the key above a chart."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Scale:
    """The horizontal scale: its ends and ticks, in the unit of the values."""

    low: float
    high: float
    ticks: tuple[float, ...]
    unit: Unit

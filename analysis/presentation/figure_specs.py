"""The make-up of figures and tables that have keys of their own.

A chart, table or sentence of one of these forms is checked by the class of its form; the
simple forms share a class in ``makeup``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from analysis.definitions import Definition
from analysis.presentation.specs import BlockSpec, Labels

Side = Literal["above", "below", "same"]
Quadrant = Literal["high_high", "high_low", "low_high", "low_low"]


class MatrixSpec(BlockSpec):
    """Two indicators over the same categories, such as importance and satisfaction.

    ``upright`` and ``across`` are divided at the stated values; a category stands in a
    quadrant only where both of its intervals lie on one side.
    """

    block: Literal["chart", "sentence"]
    form: Literal["matrix"]
    upright: str
    across: str
    divide_upright: float
    divide_across: float
    quadrants: dict[Quadrant, Labels] = {}
    exclude: tuple[str, ...] = ()
    level: Literal["area", "whole"] = "area"
    caption: Labels = {}


class SmallMultiplesSpec(BlockSpec):
    """A small chart of the same few indicators for each area."""

    block: Literal["chart"]
    form: Literal["small_multiples"]
    indicators: tuple[str, ...] = Field(min_length=1, max_length=6)
    labels: dict[str, Labels] = {}
    caption: Labels = {}


class DotsSpec(BlockSpec):
    """Several indicators of one unit, each a dot with its interval beside the whole."""

    block: Literal["chart"]
    form: Literal["dots"]
    indicators: tuple[str, ...] = Field(min_length=2)
    labels: dict[str, Labels] = {}
    sort: bool = False
    level: Literal["area", "whole"] = "area"
    caption: Labels = {}


class GroupsCompareSpec(BlockSpec):
    """Two groups of one breakdown over the categories of an indicator."""

    block: Literal["chart", "table", "sentence"]
    form: Literal["groups_compare"]
    indicator: str
    breakdown: str
    compared: tuple[str, str]
    sort: bool = True
    top: int | None = Field(default=None, ge=1)
    exclude: tuple[str, ...] = ()
    level: Literal["area", "whole"] = "area"
    caption: Labels = {}


class MapsSpec(BlockSpec):
    """Two to six small maps with the same classes."""

    block: Literal["maps"]
    indicators: tuple[str, ...] = Field(min_length=2, max_length=6)
    labels: dict[str, Labels] = {}
    caption: Labels = {}


class HeatSpec(BlockSpec):
    """Indicators and their categories in rows, all areas in columns."""

    block: Literal["table"]
    form: Literal["heat"]
    indicators: tuple[str, ...] = Field(min_length=1)
    labels: dict[str, Labels] = {}
    intervals: bool = True
    exclude: tuple[str, ...] = ()
    caption: Labels = {}


class RankSetsSpec(BlockSpec):
    """The places that each area may have among all."""

    block: Literal["table", "sentence"]
    form: Literal["rank_sets"]
    indicator: str
    caption: Labels = {}


class SupplySpec(BlockSpec):
    """Need, unmet need and capacity by service or life situation."""

    block: Literal["table"]
    form: Literal["supply"]
    need: str
    unmet: str
    capacity: str
    exclude: tuple[str, ...] = ()
    level: Literal["area", "whole"] = "area"
    caption: Labels = {}


class AreaType(Definition):
    """A type of areas: what it is called and what has to hold.

    ``when`` says for an indicator whether the area lies above all others, below, or cannot
    be told from them; indicators that are not named do not matter.
    """

    label: Labels
    when: dict[str, Side] = Field(min_length=1)


class TypologySpec(BlockSpec):
    """Areas grouped by supported differences; the first type whose conditions hold counts."""

    block: Literal["typology"]
    types: tuple[AreaType, ...] = Field(min_length=1)
    otherwise: Labels
    labels: dict[str, Labels] = {}
    shown: tuple[Literal["sentence", "table", "areas", "map"], ...] = ("table",)
    caption: Labels = {}


#: Forms that have a class of their own.
FORM_SPECS: Mapping[tuple[str, str], type[BlockSpec]] = {
    ("chart", "matrix"): MatrixSpec,
    ("sentence", "matrix"): MatrixSpec,
    ("chart", "small_multiples"): SmallMultiplesSpec,
    ("chart", "dots"): DotsSpec,
    ("chart", "groups_compare"): GroupsCompareSpec,
    ("table", "groups_compare"): GroupsCompareSpec,
    ("sentence", "groups_compare"): GroupsCompareSpec,
    ("table", "heat"): HeatSpec,
    ("table", "rank_sets"): RankSetsSpec,
    ("sentence", "rank_sets"): RankSetsSpec,
    ("table", "supply"): SupplySpec,
}

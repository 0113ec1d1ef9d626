"""Numbers with the thing they count, so that places are never added to persons.

A table's columns name their unit, and sentences that add or compare work with
:class:`Quantity`: two units in one sum or comparison are an error of whoever wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import total_ordering

from analysis.definitions import suggestion
from analysis.errors import WorkbenchError

#: What is counted. A person who came three times is one person and three attendances; a place
#: in a service is neither, nor is a contact, an hour or a household.
UNITS = (
    "persons",
    "places",
    "attendances",
    "contacts",
    "hours",
    "households",
    "documents",
    "municipalities",
    "mentions",
    "services",
)


@total_ordering
@dataclass(frozen=True)
class Quantity:
    """A number of something; sums, differences and comparisons need the same something.

    Raises
    ------
    WorkbenchError
        If the unit is none of :data:`UNITS`, or two units meet.
    """

    value: float
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise WorkbenchError(
                f"there is no unit {self.unit}",
                expected=", ".join(UNITS),
                hint=suggestion(self.unit, UNITS),
            )

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.value + self._same(other, "added"), self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        return Quantity(self.value - self._same(other, "subtracted"), self.unit)

    def __lt__(self, other: Quantity) -> bool:
        return self.value < self._same(other, "compared")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantity):
            return NotImplemented
        return self.value == self._same(other, "compared")

    def __hash__(self) -> int:
        return hash((self.value, self.unit))

    def share_of(self, whole: Quantity) -> float:
        """The share of a whole of the same things; NaN of nothing."""
        base = self._same_whole(whole)
        return self.value / base if base else float("nan")

    def per(self, other: Quantity) -> float:
        """How many of these there are for one of those, such as places per person.

        The only thing that two units are good for together.
        """
        return self.value / other.value if other.value else float("nan")

    def _same_whole(self, whole: Quantity) -> float:
        return whole.value if whole.unit == self.unit else self._same(whole, "taken as a share")

    def _same(self, other: Quantity, done: str) -> float:
        if not isinstance(other, Quantity) or other.unit != self.unit:
            got = other.unit if isinstance(other, Quantity) else "a number without a unit"
            raise WorkbenchError(
                f"two different things are {done}: {self.unit} and {got}",
                expected=self.unit,
                got=got,
                hint="one for each of the other is a rate: see per",
            )
        return other.value

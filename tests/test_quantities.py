from __future__ import annotations

import math

import pytest

from analysis.errors import WorkbenchError
from analysis.quantities import Quantity


def test_the_same_things_are_added_and_compared() -> None:
    assert Quantity(3, "persons") + Quantity(4, "persons") == Quantity(7, "persons")
    assert Quantity(3, "persons") - Quantity(4, "persons") == Quantity(-1, "persons")
    assert Quantity(3, "places") < Quantity(4, "places")
    assert max(Quantity(3, "hours"), Quantity(4, "hours")).value == 4
    assert Quantity(19, "persons").share_of(Quantity(20, "persons")) == 0.95


def test_places_are_not_persons_and_attendances_are_not_people() -> None:
    for other in ("places", "attendances", "contacts", "households"):
        with pytest.raises(WorkbenchError, match="persons"):
            Quantity(3, "persons") + Quantity(4, other)
        with pytest.raises(WorkbenchError, match="compared"):
            Quantity(3, "persons") < Quantity(4, other)  # noqa: B015
        with pytest.raises(WorkbenchError, match="taken as a share"):
            Quantity(3, "persons").share_of(Quantity(4, other))
    with pytest.raises(WorkbenchError, match="compared"):
        Quantity(3, "persons") == Quantity(3, "places")  # noqa: B015


def test_one_for_each_of_the_other_is_a_rate() -> None:
    assert Quantity(50, "places").per(Quantity(1000, "persons")) == 0.05
    assert math.isnan(Quantity(50, "places").per(Quantity(0, "persons")))


def test_an_unknown_unit_is_refused_with_a_hint() -> None:
    with pytest.raises(WorkbenchError, match="did you mean persons"):
        Quantity(1, "person")

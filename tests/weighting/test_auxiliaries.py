"""Auxiliaries of areas: shares of the margins that the study card names."""

from __future__ import annotations

import pytest

from analysis.study import Study
from analysis.weighting.auxiliaries import auxiliary_shares
from analysis.weighting.margins import margins_from_territory


def test_shares_are_those_of_the_territory(zlin: Study) -> None:
    tables = margins_from_territory(zlin, "inhabitants")
    shares = auxiliary_shares(zlin, tables)
    assert list(shares.index) == list(zlin.areas.index)
    assert shares.shape[1] == 2
    assert zlin.territory is not None
    people = zlin.territory.population("area", zlin.region)
    adults = people[people["age_from"] >= 15].groupby("code")["count"].sum()
    old = people[people["age_from"] >= 65].groupby("code")["count"].sum()
    for area, share in shares[0].items():
        assert share == pytest.approx(old[area] / adults[area])
    assert shares[1].between(0.05, 0.35).all()


def test_without_auxiliaries_there_is_no_column(zlin: Study) -> None:
    from dataclasses import replace

    bare = replace(zlin, card=zlin.card.model_copy(update={"small_areas": None}))
    shares = auxiliary_shares(bare, margins_from_territory(bare, "inhabitants"))
    assert shares.shape == (len(zlin.areas), 0)

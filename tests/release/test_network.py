"""The network of counts: which sums it knows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.release.network import Network, Shown, network_of
from analysis.release.rules import rule_set
from analysis.release.structure import Declared, structure_of
from analysis.release.tables import strata
from tests.release.test_gate import tables


def with_an_area_of_nobody(estimates: pd.DataFrame) -> pd.DataFrame:
    """The table with one more area, in which nobody was asked."""
    row = estimates[estimates["level"] == "area"].iloc[[0]].copy()
    row[["n", "count", "base", "df"]] = 0.0
    row[["estimate", "standard_error", "ci_low", "ci_high", "n_effective", "deff"]] = np.nan
    return pd.concat(
        [estimates, row.assign(area="A99", interval_method="", row_id="f" * 12)],
        ignore_index=True,
    )


def network(estimates: pd.DataFrame) -> Network:
    """The network of a table of which everything could be shown."""
    (stratum,) = strata(estimates, {})
    shape = stratum.position.shape
    half = np.full(shape, 0.0005)
    shown = Shown(
        publishable=np.asarray(stratum.present, dtype=bool),
        low=np.zeros(shape, dtype=bool),
        below=-half,
        above=half,
    )
    structure = structure_of(stratum, Declared())
    return network_of(stratum, structure, frozenset(), shown, rule_set("default"))


def summed_totals(found: Network) -> list[int]:
    """How many weighted totals each equation ties."""
    totals = [number for number, one in enumerate(found.quantities) if one.key[0] == "total"]
    return sorted(int((row != 0).sum()) for row in found.matrix().toarray()[:, totals])


def test_weighted_totals_of_areas_add_up_to_the_region() -> None:
    estimates = tables({"A01": 3, "A02": 40, "A03": 30})
    assert summed_totals(network(estimates))[-1] == 1 + 3


def test_they_do_so_where_nobody_was_asked_in_one_area() -> None:
    estimates = with_an_area_of_nobody(tables({"A01": 3, "A02": 40, "A03": 30}))
    assert summed_totals(network(estimates))[-1] == 1 + 3

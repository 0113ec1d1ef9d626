"""Sizes of groups: a released share times the population, so that they tell nothing more.

A size is no count of respondents. It is computed anew here from the share as that is
printed, follows the share's precision and its mark, and is rounded to a step of persons.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.release.rules import Rounding
from analysis.release.tables import STRATUM, Booleans, Integers

_SCALED = ("estimate", "standard_error", "ci_low", "ci_high")
_PLACE = [*STRATUM, "category", "level", "area", "breakdown", "group"]


@dataclass(frozen=True)
class Sizes:
    """Which rows are sizes, and where the share of each stands.

    Parameters
    ----------
    rows
        Positions of the sizes in the table of estimates.
    shares
        Positions of their shares, −1 where there is none.
    """

    rows: Integers
    shares: Integers

    @property
    def without_share(self) -> Integers:
        """Sizes whose share is not in the table; they cannot be released."""
        return self.rows[self.shares < 0]

    def follow(self, values: pd.Series) -> pd.Series:
        """A column in which each size has what its share has."""
        found = self.shares >= 0
        followed = values.to_numpy(copy=True)
        followed[self.rows[found]] = followed[self.shares[found]]
        return pd.Series(followed, index=values.index, dtype=values.dtype)

    def hidden(self, marked: Booleans) -> Booleans:
        """Which sizes follow a hidden share."""
        follows = np.zeros(len(marked), dtype=bool)
        found = self.shares >= 0
        follows[self.rows[found]] = marked[self.shares[found]]
        follows[self.without_share] = True
        return follows

    def rounded(
        self, estimates: pd.DataFrame, shares: pd.DataFrame, rounding: Rounding
    ) -> pd.DataFrame:
        """The table with its sizes as they are printed.

        Parameters
        ----------
        estimates
            The table of estimates; ``base`` of a size is the population.
        shares
            The same table with everything rounded that is no size.
        rounding
            ``size`` is the step in persons.
        """
        found = self.shares >= 0
        rows, sources = self.rows[found], self.shares[found]
        population = estimates["base"].to_numpy(dtype=float)[rows]
        columns = {}
        for name in _SCALED:
            values = shares[name].to_numpy(dtype=float, copy=True)
            values[self.rows] = np.nan
            persons = values[sources] * population
            values[rows] = np.round(persons / rounding.size) * rounding.size
            columns[name] = values
        return shares.assign(**columns)


def sizes_of(estimates: pd.DataFrame, sources: Mapping[str, Collection[str]]) -> Sizes:
    """The sizes of a table of estimates and their shares.

    Parameters
    ----------
    estimates
        The table of estimates, numbered from 0.
    sources
        For each indicator computed from another: which.
    """
    are_sizes = estimates["statistic"].eq("size") & estimates["comparison"].eq("")
    rows = np.flatnonzero(are_sizes.to_numpy())
    others = estimates[~are_sizes & estimates["comparison"].eq("")]
    index = pd.MultiIndex.from_frame(others[["indicator", *_PLACE]])
    one = {code: next(iter(names)) for code, names in sources.items() if len(names) == 1}
    wanted = estimates.iloc[rows][["indicator", *_PLACE]]
    wanted = wanted.assign(indicator=wanted["indicator"].map(lambda code: one.get(code, "")))
    unique = ~index.duplicated()
    places = others.index.to_numpy(dtype=np.intp)[unique]
    found = index[unique].get_indexer(pd.MultiIndex.from_frame(wanted))
    if not len(places):
        return Sizes(rows, np.full(len(rows), -1, dtype=np.intp))
    return Sizes(rows, np.where(found >= 0, places[np.maximum(found, 0)], -1))

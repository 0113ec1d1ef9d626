"""Ratios of columns, pairs of domains, and covariances between their totals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

#: A difference of numbers that is smaller than this part of them is rounding.
_ROUNDING = 1e-14
#: What calibration leaves of a variance is rounding below this part of it.
_PINNED = 1e-13
_PARTS = ("nn", "nd", "dn", "dd")


@dataclass(frozen=True)
class Ratios:
    """Which column of a table of variables is divided by which.

    A mean divides the variable by 1 where it is known; a total divides by nothing and uses
    the numerators alone.
    """

    numerators: Codes
    denominators: Codes

    def __len__(self) -> int:
        return len(self.numerators)

    def part(self, start: int, stop: int) -> Ratios:
        """Some of the ratios."""
        return Ratios(self.numerators[start:stop], self.denominators[start:stop])


@dataclass(frozen=True)
class Pairs:
    """Pairs of domains, by their positions."""

    first: Codes
    second: Codes

    def __len__(self) -> int:
        return len(self.first)

    def part(self, chosen: Codes) -> Pairs:
        """Some of the pairs."""
        first = self.first[chosen]
        return Pairs(first, first if self.same else self.second[chosen])

    @property
    def same(self) -> bool:
        """Whether every domain is paired with itself."""
        return self.first is self.second

    @classmethod
    def of_none(cls) -> Pairs:
        """No pairs."""
        none = np.zeros(0, dtype=np.intp)
        return cls(none, none)

    @classmethod
    def of_each(cls, domains: int) -> Pairs:
        """Every domain with itself: variances."""
        each = np.arange(domains)
        return cls(each, each)


@dataclass
class Covariances:
    """Covariances between totals of the first and the second domain of each pair.

    Four arrays pairs × ratios: of the two numerators, of numerator and denominator either
    way, and of the two denominators.
    """

    nn: Floats
    nd: Floats
    dn: Floats
    dd: Floats

    @classmethod
    def zeros(cls, pairs: int, ratios: int) -> Covariances:
        """Covariances of 0, to add to."""
        return cls(*(np.zeros((pairs, ratios)) for _ in range(4)))

    def at(self, pairs: slice) -> Covariances:
        """Those of some pairs."""
        return Covariances(self.nn[pairs], self.nd[pairs], self.dn[pairs], self.dd[pairs])

    def add(self, other: Covariances) -> None:
        """Add others to these."""
        for name in _PARTS:
            getattr(self, name).__iadd__(getattr(other, name))

    def add_residual(self, other: Covariances) -> None:
        """Add what a regression takes off; 0 where nothing but rounding is left."""
        for name in _PARTS:
            own = getattr(self, name)
            left = own + getattr(other, name)
            setattr(self, name, np.where(np.abs(left) <= _PINNED * np.abs(own), 0.0, left))

    def put(self, start: int, other: Covariances) -> None:
        """Put in those of the ratios from ``start`` on."""
        for name in _PARTS:
            getattr(self, name)[:, start : start + other.nn.shape[1]] = getattr(other, name)

    def of_ratios(self, first: LinearRatio, second: LinearRatio) -> Floats:
        """Covariance of the ratios of the first and of the second domain, pairs × ratios."""
        return (
            self.nn
            - second.value * self.nd
            - first.value * self.dn
            + first.value * second.value * self.dd
        ) / (first.denominator * second.denominator)

    def variances_of_ratios(self, ratio: LinearRatio) -> Floats:
        """Variances, where every pair is a domain with itself; 0 where all is rounding."""
        found = self.of_ratios(ratio, ratio)
        value = np.abs(ratio.value)
        size = (np.abs(self.nn) + 2 * value * np.abs(self.nd) + value**2 * np.abs(self.dd)) / (
            ratio.denominator**2
        )
        return np.where(found <= _ROUNDING * size, np.where(np.isnan(found), np.nan, 0.0), found)


@dataclass(frozen=True)
class LinearRatio:
    """Values of ratios and the totals they divide by, domains × ratios."""

    value: Floats
    denominator: Floats

    def at(self, domains: Codes) -> LinearRatio:
        """Those of some domains."""
        return LinearRatio(self.value[domains], self.denominator[domains])

"""What calibration takes off covariances, from sums over cells.

The residual of a variable z in a domain is ``z − x'B`` with ``B = P H``, ``H = Σ r x z``. The
covariance of the totals of residuals is that of the totals, less B'v on either side, plus
B'MB, where v = Σ c X T and M = Σ c X X' run over the units of every term of the variance with
coefficient c, X and T being a unit's totals of the auxiliaries and of the variable. H and v are
sums over cells again: respondents who agree in all auxiliaries (a cell of the calibration)
are taken together first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.estimation.cells import (
    Cells,
    Units,
    cells_of,
    function_of,
    units_within_places,
)
from analysis.estimation.covariances import Covariances, Pairs, Ratios
from analysis.estimation.domains import Domains
from analysis.estimation.residuals import Residuals
from analysis.estimation.sampling import Sampling
from analysis.estimation.value_table import ValueTable, table_sums

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Cross:
    """Cells by part: a part is a group of one place within one block of the calibration.

    Parameters
    ----------
    auxiliaries
        Units × auxiliaries (numbered within the block).
    unit
        Each cell's unit, by part.
    order, starts
        The cells in order of their part, and where each part starts.
    """

    auxiliaries: Floats
    unit: Codes
    order: Codes
    starts: Codes

    def sums(self, totals: Floats) -> Floats:
        """Σ x T over the cells of every part, parts × auxiliaries × columns."""
        size = self.auxiliaries.shape[1]
        found = np.zeros((len(self.starts) - 1, size, totals.shape[1]))
        for part in np.flatnonzero(np.diff(self.starts)):
            own = slice(self.starts[part], self.starts[part + 1])
            found[part] = self.auxiliaries[self.unit[own]].T @ totals[self.order[own]]
        return found


@dataclass(frozen=True)
class ResidualSums:
    """The regression's part of the covariances, ready for any variables.

    Parameters
    ----------
    cells
        The cells of the calibration crossed with the groups of the domains.
    weights
        Respondents' weights in the regression.
    squares
        For every term whose units are respondents: c w².
    of_regression, of_units
        What turns sums over cells into H, and totals of units into v.
    gather
        Entries (domain × block) × parts.
    domains
        How many domains there are.
    domain, block
        Of each entry, in order of the domain.
    solution, products
        P and M of each block, blocks × auxiliaries × auxiliaries.
    """

    cells: Cells
    weights: Floats
    squares: tuple[Floats, ...]
    of_regression: _Cross
    of_units: _Cross
    gather: sparse.csr_matrix
    domains: int
    domain: Codes
    block: Codes
    solution: Floats
    products: Floats

    @property
    def numbers_per_column(self) -> int:
        """Size of the largest intermediate arrays for one column."""
        entries = 6 * len(self.domain) * self.solution.shape[1]
        return len(self.cells) * (1 + len(self.squares)) + entries

    def covariances(
        self, table: ValueTable, columns: Codes, sums: Floats, ratios: Ratios, pairs: Pairs
    ) -> Covariances:
        """The regression's part of the covariances of ratios.

        Parameters
        ----------
        table, columns
            The variables.
        sums
            Their weighted sums over the units' cells.
        ratios
            Numerators and denominators among ``columns``.
        pairs
            The pairs of domains.
        """
        h = self.of_regression.sums(self._sums(table, columns, self.weights))
        v = self.of_units.sums(sums)
        for weights in self.squares:
            v += self.of_regression.sums(self._sums(table, columns, weights))
        b = self.solution[self.block] @ self._gathered(h)
        v = self._gathered(v)
        reduced = v - self.products[self.block] @ b
        join, left, right = self._matches(pairs)
        first, second = _Side(b[left], v[left]), _Side(b[right], reduced[right])
        n, d = ratios.numerators, ratios.denominators
        distinct, back = np.unique(d, return_inverse=True)
        nd = join @ first.product(second, n, d)
        return Covariances(
            nn=join @ first.product(second, n, n),
            nd=nd,
            dn=nd if pairs.same else join @ first.product(second, d, n),
            dd=(join @ first.product(second, distinct, distinct))[:, back],
        )

    def _sums(self, table: ValueTable, columns: Codes, weights: Floats) -> Floats:
        return table_sums(self.cells, table, columns, weights)

    def _gathered(self, parts: Floats) -> Floats:
        size, columns = parts.shape[1:]
        return (self.gather @ parts.reshape(len(parts), -1)).reshape(-1, size, columns)

    def _matches(self, pairs: Pairs) -> tuple[sparse.csr_matrix, Codes, Codes]:
        """Entries of the same block in both domains of a pair, and pairs × such matches."""
        pair, left = self._entries[pairs.first].nonzero()
        right = left
        if not pairs.same:
            blocks = int(self.block.max(initial=-1)) + 1
            composite = self.domain * blocks + self.block
            wanted = pairs.second[pair] * blocks + self.block[left]
            right = np.minimum(np.searchsorted(composite, wanted), max(len(composite) - 1, 0))
            found = composite[right] == wanted
            pair, left, right = pair[found], left[found], right[found]
        entries = (np.ones(len(pair)), (pair, np.arange(len(pair))))
        return sparse.csr_matrix(entries, shape=(len(pairs), len(pair))), left, right

    @property
    def _entries(self) -> sparse.csr_matrix:
        """Domains × entries."""
        ones = (np.ones(len(self.domain)), (self.domain, np.arange(len(self.domain))))
        return sparse.csr_matrix(ones, shape=(self.domains, len(self.domain)))


@dataclass(frozen=True)
class _Side:
    """B and v of one side of the pairs, matches × auxiliaries × columns."""

    b: Floats
    v: Floats

    def product(self, right: _Side, own: Codes, other: Codes) -> Floats:
        """−(B'v of the right + v'B of the right), matches × ratios."""
        first = np.einsum("pkj,pkj->pj", self.b[:, :, own], right.v[:, :, other])
        return -first - np.einsum("pkj,pkj->pj", self.v[:, :, own], right.b[:, :, other])


# --- preparation --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Calibration:
    """Respondents alike in all auxiliaries taken together.

    Parameters
    ----------
    kind
        Each respondent's kind.
    block
        Each kind's block: a part of the sample that neither a unit nor a calibration shares
        with another.
    auxiliaries
        Kinds × auxiliaries, numbered within the block.
    solution
        P of each block.
    """

    kind: Codes
    block: Codes
    auxiliaries: Floats
    solution: Floats

    @property
    def blocks(self) -> int:
        return len(self.solution)

    def squares(self, left: Floats, scale: Floats, block: Codes) -> Floats:
        """Σ c X X' of the units of every block."""
        found = np.zeros_like(self.solution)
        for number in range(self.blocks):
            own = left[block == number]
            found[number] = own.T @ (own * scale[block == number][:, None])
        return found


def residual_sums(
    residuals: Residuals,
    weights: Floats,
    used: NDArray[np.bool_],
    sampling: Sampling,
    cells: Cells,
    domains: Domains,
) -> ResidualSums:
    """The regression's part of the covariances, ready for any variables.

    Parameters
    ----------
    residuals
        The regression.
    weights
        Respondents' weights as the variance takes them.
    used
        Who has a weight.
    sampling
        How respondents were selected.
    cells
        The cells of the finest units of the variance.
    domains
        The domains.
    """
    calibration = _calibration(residuals, sampling, cells.units)
    kinds = units_within_places(calibration.kind, domains=domains)
    kind_of_unit = _known(kinds.parents(calibration.kind))
    kind_cells = cells_of(kinds, domains)
    block_of_unit = _known(
        function_of(cells.units.of_row, len(cells.units), calibration.block[calibration.kind])
    )
    slots = max(domains.slot_count, 1)
    keys = [
        (part.place * slots + part.slot) * calibration.blocks + block[part.unit]
        for part, block in ((kind_cells, calibration.block[kind_of_unit]), (cells, block_of_unit))
    ]
    parts = np.unique(np.concatenate(keys))
    crossed, products, squares = _of_terms(
        calibration, weights, sampling, cells.units, block_of_unit
    )
    place, block = np.divmod(parts, calibration.blocks)
    owners = domains.owners(place // slots, place % slots)
    domain, part = owners.nonzero()
    entry, row = np.unique(domain * calibration.blocks + block[part], return_inverse=True)
    gather = sparse.csr_matrix((np.ones(len(part)), (row, part)), shape=(len(entry), len(parts)))
    return ResidualSums(
        cells=kind_cells,
        weights=residuals.weights * used,
        squares=squares,
        of_regression=_cross(calibration.auxiliaries[kind_of_unit], kind_cells, keys[0], parts),
        of_units=_cross(crossed, cells, keys[1], parts),
        gather=gather,
        domains=len(domains),
        domain=entry // calibration.blocks,
        block=entry % calibration.blocks,
        solution=calibration.solution,
        products=products,
    )


def _cross(auxiliaries: Floats, cells: Cells, keys: Codes, parts: Codes) -> _Cross:
    part = np.searchsorted(parts, keys)
    order = np.argsort(part, kind="stable")
    starts = np.searchsorted(part[order], np.arange(len(parts) + 1))
    return _Cross(auxiliaries, cells.unit[order], order, starts)


def _of_terms(
    calibration: _Calibration, weights: Floats, sampling: Sampling, units: Units, block: Codes
) -> tuple[Floats, Floats, tuple[Floats, ...]]:
    """Σ over terms of c X for each finest unit, M, and c w² of terms of respondents."""
    shape = (len(units), len(calibration.auxiliaries))
    of_kinds = sparse.csr_matrix((weights, (units.of_row, calibration.kind)), shape=shape)
    totals = of_kinds @ calibration.auxiliaries
    crossed, products = np.zeros_like(totals), np.zeros_like(calibration.solution)
    squares = []
    for term in sampling.terms:
        if term.units is None:
            squares.append(term.coefficients * weights**2)
            count = len(calibration.block)
            scale = np.bincount(calibration.kind, squares[-1], count).astype(float)
            products += calibration.squares(calibration.auxiliaries, scale, calibration.block)
            continue
        parent = _known(units.parents(term.units))
        ones = (np.ones(len(parent)), (parent, np.arange(len(parent))))
        shape = (len(term.coefficients), len(parent))
        of_term = sparse.csr_matrix(ones, shape=shape) @ totals
        of_block = np.zeros(len(of_term), dtype=np.intp)
        of_block[parent] = block
        products += calibration.squares(of_term, term.coefficients, of_block)
        crossed += (of_term * term.coefficients[:, None])[parent]
    return crossed, products, tuple(squares)


def _calibration(residuals: Residuals, sampling: Sampling, units: Units) -> _Calibration:
    kind, alike = residuals.alike()
    block = alike.groups
    if not _independent(residuals.groups, sampling, units):
        block = np.zeros_like(block)
    auxiliary = alike.auxiliaries.tocoo()
    row, column = auxiliary.coords
    count = int(block.max(initial=-1)) + 1
    of_column = np.zeros(auxiliary.shape[1], dtype=np.intp)
    of_column[column] = block[row]
    present = np.unique(column)
    number = np.zeros(auxiliary.shape[1], dtype=np.intp)
    for own in (present[of_column[present] == one] for one in range(count)):
        number[own] = np.arange(len(own))
    size = int(number.max(initial=0)) + 1
    dense = np.zeros((len(block), size))
    dense[row, number[column]] = auxiliary.data
    solution = np.zeros((count, size, size))
    for one in range(count):
        own = present[of_column[present] == one]
        inverse = alike.solution(np.flatnonzero(block == one), own)
        solution[one, : len(own), : len(own)] = inverse
    return _Calibration(kind, block, dense, solution)


def _independent(groups: Codes, sampling: Sampling, units: Units) -> bool:
    """Whether every unit of every term lies within one group of the calibration."""
    codes = [units.of_row, *(term.units for term in sampling.terms if term.units is not None)]
    return all(
        function_of(code, int(code.max(initial=-1)) + 1, groups) is not None for code in codes
    )


def _known(parents: Codes | None) -> Codes:
    assert parents is not None
    return parents

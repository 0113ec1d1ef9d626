"""Covariances of estimated totals: all variables and all domains at once.

The estimated total of a variable in a domain is ``Σ w z`` with z the variable inside and 0
outside. Its variance is a sum of squares of totals over sampling units and strata (see
:mod:`analysis.estimation.sampling`), so every covariance comes from weighted sums over cells
unit × group (:mod:`analysis.estimation.cells`), read off the data in one pass. Where
respondents were drawn themselves, sums of weighted squares take the place of squared sums.
With calibrated weights z becomes a residual (:mod:`analysis.estimation.residual_sums`). Means,
ratios and differences follow from these covariances by the delta method. Source: D. A. Binder,
International Statistical Review 51 (1983), 279–292; R. S. Woodruff, JASA 66 (1971), 411–414.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

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
from analysis.estimation.domains import Domains, ranges
from analysis.estimation.residual_sums import ResidualSums, residual_sums
from analysis.estimation.residuals import Residuals
from analysis.estimation.sampling import Sampling, Term
from analysis.estimation.value_table import Column, ValueTable, table_sums
from analysis.weighting.numbering import numbered_jointly

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

#: Numbers held at once by the sums over cells, at most (8 bytes each).
_BUDGET = 24_000_000


@dataclass(frozen=True)
class Moments:
    """Sums and covariances of the columns of a table.

    Parameters
    ----------
    totals
        Σ w z, domains × columns.
    squares
        Σ w z², domains × variables.
    covariances
        Of the pairs of domains, pairs × ratios.
    """

    totals: Floats
    squares: Floats
    covariances: Covariances


class Linearisation:
    """Weights, selection and domains, ready for the sums of any variables.

    Parameters
    ----------
    weights
        One per respondent.
    domains
        The domains.
    sampling
        How respondents were selected.
    residuals
        The regression of the calibrated weights' variance; None where weights were not
        calibrated.
    """

    def __init__(
        self,
        weights: Floats,
        domains: Domains,
        sampling: Sampling,
        residuals: Residuals | None = None,
    ) -> None:
        self.weights = weights
        self.domains = domains
        self.sampling = sampling
        self.residuals = residuals

    def moments(
        self, table: ValueTable, ratios: Ratios, pairs: Pairs, squares: bool = False
    ) -> Moments:
        """Sums over the domains, and covariances of ratios of them.

        Parameters
        ----------
        table
            The variables.
        ratios
            Numerators and denominators among the columns of the table.
        pairs
            The pairs of domains; they may overlap.
        squares
            Whether the sums of squares are wanted.
        """
        found = Moments(
            np.zeros((len(self.domains), table.width)),
            np.zeros((len(self.domains), table.variables)),
            Covariances.zeros(len(pairs), len(ratios)),
        )
        step = max(1, _BUDGET // self._numbers_per_column)
        for start in range(0, len(ratios), step):
            self._add(found, table, ratios.part(start, start + step), pairs, start, squares)
        return found

    def totals(self, table: ValueTable) -> Floats:
        """Σ w z of all columns, domains × columns."""
        everything = np.arange(table.width)
        return self._owners @ self._sums(table, everything, self.weights)

    def _add(
        self,
        found: Moments,
        table: ValueTable,
        ratios: Ratios,
        pairs: Pairs,
        start: int,
        squares: bool,
    ) -> None:
        """The ratios from ``start`` on."""
        columns, place = np.unique(
            np.concatenate([ratios.numerators, ratios.denominators]), return_inverse=True
        )
        local = Ratios(place[: len(ratios)], place[len(ratios) :])
        squared = [table.product(column, column) for column in columns if squares]
        wide = [column for column in squared if isinstance(column, tuple)]
        sums = self._sums(table, [*columns.tolist(), *wide], self.weights)
        by_domain = self._owners @ sums
        found.totals[:, columns] = by_domain[:, : len(columns)]
        _put_squares(found, by_domain, columns, squared, table.variables)
        if not len(pairs):
            return
        weighted = sums[:, : len(columns)]
        if self._inflated is not self.weights:
            weighted = self._sums(table, columns, self._inflated)
        own = Covariances.zeros(len(pairs), len(ratios))
        for term in self._unit_terms(pairs):
            own.add(term.products(weighted, local, pairs))
        for elementary in self._elementary:
            own.add(self._squares(table, ratios, pairs, elementary))
        if self._regression is not None:
            own.add_residual(self._regression.covariances(table, columns, weighted, local, pairs))
        found.covariances.put(start, own)

    def _sums(
        self, table: ValueTable, columns: Sequence[Column] | Codes, weights: Floats
    ) -> Floats:
        bases = None
        if weights is self.weights:
            bases = self._counts(table.known, self.cells)[2]
        return table_sums(self.cells, table, columns, weights, bases)

    # --- who is in which cell ---------------------------------------------------------------

    @cached_property
    def units(self) -> Units:
        """The finest groups of respondents that a term of the variance adds up."""
        codes = [term.units for term in self.sampling.terms if term.units is not None]
        if not codes:
            return units_within_places(np.zeros_like(self.sampling.strata), domains=self.domains)
        counts = [int(code.max(initial=-1)) + 1 for code in codes]
        finest = codes[int(np.argmax(counts))]
        if any(function_of(finest, max(counts), code) is None for code in codes):
            finest = numbered_jointly(*codes)
        return units_within_places(finest, domains=self.domains)

    @cached_property
    def cells(self) -> Cells:
        """The units crossed with the groups of the domains."""
        return cells_of(self.units, self.domains)

    @cached_property
    def _owners(self) -> sparse.csr_matrix:
        return self.domains.owners(self.cells.place, self.cells.slot)

    @cached_property
    def _inflated(self) -> Floats:
        """The weights as the variance takes them."""
        if self.residuals is None or self.residuals.inflation is None:
            return self.weights
        return self.weights * self.residuals.inflation

    # --- degrees of freedom -----------------------------------------------------------------

    def counts(self, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """Respondents with known values and Σ w², domains × patterns."""
        n, squares, _ = self._counts(known, self.cells)
        return self._owners @ n, self._owners @ squares

    def distinct(
        self, known: NDArray[np.bool_], codes: Codes, values: Floats | None = None
    ) -> Floats:
        """How many codes (or the sum of their values) occur among known values.

        Domains × patterns.
        """
        if values is None and _size(codes) == len(codes):
            return self.counts(known)[0]
        cells, parent = self.cells, self.units.parents(codes)
        if parent is None:
            units = units_within_places(codes, domains=self.domains)
            cells, parent = cells_of(units, self.domains), units.parents(codes)
        assert parent is not None
        n = self._counts(known, cells)[0]
        owners = (
            self._owners if cells is self.cells else self.domains.owners(cells.place, cells.slot)
        )
        entries, gather = _by_key(owners, parent[cells.unit])
        present = (gather @ n > 0).astype(float)
        if values is not None:
            present *= values[entries.key][:, None]
        summed = entries.summed(len(self.domains), len(present), np.ones(len(present)))
        return summed @ present

    def _counts(self, known: NDArray[np.bool_], cells: Cells) -> tuple[Floats, Floats, Floats]:
        """Σ 1, Σ w² and Σ w of known values, each cells × patterns."""
        kept = self._kept_counts
        if kept is None or kept[0] is not known or kept[1] is not cells:

            def block(rows: slice) -> Floats:
                weights = self.weights[rows, None]
                return np.hstack([known[rows], known[rows] * weights**2, known[rows] * weights])

            n, squares, sums = np.split(cells.sums(block, 3 * known.shape[1]), 3, axis=1)
            kept = self._kept_counts = (known, cells, (n, squares, sums))
        return kept[2]

    _kept_counts: tuple[NDArray[np.bool_], Cells, tuple[Floats, Floats, Floats]] | None = None

    # --- lonely units in domains ------------------------------------------------------------

    def _factors(self, term: Term) -> sparse.csr_matrix | None:
        """Domains × strata: what a term of the first stage is multiplied by; None for others."""
        if self.sampling.lonely is None or self.residuals is not None:
            return None
        units, strata = self.sampling.terms[:2]
        if term is units:
            return self._lonely_factors[0]
        return self._lonely_factors[1] if term is strata else None

    def _weighed(
        self, owners: sparse.csr_matrix, factors: sparse.csr_matrix | None
    ) -> sparse.csr_matrix:
        """Domains × cells with the factor of each cell's stratum."""
        if factors is None:
            return owners
        domain, cell = owners.nonzero()
        found = factors[domain, self._stratum[self.cells.unit[cell]]]
        entries = (np.asarray(found).ravel(), (domain, cell))
        return sparse.csr_matrix(entries, shape=owners.shape)

    @property
    def _stratum(self) -> Codes:
        """The stratum of each unit."""
        found = self.units.parents(self.sampling.strata)
        assert found is not None
        return found

    @cached_property
    def _lonely_factors(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Factors of units and of strata.

        Under ``adjust`` the single unit of a stratum is compared with 0, the mean of linearised
        values, under ``average`` the stratum gets the mean variance of the domain's others.
        """
        lonely = self.sampling.lonely
        assert lonely is not None
        units = self._units_in_strata
        domain, stratum = units.nonzero()
        n = units.data
        alone = (n == 1) & (lonely.units[stratum] > 1)
        if lonely.rule == "adjust":
            of_units, of_strata = np.ones(len(n)), np.where(alone, 0.0, 1.0)
        else:
            unknown = alone | (lonely.units[stratum] == 1)
            strata = np.bincount(domain, minlength=len(self.domains))
            known = np.bincount(domain, ~unknown, minlength=len(self.domains))
            scale = strata[domain] / np.maximum(known[domain], 1) / lonely.scale
            of_units = of_strata = np.where(unknown, 0.0, scale)
        entries = (domain, stratum)
        factors = [sparse.csr_matrix((f, entries), units.shape) for f in (of_units, of_strata)]
        return factors[0], factors[1]

    @property
    def _units_in_strata(self) -> sparse.csr_matrix:
        """Domains × strata: the number of primary sampling units."""
        used = (self.weights != 0)[:, None]
        n = self._counts(used, self.cells)[0][:, 0]
        stratum = self._stratum
        domain, cell = self._owners.nonzero()
        shape = (len(self.domains), _size(self.sampling.strata))
        if _size(self.sampling.units) == len(self.weights):
            counted = (n[cell], (domain, stratum[self.cells.unit[cell]]))
        else:
            unit = self.units.parents(self.sampling.units)
            assert unit is not None
            present = n[cell] > 0
            key = domain * _size(self.sampling.units) + unit[self.cells.unit[cell]]
            own, first = np.unique(key[present], return_index=True)
            chosen = cell[present][first]
            domain = own // _size(self.sampling.units)
            counted = (np.ones(len(own)), (domain, stratum[self.cells.unit[chosen]]))
        found = sparse.csr_matrix(counted, shape=shape)
        found.eliminate_zeros()
        return found

    # --- terms of the variance --------------------------------------------------------------

    def _unit_terms(self, pairs: Pairs) -> list[_UnitTerm]:
        if self._kept_terms is None or self._kept_terms[0] is not pairs:
            terms = [term for term in self.sampling.terms if term.units is not None]
            strata = self.units.parents(self.sampling.strata)
            found = [
                _unit_term(term, self.cells, self._owners, pairs, self._factors(term), strata)
                for term in terms
            ]
            self._kept_terms = (pairs, found)
        return self._kept_terms[1]

    _kept_terms: tuple[Pairs, list[_UnitTerm]] | None = None

    @cached_property
    def _elementary(self) -> list[Term]:
        """The terms whose units are the respondents."""
        return [term for term in self.sampling.terms if term.units is None]

    def _squares(self, table: ValueTable, ratios: Ratios, pairs: Pairs, term: Term) -> Covariances:
        """Sums of c w² z z' over the respondents of both domains of a pair."""
        weights = term.coefficients * self._inflated**2
        distinct, back = np.unique(ratios.denominators, return_inverse=True)
        wanted = [
            *(table.product(one, one) for one in ratios.numerators),
            *(
                table.product(*both)
                for both in zip(ratios.numerators, ratios.denominators, strict=True)
            ),
            *(table.product(one, one) for one in distinct),
        ]
        columns = list(dict.fromkeys(wanted))
        place = {column: number for number, column in enumerate(columns)}
        chosen = np.array([place[column] for column in wanted], dtype=np.intp)
        owners = self._weighed(self._owners, self._factors(term))
        found = self._squares_in_pairs(table, columns, weights, pairs, owners)[:, chosen]
        nn, nd, dd = np.split(found, [len(ratios), 2 * len(ratios)], axis=1)
        return Covariances(nn, nd, nd, dd[:, back])

    def _squares_in_pairs(
        self,
        table: ValueTable,
        columns: Sequence[Column],
        weights: Floats,
        pairs: Pairs,
        owners: sparse.csr_matrix,
    ) -> Floats:
        sums = self._sums(table, columns, weights)
        if pairs.same:
            return (owners @ sums)[pairs.first]
        shared = self._owners[pairs.first].multiply(self._owners[pairs.second]).tocsr()
        found = shared @ sums
        crossing = self.domains.crossing(pairs.first, pairs.second)
        if len(crossing):
            both = self.domains.intersections(pairs.first[crossing], pairs.second[crossing])
            inner = Linearisation(self.weights, both, self.sampling)
            found[crossing] = inner._owners @ inner._sums(table, columns, weights)
        return found

    @cached_property
    def _regression(self) -> ResidualSums | None:
        if self.residuals is None:
            return None
        return residual_sums(
            self.residuals,
            self._inflated,
            self.weights != 0,
            self.sampling,
            self.cells,
            self.domains,
        )

    @property
    def _numbers_per_column(self) -> int:
        entries = self.cells.fine + 2 * max(len(self.cells), self._owners.nnz // 2)
        return max(1, entries + (self._regression.numbers_per_column if self._regression else 0))


def covariances(
    table: Floats,
    ratios: Ratios,
    weights: Floats,
    domains: Domains,
    pairs: Pairs,
    sampling: Sampling,
    residuals: Residuals | None = None,
) -> Covariances:
    """Covariances of weighted totals in pairs of domains.

    Parameters
    ----------
    table
        Respondents × columns, 0 where a value is not known.
    ratios
        The numerators and denominators among the columns.
    weights, domains, sampling, residuals
        As in :class:`Linearisation`.
    pairs
        The pairs of domains; they may overlap.
    """
    prepared = Linearisation(weights, domains, sampling, residuals)
    return prepared.moments(ValueTable.plain(table), ratios, pairs).covariances


# --- sums of squares over units -----------------------------------------------------------


@dataclass(frozen=True)
class _Entries:
    """Units in domains, in order of domain and unit, and the row of their totals."""

    domain: Codes
    key: Codes
    row: Codes

    def summed(self, domains: int, rows: int, weights: Floats) -> sparse.csr_matrix:
        """Domains × rows: adds up the weighted entries of a domain."""
        shape = (domains, rows)
        return sparse.csr_matrix((weights, (self.domain, self.row)), shape=shape)

    def matches(self, pairs: Pairs) -> tuple[Codes, Codes, Codes]:
        """Entries of the same unit in both domains of a pair: pair, first entry, second entry."""
        size = _size(self.key)
        composite = self.domain * size + self.key
        starts = np.searchsorted(self.domain, pairs.first)
        counts = np.searchsorted(self.domain, pairs.first, side="right") - starts
        pair = np.repeat(np.arange(len(pairs)), counts)
        left = ranges(starts, counts)
        wanted = pairs.second[pair] * size + self.key[left]
        right = np.minimum(np.searchsorted(composite, wanted), max(len(composite) - 1, 0))
        found = composite[right] == wanted
        return pair[found], left[found], right[found]


def _by_key(owners: sparse.csr_matrix, key: Codes) -> tuple[_Entries, sparse.csr_matrix]:
    """Cells of a domain with the same key taken together: entries, and rows × cells."""
    domain, cell = owners.nonzero()
    size = _size(key)
    distinct, row = np.unique(domain * size + key[cell], return_inverse=True)
    gather = sparse.csr_matrix(
        (np.ones(len(cell)), (row, cell)), shape=(len(distinct), owners.shape[1])
    )
    of_domain, of_key = np.divmod(distinct, max(size, 1))
    return _Entries(of_domain, of_key, np.arange(len(distinct))), gather


@dataclass(frozen=True)
class _UnitTerm:
    """A term of the variance that squares the totals of units.

    Parameters
    ----------
    gather
        Rows × cells: adds up the cells of a unit in a domain; None where a cell is one.
    scale
        The coefficient of each row's unit.
    left, right, join
        Rows of the same unit in the first and second domain of a pair (None: all rows, in
        order), and pairs × such matches.
    """

    gather: sparse.csr_matrix | None
    scale: Floats
    left: Codes | None
    right: Codes | None
    join: sparse.csr_matrix

    def products(self, sums: Floats, ratios: Ratios, pairs: Pairs) -> Covariances:
        """The term's part of the covariances."""
        totals = sums if self.gather is None else self.gather @ sums
        left = totals * self.scale[:, None]
        right = totals
        if self.left is not None and self.right is not None:
            left, right = left[self.left], right[self.right]
        n, d = ratios.numerators, ratios.denominators
        distinct, back = np.unique(d, return_inverse=True)
        nd = self._joined(left, right, n, d)
        return Covariances(
            nn=self._joined(left, right, n, n),
            nd=nd,
            dn=nd if pairs.same else self._joined(left, right, d, n),
            dd=self._joined(left, right, distinct, distinct)[:, back],
        )

    def _joined(self, left: Floats, right: Floats, own: Codes, other: Codes) -> Floats:
        return self.join @ (_chosen(left, own) * _chosen(right, other))


def _chosen(totals: Floats, columns: Codes) -> Floats:
    """Some columns; one view where they follow each other or are all the same."""
    if len(columns) and (columns == columns[0]).all():
        return totals[:, columns[:1]]
    if (np.diff(columns) == 1).all():
        return totals[:, columns[0] : columns[-1] + 1] if len(columns) else totals[:, :0]
    return totals[:, columns]


def _unit_term(
    term: Term,
    cells: Cells,
    owners: sparse.csr_matrix,
    pairs: Pairs,
    factors: sparse.csr_matrix | None = None,
    strata: Codes | None = None,
) -> _UnitTerm:
    """A term made ready for pairs; ``factors`` are domains × strata, ``strata`` the units'."""
    assert term.units is not None
    parent = cells.units.parents(term.units)
    assert parent is not None
    gather = None
    if len(np.unique(parent)) == len(parent):
        domain, cell = owners.nonzero()
        order = np.argsort(domain * len(cells.units) + cells.unit[cell], kind="stable")
        entries = _Entries(domain[order], cells.unit[cell[order]], cell[order])
        scale, stratum = term.coefficients[parent[cells.unit]], strata
    else:
        entries, gather = _by_key(owners, parent[cells.unit])
        scale, stratum = term.coefficients[entries.key], _of_parents(strata, parent)
    weights = np.ones(len(entries.row))
    if factors is not None and stratum is not None:
        weights = np.asarray(factors[entries.domain, stratum[entries.key]]).ravel()
    if pairs.same:
        summed = entries.summed(owners.shape[0], len(scale), weights)
        every = len(pairs) == owners.shape[0] and (pairs.first == np.arange(len(pairs))).all()
        return _UnitTerm(gather, scale, None, None, summed if every else summed[pairs.first])
    pair, left, right = entries.matches(pairs)
    both = np.sqrt(weights[left] * weights[right])
    shape = (len(pairs), len(pair))
    join = sparse.csr_matrix((both, (pair, np.arange(len(pair)))), shape=shape)
    return _UnitTerm(gather, scale, entries.row[left], entries.row[right], join)


def _of_parents(strata: Codes | None, parent: Codes) -> Codes | None:
    if strata is None:
        return None
    found = np.zeros(_size(parent), dtype=np.intp)
    found[parent] = strata
    return found


def _put_squares(
    found: Moments, by_domain: Floats, columns: Codes, squared: Sequence[Column], variables: int
) -> None:
    """Squares of the variables: sums of products, or the totals of what is its own square."""
    wide = len(columns)
    for number, column in enumerate(squared):
        place = number
        if isinstance(column, tuple):
            place, wide = wide, wide + 1
        if columns[number] < variables:
            found.squares[:, columns[number]] = by_domain[:, place]


def _size(codes: Codes) -> int:
    return int(codes.max(initial=-1)) + 1

"""Covariances of estimated totals: all variables and all domains at once.

The estimated total of a variable in a domain is ``Σ w z`` with z the variable inside and 0
outside. Its variance is a sum of squares of totals over sampling units and strata (see
:mod:`analysis.estimation.sampling`), so every covariance comes from weighted sums over the
cells unit × domain: sparse matrices of cells times the table of variables, one product for
everything. With calibrated weights z becomes the residual ``z − x'B``, which adds terms in
``Σ x z``, again sums of the same kind. Means, ratios and differences follow from these
covariances by the delta method. Source: D. A. Binder, International Statistical Review 51
(1983), 279–292; R. S. Woodruff, JASA 66 (1971), 411–414.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from analysis.estimation.residuals import Residuals
from analysis.estimation.sampling import Sampling, Term

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

#: Numbers held at once by one intermediate array, at most (8 bytes each).
_BUDGET = 4_000_000
#: A difference of numbers that is smaller than this part of them is rounding.
_ROUNDING = 1e-14


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

    @property
    def same(self) -> bool:
        """Whether every domain is paired with itself."""
        return self.first is self.second

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

    def add(self, pairs: Codes, start: int, other: Covariances) -> None:
        """Add those of some pairs, the ratios from ``start`` on."""
        stop = start + other.nn.shape[1]
        for name in ("nn", "nd", "dn", "dd"):
            getattr(self, name)[pairs, start:stop] += getattr(other, name)

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


def covariances(
    table: Floats,
    ratios: Ratios,
    weights: Floats,
    members: sparse.csr_matrix,
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
    weights
        The weights.
    members
        Domains × respondents, 0/1.
    pairs
        The pairs of domains; they may overlap.
    sampling
        How respondents were selected.
    residuals
        The regression of the calibrated weights' variance; None where weights were not
        calibrated.
    """
    if residuals is not None and residuals.inflation is not None:
        weights = weights * residuals.inflation
    result = Covariances.zeros(len(pairs), len(ratios))
    for block in _blocks(weights, members, pairs, sampling, residuals):
        step = max(1, _BUDGET // block.numbers_per_column)
        for start in range(0, len(ratios), step):
            part = ratios.part(start, start + step)
            result.add(block.pairs_in_all, start, block.covariances(table, part))
    return result


# --- independent parts of the sample ------------------------------------------------------


@dataclass(frozen=True)
class _Block:
    """A part of the sample that neither a unit nor a calibration shares with another part."""

    rows: Codes
    weights: Floats
    members: sparse.csr_matrix
    pairs: Pairs
    pairs_in_all: Codes
    terms: tuple[_BlockTerm, ...]
    regression: _Regression | None

    @property
    def numbers_per_column(self) -> int:
        """Size of the largest intermediate array for one column."""
        cells = max((term.size for term in self.terms), default=1)
        auxiliaries = self.regression.size if self.regression else 1
        return max(1, cells, self.members.shape[0] * auxiliaries, len(self.pairs) * auxiliaries)

    def covariances(self, table: Floats, ratios: Ratios) -> Covariances:
        """Covariances of some ratios within the block."""
        columns, place = np.unique(
            np.concatenate([ratios.numerators, ratios.denominators]), return_inverse=True
        )
        local = Ratios(place[: len(ratios)], place[len(ratios) :])
        plain = table[np.ix_(self.rows, columns)]
        weighted = plain * self.weights[:, None]
        result = Covariances.zeros(len(self.pairs), len(ratios))
        everything = np.arange(len(self.pairs))
        for term in self.terms:
            result.add(everything, 0, term.products(weighted, local, self.pairs.same))
        if self.regression is not None:
            products = self.regression.products(plain, weighted, local, self.pairs)
            result.add(everything, 0, products)
        return result


def _blocks(
    weights: Floats,
    members: sparse.csr_matrix,
    pairs: Pairs,
    sampling: Sampling,
    residuals: Residuals | None,
) -> Iterator[_Block]:
    by_respondent = members.tocsc()
    for rows in _independent_parts(len(weights), sampling, residuals):
        block = _block(rows, weights, by_respondent, pairs, sampling, residuals)
        if len(block.pairs):
            yield block


def _independent_parts(
    respondents: int, sampling: Sampling, residuals: Residuals | None
) -> Iterator[Codes]:
    """Rows of each calibration group, where no sampling unit or stratum is in two of them."""
    everyone = np.arange(respondents)
    if residuals is None or not all(
        _is_within(term.units, residuals.groups) for term in sampling.terms
    ):
        yield everyone
        return
    order = np.argsort(residuals.groups, kind="stable")
    sizes = np.bincount(residuals.groups)
    yield from (rows for rows in np.split(order, np.cumsum(sizes)[:-1]) if len(rows))


def _is_within(units: Codes | None, groups: Codes) -> bool:
    if units is None:
        return True
    group_of_unit = np.zeros(units.max(initial=-1) + 1, dtype=np.intp)
    group_of_unit[units] = groups
    return bool((group_of_unit[units] == groups).all())


def _block(
    rows: Codes,
    weights: Floats,
    members: sparse.csc_matrix,
    pairs: Pairs,
    sampling: Sampling,
    residuals: Residuals | None,
) -> _Block:
    inside = members[:, rows].tocsr()
    present = np.flatnonzero(np.diff(inside.indptr))
    place = np.full(members.shape[0], -1)
    place[present] = np.arange(len(present))
    found = np.flatnonzero((place[pairs.first] >= 0) & (place[pairs.second] >= 0))
    first = place[pairs.first[found]]
    local = Pairs(first, first if pairs.same else place[pairs.second[found]])
    inside = inside[present]
    terms = tuple(_block_term(term, rows, inside, local) for term in sampling.terms)
    regression = None
    if residuals is not None:
        regression = _regression(residuals, rows, weights[rows], inside, terms)
    return _Block(rows, weights[rows], inside, local, found, terms, regression)


# --- sums of squares over units -----------------------------------------------------------


@dataclass(frozen=True)
class _BlockTerm:
    """The cells unit × domain of one term.

    Parameters
    ----------
    coefficients
        Of the units.
    units
        Units × respondents: adds up a unit; None where every respondent is one. Then the
        cells of all domains are the respondents themselves.
    sums, owner, unit
        Cells × respondents: adds up a cell; domains × cells; the unit of each cell.
    left, right, join
        Cells of a unit in the first and second domain of a pair (None: all cells, in order),
        and pairs × such matches.
    """

    coefficients: Floats
    units: sparse.csr_matrix | None
    sums: sparse.csr_matrix | None
    owner: sparse.csr_matrix
    unit: Codes
    left: Codes | None
    right: Codes | None
    join: sparse.csr_matrix

    @property
    def size(self) -> int:
        """The number of cells or of matches, whichever is larger."""
        return int(max(len(self.unit), self.join.shape[1]))

    def totals(self, weighted: Floats) -> Floats:
        """Totals of weighted variables, cells × columns."""
        return weighted if self.sums is None else self.sums @ weighted

    def crossed(self, weighted: sparse.csr_matrix) -> sparse.csr_matrix:
        """(Domains · auxiliaries) × cells: the units' totals of the auxiliaries, scaled."""
        totals = weighted if self.units is None else (self.units @ weighted)[self.unit]
        return _columnwise_product(self.owner, totals.multiply(self._scale[:, None]).T)

    def squares(self, weighted: sparse.csr_matrix) -> Floats:
        """Sum over units of the products of their totals of the auxiliaries, scaled."""
        totals = weighted if self.units is None else self.units @ weighted
        return (totals.T @ totals.multiply(self.coefficients[:, None])).toarray()

    @property
    def _scale(self) -> Floats:
        """The coefficient of each cell's unit."""
        return self.coefficients[self.unit]

    def products(self, weighted: Floats, ratios: Ratios, same: bool) -> Covariances:
        """The term's part of the covariances."""
        totals = self.totals(weighted)
        scaled = totals * self._scale[:, None]
        left = scaled if self.left is None else scaled[self.left]
        right = totals if self.right is None else totals[self.right]
        symmetric = same or self.units is None
        numerators, denominators = ratios.numerators, ratios.denominators
        distinct, back = np.unique(denominators, return_inverse=True)
        left_n, right_n = left[:, numerators], right[:, numerators]
        nd = self.join @ (left_n * right[:, denominators])
        return Covariances(
            nn=self.join @ (left_n * right_n),
            nd=nd,
            dn=nd if symmetric else self.join @ (left[:, denominators] * right_n),
            dd=(self.join @ (left[:, distinct] * right[:, distinct]))[:, back],
        )


def _block_term(term: Term, rows: Codes, members: sparse.csr_matrix, pairs: Pairs) -> _BlockTerm:
    if term.units is None:
        return _elementary_term(term.coefficients[rows], members, pairs)
    names, unit_of_row = np.unique(term.units[rows], return_inverse=True)
    domain, row = members.nonzero()
    key, cell = np.unique(domain * len(names) + unit_of_row[row], return_inverse=True)
    entries = (np.ones(len(row)), (cell, row))
    sums = sparse.csr_matrix(entries, shape=(len(key), len(rows)))
    domain_of_cell, unit = np.divmod(key, len(names))
    owner = _selection(domain_of_cell, members.shape[0])
    left = right = None
    join = owner
    if not (pairs.same and len(pairs) == members.shape[0]):
        pair, left, right = _matches(key, domain_of_cell, len(names), pairs)
        join = _selection(pair, len(pairs))
    units = _selection(unit_of_row, len(names))
    return _BlockTerm(term.coefficients[names], units, sums, owner, unit, left, right, join)


def _elementary_term(coefficients: Floats, members: sparse.csr_matrix, pairs: Pairs) -> _BlockTerm:
    join = members[pairs.first]
    if not pairs.same:
        join = join.multiply(members[pairs.second]).tocsr()
    everyone = np.arange(len(coefficients))
    return _BlockTerm(coefficients, None, None, members, everyone, None, None, join)


def _matches(
    key: Codes, domain_of_cell: Codes, units: int, pairs: Pairs
) -> tuple[Codes, Codes, Codes]:
    """Cells of the same unit in both domains of a pair: pair, first cell, second cell."""
    starts = np.searchsorted(domain_of_cell, pairs.first)
    counts = np.searchsorted(domain_of_cell, pairs.first, side="right") - starts
    pair = np.repeat(np.arange(len(pairs)), counts)
    left = _ranges(starts, counts)
    wanted = pairs.second[pair] * units + key[left] % units
    right = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    found = key[right] == wanted
    return pair[found], left[found], right[found]


# --- what calibration takes off -----------------------------------------------------------


@dataclass(frozen=True)
class _Regression:
    """Residuals of a block: B is linear in the variables, so its share is made of sums too.

    With H = Σ r x z the coefficients are B = P H. The covariance of residual totals is that of
    the totals less B'v on either side plus B'MB, where v = Σ c X T and M = Σ c X X' run over
    units, X being their totals of the auxiliaries and T of the variables.

    Parameters
    ----------
    size
        The number of auxiliaries.
    coefficients
        (Domains · auxiliaries) × respondents: gives H.
    crossed
        For each term the matrix (domains · auxiliaries) × cells that gives v, and the term.
    products_of_auxiliaries
        M.
    solution
        P.
    """

    size: int
    coefficients: sparse.csr_matrix
    crossed: tuple[tuple[sparse.csr_matrix, _BlockTerm], ...]
    products_of_auxiliaries: Floats
    solution: Floats

    def products(
        self, plain: Floats, weighted: Floats, ratios: Ratios, pairs: Pairs
    ) -> Covariances:
        """The regression's part of the covariances."""
        shape = (-1, self.size, plain.shape[1])
        b = self.solution @ (self.coefficients @ plain).reshape(shape)
        v = sum((matrix @ term.totals(weighted)).reshape(shape) for matrix, term in self.crossed)
        left = _Sides(b[pairs.first], v[pairs.first])
        right = _Sides(b[pairs.second], (v - self.products_of_auxiliaries @ b)[pairs.second])
        numerators = ratios.numerators
        distinct, back = np.unique(ratios.denominators, return_inverse=True)
        nd = left.product(right, numerators, ratios.denominators)
        return Covariances(
            nn=left.product(right, numerators, numerators),
            nd=nd,
            dn=nd if pairs.same else left.product(right, ratios.denominators, numerators),
            dd=left.product(right, distinct, distinct)[:, back],
        )


@dataclass(frozen=True)
class _Sides:
    """B and v of one side of the pairs, pairs × auxiliaries × columns."""

    b: Floats
    v: Floats

    def product(self, right: _Sides, own: Codes, other: Codes) -> Floats:
        """−(B'v of the right + v'B of the right), pairs × ratios."""
        first = np.einsum("pkj,pkj->pj", self.b[:, :, own], right.v[:, :, other])
        return -first - np.einsum("pkj,pkj->pj", self.v[:, :, own], right.b[:, :, other])


def _regression(
    residuals: Residuals,
    rows: Codes,
    weights: Floats,
    members: sparse.csr_matrix,
    terms: tuple[_BlockTerm, ...],
) -> _Regression:
    own = residuals.auxiliaries[rows].tocsc()
    columns = np.flatnonzero(np.diff(own.indptr))
    auxiliaries = own[:, columns].tocsr()
    regressed = auxiliaries.multiply(residuals.weights[rows][:, None])
    weighted = auxiliaries.multiply(weights[:, None]).tocsr()
    crossed = tuple((term.crossed(weighted), term) for term in terms)
    return _Regression(
        len(columns),
        _columnwise_product(members, regressed.T),
        crossed,
        np.sum([term.squares(weighted) for term in terms], axis=0),
        residuals.solution(rows, columns),
    )


# --- sparse matrices ----------------------------------------------------------------------


def _selection(row_of_column: Codes, rows: int) -> sparse.csr_matrix:
    """Rows × columns, 1 at each column's row."""
    columns = len(row_of_column)
    entries = (np.ones(columns), (row_of_column, np.arange(columns)))
    return sparse.csr_matrix(entries, shape=(rows, columns))


def _columnwise_product(left: sparse.spmatrix, right: sparse.spmatrix) -> sparse.csr_matrix:
    """Column by column the Kronecker product of two matrices (Khatri–Rao)."""
    left, right = left.tocsc(), right.tocsc()
    column = np.repeat(np.arange(left.shape[1]), np.diff(left.indptr))
    counts = np.diff(right.indptr)[column]
    of_right = _ranges(right.indptr[column], counts)
    row = np.repeat(left.indices, counts) * right.shape[0] + right.indices[of_right]
    entries = np.repeat(left.data, counts) * right.data[of_right]
    shape = (left.shape[0] * right.shape[0], left.shape[1])
    return sparse.csr_matrix((entries, (row, np.repeat(column, counts))), shape=shape)


def _ranges(starts: Codes, counts: Codes) -> Codes:
    """The numbers from each start on, so many as counted, one after another."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - counts), counts)

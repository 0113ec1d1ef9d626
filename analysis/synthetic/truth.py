"""True values: what a census of the generated population would find."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import block_diag, csc_matrix, csr_matrix, identity, kron, vstack

from analysis.questionnaire import Question
from analysis.synthetic.people import People, Rows
from analysis.synthetic.population import Population

Values = NDArray[np.floating]

# Columns that are summed at a time; bounds the memory.
_COLUMNS = 40

TRUTH_COLUMNS = [
    "level", "area", "breakdown", "group", "question", "category", "true_value", "base",
]  # fmt: skip


@dataclass(frozen=True)
class Domains:
    """The parts of the population for which values are wanted.

    Parameters
    ----------
    table
        One row per domain: level, area, breakdown, group.
    membership
        parts × people, 1 where a person belongs to a group of an area.
    collected
        domains × parts: which parts a domain is made of; a region of all its areas.
    """

    table: pd.DataFrame
    membership: csc_matrix
    collected: csr_matrix

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """People × columns → domains × columns."""
        return np.asarray(self.collected @ (self.membership @ values))


def domains(
    population: Population, breakdowns: Iterable[str] = (), rows: Rows | None = None
) -> Domains:
    """Each area and the whole, in total and by the groups of each breakdown.

    Parameters
    ----------
    population
        The population. People whose area is not known belong to no domain.
    breakdowns
        Variables or questions with choices.
    rows
        Whom the population is limited to, such as the members of a sample.
    """
    people = population.people
    rows = np.arange(people.size) if rows is None else rows
    area = people.area[rows].astype(np.int64)
    codes = [str(code) for code in population.study.areas.index]
    tables, positions, persons, collected = [], [], [], []
    start = 0
    for name, levels, group in _groups(people, breakdowns, rows):
        inside = np.flatnonzero((group >= 0) & (area >= 0))
        tables.append(_domain_table(population, codes, name, levels))
        positions.append(start + area[inside] * len(levels) + group[inside])
        persons.append(inside)
        collected.append(_collecting(len(codes), len(levels)))
        start += len(codes) * len(levels)
    row, column = np.concatenate(positions), np.concatenate(persons)
    membership = csc_matrix((np.ones(len(row)), (row, column)), shape=(start, len(rows)))
    table = pd.concat(tables, ignore_index=True)
    return Domains(table, membership, block_diag(collected, format="csr"))


def _collecting(areas: int, levels: int) -> csr_matrix:
    """Each group of each area, then each group of all areas together."""
    together = kron(np.ones((1, areas)), identity(levels))
    return vstack([identity(areas * levels), together], format="csr")


def _groups(
    people: People, breakdowns: Iterable[str], rows: Rows
) -> Iterator[tuple[str, tuple[str, ...], NDArray[np.int64]]]:
    yield "", ("",), np.zeros(len(rows), dtype=np.int64)
    for name in breakdowns:
        levels = people.levels(name, rows)
        yield name, levels.names, levels.codes.astype(np.int64)


def _domain_table(
    population: Population, codes: list[str], breakdown: str, levels: tuple[str, ...]
) -> pd.DataFrame:
    areas = [*codes, population.study.whole]
    return pd.DataFrame(
        {
            "level": np.repeat(["area"] * len(codes) + ["region"], len(levels)),
            "area": np.repeat(areas, len(levels)),
            "breakdown": breakdown,
            "group": list(levels) * len(areas),
        }
    )


def true_values(parts: Domains, values: Values) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means and bases of each domain.

    Parameters
    ----------
    parts
        The domains of :func:`domains`.
    values
        people × columns, in the order of the rows that the domains were made for; 1 and 0, or
        numbers; NaN outside the base.

    Returns
    -------
    tuple
        domains × columns each: the mean over the base (NaN where nobody is in it) and how many
        people the base has.
    """
    means = np.empty((len(parts.table), values.shape[1]))
    bases = np.empty_like(means)
    for start in range(0, values.shape[1], _COLUMNS):
        columns = slice(start, start + _COLUMNS)
        part = values[:, columns].astype(np.float64)
        unknown = np.isnan(part)
        # The choices of one question have one base.
        same = bool((unknown == unknown[:, :1]).all())
        known = ~unknown[:, :1] if same else ~unknown
        bases[:, columns] = parts.sums(known.astype(np.float64))
        part[unknown] = 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            means[:, columns] = parts.sums(part) / bases[:, columns]
    return means, bases


def true_table(parts: Domains, values: Values, columns: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """True values as rows.

    Parameters
    ----------
    parts, values
        As for :func:`true_values`.
    columns
        What each column of values is: question (or indicator) and category.

    Returns
    -------
    DataFrame
        :data:`TRUTH_COLUMNS`, one row for each domain and column.
    """
    means, bases = true_values(parts, values)
    table = parts.table.loc[parts.table.index.repeat(len(columns))].reset_index(drop=True)
    table["question"] = [question for question, _ in columns] * len(parts.table)
    table["category"] = [category for _, category in columns] * len(parts.table)
    table["true_value"] = means.reshape(-1)
    table["base"] = bases.reshape(-1).astype(np.int64)
    return table[TRUTH_COLUMNS]


def answer_truth(
    population: Population, breakdowns: Iterable[str] = (), rows: Rows | None = None
) -> pd.DataFrame:
    """The true share of every choice of every question, the mean of every number.

    The base of a question are those who are asked and know an answer.
    """
    parts = domains(population, breakdowns, rows)
    people = population.people
    some = np.arange(people.size) if rows is None else rows
    tables = [
        true_table(parts, values, [(question.name, name) for name in names])
        for question in population.study.questionnaire.questions.values()
        for names, values in _answer_values(people, question, some)
    ]
    return pd.concat(tables, ignore_index=True)


def _answer_values(
    people: People, question: Question, rows: Rows
) -> Iterator[tuple[tuple[str, ...], Values]]:
    if question.type in ("text", "date"):
        return
    columns = people.study.questionnaire.variables_of(question.name)
    if not all(column in people.columns for column in columns):
        return
    if question.type == "select_one":
        codes = people.columns[question.name][rows]
        names = people.names(question)
        chosen = (codes[:, None] == np.arange(len(names))).astype(np.float32)
        yield names, np.where((codes < len(names))[:, None], chosen, np.float32(np.nan))
    elif question.type == "select_multiple":
        names = people.study.questionnaire.choice_names(question.list or "")
        dummies = np.stack([people.columns[column][rows] for column in columns], axis=1)
        yield names, np.where(dummies >= 0, dummies, np.float32(np.nan)).astype(np.float32)
    else:
        yield ("",), people.numbers(question.name, rows)[:, None]

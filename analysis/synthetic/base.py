"""People before they are asked anything: where they live, sex, age and education."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.questionnaire import Question
from analysis.study import Study
from analysis.synthetic.calibration import NEVER, probabilities
from analysis.synthetic.parameters import FILE_NAME, Generator, Roles
from analysis.synthetic.people import People
from analysis.synthetic.predictors import Contributions, add_effects, add_rules
from analysis.synthetic.streams import Stream
from analysis.territory import Territory

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Of those in the open age group, how many are left a year later: about the survival of people
# aged 85–95 in European life tables.
_YEARLY_SURVIVAL = 0.82
_RAKING_ROUNDS = 200
# Fewer people than this are none: a level that the rules forbid.
_NOBODY = 1e-6


@dataclass(frozen=True)
class _Inhabitants:
    """One entry per person."""

    municipality: NDArray[np.object_]
    sex: NDArray[np.object_]
    age: Integers


def known_roles(study: Study, stated: Roles) -> Roles:
    """The roles as stated, and those that the definitions themselves betray.

    The municipality is what ``area-of`` is asked of; the choices of sex and education carry the
    codes of the territory tables.
    """
    found = dict(stated.questions)
    for role, question in _betrayed_roles(study).items():
        found.setdefault(role, question)
    return Roles(**found)


def _betrayed_roles(study: Study) -> dict[str, str]:
    found: dict[str, str] = {}
    questions = study.questionnaire.questions
    area = study.variables.get(study.card.area_variable)
    if area is None and study.card.area_variable in questions:
        found["area"] = study.card.area_variable
    if study.region is None:
        return found
    if area is not None and area.calculation.text.replace(" ", "").startswith("area-of("):
        found["municipality"] = next(iter(area.calculation.names))
    known = {"sex": {"male", "female"}, "education": set(_education_codes(study))}
    for question in questions.values():
        codes = {code for codes in _territory_codes(study, question).values() for code in codes}
        for role, expected in known.items():
            if codes and codes <= expected:
                found.setdefault(role, question.name)
    return found


def _territory(study: Study) -> Territory:
    assert study.territory is not None, "a study with a region has a territory"
    return study.territory


def _education_codes(study: Study) -> list[str]:
    levels = _territory(study).education_levels
    return list(levels.loc[levels["known"], "code"])


def _territory_codes(study: Study, question: Question) -> dict[str, list[str]]:
    """For each choice the codes of the territory tables that it collects."""
    if question.type != "select_one" or question.list is None:
        return {}
    choices = study.questionnaire.choices[question.list]
    return {choice.name: choice.attributes.get("territory", "").split() for choice in choices}


def start_people(
    study: Study, generator: Generator, streams: Stream, phrases: Mapping[str, tuple[str, ...]]
) -> People:
    """The people with the answers that their roles give them.

    Raises
    ------
    WorkbenchError
        If the territory tables have levels that no choice of the question collects.
    """
    roles = generator.roles
    if study.region is not None and roles.municipality is not None:
        return _territory_people(study, generator, streams, phrases)
    return _listed_people(study, generator, phrases)


# --- without a territory ------------------------------------------------------------------


def _listed_people(
    study: Study, generator: Generator, phrases: Mapping[str, tuple[str, ...]]
) -> People:
    population = generator.population
    codes = list(study.areas.index)
    sizes = [population.sizes.get(str(code), population.size) for code in codes]
    people = People(study, sum(sizes), phrases)
    question = study.questionnaire.questions.get(generator.roles.area or "")
    if question is None or question.list is None:
        return people
    area = np.repeat(np.arange(len(codes)), sizes)
    names = study.questionnaire.choice_names(question.list)
    position = {name: place for place, name in enumerate(names)}
    absent = [str(code) for code in codes if str(code) not in position]
    if absent:
        raise WorkbenchError(
            f"the question {question.name} has no choice for an area",
            file=FILE_NAME,
            column="roles.area",
            expected=", ".join(absent[:5]),
            got=", ".join(names[:12]),
        )
    people.area = area.astype(np.int16)
    people.start(question)
    people.columns[question.name][:] = np.array([position[str(code)] for code in codes])[area]
    return people


# --- from the territory tables ------------------------------------------------------------


def _territory_people(
    study: Study, generator: Generator, streams: Stream, phrases: Mapping[str, tuple[str, ...]]
) -> People:
    inhabitants = _inhabitants(study, generator, streams)
    people = People(study, len(inhabitants.age), phrases)
    people.area = _area_positions(study, inhabitants.municipality)
    _answer_number(people, generator.roles.municipality, inhabitants.municipality)
    year = _reference_year(study, generator)
    _answer_number(people, generator.roles.year_of_birth, year - inhabitants.age)
    _answer_number(people, generator.roles.age, inhabitants.age)
    if generator.roles.sex is not None:
        _answer_choice(people, generator.roles.sex, inhabitants.sex)
    if generator.roles.education is not None:
        _draw_education(people, generator, inhabitants, streams)
    return people


def _reference_year(study: Study, generator: Generator) -> int:
    return generator.population.reference_year or study.card.survey_year


def _inhabitants(study: Study, generator: Generator, streams: Stream) -> _Inhabitants:
    counts = _territory(study).population("municipality", study.region)
    last = generator.population.oldest_age
    counts = counts[(counts["age_to"].fillna(last) >= generator.population.minimum_age)]
    open_ended = counts["age_to"].isna().to_numpy()
    age_from = counts["age_from"].to_numpy(dtype=np.int64)
    age_to = counts["age_to"].fillna(last).to_numpy(dtype=np.int64)
    number = counts["count"].to_numpy(dtype=np.int64)
    stream = streams("age")
    drawn = stream.random(int(number.sum()))
    start, end = np.repeat(age_from, number), np.repeat(age_to, number)
    age = start + np.floor(drawn * (end - start + 1)).astype(np.int64)
    thinning = np.repeat(open_ended, number)
    age[thinning] = _open_ages(drawn[thinning], start[thinning], last)
    old_enough = age >= generator.population.minimum_age
    return _Inhabitants(
        np.repeat(counts["code"].to_numpy(dtype=object), number)[old_enough],
        np.repeat(counts["sex"].to_numpy(dtype=object), number)[old_enough],
        age[old_enough],
    )


def _open_ages(drawn: Floats, start: Integers, last: int) -> Integers:
    """Ages of the open group: each year fewer, none beyond ``last``."""
    beyond = _YEARLY_SURVIVAL ** (last - start + 1)
    years = np.log(1 - drawn * (1 - beyond)) / np.log(_YEARLY_SURVIVAL)
    return np.minimum(start + np.floor(years).astype(np.int64), last)


def _area_positions(study: Study, municipality: NDArray[np.object_]) -> NDArray[np.int16]:
    codes, distinct = pd.factorize(municipality)
    area_of = _territory(study).area_of(pd.Series(distinct))
    position = {str(code): place for place, code in enumerate(study.areas.index)}
    return np.array([position.get(str(area), -1) for area in area_of], dtype=np.int16)[codes]


def _answer_number(people: People, name: str | None, numbers: NDArray[Any]) -> None:
    if name is None:
        return
    people.start(people.study.questionnaire.questions[name])
    people.columns[name][:] = numbers.astype(np.float32)


def _answer_choice(people: People, name: str, codes: NDArray[np.object_]) -> None:
    question = people.study.questionnaire.questions[name]
    people.start(question)
    positions, distinct = pd.factorize(codes)
    collects = _collecting(people.study, question)
    absent = [code for code in distinct if code not in collects]
    if absent:
        raise _uncollected(question, absent)
    people.columns[name][:] = np.array([collects[code] for code in distinct])[positions]


def _collecting(study: Study, question: Question) -> dict[str, int]:
    """Code of the territory tables → position of the choice that collects it."""
    by_choice = _territory_codes(study, question)
    return {
        code: place for place, codes in enumerate(by_choice.values()) for code in codes
    }  # fmt: skip


def _uncollected(question: Question, codes: list[str]) -> WorkbenchError:
    return WorkbenchError(
        f"no choice of {question.name} collects a level of the territory tables",
        file="choices.csv",
        column="territory",
        expected=", ".join(codes),
        hint="write the codes into the column territory of the choices",
    )


# --- education ----------------------------------------------------------------------------


def _draw_education(
    people: People, generator: Generator, inhabitants: _Inhabitants, streams: Stream
) -> None:
    """Education by area, sex and age: the margins are the territory's, to the person."""
    name = str(generator.roles.education)
    question = people.study.questionnaire.questions[name]
    shares = education_shares(people.study, question)
    cells = _cells(people, inhabitants)
    chances = _education_chances(people, generator, question, shares)
    table = raked_education(cells, people.area, chances, shares)
    counts = rounded_education(table)
    order = np.lexsort((streams("education").random(people.size), cells))
    people.start(question)
    levels = np.tile(np.arange(counts.shape[1]), len(counts))
    people.columns[name][order] = np.repeat(levels, counts.reshape(-1))


def education_shares(study: Study, question: Question) -> Floats:
    """Areas × choices: the shares of education among those whose education is known.

    Raises
    ------
    WorkbenchError
        If a known level is collected by no choice.
    """
    table = _territory(study).education(study.region)
    collects = _collecting(study, question)
    known = _education_codes(study)
    absent = [code for code in known if code not in collects]
    if absent:
        raise _uncollected(question, absent)
    table = table[table["education"].isin(known)]
    position = {str(code): place for place, code in enumerate(study.areas.index)}
    counts = np.zeros((len(position), len(study.questionnaire.choice_names(question.list or ""))))
    areas = [position[str(code)] for code in table["area"]]
    levels = [collects[str(code)] for code in table["education"]]
    np.add.at(counts, (areas, levels), table["count"].to_numpy(dtype=float))
    return counts / counts.sum(axis=1, keepdims=True)


def _cells(people: People, inhabitants: _Inhabitants) -> Integers:
    """The cell area × sex × year of age of each person, cells of an area side by side."""
    _, sex = np.unique(inhabitants.sex, return_inverse=True)
    joint = (people.area.astype(np.int64) * 8 + sex) * 256 + inhabitants.age
    return np.asarray(np.unique(joint, return_inverse=True)[1])


def _education_chances(
    people: People,
    generator: Generator,
    question: Question,
    shares: Floats,
) -> Floats:
    """People × choices: chances by the stated effects, before the margins."""
    names = people.study.questionnaire.choice_names(question.list or "")
    contributions = Contributions(people.size)
    add_effects(contributions, generator.education.effects, people, slice(None))
    add_rules(contributions, generator.education.rules, people, slice(None), names)
    utilities = np.log(np.maximum(shares.mean(axis=0), 1e-9)).astype(np.float32)[:, None]
    utilities = np.repeat(utilities, people.size, axis=1)
    for place, name in enumerate(names):
        utilities[place] += contributions.by_choice.get(name, np.float32(0))
        if name in contributions.forbidden:
            utilities[place, contributions.forbidden[name]] = NEVER
    return probabilities(utilities).T.astype(np.float64)


def raked_education(
    cells: Integers, area: NDArray[np.integer], chances: Floats, shares: Floats
) -> tuple[Floats, Integers, Floats]:
    """Expected numbers by cell and level that fit both margins.

    Parameters
    ----------
    cells, area, chances
        Of each person: cell, position of the area, chance of each level.
    shares
        areas × levels.

    Returns
    -------
    tuple
        cells × levels; the area of each cell; areas × levels of whole people that are wanted.

    Notes
    -----
    Iterative proportional fitting of each area's cells × levels to the number of people in
    each cell and to the shares of the levels (Deming and Stephan 1940).
    """
    number = int(cells.max()) + 1
    table = np.stack([np.bincount(cells, column, number) for column in chances.T], axis=1)
    people_in_cell = np.bincount(cells, minlength=number).astype(float)
    area_of_cell = np.zeros(number, dtype=np.int64)
    area_of_cell[cells] = area
    in_area = np.bincount(area_of_cell, people_in_cell, len(shares))
    whole = [largest_remainder(s * n, int(n)) for s, n in zip(shares, in_area, strict=True)]
    wanted = np.stack(whole).astype(np.float64)
    for _ in range(_RAKING_ROUNDS):
        reached = np.stack([np.bincount(area_of_cell, c, len(shares)) for c in table.T], axis=1)
        factor = np.divide(wanted, reached, out=np.zeros_like(reached), where=reached > 0)
        table *= factor[area_of_cell]
        table *= (people_in_cell / np.maximum(table.sum(axis=1), 1e-300))[:, None]
    return np.asarray(table), area_of_cell, wanted


def rounded_education(raked: tuple[Floats, Integers, Floats]) -> Integers:
    """Whole people by cell and level; every cell and every area keeps its number.

    What rounding takes from a level in one cell it gives back in the next, so that the levels of
    an area come out as wanted.
    """
    table, area_of_cell, wanted = raked
    counts = np.zeros(table.shape, dtype=np.int64)
    for area in range(len(wanted)):
        cells = np.flatnonzero(area_of_cell == area)
        carried = np.zeros(table.shape[1])
        for cell in cells:
            due = table[cell] + carried
            possible = np.where(table[cell] > _NOBODY, np.maximum(due, 0), 0.0)
            counts[cell] = largest_remainder(possible, round(table[cell].sum()))
            carried = due - counts[cell]
        # Whole people by now, at most one of a level; the largest cell has room for them.
        counts[cells[counts[cells].sum(axis=1).argmax()]] += np.round(carried).astype(np.int64)
    return counts


def largest_remainder(expected: Floats, total: int) -> Integers:
    """Whole numbers that add up to ``total``, as near to the expected ones as can be."""
    sum_expected = expected.sum()
    scaled = expected if sum_expected == 0 else expected * (total / sum_expected)
    whole = np.floor(scaled + 1e-9).astype(np.int64)
    missing = int(total - whole.sum())
    if missing > 0:
        whole[np.argsort(-(scaled - whole), kind="stable")[:missing]] += 1
    return whole

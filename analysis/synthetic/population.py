"""A whole population with its answers, drawn from a study's questionnaire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.expressions import parse
from analysis.questionnaire import Question
from analysis.study import Study
from analysis.synthetic.answers import (
    NOTHING,
    draw_constant_sum,
    draw_multiple,
    draw_number,
    draw_single,
)
from analysis.synthetic.base import known_roles, start_people
from analysis.synthetic.models import GENERAL_FACTOR, Model, by_name, completed, model_of
from analysis.synthetic.order import drawing_order
from analysis.synthetic.parameters import FactorParameters, Generator, read_generator
from analysis.synthetic.people import BLANK, DONT_KNOW, Mask, People, Rows
from analysis.synthetic.phrases import expanded
from analysis.synthetic.predictors import (
    Contributions,
    add_predictor,
    area_differences,
    draw_factor,
)
from analysis.synthetic.streams import Stream, streams
from analysis.variables import with_derived_variables

Values = NDArray[np.float32]

# In a grid, who misses some items misses each with this probability.
SHARE_OF_ITEMS = 0.3

Compile = Callable[[pd.DataFrame], NDArray[np.floating]]


@dataclass(frozen=True)
class Population:
    """Everybody, with every answer they would give.

    Parameters
    ----------
    study, generator
        The study and its parameters, roles filled in.
    people
        The answers. −8 (does not know) is among them, −9 (refuses) is not.
    order
        The order in which questions were drawn; what a question depends on stands before it.
    seed
        The seed.
    """

    study: Study
    generator: Generator
    people: People
    order: tuple[str, ...]
    seed: int

    @property
    def size(self) -> int:
        """How many people there are."""
        return self.people.size

    @cached_property
    def rows_by_area(self) -> tuple[Rows, ...]:
        """The people of each area of ``study.areas``."""
        by_area = np.argsort(self.people.area, kind="stable")
        ends = np.searchsorted(self.people.area[by_area], np.arange(len(self.study.areas) + 1))
        return tuple(by_area[start:end] for start, end in pairwise(ends))

    def members(self, sample: str) -> Mask:
        """Who belongs to the population that a sample stands for."""
        return members(self.people, self.generator, sample)

    def frames(
        self, rows: Rows | None = None, step: int = 40_000, derive: bool = True
    ) -> Iterator[tuple[Rows, pd.DataFrame]]:
        """Survey frames with derived variables, a part of the people at a time.

        Parameters
        ----------
        rows
            Of whom; everybody when not given.
        step
            How many at a time; bounds the memory.
        derive
            Whether the derived variables and ``area`` are added.
        """
        everybody = np.arange(self.size) if rows is None else rows
        for start in range(0, len(everybody), step):
            some = everybody[start : start + step]
            frame = self.people.take(some).frame()
            yield some, with_derived_variables(self.study, frame) if derive else frame

    def evaluate(self, compiled: Compile, rows: Rows | None = None) -> Values:
        """A matrix of values of everybody, such as all indicators.

        Parameters
        ----------
        compiled
            Takes a survey frame with derived variables and gives people × columns, NaN
            outside the base.
        rows
            Of whom; everybody when not given.
        """
        return np.concatenate(
            [compiled(frame).astype(np.float32) for _, frame in self.frames(rows)]
        )


def build_population(
    study: Study, seed: int | None = None, generator: Generator | None = None
) -> Population:
    """The population that a study's questionnaire and parameters describe.

    Parameters
    ----------
    study
        The opened study.
    seed
        The study's own when not given.
    generator
        Parameters in place of the study's ``generator.yaml``.

    Raises
    ------
    WorkbenchError
        If the parameters cannot be meant, or questions depend on each other in a circle.
    """
    seed = study.card.seed if seed is None else seed
    stated = generator or read_generator(study)
    stated = stated.model_copy(update={"roles": known_roles(study, stated.roles)})
    builder = _Builder(study, stated, streams(seed))
    builder.build()
    return Population(study, stated, builder.people, builder.order, seed)


def members(people: People, generator: Generator, sample: str) -> Mask:
    """Who of some people belongs to the population that a sample stands for."""
    parameters = generator.samples.get(sample)
    if parameters is None or parameters.members is None:
        return np.ones(people.size, dtype=bool)
    return people.holds(parse(parameters.members))


@dataclass
class _Builder:
    study: Study
    generator: Generator
    streams: Stream
    people: People = field(init=False)
    order: tuple[str, ...] = field(init=False)
    factors: dict[str, Values] = field(default_factory=dict)
    of_grids: dict[tuple[str, str], Contributions] = field(default_factory=dict)

    def build(self) -> None:
        """Draw everything."""
        self.order = drawing_order(self.study, self.generator)
        phrases = {
            question.name: self.phrases(question)
            for question in self.study.questionnaire.questions.values()
            if question.type == "text"
        }
        self.people = start_people(self.study, self.generator, self.streams, phrases)
        given = set(self.people.columns)
        for name in self.order:
            if name not in given:
                self.question(self.study.questionnaire.questions[name])
        self.find_areas()
        self.in_order_of_questionnaire()
        self.people.forget()

    def phrases(self, question: Question) -> tuple[str, ...]:
        """What people may write; one empty phrase where it is put together later."""
        model = model_of(self.study, self.generator, question, self.streams)
        if model.item.choices_of:
            return ("",)
        return expanded(model.item.texts or (), model.item.fill)

    # --- one question ---------------------------------------------------------------------

    def question(self, question: Question) -> None:
        """Draw one question, or the constant-sum grid it stands in."""
        if question.name in self.people.columns:
            return
        model = model_of(self.study, self.generator, question, self.streams)
        rows = np.flatnonzero(self.asked(question))
        if model.is_joint:
            self.joint(model, rows)
            return
        self.people.start(question)
        if len(rows):
            self.draw(model, rows)
            self.not_knowing(model, rows)

    def asked(self, question: Question) -> Mask:
        """Who is asked: the routing, and the samples that the question is for."""
        routed = self.people.routed(question)
        asked = np.ones(self.people.size, dtype=bool) if routed is None else routed.copy()
        if question.samples:
            groups = [members(self.people, self.generator, sample) for sample in question.samples]
            asked &= np.logical_or.reduce(groups)
        return asked

    def draw(self, model: Model, rows: Rows) -> None:
        """Draw the answers of those who are asked."""
        question, columns = model.question, self.people.columns
        stream = self.streams("answers", question.name)
        if question.type == "select_multiple":
            predictor = self.predictor(model, rows)
            names, given, unable = draw_multiple(self.people, model, rows, predictor, stream)
            for name, dummy in zip(names, given, strict=True):
                columns[f"{question.name}.{name}"][rows] = dummy
            self.people.set_missing(question.name, DONT_KNOW, rows[unable])
        elif question.type == "select_one":
            predictor = self.predictor(model, rows)
            chosen = draw_single(self.people, model, rows, predictor, stream)
            columns[question.name][rows] = chosen
            self.people.set_missing(question.name, DONT_KNOW, rows[chosen == NOTHING])
        elif question.type in ("integer", "decimal"):
            predictor = self.predictor(model, rows)
            columns[question.name][rows] = draw_number(self.people, model, rows, predictor, stream)
        else:
            columns[question.name][rows] = self.written(model, len(rows), stream)

    def written(self, model: Model, size: int, stream: np.random.Generator) -> NDArray[np.int64]:
        """Texts and dates: any of the phrases, blank for those who write nothing."""
        phrases = len(self.people.names(model.question))
        if not phrases:
            return np.full(size, BLANK)
        chosen = stream.integers(phrases, size=size)
        silent = stream.random(size) >= model.item.answered
        return np.where(silent, BLANK, chosen)

    def joint(self, model: Model, rows: Rows) -> None:
        """Draw all items of a constant-sum grid."""
        assert model.grid is not None and model.grid.total is not None
        group = self.study.questionnaire.groups[str(model.question.group)]
        questions = [self.study.questionnaire.questions[name] for name in group.questions]
        items = tuple(question.item or question.name for question in questions)
        shares = completed(by_name(model.grid.rates or {}, items), items)
        weights = []
        for question, item in zip(questions, items, strict=True):
            self.people.start(question)
            of_item = model_of(self.study, self.generator, question, self.streams)
            moved = self.predictor(of_item, rows).common.astype(np.float64)
            weights.append(shares[item] * np.exp(moved))
        stream = self.streams("answers", group.name)
        numbers = draw_constant_sum(np.stack(weights), model.grid.total, model.grid.step, stream)
        for question, number in zip(questions, numbers, strict=True):
            self.people.columns[question.name][rows] = number
        unknown = rows[self.streams("not known", group.name).random(len(rows)) < model.dont_know]
        for question in questions:
            self.people.set_missing(question.name, DONT_KNOW, unknown)

    def not_knowing(self, model: Model, rows: Rows) -> None:
        """−8 for those who do not know."""
        if model.question.type in ("text", "date") or not model.dont_know:
            return
        where = missing_some(
            self.study, model.question, model.dont_know, self.people.size, rows, self.streams,
            "not known",
        )  # fmt: skip
        self.people.set_missing(model.question.name, DONT_KNOW, rows[where])

    # --- what moves it --------------------------------------------------------------------

    def predictor(self, model: Model, rows: Rows) -> Contributions:
        """All that moves the answer to a question, for those who are asked."""
        question = model.question
        contributions = self.of_grid(model, rows)
        choices = self.study.questionnaire.choice_names(question.list or "")
        item = question.item or question.name
        if model.grid is not None:
            with_item = [rule for rule in model.grid.rules if _is_of_item(rule.when)]
            part = model.item.model_copy(update={"rules": (*with_item, *model.item.rules)})
        else:
            part = model.item
        add_predictor(contributions, part, self.people, rows, choices, item)
        for factor, loading in model.item.factors.items():
            contributions.add(loading, self.factor(factor)[rows])
        self.add_areas(contributions, model, rows, choices)
        return contributions

    def of_grid(self, model: Model, rows: Rows) -> Contributions:
        """What moves all items of a grid alike; the same for items with the same routing."""
        if model.grid is None:
            return Contributions(len(rows))
        relevant = model.question.relevant
        key = (str(model.question.group), relevant.text if relevant else "")
        if key not in self.of_grids:
            shared = Contributions(len(rows))
            rules = tuple(rule for rule in model.grid.rules if not _is_of_item(rule.when))
            part = model.grid.model_copy(update={"rules": rules})
            choices = self.study.questionnaire.choice_names(model.question.list or "")
            add_predictor(shared, part, self.people, rows, choices)
            for factor, loading in model.grid.factors.items():
                shared.add(loading, self.factor(factor)[rows])
            self.of_grids = {key: shared}
        return self.of_grids[key].copy()

    def add_areas(
        self, contributions: Contributions, model: Model, rows: Rows, choices: tuple[str, ...]
    ) -> None:
        """Differences between areas, for each choice its own."""
        areas = self.people.area[rows]
        for choice in choices or ("",):
            stream = self.streams("areas", model.question.name, choice)
            values = area_differences(model.area_sd, stream, areas, len(self.study.areas))
            if values is None:
                return
            if choice:
                contributions.add_to(choice, values)
            else:
                contributions.common += values

    def factor(self, name: str) -> Values:
        """A trait of everybody."""
        if name not in self.factors:
            parameters = self.generator.factors.get(name)
            if parameters is None:
                assert name == GENERAL_FACTOR
                parameters = FactorParameters()
            self.factors[name] = draw_factor(name, parameters, self.people, self.streams)
        return self.factors[name]

    # --- the end --------------------------------------------------------------------------

    def find_areas(self) -> None:
        """The area of everybody, as the definitions say it follows from the answers."""
        if (self.people.area >= 0).any():
            return
        column = self.people[self.study.card.area_variable]
        position = {str(code): place for place, code in enumerate(self.study.areas.index)}
        levels = self.people.levels(self.study.card.area_variable)
        places = np.array([*(position.get(name, -1) for name in levels.names), -1])
        assert len(column) == self.people.size
        self.people.area = places[levels.codes].astype(np.int16)

    def in_order_of_questionnaire(self) -> None:
        """Columns as the questionnaire has them."""
        drawn = self.people.columns
        questionnaire = self.study.questionnaire
        names = [c for name in questionnaire.questions for c in questionnaire.variables_of(name)]
        self.people.columns = {name: drawn[name] for name in names if name in drawn}


def _is_of_item(condition: str) -> bool:
    return "{item}" in condition


def missing_some(
    study: Study,
    question: Question,
    share: float | Values,
    size: int,
    rows: Rows,
    stream: Stream,
    kind: str,
) -> Mask:
    """Who of ``rows`` misses a question; in a grid, who misses some items misses this one.

    The people who miss some items of a grid are the same for all its questions.
    """
    group = study.questionnaire.groups.get(question.group or "")
    if group is None or group.items is None:
        return np.asarray(stream(kind, question.name).random(len(rows)) < share)
    some = stream(kind, group.name).random(size)[rows] < share
    this = stream(kind, group.name, question.name).random(len(rows)) < SHARE_OF_ITEMS
    return np.asarray(some & this)

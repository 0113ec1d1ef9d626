"""What moves an answer: effects of variables, traits of the person, areas and rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from analysis.expressions import Answers, Expression, parse
from analysis.synthetic.parameters import ByChoice, Effect, FactorParameters, Predictor, Rule, Slope
from analysis.synthetic.people import Mask, People, Rows
from analysis.synthetic.streams import Stream

Values = NDArray[np.float32]

PLACEHOLDERS = ("{choice}", "{item}")


@dataclass
class Contributions:
    """Parts of a linear predictor for some people.

    ``common`` moves the answer as a whole, ``by_choice`` single choices; ``forbidden`` marks
    who cannot give a choice.
    """

    size: int
    common: Values = field(init=False)
    by_choice: dict[str, Values] = field(default_factory=dict)
    forbidden: dict[str, Mask] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.common = np.zeros(self.size, dtype=np.float32)

    def add(self, value: ByChoice, amount: Values | Mask | float = 1.0) -> None:
        """Add ``value`` times ``amount``, to the whole or to the choices that it names."""
        if isinstance(value, dict):
            for choice, number in value.items():
                self.add_to(choice, np.multiply(amount, number, dtype=np.float32))
        else:
            self.common += np.multiply(amount, value, dtype=np.float32)

    def add_to(self, choice: str, amount: Values) -> None:
        """Add to one choice."""
        if choice not in self.by_choice:
            self.by_choice[choice] = np.zeros(self.size, dtype=np.float32)
        self.by_choice[choice] += amount

    def forbid(self, choice: str, where: Mask) -> None:
        """Nobody in ``where`` can give the choice."""
        before = self.forbidden.get(choice)
        self.forbidden[choice] = where if before is None else before | where

    def copy(self) -> Contributions:
        """The same, to be added to."""
        other = Contributions(self.size)
        other.common = self.common.copy()
        other.by_choice = {choice: values.copy() for choice, values in self.by_choice.items()}
        other.forbidden = dict(self.forbidden)
        return other


def add_effects(
    contributions: Contributions,
    effects: Mapping[str, Effect],
    people: People,
    rows: Rows | slice,
) -> None:
    """Add the effects of variables."""
    for variable, effect in effects.items():
        if isinstance(effect, Slope):
            distance = people.numbers(variable, rows) - effect.centre
            # A person whose number is not known is like the one in the centre.
            contributions.common += np.float32(effect.slope) * np.nan_to_num(distance)
            continue
        levels = people.levels(variable, rows)
        _add_levels(contributions, effect, levels)


def _add_levels(
    contributions: Contributions, effect: Mapping[str, ByChoice], levels: Answers
) -> None:
    numbers = {level: value for level, value in effect.items() if not isinstance(value, dict)}
    if numbers:
        contributions.common += _by_level(numbers, levels)
    by_choice = {level: value for level, value in effect.items() if isinstance(value, dict)}
    choices = sorted({choice for value in by_choice.values() for choice in value})
    for choice in choices:
        of_choice = {level: value[choice] for level, value in by_choice.items() if choice in value}
        contributions.add_to(choice, _by_level(of_choice, levels))


def _by_level(values: Mapping[str, float], levels: Answers) -> Values:
    # The last entry is what −1, an unknown level, points to.
    table = np.array([*(values.get(name, 0.0) for name in levels.names), 0.0], dtype=np.float32)
    return table[levels.codes]


def add_rules(
    contributions: Contributions,
    rules: Iterable[Rule],
    people: People,
    rows: Rows | slice,
    choices: Sequence[str] = (),
    item: str | None = None,
) -> None:
    """Add what the rules say; ``choices`` are those that rules can forbid."""
    known = people.known_names
    for rule in rules:
        if "{choice}" not in rule.when:
            condition = conditions(rule.when, known, item=item)
            if condition is not None:
                _apply(contributions, rule, people.holds(condition)[rows], choices)
            continue
        for choice in choices:
            condition = conditions(rule.when, known, item=item, choice=choice)
            if condition is not None:
                where = condition.truth(people.context)[rows] == 1
                _apply_to_choice(contributions, rule, where, choice)


def conditions(
    text: str, known: frozenset[str], *, item: str | None = None, choice: str | None = None
) -> Expression | None:
    """A rule's condition with the placeholders filled in.

    None where a filled-in condition names a question that does not exist, such as one for the
    choice "none of these".
    """
    filled = text.replace("{choice}", choice or "").replace("{item}", item or "")
    expression = parse(filled)
    if filled != text and not expression.names <= known:
        return None
    return expression


def _apply(contributions: Contributions, rule: Rule, where: Mask, choices: Sequence[str]) -> None:
    if rule.add is not None:
        contributions.add(rule.add, where)
    for choice in _forbidden(rule, choices):
        contributions.forbid(choice, where)


def _apply_to_choice(contributions: Contributions, rule: Rule, where: Mask, choice: str) -> None:
    if isinstance(rule.add, float):
        contributions.add({choice: rule.add}, where)
    if rule.forbid is True:
        contributions.forbid(choice, where)


def _forbidden(rule: Rule, choices: Sequence[str]) -> Iterator[str]:
    if rule.only is not None:
        yield from (choice for choice in choices if choice not in rule.only)
    if isinstance(rule.forbid, list):
        yield from rule.forbid
    elif rule.forbid:
        yield from choices


def area_differences(
    area_sd: float | None, stream: np.random.Generator, areas: NDArray[np.integer], count: int
) -> Values | None:
    """A normal deviation of each area, for each person; None where areas do not differ."""
    if not area_sd:
        return None
    deviations = stream.normal(0.0, area_sd, size=count + 1).astype(np.float32)
    deviations[-1] = 0.0  # what −1, no area, points to
    return deviations[areas]


def draw_factor(name: str, parameters: FactorParameters, people: People, streams: Stream) -> Values:
    """The trait of every person: what explains it, and a normal part of their own.

    The mean over all people is 0; the part that effects and rules explain is not scaled.
    """
    everyone = slice(None)
    contributions = Contributions(people.size)
    add_predictor(contributions, parameters, people, everyone)
    trait = contributions.common
    own = streams("factor", name).standard_normal(people.size, dtype=np.float32)
    trait += np.float32(parameters.sd) * own
    areas = area_differences(
        parameters.area_sd, streams("factor area", name), people.area, len(people.study.areas)
    )
    if areas is not None:
        trait += areas
    return trait - trait.mean(dtype=np.float64).astype(np.float32)


def add_predictor(
    contributions: Contributions,
    predictor: Predictor,
    people: People,
    rows: Rows | slice,
    choices: Sequence[str] = (),
    item: str | None = None,
) -> None:
    """Add effects and rules."""
    add_effects(contributions, predictor.effects, people, rows)
    add_rules(contributions, predictor.rules, people, rows, choices, item)

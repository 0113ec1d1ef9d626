"""Between what values an unknown can lie when everything else is taken into account.

:func:`feasible_ranges` needs no optimum for most unknowns: each point it finds is a table
that could be the true one, and two such points that lie far enough apart settle the
question. Only what remains open is asked to the optimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from analysis.release.programme import TOLERANCE, Booleans, Floats, Integers, System

Ask = Literal["each", "first", "none"]

#: Limit of branch and bound, in nodes rather than seconds so that a run can be repeated.
NODE_LIMIT = 500
#: Rounds of joint pushing before unknowns are asked one by one.
PUSHES = 24
#: Pushes without success after which pushing ends.
IDLE_PUSHES = 3


@dataclass(frozen=True)
class Ranges:
    """What is known of some unknowns.

    ``low`` and ``high`` are values that feasible points take; for an unknown that misses
    its required width they are the exact ends of its range. Unknowns whose range could not
    be settled within the node limit count as missing it (``low`` and ``high`` are then what
    was found). ``points`` are the feasible points.
    """

    low: Floats
    high: Floats
    points: tuple[Floats, ...] = ()

    def reach(self, required: Floats) -> Booleans:
        """Which of the unknowns have the width they need."""
        return np.asarray(self.high - self.low >= required - TOLERANCE)


def feasible_ranges(
    system: System,
    secrets: Integers,
    required: Floats,
    *,
    ask: Ask = "each",
    exact: bool = True,
    counts: Booleans | None = None,
    start: Ranges | None = None,
) -> Ranges:
    """How far each secret can move while every constraint holds.

    Parameters
    ----------
    system
        One independent subsystem.
    secrets
        Numbers of the unknowns asked for.
    required
        The width each secret needs; the search for a secret stops when it is reached.
    ask
        What to do with secrets that joint pushing leaves open: ask for the exact ends of
        ``each``, stop at the ``first`` that misses its width, or leave ``none`` asked.
    exact
        Whether the ends of what misses its width are wanted exactly; otherwise the search
        only asks whether the width can be reached, which is settled much sooner.
    counts
        Which of the secrets are whole numbers by nature, so that only whole numbers between
        the ends count; those that are whole in the system where not given.
    start
        What is known of the secrets already.

    Notes
    -----
    First all open secrets are pushed at once, each up or down by a fixed pattern of signs
    and no further than it needs, so that one point serves many. What remains open is then
    asked one by one, upwards and downwards, to the optimum.
    """
    whole = system.whole[secrets] if counts is None else counts
    truth = system.truth[secrets]
    search = _Search(system, secrets, required, whole, start or Ranges(truth, truth))
    if len(secrets) > 1:
        search.push()
    for number in range(len(secrets)):
        if ask == "none" or (not search.settle(number, exact) and ask == "first"):
            break
    return search.ranges()


class _Search:
    """Feasible points of one system, and what they say of its secrets."""

    def __init__(
        self, system: System, secrets: Integers, required: Floats, counts: Booleans, start: Ranges
    ) -> None:
        self.system, self.secrets, self.required = system, secrets, required
        self.counts = counts
        self.low, self.high = start.low, start.high
        self.points: list[Floats] = []

    def ranges(self) -> Ranges:
        """What was found; of counts the whole numbers within."""
        return Ranges(
            np.where(self.counts, np.ceil(self.low - TOLERANCE), self.low),
            np.where(self.counts, np.floor(self.high + TOLERANCE), self.high),
            tuple(self.points),
        )

    def open(self) -> Booleans:
        """Which secrets do not have their width yet."""
        return ~self.ranges().reach(self.required)

    def push(self) -> None:
        """Move all open secrets at once, by one pattern of signs after another."""
        idle = 0
        for signs in _sign_patterns(len(self.secrets)):
            waiting = self.open()
            if not waiting.any() or idle >= IDLE_PUSHES:
                return
            self._push(waiting, signs[waiting])
            idle = idle + 1 if self.open().sum() == waiting.sum() else 0

    def _push(self, waiting: Booleans, signs: Floats) -> None:
        system, wanted = self.system, self.secrets[waiting]
        low, high = system.low.copy(), system.high.copy()
        reach = np.where(
            self.counts[waiting], np.ceil(self.required[waiting]), self.required[waiting]
        )
        found = self.ranges()
        ceiling, floor = found.low[waiting] + reach, found.high[waiting] - reach
        high[wanted] = np.where(signs > 0, np.minimum(high[wanted], ceiling), high[wanted])
        low[wanted] = np.where(signs < 0, np.maximum(low[wanted], floor), low[wanted])
        objective = np.zeros(len(low))
        objective[wanted] = -signs
        self._look(objective, low, high)

    def settle(self, number: int, exact: bool) -> bool:
        """Whether one secret can move far enough, by its exact ends if need be."""
        for only_enough in (True, False) if exact else (True,):
            for sign in (-1.0, 1.0):
                if self.open()[number]:
                    objective = np.zeros(len(self.system.low))
                    objective[self.secrets[number]] = sign
                    enough = self._enough(number, sign) if only_enough else None
                    self._look(objective, self.system.low, self.system.high, enough)
        return not self.open()[number]

    def _enough(self, number: int, sign: float) -> float:
        """The value of an objective at which a secret has its width."""
        found, required = self.ranges(), float(self.required[number])
        reach = np.ceil(required - TOLERANCE) if self.counts[number] else required
        return float(found.high[number] - reach if sign > 0 else -(found.low[number] + reach))

    def _look(
        self, objective: Floats, low: Floats, high: Floats, enough: float | None = None
    ) -> None:
        """Remember the point that minimises an objective, or brings it down far enough."""
        point = lowest_point(self.system, objective, low, high, enough)
        if point is not None and self.system.holds(point):
            self.points.append(point)
            self.low = np.minimum(self.low, point[self.secrets])
            self.high = np.maximum(self.high, point[self.secrets])


def lowest_point(
    system: System,
    objective: Floats,
    low: Floats,
    high: Floats,
    enough: float | None = None,
) -> Floats | None:
    """A point within bounds that minimises an objective in whole numbers, by branch and bound.

    Parameters
    ----------
    system
        The constraints, and which unknowns are whole.
    objective
        Whole factors of the unknowns.
    low, high
        Bounds in place of the system's own.
    enough
        A value of the objective that will do: the first point that has it is taken, and
        where the relaxation has not, nothing is looked for.

    Returns
    -------
    ndarray or None
        The best point found within the node limit; None when there is none.

    Notes
    -----
    Sums of counts are so close to a network that the relaxation is whole in nearly all
    cases, and the first node is the last. HiGHS's own branch and bound is not used: it
    writes on standard output, and fails on some of these problems.
    """
    best, value = None, np.inf
    nodes = [(low, high)]
    for _ in range(NODE_LIMIT):
        if not nodes:
            break
        low, high = nodes.pop()
        answer = milp(
            objective,
            bounds=Bounds(low, high),
            constraints=LinearConstraint(system.matrix, system.row_low, system.row_high),
        )
        if answer.x is None or np.ceil(answer.fun - TOLERANCE) >= value:
            continue
        if enough is not None and answer.fun > enough + TOLERANCE:
            continue
        point = np.where(system.whole, np.round(answer.x), answer.x)
        off = np.abs(point - answer.x)
        if off.max(initial=0.0) <= TOLERANCE:
            best, value = point, float(answer.fun)
            if enough is not None and value <= enough + TOLERANCE:
                break
        else:
            nodes.extend(_branches(answer.x, int(off.argmax()), low, high))
    return best


def _branches(
    point: Floats, unknown: int, low: Floats, high: Floats
) -> list[tuple[Floats, Floats]]:
    """The bounds with an unknown under and over its fraction, the nearer side last."""
    under, over = high.copy(), low.copy()
    under[unknown], over[unknown] = np.floor(point[unknown]), np.ceil(point[unknown])
    branches = [(low, under), (over, high)]
    return branches if point[unknown] % 1 > 0.5 else branches[::-1]


def _sign_patterns(size: int) -> Floats:
    """Fixed arbitrary patterns of +1 and −1, and among them all up and all down."""
    draw = np.random.default_rng(20_110_905).integers(0, 2, (PUSHES, size)) * 2.0 - 1.0
    draw[PUSHES // 2 : PUSHES // 2 + 2] = [[1.0], [-1.0]]
    return np.asarray(draw, dtype=np.float64)

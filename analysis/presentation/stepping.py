"""What is shown where the number of an area or group cannot be: a wider one, by a stated rule.

A report with a mark in every other cell says nothing. Where a row is not shown, the first of
these that is shown takes its place, always marked and explained:

1. the same number of a wider group, as ``wider`` of the study's variables and choices says;
2. a model-based estimate of the area, for totals;
3. the same number of all areas together.

All of them are released rows that may be seen anyway. Why the first was not shown is said as
its own mark says it; whether it is secret itself or hides another is not known here.
Differences never step back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from analysis.presentation.numbers import NO_BREAK_SPACE
from analysis.presentation.rows import DISCLOSURE, MODEL, PRECISION, Estimate
from analysis.presentation.scene import Scene

OWN = ""
WIDER = "wider"
MODELLED = "model"
WHOLE = "whole"
#: The sign behind a value that stands for another.
SIGNS = {WIDER: "†", MODELLED: "‡", WHOLE: "§"}
_HIDDEN = (PRECISION, DISCLOSURE)


class Step(NamedTuple):
    """A row, the row that is shown for it, and how far the two are apart."""

    asked: Estimate
    row: Estimate
    kind: str

    @property
    def sign(self) -> str:
        """The sign of the step; empty for a row shown as it is."""
        return SIGNS.get(self.kind, "")

    def signed(self, text: str) -> str:
        """A value with the sign of the step."""
        return f"{text}{NO_BREAK_SPACE}{self.sign}" if self.kind else text


def step_back(scene: Scene, row: Estimate) -> Step:
    """The row itself, or the nearest one that is shown in its place.

    A row that is shown, that concerns nobody, that is a difference or has nothing wider stays
    as it is.
    """
    if row.mark not in _HIDDEN or row.comparison:
        return Step(row, row, OWN)
    found = ((kind, other) for kind, other in _wider(scene, row) if other.shown)
    kind, other = next(found, (OWN, row))
    return Step(row, other, kind)


def _wider(scene: Scene, row: Estimate) -> Iterator[tuple[str, Estimate]]:
    for breakdown, group in wider_groups(scene, row.breakdown, row.group):
        yield from ((WIDER, other) for other in _rows(scene, row, row.area, breakdown, group))
    if row.area == scene.whole:
        return
    if not row.breakdown:
        yield from ((MODELLED, other) for other in _rows(scene, row, row.area, comparison=MODEL))
    yield from (
        (WHOLE, other) for other in _rows(scene, row, scene.whole, row.breakdown, row.group)
    )


def wider_groups(scene: Scene, breakdown: str, group: str) -> Iterator[tuple[str, str]]:
    """The groups that hold a group, each with its breakdown, from the nearest outwards."""
    study = scene.study
    while breakdown in study.variables and study.variables[breakdown].wider:
        variable = study.variables[breakdown]
        group = study.questionnaire.choice_attribute(variable.list or "", group, "wider")
        breakdown = variable.wider or ""
        if not group:
            return
        yield breakdown, group


def _rows(
    scene: Scene,
    row: Estimate,
    area: str,
    breakdown: str = "",
    group: str = "",
    comparison: str = "",
) -> Iterator[Estimate]:
    found = scene.rows.of(
        row.indicator,
        sample=row.sample,
        area=area,
        breakdown=breakdown,
        comparison=comparison,
        category=row.category,
    )
    return (other for other in found if other.group == group)


# --- in words -------------------------------------------------------------------------------


def notes(scene: Scene, steps: Iterable[Step]) -> tuple[str, ...]:
    """The explanation of the signs of some steps; nothing where no step was taken."""
    taken = [step for step in steps if step.kind]
    said = [_note(scene, kind, [s for s in taken if s.kind == kind]) for kind in SIGNS]
    return tuple(filter(None, said))


def _note(scene: Scene, kind: str, steps: Sequence[Step]) -> str:
    if not steps:
        return ""
    groups = dict.fromkeys(_group_pair(scene, step) for step in steps if kind == WIDER)
    return scene.names.say(
        f"step.note_{kind}",
        sign=SIGNS[kind],
        groups=scene.words.listed(list(groups)),
        whole=scene.names.whole,
        confidence=scene.confidence,
    )


def _group_pair(scene: Scene, step: Step) -> str:
    return scene.words.say(
        "step.groups",
        own=scene.names.group(step.asked.breakdown, step.asked.group),
        wider=scene.names.group(step.row.breakdown, step.row.group),
    )


def sentence(scene: Scene, step: Step, value: str) -> str:
    """What is known in place of a value that is not shown; empty where nothing is."""
    if not step.kind:
        return ""
    base = "" if step.kind == MODELLED else scene.base(step.row)
    parts = (scene.interval(step.row), base)
    return scene.names.say(
        f"step.sentence_{step.kind}",
        value=value,
        details="; ".join(filter(None, parts)),
        wider=scene.names.group(step.row.breakdown, step.row.group) if step.kind == WIDER else "",
        whole=scene.names.whole,
    )


def label(scene: Scene, step: Step) -> str:
    """What kind of value stands for another, in a few words; empty for a value of its own."""
    if not step.kind:
        return ""
    return scene.names.say(f"step.label_{step.kind}", whole=scene.names.whole)

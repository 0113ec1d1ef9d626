"""What the builders of a report share: the report as they see it, labels, places and notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from analysis.presentation import annexes
from analysis.presentation.makeup import MakeUp, split
from analysis.presentation.rows import Estimate
from analysis.presentation.scene import Scene
from analysis.presentation.specs import BlockSpec
from analysis.presentation.tables import Label
from analysis.study import Study

_LONGEST_NAME = 31
_UNSAFE = str.maketrans("[]:*?/\\'", "        ")
_MOST_QUESTIONS = 2
#: Forms whose parts have bases of their own, shown beside them.
_OWN_BASES = ("areas", "map", "maps", "dots", "small_multiples", "groups_compare", "matrix")


class Composed(Protocol):
    """A report as its builders see it."""

    @property
    def makeup(self) -> MakeUp:
        """The make-up."""

    @property
    def scene(self) -> Scene:
        """The scene of the report."""

    @property
    def study(self) -> Study:
        """The study."""

    def text(self, labels: Mapping[str, str], **values: object) -> str:
        """A text of the make-up with its placeholders filled."""

    def place(self, scene: Scene) -> str:
        """The place of a table or chart for its caption, where it is not the report's own."""


@dataclass
class Slot:
    """Gives the tables and charts of a chapter their names and anchors."""

    chapter: str
    number: int
    count: int = 0

    def label(self, caption: str, topic: str) -> Label:
        """A label whose name is fit for a sheet of a workbook and unique in the report."""
        self.count += 1
        name = f"{self.number}.{self.count} {topic}".translate(_UNSAFE)[:_LONGEST_NAME].strip()
        return Label(caption, name, f"{self.chapter}-{self.count}")


def scene_of(report: Composed, spec: BlockSpec) -> Scene:
    """The scene of a block: its place, its sample, the categories it leaves out."""
    scene = report.scene
    if getattr(spec, "level", "area") == "whole":
        scene = scene.at(scene.whole)
    if spec.sample is not None:
        scene = scene.of_sample(spec.sample)
    return scene.without(getattr(spec, "exclude", ()))


def label_of(
    report: Composed,
    scene: Scene,
    slot: Slot,
    reference: str,
    caption: Mapping[str, str],
    form: str,
    breakdown: str = "",
    across: str = "",
) -> Label:
    """The label of a table or chart: the caption of the make-up, or one by its form."""
    code, category = split(reference)
    text = (
        report.text(caption)
        if caption
        else scene.names.say(
            f"caption.{form}",
            indicator=scene.names.full(code, category),
            across=scene.names.indicator(across) if across else "",
            breakdown=scene.names.breakdown(breakdown) if breakdown else "",
            place=report.place(scene),
        )
    )
    if scene.qualifier:
        text = scene.words.say("caption.sample", caption=text, sample=scene.qualifier)
    return slot.label(text, " ".join(filter(None, (code, category, breakdown))))


def chart_notes(scene: Scene, references: Iterable[str], form: str) -> list[str]:
    """Source with n, the wording of the questions, and what several answers do to sums."""
    say = scene.words.say
    pairs = [split(reference) for reference in references]
    bases = [row.n for pair in pairs for row in _chart_rows(scene, *pair, form) if row.n == row.n]
    source = {"source": scene.names.text(scene.study.title), "wave": scene.study.wave}
    notes = [say("note.source", **source, n=_base_range(scene, bases)) if bases
             else say("note.source_only", **source)]  # fmt: skip
    asked = (annexes.questions_behind(scene, *pair) for pair in pairs)
    codes = list(dict.fromkeys(code for behind in asked for code in behind))
    if len(codes) <= _MOST_QUESTIONS:
        notes += [
            say("note.question", code=name, text=scene.names.breakdown(name)) for name in codes
        ]
    if any(scene.names.is_multiple(code) for code, _ in pairs):
        notes.append(say("sentence.multiple"))
    return notes


def _chart_rows(scene: Scene, code: str, category: str, form: str) -> Sequence[Estimate]:
    """The rows whose bases stand in the source: none where each part has its own."""
    if form in _OWN_BASES:
        return ()
    rows = scene.totals(code)
    return [row for row in rows if row.category == category] if form == "breakdown" else rows


def _base_range(scene: Scene, bases: Sequence[float]) -> str:
    low, high = (scene.numbers.whole(bound) for bound in (min(bases), max(bases)))
    return low if low == high else f"{low}–{high}"

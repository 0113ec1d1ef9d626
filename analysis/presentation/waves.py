"""One wave against the earlier one: silent where a sample has none.

*Risen* and *fallen* are said where the released change supports it: an adjusted p-value below
0.05 and an interval without zero. What cannot be compared is said with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from analysis.presentation import sentences
from analysis.presentation.blocks import Cell, Column, Table
from analysis.presentation.rows import NOT_APPLICABLE, Estimate
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label, finished, unit_cells
from analysis.presentation.wording import capitalised

_LABEL_WIDTH = 5.0
Pair = tuple[str, str]


def compared(scene: Scene, pairs: Iterable[Pair]) -> list[Pair]:
    """Those indicators and categories of which there is a change."""
    return [pair for pair in pairs if scene.change(*pair) is not None]


def sentence(scene: Scene, code: str, category: str = "") -> str:
    """How the value of the area has changed; empty where nothing can be said of it."""
    change, now, earlier = scene.change(code, category), scene.total(code, category), scene.earlier
    if change is None or now is None or earlier is None:
        return ""
    wave = scene.study.wave_of(earlier.sample)
    reasons = " ".join(reasons_of(scene, code))
    if change.mark == NOT_APPLICABLE:
        label = scene.names.full(code, category)
        values = {"label": label, "earlier_wave": wave, "reasons": reasons}
        return scene.words.say("earlier.not_comparable", **values).strip() if reasons else ""
    before = earlier.total(code, category)
    if before is None or not sentences.is_sure(change):
        return ""
    said = _said(scene, change, now, before, wave)
    return f"{said} {scene.words.say('earlier.limited', reasons=reasons)}" if reasons else said


def _said(scene: Scene, change: Estimate, now: Estimate, before: Estimate, wave: str) -> str:
    value = sentences.figure(scene, now)
    low, high = sorted((change.ci_low, change.ci_high))
    if change.estimate < 0:
        low, high = -high, -low
    unit = scene.unit_of(change)
    direction = "higher" if change.estimate > 0 else "lower"
    return scene.words.say(
        f"earlier.{direction if change.supported else 'same'}",
        statement=capitalised(sentences.statement(scene, now, value)),
        now=scene.base(now),
        earlier_wave=wave,
        before=f"{sentences.figure(scene, before)}, {scene.base(before)}",
        difference=scene.amount(abs(change.estimate), unit),
        confidence=scene.confidence,
        range=scene.range_of(low, high, unit),
    )


def reasons_of(scene: Scene, code: str) -> list[str]:
    """Why an indicator cannot be compared, or only with care: one sentence for each question."""
    said = [
        scene.names.text(one.reason)
        if one.reason
        else scene.words.say("earlier.not_asked", question=one.question)
        for one in scene.study.differences_between_waves(scene.sample, code)
    ]
    return list(dict.fromkeys(said))


def table(scene: Scene, label: Label, pairs: Sequence[Pair]) -> Table:
    """Indicators then, now, and the change with its interval.

    Parameters
    ----------
    pairs
        Indicator and category of each row; each has a change (:func:`compared`).
    """
    earlier = scene.earlier
    assert earlier is not None
    changes = [scene.change(*pair) for pair in pairs]
    rows, used = [], []
    for pair, change in zip(pairs, changes, strict=True):
        now, before = scene.total(*pair), earlier.total(*pair)
        used += [row for row in (now, before) if row is not None]
        value, interval = unit_cells(scene, now)
        rows.append(
            (
                Cell(scene.names.full(*pair)),
                unit_cells(earlier, before)[0],
                value,
                interval,
                *unit_cells(scene, change),
            )
        )
    return finished(scene, label, _columns(scene, earlier), rows, used, _notes(scene, changes))


def _columns(scene: Scene, earlier: Scene) -> list[Column]:
    say = scene.words.say
    interval = say("table.interval", confidence=scene.confidence)
    now, change = scene.study.wave_of(scene.sample), say("earlier.change")
    return [
        Column(say("table.indicator"), align="left", width=_LABEL_WIDTH),
        Column(say("table.value"), scene.study.wave_of(earlier.sample), width=1.2),
        Column(say("table.value"), now, width=1.2),
        Column(interval, now, width=1.8),
        Column(say("table.value"), change, width=1.7),
        Column(interval, change, width=2.4),
    ]


def _notes(scene: Scene, changes: Sequence[Estimate | None]) -> list[str]:
    notes = [scene.names.say("earlier.note")]
    for change in changes:
        reasons = reasons_of(scene, change.indicator) if change is not None else []
        if change is not None and reasons:
            kind = "not_comparable" if change.mark == NOT_APPLICABLE else "limited"
            name = scene.names.full(change.indicator, change.category)
            text = f"{name} – {' '.join(reasons)}"
            notes.append(scene.words.say(f"earlier.note_{kind}", text=text))
    return notes

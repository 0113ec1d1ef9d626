"""How open answers were coded: agreement of the coders, and what was taken for a service.

All of it is of the whole sample and comes from the run record, which holds counts and
coefficients only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.presentation.blocks import Block, Cell, Column, Paragraph, Relation, Table
from analysis.presentation.makeup import CodingAgreementSpec
from analysis.presentation.methods import sample_of, sample_record
from analysis.presentation.numbers import half_up, share_value
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label, hidden_cell, missing_cell

#: Below this a coefficient does not even allow tentative conclusions; from the other on it is
#: taken for reliable (Krippendorff, Content Analysis, 2004, p. 241).
TENTATIVE, RELIABLE = 0.667, 0.8
_PLACES = 2


def coding_of(scene: Scene, question: str) -> Mapping[str, Any]:
    """What the run wrote about the coding of a question; empty where it was not coded."""
    records = sample_record(scene).get("coding") or ()
    return next((one for one in records if one["question"] == question), {})


def agreement_in_short(scene: Scene, questions: Sequence[str]) -> str:
    """Kappa and alpha of those of the questions that were coded; empty where none was."""
    parts = []
    for record in sample_record(scene).get("coding") or ():
        if record["question"] not in questions:
            continue
        values = {one["measure"]: one["value"] for one in record.get("agreement") or ()}
        if values.get("kappa") is None or values.get("alpha_masi") is None:
            continue
        parts.append(
            scene.words.say(
                "coding.short",
                question=record["question"],
                kappa=_decimal(scene, values["kappa"]),
                alpha=_decimal(scene, values["alpha_masi"]),
            )
        )
    return "; ".join(parts)


def caption(scene: Scene, spec: CodingAgreementSpec) -> str:
    """The caption of the table of a form."""
    title = scene.names.text(sample_of(scene).title)
    return scene.words.say(
        f"coding.caption_{spec.form}",
        question=spec.question,
        sample=title,
        whole=scene.names.whole,
    )


def blocks(scene: Scene, label: Label, spec: CodingAgreementSpec) -> Iterator[Block]:
    """The blocks of a form: ``agreement``, ``codes``, ``mistaken`` or ``related``."""
    record = coding_of(scene, spec.question)
    if not record:
        yield Paragraph(scene.words.say("coding.none", question=spec.question), "note")
    elif spec.form == "agreement":
        yield from _agreement(scene, label, record)
    elif spec.form == "codes":
        yield from _codes(scene, label, record)
    elif spec.form == "mistaken":
        yield from _mistaken(scene, label, record)
    else:
        yield from _related(scene, label, record)


def _agreement(scene: Scene, label: Label, record: Mapping[str, Any]) -> Iterator[Block]:
    say, whole = scene.words.say, scene.numbers.whole
    values = {
        "answers": whole(record["answers"]),
        "mentions": whole(record["mentions"]),
        "uncoded": whole(record["uncoded"]),
        "suggested": _percent(scene, record["suggested"] / max(record["mentions"], 1)),
        "taken": _percent(scene, record["suggestion_taken"]),
    }
    yield Paragraph(say("coding.work", **values))
    if not record.get("agreement"):
        yield Paragraph(say("coding.one_coder"), "note")
        return
    disagreed = {
        "disagreements": whole(record["disagreements"]),
        "decided": whole(record["decided"]),
    }
    yield Paragraph(say("coding.disagreed", **disagreed))
    rows = [
        (
            Cell(say(f"coding.{one['measure']}")),
            _measure_cell(scene, one),
            _interval_cell(scene, one),
            _count_cell(scene, one["n"]),
        )
        for one in record["agreement"]
    ]
    columns = (
        Column(say("coding.measure"), align="left", width=5.0),
        Column(say("coding.value")),
        Column(say("coding.interval"), width=1.4),
        Column(say("coding.units"), width=1.4),
    )
    notes = (
        say(
            "coding.note_agreement",
            tentative=_decimal(scene, TENTATIVE, 3),
            reliable=_decimal(scene, RELIABLE),
        ),
    )
    yield _table(scene, label, columns, rows, notes)


def _codes(scene: Scene, label: Label, record: Mapping[str, Any]) -> Iterator[Block]:
    found = record.get("codes") or ()
    if not found:
        return
    say = scene.words.say
    rows = [
        (
            Cell(_code_name(scene, record["question"], one["code"])),
            *(_count_cell(scene, one[side]) for side in ("first", "second", "both")),
            _coefficient_cell(scene, one["value"]),
            _interval_cell(scene, one),
        )
        for one in found
    ]
    spanner = say("coding.times")
    columns = (
        Column(say("annex.category"), align="left", width=5.0),
        Column(say("coding.first"), spanner),
        Column(say("coding.second"), spanner),
        Column(say("coding.both"), spanner),
        Column(say("coding.kappa_short")),
        Column(say("coding.interval"), width=1.4),
    )
    doubtful = [
        _code_name(scene, record["question"], one["code"])
        for one in found
        if one["value"] is not None and one["value"] < TENTATIVE and one["code"]
    ]
    notes = [say("coding.note_codes")]
    if doubtful:
        limit = _decimal(scene, TENTATIVE, 3)
        notes.append(say("coding.doubtful", limit=limit, codes=scene.words.listed(doubtful)))
    yield _table(scene, label, columns, rows, tuple(notes))


def _mistaken(scene: Scene, label: Label, record: Mapping[str, Any]) -> Iterator[Block]:
    if not record["mistaken"]:
        return
    say, answers = scene.words.say, record["answers"]
    rows = [
        (
            Cell(_code_name(scene, record["question"], one["code"])),
            _count_cell(scene, one["mentions"]),
            _count_cell(scene, one["answers"]),
            _share_cell(scene, one["answers"], answers),
            _count_cell(scene, one["only"]),
            _share_cell(scene, one["only"], answers),
        )
        for one in record["mistaken"]
    ]
    columns = (
        Column(say("coding.kind"), align="left", width=3.6),
        Column(say("coding.mentions"), width=1.2, unit="mentions"),
        Column(say("coding.number"), say("coding.naming")),
        Column(say("coding.share"), say("coding.naming")),
        Column(say("coding.number"), say("coding.only")),
        Column(say("coding.share"), say("coding.only")),
    )
    note = say("coding.note_mistaken", answers=scene.numbers.whole(answers))
    relations = (
        Relation("rate", 3, (2,), base=answers),
        Relation("rate", 5, (4,), base=answers),
    )
    yield _table(scene, label, columns, rows, (note,), relations)


def _related(scene: Scene, label: Label, record: Mapping[str, Any]) -> Iterator[Block]:
    found = [one for one in record["related"] if one["mentions"] != 0]
    if not found:
        return
    say = scene.words.say
    ordered = sorted(found, key=lambda one: -(one["mentions"] or 0))
    rows = [
        (Cell(scene.names.text(one["label"], one["item"])), _count_cell(scene, one["mentions"]))
        for one in ordered
    ]
    columns = (
        Column(say("coding.item"), align="left", width=5.0),
        Column(say("coding.mentions"), width=1.2),
    )
    yield _table(scene, label, columns, rows, (say("coding.note_related"),))


def _table(
    scene: Scene,
    label: Label,
    columns: tuple[Column, ...],
    rows: Sequence[tuple[Cell, ...]],
    notes: tuple[str, ...],
    relations: tuple[Relation, ...] = (),
) -> Table:
    small = any(cell.mark for row in rows for cell in row)
    legend = (scene.words.say("coding.note_small"),) if small else ()
    origin: Any = "modelled" if scene.rows.modelled else "observed"
    return Table(
        label.caption, columns, tuple(rows), label.name, label.anchor,
        notes=(*notes, *legend), data_origin=origin, relations=relations,
    )  # fmt: skip


# --- cells ----------------------------------------------------------------------------------


def _code_name(scene: Scene, question: str, code: str) -> str:
    form = scene.study.questionnaire
    if not code:
        return scene.words.say("coding.rare")
    choice = form.choice(form.list_of(question) or "", code)
    return scene.names.text(choice.label, code)


def _decimal(scene: Scene, value: float, places: int = _PLACES) -> str:
    return scene.numbers.decimal(value, places)


def _percent(scene: Scene, share: float | None) -> str:
    return scene.words.say("method.not_stated") if share is None else scene.numbers.percent(share)


def _measure_cell(scene: Scene, one: Mapping[str, Any]) -> Cell:
    if one["value"] is not None and one["measure"].startswith("percent"):
        return Cell(scene.numbers.percent(one["value"], 1), share_value(one["value"]), "0.0%")
    return _coefficient_cell(scene, one["value"])


def _coefficient_cell(scene: Scene, value: float | None) -> Cell:
    if value is None:
        return missing_cell()
    return Cell(_decimal(scene, value), float(half_up(value, _PLACES)), "0.00")


def _interval_cell(scene: Scene, one: Mapping[str, Any]) -> Cell:
    if one.get("low") is None or one.get("high") is None:
        return Cell("")
    return Cell(scene.numbers.span(one["low"], one["high"], _PLACES))


def _count_cell(scene: Scene, count: int | None) -> Cell:
    if count is None:
        return hidden_cell()
    return Cell(scene.numbers.whole(count), float(count), "#,##0")


def _share_cell(scene: Scene, count: int | None, whole: int) -> Cell:
    if count is None or not whole:
        return hidden_cell()
    share = count / whole
    return Cell(scene.numbers.percent(share, 1), share_value(share), "0.0%")

"""What people said in their own words: approved quotations, and how many answered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from analysis.presentation.blocks import Block, Cell, Column, ItemList, Paragraph, Table
from analysis.presentation.makeup import QuotationsSpec
from analysis.presentation.methods import sample_record
from analysis.presentation.scene import Scene, data_origin
from analysis.presentation.tables import Label
from analysis.release.released_texts import Quotation, read_released_texts

_QUOTED = re.compile(r"[\"„“”«»]([^\"„“”«»]*)[\"„“”«»]")
_QUOTES = re.compile(r"[\"„“”«»]")


def blocks(scene: Scene, spec: QuotationsSpec) -> Iterator[Block]:
    """The approved quotations from one question; nothing where none may be shown.

    A report of an area shows those of the area, or of the whole where the area has none; a
    report of the whole shows those of all places and names the place of each. A text without
    an approved translation is left out of a report in another language.
    """
    found = _chosen(scene, spec)[: spec.most]
    if not found:
        return
    yield Paragraph(_question(scene, spec.question, found), "body")
    yield ItemList(tuple(_item(scene, one) for one in found))
    yield Paragraph(scene.words.say("quotation.note"), "note")


def open_answers(scene: Scene, label: Label) -> Iterator[Block]:
    """How many answered the open questions of a sample, as far as that may be told."""
    records = sample_record(scene).get("open_answers", ())
    if not records:
        return
    say = scene.words.say
    rows = [
        (
            Cell(f"{one['question']}: {scene.names.breakdown(one['question'])}"),
            _answered(scene, one["answered"]),
            Cell(scene.numbers.whole(one["quoted"]), value=one["quoted"], number_format="0"),
        )
        for one in ({**record, "quoted": _count(scene, record)} for record in records)
    ]
    columns = (
        Column(say("quotation.open_question"), align="left", width=6.0),
        Column(say("quotation.answered"), width=1.4),
        Column(say("quotation.quoted"), width=1.4),
    )
    yield Table(
        label.caption, columns, tuple(rows), label.name, label.anchor,
        notes=(say("quotation.open_note"),), data_origin=data_origin(scene.rows),
    )  # fmt: skip


def _count(scene: Scene, record: dict[str, object]) -> int:
    return sum(
        one.question == record["question"] and one.sample == scene.sample
        for one in read_released_texts(scene.study)
    )


def _answered(scene: Scene, answered: int | None) -> Cell:
    if answered is None:
        return Cell(scene.words.say("quotation.not_told"))
    return Cell(scene.numbers.whole(answered), value=answered, number_format="0")


def _chosen(scene: Scene, spec: QuotationsSpec) -> list[Quotation]:
    language = scene.names.language
    known = [
        one
        for one in read_released_texts(scene.study)
        if (one.question, one.sample) == (spec.question, scene.sample) and language in one.text
    ]
    if scene.is_whole:
        return _in_turn(scene, known)
    own = [one for one in known if one.area == scene.area]
    return own or [one for one in known if one.area == scene.whole]


def _in_turn(scene: Scene, known: Sequence[Quotation]) -> list[Quotation]:
    """Those of the whole, then one of each area after the other, so that all are heard."""
    order = {area: place for place, area in enumerate((scene.whole, *scene.study.areas.index))}
    turn: Counter[str] = Counter()
    ranked = []
    for one in known:
        ranked.append((turn[one.area], order.get(one.area, len(order)), one))
        turn[one.area] += 1
    return [one for *_, one in sorted(ranked, key=lambda entry: entry[:2])]


def _question(scene: Scene, name: str, found: Sequence[Quotation]) -> str:
    text = _inner(scene, scene.names.breakdown(name))
    places = {one.area for one in found}
    if len(places) > 1:
        return scene.words.say("quotation.question", text=text)
    area = scene.names.area_values(places.pop())["area"]
    return scene.words.say(
        "quotation.question_base", text=text, area=area, base=_base(scene, found[0])
    )


def _item(scene: Scene, one: Quotation) -> str:
    text = _inner(scene, one.text[scene.names.language])
    facts = [scene.names.group(name, code) for name, code in one.group.items()]
    if scene.is_whole and one.area != scene.whole:
        facts += [scene.names.area_values(one.area)["area"], _base(scene, one)]
    if not facts:
        return scene.words.say("sentence.quoted", text=text)
    return scene.words.say("quotation.item", text=text, facts=", ".join(facts))


def _base(scene: Scene, one: Quotation) -> str:
    key = "quotation.at_least" if one.n_at_least else "sentence.base"
    return scene.words.say(key, n=scene.numbers.whole(one.n))


def _inner(scene: Scene, text: str) -> str:
    """The text with quotes of its own made those within quotes."""
    nested = _QUOTED.sub(
        lambda match: scene.words.say("quotation.within", text=match.group(1)), text
    )
    return scene.words.typeset(_QUOTES.sub("", nested))

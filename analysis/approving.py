"""What waits for a person, from everything that proposes; and what the person says to it.

``PROVIDERS`` is the registry: what proposes something stands there under its kind, and
``needs approve`` asks for the items of all of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import get_args

import pandas as pd

from analysis.approvals import (
    Approvals,
    Decision,
    Item,
    Kind,
    State,
    read_approvals,
    record,
)
from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.presentation import group_proposals, proposals
from analysis.release.personal_data import Scrubber
from analysis.release.texts import (
    quotations_to_approve,
    read_waiting,
    refresh_released_texts,
    release_texts,
)
from analysis.study import Study

Provider = Callable[[Study], Iterable[Item]]


def _recommendations(study: Study) -> list[Item]:
    """What the rules of the study propose, and those of its target groups."""
    return [*proposals.waiting_items(study), *group_proposals.waiting_items(study)]


#: Who proposes items of a kind. A provider reads what a run has stored; it computes nothing.
PROVIDERS: dict[Kind, Provider] = {
    "recommendation": _recommendations,
    "quotation": quotations_to_approve,
}

_COLUMNS = ["kind", "item", "text", "n", "rests_on", "before"]


@dataclass(frozen=True)
class Answer:
    """What a person says to an item; ``text`` is an edited text by language."""

    item: str
    state: State
    text: Mapping[str, str]
    note: str = ""


def collect(study: Study, kinds: Sequence[str] | None = None) -> list[Item]:
    """Everything that is proposed, whether somebody has decided on it or not.

    Raises
    ------
    WorkbenchError
        If there is no such kind.
    """
    chosen = [_kind(name) for name in kinds] if kinds else list(PROVIDERS)
    return [item for kind in chosen if kind in PROVIDERS for item in PROVIDERS[kind](study)]


def waiting(study: Study, kinds: Sequence[str] | None = None) -> list[Item]:
    """What nobody has decided on as it is now."""
    return read_approvals(study).waiting(collect(study, kinds))


def waiting_table(study: Study, kinds: Sequence[str] | None = None) -> pd.DataFrame:
    """What waits, as a table: kind, item, text, n, what it rests on, an earlier decision."""
    approvals = read_approvals(study)
    items = approvals.waiting(collect(study, kinds))
    language = study.card.default_language
    rows = [
        (
            item.kind,
            item.item,
            text_in(approvals.text(item), language),
            "" if item.n is None else f"{item.n:g}",
            item.rests_on,
            _before(approvals, item),
        )
        for item in items
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def text_in(texts: Mapping[str, str], language: str) -> str:
    """The text in a language, else the first there is."""
    return texts.get(language) or next(iter(texts.values()), "")


def edited(study: Study, text: str | None, language: str | None) -> dict[str, str]:
    """An edited text by language: the study's default one when not given.

    Raises
    ------
    WorkbenchError
        If the study has no such language.
    """
    chosen = language or study.card.default_language
    if chosen not in study.languages:
        raise WorkbenchError(
            f"the study has no language {chosen}", expected=", ".join(study.languages)
        )
    return {chosen: text.strip()} if text and text.strip() else {}


def described(study: Study, item: Item) -> str:
    """An item as it is shown to the person who decides."""
    approvals = read_approvals(study)
    texts = [f"{language}: {text}" for language, text in approvals.text(item).items()]
    rests_on = f"rests on: {item.rests_on}" if item.rests_on else ""
    n = f"n = {item.n:g}" if item.n is not None else ""
    before = _before(approvals, item)
    facts = (f"{item.kind} {item.item}", *texts, rests_on, n, before)
    return "\n  ".join(filter(None, facts))


def decide(
    study: Study, answers: Iterable[Answer], role: str, today: date | None = None
) -> list[Decision]:
    """Record what a person says to items.

    Parameters
    ----------
    study
        The study.
    answers
        An answer for each item.
    role
        The role of the person, not a name.
    today
        The day of the decision; today when not given.

    Raises
    ------
    WorkbenchError
        If an item is not proposed or stands twice, the role is missing, or one text is given
        for several items; nothing is recorded then.
    """
    by_id = {item.item: item for item in collect(study)}
    given = list(answers)
    for answer in given:
        if answer.item not in by_id:
            raise WorkbenchError(
                f"nothing with the id {answer.item} is proposed",
                hint=suggestion(answer.item, by_id) or f"see needs approve {study.id}",
            )
    twice = [item for item, count in Counter(answer.item for answer in given).items() if count > 1]
    if twice:
        raise WorkbenchError("an item is decided on twice", got=", ".join(twice))
    if len(given) > 1 and any(answer.text for answer in given):
        raise WorkbenchError(
            "an edited text is for one item", got=", ".join(answer.item for answer in given)
        )
    if not role.strip() and any(answer.state != "proposed" for answer in given):
        raise WorkbenchError(
            "the role of the person who decides is missing",
            expected='--role, for example --role "head of the social department"',
        )
    _refuse_personal_data(role, "role")
    for answer in given:
        _refuse_personal_data(answer.note, "note")
    approvals = read_approvals(study)
    decisions = [
        _decision(approvals, by_id[answer.item], answer, role.strip(), today or date.today())
        for answer in given
    ]
    # Refused before it is recorded, not after.
    release_texts(study, read_waiting(study), approvals.with_decisions(decisions))
    record(study, decisions)
    refresh_released_texts(study)
    return decisions


def _refuse_personal_data(text: str, name: str) -> None:
    """The decisions are kept for years beside the definitions: roles in them, no people."""
    if Scrubber().scrub(text).removed:
        raise WorkbenchError(
            f"the {name} seems to name a person",
            expected="a role or a reason without names, telephones and addresses",
        )


def _decision(approvals: Approvals, item: Item, answer: Answer, role: str, today: date) -> Decision:
    before = approvals.of(item.kind, item.item, item.evidence)
    return Decision(
        kind=item.kind,
        item=item.item,
        evidence=item.evidence,
        state=answer.state,
        role=role,
        date=today,
        # An edited text stays when only the state changes.
        text={**(before.text if before else {}), **answer.text},
        note=answer.note or (before.note if before else ""),
    )


def _before(approvals: Approvals, item: Item) -> str:
    earlier = approvals.earlier(item)
    return f"{earlier.state} {earlier.date.isoformat()}, changed since" if earlier else ""


def _kind(name: str) -> Kind:
    for kind in get_args(Kind):
        if kind == name:
            return kind
    raise WorkbenchError(
        f"nothing of the kind {name} is ever approved",
        expected=", ".join(get_args(Kind)),
        hint=suggestion(name, get_args(Kind)),
    )

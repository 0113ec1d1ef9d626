"""The gate for texts: of what open answers offer, only what a person approved gets through.

``waiting_texts.json`` in the folder of results holds what is offered and is confidential;
``released_texts.json`` beside it holds the approved texts and is all that reports see.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from analysis.approvals import APPROVALS_FILE, Approvals, Decision, Item, read_approvals
from analysis.errors import Issue, WorkbenchError
from analysis.release.open_answers import (
    OpenAnswer,
    QuotationRules,
    as_records,
    from_records,
    read_quotation_rules,
    scrubber,
)
from analysis.release.personal_data import Scrubber
from analysis.release.released_texts import RELEASED_TEXTS_FILE, Quotation, read_records
from analysis.study import Study

WAITING_FILE = "waiting_texts.json"


def release_texts(
    study: Study, offered: Sequence[OpenAnswer], approvals: Approvals
) -> list[Quotation]:
    """The offered texts that were approved as they are now, in the order of the offer.

    Raises
    ------
    WorkbenchError
        If a text that a person has edited holds personal data or is too long. The message
        names the item and the language, never the text.
    """
    approved = [
        (answer, decision)
        for answer in offered
        if (decision := approvals.of("quotation", answer.item, answer.evidence)) is not None
        and decision.state == "approved"
    ]
    if not approved:
        return []
    rules = read_quotation_rules(study)
    cleaner = scrubber(study, rules)
    released: list[Quotation] = []
    issues: list[Issue] = []
    for answer, decision in approved:
        texts = {study.card.default_language: answer.text, **decision.text}
        found = list(_objections(study, rules, cleaner, answer, decision, texts))
        issues += found
        if not found:
            released.append(_quotation(answer, decision, texts))
    if issues:
        raise WorkbenchError("an approved quotation cannot be published", issues=issues)
    return released


def refresh_released_texts(study: Study) -> list[Quotation]:
    """Write ``released_texts.json`` from what waits and what was decided; the texts in it.

    Raises
    ------
    WorkbenchError
        As :func:`release_texts`; the file stays as it was then.
    """
    released = release_texts(study, read_waiting(study), read_approvals(study))
    path = study.processed / RELEASED_TEXTS_FILE
    content = _json([asdict(one) for one in released])
    if path.parent.is_dir() and (not path.exists() or path.read_text("utf-8") != content):
        beside = path.with_name(f".{path.name}-{os.getpid()}")
        try:
            beside.write_text(content, encoding="utf-8")
            os.replace(beside, path)
        finally:
            beside.unlink(missing_ok=True)
    return released


def read_waiting(study: Study) -> list[OpenAnswer]:
    """What the last run offered. Confidential."""
    return from_records(read_records(study.processed / WAITING_FILE))


def write_waiting(path: Path, offered: Iterable[OpenAnswer]) -> None:
    """Write what a run offers."""
    path.write_text(_json(as_records(offered)), encoding="utf-8")


def quotations_to_approve(study: Study) -> Iterator[Item]:
    """The offered texts as items that a person decides on."""
    language = study.card.default_language
    for answer in read_waiting(study):
        group = ", ".join(_labels(study, answer, language))
        place = f"{study.label_of(answer.question, language)} ({answer.question}, {answer.area})"
        yield Item(
            "quotation",
            answer.item,
            answer.evidence,
            {language: answer.text},
            float(answer.n),
            f"{place}; {group}" if group else place,
        )


def _labels(study: Study, answer: OpenAnswer, language: str) -> Iterator[str]:
    for name, code in answer.group.items():
        choices = study.questionnaire.choices.get(study.list_of(name) or "", ())
        yield from (one.label.get(language, code) for one in choices if one.name == code)


def _objections(
    study: Study,
    rules: QuotationRules,
    cleaner: Scrubber,
    answer: OpenAnswer,
    decision: Decision,
    texts: Mapping[str, str],
) -> Iterator[Issue]:
    """What is wrong with the texts of one quotation."""
    if answer.n < rules.minimum_answered:
        yield _issue(study, decision, "too few answered the question", None)
    for language, text in texts.items():
        removed = cleaner.scrub(text).removed
        if removed:
            kinds = ", ".join(sorted(removed))
            yield _issue(study, decision, f"the text holds personal data: {kinds}", language)
        if len(text) > rules.maximum_characters:
            yield _issue(study, decision, "the text is too long", language)


def _issue(study: Study, decision: Decision, what: str, language: str | None) -> Issue:
    return Issue(
        f"{decision.item}: {what}",
        file=str(study.folder / APPROVALS_FILE),
        column=f"text::{language}" if language else None,
        hint=f"edit it: needs approve {study.id} --approve {decision.item} --text …",
    )


def _quotation(answer: OpenAnswer, decision: Decision, texts: Mapping[str, str]) -> Quotation:
    return Quotation(
        id=answer.item,
        question=answer.question,
        sample=answer.sample,
        area=answer.area,
        text=dict(texts),
        n=answer.n,
        n_at_least=answer.n_at_least,
        group=dict(answer.group),
        role=decision.role,
        date=decision.date.isoformat(),
        data_origin=answer.data_origin,
    )


def _json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"

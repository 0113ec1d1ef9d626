"""Recommendations in words: what a draft shows, what a release shows, what an approval holds for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from analysis.approvals import Approvals, Decision, Item
from analysis.errors import WorkbenchError
from analysis.presentation import proposals
from analysis.presentation.blocks import Block, Callout, Document, ItemList, Paragraph, Table
from analysis.presentation.makeup import RecommendationsSpec
from analysis.presentation.proposals import blocks, overview, recommendations, rules_table
from analysis.presentation.report import open_report
from analysis.presentation.rows import Rows
from analysis.presentation.scene import RELEASE, Scene
from analysis.presentation.tables import Label
from analysis.study import Study

LABEL = Label("Tabulka", "1.1 x", "x-1")


def spec(**changed: object) -> RecommendationsSpec:
    return RecommendationsSpec.model_validate({"block": "recommendations", **changed})


FULL = spec(topic="informing")


def said(made: list[Block] | tuple[Block, ...]) -> str:
    parts: list[str] = []
    for block in made:
        if isinstance(block, Callout):
            parts += [block.title, block.text]
        elif isinstance(block, Paragraph):
            parts.append(block.text)
        elif isinstance(block, ItemList):
            parts += block.items
        elif isinstance(block, Table):
            parts += [cell.text for row in block.rows for cell in row]
    return "\n".join(parts).replace("\u00a0", " ")


@pytest.fixture
def decide(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts decisions in place of the study's file of them."""

    def put(*decisions: Decision) -> None:
        monkeypatch.setattr(proposals, "read_approvals", lambda _: Approvals(decisions))

    return put


@pytest.fixture
def item(study: Study) -> Item:
    """The first proposal for the area of the tests."""
    return next(one for one in proposals.waiting_items(study) if one.item.startswith("R2-7212"))


def decision(item: Item, state: str, **changed: object) -> Decision:
    values = {
        "kind": "recommendation", "item": item.item, "evidence": item.evidence, "state": state,
        "role": "vedoucí odboru", "date": date(2012, 3, 1),
    }  # fmt: skip
    return Decision.model_validate({**values, **changed})


def test_a_draft_marks_what_nobody_has_approved(scene: Scene, decide: Callable[..., None]) -> None:
    decide()
    made = list(blocks(scene, FULL))
    titles = [block.title for block in made if isinstance(block, Callout)]
    assert titles and all("návrh – čeká na schválení" in t.replace("\u00a0", " ") for t in titles)
    assert [title.split()[0][:2] for title in titles] == [
        f"{n}." for n in range(1, len(titles) + 1)
    ]
    text = said(made)
    assert "pravidlo: R" in text and "komu je určeno: obec s rozšířenou působností" in text
    assert "n = " in text and "interval" in text
    short = said(list(blocks(scene, spec(form="short", topic="informing"))))
    assert short.count("návrh – čeká na schválení") == len(titles)


def test_a_release_shows_only_what_is_approved(
    scene: Scene, item: Item, decide: Callable[..., None]
) -> None:
    release = replace(scene, edition=RELEASE)
    decide()
    (only,) = blocks(release, FULL)
    assert isinstance(only, Paragraph)
    assert "Žádné doporučení nebylo do vydání této zprávy schváleno" in said((only,))
    assert said(list(blocks(release, spec(form="short")))) == said((only,))
    assert list(overview(release, FULL, LABEL)) == []

    decide(decision(item, "approved", text={"cs": "Zřiďte kontaktní místo na radnici."}))
    text = said(list(blocks(release, FULL)))
    assert "Zřiďte kontaktní místo na radnici." in text
    assert "schváleno: vedoucí odboru, 1. 3. 2012" in text
    assert "čeká na schválení" not in text and "návrh" not in text.lower()
    assert [one.proposal.id for one in recommendations(release)] == [item.item]


def test_what_is_rejected_is_in_neither(
    scene: Scene, item: Item, decide: Callable[..., None]
) -> None:
    decide(decision(item, "rejected"))
    for edition in ("draft", RELEASE):
        found = recommendations(replace(scene, edition=edition))
        assert item.item not in [one.proposal.id for one in found]


def test_an_approval_holds_for_the_numbers_it_was_given_for(
    scene: Scene, item: Item, decide: Callable[..., None]
) -> None:
    decide(decision(item, "approved"))

    def state(frame: pd.DataFrame) -> str:
        found = recommendations(replace(scene, rows=Rows(frame)))
        return next(one.state for one in found if one.proposal.id == item.item)

    frame = scene.rows.frame
    assert state(frame) == "approved"
    changed = frame.copy()
    row = (changed["indicator"] == "AW08") & (changed["area"] == "7212")
    row &= (changed["comparison"] == "") & (changed["breakdown"] == "")
    row &= changed["sample"] == "inhabitants"
    changed.loc[row, "estimate"] += 0.01
    assert row.sum() == 1
    assert state(changed) == "proposed"


def test_what_waits_is_what_the_reports_show(
    study: Study, scene_of: Callable[..., Scene], decide: Callable[..., None]
) -> None:
    decide()
    waiting = {(one.item, one.evidence) for one in proposals.waiting_items(study)}
    shown = set()
    for area in [*study.areas.index, study.whole]:
        for language in study.languages:
            for one in recommendations(scene_of(area, language)):
                shown.add((one.proposal.id, proposals._item(study, one.proposal).evidence))
    assert waiting == shown
    assert len({item for item, _ in waiting}) == len(waiting) > 10


def test_what_waits_says_what_it_rests_on(study: Study, item: Item) -> None:
    assert set(item.text) == {"cs", "en"}
    assert "Vsetín" in item.text["cs"] and "Vsetín" in item.text["en"]
    assert "ORP Vsetín" in item.rests_on.replace("\u00a0", " ") and "n" in item.rests_on
    assert item.n is not None and item.n >= 30


def test_the_table_has_a_row_for_each(scene: Scene, decide: Callable[..., None]) -> None:
    decide()
    (table,) = overview(scene, FULL, LABEL)
    assert isinstance(table, Table)
    assert len(table.rows) == len(
        [one for one in recommendations(scene, FULL) if one.proposal.topic == "informing"]
    )
    assert table.data_origin == "modelled"
    assert [cell.text for cell in table.rows[0]][2] in ("vysoká", "střední", "nízká")


@pytest.mark.parametrize(
    ("language", "source"), [("cs", "chybí zdroj: odmítnutí zájemci"), ("en", "source missing:")]
)
def test_the_rules_tell_which_of_them_lack_a_source(
    scene_of: Callable[..., Scene], language: str, source: str
) -> None:
    (table,) = rules_table(scene_of("7212", language), spec(topic="planning"), LABEL)
    assert isinstance(table, Table)
    outcomes = {row[0].text: row[-1].text.replace("\u00a0", " ") for row in table.rows}
    assert list(outcomes) == ["R4", "R5", "R6", "R7", "R8", "R9", "R10"]
    assert outcomes["R8"].startswith(source)
    assert not outcomes["R6"].startswith(source[:6])


def test_a_rule_with_too_few_answers_says_so_though_an_alternative_has_no_source(
    scene: Scene,
) -> None:
    frame = scene.rows.frame.copy()
    frame.loc[(frame["indicator"] == "BR01") & (frame["area"] == "7212"), "n"] = 15.0
    (table,) = rules_table(replace(scene, rows=Rows(frame)), spec(topic="planning"), LABEL)
    assert isinstance(table, Table)
    outcomes = {row[0].text: row[-1].text.replace("\u00a0", " ") for row in table.rows}
    assert outcomes["R6"] == outcomes["R7"] == "málo odpovědí"
    assert outcomes["R10"] == "uplatnilo se"


def test_no_placeholder_is_left(
    scene_of: Callable[..., Scene], decide: Callable[..., None]
) -> None:
    decide()
    for area, language in (("7212", "cs"), ("CZ072", "en")):
        scene = scene_of(area, language)
        text = said([*blocks(scene, spec()), *rules_table(scene, spec(), LABEL),
                     *overview(scene, spec(), LABEL)])  # fmt: skip
        assert "{" not in text


def test_topics_and_levels_are_sets_of_their_own(
    scene_of: Callable[..., Scene], decide: Callable[..., None]
) -> None:
    decide()
    area, whole = scene_of("7212"), scene_of("CZ072")
    topics = {
        (name, topic): {one.proposal.advice.id for one in recommendations(scene, spec(topic=topic))}
        for name, scene in (("area", area), ("whole", whole))
        for topic in ("informing", "planning")
    }
    assert topics["area", "informing"] <= {"R1", "R2", "R3", "R10"}
    assert topics["area", "planning"] <= {"R4", "R5", "R6", "R7", "R8", "R9", "R10"}
    assert topics["whole", "informing"] <= {"R2", "R3", "R3.1", "R10"}
    assert "R2" in topics["area", "informing"]


def test_the_title_page_of_a_draft_says_so(study: Study) -> None:
    (draft,) = open_report("awareness", study, "7212", "cs").title_page()
    (release,) = open_report("awareness", study, "7212", "en", edition="release").title_page()
    assert isinstance(draft, Document) and isinstance(release, Document)
    assert (draft.edition, draft.stamp) == ("draft", "pracovní verze")
    assert draft.header_marks == ("pracovní verze", "modelová data")
    assert (release.edition, release.stamp, release.stamp_note) == ("release", "", "")
    assert release.header_marks == ("modelled data",)


def test_there_are_two_editions(study: Study) -> None:
    with pytest.raises(WorkbenchError, match="no edition final"):
        open_report("awareness", study, "7212", edition="final")


def test_a_release_without_an_approval_has_no_proposal_anywhere(
    study: Study, decide: Callable[..., None]
) -> None:
    decide()
    report = open_report("awareness", study, "7212", "cs", edition="release")
    text = said([*report.chapter("summary"), *report.chapter("recommendations")])
    assert "čeká na schválení" not in text
    assert text.count("Žádné doporučení nebylo") == 2


def test_a_study_without_rules_has_nothing_waiting(mini: Study, tmp_path: Path) -> None:
    assert proposals.waiting_items(mini) == []

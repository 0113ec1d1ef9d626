"""The store of decisions and the command that fills it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import typer.testing
from hypothesis import given
from hypothesis import strategies as st

from analysis import approving
from analysis.approvals import (
    APPROVALS_FILE,
    Approvals,
    Decision,
    Item,
    evidence_of,
    read_approvals,
    record,
)
from analysis.cli import app
from analysis.errors import WorkbenchError
from analysis.ingredients import definition_ingredients, report_ingredients
from analysis.study import Study, open_study
from tests.mini_study import write_mini_study

DAY = date(2011, 11, 2)
OLD, NEW = evidence_of("a text", 40), evidence_of("a text", 41)


def item(evidence: str = NEW, name: str = "R1-d1", **changed: object) -> Item:
    values: dict[str, object] = {"text": {"cs": "Informujte.", "en": "Inform."}, "n": 40.0}
    return Item("recommendation", name, evidence, **{**values, **changed})  # type: ignore[arg-type]


def decision(evidence: str = NEW, **changed: object) -> Decision:
    values: dict[str, object] = {
        "kind": "recommendation", "item": "R1-d1", "evidence": evidence, "state": "approved",
        "role": "head", "date": DAY,
    }  # fmt: skip
    return Decision.model_validate({**values, **changed})


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return open_study("mini", write_mini_study(tmp_path))


@pytest.fixture
def proposing(study: Study, monkeypatch: pytest.MonkeyPatch) -> Study:
    items = [item(), item(name="R2-d1"), item(name="R3-d1", n=None, rests_on="row 7")]
    monkeypatch.setitem(approving.PROVIDERS, "recommendation", lambda _: items)
    monkeypatch.setenv("NEEDS_WORKSPACE", str(study.workspace.root))
    return study


def test_no_file_is_no_decision(study: Study) -> None:
    assert read_approvals(study) == Approvals()
    assert read_approvals(study).state(item()) == "proposed"


def test_a_decision_holds_for_its_evidence_only(study: Study) -> None:
    approvals = record(study, [decision(OLD)])
    assert approvals.state(item(OLD)) == "approved"
    assert approvals.state(item(NEW)) == "proposed"
    earlier = approvals.earlier(item(NEW))
    assert earlier is not None and earlier.evidence == OLD
    assert approvals.earlier(item(OLD)) is None


def test_a_later_decision_takes_the_place_of_the_first(study: Study) -> None:
    record(study, [decision()])
    record(study, [decision(state="rejected", note="not ours to do")])
    (kept,) = read_approvals(study).decisions
    assert (kept.state, kept.note) == ("rejected", "not ours to do")


def test_an_edited_text_is_shown_in_place_of_the_proposed_one(study: Study) -> None:
    approvals = record(study, [decision(text={"cs": "Jinak."})])
    assert approvals.text(item()) == {"cs": "Jinak.", "en": "Inform."}
    assert approvals.text(item(OLD)) == item().text


words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).map(str.strip)


@given(texts=st.tuples(words, words), note=words, state=st.sampled_from(["approved", "proposed"]))
def test_what_is_written_is_read(
    texts: tuple[str, str], note: str, state: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    study = open_study("mini", write_mini_study(tmp_path_factory.mktemp("round")))
    given_texts = {name: text for name, text in zip(("cs", "en"), texts, strict=True) if text}
    one = decision(text=given_texts, note=note, state=state)
    record(study, [one])
    assert read_approvals(study).decisions == (one,)


def test_the_file_is_replaced_whole(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    record(study, [decision()])
    before = (study.folder / APPROVALS_FILE).read_bytes()

    def broken(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", broken)
    with pytest.raises(OSError, match="no space"):
        record(study, [decision(state="rejected")])
    assert (study.folder / APPROVALS_FILE).read_bytes() == before
    assert not list(study.folder.glob(".approvals*"))


HEAD = "kind,item,evidence,state,role,date,text::cs,text::en,note\n"


@pytest.mark.parametrize(
    ("text", "row", "column"),
    [
        (HEAD + f"advice,a,{OLD},approved,head,2011-01-01,,,\n", 2, "kind"),
        (HEAD + f"quotation,a,{OLD},aproved,head,2011-01-01,,,\n", 2, "state"),
        (HEAD + "quotation,a,xyz,approved,head,2011-01-01,,,\n", 2, "evidence"),
        (HEAD + f"quotation,a,{OLD},approved,head,1. 1. 2011,,,\n", 2, "date"),
        (HEAD + f"quotation,,{OLD},approved,head,2011-01-01,,,\n", 2, "item"),
        (HEAD + f"quotation,a,{OLD},approved,,2011-01-01,,,\n", 2, None),
        (HEAD + 2 * f"quotation,a,{OLD},approved,head,2011-01-01,,,\n", 3, "item"),
        (HEAD.replace("text::en", "text::de")
         + f"quotation,a,{OLD},approved,head,2011-01-01,,Ja,\n", 2, "text::de"),
        (HEAD.replace("note", "remark")
         + f"quotation,a,{OLD},approved,head,2011-01-01,,,x\n", 2, "remark"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_meant_is_told(
    study: Study, text: str, row: int, column: str | None
) -> None:
    (study.folder / APPROVALS_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(WorkbenchError) as caught:
        read_approvals(study)
    issue = caught.value.issues[0]
    assert (issue.file or "").endswith(APPROVALS_FILE)
    assert (issue.row, issue.column or None) == (row, column)


def test_decisions_change_reports_but_no_number(study: Study) -> None:
    template = study.folder / "study.yaml"
    computed = definition_ingredients(study)
    shown = report_ingredients(study, "brief", template)
    record(study, [decision()])
    assert definition_ingredients(study) == computed
    assert report_ingredients(study, "brief", template) != shown


# --- the command --------------------------------------------------------------------------


def invoke(*arguments: str, said: str = "") -> typer.testing.Result:
    return typer.testing.CliRunner().invoke(app, ["approve", "mini", *arguments], input=said)


def test_the_command_lists_what_waits(proposing: Study) -> None:
    output = invoke().stdout
    assert "R1-d1" in output and "Informujte." in output and "row 7" in output
    assert "mini: 3 waiting" in output
    assert "nothing is waiting" in invoke("--kind", "quotation").stdout


def test_the_command_records_what_is_said(proposing: Study) -> None:
    told = invoke("--approve", "R1-d1", "--reject", "R2-d1", "--role", "head", "--note", "why")
    assert told.exit_code == 0
    approvals = read_approvals(proposing)
    assert {one.item: one.state for one in approvals.decisions} == {
        "R1-d1": "approved", "R2-d1": "rejected",
    }  # fmt: skip
    assert {(one.role, one.note, one.date) for one in approvals.decisions} == {
        ("head", "why", date.today())
    }
    assert "R1-d1" not in invoke().stdout


def test_a_decision_is_taken_back_and_its_text_stays(proposing: Study) -> None:
    invoke("--approve", "R1-d1", "--role", "head", "--text", "Tell people.", "--lang", "en")
    invoke("--withdraw", "R1-d1")
    approvals = read_approvals(proposing)
    assert approvals.state(item()) == "proposed"
    assert approvals.text(item())["en"] == "Tell people."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--approve", "R1-d2", "--role", "head"), "did you mean R1-d1"),
        (("--approve", "R1-d1"), "the role of the person who decides is missing"),
        (("--approve", "R1-d1", "--reject", "R1-d1", "--role", "h"), "decided on twice"),
        (("--approve", "R1-d1", "--approve", "R2-d1", "--role", "h", "--text", "x"), "one item"),
        (("--approve", "R1-d1", "--role", "h", "--text", "x", "--lang", "de"), "no language de"),
        (("--kind", "quotations"), "did you mean quotation"),
    ],
)
def test_what_cannot_be_decided_is_told(
    proposing: Study, arguments: tuple[str, ...], message: str
) -> None:
    result = invoke(*arguments)
    assert isinstance(result.exception, WorkbenchError)
    assert message in str(result.exception)
    assert not (proposing.folder / APPROVALS_FILE).exists()


def test_the_command_asks_one_by_one(proposing: Study) -> None:
    result = invoke("--interactive", said="head\na\n\ne\nNově.\nwhy\ns\n")
    assert result.exit_code == 0
    assert "1 still waiting" in result.stdout
    approvals = read_approvals(proposing)
    assert [(one.item, one.state, one.role) for one in approvals.decisions] == [
        ("R1-d1", "approved", "head"), ("R2-d1", "approved", "head"),
    ]  # fmt: skip
    assert approvals.text(item(name="R2-d1"))["cs"] == "Nově."


def test_quitting_keeps_what_was_decided(proposing: Study) -> None:
    invoke("--interactive", "--role", "head", said="r\n\nq\n")
    assert [one.state for one in read_approvals(proposing).decisions] == ["rejected"]

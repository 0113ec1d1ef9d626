"""Target groups in reports: what is said of them, and what is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.approvals import Approvals, Decision
from analysis.errors import WorkbenchError
from analysis.presentation import group_proposals, target_groups
from analysis.presentation.blocks import Facts, ItemList, Paragraph, Table
from analysis.presentation.makeup import GroupProposalSpec, TargetGroupSpec, read_makeup
from analysis.presentation.naming import Names
from analysis.presentation.report import Report, open_report
from analysis.presentation.rows import Rows
from analysis.presentation.scene import RELEASE, Scene
from analysis.presentation.tables import Label
from analysis.publishing.content import report_content
from analysis.study import Study, open_study
from analysis.workspace import Workspace
from tests.presentation.made_up import released_rows, write_results

NUMBERS = ["estimate", "standard_error", "ci_low", "ci_high"]
LABEL = Label("caption", "name")


@pytest.fixture(scope="module", params=["zlin-2010", "liberec-opz"])
def moved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study that ships, with made-up results in a workspace of its own."""
    study = open_study(request.param)
    root = tmp_path_factory.mktemp("groups")
    (root / "studies").mkdir()
    (root / "studies" / "catalogues").symlink_to(study.workspace.catalogues)
    for folder in study.workspace.studies.glob("*-*"):
        (root / "studies" / folder.name).symlink_to(folder)
    made = replace(study, workspace=Workspace(root))
    write_results(made, made.processed)
    return made


@pytest.mark.parametrize("language", ["cs", "en"])
def test_the_report_renders_in_both_languages(moved: Study, language: str) -> None:
    report = open_report("target_groups", moved, moved.whole, language)
    content = report_content(report.blocks())
    assert len(content.tables) >= 25
    assert {f"group-{group.id.replace('_', '-')}" for group in moved.target_groups} <= set(
        report.chapters
    )


def test_the_annex_defines_what_the_blocks_show_without_naming_it(moved: Study) -> None:
    report = open_report("target_groups", moved, moved.whole, "cs")
    (table,) = [one for one in report.chapter("annex-indicators") if isinstance(one, Table)]
    codes = {row[0].text for row in table.rows}
    assert {"TG01", "TG01N", "TG01P", "TG03", "TG04", "TG05", "UN05"} <= codes


def test_no_czech_is_left_in_the_english_report(moved: Study) -> None:
    report: Report = open_report("target_groups", moved, moved.whole, "en")
    said = [
        text
        for block in report.blocks()
        if isinstance(block, Paragraph | ItemList | Facts)
        for text in _texts(block)
    ]
    czech = re.compile(r"[ěščřžůťďň]")
    assert len(said) > 60
    assert [text for text in said if czech.search(text)] == []


def _texts(block: Paragraph | ItemList | Facts) -> list[str]:
    if isinstance(block, Paragraph):
        return [block.text]
    if isinstance(block, ItemList):
        return list(block.items)
    return [value for _, value in block.items if block.caption.startswith("Definition")]


# --- sentences ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows(zlin: Study) -> pd.DataFrame:
    return released_rows(zlin)


@pytest.fixture(scope="module")
def scene_with(zlin: Study, rows: pd.DataFrame) -> Callable[..., Scene]:
    """The whole region in English, with the values of an indicator in a group as given."""

    @cache
    def scene(code: str, own: tuple[float, ...], other: tuple[float, ...], release: str) -> Scene:
        frame = rows.copy()
        place = (
            frame["indicator"].eq(code)
            & frame["breakdown"].eq("tg_seniors")
            & frame["area"].eq(zlin.whole)
        )
        for group, values in (("1", own), ("2", other)):
            chosen = place & frame["group"].eq(group)
            assert chosen.sum() == 1
            frame.loc[chosen, ["estimate", "ci_low", "ci_high"]] = values
            frame.loc[chosen, "release"] = release if group == "1" else "ok"
        return Scene(Names(zlin, "en"), Rows(frame), zlin.whole, "inhabitants")

    return scene


HIGH, LOW, MIDDLE = (0.40, 0.36, 0.44), (0.30, 0.27, 0.33), (0.35, 0.31, 0.39)


def seniors(study: Study) -> object:
    return target_groups.group_of(study, "seniors")


@pytest.mark.parametrize(
    ("own", "other", "told"),
    [
        (HIGH, LOW, "more than people under 65"),
        (LOW, HIGH, "less than people under 65"),
        (HIGH, MIDDLE, "The difference is not significant"),
    ],
)
def test_more_and_less_are_said_only_where_intervals_are_apart(
    zlin: Study,
    scene_with: Callable[..., Scene],
    own: tuple[float, ...],
    other: tuple[float, ...],
    told: str,
) -> None:
    scene = scene_with("AW08", own, other, "ok")
    (found,) = target_groups.comparison(scene, seniors(zlin), ["AW08"])  # type: ignore[arg-type]
    assert isinstance(found, ItemList)
    (text,) = found.items
    assert told in text
    assert ("more than" in text) + ("less than" in text) == (told.split()[1] == "than")


def test_a_hidden_value_is_said_to_be_hidden(zlin: Study, scene_with: Callable[..., Scene]) -> None:
    nothing = (np.nan, np.nan, np.nan)
    scene = scene_with("AW08", nothing, LOW, "suppressed_primary")
    (found,) = target_groups.comparison(scene, seniors(zlin), ["AW08"])  # type: ignore[arg-type]
    assert isinstance(found, ItemList)
    assert found.items == ("Does not know where to turn: the value cannot be released.",)


RULE = GroupProposalSpec(
    id="R", indicator="AW08", when="above_others", text={"cs": "Zacílit.", "en": "Aim."}
)


@pytest.mark.parametrize(
    ("rule", "own", "other", "release", "speaks"),
    [
        (RULE, HIGH, LOW, "ok", True),
        (RULE, HIGH, MIDDLE, "ok", False),
        (RULE, LOW, HIGH, "ok", False),
        (RULE, HIGH, LOW, "low_precision", False),
        (RULE.model_copy(update={"when": "below_others"}), LOW, HIGH, "ok", True),
        (RULE.model_copy(update={"when": "at_least", "value": 0.35}), HIGH, LOW, "ok", True),
        (RULE.model_copy(update={"when": "at_least", "value": 0.36}), HIGH, LOW, "ok", False),
        (RULE.model_copy(update={"groups": ("families",)}), HIGH, LOW, "ok", False),
    ],
)
def test_a_proposal_needs_support(
    zlin: Study,
    scene_with: Callable[..., Scene],
    rule: GroupProposalSpec,
    own: tuple[float, ...],
    other: tuple[float, ...],
    release: str,
    speaks: bool,
) -> None:
    scene = scene_with("AW08", own, other, release)
    found = list(group_proposals.blocks(scene, seniors(zlin), [rule]))  # type: ignore[arg-type]
    assert isinstance(found[0], ItemList) == speaks
    if speaks:
        assert isinstance(found[0], ItemList)
        assert found[0].items[0].startswith("Aim. (rule R;")
        assert found[0].items[0].endswith("awaiting approval")


def test_a_release_shows_only_what_was_approved(
    zlin: Study, scene_with: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = scene_with("AW08", HIGH, LOW, "ok")
    release = replace(draft, edition=RELEASE)
    (waiting,) = group_proposals.proposals(draft, seniors(zlin), [RULE])
    first, *_ = group_proposals.blocks(release, seniors(zlin), [RULE])
    assert isinstance(first, Paragraph) and "approved" in first.text
    approved = Approvals(
        (
            Decision(
                kind="recommendation", item=waiting.item.item, evidence=waiting.item.evidence,
                state="approved", role="head of department", date=date(2026, 1, 5),
            ),
        )
    )  # fmt: skip
    monkeypatch.setattr(group_proposals, "read_approvals", lambda _: approved)
    shown, *_ = group_proposals.blocks(release, seniors(zlin), [RULE])
    assert isinstance(shown, ItemList) and shown.items[0].startswith("Aim. (rule R;")
    assert "awaiting" not in shown.items[0]


# --- tables -------------------------------------------------------------------------------


def test_sizes_show_both_sources_side_by_side(zlin: Study, rows: pd.DataFrame) -> None:
    frame = rows.copy()
    code = {"TG01": (122_400.0, 120_000.0, 125_000.0), "TG01N": (122_532.0, np.nan, np.nan)}
    for indicator, values in code.items():
        chosen = (
            frame["indicator"].eq(indicator)
            & frame["category"].eq("seniors")
            & frame["area"].eq(zlin.whole)
        )
        frame.loc[chosen, ["estimate", "ci_low", "ci_high"]] = values
        frame.loc[chosen, "release"] = "ok"
    scene = Scene(Names(zlin, "cs"), Rows(frame), zlin.whole, "inhabitants")
    spec = TargetGroupSpec(block="target_group", form="sizes")
    (table,) = target_groups.blocks(scene, spec, LABEL)
    assert isinstance(table, Table)
    (line,) = [row for row in table.rows if row[0].text == "senioři"]
    texts = [cell.text.replace("\u00a0", " ") for cell in line]
    assert texts[1:4] == ["122 400", "120 000", "125 000"]
    assert texts[6] == "122 532"
    assert line[1].number_format == "#,##0"


def test_the_most_urgent_come_first(zlin: Study, rows: pd.DataFrame) -> None:
    frame = rows[rows["indicator"].ne("TG04")]
    ranks = rows[rows["indicator"].eq("TG04") & rows["level"].eq("area")].copy()
    ranks["estimate"] = np.arange(len(ranks), 0, -1) / 2
    ranks["release"], ranks["ci_low"], ranks["ci_high"] = "ok", ranks["estimate"], np.nan
    scene = Scene(Names(zlin, "en"), Rows(pd.concat([frame, ranks])), zlin.whole, "inhabitants")
    (table,) = target_groups.most_urgent(scene, LABEL, 5)
    last = [row[-2].value for row in table.rows]
    assert last == sorted(last) == [0.5, 1.0, 1.5, 2.0, 2.5]


# --- the make-up --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("group: seniorrs", "there is no target group seniorrs"),
        ("form: size", "this target_group needs group"),
        ("form: everything", ""),
    ],
)
def test_what_cannot_be_meant_is_told(zlin: Study, tmp_path: Path, wrong: str, told: str) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    key = wrong.partition(":")[0]
    lines = {"form": "form: sizes", "group": "group: seniors"} | {key: wrong}
    if wrong == "form: size":
        del lines["group"]
    body = "\n        ".join(lines.values())
    (folder / "odd.yaml").write_text(
        "title: {cs: A, en: B}\nlevel: whole\nsample: inhabitants\nchapters:\n  - id: one\n"
        f"    title: {{cs: A, en: B}}\n    blocks:\n      - block: target_group\n        {body}\n",
        encoding="utf-8",
    )
    study = replace(zlin, folder=tmp_path)
    with pytest.raises(WorkbenchError) as caught:
        read_makeup(study, "odd")
    assert any(told in issue.what for issue in caught.value.issues)
    assert all(issue.row is not None for issue in caught.value.issues)

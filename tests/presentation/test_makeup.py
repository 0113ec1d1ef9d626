from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import Issue, WorkbenchError
from analysis.presentation.figure_specs import FORM_SPECS
from analysis.presentation.makeup import SPECS, read_makeup, references_of, split
from analysis.study import Study, open_study
from tests.mini_study import write_mini_study
from tests.presentation.conftest import MINI_MAKEUP

DOCUMENTATION = Path(__file__).resolve().parents[2] / "docs" / "report-makeup.md"


def issues_of(folder: Path, makeup: str) -> tuple[Issue, ...]:
    workspace = write_mini_study(folder)
    reports = folder / "studies" / "mini" / "reports"
    reports.mkdir()
    (reports / "needs.yaml").write_text(makeup, encoding="utf-8")
    with pytest.raises(WorkbenchError) as caught:
        read_makeup(open_study("mini", workspace), "needs")
    return caught.value.issues


def line_of(makeup: str, part: str) -> int:
    return next(n for n, line in enumerate(makeup.splitlines(), start=1) if part in line)


WRONG = {
    "an unknown type of block": (
        "{block: reading_notes}", "{block: reading_note}", "no block of the type reading_note",
        "did you mean reading_notes?",
    ),
    "an unknown key of a block": (
        "form: ranked, indicator: K1}", "form: ranked, indicator: K1, colour: red}",
        "unknown key colour", None,
    ),
    "a key spelt wrongly": (
        "form: areas, indicator: K2}", "form: areas, indikator: K2}", "unknown key indikator",
        "did you mean indicator?",
    ),
    "an unknown form": (
        "form: areas, indicator: K2", "form: area, indicator: K2", "form has a wrong value", None,
    ),
    "an unknown indicator": (
        "form: ranked, indicator: K1", "form: ranked, indicator: K9", "no indicator K9", None,
    ),
    "an unknown indicator in a list": (
        "more: [H1]", "more: [H1, HX]", "no indicator HX", None,
    ),
    "an unknown breakdown": (
        "breakdowns: [age_group, sex]", "breakdowns: [age_groups, sex]",
        "no breakdown age_groups", "did you mean age_group?",
    ),
    "a number to break down by": (
        "breakdowns: [age_group, sex]", "breakdowns: [age]", "no breakdown age", None,
    ),
    "an unknown sample": (
        "{block: questionnaire_annex}", "{block: questionnaire_annex, sample: peoples}",
        "no sample peoples", "did you mean people?",
    ),
    "a missing translation": (
        "title: {cs: Výsledky, en: Results}", "title: {cs: Výsledky}",
        "a translation is missing: en", None,
    ),
    "an unknown placeholder": (
        "Report – {area}", "Report – {areas}", "no placeholder {areas}", "did you mean area?",
    ),
    "a chart without what it needs": (
        "form: stack, indicator: S1, breakdowns: [age_group]", "form: breakdown, indicator: S1",
        "this chart needs breakdowns", None,
    ),
    "a map without a region": (
        "{block: reading_notes}", "{block: map, indicator: K2}", "a map needs a region", None,
    ),
    "more at least than at most": (
        "maximum: 3}", "minimum: 5, maximum: 3}", "minimum is more than maximum", None,
    ),
    "a list that does not exist": (
        "{block: reading_notes}", "{block: coding_annex, list: chanels}", "no list chanels",
        "did you mean channels?",
    ),
    "an id that cannot be a link": (
        "- id: main", "- id: Main part", "the id of the chapter cannot be used: Main part", None,
    ),
    "an unknown key of the report": (
        "level: both", "levels: both", "unknown key levels", "did you mean level?",
    ),
    "a form of another block": (
        "form: areas, indicator: K2", "form: heat, indicator: K2", "form has a wrong value",
        "there are also the forms matrix, small_multiples, dots, groups_compare",
    ),
    "a matrix without a dividing value": (
        "form: areas, indicator: K2}",
        "form: matrix, upright: K1, across: K1, divide_upright: 0.5}",
        "divide_across is missing", None,
    ),
    "a matrix of indicators with other categories": (
        "form: areas, indicator: K2}",
        "form: matrix, upright: K1, across: S1, divide_upright: 0.5, divide_across: 0.5}",
        "K1 and S1 have no categories in common", None,
    ),
    "an unknown group to compare": (
        "form: areas, indicator: K2}",
        "form: groups_compare, indicator: K1, breakdown: sex, compared: ['1', '7']}",
        "the breakdown sex has no group 7", None,
    ),
    "an unknown breakdown to compare": (
        "form: areas, indicator: K2}",
        "form: groups_compare, indicator: K1, breakdown: sexes, compared: ['1', '2']}",
        "no breakdown sexes", None,
    ),
    "indicators that cannot share a scale": (
        "form: areas, indicator: K2}", "form: dots, indicators: [K2, H1]}",
        "do not have the same unit", None,
    ),
    "a label of what is not shown": (
        "form: areas, indicator: K2}",
        "form: dots, indicators: [K2, K2], labels: {K1: {cs: a, en: b}}}",
        "labels names K1, which the chart does not show", None,
    ),
    "best two answers that do not fit": (
        "form: stack, indicator: S1, breakdowns: [age_group]",
        "form: stack, indicator: S1, top_two: [K2, K2]",
        "top_two does not fit the indicators", None,
    ),
    "a grid with breakdowns": (
        "form: stack, indicator: S1, breakdowns: [age_group]",
        "form: stack, indicator: S1, indicators: [S1], breakdowns: [age_group]",
        "a stack of several indicators has no breakdowns", None,
    ),
    "a grid of other answers": (
        "form: stack, indicator: S1, breakdowns: [age_group]",
        "form: stack, indicator: S1, indicators: [K1]",
        "K1 does not have the answers of S1", None,
    ),
    "several maps without a region": (
        "{block: reading_notes}", "{block: maps, indicators: [K2, K2]}", "a maps needs a region",
        None,
    ),
    "a type by an unknown indicator": (
        "{block: reading_notes}",
        "{block: typology, otherwise: {cs: a, en: b}, "
        "types: [{label: {cs: a, en: b}, when: {K9: above}}]}",
        "no indicator K9", None,
    ),
    "a type without a translation": (
        "{block: reading_notes}",
        "{block: typology, otherwise: {cs: a, en: b}, "
        "types: [{label: {cs: a}, when: {K2: above}}]}",
        "a translation is missing: en", None,
    ),
    "an unknown side": (
        "{block: reading_notes}",
        "{block: typology, otherwise: {cs: a, en: b}, "
        "types: [{label: {cs: a, en: b}, when: {K2: over}}]}",
        "K2 has a wrong value", None,
    ),
    "an unknown level": ("level: both", "level: district", "level has a wrong value", None),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_is_told_with_file_and_line(tmp_path: Path, case: str) -> None:
    old, new, what, hint = WRONG[case]
    assert MINI_MAKEUP.count(old) == 1
    makeup = MINI_MAKEUP.replace(old, new)
    issue = next(issue for issue in issues_of(tmp_path, makeup) if what in issue.what)
    assert issue.file is not None
    assert issue.file.endswith("needs.yaml")
    assert issue.row == line_of(makeup, new)
    if hint:
        assert issue.hint == hint


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    makeup = MINI_MAKEUP.replace("indicator: K2", "indicator: K9").replace("[H1]", "[HX]")
    told = [issue.what for issue in issues_of(tmp_path, makeup)]
    assert told == [f"there is no indicator {code}" for code in ("HX", "K9", "K9")]


def test_two_chapters_with_one_id(tmp_path: Path) -> None:
    twice = MINI_MAKEUP + "  - id: main\n    title: {cs: Znovu, en: Again}\n    blocks: []\n"
    (issue,) = issues_of(tmp_path, twice)
    assert issue.row == twice.count("\n") - 2


def test_a_block_that_is_no_mapping(tmp_path: Path) -> None:
    makeup = MINI_MAKEUP.replace("- {block: reading_notes}", "- reading_notes")
    (issue,) = issues_of(tmp_path, makeup)
    assert issue.row == line_of(makeup, "- reading_notes")


def test_a_category_that_the_indicator_does_not_have(study: Study, tmp_path: Path) -> None:
    from analysis.definitions import Tree
    from analysis.presentation.makeup import _reference_issues

    tree = Tree({}, "awareness.yaml", {("more",): 7})
    (issue,) = _reference_issues(study, "AW12/plans", tree, ("more",))
    assert (issue.row, issue.hint) == (7, "did you mean plan?")
    assert list(_reference_issues(study, "AW12/plan", tree, ("more",))) == []


def test_a_study_without_that_report(mini: Study) -> None:
    with pytest.raises(WorkbenchError, match="needs"):
        read_makeup(mini, "need")


def test_references_and_their_parts(mini: Study) -> None:
    makeup = read_makeup(mini, "needs")
    used = {reference for spec in makeup.specs() for reference in references_of(spec)}
    assert used == {"K1", "K2", "H1", "S1"}
    assert split("AW12/plan") == ("AW12", "plan")
    assert split("AW12") == ("AW12", "")


def test_every_block_and_key_is_documented() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    known = [*SPECS.items(), *((form, spec) for (_, form), spec in FORM_SPECS.items())]
    for name, spec in known:
        assert f"`{name}`" in text, name
        for key in spec.model_fields:
            assert f"`{key}`" in text or f"`{key}:" in text, (name, key)

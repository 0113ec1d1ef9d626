"""Reading recommendations.yaml: what cannot be meant is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import WorkbenchError
from analysis.presentation.naming import PLACE_NAMES
from analysis.recommendations import PLACEHOLDERS, RULES_FILE, Rules, propose, read_rules
from analysis.study import Study, open_study
from tests.mini_study import write_mini_study
from tests.recommendations.made_up import difference, frame, row

RULES = """\
addressees:
  town: {cs: obec, en: the town}
reliability:
  minimum_n: 30
  maximum_deff: 2.5
rules:
  - id: M1
    sample: people
    indicator: K1
    comparison: rest
    addressees: [town]
    exclude: [b]
    conditions:
      - {column: limit, below: 0}
    title: {cs: Informovat, en: Inform}
    condition: {cs: Pod nulou, en: Below zero}
    text: {cs: "Informujte o {items}.", en: "Inform about {items}."}
  - id: M2
    level: whole
    rows: areas
    sample: people
    indicator: K2
    breakdown: ""
    conditions:
      - {column: limit, above: 1}
    companions:
      - indicator: C1
        category: web
        conditions:
          - {column: limit, above: 0.5}
    title: {cs: Okresy, en: Districts}
    condition: {cs: Nad jednou, en: Above one}
    text: {cs: "Okresy: {items}.", en: "Districts: {items}."}
"""


def rules_of(folder: Path, text: str = RULES) -> Rules:
    workspace = write_mini_study(folder)
    (folder / "studies" / "mini" / RULES_FILE).write_text(text, encoding="utf-8")
    return read_rules(open_study("mini", workspace))


def known(category: str, **changed: object) -> dict[str, object]:
    return difference(
        -0.1, 0.04, sample="people", indicator="K1", category=category, area="d1", **changed
    )


def test_a_rule_passes_over_what_it_excludes(tmp_path: Path) -> None:
    (proposal,) = propose(rules_of(tmp_path), frame(known("a"), known("b")), "d1", "mini")
    assert [value.category for value in proposal.values] == ["a"]
    assert proposal.addressees == ({"cs": "obec", "en": "the town"},)


def test_the_strongest_row_comes_first_unless_turned(tmp_path: Path) -> None:
    rows = frame(
        known("weak", row_id="weak"),
        {**known("strong"), "estimate": -0.3, "ci_low": -0.4, "ci_high": -0.2},
    )
    rules = rules_of(tmp_path)
    (proposal,) = propose(rules, rows, "d1", "mini")
    assert [value.category for value in proposal.values] == ["strong", "weak"]
    turned = rules_of(tmp_path, RULES.replace("    exclude: [b]\n", "    descending: true\n"))
    (proposal,) = propose(turned, rows, "d1", "mini")
    assert [value.category for value in proposal.values] == ["weak", "strong"]


def test_areas_as_items_of_the_whole(tmp_path: Path) -> None:
    rules = rules_of(tmp_path)

    def area(name: str, low: float, used: float) -> list[dict[str, object]]:
        return [
            row(sample="people", indicator="K2", statistic="mean", area=name, estimate=low + 0.1,
                ci_low=low, ci_high=low + 0.2),
            row(sample="people", indicator="C1", category="web", area=name, ci_low=used),
        ]  # fmt: skip

    rows = frame(*area("d1", 1.1, 0.6), *area("d2", 1.1, 0.4), *area("mini", 2, 0.9))
    (proposal,) = propose(rules, rows, "mini", "mini")
    assert [value.area for value in proposal.values] == ["d1"]
    assert [value.indicator for value in proposal.beside] == ["C1"]
    assert propose(rules, rows, "d1", "mini") == []


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("indicator: K1", "indicator: K9", "no indicator K9"),
        ("indicator: C1", "indicator: C9", "no indicator C9"),
        ("category: web", "category: wob", "C1 has no category wob"),
        ("exclude: [b]", "exclude: [z]", "K1 has no category z"),
        ("sample: people", "sample: peoples", "no sample peoples"),
        ('breakdown: ""', "breakdown: sexx", "no breakdown sexx"),
        ('breakdown: ""', 'breakdown: sex\n    groups: ["9"]', "sex has no group 9"),
        ("rows: areas", "rows: areas\n    each: group", "needs a breakdown"),
        ("addressees: [town]", "addressees: [city]", "no addressee city"),
        ("id: M2", "id: M1", "id M1 stands twice"),
        ("{cs: Informovat, en: Inform}", "{cs: Informovat}", "translation is missing: en"),
        ("about {items}.", "about {item}.", "no placeholder {item}"),
        ("rows: areas", "rows: areas\n    urgent: [{column: limit, above: 2}]", "belong together"),
        ("below: 0", "under: 0", "unknown key under"),
        ("{column: limit, below: 0}", "{column: limit}", "wrong value"),
        ("{column: limit, below: 0}", "{column: count, below: 0}", "column has a wrong value"),
        ("{column: limit, above: 1}", "{column: estimate, above: 1}", "wrong value"),
        ("{column: limit, above: 1}", "{column: ci_high, above: 1}", "wrong value"),
        ("{column: limit, above: 1}", "{column: share_limit, below: 1}", "wrong value"),
        ("    conditions:\n", "    condition_list:\n", "conditions is missing"),
        ("topic: planning", "topic: singing", ""),
    ],
)
def test_a_rule_that_cannot_be_meant_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    text = RULES.replace("    level: whole\n", "    level: whole\n    topic: planning\n")
    assert old in text
    with pytest.raises(WorkbenchError) as caught:
        rules_of(tmp_path, text.replace(old, new, 1))
    issue = next(issue for issue in caught.value.issues if what in issue.what)
    assert issue.row is not None
    assert (issue.file or "").endswith(RULES_FILE)


def test_a_condition_on_the_value_alone_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(WorkbenchError, match="let chance decide"):
        rules_of(tmp_path, RULES.replace("limit, above: 1", "estimate, above: 1"))


def test_a_rule_may_wait_for_a_source(tmp_path: Path) -> None:
    waiting = RULES.replace("indicator: K2", "requires: {cs: registr, en: register}\n"
                            "    indicator: Z1")  # fmt: skip
    assert rules_of(tmp_path, waiting).rules[1].indicator == "Z1"


def test_a_study_without_rules_proposes_nothing(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path)
    assert read_rules(open_study("mini", workspace)).rules == ()


def test_texts_of_rules_know_the_places_of_a_report(zlin: Study) -> None:
    assert set(PLACE_NAMES) < set(PLACEHOLDERS)
    assert read_rules(zlin).rules

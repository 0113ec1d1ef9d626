from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.recommendations import RULES_FILE, Condition, Rules, propose, read_rules
from analysis.study import Study, open_study
from tests.mini_study import write_mini_study

RULES = """\
reliability: {minimum_n: 30, maximum_deff: 2.5}
rules:
  - id: M1
    sample: people
    indicator: K1
    comparison: rest
    conditions:
      - {column: ci_high, below: 0}
      - {column: p_adjusted, below: 0.05}
    title: {cs: Informovat, en: Inform}
    condition: {cs: Pod nulou, en: Below zero}
    text: {cs: "Informujte o {items}.", en: "Inform about {items}."}
"""


def rows(**changed: object) -> pd.DataFrame:
    plain: dict[str, object] = {
        "sample": "people", "indicator": "K1", "category": "a", "area": "d1", "breakdown": "",
        "comparison": "rest", "estimate": -0.1, "ci_low": -0.15, "ci_high": -0.05,
        "p_adjusted": 0.01, "n": 300.0, "deff": math.nan, "release": "ok", "row_id": "r1",
    }  # fmt: skip
    return pd.DataFrame([{**plain, **changed}])


def rules_of(folder: Path, text: str = RULES) -> Rules:
    workspace = write_mini_study(folder)
    (folder / "studies" / "mini" / RULES_FILE).write_text(text, encoding="utf-8")
    return read_rules(open_study("mini", workspace))


def proposed(rules: Rules, frame: pd.DataFrame, area: str = "d1") -> list[tuple[str, ...]]:
    return [proposal.row_ids for proposal in propose(rules, frame, area)]


def test_a_rule_speaks_where_all_its_conditions_hold(tmp_path: Path) -> None:
    assert proposed(rules_of(tmp_path), rows()) == [("r1",)]


@pytest.mark.parametrize(
    "changed",
    [
        {"ci_high": 0.0},
        {"ci_high": 0.01},
        {"p_adjusted": 0.05},
        {"p_adjusted": math.nan},
        {"comparison": ""},
        {"breakdown": "sex"},
        {"indicator": "K2"},
        {"sample": "users"},
        {"area": "d2"},
        {"n": 29.0},
        {"n": math.nan},
        {"deff": 2.6},
        {"release": "low_precision"},
        {"release": "suppressed_primary"},
    ],
)
def test_a_rule_is_silent_elsewhere(tmp_path: Path, changed: dict[str, object]) -> None:
    assert proposed(rules_of(tmp_path), rows(**changed)) == []


def test_the_strongest_row_comes_first(tmp_path: Path) -> None:
    frame = pd.concat([
        rows(row_id="weak", category="a", estimate=-0.06),
        rows(row_id="strong", category="b", estimate=-0.3),
    ])  # fmt: skip
    assert proposed(rules_of(tmp_path), frame) == [("strong", "weak")]


def test_left_out_categories_and_the_order_downwards(tmp_path: Path) -> None:
    text = RULES.replace("    comparison: rest\n", "    comparison: rest\n    exclude: [a]\n"
                         "    descending: true\n")  # fmt: skip
    frame = pd.concat([
        rows(row_id="out", category="a"),
        rows(row_id="less", category="b", estimate=-0.3),
        rows(row_id="more", category="c", estimate=-0.1),
    ])  # fmt: skip
    assert proposed(rules_of(tmp_path, text), frame) == [("more", "less")]


def test_bounds_by_hand() -> None:
    values = pd.DataFrame({"estimate": [0.09, 0.10, 0.11, math.nan]})

    def holds(**bounds: float) -> list[bool]:
        return list(Condition(column="estimate", **bounds).holds(values))

    assert holds(at_least=0.10) == [False, True, True, False]
    assert holds(above=0.10) == [False, False, True, False]
    assert holds(at_most=0.10) == [True, True, False, False]
    assert holds(below=0.10, above=0.0) == [True, False, False, False]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("indicator: K1", "indicator: K9", "no indicator K9"),
        ("sample: people", "sample: peoples", "no sample peoples"),
        ("{cs: Informovat, en: Inform}", "{cs: Informovat}", "translation is missing: en"),
        ("below: 0.05", "under: 0.05", "unknown key under"),
        ("{column: ci_high, below: 0}", "{column: ci_high}", "wrong value"),
        ("column: p_adjusted", "column: count", "column has a wrong value"),
        ("    conditions:\n", "    condition_list:\n", "conditions is missing"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    assert old in RULES
    with pytest.raises(WorkbenchError) as caught:
        rules_of(tmp_path, RULES.replace(old, new))
    issue = next(issue for issue in caught.value.issues if what in issue.what)
    assert issue.row is not None
    assert (issue.file or "").endswith(RULES_FILE)


def test_a_study_without_rules_proposes_nothing(tmp_path: Path) -> None:
    workspace = write_mini_study(tmp_path)
    assert read_rules(open_study("mini", workspace)).rules == ()


def test_the_rules_that_ship_are_those_of_the_report(zlin: Study) -> None:
    assert [rule.id for rule in read_rules(zlin).rules] == ["R1", "R2", "R3"]

"""A second wave of the small study, from its files to a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.presentation.report import open_report
from analysis.run import run_study
from analysis.study import open_study
from analysis.workspace import Workspace
from tests.mini_results import answers
from tests.mini_study import CARD, PLAN, SURVEY, write_mini_study

SAMPLE = CARD[CARD.index("  people:") :]
OLDER = SAMPLE.replace("people", "people_2015")
TWO_WAVES = (
    CARD
    + "    earlier: people_2015\n"
    + OLDER
    + '    wave: "2015"\n    reference_date: 2015-06-30\n'
)
#: What people want was not asked in the first wave.
TWO_FORMS = SURVEY.replace("count-selected(.) <= 2,,,,,", "count-selected(.) <= 2,,,,,people")
COMPARED = PLAN.replace("area region,rest", "area region,rest earlier") + (
    "C1,people,,area region,earlier\n"
    "C3,people,,area region,earlier\n"
    "H1,people,,area region,earlier\n"
    "S1,people,,area region,earlier\n"
)
COMPARABILITY = """\
sample,question,comparable,reason::cs,reason::en
people,enough,limited,Otázka byla zkrácena.,The question was shortened.
people,sex,no,Otázka zněla jinak.,The question was worded otherwise.
"""
MAKEUP = """\
title: {cs: Znalost služeb, en: Knowledge of services}
level: both
sample: people
chapters:
  - id: main
    title: {cs: Hlavní část, en: Main part}
    blocks:
      - {block: sentence, form: earlier, indicator: K1/a}
      - {block: sentence, form: earlier, indicator: K1/b}
      - {block: sentence, form: earlier, indicator: H1}
      - {block: sentence, form: earlier, indicator: S1/1}
      - {block: sentence, form: earlier, indicator: K2}
      - {block: table, form: earlier, indicators: [K1/a, K1/b, H1, C3/web, K2]}
"""
#: Shares that know service A, by district: this wave and the one before.
TRUTH = {"d1": (0.7, 0.45), "d2": (0.5, 0.5)}


def wave(place: int, n: int = 1600) -> pd.DataFrame:
    draw = np.random.default_rng(20 + place)
    frame = answers(n, seed=30 + place)
    share = frame["district"].map({area: pair[place] for area, pair in TRUTH.items()})
    knows = draw.random(n) < share
    return frame.assign(known_a=np.where(knows, "1", "3"))


def written(root: Path, **changed: str) -> Workspace:
    texts = {"study": TWO_WAVES, "survey": TWO_FORMS, "plan": COMPARED, **changed}
    workspace = write_mini_study(root, **texts)
    folder = workspace.studies / "mini"
    (folder / "comparability.csv").write_text(changed.get("comparability", COMPARABILITY))
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "reports" / "change.yaml").write_text(MAKEUP)
    raw = workspace.raw("mini")
    raw.mkdir(parents=True, exist_ok=True)
    wave(0).to_csv(raw / "people.csv", index=False)
    wanted = [name for name in wave(1) if name.startswith("wanted")]
    wave(1).drop(columns=wanted).to_csv(raw / "people_2015.csv", index=False)
    return workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    place = written(tmp_path_factory.mktemp("waves"))
    run_study(open_study("mini", place))
    return place


@pytest.fixture(scope="module")
def released(workspace: Workspace) -> pd.DataFrame:
    return pd.read_parquet(workspace.processed("mini") / "released.parquet")


def changes(released: pd.DataFrame, code: str, category: str = "") -> pd.DataFrame:
    rows = released[released["comparison"] == "earlier"]
    return rows[(rows["indicator"] == code) & (rows["category"] == category)].set_index("area")


def test_both_waves_stand_in_one_release(released: pd.DataFrame) -> None:
    waves = released[["sample", "wave", "reference_date"]].drop_duplicates().sort_values("wave")
    assert waves.to_numpy().tolist() == [
        ["people_2015", "2015", "2015-06-30"], ["people", "2020", "2020-02-01"]
    ]  # fmt: skip
    earlier = released[released["sample"] == "people_2015"]
    assert set(earlier["indicator"]) == {"K1", "C1", "H1"}
    assert set(earlier["breakdown"]) == {""}


def test_the_change_of_the_generated_waves_is_recovered(released: pd.DataFrame) -> None:
    found = changes(released, "K1", "a")
    for area, (later, earlier) in TRUTH.items():
        row = found.loc[area]
        assert row["ci_low"] <= later - earlier <= row["ci_high"]
        assert row["estimate"] == pytest.approx(later - earlier, abs=0.08)
    assert found.loc["d1", "p_adjusted"] < 0.001
    assert found.loc["d2", "ci_low"] < 0 < found.loc["d2", "ci_high"]
    values = released[(released["indicator"] == "K1") & (released["category"] == "a")]
    values = values[(values["comparison"] == "") & (values["breakdown"] == "")]
    by_sample = values.set_index(["sample", "area"])["estimate"]
    for area in found.index:
        gap = by_sample["people", area] - by_sample["people_2015", area]
        assert found.loc[area, "estimate"] == pytest.approx(gap)


def test_what_was_not_asked_or_worded_otherwise_is_said_not_to_compare(
    released: pd.DataFrame,
) -> None:
    worded = changes(released, "S1", "1")
    assert set(worded["release"]) == {"not_applicable"}
    assert set(worded["comparability"]) == {"no"}
    assert worded["estimate"].isna().all()
    assert set(changes(released, "H1")["comparability"]) == {"limited"}
    assert changes(released, "H1")["estimate"].notna().all()


def test_the_report_says_what_changed_and_what_cannot_be_told(workspace: Workspace) -> None:
    text = " ".join(
        getattr(block, "text", "") for block in open_report("change", "mini", "d1", "cs",
                                                            workspace).blocks()
    ).replace("\u00a0", " ")  # fmt: skip
    assert "Od šetření 2015 vzrostla hodnota o" in text
    assert "není při této velikosti souborů průkazná" in text
    assert "Srovnání je omezené. Otázka byla zkrácena." in text
    assert "se šetřením 2015 srovnat nelze. Otázka zněla jinak." in text
    english = open_report("change", "mini", "d1", "en", workspace).blocks()
    assert "has risen by" in " ".join(getattr(block, "text", "") for block in english)


def test_the_table_of_changes(workspace: Workspace) -> None:
    blocks = open_report("change", "mini", "d1", "en", workspace).blocks()
    (table,) = [block for block in blocks if block.type == "table"]
    spanners = [column.spanner for column in table.columns]
    assert spanners == ["", "2015", "2020", "2020", "change", "change"]
    assert len(table.rows) == 4  # the plan does not compare K2
    assert table.rows[3][4].text == "×"
    assert any("Question wanted was not asked in it." in note for note in table.notes)
    assert table.rows[0][4].text.endswith("*")
    assert any("The question was shortened." in note for note in table.notes)


def test_without_an_earlier_wave_the_blocks_are_silent(tmp_path: Path) -> None:
    place = written(tmp_path, study=CARD, plan=PLAN, comparability=COMPARABILITY.split("\n")[0])
    run_study(open_study("mini", place))
    blocks = open_report("change", "mini", "d1", "cs", place).blocks()
    assert [block.type for block in blocks] == ["document"]


@pytest.mark.parametrize(
    ("stem", "old", "new", "sentence"),
    [
        ("study", "earlier: people_2015", "earlier: folk", "there is no earlier sample folk"),
        ("study", "earlier: people_2015", "earlier: people", "there is no earlier sample people"),
        ("study", '    wave: "2015"\n', "", "is not told from the study's own wave"),
        ("study", "    earlier: people_2015\n", "", "the sample people has no earlier wave"),
        ("comparability", "people,sex", "folk,sex", "no sample folk with an earlier wave"),
        ("comparability", "people,sex", "people,six", "there is no question or variable six"),
        ("comparability", "sex,no", "sex,perhaps", "comparable has a wrong value"),
        ("comparability", "Otázka zněla jinak.,", ",", "a translation is missing: cs"),
    ],
)
def test_waves_that_cannot_be_meant_are_refused(
    tmp_path: Path, stem: str, old: str, new: str, sentence: str
) -> None:
    texts = {"study": TWO_WAVES, "comparability": COMPARABILITY}
    assert old in texts[stem]
    place = written(tmp_path, **{stem: texts[stem].replace(old, new)})
    with pytest.raises(WorkbenchError) as caught:
        open_study("mini", place)
    assert sentence in str(caught.value)

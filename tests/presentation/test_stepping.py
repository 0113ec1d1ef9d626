"""What stands in for a number that is not shown: released rows only, always marked."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pandas as pd
import pytest

from analysis.presentation import charts, sentences, tables
from analysis.presentation.rows import Estimate, Rows
from analysis.presentation.scene import Scene
from analysis.presentation.stepping import MODELLED, OWN, SIGNS, WHOLE, WIDER, notes, step_back
from analysis.presentation.tables import Label
from tests.presentation.estimates import estimate

LABEL = Label("Caption", "name", "anchor")
WHOLE_AREA = "CZ072"
HIDDEN_STATES = ["suppressed_precision", "suppressed_primary", "suppressed_complementary"]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def with_rows(scene: Scene, *rows: Estimate) -> Scene:
    return Scene(scene.names, Rows(pd.DataFrame(rows)), scene.area, scene.sample)


def of_group(group: str, breakdown: str = "age_group", **changed: Any) -> Estimate:
    return estimate(breakdown=breakdown, group=group, **changed)


def hidden(row: Estimate, release: str = "suppressed_precision") -> Estimate:
    nothing = float("nan")
    return row._replace(
        release=release, estimate=nothing, ci_low=nothing, ci_high=nothing, n=nothing
    )


OLDEST = hidden(of_group("5"))
WIDE = of_group("2", "age_group_wide", estimate=0.7, ci_low=0.6, ci_high=0.8, n=91)
REGION = of_group("5", area=WHOLE_AREA, level="region", estimate=0.66, n=800)
TOTAL = hidden(estimate())
MODEL = estimate(comparison="model", estimate=0.41, ci_low=0.36, ci_high=0.46)
WHOLE_TOTAL = estimate(area=WHOLE_AREA, level="region", estimate=0.55)


@pytest.mark.parametrize("release", HIDDEN_STATES)
@pytest.mark.parametrize(
    ("rows", "kind", "value"),
    [
        ([OLDEST, WIDE, REGION], WIDER, 0.7),
        ([OLDEST, hidden(WIDE), REGION], WHOLE, 0.66),
        ([OLDEST, REGION], WHOLE, 0.66),
        ([OLDEST, hidden(REGION)], OWN, None),
        ([TOTAL, MODEL, WHOLE_TOTAL], MODELLED, 0.41),
        ([TOTAL, hidden(MODEL), WHOLE_TOTAL], WHOLE, 0.55),
        ([TOTAL], OWN, None),
        ([estimate(), MODEL, WHOLE_TOTAL], OWN, 0.62),
    ],
)
def test_the_first_of_the_chain_that_is_shown(
    scene: Scene, rows: list[Estimate], kind: str, value: float | None, release: str
) -> None:
    asked = rows[0] if rows[0].shown else rows[0]._replace(release=release)
    step = step_back(with_rows(scene, asked, *rows[1:]), asked)
    assert step.kind == kind
    assert step.asked == asked
    if value is None:
        assert not step.row.shown
    else:
        assert step.row.estimate == value


def test_a_difference_a_rank_and_nobody_never_step_back(scene: Scene) -> None:
    for row in (
        hidden(estimate(comparison="rest", statistic="difference")),
        hidden(estimate(comparison="rank", statistic="rank")),
        hidden(estimate(), "not_applicable"),
        hidden(estimate(), "missing"),
    ):
        assert step_back(with_rows(scene, row, MODEL, WHOLE_TOTAL), row).kind == OWN


def test_primary_and_complementary_look_alike(scene: Scene) -> None:
    """Which of the two hides a number is not to be told from anything that is shown."""
    said = []
    for release in ("suppressed_primary", "suppressed_complementary"):
        row = TOTAL._replace(release=release)
        shown = with_rows(scene, row, WHOLE_TOTAL)
        table = tables.overview(shown, LABEL, [(row.indicator, row.category)])
        said.append((sentences.level(shown, row), table))
    assert said[0] == said[1]


def test_a_table_marks_and_explains_what_stands_in(scene: Scene) -> None:
    shown = with_rows(scene, TOTAL, MODEL, WHOLE_TOTAL, OLDEST, WIDE, REGION)
    table = tables.by_breakdown(shown, LABEL, OLDEST.indicator, ["age_group"])
    total, oldest = table.rows
    assert plain(total[1].text) == "41,0 ‡"
    assert plain(oldest[1].text) == "70,0 †"
    assert total[1].value is None  # nobody reckons with it in Excel
    assert oldest[4].text == "91"
    under = " ".join(map(plain, table.notes))
    assert "‡ modelový odhad" in under
    assert "„80 a více let“ → „65 a více let“" in under
    assert "§" not in under


def test_a_value_of_low_precision_keeps_its_brackets(scene: Scene) -> None:
    shown = with_rows(scene, OLDEST, WIDE._replace(release="low_precision"))
    table = tables.by_breakdown(shown, LABEL, OLDEST.indicator, ["age_group"])
    assert plain(table.rows[0][1].text) == "(70,0) †"


def test_sentences_say_how_far_it_went(scene: Scene) -> None:
    modelled = plain(sentences.level(with_rows(scene, TOTAL, MODEL), TOTAL))
    assert "příliš málo odpovědí" in modelled
    assert "Modelový odhad" in modelled and "41 % (95% interval 36–46 %)." in modelled
    whole = plain(sentences.level(with_rows(scene, TOTAL, WHOLE_TOTAL), TOTAL))
    assert "Hodnota za celek (Zlínský kraj) je 55 %" in whole


def test_a_chart_draws_what_stands_in_and_says_so(scene: Scene) -> None:
    others = [of_group(str(number), estimate=0.3) for number in range(1, 5)]
    shown = with_rows(scene, estimate(), *others, OLDEST, WIDE)
    chart = charts.breakdown(shown, LABEL, OLDEST.indicator, ["age_group"])
    assert any("†" in note for note in chart.notes)
    without = charts.breakdown(with_rows(scene, *others, OLDEST), LABEL, "AW08", ["age_group"])
    assert chart.svg != without.svg
    assert chart.data is not None
    assert plain(chart.data.rows[-1][1].text) == "70,0 †"
    assert "70" not in chart.alt  # the alternative text speaks of the groups themselves


@pytest.mark.parametrize("language", ["cs", "en"])
def test_every_sign_has_its_words(scene_of: Callable[..., Scene], language: str) -> None:
    scene = scene_of(language=language)
    pairs = ((OLDEST, WIDE, WIDER), (TOTAL, MODEL, MODELLED), (TOTAL, WHOLE_TOTAL, WHOLE))
    for asked, instead, kind in pairs:
        step = step_back(with_rows(scene, asked, instead), asked)
        assert step.kind == kind
        (note,) = notes(scene, [step, step])
        assert note.startswith(SIGNS[kind])
        assert note.endswith(".")


def test_made_up_reports_show_no_hidden_number(scene: Scene) -> None:
    """Whatever stands in for a hidden row is a row that is shown."""
    for code, breakdown in product(("AW05", "AW08"), ("age_group", "education", "size_class")):
        for row in scene.groups(code, breakdown):
            step = step_back(scene, row)
            assert step.row.shown or step.kind == OWN
            assert step.row.indicator == row.indicator and step.row.category == row.category

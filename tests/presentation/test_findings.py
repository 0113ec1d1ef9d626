from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from analysis.presentation.findings import findings, rule, unsupported
from analysis.presentation.makeup import FindingsSpec, read_makeup
from analysis.presentation.rows import Estimate, Rows
from analysis.presentation.scene import Scene
from analysis.study import Study
from tests.presentation.estimates import estimate


@pytest.fixture(scope="module")
def spec(study: Study) -> FindingsSpec:
    makeup = read_makeup(study, "awareness")
    return next(spec for spec in makeup.specs() if isinstance(spec, FindingsSpec))


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def with_rows(scene: Scene, *rows: Estimate) -> Scene:
    return replace(scene, rows=Rows(pd.DataFrame(rows)))


@pytest.mark.parametrize("area", ["7201", "7206", "7212"])
@pytest.mark.parametrize("language", ["cs", "en"])
def test_there_are_five_to_eight_each_with_figure_interval_and_base(
    scene_of: Callable[..., Scene], spec: FindingsSpec, area: str, language: str
) -> None:
    found = findings(scene_of(area, language), spec)
    assert 5 <= len(found) <= 8
    assert len(set(found)) == len(found)
    for text in found:
        assert "interval" in text
        assert "n\u00a0=\u00a0" in text
        assert text.endswith(".")


def test_the_standing_indicators_come_first(scene: Scene, spec: FindingsSpec) -> None:
    first, second, third = findings(scene, spec)[:3]
    assert "33 druhů" in first
    assert "kam se v" in second
    assert "dostatek informací" in third


def test_further_indicators_come_only_where_there_are_too_few(scene: Scene) -> None:
    rows = [estimate(indicator=code) for code in ("AW01", "AW07", "AW08", "IC04")]
    spec = FindingsSpec(
        block="findings", always=("AW08",), more=("AW01", "AW07", "IC04"), minimum=3, maximum=8
    )
    assert len(findings(with_rows(scene, *rows), spec)) == 3
    none_more = spec.model_copy(update={"minimum": 1})
    assert len(findings(with_rows(scene, *rows), none_more)) == 1


def test_the_largest_number_is_kept(scene: Scene, spec: FindingsSpec) -> None:
    assert len(findings(scene, spec.model_copy(update={"minimum": 2, "maximum": 4}))) == 4


def test_hidden_values_are_passed_over(scene: Scene) -> None:
    rows = [estimate(release="suppressed_primary"), estimate(indicator="AW01")]
    spec = FindingsSpec(block="findings", always=("AW08", "AW01"))
    found = findings(with_rows(scene, *rows), spec)
    assert len(found) == 1
    assert "jmenovat" in found[0]


def test_no_supported_difference_is_a_finding_too(scene: Scene) -> None:
    row = estimate(indicator="AW03", category="s40", comparison="rest", p_adjusted=0.9)
    spec = FindingsSpec(block="findings", always=(), differences=("AW03",))
    (found,) = findings(with_rows(scene, row), spec)
    assert "průkazně neliší žádná z 1 položky" in plain(found)


@pytest.mark.parametrize(("p_adjusted", "told"), [(0.01, True), (0.5, False)])
def test_that_a_difference_is_not_supported_is_said_once_for_all(
    scene: Scene, p_adjusted: float, told: bool
) -> None:
    rest = estimate(comparison="rest", ci_low=0.02, ci_high=0.3, p_adjusted=p_adjusted)
    spec = FindingsSpec(block="findings", always=("AW08",))
    shown = with_rows(scene, estimate(), rest)
    (found,) = findings(shown, spec)
    assert ("zbytku kraje" in plain(found)) is told
    assert bool(unsupported(shown, spec)) is not told


def test_the_rule_names_its_numbers(scene: Scene, spec: FindingsSpec) -> None:
    text = rule(scene, spec)
    assert f"nejvýše {spec.maximum}" in text
    assert f"méně než {spec.minimum}" in text

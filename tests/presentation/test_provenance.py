"""The provenance of a report: facts of the run, and commands that make it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from analysis.presentation import report as report_module
from analysis.presentation.composing import Slot
from analysis.presentation.makeup import MethodSpec, read_makeup
from analysis.presentation.provenance import provenance
from analysis.presentation.released_parts import data_version
from analysis.presentation.report import Report
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.study import Study

LABEL = Label("Původ zprávy", "provenance")


def facts(scene: Scene) -> dict[str, str]:
    return dict(provenance(scene, LABEL, "needs").items)


def test_it_tells_what_the_run_wrote(scene: Scene) -> None:
    found = facts(scene)
    assert found["Otisk použitých dat (SHA-256)"] == data_version(scene.study, scene.area)
    assert found["Sada pravidel zveřejnění"] == scene.record["release"]["rule_set"]
    assert found["Vydání"].startswith("pracovní verze")
    assert found["Kdo schválil"] == "zatím nikdo"


def test_the_commands_name_the_report(scene: Scene) -> None:
    command = facts(scene)["Jak zprávu přepočítat"]
    assert f"needs report {scene.study.id} --kind needs --area {scene.area} --lang cs" in command
    assert "--release" not in command
    released = facts(replace(scene, edition="release"))
    assert released["Jak zprávu přepočítat"].endswith("--release")
    assert released["Vydání"].startswith("vydání")


def test_no_folder_of_this_machine_stands_in_it(scene: Scene) -> None:
    text = " ".join(facts(scene).values())
    assert str(scene.study.workspace.root) not in text


def test_every_kind_of_the_study_that_ships_has_it(study: Study) -> None:
    for kind in study.reports:
        assert "provenance" in {spec.block for spec in read_makeup(study, kind).specs()}, kind


def test_a_report_shows_it(report_of: Callable[..., Report]) -> None:
    report = report_of()
    built = report_module._built(report, MethodSpec(block="provenance"), Slot("annex", 1))
    assert [block.caption for block in built] == ["Původ zprávy"]

"""Where a report comes from: versions, rules, their audit, fingerprints, and how to recompute it.

No time of the clock and no folder of a machine stands in it: the same inputs give the same page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from analysis.approvals import read_approvals
from analysis.presentation.blocks import Facts
from analysis.presentation.methods import fieldwork_period
from analysis.presentation.released_parts import data_version
from analysis.presentation.scene import DRAFT, Scene
from analysis.presentation.tables import Label


def provenance(scene: Scene, label: Label, kind: str) -> Facts:
    """The box of a report's provenance.

    Parameters
    ----------
    kind
        Of the report, for the commands that make it again.
    """
    say = scene.words.say
    items = [(key, value) for key, value in _items(scene, kind) if value]
    return Facts(label.caption, tuple((say(f"provenance.{key}"), value) for key, value in items))


def _items(scene: Scene, kind: str) -> Iterator[tuple[str, str]]:
    say, record = scene.words.say, scene.record
    yield "edition", say(f"provenance.edition_{scene.edition}")
    origin = "modelled" if scene.rows.modelled else "observed"
    yield "origin", say(f"method.origin_{origin}")
    yield "data_date", fieldwork_period(scene)
    yield "population_date", ", ".join(_dates(scene))
    yield "data_version", data_version(scene.study, scene.area)
    yield "rule_set", str((record.get("release") or {}).get("rule_set", ""))
    yield "audit", _audit(scene)
    yield "seed", str(record.get("seed", ""))
    software = record.get("software") or {}
    yield "software", ", ".join(f"{name} {version}" for name, version in software.items())
    yield "approved_by", _approved_by(scene)
    yield "manifest", say("provenance.manifest_value")
    yield "recompute", _commands(scene, kind)


def _dates(scene: Scene) -> list[str]:
    """The days that the margins of the weights are of."""
    dates = [str(margin.get("reference_date", "")) for margin in scene.record.get("margins", ())]
    return [scene.numbers.date(date.fromisoformat(day)) for day in sorted({*dates} - {""})]


def _audit(scene: Scene) -> str:
    audit: Mapping[str, Any] = (scene.record.get("release") or {}).get("audit") or {}
    if not audit:
        return ""
    whole = scene.numbers.whole
    return scene.words.say(
        "provenance.audit_value",
        hidden=whole(audit.get("cells_hidden", 0)),
        recoverable=whole(audit.get("recoverable", 0)),
    )


def _approved_by(scene: Scene) -> str:
    """The roles of those who approved what is published, and how many items each."""
    decisions = read_approvals(scene.study).decisions
    roles = Counter(one.role for one in decisions if one.state == "approved")
    if not roles:
        return scene.words.say("provenance.nobody")
    named = [f"{role} ({scene.numbers.whole(count)})" for role, count in sorted(roles.items())]
    return scene.words.listed(named)


def _commands(scene: Scene, kind: str) -> str:
    study = scene.study.id
    area = "" if scene.is_whole else f" --area {scene.area}"
    release = "" if scene.edition == DRAFT else " --release"
    language = f" --lang {scene.names.language}"
    generated = " --synthetic" if scene.rows.modelled else ""
    return (
        f"make env; needs run {study}{generated}; "
        f"needs report {study} --kind {kind}{area}{language}{release}"
    )

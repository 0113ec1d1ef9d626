"""The software bill of materials: complete, deterministic, CycloneDX."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import version

from analysis.publishing.sbom import software_bill
from tests.mini_results import PROJECT


def bill() -> dict:
    return json.loads(software_bill("ab"))


def test_every_direct_requirement_is_in_it_with_its_version() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.match(r"[\w.-]+", one).group() for one in project["dependencies"]]  # type: ignore[union-attr]
    listed = {one["name"]: one["version"] for one in bill()["components"]}
    for name in names:
        assert listed[re.sub(r"[-_.]+", "-", name).lower()] == version(name), name


def test_references_are_unique_and_lead_somewhere() -> None:
    found = bill()
    root = found["metadata"]["component"]
    references = [one["bom-ref"] for one in (root, *found["components"])]
    assert len(set(references)) == len(references)
    assert {one["ref"] for one in found["dependencies"]} == set(references)
    assert all(set(one["dependsOn"]) <= set(references) for one in found["dependencies"])
    by_ref = {one["ref"]: one["dependsOn"] for one in found["dependencies"]}
    assert any(one.startswith("pkg:pypi/pandas@") for one in by_ref[root["bom-ref"]])


def test_it_is_cyclonedx_without_a_clock() -> None:
    found = bill()
    assert (found["bomFormat"], found["specVersion"], found["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", found["serialNumber"]
    )
    assert "timestamp" not in json.dumps(found)
    assert software_bill("ab") == software_bill("ab") != software_bill("cd")
    purls = [one["purl"] for one in found["components"]]
    assert all(re.fullmatch(r"pkg:pypi/[a-z0-9-]+@[^@]+", purl) for purl in purls)
    assert purls == sorted(purls, key=lambda purl: purl.split("@")[0])


def test_the_packages_of_developers_are_not_in_it() -> None:
    assert "pytest" not in {one["name"] for one in bill()["components"]}

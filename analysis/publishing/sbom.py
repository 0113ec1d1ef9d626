"""The software bill of materials: what the reports were made with, as CycloneDX 1.6 JSON.

It lists the packages that this one needs and that are installed, with their versions and
licences, and what each of them needs. Its serial number is made from its content and no time
stands in it: the same environment gives the same file.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, Final

NAME: Final = "sbom.cdx.json"
ROOT: Final = "analysis"
_SPEC_VERSION: Final = "1.6"
_REQUIRED: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
#: Some packages put the whole text of a licence in place of its name.
_LICENCE_LENGTH: Final = 64


def software_bill(lock: str = "") -> bytes:
    """The bill of the running environment.

    Parameters
    ----------
    lock
        The hash of the lock file that the environment was made from, where there is one.
    """
    found = dict(sorted(_needed(ROOT)))
    content: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": _SPEC_VERSION,
        "version": 1,
        "metadata": {
            "component": _component(found[ROOT], "application"),
            "properties": _properties(lock),
        },
        "components": [
            _component(one, "library") for name, one in found.items() if name != ROOT
        ],
        "dependencies": [
            {"ref": _reference(one), "dependsOn": sorted(_references(one, found))}
            for one in found.values()
        ],
    }  # fmt: skip
    name = json.dumps(content, sort_keys=True)
    content["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _properties(lock: str) -> list[dict[str, str]]:
    return [{"name": "needs:requirements.lock:sha256", "value": lock}] if lock else []


def _needed(root: str) -> Iterator[tuple[str, Distribution]]:
    """The installed packages that one needs, itself with them, by their normalised names."""
    seen: set[str] = set()
    waiting = [root]
    while waiting:
        name = _normalised(waiting.pop())
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            # Of another system or Python: its marker does not hold here.
            continue
        yield name, found
        waiting += _required(found)


def _required(found: Distribution) -> list[str]:
    """What a package needs without its extras."""
    lines = [line for line in found.requires or () if "extra ==" not in line]
    return [match.group(1) for line in lines if (match := _REQUIRED.match(line))]


def _references(found: Distribution, known: dict[str, Distribution]) -> Iterable[str]:
    names = {_normalised(name) for name in _required(found)}
    return {_reference(known[name]) for name in names if name in known}


def _component(found: Distribution, kind: str) -> dict[str, Any]:
    reference = _reference(found)
    component = {
        "type": kind,
        "bom-ref": reference,
        "name": _normalised(found.metadata["Name"]),
        "version": found.version,
        "purl": reference,
    }
    licence = _licence(found)
    return {**component, "licenses": [licence]} if licence else component


def _licence(found: Distribution) -> dict[str, Any] | None:
    """An SPDX expression where the package gives one, else the name that it gives."""
    expression = _first(found, "License-Expression")
    if expression:
        return {"expression": expression}
    name = _first(found, "License")
    if name and "\n" not in name and len(name) <= _LICENCE_LENGTH:
        return {"license": {"name": name}}
    classifiers = [str(one) for one in found.metadata.get_all("Classifier") or ()]
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License ::")]
    return {"license": {"name": named[0]}} if named else None


def _first(found: Distribution, field: str) -> str:
    return str(next(iter(found.metadata.get_all(field) or ()), ""))


def _reference(found: Distribution) -> str:
    return f"pkg:pypi/{_normalised(found.metadata['Name'])}@{found.version}"


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()

"""What a built wheel holds beside the package: studies, catalogues and templates to copy from.

An editable installation needs none of it: there they lie beside the package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Folders of the project, and below which one of the package they go.
SHIPPED = (
    "studies/catalogues",
    "studies/zlin-2010",
    "studies/liberec-opz",
    "notebooks/reports",
)


class ShippedStudies(BuildHookInterface[Any]):
    """Adds the folders to an ordinary wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files to add, unless the installation is editable."""
        if version == "standard":
            root = Path(self.root)
            build_data["force_include"].update(
                {str(root / folder): f"analysis/shipped/{folder}" for folder in SHIPPED}
            )

"""Where a workbench keeps its studies, data and reports on disk."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import WorkbenchError

ENVIRONMENT_VARIABLE = "NEEDS_WORKSPACE"


@dataclass(frozen=True)
class Workspace:
    """A folder with ``studies/``, ``data/raw/``, ``data/processed/`` and ``reports/``."""

    root: Path

    @property
    def studies(self) -> Path:
        """The folder of study definitions."""
        return self.root / "studies"

    @property
    def catalogues(self) -> Path:
        """Definitions that studies share: services, target groups, territory."""
        return self.studies / "catalogues"

    @property
    def notebooks(self) -> Path:
        """The folder of notebooks; report templates are in its ``reports/``."""
        return self.root / "notebooks"

    def raw(self, study_id: str) -> Path:
        """Files of a study as received; never written by the workbench."""
        return self.root / "data" / "raw" / study_id

    def processed(self, study_id: str) -> Path:
        """What the workbench computed for a study."""
        return self.root / "data" / "processed" / study_id

    def reports(self, study_id: str) -> Path:
        """The published reports of a study."""
        return self.root / "reports" / study_id

    def study_ids(self) -> list[str]:
        """The studies of this workspace, in alphabetical order."""
        return sorted(card.parent.name for card in self.studies.glob("*/study.yaml"))


def find_workspace(start: Path | None = None) -> Workspace:
    """The workspace of the environment variable, or the nearest one above ``start``.

    Parameters
    ----------
    start
        Where the search begins; the working directory when not given. The folder that
        holds the package is tried last.

    Raises
    ------
    WorkbenchError
        If no folder with ``studies/catalogues`` is found.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return _workspace_at(Path(named))
    beginning = (start or Path.cwd()).resolve()
    for folder in (beginning, *beginning.parents, Path(__file__).resolve().parent.parent):
        if _is_workspace(folder):
            return Workspace(folder)
    raise WorkbenchError(
        "no workspace found here",
        file=beginning,
        expected="a folder with studies/catalogues, here or above",
        hint=f"change into the workbench's folder or set {ENVIRONMENT_VARIABLE}",
    )


def _workspace_at(folder: Path) -> Workspace:
    if not _is_workspace(folder):
        raise WorkbenchError(
            f"{ENVIRONMENT_VARIABLE} does not name a workspace",
            file=folder,
            expected="a folder with studies/catalogues",
        )
    return Workspace(folder.resolve())


def _is_workspace(folder: Path) -> bool:
    return (folder / "studies" / "catalogues").is_dir()

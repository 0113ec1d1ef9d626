"""Where a workbench keeps its studies, data and reports on disk."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import WorkbenchError

ENVIRONMENT_VARIABLE = "NEEDS_WORKSPACE"
PACKAGE = Path(__file__).resolve().parent


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
    for folder in (beginning, *beginning.parents, PACKAGE.parent):
        if _is_workspace(folder):
            return Workspace(folder)
    raise WorkbenchError(
        "no workspace found here",
        file=beginning,
        expected="a folder with studies/catalogues, here or above",
        hint=f"change into the workbench's folder or set {ENVIRONMENT_VARIABLE}",
    )


def shipped_workspace() -> Workspace:
    """The studies and templates that come with the package, to be read and copied from.

    They lie beside the package in the project's folder, and inside it in an installed wheel.

    Raises
    ------
    WorkbenchError
        If the package was installed without them.
    """
    for folder in (PACKAGE.parent, PACKAGE / "shipped"):
        if _is_workspace(folder):
            return Workspace(folder)
    raise WorkbenchError(
        "the package was installed without its studies",
        file=PACKAGE / "shipped",
        hint="install it from its wheel or work in the folder of the project",
    )


def own_workspace(start: Path | None = None) -> Workspace | None:
    """The workspace one is in, or the one that the environment names; None outside of any."""
    if os.environ.get(ENVIRONMENT_VARIABLE):
        return find_workspace(start)
    beginning = (start or Path.cwd()).resolve()
    folders = (beginning, *beginning.parents)
    return next((Workspace(folder) for folder in folders if _is_workspace(folder)), None)


def require_empty(folder: Path) -> None:
    """Refuse to make a workspace among other things.

    Raises
    ------
    WorkbenchError
        If the folder holds anything that is not hidden.
    """
    there = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    if there:
        raise WorkbenchError(
            "this folder is no workspace and is not empty",
            file=folder,
            expected="an empty folder, or one with studies/catalogues here or above",
            got=", ".join(there[:5]) + (", …" if len(there) > 5 else ""),
            hint="make a new folder, change into it and say the same again",
        )


def make_workspace(folder: Path) -> Workspace:
    """A new workspace in an empty folder, with the catalogues that come with the package.

    Raises
    ------
    WorkbenchError
        If the folder is not empty.
    """
    require_empty(folder)
    workspace = Workspace(folder)
    # Copied aside first: a workspace is known by its catalogues, so they come whole.
    half = folder / ".catalogues"
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(shipped_workspace().catalogues, half)
    for name in ("studies", "data/raw", "data/processed", "reports"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    half.rename(workspace.catalogues)
    return workspace


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

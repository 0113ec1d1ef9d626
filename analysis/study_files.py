"""Where the definition files of a study are: in its own folder, or in that of another study.

A study card may name files that it takes over (``shared: {study: …, files: […]}``). They are
read where the other study keeps them, so one questionnaire serves several studies and is
corrected once. A file of the same name in the study's own folder goes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from analysis.definitions import Definition, Tree, suggestion
from analysis.workspace import Workspace


class SharedFiles(Definition):
    """The study whose files are taken over, and which; paths inside its folder."""

    study: str
    files: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True)
class StudyFiles:
    """The definition files of a study.

    Parameters
    ----------
    folder
        The study's own folder.
    other
        The folder of the study whose files are taken over.
    shared
        Which files those are.
    """

    folder: Path
    other: Path | None = None
    shared: tuple[str, ...] = ()

    def __truediv__(self, name: str) -> Path:
        own = self.folder / name
        if self.other is None or name not in self.shared or own.exists():
            return own
        return self.other / name

    def taken_over(self) -> list[Path]:
        """The files of the other study that are in use."""
        paths = (self / name for name in self.shared)
        return sorted(path for path in paths if not path.is_relative_to(self.folder))

    def inside(self, subfolder: str) -> list[Path]:
        """The own and shared files that stand in a folder of the study, by name."""
        names = {f"{subfolder}/{path.name}" for path in (self.folder / subfolder).glob("*")}
        names |= {name for name in self.shared if name.startswith(f"{subfolder}/")}
        return [self / name for name in sorted(names)]


def study_files(
    folder: Path, shared: SharedFiles | None, card: Tree, workspace: Workspace
) -> StudyFiles:
    """The files of a study, as its card says.

    Raises
    ------
    WorkbenchError
        If there is no such other study, it is the study itself, or it lacks a file.
    """
    if shared is None:
        return StudyFiles(folder)
    other = workspace.studies / shared.study
    known = [name for name in workspace.study_ids() if name != folder.name]
    if shared.study not in known:
        raise card.error(
            f"there is no other study {shared.study} to take files from",
            ("shared", "study"),
            expected=", ".join(known),
            hint=suggestion(shared.study, known),
        )
    for place, name in enumerate(shared.files):
        if not (other / name).is_file():
            raise card.error(
                f"the study {shared.study} has no file {name}",
                ("shared", "files", place),
                hint="name files by their path in the folder of that study",
            )
    return StudyFiles(folder, other, shared.files)

"""The data annex as files: the workbook of an area, and the open data of a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.presentation.annex_definition import read_annex
from analysis.presentation.data_annex import workbook
from analysis.presentation.open_data import open_data_files
from analysis.presentation.rows import read_released
from analysis.publishing.batch import Job
from analysis.publishing.checks import check_xlsx
from analysis.publishing.xlsx import render_tables
from analysis.study import Study, open_study
from analysis.workspace import Workspace


@dataclass(frozen=True)
class DataFiles:
    """Contents by format, or by name where files have names of their own."""

    written: Mapping[str, bytes]
    title: str
    data_origin: str


def workbook_of(job: Job) -> DataFiles:
    """The Excel workbook of an area, or of all areas together, checked.

    Raises
    ------
    WorkbenchError
        If the annex cannot be made.
    """
    made = workbook(_study(job), job.area, job.language)
    data = render_tables(made.document, made.tables)
    check_xlsx(data, job.path("xlsx").name)
    title = f"{made.document.title} – {made.document.area_name}"
    return DataFiles({"xlsx": data}, title, made.document.data_origin)


def open_data(job: Job) -> DataFiles:
    """The open data of a study in all languages.

    Raises
    ------
    WorkbenchError
        If they cannot be made.
    """
    study = _study(job)
    title = read_annex(study).title[study.card.default_language]
    origin = "modelled" if read_released(study).modelled else "observed"
    return DataFiles(open_data_files(study), title, origin)


def _study(job: Job) -> Study:
    """The study of a job, which names it as notebooks do: by its id or a folder."""
    workspace, reference = Workspace(job.workspace), str(job.parameters["study"])
    own = workspace.studies / reference
    return open_study(reference if own.is_dir() else workspace.root / reference, workspace)

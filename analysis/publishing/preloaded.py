"""What every report needs, imported and prepared once before the processes are forked.

Importing this module does it. No thread may be left behind (a fork has only the one that
forked), so nothing is set by typst and no table is read here.
"""

from __future__ import annotations

import os
from contextlib import suppress

import geopandas  # noqa: F401
import matplotlib.figure  # noqa: F401
import nbclient  # noqa: F401
import pyarrow.parquet  # noqa: F401
import scipy.spatial  # noqa: F401
import shapely  # noqa: F401
from nbformat.validator import get_validator

from analysis.errors import WorkbenchError
from analysis.presentation import report  # noqa: F401
from analysis.presentation.outlines import outline_of
from analysis.presentation.typeface import typeface
from analysis.presentation.wording import checked_tables, words
from analysis.publishing import (  # noqa: F401
    arithmetic,
    checks,
    content,
    data_files,
    engine,
    measures,
    xlsx,
)
from analysis.publishing.batch import prepare_folders
from analysis.publishing.forks import STUDY
from analysis.publishing.html import prepare_pages
from analysis.publishing.pdf import prepare_fonts
from analysis.publishing.phrases import phrases
from analysis.study import open_study
from analysis.workspace import find_workspace

_LETTERS = "".join(chr(code) for code in (*range(0x20, 0x7F), *range(0xA1, 0x180), 0x2013, 0x2212))


def _prepare_texts() -> None:
    for language in checked_tables():
        words(language)
        phrases(language)
    for weight in ("regular", "semibold"):
        for glyph in typeface(weight).place(_LETTERS)[0]:
            typeface(weight).outline(glyph.name)
    get_validator(4, 5)  # type: ignore[no-untyped-call]


def _prepare_study(folder: str) -> None:
    """Territory and map of the study that is about to be reported on.

    Both are kept by the state of their files, so a later change is seen all the same.
    """
    with suppress(WorkbenchError):
        study = open_study(folder, find_workspace())
        if study.region is not None:
            outline_of(study)


prepare_pages()
prepare_fonts()
prepare_folders()
_prepare_texts()
_prepare_study(os.environ.get(STUDY, ""))

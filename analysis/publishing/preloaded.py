"""What every report needs, imported and prepared once before the processes are forked.

Importing this module does it. No thread may be left behind (a fork has only the one that
forked), so nothing is set by typst and no table is read here.
"""

from __future__ import annotations

import geopandas  # noqa: F401
import matplotlib.figure  # noqa: F401
import nbclient  # noqa: F401
import pyarrow.parquet  # noqa: F401
import scipy.spatial  # noqa: F401
import shapely  # noqa: F401

from analysis.presentation import report  # noqa: F401
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
from analysis.publishing.html import prepare_pages
from analysis.publishing.pdf import prepare_fonts
from analysis.publishing.phrases import phrases

prepare_pages()
prepare_fonts()
prepare_folders()
for language in checked_tables():
    words(language)
    phrases(language)
typeface("regular")
typeface("semibold")

"""The areas of a study."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.definitions import parse_rows, read_rows
from analysis.study_definitions.rows import AreaEntry


def own_areas(path: Path) -> pd.DataFrame:
    """The areas of ``areas.csv`` by code, for a study without a region."""
    models = parse_rows(AreaEntry, read_rows(path))
    return pd.DataFrame(
        {
            "name": [model.name for model in models],
            "genitive": [model.genitive or model.name for model in models],
            "locative": [model.locative or model.name for model in models],
            "slug": [model.slug or model.code for model in models],
            "region": "",
        },
        index=pd.Index([model.code for model in models], name="code"),
    )

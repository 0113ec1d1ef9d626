"""Issues about rows of a survey frame, told by the file and row that they came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Issue, Severity
from analysis.sources.columns import rows_in_words

Mask = NDArray[np.bool_]


@dataclass
class Findings:
    """Collects issues; ``places`` has for each row of the frame file, sheet and row."""

    places: pd.DataFrame
    issues: list[Issue] = field(default_factory=list)

    def add(self, what: str, severity: Severity, **details: Any) -> None:
        """An issue about the whole sample."""
        place = {"file": self._only_file(), **details}
        self.issues.append(Issue(what, severity, **place))

    def add_rows(self, what: str, severity: Severity, where: Mask, **details: Any) -> None:
        """An issue about the marked rows, one for each file that has some; none if none has."""
        found = self.places[where]
        for _, rows in found.groupby(["file", "sheet"], dropna=False, sort=False):
            numbers, sheet = rows["row"].to_numpy(), rows["sheet"].iloc[0]
            place = {
                "file": str(rows["file"].iloc[0]),
                "sheet": None if pd.isna(sheet) else str(sheet),
                "row": int(numbers[0]),
            }
            message = f"{what} ({rows_in_words(numbers)})"
            self.issues.append(Issue(message, severity, **{**place, **details}))

    def _only_file(self) -> str | None:
        files = self.places["file"].unique()
        return str(files[0]) if len(files) == 1 else None

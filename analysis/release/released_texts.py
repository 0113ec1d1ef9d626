"""Texts that came through the gate: all of them that reports may see."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import WorkbenchError
from analysis.study import Study

RELEASED_TEXTS_FILE = "released_texts.json"


@dataclass(frozen=True)
class Quotation:
    """A text that may be published.

    Parameters
    ----------
    id, question, sample, area
        What it is, what was asked, of whom, the place it is quoted under.
    text
        By language; a language without a translation is absent.
    n, n_at_least
        How many answered the question there, or at least so many.
    group
        Variable → code of what may be told of the person.
    role, date
        Who approved it and when (ISO 8601).
    data_origin
        ``observed`` or ``modelled``.
    """

    id: str
    question: str
    sample: str
    area: str
    text: Mapping[str, str]
    n: int
    n_at_least: bool
    group: Mapping[str, str]
    role: str
    date: str
    data_origin: str


def read_released_texts(study: Study) -> list[Quotation]:
    """The texts that may be published; none where nothing was approved."""
    path = study.processed / RELEASED_TEXTS_FILE
    return [Quotation(**record) for record in read_records(path)]


def read_records(path: Path) -> list[dict[str, Any]]:
    """The records of a file of texts; none where there is no file."""
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        raise WorkbenchError(
            "this file of results cannot be read", file=path, hint="run needs run again"
        ) from None

"""Fixtures that several test modules share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
SHARED = PROJECT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with open data and reference numbers that may lie beside the project."""
    if not SHARED.is_dir():
        message = "needs the open data beside the project (../shared), which is absent here"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return SHARED

"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analysis.workspace import Workspace

if TYPE_CHECKING:
    from analysis.study import Study

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


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium on this machine."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        message = "no chromium found: the browser tests were not run"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return path


@pytest.fixture(scope="session")
def zlin() -> Study:
    """The study that ships with the project."""
    from analysis.study import open_study

    return open_study("zlin-2010", Workspace(PROJECT))

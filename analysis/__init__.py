"""The analytical workbench for needs analysis and evaluation.

``open_study`` opens a study with its released results; ``Design`` is the statistical core on
any table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.estimation.design import Design
    from analysis.presentation.study_results import StudyResults

__all__ = ["Design", "open_study"]


def open_study(study: str, language: str | None = None, sample: str | None = None) -> StudyResults:
    """A study with its released results.

    Parameters
    ----------
    study
        Its id or its folder.
    language
        The study's default language when not given.
    sample
        The sample asked about; the first of the study when not given.

    Raises
    ------
    WorkbenchError
        If there is no such study, or its definitions cannot be used.
    """
    from analysis.presentation.study_results import StudyResults

    return StudyResults(study, language, sample)


def __getattr__(name: str) -> Any:
    if name == "Design":
        from analysis.estimation.design import Design

        return Design
    raise AttributeError(f"module 'analysis' has no attribute {name!r}")

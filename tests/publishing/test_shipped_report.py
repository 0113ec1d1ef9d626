"""Reports of the shipped study, as they are published: PDF/UA, accessibility, no requests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import page as validation
import pytest

from analysis.presentation.report import open_report
from analysis.publishing.content import Content, report_content
from analysis.publishing.html import render_html
from analysis.publishing.pdf import render_pdf
from tests.publishing.browsing import inspect

if TYPE_CHECKING:
    from analysis.study import Study

#: Each kind; of the first the smallest area, a large one, and another language.
REPORTS = (
    ("awareness", "7201", "cs"),
    ("awareness", "7213", "en"),
    ("needs", "7209", "cs"),
    ("regional_summary", "CZ072", "cs"),
    ("target_groups", "CZ072", "cs"),
)


@pytest.fixture(scope="module", params=REPORTS, ids=" ".join)
def content(request: pytest.FixtureRequest, zlin: Study) -> Content:
    if not (zlin.processed / "released.parquet").exists():
        message = "the shipped study has not been run: make data"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    kind, area, language = request.param
    report = open_report(kind, zlin.id, area, language, workspace=zlin.workspace)
    return report_content(report.blocks())


def test_the_pdf_passes_ua_and_archive_profiles(content: Content) -> None:
    pdf = render_pdf(content)
    for profile in (
        validation.ValidationProfile.PDF_UA_1,
        validation.ValidationProfile.PDF_A_2A,
    ):
        assert validation.validate_pdf_bytes(pdf, profile=profile).is_compliant


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 320])
def test_a_browser_finds_nothing_wrong(
    content: Content, tmp_path: Path, chromium: str, width: int
) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_html(content), encoding="utf-8")
    seen = inspect(path, chromium, width)
    assert seen.violations == []
    assert seen.requests == []
    assert seen.scroll_width <= width


def test_modelled_data_are_marked_everywhere(content: Content) -> None:
    assert content.document.watermark
    assert content.document.watermark in render_html(content)
    charts = [chart.block for chart in content.charts]
    modelled = [chart for chart in charts if chart.data_origin == "modelled"]
    assert len(modelled) >= 8
    assert all("model" in chart.alt.lower() for chart in modelled)
    # What is not modelled is the population of the territory tables.
    profiles = sum("profile" in chart.anchor or "pyramid" in chart.anchor for chart in charts)
    assert len(charts) - len(modelled) <= max(profiles, 1)

from __future__ import annotations

from itertools import pairwise

import pytest

from analysis.presentation import theme


def test_contrast_of_black_and_white_is_the_largest() -> None:
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert theme.contrast("#777777", "#777777") == pytest.approx(1.0)
    # A worked value of WCAG: mid red on white.
    assert theme.contrast("#ff0000", "#ffffff") == pytest.approx(3.998, abs=0.001)


@pytest.mark.parametrize("colour", [theme.INK, theme.BLUE, theme.ACCENT, theme.GREY])
def test_colours_of_text_are_read_on_paper(colour: str) -> None:
    assert theme.contrast(colour, theme.PAPER) >= 4.5


@pytest.mark.parametrize("colour", [theme.BLUE_MIDDLE, theme.GREY_MIDDLE])
def test_colours_of_marks_are_seen_on_paper(colour: str) -> None:
    assert theme.contrast(colour, theme.PAPER) >= 3.0


def test_classes_of_a_map_darken_step_by_step_in_a_grey_print() -> None:
    for lighter, darker in pairwise(theme.SEQUENCE):
        assert theme.contrast(lighter, darker) >= 1.25
        assert theme.luminance(lighter) > theme.luminance(darker)


def test_series_drawn_together_differ_in_lightness() -> None:
    together = (
        (theme.BLUE, theme.BLUE_LIGHT),
        (theme.BLUE, theme.GREY_MIDDLE),
        (theme.BLUE, theme.ACCENT),
        (theme.BLUE_MIDDLE, theme.ACCENT),
    )
    for one, other in together:
        assert theme.contrast(one, other) >= 1.5


@pytest.mark.parametrize("background", [*theme.SEQUENCE, *theme.DIVERGING])
def test_labels_are_read_on_every_fill(background: str) -> None:
    assert theme.contrast(theme.text_on(background), background) >= 4.0


def test_all_font_files_are_there_and_of_one_family() -> None:
    from fontTools.ttLib import TTFont

    for path in theme.font_files():
        names = TTFont(path, lazy=True)["name"]
        assert names.getBestFamilyName() == theme.FAMILY


def test_matplotlib_knows_the_family_after_the_style_was_asked_for() -> None:
    from matplotlib import font_manager

    style = theme.matplotlib_style()
    assert style["font.family"] == theme.FAMILY
    found = font_manager.findfont(theme.FAMILY, fallback_to_default=False)
    assert "SourceSansPro" in found

"""The look of everything that is shown: one type family, few colours, sizes for A4.

The colours are few and differ in lightness, so that they survive a grey print and colour
blindness; a test holds the contrasts. Writers and charts take their values from here.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

from analysis.errors import WorkbenchError

FAMILY: Final = "Source Sans Pro"
_FONT_PACKAGE: Final = "font_source_sans_pro"

Weight = Literal["regular", "semibold", "bold", "italic", "semibold-italic", "bold-italic"]
_FILES: Final[dict[str, str]] = {
    "regular": "SourceSansPro-Regular.ttf",
    "semibold": "SourceSansPro-Semibold.ttf",
    "bold": "SourceSansPro-Bold.ttf",
    "italic": "SourceSansPro-It.ttf",
    "semibold-italic": "SourceSansPro-SemiboldIt.ttf",
    "bold-italic": "SourceSansPro-BoldIt.ttf",
}

# --- colours --------------------------------------------------------------------------------

INK: Final = "#1b2430"
BLUE: Final = "#1f4e79"
BLUE_MIDDLE: Final = "#6c95be"
BLUE_LIGHT: Final = "#c9d9e9"
ACCENT: Final = "#b8500f"
ACCENT_LIGHT: Final = "#edbf9d"
GREY: Final = "#59636e"
GREY_MIDDLE: Final = "#8b95a0"
GREY_LIGHT: Final = "#d7dce1"
PAPER: Final = "#ffffff"

#: Classes of a map, light to dark.
SEQUENCE: Final = ("#e8eff6", "#bdd2e6", "#86abd0", "#4a7cab", "#1f4e79")
#: Answers from agreement to disagreement, for stacked bars with up to five answers.
DIVERGING: Final = ("#1f4e79", "#6c95be", "#e4e7ea", "#edbf9d", "#b8500f")

# --- sizes ----------------------------------------------------------------------------------

#: Millimetres.
TEXT_WIDTH: Final = 150.0
TEXT_HEIGHT: Final = 240.0

#: Points: body text of reports, text of charts, small print of charts.
BODY_SIZE: Final = 10.5
CHART_SIZE: Final = 8.2
CHART_SMALL: Final = 7.2

POINT: Final = 25.4 / 72
"""One typographic point in millimetres."""


def font_folder() -> Path:
    """The folder of the type family's files, for writers that take font paths.

    Raises
    ------
    WorkbenchError
        If the package with the family is not installed.
    """
    spec = find_spec(_FONT_PACKAGE)
    if spec is None or spec.origin is None:
        raise WorkbenchError(
            "the type family of the reports is not installed",
            expected=f"the package {_FONT_PACKAGE.replace('_', '-')}",
            hint="install the locked environment: make env",
        )
    return Path(spec.origin).parent / "files"


def font_file(weight: Weight = "regular") -> Path:
    """The TrueType file of one weight."""
    return font_folder() / _FILES[weight]


def font_files() -> tuple[Path, ...]:
    """The TrueType files of all weights in use."""
    return tuple(font_folder() / name for name in _FILES.values())


def luminance(colour: str) -> float:
    """The relative luminance of ``#rrggbb``, 0 black to 1 white (WCAG 2.2)."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def text_on(background: str) -> str:
    """The colour of text that is best read on a background."""
    return max((PAPER, INK), key=lambda colour: contrast(colour, background))


def matplotlib_style() -> dict[str, Any]:
    """Register the family with matplotlib; the settings that give its figures this look.

    For figures an analyst draws in a notebook: ``matplotlib.rcParams.update(...)``. The
    charts of reports do not go through matplotlib.
    """
    from matplotlib import font_manager

    for path in font_files():
        font_manager.fontManager.addfont(str(path))
    return {
        "font.family": FAMILY,
        "font.size": CHART_SIZE,
        "axes.edgecolor": GREY_MIDDLE,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.color": INK,
        "xtick.color": GREY,
        "ytick.color": INK,
        "grid.color": GREY_LIGHT,
        "svg.fonttype": "path",
        "svg.hashsalt": "needs",
    }

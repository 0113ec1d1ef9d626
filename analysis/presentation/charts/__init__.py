"""Charts of released rows, each with an alternative text that states its finding.

What is not released is neither drawn nor mentioned; its row carries the sign of release
instead. Scales are the same in all areas of a study.

=================================  ===========================================================
``marks scales``                   what can be drawn, and on which scale
``frame``                          rows of marks on one scale, drawn
``alternatives parts``             alternative texts; what all forms share
``ranked compared groups``         categories; places; groups of people
``channels stack``                 pairs of dots; answers as stacked bars
``matrix labelling``               points in four quadrants; labels that cover nothing
``multiples``                      a small chart for each area
=================================  ===========================================================
"""

from analysis.presentation.charts.alternatives import (
    ALT_LONGEST,
    alt_of_extremes,
    fitting_alt,
    own_value,
    qualified,
)
from analysis.presentation.charts.channels import channels
from analysis.presentation.charts.compared import areas, differences, dots
from analysis.presentation.charts.frame import draw_tag
from analysis.presentation.charts.groups import breakdown, groups_compare
from analysis.presentation.charts.matrix import matrix
from analysis.presentation.charts.multiples import small_multiples
from analysis.presentation.charts.ranked import ranked_bars
from analysis.presentation.charts.scales import PERCENT, difference_scale, scale_for
from analysis.presentation.charts.stack import stack

__all__ = [
    "ALT_LONGEST",
    "PERCENT",
    "alt_of_extremes",
    "areas",
    "breakdown",
    "channels",
    "difference_scale",
    "differences",
    "dots",
    "draw_tag",
    "fitting_alt",
    "groups_compare",
    "matrix",
    "own_value",
    "qualified",
    "ranked_bars",
    "scale_for",
    "small_multiples",
    "stack",
]

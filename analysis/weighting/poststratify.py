"""Post-stratification: one margin, joint or simple, met in one step.

Source: D. Holt, T. M. F. Smith, Journal of the Royal Statistical Society A 142 (1979), 33–46.
R: ``postStratify``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.weighting.raking import Raked, checked_base
from analysis.weighting.targets import Codes, Floats, MarginTarget, check_targets


def post_stratify(
    base: Floats,
    target: MarginTarget,
    area: Codes | None = None,
    areas: Sequence[str] = ("",),
) -> Raked:
    """Weights proportional to ``base`` within every level of one margin.

    Raises
    ------
    WorkbenchError
        If a level has a total but no respondent, or respondents but no total.
    """
    base = checked_base(base)
    area = np.zeros(len(base), dtype=np.intp) if area is None else area
    check_targets([target], area, base, areas)
    sums = target.sums(area, base)
    factors = np.divide(target.totals, sums, out=np.ones_like(sums), where=sums > 0)
    weights = base * factors[area, target.codes]
    return Raked(weights, 1, float(target.misses(area, weights).max()))

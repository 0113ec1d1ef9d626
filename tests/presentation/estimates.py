"""Single released rows for tests."""

from __future__ import annotations

import math
from typing import Any

from analysis.presentation.rows import Estimate

_PLAIN: dict[str, Any] = {
    "sample": "inhabitants", "indicator": "AW08", "category": "", "level": "area",
    "area": "7212", "breakdown": "", "group": "", "comparison": "", "statistic": "share",
    "estimate": 0.62, "standard_error": 0.03, "ci_low": 0.56, "ci_high": 0.68,
    "interval_method": "logit", "confidence": 0.95, "n": 398.0, "n_effective": 280.0,
    "p_adjusted": math.nan, "base_label": "", "source_kind": "survey", "data_origin": "observed",
    "reference_date": "2011-10-28", "release": "ok", "row_id": "0" * 12,
}  # fmt: skip


def estimate(**changed: Any) -> Estimate:
    """A row that is shown, with some of its fields changed."""
    return Estimate(**{**_PLAIN, **changed})

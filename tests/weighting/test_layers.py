"""Margins of areas and of the region above them, met together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.weighting import rake_in_layers


def _frame() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "area": np.repeat(["a", "b"], [60, 90]),
            "sex": rng.choice(["m", "f"], 150),
            "net": rng.choice(["yes", "no"], 150, p=[0.8, 0.2]),
        }
    )


MARGINS = pd.DataFrame(
    [
        ("sex", "m", 300, "a"), ("sex", "f", 340, "a"),
        ("sex", "m", 900, "b"), ("sex", "f", 960, "b"),
        ("net", "yes", 1700, None), ("net", "no", 800, None),
    ],
    columns=["var", "level", "total", "area"],
)  # fmt: skip


def test_both_layers_hold_at_once() -> None:
    frame = _frame()
    raked, model = rake_in_layers(frame, MARGINS, "area")
    weights = pd.Series(raked.weights)
    sums = weights.groupby([frame["area"], frame["sex"]]).sum()
    assert sums[("a", "m")] == pytest.approx(300) and sums[("b", "f")] == pytest.approx(960)
    assert weights.groupby(frame["net"]).sum()["no"] == pytest.approx(800)
    assert len(np.unique(model.groups)) == 1 and len(model.margins) == 2


def test_layers_of_unequal_size_are_refused() -> None:
    wrong = MARGINS.assign(total=MARGINS["total"].where(MARGINS["level"] != "no", 900))
    with pytest.raises(WorkbenchError, match="cannot be met") as caught:
        rake_in_layers(_frame(), wrong, "area")
    assert "net has another total than sex" in str(caught.value)
    with pytest.raises(WorkbenchError, match="two layers"):
        rake_in_layers(_frame(), MARGINS[MARGINS["area"].notna()], "area")

"""The same weights and errors from other programs: svy and python-icarus.

They are not dependencies. Where one is installed (`pip install svy python-icarus`), its test
runs; elsewhere it is passed over.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.estimation import Design
from analysis.weighting import weight_table

LEVELS = {"sex": ["m", "f"], "age": ["1", "2", "3"], "size": ["s", "l"]}


def _survey() -> tuple[pd.DataFrame, pd.DataFrame]:
    """600 respondents in clusters and strata, and margins that some weights meet."""
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({name: rng.choice(levels, 600) for name, levels in LEVELS.items()})
    frame = frame.assign(
        stratum=np.repeat(["a", "b"], 300),
        cluster=np.repeat(np.arange(60), 10),
        w0=rng.uniform(5, 15, 600),
        y=rng.normal(20, 5, 600),
    )
    hidden = rng.uniform(5, 15, 600)
    rows = [
        {"var": name, "level": level, "total": hidden[(frame[name] == level).to_numpy()].sum()}
        for name, levels in LEVELS.items()
        for level in levels
    ]
    return frame, pd.DataFrame(rows)


def _totals(margins: pd.DataFrame) -> dict[str, dict[str, float]]:
    return {
        str(name): dict(zip(own["level"], own["total"], strict=True))
        for name, own in margins.groupby("var", sort=False)
    }


@pytest.mark.parametrize(("method", "bounds"), [("raking", None), ("logit", (0.4, 2.5))])
def test_icarus_calibrates_to_the_same_weights(
    method: str, bounds: tuple[float, float] | None
) -> None:
    """Its linear method does not end where margins share their total, as these do."""
    pycarus = pytest.importorskip("pycarus")
    frame, margins = _survey()
    ours = weight_table(frame, margins, method, base="w0", bounds=bounds)  # type: ignore[arg-type]
    theirs, _ = pycarus.calibrate(
        frame[["w0", *LEVELS]], _totals(margins), method=method, initial_weights_column="w0",
        population_total=float(margins["total"][:2].sum()), tolerance=1e-6,
        bounds=bounds, verbose=False,
    )  # fmt: skip
    # It stops at 10⁻⁶ of the totals, and with less it does not end.
    np.testing.assert_allclose(ours.weights, theirs, rtol=1e-4)


def test_svy_rakes_to_the_same_weights() -> None:
    svy = pytest.importorskip("svy")
    polars = pytest.importorskip("polars")
    frame, margins = _survey()
    sample = svy.Sample(polars.from_pandas(frame), svy.Design(wgt="w0"))
    raked = sample.weighting.rake(controls=_totals(margins), tol=1e-11, max_iter=1000)
    ours = weight_table(frame, margins, "rake", base="w0").weights.to_numpy()
    np.testing.assert_allclose(ours, raked.data["rk_wgt"].to_numpy(), rtol=1e-8)


def test_svy_estimates_the_same_errors() -> None:
    svy = pytest.importorskip("svy")
    polars = pytest.importorskip("polars")
    frame, _ = _survey()
    sample = svy.Sample(
        polars.from_pandas(frame), svy.Design(wgt="w0", psu="cluster", stratum="stratum")
    )
    theirs = sample.estimation.mean("y", by="sex").to_polars().to_pandas().set_index("sex")
    design = Design(frame, "w0", strata="stratum", clusters="cluster")
    ours = design.mean("y", by="sex").set_index("sex").loc[theirs.index]
    np.testing.assert_allclose(ours["estimate"], theirs["est"].astype(float), rtol=1e-10)
    np.testing.assert_allclose(ours["se"], theirs["se"].astype(float), rtol=1e-10)

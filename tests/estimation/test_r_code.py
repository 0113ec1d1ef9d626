"""A design written as R code gives the same numbers there."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import WorkbenchError
from analysis.estimation import Design


def _frame() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    return pd.DataFrame(
        {
            "region": np.repeat(["n", "s"], 60),
            "school": np.arange(120) // 6,
            "sex": rng.choice(["m", "f"], 120),
            "age": rng.choice(["1", "2", "3"], 120),
            "y": rng.normal(10, 3, 120),
            "w0": rng.uniform(8, 12, 120),
        }
    )


MARGINS = pd.DataFrame(
    {
        "var": ["sex", "sex", "age", "age", "age"],
        "level": ["m", "f", "1", "2", "3"],
        "total": [600.0, 640, 400, 440, 400],
    }
)


def _designs() -> dict[str, Design]:
    plain = Design(_frame(), "w0", strata="region", clusters="school")
    return {
        "plain": plain,
        "raked": replace(plain.rake(MARGINS), variance="r-rake"),
        "post-stratified": plain.post_stratify(MARGINS[MARGINS["var"] == "sex"]),
        "calibrated": replace(plain.calibrate(MARGINS), variance="r-calibrate"),
    }


@pytest.mark.parametrize("name", list(_designs()))
def test_r_gives_the_same_numbers(name: str, tmp_path: Path) -> None:
    if (
        shutil.which("Rscript") is None
        or subprocess.run(
            ["Rscript", "-e", "library(survey)"], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("R with the package survey is not installed")
    design = _designs()[name]
    code = design.to_r(tmp_path / "data.csv", write=True)
    asked = (
        "m <- svymean(~y, design); t <- svytotal(~y, design);"
        'cat(sprintf("%.15g ", c(coef(m), SE(m), coef(t), SE(t))))'
    )
    script = tmp_path / "design.R"
    script.write_text(code + asked, encoding="utf-8")
    done = subprocess.run(["Rscript", str(script)], capture_output=True, text=True, check=True)
    theirs = [float(number) for number in done.stdout.split()]
    mean, total = design.mean("y").iloc[0], design.total("y").iloc[0]
    ours = [mean["estimate"], mean["se"], total["estimate"], total["se"]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-7)


def test_the_code_says_what_the_design_is() -> None:
    frame = _frame().assign(n=40)
    design = Design(frame, strata="region", clusters="school", fpc="n", lonely_psu="adjust")
    code = design.to_r()
    assert "id = ~`school`, strata = ~`region`" in code and "fpc = ~`n`" in code
    assert 'survey.lonely.psu = "adjust"' in code and "nest = TRUE" in code


def test_what_r_does_not_have_is_refused() -> None:
    raked = _designs()["raked"]
    with pytest.raises(WorkbenchError, match="R has no rule"):
        replace(raked, variance="calibrated-corrected").to_r()

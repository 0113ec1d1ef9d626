"""Makes the invented survey of this folder: ``python make_survey.py``.

Five areas, 40 to 160 persons each, drawn in small groups; margins that raking can meet.
Everything is invented. numpy's PCG64 with a fixed seed gives the same file everywhere.
"""

from pathlib import Path

import numpy as np
import pandas as pd

AREAS = {
    "A": (40, 9_000),
    "B": (80, 21_000),
    "C": (120, 30_500),
    "D": (160, 64_000),
    "E": (100, 17_500),
}
AGES = ["15-34", "35-54", "55-74", "75+"]
EDUCATION = ["basic", "middle", "high"]


def survey(rng: np.random.Generator) -> pd.DataFrame:
    area = np.repeat(list(AREAS), [n for n, _ in AREAS.values()])
    n = len(area)
    order = np.arange(n)
    sex = np.where(rng.random(n) < 0.57, "f", "m")
    age = rng.choice(4, n, p=[0.2, 0.3, 0.35, 0.15])
    education = rng.choice(3, n, p=[0.2, 0.5, 0.3])
    push = 0.5 * (age - 1.5) - 0.4 * (education - 1) + 0.3 * (sex == "f")
    group = 0.4 * np.repeat(rng.standard_normal(n // 4), 4)
    frame = pd.DataFrame(
        {
            "id": order + 1,
            "area": area,
            "psu": order // 4 + 1,
            "w0": np.round(np.exp(0.2 * rng.standard_normal(n)), 4),
            "sex": sex,
            "age": np.array(AGES)[age],
            "education": np.array(EDUCATION)[education],
            "knows": (rng.random(n) < 1 / (1 + np.exp(-0.3 - push - group))).astype(int),
            "used": (rng.random(n) < 1 / (1 + np.exp(2.2 - push - group))).astype(int),
            "rare": (rng.random(n) < 0.012).astype(int),
            "minutes": np.round(np.exp(2.5 + 0.3 * group + 0.5 * rng.standard_normal(n)), 1),
        }
    )
    frame.loc[rng.random(n) < 0.06, "minutes"] = np.nan
    return frame


def margins() -> pd.DataFrame:
    rows = []
    shares = {
        "sex": {"f": 0.52, "m": 0.48},
        "age": dict(zip(AGES, [0.28, 0.33, 0.28, 0.11], strict=True)),
        "education": dict(zip(EDUCATION, [0.3, 0.5, 0.2], strict=True)),
    }
    for place, (area, (_, total)) in enumerate(AREAS.items()):
        for name, levels in shares.items():
            tilt = np.array(
                [share * (1 + 0.04 * place * (-1) ** i) for i, share in enumerate(levels.values())]
            )
            counts = np.round(total * tilt / tilt.sum())
            counts[-1] += total - counts.sum()
            rows += [
                (area, name, level, count) for level, count in zip(levels, counts, strict=True)
            ]
    return pd.DataFrame(rows, columns=["area", "var", "level", "total"])


if __name__ == "__main__":
    folder = Path(__file__).parent
    survey(np.random.default_rng(20240229)).to_csv(folder / "survey.csv", index=False)
    margins().to_csv(folder / "margins.csv", index=False)

"""Numbers that R computed, the designs they belong to, and how ours are compared with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.estimation import Design

#: Agreement of estimates and errors, relative to R's number.
TOLERANCE = 1e-8
#: Below this part of the estimate an error is noise: calibration fixes the number.
FLOOR = 1e-8


@dataclass
class Comparison:
    """Numbers compared so far, those that agree, and the worst of those that do not."""

    compared: int = 0
    agreed: int = 0
    failures: list[str] | None = None

    def add(
        self,
        name: str,
        ours: object,
        theirs: object,
        tolerance: float = TOLERANCE,
        floor: object = 0.0,
    ) -> None:
        """Compare numbers one by one; where R has none, ours are not looked at."""
        mine, reference = (
            np.atleast_1d(np.asarray(ours, float)),
            np.atleast_1d(np.asarray(theirs, float)),
        )
        assert mine.shape == reference.shape, name
        known = ~np.isnan(reference)
        allowed = tolerance * np.abs(reference) + np.asarray(floor, float)
        close = np.abs(mine - reference) <= np.broadcast_to(allowed, mine.shape)
        self.compared += int(known.sum())
        self.agreed += int((close & known).sum())
        if (~close & known).any():
            places = np.flatnonzero(~close & known)[:3]
            self.failures = [
                *(self.failures or []),
                *(f"{name}[{i}]: {mine[i]!r} against {reference[i]!r}" for i in places),
            ]

    def check(self, least: int) -> None:
        """All agree, and there were as many as expected."""
        print(f"compared {self.compared}, agreed {self.agreed}")
        assert not self.failures, "\n".join(self.failures[:20])
        assert self.agreed == self.compared >= least


def read(folder: Path, name: str) -> pd.DataFrame:
    """A long file of numbers; blank is NaN, text stays text."""
    return pd.read_csv(
        folder / name, keep_default_na=False, na_values={"value": [""]}, low_memory=False
    )


class ApiReference:
    """The api data with the designs of ``designs.csv``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cache  # noqa: B019 - one object per test session
    def data(self, name: str) -> pd.DataFrame:
        return pd.read_csv(
            self.folder / "data" / f"{name}.csv", keep_default_na=False, na_values=[""]
        )

    @cache  # noqa: B019
    def design(self, name: str) -> Design:
        if name in _PLAIN:
            table, details = _PLAIN[name]
            return Design(self.data(table), **details)
        base, change = _ADJUSTED[name]
        return change(self.design(base), self.margins)

    def margins(self, *names: str) -> pd.DataFrame:
        """Margins of ``population_totals.csv`` in the columns var, level, total."""
        totals = pd.read_csv(self.folder / "data" / "population_totals.csv", keep_default_na=False)
        totals["var"] = totals["var"].str.replace(":", "*")
        totals["level"] = totals["level"].str.replace(":", "*")
        return pd.concat([totals[totals["var"] == name] for name in names], ignore_index=True)

    def weights(self, name: str) -> np.ndarray:
        table = pd.read_csv(self.folder / f"weights_{name.split('_')[0]}.csv")
        return table[name].to_numpy()


Margins = Callable[..., pd.DataFrame]


def _rule(design: Design, rule: str) -> Design:
    return replace(design, variance=rule)


_PLAIN: dict[str, tuple[str, dict[str, object]]] = {
    "srs": ("apisrs", {"fpc": "fpc"}),
    "srs_nofpc": ("apisrs", {"weights": "pw"}),
    "strat": ("apistrat", {"strata": "stype", "weights": "pw", "fpc": "fpc"}),
    "strat_nofpc": ("apistrat", {"strata": "stype", "weights": "pw"}),
    "clus1": ("apiclus1", {"clusters": "dnum", "weights": "pw", "fpc": "fpc"}),
    "clus1_nofpc": ("apiclus1", {"clusters": "dnum", "weights": "pw"}),
    "clus2": ("apiclus2", {"clusters": ["dnum", "snum"], "fpc": ["fpc1", "fpc2"]}),
    "clus2_wr": ("apiclus2", {"clusters": "dnum", "weights": "pw"}),
}


def _raked(*names: str) -> Callable[[Design, Margins], Design]:
    return lambda design, margins: _rule(design.rake(margins(*names)), "r-rake")


def _stratified(name: str) -> Callable[[Design, Margins], Design]:
    return lambda design, margins: design.post_stratify(margins(name))


def _calibrated(*names: str, **details: object) -> Callable[[Design, Margins], Design]:
    return lambda design, margins: _rule(
        design.calibrate(margins(*names), **details), "r-calibrate"
    )


_ADJUSTED: dict[str, tuple[str, Callable[[Design, Margins], Design]]] = {
    "clus1_ps": ("clus1", _stratified("stype")),
    "strat_ps2way": ("strat", _stratified("stype*awards")),
    "clus1_rake": ("clus1", _raked("stype", "sch.wide")),
    "clus1_rake3": ("clus1", _raked("stype", "sch.wide", "awards")),
    "srs_rake3": ("srs", _raked("stype", "sch.wide", "awards")),
    "clus1_cal_lin": ("clus1", _calibrated("stype", "api99")),
    "clus1_cal_lin_nointercept_api99": ("clus1", _calibrated("stype")),
    "strat_cal_lin": ("strat", _calibrated("stype", "api99")),
    "clus1_cal_raking": ("clus1", _calibrated("stype", "api99", method="raking")),
    "strat_cal_raking": ("strat", _calibrated("stype", "api99", method="raking")),
    "clus1_cal_logit": (
        "clus1",
        _calibrated("stype", "api99", method="logit", bounds=(0.5, 2.5)),
    ),
    "strat_cal_logit": (
        "strat",
        _calibrated("stype", "api99", method="logit", bounds=(0.7, 1.4)),
    ),
    "strat_cal_linbnd": (
        "strat",
        _calibrated("stype", "api99", method="truncated", bounds=(0.9, 1.1)),
    ),
    "srs_cal_linbnd": (
        "srs",
        _calibrated("stype", "sch.wide", "awards", method="truncated", bounds=(0.6, 1.5)),
    ),
    "srs_cal_logit": (
        "srs",
        _calibrated("stype", "sch.wide", "awards", method="logit", bounds=(0.7, 1.5)),
    ),
    "clus1_cal_agg": ("clus1", _calibrated("stype", "api99", clusters="dnum")),
    "clus2_cal_lin": ("clus2", _calibrated("stype", "api99")),
    "strat_ratio_reg": ("strat", _calibrated("api99", model_variance="api99")),
}

#: Designs of the reference whose variance is not compared, with the reason.
NOT_COMPARED = {
    "clus1_rake_default": "R stops raking at its loose default; the weights are not raked yet",
    "clus1_rake_trim": "weights trimmed after raking: R's rule mixes both sets of weights",
    "clus1_rake_trimstrict": "weights trimmed after raking: R's rule mixes both sets of weights",
}
DESIGNS = [*_PLAIN, *_ADJUSTED]


def cells(reference: pd.DataFrame, **chosen: str) -> Iterator[tuple[tuple[str, str], pd.Series]]:
    """The statistics of each domain and term of some rows of a long file."""
    for column, value in chosen.items():
        reference = reference[reference[column] == value]
    wide = reference.pivot_table(index=["domain", "term"], columns="stat", values="value")
    yield from wide.iterrows()

"""How the respondents were selected, as the variance of a total sees it.

With ``z`` a variable and ``w`` its weights, the estimated variance of ``Σ w z`` is a sum of
squares of totals,

    V = Σ over terms Σ over units of the term  c_u (Σ of w z over the unit)².

A stratum h with n_h of N_h sampling units contributes its units with c = a_h and itself with
c = −a_h / n_h, where a_h = (1 − n_h/N_h) n_h / (n_h − 1): that is
a_h Σ_u (t_u − mean t)². A further stage repeats this within the units of the one before,
a_h then multiplied by their sampling fractions. Source: W. G. Cochran, Sampling Techniques,
3rd ed. (1977), sections 5.4 and 11.8. R: ``svydesign``, ``svyrecvar``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Issue, WorkbenchError

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]
LonelyPsu = Literal["fail", "remove", "adjust", "average", "certainty"]


@dataclass(frozen=True)
class Term:
    """Units and the coefficient of the square of each unit's total.

    ``units`` gives each respondent's unit; None where every respondent is one.
    """

    units: Codes | None
    coefficients: Floats


@dataclass(frozen=True)
class LonelyInDomains:
    """What variances in domains need, where strata with one unit in a domain count as lonely.

    Parameters
    ----------
    rule
        ``adjust`` or ``average``; the other rules do the same as without.
    units
        Sampled units of each stratum of the first stage.
    scale
        By how much ``average`` has enlarged the strata of the sample.
    """

    rule: LonelyPsu
    units: Floats
    scale: float


@dataclass(frozen=True)
class Sampling:
    """The variance of a total as sums of squares, and the units of the first stage.

    Parameters
    ----------
    terms
        See the module.
    strata
        Each respondent's stratum of the first stage.
    units
        Each respondent's primary sampling unit.
    lonely
        How strata with one unit in a domain are treated; None where they are not lonely.
        The first two terms are the units and the strata of the first stage.
    """

    terms: tuple[Term, ...]
    strata: Codes
    units: Codes
    lonely: LonelyInDomains | None = None


def sampling(
    respondents: int,
    strata: Any = None,
    clusters: Sequence[Any] = (),
    populations: Sequence[Any] = (),
    lonely_psu: LonelyPsu = "fail",
    lonely_in_domains: bool = False,
) -> Sampling:
    """The sampling of some respondents.

    Parameters
    ----------
    respondents
        How many.
    strata
        Each respondent's stratum; one stratum when not given.
    clusters
        Each respondent's sampling unit at every stage, the first stage first; none when
        respondents were drawn themselves. Units of a stage may repeat their names within
        other units of the stage before.
    populations
        For every stage the number of units in the population of the respondent's stratum
        (at later stages of the unit before), for the finite population correction; a
        fraction below 1 is a sampling fraction. None means sampling with replacement.
    lonely_psu
        What to do with a stratum of one sampled unit: refuse it (``fail``), leave it out
        (``remove``), take it to be drawn with certainty (``certainty``), compare its unit
        with the mean of all units (``adjust``), or give it the average variance of the others
        (``average``). R: ``options(survey.lonely.psu)``.
    lonely_in_domains
        Whether in a domain a stratum with one unit there is lonely too, under the rules
        ``adjust`` and ``average``, and the average is over the strata of the domain. Not for
        calibrated weights, whose residuals reach beyond the domain.
        R: ``options(survey.adjust.domain.lonely)``.

    Raises
    ------
    WorkbenchError
        If a stratum has one unit and ``lonely_psu`` is ``fail``: lists the strata.
    """
    first, *later = _stages(respondents, strata, clusters, populations)
    share = np.ones(respondents)
    terms = _stage_terms(first, share, lonely_psu, strata)
    for before, stage in zip([first, *later], later, strict=False):
        share = share * before.fraction[before.strata]
        # Later stages hold strata of one unit as a matter of course where all was taken.
        terms.extend(_stage_terms(stage, share, "remove", None))
    lonely = None
    if lonely_in_domains and lonely_psu in ("adjust", "average"):
        lonely = LonelyInDomains(lonely_psu, first.n, _average_scale(first, lonely_psu))
    return Sampling(tuple(terms), first.strata, first.units, lonely)


def selection_weights(
    respondents: int,
    strata: Any = None,
    clusters: Sequence[Any] = (),
    populations: Sequence[Any] = (),
) -> Floats:
    """Inverse selection probabilities, from the sampling fractions of all stages.

    Parameters
    ----------
    respondents, strata, clusters, populations
        As in :func:`sampling`; ``populations`` for every stage.
    """
    weights = np.ones(respondents)
    for stage in _stages(respondents, strata, clusters, populations):
        weights = weights / stage.fraction[stage.strata]
    return weights


def first_fractions(
    respondents: int,
    strata: Any = None,
    clusters: Sequence[Any] = (),
    populations: Sequence[Any] = (),
) -> Floats:
    """Each respondent's sampling fraction at the first stage; 0 with replacement."""
    first = _stages(respondents, strata, clusters, populations)[0]
    return first.fraction[first.strata]


@dataclass(frozen=True)
class _Stage:
    """One stage: each row's stratum and unit, and by stratum units sampled and their fraction.

    The fraction is 0 where units were drawn with replacement.
    """

    strata: Codes
    units: Codes
    n: Floats
    fraction: Floats


def _stages(
    respondents: int, strata: Any, clusters: Sequence[Any], populations: Sequence[Any]
) -> list[_Stage]:
    """The stages that the variance sees: those after a stage without fractions are not."""
    stages = []
    own = _codes(strata, respondents, "stratum")
    for place in range(max(1, len(clusters))):
        units = _nested(own, clusters, place, respondents)
        _, first = np.unique(units, return_index=True)
        n = np.bincount(own[first], minlength=own.max(initial=-1) + 1).astype(float)
        population = populations[place] if place < len(populations) else None
        stages.append(_Stage(own, units, n, _fractions(own, n, population)))
        if population is None:
            break
        own = units
    return stages


def _fractions(strata: Codes, n: Floats, population: Any) -> Floats:
    if population is None:
        return np.zeros_like(n)
    size = np.asarray(population, dtype=float)
    total = np.ones_like(n)
    total[strata] = size
    if not np.array_equal(size, total[strata]):
        raise WorkbenchError(
            "the population of a stratum differs from row to row",
            column="fpc",
            expected="one number for all rows of a stratum",
        )
    fraction = np.where(total < 1, total, n / np.where(total > 0, total, np.nan))
    if np.isnan(fraction).any() or (fraction > 1 + 1e-9).any():
        raise WorkbenchError(
            "a stratum has more sampled units than its population",
            column="fpc",
            expected="the number of units in the population of the stratum, or a fraction",
        )
    return np.minimum(fraction, 1.0)


def _stage_terms(stage: _Stage, share: Floats, lonely_psu: LonelyPsu, names: Any) -> list[Term]:
    """The squares of a stage's units and strata; ``share`` is what earlier stages leave of it."""
    lonely = _lonely(stage)
    if lonely.any() and lonely_psu == "fail":
        raise _lonely_error(lonely, stage.strata, names)
    scale = (1 - stage.fraction) * np.where(stage.n > 1, stage.n / np.maximum(stage.n - 1, 1), 1)
    centred = 1 / np.maximum(stage.n, 1)
    if lonely_psu == "adjust":
        centred = np.where(lonely, 0.0, centred)
    if lonely_psu == "average":
        scale = scale * np.where(lonely, 0.0, _average_scale(stage, lonely_psu))
    of_stratum = np.zeros_like(scale)
    of_stratum[stage.strata] = share
    scale = scale * of_stratum
    count = stage.units.max(initial=-1) + 1
    unit_scale = np.zeros(count)
    unit_scale[stage.units] = scale[stage.strata]
    units = None if count == len(stage.units) else stage.units
    terms = [Term(units, unit_scale), Term(stage.strata, -scale * centred)]
    if lonely_psu == "adjust" and lonely.any():
        terms.extend(_adjusting_terms(stage, lonely, scale, count))
    return terms


def _lonely(stage: _Stage) -> NDArray[np.bool_]:
    return (stage.n == 1) & (stage.fraction < 1 - 1e-7)


def _average_scale(stage: _Stage, lonely_psu: LonelyPsu) -> float:
    """All strata for each that is not lonely."""
    others = (~_lonely(stage)).sum()
    return len(stage.n) / others if lonely_psu == "average" and others else 1.0


def _adjusting_terms(
    stage: _Stage, lonely: NDArray[np.bool_], scale: Floats, units: int
) -> list[Term]:
    """What turns Σ t² of lonely units into Σ (t − m)², m being the mean of all units' totals.

    With T the total of all, L that of the l lonely units and M that of the others,
    −2mL + lm² = (l/n² − 1/n) T² − L²/n + M²/n where m = T/n; so these are squares too.
    """
    terms = []
    everyone = np.zeros(len(stage.strata), dtype=np.intp)
    for factor in np.unique(scale[lonely]):
        chosen = lonely & (scale == factor)
        of_all = factor * (chosen.sum() / units**2 - 1 / units)
        terms.append(Term(everyone, np.array([of_all])))
        sides = chosen[stage.strata].astype(np.intp)
        terms.append(Term(sides, factor * np.array([1.0, -1.0]) / units))
    return terms


def _lonely_error(lonely: NDArray[np.bool_], strata: Codes, names: Any) -> WorkbenchError:
    places = np.flatnonzero(lonely)
    shown = places if names is None else [np.asarray(names)[strata == place][0] for place in places]
    return WorkbenchError(
        f"{len(places)} strata have only one sampling unit, so their variance is not known",
        issues=[Issue(f"stratum {name} has one sampling unit") for name in list(shown)[:20]],
        hint="merge strata, or choose one of: remove, adjust, average, certainty (lonely_psu)",
    )


def _codes(values: Any, respondents: int, what: str) -> Codes:
    if values is None:
        return np.zeros(respondents, dtype=np.intp)
    codes = pd.factorize(np.asarray(values), sort=True)[0]
    if (codes < 0).any():
        raise WorkbenchError(
            f"{(codes < 0).sum()} rows have no {what}", expected=f"a {what} in every row"
        )
    return codes.astype(np.intp)


def _nested(strata: Codes, clusters: Sequence[Any], stage: int, respondents: int) -> Codes:
    """Sampling units of a stage, told apart within the strata of that stage."""
    if stage >= len(clusters):
        return np.arange(respondents)
    own = _codes(clusters[stage], respondents, "cluster")
    key = strata * (own.max(initial=0) + 1) + own
    units = np.unique(key, return_inverse=True)[1].astype(np.intp)
    if len(units) == units.max(initial=-1) + 1:
        return np.arange(respondents)
    return units

"""How many people the next survey has to ask, and where.

Sources: W. G. Cochran, Sampling Techniques, 3rd ed. (1977), chapters 4 and 5; compromise
allocation: M. D. Bankier, American Statistician 42 (1988), 174–177, and L. Kish, JRSS B 50
(1988), 1–22.
"""

from __future__ import annotations

from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize, stats

from analysis.errors import WorkbenchError

Floats = NDArray[np.float64]
Allocation = Literal["equal", "proportional", "square-root", "kish"]

ALLOCATIONS: Final = get_args(Allocation)

#: The power of the population that an allocation follows.
_POWERS: Final = {"equal": 0.0, "square-root": 0.5, "proportional": 1.0}


def sample_size(
    half_width: Any,
    population: Any = np.inf,
    *,
    share: float = 0.5,
    deff: float = 1.0,
    confidence: float = 0.95,
    response_rate: float = 1.0,
) -> NDArray[np.int64]:
    """Interviews (or addresses, with a response rate) for an interval of a wanted width.

    Parameters
    ----------
    half_width
        The wanted half of the interval, as a share (0.05 is five percentage points).
    population
        People in the population; without it the population is large.
    share
        The share expected; a half, where nothing is known, needs the most.
    deff
        Design effect of weights and clusters.
    response_rate
        How many of those addressed answer.

    Raises
    ------
    WorkbenchError
        If a number cannot be what it stands for.
    """
    wanted = np.asarray(half_width, dtype=float)
    size = np.asarray(population, dtype=float)
    _check(wanted, share, deff, response_rate)
    z = stats.norm.ppf((1 + confidence) / 2)
    simple = deff * z**2 * share * (1 - share) / wanted**2
    finite = simple / (1 + (simple - 1) / size)
    needed = np.ceil(np.minimum(finite, size) - 1e-9)
    return np.asarray(np.ceil(needed / response_rate - 1e-9), dtype=np.int64)


def half_width(
    n: Any,
    population: Any = np.inf,
    *,
    share: float = 0.5,
    deff: float = 1.0,
    confidence: float = 0.95,
) -> Floats:
    """Half of the interval of a share that n interviews give."""
    size, count = np.asarray(population, dtype=float), np.asarray(n, dtype=float)
    z = stats.norm.ppf((1 + confidence) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.where(np.isinf(size), 1.0, (size - count) / (size - 1))
        found = z * np.sqrt(deff * share * (1 - share) / count * np.clip(left, 0, 1))
    return np.where(count > 0, found, np.nan)


def allocate(
    n: int, population: Any, how: Allocation | float = "square-root", least: int = 0
) -> NDArray[np.int64]:
    """Interviews shared out among areas.

    Parameters
    ----------
    n
        Interviews in all.
    population
        People of each area.
    how
        ``equal`` (every area known as well as any other), ``proportional`` (the region known
        as well as can be), ``square-root`` or any power between 0 and 1 (a compromise), or
        ``kish`` (the mean of squares of equal and proportional).
    least
        Interviews that every area gets.

    Returns
    -------
    array of int
        Sums to n; no area gets more than its population.

    Raises
    ------
    WorkbenchError
        If there are not so many people, or not so many interviews for the least of each.
    """
    size = np.asarray(population, dtype=float)
    if n > size.sum() or n < least * len(size):
        raise WorkbenchError(
            "the interviews cannot be shared out so",
            got=f"{n} interviews, {int(size.sum())} people, at least {least} in each area",
        )
    wish = _wish(size, how)
    low, high = np.minimum(least, size), size
    # The multiple of the wishes that, kept within bounds, comes to n.
    factor = float(
        optimize.brentq(
            lambda f: np.clip(f * wish, low, high).sum() - n, 0.0, 1 + float((high / wish).max())
        )
    )
    return _rounded(np.clip(factor * wish, low, high), high, n)


def plan(
    areas: pd.DataFrame,
    *,
    n: int | None = None,
    area_half_width: float | None = None,
    region_half_width: float | None = None,
    how: Allocation | float = "square-root",
    share: float = 0.5,
    deff: float = 1.0,
    confidence: float = 0.95,
    response_rate: float = 1.0,
) -> pd.DataFrame:
    """Interviews of each area and what they will tell.

    Parameters
    ----------
    areas
        Columns ``area`` and ``population``.
    n
        Interviews in all; without it the fewest that keep the wanted widths.
    area_half_width, region_half_width
        Wanted in every area, and in the region; for finding n.
    how, share, deff, confidence, response_rate
        As in :func:`allocate` and :func:`sample_size`.

    Returns
    -------
    DataFrame
        One row for each area and a last one, named ``""``, for the region: ``area``,
        ``population``, ``interviews``, ``addresses``, ``half_width``, ``deff`` (of the region:
        with what unequal allocation costs).

    Raises
    ------
    WorkbenchError
        If neither n nor a width is given, or a column is lacking.
    """
    lacking = {"area", "population"} - set(areas)
    if lacking:
        raise WorkbenchError("the table of areas lacks a column", expected=", ".join(lacking))
    size = areas["population"].to_numpy(dtype=float)
    details = {"share": share, "deff": deff, "confidence": confidence}
    if n is None:
        n = _fewest(size, area_half_width, region_half_width, how, details)
    interviews = allocate(n, size, how)
    own = half_width(interviews, size, **details)
    region = _region_half_width(interviews, size, own)
    kish = float(n * (size**2 / interviews).sum() / size.sum() ** 2)
    table = pd.DataFrame(
        {
            "area": [*areas["area"].astype("str"), ""],
            "population": np.append(size, size.sum()).astype(np.int64),
            "interviews": np.append(interviews, n),
            "half_width": np.append(own, region),
            "deff": np.append(np.full(len(size), deff), deff * kish),
        }
    )
    addresses = np.ceil(table["interviews"] / response_rate - 1e-9).astype(np.int64)
    table.insert(3, "addresses", addresses)
    return table


def detectable_difference(
    n_first: float,
    n_second: float,
    *,
    share: float = 0.5,
    deff: float = 1.0,
    confidence: float = 0.95,
    power: float = 0.8,
    overlap_correlation: float = 0.0,
) -> float:
    """The change between two waves (or difference of two areas) that will most likely be seen.

    Parameters
    ----------
    n_first, n_second
        Interviews of either.
    power
        The probability of finding a difference of this size.
    overlap_correlation
        Correlation of the two estimates, where some people are asked twice.
    """
    variances = [deff * share * (1 - share) / n for n in (n_first, n_second)]
    covariance = overlap_correlation * np.sqrt(variances[0] * variances[1])
    z = stats.norm.ppf((1 + confidence) / 2) + stats.norm.ppf(power)
    return float(z * np.sqrt(sum(variances) - 2 * covariance))


# --- inside -------------------------------------------------------------------------------


def _check(half: Floats, share: float, deff: float, response_rate: float) -> None:
    for what, good in (
        ("half_width is between 0 and 1", bool(((half > 0) & (half < 1)).all())),
        ("share is between 0 and 1", 0 < share < 1),
        ("deff is positive", deff > 0),
        ("response_rate is above 0 and at most 1", 0 < response_rate <= 1),
    ):
        if not good:
            raise WorkbenchError("a sample cannot be planned so", expected=what)


def _wish(size: Floats, how: Allocation | float) -> Floats:
    if how == "kish":
        parts = size / size.sum()
        return np.asarray(np.sqrt(parts**2 + 1 / len(size) ** 2))
    power = _POWERS.get(str(how)) if isinstance(how, str) else float(how)
    if power is None or not 0 <= power <= 1:
        raise WorkbenchError(
            f"there is no allocation {how}",
            expected=", ".join(ALLOCATIONS) + " or a power between 0 and 1",
        )
    return np.asarray(size**power)


def _rounded(wanted: Floats, high: Floats, n: int) -> NDArray[np.int64]:
    """Whole numbers that sum to n, the largest remainders rounded up."""
    whole = np.floor(wanted + 1e-9).astype(np.int64)
    left = n - int(whole.sum())
    order = np.argsort(-(wanted - whole), kind="stable")
    order = order[whole[order] < high[order]]
    whole[order[:left]] += 1
    return whole


def _region_half_width(n: NDArray[np.int64], size: Floats, own: Floats) -> float:
    weight = size / size.sum()
    return float(np.sqrt((weight**2 * own**2).sum()))


def _fewest(
    size: Floats,
    area_half_width: float | None,
    region_half_width: float | None,
    how: Allocation | float,
    details: dict[str, float],
) -> int:
    if area_half_width is None and region_half_width is None:
        raise WorkbenchError(
            "nothing says how precise the survey is to be",
            expected="n, area_half_width or region_half_width",
        )

    def enough(n: int) -> bool:
        own = half_width(allocate(n, size, how), size, **details)
        areas = area_half_width is None or bool((own <= area_half_width + 1e-12).all())
        region = _region_half_width(allocate(n, size, how), size, own)
        return areas and (region_half_width is None or region <= region_half_width + 1e-12)

    low, high = len(size) - 1, int(size.sum())
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high

"""Weights of those who answered, raised for those who did not.

By classes: everybody of a class is taken to answer as often as any other, so the answers of a
class stand for all of it. By propensity: a logistic regression says how likely each was to
answer; either its inverse is the factor, or people of similar propensity are a class. Both
need to know something of those who did not answer: the frame, the address, the interviewer's notes.
Sources: R. J. A. Little, International Statistical Review 54 (1986), 139–157;
P. R. Rosenbaum, D. B. Rubin, Biometrika 70 (1983), 41–55.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import Issue, WorkbenchError
from analysis.weighting.generalised_linear import FAMILY_OF, fit

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
PropensityUse = Literal["classes", "inverse"]


@dataclass(frozen=True)
class Responding:
    """Weights after non-response.

    Parameters
    ----------
    weights
        One per row, 0 for those who did not answer; they sum to what all weights summed to.
    factors
        What each weight was multiplied by.
    classes
        One row per class: ``class``, ``asked``, ``answered``, ``response_rate`` (weighted),
        ``factor``; none where propensities were used as they are.
    """

    weights: Floats
    factors: Floats
    classes: pd.DataFrame


def adjust_by_classes(weights: Any, answered: Any, classes: Any, least: int = 1) -> Responding:
    """Spread the weights of those who did not answer over the others of their class.

    Parameters
    ----------
    weights
        Of all who were asked.
    answered
        Who answered, true or false.
    classes
        The class of each; missing is a class of its own.
    least
        Fewest answers that a class must have.

    Raises
    ------
    WorkbenchError
        If a class has fewer answers: names it.
    """
    base, said = _checked(weights, answered)
    names = pd.Series(classes).astype("object").reset_index(drop=True)
    names = names.where(names.notna(), "").astype("str")
    table = (
        pd.DataFrame({"class": names, "base": base, "said": said, "kept": base * said})
        .groupby("class", sort=True)
        .agg(
            asked=("said", "size"),
            answered=("said", "sum"),
            base=("base", "sum"),
            kept=("kept", "sum"),
        )
        .reset_index()
    )
    thin = table[table["answered"] < max(least, 1)]
    if len(thin):
        raise WorkbenchError(
            "a class has too few answers to stand for all of it",
            issues=[
                Issue(
                    f"class {row['class'] or '(missing)'}: {row['answered']} of {row['asked']}",
                    expected=f"at least {max(least, 1)} answers",
                    hint="merge it with another class",
                )
                for row in thin.to_dict("records")
            ],
        )
    table["response_rate"] = table["kept"] / table["base"]
    table["factor"] = table["base"] / table["kept"]
    factor = names.map(table.set_index("class")["factor"]).to_numpy(dtype=float)
    columns = ["class", "asked", "answered", "response_rate", "factor"]
    return Responding(base * said * factor, factor * said, table[columns])


def adjust_by_propensity(
    weights: Any,
    answered: Any,
    covariates: pd.DataFrame,
    use: PropensityUse = "classes",
    groups: int = 5,
    least: int = 1,
) -> Responding:
    """Adjust by how likely everybody was to answer, given what is known of all.

    Parameters
    ----------
    weights, answered
        As in :func:`adjust_by_classes`.
    covariates
        Numbers and categories, known of everybody.
    use
        ``classes`` of similar propensity (less at the mercy of the model), or ``inverse``.
    groups
        How many classes, of equal weight.
    least
        Fewest answers of a class.

    Raises
    ------
    WorkbenchError
        If a covariate is missing somewhere, the regression does not converge, or a class has
        too few answers.
    """
    base, said = _checked(weights, answered)
    if covariates.isna().to_numpy().any():
        raise WorkbenchError(
            "a covariate of the response is not known of everybody",
            got=", ".join(map(str, covariates.columns[covariates.isna().any()])),
            hint="make missing a category of its own",
        )
    dummies = pd.get_dummies(covariates.reset_index(drop=True), drop_first=True, dtype=float)
    x = np.column_stack([np.ones(len(base)), dummies.to_numpy(dtype=float)])
    _, propensity = fit(FAMILY_OF["binomial"], x, said.astype(float), base / base.mean())
    if use == "inverse":
        raised = base * said / propensity
        factor = said / propensity * base.sum() / raised.sum()
        return Responding(base * factor, factor, pd.DataFrame())
    order = np.argsort(propensity, kind="stable")
    part = np.empty(len(base))
    part[order] = (np.cumsum(base[order]) - base[order] / 2) / base.sum()
    return adjust_by_classes(base, said, np.floor(part * groups).astype(int) + 1, least)


def _checked(weights: Any, answered: Any) -> tuple[Floats, Booleans]:
    base = np.asarray(weights, dtype=float)
    said = np.asarray(answered)
    if base.shape != said.shape:
        raise WorkbenchError(
            "there are not as many weights as people asked",
            expected=str(said.size),
            got=str(base.size),
        )
    if not np.isfinite(base).all() or (base < 0).any():
        raise WorkbenchError("a weight is not a number of people", expected="0 or more")
    if pd.isna(said).any() or not np.isin(said, (0, 1)).all():
        raise WorkbenchError("whether somebody answered is not known", expected="true or false")
    return base, said.astype(bool)

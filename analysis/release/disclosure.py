"""Disclosure: which unweighted counts of people may not be known.

Two things can be secret. What few people *answered*: the yes-count of a row that uses a
sensitive question. And who few people *are*: the base of a group whose membership is
sensitive in itself.
"""

from __future__ import annotations

import numpy as np

from analysis.release.rules import DisclosureRules
from analysis.release.tables import Booleans, Floats, Stratum


def secret_counts(stratum: Stratum, rules: DisclosureRules) -> Booleans:
    """Where the yes-count is a secret (tables × cells).

    "Yes" is the sensitive side. A small count of "no" becomes a secret only by the rule
    ``hide_complement``; where the "no" is published as a category of its own and is
    sensitive, it is a yes-count of that row. Everybody (100 %) and nobody (0 %) follow
    ``hide_everybody`` and ``hide_nobody``. Of a sum over few people (a mean) the base
    counts.
    """
    yes, no = stratum.count, stratum.n - stratum.count
    counted = stratum.shares[:, None]
    secret = small(yes, rules)
    if rules.hide_complement:
        secret |= counted & small(no, rules)
    if rules.hide_everybody:
        secret |= counted & (no == 0) & (yes > 0)
    if rules.hide_nobody:
        secret |= counted & (yes == 0) & (no > 0)
    return secret & stratum.sensitive


def secret_bases(stratum: Stratum, sensitive: Booleans, rules: DisclosureRules) -> Booleans:
    """Where the unweighted base is a secret, among the cells where it can be one."""
    return sensitive & small(stratum.n, rules)


def small(count: Floats, rules: DisclosureRules) -> Booleans:
    """Which counts are small enough to be a secret."""
    with np.errstate(invalid="ignore"):
        return np.asarray((count >= rules.smallest) & (count <= rules.largest))

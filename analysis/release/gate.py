"""The gate: every number that leaves the workbench passes here, once for the whole study.

:func:`release` takes the confidential table of estimates and returns rows that may be seen:
imprecise and disclosive numbers blanked, the rest rounded as it is printed, and an audit of
what the rows give away together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import WorkbenchError
from analysis.estimates import RELEASED_COLUMNS
from analysis.release.audit import BLANK, DISCLOSURE_STATES, Audit, Memory, audit
from analysis.release.complementary import Pattern, pattern, reinforce, suppress
from analysis.release.knowledge import Knowledge, knowledge
from analysis.release.network import Network, Shown, network_of
from analysis.release.precision import INSUFFICIENT, LOW, Minimum, precision_of
from analysis.release.rules import Rounding, RuleSet, rule_set
from analysis.release.sizes import sizes_of
from analysis.release.structure import Declared, Identity, guarded_tables, structure_of
from analysis.release.tables import (
    STRATUM,
    Booleans,
    Stratum,
    comparison_sides,
    is_derived,
    strata,
)

PRIMARY, COMPLEMENTARY = DISCLOSURE_STATES
#: The one state of released rows that are hidden for disclosure. Whether a number is a
#: secret itself or hides another must not be seen: "primary" would say that it is small.
HIDDEN = PRIMARY
Guarded = tuple[str, str, str]
#: How often an audit may send rows back to be protected better.
ROUNDS = 25


@dataclass(frozen=True)
class Released:
    """What came through the gate.

    Parameters
    ----------
    rows
        The rows that may leave, with the columns of
        :data:`analysis.estimates.RELEASED_COLUMNS`; row order as in the estimates.
    estimates
        The table of estimates at full precision with ``release`` and ``precision`` set,
        primary and complementary suppression told apart. Confidential.
    report
        What to print of the release stage: rule set, rows by state, the audit's result.
    audit
        The audit with the place of each secret. Confidential.
    guarded
        Sample, indicator and category of what is sensitive or tied to something sensitive:
        more about it may only be made from rows that are shown.
    """

    rows: pd.DataFrame
    estimates: pd.DataFrame
    report: dict[str, Any]
    audit: Audit
    guarded: frozenset[Guarded] = frozenset()


def release(
    estimates: pd.DataFrame,
    *,
    rule_set: str | RuleSet = "default",
    sensitive_breakdowns: Collection[str] = (),
    exhaustive_indicators: Collection[str] = (),
    minimum_n: Minimum = None,
    minimum_n_comparison: Minimum = None,
    weight_ranges: Mapping[str, Mapping[str, tuple[float, float]]] | None = None,
    sensitive_bases: Collection[str | tuple[str, str]] = (),
    derived_from: Mapping[str, Collection[str]] | None = None,
    identities: Sequence[Identity] = (),
) -> Released:
    """Decide what of a study may be seen.

    Parameters
    ----------
    estimates
        All estimates of the study (:mod:`analysis.estimates`), every sample and wave, for
        what is hidden in one table may be worked out from another.
    rule_set
        Name of a rule set, or the rule set.
    sensitive_breakdowns
        Breakdowns whose membership itself is the secret.
    exhaustive_indicators
        Indicators whose categories add up to the base (single choice). Others that do so in
        every cell are found in the data.
    minimum_n, minimum_n_comparison
        Smallest unweighted base, one for all or by indicator; else the rule set's.
    weight_ranges
        For each sample: area → (smallest, largest weight), as published. Without it the
        mean weights of all cells, which lie closer together, are used.
    sensitive_bases
        Indicators, or pairs of indicator and category, whose base is chosen by a sensitive
        answer, so that its size is one more count of that answer.
    derived_from
        For each indicator computed from others (differences, comparisons of another
        indicator): which. A sensitive derived indicator without an entry is hidden.
    identities
        Sums between indicators that a reader knows.

    Returns
    -------
    Released

    Raises
    ------
    WorkbenchError
        If the rule set is unknown, a row stands twice, or the audit still finds a number
        that can be worked out (nothing is released then).
    """
    rules = _rules(rule_set)
    declared = Declared(
        sensitive_breakdowns=frozenset(sensitive_breakdowns),
        sensitive_bases=frozenset(sensitive_bases),
        exhaustive=frozenset(exhaustive_indicators),
        identities=tuple(identities),
        sources=dict(derived_from or {}),
        weight_ranges=weight_ranges or {},
    )
    table = estimates.reset_index(drop=True)
    precision = precision_of(
        table,
        rules.precision,
        minimum_n=minimum_n,
        minimum_n_comparison=minimum_n_comparison,
        sources=declared.sources,
    )
    return _Gate(table, declared, rules, precision).pass_through()


def _rules(named: str | RuleSet) -> RuleSet:
    return rule_set(named) if isinstance(named, str) else named


class _Gate:
    """One passage of a study through the release stage."""

    def __init__(
        self,
        estimates: pd.DataFrame,
        declared: Declared,
        rules: RuleSet,
        precision: pd.Series,
    ) -> None:
        self.estimates, self.declared, self.rules = estimates, declared, rules
        self.sizes = sizes_of(estimates, declared.sources)
        self.precision = self.sizes.follow(precision)
        self.strata = strata(estimates, declared.sources)
        self.structures = [structure_of(stratum, declared) for stratum in self.strata]
        self.derived = is_derived(estimates, declared.sources)
        self.memory: Memory = {}
        self.sides = comparison_sides(estimates, declared.sources)

    def pass_through(self) -> Released:
        """Suppress, audit, and protect better what the audit found, until it finds nothing."""
        width = self.rules.disclosure.protection_width
        networks = self._networks()
        hidden = [suppress(network, width) for network in networks]
        for _ in range(ROUNDS):
            decided = self._decide(list(map(pattern, networks, hidden)))
            rows = self._rows(decided)
            found = audit(self.estimates, rows, self.declared, self.rules, self.memory)
            if found.clean:
                report = self._report(rows, found)
                return Released(rows, decided, report, found, frozenset(self._guarded()))
            before, hidden = (
                hidden,
                [
                    reinforce(network, width, numbers, found.keys())
                    for network, numbers in zip(networks, hidden, strict=True)
                ],
            )
            if before == hidden:
                break
        raise WorkbenchError(
            "the release stage could not protect every sensitive number",
            expected="no number that can be worked out from others",
            got=f"{len(found.recoverable)} such numbers",
            hint="leave out a breakdown or a category of the indicators with sensitive questions",
        )

    def _guarded(self) -> Iterator[Guarded]:
        for stratum, structure in zip(self.strata, self.structures, strict=True):
            for number in guarded_tables(stratum, structure):
                table = stratum.tables[number]
                yield stratum.key[-1], table.indicator, table.category

    # -- suppression

    def _networks(self) -> list[Network]:
        shown = self._shown_values()
        return [
            network_of(
                stratum,
                structure,
                self.declared.sensitive_breakdowns,
                self._shown(stratum, shown),
                self.rules,
            )
            for stratum, structure in zip(self.strata, self.structures, strict=True)
        ]

    def _shown_values(self) -> Knowledge:
        """What each row would say if nothing were hidden for disclosure."""
        return knowledge(
            rounded(self.estimates, self.rules.rounding),
            self.estimates["estimate"].to_numpy(dtype=float),
            self.estimates["n"].to_numpy(dtype=float),
            self.rules.rounding,
        )

    def _shown(self, stratum: Stratum, said: Knowledge) -> Shown:
        publishable = self.precision.isin([LOW, "reliable"]).to_numpy()
        base = stratum.base
        share = np.divide(stratum.total, base, out=np.full_like(base, np.nan), where=base > 0)
        return Shown(
            publishable=np.asarray(stratum.spread(publishable, False), dtype=bool),
            low=np.asarray(stratum.spread(self.precision.eq(LOW).to_numpy(), False), dtype=bool),
            below=np.asarray(stratum.spread(said.value_low, np.nan), dtype=float) - share,
            above=np.asarray(stratum.spread(said.value_high, np.nan), dtype=float) - share,
        )

    # -- states

    def _decide(self, patterns: Sequence[Pattern]) -> pd.DataFrame:
        """The estimates with the release state and the precision of each row."""
        primary = self._marked(patterns, "primary")
        complementary = self._marked(patterns, "complementary")
        bases = self._marked(patterns, "bases")
        followers = self._followers(primary | complementary)
        insufficient = self.precision.eq(INSUFFICIENT).to_numpy()
        count, n = self.estimates["count"].to_numpy(), self.estimates["n"].to_numpy()
        value = self.estimates["estimate"].notna().to_numpy()
        states = {
            "missing": ~value & ~insufficient,
            PRIMARY: primary & (bases | ~insufficient),
            COMPLEMENTARY: (complementary | followers) & (bases | ~insufficient),
            "not_applicable": n == 0,
            "suppressed_precision": insufficient,
            "low_precision": self.precision.eq(LOW).to_numpy(),
            "true_zero": count == 0,
        }
        given = self.estimates["release"].isin(["not_applicable", "missing"])
        state = pd.Series(
            np.select(list(states.values()), list(states), "ok"),
            index=self.estimates.index,
            dtype="str",
        ).where(~given, self.estimates["release"])
        return self.estimates.assign(release=state, precision=self.precision)

    def _marked(self, patterns: Sequence[Pattern], kind: str) -> Booleans:
        marked = np.zeros(len(self.estimates), dtype=bool)
        for found in patterns:
            marked[sorted(getattr(found, kind))] = True
        return marked

    def _followers(self, hidden: Booleans) -> Booleans:
        """Derived rows that would give away what is hidden."""
        area, region = self.sides
        compared = ((area >= 0) & hidden[area]) | ((region >= 0) & hidden[region])
        return compared | self.sizes.hidden(hidden) | self._derived_followers(hidden)

    def _derived_followers(self, hidden: Booleans) -> Booleans:
        """Rows computed from an indicator that is hidden in the same place.

        A comparison whose two sides are rows of the table follows these alone.
        """
        place = [*STRATUM, "level", "area", "breakdown", "group"]
        concealed = set(
            self.estimates.loc[hidden, [*place, "indicator"]].itertuples(index=False, name=None)
        )
        area, region = self.sides
        derived = self.derived & ~((area >= 0) & (region >= 0))
        derived[self.sizes.rows] = False
        rows = self.estimates.loc[derived]
        follows = np.zeros(len(self.estimates), dtype=bool)
        follows[derived] = [
            any((*values[:-1], source) in concealed for source in self._sources(values[-1]))
            for values in rows[[*place, "indicator"]].itertuples(index=False, name=None)
        ]
        return follows | self._unnamed()

    def _sources(self, indicator: str) -> Collection[str]:
        return self.declared.sources.get(indicator, (indicator,))

    def _unnamed(self) -> Booleans:
        """Sensitive derived indicators whose sources nobody named."""
        own = self.estimates["comparison"].ne("") & ~self.estimates["statistic"].eq("comparison")
        named = self.estimates["indicator"].isin(list(self.declared.sources))
        unnamed = self.derived & self.estimates["sensitive"] & ~named & ~own
        return unnamed.to_numpy(dtype=bool)

    # -- rows that leave

    def _rows(self, decided: pd.DataFrame) -> pd.DataFrame:
        shares = rounded(decided, self.rules.rounding)
        rows = self.sizes.rounded(decided, shares, self.rules.rounding)[RELEASED_COLUMNS].copy()
        disclosure = rows["release"].isin(DISCLOSURE_STATES)
        suppressed = disclosure | rows["release"].eq("suppressed_precision")
        rows.loc[suppressed, list(BLANK)] = np.nan
        # The method of an interval tells 0 % and 100 % from the rest, a note may as well.
        rows.loc[suppressed, ["interval_method", "notes"]] = ""
        rows.loc[disclosure, "n"] = np.nan
        rows.loc[disclosure, "precision"] = ""
        rows.loc[disclosure, "release"] = HIDDEN
        return rows

    def _report(self, rows: pd.DataFrame, found: Audit) -> dict[str, Any]:
        counts = rows["release"].value_counts().sort_index()
        hidden = rows["release"].isin(DISCLOSURE_STATES)
        unnamed = sorted(self.estimates.loc[self._unnamed(), "indicator"].unique())
        return {
            "rule_set": self.rules.name,
            "source": self.rules.source,
            "rows": len(rows),
            "counts": {str(state): int(count) for state, count in counts.items()},
            "audit": {"cells_hidden": int(hidden.sum()), **found.summary()},
            "derived_without_sources": [str(indicator) for indicator in unnamed],
        }


def rounded(estimates: pd.DataFrame, rounding: Rounding) -> pd.DataFrame:
    """The numbers of a table rounded as they are printed.

    Means and their errors go to ``rounding.mean``, everything else that is a share or a
    difference to ``rounding.share``.
    """
    mean = estimates["statistic"].eq("mean").to_numpy()
    step = np.where(mean, rounding.mean, rounding.share)
    steps: dict[str, Any] = dict.fromkeys(["estimate", "standard_error", "ci_low", "ci_high"], step)
    steps |= {
        "n": float(rounding.n),
        "n_effective": float(rounding.n_effective),
        "deff": rounding.deff,
        "p_value": rounding.p_value,
        "p_adjusted": rounding.p_value,
        "df": 1.0,
    }
    return estimates.assign(
        **{name: _to_step(estimates[name].to_numpy(dtype=float), to) for name, to in steps.items()}
    )


def _to_step(values: np.ndarray, step: Any) -> np.ndarray:
    """Multiples of the step, without the noise of binary fractions."""
    return np.round(np.round(values / step) * step, 9)

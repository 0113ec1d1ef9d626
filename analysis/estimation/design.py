"""A survey design: a table, its weights, and how its rows were selected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.estimation.domains import Domains
from analysis.estimation.estimator import (
    Estimator,
    Kind,
    domain_estimates,
    labelled_rows,
    mixed_interval,
)
from analysis.estimation.generalised_regression import Model, regress
from analysis.estimation.independence import independence
from analysis.estimation.intervals import IntervalMethod, Uncertainty, interval
from analysis.estimation.quantiles import QuantileInterval, QuantileRule, quantiles
from analysis.estimation.r_code import r_code, write_for_r
from analysis.estimation.replicate_weights import (
    ReplicateKind,
    given,
    readjusted,
    replicate_weights,
)
from analysis.estimation.replicates import ReplicateDesign, replicated
from analysis.estimation.residuals import VarianceRule
from analysis.estimation.sampling import LonelyPsu, first_fractions, selection_weights
from analysis.estimation.totals import TotalEstimates, ratio_estimates, total_estimates
from analysis.weighting.calibration_model import CalibrationModel
from analysis.weighting.diagnostics import Diagnostics
from analysis.weighting.generalised_linear import FamilyName
from analysis.weighting.sample import Weighted
from analysis.weighting.table import Method, level_texts, weight_table

Floats = NDArray[np.float64]
Names = str | Sequence[str]

#: The columns of an estimate behind those of ``by``.
MEASURES: Final = ["estimate", "se", "ci_low", "ci_high", "df", "n", "n_effective", "deff"]


@dataclass(frozen=True, eq=False)
class Adjustment:
    """How weights were adjusted, so that it can be done again."""

    margins: pd.DataFrame
    method: Method
    details: Mapping[str, Any]

    def applied(self, frame: pd.DataFrame, base: Floats) -> Weighted:
        """The adjustment of some base weights."""
        return weight_table(frame, self.margins, self.method, base=base, **self.details)

    @property
    def has_short_form(self) -> bool:
        """Whether many sets of weights can be adjusted at once."""
        special = [self.details.get(name) for name in ("trim", "clusters")]
        known = self.method in ("post-stratify", "rake", "linear")
        return known and all(one is None for one in special)

    def again(self, frame: pd.DataFrame) -> Callable[[Floats], Floats]:
        """The adjustment of base weights of which some are 0."""
        return partial(_adjusted_again, self, frame)


def _adjusted_again(adjustment: Adjustment, frame: pd.DataFrame, base: Floats) -> Floats:
    used = base > 0
    found = np.zeros(len(base))
    found[used] = adjustment.applied(frame[used].reset_index(drop=True), base[used]).weights
    return found


@dataclass(frozen=True, eq=False)
class Design:
    """A table of respondents with its weights and selection; every change is a new design.

    Parameters
    ----------
    frame
        One row per respondent.
    weights
        The column of weights, or the weights; from ``fpc`` when not given, 1 without.
    strata
        The column of strata.
    clusters
        The columns of sampling units, the first stage first.
    fpc
        For every stage the column with the number of units in the population of the stratum
        (or the sampling fraction); without it sampling is with replacement.
    lonely_psu
        What to do with a stratum of one unit; see :func:`analysis.estimation.sampling.sampling`.
    lonely_in_domains
        Whether in a domain a stratum with one unit there is lonely too.
        R: ``options(survey.adjust.domain.lonely)``.
    variance
        The rule of the variance of calibrated weights; see
        :mod:`analysis.estimation.residuals`.
    calibration, diagnostics, adjustment
        What the weights meet and how they were made; set by :meth:`rake` and its kin.

    Notes
    -----
    R: ``svydesign(id = ~clusters, strata = ~strata, weights = ~weights, fpc = ~fpc)``.
    """

    frame: pd.DataFrame
    weights: str | Floats | pd.Series | None = None
    strata: str | None = None
    clusters: Names | None = None
    fpc: Names | None = None
    lonely_psu: LonelyPsu = "fail"
    lonely_in_domains: bool = False
    variance: VarianceRule = "calibrated"
    calibration: CalibrationModel | None = None
    diagnostics: Diagnostics | None = None
    adjustment: Adjustment | None = None

    # --- weights ----------------------------------------------------------------------------

    @cached_property
    def weight_values(self) -> Floats:
        """The weights, one per row."""
        if self.weights is None:
            if self.fpc is None:
                return np.ones(len(self.frame))
            return selection_weights(
                len(self.frame), self._strata, self._clusters, self._populations
            )
        if isinstance(self.weights, str):
            return self._numbers([self.weights])[:, 0]
        return np.asarray(self.weights, dtype=float)

    def rake(
        self,
        margins: pd.DataFrame,
        by: str | None = None,
        trim: tuple[float, float] | None = None,
    ) -> Design:
        """The design with weights raked to margins; see :func:`analysis.weighting.weight_table`.

        R: ``rake``.
        """
        return self._reweighted(margins, "rake", by=by, trim=trim)

    def post_stratify(self, margins: pd.DataFrame, by: str | None = None) -> Design:
        """The design post-stratified to one margin. R: ``postStratify``."""
        return self._reweighted(margins, "post-stratify", by=by)

    def calibrate(
        self,
        margins: pd.DataFrame,
        method: Method = "linear",
        by: str | None = None,
        bounds: tuple[float, float] | None = None,
        clusters: str | None = None,
        model_variance: str | None = None,
    ) -> Design:
        """The design calibrated to margins and totals of numbers. R: ``calibrate``.

        The parameters are those of :func:`analysis.weighting.weight_table`.
        """
        return self._reweighted(
            margins,
            method,
            by=by,
            bounds=bounds,
            clusters=clusters,
            model_variance=model_variance,
        )

    def _reweighted(self, margins: pd.DataFrame, method: Method, **details: Any) -> Design:
        adjustment = Adjustment(margins, method, details)
        weighted = adjustment.applied(self.frame, self.weight_values)
        return replace(
            self,
            weights=weighted.weights.to_numpy(),
            calibration=weighted.calibration,
            diagnostics=weighted.diagnostics,
            adjustment=adjustment,
        )

    # --- estimates --------------------------------------------------------------------------

    def mean(self, variables: Names, by: Names | None = None, level: float = 0.95) -> pd.DataFrame:
        """Means of numeric variables, over the rows where each is known. R: ``svymean``.

        Parameters
        ----------
        variables
            Columns of numbers.
        by
            Columns whose combinations of values are the domains. R: ``svyby``.
        level
            Confidence level of Student's t interval.

        Returns
        -------
        DataFrame
            ``statistic``, ``variable``, ``category``, the columns of ``by``, and
            :data:`MEASURES`.
        """
        names = _names(variables)
        labels = _labels("mean", names)
        return self._means(self._numbers(names), labels, by, "mean", level)

    def share(
        self,
        variables: Names,
        by: Names | None = None,
        level: float = 0.95,
        interval_method: IntervalMethod = "logit",
    ) -> pd.DataFrame:
        """Shares of every value of variables, over the rows where each is known.

        R: ``svymean(~factor(x))``, with the intervals of ``svyciprop``.
        """
        values, frame = self.indicators(variables)
        return self._means(values, frame, by, "share", level, interval_method)

    def indicators(self, variables: Names) -> tuple[NDArray[Any], pd.DataFrame]:
        """A 0/1 column for every value of variables, NaN where missing, and their labels."""
        values, labels = [], []
        for name in _names(variables):
            codes, categories = _coded(self._column(name))
            complete = codes.min(initial=0) >= 0
            for place, category in enumerate(categories):
                chosen = codes == place
                values.append(chosen if complete else np.where(codes >= 0, chosen, np.nan))
                labels.append(("share", name, category))
        frame = pd.DataFrame(labels, columns=["statistic", "variable", "category"])
        return np.column_stack(values), frame

    def total(self, variables: Names, by: Names | None = None, level: float = 0.95) -> pd.DataFrame:
        """Totals of numeric variables. R: ``svytotal``."""
        names = _names(variables)
        domains = self._domains(by)
        estimator = self.estimator(self._numbers(names))
        found = total_estimates(estimator, domains)
        return self._frame(found, domains, _labels("total", names), by, level)

    def population_variance(
        self, variables: Names, by: Names | None = None, level: float = 0.95
    ) -> pd.DataFrame:
        """Variance of numbers in the population, n / (n − 1) Σ w (y − mean)² / Σ w.

        R: ``svyvar``.
        """
        names, domains = _names(variables), self._domains(by)
        values = self._numbers(names).astype(float)
        sums = self.estimator(values).sums(domains)
        domain, row = domains.members.nonzero()
        squares = np.full(values.shape, np.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            part = (sums.n / (sums.n - 1))[domain]
            squares[row] = (values[row] - sums.mean[domain]) ** 2 * part
        return self._means(squares, _labels("variance", names), by, "mean", level)

    def ratio(
        self,
        numerators: Names,
        denominators: Names,
        by: Names | None = None,
        level: float = 0.95,
    ) -> pd.DataFrame:
        """Ratios of two totals, ``variable`` being ``numerator/denominator``. R: ``svyratio``."""
        tops, bottoms = _names(numerators), _names(denominators)
        if len(bottoms) == 1:
            bottoms = bottoms * len(tops)
        if len(tops) != len(bottoms):
            raise WorkbenchError(
                "there are not as many denominators as numerators",
                expected=str(len(tops)),
                got=str(len(bottoms)),
            )
        domains = self._domains(by)
        estimator = self.estimator(self._numbers([*tops, *bottoms]))
        each = np.arange(len(tops))
        found = ratio_estimates(estimator, domains, each, len(tops) + each)
        names = [f"{top}/{bottom}" for top, bottom in zip(tops, bottoms, strict=True)]
        return self._frame(found, domains, _labels("ratio", names), by, level)

    def test_independence(self, rows: str, columns: str) -> pd.DataFrame:
        """Tests that two columns are independent. R: ``svychisq``.

        Returns
        -------
        DataFrame
            As :func:`analysis.estimation.independence.independence`.
        """
        return independence(self._prepared, self._column(rows), self._column(columns))

    def to_r(self, data: str | Path = "data.csv", write: bool = False) -> str:
        """R code (package *survey*) that builds this design and gives the same numbers.

        Parameters
        ----------
        data
            The CSV that the code reads.
        write
            Whether to write that file too.

        Raises
        ------
        WorkbenchError
            If R has no such rule of variance; see :mod:`analysis.estimation.r_code`.
        """
        code = r_code(self, data)
        if write:
            write_for_r(self, Path(data))
        return code

    def regress(self, outcome: str, predictors: Names, family: FamilyName = "gaussian") -> Model:
        """A regression of a column on others. R: ``svyglm``."""
        return regress(
            self._prepared,
            self._numbers([outcome])[:, 0],
            self.frame[_names(predictors)].reset_index(drop=True),
            family,
        )

    def select_all(
        self,
        prefix: str,
        by: Names | None = None,
        level: float = 0.95,
        interval_method: IntervalMethod = "logit",
    ) -> pd.DataFrame:
        """A question with several answers, one 0/1 column each, by three denominators.

        Parameters
        ----------
        prefix
            The beginning of the columns' names; ``category`` is the rest of it.

        Returns
        -------
        DataFrame
            ``statistic`` is ``share-of-respondents`` (all who were asked),
            ``share-of-answering`` (who gave any answer) or ``share-of-answers`` (given by
            all). A respondent of whom an answer is not known is left out.

        Raises
        ------
        WorkbenchError
            If no column begins so, or one holds other numbers than 0 and 1.
        """
        names = [name for name in map(str, self.frame.columns) if name.startswith(prefix)]
        values = self._numbers(names).astype(float) if names else np.zeros((0, 0))
        if not names or not np.isin(values[~np.isnan(values)], (0, 1)).all():
            raise WorkbenchError(
                f"there is no question of several answers {prefix}",
                expected="columns of 0 and 1 whose names begin so",
                got=", ".join(names[:5]) or None,
            )
        unknown = np.isnan(values).any(axis=1)
        values[unknown] = np.nan
        given_any = np.where(unknown, np.nan, (values > 0).any(axis=1))
        answering = np.where(given_any[:, None] == 1, values, np.nan)
        sets = {"share-of-respondents": values, "share-of-answering": answering}
        tables = []
        for statistic, own in sets.items():
            labels = _set_labels(statistic, prefix, names)
            tables.append(self._means(own, labels, by, "share", level, interval_method))
        both = np.hstack([values, values.sum(axis=1, keepdims=True)])
        domains, each = self._domains(by), np.arange(len(names))
        found = ratio_estimates(
            self.estimator(both), domains, each, np.full(len(names), len(names))
        )
        labels = _set_labels("share-of-answers", prefix, names)
        tables.append(self._frame(found, domains, labels, by, level))
        return pd.concat(tables, ignore_index=True)

    def numbers(self, variables: Names) -> NDArray[Any]:
        """Columns as numbers, respondents × variables."""
        return self._numbers(_names(variables))

    def domains(self, by: Names | None) -> Domains:
        """The combinations of values of some columns."""
        return self._domains(by)

    def replicated(
        self,
        kind: ReplicateKind = "rao-wu",
        *,
        replicates: int = 500,
        rho: float | None = None,
        seed: int = 1,
        mse: bool = True,
        executor: Executor | None = None,
    ) -> ReplicateDesign:
        """The design with replicate weights made for it; weights are adjusted in each anew.

        The parameters are those of
        :func:`analysis.estimation.replicate_weights.replicate_weights`. R:
        ``as.svrepdesign``, then ``rake``, ``postStratify`` or ``calibrate``.
        """
        model = self.calibration
        base = self.weight_values if model is None else model.base_weights
        sampling = self._prepared.sampling
        made = replicate_weights(
            base,
            sampling,
            kind,
            fractions=self._fractions,
            replicates=replicates,
            rho=rho,
            seed=seed,
        )
        if model is not None:
            again = None
            if self.adjustment is not None and not self.adjustment.has_short_form:
                again = self.adjustment.again(self.frame)
            made = readjusted(made, model, self.weight_values, executor, again)
        return replicated(self, made, mse)

    def with_replicates(
        self, columns: Names, scale: float, rscales: Any = None, mse: bool = True
    ) -> ReplicateDesign:
        """The design with replicate weights that came with the data. R: ``svrepdesign``."""
        return replicated(self, given(self.numbers(columns), scale, rscales), mse)

    @property
    def _fractions(self) -> Floats | None:
        """Each respondent's sampling fraction at the first stage."""
        if not self._populations:
            return None
        return first_fractions(len(self.frame), self._strata, self._clusters, self._populations)

    def quantile(
        self,
        variables: Names,
        q: float | Sequence[float] = 0.5,
        by: Names | None = None,
        level: float = 0.95,
        rule: QuantileRule = "math",
        interval_method: QuantileInterval = "mean",
    ) -> pd.DataFrame:
        """Quantiles; ``category`` is the share q. R: ``svyquantile``.

        The parameters are those of :func:`analysis.estimation.quantiles.quantiles`.
        """
        shares = np.atleast_1d(np.asarray(q, dtype=float))
        domains, tables = self._domains(by), []
        for name in _names(variables):
            values = self._numbers([name])[:, 0].astype(float)
            found = quantiles(self._prepared, values, shares, domains, rule, interval_method, level)
            arrays = {
                "estimate": found.value,
                "se": found.standard_error,
                "ci_low": found.low,
                "ci_high": found.high,
                "df": found.df,
                "n": found.n,
                "n_effective": found.n_effective,
                "deff": np.full(found.value.shape, np.nan),
            }
            labels = _labels("quantile", [name] * len(shares))
            labels["category"] = [f"{share:g}" for share in shares]
            tables.append(_table(labels, domains, arrays, by))
        return pd.concat(tables, ignore_index=True)

    def estimator(self, values: Floats, kinds: Sequence[Kind] | None = None) -> Estimator:
        """Variables with this design's weights and selection, for any domains."""
        return self._prepared.with_values(values, kinds)

    @cached_property
    def _prepared(self) -> Estimator:
        """The weights and the selection, without variables."""
        return Estimator(
            np.zeros((len(self.frame), 0)),
            self.weight_values,
            calibration=self.calibration,
            strata=self._strata,
            clusters=self._clusters,
            populations=self._populations,
            lonely_psu=self.lonely_psu,
            lonely_in_domains=self.lonely_in_domains,
            variance=self.variance,
        )

    @property
    def degrees_of_freedom(self) -> int:
        """Primary sampling units less strata. R: ``degf``."""
        selected = self._prepared.sampling
        return len(np.unique(selected.units)) - len(np.unique(selected.strata))

    # --- inside -----------------------------------------------------------------------------

    def _means(
        self,
        values: Floats,
        labels: pd.DataFrame,
        by: Names | None,
        kind: Kind,
        level: float,
        method: IntervalMethod = "mean",
    ) -> pd.DataFrame:
        domains = self._domains(by)
        estimator = self.estimator(values, [kind] * values.shape[1])
        found = domain_estimates(estimator, domains)
        low, high, _ = mixed_interval(found.uncertainty, estimator.is_share(), method, level)
        arrays = {
            "estimate": found.sums.mean,
            "se": found.standard_error,
            "ci_low": low,
            "ci_high": high,
            "df": found.df,
            "n": found.sums.n,
            "n_effective": found.n_effective,
            "deff": found.deff(),
        }
        return _table(labels, domains, arrays, by)

    def _frame(
        self,
        found: TotalEstimates,
        domains: Domains,
        labels: pd.DataFrame,
        by: Names | None,
        level: float,
    ) -> pd.DataFrame:
        error = np.sqrt(found.variance)
        data = Uncertainty(found.value, error, found.df, found.sums.n, found.n_effective)
        low, high = interval(data, "mean", level)
        arrays = {
            "estimate": found.value,
            "se": error,
            "ci_low": low,
            "ci_high": high,
            "df": found.df,
            "n": found.sums.n,
            "n_effective": found.n_effective,
            "deff": found.deff,
        }
        return _table(labels, domains, arrays, by)

    def _domains(self, by: Names | None) -> Domains:
        for name in _names(by):
            self._column(name)
        return Domains.by(self.frame, _names(by))

    @cached_property
    def _strata(self) -> Any:
        return None if self.strata is None else self._column(self.strata).to_numpy()

    @cached_property
    def _clusters(self) -> tuple[Any, ...]:
        return tuple(self._column(name).to_numpy() for name in _names(self.clusters))

    @cached_property
    def _populations(self) -> tuple[Any, ...]:
        return tuple(self._numbers(_names(self.fpc)).T)

    def _column(self, name: str) -> pd.Series:
        if name not in self.frame:
            raise WorkbenchError(
                f"the table has no column {name}",
                expected=", ".join(map(str, self.frame.columns[:20])),
                hint=suggestion(name, list(self.frame.columns)),
            )
        return self.frame[name]

    def _numbers(self, names: Sequence[str]) -> NDArray[Any]:
        """Columns as numbers, NaN where blank; whole numbers of one type as they are.

        Raises
        ------
        WorkbenchError
            If a column holds something else.
        """
        types = {self._column(name).dtype for name in names}
        if len(types) == 1 and getattr(next(iter(types)), "kind", "O") in "biuf":
            return self.frame[list(names)].to_numpy(na_value=np.nan)
        columns = np.empty((len(self.frame), len(names)))
        for place, name in enumerate(names):
            column = self._column(name)
            if isinstance(column.dtype, pd.CategoricalDtype):
                column = column.astype("object")
            numbers = pd.to_numeric(column, errors="coerce")
            strange = np.flatnonzero(numbers.isna() & column.notna())
            if len(strange):
                raise WorkbenchError(
                    f"{name} holds something that is not a number",
                    row=int(strange[0]) + 2,
                    column=name,
                    hint="for answers in words use share",
                )
            columns[:, place] = numbers.to_numpy(dtype=float, na_value=np.nan)
        return columns


def _names(names: Names | None) -> list[str]:
    if names is None:
        return []
    return [names] if isinstance(names, str) else list(names)


def _labels(statistic: str, names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({"statistic": statistic, "variable": list(names), "category": ""})


def _set_labels(statistic: str, prefix: str, names: Sequence[str]) -> pd.DataFrame:
    categories = [name.removeprefix(prefix) for name in names]
    return pd.DataFrame({"statistic": statistic, "variable": prefix, "category": categories})


def _coded(values: pd.Series) -> tuple[NDArray[np.intp], list[str]]:
    """Each value's place among the levels, −1 where missing, and the levels as text.

    Categories come in their order, other values sorted.
    """
    codes, levels = pd.factorize(values, sort=True)
    texts = level_texts(pd.Series(levels)).to_numpy()
    distinct = list(dict.fromkeys(texts))
    places = {text: place for place, text in enumerate(distinct)}
    number = np.array([*(places[text] for text in texts), -1], dtype=np.intp)
    return number[codes], [str(text) for text in distinct]


def _table(
    labels: pd.DataFrame, domains: Domains, arrays: dict[str, Floats], by: Names | None
) -> pd.DataFrame:
    """Rows ordered by variable, then by domain."""
    domain_rows = domains.labels if _names(by) else pd.DataFrame(index=range(len(domains)))
    rows = labelled_rows(labels, domain_rows)
    numbers = pd.DataFrame({name: array.T.ravel() for name, array in arrays.items()})
    return pd.concat([rows, numbers[MEASURES]], axis=1)

"""Every number that R computed and this project computes too."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimation import Design, Domains, Estimator, LinearRegression, design_matrix
from analysis.estimation.comparisons import compare_domains
from analysis.estimation.covariances import Pairs, Ratios
from analysis.estimation.estimator import domain_estimates, mixed_interval
from analysis.estimation.independence import independence
from analysis.estimation.intervals import interval, t_quantile
from analysis.estimation.linearisation import covariances
from analysis.estimation.sampling import LonelyPsu
from analysis.weighting import kish_deff, kish_n_effective
from tests.estimation.r_reference import DESIGNS, FLOOR, ApiReference, Comparison, cells, read

STATISTICS = ["api00", "meals", "awardsYes"]


@pytest.fixture(scope="module")
def api(shared: Path) -> ApiReference:
    return ApiReference(shared / "reference")


def _indicators(design: Design) -> tuple[np.ndarray, list[str]]:
    """The variables of R's ``svymean(~api00 + meals + stype + awardsYes)``, with R's names."""
    frame = design.frame
    columns = {
        "api00": frame["api00"],
        "meals": frame["meals"],
        **{f"stype{level}": (frame["stype"] == level) for level in "EHM"},
        "awardsYes": frame["awardsYes"],
    }
    return np.column_stack([np.asarray(column, float) for column in columns.values()]), list(
        columns
    )


def _whole(design: Design) -> Domains:
    return Domains.by(design.frame, [])


# --- means, totals, ratios ----------------------------------------------------------------


def test_means_totals_and_ratios(api: ApiReference) -> None:
    reference = read(api.folder, "means_totals_ratios.csv")
    seen = Comparison()
    for name in DESIGNS:
        design, own = api.design(name), reference[reference["design"] == name]
        _compare_means(seen, design, own, name)
        _compare_totals(seen, design, own, name)
        _compare_missing(seen, design, own, name)
        _compare_design_effects(seen, design, own, name)
        weights = design.weight_values
        (_, kish), *_ = cells(own, id="kish")
        seen.add(f"{name} kish", kish_deff(weights), kish["kish_deff"])
        seen.add(f"{name} kish", kish_n_effective(weights), kish["n_eff"])
        seen.add(f"{name} kish", weights.sum(), kish["sum_w"])
        (_, degrees), *_ = cells(own, id="degf")
        seen.add(f"{name} degf", design.degrees_of_freedom, degrees["df"])
        (_, theirs), *_ = cells(own, id="var")
        row = design.population_variance("api00").iloc[0]
        seen.add(f"{name} var", row[["estimate", "se"]], theirs[["estimate", "se"]])
    seen.check(2184)


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [("clus1_rake_trim", 1e-8), ("clus1_rake_trimstrict", 1e-8), ("clus1_rake_default", 3e-5)],
)
def test_after_trimming_r_regresses_with_the_weights_before(
    api: ApiReference, name: str, tolerance: float
) -> None:
    """R takes trimmed weights for raked ones times a factor that belongs to the variable.

    Where raking stopped early (its default) every margin keeps the weights of its last step,
    so that errors agree to 3·10⁻⁵ only.
    """
    raked = api.design("clus1_rake")
    weights = api.weights(name)
    before = weights if name.endswith("default") else raked.weight_values
    values, terms = _indicators(raked)
    reference = read(api.folder, "means_totals_ratios.csv")
    own = reference[reference["design"] == name]
    prepared = raked.estimator(np.zeros((len(weights), 0)))

    def matrix(scores: np.ndarray) -> np.ndarray:
        upper = np.triu_indices(scores.shape[1])
        found = covariances(
            scores * (weights / before)[:, None], Ratios(*upper), before, _whole(raked),
            Pairs.of_each(1), prepared.sampling, prepared.residuals,
        ).nd[0]  # fmt: skip
        whole = np.zeros((scores.shape[1],) * 2)
        whole[upper] = whole.T[upper] = found
        return whole

    seen, mean = Comparison(), weights @ values / weights.sum()
    of_means, of_totals = matrix((values - mean) / weights.sum()), matrix(values)
    for kind, estimates, found in (
        ("mean", mean, of_means), ("total", weights @ values, of_totals),
    ):  # fmt: skip
        error = np.sqrt(np.maximum(np.diag(found), 0))
        for (_, term), theirs in cells(own[own["stat"] != "vcov"], id=kind):
            place = terms.index(term)
            floor = tolerance * abs(estimates[place])
            seen.add(f"{kind} {term}", estimates[place], theirs["estimate"])
            seen.add(f"{kind} {term} se", error[place], theirs["se"], tolerance, floor)
    for (_, term), theirs in cells(own[own["stat"] == "vcov"], id="mean"):
        first, second = (terms.index(part) for part in term.split("|"))
        scale = tolerance * np.abs(mean[[first, second]])
        errors = np.sqrt(np.abs(np.diag(of_means)))[[second, first]]
        floor = (scale * errors).sum() + scale.prod()
        seen.add(f"vcov {term}", of_means[first, second], theirs["vcov"], tolerance, floor)
    for top, bottom in (("api.stu", "enroll"), ("awardsYes", "schwideYes")):
        pair = raked.frame[[top, bottom]].to_numpy(float)
        pair = np.where(np.isnan(pair).any(axis=1, keepdims=True), 0, pair)
        ratio = (weights @ pair[:, 0]) / (weights @ pair[:, 1])
        score = (pair[:, :1] - ratio * pair[:, 1:]) / (weights @ pair[:, 1])
        theirs = dict(cells(own, id="ratio"))[("", f"{top}/{bottom}")]
        seen.add(f"ratio {top}", ratio, theirs["estimate"])
        seen.add(f"ratio {top} se", np.sqrt(matrix(score)[0, 0]), theirs["se"], tolerance)
    seen.check(49)


def _compare_means(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    values, terms = _indicators(design)
    estimator = design.estimator(values, ["mean"] * len(terms))
    found = domain_estimates(estimator, _whole(design))
    half = t_quantile(np.array([[float(design.degrees_of_freedom)]]), 0.95) * found.standard_error
    mean = found.sums.mean
    for (_, term), theirs in cells(own, id="mean"):
        if "|" in term:
            continue
        place = terms.index(term)
        floor = FLOOR * abs(mean[0, place])
        where = f"{name} mean {term}"
        seen.add(where, mean[0, place], theirs["estimate"])
        seen.add(where, found.standard_error[0, place], theirs["se"], floor=floor)
        seen.add(where, mean[0, place] - half[0, place], theirs["ci_l"], floor=2 * floor)
        seen.add(where, mean[0, place] + half[0, place], theirs["ci_u"], floor=2 * floor)
    covariance = estimator.covariance_of_means(_whole(design))[0]
    for (_, term), theirs in cells(own[own["stat"] == "vcov"], id="mean"):
        first, second = (terms.index(part) for part in term.split("|"))
        # Each of the two may be off by the floor, which the other's error multiplies.
        off = FLOOR * np.abs(mean[0, [first, second]])
        errors = found.standard_error[0, [second, first]]
        scale = (off * errors).sum() + off.prod()
        seen.add(f"{name} vcov {term}", covariance[first, second], theirs["vcov"], floor=scale)


def _compare_totals(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    values, terms = _indicators(design)
    dummies = pd.DataFrame(values, columns=terms)
    totals = replace(design, frame=design.frame.drop(columns=terms, errors="ignore").join(dummies))
    totals = replace(totals, weights=design.weight_values)
    ours = totals.total(terms).set_index("variable")
    for (_, term), theirs in cells(own, id="total"):
        seen.add(f"{name} total {term}", ours.loc[term, "estimate"], theirs["estimate"])
        floor = FLOOR * abs(theirs["estimate"])
        seen.add(f"{name} total {term}", ours.loc[term, "se"], theirs["se"], floor=floor)
    for top, bottom in (("api.stu", "enroll"), ("awardsYes", "schwideYes")):
        row = design.ratio(top, bottom).iloc[0]
        theirs = dict(cells(own, id="ratio"))[("", f"{top}/{bottom}")]
        seen.add(f"{name} ratio {top}", row["estimate"], theirs["estimate"])
        floor = FLOOR * row["estimate"]
        seen.add(f"{name} ratio {top}", row["se"], theirs["se"], floor=floor)


def _compare_missing(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    for kind, ours in (("mean_na", design.mean("enroll")), ("total_na", design.total("enroll"))):
        (_, theirs), *_ = cells(own, id=kind)
        seen.add(f"{name} {kind}", ours["estimate"], theirs["estimate"])
        seen.add(f"{name} {kind}", ours["se"], theirs["se"])
    pair = design.frame[["api00", "enroll"]].where(design.frame["enroll"].notna())
    found = domain_estimates(design.estimator(pair.to_numpy(float)), _whole(design))
    for place, term in enumerate(pair):
        theirs = dict(cells(own, id="mean_listwise"))[("", term)]
        seen.add(f"{name} listwise", found.sums.mean[0, place], theirs["estimate"])
        seen.add(f"{name} listwise", found.standard_error[0, place], theirs["se"])


def _compare_design_effects(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    values = design.frame[STATISTICS].to_numpy(float)
    found = domain_estimates(design.estimator(values, ["mean"] * 3), _whole(design))
    totals = design.total(STATISTICS)
    for place, term in enumerate(STATISTICS):
        theirs = dict(cells(own, id="deff_mean"))[("", term)]
        seen.add(
            f"{name} deff {term}", found.deff(finite=True)[0, place], theirs["deff"], floor=1e-12
        )
        seen.add(f"{name} deff {term}", found.deff()[0, place], theirs["deff_replace"], floor=1e-12)
        theirs = dict(cells(own, id="deff_total"))[("", term)]
        finite = 1 - found.sums.n[0, place] / found.sums.base[0, place]
        seen.add(
            f"{name} deff total", totals["deff"].iloc[place] / finite, theirs["deff"], floor=1e-12
        )


# --- domains ------------------------------------------------------------------------------


def _domain(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(";"))


def test_domains(api: ApiReference) -> None:
    reference = read(api.folder, "domains.csv")
    seen = Comparison()
    for name in DESIGNS:
        design, own = api.design(name), reference[reference["design"] == name]
        for columns in (["stype"], ["sch.wide"], ["stype", "awards"], ["cname"]):
            _compare_domains(seen, design, own, columns, name)
        _compare_row_shares(seen, design, own, name)
        _compare_subset(seen, design, own, name)
        _compare_differences(seen, design, own, name)
    seen.check(3401)


def _compare_domains(
    seen: Comparison, design: Design, own: pd.DataFrame, columns: list[str], name: str
) -> None:
    kinds = {
        "by_mean": design.mean(["api00", "awardsYes"], columns),
        "by2_mean": design.mean("api00", columns),
        "by_county": design.mean(["api00", "awardsYes"], columns),
        "by_total": design.total(["api00", "awardsYes"], columns),
        "by_ratio": design.ratio("api.stu", "enroll", columns),
    }
    half = stats.norm.ppf(0.975)  # svyby does not hand its df on to confint
    for kind, ours in kinds.items():
        ours = ours.set_index(["variable", *columns])
        for (domain, term), theirs in cells(own, id=kind):
            parts = _domain(domain)
            if list(parts) != columns:
                continue
            row = ours.loc[(term or "api00", *parts.values())]
            where, floor = f"{name} {kind} {domain} {term}", FLOOR * abs(row["estimate"])
            if not term:
                seen.add(where, row["n"], theirs["n"])
                continue
            seen.add(where, row["estimate"], theirs["estimate"])
            seen.add(where, row["se"], theirs["se"], floor=floor)
            if "ci_l" in theirs:
                seen.add(where, row["estimate"] - half * row["se"], theirs["ci_l"], floor=floor)
                seen.add(where, row["estimate"] + half * row["se"], theirs["ci_u"], floor=floor)
                variation = row["se"] / row["estimate"] if row["estimate"] else np.nan
                seen.add(where, variation, theirs["cv"], floor=FLOOR)


def _compare_row_shares(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    ours = design.share("stype", "awards").set_index(["category", "awards"])
    for (domain, term), theirs in cells(own, id="by_prop"):
        row = ours.loc[(term.removeprefix("stype"), _domain(domain)["awards"])]
        seen.add(f"{name} row shares", row["estimate"], theirs["estimate"])
        seen.add(f"{name} row shares", row["se"], theirs["se"], floor=FLOOR * row["estimate"])


def _compare_subset(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    inside = (design.frame["stype"] == "E") & (design.frame["awards"] == "Yes")
    subset = replace(design, frame=design.frame.assign(inside=inside), weights=design.weight_values)
    means = subset.mean(["api00", "meals"], "inside")
    means = means[means["inside"]].set_index("variable")
    total = subset.total("enroll", "inside")
    total = total[total["inside"]].iloc[0]
    for (_, term), theirs in cells(own, id="subset"):
        if not term:
            seen.add(f"{name} subset df", means["df"].iloc[0], theirs["df"])
            continue
        row = total if term == "total_enroll" else means.loc[term]
        seen.add(f"{name} subset {term}", row["estimate"], theirs["estimate"])
        seen.add(f"{name} subset {term}", row["se"], theirs["se"])


def _compare_differences(seen: Comparison, design: Design, own: pd.DataFrame, name: str) -> None:
    domains = Domains.by(design.frame, ["stype"])
    estimator = design.estimator(design.frame[["api00"]].to_numpy(float))
    order = list(domains.labels["stype"])
    pairs = [("E", "H"), ("E", "M"), ("H", "M")]
    places = np.array([[order.index(a), order.index(b)] for a, b in pairs])
    ours = compare_domains(estimator, domains, places[:, 0], places[:, 1])
    for (_, term), theirs in cells(own, id="domain_diff"):
        row = ours.iloc[pairs.index(tuple(term.split("minus")))]
        seen.add(f"{name} {term}", row["estimate"], theirs["estimate"])
        seen.add(f"{name} {term}", row["standard_error"], theirs["se"])


# --- intervals of shares ------------------------------------------------------------------

METHODS = {
    "ciprop_logit": "logit",
    "ciprop_xlogit": "logit",
    "ciprop_asin": "asin",
    "ciprop_beta": "korn-graubard",
    "ciprop_mean": "mean",
    "ciprop_wilson": "wilson",
}
#: R fits a model for its ``logit`` and stops at glm's tolerance; ``xlogit`` is the formula.
GLM_TOLERANCE = 5e-8
#: No error, so no interval (README of the reference), or nobody answered yes.
NO_INTERVAL = {("clus1_rake", "schwideYes"), ("strat_ps2way", "awardsYes"), ("srs", "yrrndYes")}


#: R reads its likelihood interval off a spline through a profile of few points: of 76 limits the
#: formula differs by up to 0.12 % where a share is small, by 10⁻⁵ otherwise.
SPLINE_TOLERANCE = {"yrrndYes": 1.3e-3, "awardsYes": 2.5e-5, "schwideYes": 2.5e-5}


def test_likelihood_intervals_of_shares(api: ApiReference) -> None:
    reference = read(api.folder, "proportion_ci.csv")
    reference = reference[reference["id"] == "ciprop_likelihood"]
    seen = Comparison()
    for name in reference["design"].unique():
        design = api.design(name)
        terms = list(SPLINE_TOLERANCE)
        estimator = design.estimator(design.frame[terms].to_numpy(float), ["share"] * 3)
        found = domain_estimates(estimator, _whole(design))
        for (domain, term), theirs in cells(reference[reference["design"] == name]):
            place, level = terms.index(term), float(_domain(domain)["level"])
            limits = interval(found.uncertainty, "likelihood", level)
            for ours, stat in zip(limits, ("ci_l", "ci_u"), strict=True):
                seen.add(f"{name} {term}", ours[0, place], theirs[stat], SPLINE_TOLERANCE[term])
            seen.add(f"{name} {term}", found.sums.mean[0, place], theirs["estimate"])
            seen.add(f"{name} {term}", found.standard_error[0, place], theirs["se"])
    seen.check(144)


def test_intervals_of_shares(api: ApiReference) -> None:
    reference = read(api.folder, "proportion_ci.csv")
    seen = Comparison()
    for name in reference["design"].unique():
        design = api.design(name)
        terms = ["awardsYes", "schwideYes", "yrrndYes"]
        estimator = design.estimator(design.frame[terms].to_numpy(float), ["share"] * 3)
        found = domain_estimates(estimator, _whole(design))
        for identity, method in METHODS.items():
            own = reference[(reference["design"] == name) & (reference["id"] == identity)]
            tolerance = GLM_TOLERANCE if identity == "ciprop_logit" else 1e-8
            for (domain, term), theirs in cells(own):
                if (name, term) in NO_INTERVAL:
                    continue
                level, place = float(_domain(domain)["level"]), terms.index(term)
                low, high, _ = mixed_interval(
                    found.uncertainty, estimator.is_share(), method, level
                )
                where = f"{name} {identity} {domain} {term}"
                seen.add(where, found.sums.mean[0, place], theirs["estimate"], tolerance)
                seen.add(where, low[0, place], theirs["ci_l"], tolerance)
                seen.add(where, high[0, place], theirs["ci_u"], tolerance)
    seen.check(648)


# --- lonely units -------------------------------------------------------------------------


@pytest.mark.parametrize("rule", ["certainty", "remove", "adjust", "average"])
def test_lonely_units(api: ApiReference, rule: LonelyPsu) -> None:
    reference = read(api.folder, "lonely_psu.csv")
    design = Design(api.data("lonely"), "pw", strata="str", clusters="psu", lonely_psu=rule)
    seen = Comparison()
    means = design.mean(["api00", "awardsYes"]).set_index("variable")
    totals = design.total(["api00", "awardsYes"]).set_index("variable")
    by = {
        flag: replace(design, lonely_in_domains=flag == "TRUE").mean("api00", "stype")
        for flag in ("FALSE", "TRUE")
    }
    for kind, ours in (("lonely", means), ("lonely_total", totals)):
        for (domain, term), theirs in cells(reference, id=kind):
            if domain != rule:
                continue
            if not term:
                seen.add("df", design.degrees_of_freedom, theirs["df"])
                continue
            seen.add(f"{kind} {term}", ours.loc[term, "estimate"], theirs["estimate"])
            seen.add(f"{kind} {term}", ours.loc[term, "se"], theirs["se"])
    for (domain, _), theirs in cells(reference, id="lonely_by"):
        level, option, within = domain.split(";")
        flag = within.removeprefix("domain_lonely=")
        # R averages over the strata of the domain in any case, this project over those of the
        # sample unless strata are lonely in domains too.
        if option == rule and (rule, flag) != ("average", "FALSE"):
            own = by[flag].set_index("stype").loc[level.removeprefix("stype="), "se"]
            seen.add(f"by {level} {flag}", own, theirs["se"])
    seen.check(12 if rule == "average" else 15)


# --- linear regression --------------------------------------------------------------------

FORMULAS = {
    "gaussian|api00 ~ ell + meals + mobility": ["ell", "meals", "mobility"],
    "gaussian|api00 ~ stype + meals": ["stype", "meals"],
}


def test_linear_regression(api: ApiReference) -> None:
    reference = read(api.folder, "regression.csv")
    reference = reference[reference["id"] == "svyglm"]
    seen = Comparison()
    for name in reference["design"].unique():
        design = api.design(name)
        regression = LinearRegression(
            design.weight_values,
            calibration=design.calibration,
            strata=design._strata,
            clusters=design._clusters,
            populations=design._populations,
            variance=design.variance,
        )
        for formula, covariates in FORMULAS.items():
            matrix = design_matrix(design.frame[covariates])
            ours = regression.fit(design.frame["api00"], matrix).set_index("term")
            own = reference[(reference["design"] == name) & (reference["domain"] == formula)]
            _compare_coefficients(seen, ours, own, f"{name} {formula}")
    seen.check(450)


def _compare_coefficients(
    seen: Comparison, ours: pd.DataFrame, own: pd.DataFrame, where: str
) -> None:
    names = {
        "estimate": "estimate",
        "se": "standard_error",
        "t": "statistic",
        "p_value": "p_value",
        "ci_l": "ci_low",
        "ci_u": "ci_high",
    }
    for (_, term), theirs in cells(own):
        if not term:
            seen.add(where, ours["df"].iloc[0], theirs["df_resid"])
            continue
        for stat, column in names.items():
            floor = FLOOR * abs(theirs["estimate"]) if stat.startswith("ci") else 0.0
            seen.add(f"{where} {term} {stat}", ours.loc[term, column], theirs[stat], floor=floor)


# --- the survey of thirteen districts -----------------------------------------------------

ORP_RULES = {
    "base": "calibrated",
    "poststrat_orp": "calibrated",
    "rake5": "r-rake",
    "cal_linear": "r-calibrate",
    "cal_logit": "r-calibrate",
}
QUESTIONS = [f"q{number:02d}" for number in range(1, 25)]
SIX = QUESTIONS[:6]


class OrpReference:
    """The survey, its margins, its weights, and R's estimates."""

    def __init__(self, folder: Path) -> None:
        self.frame = pd.read_csv(folder / "data" / "orp_survey.csv").astype({"orp": "str"})
        self.frame["mr_sum"] = self.frame[SIX].sum(axis=1)
        self.frame["mr_any"] = (self.frame["mr_sum"] > 0).astype(int)
        self.margins = pd.read_csv(folder / "data" / "orp_margins.csv")
        self.weights = pd.read_csv(folder / "orp_weights.csv")
        self.estimates = read(folder, "orp_estimates.csv")

    def design(self, name: str) -> Design:
        plain = Design(self.frame, "w0", strata="orp", clusters="psu", lonely_psu="adjust")
        orp = self.margins[self.margins["var"] == "orp"]
        changed = {
            "base": lambda: plain,
            "poststrat_orp": lambda: plain.post_stratify(orp),
            "rake5": lambda: plain.rake(self.margins),
            "cal_linear": lambda: plain.calibrate(self.margins),
            "cal_raking": lambda: plain.calibrate(self.margins, "raking"),
            "cal_logit": lambda: plain.calibrate(self.margins, "logit", bounds=(0.2, 3)),
        }[name]()
        return replace(changed, variance=ORP_RULES.get(name, "calibrated"))


@pytest.fixture(scope="module")
def orp(shared: Path) -> OrpReference:
    return OrpReference(shared / "reference")


@pytest.mark.parametrize("name", list(ORP_RULES))
def test_survey_of_districts(orp: OrpReference, name: str) -> None:
    design = orp.design(name)
    own = orp.estimates[orp.estimates["design"] == name]
    # R's own raking stops at 1e-8 of the total.
    seen, tolerance = Comparison(), 1e-7 if name == "rake5" else 1e-8
    _compare_orp_domains(seen, design, own, tolerance)
    _compare_orp_intervals(seen, design, own, tolerance)
    _compare_orp_sets(seen, design, own, tolerance)
    _compare_orp_pairs(seen, design, own, tolerance)
    _compare_orp_kish(seen, design, own, tolerance)
    seen.check(4284)


def _wide(own: pd.DataFrame, by: str) -> pd.DataFrame:
    chosen = own[own["by"] == by]
    return chosen.pivot_table(index=["domain", "term"], columns="stat", values="value")


def _compare_orp_domains(
    seen: Comparison, design: Design, own: pd.DataFrame, tolerance: float
) -> None:
    for by in ("", "orp", "sex", "age", "edu", "size", "user", "orp+age"):
        columns = [part for part in by.split("+") if part]
        ours = design.mean([*QUESTIONS, "minutes", "mr_any", "mr_sum"], columns)
        label = ours[columns].astype("str").agg("|".join, axis=1) if columns else ""
        ours = ours.assign(domain=label).set_index(["domain", "variable"])
        theirs = _wide(own, by)[["mean", "se"]].add_suffix("_r").rename_axis(ours.index.names)
        both = ours.join(theirs, how="inner")
        floor = FLOOR * both["estimate"].abs()
        seen.add(f"{by} mean", both["estimate"], both["mean_r"], tolerance)
        seen.add(f"{by} se", both["se"], both["se_r"], tolerance, floor)
        if by == "":
            values = design.frame[QUESTIONS].to_numpy(float)
            found = domain_estimates(design.estimator(values), _whole(design))
            theirs = _wide(own, "").loc[[("", question) for question in QUESTIONS]]
            seen.add("deff", found.deff(finite=True)[0], theirs["deff"], tolerance)
            totals = design.total(QUESTIONS)
            seen.add("total", totals["estimate"], theirs["total"], tolerance)
            seen.add("total se", totals["se"], theirs["total_se"], tolerance)
            seen.add("degf", design.degrees_of_freedom, _wide(own, "").loc[("", ""), "degf"])


def _compare_orp_intervals(
    seen: Comparison, design: Design, own: pd.DataFrame, tolerance: float
) -> None:
    theirs = _wide(own, "orp")
    estimator = design.estimator(design.frame[QUESTIONS[:8]].to_numpy(float))
    domains = Domains.by(design.frame, ["orp"])
    found = domain_estimates(estimator, domains)
    index = [(code, question) for code in domains.labels["orp"] for question in QUESTIONS[:8]]
    everyone = replace(found.uncertainty, n=np.full_like(found.df, len(design.frame)))
    for identity, method in METHODS.items():
        kind = identity.removeprefix("ciprop_")
        if f"ci_l_{kind}" not in theirs:
            continue
        # A part of an adjusted design keeps all rows in R, which takes them for the size of
        # the domain in this one interval; this project counts the domain's respondents.
        data = everyone if design.calibration and kind == "beta" else found.uncertainty
        low, high, _ = mixed_interval(data, estimator.is_share(), method, 0.95)
        allowed = GLM_TOLERANCE if kind == "logit" else tolerance
        floor = 1e-9 if kind == "mean" else 0.0
        seen.add(f"{kind} low", low.ravel(), theirs.loc[index, f"ci_l_{kind}"], allowed, floor)
        seen.add(f"{kind} high", high.ravel(), theirs.loc[index, f"ci_u_{kind}"], allowed, floor)


def _compare_orp_sets(
    seen: Comparison, design: Design, own: pd.DataFrame, tolerance: float
) -> None:
    theirs = _wide(own, "").loc[[("", question) for question in SIX]]
    for denominator, stat in (
        ("mr_sum", "mr_share_of_answers"),
        ("mr_any", "mr_share_of_answering_persons"),
    ):
        ours = design.ratio(SIX, denominator)
        seen.add(stat, ours["estimate"], theirs[stat], tolerance)
        seen.add(f"{stat}_se", ours["se"], theirs[f"{stat}_se"], tolerance)
    _compare_orp_tables(seen, design, own, tolerance)


def _compare_orp_tables(
    seen: Comparison, design: Design, own: pd.DataFrame, tolerance: float
) -> None:
    """Districts against eight questions; p-values below 10⁻¹² are rounding in R."""
    theirs = _wide(own, "orp")
    estimator = design.estimator(np.zeros((len(design.frame), 0)))
    for question in QUESTIONS[:8]:
        found = independence(
            estimator, design.frame["orp"], design.frame[question], ("F", "chi-square")
        ).set_index("test")
        row = theirs.loc[("", question)]
        for test, name in (("F", "F"), ("chi-square", "Chisq")):
            ours, prefix = found.loc[test], f"svychisq_{name}"
            seen.add(f"{question} {name}", ours["statistic"], row[f"{prefix}_stat"], 10 * tolerance)
            p_value = row[f"{prefix}_p"]
            seen.add(f"{question} {name} p", ours["p_value"], p_value, 1e-5, 1e-12)


def _compare_orp_pairs(
    seen: Comparison, design: Design, own: pd.DataFrame, tolerance: float
) -> None:
    domains = Domains.by(design.frame, ["age"])
    estimator = design.estimator(design.frame[QUESTIONS[:4]].to_numpy(float))
    first, second = np.triu_indices(len(domains), 1)
    ours = compare_domains(estimator, domains, first, second, columns=QUESTIONS[:4])
    labels = ours["age"] + "|" + ours["age_second"]
    both = ours.assign(domain=labels).merge(
        _wide(own, "age_pairs"), left_on=["domain", "variable"], right_index=True
    )
    seen.add("age pairs", both["estimate"], both["diff"], tolerance, tolerance / 100)
    seen.add("age pairs se", both["standard_error"], both["diff_se"], tolerance)
    _compare_orp_rest(seen, design, own, tolerance)


def _compare_orp_rest(
    seen: Comparison, design: Design, own: pd.DataFrame, tolerance: float
) -> None:
    areas = Domains.of_areas(design.frame["orp"], {}, "region")
    estimator = design.estimator(design.frame[QUESTIONS[:8]].to_numpy(float))
    first = np.arange(13)
    rest = Domains.of_members(
        areas.members[-1:].multiply(np.ones((13, 1))).tocsr() - areas.members[:13],
        areas.labels[:13],
    )
    both = Domains.joined([areas.at(first), rest])
    ours = compare_domains(estimator, both, first, first + 13, columns=QUESTIONS[:8])
    merged = ours.merge(_wide(own, "orp_vs_rest"), left_on=["area", "variable"], right_index=True)
    seen.add("rest", merged["estimate"], merged["diff"], tolerance, tolerance / 100)
    seen.add("rest se", merged["standard_error"], merged["diff_se"], tolerance)
    # R's degrees of freedom are those of the whole sample.
    t = merged["estimate"] / merged["standard_error"]
    p_value = 2 * stats.t.sf(t.abs(), design.degrees_of_freedom - 1)
    seen.add("rest p", p_value, merged["diff_p"], 1e-5)
    seen.add(
        "rest t",
        merged["estimate"] / merged["standard_error"],
        merged["diff_t"],
        tolerance,
        tolerance,
    )


def _compare_orp_kish(
    seen: Comparison, design: Design, own: pd.DataFrame, tolerance: float
) -> None:
    theirs, weights = _wide(own, "orp"), design.weight_values
    for code, rows in design.frame.groupby("orp").indices.items():
        seen.add("kish", kish_deff(weights[rows]), theirs.loc[(code, ""), "kish_deff"], tolerance)
        seen.add(
            "kish", kish_n_effective(weights[rows]), theirs.loc[(code, ""), "n_eff"], tolerance
        )
        seen.add("n", len(rows), theirs.loc[(code, ""), "n"])


def test_area_against_rest_is_the_difference_of_disjoint_domains(orp: OrpReference) -> None:
    """The rest taken as what remains of the region, and the rest as a domain of its own."""
    from analysis.estimation import compare_with_rest

    design = replace(orp.design("rake5"), variance="calibrated")
    values = design.frame[QUESTIONS[:8]].to_numpy(float)
    areas = Domains.of_areas(design.frame["orp"], {"age": design.frame["age"]}, "region")
    ours = compare_with_rest(
        values,
        design.weight_values,
        areas,
        calibration=design.calibration,
        strata=design.frame["orp"],
        clusters=[design.frame["psu"]],
    )
    estimator = Estimator(
        values,
        design.weight_values,
        calibration=design.calibration,
        strata=design.frame["orp"],
        clusters=[design.frame["psu"]],
    )
    inner = np.flatnonzero(areas.wholes() >= 0)
    outer = areas.wholes()[inner]
    remaining = (areas.members[outer] - areas.members[inner]).tocsr()
    rest = Domains.of_members(remaining, areas.labels.iloc[inner])
    both = Domains.joined([areas.at(inner), rest])
    first = np.arange(len(inner))
    direct = compare_domains(estimator, both, first, first + len(inner))
    np.testing.assert_allclose(ours["estimate"], direct["estimate"], atol=1e-12)
    np.testing.assert_allclose(ours["standard_error"], direct["standard_error"], rtol=1e-9)
    np.testing.assert_allclose(ours["df"], direct["df"], rtol=1e-8)

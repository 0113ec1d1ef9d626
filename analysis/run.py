"""One study from its raw files to its released rows.

Everything is computed into memory first and written at the end, beside and then renamed;
the list of ingredients comes last, so a run that is cut off is never taken for done.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.approvals import read_approvals
from analysis.errors import WorkbenchError, issues_table
from analysis.estimates import COLUMNS
from analysis.generated import make_synthetic, refuse_mixture
from analysis.indicators.compiling import is_exhaustive
from analysis.indicators.estimating import SampleResult, estimate_study
from analysis.indicators.priorities import with_priorities
from analysis.ingredients import (
    Ingredients,
    answer_files,
    changed_ingredients,
    combined_hash,
    content_hash,
    has_content,
    run_ingredients,
)
from analysis.release.arithmetic import check_arithmetic
from analysis.release.gate import Released, release
from analysis.release.models import Known, Modelled, model_rows
from analysis.release.open_answers import OpenAnswer, offer_answers
from analysis.release.ranks import rank_rows
from analysis.release.rules import rule_set
from analysis.release.texts import (
    WAITING_FILE,
    quotations_to_approve,
    refresh_released_texts,
    release_texts,
    write_waiting,
)
from analysis.release.waves import Waves, change_rows
from analysis.sources.survey import read_sample
from analysis.study import Study, open_study
from analysis.validation.clean import Validated, validate
from analysis.validation.missing import missing_by_question
from analysis.variables import with_derived_variables
from analysis.weighting.auxiliaries import auxiliary_shares
from analysis.weighting.sample import weight_sample

Step = Callable[..., None]

RUN_KEY = "run_key.json"


@dataclass(frozen=True)
class RunOutcome:
    """What a run did."""

    study: Study
    done: bool
    issues: int
    record: Mapping[str, Any]

    def lines(self) -> list[str]:
        """The outcome in a few sentences."""
        if not self.done:
            return [f"{self.study.id}: up to date"]
        counts = self.record["release"]["counts"]
        audit = self.record["release"]["audit"]
        return [
            f"{self.study.id}: {sum(counts.values())} estimates, of them released "
            f"{counts.get('ok', 0) + counts.get('low_precision', 0) + counts.get('true_zero', 0)}",
            f"hidden for disclosure {audit['cells_hidden']}, recoverable {audit['recoverable']}",
            f"issues noted: {self.issues} (see needs check {self.study.id})",
            *self._waiting(),
        ]

    def _waiting(self) -> list[str]:
        offered = list(quotations_to_approve(self.study))
        waiting = len(read_approvals(self.study).waiting(offered))
        text = f"quotations that wait for a person: {waiting} (see needs approve {self.study.id})"
        return [text] if waiting else []


def run_study(
    study_id: str | Study,
    *,
    synthetic: bool = False,
    force: bool = False,
    step: Step = lambda *_: None,
) -> RunOutcome:
    """Weights, estimates and release of a study; nothing when all is up to date.

    Parameters
    ----------
    study_id
        Id, folder, or the opened study.
    synthetic
        Make answers by the generator where the study has none.
    force
        Even when the ingredients have not changed.
    step
        Called with a text before each stage.

    Raises
    ------
    WorkbenchError
        If definitions or data cannot be used; nothing is written then.
    """
    study = study_id if isinstance(study_id, Study) else open_study(study_id)
    if synthetic:
        make_synthetic(study, step)
    require_answers(study)
    ingredients = run_ingredients(study)
    if not force and stored_ingredients(study) == ingredients:
        refresh_released_texts(study)
        return RunOutcome(study, False, 0, read_run_record(study))
    return _run(study, ingredients, step)


def stored_ingredients(study: Study) -> Ingredients | None:
    """What the stored results were made from; None when there are none, or not as written."""
    key = _read_key(study)
    results = key.get("results", {}).items()
    intact = all(has_content(study.processed / name, digest) for name, digest in results)
    return key.get("ingredients") if intact else None


def _read_key(study: Study) -> dict[str, dict[str, str]]:
    """The ingredients of the stored results and the hashes of their files; {} without any."""
    try:
        content = json.loads((study.processed / RUN_KEY).read_text(encoding="utf-8"))
        return {name: dict(content[name]) for name in ("ingredients", "results")}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def reasons_to_run(study: Study) -> list[str]:
    """Why a run would compute something, in words; empty when it would not."""
    if not any(path.exists() for path in answer_files(study)):
        return ["there are no answers yet"]
    before = stored_ingredients(study)
    if before is None:
        return ["nothing has been computed yet"]
    return changed_ingredients(before, run_ingredients(study))


def require_answers(study: Study) -> None:
    """Refuse a study whose answers are not all there.

    Raises
    ------
    WorkbenchError
        Names the first file that is missing.
    """
    missing = [path for path in answer_files(study) if not path.exists()]
    if not missing:
        return
    none = len(missing) == len(answer_files(study))
    state = "has no answers yet" if none else "lacks some of its answers"
    raise WorkbenchError(
        f"the study {study.id} {state}",
        file=missing[0],
        expected="the file that the study card names",
        hint="put it there, or use --synthetic for generated answers" if none else "put it there",
    )


def read_run_record(study: Study) -> dict[str, Any]:
    """The record of the last run."""
    path = study.processed / "run_record.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


# --- the stages ---------------------------------------------------------------------------


def _run(study: Study, ingredients: Ingredients, step: Step) -> RunOutcome:
    results: list[SampleResult] = []
    issues: list[pd.DataFrame] = [issues_table(study.questionnaire.issues)]
    for name in study.samples:
        step(f"{study.id}: reading and checking {name}")
        validated = _usable(read_and_check(study, name), study, name)
        issues.append(validated.issues)
        step(f"{study.id}: weighting {name}")
        frame = with_derived_variables(study, validated.frame)
        weighted = weight_sample(study, name, frame)
        issues.append(issues_table(weighted.log))
        results.append(SampleResult(name, frame, validated, weighted))
    refuse_mixture({result.sample: _origin([result]) for result in results})
    step(f"{study.id}: estimating")
    input_hash = combined_hash(ingredients)
    estimates = estimate_study(study, results, input_hash=input_hash)
    step(f"{study.id}: releasing and auditing")
    released = _release(study, estimates, results)
    modelled = _modelled(study, results, released)
    rows = released.rows
    for beside in (
        rank_rows(released.rows, _asked_for(study, "rank")),
        modelled.rows,
        *_changes(study, released.rows),
    ):
        estimates, rows = _with_rows(estimates, beside), _with_rows(rows, beside)
    _check_arithmetic(study, rows)
    rows = with_priorities(study, rows)
    frames = {result.sample: result.frame for result in results}
    offered, open_answers = offer_answers(study, frames)
    # What a person has edited is refused before anything is written, not after.
    release_texts(study, offered, read_approvals(study))
    report = {**released.report, **_counted(rows)}
    record = _run_record(study, results, report, input_hash, open_answers)
    record["small_areas"] = modelled.diagnostics
    all_issues = pd.concat([table for table in issues if len(table)] or issues[:1])
    step(f"{study.id}: writing")
    _write(study, estimates, rows, record, all_issues, results, ingredients, offered)
    refresh_released_texts(study)
    return RunOutcome(study, True, len(all_issues), record)


def read_and_check(study: Study, sample: str) -> Validated:
    """The answers of a sample as read and checked.

    Raises
    ------
    WorkbenchError
        If a file cannot be read.
    """
    return validate(study, sample, read_sample(study, sample))


def _usable(validated: Validated, study: Study, sample: str) -> Validated:
    if validated.usable:
        return validated
    errors = validated.issues[validated.issues["severity"] == "error"]
    first = errors.iloc[0]
    raise WorkbenchError(
        f"the answers of the sample {sample} cannot be used: {first['what']}",
        file=first["file"],
        sheet=first["sheet"],
        row=int(first["row"]) if pd.notna(first["row"]) else None,
        column=first["column"],
        expected=first["expected"],
        got=first["got"],
        hint=f"{len(errors)} errors in all: needs check {study.id}",
    )


def _release(study: Study, estimates: pd.DataFrame, results: Iterable[SampleResult]) -> Released:
    codes = {indicator.code for indicator in study.indicators}
    breakdowns = {name for row in study.plan for name in row.breakdowns}
    return release(
        estimates,
        rule_set=study.card.release.rule_set,
        sensitive_breakdowns={name for name in breakdowns if study.is_sensitive(name)},
        exhaustive_indicators={code for code in codes if is_exhaustive(study, code)},
        minimum_n={indicator.code: indicator.minimum_n for indicator in study.indicators},
        minimum_n_comparison={
            indicator.code: indicator.minimum_n_comparison for indicator in study.indicators
        },
        weight_ranges={result.sample: _weight_range(result) for result in results},
        sensitive_bases=_sensitive_bases(study, estimates),
        derived_from=_derived_from(study),
    )


def _asked_for(study: Study, comparison: str) -> set[tuple[str, str]]:
    """Sample and indicator of the rows of the plan with a comparison."""
    return {(row.sample, row.indicator) for row in study.plan if comparison in row.comparisons}


def _modelled(study: Study, results: Iterable[SampleResult], released: Released) -> Modelled:
    """Model-based estimates of areas beside the direct ones."""
    card = study.card.small_areas
    margins = {result.sample: result.weighted.margins for result in results}
    tables = margins.get(card.sample) if card is not None else None
    known = Known(auxiliary_shares(study, tables), tables.population) if tables else None
    rules = rule_set(study.card.release.rule_set)
    return model_rows(released, _asked_for(study, "model"), known, rules)


def _changes(study: Study, released: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Changes since the earlier wave of each sample that has one."""
    minimum = rule_set(study.card.release.rule_set).precision.minimum_n_comparison
    for name, sample in study.samples.items():
        if sample.earlier is None:
            continue
        codes = [code for own, code in sorted(_asked_for(study, "earlier")) if own == name]
        differing = {code: study.differences_between_waves(name, code) for code in codes}
        states = {
            code: "no" if any(one.comparable == "no" for one in found) else "limited"
            for code, found in differing.items()
            if found
        }
        least = {code: study.indicator(code)[0].minimum_n_comparison for code in codes}
        yield change_rows(released, Waves(name, sample.earlier, codes, states, least), minimum)


def _with_rows(table: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """A table of estimates with rows that were made from released ones."""
    if not len(more):
        return table
    own = more[list(table.columns)].assign(input_hash=table["input_hash"].iloc[0])
    return pd.concat([table, own], ignore_index=True)


def _counted(rows: pd.DataFrame) -> dict[str, Any]:
    """The released rows by state."""
    counts = rows["release"].value_counts().sort_index()
    return {
        "rows": len(rows),
        "counts": {str(state): int(count) for state, count in counts.items()},
    }


def _check_arithmetic(study: Study, rows: pd.DataFrame) -> None:
    """Refuse to publish rows that cannot all be true."""
    rounding = rule_set(study.card.release.rule_set).rounding
    breakdowns = {name for row in study.plan for name in row.breakdowns}
    check_arithmetic(
        rows,
        share_step=rounding.share,
        mean_step=rounding.mean,
        n_step=rounding.n,
        exhaustive_indicators={
            indicator.code for indicator in study.indicators if is_exhaustive(study, indicator.code)
        },
        overlapping_breakdowns={
            name for name in breakdowns if study.questionnaire.is_multiple(name)
        },
    )


def _weight_range(result: SampleResult) -> dict[str, tuple[float, float]]:
    """The published least and greatest weight of each area."""
    by_area = result.weighted.diagnostics.by_area
    spread = zip(by_area["area"], by_area["weight_min"], by_area["weight_max"], strict=True)
    return {str(area): (float(low), float(high)) for area, low, high in spread}


def _sensitive_bases(study: Study, estimates: pd.DataFrame) -> set[tuple[str, str]]:
    keys = estimates[["indicator", "category"]].drop_duplicates()
    return {
        (code, category)
        for code, category in keys.itertuples(index=False, name=None)
        if study.definition_of(code, category).has_sensitive_base(category)
    }


def _derived_from(study: Study) -> dict[str, set[str]]:
    sources: dict[str, set[str]] = defaultdict(set)
    for indicator in study.indicators:
        sources[indicator.code].update(indicator.sources)
    return {code: names for code, names in sources.items() if names}


def _run_record(
    study: Study,
    results: Iterable[SampleResult],
    report: Mapping[str, Any],
    input_hash: str,
    open_answers: Mapping[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    return {
        "study": study.id,
        "wave": study.wave,
        "data_origin": _origin(results),
        "samples": {
            result.sample: {
                **_sample_record(study, result),
                "open_answers": open_answers[result.sample],
            }
            for result in results
        },
        "margins": _margins(results),
        "release": dict(report),
        "software": _software(),
        "seed": study.card.seed,
        "input_hash": input_hash,
    }


def _origin(results: Iterable[SampleResult]) -> str:
    origins = {origin for result in results for origin in result.frame["data_origin"].unique()}
    return "modelled" if "modelled" in origins else "observed"


def _sample_record(study: Study, result: SampleResult) -> dict[str, Any]:
    return {
        "n": len(result.frame),
        "response_flow": [stage.as_record() for stage in result.validated.response_flow],
        "coding": list(result.validated.coding),
        "missing": missing_by_question(study, result.sample, result.frame),
        "weighting": result.weighted.diagnostics.record(),
    }


def _margins(results: Iterable[SampleResult]) -> list[dict[str, Any]]:
    tables = [result.weighted.margins for result in results]
    return [margin for table in tables if table is not None for margin in table.record()]


def _software() -> dict[str, str]:
    packages = ("analysis", "numpy", "pandas", "scipy")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


# --- writing ------------------------------------------------------------------------------


def _write(
    study: Study,
    estimates: pd.DataFrame,
    released: pd.DataFrame,
    record: Mapping[str, Any],
    issues: pd.DataFrame,
    results: Iterable[SampleResult],
    ingredients: Ingredients,
    offered: Iterable[OpenAnswer],
) -> None:
    folder = study.processed
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{study.id}-") as staging:
        place = Path(staging)
        estimates[COLUMNS].to_parquet(place / "estimates.parquet", index=False)
        released.to_parquet(place / "released.parquet", index=False)
        _write_json(place / "run_record.json", record)
        issues.to_csv(place / "issues.csv", index=False)
        write_waiting(place / WAITING_FILE, offered)
        for result in results:
            result.weights_by_respondent().to_parquet(
                place / f"weights_{result.sample}.parquet", index=False
            )
        hashes = {path.name: content_hash(path) for path in sorted(place.iterdir())}
        _write_json(place / RUN_KEY, {"ingredients": ingredients, "results": hashes})
        _publish(study, place, hashes)


def _publish(study: Study, staging: Path, names: Iterable[str]) -> None:
    """Put results in their place; the key goes first and comes last."""
    folder = study.processed
    before = _read_key(study).get("results", {})
    folder.mkdir(exist_ok=True)
    (folder / RUN_KEY).unlink(missing_ok=True)
    for name in set(before) - set(names):
        (folder / name).unlink(missing_ok=True)
    for name in (*names, RUN_KEY):
        os.replace(staging / name, folder / name)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, default=str)
    path.write_text(text + "\n", encoding="utf-8")

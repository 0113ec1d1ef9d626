"""All reports of a study: what is not up to date is made, then the index and the manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.ingredients import changed_ingredients, combined_hash, report_ingredients
from analysis.presentation.makeup import MakeUp, read_makeup
from analysis.presentation.wording import words
from analysis.publishing.batch import Job, RenderError, RenderResult, render
from analysis.publishing.manifest import (
    Manifest,
    ReportRecord,
    is_intact,
    merged_records,
    read_manifest,
    record_of,
    run_summary,
    write_manifest,
)
from analysis.publishing.site import Site, write_site
from analysis.run import read_run_record, reasons_to_run, run_study, stored_ingredients
from analysis.study import Study, open_study
from analysis.workspace import find_workspace

Step = Callable[..., None]

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class BuildResult:
    """What a build made and what it could not make."""

    study: Study
    made: int = 0
    current: int = 0
    failures: tuple[RenderError, ...] = ()
    run_lines: tuple[str, ...] = ()
    slowest: float = 0.0

    def lines(self) -> list[str]:
        """The outcome in a few sentences."""
        place = self.study.workspace.reports(self.study.id)
        summary = (
            f"reports made {self.made}, up to date {self.current}, failed {len(self.failures)}"
        )
        return [*self.run_lines, summary, f"open {place / 'index.html'}"]


@dataclass(frozen=True)
class _Order:
    """One report that a study should have, with the hash of what it is made from."""

    job: Job
    ingredients: str
    named: Mapping[str, str] = field(repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        return self.job.kind, self.job.area, self.job.language


def build_study(
    study_id: str,
    *,
    synthetic: bool = False,
    languages: Sequence[str] | None = None,
    workers: int | None = None,
    step: Step = lambda *_: None,
) -> BuildResult:
    """Check, run, report and site: whatever is not up to date.

    Raises
    ------
    WorkbenchError
        If definitions or data cannot be used; what was published before stays.
    """
    outcome = run_study(study_id, synthetic=synthetic, step=step)
    result = render_reports(outcome.study, languages=languages, workers=workers, step=step)
    return BuildResult(
        result.study,
        result.made,
        result.current,
        result.failures,
        tuple(outcome.lines()),
        result.slowest,
    )


def render_reports(
    study_id: str | Study,
    *,
    kinds: Sequence[str] | None = None,
    areas: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    workers: int | None = None,
    force: bool = False,
    step: Step = lambda *_: None,
) -> BuildResult:
    """Make reports of the released rows that are there, then the index and the manifest.

    Parameters
    ----------
    study_id
        Id, folder, or the opened study.
    kinds, areas, languages
        Which; all kinds and areas of the study in its default language when not given.
    workers
        Processes.
    force
        Even those that are up to date.

    Raises
    ------
    WorkbenchError
        If the study has not been run, or has no such kind, area or language.
    """
    study = study_id if isinstance(study_id, Study) else open_study(study_id)
    _require_results(study)
    orders = list(_orders(study, kinds, areas, languages))
    folder = study.workspace.reports(study.id)
    before = read_manifest(folder)
    waiting = [order for order in orders if force or not _is_current(order, before, folder)]
    results = _rendered(waiting, workers, step)
    made = [
        record_of(result, order.ingredients)
        for order, result in zip(waiting, results, strict=True)
        if result.ok
    ]
    if made or (before is not None and not (folder / "index.html").exists()):
        _publish(study, before, made)
    return BuildResult(
        study,
        len(made),
        len(orders) - len(waiting),
        tuple(result.error for result in results if result.error is not None),
        slowest=max((result.seconds for result in results), default=0.0),
    )


def reasons_to_build(study_id: str) -> list[str]:
    """What a build would make and why, in words; empty when all is up to date."""
    study = open_study(study_id)
    reasons = [f"run: {reason}" for reason in reasons_to_run(study)]
    if reasons:
        return [*reasons, "reports: all, after the run"]
    folder = study.workspace.reports(study.id)
    manifest = read_manifest(folder)
    orders = list(_orders(study, None, None, None))
    stale = [order for order in orders if not _is_current(order, manifest, folder)]
    if stale and manifest is not None:
        named = {name: value for order in stale for name, value in order.named.items()}
        reasons += [f"reports: {text}" for text in changed_ingredients(manifest.ingredients, named)]
    return [*reasons, *(f"report {' '.join(order.key)} would be made" for order in stale)]


def study_states() -> pd.DataFrame:
    """Every study of the workspace and what state it is in."""
    workspace = find_workspace()
    return pd.DataFrame(
        [_state(open_study(name, workspace)) for name in workspace.study_ids()],
        columns=["study", "title", "areas", "answers", "results", "reports"],
    )


# --- what there should be -----------------------------------------------------------------


def _orders(
    study: Study,
    kinds: Sequence[str] | None,
    areas: Sequence[str] | None,
    languages: Sequence[str] | None,
) -> Iterator[_Order]:
    chosen_languages = _chosen(
        languages, study.languages, (study.card.default_language,), "language"
    )
    chosen_areas = _chosen(areas, [*study.areas.index, study.whole], None, "area")
    for kind in _chosen(kinds, study.reports, study.reports, "kind of report"):
        makeup = read_makeup(study, kind)
        template = _template(study, kind)
        named = report_ingredients(study, kind, template)
        for language in chosen_languages:
            for area in _areas_of(study, makeup, chosen_areas if areas else None):
                job = _job(study, kind, area, language, template)
                own = {"area": area, "language": language}
                yield _Order(job, combined_hash({**named, **own}), named)


def _chosen(
    wanted: Sequence[str] | None,
    known: Iterable[str],
    default: Sequence[str] | None,
    what: str,
) -> list[str]:
    names = list(known)
    if not wanted:
        return names if default is None else list(default)
    for name in wanted:
        if name not in names:
            raise WorkbenchError(
                f"the study has no {what} {name}",
                expected=", ".join(names),
                got=name,
                hint=suggestion(name, names),
            )
    return list(dict.fromkeys(wanted))


def _areas_of(study: Study, makeup: MakeUp, chosen: Sequence[str] | None) -> list[str]:
    """The areas, or the region, that a kind of report is made for."""
    by_level = {
        "area": list(study.areas.index),
        "whole": [study.whole],
        "both": [*study.areas.index, study.whole],
    }
    possible = by_level[makeup.level]
    return possible if chosen is None else [area for area in chosen if area in possible]


def _template(study: Study, kind: str) -> Path:
    """The study's own template of a kind of report, else the workspace's."""
    name = f"{kind}.ipynb"
    places = (
        study.folder / "notebooks" / name,
        study.workspace.notebooks / "reports" / name,
        PROJECT / "notebooks" / "reports" / name,
    )
    for place in places:
        if place.exists():
            return place
    raise WorkbenchError(
        f"there is no template for reports of the kind {kind}",
        file=places[1],
        expected=f"a notebook {name} with a cell tagged parameters",
    )


def _job(study: Study, kind: str, area: str, language: str, template: Path) -> Job:
    whole = area == study.whole and area not in study.areas.index
    slug = _region_slug(study) if whole else str(study.areas.loc[area, "slug"])
    return Job(
        study=study.id,
        kind=kind,
        area=area,
        slug=slug,
        language=language,
        template=template,
        parameters={"study": study.id, "area": area, "language": language},
        workspace=study.workspace.root,
        reports=study.workspace.reports(study.id),
    )


def _region_slug(study: Study) -> str:
    if study.region is None or study.territory is None:
        return ""
    return study.territory.slug(study.region)


def _is_current(order: _Order, manifest: Manifest | None, folder: Path) -> bool:
    record = manifest.report(*order.key) if manifest is not None else None
    return (
        record is not None and record.ingredients == order.ingredients and is_intact(folder, record)
    )


def _require_results(study: Study) -> None:
    if stored_ingredients(study) is None:
        raise WorkbenchError(
            f"the study {study.id} has no released results yet",
            file=study.processed / "released.parquet",
            hint=f"run needs run {study.id} first (with --synthetic where there are no answers)",
        )


# --- making and publishing ----------------------------------------------------------------


def _rendered(orders: Sequence[_Order], workers: int | None, step: Step) -> list[RenderResult]:
    if not orders:
        return []
    step("rendering reports", 0, len(orders))

    def tell(result: RenderResult, done: int, total: int) -> None:
        word = "made" if result.ok else "FAILED"
        text = f"{result.job.kind} {result.job.stem} {result.job.language}: {word}"
        step(f"{text} in {result.seconds:.1f} s", done, total)

    return render([order.job for order in orders], workers=workers, progress=tell)


def _publish(study: Study, before: Manifest | None, made: Iterable[ReportRecord]) -> None:
    folder = study.workspace.reports(study.id)
    folder.mkdir(parents=True, exist_ok=True)
    records = merged_records(before.reports if before else (), made)
    record = read_run_record(study)
    index = write_site(folder, _site(study, records, record))
    ingredients = {
        name: value
        for kind in study.reports
        for name, value in report_ingredients(study, kind, _template(study, kind)).items()
    }
    ingredients.update(stored_ingredients(study) or {})
    write_manifest(folder, Manifest(study.id, ingredients, run_summary(record), records, (index,)))


def _site(study: Study, records: Sequence[ReportRecord], record: Mapping[str, object]) -> Site:
    language = study.card.default_language
    phrases = words(language)
    modelled = record["data_origin"] == "modelled"
    areas = {str(code): str(name) for code, name in study.areas["name"].items()}
    return Site(
        title=study.title[language],
        language=language,
        areas={**areas, study.whole: _whole_name(study)},
        kinds={kind: read_makeup(study, kind).title[language] for kind in study.reports},
        reports=records,
        subtitle=study.card.project.name.get(language, ""),
        expected=[order.key for order in _orders(study, None, None, None)],
        watermark=phrases.say("title_page.watermark") if modelled else "",
        watermark_note=phrases.say("title_page.watermark_note") if modelled else "",
        publicity=study.card.project.publicity.get(language, ""),
    )


def _whole_name(study: Study) -> str:
    if study.region is None or study.territory is None:
        return study.title[study.card.default_language]
    return study.territory.name(study.region)


def _state(study: Study) -> dict[str, object]:
    files = [file.path for sample in study.samples.values() for file in sample.files]
    there = sum((study.raw / path).exists() for path in files)
    reasons = reasons_to_run(study)
    manifest = read_manifest(study.workspace.reports(study.id))
    return {
        "study": study.id,
        "title": study.title[study.card.default_language],
        "areas": len(study.areas),
        "answers": f"{there} of {len(files)} files",
        "results": "up to date" if not reasons else reasons[0],
        "reports": len(manifest.reports) if manifest else 0,
    }

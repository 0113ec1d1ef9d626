"""All reports of a study: what is not up to date is made, then the index and the manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.approvals import read_approvals
from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.ingredients import (
    Ingredients,
    answer_files,
    changed_ingredients,
    combined_hash,
    has_content,
    public_ingredients,
    report_ingredients,
)
from analysis.presentation.annex_definition import (
    OPEN_DATA,
    WORKBOOKS,
    annex_file,
    has_annex,
    read_annex,
)
from analysis.presentation.makeup import read_makeup
from analysis.presentation.maps import plain_map
from analysis.presentation.outlines import BOUNDARIES
from analysis.presentation.released_parts import parts_read
from analysis.presentation.rows import RELEASED_FILE, read_released
from analysis.presentation.scene import DRAFT, RELEASE, checked_edition
from analysis.presentation.wording import words
from analysis.publishing.batch import Job, OutputFile, RenderResult, render
from analysis.publishing.manifest import (
    Manifest,
    ReportRecord,
    is_intact,
    merged_records,
    output_file,
    read_manifest,
    record_of,
    run_summary,
    shortened,
    write_manifest,
    write_whole,
)
from analysis.publishing.measures import Measures, measures_from
from analysis.publishing.notebook import declared_parameters, read_notebook
from analysis.publishing.one_batch import (
    finished_reports,
    forget_finished,
    note_finished,
    one_batch,
)
from analysis.publishing.phrases import phrases
from analysis.publishing.releases import FOLDER as RELEASES
from analysis.publishing.releases import (
    checked_name,
    keep_release,
    latest_release,
    same_as_kept,
)
from analysis.publishing.sbom import NAME as SBOM
from analysis.publishing.sbom import software_bill
from analysis.publishing.site import Site, write_site
from analysis.release.texts import refresh_released_texts
from analysis.run import read_run_record, reasons_to_run, run_study, stored_ingredients
from analysis.study import Study, open_study
from analysis.unchanged import build_request, files_beside, inputs_hash, keep_state, opening
from analysis.workspace import Workspace, find_workspace, shipped_workspace

Step = Callable[..., None]
_Key = tuple[str, str, str]

#: What tells the parts of a data annex from reports that notebooks make.
_DATA: Mapping[str, Any] = {
    WORKBOOKS: {"formats": ("xlsx",), "data": "workbook"},
    OPEN_DATA: {"formats": (), "data": "tables"},
}
_STATE = ["study", "title", "areas", "answers", "results", "reports"]


@dataclass(frozen=True)
class BuildResult:
    """What a build made and what it could not make."""

    study: Study
    made: int = 0
    current: int = 0
    failed: tuple[RenderResult, ...] = ()
    run_lines: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    @property
    def failures(self) -> list[str]:
        """Each report that failed: kind, language, area, cell of its notebook, message."""
        return [f"{one.job.kind} {one.job.language} {one.error}" for one in self.failed]

    def lines(self) -> list[str]:
        """The outcome in a few sentences."""
        return [*self.told(), *self.kept, *opening(self.study.workspace.reports(self.study.id))]

    def told(self) -> list[str]:
        """The outcome without where to look at it."""
        summary = f"reports made {self.made}, up to date {self.current}, failed {len(self.failed)}"
        folder = self.study.workspace.reports(self.study.id)
        return [*self.run_lines, summary, *_measured(folder)]


def _measured(folder: Path) -> list[str]:
    """What the published reports hold, and how many values of their main chapters are not plain."""
    manifest = read_manifest(folder)
    measured = [
        (record, measures_from(record.measures))
        for record in (manifest.reports if manifest else ())
        if record.measures.get("tables")
    ]
    if not measured:
        return []
    whole = sum((measures for _, measures in measured), Measures())
    worst, most = max(measured, key=lambda pair: pair[1].not_plain)
    return [
        f"in {len(measured)} reports: {whole.pages} pages, {whole.tables} tables,"
        f" {whole.figures} figures",
        f"hidden or bracketed in main chapters: {whole.not_plain:.1%} of {whole.values} values,"
        f" at most {most.not_plain:.1%} ({worst.kind} {worst.area})",
    ]


@dataclass(frozen=True)
class _Order:
    """One report that a study should have, with the hash of what it is made from."""

    job: Job
    ingredients: str
    named: Mapping[str, str] = field(repr=False)

    @property
    def key(self) -> _Key:
        return self.job.kind, self.job.area, self.job.language


def build_study(
    study_id: str,
    *,
    synthetic: bool = False,
    kinds: Sequence[str] | None = None,
    areas: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    workers: int | None = None,
    edition: str = DRAFT,
    name: str | None = None,
    step: Step = lambda *_: None,
) -> BuildResult:
    """Check, run, report and site: whatever is not up to date.

    Only the reports of ``kinds`` and ``areas`` where these are given. Without ``languages``
    the study's default language and every other in which there are reports already, so that
    none of them grows old beside the new ones. ``edition`` is ``draft`` or ``release``; a
    release in which nothing failed is kept under its ``name``, else under the next number.

    Raises
    ------
    WorkbenchError
        If definitions or data cannot be used; what was published before stays.
    """
    study = open_study(study_id)
    inputs = inputs_hash(study.workspace, study.id, files_beside(study))
    wanted = languages or _published_languages(study)
    # What cannot be made is told before the long work, not after it.
    if edition == RELEASE:
        checked_name(study.workspace.reports(study.id), name)
    _orders(study, kinds, areas, wanted, edition)
    outcome = run_study(study, synthetic=synthetic, step=step)
    result = render_reports(
        study, kinds=kinds, areas=areas, languages=wanted, workers=workers, edition=edition,
        step=step,
    )  # fmt: skip
    if not result.failed:
        request = build_request(
            synthetic=synthetic, kinds=kinds, areas=areas, languages=languages, edition=edition
        )
        again = replace(outcome, done=False).lines()
        rest = replace(result, made=0, current=result.made + result.current, run_lines=tuple(again))
        keep_state(study, request, inputs, rest.told())
        if edition == RELEASE:
            result = replace(result, kept=_kept_release(study, name))
    return replace(result, run_lines=tuple(outcome.lines()))


def _kept_release(study: Study, name: str | None) -> tuple[str, ...]:
    """Keep what is published as a release, unless one holds the same; told in a line."""
    reports = study.workspace.reports(study.id)
    manifest = read_manifest(reports) or Manifest(study.id)
    drafts = sum(record.edition != RELEASE for record in manifest.reports)
    if drafts:
        return (f"no release is kept as long as there are drafts: {drafts}",)
    same = same_as_kept(reports)
    if same is not None:
        return (f"release {same} holds the same already",)
    folder = keep_release(reports, read_released(study).frame, checked_name(reports, name))
    return (f"release {folder.name} kept in {folder}",)


def render_reports(
    study_id: str | Study,
    *,
    kinds: Sequence[str] | None = None,
    areas: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    workers: int | None = None,
    force: bool = False,
    edition: str = DRAFT,
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
    edition
        ``draft``, or ``release``, in which only approved recommendations stand.

    Raises
    ------
    WorkbenchError
        If the study has not been run, or has no such kind, area or language.
    """
    study = study_id if isinstance(study_id, Study) else open_study(study_id)
    _require_results(study)
    refresh_released_texts(study)
    expected = _orders(study, None, None, None, edition)
    orders = _orders(study, kinds, areas, languages, edition)
    folder = study.workspace.reports(study.id)
    if not force and _is_all_there(study, orders):
        return BuildResult(study, 0, len(orders))
    with one_batch(folder, lambda text: step(text)):
        return _make_stale(study, expected, orders, workers, force, step)


def _is_all_there(study: Study, orders: Sequence[_Order]) -> bool:
    """Whether nothing is to be made or published, so that no file need be touched."""
    folder = study.workspace.reports(study.id)
    manifest = read_manifest(folder)
    return (
        manifest is not None
        and all(_is_current(order, manifest, folder) for order in orders)
        and _kept(study, manifest.reports) == list(manifest.reports)
        and _are_intact(folder, manifest.files)
    )


def _kept(study: Study, records: Iterable[ReportRecord]) -> list[ReportRecord]:
    """The reports that the study still makes."""
    possible = set(_possible_keys(study))
    return [record for record in records if record.key in possible]


def _make_stale(
    study: Study,
    expected: Sequence[_Order],
    orders: Sequence[_Order],
    workers: int | None,
    force: bool,
    step: Step,
) -> BuildResult:
    """Make the ordered reports that are not up to date, then the index and the manifest."""
    folder = study.workspace.reports(study.id)
    written = read_manifest(folder) or Manifest(study.id)
    finished = [record for record in finished_reports(folder) if is_intact(folder, record)]
    before = replace(written, reports=merged_records(written.reports, finished))
    waiting = {
        order.key: order for order in orders if force or not _is_current(order, before, folder)
    }
    results: dict[_Key, RenderResult] = {}
    made: list[ReportRecord] = []

    def keep(result: RenderResult) -> None:
        job = result.job
        key = job.kind, job.area, job.language
        if key not in results and result.ok:
            made.append(record_of(result, waiting[key].ingredients, waiting[key].named))
            note_finished(folder, made[-1])
        results[key] = result

    try:
        _render([order.job for order in waiting.values()], workers, step, keep)
    finally:
        # What was finished before an interruption need not be made again.
        _publish(study, written, [*finished, *made], expected)
        forget_finished(folder)
    failed = tuple(results[key] for key in waiting if not results[key].ok)
    return BuildResult(study, len(made), len(orders) - len(waiting), failed)


def reasons_to_build(study_id: str) -> list[str]:
    """What a build would make and why, in words; empty when all is up to date."""
    study = open_study(study_id)
    reasons = [f"run: {reason}" for reason in reasons_to_run(study)]
    if reasons:
        return [*reasons, "reports: all, after the run"]
    folder = study.workspace.reports(study.id)
    manifest = read_manifest(folder) or Manifest(study.id)
    orders = _orders(study, None, None, _published_languages(study), _published_edition(study))
    stale = [order for order in orders if not _is_current(order, manifest, folder)]
    by_order = {order.key: _why_stale(order, manifest, folder) for order in stale}
    common = [text for text in next(iter(by_order.values()), [])
              if len(stale) > 1 and all(text in texts for texts in by_order.values())]  # fmt: skip
    return [
        *(f"reports: {text}" for text in common),
        *(_named_reason(key, [text for text in texts if text not in common])
          for key, texts in by_order.items()),
    ]  # fmt: skip


def _why_stale(order: _Order, manifest: Manifest, folder: Path) -> list[str]:
    """What changed since a report was made, or which file is not as made; [] for a new report."""
    record = manifest.report(*order.key)
    if record is None:
        return []
    changed = changed_ingredients(record.made_from, shortened(order.named))
    changed = changed if record.made_from else []
    damaged = [file.path for file in record.files.values() if not _are_intact(folder, [file])]
    reasons = [*changed, *(f"the file {path} is absent or changed" for path in damaged)]
    return reasons or ["its parameters changed"]


def _named_reason(key: _Key, reasons: Sequence[str]) -> str:
    named = f"report {' '.join(key).rstrip()} would be made"
    return f"{named}: {', '.join(reasons)}" if reasons else named


def study_states() -> pd.DataFrame:
    """Every study of the workspace and what state it is in; one that cannot be opened too."""
    workspace = find_workspace()
    return pd.DataFrame(
        [_state(name, workspace) for name in workspace.study_ids()],
        columns=_STATE,
    )


# --- what there should be -----------------------------------------------------------------


def _orders(
    study: Study,
    kinds: Sequence[str] | None,
    areas: Sequence[str] | None,
    languages: Sequence[str] | None,
    edition: str,
) -> list[_Order]:
    """The reports asked for; all kinds and areas in the default language when not given.

    Raises
    ------
    WorkbenchError
        If the study has no such kind, area or language, a make-up or template cannot be
        used, or none of the kinds is made for the areas.
    """
    orders = list(_each_order(study, kinds, areas, languages, edition))
    if areas and not orders:
        raise WorkbenchError(
            "no kind of report is made for these areas",
            expected=", ".join(f"{kind}: {_level(study, kind)}"
                               for kind in kinds or _kinds(study)),
            got=", ".join(areas),
        )  # fmt: skip
    return orders


def _each_order(
    study: Study,
    kinds: Sequence[str] | None,
    areas: Sequence[str] | None,
    languages: Sequence[str] | None,
    edition: str,
) -> Iterator[_Order]:
    default = (study.card.default_language,)
    chosen_languages = _chosen(languages, _named(study.languages), default, "language")
    known_areas = {**_named_areas(study), study.whole: _whole_name(study)}
    chosen_areas = _chosen(areas, known_areas, None, "area")
    for kind in _chosen(kinds, _named(_kinds(study)), None, "kind of report"):
        template = _template(study, kind)
        shared = _ingredients(study, kind, template)
        # The data annex holds released rows and nothing that waits for anybody's approval.
        asked = {} if kind in _DATA else _edition_parameter(template, checked_edition(edition))
        level = _level(study, kind)
        for language in [""] if kind == OPEN_DATA else chosen_languages:
            for area in _areas_of(study, level, chosen_areas if areas else None):
                job = _job(study, kind, area, language, template, asked)
                named = {**shared, **_rows_read(study, kind, area)}
                given = {f"parameter {key}": str(value) for key, value in job.parameters.items()}
                yield _Order(job, combined_hash({**named, **given}), named)


def _chosen(
    wanted: Sequence[str] | None,
    known: Mapping[str, str],
    default: Sequence[str] | None,
    what: str,
) -> list[str]:
    """The codes asked for, each known; ``known`` maps them to their names."""
    if not wanted:
        return list(known if default is None else default)
    for code in wanted:
        if code not in known:
            raise WorkbenchError(
                f"the study has no {what} {code}",
                expected=", ".join(" ".join(dict.fromkeys(entry)) for entry in known.items()),
                got=code,
                hint=_nearest(code, known),
            )
    return list(dict.fromkeys(wanted))


def _nearest(wanted: str, known: Mapping[str, str]) -> str | None:
    """The code that was meant, also where its name was given."""
    codes = {name.casefold(): code for code, name in known.items()}
    if wanted.casefold() in codes:
        return f"did you mean {codes[wanted.casefold()]}?"
    return suggestion(wanted, known)


def _named(codes: Iterable[str]) -> dict[str, str]:
    return {code: code for code in codes}


def _named_areas(study: Study) -> dict[str, str]:
    return {str(code): str(name) for code, name in study.areas["name"].items()}


def _published_languages(study: Study) -> list[str]:
    """The default language, then the others in which there are reports."""
    manifest = read_manifest(study.workspace.reports(study.id)) or Manifest(study.id)
    published = {record.language for record in manifest.reports}
    others = [language for language in study.languages if language in published]
    return list(dict.fromkeys([study.card.default_language, *others]))


def _published_edition(study: Study) -> str:
    """``release`` where all reports are, so that nothing looks old that is only released."""
    manifest = read_manifest(study.workspace.reports(study.id)) or Manifest(study.id)
    editions = {record.edition for record in manifest.reports}
    return RELEASE if editions == {RELEASE} else DRAFT


def _ingredients(study: Study, kind: str, template: Path) -> Ingredients:
    """What a kind of report is made from, with the boundaries that its maps may show."""
    if kind in (WORKBOOKS, OPEN_DATA):
        return report_ingredients(study, kind, template)
    folder = study.workspace.raw(BOUNDARIES)
    shown = [path for path in folder.rglob("*") if path.is_file()] if study.region else []
    return report_ingredients(study, kind, template, shown)


def _rows_read(study: Study, kind: str, area: str) -> Ingredients:
    """The parts of the released rows that a report reads; none as long as there are none."""
    if not (study.processed / RELEASED_FILE).exists():
        return {}
    parts = parts_read(study, area)
    if kind == OPEN_DATA:
        # Every row of the open data names the inputs of its run.
        parts["inputs of the run"] = str(read_run_record(study).get("input_hash", ""))
    return parts


def _kinds(study: Study) -> list[str]:
    """The kinds of report that a study makes, then its data annex where it has one."""
    return [*study.reports, *((WORKBOOKS, OPEN_DATA) if has_annex(study) else ())]


def _level(study: Study, kind: str) -> str:
    """Whether a kind is made for each area, for all together, or for both."""
    if kind in (WORKBOOKS, OPEN_DATA) and kind not in study.reports:
        read_annex(study)
        return "both" if kind == WORKBOOKS else "whole"
    return read_makeup(study, kind).level


def _areas_of(study: Study, level: str, chosen: Sequence[str] | None) -> list[str]:
    """The areas, or the region, that a kind of report is made for."""
    by_level = {
        "area": list(study.areas.index),
        "whole": [study.whole],
        "both": [*study.areas.index, study.whole],
    }
    possible = by_level[level]
    return possible if chosen is None else [area for area in chosen if area in possible]


def _template(study: Study, kind: str) -> Path:
    """The study's own template of a kind of report, else the workspace's."""
    if kind in (WORKBOOKS, OPEN_DATA):
        return annex_file(study)
    name = f"{kind}.ipynb"
    places = (
        study.folder / "notebooks" / name,
        study.workspace.notebooks / "reports" / name,
        shipped_workspace().notebooks / "reports" / name,
    )
    for place in places:
        if place.exists():
            return place
    raise WorkbenchError(
        f"there is no template for reports of the kind {kind}",
        file=places[1],
        expected=f"a notebook {name} with a cell tagged parameters",
    )


def _job(
    study: Study,
    kind: str,
    area: str,
    language: str,
    template: Path,
    edition: Mapping[str, str],
) -> Job:
    whole = area == study.whole and area not in study.areas.index
    slug = _region_slug(study) if whole else str(study.areas.loc[area, "slug"])
    return Job(
        study=study.id,
        kind=kind,
        area=area,
        slug=slug,
        language=language,
        template=template,
        parameters={
            "study": _reference(study),
            "area": area,
            "language": language,
            **edition,
        },
        workspace=study.workspace.root,
        reports=study.workspace.reports(study.id),
        **_DATA.get(kind, {}),
        edition=edition.get("edition", DRAFT),
    )


def _edition_parameter(template: Path, edition: str) -> dict[str, str]:
    """The edition for the notebook; one that does not ask for it can make drafts only."""
    # A release is always asked for by name: a notebook without the parameter must fail then.
    return {"edition": edition} if edition == RELEASE or _asks_for_edition(template) else {}


def _asks_for_edition(template: Path) -> bool:
    try:
        return "edition" in declared_parameters(read_notebook(template), template)
    except WorkbenchError:
        # What is wrong with a template is told when its reports are made.
        return False


def _reference(study: Study) -> str:
    """How a notebook, run in the workspace, names the study: its id, else its folder."""
    workspace = study.workspace
    if study.folder == (workspace.studies / study.id).resolve():
        return study.id
    root = workspace.root.resolve()
    if study.folder.is_relative_to(root):
        return study.folder.relative_to(root).as_posix()
    return str(study.folder)


def _region_slug(study: Study) -> str:
    if study.region is None or study.territory is None:
        return ""
    return study.territory.slug(study.region)


def _is_current(order: _Order, manifest: Manifest, folder: Path) -> bool:
    record = manifest.report(*order.key)
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


def _render(
    jobs: Sequence[Job],
    workers: int | None,
    step: Step,
    keep: Callable[[RenderResult], None],
) -> None:
    """Make reports; ``keep`` is given each result as soon as it is known."""
    if not jobs:
        return
    step("rendering reports", 0, len(jobs))

    def tell(result: RenderResult, done: int, total: int) -> None:
        keep(result)
        word = "made" if result.ok else "FAILED"
        text = f"{result.job.kind} {result.job.stem} {result.job.language}: {word}"
        step(f"{text} in {result.seconds:.1f} s", done, total)

    for result in render(jobs, workers=workers, progress=tell):
        keep(result)


def _publish(
    study: Study, before: Manifest, made: Sequence[ReportRecord], expected: Sequence[_Order]
) -> None:
    """Index and manifest, where they would not tell the same as those that are there."""
    folder = study.workspace.reports(study.id)
    records = merged_records(_kept(study, before.reports), made)
    if not made and records == before.reports and _are_intact(folder, before.files):
        return
    folder.mkdir(parents=True, exist_ok=True)
    _withdraw(folder, before.reports, records)
    record = read_run_record(study)
    index = write_site(folder, _site(study, records, record, expected))
    ingredients = {name: value for order in expected for name, value in order.named.items()}
    ingredients.update(stored_ingredients(study) or {})
    public = public_ingredients(study, ingredients)
    bill = write_whole(folder / SBOM, software_bill(ingredients.get("requirements.lock", "")))
    files = (index, output_file(folder, bill))
    write_manifest(
        folder,
        Manifest(study.id, public, run_summary(record), records, files, tuple(_decided(study))),
    )


def _decided(study: Study) -> Iterator[dict[str, Any]]:
    """The decisions of people: by whom (the role, never a name), on what, how many."""
    decisions = read_approvals(study).decisions
    counted = Counter((one.role, one.kind, one.state) for one in decisions)
    for (role, kind, state), count in sorted(counted.items()):
        yield {"role": role, "kind": kind, "state": state, "items": count}


def _possible_keys(study: Study) -> Iterator[_Key]:
    """Every report that the definitions of the study can make."""
    for kind in _kinds(study):
        for area in _areas_of(study, _level(study, kind), None):
            for language in [""] if kind == OPEN_DATA else study.languages:
                yield kind, area, language


def _withdraw(
    folder: Path, before: Iterable[ReportRecord], records: Iterable[ReportRecord]
) -> None:
    """Take away files of reports that are no more; what somebody has changed stays."""
    kept = {file.path for record in records for file in record.files.values()}
    for record in before:
        for file in record.files.values():
            if file.path not in kept and _are_intact(folder, [file]):
                (folder / file.path).unlink()


def _are_intact(folder: Path, files: Iterable[OutputFile]) -> bool:
    return all(has_content(folder / file.path, file.sha256) for file in files)


def _site(
    study: Study,
    records: Sequence[ReportRecord],
    record: Mapping[str, Any],
    expected: Iterable[_Order],
) -> Site:
    language = study.card.default_language
    say = words(language).say
    names = _named_areas(study)
    modelled = record["data_origin"] == "modelled"
    titles = {kind: read_makeup(study, kind).title[language] for kind in study.reports}
    if has_annex(study):
        titles[WORKBOOKS] = read_annex(study).title[language]
    open_data = [one for one in records if one.kind == OPEN_DATA]
    return Site(
        title=study.title[language],
        language=language,
        areas={**names, study.whole: _whole_name(study)},
        kinds=titles,
        reports=[one for one in records if one.kind != OPEN_DATA],
        languages=study.languages,
        subtitle=study.card.project.name.get(language, ""),
        expected=[order.key for order in expected if order.job.kind != OPEN_DATA],
        open_data=[file for one in open_data for file in one.files.values()],
        watermark=say("title_page.watermark") if modelled else "",
        watermark_note=say("title_page.watermark_note") if modelled else "",
        stamp=say("title_page.stamp"),
        stamp_note=say("title_page.stamp_note"),
        map=plain_map(study, names),
        publicity=study.card.project.publicity.get(language, ""),
        since=latest_release(study.workspace.reports(study.id)) or "",
        new=_new_since_release(study, records),
        method_facts=tuple(_method_facts(study, record, language)),
        statement=_statement(study, language),
    )


def _new_since_release(study: Study, records: Iterable[ReportRecord]) -> frozenset[_Key]:
    """The reports that the last release does not hold as they are now."""
    reports = study.workspace.reports(study.id)
    name = latest_release(reports)
    released = read_manifest(reports / RELEASES / name) if name else None
    if released is None:
        return frozenset()
    before = {record.key: record.files for record in released.reports}
    return frozenset(record.key for record in records if before.get(record.key) != record.files)


def _method_facts(
    study: Study, record: Mapping[str, Any], language: str
) -> Iterator[tuple[str, str]]:
    """What all reports of a study have in common, for its index page."""
    say, numbers = phrases(language).say, words(language).numbers
    samples = record.get("samples", {})
    sizes = [
        f"{sample.title[language]} (n = {numbers.whole(samples[name]['n'])})"
        for name, sample in study.samples.items()
        if name in samples
    ]
    yield say("site.method_samples"), ", ".join(sizes)
    fieldwork = study.card.fieldwork
    if fieldwork.start and fieldwork.end:
        yield say("site.method_period"), numbers.period(fieldwork.start, fieldwork.end)
    release = record.get("release", {})
    audit = release.get("audit", {})
    yield say("site.method_rules"), str(release.get("rule_set", ""))
    hidden, recoverable = audit.get("cells_hidden", 0), audit.get("recoverable", 0)
    yield say("site.method_audit"), f"{numbers.whole(hidden)}; {numbers.whole(recoverable)}"
    software = record.get("software", {})
    yield say("site.method_software"), ", ".join(f"{n} {v}" for n, v in software.items())


def _statement(study: Study, language: str) -> dict[str, str]:
    """What the study card knows for the accessibility statement."""
    card, date_of = study.card.accessibility, words(language).numbers.date
    return {
        "keeper": card.keeper.get(language, ""),
        "contact": card.contact,
        "status": card.status,
        "exceptions": card.exceptions.get(language, ""),
        "prepared": date_of(card.prepared) if card.prepared else "",
        "reviewed": date_of(card.reviewed) if card.reviewed else "",
    }


def _whole_name(study: Study) -> str:
    if study.region is None or study.territory is None:
        return study.title[study.card.default_language]
    return study.territory.name(study.region)


def _state(name: str, workspace: Workspace) -> dict[str, object]:
    try:
        study = open_study(name, workspace)
        return {
            "study": name,
            "title": study.title[study.card.default_language],
            "areas": len(study.areas),
            **_progress_of(study),
        }
    except WorkbenchError:
        return {**dict.fromkeys(_STATE, ""), "study": name, "results": f"see needs check {name}"}


def _progress_of(study: Study) -> dict[str, str]:
    files = answer_files(study)
    reasons = reasons_to_run(study)
    folder = study.workspace.reports(study.id)
    manifest = read_manifest(folder) or Manifest(study.id)
    orders = _orders(study, None, None, _published_languages(study), _published_edition(study))
    current = sum(_is_current(order, manifest, folder) for order in orders) if not reasons else 0
    return {
        "answers": f"{sum(path.exists() for path in files)} of {len(files)} files",
        "results": "up to date" if not reasons else reasons[0],
        "reports": f"{current} of {len(orders)} up to date",
    }

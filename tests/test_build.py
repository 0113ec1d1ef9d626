"""A build: what is not up to date and nothing else, and one failure costs only itself."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from analysis import build
from analysis.build import build_study, reasons_to_build, render_reports, study_states
from analysis.errors import WorkbenchError
from analysis.presentation.outlines import BOUNDARIES
from analysis.publishing.batch import FORMATS, Job, OutputFile, RenderError, RenderResult
from analysis.publishing.manifest import check_manifest, read_manifest
from analysis.run import run_study
from analysis.study import Study, open_study
from analysis.workspace import ENVIRONMENT_VARIABLE, Workspace
from tests.mini_results import (
    MAKEUP,
    answers,
    contents,
    mini_workspace,
    needs,
    write_answers,
    write_report,
)
from tests.mini_study import AREAS

Key = tuple[str, str, str]

#: No two files that stand in for reports are the same.
COUNTER = itertools.count()


class Renderer:
    """Writes small files in place of reports, at once; keeps what it was asked for.

    A report fails as long as the workspace has a file ``broken-<area>``.
    """

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.interrupted_after: int | None = None

    def __call__(self, jobs: Iterable[Job], *, progress: Any, **_: object) -> list[RenderResult]:
        ordered = list(jobs)
        results = []
        for place, job in enumerate(ordered):
            if place == self.interrupted_after:
                raise KeyboardInterrupt
            self.jobs.append(job)
            results.append(self.made(job))
            progress(results[-1], place + 1, len(ordered))
        return results

    def made(self, job: Job) -> RenderResult:
        if (job.workspace / f"broken-{job.area}").exists():
            return RenderResult(job, error=RenderError(job.area, 2, "ValueError: broken"))
        job.folder.mkdir(parents=True, exist_ok=True)
        files = {}
        for format in FORMATS:
            data = f"{job.stem} {job.language} {format} {next(COUNTER)}".encode()
            job.path(format).write_bytes(data)
            path = job.path(format).relative_to(job.reports).as_posix()
            files[format] = OutputFile(path, len(data), hashlib.sha256(data).hexdigest())
        title = f"Report on {job.area}"
        return RenderResult(job, files, title, "observed", edition=job.edition)

    def taken(self) -> set[Key]:
        """What was asked for since it was asked last."""
        keys = {(job.kind, job.area, job.language) for job in self.jobs}
        self.jobs = []
        return keys


@pytest.fixture
def renderer(monkeypatch: pytest.MonkeyPatch) -> Renderer:
    stand_in = Renderer()
    monkeypatch.setattr(build, "render", stand_in)
    return stand_in


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which the small study has been run and its reports have been made."""
    workspace = mini_workspace(tmp_path_factory.mktemp("finished"))
    with pytest.MonkeyPatch.context() as patching:
        patching.setattr(build, "render", Renderer())
        patching.setenv(ENVIRONMENT_VARIABLE, str(workspace.root))
        build_study("mini")
    return workspace.root


@pytest.fixture
def workspace(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of it for one test, and the workspace of its commands."""
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    return Workspace(tmp_path)


def change_answers(workspace: Workspace) -> None:
    write_answers(workspace, answers(seed=2))


def append_line(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def reports(workspace: Workspace) -> Path:
    return workspace.reports("mini")


def names(*areas: str, language: str = "cs", kind: str = "brief") -> set[str]:
    stems = {"d1": "d1-prvni", "d2": "d2-druhy"}
    return {
        f"{language}/{kind}/{stems.get(area, area)}.{format}"
        for area in areas
        for format in FORMATS
    }


BOTH = {("brief", "d1", "cs"), ("brief", "d2", "cs")}
SITE = {"index.html", "manifest.json", "sbom.cdx.json"}


# --- everything, once ---------------------------------------------------------------------


def test_a_build_makes_every_report_the_index_and_the_manifest(workspace: Workspace) -> None:
    assert set(contents(reports(workspace))) == names("d1", "d2") | SITE
    manifest = check_manifest(reports(workspace))  # compares every file with its hash
    assert {record.key for record in manifest.reports} == BOTH
    assert [file.path for file in manifest.files] == ["index.html", "sbom.cdx.json"]


def test_the_manifest_names_every_input_and_no_folder_of_this_machine(
    workspace: Workspace, finished: Path
) -> None:
    manifest = read_manifest(reports(workspace))
    assert manifest is not None
    assert {
        "definitions/study.yaml", "definitions/reports/brief.yaml", "raw/people.csv",
        "released rows of d1", "released totals of d2", "record of the run", "template brief",
        "package, presentation", "package, computing",
        "requirements.lock",
    } <= set(manifest.ingredients)  # fmt: skip
    card = workspace.studies / "mini" / "study.yaml"
    digest = hashlib.sha256(card.read_bytes()).hexdigest()
    assert manifest.ingredients["definitions/study.yaml"] == digest
    # The hash of answers would let somebody try what the answers may be.
    assert manifest.ingredients["raw/people.csv"] == "not published"
    for name, data in contents(reports(workspace)).items():
        assert str(finished).encode() not in data, name


def test_a_second_build_does_nothing(workspace: Workspace, renderer: Renderer) -> None:
    before = {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")}
    result = build_study("mini")
    assert renderer.taken() == set()
    assert result.lines() == [
        "mini: up to date",
        "reports made 0, up to date 2, failed 0",
        f"open {reports(workspace) / 'index.html'}",
    ]
    assert reasons_to_build("mini") == []
    assert {path: path.stat().st_mtime_ns for path in workspace.root.rglob("*")} == before


def test_touched_files_are_not_changed_files(workspace: Workspace, renderer: Renderer) -> None:
    for path in workspace.root.rglob("*"):
        os.utime(path, (1, 1))
    build_study("mini")
    assert renderer.taken() == set() and reasons_to_build("mini") == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("studies/mini/reports/brief.yaml", "reports: definitions/reports/brief.yaml changed"),
        ("studies/mini/notebooks/brief.ipynb", "reports: template brief changed"),
    ],
)
def test_a_changed_make_up_makes_the_reports_but_not_the_run(
    workspace: Workspace, renderer: Renderer, name: str, reason: str
) -> None:
    append_line(workspace.root / name)
    assert reasons_to_build("mini") == [
        reason,
        "report brief d1 cs would be made",
        "report brief d2 cs would be made",
    ]
    assert build_study("mini").run_lines == ("mini: up to date",)
    assert renderer.taken() == BOTH and reasons_to_build("mini") == []


def test_changed_answers_make_everything(workspace: Workspace, renderer: Renderer) -> None:
    change_answers(workspace)
    assert reasons_to_build("mini") == [
        "run: raw/people.csv changed",
        "reports: all, after the run",
    ]
    assert build_study("mini").made == 2
    assert renderer.taken() == BOTH and reasons_to_build("mini") == []
    check_manifest(reports(workspace))


@pytest.mark.parametrize("change", [Path.unlink, append_line])
@pytest.mark.parametrize("format", FORMATS)
def test_a_published_file_that_is_not_as_made_is_made_again(
    workspace: Workspace, renderer: Renderer, format: str, change: Callable[[Path], None]
) -> None:
    change(reports(workspace) / "cs" / "brief" / f"d2-druhy.{format}")
    assert reasons_to_build("mini") == [
        "report brief d2 cs would be made: "
        f"the file cs/brief/d2-druhy.{format} is absent or changed"
    ]
    build_study("mini")
    assert renderer.taken() == {("brief", "d2", "cs")}
    check_manifest(reports(workspace))


@pytest.mark.parametrize("change", [Path.unlink, append_line])
def test_the_index_is_written_again_without_any_report(
    workspace: Workspace, renderer: Renderer, change: Callable[[Path], None]
) -> None:
    before = contents(reports(workspace))
    change(reports(workspace) / "index.html")
    build_study("mini")
    assert renderer.taken() == set()
    assert contents(reports(workspace)) == before


@pytest.mark.parametrize("text", [None, "{", '{"format": 0}'])
def test_without_a_usable_manifest_nothing_counts_as_made(
    workspace: Workspace, renderer: Renderer, text: str | None
) -> None:
    path = reports(workspace) / "manifest.json"
    path.unlink() if text is None else path.write_text(text)
    assert len(reasons_to_build("mini")) == 2
    build_study("mini")
    assert renderer.taken() == BOTH
    check_manifest(reports(workspace))


def test_boundaries_that_maps_may_show_are_an_ingredient(
    zlin: Study, tmp_path: Path, workspace: Workspace
) -> None:
    """Only of a study that has a region: without one there is no map."""
    moved = replace(zlin, workspace=Workspace(tmp_path))
    template = workspace.studies / "mini" / "notebooks" / "brief.ipynb"
    file = moved.workspace.raw(BOUNDARIES) / "area.geojson"
    file.parent.mkdir()
    file.write_text("{}")
    name = f"raw/{BOUNDARIES}/area.geojson"
    kind = zlin.reports[0]
    assert name in build._ingredients(moved, kind, template)
    mini = open_study("mini", workspace)
    assert name not in build._ingredients(mini, "brief", template)


# --- failures -----------------------------------------------------------------------------


def test_a_report_that_fails_costs_only_itself(workspace: Workspace, renderer: Renderer) -> None:
    before = contents(reports(workspace))
    change_answers(workspace)
    (workspace.root / "broken-d2").touch()
    result = build_study("mini")
    assert (result.made, len(result.failed)) == (1, 1)
    assert result.failures == ["brief cs d2, cell 2: ValueError: broken"]
    after = contents(reports(workspace))
    assert set(after) == set(before)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == names("d1") | {"manifest.json"}
    # What is there of the other is as it was, and known to be of the answers before.
    check_manifest(reports(workspace))
    renderer.taken()
    assert reasons_to_build("mini") == [
        "report brief d2 cs would be made: released rows of d2 changed, "
        "released rows of mini changed, released totals of d1 changed"
    ]
    (workspace.root / "broken-d2").unlink()
    assert build_study("mini").lines()[0] == "mini: up to date"
    assert renderer.taken() == {("brief", "d2", "cs")}
    assert reasons_to_build("mini") == []


def test_a_first_build_in_which_one_fails(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = mini_workspace(tmp_path)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    (tmp_path / "broken-d2").touch()
    build_study("mini")
    assert set(contents(reports(workspace))) == names("d1") | SITE
    page = (reports(workspace) / "index.html").read_text(encoding="utf-8")
    assert "d1-prvni.html" in page and "d2-druhy" not in page


def test_a_build_in_which_all_fail_publishes_nothing(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = mini_workspace(tmp_path)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    for area in ("d1", "d2"):
        (tmp_path / f"broken-{area}").touch()
    result = build_study("mini")
    assert len(result.failed) == 2 and not reports(workspace).exists()
    assert result.lines()[-1] == "reports made 0, up to date 0, failed 2"


def test_failures_are_told_in_the_order_of_the_areas(
    workspace: Workspace, renderer: Renderer
) -> None:
    for area in ("d2", "d1"):
        (workspace.root / f"broken-{area}").touch()
    failures = render_reports("mini", force=True).failures
    assert [text.split(",")[0] for text in failures] == ["brief cs d1", "brief cs d2"]


def test_an_interrupted_build_is_taken_up_where_it_stopped(
    workspace: Workspace, renderer: Renderer
) -> None:
    change_answers(workspace)
    renderer.interrupted_after = 1
    with pytest.raises(KeyboardInterrupt):
        build_study("mini")
    assert renderer.taken() == {("brief", "d1", "cs")}
    check_manifest(reports(workspace))
    renderer.interrupted_after = None
    build_study("mini")
    assert renderer.taken() == {("brief", "d2", "cs")}
    check_manifest(reports(workspace))


def test_a_failed_run_publishes_nothing(workspace: Workspace, renderer: Renderer) -> None:
    before = contents(workspace.root / "data" / "processed"), contents(reports(workspace))
    (workspace.raw("mini") / "people.csv").write_text("respondent\n")
    with pytest.raises(WorkbenchError):
        build_study("mini")
    assert renderer.taken() == set()
    assert before == (contents(workspace.root / "data" / "processed"), contents(reports(workspace)))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("reports/brief.yaml", MAKEUP.replace("K1", "K9"), "there is no indicator K9"),
        ("reports/other.yaml", MAKEUP, "there is no template for reports of the kind other"),
    ],
)
def test_reports_that_cannot_be_made_are_told_before_the_run(
    workspace: Workspace, renderer: Renderer, name: str, text: str, message: str
) -> None:
    change_answers(workspace)
    before = contents(workspace.processed("mini"))
    (workspace.studies / "mini" / name).write_text(text, encoding="utf-8")
    with pytest.raises(WorkbenchError, match=message):
        build_study("mini")
    assert contents(workspace.processed("mini")) == before and renderer.taken() == set()


def test_reports_of_a_study_that_has_not_been_run(workspace: Workspace, renderer: Renderer) -> None:
    shutil.rmtree(workspace.processed("mini"))
    with pytest.raises(WorkbenchError, match="no released results yet") as caught:
        render_reports("mini")
    assert "needs run mini" in str(caught.value.issue.hint)


def test_reports_are_never_made_of_a_run_that_was_cut_off(
    workspace: Workspace, renderer: Renderer
) -> None:
    (workspace.processed("mini") / "run_key.json").unlink()
    with pytest.raises(WorkbenchError, match="no released results yet"):
        render_reports("mini")


# --- some of the reports ------------------------------------------------------------------


def test_one_area_is_made_and_the_others_stay(workspace: Workspace, renderer: Renderer) -> None:
    before = contents(reports(workspace))
    result = render_reports("mini", areas=["d2"], force=True)
    assert (result.made, result.current) == (1, 0)
    after = contents(reports(workspace))
    assert {name for name in before if before[name] != after[name]} == names("d2") | {
        "manifest.json"
    }
    manifest = check_manifest(reports(workspace))
    assert {record.key for record in manifest.reports} == BOTH


def test_without_force_only_what_is_not_up_to_date(
    workspace: Workspace, renderer: Renderer
) -> None:
    (reports(workspace) / "cs" / "brief" / "d1-prvni.pdf").unlink()
    result = render_reports("mini")
    assert (result.made, result.current) == (1, 1)
    assert renderer.taken() == {("brief", "d1", "cs")}


def test_kinds_are_made_apart(workspace: Workspace, renderer: Renderer) -> None:
    write_report(workspace, MAKEUP.replace("level: area", "level: both"), "long")
    build_study("mini")
    long = {("long", area, "cs") for area in ("d1", "d2", "mini")}
    # A new make-up is a changed definition, so those of the other kind are made as well.
    assert renderer.taken() == BOTH | long
    assert names("d1", "d2", "mini", kind="long") <= set(contents(reports(workspace)))
    render_reports("mini", kinds=["long"], areas=["mini"], force=True)
    assert renderer.taken() == {("long", "mini", "cs")}
    # An area that only some of the kinds are made for is no mistake.
    render_reports("mini", areas=["mini"], force=True)
    assert renderer.taken() == {("long", "mini", "cs")}


def asks_for_edition(workspace: Workspace) -> None:
    """Let the notebook of the small study declare the edition and pass it on."""
    path = workspace.studies / "mini" / "notebooks" / "brief.ipynb"
    text = path.read_text(encoding="utf-8")
    text = text.replace(r"language = \"cs\"", r"language = \"cs\"\nedition = \"draft\"")
    text = text.replace("language=language)", "language=language, edition=edition)")
    path.write_text(text, encoding="utf-8")


def test_a_release_is_made_anew_and_stands_in_the_manifest_and_the_index(
    workspace: Workspace, renderer: Renderer
) -> None:
    asks_for_edition(workspace)
    build_study("mini")
    assert {job.parameters["edition"] for job in renderer.jobs} == {"draft"}
    assert renderer.taken() == {("brief", "d1", "cs"), ("brief", "d2", "cs")}
    assert "<small>pracovní verze" in (reports(workspace) / "index.html").read_text(
        encoding="utf-8"
    )
    build_study("mini", edition="release")
    assert {job.parameters["edition"] for job in renderer.jobs} == {"release"}
    assert renderer.taken() == {("brief", "d1", "cs"), ("brief", "d2", "cs")}
    assert {one.edition for one in check_manifest(reports(workspace)).reports} == {"release"}
    index = (reports(workspace) / "index.html").read_text(encoding="utf-8")
    assert "<small>pracovní verze" not in index
    build_study("mini", edition="release")
    assert renderer.taken() == set()
    # Nothing looks old that is only released.
    assert reasons_to_build("mini") == []
    build_study("mini")
    assert {one.edition for one in check_manifest(reports(workspace)).reports} == {"draft"}


def test_a_notebook_that_does_not_ask_for_the_edition_makes_drafts_only(
    workspace: Workspace, renderer: Renderer
) -> None:
    render_reports("mini", force=True)
    assert all("edition" not in job.parameters for job in renderer.jobs)
    renderer.taken()
    render_reports("mini", force=True, edition="release")
    # The parameter is given all the same, so that running the notebook fails.
    assert {(job.edition, job.parameters["edition"]) for job in renderer.jobs} == {
        ("release", "release")
    }


def test_there_is_no_third_edition(workspace: Workspace, renderer: Renderer) -> None:
    with pytest.raises(WorkbenchError, match="no edition final"):
        render_reports("mini", edition="final")


def test_a_second_language_stands_beside_the_first_and_is_kept_fresh(
    workspace: Workspace, renderer: Renderer
) -> None:
    english = {("brief", "d1", "en"), ("brief", "d2", "en")}
    assert build_study("mini", languages=["en", "cs"]).made == 2
    assert renderer.taken() == english
    assert set(contents(reports(workspace))) == (
        names("d1", "d2") | names("d1", "d2", language="en") | SITE
    )
    page = (reports(workspace) / "index.html").read_text(encoding="utf-8")
    assert "en/brief/d1-prvni.html" in page and "cs/brief/d1-prvni.html" in page
    change_answers(workspace)
    run_study("mini")
    assert [reason for reason in reasons_to_build("mini") if " en " in reason] == [
        "report brief d1 en would be made: released rows of d1 changed, "
        "released totals of d2 changed",
        "report brief d2 en would be made: released rows of d2 changed, "
        "released totals of d1 changed",
    ]
    build_study("mini")  # no language named
    assert renderer.taken() == BOTH | english
    assert reasons_to_build("mini") == []


@pytest.mark.parametrize(
    ("wanted", "message", "hint"),
    [
        ({"areas": ["d9"]}, "the study has no area d9", None),
        ({"areas": ["Druhý"]}, "the study has no area Druhý", "did you mean d2?"),
        ({"areas": ["mini"]}, "no kind of report is made for these areas", None),
        ({"kinds": ["brif"]}, "the study has no kind of report brif", "did you mean brief?"),
        ({"languages": ["de"]}, "the study has no language de", None),
    ],
)
def test_what_does_not_exist_is_refused_with_the_nearest(
    workspace: Workspace, renderer: Renderer, wanted: dict[str, Any], message: str, hint: str | None
) -> None:
    before = contents(reports(workspace))
    with pytest.raises(WorkbenchError, match=message) as caught:
        render_reports("mini", **wanted, force=True)
    assert caught.value.issue.hint == hint
    assert renderer.taken() == set() and contents(reports(workspace)) == before


# --- reports that are no more -------------------------------------------------------------


def test_the_reports_of_an_area_that_is_no_more_are_withdrawn(
    workspace: Workspace, renderer: Renderer
) -> None:
    append_line(reports(workspace) / "cs" / "brief" / "d2-druhy.xlsx")
    areas = AREAS.replace("d2,Druhý,druhy\n", "")
    (workspace.studies / "mini" / "areas.csv").write_text(areas, encoding="utf-8")
    build_study("mini")
    left = set(contents(reports(workspace))) - SITE
    # What somebody has changed is not ours to take away.
    assert left == names("d1") | {"cs/brief/d2-druhy.xlsx"}
    manifest = check_manifest(reports(workspace))
    assert {record.key for record in manifest.reports} == {("brief", "d1", "cs")}
    assert "d2-druhy" not in (reports(workspace) / "index.html").read_text(encoding="utf-8")


def test_a_renamed_report_leaves_nothing_under_its_old_name(
    workspace: Workspace, renderer: Renderer
) -> None:
    areas = AREAS.replace("druhy", "other")
    (workspace.studies / "mini" / "areas.csv").write_text(areas, encoding="utf-8")
    build_study("mini")
    assert {name.split("/")[-1] for name in contents(reports(workspace)) if "d2" in name} == {
        f"d2-other.{format}" for format in FORMATS
    }


def test_a_study_without_reports(workspace: Workspace, renderer: Renderer) -> None:
    shutil.rmtree(workspace.studies / "mini" / "reports")
    assert build_study("mini").lines()[1] == "reports made 0, up to date 0, failed 0"
    assert set(contents(reports(workspace))) == SITE


# --- where a study is ---------------------------------------------------------------------


def test_a_notebook_names_a_study_of_the_workspace_by_its_id(
    workspace: Workspace, renderer: Renderer
) -> None:
    render_reports("mini", areas=["d1"], force=True)
    assert renderer.jobs[0].parameters == {"study": "mini", "area": "d1", "language": "cs"}
    assert renderer.jobs[0].workspace == workspace.root


def test_a_notebook_names_a_study_elsewhere_by_its_folder_in_the_workspace(
    workspace: Workspace, renderer: Renderer
) -> None:
    folder = workspace.root / "more" / "mini"
    shutil.copytree(workspace.studies / "mini", folder)
    shutil.rmtree(workspace.studies / "mini")
    build_study(str(folder))
    assert {job.parameters["study"] for job in renderer.jobs} == {"more/mini"}
    assert {job.template for job in renderer.jobs} == {folder / "notebooks" / "brief.ipynb"}


# --- the state of studies -----------------------------------------------------------------


def test_states_of_studies(workspace: Workspace, renderer: Renderer) -> None:
    broken = workspace.studies / "broken"
    broken.mkdir()
    (broken / "study.yaml").write_text("id: broken\n")
    (reports(workspace) / "cs" / "brief" / "d1-prvni.pdf").unlink()
    states = study_states().set_index("study").to_dict("index")
    assert states["broken"]["results"] == "see needs check broken"
    assert states["mini"] == {
        "title": "Malá studie",
        "areas": 2,
        "answers": "1 of 1 files",
        "results": "up to date",
        "reports": "1 of 2 up to date",
    }
    (workspace.raw("mini") / "people.csv").unlink()
    states = study_states().set_index("study").to_dict("index")
    assert states["mini"]["results"] == "there are no answers yet"
    assert states["mini"]["reports"] == "0 of 2 up to date"


def test_a_workspace_without_studies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "studies" / "catalogues").mkdir(parents=True)
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path))
    assert study_states().empty


# --- real notebooks -----------------------------------------------------------------------


def test_real_reports_under_a_bare_locale(tmp_path: Path) -> None:
    """The whole way as a process of its own, with one notebook that fails."""
    workspace = mini_workspace(tmp_path)
    (tmp_path / "broken-d2").touch()
    bare = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    first = needs(tmp_path, "build", "mini", "--workers", "1", **bare)
    assert first.returncode == 1, first.stderr
    assert "failed: brief cs d2, cell 2: ValueError: this area is broken" in first.stderr
    assert "Traceback" not in first.stderr
    assert set(contents(reports(workspace))) == names("d1") | SITE
    (tmp_path / "broken-d2").unlink()
    second = needs(tmp_path, "build", "mini", "--workers", "1", **bare)
    assert second.returncode == 0, second.stderr
    assert "reports made 1, up to date 1, failed 0" in second.stdout
    published = contents(reports(workspace))
    assert set(published) == names("d1", "d2") | SITE
    check_manifest(reports(workspace))
    assert "Znalost služeb" in published["cs/brief/d2-druhy.html"].decode()
    assert published["cs/brief/d2-druhy.pdf"].startswith(b"%PDF-")
    for name, data in published.items():
        assert str(tmp_path).encode() not in data, name
    notebook = json.loads(published["cs/brief/d2-druhy.ipynb"])
    assert notebook["metadata"]["language_info"] == {"name": "python"}

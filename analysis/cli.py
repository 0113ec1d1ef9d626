"""The command ``needs``.

Exit status: 0 all well; 1 something the user must look at; 2 the request or an input
cannot be used. Errors go to stderr without a traceback; ``--debug`` shows it.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any

import typer

from analysis.errors import WorkbenchError

# One thread per process: the batch runs several, and results do not depend on how many.
for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

#: The exit status after Ctrl-C.
INTERRUPTED = 130

app = typer.Typer(
    name="needs",
    help="Needs analysis and evaluation of social services: from answers to reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Id or folder of the study.")]
Synthetic = Annotated[
    bool,
    typer.Option(
        "--synthetic",
        help="Use generated answers, marked as modelled, where no answers were received.",
    ),
]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="Kind of report; may be repeated.")]
Areas = Annotated[
    list[str] | None, typer.Option("--area", help="Code of an area; may be repeated.")
]
Languages = Annotated[
    list[str] | None, typer.Option("--lang", help="Language of the reports; may be repeated.")
]
Workers = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes; all cores when not given.")
]


Release = Annotated[
    bool,
    typer.Option(
        "--release",
        help="Only approved recommendations, none marked as a proposal; drafts when not given.",
    ),
]


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Needs analysis and evaluation of social services: from answers to reports."""
    if debug:
        os.environ["NEEDS_DEBUG"] = "1"


@app.command()
def studies() -> None:
    """What studies there are and what state each is in."""
    from analysis.build import study_states
    from analysis.console import show_table

    show_table("Studies", study_states())


@app.command()
def new(
    study: Annotated[str, typer.Argument(metavar="ID", help="Id of the new study.")],
    region: Annotated[str, typer.Option("--region", help="Code or name of the region.")],
    source: Annotated[
        str | None,
        typer.Option("--from", help="Study whose definitions are taken over; the shipped one."),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", help="In the study's default language.")
    ] = None,
    wave: Annotated[
        str | None, typer.Option("--wave", help="The year in the id, else this one.")
    ] = None,
) -> None:
    """A new study folder for a region, its areas filled in from the territory tables."""
    from analysis.console import say, show_issues
    from analysis.errors import issues_table
    from analysis.new_study import new_study

    made = new_study(study, region, source, title=title, wave=wave)
    show_issues(issues_table(made.leftovers))
    for line in made.lines():
        say(line)


@app.command()
def check(
    study: StudyArgument,
    definitions: Annotated[
        bool, typer.Option("--definitions", help="Only the definitions, not the raw data.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write all issues as CSV.")] = None,
) -> None:
    """Check definitions and raw data: a table of issues."""
    from analysis.checking import check_study, write_issues
    from analysis.console import say, show_error, show_issues

    checked = check_study(study, definitions_only=definitions)
    if out is not None:
        write_issues(checked, out)
    show_issues(checked.noted)
    for error in checked.unusable:
        show_error(error)
    count = len(checked.issues)
    found = f"{count} issue{'s' if count > 1 else ''}" if count else "nothing to complain of"
    say(f"{study}: {found}")
    raise typer.Exit(checked.status)


@app.command()
def run(
    study: StudyArgument,
    synthetic: Synthetic = False,
    force: Annotated[bool, typer.Option("--force", help="Even when up to date.")] = False,
) -> None:
    """Weights, estimates and release; nothing is done when all is up to date."""
    from analysis.console import progress, say
    from analysis.run import run_study

    with progress() as step:
        outcome = run_study(study, synthetic=synthetic, force=force, step=step)
    for line in outcome.lines():
        say(line)
    raise typer.Exit(0)


@app.command()
def report(
    study: StudyArgument,
    kind: Kinds = None,
    area: Areas = None,
    lang: Languages = None,
    workers: Workers = None,
    release: Release = False,
) -> None:
    """Render reports, whether up to date or not."""
    from analysis.build import render_reports
    from analysis.console import progress

    with progress() as step:
        result = render_reports(
            study, kinds=kind, areas=area, languages=lang, workers=workers, force=True,
            edition="release" if release else "draft", step=step,
        )  # fmt: skip
    _finish(result)


@app.command()
def build(
    study: StudyArgument,
    synthetic: Synthetic = False,
    kind: Kinds = None,
    area: Areas = None,
    lang: Languages = None,
    workers: Workers = None,
    release: Release = False,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Of the release that is kept; the next number else."),
    ] = None,
) -> None:
    """Check, run, report and site: whatever is not up to date.

    With --release all that is published is kept as a release when nothing failed.
    """
    from analysis.unchanged import build_request, nothing_to_do

    edition = "release" if release else "draft"
    request = build_request(
        synthetic=synthetic, kinds=kind, areas=area, languages=lang, edition=edition
    )
    same = None if release else nothing_to_do(study, request)
    if same is not None:
        from analysis.console import say

        for line in same:
            say(line)
        return
    from analysis.build import build_study
    from analysis.console import progress

    with progress() as step:
        result = build_study(
            study, synthetic=synthetic, kinds=kind, areas=area, languages=lang, workers=workers,
            edition=edition, name=name, step=step,
        )  # fmt: skip
    _finish(result)


@app.command()
def approve(
    study: StudyArgument,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="recommendation or quotation; repeatable.")
    ] = None,
    approved: Annotated[
        list[str] | None, typer.Option("--approve", metavar="ITEM", help="May be repeated.")
    ] = None,
    rejected: Annotated[
        list[str] | None, typer.Option("--reject", metavar="ITEM", help="May be repeated.")
    ] = None,
    withdrawn: Annotated[
        list[str] | None,
        typer.Option("--withdraw", metavar="ITEM", help="Take a decision back; may be repeated."),
    ] = None,
    role: Annotated[
        str, typer.Option("--role", help="The role of the person who decides, not a name.")
    ] = "",
    text: Annotated[str | None, typer.Option("--text", help="An edited text of one item.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="Language of the text.")] = None,
    note: Annotated[str, typer.Option("--note", help="Why, in a few words.")] = "",
    interactive: Annotated[
        bool, typer.Option("--interactive", help="Ask for each item that waits, one by one.")
    ] = False,
) -> None:
    """Recommendations and quotations that wait for a person, and what the person says."""
    from analysis import approving
    from analysis.console import say, show_table
    from analysis.study import open_study

    opened = open_study(study)
    states = {"approved": approved, "rejected": rejected, "proposed": withdrawn}
    words = approving.edited(opened, text, lang)
    answers = [
        approving.Answer(item, state, words, note)  # type: ignore[arg-type]
        for state, items in states.items()
        for item in items or ()
    ]
    if interactive:
        _approve_one_by_one(opened, kind, role)
    elif answers:
        decided = approving.decide(opened, answers, role)
        say("\n".join(f"{one.kind} {one.item}: {one.state}" for one in decided))
    else:
        table = approving.waiting_table(opened, kind)
        show_table(f"{study}: waiting for a person", table)
        say(f"{study}: {len(table)} waiting" if len(table) else f"{study}: nothing is waiting")


def _approve_one_by_one(study: Any, kinds: list[str] | None, role: str) -> None:
    """Ask on the terminal; each decision is recorded as soon as it is made."""
    from analysis import approving
    from analysis.console import say

    items = approving.waiting(study, kinds)
    who = role or (typer.prompt("Your role (not your name)") if items else "")
    for number, item in enumerate(items, start=1):
        say(f"\n[{number}/{len(items)}] {approving.described(study, item)}")
        said = typer.prompt("(a)pprove, (r)eject, (e)dit and approve, (s)kip, (q)uit", default="s")
        choice = said.strip().lower()[:1]
        if choice == "q":
            break
        if choice not in ("a", "r", "e"):
            continue
        text = typer.prompt("Text") if choice == "e" else None
        note = typer.prompt("Note", default="", show_default=False)
        state: Any = "rejected" if choice == "r" else "approved"
        words = approving.edited(study, text, None)
        approving.decide(study, [approving.Answer(item.item, state, words, note)], who)
    say(f"{study.id}: {len(approving.waiting(study, kinds))} still waiting")


@app.command()
def why(study: StudyArgument) -> None:
    """What would be rebuilt, and which ingredient changed."""
    from analysis.build import reasons_to_build
    from analysis.console import say

    reasons = reasons_to_build(study)
    for reason in reasons or ["nothing: all is up to date"]:
        say(reason)


@app.command()
def diff(
    study: StudyArgument,
    before: Annotated[str, typer.Argument(metavar="A", help="A release, or current.")],
    after: Annotated[str, typer.Argument(metavar="B", help="A release, or current.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write all rows as CSV.")] = None,
) -> None:
    """Two releases row by row, and which ingredient explains each change."""
    from analysis.console import say, show_table
    from analysis.release_changes import compare_releases

    found = compare_releases(study, before, after)
    if out is not None:
        found.write(out)
    if found.changes:
        show_table(f"{study}: {before} → {after}", found.table())
        show_table("What explains them", found.counts())
    say(found.summary())


@app.command()
def explain(
    study: StudyArgument,
    indicator: Annotated[str, typer.Argument(metavar="INDICATOR")],
    area: Annotated[str | None, typer.Option("--area", help="Code of an area.")] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="Language.")] = None,
) -> None:
    """One number: definition, base, method, caveats, where it came from."""
    import analysis
    from analysis.console import show_facts

    facts = analysis.open_study(study, language=lang).explain(indicator, area=area)
    show_facts(facts.caption, facts.items)


@app.command()
def code(
    study: StudyArgument,
    question: Annotated[str | None, typer.Option("--question", help="Only this one.")] = None,
    sample: Annotated[str | None, typer.Option("--sample", help="Only this one.")] = None,
    coder: Annotated[
        list[str] | None, typer.Option("--coder", help="Who codes; may be repeated.")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="xlsx or csv.")] = "xlsx",
    again: Annotated[
        bool, typer.Option("--again", help="Write over sheets that lie there.")
    ] = False,
) -> None:
    """Code open answers: sheets for two coders, then their agreement and disagreements."""
    from analysis.coding_desk import CODERS, code_study
    from analysis.console import say

    desks = code_study(
        study,
        question=question,
        sample=sample,
        coders=coder or CODERS,
        format=format,  # type: ignore[arg-type]
        again=again,
    )
    for line in (line for desk in desks for line in desk.lines):
        say(line)
    raise typer.Exit(int(any(desk.waits for desk in desks)))


@app.command(name="check-table")
def check_typed_table(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or XLSX with a header.")],
    sheet: Annotated[str | None, typer.Option("--sheet", help="Of a workbook.")] = None,
    several: Annotated[
        bool, typer.Option("--several", help="Several answers were allowed.")
    ] = False,
) -> None:
    """Check the arithmetic of any table: totals, rounding, sums to 100, counts and shares."""
    from analysis.console import say, show_issues
    from analysis.errors import issues_table
    from analysis.table_check import check_table

    issues = check_table(file, sheet=sheet, several=several)
    show_issues(issues_table(issues))
    say(f"{file}: {len(issues) or 'no'} fault{'' if len(issues) == 1 else 's'}")
    raise typer.Exit(int(bool(issues)))


@app.command()
def weight(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV, XLSX, Parquet or SAV.")],
    margins: Annotated[Path, typer.Option("--margins", help="CSV: var, level, total.")],
    out: Annotated[Path, typer.Option("--out", help="CSV to write.")],
    method: Annotated[
        str, typer.Option(help="post-stratify, rake, linear, raking, logit or truncated.")
    ] = "rake",
    bounds: Annotated[str | None, typer.Option(help="LOW,HIGH of the weight ratio.")] = None,
    base: Annotated[str | None, typer.Option(help="Column of the starting weights.")] = None,
    by: Annotated[str | None, typer.Option(help="Column of areas, weighted one by one.")] = None,
    trim: Annotated[str | None, typer.Option(help="LOW,HIGH of weights over their mean.")] = None,
) -> None:
    """Weight any table to margins."""
    from analysis.console import say
    from analysis.core_on_tables import weight_file

    say(weight_file(data, margins, out, method=method, bounds=bounds, base=base, by=by, trim=trim))


@app.command()
def estimate(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV, XLSX, Parquet or SAV.")],
    out: Annotated[Path, typer.Option("--out", help="CSV to write.")],
    weights: Annotated[str | None, typer.Option(help="Column of the weights.")] = None,
    strata: Annotated[str | None, typer.Option(help="Column of the strata.")] = None,
    clusters: Annotated[str | None, typer.Option(help="Column of the primary units.")] = None,
    fpc: Annotated[str | None, typer.Option(help="Column of the population sizes.")] = None,
    mean: Annotated[list[str] | None, typer.Option(help="VAR[,VAR…]")] = None,
    total: Annotated[list[str] | None, typer.Option(help="VAR[,VAR…]")] = None,
    share: Annotated[list[str] | None, typer.Option(help="VAR[,VAR…]")] = None,
    ratio: Annotated[list[str] | None, typer.Option(help="A/B")] = None,
    quantile: Annotated[list[str] | None, typer.Option(help="Q:VAR, as 0.5:income.")] = None,
    select_all: Annotated[
        list[str] | None, typer.Option(help="Beginning of the names of 0/1 columns.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="COL[,COL2] of the domains.")] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence.")] = 0.95,
    interval: Annotated[
        str, typer.Option(help="mean, logit, korn-graubard, wilson, asin or likelihood.")
    ] = "logit",
    lonely_psu: Annotated[
        str, typer.Option(help="fail, remove, adjust, average or certainty.")
    ] = "fail",
    margins: Annotated[
        Path | None, typer.Option("--margins", help="CSV: var, level, total; adjust to them first.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="post-stratify, rake, linear, raking, logit or truncated.")
    ] = "rake",
    bounds: Annotated[str | None, typer.Option(help="LOW,HIGH of the weight ratio.")] = None,
    variance: Annotated[
        str, typer.Option(help="calibrated, calibrated-corrected, r-calibrate or r-rake.")
    ] = "calibrated",
    replicates: Annotated[
        str | None, typer.Option(help="COL[,COL2…] of replicate weights, or how they begin.")
    ] = None,
    scale: Annotated[float | None, typer.Option(help="Scale of the replicates.")] = None,
    rscales: Annotated[Path | None, typer.Option(help="CSV with a scale for each.")] = None,
) -> None:
    """Means, totals, shares, ratios and quantiles of any table, with errors by design."""
    from analysis.console import say
    from analysis.core_on_tables import estimate_file

    design = {
        "weights": weights,
        "strata": strata,
        "clusters": clusters,
        "fpc": fpc,
        "lonely_psu": lonely_psu,
        "variance": variance,
        "replicates": replicates,
        "scale": scale,
        "rscales": rscales,
    }
    statistics = {"mean": mean, "total": total, "share": share, "ratio": ratio}
    statistics |= {"quantile": quantile, "select-all": select_all}
    say(
        estimate_file(
            data,
            out,
            design=design,
            statistics=statistics,
            by=by,
            level=level,
            interval=interval,
            margins=margins,
            method=method,
            bounds=bounds,
        )
    )


@app.command(name="test")
def independence_test(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="CSV, XLSX, Parquet or SAV.")],
    rows: Annotated[str, typer.Option(help="Column of the rows.")],
    columns: Annotated[str, typer.Option(help="Column of the columns.")],
    weights: Annotated[str | None, typer.Option(help="Column of the weights.")] = None,
    strata: Annotated[str | None, typer.Option(help="Column of the strata.")] = None,
    clusters: Annotated[str | None, typer.Option(help="Column of the primary units.")] = None,
    fpc: Annotated[str | None, typer.Option(help="Column of the population sizes.")] = None,
    lonely_psu: Annotated[
        str, typer.Option(help="fail, remove, adjust, average or certainty.")
    ] = "fail",
    margins: Annotated[
        Path | None, typer.Option("--margins", help="CSV: var, level, total; adjust to them first.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="post-stratify, rake, linear, raking, logit or truncated.")
    ] = "rake",
    bounds: Annotated[str | None, typer.Option(help="LOW,HIGH of the weight ratio.")] = None,
    variance: Annotated[
        str, typer.Option(help="calibrated, calibrated-corrected, r-calibrate or r-rake.")
    ] = "calibrated",
    out: Annotated[Path | None, typer.Option("--out", help="CSV to write.")] = None,
) -> None:
    """Are two columns related? Rao-Scott F and adjusted chi-square, Wald."""
    from analysis.console import say
    from analysis.core_on_tables import independence_file

    design = {
        "weights": weights,
        "strata": strata,
        "clusters": clusters,
        "fpc": fpc,
        "lonely_psu": lonely_psu,
        "variance": variance,
    }
    found = independence_file(
        data, design=design, rows=rows, columns=columns, margins=margins, method=method,
        bounds=bounds, out=out,
    )  # fmt: skip
    say(found)


def _finish(result: Any) -> None:
    from analysis.console import say, show_failures

    show_failures(result.failures)
    for line in result.lines():
        say(line)
    raise typer.Exit(1 if result.failures else 0)


def main() -> None:
    """Run the command; turn an error into its message and status 2."""
    try:
        _prepare_streams()
        if "--debug" in sys.argv[1:]:
            sys.argv = [word for word in sys.argv if word != "--debug"]
            os.environ["NEEDS_DEBUG"] = "1"
        app()
    except SystemExit as ending:
        if ending.code == INTERRUPTED:
            _say_interrupted()
        raise
    except KeyboardInterrupt:
        _say_interrupted()
        sys.exit(INTERRUPTED)
    except Exception as error:
        if os.environ.get("NEEDS_DEBUG"):
            traceback.print_exc()
        _show(error)
        sys.exit(2)


def _prepare_streams() -> None:
    """Let names come out whole whatever the locale is.

    Files and pipes get UTF-8. A terminal keeps its encoding; what it lacks is replaced.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="replace")


def _say_interrupted() -> None:
    print("interrupted; nothing half-written is left behind", file=sys.stderr)


def _show(error: Exception) -> None:
    """An error in words, without its traceback and without any data."""
    from analysis.console import show_error

    if isinstance(error, WorkbenchError):
        show_error(error)
    elif isinstance(error, OSError):
        show_error(_refused_by_system(error))
    else:
        show_error(_fault(error))


def _refused_by_system(error: OSError) -> WorkbenchError:
    return WorkbenchError(
        "a file cannot be read or written",
        file=error.filename,
        got=error.strerror or type(error).__name__,
        hint="nothing was overwritten; see whether the disk is full or the file is protected",
    )


def _fault(error: Exception) -> WorkbenchError:
    """A fault of the workbench itself."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return WorkbenchError(
        "the workbench failed where it should not",
        got=f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}",
        hint="nothing was overwritten; run it with --debug and report what it shows",
    )

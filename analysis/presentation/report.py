"""A report: its make-up read, its chapters written as blocks.

A notebook opens a report and asks for one chapter after the other; what it shows travels in
the executed notebook, and the writers read only that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.presentation import (
    annexes,
    charts,
    coding,
    findings,
    maps,
    methods,
    profile,
    proposals,
    quotations,
    sentences,
    stepping,
    tables,
    target_groups,
    waves,
)
from analysis.presentation.blocks import (
    Block,
    Callout,
    Document,
    Figures,
    Heading,
    ItemList,
    PageBreak,
    Paragraph,
    Table,
)
from analysis.presentation.composing import Slot, chart_notes, label_of, scene_of
from analysis.presentation.figure_blocks import FIGURES, FORM_FIGURES
from analysis.presentation.makeup import (
    CalloutSpec,
    Chapter,
    ChartSpec,
    CodingAgreementSpec,
    CodingAnnexSpec,
    FindingsSpec,
    HeadingSpec,
    IndicatorAnnexSpec,
    KeyFiguresSpec,
    ListSpec,
    MakeUp,
    MapSpec,
    MethodSpec,
    PageBreakSpec,
    ProfileSpec,
    QuestionnaireAnnexSpec,
    QuotationsSpec,
    ReadingNotesSpec,
    RecommendationsSpec,
    SentenceSpec,
    TableSpec,
    TablesSpec,
    TargetGroupSpec,
    TextSpec,
    read_makeup,
    split,
)
from analysis.presentation.naming import Names
from analysis.presentation.provenance import provenance
from analysis.presentation.rows import read_released, read_run_record
from analysis.presentation.scene import DRAFT, Scene, checked_edition
from analysis.presentation.specs import BlockSpec
from analysis.presentation.stepping import MODELLED, WHOLE, Step, step_back
from analysis.presentation.tables import Grouping, Label
from analysis.presentation.wording import filled
from analysis.study import Study, open_study
from analysis.workspace import Workspace


class Blocks(tuple[Block, ...]):
    """Blocks in their order; in a notebook each is displayed as an output of its own."""

    __slots__ = ()

    def _ipython_display_(self) -> None:
        from IPython.display import display

        for block in self:
            display(block)  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Report:
    """One report of a study: a kind, an area (or the whole) and a language."""

    kind: str
    makeup: MakeUp
    scene: Scene

    @property
    def study(self) -> Study:
        """The study."""
        return self.scene.study

    @property
    def chapters(self) -> list[str]:
        """The ids of the chapters in order."""
        return [chapter.id for chapter in self.makeup.chapters]

    def title_page(self) -> Blocks:
        """The document block: title, facts, publicity and the mark of modelled data."""
        return Blocks((_document(self),))

    def chapter(self, identifier: str) -> Blocks:
        """The blocks of a chapter; none where the make-up does not have it."""
        chapter = self.makeup.chapter(identifier)
        if chapter is None:
            return Blocks()
        slot = Slot(chapter.id, self.chapters.index(chapter.id) + 1)
        content = [
            block
            for spec in chapter.blocks
            if spec.only is None or (spec.only == "whole") == self.scene.is_whole
            for block in _built(self, spec, slot)
        ]
        if not content:
            return Blocks()
        heading = Heading(self.text(chapter.title), 1, chapter.id)
        opening = (PageBreak("annex"), heading) if self._opens_annexes(chapter) else (heading,)
        return Blocks((*opening, *content))

    def blocks(self) -> Blocks:
        """The whole report."""
        chapters = (block for name in self.chapters for block in self.chapter(name))
        return Blocks((*self.title_page(), *chapters))

    def text(self, labels: Mapping[str, str], **values: object) -> str:
        """A text of the make-up with its placeholders filled."""
        chosen = self.scene.names.text(labels)
        wave = self.study.wave
        text = filled(chosen, {**self.scene.area_values, "wave": wave, **values})
        return self.scene.words.typeset(text)

    def place(self, scene: Scene) -> str:
        """The place of a table or chart for its caption, where it is not the report's own."""
        if scene.area == self.scene.area:
            return ""
        return scene.words.say("place.after", area=scene.area_values["area"])

    def _opens_annexes(self, chapter: Chapter) -> bool:
        annex = next((one.id for one in self.makeup.chapters if one.annex), None)
        return chapter.id == annex


def open_report(
    kind: str,
    study: str | Path | Study,
    area: str | None = None,
    language: str | None = None,
    workspace: Workspace | None = None,
    edition: str = DRAFT,
) -> Report:
    """Open a report of a study that has been run.

    Parameters
    ----------
    kind
        The name of a make-up in the study's folder ``reports``.
    study
        Its id, its folder, or an opened study.
    area
        The code of an area; the whole (region or study) when not given.
    language
        The study's default language when not given.
    edition
        ``draft``, or ``release``, in which only approved recommendations stand.

    Raises
    ------
    WorkbenchError
        If the study, kind, area, language or edition does not exist, the make-up cannot be
        meant, or the study has not been run.
    """
    opened = study if isinstance(study, Study) else open_study(study, workspace)
    makeup = read_makeup(opened, kind)
    place = _checked_area(opened, area or opened.whole)
    _check_level(opened, kind, makeup, place)
    names = Names(opened, _checked_language(opened, language))
    scene = Scene(
        names,
        read_released(opened, place),
        place,
        makeup.sample,
        read_run_record(opened),
        makeup.statements,
        edition=checked_edition(edition),
    )
    return Report(kind, makeup, scene)


def _checked_area(study: Study, area: str) -> str:
    if area == study.whole or area in study.areas.index:
        return area
    known = [*study.areas.index, study.whole]
    raise WorkbenchError(
        f"the study {study.id} has no area {area}",
        expected=", ".join(f"{code} {name}" for code, name in study.areas["name"].items()),
        got=area,
        hint=suggestion(area, known),
    )


def _check_level(study: Study, kind: str, makeup: MakeUp, area: str) -> None:
    level = "whole" if area == study.whole else "area"
    if makeup.level not in (level, "both"):
        known = study.areas["name"].items() if makeup.level == "area" else ()
        place = "all areas together" if level == "whole" else "one area"
        raise WorkbenchError(
            f"the report {kind} is not made for {place}",
            expected=", ".join(f"{code} {name}" for code, name in known) or study.whole,
            got=area,
        )


def _checked_language(study: Study, language: str | None) -> str:
    if language is None:
        return study.card.default_language
    if language not in study.languages:
        raise WorkbenchError(
            f"the study {study.id} is not written in the language {language}",
            expected=", ".join(study.languages),
            got=language,
        )
    return language


# --- title page -------------------------------------------------------------------------------


def _document(report: Report) -> Document:
    scene, card = report.scene, report.study.card
    say, known = scene.words.say, scene.names.text
    modelled = scene.rows.modelled
    project = card.project
    day = card.fieldwork.published or card.fieldwork.end
    return Document(
        title=report.text(report.makeup.title),
        subtitle=report.text(report.makeup.subtitle) if report.makeup.subtitle else "",
        study=report.study.id,
        kind=report.kind,
        area=scene.area,
        area_name=scene.names.area_titled(scene.area),
        language=scene.names.language,
        data_origin="modelled" if modelled else "observed",
        watermark=say("title_page.watermark") if modelled else "",
        watermark_note=say("title_page.watermark_note") if modelled else "",
        author=known(project.author) if project.author else "",
        date=day.isoformat() if day is not None else "",
        facts=tuple(_title_facts(report)),
        publicity=known(project.publicity) if project.publicity else "",
        running_title=report.text(report.makeup.running_title or report.makeup.title),
        edition=scene.edition,
        stamp=say("title_page.stamp") if scene.edition == DRAFT else "",
        stamp_note=say("title_page.stamp_note") if scene.edition == DRAFT else "",
    )


def _title_facts(report: Report) -> Iterator[tuple[str, str]]:
    scene, card = report.scene, report.study.card
    say, known, project = scene.words.say, scene.names.text, card.project
    registration = project.registration_number
    for key, value in (
        ("client", known(project.client) if project.client else ""),
        ("contractor", known(project.contractor) if project.contractor else ""),
        ("author", known(project.author) if project.author else ""),
        ("project", known(project.name)),
        ("registration_number", registration if isinstance(registration, str)
         else known(registration)),
        ("programme", known(project.programme) if project.programme else ""),
        ("period", scene.words.typeset(project.period)),
        ("fieldwork", methods.fieldwork_period(scene)),
        ("population", known(methods.sample_of(scene).population)),
        ("sample", _sample_size(scene)),
    ):  # fmt: skip
        if value:
            yield say(f"title_page.{key}"), value


def _sample_size(scene: Scene) -> str:
    n = methods.area_record(scene).get("n") or methods.largest_base(scene)
    return scene.words.say("sentence.base", n=scene.numbers.whole(n)) if n else ""


# --- builders: what each type of block becomes --------------------------------------------------

Builder = Callable[[Report, Any, Slot], Iterable[Block]]


def _built(report: Report, spec: BlockSpec, slot: Slot) -> Iterator[Block]:
    form = (spec.block, getattr(spec, "form", ""))
    builder = FORM_FIGURES.get(form, _BUILDERS.get(spec.block))
    assert builder is not None
    yield from builder(report, spec, slot)


def _text(report: Report, spec: TextSpec, slot: Slot) -> Iterator[Block]:
    yield Paragraph(report.text(spec.text), spec.style)


def _heading(report: Report, spec: HeadingSpec, slot: Slot) -> Iterator[Block]:
    slot.count += 1
    yield Heading(report.text(spec.text), spec.level, f"{slot.chapter}-{slot.count}")


def _list(report: Report, spec: ListSpec, slot: Slot) -> Iterator[Block]:
    yield ItemList(tuple(report.text(item) for item in spec.items), spec.ordered)


def _callout(report: Report, spec: CalloutSpec, slot: Slot) -> Iterator[Block]:
    yield Callout(report.text(spec.title), report.text(spec.text), spec.tone)


def _page_break(report: Report, spec: PageBreakSpec, slot: Slot) -> Iterator[Block]:
    yield PageBreak()


def _sentence(report: Report, spec: SentenceSpec, slot: Slot) -> Iterator[Block]:
    text = " ".join(filter(None, _sentences(report, spec)))
    if text:
        yield Paragraph(text, spec.style)


def _sentences(report: Report, spec: SentenceSpec) -> Iterable[str]:
    scene = scene_of(report, spec)
    code, category = split(spec.indicator)
    if spec.form == "level":
        row = scene.total(code, category)
        return [sentences.level_and_comparison(scene, row, verbal=spec.verbal)] if row else []
    if spec.form == "ranking":
        text = scene.names.text(spec.text) if spec.text else ""
        return [sentences.ranking(scene, scene.totals(code), text)]
    if spec.form == "differences":
        return sentences.differences(scene, code)
    if spec.form == "groups":
        return sentences.groups(scene, code, category, spec.breakdowns)
    if spec.form == "gaps":
        return sentences.gaps(scene, code)
    if spec.form == "earlier":
        return [waves.sentence(scene, code, category)]
    return [sentences.areas(scene, code, category)]


def _findings(report: Report, spec: FindingsSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    found = findings.findings(scene, spec)
    if found:
        yield ItemList(tuple(found))
    described = any(isinstance(other, ReadingNotesSpec) for other in report.makeup.specs())
    text = scene.words.say("finding.rule_short") if described else findings.rule(scene, spec)
    yield Paragraph(" ".join(filter(None, (findings.unsupported(scene, spec), text))), "note")


def _key_figures(report: Report, spec: KeyFiguresSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    items = []
    for reference in spec.indicators:
        row = scene.total(*split(reference))
        step = step_back(scene, row) if row is not None else None
        if step is not None and step.row.shown:
            name = spec.labels.get(reference)
            named = step.asked.indicator, step.asked.category
            label = report.text(name) if name else scene.names.full(*named)
            value = step.signed(sentences.figure(scene, step.row))
            items.append((value, label, _small_print(scene, step)))
    if items:
        yield Figures(tuple(items))


def _small_print(scene: Scene, step: Step) -> str:
    row = step.row
    base = "" if step.kind == MODELLED else scene.base(row)
    mark = f"{step.sign} {stepping.label(scene, step)}" if step.kind else ""
    parts = [mark, scene.interval(row), base]
    if not scene.is_whole and step.kind != WHOLE:
        whole = scene.total(row.indicator, row.category, scene.whole)
        if whole is not None and whole.shown:
            parts.append(f"{scene.names.whole} {sentences.figure(scene, whole)}")
    return "; ".join(filter(None, parts))


def _table(report: Report, spec: TableSpec, slot: Slot) -> Iterator[Block]:
    if spec.form in _OF_INDICATORS:
        yield from _of_indicators(report, spec, slot)
    elif spec.form == "earlier":
        yield from _earlier(report, spec, slot)
    else:
        yield from _tables_of(report, spec, spec.indicator, slot, spec.caption)


_OF_INDICATORS: Mapping[str, Callable[[Scene, Label, Sequence[tuple[str, str]]], Table]] = {
    "overview": tables.overview,
    "samples": tables.side_by_side,
}


def _of_indicators(report: Report, spec: TableSpec, slot: Slot) -> Iterator[Block]:
    """A table whose rows are indicators, those that have rows in this place."""
    scene = scene_of(report, spec)
    pairs = [split(reference) for reference in spec.indicators]
    pairs = [pair for pair in pairs if scene.total(*pair) is not None]
    if pairs:
        label = label_of(report, scene, slot, spec.indicators[0], spec.caption, spec.form)
        yield _OF_INDICATORS[spec.form](scene, label, pairs)


def _earlier(report: Report, spec: TableSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    pairs = waves.compared(scene, [split(reference) for reference in spec.indicators])
    if pairs:
        label = label_of(report, scene, slot, spec.indicators[0], spec.caption, "earlier")
        yield waves.table(scene, label, pairs)


def _tables(report: Report, spec: TablesSpec, slot: Slot) -> Iterator[Block]:
    for reference in spec.indicators:
        yield from _tables_of(report, spec, reference, slot, {})


def _tables_of(
    report: Report,
    spec: TableSpec | TablesSpec,
    reference: str,
    slot: Slot,
    caption: Mapping[str, str],
) -> Iterator[Block]:
    scene = scene_of(report, spec)
    code, category = split(reference)
    if spec.form == "crosstab":
        for name in spec.breakdowns:
            if scene.rows.of(code, sample=scene.sample, area=scene.area, breakdown=name):
                label = label_of(report, scene, slot, reference, caption, "by", name)
                yield tables.crosstab(scene, label, code, name)
        return
    if not scene.totals(code):
        return
    label = label_of(report, scene, slot, reference, caption, spec.form)
    if spec.form == "first_order":
        sort = isinstance(spec, TableSpec) and spec.sort
        grouping = spec.group_by if isinstance(spec, TableSpec) else None
        group_by = Grouping(grouping.attribute, grouping.list) if grouping else None
        yield tables.first_order(scene, label, code, sort=sort, grouping=group_by)
    elif spec.form == "breakdown":
        yield tables.by_breakdown(scene, label, code, spec.breakdowns, category)
    else:
        yield tables.by_area(scene, label, code, category)


def _chart(report: Report, spec: ChartSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    code, category = split(spec.indicator)
    rows = scene.differences(code) if spec.form == "differences" else scene.totals(code)
    if not rows:
        return
    label = label_of(report, scene, slot, spec.indicator, spec.caption, spec.form)
    notes = chart_notes(scene, [spec.indicator, *spec.indicators], spec.form)
    if spec.form == "ranked":
        yield charts.ranked_bars(
            scene, label, code,
            inner=spec.inner or "", sort=spec.sort, top=spec.top, notes=notes,
        )  # fmt: skip
    elif spec.form == "differences":
        yield charts.differences(scene, label, code, notes=notes)
    elif spec.form == "areas":
        yield charts.areas(scene, label, code, category, notes=notes)
    elif spec.form == "breakdown":
        yield charts.breakdown(scene, label, code, spec.breakdowns, category, notes=notes)
    elif spec.form == "stack":
        yield charts.stack(
            scene,
            label,
            code,
            spec.breakdowns,
            more=spec.indicators,
            top_two=spec.top_two,
            notes=notes,
        )
    else:
        assert spec.used is not None and spec.preferred is not None
        yield charts.channels(scene, label, spec.used, spec.preferred, code, notes=notes)


def _map(report: Report, spec: MapSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    code, category = split(spec.indicator)
    if scene.by_area(code, category):
        label = label_of(report, scene, slot, spec.indicator, spec.caption, "map")
        yield maps.choropleth(
            scene, label, code, category, notes=chart_notes(scene, [spec.indicator], "map")
        )


def _method(report: Report, spec: MethodSpec, slot: Slot) -> Iterator[Block]:
    scene = report.scene if spec.area == "area" else report.scene.at(report.scene.whole)
    if spec.sample is not None:
        scene = scene.of_sample(spec.sample)
    say = scene.words.say
    if spec.block == "technical_parameters":
        label = Label(say("method.caption"), spec.block)
        questions = annexes.questions_of(scene, report.makeup)
        yield methods.technical_parameters(scene, label, questions)
        return
    if spec.block == "provenance":
        yield provenance(scene, Label(say("provenance.caption"), spec.block), report.kind)
        return
    title = scene.names.text(methods.sample_of(scene).title)
    caption = say(f"caption.{spec.block}", sample=title, place=report.place(scene))
    label = slot.label(caption, spec.block)
    if spec.block == "missing_answers":
        yield from methods.missing_answers(scene, label, spec.threshold)
    else:
        yield from _METHOD_TABLES[spec.block](scene, label)


_METHOD_TABLES: Mapping[str, Callable[[Scene, Label], Iterator[Block]]] = {
    "response_flow": methods.response_flow,
    "sample_table": methods.sample_table,
    "weights": methods.weights,
    "margins": methods.margins,
    "open_answers": quotations.open_answers,
}


def _reading_notes(report: Report, spec: ReadingNotesSpec, slot: Slot) -> Iterator[Block]:
    notes = methods.reading_notes(report.scene).items
    rules = [
        findings.rule(report.scene, other)
        for other in report.makeup.specs()
        if isinstance(other, FindingsSpec)
    ]
    yield ItemList((*notes[:-1], *rules, notes[-1]))


def _profile(report: Report, spec: ProfileSpec, slot: Slot) -> Iterator[Block]:
    scene = report.scene
    if spec.form == "sentence":
        yield Paragraph(profile.sentence(scene, spec.old_from))
        return
    caption = scene.words.say(f"caption.profile_{spec.form}", place=report.place(scene))
    label = slot.label(caption, spec.form)
    if spec.form == "population":
        yield profile.population(scene, label)
    elif spec.form == "pyramid":
        yield profile.pyramid(scene, label, spec.old_from)
    elif spec.form == "types":
        yield profile.types(scene, label)
    else:
        assert spec.size_list is not None
        yield profile.municipalities(scene, label, spec.size_list)


def _recommendations(report: Report, spec: RecommendationsSpec, slot: Slot) -> Iterator[Block]:
    scene = report.scene
    if spec.form in ("rules", "table"):
        label = slot.label(scene.words.say(f"recommendation.{spec.form}"), f"advice {spec.form}")
        table = proposals.rules_table if spec.form == "rules" else proposals.overview
        yield from table(scene, spec, label)
    else:
        yield from proposals.blocks(scene, spec)


def _quotations(report: Report, spec: QuotationsSpec, slot: Slot) -> Iterator[Block]:
    yield from quotations.blocks(scene_of(report, spec), spec)


def _indicator_annex(report: Report, spec: IndicatorAnnexSpec, slot: Slot) -> Iterator[Block]:
    label = slot.label(report.scene.words.say("annex.indicators"), "indicators")
    yield from annexes.indicators(report.scene, label, spec, report.makeup)


def _questionnaire(report: Report, spec: QuestionnaireAnnexSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    title = scene.names.text(methods.sample_of(scene).title)
    label = slot.label(scene.words.say("annex.questionnaire", sample=title), "questionnaire")
    yield from annexes.questionnaire(scene, label, spec)


def _coding(report: Report, spec: CodingAnnexSpec, slot: Slot) -> Iterator[Block]:
    label = slot.label(report.scene.words.say("annex.coding"), f"codes {spec.list}")
    yield from annexes.coding(report.scene, label, spec)


def _target_group(report: Report, spec: TargetGroupSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    group = target_groups.group_of(report.study, spec.group) if spec.group else None
    name = scene.names.text(group.label) if group else ""
    codes = [scene.names.full(*split(reference)) for reference in spec.indicators]
    if spec.caption:
        caption = report.text(spec.caption)
    else:
        key = f"target_group.caption_{spec.form}" + ("_group" if group else "")
        known = scene.words.has(key)
        caption = scene.words.say(key, group=name, indicator="; ".join(codes[:1])) if known else ""
    is_table = spec.form in ("sizes", "indicators", "areas", "items", "priority", "priorities")
    label = slot.label(caption, f"{spec.form} {spec.group}") if is_table else Label(caption, "")
    yield from target_groups.blocks(scene, spec, label)


def _coding_agreement(report: Report, spec: CodingAgreementSpec, slot: Slot) -> Iterator[Block]:
    scene = scene_of(report, spec)
    label = slot.label(coding.caption(scene, spec), f"coding {spec.form}")
    yield from coding.blocks(scene, label, spec)


_BUILDERS: Mapping[str, Builder] = {
    "text": _text,
    "heading": _heading,
    "list": _list,
    "callout": _callout,
    "page_break": _page_break,
    "sentence": _sentence,
    "findings": _findings,
    "key_figures": _key_figures,
    "table": _table,
    "tables": _tables,
    "chart": _chart,
    "map": _map,
    **FIGURES,
    **dict.fromkeys(
        (
            "technical_parameters",
            "response_flow",
            "sample_table",
            "weights",
            "margins",
            "missing_answers",
            "open_answers",
            "provenance",
        ),
        _method,
    ),
    "reading_notes": _reading_notes,
    "profile": _profile,
    "recommendations": _recommendations,
    "quotations": _quotations,
    "indicator_annex": _indicator_annex,
    "questionnaire_annex": _questionnaire,
    "coding_annex": _coding,
    "target_group": _target_group,
    "coding_agreement": _coding_agreement,
}

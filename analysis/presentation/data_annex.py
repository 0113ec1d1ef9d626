"""The workbooks of a data annex as tables: for one area, or with the areas as columns.

Every number is a released row or stands in the territory tables; its row says what it is of,
when, from which source, and whether the data were observed or modelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from analysis.presentation import methods
from analysis.presentation.annex_definition import (
    ALL,
    WORKBOOKS,
    AnnexDefinition,
    SheetSpec,
    indicators_of,
    read_annex,
)
from analysis.presentation.annexes import questions_behind
from analysis.presentation.blocks import Cell, Column, Document, Table
from analysis.presentation.naming import Names
from analysis.presentation.rows import Estimate, read_released, read_run_record
from analysis.presentation.scene import Scene, data_origin, in_order
from analysis.presentation.tables import (
    Label,
    base_cell,
    legend_of_rows,
    limit_cells,
    sign_of,
    value_cell,
)
from analysis.presentation.territory_rows import Item, items
from analysis.presentation.wording import filled
from analysis.questionnaire import Labels
from analysis.release.marks import legend as release_legend
from analysis.release.marks import marks
from analysis.release.rules import RuleSet, rule_set
from analysis.study import Study

Measure = Literal["value", "low", "high", "n"]
_MEASURES: tuple[Measure, ...] = ("value", "low", "high", "n")
_NAME, _TEXT, _SHORT = 4.0, 2.4, 1.4
_LONGEST_NAME = 31
_DAY_LENGTH = len("2011-10-28")


@dataclass(frozen=True)
class Workbook:
    """The title page of a workbook and its tables in order, each a sheet."""

    document: Document
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class _Line:
    """What a line of a sheet is of; its values are found by place."""

    sample: str
    code: str
    category: str
    breakdown: str
    group: str


@dataclass(frozen=True)
class _Annex:
    """The annex of one place in one language."""

    definition: AnnexDefinition
    scene: Scene

    def text(self, labels: Labels) -> str:
        """A text of the definition with its placeholders filled."""
        chosen = self.scene.names.text(labels)
        values = {**self.scene.area_values, "wave": self.scene.study.wave}
        return self.scene.words.typeset(filled(chosen, values))

    def say(self, key: str, **values: object) -> str:
        """A phrase of the annex."""
        return self.scene.words.say(f"data_annex.{key}", **values)

    @cached_property
    def by_key(self) -> dict[tuple[str, ...], Estimate]:
        """Every row by sample, indicator, category, area, breakdown, group and comparison."""
        return {
            (row.sample, row.indicator, row.category, row.area, row.breakdown, row.group,
             row.comparison): row
            for row in self.scene.rows
        }  # fmt: skip

    def found(self, line: _Line, area: str) -> Estimate | None:
        """The row of a line in a place; a comparison where the indicator is nothing else."""
        keys = (
            (line.sample, line.code, line.category, area, line.breakdown, line.group, comparison)
            for comparison in ("", "rest")
        )
        return next((self.by_key[key] for key in keys if key in self.by_key), None)

    @cached_property
    def places(self) -> list[str]:
        """The codes of the columns of a workbook of all areas: the whole, then the areas."""
        return [self.scene.whole, *self.scene.study.areas.index]


def workbook(study: Study, area: str, language: str) -> Workbook:
    """The data annex of an area, or of all areas together.

    Parameters
    ----------
    area
        The code of an area, or of the whole: then the areas are columns.

    Raises
    ------
    WorkbenchError
        If the definition cannot be meant or the study has not been run.
    """
    definition = read_annex(study)
    names = Names(study, language)
    rows = read_released(study, None if area == study.whole else area)
    sample = next(iter(study.samples))
    annex = _Annex(definition, Scene(names, rows, area, sample, read_run_record(study)))
    tables = tuple(_sheet(annex, spec) for spec in definition.sheets)
    return Workbook(_document(annex), tables)


def _document(annex: _Annex) -> Document:
    scene, card = annex.scene, annex.scene.study.card
    say, known, project = scene.words.say, scene.names.text, card.project
    modelled = scene.rows.modelled
    day = card.fieldwork.published or card.fieldwork.end
    facts = [
        (say("title_page.client"), known(project.client) if project.client else ""),
        (say("title_page.project"), known(project.name)),
        (say("title_page.fieldwork"), methods.fieldwork_period(scene)),
        (annex.say("licence"), licence(scene.names)),
    ]  # fmt: skip
    return Document(
        title=annex.text(annex.definition.title),
        subtitle=annex.text(annex.definition.subtitle) if annex.definition.subtitle else "",
        study=scene.study.id,
        kind=WORKBOOKS,
        area=scene.area,
        area_name=scene.names.area_titled(scene.area),
        language=scene.names.language,
        data_origin="modelled" if modelled else "observed",
        watermark=say("title_page.watermark") if modelled else "",
        watermark_note=say("title_page.watermark_note") if modelled else "",
        author=known(project.author) if project.author else "",
        date=day.isoformat() if day is not None else "",
        facts=tuple((name, value) for name, value in facts if value),
    )


def licence(names: Names) -> str:
    """Under what the data may be used, or that nobody has decided it yet."""
    given = names.study.card.licence
    return given or names.words.say("data_annex.licence_undecided")


# --- sheets -----------------------------------------------------------------------------------


def _sheet(annex: _Annex, spec: SheetSpec) -> Table:
    builders = {
        "estimates": _estimates,
        "territory": _territory,
        "definitions": _definitions,
        "methods": _methods,
    }
    return builders[spec.content](annex, spec)


def _label(annex: _Annex, spec: SheetSpec) -> Label:
    title = annex.text(spec.title)
    return Label(title, title[:_LONGEST_NAME], spec.id)


def _table(
    annex: _Annex,
    spec: SheetSpec,
    columns: Sequence[Column],
    rows: Sequence[tuple[Cell, ...]],
    notes: Iterable[str] = (),
    used: Iterable[Estimate] = (),
) -> Table:
    label = _label(annex, spec)
    own = [annex.text(spec.note)] if spec.note else []
    if not rows and spec.statement:
        statement = (Cell(annex.text(spec.statement)),)
        columns, rows, notes = [Column(annex.say("statement"), align="left")], [statement], ()
    return Table(
        label.caption, tuple(columns), tuple(rows), label.name, label.anchor,
        notes=(*notes, *own), data_origin=data_origin(used),
    )  # fmt: skip


# --- released rows ----------------------------------------------------------------------------


def _lines(annex: _Annex, spec: SheetSpec) -> list[_Line]:
    """The lines of a sheet in the order of the definitions, without any value."""
    return [
        line
        for code, category in indicators_of(annex.scene.study, spec)
        for sample in spec.samples or annex.scene.study.samples
        for line in _lines_of(annex.scene.of_sample(sample), code, category, spec)
    ]


def _lines_of(scene: Scene, code: str, only: str, spec: SheetSpec) -> Iterator[_Line]:
    totals = [row for row in _totals(scene, code) if only in ("", row.category)]
    for row in totals:
        yield _Line(scene.sample, code, row.category, "", "")
    computed = scene.rows.breakdowns(code, sample=scene.sample, area=scene.area)
    for breakdown in computed:
        if breakdown in spec.breakdowns or ALL in spec.breakdowns:
            for row in totals:
                for group in scene.groups(code, breakdown, row.category):
                    yield _Line(scene.sample, code, row.category, breakdown, group.group)


def _totals(scene: Scene, code: str) -> list[Estimate]:
    """The totals of an indicator; of the first area where it exists in areas only."""
    found = scene.totals(code)
    if found or not scene.is_whole:
        return found
    for area in scene.study.areas.index:
        found = scene.totals(code, area)
        if found:
            return in_order(found, scene.names.categories(code))
    return []


def _estimates(annex: _Annex, spec: SheetSpec) -> Table:
    if annex.scene.is_whole:
        return _estimates_by_area(annex, spec)
    columns = _area_columns(annex)
    rows, used = [], []
    for line in _lines(annex, spec):
        scene = annex.scene.of_sample(line.sample)
        row = annex.found(line, scene.area)
        if row is None:
            continue
        difference = None if line.breakdown or row.comparison else scene.difference(
            line.code, line.category
        )  # fmt: skip
        whole = None if row.comparison else annex.found(line, scene.whole)
        rows.append((*_names(annex, line, row), *_values(annex, scene, row, whole, difference)))
        used += [one for one in (row, whole, difference) if one is not None]
    return _table(annex, spec, columns, rows, _notes(annex, used), used)


def _names(annex: _Annex, line: _Line, row: Estimate) -> tuple[Cell, ...]:
    names = annex.scene.names
    everyone = annex.scene.words.say("table.total")
    return (
        Cell(names.indicator(line.code)),
        Cell(names.category(line.code, line.category)),
        Cell(names.breakdown(line.breakdown) if line.breakdown else everyone),
        Cell(names.group(line.breakdown, line.group) if line.breakdown else everyone),
        Cell(names.text(names.study.samples[line.sample].title)),
        Cell(annex.say(f"unit_{annex.scene.unit_of(row)}")),
    )


def _name_columns(annex: _Annex) -> list[Column]:
    return [
        Column(annex.say("indicator"), align="left", width=_NAME),
        Column(annex.say("category"), align="left", width=_NAME),
        Column(annex.say("breakdown"), align="left", width=_SHORT),
        Column(annex.say("group"), align="left", width=_TEXT),
        Column(annex.say("sample"), align="left", width=_SHORT),
        Column(annex.say("unit"), align="left", width=_SHORT),
    ]


def _area_columns(annex: _Annex) -> list[Column]:
    names = annex.scene.names
    confidence = annex.scene.confidence
    rest = names.say("table.against_rest")
    return [
        *_name_columns(annex),
        Column(annex.say("value")),
        Column(annex.say("low", confidence=confidence), width=1.2),
        Column(annex.say("high", confidence=confidence), width=1.2),
        Column(annex.say("n")),
        Column(annex.say("mark"), align="left", width=_TEXT),
        Column(names.whole, width=1.2),
        Column(rest, width=1.6),
        Column(annex.say("difference_low", confidence=confidence), width=1.6),
        Column(annex.say("difference_high", confidence=confidence), width=1.6),
        Column(annex.say("difference_text"), align="left", width=_TEXT),
        Column(annex.say("base"), align="left", width=_NAME),
        *_source_columns(annex),
    ]


def _source_columns(annex: _Annex) -> list[Column]:
    return [
        Column(annex.say("reference_date"), align="left", width=1.2),
        Column(annex.say("source"), align="left", width=_TEXT),
        Column(annex.say("origin"), align="left", width=_SHORT),
        Column(annex.say("code"), align="left"),
        Column(annex.say("version"), align="left"),
        Column(annex.say("row"), align="left", width=1.4),
    ]


def _values(
    annex: _Annex,
    scene: Scene,
    row: Estimate,
    whole: Estimate | None,
    difference: Estimate | None,
) -> tuple[Cell, ...]:
    blank = Cell("")
    compared = difference is not None
    return (
        value_cell(scene, row),
        *limit_cells(scene, row),
        base_cell(scene, row),
        Cell(mark_text(scene, row)),
        value_cell(scene, whole) if whole is not None else blank,
        value_cell(scene, difference) if compared else blank,
        *(limit_cells(scene, difference) if compared else (blank, blank)),
        Cell(_difference_text(annex, difference)),
        Cell(scene.names.text(scene.names.definition(row.indicator, row.category).base_label,
                              row.base_label)),
        *_source_cells(annex, scene, row),
    )  # fmt: skip


def _source_cells(annex: _Annex, scene: Scene, row: Estimate) -> tuple[Cell, ...]:
    return (
        Cell(_day(scene, row.reference_date)),
        Cell(annex.say("survey", sample=scene.names.text(scene.study.samples[row.sample].title),
                       wave=scene.study.wave)),
        Cell(annex.say(f"origin_{row.data_origin}")),
        Cell(row.indicator),
        Cell(scene.names.definition(row.indicator, row.category).version),
        Cell(row.row_id),
    )  # fmt: skip


def _day(scene: Scene, text: str) -> str:
    """A day as the language writes it; a year or month as it stands."""
    return scene.numbers.date(date.fromisoformat(text)) if len(text) == _DAY_LENGTH else text


def mark_text(scene: Scene, row: Estimate) -> str:
    """The mark of a row in words, for those who do not see its sign."""
    mark = marks().get(row.release)
    return "" if mark is None else scene.words.typeset(mark.spoken[scene.names.language])


def _difference_text(annex: _Annex, difference: Estimate | None) -> str:
    if difference is None:
        return annex.say("not_compared")
    if not difference.shown:
        return mark_text(annex.scene, difference)
    return annex.say("supported" if difference.supported else "not_supported")


def _notes(annex: _Annex, used: Sequence[Estimate]) -> list[str]:
    supported = any(row.comparison and row.supported for row in used)
    return [
        *legend_of_rows(annex.scene, used),
        *([annex.scene.words.say("legend.supported")] if supported else []),
        *([annex.scene.names.say("note.rest_mark")] if any(row.comparison for row in used) else []),
    ]


# --- areas as columns -------------------------------------------------------------------------


def _estimates_by_area(annex: _Annex, spec: SheetSpec) -> Table:
    names = annex.scene.names
    columns = [
        *_name_columns(annex),
        Column(annex.say("measure"), align="left", width=_SHORT),
        *(Column(names.area(place), width=1.2) for place in annex.places),
        *_source_columns(annex)[:-1],
    ]
    rows: list[tuple[Cell, ...]] = []
    used: list[Estimate] = []
    for line in _lines(annex, spec):
        scene = annex.scene.of_sample(line.sample)
        found = [annex.found(line, place) for place in annex.places]
        shown = [row for row in found if row is not None]
        if shown:
            used += shown
            rows += _measures(annex, scene, line, found, shown[0])
    return _table(annex, spec, columns, rows, _notes(annex, used), used)


def _measures(
    annex: _Annex,
    scene: Scene,
    line: _Line,
    found: Sequence[Estimate | None],
    any_row: Estimate,
) -> Iterator[tuple[Cell, ...]]:
    """Four rows: value, both limits and base of each place."""
    for measure in _MEASURES:
        yield (
            *_names(annex, line, any_row),
            Cell(annex.say(measure, confidence=scene.confidence)),
            *(_measure(scene, row, measure) for row in found),
            *_source_cells(annex, scene, any_row)[:-1],
        )


def _measure(scene: Scene, row: Estimate | None, measure: Measure) -> Cell:
    if row is None:
        return Cell(sign_of(None), mark="missing")
    if measure == "n":
        return base_cell(scene, row)
    if measure == "value":
        return value_cell(scene, row)
    return limit_cells(scene, row)[0 if measure == "low" else 1]


# --- the territory ----------------------------------------------------------------------------


def _territory(annex: _Annex, spec: SheetSpec) -> Table:
    scene = annex.scene
    found = list(items(scene, spec.size_list))
    own = annex.places if scene.is_whole else [scene.area, scene.whole]
    columns = [
        Column(annex.say("topic"), align="left", width=_NAME),
        Column(annex.say("group"), align="left", width=_NAME),
        Column(annex.say("measure"), align="left", width=_SHORT),
        *(Column(scene.names.area(place), width=1.3) for place in own),
        Column(annex.say("reference_date"), align="left", width=1.2),
        Column(annex.say("source"), align="left", width=_NAME),
    ]
    rows = [row for item in found for row in _item_rows(annex, item, own)]
    return _table(annex, spec, columns, rows, [annex.say("territory_note")])


def _item_rows(annex: _Annex, item: Item, places: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    numbers = annex.scene.numbers
    end = (Cell(_day(annex.scene, item.date)), Cell(item.source))
    counts = [Cell(numbers.whole(item.counts[place]), float(item.counts[place]), "#,##0")
              for place in places]  # fmt: skip
    yield (Cell(item.topic), Cell(item.group), Cell(annex.say("count")), *counts, *end)
    if item.totals is None:
        return
    shares = [item.counts[place] / item.totals[place] for place in places]
    cells = [Cell(numbers.percent(share, 1), round(share, 3), "0.0%") for share in shares]
    yield (Cell(item.topic), Cell(item.group), Cell(annex.say("share")), *cells, *end)


# --- definitions and methods ------------------------------------------------------------------


def _definitions(annex: _Annex, spec: SheetSpec) -> Table:
    names, say = annex.scene.names, annex.say
    wanted = {
        code
        for sheet in annex.definition.sheets
        for code, _ in indicators_of(names.study, sheet)
    }  # fmt: skip
    columns = [
        Column(say("indicator"), align="left", width=_NAME),
        Column(say("code"), align="left"),
        Column(say("definition"), align="left", width=6.0),
        Column(say("base"), align="left", width=_NAME),
        Column(say("unit"), align="left", width=_SHORT),
        Column(say("minimum_n"), width=1.4),
        Column(say("minimum_n_comparison"), width=1.6),
        Column(say("source"), align="left", width=_NAME),
        Column(say("version"), align="left"),
    ]
    rows = [
        (
            Cell(names.full(one.code, one.category) if one.category else names.indicator(one.code)),
            Cell(one.code),
            Cell(names.text(one.definition)),
            Cell(names.text(one.base_label)),
            Cell(say(f"unit_{one.unit}")),
            Cell(str(one.minimum_n), float(one.minimum_n), "0"),
            Cell(str(one.minimum_n_comparison), float(one.minimum_n_comparison), "0"),
            Cell(one.source),
            Cell(one.version),
        )
        for one in names.study.indicators
        if one.code in wanted
    ]
    return _table(annex, spec, columns, rows)


def _methods(annex: _Annex, spec: SheetSpec) -> Table:
    parts = (
        ("survey_part", _survey_facts(annex)),
        ("samples_part", _sample_facts(annex)),
        ("reading_part", _reading_facts(annex)),
        ("marks_part", _mark_facts(annex)),
        ("rules_part", _rule_facts(annex)),
    )
    rows = [
        (Cell(annex.say(key)), Cell(name), Cell(text))
        for key, facts in parts
        for name, text in facts
    ]
    columns = [
        Column(annex.say("part"), align="left", width=_NAME),
        Column(annex.say("term"), align="left", width=_NAME),
        Column(annex.say("meaning"), align="left", width=9.0),
    ]
    return _table(annex, spec, columns, rows)


def _survey_facts(annex: _Annex) -> Iterator[tuple[str, str]]:
    study = annex.scene.study
    behind = {
        question
        for sheet in annex.definition.sheets
        for code, _ in indicators_of(study, sheet)
        for question in questions_behind(annex.scene, code)
    }
    form = study.questionnaire
    order = [*form.questions, *form.groups]
    questions = sorted(behind, key=order.index)
    facts = methods.technical_parameters(annex.scene, Label("", ""), questions)
    yield from facts.items


def _sample_facts(annex: _Annex) -> Iterator[tuple[str, str]]:
    text = annex.scene.names.text
    for sample in annex.scene.study.samples.values():
        parts = (sample.population, sample.base, sample.note)
        yield text(sample.title), "; ".join(text(part) for part in parts if part)


def _reading_facts(annex: _Annex) -> Iterator[tuple[str, str]]:
    for number, sentence in enumerate(methods.reading_notes(annex.scene).items, start=1):
        yield str(number), sentence


def _mark_facts(annex: _Annex) -> Iterator[tuple[str, str]]:
    scene = annex.scene
    rules = _rules(scene).precision
    for state, mark in marks().items():
        if state != "suppressed_complementary":
            (sentence,) = release_legend([state], scene.names.language, rules)
            yield mark.instead or " ".join(mark.around), scene.words.typeset(sentence)
    yield "*", scene.words.say("legend.supported")


def _rules(scene: Scene) -> RuleSet:
    return rule_set(scene.study.card.release.rule_set)


def _rule_facts(annex: _Annex) -> Iterator[tuple[str, str]]:
    rules = _rules(annex.scene)
    numbers, say = annex.scene.numbers, annex.say
    precision, disclosure, rounding = rules.precision, rules.disclosure, rules.rounding
    yield say("rule_set"), annex.scene.names.text(rules.title, rules.name)
    yield say("rule_precision"), say(
        "rule_precision_text", n=precision.minimum_n, n_comparison=precision.minimum_n_comparison,
        low=precision.low_n,
    )  # fmt: skip
    yield say("rule_disclosure"), say(
        "rule_disclosure_text", low=disclosure.smallest, high=disclosure.largest,
        width=disclosure.protection_width,
    )  # fmt: skip
    yield (
        say("rule_rounding"),
        say(
            "rule_rounding_text",
            share=numbers.points(rounding.share, _places(rounding.share * 100)),
            mean=numbers.decimal(rounding.mean, _places(rounding.mean)),
            n=rounding.n,
        ),
    )
    audit = (annex.scene.record.get("release") or {}).get("audit") or {}
    if audit:
        hidden, recoverable = audit["cells_hidden"], audit["recoverable"]
        text = say("rule_audit_text", hidden=numbers.whole(hidden), recoverable=recoverable)
        yield say("rule_audit"), text


def _places(step: float) -> int:
    """Decimal places that a rounding step needs."""
    return next((places for places in range(6) if abs(round(step, places) - step) < 1e-9), 6)

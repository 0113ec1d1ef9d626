"""The results of a study for interactive use: tables, charts, maps and explanations.

Everything shown here is a query over the released rows, as in the reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.definitions import suggestion
from analysis.errors import WorkbenchError
from analysis.presentation import annexes, charts, maps, sentences, tables
from analysis.presentation.blocks import Block, Chart, Facts, Table
from analysis.presentation.makeup import read_makeup, split
from analysis.presentation.naming import Names
from analysis.presentation.rows import COLUMNS, Estimate, Rows, read_released, read_run_record
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.study import Study, open_study
from analysis.workspace import Workspace


@dataclass(frozen=True)
class Shown:
    """A block that displays itself in a notebook, with the released rows it was made from."""

    block: Block
    frame: pd.DataFrame

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return self.block._repr_mimebundle_(include, exclude)


class StudyResults:
    """The released results of a study.

    Whatever a study has (``title``, ``areas``, ``indicators``…) can be asked here too.

    Parameters
    ----------
    study
        Its id, its folder, or an opened study.
    language
        The study's default language when not given.
    sample
        The sample asked about; the first of the study when not given.

    Raises
    ------
    WorkbenchError
        If there is no such study or sample, or the study has not been run.
    """

    def __init__(
        self,
        study: str | Path | Study,
        language: str | None = None,
        sample: str | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.study = study if isinstance(study, Study) else open_study(study, workspace)
        self.language = language or self.study.card.default_language
        self.sample = _known(sample or next(iter(self.study.samples)), self.study.samples, "sample")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "study":
            raise AttributeError(name)
        return getattr(self.study, name)

    @property
    def results(self) -> pd.DataFrame:
        """All released rows."""
        return self._rows.frame

    def table(self, indicator: str, by: str | None = None, area: str | None = None) -> Shown:
        """A table of an indicator: by its categories, by a breakdown, or by both.

        Parameters
        ----------
        indicator
            A code, or ``code/category`` for one of its categories.
        by
            A breakdown; its beginning is enough where it is the only one.
        area
            The code of an area; all areas together when not given.
        """
        scene, code, category = self._asked(indicator, area)
        label = Label(scene.names.full(code, category), code)
        several = not category and len(scene.totals(code)) > 1
        if by is None:
            rows: Iterable[Estimate] = scene.totals(code)
            return _shown(tables.first_order(scene, label, code), rows)
        breakdown = self._breakdown(scene, code, by)
        rows = scene.rows.of(code, sample=scene.sample, area=scene.area, breakdown=breakdown)
        if several:
            return _shown(tables.crosstab(scene, label, code, breakdown), rows)
        rows = scene.groups(code, breakdown, category)
        return _shown(tables.by_breakdown(scene, label, code, [breakdown], category), rows)

    def chart(self, indicator: str, by: str | None = None, area: str | None = None) -> Shown:
        """A chart of an indicator: its categories ranked, its groups, or the areas."""
        scene, code, category = self._asked(indicator, area)
        label = Label(scene.names.full(code, category), code)
        if by is not None:
            breakdown = self._breakdown(scene, code, by)
            chart = charts.breakdown(scene, label, code, [breakdown], category)
            return _shown(chart, scene.groups(code, breakdown, category))
        rows = scene.totals(code)
        if not category and len(rows) > 1 and self._has_list(scene, code):
            return _shown(charts.ranked_bars(scene, label, code), rows)
        return _shown(charts.areas(scene, label, code, category), scene.by_area(code, category))

    def map(self, indicator: str, area: str | None = None) -> Shown:
        """A map of an indicator over the areas of the region."""
        scene, code, category = self._asked(indicator, area)
        label = Label(scene.names.full(code, category), code)
        chart = maps.choropleth(scene, label, code, category)
        return _shown(chart, scene.by_area(code, category))

    def explain(self, indicator: str, area: str | None = None) -> Facts:
        """One number: definition, base, value, comparison, method, quality, source, trace.

        Raises
        ------
        WorkbenchError
            If there is no such indicator, area or row.
        """
        scene, code, category = self._asked(indicator, area)
        row = scene.total(code, category)
        if row is None:
            raise self._no_rows(scene, code, category)
        items = tuple((scene.words.say(f"explain.{key}"), text)
                      for key, text in self._explained(scene, row) if text)  # fmt: skip
        place = scene.area_values["area"]
        return Facts(f"{scene.names.full(code, category)}, {place}", items)

    # --- inside -----------------------------------------------------------------------------

    @cached_property
    def _rows(self) -> Rows:
        return read_released(self.study)

    @cached_property
    def _record(self) -> dict[str, Any]:
        return read_run_record(self.study)

    @cached_property
    def _statements(self) -> dict[str, dict[str, str]]:
        """The statements of all make-ups, for sentences."""
        found: dict[str, dict[str, str]] = {}
        for kind in self.study.reports:
            found |= read_makeup(self.study, kind).statements
        return found

    def _asked(self, indicator: str, area: str | None) -> tuple[Scene, str, str]:
        code, category = split(indicator)
        self.study.indicator(code)
        known = [*self.study.areas.index, self.study.whole]
        place = _known(area or self.study.whole, known, "area")
        names = Names(self.study, self.language)
        scene = Scene(names, self._rows, place, self.sample, self._record, self._statements)
        if not scene.totals(code):
            raise self._no_rows(scene, code, category)
        return scene, code, category

    def _no_rows(self, scene: Scene, code: str, category: str) -> WorkbenchError:
        reference = f"{code}/{category}" if category else code
        categories = [name for name in scene.names.categories(code) if name]
        return WorkbenchError(
            f"there are no released rows of {reference} here",
            got=f"area {scene.area}, sample {scene.sample}",
            expected=", ".join(f"{code}/{name}" for name in categories) or None,
            hint="the analysis plan (plan.csv) says what is computed",
        )

    def _breakdown(self, scene: Scene, code: str, by: str) -> str:
        known = scene.rows.breakdowns(code, sample=scene.sample, area=scene.area)
        wider = {variable.wider for variable in self.study.variables.values()}
        beginning = [name for name in known if name.startswith(by) and name not in wider]
        if by in known or len(beginning) != 1:
            return _known(by, known, "breakdown")
        return beginning[0]

    def _has_list(self, scene: Scene, code: str) -> bool:
        return scene.names.list_of(code) is not None

    def _explained(self, scene: Scene, row: Estimate) -> Iterator[tuple[str, str]]:
        names, say = scene.names, scene.words.say
        definition = names.definition(row.indicator, row.category)
        yield "definition", names.text(definition.definition)
        yield "base", names.text(definition.base_label, row.base_label)
        yield "value", sentences.level(scene, row)
        yield "comparison", sentences.comparison(scene, row)
        yield (
            "method",
            say(
                "explain.method_value",
                statistic=say(f"statistic.{row.statistic}"),
                interval=f"{scene.confidence}%",
                method=_method(scene, row),
            ),
        )
        yield "quality", self._quality(scene, row)
        yield (
            "questions",
            "; ".join(
                f"{name}: {names.breakdown(name)}"
                for name in annexes.questions_behind(scene, row.indicator, row.category)
            ),
        )
        yield "source", definition.source
        yield (
            "trace",
            say(
                "explain.trace_value",
                row=row.row_id,
                input=self._record.get("input_hash", "")[:12],
                version=definition.version,
            ),
        )

    def _quality(self, scene: Scene, row: Estimate) -> str:
        if not row.shown:
            return sentences.hidden(scene, row)
        if row.uncertain:
            return sentences.caveat(scene, row)
        return scene.words.say("explain.quality_ok")


def _method(scene: Scene, row: Estimate) -> str:
    key = f"interval_method.{row.interval_method}"
    return scene.words.say(key if scene.words.has(key) else "sentence.no_interval")


def _shown(block: Table | Chart, rows: Iterable[Estimate]) -> Shown:
    return Shown(block, pd.DataFrame(list(rows), columns=COLUMNS))


def _known(value: str, known: Iterable[str], what: str) -> str:
    names = list(known)
    if value not in names:
        raise WorkbenchError(
            f"there is no {what} {value} here",
            expected=", ".join(names),
            hint=suggestion(value, names),
        )
    return value

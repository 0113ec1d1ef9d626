"""A panel that shows any released result of a study: as a table, chart, map or explanation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from analysis.errors import WorkbenchError
from analysis.explore.phrases import phrases
from analysis.presentation.naming import Names
from analysis.presentation.study_results import StudyResults
from analysis.study import Study

STYLE = (Path(__file__).parent / "explorer.css").read_text(encoding="utf-8")
_WIDE = {"description_width": "6.5rem"}


def explorer(study: str | Path | Study | StudyResults, language: str | None = None) -> Explorer:
    """A panel over the released results of a study.

    Parameters
    ----------
    study
        Its id, its folder, an opened study, or its results.
    language
        The study's default language when not given.

    Raises
    ------
    WorkbenchError
        If there is no such study, or it has not been run.
    """
    results = study if isinstance(study, StudyResults) else StudyResults(study, language)
    return Explorer(results)


class Explorer:
    """The panel; what is chosen stays chosen where it still exists after a change.

    Parameters
    ----------
    results
        The released results; their sample and language are chosen first.

    Attributes
    ----------
    search, family, indicator, category, area, breakdown, sample, language, view
        The controls, ipywidgets.
    shown
        The widget that holds what is shown, as HTML.
    panel
        All of them, laid out.
    """

    def __init__(self, results: StudyResults) -> None:
        self._opened = cache(self._open)
        self._study = results.study
        self._results = results
        self._build()
        self._fill()
        self._observe()
        self._show()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return self.panel._repr_mimebundle_(include=include, exclude=exclude)

    # --- controls ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.search = widgets.Text(continuous_update=True, style=_WIDE)
        self.family = _dropdown()
        self.indicator = _dropdown()
        self.category = _dropdown()
        self.sample = _dropdown()
        self.area = _dropdown()
        self.breakdown = _dropdown()
        self.language = widgets.Dropdown(
            options=list(self._study.card.languages), value=self._results.language, style=_WIDE
        )
        self.view = widgets.ToggleButtons(style={"button_width": "7.5rem"})
        self.shown = widgets.HTML()
        controls = [
            self.search, self.family, self.indicator, self.category,
            self.sample, self.area, self.breakdown, self.language,
        ]  # fmt: skip
        for control in controls:
            control.layout = widgets.Layout(width="100%")
        grid = widgets.GridBox(
            controls,
            layout=widgets.Layout(
                grid_template_columns="minmax(0, 1fr) minmax(0, 1fr)", grid_gap="2px 24px"
            ),
        )
        self.panel = widgets.VBox(
            [widgets.HTML(f"<style>{STYLE}</style>"), grid, self.view, self.shown],
            layout=widgets.Layout(max_width="70rem"),
        )

    def _observe(self) -> None:
        self.language.observe(self._changed(self._fill), "value")
        self.sample.observe(self._changed(self._fill_indicators), "value")
        self.search.observe(self._changed(self._fill_indicators), "value")
        self.family.observe(self._changed(self._fill_indicators), "value")
        self.indicator.observe(self._changed(self._fill_details), "value")
        for control in (self.category, self.area, self.breakdown, self.view):
            control.observe(self._changed(lambda: None), "value")

    def _changed(self, fill: Callable[[], None]) -> Callable[[Any], None]:
        """What a control does when it changes; not while another one fills it."""

        def react(_: Any) -> None:
            if self._filling:
                return
            self._filling = True
            try:
                fill()
            finally:
                self._filling = False
            self._show()

        return react

    _filling = False

    # --- what can be chosen -----------------------------------------------------------------

    def _fill(self) -> None:
        """Everything, in the chosen language."""
        say, names = self._say, self._names
        self._results = self._opened(self.language.value, self.sample.value or self._results.sample)
        self.search.description, self.search.placeholder = say["search"], say["search_hint"]
        for name in ("family", "indicator", "category", "area", "breakdown", "sample", "language"):
            getattr(self, name).description = say[name]
        views = {say[name]: name for name in ("table", "chart", "map", "explanation")}
        _choose(self.view, views)
        _choose(self.sample, {names.text(s.title): k for k, s in self._study.samples.items()})
        families = sorted({row.family for row in self._study.indicators})
        _choose(self.family, {say["all_families"]: "", **{name: name for name in families}})
        whole = {names.whole: self._study.whole}
        _choose(self.area, {**whole, **{names.area(a): a for a in self._study.areas.index}})
        self._fill_indicators()

    def _fill_indicators(self) -> None:
        self._results = self._opened(self.language.value, self.sample.value)
        rows = self._results.results
        released = set(rows.loc[rows["sample"] == self.sample.value, "indicator"])
        wanted = self.search.value.casefold().strip()
        found = {}
        for row in self._study.indicators:
            title = f"{row.code} – {self._names.indicator(row.code)}"
            fits = self.family.value in ("", row.family) and wanted in title.casefold()
            if row.code in released and fits:
                found[title] = row.code
        _choose(self.indicator, found)
        self._fill_details()

    def _fill_details(self) -> None:
        """The categories and breakdowns of the chosen indicator."""
        code, say, names = self.indicator.value, self._say, self._names
        rows = self._results.results
        own = rows[(rows["indicator"] == code) & (rows["sample"] == self.sample.value)]
        categories = [name for name in names.categories(code) if name] if code else []
        named = {names.category(code, name): name for name in categories}
        _choose(self.category, {say["all_categories"]: "", **named})
        breakdowns = [name for name in own["breakdown"].unique() if name]
        by = {names.breakdown(name): name for name in breakdowns}
        _choose(self.breakdown, {say["no_breakdown"]: "", **by})

    # --- what is shown ----------------------------------------------------------------------

    def _show(self) -> None:
        self.shown.value = f'<div class="needs-explorer">{self._content()}</div>'

    def _content(self) -> str:
        if not self.indicator.value:
            return f"<p>{escape(self._say['nothing_found'])}</p>"
        try:
            block = self._block()
            origin = getattr(block, "data_origin", "observed")
            mark = f'<p class="needs-origin">{escape(self._say["modelled"])}</p>'
            return (mark if origin == "modelled" else "") + block.to_html()
        except WorkbenchError as error:
            lines = "<br>".join(escape(line) for line in str(error).splitlines())
            return f'<p role="alert" class="needs-error">{lines}</p>'

    def _block(self) -> Any:
        code, category = self.indicator.value, self.category.value
        reference = f"{code}/{category}" if category else code
        area, by = self.area.value, self.breakdown.value or None
        if self.view.value == "table":
            return self._results.table(reference, by=by, area=area).block
        if self.view.value == "chart":
            return self._results.chart(reference, by=by, area=area).block
        if self.view.value == "map":
            return self._results.map(reference, area=area).block
        return self._results.explain(reference, area=area)

    # --- inside -----------------------------------------------------------------------------

    @property
    def _say(self) -> Mapping[str, str]:
        return phrases(self.language.value)

    @property
    def _names(self) -> Names:
        return Names(self._study, self.language.value)

    def _open(self, language: str, sample: str) -> StudyResults:
        return StudyResults(self._study, language, sample)


def _dropdown() -> widgets.Dropdown:
    return widgets.Dropdown(style=_WIDE)


def _choose(control: Any, options: Mapping[str, str]) -> None:
    """New options; what was chosen stays where it still exists."""
    before = control.value
    control.options = list(options.items())
    values = list(options.values())
    control.value = before if before in values else (values[0] if values else None)

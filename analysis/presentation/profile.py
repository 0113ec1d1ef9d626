"""The profile of an area: people and municipalities, from the territory tables.

These are counts of the population, not estimates from a survey; each table names its source
and date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import WorkbenchError
from analysis.presentation import theme
from analysis.presentation.blocks import Cell, Chart, Column, Relation, Table
from analysis.presentation.drawing import Anchor, Drawing, Point, text_width
from analysis.presentation.numbers import share_value
from analysis.presentation.scene import Scene
from analysis.presentation.tables import Label
from analysis.presentation.territory_rows import source_title
from analysis.territory import Territory

Counts = NDArray[np.int64]
Shares = NDArray[np.float64]

_BANDS = (0, 15, 30, 45, 65, 80)
_SMALL = 1000
_SEXES = ("male", "female")
_TYPES = ("I", "II", "III")
_BAR_HEIGHT = 4.0
_TOP = 7.0
_SIDE = 58.0
_MIDDLE = theme.TEXT_WIDTH / 2
_GAP = 8.0
_SIDES = ((-1, "men", theme.BLUE), (1, "women", theme.ACCENT))


def sentence(scene: Scene, old_from: int) -> str:
    """How many people live in how many municipalities, and how many of them are old."""
    people, whole = _people(scene, scene.area), _people(scene, scene.whole)
    sizes = _sizes(scene)
    small = sizes[sizes["population"] < _SMALL]
    own_small, whole_small = _of_place(scene, small), small
    count = int(people["count"].sum())
    parts = {
        "inhabitants": scene.words.count("inhabitants", count),
        "municipalities": scene.words.count("municipalities", len(_of_place(scene, sizes))),
        "old_from": old_from,
        "old": scene.numbers.whole(_old(people, old_from)),
        "old_share": _percent(scene, _old(people, old_from) / count),
        "small_share": _percent(scene, own_small["population"].sum() / count),
        "small": scene.numbers.whole(_SMALL),
    }
    if scene.is_whole:
        return scene.words.say("profile.sentence_whole", **scene.area_values, **parts)
    total = int(whole["count"].sum())
    return scene.words.say(
        "profile.sentence",
        **scene.area_values,
        **parts,
        old_share_whole=_percent(scene, _old(whole, old_from) / total),
        small_share_whole=_percent(scene, whole_small["population"].sum() / total),
    )


def population(scene: Scene, label: Label) -> Table:
    """Inhabitants by sex and age, with the share of each age here and in the whole."""
    own = _counts(_people(scene, scene.area), _BANDS)
    whole = _counts(_people(scene, scene.whole), _BANDS)
    say = scene.words.say
    rows = [
        _age_row(scene, _band_name(scene, place), own[place], own, whole[place], whole)
        for place in range(len(_BANDS))
    ]
    total, whole_total = own.sum(axis=0), whole.sum(axis=0)
    rows.append(_age_row(scene, say("table.total"), total, own, whole_total, whole))
    columns = [
        Column(say("profile.age"), align="left", width=1.6),
        Column(say("profile.men"), unit="persons"),
        Column(say("profile.women"), unit="persons"),
        Column(say("table.total"), unit="persons"),
        Column(say("profile.share"), width=1.2),
    ]
    if not scene.is_whole:
        columns.append(Column(say("profile.share_of", place=scene.names.whole), width=1.6))
    return Table(
        label.caption, tuple(columns), tuple(rows), label.name, label.anchor,
        notes=(source_note(scene, "population_by_municipality"),),
        relations=(
            Relation("columns", 3, (1, 2)),
            _total_below(rows, range(1, len(columns))),
            Relation("hundred", parts=tuple(range(len(rows) - 1)),
                     columns=tuple(range(4, len(columns)))),
        ),
    )  # fmt: skip


def _total_below(rows: Sequence[object], columns: Iterable[int]) -> Relation:
    """The last row of a table is the sum of the others."""
    return Relation("rows", len(rows) - 1, tuple(range(len(rows) - 1)), tuple(columns))


def _age_row(
    scene: Scene, name: str, counts: Counts, own: Counts, whole_counts: Counts, whole: Counts
) -> tuple[Cell, ...]:
    cells = [
        Cell(name),
        *(_count_cell(scene, int(count)) for count in counts),
        _count_cell(scene, int(counts.sum())),
        _percent_cell(scene, counts.sum() / own.sum()),
    ]
    if not scene.is_whole:
        cells.append(_percent_cell(scene, whole_counts.sum() / whole.sum()))
    return tuple(cells)


def pyramid(scene: Scene, label: Label, old_from: int) -> Chart:
    """The age pyramid of the area in five-year groups, with the outline of the whole."""
    people = _people(scene, scene.area)
    starts = sorted({int(start) for start in people["age_from"]})
    own, whole = _counts(people, starts), _counts(_people(scene, scene.whole), starts)
    names = [f"{start}–{start + 4}" for start in starts[:-1]] + [f"{starts[-1]}+"]
    drawing = _draw_pyramid(scene, own / own.sum(), whole / whole.sum(), names)
    by_age = own.sum(axis=1)
    largest = int(by_age.argmax())
    alt = scene.words.say(
        "alt.pyramid",
        area=scene.area_values["area"],
        first=names[largest],
        first_value=scene.numbers.whole(by_age[largest]),
        old_from=old_from,
        last_value=scene.numbers.whole(_old(people, old_from)),
    )
    return Chart(
        label.caption, drawing.svg(), alt, drawing.width, drawing.height,
        data=_pyramid_data(scene, label, own, names), anchor=label.anchor,
        notes=(source_note(scene, "population_by_municipality"),),
    )  # fmt: skip


def _draw_pyramid(scene: Scene, own: Shares, whole: Shares, names: Sequence[str]) -> Drawing:
    height = len(own) * _BAR_HEIGHT
    drawing = Drawing(theme.TEXT_WIDTH, _TOP + height + 6.0)
    scale = _SIDE / _pyramid_limit(scene)
    for sex, (side, key, colour) in enumerate(_SIDES):
        start = _MIDDLE + side * _GAP
        title = scene.words.say(f"profile.{key}")
        anchor: Anchor = "end" if side < 0 else "start"
        drawing.text(start, 3.4, title, weight="semibold", colour=colour, anchor=anchor)
        _draw_ticks(drawing, scene, start, side, scale, height)
        for place, share in enumerate(own[::-1, sex]):
            width = float(share) * scale
            left = start - width if side < 0 else start
            y = _TOP + place * _BAR_HEIGHT
            drawing.box(left, y + 0.4, width, _BAR_HEIGHT - 0.8, colour)
        if not scene.is_whole:
            drawing.strokes([_outline(whole[::-1, sex], start, side, scale)], theme.INK, 0.4)
    for place, name in enumerate(reversed(names)):
        y = _TOP + place * _BAR_HEIGHT + 2.9
        drawing.text(_MIDDLE, y, name, size=theme.CHART_SMALL, anchor="middle")
    if not scene.is_whole:
        _draw_pyramid_key(drawing, scene.names.whole)
    return drawing


def _draw_pyramid_key(drawing: Drawing, text: str) -> None:
    x = theme.TEXT_WIDTH - text_width(text, theme.CHART_SMALL)
    drawing.text(x, 3.4, text, size=theme.CHART_SMALL, colour=theme.GREY)
    drawing.line((x - 7.0, 2.5), (x - 1.5, 2.5), theme.INK, 0.4)


def _pyramid_limit(scene: Scene) -> float:
    """The largest share of a five-year group of one sex in any area, so that scales agree."""
    frame = _territory(scene).population("area", scene.study.region)
    totals = frame.groupby("code")["count"].transform("sum")
    return float((frame["count"] / totals).max())


def _draw_ticks(
    drawing: Drawing, scene: Scene, start: float, side: int, scale: float, height: float
) -> None:
    for percent in range(10):
        x = start + side * percent / 100 * scale
        if abs(x - start) > _SIDE + 0.01:
            break
        drawing.line((x, _TOP), (x, _TOP + height), theme.GREY_LIGHT, 0.2)
        text = scene.numbers.percent(percent / 100)
        drawing.text(
            x, _TOP + height + 3.4, text,
            size=theme.CHART_SMALL, colour=theme.GREY, anchor="middle",
        )  # fmt: skip


def _outline(shares: Shares, start: float, side: int, scale: float) -> list[Point]:
    points = []
    for place, share in enumerate(shares):
        x = start + side * float(share) * scale
        points += [(x, _TOP + place * _BAR_HEIGHT), (x, _TOP + (place + 1) * _BAR_HEIGHT)]
    return points


def _pyramid_data(scene: Scene, label: Label, own: Counts, names: Sequence[str]) -> Table:
    say = scene.words.say
    rows = [
        (Cell(name), *(_count_cell(scene, int(count)) for count in counts))
        for name, counts in zip(names, own, strict=True)
    ]
    columns = (
        Column(say("profile.age"), align="left"),
        Column(say("profile.men")),
        Column(say("profile.women")),
    )
    return Table(label.caption, columns, tuple(rows), label.name)


def municipalities(scene: Scene, label: Label, size_list: str) -> Table:
    """Municipalities and their inhabitants by size class, here and in the whole."""
    form = scene.study.questionnaire
    sizes = _sizes(scene)
    here, all_of = _of_place(scene, sizes), sizes
    say = scene.words.say
    rows = []
    for name, low, high in form.bands(size_list):
        own = here[here["population"].between(low, high)]
        whole = all_of[all_of["population"].between(low, high)]
        rows.append(_size_row(scene, scene.names.text(form.choice(size_list, name).label, name),
                              own, here, whole, all_of))  # fmt: skip
    rows.append(_size_row(scene, say("table.total"), here, here, all_of, all_of))
    columns = [
        Column(say("profile.size"), align="left", width=2.4),
        Column(say("profile.municipalities_count"), unit="municipalities"),
        Column(say("profile.inhabitants"), width=1.3, unit="persons"),
        Column(say("profile.share"), width=1.2),
    ]
    if not scene.is_whole:
        columns.append(Column(say("profile.share_of", place=scene.names.whole), width=1.8))
    return Table(
        label.caption, tuple(columns), tuple(rows), label.name, label.anchor,
        notes=(source_note(scene, "population_by_municipality"),),
        relations=(_total_below(rows, range(1, len(columns))),),
    )  # fmt: skip


def _size_row(
    scene: Scene,
    name: str,
    own: pd.DataFrame,
    here: pd.DataFrame,
    whole: pd.DataFrame,
    all_of: pd.DataFrame,
) -> tuple[Cell, ...]:
    people = own["population"].sum()
    cells = [
        Cell(name),
        _count_cell(scene, len(own)),
        _count_cell(scene, people),
        _percent_cell(scene, people / here["population"].sum()),
    ]
    if not scene.is_whole:
        share = whole["population"].sum() / all_of["population"].sum()
        cells.append(_percent_cell(scene, share))
    return tuple(cells)


def types(scene: Scene, label: Label) -> Table:
    """Municipalities by the extent of their powers; the seats by name."""
    frame = _of_place(scene, _municipalities(scene))
    say = scene.words.say
    rows = []
    for kind in _TYPES:
        of_kind = frame[frame["type"] == kind].sort_values("name")
        named = "" if kind == "I" else ", ".join(of_kind["name"])
        rows.append(
            (Cell(say(f"profile.type_{kind}")), _count_cell(scene, len(of_kind)), Cell(named))
        )
    columns = (
        Column(say("profile.type"), align="left", width=2.2),
        Column(say("profile.municipalities_count")),
        Column(say("profile.which"), align="left", width=3.6),
    )
    return Table(
        label.caption, columns, tuple(rows), label.name, label.anchor,
        notes=(source_note(scene, "municipalities", "type"),),
    )  # fmt: skip


def source_note(scene: Scene, table: str, column: str = "") -> str:
    """Publisher, title and date of a territory table."""
    sources = _territory(scene).sources
    found = sources[sources["table"] == table]
    if column:
        found = found[found["column"].str.split().map(lambda names: column in names)]
    first = found.iloc[0]
    text = source_title(scene, first)
    when = str(first["reference_date"])
    is_day = len(when) == len("2020-12-31")
    shown = scene.numbers.date(date.fromisoformat(when)) if is_day else when
    if shown not in text:
        key = "profile.dated" if is_day else "profile.dated_year"
        text = scene.words.say(key, text=text, date=shown)
    return scene.words.say("profile.source", source=text)


# --- frames -----------------------------------------------------------------------------------


def _territory(scene: Scene) -> Territory:
    territory = scene.study.territory
    if territory is None or scene.study.region is None:
        raise WorkbenchError(
            f"the study {scene.study.id} has no region, so there is no profile of its areas",
            file=scene.study.folder / "study.yaml",
            hint="name the region in study.yaml, or leave the profile out of the make-up",
        )
    return territory


def _people(scene: Scene, place: str) -> pd.DataFrame:
    level: Literal["region", "area"] = "region" if place == scene.whole else "area"
    frame = _territory(scene).population(level, scene.study.region)
    return frame[frame["code"] == place]


def _municipalities(scene: Scene) -> pd.DataFrame:
    frame = _territory(scene).municipalities
    return frame[frame["region"] == scene.study.region]


def _sizes(scene: Scene) -> pd.DataFrame:
    return _territory(scene).municipality_sizes(scene.study.region)


def _of_place(scene: Scene, frame: pd.DataFrame) -> pd.DataFrame:
    return frame if scene.is_whole else frame[frame["area"] == scene.area]


def _old(people: pd.DataFrame, old_from: int) -> int:
    return int(people.loc[people["age_from"] >= old_from, "count"].sum())


def _counts(people: pd.DataFrame, starts: Sequence[int]) -> Counts:
    """People by the age bands that begin at ``starts`` × sex."""
    bands = np.searchsorted(starts, people["age_from"].to_numpy(), side="right") - 1
    sexes = (people["sex"] == _SEXES[1]).to_numpy(dtype=int)
    counts = np.zeros((len(starts), len(_SEXES)), dtype=np.int64)
    np.add.at(counts, (bands, sexes), people["count"].to_numpy())
    return counts


def _band_name(scene: Scene, place: int) -> str:
    start = _BANDS[place]
    if place == len(_BANDS) - 1:
        return scene.words.say("profile.age_open", low=start)
    return scene.words.say("profile.age_band", low=start, high=_BANDS[place + 1] - 1)


# --- cells ------------------------------------------------------------------------------------


def _count_cell(scene: Scene, value: float) -> Cell:
    return Cell(scene.numbers.whole(value), float(value), "#,##0")


def _percent_cell(scene: Scene, share: float) -> Cell:
    return Cell(scene.numbers.percent(share, 1), share_value(share), "0.0%")


def _percent(scene: Scene, share: float) -> str:
    return scene.numbers.percent(share, 1)

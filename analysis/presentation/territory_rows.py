"""Figures of the territory tables by place, for the sociodemographic profile of a data annex."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.presentation.scene import Scene
from analysis.territory import Territory

_AGES = ((0, 14), (15, 29), (30, 44), (45, 64), (65, 79), (80, None))
_OLD = ((65, None),)
_TYPES = ("I", "II", "III")
_SEXES = (("male", "men"), ("female", "women"))


@dataclass(frozen=True)
class Item:
    """A figure in every place: counts by place, and of how many where a share makes sense.

    ``date`` is ISO 8601 or a year; ``source`` names the publisher and the table.
    """

    topic: str
    group: str
    counts: Mapping[str, int]
    totals: Mapping[str, int] | None
    date: str
    source: str


def items(scene: Scene, size_list: str | None) -> Iterator[Item]:
    """The sociodemographic profile of every area and of the whole.

    Parameters
    ----------
    size_list
        The list of size classes of municipalities; without it they are not classed.
    """
    if scene.study.territory is None or scene.study.region is None:
        return
    territory = scene.study.territory
    yield from _people(scene, territory)
    yield from _education(scene, territory)
    yield from _municipalities(scene, territory, size_list)


def _people(scene: Scene, territory: Territory) -> Iterator[Item]:
    people = territory.population("area", scene.study.region)
    source = _source(scene, territory, "population_by_municipality")
    say = scene.words.say
    everybody = _sums(scene, people, "code")
    yield Item(say("profile.inhabitants"), say("table.total"), everybody, None, *source)
    for sex, key in _SEXES:
        counts = _sums(scene, people[people["sex"] == sex], "code")
        yield Item(say("data_annex.sex"), say(f"profile.{key}"), counts, everybody, *source)
    for low, high in (*_AGES, *_OLD):
        within = people["age_from"] >= low
        if high is not None:
            within &= people["age_from"] <= high
        key = "age_open" if high is None else "age_band"
        name = say(f"profile.{key}", low=low, **({} if high is None else {"high": high}))
        yield Item(say("profile.age"), name, _sums(scene, people[within], "code"), everybody,
                   *source)  # fmt: skip


def _education(scene: Scene, territory: Territory) -> Iterator[Item]:
    frame = territory.education(scene.study.region)
    source = _source(scene, territory, "education_by_area")
    everybody = _sums(scene, frame, "area")
    column = f"label::{scene.names.language}"
    levels = territory.education_levels
    names = levels[column] if column in levels else levels["code"]
    for code, name in zip(levels["code"], names, strict=True):
        counts = _sums(scene, frame[frame["education"] == code], "area")
        topic = scene.words.say("data_annex.education")
        yield Item(topic, scene.words.typeset(str(name)), counts, everybody, *source)


def _municipalities(scene: Scene, territory: Territory, size_list: str | None) -> Iterator[Item]:
    region = scene.study.region
    frame = territory.municipalities
    frame = frame[frame["region"] == region].assign(count=1)
    say = scene.words.say
    kinds = _source(scene, territory, "municipalities", "type")
    number = _sums(scene, frame, "area")
    yield Item(say("data_annex.municipalities"), say("table.total"), number, None, *kinds)
    for kind in _TYPES:
        counts = _sums(scene, frame[frame["type"] == kind], "area")
        yield Item(say("profile.type"), say(f"profile.type_{kind}"), counts, number, *kinds)
    if size_list is None:
        return
    source = _source(scene, territory, "population_by_municipality")
    sizes = territory.municipality_sizes(region).assign(count=1)
    form = scene.study.questionnaire
    for name, low, high in form.bands(size_list):
        of_size = sizes[sizes["population"].between(low, high)]
        label = scene.names.text(form.choice(size_list, name).label, name)
        yield Item(say("data_annex.municipalities_by_size"), label,
                   _sums(scene, of_size, "area"), number, *source)  # fmt: skip
        people = of_size.assign(count=of_size["population"])
        everybody = _sums(scene, sizes.assign(count=sizes["population"]), "area")
        yield Item(say("data_annex.inhabitants_by_size"), label,
                   _sums(scene, people, "area"), everybody, *source)  # fmt: skip


def _sums(scene: Scene, frame: pd.DataFrame, by: str) -> dict[str, int]:
    """Counts by area, and of all of them under the code of the whole."""
    counts = frame.groupby(by, observed=True)["count"].sum()
    areas: Sequence[str] = list(scene.study.areas.index)
    found = {area: int(counts.get(area, 0)) for area in areas}
    return {scene.whole: sum(found.values()), **found}


def _source(scene: Scene, territory: Territory, table: str, column: str = "") -> tuple[str, str]:
    """The reference date of a table and its publisher and title."""
    sources = territory.sources
    found = sources[sources["table"] == table]
    if column:
        found = found[found["column"].str.split().map(lambda names: column in names)]
    first = found.iloc[0]
    return str(first["reference_date"]), source_title(scene, first)


def source_title(scene: Scene, source: pd.Series[str]) -> str:
    """Publisher and title of a source, in the language of the scene where both are written."""
    language = scene.names.language
    own = [str(source.get(f"{name}::{language}", "")) for name in ("publisher", "title")]
    publisher, title = own if all(own) else (source["publisher"], source["title"])
    return scene.words.typeset(f"{publisher}: {title}")

"""The index page of a study's reports: every report in each format with its size.

One page that works from a memory stick: all its links are relative. Its one script only
searches; without it everything is there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

import yaml
from markupsafe import Markup

from analysis.presentation.maps import PlainMap
from analysis.publishing.batch import OutputFile
from analysis.publishing.checks import check_html, script_source
from analysis.publishing.content import clean_text
from analysis.publishing.html import page_frame, render_template
from analysis.publishing.manifest import NAME as MANIFEST
from analysis.publishing.manifest import ReportRecord, output_file, write_whole
from analysis.publishing.phrases import Phrases, phrases
from analysis.publishing.webfont import TEMPLATES

NAME: Final = "index.html"
_SHOWN: Final = ("html", "pdf", "xlsx")
_KILO: Final = 1000
RELEASE: Final = "release"


@dataclass(frozen=True)
class Site:
    """What the index page says, in one language.

    Parameters
    ----------
    title, subtitle
        Of the study.
    language
        Of the page.
    languages
        Of the study; the glossary stands where there is more than one.
    areas
        Names by code, in the order of the list. Reports on areas not among them come last.
    kinds
        Titles of the kinds of report by kind, in the order of the page.
    reports
        What there is, as the manifest has it.
    expected
        Kind, area and language of reports that should be there; those that are not are said
        to be absent.
    watermark, watermark_note
        The word that marks modelled data, and what it means.
    open_data
        The files of the open data; no section when there are none.
    stamp, stamp_note
        The word that marks drafts, and what it means.
    map
        The areas as a map in which each leads to its report; no map when None.
    methods
        The relative address of a page on methods; no link when empty.
    publicity
        The line that funders ask for.
    since, new
        The last release, and the keys of reports that are not in it as they are now.
    method_facts
        What the methods of all reports have in common, names and values.
    statement
        What is known for the accessibility statement: keeper, contact, status, exceptions,
        prepared, reviewed.
    """

    title: str
    language: str
    areas: Mapping[str, str]
    kinds: Mapping[str, str]
    reports: Sequence[ReportRecord]
    languages: Sequence[str] = ()
    subtitle: str = ""
    expected: Sequence[tuple[str, str, str]] = ()
    watermark: str = ""
    watermark_note: str = ""
    open_data: Sequence[OutputFile] = ()
    stamp: str = ""
    stamp_note: str = ""
    map: PlainMap | None = None
    methods: str = ""
    publicity: str = ""
    since: str = ""
    new: frozenset[tuple[str, str, str]] = frozenset()
    method_facts: Sequence[tuple[str, str]] = ()
    statement: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Link:
    address: str
    text: str
    size: str


@dataclass(frozen=True)
class _MapArea:
    """An area of the map; without an address where there is no report to lead to."""

    name: str
    path: str
    x: float
    lines: tuple[tuple[float, str], ...]
    address: str


@dataclass(frozen=True)
class _ListedArea:
    name: str
    links: tuple[_Link, ...]


@dataclass(frozen=True)
class _Term:
    """A term in the language of the page, and in the other one."""

    name: str
    other: str
    other_language: str
    means: str


@dataclass(frozen=True)
class _Row:
    area: str
    stamp: str
    is_new: bool
    links: Mapping[str, _Link]


@dataclass(frozen=True)
class _Section:
    anchor: str
    title: str
    language: str
    language_name: str
    rows: tuple[_Row, ...]

    @property
    def formats(self) -> tuple[str, ...]:
        """The formats that any of the reports has; all of them where there is none yet."""
        made = {format for row in self.rows for format in row.links}
        return tuple(format for format in _SHOWN if format in made) or _SHOWN


def write_site(folder: Path, site: Site) -> OutputFile:
    """Write ``index.html`` into a folder of reports; returns it as a row of the manifest.

    Raises
    ------
    WorkbenchError
        If the page does not pass its checks.
    """
    text = render_site(site)
    check_html(text, NAME, search_script())
    return output_file(folder, write_whole(folder / NAME, text.encode()))


def render_site(site: Site) -> str:
    """The index page as text."""
    texts = phrases(site.language)
    sections = tuple(_sections(site, texts))
    frame = page_frame(site.language, texts)
    values = {
        **frame,
        "policy": f"{frame['policy']}; script-src {script_source(search_script())}",
        "script": Markup(search_script()),
        "listed": tuple(_listed(site, texts)),
        "glossary": glossary(site.language) if len(site.languages) > 1 else (),
        "statement": tuple(_statement(site, texts)),
        "new_count": sum(record.key in site.new for record in site.reports),
        "site": site,
        "title": texts.typeset(clean_text(site.title)),
        "sections": sections,
        "map_areas": tuple(_map_areas(site)),
        "has_drafts": any(row.stamp for section in sections for row in section.rows),
        "count": sum("html" in row.links for section in sections for row in section.rows),
        "files": [_file(texts, file) for file in site.open_data],
        "manifest": MANIFEST,
    }
    return render_template("index.html.j2", values)


@cache
def search_script() -> str:
    """The script that narrows the lists while somebody types."""
    return (TEMPLATES / "search.js").read_text(encoding="utf-8")


def glossary(language: str) -> tuple[_Term, ...]:
    """The terms of the reports in alphabetical order of a language."""
    path = Path(__file__).parent / "glossary.yaml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    other = "en" if language == "cs" else "cs"
    own = language if language in ("cs", "en") else "en"
    terms = [_Term(one[own], one[other], other, one["means"][own]) for one in entries]
    return tuple(sorted(terms, key=lambda term: _collated(term.name)))


def _collated(text: str) -> str:
    """A key of the Czech alphabet: accents count last, č after c, ch after h."""
    after = str.maketrans({"č": "c~", "ř": "r~", "š": "s~", "ž": "z~"})
    folded = text.casefold().replace("ch", "h~").translate(after)
    plain = unicodedata.normalize("NFD", folded)
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def _listed(site: Site, texts: Phrases) -> Iterable[_ListedArea]:
    """The areas with their reports in the language of the page."""
    order = {kind: place for place, kind in enumerate(site.kinds)}
    own = [one for one in site.reports if one.language == site.language and "html" in one.files]
    for code in _in_order(site, {one.area for one in own}):
        reports = [one for one in own if one.area == code]
        reports.sort(key=lambda one: (order.get(one.kind, len(order)), one.kind))
        links = tuple(
            _Link(
                quote(one.files["html"].path),
                texts.typeset(clean_text(site.kinds.get(one.kind, one.kind))),
                "",
            )
            for one in reports
        )
        yield _ListedArea(clean_text(site.areas.get(code, code)), links)


def _statement(site: Site, texts: Phrases) -> Iterable[str]:
    """The accessibility statement; what is not known is marked as to be filled in."""

    def known(key: str) -> str:
        stated = clean_text(site.statement.get(key, ""))
        return stated or texts.say("site.to_fill", name=key)

    status = site.statement.get("status", "")
    stated = texts.say(f"site.status_{status}") if status else known("status")
    yield texts.say("site.statement_law", keeper=known("keeper"))
    yield texts.say("site.statement_status", status=stated)
    nothing = texts.say("site.stated_none") if status == "full" else known("exceptions")
    yield texts.say("site.statement_exceptions", exceptions=nothing)
    yield texts.say("site.statement_checks")
    yield texts.say("site.statement_dates", prepared=known("prepared"), reviewed=known("reviewed"))
    yield texts.say("site.statement_contact", contact=known("contact"))
    yield texts.say("site.statement_enforcement")


def _map_areas(site: Site) -> Iterable[_MapArea]:
    if site.map is None:
        return
    addresses = _first_reports(site)
    # Links are followed in the order of the list, whatever the order of the shapes.
    for code in _in_order(site, site.map.areas):
        area = site.map.areas[code]
        lines = [(round(area.y + place * site.map.leading, 2), line)
                 for place, line in enumerate(area.lines)]  # fmt: skip
        yield _MapArea(
            clean_text(site.areas.get(code, code)),
            area.path,
            round(area.x, 2),
            tuple((y, clean_text(line)) for y, line in lines),
            addresses.get(code, ""),
        )


def _first_reports(site: Site) -> dict[str, str]:
    """The page of each area's report in the site's language, of the first kind that has one."""
    order = {kind: place for place, kind in enumerate(site.kinds)}
    found: dict[str, str] = {}
    for record in sorted(site.reports, key=lambda one: order.get(one.kind, len(order))):
        if record.language == site.language and "html" in record.files:
            found.setdefault(record.area, quote(record.files["html"].path))
    return found


def _sections(site: Site, texts: Phrases) -> Iterable[_Section]:
    records = {record.key: record for record in site.reports}
    keys = {*records, *site.expected}
    for kind in [*site.kinds, *sorted({key[0] for key in keys} - site.kinds.keys())]:
        for language in _languages(site, {key[2] for key in keys if key[0] == kind}):
            codes = {key[1] for key in keys if (key[0], key[2]) == (kind, language)}
            rows = tuple(
                _row(site, texts, code, records.get((kind, code, language)))
                for code in _in_order(site, codes)
            )
            title = _section_title(site, texts, kind, language)
            named = _language_name(texts, language)
            yield _Section(f"{kind}-{language}", title, language, named, rows)


def _languages(site: Site, languages: Iterable[str]) -> list[str]:
    """The page's own language first."""
    return sorted(languages, key=lambda language: (language != site.language, language))


def _in_order(site: Site, codes: Iterable[str]) -> list[str]:
    order = {code: place for place, code in enumerate(site.areas)}
    return sorted(codes, key=lambda code: (order.get(code, len(order)), code))


def _section_title(site: Site, texts: Phrases, kind: str, language: str) -> str:
    title = texts.typeset(clean_text(site.kinds.get(kind, kind)))
    if language == site.language:
        return title
    return texts.say("site.reports_in", kind=title, language=_language_name(texts, language))


def _language_name(texts: Phrases, language: str) -> str:
    key = f"language.{language}"
    return texts.say(key) if texts.has(key) else language


def _row(site: Site, texts: Phrases, code: str, record: ReportRecord | None) -> _Row:
    area = clean_text(site.areas.get(code, code))
    files = record.files if record is not None else {}
    is_draft = record is not None and record.edition != RELEASE
    stamp = site.stamp if is_draft else ""
    is_new = bool(site.since) and record is not None and record.key in site.new
    return _Row(
        area,
        stamp,
        is_new,
        {name: _link(texts, name, files[name]) for name in _SHOWN if name in files},
    )


def _link(texts: Phrases, format: str, file: OutputFile) -> _Link:
    return _Link(quote(file.path), texts.say(f"site.{format}"), size_text(file.size, texts))


def _file(texts: Phrases, file: OutputFile) -> _Link:
    return _Link(quote(file.path), file.path.rpartition("/")[2], size_text(file.size, texts))


def size_text(size: int, texts: Phrases) -> str:
    """A size of a file for people, such as ``97 kB`` or ``1,2 MB``."""
    if size < _KILO**2:
        return texts.say("unit.kB", number=texts.numbers.whole(max(1, round(size / _KILO))))
    return texts.say("unit.MB", number=texts.numbers.decimal(size / _KILO**2, 1))

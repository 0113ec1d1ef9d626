"""A new study out of one that is there: its definitions, without what was true only of it.

Questionnaire, indicators, plan, margins, rules of recommendations, generator and make-ups
are taken over; the region comes from the territory tables; facts of the project and of the
field work are left open and marked, never invented.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import jinja2
import yaml
from rapidfuzz import fuzz, process

from analysis.answer_template import FOLDER, write_templates
from analysis.card_texts import UNKNOWN, Fact, facts, unknown_facts
from analysis.definitions import read_tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.named_places import any_of, foreign_places, forms_of
from analysis.study import Study, open_study
from analysis.territory import Territory, load_territory
from analysis.workspace import (
    Workspace,
    make_workspace,
    own_workspace,
    require_empty,
    shipped_workspace,
)

#: Names the study that is taken over when no other is asked for.
DEFAULTS_FILE: Final = "new_study.yaml"
#: Files of a study that tell of its own answers, places and decisions, and are not taken over.
NOT_TAKEN_OVER: Final = (
    "study.yaml", "README.md", "areas.csv", "corrections.csv", "response_flow.csv",
    "approvals.csv", "approvals.yaml",
)  # fmt: skip
_TEXT_FILES: Final = (".csv", ".yaml", ".ipynb", ".md")
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_TEMPLATES: Final = Path(__file__).with_name("new_study_readme")
#: Sections of the card whose facts are found out anew.
_OPENED: Final = ("project", "fieldwork")
#: Sections that a new study has no use for: files of others are taken over with its own.
_LEFT_OUT: Final = ("shared",)


@dataclass(frozen=True)
class NewStudy:
    """What was made, and what is left to do.

    Parameters
    ----------
    study
        The new study, opened.
    source
        The id of the study it was made from.
    unknown
        The facts that have to be filled in.
    leftovers
        Lines taken over that still name a place of elsewhere or the old wave.
    """

    study: Study
    source: str
    unknown: tuple[Issue, ...]
    leftovers: tuple[Issue, ...]

    def lines(self) -> list[str]:
        """The outcome in a few sentences."""
        study, territory = self.study, self.study.territory
        assert territory is not None and study.region is not None
        region = territory.name(study.region)
        return [
            f"{study.id}: {region}, {len(study.areas)} areas, wave {study.wave}; "
            f"definitions from {self.source}",
            f"facts to fill in: {len({issue.row for issue in self.unknown})} "
            f"(needs check {study.id})",
            f"templates for answers: {study.raw / FOLDER}",
            f"read {study.folder / 'README.md'}",
        ]


def new_study(
    study_id: str,
    region: str,
    source: str | None = None,
    *,
    title: str | None = None,
    wave: str | None = None,
) -> NewStudy:
    """Make the folder of a new study, and templates for its answers.

    Parameters
    ----------
    study_id
        Name of the folder and of the study.
    region
        Code or name of a region of the territory tables.
    source
        Id or folder of the study whose definitions are taken over; the shipped one when not given.
    title
        In the study's default language; that of the source, for the new region, when not given.
    wave
        What the survey is dated by; the year in the id, else the present one, when not given.

    Raises
    ------
    WorkbenchError
        If there is such a study already, no such region or source, or the source has no region.
        Nothing is left behind then.
    """
    _check_id(study_id)
    own = own_workspace()
    place = own or Workspace(Path.cwd())
    if own is None:
        require_empty(place.root)
    _require_free(place, study_id)
    origin = _source(source, place)
    territory = load_territory((own or shipped_workspace()).catalogues)
    code = find_region(territory, region)
    rules = _rules(origin, territory, study_id, code)
    values = _card(origin, rules, study_id, code, title, wave or _wave_of(study_id))
    workspace = own or make_workspace(place.root)
    with tempfile.TemporaryDirectory(dir=workspace.studies, prefix=f".{study_id}-") as aside:
        folder = Path(aside) / study_id
        _take_over(origin, folder, rules)
        (folder / "study.yaml").write_text(_card_text(values), encoding="utf-8")
        made = open_study(folder, workspace)
        (folder / "README.md").write_text(_readme(made, origin), encoding="utf-8")
        folder.rename(workspace.studies / study_id)
    study = open_study(study_id, workspace)
    write_templates(study)
    unknown = tuple(unknown_facts(read_tree(study.folder / "study.yaml")))
    leftovers = (*foreign_places(study), *_old_wave(study, origin))
    return NewStudy(study, origin.id, unknown, leftovers)


def find_region(territory: Territory, text: str) -> str:
    """The code of a region, by its code in any system or by its name in any language and case.

    Raises
    ------
    WorkbenchError
        If the territory tables have no such region, or no area of it.
    """
    regions = territory.regions
    found = territory.identify_code(text)
    code = found.code if found is not None and found.kind == "region" else ""
    for candidate in regions["code"]:
        names = (name.casefold() for name in forms_of(territory, candidate))
        if text.strip().casefold() in names:
            code = candidate
    if not code:
        raise _unknown_region(territory, text)
    if not territory.areas_of(code):
        raise WorkbenchError(
            f"the territory tables have no areas of the region {code}",
            file="studies/catalogues/territory/areas.csv",
            hint="docs/territory.md says how to add them",
        )
    return code


def _unknown_region(territory: Territory, text: str) -> WorkbenchError:
    regions = territory.regions
    known = [f"{row.code} {row.name_}" for row in
             regions.rename(columns={"name": "name_"}).itertuples()]  # fmt: skip
    near = process.extract(text, known, scorer=fuzz.WRatio, limit=2, score_cutoff=60)
    return WorkbenchError(
        f"the territory tables know no region {text}",
        file="studies/catalogues/territory/regions.csv",
        expected=", ".join(known),
        got=text,
        hint=(f"did you mean {' or '.join(name for name, _, _ in near)}?" if near
              else "docs/territory.md says how to add a region"),
    )  # fmt: skip


# --- what is asked for --------------------------------------------------------------------


def _check_id(study_id: str) -> None:
    if not _ID.fullmatch(study_id) or study_id == "catalogues":
        raise WorkbenchError(
            "this cannot be the id of a study",
            expected="small letters without diacritics, digits and hyphens, such as region-2026",
            got=study_id,
        )


def _require_free(workspace: Workspace, study_id: str) -> None:
    folder = workspace.studies / study_id
    if folder.exists():
        raise WorkbenchError(
            f"there is a study {study_id} already",
            file=folder,
            hint="choose another id, or take the folder away if it is not needed",
        )


def _wave_of(study_id: str) -> str:
    years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", study_id)
    return years[-1] if years else str(date.today().year)


def _source(source: str | None, workspace: Workspace) -> Study:
    """The study to take over, of this workspace or one that comes with the package."""
    shipped = shipped_workspace()
    if source is None:
        tree = read_tree(shipped.catalogues / DEFAULTS_FILE)
        source = str(tree.values["from"])
    places = [place for place in (workspace, shipped) if source in place.study_ids()]
    if not places and not (Path(source) / "study.yaml").is_file():
        known = sorted({*workspace.study_ids(), *shipped.study_ids()})
        raise WorkbenchError(
            f"there is no study {source} to take over",
            expected=", ".join(known),
            got=source,
            hint=suggestion(source, known),
        )
    place = places[0] if places else workspace
    folder = place.studies / source if places else Path(source)
    card = read_tree(folder / "study.yaml")
    if not isinstance(card.values, Mapping) or not card.values.get("region"):
        raise WorkbenchError(
            f"the study {folder.name} has areas of its own and no region",
            file=card.file,
            expected="a study whose areas come from the territory tables",
            hint="take over another one with --from",
        )
    return open_study(folder, place)


# --- definitions --------------------------------------------------------------------------

_Rule = tuple[re.Pattern[str], str]


def _rules(origin: Study, territory: Territory, study_id: str, region: str) -> list[_Rule]:
    """What is written in place of the old names: the region in each case, codes and ids."""
    assert origin.region is not None and origin.territory is not None
    old = forms_of(origin.territory, origin.region)
    pairs = dict(zip(old, forms_of(territory, region), strict=True))
    pairs |= {origin.region: region, origin.id: study_id}
    ordered = sorted(pairs.items(), key=lambda pair: -len(pair[0]))
    return [(any_of([name]), replacement) for name, replacement in ordered if name != replacement]


def _renamed(text: str, rules: list[_Rule]) -> str:
    for pattern, replacement in rules:
        text = pattern.sub(replacement, text)
    return text


def _take_over(origin: Study, folder: Path, rules: list[_Rule]) -> None:
    for name, path in _files_of(origin).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in _TEXT_FILES:
            text = path.read_bytes().decode("utf-8")
            target.write_bytes(_renamed(text, rules).encode("utf-8"))
        else:
            shutil.copy2(path, target)


def _files_of(study: Study) -> dict[str, Path]:
    """The files to take over by their place in the folder: the study's own, and those it shares."""
    files = {name: study.files / name for name in study.files.shared}
    for path in sorted(study.folder.rglob("*")):
        inner = path.relative_to(study.folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in inner.parts)
        if path.is_file() and not hidden:
            files[inner.as_posix()] = path
    return {name: path for name, path in files.items() if name not in NOT_TAKEN_OVER}


def _old_wave(study: Study, origin: Study) -> Iterator[Issue]:
    """Lines that name the wave of the study they were taken from."""
    if origin.wave == study.wave:
        return
    pattern = any_of([origin.wave])
    for path in study.definition_files():
        if path.suffix not in _TEXT_FILES or path.name == "study.yaml":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), start=1):
            if pattern.search(line):
                yield Issue(
                    "this definition names the wave it was taken from",
                    severity="warning",
                    file=str(path),
                    row=number,
                    got=origin.wave,
                    hint="in expressions write survey-year() in its place",
                )


# --- the study card -----------------------------------------------------------------------


def _card(
    origin: Study, rules: list[_Rule], study_id: str, region: str, title: str | None, wave: str
) -> dict[str, Any]:
    """The card of the source with the facts that are not known of the new study left open."""
    old = read_tree(origin.folder / "study.yaml").values
    kept = {key: value for key, value in old.items() if key not in (*_OPENED, *_LEFT_OUT)}
    values = {key: _rewritten(value, rules) for key, value in kept.items()}
    languages = tuple(origin.languages)
    values |= {"id": study_id, "region": region, "wave": wave}
    if title is not None:
        values["title"] = {**values["title"], origin.card.default_language: title}
    values["seed"] = zlib.crc32(study_id.encode())
    opened: dict[str, dict[str, Any]] = {section: {} for section in _OPENED}
    for fact in facts():
        opened[fact.path[0]][fact.path[1]] = _open(fact, languages)
    order = [key for key in dict.fromkeys([*old, *opened]) if key not in _LEFT_OUT]
    return {key: opened[key] if key in opened else values[key] for key in order}


def _open(fact: Fact, languages: tuple[str, ...]) -> Any:
    return dict.fromkeys(languages, UNKNOWN) if fact.by_language else UNKNOWN


def _rewritten(value: Any, rules: list[_Rule]) -> Any:
    if isinstance(value, Mapping):
        return {key: _rewritten(part, rules) for key, part in value.items()}
    if isinstance(value, list):
        return [_rewritten(part, rules) for part in value]
    return _renamed(value, rules) if isinstance(value, str) else value


def _card_text(values: Mapping[str, Any]) -> str:
    """The card as YAML, its sections apart."""
    sections = [
        yaml.safe_dump({key: value}, allow_unicode=True, sort_keys=False, width=1000)
        for key, value in values.items()
    ]
    spaced = [("\n" if "\n " in section else "") + section for section in sections]
    head = (
        "# Study card. A fact marked \"?\" is not known yet: write it in place of the mark.\n"
        "# Until then reports say that it is not stated; needs check lists what is left.\n"
    )  # fmt: skip
    return head + "".join(spaced)


# --- what to do next ----------------------------------------------------------------------


def _readme(study: Study, origin: Study) -> str:
    language = study.card.default_language
    name = f"{language}.md.j2"
    if not (_TEMPLATES / name).exists():
        language, name = "en", "en.md.j2"
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False,
    )  # fmt: skip
    assert study.territory is not None and study.region is not None
    return environment.get_template(name).render(
        study=study,
        source=origin.id,
        region=study.territory.name(study.region),
        title=study.title.get(language, study.id),
        facts=[(fact.name, fact.meaning[language]) for fact in facts()],
        templates=f"data/raw/{study.id}/{FOLDER}",
        area=study.areas.index[0],
        area_name=study.areas["name"].iloc[0],
        samples=[
            (name, sample.files[0].path, sample.target_size) for name, sample in
            study.samples.items()
        ],
    )  # fmt: skip

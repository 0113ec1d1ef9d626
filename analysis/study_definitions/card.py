"""The study card: what a study is, its samples, project, field work and choices."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from analysis.definitions import Definition
from analysis.study_files import SharedFiles


class FileOptions(Definition):
    """One raw file of a sample and how it is to be read."""

    path: str
    format: Literal["csv", "xlsx", "sav", "parquet"] | None = None
    encoding: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    sheet: str | int | None = None
    header_row: int | None = Field(default=None, ge=1)
    multiple_separator: str | None = None


class SampleDesign(Definition):
    """How the respondents were chosen."""

    kind: Literal["quota", "probability", "census", "providers"] = "probability"
    weight: str | None = None
    strata: str | None = None
    clusters: str | None = None
    fpc: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the answers that the design names."""
        named = (self.weight, self.strata, self.clusters, self.fpc)
        return tuple(name for name in named if name is not None)


class Trim(Definition):
    """Bounds of a weight as multiples of its area's mean weight."""

    low: float = Field(gt=0)
    high: float = Field(gt=1)


class Weighting(Definition):
    """How a sample is weighted."""

    method: Literal["rake", "given", "none"] = "none"
    by: str | None = None
    trim: Trim | None = None
    minimum_cell: int = Field(default=5, ge=1)


class Sample(Definition):
    """One sample of a study: whom it stands for, its files, design and weighting.

    ``earlier`` names the sample of an earlier wave that this one is compared with; that one
    names its own ``wave`` and ``reference_date``, others are of the study's.
    """

    title: dict[str, str]
    population: dict[str, str]
    base: dict[str, str]
    files: tuple[FileOptions, ...]
    identifier: str | None = None
    design: SampleDesign = SampleDesign()
    weighting: Weighting = Weighting()
    target_size: int | None = Field(default=None, ge=1)
    pooled: bool = True
    wave: Annotated[str | None, BeforeValidator(lambda wave: wave and str(wave))] = None
    reference_date: date | None = None
    earlier: str | None = None
    note: dict[str, str] = {}


class Project(Definition):
    """The project that pays for the study and the people behind it."""

    name: dict[str, str]
    registration_number: str | dict[str, str] = ""
    programme: dict[str, str] = {}
    period: str = ""
    client: dict[str, str] = {}
    contractor: dict[str, str] = {}
    author: dict[str, str] = {}
    publicity: dict[str, str] = {}


class Fieldwork(Definition):
    """When and how the answers were collected; what is not known yet is absent."""

    start: date | None = None
    end: date | None = None
    published: date | None = None
    mode: dict[str, str] = {}
    selection: dict[str, str] = {}
    quotas: dict[str, str] = {}
    tool: dict[str, str] = {}
    interviewers: int | dict[str, str] | None = None
    note: dict[str, str] = {}


class MissingCodes(Definition):
    """The three kinds of missing, told apart everywhere."""

    not_applicable: str = "-1"
    dont_know: str = "-8"
    refused: str = "-9"

    @property
    def codes(self) -> tuple[str, str, str]:
        """The three codes."""
        return self.not_applicable, self.dont_know, self.refused


class QuestionnaireFiles(Definition):
    """Where the form is: a workbook, or two CSV files.

    ``sensitive`` names questions of a form that came with the data and has no such column.
    """

    survey: str | None = None
    choices: str | None = None
    workbook: str | None = None
    encoding: str = "utf-8-sig"
    sensitive: tuple[str, ...] = ()


class CaseForms(Definition):
    """A plural in the cases that sentences need, in a language that inflects."""

    nominative: str
    genitive: str
    dative: str
    locative: str


class DiscardRule(Definition):
    """A questionnaire for which ``when`` is true is set aside before anything is computed."""

    when: str
    reason: dict[str, str]


class ReleaseChoice(Definition):
    """The named set of release rules a study publishes under."""

    rule_set: str = "default"


class Auxiliary(Definition):
    """A number known of every area: the share of some choices in a margin."""

    title: dict[str, str]
    margin: str
    variable: str
    choices: tuple[str, ...] = Field(min_length=1)


class SmallAreas(Definition):
    """What model-based estimates of areas rest on besides the answers.

    ``sample`` names the sample whose margins the auxiliaries are taken from.
    """

    sample: str
    auxiliaries: tuple[Auxiliary, ...] = ()


class Accessibility(Definition):
    """What the accessibility statement of the published pages says of their keeper.

    The law (Act 99/2019 Sb.) asks for it of public bodies; what is not stated here is marked
    in the statement as to be filled in.
    """

    keeper: dict[str, str] = {}
    contact: str = ""
    status: Literal["", "full", "partial", "none"] = ""
    exceptions: dict[str, str] = {}
    prepared: date | None = None
    reviewed: date | None = None


class Card(Definition):
    """``study.yaml``.

    ``licence`` is the address of the licence of the published data, empty while nobody has
    decided it.
    """

    id: str
    title: dict[str, str]
    region: str | None = None
    wave: Annotated[str, BeforeValidator(str)]
    languages: tuple[str, ...] = ("cs", "en")
    default_language: str = "cs"
    missing: MissingCodes = MissingCodes()
    questionnaire: QuestionnaireFiles
    shared: SharedFiles | None = None
    area_variable: str
    area_title: dict[str, str] = {}
    area_title_plural: dict[str, str | CaseForms] = {}
    project: Project
    fieldwork: Fieldwork
    samples: dict[str, Sample]
    discard: tuple[DiscardRule, ...] = ()
    release: ReleaseChoice = ReleaseChoice()
    licence: str = ""
    accessibility: Accessibility = Accessibility()
    small_areas: SmallAreas | None = None
    seed: int = 1

    @property
    def survey_year(self) -> int:
        """The year of the survey: that of the first day in the field, else of the wave."""
        start = self.fieldwork.start
        return start.year if start is not None else int(year_of(self.wave))

    @property
    def survey_period(self) -> tuple[date, date]:
        """First and last day of the field work; of the year, as far as they are not known."""
        year = self.survey_year
        return (
            self.fieldwork.start or date(year, 1, 1),
            self.fieldwork.end or date(year, 12, 31),
        )


def year_of(wave: str) -> str:
    """The year in the name of a wave; empty where there is none."""
    found = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", wave)
    return found.group() if found else ""

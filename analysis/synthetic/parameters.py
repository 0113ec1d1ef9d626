"""The truth of the generated respondents as a study states it: ``generator.yaml``.

What the file leaves out has a default, so that a study without the file works too. The
meaning of every key is in ``docs/synthetic.md``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from analysis.definitions import Definition, Tree, parse_tree, read_tree
from analysis.study import Study

FILE_NAME = "generator.yaml"

ByChoice = float | dict[str, float]


class Parameters(Definition):
    """Base of the models: codes may be written without quotes."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Slope(Parameters):
    """The effect of a numeric variable: ``slope`` per unit from ``centre``."""

    slope: float
    centre: float = 0.0


def _kind_of_effect(value: Any) -> str:
    linear = isinstance(value, Slope) or (isinstance(value, dict) and "slope" in value)
    return "slope" if linear else "levels"


Levels = dict[str, ByChoice]
Effect = Annotated[
    Annotated[Slope, Tag("slope")] | Annotated[Levels, Tag("levels")],
    Discriminator(_kind_of_effect),
]
Effects = dict[str, Effect]
Share = Annotated[float, Field(ge=0, le=1)]
Rates = list[Share] | dict[str, Share]


class Rule(Parameters):
    """A condition and what follows from it."""

    when: str
    add: ByChoice | None = None
    forbid: Literal[True] | list[str] | None = None
    only: list[str] | None = None


class Roles(Parameters):
    """The questions that hold what the territory tables know of a person."""

    municipality: str | None = None
    sex: str | None = None
    year_of_birth: str | None = None
    age: str | None = None
    education: str | None = None
    area: str | None = None

    @property
    def questions(self) -> dict[str, str]:
        """Role → question, for the roles that are filled."""
        return {role: name for role, name in self.model_dump().items() if name is not None}


class PopulationParameters(Parameters):
    """How many people there are, and how old."""

    reference_year: int | None = None
    minimum_age: int = Field(default=15, ge=0)
    oldest_age: int = Field(default=100, ge=1)
    size: int = Field(default=2000, ge=1)
    sizes: dict[str, int] = {}


class EducationParameters(Parameters):
    """How education goes with age and sex; its margins are the territory's."""

    effects: Effects = {}
    rules: tuple[Rule, ...] = ()


class Predictor(Parameters):
    """What moves an answer or a factor, apart from chance."""

    effects: Effects = {}
    rules: tuple[Rule, ...] = ()
    area_sd: float | None = Field(default=None, ge=0)


class FactorParameters(Predictor):
    """A trait of a person."""

    sd: float = Field(default=1.0, ge=0)


class Distribution(Parameters):
    """The distribution of a number."""

    kind: Literal["normal", "lognormal", "poisson", "uniform"]
    mean: float = 0.0
    sd: float = Field(default=1.0, ge=0)
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = Field(default=None, gt=0)


class Planted(Parameters):
    """Personal data in open answers, so that their removal is tested on the way they take."""

    rate: Share
    texts: list[str] = Field(min_length=1)


class ItemParameters(Predictor):
    """One question: the shares of its answers and what moves them."""

    rates: Rates | None = None
    values: dict[str, Share] | None = None
    distribution: Distribution | None = None
    factors: dict[str, ByChoice] = {}
    scale: list[str] | None = None
    texts: list[str] | None = None
    fill: dict[str, list[str]] = {}
    planted: Planted | None = None
    choices_of: str | None = None
    phrases: dict[str, list[str]] = {}
    typos: Share = 0.0
    answered: Share = 1.0


def _bare_rates(value: Any) -> Any:
    return {"rates": value} if isinstance(value, list) else value


class QuestionParameters(ItemParameters):
    """A question, or a grid with what holds for all its items."""

    items: dict[str, Annotated[ItemParameters, BeforeValidator(_bare_rates)]] = {}
    dont_know: Share | None = None
    total: float | None = Field(default=None, gt=0)
    step: float = Field(default=1.0, gt=0)


class Response(Parameters):
    """Who answers: the mean probability, and factors of it on the log scale."""

    rate: float = Field(default=0.6, gt=0, le=1)
    effects: Effects = {}


class Discard(Parameters):
    """A reason for which returned questionnaires are not used."""

    stage: str
    label: dict[str, str]
    rate: Share


class Providers(Parameters):
    """How users are reached: through providers of one kind of service each."""

    question: str | None = None
    size: int = Field(default=40, ge=1)
    take: int = Field(default=12, ge=1)


class SampleParameters(Parameters):
    """How a sample is taken from its part of the population."""

    members: str | None = None
    providers: Providers | None = None
    response: Response = Response()
    discard: tuple[Discard, ...] = ()


class ItemNonresponse(Parameters):
    """Refusals of single questions, as shares of those asked; effects on the log scale."""

    rate: Share = 0.01
    effects: Effects = {}
    questions: dict[str, Share] = {}


class CoderParameters(Parameters):
    """How those who code an open question err, as shares of the things named."""

    errors: dict[str, Share] = Field(min_length=1, max_length=2)
    alike: Share = 0.0
    confused: dict[str, list[str]] = {}
    decided_rightly: Share = 1.0
    undecided: Share = 0.0


class Generator(Parameters):
    """``generator.yaml``."""

    roles: Roles = Roles()
    population: PopulationParameters = PopulationParameters()
    education: EducationParameters = EducationParameters()
    factors: dict[str, FactorParameters] = {}
    questions: dict[str, QuestionParameters] = {}
    samples: dict[str, SampleParameters] = {}
    item_nonresponse: ItemNonresponse = ItemNonresponse()
    coders: dict[str, CoderParameters] = {}


def read_generator(study: Study) -> Generator:
    """The generator's parameters of a study, the defaults where it states none.

    Raises
    ------
    WorkbenchError
        One issue, with its line, for each parameter that cannot be meant.
    """
    from analysis.synthetic.checks import check_generator

    path = study.files / FILE_NAME
    tree = read_tree(path) if path.exists() else Tree({}, str(path), {})
    if tree.values is None:
        tree = Tree({}, str(path), {})
    generator = parse_tree(Generator, tree)
    check_generator(study, generator, tree)
    return generator

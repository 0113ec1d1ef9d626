"""Earlier waves of samples: what can be compared, and the plan for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from analysis.definitions import Tree, parse_rows, suggestion
from analysis.errors import Issue
from analysis.questionnaire import Questionnaire
from analysis.study_definitions.card import Card
from analysis.study_definitions.checks import missing_labels, optional_rows
from analysis.study_definitions.rows import (
    Comparability,
    ComparabilityEntry,
    Indicator,
    PlanRow,
    Variable,
)
from analysis.study_files import StudyFiles


def issues_of_waves(card: Card, tree: Tree) -> Iterator[Issue]:
    """Earlier samples that do not exist, have no wave of their own or no date."""
    for name, sample in card.samples.items():
        if sample.earlier is None:
            continue
        path = ("samples", name, "earlier")
        other = card.samples.get(sample.earlier)
        if other is None or sample.earlier == name:
            yield tree.issue(
                f"there is no earlier sample {sample.earlier}",
                path,
                expected=", ".join(set(card.samples) - {name}) or "another sample",
                hint=suggestion(sample.earlier, set(card.samples) - {name}),
            )
        elif other.wave is None or other.reference_date is None or other.wave == card.wave:
            yield tree.issue(
                f"the earlier sample {sample.earlier} is not told from the study's own wave",
                path,
                expected=f"wave (other than {card.wave}) and reference_date of the sample",
            )


def read_comparability(
    folder: StudyFiles, card: Card, questionnaire: Questionnaire, variables: Mapping[str, Variable]
) -> tuple[list[Comparability], list[Issue]]:
    """What ``comparability.csv`` says of questions, and what is wrong in it."""
    rows = optional_rows(folder / "comparability.csv")
    models = parse_rows(ComparabilityEntry, rows)
    known = questionnaire.names | set(variables)
    issues: list[Issue] = []
    for row, model in zip(rows, models, strict=True):
        with_earlier = [name for name, sample in card.samples.items() if sample.earlier]
        if model.sample not in with_earlier:
            issues.append(
                row.issue(
                    f"there is no sample {model.sample} with an earlier wave",
                    "sample",
                    expected=", ".join(with_earlier) or "earlier of a sample in study.yaml",
                )
            )
        if model.question not in known:
            issues.append(
                row.issue(
                    f"there is no question or variable {model.question}",
                    "question",
                    hint=suggestion(model.question, known),
                )
            )
        issues.extend(missing_labels(model.reason, card.languages, row, "reason"))
    found = [
        Comparability(model.sample, model.question, model.comparable, model.reason)
        for model in models
    ]
    return found, issues


def differences_between(
    sample: str,
    names: Iterable[str],
    card: Card,
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
    comparability: Iterable[Comparability],
) -> tuple[Comparability, ...]:
    """What keeps an indicator from being compared with the earlier wave."""
    earlier = card.samples[sample].earlier
    used = _used_names(names, questionnaire, variables)
    stated = tuple(one for one in comparability if one.sample == sample and one.question in used)
    asked = {question.name for question in questionnaire.asked_of(earlier or sample)}
    absent = sorted((used & set(questionnaire.questions)) - asked)
    unstated = set(absent) - {one.question for one in stated if one.comparable == "no"}
    return (*stated, *(Comparability(sample, name, "no", {}) for name in sorted(unstated)))


def _used_names(
    names: Iterable[str], questionnaire: Questionnaire, variables: Mapping[str, Variable]
) -> set[str]:
    """Names with the questions of their grids and all that variables are computed from."""
    used: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in used:
            continue
        used.add(name)
        if name in variables:
            waiting.extend(variables[name].calculation.names)
        elif name in questionnaire.groups:
            waiting.extend(questionnaire.groups[name].questions)
    return used


def with_earlier(
    plan: list[PlanRow],
    card: Card,
    indicators: Iterable[Indicator],
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
    comparability: Iterable[Comparability],
) -> list[PlanRow]:
    """The plan, with the totals of the earlier wave where a change is asked for."""
    names: dict[str, set[str]] = {}
    for indicator in indicators:
        names.setdefault(indicator.code, set()).update(indicator.names)
    known = tuple(comparability)
    more: dict[PlanRow, None] = {}
    for row in plan:
        earlier = card.samples[row.sample].earlier if row.sample in card.samples else None
        if "earlier" not in row.comparisons or earlier not in card.samples:
            continue
        differing = differences_between(
            row.sample, names.get(row.indicator, ()), card, questionnaire, variables, known
        )
        if not any(one.comparable == "no" for one in differing):
            more.setdefault(PlanRow(row.indicator, str(earlier), (), row.levels))
    return [*plan, *(row for row in more if row not in plan)]

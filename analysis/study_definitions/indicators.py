"""Indicators and what of them is sensitive."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from analysis.definitions import Row, parse_rows, suggestion
from analysis.errors import Issue
from analysis.expressions import Expression
from analysis.questionnaire import Questionnaire
from analysis.sensitivity import Sensitivity
from analysis.study_definitions.checks import expression_issues, optional_rows, parsed_expression
from analysis.study_definitions.rows import Indicator, IndicatorEntry, Variable
from analysis.study_files import StudyFiles
from analysis.target_groups import TARGET_GROUPS


def read_indicators(
    files: StudyFiles, questionnaire: Questionnaire, variables: Mapping[str, Variable]
) -> tuple[list[Indicator], list[Issue]]:
    """The indicators of ``indicators.csv``, and what is wrong in it."""
    rows = optional_rows(files / "indicators.csv")
    models = parse_rows(IndicatorEntry, rows)
    codes = {model.code for model in models}
    issues: list[Issue] = []
    indicators: list[Indicator] = []
    seen: set[tuple[str, str]] = set()
    for row, model in zip(rows, models, strict=True):
        if (model.code, model.category) in seen:
            issues.append(
                row.issue(f"the indicator {model.code} {model.category} stands twice", "code")
            )
        seen.add((model.code, model.category))
        select = parsed_expression(model.select, row, "select", issues)
        base = parsed_expression(model.base, row, "base", issues)
        for column, expression in (("select", select), ("base", base)):
            if expression is not None:
                issues.extend(
                    expression_issues(
                        expression, row, column, questionnaire, variables, dot=bool(model.over)
                    )
                )
        issues.extend(_indicator_issues(model, row, codes, questionnaire, variables))
        indicators.append(_indicator(model, select, base, questionnaire, variables))
    return indicators, issues


#: Statistics that are computed from other indicators, and those that target groups have.
_OF_OTHERS = ("comparison", "adjusted_difference", "size", "mean_rank")


_OF_GROUPS = ("size", "count", "entrants", "mean_rank")


def _indicator_issues(
    model: IndicatorEntry,
    row: Row,
    codes: set[str],
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> Iterator[Issue]:
    known = questionnaire.names | set(variables)
    if TARGET_GROUPS in questionnaire.choices:
        known |= {TARGET_GROUPS}
    if model.over and model.over not in known:
        yield row.issue(
            f"there is no question or grid {model.over}", "over", hint=suggestion(model.over, known)
        )
    needs_other = model.statistic in _OF_OTHERS
    several = model.statistic == "mean_rank"
    named = (model.of or "").split() if several else [model.of or ""]
    for other in named or [""]:
        if needs_other and other not in codes:
            yield row.issue(
                f"there is no indicator {other or '(none named)'}",
                "of",
                hint=suggestion(other, codes),
            )
    if model.statistic in _OF_GROUPS and model.over != TARGET_GROUPS:
        yield row.issue(
            f"the statistic {model.statistic} is of target groups",
            "over",
            expected=TARGET_GROUPS,
            got=model.over,
        )
    if model.statistic != "comparison" and not model.select and not model.over:
        yield row.issue("nothing is selected", "select", expected="an expression, or over")
    for name in model.adjust.split():
        if name not in known:
            yield row.issue(f"there is no variable {name}", "adjust", hint=suggestion(name, known))


def _indicator(
    model: IndicatorEntry,
    select: Expression | None,
    base: Expression | None,
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> Indicator:
    values = model.model_dump()
    values.update(select=select, base=base, adjust=tuple(model.adjust.split()), sensitive=False)
    if model.sensitive != "auto":
        return Indicator(**{**values, "sensitive": model.sensitive == "yes"})
    known = Sensitivity(questionnaire, variables)
    over = model.over is not None and model.over not in questionnaire.groups
    whole = (over and known.of_name(model.over or "")) or known.of_expression(select)
    asked, asked_categories = False, frozenset[str]()
    if model.not_asked != "no":
        names = select.names if select is not None else frozenset[str]()
        asked, asked_categories = known.asked_of_few(model.over, names)
    own = known.categories(model.over)
    chosen = own if base is not None and base.uses_current else frozenset[str]()
    values.update(
        sensitive=whole or known.of_expression(base) or asked,
        sensitive_categories=own | asked_categories,
        sensitive_base=known.of_expression(base) or asked,
        sensitive_base_categories=asked_categories | chosen,
    )
    return Indicator(**values)

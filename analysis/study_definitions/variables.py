"""Derived variables and target groups, in the order they rest on each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from analysis.definitions import Row, parse_rows, suggestion
from analysis.errors import Issue
from analysis.expressions import Expression
from analysis.questionnaire import Questionnaire
from analysis.sensitivity import Sensitivity
from analysis.study_definitions.checks import expression_issues, optional_rows, parsed_expression
from analysis.study_definitions.rows import Variable, VariableEntry
from analysis.study_files import StudyFiles
from analysis.target_groups import (
    TARGET_GROUPS_FILE,
    TargetGroup,
    group_issues,
    group_lists,
    read_target_groups,
)
from analysis.workspace import Workspace


def read_variables(
    files: StudyFiles, questionnaire: Questionnaire
) -> tuple[dict[str, Variable], list[Issue]]:
    """The derived variables in the order they rest on each other, and what is wrong."""
    rows = optional_rows(files / "variables.csv")
    models = parse_rows(VariableEntry, rows)
    issues: list[Issue] = []
    parsed: dict[str, tuple[VariableEntry, Expression, Row]] = {}
    for row, model in zip(rows, models, strict=True):
        expression = parsed_expression(model.calculation, row, "calculation", issues)
        if model.name in parsed or model.name in questionnaire.names:
            issues.append(row.issue(f"the name {model.name} stands twice", "name"))
        elif expression is not None:
            parsed[model.name] = (model, expression, row)
    for model, expression, row in parsed.values():
        issues.extend(
            expression_issues(
                expression, row, "calculation", questionnaire,
                {name: entry[0] for name, entry in parsed.items()}, dot=False,
            )
        )  # fmt: skip
        issues.extend(_list_issues(model, row, questionnaire))
    issues.extend(_wider_issues(parsed, questionnaire))
    cycle = _cycle({name: entry[1].names for name, entry in parsed.items()})
    if cycle:
        row = parsed[cycle[0]][2]
        issues.append(
            row.issue(
                "a derived variable rests on itself",
                "calculation",
                got=" → ".join(cycle),
                hint="define one of them from questions only",
            )
        )
        return {}, issues
    return _ordered_variables(parsed, questionnaire), issues


def _list_issues(model: VariableEntry, row: Row, questionnaire: Questionnaire) -> Iterator[Issue]:
    if model.type == "select_one" and model.list not in questionnaire.choices:
        yield row.issue(
            f"the choices have no list {model.list or '(none named)'}",
            "list",
            hint=suggestion(model.list or "", questionnaire.choices),
        )


def _cycle(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """A circle of names, closed; empty when there is none."""
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for other in sorted(set(needs[name]) & set(needs)):
            found = visit(other, (*path, name))
            if found:
                return found
        done.add(name)
        return []

    for name in needs:
        found = visit(name, ())
        if found:
            return found
    return []


def _ordered_variables(
    parsed: Mapping[str, tuple[VariableEntry, Expression, Row]], questionnaire: Questionnaire
) -> dict[str, Variable]:
    ordered: dict[str, Variable] = {}
    waiting = dict(parsed)
    while waiting:
        for name, (model, expression, _) in list(waiting.items()):
            if not expression.names & set(waiting):
                ordered[name] = _variable(model, expression, ordered, questionnaire)
                del waiting[name]
    return ordered


def _variable(
    model: VariableEntry,
    expression: Expression,
    earlier: Mapping[str, Variable],
    questionnaire: Questionnaire,
) -> Variable:
    inherited = Sensitivity(questionnaire, earlier).of_expression(expression)
    return Variable(
        name=model.name,
        type="select_one" if model.type == "yes_no" else model.type,
        list=model.list or ("yes_no" if model.type == "yes_no" else None),
        label=model.label,
        calculation=expression,
        sensitive=inherited if model.sensitive == "auto" else model.sensitive == "yes",
        wider=model.wider,
    )


def read_groups(
    files: StudyFiles,
    workspace: Workspace,
    questionnaire: Questionnaire,
    variables: Mapping[str, Variable],
) -> tuple[list[TargetGroup], Questionnaire, dict[str, Variable], list[Issue]]:
    """The target groups, their lists of choices among the others, and who is a member."""
    groups = read_target_groups(files / TARGET_GROUPS_FILE)
    issues = list(group_issues(groups, workspace.catalogues))
    membership: dict[str, Variable] = {}
    for group in groups:
        expression = parsed_expression(group.membership, group.row, "membership", issues)
        if expression is None:
            continue
        issues.extend(
            expression_issues(
                expression, group.row, "membership", questionnaire, variables, dot=False
            )
        )
        if group.variable in questionnaire.names | set(variables):
            issues.append(group.row.issue(f"the name {group.variable} is taken", "id"))
        membership[group.variable] = Variable(
            group.variable,
            "select_one",
            group.variable,
            group.label,
            expression,
            Sensitivity(questionnaire, variables).of_expression(expression),
        )
    choices = {**questionnaire.choices, **group_lists(groups)}
    return groups, replace(questionnaire, choices=choices), membership, issues


def _wider_issues(
    parsed: Mapping[str, tuple[VariableEntry, Expression, Row]], questionnaire: Questionnaire
) -> Iterator[Issue]:
    """Wider variables that do not exist, run in a circle, or lack the group of a choice."""
    wider = {name: model.wider for name, (model, _, _) in parsed.items() if model.wider}
    circle = _cycle({name: {other} for name, other in wider.items()})
    for name, other in wider.items():
        model, _, row = parsed[name]
        found = parsed.get(other)
        if found is None or not (found[0].list and model.list):
            yield row.issue(
                f"there is no variable with choices {other}",
                "wider",
                expected="a derived variable with choices, of one that has choices itself",
                hint=suggestion(other, parsed),
            )
        elif name in circle:
            yield row.issue("a variable is wider than itself", "wider", got=" → ".join(circle))
        else:
            yield from _wider_choice_issues(model, found[0], row, questionnaire)


def _wider_choice_issues(
    model: VariableEntry, other: VariableEntry, row: Row, questionnaire: Questionnaire
) -> Iterator[Issue]:
    known = questionnaire.choice_names(other.list or "")
    for choice in questionnaire.choices.get(model.list or "", ()):
        group = choice.attributes.get("wider", "")
        if group not in known:
            yield row.issue(
                f"the list {other.list} has no choice {group or '(none named)'}, into which"
                f" {choice.name} of {model.list} falls",
                "wider",
                expected=f"a column wider of the choices with one of {', '.join(known)}",
            )

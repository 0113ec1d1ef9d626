"""Which column of a file holds which question: the many ways in which surveys are exported.

A choice of a multiple-response question may stand in a column of its own as ``q.c``,
``q/c``, ``q_c``, ``q[c]`` or ``q: label``; the header may carry the path of groups, another
spelling, or the question in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from analysis.errors import Issue, WorkbenchError
from analysis.questionnaire import Question, Questionnaire
from analysis.sources.columns import ResponseSet, Table, label_key, name_key

META_COLUMNS = ("respondent", "sample", "wave", "data_origin")

Target = tuple[str, str | None]  # a question, and a choice where the column is a dummy


@dataclass
class Matching:
    """Columns by what they hold.

    ``questions`` and ``dummies`` map to headers; ``category_columns`` are columns that each
    hold one of the chosen categories; ``counted`` is the value by which a dummy says
    "chosen" where the file states it; ``others`` match no question.
    """

    questions: dict[str, str] = field(default_factory=dict)
    dummies: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    category_columns: dict[str, list[str]] = field(default_factory=dict)
    counted: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)


def expected_names(questionnaire: Questionnaire) -> frozenset[str]:
    """The spellings of headers that a questionnaire lets expect."""
    return frozenset(_index(questionnaire).keys())


def match_columns(table: Table, questionnaire: Questionnaire) -> Matching:
    """Match the columns of a table with the questions.

    Raises
    ------
    WorkbenchError
        If no column is a question, or two columns hold the same one.
    """
    index, exact = _index(questionnaire), _exact_names(questionnaire)
    matching = Matching()
    found = {header: _target(header, exact, index) for header in table.columns}
    _add_response_sets(matching, table, questionnaire, found)
    for target, headers in _by_target(found).items():
        header = _one_of(headers, target, exact, table, matching)
        question, choice = target
        if choice is None:
            matching.questions[question] = header
        else:
            matching.dummies[question][choice] = header
    in_sets = {header for headers in matching.category_columns.values() for header in headers}
    used = in_sets | {header for header, target in found.items() if target is not None}
    matching.others = [header for header in table.columns if header not in used]
    if not (matching.questions or matching.dummies or matching.category_columns):
        raise _nothing_matches(table, questionnaire)
    matching.issues.extend(_spelling_notes(table, found, exact))
    return matching


def _exact_names(questionnaire: Questionnaire) -> dict[str, Target]:
    exact: dict[str, Target] = {}
    for question, choice in _dummies(questionnaire):
        for separator in (".", "/"):
            exact[f"{question.name}{separator}{choice}"] = (question.name, choice)
    exact.update({name: (name, None) for name in questionnaire.questions})
    return exact


def _dummies(questionnaire: Questionnaire) -> Iterator[tuple[Question, str]]:
    for question in questionnaire.questions.values():
        if question.type == "select_multiple":
            for choice in questionnaire.choice_names(question.list or ""):
                yield question, choice


def _index(questionnaire: Questionnaire) -> dict[str, Target]:
    """Targets by the spellings that mean them; a spelling of two targets is left out.

    Names go before labels: a question called as another one's label keeps its name.
    """
    by_name: list[tuple[str, Target]] = []
    by_label: list[tuple[str, Target]] = []
    for question in questionnaire.questions.values():
        by_name.append((name_key(question.name), (question.name, None)))
        by_label.extend(
            (name_key(label), (question.name, None)) for label in set(question.label.values())
        )
    for question, choice in _dummies(questionnaire):
        by_name.append((name_key(f"{question.name}.{choice}"), (question.name, choice)))
        by_label.extend(_dummy_labels(question, choice, questionnaire))
    return {**_unambiguous(by_label), **_unambiguous(by_name)}


def _dummy_labels(
    question: Question, choice: str, questionnaire: Questionnaire
) -> Iterator[tuple[str, Target]]:
    labels = set(questionnaire.choice(question.list or "", choice).label.items())
    for language, label in labels:
        yield name_key(f"{question.name} {label}"), (question.name, choice)
        if language in question.label:
            yield name_key(f"{question.label[language]} {label}"), (question.name, choice)


def _unambiguous(pairs: Iterable[tuple[str, Target]]) -> dict[str, Target]:
    targets: dict[str, set[Target]] = defaultdict(set)
    for key, target in pairs:
        targets[key].add(target)
    return {key: next(iter(found)) for key, found in targets.items() if key and len(found) == 1}


def _target(header: str, exact: Mapping[str, Target], index: Mapping[str, Target]) -> Target | None:
    if header in META_COLUMNS:
        return exact.get(header)
    if header in exact:
        return exact[header]
    key = name_key(header)
    if key in index:
        return index[key]
    # KoboToolbox writes the path of groups before the name: group/question/choice.
    parts = header.split("/")
    for start in range(1, len(parts)):
        tail = "/".join(parts[start:])
        if tail in exact:
            return exact[tail]
    return None


def _by_target(found: Mapping[str, Target | None]) -> dict[Target, list[str]]:
    headers: dict[Target, list[str]] = defaultdict(list)
    for header, target in found.items():
        if target is not None:
            headers[target].append(header)
    return headers


def _one_of(
    headers: list[str],
    target: Target,
    exact: Mapping[str, Target],
    table: Table,
    matching: Matching,
) -> str:
    spelled = [header for header in headers if header in exact]
    if len(headers) == 1:
        return headers[0]
    if len(spelled) != 1:
        raise table.error(
            "two columns hold the same question",
            column=headers[0],
            expected=f"one column for {_in_words(target)}",
            got=", ".join(headers),
            hint="remove or rename one of them",
        )
    rest = [header for header in headers if header != spelled[0]]
    matching.issues.append(
        table.issue(
            f"columns that look like {_in_words(target)} stand beside it and are left out",
            "warning",
            column=spelled[0],
            got=", ".join(rest),
        )
    )
    return spelled[0]


def _in_words(target: Target) -> str:
    question, choice = target
    return question if choice is None else f"the choice {choice} of {question}"


def _nothing_matches(table: Table, questionnaire: Questionnaire) -> WorkbenchError:
    return table.error(
        "no column of this file is a question of the questionnaire",
        row=1,
        expected=_some(questionnaire.questions),
        got=_some(table.columns),
        hint="check that file, sheet, header row and questionnaire belong together",
    )


def _some(names: Iterable[str], limit: int = 12) -> str:
    listed = list(names)
    return ", ".join(listed[:limit]) + (", …" if len(listed) > limit else "")


def _spelling_notes(
    table: Table, found: Mapping[str, Target | None], exact: Mapping[str, Target]
) -> Iterator[Issue]:
    others = [
        f"{header} → {'.'.join(filter(None, target))}"
        for header, target in found.items()
        if target is not None and header not in exact
    ]
    if others:
        yield table.issue(
            f"{len(others)} columns were recognised by another spelling or by their label",
            "repair",
            got=_some(others, 6),
        )


# --- multiple-response sets of an SPSS file ---------------------------------------------


def _add_response_sets(
    matching: Matching,
    table: Table,
    questionnaire: Questionnaire,
    found: dict[str, Target | None],
) -> None:
    for response_set in table.response_sets:
        question = _question_of_set(response_set, questionnaire)
        if question is None:
            continue
        if response_set.counted is None:
            matching.category_columns[question.name] = list(response_set.variables)
            found.update(dict.fromkeys(response_set.variables))
            continue
        for variable in response_set.variables:
            choice = _choice_of_variable(variable, question, table, questionnaire, found)
            if choice is not None:
                found[variable] = (question.name, choice)
                matching.counted[variable] = response_set.counted


def _question_of_set(response_set: ResponseSet, questionnaire: Questionnaire) -> Question | None:
    for question in questionnaire.questions.values():
        labels = {label_key(label) for label in question.label.values()}
        same_name = name_key(question.name) == name_key(response_set.name)
        if question.type == "select_multiple" and (
            same_name or label_key(response_set.label) in labels
        ):
            return question
    return None


def _choice_of_variable(
    variable: str,
    question: Question,
    table: Table,
    questionnaire: Questionnaire,
    found: Mapping[str, Target | None],
) -> str | None:
    target = found.get(variable)
    if target is not None and target[0] == question.name:
        return target[1]
    title = label_key(table.titles.get(variable, ""))
    for name in questionnaire.choice_names(question.list or ""):
        labels = questionnaire.choice(question.list or "", name).label.values()
        if title and title in {label_key(label) for label in labels}:
            return name
    return None

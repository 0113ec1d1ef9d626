"""Target groups: groups of inhabitants that a plan of services is made for, as data.

``target_groups.csv`` of a study says for each group who in the survey belongs to it, which
groups of the register of providers it stands for, which ages count it in the population
tables, and which services matter to it. People may belong to several groups. Membership is
a derived variable for each group (``tg_<id>``), so every indicator can be broken down by it;
an indicator over ``target_groups`` has the groups as its categories.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.definitions import Definition, Row, parse_rows, read_rows, suggestion
from analysis.errors import Issue
from analysis.questionnaire import Choice, Labels

#: What an indicator over all groups names in its column ``over``; also the list of groups.
TARGET_GROUPS = "target_groups"
#: A person's membership in one group is the variable of this name with the group's id.
MEMBERSHIP = "tg_"
MEMBER, OTHER = "1", "2"
TARGET_GROUPS_FILE = "target_groups.csv"
#: The register's groups in the catalogue that studies share.
CATALOGUE = TARGET_GROUPS_FILE


class _TargetGroupRow(Definition):
    id: str
    label: dict[str, str]
    others: dict[str, str]
    definition: dict[str, str]
    register_groups: str = ""
    planning_group: dict[str, str] = {}
    membership: str
    sex: str = ""
    age_from: int | None = None
    age_to: int | None = None
    services: str = ""
    note: str = ""


@dataclass(frozen=True)
class TargetGroup:
    """One target group.

    Parameters
    ----------
    id, label
        Its code and its name by language, a plural.
    others
        What those are called who do not belong to it.
    definition
        Who belongs to it, in words.
    register_groups
        Codes of the register's groups in the shared catalogue.
    planning_group
        The group of the regional plan it is part of, in words.
    membership
        The expression that is true of its members in the survey.
    sex, age_from, age_to
        Whom the population tables count: completed years, both ends included; no count
        where neither age is given.
    services
        Codes of the kinds of service that matter to the group.
    """

    id: str
    label: Labels
    others: Labels
    definition: Labels
    register_groups: tuple[str, ...]
    planning_group: Labels
    membership: str
    sex: str
    age_from: int | None
    age_to: int | None
    services: tuple[str, ...]
    row: Row

    @property
    def variable(self) -> str:
        """The derived variable of membership."""
        return MEMBERSHIP + self.id

    @property
    def is_counted(self) -> bool:
        """Whether the population tables can count the group."""
        return self.age_from is not None or self.age_to is not None


def read_target_groups(path: Path) -> list[TargetGroup]:
    """The target groups of a study; none where it has no such file.

    Raises
    ------
    WorkbenchError
        If a row cannot be meant.
    """
    if not path.exists():
        return []
    rows = read_rows(path)
    models = parse_rows(_TargetGroupRow, rows)
    return [
        TargetGroup(
            **{
                **model.model_dump(exclude={"note"}),
                "register_groups": tuple(model.register_groups.split()),
                "services": tuple(model.services.split()),
            },
            row=row,
        )
        for row, model in zip(rows, models, strict=True)
    ]


def group_lists(groups: Iterable[TargetGroup]) -> dict[str, tuple[Choice, ...]]:
    """Lists of choices: all groups, and for each its members and the others."""
    lists = {TARGET_GROUPS: tuple(Choice(group.id, group.label) for group in groups)}
    for group in groups:
        members = Choice(MEMBER, group.label), Choice(OTHER, group.others)
        lists[group.variable] = members
    return lists if lists[TARGET_GROUPS] else {}


def group_issues(groups: Iterable[TargetGroup], catalogues: Path) -> Iterator[Issue]:
    """What is wrong with the groups: names twice, codes that no list knows, ages turned round."""
    register = register_groups(catalogues)
    services = _catalogue_codes(catalogues / "services.csv")
    seen: set[str] = set()
    for group in groups:
        if group.id in seen:
            yield group.row.issue(f"the target group {group.id} stands twice", "id")
        seen.add(group.id)
        yield from _unknown(group, "register_groups", group.register_groups, register)
        yield from _unknown(group, "services", group.services, services)
        if group.sex not in ("", "male", "female"):
            yield group.row.issue("no such sex", "sex", expected="male, female or nothing")
        low, high = group.age_from, group.age_to
        if low is not None and high is not None and high < low:
            yield group.row.issue("the ages are turned round", "age_to", expected=f"{low} or more")


def register_groups(catalogues: Path) -> Mapping[str, Mapping[str, str]]:
    """The names of the register's groups by language, by their code in the catalogue."""
    path = catalogues / CATALOGUE
    rows = read_rows(path) if path.exists() else []
    return {
        row.values["code"]: {
            column.partition("::")[2]: text
            for column, text in row.values.items()
            if column.startswith("name::")
        }
        for row in rows
        if row.values.get("kind") == "group"
    }


def _unknown(
    group: TargetGroup, column: str, codes: Iterable[str], known: Iterable[str]
) -> Iterator[Issue]:
    names = set(known)
    for code in codes:
        if names and code not in names:
            yield group.row.issue(
                f"the catalogue has no entry {code}",
                column,
                expected=", ".join(sorted(names)[:12]),
                hint=suggestion(code, names),
            )


def _catalogue_codes(path: Path) -> set[str]:
    return {row.values.get("code", "") for row in read_rows(path)} if path.exists() else set()

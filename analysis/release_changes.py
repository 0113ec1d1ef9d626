"""What changed between two releases, row by row, and which ingredient explains it.

Only released rows are compared. The hashes of files with answers are in no manifest, so that
the answers changed is concluded: the run was made from something else and nothing that may be
named is different.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from analysis.errors import WorkbenchError
from analysis.ingredients import SHOWING_DEFINITIONS, public_ingredients
from analysis.presentation.naming import Names
from analysis.presentation.rows import emptied, read_released
from analysis.publishing.manifest import Manifest, run_summary, write_whole
from analysis.publishing.releases import FOLDER, read_release, release_names
from analysis.run import read_run_record, stored_ingredients
from analysis.study import Study, open_study

CURRENT: Final = "current"
#: What is compared of a row; the rest follows from these.
COMPARED: Final = ("release", "estimate", "ci_low", "ci_high", "n", "p_adjusted")
#: Ingredients of the run whose names begin like this may explain a changed number.
_OF_NUMBERS: Final = ("definitions/", "catalogues/", "raw/", "package, computing", "requirements")
_OF_SHOWING: Final = (
    "definitions/reports/",
    *(f"definitions/{name}" for name in SHOWING_DEFINITIONS),
)
_SHOWN_ROWS: Final = 40
_INDICATORS: Final = "definitions/indicators.csv"


@dataclass(frozen=True)
class Side:
    """One of two releases: its rows and what they were made from."""

    name: str
    rows: pd.DataFrame
    ingredients: Mapping[str, str]
    run: Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """A row that is new, gone or different, and what explains it."""

    state: str
    explained_by: str
    row_id: str
    sample: str
    area: str
    indicator: str
    category: str
    breakdown: str
    group: str
    comparison: str
    statistic: str
    before: str
    after: str
    also: str


@dataclass(frozen=True)
class Differences:
    """Two releases compared."""

    before: str
    after: str
    ingredients: tuple[str, ...]
    changes: tuple[Change, ...]

    def counts(self) -> pd.DataFrame:
        """How many rows are new, gone or different, by what explains them."""
        columns = ["explained by", "added", "gone", "changed"]
        by_cause: dict[str, dict[str, int]] = {}
        for one in self.changes:
            counted = by_cause.setdefault(one.explained_by, dict.fromkeys(columns[1:], 0))
            counted[one.state] += 1
        rows = [{"explained by": cause, **counted} for cause, counted in sorted(by_cause.items())]
        return pd.DataFrame(rows, columns=columns)

    def table(self) -> pd.DataFrame:
        """The first rows, for a terminal."""
        columns = ["", "area", "indicator", "of", "before", "after"]
        rows = [
            (one.state, one.area, " ".join(filter(None, (one.indicator, one.category))),
             _about(one), one.before, one.after)
            for one in self.changes[:_SHOWN_ROWS]
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def summary(self) -> str:
        """In one line."""
        hidden = len(self.changes) - _SHOWN_ROWS
        more = f"; {hidden} more: write them all with --out FILE.csv" if hidden > 0 else ""
        return f"{self.before} → {self.after}: {len(self.changes)} rows differ{more}"

    def write(self, path: Path) -> None:
        """All rows as CSV."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        names = list(Change.__dataclass_fields__)
        writer.writerow(names)
        writer.writerows([getattr(one, name) for name in names] for one in self.changes)
        write_whole(path, stream.getvalue().encode())


def compare_releases(study_id: str, before: str, after: str) -> Differences:
    """Compare two releases of a study.

    Parameters
    ----------
    before, after
        A name of a release, its folder, or ``current`` for the results that are there now.

    Raises
    ------
    WorkbenchError
        If there is no such release, or the study has not been run.
    """
    study = open_study(study_id)
    sides = _side(study, before), _side(study, after)
    changed = tuple(_changed_ingredients(*sides))
    return Differences(before, after, changed, tuple(_changes(study, *sides, changed)))


def _side(study: Study, name: str) -> Side:
    if name == CURRENT:
        record = read_run_record(study) if (study.processed / "run_record.json").exists() else {}
        rows = read_released(study).frame
        public = public_ingredients(study, stored_ingredients(study) or {})
        return Side(name, rows, public, run_summary(record))
    reports = study.workspace.reports(study.id)
    folder = reports / FOLDER / name
    if not folder.is_dir():
        folder = Path(name)
    if not folder.is_dir():
        raise WorkbenchError(
            f"there is no release {name}",
            file=reports / FOLDER,
            expected=", ".join([*release_names(reports), CURRENT]),
            got=name,
        )
    manifest, rows = read_release(folder)
    _require_same_study(study, manifest, folder)
    return Side(name, emptied(rows), manifest.ingredients, manifest.run)


def _require_same_study(study: Study, manifest: Manifest, folder: Path) -> None:
    if manifest.study != study.id:
        raise WorkbenchError(
            "the release is of another study", file=folder, expected=study.id, got=manifest.study
        )


# --- what explains a change -------------------------------------------------------------------


def _changed_ingredients(before: Side, after: Side) -> Iterator[str]:
    """What may explain a changed number, in plain words."""
    names = sorted({*before.ingredients, *after.ingredients})
    for name in names:
        old, new = before.ingredients.get(name), after.ingredients.get(name)
        if old != new and name.startswith(_OF_NUMBERS) and not _is_of_showing(name):
            yield "package" if name.startswith("package") else name
    for key, word in (("rule_set", "rule set"),):
        old, new = (side.run.get("release", {}).get(key) for side in (before, after))
        if old != new:
            yield f"{word} ({old} → {new})"
    if before.run.get("seed") != after.run.get("seed"):
        yield f"seed ({before.run.get('seed')} → {after.run.get('seed')})"


def _is_of_showing(name: str) -> bool:
    """Definitions of reports change no number."""
    return name.startswith(_OF_SHOWING)


def _changes(
    study: Study, before: Side, after: Side, ingredients: Sequence[str]
) -> Iterator[Change]:
    old = before.rows.set_index("row_id", drop=False)
    new = after.rows.set_index("row_id", drop=False)
    different = _different(old, new)
    explained = _Explanations(study, old, new, different, ingredients)
    names = Names(study, study.card.default_language)
    for row_id in sorted({*old.index, *new.index}, key=_placed(old, new)):
        first = _row(old, row_id) if row_id in old.index else None
        second = _row(new, row_id) if row_id in new.index else None
        if first is not None and second is not None and row_id not in different:
            continue
        yield _change(names, first, second, explained.of(row_id, first, second))


def _different(old: pd.DataFrame, new: pd.DataFrame) -> set[str]:
    """The ids of rows that are in both and do not show the same."""
    both = old.index.intersection(new.index)
    first, second = old.loc[both, list(COMPARED)], new.loc[both, list(COMPARED)]
    unequal = (first != second) & ~(first.isna() & second.isna())
    return set(both[unequal.any(axis=1)])


def _placed(old: pd.DataFrame, new: pd.DataFrame) -> Any:
    """Rows in the order of the newer release, then those that are gone."""
    order = {row_id: place for place, row_id in enumerate([*new.index, *old.index][::-1])}
    return lambda row_id: -order[row_id]


def _row(frame: pd.DataFrame, row_id: str) -> Mapping[str, Any]:
    return {str(name): value for name, value in frame.loc[row_id].items()}


class _Explanations:
    """Tells which ingredient explains the change of a row."""

    def __init__(
        self,
        study: Study,
        old: pd.DataFrame,
        new: pd.DataFrame,
        different: set[str],
        ingredients: Sequence[str],
    ) -> None:
        self._ingredients = list(ingredients)
        self._whole = study.whole
        rows = new.loc[sorted(different)]
        own = rows[(rows["comparison"] == "") & (rows["area"] != study.whole)]
        self._areas = sorted(set(own["area"]))

    def of(self, row_id: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
        row = new or old or {}
        if old and new and old["definition_version"] != new["definition_version"]:
            return _INDICATORS
        if (old is None or new is None) and _INDICATORS in self._ingredients:
            return _INDICATORS
        if self._ingredients:
            return " or ".join(self._ingredients)
        area = str(row["area"])
        if area in self._areas and row["comparison"] == "":
            return f"data of {area}"
        return (
            f"data of {', '.join(self._areas)}, through the whole or a comparison"
            if (self._areas)
            else "data"
        )


def _change(
    names: Names, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, cause: str
) -> Change:
    row = new or old or {}
    state = "added" if old is None else "gone" if new is None else "changed"
    return Change(
        state,
        cause,
        str(row["row_id"]),
        str(row["sample"]),
        _label(names.area, row["area"]),
        f"{row['indicator']} {_label(names.indicator, row['indicator'])}",
        _label(lambda code: names.category(str(row["indicator"]), code), row["category"]),
        _label(names.breakdown, row["breakdown"]),
        _label(lambda code: names.group(str(row["breakdown"]), code), row["group"]),
        str(row["comparison"]),
        str(row["statistic"]),
        _value(old),
        _value(new),
        "; ".join(_also(old, new)) if old and new else "",
    )


def _label(of: Any, code: Any) -> str:
    """The label of a code; the code where the definitions of now do not know it."""
    if not code:
        return ""
    try:
        return str(of(str(code)))
    except (WorkbenchError, KeyError, StopIteration):
        return str(code)


def _value(row: Mapping[str, Any] | None) -> str:
    """What a row shows: its estimate, or why it shows none."""
    if row is None:
        return ""
    return str(row["release"]) if pd.isna(row["estimate"]) else f"{row['estimate']:g}"


def _also(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """What is different besides the value."""
    for name in COMPARED:
        if name == "estimate" or old[name] == new[name]:
            continue
        if not (pd.isna(old[name]) and pd.isna(new[name])):
            yield f"{name} {_text(old[name])} → {_text(new[name])}"


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "–" if pd.isna(value) else f"{value:g}"


def _about(one: Change) -> str:
    group = f"{one.breakdown}: {one.group}" if one.breakdown else ""
    return ", ".join(filter(None, (group, one.comparison)))

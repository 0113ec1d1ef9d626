"""The margins of a sample: what the weights are to meet in each area, and where it comes from.

A margin with the role ``total`` fixes how many people an area has. A margin with the role
``share`` may come from another count of the people: it enters as shares of that total, those
of whom nothing is known being spread over the known levels in proportion.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.definitions import read_rows, read_tree, suggestion
from analysis.errors import Issue, WorkbenchError
from analysis.questionnaire import Choice
from analysis.study import Study
from analysis.study_definitions.rows import Margin
from analysis.territory import Territory

#: A margin whose date lies further than this from the field work is warned of.
DISTANT_YEARS: Final = 2
RESCALING: Final = ["margin", "area", "counted", "unknown", "total", "factor"]
#: The value that ends a joint level: ``1*3``.
JOINT: Final = "*"

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class MarginTable:
    """One margin: totals of every level (columns, ``1`` or ``1*3``) in every area (rows)."""

    margin: Margin
    totals: pd.DataFrame
    shape: tuple[int, ...]
    warning: dict[str, str] | None

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the levels in order; of a joint margin the last variable runs fastest."""
        return tuple(self.totals.columns)

    def record(self) -> dict[str, Any]:
        """Name, source, date and warning, for the record of a run."""
        return {
            "name": self.margin.name,
            "role": self.margin.role,
            "source": dict(self.margin.source),
            "reference_date": self.margin.reference_date.isoformat(),
            "warning": self.warning,
        }


@dataclass(frozen=True)
class MarginTables:
    """The margins of one sample.

    Parameters
    ----------
    tables
        The margins, in the order of ``margins.csv``; all have the same total in an area.
    population
        The total of each area.
    rescaling
        margin, area, counted (sum in the source), unknown (of them without a known level),
        total (what it was scaled to), factor (total / (counted − unknown)).
    log
        One note for each margin that was rescaled.
    """

    tables: tuple[MarginTable, ...]
    population: pd.Series
    rescaling: pd.DataFrame
    log: tuple[Issue, ...]

    @property
    def areas(self) -> tuple[str, ...]:
        """Codes of the areas."""
        return tuple(self.population.index)

    def record(self) -> list[dict[str, Any]]:
        """The margins as plain values, for the record of a run."""
        return [table.record() for table in self.tables]


def margins_from_territory(study: Study, sample_name: str) -> MarginTables:
    """The margins of a sample, collected from the territory tables or the study's own.

    Parameters
    ----------
    study
        The opened study. Its choices say which codes of the tables (``territory``), which
        ages or sizes (``from``, ``to``) each of them collects.
    sample_name
        One of the study's samples.

    Returns
    -------
    MarginTables
        Totals in persons.

    Raises
    ------
    WorkbenchError
        If no margin fixes the totals or several disagree, a level of a table is collected by
        no choice, a group of a table straddles two choices, or a table lacks an area.
    """
    margins = [margin for margin in study.margins if margin.sample == sample_name]
    if not any(margin.role == "total" for margin in margins):
        raise WorkbenchError(
            f"no margin of the sample {sample_name} fixes the population of the areas",
            file=study.folder / "margins.csv",
            column="role",
            expected="one margin with the role total",
        )
    counts = [_counts(study, margin, _lowest_age(study, margins)) for margin in margins]
    population = _population(study, margins, counts)
    tables, rows, log = [], [], []
    for margin, (known, unknown) in zip(margins, counts, strict=True):
        totals = known.div(known.sum(axis=1), axis=0).mul(population, axis=0)
        scaled = _rescaling(margin, known, unknown, population)
        if margin.role == "share":
            rows.append(scaled)
            log.extend(_rescaling_notes(margin, scaled))
        else:
            totals = known.astype(float)
        tables.append(MarginTable(margin, totals, _shape(study, margin), _warning(study, margin)))
    rescaling = pd.concat(rows) if rows else pd.DataFrame(columns=RESCALING)
    return MarginTables(tuple(tables), population, rescaling.reset_index(drop=True), tuple(log))


# --- counts -------------------------------------------------------------------------------


def _counts(study: Study, margin: Margin, age_from: int) -> tuple[pd.DataFrame, pd.Series]:
    """People by area and level, and those whose level is not known, by area."""
    places = _shape(study, margin)
    if margin.table not in _TERRITORY_TABLES:
        return _own_counts(study, margin)
    source = _TERRITORY_TABLES[margin.table](_territory(study, margin), study.region, age_from)
    code = np.zeros(len(source), dtype=np.intp)
    unknown = np.zeros(len(source), dtype=bool)
    outside = np.zeros(len(source), dtype=bool)
    for variable, size in zip(margin.variables, places, strict=True):
        choices = _choices(study, variable)
        level, column = _levels_of_rows(choices, source, margin, variable)
        if column is None:
            outside |= level < 0
        else:
            not_known = source[column].isin(source.attrs.get("unknown", ())).to_numpy()
            _refuse_uncollected(source[column], (level < 0) & ~not_known, margin, variable)
            unknown |= not_known
        code = code * size + level
    frame = source.assign(level=np.where(unknown, -1, code))[~outside]
    return _table_of(study, margin, frame)


def _table_of(study: Study, margin: Margin, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    areas = list(study.areas.index)
    _refuse_absent_areas(margin, areas, frame["area"])
    names = _level_names(study, margin)
    table = frame.pivot_table(
        index="area", columns="level", values="count", aggfunc="sum", fill_value=0
    )
    known = table.reindex(index=areas, columns=range(len(names)), fill_value=0)
    unknown = table[-1].reindex(areas) if -1 in table else pd.Series(0, index=areas)
    known.columns = pd.Index(names)
    return known, unknown


def _own_counts(study: Study, margin: Margin) -> tuple[pd.DataFrame, pd.Series]:
    """A table of the study: area, level (``1`` or ``1*3``), total."""
    path = study.folder / margin.table
    names = _level_names(study, margin)
    rows = read_rows(path)
    levels = {name: place for place, name in enumerate(names)}
    issues = [
        row.issue(f"the variable has no level {row.values.get('level', '')}", "level",
                  expected=", ".join(names[:12]),
                  hint=suggestion(row.values.get("level", ""), names))
        for row in rows
        if row.values.get("level") not in levels
    ]  # fmt: skip
    issues.extend(
        row.issue("the total is not a number of people", "total", got=row.values.get("total"))
        for row in rows
        if not _is_count(row.values.get("total", ""))
    )
    if issues:
        raise WorkbenchError(f"the margin {margin.name} cannot be used", issues=issues)
    frame = pd.DataFrame(
        {
            "area": [row.values.get("area", "") for row in rows],
            "level": [levels[row.values["level"]] for row in rows],
            "count": [float(row.values["total"]) for row in rows],
        }
    )
    return _table_of(study, margin, frame)


def _is_count(text: str) -> bool:
    try:
        return float(text) >= 0
    except ValueError:
        return False


# --- the tables of the territory ----------------------------------------------------------


def _population_rows(territory: Territory, region: str | None, age_from: int) -> pd.DataFrame:
    return territory.population("area", region).rename(columns={"code": "area"})


def _education_rows(territory: Territory, region: str | None, age_from: int) -> pd.DataFrame:
    frame = territory.education(region)
    levels = territory.education_levels
    unknown = levels.loc[levels["known"].isin(["no", False]), "code"]
    frame.attrs["unknown"] = set(unknown)
    return frame


def _municipality_rows(territory: Territory, region: str | None, age_from: int) -> pd.DataFrame:
    return territory.municipality_sizes(region, age_from)


_TERRITORY_TABLES: Final[Mapping[str, Callable[[Territory, str | None, int], pd.DataFrame]]] = {
    "population": _population_rows,
    "education": _education_rows,
    "municipalities": _municipality_rows,
}
#: The columns of a table that bands with ``from`` and ``to`` can divide: lowest, highest.
_NUMERIC_COLUMNS: Final = (("age_from", "age_to"), ("population", "population"))


def _territory(study: Study, margin: Margin) -> Territory:
    if study.territory is None:
        raise WorkbenchError(
            f"the margin {margin.name} needs the territory tables, the study has no region",
            file=study.folder / "margins.csv",
            column="table",
            got=margin.table,
            hint="name a region in study.yaml, or a file with area, level, total",
        )
    return study.territory


def _levels_of_rows(
    choices: Sequence[Choice], source: pd.DataFrame, margin: Margin, variable: str
) -> tuple[Codes, str | None]:
    """The choice that each row of a table falls into, −1 for none; the column it goes by.

    The column is None where bands of age divide the rows: who is younger or older than all
    of them belongs to other people.
    """
    codes = {
        code: place
        for place, choice in enumerate(choices)
        for code in choice.attributes.get("territory", "").split()
    }
    for column in source.select_dtypes(["object", "string", "category"]):
        if codes and set(codes) & set(source[column]):
            level = source[column].map(codes).fillna(-1)
            return np.asarray(level, dtype=np.intp), str(column)
    for low, high in _NUMERIC_COLUMNS:
        if low in source and not codes:
            bands = _bands_of_rows(choices, source[low], source[high], margin, variable)
            return bands, None if low == "age_from" else low
    raise WorkbenchError(
        f"the choices of {variable} do not say what they collect from the table {margin.table}",
        file="choices.csv",
        expected="codes of the table in the column territory, or limits in from and to",
    )


def _bands_of_rows(
    choices: Sequence[Choice], low: pd.Series, high: pd.Series, margin: Margin, variable: str
) -> Codes:
    lowest = low.to_numpy(dtype=float)
    highest = high.to_numpy(dtype=float, na_value=np.inf)
    level = np.full(len(low), -1, dtype=np.intp)
    for place, choice in enumerate(choices):
        if not _is_band(choice):
            continue
        start, end = _limits(choice)
        inside = (lowest >= start) & (highest <= end)
        touched = (lowest <= end) & (highest >= start)
        if (touched & ~inside).any():
            row = int(np.flatnonzero(touched & ~inside)[0])
            raise WorkbenchError(
                f"a group of the table {margin.table} lies in two choices of {variable}",
                file="choices.csv",
                got=f"{lowest[row]:g} to {highest[row]:g} of the table, choice {choice.name}",
                hint="choose limits that are limits of the table's groups",
            )
        level[inside] = place
    return level


def _is_band(choice: Choice) -> bool:
    return bool(choice.attributes.get("from") or choice.attributes.get("to"))


def _limits(choice: Choice) -> tuple[float, float]:
    return (
        float(choice.attributes.get("from") or "-inf"),
        float(choice.attributes.get("to") or "inf"),
    )


def _lowest_age(study: Study, margins: Sequence[Margin]) -> int:
    """The age at which the population of the sample begins: the lowest limit of its bands."""
    for margin in margins:
        if margin.role == "total" and margin.table == "population":
            limits = [
                _limits(choice)[0]
                for variable in margin.variables
                for choice in _choices(study, variable)
                if _is_band(choice)
            ]
            lowest = min(limits, default=0.0)
            return int(lowest) if np.isfinite(lowest) else 0
    return 0


# --- totals and shares --------------------------------------------------------------------


def _population(
    study: Study, margins: Sequence[Margin], counts: Sequence[tuple[pd.DataFrame, pd.Series]]
) -> pd.Series:
    """Each area's total, from the margins whose role it is to fix it."""
    totals = [
        known.sum(axis=1).astype(float)
        for margin, (known, _) in zip(margins, counts, strict=True)
        if margin.role == "total"
    ]
    for other in totals[1:]:
        differs = (other - totals[0]).abs() > 0.5
        if differs.any():
            area = str(differs.idxmax())
            raise WorkbenchError(
                f"two margins fix the population of the area {area} differently",
                file=study.folder / "margins.csv",
                column="role",
                expected=f"{totals[0][area]:g}",
                got=f"{other[area]:g}",
                hint="give all but one of them the role share",
            )
    return totals[0].rename("population")


def _rescaling(
    margin: Margin, known: pd.DataFrame, unknown: pd.Series, population: pd.Series
) -> pd.DataFrame:
    counted = known.sum(axis=1)
    return pd.DataFrame(
        {
            "margin": margin.name,
            "area": population.index,
            "counted": (counted + unknown).to_numpy(dtype=float),
            "unknown": unknown.to_numpy(dtype=float),
            "total": population.to_numpy(),
            "factor": (population / counted).to_numpy(),
        }
    )


def _rescaling_notes(margin: Margin, scaled: pd.DataFrame) -> list[Issue]:
    unknown = scaled["unknown"].sum() / scaled["counted"].sum()
    if unknown == 0 and np.allclose(scaled["factor"], 1, rtol=1e-9):
        return []
    note = Issue(
        f"the margin {margin.name} was rescaled in {len(scaled)} areas to the population that "
        f"the total fixes: factors {scaled['factor'].min():.4f} to {scaled['factor'].max():.4f}; "
        f"{unknown:.2%} without a known level spread over the known ones in proportion",
        severity="note",
        file="margins.csv",
    )
    return [note]


def _warning(study: Study, margin: Margin) -> dict[str, str] | None:
    """A text by language where the margin's date is far from the field work."""
    if not is_distant(margin.reference_date, study.card.survey_period):
        return None
    start, end = study.card.survey_period
    days = {"source_date": margin.reference_date, "start": start, "end": end}
    fieldwork = study.card.fieldwork
    known = fieldwork.start is not None and fieldwork.end is not None
    return {
        language: text.format(
            **{name: _day(day, language) for name, day in days.items()},
            year=study.card.survey_year,
        )
        for language, text in _phrases()[
            "distant_margin" if known else "distant_margin_year"
        ].items()
    }


def is_distant(reference: date, fieldwork: tuple[date, date]) -> bool:
    """Whether a date lies more than :data:`DISTANT_YEARS` years from the field work."""
    earliest = pd.Timestamp(fieldwork[0]) - pd.DateOffset(years=DISTANT_YEARS)
    latest = pd.Timestamp(fieldwork[1]) + pd.DateOffset(years=DISTANT_YEARS)
    return not earliest <= pd.Timestamp(reference) <= latest


@cache
def _phrases() -> dict[str, Any]:
    return dict(read_tree(Path(__file__).with_name("phrases.yaml")).values)


def _day(day: date, language: str) -> str:
    if language == "cs":
        return f"{day.day}.\u00a0{day.month}.\u00a0{day.year}"
    return f"{day.day}\u00a0{_phrases()['months_en'][day.month - 1]}\u00a0{day.year}"


# --- names --------------------------------------------------------------------------------


def _choices(study: Study, variable: str) -> Sequence[Choice]:
    return study.questionnaire.choices[study.list_of(variable) or ""]


def _shape(study: Study, margin: Margin) -> tuple[int, ...]:
    return tuple(len(_choices(study, variable)) for variable in margin.variables)


def _level_names(study: Study, margin: Margin) -> list[str]:
    names = [[choice.name for choice in _choices(study, name)] for name in margin.variables]
    return [JOINT.join(level) for level in product(*names)]


def _refuse_uncollected(
    column: pd.Series, lost: NDArray[np.bool_], margin: Margin, variable: str
) -> None:
    lacking = sorted(set(column[lost]))
    if lacking:
        raise WorkbenchError(
            f"no choice of {variable} collects a level of the table {margin.table}",
            file="choices.csv",
            column="territory",
            got=", ".join(map(str, lacking)),
        )


def _refuse_absent_areas(margin: Margin, areas: Sequence[str], present: pd.Series) -> None:
    absent = [area for area in areas if area not in set(present)]
    if absent:
        raise WorkbenchError(
            f"the table {margin.table} of the margin {margin.name} lacks an area",
            got=", ".join(absent[:12]),
            expected=f"figures of all {len(areas)} areas",
        )

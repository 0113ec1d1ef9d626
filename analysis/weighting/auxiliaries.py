"""What is known of every area without the survey, for model-based estimates."""

from __future__ import annotations

from itertools import product

import pandas as pd

from analysis.study import Study
from analysis.study_definitions.card import Auxiliary
from analysis.weighting.margins import JOINT, MarginTable, MarginTables


def auxiliary_shares(study: Study, tables: MarginTables) -> pd.DataFrame:
    """The auxiliaries of the study card: areas × shares of the population, 0 to 1.

    Parameters
    ----------
    study
        The opened study; ``small_areas`` of its card says which choices of which margin.
    tables
        The margins they are taken from.

    Returns
    -------
    DataFrame
        One column for each auxiliary, in the order of the card; none without any.
    """
    card = study.card.small_areas
    by_name = {table.margin.name: table for table in tables.tables}
    wanted = card.auxiliaries if card is not None else ()
    columns = {number: _share(study, one, by_name[one.margin]) for number, one in enumerate(wanted)}
    return pd.DataFrame(columns, index=tables.population.index)


def _share(study: Study, auxiliary: Auxiliary, table: MarginTable) -> pd.Series:
    names = [
        study.questionnaire.choice_names(study.list_of(variable) or "")
        for variable in table.margin.variables
    ]
    place = table.margin.variables.index(auxiliary.variable)
    levels = [JOINT.join(level) for level in product(*names) if level[place] in auxiliary.choices]
    chosen = [level for level in table.totals.columns if level in set(levels)]
    return table.totals[chosen].sum(axis=1) / table.totals.sum(axis=1)

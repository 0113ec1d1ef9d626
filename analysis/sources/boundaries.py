"""Official boundaries as they are received: read, recognised, repaired and compared.

The reading itself is in :mod:`analysis.geometry`, where maps use it too; here is what a
check of the input tells: which codes a file uses, and which places it lacks or has besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import Issue
from analysis.geometry import plain_codes, read_polygons, with_codes
from analysis.territory import Level, Territory

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_LISTED = 8


def read_boundaries(
    path: Path | str,
    territory: Territory,
    *,
    level: Level = "area",
    region: str | None = None,
    code_column: str | None = None,
    layer: str | None = None,
) -> tuple[GeoDataFrame, list[Issue]]:
    """The boundaries of a region's places from a file.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage or TopoJSON, in S-JTSK (any of its conventions) or WGS 84.
    territory
        The places that there are, with their codes.
    level
        What each polygon is.
    region
        The region whose places are wanted; all regions of the territory when not given.
    code_column
        The column with the codes, CISORP or RÚIAN; found by its content when not given.
    layer
        The layer, where the file has several.

    Returns
    -------
    boundaries, issues
        code, name, geometry in S-JTSK (EPSG:5514), valid, one row for each place that was
        found, in the order of the territory; and what was repaired, assumed, missing or
        left out.

    Raises
    ------
    WorkbenchError
        If the file cannot be used (see :func:`analysis.geometry.read_polygons` and
        :func:`analysis.geometry.with_codes`), or there is no such region.
    """
    path = Path(path)
    places = territory.places(level, region)
    features, issues = read_polygons(path, layer)
    known = with_codes(features, path, territory.aliases(level), code_column)
    column = str(known.attrs["code_column"])
    issues += _system_notes(known, column, territory, path)
    issues += _comparison(features, known, column, places, path)
    return _ordered(known, places, path), issues


def _ordered(known: GeoDataFrame, places: pd.Series, path: Path) -> GeoDataFrame:
    """The wanted places alone, named, in the order of the territory."""
    polygons = known.set_index("code")[["geometry"]]
    order = places.index[places.index.isin(polygons.index)]
    boundaries = polygons.loc[order].reset_index()
    boundaries.insert(1, "name", boundaries["code"].map(places))
    boundaries.attrs = {"schematic": False, "source": path.name}
    return boundaries


def _system_notes(
    known: GeoDataFrame, column: str, territory: Territory, path: Path
) -> Iterator[Issue]:
    codes = plain_codes(known[column])
    translated = int((codes != known["code"]).sum())
    if translated:
        yield Issue(
            f"{translated} RÚIAN codes were taken for the places that they number",
            "repair",
            file=str(path),
            column=column,
            expected="codes of the territory tables",
            got=", ".join(
                f"{code} → {own}" for code, own in list(zip(codes, known["code"], strict=True))[:3]
            ),
        )


def _comparison(
    features: GeoDataFrame, known: GeoDataFrame, column: str, places: pd.Series, path: Path
) -> Iterator[Issue]:
    missing = [code for code in places.index if code not in set(known["code"])]
    if missing:
        yield Issue(
            f"{len(missing)} places have no polygon",
            "error",
            file=str(path),
            column=column,
            expected=f"{len(places)} places",
            got="without " + _some([f"{code} {places[code]}" for code in missing]),
            hint="maps stay schematic until the file has them all",
        )
    wanted = known.loc[known["code"].isin(places.index), "feature"]
    extra = features[~features["feature"].isin(wanted)]
    if len(extra):
        yield Issue(
            f"{len(extra)} polygons of other places were left out",
            "note",
            file=str(path),
            column=column,
            got=_some(plain_codes(extra[column]).fillna("without a code").tolist()),
        )


def _some(texts: list[str]) -> str:
    return ", ".join(texts[:_LISTED]) + (", …" if len(texts) > _LISTED else "")

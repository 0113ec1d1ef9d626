"""Polygons of a territory: official boundaries read from a file, or schematic ones.

Everything is handed out in S-JTSK (EPSG:5514), the Czech national grid, in metres, so that
areas and distances can be measured on it. What a file says of its coordinates is often wrong
or missing; their range settles it, because the ranges of the systems in use over the Czech
Republic do not overlap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.definitions import suggestion
from analysis.errors import Issue, WorkbenchError

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from numpy.typing import NDArray

S_JTSK = 5514
WGS_84 = 4326
#: The attribute of a schematic map that says where its boundaries come from.
SCHEMATIC_SOURCE = "Voronoi cells of the municipalities' points"
# At least so many of the features, or of the places, have a code that is known.
_KNOWN_SHARE = 0.25
SUFFIXES = (".geojson", ".json", ".gpkg", ".topojson")

# --- official boundaries --------------------------------------------------------------------


@dataclass(frozen=True)
class _Convention:
    """A way in which coordinates over the Czech Republic are written, and how to undo it."""

    name: str
    x: tuple[float, float]
    y: tuple[float, float]
    crs: int
    swap: bool = False
    negate: bool = False


_EAST, _NORTH = (-906_000.0, -429_000.0), (-1_230_000.0, -930_000.0)
_WEST, _SOUTH = (429_000.0, 906_000.0), (930_000.0, 1_230_000.0)
_LONGITUDE, _LATITUDE = (12.0, 19.0), (48.4, 51.2)
_CONVENTIONS = (
    _Convention("WGS 84, longitude and latitude", _LONGITUDE, _LATITUDE, WGS_84),
    _Convention("WGS 84, latitude before longitude", _LATITUDE, _LONGITUDE, WGS_84, swap=True),
    _Convention("S-JTSK, negative (EPSG:5514, ESRI:102067)", _EAST, _NORTH, S_JTSK),
    _Convention("S-JTSK, negative, axes exchanged", _NORTH, _EAST, S_JTSK, swap=True),
    _Convention("S-JTSK, positive (Y, X)", _WEST, _SOUTH, S_JTSK, negate=True),
    _Convention(
        "S-JTSK, positive (X, Y; EPSG:5513, EPSG:2065)",
        _SOUTH, _WEST, S_JTSK, swap=True, negate=True,
    ),
)  # fmt: skip


def boundary_file(place: Path, level: str) -> Path | None:
    """The file with boundaries that a path stands for; None where there is none.

    Parameters
    ----------
    place
        A file, or a folder. In a folder, a file counts whose name begins with the level
        (``area.geojson``, ``areas-2024.gpkg``); the last in alphabetical order is taken.
    level
        ``municipality``, ``area`` or ``region``.
    """
    if place.is_file():
        return place
    stem = level.removesuffix("y")  # municipality.gpkg and municipalities.gpkg
    files = [path for path in place.glob(f"{stem}*") if path.suffix.lower() in SUFFIXES]
    return max(files, default=None)


def official_boundaries(file: Path, places: pd.Series, aliases: Mapping[str, str]) -> GeoDataFrame:
    """The polygons of some places from a file with boundaries.

    Parameters
    ----------
    file
        GeoJSON, GeoPackage or TopoJSON.
    places
        Names by code: the places that must be there.
    aliases
        Every code by which a place may be known, with its code here.

    Returns
    -------
    GeoDataFrame
        code, name, geometry, in the order of ``places``.

    Raises
    ------
    WorkbenchError
        If the file cannot be used or lacks a place.
    """
    layer, _ = read_polygons(file)
    layer = with_codes(layer, file, aliases)
    missing = [code for code in places.index if code not in set(layer["code"])]
    if missing:
        raise WorkbenchError(
            "the boundaries lack places of this region",
            file=file,
            expected=f"{len(places)} polygons",
            got="without " + ", ".join(f"{code} {places[code]}" for code in missing[:5]),
        )
    polygons = layer.set_index("code").geometry.loc[list(places.index)]
    return _frame(places, polygons.to_numpy(), schematic=False, source=file.name)


def read_polygons(file: Path, layer: str | None = None) -> tuple[GeoDataFrame, list[Issue]]:
    """A layer of polygons with valid geometries in S-JTSK (EPSG:5514).

    Parameters
    ----------
    file
        GeoJSON, GeoPackage or TopoJSON.
    layer
        The layer, where the file has several.

    Returns
    -------
    layer, issues
        The features with their attributes; repairs and what was assumed.

    Raises
    ------
    WorkbenchError
        If the file is missing or no such file, the layer does not exist or has to be
        chosen, a feature is no polygon, or the coordinates are not in the Czech Republic.
    """
    import geopandas

    chosen = _layer(file, layer)
    try:
        frame = geopandas.read_file(file, layer=chosen)
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(file, error) from None
    frame = frame.assign(feature=np.arange(1, len(frame) + 1))
    frame, empty = _without_empty(frame, file)
    _refuse_other_shapes(frame, file)
    frame, placed = _in_s_jtsk(frame, file)
    frame, repaired = _repaired(frame, file)
    return frame, [*empty, *placed, *repaired]


def with_codes(
    frame: GeoDataFrame,
    file: Path,
    aliases: Mapping[str, str],
    code_column: str | None = None,
) -> GeoDataFrame:
    """The features that have a known code, one for each, with the code in column ``code``.

    Parameters
    ----------
    frame
        Features with their attributes.
    file
        Where they come from, for messages.
    aliases
        Every code by which a place may be known, with its code here.
    code_column
        The column that holds the code; the one with the most known codes when not given.

    Raises
    ------
    WorkbenchError
        If the column does not exist, no column holds known codes, or a code stands twice.
    """
    column = _code_column(frame, file, aliases, code_column)
    codes = plain_codes(frame[column]).map(aliases)
    known = frame.assign(code=codes)[codes.notna()]
    doubled = known["code"].duplicated(keep=False)
    if doubled.any():
        first = known.loc[doubled, "code"].iloc[0]
        rows = known.loc[known["code"] == first, "feature"]
        raise WorkbenchError(
            "two features have the same code",
            file=file,
            row=int(rows.iloc[-1]),
            column=column,
            got=f"{first} in the features {', '.join(map(str, rows))}",
            hint="dissolve the parts into one feature before",
        )
    known.attrs["code_column"] = column
    return known


def plain_codes(values: pd.Series) -> pd.Series:
    """Codes as text: ``7.0`` and 7 are ``7``; missing stays missing."""
    texts = values.astype("str").str.strip().str.replace(r"\.0+$", "", regex=True)
    return texts.where(values.notna())


def _layer(file: Path, layer: str | None) -> str | None:
    import pyogrio

    if not file.is_file():
        beside = [path.name for path in file.parent.glob("*")] if file.parent.is_dir() else []
        raise WorkbenchError(
            "this file with boundaries is missing", file=file, hint=suggestion(file.name, beside)
        )
    try:
        layers = [str(name) for name, _ in pyogrio.list_layers(file)]
    except (OSError, ValueError, RuntimeError) as error:
        raise _unreadable(file, error) from None
    if layer is None and len(layers) > 1:
        raise WorkbenchError(
            "several layers of this file could be meant",
            file=file,
            expected="the name of a layer",
            got=", ".join(layers),
        )
    if layer is not None and layer not in layers:
        raise WorkbenchError(
            "the file has no such layer",
            file=file,
            expected=", ".join(layers),
            got=layer,
            hint=suggestion(layer, layers),
        )
    return layer


def _unreadable(file: Path, error: Exception) -> WorkbenchError:
    return WorkbenchError(
        "this file holds no boundaries that can be read",
        file=file,
        expected="GeoJSON, GeoPackage or TopoJSON",
        got=type(error).__name__,
        hint="the download may have failed, or the file is of another format",
    )


def _without_empty(frame: Any, file: Path) -> tuple[Any, list[Issue]]:
    if "geometry" not in frame or frame.empty:
        raise WorkbenchError("this file has no features", file=file, expected="polygons")
    empty = frame.geometry.isna() | frame.geometry.is_empty
    issues = [
        Issue("a feature without geometry was left out", "repair", file=str(file), row=int(row))
        for row in frame.loc[empty, "feature"]
    ]
    if empty.all():
        raise WorkbenchError("no feature of this file has a geometry", file=file)
    return frame[~empty], issues


def _refuse_other_shapes(frame: Any, file: Path) -> None:
    other = ~frame.geometry.geom_type.isin(["Polygon", "MultiPolygon"])
    if other.any():
        first = frame[other].iloc[0]
        raise WorkbenchError(
            "this feature is no polygon",
            file=file,
            row=int(first["feature"]),
            expected="Polygon or MultiPolygon",
            got=first.geometry.geom_type,
            hint="choose the layer of areas, not of points or lines",
        )


def _in_s_jtsk(frame: Any, file: Path) -> tuple[Any, list[Issue]]:
    bounds = frame.total_bounds
    convention = _convention(bounds)
    if convention is None:
        return _transformed(frame, file, bounds)
    issues = list(_convention_issues(frame, convention, file))
    straightened = _straightened(frame, convention)
    return straightened.to_crs(S_JTSK), issues


def _convention(bounds: Sequence[float]) -> _Convention | None:
    low_x, low_y, high_x, high_y = bounds
    for convention in _CONVENTIONS:
        inside_x = convention.x[0] <= low_x and high_x <= convention.x[1]
        inside_y = convention.y[0] <= low_y and high_y <= convention.y[1]
        if inside_x and inside_y:
            return convention
    return None


def _convention_issues(frame: Any, convention: _Convention, file: Path) -> list[Issue]:
    declared = frame.crs.to_epsg() if frame.crs is not None else None
    usual = not convention.swap and not convention.negate
    if usual and declared == convention.crs:
        return []
    return [
        Issue(
            "the coordinate system was recognised by the range of the coordinates",
            "note" if usual and declared is None else "repair",
            file=str(file),
            expected=f"EPSG:{S_JTSK} or EPSG:{WGS_84}",
            got=f"{convention.name}; the file says {frame.crs.name if frame.crs else 'nothing'}",
        )
    ]


def _straightened(frame: Any, convention: _Convention) -> Any:
    import shapely

    def straight(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        turned = coordinates[:, ::-1] if convention.swap else coordinates
        return -turned if convention.negate else turned

    geometry = shapely.transform(frame.geometry.to_numpy(), straight)
    return frame.set_geometry(geometry).set_crs(convention.crs, allow_override=True)


def _transformed(frame: Any, file: Path, bounds: Sequence[float]) -> tuple[Any, list[Issue]]:
    details: dict[str, Any] = {
        "file": file,
        "expected": f"coordinates in the Czech Republic: EPSG:{S_JTSK} or EPSG:{WGS_84}",
        "got": "x {:.6g} to {:.6g}, y {:.6g} to {:.6g}".format(*np.array(bounds)[[0, 2, 1, 3]]),
    }
    if frame.crs is None:
        raise WorkbenchError("the coordinate system cannot be recognised", **details)
    try:
        moved = frame.to_crs(S_JTSK)
    except Exception:
        raise WorkbenchError("the coordinate system cannot be used", **details) from None
    found = _convention(moved.total_bounds)
    if found is None or found.crs != S_JTSK:
        raise WorkbenchError("these boundaries are not in the Czech Republic", **details)
    note = Issue("coordinates were transformed", "note", file=str(file), got=frame.crs.name)
    return moved, [note]


def _repaired(frame: Any, file: Path) -> tuple[Any, list[Issue]]:
    import shapely

    geometry = frame.geometry.to_numpy()
    broken = ~shapely.is_valid(geometry)
    issues = [
        Issue(
            "an invalid polygon was repaired",
            "repair",
            file=str(file),
            row=int(row),
            got=str(reason).split("[")[0],
        )
        for row, reason in zip(
            frame["feature"].to_numpy()[broken],
            shapely.is_valid_reason(geometry[broken]),
            strict=True,
        )
    ]
    mended = geometry.copy()
    mended[broken] = [_areal(shape) for shape in shapely.make_valid(geometry[broken])]
    return frame.set_geometry(mended, crs=S_JTSK), issues


def _areal(shape: Any) -> Any:
    """The polygons of a shape: a repair may leave lines and points beside them."""
    import shapely

    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _code_column(frame: Any, file: Path, aliases: Mapping[str, str], stated: str | None) -> str:
    columns = [str(name) for name in frame.columns if name not in ("geometry", "feature")]
    if stated is not None and stated not in columns:
        raise WorkbenchError(
            "the boundaries have no such column",
            file=file,
            column=stated,
            expected=", ".join(columns),
            hint=suggestion(stated, columns),
        )
    known = {
        name: plain_codes(frame[name]).map(aliases).dropna()
        for name in ([stated] if stated else columns)
    }
    # A key column has another code in each feature; a count may be like a code by chance.
    best = max(known, key=lambda name: (known[name].nunique(), len(known[name])), default="")
    enough = min(len(frame), len(set(aliases.values()))) * _KNOWN_SHARE
    if best not in known or known[best].nunique() < max(enough, 1):
        examples = ", ".join(list(aliases)[-3:])
        raise WorkbenchError(
            "no column of the boundaries holds codes of the territory",
            file=file,
            column=stated,
            expected=f"codes such as {examples}",
            got=", ".join(columns),
            hint="check that the file is of this country and of this level",
        )
    return best


# --- schematic boundaries -------------------------------------------------------------------

# The shape of the region is the union of discs around its municipalities, its bays closed.
# The two figures were chosen by how much of the official shapes of three regions they cover:
# the shared area is 88–93 % of the joint area.
_REACH = 0.5  # radius of a disc: of the mean distance to the four nearest municipalities
_REACH_LIMITS = (800.0, 4_000.0)  # metres
_BAY = 8_000.0  # bays narrower than twice this are closed, metres
_CORRIDOR = 1_000.0  # half the width of what joins separate parts of a place, metres
_ROUNDING = 1_500.0  # corners of the outline are rounded to this radius, metres
_TOLERANCE = 1_200.0  # effective side of the bends that are straightened, metres
_SMOOTHINGS = 3


def schematic_boundaries(
    municipalities: pd.DataFrame, groups: pd.Series, places: pd.Series
) -> GeoDataFrame:
    """Voronoi cells of municipalities, dissolved into places and smoothed.

    Parameters
    ----------
    municipalities
        latitude, longitude (degrees, WGS 84).
    groups
        The place of each municipality.
    places
        Names by code: which places, and in which order.

    Returns
    -------
    GeoDataFrame
        code, name, geometry; polygons that cover the shape without gap or overlap.
    """
    import shapely

    points = _points(municipalities)
    outline = _outline(points)
    cells = _cells(points, outline)
    owners = groups.to_numpy()
    polygons = [shapely.union_all(cells[owners == code]) for code in places.index]
    joined = _joined(np.array(polygons, dtype=object))
    return _frame(places, _smoothed(joined), schematic=True, source=SCHEMATIC_SOURCE)


def dissolved(parts: GeoDataFrame, groups: pd.Series, places: pd.Series) -> GeoDataFrame:
    """Polygons united by the place that each belongs to.

    Parameters
    ----------
    parts
        Polygons as this module hands them out.
    groups
        The place of each polygon.
    places
        Names by code: which places, and in which order.
    """
    import shapely

    shapes, owners = parts.geometry.to_numpy(), groups.to_numpy()
    united = [shapely.union_all(shapes[owners == code]) for code in places.index]
    return _frame(places, np.array(united, dtype=object), **parts.attrs)


def _points(municipalities: pd.DataFrame) -> NDArray[np.float64]:
    import geopandas

    points = geopandas.points_from_xy(
        municipalities["longitude"], municipalities["latitude"], crs=WGS_84
    )
    moved = points.to_crs(S_JTSK)
    return np.column_stack([moved.x, moved.y]).round(1)


def _outline(points: NDArray[np.float64]) -> Any:
    import shapely
    from scipy.spatial import cKDTree

    neighbours = min(5, len(points))
    distances = cKDTree(points).query(points, k=neighbours)[0].reshape(len(points), -1)
    spacing = distances[:, 1:].mean(axis=1) if neighbours > 1 else np.full(len(points), np.inf)
    radii = np.clip(_REACH * spacing, *_REACH_LIMITS)
    discs = shapely.buffer(shapely.points(points), radii, quad_segs=4)
    closed = shapely.union_all(discs).buffer(_BAY).buffer(-_BAY)
    rounded = closed.buffer(_ROUNDING).buffer(-2 * _ROUNDING).buffer(_ROUNDING)
    whole = shapely.union_all([rounded, *discs])
    return shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole))))


def _cells(points: NDArray[np.float64], outline: Any) -> NDArray[Any]:
    """The Voronoi cell of each point, in the order of the points."""
    import shapely

    if len(points) == 1:
        return np.array([outline], dtype=object)
    diagram = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=outline.envelope)
    )
    tree = shapely.STRtree(diagram)
    positions, found = tree.query(shapely.points(points), predicate="within")
    cells = np.empty(len(points), dtype=object)
    cells[positions] = shapely.intersection(diagram[found], outline)
    return cells


def _joined(polygons: NDArray[Any]) -> NDArray[Any]:
    """The polygons with their separate parts joined by corridors, where that parts no other.

    A district is in one piece almost always; its cells need not be, where it is narrow.
    """
    import shapely

    for position in np.flatnonzero(shapely.get_num_geometries(polygons) > 1):
        parts = shapely.get_parts(polygons[position])
        main = parts[shapely.area(parts).argmax()]
        bridges = shapely.buffer(shapely.shortest_line(parts, main), _CORRIDOR)
        corridor = shapely.intersection(shapely.union_all(bridges), shapely.union_all(polygons))
        changed = shapely.difference(polygons, corridor)
        changed[position] = shapely.union_all([polygons[position], corridor])
        others = np.arange(len(polygons)) != position
        pieces = shapely.get_num_geometries
        if (pieces(changed[others]) <= pieces(polygons[others])).all():
            polygons = changed
    return polygons


def _smoothed(polygons: NDArray[Any]) -> NDArray[Any]:
    """Polygons with calm edges that still meet without gap or overlap.

    The lines between the nodes, where three polygons or two and the outside meet, are
    smoothed each for itself (Chaikin's corner cutting) and the polygons put together again.
    Where that would change which polygons there are, the unsmoothed ones are kept.
    """
    import shapely

    calm = shapely.coverage_simplify(polygons, _TOLERANCE)
    edges = shapely.line_merge(shapely.union_all(shapely.boundary(calm)))
    lines = [_corners_cut(shapely.get_coordinates(line)) for line in shapely.get_parts(edges)]
    noded = shapely.union_all([shapely.linestrings(line) for line in lines])
    faces = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(noded))))
    owners = _owners(faces, calm)
    smooth = np.array(
        [shapely.union_all(faces[owners == index]) for index in range(len(calm))], dtype=object
    )
    kept = bool(len(faces)) and shapely.get_num_geometries(smooth).sum() == len(faces)
    same = kept and (shapely.get_num_geometries(smooth) == shapely.get_num_geometries(calm)).all()
    return smooth if same else calm


def _owners(faces: NDArray[Any], polygons: NDArray[Any]) -> NDArray[np.int64]:
    """For each face the polygon with which it shares most; −1 for one that is a hole."""
    import shapely

    owners = np.full(len(faces), -1)
    for position, face in enumerate(faces):
        shared = shapely.area(shapely.intersection(polygons, face))
        if shared.max() > face.area / 2:
            owners[position] = int(shared.argmax())
    return owners


def _corners_cut(line: NDArray[np.float64]) -> NDArray[np.float64]:
    closed = len(line) > 3 and bool((line[0] == line[-1]).all())
    for _ in range(_SMOOTHINGS):
        start, end = line[:-1], line[1:]
        cut = np.stack([0.75 * start + 0.25 * end, 0.25 * start + 0.75 * end], axis=1)
        cut = cut.reshape(-1, 2)
        line = np.vstack([cut, cut[:1]]) if closed else np.vstack([line[:1], cut[1:-1], line[-1:]])
    return line.round(1)


def _frame(
    places: pd.Series, polygons: NDArray[Any], *, schematic: bool, source: str
) -> GeoDataFrame:
    import geopandas

    frame = geopandas.GeoDataFrame(
        {"code": list(places.index), "name": list(places)}, geometry=polygons, crs=S_JTSK
    )
    frame.attrs.update(schematic=schematic, source=source)
    return frame

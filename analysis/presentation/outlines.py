"""The areas of a region fitted to a map: their rings, where labels go, and their patterns.

Shapes come from the territory, official where they are at hand, else schematic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from analysis.errors import WorkbenchError
from analysis.presentation.drawing import Point
from analysis.study import Study
from analysis.territory import Territory

BOUNDARIES = "boundaries"
MAP_WIDTH = 112.0
TOP = 6.0
MARGIN = 0.7
_HATCH_STEP = 1.7
_WIDEST_LABEL = 24.0

Lines = tuple[tuple[Point, ...], ...]


@dataclass(frozen=True)
class Shape:
    """One area on the map, in millimetres: its rings, where its label goes, its patterns.

    ``hatching`` runs one way and marks low precision; with ``counter``, which runs the
    other way, it becomes the lattice of areas whose value is not shown.
    """

    rings: Lines
    centre: Point
    room: float
    hatching: Lines
    counter: Lines

    def moved(self, scale: float, across: float, down: float) -> Shape:
        """The shape smaller or larger, in another place."""

        def lines(old: Lines) -> Lines:
            return tuple(
                tuple((x * scale + across, (y - TOP) * scale + down) for x, y in line)
                for line in old
            )

        ((centre,),) = lines(((self.centre,),))
        return Shape(
            lines(self.rings), centre, self.room * scale, lines(self.hatching), lines(self.counter)
        )


@dataclass(frozen=True)
class Outline:
    """The areas of a region fitted to the map."""

    shapes: Mapping[str, Shape]
    border: Lines
    height: float
    schematic: bool

    def moved(self, scale: float, across: float, down: float) -> Outline:
        """The same areas as a smaller map whose upper left corner is elsewhere."""
        shapes = {code: shape.moved(scale, across, down) for code, shape in self.shapes.items()}
        border = tuple(
            tuple((x * scale + across, (y - TOP) * scale + down) for x, y in ring)
            for ring in self.border
        )
        return Outline(shapes, border, self.height * scale, self.schematic)


def outline_of(study: Study) -> Outline:
    """The areas of a study's region.

    Raises
    ------
    WorkbenchError
        If the study has no region, so that there is nothing to draw.
    """
    if study.region is None or study.territory is None:
        raise WorkbenchError(
            f"the study {study.id} has no region, so no map can be drawn",
            file=study.folder / "study.yaml",
            hint="name the region in study.yaml, or use a chart of the areas",
        )
    boundaries = study.workspace.raw(BOUNDARIES)
    return _outline(study.territory, study.region, boundaries, _state(boundaries))


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes with the files of a folder, so that an outline is never older than they."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    states = [(str(path), path.stat()) for path in files]
    return tuple((name, status.st_mtime_ns, status.st_size) for name, status in states)


@lru_cache(maxsize=8)
def _outline(
    territory: Territory, region: str, boundaries: Path, state: tuple[tuple[str, int, int], ...]
) -> Outline:
    import shapely

    frame = territory.geometry("area", region, boundaries if boundaries.exists() else None)
    geometries = shapely.coverage_simplify(frame.geometry.to_numpy(), _tolerance(frame))
    left, _, right, top = shapely.total_bounds(geometries)
    scale = (MAP_WIDTH - 2 * MARGIN) / (right - left)
    fitted = shapely.transform(
        geometries, lambda points: (points - (left, top)) * (scale, -scale) + MARGIN
    )
    height = float(shapely.total_bounds(fitted)[3])
    shapes = {str(code): _shape(one) for code, one in zip(frame["code"], fitted, strict=True)}
    border = _rings(shapely.coverage_union_all(fitted))
    return Outline(shapes, border, height, bool(frame.attrs.get("schematic", False)))


def _tolerance(frame: Any) -> float:
    """A seventh of a millimetre on the map, in metres."""
    left, _, right, _ = frame.total_bounds
    return float((right - left) / MAP_WIDTH / 7)


def _shape(geometry: Any) -> Shape:
    import shapely

    largest = max(_polygons(geometry), key=lambda polygon: float(polygon.area))
    middle = shapely.Point(shapely.maximum_inscribed_circle(largest).coords[0])
    centroid = shapely.centroid(largest)
    halfway = shapely.centroid(shapely.MultiPoint([middle, centroid]))
    best = max((middle, centroid, halfway), key=lambda point: _label_room(largest, point))
    centre = (float(best.x), float(best.y) + TOP)
    return Shape(
        _rings(geometry), centre, _chord(largest, best) / 2,
        _hatching(geometry, 1), _hatching(geometry, -1),
    )  # fmt: skip


def _label_room(polygon: Any, point: Any) -> float:
    """How well a label would stand at a point: the room beside it and to the border."""
    if not polygon.contains(point):
        return 0.0
    return min(_chord(polygon, point), _WIDEST_LABEL) + 3 * float(point.distance(polygon.exterior))


def _chord(polygon: Any, point: Any) -> float:
    """The length of the level line through a point that lies inside."""
    import shapely

    left, _, right, _ = polygon.bounds
    line = shapely.LineString([(left, point.y), (right, point.y)])
    parts = shapely.get_parts(shapely.intersection(line, polygon))
    return float(sum(part.length for part in parts if part.distance(point) < 1e-6))


def _polygons(geometry: Any) -> list[Any]:
    return list(getattr(geometry, "geoms", [geometry]))


def _rings(geometry: Any) -> Lines:
    return tuple(
        tuple((float(x), float(y) + TOP) for x, y in ring.coords)
        for polygon in _polygons(geometry)
        for ring in (polygon.exterior, *polygon.interiors)
    )


def _hatching(geometry: Any, direction: int) -> Lines:
    """Slanting lines within an area: rising to the right for 1, falling for -1."""
    import shapely

    left, top, right, bottom = geometry.bounds
    height = bottom - top
    starts = [
        left - height + step * _HATCH_STEP
        for step in range(math.ceil((right - left + height) / _HATCH_STEP))
    ]
    first, last = (bottom, top) if direction > 0 else (top, bottom)
    lines = shapely.MultiLineString([[(start, first), (start + height, last)] for start in starts])
    inside = shapely.intersection(lines, geometry)
    return tuple(
        tuple((float(x), float(y) + TOP) for x, y in part.coords)
        for part in getattr(inside, "geoms", [inside])
        if part.geom_type == "LineString"
    )

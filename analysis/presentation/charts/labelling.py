"""Labels beside points, placed so that none covers a point, a line, another label or the frame.

Each label tries places around its point, near ones first. Where none is free the point gets
a number instead, which needs less room, and is named below. The same points always give the
same places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from analysis.presentation import theme
from analysis.presentation.drawing import text_width, wrapped

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in millimetres."""

_SIZE = theme.CHART_SMALL
_LEADING = 2.9
_RADIUS = 1.3
_WIDEST = 34.0
#: Millimetres between point and label; beyond the first a thin line leads to the point.
_DISTANCES = (0.9, 2.6, 4.6)
#: Directions by preference: right, left, above, below, and between them.
_DIRECTIONS = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))


@dataclass(frozen=True)
class Placed:
    """A label in its place: its lines of text and the box they fill."""

    lines: tuple[str, ...]
    box: Box
    distant: bool = False


def boxes_touch(one: Box, other: Box) -> bool:
    """Whether two boxes have more than an edge in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def placed_labels(
    points: Sequence[tuple[float, float, str]],
    frame: Box,
    taken: Iterable[Box] = (),
    lines: Iterable[Box] = (),
    crossings: int = 0,
) -> list[Placed | None]:
    """A place for the label of each point, None where there is none.

    Parameters
    ----------
    points
        Where each point is, and its label.
    frame
        Where labels may stand.
    taken
        What they must not cover.
    lines
        What they cross at most ``crossings`` times, as thin boxes.
    """
    busy = [*taken, *(_around(x, y) for x, y, _ in points)]
    crossing = list(lines)
    found: dict[int, Placed] = {}
    # The points with the most neighbours choose first; there the room is scarce.
    order = sorted(range(len(points)), key=lambda place: (-_neighbours(points, place), place))
    for place in order:
        best = _best(points[place], frame, busy, crossing, crossings)
        if best is not None:
            found[place] = best
            busy.append(best.box)
    return [found.get(place) for place in range(len(points))]


@dataclass(frozen=True)
class Labelled:
    """Where the label of each point stands, and the numbers of those that have no room."""

    places: tuple[Placed | None, ...]
    numbers: Mapping[int, int]


def labelled(
    points: Sequence[tuple[float, float, str]],
    frame: Box,
    taken: Sequence[Box] = (),
    lines: Sequence[Box] = (),
) -> Labelled:
    """A place for the name of each point, or else for a number; see :func:`placed_labels`.

    A point whose number has no place either bears it inside.
    """
    places = placed_labels(points, frame, taken, lines)
    without = [place for place, found in enumerate(places) if found is None]
    # From top to bottom, as the numbers are looked for.
    without.sort(key=lambda place: (points[place][1], points[place][0]))
    numbers = {place: number for number, place in enumerate(without, start=1)}
    busy = [*taken, *(found.box for found in places if found is not None)]
    busy += [_around(x, y) for x, y, _ in points]
    short = [(*points[place][:2], str(numbers[place])) for place in without]
    for place, found in zip(without, placed_labels(short, frame, busy, lines, 1), strict=True):
        places[place] = found
    return Labelled(tuple(places), numbers)


def _best(
    point: tuple[float, float, str],
    frame: Box,
    busy: Sequence[Box],
    crossing: Sequence[Box],
    crossings: int,
) -> Placed | None:
    x, y, text = point
    best: tuple[float, Placed] | None = None
    for far, lines in product(range(len(_DISTANCES)), _ways(text)):
        for turn, direction in enumerate(_DIRECTIONS):
            box = _box(x, y, lines, direction, _DISTANCES[far])
            if not _inside(box, frame) or any(boxes_touch(box, other) for other in busy):
                continue
            crossed = sum(boxes_touch(box, line) for line in crossing)
            if crossed > crossings:
                continue
            cost = 3.0 * crossed + 2.0 * far + 0.2 * turn + 0.5 * (len(lines) - 1)
            if best is None or cost < best[0]:
                best = cost, Placed(lines, box, far > 0)
    return best[1] if best else None


def _ways(text: str) -> list[tuple[str, ...]]:
    """A label on one line where it is short, and broken into lines."""
    ways = {tuple(wrapped(text, width, _SIZE)) for width in (_WIDEST, _WIDEST * 0.62)}
    return sorted(ways, key=len)


def _box(
    x: float, y: float, lines: Sequence[str], direction: tuple[int, int], distance: float
) -> Box:
    width = max(text_width(line, _SIZE) for line in lines)
    height = len(lines) * _LEADING
    across, down = direction
    reach = _RADIUS + distance
    diagonal = 0.7 if across and down else 1.0
    middle_x = x + across * (reach * diagonal + width / 2)
    middle_y = y + down * (reach * diagonal + height / 2)
    return (
        middle_x - width / 2,
        middle_y - height / 2,
        middle_x + width / 2,
        middle_y + height / 2,
    )


def _around(x: float, y: float) -> Box:
    return (x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS)


def _inside(box: Box, frame: Box) -> bool:
    return box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]


def _neighbours(points: Sequence[tuple[float, float, str]], place: int) -> int:
    x, y, _ = points[place]
    return sum(abs(x - ox) < 25 and abs(y - oy) < 8 for ox, oy, _ in points) - 1

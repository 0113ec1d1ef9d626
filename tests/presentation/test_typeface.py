from __future__ import annotations

import re

import pytest

from analysis.presentation.theme import font_file
from analysis.presentation.typeface import typeface

NUMBER = re.compile(r"-?\d+")


def test_width_is_the_sum_of_advances_and_kerning() -> None:
    from fontTools.ttLib import TTFont

    advances = TTFont(font_file())["hmtx"].metrics
    face = typeface()
    plain = advances["H"][0] + advances["i"][0]
    assert face.width("Hi", face.units) == plain
    kerned = advances["T"][0] + advances["o"][0]
    assert face.width("To", face.units) < kerned


def test_kerning_is_that_of_the_font() -> None:
    # Source Sans Pro moves o under the bar of T by 66 units and V towards A by 14.
    placed, _ = typeface().place("To")
    assert placed[1].x == 536 - 66
    placed, _ = typeface().place("AV")
    assert placed[1].x == 544 - 14


@pytest.mark.parametrize("weight", ["regular", "semibold"])
def test_figures_are_tabular(weight: str) -> None:
    face = typeface(weight)  # type: ignore[arg-type]
    widths = {face.width(digit, 1000) for digit in "0123456789"}
    assert len(widths) == 1
    assert face.width("1977", 1000) == pytest.approx(4 * widths.pop())


def test_outlines_are_relative_and_come_back_to_where_they_began() -> None:
    path = typeface().outline("T")
    assert path.count("m") == path.count("z") == 1
    assert re.fullmatch(r"[mlcz0-9 -]+", path)
    x = y = 0
    for command, arguments in re.findall(r"([mlc])([^mlcz]*)", path):
        numbers = [int(number) for number in NUMBER.findall(arguments)]
        if command == "m":
            start = numbers[0], numbers[1]
            x, y = start
        else:
            x, y = x + numbers[-2], y + numbers[-1]
    left, right = min(x, start[0]), max(x, start[0])
    # The closing line may be left to ``z``; it is then level or upright.
    assert left == right or y == start[1]


def test_a_space_has_no_outline_and_an_unknown_sign_has_a_box() -> None:
    face = typeface()
    assert face.outline("space") == ""
    placed, width = face.place("\U0001f600")
    assert placed[0].name == ".notdef"
    assert width > 0


def test_ids_tell_weights_and_letters_apart() -> None:
    names = ["T", "o", "rcaron", "zero"]
    ids = {typeface(w).identifier(n) for w in ("regular", "semibold", "bold") for n in names}
    assert len(ids) == 12
    assert all(re.fullmatch(r"[a-z][0-9a-z]+", identifier) for identifier in ids)

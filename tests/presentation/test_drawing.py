from __future__ import annotations

import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from analysis.presentation.drawing import Drawing, text_width, wrapped
from analysis.publishing.svg import svg_problem

SVG = "{http://www.w3.org/2000/svg}"


def drawn() -> str:
    drawing = Drawing(60, 20)
    drawing.line((0, 1), (10, 1))
    drawing.line((0, 2), (10, 2))
    drawing.box(1, 3, 4, 5, "#112233")
    drawing.circle(20, 10, 1)
    drawing.diamond(25, 10, 1.5, "#ffffff", "#112233")
    drawing.shape([[(30, 1), (40, 1), (35, 9)], [(34, 2), (36, 2), (35, 4)]], "#445566")
    drawing.text(5, 15, "Příliš žluťoučký kůň", weight="semibold")
    return drawing.svg()


def test_the_picture_is_well_formed_and_harmless() -> None:
    assert svg_problem(drawn()) is None


def test_the_same_drawing_is_the_same_bytes() -> None:
    assert drawn() == drawn()


def test_letters_are_defined_once_and_every_reference_is_met() -> None:
    root = ElementTree.fromstring(drawn())
    defined = [element.get("id") for element in root.iter(f"{SVG}path") if element.get("id")]
    used = [element.get("href", "").removeprefix("#") for element in root.iter(f"{SVG}use")]
    assert len(defined) == len(set(defined))
    assert set(used) == set(defined)
    assert len(used) == len("Příliš žluťoučký kůň".replace(" ", ""))


def test_like_marks_go_into_one_element() -> None:
    two_lines = re.findall(r'<path d="([^"]+)" fill="none"', drawn())
    assert two_lines == ["M0 1L10 1M0 2L10 2"]


def test_text_is_anchored_by_its_width() -> None:
    drawing = Drawing(60, 20)
    drawing.text(30, 10, "12", size=8, anchor="end")
    x = float(re.findall(r"translate\(([\d.]+) ", drawing.svg())[0])
    assert abs(30 - text_width("12", 8) - x) < 0.01


def test_rings_do_not_drift() -> None:
    drawing = Drawing(60, 20)
    ring = [(0.004 + step * 0.333, (step % 7) * 0.111) for step in range(100)]
    drawing.shape([ring], "#000000")
    path = re.findall(r'd="M([^"]+)z"', drawing.svg())[0]
    start, steps = path.split("l", 1)
    numbers = [float(number) for number in re.findall(r"-?\d*\.?\d+", steps)]
    end = float(start.split()[0]) + sum(numbers[::2])
    assert abs(end - ring[-1][0]) < 0.011


@given(st.lists(st.text("abcdef ghž\u00a0", min_size=1, max_size=12), max_size=8))
def test_wrapping_keeps_every_word_and_never_breaks_a_no_break_space(words: list[str]) -> None:
    text = " ".join(words)
    lines = wrapped(text, 18.0, 8.0)
    assert " ".join(lines) == text
    for line in lines:
        assert text_width(line, 8.0) <= 18.0 or " " not in line

"""What an SVG picture may hold before it is put into a report.

A picture travels into a browser, into typst and onto memory sticks; it must not run
anything, load anything, or depend on a font of the reader's machine. Only what is known to
be harmless passes.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

_NAMESPACE = "{http://www.w3.org/2000/svg}"
# fmt: off
_ELEMENTS = frozenset((
    "svg", "g", "defs", "use", "symbol", "title", "desc", "style",
    "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
    "clipPath", "mask", "pattern", "linearGradient", "radialGradient", "stop", "marker",
))
# fmt: on
_LINK = re.compile(r"(?:^|\})(?:href|src)$")
_OUTSIDE = re.compile(r"url\(\s*['\"]?(?!#)|@import|expression\(|javascript:", re.IGNORECASE)


def svg_problem(svg: str) -> str | None:
    """What is wrong with a picture, in words; nothing when it may be shown.

    Parameters
    ----------
    svg
        The picture as text.
    """
    if "<!DOCTYPE" in svg or "<!ENTITY" in svg:
        return "it declares a document type"
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError as error:
        return f"it is not well-formed: {error}"
    if root.tag != f"{_NAMESPACE}svg":
        return "its outermost element is not svg in the namespace of SVG"
    for element in root.iter():
        problem = _element_problem(element)
        if problem:
            return problem
    return None


def _element_problem(element: ElementTree.Element) -> str | None:
    # Comments and processing instructions are dropped by the parser; str() covers the rest.
    name = str(element.tag).removeprefix(_NAMESPACE)
    if name not in _ELEMENTS:
        return f"it holds an element {name}, which a chart does not need"
    if name == "style" and _OUTSIDE.search(element.text or ""):
        return "its style points outside the picture"
    for attribute, value in element.attrib.items():
        if attribute.lower().startswith("on"):
            return f"it holds an event attribute {attribute}"
        if _LINK.search(attribute) and not value.startswith("#"):
            return "it refers to something outside the picture"
        if _OUTSIDE.search(value):
            return f"its attribute {attribute} points outside the picture"
    return None

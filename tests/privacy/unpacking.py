"""Published files taken apart to the last layer, as somebody with time would do it.

Workbooks are unzipped, streams of a PDF are decompressed and its text read, pictures in
addresses of data are decoded, notebooks are read as JSON down to each text in them.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from zipfile import ZipFile

import pikepdf

from tests.publishing.reading import pdf_pages

Layer = tuple[str, str]
_DATA = re.compile(r"data:([\w/+.-]*)((?:;[\w=+.-]+)*),([^\"'()\s<>]*)")


def layers_of(folder: Path) -> list[Layer]:
    """Every layer of every file of a folder: where it is, and its text."""
    return [
        layer
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for layer in layers(path.relative_to(folder).as_posix(), path.read_bytes())
    ]


def layers(name: str, data: bytes) -> Iterator[Layer]:
    """The layers of one file, its own name first."""
    yield f"{name} (name)", name
    yield from _texts(name, data)
    if data[:2] == b"PK":
        with ZipFile(BytesIO(data)) as archive:
            for info in archive.infolist():
                yield f"{name}!{info.filename} (entry)", f"{info.filename} {info.comment!r}"
                yield from layers(f"{name}!{info.filename}", archive.read(info))
    elif data[:5] == b"%PDF-":
        yield from _pdf(name, data)
    elif name.endswith((".ipynb", ".json")):
        yield from _json(name, json.loads(data))


def _texts(name: str, data: bytes) -> Iterator[Layer]:
    """The bytes as text in the encodings that files use, markup undone, data addresses decoded."""
    yield f"{name} (latin-1)", data.decode("latin-1")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        yield f"{name} (utf-16)", data.decode("utf-16-le", errors="ignore")
        return
    yield from _text(name, text)


def _text(name: str, text: str) -> Iterator[Layer]:
    yield name, text
    plain = html.unescape(text)
    if plain != text:
        yield f"{name} (unescaped)", plain
    if "<" in text:
        yield f"{name} (without tags)", re.sub(r"<[^>]*>", "", plain)
    for place, found in enumerate(_DATA.finditer(plain)):
        kind, options, content = found.groups()
        inner = f"{name}@data{place}:{kind}"
        if "base64" in options:
            try:
                yield from layers(inner, base64.b64decode(content, validate=True))
            except binascii.Error:
                yield inner, content
        else:
            yield from _text(inner, unquote(content))


def _pdf(name: str, data: bytes) -> Iterator[Layer]:
    with pikepdf.open(BytesIO(data)) as document:
        for key, value in document.docinfo.items():
            yield f"{name}#info{key}", str(value)
        for number, item in enumerate(document.objects):
            if isinstance(item, pikepdf.Stream):
                inner = item.read_bytes()
                yield f"{name}#{number} (stream)", inner.decode("latin-1")
                if str(item.get("/Type", "")) == "/Metadata":
                    yield f"{name}#{number} (XMP)", inner.decode("utf-8")
            yield from _strings(f"{name}#{number}", item)
    for number, text in enumerate(pdf_pages(data), start=1):
        yield f"{name}#page{number}", text


def _strings(name: str, item: object) -> Iterator[Layer]:
    """The texts of an object that is no reference: alternative texts, titles, annotations."""
    if isinstance(item, pikepdf.String):
        yield name, str(item)
    elif isinstance(item, pikepdf.Array):
        for value in item:
            if not getattr(value, "is_indirect", False):
                yield from _strings(name, value)
    elif isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
        for key in item.keys():  # noqa: SIM118
            value = item[key]
            if not getattr(value, "is_indirect", False):
                yield from _strings(f"{name}{key}", value)


def _json(name: str, value: object) -> Iterator[Layer]:
    if isinstance(value, str):
        yield from _text(name, value)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _json(f"{name}[{place}]", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield f"{name} (key)", key
            yield from _json(f"{name}.{key}", item)
    else:
        yield name, str(value)

"""A PDF saved so that every reader sees the same end of every stream.

The keyword ``endstream`` stands on a line of its own. Where compressed data end with a
carriage return (their last bytes are a checksum, so one stream in 256 does), the line feed
before the keyword makes it a two-byte end of line, and a validator that goes by ISO 19005-2,
6.1.7.1 may count one byte too few. The content is changed in nothing but its white space and
its order in the file until no stream ends so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import pikepdf
from pikepdf import Stream

_AMBIGUOUS: Final = re.compile(rb"\r\nendstream")


def saved(document: pikepdf.Pdf) -> bytes:
    """The bytes of a document; the same document gives the same bytes."""
    for element in document.objects:
        if isinstance(element, Stream) and _takes_white_space(element):
            _end_otherwise(element)
    data = _saved(document)
    for owner, key in _movable(document):
        if not _AMBIGUOUS.search(data):
            break
        owner[key] = document.make_indirect(owner[key])
        data = _saved(document)
    return data


def _movable(document: pikepdf.Pdf) -> Iterator[tuple[Any, str]]:
    """Values that may stand in their dictionary or apart from it, and do stand in it.

    One more object apart moves all that follow into other object streams.
    """
    candidates = [(document.Root, key) for key in ("/MarkInfo", "/ViewerPreferences")]
    candidates += [(page.obj, "/MediaBox") for page in document.pages]
    for owner, key in candidates:
        if key in owner and not owner[key].is_indirect:
            yield owner, key


def _takes_white_space(stream: Stream) -> bool:
    """Whether a stream holds operators or a character map: no font, image or colour profile."""
    subtype = stream.get("/Subtype")
    return subtype in (None, "/Form") and "/Length1" not in stream and "/N" not in stream


def _end_otherwise(stream: Stream) -> None:
    for _ in range(3):
        if not stream.read_raw_bytes().endswith(b"\r"):
            return
        stream.write(stream.read_bytes() + b"\n")


def _saved(document: pikepdf.Pdf) -> bytes:
    target = BytesIO()
    document.save(
        target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate
    )
    return target.getvalue()

"""No stream of a saved PDF ends so that its length could be disputed."""

from __future__ import annotations

import zlib
from io import BytesIO

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf

from analysis.publishing import pdf_streams
from analysis.publishing.pdf_streams import saved


def document(*contents: bytes) -> Pdf:
    made = Pdf.new()
    for content in contents:
        page = made.add_blank_page()
        page.obj.Contents = made.make_stream(content)
    made.Root.MarkInfo = Dictionary(Marked=True)
    made.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    return made


def disputed() -> bytes:
    """Operators whose compressed form ends with a carriage return."""
    for count in range(2000):
        content = b"q Q " * count
        if zlib.compress(content).endswith(b"\r"):
            return content
    raise AssertionError


def save_plainly(made: Pdf) -> bytes:
    stream = BytesIO()
    made.save(stream, deterministic_id=True)
    return stream.getvalue()


def test_a_disputed_stream_gets_another_end() -> None:
    content = disputed()
    made = document(content)
    made.pages[0].obj.Contents.write(zlib.compress(content), filter=Name.FlateDecode)
    assert b"\r\nendstream" in save_plainly(made)
    data = saved(made)
    assert b"\r\nendstream" not in data
    with pikepdf.open(BytesIO(data)) as again:
        assert again.pages[0].obj.Contents.read_bytes() == content + b"\n"


def test_other_streams_stay_as_they_are() -> None:
    content = disputed()
    made = document(b"q Q")
    font = made.make_stream(content, Length1=len(content))
    profile = made.make_stream(content, N=3)
    image = made.make_stream(content, Subtype=Name.Image)
    for stream in (font, profile, image):
        stream.write(zlib.compress(content), filter=Name.FlateDecode)
    made.Root.Kept = Array([font, profile, image])
    with pikepdf.open(BytesIO(saved(made))) as again:
        assert [stream.read_bytes() for stream in again.Root.Kept] == [content] * 3


def test_objects_move_until_no_end_is_disputed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = document(b"q Q", b"q Q")
    tries: list[bool] = []
    real = pdf_streams._saved

    def disputed_twice(given: Pdf) -> bytes:
        tries.append(bool(given.Root.MarkInfo.is_indirect))
        return real(given) + (b"x\r\nendstream" if len(tries) < 3 else b"")

    monkeypatch.setattr(pdf_streams, "_saved", disputed_twice)
    data = saved(made)
    assert tries == [False, True, True] and b"\r\nendstream" not in data
    with pikepdf.open(BytesIO(data)) as again:
        assert again.Root.ViewerPreferences.DisplayDocTitle and again.Root.MarkInfo.Marked
        assert len(again.pages) == 2


def test_the_same_document_gives_the_same_bytes() -> None:
    assert saved(document(disputed(), b"q Q")) == saved(document(disputed(), b"q Q"))

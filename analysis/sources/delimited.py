"""Delimited text of any usual encoding and delimiter.

An encoding that the study card states wins. Without one, a byte-order mark and valid UTF-8
settle it; a one-byte encoding is chosen by how plausible the letters are that it gives,
because windows-1250 and ISO-8859-2 differ in a few Czech letters only and no header tells
them apart.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import charset_normalizer

from analysis.errors import Issue, WorkbenchError
from analysis.sources.columns import (
    HEADER_SEARCH_ROWS,
    Options,
    Table,
    TableOptions,
    name_key,
    table_of_cells,
)

DELIMITERS = (",", ";", "\t", "|")
_SNIFFED_RECORDS = 200
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# In order of preference where two give the same letters.
_ONE_BYTE_ENCODINGS = ("cp1250", "iso8859-2", "cp1252", "cp852")
# The DOS page has a Czech letter where the others have a no-break space: it must win clearly.
_HANDICAPS = {"cp852": 0.35}
_ENCODING_NAMES = {
    "cp1250": "windows-1250",
    "iso8859-2": "ISO-8859-2",
    "cp1252": "windows-1252 (Latin-1)",
    "cp852": "code page 852",
}
_CZECH_LETTERS = frozenset("áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ")
_WESTERN_LETTERS = frozenset("àâäçèêëîïñôöùûüßøåæœÀÂÄÇÈÊËÎÏÑÔÖÙÛÜØÅÆŒ")
_NEIGHBOUR_LETTERS = frozenset("ľĺŕôäąćęłńśźżőűöüßĽĹŔÔÄĄĆĘŁŃŚŹŻŐŰÖÜ")
_TYPOGRAPHY = frozenset("\u00a0„“”‚‘’–—…€°§©®×«»•\u00ad½²³")
_SIGNATURES = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook or an encrypted one", None),
    (b"$FL", "an SPSS file", "sav"),
    (b"%PDF", "a PDF document", None),
    (b"PAR1", "a Parquet file", "parquet"),
)


def read_delimited(
    path: Path, options: Options | None = None, expected: Collection[str] = ()
) -> Table:
    """A table from a text file.

    Parameters
    ----------
    path
        The file.
    options
        ``encoding``, ``delimiter`` and ``header_row`` where the study card states them.
    expected
        Column names, as :func:`name_key` spells them, by which the header and the
        delimiter are recognised.

    Raises
    ------
    WorkbenchError
        If the file is no text table, cannot be decoded, a quote is not closed, or the
        table has no usable header.
    """
    options = options or TableOptions()
    content = _content(path)
    text, notes = _decoded(content, path, options.encoding)
    delimiter, text = _delimiter(text, options.delimiter, expected)
    records = _records(text, delimiter, path)
    table = table_of_cells(
        records, format="csv", file=path, expected=expected, header_row=options.header_row
    )
    return replace(table, issues=(*notes, *table.issues))


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.strip():
        raise WorkbenchError("this file is empty", file=path, expected="a table with a header")
    for signature, kind, format in _SIGNATURES:
        if content.startswith(signature):
            hint = f"format: {format} in the study card reads it" if format else "export it as CSV"
            raise WorkbenchError(
                "this is not a text table", file=path, expected="CSV", got=kind, hint=hint
            )
    if content[:200].lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise WorkbenchError(
            "this is not a text table",
            file=path,
            expected="CSV",
            got="a web page or XML",
            hint="the download may have failed; open the file in an editor",
        )
    return content


# --- encoding -----------------------------------------------------------------------------


def _decoded(content: bytes, path: Path, stated: str | None) -> tuple[str, list[Issue]]:
    if stated is not None:
        text, notes = _decoded_as_stated(content, path, stated)
    else:
        text, notes = _recognised(content, path)
    if "\x00" in text:
        raise WorkbenchError(
            "this is not a text table",
            file=path,
            got="zero bytes in the text",
            hint="state the encoding, for example utf-16-le, or export the file again",
        )
    if "\ufffd" in text:
        notes.append(
            Issue(
                "letters were lost before the file came here",
                "warning",
                file=str(path),
                row=text[: text.index("\ufffd")].count("\n") + 1,
                got="the replacement sign U+FFFD",
                hint="ask for the file in its original encoding",
            )
        )
    return text.removeprefix("\ufeff"), notes


def _decoded_as_stated(content: bytes, path: Path, stated: str) -> tuple[str, list[Issue]]:
    try:
        codec = codecs.lookup(stated).name
    except LookupError:
        raise WorkbenchError(
            "this encoding is unknown",
            file=path,
            expected="for example utf-8, windows-1250, iso-8859-2",
            got=stated,
        ) from None
    if codec == "iso8859-1":
        codec = _latin_1(content)
    try:
        text = content.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        raise _not_decodable(content, path, stated, error) from None
    notes = []
    if codec in (*_ONE_BYTE_ENCODINGS, "iso8859-1") and _is_utf_8_with_letters(content):
        notes.append(
            Issue(
                "the file looks like UTF-8, but the study card states another encoding",
                "warning",
                file=str(path),
                expected=stated,
                got="valid UTF-8",
                hint="if letters with diacritics come out wrong, remove the encoding",
            )
        )
    return text, notes


def _latin_1(content: bytes) -> str:
    # What calls itself Latin-1 and uses 0x80–0x9F means windows-1252 (WHATWG Encoding).
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return "iso8859-1"
    return "cp1252"


def _not_decodable(
    content: bytes, path: Path, stated: str, error: UnicodeDecodeError
) -> WorkbenchError:
    _, notes = _recognised(content, path)
    seen = notes[0].got if notes else None
    return WorkbenchError(
        "the file is not in the stated encoding",
        file=path,
        row=content[: error.start].count(b"\n") + 1,
        expected=stated,
        got=f"it looks like {seen}" if seen else None,
        hint="correct or remove the encoding in the study card",
    )


def _is_utf_8_with_letters(content: bytes) -> bool:
    try:
        return not content.isascii() and bool(content.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _recognised(content: bytes, path: Path) -> tuple[str, list[Issue]]:
    for mark, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content.decode(codec), []
            except UnicodeDecodeError:
                raise WorkbenchError(
                    "the file is damaged or was cut",
                    file=path,
                    expected=f"text in {codec.removesuffix('-sig').upper()}",
                ) from None
    try:
        text = content.decode("utf-8")
        if "\x00" not in text:
            return text, []
    except UnicodeDecodeError:
        pass
    codec = _utf_16_without_mark(content) or _most_plausible(content)
    text = content.decode(codec, errors="replace")
    return text, [_recognition_note(path, codec)]


def _recognition_note(path: Path, codec: str) -> Issue:
    return Issue(
        "the encoding was recognised by the letters in the file",
        "note",
        file=str(path),
        got=_ENCODING_NAMES.get(codec, codec),
        hint="encoding in the study card states it",
    )


def _utf_16_without_mark(content: bytes) -> str | None:
    sample = content[:4000]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) < len(sample) // 8:
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _most_plausible(content: bytes) -> str:
    scores = {codec: _plausibility(content, codec) for codec in _ONE_BYTE_ENCODINGS}
    best = max(scores, key=lambda codec: scores[codec])
    if scores[best] > 0:
        return best
    found = charset_normalizer.from_bytes(content).best()
    return found.encoding if found else best


def _plausibility(content: bytes, codec: str) -> float:
    """Mean mark of the letters beyond ASCII: a Czech letter 1, a control sign −4."""
    letters = content.translate(None, bytes(range(128))).decode(codec, errors="replace")
    return sum(map(_mark, letters)) / max(len(letters), 1) - _HANDICAPS.get(codec, 0.0)


def _mark(letter: str) -> float:
    if letter in _CZECH_LETTERS:
        return 1.0
    if letter in _TYPOGRAPHY:
        return 0.7
    if letter in _WESTERN_LETTERS:
        return 0.5
    if letter in _NEIGHBOUR_LETTERS:
        return 0.3
    return -4.0 if letter == "\ufffd" or "\x80" <= letter <= "\x9f" else -1.0


# --- delimiter and records ----------------------------------------------------------------


def _delimiter(text: str, stated: str | None, expected: Collection[str]) -> tuple[str, str]:
    """The delimiter, and the text without the line in which Excel writes it."""
    first, _, rest = text.partition("\n")
    written = first.strip().strip('"')
    if written.lower().startswith("sep=") and len(written) == 5:
        return stated or written[4], rest
    if stated is not None:
        return {"tab": "\t", "\\t": "\t"}.get(stated, stated), text
    return max(DELIMITERS, key=lambda delimiter: _fit(text, delimiter, expected)), text


def _fit(text: str, delimiter: str, expected: Collection[str]) -> tuple[int, float, int]:
    """How well a delimiter fits: names recognised, rows of the usual width, that width."""
    records = list(_first_records(text, delimiter))
    widths = [len(record) for record in records if record]
    if not widths or max(widths) == 1:
        return 0, 0.0, 0
    top = records[:HEADER_SEARCH_ROWS]
    known = max(sum(name_key(cell) in expected for cell in record) for record in top)
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    return known if usual > 1 else 0, widths.count(usual) / len(widths) * (usual > 1), usual


def _first_records(text: str, delimiter: str) -> Iterable[Sequence[str]]:
    reader = csv.reader(io.StringIO(text[:2_000_000], newline=""), delimiter=delimiter)
    try:
        for _, record in zip(range(_SNIFFED_RECORDS), reader, strict=False):
            yield record
    except csv.Error:
        return


def _records(text: str, delimiter: str, path: Path) -> list[list[str]]:
    if len(delimiter) != 1:
        raise WorkbenchError(
            "the delimiter is not one sign", file=path, expected=", ; tab or |", got=delimiter
        )
    csv.field_size_limit(max(csv.field_size_limit(), 10_000_000))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    try:
        records.extend(reader)
    except csv.Error as error:
        raise _broken_quotes(path, len(records), reader.line_num, error) from None
    return records


def _broken_quotes(path: Path, records: int, line: int, error: csv.Error) -> WorkbenchError:
    details: dict[str, Any] = {"file": path, "row": records + 1}
    if "unexpected end" in str(error):
        return WorkbenchError(
            "a quote is opened and never closed",
            **details,
            got=f"the file ends at line {line}",
            hint="close the quote, or double a quote that belongs to the text",
        )
    return WorkbenchError(
        "the quotes on this row cannot be read",
        **details,
        got=f"line {line}",
        hint="double a quote that belongs to the text",
    )

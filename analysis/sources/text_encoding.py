"""The encoding of a text file.

One that the study card states wins. Without one, a byte-order mark and valid UTF-8 settle
it; a one-byte encoding is chosen by how plausible the letters are that it gives, because
windows-1250 and ISO-8859-2 differ in a few Czech letters only and no header tells them
apart.
"""

from __future__ import annotations

import codecs
import re
from pathlib import Path

import charset_normalizer

from analysis.errors import Issue, WorkbenchError

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
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "cp1250": "windows-1250",
    "iso8859-2": "ISO-8859-2",
    "cp1252": "windows-1252 (Latin-1)",
    "cp852": "code page 852",
}
# How plausible a letter beyond ASCII is in a file of a Czech survey. Letters that windows-1250
# gives where a Western text was meant (ŕ for à, ę for ê) speak against it.
_LETTERS = (
    (1.0, "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ"),
    (0.7, "\u00a0„“”‚‘’–—…€°§©®×«»•\u00ad½"),
    (0.5, "àâäçèêëîïñôöùûüßøåæœÀÂÄÇÈÊËÎÏÑÔÖÙÛÜØÅÆŒ"),
    (0.3, "ľĺôąćłńśźżőűĽĹĄĆŁŃŚŹŻŐŰ"),
    (-0.5, "ŕęŔĘ"),
)
_MARKS = {letter: mark for mark, letters in reversed(_LETTERS) for letter in letters}
_CONTROL_SIGN, _STRANGE_SIGN = -4.0, -1.0
# Below this the letters make no text of this part of the world.
_PLAUSIBLE = 0.2


def decode(content: bytes, path: Path, stated: str | None = None) -> tuple[str, list[Issue]]:
    """The text of a file, and what there is to say of its encoding.

    Parameters
    ----------
    content
        The bytes.
    path
        The file, for messages.
    stated
        The encoding in the study card.

    Raises
    ------
    WorkbenchError
        If the stated encoding is unknown or not the file's, or the file is no text.
    """
    if stated is not None:
        text, notes = _decoded_as_stated(content, path, stated)
    else:
        text, codec = _recognised(content, path)
        notes = [] if codec.startswith("utf-8") else [_recognition_note(path, codec)]
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
        raise _unknown(path, stated) from None
    if codec == "iso8859-1":
        codec = _latin_1(content)
    try:
        text = content.decode("utf-8-sig" if codec == "utf-8" else codec)
    except UnicodeDecodeError as error:
        raise _not_decodable(content, path, stated, error) from None
    except LookupError:  # a codec of Python that gives no text
        raise _unknown(path, stated) from None
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


def _unknown(path: Path, stated: str) -> WorkbenchError:
    return WorkbenchError(
        "this encoding is unknown",
        file=path,
        expected="for example utf-8, windows-1250, iso-8859-2",
        got=stated,
    )


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
    _, seen = _recognised(content, path)
    return WorkbenchError(
        "the file is not in the stated encoding",
        file=path,
        row=content[: error.start].count(b"\n") + 1,
        expected=stated,
        got=f"it looks like {_ENCODING_NAMES.get(seen, seen)}",
        hint="correct or remove the encoding in the study card",
    )


def _is_utf_8_with_letters(content: bytes) -> bool:
    try:
        return not content.isascii() and bool(content.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _recognised(content: bytes, path: Path) -> tuple[str, str]:
    for mark, codec in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return content.decode(codec), codec
            except UnicodeDecodeError:
                raise WorkbenchError(
                    "the file is damaged or was cut",
                    file=path,
                    expected=f"text in {codec.removesuffix('-sig').upper()}",
                ) from None
    try:
        text = content.decode("utf-8")
        if "\x00" not in text:
            return text, "utf-8"
    except UnicodeDecodeError:
        pass
    codec = _utf_16_without_mark(content) or _most_plausible(content)
    return content.decode(codec, errors="replace"), codec


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
    """The encoding whose letters are likeliest; other scripts are left to statistics."""
    scores = {codec: _plausibility(content, codec) for codec in _ONE_BYTE_ENCODINGS}
    best = max(scores, key=lambda codec: scores[codec])
    if scores[best] > _PLAUSIBLE and not _is_of_another_script(content):
        return best
    found = charset_normalizer.from_bytes(content).best()
    return found.encoding if found else best


def _is_of_another_script(content: bytes) -> bool:
    # A Czech word has ASCII letters between those with diacritics, a Cyrillic one has none.
    together = sum(map(len, re.findall(rb"[\xc0-\xff]{3,}", content)))
    return 2 * together > len(re.findall(rb"[\xc0-\xff]", content))


def _plausibility(content: bytes, codec: str) -> float:
    """The mean mark of the letters beyond ASCII."""
    letters = content.translate(None, bytes(range(128))).decode(codec, errors="replace")
    return sum(map(_mark, letters)) / max(len(letters), 1) - _HANDICAPS.get(codec, 0.0)


def _mark(letter: str) -> float:
    control = letter == "\ufffd" or "\x80" <= letter <= "\x9f"
    return _MARKS.get(letter, _CONTROL_SIGN if control else _STRANGE_SIGN)

"""What is checked of a written report before it is put where readers find it."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from zipfile import BadZipFile, ZipFile

import pikepdf

from analysis.errors import Issue, WorkbenchError
from analysis.publishing.pdf_tables import structure_elements

#: Elements that run or load something; no page of the workbench has one.
_ACTIVE = frozenset(
    ("script", "iframe", "object", "embed", "form", "input", "button", "base", "audio", "video")
)
_ADDRESSES = frozenset(("src", "href", "srcset", "action", "poster", "data"))


def check_html(text: str, name: str, script: str = "") -> None:
    """Refuse a page that runs or loads something, or whose links lead nowhere.

    Parameters
    ----------
    script
        The one script that the page may hold, as it stands in it; its policy must name it.

    Raises
    ------
    WorkbenchError
        With an issue for each fault.
    """
    reader = _Page(script)
    reader.feed(text)
    reader.close()
    _refuse(name, list(reader.issues()))


def check_pdf(data: bytes, name: str) -> None:
    """Refuse a PDF that is not tagged, has no language or a table without header cells.

    Raises
    ------
    WorkbenchError
        With an issue for each fault.
    """
    try:
        with pikepdf.open(BytesIO(data)) as document:
            _refuse(name, list(_pdf_issues(document)))
    except pikepdf.PdfError as error:
        raise WorkbenchError("the PDF cannot be read back", file=name, got=str(error)) from None


def check_xlsx(data: bytes, name: str) -> None:
    """Refuse a workbook that cannot be read back or holds a formula.

    Raises
    ------
    WorkbenchError
        With an issue for each fault.
    """
    try:
        with ZipFile(BytesIO(data)) as archive:
            sheets = [part for part in archive.namelist() if part.startswith("xl/worksheets/")]
            live = [part for part in sheets if b"<f>" in archive.read(part)]
    except BadZipFile as error:
        raise WorkbenchError(
            "the workbook cannot be read back", file=name, got=str(error)
        ) from None
    _refuse(name, [Issue("a sheet holds a formula", file=name, got=part) for part in live])


def _refuse(name: str, issues: list[Issue]) -> None:
    if issues:
        raise WorkbenchError("a written report does not pass its checks", file=name, issues=issues)


def _pdf_issues(document: pikepdf.Pdf) -> Iterator[Issue]:
    root = document.Root
    if "/StructTreeRoot" not in root:
        yield Issue("the PDF is not tagged")
    if not str(root.get("/Lang", "")):
        yield Issue("the PDF does not name its language")
    if not len(document.pages):
        yield Issue("the PDF has no page")
    for table in structure_elements(root.get("/StructTreeRoot", {}), "/Table"):
        if not any(structure_elements(table, "/TH")):
            yield Issue("a table of the PDF has no header cell")


class _Page(HTMLParser):
    """Gathers what a page is made of."""

    def __init__(self, script: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self._allowed = script
        self._scripts: list[str] = []
        self._in_script = False
        self._elements: Counter[str] = Counter()
        self._ids: Counter[str] = Counter()
        self._targets: list[str] = []
        self._outside: list[str] = []
        self._events: list[str] = []
        self._images_without_text = 0
        self._language = ""
        self._policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._elements[tag] += 1
        if tag == "script":
            self._in_script = True
            self._scripts.append("")
        self._ids.update([values["id"]] if "id" in values else [])
        self._events += [name for name in values if name.startswith("on") or name == "style"]
        self._targets += [
            value[1:] for name, value in values.items() if name == "href" and value[:1] == "#"
        ]
        self._outside += [
            value for name, value in values.items() if name in _ADDRESSES and _is_outside(value)
        ]
        if tag == "img" and not values.get("alt", "").strip():
            self._images_without_text += 1
        if tag == "html":
            self._language = values.get("lang", "")
        if tag == "meta" and values.get("http-equiv", "").lower() == "content-security-policy":
            self._policy = values.get("content", "")

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self._scripts[-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._in_script = False

    def _only_allowed_script(self) -> bool:
        """Whether the page holds the script that it may hold, once, and its policy names it."""
        return (
            bool(self._allowed)
            and self._scripts == [self._allowed]
            and script_source(self._allowed) in self._policy
        )

    def issues(self) -> Iterator[Issue]:
        """The faults of the page."""
        for tag in sorted(_ACTIVE & self._elements.keys()):
            if tag == "script" and self._only_allowed_script():
                continue
            yield Issue("the page holds an element that runs or loads something", got=tag)
        for name in sorted(set(self._events)):
            yield Issue("an element has an attribute that its policy forbids", got=name)
        for address in self._outside:
            yield Issue("the page loads something from outside", got=address[:80])
        for anchor in sorted(set(self._targets) - self._ids.keys()):
            yield Issue("a link leads nowhere", got=f"#{anchor}")
        for anchor, times in self._ids.items():
            if times > 1:
                yield Issue("an id is used more than once", got=anchor)
        if self._images_without_text:
            yield Issue("a picture has no alternative text", got=str(self._images_without_text))
        if not self._language:
            yield Issue("the page does not name its language")
        if "default-src 'none'" not in self._policy:
            yield Issue("the page has no content security policy")
        if self._elements["h1"] != 1 or self._elements["main"] != 1:
            yield Issue("a page has one main heading and one main part")


def script_source(script: str) -> str:
    """The source expression of a policy that lets a page run a script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _is_outside(address: str) -> bool:
    """Whether an address names another host or runs something; relative ones are links."""
    scheme = address.split(":", 1)[0].lower() if ":" in address else ""
    return address.startswith("//") or scheme not in ("", "data")

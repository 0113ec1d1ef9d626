"""From answers with personal data to published reports: none of it is in any byte of them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest

from analysis.workspace import Workspace
from tests.mini_results import MAKEUP, answers, needs, write_answers, write_report
from tests.mini_study import write_mini_study
from tests.publishing.reading import pdf_text

#: Made up; what must be in no published byte, with diacritics and as a PDF may spell it.
PLANTED = {
    "Zvěřinová": "děkuji paní Zvěřinové, sousedka Zvěřinová nám velmi pomáhá",
    "855412": "moje rodné číslo 855412/1234 nikdo nechtěl ani vidět",
    "602987654": "volejte prosím kdykoli večer na 602 987 654, čekáme na vás",
    "tajna.osoba": "napište nám domů na tajna.osoba@example.cz o lékaři",
    "Skrytá": "bydlím na Skryté 1947 a chybí tu obyčejný chodník",
    "Kvido": "jmenuji se kvido smékal a chybí mi tu lékař",
}
HARMLESS = "chybí nám tu lékař a také doprava do města"
#: As HTML and as a PDF without white space have it.
SHOWN = (HARMLESS, HARMLESS.replace(" a také", " a\u00a0také"), "".join(HARMLESS.split()))
QUOTED = MAKEUP + "      - {block: quotations, question: remark, most: 9}\n"
QUOTED += "      - {block: open_answers}\n"


def remarks(size: int) -> list[str]:
    """Each planted text once in ten, otherwise different harmless answers."""
    own = list(PLANTED.values())
    return [
        own[number // 2 % 10] if number // 2 % 10 < len(own) else f"{HARMLESS} {'moc ' * number}"
        for number in range(size)
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A study that has been run, all its quotations approved, and its reports made."""
    workspace = write_mini_study(tmp_path_factory.mktemp("built"))
    frame = answers()
    write_answers(workspace, frame.assign(remark=remarks(len(frame))))
    write_report(workspace, QUOTED)
    said = needs(workspace.root, "run", "mini")
    assert said.returncode == 0, said.stderr
    assert "wait for a person" in said.stdout
    assert needs(workspace.root, "report", "mini", "--area", "d1").returncode == 0
    return workspace


def waiting(workspace: Workspace) -> list[dict[str, str]]:
    path = workspace.processed("mini") / "waiting_texts.json"
    return list(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def approved(built: Workspace) -> Workspace:
    """The same study after a person has approved all that was offered."""
    items = [word for one in waiting(built) for word in ("--approve", one["item"])]
    said = needs(built.root, "approve", "mini", *items, "--role", "vedoucí odboru")
    assert said.returncode == 0, said.stderr
    assert needs(built.root, "report", "mini", "--area", "d1").returncode == 0
    return built


def published(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Every published file with its text, workbooks and PDFs unpacked."""
    files = [path for path in workspace.reports("mini").rglob("*") if path.is_file()]
    files.append(workspace.processed("mini") / "released_texts.json")
    files.append(workspace.processed("mini") / "run_record.json")
    for path in files:
        yield path.name, "\n".join(_texts(path)).casefold()


def _texts(path: Path) -> Iterator[str]:
    data = path.read_bytes()
    yield data.decode("utf-8", "replace")
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(BytesIO(data)) as book:
            yield from (book.read(name).decode("utf-8", "replace") for name in book.namelist())
    if path.suffix == ".pdf":
        # As it is set, without white space, and every object of the file.
        yield pdf_text(data)
        with pikepdf.open(BytesIO(data)) as document:
            for one in document.objects:
                if isinstance(one, pikepdf.Stream):
                    yield one.read_bytes().decode("latin-1")
                yield str(one)


def found(workspace: Workspace, *texts: str) -> list[tuple[str, str]]:
    return [
        (name, text)
        for name, content in published(workspace)
        for text in texts
        if text.casefold() in content
    ]


def test_nothing_is_quoted_before_it_is_approved(built: Workspace) -> None:
    assert found(built, *SHOWN) == []


def test_after_approval_the_answers_are_there_and_no_personal_data(approved: Workspace) -> None:
    names = {name for name, _ in found(approved, *SHOWN)}
    assert {name.rpartition(".")[2] for name in names} >= {"html", "pdf"}
    everything = [*PLANTED, "Skryté1947", "855412/1234", "602 987 654", "602\u00a0987", "zvěřinové", "kvido",
                  "smékal", "skryté1947", "1947", "example.cz"]  # fmt: skip
    assert found(approved, *everything) == []


def test_what_was_planted_was_really_there(built: Workspace) -> None:
    raw = (built.raw("mini") / "people.csv").read_text(encoding="utf-8").casefold()
    assert all(secret.casefold() in raw for secret in ("zvěřinová", "855412", "kvido"))
    record = json.loads((built.processed("mini") / "run_record.json").read_text("utf-8"))
    (one,) = record["samples"]["people"]["open_answers"]
    assert {"name", "birth_number", "phone", "email", "address"} <= set(one["removed"])
    assert one["answered"] == 240


def test_a_withdrawn_quotation_leaves_the_reports(approved: Workspace) -> None:
    items = [word for one in waiting(approved) for word in ("--withdraw", one["item"])]
    assert needs(approved.root, "approve", "mini", *items).returncode == 0
    assert needs(approved.root, "report", "mini", "--area", "d1").returncode == 0
    assert found(approved, *SHOWN) == []


@pytest.mark.parametrize("role", ["Jana Nováková", "tel. 777 123 456", "MUDr. Zapletal"])
def test_a_role_is_no_name(built: Workspace, role: str) -> None:
    item = waiting(built)[0]["item"]
    said = needs(built.root, "approve", "mini", "--approve", item, "--role", role)
    assert said.returncode == 2
    assert "names a person" in said.stderr or "name a person" in said.stderr
    assert role not in said.stderr

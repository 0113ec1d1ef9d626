"""The writers' phrases agree between languages and are all in use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.errors import WorkbenchError
from analysis.publishing import phrases as module
from analysis.publishing.phrases import phrase_tables, phrases

PACKAGE = Path(module.__file__).parent


def test_both_languages_say_the_same_things() -> None:
    tables = phrase_tables()
    assert set(tables) == {"cs", "en"}
    assert tables["cs"].keys() == tables["en"].keys()


def test_a_phrase_is_typeset() -> None:
    assert phrases("cs").say("page.number", page=3, pages=12) == "strana 3 z\u00a012"
    assert phrases("en").say("label.table", n=2) == "Table 2"


def test_every_phrase_is_used() -> None:
    sources = [*PACKAGE.glob("*.py"), *PACKAGE.glob("templates/*.j2")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    # A key is written whole, or its section before a part that is only known at run time.
    families = {f"{section}." for section in re.findall(r"f\"(\w+)\.\{", text)}
    families |= {f"{section}." for section in re.findall(r"\"(\w+)\.\" ~", text)}
    unused = [
        key
        for key in phrase_tables()["cs"]
        if key not in text and not any(key.startswith(family) for family in families)
    ]
    assert unused == []


def test_a_missing_phrase_and_a_wrong_placeholder_are_told(tmp_path: Path) -> None:
    (tmp_path / "cs.yaml").write_text('a:\n  b: "{n} x"\n  c: "y"\n', encoding="utf-8")
    (tmp_path / "en.yaml").write_text('a:\n  b: "{m} x"\n', encoding="utf-8")
    with pytest.raises(WorkbenchError) as caught:
        phrase_tables(tmp_path)
    assert "a.c is missing" in str(caught.value)
    assert "placeholders of a.b differ" in str(caught.value)

"""Words of the explorer in the languages that it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from analysis.definitions import read_tree
from analysis.errors import WorkbenchError

FILE = Path(__file__).with_name("phrases.yaml")


@cache
def phrases(language: str) -> Mapping[str, str]:
    """The words of a language.

    Raises
    ------
    WorkbenchError
        If there are none, or the languages do not have the same keys.
    """
    tree = read_tree(FILE).values
    if language not in tree:
        raise WorkbenchError(
            f"the explorer does not speak {language}", expected=", ".join(tree), file=str(FILE)
        )
    keys = {name: set(words) for name, words in tree.items()}
    for name, own in keys.items():
        if own != keys[language]:
            raise WorkbenchError(
                f"the words of {name} and {language} differ",
                got=", ".join(sorted(own ^ keys[language])),
                file=str(FILE),
            )
    return {key: str(text) for key, text in tree[language].items()}

"""The study with canaries, run and published once for all attacks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pytest

from analysis.study import Study, open_study
from analysis.workspace import Workspace
from tests.mini_results import needs
from tests.privacy.canaries import write_canary_study
from tests.privacy.unpacking import Layer, layers_of


@dataclass(frozen=True)
class Published:
    """What there is of the study; an attacker has only ``folder`` and what hangs on it."""

    root: Path
    printed: str

    @property
    def workspace(self) -> Workspace:
        return Workspace(self.root)

    @property
    def folder(self) -> Path:
        return self.workspace.reports("mini")

    @cached_property
    def layers(self) -> list[Layer]:
        return layers_of(self.folder)

    @cached_property
    def small(self) -> list[Layer]:
        """The layers in small letters, each text once."""
        texts = {text.casefold(): where for where, text in reversed(self.layers)}
        return [(where, text) for text, where in texts.items()]

    @cached_property
    def rows(self) -> pd.DataFrame:
        """The open data; empty cells of keys stay texts."""
        path = self.folder / "open_data" / "estimates.csv"
        texts = pd.read_csv(path, dtype="str", keep_default_na=False)
        numbers = ["estimate", "standard_error", "ci_low", "ci_high", "df", "n", "n_effective",
                   "deff", "p_value", "p_adjusted"]  # fmt: skip
        return texts.assign(**{name: pd.to_numeric(texts[name]) for name in numbers})

    @cached_property
    def hidden(self) -> pd.DataFrame:
        return self.rows[self.rows["release"].eq("suppressed_disclosure")]

    @cached_property
    def study(self) -> Study:
        return open_study("mini", self.workspace)

    @cached_property
    def truth(self) -> pd.DataFrame:
        """The confidential estimates, for those who judge whether an attack succeeded."""
        return pd.read_parquet(self.study.processed / "estimates.parquet")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    root = tmp_path_factory.mktemp("geheim-kanarek")
    write_canary_study(root)
    # Every report in one language; of the other a report, and the whole data annex.
    commands = (
        ("build", "mini", "--lang", "cs"),
        ("report", "mini", "--lang", "en", "--kind", "help", "--area", "d1"),
        ("report", "mini", "--lang", "en", "--kind", "annex"),
    )
    printed = ""
    for command in commands:
        made = needs(root, *command, "--workers", "2", timeout=540)
        assert made.returncode == 0, made.stdout + made.stderr
        printed += made.stdout + made.stderr
    return Published(root, printed)

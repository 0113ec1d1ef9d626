"""Write environment.yml from pyproject.toml, or say whether it is up to date.

Usage: python tools/environment.py [--check]
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
TARGET = PROJECT / "environment.yml"
HEADER = "# Made from pyproject.toml by tools/environment.py; do not edit.\n"


def environment_text() -> str:
    """The conda environment that ``pyproject.toml`` asks for."""
    command = [
        *(sys.executable, "-m", "pyproject2conda", "yaml"),
        *("--pyproject", str(PROJECT / "pyproject.toml")),
        *("--name", "needs", "--group", "dev", "--python-include", "python>=3.11,<3.14"),
        *("--header", "--custom-command", "tools/environment.py"),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = result.stdout.splitlines(keepends=True)
    content = [line for line in lines if not line.startswith("#")]
    return HEADER + "".join(content).lstrip("\n")


def main() -> int:
    """Write the file, or with --check compare it."""
    text = environment_text()
    if "--check" in sys.argv:
        current = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
        if current != text:
            print("environment.yml does not follow pyproject.toml: run `make environment`")
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The engine of the batch against plain papermill: the same notebook, byte by byte."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analysis.publishing.batch import WORKER_ENVIRONMENT
from analysis.publishing.forks import ForkExecutor, Lost, environment, forks_are_used
from analysis.publishing.notebook import (
    ENGINE,
    ExecutedNotebook,
    NotebookError,
    notebook_text,
    run_notebook,
)
from tests.publishing.notebooks import write_notebook

if TYPE_CHECKING:
    from analysis.study import Study

pytestmark = pytest.mark.skipif(not forks_are_used(), reason="processes are not forked here")


def in_fork(template: Path, parameters: dict[str, Any], **options: Any) -> ExecutedNotebook:
    with environment(WORKER_ENVIRONMENT), ForkExecutor(1) as executor:
        folder = options.pop("folder", template.parent)
        work = executor.submit(run_notebook, template, parameters, folder=folder, **options)
        return work.result()


def in_kernel(template: Path, parameters: dict[str, Any], **options: Any) -> ExecutedNotebook:
    with environment(WORKER_ENVIRONMENT):
        folder = options.pop("folder", template.parent)
        return run_notebook(template, parameters, folder=folder, engine=ENGINE, **options)


#: What notebooks do beside showing blocks: each cell would differ in a shell that is no kernel.
CELLS = [
    "import os, sys, random, warnings\nprint('seen', os.getcwd())\nwarnings.warn('careful')",
    "from analysis.presentation.blocks import Paragraph\nParagraph('žluťoučký <b>kůň</b>')",
    "_.text",
    "await __import__('asyncio').sleep(0)\ndisplay(Paragraph('a'), Paragraph(str(Out[4].text)))",
    "%matplotlib inline\n%time x = 1\nfor n in range(2): display(Paragraph(f'{n}'))",
    "handle = display(Paragraph('before'), display_id=True)\nhandle.update(Paragraph('after'))",
    "display(Paragraph('gone'))\nget_ipython().display_pub.clear_output()\nParagraph(__name__)",
    "!true\n{'a': (1, 2)}",
    "",
    "import local_module\nParagraph(local_module.TEXT)",
    "class Both:\n def _repr_mimebundle_(self, **_):\n"
    "  return {'application/vnd.needs.block+json': {'t': (1, {'š': None})}, 'text/html': 'x'}\n"
    "Both()",
]


def test_what_cells_show_is_what_a_kernel_shows(tmp_path: Path) -> None:
    (tmp_path / "local_module.py").write_text("TEXT = 'beside'", encoding="utf-8")
    template = write_notebook(tmp_path / "t.ipynb", *CELLS)
    forked = in_fork(template, {"area": "0002"})
    plain = in_kernel(template, {"area": "0002"})
    assert notebook_text(forked.notebook) == notebook_text(plain.notebook)
    shown = notebook_text(forked.notebook)
    assert "after" in shown and "before" not in shown.replace("Paragraph('before')", "")
    assert "beside" in shown
    assert [text.split(": ")[-1].split("\n")[0] for text in forked.warnings] == [
        text.split(": ")[-1].split("\n")[0] for text in plain.warnings
    ]


@pytest.mark.parametrize(
    "source",
    [
        "raise ValueError('not \\x1b[31mthis\\x1b[0m')",
        "1 +",
        "assert False",
        "from analysis.errors import WorkbenchError\nraise WorkbenchError('no rows', got='0')",
        "import sys\nsys.exit(3)",
        "input()",
    ],
)
def test_failures_name_the_same_cell_and_message(tmp_path: Path, source: str) -> None:
    template = write_notebook(tmp_path / "t.ipynb", "1", source, "open('went on', 'w')")
    errors = []
    for run in (in_fork, in_kernel):
        with pytest.raises(NotebookError) as caught:
            run(template, {"area": "0002"})
        errors.append(caught.value)
    assert [error.cell for error in errors] == [4, 4]
    # Who can be asked nothing says so in other words; the name of a cell's file is a number.
    if source != "input()":
        forked, plain = (re.sub(r"\(\S+, ", "(", error.message) for error in errors)
        assert forked == plain
    assert not (tmp_path / "went on").exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(1)", "exit status 1"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("import time; time.sleep(60)", "too long"),
    ],
)
def test_a_cell_that_ends_its_process_is_named(tmp_path: Path, source: str, said: str) -> None:
    template = write_notebook(tmp_path / "t.ipynb", "1", source)
    with pytest.raises(Lost) as caught:
        in_fork(template, {"area": "0002"}, cell_timeout=2)
    assert caught.value.cell == 4 and said in caught.value.message


def test_random_numbers_are_each_reports_own_and_the_same_again(tmp_path: Path) -> None:
    template = write_notebook(
        tmp_path / "t.ipynb",
        "import random\nimport numpy as np\n"
        "from analysis.presentation.blocks import Paragraph\n"
        "Paragraph(f'{random.random()} {np.random.random()}')",
    )
    drawn = [
        in_fork(template, {"area": area}).notebook["cells"][-1]["outputs"]
        for area in ("0001", "0002", "0002")
    ]
    assert drawn[0] != drawn[1] and drawn[1] == drawn[2]


def test_a_report_leaves_nothing_for_the_next(tmp_path: Path) -> None:
    source = (
        "import analysis, os\nfrom analysis.presentation.blocks import Paragraph\n"
        'Paragraph(f\'{getattr(analysis, "mark", 0)} {os.environ.get("MARK")}\')\n'
    )
    template = write_notebook(
        tmp_path / "t.ipynb", f"{source}", "analysis.mark = 1\nos.environ['MARK'] = '1'"
    )
    texts = [notebook_text(in_fork(template, {"area": "1"}).notebook) for _ in range(2)]
    assert texts[0] == texts[1] and "0 None" in texts[0]


@pytest.mark.full
@pytest.mark.parametrize("kind", ["awareness", "needs", "regional_summary", "target_groups"])
def test_shipped_templates_are_the_same_in_both(zlin: Study, kind: str) -> None:
    if not (zlin.processed / "released.parquet").exists():
        message = "the shipped study has not been run: make data"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    if kind not in zlin.reports:
        pytest.skip("the shipped study makes no such report")
    root = zlin.workspace.root
    template = root / "notebooks" / "reports" / f"{kind}.ipynb"
    area = zlin.whole if "summary" in kind or "groups" in kind else str(zlin.areas.index[0])
    parameters = {"study": zlin.id, "area": area}
    forked, plain = (run(template, parameters, folder=root) for run in (in_fork, in_kernel))
    assert notebook_text(forked.notebook) == notebook_text(plain.notebook)
    assert len(forked.notebook["cells"]) > 10 and forked.warnings == plain.warnings

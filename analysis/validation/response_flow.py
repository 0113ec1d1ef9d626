"""From questionnaires handed out to questionnaires analysed, stage by stage.

``response_flow.csv`` beside the raw files (or in the study's folder) says what happened
before the data file was made; what the workbench left out itself is added. The stages must
add up: returned less discarded is what the file holds, and that less what was left out here
is what is analysed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from analysis.definitions import Definition, Row, parse_rows, read_rows
from analysis.errors import Issue, WorkbenchError

Stage = Literal["distributed", "returned", "discarded", "processed"]

FILE_NAME = "response_flow.csv"


class _FlowRow(Definition):
    sample: str
    stage: Literal["distributed", "returned", "discarded"]
    reason: str = ""
    count: int = Field(ge=0)
    label: dict[str, str] = {}


@dataclass(frozen=True)
class FlowStage:
    """One stage; ``reason`` says why questionnaires were discarded, ``label`` in words.

    A stage or reason without a label is worded by the phrases of reports: the reasons that
    the workbench gives itself are ``duplicate`` and ``correction``. The rules of the study
    card bring their own words.
    """

    stage: Stage
    count: int
    reason: str = ""
    label: dict[str, str] = field(default_factory=dict)

    def as_record(self) -> dict[str, Any]:
        """The stage for the run record."""
        return asdict(self)


def read_response_flow(folders: Sequence[Path], samples: Sequence[str]) -> list[Row]:
    """The rows of the first ``response_flow.csv`` found in the folders; none if there is none.

    Columns: ``sample``, ``stage`` (distributed, returned, discarded), ``reason`` of discarded
    ones, ``count``, and ``label::<language>``.

    Raises
    ------
    WorkbenchError
        With one issue for each row that cannot be meant.
    """
    path = next((folder / FILE_NAME for folder in folders if (folder / FILE_NAME).is_file()), None)
    if path is None:
        return []
    rows = read_rows(path)
    models = parse_rows(_FlowRow, rows)
    issues = [
        issue
        for row, model in zip(rows, models, strict=True)
        for issue in _row_issues(row, model, samples)
    ]
    issues.extend(_repeated(rows, models))
    if issues:
        raise WorkbenchError(f"{FILE_NAME} cannot be used", issues=issues)
    return rows


def _row_issues(row: Row, model: _FlowRow, samples: Sequence[str]) -> list[Issue]:
    issues = []
    if model.sample not in samples:
        issues.append(
            row.issue(
                "there is no such sample", "sample", expected=", ".join(samples), got=model.sample
            )
        )
    if model.stage == "discarded" and not model.reason:
        issues.append(row.issue("discarded questionnaires need a reason", "reason"))
    return issues


def _repeated(rows: Sequence[Row], models: Sequence[_FlowRow]) -> list[Issue]:
    seen: dict[tuple[str, str, str], int] = {}
    issues = []
    for row, model in zip(rows, models, strict=True):
        key = (model.sample, model.stage, model.reason)
        if key in seen:
            issues.append(
                row.issue("a stage stands twice", "stage", got=f"it is also in row {seen[key]}")
            )
        seen.setdefault(key, row.number)
    return issues


def response_flow(
    rows: Sequence[Row], sample: str, received: int, left_out: Sequence[FlowStage]
) -> tuple[list[FlowStage], list[Issue]]:
    """The stages of a sample, and issues where they do not add up.

    Parameters
    ----------
    rows
        Of :func:`read_response_flow`.
    sample
        The sample.
    received
        Questionnaires in its raw files.
    left_out
        How many of them the workbench left out, a stage for each reason.

    Returns
    -------
    stages, issues
        Without a file the flow starts with the questionnaires returned.
    """
    own = [row for row in rows if row.values["sample"] == sample]
    stated = [_stage(model) for model in parse_rows(_FlowRow, own)]
    counts = {str(stage.stage): stage.count for stage in stated if stage.stage != "discarded"}
    earlier = [stage for stage in stated if stage.stage == "discarded"]
    returned = counts.get("returned", received + sum(stage.count for stage in earlier))
    stages = [stage for stage in stated if stage.stage == "distributed"]
    labels = [stage.label for stage in stated if stage.stage == "returned"]
    stages.append(FlowStage("returned", returned, label=labels[0] if labels else {}))
    stages.extend(earlier)
    stages.extend(stage for stage in left_out if stage.count)
    lost = sum(stage.count for stage in left_out)
    stages.append(FlowStage("processed", received - lost))
    return stages, list(_sum_issues(own, counts, earlier, returned, received))


def _stage(model: _FlowRow) -> FlowStage:
    return FlowStage(model.stage, model.count, model.reason, model.label)


def _sum_issues(
    own: Sequence[Row],
    counts: dict[str, int],
    earlier: Sequence[FlowStage],
    returned: int,
    received: int,
) -> list[Issue]:
    if not own:
        return []
    issues = []
    if "distributed" in counts and returned > counts["distributed"]:
        issues.append(
            own[0].issue(
                "more questionnaires were returned than distributed",
                "count",
                expected=f"at most {counts['distributed']}",
                got=str(returned),
            )
        )
    discarded = sum(stage.count for stage in earlier)
    if returned - discarded != received:
        issues.append(
            own[0].issue(
                "the response flow does not add up",
                "count",
                expected=f"{returned} returned − {discarded} discarded = {returned - discarded}"
                " questionnaires in the data",
                got=f"{received} questionnaires",
                hint="correct the counts, or see whether rows of the data are missing",
            )
        )
    return issues

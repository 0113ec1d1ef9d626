"""Empty files for the answers of a sample: the columns, and in the workbook what they offer.

They lie in a folder of their own beside the raw files, so that none of them is ever taken for
answers that were received.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd

from analysis.questionnaire import Question
from analysis.study import Study
from analysis.synthetic.writers import Contents, replaced, words, write_codebook
from analysis.validation.response_flow import FILE_NAME as FLOW_FILE

FOLDER: Final = "templates"
#: Rows of the workbook that are checked while somebody types.
CHECKED_ROWS: Final = 5000
#: What a spreadsheet shows of a column: longest title and message, in signs.
_TITLE, _MESSAGE = 32, 255


def write_templates(study: Study) -> list[Path]:
    """An empty CSV and workbook for each sample, and an empty response flow.

    Returns
    -------
    list of Path
        The files, in ``data/raw/<study>/templates``.
    """
    folder = study.raw / FOLDER
    written = []
    for sample in study.samples:
        empty = pd.DataFrame(columns=template_columns(study, sample))
        with replaced(folder / f"{sample}.csv") as unfinished:
            empty.to_csv(unfinished, index=False, encoding="utf-8", lineterminator="\n")
        with replaced(folder / f"{sample}.xlsx") as unfinished:
            _write_workbook(study, empty, unfinished)
        written += [folder / f"{sample}.csv", folder / f"{sample}.xlsx"]
    with replaced(folder / FLOW_FILE) as unfinished:
        _empty_flow(study).to_csv(unfinished, index=False, lineterminator="\n")
    return [*written, folder / FLOW_FILE]


def template_columns(study: Study, sample: str) -> list[str]:
    """The columns of a sample's raw file: respondent, design, and every question asked of it."""
    card, form = study.samples[sample], study.questionnaire
    taken = {*form.questions, *study.variables}
    design = [name for name in card.design.columns if name not in taken]
    asked = [
        column
        for question in form.asked_of(sample)
        if question.type != "calculate"
        for column in form.variables_of(question.name)
    ]
    return list(dict.fromkeys([card.identifier or "respondent", *design, *asked]))


def _empty_flow(study: Study) -> pd.DataFrame:
    """Stages to count, which the reader of the flow takes as they are once they are filled in."""
    labels = [f"label::{language}" for language in study.languages]
    rows = [{"sample": name, "stage": stage} for name in study.samples
            for stage in ("distributed", "returned", "discarded")]  # fmt: skip
    return pd.DataFrame(rows, columns=["sample", "stage", "reason", "count", *labels])


# --- the workbook -------------------------------------------------------------------------


def _write_workbook(study: Study, empty: pd.DataFrame, path: Path) -> None:
    import xlsxwriter

    card = study.card
    contents = Contents(empty, study.questionnaire, card.default_language, card.missing, {})
    texts = words(card.default_language)
    with xlsxwriter.Workbook(path) as book:
        bold, text = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        data = book.add_worksheet(texts["data_sheet"])
        codebook = book.add_worksheet(texts["codebook_sheet"])
        lists = _Lists(book.add_worksheet(texts["lists_sheet"]), texts["lists_sheet"])
        data.write_row(0, 0, list(empty.columns), bold)
        data.freeze_panes(1, 1)
        data.set_column(0, 0, 14, text)
        for place, column in enumerate(empty.columns):
            rule = _validation(study, contents, column, lists)
            if rule:
                data.data_validation(1, place, CHECKED_ROWS, place, rule)
        write_codebook(contents, codebook, bold)


class _Lists:
    """The sheet that holds each list of codes once, for the cells that offer it."""

    def __init__(self, sheet: Any, name: str) -> None:
        self.sheet = sheet
        self.name = name
        self.places: dict[tuple[str, ...], str] = {}

    def range_of(self, meanings: dict[str, str]) -> str:
        """Where the codes stand, as a formula; the sheet gets them when it lacks them."""
        key = tuple(meanings)
        if key not in self.places:
            from xlsxwriter.utility import xl_col_to_name

            column = 3 * len(self.places)
            for row, (code, meaning) in enumerate(meanings.items()):
                self.sheet.write(row, column, _cell(code))
                self.sheet.write(row, column + 1, meaning)
            letter = xl_col_to_name(column, col_abs=True)
            self.places[key] = f"='{self.name}'!{letter}$1:{letter}${len(key)}"
        return self.places[key]


def _cell(code: str) -> int | str:
    """A code as a spreadsheet holds it when somebody types it."""
    plain = code.removeprefix("-")
    return int(code) if plain.isdigit() and str(int(plain)) == plain else code


def _validation(
    study: Study, contents: Contents, column: str, lists: _Lists
) -> dict[str, Any] | None:
    question = contents.question(column)
    if question is None:
        return None
    message = {
        "input_title": column[:_TITLE],
        "input_message": _shortened(contents.label(column)),
        "error_message": contents.words["wrong_answer"],
        "ignore_blank": True,
    }
    offered = _offered(study, contents, column, question)
    if offered:
        return {"validate": "list", "source": lists.range_of(offered), **message}
    if question.type in ("integer", "decimal"):
        limits = {"criteria": ">=", "value": min(-9, *map(int, contents.missing.codes))}
        return {"validate": question.type, **limits, **message}
    return {"validate": "any", **message}


def _offered(
    study: Study, contents: Contents, column: str, question: Question
) -> dict[str, str] | None:
    """The codes that a cell takes, with their meanings; None where it takes any."""
    if question.type.startswith("select"):
        return contents.meanings(column)
    if question.name in _municipality_questions(study):
        assert study.territory is not None
        places = study.territory.places("municipality", study.region)
        return {str(code): str(name) for code, name in places.items()}
    return None


def _municipality_questions(study: Study) -> Iterator[str]:
    """The question whose answer says where the respondent lives, where the area follows from it."""
    area = study.variables.get(study.card.area_variable)
    if study.territory is not None and area is not None and "area-of(" in area.calculation.text:
        yield from area.calculation.names


def _shortened(text: str) -> str:
    return text if len(text) <= _MESSAGE else text[: _MESSAGE - 1] + "…"

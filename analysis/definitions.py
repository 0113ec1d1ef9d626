"""Reading definitions so that every complaint names the file and the line.

Flat lists are CSV (or a sheet of a workbook), trees are YAML. Both are checked against
pydantic models; what the model refuses comes back as one :class:`WorkbenchError` with an
issue for each refusal.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from rapidfuzz import process

from analysis.errors import Issue, WorkbenchError


class Definition(BaseModel):
    """Base of all definition models: immutable, and no unknown key passes."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


Model = TypeVar("Model", bound=BaseModel)
Path_ = tuple[int | str, ...]


@dataclass(frozen=True)
class Row:
    """A row of a flat definition: its values by column, and where it stands."""

    values: dict[str, str]
    file: str
    number: int
    sheet: str | None = None

    def error(self, what: str, column: str | None = None, **details: Any) -> WorkbenchError:
        """An error that points at this row."""
        return WorkbenchError(
            what, file=self.file, sheet=self.sheet, row=self.number, column=column, **details
        )

    def issue(self, what: str, column: str | None = None, **details: Any) -> Issue:
        """An issue that points at this row."""
        return Issue(
            what, file=self.file, sheet=self.sheet, row=self.number, column=column, **details
        )


@dataclass(frozen=True)
class Tree:
    """A YAML document with the line of each of its nodes."""

    values: Any
    file: str
    lines: dict[Path_, int]

    def line(self, path: Iterable[int | str]) -> int | None:
        """The line of a node, or of its nearest ancestor that has one."""
        key = tuple(path)
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key)

    def error(self, what: str, path: Iterable[int | str] = (), **details: Any) -> WorkbenchError:
        """An error that points at a node."""
        return WorkbenchError(what, issues=[self.issue(what, path, **details)])

    def issue(self, what: str, path: Iterable[int | str] = (), **details: Any) -> Issue:
        """An issue that points at a node."""
        column = ".".join(str(part) for part in path) or None
        return Issue(what, file=self.file, row=self.line(path), column=column, **details)


def read_tree(path: Path) -> Tree:
    """A YAML file with its lines.

    Raises
    ------
    WorkbenchError
        If the file is absent, is not YAML, repeats a key or holds several documents.
    """
    text = _read_text(path)
    try:
        node = _composed(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise WorkbenchError(
            "this is not valid YAML",
            file=path,
            row=mark.line + 1 if mark else None,
            got=str(getattr(error, "problem", "") or "") or None,
            hint="check the indentation, the colons and the quotes on this line",
        ) from None
    lines = dict(_lines(node, ())) if node else {}
    tree = Tree(yaml.SafeLoader("").construct_document(node) if node else None, str(path), lines)
    _refuse_repeated_keys(node, tree)
    return tree


def _composed(text: str) -> Any:
    """The nodes of a YAML text, by libyaml where it is there: it is ten times as fast."""
    try:
        return yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        # The error in the words of the other reader, which are the same everywhere.
        return yaml.compose(text, Loader=yaml.SafeLoader)


def read_rows(path: Path, sheet: str | None = None, encoding: str = "utf-8-sig") -> list[Row]:
    """The rows of a CSV file or of one sheet of an ``.xlsx`` workbook.

    Blank rows are passed over; every value is text, an absent one is empty. A form that
    came from elsewhere may be in another encoding than UTF-8; the study card says which.

    Raises
    ------
    WorkbenchError
        If the file or sheet is absent, or the header is empty or repeats a column.
    """
    if path.suffix.lower() == ".xlsx":
        table = _workbook_table(path, sheet)
    else:
        table = _csv_table(path, encoding)
    if not table:
        raise WorkbenchError("this table is empty", file=path, sheet=sheet, row=1)
    header = _checked_header(table[0], path, sheet)
    return [
        _row(header, values, path, number, sheet)
        for number, values in enumerate(table[1:], start=2)
        if any(value.strip() for value in values)
    ]


def parse_tree(model: type[Model], tree: Tree) -> Model:
    """The tree as a model.

    Raises
    ------
    WorkbenchError
        One issue for each key or value that the model refuses, with its line.
    """
    try:
        return model.model_validate(tree.values)
    except ValidationError as error:
        issues = [_refusal(details, model, tree) for details in error.errors()]
        raise WorkbenchError(f"{Path(tree.file).name} cannot be used", issues=issues) from None


def parse_rows(model: type[Model], rows: Iterable[Row]) -> list[Model]:
    """Each row as a model; empty cells count as absent.

    Raises
    ------
    WorkbenchError
        One issue for each cell that the model refuses, with its row and column.
    """
    parsed: list[Model] = []
    issues: list[Issue] = []
    for row in rows:
        values = nest_languages({key: value for key, value in row.values.items() if value != ""})
        try:
            parsed.append(model.model_validate(values))
        except ValidationError as error:
            issues.extend(_row_refusal(details, model, row) for details in error.errors())
    if issues:
        raise WorkbenchError(f"{Path(issues[0].file or '').name} cannot be used", issues=issues)
    return parsed


LANGUAGE_NAMES = {
    "cs": ("cs", "čeština", "czech", "cz"),
    "en": ("en", "english", "angličtina"),
    "sk": ("sk", "slovenčina", "slovak"),
    "pl": ("pl", "polski", "polish"),
    "de": ("de", "deutsch", "german"),
}


def language_code(name: str) -> str:
    """``cs`` for ``Čeština (cs)``, ``Czech`` or ``cs``; an unknown name in lower case."""
    bare = name.strip().lower()
    if "(" in bare:
        return bare[bare.index("(") + 1 :].strip(" )")
    for code, names in LANGUAGE_NAMES.items():
        if bare in names:
            return code
    return bare


def nest_languages(values: dict[str, str]) -> dict[str, Any]:
    """Columns such as ``label::cs`` gathered into ``{"label": {"cs": …}}``."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        name, separator, language = key.partition("::")
        if separator:
            texts = nested.setdefault(name, {})
            if isinstance(texts, dict):
                texts[language_code(language)] = value
        elif name in nested and isinstance(nested[name], dict):
            continue
        else:
            nested[name] = value
    return nested


def suggestion(name: str, known: Iterable[Hashable]) -> str | None:
    """``did you mean …?`` for the nearest of the known names, if one is near."""
    best = process.extractOne(name, [str(item) for item in known], score_cutoff=70)
    return f"did you mean {best[0]}?" if best else None


def _read_text(path: Path, encoding: str = "utf-8-sig") -> str:
    try:
        return path.read_text(encoding=_codec(encoding))
    except FileNotFoundError:
        raise WorkbenchError("this definition file is missing", file=path) from None
    except LookupError:
        raise WorkbenchError(
            "this encoding is unknown",
            file=path,
            expected="for example utf-8, windows-1250, latin-1",
            got=encoding,
        ) from None
    except UnicodeDecodeError:
        raise WorkbenchError(
            "this definition file is not in the expected encoding",
            file=path,
            expected=f"text in {encoding.removesuffix('-sig').upper()}",
            hint="save it as UTF-8 (in Excel: CSV UTF-8)",
        ) from None
    except OSError as error:
        raise WorkbenchError(
            "this definition file cannot be read", file=path, got=error.strerror
        ) from None


def _codec(encoding: str) -> str:
    # What calls itself Latin-1 and uses 0x80–0x9F means windows-1252 (WHATWG Encoding).
    return "cp1252" if codecs.lookup(encoding).name == "iso8859-1" else encoding


def _csv_table(path: Path, encoding: str) -> list[list[str]]:
    text = _read_text(path, encoding)
    first_line = text.partition("\n")[0]
    delimiter = max(",;\t", key=first_line.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def _workbook_table(path: Path, sheet: str | None) -> list[list[str]]:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except FileNotFoundError:
        raise WorkbenchError("this workbook is missing", file=path) from None
    except Exception as error:
        raise WorkbenchError(
            "this is not an .xlsx workbook", file=path, got=type(error).__name__
        ) from None
    try:
        name = sheet or book.sheetnames[0]
        if name not in book.sheetnames:
            raise WorkbenchError(
                "the workbook has no such sheet",
                file=path,
                sheet=name,
                got=", ".join(book.sheetnames),
                hint=suggestion(name, book.sheetnames),
            )
        rows = book[name].iter_rows(values_only=True)
        return [["" if value is None else _text(value) for value in row] for row in rows]
    finally:
        book.close()


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _checked_header(cells: list[str], path: Path, sheet: str | None) -> list[str]:
    header = [cell.strip() for cell in cells]
    while header and not header[-1]:
        header.pop()
    named = [name for name in header if name]
    repeated = sorted({name for name in named if named.count(name) > 1})
    if not named or repeated:
        raise WorkbenchError(
            "a column stands twice in the header" if repeated else "the header is empty",
            file=path,
            sheet=sheet,
            row=1,
            got=", ".join(repeated) or None,
            expected="one name for each column, each only once",
        )
    return header


def _row(header: list[str], values: list[str], path: Path, number: int, sheet: str | None) -> Row:
    if len(values) > len(header) and any(value.strip() for value in values[len(header) :]):
        raise WorkbenchError(
            "this row has more cells than the header",
            file=path,
            sheet=sheet,
            row=number,
            expected=f"{len(header)} cells",
            got=f"{len(values)} cells",
            hint="put a text that holds the delimiter into quotes",
        )
    cells = [value.strip() for value in values] + [""] * (len(header) - len(values))
    filled = {name: cell for name, cell in zip(header, cells, strict=False) if name}
    return Row(filled, str(path), number, sheet)


def _lines(node: yaml.Node, path: Path_) -> Iterator[tuple[Path_, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*path, key.value))
            yield (*path, key.value), key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*path, index))


def _refuse_repeated_keys(node: yaml.Node | None, tree: Tree) -> None:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                raise WorkbenchError(
                    "a key stands twice",
                    file=tree.file,
                    row=key.start_mark.line + 1,
                    column=key.value,
                    hint="keep one of the two",
                )
            seen.add(key.value)
            _refuse_repeated_keys(value, tree)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated_keys(value, tree)


def _refusal(details: Any, model: type[BaseModel], tree: Tree) -> Issue:
    path = tuple(details["loc"])
    what, expected, got, hint = _explained(details, model)
    return tree.issue(what, path, expected=expected, got=got, hint=hint)


def _row_refusal(details: Any, model: type[BaseModel], row: Row) -> Issue:
    what, expected, got, hint = _explained(details, model)
    column = "::".join(str(part) for part in details["loc"])
    return row.issue(what, column, expected=expected, got=got, hint=hint)


def _explained(
    details: Any, model: type[BaseModel]
) -> tuple[str, str | None, str | None, str | None]:
    kind, name = details["type"], str(details["loc"][-1]) if details["loc"] else ""
    if kind == "extra_forbidden":
        known = sorted(field.alias or key for key, field in model.model_fields.items())
        return f"unknown key {name}", None, name, suggestion(name, known)
    if kind == "missing":
        return f"{name} is missing", name, None, None
    got = repr(details["input"])
    return (
        f"{name} has a wrong value",
        details["msg"],
        got if len(got) < 80 else got[:77] + "…",
        None,
    )

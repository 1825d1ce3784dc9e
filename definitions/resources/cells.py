"""Cells as values, and values as cells: the widgets of the resources."""

import json
import re
from typing import Any

from import_export.widgets import Widget

from definitions.bundle.format import ROLE_PATTERN
from definitions.documents import read_text
from definitions.errors import BundleInvalid, Problem
from definitions.resources.columns import Cells, Column
from definitions.schemas import JSON

_WHOLE = re.compile(r"[-+]?[0-9]{1,10}(?:\.0+)?")
_ROLE = re.compile(ROLE_PATTERN)


class WrongCell(ValueError):
    """A cell cannot be what its column needs; `rest` is the place inside of it, if it has one."""

    def __init__(self, rule: str, message: str, hint: str = "", rest: str = "") -> None:
        self.rule, self.message, self.hint, self.rest = rule, message, hint, rest
        super().__init__(message)


class CellWidget(Widget):
    """One column. `is_native`: its cells are values of JSON, and not texts."""

    def __init__(self, column: Column, *, is_native: bool = False) -> None:
        super().__init__(coerce_to_string=not is_native)
        self.column = column
        self.is_native = is_native

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> JSON:  # noqa: ARG002
        """The value; None stands for an empty cell, which means the default.

        Raises:
            WrongCell.
        """
        if value is None or value == "":
            return None
        read = getattr(self, f"_read_{self.column.cells.value}")
        return read(value)

    def render(self, value: JSON, obj: Any = None, **kwargs: Any) -> Any:  # noqa: ARG002
        """What stands in the cell; "" or (for JSON and YAML) None where there is nothing."""
        if value is None:
            return None if self.is_native else ""
        if self.is_native or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if self.column.cells == Cells.KEYS:
            return ", ".join(value) if value else "[]"
        if self.column.cells == Cells.ROLE and list(value) == ["company_role"]:
            return value["company_role"]
        if self.column.cells in {Cells.ROLE, Cells.DOCUMENT}:
            return json.dumps(value, ensure_ascii=False)
        return str(value)

    # One kind of cells each

    def _read_text(self, value: Any) -> JSON:
        if self.is_native:
            return value  # the format says what is wrong with it
        if isinstance(value, bool):
            return "true" if value else "false"
        return str(value)

    def _read_word(self, value: Any) -> JSON:
        read = self._read_text(value)
        return (read.strip() or None) if isinstance(read, str) else read

    def _read_number(self, value: Any) -> JSON:
        if self.is_native or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        text = str(value).strip()
        if not text:
            return None
        if not _WHOLE.fullmatch(text):
            message = f"“{self.column.name}” must be a whole number. Found “{text[:60]}”."
            raise WrongCell("wrong-type", message)
        return int(text.partition(".")[0])

    def _read_keys(self, value: Any) -> JSON:
        if not isinstance(value, str):
            return self._read_text(value)
        if value.lstrip().startswith("["):
            return document_in(value)
        return [key for part in re.split(r"[,;\n]", value) if (key := part.strip())]

    def _read_role(self, value: Any) -> JSON:
        if isinstance(value, str) and _ROLE.fullmatch(value.strip()):
            return {"company_role": value.strip()}
        return self._read_document(value)

    def _read_document(self, value: Any) -> JSON:
        is_text = isinstance(value, str)
        if self.is_native and not (is_text and value.lstrip().startswith(("{", "["))):
            return value
        return document_in(value) if is_text else value


def document_in(text: str) -> JSON:
    """The value that a cell spells in JSON.

    Raises:
        WrongCell: it spells none.
    """
    if not text.strip():
        return None
    try:
        # Many times faster than ours, which knows where something is wrong.
        return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return _read_with_care(text)


def _read_with_care(text: str) -> JSON:
    try:
        value = read_text(text).value
    except BundleInvalid as error:
        problem = _as_json(text) or error.problems[0]
        message = problem.message
        if problem.line and text.count("\n"):
            message = f"Line {problem.line} of the cell: {message}"
        raise WrongCell(problem.rule, message, problem.hint, problem.place) from error
    if isinstance(value, dict | list):
        return value  # in the short spelling of YAML
    hint = "Groups stand in braces, lists in brackets, text in double quotes."
    raise WrongCell("not-json", f"This is not JSON: “{text[:60]}”.", hint)


def _as_json(text: str) -> Problem | None:
    """What is wrong with it as JSON, which is what people mean here."""
    try:
        read_text(text, "cell.json")
    except BundleInvalid as error:
        return error.problems[0]
    return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is there twice")
    return found


def _refuse(_: str) -> Any:
    raise ValueError("not finite")

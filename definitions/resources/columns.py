"""Which columns the rows of each kind have: read from the format of bundles, so that a new
property of a definition is a column at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from definitions.bundle.format import part


class RowKind(StrEnum):
    """What a row is about; the value names its sheet or section."""

    WORKFLOW = "workflows"
    TASK = "tasks"
    TRANSITION = "transitions"
    TICKET = "tickets"

    @property
    def heading(self) -> str:
        return {"tickets": "Ticket types"}.get(self, self.value.title())

    @property
    def one(self) -> str:
        """A word for one of them."""
        return {"tickets": "ticket type"}.get(self, self.value[:-1])

    @property
    def part(self) -> str:
        """Its name in the format of bundles."""
        return self.value[:-1]


class Cells(StrEnum):
    """How the cells of a column are read."""

    TEXT = "text"  # as it is
    WORD = "word"  # a key, or one of a few words: outer blanks do not count
    NUMBER = "number"
    KEYS = "keys"  # a few keys with commas
    ROLE = "role"  # a group that may be written as the key of a company role
    DOCUMENT = "document"  # JSON


@dataclass(frozen=True, slots=True)
class Column:
    """`is_needed`: no row without it. `is_told`: for people; an import does not change it."""

    name: str
    cells: Cells
    description: str = ""
    is_needed: bool = False
    is_told: bool = False
    default: Any = None


_VERSION = Column("version", Cells.NUMBER, "The version the row was taken from.", is_told=True)
_STATUS = Column("status", Cells.WORD, "Draft, published or archived.", is_told=True)
_WORKFLOW = Column("workflow", Cells.WORD, "Key of the workflow it is part of.", is_needed=True)
_POSITION = Column("position", Cells.NUMBER, "Place among the tasks of the workflow, from 1.")

#: What stands before the properties of the format.
_FIRST: Mapping[RowKind, tuple[Column, ...]] = {
    RowKind.WORKFLOW: (),
    RowKind.TASK: (_WORKFLOW, _VERSION, _POSITION),
    RowKind.TRANSITION: (_WORKFLOW, _VERSION),
    RowKind.TICKET: (),
}
_NEEDED: Mapping[RowKind, frozenset[str]] = {
    RowKind.WORKFLOW: frozenset({"key"}),
    RowKind.TASK: frozenset({"key"}),
    RowKind.TRANSITION: frozenset({"from", "to"}),
    RowKind.TICKET: frozenset({"key"}),
}
#: Parts of a workflow that have rows of their own.
_ELSEWHERE = {"tasks", "transitions"}


@cache
def columns_of(kind: RowKind) -> Mapping[str, Column]:
    """Columns by name, in the order of an export."""
    properties: Mapping[str, Any] = part(kind.part)["properties"]
    found = list(_FIRST[kind])
    for name, schema in properties.items():
        if name in _ELSEWHERE:
            continue
        needed = name in _NEEDED[kind]
        text = schema.get("description", "")
        found.append(Column(name, _cells(name, schema), text, needed, False, schema.get("default")))
        if name == "key" and kind in {RowKind.WORKFLOW, RowKind.TICKET}:
            found += [_VERSION, _STATUS]
    return {column.name: column for column in found}


def _cells(name: str, schema: Mapping[str, Any]) -> Cells:
    kind = schema.get("type")
    if name == "company_role_access":
        return Cells.KEYS
    if name == "assign":
        return Cells.ROLE
    if "enum" in schema or kind == ["string", "null"] or name in {"key", "workflow", "subworkflow"}:
        return Cells.WORD
    if kind == "integer":
        return Cells.NUMBER
    return Cells.TEXT if kind == "string" else Cells.DOCUMENT

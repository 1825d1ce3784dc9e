"""A table as values, its limits, and what is wrong with one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from definitions.errors import BundleInvalid, Problem
from definitions.listing import listed


@dataclass(frozen=True, slots=True)
class TableLimits:
    """What is refused before it can cost anything. `cells` counts those that hold something."""

    bytes: int = 2_000_000
    unpacked: int = 20_000_000
    rows: int = 10_000
    columns: int = 200
    sheets: int = 10
    cells: int = 200_000
    characters: int = 5_000_000


LIMITS = TableLimits()


@dataclass(frozen=True, slots=True)
class Row:
    """`number` as a spreadsheet counts: the headers are row 1. `line`: in the text, if one."""

    number: int
    values: dict[str, Any]
    line: int | None = None


@dataclass(slots=True)
class Table:
    """Rows with the values of their columns by header; "" is an empty cell.

    `letters`: header -> column of a spreadsheet, such as "B". `is_native`: values are those of
    JSON, not texts. `name`: of the sheet or section, "" where it has none.
    """

    name: str = ""
    headers: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    letters: dict[str, str] = field(default_factory=dict)
    is_native: bool = False

    def where(self, row: Row, header: str = "") -> str:
        """ "Tasks, row 7, column “title” (B7)"."""
        at = f"row {row.number}"
        if row.line and row.line != row.number and not self.is_native:
            at += f" (line {row.line})"
        parts = [self.name, at] if self.name else [at]
        if header:
            cell = f" ({self.letters[header]}{row.number})" if header in self.letters else ""
            parts.append(f"column “{header}”{cell}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class RowProblem(Problem):
    """A problem whose place is a row, a column or a cell: `at` says which, in words."""

    at: str = ""

    @property
    def path(self) -> str:
        return self.at


class TablesInvalid(BundleInvalid):
    """The file cannot be read as rows; nothing was written."""


def refused(
    rule: str, message: str, at: str = "", hint: str = "", line: int | None = None
) -> TablesInvalid:
    return TablesInvalid([RowProblem(rule, message, "", hint, line, at=at)])


def check_headers(headers: Sequence[str], at: str = "") -> None:
    """Each column has a name of its own.

    Raises:
        TablesInvalid.
    """
    if len(headers) > LIMITS.columns:
        message = f"{len(headers):,} columns; at most {LIMITS.columns}."
        raise refused("too-many", message, at)
    seen: set[str] = set()
    for number, header in enumerate(headers, start=1):
        if not header:
            raise refused("missing", f"Column {number} has no header.", at)
        if header in seen:
            message = f"The header “{_short(header)}” is there twice."
            raise refused("duplicate-name", message, at, "Give each column a name of its own.")
        seen.add(header)


def check_count(rows: int, at: str = "") -> None:
    if rows > LIMITS.rows:
        raise refused("too-many", f"More than {LIMITS.rows:,} rows.", at)


def named(names: Iterable[str]) -> str:
    """For a sentence: “a”, “b” and “c”."""
    return listed([f"“{_short(name)}”" for name in names])


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"

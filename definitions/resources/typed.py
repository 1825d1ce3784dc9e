"""Rows of a table as values by column, each cell read by the widget of its column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from definitions.errors import path_in_words
from definitions.nearest import did_you_mean, plain
from definitions.resources.cells import CellWidget, WrongCell
from definitions.resources.columns import Column, RowKind, columns_of
from definitions.tables import Row, RowProblem, Table, TablesInvalid

MOST_PROBLEMS = 200
#: What exports of databases carry. Rows are found by their keys, inside of the company alone.
_NEVER = {"id", "pk", "company", "companyid", "workflowid", "createdby"}


@dataclass(frozen=True, slots=True)
class TypedRow:
    """`values`: column -> value; None is an empty cell. What is not there is not to be changed."""

    kind: RowKind
    table: Table
    row: Row
    values: Mapping[str, Any]
    headers: Mapping[str, str]

    def problem(
        self, rule: str, message: str, column: str = "", hint: str = "", rest: str = ""
    ) -> RowProblem:
        at = self.table.where(self.row, self.headers.get(column, ""))
        inside = f", {path_in_words(rest)}" if rest else ""
        line = self.row.line if self.table.is_native else None
        return RowProblem(rule, message, "", hint, line, at=at + inside)


@dataclass(slots=True)
class Found:
    rows: list[TypedRow] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


def typed(kind: RowKind, table: Table) -> Found:
    """The rows of a table.

    Raises:
        TablesInvalid: its headers are not those of this kind.
    """
    headers = _headers(kind, table)
    widgets = {
        name: CellWidget(columns_of(kind)[name], is_native=table.is_native) for name in headers
    }
    found = Found()
    for row in table.rows:
        values: dict[str, Any] = {}
        line = TypedRow(kind, table, row, values, headers)
        for name, header in headers.items():
            if header not in row.values:
                continue  # in JSON and YAML a row need not have every name
            try:
                values[name] = widgets[name].clean(row.values[header])
            except WrongCell as wrong:
                found.problems.append(
                    line.problem(wrong.rule, wrong.message, name, wrong.hint, wrong.rest)
                )
        if len(found.problems) >= MOST_PROBLEMS:
            break
        found.problems += _missing(line)
        found.rows.append(line)
    return found


def _headers(kind: RowKind, table: Table) -> dict[str, str]:
    """Column -> the header that names it."""
    known = columns_of(kind)
    by_plain = {plain(name): name for name in known}
    found: dict[str, str] = {}
    problems: list[RowProblem] = []
    for header in table.headers:
        name = by_plain.get(plain(header))
        if name is None:
            problems.append(_unknown(header, kind, table, known))
        elif name in found:
            message = f"“{header}” says the same as “{found[name]}”."
            problems.append(RowProblem("duplicate-name", message, at=_in_header(table, header)))
        else:
            found[name] = header
    needed = [column.name for column in known.values() if column.is_needed]
    if not table.is_native:
        problems += [
            RowProblem("missing", f"The column “{name}” is missing.", at=_in_header(table))
            for name in needed
            if name not in found
        ]
    if problems:
        raise TablesInvalid(problems)
    return found


def _unknown(header: str, kind: RowKind, table: Table, known: Mapping[str, Column]) -> RowProblem:
    shown = header if len(header) <= 60 else header[:60] + "…"
    if plain(header) in _NEVER:
        message = f"There is no column “{shown}”: rows are found by their keys."
        hint = "Leave it out."
    else:
        message = f"{kind.heading} have no column “{shown}”."
        hint = did_you_mean(header, known) or f"Possible are: {', '.join(known)}."
    return RowProblem("unknown-name", message, hint=hint, at=_in_header(table, header))


def _in_header(table: Table, header: str = "") -> str:
    where = f"{table.name}, headers" if table.name else "headers"
    letter = table.letters.get(header)
    return f"{where}, column {letter}" if letter else where


def _missing(line: TypedRow) -> list[RowProblem]:
    """What no row can do without. The ends of a way may be empty: the start and the end."""
    columns = columns_of(line.kind).values()
    needed = [column.name for column in columns if column.is_needed]
    if line.kind == RowKind.TRANSITION:
        needed = ["workflow"]
    return [
        line.problem("missing", f"“{name}” is missing.", name)
        for name in needed
        if line.values.get(name) is None
    ]

"""Rows as files: which tables of a file are which kind of rows, and files made of rows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from definitions.nearest import plain
from definitions.resources.columns import RowKind
from definitions.resources.resources import export_rows
from definitions.tables import (
    RowProblem,
    Table,
    TablesInvalid,
    json_rows,
    to_csv,
    to_xlsx,
    yaml_rows,
)
from tenants.models import User


@dataclass(frozen=True, slots=True)
class FileFormat:
    """`is_native`: it can say what JSON can. `holds_many`: more than one kind of rows."""

    ending: str
    title: str
    content_type: str
    is_native: bool = False
    holds_many: bool = True


FORMATS: Mapping[str, FileFormat] = {
    "csv": FileFormat("csv", "CSV", "text/csv; charset=utf-8", holds_many=False),
    "xlsx": FileFormat(
        "xlsx", "XLSX", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ),
    "json": FileFormat("json", "JSON", "application/json; charset=utf-8", is_native=True),
    "yaml": FileFormat("yaml", "YAML", "application/yaml; charset=utf-8", is_native=True),
}

_NAMES: Mapping[str, RowKind] = {
    **{plain(kind.value): kind for kind in RowKind},
    **{plain(kind.heading): kind for kind in RowKind},
    **{plain(kind.one): kind for kind in RowKind},
    **{f"{plain(kind.part)}definitions": kind for kind in RowKind},
    "ways": RowKind.TRANSITION,
}


def file_of(
    actor: User | None,
    kinds: Sequence[RowKind],
    file_format: FileFormat,
    keys: Mapping[RowKind, Collection[str]] | None = None,
    tasks: Collection[tuple[str, str]] | None = None,
) -> bytes:
    """Rows of one kind, or of several where the format can hold them; of all that are not
    archived, or of those with these keys (see `export_rows`).

    Raises:
        NotAllowed.
    """
    chosen, native = keys or {}, file_format.is_native
    sets = [
        (kind, export_rows(actor, kind, chosen.get(kind), tasks=tasks, is_native=native))
        for kind in kinds
    ]
    if file_format.ending == "csv":
        (_, rows), *_ = sets
        # With the mark by which spreadsheets know UTF-8.
        return ("\ufeff" + to_csv(rows.headers, rows)).encode()
    if file_format.ending == "xlsx":
        return to_xlsx([(kind.heading, rows.headers, list(rows)) for kind, rows in sets])
    lists = {kind.value: rows.dict for kind, rows in sets}
    sections = lists if len(kinds) > 1 else lists[kinds[0].value]
    return (json_rows if file_format.ending == "json" else yaml_rows)(sections).encode()


def kind_of_file(name: str) -> RowKind | None:
    """By the name that a file of one kind has when it is taken out."""
    return _NAMES.get(plain(name.rpartition(".")[0]))


def choose_tables(tables: Sequence[Table], wanted: RowKind | None) -> list[tuple[RowKind, Table]]:
    """Which tables hold which rows: by their names; a single one may have any.

    `wanted`: only this kind; None: every kind there is.

    Raises:
        TablesInvalid: it cannot be told.
    """
    found = [(kind, table) for table in tables if (kind := _NAMES.get(plain(table.name)))]
    if wanted is not None and len(tables) == 1:
        return [(wanted, tables[0])]
    if wanted is not None:
        found = [(kind, table) for kind, table in found if kind == wanted]
    if not found:
        titles = ", ".join(kind.heading for kind in RowKind)
        what = f"called {wanted.heading}" if wanted is not None else f"called one of {titles}"
        message = f"There is no sheet or section {what}."
        if [table.name for table in tables] == [""]:
            message = "It cannot be told what these rows are."
        problem = RowProblem("missing", message, hint="Choose it under “What the rows are”.")
        raise TablesInvalid([problem])
    kinds = [kind for kind, _ in found]
    for kind in kinds:
        if kinds.count(kind) > 1:
            message = f"Two sheets or sections hold {kind.heading.lower()}."
            raise TablesInvalid([RowProblem("duplicate-name", message)])
    return found

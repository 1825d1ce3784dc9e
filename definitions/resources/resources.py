"""The resources of django-import-export: rows of workflows, tasks, transitions and ticket types.

They export from, and import through, the documents of the bundle: so there is one list of
properties, one set of checks, and no identifier anywhere.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, ClassVar

import tablib
from import_export.fields import Field
from import_export.resources import Resource
from import_export.results import Result, RowResult

from definitions.bundle import Effect
from definitions.bundle.canonical import priorities
from definitions.bundle.standing import Standing, documents_of, load
from definitions.models import DefinitionStatus, WorkflowDefinition
from definitions.resources.cells import CellWidget
from definitions.resources.columns import RowKind, columns_of
from definitions.resources.importing import RowEffect, import_rows
from definitions.tables import Row, RowProblem, Table, TablesInvalid
from tenants.errors import NotAllowed
from tenants.models import User

_ROW_RESULTS = {
    Effect.CREATED: RowResult.IMPORT_TYPE_NEW,
    Effect.CHANGED: RowResult.IMPORT_TYPE_UPDATE,
    Effect.UNCHANGED: RowResult.IMPORT_TYPE_SKIP,
}


class DefinitionResource(Resource):
    """Rows of one kind. `is_native`: cells are values of JSON, for files that can hold them."""

    kind: ClassVar[RowKind]

    def __init__(self, *, is_native: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_native = is_native
        for name, column in columns_of(self.kind).items():
            widget = CellWidget(column, is_native=is_native)
            self.fields[name] = Field(attribute=name, column_name=name, widget=widget)

    def get_import_id_fields(self) -> list[str]:
        return [name for name, column in columns_of(self.kind).items() if column.is_needed]

    # --- out ---

    def export(self, queryset: Any = None, **kwargs: Any) -> tablib.Dataset:
        """`queryset`: rows as this resource makes them; None: all of the company."""
        rows = self.rows() if queryset is None else queryset
        return super().export(list(rows), **kwargs)

    def rows(self, keys: Collection[str] | None = None) -> Iterator[dict[str, Any]]:
        """Rows of the current versions, of these workflows (or ticket types) only, or of all that
        are not archived. A few statements, whatever there is.
        """
        return _ROWS[self.kind](load(), keys)

    # --- in ---

    def import_data(
        self,
        dataset: tablib.Dataset,
        dry_run: bool = False,
        *,
        actor: User | None,
        publish: bool = False,
    ) -> Result:
        """Import a data set that was read within its limits (`definitions.tables`).

        What is wrong is an error of its row, and then nothing is written.

        Raises:
            NotAllowed.
        """
        table = _table(dataset, is_native=self.is_native)
        result = self.get_result_class()()
        result.diff_headers = self.get_diff_headers()
        try:
            report = import_rows(actor, [(self.kind, table)], publish=publish, dry_run=dry_run)
        except TablesInvalid as error:
            for problem in error.problems:
                if problem.blocks:
                    result.append_base_error(self.get_error_result_class()(problem))
            return result
        result.total_rows = len(report.effects)
        for effect in report.effects:
            result.append_row_result(_row_result(self.get_row_result_class()(), effect))
            result.increment_row_result_total(result.rows[-1])
        return result


class WorkflowResource(DefinitionResource):
    kind = RowKind.WORKFLOW


class TaskResource(DefinitionResource):
    kind = RowKind.TASK


class TransitionResource(DefinitionResource):
    kind = RowKind.TRANSITION


class TicketResource(DefinitionResource):
    kind = RowKind.TICKET


RESOURCES: Mapping[RowKind, type[DefinitionResource]] = {
    resource.kind: resource
    for resource in (WorkflowResource, TaskResource, TransitionResource, TicketResource)
}


def export_rows(
    actor: User | None,
    kind: RowKind,
    keys: Collection[str] | None = None,
    *,
    tasks: Collection[tuple[str, str]] | None = None,
    is_native: bool = False,
) -> tablib.Dataset:
    """The rows of a kind. `keys`: of workflows, for ticket types their own; `tasks`: those of a
    workflow and a task.

    Raises:
        NotAllowed.
    """
    names = ("view_workflowdefinition", "view_ticketdefinition")
    if actor is not None and not all(actor.has_perm(f"definitions.{name}") for name in names):
        raise NotAllowed("Your roles do not allow this. Ask an admin of your company.")
    resource = RESOURCES[kind](is_native=is_native)
    rows = resource.rows(keys if tasks is None else {workflow for workflow, _ in tasks})
    if tasks is not None:
        rows = (row for row in rows if (row["workflow"], row["key"]) in tasks)
    return resource.export(rows)


# Rows from documents


def _versions(
    standing: Standing, keys: Collection[str] | None
) -> Iterator[tuple[WorkflowDefinition, dict[str, Any]]]:
    current = {key: row for key in standing.versions if (row := standing.current(key)) is not None}
    wanted = [
        row
        for key, row in sorted(current.items())
        if (row.status != DefinitionStatus.ARCHIVED if keys is None else key in keys)
    ]
    documents = documents_of(wanted)
    for row in wanted:
        yield row, documents[row.pk]


def _workflow_rows(standing: Standing, keys: Collection[str] | None) -> Iterator[dict[str, Any]]:
    for row, document in _versions(standing, keys):
        told = {"version": row.version, "status": row.status}
        yield _filled(RowKind.WORKFLOW, {**document, **told})


def _task_rows(standing: Standing, keys: Collection[str] | None) -> Iterator[dict[str, Any]]:
    for row, document in _versions(standing, keys):
        for position, task in enumerate(document.get("tasks", ()), start=1):
            told = {"workflow": row.key, "version": row.version, "position": position}
            yield _filled(RowKind.TASK, {**task, **told})


def _transition_rows(standing: Standing, keys: Collection[str] | None) -> Iterator[dict[str, Any]]:
    for row, document in _versions(standing, keys):
        ways = document.get("transitions", ())
        for way, priority in zip(ways, priorities(ways), strict=True):
            told = {"workflow": row.key, "version": row.version, "priority": priority}
            yield _filled(RowKind.TRANSITION, {**way, **told})


def _ticket_rows(standing: Standing, keys: Collection[str] | None) -> Iterator[dict[str, Any]]:
    for key, row in sorted(standing.tickets.items()):
        if row.status != DefinitionStatus.ARCHIVED if keys is None else key in keys:
            told = {"version": row.version, "status": row.status}
            yield _filled(RowKind.TICKET, {**standing.ticket_document(row), **told})


_ROWS: Mapping[RowKind, Callable[[Standing, Collection[str] | None], Iterator[dict[str, Any]]]] = {
    RowKind.WORKFLOW: _workflow_rows,
    RowKind.TASK: _task_rows,
    RowKind.TRANSITION: _transition_rows,
    RowKind.TICKET: _ticket_rows,
}


def _filled(kind: RowKind, document: Mapping[str, Any]) -> dict[str, Any]:
    """With the words that stand for a default, and the title, which people look for."""
    found = {
        name: column.default
        for name, column in columns_of(kind).items()
        if column.default not in (None, [], {})
    }
    found |= document
    if "title" in columns_of(kind):
        found.setdefault("title", document.get("key"))
    return found


def _table(dataset: tablib.Dataset, *, is_native: bool) -> Table:
    headers = list(dataset.headers or ())
    rows = [
        Row(number, dict(zip(headers, row, strict=True)))
        for number, row in enumerate(dataset, start=1 if is_native else 2)
    ]
    return Table(headers=headers, rows=rows, is_native=is_native)


def _row_result(result: RowResult, effect: RowEffect) -> RowResult:
    result.import_type = _ROW_RESULTS[effect.effect or Effect.CHANGED]
    result.number = effect.number
    result.object_repr = effect.name
    result.diff = list(effect.changes)
    return result


__all__ = ["RESOURCES", "DefinitionResource", "RowProblem", "export_rows"]

"""Rows as canonical documents, and documents as rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from definitions.bundle.canonical import (
    canonical_role,
    canonical_ticket,
    canonical_workflow,
    priorities,
)
from definitions.models import (
    TaskDefinition,
    TicketDefinition,
    WorkflowDefinition,
    WorkflowTransition,
)
from tenants.models import CompanyRole

_Document = dict[str, Any]

#: Names in a document that are names of columns, too; what is left out is the column's default.
_WORKFLOW = ("title", "description", "fields", "display_layout", "ext_ref", "scenarios")
_TASK = (
    "title", "description", "task_type", "assign", "input_schema", "output_schema", "edit_layout",
    "display_layout", "action_url", "action", "input_transform", "output_transform",
    "timeout_seconds", "due", "reminder", "until", "max_visits", "split", "join", "subworkflow",
    "ext_ref",
)  # fmt: skip
_TRANSITION = ("after", "label", "condition", "ext_ref")
_TICKET = (
    "title", "description", "category", "icon", "fields", "form_schema", "edit_layout",
    "display_layout", "title_template", "position", "ext_ref",
)  # fmt: skip

WORKFLOW_COLUMNS = (*_WORKFLOW, "content_hash", "created_by", "updated_at")
TICKET_COLUMNS = (*_TICKET, "version", "status", "workflow", "content_hash", "updated_at")


def workflow_document(
    row: WorkflowDefinition,
    tasks: Iterable[TaskDefinition],
    transitions: Iterable[WorkflowTransition],
) -> _Document:
    tasks = sorted(tasks, key=lambda task: task.position)
    key_of: dict[UUID | None, str] = {task.pk: task.key for task in tasks}
    return canonical_workflow(
        {
            "key": row.key,
            **_read(row, _WORKFLOW),
            "tasks": [{"key": task.key, **_read(task, _TASK)} for task in tasks],
            "transitions": [
                {
                    "from": key_of.get(way.from_task_id),
                    "to": key_of.get(way.to_task_id),
                    "priority": way.priority,
                    **_read(way, _TRANSITION),
                }
                for way in sorted(transitions, key=lambda way: way.position)
            ],
        }
    )


def ticket_document(row: TicketDefinition, workflow_key: str, access: Sequence[str]) -> _Document:
    return canonical_ticket(
        {
            "key": row.key,
            **_read(row, _TICKET),
            "workflow": workflow_key,
            "company_role_access": list(access),
        }
    )


def role_document(row: CompanyRole) -> _Document:
    return canonical_role({"key": row.key, "title": row.title, "description": row.description})


def fill_workflow(row: WorkflowDefinition, document: Mapping[str, Any]) -> None:
    _write(row, document, _WORKFLOW)
    row.fields = [{"type": "string", **field} for field in document.get("fields", ())]


def fill_ticket(row: TicketDefinition, document: Mapping[str, Any]) -> None:
    _write(row, document, _TICKET)


def task_rows(
    workflow: WorkflowDefinition, document: Mapping[str, Any], author_id: UUID | None
) -> dict[str, TaskDefinition]:
    """New rows by key."""
    rows = {}
    for position, task in enumerate(document.get("tasks", ())):
        row = TaskDefinition(
            workflow=workflow, key=task["key"], position=position, created_by_id=author_id
        )
        _write(row, task, _TASK)
        rows[row.key] = row
    return rows


def transition_rows(
    workflow: WorkflowDefinition,
    document: Mapping[str, Any],
    tasks: Mapping[str, TaskDefinition],
    author_id: UUID | None,
) -> list[WorkflowTransition]:
    ways = document.get("transitions", ())
    rows = []
    for position, (way, priority) in enumerate(zip(ways, priorities(ways), strict=True)):
        row = WorkflowTransition(
            workflow=workflow,
            from_task=tasks[way["from"]] if way.get("from") is not None else None,
            to_task=tasks[way["to"]] if way["to"] is not None else None,
            priority=priority,
            position=position,
            created_by_id=author_id,
        )
        _write(row, way, _TRANSITION)
        rows.append(row)
    return rows


def _read(row: Any, names: Iterable[str]) -> _Document:
    return {name: getattr(row, name) for name in names}


def _write(row: Any, document: Mapping[str, Any], names: Iterable[str]) -> None:
    for name in names:
        column = row._meta.get_field(name)
        setattr(row, name, document[name] if name in document else column.get_default())
    if "title" in names:
        row.title = document.get("title") or document["key"]

"""A ticket's history outside the hot path: one line at a time, in order."""

from typing import Any
from uuid import UUID

from django.db.models import F, Max

from operations import store
from operations.models import (
    EventKind,
    TaskInstance,
    TicketInstance,
    WorkflowEvent,
    WorkflowInstance,
)
from tenants.audit import row_id
from tenants.models import User


def locked_ticket(ticket_id: UUID) -> TicketInstance:
    """The ticket as it is now, locked by its run, or by its own row before it has one.

    Raises:
        TicketInstance.DoesNotExist
    """
    tickets = TicketInstance.objects.filter(pk=ticket_id)
    run_id = tickets.values_list("workflow_id", flat=True).get()
    if run_id:
        store.lock_instance(run_id)
        return tickets.get()
    return tickets.select_for_update(no_key=True).get()


def append_event(ticket: TicketInstance, kind: EventKind, **values: Any) -> WorkflowEvent:
    """Write one line of history outside the hot path; the caller holds the ticket or its run.

    What is told of a task belongs to the task's run, which may be inside of the ticket's own.
    """
    if ticket.workflow_id:
        WorkflowInstance.objects.filter(pk=ticket.workflow_id).update(
            last_event_sequence=F("last_event_sequence") + 1
        )
        sequence = WorkflowInstance.objects.values_list("last_event_sequence", flat=True).get(
            pk=ticket.workflow_id
        )
    else:
        sequence = (ticket.events.aggregate(last=Max("sequence"))["last"] or 0) + 1
    return WorkflowEvent.objects.create(
        ticket=ticket,
        workflow_instance_id=_run_of(values.get("task_id")) or ticket.workflow_id,
        sequence=sequence,
        kind=kind,
        **values,
    )


def _run_of(task_id: UUID | None) -> UUID | None:
    tasks = TaskInstance.objects.filter(pk=task_id) if task_id else TaskInstance.objects.none()
    return tasks.values_list("workflow_instance_id", flat=True).first()


def tell(
    actor: User,
    ticket: TicketInstance,
    kind: EventKind,
    *,
    reason: str = "",
    task_id: UUID | None = None,
) -> None:
    """Write that a person did something to a ticket; the caller holds the ticket or its run."""
    fresh = TicketInstance.objects.get(pk=ticket.pk)
    append_event(
        fresh,
        kind,
        reason=reason,
        task_id=task_id,
        actor_id=row_id(actor),
        actor_kind="PERSON",
        actor_label=actor.label,
    )

"""What stopped a ticket, kept for a person to repair, and closed when the ticket has gone on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from operations import store
from operations.fingerprints import fingerprint
from operations.history import append_event, locked_ticket
from operations.models import (
    ErrorType,
    EventKind,
    TaskInstance,
    TaskStatus,
    TicketError,
    TicketInstance,
    WorkflowStatus,
)
from operations.notices import tell_of_first
from operations.store import Row


@dataclass(frozen=True, slots=True)
class Incident:
    """One failure of the engine.

    `code` names the cause for programs, `message` says it to a ticket admin, `trace` is what was
    considered (as `engine.Considered.as_json`), `stack_trace` is for developers. `detail` of a
    failed call: {attempt, why, may_have_been_done}.
    """

    error_type: ErrorType
    task_id: UUID | None
    code: str
    message: str
    trace: Sequence[Any] = ()
    stack_trace: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def report(ticket_id: UUID, incident: Incident) -> None:
    """Write the error and its line of history, in a transaction of its own.

    One open error per place: the same place failing again is another attempt. Nothing is written
    when the ticket has left the place meanwhile: somebody cancelled it, or another try succeeded.
    The first error of its kind is told to the ticket admins by mail.
    """
    with transaction.atomic():
        ticket = locked_ticket(ticket_id)
        tasks = TaskInstance.objects.select_related("workflow_instance")
        task = tasks.get(pk=incident.task_id) if incident.task_id else None
        if has_gone_on(ticket, task):
            return
        fingerprint = _fingerprint(ticket, incident)
        store.lock_kind_of_error(fingerprint)
        of_its_kind = TicketError.objects.filter(fingerprint=fingerprint).unresolved()
        is_first = not of_its_kind.exists()
        if not _is_another_attempt(ticket, incident, fingerprint):
            _create(ticket, incident, fingerprint)
        if is_first:
            tell_of_first(of_its_kind.get())
        TicketInstance.objects.filter(pk=ticket.pk).update(has_open_error=True)
        append_event(
            ticket,
            EventKind.FAILED,
            reason=incident.message,
            task_id=incident.task_id,
            trace=list(incident.trace),
        )


def has_gone_on(ticket: TicketInstance, task: TaskInstance | None) -> bool:
    """Whether the ticket has left the place of an error by whatever way; `task` None: its start."""
    if ticket.closed_at is not None:
        return True
    if task is None:
        return ticket.workflow_id is not None
    is_left = task.routed_at is not None or task.t_status == TaskStatus.CANCELLED
    # What was done in a run that was cancelled with the task around it leads nowhere.
    return is_left or task.workflow_instance.w_status == WorkflowStatus.CANCELLED


def close_repaired(ticket_id: UUID, task_id: UUID | None) -> None:
    """Resolve the errors at one place (None: the start): the engine has gone on from there.

    With it those in runs that were inside of that place, and ended with it. They are told as
    repaired by whoever asked to try again, in their words; else by TicketFlower.
    """
    there = Q(task=task_id) | Q(task__workflow_instance__w_status=WorkflowStatus.CANCELLED)
    for error in TicketError.objects.filter(there, ticket=ticket_id).unresolved():
        by = error.resolved_by_label or "TicketFlower"
        _close(error, by, error.resolution_notes or "The ticket went on.")
    tell_whether_any_is_open(ticket_id)


def close_all(ticket_id: UUID, *, by: str, notes: str) -> None:
    """Resolve every error of a ticket that a person brought away from there."""
    for error in TicketError.objects.filter(ticket=ticket_id).unresolved():
        _close(error, by, notes)
    tell_whether_any_is_open(ticket_id)


def close_left_behind(run: Row, *, by: str, notes: str) -> None:
    """Resolve the errors of places that a ticket has left because somebody moved it in the run
    `run`, which is inside of another: there and further inside. The task around waits again, too.
    """
    ticket = TicketInstance.objects.get(pk=run["ticket_id"])
    errors = TicketError.objects.filter(ticket=ticket.pk).unresolved()
    for error in errors.select_related("task__workflow_instance"):
        if error.task_id == run["parent_task_id"] or has_gone_on(ticket, error.task):
            _close(error, by, notes)
    tell_whether_any_is_open(ticket.pk)


def _close(error: TicketError, by: str, notes: str) -> None:
    error.rerun_succeeded_at = error.resolved_at = store.clock()
    error.resolved_by_label = by
    error.resolve(notes)
    error.save()


def tell_whether_any_is_open(ticket_id: UUID) -> None:
    """Keep the ticket's own mark in step: lists read it instead of asking for errors."""
    is_open = TicketError.objects.filter(ticket=ticket_id).unresolved().exists()
    TicketInstance.objects.filter(pk=ticket_id).update(has_open_error=is_open)


def _is_another_attempt(ticket: TicketInstance, incident: Incident, fingerprint: str) -> bool:
    same_place = TicketError.objects.filter(
        ticket=ticket, task_id=incident.task_id, error_type=incident.error_type
    )
    changed = same_place.unresolved().update(
        code=incident.code,
        message=incident.message,
        trace=list(incident.trace),
        detail=dict(incident.detail),
        stack_trace=incident.stack_trace,
        fingerprint=fingerprint,
        attempts=F("attempts") + 1,
        last_seen_at=store.clock(),
        rerun_succeeded_at=None,
    )
    return bool(changed)


def _create(ticket: TicketInstance, incident: Incident, fingerprint: str) -> None:
    TicketError.objects.create(
        ticket=ticket,
        task_id=incident.task_id,
        error_type=incident.error_type,
        code=incident.code,
        message=incident.message,
        trace=list(incident.trace),
        detail=dict(incident.detail),
        stack_trace=incident.stack_trace,
        fingerprint=fingerprint,
        last_seen_at=store.clock(),
    )


def _fingerprint(ticket: TicketInstance, incident: Incident) -> str:
    """Equal for equal causes at the same step of the same workflow, in whatever version."""
    tasks = TaskInstance.objects.select_related("task_definition__workflow")
    task = tasks.filter(pk=incident.task_id).first() if incident.task_id else None
    workflow = task.task_definition.workflow if task else ticket.ticket_type.workflow
    return fingerprint(
        workflow=workflow.key,
        step=task.task_definition.key if task else "",
        error_type=incident.error_type,
        code=incident.code,
        message=incident.message,
        stack_trace=incident.stack_trace,
    )

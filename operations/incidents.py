"""What stopped a ticket, kept for a person to repair, and closed when the ticket has gone on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from operations.history import append_event
from operations.models import ErrorType, EventKind, TaskInstance, TicketError, TicketInstance


@dataclass(frozen=True, slots=True)
class Incident:
    """One failure of the engine.

    `code` names the cause for programs, `message` says it to a ticket admin, `trace` is what was
    considered (as `engine.Considered.as_json`), `stack_trace` is for developers.
    """

    error_type: ErrorType
    task_id: UUID | None
    code: str
    message: str
    trace: Sequence[Any] = ()
    stack_trace: str = ""


def report(ticket: TicketInstance, incident: Incident) -> None:
    """Write the error and its line of history, in a transaction of its own.

    One open error per place: the same place failing again is another attempt.
    """
    with transaction.atomic():
        if not _is_another_attempt(ticket, incident):
            _create(ticket, incident)
        TicketInstance.objects.filter(pk=ticket.pk).update(has_open_error=True)
        append_event(
            ticket,
            EventKind.FAILED,
            reason=incident.message,
            task_id=incident.task_id,
            trace=list(incident.trace),
        )


def close_errors(
    ticket_id: UUID, *, task_id: UUID | None, by: str, notes: str, everywhere: bool = False
) -> None:
    """Resolve the ticket's errors at this place (or `everywhere`): it has gone on from there.

    What a person wrote when asking to try again stands before `by` and `notes`.
    """
    errors = TicketError.objects.filter(ticket=ticket_id).unresolved()
    for error in errors if everywhere else errors.filter(task=task_id):
        error.rerun_succeeded_at = error.resolved_at = timezone.now()
        error.resolved_by_label = error.resolved_by_label or by
        error.resolve(error.resolution_notes or notes)
        error.save()
    tell_whether_any_is_open(ticket_id)


def tell_whether_any_is_open(ticket_id: UUID) -> None:
    """Keep the ticket's own mark in step: lists read it instead of asking for errors."""
    is_open = TicketError.objects.filter(ticket=ticket_id).unresolved().exists()
    TicketInstance.objects.filter(pk=ticket_id).update(has_open_error=is_open)


def _is_another_attempt(ticket: TicketInstance, incident: Incident) -> bool:
    same_place = TicketError.objects.filter(
        ticket=ticket, task_id=incident.task_id, error_type=incident.error_type
    )
    changed = same_place.unresolved().update(
        code=incident.code,
        message=incident.message,
        trace=list(incident.trace),
        stack_trace=incident.stack_trace,
        fingerprint=_fingerprint(ticket, incident),
        attempts=F("attempts") + 1,
        last_seen_at=timezone.now(),
        rerun_succeeded_at=None,
    )
    return bool(changed)


def _create(ticket: TicketInstance, incident: Incident) -> None:
    TicketError.objects.create(
        ticket=ticket,
        task_id=incident.task_id,
        error_type=incident.error_type,
        code=incident.code,
        message=incident.message,
        trace=list(incident.trace),
        stack_trace=incident.stack_trace,
        fingerprint=_fingerprint(ticket, incident),
    )


def _fingerprint(ticket: TicketInstance, incident: Incident) -> str:
    """Equal for equal causes at the same step of the same workflow, in whatever version."""
    tasks = TaskInstance.objects.select_related("task_definition")
    task = tasks.filter(pk=incident.task_id).first() if incident.task_id else None
    step = task.task_definition.key if task else ""
    cause = (
        ticket.ticket_type.workflow.key,
        step,
        incident.error_type,
        incident.code,
        incident.message,
    )
    return hashlib.sha256("/".join(cause).encode()).hexdigest()

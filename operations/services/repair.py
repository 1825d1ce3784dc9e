"""What a ticket admin does with an error: look after it, try again, close it."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from operations.history import append_event, locked_ticket, tell
from operations.incidents import has_gone_on, tell_whether_any_is_open
from operations.models import (
    ErrorStatus,
    EventKind,
    TaskInstance,
    TaskStatus,
    TicketError,
)
from operations.services.checking import Answers, must_fit, must_say_why
from operations.state_manager import WorkflowStateManager
from tenants.audit import row_id
from tenants.context import after_the_change
from tenants.errors import DomainError, NotFound
from tenants.models import User
from tenants.services.checking import must


def review_error(actor: User, error: TicketError) -> TicketError:
    """Say that one looks after it.

    Raises:
        NotAllowed; DomainError: resolved already.
    """
    must(actor, "operations.resolve_ticketerror")
    with transaction.atomic():
        mine = _locked_error(error)
        if mine.error_status == ErrorStatus.REVIEWED:
            return mine
        _must_not_be_resolved(mine)
        mine.review()
        mine.reviewed_by_id, mine.reviewed_at = row_id(actor), timezone.now()
        mine.save()
    return mine


def retry_error(
    actor: User, error: TicketError, *, reason: str = "", output: Answers | None = None
) -> TicketError:
    """Let the engine try again where it stopped; with `output`, after correcting the task's answer.

    The error becomes RESOLVED when the ticket has gone on, which may be at once or later.

    Raises:
        NotAllowed; DomainError: resolved already; AnswersInvalid: the correction does not fit the
        form.
    """
    must(actor, "operations.resolve_ticketerror")
    with transaction.atomic():
        mine = _locked_error(error)
        _must_not_be_resolved(mine)
        if output is not None:
            _correct_answer(actor, mine, output)
        mine.retry_asked_at, mine.resolved_by_label = timezone.now(), actor.label
        mine.resolution_notes = reason or mine.resolution_notes
        mine.save()
        tell(actor, mine.ticket, EventKind.RETRIED, reason=reason, task_id=mine.task_id)
    ticket_id, run_id, task_id = mine.ticket_id, mine.ticket.workflow_id, mine.task_id
    after_the_change(lambda: _run_again(ticket_id, run_id, task_id))
    return TicketError.objects.get(pk=mine.pk)


def resolve_error(actor: User, error: TicketError, *, notes: str) -> TicketError:
    """Close an error with what was done about it. Only possible once the ticket has gone on; on a
    resolved one this corrects the notes.

    Raises:
        NotAllowed; DomainError: no notes, or the ticket still stands still.
    """
    must(actor, "operations.resolve_ticketerror")
    must_say_why(notes, field="notes")
    with transaction.atomic():
        mine = _locked_error(error)
        if mine.error_status == ErrorStatus.RESOLVED:
            mine.resolution_notes = notes
        elif mine.rerun_succeeded_at is None and not has_gone_on(mine.ticket, mine.task):
            raise DomainError(
                f"Ticket #{mine.ticket.number} still stands still. Try again, move it to another "
                "task, or cancel it; the error closes when the ticket goes on."
            )
        else:
            mine.rerun_succeeded_at = mine.rerun_succeeded_at or timezone.now()
            mine.resolved_at, mine.resolved_by_label = timezone.now(), actor.label
            mine.resolve(notes)
        mine.save()
        tell_whether_any_is_open(mine.ticket_id)
        tell(actor, mine.ticket, EventKind.RESOLVED, reason=notes, task_id=mine.task_id)
    return mine


def _locked_error(error: TicketError) -> TicketError:
    """The error, after its ticket is locked: the same order as everywhere."""
    tickets = TicketError.objects.filter(pk=error.pk).values_list("ticket", flat=True)
    if (ticket_id := tickets.first()) is None:
        raise NotFound("This error does not exist, or you cannot see it.")
    locked_ticket(ticket_id)
    return (
        TicketError.objects.select_for_update(of=("self",))
        .select_related("ticket__workflow", "task")
        .get(pk=error.pk)
    )


def _must_not_be_resolved(error: TicketError) -> None:
    if error.error_status == ErrorStatus.RESOLVED:
        raise DomainError("This error is resolved already: the ticket has gone on.")


def _correct_answer(actor: User, error: TicketError, output: Answers) -> None:
    task = error.task
    if task is None or task.t_status != TaskStatus.COMPLETED or task.routed_at:
        raise DomainError(
            "There is no answer to correct here. Try again as it is, or move the ticket."
        )
    schema, layout = TaskInstance.objects.values_list(
        "task_definition__output_schema", "task_definition__edit_layout"
    ).get(pk=task.pk)
    if schema is not None:
        output = must_fit(schema, output, layout)
    before = task.output_data
    TaskInstance.objects.filter(pk=task.pk).update(output_data=output)
    append_event(
        error.ticket,
        EventKind.RETRIED,
        reason="Answer corrected.",
        task_id=task.pk,
        actor_id=row_id(actor),
        actor_kind="PERSON",
        actor_label=actor.label,
        detail={"before": before, "after": output},
    )


def _run_again(ticket_id: UUID, run_id: UUID | None, task_id: UUID | None) -> None:
    manager = WorkflowStateManager(ticket_id=ticket_id, instance_id=run_id)
    if run_id is None:
        manager.start()
    elif task_id is not None:
        manager.route(task_id)
    else:
        manager.advance()

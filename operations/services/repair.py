"""What a ticket admin does with an error: look after it, try again, close it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from definitions.graph import ACTION_TYPES, TaskType
from operations import children, files, jobs, store
from operations.history import append_event, locked_ticket, tell
from operations.incidents import has_gone_on, tell_whether_any_is_open
from operations.models import (
    ErrorStatus,
    EventKind,
    TaskInstance,
    TaskStatus,
    TicketError,
    TicketInstance,
    WorkflowInstance,
)
from operations.services.checking import Answers, must_be_storable, must_fit, must_say_why
from operations.state_manager import WorkflowStateManager
from tenants.audit import row_id
from tenants.context import after_the_change, current_company_id, tenant_context
from tenants.errors import DomainError, NotFound
from tenants.models import User, uuid7
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
        mine.reviewed_by_id, mine.reviewed_at = row_id(actor), store.clock()
        mine.save()
    return mine


def retry_error(
    actor: User, error: TicketError, *, reason: str, correction: Answers | None = None
) -> TicketError:
    """Let the engine try again where it stopped; with `correction`, after correcting what it
    stopped at (`correctable` says what that is).

    The error becomes RESOLVED when the ticket has gone on, which may be at once or later.

    Raises:
        NotAllowed; DomainError: no reason, or resolved already; AnswersInvalid: the correction does
        not fit.
    """
    must(actor, "operations.resolve_ticketerror")
    must_say_why(reason)
    with transaction.atomic():
        mine = _locked_error(error)
        _must_not_be_resolved(mine)
        if correction is not None:
            _correct(actor, mine, correction)
        mine.retry_asked_at, mine.resolved_by_label = store.clock(), actor.label
        mine.resolution_notes = reason
        mine.save()
        # A person has looked: the count of steps that nobody waited for begins anew.
        WorkflowInstance.objects.filter(tickets=mine.ticket_id).update(automatic_steps=0)
        _wake(mine)
        tell(actor, mine.ticket, EventKind.RETRIED, reason=reason, task_id=mine.task_id)
    ticket_id, task_id = mine.ticket_id, mine.task_id
    after_the_change(lambda: _run_again(ticket_id, task_id))
    return TicketError.objects.get(pk=mine.pk)


def skip_error(actor: User, error: TicketError, *, output: Answers, reason: str) -> TicketError:
    """Say what came of a step that could not be carried out, and go on as if it had been.

    Raises:
        NotAllowed; DomainError: no reason, resolved already, or nothing here can be skipped;
        AnswersInvalid: the output is not what the step promises.
    """
    must(actor, "operations.resolve_ticketerror")
    must_say_why(reason)
    with transaction.atomic():
        mine = _locked_error(error)
        _must_not_be_resolved(mine)
        if not can_be_skipped(mine):
            raise DomainError("There is no step to skip here. Try again, or move the ticket.")
        row = store.lock_task(mine.task_id) if mine.task_id else None
        if row is None:
            raise DomainError("This step is over already.")
        if row["output_schema"] is not None:
            output = must_fit(row["output_schema"], output, row["edit_layout"])
        else:
            must_be_storable(output)
        task = TaskInstance(pk=row["id"], t_status=row["t_status"])
        task.skip(output)
        store.calls.settle(
            row,
            t_status=task.t_status,
            output=output,
            event=uuid7(),
            told={
                "kind": EventKind.SKIPPED,
                "actor": row_id(actor),
                "actor_kind": "PERSON",
                "actor_label": actor.label,
                "reason": reason,
            },
        )
        mine.retry_asked_at, mine.resolved_by_label = store.clock(), actor.label
        mine.resolution_notes = reason
        mine.save()
    ticket_id, task_id = mine.ticket_id, mine.task_id
    after_the_change(lambda: _run_again(ticket_id, task_id))
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
            mine.rerun_succeeded_at = mine.rerun_succeeded_at or store.clock()
            mine.resolved_at, mine.resolved_by_label = store.clock(), actor.label
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
        .select_related("ticket__workflow", "ticket__ticket_type", "task__task_definition")
        .get(pk=error.pk)
    )


def _must_not_be_resolved(error: TicketError) -> None:
    if error.error_status == ErrorStatus.RESOLVED:
        raise DomainError("This error is resolved already: the ticket has gone on.")


def _wake(error: TicketError) -> None:
    """A call that we gave up becomes due again, and its rules for repeating start afresh."""
    task = error.task
    if task is None or task.t_status != TaskStatus.ERROR:
        return
    row = store.lock_task(task.pk)
    if row is None or row["t_status"] != TaskStatus.ERROR:
        return
    again = TaskInstance(pk=row["id"], t_status=row["t_status"])
    again.try_again()
    store.calls.start_afresh(task.pk)
    store.calls.settle(row, t_status=again.t_status, wakes_at=row["now"])
    jobs.enqueue("call", task.pk)


@dataclass(frozen=True, slots=True)
class Correctable:
    """What can be corrected before trying again.

    `kind`: "answer" (of the task that led here), "request" (what a call sends, or a workflow inside
    is given) or "submission" (of a ticket that could not start). `schema` None: anything goes.
    """

    kind: str
    schema: Any
    layout: Any
    value: Any


def correctable(error: TicketError) -> Correctable | None:
    """What a person can correct; None: trying again as it is, or another way, is all there is."""
    task = error.task
    if error.error_status == ErrorStatus.RESOLVED:
        return None
    if task is None:
        ticket = error.ticket
        if ticket.workflow_id is not None:
            return None
        return Correctable(
            "submission", ticket.form(), ticket.ticket_type.edit_layout, ticket.ticket_data
        )
    node = task.task_definition
    if task.t_status == TaskStatus.COMPLETED and task.routed_at is None:
        if task.way_out or node.task_type != TaskType.FORM:
            return Correctable("answer", node.output_schema, None, task.output_data)
        return Correctable("answer", node.output_schema, node.edit_layout, task.output_data)
    if node.task_type in ACTION_TYPES and node.input_transform is None:
        return None  # nothing is sent
    if node.task_type in ACTION_TYPES and task.t_status in (TaskStatus.ERROR, TaskStatus.PENDING):
        return Correctable("request", node.input_schema, None, task.input_data)
    if node.task_type == TaskType.SUBWORKFLOW and task.wakes_at is not None:  # it has not begun
        asks_for = children.asks_for(node.subworkflow)
        return Correctable("request", asks_for or node.input_schema, None, task.input_data)
    return None


_GIVEN = (*ACTION_TYPES, TaskType.SUBWORKFLOW)


def can_be_skipped(error: TicketError) -> bool:
    """Whether a person can say what came of the step instead of having it carried out."""
    task = error.task
    return (
        error.error_status != ErrorStatus.RESOLVED
        and task is not None
        and task.task_definition.task_type in _GIVEN
        and task.t_status in (TaskStatus.ERROR, TaskStatus.PENDING)
    )


def _correct(actor: User, error: TicketError, correction: Answers) -> None:
    found = correctable(error)
    if found is None:
        raise DomainError(
            "There is nothing to correct here. Try again as it is, or move the ticket."
        )
    if found.schema is not None:
        correction = must_fit(found.schema, correction, found.layout)
        if found.kind != "request":
            _with_files(actor, error, found, correction)
    else:
        must_be_storable(correction)
    if error.task_id is None:
        TicketInstance.objects.filter(pk=error.ticket_id).update(ticket_data=correction)
    else:
        column = "output_data" if found.kind == "answer" else "input_data"
        TaskInstance.objects.filter(pk=error.task_id).update(**{column: correction})
    append_event(
        error.ticket,
        EventKind.CORRECTED,
        reason="Corrected before trying again.",
        task_id=error.task_id,
        actor_id=row_id(actor),
        actor_kind="PERSON",
        actor_label=actor.label,
        detail={"what": found.kind, "before": found.value, "after": correction},
    )


def _with_files(actor: User, error: TicketError, found: Correctable, correction: Answers) -> None:
    """A corrected answer may name other files: those of the ticket, or new ones."""
    task_id = error.task_id
    purpose = files.Purpose(ticket=error.ticket_id, task=task_id)
    sent = files.files_in(actor, purpose, found.schema, found.layout, correction)
    files.bind(sent, ticket=error.ticket_id, task=task_id)


def _run_again(ticket_id: UUID, task_id: UUID | None) -> None:
    """What stopped, once more; a call waits for its job instead."""
    if task_id is None:
        WorkflowStateManager(ticket_id=ticket_id).start()
        return
    with tenant_context(current_company_id()):
        task = TaskInstance.objects.only("ticket_id", "workflow_instance_id").get(pk=task_id)
    run_id = task.workflow_instance_id
    WorkflowStateManager(ticket_id=ticket_id, instance_id=run_id).try_again(task_id)

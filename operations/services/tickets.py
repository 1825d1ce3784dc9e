"""Asking for something, and what a ticket admin does with a whole ticket."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from definitions.graphs import graph_for
from definitions.models import TicketDefinition
from operations import files, store, timing
from operations.errors import AnswersInvalid
from operations.history import locked_ticket, tell
from operations.incidents import close_all, close_left_behind
from operations.models import (
    LIVE_TASK,
    EventKind,
    TaskInstance,
    TicketInstance,
    WorkflowInstance,
    WorkflowStatus,
)
from operations.preparing import TaskCannotStart
from operations.services.checking import Answers, must_fit, must_say_why
from operations.state_manager import WorkflowStateManager
from operations.titles import title_of
from tenants.audit import row_id
from tenants.context import after_the_change
from tenants.errors import DomainError, NotFound
from tenants.models import User, uuid7
from tenants.services.checking import must

_NOT_OVER = (WorkflowStatus.NOT_STARTED, WorkflowStatus.IN_PROGRESS, WorkflowStatus.ON_HOLD)
NOT_OFFERED = "This kind of request is not offered to you (any more). Choose another one."


def submit_ticket(
    actor: User,
    ticket_definition: TicketDefinition,
    data: Answers,
    *,
    submission_key: str | None = None,
    ext_key: str = "",
) -> TicketInstance:
    """Ask for something. The same `submission_key` twice from the same person is one ticket (a
    double click, a resent page).

    Raises:
        NotFound: not offered to this person, whether it exists or not.
        AnswersInvalid: the answers do not fit the form.
    """
    if not actor.has_perm("operations.add_ticketinstance"):
        raise NotFound(NOT_OFFERED)
    layout, given_key = ticket_definition.edit_layout, submission_key or ""
    try:
        schema = ticket_definition.submission_schema()
        data = must_fit(schema, data, layout)
        purpose = files.Purpose(ticket_type=ticket_definition.pk)
        sent = files.files_in(actor, purpose, schema, layout, data)
    except AnswersInvalid:
        # Whoever may not ask learns nothing about the form either.
        if (
            not TicketDefinition.objects.submittable_by(actor)
            .filter(pk=ticket_definition.pk)
            .exists()
        ):
            raise NotFound(NOT_OFFERED) from None
        if (already := sent_before(actor, given_key)) is not None:
            return already  # its files are part of that ticket by now
        raise
    submission_key = _key_of_person(actor, submission_key) if submission_key else None
    ticket = TicketInstance(
        id=uuid7(),
        title=title_of(ticket_definition, data, actor),
        ticket_type=ticket_definition,
        ticket_data=data,
        created_by_id=row_id(actor),
        created_by_label=actor.label,
        submission_key=submission_key,
        ext_key=ext_key,
    )
    written = store.insert_ticket(
        id=ticket.pk,
        title=ticket.title,
        ticket_type=ticket_definition.pk,
        version=ticket_definition.version,
        data=data,
        created_by=ticket.created_by_id,
        actor_label=actor.label,
        from_outside=actor.is_superuser,
        submission_key=submission_key,
        ext_key=ext_key,
        event_id=uuid7(),
    )
    if not written["offered"]:
        raise NotFound(NOT_OFFERED)
    if written["number"] is None:
        return TicketInstance.objects.get(submission_key=submission_key)
    files.bind(sent, ticket=ticket.pk)
    ticket.number, ticket.created_at = written["number"], written["created_at"]
    after_the_change(lambda: WorkflowStateManager(ticket_id=ticket.pk).start())
    return ticket


def sent_before(actor: User, submission_key: str) -> TicketInstance | None:
    """The ticket that this person made with this key already."""
    key = _key_of_person(actor, submission_key)
    return TicketInstance.objects.filter(submission_key=key).first() if submission_key else None


def _key_of_person(actor: User, key: str) -> str:
    """Bound to the person: nobody can guess a colleague's way to their ticket, or be in its way."""
    return sha256(f"{actor.pk}/{key}".encode()).hexdigest()


def move_ticket(
    actor: User,
    ticket: TicketInstance,
    task_key: str,
    *,
    reason: str,
    run: WorkflowInstance | None = None,
) -> None:
    """Send the ticket to any task of its workflow, drawn or not. What is open is cancelled, runs
    inside of it included; an error of the ticket is over with it.

    `run` is one of those inside: only what is open there and further inside is cancelled, and the
    rest of the ticket stays where it is.

    Raises:
        NotAllowed, NotFound (the task, the run), DomainError (no reason; not started yet; the run
        is over; the task needs what the ticket does not have).
    """
    must(actor, "operations.triage_ticketinstance")
    must_say_why(reason)
    with transaction.atomic():
        locked = _locked_run(ticket)[1] if run is None else _locked_inside(ticket, run)
        pinned = graph_for(locked["workflow_definition_id"])
        if task_key not in pinned.graph.tasks:
            choices = ", ".join(pinned.graph.tasks)
            raise NotFound(f"This workflow has no task '{task_key}'. Choose one of: {choices}.")
        told = {
            "reason": reason,
            "actor_id": row_id(actor),
            "actor_kind": "PERSON",
            "actor_label": actor.label,
        }
        manager = WorkflowStateManager(ticket_id=ticket.pk, instance_id=locked["id"])
        try:
            manager.move(locked, task_key, told=told)
        except TaskCannotStart as error:
            raise DomainError(f"{error.message} Choose another task.") from error
        notes = f"Moved: {reason}"
        if locked["parent_task_id"] is None:
            close_all(ticket.pk, by=actor.label, notes=notes)
        else:
            close_left_behind(locked, by=actor.label, notes=notes)
    after_the_change(manager.follow)


def hold_ticket(actor: User, ticket: TicketInstance, *, reason: str) -> None:
    """Nobody is asked to do anything until the ticket is resumed, and no time of it comes: what was
    left of each is left when it goes on.

    Raises:
        NotAllowed, DomainError (no reason; not in progress).
    """
    _change_run(actor, ticket, "hold", EventKind.HELD, reason)


def resume_ticket(actor: User, ticket: TicketInstance, *, reason: str = "") -> None:
    """Go on where it was held.

    Raises:
        NotAllowed, DomainError (not on hold).
    """
    run = _change_run(actor, ticket, "resume", EventKind.RESUMED, reason)
    after_the_change(
        lambda: WorkflowStateManager(ticket_id=ticket.pk, instance_id=run.pk).advance()
    )


def cancel_ticket(actor: User, ticket: TicketInstance, *, reason: str) -> None:
    """Stop for good. A ticket admin may; so may the requester, who withdraws their own request.

    Raises:
        NotAllowed, NotFound, DomainError (no reason; over already).
    """
    is_admin = actor.has_perm("operations.triage_ticketinstance")
    if not is_admin and ticket.created_by_id != actor.pk:
        raise NotFound("This ticket does not exist, or you cannot see it.")
    must_say_why(reason)
    with transaction.atomic():
        if TicketInstance.objects.filter(pk=ticket.pk, workflow=None).exists():
            _cancel_before_start(actor, ticket, reason)
            return
        run, locked = _locked_run(ticket)
        store.lock_assignments()  # several people may lose a task
        if run.w_status in (WorkflowStatus.COMPLETED, WorkflowStatus.CANCELLED):
            raise DomainError(
                f"Ticket #{ticket.number} is over already: there is nothing to cancel."
            )
        run.cancel()
        store.runs.change_runs(run.pk, was=_NOT_OVER, w_status=run.w_status)
        store.runs.cancel_tasks(run.pk, was=LIVE_TASK)
        _close(ticket, locked["now"])
        close_all(ticket.pk, by=actor.label, notes=f"Cancelled: {reason}")
        tell(actor, ticket, EventKind.CANCELLED, reason=reason)


def lock_tickets(ticket_ids: Sequence[UUID]) -> None:
    """Hold many tickets still before acting on each of them in one transaction.

    Without it, two such acts at once, or one and a worker who completes a task, could each wait for
    a ticket, or for a person's list, that the other holds.
    """
    store.lock_runs(ticket_ids)


def _locked_run(ticket: TicketInstance) -> tuple[WorkflowInstance, store.Row]:
    run_id = TicketInstance.objects.values_list("workflow_id", flat=True).get(pk=ticket.pk)
    locked = store.lock_instance(run_id) if run_id else None
    if locked is None:
        raise DomainError(
            "This ticket has not started yet. Try again in a moment, or repair its error first."
        )
    return WorkflowInstance.objects.get(pk=run_id), locked


def _locked_inside(ticket: TicketInstance, run: WorkflowInstance) -> store.Row:
    """A run inside of the ticket's own, locked, if the task around it still waits for it."""
    locked = store.lock_instance(run.pk)
    if locked is None or locked["ticket_id"] != ticket.pk:
        raise NotFound("This ticket has no such workflow inside.")
    if locked["parent_task_id"] is None:
        return locked
    around = TaskInstance.objects.filter(pk=locked["parent_task_id"], t_status__in=LIVE_TASK)
    goes_on = around.values_list("workflow_instance__w_status", flat=True).first()
    if goes_on is None:
        raise DomainError(
            f"“{run}” inside of ticket #{ticket.number} is over. Move the ticket to a task of its "
            "own workflow instead."
        )
    if locked["w_status"] == WorkflowStatus.COMPLETED and goes_on == WorkflowStatus.ON_HOLD:
        raise DomainError(
            f"Ticket #{ticket.number} is on hold. Resume it first, then move it back into “{run}”."
        )
    return locked


def _change_run(
    actor: User, ticket: TicketInstance, verb: str, kind: EventKind, reason: str
) -> WorkflowInstance:
    must(actor, "operations.triage_ticketinstance")
    if verb == "hold":
        must_say_why(reason)
    with transaction.atomic():
        run, _ = _locked_run(ticket)
        allowed = {"hold": WorkflowStatus.IN_PROGRESS, "resume": WorkflowStatus.ON_HOLD}[verb]
        if run.w_status != allowed:
            stands = run.get_w_status_display().lower()
            raise DomainError(f"Ticket #{ticket.number} is {stands}: there is nothing to {verb}.")
        getattr(run, verb)()
        if verb == "resume":
            timing.shift(run.pk)
        store.runs.change_runs(run.pk, was=[allowed], w_status=run.w_status)
        tell(actor, ticket, kind, reason=reason)
    return run


def _cancel_before_start(actor: User, ticket: TicketInstance, reason: str) -> None:
    locked = locked_ticket(ticket.pk)
    if locked.workflow_id:
        raise DomainError(f"Ticket #{ticket.number} has started just now. Send this once more.")
    if locked.closed_at:
        raise DomainError(f"Ticket #{ticket.number} is over already: there is nothing to cancel.")
    _close(ticket, timezone.now())
    close_all(ticket.pk, by=actor.label, notes=f"Cancelled: {reason}")
    tell(actor, ticket, EventKind.CANCELLED, reason=reason)


def _close(ticket: TicketInstance, at: Any) -> None:
    TicketInstance.objects.filter(pk=ticket.pk).update(closed_at=at)

"""The verbs about tickets, tasks and errors. Each takes the acting person first.

A verb writes the person's own change and its line of history; the engine follows (`state_manager`).
Whatever is refused is a DomainError for the person who asked, and nothing has been written.
Every verb that changes a run locks the run before the task: one order, so no two verbs wait for
each other.
"""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from definitions.graphs import graph_for
from definitions.models import TicketDefinition
from definitions.schemas import check_storable, problems
from operations import store
from operations.errors import AnswersInvalid, TaskMoved
from operations.models import (
    Comment,
    ErrorStatus,
    EventKind,
    TaskInstance,
    TaskStatus,
    TicketError,
    TicketInstance,
    WorkflowInstance,
    WorkflowStatus,
)
from operations.state_manager import WorkflowStateManager, append_event, close_errors
from operations.titles import title_of
from tenants.audit import row_id
from tenants.context import after_the_change
from tenants.errors import DomainError, NotAllowed, NotFound
from tenants.models import User, uuid7

Answers = dict[str, Any]

# --- Tickets
# ----------------------------------------------------------------------------------------


def submit_ticket(
    actor: User,
    ticket_definition: TicketDefinition,
    data: Answers,
    *,
    submission_key: str | None = None,
    ext_key: str = "",
) -> TicketInstance:
    """Ask for something. The same `submission_key` twice is one ticket (a double click, a resent
    page).

    Raises:
        NotFound: not offered to this person, whether it exists or not.
        AnswersInvalid: the answers do not fit the form.
    """
    definition = (
        TicketDefinition.objects.submittable_by(actor)
        .select_related("workflow")
        .filter(pk=ticket_definition.pk)
        .first()
    )
    if definition is None or not actor.has_perm("operations.add_ticketinstance"):
        raise NotFound("This kind of request is not offered to you (any more). Choose another one.")
    _must_fit(definition.submission_schema(), data)
    ticket = TicketInstance(
        id=uuid7(),
        title=title_of(definition, data, actor),
        ticket_type=definition,
        ticket_data=data,
        created_by_id=row_id(actor),
        created_by_label=actor.label,
        submission_key=submission_key,
        ext_key=ext_key,
    )
    written = store.insert_ticket(
        id=ticket.pk,
        title=ticket.title,
        ticket_type=definition.pk,
        data=data,
        created_by=ticket.created_by_id,
        actor_label=actor.label,
        submission_key=submission_key,
        ext_key=ext_key,
        event_id=uuid7(),
    )
    if written is None:
        return TicketInstance.objects.get(submission_key=submission_key)
    ticket.number, ticket.created_at = written["number"], written["created_at"]
    after_the_change(lambda: WorkflowStateManager(ticket_id=ticket.pk).start())
    return ticket


def move_ticket(actor: User, ticket: TicketInstance, task_key: str, *, reason: str) -> None:
    """Send the ticket to any task of its workflow, drawn or not. What is open is cancelled; an
    error of the ticket is over with it.

    Raises:
        NotAllowed, NotFound (the task), DomainError (no reason; not started yet).
    """
    _must(actor, "operations.triage_ticketinstance")
    _must_say_why(reason)
    with transaction.atomic():
        run, locked = _locked_run(ticket)
        pinned = graph_for(locked["workflow_definition_id"])
        if task_key not in pinned.graph.tasks:
            choices = ", ".join(pinned.graph.tasks)
            raise NotFound(f"This workflow has no task '{task_key}'. Choose one of: {choices}.")
        WorkflowStateManager(ticket_id=ticket.pk, instance_id=run.pk).move(
            locked, task_key, reason=reason, actor_id=row_id(actor), actor_label=actor.label
        )
        close_errors(
            ticket.pk, task_id=None, by=actor.label, notes=f"Moved: {reason}", everywhere=True
        )


def hold_ticket(actor: User, ticket: TicketInstance, *, reason: str) -> None:
    """Stop the clock: nobody is asked to do anything until the ticket is resumed.

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
    _must_say_why(reason)
    with transaction.atomic():
        if TicketInstance.objects.filter(pk=ticket.pk, workflow=None).exists():
            _cancel_before_start(actor, ticket, reason)
            return
        run, _ = _locked_run(ticket)
        if run.w_status in (WorkflowStatus.COMPLETED, WorkflowStatus.CANCELLED):
            raise DomainError(
                f"Ticket #{ticket.number} is over already: there is nothing to cancel."
            )
        run.cancel()
        run.completed_at = timezone.now()
        run.save()
        for task in run.tasks.active():
            task.cancel()
            task.completed_at = run.completed_at
            task.save()
        _close(ticket, run.completed_at)
        close_errors(
            ticket.pk, task_id=None, by=actor.label, notes=f"Cancelled: {reason}", everywhere=True
        )
        _tell(actor, ticket, EventKind.CANCELLED, reason=reason)


def add_comment(
    actor: User, ticket: TicketInstance, text: str, *, is_internal: bool = False
) -> Comment:
    """Write to the people of a ticket; an internal note stays among those who work on it.

    Raises:
        NotFound: not the person's ticket and not their work; DomainError: empty.
    """
    _must(actor, "operations.add_comment")
    works_here = (
        actor.has_perm("operations.triage_ticketinstance")
        or ticket.tasks.assigned_to(actor).exists()
    )
    if not works_here and (is_internal or ticket.created_by_id != actor.pk):
        raise NotFound("This ticket does not exist, or you cannot see it.")
    text = text.strip()
    if not text:
        raise DomainError("Write something first.", fields={"text": "This is required."})
    _must_be_storable({"text": text})
    return Comment.objects.create(
        ticket=ticket,
        text=text,
        is_internal=is_internal,
        author_id=row_id(actor),
        author_label=actor.label,
    )


# --- Tasks
# ------------------------------------------------------------------------------------------


def start_task(actor: User, task: TaskInstance) -> TaskInstance:
    """Say that one has begun, so that colleagues can see it.

    Raises:
        NotAllowed, NotFound, TaskMoved.
    """
    with transaction.atomic():
        row = _locked_task(actor, task)
        if row["t_status"] == TaskStatus.IN_PROGRESS:
            return _again(task)
        _change(actor, row, TaskStatus.OPEN, "start", kind=EventKind.TASK_STARTED)
    return _again(task)


def save_draft(actor: User, task: TaskInstance, data: Answers) -> TaskInstance:
    """Keep what was typed so far, however incomplete; starts the task if it was not.

    Raises:
        NotAllowed, NotFound, TaskMoved; DomainError: cannot be stored.
    """
    _must_be_storable(data)
    with transaction.atomic():
        row = _locked_task(actor, task)
        if row["t_status"] == TaskStatus.OPEN:
            _change(actor, row, TaskStatus.OPEN, "start", kind=EventKind.TASK_STARTED)
        TaskInstance.objects.filter(pk=task.pk).update(
            draft_data=data, draft_saved_at=timezone.now()
        )
    return _again(task)


def complete_task(
    actor: User, task: TaskInstance, output: Answers, *, rev: int | None = None
) -> None:
    """Answer a task. The engine goes on from it; a failure there is a TicketError, and the answer
    stays.

    `rev`: the task's revision when the page was shown; a page that is out of date is refused.

    Raises:
        NotAllowed, NotFound, TaskMoved, AnswersInvalid.
    """
    row = _locked_task(actor, task, rev=rev)
    if row["output_schema"] is not None:
        _must_fit(row["output_schema"], output)
    else:
        _must_be_storable(output)
    _change(actor, row, row["t_status"], "complete", kind=EventKind.TASK_COMPLETED, output=output)
    instance_id, ticket_id = row["workflow_instance_id"], row["ticket_id"]
    after_the_change(
        lambda: WorkflowStateManager(ticket_id=ticket_id, instance_id=instance_id).route(task.pk)
    )


def take_task(actor: User, task: TaskInstance) -> TaskInstance:
    """A worker takes a task that waits for somebody free.

    Raises:
        NotAllowed: not one of those who may get it; TaskMoved: somebody was faster.
    """
    _must(actor, "operations.work_on_taskinstance")
    with transaction.atomic():
        row = _existing(store.lock_task(task.pk))
        role = row["assign"].get("company_role")
        if role and not actor.groups.filter(company_role__key=role).exists():
            raise NotAllowed("This task is for people with another company role.")
        if row["t_status"] != TaskStatus.PENDING or row["assigned_to_id"]:
            raise TaskMoved("Somebody else has taken this task.")
        _change(
            actor,
            row,
            TaskStatus.PENDING,
            "hand_to",
            person=actor,
            kind=EventKind.REASSIGNED,
            reason="Taken.",
        )
    return _again(task)


def reassign_task(
    actor: User, task: TaskInstance, assignee: User | None, *, reason: str = ""
) -> TaskInstance:
    """Hand a task to somebody else; None puts it back to wait for whoever is free. What was typed
    stays.

    A ticket admin may; so may the person who has it, handing it over.

    Raises:
        NotAllowed, NotFound (task or person), TaskMoved.
    """
    with transaction.atomic():
        row = _existing(store.lock_task(task.pk))
        if (
            not actor.has_perm("operations.triage_ticketinstance")
            and row["assigned_to_id"] != actor.pk
        ):
            raise NotFound("This task does not exist, or it is not yours.")
        if row["t_status"] not in (TaskStatus.OPEN, TaskStatus.IN_PROGRESS, TaskStatus.PENDING):
            raise TaskMoved("This task is over, so it cannot be handed to anybody.")
        if assignee is None:
            _change(
                actor, row, row["t_status"], "give_back", kind=EventKind.REASSIGNED, reason=reason
            )
        else:
            person = User.objects.active().holding("task_worker").filter(pk=assignee.pk).first()
            if person is None:
                raise NotFound("Choose a task worker of your company who can sign in.")
            _change(
                actor,
                row,
                row["t_status"],
                "hand_to",
                person=person,
                kind=EventKind.REASSIGNED,
                reason=reason,
            )
    return _again(task)


# --- Errors
# -----------------------------------------------------------------------------------------


def review_error(actor: User, error: TicketError) -> TicketError:
    """Say that one looks after it.

    Raises:
        NotAllowed; DomainError: resolved already.
    """
    _must(actor, "operations.resolve_ticketerror")
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
    _must(actor, "operations.resolve_ticketerror")
    with transaction.atomic():
        mine = _locked_error(error)
        _must_not_be_resolved(mine)
        if output is not None:
            _correct_answer(actor, mine, output)
        mine.retry_asked_at, mine.resolved_by_label = timezone.now(), actor.label
        mine.resolution_notes = reason or mine.resolution_notes
        mine.save()
        _tell(actor, mine.ticket, EventKind.RETRIED, reason=reason, task_id=mine.task_id)
    ticket_id, run_id, task_id = mine.ticket_id, mine.ticket.workflow_id, mine.task_id
    after_the_change(lambda: _run_again(ticket_id, run_id, task_id))
    return TicketError.objects.get(pk=mine.pk)


def resolve_error(actor: User, error: TicketError, *, notes: str) -> TicketError:
    """Close an error with what was done about it. Only possible once the ticket has gone on; on a
    resolved one this corrects the notes.

    Raises:
        NotAllowed; DomainError: no notes, or the ticket still stands still.
    """
    _must(actor, "operations.resolve_ticketerror")
    _must_say_why(notes, field="notes")
    with transaction.atomic():
        mine = _locked_error(error)
        if mine.error_status == ErrorStatus.RESOLVED:
            mine.resolution_notes = notes
        elif mine.rerun_succeeded_at is None and not _has_gone_on(mine):
            raise DomainError(
                f"Ticket #{mine.ticket.number} still stands still. Try again, move it to another "
                "task, or cancel it; the error closes when the ticket goes on."
            )
        else:
            mine.rerun_succeeded_at = mine.rerun_succeeded_at or timezone.now()
            mine.resolved_at, mine.resolved_by_label = timezone.now(), actor.label
            mine.resolve(notes)
        mine.save()
        still_open = TicketError.objects.filter(ticket=mine.ticket_id).unresolved().exists()
        TicketInstance.objects.filter(pk=mine.ticket_id).update(has_open_error=still_open)
        _tell(actor, mine.ticket, EventKind.RESOLVED, reason=notes, task_id=mine.task_id)
    return mine


# --- What the verbs share
# -----------------------------------------------------------------------------


def _must(actor: User, permission: str) -> None:
    if not actor.has_perm(permission):
        raise NotAllowed("Your roles do not allow this. Ask an admin of your company.")


def _must_say_why(reason: str, field: str = "reason") -> None:
    if not reason.strip():
        raise DomainError(
            "Say why, in a few words. It goes into the history.",
            fields={field: "This is required."},
        )
    _must_be_storable({field: reason})


def _must_fit(schema: Any, answers: Answers) -> None:
    _must_be_storable(answers)
    if found := problems(schema, answers):
        raise AnswersInvalid(found)


def _must_be_storable(value: Any) -> None:
    if found := check_storable(value):
        raise AnswersInvalid(found)


def _locked_run(ticket: TicketInstance) -> tuple[WorkflowInstance, store.Row]:
    run_id = TicketInstance.objects.values_list("workflow_id", flat=True).get(pk=ticket.pk)
    locked = store.lock_instance(run_id) if run_id else None
    if locked is None:
        raise DomainError(
            "This ticket has not started yet. Try again in a moment, or repair its error first."
        )
    return WorkflowInstance.objects.get(pk=run_id), locked


def _change_run(
    actor: User, ticket: TicketInstance, verb: str, kind: EventKind, reason: str
) -> WorkflowInstance:
    _must(actor, "operations.triage_ticketinstance")
    if verb == "hold":
        _must_say_why(reason)
    with transaction.atomic():
        run, _ = _locked_run(ticket)
        allowed = {"hold": WorkflowStatus.IN_PROGRESS, "resume": WorkflowStatus.ON_HOLD}[verb]
        if run.w_status != allowed:
            stands = run.get_w_status_display().lower()
            raise DomainError(f"Ticket #{ticket.number} is {stands}: there is nothing to {verb}.")
        getattr(run, verb)()
        run.held_at = timezone.now() if verb == "hold" else None
        run.save()
        _tell(actor, ticket, kind, reason=reason)
    return run


def _cancel_before_start(actor: User, ticket: TicketInstance, reason: str) -> None:
    locked = store.lock_ticket(ticket.pk)
    if locked is None or locked["closed_at"]:
        raise DomainError(f"Ticket #{ticket.number} is over already: there is nothing to cancel.")
    _close(ticket, timezone.now())
    close_errors(
        ticket.pk, task_id=None, by=actor.label, notes=f"Cancelled: {reason}", everywhere=True
    )
    _tell(actor, ticket, EventKind.CANCELLED, reason=reason)


def _close(ticket: TicketInstance, at: Any) -> None:
    TicketInstance.objects.filter(pk=ticket.pk).update(closed_at=at)


def _tell(
    actor: User,
    ticket: TicketInstance,
    kind: EventKind,
    *,
    reason: str = "",
    task_id: UUID | None = None,
) -> None:
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


def _existing(row: store.Row | None) -> store.Row:
    if row is None:
        raise NotFound("This task does not exist, or it is not yours.")
    return row


def _locked_task(actor: User, task: TaskInstance, *, rev: int | None = None) -> store.Row:
    """The task, locked, if this person may work on it now."""
    _must(actor, "operations.work_on_taskinstance")
    row = _existing(store.lock_task(task.pk))
    if row["assigned_to_id"] != actor.pk and not actor.has_perm("operations.triage_ticketinstance"):
        raise NotFound("This task does not exist, or it is not yours.")
    if row["t_status"] not in (TaskStatus.OPEN, TaskStatus.IN_PROGRESS):
        raise TaskMoved(_why_not_now(row))
    if row["w_status"] != WorkflowStatus.IN_PROGRESS:
        raise TaskMoved("The ticket is on hold. It can go on when a ticket admin resumes it.")
    if rev is not None and rev != row["rev"]:
        raise TaskMoved(
            "This task was changed since you opened it. Look at what is new, then send it again."
        )
    return row


def _why_not_now(row: store.Row) -> str:
    because = {
        TaskStatus.COMPLETED: "is completed already. Nothing was changed.",
        TaskStatus.CANCELLED: "was cancelled: the ticket went another way.",
        TaskStatus.PENDING: "waits for somebody free. Take it first.",
    }
    return f"The task '{row['title']}' {because.get(row['t_status'], 'cannot be worked on now.')}"


def _change(
    actor: User,
    row: store.Row,
    was: str,
    verb: str,
    *,
    kind: EventKind,
    person: User | None = None,
    output: Answers | None = None,
    reason: str = "",
) -> None:
    """Move a locked task by its own guarded transition, and write what that made of it."""
    task = TaskInstance(pk=row["id"], t_status=was, assigned_to_id=row["assigned_to_id"])
    arguments = {"hand_to": (person,), "complete": (output,)}.get(verb, ())
    getattr(task, verb)(*arguments)
    changed = store.change_task(
        task=row["id"],
        was=was,
        t_status=task.t_status,
        assigned_to=task.assigned_to_id,
        output=output,
        key=row["key"],
        event_id=uuid7(),
        kind=kind,
        actor=row_id(actor),
        actor_kind="PERSON",
        actor_label=actor.label,
        reason=reason,
        detail={"from": row["assigned_to"], "to": str(person)}
        if kind == EventKind.REASSIGNED
        else {},
    )
    if not changed:
        raise TaskMoved("Somebody else was faster. Reload the page to see where the task is now.")


def _again(task: TaskInstance) -> TaskInstance:
    return TaskInstance.objects.select_related("task_definition", "assigned_to", "ticket").get(
        pk=task.pk
    )


def _locked_error(error: TicketError) -> TicketError:
    """The error, after its ticket's run is locked: the same order as everywhere."""
    mine = TicketError.objects.select_related("ticket").filter(pk=error.pk).first()
    if mine is None:
        raise NotFound("This error does not exist, or you cannot see it.")
    if mine.ticket.workflow_id:
        store.lock_instance(mine.ticket.workflow_id)
    return (
        TicketError.objects.select_for_update(of=("self",))
        .select_related("ticket__workflow", "task")
        .get(pk=mine.pk)
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
    schema = TaskInstance.objects.values_list("task_definition__output_schema", flat=True).get(
        pk=task.pk
    )
    if schema is not None:
        _must_fit(schema, output)
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


def _has_gone_on(error: TicketError) -> bool:
    """Whether the ticket left the place of the error, by whatever way."""
    if error.ticket.closed_at is not None:
        return True
    if error.task is None:
        return error.ticket.workflow_id is not None
    return error.task.routed_at is not None or error.task.t_status == TaskStatus.CANCELLED


__all__ = [
    "add_comment",
    "cancel_ticket",
    "complete_task",
    "hold_ticket",
    "move_ticket",
    "reassign_task",
    "resolve_error",
    "resume_ticket",
    "retry_error",
    "review_error",
    "save_draft",
    "start_task",
    "submit_ticket",
    "take_task",
]

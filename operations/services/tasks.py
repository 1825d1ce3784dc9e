"""What a person does with a task: begin, keep a draft, answer, take, hand over."""

from django.db import transaction
from django.utils import timezone

from definitions.graph import TaskType
from definitions.layouts import files_asked_in
from operations import engine, files, store
from operations.errors import TaskMoved
from operations.models import EventKind, TaskInstance, TaskStatus, WorkflowStatus
from operations.services.checking import Answers, must_be_storable, must_fit
from operations.state_manager import WorkflowStateManager
from tenants.audit import row_id
from tenants.context import after_the_change
from tenants.errors import NotAllowed, NotFound
from tenants.models import User, uuid7
from tenants.services.checking import must


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
    must_be_storable(data)
    with transaction.atomic():
        row = _locked_task(actor, task)
        if row["t_status"] == TaskStatus.OPEN:
            _change(actor, row, TaskStatus.OPEN, "start", kind=EventKind.TASK_STARTED)
        TaskInstance.objects.filter(pk=task.pk).update(
            draft_data=data, draft_saved_at=timezone.now()
        )
        schema, layout = row["output_schema"], row["edit_layout"]
        files.keep_with_draft(actor, _purpose_of(row), schema, layout, data)
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
        output = must_fit(row["output_schema"], output, row["edit_layout"])
        _answer_with_files(actor, row, output)
    else:
        must_be_storable(output)
    _change(actor, row, row["t_status"], "complete", kind=EventKind.TASK_COMPLETED, output=output)
    instance_id, ticket_id = row["workflow_instance_id"], row["ticket_id"]
    after_the_change(
        lambda: WorkflowStateManager(ticket_id=ticket_id, instance_id=instance_id).route(task.pk)
    )


def take_task(actor: User, task: TaskInstance) -> TaskInstance:
    """A worker takes a task that waits for somebody free.

    Raises:
        NotAllowed: not one of those who may get it; TaskMoved: somebody was faster, or the ticket
        is on hold.
    """
    must(actor, "operations.work_on_taskinstance")
    with transaction.atomic():
        row = _existing(store.lock_task(task.pk))
        _must_be_for_people(row)
        role = row["assign"].get("company_role")
        if role and not actor.groups.filter(company_role__key=role).exists():
            raise NotAllowed("This task is for people with another company role.")
        if row["t_status"] != TaskStatus.PENDING or row["assigned_to_id"]:
            raise TaskMoved("Somebody else has taken this task.")
        _must_go_on(row)
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
        _must_be_for_people(row)
        if row["t_status"] not in (TaskStatus.OPEN, TaskStatus.IN_PROGRESS, TaskStatus.PENDING):
            raise TaskMoved("This task is over, so it cannot be handed to anybody.")
        if assignee is None and row["t_status"] == TaskStatus.PENDING:
            raise TaskMoved("This task waits for whoever is free already.")
        if assignee is None:
            _change(
                actor, row, row["t_status"], "give_back", kind=EventKind.REASSIGNED, reason=reason
            )
        else:
            person = User.objects.active().holding("task_worker").filter(pk=assignee.pk).first()
            if person is None:
                raise NotFound("Choose a task worker of your company who can sign in.")
            store.lock_assignments()  # two people's lists change
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


def _purpose_of(row: store.Row) -> files.Purpose:
    return files.Purpose(ticket=row["ticket_id"], task=row["id"])


def _answer_with_files(actor: User, row: store.Row, output: Answers) -> None:
    """What it names becomes part of the answer; what only a draft had does not stay.

    Raises:
        AnswersInvalid: a file is not this person's to use here.
    """
    schema, layout = row["output_schema"], row["edit_layout"]
    if not (asked := files_asked_in(schema, layout)):
        return
    purpose = _purpose_of(row)
    sent = files.files_in(actor, purpose, schema, layout, output)
    files.bind(sent, ticket=row["ticket_id"], task=row["id"])
    files.leave_behind(purpose, [entry for one in asked for entry in one.given(output)])


def _must_be_for_people(row: store.Row) -> None:
    if row["task_type"] != TaskType.FORM:
        raise TaskMoved(f"The task '{row['title']}' is done without a person: nobody can have it.")


def _existing(row: store.Row | None) -> store.Row:
    if row is None:
        raise NotFound("This task does not exist, or it is not yours.")
    return row


def _locked_task(actor: User, task: TaskInstance, *, rev: int | None = None) -> store.Row:
    """The task, locked, if this person may work on it now."""
    must(actor, "operations.work_on_taskinstance")
    row = _existing(store.lock_task(task.pk))
    if row["assigned_to_id"] != actor.pk and not actor.has_perm("operations.triage_ticketinstance"):
        raise NotFound("This task does not exist, or it is not yours.")
    if row["t_status"] not in (TaskStatus.OPEN, TaskStatus.IN_PROGRESS):
        raise TaskMoved(_why_not_now(row))
    _must_go_on(row)
    if rev is not None and rev != row["rev"]:
        raise TaskMoved(
            "This task was changed since you opened it. Look at what is new, then send it again."
        )
    return row


def _must_go_on(row: store.Row) -> None:
    if row["w_status"] != WorkflowStatus.IN_PROGRESS:
        raise TaskMoved("The ticket is on hold. It can go on when a ticket admin resumes it.")


def _why_not_now(row: store.Row) -> str:
    if row["way_out"] == engine.OUT_OF_TIME:
        return f"The task '{row['title']}' ran out of time: the ticket went another way."
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
        detail={"from": row["assigned_to"], "to": str(person) if person else ""}
        if kind == EventKind.REASSIGNED
        else {},
    )
    if not changed:
        raise TaskMoved("Somebody else was faster. Reload the page to see where the task is now.")


def _again(task: TaskInstance) -> TaskInstance:
    return TaskInstance.objects.select_related("task_definition", "assigned_to", "ticket").get(
        pk=task.pk
    )

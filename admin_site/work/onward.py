"""After a step: what it has led to, in plain words, and what to do next."""

from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError

from admin_site import html
from definitions.graph import TaskType
from definitions.listing import listed
from operations.models import TaskInstance
from tenants.models import User

#: Of more steps that start at once only so many are named.
MOST_NAMED = 3


class Told(NamedTuple):
    """`level` is that of django.contrib.messages."""

    level: int
    text: str


def next_of(person: User, but: TaskInstance | None = None) -> TaskInstance | None:
    """The first task in due order; `but` is the one on the page."""
    mine = TaskInstance.objects.assigned_to(person).doable().due_first()
    others = mine.exclude(pk=but.pk) if but else mine
    return others.select_related("task_definition").only("due_at", "task_definition__title").first()


def what_happened(person: User, key: str) -> Told | None:
    """What followed from a task that this person has completed; None if it is no such task."""
    done = TaskInstance.objects.done_by(person).select_related(
        "task_definition", "ticket", "workflow_instance"
    )
    try:
        task = done.filter(pk=key).first()
    except ValidationError:
        return None
    if task is None:
        return None
    ticket, begin = task.ticket, f"“{task.task_definition}” is done."
    if ticket.closed_at is not None:
        return Told(messages.SUCCESS, f"{begin} With it the whole request #{ticket.number} is.")
    if task.routed_at is None and ticket.has_open_error:
        rest = "could not go on by itself. A ticket admin sees that and repairs it."
        return Told(messages.WARNING, f"{begin} Your answer is kept, but #{ticket.number} {rest}")
    if task.routed_at is None:
        return Told(messages.SUCCESS, f"{begin} #{ticket.number} goes on in a moment.")
    return Told(messages.SUCCESS, f"{begin} #{ticket.number} {_whereto(task, person)}")


def _whereto(task: TaskInstance, person: User) -> str:
    # In whichever run of the ticket: the last step inside leads on around it. A step that runs
    # another workflow is told by what has begun inside of it.
    begun = TaskInstance.objects.filter(ticket=task.ticket_id, created_at__gte=task.completed_at)
    outermost = begun.active().filter(children=None)
    started = outermost.select_related("task_definition", "assigned_to").order_by("pk")
    started = started[: MOST_NAMED + 1]
    named = [_with_whom(one, person) for one in started[:MOST_NAMED]]
    if not named:
        return "goes on when its other steps are done."
    if len(started) > MOST_NAMED:
        named.append("more")
    return f"goes on to {listed(named)}."


def _with_whom(task: TaskInstance, person: User) -> str:
    title = f"“{task.task_definition}”"
    if task.task_definition.task_type != TaskType.FORM:
        return f"{title}, which runs by itself"
    if task.assigned_to is None:
        return f"{title}, which waits for somebody free"
    who = "you" if task.assigned_to == person else html.first_name_of(task.assigned_to)
    return f"{title}, with {who}"

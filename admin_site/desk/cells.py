"""What a row of a list shows of a ticket or a task: words, chips and people."""

from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from admin_site import html, statuses, times
from admin_site.statuses import Status
from admin_site.tracker import ran_out, waits_until, way_when_over
from definitions.graph import WorkflowGraph
from operations.models import (
    LIVE_TASK,
    TaskInstance,
    TaskStatus,
    TicketInstance,
    WorkflowStatus,
)

#: Task statuses in which a form waits for a person.
_WITH_A_PERSON = (TaskStatus.OPEN, TaskStatus.IN_PROGRESS)


def ticket_status(ticket: TicketInstance) -> Status:
    """What matters most about it: that it stands still, and why, else where it is."""
    if ticket.closed_at is not None:
        done = ticket.w_status == WorkflowStatus.COMPLETED
        return statuses.status("workflow", "COMPLETED" if done else "CANCELLED")
    if ticket.has_open_error:
        return statuses.status("mark", "STOPPED")
    if ticket.w_status == WorkflowStatus.IN_PROGRESS and waits_for_nobody(_current(ticket)):
        return statuses.status("mark", "NOBODY")
    return statuses.status("workflow", ticket.w_status)


def task_status(task: TaskInstance, run_status: str) -> Status:
    if ran_out(task):
        return statuses.status("mark", "RAN_OUT")
    if waits_for_nobody(task):
        return statuses.status("mark", "NOBODY")
    if run_status == WorkflowStatus.ON_HOLD and task.t_status in _WITH_A_PERSON:
        return statuses.status("workflow", "ON_HOLD")
    return statuses.status("task", task.t_status)


def state_line(status: Status, words: Any = "") -> SafeString:
    """The line below the title of a page: the chip, and what else is to be known at once."""
    return format_html(
        '<span class="tf-row dk-state">{}<span>{}</span></span>', html.chip(status), words
    )


def waits_for_nobody(task: TaskInstance | None) -> bool:
    """Whether nobody is free to do it."""
    return (
        task is not None
        and task.t_status == TaskStatus.PENDING
        and task.assigned_to_id is None
        and task.task_definition.task_type == "FORM"
    )


def ticket_title(ticket: TicketInstance) -> SafeString:
    return html.two_lines(
        ticket.title, f"#{ticket.number} · {ticket.ticket_type} · {asker(ticket)}", strong=True
    )


def asker(ticket: TicketInstance) -> str:
    """Who asked; the name as it was then, where the person is no row of this company."""
    return html.name_of(ticket.created_by) or ticket.created_by_label


def step_of(ticket: TicketInstance) -> SafeString | None:
    """The step, over since when it is there; None before the first."""
    task = _current(ticket)
    if task is None:
        return None
    return html.two_lines(task.task_definition.title, html.moment(since(task), "since"))


def since(task: TaskInstance) -> datetime:
    """Since when it is with whoever has it; giving it to somebody else begins anew."""
    return task.assigned_at or task.created_at


def holder(task: TaskInstance | None) -> SafeString | None:
    """Who has it: a person, nobody (in orange), or the system."""
    if task is None:
        return None
    if waits_for_nobody(task) or task.t_status in _WITH_A_PERSON:
        return html.person(task.assigned_to)
    return html.person(html.SYSTEM)


def ticket_holder(ticket: TicketInstance) -> SafeString | None:
    if ticket.has_open_error or ticket.workflow is None:
        return html.person(html.SYSTEM)
    return holder(_current(ticket))


def ticket_due(ticket: TicketInstance) -> SafeString | None:
    """By when its step should be done; nothing while nobody is asked to do it."""
    task = _current(ticket)
    if task is None or ticket.has_open_error or ticket.closed_at is not None:
        return None
    return task_due(task, ticket.w_status)


def task_due(task: TaskInstance, run_status: str) -> SafeString | None:
    """By when it should be done, or until when it waits; no date while its ticket is on hold, since
    no time runs then."""
    if run_status == WorkflowStatus.ON_HOLD:
        return None
    if until := waits_until(task):
        return html.moment(until, "until")
    return html.due(task.due_at, hint=False) if task.due_at else None


def task_runs_out(
    task: TaskInstance | None, run_status: str, graph: WorkflowGraph
) -> SafeString | None:
    """ "Tue 14:10, then it goes on to “Escalate”"; None where nothing runs out."""
    if task is None or task.times_out_at is None or task.t_status not in LIVE_TASK:
        return None
    way = way_when_over(graph, task.task_definition.key, whole="ticket")
    if not way or run_status == WorkflowStatus.ON_HOLD:
        return None
    return format_html("{}, then {}", html.moment(task.times_out_at), way)


def age(since: datetime) -> SafeString:
    """How long it has been open."""
    return format_html('<span class="tf-nowrap tf-num">{}</span>', times.age(since))


def _current(ticket: TicketInstance) -> TaskInstance | None:
    return ticket.workflow.current_task if ticket.workflow else None


def took(since: datetime, until: datetime | None) -> str:
    """ "2 days 4 hours"."""
    return times.span(until - since, parts=2) if until else ""

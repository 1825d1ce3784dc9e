"""When a task that starts is due, reminds, runs out and wakes: from what its definition says.

Everything is worked out once, when the task starts, from the time of the database; what changes in
the data or in the company's hours later changes no deadline that somebody has already been given.

Pure: the shell asks here, and so does the simulator.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from definitions.graph import JSON, After, TaskNode, TaskType, WorkflowGraph
from definitions.moments import AT, Calendar, moment_at, reminder_at

#: What starts to work as soon as it begins: a call to make, a run to begin.
STARTS_AT_ONCE = frozenset({TaskType.SYNC_ACTION, TaskType.ASYNC_ACTION, TaskType.SUBWORKFLOW})
#: What a timeout transition ends at its due time. The time of a callback begins with its call.
ENDS_WHEN_DUE = frozenset({TaskType.FORM, TaskType.SUBWORKFLOW})


class CompanyCalendar(Calendar, Protocol):
    """`tenants.calendar.WorkCalendar` is one, and so is the one that reads it when it is needed."""

    @property
    def zone(self) -> ZoneInfo: ...


@dataclass(frozen=True, slots=True)
class Times:
    """The columns of a `TaskInstance` that hold times to come."""

    due_at: datetime | None = None
    remind_at: datetime | None = None
    times_out_at: datetime | None = None
    wakes_at: datetime | None = None


def times_of(
    node: TaskNode,
    graph: WorkflowGraph,
    data: dict[str, Any],
    *,
    now: datetime,
    calendar: CompanyCalendar,
) -> Times:
    """The times of a task that starts `now`.

    A reminder that would have been before the start is none: whoever gets the task has just seen
    when it is due. Only what a transition follows runs out; without a due time of its own it is
    due then.

    Raises:
        definitions.moments.MomentError: the data give no time where the definition expects one.
    """
    due_at = _moment(node.extra.get("due"), data, now, calendar)
    if node.task_type == TaskType.WAIT:
        until = _moment(node.extra.get("until"), data, now, calendar, is_needed=True)
        return Times(due_at=due_at, wakes_at=until or now)
    wakes_at = now if node.task_type in STARTS_AT_ONCE else None
    times_out_at = _times_out_at(node, graph, now, due_at)
    due_at = due_at or times_out_at
    remind_at = _reminder(node, now, due_at, calendar)
    return Times(due_at, remind_at, times_out_at, wakes_at)


def _moment(
    document: JSON,
    data: dict[str, Any],
    now: datetime,
    calendar: CompanyCalendar,
    *,
    is_needed: bool = False,
) -> datetime | None:
    if not document:
        return None
    # Which day is today, the company's clock says; a mere duration needs none.
    clock = now.astimezone(calendar.zone) if AT in document else now
    return moment_at(document, data, start=now, now=clock, calendar=calendar, is_needed=is_needed)


def _reminder(
    node: TaskNode, now: datetime, due_at: datetime | None, calendar: CompanyCalendar
) -> datetime | None:
    if node.task_type != TaskType.FORM:
        return None  # nobody has it
    reminder = reminder_at(node.extra.get("reminder"), start=now, due=due_at, calendar=calendar)
    return reminder if reminder and reminder > now else None


def _times_out_at(
    node: TaskNode, graph: WorkflowGraph, now: datetime, due_at: datetime | None
) -> datetime | None:
    if node.task_type not in ENDS_WHEN_DUE or not graph.outgoing(node.key, After.TIMEOUT):
        return None
    if node.timeout_seconds is not None:
        return now + timedelta(seconds=node.timeout_seconds)
    return due_at

"""When a task that starts is due, reminds, runs out and wakes: from what its definition says.

Everything is worked out once, when the task starts, from the time of the database; what changes in
the data or in the company's hours later changes no deadline that somebody has already been given.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from definitions.graph import JSON, After, TaskNode, TaskType, WorkflowGraph
from definitions.moments import AT, moment_at, reminder_at
from tenants.calendar import WorkCalendar
from tenants.context import current_company_id
from tenants.models import Company

#: What starts to work as soon as it begins: a call to make, a run to begin.
STARTS_AT_ONCE = frozenset({TaskType.SYNC_ACTION, TaskType.ASYNC_ACTION, TaskType.SUBWORKFLOW})
#: What a timeout transition ends at its due time. The time of a callback begins with its call.
ENDS_WHEN_DUE = frozenset({TaskType.FORM, TaskType.SUBWORKFLOW})


@dataclass(frozen=True, slots=True)
class Times:
    """The columns of a `TaskInstance` that hold times to come."""

    due_at: datetime | None = None
    remind_at: datetime | None = None
    times_out_at: datetime | None = None
    wakes_at: datetime | None = None


class CalendarInForce:
    """The calendar of the company in force, read from the database when somebody first asks."""

    @cached_property
    def _calendar(self) -> WorkCalendar:
        companies = Company.objects.only("time_zone", "working_hours", "holidays")
        return companies.get(pk=current_company_id()).calendar

    @property
    def zone(self) -> ZoneInfo:
        return self._calendar.zone

    def end_of_day(self, day: date) -> datetime:
        return self._calendar.end_of_day(day)

    def add_working(self, start: datetime, **amounts: float) -> datetime:
        return self._calendar.add_working(start, **amounts)

    def subtract_working(self, start: datetime, **amounts: float) -> datetime:
        return self._calendar.subtract_working(start, **amounts)


def times_of(
    node: TaskNode,
    graph: WorkflowGraph,
    data: dict[str, Any],
    *,
    now: datetime,
    calendar: CalendarInForce,
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
    calendar: CalendarInForce,
    *,
    is_needed: bool = False,
) -> datetime | None:
    if not document:
        return None
    # Which day is today, the company's clock says; a mere duration needs none.
    clock = now.astimezone(calendar.zone) if AT in document else now
    return moment_at(document, data, start=now, now=clock, calendar=calendar, is_needed=is_needed)


def _reminder(
    node: TaskNode, now: datetime, due_at: datetime | None, calendar: CalendarInForce
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

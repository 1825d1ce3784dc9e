"""From a decision of the engine to the rows that it changes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from definitions.graph import ACTION_TYPES, TaskNode, TaskType
from definitions.graphs import PinnedGraph
from operations.assignment import Choice, choose_worker
from operations.company_calendar import CalendarInForce
from operations.engine import Decision, OpenTask, Progress, Start, Waiting
from operations.files.values import described_for
from operations.models import EventKind, TaskStatus, WorkflowInstance
from operations.preparing import prepared_input, prepared_times
from operations.store import Row, Step
from tenants.models import uuid7

NOTHING_UNDER_WAY: Row = {"tasks": [], "visits": {}, "arrivals": []}


def progress_of(seen: Row, pinned: PinnedGraph) -> Progress:
    """What `store.look` saw, as the engine takes it."""
    key_of = keys_by_id(pinned)
    return Progress(
        open=tuple(
            OpenTask(task["id"], key_of[task["definition"]], task["branch"])
            for task in seen["tasks"]
        ),
        visits=seen["visits"],
        waiting=tuple(Waiting(arrival["key"], arrival["branch"]) for arrival in seen["arrivals"]),
    )


def carry_out(
    step: Step,
    pinned: PinnedGraph,
    decision: Decision,
    kind: EventKind,
    *,
    now: datetime,
    seen: Row = NOTHING_UNDER_WAY,
    source: Row | None = None,
    told: Mapping[str, Any] | None = None,
) -> None:
    """Put everything that follows from `decision` into `step`.

    Args:
        source: the completed task it came from, as `store.look` saw it.
        told: more for the event, such as who moved the ticket and why.

    Raises:
        TaskCannotStart: the input of a task that should start cannot be made.
    """
    _tell_the_way(step, pinned, decision, kind, source, told or {})
    merged = [branch for start in decision.starts for branch in start.merges]
    step.used_arrivals += [*merged, *decision.discards]
    step.waits += [
        {"id": uuid7(), "task_key": wait.key, "branch": wait.branch} for wait in decision.waits
    ]
    visits = dict(seen["visits"])
    calendar = CalendarInForce()
    for start in decision.starts:
        _start_task(step, pinned, start, visits, now, calendar)
    _show_current_task(step, seen, source)
    if decision.finished:
        _finish(step, now)


def tell_assignment(step: Step, task_id: UUID, key: str, choice: Choice) -> None:
    """Add the line that says who got the task, or that nobody is free, and why."""
    detail = {"worker": choice.worker_name, "considered": choice.considered}
    _tell(
        step,
        EventKind.ASSIGNED,
        task_id=task_id,
        to_key=key,
        reason=choice.reason,
        detail=detail,
    )


def keys_by_id(pinned: PinnedGraph) -> dict[str, str]:
    """Task keys by the id of their definition, as text: so the database hands ids over in JSON."""
    return {str(task_id): key for key, task_id in pinned.task_ids.items()}


def _tell_the_way(
    step: Step,
    pinned: PinnedGraph,
    decision: Decision,
    kind: EventKind,
    source: Row | None,
    told: Mapping[str, Any],
) -> None:
    usual = {
        "from_key": keys_by_id(pinned)[source["definition"]] if source else "",
        "to_key": ", ".join(start.task_key for start in decision.starts),
        "task_id": source["id"] if source else None,
        "trace": [considered.as_json() for considered in decision.trace],
    }
    _tell(step, kind, **{**usual, **told})


def _start_task(
    step: Step,
    pinned: PinnedGraph,
    start: Start,
    visits: dict[str, int],
    now: datetime,
    calendar: CalendarInForce,
) -> None:
    node = pinned.graph.tasks[start.task_key]
    visits[start.task_key] = visits.get(start.task_key, 0) + 1
    step.instance["last_task_sequence"] += 1
    choice = _choose_worker(step, node) if node.task_type == TaskType.FORM else None
    data = step.instance["workflow_data"]
    files = described_for(node, step.ticket_id)
    task = {
        "id": uuid7(),
        "task_definition_id": pinned.task_ids[start.task_key],
        "branch": start.branch,
        "t_status": TaskStatus.OPEN if choice and choice.worker_id else TaskStatus.PENDING,
        "sequence": step.instance["last_task_sequence"],
        "visit": visits[start.task_key],
        "assigned_to_id": choice.worker_id if choice else None,
        "input_data": prepared_input(node, data, now, files),
        **asdict(prepared_times(pinned.graph, node, data, now, calendar)),
    }
    if node.task_type in ACTION_TYPES:
        step.calls.append(task["id"])
    if node.task_type == TaskType.SUBWORKFLOW:
        step.children.append(task["id"])
    step.tasks.append(task)
    if choice:
        tell_assignment(step, task["id"], start.task_key, choice)


def _choose_worker(step: Step, node: TaskNode) -> Choice:
    given = Counter(str(task["assigned_to_id"]) for task in step.tasks if task["assigned_to_id"])
    return choose_worker(dict(node.assign), given)


def _finish(step: Step, now: datetime) -> None:
    run = WorkflowInstance(w_status=step.instance["w_status"])
    run.finish()
    step.instance |= {"w_status": run.w_status, "completed_at": now}
    if step.instance["parent_task_id"] is None:  # the task around an inner run tells of its end
        step.closed_at = now
        _tell(step, EventKind.FINISHED)


def _tell(step: Step, kind: EventKind, **values: Any) -> None:
    step.instance["last_event_sequence"] += 1
    step.events.append(
        {
            "id": uuid7(),
            "sequence": step.instance["last_event_sequence"],
            "kind": kind,
            "task_id": None,
            "from_key": "",
            "to_key": "",
            "actor_id": None,
            "actor_kind": "SYSTEM",
            "actor_label": "TicketFlower",
            "reason": "",
            "trace": [],
            "detail": {},
            **values,
        }
    )


def _show_current_task(step: Step, seen: Row, source: Row | None) -> None:
    """For display: what started last, else what is still open, else what was done last."""
    if step.tasks:
        step.instance["current_task_id"] = step.tasks[-1]["id"]
        return
    left = [task["id"] for task in seen["tasks"] if task["status"] != TaskStatus.COMPLETED]
    if left:
        step.instance["current_task_id"] = left[-1]
    elif source:
        step.instance["current_task_id"] = source["id"]

"""Runs inside of runs: what a SUBWORKFLOW task begins, and what it gets back.

Each verb here is one transaction of `WorkflowStateManager`, which locks, guards and goes on. The
rows say what is to do: a task that waits without a run inside of it (`wakes_at`), and a run that is
done while the task around it still waits.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from definitions.graph import JSON, TICKET, TaskNode, TaskType
from definitions.graphs import PinnedGraph, graph_for
from definitions.models import WorkflowDefinition
from definitions.schemas import schema_from_fields
from operations import engine, store
from operations.engine import RoutingError
from operations.models import EventKind, TaskInstance, TaskStatus, WorkflowInstance, WorkflowStatus
from operations.preparing import ChildFailed, TaskCannotStart, must_fit, output_of_child
from operations.steps import carry_out
from operations.store import Row, Step
from tenants.models import uuid7

#: How many workflows one may run inside of. Each may be published without the others, so that no
#: check of a drawing can count them for good.
MOST_DEPTH = 5
#: How many runs one ticket may have, those that are over included: stops what splits without end.
MOST_RUNS = 1000


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that begins inside of a task. `has_open_error`: something stops the ticket."""

    step: Step
    has_open_error: bool


def begin(task_id: UUID) -> Begun | None:
    """Create the run inside of a SUBWORKFLOW task and start its first tasks; None: nothing to do.

    Raises:
        ChildFailed: there is no such workflow, it cannot take what it is given, or is too deep.
    """
    task = store.lock_task(task_id)
    if task is None or not _waits_for_its_run(task):
        return None
    family = store.runs.look_at_family(task["root_id"], task_id)
    if family["opened"]:
        return None
    node = graph_for(task["workflow_definition_id"]).graph.tasks[task["key"]]
    _must_not_be_too_much(node, task["depth"] + 1, family["runs"])
    pinned = _published(node)
    given = task["input_data"]
    must_fit(node, pinned.graph, pinned.title, given)
    step = Step(_new_child(task, family, pinned, given), task["ticket_id"])
    _start(step, node, pinned, task)
    return Begun(step, family["has_open_error"])


def wait_for_it(step: Step) -> None:
    """The task around the run that `begin` made waits for nothing but its end."""
    task_id = step.instance["parent_task_id"]
    TaskInstance.objects.filter(pk=task_id).update(
        wakes_at=None, started_at=step.instance["started_at"]
    )


def give_back(task_id: UUID) -> Row | None:
    """Complete a SUBWORKFLOW task with what the run inside of it came to; None: nothing to do.

    Returns the task as it was, with `has_open_error` of its ticket.

    Raises:
        ChildFailed: the output cannot be made, or is not what the task promises.
    """
    task = store.lock_task(task_id)
    if task is None or not _is_pending(task):
        return None
    runs = WorkflowInstance.objects.filter(parent_task=task_id, w_status=WorkflowStatus.COMPLETED)
    done = runs.values_list("workflow_data", "root__tickets__has_open_error").first()
    if done is None:
        return None
    data, has_open_error = done
    node = graph_for(task["workflow_definition_id"]).graph.tasks[task["key"]]
    output = output_of_child(node, data, now=task["now"])
    row = TaskInstance(pk=task["id"], t_status=task["t_status"])
    row.succeed(output)
    is_changed = store.change_task(
        task=task["id"],
        was=task["t_status"],
        t_status=row.t_status,
        assigned_to=None,
        output=output,
        key=task["key"],
        event_id=uuid7(),
        kind=EventKind.TASK_COMPLETED,
        actor=None,
        actor_kind="SYSTEM",
        actor_label="TicketFlower",
        reason="",
        detail={},
    )
    return {**task, "has_open_error": has_open_error} if is_changed else None


def asks_for(key: str) -> JSON:
    """The form of what the workflow `key` is given, as a JSON Schema; None: it asks for nothing.

    More than it asks for is no harm: whoever gives it may know more.
    """
    fields = WorkflowDefinition.objects.published().filter(key=key).values_list("fields", flat=True)
    asked = fields.first()
    return schema_from_fields(asked, closed=False) if asked else None


# What a run inside begins with


def _waits_for_its_run(task: Row) -> bool:
    is_due: bool = task["wakes_at"] is not None and task["wakes_at"] <= task["now"]
    return is_due and _is_pending(task)


def _is_pending(task: Row) -> bool:
    is_one = task["task_type"] == TaskType.SUBWORKFLOW
    goes_on = task["w_status"] == WorkflowStatus.IN_PROGRESS
    return is_one and goes_on and bool(task["t_status"] == TaskStatus.PENDING)


def _must_not_be_too_much(node: TaskNode, depth: int, runs: int) -> None:
    if depth > MOST_DEPTH:
        raise ChildFailed(
            "too_deep",
            f"“{node.label}” would start a workflow inside of {depth} others, and {MOST_DEPTH} is "
            "the limit. Move the ticket to another task, and tell a workflow creator.",
        )
    if runs >= MOST_RUNS:
        raise ChildFailed(
            "too_many_runs",
            f"This ticket has started {MOST_RUNS} workflows inside of its own, which is the limit. "
            "Move it to another task, or cancel it.",
        )


def _published(node: TaskNode) -> PinnedGraph:
    """The version that is published now; the run stays on it, whatever is published later."""
    key = node.extra.get("subworkflow") or ""
    versions = WorkflowDefinition.objects.published().filter(key=key)
    version_id = versions.values_list("pk", flat=True).first()
    if version_id is None:
        raise ChildFailed(
            "no_subworkflow",
            f"“{node.label}” runs the workflow “{key}”, and no version of it is published. "
            "Publish one and try again, or move the ticket to another task.",
        )
    return graph_for(version_id)


def _new_child(task: Row, family: Row, pinned: PinnedGraph, given: Any) -> Row:
    run = WorkflowInstance(id=uuid7())
    run.start()
    return {
        "id": run.pk,
        "root_id": task["root_id"],
        "parent_task_id": task["id"],
        "depth": task["depth"] + 1,
        "workflow_definition_id": pinned.id,
        "w_status": run.w_status,
        "workflow_data": {TICKET: given},
        "current_task_id": None,
        "last_task_sequence": 0,
        "last_event_sequence": family["last_event_sequence"],
        "created_by_id": family["created_by_id"],
        "started_at": task["now"],
        "completed_at": None,
        "held_at": None,
    }


def _start(step: Step, node: TaskNode, pinned: PinnedGraph, task: Row) -> None:
    now, data = task["now"], step.instance["workflow_data"]
    try:
        decision = engine.start(pinned.graph, data, now=now)
        told = {"task_id": task["id"]}
        carry_out(step, pinned, decision, EventKind.STARTED, now=now, told=told)
    except RoutingError as error:
        message = f"“{node.label}” cannot start “{pinned.title}”: {error.message}"
        raise ChildFailed(error.code, message, error.trace) from error
    except TaskCannotStart as error:
        message = f"“{node.label}” cannot start “{pinned.title}”: {error.message}"
        raise ChildFailed("task_cannot_start", message) from error

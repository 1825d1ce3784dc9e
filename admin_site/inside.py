"""Runs inside of a ticket's own: what they are called, and which step of the ticket each is in."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from definitions.graph import TaskType, WorkflowGraph
from definitions.graphs import graph_for
from operations.models import (
    LIVE_TASK,
    TaskInstance,
    TicketInstance,
    WorkflowInstance,
    WorkflowStatus,
)

#: More than this nobody looks through; the latest are known.
MOST_RUNS, MOST_TASKS = 200, 200
#: Where it is inside of each step that runs another workflow: key of the visit -> visits inside.
InnerVisits = Mapping[UUID, Sequence[TaskInstance]]
NOTHING_INSIDE: InnerVisits = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class InnerRun:
    """One run. `step` is the task of the ticket's own run in which it happens, however deep."""

    run: WorkflowInstance
    title: str
    step: UUID
    graph: WorkflowGraph


@dataclass(frozen=True, slots=True)
class Inside:
    """All of them by their keys; none for a ticket whose workflow runs no other."""

    runs: Mapping[UUID, InnerRun] = field(default_factory=dict)

    def run(self, run_id: UUID | None) -> InnerRun | None:
        """None for the ticket's own."""
        return self.runs.get(run_id) if run_id else None

    def title(self, run_id: UUID | None) -> str:
        """What a run is called; "" for the ticket's own."""
        inner = self.run(run_id)
        return inner.title if inner else ""

    @property
    def under_way(self) -> list[InnerRun]:
        """Those that are not over, the oldest first."""
        going = (WorkflowStatus.IN_PROGRESS, WorkflowStatus.ON_HOLD)
        return [one for one in reversed([*self.runs.values()]) if one.run.w_status in going]

    def step_of(self, task: TaskInstance) -> UUID:
        """The task of the ticket's own run in which this one is, or itself."""
        inner = self.runs.get(task.workflow_instance_id)
        return inner.step if inner else task.pk

    def now(self, tasks: Iterable[TaskInstance]) -> dict[UUID, list[TaskInstance]]:
        """Where it is inside of each step of the ticket's own run, of `tasks`: the innermost."""
        live = [
            task
            for task in tasks
            if task.t_status in LIVE_TASK and task.workflow_instance_id in self.runs
        ]
        around = {self.runs[task.workflow_instance_id].run.parent_task_id for task in live}
        found: dict[UUID, list[TaskInstance]] = {}
        for task in sorted(live, key=lambda task: task.pk):
            if task.pk not in around:
                found.setdefault(self.step_of(task), []).append(task)
        return found


NOTHING = Inside()


def inside(ticket: TicketInstance, graph: WorkflowGraph) -> Inside:
    """The runs inside of a ticket; no statement where its workflow runs no other."""
    if ticket.workflow_id is None or not _runs_others(graph):
        return NOTHING
    return _as_inside(WorkflowInstance.objects.filter(root=ticket.workflow_id, depth__gt=0))


def _as_inside(runs: QuerySet[WorkflowInstance]) -> Inside:
    rows = runs.select_related("workflow_definition", "parent_task__task_definition")
    found = {row.pk: row for row in rows.only(*_NEEDED).order_by("-pk")[:MOST_RUNS]}
    return Inside(
        {
            row.pk: InnerRun(
                row, title, _step_of(row, found), graph_for(row.workflow_definition_id).graph
            )
            for row, title in _titled(list(found.values()))
        }
    )


def inside_of(task: TaskInstance) -> Inside:
    """The run inside of one task; no statement where it runs no other workflow."""
    if task.task_definition.task_type != TaskType.SUBWORKFLOW:
        return NOTHING
    return _as_inside(WorkflowInstance.objects.filter(parent_task=task))


def live_inside(ticket: TicketInstance, visits: Sequence[TaskInstance]) -> list[TaskInstance]:
    """What is under way inside of the steps `visits`; no statement where none runs a workflow."""
    around = (
        visit.task_definition.task_type == TaskType.SUBWORKFLOW
        for visit in visits
        if visit.t_status in LIVE_TASK
    )
    if not any(around):
        return []
    rows = ticket.tasks.active().exclude(workflow_instance=ticket.workflow_id)
    people = rows.select_related("task_definition", "assigned_to")
    unread = ("input_data", "output_data", "draft_data", "task_definition__output_schema")
    return list(people.defer(*unread).order_by("-pk")[:MOST_TASKS])


_NEEDED = (
    "w_status",
    "parent_task_id",
    "parent_task__workflow_instance_id",
    "parent_task__task_definition__title",
    "workflow_definition__title",
    "workflow_definition__version",
)


def _runs_others(graph: WorkflowGraph) -> bool:
    return any(task.task_type == TaskType.SUBWORKFLOW for task in graph.tasks.values())


def _titled(rows: Sequence[WorkflowInstance]) -> Iterable[tuple[WorkflowInstance, str]]:
    """By the workflow, and by the step it is in where the same workflow runs in several."""
    steps: dict[str, set[str]] = {}
    for row in rows:
        steps.setdefault(row.workflow_definition.title, set()).add(_title_of_step(row))
    for row in rows:
        title = row.workflow_definition.title
        yield row, f"{_title_of_step(row)}: {title}" if len(steps[title]) > 1 else title


def _title_of_step(row: WorkflowInstance) -> str:
    step: Any = row.parent_task
    return str(step.task_definition.title)


def _step_of(row: WorkflowInstance, found: Mapping[UUID, WorkflowInstance]) -> UUID:
    """Out of one run after the other, up to the ticket's own."""
    task: Any = row.parent_task
    while task.workflow_instance_id in found:
        task = found[task.workflow_instance_id].parent_task
    step: UUID = task.pk
    return step

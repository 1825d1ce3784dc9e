"""The runs of many tickets, as `planning` takes them: three statements, however many there are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from definitions.graph import ACTION_TYPES, TICKET
from definitions.models import WorkflowDefinition
from operations.engine import Waiting
from operations.models import (
    BranchArrival,
    TaskAttempt,
    TaskInstance,
    TaskStatus,
    WorkflowInstance,
    WorkflowStatus,
)
from operations.versions.planning import OpenStep, RunState

GOING = (WorkflowStatus.IN_PROGRESS, WorkflowStatus.ON_HOLD)


def going_runs(version: WorkflowDefinition) -> QuerySet[WorkflowInstance, Any]:
    """Runs that are not over, on another version of the same workflow, inside of others or not.

    A run inside goes with its ticket: that of one that is over is over, too.
    """
    runs = WorkflowInstance.objects.filter(
        workflow_definition__key=version.key,
        w_status__in=GOING,
        root__w_status__in=GOING,
    )
    return runs.exclude(workflow_definition=version.pk)


def read_runs(version: WorkflowDefinition, tickets: Collection[UUID]) -> dict[UUID, list[RunState]]:
    """By ticket: its runs on other versions of the workflow of `version`, the outermost first."""
    rows = going_runs(version).filter(root__tickets__in=tickets)
    rows = rows.annotate(
        submission=F(f"workflow_data__{TICKET}"), ticket=F("root__tickets__pk")
    ).order_by("depth", "pk")
    runs = list(
        rows.values(
            "pk", "ticket", "workflow_definition_id", "workflow_definition__version",
            "parent_task_id", "submission",
        )
    )  # fmt: skip
    keys = [run["pk"] for run in runs]
    steps, arrivals = _steps(keys), _arrivals(keys)
    found: dict[UUID, list[RunState]] = defaultdict(list)
    for run in runs:
        found[run["ticket"]].append(
            RunState(
                run["pk"],
                run["ticket"],
                run["workflow_definition_id"],
                run["workflow_definition__version"],
                run["parent_task_id"] is not None,
                tuple(steps[run["pk"]]),
                tuple(arrivals[run["pk"]]),
                run["submission"] or {},
            )
        )
    return found


def _steps(runs: Iterable[UUID]) -> dict[UUID, list[OpenStep]]:
    attempts = TaskAttempt.objects.filter(task=OuterRef("pk"))
    under_way = Q(ended_at=None)
    children = WorkflowInstance.objects.filter(parent_task=OuterRef("pk"))
    rows = (
        TaskInstance.objects.filter(workflow_instance__in=list(runs), routed_at=None)
        .exclude(t_status=TaskStatus.CANCELLED)
        .annotate(
            key=F("task_definition__key"),
            kind=F("task_definition__task_type"),
            is_under_way=Exists(attempts.filter(under_way)),
            is_sent=Exists(attempts.filter(under_way | Q(sent=True))),
            child=Subquery(children.values("workflow_definition__key")[:1]),
        )
        .order_by("workflow_instance", "sequence")
    )
    found: dict[UUID, list[OpenStep]] = defaultdict(list)
    for row in rows.values(
        "pk", "workflow_instance", "key", "kind", "t_status", "branch", "way_out", "draft_data",
        "assigned_to_id", "wakes_at", "times_out_at", "is_under_way", "is_sent", "child",
    ):  # fmt: skip
        found[row["workflow_instance"]].append(_step(row))
    return found


def _step(row: Mapping[str, Any]) -> OpenStep:
    is_action = row["kind"] in ACTION_TYPES
    is_live = row["t_status"] != TaskStatus.COMPLETED
    in_the_call = row["t_status"] == TaskStatus.IN_PROGRESS or row["is_under_way"]
    return OpenStep(
        id=row["pk"],
        key=row["key"],
        status=row["t_status"],
        branch=row["branch"],
        way_out=row["way_out"],
        draft=row["draft_data"],
        is_assigned=row["assigned_to_id"] is not None,
        is_being_called=is_action and is_live and in_the_call,
        is_called=is_action and row["t_status"] == TaskStatus.PENDING and row["wakes_at"] is None,
        may_be_sent=is_action and row["is_sent"],
        child=row["child"] or "",
        runs_out=row["times_out_at"] is not None,
    )


def _arrivals(runs: Iterable[UUID]) -> dict[UUID, list[Waiting]]:
    found: dict[UUID, list[Waiting]] = defaultdict(list)
    rows = BranchArrival.objects.filter(workflow_instance__in=list(runs)).order_by("pk")
    for run, key, branch in rows.values_list("workflow_instance", "task_key", "branch"):
        found[run].append(Waiting(key, branch))
    return found

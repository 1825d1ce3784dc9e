"""The last tickets of a workflow, sent through another version: what would have gone differently?

Reads three times, however many tickets and tasks there are, and writes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import F

from definitions.graph import TICKET, WorkflowGraph
from definitions.models import WorkflowDefinition
from operations import explain
from operations.company_calendar import CalendarInForce
from operations.models import EventKind, TaskInstance, TaskStatus, WorkflowEvent, WorkflowInstance
from operations.simulation.replaying import Difference, PastRun, PastTask, difference
from operations.simulation.scenario import Recorded
from tenants.models import User
from tenants.services.checking import must

#: How many tickets are asked for, and how many at most.
USUAL_NUMBER, MOST_TICKETS = 200, 1000
#: After these a ticket went where a person sent it, and no drawing decides that.
_BY_HAND = (EventKind.MOVED,)


@dataclass(frozen=True, slots=True)
class Differing:
    """A ticket that would have gone differently. `title` and values in `because` are told only to
    those who see every ticket.
    """

    number: int
    ticket_id: UUID
    title: str
    version: int
    difference: Difference
    because: str = ""


@dataclass(slots=True)
class Replay:
    """`tried`: tickets that were sent through; `by_hand`: those a person moved, which were not."""

    tried: int = 0
    by_hand: int = 0
    differing: list[Differing] = field(default_factory=list)

    @property
    def same(self) -> int:
        return self.tried - len(self.differing)


def replay(
    actor: User, workflow: WorkflowDefinition, graph: WorkflowGraph, *, last: int = USUAL_NUMBER
) -> Replay:
    """Send the last tickets of this workflow, of whatever version, through `graph`.

    A ticket that is under way is sent as far as it has come.

    Raises:
        NotAllowed: the person may not change definitions.
    """
    must(actor, "definitions.change_workflowdefinition")
    runs = _runs(workflow.key, min(max(last, 1), MOST_TICKETS))
    tasks = _tasks(run["id"] for run in runs)
    moved = _moved(run["id"] for run in runs)
    calendar, found = CalendarInForce(), Replay()
    sees = actor.has_perm("operations.triage_ticketinstance")  # to view is to view one's own
    for run in runs:
        if run["id"] in moved:
            found.by_hand += 1
            continue
        found.tried += 1
        past = PastRun(run["submission"] or {}, run["started_at"], tasks[run["id"]])
        told = difference(graph, past, calendar)
        if told is not None:
            found.differing.append(_differing(graph, run, told, sees=sees))
    return found


def _differing(
    graph: WorkflowGraph, run: Mapping[str, Any], told: Difference, *, sees: bool
) -> Differing:
    say = explain.facts if sees else explain.names_of
    because = say(graph, told.key, told.reads)
    if told.stops:
        because = told.problem if sees else ""
    return Differing(
        run["tickets__number"], run["tickets__pk"], run["tickets__title"] if sees else "",
        run["workflow_definition__version"], told, because,
    )  # fmt: skip


def _runs(key: str, last: int) -> list[dict[str, Any]]:
    """The latest tickets that have started, newest first."""
    rows = WorkflowInstance.objects.filter(
        workflow_definition__key=key, parent_task=None, started_at__isnull=False,
        tickets__isnull=False,
    )  # fmt: skip
    columns = ("id", "started_at", "workflow_definition__version")
    of_ticket = ("tickets__pk", "tickets__number", "tickets__title")
    rows = rows.annotate(submission=F(f"workflow_data__{TICKET}")).order_by("-id")
    return list(rows.values("submission", *columns, *of_ticket)[:last])


def _tasks(runs: Iterable[UUID]) -> dict[UUID, list[PastTask]]:
    found: dict[UUID, list[PastTask]] = defaultdict(list)
    rows = TaskInstance.objects.filter(workflow_instance__in=list(runs))
    columns = (
        "workflow_instance", "visit", "t_status", "output_data", "way_out", "completed_at",
        "routed_at", "times_out_at", "created_at",
    )  # fmt: skip
    rows = rows.annotate(key=F("task_definition__key")).order_by("workflow_instance", "sequence")
    for row in rows.values("key", *columns):
        past = PastTask(row["key"], row["visit"], _recorded(row))
        found[row["workflow_instance"]].append(past)
    return found


def _recorded(row: Mapping[str, Any]) -> Recorded | None:
    """What a task came to: done, out of time or caught; None: nothing yet, or it was cancelled."""
    if row["t_status"] != TaskStatus.COMPLETED and not row["way_out"]:
        return None
    if row["t_status"] == TaskStatus.COMPLETED and row["routed_at"] is None:
        return None  # nobody knows yet where it leads
    at = row["completed_at"] or row["routed_at"] or row["times_out_at"] or row["created_at"]
    return Recorded(row["output_data"], at, row["way_out"])


def _moved(runs: Iterable[UUID]) -> set[UUID]:
    events = WorkflowEvent.objects.filter(workflow_instance__in=list(runs), kind__in=_BY_HAND)
    return set(events.order_by().values_list("workflow_instance", flat=True).distinct())

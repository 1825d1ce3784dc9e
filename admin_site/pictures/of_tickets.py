"""A run of a workflow as a picture: where it has been and where it is. One statement."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, Func, JSONField, OuterRef, QuerySet, Subquery, Value, Window
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone

from admin_site import html, times
from admin_site.pictures.figure import Figure, figure
from admin_site.tracker import ran_out, waits_until
from definitions.graph import TaskType, WorkflowGraph
from definitions.graphs import PinnedGraph
from definitions.pictures import Mark
from operations.models import (
    LIVE_TASK,
    EventKind,
    TaskInstance,
    TaskStatus,
    TicketError,
    TicketInstance,
    WorkflowEvent,
    WorkflowInstance,
    WorkflowStatus,
)

#: The events that tell which ways were taken. Where a person moved a ticket, no way was.
ON_A_WAY = (EventKind.STARTED, EventKind.ROUTED, EventKind.TIMED_OUT)


def figure_of_ticket(
    ticket: TicketInstance, pinned: PinnedGraph, failed: Iterable[UUID] = ()
) -> Figure | None:
    """Of the ticket's own run. `failed`: tasks in it that stopped by what is inside of them."""
    run, title = ticket.workflow, f"{pinned.title}, ticket #{ticket.number}"
    if run is None:
        return figure(pinned.graph, title)
    return figure_of_run(run, pinned, title, frozenset(failed))


def figure_of_run(
    run: WorkflowInstance, pinned: PinnedGraph, title: str, failed: frozenset[UUID] = frozenset()
) -> Figure | None:
    # The latest last: it stands for a step that has had two keys.
    visits: list[Any] = sorted(_visits(run.pk), key=lambda visit: visit.sequence)
    is_held = run.w_status == WorkflowStatus.ON_HOLD
    renamed = visits[0].renamed if visits else []
    by_key = {_key_now(visit.task_definition.key, renamed): visit for visit in visits}
    return figure(
        pinned.graph,
        title,
        marks={
            key: _mark(visit, failed=visit.pk in failed, is_held=is_held)
            for key, visit in by_key.items()
        },
        hrefs={key: _address(visit) for key, visit in by_key.items()},
        taken=_taken(visits[0].ways, pinned.graph, renamed) if visits else frozenset(),
    )


def _key_now(key: str, renamed: Iterable[Mapping[str, str]]) -> str:
    """The key of a step after all moves to other versions, in their order."""
    for names in renamed:
        key = names.get(key, key)
    return key


def _visits(run_id: UUID) -> QuerySet[TaskInstance]:
    """One visit per step, with how often it was visited, what stopped there, what runs within it,
    the ways that the whole run has taken, and the steps that have got other keys on the way.
    """
    # About the run and not the row: the database works it out once.
    events = WorkflowEvent.objects.filter(workflow_instance=run_id, kind__in=ON_A_WAY).order_by()
    targets = Func(
        F("trace"),
        Value("$[*] ? (@.taken == true).target"),
        function="jsonb_path_query_array",
        output_field=JSONField(),
        template="%(function)s(%(expressions)s::jsonpath)",
    )
    ways = events.annotate(way=JSONObject(source=F("from_key"), targets=targets)).values("way")
    moves = WorkflowEvent.objects.filter(
        workflow_instance=run_id, kind=EventKind.VERSION_CHANGED
    ).order_by("sequence")
    stops = TicketError.objects.unresolved().filter(task=OuterRef("pk")).order_by("-last_seen_at")
    within = WorkflowInstance.objects.filter(parent_task=OuterRef("pk"))
    rows = TaskInstance.objects.filter(workflow_instance=run_id).latest_of_each_step()
    return (
        rows.select_related("task_definition", "assigned_to", "completed_by")
        .annotate(
            times=Window(Count("pk"), partition_by=["task_definition__key"]),
            stopped_at=Subquery(stops.values("last_seen_at")[:1]),
            within=Subquery(within.values("pk")[:1]),
            ways=ArraySubquery(ways.distinct()),
            renamed=ArraySubquery(moves.values("detail__renamed")),
        )
        .defer(
            "input_data",
            "output_data",
            "draft_data",
            "task_definition__input_schema",
            "task_definition__output_schema",
            "task_definition__edit_layout",
            "task_definition__display_layout",
        )
    )


def _address(visit: TaskInstance) -> str:
    return reverse("desk:operations_taskinstance_change", args=[visit.pk])


def _taken(
    ways: Iterable[Any], graph: WorkflowGraph, renamed: Sequence[Mapping[str, str]]
) -> frozenset[tuple[str, str]]:
    """(from, to) by key, "" for start and end."""
    keys = {"", *graph.tasks}
    found = (
        (_key_now(way["source"], renamed), _key_now(target or "", renamed))
        for way in ways
        for target in way["targets"] or ()
    )
    return frozenset((source, target) for source, target in found if source in keys)


# --- the mark of a step ---------------------------------------------------------------------------


def _mark(visit: Any, *, failed: bool, is_held: bool) -> Mark:
    state, words = _state(visit, failed=failed, is_held=is_held)
    who = visit.completed_by or visit.assigned_to
    name = html.first_name_of(who) if who else ""
    by = name and state == "done"
    often = f"{visit.times} times" if visit.times > 1 else ""
    inside = reverse("desk:picture", args=[visit.within]) if visit.within else ""
    return Mark(
        state,
        " · ".join(filter(None, [words, name])),
        ", ".join(filter(None, [f"{words} by {name}", often] if by else [words, name, often])),
        visit.times,
        inside,
    )


def _state(visit: Any, *, failed: bool, is_held: bool) -> tuple[str, str]:
    """The kind of its mark, and the words for it: never a colour alone."""
    over = visit.completed_at
    if failed or visit.stopped_at or visit.t_status == TaskStatus.ERROR:
        at = visit.stopped_at
        return "failed", f"Stopped {times.when(at)}" if at else "Stopped"
    if visit.t_status in LIVE_TASK:
        return "now", "On hold" if is_held else _waiting(visit)
    if ran_out(visit):
        return "skip", f"Ran out {times.when(over)}"
    if visit.t_status == TaskStatus.CANCELLED:
        return "skip", f"Cancelled {times.when(over)}".strip()
    if visit.way_out:
        return "warn", f"Stopped {times.when(over)}, went on"
    return "done", f"Done {times.when(over)}"


def _waiting(visit: TaskInstance) -> str:
    if until := waits_until(visit):
        return f"Until {times.when(until)}"
    lasts = times.span(timezone.now() - (visit.assigned_at or visit.created_at))
    if visit.task_definition.task_type != TaskType.FORM:
        return f"Under way {lasts}"
    return f"Open {lasts}" if visit.assigned_to_id else f"Nobody free, {lasts}"

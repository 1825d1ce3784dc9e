"""Where a ticket is, for the people who repair: every step with its state, failures included."""

from collections.abc import Sequence

from admin_site import html, times
from admin_site.desk import cells
from admin_site.parts import Step
from admin_site.tracker import usual_way
from definitions.graph import TaskType, WorkflowGraph
from operations.models import LIVE_TASK, TaskInstance, TaskStatus, TicketError, TicketInstance


def steps_of(
    ticket: TicketInstance,
    graph: WorkflowGraph,
    visits: Sequence[TaskInstance],
    error: TicketError | None,
) -> list[Step]:
    """What is done, where it is, and what usually follows.

    `visits` holds one visit per step, with its definition and people; `error` is what it stands
    still for. After a step that failed nothing is drawn as under way.
    """
    in_order = sorted(visits, key=lambda visit: visit.sequence)
    done = [visit for visit in in_order if visit.t_status == TaskStatus.COMPLETED]
    live = [visit for visit in in_order if visit.t_status in LIVE_TASK]
    failed = error.task_id if error else None
    if ticket.closed_at is not None:
        return [_over(visit) for visit in in_order]
    begin: list[str | None] = [visit.task_definition.key for visit in live or done[-1:]]
    passed = {visit.task_definition.key for visit in done}
    rest = usual_way(graph, begin or [None], passed)
    drawn = [
        _failed(visit, error) if error and visit.pk == failed else _done(visit)
        for visit in done
        if visit.task_definition.key not in rest
    ]
    drawn += [_live(visit, error if visit.pk == failed else None) for visit in live]
    return [*drawn, *(Step(graph.tasks[key].label) for key in rest)]


def _done(visit: TaskInstance) -> Step:
    who = html.first_name_of(visit.completed_by) if visit.completed_by else "System"
    took = ""
    if visit.completed_at:
        took = times.span(visit.completed_at - visit.created_at)
    return Step(str(visit), "done", _joined(who, took, _again(visit)))


def _over(visit: TaskInstance) -> Step:
    if visit.t_status == TaskStatus.COMPLETED:
        return _done(visit)
    return Step(str(visit), "skip", _joined("cancelled", times.when(visit.completed_at)))


def _live(visit: TaskInstance, error: TicketError | None) -> Step:
    if error is not None:
        return _failed(visit, error)
    since = times.when(cells.since(visit))
    if visit.assigned_to:
        meta = f"with {html.first_name_of(visit.assigned_to)} since {since}"
    elif visit.task_definition.task_type == TaskType.FORM:
        meta = f"nobody free since {since}"
    else:
        meta = f"under way since {since}"
    return Step(str(visit), "now", _joined(meta, _again(visit)))


def _failed(visit: TaskInstance, error: TicketError) -> Step:
    tries = f"{error.attempts} tries" if error.attempts > 1 else ""
    return Step(str(visit), "failed", _joined(f"stopped {times.when(error.last_seen_at)}", tries))


def _again(visit: TaskInstance) -> str:
    return f"{visit.visit} times" if visit.visit > 1 else ""


def _joined(*words: str) -> str:
    return ", ".join(word for word in words if word)

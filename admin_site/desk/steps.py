"""Where a ticket is, for the people who repair: every step with its state, failures included."""

from collections.abc import Sequence

from admin_site import html, times
from admin_site.desk import cells
from admin_site.desk.states import call_state
from admin_site.inside import NOTHING, NOTHING_INSIDE, InnerVisits, Inside
from admin_site.parts import Step
from admin_site.tracker import ran_out, usual_way, waits_until
from definitions.graph import TaskType, WorkflowGraph
from operations.models import LIVE_TASK, TaskInstance, TaskStatus, TicketError, TicketInstance


def steps_of(
    ticket: TicketInstance,
    graph: WorkflowGraph,
    visits: Sequence[TaskInstance],
    error: TicketError | None,
    inside: Inside = NOTHING,
    now: InnerVisits = NOTHING_INSIDE,
) -> list[Step]:
    """What is done, where it is, and what usually follows.

    `visits` holds one visit per step, with its definition and people; `error` is what it stands
    still for. After a step that failed nothing is drawn as under way. Runs inside are told with
    the step that they are in: `now` is where each of them is.
    """
    visits = [visit for visit in visits if inside.run(visit.workflow_instance_id) is None]
    in_order = sorted(visits, key=lambda visit: visit.sequence)
    done = [visit for visit in in_order if visit.t_status == TaskStatus.COMPLETED or ran_out(visit)]
    live = [visit for visit in in_order if visit.t_status in LIVE_TASK]
    failed = inside.step_of(error.task) if error and error.task else None
    if ticket.closed_at is not None:
        return [_over(visit) for visit in in_order]
    begin: list[str | None] = [visit.task_definition.key for visit in live or done[-1:]]
    passed = {visit.task_definition.key for visit in done}
    rest = usual_way(graph, begin or [None], passed)
    drawn = [
        _failed(visit, error) if error and visit.pk == failed else _over(visit)
        for visit in done
        if visit.task_definition.key not in rest
    ]
    drawn += [
        _live(visit, error if visit.pk == failed else None, now.get(visit.pk, ())) for visit in live
    ]
    return [*drawn, *(Step(graph.tasks[key].label) for key in rest)]


def _done(visit: TaskInstance) -> Step:
    who = html.first_name_of(visit.completed_by) if visit.completed_by else "System"
    if visit.task_definition.task_type == TaskType.SUBWORKFLOW:
        who = ""
    took = ""
    if visit.completed_at:
        took = times.span(visit.completed_at - visit.created_at)
    return Step(str(visit), "done", _joined(who, took, _again(visit)))


def _over(visit: TaskInstance) -> Step:
    if visit.t_status == TaskStatus.COMPLETED:
        return _done(visit)
    why = "ran out of time" if ran_out(visit) else "cancelled"
    return Step(str(visit), "skip", _joined(why, times.when(visit.completed_at)))


def _live(visit: TaskInstance, error: TicketError | None, inside: Sequence[TaskInstance]) -> Step:
    if error is not None:
        return _failed(visit, error)
    meta = _holding(visit)
    if inside:
        more = f"and {len(inside) - 1} more" if len(inside) > 1 else ""
        meta = _joined(f"{inside[0]}: {_holding(inside[0])}", more)
    return Step(str(visit), "now", _joined(meta, _again(visit)))


def _holding(visit: TaskInstance) -> str:
    if until := waits_until(visit):
        return f"waits until {times.when(until)}"
    if calling := call_state(visit):
        return calling
    since = times.when(cells.since(visit))
    if visit.assigned_to:
        return f"with {html.first_name_of(visit.assigned_to)} since {since}"
    if visit.task_definition.task_type == TaskType.FORM:
        return f"nobody free since {since}"
    return f"under way since {since}"


def _failed(visit: TaskInstance, error: TicketError) -> Step:
    where = f"at {error.task}" if error.task and error.task_id != visit.pk else ""
    tries = f"{error.attempts} tries" if error.attempts > 1 else ""
    stopped = f"stopped {times.when(error.last_seen_at)}"
    return Step(str(visit), "failed", _joined(where, stopped, tries))


def _again(visit: TaskInstance) -> str:
    return f"{visit.visit} times" if visit.visit > 1 else ""


def _joined(*words: str) -> str:
    return ", ".join(word for word in words if word)

"""What the page of a ticket shows. Its statements are as many for one event as for a thousand."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from admin_site import history, html, times
from admin_site.asked import answered_in, asked_in
from admin_site.desk import cells, steps
from admin_site.desk.forms import CommentForm
from admin_site.desk.states import call_state, with_tries
from admin_site.files import FilesOfTicket, knowing_files, shelf_of_comments
from admin_site.history import Line, Names
from admin_site.inside import Inside, inside
from admin_site.parts import Fact, Tab
from admin_site.people import person_of
from admin_site.pictures import figure_of_ticket
from admin_site.schema_forms import Finder, Told
from admin_site.tracker import waits_until
from definitions.graph import TICKET, TaskType
from definitions.graphs import PinnedGraph, graph_for
from operations.models import (
    DOABLE_TASK,
    EventKind,
    TaskAttempt,
    TaskInstance,
    TaskStatus,
    TicketError,
    TicketInstance,
    WorkflowEvent,
    WorkflowStatus,
)

#: What one ticket's page and its questions need of the rows around it.
RELATED = (
    "created_by",
    "ticket_type__workflow",
    "workflow__workflow_definition",
    "workflow__current_task__task_definition",
    "workflow__current_task__assigned_to",
)
#: Lines of history before "Show everything", and the most that are drawn after it.
FEW, MANY = 40, 1_000
#: Visits of tasks that the page knows: for the card, and for the answers in the history.
MOST_VISITS, LISTED_VISITS = 200, 6
COMMENTS, EVERYTHING = "comments", "all"
VERBS = ("move", "version", "hold", "resume", "cancel", "comment")


@dataclass(frozen=True, slots=True)
class Visit:
    """A task of the ticket, as its card shows it."""

    task: TaskInstance
    href: str
    assign: str  # address of the question to whom, or ""
    status: Any
    inside: str  # the workflow inside of the ticket's own that it belongs to, or ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Why it stands still: the first error that is not repaired, and where else it happened."""

    error: TicketError
    others: int
    href: str


@dataclass(frozen=True, slots=True)
class WayBack:
    """Back to the version from which somebody moved it, and the page that does it."""

    words: str
    href: str


def context(request: HttpRequest, ticket: TicketInstance) -> dict[str, Any]:
    """Everything that desk/ticket.html draws."""
    pinned = pinned_for(ticket)
    files = FilesOfTicket("desk", ticket.pk)
    names, is_open = Names(pinned.graph, files), ticket.closed_at is None
    visits, within = list(_visits(ticket)[:MOST_VISITS]), inside(ticket, pinned.graph)
    cards = [_visit(visit, ticket, within) for visit in visits[:LISTED_VISITS]]
    stop = _stop(ticket)
    shown = request.GET.get("show", "")
    lines, more, back = _history(ticket, visits, names, within, shown)
    latest, error = _latest(ticket), stop.error if stop else None
    where = steps.steps_of(ticket, pinned.graph, latest, error, within, within.now(visits))
    return {
        "title": f"#{ticket.number}",
        "ticket": ticket,
        "eyebrow": _eyebrow(ticket),
        "state_line": cells.state_line(cells.ticket_status(ticket), _place(ticket, where, visits)),
        "stop": stop,
        "steps": where,
        "figure": figure_of_ticket(ticket, pinned, _stopped_around(error, within)),
        "steps_title": "Where it is" if is_open else "How it went",
        "version": f"{pinned.title} v{pinned.version}",
        "lines": lines,
        "more_lines": more,
        "history_tabs": _history_tabs(shown),
        "facts": _facts(ticket, pinned),
        "asked": asked_in(ticket, files, everything=True),
        "known": [
            *_known_before(latest, within, pinned, files),
            *_known(ticket, pinned, files),
            *_known_inside(latest, within, files),
        ],
        "visits": cards,
        "assign_url": next((card.assign for card in cards if card.assign), ""),
        "more_visits": max(0, len(visits) - LISTED_VISITS),
        "comment_form": CommentForm(shelf=shelf_of_comments("desk", person_of(request), ticket)),
        "may": (may := _may(ticket)),
        "may_more": any(may[verb] for verb in ("version", "hold", "resume", "cancel")),
        "version_back": back,
        "move_words": "Move to a step" if is_open else "Open it again",
        **{f"{verb}_url": f"../{verb}/" for verb in VERBS},
    }


def _stopped_around(error: TicketError | None, within: Inside) -> list[UUID]:
    """The step of the ticket's own run in which it stopped."""
    return [within.step_of(error.task)] if error and error.task else []


def pinned_for(ticket: TicketInstance) -> PinnedGraph:
    """The version that the ticket runs on; before it has started, the one it will."""
    run = ticket.workflow
    return graph_for(run.workflow_definition_id if run else ticket.ticket_type.workflow_id)


def _eyebrow(ticket: TicketInstance) -> str:
    words = [f"#{ticket.number}", str(ticket.ticket_type), f"from {cells.asker(ticket)}"]
    return " · ".join([*words, times.when(ticket.created_at)])


def _place(ticket: TicketInstance, where: Sequence[Any], visits: Sequence[Any]) -> str:
    """ "Place the order · step 3 of 4 · since today 09:14"."""
    if ticket.closed_at is not None:
        took = times.span(ticket.closed_at - ticket.created_at, parts=2)
        return f"{times.when(ticket.closed_at)} · took {took}"
    current = ticket.workflow.current_task if ticket.workflow else None
    if current is None:
        return "waits to be started"
    number = next((n for n, s in enumerate(where, 1) if s.state in ("now", "failed")), 0)
    of = [f"step {number} of {len(where)}"] if number else []
    calling = call_state(current, is_held=ticket.w_status == WorkflowStatus.ON_HOLD)
    if calling:
        tries = next((visit.tries for visit in visits if visit.pk == current.pk), 0)
        return " · ".join([str(current), *of, with_tries(calling, tries)])
    return " · ".join([str(current), *of, f"since {times.when(cells.since(current))}"])


# --- what has happened ----------------------------------------------------------------------------


def _visits(ticket: TicketInstance) -> Any:
    people = ("task_definition", "assigned_to", "completed_by", "workflow_instance")
    tries = TaskAttempt.objects.filter(task=OuterRef("pk")).order_by().values("task")
    counted = Coalesce(Subquery(tries.annotate(n=Count("pk")).values("n")), 0)
    rows = ticket.tasks.select_related(*people).annotate(tries=counted)
    # Each run counts its own tasks; the keys tell the order in which all of them were made.
    return rows.defer("workflow_instance__workflow_data", "input_data").order_by("-pk")


def _latest(ticket: TicketInstance) -> list[TaskInstance]:
    rows = ticket.tasks.latest_of_each_step()
    return list(rows.select_related("task_definition", "assigned_to", "completed_by"))


def _history(
    ticket: TicketInstance,
    visits: Sequence[TaskInstance],
    names: Names,
    within: Inside,
    shown: str,
) -> tuple[list[Line], bool, WayBack | None]:
    """The newest lines, whether there are older ones, and how to undo the last move of version."""
    most = MANY if shown == EVERYTHING else FEW
    events: list[WorkflowEvent] = []
    if shown != COMMENTS:
        rows = WorkflowEvent.objects.filter(ticket=ticket).select_related("actor")
        events = list(rows.order_by("-sequence")[: most + 1])
    said = knowing_files(ticket.comments.select_related("author"))
    comments = said.order_by("-created_at")[: most + 1]
    by_key = {visit.pk: visit for visit in visits}
    lines = history.timeline(events, list(comments), by_key, names, within)
    return lines[:most], len(lines) > most, _way_back(ticket, events)


def _way_back(ticket: TicketInstance, events: Iterable[WorkflowEvent]) -> WayBack | None:
    """From what the page has read already; `events` come newest first."""
    run = ticket.workflow
    if run is None or ticket.closed_at is not None:
        return None
    moves = (one for one in events if one.kind == EventKind.VERSION_CHANGED)
    last = next((one for one in moves if one.workflow_instance_id == run.pk), None)
    if last is None or last.detail.get("to_id") != str(run.workflow_definition_id):
        return None
    here = reverse("desk:definitions_workflowdefinition_move", args=[last.detail["from_id"]])
    return WayBack(f"Move back to v{last.detail['from']}", f"{here}?tickets={ticket.number}&back=1")


def _history_tabs(shown: str) -> list[Tab]:
    return [
        Tab("Everything", "?", active=shown != COMMENTS),
        Tab("Comments", f"?show={COMMENTS}", active=shown == COMMENTS),
    ]


def _stop(ticket: TicketInstance) -> Stop | None:
    same = TicketError.objects.unresolved().filter(fingerprint=OuterRef("fingerprint"))
    number = same.order_by().values("fingerprint").annotate(n=Count("pk")).values("n")
    rows = ticket.errors.unresolved().select_related("task__task_definition", "reviewed_by")
    error = rows.annotate(alike=Subquery(number)).order_by("-last_seen_at").first()
    if error is None:
        return None
    href = reverse("desk:operations_ticketerror_change", args=[error.pk])
    alike: int = getattr(error, "alike", 0) or 1
    return Stop(error, alike - 1, href)


# --- what is known --------------------------------------------------------------------------------


def _facts(ticket: TicketInstance, pinned: PinnedGraph) -> list[Fact]:
    facts = [
        Fact("With", cells.ticket_holder(ticket)) if ticket.closed_at is None else None,
        Fact("Asked by", html.person(ticket.created_by or ticket.created_by_label)),
        Fact(_due_word(ticket), due) if (due := cells.ticket_due(ticket)) else None,
        Fact("Runs out", ends) if (ends := _runs_out(ticket, pinned)) else None,
        Fact("Opened", html.moment(ticket.created_at)),
        Fact("Closed", html.moment(ticket.closed_at)) if ticket.closed_at else None,
        Fact("Type", ticket.ticket_type),
        Fact("Workflow", _workflow_link(pinned)),
        Fact("Key outside", ticket.ext_key) if ticket.ext_key else None,
    ]
    return [fact for fact in facts if fact]


def _due_word(ticket: TicketInstance) -> str:
    task = ticket.workflow.current_task if ticket.workflow else None
    return "Waits" if task and waits_until(task) else "Due"


def _runs_out(ticket: TicketInstance, pinned: PinnedGraph) -> Any:
    """When its step runs out, and what then; not while the ticket is stopped or over."""
    if ticket.workflow is None or ticket.has_open_error or ticket.closed_at is not None:
        return None
    return cells.task_runs_out(ticket.workflow.current_task, ticket.w_status, pinned.graph)


def _workflow_link(pinned: PinnedGraph) -> Any:
    href = reverse("desk:definitions_workflowdefinition_change", args=[pinned.id])
    words = f"{pinned.title} v{pinned.version}"
    return format_html('<a class="tf-link" href="{}">{}</a>', href, words)


def _known(
    ticket: TicketInstance, pinned: PinnedGraph, files: Finder
) -> list[tuple[str, list[Told]]]:
    """(title of a step, its latest answer), the newest last.

    What a workflow inside hands over as it is, is told step by step (`_known_inside`).
    """
    data: Mapping[str, Any] = ticket.workflow.workflow_data if ticket.workflow else {}
    return [
        (node.label, told)
        for key, node in pinned.graph.tasks.items()
        if key != TICKET
        and key in data
        and (node.task_type != TaskType.SUBWORKFLOW or node.output_schema is not None)
        and (told := answered_in(node, data[key], files, everything=True))
    ]


def _known_before(
    latest: Sequence[TaskInstance], within: Inside, pinned: PinnedGraph, files: FilesOfTicket
) -> Iterator[tuple[str, list[Told]]]:
    """The latest answers to steps that the version it runs on has no more."""
    for visit in sorted(latest, key=lambda visit: visit.sequence):
        node = visit.task_definition
        is_inside = within.run(visit.workflow_instance_id) is not None
        if is_inside or node.key in pinned.graph.tasks or visit.t_status != TaskStatus.COMPLETED:
            continue
        if told := answered_in(node, visit.output_data, files, everything=True):
            yield node.title, told


def _known_inside(
    latest: Sequence[TaskInstance], within: Inside, files: Finder
) -> Iterator[tuple[str, list[Told]]]:
    """The latest answers to the steps of workflows inside."""
    for visit in sorted(latest, key=lambda visit: visit.pk):
        inner, node = within.run(visit.workflow_instance_id), visit.task_definition
        if inner is None or visit.t_status != TaskStatus.COMPLETED:
            continue
        if told := answered_in(node, visit.output_data, files, everything=True):
            yield f"{inner.title} · {node.title}", told


# --- what may be done -----------------------------------------------------------------------------


def _visit(task: TaskInstance, ticket: TicketInstance, within: Inside) -> Visit:
    href = reverse("desk:operations_taskinstance_change", args=[task.pk])
    can_be_assigned = task.t_status in DOABLE_TASK or cells.waits_for_nobody(task)
    ask = reverse("desk:operations_taskinstance_assign", args=[task.pk]) if can_be_assigned else ""
    status = cells.task_status(task, ticket.w_status)
    return Visit(task, href, ask, status, within.title(task.workflow_instance_id))


def _may(ticket: TicketInstance) -> dict[str, bool]:
    """What would be refused is not offered."""
    status, is_open = ticket.w_status, ticket.closed_at is None
    return {
        "move": ticket.workflow is not None,
        "version": ticket.workflow is not None and is_open,
        "hold": status == WorkflowStatus.IN_PROGRESS,
        "resume": status == WorkflowStatus.ON_HOLD,
        "cancel": is_open,
    }

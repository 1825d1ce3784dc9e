"""What the page of one step shows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from admin_site import html, times
from admin_site.asked import answered_in
from admin_site.files import FileShelf, FilesOfTicket, knowing_files, shelf_of_comments
from admin_site.parts import Entry
from admin_site.schema_forms import SchemaForm, Told, form_for
from admin_site.statuses import Tone
from admin_site.tracker import history, journey, ran_out, seen_of, visits_for_journey
from admin_site.work.consequences import Consequence, consequences
from admin_site.work.forms import CommentForm
from admin_site.work.knowledge import answer_of, known_about
from admin_site.work.onward import next_of
from definitions.graph import WorkflowGraph
from definitions.graphs import graph_for
from operations.errors import TaskMoved
from operations.files import Purpose
from operations.models import ActorKind, Comment, EventKind, TaskInstance, WorkflowEvent
from tenants.models import User

RELATED = (
    "ticket__ticket_type__workflow", "ticket__created_by", "task_definition", "assigned_to",
    "completed_by", "workflow_instance__workflow_definition", "workflow_instance__root",
)  # fmt: skip
#: The page's own fields; no question of a form can be called so.
REV, SEEN = "_rev", "_seen"
NOTHING_TO_ASK = {"type": "object", "properties": {}}
MOST_COMMENTS = 100
MOST_CHANGES = 10
MOST_IN_SHORT, LONGEST_IN_SHORT = 3, 120
REQUESTER_READS = "The requester reads this."
STALE = "This task was changed since you opened it. Look at what is new, then send it again."


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer of the page.

    `refused` says what was not done; `since` is the event from which on changes are told. `typed`
    is what came too late: shown for reading, in place of a form that nobody can send.
    """

    task: TaskInstance
    form: SchemaForm
    refused: str = ""
    since: int | None = None
    comment: CommentForm | None = None
    typed: Sequence[Told] = ()


def is_doable(task: TaskInstance) -> bool:
    """Whether a person could do it, were it not for a ticket on hold."""
    return bool(task.t_status in ("OPEN", "IN_PROGRESS"))


def is_on_hold(task: TaskInstance) -> bool:
    return bool(task.workflow_instance.w_status == "ON_HOLD")


# --- what was sent -------------------------------------------------------------------------------


def form_of(task: TaskInstance, person: User, request: HttpRequest | None = None) -> SchemaForm:
    """The step's form: from the draft, else from what was prepared; with what was sent, if any."""
    definition = task.task_definition
    initial = task.draft_data if task.draft_data is not None else task.input_data
    sent = (request.POST, request.FILES) if request is not None else (None, None)
    schema = definition.output_schema or NOTHING_TO_ASK
    layout = definition.edit_layout
    shelf = FileShelf("work", person, Purpose(ticket=task.ticket_id, task=task.pk))
    form = form_for(schema, layout, data=sent[0], files=sent[1], initial=initial, shelf=shelf)
    _mark_what_the_requester_reads(form, seen_of(schema, layout))
    return form


def _mark_what_the_requester_reads(form: SchemaForm, seen: Collection[str]) -> None:
    for question in form.fields.values():
        place = question.control.place  # type: ignore[attr-defined]
        if place and place[0] in seen:
            words = (question.help_text, REQUESTER_READS)
            question.help_text = format_html_join(" ", "{}", ((w,) for w in words if w))


def files_of(task: TaskInstance) -> FilesOfTicket:
    return FilesOfTicket("work", task.ticket_id)


def number_in(request: HttpRequest, name: str) -> int | None:
    given = request.POST.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None


def must_be_fresh(task: TaskInstance, request: HttpRequest) -> None:
    """Refuse a page that shows an older state of the step.

    Raises:
        TaskMoved: it was changed since.
    """
    rev = number_in(request, REV)
    if rev is not None and rev != task.rev:
        raise TaskMoved(STALE)


def too_late(task: TaskInstance, was: Shown, reader: User) -> Shown:
    """The page of a step that is over, for somebody who had still been at it."""
    if task.t_status == "COMPLETED":
        who = "you" if task.completed_by == reader else html.first_name_of(task.completed_by)
        answer = _in_short(answer_of(task, files_of(task)))
        refused = f"Already completed by {who}{f' with: {answer}' if answer else ''}."
    else:
        refused = "Nobody needs this task any more."
        if ran_out(task):
            refused = f"The time for this task ran out {times.when(task.completed_at)}."
    typed = answered_in(task.task_definition, was.form.draft, files_of(task), everything=True)
    return replace(was, task=task, refused=refused, typed=typed)


def _in_short(told: Sequence[Told]) -> str:
    """The first answers without their questions: "No, 12.5"."""
    words = [one.text for one in told if one.text]
    more = " …" if len(words) > MOST_IN_SHORT else ""
    return Truncator(", ".join(words[:MOST_IN_SHORT])).chars(LONGEST_IN_SHORT) + more


# --- what is shown -------------------------------------------------------------------------------


def context(shown: Shown, reader: User) -> dict[str, Any]:
    task, ticket, files = shown.task, shown.task.ticket, files_of(shown.task)
    graph = graph_for(task.workflow_instance.workflow_definition_id).graph
    visits = _visits(task)
    mine = task.assigned_to_id == reader.pk
    can_work = mine and is_doable(task) and not is_on_hold(task)
    comment = shown.comment or CommentForm(shelf=shelf_of_comments("work", reader, ticket))
    comment_is_in = "task" if can_work else "comment"
    return {
        "title": f"{task.task_definition} · #{ticket.number}",
        "task": task,
        "ticket": ticket,
        "eyebrow": f"#{ticket.number} {ticket.title}",
        "asker": html.name_of(ticket.created_by) or ticket.created_by_label,
        "under_title": _under_title(task, _place(task, visits, reader), reader),
        "known": known_about(task, visits, files),
        "form": shown.form,
        "has_questions": bool(shown.form.fields) or bool(shown.form.refusal),
        "shows_form": can_work or (shown.form.is_bound and is_doable(task)),
        "can_work": can_work,
        "is_on_hold": mine and is_doable(task) and is_on_hold(task),
        "can_take": task.t_status == "PENDING" and task.assigned_to_id is None,
        "answer": answer_of(task, files) if task.t_status == "COMPLETED" else (),
        "then": _then(graph, task) if is_doable(task) else (),
        "ran_out": ran_out(task),
        "handed_over": _handed_over(task) if can_work else None,
        "refused": shown.refused,
        "typed": shown.typed,
        "changes": _changes(task, shown.since, reader) if shown.since is not None else (),
        "comments": history((), _comments(task), None, reader, files=files),
        "can_comment": mine,
        "comment_is_in": comment_is_in,
        "comment": comment.within(comment_is_in),
        "following": next_of(reader, but=task) if can_work else None,
        "seen": task.workflow_instance.root.last_event_sequence,
    }


def _then(graph: WorkflowGraph, task: TaskInstance) -> Sequence[Consequence]:
    runs_out_at = None if is_on_hold(task) else task.times_out_at
    is_inside = task.workflow_instance.depth > 0
    return consequences(graph, task.task_definition.key, runs_out_at, is_inside=is_inside)


def _visits(task: TaskInstance) -> Sequence[TaskInstance]:
    return list(visits_for_journey(task.workflow_instance_id))


def _comments(task: TaskInstance) -> Sequence[Comment]:
    said = Comment.objects.filter(ticket=task.ticket_id).order_by("-created_at")
    return list(knowing_files(said)[:MOST_COMMENTS])[::-1]


def _handed_over(task: TaskInstance) -> Entry | None:
    """Who gave it to whoever has it now, and why; None if nobody said why."""
    given = WorkflowEvent.objects.filter(task=task, kind=EventKind.REASSIGNED).defer("trace")
    last = given.order_by("-sequence").first()
    if last is None or not last.reason or last.actor_id == task.assigned_to_id:
        return None
    return Entry(last.created_at, "handed this over to you", last.actor_label, body=last.reason)


def _place(task: TaskInstance, visits: Sequence[TaskInstance], reader: User) -> str:
    """ "Step 2 of 4", in the workflow inside where it is part of one."""
    run = task.workflow_instance
    graph = graph_for(run.workflow_definition_id).graph
    place = journey(task.ticket, graph, visits, reader).place
    inner = run.workflow_definition.title if run.depth else ""
    return " in ".join(words for words in (place, inner) if words)


def _under_title(task: TaskInstance, place: str, reader: User) -> SafeString:
    """ "Due today 16:00 · Step 2 of 4 · yours since Tue 14:10"."""
    parts = (place, _whose(task, reader), _reminder(task))
    words = " · ".join(part for part in parts if part)
    chips = (_due_chip(task), _runs_out_chip(task))
    return format_html('{}{}<span class="tf-sub">{}</span>', *chips, words)


def _due_chip(task: TaskInstance) -> SafeString | str:
    """Nothing on hold: no time runs then."""
    if task.due_at is None or not is_doable(task) or is_on_hold(task):
        return ""
    due = times.due(task.due_at)
    tone = {"late": Tone.RED, "soon": Tone.ORANGE}.get(due.tone, Tone.GREY)
    late = f", {due.hint}" if due.tone == "late" else ""
    return html.label(f"Due {times.when(task.due_at)}{late}", tone)


def _runs_out_chip(task: TaskInstance) -> SafeString | str:
    """Where that is not when it is due."""
    ends, due = task.times_out_at, task.due_at
    if ends is None or ends == due or not is_doable(task) or is_on_hold(task):
        return ""
    tone = Tone.GREY if times.due(ends).tone == "" else Tone.ORANGE
    return html.label(f"Runs out {times.when(ends)}", tone)


def _reminder(task: TaskInstance) -> str:
    """When whoever has it gets a mail; "" when there is none to come."""
    if task.remind_at is None or not is_doable(task) or is_on_hold(task):
        return ""
    return f"reminder by mail {times.when(task.remind_at)}"


def _whose(task: TaskInstance, reader: User) -> str:
    if task.t_status == "COMPLETED":
        who = "you" if task.completed_by == reader else html.first_name_of(task.completed_by)
        return f"Done by {who} {times.when(task.completed_at)}"
    if ran_out(task):
        return f"Ran out of time {times.when(task.completed_at)}"
    if task.t_status == "CANCELLED":
        return "Not needed any more"
    if task.assigned_to is None:
        return f"nobody has it, since {times.when(task.created_at)}"
    since = times.when(task.assigned_at or task.created_at)
    if task.assigned_to == reader:
        return f"yours since {since}"
    return f"with {html.first_name_of(task.assigned_to)} since {since}"


_CHANGED = {
    "TASK_STARTED": "began it",
    "TASK_COMPLETED": "completed it",
    "REASSIGNED": "handed it over",
    "ASSIGNED": "Given to",
    "HELD": "put the request on hold",
    "RESUMED": "let the request go on",
    "CANCELLED": "cancelled the request",
    "MOVED": "moved the request on by hand",
    "TIMED_OUT": "The time ran out",
}


def _changes(task: TaskInstance, since: int, reader: User) -> Sequence[Entry]:
    """What happened to the step after the page was opened, newest first."""
    events = WorkflowEvent.objects.filter(
        ticket=task.ticket_id, sequence__gt=since, kind__in=_CHANGED
    ).defer("trace")
    newest = events.order_by("-sequence")[:MOST_CHANGES]
    return [_change(event, reader) for event in newest if event.task_id in (None, task.pk)]


def _change(event: WorkflowEvent, reader: User) -> Entry:
    by_hand = event.actor_kind != ActorKind.SYSTEM
    who = reader if event.actor_id == reader.pk else event.actor_label
    return Entry(
        event.created_at,
        _CHANGED[event.kind],
        who if by_hand else None,
        what=str(event.detail.get("worker") or "") if event.kind == "ASSIGNED" else "",
        detail=event.reason if event.kind == "REASSIGNED" else "",
    )

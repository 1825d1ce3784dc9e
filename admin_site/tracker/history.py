"""What has happened to a request."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.utils.html import format_html

from admin_site.files import FilesOfTicket, words_of_sending
from admin_site.former import former_versions
from admin_site.inside import NOTHING, Inside
from admin_site.parts import Entry
from admin_site.schema_forms import Told
from admin_site.tracker.outcome import MOVES, told_to_requester, word_of, words_of_ways
from definitions.graph import WorkflowGraph
from definitions.listing import listed
from operations.models import ActorKind, Comment, EventKind, WorkflowEvent
from tenants.models import User

# Failures and repairs are not among them, nor is who was considered for a task. What another system
# did, and what was entered for it by hand, is a step that is done: how is our business.
PUBLIC_EVENTS = (
    EventKind.SUBMITTED,
    EventKind.STARTED,
    EventKind.ROUTED,
    EventKind.ASSIGNED,
    EventKind.TASK_COMPLETED,
    EventKind.ANSWERED,
    EventKind.SKIPPED,
    EventKind.TIMED_OUT,
    EventKind.REASSIGNED,
    EventKind.MOVED,
    EventKind.VERSION_CHANGED,  # is not told, but says in which words what was before it is
    EventKind.HELD,
    EventKind.RESUMED,
    EventKind.CANCELLED,
    EventKind.FINISHED,
)

_PLAIN = {
    EventKind.SUBMITTED: "sent this request",
    EventKind.HELD: "put it on hold",
    EventKind.RESUMED: "let it go on",
}
NOBODY = ("", "None")


def history(
    events: Sequence[WorkflowEvent],
    comments: Iterable[Comment],
    graph: WorkflowGraph | None,
    reader: User,
    inside: Inside = NOTHING,
    files: FilesOfTicket | None = None,
) -> list[Entry]:
    """The public timeline, newest first. `events` and `comments` come oldest first.

    `graph` is that of the version it runs on; not needed where there are comments only. `inside`
    knows the workflows that ran inside of it. What was decided and answered is told of events that
    `with_outcomes` has read. Internal notes must not be among `comments` of a requester's page;
    they are marked where they are.
    """
    lines = _told(events, _Teller(events, graph, reader, inside, files)) if graph else ()
    said = (_comment(comment, reader, files) for comment in comments)
    return list(_merged(list(lines), list(said)))[::-1]


def _merged(lines: Sequence[Entry], said: Sequence[Entry]) -> Iterator[Entry]:
    """Comments between the events by time; events in the order in which they were written."""
    rest = deque(said)
    for line in lines:
        while rest and rest[0].at < line.at:
            yield rest.popleft()
        yield line
    yield from rest


class _Teller:
    """What a line needs besides its event."""

    def __init__(
        self,
        events: Iterable[WorkflowEvent],
        graph: WorkflowGraph,
        reader: User,
        inside: Inside,
        files: FilesOfTicket | None,
    ) -> None:
        self.reader, self._graph, self._inside, self._files = reader, graph, inside, files
        self._former = former_versions(events)
        inner = (one.graph for one in inside.runs.values())
        graphs = (graph, *self._former.graphs, *inner)
        self._words = {key: word for one in graphs for key, word in words_of_ways(one).items()}
        # What began inside of a step is no way on from it.
        moves = (one for one in events if one.kind in MOVES and one.kind != EventKind.STARTED)
        self._decided = {event.task_id: self.word(event) for event in moves}

    def _graph_of(self, event: WorkflowEvent) -> WorkflowGraph:
        """The version that its run was on when it happened."""
        if was := self._former.graph_at(event):
            return was
        inner = self._inside.run(event.workflow_instance_id)
        return inner.graph if inner else self._graph

    def title(self, event: WorkflowEvent, key: str) -> str:
        return self._graph_of(event).label_of(key)

    def began(self, event: WorkflowEvent) -> str:
        """The name of what has just begun, if that is a workflow inside."""
        is_start = event.kind == EventKind.STARTED
        return self._inside.title(event.workflow_instance_id) if is_start else ""

    def word(self, move: WorkflowEvent) -> str:
        return word_of(move, self._words)

    def decided(self, event: WorkflowEvent) -> str:
        """The word of the way that was taken after the step of this event."""
        return self._decided.get(event.task_id, "") if event.task_id else ""

    def told(self, event: WorkflowEvent) -> list[Told]:
        task = self._graph_of(event).tasks.get(event.to_key)
        return told_to_requester(task, getattr(event, "answer", None), self._files)


def _told(events: Iterable[WorkflowEvent], teller: _Teller) -> Iterator[Entry]:
    """One line per thing that happened: who gets a step is said with the move that started it."""
    moved: WorkflowEvent | None = None
    given: dict[str, str] = {}
    ended = ""
    for event in events:
        if moved is not None and event.kind == EventKind.ASSIGNED:
            given[event.to_key] = str(event.detail.get("worker") or "")
            continue
        if moved is not None:
            yield from _move(moved, given, teller)
        moved, given = (event, {}) if event.kind in MOVES else (None, {})
        if moved is None:
            yield from _line(event, teller, ended)
        else:
            ended = "" if moved.to_key else teller.word(moved)
    if moved is not None:
        yield from _move(moved, given, teller)


def _move(event: WorkflowEvent, given: Mapping[str, str], teller: _Teller) -> Iterator[Entry]:
    keys = [key for key in event.to_key.split(", ") if key]
    if not keys and event.kind == EventKind.TIMED_OUT:
        step = teller.title(event, event.from_key)
        yield Entry(event.created_at, format_html("Time was over for <b>{}</b>", step))
    if not keys:
        return  # it ended here, which has a line of its own
    names = list(dict.fromkeys(name for name in given.values() if name))
    whom = f", with {listed(names)}" if names else ", which waits for somebody free"
    what = listed([teller.title(event, key) for key in keys])
    text = format_html("{} <b>{}</b>{}", _begin(event, teller), what, whom if given else "")
    yield Entry(event.created_at, text)


def _begin(event: WorkflowEvent, teller: _Teller) -> str:
    if event.kind == EventKind.TIMED_OUT:
        late = teller.title(event, event.from_key)
        return format_html("Time was over for <b>{}</b>, moved on to", late)
    if inner := teller.began(event):
        return format_html("<b>{}</b> started with", inner)
    return "Started with" if event.kind == EventKind.STARTED else "Moved on to"


def _line(event: WorkflowEvent, teller: _Teller, ended: str) -> Iterator[Entry]:
    """`ended`: the word of the way on which the last move came to the end."""
    who = _who(event.actor_id, event.actor_label, teller.reader)
    step = teller.title(event, event.to_key)
    kind = EventKind(event.kind)
    if kind == EventKind.TASK_COMPLETED and event.actor_kind == ActorKind.SYSTEM:
        done, outcome = format_html("<b>{}</b> is done", step), teller.decided(event)
        yield Entry(event.created_at, done, outcome=outcome, told=teller.told(event))
    elif kind == EventKind.TASK_COMPLETED:
        yield Entry(
            event.created_at, "finished", who, step,
            outcome=teller.decided(event), told=teller.told(event),
        )  # fmt: skip
    elif kind in (EventKind.ANSWERED, EventKind.SKIPPED):
        done = format_html("<b>{}</b> is done", step)
        yield Entry(event.created_at, done, told=teller.told(event))
    elif kind in (EventKind.ASSIGNED, EventKind.REASSIGNED):
        name = str(event.detail.get("worker") or event.detail.get("to") or "")
        whom = "waits for somebody free" if name in NOBODY else f"is with {name} now"
        yield Entry(event.created_at, format_html("<b>{}</b> {}", step, whom))
    elif kind == EventKind.FINISHED:
        text = (
            format_html("The request ended: <b>{}</b>", ended) if ended else "The request is done"
        )
        yield Entry(event.created_at, text)
    elif kind == EventKind.CANCELLED:
        text = "withdrew this request" if who == teller.reader else "cancelled this request"
        yield Entry(event.created_at, text, who, body=event.reason)
    elif kind in _PLAIN:
        yield Entry(event.created_at, _PLAIN[kind], who)


def _comment(comment: Comment, reader: User, files: FilesOfTicket | None) -> Entry:
    who = _who(comment.author_id, comment.author_label, reader)
    sent = files.sent_with(comment) if files else ()
    text = "noted for the team" if comment.is_internal else "wrote"
    if sent and not comment.text:
        text = words_of_sending(len(sent), to_the_team=comment.is_internal)
    return Entry(
        comment.created_at, text, who, body=comment.text, note=comment.is_internal, files=sent
    )


def _who(person_id: Any, label: str, reader: User) -> Any:
    """The reader, so that a page says "You"; anybody else by the name that the row keeps."""
    return reader if person_id == reader.pk else label
